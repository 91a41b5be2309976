"""BLS as a source: its surveys, what was landed of them, and how that is landed and asked for."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from glue_jobs.errors import LakeError
from glue_jobs.running import Outcome, act_on_each
from glue_jobs.sources.bls.known_surveys import known_surveys, surveys_among
from glue_jobs.sources.bls.listing import ListedFile, listed_moment
from glue_jobs.sources.bls.manifest import (
    MANIFESTS,
    LandedFile,
    folder_of,
    key_of,
)
from glue_jobs.sources.bls.surveys import landed_surveys, note_served
from glue_jobs.sources.kept import find_content
from glue_jobs.sources.protocol import Landed, RawObject, Upstream
from glue_jobs.subjects import ALL_SURVEYS, choose_surveys
from glue_jobs.timestamps import to_text
from glue_jobs.visible import shown_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from glue_jobs.running import Run
    from glue_jobs.settings import Settings
    from glue_jobs.sources.bls.site import Offered
    from glue_jobs.storage.protocol import Storage

_SURVEY = re.compile(r"[a-z]{2}")
_ASKED_AT_ONCE = 4


class Bls(Upstream[LandedFile]):
    """BLS: a subject is a survey, and its files are those of a folder."""

    manifests = MANIFESTS
    keeps_releases = False

    def subjects(self, settings: Settings, storage: Storage) -> tuple[str, ...]:
        """The surveys that were asked for; of all, those that are landed."""
        if ALL_SURVEYS not in settings.surveys:
            return settings.surveys
        return choose_surveys(settings.surveys, landed_surveys(storage))

    def has(self, subject: str) -> bool:
        """Whether it is a survey's code."""
        return _SURVEY.fullmatch(subject) is not None

    def folder(self, subject: str) -> str:
        """``bls/pr``."""
        return folder_of(subject)

    def as_landed(self, subject: str, name: str, entry: LandedFile) -> Landed:
        """A file of one object, which is dated by its Last-Modified."""
        return Landed(
            name=name,
            sha256=entry.sha256,
            released_at=entry.last_modified,
            retrieved_at=entry.retrieved_at,
            objects=(RawObject(key_of(subject, name), entry.bytes, entry.sha256, entry.version),),
            listed_at=to_text(listed_moment(entry.listed_minute)) if entry.listed_minute else "",
        )

    def as_amended(self, entry: LandedFile, landed: Landed) -> LandedFile:
        """The file with another Last-Modified or version."""
        (one,) = landed.objects
        return replace(entry, last_modified=landed.released_at, version=one.version)

    def kept(self, storage: Storage, subject: str, name: str, sha256: str) -> Landed:
        """A content that a file once had: one of the versions of its key."""
        return find_content(storage, name, key_of(subject, name), sha256)

    def land(self, run: Run) -> Outcome:
        """Lands the surveys' files from BLS into the raw zone."""
        from glue_jobs.sources.bls.landing import land_survey, open_site  # noqa: PLC0415

        site = open_site(run)  # without a contact address no survey can be asked for
        asked = run.settings.surveys
        told = Outcome()
        if ALL_SURVEYS in asked:
            run.progress.step("asking BLS which surveys there are")
            listed = surveys_among(site.folders())
            asked = choose_surveys(asked, listed)
            told = _note(run, listed)

        def land(survey: str) -> dict[str, Any]:
            if too_late := run.out_of_time():
                raise too_late
            run.progress.step(f"{survey}: asking BLS what there is")
            with run.storage.lease(survey, run.run_id):
                return land_survey(run, survey)

        surveys, failures = act_on_each(run, asked, land, hand_on=run.hand_on)
        changed = any(landed.get("changed") for landed in surveys.values())
        details = {"surveys": surveys, **told.details}
        return Outcome(changed or told.changed, details, [*told.failures, *failures])

    def land_again(self, run: Run, subject: str, name: str = "") -> None:
        """Lands one survey."""
        from glue_jobs.sources.bls.landing import land_survey  # noqa: PLC0415

        land_survey(run, subject, again=name)

    def fetch(self, run: Run, subject: str, file: Landed, key: str, path: Path) -> None:
        """Downloads a file as it was listed when it was landed."""
        from glue_jobs.sources.bls.landing import open_site  # noqa: PLC0415

        known = self.load(run.storage, subject).files[file.name]
        listed = ListedFile(known.name, known.bytes, known.listed_minute)
        open_site(run).fetch(subject, listed, path, None, run.progress)

    def ask(self, run: Run, subject: str) -> Iterator[tuple[Landed, str]]:
        """Asks for the size and the time of every file."""
        from glue_jobs.sources.bls.landing import open_site  # noqa: PLC0415

        files = self.load(run.storage, subject).files
        site = open_site(run)
        with ThreadPoolExecutor(_ASKED_AT_ONCE) as pool:
            offered = list(pool.map(lambda name: site.look(subject, name), files))
        for file, now in zip(files.values(), offered):
            yield self.as_landed(subject, file.name, file), _difference(file, now)

    def asked(self, summary: Mapping[str, Any]) -> set[str]:
        """The surveys without an error."""
        surveys: Mapping[str, Mapping[str, Any]] = summary.get("surveys", {})
        return {survey for survey, told in surveys.items() if "error" not in told}

    def describe(self, summary: Mapping[str, Any]) -> Iterator[str]:
        """A line for each survey that has changed."""
        for survey, landed in summary.get("surveys", {}).items():
            if landed.get("changed"):
                removed = f", {len(landed['removed'])} removed" if landed["removed"] else ""
                yield (
                    f"{survey}: landed {len(landed['stored'])} of {landed['listed']} files,"
                    f" {shown_bytes(landed['bytes'])} downloaded{removed}"
                )
            for name, why in landed.get("refused", {}).items():
                yield f"{survey}: BLS lists {name}, which is left out: {why}"
        for survey in summary.get("unknown", ()):
            yield f"warning: {survey} is in no list of surveys, and was taken for one"
        for survey, since in summary.get("gone", {}).items():
            yield f"{survey}: BLS lists it no longer since {since}; what was landed of it stays"


UPSTREAM = Bls()


def _note(run: Run, listed: tuple[str, ...]) -> Outcome:
    """Notes which surveys BLS lists now, and what is to be told of that."""
    details: dict[str, Any] = {"unknown": [one for one in listed if one not in known_surveys()]}
    try:
        served, is_new = note_served(run.storage, listed, run.settings.allow_removals, run.now())
    except LakeError as error:
        return Outcome(details=details, failures=[error])
    return Outcome(is_new, {**details, "gone": dict(served.gone)})


def _difference(file: LandedFile, now: Offered) -> str:
    """What BLS has other than was landed, to finish a sentence; empty for nothing."""
    written = to_text(now.last_modified) if now.last_modified else file.last_modified
    if now.status != 200:
        return f"is no longer served by BLS, which answers {now.status}"
    if (now.size, written) != (file.bytes, file.last_modified):
        return f"is another file at BLS: {now.size:,} bytes, of {written}"
    return ""
