"""`lake verify`: compares every byte with what was noted of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from glue_jobs.catalog.manifests import load_population, load_survey
from glue_jobs.catalog.pointers import load_pointers
from glue_jobs.commands.status import landed_subjects
from glue_jobs.errors import StorageFailure
from glue_jobs.job import opened_lake
from glue_jobs.storage import file_sha256, names
from glue_jobs.subjects import POPULATION

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from glue_jobs.storage.protocol import Storage


@dataclass(frozen=True)
class Problem:
    """One object that is not what was noted of it."""

    key: str
    noted_in: str
    problem: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing but the settings."""


def execute(arguments: argparse.Namespace) -> int:
    """Prints what is wrong; exit 7 if anything is."""
    storage = opened_lake(vars(arguments))
    noted = list(noted_objects(storage))
    problems = [problem for entry in noted if (problem := check(storage, *entry)) is not None]
    if arguments.json:
        document = {"checked": len(noted), "problems": [asdict(problem) for problem in problems]}
        print(json.dumps(document, indent=1))
    else:
        for problem in problems:
            print(f"{problem.key}: {problem.problem} (noted in {problem.noted_in})")
        print(f"{len(noted)} objects were compared, {len(problems)} are not as they were noted.")
    return 7 if problems else 0


def noted_objects(storage: Storage) -> Iterator[tuple[str, str, str]]:
    """Every object that a manifest or a pointer names: key, hash, and who names it."""
    for subject in landed_subjects(storage):
        if subject == POPULATION:
            for dataset in load_population(storage).datasets.values():
                for page in dataset.pages:
                    noted_in = names.raw_population_manifest()
                    yield names.raw_population(page.name), page.sha256, noted_in
            continue
        for file in load_survey(storage, subject).files.values():
            yield names.raw_file(subject, file.name), file.sha256, names.raw_manifest(subject)
    for pointer in load_pointers(storage):
        for table, table_file in pointer.files():
            key = pointer.key_of(table, table_file)
            yield key, table_file.sha256, names.pointer(pointer.subject)
        for snapshot in pointer.history:
            if snapshot.key.startswith(names.BACKFILL):
                yield snapshot.key, snapshot.sha256, names.pointer(pointer.subject)


def check(storage: Storage, key: str, sha256: str, noted_in: str) -> Problem | None:
    """Reads an object whole; None if it is what was noted."""
    try:
        with storage.open(key) as stream:
            found = file_sha256(stream)
    except StorageFailure as error:
        return Problem(key, noted_in, f"cannot be read: {error}")
    return None if found == sha256 else Problem(key, noted_in, "other bytes than were stored")
