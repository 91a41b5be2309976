"""Files that are converted in worker processes give the same tables; a worker is nobody's risk."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from glue_jobs import converting
from glue_jobs.errors import LakeError, TryAgainLater, UsageError
from glue_jobs.sources.bls.upstream import UPSTREAM
from glue_jobs.workers import Workers, count_workers, stop_workers
from tests.faults.lake import Lake
from tests.faults.places import Place
from tests.faults.small_survey import OTHERS, serve_others, serve_release
from tests.simulator.upstream import Upstream
from tests.worker_calls import fail_with, import_pyarrow

ROOT = Path(__file__).parents[1]


@pytest.fixture
def workers():
    clients: dict[type, Workers] = {Workers: Workers(2)}
    yield clients[Workers]
    stop_workers(clients)


def test_a_call_is_made_in_another_process_and_its_result_comes_back(workers):
    assert workers.submit(os.getpid).result() != os.getpid()
    assert workers.submit(divmod, 7, 3).result() == (2, 1)


def test_a_worker_does_without_pandas_and_numpy(workers):
    """pyarrow would import them, which takes longer than most conversions."""
    assert workers.submit(import_pyarrow).result() == []


def test_a_failure_comes_back_as_it_was_raised(workers):
    with pytest.raises(UsageError, match="It is wrong") as caught:
        workers.submit(fail_with, "look").result()
    assert caught.value.hint == "look"
    assert workers.submit(abs, -1).result() == 1  # the process goes on


def test_a_worker_that_is_killed_fails_its_call_in_a_sentence_and_no_other(workers):
    with pytest.raises(TryAgainLater, match=r"was ended from outside, .*memory\."):
        workers.submit(os.kill, 0, signal.SIGKILL).result()
    assert [workers.submit(abs, -number).result() for number in range(5)] == list(range(5))


def test_workers_end_with_whoever_started_them():
    """Also if that is killed, so that it cannot stop them."""
    program = (
        "import os\n"
        "from glue_jobs.workers import Workers\n"
        "print(Workers(1).submit(os.getpid).result(), flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 60
    while Path(f"/proc/{int(ended.stdout)}").exists():
        assert time.monotonic() < deadline


def test_as_many_as_are_asked_for_and_else_one_for_each_core():
    assert count_workers(3) == 3
    assert 1 <= count_workers(0) <= (os.cpu_count() or 1)


@pytest.mark.parametrize(
    ("sizes", "cores", "threads"),
    [
        ([600], 2, [3]),
        ([600, 500, 1], 2, [3, 3, 0]),
        ([50, 50, 50, 50], 2, [0, 0, 0, 3]),
        ([900, 1, 1, 1], 4, [3, 0, 0, 0]),
        ([0], 2, [0]),
    ],
)
def test_a_file_that_keeps_one_core_busy_longer_than_the_others_is_parsed_by_several(
    sizes, cores, threads
):
    assert converting.share_threads([size << 20 for size in sizes], cores) == threads


@pytest.fixture
def made_in_turn(tmp_path):
    """A lake whose files were converted one after the other, and what served them."""
    with Upstream() as upstream:
        serve_release(upstream, 1)
        lake = Lake(Place(str(tmp_path / "in-turn")), upstream)
        assert lake.run_all() == []
        yield lake


def test_the_tables_are_the_same_byte_for_byte(made_in_turn, tmp_path, monkeypatch):
    monkeypatch.setattr(converting, "_WORTH_IT", 0)
    lake = Lake(Place(str(tmp_path / "at-once")), made_in_turn.upstream, workers=2)
    assert lake.run_all() == []
    assert lake.tree("curated", "history") == made_in_turn.tree("curated", "history")


def test_workers_are_started_once_a_run_has_had_enough_to_convert(tmp_path, monkeypatch):
    begun: list[object] = []

    class Noting(Workers):
        def submit(self, function, *arguments):
            begun.append(arguments[2])
            return super().submit(function, *arguments)

    monkeypatch.setattr(converting, "Workers", Noting)
    with Upstream() as upstream:
        serve_release(upstream, 1)
        serve_others(upstream, 1)
        surveys = ("pr", *OTHERS)
        lake = Lake(Place(str(tmp_path)), upstream, workers=2, surveys=surveys, datasets=())
        assert lake.land_bls().failures == ()
        landed = UPSTREAM.landed(lake.storage, "pr").values()
        size = sum(one.bytes for file in landed for one in file.objects)
        monkeypatch.setattr(converting, "_WORTH_IT", size + 1)
        assert lake.build().failures == ()
    assert set(begun) == set(OTHERS)


def test_a_file_that_does_not_convert_is_held_back_all_the_same(
    made_in_turn, tmp_path, monkeypatch
):
    monkeypatch.setattr(converting, "_WORTH_IT", 0)
    body = b"series_id\tyear\tperiod\tvalue\n" + b"x\n" * 9
    made_in_turn.upstream.set_file("pr", "pr.data.2.New", body, made_in_turn.run().now())
    told: list[list[LakeError]] = []
    for workers in (1, 2):
        lake = Lake(Place(str(tmp_path / str(workers))), made_in_turn.upstream, workers=workers)
        told.append(lake.run_all())
    assert [str(one) for one in told[0]] == [str(one) for one in told[1]]
    assert "pr.data.2.New" in str(told[0][0])


def test_nothing_is_begun_after_the_time_limit_and_the_next_run_goes_on(made_in_turn, tmp_path):
    lake = Lake(Place(str(tmp_path / "late")), made_in_turn.upstream)
    assert lake.land_bls().failures == ()
    done = lake.build(time_limit=1e-9)
    assert {one.exit_code for one in done.failures} == {5}
    assert lake.tree("curated", "history") == {}
    assert lake.build().failures == ()
    assert lake.tree("curated") != {}
