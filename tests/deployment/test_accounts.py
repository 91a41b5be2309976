"""The stack in an account with rules of its own, and beside another lake."""

from __future__ import annotations

from typing import Any

from glue_jobs.sql_files import sql_files
from tests.deployment.test_template import GIVEN, STACK, TEMPLATE


def names_in(stack: Any) -> set[str]:
    """All names that are given to resources, which two stacks of one account may not share."""
    given = {
        resource["Properties"].get("Name")
        or resource["Properties"].get("DatabaseInput", {}).get("Name")
        for resource in stack.resources.values()
        if not resource["Type"].startswith("AWS::Athena::") or "Statement" not in resource["Type"]
    }
    return {name for name in given if name}


def test_two_stacks_of_one_account_share_no_name():
    first, second = (TEMPLATE.resolve(GIVEN, stack=name) for name in ("labor-lake", "their-lake"))
    shared = names_in(first) & names_in(second)
    assert shared == set(sql_files("reports")) | set(sql_files("queries"))  # each in its workgroup
    assert {first.outputs[name] for name in ("DatabaseName", "WorkgroupName")} == {"labor_lake"}
    assert {second.outputs[name] for name in ("DatabaseName", "WorkgroupName")} == {"their_lake"}
    for stack, own in ((first, "labor_lake"), (second, "their_lake")):
        for job in stack.of_type("AWS::Glue::Job").values():
            assert job["DefaultArguments"].get("--database", own) == own
            assert job["DefaultArguments"].get("--workgroup", own) == own


def test_names_that_somebody_gives_are_kept():
    stack = TEMPLATE.resolve({**GIVEN, "DatabaseName": "bls", "WorkgroupName": "econ"})
    assert (stack.outputs["DatabaseName"], stack.outputs["WorkgroupName"]) == ("bls", "econ")


def test_a_permissions_boundary_bounds_every_role():
    boundary = "arn:aws:iam::123456789012:policy/bound"
    bounded = TEMPLATE.resolve({**GIVEN, "PermissionsBoundaryArn": boundary})
    roles = bounded.of_type("AWS::IAM::Role").values()
    assert {role["PermissionsBoundary"] for role in roles} == {boundary}
    assert not any(
        "PermissionsBoundary" in role for role in STACK.of_type("AWS::IAM::Role").values()
    )


def test_a_connection_is_used_by_every_job_whose_role_may_have_an_interface():
    connected = TEMPLATE.resolve({**GIVEN, "VpcConnection": "private"})
    for job in connected.of_type("AWS::Glue::Job").values():
        assert job["Connections"] == {"Connections": ["private"]}
    for role in connected.of_type("AWS::IAM::Role").values():
        assert role["ManagedPolicyArns"] == ["labor-lake-vpcpolicy"]
    (policy,) = connected.of_type("AWS::IAM::ManagedPolicy").values()
    actions = {one for entry in policy["PolicyDocument"]["Statement"] for one in entry["Action"]}
    assert {"ec2:CreateNetworkInterface", "glue:GetConnection"} <= actions
    assert not any("Connections" in job for job in STACK.of_type("AWS::Glue::Job").values())
    assert STACK.of_type("AWS::IAM::ManagedPolicy") == {}


def test_where_lake_formation_governs_the_jobs_are_granted_there_what_they_need():
    granted = TEMPLATE.resolve({**GIVEN, "LakeFormation": "true"})
    grants = granted.of_type("AWS::LakeFormation::PrincipalPermissions")
    principals = {one["Principal"]["DataLakePrincipalIdentifier"][-18:] for one in grants.values()}
    assert len(principals) == 2
    for one in grants.values():
        (resource,) = one["Resource"].values()
        assert resource.get("DatabaseName", resource.get("Name")) == "labor_lake"
    assert STACK.of_type("AWS::LakeFormation::PrincipalPermissions") == {}
    reading = [
        statement
        for policy in granted.resources["PublishReportsRole"]["Properties"]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        if "lakeformation:GetDataAccess" in statement["Action"]
    ]
    assert len(reading) == 1
