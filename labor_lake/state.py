"""The state of a lake: what is landed, how fresh it is, what is current, what is amiss."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from glue_jobs.catalog.pointers import readable_pointers
from glue_jobs.errors import IntegrityFailure, StorageFailure
from glue_jobs.reports.index import load_index
from glue_jobs.sources.bls.surveys import load_served
from glue_jobs.sources.registry import SOURCES, landed_subjects, upstream, upstream_of
from glue_jobs.storage import names
from glue_jobs.summaries import parse_summary
from glue_jobs.timestamps import from_text, release_name, to_text
from labor_lake.release_calendar import expect

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from glue_jobs.catalog.pointers import Pointer
    from glue_jobs.storage.protocol import Storage, StoredObject

_RUNS_READ = 50
_VERIFIED = "/verify.json"


def describe(storage: Storage) -> dict[str, Any]:
    """The lake's state, ready for JSON: docs/operations.md says what its fields mean.

    Reads manifests, pointers, the index of the reports and the last runs' summaries. Without one
    of them it can still say the rest, so damage is a sentence of ``damaged``; that of a subject
    stands with it, too.
    """
    now = datetime.now(timezone.utc)
    subjects: dict[str, dict[str, Any]] = {}
    landed: dict[str, set[str]] = {}
    for subject in landed_subjects(storage):
        try:
            subjects[subject], landed[subject] = _landed(storage, subject)
        except (IntegrityFailure, StorageFailure) as error:
            subjects[subject] = {"damaged": [str(error)]}
    pointers, unreadable = readable_pointers(storage)
    for subject, failure in unreadable.items():
        subjects.setdefault(subject, {}).setdefault("damaged", []).append(str(failure))
    made_from = {pointer.subject: _made_from(pointer) for pointer in pointers}
    for pointer in pointers:
        subjects.setdefault(pointer.subject, {}).update(
            release=pointer.release,
            folder=pointer.folder,
            rows={name: table.rows for name, table in pointer.tables.items()},
            rejects=sum(file.rejects for _, file in pointer.files()),
            published_at=_published_at(storage, pointer),
            missed=missed_releases(pointer),
            held={name: asdict(held) for name, held in pointer.held.items()},
            expected=asdict(expect(pointer, now)),
        )
    last_run: dict[str, Any] | None = None
    checked: dict[str, str] = {}
    refused: dict[str, dict[str, str]] = {}
    damaged = [told for state in subjects.values() for told in state.get("damaged", ())]
    written = list(storage.list_objects(names.RUNS))
    for run in _last_runs(storage, written, damaged):
        last_run = last_run or run
        _add_landing(run, subjects, checked, refused)
        if len(checked) == len(subjects):
            break
    gone = _gone(storage, damaged)
    for subject, state in subjects.items():
        state["refused"] = refused.get(subject, {})
        state["gone_since"] = gone.get(subject)
        state["checked_at"] = checked.get(subject)
        state["checked_age_seconds"] = _age(state["checked_at"], now)
        # An older file may have changed: the release would have the same name.
        state["is_built"] = state.get("release") == state.get("landed_release") and (
            made_from.get(subject, set()) <= landed.get(subject, set())
        )
    reports = _reports(storage, damaged)
    return {
        "lake": storage.uri,
        "subjects": subjects,
        "upstream_verified_at": _upstream_verified_at(storage, written, damaged),
        "reports": reports,
        "not_reported": [
            pointer.subject
            for pointer in pointers
            if not reports or reports["made_from"].get(pointer.subject) != pointer.folder
        ],
        "last_run": last_run,
        "damaged": damaged,
    }


def amiss(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is older than what was landed, and why; what the last run failed with: name, reason."""
    for subject, state in document["subjects"].items():
        if not state["is_built"] and state.get("landed_release") and "damaged" not in state:
            yield subject, f"the release {state['landed_release']} is landed, but not built."
        for name, held in state.get("held", {}).items():
            yield name, f"is held back since {held['since']}: {held['reason']}"
    reports = document["reports"]
    for name, held in reports["held"].items() if reports else ():
        yield name, f"was not renewed since {held['since']}: {held['reason']}"
    if document["not_reported"]:
        yield "reports", f"{', '.join(document['not_reported'])} is built, but not reported."
    for job, summary in (document["last_run"] or {}).items():
        for error in summary["errors"]:
            yield job, f"the last run failed: {error['message']}"


def _add_landing(
    run: dict[str, dict[str, Any]],
    subjects: Collection[str],
    checked: dict[str, str],
    refused: dict[str, dict[str, str]],
) -> None:
    """Adds what a run tells of subjects of which a later one has told nothing."""
    for subject, told in run.get("land_bls", {}).get("surveys", {}).items():
        if "error" not in told:
            refused.setdefault(subject, told.get("refused", {}))
    for subject in subjects:
        if subject not in checked and (moment := _asked_at(run, subject)):
            checked[subject] = moment


def _gone(storage: Storage, damaged: list[str]) -> Mapping[str, str]:
    """The surveys that BLS lists no longer; adds a sentence if that cannot be read."""
    try:
        return load_served(storage).gone
    except IntegrityFailure as error:
        damaged.append(str(error))
        return {}


def missed_releases(pointer: Pointer) -> dict[str, list[str]]:
    """Per data file the releases before which BLS must have had another that the lake missed."""
    missed: dict[str, list[str]] = {}
    for vintage in pointer.history:
        if vintage.missed_before:
            missed.setdefault(vintage.source, []).append(vintage.release)
    return missed


def _published_at(storage: Storage, pointer: Pointer) -> str | None:
    stored = storage.stat(names.pointer(pointer.subject))
    return to_text(stored.modified) if stored else None


def _age(moment: str | None, now: datetime) -> int | None:
    return None if moment is None else int((now - from_text(moment)).total_seconds())


def _made_from(pointer: Pointer) -> set[str]:
    """The hashes of the landed files that a release shows or holds back; it names no documents."""
    shown = {file.source: file.source_sha256 for _, file in pointer.files() if file.source}
    return {*{**shown, **{name: held.sha256 for name, held in pointer.held.items()}}.values()}


def _landed(storage: Storage, subject: str) -> tuple[dict[str, Any], set[str]]:
    """What is landed of a subject, and the hashes of its contents.

    Raises:
        LakeError: its manifest cannot be read.
    """
    landed = upstream_of(subject).landed(storage, subject).values()
    objects = [one for file in landed for one in file.objects]
    state = {
        "files": len(objects),
        "bytes": sum(one.bytes for one in objects),
        "landed_release": _newest(file.released_at for file in landed),
    }
    return state, {file.sha256 for file in landed}


def _newest(moments: Iterable[str]) -> str | None:
    """The release that the newest of some moments names; None where a manifest names nothing."""
    newest = max(map(from_text, moments), default=None)
    return release_name(newest) if newest else None


def _reports(storage: Storage, damaged: list[str]) -> dict[str, Any] | None:
    """What the index of the reports says; adds a sentence if it cannot be read."""
    try:
        index = load_index(storage)
    except IntegrityFailure as error:
        damaged.append(str(error))
        return None
    return asdict(index) if index else None


def _summary(storage: Storage, key: str, damaged: list[str]) -> dict[str, Any] | None:
    """A job's summary; adds a sentence if it cannot be read."""
    try:
        content = storage.get(key)
        return parse_summary(content.body, key) if content else None
    except IntegrityFailure as error:
        damaged.append(str(error))
        return None


def _last_runs(
    storage: Storage, written: Sequence[StoredObject], damaged: list[str]
) -> Iterator[dict[str, dict[str, Any]]]:
    """The newest runs first, each its jobs' summaries by job, read as they are asked for."""
    runs: dict[str, list[StoredObject]] = {}
    for stored in written:
        if not stored.key.endswith(_VERIFIED):
            runs.setdefault(names.folder_of(stored.key), []).append(stored)
    # By time and name: Glue's names of runs say nothing of their order.
    newest = sorted(
        runs.values(), key=lambda run: (max(o.modified for o in run), run[0].key), reverse=True
    )
    for run in newest[:_RUNS_READ]:
        summaries = [_summary(storage, stored.key, damaged) for stored in run]
        yield {summary["job"]: summary for summary in summaries if summary}


def _upstream_verified_at(
    storage: Storage, written: Sequence[StoredObject], damaged: list[str]
) -> str | None:
    """When every file was last held against upstream with `lake verify --upstream`."""
    verified = [stored for stored in written if stored.key.endswith(_VERIFIED)]
    for stored in sorted(verified, key=lambda one: (one.modified, one.key), reverse=True):
        summary = _summary(storage, stored.key, damaged)
        if summary and summary.get("upstream"):
            return str(summary["started_at"])
    return None


def _asked_at(run: dict[str, dict[str, Any]], subject: str) -> str | None:
    """When a run asked the upstream for a subject with success."""
    for source in SOURCES:
        summary = run.get(f"land_{source}", {})
        if subject in upstream(source).asked(summary):
            return str(summary["started_at"])
    return None
