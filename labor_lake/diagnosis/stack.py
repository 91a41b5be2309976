"""The stack of a lake on AWS: its state, the last run of its workflow, and what the jobs wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from glue_jobs.aws_errors import code_of, telling, told
from labor_lake.deployment.workflow_run import states_of
from labor_lake.diagnosis.findings import FAILED, OK, SKIPPED, WARNING, Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from labor_lake.deployment.workflow_run import JobState
    from labor_lake.diagnosis.account import Account

LOG_GROUPS = ("/aws-glue/python-jobs/error", "/aws-glue/python-jobs/output")
"""What a Python-shell job writes to stderr, and to stdout."""

_SOUND = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE")
_MOST_RESOURCES, _MOST_LINES, _LOG_EVENTS = 10, 8, 200


class StackState:
    """A stack, described once; nothing of it is changed."""

    def __init__(self, account: Account, name: str) -> None:
        """Prepares; nothing is asked yet."""
        self.name = name
        self._account = account
        self._described: dict[str, Any] | None = None

    @property
    def outputs(self) -> Mapping[str, str]:
        """The outputs, empty until ``state`` has found the stack."""
        found = self._described or {}
        return {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", ())}

    def state(self) -> Iterator[Finding]:
        """The stack's own state, and the resources that failed in its last change."""
        client = self._account.client("cloudformation")
        try:
            (self._described,) = client.describe_stacks(StackName=self.name)["Stacks"]
        except (ClientError, BotoCoreError) as error:
            if code_of(error) != "ValidationError":
                raise told(error, f"read the stack {self.name}") from error
            hint = "`lake deploy` makes it; --stack and --region choose another."
            yield Finding(FAILED, "stack", f"There is no stack {self.name}.", hint)
            return
        status = self._described["StackStatus"]
        yield _state_finding(self.name, status, self._described.get("StackStatusReason", ""))
        with telling(f"read the events of the stack {self.name}"):
            events = client.describe_stack_events(StackName=self.name)["StackEvents"]
        failed = tuple(_failures_of_last_change(events, self.name))
        if failed:
            is_sound = status in _SOUND
            yield Finding(
                WARNING if is_sound else FAILED,
                "resources",
                f"{len(failed)} failed in the last change:",
                "The first of them is the cause; the others often follow from it.",
                failed[:_MOST_RESOURCES],
            )
        else:
            yield Finding(OK, "resources", "None failed in the last change.")

    def runs(self) -> Iterator[Finding]:
        """Whether the workflow starts by itself, what its last run says, and its logs."""
        workflow = self.outputs.get("WorkflowName", "")
        if not workflow:
            hint = "lake deploy makes it once the code is uploaded."
            yield Finding(FAILED, "workflow", "The stack has no workflow yet.", hint)
            return
        client = self._account.client("glue")
        with telling(f"read the workflow {workflow}"):
            trigger = client.get_trigger(Name=f"{workflow}-start")["Trigger"]
        yield _trigger_finding(trigger)
        with telling(f"read the runs of {workflow}"):
            runs = client.get_workflow_runs(Name=workflow)["Runs"]
        if not runs:
            hint = "lake run --on-aws starts one; the schedule does, too."
            yield Finding(WARNING, "last run", "The workflow has never run.", hint)
            return
        last = max(runs, key=lambda run: str(run.get("StartedOn", "")))
        with telling(f"read the last run of {workflow}"):
            run = client.get_workflow_run(
                Name=workflow, RunId=last["WorkflowRunId"], IncludeGraph=True
            )["Run"]
        states = states_of(run)
        yield _run_finding(run, states)
        for state in states.values():
            yield self._log(state)

    def _log(self, state: JobState) -> Finding:
        """What a job wrote: versions, errors, seconds and memory, or its last lines."""
        name = f"log of {state.job}"
        client = self._account.client("logs")
        lines: list[str] = []
        for group in LOG_GROUPS:
            try:
                answer = client.get_log_events(
                    logGroupName=group,
                    logStreamName=state.run_id,
                    limit=_LOG_EVENTS,
                    startFromHead=False,
                )
            except (ClientError, BotoCoreError) as error:
                if code_of(error) == "ResourceNotFoundException":
                    continue
                failure = told(error, f"read the log group {group}")
                return Finding(WARNING, name, str(failure), failure.hint)
            lines += [one["message"].strip() for one in answer["events"]]
        if not lines:
            return Finding(SKIPPED, name, f"No log stream {state.run_id}: nothing was written.")
        return Finding(OK, name, f"Of the stream {state.run_id}:", "", excerpt_of(lines))


def excerpt_of(lines: list[str]) -> tuple[str, ...]:
    """The lines of a log that tell most, in their order: no summary, which the lake has."""
    telling_most = ("Python ", "error:", "hint:", "warning:", "Peak memory", "Traceback")
    known = [line for line in lines if line and not line.startswith("{")]
    marked = [line for line in known if line.startswith(telling_most)]
    return tuple((marked or known)[-_MOST_LINES:])


def _state_finding(name: str, status: str, reason: str) -> Finding:
    said = f" {' '.join(reason.split())}" if reason else ""
    told = f"{name} is in the state {status}.{said}"
    if status in _SOUND:
        return Finding(OK, "stack", told)
    if status == "UPDATE_ROLLBACK_COMPLETE":
        hint = "The last change failed and was put back: what was there before goes on working."
        return Finding(WARNING, "stack", told, hint)
    if status.endswith("_IN_PROGRESS"):
        return Finding(WARNING, "stack", told, "It is being changed; ask again when that is done.")
    if status == "ROLLBACK_COMPLETE":
        hint = "The first deployment failed; `lake deploy` removes what is left and starts anew."
        return Finding(FAILED, "stack", told, hint)
    if status == "UPDATE_ROLLBACK_FAILED":
        hint = f"aws cloudformation continue-update-rollback --stack-name {name}"
        return Finding(FAILED, "stack", told, hint)
    hint = f"lake destroy --stack {name}, then deploy again; no data is deleted."
    return Finding(FAILED, "stack", told, hint)


def _failures_of_last_change(events: list[dict[str, Any]], stack: str) -> Iterator[str]:
    """What failed since the last change began, oldest first; what was cancelled is left out."""
    last_change = []
    for event in events:  # newest first
        last_change.append(event)
        is_own = event["LogicalResourceId"] == stack
        if is_own and event["ResourceStatus"] in ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"):
            break
    for event in reversed(last_change):
        reason = " ".join(event.get("ResourceStatusReason", "no reason given").split())
        is_own = event["LogicalResourceId"] == stack
        if event["ResourceStatus"].endswith("_FAILED") and not is_own and "cancelled" not in reason:
            yield f"{event['ResourceStatus']} {event['LogicalResourceId']}: {reason}"


def _trigger_finding(trigger: Mapping[str, Any]) -> Finding:
    state, schedule = trigger.get("State", ""), trigger.get("Schedule", "")
    if state == "ACTIVATED":
        return Finding(OK, "schedule", f"The workflow starts by itself: {schedule}, in UTC.")
    return Finding(
        WARNING,
        "schedule",
        f"The workflow does not start by itself: its trigger is {state}.",
        f"Start the trigger {trigger.get('Name', '')} in Glue's console, or run by hand.",
    )


def _run_finding(run: Mapping[str, Any], states: Mapping[str, JobState]) -> Finding:
    started = f"{run['StartedOn']:%Y-%m-%d %H:%M} UTC" if run.get("StartedOn") else "no time"
    lines = tuple(
        f"{state.state} {state.job}{f': {state.message}' if state.message else ''}"
        for state in states.values()
    )
    told = f"The run of {started} is {run['Status']}."
    if run["Status"] in ("RUNNING", "STOPPING"):
        return Finding(WARNING, "last run", told, "Ask again when it has ended.", lines)
    if run["Status"] != "COMPLETED" or any(one.state != "SUCCEEDED" for one in states.values()):
        why = " ".join(str(run.get("ErrorMessage", "")).split())
        hint = "The lines below say which job; its summary and its log say why."
        return Finding(FAILED, "last run", f"{told} {why}".strip(), hint, lines)
    return Finding(OK, "last run", told, "", lines)
