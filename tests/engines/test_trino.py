"""A Trino server's answers arrive exactly, and its refusals in a sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timezone
from decimal import Decimal

import pyarrow as pa
import pytest

from glue_jobs.engines.open import engine_of, open_engine
from glue_jobs.errors import TryAgainLater, UnsupportedSQL, UsageError
from glue_jobs.reports.answers import text_rows
from glue_jobs.settings import Settings
from glue_jobs.storage.s3 import S3Storage
from labor_lake.engines.past import Rewritten
from labor_lake.engines.trino.engine import TrinoEngine
from labor_lake.engines.trino.session import PASSWORD, Session
from tests.aws import aws_server
from tests.engines.fake_trino import fake_trino

S3 = "s3://bucket/lake"


@pytest.fixture
def trino():
    with fake_trino() as fake:
        yield fake


@pytest.fixture
def session(trino):
    return Session(Settings(trino_url=trino.address, trino_user="ann"), {})


def ask(session: Session, sql: str = "select 1", *parameters: object) -> pa.Table:
    return session.stream(Rewritten(sql), parameters).read_all()


def test_a_statement_is_asked_as_that_user_in_the_lake_s_schema_and_in_utc(trino, session):
    assert ask(session, "select 1;  ").to_pylist() == [{"_col0": 1}]
    assert trino.statements == ["select 1"]
    told = {name: trino.headers[f"X-Trino-{name}"] for name in ("User", "Catalog", "Schema")}
    assert told == {"User": "ann", "Catalog": "awsdatacatalog", "Schema": "labor_lake"}
    assert trino.headers["X-Trino-Time-Zone"] == "UTC"
    assert "Authorization" not in trino.headers


@pytest.mark.parametrize(
    ("kind", "given", "arrow", "value"),
    [
        ("bigint", 7, pa.int64(), 7),
        ("varchar(3)", "abc", pa.string(), "abc"),
        ("double", 0.1, pa.float64(), 0.1),
        ("double", "Infinity", pa.float64(), float("inf")),
        ("decimal(38,6)", "12345678901234567890.123456", pa.decimal128(38, 6), None),
        ("date", "2025-09-04", pa.date32(), date(2025, 9, 4)),
        ("time(3)", "12:13:14.500", pa.time64("us"), time(12, 13, 14, 500_000)),
        ("timestamp(3)", "2025-09-04 12:30:00.123", pa.timestamp("ms"), None),
        ("timestamp(6)", "2025-09-04 12:30:00.123456", pa.timestamp("us"), None),
        ("varbinary", "YWI=", pa.binary(), b"ab"),
        ("interval day to second", "-3 04:05:06.007", pa.month_day_nano_interval(), None),
        ("interval year to month", "1-2", pa.month_day_nano_interval(), None),
        ("array(decimal(3,1))", ["1.5", None], pa.list_(pa.decimal128(3, 1)), None),
        ("map(integer,date)", {"1": "2025-09-04"}, pa.map_(pa.int32(), pa.date32()), None),
        ("row(bigint)", [1], pa.struct([("field0", pa.int64())]), {"field0": 1}),
        (
            'row(a decimal(3,1),"B c" map(varchar,bigint))',
            ["1.5", {"x": 1}],
            pa.struct([("a", pa.decimal128(3, 1)), ("B c", pa.map_(pa.string(), pa.int64()))]),
            {"a": Decimal("1.5"), "B c": [("x", 1)]},
        ),
        ("json", '{"a":1}', pa.string(), '{"a":1}'),
    ],
)
def test_a_value_has_the_type_that_trino_says_and_all_its_digits(
    trino, session, kind, given, arrow, value
):
    trino.columns, trino.pages = [("a", kind)], [[[given], [None]]]
    answer = ask(session)
    assert answer.schema.field("a").type == arrow
    assert answer.schema.field("a").metadata == {b"athena_type": kind.encode()}
    first, nothing = answer.column("a").to_pylist()
    assert nothing is None
    if value is not None:
        assert first == value
    elif isinstance(given, str):
        assert text_rows(answer)[1][0] == [given]
    else:
        assert first


def test_moments_are_shown_in_the_zone_of_the_first(trino, session):
    trino.columns = [("a", "timestamp(3) with time zone")]
    trino.pages = [[[None], ["2025-07-01 08:00:00.000 America/New_York"]]]
    trino.pages += [[["2025-01-01 00:00:00.000 UTC"], ["2025-01-01 00:00:00.000 +05:30"]]]
    answer = ask(session)
    assert answer.schema.field("a").type == pa.timestamp("ms", "America/New_York")
    moments = [one and one.astimezone(timezone.utc) for one in answer.column("a").to_pylist()]
    assert moments == [
        None,
        datetime(2025, 7, 1, 12, tzinfo=timezone.utc),
        datetime(2025, 1, 1, tzinfo=timezone.utc),
        datetime(2024, 12, 31, 18, 30, tzinfo=timezone.utc),
    ]


def test_a_date_that_arrow_has_not_is_refused(trino, session):
    trino.columns, trino.pages = [("a", "date")], [[["-0001-01-01"]]]
    with pytest.raises(UnsupportedSQL, match="does not fit into date32"):
        ask(session)


def test_whoever_reads_no_further_ends_the_query_on_the_server(trino, session):
    trino.pages = [[[number] for number in range(10_000)]] * 4
    answer = session.stream(Rewritten("select 1"))
    assert answer.read_next_batch().num_rows == 10_000
    del answer
    assert trino.cancelled == 1
    session.stream(Rewritten("select 1"))
    assert trino.cancelled == 2


def test_ctrl_c_ends_the_query_on_the_server(trino, session, monkeypatch):
    trino.pages = [[[1]]] * 4

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("trino.dbapi.Cursor.fetchmany", interrupted)
    with pytest.raises(KeyboardInterrupt):
        session.stream(Rewritten("select 1"))
    assert trino.cancelled == 1


def test_parameters_are_values_and_never_a_part_of_the_statement(trino, session):
    ask(session, "select ? || 'x'", "it's; drop table a", 7, 0.5)
    assert trino.statements == [
        "EXECUTE IMMEDIATE 'select ? || ''x''' USING 'it''s; drop table a',7,DOUBLE '0.5'"
    ]


def failed(kind: str, **place: int) -> dict[str, object]:
    location = {"errorLocation": place} if place else {}
    return {
        "message": "line 2:3: Column 'x' cannot be resolved",
        "errorName": "COLUMN_NOT_FOUND",
        "errorType": kind,
        **location,
    }


def test_a_wrong_statement_is_told_with_its_line_and_column(trino, session):
    trino.error = failed("USER_ERROR", lineNumber=2, columnNumber=3)
    with pytest.raises(UsageError, match=r"^Line 2, column 3: Column 'x' cannot") as told:
        ask(session, "select 1,\n  x")
    assert told.value.excerpt == "  x\n  ^"


def test_a_failure_without_a_place_is_told_without_one(trino, session):
    trino.error = {**failed("USER_ERROR"), "message": "Division by zero"}
    with pytest.raises(UsageError, match=r"^Trino could not answer the query: Division by zero\.$"):
        ask(session)


@pytest.mark.parametrize("kind", ["INTERNAL_ERROR", "INSUFFICIENT_RESOURCES", "EXTERNAL"])
def test_what_is_the_server_s_trouble_may_be_tried_again(trino, session, kind):
    trino.error = failed(kind)
    with pytest.raises(TryAgainLater, match="Trino could not answer the query"):
        ask(session)


@pytest.mark.parametrize(("status", "said"), [(401, "does not know this user"), (403, "denies")])
def test_a_server_that_refuses_a_user_is_a_wrong_setting(trino, session, status, said):
    trino.status = status
    with pytest.raises(UsageError, match=said):
        ask(session)


def test_a_server_that_is_not_there_may_come_back(trino, session):
    trino.status = 500
    with pytest.raises(TryAgainLater, match=f"at {trino.address} does not answer"):
        ask(session)


def test_a_password_goes_to_an_https_address_only(trino):
    with pytest.raises(UsageError, match="is plain http"):
        Session(Settings(trino_url=trino.address), {PASSWORD: "secret"})
    assert Session(Settings(trino_url="https://trino.example.com"), {PASSWORD: "secret"})


def test_without_an_address_there_is_no_engine():
    with pytest.raises(UsageError, match="needs the address of a server"):
        Session(Settings(), {})


@pytest.mark.parametrize(
    ("uri", "settings", "engine"),
    [
        ("/lake", {}, "duckdb"),
        ("/lake", {"engine": "duckdb"}, "duckdb"),
        ("/lake", {"trino_url": "https://a"}, "duckdb"),
        (S3, {}, "athena"),
        (S3, {"trino_url": "https://a"}, "trino"),
        (S3, {"trino_url": "https://a", "engine": "athena"}, "athena"),
        (S3, {"engine": "trino"}, "trino"),
        (S3, {"trino_url": "https://a", "catalog": "none"}, "trino"),
    ],
)
def test_a_lake_has_the_engine_that_the_settings_name_or_the_one_that_goes_with_it(
    uri, settings, engine
):
    assert engine_of(uri, replace(Settings(), **settings)) == engine


@pytest.mark.parametrize(
    ("uri", "settings", "said"),
    [
        (S3, {"engine": "duckdb"}, "duckdb reads a lake in a directory, and this one is in S3"),
        (
            "/lake",
            {"engine": "athena"},
            "athena reads a lake in S3, and this one is in a directory",
        ),
        ("/lake", {"engine": "trino"}, "trino reads a lake in S3, and this one is in a directory"),
        (S3, {"catalog": "none"}, "through Glue, and the setting catalog is none"),
    ],
)
def test_an_engine_that_cannot_read_the_lake_is_refused_in_a_sentence(uri, settings, said):
    with pytest.raises(UsageError, match=said):
        engine_of(uri, replace(Settings(), **settings))


def test_the_engine_is_found_by_its_name():
    settings = Settings(lake=S3, trino_url="https://trino.example.com", region="us-east-1")
    with aws_server():
        assert isinstance(open_engine(S3Storage(S3), [], settings), TrinoEngine)
