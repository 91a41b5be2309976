"""A lake of a small survey, day by day: BLS serves other files, which are landed and built."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from glue_jobs.catalog.pointers import Pointer, load_pointer
from labor_lake.sample import render
from tests.faults.lake import DATA_FILE, Done, Lake, change_file
from tests.faults.small_survey import FIRST
from tests.test_builds import rows_of

ONE, OTHER = "PRS30006011", "PRS30006012"
BROKEN = b"Under construction.\r\n"


def day(number: int) -> datetime:
    return FIRST + timedelta(days=number)


def release(number: int) -> str:
    return f"{day(number):%Y%m%dT%H%M%SZ}"


def data_of(number: int, *series: str) -> bytes:
    return render.data_file(
        (one, "2013", f"Q0{quarter}", f"{number}.{quarter}", "R")
        for one in series or (ONE,)
        for quarter in (1, 2, 3)
    )


def series_of(*series: str) -> bytes:
    return render.table_file([("series_id", "class_code"), *((one, "6") for one in series)])


def land(lake: Lake, number: int, body: bytes, name: str = DATA_FILE) -> None:
    """BLS serves a file on a day, and it is landed."""
    change_file(lake.upstream, name, body, day(number))
    seen = day(number) + timedelta(minutes=30)
    assert lake.do("land_bls", replace(lake.run(), now=lambda: seen)).failures == ()


def build_on(lake: Lake, moment: datetime, **settings: object) -> Done:
    return lake.do("build_tables", replace(lake.run(**settings), now=lambda: moment))


def pointer_of(lake: Lake) -> Pointer:
    pointer = load_pointer(lake.storage, "pr")
    assert pointer is not None
    return pointer


def values(lake: Lake) -> set[float]:
    return {row["value"] for row in rows_of(lake.storage, "pr_data")}


def vintages(lake: Lake) -> list[str]:
    return [one.release for one in pointer_of(lake).history]


def source_of(lake: Lake, name: str) -> dict[str, Any]:
    (row,) = [row for row in rows_of(lake.storage, "pr_sources") if row["name"] == name]
    return row
