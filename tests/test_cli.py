"""The lake command, as a user meets it."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from glue_jobs import publish_reports
from labor_lake.cli import commands, main
from labor_lake.commands.reports import shown_rows
from labor_lake.workflow import run_workflow, stages
from tests.lakes import run_at
from tests.reports import REPORTS
from tests.simulator.upstream import Upstream

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.usefixtures("no_settings_of_this_machine")


def test_demo_prints_the_three_reports_and_then_has_nothing_to_do(tmp_path, capsys):
    assert main(["demo", "--lake", str(tmp_path / "lake")]) == 0
    first = capsys.readouterr().out
    assert all(report in first for report in REPORTS)
    assert "excerpt" in first
    assert "Nothing is new" not in first
    assert main(["demo", "--lake", str(tmp_path / "lake")]) == 0
    assert "Nothing is new." in capsys.readouterr().out


def test_a_cut_report_shows_the_rows_that_have_every_figure(demo_lake, capsys):
    assert main(["reports", "--lake", demo_lake]) == 0
    told = capsys.readouterr().out
    assert "PRS30006032   2013   Q01" in told
    assert "PRS30006032   1995   Q01" not in told
    assert main(["reports", "series_population", "--lake", demo_lake]) == 0
    assert "PRS30006032   1995   Q01" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("rows", "shown"),
    [
        ([["a", ""]] * 12, [["a", ""]] * 12),
        ([["a", ""]] * 12 + [["b", "1"], ["c", ""], ["d", "2"]], [["b", "1"], ["d", "2"]]),
        ([["a", "1"]] * 12 + [["b", "2"]], [["a", "1"]] * 12),
        ([["a", ""]] * 13, [["a", ""]] * 12),
    ],
    ids=["short enough", "some are full", "all are full", "none is full"],
)
def test_a_long_report_is_cut_to_its_full_rows(rows, shown):
    assert shown_rows(rows) == shown


def test_lake_says_which_version_it_is(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    (version,) = re.findall(r'^version = "(.*)"$', project, re.MULTILINE)
    assert capsys.readouterr().out == f"lake {version}\n"


def test_a_live_run_without_a_contact_address_stops_with_an_explanation(tmp_path, capsys):
    with Upstream.sample() as upstream:
        code = main(["land-bls", "--lake", str(tmp_path / "lake"), "--bls-url", upstream.bls_url])
        assert upstream.requests == []
    assert code == 2
    told = capsys.readouterr().err
    assert "requires a contact e-mail address" in told
    assert "hint:  Give yours with --contact" in told


def test_run_tells_json_to_programs(tmp_path, capsys):
    with Upstream.sample() as upstream:
        words = ["run", "--json", "--lake", str(tmp_path / "lake"), "--contact", "a@example.com"]
        words += ["--bls-url", upstream.bls_url, "--population-url", upstream.population_url]
        assert main(words) == 0
    summaries = json.loads(capsys.readouterr().out)
    assert [summary["job"] for summary in summaries] == [
        "land_bls",
        "land_population",
        "build_tables",
        "publish_reports",
    ]
    assert all(summary["exit_code"] == 0 for summary in summaries)


def test_each_job_is_a_module_with_the_same_arguments_as_in_glue(tmp_path):
    by_glue = ["--WORKFLOW_NAME", "w", "--WORKFLOW_RUN_ID", "wr_1", "--unknown-to-us", "x"]
    with Upstream.sample() as upstream:
        given = ["--lake", str(tmp_path / "lake"), "--contact", "a@example.com"]
        given += ["--bls_url", upstream.bls_url, "--population_url", upstream.population_url]
        given += ["--allow_shrink", "false"]
        for name in (job for stage in stages() for job in stage.jobs):
            result = subprocess.run(
                [sys.executable, "-m", f"glue_jobs.{name}", *given, *by_glue],
                capture_output=True,
                text=True,
                check=False,
            )
            assert result.returncode == 0, result.stderr
            (line,) = result.stdout.splitlines()
            summary = json.loads(line)
            assert (summary["job"], summary["run_id"]) == (name, "wr_1")
            written = tmp_path / "lake" / "runs" / "wr_1" / f"{name}.json"
            assert json.loads(written.read_text()) == summary


def test_the_last_job_of_a_workflow_fails_where_another_has_left_nothing(tmp_path, capsys):
    alone = ["--lake", str(tmp_path / "lake"), "--WORKFLOW_RUN_ID", "wr_1"]
    assert publish_reports.main(alone) == 7
    assert "build_tables has left no summary of the run wr_1." in capsys.readouterr().err


def test_status_says_what_is_current(demo_lake, capsys):
    assert main(["status", "--json", "--lake", demo_lake]) == 0
    document = json.loads(capsys.readouterr().out)
    survey = document["subjects"]["pr"]
    assert (survey["files"], survey["release"]) == (12, "20250904T123000Z")
    assert survey["landed_release"] == survey["release"]
    assert set(document["reports"]["reports"]) == set(REPORTS)
    assert main(["status", "--lake", demo_lake]) == 0
    assert "20250904T123000Z" in capsys.readouterr().out


def test_status_of_no_lake_says_how_to_get_one(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert main(["status", "--lake", str(tmp_path / "empty")]) == 0
    assert "is empty" in capsys.readouterr().out


@pytest.mark.parametrize("report", REPORTS)
def test_reports_prints_what_lies_in_the_lake(report, demo_lake, capsys, tmp_path):
    assert main(["reports", report, "--format", "csv", "--lake", demo_lake]) == 0
    printed = capsys.readouterr().out
    assert printed == Path(demo_lake, "reports", "latest", f"{report}.csv").read_text()
    table = pq.read_table(f"{demo_lake}/reports/latest/{report}.parquet")
    assert table.column_names == printed.splitlines()[0].split(",")
    assert table.num_rows == len(printed.splitlines()) - 1
    assert main(["reports", report, "--json", "--lake", demo_lake]) == 0
    assert len(json.loads(capsys.readouterr().out)[report]) == table.num_rows


def test_the_report_index_says_what_each_report_was_made_from(demo_lake):
    index = json.loads(Path(demo_lake, "reports", "latest", "report.json").read_text())
    (population,) = index["reports"]["population_summary"]["made_from"]
    assert population["subject"] == "population"
    assert set(population["sources"]) == {"acs1"}
    (productivity,) = index["reports"]["best_year"]["made_from"]
    assert productivity["release"] == "20250904T123000Z"
    assert len(productivity["sources"]["pr.data.0.Current"]) == 64


QUERY = "select year, value from series_population where year in (2009, 2020) order by year"


def test_query_answers_in_every_format(demo_lake, capsys, tmp_path):
    def ask(*words):
        assert main(["query", "--lake", demo_lake, *words]) == 0
        return capsys.readouterr().out

    assert "2009   -21.0" in ask(QUERY)
    rows = list(csv.reader(io.StringIO(ask(QUERY, "--format", "csv"))))
    assert rows == [["year", "value"], ["2009", "-21.0"], ["2020", "-7.0"]]
    assert json.loads(ask(QUERY, "--json"))[0] == {"year": 2009, "value": -21.0}
    answer = tmp_path / "answer.parquet"
    ask(QUERY, "--format", "parquet", "--output", str(answer))
    assert pq.read_table(answer).column("value").to_pylist() == [-21.0, -7.0]


def test_query_takes_a_file_and_parameters(demo_lake, capsys, tmp_path):
    (tmp_path / "question.sql").write_text("select count(*) as n from pr_data where series_id = ?")
    words = ["query", "@question.sql", "--param", "PRS30006032", "--json", "--lake", demo_lake]
    assert main(words) == 0
    # 30 years of five figures and half a year of two, in each of the two data files.
    assert json.loads(capsys.readouterr().out) == [{"n": 304}]


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("select * from no_such_table", "no_such_table"),
        ("select * from read_csv('/etc/passwd')", "read_csv"),
        ("select '1' = 1", "varchar"),
        ("drop table pr_data", "DROP TABLE"),
        ("select 1/0", "ivision by zero"),
    ],
)
def test_a_wrong_query_is_told_in_a_sentence(sql, told, demo_lake, capsys):
    assert main(["query", sql, "--lake", demo_lake]) == 2
    captured = capsys.readouterr()
    assert told in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""


def test_shell_answers_statements_and_goes_on_after_an_error(demo_lake):
    result = subprocess.run(
        [sys.executable, "-m", "labor_lake", "shell", "--lake", demo_lake],
        input="show tables;\nselect nonsense;\nselect 6 *\n7 as answer;\nquit\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2  # a statement has failed
    assert "pr_observations" in result.stdout
    assert "42" in result.stdout
    assert "nonsense" in result.stderr


def test_verify_finds_a_flipped_byte_and_says_where(tmp_path, capsys):
    lake = tmp_path / "lake"
    assert main(["demo", "--lake", str(lake)]) == 0
    assert main(["verify", "--lake", str(lake)]) == 0
    capsys.readouterr()
    damaged = lake / "raw" / "bls" / "pr" / "pr.class"
    body = bytearray(damaged.read_bytes())
    body[10] ^= 1
    damaged.unlink()
    damaged.write_bytes(body)
    assert main(["verify", "--json", "--lake", str(lake)]) == 7
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert problem["key"] == "raw/bls/pr/pr.class"
    assert problem["noted_in"] == "raw/bls/pr/_manifest.json"


def test_vacuum_keeps_the_current_release_and_removes_older_ones_in_time(tmp_path, capsys):
    lake = tmp_path / "lake"
    words = ["--lake", str(lake), "--contact", "a@example.com"]
    with Upstream.sample() as upstream:
        words += ["--bls-url", upstream.bls_url, "--population-url", upstream.population_url]
        assert main(["run", *words]) == 0
        file = upstream.surveys["pr"]["pr.class"]
        upstream.set_file("pr", "pr.class", file.body, file.last_modified.replace(hour=15))
        assert main(["run", *words]) == 0
    folders = sorted(path.name for path in (lake / "curated" / "pr").iterdir())
    assert len(folders) == 2
    capsys.readouterr()
    assert main(["vacuum", "--lake", str(lake)]) == 0
    assert "0 release folders removed" in capsys.readouterr().out
    # A folder left today is in its grace.
    assert main(["vacuum", "--json", "--dry-run", "--keep-days", "0", "--lake", str(lake)]) == 0
    assert json.loads(capsys.readouterr().out)["removed"] == [f"curated/pr/{folders[0]}/"]
    assert main(["vacuum", "--keep-days", "0", "--lake", str(lake)]) == 0
    assert [path.name for path in (lake / "curated" / "pr").iterdir()] == [folders[1]]
    assert main(["verify", "--lake", str(lake)]) == 0


def test_config_says_where_every_setting_came_from(monkeypatch, tmp_path, capsys):
    (tmp_path / "lake.toml").write_text('surveys = ["pr", "cu"]\nlake = "from-file"\n')
    monkeypatch.setenv("LAKE_URI", "from-environment")
    assert main(["config", "--json", "--contact", "me@example.com"]) == 0
    settings = json.loads(capsys.readouterr().out)
    assert settings["lake"] == {"value": "from-environment", "from": "LAKE_URI"}
    assert settings["surveys"] == {"value": ["pr", "cu"], "from": "lake.toml"}
    assert settings["contact"]["from"] == "--contact"
    assert settings["datasets"]["from"] == "default"


def test_a_bad_setting_is_told_in_a_sentence(capsys):
    assert main(["status", "--surveys", "productivity"]) == 2
    assert "'productivity' is not a survey code" in capsys.readouterr().err


def test_what_nobody_foresaw_is_told_in_a_sentence_and_with_debug_in_full(monkeypatch, capsys):
    def broken(_):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("labor_lake.commands.status.execute", broken)
    assert main(["status"]) == 7
    assert "Traceback" not in capsys.readouterr().err
    assert main(["status", "--debug"]) == 7
    assert "ZeroDivisionError: a bug" in capsys.readouterr().err


@pytest.mark.parametrize("command", commands())
def test_every_command_has_help_that_fits_80_columns(command, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert commands()[command][1] in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 80


def test_help_lists_the_settings_that_a_command_is_about_and_takes_all(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["status", "--help"])
    told = capsys.readouterr().out
    assert "--lake" in told
    assert "--bls-url" not in told
    (tmp_path / "lake").mkdir()
    given = ["--lake", str(tmp_path / "lake"), "--bls-url", "https://example.com/"]
    assert main(["status", *given]) == 0


def test_the_readme_names_every_command():
    text = (Path(__file__).parents[1] / "README.md").read_text()
    assert [name for name in commands() if f"lake {name}" not in text] == []


@pytest.mark.parametrize("end", [b"\n", b"\r"], ids=ascii)
def test_a_trace_numbers_lines_whatever_ends_them(end, tmp_path, capsys):
    with Upstream.sample() as upstream:
        file = upstream.surveys["pr"]["pr.data.0.Current"]
        assert isinstance(file.body, bytes)
        body = file.body.replace(b"\r\n", end)
        upstream.set_file("pr", "pr.data.0.Current", body, file.last_modified)
        assert run_workflow(run_at(tmp_path, upstream)).failures == ()
    series, year, period, value, _ = (field.strip() for field in body.split(end)[7].split(b"\t"))
    key = [field.decode() for field in (series, year, period)]
    assert main(["trace", *key, "--lake", str(tmp_path), "--json"]) == 0
    found = [one for one in json.loads(capsys.readouterr().out) if "Current" in one["source"]]
    assert [(one["line"], one["value"]) for one in found] == [(8, value.decode())]
    assert found[0]["raw"].encode() == body.split(end)[7]
