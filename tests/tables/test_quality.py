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
from glue_jobs.tables.quality import Findings, KnownSeries, check_shrinking


def series_table(names) -> io.BytesIO:
    sink = io.BytesIO()
    pq.write_table(pa.table({"series_id": pa.array(names, pa.string())}), sink)
    sink.seek(0)
    return sink


def batch(names) -> pa.RecordBatch:
    return pa.record_batch({"series_id": pa.array(names, pa.string()).dictionary_encode()})


def cut(names, size):
    return [batch(names[start : start + size]) for start in range(0, len(names), size)]


def numbered(count, step=1):
    return [f"S{n:07}" for n in range(0, count, step)]


# Known series.

MANY = numbered(200_000)  # more than three of the windows in which a series file is read


@pytest.mark.parametrize("size", [1000, 70_000, 200_000])
def test_known_series_pass_untouched_over_several_windows(size):
    given_batches = cut(MANY, size)
    passed = list(KnownSeries(series_table(MANY)).check("x", given_batches))
    assert len(passed) == len(given_batches)
    assert all(one is other for one, other in zip(passed, given_batches))


def test_a_series_file_may_name_series_without_observations():
    few = numbered(200_000, step=40_000)
    passed = list(KnownSeries(series_table(MANY)).check("x", cut(few, 2)))
    assert sum(one.num_rows for one in passed) == 5


def test_a_series_may_go_on_in_the_next_batch():
    parts = [batch(["A", "A"]), batch(["A", "B"]), batch([]), batch(["B", "C"])]
    assert len(list(KnownSeries(series_table("ABC")).check("x", parts))) == 4


@pytest.mark.parametrize("missing", [0, 1, 65_535, 65_536, 100_000, 199_998, 199_999])
@pytest.mark.parametrize("size", [30_000, 200_000])
def test_one_unknown_series_is_found_wherever_it_stands(missing, size):
    known = MANY[:missing] + MANY[missing + 1 :]
    with pytest.raises(QualityFailure, match=rf"^x has .* the series {MANY[missing]}, which"):
        list(KnownSeries(series_table(known)).check("x", cut(MANY, size)))


def test_with_no_series_known_the_first_is_named():
    with pytest.raises(QualityFailure, match="the series A, which the series file does not name"):
        list(KnownSeries(series_table([])).check("x", [batch(["A", "B"])]))


@settings(max_examples=60, deadline=None)
@given(
    st.sets(st.text("ABC", min_size=1, max_size=3)),
    st.sets(st.text("ABC", min_size=1, max_size=3), min_size=1),
    st.integers(1, 5),
)
def test_the_check_is_set_inclusion(known, observed, size):
    checked = KnownSeries(series_table(sorted(known))).check("x", cut(sorted(observed), size))
    if observed <= known:
        assert sum(one.num_rows for one in checked) == len(observed)
    else:
        with pytest.raises(QualityFailure, match=f"the series {min(observed - known)},"):
            list(checked)


@pytest.mark.parametrize("missing", [None, 0, 70_000, 149_999])
def test_a_table_that_is_parquet_already_is_checked_the_same(missing):
    observed = numbered(150_000)
    sink = io.BytesIO()
    table = pa.table({"series_id": observed, "value": range(150_000)})
    pq.write_table(table, sink, row_group_size=50_000)
    known = observed[:]
    if missing is None:
        KnownSeries(series_table(known)).check_table("x", sink)
        return
    del known[missing]
    with pytest.raises(QualityFailure, match=f"the series {observed[missing]},"):
        KnownSeries(series_table(known)).check_table("x", sink)


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
    findings = Findings("pr.data.0.Current", 1000)
    findings.reject(rejects(rejected))
    if not fails:
        findings.check_rejects(rows)
        assert len(findings.rejects) == rejected
        return
    with pytest.raises(QualityFailure) as caught:
        findings.check_rejects(rows)
    assert str(caught.value) == (
        f"pr.data.0.Current: {rejected} lines cannot be read, more than 0.1%;"
        " the first is line 2, which reason 2."
    )
    assert caught.value.hint == "The raw file is kept as it was received."


def test_the_limit_is_exact_at_every_size():
    for count in range(1, 2000):
        findings = Findings("x", 10_000, rejects=[Reject(2, "r", "t")] * count)
        findings.check_rejects(999 * count)
        with pytest.raises(QualityFailure):
            findings.check_rejects(999 * count - 1)


def test_u14_hopelessly_many_rejects_end_the_reading():
    findings = Findings("x", 10)
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
