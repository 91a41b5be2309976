"""Makes for each job the Python that Glue would make: 3.9, its pinned modules, the wheel."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from glue_jobs.errors import UsageError
from infra.modules import hashed
from labor_lake.deployment.bundle import ROOT

GLUES_PYTHON = "3.9"

PINNED_PIP = ROOT / "requirements-pip.txt"
"""The pip that every environment gets first, instead of the one that its Python brings."""


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


def environment(python: Path, modules: str, folder: Path) -> Path:
    """An environment with exactly these modules, made once; returns its Python.

    Args:
        python: the interpreter to start from.
        modules: as the template has them, ``boto3==1.42.97,…``: each with all that it needs.
        folder: where environments are kept from one rehearsal to the next.

    Raises:
        UsageError: the modules cannot be installed, or one needs another that is not among them.
    """
    pins = sorted(modules.split(","))
    made_of = f"{version_of(python)} {pins} {PINNED_PIP.read_text('utf-8')}"
    name = hashlib.sha256(made_of.encode()).hexdigest()[:12]
    home = folder / f"env-{name}"
    inside = home / "bin" / "python"
    if (home / "complete").exists():
        return inside
    shutil.rmtree(home, ignore_errors=True)
    _run(python, "-m", "venv", home)
    listed = home / "pins.txt"
    listed.write_text(hashed(pins), "utf-8")
    install = ("-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps")
    _run(inside, *install, "--require-hashes", "-r", PINNED_PIP)
    _run(inside, *install, "--require-hashes", "-r", listed)
    _run(inside, "-m", "pip", "check")
    (home / "complete").touch()
    return inside


def install_wheel(python: Path, wheel: Path, target: Path) -> None:
    """Puts the lake's own code where Glue puts what `--extra-py-files` names."""
    _run(python, "-m", "pip", "install", "-q", "--no-deps", "--target", target, wheel)


def _run(*command: object) -> None:
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = (done.stdout + done.stderr).strip().splitlines()[-3:]
        raise UsageError(f"{' '.join(map(str, command[:4]))} failed: {' '.join(last)}")
