"""Deployment to AWS: the bundle of code, the stack, and runs of its workflow."""
