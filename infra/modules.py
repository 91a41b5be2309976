"""Checks that Glue can install what the template gives each job.

    python -m infra.modules

Asks pip for each job's pinned modules as Glue's Python shell needs them: for Python 3.9, as wheels
for manylinux2014, and for nothing else.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile

from infra.bundle import ROOT
from infra.cloudformation import Template

_GLUE = ("--python-version", "3.9", "--platform", "manylinux2014_x86_64", "--only-binary=:all:")


def main() -> int:
    """Downloads each job's modules and throws them away; 7 if something is not to be had."""
    template = Template((ROOT / "infra" / "template.yaml").read_text("utf-8"))
    given = {"Contact": "you@example.com", "CodePrefix": "code/0", "WheelName": "none.whl"}
    failed = False
    for job in template.resolve(given).of_type("AWS::Glue::Job").values():
        modules = job["DefaultArguments"]["--additional-python-modules"].split(",")
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "pip", "download", "-q", "-d", folder, *_GLUE]
            asked = subprocess.run([*command, *modules], check=False)  # noqa: S603
        failed |= bool(asked.returncode)
        print(f"{'FAILED' if asked.returncode else 'ok    '} {job['Name']}: {len(modules)} modules")
    return 7 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
