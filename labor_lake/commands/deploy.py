"""`lake deploy` and `lake destroy`: the lake's stack on AWS."""

from __future__ import annotations

import importlib
import json
import sys
from typing import TYPE_CHECKING, Any

from glue_jobs.aws_errors import needing_packages
from glue_jobs.errors import UsageError
from glue_jobs.flags import resolve_settings
from labor_lake.deployment.deployer import deployer_policy
from labor_lake.tabular import print_table

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping
    from types import ModuleType

    from glue_jobs.settings import Settings
    from labor_lake.deployment.stacks import ChangeSet

DEFAULT_STACK = "labor-lake"
# The settings that are parameters of the stack.
_PARAMETERS = {
    "contact": "Contact",
    "surveys": "Surveys",
    "datasets": "Datasets",
    "database": "DatabaseName",
    "workgroup": "WorkgroupName",
}

SHOWN_SETTINGS = ("contact", "surveys", "datasets", "region")
"""What the help lists."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which stack, with which parameters, and whether to ask."""
    add_stack(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask before changing anything")
    if parser.prog.endswith("deploy"):
        parser.add_argument(
            "--template", action="store_true", help="print the CloudFormation template, and end"
        )
        parser.add_argument(
            "--print-policy",
            action="store_true",
            help="print the IAM policy of who deploys, and end",
        )
        parser.add_argument(
            "--parameter",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="a parameter of the template, as often as wanted",
        )
        parser.add_argument(
            "--tag",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="a tag of the stack and of all that it makes, as often as wanted",
        )
        parser.add_argument(
            "--service-role",
            default="",
            metavar="ARN",
            help="the role by which CloudFormation makes the changes",
        )


def add_stack(parser: argparse.ArgumentParser) -> None:
    """Which stack."""
    parser.add_argument(
        "--stack", default=DEFAULT_STACK, metavar="NAME", help=f"default: {DEFAULT_STACK}"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Deploys or destroys."""
    return _deploy(arguments) if arguments.command == "deploy" else _destroy(arguments)


def deployment(module: str) -> ModuleType:
    """A module of ``labor_lake.deployment``, which needs the AWS packages.

    Raises:
        UsageError: they are not installed.
    """
    with needing_packages():
        found = importlib.import_module(f"labor_lake.deployment.{module}")
    return found  # noqa: RET504 - mypy takes the context for one that may swallow errors


def parameters(
    values: Mapping[str, Any], origins: Mapping[str, str], pairs: list[str]
) -> dict[str, str]:
    """The stack's parameters that somebody has chosen, by their names in the template.

    Raises:
        UsageError: a pair is not NAME=VALUE.
    """
    given = {
        parameter: ",".join(values[name]) if isinstance(values[name], tuple) else values[name]
        for name, parameter in _PARAMETERS.items()
        if origins[name] != "default"
    }
    return {**given, **_named_values("--parameter", pairs)}


def _named_values(flag: str, pairs: list[str]) -> dict[str, str]:
    split = {pair: pair.partition("=") for pair in pairs}
    for pair, (name, separator, _) in split.items():
        if not separator or not name:
            raise UsageError(f"{flag} {pair} is not NAME=VALUE.")
    return {name: value for name, _, value in split.values()}


def _deploy(arguments: argparse.Namespace) -> int:
    if arguments.template:
        print(deployment("template").make_template())
        return 0
    known = resolve_settings(vars(arguments))
    given = parameters(vars(known.settings), known.origins, arguments.parameter)
    region = known.settings.region
    if arguments.print_policy:
        database = given.get("DatabaseName") or arguments.stack.replace("-", "_")
        print(deployer_policy(arguments.stack, database, region, ""), end="")
        return 0
    stack = deployment("stacks").Stack(
        arguments.stack,
        region,
        tags=_named_values("--tag", arguments.tag),
        service_role=arguments.service_role,
    )
    if arguments.stack != arguments.stack.lower() and "DatabaseName" not in given:
        raise UsageError(
            f"{arguments.stack} has capitals, which the name of its database may not have.",
            hint="Write it in small letters, or name the database: --database my_lake.",
        )
    stack.clear_failed_creation(_tell)
    if stack.standing() is None and "Contact" not in given:
        raise UsageError(
            "BLS requires a contact e-mail address, and none is configured.",
            hint="Give yours with --contact you@example.com; the jobs send it to BLS alone.",
        )
    made = deployment("deploy").deploy(
        stack, given, region, lambda changes: _confirmed(arguments, changes), _tell
    )
    if made is None:
        return _unchanged()
    if arguments.json:
        print(json.dumps(dict(made.outputs), indent=1, sort_keys=True))
        return 0
    print(f"\nThe stack {arguments.stack} stands.\n")
    width = max(map(len, made.outputs))
    for name, value in sorted(made.outputs.items()):
        print(f"{name:<{width}}  {value}")  # a link that is too long stays one piece
    where = _region_flag(arguments)
    print("\nThe workflow starts by its schedule. To run it now, and to look at the lake:")
    print(f"  lake run --on-aws{_stack_flag(arguments)}{where}")
    print(f"  lake status --lake {made.outputs['LakeUri']}{where}")
    named = _naming_flags(made.outputs, known.settings)
    if named:
        print(f"Commands that answer SQL need its names as well:{named}")
    return 0


def _destroy(arguments: argparse.Namespace) -> int:
    region = resolve_settings(vars(arguments)).settings.region
    stack = deployment("stacks").Stack(arguments.stack, region)
    outputs = stack.outputs_whatever_its_state()
    if outputs is None:
        raise UsageError(
            f"There is no stack {arguments.stack}.", hint="--stack and --region choose another."
        )
    lake = outputs.get("LakeUri", "")
    code = f"s3://{outputs['ArtifactsBucketName']}" if "ArtifactsBucketName" in outputs else ""
    _tell(f"This deletes the stack {arguments.stack}: jobs, workflow, catalog, workgroup, alarms.")
    _tell("What lies in its buckets stays" + (f": the data in {lake}." if lake else "."))
    if not _asked(arguments):
        return _unchanged()
    stack.delete(_tell)
    if arguments.json:
        print(json.dumps({"lake": lake, "artifacts": code}))
        return 0
    print(f"The stack {arguments.stack} is gone.")
    if lake:
        print(f"The data is in {lake}. To go on with it:")
        print(f"  lake deploy --contact you@example.com{_stack_flag(arguments)}", end="")
        print(f"{_region_flag(arguments)} \\\n    --parameter ExistingLakeBucket={lake[5:]}")
    if code:
        print(f"{code} holds the jobs' code and may be deleted.")
    return 0


def _naming_flags(outputs: Mapping[str, str], settings: Settings) -> str:
    """What names this lake's database and workgroup, where they are not those of the settings."""
    wanted = {"database": ("DatabaseName", settings.database)}
    wanted["workgroup"] = ("WorkgroupName", settings.workgroup)
    return "".join(
        f" --{name} {outputs[output]}"
        for name, (output, known) in wanted.items()
        if outputs.get(output, known) != known
    )


def _stack_flag(arguments: argparse.Namespace) -> str:
    return "" if arguments.stack == DEFAULT_STACK else f" --stack {arguments.stack}"


def _region_flag(arguments: argparse.Namespace) -> str:
    return f" --region {arguments.region}" if arguments.region else ""


def _confirmed(arguments: argparse.Namespace, changes: ChangeSet) -> bool:
    rows = deployment("stacks").shown(changes.changes)
    if not rows:
        _tell("No resource changes, only outputs or parameters.")
    elif arguments.json:
        for row in rows:
            _tell("  ".join(row))
    else:
        print_table("", ["", "resource", "type"], rows)
    return _asked(arguments)


def _unchanged() -> int:
    _tell("Nothing was changed.")
    return 0


def _asked(arguments: argparse.Namespace) -> bool:
    if arguments.yes:
        return True
    if not sys.stdin.isatty():
        raise UsageError(
            "Nobody is here to confirm the change; nothing was changed.", hint="--yes goes on."
        )
    # On stderr, like all that is no answer; a closed terminal is no consent.
    print("Go on? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
