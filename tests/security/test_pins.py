"""What is installed is what was pinned, to the byte."""

from __future__ import annotations

import ast
import re
import subprocess
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.rehearsal import environments
from tests.wheels import ROOT
from tools import install_check

FILES = sorted(ROOT.glob("requirements*.txt")) + sorted(ROOT.glob("tools/requirements*.txt"))
REQUIREMENT = re.compile(
    r"[A-Za-z0-9._-]+(\[[a-z0-9,_-]+\])?==[A-Za-z0-9.!+_-]+( ; [^\\]+)?"
    r"( --hash=sha256:[0-9a-f]{64})+"
)
# Its packages are there already, so that pip asks nobody.
LOCAL = "--no-deps --no-build-isolation -e ."


def requirements(file: Path) -> list[str]:
    """The requirements of a file, each on one line."""
    lines = re.sub(r" \\\n +", " ", file.read_text("utf-8")).splitlines()
    return [line for line in lines if line and not line.lstrip().startswith("#")]


def test_all_files_of_requirements_are_known():
    assert [file.relative_to(ROOT).as_posix() for file in FILES] == [
        "requirements-build.txt",
        "requirements-dev.txt",
        "requirements-jobs-tests.txt",
        "requirements-laptop.txt",
        "requirements-pip.txt",
        "requirements.txt",
        "tools/requirements-audit.txt",
        "tools/requirements-browser.txt",
        "tools/requirements-checkov.txt",
        "tools/requirements-fuzz.txt",
        "tools/requirements-glue.txt",
        "tools/requirements-notebook.txt",
        "tools/requirements-policies.txt",
    ]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_requirement_has_a_version_and_hashes(file):
    listed = requirements(file)
    assert len(listed) > (1 if file.name == "requirements-pip.txt" else 5)
    assert [line for line in listed if not REQUIREMENT.fullmatch(line)] == []


def recipes() -> list[str]:
    """The lines of what make and CI run, each whole."""
    texts = [(ROOT / name).read_text("utf-8") for name in ("Makefile", ".ci/run")]
    return [line for text in texts for line in text.replace("\\\n", " ").splitlines()]


def test_whatever_make_and_ci_install_has_its_hashes_checked():
    calls = r"\bpip3? (install|download|wheel)\b"
    (named,) = [line for line in recipes() if line.startswith("PIP_INSTALL =")]
    assert "--require-hashes" in named
    installs = [line for line in recipes() if re.search(calls, line) and line != named]
    assert [line.endswith(LOCAL) for line in installs] == [True]


def test_every_environment_of_make_begins_with_the_pinned_pip():
    lines = recipes()
    after = [lines[place + 1] for place, line in enumerate(lines) if " -m venv " in line]
    assert len(after) == 4
    first = "$(PIP_INSTALL) -r requirements-pip.txt"
    assert [line for line in after if not line.endswith(first)] == []


def test_a_package_that_is_wanted_with_an_extra_is_pinned_with_it():
    """Else pip before 23.3 takes the newest release, for which there is no hash."""
    pinned = {}
    for line in requirements(ROOT / "requirements-dev.txt"):
        pin = Requirement(line.partition(" --hash")[0])
        if pin.marker is None or pin.marker.evaluate():
            pinned[pin.name] = pin.extras
    wanted = {
        (wish.name, extra)
        for name, extras in pinned.items()
        for wish in map(Requirement, metadata.requires(name) or ())
        for extra in wish.extras
        if any(not wish.marker or wish.marker.evaluate({"extra": one}) for one in ("", *extras))
    }
    assert ("coverage", "toml") in wanted
    assert {(name, extra) for name, extra in wanted if extra not in pinned[name]} == set()


def test_only_these_of_the_project_s_programs_call_pip():
    calling = {
        path.relative_to(ROOT).as_posix()
        for folder in ("athena_sql", "glue_jobs", "labor_lake", "tools", "bench", "tests/rehearsal")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and node.value == "pip"
    }
    assert calling == {
        "labor_lake/deployment/bundles.py",
        "tools/install_check.py",
        "tools/wheel_check.py",
        "tests/rehearsal/environments.py",
    }


def test_all_have_the_hashes_checked(monkeypatch, tmp_path):
    commands = []

    def noted(command, **_):
        commands.append([str(word) for word in command])
        if "venv" in command:
            Path(command[-1]).mkdir()
        told = "pip 20.2.3 from here" if "--version" in command else "3.9"
        return subprocess.CompletedProcess(command, 0, told, "")

    monkeypatch.setattr(subprocess, "run", noted)
    environments.make_environment(Path("python"), tmp_path)
    lines = list(install_check.check(tmp_path, Path("python"), FILES))
    asking = [command for command in commands if {"install", "download"} & set(command)]
    assert len(asking) == 2 + 2 + 2 * len(FILES)
    assert len(lines) == 1 + 2 * len(FILES)
    assert [command for command in asking if "--require-hashes" not in command] == []


def test_the_build_backend_is_among_the_pins():
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    (backend,) = re.findall(r"^requires = \[\"(hatchling==[0-9.]+)\"\]$", project, re.MULTILINE)
    pinned = requirements(ROOT / "requirements-build.txt")
    assert [line for line in pinned if line.startswith(f"{backend} --hash")] != []
