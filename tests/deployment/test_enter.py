"""A job's script runs the packages of its bundle, whatever came onto the path before."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from glue_jobs import enter

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = "import boto3\nfrom labor_lake_bundle import enter\nenter('a_job')\n"


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A bundle with a boto3 of its own, and an older one that Glue has put first."""
    bundle = tmp_path / "site" / "labor_lake_bundle"
    for name, text in {
        "__init__.py": open_text(enter.__file__),
        "packages/boto3.py": "version = 'new'\n",
        "packages/boto3-2.dist-info/METADATA": "Name: boto3\nVersion: 2\n",
        "packages/glue_jobs/__init__.py": "",
        "packages/glue_jobs/a_job.py": (
            "import boto3, sys\n"
            "def main():\n    print(boto3.version, sys.argv[1:])\n    return len(sys.argv) - 1\n"
        ),
    }.items():
        (bundle / name).parent.mkdir(parents=True, exist_ok=True)
        (bundle / name).write_text(text)
    (tmp_path / "glue").mkdir()
    (tmp_path / "glue" / "boto3.py").write_text("version = 'old'\n")
    (tmp_path / "script.py").write_text(SCRIPT)
    return tmp_path


def open_text(path: str) -> str:
    with open(path, encoding="utf-8") as stream:  # noqa: PTH123 - a path as text
        return stream.read()


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    path = f"{folder / 'glue'}:{folder / 'site'}"
    return subprocess.run(
        [sys.executable, folder / "script.py", *words],
        env={"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_job_imports_the_packages_of_its_bundle_and_not_those_that_glue_has_imported(installed):
    done = run(installed)
    assert (done.returncode, done.stdout) == (0, "new []\n")


def test_it_says_what_it_runs_with(installed):
    told = run(installed).stderr
    assert told.startswith(f"Python 3.{sys.version_info[1]}.")
    assert f"with boto3 2 from {installed}" in told


def test_it_says_what_it_took_also_where_the_job_failed(installed):
    """Glue shows neither memory nor, to who only has the log, seconds."""
    for words in ((), ("--lake", "x")):
        last = run(installed, *words).stderr.splitlines()[-1]
        assert re.fullmatch(r"Peak memory \d+ MB, \d+ seconds\.", last)


def test_a_failure_of_the_job_is_the_script_s(installed):
    assert run(installed, "--lake", "x").returncode == 2
