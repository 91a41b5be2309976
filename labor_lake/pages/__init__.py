"""The lake as a static site that a browser shows from a folder: `lake page`."""
