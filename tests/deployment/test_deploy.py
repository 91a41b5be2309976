"""`lake deploy` and `lake destroy`: shown first, then done, and never with data lost.

moto carries out change sets, but knows no outputs of a stack that was made by one, and makes no
resource that it does not support; what it leaves out is put in here.
"""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import pytest

from glue_jobs.errors import DeployFailure, IntegrityFailure, LakeError, UsageError
from labor_lake.cli import main
from labor_lake.commands.deploy import parameters
from labor_lake.deployment import deploy, stacks
from labor_lake.deployment.bundles import GROUPS, make_code
from labor_lake.deployment.stacks import Stack
from labor_lake.deployment.template import LONGEST_BODY, make_template
from tests.aws import REGION, aws_server
from tests.cloudformation import Template
from tests.deployment.packages import install_stand_ins

if TYPE_CHECKING:
    from pathlib import Path

    from labor_lake.deployment.bundles import Code

pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse")
CONTACT = ["--contact", "you@example.com"]
BARE = {"TemplateBody": make_template(with_queries=False)}


@pytest.fixture
def aws(monkeypatch):
    with aws_server():
        monkeypatch.setattr(stacks, "_POLL_SECONDS", 0)
        make_client = boto3.client

        def client(service, **given):
            made = make_client(service, **given)
            made.meta.events.register("after-call.cloudformation.DescribeStacks", add_outputs)
            made.meta.events.register(
                "provide-client-params.cloudformation.CreateChangeSet", fetch_template
            )
            return made

        monkeypatch.setattr(boto3, "client", client)
        yield


def fetch_template(params: dict[str, Any], **_: object) -> None:
    """What CloudFormation does; moto compares only templates that come in the call."""
    if "TemplateURL" in params:
        bucket, key = urlsplit(params.pop("TemplateURL")).path[1:].split("/", 1)
        found = boto3.client("s3").get_object(Bucket=bucket, Key=key)
        params["TemplateBody"] = found["Body"].read().decode()


def add_outputs(parsed: dict[str, Any], **_: object) -> None:
    names = [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]]
    found = {kind: [name for name in names if kind in name] for kind in ("lakeb", "artifacts")}
    for stack in parsed.get("Stacks", ()):
        if found["artifacts"] and stack["StackStatus"] != "REVIEW_IN_PROGRESS":
            stack["Outputs"] = [
                {"OutputKey": "LakeUri", "OutputValue": f"s3://{found['lakeb'][-1]}"},
                {"OutputKey": "ArtifactsBucketName", "OutputValue": found["artifacts"][-1]},
            ]


@pytest.fixture(autouse=True)
def without_downloads(monkeypatch):
    monkeypatch.setattr(deploy, "install_packages", install_stand_ins)


def code_of(folder: Path) -> Code:
    install_stand_ins(folder)
    return make_code(folder / "packages")


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


def test_code_that_is_there_is_not_uploaded_again(aws, tmp_path):
    code = code_of(tmp_path)
    boto3.client("s3").create_bucket(Bucket="artifacts")
    assert deploy.upload(code, "artifacts", REGION) == len(code.files)
    assert deploy.upload(code, "artifacts", REGION) == 0
    listed = boto3.client("s3").list_objects_v2(Bucket="artifacts")["Contents"]
    assert {entry["Key"] for entry in listed} == {f"{code.prefix}/{name}" for name in code.files}


def test_code_that_somebody_put_there_before_is_not_taken_for_ours(aws, tmp_path):
    code = code_of(tmp_path)
    client = boto3.client("s3")
    client.create_bucket(Bucket="artifacts")
    client.put_object(Bucket="artifacts", Key=f"{code.prefix}/{GROUPS[0].wheel}", Body=b"other")
    with pytest.raises(IntegrityFailure, match="is not the code that belongs there") as told:
        deploy.upload(code, "artifacts", REGION)
    assert told.value.exit_code == 7
    assert "deploy again" in told.value.hint


# The command.


def test_a_first_deployment_makes_buckets_then_jobs_and_says_what_comes_next(aws, tmp_path, capsys):
    assert main(["deploy", *CONTACT, "--surveys", "pr,cu", "--yes"]) == 0
    out, err = capsys.readouterr()
    assert "is new: its buckets come first" in err
    assert "CREATE_COMPLETE" in err
    assert "LakeBucket" in out
    assert "lake run --on-aws" in out
    code = code_of(tmp_path)
    now = parameters_now()
    assert (now["Contact"], now["Surveys"]) == ("you@example.com", "pr,cu")
    assert now["CodePrefix"] == code.prefix


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


def test_the_size_of_the_jobs_is_chosen_and_kept(aws):
    larger = ["--parameter", "BuildCapacity=1", "--parameter", "JobMinutes=120"]
    assert main(["deploy", *CONTACT, "--surveys", "all", *larger, "--yes"]) == 0
    assert main(["deploy", "--surveys", "all,-cs", "--yes"]) == 0
    now = parameters_now()
    chosen = (now["Surveys"], now["BuildCapacity"], now["JobMinutes"])
    assert chosen == ("all,-cs", "1", "120")


def test_nothing_is_made_without_a_contact(aws, capsys):
    assert main(["deploy", "--yes"]) == 2
    assert "--contact you@example.com" in capsys.readouterr().err
    assert boto3.client("s3").list_buckets()["Buckets"] == []


def test_tags_and_a_role_of_cloudformation_s_own_are_given_along(aws, capsys):
    role = "arn:aws:iam::123456789012:role/cloudformation"
    tagged = ["--tag", "team=economics", "--tag", "cost=12", "--service-role", role]
    assert main(["deploy", *CONTACT, "--yes", *tagged]) == 0
    (found,) = boto3.client("cloudformation").describe_stacks(StackName="labor-lake")["Stacks"]
    assert {tag["Key"]: tag["Value"] for tag in found["Tags"]} == {
        "team": "economics",
        "cost": "12",
    }
    capsys.readouterr()
    assert main(["deploy", "--yes", "--tag", "team"]) == 2
    assert "--tag team is not NAME=VALUE" in capsys.readouterr().err


def test_a_name_that_its_database_could_not_have_is_refused_first(aws, capsys):
    assert main(["deploy", *CONTACT, "--yes", "--stack", "MyLake"]) == 2
    assert "MyLake has capitals" in capsys.readouterr().err
    assert stacks_now() == {}


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


def test_destroy_says_where_the_data_stays_and_how_to_go_on_with_it(aws, capsys):
    where = ["--stack", "mine", "--region", REGION]
    assert main(["deploy", *CONTACT, *where, "--yes"]) == 0
    assert f"lake run --on-aws {' '.join(where)}\n" in capsys.readouterr().out
    assert main(["destroy", *where, "--yes"]) == 0
    out = capsys.readouterr().out
    bucket = out.partition("The data is in s3://")[2].partition(".")[0]
    assert bucket.startswith("mine-lakebucket-")
    assert "s3://mine-artifactsbucket-" in out
    command = out[out.index("lake deploy") :].replace("\\\n", "").splitlines()[0].split()
    assert command[2:] == [*CONTACT, *where, "--parameter", f"ExistingLakeBucket={bucket}"]
    assert stacks_now() == {"mine": "DELETE_COMPLETE"}
    assert main(["destroy", *where, "--yes"]) == 2
    assert "--stack and --region choose another" in capsys.readouterr().err


def test_destroying_what_never_held_data_says_no_more_than_that(aws, capsys):
    assert main(["deploy", *CONTACT, "--yes"]) == 0
    boto3.client("cloudformation").delete_stack(StackName="labor-lake")
    known = stack()
    proposed = known.propose(BARE, {"Contact": "a@b.c"})
    assert proposed is not None
    capsys.readouterr()
    assert main(["destroy", "--yes"]) == 0
    assert capsys.readouterr().out == "The stack labor-lake is gone.\n"


def test_every_resource_that_holds_data_outlives_the_stack():
    template = Template(make_template())
    for resource in template.document["Resources"].values():
        if resource["Type"] == "AWS::S3::Bucket":
            assert resource["DeletionPolicy"] == "RetainExceptOnCreate"


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
    for wrong in ("AlarmEmail", "=x"):
        with pytest.raises(UsageError, match="is not NAME=VALUE"):
            parameters(values, origins, [wrong])


def test_a_template_that_is_too_long_for_a_call_is_fetched_from_the_bucket(aws):
    boto3.client("s3").create_bucket(Bucket="artifacts")
    short = "x" * LONGEST_BODY
    assert deploy.send(short, "code/1/template.json", "artifacts", REGION) == {
        "TemplateBody": short
    }
    sent = deploy.send(short + "x", "code/1/template.json", "artifacts", REGION)
    assert set(sent) == {"TemplateURL"}
    assert sent["TemplateURL"].endswith("/artifacts/code/1/template.json")
    body = boto3.client("s3").get_object(Bucket="artifacts", Key="code/1/template.json")["Body"]
    assert body.read().decode() == short + "x"


def test_before_there_is_a_bucket_the_template_is_sent_without_the_saved_queries():
    """No query can make the first change set fail, and it is short enough for the call."""
    assert len(BARE["TemplateBody"].encode()) < LONGEST_BODY
    bare, whole = json.loads(BARE["TemplateBody"]), json.loads(make_template())
    further = whole["Resources"].keys() - bare["Resources"].keys()
    kinds = {whole["Resources"][name]["Type"] for name in further}
    assert kinds == {"AWS::Athena::NamedQuery", "AWS::Athena::PreparedStatement"}


def test_a_parameter_that_the_template_has_no_longer_is_not_kept(monkeypatch):
    known = stack()
    proposed: list[dict[str, Any]] = []
    monkeypatch.setattr(known, "propose", lambda _, given: proposed.append(given))
    standing = stacks.Standing({"ArtifactsBucketName": "a"}, frozenset({"Contact", "Gone"}))
    lines: list[str] = []
    deploy._change(
        known, BARE, {"New": "y"}, {"Contact", "New"}, standing, lambda _: True, lines.append
    )
    assert proposed == [{"New": "y", "Contact": None}]
    assert lines == ["Nothing to change: the stack is as the template says."]


@pytest.mark.parametrize(
    "argv",
    [
        ["deploy", *CONTACT, "--yes"],
        ["destroy", "--yes"],
        ["run", "--on-aws"],
        ["status", "--lake", "s3://bucket/lake"],
    ],
)
def test_without_the_aws_packages_it_is_told(argv, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "boto3", None)
    for name in [name for name in sys.modules if name.startswith("labor_lake.deployment.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "glue_jobs.storage.s3", raising=False)
    assert main(argv) == 2
    assert "pip install 'labor-lake[aws]'" in capsys.readouterr().err


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
