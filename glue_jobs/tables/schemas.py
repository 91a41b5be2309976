"""Every table's columns: their types and what they mean, in one place.

A BLS file becomes a table named after it: `pr.data.0.Current` is the partition
`data_file=0.Current` of `pr_data`, `pr.series` is `pr_series`, `pr.sector` is `pr_sector`. The
columns are the file's own, and `value_text` beside `value`. Their types follow from their names by
the rules below, never from the data, so that a release cannot change them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glue_jobs.tables.columns import Column, Kind, TableColumn

if TYPE_CHECKING:
    from collections.abc import Iterable

_KINDS = {
    "series_id": Kind.CODE,
    "year": Kind.YEAR,
    "begin_year": Kind.YEAR,
    "end_year": Kind.YEAR,
    "value": Kind.NUMBER,
    "display_level": Kind.INTEGER,
    "sort_sequence": Kind.INTEGER,
}

_COMMENTS = {
    "series_id": "BLS's name of the series; its letters encode the codes that define it",
    "year": "calendar year of the observation",
    "period": "M01-M12 months, Q01-Q04 quarters, S01-S02 half years; M13, Q05, S03, A01 annual",
    "value": "the figure as published, in the unit that the series' measure says; null: n/a",
    "value_text": "what BLS printed where it is no plain number: -, <0.5; null: a number or blank",
    "aspect_type": "what of the observation the value is: a standard error, a mark, an effect",
    "footnote_codes": "codes separated by commas, empty for none; R: revised in this release",
    "begin_year": "year of the series' first observation",
    "begin_period": "period of the series' first observation",
    "end_year": "year of the series' last observation",
    "end_period": "period of the series' last observation",
    "series_title": "the series in words",
    "seasonal": "S: seasonally adjusted, U: not",
    "base_year": "year whose value is 100 in an index series; - for none",
    "base_period": "period whose index is 100, as BLS writes it: 1982-84=100",
    "benchmark_year": "year to whose full count the sample was last adjusted",
    "display_level": "depth in the table that BLS prints, 0 outermost",
    "selectable": "T: BLS lets users choose it, F: a heading only",
    "publishing_status": "which figures of the industry BLS publishes, as its code",
    "ind_type": "L: a line item, S: a summary of others",
    "ind_title": "the industry in words",
    "occ_type": "L: a line item, S: a summary of others",
    "occ_title": "the occupation in words",
    "sort_sequence": "order in which BLS prints it",
    "period_abbr": "the period's short name",
    "period_name": "the period's name",
}


DATA_KEY = ("series_id", "year", "period")
ASPECT_KEY = (*DATA_KEY, "aspect_type")

_DATA_KEY_COLUMNS = (
    Column("series_id", Kind.CODE, required=True),
    Column("year", Kind.YEAR, required=True),
    Column("period", Kind.PERIOD, required=True),
)
_ASPECT_TYPE = Column("aspect_type", Kind.TEXT, required=True)
_VALUE = Column("value", Kind.NUMBER)
_FOOTNOTE_CODES = Column("footnote_codes", Kind.TEXT)
_VALUE_TEXT = Column("value_text", Kind.PRINTED, source="value")

DATA_COLUMNS = (*_DATA_KEY_COLUMNS, _VALUE, _FOOTNOTE_CODES, _VALUE_TEXT)
"""Every data file's columns; further ones of the file stand before the last."""

ASPECT_COLUMNS = (*_DATA_KEY_COLUMNS, _ASPECT_TYPE, _VALUE, _FOOTNOTE_CODES, _VALUE_TEXT)
"""The same of an aspect file."""

DATA_FILE = TableColumn(
    "data_file", "string", "the upstream file, partition key: files overlap, so choose one"
)

SOURCES = (
    TableColumn("name", "string", "the file's name in the survey's folder, key"),
    TableColumn("bytes", "bigint", "its size"),
    TableColumn("sha256", "string", "hash of its bytes, in hex"),
    TableColumn("release", "string", "when BLS wrote these bytes: its Last-Modified, in UTC"),
    TableColumn("rows_read", "bigint", "rows in its table; null where it has none"),
    TableColumn("rows_rejected", "bigint", "lines that could not be read and were set aside"),
    TableColumn("rows_as_text", "bigint", "values that are text, such as <0.5; - is not counted"),
    TableColumn(
        "rows_unlisted",
        "bigint",
        "observations of series that the series file does not name; null: nothing to compare",
    ),
    TableColumn(
        "status",
        "string",
        "table; document, which has none; held back: its table is that of an earlier version",
    ),
    TableColumn("shown_sha256", "string", "hash of the version its table is made from; null: none"),
    TableColumn("held_since", "string", "when it was first held back, UTC; null: it is not"),
    TableColumn("held_reason", "string", "why it is held back, in a sentence; null: it is not"),
)
"""`<survey>_sources`: one row per landed file."""

LABELS = (
    TableColumn("series_id", "string", _COMMENTS["series_id"] + "; key"),
    TableColumn("title", "string", "the series in words: BLS's title where no other series has it"),
    TableColumn(
        "frequency",
        "string",
        "monthly, quarterly, semiannual or annual, by its observations; null: none has a date",
    ),
    TableColumn("seasonal_text", "string", "whether it is seasonally adjusted, in words"),
    TableColumn("unit", "string", "the unit, where a column of BLS says it; null: see the title"),
    TableColumn("first_date", "date", "first day of the first period of that frequency"),
    TableColumn("last_date", "date", "first day of the last one"),
    TableColumn("last_value", "double", "the figure of the last period; null: BLS printed none"),
    TableColumn("first_year", "int", "year of the first period; null: it has no observations"),
    TableColumn("first_period", "string", "the first period"),
    TableColumn("last_year", "int", "year of the last period"),
    TableColumn("last_period", "string", "the last period"),
    TableColumn("series_footnotes", "string", "BLS's footnotes on the whole series, in words"),
)
"""`<survey>_labels`: one row per series, with its codes in words after these."""

RELEASE = TableColumn("release", "string", "when BLS wrote the vintage, UTC, 20250904T123000Z")

REVISIONS = (
    RELEASE,
    TableColumn("series_id", "string", _COMMENTS["series_id"]),
    TableColumn("year", "int", _COMMENTS["year"]),
    TableColumn("period", "string", _COMMENTS["period"]),
    TableColumn(
        "change",
        "string",
        "first: in the first vintage the lake saw; added; revised: another value; text: other text"
        " in its place; footnote: the same with another footnote; withdrawn: no longer published",
    ),
    TableColumn("value", "double", "the figure from this release on; null: n/a, or withdrawn"),
    TableColumn("previous_value", "double", "the figure until this release; null: n/a, or new"),
    TableColumn("footnote_codes", "string", "the codes from this release on"),
    TableColumn("previous_footnote_codes", "string", "the codes until this release"),
    TableColumn("previous_value_text", "string", "text in the value's place until this release"),
    TableColumn("value_text", "string", "text in the value's place from this release on"),
)
"""`<survey>_revisions`: one row per change; key: data_file, release, series_id, year, period."""

RELEASE_YEAR = TableColumn(
    "release_year", "string", "the release's year in UTC, partition key: name it beside the release"
)
"""Text: Glue and Trino select partitions by it as it is, and it is the start of the release."""

REVISIONS_KEYS = (DATA_FILE, RELEASE_YEAR)

RELEASES = (
    TableColumn("data_file", "string", "the data file, key with the release"),
    RELEASE,
    TableColumn("number", "int", "1 for the first one that the lake has seen of the data file"),
    TableColumn("released_at", "timestamp", "the same moment, UTC"),
    TableColumn("added", "bigint", "observations that were not there before"),
    TableColumn("revised", "bigint", "observations with another value than before"),
    TableColumn("withdrawn", "bigint", "observations that are no longer published"),
    TableColumn("marked", "bigint", "changes that bear BLS's mark R: revised in this release"),
    TableColumn("unmarked", "bigint", "revised values without that mark"),
    TableColumn("marked_at_birth", "bigint", "added observations with that mark"),
    TableColumn(
        "missed_before",
        "boolean",
        "whether the lake missed a release before it: values are unmarked, or marked at birth",
    ),
)
"""`<survey>_releases`: one row per data file and release, the first vintage too."""

_TYPE_NAMES = {
    Kind.CODE: "string",
    Kind.TEXT: "string",
    Kind.PERIOD: "string",
    Kind.YEAR: "int",
    Kind.INTEGER: "int",
    Kind.NUMBER: "double",
    Kind.PRINTED: "string",
}


def columns_of(names: Iterable[str]) -> tuple[Column, ...]:
    """The columns of a series or mapping file, in its header's order."""
    return tuple(
        Column(name, _KINDS.get(name, Kind.TEXT), required=name == "series_id")
        for name in names
        if name
    )


def with_further(columns: tuple[Column, ...], names: Iterable[str]) -> tuple[Column, ...]:
    """A data or aspect file's columns, with those that its header has besides them.

    A name that the lake itself gives to a column of this table is none of the file's.
    """
    own = {column.name for column in columns} | {DATA_FILE.name}
    further = columns_of(name for name in names if name not in own)
    return (*columns[:-1], *further, columns[-1])


def rules() -> list[tuple[str, str]]:
    """By which rule a column of BLS's gets its type: by its name, or by the last one."""
    kinds = {**_KINDS, **{column.name: column.kind for column in ASPECT_COLUMNS}, "": Kind.TEXT}
    return [(name, _TYPE_NAMES[kind]) for name, kind in kinds.items()]


def describe_columns(columns: tuple[Column, ...]) -> tuple[TableColumn, ...]:
    """What a file's columns are called, typed and explained as in a published table."""
    return tuple(
        TableColumn(column.name, _TYPE_NAMES[column.kind], comment(column.name))
        for column in columns
    )


def comment(name: str) -> str:
    """What a column of a BLS file means, by its name; empty where nobody has written it down."""
    if name in _COMMENTS:
        return _COMMENTS[name]
    stem, _, ending = name.rpartition("_")
    if ending == "code":
        return f"code of the {stem.replace('_', ' ')}, as BLS writes it, leading zeros kept"
    if ending in ("name", "text", "title", "desc", "description"):
        return f"the {stem.replace('_', ' ')} in words"
    return ""
