"""Checks that Glue can install what the template gives each job.

    python -m infra.modules

Asks pip for each job's pinned modules as Glue's Python shell needs them: for Python 3.9, as wheels
for manylinux2014, and for nothing else. What comes must have the hashes of requirements.txt. Glue
itself is given names and versions only, since its Python shell knows no way to ask for hashes.
"""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

from glue_jobs.errors import UsageError
from glue_jobs.storage.scratch import scratch_folder
from infra.cloudformation import Template
from labor_lake.deployment.bundle import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable

# A pin, perhaps with a marker, which does not count here, and its hashes.
_PIN = re.compile(
    r"^([a-z0-9.-]+==[^ ]+)(?: ;.*)? (\\\n(?:    --hash=\S+(?: \\\n)?)+)", re.MULTILINE
)
_GLUE = ("--python-version", "3.9", "--platform", "manylinux2014_x86_64", "--only-binary=:all:")


def main() -> int:
    """Downloads each job's modules and throws them away; 7 if something is not to be had."""
    template = Template((ROOT / "infra" / "template.yaml").read_text("utf-8"))
    given = {"Contact": "you@example.com", "CodePrefix": "code/0", "WheelName": "none.whl"}
    failed = False
    for job in template.resolve(given).of_type("AWS::Glue::Job").values():
        modules = job["DefaultArguments"]["--additional-python-modules"].split(",")
        with scratch_folder() as folder:
            pins = folder / "pins.txt"
            pins.write_text(hashed(modules), "utf-8")
            command = [sys.executable, "-m", "pip", "download", "-q", "-d", str(folder), *_GLUE]
            asked = subprocess.run(  # noqa: S603
                [*command, "--require-hashes", "-r", str(pins)], check=False
            )
        failed |= bool(asked.returncode)
        print(f"{'FAILED' if asked.returncode else 'ok    '} {job['Name']}: {len(modules)} modules")
    return 7 if failed else 0


def hashed(modules: Iterable[str]) -> str:
    """The modules as pip reads them from a file, each with its hashes in requirements.txt.

    Args:
        modules: as the template has them, ``boto3==1.42.97``.

    Raises:
        UsageError: one is not pinned there.
    """
    text = (ROOT / "requirements.txt").read_text("utf-8")
    hashes = {pin[1]: pin[2] for pin in _PIN.finditer(text)}
    unknown = sorted(set(modules) - set(hashes))
    if unknown:
        raise UsageError(f"requirements.txt does not pin {unknown[0]}.")
    return "".join(f"{module} {hashes[module]}\n" for module in modules)


if __name__ == "__main__":
    sys.exit(main())
