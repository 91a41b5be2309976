"""`python -m bench.history`: what keeping history costs, and what an as-of query reads.

1. A file is converted whose predecessor is there, with one value in a hundred revised: alone, and
   with the comparison, each in a process of its own, in turn; medians of the runs.
2. 24 releases of a file, each with one value in a hundred revised: one series as of a date, and
   all of them, with the bytes that DuckDB read.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.generate import generate

if TYPE_CHECKING:
    from collections.abc import Callable

_REVISED_EVERY = 100
_RELEASES = 24


def revise(source: Path, target: Path, start: int) -> None:
    """Copies a data file with the value of every hundredth line raised by a tenth."""
    with source.open("rb") as lines, target.open("wb") as sink:
        for number, line in enumerate(lines):
            if number and number % _REVISED_EVERY == start:
                fields = line.split(b"\t")
                fields[3] = b"%12.3f" % (float(fields[3]) + 0.1)
                line = b"\t".join(fields)  # noqa: PLW2901
            sink.write(line)


def convert(source: Path, target: Path, _: Path) -> None:
    """The conversion alone."""
    from glue_jobs.tables.convert import Content, convert_data  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as scratch:
        file = Content(source.name, source.stat().st_size, lambda: source.open("rb"))
        convert_data(file, target, Path(scratch), None)


def convert_and_compare(source: Path, target: Path, before: Path) -> None:
    """The conversion, and the comparison with the vintage before."""
    from glue_jobs.tables.parquet import write_parquet  # noqa: PLC0415
    from glue_jobs.tables.revisions import (  # noqa: PLC0415
        SCHEMA,
        compare_vintages,
        read_vintage,
    )

    convert(source, target, before)
    with before.open("rb") as previous, target.open("rb") as current:
        changes = compare_vintages(read_vintage(previous), read_vintage(current))
        write_parquet(target.with_suffix(".changes"), SCHEMA, changes)


_CONTESTANTS: dict[str, Callable[[Path, Path, Path], None]] = {
    "convert": convert,
    "compare": convert_and_compare,
}


def measure(name: str, *paths: Path) -> tuple[float, float]:
    """CPU seconds and peak memory in MB of one run in a fresh process."""
    words = [sys.executable, "-m", "bench.history", "--one", name, *map(str, paths)]
    process = os.posix_spawn(sys.executable, words, os.environ)
    _, status, usage = os.wait4(process, 0)
    if status:
        raise SystemExit(f"{name} failed.")
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit


def cost(folder: Path, megabytes: int, repeat: int) -> None:
    """Prints what the comparison adds to the conversion."""
    old, new, parquet = folder / "old", folder / "new", folder / "old.parquet"
    generate(old, megabytes * 1_000_000)
    revise(old, new, 0)
    measure("convert", old, parquet, parquet)
    old.unlink()
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in _CONTESTANTS}
    for _ in range(repeat):
        for name, results in runs.items():
            results.append(measure(name, new, folder / "new.parquet", parquet))
    print(f"| {megabytes} MB | CPU s | to the conversion | peak MB |\n|---|---|---|---|")
    floor = statistics.median(cpu for cpu, _ in runs["convert"])
    for name, results in runs.items():
        cpu = statistics.median(cpu for cpu, _ in results)
        peak = statistics.median(peak for _, peak in results)
        label = {"convert": "without history", "compare": "with history"}[name]
        print(f"| {label} | {cpu:.2f} | {cpu / floor:.2f} | {peak:.0f} |")
    print(flush=True)


def ask(folder: Path, megabytes: int) -> None:
    """Prints what as-of queries on 24 releases take and read."""
    from glue_jobs.catalog.pointers import load_pointer  # noqa: PLC0415
    from glue_jobs.catalog.vintages import pointers_as_of  # noqa: PLC0415
    from glue_jobs.settings import Settings  # noqa: PLC0415
    from glue_jobs.timestamps import end_of  # noqa: PLC0415
    from labor_lake.commands.backfill import backfill  # noqa: PLC0415
    from labor_lake.engines.duckdb import DuckDBEngine  # noqa: PLC0415

    storage = _first_release(folder, megabytes)
    copies = {}
    for number in range(1, _RELEASES):
        copy = folder / f"copy-{number}"
        revise(folder / "first", copy, number)
        copies[f"20{number:02d}0601T123000Z"] = copy
    pointer = load_pointer(storage, "pr")
    assert pointer is not None
    made = backfill(storage, pointer, "pr.data.0.Current", copies)
    assert made is not None
    size = sum(file.bytes for file in made.tables["pr_revisions"].files)
    print(f"{_RELEASES} releases of a file of {megabytes} MB: {size / 1e6:.1f} MB of revisions\n")
    engine = DuckDBEngine(storage, pointers_as_of(storage, end_of("2020-12-31")), Settings())
    print("| as of 2020-12-31 | seconds | rows | MB read |\n|---|---|---|---|")
    for label, condition in (("one series", "where series_id = 'PRS00000100'"), ("all", "")):
        started, before = time.monotonic(), _bytes_read()
        sql = f"select count(*) as n, sum(value) as s from pr_data {condition}"
        rows = engine.query(sql).to_pylist()[0]["n"]
        read, seconds = _bytes_read() - before, time.monotonic() - started
        print(f"| {label} | {seconds:.2f} | {rows:,} | {read / 1e6:.1f} |")


def _first_release(folder: Path, megabytes: int) -> Any:
    """A lake with one release of a generated file."""
    from datetime import datetime, timezone  # noqa: PLC0415

    from glue_jobs.build_tables import build_tables  # noqa: PLC0415
    from glue_jobs.land_bls import land_bls  # noqa: PLC0415
    from glue_jobs.running import Run, perform  # noqa: PLC0415
    from glue_jobs.settings import Settings  # noqa: PLC0415
    from glue_jobs.storage.local import LocalStorage  # noqa: PLC0415
    from labor_lake.sample.upstream import Upstream  # noqa: PLC0415

    first = folder / "first"
    generate(first, megabytes * 1_000_000)
    storage = LocalStorage(folder / "lake")
    with Upstream() as upstream:
        moment = datetime(2000, 6, 1, 12, 30, tzinfo=timezone.utc)
        upstream.set_file("pr", "pr.data.0.Current", first, moment)
        settings = Settings(contact="bench@example.com", bls_url=upstream.bls_url)
        run = Run(settings, storage, "bench")
        for job in (land_bls, build_tables):
            _, failures = perform(job.__name__, job, run)
            assert not failures, failures
    return storage


def _bytes_read() -> int:
    """What this process has read from files so far; Linux counts it."""
    with Path("/proc/self/io").open() as counted:
        return next(int(line.split()[1]) for line in counted if line.startswith("rchar"))


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser("python -m bench.history", description=__doc__)
    parser.add_argument("--cost-mb", type=int, default=2000, help="of the compared file")
    parser.add_argument("--ask-mb", type=int, default=200, help="of the file with 24 releases")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each (default: 3)")
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        name, *paths = arguments.one
        _CONTESTANTS[name](*map(Path, paths))
        return
    with tempfile.TemporaryDirectory() as folder:
        cost(Path(folder), arguments.cost_mb, arguments.repeat)
    with tempfile.TemporaryDirectory() as folder:
        ask(Path(folder), arguments.ask_mb)


if __name__ == "__main__":
    main()
