"""Makes what Glue makes for a job: Python 3.9, its own old packages, and the bundle."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from glue_jobs.errors import UsageError
from labor_lake.deployment.bundles import GROUPS
from tests.wheels import ROOT

if TYPE_CHECKING:
    from labor_lake.deployment.bundles import Code

GLUES_PYTHON = "3.9"

PINNED_PIP = ROOT / "requirements-pip.txt"
"""The pip that every environment gets first, instead of the one that its Python brings."""

GLUES_PACKAGES = ROOT / "tools" / "requirements-glue.txt"
"""What Glue's Python shell brings, also with the library-set none."""

# Whatever starts a job's script on Glue may have imported what Glue brings. Linux tells a child's
# peak as at least its parent's at the fork, so each job tells its own, with the CPU seconds that it
# and its workers took.
_BEFORE_THE_SCRIPT = """\
import atexit, botocore, os, resource
def tell():
    try:
        with open("/proc/self/status") as status:
            peak = next(line.split()[1] for line in status if line.startswith("VmHWM"))
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    with open(os.environ["REHEARSAL_USED"], "w") as told:
        told.write(f"{peak} {sum(os.times()[:4])}")
atexit.register(tell)
"""


@dataclass(frozen=True)
class Installed:
    """What every job's process starts from, whichever stack it is of.

    Attributes:
        python: the interpreter of a bare environment.
        brought: the folder of what Glue brings.
        folder: holds a folder for each bundle, and what runs before a script.
    """

    python: Path
    brought: Path
    folder: Path

    def path_for(self, wheel: str) -> tuple[Path, ...]:
        """Where a job with this bundle finds its modules.

        What Glue brings comes before what is installed, as several people have seen.
        """
        bundle = self.folder / f"installed-{wheel.partition('-')[0]}"
        return (self.folder / "before", self.brought, bundle)


def install(code: Code, python: Path, kept: Path, folder: Path) -> Installed:
    """Makes an environment, and installs each bundle into a folder of its own.

    Args:
        code: the bundles.
        python: the interpreter for the jobs.
        kept: where environments are kept from one rehearsal to the next.
        folder: for the bundles.
    """
    installed = Installed(*make_environment(python, kept), folder)
    for group in GROUPS:
        wheel = folder / group.wheel
        wheel.write_bytes(code.files[group.wheel])
        install_bundle(installed.python, wheel, installed.path_for(group.wheel)[-1])
    before = folder / "before"
    before.mkdir()
    (before / "sitecustomize.py").write_text(_BEFORE_THE_SCRIPT)
    return installed


def find_python() -> Path:
    """A Python 3.9, else the one that runs this."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    on_path = shutil.which(f"python{GLUES_PYTHON}")
    candidates = [Path(on_path)] if on_path else []
    candidates += sorted(root.glob(f"versions/{GLUES_PYTHON}*/bin/python{GLUES_PYTHON}"))
    for candidate in candidates:
        if version_of(candidate) == GLUES_PYTHON:
            return candidate
    return Path(sys.executable)


def version_of(python: Path) -> str:
    """An interpreter's version, ``3.9``; empty for one that does not run."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    asked = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    return asked.stdout.strip()


def make_environment(python: Path, folder: Path) -> tuple[Path, Path]:
    """A bare environment and a folder of the packages that Glue brings, made once.

    Args:
        python: the interpreter to start from.
        folder: where both are kept from one rehearsal to the next.

    Returns:
        The environment's Python, and the folder.

    Raises:
        UsageError: they cannot be installed.
    """
    texts = [path.read_text("utf-8") for path in (PINNED_PIP, GLUES_PACKAGES)]
    name = hashlib.sha256(f"{version_of(python)} {texts}".encode()).hexdigest()[:12]
    home = folder / f"env-{name}"
    inside, brought = home / "bin" / "python", home / "glue"
    if not (home / "complete").exists():
        shutil.rmtree(home, ignore_errors=True)
        _run(python, "-m", "venv", home)
        install = ("-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes")
        _run(inside, *install, "-r", PINNED_PIP)
        _run(inside, *install, "--target", brought, "-r", GLUES_PACKAGES)
        (home / "complete").touch()
    return inside, brought


def install_bundle(python: Path, wheel: Path, target: Path) -> None:
    """Installs what `--extra-py-files` names as Glue does: with all that it requires.

    No index is asked, so a bundle that requires anything is refused here.

    Raises:
        UsageError: it cannot be installed.
    """
    quiet = ("-m", "pip", "install", "-q", "--disable-pip-version-check")
    _run(python, *quiet, "--no-index", "--target", target, wheel)


def _run(*command: object) -> None:
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = (done.stdout + done.stderr).strip().splitlines()[-3:]
        raise UsageError(f"{' '.join(map(str, command[:4]))} failed: {' '.join(last)}")
