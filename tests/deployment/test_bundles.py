"""A bundle brings its jobs' code and the packages that they import, as pinned, and no others."""

from __future__ import annotations

import ast
import base64
import csv
import hashlib
import importlib.util
import io
import re
import shutil
import subprocess
import zipfile
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest
from packaging.markers import Marker

from glue_jobs.errors import DeployFailure, UsageError
from labor_lake.deployment.bundles import (
    GROUPS,
    ROOT,
    content_hash,
    hashed_pins,
    install_packages,
    make_code,
)
from tests.deployment.packages import install_stand_ins

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from labor_lake.deployment.bundles import Code, Group

REQUIREMENTS = (ROOT / "requirements.txt").read_text("utf-8")
PYTHON_39 = {"python_version": "3.9", "python_full_version": "3.9.18"}
# Imported inside functions that Glue never reaches.
ON_A_LAPTOP_ONLY = {
    "tomli": "only who has a lake.toml needs it",
    "tomllib": "the same, of Python's own library since 3.11",
}


def pinned() -> dict[str, str]:
    """What requirements.txt pins for Python 3.9."""
    pins = {}
    for line in (ROOT / "requirements.txt").read_text("utf-8").splitlines():
        match = re.match(r"([a-z0-9-]+)==([^ ]+)(?: ; (.*?))? \\", line)
        if match and (not match[3] or Marker(match[3]).evaluate(PYTHON_39)):
            pins[match[1]] = match[2]
    return pins


def needed_by() -> dict[str, set[str]]:
    """Which packages want each package, by the comments of requirements.txt."""
    wanted: dict[str, set[str]] = {}
    name, in_via = "", False
    for line in (ROOT / "requirements.txt").read_text("utf-8").splitlines():
        if match := re.match(r"([a-z0-9-]+)==", line):
            name, in_via = match[1], False
        elif match := re.match(r" +# +via ?(.*)", line):
            in_via = True
            wanted.setdefault(name, set()).update(filter(None, [match[1]]))
        elif in_via and (match := re.match(r" +# +([a-z0-9-]+)", line)):
            wanted[name].add(match[1])
    return wanted


def with_dependencies(packages: set[str]) -> set[str]:
    """Packages, with all that they need on Python 3.9."""
    pins = pinned()
    whole = set(packages)
    while (
        more := {name for name, wanters in needed_by().items() if name in pins and wanters & whole}
        - whole
    ):
        whole |= more
    return whole


def source_of(module: str) -> Path | None:
    """The file of one of the project's modules."""
    path = ROOT.joinpath(*module.split("."))
    files = (path.with_suffix(".py"), path / "__init__.py")
    return next((file for file in files if file.is_file()), None)


def imports_in(tree: ast.AST) -> Iterator[str]:
    """The names that a file imports when it runs: those for types alone are left out."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        else:
            yield from imports_in(node)


def packages_of(job: str) -> set[str]:
    """The packages that a job's module imports, itself and by other modules of the project."""
    imported: set[str] = set()
    seen: set[str] = set()
    waiting = {f"glue_jobs.{job}"}
    while waiting:
        module = waiting.pop()
        seen.add(module)
        source = source_of(module)
        if source is not None and module not in ON_A_LAPTOP_ONLY:
            names = set(imports_in(ast.parse(source.read_text("utf-8"))))
            own = {name for name in names if name.partition(".")[0] == "glue_jobs"}
            imported |= {name.partition(".")[0] for name in names - own}
            waiting |= own - seen
    packages = {name for name in imported - ON_A_LAPTOP_ONLY.keys() if is_installed(name)}
    # Glue's machines may have no time zones of their own.
    return packages | ({"tzdata"} if "zoneinfo" in imported else set())


def is_installed(name: str) -> bool:
    """Whether a name is that of a package, and not of Python's own library."""
    spec = find_spec(name)
    assert spec is not None, name
    return "site-packages" in (spec.origin or "")


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    install_stand_ins(tmp_path)
    return tmp_path / "packages"


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_a_bundle_has_what_its_jobs_import_with_all_that_needs_and_nothing_else(group):
    imported = {package for job in group.jobs for package in packages_of(job)}
    assert set(group.packages) == with_dependencies(imported)


def test_the_imports_are_found_that_are_known():
    assert packages_of("land_bls") == {"boto3", "botocore", "requests", "tzdata", "urllib3"}
    assert {"boto3", "pyarrow"} <= packages_of("build_tables")
    assert {"awswrangler", "boto3", "pyarrow"} <= packages_of("publish_reports")


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_every_package_is_pinned_with_hashes_for_the_python_of_glue(group):
    lines = hashed_pins(group.packages, REQUIREMENTS).splitlines()
    pins = dict(line.removesuffix(" \\").split("==") for line in lines if "==" in line)
    assert pins == {name: pinned()[name] for name in group.packages}
    assert ";" not in "".join(lines)
    assert sum("--hash=sha256:" in line for line in lines) >= len(pins)


def test_a_package_without_a_pin_is_refused():
    with pytest.raises(UsageError, match=r"does not pin nothing for Python 3\.9"):
        hashed_pins(["nothing"], REQUIREMENTS)


def test_a_bundle_requires_nothing_so_that_glue_installs_nothing_else(packages):
    code = make_code(packages)
    for group in GROUPS:
        about = [body for name, body in unpacked(code, group).items() if name.endswith("METADATA")]
        assert len(about) == 1 + len(group.packages)
        assert [body for body in about if b"Requires-Dist" in body] == []


def test_a_bundle_holds_the_jobs_the_sql_and_its_packages_in_a_folder_of_their_own(packages):
    landing, tables, _ = GROUPS
    files = set(unpacked(make_code(packages), landing))
    inside = "labor_lake_bundle/packages/"
    assert {"labor_lake_bundle/__init__.py", f"{inside}glue_jobs/land_bls.py"} <= files
    assert {f"{inside}glue_jobs/sql/views/best_year.sql", f"{inside}boto3/__init__.py"} <= files
    assert [name for name in files if "/tests/" in name or "/labor_lake/" in name] == []
    assert f"{inside}pyarrow/__init__.py" not in files
    assert f"{inside}pyarrow/__init__.py" in unpacked(make_code(packages), tables)


def test_a_bundle_tells_the_hash_of_each_of_its_files(packages):
    for group in GROUPS:
        files = unpacked(make_code(packages), group)
        (record,) = (name for name in files if name.count("/") == 1 and name.endswith("RECORD"))
        told = {row[0]: row[1] for row in csv.reader(files[record].decode().splitlines())}
        assert set(told) == set(files)
        for name, body in files.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(body).digest()).decode().rstrip("=")
            assert told[name] == ("" if name == record else f"sha256={digest}")


def test_the_same_code_has_the_same_prefix_and_other_code_another(packages, monkeypatch):
    code = make_code(packages)
    assert code == make_code(packages)
    assert code.prefix == f"code/{content_hash(code.files)}"
    assert set(code.files) == {
        *(group.wheel for group in GROUPS),
        *(f"{job}.py" for group in GROUPS for job in group.jobs),
    }
    (packages / "boto3" / "__init__.py").write_text("changed")
    assert make_code(packages).prefix != code.prefix


def test_a_package_that_was_not_installed_is_told(packages):
    shutil.rmtree(packages / "boto3-1.dist-info")
    with pytest.raises(DeployFailure, match="boto3 is not among those that were installed"):
        make_code(packages)


@pytest.mark.parametrize("tool", ["pip", "uv"])
def test_packages_are_installed_for_glue_with_their_hashes_checked(tool, tmp_path, monkeypatch):
    asked: list[str] = []

    def note(command, **_):
        asked.extend(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", note)
    if tool == "uv":
        monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
        monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}")
    install_packages(tmp_path)
    assert {"--require-hashes", "--no-deps", "--only-binary", ":all:", "3.9"} <= set(asked)
    assert ("pip" if tool == "pip" else "/bin/uv") in asked


def test_without_pip_and_uv_it_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(UsageError, match="needs pip or uv"):
        install_packages(tmp_path)


def test_packages_that_cannot_be_downloaded_are_told(tmp_path, monkeypatch):
    failed = subprocess.CompletedProcess([], 1, "", "ERROR: no network\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(DeployFailure, match="ERROR: no network"):
        install_packages(tmp_path)


def unpacked(code: Code, group: Group) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(code.files[group.wheel])) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
