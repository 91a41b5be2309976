"""What `lake run` does when all jobs are done and something was published: the page, and the news.

Which releases were told of stands in the lake. It is written after the command has been started, so
a run that is killed in between tells of a release once more, and none is passed over. Whatever goes
wrong here is a warning: the tables are published.
"""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

from glue_jobs.catalog.pointers import readable_pointers
from glue_jobs.documents import to_json
from glue_jobs.errors import LakeError
from glue_jobs.running import Outcome
from glue_jobs.storage import names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from glue_jobs.running import Run
    from glue_jobs.storage.protocol import Storage

NAME = "after_publish"

_LONGEST = 3600
"""Seconds that the command may take: the next run waits for nobody."""


def is_wanted(run: Run) -> bool:
    """Whether the settings ask for anything of this."""
    return run.settings.page or bool(run.settings.on_release)


def after_publish(run: Run, summaries: Sequence[Mapping[str, Any]]) -> Outcome:
    """Writes the site and starts the command, if releases were published since the last time.

    Args:
        run: the run's.
        summaries: of its jobs.

    Returns:
        Details: ``released``, by subject the release that is new; ``pages``, the files of the site;
        ``warnings``.
    """
    current = {one.subject: one for one in readable_pointers(run.storage)[0]}
    known = _announced(run.storage)
    if known is None:  # of what was there before anybody asked, nobody wants to hear
        released = [name for name in current if name in _published(summaries)]
    else:
        released = [name for name, one in current.items() if known.get(name) != one.folder]
    details: dict[str, Any] = {
        "released": {name: current[name].release for name in sorted(released)},
        "warnings": [],
    }
    if released and run.settings.page:
        _write_page(run, details)
    if released and run.settings.on_release:
        _start(run, details, summaries)
    if released or known is None:
        folders = {name: one.folder for name, one in current.items()}
        run.storage.put(names.ANNOUNCED, to_json(folders))
    return Outcome(changed=bool(released), details=details)


def _published(summaries: Sequence[Mapping[str, Any]]) -> set[str]:
    """The subjects of which this run has published a release."""
    return {
        name
        for summary in summaries
        for name, built in summary.get("releases", {}).items()
        if built.get("changed")
    }


def _announced(storage: Storage) -> dict[str, str] | None:
    """By subject the folder that was told of; None where none ever was, or nobody can read it."""
    content = storage.get(names.ANNOUNCED)
    try:
        folders = json.loads(content.body) if content else None
    except ValueError:
        return None
    return folders if isinstance(folders, dict) else None


def _write_page(run: Run, details: dict[str, Any]) -> None:
    from labor_lake.pages.site import make_site, write_into_lake  # noqa: PLC0415 - if one is wanted

    run.progress.step("writing the page")
    try:
        site = make_site(run.storage, run.settings)
        write_into_lake(run.storage, site.files)
        details["pages"] = len(site.files)
        details["warnings"] += [
            f"The page cannot show the {name}: {error}" for name, error in site.failures.items()
        ]
    except LakeError as error:
        details["warnings"].append(f"The page was not written: {error}")


def _start(run: Run, details: dict[str, Any], summaries: Sequence[Mapping[str, Any]]) -> None:
    """Starts the command, with what was published on its stdin."""
    news = {
        "lake": run.storage.uri,
        "run_id": run.run_id,
        "released": details["released"],
        "summaries": list(summaries),
    }
    run.progress.step("starting the command for a release")
    # A shell, since that is what people write: a pipe, a variable. The command is the user's own.
    words = ["/bin/sh", "-c", run.settings.on_release]
    try:
        done = subprocess.run(  # noqa: S603
            words, input=to_json(news), capture_output=True, timeout=_LONGEST, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        details["warnings"].append(f"The command for a release did not end: {error}")
        return
    if done.returncode:
        told = done.stderr.decode("utf-8", "replace").strip().splitlines()
        details["warnings"].append(
            f"The command for a release ended with {done.returncode}"
            + (f": {told[-1][:200]}" if told else ".")
        )
