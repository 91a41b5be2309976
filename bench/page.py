"""`python -m bench.page`: what the site takes, for `pr` and for all of BLS's surveys.

The demo's lake, and a made-up world of the 1,501 files that BLS served in November 2025, at a part
of their real size; `lake page` runs in a process of its own.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from bench.labels import make_lake
from bench.surveys import spend

_LAKE = Path(sys.executable).parent / "lake"


def tell(name: str, lake: Path, folder: Path) -> None:
    """Writes the site of a lake, and prints a row of what that took."""
    site = folder / name
    spent = spend([str(_LAKE), "page", "--lake", str(lake), "--output", str(site)], folder)
    files = [path for path in site.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1e6
    print(f"| {name} | {len(files)} | {size:.1f} | {spent.cpu:.1f} | {spent.megabytes:.0f} |")


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser("python -m bench.page", description=__doc__)
    parser.add_argument("--scale", type=float, default=0.002, help="part of the real size")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spend([str(_LAKE), "demo", "--lake", str(folder / "demo-lake")], folder)
        make_lake(folder / "world-lake", given.scale)
        print("| lake | files | MB | CPU s | peak MB |\n|---|---|---|---|---|")
        tell("demo", folder / "demo-lake", folder)
        tell("world", folder / "world-lake", folder)


if __name__ == "__main__":
    main()
