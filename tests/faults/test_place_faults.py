"""S5: the lake's place is full, read-only or not ours: said at once, and nothing half published."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.faults.api_calls import ApiCalls
from tests.faults.killed_runs import run_elsewhere
from tests.faults.lakes_alike import LakesAlike, lake_at
from tests.faults.places import Place
from tests.faults.table import cases
from tests.simulator.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Callable

    from tests.faults.lake import Lake
    from tests.faults.table import Case

NOBODY = 65534


@pytest.fixture(params=["first-run", "next-run"])
def lakes(request, places):
    with Upstream() as upstream:
        yield LakesAlike(places, upstream, request.param)


def check_told(case: Case, exit_codes: list[int], messages: list[str]) -> None:
    assert max(exit_codes) == case.exit_code, messages
    for message in messages:
        assert re.search(case.expect["says"], message), message
        assert re.fullmatch(r"Cannot .*\.", message)


def check_whole(lakes: LakesAlike, lake: Lake) -> None:
    """Old or new, and the next run makes up for what is missing."""
    lake.check()
    assert lakes.do(lake) == []
    assert lake.tree() == lakes.undisturbed().tree()


@cases("limit")
def test_a_full_disk(case, lakes):
    lake = lakes.new()
    before = lake.place.kept()
    (ended,) = run_elsewhere(lakes, [(lake, case.inject)])
    check_told(case, ended["exit_codes"], ended["messages"])
    assert before.items() <= lake.place.kept().items()
    check_whole(lakes, lake)


@pytest.fixture
def others_can_read() -> Iterator[Path]:
    """A folder that, unlike pytest's own, another user may look into."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@cases("place")
def test_a_lake_that_cannot_be_written_to(case, lakes, others_can_read):
    folder = others_can_read / "lake"
    lake = lake_at(Place(str(folder)), lakes.upstream, lakes.work)
    when: dict[str, Any] = {}
    if case.inject["place"] == "read-only":
        assert lake.run_all() == []
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        when = {} if os.getuid() else {"user": NOBODY}  # root may write anywhere
    else:
        folder.write_bytes(b"")
        if case.inject["place"] == "under a file":
            lake = lake_at(Place(str(folder / "lake")), lakes.upstream, lakes.work)
    lakes.upstream.clear_log()
    (ended,) = run_elsewhere(lakes, [(lake, when)])
    check_told(case, ended["exit_codes"], ended["messages"])
    assert lake.asked() == []


class RefusedCalls(ApiCalls):
    """Has AWS refuse all calls of an operation."""

    def __init__(self, operation: str, code: str) -> None:
        super().__init__()
        self._operation = operation
        self._code = code

    def make(self, call: Callable[[], Any], number: int, name: str) -> Any:
        if name != self._operation:
            return call()
        raise ClientError({"Error": {"Code": self._code, "Message": "No."}}, name)


@pytest.mark.parametrize("backend", ["s3"])
@pytest.mark.parametrize("lakes", ["next-run"], indirect=True)
@cases("refuse")
def test_a_bucket_that_refuses(case, lakes):
    lake = lakes.new()
    kept = lake.place.kept()
    lakes.upstream.clear_log()
    with RefusedCalls(case.inject["refuse"], case.inject["code"]).watching():
        failures = lakes.do(lake)
    check_told(
        case, [failure.exit_code for failure in failures], [str(failure) for failure in failures]
    )
    if case.expect.get("asked") == 0:
        assert lake.asked() == []
    assert kept.items() <= lake.place.kept().items()
    lake.place.expire_leases()  # one that could not be read back could not be given back
    check_whole(lakes, lake)
