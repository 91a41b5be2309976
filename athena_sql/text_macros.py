"""The macros on strings, and those that read and write values as text."""

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

# What Athena does not read as a value of the type is made unreadable for DuckDB too, so that CAST
# fails and TRY_CAST gives null.
TEXTS_TO_CAST = tuple(
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
        r"( ([01]?[0-9]|2[0-3]):[0-9]{1,2}(:[0-9]{1,2}(\.[0-9]+)?)?)?",
    }.items()
)

# A list of one lets a macro name its argument more than once: DuckDB would compute it each time,
# and what is made of such macros would grow with every one of them.
VALUES_AS_TEXT = (
    """athena_unknown_digits() AS CAST(CAST(
        'The local engine does not write a double of this size as text' AS TINYINT) AS VARCHAR)""",
    # The digits of a double in DuckDB's text of it: 123.45, 0.0012, 1.5e-07.
    """athena_digits_and_power(t) AS concat(
        left(ltrim(replace(split_part(t, 'e', 1), '.', ''), '0'), 1), '.',
        coalesce(nullif(rtrim(substr(
            ltrim(replace(split_part(t, 'e', 1), '.', ''), '0'), 2), '0'), ''), '0'), 'E',
        CAST(coalesce(nullif(split_part(t, 'e', 2), ''), '0') AS INTEGER)
            + strpos(split_part(t, 'e', 1) || '.', '.') - 2
            - length(replace(split_part(t, 'e', 1), '.', ''))
            + length(ltrim(replace(split_part(t, 'e', 1), '.', ''), '0')))""",
    """athena_scientific_text(t) AS
        list_extract(list_transform([t], lambda t: athena_digits_and_power(t)), 1)""",
    """athena_special_text(x, zero) AS CASE
        WHEN isnan(x) THEN 'NaN'
        WHEN isinf(x) THEN CASE WHEN x < 0 THEN '-Infinity' ELSE 'Infinity' END
        WHEN x = 0 THEN CASE WHEN CAST(x AS VARCHAR) LIKE '-%' THEN '-' || zero ELSE zero END
        END""",
    # From 1e16 on, Java writes digits of a long that are more than needed, and rounds them itself:
    # FloatingDecimal.insignificantDigitsForPow2. Beyond a long its digits follow no simple rule.
    """athena_double_digits(x) AS CASE
        WHEN x >= 9223372036854775808 AND x < 1e26 OR x > 0 AND x < 2.3e-308
            THEN athena_unknown_digits()
        WHEN x < 1e16 OR x >= 1e26 THEN CAST(x AS VARCHAR)
        WHEN x < 288230376151711744 THEN CAST(CAST(x AS HUGEINT) AS VARCHAR)
        WHEN x < 2305843009213693952
            THEN CAST((CAST(x AS HUGEINT) + 5) // 10 * 10 AS VARCHAR)
        ELSE CAST((CAST(x AS HUGEINT) + 50) // 100 * 100 AS VARCHAR) END""",
    """athena_double_as_text(x) AS list_extract(list_transform([x], lambda x: CASE
        WHEN isfinite(x) AND x <> 0 THEN CASE WHEN x < 0 THEN '-' ELSE '' END
            || athena_scientific_text(athena_double_digits(abs(x)))
        ELSE athena_special_text(x, '0E0') END), 1)""",
    # The double with the fewest digits that is the same real, two at least: Java's Float.toString.
    """athena_shortest_real(x) AS list_extract(list_filter(list_transform(
        ['{:.1e}', '{:.2e}', '{:.3e}', '{:.4e}', '{:.5e}', '{:.6e}', '{:.7e}', '{:.8e}'],
        lambda f: CAST(format(f, CAST(x AS DOUBLE)) AS DOUBLE)),
        lambda d: TRY_CAST(d AS FLOAT) = x), 1)""",
    # Seven digits of a double. Just half becomes even, as in C, but Java does not see that a whole
    # number is just half, and rounds it up: FloatingDecimal.decimalDigitsExact.
    """athena_seven_digits(d) AS format('{:.6e}', CASE WHEN d = trunc(d) AND d < 9223372036854775808
        AND regexp_matches(format('{:.25e}', d), '^[0-9][.][0-9]{6}50*e')
        THEN d * (1 + 1e-12) ELSE d END)""",
    """athena_real_as_text(x) AS list_extract(list_transform([x], lambda x: CASE
        WHEN isfinite(x) AND x <> 0 THEN CASE WHEN x < 0 THEN '-' ELSE '' END
            || athena_scientific_text(athena_seven_digits(athena_shortest_real(abs(x))))
        ELSE athena_special_text(x, '0E0') END), 1)""",
    # Java's toString, which format('%s') takes.
    """athena_plain_number_text(x) AS list_extract(list_transform([x], lambda x: CASE
        WHEN NOT isfinite(x) OR x = 0 THEN athena_special_text(x, '0.0')
        WHEN x IS NULL OR abs(x) >= 1e-3 AND abs(x) < 1e7 THEN CAST(x AS VARCHAR)
        WHEN abs(x) < 2.3e-308
            THEN athena_unknown_digits()
        ELSE CASE WHEN x < 0 THEN '-' ELSE '' END
            || athena_scientific_text(CAST(abs(x) AS VARCHAR)) END), 1)""",
    """athena_plain_real_text(x) AS list_extract(list_transform([x], lambda x: CASE
        WHEN isfinite(x) AND x <> 0 THEN athena_plain_number_text(athena_shortest_real(x))
        ELSE athena_special_text(x, '0.0') END), 1)""",
    """athena_day_interval_text(i) AS list_extract(list_transform([epoch_ms(i)],
        lambda n: CASE WHEN n < 0 THEN '-' ELSE '' END
            || format('{:d} {:02d}:{:02d}:{:02d}.{:03d}', abs(n) // 86400000,
                abs(n) // 3600000 % 24, abs(n) // 60000 % 60, abs(n) // 1000 % 60,
                abs(n) % 1000)), 1)""",
    """athena_month_interval_text(i) AS list_extract(list_transform([athena_months(i)],
        lambda n: CASE WHEN n < 0 THEN '-' ELSE '' END
            || format('{:d}-{:d}', abs(n) // 12, abs(n) % 12)), 1)""",
    "athena_text_if_it_fits(s, size) AS CASE WHEN length(s) <= size THEN s END",
    """athena_fitting_text(s, size) AS CASE WHEN length(s) <= size THEN s
        WHEN s IS NOT NULL
            THEN CAST(CAST('The text is longer than its varchar' AS TINYINT) AS VARCHAR) END""",
)

STRINGS = (
    # In another zone than UTC a timestamp that is no constant is not read.
    "athena_utc_text(s) AS athena_timestamp_text(regexp_replace(s, '( *Z| +UTC)$', ''))",
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
    """athena_split(s, mark) AS
        CASE WHEN mark IS NOT NULL THEN string_split(s, athena_not_empty(mark)) END""",
    """athena_split_limited(s, mark, n) AS CASE
        WHEN n < 1 THEN list_slice(string_split(s, mark), 1,
            CAST('split needs a limit from 1 up' AS TINYINT))
        WHEN len(athena_split(s, mark)) <= n THEN athena_split(s, mark)
        WHEN s IS NOT NULL AND mark IS NOT NULL AND n IS NOT NULL THEN list_concat(
            list_slice(athena_split(s, mark), 1, n - 1),
            [array_to_string(list_slice(athena_split(s, mark), n, -1), mark)]) END""",
    # What is behind the last mark is an entry if there is something.
    """athena_split_to_map(s, mark, sign) AS CASE WHEN mark = sign
        THEN MAP {'': CAST(CAST('the two delimiters are the same' AS TINYINT) AS VARCHAR)}
        WHEN sign IS NOT NULL THEN map_from_entries(list_transform(
            list_filter(athena_split(s, mark), lambda e, i: e <> ''
                OR i < len(string_split(s, mark))),
            lambda e: {'key': split_part(e, sign, 1),
                'value': CASE WHEN len(athena_split(e, sign)) = 2 THEN split_part(e, sign, 2)
                    ELSE CAST(CAST('not one delimiter' AS TINYINT) AS VARCHAR) END})) END""",
    "athena_reverse(s) AS array_to_string(list_reverse(string_split(s, '')), '')",
    """athena_strpos(s, part, n) AS CASE
        WHEN n = 0 THEN CAST('strpos needs an instance other than 0' AS TINYINT)
        WHEN part = '' AND s IS NOT NULL AND n IS NOT NULL THEN 1
        WHEN s IS NOT NULL AND part IS NOT NULL AND n IS NOT NULL THEN coalesce(list_extract(
            list_filter(range(1, length(s) + 1), lambda i: substr(s, i, length(part)) = part),
            n), 0) END""",
    """athena_from_hex(s) AS unhex(CASE WHEN regexp_full_match(s, '([0-9a-fA-F]{2})*') THEN s
        WHEN s IS NOT NULL
        THEN CAST(CAST('not hexadecimal digits in pairs' AS TINYINT) AS VARCHAR) END)""",
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
    "athena_sign(s, plus) AS CASE WHEN s LIKE '-%' THEN '-' WHEN s IS NOT NULL THEN plus END",
    """athena_zero_padded(sign, s, width) AS sign
        || lpad(s, CAST(greatest(width - length(sign), length(s)) AS INTEGER), '0')""",
    """athena_grouped(s) AS regexp_replace(
        reverse(regexp_replace(reverse(split_part(s, '.', 1)), '([0-9]{3})', '\\1,', 'g')),
        '^,', '') || CASE WHEN contains(s, '.') THEN '.' || split_part(s, '.', 2) ELSE '' END""",
    """athena_unless_special(x, s) AS
        CASE WHEN isfinite(x) THEN s ELSE athena_special_text(x, '') END""",
    """athena_finite_text(x, s) AS CASE WHEN isfinite(x) THEN s WHEN x IS NOT NULL
        THEN CAST(CAST('a flag of format on no number' AS TINYINT) AS VARCHAR) END""",
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
