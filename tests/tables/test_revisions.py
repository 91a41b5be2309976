"""What changed between two vintages: each change once, and nothing else."""

from __future__ import annotations

from collections import Counter
from typing import Any, Optional

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glue_jobs.tables.convert import Content, convert_data
from glue_jobs.tables.revisions import (
    SCHEMA,
    Counted,
    compare_vintages,
    defines_revised,
    first_vintage,
    read_vintage,
)
from tests.captures import capture, needs_captures

Key = tuple[str, int, str]
Figure = tuple[Optional[float], str, Optional[str]]  # value, footnotes, text
Values = dict[Key, Figure]

DATA = pa.schema(
    {
        "series_id": pa.dictionary(pa.int32(), pa.string()),
        "year": pa.int32(),
        "period": pa.dictionary(pa.int32(), pa.string()),
        "value": pa.float64(),
        "footnote_codes": pa.string(),
        "value_text": pa.string(),
    }
)


def batches(vintage: Values, size: int):
    """A vintage's rows in their order, in batches of a size; some of them empty."""
    rows = [(*key, *vintage[key]) for key in sorted(vintage)]
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        columns = [
            pa.array([row[place] for row in part], field.type) for place, field in enumerate(DATA)
        ]
        yield pa.record_batch(columns, schema=DATA)
        yield pa.record_batch([column[:0] for column in columns], schema=DATA)


def changes(before: Values, after: Values, sizes: tuple[int, int] = (3, 2)):
    found = compare_vintages(batches(before, sizes[0]), batches(after, sizes[1]))
    return pa.Table.from_batches(list(found), SCHEMA).to_pylist()


def expected(before: Values, after: Values) -> list[dict[str, Any]]:
    """The definition: key by key, by hand."""
    rows = []
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        if old is not None and new is not None and meant(old) == meant(new):
            continue
        if old is None:
            change = "added"
        elif new is None:
            change = "withdrawn"
        else:
            text = "text" if meant(old)[2] != meant(new)[2] else "footnote"
            change = "revised" if old[0] != new[0] else text
        nothing = (None, None, None)
        figures = [*(new or nothing), *(old or nothing)]
        names = ["value", "footnote_codes", "value_text"]
        names += [f"previous_{name}" for name in names]
        given_key = dict(zip(["series_id", "year", "period"], key))
        rows.append({**given_key, "change": change, **dict(zip(names, figures))})
    return rows


def meant(figure: Figure) -> Figure:
    """A figure, of which - says no more than a blank."""
    value, notes, text = figure
    return value, notes, None if text == "-" else text


def meanings(vintage: Values) -> Values:
    return {key: meant(figure) for key, figure in vintage.items()}


def applied(before: Values, rows: list[dict[str, Any]]) -> Values:
    after = dict(before)
    for row in rows:
        key = (row["series_id"], row["year"], row["period"])
        if row["change"] == "withdrawn":
            del after[key]
        else:
            after[key] = (row["value"], row["footnote_codes"], row["value_text"])
    return after


KEYS = st.tuples(
    st.sampled_from(["PRS1", "PRS2", "PRS21", "PRS3"]),
    st.integers(1800, 1804) | st.just(2100),
    st.sampled_from(["Q01", "Q05", "M13", "A01"]),
)
FIGURES = st.tuples(
    st.sampled_from([0.0, 1.5, -2.0]), st.sampled_from(["", "R", "P,R"]), st.none()
) | st.tuples(st.none(), st.sampled_from(["", "R"]), st.sampled_from([None, "-", "<0.5", "N"]))
VINTAGES = st.dictionaries(KEYS, FIGURES, max_size=30)


@given(VINTAGES, VINTAGES, st.tuples(st.integers(1, 9), st.integers(1, 9)))
def test_the_changes_are_those_that_were_made_wherever_the_batches_are_cut(before, after, sizes):
    found = changes(before, after, sizes)
    assert found == expected(before, after)
    assert meanings(applied(before, found)) == meanings(after)


@given(st.lists(VINTAGES, min_size=1, max_size=5))
def test_all_changes_in_turn_give_the_last_vintage(vintages):
    known: Values = {}
    for before, after in zip([{}, *vintages], vintages):
        known = applied(known, changes(before, after))
        assert meanings(known) == meanings(after)


def test_the_first_vintage_is_all_of_it():
    vintage: Values = {
        ("PRS1", 2020, "Q01"): (1.0, "R", None),
        ("PRS1", 2020, "Q02"): (None, "", "-"),
    }
    rows = pa.Table.from_batches(list(first_vintage(batches(vintage, 1))), SCHEMA).to_pylist()
    assert [
        (row["change"], row["value"], row["footnote_codes"], row["value_text"]) for row in rows
    ] == [("first", 1.0, "R", None), ("first", None, "", "-")]
    assert {row["previous_value"] for row in rows} == {None}


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        ((1.0, "", None), (1.0, "R", None), "footnote"),
        ((1.0, "R", None), (1.0, "", None), "footnote"),
        ((1.0, "R", None), (2.0, "", None), "revised"),
        ((None, "", None), (2.0, "", None), "revised"),
        ((2.0, "", None), (None, "-", None), "revised"),
        ((2.0, "", None), (None, "", "<0.5"), "revised"),
        ((None, "", "<0.5"), (None, "R", "<0.1"), "text"),
        ((None, "", "-"), (None, "", "<0.1"), "text"),
    ],
)
def test_a_change_is_named_after_what_it_changes(old, new, change):
    key = ("PRS1", 2020, "Q01")
    (row,) = changes({key: old}, {key: new})
    assert row["change"] == change


def test_a_dash_in_place_of_a_blank_is_no_change():
    key = ("PRS1", 2020, "Q01")
    assert changes({key: (None, "", "-")}, {key: (None, "", None)}) == []
    assert changes({key: (None, "", None)}, {key: (None, "", "-")}) == []


@pytest.mark.parametrize(
    ("note", "count"), [("R", 0), ("P,R", 0), ("R,P", 0), ("", 1), ("P", 1), ("RX", 1)]
)
def test_a_revised_value_without_bls_s_mark_is_counted(note, count):
    keys = [("PRS1", 2020, "Q01"), ("PRS1", 2020, "Q02"), ("PRS1", 2020, "Q03")]
    before: Values = dict.fromkeys(keys[:2], (1.0, "", None))
    after: Values = {
        keys[0]: (2.0, note, None),
        keys[1]: (1.0, "X", None),
        keys[2]: (1.0, "", None),
    }
    counted = Counted()
    list(counted.watch(compare_vintages(batches(before, 9), batches(after, 9))))
    assert counted.unflagged == count


@pytest.mark.parametrize(("note", "count"), [("R", 1), ("P,R", 1), ("", 0), ("P", 0)])
def test_a_new_observation_that_is_marked_as_revised_is_counted(note, count):
    keys = [("PRS1", 2020, "Q01"), ("PRS1", 2020, "Q02")]
    before: Values = {keys[0]: (1.0, "R", None)}
    after: Values = {keys[0]: (2.0, "R", None), keys[1]: (1.0, note, None)}
    counted = Counted()
    list(counted.watch(compare_vintages(batches(before, 9), batches(after, 9))))
    assert counted.born_marked == count


@pytest.mark.parametrize(
    ("texts", "defines"),
    [
        ({"R": "Revised"}, True),
        ({"r": "Revised"}, False),
        ({"R": "Reserved", "P": "preliminary"}, False),
        ({"R": "This value was revised."}, True),
        ({"P": "Revised"}, False),
    ],
)
def test_a_survey_marks_revisions_if_its_footnotes_say_so(texts, defines, tmp_path):
    table = pa.table({"footnote_code": list(texts), "footnote_text": list(texts.values())})
    pq.write_table(table, tmp_path / "footnote")
    with (tmp_path / "footnote").open("rb") as stream:
        assert defines_revised(stream) == defines


@needs_captures
@pytest.mark.parametrize("name", ["pr.data.0.Current", "pr.data.1.AllData"])
def test_real_vintages_differ_by_as_much_as_was_counted_independently(name, tmp_path):
    lines = capture(f"expected/revisions-{name}.csv").read_text().splitlines()
    header, *rows = (line.split(",") for line in lines)
    for row in rows:
        counts = dict(zip(header, row))
        found: Counter[str] = Counter()
        counted = Counted()
        before, after = (vintage_of(name, counts[end], tmp_path) for end in ("from", "to"))
        with before, after:
            for batch in counted.watch(compare_vintages(read_vintage(before), read_vintage(after))):
                found.update(batch.column("change").to_pylist())
        for change in ("added", "revised", "withdrawn"):
            assert found[change] == int(counts[change]), row
        assert found["footnote"] == int(counts["footnote_only"]), row
        assert (counted.unflagged == 0) == (counts["r_explains_every_change"] == "True"), row


def vintage_of(name, month, folder):
    path, target = capture(f"bls/pr/{month}/{name}"), folder / month
    convert_data(Content(name, path.stat().st_size, lambda: path.open("rb")), target, folder)
    return target.open("rb")
