"""What is refused, and the sentence that says so."""

from __future__ import annotations

import pytest

from athena_sql import parse, translate
from athena_sql.errors import AthenaSQLError, InvalidSQL, UnsupportedSQL
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
        ("SELECT 1 FROM series, series", "series is named twice in FROM"),
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
        ("SELECT * FROM information_schema.tables", "There is no database information_schema here"),
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
        ("SELECT (1, 2) IN ((1, 2))", "rows of values such as (a, b)"),
        ("SELECT x'41'", "binary constants"),
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
        ("reverse('abc')", "knows reverse, but not with the arguments (varchar(3))"),
        ("array_join(array[1e0], ',')", "knows array_join, but not with the arguments"),
        ("date_add('month', 1, '2020-01-01')", "varchar(10) in date_add"),
        ("date_add('hour', 1, date '2020-01-01')", "the unit 'hour' in date_add of a date"),
        ("date_trunc('decade', date '2020-01-01')", "the unit 'decade' in date_trunc"),
        ("date_diff(series_id, released, released)", "the unit of date_diff only when"),
        ("date_format(released, '%D')", "does not translate '%D' in the time pattern '%D'"),
        ("format_datetime(released, 'ZZ')", "does not translate 'ZZ' in the time pattern"),
        ("date_parse('10:05', '%H:%i')", "does not read times by the pattern '%H:%i'"),
        ("date_parse('05 2020', '%I %Y')", "does not read times by the pattern '%I %Y'"),
        ("at_timezone(retrieved, '+01:00')", "does not know the time zone '+01:00'"),
        ("concat('a', 1)", "Athena does not accept integer in concat"),
        ("concat(1, 2)", "Athena does not accept integer in concat"),
        ("1 + 'a'", "Athena does not accept integer + varchar(1)"),
        ("released - released", "does not translate date - date"),
        ("released + 1", "does not translate date + integer"),
        ("released + interval '1' hour", "hours, minutes or seconds added to a date"),
        ("interval '1' week", "intervals of a whole number of years"),
        ("interval '1-2' year to month", "intervals of a whole number of years"),
        ("coalesce(1, 'a')", "integer and varchar(1) together in coalesce"),
        ("if(1, 2, 3)", "Athena does not accept integer as a condition"),
        ("greatest(1e0, 2)", "does not translate greatest over doubles"),
        ("format('%x', 1)", "does not translate the format '%x'"),
        ("format('%2$s', 1)", "does not translate the format '%2$s'"),
        ("format('%s', 1e0)", "does not translate %s of double in format"),
        ("format('%s', value)", "does not translate %s of double in format"),
        ("format('%s')", "with fewer arguments than places"),
        ("regexp_extract('a', '(a)|b', 1)", "passed over"),
        ("regexp_extract('a', '(a)', 2)", "group 2 of '(a)', which has fewer"),
        ("regexp_replace('a', 'a', '$12')", "does not translate the replacement '$12'"),
        ("regexp_replace('a', 'a', x -> x[1])", "regexp_replace with a lambda"),
        ("regexp_like('a', '[a-z&&[^b]]')", "in another way than Athena"),
        ("json_extract_scalar('{}', '$..a')", "does not translate the JSON path '$..a'"),
        ("typeof(upper('a'))", "does not know the length in typeof"),
        ("row(1, 2)", "translates ROW(...) only where its fields are named"),
        ("extract(EPOCH FROM retrieved)", "EXTRACT(EPOCH ...)"),
        ("cast('1.5' as decimal)", "cannot tell DECIMAL '1.5'"),
        ("cast(1 as json)", "does not cast integer to json"),
        ("cast(5 as varchar(1))", "does not cast integer to varchar(1)"),
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
        ("place[1]", "takes a row's field by its name only"),
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
