"""What the parsers are given: real pages and files, damaged ones, ones made up by their form."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Callable

from hypothesis import strategies as st

from glue_jobs.tables.fields import KNOWN_PERIODS
from labor_lake.sample import excerpt, render
from labor_lake.sample.pages import BLOCK_PAGE, ListedRow, listing
from tests.fuzz.properties import FOLDER

if TYPE_CHECKING:
    from collections.abc import Sequence

_LINES = 12  # of a file, to begin with: more only make every try slower


@lru_cache(maxsize=1)
def listings() -> tuple[bytes, ...]:
    """Listings as the simulated upstream prints them, and its other page."""
    rows = [ListedRow(name, len(body), moment) for name, (body, moment) in excerpt.files().items()]
    folders = [ListedRow("old", None, rows[0].written), *rows[:2]]
    return (
        *(listing(FOLDER, rows[:4], line_breaks=breaks) for breaks in (True, False)),
        listing(FOLDER, folders, line_breaks=False),
        BLOCK_PAGE,
    )


@lru_cache(maxsize=1)
def flat_files() -> tuple[bytes, ...]:
    """The start of every flat file and document of the sample."""
    starts = [
        b"".join(body.splitlines(keepends=True)[:_LINES]) for body, _ in excerpt.files().values()
    ]
    return tuple(dict.fromkeys(starts))


@lru_cache(maxsize=1)
def answers() -> tuple[bytes, ...]:
    """Answers of the population API in both shapes, and an error."""
    cube, (name, years) = next(iter(excerpt.population().items()))
    some = dict(list(years.items())[:3])
    error = b'{"error":true,"detail":"Cube was not found."}'
    return (
        render.population_body(name, some),
        render.old_population_body(cube, name, some),
        error,
    )


GRAINS = (
    b"\0", b"\r", b"\n", b"\r\n", b"\n\n", b"\t", b"\t\t", b" ", b" " * 40, b"\x0b", b"\x0c",
    b"\x1b[2J", b"\x7f", b"\x85", b"\xa0", b"\xff", b"\xc3\xa9", b"\xed\xa0\x80", b"\xef\xbb\xbf",
    b"\xe2\x80\xae", b"\\ud800", b"\\u0000", b'"', b'""', b"'", b"\\", b",", b":", b"=1+1", b"-",
    b"<", b">", b"&lt;", b"<br>", b"<BR>", b"<pre>", b"</pre>", b"<hr>", b"</A>", b"<!--",
    b'<A HREF="', b"<script>", b"&lt;dir&gt;", b"../", b"%2e", b"12:00 AM", b"1/1/0001",
    b"12/31/9999", b"2/30/2026", b"[", b"]", b"{", b"}", b"[" * 2000, b'{"a":' * 2000, b"null",
    b"true", b"NaN", b"Infinity", b"-1", b"0x7E9", b"1e400", b"1e5", b".", b"9" * 18, b"0" * 18,
    b"9" * 5000, b"0" * 5000, b"." + b"0" * 5000, b"A01", b"Q06", b"series_id", b"year",
    b"\xe2\x84\xaa",
)  # fmt: skip


@st.composite
def mutated(draw: Any, seeds: Callable[[], Sequence[bytes]]) -> bytes:
    """A real page or file with some damage done to it."""
    body: bytes = draw(st.sampled_from(seeds()))
    for _ in range(draw(st.sampled_from([1, 1, 1, 2, 3, 6]))):
        body = draw(st.sampled_from(_DAMAGES))(draw, body)
    return body


def _place(draw: Any, body: bytes) -> int:
    borders = [0, *(match.start() for match in re.finditer(rb"[\t\n<>\",:{}\[\]]", body))]
    place: int = draw(st.one_of(st.sampled_from(borders), st.integers(0, len(body))))
    return place


def _part(draw: Any, body: bytes) -> tuple[int, int]:
    start, stop = sorted((_place(draw, body), _place(draw, body)))
    return start, stop


def _inject(draw: Any, body: bytes) -> bytes:
    at = _place(draw, body)
    gone = draw(st.sampled_from([0, 0, 0, 1, 4, 20]))
    grain: bytes = draw(st.one_of(st.sampled_from(GRAINS), st.binary(max_size=4)))
    return body[:at] + grain + body[at + gone :]


def _cut(draw: Any, body: bytes) -> bytes:
    start, stop = _part(draw, body)
    parts: list[bytes] = [body[:start], body[start:], body[:start] + body[stop:]]
    place: int = draw(st.integers(0, 2))
    return parts[place]


def _double(draw: Any, body: bytes) -> bytes:
    start, stop = _part(draw, body)
    return body[:stop] + body[start:]


def _flip(draw: Any, body: bytes) -> bytes:
    if not body:
        return body
    at = draw(st.integers(0, len(body) - 1))
    return body[:at] + bytes([body[at] ^ (1 << draw(st.integers(0, 7)))]) + body[at + 1 :]


def _swap(draw: Any, body: bytes) -> bytes:
    """Exchanges two neighbouring parts: fields, tags, rows."""
    one, two, three = sorted(_place(draw, body) for _ in range(3))
    return body[:one] + body[two:three] + body[one:two] + body[three:]


_DAMAGES = (_inject, _inject, _inject, _cut, _double, _flip, _swap)


# What follows is made up by the form of what it stands for.

_names = st.one_of(
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True), st.text(max_size=20)
)
_whens = st.one_of(
    st.builds(
        "{}/{}/{:04} {}:{:02} {}".format,
        *(st.integers(*bounds) for bounds in ((0, 13), (0, 32), (0, 9999), (0, 13), (0, 60))),
        st.sampled_from(["AM", "PM", "pm"]),
    ),
    st.text(max_size=20),
)
_sizes = st.one_of(st.integers(-1, 10**16).map(str), st.just("&lt;dir&gt;"), st.text(max_size=5))
_START = f'<html><body><pre><A HREF="/">[To Parent Directory]</A><br><br>{{}}</pre><hr>{"</body>"}'


@st.composite
def made_up_listings(draw: Any) -> bytes:
    """A page in the listing's form, whose entries hold anything."""
    rows = []
    for _ in range(draw(st.integers(0, 4))):
        name = draw(_names)
        path = draw(st.sampled_from([FOLDER + name, FOLDER + name, name]))
        rows.append(f'{draw(_whens)} {draw(_sizes)} <A HREF="{path}">{name}</A><br>')
    page = _START.replace("{}", "".join(rows)) + "</html>"
    return page.encode("utf-8", "surrogatepass")


_fields = st.one_of(
    st.sampled_from(["", "-", " ", "R", "PRS1", "PRS2", "1995", "Q01", "2.5", "-0", "é", "=1+1"]),
    st.sampled_from(sorted(KNOWN_PERIODS)),
    st.integers().map(str),
    st.floats().map(repr),
    st.decimals(allow_nan=False, allow_infinity=False).map(str),
    st.from_regex(r"[+-]?[0-9]{0,30}\.?[0-9]{0,30}(e[+-]?[0-9]{1,3})?", fullmatch=True),
    st.text(max_size=8),
)
_columns = st.sampled_from(
    ["series_id", "year", "period", "value", "footnote_codes", "a_code", "sort_sequence", "", "X Y"]
)
_DATA = ["series_id", "year", "period", "value", "footnote_codes"]


@st.composite
def made_up_flat_files(draw: Any) -> bytes:
    """A header and rows of fields that hold anything."""
    header = draw(
        st.one_of(
            st.permutations(_DATA),
            st.builds(lambda more: _DATA + more, st.lists(_columns, max_size=3)),
            st.lists(_columns, min_size=1, max_size=6),
        )
    )
    end = draw(st.sampled_from(["\r\n", "\n", "\r"]))
    good = st.tuples(
        st.sampled_from(["PRS1", "PRS2", "PRS3   "]),
        st.sampled_from(["1995", "2024"]),
        st.sampled_from(["Q01", "Q02"]),
        _fields,
        _fields,
    )
    rows = draw(st.lists(st.one_of(good, st.lists(_fields, min_size=0, max_size=len(header) + 1))))
    first = "\t".join(header) + draw(st.sampled_from(["\r\n", "\n", "\r"]))
    body: str = first + "".join("\t".join(row) + end for row in rows)
    return body.encode("utf-8", "surrogatepass")


_anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
# JSON may name half of a pair of code units, which is no character.
_texts = st.one_of(
    st.text(max_size=8),
    st.text(st.characters(blacklist_categories=()), max_size=4),
    st.text(st.sampled_from("\ud800\udfff\0=\x1b"), max_size=4),
)


@st.composite
def made_up_answers(draw: Any) -> bytes:
    """An answer of the API whose parts hold what they should or anything."""

    def either(strategy: Any) -> Any:
        return draw(st.one_of(strategy, strategy, strategy, _anything))

    rows = [
        either(
            st.fixed_dictionaries(
                {
                    draw(st.sampled_from(["Nation ID", "ID Nation"])): st.just("01000US"),
                    "Nation": st.one_of(_texts, st.just(either(_texts))),
                    "Year": st.one_of(st.integers(1790, 2110), st.just("2013"), st.floats()),
                    "Population": st.one_of(st.integers(-1, 10**11), st.floats()),
                }
            )
        )
        for _ in range(draw(st.integers(0, 3)))
    ]
    annotations = {"annotations": {"dataset_name": either(_texts)}}
    answer: dict[str, Any] = {"data": either(st.just(rows))}
    answer.update({"source": [annotations]} if draw(st.booleans()) else annotations)
    if draw(st.booleans()):
        answer["page"] = either(st.just({"total": len(rows)}))
    ascii_only = draw(st.booleans())
    return json.dumps(answer, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
