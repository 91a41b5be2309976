"""Asks an engine the project's own statements: what is wrong with one is no user's mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glue_jobs.errors import LakeError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from glue_jobs.engines.protocol import Engine


def query_own(engine: Engine, told: str, sql: str, parameters: Sequence[object] = ()) -> pa.Table:
    """The whole answer to a statement of the project.

    Args:
        engine: which is asked.
        told: what is said if it fails, up to the colon: ``The report best_year cannot be made``.
        sql: the statement.
        parameters: a value for each ``?``.

    Raises:
        LakeError: it has failed; never a ``UsageError``, since nobody who gave a command wrote it.
    """
    try:
        return engine.query(sql, parameters)
    except UsageError as error:
        raise own_failure(error, told) from error


def own_failure(error: LakeError, told: str) -> LakeError:
    """A failure of a statement of the project, as ``query_own`` raises it."""
    if not isinstance(error, UsageError):
        return error
    return LakeError(f"{told}: {error}", hint=error.hint)
