"""Takes the lake's guards away, one at a time, and tells which cases of faults notice.

    python -m tests.faults.broken_guards [WORDS OF A GUARD]

Each is broken in a copy of the project, and the fault tests run there until three have failed. A
guard whose loss nobody notices ends the program with 1.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
COPIED = ("glue_jobs", "sql", "infra", "tests", "pyproject.toml")
_ENOUGH = 3


@dataclass(frozen=True)
class Guard:
    """One guard.

    Attributes:
        guard: what it keeps true.
        file: where it stands.
        code: its code, which is there once.
        broken: what takes its place.
        first: chooses the tests that run before all of them, as pytest's ``-k`` takes it.
    """

    guard: str
    first: str
    file: str
    code: str
    broken: str

    def break_in(self, root: Path) -> None:
        """Takes it away in a copy of the project."""
        path = root / self.file
        text = path.read_text("utf-8")
        assert text.count(self.code) == 1, f"{self.file} has not once: {self.code}"
        path.write_text(text.replace(self.code, self.broken.rstrip("\n")), "utf-8")


def load_guards() -> list[Guard]:
    """All of them."""
    text = Path(__file__).with_name("guards.yaml").read_text("utf-8")
    return [Guard(**entry) for entry in yaml.safe_load(text)]


def noticed_by(guard: Guard) -> list[str]:
    """Breaks a guard in a copy, and returns the first cases that fail there."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in COPIED:
            source = ROOT / name
            (shutil.copytree if source.is_dir() else shutil.copy2)(source, copy / name)
        guard.break_in(copy)
        return _failed(copy, guard.first) or _failed(copy, "")


def _failed(copy: Path, chosen: str) -> list[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-n", "auto", "--no-header", "-rf"]
    command += [f"--maxfail={_ENOUGH}", "-k", chosen, "tests/faults"]
    ended = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    failed = re.findall(r"^FAILED tests/faults/(\S+)", ended.stdout, re.MULTILINE)
    assert failed or ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]
    return failed[:_ENOUGH]


def main() -> int:
    """Prints, per guard, who noticed."""
    words = " ".join(sys.argv[1:])
    unnoticed = 0
    for guard in load_guards():
        if words not in guard.guard:
            continue
        failed = noticed_by(guard)
        unnoticed += not failed
        print(f"{guard.guard}: {', '.join(failed) or 'NOBODY NOTICED'}", flush=True)
    return bool(unnoticed)


if __name__ == "__main__":
    sys.exit(main())
