"""Who is told when a run fails, or when none has finished for days."""

from __future__ import annotations

import pytest

from labor_lake.workflow import jobs
from tests.deployment.test_template import AGAIN, GIVEN, STACK, TEMPLATE


def topic_policies() -> dict[str, set[str]]:
    """Which services may publish to each topic."""
    allowed: dict[str, set[str]] = {}
    for policy in STACK.of_type("AWS::SNS::TopicPolicy").values():
        for statement in policy["PolicyDocument"]["Statement"]:
            assert (statement["Effect"], statement["Action"]) == ("Allow", "sns:Publish")
            assert policy["Topics"] == [statement["Resource"]]
            allowed.setdefault(statement["Resource"], set()).add(statement["Principal"]["Service"])
    return allowed


FIRST, SECOND = jobs()[:-1], [f"{job}{AGAIN}" for job in jobs()[:-1]]
LAST = jobs()[-1]


def is_told(job: str, state: str) -> bool:
    """Whether the end of a job run sends a mail: an event is told by any one of the patterns."""
    rule = STACK.resources["FailureRule"]["Properties"]
    (key, patterns), *others = rule["EventPattern"]["detail"].items()
    assert (key, others) == ("$or", [])
    told = [state in one["state"] and f"labor-lake-{job}" in one["jobName"] for one in patterns]
    assert all(set(one) == {"state", "jobName"} for one in patterns)
    return any(told)


def mails_of(**ends: list[str]) -> list[str]:
    """Plays a run through the template's triggers; which job runs send a mail.

    Args:
        ends: the states in which a job's tries end; those that are not named succeed.
    """
    triggers = STACK.of_type("AWS::Glue::Trigger").values()
    ended: dict[str, str] = {}
    fired = [one for one in triggers if one["Type"] == "SCHEDULED"]
    while fired:
        for action in [action for one in fired for action in one["Actions"]]:
            assert action["JobName"] not in ended, "started twice in a run"
            name, again, _ = action["JobName"].rpartition("-")[2].partition(AGAIN)
            states = ends.get(name, ["SUCCEEDED"])
            ended[action["JobName"]] = states[1 if again else 0]
        fired = [
            one
            for one in triggers
            if one["Type"] == "CONDITIONAL"
            and one["Actions"][0]["JobName"] not in ended
            and any(
                ended.get(met["JobName"]) == met["State"] for met in one["Predicate"]["Conditions"]
            )
        ]
    runs = {name.rpartition("-")[2]: state for name, state in ended.items()}
    return [job for job, state in runs.items() if is_told(job, state)]


def test_failures_reach_the_topic():
    topic = STACK.outputs["AlarmTopicArn"]
    (target,) = STACK.resources["FailureRule"]["Properties"]["Targets"]
    assert target["Arn"] == topic
    assert topic_policies()[topic] == {"cloudwatch.amazonaws.com", "events.amazonaws.com"}
    assert "KmsMasterKeyId" not in STACK.resources["AlarmTopic"]["Properties"]
    assert "AlarmSubscription" not in STACK.resources
    told = TEMPLATE.resolve({**GIVEN, "AlarmEmail": "me@example.com"})
    assert told.resources["AlarmSubscription"]["Properties"]["Endpoint"] == "me@example.com"


def test_every_end_but_a_success_and_a_first_try_that_failed_is_told():
    for state in ("FAILED", "TIMEOUT", "STOPPED"):
        assert all(is_told(job, state) for job in (*SECOND, LAST))
        assert all(is_told(job, state) == (state != "FAILED") for job in FIRST)
    assert not any(is_told(job, "SUCCEEDED") for job in (*FIRST, *SECOND, LAST))


def test_a_run_that_fails_for_some_subjects_sends_one_mail():
    """The jobs before the last end with 0 then (tests/test_jobs.py)."""
    assert mails_of(**{LAST: ["FAILED"]}) == [LAST]


@pytest.mark.parametrize("job", FIRST)
def test_a_job_that_fails_twice_sends_one_mail_and_one_that_heals_none(job):
    assert mails_of(**{job: ["FAILED", "FAILED"]}) == [f"{job}{AGAIN}"]
    assert mails_of(**{job: ["FAILED", "SUCCEEDED"]}) == []


@pytest.mark.parametrize("state", ["TIMEOUT", "STOPPED"])
@pytest.mark.parametrize("job", FIRST)
def test_a_job_that_is_ended_sends_one_mail_at_whichever_try(job, state):
    assert mails_of(**{job: [state]}) == [job]
    assert mails_of(**{job: ["FAILED", state]}) == [f"{job}{AGAIN}"]


def test_a_run_in_which_nothing_can_succeed_sends_one_mail():
    everything = {job: ["FAILED", "FAILED"] for job in jobs()}
    assert mails_of(**everything) == [SECOND[0]]
    healed_once = {**everything, FIRST[0]: ["FAILED", "SUCCEEDED"]}
    assert mails_of(**healed_once) == [SECOND[1]]
    assert mails_of() == []


def test_one_rule_alone_mails_a_failure():
    rules = STACK.of_type("AWS::Events::Rule").values()
    topic = STACK.outputs["AlarmTopicArn"]
    mailing = [rule for rule in rules if topic in {target["Arn"] for target in rule["Targets"]}]
    assert len(mailing) == 1


def test_the_mail_says_what_a_second_try_is_and_where_more_is_to_be_read():
    (target,) = STACK.resources["FailureRule"]["Properties"]["Targets"]
    mail = target["InputTransformer"]["InputTemplate"]
    assert "A job whose name ends with _again is the second try of one that failed." in mail
    assert "lake doctor --stack labor-lake" in mail
    assert len(mail) < 8192  # what EventBridge takes


def test_days_without_a_finished_run_reach_the_topic():
    finished = STACK.resources["FinishedRule"]["Properties"]
    pattern = finished["EventPattern"]
    assert (pattern["source"], pattern["detail-type"]) == (["aws.glue"], ["Glue Job State Change"])
    assert pattern["detail"] == {
        "state": ["SUCCEEDED", "FAILED"],
        "jobName": [f"labor-lake-{LAST}"],
    }
    (target,) = finished["Targets"]
    assert topic_policies()[target["Arn"]] == {"events.amazonaws.com"}
    alarm = TEMPLATE.resolve({**GIVEN, "StalenessDays": "5"}).resources["StaleAlarm"]["Properties"]
    assert alarm["AlarmActions"] == [STACK.outputs["AlarmTopicArn"]]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/Events", "TriggeredRules")
    assert alarm["Dimensions"] == [{"Name": "RuleName", "Value": "labor-lake-finishedrule"}]
    assert (alarm["Statistic"], alarm["Period"], alarm["EvaluationPeriods"]) == ("Sum", 86400, 5)
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    # A new lake has had no run yet: only the change from OK to no data is told.
    assert alarm["TreatMissingData"] == "missing"
    assert alarm["InsufficientDataActions"] == alarm["AlarmActions"]


def test_without_a_schedule_no_run_starts_and_silence_is_no_alarm():
    still = TEMPLATE.resolve({**GIVEN, "ScheduleEnabled": "false"})
    assert still.resources["StartTrigger"]["Properties"]["StartOnCreation"] == "false"
    assert still.resources["StaleAlarm"]["Properties"]["ActionsEnabled"] == "false"
    assert still.resources["BuildTrigger"]["Properties"]["StartOnCreation"] is True
