"""U13 to U19: what BLS serves as it should holds what it should not, and the build decides."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable

import pyarrow.parquet as pq
import pytest

from glue_jobs.catalog.pointers import load_pointer
from glue_jobs.errors import GuardTripped, QualityFailure
from glue_jobs.sample.upstream import Upstream
from glue_jobs.tables import plan
from tests.faults.lake import DATA_FILE, Lake, body_of, change_file, observation

if TYPE_CHECKING:
    from glue_jobs.catalog.pointers import Pointer, TableFile
    from glue_jobs.errors import LakeError

ALL_DATA = "pr.data.1.AllData"
HEADER = "series_id        \tyear\tperiod\t       value\tfootnote_codes\r\n"
LAST = "PRS88003203"  # the last series of the sample's file, whose last figure is of 2025 Q02
NEXT = (LAST, "2025", "Q03")
SAMPLE_ROWS = 1851


def with_lines(*lines: bytes) -> Callable[[bytes], bytes]:
    return lambda body: body + b"".join(lines)


def with_header(*names: str) -> Callable[[bytes], bytes]:
    header = "\t".join(names) + "\r\n"
    return lambda body: header.encode() + body.split(b"\n", 1)[1]


def first_line_again(*, value: str | None = None) -> Callable[[bytes], bytes]:
    """Repeats the first row behind itself, as it is or with another value."""

    def change(body: bytes) -> bytes:
        header, row, rest = body.split(b"\n", 2)
        again = row if value is None else row.replace(b"2.6", value.encode())
        return b"\n".join([header, row, again, rest])

    return change


def reordered(body: bytes) -> bytes:
    rows = [line.split("\t") for line in body.decode().splitlines()]
    return "".join("\t".join(row[::-1]) + "\r\n" for row in rows).encode()


def backwards(body: bytes) -> bytes:
    header, *rows = body.splitlines(keepends=True)
    return b"".join([header, *rows[::-1]])


@dataclass(frozen=True)
class Accepted:
    """A file that is published in spite of something.

    Attributes:
        change: makes it from the sample's data file.
        rows: in its table.
        rejects: pairs of a line number and a pattern in the reason.
        warning: a pattern, or empty for none.
    """

    change: Callable[[bytes], bytes]
    rows: int = SAMPLE_ROWS
    rejects: tuple[tuple[int, str], ...] = ()
    warning: str = ""


def one_reject(line: bytes, reason: str) -> Accepted:
    return Accepted(with_lines(line), rejects=((SAMPLE_ROWS + 2, reason),))


def one_more(line: bytes) -> Accepted:
    return Accepted(with_lines(line), rows=SAMPLE_ROWS + 1)


ACCEPTED = {
    "U13-bom": Accepted(lambda body: b"\xef\xbb\xbf" + body),
    "U13-line-feeds": Accepted(lambda body: body.replace(b"\r\n", b"\n")),
    "U13-mixed-line-ends": Accepted(lambda body: body.replace(b"\r\n", b"\n", 900)),
    "U13-no-last-line-end": Accepted(lambda body: body.rstrip(b"\r\n")),
    "U13-blank-last-line": Accepted(with_lines(b"\r\n")),
    "U13-line-of-blanks": Accepted(with_lines(b"  \t \t\r\n")),
    "U13-latin-1": one_reject(observation(*NEXT, "1.0", "R\xe9".encode("latin-1").decode("latin-1"))
                              .decode().encode("latin-1"), "is not UTF-8"),
    "U13-nul": one_reject(observation(*NEXT, "1\x000"), "holds a NUL byte"),
    "U14-too-few-fields": one_reject(b"PRS88003203\t2025\tQ03\r\n", "has 3 fields .* header has 5"),
    "U14-too-many-fields": one_reject(
        observation(*NEXT, "1.0").rstrip() + b"\tR\tmore\r\n", "has 6 fields where"),
    "U14-blank-further-fields": one_more(observation(*NEXT, "1.0").rstrip(b"\r\n") + b"\t \t\r\n"),
    "U14-no-series": one_reject(observation("", "2025", "Q03", "1.0"), "series_id is blank"),
    "U14-year-in-words": one_reject(observation(LAST, "MMXX", "Q03", "1"), "'MMXX' is not a whole"),
    "U14-year-far-off": one_reject(observation(LAST, "20250", "Q03", "1"), "20250 is not a year"),
    "U14-no-year": one_reject(observation(LAST, "", "Q03", "1"), "year is blank"),
    "U14-period-unknown": one_reject(observation(LAST, "2025", "Q06", "1"), "period 'Q06' is none"),
    "U14-no-period": one_reject(observation(LAST, "2025", "", "1"), "period"),
    "U14-number-in-words": one_reject(observation(*NEXT, "many"), "'many' is not a number"),
    "U15-identical-keys": Accepted(first_line_again(), warning="repeats 1 rows word for word"),
    "U16-new-column": Accepted(
        lambda body: with_header("series_id", "year", "period", "value", "footnote_codes", "note")(
            body.replace(b"\r\n", b"\tx\r\n")),
        warning="columns that the table has not: note"),
    "U16-reordered": Accepted(reordered),
    "U16-capitals": Accepted(with_header("Series_ID", "YEAR", "Period", "Value", "Footnote_Codes")),
    "U17-dash": one_more(observation(*NEXT, "-", "N")),
    "U17-blank": one_more(observation(*NEXT, "")),
    "U17-negative": one_more(observation(*NEXT, "-0.125")),
    "U17-nan": one_reject(observation(*NEXT, "NaN"), "'NaN' is not a number"),
    "U17-infinite": one_reject(observation(*NEXT, "inf"), "'inf' is not a number"),
    "U17-1e400": one_reject(observation(*NEXT, "1e400"), "'1e400' is not a number"),
    "U17-comma": one_reject(observation(*NEXT, "1,234"), "'1,234' is not a number"),
    "U17-hexadecimal": one_reject(observation(*NEXT, "0x1F"), "'0x1F' is not a number"),
    "U17-40-digits": one_reject(observation(*NEXT, "1" * 40), "has 40 digits, more than"),
    "U18-unsorted": Accepted(backwards, warning="is not sorted by series_id, year, period"),
}  # fmt: skip


@pytest.fixture
def current(lake):
    """Serves another data file, lands and builds it; returns the lake and what the build said."""

    def serve(change: Callable[[bytes], bytes], name: str = DATA_FILE):
        change_file(lake.upstream, name, change(body_of(lake.upstream, name)))
        assert lake.land_bls().failures == ()
        return lake.build()

    return serve


@pytest.mark.parametrize("case", ACCEPTED.values(), ids=ACCEPTED)
def test_a_release_with_a_flaw_that_can_be_borne_is_published(case, lake, current):
    done = current(case.change)
    assert done.failures == ()
    release = done.summary["releases"]["pr"]
    assert release["rejects"] == len(case.rejects)
    assert len(release["warnings"]) == bool(case.warning)
    assert re.search(case.warning, " ".join(release["warnings"]))
    made = file_of(lake, DATA_FILE)
    assert (made.rows, made.rejects) == (case.rows, len(case.rejects))
    table = pq.read_table(lake.folder / release["folder"] / made.path)
    assert table.num_rows == case.rows
    keys = list(zip(*(table[name].to_pylist() for name in ("series_id", "year", "period"))))
    assert keys == sorted(set(keys))
    check_rejects(lake, release["folder"] + made.rejects_path, case)
    lake.check()


def check_rejects(lake: Lake, path: str, case: Accepted) -> None:
    """The lines set aside are there to be read: number, reason and text."""
    if not case.rejects:
        assert path.endswith("/")
        return
    lines = case.change(body_of_sample()).split(b"\n")
    text = (lake.folder / path).read_text("utf-8")
    rejects = [json.loads(line) for line in text.splitlines()]
    assert [reject["line"] for reject in rejects] == [line for line, _ in case.rejects]
    for reject, (line, reason) in zip(rejects, case.rejects):
        assert re.search(reason, reject["reason"])
        shown = lines[line - 1].rstrip(b"\r").decode("utf-8", "backslashreplace")
        assert reject["text"].split() == shown[:200].split()


def body_of_sample() -> bytes:
    return body_of(Upstream.sample(), DATA_FILE)


def pointer_of(lake: Lake) -> Pointer:
    pointer = load_pointer(lake.storage, "pr")
    assert pointer is not None
    return pointer


def file_of(lake: Lake, source: str) -> TableFile:
    (file,) = [
        file
        for table, file in pointer_of(lake).files()
        if file.source == source and table != "pr_revisions"
    ]
    return file


@dataclass(frozen=True)
class Refused:
    """A file that is not published."""

    change: Callable[[bytes], bytes]
    says: str
    error: type[LakeError] = QualityFailure
    name: str = DATA_FILE


def two_rejects(line: bytes) -> Callable[[bytes], bytes]:
    return with_lines(line, line)


REFUSED = {
    "U13-all-latin-1": Refused(
        lambda body: body.replace(b"R\r\n", b"\xe9\r\n"), "lines cannot be read.* is not UTF-8"),
    "U14-two-of-1853": Refused(
        two_rejects(observation(*NEXT, "many")),
        r"pr.data.0.Current: 2 lines cannot be read, more than 0.1%; the first is line 1853, which"
        " value 'many' is not a number.* last good release stands"),
    "U14-all-cut": Refused(lambda body: body.replace(b"\tQ", b" Q"), "at least .* has 4 fields"),
    "U14-one-of-few": Refused(
        with_lines(b"x\r\n"), "pr.class: 1 lines cannot be read.*line 4", name="pr.class"),
    "U15-conflicting-keys": Refused(
        first_line_again(value="9.9"),
        "2 lines cannot be read.*line 2, which contradicts another row of the same key"),
    "U16-missing-column": Refused(
        with_header("series_id", "year", "period", "figure", "footnote_codes"),
        "pr.data.0.Current has no column value; its header is .'series_id', 'year',"),
    "U16-column-twice": Refused(
        with_header("series_id", "year", "period", "value", "value"), "has several columns value"),
    "U16-no-header": Refused(lambda body: body.split(b"\n", 1)[1], "has no column series_id"),
    "U16-series-without-header": Refused(
        lambda body: body.split(b"\n", 1)[1], "pr.series has no header line", name="pr.series"),
    "U16-series-by-another-name": Refused(
        lambda body: body.replace(b"series_id", b"series_no"),
        "pr.series does not begin with the column series_id", name="pr.series"),
    "U16-table-became-a-text": Refused(
        lambda body: b"See the web site.\r\n", "pr.class has no header line", name="pr.class"),
    "U19-fewer-rows": Refused(
        lambda body: b"".join(body.splitlines(keepends=True)[:1600]),
        "has 1,599 rows where the last release had 1,851.*--allow-shrink", GuardTripped),
    "U19-header-only": Refused(
        lambda body: body.splitlines(keepends=True)[0], "has 0 rows where", GuardTripped),
    "U19-empty": Refused(lambda body: b"", "has no column series_id"),
    "unknown-series": Refused(
        with_lines(observation("PRS99999999", "2025", "Q01", "1.0")),
        "observations of the series PRS99999999, which the series file does not name"),
    "series-withdrawn": Refused(
        lambda body: b"".join(body.splitlines(keepends=True)[:-1]),
        "observations of the series PRS88003203", name="pr.series"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_a_release_with_a_flaw_that_cannot_be_borne_leaves_the_last_one(case, lake, current):
    before = lake.pointed()
    served = lake.upstream.surveys["pr"][case.name]
    done = current(case.change, case.name)
    assert type(done.error) is case.error
    assert done.exit_code == 7
    assert re.search(case.says, done.told), done.told
    assert done.summary["releases"]["pr"] == {"error": str(done.error)}
    assert lake.pointed() == before
    lake.check()
    again = lake.build()
    assert str(again.error) == str(done.error)
    assert lake.pointed() == before
    # BLS mends its file; the raw zone keeps what it served meanwhile.
    change_file(lake.upstream, case.name, served.body, served.last_modified)
    assert lake.run_all() == []
    assert lake.pointed() == before
    assert len(lake.storage.versions(f"raw/bls/pr/{case.name}")) == 3
    lake.check()


def test_u19_a_shrunken_file_is_published_when_it_is_allowed(lake, current):
    assert current(REFUSED["U19-fewer-rows"].change).exit_code == 7
    done = lake.build(allow_shrink=True)
    assert done.failures == ()
    assert done.summary["releases"]["pr"]["rows"]["pr_data"] == 1599 + SAMPLE_ROWS


def test_u19_a_tenth_less_is_borne(lake, current):
    done = current(lambda body: b"".join(body.splitlines(keepends=True)[:1668]))
    assert done.failures == ()


def test_the_population_is_published_though_the_survey_is_not(lake, current):
    lake.upstream.cubes["acs_yg_total_population_1"] = lake.upstream.cubes[
        "acs_yg_total_population_1"
    ].replace(b"334914896", b"334914897")
    assert lake.land_population().failures == ()
    done = current(REFUSED["U16-missing-column"].change)
    assert done.exit_code == 7
    assert done.summary["releases"]["population"]["changed"] is True
    lake.check()


def test_only_what_changed_is_converted_again(lake, current):
    before = pointer_of(lake)
    done = current(with_lines(b"9\tNew workers\t0\tT\t3\r\n"), "pr.class")
    release = done.summary["releases"]["pr"]
    assert release["converted"] == ["pr.class"]
    after = pointer_of(lake)
    assert (before.release, after.release) == ("20250904T123000Z", "20251209T133000Z")
    assert before.tables["pr_revisions"] == after.tables["pr_revisions"]
    old = {file.path: file for _, file in before.files()}
    for table, file in after.files():
        if table == "pr_revisions":
            continue
        linked = (lake.folder / before.folder / file.path).samefile(
            lake.folder / after.folder / file.path
        )
        changed = file.path.startswith(("class/", "sources/"))
        assert linked != changed
        assert (file == old[file.path]) != changed
    lake.check()


def test_a_reject_of_an_unchanged_file_goes_along(lake, current):
    current(ACCEPTED["U17-nan"].change)
    first = file_of(lake, DATA_FILE)
    rejects = lake.folder / pointer_of(lake).folder / first.rejects_path
    text = rejects.read_text()
    done = current(with_lines(b"9\tNew workers\t0\tT\t3\r\n"), "pr.class")
    assert done.summary["releases"]["pr"]["rejects"] == 1
    assert file_of(lake, DATA_FILE) == first
    moved = lake.folder / pointer_of(lake).folder / first.rejects_path
    assert moved.read_text() == text


def test_an_older_release_that_comes_back_is_published_again(lake, current):
    before = lake.pointed()
    served = lake.upstream.surveys["pr"][DATA_FILE]
    assert current(ACCEPTED["U17-nan"].change).failures == ()
    change_file(lake.upstream, DATA_FILE, served.body, served.last_modified)
    assert lake.run_all() == []
    assert lake.pointed() == before


@pytest.mark.parametrize("accepted", ["U14-no-year", "U15-identical-keys", "U18-unsorted"])
def test_a_release_after_another_is_the_one_that_a_new_lake_makes(
    accepted, lake, current, tmp_path
):
    assert current(ACCEPTED[accepted].change).failures == ()
    alone = Lake(tmp_path / "alone", lake.upstream)
    assert alone.run_all() == []
    folder = pointer_of(alone).folder
    assert pointer_of(lake).folder == folder
    made = {path: hashed for path, hashed in lake.tree().items() if path.startswith(folder)}
    assert made == {
        path: hashed for path, hashed in alone.tree().items() if path.startswith(folder)
    }


def test_another_schema_converts_every_file_again(lake, monkeypatch):
    before = pointer_of(lake)
    monkeypatch.setattr(plan, "SCHEMA_VERSION", 1000)
    release = lake.build().summary["releases"]["pr"]
    assert release["folder"] != before.folder
    sources = {file.source for _, file in before.files() if file.source}
    assert set(release["converted"]) == sources
    assert lake.build().summary["changed"] is False
    lake.check()
