"""Benchmarks that can be repeated: `make bench`."""
