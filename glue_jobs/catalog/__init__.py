"""Which tables there are and which files are in them, from the pointer files."""
