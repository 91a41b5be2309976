"""Deep nesting: it works, or one sentence says that it is too deep. Nothing recurses to death."""

from __future__ import annotations

import sys
import threading

import pytest

from athena_sql import Schema, parse, table_references, translate
from athena_sql.errors import AthenaSQLError
from tests.athena_sql.test_translation import ask, refusal

LETTER = "'a'"
TOO_DEEP = "The statement is nested too deeply for the local engine."


def joined(operator: str, item: str, count: int) -> str:
    return f" {operator} ".join(item.format(i) for i in range(count))


def nested(opening: str, inside: str, closing: str, count: int) -> str:
    return opening * count + inside + closing * count


@pytest.mark.parametrize(
    ("sql", "answer"),
    [
        (f"SELECT count(*) FROM series WHERE {joined('OR', 'month = {}', 250)}", 1),
        (f"SELECT count(*) FROM series WHERE {joined('OR', 'month = {}', 2000)}", 1),
        (f"SELECT count(*) FROM series WHERE {joined('AND', 'month <> {}', 250)}", 1),
        (f"SELECT {joined('+', '1', 250)}", 250),
        (f"SELECT length({joined('||', LETTER, 250)})", 250),
        (f"SELECT cardinality({joined('||', 'array[1]', 100)})", 100),
        (f"SELECT {nested('(', '1', ')', 180)}", 1),
        (f"SELECT {nested('NOT ', 'true', '', 180)}", True),
        (f"SELECT {nested('abs(', '1', ')', 180)}", 1),
        (f"SELECT {nested('CASE WHEN true THEN 1 ELSE ', '2', ' END', 180)}", 1),
        (f"SELECT {nested('(SELECT ', '1', ')', 100)}", 1),
        (f"SELECT count(*) FROM {nested('(SELECT * FROM ', 'footnotes', ')', 100)}", 2),
        (f"SELECT count(*) FROM ({joined('UNION ALL', 'SELECT 1', 250)})", 250),
    ],
    ids=lambda part: str(part)[:30],
)
def test_what_people_write_works(sql, answer):
    assert ask(sql) == [(answer,)]


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT {nested('(', '1', ')', 3000)}",
        f"SELECT {nested('(', '1', '', 3000)}",
        f"SELECT {nested('NOT ', 'true', '', 3000)}",
        f"SELECT {nested('- ', '1', '', 3000)}",
        f"SELECT {nested('abs(', '1', ')', 3000)}",
        f"SELECT {nested('CASE WHEN true THEN 1 ELSE ', '2', ' END', 3000)}",
        f"SELECT {nested('(SELECT ', '1', ')', 190)}",
        f"SELECT {nested('(SELECT * FROM ', 'footnotes', ')', 3000)}",
        f"SELECT * FROM series WHERE {joined('AND', '(month = {}', 3000)}{')' * 3000}",
        f"SELECT {joined('+', '1', 1000)}",
        f"SELECT {joined('||', LETTER, 3000)}",
        # sqlglot reads these twice at every level: 2 to the power of 40 times.
        f"SELECT {nested('ARRAY[', '1', ']', 40)}",
        f"SELECT {nested('ROW(', '1', ')', 40)}",
        f"SELECT {nested('date(', 'released', ')', 40)} FROM series",
    ],
    ids=lambda sql: f"{sql[:30]} {len(sql)}",
)
def test_what_is_too_deep_is_refused_in_a_sentence(sql):
    assert refusal(sql) == TOO_DEEP
    assert refusal(f"CREATE OR REPLACE VIEW v AS {sql}") == TOO_DEEP


def test_a_mistake_deep_inside_is_still_told():
    deep = nested("(", "nothing", ")", 150)
    assert refusal(f"SELECT {deep} FROM series") == "There is no column nothing here."


@pytest.mark.parametrize(
    "call",
    [parse, table_references, lambda sql: translate(sql, Schema())],
)
def test_python_s_own_limits_are_as_before(call):
    before = sys.getrecursionlimit(), threading.stack_size(), threading.active_count()
    call(f"SELECT {joined('OR', 'true', 2000)}")
    with pytest.raises(AthenaSQLError):
        call("SELECT (")
    assert (sys.getrecursionlimit(), threading.stack_size(), threading.active_count()) == before
