"""The pictures of the site: SVG, made when a page is written, in the colours of whoever looks.

Colours are those of the page's style sheet, so one picture does by day and by night; nothing in a
picture loads or runs anything. Each is drawn twice, for wide and for narrow screens. Nothing that
BLS wrote becomes part of one: only dates, figures and words of our own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from glue_jobs.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from markupsafe import Markup

_VEGA_LITE = "6.4"
"""The version of the language of pictures that these are written in."""

_WIDE, _NARROW = 800, 270
"""Pixels inside the axes: what a page of 1,400 and of 360 has room for."""

_ACCENT, _SECOND, _THIRD = "var(--accent)", "var(--second)", "var(--third)"
_KINDS = {"added": _ACCENT, "revised": _SECOND, "withdrawn": _THIRD}

_LOOK = {
    "background": "transparent",
    "font": "inherit",
    "view": {"stroke": None},
    "axis": {
        **dict.fromkeys(("labelColor", "titleColor"), "currentColor"),
        **dict.fromkeys(("domainColor", "gridColor", "tickColor"), "var(--line)"),
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
    },
    "legend": {
        **dict.fromkeys(("labelColor", "titleColor"), "currentColor"),
        "labelFontSize": 12,
        "orient": "top",
        "title": None,
    },
}


@dataclass(frozen=True)
class Picture:
    """A picture.

    Attributes:
        wide: for a wide screen: SVG.
        narrow: for a narrow one.
        text: what it shows, for who cannot see it.
    """

    wide: Markup
    narrow: Markup
    text: str


def draw_counts(counts: Sequence[tuple[int, int]], name: str, text: str) -> Picture:
    """A bar a year, or any whole number: how many rows have it."""
    years = [year for year, _ in counts]

    def spec(width: int) -> dict[str, Any]:
        return {
            "data": _rows(("year", "rows"), counts),
            "mark": {"type": "bar", "color": _ACCENT, "size": _bar_width(width, years)},
            "encoding": {
                "x": _years(years, name),
                "y": {"field": "rows", "type": "quantitative", "axis": _WHOLE},
            },
            "width": width,
            "height": 200,
        }

    return _drawn(spec, text)


def draw_beside(panels: Sequence[tuple[str, Sequence[tuple[int, float]]]], text: str) -> Picture:
    """Two panels with the same years, of (name, figures): bars above a line."""
    (above, bars), (below, line) = panels
    years = [year for _, points in panels for year, _ in points]

    def axis(name: str, **scale: Any) -> dict[str, Any]:
        return {
            "field": "figure",
            "type": "quantitative",
            "title": name,
            "axis": {"format": "~s"},
            "scale": scale,
        }

    def spec(width: int) -> dict[str, Any]:
        return {
            "vconcat": [
                {
                    "data": _rows(("year", "figure"), bars),
                    "mark": {"type": "bar", "color": _ACCENT, "size": _bar_width(width, years)},
                    "encoding": {"x": _years(years, None), "y": axis(above)},
                    "width": width,
                    "height": 150,
                },
                {
                    "data": _rows(("year", "figure"), line),
                    "mark": {"type": "line", "color": _SECOND, "point": {"color": _SECOND}},
                    "encoding": {
                        "x": _years(years, None),
                        "y": axis(below, zero=False, padding=6),
                    },
                    "width": width,
                    "height": 110,
                },
            ]
        }

    return _drawn(spec, text)


def draw_releases(changes: Sequence[tuple[str, str, int]], text: str) -> Picture:
    """A bar a release, of what it added, revised and withdrew: (day, kind, observations)."""

    def spec(width: int) -> dict[str, Any]:
        return {
            "data": _rows(("release", "kind", "count"), changes),
            "mark": {"type": "bar"},
            "encoding": {
                "x": {"field": "release", "type": "ordinal", "axis": {"labelAngle": -45}},
                "y": {
                    "field": "count",
                    "type": "quantitative",
                    "title": "observations",
                    "axis": _WHOLE,
                },
                "color": {
                    "field": "kind",
                    "type": "nominal",
                    "title": None,
                    "scale": {"domain": list(_KINDS), "range": list(_KINDS.values())},
                },
            },
            "width": width,
            "height": 200,
        }

    return _drawn(spec, text)


def draw_line(points: Sequence[tuple[date, float]], text: str) -> Picture:
    """A series as it is now."""

    def spec(width: int) -> dict[str, Any]:
        return {
            "data": _rows(("date", "value"), points),
            "mark": {"type": "line", "color": _ACCENT, "strokeWidth": 1.5},
            "encoding": _DATED,
            "width": width,
            "height": 220,
        }

    return _drawn(spec, text)


def draw_vintages(
    vintages: Sequence[tuple[str, Sequence[tuple[date, float]]]], text: str
) -> Picture:
    """A series as each release told it: the newest as a strong line, the others as faint ones."""
    *older, (_, newest) = vintages
    lines = [(release, *point) for release, points in older for point in points]

    def spec(width: int) -> dict[str, Any]:
        faint = {"type": "line", "color": "currentColor", "opacity": 0.4, "strokeWidth": 1.2}
        strong = {"type": "line", "color": _ACCENT, "strokeWidth": 2}
        return {
            "layer": [
                {
                    "data": _rows(("release", "date", "value"), lines),
                    "mark": faint,
                    "encoding": {**_DATED, "detail": {"field": "release"}},
                },
                {"data": _rows(("date", "value"), newest), "mark": strong, "encoding": _DATED},
            ],
            "width": width,
            "height": 240,
        }

    return _drawn(spec, text)


_WHOLE = {"format": ",d", "tickMinStep": 1}

_DATED = {
    "x": {
        "field": "date",
        "type": "temporal",
        "title": None,
        "scale": {"type": "utc"},
        "axis": {"grid": False, "format": "%Y", "tickCount": "year", "labelOverlap": True},
    },
    "y": {"field": "value", "type": "quantitative", "title": None, "scale": {"zero": False}},
}


def _rows(names: Sequence[str], rows: Sequence[Sequence[object]]) -> dict[str, Any]:
    """Rows as Vega-Lite takes them; a date is its text."""
    plain = [[one if isinstance(one, (int, float)) else f"{one}" for one in row] for row in rows]
    return {"values": [dict(zip(names, row)) for row in plain]}


def _years(years: Sequence[int], title: str | None) -> dict[str, Any]:
    """A year's place from left to right."""
    return {
        "field": "year",
        "type": "quantitative",
        "title": title,
        "scale": {"domain": [min(years) - 1, max(years) + 1], "nice": False},
        "axis": {"format": "d", "grid": False, "tickMinStep": 1},
    }


def _bar_width(width: int, years: Sequence[int]) -> int:
    """Pixels of a bar that leave a gap to the next."""
    return max(2, 7 * width // (10 * (max(years) - min(years) + 3)))


def _drawn(spec: Callable[[int], dict[str, Any]], text: str) -> Picture:
    """Draws a picture for both widths."""
    import vl_convert  # noqa: PLC0415 - only a site needs pictures
    from markupsafe import Markup  # noqa: PLC0415

    def draw(width: int) -> Markup:
        svg = vl_convert.vegalite_to_svg({**spec(width), "config": _LOOK}, vl_version=_VEGA_LITE)
        # Its parts have roles without names; the text of the whole says what there is to see.
        hidden = svg.replace("<svg ", '<svg aria-hidden="true" ', 1)
        return Markup(hidden)  # noqa: S704 - drawn from figures, dates and words of our own

    return Picture(draw(_WIDE), draw(_NARROW), text)


def need_packages() -> None:
    """Makes sure that what draws and what renders is installed.

    Raises:
        UsageError: it is not.
    """
    try:
        import jinja2  # noqa: F401, PLC0415 - only a site needs it
        import vl_convert  # noqa: F401, PLC0415
    except ImportError as error:
        raise UsageError(
            "A page needs packages that are not installed.", hint="pip install 'labor-lake[page]'"
        ) from error
