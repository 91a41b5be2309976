"""Checks the wheel as a user gets it: its files, and the demo in an empty environment.

    python -m tools.wheel_check

The wheel is built and installed, with the packages that requirements-laptop.txt pins for its base
and without the extra `[aws]`, into an environment with nothing else in it; `lake demo` runs there,
in an empty folder.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import zipfile
from importlib.metadata import requires
from pathlib import Path

from glue_jobs.errors import LakeError, QualityFailure
from glue_jobs.logs import print_error
from labor_lake.deployment.bundles import ROOT

_NOT_FOR_USERS = re.compile(r"(^|/)(tests?|faults|simulator|conformance|rehearsal)[/.]")
_PIN = re.compile(r"^([a-z0-9.-]+)==\S+(?: ; .*?)?(?: \\\n    --hash=\S+)+\n", re.MULTILINE)


def main() -> int:
    """Prints what is in the wheel and what came of it; 7 if something is wrong."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            check(Path(folder))
    except LakeError as error:
        print_error(error)
        return error.exit_code
    return 0


def check(folder: Path) -> None:
    """Builds, installs and runs.

    Raises:
        QualityFailure: the wheel holds what no user needs, or does not run.
    """
    _run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    packages = sorted({name.partition("/")[0] for name in names})
    print(f"{wheel.name}: {wheel.stat().st_size / 1e3:.0f} kB, {len(names)} files")
    print(f"  in {', '.join(packages)}")
    unwanted = [name for name in names if _NOT_FOR_USERS.search(name)]
    if unwanted:
        raise QualityFailure(f"The wheel holds {unwanted[0]}, which no user needs.")
    python = folder / "bare" / "bin" / "python"
    _run(sys.executable, "-m", "venv", folder / "bare")
    pip = (python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps")
    pins = folder / "pins.txt"
    pins.write_text(base_pins(), "utf-8")
    _run(*pip, "--require-hashes", "-r", pins)
    _run(*pip, wheel)
    _run(python, "-m", "pip", "check")
    size = sum(path.stat().st_size for path in folder.glob("bare/lib/**/*") if path.is_file())
    print(f"  installed with its base: {size / 1e6:.0f} MB")
    empty = folder / "empty"
    empty.mkdir()
    told = _run(folder / "bare" / "bin" / "lake", "demo", cwd=empty)
    print(f"  lake demo: {len(told.splitlines())} lines, as an empty folder gives them")


def base_pins() -> str:
    """The lines of requirements-laptop.txt for the base: what it names, and what those need."""
    text = (ROOT / "requirements-laptop.txt").read_text("utf-8")
    pins = {match[1]: match[0] for match in _PIN.finditer(text)}
    wanted, waiting = set(), {"labor-lake"}
    while waiting:
        name = waiting.pop()
        for wish in requires(name) or ():
            needed = re.sub(r"[-_.]+", "-", re.split(r"[^A-Za-z0-9._-]", wish)[0]).lower()
            if "extra ==" not in wish and needed in pins and needed not in wanted:
                wanted.add(needed)
                waiting.add(needed)
    return "".join(pins[name] for name in sorted(wanted))


def _run(*words: object, cwd: Path | None = None) -> str:
    command = [str(word) for word in words]
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(  # noqa: S603
        command, capture_output=True, text=True, check=False, cwd=cwd, env=environ
    )
    if done.returncode:
        last = " ".join((done.stdout + done.stderr).splitlines()[-8:])
        raise QualityFailure(f"{' '.join(command[:6])} failed: {last.strip()}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
