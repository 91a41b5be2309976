"""Makes infra/deployer-policy.json of infra/deployer-rights.yaml and of CloudFormation's schemas.

    python -m tools.deployer_policy [--check]

What CloudFormation calls for a resource type stands in the type's schema; cfn-lint has a copy of
each. So a new resource in the template, or a new version of a schema, shows as a difference here.
"""

from __future__ import annotations

import json
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cfnlint
import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parents[1]
RIGHTS = ROOT / "infra" / "deployer-rights.yaml"
POLICY = ROOT / "infra" / "deployer-policy.json"
HANDLERS = ("create", "read", "update", "delete")
"""What a change of a stack calls; `list` is for other tools."""


def make_policy(rights: Mapping[str, Any], schemas: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The policy document.

    Args:
        rights: what deployer-rights.yaml says.
        schemas: the actions of each resource type's handlers.
    """
    actions: dict[str, set[str]] = {}
    for place, called in rights["calls"].items():
        actions.setdefault(place, set()).update(called)
    for kind, told in rights["types"].items():
        needed = [one for one in schemas[kind] if not reason_to_leave_out(rights, kind, one)]
        for action in [*needed, *told.get("add", ())]:
            elsewhere = told.get("elsewhere", {})
            places = [place for known, place in elsewhere.items() if fnmatchcase(action, known)]
            for place in places or told["resources"]:
                actions.setdefault(place, set()).add(action)
    return {
        "Version": "2012-10-17",
        "Statement": [_statement(rights, place, actions[place]) for place in sorted(actions)],
    }


def reason_to_leave_out(rights: Mapping[str, Any], kind: str, action: str) -> str:
    """Why an action of a type's schema is not needed; empty where it is."""
    for one in rights["left_out"]:
        is_of_type = kind in one.get("types", [kind])
        if is_of_type and any(fnmatchcase(action, known) for known in one["actions"]):
            return str(one["reason"])
    return ""


def read_schemas(kinds: Sequence[str]) -> dict[str, list[str]]:
    """The actions that each type's handlers call, as its schema says."""
    wanted, found = set(kinds), {}
    for path in sorted(Path(cfnlint.__file__).parent.glob("data/schemas/resources/*.json")):
        schema = json.loads(path.read_text("utf-8"))
        handlers = schema.get("handlers", {})
        if schema.get("typeName") in wanted and handlers:
            called = (handlers.get(name, {}).get("permissions", ()) for name in HANDLERS)
            found[schema["typeName"]] = sorted({one for some in called for one in some})
    return found


def read_rights() -> dict[str, Any]:
    """What deployer-rights.yaml says."""
    rights: dict[str, Any] = yaml.safe_load(RIGHTS.read_text("utf-8"))
    return rights


def as_text(policy: Mapping[str, Any]) -> str:
    """A policy as it is stored."""
    return json.dumps(policy, indent=2) + "\n"


def main(words: Sequence[str]) -> int:
    """Writes the policy, or says whether the file is in step."""
    rights = read_rights()
    text = as_text(make_policy(rights, read_schemas(list(rights["types"]))))
    if "--check" in words:
        if POLICY.read_text("utf-8") == text:
            return 0
        print(f"{POLICY.relative_to(ROOT)} is not what deployer-rights.yaml makes: `make policy`.")
        return 1
    POLICY.write_text(text, "utf-8")
    return 0


def _statement(rights: Mapping[str, Any], place: str, actions: set[str]) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Sid": "".join(word.capitalize() for word in place.split("_")),
        "Effect": "Allow",
        "Action": sorted(actions),
        "Resource": rights["resources"][place],
    }
    if place in rights.get("conditions", {}):
        statement["Condition"] = rights["conditions"][place]
    return statement


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
