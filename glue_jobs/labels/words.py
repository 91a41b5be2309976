"""The words of series: each code of the series file, looked up in the mapping file that has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from glue_jobs.labels.facts import NO_WORDS, SEASONAL_WORDS, has_words
from glue_jobs.labels.joins import NoJoin, plan_join
from glue_jobs.tables.parquet import read_batches

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from glue_jobs.labels.joins import Join

_BATCH_ROWS = 1 << 15
_BETWEEN_CODES = "\x1f"  # in no code
_LEFT_OUT = frozenset(
    {"series_id", "series_title", "footnote_codes"}
    | {f"{end}_{what}" for end in ("begin", "end") for what in ("year", "period")}
)
"""Columns of the series file that are no words of a series, or stand elsewhere in its label."""


@dataclass(frozen=True)
class Words:
    """A column of words in a label, and the code that it explains.

    Attributes:
        name: of the column.
        code: the series file's column; the same one where that has the words itself.
        keys: the mapping file's codes, as one text each; None without a mapping file.
        texts: its words, in the order of the keys.
        joins: the series file's columns that the keys are compared with.
    """

    name: str
    code: str
    keys: pa.Array | None = None
    texts: pa.Array | None = None
    joins: tuple[str, ...] = ()

    def of(self, series: pa.RecordBatch) -> pa.Array:
        """The words of some series; null where the mapping file has none."""
        if self.keys is None or self.texts is None:
            return _with_words(series.column(self.code))
        places = pc.index_in(_as_one([series.column(name) for name in self.joins]), self.keys)
        return self.texts.take(places)


_SEASONAL = Words(
    "seasonal_text",
    "seasonal",
    pa.array(list(SEASONAL_WORDS)),
    pa.array(list(SEASONAL_WORDS.values())),
    ("seasonal",),
)
"""Of a survey whose files do not say what its letters mean."""


class SeriesFile:
    """A survey's series in order, with their codes in words.

    Attributes:
        columns: of the series file that a label has: its codes and what else BLS says.
        words: the columns of words, by the code that they explain.
        warnings: sentences on mapping files that could not be used.
        count: of its series.
        has_titles: whether BLS gives the series titles.
    """

    def __init__(self, survey: str, series: Path | None, mappings: Mapping[str, Path]) -> None:
        """Reads the mapping files.

        Args:
            survey: whose.
            series: its series table; None where it has none.
            mappings: its other tables but data and aspects, by the ends of their files' names.
        """
        self._path = series
        self._names = pq.read_schema(series).names if series else []
        self.count = pq.read_metadata(series).num_rows if series else 0
        self.columns = [name for name in self._names if name not in _LEFT_OUT]
        self.has_titles = "series_title" in self._names
        self.warnings: list[str] = []
        found = dict(self._find_words(survey, mappings))
        for name in self.columns:
            if name not in found and has_words(name):
                found[name] = Words(name, name)
        if "seasonal" in self.columns and "seasonal" not in found:
            found["seasonal"] = _SEASONAL
        self.words = {name: found[name] for name in self.columns if name in found}
        self._footnotes = _read_footnotes(mappings) if "footnote_codes" in self._names else {}

    def read(self) -> Iterator[pa.RecordBatch]:
        """The series file's rows, some at a time."""
        if self._path is None:
            return
        yield from read_batches(self._path, self._names, size=_BATCH_ROWS)

    def footnotes_of(self, batch: pa.RecordBatch) -> pa.Array:
        """The footnotes of some series in words; null of one that has none."""
        if not self._footnotes:
            return pa.nulls(len(batch), pa.string())
        column = batch.column("footnote_codes").cast(pa.string())
        codes = pc.unique(column)
        texts = pa.array([self._spell(one) for one in codes.to_pylist()], pa.string())
        return texts.take(pc.index_in(column, value_set=codes))

    def _spell(self, codes: str | None) -> str | None:
        """Codes separated by commas in words; those without words as they are."""
        each = [code.strip() for code in (codes or "").split(",")]
        return "; ".join(self._footnotes.get(code, code) for code in each if code) or None

    def _find_words(self, survey: str, mappings: Mapping[str, Path]) -> Iterator[tuple[str, Words]]:
        taken = {*self._names}
        for ending, path in sorted(mappings.items()):
            join = plan_join(survey, ending, pq.read_schema(path).names, self._names)
            if isinstance(join, NoJoin):
                if join.why:
                    self._warn(survey, ending, join.why)
                continue
            table = pq.read_table(path, columns=[*dict(join.keys), join.text], use_threads=False)
            words = _read_words(join, table, taken)
            if words is None:
                self._warn(survey, ending, f"{', '.join(dict(join.keys))} is not unique in it")
            else:
                taken.add(words.name)
                yield join.code, words

    def _warn(self, survey: str, ending: str, why: str) -> None:
        self.warnings.append(f"{survey}.{ending} gives no words to series: {why}.")


def seasonal_by_id(series_ids: pa.Array) -> pa.Array:
    """Whether series are seasonally adjusted by the third letter of their ids.

    Of surveys whose series file does not say it. Source: bls.gov/help/hlpforma.htm, where all
    formats but those of injuries and benefits have `Seasonal Adjustment Code` in position 3.
    """
    letters = pc.utf8_slice_codeunits(series_ids.cast(pa.string()), 2, 3)
    return _SEASONAL.of(pa.record_batch([letters], names=["seasonal"]))


def _read_words(join: Join, table: pa.Table, taken: set[str]) -> Words | None:
    """The words of a mapping file; None where a key is there twice."""
    columns = [table.column(name).combine_chunks() for name in dict(join.keys)]
    keys = _as_one(columns)
    if pc.count_distinct(keys, mode="all").as_py() < len(keys):
        return None
    name = join.text if join.text not in taken else f"{join.ending}_{join.text}"
    texts = _with_words(table.column(join.text).combine_chunks())
    return Words(name, join.code, keys, texts, tuple(dict(join.keys).values()))


def _read_footnotes(mappings: Mapping[str, Path]) -> dict[str, str]:
    path = mappings.get("footnote")
    names = pq.read_schema(path).names if path else []
    if names[:2] != ["footnote_code", "footnote_text"]:
        return {}
    rows = pq.read_table(path, columns=names[:2], use_threads=False).to_pylist()
    return {row["footnote_code"]: row["footnote_text"] for row in rows if row["footnote_text"]}


def _as_one(columns: Sequence[pa.Array]) -> pa.Array:
    """The codes of each row as one text; a code that is blank is an empty one."""
    texts = [pc.fill_null(column.cast(pa.string()), "") for column in columns]
    return texts[0] if len(texts) == 1 else pc.binary_join_element_wise(*texts, _BETWEEN_CODES)


def _with_words(texts: pa.Array) -> pa.Array:
    """Texts without what BLS writes where there are no words."""
    texts = texts.cast(pa.string())
    return only_where(texts, pc.invert(pc.is_in(texts, value_set=pa.array(sorted(NO_WORDS)))))


def only_where(texts: pa.Array, chosen: pa.Array) -> pa.Array:
    """Texts, and null where they are not chosen."""
    # Not if_else on the texts: that of pyarrow 20 is wrong on a part of an array.
    places = pa.array(range(len(texts)), pa.int32())
    return texts.take(pc.if_else(chosen, places, pa.scalar(None, pa.int32())))
