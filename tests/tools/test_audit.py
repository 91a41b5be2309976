"""`make audit` tells four things apart: found, none, could not ask, called in a wrong way."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from tests.wheels import ROOT
from tools.audit import CONTROL, main, pins_of, rounds

if TYPE_CHECKING:
    from pathlib import Path

KNOWN = {
    CONTROL: ["CVE-2018-18074"],
    "old==1.0": ["CVE-2025-1", "CVE-2025-2"],
}
# Stands for pip-audit: answers by the table beside it, and notes what it was asked.
STAND_IN = """\
#!{python}
import json, pathlib, sys
here = pathlib.Path(__file__).parent
listed = pathlib.Path(sys.argv[sys.argv.index("-r") + 1]).read_text().split()
with (here / "asked").open("a") as asked:
    asked.write(" ".join(listed) + "\\n")
known = json.loads((here / "known.json").read_text())
answers = []
for pin in listed:
    name, _, version = pin.partition("==")
    if name == "strange":
        answers.append({{"name": name, "skip_reason": "not found"}})
        continue
    found = [{{"id": one, "fix_versions": ["9.9"]}} for one in known.get(pin, [])]
    answers.append({{"name": name, "version": version, "vulns": found}})
print("WARNING: something", file=sys.stderr)
print(json.dumps({{"dependencies": answers, "fixes": []}}))
sys.exit(any(answer.get("vulns") for answer in answers))
"""


@pytest.fixture
def pip_audit(tmp_path):
    program = tmp_path / "pip-audit"
    program.write_text(STAND_IN.format(python=sys.executable))
    program.chmod(0o755)
    (tmp_path / "known.json").write_text(json.dumps(KNOWN))
    return program


def asked(pip_audit: Path) -> list[str]:
    return (pip_audit.parent / "asked").read_text().splitlines()


def requirements(folder: Path, *pins: str) -> str:
    file = folder / "requirements.txt"
    file.write_text("".join(f"{pin} \\\n    --hash=sha256:00\n    # via x\n" for pin in pins))
    return str(file)


def test_what_is_known_is_printed_and_fails_nothing(pip_audit, tmp_path, capsys):
    pins = ("new==2.0", "old==1.0 ; python_version < '3.10'", "strange==1")
    assert main([str(pip_audit), requirements(tmp_path, *pins)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "old 1.0: CVE-2025-1, fixed in 9.9",
        "old 1.0: CVE-2025-2, fixed in 9.9",
        "Pins: 3. Known vulnerabilities: 2.",
        "The database does not know strange.",
    ]


def test_nothing_known_is_said(pip_audit, tmp_path, capsys):
    assert main([str(pip_audit), requirements(tmp_path, "new==2.0")]) == 0
    assert capsys.readouterr().out == "Pins: 1. Known vulnerabilities: 0.\n"


def test_a_database_that_knows_nothing_is_not_believed(pip_audit, tmp_path, capsys):
    (tmp_path / "known.json").write_text("{}")
    assert main([str(pip_audit), requirements(tmp_path, "old==1.0")]) == 0
    assert capsys.readouterr().out == (
        f"Not audited: what answers in place of the vulnerability database knows nothing of"
        f" {CONTROL}.\n"
    )
    assert asked(pip_audit) == [CONTROL]


@pytest.mark.parametrize(
    "last_words",
    [
        "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='pypi.org', port=443)",
        "requests.exceptions.ProxyError: HTTPSConnectionPool(host='pypi.org', port=443)",
        "ERROR:pip_audit._cli:Could not connect to PyPI's vulnerability feed",
    ],
)
def test_a_database_that_cannot_be_reached_is_told_in_one_sentence(
    last_words, pip_audit, tmp_path, capsys
):
    pip_audit.write_text(f'#!/bin/sh\necho "Traceback\n{last_words}" >&2\nexit 1\n')
    assert main([str(pip_audit), requirements(tmp_path, "old==1.0")]) == 0
    out, err = capsys.readouterr()
    assert out == "Not audited: the vulnerability database cannot be reached.\n"
    assert err == ""


@pytest.mark.parametrize(
    "script",
    [
        'echo "pip-audit: error: unrecognized arguments: --x" >&2; exit 2',
        'echo "ERROR:pip_audit._cli:invalid requirements input" >&2; exit 1',
        "exit 0",
        "echo '{}'",
        "echo 'No known vulnerabilities found'",
    ],
)
def test_a_call_that_is_wrong_in_itself_is_not_silent(script, pip_audit, tmp_path, capsys):
    pip_audit.write_text(f"#!/bin/sh\n{script}\n")
    assert main([str(pip_audit), requirements(tmp_path, "old==1.0")]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: pip-audit failed")


def test_neither_is_a_missing_program_or_file(pip_audit, tmp_path, capsys):
    file = requirements(tmp_path, "new==2.0")
    (tmp_path / "empty.txt").write_text("# nothing\n")
    assert main([str(tmp_path / "nothing"), file]) == 2
    assert main([str(pip_audit), str(tmp_path / "nothing.txt")]) == 2
    assert main([str(pip_audit), str(tmp_path / "empty.txt")]) == 2
    assert main([str(pip_audit)]) == 2
    assert capsys.readouterr().out == ""


def test_every_pin_is_asked_for_also_those_of_other_pythons():
    files = [*ROOT.glob("requirements-*.txt"), *(ROOT / "tools").glob("requirements-*.txt")]
    assert len(files) == 12
    pins = [pin for file in files for pin in pins_of(file)]
    assert {"pandas==2.3.2", "urllib3==1.26.20", "pytest==8.4.2"} <= set(pins)
    lists = rounds(pins)
    assert sorted(pin for one in lists for pin in one) == sorted(set(pins))
    for one in lists:
        names = [pin.partition("==")[0] for pin in one]
        assert len(set(names)) == len(names)
