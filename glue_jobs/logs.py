"""Structured logs: one JSON object a line on stderr, for programs that collect them.

Every line has ``at`` (UTC, with milliseconds), ``level``, ``event`` and ``run_id``; ``EVENTS`` says
which events there are and what else they carry.
"""

from __future__ import annotations

import json
import traceback
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from glue_jobs.progress import Progress, write_line
from glue_jobs.visible import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glue_jobs.errors import LakeError

EVENTS = {
    "job_started": "a job begins: job",
    "step": "it does something else now: job, text",
    "downloads_expected": "downloads begin: job, files, bytes",
    "file_downloaded": "one of them has arrived whole: job, file",
    "job_finished": "a job has ended: job, exit_code, changed, seconds; its summary has the rest",
    "failed": "it failed: error, message, hint, exit_code, retryable; traceback with --debug",
}
"""Every event, when it comes, and its fields."""


class JsonLog(Progress):
    """Tells a run's progress as lines of JSON. Called from several threads."""

    def __init__(self, run_id: str, job: str = "") -> None:
        self._about = {"run_id": run_id, **({"job": job} if job else {})}

    def of(self, job: str) -> Progress:
        """The log of one job."""
        return JsonLog(self._about["run_id"], job)

    def expect(self, files: int, size: int) -> None:
        """Tells how much is coming."""
        self._tell("downloads_expected", files=files, bytes=size)

    def finished(self, name: str) -> None:
        """Tells which file is there."""
        self._tell("file_downloaded", file=name)

    def step(self, text: str) -> None:
        """Tells the step."""
        self._tell("step", text=text)

    def job_started(self) -> None:
        """Tells that the job begins."""
        self._tell("job_started")

    def job_finished(self, summary: Mapping[str, Any]) -> None:
        """Tells what became of the job."""
        fields = {name: summary[name] for name in ("exit_code", "changed", "seconds")}
        self._tell("job_finished", "error" if summary["exit_code"] else "info", **fields)

    def _tell(self, event: str, level: str = "info", **fields: Any) -> None:
        _write(event, level, {**self._about, **fields})


def log_failure(error: LakeError, *, debug: bool) -> None:
    """Tells a failure as a line of JSON."""
    fields = {**describe_failure(error)}
    if debug:
        fields["traceback"] = "".join(
            traceback.format_exception(type(error), error, error.__traceback__)
        )
    _write("failed", "error", fields)


def print_error(error: LakeError, *, debug: bool = False, log_format: str = "text") -> None:
    """Tells a failure on stderr: one sentence, and what to do about it; a traceback on demand."""
    if log_format == "json":
        log_failure(error, debug=debug)
        return
    lines = traceback.format_exception(type(error), error, error.__traceback__) if debug else []
    lines = [line.rstrip("\n") for line in lines]
    lines.append(f"error: {visible(str(error))}")
    lines += [f"       {line}" for line in getattr(error, "excerpt", "").splitlines()]
    if error.hint:
        lines.append(f"hint:  {visible(error.hint)}")
    write_line("\n".join(lines))


def describe_failure(error: LakeError) -> dict[str, Any]:
    """A failure as summaries and logs have it."""
    return {
        "error": type(error).__name__,
        "message": str(error),
        "hint": error.hint,
        "exit_code": error.exit_code,
        "retryable": error.retryable,
    }


def _write(event: str, level: str, fields: Mapping[str, Any]) -> None:
    moment = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    line = {"at": moment.replace("+00:00", "Z"), "level": level, "event": event, **fields}
    write_line(json.dumps(line))
