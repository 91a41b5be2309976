"""What must hold after a day, computed from what was asked and what lies there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import awswrangler as wr

from glue_jobs.sql_files import inputs
from glue_jobs.storage import names
from tests.rehearsal.server import USER

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from glue_jobs.catalog.pointers import Pointer
    from tests.rehearsal.calls import Call

_READS = ("Get", "List")
_RUN_SUMMARY = re.compile(r"arn:aws:s3:::[^/]+/runs/.+")
_LEASE = re.compile(r"arn:aws:s3:::[^/]+/leases/[a-z]+\.json")
_CREATES_VIEW = re.compile(r"^create or replace view (\w+) as$", re.MULTILINE | re.IGNORECASE)
_OWN = {"made_by": "labor_lake"}


def writes(calls: Iterable[Call]) -> list[Call]:
    """The calls of jobs that change anything but summaries and leases, or that ask Athena.

    What lies there would not tell: the same bytes again, or the same catalog entry, look like no
    write at all.
    """
    return [
        call
        for call in calls
        if call.caller != USER
        and not call.action.partition(":")[2].startswith(_READS)
        and not (call.action == "s3:PutObject" and _RUN_SUMMARY.fullmatch(call.resource))
        and not _LEASE.fullmatch(call.resource)
    ]


def locations_of(uri: str, pointer: Pointer, table: str) -> set[str]:
    """The folders that hold a table's files, as its pointer names them."""
    keys = [pointer.key_of(table, file) for file in pointer.tables[table].files]
    return {f"{uri}/{key.rpartition('/')[0]}/" for key in keys}


def catalog_differences(database: str, uri: str, pointers: Sequence[Pointer]) -> list[str]:
    """In which tables the catalog does not say what the pointers say."""
    entries = wr.catalog.get_tables(database=database)
    found = {
        entry["Name"]: entry["StorageDescriptor"]["Location"]
        for entry in entries
        if _OWN.items() <= entry.get("Parameters", {}).items()
    }
    wanted = {name: pointer for pointer in pointers for name in pointer.tables}
    differing = set(wanted) ^ set(found)
    for name in set(wanted) & set(found):
        locations = {found[name]}
        if wanted[name].tables[name].partition_keys:
            locations = set(wr.catalog.get_parquet_partitions(database, name))
            # Whoever reads the whole table starts from its own folder; of revisions, from nowhere.
            listed = found[name] != f"{uri}/{names.registered_only(wanted[name].subject)}"
            if listed and not all(location.startswith(found[name]) for location in locations):
                differing.add(name)
            if listed == bool(wanted[name].tables[name].folder):
                differing.add(name)
        if locations != locations_of(uri, wanted[name], name):
            differing.add(name)
    return sorted(differing)


def asked_too_early(statements: Iterable[str], tables: Iterable[str]) -> list[str]:
    """What statements read, by their headers, that no table is and no view before them made."""
    there = set(tables)
    missing: set[str] = set()
    for sql in statements:
        missing |= inputs(sql) - there
        there |= set(_CREATES_VIEW.findall(sql))
    return sorted(missing)


def is_one_sentence(told: str) -> bool:
    """Whether a job that failed said so in one line of its own, and nothing fell through."""
    return len(told.splitlines()) == 1 and told.startswith("error: ")
