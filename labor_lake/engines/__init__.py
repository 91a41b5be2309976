"""The SQL engines of a laptop; each is registered as an entry point of `labor_lake.engines`."""
