"""Lands what BLS publishes of a survey, byte for byte, and remembers where each byte came from.

List the folder; compare with the manifest; download what changed, and store each file as it
arrives; list again, to be sure that nothing changed meanwhile; replace the manifest; remove what
BLS has removed. Until the manifest is replaced, nothing new is landed. A survey with nothing new
costs one request and writes nothing.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from glue_jobs.errors import GuardTripped, LakeError, UpstreamUnavailable
from glue_jobs.sources.bls.arriving import Arrived, download_each, most_in_scratch
from glue_jobs.sources.bls.listing import is_newer
from glue_jobs.sources.bls.manifest import (
    LandedFile,
    folder_of,
    is_as_known,
    key_of,
    load_survey,
    save_survey,
)
from glue_jobs.sources.bls.site import BlsSite, ListingOutdated, check_time
from glue_jobs.sources.http import RateLimit
from glue_jobs.storage import names
from glue_jobs.storage.recorded import bring_back
from glue_jobs.timestamps import from_text, to_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path
    from typing import Any

    from glue_jobs.manifests import Manifest
    from glue_jobs.running import Run
    from glue_jobs.sources.bls.listing import ListedFile, Listing
    from glue_jobs.sources.bls.site import Fetched

_ROUNDS = 2


@dataclass(frozen=True)
class Difference:
    """What a listing says against a manifest.

    Attributes:
        changed: files that are new, have another size or minute, or were landed with a
            Last-Modified that contradicts the minute.
        removed: names that are no longer listed.
    """

    changed: tuple[ListedFile, ...]
    removed: tuple[str, ...]


def open_site(run: Run) -> BlsSite:
    """BLS's site as the settings name it: the same for all of a run, so that its rate holds.

    Raises:
        UsageError: there is no contact address.
    """
    settings = run.settings
    rate_limit = RateLimit(settings.requests_per_second)
    return run.share(
        BlsSite, lambda: BlsSite(settings.bls_url, settings.contact, rate_limit, run.retry)
    )


def land_survey(run: Run, survey: str, again: str = "") -> dict[str, Any]:
    """Lands one survey, whose lease the caller holds; returns its part of the summary.

    Args:
        run: the job's.
        survey: its code.
        again: a file that is fetched whatever the listing says.

    Raises:
        LakeError: nothing of the survey was changed.
    """
    site = open_site(run)
    manifest = load_survey(run.storage, survey)
    if again in manifest.files:
        # A file whose listed minute is unknown differs from any listing.
        unknown = replace(manifest.files[again], listed_minute="")
        manifest = replace(manifest, files={**manifest.files, again: unknown})
    arrived = Arrived(run, survey, again)
    landing = _Landing(run, site, survey, manifest, arrived)
    try:
        listing = landing.fetch_changes()
    except BaseException:
        with contextlib.suppress(LakeError):  # what ended the landing is told
            arrived.note()
        raise
    difference = compare(listing.files, manifest)
    removed = removable(run, survey, listing, manifest)
    files = {name: file for name, file in manifest.files.items() if name not in removed}
    stored = []
    for listed in difference.changed:
        known = manifest.files.get(listed.name)
        files[listed.name] = landed = landing.landed[listed]
        if known is None or known.sha256 != landed.sha256:
            stored.append(listed.name)
    changed = bool(difference.changed or removed)
    if changed:
        save_survey(run.storage, survey, replace(manifest, files=files))
    _show(run, survey, replace(manifest, files=files))
    return {
        "listed": len(listing.files),
        "fetched": len(landing.fetched),
        "bytes": sum(listed.size for listed in landing.fetched),
        "stored": stored,
        "removed": list(removed),
        "kept": [name for name in difference.removed if name not in removed],
        "refused": dict(listing.refused),
        "changed": changed,
    }


def compare(listing: Sequence[ListedFile], manifest: Manifest[LandedFile]) -> Difference:
    """What has changed, by the listing's sizes and minutes alone."""
    changed = []
    for listed in listing:
        known = manifest.files.get(listed.name)
        if known is None or not is_as_known(listed, known):
            changed.append(listed)
    listed_names = {listed.name for listed in listing}
    removed = tuple(name for name in manifest.files if name not in listed_names)
    return Difference(tuple(changed), removed)


def removable(
    run: Run, survey: str, listing: Listing, manifest: Manifest[LandedFile]
) -> tuple[str, ...]:
    """The files that are landed and may go, since BLS lists them no longer.

    While a row is left out, it may be one of them under a name that cannot be used: then they stay,
    unless so many may vanish.

    Raises:
        GuardTripped: more are gone than may be.
    """
    allowed = run.settings.allow_removals
    gone = compare(listing.files, manifest).removed
    check_removals(survey, gone, len(manifest.files), allowed)
    return () if listing.refused and len(gone) > allowed else gone


def check_removals(survey: str, removed: Sequence[str], held: int, allowed: int) -> None:
    """Refuses the disappearance of many files, which is more often a fault than a wish.

    Args:
        survey: its code, for the message.
        removed: the names that are no longer listed.
        held: how many files the manifest names.
        allowed: how many the user lets vanish; few may without being asked.

    Raises:
        GuardTripped: more than three files, or more than a tenth, and more than allowed.
    """
    count = len(removed)
    if count > allowed and (count > 3 or count * 10 > held):
        raise GuardTripped(
            f"{count} of {held} files of {survey} are no longer listed: {', '.join(removed[:4])}"
            f"{' and more' if count > 4 else ''}. Nothing was changed.",
            hint=f"If BLS has really removed them: --allow-removals {count}",
        )


class _Landing:
    """One landing of a survey, up to the manifest.

    Attributes:
        landed: the files that the manifest shall name, by the row that each answers to.
        fetched: the rows whose bytes were downloaded.
    """

    def __init__(
        self,
        run: Run,
        site: BlsSite,
        survey: str,
        manifest: Manifest[LandedFile],
        arrived: Arrived,
    ) -> None:
        self.landed: dict[ListedFile, LandedFile] = {}
        self.fetched: list[ListedFile] = []
        self._run = run
        self._site = site
        self._survey = survey
        self._manifest = manifest
        self._arrived = arrived

    def fetch_changes(self) -> Listing:
        """Downloads what changed until two listings agree; returns what they say."""
        listing = self._site.listing(self._survey)
        for attempt in range(_ROUNDS):
            wanted = self._wanted(listing)
            if not wanted:
                return listing
            try:
                self._download(wanted)
            except ListingOutdated:
                if attempt == _ROUNDS - 1:
                    raise
            listing = self._site.listing(self._survey)
        if not self._wanted(listing):
            return listing
        raise UpstreamUnavailable(
            f"BLS is changing the files of {self._survey} while they are downloaded; nothing was"
            " changed.",
            hint="Run again in some minutes, when the release is complete.",
        )

    def _wanted(self, listing: Listing) -> list[ListedFile]:
        """What has changed and is not here yet."""
        removable(self._run, self._survey, listing, self._manifest)
        changed = compare(listing.files, self._manifest).changed
        for listed in changed:
            if listed not in self.landed and (file := self._arrived.find(listed)) is not None:
                self.landed[listed] = file
        return [listed for listed in changed if listed not in self.landed]

    def _download(self, wanted: Sequence[ListedFile]) -> None:
        size = sum(listed.size for listed in wanted)
        self._run.storage.check_room(size, most_in_scratch(wanted))
        self._run.progress.expect(len(wanted), size)
        download_each(self._run, wanted, self._fetch, self._store)

    def _fetch(self, listed: ListedFile, path: Path) -> Fetched | None:
        check_time(listed, self._run.now())
        since = _unchanged_since(listed, self._manifest.files.get(listed.name))
        file = self._site.fetch(self._survey, listed, path, since, self._run.progress)
        self._run.progress.finished(listed.name)
        return file

    def _store(self, listed: ListedFile, file: Fetched | None) -> None:
        """Puts new bytes into the lake; bytes that it holds already are only noted again."""
        known = self._manifest.files.get(listed.name)
        if file is None:
            if known is None:
                raise UpstreamUnavailable(
                    f"BLS says that {listed.name}, which is new, is not modified."
                )
            self.landed[listed] = replace(known, listed_minute=listed.minute)
            return
        self.fetched.append(listed)
        if known is not None and known.sha256 == file.sha256:
            file.path.unlink()
            moment = to_text(file.last_modified)
            self.landed[listed] = replace(known, listed_minute=listed.minute, last_modified=moment)
            return
        self.landed[listed] = self._arrived.store(file)


def _unchanged_since(listed: ListedFile, known: LandedFile | None) -> datetime | None:
    """When the known file was written, if it may be the listed one; else None: it is fetched.

    A server calls every older file 'not modified', also one that BLS has gone back to.
    """
    if known is None or known.bytes != listed.size:
        return None
    written = from_text(known.last_modified)
    return None if is_newer(written, listed.minute) else written


def _show(run: Run, survey: str, manifest: Manifest[LandedFile]) -> None:
    """Has the folder show what the manifest names, whatever a disturbed run left; versions stay.

    The note of what a landing that was ended has stored goes: the manifest tells all that counts.
    """
    kept = {names.manifest(folder_of(survey))}
    for file in manifest.files.values():
        key = key_of(survey, file.name)
        bring_back(run.storage, key, file.version, file.sha256)
        kept.add(key)
    for stored in list(run.storage.list_objects(names.raw_folder(folder_of(survey)))):
        if stored.key not in kept:
            run.storage.delete(stored.key)
