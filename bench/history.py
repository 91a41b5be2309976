"""`python -m bench.history`: what keeping history costs, and what an as-of query reads.

1. A file is converted whose predecessor is there, with one value in a hundred revised: alone, and
   with the comparison, each in a process of its own, in turn; medians of the runs.
2. 24 releases of a file, each with one value in a hundred revised: one series as of a date, and
   all of them, with the bytes that DuckDB read.
3. 200 releases of a small file, a month each, beside 24: what one more release costs, one more old
   copy, as-of queries, `lake trace` and `lake verify`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.generate import generate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_REVISED_EVERY = 100
_RELEASES = 24
_MANY = 200


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
        convert_data(file, target, Path(scratch))


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
    from glue_jobs.catalog.vintages import readable_pointers_as_of  # noqa: PLC0415
    from glue_jobs.settings import Settings  # noqa: PLC0415
    from glue_jobs.timestamps import end_of  # noqa: PLC0415
    from labor_lake.commands.backfill import backfill  # noqa: PLC0415
    from labor_lake.engines.duckdb import DuckDBEngine  # noqa: PLC0415

    storage = _first_release(folder, megabytes, datetime(2000, 6, 1, 12, 30, tzinfo=timezone.utc))
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
    engine = DuckDBEngine(
        storage, readable_pointers_as_of(storage, end_of("2020-12-31"))[0], Settings()
    )
    print("| as of 2020-12-31 | seconds | rows | MB read |\n|---|---|---|---|")
    for label, condition in (("one series", "where series_id = 'PRS00000100'"), ("all", "")):
        started, before = time.monotonic(), _bytes_read()
        sql = f"select count(*) as n, sum(value) as s from pr_data {condition}"
        rows = engine.query(sql).to_pylist()[0]["n"]
        read, seconds = _bytes_read() - before, time.monotonic() - started
        print(f"| {label} | {seconds:.2f} | {rows:,} | {read / 1e6:.1f} |")


class _Counting:
    """A storage that counts what is asked of it."""

    def __init__(self, storage: Any) -> None:
        self._storage = storage
        self.asked: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        self.asked[name] += 1
        return getattr(self._storage, name)


def go_on(folder: Path, megabytes: int) -> None:
    """Prints what work costs in a lake with many releases, beside one with few."""
    print(f"Releases of a file of {megabytes} MB, a month each; objects opened or MB read\n")
    works = [
        dict(_work_after(folder / str(count), megabytes, count)) for count in (_RELEASES, _MANY)
    ]
    print(f"| | CPU s after {_RELEASES} | after {_MANY} | read after {_RELEASES} | after {_MANY} |")
    print("|---|---|---|---|---|")
    for label, (seconds, read) in works[0].items():
        more_seconds, more_read = works[1][label]
        print(f"| {label} | {seconds:.2f} | {more_seconds:.2f} | {read} | {more_read} |")
    print(flush=True)


def _work_after(
    folder: Path, megabytes: int, count: int
) -> Iterator[tuple[str, tuple[float, str]]]:
    """CPU seconds, and what was read, by kind of work, in a lake with so many releases."""
    from glue_jobs.catalog.pointers import load_pointer  # noqa: PLC0415
    from glue_jobs.catalog.vintages import readable_pointers_as_of  # noqa: PLC0415
    from glue_jobs.running import Run  # noqa: PLC0415
    from glue_jobs.settings import Settings  # noqa: PLC0415
    from glue_jobs.timestamps import end_of  # noqa: PLC0415
    from labor_lake.commands.backfill import backfill  # noqa: PLC0415
    from labor_lake.engines.duckdb import DuckDBEngine  # noqa: PLC0415
    from labor_lake.tracing import traces  # noqa: PLC0415
    from labor_lake.verification import verify  # noqa: PLC0415

    name, newest = "pr.data.0.Current", 2024 * 12 + 10
    folder.mkdir()
    storage = _first_release(folder, megabytes, datetime(2024, 11, 6, 13, 30, tzinfo=timezone.utc))

    def take_in(lake: Any, *months: int, day: int = 6) -> None:
        copies = {}
        for month in months:
            copy = folder / f"copy-{month}-{day}"
            revise(folder / "first", copy, (month * 7 + day) % _REVISED_EVERY)
            copies[f"{month // 12}{month % 12 + 1:02d}{day:02d}T123000Z"] = copy
        pointer = load_pointer(storage, "pr")
        assert pointer is not None
        assert backfill(lake, pointer, name, copies) is not None

    def publish(lake: Any, moment: datetime) -> None:
        body = folder / f"next-{moment:%Y%m}"
        revise(folder / "first", body, moment.month)
        _land_and_build(lake, body, moment)

    def ask(lake: Any, condition: str) -> None:
        known, _ = readable_pointers_as_of(lake, end_of("2024-01-31"))
        engine = DuckDBEngine(storage, known, Settings())
        engine.query(f"select count(*) as n, sum(value) as s from pr_data {condition}").to_pylist()

    def trace(lake: Any) -> None:
        pointer = load_pointer(lake, "pr")
        assert pointer is not None
        key = ("PRS00000100", "2000", "Q01")
        found = [one for vintage in pointer.history for one in traces(lake, vintage, key)]
        assert len(found) == len(pointer.history)

    def check(lake: Any) -> None:
        assert not verify(Run(Settings(), lake, "bench")).problems

    take_in(storage, *range(newest - count + 1, newest))
    works: dict[str, Callable[[Any], None]] = {
        "one more release": lambda lake: publish(
            lake, datetime(2024, 12, 6, 13, 30, tzinfo=timezone.utc)
        ),
        "the first of a year": lambda lake: publish(
            lake, datetime(2025, 1, 6, 13, 30, tzinfo=timezone.utc)
        ),
        "one more old copy, of 2023": lambda lake: take_in(lake, 2023 * 12 + 5, day=20),
        "one series as of 2024-01-31": lambda lake: ask(lake, "where series_id = 'PRS00000100'"),
        "all as of 2024-01-31": lambda lake: ask(lake, ""),
        "trace": trace,
        "verify": check,
    }
    for label, work in works.items():
        counting = _Counting(storage)
        started, before = time.process_time(), _bytes_read()
        work(counting)
        seconds, read = time.process_time() - started, (_bytes_read() - before) / 1e6
        opened = counting.asked["open"]
        yield label, (seconds, f"{read:.1f} MB" if " as of " in label else str(opened))


def _first_release(folder: Path, megabytes: int, moment: datetime) -> Any:
    """A lake with one release of a generated file."""
    from glue_jobs.storage.local import LocalStorage  # noqa: PLC0415

    first = folder / "first"
    generate(first, megabytes * 1_000_000)
    storage = LocalStorage(folder / "lake")
    _land_and_build(storage, first, moment)
    return storage


def _land_and_build(storage: Any, body: Path, moment: datetime) -> None:
    from glue_jobs.build_tables import build_tables  # noqa: PLC0415
    from glue_jobs.land_bls import land_bls  # noqa: PLC0415
    from glue_jobs.running import Run, perform  # noqa: PLC0415
    from glue_jobs.settings import Settings  # noqa: PLC0415
    from labor_lake.sample.upstream import Upstream  # noqa: PLC0415

    with Upstream() as upstream:
        upstream.set_file("pr", "pr.data.0.Current", body, moment)
        settings = Settings(contact="bench@example.com", bls_url=upstream.bls_url)
        run = Run(settings, storage, "bench")
        for job in (land_bls, build_tables):
            _, failures = perform(job.__name__, job, run)
            assert not failures, failures


def _bytes_read() -> int:
    """What this process has read from files so far; Linux counts it."""
    with Path("/proc/self/io").open() as counted:
        return next(int(line.split()[1]) for line in counted if line.startswith("rchar"))


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser("python -m bench.history", description=__doc__)
    parser.add_argument("--cost-mb", type=int, default=2000, help="of the compared file")
    parser.add_argument("--ask-mb", type=int, default=200, help="of the file with 24 releases")
    parser.add_argument("--many-mb", type=int, default=3, help="of the file with 200 releases")
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
    with tempfile.TemporaryDirectory() as folder:
        go_on(Path(folder), arguments.many_mb)


if __name__ == "__main__":
    main()
