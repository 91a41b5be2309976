"""Precision and scale of what decimals make, as Athena documents them.

Source: https://trino.io/docs/current/functions/decimal.html (2026-11).
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.athena_sql.test_translation import value

TYPES = [
    # A sum has a digit more before the point than the wider side, and the longer scale.
    ("decimal(5,1)", "+", "decimal(6,3)", "decimal(8,3)"),
    ("decimal(6,3)", "+", "decimal(5,1)", "decimal(8,3)"),
    ("decimal(5,1)", "-", "decimal(6,3)", "decimal(8,3)"),
    ("decimal(2,1)", "+", "decimal(2,1)", "decimal(3,1)"),
    ("decimal(37,2)", "+", "decimal(37,2)", "decimal(38,2)"),
    ("decimal(38,2)", "+", "decimal(38,2)", "decimal(38,2)"),
    ("decimal(5,2)", "+", "bigint", "decimal(22,2)"),
    # A quotient: p1 + s2 + max(0, s2 - s1), and the longer scale.
    ("decimal(5,1)", "/", "decimal(6,3)", "decimal(10,3)"),
    ("decimal(6,3)", "/", "decimal(5,1)", "decimal(7,3)"),
    ("decimal(5,2)", "/", "decimal(9,2)", "decimal(7,2)"),
    ("decimal(30,1)", "/", "decimal(10,4)", "decimal(37,4)"),
    ("decimal(31,1)", "/", "decimal(10,4)", "decimal(38,4)"),
    ("decimal(38,0)", "/", "decimal(38,10)", "decimal(38,10)"),
    ("decimal(5,2)", "/", "bigint", "decimal(5,2)"),
    # A product has all digits of both; a remainder those of the narrower side.
    ("decimal(5,1)", "*", "decimal(6,3)", "decimal(11,4)"),
    ("decimal(5,1)", "%", "decimal(6,3)", "decimal(6,3)"),
]


@pytest.mark.parametrize(("left", "sign", "right", "made"), TYPES)
def test_what_two_decimals_make_is_of_the_documented_type(left, sign, right, made):
    assert value(f"typeof(CAST(1 AS {left}) {sign} CAST(1 AS {right}))") == made


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("9.9 + 9.9", "19.8"),
        ("-9.9 - 9.9", "-19.8"),
        ("CAST(9999.9 AS decimal(5,1)) + CAST(999.999 AS decimal(6,3))", "10999.899"),
        ("CAST(9999.9 AS decimal(5,1)) / CAST(0.001 AS decimal(6,3))", "9999900.000"),
        ("CAST(999.999 AS decimal(6,3)) / CAST(0.1 AS decimal(5,1))", "9999.990"),
    ],
)
def test_the_largest_that_the_sides_can_hold_fits(expression, expected):
    assert value(expression) == Decimal(expected)
