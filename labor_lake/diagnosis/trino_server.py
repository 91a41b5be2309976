"""A Trino server, asked which tables it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labor_lake.diagnosis.findings import OK, WARNING, Finding

if TYPE_CHECKING:
    from glue_jobs.settings import Settings


def trino(settings: Settings) -> Finding:
    """Whether the server answers this user, and shows the lake's tables.

    Raises:
        LakeError: it does not, or its package is not installed.
    """
    import labor_lake.engines.trino.engine  # noqa: F401, PLC0415 - says which package is missing
    from labor_lake.engines.trino.session import Session  # noqa: PLC0415

    count = len(Session(settings).ask("show tables"))
    where = f"{settings.trino_catalog}.{settings.database}"
    if count:
        return Finding(OK, "Trino", f"The server answers, and shows {count} tables in {where}.")
    hint = "`lake run` makes them; --trino-catalog and --database name another place."
    return Finding(WARNING, "Trino", f"The server answers, and shows no table in {where}.", hint)
