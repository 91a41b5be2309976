"""`lake deploy` and `lake destroy`: shown first, then done, and never with data lost.

moto carries out change sets, but knows no outputs of a stack that was made by one, and makes no
resource that it does not support; what it leaves out is put in here.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from glue_jobs.cli import main
from glue_jobs.commands.deploy import parameters
from glue_jobs.errors import DeployFailure, LakeError, TryAgainLater, UsageError
from infra import deploy, stacks
from infra.bundle import ROOT, build_wheel, content_hash, make_bundle
from infra.cloudformation import Template
from infra.deploy import parameters_of
from infra.stacks import Change, ChangeSet, Stack
from tests.aws import REGION, aws_server

pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse")
CONTACT = ["--contact", "you@example.com"]


@pytest.fixture
def aws(monkeypatch):
    with aws_server():
        monkeypatch.setattr(stacks, "_POLL_SECONDS", 0)
        make_client = boto3.client

        def client(service, **given):
            made = make_client(service, **given)
            made.meta.events.register("after-call.cloudformation.DescribeStacks", add_outputs)
            return made

        monkeypatch.setattr(boto3, "client", client)
        yield


def add_outputs(parsed: dict[str, Any], **_: object) -> None:
    names = [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]]
    found = {kind: [name for name in names if kind in name] for kind in ("lakeb", "artifacts")}
    for stack in parsed.get("Stacks", ()):
        if found["artifacts"] and stack["StackStatus"] != "REVIEW_IN_PROGRESS":
            stack["Outputs"] = [
                {"OutputKey": "LakeUri", "OutputValue": f"s3://{found['lakeb'][-1]}"},
                {"OutputKey": "ArtifactsBucketName", "OutputValue": found["artifacts"][-1]},
            ]


def stack() -> Stack:
    return Stack("labor-lake", REGION)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def stacks_now() -> dict[str, str]:
    summaries = boto3.client("cloudformation").list_stacks()["StackSummaries"]
    return {one["StackName"]: one["StackStatus"] for one in reversed(summaries)}


def parameters_now() -> dict[str, str]:
    (found,) = boto3.client("cloudformation").describe_stacks(StackName="labor-lake")["Stacks"]
    return {one["ParameterKey"]: one["ParameterValue"] for one in found["Parameters"]}


# The code.


def test_the_wheel_is_the_same_to_the_byte_and_has_the_sql_in_it(tmp_path):
    bodies = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        bodies.append(build_wheel(ROOT, tmp_path / name).read_bytes())
    assert bodies[0] == bodies[1]
    assert b"glue_jobs/sql/views/best_year.sql" in bodies[0]
    assert b"infra/" not in bodies[0]


def test_the_wheel_does_not_depend_on_when_and_how_the_clone_was_made(tmp_path):
    clone = tmp_path / "clone"
    for name in ("pyproject.toml", "README.md", ".gitignore"):
        clone.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, clone / name)
    for name in ("glue_jobs", "sql"):
        shutil.copytree(ROOT / name, clone / name)
    for path in clone.rglob("*"):
        os.utime(path, (1e9, 1e9))
        path.chmod(0o700 if path.is_dir() else 0o600)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    there = build_wheel(clone, tmp_path / "a").read_bytes()
    assert there == build_wheel(ROOT, tmp_path / "b").read_bytes()


def test_a_wheel_that_cannot_be_built_is_told(tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(UsageError, match="The wheel cannot be built"):
        build_wheel(tmp_path, tmp_path / "out")


def test_code_lies_under_a_prefix_made_from_its_content():
    bundle = make_bundle()
    assert bundle.prefix == f"code/{content_hash(bundle.files)}"
    assert set(bundle.files) >= {
        bundle.wheel,
        "land_bls.py",
        "land_population.py",
        "build_tables.py",
        "publish_reports.py",
        "sql/views/best_year.sql",
    }
    changed = {**bundle.files, "land_bls.py": b"other"}
    renamed = {f"x{name}": body for name, body in bundle.files.items()}
    assert len({content_hash(files) for files in (bundle.files, changed, renamed)}) == 3


def test_code_that_is_there_is_not_uploaded_again(aws):
    bundle = make_bundle()
    boto3.client("s3").create_bucket(Bucket="artifacts")
    assert deploy.upload(bundle, "artifacts", REGION) == len(bundle.files)
    assert deploy.upload(bundle, "artifacts", REGION) == 0
    listed = boto3.client("s3").list_objects_v2(Bucket="artifacts")["Contents"]
    assert {entry["Key"] for entry in listed} == {
        f"{bundle.prefix}/{name}" for name in bundle.files
    }


# The command.


def test_a_first_deployment_makes_buckets_then_jobs_and_says_what_comes_next(aws, capsys):
    assert main(["deploy", *CONTACT, "--surveys", "pr,cu", "--yes"]) == 0
    out, err = capsys.readouterr()
    assert "is new: its buckets come first" in err
    assert "CREATE_COMPLETE" in err
    assert "LakeBucket" in out
    assert "lake run --on-aws" in out
    bundle = make_bundle()
    now = parameters_now()
    assert (now["Contact"], now["Surveys"]) == ("you@example.com", "pr,cu")
    assert (now["CodePrefix"], now["WheelName"]) == (bundle.prefix, bundle.wheel)


def test_a_second_deployment_keeps_what_was_chosen(aws, capsys):
    assert main(["deploy", *CONTACT, "--surveys", "pr,cu", "--yes"]) == 0
    assert main(["deploy", "--yes", "--json", "--parameter", "StalenessDays=5"]) == 0
    now = parameters_now()
    assert (now["Contact"], now["Surveys"], now["StalenessDays"]) == (
        "you@example.com",
        "pr,cu",
        "5",
    )
    out = capsys.readouterr().out
    assert json.loads(out[out.rindex("{\n") :])["LakeUri"].startswith("s3://")


def test_nothing_is_made_without_a_contact(aws, capsys):
    assert main(["deploy", "--yes"]) == 2
    assert "--contact you@example.com" in capsys.readouterr().err
    assert boto3.client("s3").list_buckets()["Buckets"] == []


def test_a_deployment_with_nothing_to_change_says_so(aws, capsys):
    assert main(["deploy", *CONTACT, "--yes"]) == 0
    capsys.readouterr()
    assert main(["deploy"]) == 0  # nor is anybody asked
    out, err = capsys.readouterr()
    assert "Nothing to change: the stack is as the template says." in err
    assert "s3://labor-lake-lakebucket-" in out


def test_a_parameter_that_the_template_lacks_is_told_before_anything_is_built(aws, capsys):
    assert main(["deploy", *CONTACT, "--yes", "--parameter", "AlarmMail=a@b.c"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: The template has no parameter AlarmMail.")
    assert "AlarmEmail, " in err
    assert stacks_now() == {}


def test_nothing_is_made_when_nobody_confirms(aws, capsys):
    assert main(["deploy", *CONTACT]) == 2
    out, err = capsys.readouterr()
    assert "LakeBucket" in out
    assert "--yes goes on" in err
    assert boto3.client("s3").list_buckets()["Buckets"] == []
    assert stacks_now() == {"labor-lake": "DELETE_COMPLETE"}


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])  # the last is a terminal that was closed
def test_no_means_no_and_leaves_no_empty_stack(answer, aws, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    assert main(["deploy", *CONTACT]) == 0
    out, err = capsys.readouterr()
    assert "Go on? [y/N]" in err
    assert "Go on?" not in out
    assert "Nothing was changed" in err
    assert stack().standing() is None
    assert boto3.client("s3").list_buckets()["Buckets"] == []
    assert stacks_now() == {"labor-lake": "DELETE_COMPLETE"}


def test_yes_on_a_terminal_goes_on_and_json_shows_what_is_asked_for_on_stderr(
    aws, capsys, monkeypatch
):
    monkeypatch.setattr(sys, "stdin", Terminal("y\nYes\n"))
    assert main(["deploy", *CONTACT, "--json"]) == 0
    out, err = capsys.readouterr()
    assert "create  LakeBucket  S3::Bucket" in err
    assert set(json.loads(out)) >= {"LakeUri", "ArtifactsBucketName"}


@pytest.mark.parametrize("command", [["deploy", *CONTACT], ["destroy"], ["run", "--on-aws"]])
def test_a_stack_of_somebody_else_is_left_alone(command, aws, capsys):
    queue = json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}})
    boto3.client("cloudformation").create_stack(StackName="payroll", TemplateBody=queue)
    yes = [] if command[0] == "run" else ["--yes"]
    assert main([*command, "--stack", "payroll", *yes]) == 2
    assert "payroll was not made by lake deploy; it is left alone." in capsys.readouterr().err
    assert stacks_now() == {"payroll": "CREATE_COMPLETE"}


def test_destroy_says_where_the_data_stays(aws, capsys):
    assert main(["deploy", *CONTACT, "--yes"]) == 0
    capsys.readouterr()
    assert main(["destroy", "--yes"]) == 0
    out = capsys.readouterr().out
    assert "The data is in s3://labor-lake-lakebucket-" in out
    assert "s3://labor-lake-artifactsbucket-" in out
    # What it says to do next is done as it says.
    again = out[out.index("lake deploy") :].replace("\\\n", "").splitlines()[0].split()
    assert again[-1].startswith("ExistingLakeBucket=labor-lake-lakebucket-")
    assert stack().standing() is None
    assert main(["destroy", "--yes"]) == 2
    assert "--stack and --region choose another" in capsys.readouterr().err
    assert main([*again[1:], "--yes"]) == 0
    assert parameters_now()["ExistingLakeBucket"] == again[-1].partition("=")[2]


def test_every_resource_that_holds_data_outlives_the_stack():
    template = Template((ROOT / "infra" / "template.yaml").read_text())
    for resource in template.document["Resources"].values():
        if resource["Type"] == "AWS::S3::Bucket":
            assert resource["DeletionPolicy"] == "Retain"


# What a stack may be in.


@pytest.mark.parametrize(
    ("status", "error", "sentence"),
    [
        ("ROLLBACK_COMPLETE", UsageError, "from which it cannot be changed"),
        ("DELETE_FAILED", UsageError, "from which it cannot be changed"),
        ("UPDATE_ROLLBACK_FAILED", UsageError, "neither be changed nor be put back"),
        ("UPDATE_IN_PROGRESS", TryAgainLater, "is being changed by somebody else"),
    ],
)
def test_a_stack_that_cannot_be_changed_is_told(status, error, sentence):
    known, _ = scripted(describe_stacks=[in_state(status)])
    with pytest.raises(error, match=sentence) as caught:
        known.standing()
    assert caught.value.hint


class Scripted:
    """CloudFormation as a script: each call's answers in turn, the last again and again."""

    def __init__(self, **answers: list[Any]) -> None:
        self.calls: list[str] = []
        self._answers = answers

    def __getattr__(self, name: str) -> Any:
        def call(**_: object) -> Any:
            self.calls.append(name)
            given = self._answers.get(name, [{}])
            answer = given.pop(0) if len(given) > 1 else given[0]
            if isinstance(answer, BaseException):
                raise answer
            return answer

        return call

    def get_paginator(self, name: str) -> Any:
        scripted = self

        class Pages:
            def paginate(self, **given: object) -> list[Any]:
                return [getattr(scripted, name)(**given)]

        return Pages()


def scripted(**answers: list[Any]) -> tuple[Stack, Scripted]:
    known = Stack("labor-lake", REGION, pause=lambda: None)
    client = Scripted(**answers)
    known._client = client
    return known, client


def event(number: int, status: str, name: str, reason: str = "") -> dict[str, str]:
    return {
        "EventId": str(number),
        "ResourceStatus": status,
        "LogicalResourceId": name,
        "ResourceStatusReason": reason,
        "PhysicalResourceId": "arn-of-the-stack" if name == "labor-lake" else name,
    }


def in_state(status: str) -> dict[str, Any]:
    """A lake's stack as CloudFormation describes it."""
    names = ("CodePrefix", "ExistingLakeBucket")
    parameters = [{"ParameterKey": name, "ParameterValue": ""} for name in names]
    found = {"StackId": "arn-of-the-stack", "StackStatus": status, "Parameters": parameters}
    return {"Stacks": [found]}


def refused(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Call")


GONE = refused("ValidationError", "Stack with id labor-lake does not exist")
STANDS = in_state("UPDATE_COMPLETE")
MOVES = in_state("UPDATE_IN_PROGRESS")
BACK = in_state("UPDATE_ROLLBACK_COMPLETE")
ENDED = event(9, "UPDATE_COMPLETE", "labor-lake")
SET = ChangeSet("arn", creates=False, changes=())


@pytest.mark.parametrize(
    "reason",
    [
        "The submitted information didn't contain changes. Submit different information.",
        "No updates are to be performed.",
    ],
)
def test_a_change_set_without_changes_is_no_failure(reason):
    failed = {"Status": "FAILED", "StatusReason": reason, "Changes": []}
    known, client = scripted(
        describe_stacks=[STANDS], create_change_set=[{"Id": "arn"}], describe_change_set=[failed]
    )
    assert known.propose("{}", {}) is None
    assert "delete_change_set" in client.calls
    assert "delete_stack" not in client.calls


def test_a_change_that_cloudformation_refuses_is_told_in_its_words():
    failed = {"Status": "FAILED", "StatusReason": "Parameter X\nis wrong", "Changes": []}
    known, _ = scripted(
        describe_stacks=[STANDS], create_change_set=[{"Id": "arn"}], describe_change_set=[failed]
    )
    with pytest.raises(DeployFailure, match=r"refuses the change: Parameter X is wrong\.$"):
        known.propose("{}", {})


def test_what_happens_is_told_once_each_until_it_ends():
    first, second = event(1, "UPDATE_IN_PROGRESS", "Job"), event(2, "UPDATE_COMPLETE", "Job")
    known, client = scripted(
        describe_stacks=[MOVES, MOVES, STANDS],
        describe_stack_events=[
            {"StackEvents": [event(0, "CREATE_COMPLETE", "Old")]},
            {"StackEvents": [first]},
            {"StackEvents": [second, first]},
            {"StackEvents": [ENDED, second, first]},
        ],
    )
    lines: list[str] = []
    known.carry_out(SET, lines.append)
    assert [line.split() for line in lines] == [
        ["UPDATE_IN_PROGRESS", "Job"],
        ["UPDATE_COMPLETE", "Job"],
        ["UPDATE_COMPLETE", "labor-lake"],
    ]
    assert client.calls.count("execute_change_set") == 1


def test_the_longest_status_keeps_its_distance():
    cleaning = event(1, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "labor-lake")
    known, _ = scripted(
        describe_stacks=[STANDS],
        describe_stack_events=[{"StackEvents": []}, {"StackEvents": [ENDED, cleaning]}],
    )
    lines: list[str] = []
    known.carry_out(SET, lines.append)
    assert lines[0] == "  UPDATE_COMPLETE_CLEANUP_IN_PROGRESS labor-lake"


def test_the_status_of_the_change_before_is_not_taken_for_the_end_of_this_one():
    known, client = scripted(
        describe_stacks=[STANDS, MOVES, BACK],
        describe_stack_events=[
            {"StackEvents": []},
            {"StackEvents": []},
            {"StackEvents": [event(1, "UPDATE_IN_PROGRESS", "labor-lake")]},
            {"StackEvents": [event(2, "UPDATE_ROLLBACK_COMPLETE", "labor-lake")]},
        ],
    )
    with pytest.raises(DeployFailure, match="ended in UPDATE_ROLLBACK_COMPLETE"):
        known.carry_out(SET, lambda _: None)


def test_a_stack_that_still_stands_for_a_moment_is_waited_for_until_it_is_gone():
    known, client = scripted(
        describe_stacks=[STANDS, in_state("DELETE_IN_PROGRESS"), GONE],
        describe_stack_events=[{"StackEvents": []}],
    )
    known.delete(lambda _: None)
    assert client.calls.count("describe_stacks") == 3


def test_a_stack_that_cannot_be_deleted_is_told_with_the_reason():
    events = [
        event(2, "DELETE_FAILED", "labor-lake", "The following resource(s) failed: [Workgroup]."),
        event(1, "DELETE_FAILED", "Workgroup", "It is not empty"),
    ]
    known, _ = scripted(
        describe_stacks=[in_state("DELETE_FAILED")],
        describe_stack_events=[{"StackEvents": []}, {"StackEvents": events}],
    )
    with pytest.raises(DeployFailure, match=r"in DELETE_FAILED: Workgroup: It is not empty\.$"):
        known.delete(lambda _: None)


def test_whoever_stops_waiting_is_told_that_cloudformation_goes_on():
    known, _ = scripted(
        describe_stacks=[MOVES], describe_stack_events=[{"StackEvents": []}, KeyboardInterrupt()]
    )
    lines: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        known.carry_out(SET, lines.append)
    assert lines == ["CloudFormation goes on with the stack labor-lake all the same."]


def test_a_proposal_that_somebody_else_has_carried_out_meanwhile_is_not_deleted():
    known, client = scripted(describe_stacks=[STANDS])
    known.forget(ChangeSet("arn", creates=True, changes=()))
    assert "delete_stack" not in client.calls


def test_a_change_set_that_is_refused_at_once_is_told_in_cloudformation_s_words():
    refusal = refused("ValidationError", "Parameter Surveys failed to satisfy\nits constraint")
    known, _ = scripted(describe_stacks=[STANDS], create_change_set=[refusal])
    with pytest.raises(
        UsageError,
        match=r"refuses the change: Parameter Surveys failed to satisfy its constraint\.$",
    ):
        known.propose("{}", {})


@pytest.mark.parametrize(
    ("code", "expected", "sentence"),
    [
        ("ExpiredToken", UsageError, "credentials have expired"),
        ("AccessDenied", LakeError, "denies it to these credentials. Not authorized"),
        ("Throttling", TryAgainLater, "or is busy"),
    ],
)
@pytest.mark.parametrize("call", ["describe_stacks", "create_change_set"])
def test_what_aws_refuses_is_told_in_one_sentence(call, code, expected, sentence):
    answers: dict[str, list[Any]] = {"describe_stacks": [STANDS]}
    known, _ = scripted(**{**answers, call: [refused(code, "Not authorized")]})
    with pytest.raises(expected, match=sentence) as caught:
        known.propose("{}", {})
    assert "\n" not in str(caught.value)


def test_a_failure_names_the_first_resource_that_failed_and_why():
    events = [
        event(4, "UPDATE_ROLLBACK_COMPLETE", "labor-lake"),
        event(3, "CREATE_FAILED", "Role", "Resource creation cancelled"),
        event(2, "CREATE_FAILED", "LandBlsJob", "Role cannot be\nassumed."),
        event(1, "CREATE_IN_PROGRESS", "LandBlsJob"),
    ]
    known, _ = scripted(
        describe_stacks=[BACK],
        describe_stack_events=[{"StackEvents": []}, {"StackEvents": events}],
    )
    with pytest.raises(
        DeployFailure,
        match=r"ended in UPDATE_ROLLBACK_COMPLETE: LandBlsJob: Role cannot be assumed\.$",
    ) as caught:
        known.carry_out(SET, lambda _: None)
    assert "no data was touched" in caught.value.hint


def test_a_change_set_is_shown_as_what_happens_to_what():
    changes = [
        Change("Modify", "B", "AWS::Glue::Job", replaces=False),
        Change("Add", "A", "AWS::IAM::Role", replaces=False),
        Change("Modify", "C", "AWS::S3::Bucket", replaces=True),
        Change("Remove", "D", "AWS::S3::Bucket", replaces=False, kept=True),
        Change("Remove", "E", "AWS::SNS::Topic", replaces=False),
    ]
    assert stacks.shown(changes) == [
        ["create", "A", "IAM::Role"],
        ["change", "B", "Glue::Job"],
        ["replace", "C", "S3::Bucket"],
        ["remove, but keep", "D", "S3::Bucket"],
        ["remove", "E", "SNS::Topic"],
    ]


# Settings and parameters.


def test_only_settings_that_somebody_chose_become_parameters():
    values = {
        "contact": "a@b.c",
        "surveys": ("pr", "cu"),
        "datasets": ("acs1",),
        "database": "x",
        "workgroup": "y",
    }
    origins = dict.fromkeys(values, "default")
    assert parameters(values, origins, []) == {}
    origins.update(contact="--contact", surveys="lake.toml")
    assert parameters(values, origins, ["AlarmEmail=me@b.c"]) == {
        "Contact": "a@b.c",
        "Surveys": "pr,cu",
        "AlarmEmail": "me@b.c",
    }
    for wrong in ("AlarmEmail", "=x", "a b=c"):
        with pytest.raises(UsageError, match="is not NAME=VALUE"):
            parameters(values, origins, [wrong])


def test_the_template_s_parameters_are_found_without_a_yaml_library():
    text = (ROOT / "infra" / "template.yaml").read_text("utf-8")
    assert parameters_of(text) == set(Template(text).document["Parameters"])
    assert parameters_of("{}") == set()


def test_a_parameter_that_the_template_has_no_longer_is_not_kept(monkeypatch):
    known, _ = scripted(describe_stacks=[STANDS])
    proposed: list[dict[str, Any]] = []
    monkeypatch.setattr(known, "propose", lambda _, given: proposed.append(given))
    standing = stacks.Standing({"ArtifactsBucketName": "a"}, frozenset({"Contact", "Gone"}))
    template = "Parameters:\n  Contact:\n    Type: String\n  New:\n    Default: x\nResources:\n"
    lines: list[str] = []
    deploy._change(known, template, {"New": "y"}, standing, lambda _: True, lines.append)
    assert proposed == [{"New": "y", "Contact": None}]
    assert lines == ["Nothing to change: the stack is as the template says."]


def test_outside_a_clone_it_is_told(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "infra.stacks", None)
    assert main(["deploy", *CONTACT, "--yes"]) == 2
    assert "in a clone of the project only" in capsys.readouterr().err


@pytest.mark.parametrize("argv", [["deploy", *CONTACT, "--yes"], ["destroy", "--yes"]])
def test_without_credentials_it_is_told_in_one_sentence(argv, monkeypatch, tmp_path, capsys):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    assert main([*argv, "--region", REGION]) == 2
    assert "or there are none" in capsys.readouterr().err


def test_a_failure_of_the_deployment_ends_with_7():
    assert issubclass(DeployFailure, LakeError)
    assert DeployFailure("x").exit_code == 7
