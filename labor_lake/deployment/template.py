"""The stack's template: `infra/template.yaml` with the saved queries, made from the SQL, in it."""

from __future__ import annotations

import json
import re
from pathlib import Path

from glue_jobs.errors import UsageError
from glue_jobs.sql_files import sql_files

LONGEST_BODY = 51_200
"""A longer template could not be sent as it is."""

_HERE = Path(__file__).parent
_MARK = "  # The saved queries stand here.\n"


def make_template() -> str:
    """The whole template.

    Raises:
        UsageError: it is too long to be sent.
    """
    inside = _HERE / "template.yaml"
    path = inside if inside.exists() else _HERE.parents[1] / "infra" / "template.yaml"
    before, _, after = path.read_text("utf-8").partition(_MARK)
    template = _without_comments(before) + saved_queries() + _without_comments(after)
    if len(template.encode()) > LONGEST_BODY:
        raise UsageError(f"The template has more than {LONGEST_BODY:,} bytes.")
    return template


def _without_comments(yaml: str) -> str:
    """The same without lines of comments, which tell CloudFormation nothing and count as bytes."""
    return re.sub(r"^ *#.*\n", "", yaml, flags=re.MULTILINE)


def parameters_of(template: str) -> set[str]:
    """The names of a template's parameters; no YAML library comes with the `lake` command."""
    section = re.search(r"^Parameters:\n((?:[ #].*\n|\n)*)", template, re.MULTILINE)
    return set(re.findall(r"^  (\w+):$", section[1], re.MULTILINE)) if section else set()


def saved_queries() -> str:
    """A saved query in Athena's console for each report and each example.

    One with parameters is a prepared statement as well: execute as_of using '2025-06-30'. That one
    nobody reads, so it is without comments, and in one line: a template may not be any longer.
    """
    resources = []
    for name, sql in {**sql_files("reports"), **sql_files("queries")}.items():
        first_line = sql.partition("\n")[0].removeprefix("-- ").replace("`", "")
        query = {"Name": name, "Description": f'"{first_line}"', "Database": "!Ref LakeDatabase"}
        resources.append(_resource(name, "NamedQuery", query, "QueryString", sql))
        if "?" in re.sub(r"--.*", "", sql):
            statement = {"StatementName": name}
            bare = without_comments(sql)
            resources.append(
                _resource(name, "PreparedStatement", statement, "QueryStatement", bare)
            )
    return "\n".join(resources)


def without_comments(sql: str) -> str:
    """A statement of the project in one line; none has a text with two blanks in it."""
    return " ".join(re.sub(r"--.*", "", sql).split())


def _resource(name: str, kind: str, properties: dict[str, str], sql_key: str, sql: str) -> str:
    logical_id = "".join(part.capitalize() for part in name.split("_"))
    ending = "Query" if kind == "NamedQuery" else "Statement"
    given = "".join(f"      {key}: {value}\n" for key, value in properties.items())
    return (
        f"  {logical_id}{ending}:\n"
        f"    Type: AWS::Athena::{kind}\n"
        "    Properties:\n"
        f"{given}"
        "      WorkGroup: !Ref Workgroup\n"
        f"      {sql_key}: {json.dumps(sql)}\n"
    )
