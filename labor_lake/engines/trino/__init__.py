"""Athena's SQL on a Trino server, which speaks it as it is; see docs/trino.md."""
