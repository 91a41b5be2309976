"""The code of the Glue jobs as it is uploaded: one wheel for each group of jobs, and a script each.

Glue's pip installs a wheel together with whatever its metadata requires, unpinned, and what Glue
itself brings may come first on the path. So a bundle requires nothing: it holds `glue_jobs`, the
SQL and all third-party packages, pinned and hashed by requirements.txt for the Python 3.9 that Glue
runs. `glue_jobs/enter.py`, which lies beside them, puts them first. No job asks a package index.

All of it lies under one prefix that is made from its content, so that a job's code never changes
under it, an upload that is there is done, and an older one can be gone back to.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import importlib.util
import io
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import glue_jobs
from glue_jobs.errors import DeployFailure, UsageError
from glue_jobs.sources.registry import landing_jobs
from glue_jobs.sql_files import sql_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_HERE = Path(__file__).parent
ROOT = _HERE.parents[1]
"""The clone, where this is one."""

_AWS = ("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3")
_WEB = ("certifi", "charset-normalizer", "idna", "requests")
_ATHENA = ("awswrangler", "numpy", "packaging", "pandas", "pytz", "typing-extensions")


@dataclass(frozen=True)
class Group:
    """Jobs that share a bundle.

    Attributes:
        name: of the group.
        jobs: their modules.
        packages: all that they import, with what those need; a test holds the list against both.
    """

    name: str
    jobs: tuple[str, ...]
    packages: tuple[str, ...]

    @property
    def wheel(self) -> str:
        """The wheel's file name, which the template names, too; its prefix tells the content."""
        return f"labor_lake_{self.name}-1-cp39-cp39-manylinux2014_x86_64.whl"


GROUPS = (
    Group("landing", landing_jobs(), (*_AWS, *_WEB, "tzdata")),
    Group("tables", ("build_tables",), (*_AWS, "pyarrow", "tzdata")),
    Group("reports", ("publish_reports",), (*_AWS, *_ATHENA, "pyarrow", "tzdata")),
)

_LEFT_OUT = {"__pycache__", "tests", "include"}
_ENTRY = "labor_lake_bundle"
_PIN = re.compile(r"^([a-z0-9.-]+)==([^ ]+)(?: ; (.*?))?((?: \\\n    --hash=\S+)+)", re.MULTILINE)
_FOR_GLUE = re.compile(r"(python_full_version < '3\.1\d')?")
"""The markers in requirements.txt that hold for Python 3.9."""


@dataclass(frozen=True)
class Code:
    """Everything that is uploaded.

    Attributes:
        prefix: of the keys, without a slash at the end: ``code/<hash>``.
        files: bodies by their path under the prefix.
    """

    prefix: str
    files: Mapping[str, bytes]


def make_code(packages: Path) -> Code:
    """Makes the bundles and the scripts.

    Args:
        packages: a folder with all packages, as ``install_packages`` makes it.
    """
    files = {}
    for group in GROUPS:
        files[group.wheel] = _bundle(group, packages)
        for job in group.jobs:
            files[f"{job}.py"] = _script(job)
    return Code(f"code/{content_hash(files)}", files)


def install_packages(folder: Path) -> None:
    """Downloads what all groups need, for Glue's Python, and checks every hash.

    Raises:
        UsageError: neither pip nor uv is here.
        DeployFailure: a package cannot be had, or is not the one that was pinned.
    """
    pins = folder / "pins.txt"
    wanted = {package for group in GROUPS for package in group.packages}
    pins.write_text(hashed_pins(wanted, _read_requirements()), "utf-8")
    target = ("--target", str(folder / "packages"), "-r", str(pins))
    checked = ("--no-deps", "--require-hashes", "--only-binary", ":all:")
    command = [*_installer(), *checked, *target]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise DeployFailure(
            f"The packages of the jobs cannot be downloaded: {last}",
            hint="They come from the package index that pip or uv is configured for.",
        )


def hashed_pins(packages: Iterable[str], requirements: str) -> str:
    """The lines of requirements.txt for some packages on Python 3.9, without their markers.

    pip evaluates markers for the Python that it runs on, not for the one it is asked for.

    Raises:
        UsageError: one is not pinned there.
    """
    pins = {
        name: f"{name}=={version}{hashes}\n"
        for name, version, marker, hashes in _PIN.findall(requirements)
        if _FOR_GLUE.fullmatch(marker.strip())
    }
    missing = sorted(set(packages) - set(pins))
    if missing:
        raise UsageError(f"requirements.txt does not pin {missing[0]} for Python 3.9.")
    return "".join(pins[name] for name in sorted(packages))


def content_hash(files: Mapping[str, bytes]) -> str:
    """The start of a hash over names and bodies, whatever their order."""
    digest = hashlib.sha256()
    for name, body in sorted(files.items()):
        digest.update(f"{name}\0{len(body)}\0".encode())
        digest.update(body)
    return digest.hexdigest()[:16]


def _read_requirements() -> str:
    """The jobs' pins: inside the installed package, or in a clone."""
    inside = _HERE / "requirements.txt"
    return (inside if inside.exists() else ROOT / "requirements.txt").read_text("utf-8")


def _installer() -> list[str]:
    """The start of a command that installs for Glue's Python into a folder."""
    if importlib.util.find_spec("pip"):
        pip = (sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check")
        glue = ("--python-version", "3.9", "--platform", "manylinux2014_x86_64")
        return [*pip, "--no-compile", *glue]
    uv = shutil.which("uv")
    if uv:
        glue = ("--python-version", "3.9", "--python-platform", "x86_64-manylinux2014")
        return [uv, "pip", "install", "-q", *glue]
    raise UsageError("`lake deploy` needs pip or uv.", hint="python -m ensurepip, or install uv.")


def _script(job: str) -> bytes:
    text = f'"""Glue\'s script of the job {job}: the code is in the bundle."""\n\n'
    return f'{text}from {_ENTRY} import enter\n\nenter("{job}")\n'.encode()


def _bundle(group: Group, packages: Path) -> bytes:
    """The wheel of a group; the same content gives the same bytes."""
    own = Path(glue_jobs.__file__).parent
    files = {f"{_ENTRY}/__init__.py": (own / "enter.py").read_bytes()}
    for path in (*own.rglob("*.py"), *own.rglob("*.tsv")):
        files[f"{_ENTRY}/packages/glue_jobs/{path.relative_to(own)}"] = path.read_bytes()
    sql = sql_folder()
    for path in sql.rglob("*.sql"):
        files[f"{_ENTRY}/packages/glue_jobs/sql/{path.relative_to(sql)}"] = path.read_bytes()
    for package in group.packages:
        for name in files_of(packages, package):
            files[f"{_ENTRY}/packages/{name}"] = (packages / name).read_bytes()
    name, version = group.wheel.split("-")[:2]
    about = f"{name}-{version}.dist-info"
    tag = "Root-Is-Purelib: false\nTag: cp39-cp39-manylinux2014_x86_64\n"
    files[f"{about}/METADATA"] = (
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
    )
    files[f"{about}/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: labor-lake\n{tag}".encode()
    files[f"{about}/RECORD"] = _record(files, f"{about}/RECORD")
    return _zip(files)


def files_of(packages: Path, package: str) -> Iterator[str]:
    """The files of an installed package, by its own record: what a job may import, and metadata.

    Programs, tests and headers of C stay out: a third of what would be unpacked at each start.

    Raises:
        DeployFailure: it is not there.
    """
    wanted = re.sub(r"[-_.]+", "_", package).lower()
    for record in packages.glob("*.dist-info/RECORD"):
        if record.parent.name.partition("-")[0].lower().replace(".", "_") == wanted:
            break
    else:
        raise DeployFailure(f"The package {package} is not among those that were installed.")
    with record.open(newline="", encoding="utf-8") as stream:
        names = sorted(row[0] for row in csv.reader(stream) if row)
    installers = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json")
    for name in names:
        path = PurePosixPath(name)
        is_left_out = _LEFT_OUT & set(path.parts) or path.parts[0] in ("..", "bin")
        if not is_left_out and path.name not in installers and (packages / name).exists():
            yield name


def _record(files: Mapping[str, bytes], own_name: str) -> bytes:
    """A wheel's list of its files with their hashes, which pip checks."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for name, body in sorted(files.items()):
        digest = base64.urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b"=").decode()
        writer.writerow((name, f"sha256={digest}", len(body)))
    writer.writerow((own_name, "", ""))
    return text.getvalue().encode()


def _zip(files: Mapping[str, bytes]) -> bytes:
    """An archive without a trace of when and by whom it was made."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in sorted(files.items()):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, body)
    return made.getvalue()
