"""Vintages: what was known when, from real captures landed one after the other."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any

import pytest

from glue_jobs.catalog.pointers import load_pointer
from glue_jobs.engines.open import open_engine
from glue_jobs.errors import IntegrityFailure, UsageError
from glue_jobs.reports.files import printed_rows, to_csv
from glue_jobs.settings import Settings
from glue_jobs.sql_files import sql_files
from glue_jobs.storage.local import LocalStorage
from glue_jobs.timestamps import end_of, from_release, release_name
from labor_lake import tracing
from labor_lake.cli import main
from labor_lake.workflow import run_workflow
from tests.captures import capture, needs_captures
from tests.lakes import run_at
from tests.pointers import load_pointers, pointers_as_of
from tests.simulator.upstream import Upstream
from tests.test_real_input import RELEASES

SERIES = "PRS30006032"


@pytest.fixture(scope="module")
def landed(tmp_path_factory):
    """A lake that has seen the five captures of pr.data.0.Current, each on its own day."""
    folder = tmp_path_factory.mktemp("vintages")
    with Upstream() as upstream:
        upstream.cubes["acs_yg_total_population_1"] = capture(
            "population/tesseract-acs1-2025-10.json"
        ).read_bytes()
        for month, moment in RELEASES.items():
            upstream.from_folder("pr", capture(f"bls/pr/{month}"), moment)
            run = run_at(folder, upstream, month, allow_removals=100, allow_shrink="true")
            clock = partial(datetime.__add__, moment, timedelta(hours=1))
            assert run_workflow(replace(run, now=clock)).failures == ()
    return LocalStorage(folder)


pytestmark = needs_captures


def engine_at(storage, text):
    return open_engine(storage, pointers_as_of(storage, end_of(text)), Settings())


def rows_of(month: str) -> list[tuple[Any, ...]]:
    """A capture's rows, read without any of the project's code."""
    lines = capture(f"bls/pr/{month}/pr.data.0.Current").read_text().splitlines()[1:]
    cells = ([cell.strip() for cell in line.split("\t")] for line in lines if line.strip())
    return sorted(
        (
            *(series, int(year), period, None if value in ("", "-") else float(value)),
            *(footnote, value if value == "-" else None),
        )
        for series, year, period, value, footnote in cells
    )


def test_landing_in_turn_gives_the_revisions_that_were_counted_independently(landed):
    lines = capture("expected/revisions-pr.data.0.Current.csv").read_text().splitlines()
    pointer = load_pointer(landed, "pr")
    assert pointer is not None
    history = [one for one in pointer.history if one.source.endswith("Current")]
    assert [one.release for one in history] == [release_name(one) for one in RELEASES.values()]
    engine = open_engine(landed, load_pointers(landed), Settings())
    for row, vintage in zip(csv.DictReader(lines), history[1:]):
        found = engine.query(
            "select change, count(*) as n from pr_revisions"
            f" where data_file = '0.Current' and release = '{vintage.release}' group by change"
        )
        counts = Counter({one["change"]: one["n"] for one in found.to_pylist()})
        wanted = {"added": "added", "revised": "revised", "footnote": "footnote_only"}
        assert {name: counts[name] for name in wanted} == {
            name: int(row[column]) for name, column in wanted.items()
        }
        assert counts["withdrawn"] == counts["first"] == 0
        assert vintage.rows == sum(counts.values())
        assert vintage.revised == int(row["revised"])


@pytest.mark.parametrize("month", RELEASES)
def test_as_of_a_capture_s_day_the_data_are_that_capture_row_for_row(month, landed):
    release = RELEASES[month]
    for text in (release.strftime("%Y-%m-%d"), release_name(release)):
        found = engine_at(landed, text).query(
            "select series_id, year, period, value, footnote_codes, value_text from pr_data"
            " where data_file = '0.Current'"
        )
        assert sorted(tuple(row.values()) for row in found.to_pylist()) == rows_of(month)


@pytest.mark.parametrize("name", ["as_of", "as_of_release"])
@pytest.mark.parametrize("month", RELEASES)
def test_the_saved_queries_give_the_same(month, name, landed):
    release = RELEASES[month]
    moment = release.strftime("%Y-%m-%d") if name == "as_of" else release_name(release)
    engine = open_engine(landed, load_pointers(landed), Settings())
    found = engine.query(sql_files("queries")[name], [moment])
    rows = [row for row in found.to_pylist() if row.pop("data_file") == "0.Current"]
    assert sorted(tuple(row.values()) for row in rows) == rows_of(month)


@pytest.mark.parametrize("month", RELEASES)
def test_the_reports_as_of_a_capture_s_day_equal_the_expected_ones(month, landed):
    engine = engine_at(landed, RELEASES[month].strftime("%Y-%m-%d"))
    for name in ("best_year", "series_population"):
        made = to_csv(*printed_rows(engine.query(sql_files("reports")[name])))
        expected = capture(f"expected/{name}-{month}.csv").read_text()
        assert made.decode().splitlines() == expected.splitlines()


def test_between_two_releases_the_earlier_one_is_known(landed):
    day = RELEASES["2025-05"] - timedelta(days=1)
    found = engine_at(landed, day.strftime("%Y-%m-%d")).query("select * from pr_data")
    assert found.num_rows >= len(rows_of("2025-02"))
    assert {row["release"] for row in revisions_known(landed, day)} == {
        release_name(RELEASES["2024-06"]),
        release_name(RELEASES["2025-02"]),
    }


def revisions_known(storage, day):
    engine = engine_at(storage, day.strftime("%Y-%m-%d"))
    return engine.query("select distinct release from pr_revisions").to_pylist()


def test_before_the_first_vintage_the_answer_is_unknown_and_says_since_when(landed, capsys):
    with pytest.raises(UsageError, match="is unknown: the lake has seen pr since 20240606T123000Z"):
        pointers_as_of(landed, datetime(2024, 6, 1, tzinfo=timezone.utc))
    lake = ["--lake", str(landed.root), "--as-of", "2024-06-05"]
    assert main(["query", "select 1 from pr_data", *lake]) == 2
    assert main(["reports", *lake]) == 2
    assert capsys.readouterr().out == ""


def test_the_population_is_that_of_its_release_of_the_time(landed):
    first = min(RELEASES.values())
    known = {one.subject for one in pointers_as_of(landed, first + timedelta(hours=2))}
    assert known == {"pr", "population"}
    known = {one.subject for one in pointers_as_of(landed, first + timedelta(minutes=1))}
    assert known == {"pr"}


def test_the_command_asks_as_of_a_date_and_refuses_what_is_none(landed, capsys):
    lake = ["--lake", str(landed.root)]
    sql = (
        f"select value from pr_data where series_id = '{SERIES}' and year = 2023 and period = 'Q01'"
    )
    values = []
    for day in ("2024-12-31", "2025-12-31"):
        query = f"{sql} and data_file = '0.Current'"
        assert main(["query", query, *lake, "--as-of", day, "--format", "csv"]) == 0
        values.append(capsys.readouterr().out.splitlines()[1])
    assert values[0] != values[1]
    assert main(["query", sql, *lake, "--as-of", "yesterday"]) == 2
    assert "neither a date nor a release" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-06-30", "20250701T035959Z"),
        ("2025-12-31", "20260101T045959Z"),
        ("20250904T123000Z", "20250904T123000Z"),
        ("2025-09-04T12:30:00Z", "20250904T123000Z"),
    ],
)
def test_a_date_means_its_end_where_bls_is(text, moment):
    assert release_name(end_of(text)) == moment
    assert from_release(moment) == end_of(text)


# What changed, and where from.


def told(capsys, *argv: str) -> str:
    assert main(list(argv)) == 0
    out: str = capsys.readouterr().out
    return out


def test_changes_tells_the_biggest_moves_of_a_release_first(landed, capsys):
    lake = ["--lake", str(landed.root)]
    out = told(capsys, "changes", "pr", "--release", "2025-05-31", *lake)
    assert out.startswith("pr.data.0.Current, release 20250508T123000Z: 12,850 revised.")
    assert "12830 more" in out.replace(",", "")
    document = json.loads(told(capsys, "changes", "pr", "--release", "2025-05-31", *lake, "--json"))
    assert (document["release"], document["counts"]) == ("20250508T123000Z", {"revised": 12850})
    moves = [abs(float(change["difference"])) for change in document["changes"]]
    assert moves == sorted(moves, reverse=True)
    first = document["changes"][0]
    assert (first["previous_value"], first["value"]) == (2.8, 6.1)
    assert first["difference"] == 3.3


def test_changes_of_the_newest_release_count_what_was_counted_independently(landed, capsys):
    lake = ["--lake", str(landed.root)]
    document = json.loads(told(capsys, "changes", "pr", *lake, "--json"))
    assert document["release"] == release_name(RELEASES["2026-04"])
    assert document["counts"] == {"added": 642, "revised": 9398}


def test_each_publish_writes_what_changed_as_text_and_json(landed):
    for month, moment in RELEASES.items():
        written = json.loads((landed.root / f"reports/{month}/changes-pr.json").read_text())
        assert (written["release"], written["first"]) == (release_name(moment), month == "2024-06")
        text = (landed.root / f"reports/{month}/changes-pr.txt").read_text()
        assert text.startswith(f"pr.data.0.Current, release {release_name(moment)}: ")
    latest = json.loads((landed.root / "reports/latest/changes-pr.json").read_text())
    assert latest["counts"] == {"added": 642, "revised": 9398}
    index = json.loads((landed.root / "reports/latest/report.json").read_text())
    assert index["changes"]["pr"]["counts"] == latest["counts"]
    lines = (landed.root / "reports/2025-05/changes-pr.txt").read_text().splitlines()
    assert lines[0] == "pr.data.0.Current, release 20250508T123000Z: 12,850 revised."
    assert lines[1] == "2024 Q03  2.8 -> 6.1  PRS31006102"
    assert lines[-1] == "and 12,830 more"


def test_changes_of_the_first_vintage_are_none(landed, capsys):
    lake = ["--lake", str(landed.root)]
    out = told(capsys, "changes", "pr", "--release", "2024-06-30", *lake)
    assert out.endswith(": the first that the lake has seen.\n")


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["changes", "pr", "--release", "2024-06-05"], "is unknown: the lake has seen it since"),
        (["changes", "pr", "--data-file", "9.None"], "There is no data file 9.None"),
        (["changes", "cu"], "has no release of cu"),
        (["trace", "CUUR0000SA0", "2020", "M01"], "has no release of cu"),
    ],
)
def test_what_the_lake_does_not_know_is_told(argv, sentence, landed, capsys):
    assert main([*argv, "--lake", str(landed.root)]) == 2
    assert sentence in capsys.readouterr().err


def test_a_trace_names_release_file_hash_line_and_bytes_of_every_value(landed, capsys):
    argv = ["trace", SERIES, "2018", "Q01", "--lake", str(landed.root)]
    found = json.loads(told(capsys, *argv, "--json"))
    current = [one for one in found if one["source"] == "pr.data.0.Current"]
    assert [one["release"] for one in current] == [release_name(one) for one in RELEASES.values()]
    assert [one["value"] for one in current] == ["0.4", "0.4", "0.5", "0.5", "0.5"]
    for month, one in zip(RELEASES, current):
        body = capture(f"bls/pr/{month}/pr.data.0.Current").read_bytes()
        assert one["sha256"] == hashlib.sha256(body).hexdigest()
        assert body.split(b"\n")[one["line"] - 1].rstrip(b"\r").decode() == one["raw"]
    assert "20250508T123000Z   pr.data.0.Current     0.5" in told(capsys, *argv)


@pytest.mark.parametrize(
    ("key", "sentence", "hint"),
    [
        (
            ("PRS30006034", "2018", "Q01"),
            "has seen no series PRS30006034",
            "Did you mean PRS3000603",
        ),
        ((SERIES, "1901", "Q01"), f"{SERIES} has no year 1901", "It has 19"),
        ((SERIES, "2018", "M01"), f"{SERIES} has no M01 in 2018", "It has Q01, Q02, Q03, Q04, Q05"),
    ],
    ids=["series", "year", "period"],
)
def test_a_trace_of_what_never_was_says_what_there_is_instead(key, sentence, hint, landed, capsys):
    assert main(["trace", *key, "--lake", str(landed.root)]) == 2
    told = capsys.readouterr().err
    assert sentence in told
    assert hint in told


def test_a_hint_that_cannot_be_given_takes_nothing_from_the_answer(landed, capsys, monkeypatch):
    def refuse(*_: object) -> None:
        raise IntegrityFailure("It does not match its recorded checksum.")

    monkeypatch.setattr(tracing, "copy_verified", refuse)
    assert main(["trace", "PRS30006034", "2018", "Q01", "--lake", str(landed.root)]) == 2
    assert "has seen no series PRS30006034" in capsys.readouterr().err
