"""`python -m bench.run`: converts generated files, beside others, and prints what each took.

Every contestant runs in a process of its own, in turn, several times; the median is printed.
Ratios within one run are what matters: machines differ, and are busy.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.contestants import COLUMNS, CONTESTANTS, LABELS, NO_TABLE
from bench.generate import generate

_SIZES = {"2MB": 2_000_000, "600MB": 600_000_000, "2GB": 2_000_000_000}


@dataclass(frozen=True)
class Measured:
    """What one contestant took for one file: medians of its runs.

    Attributes:
        wall: seconds.
        cpu: seconds of all cores, user and system, of the whole process.
        peak: memory in MB.
        output: size of the Parquet file in MB; 0 for none.
    """

    wall: float
    cpu: float
    peak: float
    output: float


def measure(name: str, source: Path, target: Path) -> Measured:
    """Runs a contestant once, in a fresh process."""
    target.unlink(missing_ok=True)
    words = [sys.executable, "-m", "bench.contestants", name, str(source), str(target)]
    started = time.monotonic()
    process = os.posix_spawn(sys.executable, words, os.environ)
    _, status, usage = os.wait4(process, 0)
    wall = time.monotonic() - started
    if status:
        raise SystemExit(f"{LABELS[name]} failed on {source.name}.")
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    output = target.stat().st_size / 1e6 if target.exists() else 0.0
    return Measured(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit, output)


def compare(source: Path, repeat: int) -> dict[str, Measured]:
    """Runs all contestants in turn, several times; gives their medians."""
    runs: dict[str, list[Measured]] = {name: [] for name in CONTESTANTS}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(repeat):
            for name, results in runs.items():
                results.append(measure(name, source, Path(folder) / f"{name}.parquet"))
        _compare_tables([Path(folder) / f"{name}.parquet" for name in runs if name not in NO_TABLE])
    return {name: _median(results) for name, results in runs.items()}


def _compare_tables(paths: list[Path]) -> None:
    """Sees to it that all have made the same table."""
    import duckdb  # noqa: PLC0415

    facts = {
        path.stem: duckdb.execute(
            f"""
            SELECT count(*), sum(hash({", ".join(COLUMNS)}))
            FROM (SELECT CAST(year AS INTEGER) AS year, * EXCLUDE (year) FROM '{path}')
            """
        ).fetchone()
        for path in paths
    }
    if len(set(facts.values())) > 1:
        raise SystemExit(f"The contestants have made different tables: {facts}")


def table(size: str, source_bytes: int, results: dict[str, Measured]) -> str:
    """A Markdown table of one file's results."""
    lines = [
        f"| {size} | seconds | MB/s | CPU s | CPU to parsing | peak MB | output MB |",
        "|---|---|---|---|---|---|---|",
    ]
    floor = results["parsing"].cpu
    for name, result in results.items():
        rate = source_bytes / 1e6 / result.wall
        output = f"{result.output:.1f}" if result.output else ""
        lines.append(
            f"| {LABELS[name]} | {result.wall:.2f} | {rate:.0f} | {result.cpu:.2f}"
            f" | {result.cpu / floor:.2f} | {result.peak:.0f} | {output} |"
        )
    return "\n".join(lines)


def claims(results: dict[str, Measured]) -> list[str]:
    """What the project claims of its conversion, beside what was measured."""
    mine, polars = results["ours"], results["polars"]
    at_most = [
        ("seconds to polars", mine.wall / polars.wall, 0.8),
        ("seconds to DuckDB", mine.wall / results["duckdb"].wall, 0.7),
        ("CPU to polars", mine.cpu / polars.cpu, 0.8),
        ("peak memory in MB", mine.peak, 256),
        ("memory to pandas", mine.peak / results["pandas"].peak, 0.1),
    ]
    told = {True: "holds", False: "does not hold"}
    return [
        f"- {what}: {figure:.2f}; at most {bound:g} {told[figure <= bound]}"
        for what, figure, bound in at_most
    ]


def main() -> None:
    """Generates, measures, prints."""
    arguments = _arguments()
    document = {}
    for size in arguments.sizes:
        folder = Path(arguments.data or tempfile.gettempdir())
        source = folder / f"labor-lake-bench-{size}.txt"
        if not source.exists():
            generate(source, _SIZES[size])
        results = compare(source, arguments.repeat)
        print(table(size, source.stat().st_size, results), flush=True)
        if size != "2MB":  # of which most is imports
            print("", *claims(results), sep="\n")
        print(flush=True)
        document[size] = {name: asdict(result) for name, result in results.items()}
        if not arguments.data:
            source.unlink()
    if arguments.json:
        arguments.json.write_text(json.dumps(document, indent=1), "utf-8")


def _median(results: list[Measured]) -> Measured:
    return Measured(
        *(
            statistics.median(getattr(result, name) for result in results)
            for name in ("wall", "cpu", "peak", "output")
        )
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m bench.run", description=__doc__)
    parser.add_argument("--sizes", nargs="+", choices=_SIZES, default=list(_SIZES))
    parser.add_argument("--repeat", type=int, default=3, help="runs of each (default: 3)")
    parser.add_argument("--data", help="keep the generated files in this folder")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    return parser.parse_args()


if __name__ == "__main__":
    main()
