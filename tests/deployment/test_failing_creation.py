"""A first deployment fails at each resource in turn; the second stands, and nothing is orphaned."""

from __future__ import annotations

import pytest

from labor_lake.cli import main
from labor_lake.deployment import deploy
from labor_lake.deployment.template import make_template
from tests.cloudformation import Template
from tests.deployment.fake_cloudformation import FakeCloudFormation, deploying_to

CONTACT = "you@example.com"
# Everything that a parameter can add.
GIVEN = {
    "AlarmEmail": CONTACT,
    "LogRetentionDays": "30",
    "VpcConnection": "private",
    "LakeFormation": "true",
}
COMMAND = [
    *("deploy", "--yes", "--contact", CONTACT),
    *(word for name, value in GIVEN.items() for word in ("--parameter", f"{name}={value}")),
]
FIRST, WHOLE = (
    frozenset(Template(text).resolve({**GIVEN, "Contact": CONTACT, "CodePrefix": prefix}).resources)
    for text, prefix in ((make_template(with_queries=False), ""), (make_template(), "code/1a2b"))
)

pytestmark = pytest.mark.usefixtures("no_settings_of_this_machine")


@pytest.fixture
def cloud():
    with deploying_to(FakeCloudFormation()) as cloud:
        yield cloud


def names(cloud: FakeCloudFormation) -> frozenset[str]:
    return frozenset(one.logical_id for one in cloud.account)


def test_the_template_is_made_in_two_changes(cloud):
    assert main(COMMAND) == 0
    assert (cloud.status, names(cloud), cloud.orphans) == ("UPDATE_COMPLETE", WHOLE, [])
    assert {"LakeBucket", "ErrorLogs", "Workgroup"} <= FIRST < WHOLE


@pytest.mark.parametrize("failing", sorted(FIRST))
def test_where_the_first_change_fails_nothing_is_left_and_the_second_try_stands(
    failing, cloud, capsys
):
    cloud.failing = failing
    assert main(COMMAND) == 7
    told = capsys.readouterr().err
    assert f"ended in ROLLBACK_COMPLETE: {failing}: it was told to fail." in told
    assert "Put that right, then deploy again." in told
    assert (cloud.account, cloud.resources) == ([], {})
    assert main(COMMAND) == 0
    assert "could not be made last time and holds nothing: removed" in capsys.readouterr().err
    assert (cloud.status, names(cloud), cloud.orphans) == ("UPDATE_COMPLETE", WHOLE, [])


@pytest.mark.parametrize("failing", sorted(WHOLE - FIRST))
def test_where_the_second_change_fails_the_first_stays_and_the_second_try_stands(
    failing, cloud, capsys
):
    cloud.failing = failing
    assert main(COMMAND) == 7
    told = capsys.readouterr().err
    assert f"ended in UPDATE_ROLLBACK_COMPLETE: {failing}: it was told to fail." in told
    assert "no data was touched" in told
    assert (names(cloud), cloud.orphans) == (FIRST, [])
    assert main(COMMAND) == 0
    assert (cloud.status, names(cloud), cloud.orphans) == ("UPDATE_COMPLETE", WHOLE, [])


def test_with_the_policy_retain_each_try_would_leave_buckets_and_log_groups(cloud, monkeypatch):
    """Why the template says RetainExceptOnCreate: the second try would meet its own log groups."""

    def with_retain(*, with_queries: bool = True) -> str:
        return make_template(with_queries=with_queries).replace("RetainExceptOnCreate", "Retain")

    monkeypatch.setattr(deploy, "make_template", with_retain)
    cloud.failing = "Workgroup"
    assert main(COMMAND) == 7
    assert {"ArtifactsBucket", "ErrorLogs"} <= set(cloud.orphans)
    assert main(COMMAND) == 7
    assert main(COMMAND) == 7


def test_a_log_group_of_other_jobs_is_in_the_way_and_is_named(cloud, capsys):
    """All Python-shell jobs of an account share it: the parameter's own text says so."""
    assert main(COMMAND) == 0
    other = next(one for one in cloud.account if one.logical_id == "ErrorLogs")
    fresh = FakeCloudFormation(account=[other])
    cloud.__dict__.update(fresh.__dict__)
    capsys.readouterr()
    assert main(COMMAND) == 7
    assert "ErrorLogs: /aws-glue/python-jobs/error already exists." in capsys.readouterr().err
    assert cloud.account == [other]
    assert main(["deploy", "--yes", "--contact", CONTACT]) == 0
