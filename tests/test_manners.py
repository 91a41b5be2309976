"""How the command answers who has made a mistake, who pipes, and who asks for help."""

from __future__ import annotations

import io
import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from labor_lake.cli import commands, main
from labor_lake.tabular import print_table
from tests.reports import REPORTS, reports_reading
from tests.simulator.upstream import Upstream

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.usefixtures("no_settings_of_this_machine")


@pytest.mark.parametrize(
    "command",
    [["status"], ["verify"], ["query", "select 1"], ["shell"], ["reports"], ["changes", "pr"]],
    ids=lambda words: words[0],
)
def test_a_lake_that_does_not_exist_is_a_wrong_command(command, tmp_path, capsys):
    assert main([*command, "--lake", str(tmp_path / "none")]) == 2
    told = capsys.readouterr().err
    assert "There is no lake in" in told
    assert "--lake ./lake-demo" in told
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("flags", [["--lake", "none"], ["--surveys", "p"]])
def test_for_a_program_an_error_is_json_too(flags, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["status", "--json", *flags]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    error = json.loads(captured.err)["error"]
    assert (error["error"], error["exit_code"]) == ("UsageError", 2)


def test_a_statement_that_fails_in_a_pipe_is_the_shell_s_exit_code(demo_lake, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO("select 1;\nselect nothing;\nselect 2;\n"))
    assert main(["shell", "--lake", demo_lake]) == 2
    assert "1 row" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["answer.csv", "answer.json", "answer.parquet"])
def test_the_name_of_the_file_says_its_format(name, demo_lake, tmp_path):
    path = tmp_path / name
    query = ["query", "select 1 as one", "--lake", demo_lake]
    assert main([*query, "--output", str(path)]) == 0
    form = ["--format", path.suffix[1:], "--output", str(tmp_path / "other")]
    assert main([*query, *form]) == 0
    assert path.read_bytes() == (tmp_path / "other").read_bytes()


@pytest.mark.parametrize("output", ["no-folder/answer.csv", "answer", "answer.xls"])
def test_a_file_that_cannot_take_the_answer_is_a_wrong_command(output, demo_lake, tmp_path, capsys):
    path = tmp_path / output
    assert main(["query", "select 1", "--lake", demo_lake, "--output", str(path)]) == 2
    assert path.name in capsys.readouterr().err
    assert not path.exists()


@pytest.mark.parametrize("command", commands())
def test_every_command_s_help_has_an_example_that_can_be_parsed(command, capsys):
    with pytest.raises(SystemExit):
        main([command, "--help"])
    example = capsys.readouterr().out.splitlines()[-1].strip()
    words = shlex.split(example)
    assert words[:2] == ["lake", command]
    with pytest.raises(SystemExit) as ended:
        main([*words[1:], "--help"])
    assert ended.value.code == 0


@pytest.mark.parametrize("contact", ["", "nobody", "a@b", "two words@example.com"])
@pytest.mark.parametrize("command", ["run", "land-bls"])
def test_without_a_contact_nothing_is_asked(command, contact, tmp_path, capsys):
    with Upstream.sample() as upstream:
        settings = ["--bls-url", upstream.bls_url, "--population-url", upstream.population_url]
        lake = ["--lake", str(tmp_path / "lake"), "--contact", contact]
        assert main([command, *settings, *lake]) == 2
        assert upstream.requests == []
    assert "BLS requires a contact e-mail address" in capsys.readouterr().err


def test_csv_holds_one_report(demo_lake, capsys):
    assert main(["reports", "--format", "csv", "--lake", demo_lake]) == 2
    assert "CSV holds one report" in capsys.readouterr().err
    assert main(["reports", "best_year", "--format", "csv", "--lake", demo_lake]) == 0


def test_numbers_are_numbers_in_json(demo_lake, capsys):
    assert main(["reports", "--json", "--lake", demo_lake]) == 0
    told = json.loads(capsys.readouterr().out)
    assert tuple(told) == REPORTS
    assert told["best_year"][0] == {
        "series_id": "PRS30006011",
        "best_year": 2022,
        "value": 16.4,
        "quarters": 4,
        "tied_years": 1,
        "basis": "quarters",
    }
    assert {row["population"] for row in told["series_population"]} >= {None, 316128839}


@pytest.mark.parametrize(
    ("sql", "lines"),
    [
        (
            "select 'valu',\n  valu from pr_data",
            ["         valu from pr_data", "         ^^^^", "hint:  Did you mean value?"],
        ),
        (
            "select * from pr_dat",
            [
                "       select * from pr_dat",
                "                     ^^^^^^",
                "hint:  Did you mean pr_data or pr_duration?",
            ],
        ),
        (
            'select value from pr_data where period = "Q01"',
            [
                '       select value from pr_data where period = "Q01"',
                "                                                ^^^^^",
                "hint:  If it is a text, write it in single quotes: 'Q01'.",
            ],
        ),
        (
            f"select {'value, ' * 9}valu, {'value, ' * 9}value from pr_data",
            [
                "       value, value, value, value, value, valu, value, value, value, value, v",
                "                                          ^^^^",
                "hint:  Did you mean value?",
            ],
        ),
        (
            "select value from pr_data wher x = 1",
            [
                "       select value from pr_data wher x = 1",
                "                                      ^",
            ],
        ),
    ],
    ids=["column", "table", "quotes", "long", "grammar"],
)
def test_a_wrong_word_is_marked_and_the_nearest_named(sql, lines, demo_lake, capsys):
    assert main(["query", sql, "--lake", demo_lake]) == 2
    assert capsys.readouterr().err.splitlines()[1:] == lines


def test_a_report_says_since_when_its_inputs_are_known(demo_lake, capsys):
    assert main(["reports", "--as-of", "2025-09-10", "--lake", demo_lake]) == 0
    told = capsys.readouterr()
    assert "best_year" in told.out
    later = sorted(reports_reading("population"))
    assert [line.partition(":")[0] for line in told.err.splitlines()] == [
        f"{name} is unknown at 2025-09-10" for name in later
    ]
    assert told.err.count("population is known since 2") == len(later)


def test_the_changes_of_a_release_fit_80_columns(demo_lake, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    header = ["change", "series_id", "sector_name", "measure_text", "year", "value"]
    row = [
        "revised",
        "PRS30006032",
        "Manufacturing, durable",
        "Labor productivity" * 2,
        "2018",
        "1",
    ]
    print_table("", header, [row], ["year"], spare=("measure_text", "sector_name"))
    told = [re.sub(r"\x1b\[[0-9;]*m", "", one) for one in capsys.readouterr().out.splitlines()]
    assert told[1].split() == ["change", "series_id", "sector_name", "year", "value"]
    assert max(map(len, told)) <= 80


def test_a_table_is_as_wide_as_its_cells_look(capsys):
    print_table("prints", ["id", "n"], [["日本", "1"], ["e\u0301", "10"], ["abcd", ""]], ["n"])
    assert capsys.readouterr().out.splitlines() == [
        "prints",
        "",
        " id      n",
        " ─────────",
        " 日本    1",
        " e\u0301      10",
        " abcd",
        "",
    ]


@pytest.mark.parametrize("name", ["a [b] c", "link", "what?*"])
def test_a_lake_may_lie_anywhere(name, demo_lake, tmp_path, capsys):
    if name == "link":
        (tmp_path / name).symlink_to(demo_lake)
    else:
        shutil.copytree(demo_lake, tmp_path / name, symlinks=True)
    lake = ["--lake", str(tmp_path / name)]
    assert main(["query", "select count(*) as n from pr_data", "--json", *lake]) == 0
    assert json.loads(capsys.readouterr().out) == [{"n": 3702}]
    assert main(["verify", *lake]) == 0
    assert main(["changes", "pr", *lake]) == 0


def test_too_little_memory_is_told_in_a_sentence(demo_lake, monkeypatch, capsys):
    def grow(_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("labor_lake.commands.status.execute", grow)
    assert main(["status", "--lake", demo_lake]) == 7
    assert capsys.readouterr().err.startswith("error: There is too little memory for this.")


def test_people_are_told_how_many_observations_there_are(demo_lake, capsys):
    assert main(["status", "--lake", demo_lake]) == 0
    told = [line.split() for line in capsys.readouterr().out.splitlines()]
    counts = {words[0]: words[5] for words in told if words and words[0] in ("pr", "population")}
    assert counts == {"pr": "3,702", "population": "10"}


@pytest.mark.parametrize("asked", ["@statement.sql", "-"])
def test_a_statement_that_is_no_utf_8_is_a_wrong_command(asked, demo_lake, monkeypatch, capsys):
    Path("statement.sql").write_bytes(b"select '\xff'")
    piped = io.TextIOWrapper(io.BytesIO(b"select '\xff'"), encoding="utf-8")
    monkeypatch.setattr("sys.stdin", piped)
    assert main(["query", asked, "--lake", demo_lake]) == 2
    told = capsys.readouterr().err.splitlines()
    assert told[0].endswith("is not UTF-8.")
    assert len(told) == 2


@pytest.mark.parametrize("flag", ["--keep-days", "--keep-runs-days"])
@pytest.mark.parametrize("days", ["-1", "700001", "99999999999", "9" * 5000, "1.5", "nan", "²", ""])
def test_days_that_no_calendar_has_are_a_wrong_command(flag, days, demo_lake, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["vacuum", "--dry-run", f"{flag}={days}", "--lake", demo_lake])
    assert ended.value.code == 2
    assert f"{flag}: {days[:40]!r} is not a whole number of days" in capsys.readouterr().err


@pytest.mark.parametrize("days", ["0", "700000"])
def test_days_that_a_calendar_has_are_taken(days, demo_lake):
    words = ["vacuum", "--dry-run", "--keep-days", days, "--keep-runs-days", days]
    assert main([*words, "--lake", demo_lake]) == 0


@pytest.mark.parametrize("rate", ["0", "-1", "nan", "inf", "1e-300", "101"])
def test_a_rate_that_no_clock_can_keep_is_a_wrong_command(rate, tmp_path, capsys):
    words = ["land-bls", "--contact", "a@example.com", f"--requests-per-second={rate}"]
    assert main([*words, "--lake", str(tmp_path / "lake")]) == 2
    assert f"--requests-per-second cannot be '{rate}'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "date", ["9999-12-31", "99991231T235959Z", "0001-01-01", "0300-01-01", "0300-01-01T00:00:00Z"]
)
def test_a_date_at_the_end_of_the_calendar_is_a_wrong_command(date, demo_lake, capsys):
    assert main(["query", "select 1", "--as-of", date, "--lake", demo_lake]) == 2
    assert f"{date!r} is neither a date nor a release." in capsys.readouterr().err
