"""A day with nothing new costs little: what makes tables and answers SQL is not even imported."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.simulator.upstream import Upstream

HEAVY = {"pyarrow", "pandas", "duckdb", "sqlglot", "numpy", "awswrangler", "boto3"}

# A module of its own would be imported from the tests' folder; the last line is for the test.
RUN = """
import json, sys
from labor_lake.cli import main
code = main(sys.argv[1:])
print(json.dumps({"code": code, "imported": sorted(sys.modules)}))
"""


def run_lake(lake, upstream, *words: str) -> tuple[int, set[str], str]:
    """The exit code of a command in a process of its own, what that imported, what it printed."""
    urls = ["--bls-url", upstream.bls_url, "--population-url", upstream.population_url]
    given = [*words, "--lake", str(lake), "--contact", "test@example.com", *urls]
    ended = subprocess.run(
        [sys.executable, "-c", RUN, *given], capture_output=True, text=True, check=True
    )
    *printed, last = ended.stdout.splitlines()
    told = json.loads(last)
    return told["code"], set(told["imported"]), "\n".join(printed)


@pytest.fixture
def upstream():
    with Upstream.sample() as upstream:
        yield upstream


@pytest.mark.usefixtures("no_settings_of_this_machine")
def test_a_run_with_nothing_new_imports_nothing_that_makes_tables_or_answers_sql(
    tmp_path, upstream
):
    code, imported, _ = run_lake(tmp_path, upstream, "run")
    assert code == 0
    assert {"pyarrow", "duckdb", "sqlglot"} <= imported
    code, imported, printed = run_lake(tmp_path, upstream, "run")
    assert (code, printed) == (0, "Nothing is new.")
    assert imported & HEAVY == set()


@pytest.mark.usefixtures("no_settings_of_this_machine")
def test_so_does_one_with_a_file_that_is_held_back(tmp_path, upstream):
    run_lake(tmp_path, upstream, "run")
    moment = upstream.surveys["pr"]["pr.data.0.Current"].last_modified
    broken = b"PRS30006011\t2013\n" * 9
    upstream.set_file("pr", "pr.sector", broken, moment.replace(hour=14))
    code, _, _ = run_lake(tmp_path, upstream, "run")
    assert code == 7
    code, imported, _ = run_lake(tmp_path, upstream, "run")
    assert code == 7
    assert imported & HEAVY == set()
