"""Reads what the jobs said of themselves: the summaries under `runs/`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from glue_jobs.documents import ADDED_LATER, Count, Moment, read_as, read_document


@dataclass(frozen=True)
class _Failure:
    """A failure as a summary has it."""

    error: str
    message: str
    hint: str
    exit_code: Count
    retryable: bool


@dataclass(frozen=True)
class _Summary:
    """The fields that somebody reads; there are more, and every job has its own."""

    job: str
    started_at: Moment
    exit_code: Count
    errors: tuple[_Failure, ...]
    surveys: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, metadata=ADDED_LATER)
    datasets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, metadata=ADDED_LATER)
    upstream: bool = field(default=False, metadata=ADDED_LATER)


def parse_summary(body: bytes, key: str) -> dict[str, Any]:
    """A job's summary from its file's bytes.

    Raises:
        IntegrityFailure: they are none.
    """
    return read_document(body, _summary_of, f"{key} is not the summary that was written there.")


def _summary_of(document: Any) -> dict[str, Any]:
    read = {one.name for one in dataclasses.fields(_Summary)}
    if not isinstance(document, dict):
        raise ValueError("it is not an object")
    read_as(_Summary, {name: value for name, value in document.items() if name in read})
    return document
