"""What a DuckDB connection needs before it answers translated SQL: settings, and macros.

Where a function of Athena is more than a DuckDB function under another name, its meaning is written
here in SQL, once, and the translation calls it. Every macro's name begins with ``athena_``; a user
cannot call one, because the translation lets only Athena's own names through.

A macro that has to fail casts a sentence to a number. DuckDB's ``error()`` would say it better, but
``TRY`` refuses it, and ``try(1/0)`` has to work.
"""

from __future__ import annotations

# Java's Character.isWhitespace, which Athena's trim takes away: DuckDB's takes only spaces.
_WHITESPACE_CODES = (
    *range(0x09, 0x0E),
    *range(0x1C, 0x21),
    0x1680,
    *range(0x2000, 0x2007),
    *range(0x2008, 0x200B),
    0x2028,
    0x2029,
    0x205F,
    0x3000,
)
_WHITESPACE = f"({' || '.join(f'chr({code})' for code in _WHITESPACE_CODES)})"

_SETTINGS = (
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
    "athena_bucket(x, bounds) AS len(list_filter(bounds, lambda e: e <= x))",
)

# What Athena does not read as a value of the type is made unreadable for DuckDB too, so that CAST
# fails and TRY_CAST gives null.
_TEXTS_TO_CAST = tuple(
    f"""athena_{kind}_text(s) AS
        CASE WHEN regexp_full_match(s, '{pattern}') THEN s ELSE 'not of type {kind}: ' || s END"""
    for kind, pattern in {
        "integer": r"[+-]?[0-9]+",
        "float": r"\s*[+-]?([0-9]+\.?[0-9]*([eE][+-]?[0-9]+)?|\.[0-9]+([eE][+-]?[0-9]+)?"
        r"|NaN|Infinity)\s*",
        "decimal": r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?",
        "boolean": r"(?i)(true|false|t|f|1|0)",
        "date": r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}",
        "timestamp": r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
        r"( [0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}(\.[0-9]+)?)?)?",
    }.items()
)

_STRINGS = (
    """athena_substr(s, start) AS
        CASE WHEN start = 0 OR start < -length(s) THEN left(s, 0) ELSE substr(s, start) END,
        (s, start, size) AS
        CASE WHEN start = 0 OR start < -length(s) THEN left(s, 0)
        ELSE substr(s, start, greatest(size, 0)) END""",
    # Java leaves the German sharp s alone; it has no upper case of one letter there.
    """athena_upper(s) AS CASE WHEN contains(s, 'ß') THEN
        array_to_string(list_transform(string_split(s, 'ß'), lambda part: upper(part)), 'ß')
        ELSE upper(s) END""",
    f"athena_trim(s) AS trim(s, {_WHITESPACE})",
    f"athena_ltrim(s) AS ltrim(s, {_WHITESPACE})",
    f"athena_rtrim(s) AS rtrim(s, {_WHITESPACE})",
    """athena_not_empty(s) AS
        CASE WHEN s = '' THEN CAST(CAST('an empty string' AS TINYINT) AS VARCHAR) ELSE s END""",
    "athena_split(s, mark) AS string_split(s, athena_not_empty(mark))",
    """athena_split_part(s, mark, n) AS
        list_extract(athena_split(s, mark),
            CASE WHEN n < 1 THEN CAST('split_part counts from 1' AS TINYINT) ELSE n END)""",
    # An empty text is before every character and at the end.
    """athena_replace(s, old, new) AS CASE WHEN old = ''
        THEN new || array_to_string(list_transform(
            range(1, length(s) + 1), lambda i: substr(s, i, 1) || new), '')
        ELSE replace(s, old, new) END""",
    """athena_like_pattern(p, mark) AS CASE WHEN length(mark) <> 1
        THEN CAST(CAST('ESCAPE must be one character' AS TINYINT) AS VARCHAR)
        WHEN contains(replace(replace(replace(p, mark || mark, ''), mark || '%', ''),
            mark || '_', ''), mark)
        THEN CAST(CAST('The character of ESCAPE must be followed by %, _ or itself' AS TINYINT)
            AS VARCHAR)
        ELSE p END""",
    "athena_padded_left(s, width) AS lpad(s, greatest(width, CAST(length(s) AS INTEGER)), ' ')",
    "athena_padded_right(s, width) AS rpad(s, greatest(width, CAST(length(s) AS INTEGER)), ' ')",
    """athena_zero_padded(s, width) AS CASE
        WHEN s = 'null' THEN athena_padded_left(s, width)
        WHEN s LIKE '-%' THEN
            '-' || lpad(substr(s, 2), greatest(width, CAST(length(s) AS INTEGER)) - 1, '0')
        ELSE lpad(s, greatest(width, CAST(length(s) AS INTEGER)), '0') END""",
    # DuckDB reads over white space at both ends.
    """athena_parse_time(s, pattern) AS
        strptime(CASE WHEN s = athena_trim(s) THEN s ELSE 'not a time:' || s END, pattern)""",
    # DuckDB writes a fraction anew (1.10 becomes 1.1), so a fraction is an error.
    "athena_valid_json(document) AS CASE WHEN json_valid(document) THEN document END",
    """athena_json_scalar(document, path) AS
        CASE json_type(athena_valid_json(document), path)
            WHEN 'OBJECT' THEN NULL
            WHEN 'ARRAY' THEN NULL
            WHEN 'DOUBLE' THEN CAST(CAST('json_extract_scalar of a fraction' AS TINYINT) AS VARCHAR)
            ELSE json_extract_string(athena_valid_json(document), path) END""",
)

_TIMES = (
    "athena_milliseconds(t) AS date_trunc('millisecond', t + INTERVAL 500 MICROSECOND)",
    """athena_month_sequence(first, last, months) AS list_transform(
        generate_series(0, date_sub('month', first, last) //
            CASE WHEN last < first THEN CAST('sequence ends before it starts' AS TINYINT)
            ELSE months END),
        lambda i: CAST(first + to_months(CAST(i * months AS INTEGER)) AS DATE))""",
    """athena_day_sequence(first, last, days) AS list_transform(
        generate_series(0, date_sub('day', first, last) //
            CASE WHEN last < first THEN CAST('sequence ends before it starts' AS TINYINT)
            ELSE days END),
        lambda i: CAST(first + to_days(CAST(i * days AS INTEGER)) AS DATE))""",
    """athena_sequence(first, last) AS
        generate_series(first, last, CASE WHEN first <= last THEN 1 ELSE -1 END),
        (first, last, step) AS generate_series(first, last,
            CASE WHEN first < last AND step <= 0 OR first > last AND step >= 0
            THEN CAST('sequence never ends' AS TINYINT) ELSE step END)""",
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
        (a, mark, missing) AS
        array_to_string(list_transform(a, lambda e: coalesce(e, missing)), mark)""",
    """athena_map_concat(a, b) AS
        CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN map_concat(a, b) END""",
    # A null key does not count. What map_agg does between these two is in ``aggregates``.
    """athena_entries_by_key(entries) AS list_sort(list_transform(
        list_filter(entries, lambda e: e.key IS NOT NULL),
        lambda e, i: {'key': e.key, 'place': i, 'value': e.value}))""",
    """athena_map_in_order(entries) AS map_from_entries(list_transform(
        list_sort(list_transform(entries,
            lambda e: {'place': e.place, 'key': e.key, 'value': e.value})),
        lambda e: {'key': e.key, 'value': e.value}))""",
)

SESSION_SETTINGS: tuple[str, ...] = (
    *_SETTINGS,
    *(
        f"CREATE OR REPLACE MACRO {definition}"
        for definition in (*_NUMBERS, *_TEXTS_TO_CAST, *_STRINGS, *_TIMES, *_ARRAYS)
    ),
)
