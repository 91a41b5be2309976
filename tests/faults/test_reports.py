"""S10: reports and their index rot: a reader can tell, verify names it, one run makes it good."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from glue_jobs.errors import IntegrityFailure, LakeError, TryAgainLater, UsageError
from glue_jobs.reports.index import (
    INDEX_KEY,
    ReportIndex,
    check_reports,
    load_index,
    read_reports,
)
from labor_lake.commands.reports import print_reports
from labor_lake.commands.verify import verify_lake
from labor_lake.state import describe
from labor_lake.verification import verify
from tests.faults.lake import DATA_FILE, body_of, change_file
from tests.faults.places import BACKENDS
from tests.faults.published import answer_without_athena, publish
from tests.faults.storages import CountingStorage, FailingStorage
from tests.faults.table import cases, fault
from tests.reports import REPORTS, reports_reading

if TYPE_CHECKING:
    from tests.faults.lake import Lake
    from tests.faults.places import Tree

pytestmark = pytest.mark.parametrize("backend", BACKENDS)

FILES = 2 * len(REPORTS) + 2
"""The reports as CSV and Parquet, the changes of a survey as text and JSON."""


@pytest.fixture
def published(lake, monkeypatch, tmp_path):
    """A lake with its reports."""
    answer_without_athena(monkeypatch, tmp_path / "asked")
    assert lake.run_all() == []  # the catalog of a lake that was copied is empty
    assert publish(lake).failures == ()
    return lake


def index_of(lake: Lake) -> ReportIndex:
    index = load_index(lake.storage)
    assert index is not None
    return index


def problems(lake: Lake) -> dict[str, str]:
    """What `lake verify` finds, by key."""
    return {problem.noted.key: problem.what for problem in verify(lake.run()).problems}


def read_all(lake: Lake) -> dict[str, bytes]:
    return read_reports(lake.storage, lambda index: list(index.reports))[1]


def latest(lake: Lake) -> Tree:
    """The copies of the latest reports, but for the index."""
    return {
        key: hashed
        for key, hashed in lake.tree("reports").items()
        if key.startswith("reports/latest/") and key != INDEX_KEY
    }


def without_run(index: ReportIndex) -> ReportIndex:
    """An index without when and by which run its reports were made."""
    files = {name: replace(file, run_id="") for name, file in index.files.items()}
    return replace(index, run_id="", made_at="", files=files)


@cases("report")
def test_each_file_is_named_and_all_are_made_again_where_they_were(case, published, held):
    before = published.tree()
    index = index_of(published)
    folder = index.run_id if case.inject["report"] == "set" else "latest"
    assert len(index.files) == FILES
    damaged = set()
    for name in index.files:
        damaged.add(key := f"reports/{folder}/{name}")
        published.place.damage(key, case.inject["how"])
        assert set(check_reports(published.storage)[1]) == damaged
        check_readers(published, name, damaged=folder == index.run_id)
        held()
    assert problems(published).keys() == damaged
    done = publish(published)
    assert (done.failures, done.summary["changed"]) == ((), True)
    assert published.tree() == before
    assert check_reports(published.storage) == (1 + 2 * FILES, {})
    held()


def check_readers(lake: Lake, name: str, *, damaged: bool) -> None:
    """Who reads the set reads it whole, or is told; the copies are nobody's source."""
    report = name.partition(".")[0]
    if not name.endswith(".csv"):
        return
    if not damaged:
        assert len(read_all(lake)) == len(REPORTS)
        return
    with pytest.raises(IntegrityFailure, match=f"{name} .*\\.$") as told:
        print_reports(lake.storage, report, "csv")
    assert "next `lake run`" in told.value.hint


@cases("index")
def test_an_index_that_cannot_be_read_is_named_and_made_again(case, published):
    before, made = published.tree(), index_of(published)
    if case.inject["index"] == "damage":
        published.place.damage(INDEX_KEY, case.inject["how"])
    else:
        document = published.read_json(INDEX_KEY)
        published.storage.put(INDEX_KEY, CHANGES[case.inject["how"]](document))
    assert list(check_reports(published.storage)[1]) == [INDEX_KEY]
    check_told(published, lost=case.inject["how"] == "delete")
    assert publish(published).failures == ()
    assert latest(published) == {
        key: hashed for key, hashed in before.items() if key in latest(published)
    }
    assert without_run(index_of(published)) == without_run(made)
    assert check_reports(published.storage)[1] == {}
    assert publish(published).summary["changed"] is False


def check_told(lake: Lake, *, lost: bool) -> None:
    kind = UsageError if lost else IntegrityFailure
    with pytest.raises(kind) as told:
        print_reports(lake.storage, None, "csv")
    assert isinstance(told.value, LakeError)
    status = describe(lake.storage)
    assert status["reports"] is None
    assert len(status["damaged"]) == (0 if lost else 1)


CHANGES = {
    "junk": lambda document: b"not JSON at all",
    "list": lambda document: b"[]",
    "of-another-kind": lambda document: json.dumps({"survey": "pr", "files": {}}).encode(),
    "made-from-a-list": lambda document: json.dumps({**document, "made_from": []}).encode(),
    "files-null": lambda document: json.dumps({**document, "files": None}).encode(),
    "a-hash-a-number": lambda document: json.dumps(
        {**document, "files": {"best_year.csv": {"bytes": 1, "sha256": 1}}}
    ).encode(),
    "a-report-without-file": lambda document: json.dumps({**document, "files": {}}).encode(),
    "of-the-future": lambda document: json.dumps({**document, "schema": 3}).encode(),
    "nested-deep": lambda document: b'{"reports":' * 100_000,
}


@fault("S10")
def test_an_index_of_0_1_is_read_and_renewed_once(published):
    document = published.read_json(INDEX_KEY)
    del document["files"], document["schema"]
    published.storage.put(INDEX_KEY, json.dumps(document).encode())
    assert problems(published) == {}
    assert len(read_all(published)) == len(REPORTS)
    assert publish(published).summary["changed"] is True
    assert index_of(published).has_hashes
    assert publish(published).summary["changed"] is False


@fault("S10")
@pytest.mark.parametrize("how", ["delete", "flip"])
def test_repair_makes_them_again(how, published):
    before = published.tree()
    for key in (
        "reports/latest/best_year.csv",
        f"reports/{index_of(published).run_id}/best_year.csv",
    ):
        published.place.damage(key, how)
    outcome = verify_lake(published.run(), mend=True, upstream=False)
    assert outcome.failures == []
    assert [entry["repaired"] for entry in outcome.details["problems"]] == [
        "by making the reports again"
    ] * 2
    assert published.tree() == before


def test_what_the_index_does_not_name_is_left_over_and_no_damage(published):
    published.storage.put("reports/latest/old_report.csv", b"a\n")
    findings = verify(published.run())
    assert (findings.problems, findings.left_over) == ([], ["reports/latest/old_report.csv"])


def test_a_second_publish_writes_nothing(published):
    before = published.everything()
    assert publish(published).summary["changed"] is False
    assert published.everything() == before


class Publishing(CountingStorage):
    """Another run publishes before the first read of a file of the set, or before each."""

    def __init__(self, lake: Lake, times: int) -> None:
        super().__init__(lake.storage)
        self._lake = lake
        self._times = times

    def get(self, key: str):
        if key.endswith(".csv") and self._times:
            self._times -= 1
            index = index_of(self._lake)
            self._lake.storage.delete(f"reports/{index.run_id}/best_year.csv")
            self._lake.storage.delete(INDEX_KEY)
            assert publish(self._lake).failures == ()
        return super().get(key)


@fault("S10")
def test_a_set_that_is_replaced_while_it_is_read_is_read_once_more(published):
    index, bodies = read_reports(Publishing(published, 1), lambda index: ["best_year"])
    assert index == index_of(published)
    assert bodies == read_reports(published.storage, lambda index: ["best_year"])[1]


@fault("S10")
def test_sets_that_keep_being_replaced_are_for_later(published):
    with pytest.raises(TryAgainLater, match="being published at this moment"):
        read_reports(Publishing(published, 2), lambda index: ["best_year"])


@fault("S10")
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_publish_that_fails_anywhere_leaves_readers_one_set(when, published, numbers, held):
    """Old or new, whole; and the next run ends what was begun."""
    old = read_all(published)
    for name in (DATA_FILE, "pr.data.1.AllData"):
        body = body_of(published.upstream, name)
        revised = re.sub(rb"(PRS30006032\s+2019\tQ01\t *)-1.6", rb"\g<1>-1.7", body)
        change_file(published.upstream, name, revised)
    assert published.run_all() == []
    counting = CountingStorage(published.storage)
    run = published.run()
    begin = published.tree("reports")
    assert publish(published, replace(run, storage=counting)).failures == ()
    new = read_all(published)
    assert old != new
    index = index_of(published)
    own = [name for name, file in index.files.items() if file.run_id == index.run_id]
    assert {name.partition(".")[0] for name in own} <= {*reports_reading("pr_data"), "changes-pr"}
    undo(published, begin)
    # A report takes a while to make, so each Nth of the operations that write is disturbed.
    writes = [number for number, name in enumerate(counting.names, 1) if name.startswith("restore")]
    assert len(writes) == 2 * (len(own) + 1)
    for number in numbers(len(writes)):
        if number % 3 and number < len(writes):
            continue
        failing = FailingStorage(published.storage, writes[number - 1], when)
        done = publish(published, replace(published.run(), storage=failing))
        assert done.exit_code == 7
        ended = when == "after" and number == len(writes)
        assert read_all(published) == (new if ended else old)
        assert check_reports(published.storage)[1] == {}
        assert publish(published).failures == ()
        assert read_all(published) == new
        assert check_reports(published.storage)[1] == {}
        undo(published, begin)
        held()


def undo(lake: Lake, begin: Tree) -> None:
    """Puts the reports back to those of the first run, which are there under its name."""
    first = next(key.split("/")[1] for key in begin if "/latest/" not in key)
    for stored in list(lake.storage.list_objects("reports/")):
        if stored.key.split("/")[1] != first:
            lake.storage.delete(stored.key)
    for stored in list(lake.storage.list_objects(f"reports/{first}/")):
        content = lake.storage.get(stored.key)
        assert content is not None
        lake.storage.put(stored.key.replace(f"/{first}/", "/latest/"), content.body)
    assert lake.tree("reports") == begin
