"""U13 to U19: what BLS serves as it should holds what it should not, and the build decides."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from glue_jobs.catalog.pointers import load_pointer
from glue_jobs.tables import plan
from tests.faults.injections import file_of
from tests.faults.lake import DATA_FILE, Lake, body_of, change_file
from tests.faults.places import BACKENDS, Place
from tests.faults.table import cases, fault, load_table
from tests.simulator.upstream import Upstream
from tests.test_builds import rows_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Callable

    from glue_jobs.catalog.pointers import Pointer, Table, TableFile
    from tests.faults.table import Case

both_backends = pytest.mark.parametrize("backend", BACKENDS)

SAMPLE_ROWS = 1851


@pytest.fixture
def current(lake):
    """Serves another data file, lands and builds it; returns the lake and what the build said."""

    def serve(change: Callable[[bytes], bytes], name: str = DATA_FILE):
        change_file(lake.upstream, name, change(body_of(lake.upstream, name)))
        assert lake.land_bls().failures == ()
        return lake.build()

    return serve


@both_backends
@cases("file", "lines", exit_code=0)
def test_a_release_with_a_flaw_that_can_be_borne_is_published(case, lake, current):
    rejects, warning = case.expect.get("rejects", ()), case.expect.get("warning", "")
    rows = SAMPLE_ROWS + case.expect.get("more", 0)
    name = case.inject.get("name", DATA_FILE)
    done = current(partial(file_of, case), name)
    assert case.expect["state"] == "published"
    assert done.failures == ()
    release = done.summary["releases"]["pr"]
    assert release["rejects"] == len(rejects)
    assert len(release["warnings"]) == case.expect.get("warnings", bool(warning))
    assert re.search(warning, " ".join(release["warnings"]))
    made = table_file(lake, DATA_FILE)
    assert (made.rows, made.rejects) == (rows, len(rejects))
    with lake.storage.open(release["folder"] + made.path) as stream:
        table = pq.read_table(stream)
    assert table.num_rows == rows
    keys = list(zip(*(table[name].to_pylist() for name in ("series_id", "year", "period"))))
    assert keys == sorted(set(keys))
    check_rejects(lake, release["folder"] + made.rejects_path, case)
    lake.check()


def check_rejects(lake: Lake, path: str, case: Case) -> None:
    """The lines set aside are there to be read: number, reason and text."""
    expected = case.expect.get("rejects", ())
    if not expected:
        assert path.endswith("/")
        return
    lines = file_of(case, body_of_sample()).split(b"\n")
    rejects = [json.loads(line) for line in text_of(lake, path).splitlines()]
    # What is injected stands behind the sample's header and rows.
    assert [reject["line"] for reject in rejects] == [SAMPLE_ROWS + 2]
    for reject, reason in zip(rejects, expected):
        assert re.search(reason, reject["reason"])
        shown = lines[reject["line"] - 1].rstrip(b"\r").decode("utf-8", "backslashreplace")
        assert reject["text"].split() == shown[:200].split()


def without_sources(tables: Mapping[str, Table]) -> dict[str, Table]:
    return {name: table for name, table in tables.items() if name != "pr_sources"}


def with_another_class(body: bytes) -> bytes:
    return body + b"9\tNew workers\t0\tT\t3\r\n"


def text_of(lake: Lake, key: str) -> str:
    with lake.storage.open(key) as stream:
        return stream.read().decode()


def body_of_sample() -> bytes:
    return body_of(Upstream.sample(), DATA_FILE)


def change_of(case_id: str) -> Callable[[bytes], bytes]:
    """What a case of the table makes of the data file."""
    (case,) = [case for row in load_table() for case in row.cases if case.id == case_id]
    return partial(file_of, case)


def pointer_of(lake: Lake) -> Pointer:
    pointer = load_pointer(lake.storage, "pr")
    assert pointer is not None
    return pointer


def table_file(lake: Lake, source: str) -> TableFile:
    (file,) = [
        file
        for table, file in pointer_of(lake).files()
        if file.source == source and table != "pr_revisions"
    ]
    return file


@both_backends
@cases("file", "lines", exit_code=7)
def test_a_file_with_a_flaw_that_cannot_be_borne_is_held_back(case, lake, current):
    before, tables = lake.pointed(), pointer_of(lake).tables
    name = case.inject.get("name", DATA_FILE)
    served = lake.upstream.surveys["pr"][name]
    done = current(partial(file_of, case), name)
    assert case.expect["state"] == "held back"
    assert type(done.error).__name__ == case.expect["error"]
    assert done.exit_code == case.exit_code
    assert re.search(case.expect["says"], done.told), done.told
    (held,) = pointer_of(lake).held.items()
    assert held[0] == case.expect.get("holds", name)
    assert done.told.startswith(held[1].reason)
    assert "its last good version is shown" in done.told
    # Everything but the table of sources is as it was.
    assert without_sources(pointer_of(lake).tables) == without_sources(tables)
    (told,) = [row for row in rows_of(lake.storage, "pr_sources") if row["name"] == held[0]]
    assert (told["status"], told["held_reason"]) == ("held back", held[1].reason)
    assert told["held_since"] == held[1].since
    assert told["shown_sha256"] == held[1].shown_sha256 != held[1].sha256
    lake.check()
    published = lake.pointed()
    again = lake.build()
    assert str(again.error) == str(done.error)
    assert again.summary["changed"] is False
    assert lake.pointed() == published
    # BLS mends its file; the raw zone keeps what it served meanwhile.
    change_file(lake.upstream, name, served.body, served.last_modified)
    assert lake.run_all() == []
    assert lake.pointed() == before
    assert len(lake.storage.versions(f"raw/bls/pr/{name}")) == 3
    lake.check()


@both_backends
@fault("U19")
def test_a_shrunken_file_is_published_when_it_is_allowed(lake, current):
    assert current(change_of("U19-fewer-rows")).exit_code == 7
    done = lake.build(allow_shrink=True)
    assert done.failures == ()
    assert done.summary["releases"]["pr"]["rows"]["pr_data"] == 1599 + SAMPLE_ROWS


def test_the_population_is_published_though_the_survey_is_not(lake, current):
    lake.upstream.cubes["acs_yg_total_population_1"] = lake.upstream.cubes[
        "acs_yg_total_population_1"
    ].replace(b"334914896", b"334914897")
    assert lake.land_population().failures == ()
    done = current(change_of("U16-missing-column"))
    assert done.exit_code == 7
    assert done.summary["releases"]["population"]["changed"] is True
    lake.check()


def test_only_what_changed_is_converted_again(lake, current):
    before = pointer_of(lake)
    done = current(with_another_class, "pr.class")
    release = done.summary["releases"]["pr"]
    assert release["converted"] == ["pr.class"]
    after = pointer_of(lake)
    assert (before.release, after.release) == ("20250904T123000Z", "20251209T133000Z")
    assert before.tables["pr_revisions"] == after.tables["pr_revisions"]
    old = {file.path: file for _, file in before.files()}
    for table, file in after.files():
        if after.tables[table].folder:
            continue
        linked = (lake.folder / before.folder / file.path).samefile(
            lake.folder / after.folder / file.path
        )
        changed = file.path.startswith(("class/", "labels/", "sources/"))
        assert linked != changed
        assert (file == old[file.path]) != changed
    lake.check()


def test_a_reject_of_an_unchanged_file_goes_along(lake, current):
    current(change_of("U14-no-year"))
    first = table_file(lake, DATA_FILE)
    rejects = lake.folder / pointer_of(lake).folder / first.rejects_path
    text = rejects.read_text()
    done = current(with_another_class, "pr.class")
    assert done.summary["releases"]["pr"]["rejects"] == 1
    assert table_file(lake, DATA_FILE) == first
    moved = lake.folder / pointer_of(lake).folder / first.rejects_path
    assert moved.read_text() == text


def test_an_older_release_that_comes_back_is_published_again(lake, current):
    before = lake.pointed()
    served = lake.upstream.surveys["pr"][DATA_FILE]
    assert current(change_of("U14-no-year")).failures == ()
    change_file(lake.upstream, DATA_FILE, served.body, served.last_modified)
    assert lake.run_all() == []
    assert lake.pointed() == before


@pytest.mark.parametrize("accepted", ["U14-no-year", "U15-identical", "U18-backwards"])
def test_a_release_after_another_is_the_one_that_a_new_lake_makes(
    accepted, lake, current, tmp_path
):
    assert current(change_of(accepted)).failures == ()
    alone = Lake(Place(str(tmp_path / "alone")), lake.upstream)
    assert alone.run_all() == []
    folder = pointer_of(alone).folder
    assert pointer_of(lake).folder == folder
    made = {path: hashed for path, hashed in lake.tree().items() if path.startswith(folder)}
    assert made == {
        path: hashed for path, hashed in alone.tree().items() if path.startswith(folder)
    }


def test_another_converter_converts_every_file_again(lake, monkeypatch):
    before = pointer_of(lake)
    monkeypatch.setattr(plan, "CONVERTER_VERSION", 1000)
    release = lake.build().summary["releases"]["pr"]
    assert release["folder"] != before.folder
    sources = {file.source for _, file in before.files() if file.source}
    assert set(release["converted"]) == sources
    assert lake.build().summary["changed"] is False
    lake.check()
