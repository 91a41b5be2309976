"""Ten surveys, of which BLS does not serve one; and the day after, on which it does.

One is `pr`, which the other days are about. The files of the nine others have BLS's names, and
three rows each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import awswrangler as wr

from glue_jobs.reports.index import load_index
from glue_jobs.sources.bls.surveys import landed_surveys
from tests.pointers import load_pointers
from tests.rehearsal import checks
from tests.simulator.faults import Status
from tests.simulator.world import inventory, serve_survey

if TYPE_CHECKING:
    from glue_jobs.storage.s3 import S3Storage
    from tests.rehearsal.days import Rehearsal
    from tests.simulator.upstream import Upstream

# Beside `pr` those with the fewest files.
SURVEYS = ("cc", "eb", "gp", "li", "mp", "pr", "sh", "si", "su", "ws")
GONE = "li"

PARAMETERS = {"Surveys": ",".join(SURVEYS), "BuildCapacity": "1", "JobMinutes": "60"}
"""What the stack is deployed with for these days."""


def day_with_one_gone(rehearsal: Rehearsal, upstream: Upstream, storage: S3Storage) -> None:
    """One survey's folder is not there: nine are landed, built and published, and it is named."""
    for survey in SURVEYS:
        if survey not in upstream.surveys:
            serve_survey(upstream, survey)
    upstream.script(f"/pub/time.series/{GONE}/", Status(404), forever=True)
    # Some eighty files, which at BLS's own pace would take 20 seconds.
    runs = rehearsal.run("one of ten is gone", LAKE_REQUESTS_PER_SECOND="100")
    upstream.clear_script()
    rehearsal.holds("all four jobs run", len(runs) == 4)
    last = runs["publish_reports"]
    rehearsal.holds("the last job ends with 7", (last.exit_code, last.tries) == (7, 1))
    rehearsal.holds(
        "its one sentence names it", checks.is_one_sentence(last.told) and f" {GONE}." in last.told
    )
    rehearsal.quote(last)
    _are_published(rehearsal, storage, set(SURVEYS) - {GONE})
    rehearsal.is_whole()


def day_after(rehearsal: Rehearsal, storage: S3Storage) -> None:
    """It is there again: it is landed, built and published, and nothing else is."""
    before = {pointer.subject: pointer.folder for pointer in load_pointers(storage)}
    asked = len(rehearsal.cloud.calls)
    rehearsal.succeeds(rehearsal.run("all ten are there"))
    _are_published(rehearsal, storage, set(SURVEYS))
    now = {pointer.subject: pointer.folder for pointer in load_pointers(storage)}
    rehearsal.holds("no other is built again", {**now, **before} == now)
    moved = [
        call.resource
        for call in checks.writes(rehearsal.calls(asked))
        if f":table/{rehearsal.database}/" in call.resource
        and call.resource.rpartition("/")[2].partition("_")[0] in before
    ]
    rehearsal.holds("nor written to the catalog again", not moved)
    for resource in dict.fromkeys(moved):
        rehearsal.tell(f"         {resource}")
    rehearsal.is_whole()


def _are_published(rehearsal: Rehearsal, storage: S3Storage, surveys: set[str]) -> None:
    rehearsal.holds(f"{len(surveys)} are landed", set(landed_surveys(storage)) == surveys)
    built = {pointer.subject for pointer in load_pointers(storage)} - {"population"}
    rehearsal.holds("the same are built", built == surveys)
    index = load_index(storage)
    rehearsal.holds("and reported", index is not None and set(index.changes) == surveys)
    rows = {one: _rows(rehearsal.database, one) for one in surveys if one != "pr"}
    rehearsal.holds("and readers have every row", rows == {one: _served(one) for one in rows})


def _rows(database: str, survey: str) -> int:
    return len(wr.s3.read_parquet_table(f"{survey}_data", database))


def _served(survey: str) -> int:
    """Rows of the survey's data files, as `serve_survey` makes them."""
    files = [file.name.partition(".")[2] for file in inventory() if file.survey == survey]
    return 3 * sum(name.startswith("data.") and name != "data.type" for name in files)
