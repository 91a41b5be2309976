"""What `lake verify` and `lake vacuum` ask of S3: not more than there is to ask about."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Callable
from unittest import mock

import pytest
from botocore.client import BaseClient

from labor_lake.commands.vacuum import vacuum
from labor_lake.commands.verify import verify_lake
from tests.faults.commands import LATER
from tests.faults.lake import DATA_FILE, NEXT_RELEASE, Lake, body_of, change_file, observation
from tests.faults.places import Places, cloud
from tests.simulator.upstream import Upstream

_CALL = BaseClient._make_api_call


@pytest.fixture
def lake(tmp_path):
    with cloud("s3"), Upstream.sample() as upstream:
        yield Lake(Places("s3", tmp_path).new(), upstream)


def publish_releases(lake: Lake, numbers: range) -> None:
    for number in numbers:
        line = observation("PRS88003203", str(2025 + number), "Q01", "1.5")
        moment = NEXT_RELEASE + timedelta(days=number)
        change_file(lake.upstream, DATA_FILE, body_of(lake.upstream, DATA_FILE) + line, moment)
        assert lake.run_all() == []


def calls_of(action: Callable[[], object]) -> list[str]:
    """The calls of AWS that an action makes."""
    with mock.patch.object(BaseClient, "_make_api_call", autospec=True) as patched:
        patched.side_effect = _CALL
        action()
    return [one.args[1] for one in patched.call_args_list]


def verify(lake: Lake, *, reads: bool = False) -> None:
    assert verify_lake(lake.run(), mend=False, upstream=False, reads=reads).failures == []


def test_their_number_grows_with_releases_and_not_with_the_square_of_them(lake):
    now = datetime.now(timezone.utc)
    counts: dict[str, list[int]] = {"verify": [], "vacuum": []}
    for numbers in (range(1, 3), range(3, 7), range(7, 11)):
        publish_releases(lake, numbers)
        counts["verify"].append(len(calls_of(lambda: verify(lake))))
        counts["vacuum"].append(
            len(calls_of(lambda: vacuum(lake.storage, now - timedelta(days=7))))
        )
    for first, second, third in counts.values():
        assert third - second <= second - first + 4  # a listing may need a page more


def test_a_vacuum_with_nothing_to_do_asks_for_each_pointer_once(lake):
    publish_releases(lake, range(1, 6))
    vacuum(lake.storage, LATER)
    calls = calls_of(lambda: vacuum(lake.storage, LATER))
    assert "DeleteObjects" not in calls
    assert calls.count("GetObject") <= 6 + 4 * 2  # each pointer, and leases and what is current


def test_no_bytes_of_tables_and_raw_files_are_read_unless_asked_for(lake):
    publish_releases(lake, range(1, 3))
    without = calls_of(lambda: verify(lake)).count("GetObject")
    whole = calls_of(lambda: verify(lake, reads=True)).count("GetObject")
    assert whole - without >= 30


def test_what_s3_holds_under_another_hash_or_not_at_all_is_told_without_reading_it(lake):
    publish_releases(lake, range(1, 2))
    lake.place.damage("raw/bls/pr/pr.txt", "replace")
    lake.place.damage("raw/bls/pr/pr.class", "delete")
    details = verify_lake(lake.run(), mend=False, upstream=False, reads=False).details
    told = {entry["key"].rpartition("/")[2]: entry["problem"] for entry in details["problems"]}
    assert set(told) == {"pr.txt", "pr.class"}


def test_a_directory_is_always_read(tmp_path):
    """A disk keeps no bytes from rotting."""
    with Upstream.sample() as upstream:
        lake = Lake(Places("local", tmp_path).new(), upstream)
        assert lake.run_all() == []
        lake.place.damage("raw/bls/pr/pr.txt", "flip")
        details = verify_lake(lake.run(), mend=False, upstream=False, reads=False).details
    assert {entry["key"] for entry in details["problems"]} == {"raw/bls/pr/pr.txt"}
