"""The shape of the code base: which way imports point, and how large a file may be."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "glue_jobs"


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
def copied_package(tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "glue_jobs", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_imports_point_one_way(copied_package):
    result = lint_imports(copied_package)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("module", "wrong_import"),
    [
        ("formats/listing.py", "import glue_jobs.storage.local"),
        ("tables/quality.py", "import requests"),
        ("tables/schemas.py", "import os"),
        ("catalog/pointers.py", "import labor_lake.engines.duckdb"),
        ("storage/local.py", "import glue_jobs.job"),
        ("build_tables.py", "import labor_lake.engines.duckdb"),
    ],
)
def test_an_import_the_wrong_way_is_noticed(copied_package, module, wrong_import):
    path = copied_package / "glue_jobs" / module
    path.write_text(f"{path.read_text()}\n{wrong_import}\n")
    result = lint_imports(copied_package)
    assert result.returncode == 1
    assert "BROKEN" in result.stdout


def test_no_file_is_longer_than_a_reader_bears():
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text().splitlines())
        for folder in ("glue_jobs", "tests", "bench", "docs")
        for path in (ROOT / folder).rglob("*.py")
    }
    assert {name: lines for name, lines in lengths.items() if lines > 420} == {}


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
