"""A source of two columns: what a new source needs, this folder and a line in the registry."""
