"""Where Athena ends a query with an error, so does DuckDB."""

from __future__ import annotations

import pytest

from tests.athena_sql.test_translation import failure


@pytest.mark.parametrize(
    "expression",
    [
        "split_part('a', ',', 0)",
        "split('a', '')",
        "split('a', ',', 0)",
        "split('a', '', 2)",
        "split_to_map('a=1,b', ',', '=')",
        "split_to_map('a=1=2', ',', '=')",
        "split_to_map('a=1,a=2', ',', '=')",
        "split_to_map('a=1', ',', ',')",
        "strpos('hello', 'l', 0)",
        "random(0)",
        "random(5, 5)",
        "from_hex('6')",
        "from_hex('zz')",
        "map_from_entries(array[('a', 1), ('a', 2)])",
        "map_from_entries(array[('a', 1), null])",
        "multimap_from_entries(array[(cast(null as varchar), 1)])",
        "date_parse('4-1-5', '%y-%c-%e')",
        "date_parse('2024-1-5', '%y-%c-%e')",
        "timestamp '2024-03-01 24:00:00'",
        "cast(12345 as varchar(3))",
        "cast(1.5e0 as varchar(4))",
        "cast(date '2020-01-01' as varchar(5))",
        # What Athena writes with digits that are not known here is an error as well.
        "cast(1e23 as varchar)",
        "cast(5e-324 as varchar)",
        "interval '1' day / 0",
        "interval '1' day * nan()",
        "date '2020-01-31' + (interval '12' hour) * 3",
        "timestamp '2024-03-10 02:30:00 America/New_York'",
        "from_iso8601_timestamp(x) FROM (VALUES '2024-05-07T13:04:05+02:00') AS t(x)",
        "from_iso8601_timestamp('2024-05-07T24:00:00Z')",
        "slice(array[1], 0, 1)",
        "slice(array[1], 1, -1)",
        "sequence(1, 5, -1)",
        "width_bucket(1, 0, 10, 0)",
        "map(array[1, 1], array[1, 2])",
        "date_parse('2020-01-05x', '%Y-%m-%d')",
        "date_parse(' 2020-01-05', '%Y-%m-%d')",
        "date '2020-02-30'",
        "json_extract_scalar('{\"a\": 1.10}', '$.a')",
        "2147483647 + 1",
        "cast('x' as date)",
    ],
)
def test_what_athena_stops_at_stops_here(expression):
    failure(f"SELECT {expression}")
