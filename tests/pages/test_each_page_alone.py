"""What cannot be shown is told in its own place; every other page is as ever."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from glue_jobs.settings import Settings
from glue_jobs.storage.local import LocalStorage
from labor_lake.cli import main
from labor_lake.pages import site
from labor_lake.pages.report_headers import read_report_header
from labor_lake.pages.site import FRONT, make_site
from tests.faults.lake import Lake
from tests.faults.places import Places
from tests.faults.small_survey import serve_others, serve_release
from tests.simulator.upstream import Upstream

SUBJECTS = {"surveys/pr.html", "surveys/ap.html", "surveys/population.html"}
REPORTS = {f"reports/{name}.html" for name in ("best_year", "population_summary")}


@pytest.fixture(scope="module")
def _sound(tmp_path_factory):
    """A lake of two surveys and the population, and its site."""
    with Upstream() as upstream:
        lake = Lake(
            Places("local", tmp_path_factory.mktemp("sound")).new(),
            upstream,
            allow_removals=1,
            surveys=("pr", "ap"),
        )
        serve_release(upstream, 1)
        serve_others(upstream, 1)
        assert lake.run_all() == []
        assert lake.do("publish_reports", lake.run()).failures == ()
        made = made_of(lake.folder)
        assert made.failures == {}
        yield lake.folder, made.files


@pytest.fixture
def folder(_sound, tmp_path):
    return Path(shutil.copytree(_sound[0], tmp_path / "lake"))


@pytest.fixture
def sound(_sound):
    return without_times(_sound[1])


def made_of(folder):
    return make_site(LocalStorage(folder), Settings(lake=str(folder)))


def without_times(files):
    """The pages but for what tells when they were written, and where the report pages lead."""
    return {
        path: body.partition(b"<main>")[2].partition(b"<footer>")[0] for path, body in files.items()
    }


def damage(folder, pattern):
    """Cuts the files of a pattern, wherever the lake has put them."""
    found = [path for path in folder.rglob(pattern) if path.is_file()]
    assert found
    for path in found:
        path.chmod(0o644)
        path.write_bytes(b"rotten")


def test_a_survey_whose_tables_are_damaged_is_told_of_on_its_own_page(folder, sound):
    damage(folder, "curated/pr/*/sources/*.parquet")
    made = made_of(folder)
    assert made.failures.keys() == {"subject pr"}
    files = without_times(made.files)
    told = files["surveys/pr.html"].decode()
    assert "This cannot be shown" in told
    assert "The table pr_sources cannot be read" in told
    assert "subject pr: " in files[FRONT].decode()
    others = (SUBJECTS | REPORTS) - {"surveys/pr.html"}
    assert {path: files[path] for path in others} == {path: sound[path] for path in others}


def test_a_survey_whose_pointer_is_damaged_has_no_page_and_is_told_of_on_the_front(folder, sound):
    damage(folder, "current/pr.json")
    made = made_of(folder)
    assert made.failures.keys() == {"subject pr"}
    assert "surveys/pr.html" not in made.files
    files = without_times(made.files)
    assert "current/pr.json is not the pointer that was written there" in files[FRONT].decode()
    assert files["surveys/ap.html"] == sound["surveys/ap.html"]


def test_so_is_what_nobody_foresaw(folder, monkeypatch):
    def fails(*_):
        raise KeyError("period")

    monkeypatch.setattr(site, "survey_page", fails)
    made = made_of(folder)
    assert made.failures.keys() == {"subject pr", "subject ap"}
    assert made.files.keys() >= SUBJECTS | REPORTS
    assert "The program failed in a way it should not" in made.files["surveys/ap.html"].decode()


def test_a_report_that_was_changed_is_told_of_and_the_others_are_shown(folder, sound):
    damage(folder, "best_year.csv")
    made = made_of(folder)
    assert made.failures.keys() == {"report best_year"}
    files = without_times(made.files)
    assert "has other bytes" in files["reports/best_year.html"].decode()
    assert files["reports/population_summary.html"] == sound["reports/population_summary.html"]


def test_reports_without_an_index_leave_the_rest(folder):
    damage(folder, "report.json")
    made = made_of(folder)
    assert made.failures.keys() == {"reports"}
    assert made.files.keys() >= SUBJECTS
    assert REPORTS.isdisjoint(made.files)


def test_figures_of_a_landed_file_with_other_bytes_lead_nowhere(folder, sound):
    assert b'href="../traces/pr.html#' in sound["reports/best_year.html"]
    damage(folder, "versions/raw/bls/pr/pr.data.*/*")
    made = made_of(folder)
    assert made.failures.keys() == {"traces of pr"}
    files = without_times(made.files)
    assert b"traces/pr.html#" not in files["reports/best_year.html"]
    assert "What cannot be shown" in files["traces/pr.html"].decode()
    assert files["surveys/ap.html"] == sound["surveys/ap.html"]


def test_the_command_writes_the_rest_and_ends_with_the_failure(folder, capsys):
    damage(folder, "best_year.csv")
    words = ["page", "--lake", str(folder), "--series", "PRX", "--json"]
    assert main(words) == 7
    printed = capsys.readouterr()
    assert json.loads(printed.out)["failures"].keys() == {"report best_year", "series PRX"}
    assert "error: The lake has no series PRX." in printed.err
    assert (folder / "page" / FRONT).is_file()


@pytest.mark.parametrize("header", ["", "-- Picture: of a cat.", "-- Population: by year of acs1."])
def test_a_header_that_says_nothing_of_the_page_asks_for_nothing(header):
    assert not any(read_report_header(f"{header}\nselect 1"))


def test_a_header_names_the_periods_or_their_column():
    said = read_report_header("-- Observations: value by series_id, year, Q01 Q02.").observations
    assert said is not None
    assert said.periods == ("Q01", "Q02")
