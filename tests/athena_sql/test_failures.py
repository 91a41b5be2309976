"""Where Athena ends a query with an error, so does DuckDB."""

from __future__ import annotations

import pytest

from tests.athena_sql.test_translation import failure


@pytest.mark.parametrize(
    "expression",
    [
        "split_part('a', ',', 0)",
        "split('a', '')",
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
