"""Functions on dates and timestamps that take a unit or a pattern.

The unit and the pattern decide what DuckDB has to do, so they must be constants.

Source: https://trino.io/docs/current/functions/datetime.html (2026-11).
"""

from __future__ import annotations

import re

from sqlglot import exp

from glue_jobs.engines.athena_sql.casts import local_time
from glue_jobs.engines.athena_sql.nodes import (
    Rewrite,
    Translator,
    call,
    literal_text,
    not_in_athena,
    number,
    plain_cast,
    text,
    type_of,
    typed,
)
from glue_jobs.engines.athena_sql.patterns import joda, mysql, readable
from glue_jobs.engines.athena_sql.types import (
    BIGINT,
    DATE,
    DAYS,
    DOUBLE,
    INTEGER,
    INTEGERS,
    MONTHS,
    NUMBERS,
    TEMPORALS,
    TIMESTAMP,
    TIMESTAMP_ZONED,
    UNKNOWN,
    VARCHAR,
    ZONED,
    AthenaType,
)
from glue_jobs.errors import UnsupportedSQL

_TIME_UNITS = ("millisecond", "second", "minute", "hour")

# What DuckDB adds for one of a unit: the function that makes an interval, and how many.
_STEPS = {
    "millisecond": ("to_milliseconds", 1),
    "second": ("to_seconds", 1),
    "minute": ("to_minutes", 1),
    "hour": ("to_hours", 1),
    "day": ("to_days", 1),
    "week": ("to_days", 7),
    "month": ("to_months", 1),
    "quarter": ("to_months", 3),
    "year": ("to_months", 12),
}

_ZONE = re.compile(r"UTC|[A-Z][A-Za-z_]+(/[A-Z][A-Za-z_]+)+")


def _unit(node: exp.Expr, function: str, kind: AthenaType) -> str:
    unit = literal_text(node, f"the unit of {function}").lower()
    if unit not in _STEPS:
        raise not_in_athena(f"the unit '{unit}' in {function}")
    if kind == DATE and unit in _TIME_UNITS:
        raise not_in_athena(f"the unit '{unit}' in {function} of a date", hint="Cast to timestamp.")
    return unit


def _moment(translator: Translator, node: exp.Expr, function: str) -> exp.Expr:
    """A date or timestamp; DuckDB would read a string for one."""
    moment = translator.visit(node)
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


def _arguments(node: exp.Expr, *counts: int) -> list[exp.Expr]:
    arguments: list[exp.Expr] = node.expressions
    if len(arguments) not in counts:
        raise not_in_athena(f"{node.name} with {len(arguments)} arguments")
    return arguments


def date_add(translator: Translator, node: exp.Expr) -> exp.Expr:
    """Athena: of the argument's type. DuckDB's interval makes a timestamp of a date."""
    unit_node, count_node, moment_node = _arguments(node, 3)
    moment = _moment(translator, moment_node, "date_add")
    kind = type_of(moment)
    function, size = _STEPS[_unit(unit_node, "date_add", kind)]
    count = translator.visit(count_node)
    if type_of(count).name not in (*INTEGERS, "unknown"):
        raise not_in_athena(f"{type_of(count)} as the number of units in date_add")
    count = plain_cast(count, INTEGER) if function in ("to_days", "to_months") else count
    if size > 1:
        count = exp.Mul(this=count, expression=number(size))
    result = exp.Paren(this=exp.Add(this=moment, expression=call(function, DAYS, count)))
    return plain_cast(result, DATE) if kind == DATE else typed(result, kind)


def date_diff(translator: Translator, node: exp.Expr) -> exp.Expr:
    """Athena: full units between. DuckDB's date_diff counts boundaries crossed."""
    unit_node, *moment_nodes = _arguments(node, 3)
    moments = [_moment(translator, moment, "date_diff") for moment in moment_nodes]
    dates = all(type_of(moment) == DATE for moment in moments)
    unit = _unit(unit_node, "date_diff", DATE if dates else TIMESTAMP)
    return call("date_sub", BIGINT, text(unit), *moments)


def date_trunc(translator: Translator, node: exp.Expr) -> exp.Expr:
    """Athena: of the argument's type. DuckDB 2 makes a timestamp of a date."""
    unit_node, moment_node = _arguments(node, 2)
    moment = _moment(translator, moment_node, "date_trunc")
    kind = type_of(moment)
    if kind.name == ZONED and len(kind.arguments) > 1:
        raise UnsupportedSQL("The local engine does not truncate a timestamp in another zone.")
    unit = _unit(unit_node, "date_trunc", kind)
    result = call("date_trunc", kind, text(unit), moment)
    return plain_cast(result, DATE) if kind == DATE else result


def _format_with(patterns: str) -> Rewrite:
    """Athena: text of a moment; a timestamp with a zone shows the clock there."""

    def rewrite(translator: Translator, node: exp.Expr) -> exp.Expr:
        moment_node, pattern_node = _arguments(node, 2)
        moment = local_time(_moment(translator, moment_node, node.name))
        written = literal_text(pattern_node, f"the pattern of {node.name}")
        pattern = mysql(written) if patterns == "mysql" else joda(written)
        return call("strftime", VARCHAR, moment, text(pattern))

    return rewrite


def _parse_with(patterns: str) -> Rewrite:
    """Athena: an error if the text does not follow the pattern, white space included."""

    def rewrite(translator: Translator, node: exp.Expr) -> exp.Expr:
        value_node, pattern_node = _arguments(node, 2)
        value = translator.visit(value_node)
        if type_of(value).name not in ("varchar", "unknown"):
            raise not_in_athena(f"{type_of(value)} in {node.name}")
        written = literal_text(pattern_node, f"the pattern of {node.name}")
        pattern = readable(mysql(written) if patterns == "mysql" else joda(written), written)
        parsed = call("athena_parse_time", TIMESTAMP, value, text(pattern))
        if patterns == "mysql":
            return parsed
        return call("timezone", TIMESTAMP_ZONED, text("UTC"), parsed)

    return rewrite


def at_timezone(translator: Translator, node: exp.Expr) -> exp.Expr:
    """The same moment, shown elsewhere: the zone goes into the type, for who asks the clock.

    A timestamp without a zone counts as UTC, Athena's session zone.
    """
    if isinstance(node, exp.AtTimeZone):
        moment_node, zone_node = node.this, node.args["zone"]
    else:
        moment_node, zone_node = _arguments(node, 2)
    zone = literal_text(zone_node, "the zone of AT TIME ZONE")
    if not _ZONE.fullmatch(zone):
        raise UnsupportedSQL(
            f"The local engine does not know the time zone '{zone}'.",
            hint="Use a name such as America/New_York.",
        )
    moment = _moment(translator, moment_node, "AT TIME ZONE")
    kind = type_of(moment)
    if kind.name != ZONED:
        moment = call("timezone", TIMESTAMP_ZONED, text("UTC"), plain_cast(moment, TIMESTAMP))
    precision = kind.arguments[0] if kind.arguments else 3
    arguments = (precision,) if zone == "UTC" else (precision, zone)
    return typed(exp.Paren(this=moment), AthenaType(ZONED, arguments))


def from_unixtime(translator: Translator, node: exp.Expr) -> exp.Expr:
    """Seconds since 1970 as a timestamp in UTC, to the millisecond."""
    (seconds_node,) = _arguments(node, 1)
    seconds = translator.visit(seconds_node)
    if type_of(seconds).name not in NUMBERS:
        raise not_in_athena(f"{type_of(seconds)} in from_unixtime")
    moment = call("to_timestamp", TIMESTAMP_ZONED, plain_cast(seconds, DOUBLE))
    return call("athena_milliseconds", TIMESTAMP_ZONED, moment)


def date_of(translator: Translator, node: exp.Expr) -> exp.Expr:
    """date(x): CAST(x AS date)."""
    (value,) = _arguments(node, 1)
    to = exp.DataType.build("date")
    return translator.visit(exp.Cast(this=value, to=to))


def from_iso8601_date(translator: Translator, node: exp.Expr) -> exp.Expr:
    """A date from YYYY-MM-DD; weeks and days of the year, which Athena reads too, are an error."""
    (value,) = _arguments(node, 1)
    if type_of(translator.visit(value.copy())).name != "varchar":
        raise not_in_athena("from_iso8601_date of anything but a string")
    return date_of(translator, node)


def to_iso8601(translator: Translator, node: exp.Expr) -> exp.Expr:
    """A date as YYYY-MM-DD."""
    (value,) = _arguments(node, 1)
    moment = translator.visit(value)
    if type_of(moment) != DATE:
        raise UnsupportedSQL("The local engine translates to_iso8601 of a date only.")
    return plain_cast(moment, VARCHAR)


def millisecond(translator: Translator, node: exp.Expr) -> exp.Expr:
    """The milliseconds within the second. DuckDB's count the seconds in."""
    (value,) = _arguments(node, 1)
    moment = local_time(_moment(translator, value, "millisecond"))
    whole = call("date_part", BIGINT, text("millisecond"), moment)
    return typed(exp.Paren(this=exp.Mod(this=whole, expression=number(1000))), BIGINT)


def extract(translator: Translator, node: exp.Expr) -> exp.Expr:
    """EXTRACT(field FROM x): the function of that name; Athena has no epoch."""
    field = node.name.lower()
    fields = {"doy", "dow", "year_of_week", "yow", "day_of_week", "day_of_month", "day_of_year"}
    if field not in fields | {
        "year",
        "quarter",
        "month",
        "week",
        "day",
        "hour",
        "minute",
        "second",
    }:
        raise UnsupportedSQL(f"The local engine does not translate EXTRACT({field.upper()} ...).")
    return translator.visit(exp.Anonymous(this=field, expressions=[node.expression]))


def current_date(_: Translator, __: exp.Expr) -> exp.Expr:
    """Today in UTC, as in Athena."""
    return plain_cast(call("now", TIMESTAMP_ZONED), DATE)


def current_timestamp(_: Translator, __: exp.Expr) -> exp.Expr:
    """The start of the query in UTC, to the millisecond."""
    return call("athena_milliseconds", TIMESTAMP_ZONED, call("now", TIMESTAMP_ZONED))


def local_timestamp(translator: Translator, node: exp.Expr) -> exp.Expr:
    """The start of the query in UTC, without a zone."""
    return local_time(current_timestamp(translator, node))


def date_sequence(arguments: list[exp.Expr]) -> exp.Expr:
    """Athena: dates. DuckDB gives timestamps, and by months 31, 29, 29."""
    first, last, *rest = arguments
    step = rest[0] if rest else typed(exp.Interval(this=text("1"), unit=exp.Var(this="DAY")), DAYS)
    kinds = [type_of(first), type_of(last)]
    amount = step.this.name if isinstance(step, exp.Interval) else ""
    unit = step.args["unit"].name if isinstance(step, exp.Interval) else ""
    if kinds != [DATE, DATE] or not amount.isdigit() or int(amount) < 1:
        raise UnsupportedSQL(
            "The local engine translates a sequence of dates with a constant interval of days, "
            "months or years that goes up."
        )
    months = {"MONTH": 1, "YEAR": 12}.get(unit)
    result = AthenaType("array", (DATE,))
    if type_of(step) == MONTHS and months:
        return call("athena_month_sequence", result, first, last, number(int(amount) * months))
    if unit != "DAY":
        raise not_in_athena("a sequence of dates in steps of hours")
    return call("athena_day_sequence", result, first, last, number(int(amount)))


TIME_FUNCTIONS: dict[str, Rewrite] = {
    "date_add": date_add,
    "date_diff": date_diff,
    "date_trunc": date_trunc,
    "date_format": _format_with("mysql"),
    "date_parse": _parse_with("mysql"),
    "format_datetime": _format_with("joda"),
    "parse_datetime": _parse_with("joda"),
    "at_timezone": at_timezone,
    "from_unixtime": from_unixtime,
    "date": date_of,
    "from_iso8601_date": from_iso8601_date,
    "to_iso8601": to_iso8601,
    "millisecond": millisecond,
    "now": current_timestamp,
}
TIME_NODES: dict[type[exp.Expr], Rewrite] = {
    exp.AtTimeZone: at_timezone,
    exp.Extract: extract,
    exp.CurrentDate: current_date,
    exp.CurrentTimestamp: current_timestamp,
    exp.Localtimestamp: local_timestamp,
}
