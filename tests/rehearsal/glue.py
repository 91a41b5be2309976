"""Stands for the part of Glue that runs jobs: environments, arguments, triggers.

Everything comes from the template: what a job is called, where its script lies, which arguments
and modules it gets, and which trigger starts it, or its second try, when. Nothing in the workflow
runs side by side, and no job is tried again by Glue.
"""

from __future__ import annotations

import os
import subprocess
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3

from tests.rehearsal.server import REGION, USER

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.cloudformation import Stack
    from tests.rehearsal.environments import Installed

SUCCEEDED, FAILED = "SUCCEEDED", "FAILED"
_GLUES_OWN = ("--extra-py-files",)
_UNKNOWN_TO_JOBS = ("--TempDir", "s3://somewhere/temporary/")


@dataclass(frozen=True)
class JobRun:
    """What became of one run of one job.

    Attributes:
        job: its short name, ``land_bls``.
        exit_code: of the process.
        seconds: from start to end.
        peak_mb: the most memory that it held.
        cpu_seconds: of it and the workers that it waited for.
        tries: which try of the job it was.
        told: what it wrote to stderr about failures.
    """

    job: str
    exit_code: int
    seconds: float
    peak_mb: float
    cpu_seconds: float
    tries: int
    told: str = ""

    @property
    def state(self) -> str:
        """As Glue names it."""
        return FAILED if self.exit_code else SUCCEEDED


class Glue:
    """Runs the jobs of one stack against one simulated cloud."""

    def __init__(
        self, stack: Stack, address: str, folder: Path, installed: Installed | None = None
    ) -> None:
        """Prepares.

        Args:
            stack: the template with its parameters.
            address: where the simulated cloud listens.
            folder: for scripts and output.
            installed: what jobs start from; None where none is started.
        """
        self._stack = stack
        self._address = address
        self._folder = folder
        self._installed = installed
        self._jobs = _jobs_of(stack)
        self._numbers = iter(range(1, 10_000))

    @property
    def callers(self) -> dict[str, str]:
        """Each job's short name by the access key that it is known by: its name in Glue."""
        return {name: job["Short"] for name, job in self._jobs.items()}

    def update_jobs(self, stack: Stack) -> None:
        """Deploys the stack again, with parameters that change nothing but its jobs."""
        self._jobs = _jobs_of(stack)

    def run_workflow(
        self, run_id: str, environ: Mapping[str, str], *, retries: bool = True
    ) -> list[JobRun]:
        """Walks the triggers: the scheduled one first, then each whose conditions hold.

        Args:
            run_id: the workflow run's.
            environ: besides what Glue itself sets.
            retries: whether second tries are started.
        """
        waiting = list(self._stack.of_type("AWS::Glue::Trigger").values())
        done: dict[str, JobRun] = {}
        fired = [trigger for trigger in waiting if trigger["Type"] == "SCHEDULED"]
        while fired:
            waiting = [trigger for trigger in waiting if trigger not in fired]
            for name in (action["JobName"] for trigger in fired for action in trigger["Actions"]):
                if retries or self._jobs[name]["Try"] == 1:
                    done[name] = self.run_job(name, run_id, environ)
            fired = [trigger for trigger in waiting if _holds(trigger["Predicate"], done)]
        return list(done.values())

    def run_job(
        self,
        name: str,
        run_id: str,
        environ: Mapping[str, str],
        arguments: Mapping[str, str] | None = None,
    ) -> JobRun:
        """Runs one job's script in a process of its own.

        Args:
            name: the job's name in Glue, or its short one.
            run_id: the workflow run's.
            environ: besides what Glue itself sets.
            arguments: in place of the template's.
        """
        job = next(job for key, job in self._jobs.items() if name in (key, job["Short"]))
        work = self._folder / f"run-{next(self._numbers)}-{job['Short']}"
        work.mkdir()
        script = work / "script.py"
        script.write_bytes(_fetched(job["Command"]["ScriptLocation"]))
        given = {**job["DefaultArguments"], **(arguments or {})}
        words = [
            word
            for key, value in given.items()
            if key.startswith("--") and key not in _GLUES_OWN
            for word in (key, str(value))
        ]
        words += ["--WORKFLOW_NAME", "rehearsed", "--WORKFLOW_RUN_ID", run_id, *_UNKNOWN_TO_JOBS]
        assert self._installed is not None
        started = time.monotonic()
        code = _finished(
            [str(self._installed.python), str(script), *words],
            {**self._environ(job, work), **environ},
            work,
            60 * job["Timeout"],
        )
        errors = (work / "stderr").read_text("utf-8").splitlines()
        # The lake's own sentences; where something fell through or there are none, the last words.
        told = [line for line in errors if line.startswith("error: ")]
        if "Traceback (most recent call last):" in errors or (code and not told):
            told += errors[-3:]
        return JobRun(
            job["Short"],
            code,
            time.monotonic() - started,
            *_used(work),
            job["Try"],
            "\n".join(told),
        )

    def _environ(self, job: Mapping[str, Any], work: Path) -> dict[str, str]:
        """Nothing of this process's own; the job's name is its access key, to be known by it."""
        bundle = job["DefaultArguments"]["--extra-py-files"].rpartition("/")[2]
        assert self._installed is not None
        path = self._installed.path_for(bundle)
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(work),
            "TMPDIR": str(work),
            "REHEARSAL_USED": str(work / "used"),
            "PYTHONPATH": os.pathsep.join(map(str, path)),
            "AWS_ENDPOINT_URL": self._address,
            "AWS_ACCESS_KEY_ID": job["Name"],
            "AWS_SECRET_ACCESS_KEY": "rehearsed",
            "AWS_EC2_METADATA_DISABLED": "true",
        }


def become_user(address: str) -> None:
    """Makes this process, as a user's, talk to the simulated cloud and to nothing else.

    Whoever rehearses may have an account: a profile or an endpoint of theirs would win over ours.
    """
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(
        {
            "AWS_ENDPOINT_URL": address,
            "AWS_ACCESS_KEY_ID": USER,
            "AWS_SECRET_ACCESS_KEY": "rehearsed",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }
    )


def _jobs_of(stack: Stack) -> dict[str, dict[str, Any]]:
    """The jobs by their names in Glue; a second try is a job of its own there."""
    jobs = {}
    for job in stack.of_type("AWS::Glue::Job").values():
        short, again, _ = job["Name"].rpartition("-")[2].partition("_again")
        jobs[job["Name"]] = {**job, "Short": short, "Try": 2 if again else 1}
    return jobs


def _holds(predicate: Mapping[str, Any], done: Mapping[str, JobRun]) -> bool:
    met = [
        one["JobName"] in done and done[one["JobName"]].state == one["State"]
        for one in predicate["Conditions"]
    ]
    return all(met) if predicate["Logical"] == "AND" else any(met)


def _fetched(location: str) -> bytes:
    parts = urlsplit(location)
    answer = boto3.client("s3").get_object(Bucket=parts.netloc, Key=parts.path.lstrip("/"))
    body: bytes = answer["Body"].read()
    return body


def _finished(command: list[str], environ: Mapping[str, str], work: Path, seconds: float) -> int:
    """Runs a process to its end, or ends it; returns its exit code."""
    with (work / "stdout").open("wb") as stdout, (work / "stderr").open("wb") as stderr:
        process = subprocess.Popen(command, env=environ, cwd=work, stdout=stdout, stderr=stderr)
        timer = threading.Timer(seconds, process.kill)
        timer.start()
        code = process.wait()
        timer.cancel()
    return code


def _used(work: Path) -> tuple[float, float]:
    """What a job has told of its memory in MB and its CPU seconds; 0 of one that was killed."""
    told = work / "used"
    peak, seconds = told.read_text().split() if told.exists() else ("0", "0")
    return int(peak) / 1024, float(seconds)
