"""The only maker of keys: where every object of a lake lies.

A key is a path with forward slashes, relative to the lake, the same on a directory and on S3::

    raw/bls/pr/pr.data.0.Current                       a file as BLS serves it
    raw/bls/pr/_manifest.json                          what was landed
    raw/backfill/pr/20240606T123000Z/pr.data.0.Current an old copy that somebody kept
    raw/population/acs_yg_total_population_1.json      the API's body as received
    curated/pr/20250904T123000Z-1a2b3c4d/              one immutable folder per release
    history/pr/0001-5e6f7a8b/                          what each release changed
    current/pr.json                                    which folder is current
    leases/pr.json                                     on S3: who is writing the subject now
    reports/latest/best_year.csv                       the reports
    runs/20250904T130000Z-9f2c/land_bls.json           one summary per job and run
    demo.json                                          only in a demo lake: marks it as one

Names that come from outside pass through ``safe_file_name`` before they become part of a key. What
a manifest or pointer names passes through the forms below when it is read.
"""

from __future__ import annotations

import re
from typing import Annotated

from glue_jobs.errors import UpstreamInvalid
from glue_jobs.formats.listing import safe_file_name
from glue_jobs.subjects import POPULATION, survey_code

RAW = "raw/"
BACKFILL = f"{RAW}backfill/"
CURATED = "curated/"
HISTORY = "history/"
CURRENT = "current/"
LEASES = "leases/"

WRITTEN_ONCE = (CURATED, HISTORY)
"""What lies here never changes; readers hold on to it, and pointers name its hash."""

VERSIONED = (RAW, CURRENT)
"""Here every overwritten or deleted content stays readable by its version."""
REPORTS = "reports/"
RUNS = "runs/"
DEMO_MARK = "demo.json"

_KEY = r"(?!\.)[A-Za-z0-9._=-]+(/(?!\.)[A-Za-z0-9._=-]+)*"


def _is_file_name(text: str) -> bool:
    try:
        return safe_file_name(text) == text
    except UpstreamInvalid:
        return False


FileName = Annotated[str, _is_file_name]
"""An upstream file's."""

Part = Annotated[str, re.compile(r"(?!\.)[A-Za-z0-9._-]+").fullmatch]
"""One part of a key, or a part of one: a partition's value."""

Path = Annotated[str, re.compile(_KEY).fullmatch]
"""A key, or the end of one."""

PathOrNone = Annotated[str, re.compile(f"({_KEY})?").fullmatch]

FolderOrNone = Annotated[str, re.compile(f"({_KEY}/)?").fullmatch]
"""A folder with its closing slash."""

Version = Annotated[str, re.compile(r"(?!\.)[!-.0-~]{1,1024}").fullmatch]
"""A storage's name for one content: opaque, S3's are up to 1,024 bytes long."""


def raw_file(survey: str, name: str) -> str:
    """The key of one landed file of a survey."""
    return f"{RAW}bls/{survey_code(survey)}/{safe_file_name(name)}"


def raw_survey(survey: str) -> str:
    """The folder of a survey's landed files, with its closing slash."""
    return f"{RAW}bls/{survey_code(survey)}/"


def raw_backfill(survey: str, release: str, name: str) -> str:
    """The key of an old copy of a file that somebody kept, of a release of the past."""
    return f"{BACKFILL}{survey_code(survey)}/{release}/{safe_file_name(name)}"


def raw_backfills(survey: str) -> str:
    """The folder of a survey's old copies, with its closing slash."""
    return f"{BACKFILL}{survey_code(survey)}/"


def backfilled(key: str) -> tuple[str, str]:
    """The release and the name of an old copy, by its key."""
    release, name = key.split("/")[-2:]
    return release, name


def raw_manifest(survey: str) -> str:
    """The key of a survey's manifest."""
    return f"{RAW}bls/{survey_code(survey)}/_manifest.json"


def raw_population(name: str) -> str:
    """The key of one landed page of the population API."""
    return f"{RAW}{POPULATION}/{safe_file_name(name)}"


def raw_population_manifest() -> str:
    """The key of the population's manifest."""
    return f"{RAW}{POPULATION}/_manifest.json"


def release_folder(subject: str, release: str, digest: str, making: int = 1) -> str:
    """The folder of one release of a survey or of the population, with its closing slash.

    Args:
        subject: the survey's code, or ``population``.
        release: its name.
        digest: of what it is made from, and by what.
        making: 2 and more where an earlier making of the same turned out to be wrong: a folder
            that was published keeps its content.
    """
    again = f"-{making}" if making > 1 else ""
    return f"{CURATED}{subject}/{release}-{digest}{again}/"


def making_of(folder: str, subject: str, release: str, digest: str) -> int:
    """Which making of a release a folder is; 0 where it is another release's."""
    start = release_folder(subject, release, digest)[:-1]
    if folder == f"{start}/":
        return 1
    number = folder[len(start) + 1 : -1]
    return int(number) if folder.startswith(f"{start}-") and number.isdecimal() else 0


def history_folder(survey: str, number: int, digest: str) -> str:
    """The folder of one generation of a survey's revisions, with its closing slash.

    A backfill or a repair begins a new one; the digest of what it is written from makes its name
    unique to who wrote it, so that two at once never write the same object.
    """
    return f"{HISTORY}{survey_code(survey)}/{number:04d}-{digest}/"


def generation_number(folder: str) -> int:
    """The number of a generation, by its folder; version 0.1 named it by that alone."""
    return int(folder.rstrip("/").rpartition("/")[2].partition("-")[0])


def pointer_subject(key: str) -> str:
    """The subject of a pointer file, by its key."""
    return key[len(CURRENT) : -len(".json")]


def lease(subject: str) -> str:
    """The key of the object that says who is writing a subject; on S3 only."""
    return f"{LEASES}{subject}.json"


def pointer(subject: str) -> str:
    """The key of the pointer file of a survey or of the population."""
    return f"{CURRENT}{subject}.json"


def report(folder: str, name: str) -> str:
    """The key of one report file; the folder is ``latest`` or a run's id."""
    return f"{REPORTS}{folder}/{name}"


def run_summary(run_id: str, job: str) -> str:
    """The key of one job's summary in one run."""
    return f"{RUNS}{run_id}/{job}.json"
