"""What Trino's errors mean: a wrong statement, a server that is busy, or one that is not there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from trino import exceptions

from glue_jobs.errors import LakeError, TryAgainLater, UsageError

if TYPE_CHECKING:
    from labor_lake.engines.past import Rewritten

_PLACE = re.compile(r"^line \d+:\d+: ")
_WIDEST = 70
"""Characters of a line that are shown, so that it fits an 80-column terminal with an indent."""

# Source: trino.io/docs/476/develop/client-protocol.html, November 2026.
_REFUSED = {
    "401": UsageError(
        "The Trino server does not know this user and password.",
        hint="Set --trino-user, and LAKE_TRINO_PASSWORD in the environment.",
    ),
    "403": UsageError(
        "The Trino server denies this user what was asked.",
        hint="Its administrator grants it, or --trino-user names another.",
    ),
}


def failure_of(error: Exception, asked: Rewritten, address: str) -> LakeError:
    """What is told of an error that Trino or its client has raised.

    Args:
        error: as it was raised.
        asked: the statement.
        address: of the server.
    """
    if isinstance(error, exceptions.TrinoQueryError):
        return _of_statement(error, asked)
    status = re.match(r"error (\d{3})", str(error))
    if status and status[1] in _REFUSED:
        return _REFUSED[status[1]]
    if isinstance(error, exceptions.TrinoAuthError):
        return _REFUSED["401"]
    return TryAgainLater(
        f"The Trino server at {address} does not answer.",
        hint="Is it running, and is --trino-url its address? Then run again.",
    )


def _of_statement(error: exceptions.TrinoQueryError, asked: Rewritten) -> LakeError:
    said = _PLACE.sub("", " ".join(error.message.split())).rstrip(".")
    if error.error_type != "USER_ERROR":
        return TryAgainLater(
            f"Trino could not answer the query: {said}.",
            hint=f"Run again; the server's log tells more of {error.error_name}.",
        )
    if error.error_location is None:
        return UsageError(f"Trino could not answer the query: {said}.")
    line, column = asked.place(*error.error_location)
    return UsageError(
        f"Line {line}, column {column}: {said}.", excerpt=_excerpt(asked.sql, line, column)
    )


def _excerpt(sql: str, line: int, column: int) -> str:
    """The line of a place with a mark under it; a long line is cut at both ends."""
    lines = sql.splitlines()
    if not 1 <= line <= len(lines):
        return ""
    text, place = lines[line - 1].replace("\t", " "), column - 1
    cut = max(0, place - _WIDEST // 2) if len(text) > _WIDEST else 0
    shown = "".join(char if char.isprintable() else "\ufffd" for char in text[cut : cut + _WIDEST])
    return f"{shown}\n{' ' * (place - cut)}^"
