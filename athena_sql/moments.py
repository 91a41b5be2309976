"""Dates and timestamps with intervals, and their differences."""

from __future__ import annotations

from sqlglot import exp

from athena_sql.errors import UnsupportedSQL
from athena_sql.intervals import (
    DAY_MILLISECONDS,
    constant_milliseconds,
    interval_arithmetic,
    of_milliseconds,
)
from athena_sql.nodes import (
    Translator,
    call,
    not_in_athena,
    plain_cast,
    type_of,
    typed,
    untranslated,
)
from athena_sql.types import (
    BIGINT,
    DATE,
    DAYS,
    INTEGER,
    INTERVALS,
    MONTHS,
    TEMPORALS,
    UNKNOWN,
    ZONED,
    AthenaType,
)
from athena_sql.zones import UTC, moved_in_zone, zone_of

_SIGNS = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%"}


def time_arithmetic(operator: type[exp.Binary], left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """An operator of which one side at least is a date, a timestamp or an interval.

    Raises:
        InvalidSQL: Athena has none for these types.
    """
    kinds = [type_of(left), type_of(right)]
    if UNKNOWN in kinds:
        raise untranslated(
            f"{kinds[0]} {_SIGNS[operator]} {kinds[1]}", hint="Cast the parameter or null."
        )
    if operator is exp.Add and kinds[0].name in INTERVALS and kinds[1].name in TEMPORALS:
        left, right, kinds = right, left, kinds[::-1]
    made: exp.Expr | None = None
    if kinds[0].name not in TEMPORALS:
        made = interval_arithmetic(operator, left, right)
    elif kinds[1].name in INTERVALS and operator in (exp.Add, exp.Sub):
        made = _moved(operator, left, right)
    elif kinds[1].name in TEMPORALS and operator is exp.Sub:
        made = _difference(left, right)
    if made is None:
        raise not_in_athena(
            f"{kinds[0]} {_SIGNS[operator]} {kinds[1]}",
            hint="Use date_diff('day', a, b), or date_add('day', n, a).",
        )
    return made


def _difference(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """Athena: an interval of days to seconds, to the millisecond. DuckDB: of dates, a number."""
    if type_of(left) == DATE == type_of(right):
        days = exp.Paren(this=exp.Sub(this=left, expression=right))
        return call("to_days", DAYS, plain_cast(days, INTEGER))
    return of_milliseconds(call("athena_milliseconds_between", BIGINT, right, left))


def _moved(operator: type[exp.Binary], moment: exp.Expr, interval: exp.Expr) -> exp.Expr:
    """Athena: a date plus an interval stays a date. DuckDB: a timestamp."""
    kind, months = type_of(moment), type_of(interval) == MONTHS
    if kind == DATE:
        return _moved_date(operator, moment, interval)
    if kind.name == ZONED and months and zone_of(kind) != UTC:
        step = exp.Neg(this=interval) if operator is exp.Sub else interval
        return moved_in_zone(moment, step)
    if not months:
        # An interval has milliseconds, so the sum has them, too.
        kind = AthenaType(kind.name, (max(3, kind.arguments[0]), *kind.arguments[1:]))
    return typed(operator(this=moment, expression=interval), kind)


def _moved_date(operator: type[exp.Binary], date: exp.Expr, interval: exp.Expr) -> exp.Expr:
    length = constant_milliseconds(interval)
    if length is not None and length % DAY_MILLISECONDS:
        raise not_in_athena("hours, minutes or seconds added to a date")
    if length is None and type_of(interval) == DAYS:
        interval = call("athena_whole_days", DAYS, interval)
    return plain_cast(operator(this=date, expression=interval), DATE)


def moment_of(translator: Translator, node: exp.Expr, function: str) -> exp.Expr:
    """A date or timestamp; DuckDB would read a string for one."""
    return temporal(translator.visit(node), function)


def temporal(moment: exp.Expr, function: str) -> exp.Expr:
    """The same, of what is translated already."""
    if type_of(moment) == UNKNOWN:
        raise UnsupportedSQL(
            f"The local engine has to know the type in {function}.",
            hint="Write CAST(? AS date) or CAST(? AS timestamp).",
        )
    if type_of(moment).name not in TEMPORALS:
        raise not_in_athena(
            f"{type_of(moment)} in {function}", hint="Cast to date or timestamp first."
        )
    return moment
