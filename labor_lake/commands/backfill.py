"""`lake backfill`: takes in old copies of a data file that people kept.

The copies go into the raw zone under their release. Of the data file's history the years are
written anew in which a copy changes something, which are its own and that of the vintage after it;
so it does not matter in which order copies come.
"""

from __future__ import annotations

import difflib
import json
import shutil
import stat
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from glue_jobs.catalog.pointers import Vintage, load_pointer, publish
from glue_jobs.catalog.show import show_in_catalog
from glue_jobs.errors import UsageError
from glue_jobs.flags import resolve_settings
from glue_jobs.history.survey import with_history
from glue_jobs.opening import open_run
from glue_jobs.running import new_run_id
from glue_jobs.sources.places import data_place, is_data_file, tables_of
from glue_jobs.sources.registry import upstream_of
from glue_jobs.storage import names
from glue_jobs.storage.hashing import path_sha256
from glue_jobs.subjects import asked_survey
from glue_jobs.tables.convert import Content
from glue_jobs.timestamps import CLOCKS_DIFFER, release_name, release_of, to_text

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from glue_jobs.catalog.pointers import Pointer
    from glue_jobs.settings import Settings
    from glue_jobs.storage.protocol import Storage


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which file, of which release."""
    parser.add_argument("survey", help="its two-letter code: pr")
    parser.add_argument("name", help="the data file, as BLS calls it: pr.data.0.Current")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="the old copies")
    parser.add_argument(
        "--release", metavar="DATE", help="of the copy; a date means 8:30 AM US Eastern"
    )
    parser.add_argument(
        "--release-from-mtime",
        action="store_true",
        help="take each copy's own timestamp for its release",
    )
    parser.add_argument(
        "--new-file", action="store_true", help="the lake has never seen a file of this name"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Takes them in and publishes the new history."""
    settings = resolve_settings(vars(arguments)).settings
    storage = open_run(settings, new_run_id()).storage
    survey = asked_survey(arguments.survey)
    copies = releases_of(arguments)
    pointer, is_new = take_in(
        storage, settings, survey, arguments.name, copies, new_file=arguments.new_file
    )
    known = [one for one in pointer.history if one.source == arguments.name]
    if arguments.json:
        print(json.dumps({"changed": is_new, "releases": [one.release for one in known]}))
    elif not is_new:
        print("Nothing is new: the lake has these copies.")
    else:
        vintages = "vintage" if len(known) == 1 else "vintages"
        print(f"{arguments.name}: {len(known)} {vintages}, from {known[0].release} on.")
    return 0


def _check_name(storage: Storage, pointer: Pointer, name: str) -> None:
    """Refuses a file that the lake has never seen: a typo would be a file of its own for ever.

    Raises:
        UsageError: neither the manifest nor the history knows it.
    """
    landed = upstream_of(pointer.subject).landed(storage, pointer.subject)
    known = {*landed, *(one.source for one in pointer.history)}
    if name in known:
        return
    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.9)
    raise UsageError(
        f"The lake has never seen a file {name} of {pointer.subject}.",
        hint=f"Did you mean {near[0]}?" if near else "If BLS has removed it since: --new-file",
    )


def releases_of(arguments: argparse.Namespace) -> dict[str, Path]:
    """The copies by their release.

    Raises:
        UsageError: a release is missing, in the future, given for several copies, or cannot be
            read.
    """
    if arguments.release_from_mtime:
        moments = {path: _written(path) for path in arguments.files}
    elif arguments.release and len(arguments.files) == 1:
        try:
            moments = {arguments.files[0]: release_of(arguments.release)}
        except ValueError:
            raise UsageError(
                f"{arguments.release!r} is neither a date nor a release.",
                hint="--release 2024-06-06",
            ) from None
    else:
        raise UsageError(
            "Each copy needs the release it is of.",
            hint="--release DATE with one FILE, or --release-from-mtime",
        )
    latest = datetime.now(timezone.utc) + CLOCKS_DIFFER
    for path, moment in moments.items():
        if moment > latest:
            raise UsageError(f"{path} would be of {to_text(moment)}, which is in the future.")
    copies = {release_name(moment): path for path, moment in moments.items()}
    if len(copies) < len(moments):
        raise UsageError("Two of the copies would be of the same release.")
    return copies


def _written(path: Path) -> datetime:
    """A copy's own timestamp.

    Raises:
        UsageError: it has none that a calendar knows.
    """
    written = _checked(path).stat().st_mtime
    try:
        return datetime.fromtimestamp(written, tz=timezone.utc)
    except (OverflowError, ValueError, OSError):
        raise UsageError(
            f"The timestamp of {path} is no date.", hint="Give the release with --release DATE."
        ) from None


def take_in(
    storage: Storage,
    settings: Settings,
    survey: str,
    name: str,
    copies: Mapping[str, Path],
    *,
    new_file: bool,
) -> tuple[Pointer, bool]:
    """Adds copies of a data file to a survey's history, which nobody else writes meanwhile.

    Returns:
        The pointer afterwards, and whether it is another one.

    Raises:
        LakeError: as ``backfill`` does, or because somebody else writes the survey.
    """
    with storage.lease(survey):
        pointer = load_pointer(storage, survey)
        if pointer is None:
            raise UsageError(f"The lake has no release of {survey} yet.", hint="lake run first")
        if not new_file and _has_observations(pointer, name):
            _check_name(storage, pointer, name)
        made = backfill(storage, pointer, name, copies)
        if made is not None:
            show_in_catalog(storage, settings)
    return made or pointer, made is not None


def backfill(
    storage: Storage, pointer: Pointer, name: str, copies: Mapping[str, Path]
) -> Pointer | None:
    """Adds copies of a data file to the history and publishes it; None if it has them all.

    The caller holds the survey's lease.

    Raises:
        UsageError: the name is no data file's, or a release is there with other bytes.
        QualityFailure: a copy is no such file; nothing was published.
        LostRace: another run has published meanwhile; nothing was changed.
    """
    if not _has_observations(pointer, name):
        raise UsageError(f"{name} is no data file of {pointer.subject}.")
    known = {(one.source, one.release): one.sha256 for one in pointer.history}
    added = []
    with storage.scratch() as scratch:
        for release, path in copies.items():
            sha256 = _hash_of(path)
            if known.get((name, release), sha256) != sha256:
                raise UsageError(f"The lake has {name} of {release} already, with other bytes.")
            if (name, release) not in known:
                _check_converts(pointer.subject, name, path, scratch)
                key = names.raw_backfill(pointer.subject, release, name)
                _keep(storage, key, path, sha256, scratch)
                added.append(Vintage(name, release, sha256, key, 0, 0, 0))
        if not added:
            return None
        made = with_history(storage, pointer, [*pointer.history, *added], scratch)
    publish(storage, made)
    return made


def _has_observations(pointer: Pointer, name: str) -> bool:
    """Whether a file has a history, or is called as one that has."""
    return any(one.source == name for one in pointer.history) or is_data_file(pointer.subject, name)


def _check_converts(subject: str, name: str, path: Path, scratch: Path) -> None:
    """Refuses a copy that is no such file before anything of it is kept.

    Raises:
        QualityFailure: it is none.
    """
    size = path.stat().st_size
    contents = [Content(name, size, lambda: path.open("rb"))]
    target = scratch / "checked.parquet"
    tables_of(subject).convert(data_place(subject, name), contents, target, scratch)


def _keep(storage: Storage, key: str, path: Path, sha256: str, scratch: Path) -> None:
    """Puts a copy into the raw zone, under a release that has no other."""
    stored = storage.stat(key)
    if stored is not None and stored.sha256 not in ("", sha256):
        raise UsageError(f"The lake has {key} already, with other bytes.")
    copied = scratch / "copy"
    shutil.copyfile(path, copied)
    storage.put_file(key, copied, sha256)


def _hash_of(path: Path) -> str:
    """The hash of a copy, which is read to its end here first: what fails is the copy's.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        return path_sha256(_checked(path))
    except OSError as error:
        raise _unreadable(path, error) from None


def _checked(path: Path) -> Path:
    """A path that is a file's; a pipe could not be read twice.

    Raises:
        UsageError: it is none.
    """
    try:
        is_file = stat.S_ISREG(path.stat().st_mode)
    except OSError as error:
        raise _unreadable(path, error) from None
    if not is_file:
        raise UsageError(f"{path} is not a file.", hint="Name each copy itself: old/*.txt")
    return path


def _unreadable(path: Path, error: OSError) -> UsageError:
    return UsageError(f"{path} cannot be read: {error.strerror}.")
