"""The macros on dates, timestamps and intervals."""

from __future__ import annotations

TIMES = (
    "athena_milliseconds(t) AS date_trunc('millisecond', t + INTERVAL 500 MICROSECOND)",
    # Rounded half up to so many microseconds, also before 1970.
    """athena_rounded_time(t, unit) AS t + to_microseconds(
        unit // 2 - ((epoch_us(t) + unit // 2) % unit + unit) % unit)""",
    # Two digits of a year: 70 to 69 in Athena, 69 to 68 in DuckDB.
    """athena_parse_two_digits(s, t) AS CASE
        WHEN NOT starts_with(s, strftime(t, '%y')) THEN t + to_days(
            CAST('a year of one digit' AS TINYINT))
        WHEN year(t) = 1969 THEN t + INTERVAL 100 YEAR ELSE t END""",
    "athena_nearest(x) AS CAST(floor(x + 0.5) AS BIGINT)",
    "athena_months(i) AS 12 * date_part('year', i) + date_part('month', i)",
    """athena_interval_times(n, x) AS trunc(
        n * CASE WHEN isnan(x) THEN CAST('Cannot multiply by double NaN' AS TINYINT) ELSE x END)""",
    """athena_interval_divided(n, x) AS trunc(n / CASE WHEN x = 0 OR isnan(x)
        THEN CAST('Cannot divide by this double' AS TINYINT) ELSE x END)""",
    """athena_whole_days(i) AS CASE WHEN epoch_ms(i) % 86400000 = 0 THEN i
        WHEN i IS NOT NULL THEN to_days(CAST(
            'Cannot add hour, minutes or seconds to a date' AS TINYINT)) END""",
    """athena_milliseconds_between(a, b) AS
        (epoch_us(b) - epoch_us(a) + 500
            - ((epoch_us(b) - epoch_us(a) + 500) % 1000 + 1000) % 1000) // 1000""",
    # With an offset other than Z it would be a time in another zone, which nobody would see.
    """athena_iso_timestamp(s) AS date_trunc('millisecond', CAST(CASE
        WHEN regexp_full_match(s, '[0-9]{4}-[0-9]{2}-[0-9]{2}') THEN s
        WHEN regexp_full_match(s, '[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3])Z?')
            THEN replace(rtrim(s, 'Z'), 'T', ' ') || ':00'
        WHEN regexp_full_match(s, '[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-9]{2}'
            '(:[0-9]{2}([.][0-9]+)?)?Z?') THEN replace(rtrim(s, 'Z'), 'T', ' ')
        ELSE 'a time that is not read: ' || s END AS TIMESTAMP))""",
    # The zone's offset at a moment, and the moment at which a clock with it shows t.
    "athena_offset(i, zone) AS epoch_us(timezone(zone, i)) - epoch_us(i)",
    """athena_instant_at(t, zone, i) AS
        timezone('UTC', t) - to_microseconds(athena_offset(i, zone))""",
    # Joda's convertLocalToUTC: where a time comes twice, the later one east of Greenwich and the
    # earlier one west of it; where it does not come, it counts on with the old offset.
    "athena_first_guess(t, zone) AS athena_instant_at(t, zone, timezone('UTC', t))",
    "athena_next_guess(t, zone) AS athena_instant_at(t, zone, athena_first_guess(t, zone))",
    # Each argument is named once, in a list of one, as in ``text_macros``.
    """athena_instant(t, zone) AS list_extract(list_transform([t], lambda t: CASE
        WHEN athena_offset(timezone('UTC', t), zone) < 0
            AND timezone(zone, athena_next_guess(t, zone)) <> t THEN athena_first_guess(t, zone)
        ELSE athena_next_guess(t, zone) END), 1)""",
    """athena_instant_near(t, zone, original) AS list_extract(list_transform([t], lambda t: CASE
        WHEN timezone(zone, athena_instant_at(t, zone, original)) = t
            THEN athena_instant_at(t, zone, original)
        ELSE athena_instant(t, zone) END), 1)""",
    """athena_moved_in_zone(i, zone, step) AS list_extract(list_transform([i],
        lambda i: athena_instant_near(timezone(zone, i) + step, zone, i)), 1)""",
    # Smaller units than a day are counted on from the moment: an hour may come twice.
    """athena_trunc_in_zone(unit, i, zone) AS list_extract(list_transform([i],
        lambda i: CASE WHEN unit IN ('millisecond', 'second', 'minute', 'hour')
            THEN i - (timezone(zone, i) - date_trunc(unit, timezone(zone, i)))
            ELSE athena_instant_near(date_trunc(unit, timezone(zone, i)), zone, i) END), 1)""",
    # A time that is written out: the earlier of two, and an error where there is none.
    "athena_before(t, zone) AS athena_instant_at(t, zone, timezone('UTC', t) - INTERVAL 1 DAY)",
    "athena_after(t, zone) AS athena_instant_at(t, zone, timezone('UTC', t) + INTERVAL 1 DAY)",
    """athena_shown_instant(t, zone) AS list_extract(list_transform([t], lambda t: CASE
        WHEN timezone(zone, athena_before(t, zone)) = t THEN athena_before(t, zone)
        WHEN timezone(zone, athena_after(t, zone)) = t THEN athena_after(t, zone)
        WHEN t IS NOT NULL THEN timezone('UTC', t) + to_microseconds(
            CAST('No clock in the zone shows this time' AS TINYINT)) END), 1)""",
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
