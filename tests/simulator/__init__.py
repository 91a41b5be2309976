"""The misbehaving upstream: the demo's, with a script of faults."""
