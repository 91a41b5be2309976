"""What a DuckDB connection needs before it answers translated SQL: settings, and macros.

Where a function of Athena is more than a DuckDB function under another name, its meaning is written
here in SQL, once, and the translation calls it. Every macro's name begins with ``athena_``; a user
cannot call one, because the translation lets only Athena's own names through.

A macro that has to fail casts a sentence to a number. DuckDB's ``error()`` would say it better, but
``TRY`` refuses it, and ``try(1/0)`` has to work.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from athena_sql.text_macros import STRINGS, TEXTS_TO_CAST, VALUES_AS_TEXT
from athena_sql.time_macros import TIMES

if TYPE_CHECKING:
    from collections.abc import Iterable

SETTINGS = (
    "SET TimeZone = 'UTC'",
    "SET ieee_floating_point_ops = true",
    "SET default_null_order = 'NULLS_LAST'",
    "SET scalar_subquery_error_on_multiple_rows = true",
)

_NUMBERS = (
    # A zero divisor is an error for whole numbers and decimals.
    """athena_divisor(b) AS
        CASE WHEN b = 0 THEN CAST('Division by zero' AS TINYINT) ELSE b END""",
    # A decimal without its point: 1.50 is 150.
    "athena_unscaled(x) AS CAST(replace(CAST(x AS VARCHAR), '.', '') AS HUGEINT)",
    # Rounded half away from zero, exactly.
    """athena_rounded_quotient(n, d) AS
        (abs(n) // abs(d) + CASE WHEN 2 * (abs(n) % abs(d)) >= abs(d) THEN 1 ELSE 0 END)
        * sign(n) * sign(d)""",
    # The failing cast stands here once: what is repeated, DuckDB computes ahead, outside of TRY.
    """athena_divide_decimals(a, b, factor) AS CASE
        WHEN b = 0 THEN CAST(CAST('Division by zero' AS TINYINT) AS DECIMAL(38, 0))
        ELSE CAST(
            athena_rounded_quotient(athena_unscaled(a) * factor, nullif(athena_unscaled(b), 0))
            AS DECIMAL(38, 0)) END""",
    """athena_average_decimals(total, rows) AS CAST(
        athena_rounded_quotient(athena_unscaled(total), nullif(rows, 0)) AS DECIMAL(38, 0))""",
    # Athena gives null where corr and the like have no finite answer.
    "athena_number(x) AS CASE WHEN NOT isnan(x) THEN x END",
    "athena_from_above(x) AS CASE WHEN x IS NOT NULL THEN {'place': NOT isnan(x), 'value': x} END",
    "athena_from_below(x) AS CASE WHEN x IS NOT NULL THEN {'place': isnan(x), 'value': x} END",
    """athena_skewness(x, n, least) AS CASE WHEN n < least THEN NULL
        ELSE coalesce(x * (n - 2) / sqrt(CAST(n AS DOUBLE) * (n - 1)),
            CAST('nan' AS DOUBLE)) END""",
    """athena_kurtosis(x, n, least) AS
        CASE WHEN n < least THEN NULL ELSE coalesce(x, CAST('nan' AS DOUBLE)) END""",
    "athena_finite(x) AS CASE WHEN isfinite(x) THEN x END",
    # NaN equals nothing in Athena; in DuckDB it equals itself and is above everything.
    "athena_unordered(a, b) AS a IS NOT NULL AND b IS NOT NULL AND (isnan(a) OR isnan(b))",
    "athena_eq(a, b) AS CASE WHEN athena_unordered(a, b) THEN false ELSE a = b END",
    "athena_neq(a, b) AS CASE WHEN athena_unordered(a, b) THEN true ELSE a <> b END",
    "athena_lt(a, b) AS CASE WHEN athena_unordered(a, b) THEN false ELSE a < b END",
    "athena_lte(a, b) AS CASE WHEN athena_unordered(a, b) THEN false ELSE a <= b END",
    "athena_gt(a, b) AS CASE WHEN athena_unordered(a, b) THEN false ELSE a > b END",
    "athena_gte(a, b) AS CASE WHEN athena_unordered(a, b) THEN false ELSE a >= b END",
    """athena_width_bucket(x, low, high, n) AS CASE
        WHEN n <= 0 OR low = high OR isnan(x)
            THEN CAST('width_bucket needs a positive count and two unlike bounds' AS TINYINT)
        WHEN low < high AND x < low OR low > high AND x > low THEN 0
        WHEN low < high AND x >= high OR low > high AND x <= high THEN n + 1
        ELSE CAST(floor(n * (x - low) / (high - low)) AS BIGINT) + 1 END""",
    """athena_random(low, high) AS CASE WHEN low < high
        THEN low + least(high - low - 1, CAST(floor(random() * (high - low)) AS BIGINT))
        WHEN low IS NOT NULL AND high IS NOT NULL
        THEN CAST('random needs a bound that is greater' AS TINYINT) END""",
    # NaN counts only where there is nothing else.
    """athena_greatest(a) AS CASE WHEN NOT athena_has_null(a) THEN coalesce(
        list_max(list_filter(a, lambda e: NOT isnan(e))), list_extract(a, 1)) END""",
    """athena_least(a) AS CASE WHEN NOT athena_has_null(a) THEN coalesce(
        list_min(list_filter(a, lambda e: NOT isnan(e))), list_extract(a, 1)) END""",
    "athena_bucket(x, bounds) AS len(list_filter(bounds, lambda e: e <= x))",
)

_ARRAYS = (
    """athena_subscript(a, i) AS list_extract(a, CASE WHEN i BETWEEN 1 AND len(a) OR a IS NULL
        THEN i ELSE CAST('Array subscript out of bounds' AS TINYINT) END)""",
    """athena_element_at(a, i) AS list_extract(a,
        CASE WHEN i = 0 THEN CAST('SQL array indices start at 1' AS TINYINT) ELSE i END)""",
    """athena_map_element(m, k) AS list_extract(map_values(m), list_position(map_keys(m), k))""",
    """athena_map_subscript(m, k) AS list_extract(map_values(m),
        CASE WHEN list_contains(map_keys(m), k) THEN list_position(map_keys(m), k)
        WHEN m IS NOT NULL AND k IS NOT NULL
        THEN CAST('Key not present in map' AS TINYINT) END)""",
    "athena_present(a) AS nullif(list_filter(a, lambda e: e IS NOT NULL), [])",
    "athena_keyed(entries) AS nullif(list_filter(entries, lambda e: e.key IS NOT NULL), [])",
    "athena_not_empty_map(m) AS CASE WHEN len(map_keys(m)) > 0 THEN m END",
    "athena_has_null(a) AS len(list_filter(a, lambda e: e IS NULL)) > 0",
    """athena_contains(a, x) AS CASE WHEN x IS NULL THEN NULL WHEN list_contains(a, x) THEN true
        WHEN athena_has_null(a) THEN NULL WHEN a IS NOT NULL THEN false END""",
    "athena_array_distinct(a) AS list_filter(a, lambda e, i: list_position(a, e) = i)",
    "athena_array_max(a) AS CASE WHEN NOT athena_has_null(a) THEN list_max(a) END",
    "athena_array_min(a) AS CASE WHEN NOT athena_has_null(a) THEN list_min(a) END",
    """athena_array_position(a, x) AS CASE WHEN x IS NOT NULL AND a IS NOT NULL
        THEN CAST(coalesce(list_position(a, x), 0) AS BIGINT) END""",
    """athena_array_remove(a, x) AS
        CASE WHEN x IS NOT NULL THEN list_filter(a, lambda e: e IS DISTINCT FROM x) END""",
    # NaN is equal to nothing, in an array either.
    """athena_contains_number(a, x) AS CASE WHEN NOT isnan(x) THEN athena_contains(a, x)
        WHEN x IS NULL OR athena_has_null(a) THEN NULL WHEN a IS NOT NULL THEN false END""",
    """athena_position_of_number(a, x) AS
        CASE WHEN NOT isnan(x) OR a IS NULL THEN athena_array_position(a, x)
        WHEN x IS NOT NULL THEN 0 END""",
    """athena_remove_number(a, x) AS
        CASE WHEN NOT isnan(x) THEN athena_array_remove(a, x) WHEN x IS NOT NULL THEN a END""",
    """athena_array_intersect(a, b) AS CASE WHEN b IS NOT NULL THEN athena_array_distinct(
        list_filter(a, lambda e: list_position(b, e) IS NOT NULL)) END""",
    """athena_array_except(a, b) AS CASE WHEN b IS NOT NULL THEN athena_array_distinct(
        list_filter(a, lambda e: list_position(b, e) IS NULL)) END""",
    "athena_array_union(a, b) AS athena_array_distinct(a || b)",
    """athena_arrays_overlap(a, b) AS CASE WHEN a IS NULL OR b IS NULL THEN NULL
        WHEN len(list_filter(a, lambda e: e IS NOT NULL AND list_contains(b, e))) > 0 THEN true
        WHEN athena_has_null(a) AND len(b) > 0 OR athena_has_null(b) AND len(a) > 0 THEN NULL
        ELSE false END""",
    """athena_slice(a, start, size) AS CASE WHEN size < 0 OR start = 0
        THEN list_slice(a, 1, CAST('slice starts at 1 and has a length' AS TINYINT))
        WHEN start < -len(a) OR start > len(a) OR size = 0 THEN list_slice(a, 1, 0)
        WHEN start > 0 THEN list_slice(a, start, start + size - 1)
        ELSE list_slice(a, len(a) + start + 1, len(a) + start + size) END""",
    """athena_any_true(a) AS CASE WHEN list_contains(a, true) THEN true
        WHEN athena_has_null(a) THEN NULL WHEN a IS NOT NULL THEN false END""",
    """athena_all_true(a) AS CASE WHEN list_contains(a, false) THEN false
        WHEN athena_has_null(a) THEN NULL WHEN a IS NOT NULL THEN true END""",
    """athena_array_join(a, mark) AS
        CASE WHEN a IS NOT NULL AND mark IS NOT NULL
        THEN coalesce(array_to_string(a, mark), '') END,
        (a, mark, missing) AS CASE WHEN missing IS NOT NULL THEN
        array_to_string(list_transform(a, lambda e: coalesce(e, missing)), mark) END""",
    """athena_shuffle(a) AS list_transform(
        list_sort(list_transform(a, lambda e: {'place': random(), 'element': e})),
        lambda e: e.element)""",
    """athena_no_null(a) AS CASE WHEN athena_has_null(a)
        THEN list_slice(a, 1, CAST('map entry cannot be null' AS TINYINT)) ELSE a END""",
    """athena_multimap(entries) AS map_from_entries(list_transform(
        athena_array_distinct(list_transform(entries, lambda e: e.key)),
        lambda k: {'key': k, 'value': list_transform(
            list_filter(entries, lambda e: e.key IS NOT DISTINCT FROM k), lambda e: e.value)}))""",
    """athena_map_concat(a, b) AS
        CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN map_concat(a, b) END""",
    # A null key does not count. What map_agg does between these two is in ``aggregates``.
    """athena_entries_by_key(entries) AS list_sort(list_transform(athena_keyed(entries),
        lambda e, i: {'key': e.key, 'place': i, 'value': e.value}))""",
    """athena_map_in_order(entries) AS map_from_entries(list_transform(
        list_sort(list_transform(entries,
            lambda e: {'place': e.place, 'key': e.key, 'value': e.value})),
        lambda e: {'key': e.key, 'value': e.value}))""",
)

_MACROS = {
    definition.partition("(")[0]: f"CREATE OR REPLACE MACRO {definition}"
    for definition in (
        *TIMES,
        *TEXTS_TO_CAST,
        *VALUES_AS_TEXT,
        *STRINGS,
        *_ARRAYS,
        *_NUMBERS,
    )
}

SESSION_SETTINGS: tuple[str, ...] = (*SETTINGS, *_MACROS.values())


def macros_in(statements: Iterable[str]) -> list[str]:
    """Makes the macros that statements call, themselves or through others.

    All of them take DuckDB a tenth of a second, and most statements call none.

    Args:
        statements: translated ones.

    Returns:
        A statement for each macro, each after those of the macros that it calls.
    """
    called: set[str] = set()
    waiting = list(statements)
    while waiting:
        names = set(re.findall(r"athena_\w+", waiting.pop())) & _MACROS.keys() - called
        called |= names
        waiting += (_MACROS[name] for name in names)
    return [statement for name, statement in _MACROS.items() if name in called]
