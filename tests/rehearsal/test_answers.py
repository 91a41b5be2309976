"""What the simulated Athena answers, and what it refuses as Athena does."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest

from tests.rehearsal.answers import Answerer, as_athena
from tests.rehearsal.server import Cloud


def test_an_answer_has_athena_s_types_and_cells():
    table = pa.table(
        {
            "a": pa.array([1, None], pa.int16()),
            "b": pa.array([Decimal("16.400000"), None], pa.decimal128(38, 6)),
            "c": pa.array(["x", ""], pa.string()),
            "d": pa.array([True, None], pa.bool_()),
        }
    )
    answer = as_athena(table)
    assert [(one["Type"], one["Precision"], one["Scale"]) for one in answer.columns] == [
        ("smallint", 0, 0),
        ("decimal", 38, 6),
        ("varchar", 0, 0),
        ("boolean", 0, 0),
    ]
    assert [[cell.get("VarCharValue") for cell in row["Data"]] for row in answer.rows] == [
        ["a", "b", "c", "d"],
        ["1", "16.400000", "x", "true"],
        [None, None, "", None],
    ]


def test_a_statement_without_rows_is_not_answered(tmp_path):
    answer = Answerer(None, "", tmp_path)
    assert answer("-- a comment\ncreate or replace view x as select 1") is None


@pytest.mark.parametrize(
    ("sql", "parameters", "why"),
    [
        ("with asked as (select ? as moment) select moment from asked", ["'x'"], "outside WHERE"),
        ("select * from pr_data where series_id = ?", ["PRS85006092"], "is no literal"),
    ],
)
def test_what_athena_would_refuse_is_refused(sql, parameters, why):
    with Cloud() as cloud:
        cloud.answer_queries("labor_lake", lambda *_: pytest.fail("it was answered"))
        client = cloud.client("athena", "land_bls")
        with pytest.raises(client.exceptions.InvalidRequestException, match=why):
            client.start_query_execution(QueryString=sql, ExecutionParameters=parameters)
