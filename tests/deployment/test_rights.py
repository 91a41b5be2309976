"""Who deploys may do what the commands call, and what CloudFormation calls for the template."""

from __future__ import annotations

import json
import re
from typing import Any

import boto3
import pytest

from labor_lake.cli import main
from labor_lake.deployment import deploy, stacks, workflow_run
from labor_lake.deployment.template import make_template
from tests.aws import REGION, aws_server
from tests.deployment.packages import install_stand_ins
from tests.deployment.recorded_calls import Needed, Recorder, allows
from tests.deployment.test_deploy import CONTACT, add_outputs, fetch_template
from tests.policies import STACK, all_policies
from tools import deployer_policy

RIGHTS = deployer_policy.read_rights()
SCHEMAS = deployer_policy.read_schemas(list(RIGHTS["types"]))
POLICY = all_policies()["deployer"]
TYPES = {one["Type"] for one in json.loads(make_template())["Resources"].values()}

pytestmark = [
    pytest.mark.filterwarnings("ignore:Tried to parse"),
    pytest.mark.usefixtures("no_settings_of_this_machine"),
]


# What the commands call.


@pytest.fixture
def recorder(monkeypatch):
    with aws_server():
        monkeypatch.setattr(stacks, "_POLL_SECONDS", 0)
        monkeypatch.setattr(workflow_run, "_POLL_SECONDS", 0)
        monkeypatch.setattr(deploy, "install_packages", install_stand_ins)
        make = boto3.session.Session.client

        def client(session: Any, service: str, *args: Any, **given: Any) -> Any:
            made = make(session, service, *args, **given)
            made.meta.events.register("after-call.cloudformation.DescribeStacks", add_outputs)
            made.meta.events.register("after-call.cloudformation.DescribeStacks", add_names)
            made.meta.events.register(
                "provide-client-params.cloudformation.CreateChangeSet", fetch_template
            )
            made.meta.events.register("after-call.glue.GetWorkflowRun", end)
            return made

        monkeypatch.setattr(boto3.session.Session, "client", client)
        make_what_moto_ignores()
        yield Recorder(monkeypatch)


def add_names(parsed: dict[str, Any], **_: object) -> None:
    names = {"DatabaseName": "labor_lake", "WorkgroupName": "labor_lake", "WorkflowName": STACK}
    for stack in parsed.get("Stacks", ()):
        told = [{"OutputKey": name, "OutputValue": value} for name, value in names.items()]
        stack.setdefault("Outputs", []).extend(told)


def end(parsed: dict[str, Any], **_: object) -> None:
    """moto's runs never end, and start no job."""
    tried = [{"Id": "jr_1", "JobRunState": "SUCCEEDED"}]
    jobs = ("land_bls", "land_population", "build_tables", "publish_reports")
    parsed["Run"]["Status"] = "COMPLETED"
    parsed["Run"]["Graph"] = {
        "Nodes": [
            {"Type": "JOB", "Name": f"{STACK}-{job}", "JobDetails": {"JobRuns": tried}}
            for job in jobs
        ]
    }


def make_what_moto_ignores() -> None:
    glue = boto3.client("glue")
    glue.create_database(DatabaseInput={"Name": "labor_lake"})
    glue.create_workflow(Name=STACK)
    glue.create_trigger(
        Name=f"{STACK}-start", Type="SCHEDULED", Schedule="cron(15 13 * * ? *)", Actions=[]
    )
    boto3.client("athena").create_work_group(Name="labor_lake", Configuration={})


def test_every_call_of_every_command_is_allowed_and_every_right_of_theirs_is_used(recorder, capsys):
    where = ["--region", REGION]
    assert main(["deploy", *CONTACT, *where]) == 2  # nobody confirms
    assert main(["deploy", *CONTACT, *where, "--yes"]) == 0
    assert main(["deploy", *where, "--yes", "--surveys", "pr,cu", "--tag", "a=b"]) == 0
    assert main(["deploy", *where, "--yes"]) == 0  # which compares the code that is there
    assert main(["run", "--on-aws", *where]) == 0
    main(["doctor", "--stack", STACK, *where])
    assert main(["destroy", *where, "--yes"]) == 0
    assert [one for one in recorder.needed if not allows(POLICY, one)] == []
    used = {one.action for one in recorder.needed}
    listed = {action for called in RIGHTS["calls"].values() for action in called}
    assert listed - used == {"cloudformation:TagResource"}  # CloudFormation asks for it


@pytest.mark.parametrize(
    "needed",
    [
        Needed("s3:DeleteObject", "arn:aws:s3:::labor-lake-lakebucket-1/raw/bls/pr/pr.class"),
        Needed("s3:PutObject", "arn:aws:s3:::labor-lake-lakebucket-1/raw/bls/pr/pr.class"),
        Needed("s3:GetObject", "arn:aws:s3:::payroll/x"),
        Needed("iam:CreateRole", "arn:aws:iam::123456789012:role/admin"),
        Needed("glue:DeleteDatabase", f"arn:aws:glue:{REGION}:123456789012:database/payroll"),
        Needed(
            "cloudformation:DeleteStack", f"arn:aws:cloudformation:{REGION}:123456789012:stack/x/1"
        ),
    ],
    ids=lambda needed: needed.action,
)
def test_what_is_not_this_stack_s_or_is_data_is_not_allowed(needed):
    assert not allows(POLICY, needed)


# What CloudFormation calls.


def test_every_resource_type_of_the_template_has_its_rights():
    assert set(RIGHTS["types"]) == TYPES
    assert SCHEMAS.keys() == TYPES
    allowed = {action for statement in POLICY["Statement"] for action in statement["Action"]}
    for kind, actions in SCHEMAS.items():
        for action in actions:
            assert action in allowed or deployer_policy.reason_to_leave_out(RIGHTS, kind, action)


def test_every_reason_to_leave_something_out_speaks_of_something():
    for one in RIGHTS["left_out"]:
        kinds = one.get("types", TYPES)
        for pattern in one["actions"]:
            alone = {"left_out": [{**one, "actions": [pattern]}]}
            assert any(
                deployer_policy.reason_to_leave_out(alone, kind, action)
                for kind in kinds
                for action in SCHEMAS[kind]
            ), pattern


def test_roles_are_passed_to_glue_alone():
    (passing,) = [one for one in POLICY["Statement"] if "iam:PassRole" in one["Action"]]
    assert passing["Action"] == ["iam:PassRole"]
    assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": "glue.amazonaws.com"}}


def test_no_right_is_a_wildcard_and_only_what_knows_no_resource_is_on_all_of_them():
    on_all = {a for one in POLICY["Statement"] if one["Resource"] == ["*"] for a in one["Action"]}
    assert on_all == {
        *(f"lakeformation:{name}Permissions" for name in ("Grant", "List", "Revoke")),
        *("lakeformation:DescribeResource", "lakeformation:ListResources"),
        *("sns:GetSubscriptionAttributes", "sns:SetSubscriptionAttributes", "sns:Unsubscribe"),
        "logs:DescribeLogGroups",
    }
    assert not [a for one in POLICY["Statement"] for a in one["Action"] if "*" in a]


# The file.


def test_the_file_is_what_the_table_and_the_schemas_make():
    assert deployer_policy.main(["--check"]) == 0


def test_the_policy_is_short_enough_for_one_managed_policy():
    """6,144 characters without blanks; read in IAM's quotas, November 2026."""
    given = json.dumps(POLICY, separators=(",", ":"))
    assert len(given) <= 6144


def test_the_command_prints_it_with_the_names_of_a_stack(capsys):
    assert main(["deploy", "--print-policy", "--stack", "my-lake", "--region", "eu-west-1"]) == 0
    printed = capsys.readouterr().out
    assert not re.search(r"\b(STACK|DATABASE|REGION)\b", printed)
    resources = {one for part in json.loads(printed)["Statement"] for one in part["Resource"]}
    assert "arn:aws:glue:eu-west-1:ACCOUNT:database/my_lake" in resources
    assert "arn:aws:iam::ACCOUNT:role/my-lake-*" in resources
