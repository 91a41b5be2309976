"""Spot checks, known figures, tables and charts for the notebooks."""

from __future__ import annotations

import base64
import io
from decimal import Decimal, InvalidOperation
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from IPython.display import display
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KNOWN_FIGURES = Path(__file__).with_name("known_figures.csv")
"""By report and figure, a column per capture; computed in exact decimals, by none of our code.

Source: copies of pr.data.0.Current as https://download.bls.gov/pub/time.series/pr/ served them in
the month that names the column.
"""

_MOST_LABELS = 15
"""As many years as have room for a label each."""

DARK, LIGHT, GREY = "#1f4e79", "#e3b27c", "#c8c8c8"


class CheckFailed(Exception):
    """A figure is not what it must be; the notebook ends."""


def check(claim: str, holds: object) -> None:
    """Prints what was found to hold.

    Raises:
        CheckFailed: it does not hold.
    """
    if not holds:
        raise CheckFailed(f"this does not hold: {claim}")
    print(f"ok  {claim}")


def exact(cell: object) -> Decimal | str | None:
    """A cell as a decimal, because a double cannot hold 16.4; as text where it is no number."""
    if pd.isna(cell):
        return None
    try:
        return Decimal(str(cell))
    except InvalidOperation:
        return str(cell)


def check_equal(claim: str, one: pd.DataFrame, other: pd.DataFrame) -> None:
    """Compares two frames cell by cell, in their order, whatever their columns are called.

    Numbers are compared as decimals: 16.4 and 16.400000 are equal.

    Raises:
        CheckFailed: they differ; it names the first rows that do.
    """
    rows, others = (frame.map(exact).astype(object).to_numpy().tolist() for frame in (one, other))
    for row, wanted in zip_longest(rows, others):
        if row != wanted:
            raise CheckFailed(f"this does not hold: {claim}: {_text(row)} is not {_text(wanted)}")
    print(f"ok  {claim}")


def _text(row: Sequence[object] | None) -> str:
    return " ".join(map(str, row)) if row else "no row"


class Known:
    """The known figures, and which of them a lake must have.

    Attributes:
        figures: by report and figure, a column per capture, as texts.
        capture: the one of the lake's release; empty for a lake with another release.
        is_whole: whether the lake has all series of it, not an excerpt.
    """

    def __init__(self, release: str, sha256: str, *, is_demo: bool) -> None:
        """Finds the capture.

        Args:
            release: of the lake's pr.data.0.Current.
            sha256: of the same file; it decides, except for the demo's excerpt.
            is_demo: whether the lake holds the excerpt.
        """
        self.figures = pd.read_csv(KNOWN_FIGURES, index_col=["report", "figure"], dtype=str)
        row, wanted = ("release", release) if is_demo else ("sha256", sha256)
        found = self.figures.columns[self.figures.loc["files", row] == wanted]
        self.capture = str(found[0]) if len(found) else ""
        self.is_whole = bool(self.capture) and not is_demo

    def describe(self) -> str:
        """Says which lake this is, and what it is compared with."""
        if self.is_whole:
            return f"This lake has the capture of {self.capture}, whose figures are all known."
        if self.capture:
            return (
                f"This is the demo lake: an excerpt of the release captured in {self.capture}.\n"
                "The figures of its series are known. Counts over all series are not compared."
            )
        return (
            "This is another lake: the figures of its release are not known here.\n"
            "It is compared with its own raw files only."
        )

    def show(self, report: str) -> None:
        """Shows what is known of a report, but for hashes."""
        rows = self.figures.loc[report]
        show(rows[~rows.index.str.startswith("sha256")].reset_index(), most=len(rows))

    def check(
        self, claim: str, report: str, figures: Mapping[str, object], *, of_all_series: bool = False
    ) -> None:
        """Compares figures with the known ones, where this lake must have the same.

        Args:
            claim: says what they are.
            report: what they belong to.
            figures: by name; those that no capture knows are left out.
            of_all_series: whether an excerpt gives others.

        Raises:
            CheckFailed: a figure is another one.
        """
        if not self.capture or (of_all_series and not self.is_whole):
            return
        known = self.figures.loc[report, self.capture].dropna()
        for name, figure in figures.items():
            if name in known and str(figure) != known[name]:
                raise CheckFailed(f"{name} is {figure}, but was {known[name]} in {self.capture}")
        print(f"ok  {claim}, as known in {self.capture}")


def show(frame: pd.DataFrame, most: int = 13) -> None:
    """Shows a frame as a table; a long one is cut."""
    shown = frame.head(most).astype(object)
    shown = shown.where(shown.notna(), "")
    plain, html = shown.to_string(index=False), shown.to_html(index=False, border=0)
    display({"text/plain": plain, "text/html": html}, raw=True)
    if len(frame) > most:
        print(f"… and {len(frame) - most:,} more rows")


def bar_chart(title: str, unit: str, *bars: tuple[str, str, pd.Series]) -> Figure:
    """A chart of figures by year, side by side where a year has several.

    Args:
        title: stands above it.
        unit: of the figures.
        bars: label, colour and figures of each kind.
    """
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    axes = figure.subplots()
    years = [year for _, _, figures in bars for year in figures.index]
    shared = len(set(years)) < len(years)
    width = 0.84 / len(bars) if shared else 0.84
    for place, (label, colour, figures) in enumerate(bars):
        offset = (place - (len(bars) - 1) / 2) * width if shared else 0
        axes.bar(figures.index + offset, figures.astype(float), width, color=colour, label=label)
    if len(set(years)) <= _MOST_LABELS:
        axes.set_xticks(sorted(set(years)))
    axes.axhline(0, color="black", linewidth=0.8)
    axes.set_title(title, loc="left")
    axes.set_ylabel(unit)
    axes.legend(frameon=False, loc="lower right")
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def vintage_chart(title: str, unit: str, vintages: Mapping[str, pd.Series]) -> Figure:
    """A chart of one series as each release told it, the newest as the strong line.

    Args:
        title: stands above it.
        unit: of the figures.
        vintages: by release, oldest first, the figures by date.
    """
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    axes = figure.subplots()
    newest = list(vintages)[-1]
    for place, (release, figures) in enumerate(vintages.items()):
        strong = release == newest
        axes.plot(
            figures.index,
            figures,
            color=DARK if strong else LIGHT,
            linewidth=2.2 if strong else 1.4,
            linestyle="-" if strong else ("-", "--", "-.", ":")[place % 4],
            marker="o" if strong else None,
            label=f"{release[:4]}-{release[4:6]}-{release[6:8]}",
        )
    axes.axhline(0, color="black", linewidth=0.8)
    axes.set_title(title, loc="left")
    axes.set_ylabel(unit)
    axes.legend(frameon=False, ncols=len(vintages), loc="lower center")
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def draw(figure: Figure, description: str) -> None:
    """Shows a chart, with a description for whoever cannot see it."""
    body = io.BytesIO()
    figure.savefig(body, format="png", dpi=100, metadata={"Software": None})
    picture = base64.b64encode(body.getvalue()).decode()
    alt = {"image/png": {"alt": description}}
    display({"image/png": picture, "text/plain": description}, raw=True, metadata=alt)
