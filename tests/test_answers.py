"""How an answer is written: each kind of value as text, as JSON and in Parquet."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from glue_jobs.errors import UnsupportedSQL, UsageError
from glue_jobs.reports.answers import (
    json_rows,
    number_columns,
    text_rows,
    typed_schema,
    write_parquet,
)

INTERVAL = pa.month_day_nano_interval()
MOMENT = datetime(2024, 5, 7, 13, 4, 5)  # noqa: DTZ001 - Athena's timestamp has no zone
UTC = MOMENT.replace(tzinfo=timezone.utc)
ROW = pa.struct([("x", pa.int32()), ("y", pa.string())])

# Arrow's value and type, its text as Athena prints it, and what JSON has.
VALUES = {
    "null": (None, pa.int32(), "", None),
    "text": ("a, b", pa.string(), "a, b", "a, b"),
    "truth": (True, pa.bool_(), "true", True),
    "integer": (2**62, pa.int64(), "4611686018427387904", 2**62),
    "double": (1e10, pa.float64(), "10000000000.0", 1e10),
    "small-double": (1e-7, pa.float64(), "1e-07", 1e-7),
    "not-a-number": (float("nan"), pa.float64(), "NaN", "NaN"),
    "infinity": (float("inf"), pa.float64(), "Infinity", "Infinity"),
    "minus-infinity": (float("-inf"), pa.float64(), "-Infinity", "-Infinity"),
    "real": (1.1, pa.float32(), "1.1", 1.1),
    "real-of-nine-digits": (1.00000012, pa.float32(), "1.0000001", 1.0000001),
    "real-not-a-number": (float("nan"), pa.float32(), "NaN", "NaN"),
    "decimal": (Decimal("1.50"), pa.decimal128(10, 2), "1.50", "1.50"),
    "small-decimal": (Decimal("0.0000001"), pa.decimal128(18, 7), "0.0000001", "0.0000001"),
    "date": (date(2024, 5, 7), pa.date32(), "2024-05-07", "2024-05-07"),
    "time": (time(13, 4, 5), pa.time64("us"), "13:04:05.000", "13:04:05.000"),
    "timestamp": (MOMENT, pa.timestamp("us"), *["2024-05-07 13:04:05.000"] * 2),
    "microseconds": (
        MOMENT.replace(microsecond=123456),
        pa.timestamp("us"),
        *["2024-05-07 13:04:05.123456"] * 2,
    ),
    "zoned": (UTC, pa.timestamp("us", "UTC"), *["2024-05-07 13:04:05.000 UTC"] * 2),
    "bytes": (b"e\x68\x3f", pa.binary(), "65 68 3f", "65 68 3f"),
    "days": (pa.MonthDayNano([0, 3, 14_706_000_000_000]), INTERVAL, *["3 04:05:06.000"] * 2),
    "days-before": (
        pa.MonthDayNano([0, -1, -5_400_000_000_000]),
        INTERVAL,
        *["-1 01:30:00.000"] * 2,
    ),
    "no-days": (pa.MonthDayNano([0, 0, 0]), INTERVAL, *["0 00:00:00.000"] * 2),
    "months": (pa.MonthDayNano([14, 0, 0]), INTERVAL, "1-2", "1-2"),
    "months-before": (pa.MonthDayNano([-14, 0, 0]), INTERVAL, "-1-2", "-1-2"),
    "duration": (timedelta(hours=36), pa.duration("us"), *["1 12:00:00.000"] * 2),
    "array": ([1, None], pa.list_(pa.int32()), "[1, null]", [1, None]),
    "array-of-dates": ([date(2024, 5, 7)], pa.list_(pa.date32()), "[2024-05-07]", ["2024-05-07"]),
    "empty-array": ([], pa.list_(pa.int32()), "[]", []),
    "map": (
        [("a", 1), ("b", None)],
        pa.map_(pa.string(), pa.int32()),
        "{a=1, b=null}",
        {"a": 1, "b": None},
    ),
    "map-of-dates": (
        [(date(2024, 5, 7), [Decimal("1.50")])],
        pa.map_(pa.date32(), pa.list_(pa.decimal128(4, 2))),
        "{2024-05-07=[1.50]}",
        {"2024-05-07": ["1.50"]},
    ),
    "row": ({"x": 1, "y": None}, ROW, "{x=1, y=null}", {"x": 1, "y": None}),
}


def one_cell(value: object, kind: pa.DataType, athena: str = "") -> pa.Table:
    table = pa.table({"x": pa.array([value], kind)})
    return table.cast(typed_schema(table.schema, [("x", athena)])) if athena else table


@pytest.mark.parametrize(("value", "kind", "text", "plain"), VALUES.values(), ids=VALUES)
def test_a_value_is_written_as_athena_prints_it_and_in_json_as_json_can_say_it(
    value, kind, text, plain
):
    answer = one_cell(value, kind)
    assert text_rows(answer) == (["x"], [[text]])
    written = json.loads(json.dumps(json_rows(answer), allow_nan=False))
    assert written == [{"x": plain}]
    assert type(written[0]["x"]) is type(plain)


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("America/New_York", "2024-05-07 09:04:05.000 America/New_York"),
        ("+05:30", "2024-05-07 18:34:05.000 +05:30"),
        ("", "2024-05-07 13:04:05.000 UTC"),
    ],
)
def test_a_moment_is_shown_in_the_zone_of_its_column(zone, text):
    table = pa.table({"n": [1], "t": pa.array([UTC], pa.timestamp("us", "UTC"))})
    columns = [("n", "integer"), ("t", "timestamp(3) with time zone")]
    answer = table.cast(typed_schema(table.schema, columns, ["", zone]))
    assert text_rows(answer)[1] == [["1", text]]


def test_an_interval_of_no_time_is_told_by_its_type():
    nothing = pa.MonthDayNano([0, 0, 0])
    months = one_cell([nothing], pa.list_(INTERVAL), "array(interval year to month)")
    assert text_rows(months)[1] == [["[0-0]"]]
    assert json_rows(months) == [{"x": ["0-0"]}]
    days = one_cell(nothing, INTERVAL, "interval day to second")
    assert text_rows(days)[1] == [["0 00:00:00.000"]]


@pytest.mark.parametrize(("value", "kind", "text", "plain"), VALUES.values(), ids=VALUES)
def test_parquet_keeps_every_type_but_intervals_which_are_text(value, kind, text, plain, tmp_path):
    write_parquet(one_cell(value, kind).to_reader(), tmp_path / "answer.parquet")
    file = pq.ParquetFile(tmp_path / "answer.parquet")
    stored = file.read().column("x")
    if kind in (INTERVAL, pa.duration("us")):
        assert stored.to_pylist() == [text]
    else:
        assert stored.cast(kind).equals(pa.chunked_array([pa.array([value], kind)])) or (
            text == "NaN"
        )
    assert file.metadata.metadata is None


def test_an_interval_inside_another_value_is_text_in_parquet(tmp_path):
    day = pa.MonthDayNano([0, 1, 0])
    rows = [{"span": day, "names": [("a", day)]}, None]
    kind = pa.struct([("span", INTERVAL), ("names", pa.map_(pa.string(), INTERVAL))])
    write_parquet(pa.table({"x": pa.array(rows, kind)}).to_reader(), tmp_path / "answer.parquet")
    assert pq.read_table(tmp_path / "answer.parquet").to_pylist() == [
        {"x": "{span=1 00:00:00.000, names={a=1 00:00:00.000}}"},
        {"x": None},
    ]


def twins() -> pa.Table:
    return pa.Table.from_arrays([pa.array(["x"]), pa.array([2]), pa.array([3])], ["a", "a", "b"])


def test_two_columns_of_one_name_are_printed_side_by_side():
    assert text_rows(twins()) == (["a", "a", "b"], [["x", "2", "3"]])
    assert number_columns(twins().schema) == ["b"]


def test_json_and_parquet_refuse_two_columns_of_one_name_and_say_what_to_do(tmp_path):
    with pytest.raises(UsageError, match="Two columns are named a, which JSON") as refused:
        json_rows(twins())
    assert "AS a_2" in refused.value.hint
    with pytest.raises(UsageError, match="Two columns are named a, which Parquet"):
        write_parquet(twins().to_reader(), tmp_path / "answer.parquet")
    assert not (tmp_path / "answer.parquet").exists()


@pytest.mark.parametrize("write", [text_rows, json_rows])
def test_a_date_that_python_has_not_is_refused(write):
    with pytest.raises(UnsupportedSQL, match="outside the years 1 to 9999"):
        write(one_cell(3_000_000, pa.date32()))


def test_an_answer_without_rows_has_its_header():
    assert text_rows(one_cell(1, pa.int32()).slice(1)) == (["x"], [])
    assert json_rows(one_cell(1, pa.int32()).slice(1)) == []
