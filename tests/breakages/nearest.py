"""Runs the nearest tests on a broken copy of the project, in a process of their own.

The libraries are imported once, here, and each breakage is tried in a fork: importing them takes
longer than most of the tests.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shlex
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import awswrangler  # noqa: F401 - this and what follows is imported for the forks
import boto3  # noqa: F401
import duckdb  # noqa: F401
import hypothesis  # noqa: F401
import jsonschema  # noqa: F401
import moto.server  # noqa: F401
import pyarrow.parquet  # noqa: F401
import pytest
import sqlglot  # noqa: F401

from tests.breakages.breakage import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.breakages.breakage import Breakage

_COPIED = (
    *("athena_sql", "glue_jobs", "labor_lake", "sql", "infra", "tests", "docs", "tools"),
    *("pyproject.toml", "Makefile", "requirements.txt"),
)
_OURS = ("athena_sql", "glue_jobs", "labor_lake", "tests", "tools", "bench")
_SECONDS = 600
"""A test that takes longer hangs, and fails of it."""


def find_noticing_tests(breakages: Sequence[Breakage], at_once: int) -> Iterator[str]:
    """Breaks a copy of the project for each and runs its nearest tests there.

    The captures are not beside the copy, so what only they would notice counts as unnoticed.

    Returns:
        For each in turn, the first test that fails there; empty for none.
    """
    with multiprocessing.get_context("fork").Pool(at_once, maxtasksperchild=1) as pool:
        yield from pool.imap(_find_noticing_test, breakages)


def _find_noticing_test(breakage: Breakage) -> str:
    with _copy_of_project() as copy:
        (copy / breakage.file).write_text(breakage.broken_text(), "utf-8")
        return _first_failure(copy, shlex.split(breakage.nearest))


def check_unbroken(tests: Sequence[str]) -> None:
    """Sees to it that these tests pass where nothing is broken, or they have noticed nothing.

    Raises:
        ValueError: one fails.
    """
    if not tests:  # to pytest, no tests are all tests
        return
    with multiprocessing.get_context("fork").Pool(1) as pool:
        failed = pool.apply(_failure_unbroken, (tests,))
    if failed:
        raise ValueError(f"{failed} fails without any breakage, too")


def _failure_unbroken(tests: Sequence[str]) -> str:
    with _copy_of_project() as copy:
        return _first_failure(copy, tests)


@contextlib.contextmanager
def _copy_of_project() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "project"
        copy.mkdir()
        for name in _COPIED:
            source = ROOT / name
            (shutil.copytree if source.is_dir() else shutil.copy2)(source, copy / name)
        yield copy


def _first_failure(copy: Path, chosen: Sequence[str]) -> str:
    """The first test that fails in the copy; empty if none does.

    Runs pytest in this process, as if nothing of the project had ever been imported.
    """
    for name in [name for name in sys.modules if name.partition(".")[0] in _OURS]:
        del sys.modules[name]
    os.chdir(copy)
    sys.path[:] = [str(copy), *(path for path in sys.path if path not in ("", str(ROOT)))]
    log = os.open(copy / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    signal.signal(signal.SIGALRM, _give_up)
    signal.alarm(_SECONDS)
    first = _FirstFailure()
    flags = ["-x", "-q", "--tb=short", "-p", "no:cacheprovider"]
    ended = pytest.main([*flags, *chosen], plugins=[first])
    os.chdir(ROOT)  # the copy is about to go
    if not first.test and ended != pytest.ExitCode.OK:
        log_text = (copy / "log").read_text("utf-8", "replace")
        raise ValueError(f"pytest {' '.join(chosen)} did not run:\n{log_text[-2000:]}")
    return first.test


class _FirstFailure:
    """Remembers the first test that failed, or the file that cannot even be imported."""

    test = ""

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed and not self.test:
            self.test = report.nodeid

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.test:
            self.test = report.nodeid


def _give_up(*_: object) -> None:
    raise TimeoutError("it hangs")
