"""Reports what is publicly known against the packages that the project pins.

    python -m tools.audit PIP_AUDIT FILE …

Every pin of every file is looked up by pip-audit, also those that only another Python installs. It
is a report: what it finds fails nothing, and neither does a database that cannot be reached. Only a
call that is wrong in itself ends with an error, so that nobody takes silence for good news. For the
same reason a package with a known vulnerability is looked up first: a mirror of the package index
may answer and know of none, which pip-audit alone calls "No known vulnerabilities found".
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glue_jobs.errors import LakeError, UpstreamUnavailable, UsageError
from glue_jobs.logs import print_error
from glue_jobs.storage.scratch import scratch_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CONTROL = "requests==2.19.0"
"""Only looked up, never installed: CVE-2018-18074 is known against it."""

_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]+\])?==([^ \\\n]+)", re.MULTILINE)
_NETWORK = re.compile(
    r"ConnectionError|ProxyError|Timeout|SSLError|Could not connect|ServiceError|HTTPError"
)


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the report: 0 whatever it says, 2 if pip-audit cannot be called like this."""
    words = sys.argv[1:] if argv is None else argv
    try:
        if len(words) < 2:
            raise UsageError("pip-audit and a file of requirements are wanted.", hint="make audit")
        print(report(words[0], [Path(word) for word in words[1:]]))
    except UpstreamUnavailable as error:
        print(f"Not audited: {error}")
    except LakeError as error:
        print_error(error)
        return error.exit_code
    return 0


def report(pip_audit: str, files: Sequence[Path]) -> str:
    """What is known against the pins of some files, in lines.

    Args:
        pip_audit: the program.
        files: of requirements.

    Raises:
        UpstreamUnavailable: there is no database of vulnerabilities to ask.
        UsageError: a file pins nothing, or pip-audit refuses the call.
    """
    wanted = [pin for file in files for pin in pins_of(file)]
    if not any(found["vulns"] for found in _asked(pip_audit, [CONTROL])):
        raise UpstreamUnavailable(
            f"what answers in place of the vulnerability database knows nothing of {CONTROL}."
        )
    answers = [found for pins in rounds(wanted) for found in _asked(pip_audit, pins)]
    known = [
        f"{found['name']} {found['version']}: {vulnerability['id']},"
        f" fixed in {', '.join(vulnerability['fix_versions']) or 'no version'}"
        for found in answers
        for vulnerability in found["vulns"]
    ]
    unknown = [found["name"] for found in answers if "skip_reason" in found]
    lines = [*known, f"Pins: {len(answers)}. Known vulnerabilities: {len(known)}."]
    if unknown:
        lines.append(f"The database does not know {', '.join(unknown)}.")
    return "\n".join(lines)


def pins_of(file: Path) -> list[str]:
    """The pins of a file, ``name==version``.

    Raises:
        UsageError: it cannot be read, or pins nothing.
    """
    try:
        found = [f"{name}=={version}" for name, version in _PIN.findall(file.read_text("utf-8"))]
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from None
    if not found:
        raise UsageError(f"{file} pins nothing.")
    return found


def rounds(pins: Iterable[str]) -> list[list[str]]:
    """All pins, each once, in as few lists as go without two versions of one package in a list."""
    split: list[dict[str, str]] = []
    for pin in dict.fromkeys(pins):
        name = pin.partition("==")[0]
        place = next((taken for taken in split if name not in taken), None)
        if place is None:
            split.append(place := {})
        place[name] = pin
    return [list(taken.values()) for taken in split]


def _asked(pip_audit: str, pins: Sequence[str]) -> list[dict[str, Any]]:
    """What pip-audit says of each pin: ``name``, and ``vulns`` or ``skip_reason``."""
    with scratch_folder() as folder:
        listed = folder / "pins.txt"
        listed.write_text("\n".join(pins) + "\n", "utf-8")
        options = ("--no-deps", "--disable-pip", "--progress-spinner", "off", "-f", "json")
        command = [pip_audit, "-r", str(listed), *options]
        try:
            ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        except OSError as error:
            raise UsageError(f"{pip_audit} cannot be run: {error.strerror}.") from None
    # Its exit code is 1 for vulnerabilities and for failures; only an answer is JSON.
    try:
        answers = json.loads(ended.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        last = (ended.stderr.strip().splitlines() or ["it gave no reason"])[-1]
        if ended.returncode == 1 and _NETWORK.search(last):
            raise UpstreamUnavailable("the vulnerability database cannot be reached.") from None
        raise UsageError(f"pip-audit failed ({ended.returncode}): {last[:200]}.") from None
    return [{"vulns": [], **answer} for answer in answers]


if __name__ == "__main__":
    sys.exit(main())
