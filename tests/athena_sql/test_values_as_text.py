"""CAST(x AS varchar), and the literals and formats that go with it, as a real Trino 476 prints."""

from __future__ import annotations

import pytest

from tests.athena_sql.test_translation import shown, value

NUMBERS = [
    ("0.2e0", "2.0E-1"),
    ("3.14e0", "3.14E0"),
    ("12345678.9e0", "1.23456789E7"),
    ("-0.00012e0", "-1.2E-4"),
    ("1e7", "1.0E7"),
    ("100e0", "1.0E2"),
    ("1e0 / 3", "3.333333333333333E-1"),
    ("1e300", "1.0E300"),
    ("1e-300", "1.0E-300"),
    ("x from (values 0e0) t(x)", "0E0"),
    ("x from (values -0e0) t(x)", "-0E0"),
    ("nan()", "NaN"),
    ("infinity()", "Infinity"),
    ("-infinity()", "-Infinity"),
    # A long has more digits than a double needs, and Java rounds them in steps.
    ("9007199254740993e0", "9.007199254740992E15"),
    ("3.593626148987945e16", "3.5936261489879448E16"),
    ("1.7601097454564826e18", "1.76010974545648256E18"),
    ("8.184783342397708e17", "8.1847833423977075E17"),
    ("1e26", "1.0E26"),
    ("real '1.1'", "1.1E0"),
    ("real '16777217'", "1.677722E7"),
    ("real '3.4028235e38'", "3.402823E38"),
    ("real '1e-45'", "1.4E-45"),
    ("real '209405.625'", "2.094056E5"),
    # Just half: a whole number counts up, another becomes even.
    ("real '289003.25'", "2.890032E5"),
    ("real '99258.125'", "9.925812E4"),
    ("real '346008450'", "3.460085E8"),
    ("real '46602985472'", "4.660299E10"),
    # Its fewest digits are 5.6541285E-20, which as a double is above the half, this below.
    ("cast(5.654128453620865e-20 as real)", "5.654129E-20"),
    ("cast(-7.539704537790071e-14 as real)", "-7.539704E-14"),
    ("decimal '1.50'", "1.50"),
    ("12", "12"),
    ("true", "true"),
]


@pytest.mark.parametrize(("expression", "expected"), NUMBERS)
def test_a_number_as_text(expression, expected):
    number, _, source = expression.partition(" from ")
    assert shown(f"cast({number} as varchar)", source and f"FROM {source}") == ("varchar", expected)


@pytest.mark.parametrize(
    ("expression", "kind", "expected"),
    [
        ("cast(cast(null as double) as varchar)", "varchar", None),
        ("cast(1.5e0 as varchar(5))", "varchar(5)", "1.5E0"),
        ("cast(12 as varchar(2))", "varchar(2)", "12"),
        ("try_cast(12345 as varchar(3))", "varchar(3)", None),
        ("try_cast(12 as varchar(3))", "varchar(3)", "12"),
        ("cast(array[1.5e0, null] as array(varchar))", "array(varchar)", ["1.5E0", None]),
        ("cast(array[array[1e0]] as array(array(varchar)))", "array(array(varchar))", [["1.0E0"]]),
        ("cast(array[1.5e0] as array(integer))", "array(integer)", [2]),
        (
            "cast(map(array['a'], array[1.5e0]) as map(varchar, varchar))",
            "map(varchar, varchar)",
            {"a": "1.5E0"},
        ),
        ("try_cast(array['1', 'x'] as array(integer))", "array(integer)", None),
    ],
)
def test_a_cast_to_text(expression, kind, expected):
    assert value(expression) == expected
    assert shown(expression)[0] == kind


def test_a_volatile_number_is_computed_once():
    text = value("cast(random() as varchar)")
    assert 0 <= float(text) < 1
    assert value("cast(x as varchar) = cast(x as varchar)", "FROM (SELECT random() AS x) AS t")


@pytest.mark.parametrize(
    ("expression", "kind", "expected"),
    [
        ("decimal '1.10'", "decimal(3,2)", "1.10"),
        ("decimal '-1.50'", "decimal(3,2)", "-1.50"),
        ("decimal '+1.50'", "decimal(3,2)", "1.50"),
        ("decimal '0.10'", "decimal(2,2)", "0.10"),
        ("decimal '00012.5'", "decimal(3,1)", "12.5"),
        ("decimal '00.00'", "decimal(2,2)", "0.00"),
        ("decimal '-0'", "decimal(1,0)", "0"),
        ("decimal '1.'", "decimal(1,0)", "1"),
        ("decimal '.5'", "decimal(1,1)", "0.5"),
        (
            "decimal '12345678901234567890123456789012345678'",
            "decimal(38,0)",
            "12345678901234567890123456789012345678",
        ),
        ("cast('1.5' as decimal)", "decimal(38,0)", "2"),
        ("decimal '1.5' * decimal '2.50'", "decimal(5,3)", "3.750"),
    ],
)
def test_a_decimal_literal_has_the_digits_that_are_written(expression, kind, expected):
    assert shown(expression) == (kind, expected)


def test_the_average_of_decimal_literals():
    source = "FROM (VALUES decimal '1.5', decimal '2.5') AS t(x)"
    assert shown("avg(x)", source) == ("decimal(2,1)", "2.0")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("format('%s', 1.5e0)", "1.5"),
        ("format('%s', 1e7)", "1.0E7"),
        ("format('%s', 123456789e0)", "1.23456789E8"),
        ("format('%s', 1e-5)", "1.0E-5"),
        ("format('%s', 0.001e0)", "0.001"),
        ("format('%s', nan())", "NaN"),
        ("format('%s', real '1.1')", "1.1"),
        ("format('%s', real '209405.625')", "209405.62"),
        ("format('%s', real '-43042832')", "-4.304283E7"),
        ("format('%s', real '0')", "0.0"),
        ("format('%s', cast(null as double))", "null"),
        ("format('%8s|', 1.5e0)", "     1.5|"),
        ("format('%s', true)", "true"),
        ("format('%.3f', 1.5e0)", "1.500"),
        ("format('%.3f', nan())", "NaN"),
        ("format('%f', -infinity())", "-Infinity"),
        ("format('%.1f', x) from (values -0e0) t(x)", "-0.0"),
        ("format('%,.1f', 1234567.891)", "1,234,567.9"),
        ("format('%,.0f', 999999.5e0)", "1,000,000"),
        ("format('%08.3f', 3.14159)", "0003.142"),
        ("format('%08.2f', -1.5)", "-0001.50"),
        ("format('%,08.1f', 1234.5)", "01,234.5"),
        ("format('%10.2f|%-8.1f|', 1.5, 2.25)", "      1.50|2.3     |"),
        ("format('%+d %+d %+d', 5, -5, 0)", "+5 -5 +0"),
        ("format('% d', 5)", " 5"),
        ("format('%+.1f', 1.25)", "+1.3"),
        ("format('%+08.2f', 1.5)", "+0001.50"),
        ("format('%,d', -1234567)", "-1,234,567"),
        ("format('%,10d|', 1234567)", " 1,234,567|"),
        ("format('%,010d|', 1234567)", "01,234,567|"),
        ("format('%d', -9223372036854775808)", "-9223372036854775808"),
        ("format('%x %X %08x', 255, 255, 255)", "ff FF 000000ff"),
        ("format('%x', -1)", "ffffffffffffffff"),
        # The word null is cut to the digits, too.
        ("format('%.2f', cast(null as double))", "nu"),
        ("format('%08.2f', cast(null as double))", "      nu"),
        ("format('%5d', cast(null as integer))", " null"),
    ],
)
def test_format(expression, expected):
    call, _, source = expression.partition(" from ")
    assert value(call, source and f"FROM {source}") == expected
