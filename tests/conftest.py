"""What all tests share: counts of faults survived and of answers that are Trino's, at the end."""

from __future__ import annotations

import gc
import os
import signal

import pytest
from hypothesis import settings

pytest_plugins = ["tests.conformance.tally", "tests.faults.tally"]

# A machine that is busy is no failure.
settings.register_profile("without a deadline", deadline=None)
settings.load_profile("without a deadline")

# No test can see whether a disk has kept what was flushed, and each flush waits for one. What is
# flushed, and in which order, is seen by whoever puts a function of his own in this one's place.
os.fsync = os.fstat  # type: ignore[assignment]


def pytest_collection_finish():
    """What is imported and collected stays to the end: nobody need look through it for garbage."""
    gc.freeze()


def pytest_sessionfinish():
    gc.unfreeze()


@pytest.fixture(scope="session")
def demo_lake(tmp_path_factory):
    """A lake that `lake demo` has filled, to be read."""
    from labor_lake.cli import main  # the jobs' own tests run where there is no laptop

    folder = tmp_path_factory.mktemp("demo") / "lake"
    assert main(["demo", "--lake", str(folder)]) == 0
    return str(folder)


@pytest.fixture
def no_settings_of_this_machine(monkeypatch, tmp_path):
    for name in list(os.environ):
        if name.startswith("LAKE_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def heeding_interrupts():
    """A background job ignores SIGINT."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
