"""The jobs that AWS Glue runs, and every laptop too: land, build and publish."""
