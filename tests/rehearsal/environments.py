"""Makes what Glue makes for a job: Python 3.9, its own old packages, and the bundle."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from glue_jobs.errors import UsageError
from tests.wheels import ROOT

GLUES_PYTHON = "3.9"

PINNED_PIP = ROOT / "requirements-pip.txt"
"""The pip that every environment gets first, instead of the one that its Python brings."""

GLUES_PACKAGES = ROOT / "tools" / "requirements-glue.txt"
"""What Glue's Python shell brings, also with the library-set none."""


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
