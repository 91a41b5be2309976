"""What is refused, and the sentence that says so."""

from __future__ import annotations

import pytest

from athena_sql import Schema, parse, translate
from athena_sql.errors import AthenaSQLError, InvalidSQL, UnsupportedSQL
from athena_sql.grammar import AthenaGrammar
from tests.athena_sql.test_translation import SCHEMA, refusal


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT nothing FROM series", "There is no column nothing here."),
        ("SELECT s.month FROM series", "There is no column s.month here."),
        ("SELECT series_id FROM series, footnotes", "The column series_id is ambiguous"),
        ("SELECT * FROM nowhere", "There is no table or view nowhere."),
        ("SELECT x.* FROM series", "There is no table x in FROM."),
        ("SELECT month AS m FROM series WHERE m = 1", "There is no column m here."),
        ("SELECT month AS m FROM series GROUP BY m", "There is no column m here."),
        ("SELECT month AS m, m + 1 FROM series", "There is no column m here."),
        ("SELECT 1 FROM series, series", "what FROM names series twice"),
        ("SELECT 1 FROM series ORDER BY 2", "There is no column 2 to order by."),
        (
            "SELECT s.series_id FROM series s JOIN footnotes f USING (series_id)",
            "no column s.series_id",
        ),
        ("SELECT 1 FROM series JOIN footnotes USING (month)", "no column month in footnotes"),
        ("WITH a (x, y) AS (SELECT 1) SELECT * FROM a", "a has 1 columns, not 2"),
        ("SELECT * FROM (SELECT 1) AS t(a, b)", "t has 1 columns, but 2 names"),
        ("SELECT 1 UNION SELECT 'a'", "integer and varchar(1) in one column of UNION"),
        ("SELECT 1 UNION SELECT 1, 2", "UNION of 1 and 2 columns"),
        ("VALUES (1), (1, 2)", "VALUES with rows of different lengths"),
        ("SELECT * FROM (VALUES 1, 'a') AS t(x)", "together in VALUES"),
        ("SELECT (SELECT 1, 2)", "a query of 2 columns as a value"),
        ("SELECT 1 WHERE 1", "integer as a condition"),
        ("SELECT 1 + ", "cannot read this as Athena's SQL, from line 1"),
        ("SELECT", "names at least one column"),
        ("", "There is no statement to run."),
        ("-- nothing", "There is no statement to run."),
        ("SELECT 'a", "This is not Athena's SQL"),
    ],
)
def test_what_is_wrong_in_athena_is_wrong_here(sql, message):
    assert message in refusal(sql)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        # What DuckDB has and Athena has not.
        ("FROM series", "does not run FROM"),
        ("SUMMARIZE series", "does not run SUMMARIZE"),
        ("PIVOT series ON month", "does not run PIVOT"),
        ("SELECT month::varchar FROM series", "Athena has no ::"),
        ("SELECT 2 ** 3", "Athena has no **"),
        ("SELECT {'a': 1}", "Athena has no {"),
        ("SELECT 1 == 1", "Athena has no =="),
        ("SELECT 7 // 2", "Athena has no //"),
        ("SELECT !true", "Athena has no !"),
        ("SELECT 6 & 3", "Athena has no operator &"),
        ("SELECT series_id ILIKE 'a' FROM series", "Athena has no ILIKE"),
        ("SELECT series_id ~ 'a' FROM series", "Athena has no ~"),
        ("SELECT series_id SIMILAR TO 'a' FROM series", "SIMILAR TO"),
        ("SELECT month IS TRUE FROM series", "IS with anything but NULL"),
        ("SELECT 1 BETWEEN SYMMETRIC 2 AND 0", "BETWEEN SYMMETRIC"),
        ("SELECT * EXCLUDE (month) FROM series", "* EXCEPT or EXCLUDE"),
        ("SELECT * REPLACE (1 AS month) FROM series", "* REPLACE"),
        ("SELECT COLUMNS(*) FROM series", "does not know whether columns means here"),
        ("SELECT DISTINCT ON (month) month FROM series", "DISTINCT ON"),
        ("SELECT month FROM series GROUP BY ALL", "GROUP BY ALL"),
        ("SELECT month FROM series QUALIFY row_number() OVER () = 1", "Athena has no QUALIFY"),
        ("SELECT [x FOR x IN months] FROM series", "Athena has no list comprehension"),
        ("SELECT months[1:2] FROM series", "Athena has no slice in [a:b]"),
        ("SELECT month FROM series LIMIT 1 OFFSET 1", "Athena wants OFFSET before LIMIT"),
        ("SELECT month FROM series LIMIT 10 PERCENT", "FETCH or LIMIT by PERCENT"),
        ("SELECT list_sum(months) FROM series", "does not know whether list_sum means here"),
        ("SELECT 1 FROM series ASOF JOIN footnotes ON true", "ASOF JOIN"),
        ("SELECT 1 FROM series SEMI JOIN footnotes ON true", "SEMI JOIN"),
        # What reads from outside the lake.
        ("SELECT * FROM read_csv('/etc/passwd')", "does not know whether read_csv means here"),
        ("SELECT * FROM read_parquet('x')", "does not know whether read_parquet means here"),
        ("SELECT * FROM glob('*')", "does not know whether glob means here"),
        ("SELECT * FROM 'x.csv'", "There is no table or view x.csv"),
        ('SELECT * FROM "/etc/passwd"', "There is no table or view /etc/passwd"),
        ("SELECT getenv('HOME')", "does not know whether getenv means here"),
        ("SELECT current_setting('home_directory')", "does not know whether current_setting"),
        ("SELECT * FROM duckdb_settings()", "does not know whether duckdb_settings"),
        ("SELECT * FROM information_schema.tables", "The local engine knows one database"),
        ("SELECT athena_divisor(0)", "does not know whether athena_divisor means here"),
        # What Athena has and is not translated.
        (
            "WITH RECURSIVE a (n) AS (SELECT 1 UNION ALL SELECT n FROM a) SELECT * FROM a",
            "WITH RECURSIVE",
        ),
        ("SELECT * FROM series TABLESAMPLE BERNOULLI (10)", "TABLESAMPLE"),
        ("SELECT * FROM series NATURAL JOIN footnotes", "NATURAL JOIN"),
        ("SELECT * FROM (series JOIN footnotes ON true)", "a join in brackets"),
        (
            "SELECT * FROM (SELECT * FROM series s JOIN footnotes f ON true) AS q",
            "cannot tell columns series_id of q apart",
        ),
        ("SELECT DISTINCT code FROM footnotes ORDER BY series_id", "SELECT DISTINCT with ORDER BY"),
        ("SELECT 1 IN ()", "IN with an empty list"),
        ("SELECT date_diff('day', ?, current_date)", "has to know the type in date_diff"),
        ("SELECT (1, 2) IN (SELECT 1, 2)", "a row IN (query)"),
        ("SELECT 0x41", "hexadecimal or binary constants"),
        ("SELECT DECIMAL '1_000.5'", "does not translate DECIMAL '1_000.5'"),
        ("SELECT * FROM (VALUES ROW(1, 2)) AS t(x)", "VALUES of a row"),
        ("SELECT current_schema", "does not translate current_schema"),
        ("SELECT current_catalog", "does not translate current_catalog"),
        ("SELECT U&'a'", "U&'...'"),
        ("SELECT json_extract('{}', '$.a')", "does not know whether json_extract means here"),
        ("SELECT month FROM series FETCH FIRST 1 ROW WITH TIES", "WITH TIES"),
        (
            "SELECT * FROM series FOR TIMESTAMP AS OF timestamp '2020-01-01 00:00:00'",
            "VERSION AS OF",
        ),
        ("SELECT * FROM UNNEST(5) AS t(x)", "UNNEST of integer"),
        (
            "SELECT value FROM series WHERE value IN (SELECT value FROM series)",
            "IN (query) over doubles",
        ),
        # Statements.
        ("SELECT 1; SELECT 2", "one statement at a time"),
        ("MSCK REPAIR TABLE series", "does not run MSCK REPAIR"),
        ("ALTER TABLE series ADD PARTITION (year = 2020)", "does not run ALTER TABLE"),
        ("UNLOAD (SELECT 1) TO 's3://x' WITH (format = 'parquet')", "does not run UNLOAD"),
        ("INSERT INTO series SELECT 1", "does not run INSERT INTO"),
        ("DELETE FROM series", "does not run DELETE"),
        ("CREATE TABLE x AS SELECT 1", "does not run CREATE TABLE"),
        ("CREATE EXTERNAL TABLE x (a int) LOCATION 's3://x'", "does not run CREATE EXTERNAL"),
        ("CREATE OR REPLACE TEMP VIEW v AS SELECT 1", "does not run CREATE OR"),
        ("CREATE OR REPLACE VIEW v (a) AS SELECT 1", "CREATE OR REPLACE VIEW name AS query only"),
        ("DROP VIEW v", "does not run DROP VIEW"),
        ("PREPARE p FROM SELECT 1", "does not run PREPARE"),
        ("EXECUTE p", "does not run EXECUTE"),
        ("EXPLAIN SELECT 1", "does not run EXPLAIN"),
        ("SET x = 1", "does not run SET"),
        ("ATTACH 'x.db'", "does not run ATTACH"),
        ("COPY series TO 'x.csv'", "does not run COPY"),
        ("PRAGMA version", "does not run PRAGMA"),
        ("INSTALL httpfs", "does not run INSTALL"),
        ("LOAD httpfs", "does not run LOAD"),
        ("CALL pragma_version()", "does not run CALL"),
        ("SHOW TBLPROPERTIES series", "does not answer SHOW TBLPROPERTIES series"),
        ("SHOW TABLES", "SHOW and DESCRIBE are answered by the catalog"),
    ],
)
def test_refused(sql, message):
    assert message in refusal(sql)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("upper(5)", "knows upper, but not with the arguments (integer)"),
        ("length(1.5)", "knows length, but not with the arguments (decimal(2,1))"),
        ("year('2020-01-01')", "knows year, but not with the arguments (varchar(10))"),
        ("sum('a')", "knows sum, but not with the arguments (varchar(1))"),
        ("reverse(5)", "knows reverse, but not with the arguments (integer)"),
        ("array_join(array[array[1]], ',')", "Athena does not accept array(array(integer))"),
        ("date_add('month', 1, '2020-01-01')", "varchar(10) in date_add"),
        ("date_add('hour', 1, date '2020-01-01')", "the unit 'hour' in date_add of a date"),
        ("date_trunc('decade', date '2020-01-01')", "the unit 'decade' in date_trunc"),
        ("date_diff(series_id, released, released)", "the unit of date_diff only when"),
        ("date_format(released, '%D')", "does not translate '%D' in the time pattern '%D'"),
        ("format_datetime(released, 'ZZ')", "does not translate 'ZZ' in the time pattern"),
        ("date_parse('10:05', '%H:%i')", "does not read times by the pattern '%H:%i'"),
        ("date_parse('05 2020', '%I %Y')", "does not read times by the pattern '%I %Y'"),
        ("at_timezone(retrieved, '+1:00')", "does not know the time zone '+1:00'"),
        ("at_timezone(retrieved, '+15:00')", "does not know the time zone '+15:00'"),
        ("at_timezone(retrieved, 'EST')", "does not know the time zone 'EST'"),
        ("at_timezone(retrieved, 'Etc/GMT+5')", "does not know the time zone 'Etc/GMT+5'"),
        ("released AT TIME ZONE 'UTC'", "Athena does not accept a date AT TIME ZONE"),
        ("with_timezone(released, 'UTC')", "does not translate with_timezone of date"),
        ("from_iso8601_timestamp('2024-W05-1')", "'2024-W05-1' in from_iso8601_timestamp"),
        ("to_iso8601(retrieved AT TIME ZONE 'Asia/Tokyo')", "to_iso8601 in the zone Asia/Tokyo"),
        ("timestamp '2024-01-01 00:00:00.1234567'", "keeps six digits of a second"),
        ("array[retrieved AT TIME ZONE 'Asia/Tokyo']", "the zone Asia/Tokyo inside of _col0"),
        (
            "coalesce(retrieved AT TIME ZONE 'Asia/Tokyo', now())",
            "in which of several zones a timestamp is",
        ),
        ("concat('a', 1)", "Athena does not accept integer in concat"),
        ("concat(1, 2)", "Athena does not accept integer in concat"),
        ("1 + 'a'", "Athena does not accept integer + varchar(1)"),
        ("released + 1", "Athena does not accept date + integer"),
        ("released + ?", "does not translate date + unknown"),
        (
            "interval '1' day + interval '1' month",
            "Athena does not accept interval day to second +",
        ),
        ("interval '1' day = interval '1' month", "together in a comparison"),
        ("interval '1' day / interval '1' hour", "Athena does not accept interval day to second /"),
        ("released + interval '1' hour", "hours, minutes or seconds added to a date"),
        ("interval '1' week", "Athena does not accept an interval in WEEK"),
        ("interval '1.5' day", "does not translate INTERVAL '1.5' DAY"),
        ("coalesce(1, 'a')", "integer and varchar(1) together in coalesce"),
        ("if(1, 2, 3)", "Athena does not accept integer as a condition"),
        ("sum(month) FILTER (WHERE true) OVER ()", "Athena does not accept FILTER with OVER"),
        ("try_cast(array[value] as array(varchar))", "TRY_CAST of doubles to array(varchar)"),
        ("try(cast(value as varchar))", "try around a cast of a double to varchar"),
        ("try(json_extract_scalar(series_id, '$.a'))", "try around json_extract_scalar"),
        ("try(length(from_utf8(x'ff')))", "try around from_utf8"),
        ("max(month, 0)", "Athena does not accept 0 as a number of values"),
        ("max(month, 10001)", "Athena does not accept 10001 as a number of values"),
        ("approx_percentile(month, 1.5)", "Athena does not accept the percentile 1.5"),
        ("approx_percentile(month, array[])", "approx_percentile of an empty array"),
        ("contains(array[(1, 2)], (1, 2))", "contains of values of type row"),
        ("random(1.5)", "Athena does not accept random(decimal(2,1))"),
        ("format('%o', 1)", "does not translate the format '%o'"),
        ("format('%+s', 'a')", "does not translate %+s in format"),
        ("format('%2$s', 1)", "does not translate the format '%2$s'"),
        ("format('%s', retrieved)", "does not translate %s of timestamp(3) in format"),
        ("format('%s %s', 1)", "with fewer arguments than places"),
        ("regexp_extract('a', '(a)|b', 1)", "passed over"),
        ("regexp_extract('a', '(a)', 2)", "group 2 of '(a)', which has fewer"),
        ("regexp_replace('a', 'a', '$12')", "does not translate the replacement '$12'"),
        ("regexp_replace('a', 'a', x -> x[1])", "regexp_replace with a lambda"),
        ("regexp_like('a', '[a-z&&[^b]]')", "in another way than Athena"),
        ("json_extract_scalar('{}', '$..a')", "does not translate the JSON path '$..a'"),
        ("typeof(upper('a'))", "does not know the length in typeof"),
        ("row(1, 2).field0", "does not translate .field0 of row(integer, integer)"),
        ("row(1, 2)[3]", "Athena does not accept this place in row(integer, integer)"),
        ("row(1, 2)[month]", "Athena does not accept this place in row(integer, integer)"),
        ("(1, 2) = (1, 'a')", "together in a comparison"),
        ("(1, 2) = (1, 2, 3)", "together in a comparison"),
        ("(1, 2) < (1, 3)", "does not compare values of type row"),
        (
            "cast((1, 2) as row(a integer))",
            "Athena does not accept a cast of row(integer, integer)",
        ),
        ("cast((1, 2) as varchar)", "a cast of row(integer, integer) to varchar"),
        ("extract(EPOCH FROM retrieved)", "EXTRACT(EPOCH ...)"),
        ("decimal 'x'", "This is not a DECIMAL literal"),
        ("decimal(3, 1) '1.5'", "This is not a DECIMAL literal"),
        ("cast(1 as json)", "does not cast integer to json"),
        ("cast(1 as date)", "does not cast integer to date"),
        ("months = months", "does not compare values of type array"),
        ("row_number()", "row_number without OVER"),
        ("upper(series_id) OVER ()", "OVER or FILTER with upper"),
        ("sum(DISTINCT month) OVER ()", "DISTINCT or ORDER BY in sum with OVER"),
        ("sum(month) IGNORE NULLS OVER ()", "IGNORE NULLS or RESPECT NULLS here"),
        ("count(DISTINCT month, year)", "count(DISTINCT ...) of several columns"),
        ("max(months)", "does not order values of type array(integer)"),
        ("listagg(series_id, ',')", "listagg without WITHIN GROUP"),
        ("transform(months, (x, y) -> x)", "as a function here"),
        ("filter(months, x -> x)", "a function to integer in filter"),
        ("transform(months, 5)", "knows transform, but not with the arguments"),
        ("place[0]", "Athena does not accept this place in row(state varchar, code integer)"),
        ("place.nothing", "There is no field nothing"),
        ("3000000000000000000000", "the constant 3000000000000000000000"),
    ],
)
def test_refused_expression(expression, message):
    assert message in refusal(f"SELECT {expression} FROM series")


def test_a_refusal_is_an_unsupported_sql_and_a_mistake_is_not():
    with pytest.raises(UnsupportedSQL):
        parse("DROP TABLE series")
    with pytest.raises(AthenaSQLError) as raised:
        parse("SELECT (")
    assert not isinstance(raised.value, UnsupportedSQL)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT series_id ILIKE 'a' FROM series",
        "SELECT [x FOR x IN months] FROM series",
        "SELECT 7 // 2",
        "SELECT 1 == 1",
        "SELECT 1 LIMIT 1 OFFSET 1",
        "SELECT 1 LIMIT 1, 2",
        "SELECT 1 + 'a'",
        "SELECT coalesce(1, 'a')",
        "SELECT 1 WHERE 'a'",
        "SELECT date_trunc('decade', date '2020-01-01')",
        "SELECT :x",
        "VALUES (1), (1, 2)",
    ],
)
def test_what_athena_has_not_is_a_mistake_and_no_lack_of_the_local_engine(sql):
    with pytest.raises(InvalidSQL, match=r"^Athena "):
        translate(sql, SCHEMA)


def test_a_refusal_says_what_to_write_instead():
    with pytest.raises(InvalidSQL) as raised:
        parse("SELECT month::varchar FROM series")
    assert raised.value.hint == "Write CAST(x AS type)."


@pytest.mark.parametrize(
    ("sql", "line", "column", "marked"),
    [
        ("SELECT series_id,\n  foo(month) FROM series", 2, 3, "foo"),
        ("SELECT cast(month AS json) FROM series", 1, 13, "month"),
        ("SELECT 1, series_id || 1 FROM series", 1, 11, "series_id || 1"),
        ("SELECT month::varchar FROM series", 1, 13, "::"),
        ("SELECT (SELECT nothing FROM footnotes)", 1, 16, "nothing"),
        ("SELECT * FROM series TABLESAMPLE BERNOULLI (10)", 1, 45, "10"),
        ("INSERT INTO series SELECT 1", 1, 1, "INSERT"),
        ("\n  SHOW TBLPROPERTIES x", 2, 3, "SHOW"),
        ("SELECT", 1, 1, "SELECT"),
        ("SELECT a FROM (SELECT 'nothing', nothing FROM series) AS t", 1, 34, "nothing"),
    ],
)
def test_a_refusal_says_where(sql, line, column, marked):
    with pytest.raises(AthenaSQLError) as raised:
        translate(sql, SCHEMA)
    error = raised.value
    assert (error.line, error.column) == (line, column)
    shown, mark = error.excerpt.split("\n")
    assert shown[mark.index("^") :][: mark.count("^")] == marked


def test_a_misspelt_table_of_many_is_found_by_its_first_letter():
    schema = Schema("lake", {f"table_{place}": {"n": "int"} for place in range(1000)})
    schema.add("pr_data", {"n": "int"})
    with pytest.raises(InvalidSQL) as raised:
        translate("SELECT * FROM pr_dta", schema)
    assert raised.value.hint == "Did you mean pr_data?"


def test_a_compiled_sqlglot_is_named(monkeypatch):
    """A package of that name lets nobody derive a parser; it may come with another program."""

    def compiled(_self):
        raise TypeError("interpreted classes cannot inherit from compiled")

    monkeypatch.setattr(AthenaGrammar, "parser", compiled)
    with pytest.raises(UnsupportedSQL, match="compiled sqlglot") as raised:
        parse("select 1")
    assert raised.value.hint == "pip uninstall sqlglotc"
