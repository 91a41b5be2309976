"""The template describes what the code does: the same graph, arguments and queries."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint_file
from sqlglot import parse_one

from glue_jobs.program import argument_parser
from glue_jobs.settings import SETTINGS, resolve
from glue_jobs.sql_files import sql_files
from labor_lake.deployment.bundles import GROUPS
from labor_lake.deployment.template import make_template, without_comments
from labor_lake.workflow import jobs
from tests.cloudformation import Stack, Template

ROOT = Path(__file__).parents[2]
TEMPLATE = Template(make_template())
GIVEN = {"Contact": "a@example.com", "CodePrefix": "code/1a2b"}
STACK = TEMPLATE.resolve(GIVEN)
AGAIN = "_again"
"""How the name of a second try ends."""


def jobs_of(stack: Stack) -> dict[str, dict[str, Any]]:
    """The jobs by their short names, second tries among them."""
    every = stack.of_type("AWS::Glue::Job").values()
    return {job["Name"].rpartition("-")[2]: job for job in every}


JOBS = {
    name: job["DefaultArguments"]
    for name, job in jobs_of(STACK).items()
    if not name.endswith(AGAIN)
}
GLUES_OWN = {"library-set", "--extra-py-files"}


def names_of(listed: list[dict[str, str]]) -> set[str]:
    return {one["JobName"].rpartition("-")[2] for one in listed}


def test_the_linter_of_cloudformation_finds_nothing(tmp_path):
    path = tmp_path / "template.yaml"
    path.write_text(make_template(), "utf-8")
    assert lint_file(path) == []


# The graph.


def test_the_workflow_runs_the_jobs_in_the_order_of_the_graph_each_but_the_last_with_a_second_try():
    start, *rest = STACK.of_type("AWS::Glue::Trigger").values()
    assert (start["Type"], start["Schedule"]) == ("SCHEDULED", "cron(15 13 * * ? *)")
    first, *later = jobs()
    assert names_of(start["Actions"]) == {first}
    starts = {}
    for trigger in rest:
        predicate = trigger["Predicate"]
        assert (trigger["Type"], predicate["Logical"]) == ("CONDITIONAL", "ANY")
        assert {one["LogicalOperator"] for one in predicate["Conditions"]} == {"EQUALS"}
        (started,) = names_of(trigger["Actions"])
        (state,) = {one["State"] for one in predicate["Conditions"]}
        starts[started] = (state, names_of(predicate["Conditions"]))
    wanted = {f"{job}{AGAIN}": ("FAILED", {job}) for job in (first, *later[:-1])}
    for before, job in zip((first, *later), later):
        wanted[job] = ("SUCCEEDED", {before, f"{before}{AGAIN}"})
    assert starts == wanted


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
    assert set(JOBS) == set(jobs())
    for name, job in jobs_of(STACK).items():
        module = name.removesuffix(AGAIN)
        assert job["Command"] == {
            "Name": "pythonshell",
            "PythonVersion": "3.9",
            "ScriptLocation": f"s3://labor-lake-artifactsbucket/code/1a2b/{module}.py",
        }
        # Glue's own retries would send a mail for each try.
        assert (job["MaxCapacity"], job["Timeout"], job["MaxRetries"]) == (0.0625, 30, 0)
        assert job["ExecutionProperty"] == {"MaxConcurrentRuns": 1}


def test_a_second_try_is_the_same_job_under_another_name():
    every = jobs_of(TEMPLATE.resolve({**GIVEN, "BuildCapacity": "1", "JobMinutes": "60"}))
    again = {name.removesuffix(AGAIN): job for name, job in every.items() if name.endswith(AGAIN)}
    # The last job ends with the run's verdict, which a second try cannot change.
    assert list(again) == list(jobs())[:-1]
    for name, job in again.items():
        assert job == {**every[name], "Name": f"labor-lake-{name}{AGAIN}"}


def jobs_with(**parameters: str) -> dict[str, dict[str, Any]]:
    return jobs_of(TEMPLATE.resolve({**GIVEN, **parameters}))


@pytest.mark.parametrize(("capacity", "workers"), [("0.0625", "1"), ("1", "4")])
def test_building_gets_the_cores_that_it_is_told_of(capacity, workers):
    found = jobs_with(BuildCapacity=capacity)
    for build in (found.pop("build_tables"), found.pop(f"build_tables{AGAIN}")):
        assert build["MaxCapacity"] == float(capacity)
        assert build["DefaultArguments"]["--workers"] == workers
    assert {job["MaxCapacity"] for job in found.values()} == {0.0625}


@pytest.mark.parametrize("minutes", TEMPLATE.document["Parameters"]["JobMinutes"]["AllowedValues"])
def test_what_takes_long_stops_by_itself_before_glue_ends_it(minutes):
    found = jobs_with(JobMinutes=str(minutes))
    assert {job["Timeout"] for job in found.values()} == {minutes}
    limits = {
        name: resolve({"time_limit": limit}, {}, {}).settings.time_limit
        for name, job in found.items()
        if (limit := job["DefaultArguments"].get("--time_limit"))
    }
    assert {name.removesuffix(AGAIN) for name in limits} == {"land_bls", "build_tables"}
    for seconds in limits.values():
        assert seconds is not None
        assert 10 <= minutes - seconds / 60 <= max(10, minutes / 4)


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
def test_glue_brings_no_packages_and_a_job_gets_the_bundle_of_its_group(job):
    assert JOBS[job]["library-set"] == "none"
    (group,) = [group for group in GROUPS if job in group.jobs]
    assert JOBS[job]["--extra-py-files"].endswith(f"/code/1a2b/{group.wheel}")
    assert "--additional-python-modules" not in JOBS[job]


# What is kept and who may do what.


@pytest.mark.parametrize("name", ["LakeBucket", "ArtifactsBucket"])
def test_a_bucket_is_private_encrypted_versioned_and_outlives_the_stack(name):
    bucket = STACK.resources[name]
    assert bucket["UpdateReplacePolicy"] == "Retain"
    assert bucket["DeletionPolicy"] == "RetainExceptOnCreate"  # a first try that fails leaves none
    properties = bucket["Properties"]
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    encryption = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption == [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
    (statement,) = STACK.resources[f"{name}Policy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == (
        "Deny",
        "*",
        "s3:*",
    )
    arn = f"arn:aws:s3:::labor-lake-{name.lower()}"
    assert statement["Resource"] == [arn, f"{arn}/*"]
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def rules_of(stack, bucket="LakeBucket") -> dict[str, dict[str, Any]]:
    rules = stack.resources[bucket]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert {rule["Status"] for rule in rules} == {"Enabled"}
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


@pytest.mark.parametrize("bucket", ["LakeBucket", "ArtifactsBucket"])
def test_uploads_that_broke_are_removed_after_a_week(bucket):
    rule = rules_of(STACK, bucket)["abort-incomplete-uploads"]
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    assert "Prefix" not in rule


def test_query_results_expire_and_code_does_not():
    rules = rules_of(STACK, "ArtifactsBucket")
    expiring = {name for name, rule in rules.items() if "ExpirationInDays" in rule}
    assert expiring == {"forget-query-results"}
    assert rules["forget-query-results"]["Prefix"] == "athena-results/"
    assert not any("ExpirationInDays" in rule for rule in rules_of(STACK).values())


def statements() -> list[tuple[str, dict[str, Any]]]:
    return [
        (role, statement)
        for role, properties in STACK.of_type("AWS::IAM::Role").items()
        for policy in properties["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def test_each_job_has_a_role_of_its_own_which_only_glue_of_this_account_takes():
    for name, job in STACK.of_type("AWS::Glue::Job").items():
        own = name.replace("Again", "").replace("Job", "Role").lower()
        assert job["Role"] == f"arn:aws:iam::123456789012:role/labor-lake-{own}"
    assert len(STACK.of_type("AWS::IAM::Role")) == len(JOBS)
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


def test_a_job_reads_its_code_and_cannot_change_it():
    touching = {
        (role, action)
        for role, statement in statements()
        for resource in statement["Resource"]
        if "artifacts" in resource and not resource.endswith("/athena-results/*")
        for action in statement["Action"]
    }
    reading = {"s3:GetObject", "s3:ListBucket", "s3:GetBucketLocation"}
    assert {role for role, _ in touching} == {
        f"{job[:-3]}Role" for job in STACK.of_type("AWS::Glue::Job") if "Again" not in job
    }
    assert {action for _, action in touching} <= reading


def test_a_job_reads_and_changes_the_catalog_of_its_own_database_only():
    glue = "arn:aws:glue:us-east-1:123456789012:"
    own = {f"{glue}catalog", f"{glue}database/labor_lake", f"{glue}table/labor_lake/*"}
    for role, statement in statements():
        if any(action.startswith("glue:") for action in statement["Action"]):
            assert role in ("BuildTablesRole", "PublishReportsRole")
            # Athena looks for the database `default` whichever it is asked for.
            if statement["Resource"] == [f"{glue}database/default"]:
                assert (role, statement["Action"]) == ("PublishReportsRole", ["glue:GetDatabase"])
            else:
                assert set(statement["Resource"]) == own


def test_only_landing_deletes_and_only_in_its_own_zone():
    deletes = {
        (role, resource.partition("/")[2])
        for role, statement in statements()
        if "s3:DeleteObject" in statement["Action"]
        for resource in statement["Resource"]
    }
    assert deletes == {
        ("LandBlsRole", "raw/bls/*"),
        ("LandPopulationRole", "raw/population/*"),
        *((f"{role}Role", "leases/*") for role in ("LandBls", "LandPopulation", "BuildTables")),
        ("PublishReportsRole", "leases/reports.json"),
    }


# Queries.


def test_the_saved_queries_are_the_project_s_own():
    saved = {
        query["Name"]: query["QueryString"]
        for query in STACK.of_type("AWS::Athena::NamedQuery").values()
    }
    assert saved == {**sql_files("reports"), **sql_files("queries")}


def test_a_query_with_parameters_is_a_prepared_statement_as_well():
    prepared = {
        statement["StatementName"]: statement["QueryStatement"]
        for statement in STACK.of_type("AWS::Athena::PreparedStatement").values()
    }
    queries = sql_files("queries")
    assert prepared == {
        name: without_comments(sql) for name, sql in queries.items() if "Parameters: ?" in sql
    }
    assert set(queries) - set(prepared) == {
        *("days_to_release", "latest_quarter", "mean_revision", "unchanged_since")
    }


@pytest.mark.parametrize("name", sql_files("queries"))
def test_a_prepared_statement_means_what_its_file_says(name):
    sql = sql_files("queries")[name]
    assert parse_one(without_comments(sql), dialect="athena") == parse_one(sql, dialect="athena")


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


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Contact", "nobody"),
        ("Surveys", "pr,"),
        ("Datasets", "acs2"),
        ("ScheduleExpression", "rate(1 day)"),
        ("ScheduleEnabled", "True"),
        ("AlarmEmail", "me"),
        ("StalenessDays", "8"),
        ("DatabaseName", "Labor-Lake"),
        ("ExistingLakeBucket", "s3://old-lake"),
        ("BuildCapacity", "2"),
        ("JobMinutes", "45"),
        ("BytesScannedCutoff", "9999999"),
        ("RawVersionDays", "-1"),
        ("LogRetentionDays", "2"),
        ("KmsKeyArn", "arn:aws:kms:us-east-1:123456789012:alias/lake"),
        ("CodePrefix", "elsewhere/1a2b"),
    ],
)
def test_a_value_that_could_not_work_is_refused(name, value):
    with pytest.raises(ValueError, match=re.escape(f"{name}={value}.")):
        TEMPLATE.resolve({**GIVEN, name: value})


def test_every_parameter_is_explained_and_has_its_place_in_the_form():
    parameters = TEMPLATE.document["Parameters"]
    assert all(entry["Description"] for entry in parameters.values())
    groups = TEMPLATE.document["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    placed = [name for group in groups for name in group["Parameters"]]
    assert sorted(placed) == sorted(parameters)
    assert [name for name, entry in parameters.items() if "Default" not in entry] == ["Contact"]
