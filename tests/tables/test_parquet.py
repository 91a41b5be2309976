"""The Parquet files: the same bytes for the same rows, in row groups of one size."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from glue_jobs.errors import IntegrityFailure
from glue_jobs.tables.parquet import ROW_GROUP_ROWS, write_parquet

SCHEMA = pa.schema(
    [
        pa.field("code", pa.dictionary(pa.int32(), pa.string()), nullable=False),
        pa.field("count", pa.int32()),
        pa.field("value", pa.float64()),
    ]
)


def batches(rows: int, cut: int) -> list[pa.RecordBatch]:
    """Rows 0, 1, 2 …, so many to a batch; each batch with its own dictionary."""
    return [
        pa.record_batch(
            [
                pa.array([f"C{n // 7:06}" for n in range(start, min(start + cut, rows))])
                .cast(pa.string())
                .dictionary_encode(),
                pa.array(range(start, min(start + cut, rows)), pa.int32()),
                pa.array([n / 2 for n in range(start, min(start + cut, rows))]),
            ],
            schema=SCHEMA,
        )
        for start in range(0, rows, cut)
    ]


def groups(path):
    metadata = pq.read_metadata(path)
    return [metadata.row_group(place).num_rows for place in range(metadata.num_row_groups)]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (0, []),
        (1, [1]),
        (ROW_GROUP_ROWS - 1, [131_071]),
        (ROW_GROUP_ROWS, [131_072]),
        (ROW_GROUP_ROWS + 1, [131_072, 1]),
        (2 * ROW_GROUP_ROWS, [131_072, 131_072]),
    ],
)
@pytest.mark.parametrize("cut", [50_000, 1 << 20], ids=["small-batches", "one-batch"])
def test_row_groups_have_one_size_however_batches_are_cut(rows, expected, cut, tmp_path):
    path = tmp_path / "t.parquet"
    assert write_parquet(path, SCHEMA, batches(rows, cut)) == rows
    assert groups(path) == expected
    table = pq.read_table(path)
    assert table.column("count").to_pylist() == list(range(rows))
    assert table.column("code").to_pylist() == [f"C{n // 7:06}" for n in range(rows)]


def test_the_same_batches_give_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write_parquet(tmp_path / name, SCHEMA, iter(batches(1000, 300)))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_empty_batches_leave_no_trace(tmp_path):
    some = batches(1000, 300)
    write_parquet(tmp_path / "a", SCHEMA, some)
    write_parquet(tmp_path / "b", SCHEMA, [some[0].slice(0, 0), *some, some[0].slice(0, 0)])
    assert pq.read_table(tmp_path / "a").equals(pq.read_table(tmp_path / "b"))
    assert groups(tmp_path / "b") == [1000]


def test_every_column_is_compressed_by_zstd_and_has_statistics(tmp_path):
    write_parquet(tmp_path / "t", SCHEMA, batches(1000, 300))
    group = pq.read_metadata(tmp_path / "t").row_group(0)
    columns = [group.column(place) for place in range(group.num_columns)]
    assert [column.compression for column in columns] == ["ZSTD"] * 3
    bounds = [(column.statistics.min, column.statistics.max) for column in columns]
    assert bounds == [("C000000", "C000142"), (0, 999), (0.0, 499.5)]


def test_doubles_have_no_dictionary_and_codes_have_one(tmp_path):
    write_parquet(tmp_path / "t", SCHEMA, batches(1000, 300))
    group = pq.read_metadata(tmp_path / "t").row_group(0)
    has_dictionary = {
        group.column(place).path_in_schema: group.column(place).has_dictionary_page
        for place in range(group.num_columns)
    }
    assert has_dictionary == {"code": True, "count": True, "value": False}


def test_the_file_says_nothing_about_arrow_or_the_time(tmp_path):
    write_parquet(tmp_path / "t", SCHEMA, batches(10, 10))
    file = pq.ParquetFile(tmp_path / "t")
    assert file.metadata.metadata is None
    assert file.schema_arrow.metadata is None
    # Whoever reads it sees plain text, and which columns may be null.
    assert file.schema_arrow.field("code") == pa.field("code", pa.string(), nullable=False)
    assert file.schema_arrow.field("value").nullable


def test_a_file_that_lost_rows_is_noticed(tmp_path, monkeypatch):
    class Short:
        num_rows = 9

    monkeypatch.setattr(pq, "read_metadata", lambda path: Short)
    with pytest.raises(IntegrityFailure, match=r"t\.parquet holds 9 rows after 10 were written"):
        write_parquet(tmp_path / "t.parquet", SCHEMA, batches(10, 10))
