"""No bytes make a parser fail otherwise than by refusing them, and what it accepts is right."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.effort import examples
from tests.fuzz.inputs import (
    answers,
    flat_files,
    listings,
    made_up_answers,
    made_up_flat_files,
    made_up_listings,
    mutated,
)
from tests.fuzz.properties import (
    check_conversion,
    check_flat_file,
    check_listing,
    check_population,
)

BLOCKS = st.one_of(st.just(0), st.integers(1, 300), st.just(1 << 16))


@examples(150)
@given(st.binary(max_size=300))
def test_arbitrary_bytes(body):
    check_listing(body)
    check_flat_file(body)
    check_population(body)


@examples(150)
@given(st.text(max_size=300))
def test_arbitrary_text(text):
    body = text.encode("utf-8", "surrogatepass")
    check_listing(body)
    check_flat_file(body)
    check_population(body)


@examples(400)
@given(st.one_of(mutated(listings), made_up_listings()))
def test_listings(page):
    check_listing(page)


@examples(350)
@given(st.one_of(mutated(flat_files), made_up_flat_files()), BLOCKS)
def test_flat_files(file, block_bytes):
    check_flat_file(file, block_bytes)


@examples(150)
@given(st.one_of(mutated(flat_files), made_up_flat_files()))
def test_conversions(file):
    check_conversion(file)


@examples(400)
@given(st.one_of(mutated(answers), made_up_answers()))
def test_populations(body):
    check_population(body)
