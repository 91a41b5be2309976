"""Does what one thread would do in several, with the same results in the same order.

pyarrow lets other threads run while it parses, computes and writes, so one large file can use more
than one core.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Callable, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Future

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def count_in_use(threads: int) -> int:
    """How many items are in use at a time, at most: two wait, so that no thread has to."""
    return threads + 2 if threads else 1


def map_ahead(
    function: Callable[[_Item], _Result], items: Iterable[_Item], threads: int
) -> Iterator[_Result]:
    """What a function makes of each item, in order, made by threads before it is asked for.

    Args:
        function: called in several threads at once.
        items: taken one at a time, by the thread that asks.
        threads: how many; 0: nothing is made before it is asked for.
    """
    if not threads:
        yield from map(function, items)
        return
    waiting: deque[Future[_Result]] = deque()
    failure: Exception | None = None
    coming = iter(items)
    with ThreadPoolExecutor(threads) as pool:
        try:
            while failure is None:
                try:
                    item = next(coming)
                except StopIteration:
                    break
                except Exception as error:  # noqa: BLE001 - raised below, after what comes before it
                    failure = error
                else:
                    waiting.append(pool.submit(function, item))
                if len(waiting) == count_in_use(threads):
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:  # nobody asks for more, or one has failed
            pool.shutdown(cancel_futures=True)
    if failure is not None:
        raise failure
