"""Four times the input is four times the work, also of what was written to make it more."""

from __future__ import annotations

import io
from typing import Callable

import pytest

from glue_jobs.errors import LakeError
from glue_jobs.sources.bls import listing
from glue_jobs.sources.population import answer
from glue_jobs.tables import fields, flatfile, schemas
from glue_jobs.tables.flatfile import FlatFileReader
from glue_jobs.tables.header import Header, read_header
from glue_jobs.tables.schemas import DATA_COLUMNS
from tests.fuzz.inputs import answers, listings
from tests.fuzz.properties import FOLDER
from tests.fuzz.work import count_patterns, lines_run

SIZE = 150
_PAGE = listings()[1]
_HEAD, _TAIL = _PAGE.split(b"<br><br>")[0], b"</pre><hr></body></html>"
_ROW = b'8/6/2026  8:30 AM  102 <A HREF="%b%b">%b</A><br>'


def _listed(n: int) -> bytes:
    names = [b"pr.f%d" % number for number in range(n)]
    rows = b"".join(_ROW % (FOLDER.encode(), name, name) for name in names)
    return _HEAD + b"<br>" + rows + _TAIL


LISTINGS: dict[str, Callable[[int], bytes]] = {
    "many-rows": _listed,
    "blanks": lambda n: _HEAD + b" " * n + _TAIL,
    "blanks-without-end": lambda n: _HEAD + b" " * n,
    "blanks-before": lambda n: b" " * n + _PAGE,
    "blanks-behind": lambda n: _PAGE + b" " * n + b"x",
    "starts": lambda n: b"<html>" * n + _PAGE,
    "starts-without-pre": lambda n: b"<html>" * n,
    "pre-twice": lambda n: (b"<html>" + b"<pre>") * n,
    "ends": lambda n: _HEAD + b"</pre>" * n,
    "ends-and-blanks": lambda n: _HEAD + b"</pre>   <hr>  " * n,
    "almost-ends": lambda n: _HEAD + b"</pre><hr></body></html> x" * n,
    "breaks": lambda n: _HEAD + b"<br>" * n + _TAIL,
    "link-without-end": lambda n: b'<html><pre><A HREF="' + b"x" * n,
    "digits": lambda n: _HEAD + b"<br>" + b"1" * n + _TAIL,
    "dates": lambda n: _HEAD + b"<br>" + b"1/1/2026 " * n + _TAIL,
    "blanks-in-a-row": lambda n: _HEAD + b"<br>8/6/2026" + b" " * n + b"8:30" + _TAIL,
    "blanks-of-all-kinds": lambda n: _HEAD + b"<br>8/6/2026" + b" \t\r\n\xa0" * n + b"x" + _TAIL,
    "long-name": lambda n: _HEAD + b"<br>" + _ROW % (b"/", b"a" * n, b"a" * n) + _TAIL,
    "long-size": lambda n: _HEAD + b"<br>8/6/2026 8:30 AM " + b"1" * n + b" <A" + _TAIL,
}

_LINE = b"PRS30006011      \t1995\tQ01\t%b\t%b\n"
FIELDS: dict[str, Callable[[int], bytes]] = {
    "digits": lambda n: b"1" * n,
    "digits-and-more": lambda n: b"1" * n + b"x",
    "digits-point-digits": lambda n: b"1" * n + b"." + b"1" * n + b"x",
    "point-digits": lambda n: b"." + b"1" * n + b"x",
    "zeros": lambda n: b"0" * n,
    "zeros-and-more": lambda n: b"0" * n + b"x",
    "exponent": lambda n: b"1e" + b"1" * n + b"x",
    "exponents": lambda n: b"1e" * n,
    "signs": lambda n: b"+-" * n,
    "points": lambda n: b"." * n,
    "blanks": lambda n: b" " * n + b"x",
    "not-ascii": lambda n: b"\xc3\xa9" * n,
    "not-utf-8": lambda n: b"\xff" * n,
    "tabs": lambda n: b"\t" * n,
    "tabs-and-more": lambda n: b"\t" * n + b"x",
    "line-ends": lambda n: b"\r\n" * n,
    "returns": lambda n: b"\r" * n,
    "NULs": lambda n: b"\0" * n,
    "quotes": lambda n: b"\"'" * n,
    "rows": lambda n: b"1\t\n" + _LINE % (b"x", b"") * n,
}

_ANSWER = answers()[0]
ANSWERS: dict[str, Callable[[int], bytes]] = {
    "lists": lambda n: b"[" * n,
    "objects": lambda n: b'{"a":' * n,
    "lists-with-ends": lambda n: b"[" * n + b"]" * n,
    "long-text": lambda n: _ANSWER.replace(b"United", b"x" * n),
    "escapes": lambda n: _ANSWER.replace(b"United", b"\\ud800" * n),
    "digits": lambda n: _ANSWER.replace(b"2013", b"9" * n),
    "digits-in-text": lambda n: _ANSWER.replace(b"2013", b'"' + b"9" * n + b'"'),
    "rows": lambda n: _ANSWER.replace(b'"data":[', b'"data":[' + b"{}," * n),
    "keys": lambda n: _ANSWER.replace(b'"data":[', b'"x":1,' * n + b'"data":['),
    "blanks": lambda n: b" " * n + _ANSWER,
}


def grows_in_step(monkeypatch, modules, call: Callable[[int], object]) -> None:
    """Fails if a call with four times as much of something takes more than five times the work."""
    patterns = count_patterns(monkeypatch, *modules)

    def work(size: int) -> int:
        before = sum(pattern.steps for pattern in patterns)
        return lines_run(lambda: call(size)) + sum(p.steps for p in patterns) - before

    once, fourfold = work(SIZE), work(4 * SIZE)
    assert 0 < fourfold <= 5 * once, f"{once} steps, then {fourfold}"


def or_refused(parse: Callable[..., object], *given: object) -> None:
    try:
        parse(*given)
    except LakeError:
        return


@pytest.mark.parametrize("family", LISTINGS)
def test_of_a_listing(family, monkeypatch):
    grows_in_step(
        monkeypatch,
        [listing],
        lambda n: or_refused(listing.parse_listing, LISTINGS[family](n), FOLDER),
    )


@pytest.mark.parametrize("kind", ["value", "footnote_codes", "year", "series_id", "integer"])
@pytest.mark.parametrize("family", FIELDS)
def test_of_a_field_of_a_flat_file(family, kind, monkeypatch):
    columns = DATA_COLUMNS if kind != "integer" else schemas.columns_of(("a", "sort_sequence"))
    names = [column.name for column in columns if not column.source]
    place = names.index("sort_sequence" if kind == "integer" else kind)

    def read(n: int) -> None:
        texts = [b"PRS1", b"1995", b"Q01", b"1", b""] if kind != "integer" else [b"x", b"1"]
        texts[place] = FIELDS[family](n)
        lines = [b"\t".join(texts), _LINE % (b"1", b"")]
        stream = io.BytesIO(b"\n".join(lines))
        for _ in FlatFileReader(Header(tuple(names)), columns).read(stream):
            pass

    grows_in_step(monkeypatch, [fields, flatfile], read)


@pytest.mark.parametrize("family", FIELDS)
def test_of_a_header(family, monkeypatch):
    grows_in_step(
        monkeypatch,
        [],  # its patterns repeat one set of characters each
        lambda n: read_header("pr.class", b"a_code\t" + FIELDS[family](n)),
    )


@pytest.mark.parametrize("family", ANSWERS)
def test_of_an_answer_of_the_population_api(family, monkeypatch):
    grows_in_step(
        monkeypatch,
        [answer],
        lambda n: or_refused(answer.parse_population, ANSWERS[family](n)),
    )
