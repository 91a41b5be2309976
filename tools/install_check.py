"""Checks that every file of requirements installs, now and when the index has newer releases.

    python -m tools.install_check

A file that installs today may be refused tomorrow: before 23.3, pip does not take a pin of
``coverage`` for one of ``coverage[toml]``; it chooses the newest release of that and refuses it,
because it has no hash. So pip is shown a newer release of every pinned package, an empty one that
is made here, and must install the pins all the same. Files for the jobs are installed on Python 3.9
if that is here, those for the laptop on this Python, each twice:

1. As make does it: the oldest pip that a supported Python brings installs the pinned pip, and that
   one resolves every file and downloads what it pins. (The oldest pip cannot install the files
   itself: it knows no wheels newer than manylinux2014.)
2. With the pip that this Python brings, for people who install a file by hand. It gets what the
   first step has downloaded, because old pips spend minutes on the pages of the index.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from glue_jobs.errors import LakeError, QualityFailure
from glue_jobs.logs import print_error
from labor_lake.deployment.bundles import ROOT
from tests.rehearsal.environments import GLUES_PYTHON, PINNED_PIP, find_python, version_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

OLDEST_PIP = (
    "pip==20.2.3 --hash=sha256:0f35d63b7245205f4060efe1982f5ea2196aa6e5b26c07669adcf800e2542026\n"
)
"""Python 3.9.0 brings it. It is installed nowhere but in the environment of this check."""

JOBS_FILES = (
    ROOT / "requirements.txt",
    ROOT / "requirements-jobs-tests.txt",
    ROOT / "tools" / "requirements-glue.txt",
)
"""What is installed on the Python that Glue runs."""

_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[a-z0-9,._-]+\])?==", re.MULTILINE)
_NEWER = "99999"


def main() -> int:
    """Prints what was installed by which pip; 7 if one refuses a file."""
    try:
        for python, files in ((find_python(), JOBS_FILES), (Path(sys.executable), laptop_files())):
            with tempfile.TemporaryDirectory() as folder:
                for line in check(Path(folder), python, files):
                    print(line, flush=True)
    except LakeError as error:
        print_error(error)
        return error.exit_code
    return 0


def laptop_files() -> list[Path]:
    """Every file of requirements of the project, but for those of the jobs and pip's own."""
    found = [*ROOT.glob("requirements*.txt"), *ROOT.glob("tools/requirements*.txt")]
    return sorted(file for file in found if file not in (*JOBS_FILES, PINNED_PIP))


def check(folder: Path, python: Path, files: Iterable[Path]) -> Iterator[str]:
    """Resolves every file with both pips; gives a line for each.

    Raises:
        QualityFailure: a pip refuses a file.
    """
    newer, wheels = folder / "newer", folder / "wheels"
    offer_newer_releases(newer, [*files, PINNED_PIP])
    prepared = _environment(python, folder / "prepared")
    if version_of(python) == GLUES_PYTHON:  # that old pip runs on no newer Python
        oldest = folder / "oldest-pip.txt"
        oldest.write_text(OLDEST_PIP, "utf-8")
        _pip(prepared, "install", "-r", oldest)
    before = _version(prepared)
    _pip(prepared, "install", "--find-links", newer, "-r", PINNED_PIP)
    after = _version(prepared)
    yield f"pip {before} installs pip {after}"
    for file in files:
        _pip(prepared, "download", "-d", wheels, "--find-links", newer, "-r", file)
        yield f"pip {after} installs {file.relative_to(ROOT)}"
    bare = _environment(python, folder / "bare")
    for file in files:
        offline = ("--no-index", "--find-links", wheels, "--find-links", newer)
        _pip(bare, "download", "-d", folder / "again", *offline, "-r", file)
        yield f"pip {_version(bare)} installs {file.relative_to(ROOT)}"


def offer_newer_releases(folder: Path, files: Iterable[Path]) -> None:
    """Makes an empty wheel, newer than its pin, of every package that the files pin."""
    folder.mkdir()
    names = {name for file in files for name in _PIN.findall(file.read_text("utf-8"))}
    for name in names:
        stem = f"{re.sub('[-_.]+', '_', name)}-{_NEWER}"
        described = {
            "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {_NEWER}\n",
            "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            "RECORD": "",
        }
        parts = folder / stem / f"{stem}.dist-info"
        parts.mkdir(parents=True)
        for part, text in described.items():
            (parts / part).write_text(text, "utf-8")
        archive = shutil.make_archive(str(folder / stem), "zip", folder / stem)
        Path(archive).rename(folder / f"{stem}-py3-none-any.whl")


def _environment(python: Path, folder: Path) -> Path:
    _run(python, "-m", "venv", folder)
    return folder / "bin" / "python"


def _version(python: Path) -> str:
    return _run(python, "-m", "pip", "--version").split()[1]


def _pip(python: Path, *words: object) -> None:
    """Calls pip with the hashes checked."""
    command, *rest = words
    _run(python, "-m", "pip", command, "-q", "--require-hashes", *rest)


def _run(*words: object) -> str:
    command = [str(word) for word in words]
    environ = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run(  # noqa: S603
        command, capture_output=True, text=True, check=False, env=environ
    )
    if done.returncode:
        last = " ".join((done.stdout + done.stderr).split("\n")[-8:])
        raise QualityFailure(f"{' '.join(command[1:])} failed: {last.strip()}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
