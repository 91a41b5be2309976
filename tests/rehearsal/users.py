"""What people do with the lake on AWS, in the rehearsal: awswrangler's catalog, S3 and Athena."""

from __future__ import annotations

import os
import subprocess
import threading
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Callable

import awswrangler as wr
import pandas as pd
from awswrangler.exceptions import NoFilesFound

import labor_lake
from glue_jobs.sql_files import sql_files
from tests.aws import REGION
from tests.rehearsal.upstreams import DATA_FILES
from tests.wheels import NOTEBOOK_PYTHON, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.cloudformation import Stack

DATA_FILES_SHORT = tuple(name.removeprefix("pr.data.") for name in DATA_FILES)


def _is_current(keys: Mapping[str, str]) -> bool:
    return keys["data_file"] == DATA_FILES_SHORT[0]


def check_tools(stack: Stack, holds: Callable[[str, object], None]) -> None:
    """The tools that users have: awswrangler's catalog, S3 and Athena.

    Args:
        stack: the lake's.
        holds: is told what should hold, and whether it does.
    """
    database = stack.outputs["DatabaseName"]
    tables = wr.catalog.tables(database=database)
    holds(f"awswrangler.catalog lists {len(tables)} tables", len(tables) > 3)
    comments = wr.catalog.get_columns_comments(database, "pr_data")
    holds("every column says what it means", all(comments.values()))
    rows = rows_by_file(database)
    holds("read_parquet_table reads every data file", set(rows) >= set(DATA_FILES_SHORT))
    one = wr.s3.read_parquet_table("pr_data", database, partition_filter=_is_current)
    holds("and one by a partition filter", len(one) == rows[DATA_FILES_SHORT[0]])
    answer = wr.athena.read_sql_query(
        "select count(*) as n from pr_data",
        database=database,
        workgroup=stack.outputs["WorkgroupName"],
        ctas_approach=False,
    )
    holds("read_sql_query counts the same", int(answer["n"][0]) == sum(rows.values()))
    revisions = read_partitions("pr_revisions", database)
    holds("pr_revisions has every observation", len(revisions) == sum(rows.values()))
    try:
        listed = len(wr.s3.read_parquet_table("pr_revisions", database))
    except NoFilesFound:
        listed = 0
    holds("and none to who does not ask for its partitions", listed == 0)
    known = wr.athena.read_sql_query(
        sql_files("queries")["as_of"],
        database=database,
        workgroup=stack.outputs["WorkgroupName"],
        ctas_approach=False,
        params=["'2025-12-31'"],
        paramstyle="qmark",
    )
    holds("the saved query as_of gives them all", len(known) == sum(rows.values()))
    names = {
        "database": database,
        "workgroup": stack.outputs["WorkgroupName"],
        "region": REGION,
    }
    with labor_lake.open(stack.outputs["LakeUri"], **names) as lake:
        (then,) = lake.sql("select count(*) as n from pr_data", as_of="2025-12-31")
    holds("and so does the client as of that day", then["n"] == sum(rows.values()))


def check_notebook(stack: Stack, holds: Callable[[str, object], None]) -> None:
    """The notebook's checks, by awswrangler and Athena, in the environment of `make notebook`."""
    done = subprocess.run(
        [NOTEBOOK_PYTHON, "-m", "tools.notebook", "quest", "--lake", stack.outputs["LakeUri"]],
        cwd=ROOT,
        env={
            **os.environ,
            "LAKE_DATABASE": stack.outputs["DatabaseName"],
            "LAKE_WORKGROUP": stack.outputs["WorkgroupName"],
        },
        capture_output=True,
        text=True,
        check=False,
    )
    told = done.stdout.splitlines() + [
        line for line in done.stderr.splitlines() if line.startswith("error: ")
    ]
    holds(f"the notebook over Athena: {' '.join(told[:1])}", done.returncode == 0)


def read_partitions(table: str, database: str) -> pd.DataFrame:
    """Every row of a table whose partitions lie where each is registered."""
    locations = wr.catalog.get_parquet_partitions(database, table)
    return pd.concat([wr.s3.read_parquet(location) for location in locations])


def rows_by_file(database: str) -> dict[str, int]:
    frame = wr.s3.read_parquet_table("pr_data", database)
    counts = frame["data_file"].astype("string").value_counts()
    return {str(name): int(count) for name, count in counts.items()}


@contextmanager
def reading(database: str) -> Iterator[Counter[object]]:
    """Reads pr_data again and again; counts the answers by their number of rows.

    The first reads end before the body starts, the last ones start after it has ended.
    """
    seen: Counter[object] = Counter()
    started, ended = threading.Event(), threading.Event()

    def read_once(wanted: Callable[[Mapping[str, str]], bool] | None) -> None:
        try:
            frame = wr.s3.read_parquet_table("pr_data", database, partition_filter=wanted)
        except Exception as error:  # noqa: BLE001 - awswrangler has no class for it
            moved = "is not under the root path" in str(error)
            seen["refused" if moved else repr(error)] += 1
        else:
            seen[len(frame)] += 1

    def read() -> None:
        last = False
        while not last:
            last = ended.is_set()
            for wanted in (None, _is_current):
                read_once(wanted)
            started.set()

    thread = threading.Thread(target=read)
    thread.start()
    started.wait()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()
