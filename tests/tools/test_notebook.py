"""The notebook's outputs are compared, and over a lake with a wrong figure it fails."""

from __future__ import annotations

import copy
import json
import re
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from glue_jobs.demo_mark import mark_as_demo
from labor_lake.sample import excerpt
from labor_lake.workflow import run_workflow
from tests.captures import capture, needs_captures
from tests.lakes import run_at
from tests.simulator.upstream import Upstream
from tests.test_real_input import RELEASES
from tests.wheels import NOTEBOOK_PYTHON, ROOT
from tools.notebook import LAKES, path_of
from tools.notebook_outputs import code_cells, differences, joined, printed, to_text

if TYPE_CHECKING:
    from pathlib import Path


def read(name: str) -> dict[str, Any]:
    """A notebook as it is committed."""
    document: dict[str, Any] = json.loads(path_of(name).read_text("utf-8"))
    return document


COMMITTED = read("quest")

needs_notebook = pytest.mark.skipif(
    not NOTEBOOK_PYTHON.exists(),
    reason="the notebook's environment is not here: make notebook makes it",
)

# Prints the reports as the notebook has them, whole.
PRINT_REPORTS = """
import json, sys
from tools.notebook import execute, path_of
from tools.notebook_outputs import printed
document = json.loads(path_of("quest").read_text("utf-8"))
source = f"for name in {sys.argv[2:]}: print(report(name).to_csv(index=False))"
cell = {"cell_type": "code", "id": "last", "metadata": {}, "outputs": [], "source": [source]}
document["cells"].append({**cell, "execution_count": None})
print(printed(execute(document, sys.argv[1], "quest"))[-1])
"""
ARE_SAME_PICTURE = """
import sys
from tools.notebook_outputs import is_same_picture
print(is_same_picture(*sys.stdin.read().split()))
"""


def in_its_environment(*words: object, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(NOTEBOOK_PYTHON), *map(str, words)],
        cwd=ROOT,
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )


def execute_over(lake: Path | str, *words: object) -> subprocess.CompletedProcess[str]:
    return in_its_environment("-m", "tools.notebook", "quest", "--lake", lake, *words)


def demo_of(lake: Path, upstream: Upstream) -> None:
    """Fills a demo lake from what an upstream serves, with a second run as `make notebook` does."""
    run = run_at(lake, upstream, "first")
    mark_as_demo(run.storage)
    for one in (run, replace(run, run_id="second")):
        assert run_workflow(one).failures == ()


def output_of(cell_id: str, kind: str, notebook: dict[str, Any]) -> dict[str, Any]:
    (cell,) = [cell for cell in notebook["cells"] if cell["id"] == cell_id]
    return next(one for one in cell["outputs"] if kind in one.get("data", one))


def pictures(notebook: dict[str, Any]) -> list[str]:
    data = [output.get("data", {}) for cell in code_cells(notebook) for output in cell["outputs"]]
    return [shown["image/png"] for shown in data if "image/png" in shown]


def test_equal_outputs_do_not_differ():
    assert list(differences(COMMITTED, copy.deepcopy(COMMITTED))) == []


@pytest.mark.parametrize("kind", ["text/plain", "text/html"])
def test_another_figure_in_a_table_is_told_with_its_cell(kind):
    other = copy.deepcopy(COMMITTED)
    data = output_of("best-code", kind, other)["data"]
    data[kind] = "".join(data[kind]).replace("16.4", "16.5", 1)
    (told,) = differences(COMMITTED, other)
    assert told.startswith(f"best-code: {kind}\n-")
    assert "16.5" in told.splitlines()[-1]


def test_another_printed_line_and_another_description_of_a_chart_are_told():
    other = copy.deepcopy(COMMITTED)
    line = output_of("traps-code", "text", other)
    line["text"] = "".join(line["text"]).replace("1 of 13", "2 of 13")
    chart = output_of("join-code", "image/png", other)
    chart["metadata"]["image/png"]["alt"] = "Bars."
    told = list(differences(COMMITTED, other))
    assert [one.partition("\n")[0] for one in told] == ["traps-code: stdout", "join-code: metadata"]


def test_an_output_more_or_less_is_told():
    other = copy.deepcopy(COMMITTED)
    (cell,) = [cell for cell in other["cells"] if cell["id"] == "which-code"]
    cell["outputs"] = []
    assert list(differences(COMMITTED, other)) == ["which-code: shows nothing, not stdout"]
    assert list(differences(other, COMMITTED)) == ["which-code: shows stdout, not nothing"]


def test_what_is_printed_in_a_row_is_one_output_in_however_many_pieces_it_came():
    first, second, other = (
        {"output_type": "stream", "name": "stdout", "text": text} for text in "abc"
    )
    table = {"output_type": "display_data", "data": {}, "metadata": {}}
    assert joined([first, second, table, other]) == [{**first, "text": ["a", "b"]}, table, other]
    warning = {**second, "name": "stderr"}
    assert joined([first, warning]) == [first, warning]


@pytest.mark.parametrize(("name", "charts"), [("quest", 2), ("revisions", 1)])
def test_a_committed_notebook_was_executed_whole_without_a_warning(name, charts):
    committed = read(name)
    cells = code_cells(committed)
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert {output.get("name", "stdout") for output in outputs} == {"stdout"}
    assert len(pictures(committed)) == charts


@pytest.mark.parametrize("name", LAKES)
def test_no_output_names_a_place_or_a_moment_of_this_machine(name):
    without_pictures = read(name)
    for cell in code_cells(without_pictures):
        for output in cell["outputs"]:
            output.get("data", {}).pop("image/png", None)
    text = json.dumps(without_pictures)
    found = re.findall(
        r"/(?:tmp|home|root|Users)/|0x[0-9a-f]{6}|20(?:2[6-9]|[3-9]\d)-\d\d-\d\dT", text
    )
    assert found == []


@pytest.mark.parametrize("name", LAKES)
def test_a_notebook_is_stored_in_lines_that_git_can_compare(name):
    assert to_text(read(name)) == path_of(name).read_text("utf-8")


@needs_notebook
def test_a_chart_with_another_bar_is_another_picture():
    first, second = pictures(COMMITTED)
    told = in_its_environment("-c", ARE_SAME_PICTURE, given=f"{first} {second}")
    assert (told.stdout, told.stderr) == ("False\n", "")


@needs_notebook
def test_an_output_that_differs_fails(demo_lake):
    """This demo has run once only, so the notebook shows what its first run downloaded."""
    done = execute_over(demo_lake)
    assert done.returncode == 7
    assert "-last run   12 files listed, 0 downloaded, 0 bytes\n" in done.stdout
    assert "+last run   12 files listed, 12 downloaded, 158,289 bytes\n" in done.stdout
    assert "outputs of quest.ipynb differ from the committed ones" in done.stderr


@needs_notebook
def test_a_wrong_figure_in_a_table_fails(tmp_path):
    with Upstream.sample() as upstream:
        demo_of(tmp_path, upstream)
    (path,) = tmp_path.glob("curated/pr/*/data/data_file=0.Current/*.parquet")
    table = pq.ParquetFile(path).read()
    wanted = [("series_id", "PRS30006011"), ("year", 2022), ("period", "Q01")]
    is_it = pa.array([True] * len(table))
    for name, value in wanted:
        is_it = pc.and_(is_it, pc.equal(table[name], value))
    assert pc.sum(is_it).as_py() == 1
    place = table.column_names.index("value")
    wrong = pc.if_else(is_it, pc.add(table["value"], 1.0), table["value"])
    path.unlink()
    pq.write_table(table.set_column(place, table.schema.field("value"), wrong), path)
    done = execute_over(tmp_path)
    assert done.returncode == 7
    assert "the view answers what the report says: PRS30006011 2022 17.4" in done.stderr


@needs_notebook
def test_a_wrong_figure_from_upstream_fails_by_what_is_known(tmp_path):
    with Upstream.sample() as upstream:
        for name in ("pr.data.0.Current", "pr.data.1.AllData"):
            body, moment = excerpt.files()[name]
            lines = body.split(b"\r\n")
            (place,) = [
                place
                for place, line in enumerate(lines)
                if line.startswith(b"PRS30006011") and b"\t2022\tQ01\t" in line
            ]
            value = lines[place].split(b"\t")[3]
            wrong = f"{float(value) + 1:.1f}".encode().rjust(len(value))
            lines[place] = lines[place].replace(value, wrong)
            upstream.set_file("pr", name, b"\r\n".join(lines), moment)
        demo_of(tmp_path, upstream)
    done = execute_over(tmp_path)
    assert done.returncode == 7
    assert "PRS30006011 is 2022 17.4, but was 2022 16.4 in 2025-10" in done.stderr


@needs_notebook
def test_over_another_lake_it_says_so_and_compares_with_the_raw_files_only(tmp_path):
    with Upstream.sample() as upstream:
        assert run_workflow(run_at(tmp_path / "lake", upstream)).failures == ()
    done = execute_over(tmp_path / "lake", "--output", tmp_path / "executed.ipynb")
    assert (done.returncode, done.stderr) == (0, "")
    assert "The outputs are not compared: the committed ones are of a demo lake.\n" in done.stdout
    texts = printed(json.loads((tmp_path / "executed.ipynb").read_text("utf-8")))
    assert "This is another lake: the figures of its release are not known here." in texts[1]
    assert [text for text in texts if "as known" in text] == []


@needs_captures
@needs_notebook
def test_over_the_capture_of_2025_10_its_reports_are_the_expected_ones(tmp_path):
    with Upstream() as upstream:
        body = capture("population/tesseract-acs1-2025-10.json").read_bytes()
        upstream.cubes["acs_yg_total_population_1"] = body
        upstream.from_folder("pr", capture("bls/pr/2025-10"), RELEASES["2025-10"])
        assert run_workflow(run_at(tmp_path, upstream)).failures == ()
    expected = {
        "best_year": "best_year-2025-10.csv",
        "population_summary": "population_summary-acs1-2025-10.csv",
        "series_population": "series_population-2025-10.csv",
    }
    done = in_its_environment("-c", PRINT_REPORTS, tmp_path, *expected)
    assert done.stderr == ""
    texts = [capture(f"expected/{name}").read_text("utf-8") for name in expected.values()]
    wanted = [line for text in texts for line in text.splitlines()]
    assert [line for line in done.stdout.splitlines() if line] == wanted
