"""Executes a notebook and compares its outputs with the committed ones.

    python -m tools.notebook quest                  # over ./lake-demo, which `make demo` fills
    python -m tools.notebook revisions              # over ./lake-vintages: `lake demo --vintages`
    python -m tools.notebook quest --write          # also stores the outputs that it got
    python -m tools.notebook quest --lake s3://bucket     # over another lake
    python -m tools.notebook quest --lake ./lake --output mine.ipynb

A spot check that fails ends it, over any lake. Outputs are compared over a demo lake
only, since the committed ones are of that. It runs in the environment that `make notebook` makes; a
lake in S3 is read with the credentials that the SDK finds.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from glue_jobs.errors import LakeError, QualityFailure
from glue_jobs.logs import print_error
from glue_jobs.storage import names
from glue_jobs.storage.open import open_storage
from labor_lake.deployment.bundles import ROOT
from tools.notebook_outputs import code_cells, differences, joined, printed, to_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tools.notebook_outputs import Document

LAKES = {"quest": "lake-demo", "revisions": "lake-vintages"}
"""The notebooks, and the demo's lakes that their committed outputs are of."""

_CELL_SECONDS = 300
"""A cell takes seconds; Athena may queue a query for minutes."""


def main(argv: Sequence[str] | None = None) -> int:
    """Prints what came of it; 7 if a spot check fails or an output differs."""
    parser = argparse.ArgumentParser("python -m tools.notebook", description=__doc__)
    parser.add_argument("notebook", choices=LAKES)
    parser.add_argument("--lake", help="its folder or s3:// address (default: the demo's)")
    parser.add_argument("--write", action="store_true", help="store the outputs in the notebook")
    parser.add_argument("--output", type=Path, metavar="FILE", help="store an executed copy")
    given = parser.parse_args(argv)
    try:
        lake = given.lake or f"{ROOT}/{LAKES[given.notebook]}"
        path = path_of(given.notebook)
        for line in check(path, lake, write=given.write, output=given.output):
            print(line)
    except LakeError as error:
        print_error(error)
        return error.exit_code
    return 0


def path_of(notebook: str) -> Path:
    """Where a notebook lies."""
    return ROOT / "notebooks" / f"{notebook}.ipynb"


def check(
    path: Path, lake: str, *, write: bool = False, output: Path | None = None
) -> Iterator[str]:
    """Executes the notebook over a lake; gives what to tell.

    Raises:
        QualityFailure: a spot check fails, or an output is not the committed one.
    """
    lake = lake if lake.startswith("s3://") else str(Path(lake).resolve())
    committed = json.loads(path.read_text("utf-8"))
    executed = execute(committed, lake, path.name)
    checks = sum(line.startswith("ok  ") for line in "".join(printed(executed)).splitlines())
    yield f"{path.name}: {len(executed['cells'])} cells, {checks} spot checks hold"
    for place in filter(None, (output, path if write else None)):
        place.write_text(to_text(executed), "utf-8")
        yield f"written: {place.name}"
    if open_storage(lake).get(names.DEMO_MARK) is None:
        yield "The outputs are not compared: the committed ones are of a demo lake."
    elif not write:
        differing = list(differences(committed, executed))
        yield from differing
        if differing:
            raise QualityFailure(
                f"{len(differing)} outputs of {path.name} differ from the committed ones.",
                hint=f"If they are right, store them: python -m tools.notebook {path.stem} --write."
                " If an earlier version of this clone made that lake, remove its folder first.",
            )
        yield "Every output is the committed one."


def execute(notebook: Document, lake: str, name: str) -> Document:
    """An executed copy of a notebook; the lake is an absolute path or an address in S3.

    Raises:
        QualityFailure: a cell fails.
    """
    # The comparison alone runs without these packages.
    import nbclient  # noqa: PLC0415
    import nbformat  # noqa: PLC0415
    import traitlets.config  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        environ = {
            **os.environ,
            "LAKE_URI": lake,
            "IPYTHONDIR": folder,  # no start-up files or settings of whoever runs this
            "MATPLOTLIBRC": os.devnull,
        }
        # Sockets in the private folder, not ports that others on this machine could reach.
        kernel = {"transport": "ipc", "connection_file": f"{folder}/kernel.json"}
        client = nbclient.NotebookClient(
            nbformat.reads(json.dumps(notebook), nbformat.NO_CONVERT),
            config=traitlets.config.Config({"KernelManager": kernel}),
            kernel_name="python3",
            extra_arguments=["--InteractiveShell.colors=nocolor"],
            record_timing=False,
            resources={"metadata": {"path": str(ROOT / "notebooks")}},
            timeout=_CELL_SECONDS,
        )
        try:
            executed: Document = client.execute(env=environ)
        except nbclient.exceptions.CellExecutionError as error:
            print(error, file=sys.stderr)  # the cell, and where in it
            raise QualityFailure(f"{name}: {error.ename}: {error.evalue}") from None
    for cell in code_cells(executed):
        cell["outputs"] = joined(cell["outputs"])
    executed["metadata"] = notebook["metadata"]
    return executed


if __name__ == "__main__":
    sys.exit(main())
