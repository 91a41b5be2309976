"""What is installed is what was pinned, to the byte."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

from glue_jobs.errors import UsageError
from infra import modules
from infra.modules import hashed
from infra.rehearsal import environments
from tests.infra.test_template import JOBS, ROOT

FILES = sorted(ROOT.glob("requirements*.txt")) + sorted(ROOT.glob("infra/requirements*.txt"))
REQUIREMENT = re.compile(
    r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+_-]+( ; [^\\]+)?( --hash=sha256:[0-9a-f]{64})+"
)
# Its packages are there already, so that pip asks nobody.
LOCAL = "--no-deps --no-build-isolation -e ."


def requirements(file: Path) -> list[str]:
    """The requirements of a file, each on one line."""
    lines = re.sub(r" \\\n +", " ", file.read_text("utf-8")).splitlines()
    return [line for line in lines if line and not line.lstrip().startswith("#")]


def test_all_files_of_requirements_are_known():
    assert [file.relative_to(ROOT).as_posix() for file in FILES] == [
        "requirements-dev.txt",
        "requirements-laptop.txt",
        "requirements.txt",
        "infra/requirements-audit.txt",
        "infra/requirements-checkov.txt",
        "infra/requirements-fuzz.txt",
    ]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_requirement_has_a_version_and_hashes(file):
    listed = requirements(file)
    assert len(listed) > 10
    assert [line for line in listed if not REQUIREMENT.fullmatch(line)] == []


def test_whatever_make_and_ci_install_has_its_hashes_checked():
    recipes = [(ROOT / name).read_text("utf-8") for name in ("Makefile", ".ci/run")]
    lines = [line for text in recipes for line in text.replace("\\\n", " ").splitlines()]
    installs = [line for line in lines if re.search(r"\bpip3? (install|download|wheel)\b", line)]
    assert len(installs) == 4
    unchecked = [line for line in installs if "--require-hashes" not in line]
    assert [LOCAL in line for line in unchecked] == [True]


def test_only_two_of_the_project_s_programs_call_pip():
    calling = {
        path.relative_to(ROOT).as_posix()
        for folder in ("glue_jobs", "infra", "docs", "bench")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and node.value == "pip"
    }
    assert calling == {"infra/modules.py", "infra/rehearsal/environments.py"}


def test_both_have_the_hashes_checked(monkeypatch, tmp_path):
    commands = []

    def noted(command, **_):
        commands.append([str(word) for word in command])
        if "venv" in command:
            Path(command[-1]).mkdir()
        return subprocess.CompletedProcess(command, 0, "3.9", "")

    monkeypatch.setattr(subprocess, "run", noted)
    pins = JOBS["land_bls"]["--additional-python-modules"]
    environments.environment(Path("python"), pins, tmp_path)
    assert modules.main() == 0
    asking = [command for command in commands if {"install", "download"} & set(command)]
    assert len(asking) == 1 + len(JOBS)
    assert [command for command in asking if "--require-hashes" not in command] == []
    assert set(pins.split(",")) & {word for command in asking for word in command} == set()


def test_the_build_backend_is_among_the_pins():
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    (backend,) = re.findall(r"^requires = \[\"(hatchling==[0-9.]+)\"\]$", project, re.MULTILINE)
    pinned = requirements(ROOT / "requirements-laptop.txt")
    assert [line for line in pinned if line.startswith(f"{backend} --hash")] != []


@pytest.mark.parametrize("job", JOBS)
def test_what_glue_is_told_to_install_is_downloaded_by_its_hashes_in_ci(job):
    pins = JOBS[job]["--additional-python-modules"].split(",")
    lines = re.sub(r" \\\n +", " ", hashed(pins)).splitlines()
    assert [line.partition(" ")[0] for line in lines] == pins
    assert [line for line in lines if not REQUIREMENT.fullmatch(line)] == []


def test_a_module_without_hashes_is_refused():
    with pytest.raises(UsageError, match=r"requirements\.txt does not pin boto3==1\.0\."):
        hashed(["boto3==1.0"])
