"""The functions of Athena that one signature and one DuckDB function or macro describe.

This is the allow list: a function that is neither here nor in ``special``,
``times`` or ``aggregates`` is refused by name. Each line was checked against Trino's
documentation and source, and has a test. Left out on purpose, because DuckDB's answer is not
Athena's: ``cbrt`` (another last digit), ``levenshtein_distance`` (counts bytes here).

Source: https://trino.io/docs/current/functions.html (2026-11).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlglot import exp

from athena_sql.makers import (
    Arguments,
    Maker,
    by_value,
    cast,
    digest,
    map_entries,
    map_filter,
    map_from_entries,
    matches,
    multimap_from_entries,
    narrow,
    none_match,
    operator,
    part_of_interval,
    quotient_of_logarithms,
    special_double,
    transform_values,
    zip_with,
)
from athena_sql.nodes import call
from athena_sql.signatures import Signature, signature

if TYPE_CHECKING:
    from athena_sql.types import AthenaType

_TABLE: tuple[tuple[str, str | Maker], ...] = (
    # Numbers.
    ("abs(N) -> N", "abs"),
    ("sqrt(double) -> double", "sqrt"),
    ("exp(double) -> double", "exp"),
    ("ln(double) -> double", "ln"),
    ("log10(double) -> double", "log10"),
    ("log(double, double) -> double", quotient_of_logarithms),
    ("power(double, double) -> double", "pow"),
    ("pow(double, double) -> double", "pow"),
    ("degrees(double) -> double", "degrees"),
    ("radians(double) -> double", "radians"),
    ("sin(double) -> double", "sin"),
    ("cos(double) -> double", "cos"),
    ("tan(double) -> double", "tan"),
    ("asin(double) -> double", "asin"),
    ("acos(double) -> double", "acos"),
    ("atan(double) -> double", "atan"),
    ("atan2(double, double) -> double", "atan2"),
    ("pi() -> double", "pi"),
    ("nan() -> double", special_double("nan")),
    ("infinity() -> double", special_double("inf")),
    ("e() -> double", lambda _, kind: call("exp", kind, exp.Literal.number(1))),
    ("is_nan(double) -> boolean", "isnan"),
    ("is_finite(double) -> boolean", "isfinite"),
    ("is_infinite(double) -> boolean", "isinf"),
    ("bitwise_and(bigint, bigint) -> bigint", operator(exp.BitwiseAnd)),
    ("bitwise_or(bigint, bigint) -> bigint", operator(exp.BitwiseOr)),
    ("bitwise_xor(bigint, bigint) -> bigint", cast("xor")),
    # Strings.
    ("length(varchar) -> bigint", "length"),
    ("upper(varchar) -> varchar", "athena_upper"),
    ("lower(varchar) -> varchar", "lower"),
    ("trim(varchar) -> varchar", "athena_trim"),
    ("ltrim(varchar) -> varchar", "athena_ltrim"),
    ("rtrim(varchar) -> varchar", "athena_rtrim"),
    ("trim(varchar, varchar) -> varchar", "trim"),
    ("ltrim(varchar, varchar) -> varchar", "ltrim"),
    ("rtrim(varchar, varchar) -> varchar", "rtrim"),
    ("substr(varchar, bigint) -> varchar", "athena_substr"),
    ("substr(varchar, bigint, bigint) -> varchar", "athena_substr"),
    ("substring(varchar, bigint) -> varchar", "athena_substr"),
    ("substring(varchar, bigint, bigint) -> varchar", "athena_substr"),
    ("reverse(varchar) -> varchar", "athena_reverse"),
    ("strpos(varchar, varchar) -> bigint", "strpos"),
    ("strpos(varchar, varchar, bigint) -> bigint", "athena_strpos"),
    ("starts_with(varchar, varchar) -> boolean", "starts_with"),
    ("replace(varchar, varchar, varchar) -> varchar", "athena_replace"),
    (
        "replace(varchar, varchar) -> varchar",
        lambda args, kind: call("athena_replace", kind, *args, exp.Literal.string("")),
    ),
    ("split(varchar, varchar) -> array(varchar)", "athena_split"),
    ("split(varchar, varchar, bigint) -> array(varchar)", "athena_split_limited"),
    ("split_to_map(varchar, varchar, varchar) -> map(varchar, varchar)", "athena_split_to_map"),
    ("split_part(varchar, varchar, bigint) -> varchar", "athena_split_part"),
    ("translate(varchar, varchar, varchar) -> varchar", "translate"),
    ("lpad(varchar, bigint, varchar) -> varchar", narrow("lpad", 1)),
    ("rpad(varchar, bigint, varchar) -> varchar", narrow("rpad", 1)),
    ("chr(bigint) -> varchar", narrow("chr", 0)),
    ("concat_ws(varchar, varchar...) -> varchar", "concat_ws"),
    (
        "concat_ws(varchar, array(varchar)) -> varchar",
        lambda args, kind: call("athena_array_join", kind, args[1], args[0]),
    ),
    # Bytes.
    ("to_utf8(varchar) -> varbinary", "encode"),
    ("from_utf8(varbinary) -> varchar", "decode"),
    ("to_hex(varbinary) -> varchar", "hex"),
    ("from_hex(varchar) -> varbinary", "athena_from_hex"),
    ("to_base64(varbinary) -> varchar", "to_base64"),
    ("from_base64(varchar) -> varbinary", "from_base64"),
    ("length(varbinary) -> bigint", "octet_length"),
    ("md5(varbinary) -> varbinary", digest("md5")),
    ("sha1(varbinary) -> varbinary", digest("sha1")),
    ("sha256(varbinary) -> varbinary", digest("sha256")),
    # Dates and timestamps. What takes a unit or a pattern is in athena_times.
    ("year(timestamp) -> bigint", "year"),
    ("quarter(timestamp) -> bigint", "quarter"),
    ("month(timestamp) -> bigint", "month"),
    ("week(timestamp) -> bigint", "week"),
    ("week_of_year(timestamp) -> bigint", "week"),
    ("day(timestamp) -> bigint", "day"),
    ("day_of_month(timestamp) -> bigint", "day"),
    ("day_of_week(timestamp) -> bigint", "isodow"),
    ("dow(timestamp) -> bigint", "isodow"),
    ("day_of_year(timestamp) -> bigint", "dayofyear"),
    ("doy(timestamp) -> bigint", "dayofyear"),
    ("year_of_week(timestamp) -> bigint", "isoyear"),
    ("yow(timestamp) -> bigint", "isoyear"),
    ("hour(timestamp) -> bigint", "hour"),
    ("minute(timestamp) -> bigint", "minute"),
    ("second(timestamp) -> bigint", "second"),
    ("last_day_of_month(timestamp) -> date", "last_day"),
    # Intervals.
    ("year(interval year to month) -> bigint", cast("year")),
    ("month(interval year to month) -> bigint", cast("month")),
    ("day(interval day to second) -> bigint", part_of_interval(86_400_000)),
    ("hour(interval day to second) -> bigint", part_of_interval(3_600_000, 24)),
    ("minute(interval day to second) -> bigint", part_of_interval(60_000, 60)),
    ("second(interval day to second) -> bigint", part_of_interval(1000, 60)),
    ("to_milliseconds(interval day to second) -> bigint", "epoch_ms"),
    # Arrays.
    ("cardinality(array(T)) -> bigint", "len"),
    ("contains(array(T), T) -> boolean", by_value("contains", "contains_number")),
    ("element_at(array(T), bigint) -> T", "athena_element_at"),
    ("array_distinct(array(T)) -> array(T)", "athena_array_distinct"),
    ("array_max(array(T)) -> T", by_value("array_max", "greatest")),
    ("array_min(array(T)) -> T", by_value("array_min", "least")),
    ("array_position(array(T), T) -> bigint", by_value("array_position", "position_of_number")),
    ("array_remove(array(T), T) -> array(T)", by_value("array_remove", "remove_number")),
    ("array_intersect(array(T), array(T)) -> array(T)", "athena_array_intersect"),
    ("array_except(array(T), array(T)) -> array(T)", "athena_array_except"),
    ("array_union(array(T), array(T)) -> array(T)", "athena_array_union"),
    (
        "arrays_overlap(array(T), array(T)) -> boolean",
        by_value("arrays_overlap", "arrays_overlap"),
    ),
    (
        "array_sort(array(T)) -> array(T)",
        lambda args, kind: call(
            "list_sort", kind, *args, exp.Literal.string("ASC"), exp.Literal.string("NULLS LAST")
        ),
    ),
    ("reverse(array(T)) -> array(T)", "list_reverse"),
    ("shuffle(array(T)) -> array(T)", "athena_shuffle"),
    ("flatten(array(array(T))) -> array(T)", "flatten"),
    ("slice(array(T), bigint, bigint) -> array(T)", "athena_slice"),
    ("transform(array(T), function(T, U)) -> array(U)", "list_transform"),
    ("filter(array(T), function(T, boolean)) -> array(T)", "list_filter"),
    ("any_match(array(T), function(T, boolean)) -> boolean", matches("athena_any_true")),
    ("all_match(array(T), function(T, boolean)) -> boolean", matches("athena_all_true")),
    ("none_match(array(T), function(T, boolean)) -> boolean", none_match),
    ("zip_with(array(T), array(U), function(T, U, R)) -> array(R)", zip_with),
    # Maps.
    ("cardinality(map(K, V)) -> bigint", cast("cardinality")),
    ("element_at(map(K, V), K) -> V", "athena_map_element"),
    ("map_entries(map(K, V)) -> array(row(K, V))", map_entries),
    ("map_from_entries(array(row(K, V))) -> map(K, V)", map_from_entries),
    ("multimap_from_entries(array(row(K, V))) -> map(K, array(V))", multimap_from_entries),
    ("map_keys(map(K, V)) -> array(K)", "map_keys"),
    ("map_values(map(K, V)) -> array(V)", "map_values"),
    ("map_concat(map(K, V), map(K, V)) -> map(K, V)", "athena_map_concat"),
    ("map_filter(map(K, V), function(K, V, boolean)) -> map(K, V)", map_filter),
    ("transform_values(map(K, V), function(K, V, R)) -> map(K, R)", transform_values),
)

FUNCTIONS: dict[str, list[tuple[Signature, str | Maker]]] = defaultdict(list)
for _line, _callee in _TABLE:
    _signature = signature(_line)
    FUNCTIONS[_signature.name].append((_signature, _callee))


def make_call(callee: str | Maker, arguments: Arguments, result: AthenaType) -> exp.Expr:
    """The DuckDB expression for a call that a signature matched."""
    if isinstance(callee, str):
        return call(callee, result, *arguments)
    return callee(arguments, result)
