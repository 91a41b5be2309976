"""Each job on Glue gets the modules that its code imports, as they are pinned, and no others."""

from __future__ import annotations

import ast
import re
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest
from packaging.markers import Marker

from tests.infra.test_template import JOBS, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PYTHON_39 = {"python_version": "3.9", "python_full_version": "3.9.18"}
# Imported inside functions that Glue never reaches.
ON_A_LAPTOP_ONLY = {
    "labor_lake.engines.duckdb": "the engine of a lake in a directory",
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


def modules_of(job: str) -> dict[str, str]:
    """What the template gives a job, by name."""
    pairs = (one.split("==") for one in JOBS[job]["--additional-python-modules"].split(","))
    return dict(pairs)


@pytest.mark.parametrize("job", JOBS)
def test_a_job_gets_modules_as_they_are_pinned_and_all_that_they_need(job):
    modules = modules_of(job)
    pins = pinned()
    assert modules == {name: pins.get(name) for name in modules}
    assert set(modules) == with_dependencies(set(modules))


@pytest.mark.parametrize("job", JOBS)
def test_a_job_gets_what_its_code_imports_and_nothing_else(job):
    assert set(modules_of(job)) == with_dependencies(packages_of(job))


def test_the_imports_are_found_that_are_known():
    assert packages_of("land_bls") == {"boto3", "botocore", "requests", "tzdata", "urllib3"}
    assert {"boto3", "pyarrow"} <= packages_of("build_tables")
    assert {"awswrangler", "boto3", "pyarrow"} <= packages_of("publish_reports")
