"""What a publish makes anew, and what it leaves as an earlier one made it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from glue_jobs import table_names
from glue_jobs.reports.inputs import (
    key_of,
    keys_behind,
    keys_of_subject,
    views_behind,
    views_in,
)
from glue_jobs.sql_files import sql_files
from glue_jobs.storage import names
from glue_jobs.views import outline

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from glue_jobs.reports.checks import Check
    from glue_jobs.reports.index import ReportFile, ReportIndex


@dataclass(frozen=True)
class Renewal:
    """How things stand since the last publish.

    Attributes:
        last: its index; None where there is none that can be believed.
        made_from: all that reports depend on now, by key.
        altered: the keys of report files that are not as they were written.
    """

    last: ReportIndex | None
    made_from: Mapping[str, str]
    altered: Collection[str]

    @property
    def is_needed(self) -> bool:
        """Whether there is anything to do."""
        last = self.last
        if last is None or last.held or self.altered:
            return True
        return last.made_from != self.made_from

    def reports(self, checks: Iterable[Check]) -> set[str]:
        """The reports that are due: also where only a check that guards them is another one."""
        guards = {name: set[str]() for name in sql_files("reports")}
        for check in checks:
            for name in check.reports & guards.keys():
                guards[name] |= _keys("checks", check.name, check.sql)
        return {
            name
            for name, sql in sql_files("reports").items()
            if self.last is None
            or name not in self.last.reports
            or name in self.last.held
            or self._is_altered(name)
            or self._has_changed(_keys("reports", name, sql) | guards[name])
        }

    def checks(self, checks: Iterable[Check], reports: Collection[str]) -> list[Check]:
        """The checks that are due, where some reports are."""
        return [
            check
            for check in checks
            if not check.reports.isdisjoint(reports)
            or self._has_changed(_keys("checks", check.name, check.sql))
        ]

    def changes(self, surveys: Iterable[str]) -> set[str]:
        """The surveys of which it is told anew what their newest vintage changed."""
        due = set()
        for survey in surveys:
            view = table_names.changes(survey)
            keys = keys_of_subject(survey) | _keys("views", view, outline(view))
            is_told = self.last is not None and survey in self.last.changes
            if not is_told or self._is_altered(f"changes-{survey}") or self._has_changed(keys):
                due.add(survey)
        return due

    def views(self, statements: Iterable[str]) -> set[str]:
        """The views that may be other ones than they were, and those that statements read."""
        read = {name for sql in statements for name in views_behind(sql)}
        return read | {
            name
            for name in views_in(self.made_from)
            if self._has_changed(_keys("views", name, outline(name)))
        }

    def kept(self, products: Collection[str]) -> dict[str, ReportFile]:
        """The last files of reports, and of what surveys have changed, by name."""
        if self.last is None:
            return {}
        return {
            name: replace(file, run_id=file.run_id or self.last.run_id)
            for name, file in self.last.files.items()
            if _product(name) in products
        }

    def _is_altered(self, product: str) -> bool:
        return any(_product(names.name_of(key)) == product for key in self.altered)

    def _has_changed(self, keys: Iterable[str]) -> bool:
        before = self.last.made_from if self.last else {}
        return any(before.get(key) != self.made_from.get(key) for key in keys)


def _keys(folder: str, name: str, sql: str) -> set[str]:
    """The keys of what a statement of the project gives."""
    return {key_of(folder, name)} | keys_behind(sql)


def _product(file: str) -> str:
    return file.rpartition(".")[0]
