"""The only maker of keys: where every object of a lake lies.

A key is a path with forward slashes, relative to the lake, the same on a directory and on S3::

    raw/bls/pr/pr.data.0.Current                       a file as BLS serves it
    raw/bls/pr/_manifest.json                          what was landed
    raw/backfill/pr/20240606T123000Z/pr.data.0.Current an old copy that somebody kept
    raw/population/acs_yg_total_population_1.json      the API's body as received
    curated/pr/20250904T123000Z-1a2b3c4d/              one immutable folder per release
    history/pr/0001/                                   what each release changed
    current/pr.json                                    which folder is current
    reports/latest/best_year.csv                       the reports
    runs/20250904T130000Z-9f2c/land_bls.json           one summary per job and run
    demo.json                                          only in a demo lake: marks it as one

Names that come from outside pass through ``safe_file_name`` before they become part of a key.
"""

from __future__ import annotations

from glue_jobs.formats.listing import safe_file_name
from glue_jobs.subjects import POPULATION, survey_code

RAW = "raw/"
BACKFILL = f"{RAW}backfill/"
CURATED = "curated/"
HISTORY = "history/"
CURRENT = "current/"
REPORTS = "reports/"
RUNS = "runs/"
DEMO_MARK = "demo.json"


def raw_file(survey: str, name: str) -> str:
    """The key of one landed file of a survey."""
    return f"{RAW}bls/{survey_code(survey)}/{safe_file_name(name)}"


def raw_survey(survey: str) -> str:
    """The folder of a survey's landed files, with its closing slash."""
    return f"{RAW}bls/{survey_code(survey)}/"


def raw_backfill(survey: str, release: str, name: str) -> str:
    """The key of an old copy of a file that somebody kept, of a release of the past."""
    return f"{BACKFILL}{survey_code(survey)}/{release}/{safe_file_name(name)}"


def raw_manifest(survey: str) -> str:
    """The key of a survey's manifest."""
    return f"{RAW}bls/{survey_code(survey)}/_manifest.json"


def raw_population(name: str) -> str:
    """The key of one landed page of the population API."""
    return f"{RAW}{POPULATION}/{safe_file_name(name)}"


def raw_population_manifest() -> str:
    """The key of the population's manifest."""
    return f"{RAW}{POPULATION}/_manifest.json"


def release_folder(subject: str, release: str, digest: str) -> str:
    """The folder of one release of a survey or of the population, with its closing slash."""
    return f"{CURATED}{subject}/{release}-{digest}/"


def history_folder(survey: str, generation: int) -> str:
    """The folder of a survey's revisions, with its closing slash; a backfill begins a new one."""
    return f"{HISTORY}{survey_code(survey)}/{generation:04d}/"


def pointer(subject: str) -> str:
    """The key of the pointer file of a survey or of the population."""
    return f"{CURRENT}{subject}.json"


def report(folder: str, name: str) -> str:
    """The key of one report file; the folder is ``latest`` or a run's id."""
    return f"{REPORTS}{folder}/{name}"


def run_summary(run_id: str, job: str) -> str:
    """The key of one job's summary in one run."""
    return f"{RUNS}{run_id}/{job}.json"
