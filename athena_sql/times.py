"""Functions on dates and timestamps that take a unit or a pattern.

The unit and the pattern decide what DuckDB has to do, so they must be constants.

Source: https://trino.io/docs/current/functions/datetime.html (2026-11).
"""

from __future__ import annotations

from sqlglot import exp

from athena_sql.casts import convert
from athena_sql.errors import UnsupportedSQL
from athena_sql.guard import reads
from athena_sql.intervals import milliseconds
from athena_sql.moments import moment_of, temporal
from athena_sql.nodes import (
    Rewrite,
    SpecialFunction,
    Translator,
    call,
    literal_text,
    not_in_athena,
    number,
    plain_cast,
    text,
    type_of,
    typed,
    untranslated,
)
from athena_sql.patterns import joda, mysql, readable
from athena_sql.types import (
    BIGINT,
    DATE,
    DAYS,
    INTEGER,
    INTEGERS,
    MONTHS,
    TIMESTAMP,
    TIMESTAMP_ZONED,
    VARCHAR,
    ZONED,
    AthenaType,
)
from athena_sql.zoned_times import ZONE_FUNCTIONS, at_time_zone
from athena_sql.zones import (
    UTC,
    instant,
    local_time,
    moved_in_zone,
    truncated_in_zone,
    zone_of,
    zoned_type,
)

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


def _unit(node: exp.Expr, function: str, kind: AthenaType) -> str:
    unit = literal_text(node, f"the unit of {function}").lower()
    if unit not in _STEPS:
        raise not_in_athena(f"the unit '{unit}' in {function}")
    if kind == DATE and unit in _TIME_UNITS:
        raise not_in_athena(f"the unit '{unit}' in {function} of a date", hint="Cast to timestamp.")
    return unit


def date_add(translator: Translator, node: exp.Expr) -> exp.Expr:
    """Athena: of the argument's type. DuckDB's interval makes a timestamp of a date."""
    unit_node, count_node, moment_node = node.expressions
    moment = moment_of(translator, moment_node, "date_add")
    kind = type_of(moment)
    function, size = _STEPS[_unit(unit_node, "date_add", kind)]
    count = translator.visit(count_node)
    if type_of(count).name not in (*INTEGERS, "unknown"):
        raise untranslated(f"{type_of(count)} as the number of units in date_add")
    by_clock = function in ("to_days", "to_months")
    count = plain_cast(count, INTEGER) if by_clock else count
    if size > 1:
        count = exp.Mul(this=count, expression=number(size))
    step = call(function, DAYS, count)
    if by_clock and kind.name == ZONED and zone_of(kind) != UTC:
        return moved_in_zone(moment, step)
    result = exp.Paren(this=exp.Add(this=moment, expression=step))
    return plain_cast(result, DATE) if kind == DATE else typed(result, kind)


def date_diff(translator: Translator, node: exp.Expr) -> exp.Expr:
    """Athena: full units between. DuckDB's date_diff counts boundaries crossed."""
    unit_node, *moment_nodes = node.expressions
    moments = [moment_of(translator, moment, "date_diff") for moment in moment_nodes]
    dates = all(type_of(moment) == DATE for moment in moments)
    unit = _unit(unit_node, "date_diff", DATE if dates else TIMESTAMP)
    zones = [zone_of(type_of(part)) for part in moments[:1] if type_of(part).name == ZONED]
    if zones and unit not in _TIME_UNITS:
        # Days are counted on the clock of the first one's zone.
        moments = [local_time(_in_zone_of(zones[0], part)) for part in moments]
    return call("date_sub", BIGINT, text(unit), *map(_to_milliseconds, moments))


def _in_zone_of(zone: str, moment: exp.Expr) -> exp.Expr:
    kind = type_of(moment)
    if kind.name != ZONED:
        moment = instant(plain_cast(moment, TIMESTAMP), UTC)
    return typed(exp.Paren(this=moment), zoned_type(type_of(moment).arguments[0], zone))


def _to_milliseconds(moment: exp.Expr) -> exp.Expr:
    """What Athena counts in; the digits behind are cut off."""
    kind = type_of(moment)
    if not kind.arguments or kind.arguments[0] <= 3:
        return moment
    return call("date_trunc", kind, text("millisecond"), moment)


def date_trunc(translator: Translator, node: exp.Expr) -> exp.Expr:
    """Athena: of the argument's type. DuckDB 2 makes a timestamp of a date."""
    unit_node, moment_node = node.expressions
    moment = moment_of(translator, moment_node, "date_trunc")
    kind = type_of(moment)
    unit = _unit(unit_node, "date_trunc", kind)
    if kind.name == ZONED and zone_of(kind) != UTC:
        return truncated_in_zone(unit, moment)
    result = call("date_trunc", kind, text(unit), moment)
    return plain_cast(result, DATE) if kind == DATE else result


def _format_with(patterns: str) -> Rewrite:
    """Athena: text of a moment; a timestamp with a zone shows the clock there."""

    def rewrite(translator: Translator, node: exp.Expr) -> exp.Expr:
        moment_node, pattern_node = node.expressions
        moment = local_time(moment_of(translator, moment_node, node.name))
        written = literal_text(pattern_node, f"the pattern of {node.name}")
        pattern = mysql(written) if patterns == "mysql" else joda(written)
        return call("strftime", VARCHAR, moment, text(pattern))

    return rewrite


def _parse_with(patterns: str) -> Rewrite:
    """Athena: an error if the text does not follow the pattern, white space included."""

    def rewrite(translator: Translator, node: exp.Expr) -> exp.Expr:
        value_node, pattern_node = node.expressions
        value = translator.visit(value_node)
        if type_of(value).name not in ("varchar", "unknown"):
            raise untranslated(f"{type_of(value)} in {node.name}")
        written = literal_text(pattern_node, f"the pattern of {node.name}")
        pattern = readable(mysql(written) if patterns == "mysql" else joda(written), written)
        if "%y" in pattern and (patterns == "joda" or not pattern.startswith("%y")):
            raise untranslated(f"two digits of a year in '{written}'", hint="Begin with them.")
        parsed = call("athena_parse_time", TIMESTAMP, value, text(pattern))
        if "%y" in pattern:
            parsed = call("athena_parse_two_digits", TIMESTAMP, value, parsed)
        if patterns == "mysql":
            return parsed
        return instant(parsed, UTC)

    return rewrite


def date_of(translator: Translator, node: exp.Expr) -> exp.Expr:
    """date(x): CAST(x AS date)."""
    return convert(translator.visit(node.expressions[0]), DATE)


def from_iso8601_date(translator: Translator, node: exp.Expr) -> exp.Expr:
    """A date from YYYY-MM-DD; weeks and days of the year, which Athena reads too, are an error."""
    value = translator.visit(node.expressions[0])
    if type_of(value).name != "varchar":
        raise untranslated("from_iso8601_date of anything but a string")
    return convert(value, DATE)


def millisecond(translator: Translator, node: exp.Expr) -> exp.Expr:
    """The milliseconds within the second. DuckDB's count the seconds in."""
    moment = translator.visit(node.expressions[0])
    if type_of(moment) == DAYS:
        whole = milliseconds(moment)
    else:
        local = local_time(temporal(moment, "millisecond"))
        whole = call("date_part", BIGINT, text("millisecond"), local)
    return typed(exp.Paren(this=exp.Mod(this=whole, expression=number(1000))), BIGINT)


@reads(exp.Extract, "this", "expression")
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


@reads(exp.CurrentDate)
def current_date(_: Translator, __: exp.Expr) -> exp.Expr:
    """Today in UTC, as in Athena."""
    return plain_cast(call("now", TIMESTAMP_ZONED), DATE)


@reads(exp.CurrentTimestamp)
@reads(exp.Anonymous, "this", "expressions")
def current_timestamp(_: Translator, __: exp.Expr) -> exp.Expr:
    """The start of the query in UTC, to the millisecond."""
    return _now()


@reads(exp.Localtimestamp)
def local_timestamp(_: Translator, __: exp.Expr) -> exp.Expr:
    """The start of the query in UTC, without a zone."""
    return local_time(_now())


def _now() -> exp.Expr:
    return call("athena_milliseconds", TIMESTAMP_ZONED, call("now", TIMESTAMP_ZONED))


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
        raise untranslated("a sequence of dates in steps of hours")
    return call("athena_day_sequence", result, first, last, number(int(amount)))


TIME_FUNCTIONS: dict[str, SpecialFunction] = {
    **ZONE_FUNCTIONS,
    "date_add": SpecialFunction(date_add, 3),
    "date_diff": SpecialFunction(date_diff, 3),
    "date_trunc": SpecialFunction(date_trunc, 2),
    "date_format": SpecialFunction(_format_with("mysql"), 2),
    "date_parse": SpecialFunction(_parse_with("mysql"), 2),
    "format_datetime": SpecialFunction(_format_with("joda"), 2),
    "parse_datetime": SpecialFunction(_parse_with("joda"), 2),
    "date": SpecialFunction(date_of, 1),
    "from_iso8601_date": SpecialFunction(from_iso8601_date, 1),
    "millisecond": SpecialFunction(millisecond, 1),
    "now": SpecialFunction(current_timestamp, 0),
}
TIME_NODES: dict[type[exp.Expr], Rewrite] = {
    exp.AtTimeZone: at_time_zone,
    exp.Extract: extract,
    exp.CurrentDate: current_date,
    exp.CurrentTimestamp: current_timestamp,
    exp.Localtimestamp: local_timestamp,
}
