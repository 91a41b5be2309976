"""`python -m bench.surveys`: what 59 surveys cost who asks or changes one; what a quiet run costs.

Two lakes are made by the jobs themselves from tiny files: one of 59 surveys with 18 tables each,
and one of a single survey. Then, in turn, each in a process of its own, medians of the runs:

1. `lake query 'select 1'` on both.
2. A publish after `pr` has a new release: also how many statements the engine was asked, and how
   many files were written.
3. `lake run` for `pr` with nothing new.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import string
import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import islice, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labor_lake.sample import excerpt, render
from labor_lake.sample.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Sequence

_FIRST = datetime(2025, 9, 4, 12, 30, tzinfo=timezone.utc)
# With data, series, sources and revisions, 18 tables: the mean of BLS's surveys.
_MAPPINGS = string.ascii_lowercase[:14]
_LAKE = Path(sys.executable).parent / "lake"
_LAUNCH = """
import os, sys
process = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(process, 0)
print(status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
"""


@dataclass(frozen=True)
class Spent:
    """What a process took.

    Attributes:
        cpu: seconds.
        megabytes: at most, of memory.
        told: what it printed.
    """

    cpu: float
    megabytes: float
    told: str


def codes(count: int) -> list[str]:
    """The surveys' codes: `pr`, then others."""
    letters = ("".join(pair) for pair in product(string.ascii_lowercase, repeat=2))
    return ["pr", *islice((code for code in letters if code != "pr"), count - 1)]


def serve(upstream: Upstream, survey: str, release: int) -> None:
    """Has upstream serve a release of a survey: 18 tables, of which the data change."""
    moment = _FIRST + timedelta(days=release)
    series = [f"{survey.upper()}S{number:08d}" for number in range(4)]
    rows = [
        (one, str(year), f"Q{quarter:02d}", f"{year % 7 + quarter + release}.5", "")
        for one in series
        for year in range(2010, 2020)
        for quarter in (1, 2, 3, 4)
    ]
    upstream.set_file(survey, f"{survey}.data.0.Current", render.data_file(rows), moment)
    files = {"series": [("series_id", "series_title"), *((one, "a title") for one in series)]}
    for letter in _MAPPINGS:
        name = f"part{letter}"
        files[name] = [(f"{name}_code", f"{name}_text"), *((str(n), "text") for n in range(5))]
    for name, lines in files.items():
        upstream.set_file(survey, f"{survey}.{name}", render.table_file(lines), _FIRST)


def run_jobs(upstream: Upstream, lake: Path, surveys: Sequence[str], *jobs: str) -> None:
    """Runs jobs on a lake in this process; all without a name."""
    from glue_jobs.running import Run, perform  # noqa: PLC0415
    from glue_jobs.settings import Settings  # noqa: PLC0415
    from glue_jobs.storage.local import LocalStorage  # noqa: PLC0415
    from labor_lake.workflow import job_named  # noqa: PLC0415
    from labor_lake.workflow import jobs as all_jobs  # noqa: PLC0415

    settings = Settings(
        lake=str(lake),
        contact="bench@example.com",
        bls_url=upstream.bls_url,
        population_url=(upstream.population_url,),
        surveys=tuple(surveys),
        requests_per_second=10_000.0,
    )
    run = Run(settings, LocalStorage(lake), "bench")
    for job in jobs or all_jobs():
        _, failures = perform(job, job_named(job), run)
        assert not failures, failures


def publish(lake: Path) -> None:
    """Publishes, and prints as JSON what that asked of the engine and what it wrote."""
    from glue_jobs import publish_reports  # noqa: PLC0415
    from glue_jobs.running import Run, new_run_id  # noqa: PLC0415
    from glue_jobs.settings import Settings  # noqa: PLC0415
    from glue_jobs.storage.local import LocalStorage  # noqa: PLC0415

    job: Any = publish_reports
    counts = {"statements": 0, "files written": 0}

    def counted(place: Any, name: str, what: str) -> None:
        real = getattr(place, name)

        def count(*given: Any, **named: Any) -> Any:
            counts[what] += 1
            return real(*given, **named)

        setattr(place, name, count)

    opened = job.open_engine

    def open_counted(*given: Any) -> Any:
        engine = opened(*given)
        counted(engine, "query", "statements")
        return engine

    job.open_engine = open_counted
    storage = LocalStorage(lake)
    counted(storage, "restore", "files written")
    outcome = job.publish_reports(Run(Settings(lake=str(lake)), storage, new_run_id()))
    assert outcome.changed, "nothing was published"
    print(json.dumps(counts))


def spend(words: list[str], folder: Path) -> Spent:
    """Runs a process to its end.

    A small process starts it, since one that is started by a large one counts that one's memory.
    """
    # As for whoever has it installed: modules are compiled once.
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(folder / "compiled")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    output = folder / "output"
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    actions = [(os.POSIX_SPAWN_OPEN, 1, str(output), flags, 0o600)]
    launcher = [sys.executable, "-S", "-c", _LAUNCH, *words]
    os.waitpid(os.posix_spawn(sys.executable, launcher, environment, file_actions=actions), 0)
    *told, last = output.read_text("utf-8").splitlines()
    status, cpu, peak = last.split()
    if int(status):
        raise SystemExit(f"{' '.join(words)} failed.")
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return Spent(float(cpu), int(peak) / unit, "\n".join(told))


def tell(title: str, runs: dict[str, list[Spent]]) -> None:
    """Prints the medians, and the ratio of the first two."""
    cpu = {name: statistics.median(one.cpu for one in own) for name, own in runs.items()}
    print(f"\n| {title} | CPU s | peak MB |\n|---|---|---|")
    for name, own in runs.items():
        peak = statistics.median(one.megabytes for one in own)
        print(f"| {name} | {cpu[name]:.2f} | {peak:.0f} |")
    one, many, *_ = cpu.values()
    print(f"\nratio: {many / one:.2f}", flush=True)


def measure(folder: Path, count: int, repeat: int) -> None:
    """Makes the lakes, and measures."""
    lakes = {"one survey": folder / "one", f"{count} surveys": folder / "many"}
    surveys = dict(zip(lakes, (["pr"], codes(count))))
    with Upstream() as upstream:
        for survey in codes(count):
            serve(upstream, survey, 0)
        for cube, (name, years) in excerpt.population().items():
            upstream.cubes[cube] = render.population_body(name, years)
        for label, lake in lakes.items():
            run_jobs(upstream, lake, surveys[label])
            spend(_query(lake), folder)  # compiles
        asked, published, quiet = ({label: list[Spent]() for label in lakes} for _ in range(3))
        for number in range(1, repeat + 1):
            serve(upstream, "pr", number)
            for label, lake in lakes.items():
                asked[label].append(spend(_query(lake), folder))
                run_jobs(upstream, lake, ["pr"], "land_bls", "build_tables")
                words = [sys.executable, "-m", "bench.surveys", "--publish", str(lake)]
                published[label].append(spend(words, folder))
                quiet[label].append(spend(_quiet_run(upstream, lake), folder))
    tell("`select 1`", asked)
    tell("a publish after `pr` has changed", published)
    for label, own in published.items():
        print(f"{label}: {own[-1].told.strip()}")
    tell("`lake run` for `pr` with nothing new", quiet)


def _query(lake: Path) -> list[str]:
    return [str(_LAKE), "query", "select 1", "--lake", str(lake)]


def _quiet_run(upstream: Upstream, lake: Path) -> list[str]:
    urls = ["--bls-url", upstream.bls_url, "--population-url", upstream.population_url]
    contact = ["--contact", "bench@example.com", "--requests-per-second", "100"]
    return [str(_LAKE), "run", "--lake", str(lake), "--surveys", "pr", *urls, *contact]


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser("python -m bench.surveys", description=__doc__)
    parser.add_argument("--surveys", type=int, default=59, help="of the larger lake (default: 59)")
    parser.add_argument("--repeat", type=int, default=5, help="runs of each (default: 5)")
    parser.add_argument("--publish", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.publish:
        publish(arguments.publish)
        return
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), arguments.surveys, arguments.repeat)


if __name__ == "__main__":
    main()
