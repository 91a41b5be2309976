"""Who is told when a run fails, or when none has finished for days."""

from __future__ import annotations

from labor_lake.workflow import stages
from tests.deployment.test_template import GIVEN, JOBS, STACK, TEMPLATE


def topic_policies() -> dict[str, set[str]]:
    """Which services may publish to each topic."""
    allowed: dict[str, set[str]] = {}
    for policy in STACK.of_type("AWS::SNS::TopicPolicy").values():
        for statement in policy["PolicyDocument"]["Statement"]:
            assert (statement["Effect"], statement["Action"]) == ("Allow", "sns:Publish")
            assert policy["Topics"] == [statement["Resource"]]
            allowed.setdefault(statement["Resource"], set()).add(statement["Principal"]["Service"])
    return allowed


def test_failures_of_each_job_reach_the_topic():
    failed = STACK.resources["FailureRule"]["Properties"]["EventPattern"]["detail"]
    assert set(failed["state"]) == {"FAILED", "TIMEOUT", "STOPPED"}
    assert {name.rpartition("-")[2] for name in failed["jobName"]} == set(JOBS)
    topic = STACK.outputs["AlarmTopicArn"]
    assert STACK.resources["FailureRule"]["Properties"]["Targets"][0]["Arn"] == topic
    assert topic_policies()[topic] == {"cloudwatch.amazonaws.com", "events.amazonaws.com"}
    assert "KmsMasterKeyId" not in STACK.resources["AlarmTopic"]["Properties"]
    assert "AlarmSubscription" not in STACK.resources
    told = TEMPLATE.resolve({**GIVEN, "AlarmEmail": "me@example.com"})
    assert told.resources["AlarmSubscription"]["Properties"]["Endpoint"] == "me@example.com"


def test_a_run_that_fails_for_some_subjects_sends_one_mail():
    """The jobs before the last end with 0 then (tests/test_jobs.py), and the last has one try."""
    tries = {
        job["Name"].rpartition("-")[2]: 1 + job["MaxRetries"]
        for job in STACK.of_type("AWS::Glue::Job").values()
    }
    assert [tries[job] for job in stages()[-1].jobs] == [1]
    named = STACK.resources["FailureRule"]["Properties"]["EventPattern"]["detail"]["jobName"]
    assert len(named) == len(set(named)) == len(tries)
    rules = STACK.of_type("AWS::Events::Rule").values()
    mailing = [
        rule
        for rule in rules
        if STACK.outputs["AlarmTopicArn"] in {target["Arn"] for target in rule["Targets"]}
    ]
    assert len(mailing) == 1  # no second rule tells the same failure


def test_the_mail_of_a_first_try_says_that_there_is_a_second():
    (target,) = STACK.resources["FailureRule"]["Properties"]["Targets"]
    mail = target["InputTransformer"]["InputTemplate"]
    assert "Glue itself tries a job that FAILED once more, labor-lake-publish_reports apart" in mail
    assert "lake doctor --stack labor-lake" in mail
    assert len(mail) < 8192  # what EventBridge takes


def test_days_without_a_finished_run_reach_the_topic():
    finished = STACK.resources["FinishedRule"]["Properties"]
    pattern = finished["EventPattern"]
    assert (pattern["source"], pattern["detail-type"]) == (["aws.glue"], ["Glue Job State Change"])
    last = [f"labor-lake-{job}" for job in stages()[-1].jobs]
    assert pattern["detail"] == {"state": ["SUCCEEDED", "FAILED"], "jobName": last}
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
