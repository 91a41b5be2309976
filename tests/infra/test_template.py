"""The template describes what the code does: the same graph, arguments, modules and queries."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint_file
from packaging.markers import Marker

from glue_jobs.job import argument_parser
from glue_jobs.settings import SETTINGS
from glue_jobs.sql_files import sql_files
from glue_jobs.workflow import STAGES
from infra.cloudformation import Template

ROOT = Path(__file__).parents[2]
PATH = ROOT / "infra" / "template.yaml"
TEMPLATE = Template(PATH.read_text("utf-8"))
GIVEN = {"Contact": "a@example.com", "CodePrefix": "code/1a2b", "WheelName": "labor_lake.whl"}
STACK = TEMPLATE.resolve(GIVEN)
JOBS = {
    job["Name"].rpartition("-")[2]: job["DefaultArguments"]
    for job in STACK.of_type("AWS::Glue::Job").values()
}
GLUES_OWN = {"library-set", "--additional-python-modules", "--extra-py-files"}
PYTHON_39 = {"python_version": "3.9", "python_full_version": "3.9.18"}


def names_of(jobs: list[dict[str, str]]) -> set[str]:
    return {job["JobName"].rpartition("-")[2] for job in jobs}


def test_the_linter_of_cloudformation_finds_nothing():
    assert lint_file(PATH) == []


def test_it_can_be_sent_without_a_bucket_to_put_it_in():
    assert len(PATH.read_bytes()) <= 51_200


# The graph.


def test_the_workflow_is_the_graph_that_runs_on_a_laptop():
    triggers = STACK.of_type("AWS::Glue::Trigger")
    start, *rest = triggers.values()
    assert (start["Type"], start["Schedule"]) == ("SCHEDULED", "cron(15 13 * * ? *)")
    stages = [names_of(start["Actions"])]
    for trigger in rest:
        assert trigger["Type"] == "CONDITIONAL"
        predicate = trigger["Predicate"]
        assert predicate["Logical"] == "AND"
        states = {(one["State"], one["LogicalOperator"]) for one in predicate["Conditions"]}
        assert states == {("SUCCEEDED", "EQUALS")}
        assert names_of(predicate["Conditions"]) == stages[-1]
        stages.append(names_of(trigger["Actions"]))
    assert stages == [set(stage.jobs) for stage in STAGES]


def test_every_trigger_belongs_to_the_one_workflow_and_is_on():
    (workflow,) = STACK.of_type("AWS::Glue::Workflow").values()
    assert workflow["MaxConcurrentRuns"] == 1
    for trigger in STACK.of_type("AWS::Glue::Trigger").values():
        assert trigger["WorkflowName"] == workflow["Name"]
        assert str(trigger["StartOnCreation"]).lower() == "true"


def test_triggers_are_made_one_after_the_other():
    triggers = [n for n, r in STACK.resources.items() if r["Type"] == "AWS::Glue::Trigger"]
    for before, after in zip(triggers, triggers[1:]):
        assert STACK.resources[after]["DependsOn"] == before


# The jobs.


def test_every_job_is_small_ends_in_time_and_runs_alone():
    assert set(JOBS) == {job for stage in STAGES for job in stage.jobs}
    for job in STACK.of_type("AWS::Glue::Job").values():
        module = job["Name"].rpartition("-")[2]
        assert job["Command"] == {
            "Name": "pythonshell",
            "PythonVersion": "3.9",
            "ScriptLocation": f"s3://labor-lake-artifactsbucket/code/1a2b/{module}.py",
        }
        assert (job["MaxCapacity"], job["Timeout"], job["MaxRetries"]) == (0.0625, 30, 1)
        assert job["ExecutionProperty"] == {"MaxConcurrentRuns": 1}


@pytest.mark.parametrize("job", JOBS)
def test_a_job_knows_each_argument_that_it_is_given(job):
    given = [
        text for name, value in JOBS[job].items() if name not in GLUES_OWN for text in (name, value)
    ]
    parsed, unknown = argument_parser(job, "").parse_known_args(given)
    assert unknown == []
    assert parsed.lake == "s3://labor-lake-lakebucket"
    settings = {setting.name for setting in SETTINGS}
    assert {name.lstrip("-") for name in JOBS[job]} - GLUES_OWN <= settings | {"library-set"} | {
        name.lstrip("-") for name in GLUES_OWN
    }


@pytest.mark.parametrize("job", JOBS)
def test_glue_brings_no_packages_of_its_own_and_the_wheel_keeps_its_name(job):
    assert JOBS[job]["library-set"] == "none"
    assert JOBS[job]["--extra-py-files"].endswith("/code/1a2b/labor_lake.whl")


def pinned() -> dict[str, str]:
    """What requirements.txt pins for Python 3.9."""
    pins = {}
    for line in (ROOT / "requirements.txt").read_text("utf-8").splitlines():
        match = re.match(r"([a-z0-9-]+)==([^ ]+)(?: ; (.*?))? \\", line)
        if match and (not match[3] or Marker(match[3]).evaluate(PYTHON_39)):
            pins[match[1]] = match[2]
    return pins


def needed_by() -> dict[str, set[str]]:
    """Which packages want each package, by the comments of requirements.txt."""
    wanted: dict[str, set[str]] = {}
    name, in_via = "", False
    for line in (ROOT / "requirements.txt").read_text("utf-8").splitlines():
        if match := re.match(r"([a-z0-9-]+)==", line):
            name, in_via = match[1], False
        elif match := re.match(r" +# +via ?(.*)", line):
            in_via = True
            wanted.setdefault(name, set()).update(filter(None, [match[1]]))
        elif in_via and (match := re.match(r" +# +([a-z0-9-]+)", line)):
            wanted[name].add(match[1])
    return wanted


@pytest.mark.parametrize("job", JOBS)
def test_a_job_gets_modules_as_they_are_pinned_and_all_that_they_need(job):
    modules = dict(one.split("==") for one in JOBS[job]["--additional-python-modules"].split(","))
    pins = pinned()
    assert modules == {name: pins[name] for name in modules}
    for name, wanters in needed_by().items():
        if name in pins and wanters & set(modules):
            assert name in modules, f"{wanters & set(modules)} need {name}"


# The package that each module of the lake's own code imports, where Glue runs that module.
IMPORTED = {
    "land_bls": {"boto3", "requests", "urllib3", "tzdata"},
    "land_population": {"boto3", "requests", "urllib3"},
    "build_tables": {"boto3", "pyarrow"},
    "publish_reports": {"boto3", "pyarrow", "awswrangler"},
}


@pytest.mark.parametrize("job", JOBS)
def test_a_job_gets_what_its_code_imports(job):
    modules = {one.split("==")[0] for one in JOBS[job]["--additional-python-modules"].split(",")}
    assert IMPORTED[job] <= modules
    assert ("pandas" in modules) == (job == "publish_reports")


def test_the_scripts_are_the_jobs_own_modules():
    for job in JOBS:
        source = Path(str(import_module(f"glue_jobs.{job}").__file__)).read_text("utf-8")
        last = ast.parse(source).body[-1]
        assert ast.unparse(last) == "if __name__ == '__main__':\n    exit_with(main())"


# What is kept and who may do what.


@pytest.mark.parametrize("name", ["LakeBucket", "ArtifactsBucket"])
def test_a_bucket_is_private_encrypted_versioned_and_outlives_the_stack(name):
    bucket = STACK.resources[name]
    assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"
    properties = bucket["Properties"]
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    encryption = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption == [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
    (statement,) = STACK.resources[f"{name}Policy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Action"]) == ("Deny", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def rules_of(stack) -> dict[str, dict[str, Any]]:
    rules = stack.resources["LakeBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    return {rule["Id"]: rule for rule in rules}


def test_raw_versions_are_kept_for_ever_unless_told_otherwise():
    assert not any(
        rule.get("Prefix") in ("raw/", "", "current/") for rule in rules_of(STACK).values()
    )
    assert all("Prefix" in rule for name, rule in rules_of(STACK).items() if "abort" not in name)
    told = TEMPLATE.resolve({**GIVEN, "RawVersionDays": "400"})
    rule = rules_of(told)["forget-raw-versions"]
    assert rule["Prefix"] == "raw/"
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 400}


def statements() -> list[tuple[str, dict[str, Any]]]:
    return [
        (role, statement)
        for role, properties in STACK.of_type("AWS::IAM::Role").items()
        for policy in properties["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def test_each_job_has_a_role_of_its_own_which_only_glue_of_this_account_takes():
    roles = {job["Role"] for job in STACK.of_type("AWS::Glue::Job").values()}
    assert len(roles) == len(JOBS)
    for role in STACK.of_type("AWS::IAM::Role").values():
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "glue.amazonaws.com"}
        assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
        assert "ManagedPolicyArns" not in role


def test_no_role_may_do_everything_or_forget_a_version():
    for role, statement in statements():
        assert statement["Effect"] == "Allow"
        for action in statement["Action"]:
            assert "*" not in action, role
            assert action not in ("s3:DeleteObjectVersion", "s3:PutBucketVersioning"), role
        assert "*" not in statement["Resource"], role


def test_only_landing_deletes_and_only_in_its_own_zone():
    deletes = {
        (role, resource.partition("/")[2])
        for role, statement in statements()
        if "s3:DeleteObject" in statement["Action"]
        for resource in statement["Resource"]
    }
    assert deletes == {("LandBlsRole", "raw/bls/*"), ("LandPopulationRole", "raw/population/*")}


# Queries.


def test_the_saved_queries_are_the_project_s_own():
    saved = {
        query["Name"]: query["QueryString"]
        for query in STACK.of_type("AWS::Athena::NamedQuery").values()
    }
    assert saved == {**sql_files("reports"), **sql_files("queries")}


def test_the_workgroup_bounds_every_query():
    (workgroup,) = STACK.of_type("AWS::Athena::WorkGroup").values()
    configuration = workgroup["WorkGroupConfiguration"]
    assert configuration["EnforceWorkGroupConfiguration"] is True
    assert configuration["BytesScannedCutoffPerQuery"] == 10 << 30
    assert configuration["EngineVersion"]["SelectedEngineVersion"] == "Athena engine version 3"
    results = configuration["ResultConfiguration"]
    assert results["OutputLocation"] == "s3://labor-lake-artifactsbucket/athena-results/"
    assert results["EncryptionConfiguration"] == {"EncryptionOption": "SSE_S3"}


# Variants.


def test_without_code_there_are_buckets_and_no_jobs():
    empty = TEMPLATE.resolve({"Contact": "a@example.com"})
    kinds = {resource["Type"] for resource in empty.resources.values()}
    assert "AWS::S3::Bucket" in kinds
    assert not kinds & {"AWS::Glue::Job", "AWS::Glue::Trigger", "AWS::IAM::Role"}
    assert "WorkflowName" not in empty.outputs


def test_a_bucket_that_was_left_behind_is_gone_on_with():
    adopted = TEMPLATE.resolve({**GIVEN, "ExistingLakeBucket": "old-lake"})
    assert "LakeBucket" not in adopted.resources
    assert adopted.outputs["LakeUri"] == "s3://old-lake"
    for job in adopted.of_type("AWS::Glue::Job").values():
        assert job["DefaultArguments"]["--lake"] == "s3://old-lake"


def test_a_key_encrypts_everything_and_the_jobs_may_use_it():
    key = "arn:aws:kms:us-east-1:123456789012:key/1"
    keyed = TEMPLATE.resolve({**GIVEN, "KmsKeyArn": key})
    for name in ("LakeBucket", "ArtifactsBucket"):
        encryption = keyed.resources[name]["Properties"]["BucketEncryption"]
        (rule,) = encryption["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"] == key
    for role in keyed.of_type("AWS::IAM::Role").values():
        last = role["Policies"][0]["PolicyDocument"]["Statement"][-1]
        assert last["Resource"] == [key]


def test_failures_of_each_job_reach_the_topic_and_so_does_silence():
    failed = STACK.resources["FailureRule"]["Properties"]["EventPattern"]["detail"]
    assert set(failed["state"]) == {"FAILED", "TIMEOUT", "STOPPED"}
    assert {name.rpartition("-")[2] for name in failed["jobName"]} == set(JOBS)
    topic = STACK.outputs["AlarmTopicArn"]
    assert STACK.resources["FailureRule"]["Properties"]["Targets"][0]["Arn"] == topic
    alarm = STACK.resources["StaleAlarm"]["Properties"]
    assert alarm["AlarmActions"] == [topic]
    assert alarm["TreatMissingData"] == "breaching"
    assert "AlarmSubscription" not in STACK.resources
    told = TEMPLATE.resolve({**GIVEN, "AlarmEmail": "me@example.com"})
    assert told.resources["AlarmSubscription"]["Properties"]["Endpoint"] == "me@example.com"


def test_a_parameter_without_default_must_be_given_and_an_unknown_one_is_refused():
    with pytest.raises(KeyError, match="Contact"):
        TEMPLATE.resolve({})
    with pytest.raises(KeyError, match="Colour"):
        TEMPLATE.resolve({**GIVEN, "Colour": "blue"})
