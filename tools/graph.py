"""Draws how the modules import each other, layer by layer, as SVG files in `docs/`.

The layers are those of the import contracts in `pyproject.toml`, top first. An arrow goes from a
module to one that it imports; one that follows from others (a imports b, b imports c, so a to c) is
left out, so that the picture can be read. `make docs` writes the files, `make lint` compares them.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path

import grimp
import tomllib

ROOT = Path(__file__).parents[1]
PACKAGES = ("glue_jobs", "labor_lake", "athena_sql")

_WIDTH, _ROW, _BOX, _MARGIN = 1000, 74, 26, 20
_LETTER = 6.7  # pixels, of the font's width at 11 px
_STYLE = (
    "text{font:11px ui-monospace,Menlo,Consolas,monospace;text-anchor:middle;fill:#1f2933}"
    "rect{fill:#eef3f8;stroke:#7b8794}path{fill:none;stroke:#9aa5b1}"
    "path.up{stroke:#c81e1e;stroke-width:2}"
)


@dataclass(frozen=True)
class Box:
    """Where a module is drawn: its middle, and its width in pixels."""

    x: float
    y: float
    width: float


def draw(package: str) -> str:
    """The picture of one package.

    Raises:
        ValueError: a module imports one above it, which no picture may hide.
    """
    layers = layers_of(package)
    arrows = without_what_follows(imports_between(package, [one for row in layers for one in row]))
    depth = {module: number for number, row in enumerate(layers) for module in row}
    upward = sorted(f"{a} -> {b}" for a, b in arrows if depth[a] >= depth[b])
    if upward:
        raise ValueError(f"{package}: arrows go up: {', '.join(upward)}")
    boxes = place(layers)
    height = len(layers) * _ROW + _MARGIN
    title = f"{package}: {len(boxes)} modules in {len(layers)} layers, no import goes up"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{_STYLE}</style>",
        f'<rect width="{_WIDTH}" height="{height}" style="fill:#fff;stroke:none"/>',
        *(_arrow(boxes[a], boxes[b]) for a, b in sorted(arrows)),
        *(_box(module, box) for module, box in boxes.items()),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def layers_of(package: str) -> list[list[str]]:
    """The layers of a package by its import contract, top first, each with its modules' names."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    (layers,) = (
        contract["layers"]
        for contract in config["tool"]["importlinter"]["contracts"]
        if contract.get("containers") == [package]
    )
    return [[module.strip() for module in row.split("|")] for row in layers]


def imports_between(package: str, modules: list[str]) -> set[tuple[str, str]]:
    """Which module, with all below it, imports which."""
    graph = grimp.build_graph(package, include_external_packages=False)
    found = set()
    for importer in modules:
        for imported in modules:
            if importer != imported and graph.direct_import_exists(
                importer=f"{package}.{importer}",
                imported=f"{package}.{imported}",
                as_packages=True,
            ):
                found.add((importer, imported))
    return found


def without_what_follows(arrows: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """The arrows without those that two or more others make between them."""
    reached: dict[str, set[str]] = {}

    def reach(module: str) -> set[str]:
        if module not in reached:
            reached[module] = set()  # a circle ends here, and shows as an arrow up
            below = {b for a, b in arrows if a == module}
            reached[module] = below.union(*map(reach, below)) if below else set()
        return reached[module]

    return {
        (a, b)
        for a, b in arrows
        if not any(b in reach(other) for first, other in arrows if first == a and other != b)
    }


def place(layers: list[list[str]]) -> dict[str, Box]:
    """The boxes, each layer a row in the middle of the picture."""
    boxes: dict[str, Box] = {}
    for number, row in enumerate(layers):
        widths = [len(module) * _LETTER + 16 for module in row]
        gap = min(60.0, (_WIDTH - 2 * _MARGIN - sum(widths)) / max(len(row) - 1, 1))
        x = (_WIDTH - sum(widths) - gap * (len(row) - 1)) / 2
        for module, width in zip(row, widths, strict=True):
            boxes[module] = Box(x + width / 2, _MARGIN + number * _ROW + _BOX / 2, width)
            x += width + gap
    return boxes


def _arrow(start: Box, end: Box) -> str:
    top, bottom = start.y + _BOX / 2, end.y - _BOX / 2
    middle = (top + bottom) / 2
    return (
        f'<path d="M{start.x:.0f},{top:.0f} C{start.x:.0f},{middle:.0f}'
        f' {end.x:.0f},{middle:.0f} {end.x:.0f},{bottom:.0f}"/>'
    )


def _box(module: str, box: Box) -> str:
    left, top = box.x - box.width / 2, box.y - _BOX / 2
    return (
        f'<rect x="{left:.0f}" y="{top:.0f}" width="{box.width:.0f}" height="{_BOX}" rx="4"/>'
        f'<text x="{box.x:.0f}" y="{box.y + 4:.0f}">{escape(module)}</text>'
    )
