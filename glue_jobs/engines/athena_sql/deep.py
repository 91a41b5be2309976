"""Deeply nested statements: room to work on them, and a sentence where there is too little.

The parser, the rewrites and the generator all call themselves once or more for every level. Python
stops that at 1,000 calls, which 250 conditions joined by OR already take.
"""

from __future__ import annotations

import functools
import sys
import threading
from typing import Any, Callable, TypeVar, cast

from glue_jobs.errors import UnsupportedSQL

_Function = TypeVar("_Function", bound=Callable[..., Any])

# sqlglot's parser takes about 20 calls for a bracket, the rewrites and the generator fewer.
_CALLS = 40_000
# A call takes at most about 4 kB of the stack where the interpreter itself runs on it (Python 3.9
# and 3.10). Only what is used is ever taken from memory.
_STACK_BYTES = 256 * 1024 * 1024
# One at a time: the limits belong to the whole process.
_LIMITS = threading.Lock()
_RUNNING = threading.local()


def with_room(function: _Function) -> _Function:
    """The function, run on a stack that deep nesting needs.

    Raises:
        UnsupportedSQL: even that is too little.
    """

    @functools.wraps(function)
    def deep(*given: Any, **named: Any) -> Any:
        if getattr(_RUNNING, "deep", False):
            return function(*given, **named)
        return _run(lambda: function(*given, **named))

    return cast("_Function", deep)


def _run(work: Callable[[], Any]) -> Any:
    """What the work gives or raises, done in a thread with a large stack."""
    outcome: list[Any] = []
    failure: list[BaseException] = []

    def perform() -> None:
        _RUNNING.deep = True
        try:
            outcome.append(work())
        except RecursionError:
            failure.append(
                UnsupportedSQL(
                    "The statement is nested too deeply for the local engine.",
                    hint="Write it with fewer brackets, or as several WITH.",
                )
            )
        except BaseException as error:  # noqa: BLE001 - raised again below, in the caller's thread
            failure.append(error)

    with _LIMITS:
        calls, size = sys.getrecursionlimit(), threading.stack_size(_STACK_BYTES)
        sys.setrecursionlimit(max(calls, _CALLS))
        try:
            thread = threading.Thread(target=perform, daemon=True)
            thread.start()
        finally:
            threading.stack_size(size)
        try:
            thread.join()
        finally:
            sys.setrecursionlimit(calls)
    if failure:
        raise failure[0]
    return outcome[0]
