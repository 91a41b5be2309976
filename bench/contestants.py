"""The contestants: each turns a data file into Parquet in a process of its own.

`python -m bench.contestants NAME FILE TARGET` runs one of them; its imports are its own.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

_TEXT_COLUMNS = ("series_id", "period", "footnote_codes")


def ours(source: Path, target: Path) -> None:
    """The conversion that `build_tables` uses."""
    from glue_jobs.tables.convert import Content, convert_data  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as scratch:
        file = Content(source.name, source.stat().st_size, lambda: source.open("rb"))
        convert_data(file, target, Path(scratch))


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

    names = ["series_id", "year", "period", "value", "footnote_codes"]
    types = {name: pa.string() for name in _TEXT_COLUMNS}
    types |= {"year": pa.int16(), "value": pa.float64()}
    return pcsv.open_csv(
        source,
        pcsv.ReadOptions(use_threads=False, block_size=1 << 20, column_names=names, skip_rows=1),
        pcsv.ParseOptions(delimiter="\t", quote_char=False),
        pcsv.ConvertOptions(column_types=types, null_values=["", "-"], strings_can_be_null=False),
    )


def pandas(source: Path, target: Path) -> None:
    """What most people write."""
    import pandas as pd  # noqa: PLC0415

    frame = pd.read_csv(source, sep="\t", na_values=["-"])
    frame.columns = frame.columns.str.strip()
    for name in _TEXT_COLUMNS:
        frame[name] = frame[name].astype("string").str.strip()
    frame.to_parquet(target, compression="zstd", index=False)


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
                   CAST(nullif(nullif(trim(value), ''), '-') AS DOUBLE) AS value,
                   trim(footnote_codes) AS footnote_codes
            FROM read_csv('{source}', delim = '\t', header = false, skip = 1, quote = '',
                          escape = '', auto_detect = false, columns = {{
                'series_id': 'VARCHAR', 'year': 'SMALLINT', 'period': 'VARCHAR',
                'value': 'VARCHAR', 'footnote_codes': 'VARCHAR'}})
        ) TO '{target}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 131072)
        """
    )


CONTESTANTS = {
    "ours": ours,
    "parsing": parsing,
    "plain": plain,
    "pandas": pandas,
    "duckdb": duckdb_copy,
}
LABELS = {
    "ours": "Labor Lake",
    "parsing": "pyarrow, parsing alone",
    "plain": "pyarrow, plain loop",
    "pandas": "pandas",
    "duckdb": "DuckDB COPY",
}

if __name__ == "__main__":
    CONTESTANTS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
