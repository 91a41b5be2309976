"""The SQL engines: what all can do, how one is opened, and Athena."""
