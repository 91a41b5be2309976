"""One deliberate breakage: which code goes, what takes its place, and which tests should notice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from textwrap import indent

from tests.yaml_files import read_yaml

ROOT = Path(__file__).parents[2]
_MARGINS = [" " * (4 * depth) for depth in range(8)]


@dataclass(frozen=True)
class Breakage:
    """One breakage.

    Attributes:
        area: the part of the lake: the name of the list that it stands in.
        broken: what is wrong afterwards, in a sentence without its dot.
        nearest: the tests that should notice, as pytest takes them.
        file: where the code stands.
        code: the code, which stands there once.
        instead: what takes its place.
        survives: why no test can notice; empty where one must.
    """

    area: str
    broken: str
    nearest: str
    file: str
    code: str
    instead: str
    survives: str = ""

    def broken_text(self, root: Path = ROOT) -> str:
        """The file as it reads once it is broken; several lines may stand at any indentation."""
        text = (root / self.file).read_text("utf-8")
        places = [(self.code, self.instead)]
        if "\n" in self.code:
            places = [
                (f"\n{indent(self.code, margin)}\n", f"\n{indent(self.instead, margin)}\n")
                for margin in _MARGINS
            ]
        found = [place for place in places if place[0] in text]
        if len(found) != 1 or text.count(found[0][0]) != 1:
            raise ValueError(f"{self.file} has not once: {self.code}")
        return text.replace(*found[0])


def load_breakages() -> list[Breakage]:
    """All of them, by area."""
    return [
        Breakage(area=path.stem, **entry)
        for path in sorted(Path(__file__).parent.glob("*.yaml"))
        for entry in read_yaml(path)
    ]
