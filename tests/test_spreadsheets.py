"""`--output x.xlsx`: numbers and dates are such, text is text, and a limit leaves no file."""

from __future__ import annotations

import re
import sys
import zipfile
from datetime import date, datetime, timedelta
from decimal import Decimal
from xml.etree import ElementTree as ET

import pyarrow as pa
import pytest

from glue_jobs.errors import UsageError
from labor_lake import spreadsheets
from labor_lake.cli import main
from labor_lake.spreadsheets import sheet_of, write_spreadsheet
from tests.hostile.corpus import STRINGS
from tests.reports import REPORTS

pytestmark = pytest.mark.usefixtures("no_settings_of_this_machine")

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def at(*parts: int) -> datetime:
    """A moment as Excel has it, without a zone."""
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001


EPOCH = at(1899, 12, 30)


def decoded(text: str) -> str:
    """A text of a spreadsheet as Excel shows it: `_x000D_` is a character."""
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), text)


def read(path, sheet=1):
    """The cells of a sheet: text, number or boolean, with the format that shows it."""
    with zipfile.ZipFile(path) as book:
        styles = ET.fromstring(book.read("xl/styles.xml"))
        shown = {one.get("numFmtId"): one.get("formatCode") for one in styles.iter(f"{MAIN}numFmt")}
        formats = [one.get("numFmtId") for one in styles.find(f"{MAIN}cellXfs") or ()]
        root = ET.fromstring(book.read(f"xl/worksheets/sheet{sheet}.xml"))
    rows = []
    for row in root.iter(f"{MAIN}row"):
        cells: dict[str, object] = {}
        for cell in row:
            place = re.sub(r"\d", "", cell.get("r") or "")
            number = cell.findtext(f"{MAIN}v")
            if cell.get("t") == "inlineStr":
                cells[place] = decoded(cell.findtext(f"{MAIN}is/{MAIN}t") or "")
            elif cell.get("t") == "b":
                cells[place] = number == "1"
            else:
                kind = shown.get(formats[int(cell.get("s") or 0)])
                milliseconds = round(float(number or 0) * 86_400_000)
                moment = EPOCH + timedelta(milliseconds=milliseconds) if kind else None
                cells[place] = moment if kind else float(number or 0)
        rows.append(cells)
    return rows


def is_plain(path) -> bool:
    """Whether nothing in a file is computed, leads somewhere, or is run."""
    with zipfile.ZipFile(path) as book:
        names = book.namelist()
        sheets = b"".join(book.read(name) for name in names if name.startswith("xl/worksheets/"))
    wanted = re.compile(rb"<(f|hyperlinks?|oleObjects?|drawing|extLst)[ />]")
    unwanted_files = [name for name in names if re.search(r"_rels/sheet|vba|external", name)]
    return wanted.search(sheets) is None and unwanted_files == []


def write(path, **columns):
    write_spreadsheet([("answer", sheet_of(pa.table(columns).to_reader()))], path)
    return read(path)


def test_each_type_is_excel_s_own_where_excel_has_it(tmp_path):
    path = tmp_path / "x.xlsx"
    rows = write(
        path,
        text=["007", None],
        int=[7, -1],
        double=[1.5, float("nan")],
        exact=pa.array([Decimal("1.10"), Decimal("12345678901234567.89")], pa.decimal128(38, 2)),
        large=[2**53 + 1, 10**15 - 1],
        day=[date(2025, 4, 1), date(1899, 12, 31)],
        moment=[at(2025, 9, 4, 12, 30), at(2025, 9, 4, 12, 30, 0, 1)],
        yes=[True, None],
        several=[[1, 2], None],
    )
    assert list(rows[0].values()) == [
        *("text", "int", "double", "exact", "large", "day", "moment", "yes", "several")
    ]
    assert list(rows[1].values()) == [
        *("007", 7, 1.5, 1.1, "9007199254740993", at(2025, 4, 1)),
        *(at(2025, 9, 4, 12, 30), True, "[1, 2]"),
    ]
    assert rows[2] == {
        "B": -1,
        "C": "NaN",
        "D": "12345678901234567.89",
        "E": 10**15 - 1,
        "F": "1899-12-31",
        "G": "2025-09-04 12:30:00.000001",
    }


def test_a_hostile_text_is_text(tmp_path):
    path = tmp_path / "x.xlsx"
    texts = [
        text.encode("utf-8", "ignore").decode() for _, text in STRINGS if len(text) < 32_000
    ] + ["=cmd()", "http://evil.example", "_x0041_", "<script>"]
    rows = write(path, title=texts, **{"=1+1": range(len(texts))})
    assert rows[0] == {"A": "title", "B": "=1+1"}
    assert [row.get("A", "") for row in rows[1:]] == texts
    assert is_plain(path)


def test_what_excel_cannot_hold_is_refused_and_leaves_no_file(tmp_path, demo_lake, capsys):
    path = tmp_path / "x.xlsx"
    long = "select array_join(repeat('ab', 20000), '') as n"
    assert main(["query", long, "--output", str(path), "--lake", demo_lake]) == 2
    told = capsys.readouterr().err
    assert "A text in row 1 of n is longer than the 32,767 characters" in told
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(UsageError, match="20,000 columns, and Excel holds 16,384"):
        write(path, **{f"c{number}": [1] for number in range(20_000)})


def test_a_text_that_is_as_long_as_a_cell_is_taken(tmp_path):
    text = "\U0001f600" * 16_383 + "x"
    assert write(tmp_path / "x.xlsx", n=[text])[1] == {"A": text}
    with pytest.raises(UsageError, match="longer than"):
        write(tmp_path / "y.xlsx", n=[text + "x"])


def test_more_rows_than_a_sheet_has_are_refused(tmp_path, demo_lake, monkeypatch, capsys):
    monkeypatch.setattr(spreadsheets, "_MOST_ROWS", 4)
    path = tmp_path / "x.xlsx"
    for limit, code in ((3, 0), (4, 2)):
        sql = f"select * from pr_period limit {limit}"
        assert main(["query", sql, "--output", str(path), "--lake", demo_lake]) == code
        assert len(read(path)) == 4  # what was there stays
    assert "more than 3 rows, which is all that a sheet of Excel holds" in capsys.readouterr().err


def test_series_and_query_write_what_they_answer(demo_lake, tmp_path):
    path = tmp_path / "x.xlsx"
    lake = ["--lake", demo_lake, "--output", str(path)]
    assert main(["series", "PRS85006092", *lake]) == 0
    rows = read(path)
    assert len(rows) == 1 + 122
    assert rows[-1] == {"A": at(2025, 4, 1), "B": 3.3, "D": "R", "E": "Q02"}
    assert main(["query", "select title from pr_labels", *lake]) == 0
    assert {len(row) for row in read(path)} == {1}


@pytest.mark.parametrize("given", [[], ["--as-of", "2030-01-01"]], ids=["latest", "as of"])
def test_each_report_has_a_sheet(given, demo_lake, tmp_path):
    path = tmp_path / "x.xlsx"
    assert main(["reports", *given, "--lake", demo_lake, "--output", str(path)]) == 0
    with zipfile.ZipFile(path) as book:
        names = re.findall(r'<sheet name="(\w+)"', book.read("xl/workbook.xml").decode())
    assert sorted(names) == sorted(REPORTS)
    first = read(path, 1 + names.index("best_year"))[1]
    assert first == {"A": "PRS30006011", "B": 2022, "C": 16.4, "D": 4, "E": 1, "F": "quarters"}
    assert "E" not in read(path, 1 + names.index("series_population"))[8]  # no figure, no cell


def test_a_report_goes_to_csv_and_json_files_as_it_is_printed(demo_lake, tmp_path, capsys):
    for name in ("x.csv", "x.json"):
        words = ["reports", "best_year", "--lake", demo_lake, "--format", name[2:]]
        assert main(words) == 0
        assert main([*words, "--output", str(tmp_path / name)]) == 0
        assert (tmp_path / name).read_text("utf-8") == capsys.readouterr().out


@pytest.mark.parametrize("command", [["query", "select 1"], ["series", "PRS85006092"], ["reports"]])
def test_without_the_package_it_is_told_before_anything_is_asked(
    command, demo_lake, tmp_path, monkeypatch, capsys
):
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    monkeypatch.setattr("labor_lake.asking.open_lake", None)
    path = tmp_path / "x.xlsx"
    assert main([*command, "--lake", demo_lake, "--output", str(path)]) == 2
    assert "pip install 'labor-lake[excel]'" in capsys.readouterr().err
    assert main([*command, "--format", "xlsx", "--lake", demo_lake]) == 2
    assert "A spreadsheet needs a file to go to." in capsys.readouterr().err


def test_what_the_system_says_of_a_file_is_told(tmp_path):
    with pytest.raises(IsADirectoryError):
        write(tmp_path, n=[1])
