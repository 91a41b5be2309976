"""S1 and S3: any operation on the lake's storage fails, or another run overtakes this one."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from glue_jobs.catalog.manifests import load_population, load_survey
from glue_jobs.errors import LostRace, StorageFailure
from glue_jobs.sample.upstream import Upstream
from glue_jobs.storage import names
from tests.faults.lakes_alike import LakesAlike, kept_versions
from tests.faults.small_survey import serve_release
from tests.faults.storages import FailingStorage, RacingStorage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.faults.lake import Lake


@pytest.fixture(params=[0, 1], ids=["first-run", "next-run"])
def lakes(request, tmp_path):
    with Upstream() as upstream:
        yield LakesAlike(tmp_path, upstream, request.param)


@pytest.mark.parametrize(
    "when",
    [
        pytest.param("before", id="S1-fails-before"),
        pytest.param("after", id="S1-fails-after"),
        pytest.param("follow", id="S1-fails-from-then-on"),
    ],
)
def test_whichever_operation_fails_the_next_run_heals(when, lakes):
    healed, operations = lakes.undisturbed()
    assert operations > 30
    for number in range(1, operations + 1):
        lake = lakes.new()
        kept = kept_versions(lake)
        run = lake.run()
        failing = FailingStorage(run.storage, number, when)
        failures = lake.run_all(replace(run, storage=failing))
        where = f"operation {number}: {failing.names[number - 1]}"
        assert {type(failure) for failure in failures} == {StorageFailure}, where
        assert kept <= kept_versions(lake), where
        lake.check()
        assert lake.run_all() == [], where
        assert lake.tree() == healed, where
        lake.check()


def test_a_summary_that_cannot_be_written_is_told(lakes):
    lake = lakes.new()
    run = lake.run()
    _, operations = lakes.undisturbed()
    failing = FailingStorage(run.storage, operations, "before")
    (error,) = lake.run_all(replace(run, storage=failing))
    assert failing.names[-1].startswith("put runs/")
    assert "no space left" in str(error)


def overtaken(lakes: LakesAlike, other_run: Callable[[Lake], None]) -> Iterator[tuple[Lake, bool]]:
    """Runs that another run overtakes at each of their operations in turn; whether they lost."""
    _, operations = lakes.undisturbed()
    for number in range(1, operations + 1):
        lake = lakes.new()
        run = lake.run()
        racing = RacingStorage(run.storage, number, partial(other_run, lake))
        failures = lake.run_all(replace(run, storage=racing))
        assert {type(failure) for failure in failures} <= {LostRace}
        assert {failure.exit_code for failure in failures} <= {5}
        lake.check()
        yield lake, bool(failures)


def test_s3_of_two_runs_one_publishes_and_the_other_harms_nothing(lakes):
    healed, _ = lakes.undisturbed()

    def other_run(lake: Lake) -> None:
        assert lake.run_all() == []

    lost = 0
    for lake, has_lost in overtaken(lakes, other_run):
        lost += has_lost
        assert lake.tree() == healed
        assert lake.run_all() == []
        assert lake.tree() == healed
    assert lost > 5


def test_s3_the_loser_lays_nothing_older_over_what_the_winner_made(lakes):
    """While the loser works, BLS publishes once more, and the other run lands that."""
    number = 3 if "pr.txt" not in lakes.upstream.surveys["pr"] else 2

    def other_run(lake: Lake) -> None:
        serve_release(lakes.upstream, number)
        assert lake.run_all() == []

    for lake, _ in overtaken(lakes, other_run):
        alone = lakes.new()
        assert alone.run_all() == []
        assert lake.pointed() == alone.pointed()
        assert lake.run_all() == []
        assert lake.pointed() == alone.pointed()
        check_visible(lake)
        lake.check()
        serve_release(lakes.upstream, number - 1)


def check_visible(lake: Lake) -> None:
    """The raw zone shows exactly what the manifests name."""
    noted = {
        names.raw_file("pr", file.name): file.sha256
        for file in load_survey(lake.storage, "pr").files.values()
    }
    for dataset in load_population(lake.storage).datasets.values():
        noted.update({names.raw_population(page.name): page.sha256 for page in dataset.pages})
    shown = lake.tree("raw")
    assert {key: hashed for key, hashed in shown.items() if "_manifest" not in key} == noted
