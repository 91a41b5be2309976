"""What happens in a rehearsal: a week of the lake's life, and what must hold after each day."""

from __future__ import annotations

import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Callable

from glue_jobs.catalog.pointers import column_names, tables_of
from glue_jobs.storage.s3 import S3Storage
from glue_jobs.views import views_over
from labor_lake.verification import Findings, compare_object, noted_objects, recorded_subjects
from tests.captures import CAPTURES
from tests.pointers import load_pointers
from tests.rehearsal import checks, ten_surveys
from tests.rehearsal.calls import priced
from tests.rehearsal.server import Failure
from tests.rehearsal.upstreams import (
    DATA_FILES,
    Gate,
    break_file,
    publish_population,
    publish_release,
)
from tests.rehearsal.users import (
    DATA_FILES_SHORT,
    check_notebook,
    check_tools,
    read_partitions,
    reading,
    rows_by_file,
)
from tests.simulator.faults import Status
from tests.wheels import NOTEBOOK_PYTHON

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.cloudformation import Stack
    from tests.rehearsal.calls import Call
    from tests.rehearsal.glue import Glue, JobRun
    from tests.rehearsal.server import Cloud
    from tests.simulator.upstream import Upstream

MOST_MB = 512
REPORTS = ("best_year", "population_summary", "series_population")
JOBS = ("land_bls", "land_population", "build_tables", "publish_reports")
_LISTING = "/pub/time.series/pr/"


class Rehearsal:
    """One simulated cloud, one upstream, one stack; and what was found.

    Attributes:
        stack: the template with its parameters.
        cloud: the account.
        glue: runs the stack's jobs.
        upstream: what the lake is made from.
        tell: is given each line about what held.
        database: the stack's, in the catalog.
        storage: the lake.
        releases: numbers for what upstream publishes, each later than the one before.
        failures: what did not hold.
        runs: every job run, by the day's name.
        requests: of each run, by what they cost.
    """

    def __init__(
        self,
        stack: Stack,
        cloud: Cloud,
        glue: Glue,
        upstream: Upstream,
        tell: Callable[[str], None],
    ) -> None:
        self.failures: list[str] = []
        self.runs: list[tuple[str, JobRun]] = []
        self.requests: list[tuple[str, Counter[str]]] = []
        self.stack, self.cloud, self.glue = stack, cloud, glue
        self.upstream, self.tell = upstream, tell
        self.database = stack.outputs["DatabaseName"]
        self.storage = S3Storage(stack.outputs["LakeUri"])
        self._numbers = iter(range(1, 1000))
        self.releases = iter(range(1, 1000))

    def beside(self, stack: Stack, glue: Glue, upstream: Upstream) -> Rehearsal:
        """Another stack in the same cloud; what is found of it is told with what is found here."""
        other = Rehearsal(stack, self.cloud, glue, upstream, self.tell)
        other.failures, other.runs, other.requests = self.failures, self.runs, self.requests
        return other

    def play(self, day: Callable[[], None]) -> None:
        """Plays a day; one that stumbles over what did not hold is told as such, and ends there."""
        try:
            day()
        except Exception as error:  # noqa: BLE001 - what did not hold before it has to be told
            traceback.print_exc()
            self.holds(f"the day goes to its end, without {error!r}", held=False)

    # What is asked of a day.

    def holds(self, what: str, held: object) -> None:
        """Notes whether something holds, and says so."""
        self.tell(f"  {'ok    ' if held else 'FAILED'} {what}")
        if not held:
            self.failures.append(what)

    def run(self, day: str, *, retries: bool = True, **environ: str) -> dict[str, JobRun]:
        """Runs the workflow once; returns the job runs by job."""
        before = len(self.cloud.calls)
        given = {**self._urls(), **environ}
        runs = self.glue.run_workflow(self._next_run_id(), given, retries=retries)
        self.runs += [(day, run) for run in runs]
        self.requests.append((day, priced(self.calls(before))))
        return {run.job: run for run in runs}

    def run_job(self, job: str, arguments: Mapping[str, str]) -> JobRun:
        """Runs one job, with arguments in place of the template's."""
        return self.glue.run_job(job, self._next_run_id(), self._urls(), arguments)

    def calls(self, since: int = 0) -> list[Call]:
        """What the stack's jobs have asked for, from a place in the cloud's list on."""
        return [call for call in self.cloud.calls[since:] if call.caller in self.glue.callers]

    @property
    def statements(self) -> list[str]:
        """What Athena was asked in the stack's database."""
        return self.cloud.statements[self.database]

    def succeeds(self, runs: Mapping[str, JobRun]) -> None:
        """All four jobs ran and succeeded at their first try."""
        states = {name: (run.exit_code, run.tries) for name, run in runs.items()}
        self.holds("all four jobs succeed", states == dict.fromkeys(JOBS, (0, 1)))
        for run in runs.values():
            if run.told:
                self.tell(f"         {run.job}, exit {run.exit_code}: {run.told}")

    def reports_are(self, expected: Path | None, month: str) -> None:
        """The reports say what was computed independently from the capture of a month."""
        for name in REPORTS if expected else ():
            self.holds(
                f"{name}.csv equals that of {month}", self._is_expected(name, expected, month)
            )
        if expected is None:
            self.tell("         The reports were not compared: there is no real capture here.")

    def is_whole(self) -> None:
        """Every object is what manifest and pointer say, the catalog what the pointers say."""
        found, now = Findings(), datetime.now(timezone.utc)
        noted = [
            entry
            for subject in recorded_subjects(self.storage)
            for entry in noted_objects(self.storage, subject, found, now)
        ]
        wrong = found.problems + [
            one for entry in noted for one in compare_object(self.storage, entry)
        ]
        self.holds(f"{len(noted)} objects are what manifests and pointers say", not wrong)
        pointers = load_pointers(self.storage)
        differing = checks.catalog_differences(self.database, self.storage.uri, pointers)
        self.holds(
            f"the catalog shows {len(tables_of(pointers))} tables where the pointers say",
            pointers and not differing,
        )
        for name in differing:
            self.tell(f"         another place: {name}")

    @contextmanager
    def is_quiet(self) -> Iterator[None]:
        """Meanwhile the stack's jobs ask once what there is, and write nothing but summaries."""
        before, asked = len(self.cloud.calls), len(self.statements)
        self.upstream.clear_log()
        yield
        written = checks.writes(self.calls(before))
        self.holds("only run summaries are written, beside leases", not written)
        for call in dict.fromkeys(written):
            self.tell(f"         {call.caller}: {call.action} on {call.resource}")
        self.holds("upstream is asked twice", len(self.upstream.requests) == 2)
        self.holds("Athena is asked nothing", len(self.statements) == asked)

    # The days.

    def first_day(self, expected: Path | None) -> None:
        """An empty bucket: everything is landed, built and reported."""
        self.tell("\nThe first day")
        runs = self.run("first day")
        self.succeeds(runs)
        self.reports_are(expected, "2025-10")
        if not self.failures:
            self._views_were_made()
            self.is_whole()
            check_tools(self.stack, self.holds)
            if NOTEBOOK_PYTHON.exists():
                check_notebook(self.stack, self.holds)
            else:
                self.tell("         The notebook was not executed: `make notebook` comes first.")

    def large_day(self, data_mb: int) -> None:
        """One large data file, then its next release: what memory the jobs need."""
        self.tell(f"\nA first day with a data file of {data_mb} MB")
        self.succeeds(self.run(f"{data_mb} MB"))
        if not self.failures:
            self.tell("\nIts next release, compared with the first")
            publish_release(self.upstream, next(self.releases))
            self.succeeds(self.run("its release"))

    def memory(self) -> None:
        """No job of any day held more than it may."""
        self.tell("\nMemory")
        peak = max(run.peak_mb for _, run in self.runs)
        self.holds(f"no job held more than {MOST_MB} MB (most: {peak:.0f} MB)", peak < MOST_MB)

    def day_with_nothing_new(self) -> None:
        """One request per survey and dataset; nothing is written but the summaries."""
        self.tell("\nA day with nothing new")
        with self.is_quiet():
            self.succeeds(self.run("nothing new"))

    def day_of_a_release(self) -> None:
        """A new release is published while somebody reads."""
        self.tell("\nA release, read while it is published")
        old, asked = rows_by_file(self.database), len(self.statements)
        with reading(self.database) as seen:
            publish_release(self.upstream, next(self.releases))
            self.succeeds(self.run("release"))
        new = rows_by_file(self.database)
        self.holds("the release has one row more per file", new == {n: old[n] + 1 for n in old})
        # Rows of two releases would be one of each, and their number in between.
        current = DATA_FILES_SHORT[0]
        refused = seen.pop("refused", 0)
        self.holds(
            f"{sum(seen.values())} reads, before, meanwhile and after: rows of one release each",
            set(seen) == {sum(old.values()), sum(new.values()), old[current], new[current]},
        )
        self.tell(f"         refused while the table moved: {refused}")
        known = read_partitions("pr_revisions", self.database)
        changes = list(known["change"][known["release"] == known["release"].max()])
        self.holds("pr_revisions has what was added", changes == ["added"] * len(old))
        made = [sql for sql in self.statements[asked:] if "create or replace view" in sql]
        self.holds("no view is made again", not made)
        self.is_whole()

    def day_of_a_failing_subject(self) -> None:
        """BLS refuses; the population is published all the same, and the verdict names BLS."""
        self.tell("\nA day on which BLS refuses, and the population has news")
        before = load_pointers(self.storage)
        self.upstream.script(_LISTING, Status(403), forever=True)
        publish_population(self.upstream)
        runs = self.run("BLS refuses")
        self.upstream.clear_script()
        self.holds("all four jobs run", set(runs) == set(JOBS))
        self.holds("land_bls ends with 0, so that they do", _ends(runs, "land_bls") == (0, 1))
        last = runs["publish_reports"]
        self.holds(
            "the last job ends with 7, not tried again", (last.exit_code, last.tries) == (7, 1)
        )
        self.holds(
            "its one sentence names BLS", checks.is_one_sentence(last.told) and "BLS" in last.told
        )
        self.quote(last)
        moved = {now.subject for now, old in zip(load_pointers(self.storage), before) if now != old}
        self.holds("the population is published, pr is as it was", moved == {"population"})
        self.is_whole()
        self.succeeds(self.run("BLS is back"))

    def day_of_a_held_file(self) -> None:
        """One file of a release does not convert; the others are published."""
        self.tell("\nA release of which one file does not convert")
        whole = self.upstream.surveys["pr"]["pr.class"]
        number = next(self.releases)
        publish_release(self.upstream, number)
        break_file(self.upstream, "pr.class", number)
        before = rows_by_file(self.database)
        runs = self.run("a file is broken")
        self.holds("all four jobs run", set(runs) == set(JOBS))
        last = runs["publish_reports"]
        self.holds(
            "the last job ends with 7, not tried again", (last.exit_code, last.tries) == (7, 1)
        )
        self.holds(
            "its one sentence names the file",
            checks.is_one_sentence(last.told) and "pr.class" in last.told,
        )
        self.quote(last)
        self.holds("readers have the release", rows_by_file(self.database) != before)
        self.is_whole()
        self.upstream.set_file("pr", "pr.class", whole.body, whole.last_modified)
        self.succeeds(self.run("the file is mended"))

    def day_without_athena(self) -> None:
        """Athena refuses a statement; the tables are published, and the next run makes the rest."""
        self.tell("\nA release while Athena refuses a statement")
        before = rows_by_file(self.database)
        publish_release(self.upstream, next(self.releases))
        self.cloud.fail(Failure("athena:StartQueryExecution", "AccessDeniedException", after=0))
        runs = self.run("Athena refuses")
        last = runs["publish_reports"]
        self.holds("the last job ends with 7", (last.exit_code, last.tries) == (7, 1))
        self.quote(last)
        self.succeeds(self.run("Athena is back"))
        self.holds("readers have the release", rows_by_file(self.database) != before)

    def day_of_a_broken_catalog(self) -> None:
        """The catalog refuses half way and on; the next run repairs it."""
        self.tell("\nThe catalog refuses changes half way")
        old = rows_by_file(self.database)
        publish_release(self.upstream, next(self.releases))
        refused = Failure("glue:UpdateTable", "AccessDeniedException", after=1, lasting=True)
        self.cloud.fail(refused)
        runs = self.run("broken catalog", retries=False)
        self.cloud.fail(None)
        self.holds("build_tables ends with 7", _ends(runs, "build_tables") == (7, 1))
        self.quote(runs["build_tables"])
        self.holds("the reports are not made", "publish_reports" not in runs)
        self.succeeds(self.run("repaired"))
        new = rows_by_file(self.database)
        self.holds("readers have the release", new == {name: old[name] + 1 for name in old})
        self.is_whole()

    def day_of_two_runs(self) -> None:
        """Two runs at once, both of a new release: one holds the lease, the other ends with 5."""
        self.tell("\nTwo runs at once")
        publish_release(self.upstream, next(self.releases))
        gate = Gate()
        self.upstream.script(f"{_LISTING}{DATA_FILES[0]}", gate)
        with ThreadPoolExecutor(1) as pool:
            # Without retries: Glue's would make the loser succeed after all.
            slow = pool.submit(self.run, "two runs: first", retries=False)
            gate.entered.wait(60)
            lost = self.run("two runs: second", retries=False)
            gate.open()
            won = slow.result()
        self.succeeds(won)
        self.holds("the second one ends with 5", _ends(lost, "publish_reports") == (5, 1))
        self.quote(lost["publish_reports"])
        self.is_whole()

    def days_of_ten_surveys(self, larger: Stack) -> None:
        """Ten surveys, of which one is not served; then all of them."""
        if CAPTURES is None:
            self.tell("\nTen surveys were left out: there is no list of real file names here.")
            return
        self.glue.update_jobs(larger)
        self.tell("\nTen surveys, of which BLS does not serve one")
        ten_surveys.day_with_one_gone(self, self.upstream, self.storage)
        if not self.failures:
            self.tell("\nThe day after, on which it does")
            ten_surveys.day_after(self, self.storage)
        self.glue.update_jobs(self.stack)

    # Pieces.

    def _next_run_id(self) -> str:
        return f"wr_{next(self._numbers):04d}"

    def _urls(self) -> dict[str, str]:
        return {
            "LAKE_BLS_URL": self.upstream.bls_url,
            "LAKE_POPULATION_URL": self.upstream.population_url,
        }

    def quote(self, run: JobRun) -> None:
        """Says what a job said of its failure."""
        for line in run.told.splitlines():
            self.tell(f"         {line}")

    def _views_were_made(self) -> None:
        """Views are made by statements, which moto takes without looking at them; so this does."""
        columns = column_names(load_pointers(self.storage))
        views, asked = list(views_over(columns).values()), self.statements
        self.holds(
            f"{len(views)} views are made before anything reads them",
            {sql.strip() for sql in views} <= {sql.strip() for sql in asked}
            and not checks.asked_too_early(asked, columns),
        )

    def _is_expected(self, name: str, folder: Path | None, month: str) -> bool:
        assert folder is not None
        made = self.storage.get(f"reports/latest/{name}.csv")
        kind = "acs1-2025-10" if name == "population_summary" else month
        expected = (folder / f"{name}-{kind}.csv").read_text("utf-8").splitlines()
        return made is not None and made.body.decode().splitlines() == expected


def _ends(runs: Mapping[str, JobRun], job: str) -> tuple[int, int]:
    return runs[job].exit_code, runs[job].tries
