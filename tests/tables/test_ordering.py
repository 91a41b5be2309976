"""Rows ascend strictly by their key, whatever order a file has."""

from __future__ import annotations

import io
import random
import tempfile
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glue_jobs.errors import QualityFailure
from glue_jobs.tables import ordering
from glue_jobs.tables.fields import KNOWN_PERIODS
from glue_jobs.tables.flatfile import FlatFileReader
from glue_jobs.tables.header import Header
from glue_jobs.tables.ordering import OutOfOrder, in_order, put_in_order
from glue_jobs.tables.quality import OBSERVATIONS, Findings
from glue_jobs.tables.schemas import ASPECT_COLUMNS, ASPECT_KEY, DATA_COLUMNS, DATA_KEY

READER = FlatFileReader(
    Header(("series_id", "year", "period", "value", "footnote_codes")), DATA_COLUMNS
)

keys = st.tuples(
    st.sampled_from(["A", "AA", "B", "a", "\u00e9", "Z9"]),
    st.integers(1800, 2100) | st.sampled_from([1994, 1995]),
    st.sampled_from(sorted(KNOWN_PERIODS)),
)
rows_of_keys = st.tuples(keys, st.sampled_from([None, 1.5, -0.1]), st.sampled_from(["", "R"]))


def blocks(rows, block_bytes=2 << 20):
    text = "".join(
        f"{series}\t{year}\t{period}\t{'' if value is None else value}\t{footnotes}\n"
        for (series, year, period), value, footnotes in rows
    )
    return READER.read(io.BytesIO(text.encode()), block_bytes)


def batches(rows, block_bytes=2 << 20):
    return [part.batch for part in blocks(rows, block_bytes)]


def plain(made):
    return [
        ((row["series_id"], row["year"], row["period"]), row["value"], row["footnote_codes"])
        for batch in made
        for row in batch.to_pylist()
    ]


def ordered(rows, folder, findings=None, block_bytes=2 << 20):
    """The rows in order, and what was noticed."""
    findings = findings or Findings("pr.data.0.Current", OBSERVATIONS, 10_000)
    made = put_in_order(blocks(rows, block_bytes), READER.schema, DATA_KEY, folder, findings)
    return plain(made), findings


def row(series="A", year=1995, period="Q01", value=1.0, footnotes=""):
    return ((series, year, period), value, footnotes)


SORTED = [
    row("A", 1994, "Q05"),
    row("A", 1995, "A01"),
    row("A", 1995, "M01"),
    row("A", 1995, "M13"),
    row("A", 1995, "Q01"),
    row("A", 1995, "S03"),
    row("A", 1996, "A01"),
    row("AB", 1900, "Q01"),
    row("B", 1900, "Q01"),
]


@pytest.mark.parametrize("block_bytes", [20, 50, 2 << 20])
def test_a_sorted_file_passes_untouched(block_bytes):
    given_batches = batches(SORTED, block_bytes)
    passed = list(in_order(iter(given_batches), DATA_KEY))
    assert all(one is other for one, other in zip(passed, given_batches))
    assert plain(passed) == SORTED


@pytest.mark.parametrize("block_bytes", [20, 2 << 20], ids=["between-batches", "inside-a-batch"])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(row("B"), row("A"), id="series"),
        pytest.param(row("a"), row("B"), id="capitals-come-first"),
        pytest.param(row("A", 1995), row("A", 1994), id="year"),
        pytest.param(row("A", 1995, "Q02"), row("A", 1995, "Q01"), id="period"),
        pytest.param(row("A", 1995, "M01"), row("A", 1995, "A01"), id="annual-after-month"),
        pytest.param(row("A", 1995, "Q01", 1.0), row("A", 1995, "Q01", 2.0), id="same-key"),
        pytest.param(row("A", 2100, "S03"), row("A", 1800, "A01"), id="far-years"),
    ],
)
def test_u18_disorder_is_noticed(first, second, block_bytes):
    made = batches([first, second], block_bytes)
    assert len(made) == (2 if block_bytes == 20 else 1)
    with pytest.raises(OutOfOrder):
        list(in_order(iter(made), DATA_KEY))


def test_empty_batches_are_no_disorder():
    made = batches(SORTED)
    empty = made[0].slice(0, 0)
    assert plain(in_order(iter([empty, *made, empty]), DATA_KEY)) == SORTED


@settings(max_examples=150, deadline=None)
@given(st.lists(rows_of_keys, max_size=12), st.sampled_from([32, 64, 2 << 20]))
def test_disorder_is_noticed_exactly_where_python_sees_it(rows, block_bytes):
    given_keys = [key for key, _, _ in rows]
    strictly = all(key < following for key, following in zip(given_keys, given_keys[1:]))
    made = batches(rows, block_bytes)
    try:
        passed = plain(in_order(iter(made), DATA_KEY))
    except OutOfOrder:
        assert not strictly
    else:
        assert strictly
        assert passed == rows


@settings(max_examples=100, deadline=None)
@given(
    st.lists(rows_of_keys, max_size=30, unique_by=lambda given_row: given_row[0]),
    st.sampled_from([40, 100, 2 << 20]),
    st.sampled_from([1, 3, 500_000]),
    st.sampled_from([1, 2, 4096]),
)
def test_u18_the_order_is_python_s_whatever_the_blocks_and_runs(
    rows, block_bytes, run_rows, chunk_rows
):
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(ordering, "_RUN_ROWS", run_rows)
        patch.setattr(ordering, "_CHUNK_ROWS", chunk_rows)
        made, findings = ordered(rows, Path(folder), block_bytes=block_bytes)
    assert made == sorted(rows, key=lambda given_row: given_row[0])
    is_sorted = made == rows
    assert len(findings.warnings) == (0 if is_sorted else 1)
    assert findings.rejects == []


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(keys, st.sampled_from([None, 1.0, 2.0]), st.just("")), max_size=30),
    st.sampled_from([40, 2 << 20]),
    st.sampled_from([1, 2, 500_000]),
    st.sampled_from([1, 2, 4096]),
)
def test_u15_each_key_is_kept_once_or_set_aside_whole(rows, block_bytes, run_rows, chunk_rows):
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(ordering, "_RUN_ROWS", run_rows)
        patch.setattr(ordering, "_CHUNK_ROWS", chunk_rows)
        made, findings = ordered(rows, Path(folder), block_bytes=block_bytes)
    contents: dict[tuple[str, int, str], set[object]] = {}
    for key, value, _ in rows:
        contents.setdefault(key, set()).add(value)
    good = sorted(key for key, values in contents.items() if len(values) == 1)
    assert [key for key, _, _ in made] == good
    bad = [number for number, given_row in enumerate(rows, 2) if len(contents[given_row[0]]) > 1]
    # The blocks were numbered from line 2, as below a header.
    assert sorted(reject.line for reject in findings.rejects) == bad
    repeated = len(rows) - len(bad) - len(good)
    assert any(f"repeats {repeated} rows" in text for text in findings.warnings) == (repeated > 0)


def test_u15_identical_rows_collapse_with_a_warning(tmp_path):
    made, findings = ordered([row(), row(), row("B"), row("B"), row("B")], tmp_path)
    assert made == [row(), row("B")]
    assert findings.warnings == [
        "pr.data.0.Current repeats 3 rows word for word; each was kept once."
    ]
    assert findings.rejects == []


def test_u15_contradicting_rows_are_all_rejects_with_their_lines(tmp_path):
    rows = [row(value=1.0), row("B"), row(value=None), row(value=1.0), row("C")]
    made, findings = ordered(rows, tmp_path)
    assert made == [row("B"), row("C")]
    assert [(reject.line, reject.text) for reject in findings.rejects] == [
        (2, "A\t1995\tQ01\t1.0\t"),
        (4, "A\t1995\tQ01\t\t"),
        (5, "A\t1995\tQ01\t1.0\t"),
    ]
    assert {reject.reason for reject in findings.rejects} == {
        "contradicts another row of the same key"
    }


def test_another_footnote_is_a_contradiction(tmp_path):
    made, findings = ordered([row(footnotes=""), row(footnotes="R")], tmp_path)
    assert made == []
    assert len(findings.rejects) == 2


def test_text_in_place_of_a_value_is_a_part_of_what_contradicts(tmp_path):
    text = "".join(f"A\t1995\tQ01\t{value}\t\n" for value in ("<0.5", "<0.1", "1"))
    findings = Findings("x", OBSERVATIONS, 10)
    parts = READER.read(io.BytesIO(text.encode()))
    assert list(put_in_order(parts, READER.schema, DATA_KEY, tmp_path, findings)) == []
    assert [reject.text for reject in findings.rejects] == [
        *("A\t1995\tQ01\t<0.5\t", "A\t1995\tQ01\t<0.1\t", "A\t1995\tQ01\t1.0\t"),
    ]


def test_lines_that_cannot_be_read_stay_rejects_and_end_a_hopeless_file(tmp_path):
    text = b"bad\n" * 5 + b"B\t1995\tQ01\t1\t\nA\t1995\tQ01\t1\t\n"

    def read(most_rejects):
        findings = Findings("x", OBSERVATIONS, most_rejects)
        parts = READER.read(io.BytesIO(text))
        return plain(put_in_order(parts, READER.schema, DATA_KEY, tmp_path, findings)), findings

    made, findings = read(5)
    assert made == [row("A"), row("B")]
    assert [reject.line for reject in findings.rejects] == [2, 3, 4, 5, 6]
    with pytest.raises(QualityFailure, match="at least 5 lines"):
        read(4)


def test_many_rows_are_given_in_batches_that_ascend(tmp_path, monkeypatch):
    monkeypatch.setattr(ordering, "_RUN_ROWS", 1000)
    monkeypatch.setattr(ordering, "_CHUNK_ROWS", 70)
    rows = [row(f"S{n // 10:05}", 1990 + n % 10) for n in range(5000)]
    mixed = rows[:]
    random.Random(1).shuffle(mixed)
    findings = Findings("x", OBSERVATIONS, 10)
    made = list(put_in_order(blocks(mixed, 4096), READER.schema, DATA_KEY, tmp_path, findings))
    assert sum(batch.num_rows for batch in made) == 5000
    assert max(batch.num_rows for batch in made) <= 70 * 5  # some of each run
    assert all(batch.schema == READER.schema for batch in made)
    # The next step needs each batch's series in order in its dictionary.
    assert plain(in_order(iter(made), DATA_KEY)) == rows
    for batch in made:
        words = batch.column("series_id").dictionary.to_pylist()
        assert words == sorted(set(words))


def test_a_series_table_is_ordered_by_its_one_column(tmp_path):
    schema = pa.schema([("series_id", pa.dictionary(pa.int32(), pa.string()))])
    words = pa.array(["A", "C", "B"]).dictionary_encode()
    with pytest.raises(OutOfOrder):
        list(in_order(iter([pa.record_batch([words], schema=schema)]), ("series_id",)))
    fine = pa.record_batch([pa.array(["A", "B", "C"]).dictionary_encode()], schema=schema)
    assert list(in_order(iter([fine]), ("series_id",))) == [fine]


ASPECTS = [
    (series, str(year), period, aspect)
    for series in ("A", "B")
    for year in (1995, 1996)
    for period in ("M01", "M02")
    for aspect in ("H1", "I", "V1")
]


def aspect_blocks(keys_of_rows):
    header = Header(("series_id", "year", "period", "aspect_type", "value", "footnote_codes"))
    text = "".join("\t".join([*key, "L-Jan. 2012", ""]) + "\n" for key in keys_of_rows)
    reader = FlatFileReader(header, ASPECT_COLUMNS)
    return reader.read(io.BytesIO(text.encode())), reader.schema


def test_an_aspect_file_ascends_by_its_aspects_last():
    blocks_read, _ = aspect_blocks(ASPECTS)
    made = [part.batch for part in blocks_read]
    assert sum(batch.num_rows for batch in in_order(iter(made), ASPECT_KEY)) == len(ASPECTS)
    for swapped in (ASPECTS[1::-1], [ASPECTS[0], ASPECTS[0]]):
        blocks_read, _ = aspect_blocks(swapped)
        with pytest.raises(OutOfOrder):
            list(in_order((part.batch for part in blocks_read), ASPECT_KEY))


def test_u24_an_aspect_file_of_any_order_is_sorted(tmp_path, monkeypatch):
    monkeypatch.setattr(ordering, "_RUN_ROWS", 5)
    monkeypatch.setattr(ordering, "_CHUNK_ROWS", 2)
    mixed = ASPECTS[:]
    random.Random(3).shuffle(mixed)
    blocks_read, schema = aspect_blocks(mixed)
    findings = Findings("cu.aspect", OBSERVATIONS, 10)
    made = put_in_order(blocks_read, schema, ASPECT_KEY, tmp_path, findings)
    rows = [tuple(map(str, list(row.values())[:4])) for part in made for row in part.to_pylist()]
    assert rows == ASPECTS


def test_a_row_that_is_repeated_without_end_is_not_held(tmp_path, monkeypatch):
    """Of a hundred runs of one row, some rows are in memory at a time."""
    monkeypatch.setattr(ordering, "_CHUNK_ROWS", 2)
    monkeypatch.setattr(ordering, "_RUN_ROWS", 100)
    made, findings = ordered([row()] * 1000, tmp_path, block_bytes=40)
    assert made == [row()]
    assert findings.warnings == [
        "pr.data.0.Current repeats 999 rows word for word; each was kept once."
    ]
    contradicting = [row(value=float(number % 2)) for number in range(1000)]
    few = Findings("x", OBSERVATIONS, 10)
    with pytest.raises(QualityFailure, match="lines cannot be read"):
        ordered(contradicting, tmp_path, few, block_bytes=40)
