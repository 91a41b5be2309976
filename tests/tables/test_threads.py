"""Several threads do what one would do, in its order."""

from __future__ import annotations

import threading
from itertools import count
from typing import TYPE_CHECKING

import pytest

from glue_jobs.tables.threads import count_in_use, map_ahead

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.mark.parametrize("threads", [0, 1, 2, 5])
def test_results_come_in_the_order_of_the_items(threads):
    assert list(map_ahead(str, range(50), threads)) == [str(number) for number in range(50)]


def test_two_items_are_at_work_at_once():
    both = threading.Barrier(2, timeout=60)
    assert len({*map_ahead(lambda _: both.wait(), range(2), 2)}) == 2


def test_without_threads_nothing_is_made_before_it_is_asked_for():
    items = count()
    results = map_ahead(str, items, 0)
    assert next(results) == "0"
    assert next(items) == 1


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_only_so_many_items_are_taken_ahead(threads):
    """Each holds a buffer."""
    taken: list[int] = []

    def take() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    for number, result in enumerate(map_ahead(abs, take(), threads)):
        assert result == number
        assert len(taken) <= number + count_in_use(threads)


@pytest.mark.parametrize("threads", [0, 2])
def test_a_failure_is_raised_in_its_place(threads):
    results = map_ahead(int, ["1", "2", "three", "4"], threads)
    assert [next(results), next(results)] == [1, 2]
    with pytest.raises(ValueError, match="three"):
        next(results)


@pytest.mark.parametrize("threads", [0, 1, 2, 5])
def test_a_failure_of_the_items_comes_after_what_comes_before_it(threads):
    def items() -> Iterator[str]:
        yield from ("1", "two")
        raise OSError

    results = map_ahead(int, items(), threads)
    assert next(results) == 1
    with pytest.raises(ValueError, match="two"):
        next(results)


def test_no_thread_is_left_when_nobody_asks_for_more():
    results = map_ahead(abs, count(), 3)
    assert next(results) == 0
    results.close()  # type: ignore[attr-defined]
    assert not [one for one in threading.enumerate() if "ThreadPoolExecutor" in one.name]
