"""The SQL engines: DuckDB on a laptop, Athena on AWS."""
