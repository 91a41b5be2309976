"""The only maker of keys: where every object of a lake lies.

A key is a path with forward slashes, relative to the lake, the same on a directory and on S3::

    raw/bls/pr/pr.data.0.Current                       a file as BLS serves it
    raw/bls/pr/_manifest.json                          what was landed
    raw/bls/pr/_arrived.json                           what a landing that was ended has stored
    raw/bls/_surveys.json                              which surveys BLS has listed last
    raw/backfill/pr/20240606T123000Z/pr.data.0.Current an old copy that somebody kept
    raw/population/acs_yg_total_population_1.json      the API's body as received
    curated/pr/20250904T123000Z-1a2b3c4d/              one immutable folder per release
    history/pr/data_file=0.Current/release_year=2025/5c1d0b9a7e3f/    what its releases changed
    current/pr.json                                    which folder is current
    leases/pr.json                                     on S3: who is writing the subject now
    reports/latest/best_year.csv                       the reports
    runs/20250904T130000Z-9f2c/land_bls.json           one summary per job and run
    page/index.html                                    the site, where somebody wants one
    announced.json                                     which releases `on_release` was told of
    demo.json                                          only in a demo lake: marks it as one

Names that come from outside pass through ``safe_file_name`` before they become part of a key. What
a manifest or pointer names passes through the forms below when it is read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from glue_jobs.errors import UpstreamInvalid
from glue_jobs.subjects import survey_code

if TYPE_CHECKING:
    from collections.abc import Iterator

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
PAGE = "page/"
ANNOUNCED = "announced.json"

_MANIFEST = "_manifest.json"
_ARRIVED = "_arrived.json"
_SURVEYS = "_surveys.json"

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_KEY = r"(?!\.)[A-Za-z0-9._=-]+(/(?!\.)[A-Za-z0-9._=-]+)*"


def safe_file_name(name: str) -> str:
    """Returns an upstream file's name if it can be the last part of a path, else raises.

    Raises:
        UpstreamInvalid: the name is empty, longer than 128, begins with a dot or an underscore,
            or holds anything but ASCII letters, digits, dot, underscore and dash, or two dots.
    """
    if not _FILE_NAME.fullmatch(name) or ".." in name:
        shown = ascii(name)[:60]
        raise UpstreamInvalid(f"The upstream lists a file under a name that is refused: {shown}.")
    return name


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


def raw_file(folder: str, name: str) -> str:
    """The key of a landed file.

    Args:
        folder: of its subject, in the raw zone: ``bls/pr``.
        name: upstream's.
    """
    return f"{RAW}{folder}/{safe_file_name(name)}"


def raw_folder(folder: str) -> str:
    """The key of a subject's folder in the raw zone, with its closing slash."""
    return f"{RAW}{folder}/"


def manifest(folder: str) -> str:
    """The key of the manifest of what was landed into a folder of the raw zone."""
    return f"{RAW}{folder}/{_MANIFEST}"


def is_manifest(key: str) -> bool:
    """Whether a key is that of a manifest."""
    return key.startswith(RAW) and key.endswith(f"/{_MANIFEST}")


def arrived(folder: str) -> str:
    """The key of the note of what has arrived in a folder of the raw zone and is not landed yet."""
    return f"{RAW}{folder}/{_ARRIVED}"


def listed_surveys(source: str) -> str:
    """The key of the note of which surveys a source has listed."""
    return f"{RAW}{source}/{_SURVEYS}"


def is_note(key: str) -> bool:
    """Whether a key of the raw zone is one of the lake's own, such as a manifest's."""
    return key.startswith(RAW) and name_of(key) in (_MANIFEST, _ARRIVED, _SURVEYS)


def arrived_beside(key: str) -> str:
    """The key of the note that a key of the raw zone would be named in before it is landed."""
    return f"{key.rpartition('/')[0]}/{_ARRIVED}"


def manifest_beside(key: str) -> str:
    """The key of the manifest that a key of the raw zone would be named in."""
    return f"{key.rpartition('/')[0]}/{_MANIFEST}"


def subject_of(key: str) -> str:
    """The subject that a key of the raw zone, of a release, a history or a pointer is of."""
    if key.startswith(RAW):
        return key.split("/")[-2]
    if key.startswith(CURRENT):
        return key[len(CURRENT) : -len(".json")]
    return key.split("/")[1]


def name_of(key: str) -> str:
    """The last part of a key: of a landed file, upstream's name."""
    return key.rpartition("/")[2]


def folder_of(key: str) -> str:
    """The folder, with its closing slash, of a release or a run that a key lies in."""
    depth = 3 if key.startswith(CURATED) else 2
    return "/".join(key.split("/")[:depth]) + "/"


def containing_folder(key: str) -> str:
    """The folder that a key lies in, with its closing slash."""
    return key.rpartition("/")[0] + "/"


def containing_folders(key: str) -> Iterator[str]:
    """Every folder that a key lies in, the nearest first, with their closing slashes."""
    while "/" in key:
        key = key.rpartition("/")[0]
        yield f"{key}/"


def releases(subject: str) -> str:
    """The folder of a subject's releases, with its closing slash."""
    return f"{CURATED}{subject}/"


def history_of(subject: str) -> str:
    """The folder of a subject's history, with its closing slash."""
    return f"{HISTORY}{subject}/"


def raw_backfill(survey: str, release: str, name: str) -> str:
    """The key of an old copy of a file that somebody kept, of a release of the past."""
    return f"{BACKFILL}{survey_code(survey)}/{release}/{safe_file_name(name)}"


def raw_backfills(survey: str) -> str:
    """The folder of a survey's old copies, with its closing slash."""
    return f"{BACKFILL}{survey_code(survey)}/"


def release_and_name(key: str) -> tuple[str, str]:
    """The release and the name of an old copy, by its key."""
    release, name = key.split("/")[-2:]
    return release, name


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


def history_folder(survey: str, data_file: str, year: str, digest: str, making: int = 1) -> str:
    """The folder of one state of one partition of the revisions, with its closing slash.

    Args:
        survey: its code.
        data_file: the partition's data file.
        year: the partition's year of releases.
        digest: of the files in it.
        making: 2 and more where an object with other bytes lies in an earlier one.
    """
    again = f"-{making}" if making > 1 else ""
    partition = f"data_file={data_file}/release_year={year}"
    return f"{history_of(survey)}{partition}/{digest}{again}/"


def release_list(subject: str, digest: str, making: int = 1) -> str:
    """The folder of one state of the list of releases beside the revisions, with its slash."""
    again = f"-{making}" if making > 1 else ""
    return f"{history_of(subject)}releases/{digest}{again}/"


def registered_only(survey: str) -> str:
    """A folder with nothing in it, for a table whose partitions lie where each is registered.

    Beside the current states of the partitions there are past and unpublished ones. Whoever lists
    a table's folder, and does not ask the catalog for partitions, would add them all up; here such
    a program finds nothing, and says so.
    """
    return f"{history_of(survey)}see-partitions/"


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
