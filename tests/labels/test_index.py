"""The search index: what is written is read, and damage is told in a sentence."""

from __future__ import annotations

import random

import pytest

from glue_jobs.errors import IntegrityFailure
from glue_jobs.labels import index_format
from glue_jobs.labels.index import Entry, write_index
from glue_jobs.labels.index_reading import NOWHERE, Index, ranks_in
from glue_jobs.labels.index_words import fold_plural, words_of

COLORS = ("red", "green", "blue", "white")


def entries(count: int) -> list[Entry]:
    """Every second one is even, every hundredth is round."""
    made = []
    for number in range(count):
        title = f"Number {number} of {COLORS[number % 4]} {'evens' if number % 2 == 0 else 'odds'}"
        words = "round" if number % 100 == 0 else ""
        seasonal = "S" if number % 3 == 0 else "U"
        year = 2025 if number % 5 else 2001
        made.append(Entry(f"XXU{number:06d}", title, words, "monthly", seasonal, year, "M09"))
    return made


@pytest.fixture
def path(tmp_path):
    return tmp_path / "xx.index"


def found_ids(index: Index, word: str, *, in_title: bool = False) -> set[str]:
    return {
        segment.at_rank(rank).series_id
        for segment in index.segments
        for rank in ranks_in(
            segment.postings(word).title if in_title else segment.postings(word).all,
            segment.series,
        )
    }


@pytest.mark.parametrize("segment", [64, 1000, index_format.SEGMENT])
def test_every_word_finds_the_series_that_have_it(path, segment, monkeypatch):
    monkeypatch.setattr(index_format, "SEGMENT", segment)
    made = entries(2500)
    write_index(path, "xx", made)
    index = Index(path)
    assert index.survey == "xx"
    assert len(index.segments) == -(-2500 // segment)
    assert found_ids(index, "even") == {one.series_id for one in made[::2]}  # stored as bits
    assert found_ids(index, "1234") == {"XXU001234"}  # stored as a list
    assert found_ids(index, "round") == {one.series_id for one in made[::100]}
    assert found_ids(index, "round", in_title=True) == set()
    assert found_ids(index, "=S") == {one.series_id for one in made[::3]}
    assert index.segments[0].postings("absent") == NOWHERE


def test_what_is_shown_of_a_series_is_found_by_its_id(path):
    write_index(path, "xx", [*entries(200), Entry("XXU999999", "tab\tand\nline", last_period="M1")])
    index = Index(path)
    shown = index.with_id("XXU000123")
    assert shown == ("XXU000123", "Number 123 of white odds", "monthly", "S", "M09", 2025)
    last = index.with_id("XXU999999")
    assert last is not None
    assert last.title == "tab and line"
    assert index.with_id("XXU0001230") is None
    assert index.with_id("AAA") is None


def test_the_best_come_first(path):
    living = Entry("XXS1", "Eggs in all sizes and colors", "", "monthly", "S", 2025)
    write_index(
        path,
        "xx",
        [
            Entry("XXA1", "Eggs", "", "annual", "U", 2025),
            Entry("XXA2", "Eggs", "", "monthly", "U", 1999),
            Entry("XXA3", "Eggs", "Alabama", "monthly", "U", 2025),
            Entry("XXA4", "Eggs", "", "monthly", "U", 1999, score=200),
            living,
        ],
    )
    (segment,) = Index(path).segments
    order = [segment.at_rank(rank).series_id for rank in ranks_in(segment.postings("egg").all, 9)]
    assert order == ["XXA4", "XXS1", "XXA1", "XXA3", "XXA2"]
    assert len(list(ranks_in(segment.postings("egg").all, 2))) == 2


def test_the_same_entries_give_the_same_bytes(path, tmp_path):
    write_index(path, "xx", entries(500))
    write_index(tmp_path / "again", "xx", iter(entries(500)))
    assert path.read_bytes() == (tmp_path / "again").read_bytes()


def test_an_index_without_series_is_one(path):
    write_index(path, "xx", [])
    assert (Index(path).segments, Index(path).newest) == ([], 0)


@pytest.mark.parametrize("second", ["XXU1", "XXU0"])
def test_entries_in_another_order_are_refused(path, second):
    with pytest.raises(ValueError, match=f"{second} comes after XXU1"):
        write_index(path, "xx", [Entry("XXU1", "one"), Entry(second, "two")])


@pytest.mark.parametrize("left", [0, 20, 1000, -1])
def test_a_file_that_was_cut_is_damaged(path, left):
    write_index(path, "xx", entries(500))
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(IntegrityFailure, match=r"^The search index xx.index is damaged: .*\.$"):
        Index(path)


def test_another_file_is_no_index(path):
    path.write_bytes(b"PAR1" * 100)
    with pytest.raises(IntegrityFailure, match="does not begin as an index of this version"):
        Index(path)


def test_a_segment_of_more_series_than_are_written_is_refused(path, monkeypatch):
    """Whoever reads it would make a number of as many bits."""
    write_index(path, "xx", entries(500))
    monkeypatch.setattr(index_format, "SEGMENT", 100)
    with pytest.raises(IntegrityFailure, match="more series than any"):
        Index(path)


def test_a_changed_byte_is_told_or_changes_nothing(path):
    """Wherever a bit flips: what is read of the file is right, or the failure is told."""
    write_index(path, "xx", entries(300))
    whole = path.read_bytes()

    def read() -> object:
        index = Index(path)
        (segment,) = index.segments
        words = [segment.postings(word) for word in ("even", "17", "round", "=U")]
        ranks = [segment.at_rank(rank) for rank in range(300)]
        return words, ranks, list(segment.lengths), list(segment.scores), index.with_id("XXU000123")

    right = read()
    told = 0
    for place in random.Random(7).sample(range(len(whole)), 300):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        try:
            assert read() == right
        except IntegrityFailure:
            told += 1
    assert told > 100


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Prices of the industries", ["price", "industry"]),
        ("All items in U.S. city average", ["all", "item", "us", "city", "average"]),
        ("Men's and women’s apparel", ["man", "woman", "apparel"]),
        ("12-month % change; 1982-84=100", ["12", "month", "change", "1982", "84", "100"]),
        ("Mayagüez, PR", ["mayaguez", "pr"]),
        ("(Seas) Business gas taxes", ["seas", "business", "gas", "tax"]),
    ],
)
def test_words_of_a_text(text, words):
    assert words_of(text) == words


def test_singular_and_plural_become_one_word():
    for one, many in [("wage", "wages"), ("city", "cities"), ("tomato", "tomatoes")]:
        assert fold_plural(one) == fold_plural(many)
