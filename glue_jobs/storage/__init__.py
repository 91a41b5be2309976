"""Where bytes lie: one protocol, a local directory or S3."""
