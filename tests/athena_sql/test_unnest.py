"""UNNEST: of arrays, maps and rows, alone or beside a table."""

from __future__ import annotations

import pytest

from tests.athena_sql.test_translation import ask


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            "SELECT k, v FROM series CROSS JOIN UNNEST(notes) AS n(k, v) ORDER BY v",
            [("k", 1), ("k", 2), ("l", 3)],
        ),
        (
            (
                "SELECT series_id, m, t, n FROM series "
                "CROSS JOIN UNNEST(months, tags) WITH ORDINALITY "
                "AS u(m, t, n) ORDER BY series_id, n"
            ),
            [("A", 1, "x", 1), ("A", 2, "y", 2), ("B", 3, None, 1)],
        ),
        (
            "SELECT state, code FROM series CROSS JOIN UNNEST(places) AS p(state, code)",
            [("OH", 39)],
        ),
        (
            "SELECT series_id, t FROM series LEFT JOIN UNNEST(tags) AS u(t) ON true ORDER BY 1, 2",
            [("A", "x"), ("A", "y"), ("B", None)],
        ),
        ("SELECT x FROM UNNEST(ARRAY[3, 4]) AS t(x) ORDER BY x", [(3,), (4,)]),
        ("SELECT * FROM UNNEST(ARRAY['a', 'b']) WITH ORDINALITY", [("a", 1), ("b", 2)]),
    ],
)
def test_unnest(sql, expected):
    assert ask(sql) == expected
