"""Starts the workflow on AWS and follows it to its end."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from glue_jobs.aws_errors import code_of, telling, told
from glue_jobs.errors import DeployFailure, TryAgainLater, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

_POLL_SECONDS = 10.0
_SECOND_TRY = "_again"  # a job of the template, beside that of the first try
_LOGS = "CloudWatch, log groups /aws-glue/python-jobs/output and /error, stream {}"


@dataclass(frozen=True)
class JobState:
    """One job of a workflow run.

    Attributes:
        job: its short name, ``land_bls``.
        state: as Glue names it: WAITING, RUNNING, SUCCEEDED, FAILED, …
        message: Glue's own words about a failure.
        logs: where its output is.
        run_id: Glue's name of the job's run, and of its log streams.
    """

    job: str
    state: str
    message: str = ""
    logs: str = ""
    run_id: str = ""


class Workflow:
    """One workflow of Glue, by its name."""

    def __init__(
        self, name: str, region: str, pause: Callable[[], None] = lambda: time.sleep(_POLL_SECONDS)
    ) -> None:
        """Makes a client; nothing is asked yet."""
        self.name = name
        self._pause = pause
        with telling("open Glue"):
            self._client: Any = boto3.client("glue", region_name=region or None)

    def start(self) -> str:
        """Starts a run; returns its id.

        Raises:
            UsageError: there is no such workflow.
            TryAgainLater: it is running already.
        """
        try:
            return str(self._client.start_workflow_run(Name=self.name)["RunId"])
        except (ClientError, BotoCoreError) as error:
            if code_of(error) == "EntityNotFoundException":
                raise UsageError(
                    f"There is no workflow {self.name} in {self._client.meta.region_name}.",
                    hint="`lake deploy` makes it; --stack and --region choose another.",
                ) from error
            if code_of(error) == "ConcurrentRunsExceededException":
                raise self._running_already() from error
            raise told(error, f"start the workflow {self.name}") from error

    def follow(self, run_id: str, tell: Callable[[str], None]) -> dict[str, JobState]:
        """Waits for the end of a run and tells every change of a job's state; returns the last.

        Raises:
            TryAgainLater: the run never began, since another one was running.
            DeployFailure: it never began for another reason.
        """
        known: dict[str, JobState] = {}
        try:
            while True:
                run = self._run(run_id)
                states = states_of(run)
                for job, state in states.items():
                    if known.get(job) != state:
                        tell(f"{state.state:<10} {job}")
                known = states
                if run["Status"] not in ("RUNNING", "STOPPING"):
                    return known
                self._pause()
        except KeyboardInterrupt:
            tell(f"The run {run_id} goes on in Glue all the same.")
            raise

    def _run(self, run_id: str) -> Mapping[str, Any]:
        """A run as it is now, if it has begun at all."""
        with telling(f"follow the workflow {self.name}"):
            run: Mapping[str, Any] = self._client.get_workflow_run(
                Name=self.name, RunId=run_id, IncludeGraph=True
            )["Run"]
        if run["Status"] == "ERROR":
            # Glue may accept a run and find out afterwards.
            reason = " ".join(run.get("ErrorMessage", "no reason given").split())
            if "oncurrent runs exceeded" in reason:
                raise self._running_already()
            raise DeployFailure(f"The run {run_id} of {self.name} never began: {reason}")
        return run

    def _running_already(self) -> TryAgainLater:
        return TryAgainLater(
            f"The workflow {self.name} is running already.", hint="Run again later."
        )


def states_of(run: Mapping[str, Any]) -> dict[str, JobState]:
    """The jobs of a workflow run that have been started, by name; the last try of each counts."""
    nodes = [node for node in run.get("Graph", {}).get("Nodes", ()) if node["Type"] == "JOB"]
    states = {}
    for node in sorted(nodes, key=lambda node: str(node["Name"]).endswith(_SECOND_TRY)):
        tries = node.get("JobDetails", {}).get("JobRuns", ())
        if tries:
            last = max(tries, key=lambda one: one.get("Attempt", 0))
            name = str(node["Name"]).rpartition("-")[2].removesuffix(_SECOND_TRY)
            message = " ".join(last.get("ErrorMessage", "").split())
            job_run = str(last.get("Id", ""))
            logs = _LOGS.format(job_run)
            states[name] = JobState(name, last["JobRunState"], message, logs, job_run)
    return states
