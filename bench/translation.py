"""`python -m bench.translation`: what it costs to say a statement of Athena in DuckDB.

The statements that a real Trino was asked (`tests/conformance/`) are translated over the tables
that it was asked about, and again with a thousand more in the catalog. Beside each pass sqlglot
alone reads the same statements as Trino's and writes them as DuckDB's, without types, checks or
refusals: the machine's speed changes, the ratio of two passes side by side hardly does. CPU time,
every pass in the same process; the first one describes the tables as well.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import statistics
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import sqlglot
from sqlglot.errors import SqlglotError

import athena_sql
from glue_jobs.storage.local import LocalStorage
from labor_lake.engines.relations import Relations
from tests.conformance.lake import built_once
from tests.conformance.statements import read_statements
from tests.pointers import load_pointers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from athena_sql.schema import Catalog, Described

_DATABASE = "labor_lake"
_OWN_IDS = 2001
"""From here on the statements are the project's own: longer ones, of which each tries much."""


@dataclass(frozen=True)
class _WithMore:
    """A catalog with a thousand more tables."""

    catalog: Catalog

    def listed(self) -> Mapping[str, bool]:
        return {**self.catalog.listed(), **{f"more_{number}": False for number in range(1000)}}

    def describe(self, table: str) -> Described | None:
        return self.catalog.describe(table)


def spent(statements: list[str], work: Callable[[str], object]) -> float:
    """CPU milliseconds a statement."""
    began = time.process_time()
    for sql in statements:
        # What is refused was worked on, too.
        with contextlib.suppress(athena_sql.AthenaSQLError, SqlglotError):
            work(sql)
    return (time.process_time() - began) * 1000 / len(statements)


def main() -> None:
    """Prints the passes, and the medians of those after the first."""
    parser = argparse.ArgumentParser("python -m bench.translation", description=__doc__)
    parser.add_argument("--repeat", type=int, default=5, help="passes (default: 5)")
    repeat = parser.parse_args().repeat
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    statements = [one.sql for one in read_statements() if one.id < _OWN_IDS]
    if not statements:
        raise SystemExit("The captures are not here, whose statements are translated.")
    with TemporaryDirectory() as folder:
        lake = built_once(Path(folder))
        relations = Relations(str(lake), load_pointers(LocalStorage(lake)), {}, _DATABASE)
        schemas = {
            "of the lake": relations.schema,
            "and a thousand more": athena_sql.Schema(_DATABASE, catalog=_WithMore(relations)),
        }
        passes: dict[str, list[float]] = {name: [] for name in (*schemas, "sqlglot alone")}
        for _ in range(repeat + 1):
            for name, schema in schemas.items():
                translate = partial(athena_sql.translate, schema=schema)
                passes[name].append(spent(statements, translate))
            transpile = partial(sqlglot.transpile, read="trino", write="duckdb")
            passes["sqlglot alone"].append(spent(statements, transpile))
    print(f"{len(statements)} statements, CPU ms each")
    print("| tables | first pass | median of the next | of sqlglot alone |")
    print("|---|---|---|---|")
    alone = statistics.median(passes["sqlglot alone"][1:])
    for name, own in passes.items():
        median = statistics.median(own[1:])
        print(f"| {name} | {own[0]:.1f} | {median:.1f} | {median / alone:.2f} |")


if __name__ == "__main__":
    main()
