"""Intervals: constants, and what is made of them.

Athena has two kinds, one of milliseconds and one of months, which it never mixes. Both are DuckDB's
one INTERVAL here; that has days, too, so what is made of a first kind is counted in milliseconds.
Source: https://trino.io/docs/current/language/types.html and a real Trino 476 (2026-11).
"""

from __future__ import annotations

import re

from sqlglot import exp

from athena_sql.guard import reads
from athena_sql.nodes import (
    Translator,
    call,
    not_in_athena,
    number,
    plain_cast,
    type_of,
    typed,
    untranslated,
)
from athena_sql.types import BIGINT, DAYS, DOUBLE, INTEGERS, MONTHS, NUMBERS, AthenaType

DAY_MILLISECONDS = 86_400_000
_MILLISECONDS = {"DAY": DAY_MILLISECONDS, "HOUR": 3_600_000, "MINUTE": 60_000, "SECOND": 1000}
_MONTHS = {"YEAR": 12, "MONTH": 1}
_SECONDS = r"(\d+)(?:\.(\d*))?"
# What Athena reads leniently (INTERVAL '1' DAY TO SECOND) is refused.
_SPANS = {
    ("DAY", "HOUR"): r"(\d+) (\d+)",
    ("DAY", "MINUTE"): r"(\d+) (\d+):(\d+)",
    ("DAY", "SECOND"): rf"(\d+) (\d+):(\d+):{_SECONDS}",
    ("HOUR", "MINUTE"): r"(\d+):(\d+)",
    ("HOUR", "SECOND"): rf"(\d+):(\d+):{_SECONDS}",
    ("MINUTE", "SECOND"): rf"(\d+):{_SECONDS}",
    ("YEAR", "MONTH"): r"(\d+)-(\d+)",
}
_LARGEST = 2**31
_AMOUNT = "athena_interval"


@reads(exp.Interval, "this", "unit")
def interval(_: Translator, node: exp.Expr) -> exp.Expr:
    """INTERVAL '1' DAY, INTERVAL '1.5' SECOND, INTERVAL '1-2' YEAR TO MONTH."""
    amount, sign = node.this, 1
    if isinstance(amount, exp.Neg):
        amount, sign = _unsigned(amount), -1
    unit = node.args.get("unit")
    first, last = _fields(unit) if isinstance(unit, exp.IntervalSpan) else ("", "")
    first = first or (unit.name.upper() if isinstance(unit, exp.Var) else "")
    if first not in (*_MILLISECONDS, *_MONTHS):
        raise not_in_athena(
            f"an interval in {first or 'no unit'}",
            hint="Write INTERVAL '7' DAY for a week, INTERVAL '3' MONTH for a quarter.",
        )
    written = str(amount.name) if isinstance(amount, exp.Literal) else ""
    if written[:1] in ("-", "+"):
        sign, written = sign * (-1 if written[0] == "-" else 1), written[1:]
    if not last and written.isdigit() and int(written) < _LARGEST:
        return _simple(first, sign * int(written))
    pattern = _SPANS.get((first, last), _SECONDS if first == "SECOND" and not last else "")
    found = re.fullmatch(pattern, written) if pattern else None
    if found is None:
        raise untranslated(
            f"INTERVAL '{amount.name}' {first}{f' TO {last}' if last else ''}",
            hint="Write INTERVAL '1' DAY, INTERVAL '1 2:03:04' DAY TO SECOND or the like.",
        )
    return _made_of(found, first, sign)


@reads(exp.Neg, "this")
def _unsigned(node: exp.Expr) -> exp.Expr:
    """What stands behind the minus of an interval's amount."""
    inner: exp.Expr = node.this
    return inner


@reads(exp.IntervalSpan, "this", "expression")
def _fields(node: exp.Expr) -> tuple[str, str]:
    """The first and last unit of DAY TO SECOND."""
    return node.this.name.upper(), node.expression.name.upper()


def _simple(unit: str, amount: int) -> exp.Expr:
    """An interval of whole units, which later rewrites look into."""
    kind = MONTHS if unit in _MONTHS else DAYS
    node = typed(exp.Interval(this=exp.Literal.string(str(amount)), unit=exp.Var(this=unit)), kind)
    node.meta[_AMOUNT] = amount * _MILLISECONDS.get(unit, 0)
    return node


def _made_of(found: re.Match[str], first: str, sign: int) -> exp.Expr:
    """An interval of several units, or of a fraction of a second, which Athena cuts to three."""
    sizes = _MONTHS if first in _MONTHS else _MILLISECONDS
    units = [*sizes][[*sizes].index(first) :]
    total = sum(int(part) * sizes[unit] for part, unit in zip(found.groups(), units))
    if sizes is _MONTHS:
        return _simple("MONTH", sign * total)
    fraction = "".join(part or "" for part in found.groups()[len(units) :])
    total += int(f"{fraction}000"[:3])
    node = call("to_milliseconds", DAYS, plain_cast(number(sign * total), BIGINT))
    node.meta[_AMOUNT] = sign * total
    return node


def constant_milliseconds(node: exp.Expr) -> int | None:
    """How long an interval of days to seconds is that was written as a constant."""
    amount = node.unnest().meta.get(_AMOUNT)
    return amount if isinstance(amount, int) and type_of(node) == DAYS else None


def milliseconds(node: exp.Expr) -> exp.Expr:
    """The length of an interval of days to seconds."""
    return call("epoch_ms", BIGINT, node)


def of_milliseconds(count: exp.Expr) -> exp.Expr:
    """An interval of so many milliseconds."""
    return call("to_milliseconds", DAYS, plain_cast(count, BIGINT))


def months(node: exp.Expr) -> exp.Expr:
    """The length of an interval of years to months."""
    return call("athena_months", BIGINT, node)


def of_months(count: exp.Expr) -> exp.Expr:
    """An interval of so many months."""
    return call("to_months", MONTHS, plain_cast(count, AthenaType("integer")))


def interval_arithmetic(
    operator: type[exp.Binary], left: exp.Expr, right: exp.Expr
) -> exp.Expr | None:
    """The operator on an interval and another, or a number; None if Athena has none such."""
    kinds = [type_of(left), type_of(right)]
    if operator is exp.Mul and kinds[0].name in NUMBERS:
        left, right, kinds = right, left, kinds[::-1]
    kind, other = kinds
    if operator in (exp.Add, exp.Sub):
        return typed(operator(this=left, expression=right), kind) if kind == other else None
    if operator not in (exp.Mul, exp.Div) or other.name not in NUMBERS:
        return None
    length, made = (milliseconds, of_milliseconds) if kind == DAYS else (months, of_months)
    if operator is exp.Mul and other.name in INTEGERS:
        product = exp.Mul(this=length(left), expression=right)
        return made(typed(exp.Paren(this=product), BIGINT))
    macro = "athena_interval_times" if operator is exp.Mul else "athena_interval_divided"
    return made(call(macro, DOUBLE, length(left), plain_cast(right, DOUBLE)))
