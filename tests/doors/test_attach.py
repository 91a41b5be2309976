"""`lake attach`: DuckDB alone reads the release that is current, whichever that has become."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import labor_lake
from glue_jobs.storage.local import LocalStorage
from labor_lake.cli import main
from tests.doors.releases import FIRST_ROWS, SECOND_ROWS, publish_first, publish_second
from tests.pointers import load_pointers

pytestmark = pytest.mark.usefixtures("no_settings_of_this_machine")

PLAIN = """\
import json, sys
import duckdb
duckdb.sql(open(sys.argv[1]).read())
answers = [duckdb.sql(statement).fetchall() for statement in sys.argv[2:]]
assert not [name for name in sys.modules if name.startswith(("labor_lake", "glue_jobs", "athena"))]
print(json.dumps(answers, default=str))
"""

COUNTS = "select data_file, count(*) from pr_data group by data_file order by data_file"
REVISED = (
    "select value from pr_observations where series_id = 'PRS30006011' and year = 1995"
    " and period = 'Q01' and data_file = '0.Current'"
)


def ask(script, *statements):
    """What DuckDB answers in a process of its own, away from this project."""
    done = subprocess.run(
        [sys.executable, "-c", PLAIN, str(script), *statements],
        cwd=script.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def attach(lake, script):
    assert main(["attach", "--lake", str(lake), "--output", str(script)]) == 0


def test_a_file_written_before_a_release_reads_that_release(tmp_path):
    lake, script = tmp_path / "lake", tmp_path / "lake.sql"
    publish_first(lake)
    attach(lake, script)
    rest = ["1.AllData", FIRST_ROWS]
    assert ask(script, COUNTS, REVISED) == [[["0.Current", FIRST_ROWS], rest], [[2.6]]]
    publish_second(lake)
    assert ask(script, COUNTS, REVISED) == [[["0.Current", SECOND_ROWS], rest], [[2.7]]]


def test_every_table_and_view_has_the_rows_that_the_lake_gives(tmp_path):
    lake, script = tmp_path / "lake", tmp_path / "lake.sql"
    publish_first(lake)
    publish_second(lake)
    attach(lake, script)
    with labor_lake.open(lake) as opened:
        names = opened.tables()
        statements = [f'select count(*) from "{name}"' for name in names]
        expected = [[[len(opened.table(name))]] for name in names]
        columns = [opened.table(name).table.column_names for name in names]
    assert {"pr_observations", "pr_prints", "pr_gaps", "series", "pr_revisions"} <= set(names)
    assert ask(script, *statements) == expected
    described = ask(script, *(f'describe "{name}"' for name in names))
    assert [sorted(row[0] for row in table) for table in described] == list(map(sorted, columns))


def test_each_file_is_read_once_and_all_are_of_the_current_release(tmp_path):
    lake, script = tmp_path / "lake", tmp_path / "lake.sql"
    publish_first(lake)
    publish_second(lake)
    attach(lake, script)
    storage = LocalStorage(lake)
    named = {
        f"{lake}/{pointer.key_of(name, file)}"
        for pointer in load_pointers(storage)
        for name, file in pointer.files()
        if name == "pr_data"
    }
    ((read,),) = ask(script, "select lake_files(getvariable('lake_pr'), 'pr_data')")[0]
    assert len(read) == len(named) == 2
    assert set(read) == named


@pytest.mark.parametrize("name", ["a 'b' c", "what?*"])
def test_a_lake_may_lie_anywhere(name, demo_lake, tmp_path):
    (tmp_path / name).symlink_to(demo_lake)
    script = tmp_path / "lake.sql"
    attach(tmp_path / name, script)
    assert ask(script, "select sum(rows_read) from pr_sources", COUNTS)[1] == [
        ["0.Current", FIRST_ROWS],
        ["1.AllData", FIRST_ROWS],
    ]


def test_what_cannot_be_read_is_told_and_the_rest_is_there(tmp_path, capsys):
    lake = tmp_path / "lake"
    publish_first(lake)
    (lake / "current" / "population.json").unlink()
    (lake / "current" / "population.json").write_text("{}")
    capsys.readouterr()
    assert main(["attach", "--json", "--lake", str(lake)]) == 0
    told = capsys.readouterr()
    answer = json.loads(told.out)
    assert "current/population.json is not the pointer" in told.err
    assert "population_summary" not in answer["sql"]
    assert 'VIEW "pr_observations"' in answer["sql"]


def test_it_goes_to_stdout_and_to_no_place_that_is_not_there(demo_lake, tmp_path, capsys):
    assert main(["attach", "--lake", demo_lake]) == 0
    assert capsys.readouterr().out.startswith("-- The views of a lake")
    place = tmp_path / "none" / "lake.sql"
    assert main(["attach", "--lake", demo_lake, "--output", str(place)]) == 2
    assert "There is no folder" in capsys.readouterr().err
