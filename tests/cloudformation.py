"""Reads the CloudFormation template as CloudFormation would: text in, plain values out.

Tests hold the template against the code by it, and the rehearsal walks the workflow that it
describes. It knows the functions that the template uses and refuses any other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable

from labor_lake.deployment.template import read_template

if TYPE_CHECKING:
    from collections.abc import Mapping

_NO_VALUE = object()
_PLACE = re.compile(r"\$\{([A-Za-z0-9:.]+)\}")


@dataclass(frozen=True)
class Stack:
    """A template for given parameters.

    Attributes:
        resources: by logical id, those whose condition holds: ``Type``, ``Properties`` and so on,
            every function replaced by its value.
        outputs: by name, those whose condition holds.
    """

    resources: Mapping[str, dict[str, Any]]
    outputs: Mapping[str, str]

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """The properties of all resources of a type, by logical id."""
        return {
            name: resource["Properties"]
            for name, resource in self.resources.items()
            if resource["Type"] == kind
        }


class Template:
    """A template as it is written."""

    def __init__(self, text: str) -> None:
        """Parses it."""
        self.document: dict[str, Any] = read_template(text)

    def resolve(
        self,
        parameters: Mapping[str, str],
        *,
        stack: str = "labor-lake",
        account: str = "123456789012",
        region: str = "us-east-1",
    ) -> Stack:
        """What CloudFormation would make of it.

        Args:
            parameters: values for those without a default, and other values.
            stack: the stack's name.
            account: the account's number.
            region: where.

        Raises:
            KeyError: a parameter without default is not given, or one is given that is none.
            ValueError: a parameter has a value that the template does not allow.
        """
        declared = self.document["Parameters"]
        for name in parameters:
            if name not in declared:
                raise KeyError(name)
        values = {
            name: _parameter(name, entry, parameters.get(name, entry.get("Default")))
            for name, entry in declared.items()
        }
        pseudo = {
            "AWS::StackName": stack,
            "AWS::AccountId": account,
            "AWS::Region": region,
            "AWS::Partition": "aws",
            "AWS::NoValue": _NO_VALUE,
        }
        return _Resolver(self.document, {**values, **pseudo}).stack()


def _parameter(name: str, declared: Mapping[str, Any], given: Any) -> str | float:
    """A parameter's value, if CloudFormation would take it."""
    if given is None:
        raise KeyError(name)
    value = _number(str(given)) if declared["Type"] == "Number" else str(given)
    pattern = declared.get("AllowedPattern")
    if (
        value not in declared.get("AllowedValues", [value])
        or (pattern and not re.fullmatch(pattern, str(value)))
        or value < declared.get("MinValue", value)
        or value > declared.get("MaxValue", value)
    ):
        raise ValueError(f"The template does not allow {name}={value}.")
    return value


def _number(text: str) -> float:
    return float(text) if "." in text else int(text)


class _Resolver:
    """Replaces functions by their values."""

    def __init__(self, document: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        self._document = document
        self._values = values
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Fn::GetAtt": lambda given: self._attribute(".".join(given)),
            "Fn::Sub": self._substitute,
            "Fn::If": lambda given: self.value(given[1 if self._holds(given[0]) else 2]),
            "Fn::Split": lambda given: str(self.value(given[1])).split(given[0]),
            "Fn::Join": lambda given: given[0].join(map(str, self.value(given[1]))),
            "Fn::FindInMap": self._found_in_map,
            "Fn::Equals": lambda given: str(self.value(given[0])) == str(self.value(given[1])),
            "Fn::Not": lambda given: not self.value(given[0]),
            "Fn::And": lambda given: all(self.value(given)),
            "Fn::Or": lambda given: any(self.value(given)),
        }

    def stack(self) -> Stack:
        """All resources and outputs whose condition holds."""
        resources = {
            name: self.value(entry)
            for name, entry in self._document["Resources"].items()
            if self._applies(entry)
        }
        outputs = {
            name: self.value(entry["Value"])
            for name, entry in self._document["Outputs"].items()
            if self._applies(entry)
        }
        return Stack(resources, outputs)

    def value(self, given: Any) -> Any:
        """A value of the template with every function in it replaced."""
        if isinstance(given, dict):
            if len(given) == 1:
                ((name, argument),) = given.items()
                # A policy statement's Condition is no text; this is the name of one of ours.
                if name == "Condition" and isinstance(argument, str):
                    return self._holds(argument)
                if name in self._functions:
                    return self._functions[name](argument)
                if name.startswith("Fn::"):
                    raise ValueError(f"The template uses {name}, which is not known here.")
            pairs = ((name, self.value(entry)) for name, entry in given.items())
            return {name: entry for name, entry in pairs if entry is not _NO_VALUE}
        if isinstance(given, list):
            return [entry for one in given if (entry := self.value(one)) is not _NO_VALUE]
        return given

    def _applies(self, entry: Mapping[str, Any]) -> bool:
        return "Condition" not in entry or self._holds(entry["Condition"])

    def _holds(self, condition: str) -> bool:
        return bool(self.value(self._document["Conditions"][condition]))

    def _ref(self, name: str) -> Any:
        """A parameter's value; of a resource, its name where it has one, else one made up."""
        if name in self._values:
            return self._values[name]
        resource = self._document["Resources"][name]
        properties = resource["Properties"]
        given = properties.get("Name") or properties.get("DatabaseInput", {}).get("Name")
        if given is not None:
            return self.value(given)
        made_up = f"{self._values['AWS::StackName']}-{name.lower()}"
        if resource["Type"] == "AWS::SNS::Topic":
            return self._arn("sns", made_up)
        return made_up

    def _attribute(self, given: str) -> Any:
        name, _, attribute = given.partition(".")
        kind = self._document["Resources"][name]["Type"]
        if attribute == "Arn" and kind == "AWS::S3::Bucket":
            return f"arn:aws:s3:::{self._ref(name)}"
        if attribute == "Arn" and kind == "AWS::IAM::Role":
            return f"arn:aws:iam::{self._values['AWS::AccountId']}:role/{self._ref(name)}"
        raise ValueError(f"The template asks for {given}, which is not known here.")

    def _arn(self, service: str, rest: str) -> str:
        region, account = self._values["AWS::Region"], self._values["AWS::AccountId"]
        return f"arn:aws:{service}:{region}:{account}:{rest}"

    def _substitute(self, given: Any) -> str:
        text, own = (given[0], self.value(given[1])) if isinstance(given, list) else (given, {})

        def value_of(place: re.Match[str]) -> str:
            name = place[1]
            if name in own:
                return str(own[name])
            return str(self._attribute(name) if "." in name else self._ref(name))

        return _PLACE.sub(value_of, text)

    def _found_in_map(self, given: list[Any]) -> Any:
        table, row, column = self.value(given)
        return self._document["Mappings"][table][str(row)][column]
