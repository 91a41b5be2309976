"""One lake and its upstream, run by the real jobs at a fixed time, and compared byte for byte."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from glue_jobs.running import perform
from glue_jobs.settings import RetryPolicy
from glue_jobs.sources.registry import landing_jobs
from labor_lake.sample import excerpt, render
from labor_lake.workflow import job_named
from tests.aws import REGION
from tests.lakes import run_at
from tests.pointers import load_pointers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from glue_jobs.errors import LakeError
    from glue_jobs.running import Run
    from glue_jobs.storage.protocol import Storage
    from tests.faults.places import Kept, Place, Places, Tree
    from tests.simulator.upstream import Upstream

SURVEY_PATH = "/pub/time.series/pr/"
DATA_FILE = "pr.data.0.Current"
CONTACT = "someone.unmistakable@example.org"
NEXT_RELEASE = datetime(2025, 12, 9, 13, 30, tzinfo=timezone.utc)
QUICK = RetryPolicy(
    first_pause=0.001,
    connect_timeout=2.0,
    head_timeout=2.0,
    read_timeout=2.0,
    again=False,  # so that what a fault does once can be counted
)


_kept: dict[tuple[str, str], Kept] = {}


@dataclass(frozen=True)
class Done:
    """What a job did: its summary, and what it failed with."""

    summary: Mapping[str, Any]
    failures: tuple[LakeError, ...]

    @property
    def exit_code(self) -> int:
        code: int = self.summary["exit_code"]
        return code

    @property
    def error(self) -> LakeError:
        """The one failure, which is told in one sentence."""
        (error,) = self.failures
        text = str(error)
        assert re.fullmatch(r"([A-Z0-9']|pr\.).*\.", text)  # one line, too
        assert len(text) < 300
        assert CONTACT not in text + error.hint
        return error

    @property
    def told(self) -> str:
        """The failure's sentence and what to do about it."""
        return f"{self.error} {self.error.hint}"


class Lake:
    """A lake in some place that lands from one upstream.

    Attributes:
        runs: how many it had; each has a name of its own.
    """

    def __init__(self, place: Place, upstream: Upstream, **settings: object) -> None:
        self.place = place
        self.upstream = upstream
        self._settings = settings
        self.runs = 0

    @property
    def storage(self) -> Storage:
        return self.place.storage

    @property
    def folder(self) -> Path:
        """The directory of a lake in one."""
        return self.place.folder

    def run(self, **settings: object) -> Run:
        """A run with a name of its own, which waits for nothing."""
        self.runs += 1
        given = {
            "contact": CONTACT,
            "requests_per_second": 1e6,
            "database": self.place.database or "labor_lake",
            "region": REGION,
            **self._settings,
            **settings,
        }
        run = run_at(self.place.uri, self.upstream, f"run-{self.runs}", **given)
        return replace(run, retry=QUICK)

    def do(self, name: str, run: Run) -> Done:
        summary, failures = perform(name, job_named(name), run)
        return Done(summary, tuple(failures))

    def land_bls(self, retry: RetryPolicy = QUICK, **settings: object) -> Done:
        return self.do("land_bls", replace(self.run(**settings), retry=retry))

    def land_population(self, retry: RetryPolicy = QUICK, **settings: object) -> Done:
        return self.do("land_population", replace(self.run(**settings), retry=retry))

    def build(self, **settings: object) -> Done:
        return self.do("build_tables", self.run(**settings))

    def run_all(self, run: Run | None = None) -> list[LakeError]:
        """Lands and builds as the workflow does, one after the other; returns the failures."""
        run = run or self.run()
        failures: list[LakeError] = []
        for jobs in (landing_jobs(), ("build_tables",)):
            done = [self.do(name, run) for name in jobs]
            failures += [failure for one in done for failure in one.failures]
            if any(one.summary["stopped"] for one in done):
                break
        return failures

    def asked(self, path: str = "") -> list[str]:
        """The paths of the requests so far, or of those for one path."""
        paths = [request.path for request in self.upstream.requests]
        return [asked for asked in paths if asked == path] if path else paths

    def tree(self, *folders: str) -> Tree:
        """All visible files but the run summaries, or those of some folders."""
        return {
            path: hashed
            for path, hashed in self.place.visible().items()
            if (path.split("/")[0] in folders if folders else not path.startswith("runs/"))
        }

    def everything(self) -> Tree:
        """All files and all versions; but for the run summaries."""
        kept = {f"version {path}": hashed for path, hashed in self.place.kept().items()}
        return {
            **self.tree(),
            **{path: hashed for path, hashed in kept.items() if "version runs/" not in path},
        }

    def noted(self) -> Tree:
        """All that is landed, built or published, with all of its versions.

        Without what a landing has stored that was ended, which its manifest does not name.
        """
        stored = re.compile(r"(version )?raw/bls/[a-z]{2}/(?!_manifest)")
        return {
            path: hashed for path, hashed in self.everything().items() if not stored.match(path)
        }

    def landed_ever(self) -> set[str]:
        """The hashes of all contents that the raw zone ever held."""
        kept = self.place.kept().items()
        return {hashed for path, hashed in kept if path.startswith("raw/")}

    def check(self, *, killed: bool = False, raced: bool = False) -> None:
        """Every manifest and pointer entry matches its bytes, and nothing half done is left.

        A process that was killed could not clear its scratch folder; the next one does.
        """
        self.place.check_entries(raced=raced)
        assert killed or self.place.litter() == []

    def pointed(self) -> Tree:
        """The pointers, and the files of the folders they name.

        Without the history, which tells how many vintages this lake has happened to see.
        """
        pointers = load_pointers(self.storage)
        folders = tuple(pointer.folder for pointer in pointers)
        tree = {
            path: hashed
            for path, hashed in self.tree("curated").items()
            if path.startswith(folders)
        }
        for pointer in pointers:
            tables = {name: table for name, table in pointer.tables.items() if not table.folder}
            timeless = replace(pointer, history=(), tables=tables, tag=None)
            tree[pointer.subject] = hashlib.sha256(repr(timeless).encode()).hexdigest()
        return tree

    def read_json(self, key: str) -> dict[str, Any]:
        content = self.storage.get(key)
        assert content is not None
        document: dict[str, Any] = json.loads(content.body)
        return document


def lake_after(
    places: Places,
    upstream: Upstream,
    name: str,
    serve: Sequence[Callable[[Upstream], None]],
    **settings: object,
) -> Lake:
    """A lake that had a run after each of these changes of its upstream; none is in its log.

    A process makes it once and keeps it; each later test gets it as it was then.

    Args:
        places: where it lies.
        upstream: nothing of this has been served yet.
        name: of the changes; other ones have another.
        serve: change what upstream serves, in turn.
        settings: of its runs.
    """
    kept = _kept.get((places.backend, name))
    again = kept is not None and not kept.is_there
    lake = Lake(places.again(kept) if kept and again else places.new(), upstream, **settings)
    for change in serve:
        change(upstream)
        if again:
            lake.runs += 1
        else:
            assert lake.run_all() == []
    upstream.clear_log()
    if not kept:
        _kept[places.backend, name] = places.keep(lake.place)
    return lake


def publish_next_release(upstream: Upstream) -> None:
    """BLS has changed two files, and the API has another year."""
    for name, line in (
        (DATA_FILE, observation("PRS88003203", "2026", "Q01", "1.5", "R")),
        ("pr.class", b"9\tNew workers\t0\tT\t3\r\n"),
    ):
        change_file(upstream, name, body_of(upstream, name) + line)
    cube = "acs_yg_total_population_1"
    dataset_name, years = excerpt.population()[cube]
    upstream.cubes[cube] = render.population_body(dataset_name, {**years, 2031: 350_000_000})


def change_file(
    upstream: Upstream, name: str, body: bytes, moment: datetime = NEXT_RELEASE
) -> None:
    """BLS serves another content of a file, or a new file."""
    upstream.set_file("pr", name, body, moment)


def body_of(upstream: Upstream, name: str) -> bytes:
    body = upstream.surveys["pr"][name].body
    assert isinstance(body, bytes)
    return body


def observation(series: str, year: str, period: str, value: str, footnote: str = "") -> bytes:
    """A line of a data file."""
    return f"{series:<17}\t{year}\t{period}\t{value:>12}\t{footnote}\r\n".encode("latin-1")
