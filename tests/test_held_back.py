"""A file that does not convert is held back: all else goes on, and nothing of it is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from glue_jobs import release_contents
from glue_jobs.engines.open import open_engine
from glue_jobs.settings import Settings
from glue_jobs.tables import plan
from labor_lake.commands.vacuum import vacuum
from labor_lake.sample import render
from tests.daily import (
    BROKEN,
    ONE,
    OTHER,
    data_of,
    day,
    land,
    pointer_of,
    release,
    series_of,
    source_of,
    values,
    vintages,
)
from tests.faults.commands import LATER, verify
from tests.faults.lake import DATA_FILE, Lake
from tests.faults.places import BACKENDS, Places, cloud
from tests.faults.small_survey import lake_with
from tests.pointers import pointers_as_of
from tests.simulator.upstream import Upstream
from tests.test_builds import rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from glue_jobs.catalog.pointers import Pointer


@pytest.fixture(params=BACKENDS)
def lake(request, tmp_path) -> Iterator[Lake]:
    """Release 1 is built: of one series, 1.1, 1.2 and 1.3."""
    with cloud(request.param), Upstream() as upstream:
        yield lake_with(Places(request.param, tmp_path), upstream, 1)


def test_the_other_files_of_the_survey_are_published(lake):
    land(lake, 2, BROKEN)
    classes = render.table_file([("class_code", "class_text"), ("6", "Everybody"), ("7", "None")])
    land(lake, 2, classes, "pr.class")
    done = lake.build()
    assert done.exit_code == 7
    assert {row["class_text"] for row in rows_of(lake.storage, "pr_class")} == {"Everybody", "None"}
    assert values(lake) == {1.1, 1.2, 1.3}
    assert pointer_of(lake).release == release(2)
    assert source_of(lake, "pr.class")["status"] == "table"
    assert source_of(lake, "pr.txt")["status"] == "document"
    assert source_of(lake, DATA_FILE)["status"] == "held back"
    assert verify(lake, rebuild=True)[0] == 0


def test_a_file_of_which_no_version_converts_has_no_table(lake):
    land(lake, 2, b"a_code\tb_text\r\n" + b"1\t2\t3\r\n" * 9, "pr.new")
    done = lake.build()
    assert "it has no table." in done.told
    assert "pr_new" not in pointer_of(lake).tables
    assert source_of(lake, "pr.new")["shown_sha256"] is None
    assert lake.build().told == done.told
    land(lake, 3, b"a_code\tb_text\r\n1\t2\r\n", "pr.new")
    assert lake.build().failures == ()
    assert rows_of(lake.storage, "pr_new") == [{"a_code": "1", "b_text": "2"}]


@pytest.mark.parametrize("second", ["pr.sex-code", "pr.Sex.code"])
def test_a_second_file_of_one_table_waits_until_the_first_is_gone(second, lake):
    """Whoever made the table goes on making it, whatever name comes first."""
    land(lake, 2, b"a_code\tb_text\r\n1\tone\r\n", "pr.sex_code")
    assert lake.build().failures == ()
    land(lake, 3, b"a_code\tb_text\r\n2\ttwo\r\n", second)
    land(lake, 3, data_of(3))
    done = lake.build()
    assert done.exit_code == 7
    assert f"{second} would become pr_sex_code, which is made from pr.sex_code." in done.told
    assert rows_of(lake.storage, "pr_sex_code") == [{"a_code": "1", "b_text": "one"}]
    assert values(lake) == {3.1, 3.2, 3.3}
    assert lake.build().told == done.told
    lake.upstream.remove_file("pr", "pr.sex_code")
    land(lake, 4, b"a_code\tb_text\r\n2\ttwo\r\n4\tfour\r\n", second)
    assert lake.build().failures == ()
    assert [row["a_code"] for row in rows_of(lake.storage, "pr_sex_code")] == ["2", "4"]


@pytest.mark.parametrize("names", [("pr.sex.code", "pr.sex_code"), ("pr.sex_code", "pr.sex.code")])
def test_a_document_of_a_table_s_name_hinders_nothing(names, lake):
    document, table = names
    land(lake, 2, b"About codes.\r\n", document)
    land(lake, 2, b"a_code\tb_text\r\n1\tone\r\n", table)
    assert lake.build().failures == ()
    assert source_of(lake, document)["status"] == "document"
    assert source_of(lake, table)["status"] == "table"


def test_a_first_build_shows_what_converts(lake, tmp_path):
    land(lake, 2, BROKEN)
    for version in lake.storage.versions("current/pr.json"):
        lake.place.falsify_version("current/pr.json", version.version, b"rotten")
    lake.storage.delete("current/pr.json")
    # Nobody knows any more what was published; raw knows the newest version that converts.
    assert lake.build().exit_code == 7
    assert values(lake) == {1.1, 1.2, 1.3}
    assert vintages(lake) == [release(1)]
    assert verify(lake, rebuild=True)[0] == 0


def test_the_newest_version_that_converts_is_shown_though_it_was_never_built(lake):
    land(lake, 2, data_of(2))
    for number in (3, 4):
        land(lake, number, BROKEN * number)
    assert lake.build().exit_code == 7
    assert values(lake) == {2.1, 2.2, 2.3}
    assert vintages(lake) == [release(1), release(2)]
    assert verify(lake, rebuild=True)[0] == 0


def test_a_quiet_day_tells_it_again_and_converts_nothing(lake, monkeypatch):
    land(lake, 2, BROKEN)
    told = lake.build().told

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a file is judged")

    with monkeypatch.context() as quiet:
        quiet.setattr(release_contents, "Judge", refuse)
        done = lake.build()
    assert (done.told, done.exit_code, done.summary["changed"]) == (told, 7, False)


def test_another_converter_tries_again_and_keeps_what_is_shown(lake, monkeypatch):
    land(lake, 2, BROKEN)
    lake.build()
    since = pointer_of(lake).held[DATA_FILE].since
    monkeypatch.setattr(plan, "CONVERTER_VERSION", 1000)
    done = lake.build()
    assert set(done.summary["releases"]["pr"]["converted"]) == {DATA_FILE, "pr.class", "pr.series"}
    assert values(lake) == {1.1, 1.2, 1.3}
    assert pointer_of(lake).held[DATA_FILE].since == since
    assert vintages(lake) == [release(1)]


def test_another_parquet_library_makes_no_new_release(lake, monkeypatch):
    before = pointer_of(lake)
    monkeypatch.setattr("pyarrow.__version__", "1.2.3")
    assert lake.build().summary["changed"] is False
    land(lake, 2, data_of(2))
    assert lake.build().summary["releases"]["pr"]["converted"] == [DATA_FILE]
    assert pointer_of(lake).made_by != before.made_by
    assert verify(lake, rebuild=True)[0] == 0


@pytest.mark.parametrize("may_be_allowed", [True, False])
def test_a_permission_is_heeded_once(may_be_allowed, lake):
    """A table that shrank is published as soon as it may; what is broken is not tried for ever."""
    shrunk = render.data_file([(ONE, "2013", "Q01", "2.1", "")])
    land(lake, 2, shrunk if may_be_allowed else BROKEN)
    assert lake.build().exit_code == 7
    done = lake.build(allow_shrink=True)
    if may_be_allowed:
        assert done.failures == ()
        assert values(lake) == {2.1}
    else:
        assert done.exit_code == 7
        assert lake.build(allow_shrink=True).summary["changed"] is False
        assert lake.build().summary["changed"] is False


def test_data_that_is_ahead_of_its_series_is_published_and_counted(lake):
    """Three days long the series file does not name a new series; then it does."""
    for number in (2, 3, 4):
        land(lake, number, data_of(number, ONE, OTHER))
        done = lake.build()
        assert done.failures == ()
        (warning,) = done.summary["releases"]["pr"]["warnings"]
        assert warning == (
            f"{DATA_FILE} has 3 observations of series that the series file does not name, such as"
            f" {OTHER}; they are kept."
        )
        assert source_of(lake, DATA_FILE)["rows_unlisted"] == 3
        assert vintages(lake)[-1] == release(number)
    land(lake, 5, series_of(ONE, OTHER), "pr.series")
    done = lake.build()
    assert (done.failures, done.summary["releases"]["pr"]["warnings"]) == ((), [])
    assert done.summary["releases"]["pr"]["converted"] == ["pr.series"]
    assert source_of(lake, DATA_FILE)["rows_unlisted"] == 0
    assert verify(lake, rebuild=True)[0] == 0
    for number in (1, 2, 3, 4):
        assert as_of(lake, day(number)) == {f"{number}.{quarter}" for quarter in (1, 2, 3)}


def test_every_version_that_was_held_back_is_history_once_it_is_allowed(lake):
    """Three days long the file has fewer rows than it may; then that is permitted."""
    for number in (2, 3, 4):
        land(lake, number, shrunk(number))
        assert lake.build().exit_code == 7
        assert values(lake) == {1.1, 1.2, 1.3}
        assert vintages(lake) == [release(1)]
    held = pointer_of(lake).held[DATA_FILE]
    assert held.since == "2025-09-06T13:00:00Z"
    land(lake, 5, shrunk(5))
    assert lake.build(allow_shrink=True).failures == ()
    assert pointer_of(lake).held == {}
    assert vintages(lake) == [release(number) for number in (1, 2, 3, 4, 5)]
    assert verify(lake, rebuild=True)[0] == 0
    for number in (2, 3, 4, 5):
        assert as_of(lake, day(number)) == {f"{number}.1"}


@pytest.mark.parametrize("before", [(), (2,)], ids=["at-once", "after-one-that-converts"])
def test_a_version_that_is_held_back_is_no_history(before, lake):
    """Also where it could be compared: its figures have become text."""
    for number in before:
        land(lake, number, data_of(number))
    for number in (3, 4):
        texts = [(ONE, "2013", f"Q0{quarter}", f"<0.{number}", "") for quarter in (1, 2, 3)]
        land(lake, number, render.data_file(texts))
    assert lake.build().exit_code == 7
    assert "has text in place of 3 of 3 values" in pointer_of(lake).held[DATA_FILE].reason
    assert vintages(lake) == [release(number) for number in (1, *before)]


def shrunk(number: int) -> bytes:
    return render.data_file([(ONE, "2013", "Q01", f"{number}.1", "R")])


def as_of(lake: Lake, moment: datetime) -> set[str]:
    pointers = pointers_as_of(lake.storage, moment)
    (pointer,) = [one for one in pointers if one.subject == "pr"]
    found = rows_as_of(lake, pointer) if lake.place.database else None
    if found is None:
        engine = open_engine(lake.storage, pointers, Settings())
        found = engine.query("select value from pr_data").column("value").to_pylist()
    return {str(value) for value in found}


def rows_as_of(lake: Lake, pointer: Pointer) -> list[float]:
    """What the revisions up to a vintage add up to; DuckDB reads no lake in S3."""
    last = max(one.release for one in pointer.history)
    newest: dict[tuple[object, ...], float | None] = {}
    table = pointer_of(lake).tables["pr_revisions"]
    for file in sorted(table.files, key=lambda file: (file.partition[1], file.path)):
        with lake.storage.open(table.folder + file.path) as stream:
            for row in pq.read_table(stream).to_pylist():
                if row["release"] <= last:
                    newest[row["series_id"], row["year"], row["period"]] = row["value"]
    # A figure that was withdrawn has none any more.
    return [value for value in newest.values() if value is not None]


def test_a_series_file_that_is_ahead_of_its_data_is_published(lake):
    """It drops a series whose figures still stand in the data file."""
    land(lake, 2, series_of(OTHER), "pr.series")
    assert lake.build().failures == ()
    assert [row["series_id"] for row in rows_of(lake.storage, "pr_series")] == [OTHER]
    assert source_of(lake, DATA_FILE)["rows_unlisted"] == 3
    assert values(lake) == {1.1, 1.2, 1.3}


def test_a_survey_without_a_series_file_has_nothing_to_compare_with(lake):
    lake.upstream.remove_file("pr", "pr.series")
    land(lake, 2, data_of(2))
    assert lake.build().failures == ()
    assert source_of(lake, DATA_FILE)["rows_unlisted"] is None


def test_a_file_that_heals_by_itself_leaves_out_only_what_does_not_convert(lake):
    land(lake, 2, BROKEN)
    lake.build()
    land(lake, 3, b"Soon.\r\n")
    lake.build()
    land(lake, 4, data_of(4))
    done = lake.build()
    assert done.failures == ()
    assert vintages(lake) == [release(1), release(4)]
    told = [
        one for one in done.summary["releases"]["pr"]["warnings"] if "is not in the hist" in one
    ]
    assert len(told) == 2
    # What was left out is not offered again.
    land(lake, 5, data_of(5))
    assert lake.build().summary["releases"]["pr"]["warnings"] == []
    assert vintages(lake) == [release(1), release(4), release(5)]


def test_what_is_shown_is_verified_repaired_and_kept(lake):
    classes = render.table_file([("class_code", "class_text"), ("6", "Everybody"), ("7", "None")])
    land(lake, 2, b"class_code\tclass_text\r\n" + b"1\t2\t3\r\n" * 9, "pr.class")
    assert lake.build().exit_code == 7
    pointer = pointer_of(lake)
    (file,) = pointer.tables["pr_class"].files
    vacuum(lake.storage, LATER)
    assert verify(lake, rebuild=True)[0] == 0
    lake.storage.delete(pointer.folder + file.path)
    assert verify(lake)[0] == 7
    assert verify(lake, repair=True)[0] == 0
    assert len(rows_of(lake.storage, "pr_class")) == 2
    # The bytes behind the table are an older version of the raw file by now.
    first = lake.storage.versions("raw/bls/pr/pr.class")[0].version
    lake.place.falsify_version("raw/bls/pr/pr.class", first, b"rotten")
    code, told = verify(lake)
    assert code == 7
    assert [one["key"] for one in told["problems"]] == ["raw/bls/pr/pr.class"]
    land(lake, 3, classes, "pr.class")
    assert lake.build().failures == ()
    assert verify(lake)[0] == 0


def test_a_pointer_without_held_files_is_as_version_0_1_reads_it(lake):
    assert "held" not in lake.read_json("current/pr.json")
    land(lake, 2, BROKEN)
    lake.build()
    assert set(lake.read_json("current/pr.json")["held"]) == {DATA_FILE}
