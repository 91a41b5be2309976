"""The checks in `sql/checks/`: each a query that returns what is wrong.

A check's header says which reports it guards, and what a row of its answer is: an error, for which
these reports are not renewed, or a warning, which is told and holds nothing up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glue_jobs.engines.own_sql import query_own
from glue_jobs.errors import LakeError, QualityFailure
from glue_jobs.sql_files import header_lines, sql_files
from glue_jobs.views import absent

if TYPE_CHECKING:
    from collections.abc import Collection

    from glue_jobs.engines.protocol import Engine

_GUARDS = re.compile(r"Guards: (?P<reports>[a-z0-9_, ]+)\. A row is (?P<kind>an error|a warning)\.")


@dataclass(frozen=True)
class Check:
    """What a check's header says.

    Attributes:
        name: of its file.
        sql: the query.
        reports: those that it guards.
        is_error: whether they are held back by what it finds.
    """

    name: str
    sql: str
    reports: frozenset[str]
    is_error: bool


@dataclass(frozen=True)
class Checked:
    """What became of the checks.

    Attributes:
        results: ``passed``, ``skipped: …`` or what was found, by check.
        warnings: sentences about what was found and holds nothing up.
        failures: what holds reports up, by check.
    """

    results: dict[str, str]
    warnings: list[str]
    failures: dict[str, LakeError]

    def held_reports(self, checks: Collection[Check]) -> dict[str, str]:
        """Why a report may not be renewed, by report."""
        return {
            report: str(self.failures[check.name])
            for check in checks
            if check.name in self.failures
            for report in check.reports
        }


def load_checks() -> list[Check]:
    """All checks, by name."""
    return [_check(name, sql) for name, sql in sql_files("checks").items()]


def run_checks(engine: Engine, checks: Collection[Check], tables: Collection[str]) -> Checked:
    """Runs the checks whose tables are there, each for itself."""
    done = Checked({}, [], {})
    for check in checks:
        if reason := absent(check.sql, tables):
            done.results[check.name] = f"skipped: {reason}"
            continue
        try:
            found = _found(engine, check)
        except LakeError as error:
            done.results[check.name] = f"failed: {error}"
            done.failures[check.name] = error
            continue
        done.results[check.name] = found or "passed"
        if found and check.is_error:
            done.failures[check.name] = QualityFailure(
                found, hint=f"sql/checks/{check.name}.sql says what it looks for."
            )
        elif found:
            done.warnings.append(found)
    return done


def _found(engine: Engine, check: Check) -> str:
    """What a check finds, in a sentence; nothing if all is well."""
    offenders = query_own(engine, f"The check {check.name} cannot be run", check.sql)
    if not offenders.num_rows:
        return ""
    first = ", ".join(f"{key} {value}" for key, value in offenders.to_pylist()[0].items())
    rows = f"{offenders.num_rows} row{'s' if offenders.num_rows > 1 else ''}"
    return f"The check {check.name} found {rows}, the first: {first}."


def _check(name: str, sql: str) -> Check:
    header = " ".join(header_lines(sql))
    said = _GUARDS.search(header)
    if said is None:
        raise ValueError(f"sql/checks/{name}.sql does not say what it guards")
    reports = frozenset(said["reports"].split(", ")) - {"no report"}
    return Check(name, sql, reports, said["kind"] == "an error")
