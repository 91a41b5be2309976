"""Old copies that people kept: taken in in any order, the history is the same."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import shutil
from dataclasses import replace

import pytest

from glue_jobs.catalog.pointers import load_pointer
from glue_jobs.engines.open import open_engine
from glue_jobs.errors import StorageFailure
from glue_jobs.settings import Settings
from glue_jobs.storage.local import LocalStorage
from glue_jobs.timestamps import release_name, release_of
from labor_lake.cli import main
from labor_lake.commands.backfill import backfill
from labor_lake.sample import render
from labor_lake.workflow import run_workflow
from tests.captures import capture, needs_captures
from tests.faults.places import Place
from tests.faults.storages import CountingStorage, FailingStorage
from tests.lakes import run_at
from tests.pointers import load_pointers
from tests.simulator.upstream import Upstream
from tests.test_history import rows_of
from tests.test_real_input import RELEASES

NAME = "pr.data.0.Current"
OLDER = list(RELEASES)[:-1]

pytestmark = needs_captures


def first_series(month: str, count: int) -> bytes:
    """The head of a capture, to the end of a series."""
    header, *lines = capture(f"bls/pr/{month}/{NAME}").read_bytes().splitlines(keepends=True)
    groups = itertools.groupby(lines, key=lambda line: line.split()[0])
    kept = [line for _, group in itertools.islice(groups, count) for line in group]
    return b"".join([header, *kept])


def land(folder, body: bytes, moment=RELEASES["2026-04"], run_id: str = "run"):
    """Lands one data file, by default as if it were the newest capture."""
    with Upstream() as upstream:
        upstream.set_file("pr", NAME, body, moment)
        upstream.cubes["acs_yg_total_population_1"] = render.population_body(
            "ACS 1-year Estimate", {2013: 1}
        )
        run = replace(run_at(folder, upstream, run_id), now=lambda: moment)
        assert run_workflow(run).failures == ()
    return LocalStorage(folder)


@pytest.fixture
def lake(tmp_path):
    return land(tmp_path / "lake", capture(f"bls/pr/2026-04/{NAME}").read_bytes())


def take_in(lake, month: str) -> int:
    release = RELEASES[month].strftime("%Y-%m-%dT%H:%M:%SZ")
    path = str(capture(f"bls/pr/{month}/{NAME}"))
    return main(["backfill", "pr", NAME, path, "--release", release, "--lake", str(lake.root)])


def revisions_of(lake) -> dict[str, str]:
    pointer = load_pointer(lake, "pr")
    assert pointer is not None
    table = pointer.tables["pr_revisions"]
    return {
        file.path: hashlib.sha256((lake.root / table.folder / file.path).read_bytes()).hexdigest()
        for file in table.files
    }


@pytest.mark.parametrize(
    "every",
    [pytest.param(1, marks=pytest.mark.every_operation, id="all-120"), pytest.param(13, id="some")],
)
def test_copies_in_any_of_the_120_orders_give_the_same_revisions_to_the_byte(every, tmp_path):
    copies = {}
    for month in RELEASES:
        copies[month] = tmp_path / month
        copies[month].write_bytes(first_series(month, 12))
    land(tmp_path / "begin", copies["2026-04"].read_bytes())
    made = []
    orders = list(itertools.permutations(RELEASES))[::every]
    for number, order in enumerate(orders):
        folder = tmp_path / f"lake-{number}"
        shutil.copytree(tmp_path / "begin", folder, copy_function=os.link)
        lake = LocalStorage(folder)
        for month in order:
            pointer = load_pointer(lake, "pr")
            assert pointer is not None
            backfill(lake, pointer, NAME, {release_name(RELEASES[month]): copies[month]})
        made.append(revisions_of(lake))
        shutil.rmtree(folder)
    assert len(made) == -(-120 // every)
    assert all(one == made[0] for one in made)
    assert [path.split("/")[1] + path.rpartition("/")[2] for path in made[0]] == [
        "release_year=202420240606T123000Z.parquet",
        "release_year=20252025.parquet",
        "release_year=202620260324T123000Z.parquet",
    ]


def test_real_copies_after_the_fact_give_what_landing_in_turn_gives(lake, capsys):
    for month in ("2025-05", "2024-06", "2025-10", "2025-02"):
        assert take_in(lake, month) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[-1] == f"{NAME}: 5 vintages, from 20240606T123000Z on."
    pointer = load_pointer(lake, "pr")
    assert pointer is not None
    lines = capture(f"expected/revisions-{NAME}.csv").read_text().splitlines()[1:]
    revised = [int(line.split(",")[3]) for line in lines]
    assert [one.revised for one in pointer.history] == [0, *revised]
    assert pointer.tables["pr_revisions"].folder == "history/pr/"
    for month in RELEASES:
        day = RELEASES[month].strftime("%Y-%m-%d")
        argv = ["query", "select count(*) as n from pr_data", "--as-of", day, "--json"]
        assert main([*argv, "--lake", str(lake.root)]) == 0
        assert json.loads(capsys.readouterr().out) == [{"n": len(rows_of(month))}]
    assert main(["verify", "--lake", str(lake.root)]) == 0


def test_the_next_release_goes_on_from_the_newest_vintage(lake):
    assert take_in(lake, "2025-10") == 0
    body = capture(f"bls/pr/2026-04/{NAME}").read_bytes()
    last = body.rstrip(b"\r\n").rpartition(b"\n")[2].split(b"\t")
    last[1] = b"2031"
    moment = RELEASES["2026-04"].replace(year=2027)
    land(lake.root, body + b"\t".join(last) + b"\r\n", moment, "run-2")
    engine = open_engine(lake, load_pointers(lake), Settings())
    sql = "select change, count(*) as n from pr_revisions where release = ? group by change"
    assert engine.query(sql, [release_name(moment)]).to_pylist() == [{"change": "added", "n": 1}]


def test_the_same_copy_again_is_nothing_new_and_other_bytes_are_refused(lake, capsys, tmp_path):
    assert take_in(lake, "2025-10") == 0
    before = revisions_of(lake)
    assert take_in(lake, "2025-10") == 0
    assert "Nothing is new" in capsys.readouterr().out
    other = tmp_path / "other"
    other.write_bytes(capture(f"bls/pr/2025-05/{NAME}").read_bytes())
    for release in ("20250904T123000Z", "2025-09-04", "20260324T123000Z"):
        argv = ["backfill", "pr", NAME, str(other), "--release", release]
        assert main([*argv, "--lake", str(lake.root)]) == 2
        assert "already, with other bytes" in capsys.readouterr().err
    assert revisions_of(lake) == before


def test_a_file_s_own_time_counts_only_when_asked_for(lake, capsys, tmp_path):
    paths = []
    for month in ("2025-02", "2025-05"):
        paths.append(tmp_path / month)
        shutil.copy(capture(f"bls/pr/{month}/{NAME}"), paths[-1])
        moment = RELEASES[month].timestamp()
        os.utime(paths[-1], (moment, moment))
    argv = ["backfill", "pr", NAME, *map(str, paths), "--lake", str(lake.root)]
    assert main(argv) == 2
    assert "Each copy needs the release it is of" in capsys.readouterr().err
    assert main([*argv, "--release-from-mtime", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["releases"] == [
        release_name(RELEASES[month]) for month in ("2025-02", "2025-05", "2026-04")
    ]


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["pr", NAME, "{none}", "--release", "2024-06-06"], "cannot be read"),
        (["pr", NAME, "{page}", "--release", "2024-06-06"], "no header line"),
        (["pr", NAME, "{page}", "--release", "June"], "neither a date nor a release"),
        (["pr", "pr.series", "{page}", "--release", "2024-06-06"], "is no data file of pr"),
        (["pr", "../pr.data.x", "{page}", "--release", "2024-06-06"], "is no data file of pr"),
        (["cu", "cu.data.1", "{page}", "--release", "2024-06-06"], "no release of cu yet"),
    ],
)
def test_what_is_no_old_copy_is_refused_and_nothing_changes(argv, sentence, lake, capsys, tmp_path):
    (tmp_path / "page").write_text("<html>Access denied</html>\n")
    given = [word.format(none=tmp_path / "none", page=tmp_path / "page") for word in argv]
    before = (lake.root / "current/pr.json").read_bytes()
    assert main(["backfill", *given, "--lake", str(lake.root)]) in (2, 7)
    assert sentence in capsys.readouterr().err
    assert (lake.root / "current/pr.json").read_bytes() == before


def test_a_date_alone_is_half_past_eight_where_bls_is():
    assert release_name(release_of("2024-06-06")) == "20240606T123000Z"
    assert release_name(release_of("2025-12-09")) == "20251209T133000Z"
    assert release_name(release_of("20240606T100000Z")) == "20240606T100000Z"


def test_a_backfill_that_fails_at_any_operation_leaves_tables_and_history_in_step(tmp_path):
    copies = {release_name(RELEASES["2025-10"]): tmp_path / "copy"}
    (tmp_path / "copy").write_bytes(first_series("2025-10", 12))
    lake = land(tmp_path / "lake", first_series("2026-04", 12))
    pointer = load_pointer(lake, "pr")
    assert pointer is not None
    before = (lake.root / "current/pr.json").read_bytes()
    healed = shutil.copytree(lake.root, tmp_path / "healed", copy_function=os.link)
    counting = CountingStorage(LocalStorage(healed))
    backfill(counting, pointer, NAME, copies)
    for number in range(1, counting.operations + 1):
        for when in ("before", "after"):
            folder = shutil.copytree(lake.root, tmp_path / "now", copy_function=os.link)
            failing = FailingStorage(LocalStorage(folder), number, when)
            with pytest.raises(StorageFailure):
                backfill(failing, pointer, NAME, copies)
            Place(str(folder)).check_entries()
            published = (folder / "current/pr.json").read_bytes()
            assert published in (before, (healed / "current/pr.json").read_bytes())
            now = load_pointer(LocalStorage(folder), "pr")
            assert now is not None
            backfill(LocalStorage(folder), now, NAME, copies)
            assert revisions_of(LocalStorage(folder)) == revisions_of(LocalStorage(healed))
            shutil.rmtree(folder)
