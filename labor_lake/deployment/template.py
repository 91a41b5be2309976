"""The stack's template: `infra/template.yaml` with the saved queries, made from the SQL, in it.

CloudFormation gets it as compact JSON, which leaves room below the size that may be sent: people
read the YAML.
"""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from typing import Any

import yaml

from glue_jobs.sql_files import sql_files

LONGEST_BODY = 51_200
"""Bytes. A longer template has to be fetched by CloudFormation from a bucket."""

_HERE = Path(__file__).parent


@functools.cache
def make_template(*, with_queries: bool = True) -> str:
    """The template as JSON.

    Args:
        with_queries: whether the saved queries are in it. A first change set goes without them, so
            that it can be sent before there is a bucket, and so that no query can make it fail.
    """
    inside = _HERE / "template.yaml"
    path = inside if inside.exists() else _HERE.parents[1] / "infra" / "template.yaml"
    document = read_template(path.read_text("utf-8"))
    if with_queries:
        document["Resources"].update(saved_queries())
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def read_template(text: str) -> dict[str, Any]:
    """A template, YAML or JSON, as JSON has it: `!Sub x` is `{"Fn::Sub": x}`, and so on."""
    if text.startswith("{"):  # JSON is YAML, too, but takes a hundred times as long to read as such
        parsed: dict[str, Any] = json.loads(text)
        return parsed
    document: dict[str, Any] = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    return document


def parameters_of(template: str) -> set[str]:
    """The names of a template's parameters."""
    return set(json.loads(template)["Parameters"])


def saved_queries() -> dict[str, Any]:
    """A saved query in Athena's console for each report and each example, by logical id.

    One with parameters is a prepared statement as well: execute as_of using '2025-06-30'. That one
    nobody reads, so it is without comments.
    """
    resources: dict[str, Any] = {}
    for name, sql in {**sql_files("reports"), **sql_files("queries")}.items():
        first_line = sql.partition("\n")[0].removeprefix("-- ").replace("`", "")
        query = {"Name": name, "Description": first_line, "Database": {"Ref": "LakeDatabase"}}
        resources[_logical_id(name, "Query")] = _resource(
            "NamedQuery", {**query, "QueryString": sql}
        )
        bare = without_comments(sql)
        if "?" in bare:
            resources[_logical_id(name, "Statement")] = _resource(
                "PreparedStatement", {"StatementName": name, "QueryStatement": bare}
            )
    return resources


def without_comments(sql: str) -> str:
    """A statement of the project in one line; none has a text with two blanks in it."""
    return " ".join(re.sub(r"--.*", "", sql).split())


def _logical_id(name: str, ending: str) -> str:
    return "".join(part.capitalize() for part in name.split("_")) + ending


def _resource(kind: str, properties: dict[str, Any]) -> dict[str, Any]:
    workgroup = {"WorkGroup": {"Ref": "Workgroup"}}
    return {"Type": f"AWS::Athena::{kind}", "Properties": {**properties, **workgroup}}


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms of functions, too."""


def _function(loader: yaml.SafeLoader, name: str, node: yaml.Node) -> dict[str, Any]:
    argument: Any
    if isinstance(node, yaml.ScalarNode):
        argument = loader.construct_scalar(node)
        if name == "GetAtt":  # of which JSON knows no short form
            argument = argument.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        argument = loader.construct_sequence(node, deep=True)
    else:
        raise TypeError(f"!{name} has an argument that is neither text nor a list.")
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": argument}


_Loader.add_multi_constructor("!", _function)
