"""`python -m bench.find`: what finding a series among 1.1 million costs, and making the index.

A made-up catalogue in the shape of BLS's own (`tests/labels/catalogue.py`) is indexed survey by
survey, each in a process of its own that reads its entries from a file. Then `lake find` answers
the searches of `tests/labels/`, each in a process of its own; what it takes beyond starting Python
(`python -c pass`) is printed, medians of the runs. Last, at which place the series came that should
come first.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bench.surveys import Spent, spend
from glue_jobs.labels.headlines import HEADLINES
from glue_jobs.labels.index import Entry, write_index
from glue_jobs.labels.index_reading import Index
from labor_lake.finding import find
from tests.labels.catalogue import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LAKE = Path(sys.executable).parent / "lake"
_RELEASE = "20250904T123000Z"
_SEARCHES = Path(__file__).parents[1] / "tests" / "labels"


def searches(name: str) -> list[tuple[str, str]]:
    """The searches of a file, and the series that should come first."""
    with (_SEARCHES / f"{name}.tsv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [(row["query"], row["series_id"]) for row in rows]


def write_entries(path: Path, entries: Iterable[Entry]) -> None:
    """Writes entries, one a line."""
    with path.open("w", encoding="utf-8") as stream:
        for entry in entries:
            stream.write("\t".join(map(str, entry)) + "\n")


def read_entries(path: Path) -> Iterator[Entry]:
    """Reads them as they are asked for, so that nobody holds them all."""
    with path.open(encoding="utf-8") as stream:
        for line in stream:
            *texts, year, period, score = line.rstrip("\n").split("\t")
            series_id, title, words, frequency, seasonal = texts
            number = int(score)
            yield Entry(series_id, title, words, frequency, seasonal, int(year), period, number)


def name_index(lake: Path, survey: str, path: Path) -> None:
    """Writes a pointer of which `lake find` reads the index."""
    folder = f"curated/{survey}/{_RELEASE}-1a2b3c4d/"
    file = {
        "path": "labels/part-00000.parquet",
        "index_path": path.name,
        "index_bytes": path.stat().st_size,
        "index_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    # As many files and vintages as a survey of the usual size has.
    others = [{"path": f"data/data_file={number}/part-00000.parquet"} for number in range(25)]
    history = [{"source": f"data.{number}", "sha256": "0" * 64} for number in range(300)]
    tables = {f"{survey}_data": {"files": others}, f"{survey}_labels": {"files": [file]}}
    pointer = {"folder": folder, "tables": tables, "history": history}
    (lake / "current").mkdir(parents=True, exist_ok=True)
    (lake / "current" / f"{survey}.json").write_text(json.dumps(pointer, indent=1))


def build(lake: Path, folder: Path, share: int) -> None:
    """Indexes the catalogue; prints what that takes."""
    wanted = {
        series_id for name in ("searches", "further_searches") for _, series_id in searches(name)
    }
    print(
        "| survey | series | entries MB | index MB | CPU s | peak MB |\n|---|---|---|---|---|---|"
    )
    total = [0.0] * 4
    for survey, entries in catalogue(wanted | HEADLINES.keys(), share):
        listed = folder / "entries"
        write_entries(listed, entries)
        place = lake / "curated" / survey / f"{_RELEASE}-1a2b3c4d"
        place.mkdir(parents=True)
        path = place / f"{survey}.index"
        words = [sys.executable, "-m", "bench.find", "--build", survey, str(listed), str(path)]
        spent = spend(words, folder)
        name_index(lake, survey, path)
        sizes = [len(entries), listed.stat().st_size / 1e6, path.stat().st_size / 1e6, spent.cpu]
        total = [so_far + own for so_far, own in zip(total, sizes)]
        _tell(survey, sizes, spent.megabytes)
    _tell("all", total)


def _tell(survey: str, sizes: list[float], peak: float = 0.0) -> None:
    series, listed, index, cpu = sizes
    shown = f"{peak:.0f}" if peak else ""
    print(
        f"| {survey} | {series:,.0f} | {listed:.1f} | {index:.1f} | {cpu:.1f} | {shown} |",
        flush=True,
    )


def ask(lake: Path, folder: Path, repeat: int) -> None:
    """Asks every search of the first file; prints what that takes beyond starting Python."""
    print("\n| `lake find` | CPU s | beyond Python | peak MB |\n|---|---|---|---|")
    for query, _ in searches("searches"):
        words = [str(_LAKE), "find", "--lake", str(lake), *query.split()]
        spend(words, folder)  # compiles
        runs, idle = list[Spent](), list[Spent]()
        for _ in range(repeat):
            idle.append(spend([sys.executable, "-c", "pass"], folder))
            runs.append(spend(words, folder))
        cpu = statistics.median(one.cpu for one in runs)
        beyond = cpu - statistics.median(one.cpu for one in idle)
        peak = statistics.median(one.megabytes for one in runs)
        print(f"| {query} | {cpu:.2f} | {beyond:.2f} | {peak:.0f} |", flush=True)


def tell_places(lake: Path) -> None:
    """Prints the place of each series that should come first; 0: not among the first twenty."""
    indexes = [Index(path) for path in sorted(lake.glob("curated/*/*/*.index"))]
    for name in ("searches", "further_searches"):
        print(f"\n| {name} | should come first | came at |\n|---|---|---|")
        for query, series_id in searches(name):
            found = [one.series_id for one in find(indexes, query)]
            place = found.index(series_id) + 1 if series_id in found else 0
            print(f"| {query} | {series_id} | {place} |")


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser("python -m bench.find", description=__doc__)
    parser.add_argument("--share", type=int, default=1, help="index one of so many series")
    parser.add_argument("--repeat", type=int, default=5, help="runs of each search (default: 5)")
    parser.add_argument("--build", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.build:
        survey, entries, path = arguments.build
        write_index(Path(path), survey, read_entries(Path(entries)))
        print()
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build(folder / "lake", folder, arguments.share)
        ask(folder / "lake", folder, arguments.repeat)
        tell_places(folder / "lake")


if __name__ == "__main__":
    main()
