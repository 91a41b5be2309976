"""Answers as the population API does, at the path of its tesseract server.

Source: https://honolulu-api.datausa.io/tesseract, captures of 2025-10.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from labor_lake.sample.answer import Answer, whole

if TYPE_CHECKING:
    from collections.abc import Mapping

PATH = "/tesseract/data.jsonrecords"

_LIMIT = re.compile(r"(\d+)(?:,(\d+))?")
_JSON = {"Content-Type": "application/json"}


def answer_population(
    cubes: Mapping[str, bytes], query: Mapping[str, list[str]], page_limit: int | None
) -> Answer:
    """Answers one request: a cube's body as it was given, or a page of it.

    Args:
        cubes: whole bodies by cube; one without a page object is never cut into pages.
        query: of the request: cube, drilldowns, measures, and ``limit=ROWS`` or ``ROWS,OFFSET``.
        page_limit: the most rows of one answer, or None for all.
    """
    asked = {name: values[0] for name, values in query.items()}
    cube = asked.get("cube", "")
    if cube not in cubes:
        return _error(404, f"Cube '{cube}' was not found.")
    levels = set(asked.get("drilldowns", "").split(","))
    if levels != {"Year", "Nation"} or asked.get("measures") != "Population":
        return _error(400, "This server knows the drilldowns Year,Nation of measure Population.")
    limit = _LIMIT.fullmatch(asked.get("limit", "0"))
    if limit is None:
        return _error(400, "limit must be ROWS or ROWS,OFFSET.")
    rows, offset = int(limit[1]), int(limit[2] or 0)
    if page_limit is not None:
        rows = min(rows or page_limit, page_limit)
    return whole(200, _page_of(cubes[cube], rows, offset), _JSON)


def _page_of(body: bytes, rows: int, offset: int) -> bytes:
    """Rows ``offset`` to before ``offset + rows`` of a whole answer; 0 rows means all of them."""
    answer = _with_pages(body) if rows or offset else None
    if answer is None:
        return body
    answer["page"].update(limit=rows, offset=offset)
    answer["data"] = answer["data"][offset : offset + rows if rows else None]
    return json.dumps(answer, separators=(",", ":")).encode()


def _with_pages(body: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(body)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) and {"page", "data"} <= answer.keys() else None


def _error(status: int, detail: str) -> Answer:
    return whole(status, json.dumps({"error": True, "detail": detail}).encode(), _JSON)
