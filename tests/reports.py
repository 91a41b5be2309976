"""The reports that there are: a new one is a file in `sql/reports/`, and no change of tests."""

from __future__ import annotations

from glue_jobs.sql_files import sql_files
from glue_jobs.views import base_tables

REPORTS = tuple(sorted(sql_files("reports")))


def reports_reading(table: str) -> set[str]:
    """Those that read a table, themselves or through views."""
    return {name for name in REPORTS if table in base_tables(sql_files("reports")[name])}
