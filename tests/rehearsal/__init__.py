"""Rehearses the lake on AWS without AWS: the real template, wheel and scripts, a simulated cloud.

    python -m tests.rehearsal

A server on the loopback interface stands for S3, Glue's catalog and Athena (moto, and DuckDB for
the answers that moto does not compute); this package stands for the part of Glue that runs jobs:
it makes each job's Python environment from the modules that the template gives it, and walks the
workflow's triggers.
"""
