"""What the docs show and promise is what the program does."""

from __future__ import annotations

import os
import re
import shlex
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from glue_jobs.reports.files import from_csv
from glue_jobs.settings import SETTINGS, resolve
from glue_jobs.sql_files import sql_files
from labor_lake.cli import commands, main
from labor_lake.workflow import run_workflow
from tests.captures import capture, needs_captures
from tests.lakes import run_at
from tests.simulator.upstream import Upstream
from tests.test_real_input import RELEASES
from tools.docs import LAKE_TOML, PAGES

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
PROSE = [ROOT / name for name in ("README.md", "SECURITY.md", *(f"docs/{p}" for p in PAGES))]
PROSE += [*sorted(ROOT.glob("docs/*.md")), *sorted(ROOT.glob("notebooks/*.ipynb"))]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


@pytest.fixture(autouse=True)
def _in_an_empty_folder(monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith("LAKE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def demo_prints(capsys):
    assert main(["demo"]) == 0
    return capsys.readouterr().out


def samples(text: str, beginning: str) -> list[str]:
    """The fenced blocks of a page that begin so, without the fences."""
    blocks = re.findall(r"^```[a-z]*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [block for block in blocks if block.startswith(beginning)]


def lines_of(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def is_shown_by(sample: str, printed: str) -> bool:
    """Whether a program printed what a page shows; a line of `…` stands for any lines."""
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "…" else re.escape(line) + r"\n"
        for line in lines_of(sample)
    )
    return re.search(f"^{pattern}", "\n".join(lines_of(printed)) + "\n", re.MULTILINE) is not None


def test_a_sample_that_was_not_printed_is_found():
    assert is_shown_by("a\n…\nd\n", "a\nb\nc\nd\n")
    assert is_shown_by("a\n\n…\n", "a  \nb\n")
    assert not is_shown_by("a\nc\n", "a\nb\nc\n")
    assert not is_shown_by("a\n…\ne\n", "a\nb\nc\nd\n")


def test_the_readme_shows_what_the_demo_prints(demo_prints):
    (sample,) = samples(README, "best_year\n")
    # It leaves out which releases the reports were made from: the population's is the moment.
    lines = [line for line in demo_prints.splitlines() if not line.startswith("made from")]
    assert is_shown_by(sample, "\n".join(lines))


def test_the_readme_shows_what_its_query_answers(demo_prints, capsys):
    (sample,) = samples(README, "$ lake query --lake")
    call, _, answer = sample.partition("$ lake ")[2].partition("\n\n")
    assert main(shlex.split(call)) == 0
    assert is_shown_by(answer, capsys.readouterr().out)


@needs_captures
def test_the_readme_shows_what_was_known_when(tmp_path, capsys):
    with Upstream() as upstream:
        upstream.cubes["acs_yg_total_population_1"] = capture(
            "population/tesseract-acs1-2025-10.json"
        ).read_bytes()
        # Only one of the captures has the tables that explain the codes.
        upstream.from_folder("pr", capture("bls/pr/2025-02"), RELEASES["2024-06"])
        upstream.remove_file("pr", "pr.data.1.AllData")
        for month in ("2024-06", "2025-02", "2025-05"):
            body = capture(f"bls/pr/{month}/pr.data.0.Current").read_bytes()
            upstream.set_file("pr", "pr.data.0.Current", body, RELEASES[month])
            run = run_at(tmp_path / "lake", upstream, month)
            clock = partial(datetime.__add__, RELEASES[month], timedelta(hours=1))
            assert run_workflow(replace(run, now=clock)).failures == ()
    shown = samples(README, "$ lake changes") + samples(README, "$ lake trace")
    assert len(shown) == 2
    for sample in shown:
        call, _, answer = sample.removeprefix("$ lake ").partition("\n")
        assert main(shlex.split(call)) == 0
        assert is_shown_by(answer, capsys.readouterr().out), call


@pytest.mark.parametrize("page", PROSE, ids=lambda page: page.name)
def test_every_command_of_a_page_can_be_called(page):
    text = page.read_text("utf-8")
    code = "\n".join(re.findall(r"`[^`\n]+`|^```.*?^```", text, re.MULTILINE | re.DOTALL))
    lake = set(re.findall(r"(?:^|[`$] ?)lake ([a-z][a-z-]+)", code, re.MULTILINE))
    assert lake - set(commands()) == set()
    made = set(re.findall(r"(?:^|[`$] ?)make ([a-z][a-z-]+)", code, re.MULTILINE))
    assert {target for target in made if f"\n{target}: " not in MAKEFILE} == set()


@pytest.mark.parametrize("page", PROSE, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page):
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_readme_has_every_command_and_make_explains_every_target():
    assert [name for name in commands() if f"`lake {name}" not in README] == []
    (phony,) = re.findall(r"^\.PHONY: (.*)$", MAKEFILE.replace("\\\n", " "), re.MULTILINE)
    targets = phony.split()
    assert "help" in targets
    assert [
        one for one in targets if not re.search(rf"^{one}:.* ## ", MAKEFILE, re.MULTILINE)
    ] == []


def test_every_setting_is_documented_and_the_example_is_a_lake_toml():
    page = (ROOT / "docs" / "settings.md").read_text("utf-8")
    for setting in SETTINGS:
        assert f"`{setting.variable}`" in page
        assert f"`--{setting.name.replace('_', '-')}" in page
    assert samples(page, "") == [LAKE_TOML]
    settings = resolve({}, {}, tomllib.loads(LAKE_TOML)).settings
    assert (settings.surveys, settings.datasets) == (("pr",), ("acs1", "acs5"))
    assert settings.requests_per_second == 2.0


def test_views_and_reports_are_documented_with_their_columns(demo_prints):
    """By `make docs`, which `make lint` holds the page against."""
    page = PAGES["tables.md"]()
    assert [name for name in sql_files("views") if f"\n### {name}\n" not in page] == []
    for name in sql_files("reports"):
        section = page.partition(f"\n### Report {name}\n")[2].partition("\n### ")[0]
        columns = re.findall(r"^\| ([a-z_]+) \| [a-z]", section, re.MULTILINE)
        header, _ = from_csv(Path(f"lake-demo/reports/latest/{name}.csv").read_bytes())
        assert columns[-len(header) :] == header
