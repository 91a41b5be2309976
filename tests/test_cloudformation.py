"""The resolver of templates that tests and the rehearsal use."""

from __future__ import annotations

import pytest

from tests.cloudformation import Template
from tests.deployment.test_template import GIVEN, TEMPLATE


def test_conditions_are_combined_as_cloudformation_does():
    text = """
Parameters:
  A: {Type: String, Default: "yes"}
  B: {Type: String, Default: "no"}
Conditions:
  HasA: !Equals [!Ref A, "yes"]
  HasB: !Equals [!Ref B, "yes"]
  Both: !And [!Condition HasA, {Condition: HasB}]
  Any: !Or [!Condition HasA, !Condition HasB]
  Neither: !Not [!Condition Any]
Resources:
  Both: {Type: T, Condition: Both, Properties: {}}
  Any: {Type: T, Condition: Any, Properties: {}}
  Neither: {Type: T, Condition: Neither, Properties: {}}
Outputs: {}
"""
    combined = Template(text)
    assert set(combined.resolve({}).resources) == {"Any"}
    assert set(combined.resolve({"B": "yes"}).resources) == {"Both", "Any"}
    assert set(combined.resolve({"A": "no"}).resources) == {"Neither"}


def test_a_parameter_without_default_must_be_given_and_an_unknown_one_is_refused():
    with pytest.raises(KeyError, match="Contact"):
        TEMPLATE.resolve({})
    with pytest.raises(KeyError, match="Colour"):
        TEMPLATE.resolve({**GIVEN, "Colour": "blue"})
