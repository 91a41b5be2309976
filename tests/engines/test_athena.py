"""Athena's answers arrive with their types, and its refusals in its own words."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import threading
from dataclasses import replace
from decimal import Decimal
from typing import Any, Callable

import awswrangler as wr
import boto3
import pyarrow as pa
import pytest
import requests

from glue_jobs.catalog.pointers import Pointer, Table, TableFile
from glue_jobs.catalog.views import ViewNotes
from glue_jobs.engines import athena
from glue_jobs.engines.athena import AthenaEngine
from glue_jobs.engines.open import open_engine
from glue_jobs.errors import StorageFailure, TryAgainLater, UsageError
from glue_jobs.settings import Settings
from glue_jobs.sql_files import sql_files, sql_folder
from glue_jobs.storage.s3 import S3Storage
from glue_jobs.tables.columns import TableColumn
from tests.aws import DATABASE, REGION, aws_server, new_bucket

SETTINGS = Settings(database=DATABASE, workgroup="lake", region=REGION)


@pytest.fixture
def aws():
    with aws_server() as address:
        location = f"s3://{new_bucket()}/athena-results/"
        boto3.client("athena").create_work_group(
            Name="lake", Configuration={"ResultConfiguration": {"OutputLocation": location}}
        )
        yield address


@pytest.fixture
def engine(aws):
    return AthenaEngine([], SETTINGS)


def table() -> Table:
    return Table((), (TableFile("x/part-00000.parquet", 1, 1, "h"),))


def prepare(
    aws: str, columns: dict[str, str] | list[tuple[str, str]], *rows: tuple[str | None, ...]
) -> None:
    """Has the stand-in answer the next statement so; it runs no SQL."""
    pairs = list(columns.items()) if isinstance(columns, dict) else columns
    lines = [tuple(name for name, _ in pairs), *rows]
    cells = [[{} if cell is None else {"VarCharValue": cell} for cell in line] for line in lines]
    info = []
    for name, typed in pairs:
        kind, _, sizes = typed.partition("(")
        precision, _, scale = sizes.rstrip(")").partition(",")
        numbers = {"Precision": int(precision or 0), "Scale": int(scale or 0)}
        info.append({"Name": name, "Type": kind, **numbers})
    results = [{"rows": [{"Data": line} for line in cells], "column_info": info}]
    answer = requests.post(
        f"{aws}/moto-api/static/athena/query-results", data=json.dumps({"results": results})
    )
    assert answer.status_code == 201


def asked() -> list[dict[str, Any]]:
    """The statements that were started, oldest first."""
    client = boto3.client("athena")
    ids = client.list_query_executions(WorkGroup="lake")["QueryExecutionIds"]
    executions = [client.get_query_execution(QueryExecutionId=one) for one in ids]
    return [execution["QueryExecution"] for execution in executions]


def test_an_answer_has_the_types_that_athena_says(aws, engine):
    columns = {
        "a": "varchar",
        "b": "smallint",
        "c": "integer",
        "d": "bigint",
        "e": "double",
        "f": "decimal(38,6)",
        "g": "boolean",
        "h": "date",
        "i": "timestamp",
    }
    values = ("x, \u2013", "2022", "-7", "322069808", "16.4", "16.400000", "true")
    prepare(
        aws,
        columns,
        (*values, "2025-09-04", "2025-09-04 12:30:00.000"),
        (None,) * len(columns),
    )
    answer = engine.query("select 1")
    assert answer.schema.types == [
        pa.string(),
        pa.int16(),
        pa.int32(),
        pa.int64(),
        pa.float64(),
        pa.decimal128(38, 6),
        pa.bool_(),
        pa.date32(),
        pa.timestamp("ms"),
    ]
    first, nothing = answer.to_pylist()
    assert first["a"] == "x, \u2013"
    assert (first["b"], first["c"], first["d"]) == (2022, -7, 322069808)
    assert (first["e"], first["f"]) == (16.4, Decimal("16.400000"))
    assert (first["g"], str(first["h"]), str(first["i"])) == (
        True,
        "2025-09-04",
        "2025-09-04 12:30:00",
    )
    assert set(nothing.values()) == {None}


def test_an_answer_without_rows_has_its_columns(aws, engine):
    prepare(aws, {"series_id": "varchar", "value": "double"})
    answer = engine.query("select 1")
    assert answer.num_rows == 0
    assert answer.schema == pa.schema({"series_id": pa.string(), "value": pa.float64()})


def test_two_columns_of_one_name_are_refused_since_one_of_them_would_be_lost(aws, engine):
    prepare(aws, [("a", "integer"), ("a", "varchar")], ("1", "x"))
    with pytest.raises(UsageError, match="Two columns of Athena's answer are named a") as refused:
        engine.query("select 1 as a, 'x' as a")
    assert "AS a_2" in refused.value.hint


def test_a_statement_goes_to_the_workgroup_and_database_as_it_is(aws, engine):
    prepare(aws, {"x": "varchar"}, ("1",))
    sql = "-- a comment\nselect x from pr_data where series_id = ?"
    engine.query(sql, ["it's"])
    (execution,) = asked()
    assert execution["Query"] == sql
    assert execution["QueryExecutionContext"]["Database"] == DATABASE
    assert execution["WorkGroup"] == "lake"
    assert execution["ExecutionParameters"] == ["'it''s'"]


def test_what_show_answers_is_given_as_lines(aws, engine):
    prepare(aws, {"tab_name": "varchar"}, ("pr_data",))
    assert "pr_data" in engine.query("SHOW TABLES").column("answer").to_pylist()


ALL = sql_files("views").keys()


@pytest.fixture(autouse=True)
def one_at_a_time(monkeypatch):
    """The catalog that moto keeps is none for several threads."""
    monkeypatch.setattr(athena, "_VIEWS_AT_ONCE", 1)


def test_views_that_read_no_other_are_made_some_at_a_time(aws, monkeypatch):
    monkeypatch.setattr(athena, "_VIEWS_AT_ONCE", 2)
    both = threading.Barrier(2, timeout=30)  # breaks where the second waits for the first
    monkeypatch.setattr(AthenaEngine, "_run", lambda engine, sql, values: both.wait())
    monkeypatch.setattr(ViewNotes, "made_from", lambda notes, view: "")
    monkeypatch.setattr(ViewNotes, "note", lambda notes, view, digest: None)
    tables = {"pr_data": table(), "population": table()}
    engine = AthenaEngine([Pointer("pr", "R", "f/", tables)], SETTINGS)
    assert engine.create_views({"best_year", "population_summary"}) == {}


def test_views_are_made_after_those_that_they_read_and_only_of_tables_that_are_there(aws):
    pointer = Pointer("pr", "R", "f/", {"pr_data": table()})
    AthenaEngine([pointer], SETTINGS).create_views(ALL)
    assert sql_files("views")["best_year"] in [one["Query"] for one in asked()]
    assert sql_files("views")["series_population"] not in [one["Query"] for one in asked()]
    other = Pointer("population", "R", "f/", {"population": table()})
    AthenaEngine([pointer, other], SETTINGS).create_views(ALL)
    made = {one["Query"] for one in asked()}
    assert made >= {
        sql_files("views")[name]
        for name in ("best_year", "population_summary", "series_population")
    }


@pytest.fixture
def keeping_views(aws, monkeypatch):
    """An Athena that puts the views that it makes into the catalog; gives what it was asked."""
    glue = boto3.client("glue")
    glue.create_database(DatabaseInput={"Name": DATABASE})
    statements: list[str] = []

    def run(engine: AthenaEngine, sql: str, values: Any) -> None:
        statements.append(sql)
        name = re.search(r"create or replace view (\w+)", sql)
        assert name is not None
        view = {"Name": name[1], "TableType": "VIRTUAL_VIEW", "ViewOriginalText": "/* ... */"}
        view["Parameters"] = {"presto_view": "true"}
        with contextlib.suppress(glue.exceptions.EntityNotFoundException):
            glue.delete_table(DatabaseName=DATABASE, Name=name[1])
        glue.create_table(DatabaseName=DATABASE, TableInput=view)

    monkeypatch.setattr(AthenaEngine, "_run", run)
    return statements


def made_again(statements: list[str], *pointers: Pointer) -> set[str]:
    """The views that are made over some releases, where those of the last time are there."""
    statements.clear()
    assert AthenaEngine(pointers, SETTINGS).create_views(ALL) == {}
    return {name for name, sql in sql_files("views").items() if sql in statements}


def test_a_view_is_made_again_only_where_its_text_or_a_column_that_it_reads_is_another(
    keeping_views, tmp_path, monkeypatch
):
    pr = Pointer("pr", "R", "f/", {"pr_data": table()})
    population = Pointer("population", "R", "f/", {"population": table()})
    all_three = {"best_year", "population_summary", "series_population"}
    assert made_again(keeping_views, pr, population) == all_three
    another = replace(population, release="S", folder="g/")
    assert made_again(keeping_views, pr, another) == set()
    typed = replace(table(), columns=(TableColumn("year", "int", ""),))
    wider = replace(population, tables={"population": typed})
    assert made_again(keeping_views, pr, wider) == all_three - {"best_year"}
    shutil.copytree(sql_folder(), tmp_path / "sql")
    path = tmp_path / "sql/views/best_year.sql"
    path.write_text(path.read_text() + "-- said otherwise\n")
    monkeypatch.setattr("glue_jobs.sql_files._FOLDERS", (tmp_path / "sql",))
    assert made_again(keeping_views, pr, wider) == {"best_year"}


def test_a_view_that_somebody_dropped_or_replaced_is_made_again(keeping_views):
    pr = Pointer("pr", "R", "f/", {"pr_data": table()})
    glue = boto3.client("glue")
    assert made_again(keeping_views, pr) == {"best_year"}
    noted = glue.get_table(DatabaseName=DATABASE, Name="best_year")["Table"]
    assert noted["Parameters"]["presto_view"] == "true"
    assert noted["ViewOriginalText"] == "/* ... */"
    glue.delete_table(DatabaseName=DATABASE, Name="best_year")
    assert made_again(keeping_views, pr) == {"best_year"}
    AthenaEngine([pr], SETTINGS)._run("create or replace view best_year as select 1", ())
    assert made_again(keeping_views, pr) == {"best_year"}
    assert made_again(keeping_views, pr) == set()


def test_a_view_that_nobody_wants_is_neither_made_nor_looked_at(aws):
    pointer = Pointer("pr", "R", "f/", {"pr_data": table()})
    assert AthenaEngine([pointer], SETTINGS).create_views({"population_summary"}) == {}
    assert asked() == []


def test_a_view_that_cannot_be_made_stops_no_other(aws, monkeypatch):
    tables = {"pr_data": table(), "population": table()}
    engine = AthenaEngine([Pointer("pr", "R", "f/", tables)], SETTINGS)
    run = engine._run

    def refuse_one(sql: str, values: Any) -> Any:
        if "population_summary" in sql:
            raise TryAgainLater("busy")
        return run(sql, values)

    monkeypatch.setattr(engine, "_run", refuse_one)
    failures = engine.create_views(ALL)
    assert {name: str(one) for name, one in failures.items()} == {"population_summary": "busy"}
    views = sql_files("views")
    made = {one["Query"] for one in asked()}
    assert made >= {views["best_year"], views["series_population"]}
    assert views["population_summary"] not in made


def test_a_view_that_athena_refuses_is_no_fault_of_who_gave_the_command(aws, monkeypatch):
    engine = AthenaEngine([Pointer("population", "R", "f/", {"population": table()})], SETTINGS)

    def refuse(sql: str, values: Any) -> Any:
        raise UsageError("Athena could not answer the query: there is no column year.", hint="x")

    monkeypatch.setattr(engine, "_run", refuse)
    failure = engine.create_views(ALL)["population_summary"]
    assert (failure.exit_code, failure.hint) == (7, "x")
    assert str(failure).startswith("The view population_summary cannot be made: Athena could not")


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("FAILED", "line 1:8: Column 'x' cannot be resolved"),
        ("CANCELLED", "Bytes scanned limit was exceeded"),
    ],
)
def test_a_query_that_athena_ends_is_told_in_athena_s_words(state, reason, engine, monkeypatch):
    def ended(execution_id, **_):
        raise {"FAILED": wr.exceptions.QueryFailed, "CANCELLED": wr.exceptions.QueryCancelled}[
            state
        ](reason)

    monkeypatch.setattr(wr.athena, "wait_query", ended)
    with pytest.raises(UsageError) as caught:
        engine.query("select x")
    assert str(caught.value) == f"Athena could not answer the query: {reason}."


@pytest.mark.parametrize(
    ("told", "error"),
    [
        ({"ErrorCategory": 1}, TryAgainLater),
        ({"ErrorCategory": 3, "Retryable": True}, TryAgainLater),
        ({"ErrorCategory": 2, "Retryable": False}, UsageError),
        ({"ErrorCategory": 3, "Retryable": False}, StorageFailure),
    ],
)
def test_whose_fault_it_was_is_what_athena_says(told, error, engine, monkeypatch):
    client = engine._session.client("athena")
    found = {"QueryExecution": {"Status": {"State": "FAILED", "AthenaError": told}}}
    monkeypatch.setattr(wr.athena, "start_query_execution", lambda *_, **__: "id")
    monkeypatch.setattr(wr.athena, "wait_query", fail_with("Something went wrong"))
    monkeypatch.setattr(client, "get_query_execution", lambda **_: found)
    monkeypatch.setattr(engine._session, "client", lambda _: client)
    with pytest.raises(error, match="Athena could not answer the query: Something went wrong"):
        engine.query("select 1")


def test_a_denial_by_lake_formation_says_who_grants(engine, monkeypatch):
    words = "Insufficient Lake Formation permission(s): Required Select on pr_data"
    monkeypatch.setattr(wr.athena, "wait_query", fail_with(words))
    with pytest.raises(UsageError) as caught:
        engine.query("select 1")
    assert "LakeFormation=true" in caught.value.hint


def fail_with(reason: str) -> Callable[..., Any]:
    def ended(*_: object, **__: object) -> Any:
        raise wr.exceptions.QueryFailed(reason)

    return ended


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("TooManyRequestsException", TryAgainLater),
        ("ExpiredTokenException", UsageError),
        ("AccessDeniedException", StorageFailure),
        ("InvalidRequestException", UsageError),  # the workgroup is not there
    ],
)
def test_what_aws_refuses_is_told_in_a_sentence(code, error, engine):
    def refuse(http_response, parsed, **_):
        parsed["Error"] = {"Code": code, "Message": "said by AWS"}
        http_response.status_code = 400

    engine._session.events.register("after-call.athena.GetWorkGroup", refuse)
    with pytest.raises(error, match="Cannot ask Athena in the workgroup lake"):
        engine.query("select 1")


def test_a_lake_in_s3_is_asked_through_athena(aws):
    storage = S3Storage(f"s3://{new_bucket()}/lake")
    assert isinstance(open_engine(storage, [], SETTINGS), AthenaEngine)
