"""The outputs of a notebook: compared with those of another execution, and written to its file.

A notebook is taken as it stands in its file, which is JSON.
"""

from __future__ import annotations

import difflib
import io
import json
from base64 import b64decode
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Document = dict[str, Any]

_PIXEL_MAY_DIFFER, _SHARE_MAY_DIFFER = 32 / 255, 0.001
"""Processors round differently, and so edges of letters differ; a bar that moves is far more."""

_SHOWN_LINES = 12
"""Of one output that differs: enough to see what it is about."""


def differences(committed: Document, executed: Document) -> Iterator[str]:
    """What two executions of one notebook show differently, by cell."""
    for before, after in zip(code_cells(committed), code_cells(executed)):
        shown, got = _by_kind(before), _by_kind(after)
        kinds = [", ".join(kind for kind, _ in one) or "nothing" for one in (shown, got)]
        if kinds[0] != kinds[1]:
            yield f"{after['id']}: shows {kinds[1]}, not {kinds[0]}"
            continue
        for (kind, old), (_, new) in zip(shown, got):
            if kind == "image/png":
                if not is_same_picture(old, new):
                    yield f"{after['id']}: the picture differs"
            elif old != new:
                lines = difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=0)
                told = [line for line in [*lines][2:] if not line.startswith("@@")]
                yield "\n".join([f"{after['id']}: {kind}", *told[:_SHOWN_LINES]])


def is_same_picture(one: str, other: str) -> bool:
    """Whether two PNGs, in base64, look the same."""
    if one.strip() == other.strip():
        return True
    from matplotlib.image import imread  # noqa: PLC0415

    pixels, others = (imread(io.BytesIO(b64decode(picture))) for picture in (one, other))
    return pixels.shape == others.shape and bool(
        (abs(pixels - others) > _PIXEL_MAY_DIFFER).mean() <= _SHARE_MAY_DIFFER
    )


def code_cells(notebook: Document) -> list[Document]:
    """The cells that are executed."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def joined(outputs: Sequence[Document]) -> list[Document]:
    """Outputs with what was printed in a row in one piece, in however many a kernel sent it."""
    found: list[Document] = []
    for output in outputs:
        if found and output.get("name") and found[-1].get("name") == output["name"]:
            found[-1] = {**output, "text": [*_lines(found[-1]["text"]), *_lines(output["text"])]}
        else:
            found.append(output)
    return found


def printed(notebook: Document) -> list[str]:
    """What the cells print, apart from tables and pictures."""
    outputs = [output for cell in code_cells(notebook) for output in cell["outputs"]]
    return ["".join(one["text"]) for one in outputs if one["output_type"] == "stream"]


def to_text(notebook: Document) -> str:
    """A notebook as its file has it: lines of text one by one, so that git can compare them."""
    cells = [{**cell, "source": _lines(cell["source"])} for cell in notebook["cells"]]
    for cell in code_cells({"cells": cells}):
        cell["outputs"] = [_in_lines(output) for output in cell["outputs"]]
    return json.dumps({**notebook, "cells": cells}, indent=1, ensure_ascii=False) + "\n"


def _by_kind(cell: Document) -> list[tuple[str, str]]:
    """What a cell shows, as pairs of kind and text; a picture's description counts, too."""
    found: list[tuple[str, str]] = []
    for output in cell["outputs"]:
        if output["output_type"] == "stream":
            found.append((output["name"], "".join(output["text"])))
            continue
        found += [(kind, "".join(body)) for kind, body in sorted(output["data"].items())]
        found.append(("metadata", json.dumps(output["metadata"], sort_keys=True)))
    return found


def _in_lines(output: Document) -> Document:
    if output["output_type"] == "stream":
        return {**output, "text": _lines(output["text"])}
    shown = output["data"].items()
    data = {kind: body if kind == "image/png" else _lines(body) for kind, body in shown}
    return {**output, "data": data}


def _lines(text: str | Sequence[str]) -> list[str]:
    return "".join(text).splitlines(keepends=True)
