"""Which tables there are and which files are in them: pointer files, and Glue derived from them."""
