"""The contestants: each turns a data file into Parquet in a process of its own.

All make the same table, of the columns of ``COLUMNS``: texts trimmed, values as doubles, and what
is no number beside them as text. `python -m bench.contestants NAME FILE TARGET` runs one of them;
its imports are its own.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

COLUMNS = ("series_id", "year", "period", "value", "footnote_codes", "value_text")
_FIELDS = COLUMNS[:-1]
_TEXT_FIELDS = ("series_id", "period", "footnote_codes")


def ours(source: Path, target: Path, threads: int | None = None) -> None:
    """The conversion that `build_tables` uses, as a worker does it with a large file."""
    from glue_jobs.workers import leave_out_pandas  # noqa: PLC0415

    leave_out_pandas()
    from glue_jobs.converting import PARSING_THREADS, use_little_memory  # noqa: PLC0415
    from glue_jobs.tables.convert import Content, convert_data  # noqa: PLC0415

    use_little_memory()
    with tempfile.TemporaryDirectory() as scratch:
        file = Content(source.name, source.stat().st_size, lambda: source.open("rb"))
        convert_data(file, target, Path(scratch), PARSING_THREADS if threads is None else threads)


def ours_alone(source: Path, target: Path) -> None:
    """The same in one thread."""
    ours(source, target, threads=0)


def parsing(source: Path, target: Path) -> None:  # noqa: ARG001 - it writes nothing
    """The floor: pyarrow's own streaming reader, in one thread, its batches dropped."""
    for _ in _batches(source):
        pass


def plain(source: Path, target: Path) -> None:
    """The plainest way with pyarrow: read, write; nothing is trimmed, ordered or checked."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    reader = _batches(source)
    with pq.ParquetWriter(target, reader.schema, compression="zstd") as writer:
        waiting, rows = [], 0
        for batch in reader:
            waiting.append(batch)
            rows += batch.num_rows
            if rows >= 1 << 17:
                writer.write_table(pa.Table.from_batches(waiting))
                waiting, rows = [], 0
        if waiting:
            writer.write_table(pa.Table.from_batches(waiting))


def _batches(source: Path) -> Any:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.csv as pcsv  # noqa: PLC0415

    types = {name: pa.string() for name in _TEXT_FIELDS}
    types |= {"year": pa.int32(), "value": pa.float64()}
    return pcsv.open_csv(
        source,
        pcsv.ReadOptions(use_threads=False, block_size=1 << 20, column_names=_FIELDS, skip_rows=1),
        pcsv.ParseOptions(delimiter="\t", quote_char=False),
        pcsv.ConvertOptions(column_types=types, null_values=["", "-"], strings_can_be_null=False),
    )


def pandas(source: Path, target: Path) -> None:
    """What most people write."""
    import pandas as pd  # noqa: PLC0415

    # With its own list of what is missing, it would lose texts such as N/A.
    frame = pd.read_csv(source, sep="\t", dtype={3: str}, keep_default_na=False, na_values=[""])
    frame.columns = frame.columns.str.strip()
    for name in _TEXT_FIELDS:
        frame[name] = frame[name].astype("string").str.strip().fillna("")
    printed = frame["value"].str.strip()
    frame["year"] = frame["year"].astype("int32")
    frame["value"] = pd.to_numeric(printed, errors="coerce")
    frame["value_text"] = printed.where(frame["value"].isna() & (printed != ""))
    frame.to_parquet(target, compression="zstd", index=False)


def polars(source: Path, target: Path) -> None:
    """The streaming sink of polars."""
    import polars as pl  # noqa: PLC0415

    types = {name: pl.Int32 if name == "year" else pl.String for name in _FIELDS}
    printed = pl.col("value").str.strip_chars(" ")
    number = printed.cast(pl.Float64, strict=False)
    rows = pl.scan_csv(
        source, separator="\t", has_header=False, skip_rows=1, quote_char=None, schema=types
    )
    rows.with_columns(
        *(pl.col(name).fill_null("").str.strip_chars(" ") for name in _TEXT_FIELDS),
        value=number,
        value_text=pl.when(number.is_null() & (printed != "")).then(printed),
    ).sink_parquet(target, compression="zstd", compression_level=1, row_group_size=1 << 17)


def duckdb_copy(source: Path, target: Path) -> None:
    """DuckDB's COPY, the order kept, within 400 MB."""
    import duckdb  # noqa: PLC0415

    connection = duckdb.connect()
    connection.execute("SET memory_limit = '400MB'")
    connection.execute("SET preserve_insertion_order = true")
    connection.execute(
        f"""
        COPY (
            SELECT trim(series_id) AS series_id, year, trim(period) AS period,
                   try_cast(trim(value) AS DOUBLE) AS value,
                   coalesce(trim(footnote_codes), '') AS footnote_codes,
                   CASE WHEN try_cast(trim(value) AS DOUBLE) IS NULL
                        THEN nullif(trim(value), '') END AS value_text
            FROM read_csv('{source}', delim = '\t', header = false, skip = 1, quote = '',
                          escape = '', auto_detect = false, columns = {{
                'series_id': 'VARCHAR', 'year': 'INTEGER', 'period': 'VARCHAR',
                'value': 'VARCHAR', 'footnote_codes': 'VARCHAR'}})
        ) TO '{target}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 131072)
        """
    )


CONTESTANTS = {
    "ours": ours,
    "ours_alone": ours_alone,
    "parsing": parsing,
    "plain": plain,
    "polars": polars,
    "duckdb": duckdb_copy,
    "pandas": pandas,
}
LABELS = {
    "ours": "Labor Lake",
    "ours_alone": "Labor Lake, one thread",
    "parsing": "pyarrow, parsing alone",
    "plain": "pyarrow, plain loop",
    "polars": "polars, streaming sink",
    "duckdb": "DuckDB COPY",
    "pandas": "pandas",
}
NO_TABLE = ("parsing", "plain")
"""Who does not make the table, but a part of the work."""

if __name__ == "__main__":
    CONTESTANTS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
