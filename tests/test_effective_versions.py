"""Which version of a held-back file a release shows, and that it delays no other file."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from glue_jobs.build_tables import build_subject
from glue_jobs.current_release import Remake
from glue_jobs.errors import QualityFailure
from glue_jobs.tables import convert as conversion
from glue_jobs.tables import plan
from glue_jobs.tables.convert import convert_data
from labor_lake.sample import render
from tests.daily import (
    BROKEN,
    ONE,
    OTHER,
    data_of,
    land,
    pointer_of,
    release,
    series_of,
    source_of,
    values,
    vintages,
)
from tests.faults.commands import verify
from tests.faults.lake import DATA_FILE, Lake, body_of
from tests.faults.places import BACKENDS, Places, cloud
from tests.faults.small_survey import lake_with
from tests.simulator.upstream import Upstream
from tests.test_builds import rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from glue_jobs.tables.convert import Content, Converted

DAMAGED = b"a_code\tb_text\r\n" + b"1\t2\t3\r\n" * 9
"""Looks like a table; none of its lines can be read."""

SMALLER = render.data_file([(ONE, "2013", "Q01", "2.1", "R")])
everywhere = pytest.mark.parametrize("backend", BACKENDS)


@pytest.fixture
def backend() -> str:
    return BACKENDS[0]


@pytest.fixture
def lake(backend, tmp_path) -> Iterator[Lake]:
    """Release 1 is built: of one series, 1.1, 1.2 and 1.3."""
    with cloud(backend), Upstream() as upstream:
        yield lake_with(Places(backend, tmp_path), upstream, 1)


@pytest.fixture
def refuse(monkeypatch) -> Callable[[bytes], None]:
    """From now on there is another converter, which does not take some content any more."""

    def replaced(body: bytes) -> None:
        monkeypatch.setattr(plan, "CONVERTER_VERSION", 1000)
        for name in ("convert_data", "convert_series", "convert_mapping"):
            convert = partial(_convert_unless, body, getattr(conversion, name))
            monkeypatch.setattr(conversion, name, convert)

    return replaced


def _convert_unless(
    body: bytes, convert: Callable[..., Converted], source: Content, *rest: object
) -> Converted:
    with source.open() as stream:
        if stream.read() == body:
            raise QualityFailure(f"{source.name} is not what this converter takes.")
    return convert(source, *rest)


def key_of(lake: Lake, table: str) -> str:
    pointer = pointer_of(lake)
    return pointer.key_of(table, pointer.tables[table].files[0])


@everywhere
@pytest.mark.parametrize("name", ["pr.class", "pr.series", DATA_FILE])
def test_what_another_converter_refuses_stays_and_delays_nothing(name, lake, refuse):
    refuse(body_of(lake.upstream, name))
    land(lake, 2, b"Read me.\r\n", "pr.txt")
    done = lake.build()
    assert (done.exit_code, done.summary["changed"]) == (7, True)
    assert "not what this converter takes. It is held back" in done.told
    assert "its last good version is shown" in done.told
    assert values(lake) == {1.1, 1.2, 1.3}
    assert len(rows_of(lake.storage, "pr_class")) == 2
    assert len(rows_of(lake.storage, "pr_series")) == 1
    assert pointer_of(lake).release == release(2)
    quiet = lake.build()
    assert (quiet.told, quiet.summary["changed"]) == (done.told, False)
    assert verify(lake)[0] == 0


def test_what_another_converter_refuses_has_no_table_once_its_parquet_has_rotten(lake, refuse):
    lake.place.damage(key_of(lake, "pr_class"), "flip")
    refuse(body_of(lake.upstream, "pr.class"))
    land(lake, 2, data_of(2))
    assert "it has no table." in lake.build().told
    assert "pr_class" not in pointer_of(lake).tables
    assert values(lake) == {2.1, 2.2, 2.3}
    assert verify(lake)[0] == 0


def test_a_vintage_after_one_that_cannot_be_made_is_shown_and_is_no_history(lake, refuse):
    lake.storage.delete(key_of(lake, "pr_data"))
    refuse(data_of(1))
    assert "it has no table." in lake.build().told
    land(lake, 2, data_of(2))
    done = lake.build()
    assert done.failures == ()
    assert values(lake) == {2.1, 2.2, 2.3}
    assert vintages(lake) == [release(1)]
    (warning,) = done.summary["releases"]["pr"]["warnings"]
    assert "is not in the history: the one before cannot be made." in warning


@everywhere
def test_what_is_shown_is_taken_over_though_its_raw_version_has_rotten(lake):
    """And the release is made again in the same folder, since another table is lost."""
    land(lake, 2, DAMAGED, "pr.class")
    assert lake.build().exit_code == 7
    first = lake.storage.versions("raw/bls/pr/pr.class")[0].version
    lake.place.falsify_version("raw/bls/pr/pr.class", first, b"rotten")
    lake.storage.delete(key_of(lake, "pr_series"))
    assert "its last good version is shown" in lake.build().told
    assert len(rows_of(lake.storage, "pr_class")) == 2
    assert len(rows_of(lake.storage, "pr_series")) == 1


def test_a_parquet_that_has_rotten_is_made_again_before_its_series_are_looked_up(lake):
    lake.place.damage(key_of(lake, "pr_data"), "flip")
    land(lake, 2, series_of(ONE, OTHER), "pr.series")
    assert lake.build().failures == ()
    assert values(lake) == {1.1, 1.2, 1.3}
    assert verify(lake)[0] == 0


def test_a_parquet_that_is_gone_is_not_taken_over(lake):
    lake.storage.delete(key_of(lake, "pr_class"))
    built = build_subject(lake.run(), "pr", Remake(history=True))
    assert built["converted"] == ["pr.class"]
    assert verify(lake)[0] == 0


def test_a_file_that_was_renamed_has_a_table_of_its_own(lake):
    body = body_of(lake.upstream, "pr.class")
    lake.upstream.remove_file("pr", "pr.class")
    land(lake, 2, body, "pr.Class")
    assert lake.build().failures == ()
    told = source_of(lake, "pr.Class")
    assert (told["status"], told["rows_read"]) == ("table", 2)
    assert verify(lake, rebuild=True)[0] == 0


@pytest.mark.parametrize("body", [DAMAGED, BROKEN], ids=["damaged", "document"])
def test_a_file_that_was_renamed_does_not_show_the_other_one_s_table(body, lake):
    lake.upstream.remove_file("pr", "pr.class")
    land(lake, 2, body, "pr.Class")
    done = lake.build()
    assert done.exit_code == (7 if body == DAMAGED else 0)
    assert "pr_class" not in pointer_of(lake).tables
    assert source_of(lake, "pr.Class")["shown_sha256"] is None
    assert verify(lake)[0] == 0
    # Nor does a lost table make anybody look for it.
    lake.storage.delete(key_of(lake, "pr_series"))
    land(lake, 3, data_of(3))
    assert lake.build().exit_code == done.exit_code
    assert values(lake) == {3.1, 3.2, 3.3}


def test_a_file_that_was_renamed_may_lose_no_column(lake):
    lake.upstream.remove_file("pr", "pr.class")
    land(lake, 2, b"class_code\tclass_name\r\n6\tAll\r\n", "pr.Class")
    assert "pr.Class has no column class_text any more." in lake.build().told


def test_a_permission_shows_the_newest_version_that_it_allows(lake):
    """The landed version is broken; the one before it waits for --allow-shrink."""
    land(lake, 2, SMALLER)
    assert lake.build().exit_code == 7
    land(lake, 3, BROKEN)
    assert lake.build().exit_code == 7
    assert values(lake) == {1.1, 1.2, 1.3}
    assert lake.build(allow_shrink=True).exit_code == 7
    assert values(lake) == {2.1}
    assert vintages(lake) == [release(1), release(2)]
    assert verify(lake, rebuild=True)[0] == 0


def test_another_converter_tries_every_version_again(lake, monkeypatch):
    with monkeypatch.context() as strict:
        convert = partial(_convert_unless, data_of(2), convert_data)
        strict.setattr(conversion, "convert_data", convert)
        land(lake, 2, data_of(2))
        assert lake.build().exit_code == 7
        land(lake, 3, BROKEN)
        assert lake.build().exit_code == 7
    assert values(lake) == {1.1, 1.2, 1.3}
    monkeypatch.setattr(plan, "CONVERTER_VERSION", 1000)
    assert lake.build().exit_code == 7
    assert values(lake) == {2.1, 2.2, 2.3}


def test_what_was_judged_is_not_tried_again_while_nothing_has_changed(lake, monkeypatch):
    land(lake, 2, SMALLER)
    lake.build()
    land(lake, 3, BROKEN)
    tried: list[int] = []

    def counted(source: Content, *rest: Any) -> Converted:
        tried.append(source.size)
        return convert_data(source, *rest)

    monkeypatch.setattr(conversion, "convert_data", counted)
    assert lake.build().exit_code == 7
    assert tried == [len(BROKEN)]


def test_a_second_file_of_a_table_that_nobody_makes_yet_is_told_so(lake):
    land(lake, 2, DAMAGED, "pr.sex-code")
    land(lake, 2, b"a_code\tb_text\r\n1\tone\r\n", "pr.sex_code")
    land(lake, 2, b"a_code\tb_text\r\n1\tone\r\n", "pr.second")
    told = [str(failure) for failure in lake.build().failures]
    assert len(told) == 2
    assert told[1].startswith(
        "pr.sex_code would become pr_sex_code, as would pr.sex-code, which is held back and has"
        " no table. It is held back since "
    )
    assert rows_of(lake.storage, "pr_second") == [{"a_code": "1", "b_text": "one"}]


@pytest.mark.parametrize("name", [DATA_FILE, "pr.new"])
def test_a_failure_says_once_what_is_shown(name, lake):
    land(lake, 2, DAMAGED, name)
    done = lake.build()
    shows = "its last good version is shown" if name == DATA_FILE else "it has no table"
    assert shows in str(done.error)
    assert "last good version" not in done.error.hint
