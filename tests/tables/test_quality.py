"""What must hold before a file's rows are published."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glue_jobs.errors import GuardTripped, QualityFailure
from glue_jobs.tables.flatfile import Reject
from glue_jobs.tables.quality import (
    MAPPING,
    OBSERVATIONS,
    SERIES,
    Findings,
    check_shrinking,
    check_texts,
    count_unlisted,
)


def series_table(names) -> io.BytesIO:
    sink = io.BytesIO()
    pq.write_table(pa.table({"series_id": pa.array(names, pa.string())}), sink)
    sink.seek(0)
    return sink


def numbered(count, step=1):
    return [f"S{n:07}" for n in range(0, count, step)]


# Series that are not listed.

MANY = numbered(200_000)  # more than three of the windows in which a series file is read


def data_table(names, group=50_000) -> io.BytesIO:
    sink = io.BytesIO()
    table = pa.table({"series_id": names, "value": range(len(names))})
    pq.write_table(table, sink, row_group_size=group)
    return sink


def test_a_series_file_may_name_series_without_observations():
    few = numbered(200_000, step=40_000)
    assert count_unlisted(data_table(few, 2), series_table(MANY)) == (0, "")


@pytest.mark.parametrize("missing", [0, 1, 65_535, 65_536, 100_000, 199_998, 199_999])
@pytest.mark.parametrize("group", [30_000, 200_000])
def test_one_unlisted_series_is_found_wherever_it_stands(missing, group):
    known = MANY[:missing] + MANY[missing + 1 :]
    assert count_unlisted(data_table(MANY, group), series_table(known)) == (1, MANY[missing])


@pytest.mark.parametrize("observed", [[], ["A"]])
def test_where_no_series_are_listed_every_observation_counts(observed):
    count = count_unlisted(data_table(observed), series_table([]))
    assert count == (len(observed), "A" if observed else "")


def test_every_observation_of_an_unlisted_series_counts():
    table = data_table(["A", "A", "B", "B", "B", "C"], group=2)
    assert count_unlisted(table, series_table(["A", "C"])) == (3, "B")


@settings(max_examples=60, deadline=None)
@given(
    st.sets(st.text("ABC", min_size=1, max_size=3)),
    st.lists(st.text("ABC", min_size=1, max_size=3), min_size=1),
    st.integers(1, 5),
)
def test_what_is_counted_is_what_is_not_in_the_set(known, observed, group):
    unlisted = sorted(name for name in observed if name not in known)
    counted = count_unlisted(data_table(sorted(observed), group), series_table(sorted(known)))
    assert counted == (len(unlisted), unlisted[0] if unlisted else "")


# Rejects.


def rejects(count):
    return [Reject(count + 1 - n, f"reason {count + 1 - n}", "text") for n in range(count)]


@pytest.mark.parametrize(
    ("rejected", "rows", "fails"),
    [
        pytest.param(0, 0, False, id="nothing-at-all"),
        pytest.param(1, 999, False, id="exactly-a-thousandth"),
        pytest.param(1, 998, True, id="one-row-less"),
        pytest.param(3, 2_997, False, id="three-of-three-thousand"),
        pytest.param(3, 2_996, True, id="three-of-less"),
        pytest.param(70, 69_930, False, id="seventy-of-seventy-thousand"),
        pytest.param(1, 0, True, id="nothing-but-a-reject"),
    ],
)
def test_u14_a_thousandth_of_the_lines_may_be_rejects_and_no_more(rejected, rows, fails):
    findings = Findings("pr.data.0.Current", OBSERVATIONS, 1000)
    findings.reject(rejects(rejected))
    if not fails:
        findings.finish(rows)
        assert len(findings.rejects) == rejected
        return
    with pytest.raises(QualityFailure) as caught:
        findings.finish(rows)
    assert str(caught.value) == (
        f"pr.data.0.Current: {rejected} lines cannot be read, more than 0.1%;"
        " the first is line 2, which reason 2."
    )
    assert caught.value.hint == "The raw file is kept as it was received."


def test_the_limit_is_exact_at_every_size():
    for count in range(1, 2000):
        findings = Findings("x", OBSERVATIONS, 10_000, rejects=[Reject(2, "r", "t")] * count)
        findings.finish(999 * count)
        with pytest.raises(QualityFailure):
            findings.finish(999 * count - 1)


@pytest.mark.parametrize(
    ("tolerance", "rejected", "rows", "fails"),
    [
        pytest.param(MAPPING, 3, 1, False, id="three-of-four-lines"),
        pytest.param(MAPPING, 4, 71, True, id="four-of-75"),
        pytest.param(MAPPING, 4, 396, False, id="a-hundredth"),
        pytest.param(MAPPING, 5, 494, True, id="more-than-a-hundredth"),
        pytest.param(MAPPING, 1, 0, True, id="all-of-them"),
        pytest.param(SERIES, 3, 10, False, id="three-series"),
        pytest.param(SERIES, 4, 3_995, True, id="more-than-a-thousandth"),
    ],
)
def test_u14_a_mapping_file_may_lose_three_lines_or_a_hundredth(tolerance, rejected, rows, fails):
    findings = Findings("pr.class", tolerance, 1000)
    findings.reject(rejects(rejected))
    if fails:
        with pytest.raises(QualityFailure, match="more than 3 lines and"):
            findings.finish(rows)
    else:
        findings.finish(rows)
        assert findings.warnings == [
            f"pr.class has lines that cannot be read, and were set aside: {rejected}."
        ]


def test_u14_hopelessly_many_rejects_end_the_reading():
    findings = Findings("x", OBSERVATIONS, 10)
    findings.reject(rejects(10))
    with pytest.raises(QualityFailure, match="at least 11 lines"):
        findings.reject(rejects(1))


# Shrinking.


@pytest.mark.parametrize(
    ("before", "now", "fails"),
    [
        *((100, 90, False), (100, 89, True), (10, 9, False), (10, 8, True)),
        *((1, 1, False), (1, 0, True), (0, 0, False), (0, 5, False)),
        *((41_000, 36_900, False), (41_000, 36_899, True)),
    ],
)
def test_u19_a_tenth_of_the_rows_may_vanish_and_no_more(before, now, fails):
    check_shrinking("x", before, now, allowed=True)
    if not fails:
        check_shrinking("x", before, now, allowed=False)
        return
    with pytest.raises(GuardTripped, match=r"^x has .* rows where the last release had") as caught:
        check_shrinking("x", before, now, allowed=False)
    assert "--allow-shrink" in caught.value.hint


@given(st.integers(1, 10**9))
def test_u19_the_limit_is_exact_at_every_size(tenth):
    check_shrinking("x", 10 * tenth, 9 * tenth, allowed=False)
    with pytest.raises(GuardTripped):
        check_shrinking("x", 10 * tenth, 9 * tenth - 1, allowed=False)


# Text in place of numbers.


@pytest.mark.parametrize(
    ("texts", "before", "fails"),
    [
        pytest.param(10, 0.0, False, id="a-hundredth"),
        pytest.param(11, 0.0, True, id="more"),
        pytest.param(11, 0.0055, False, id="twice-as-much-as-before"),
        pytest.param(12, 0.0055, True, id="more-than-twice"),
        pytest.param(500, 0.5, False, id="as-before"),
    ],
)
def test_u17_much_text_must_have_been_there_before(texts, before, fails):
    check_texts("x", texts, 1000, before, allowed=True)
    if not fails:
        check_texts("x", texts, 1000, before, allowed=False)
        return
    with pytest.raises(GuardTripped, match=f"^x has text in place of {texts} of 1,000 values"):
        check_texts("x", texts, 1000, before, allowed=False)
