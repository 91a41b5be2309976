"""The notebook's known figures, computed from the captures by none of the lake's code."""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from decimal import Decimal

import pytest

from tests.captures import capture, needs_captures
from tests.test_real_input import RELEASES
from tests.wheels import ROOT

pytestmark = needs_captures

KNOWN = list(csv.DictReader((ROOT / "notebooks" / "known_figures.csv").read_text().splitlines()))


def known(report: str, month: str) -> dict[str, str]:
    """The figures of a report that a capture gave; what it did not give is blank."""
    return {row["figure"]: row[month] for row in KNOWN if row["report"] == report}


def observations(month: str, name: str) -> list[tuple[str, str, str, Decimal]]:
    lines = capture(f"bls/pr/{month}/{name}").read_text("ascii").splitlines()[1:]
    cells = [[cell.strip() for cell in line.split("\t")] for line in lines]
    return [(series, year, period, Decimal(value)) for series, year, period, value, *_ in cells]


def best_years(rows: list[tuple[str, str, str, Decimal]]) -> dict[str, tuple[str, Decimal]]:
    """By series, the earliest year with the largest sum, and the sum."""
    sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for series, year, _, value in rows:
        sums[series][year] += value
    return {
        series: max(sorted(years.items()), key=lambda pair: pair[1])
        for series, years in sums.items()
    }


def expected(report: str) -> list[dict[str, str]]:
    return list(csv.DictReader(capture(f"expected/{report}.csv").read_text().splitlines()))


def digest(lines: list[str]) -> str:
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


@pytest.mark.parametrize("month", RELEASES)
def test_release_and_hash(month):
    body = capture(f"bls/pr/{month}/pr.data.0.Current").read_bytes()
    release = RELEASES[month].strftime("%Y%m%dT%H%M%SZ")
    assert known("files", month) == {
        "release": release,
        "sha256": hashlib.sha256(body).hexdigest(),
    }


@pytest.mark.parametrize("month", RELEASES)
def test_population_summary(month):
    found = {
        f"{dataset} {figure}": expected(f"population_summary-{dataset}-{capture_of}")[0][figure]
        for dataset, capture_of in (("acs1", "2025-10"), ("acs5", "2024-06"))
        for figure in ("mean", "stddev_samp", "stddev_pop")
    }
    assert known("population_summary", month) == found


@pytest.mark.parametrize("month", RELEASES)
def test_best_year(month):
    report = {row["series_id"]: row for row in expected(f"best_year-{month}")}
    rows = observations(month, "pr.data.0.Current")
    right = best_years([row for row in rows if row[2] != "Q05"])
    with_q05 = best_years(rows)
    of_one = with_q05["PRS30006011"]
    lines = capture(f"expected/best_year-{month}.csv").read_text().splitlines()
    listed = known("best_year", month)
    found = {
        "observations": str(len(rows)),
        "series": str(len(report)),
        "series with annual figures only": str(len(report) - len(right)),
        "series with a tie": str(sum(int(row["tied_years"]) > 1 for row in report.values())),
        "another best year if Q05 counts": str(differing(right, with_q05)),
        "another best year if 1.AllData is added": "",
        "PRS30006011 if Q05 counts": f"{of_one[0]} {of_one[1]}",
        "sha256 of the report": digest(lines),
        **{
            name: f"{report[name]['best_year']} {report[name]['value']}"
            for name in listed
            if name in report
        },
    }
    if capture(f"bls/pr/{month}/pr.data.1.AllData").exists():
        both = [*rows, *observations(month, "pr.data.1.AllData")]
        added = best_years([row for row in both if row[2] != "Q05"])
        found["another best year if 1.AllData is added"] = str(differing(right, added))
    assert listed == found


def differing(right: dict[str, tuple[str, Decimal]], other: dict[str, tuple[str, Decimal]]) -> int:
    """How many series get another year."""
    return sum(other[series][0] != year for series, (year, _) in right.items())


@pytest.mark.parametrize("month", RELEASES)
def test_series_population(month):
    rows = expected(f"series_population-{month}")
    lines = capture(f"expected/series_population-{month}.csv").read_text().splitlines()
    by_year = {f"Q01 of {row['year']}": row["value"] for row in rows}
    listed = known("series_population", month)
    assert listed == {
        "years": str(len(rows)),
        "sha256 of all first quarters": digest([line.rpartition(",")[0] for line in lines]),
        **{name: by_year[name] for name in listed if name.startswith("Q01 of ")},
    }
