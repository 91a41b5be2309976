"""The shape of the code base: which way imports point, and how large a file may be."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("athena_sql", "glue_jobs", "labor_lake")


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    script = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [str(script), "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copied_packages(tmp_path):
    for package in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_imports_point_one_way(copied_packages):
    result = lint_imports(copied_packages)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("module", "wrong_import"),
    [
        ("glue_jobs/tables/flatfile.py", "import glue_jobs.storage.local"),
        ("glue_jobs/tables/quality.py", "import requests"),
        ("glue_jobs/tables/schemas.py", "import os"),
        ("glue_jobs/catalog/pointers.py", "import labor_lake.engines.duckdb"),
        ("glue_jobs/storage/local.py", "import glue_jobs.running"),
        ("glue_jobs/build_tables.py", "import duckdb"),
        ("athena_sql/queries.py", "import glue_jobs.errors"),
        ("labor_lake/commands/status.py", "import boto3"),
        ("labor_lake/in_no_layer.py", ""),
        ("athena_sql/in_no_layer.py", ""),
        ("glue_jobs/in_no_layer.py", ""),
    ],
)
def test_an_import_the_wrong_way_is_noticed(copied_packages, module, wrong_import):
    path = copied_packages / module
    with path.open("a") as stream:
        stream.write(f"\n{wrong_import}\n")
    result = lint_imports(copied_packages)
    assert result.returncode == 1
    assert "BROKEN" in result.stdout


def test_no_file_is_longer_than_a_reader_bears():
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text().splitlines())
        for folder in (*PACKAGES, "tests", "bench", "tools")
        for path in (ROOT / folder).rglob("*.py")
    }
    assert {name: lines for name, lines in lengths.items() if lines > 400} == {}


def test_status_imports_nothing_heavy():
    code = (
        "import sys; from labor_lake.cli import main; main(['status', '--lake', '/nonexistent']);"
        "print([m for m in ('pyarrow', 'pandas', 'awswrangler', 'boto3', 'duckdb', 'requests')"
        " if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert result.stdout.splitlines()[-1] == "[]"
