"""What this version of the converter gives, held row by row and column by column.

Where a test here fails, a change has given other tables of the same files. If that is meant, raise
CONVERTER_VERSION, so that every lake makes its tables again, and write down what comes now.
"""

from __future__ import annotations

import hashlib
from functools import partial
from io import BytesIO

import pyarrow.parquet as pq

from glue_jobs.sources.population.answer import join_pages, parse_population
from glue_jobs.sources.population.tables import convert_population
from glue_jobs.tables.convert import Content, convert_data, convert_mapping, convert_series
from glue_jobs.tables.plan import CONVERTER_VERSION
from labor_lake.sample import render

DATA = (
    b"series_id        \tyear\tperiod\t       value\tfootnote_codes\r\n"
    b"PRS2             \t2013\tQ02\t        -1.25\tR,P\r\n"
    b"PRS1             \t2013\tQ01\t       101.500\t\r\n"
    b"PRS1             \t2013\tQ05\t           -\t\r\n"
    b"PRS1             \t2012\tM13\t            \t\r\n"
)
SERIES = (
    b"series_id\tsector_code\tseasonal\tseries_title\tbegin_year\tbegin_period\r\n"
    b"PRS1\t0100\tS\tOutput \xc3\xa9\t2012\tM13\r\n"
    b"PRS2\t0200\tU\tHours\t2013\tQ02\r\n"
)
MAPPING = (
    b"sector_code\tsector_name\tdisplay_level\tselectable\r\n0200\tB\t1\tF\r\n0100\tA\t\tT\r\n"
)
POPULATION = render.population_body("ACS 1-year Estimate", {2014: 2, 2013: 1})

GOLDEN = (2, "bacce44161a3616f")


def text_of(path) -> str:
    """A table as text that does not depend on who wrote its Parquet."""
    table = pq.read_table(path)
    columns = [f"{field.name} {field.type}" for field in table.schema]
    return repr((columns, table.to_pylist()))


def test_the_converter_gives_what_its_version_says(tmp_path):
    for name, body in (("data", DATA), ("series", SERIES), ("mapping", MAPPING)):
        source = Content(f"pr.{name}", len(body), partial(BytesIO, body))
        convert = {"data": convert_data, "series": convert_series, "mapping": convert_mapping}
        convert[name](source, tmp_path / name, tmp_path)
    convert_population(join_pages([parse_population(POPULATION)]), tmp_path / "population")
    tables = [text_of(tmp_path / name) for name in ("data", "series", "mapping", "population")]
    digest = hashlib.sha256(repr(tables).encode()).hexdigest()[:16]
    assert (CONVERTER_VERSION, digest) == GOLDEN, "\n".join(tables)
