"""Stand-ins for the third-party packages of bundles: a file each, as if installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labor_lake.deployment.bundles import GROUPS

if TYPE_CHECKING:
    from pathlib import Path


def install_stand_ins(folder: Path) -> None:
    """Stands for ``install_packages``: every package of every group, with its record."""
    for package in {package for group in GROUPS for package in group.packages}:
        name = package.replace("-", "_")
        about = folder / "packages" / f"{name}-1.dist-info"
        about.mkdir(parents=True)
        files = {f"{name}/__init__.py": "", f"{name}/tests/test_it.py": "", "bin/program": ""}
        for path in (f"{name}-1.dist-info/METADATA", *files):
            (folder / "packages" / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / "packages" / path).write_text(f"{path}\n")
        listed = [f"{name}-1.dist-info/METADATA", f"{name}-1.dist-info/RECORD", *files]
        (about / "RECORD").write_text("".join(f"{path},,\n" for path in listed))
