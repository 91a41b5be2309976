"""Deeply nested statements: room to work on them, and a sentence for what is nested too deeply.

The parser, the rewrites and the generator all call themselves once or more for every level. Python
stops that at 1,000 calls, which 250 conditions joined by OR already take. So a statement that meets
this end is worked on again with more room (``with_room``), and two bounds keep it far from the end
of that: one on what is written (``refuse_deep``), one on what comes of it (``refuse_tall``).
"""

from __future__ import annotations

import contextlib
import functools
import sys
import threading
from typing import Any, Callable, TypeVar, cast

from sqlglot import exp
from sqlglot.parsers.trino import TrinoParser
from sqlglot.tokenizer_core import Token, TokenType

from athena_sql.errors import UnsupportedSQL

_Function = TypeVar("_Function", bound=Callable[..., Any])

# Brackets, CASE and signs within each other. DuckDB stops at 1,000 levels of its own, and a query
# within a query takes four of them.
_LEVELS = 200
# sqlglot tries what follows such a word as a type and again as a call: the time doubles with each
# level, and is a second at twelve.
_LEVELS_OF_TYPE_WORDS = 10
# Levels of the DuckDB statement, of 1,000 that DuckDB reads; its macros need some of them.
_HEIGHT = 800
# DuckDB reads a chain of these as one level.
_FLAT = (exp.And, exp.Or, exp.SetOperation)
_OPENING = {TokenType.L_PAREN: TokenType.R_PAREN, TokenType.L_BRACKET: TokenType.R_BRACKET}
_UNARY = (TokenType.NOT, TokenType.DASH, TokenType.PLUS)

# What Python allows unless somebody has said otherwise; then a stack may end before the calls do.
_USUAL_CALLS = 1_000
# 5,000 conditions joined by OR take three calls each, a bracket in sqlglot's parser about 20.
_CALLS = 40_000
# A call takes at most about 4 kB of the stack where the interpreter itself runs on it (Python 3.9
# and 3.10). Only what is used is ever taken from memory.
_STACK_BYTES = 256 * 1024 * 1024
# One at a time: the limits belong to the whole process.
_LIMITS = threading.Lock()
_RUNNING = threading.local()


def with_room(function: _Function) -> _Function:
    """The function; where it meets the end of the stack, run once more on a larger one.

    It must not change what it is given.

    Raises:
        UnsupportedSQL: even that is too little.
    """

    @functools.wraps(function)
    def deep(*given: Any, **named: Any) -> Any:
        if getattr(_RUNNING, "deep", False):
            return function(*given, **named)
        if sys.getrecursionlimit() <= _USUAL_CALLS:
            with contextlib.suppress(RecursionError):
                return function(*given, **named)
        return _run(lambda: function(*given, **named))

    return cast("_Function", deep)


def refuse_deep(tokens: list[Token]) -> None:
    """Refuses a text that is nested more deeply than anybody writes by hand.

    Raises:
        UnsupportedSQL: it is.
    """
    expected: list[TokenType] = []
    words: list[int] = []
    signs = 0
    before = TokenType.SEMICOLON
    for token in tokens:
        kind = token.token_type
        signs = signs + 1 if kind in _UNARY else 0
        if kind in _OPENING or kind == TokenType.CASE:
            if before in TrinoParser.TYPE_TOKENS:
                words.append(len(expected))
            expected.append(_OPENING.get(kind, TokenType.END))
        elif expected and kind == expected[-1]:
            expected.pop()
            if words and words[-1] == len(expected):
                words.pop()
        if len(expected) + signs > _LEVELS or len(words) > _LEVELS_OF_TYPE_WORDS:
            raise _too_deep()
        before = kind


def refuse_tall(tree: exp.Expr) -> None:
    """Refuses a DuckDB statement that DuckDB would not read.

    Raises:
        UnsupportedSQL: it is nested too deeply.
    """
    below = [(tree, 1)]
    while below:
        node, height = below.pop()
        if height > _HEIGHT:
            raise _too_deep()
        for child in node.iter_expressions():
            flat = isinstance(node, _FLAT) and type(child) is type(node)
            # DuckDB goes through six levels of its own for a query within a query.
            levels = 4 if isinstance(child, exp.Select) else 1
            below.append((child, height if flat else height + levels))


def _too_deep() -> UnsupportedSQL:
    return UnsupportedSQL(
        "The statement is nested too deeply for the local engine.",
        hint="Write it with fewer brackets or shorter chains, or as several WITH.",
    )


def _run(work: Callable[[], Any]) -> Any:
    """What the work gives or raises, done in a thread with a large stack."""
    outcome: list[Any] = []
    failure: list[BaseException] = []

    def perform() -> None:
        _RUNNING.deep = True
        try:
            outcome.append(work())
        except RecursionError:
            failure.append(_too_deep())
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
