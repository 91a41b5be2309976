"""Lands what BLS publishes of a survey, byte for byte, and remembers where each byte came from.

List the folder; compare with the manifest; download what changed; list again, to be sure that
nothing changed meanwhile; store the new bytes; replace the manifest; remove what BLS has removed.
A survey with nothing new costs one request and writes nothing.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from glue_jobs.errors import GuardTripped, LakeError, UpstreamUnavailable
from glue_jobs.sources.bls.manifest import LandedFile, folder_of, key_of, load_survey, save_survey
from glue_jobs.sources.bls.site import BlsSite, ListingOutdated, check_time, is_as_listed, is_newer
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
    from glue_jobs.sources.bls.listing import ListedFile
    from glue_jobs.sources.bls.site import Fetched

DOWNLOADS_AT_ONCE = 4
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
    return run.client(
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
    with run.storage.scratch() as folder:
        listing, fetched = _fetch_changes(run, site, survey, manifest, folder)
        difference = compare(listing, manifest)
        summary: dict[str, Any] = {
            "listed": len(listing),
            "fetched": sum(file is not None for file in fetched.values()),
            "bytes": sum(file.listed.size for file in fetched.values() if file),
            "stored": [],
            "removed": list(difference.removed),
            "changed": False,
        }
        if difference.changed or difference.removed:
            files = {
                name: file
                for name, file in manifest.files.items()
                if name not in difference.removed
            }
            for listed in difference.changed:
                known = manifest.files.get(listed.name)
                files[listed.name] = landed = _store(run, survey, listed, fetched[listed], known)
                if known is None or known.sha256 != landed.sha256:
                    summary["stored"].append(listed.name)
            save_survey(run.storage, survey, replace(manifest, files=files))
            summary["changed"] = True
            manifest = replace(manifest, files=files)
    _show(run, survey, manifest)
    return summary


def compare(listing: Sequence[ListedFile], manifest: Manifest[LandedFile]) -> Difference:
    """What has changed, by the listing's sizes and minutes alone."""
    changed = []
    for listed in listing:
        known = manifest.files.get(listed.name)
        if (
            known is None
            or (known.bytes, known.listed_minute) != (listed.size, listed.minute)
            or not is_as_listed(from_text(known.last_modified), listed.minute)
        ):
            changed.append(listed)
    listed_names = {listed.name for listed in listing}
    removed = tuple(name for name in manifest.files if name not in listed_names)
    return Difference(tuple(changed), removed)


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


def _fetch_changes(
    run: Run, site: BlsSite, survey: str, manifest: Manifest[LandedFile], folder: Path
) -> tuple[tuple[ListedFile, ...], dict[ListedFile, Fetched | None]]:
    """Downloads what changed until two listings agree; None stands for 'not modified'."""
    fetched: dict[ListedFile, Fetched | None] = {}
    listing = site.listing(survey)
    for attempt in range(_ROUNDS):
        difference = compare(listing, manifest)
        check_removals(survey, difference.removed, len(manifest.files), run.settings.allow_removals)
        wanted = [listed for listed in difference.changed if listed not in fetched]
        if not wanted:
            return listing, fetched
        try:
            # A folder per round: a listing may come back to what it said before the last one.
            place = folder / str(attempt)
            place.mkdir()
            fetched.update(_download(run, site, survey, wanted, manifest, place))
        except ListingOutdated:
            if attempt == _ROUNDS - 1:
                raise
        listing = site.listing(survey)
    if all(listed in fetched for listed in compare(listing, manifest).changed):
        return listing, fetched
    raise UpstreamUnavailable(
        f"BLS is changing the files of {survey} while they are downloaded; nothing was changed.",
        hint="Run again in some minutes, when the release is complete.",
    )


def _download(
    run: Run,
    site: BlsSite,
    survey: str,
    wanted: Sequence[ListedFile],
    manifest: Manifest[LandedFile],
    folder: Path,
) -> dict[ListedFile, Fetched | None]:
    run.progress.expect(len(wanted), sum(listed.size for listed in wanted))

    def fetch(listed: ListedFile) -> Fetched | None:
        check_time(listed, run.now())
        since = _unchanged_since(listed, manifest.files.get(listed.name))
        file = site.fetch(survey, listed, folder / listed.name, since, run.progress)
        run.progress.finished(listed.name)
        return file

    with ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
        futures = {listed: pool.submit(fetch, listed) for listed in wanted}
        try:
            return {listed: future.result() for listed, future in futures.items()}
        except LakeError:
            for future in futures.values():
                future.cancel()
            raise


def _unchanged_since(listed: ListedFile, known: LandedFile | None) -> datetime | None:
    """When the known file was written, if it may be the listed one; else None: it is fetched.

    A server calls every older file 'not modified', also one that BLS has gone back to.
    """
    if known is None or known.bytes != listed.size:
        return None
    written = from_text(known.last_modified)
    return None if is_newer(written, listed.minute) else written


def _store(
    run: Run, survey: str, listed: ListedFile, file: Fetched | None, known: LandedFile | None
) -> LandedFile:
    """Puts new bytes into the lake; bytes that it holds already are only noted again."""
    if file is None and known is not None:
        return replace(known, listed_minute=listed.minute)
    if file is None:
        raise UpstreamUnavailable(f"BLS says that {listed.name}, which is new, is not modified.")
    if known is not None and known.sha256 == file.sha256:
        return replace(
            known, listed_minute=listed.minute, last_modified=to_text(file.last_modified)
        )
    stored = run.storage.put_file(key_of(survey, listed.name), file.path, file.sha256)
    return LandedFile(
        name=listed.name,
        bytes=listed.size,
        sha256=file.sha256,
        last_modified=to_text(file.last_modified),
        listed_minute=listed.minute,
        retrieved_at=to_text(run.now()),
        version=stored.version,
    )


def _show(run: Run, survey: str, manifest: Manifest[LandedFile]) -> None:
    """Has the folder show what the manifest names, whatever a disturbed run left; versions stay."""
    kept = {names.manifest(folder_of(survey))}
    for file in manifest.files.values():
        key = key_of(survey, file.name)
        bring_back(run.storage, key, file.version, file.sha256)
        kept.add(key)
    for stored in list(run.storage.list_objects(names.raw_folder(folder_of(survey)))):
        if stored.key not in kept:
            run.storage.delete(stored.key)
