"""Converts the landed files of a subject that have changed, several at a time.

A conversion reads one landed file and writes one Parquet file; it needs no other. So where there is
much to do, files are converted in worker processes, the largest first, while verdicts on them are
found one after the other; a file that would keep one core busy when the others have nothing left to
do is parsed by several threads. The bytes are the same.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glue_jobs.raw_zone import contents_of
from glue_jobs.sources.places import tables_of
from glue_jobs.storage.open import open_storage
from glue_jobs.workers import Workers, count_workers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from glue_jobs.running import Run
    from glue_jobs.sources.protocol import Landed
    from glue_jobs.tables.convert import Converted
    from glue_jobs.tables.plan import Planned

_WORTH_IT = 16 << 20  # bytes of a run: they take about as long as a worker takes to start
PARSING_THREADS = 3  # two cores are busy though one waits for its turn


@dataclass
class _ToConvert:
    """What a run has to convert, as far as it has begun: bytes."""

    size: int = 0


class Conversions:
    """The conversions of one subject's files."""

    def __init__(self, run: Run, subject: str, scratch: Path) -> None:
        """Begins none yet.

        Args:
            run: whose settings count.
            subject: whose files.
            scratch: a folder for tables that are made.
        """
        self._run, self._subject, self._scratch = run, subject, scratch
        self._begun: dict[tuple[str, str], Future[Converted | None]] = {}

    def begin(self, files: Sequence[tuple[Planned, Landed]]) -> None:
        """Has files converted by workers, once a run has so much to do that they are worth it."""
        sizes = {landed.name: sum(one.bytes for one in landed.objects) for _, landed in files}
        count = count_workers(self._run.settings.workers)
        work = self._run.share(_ToConvert, _ToConvert)
        work.size += sum(sizes.values())
        if count < 2 or work.size < _WORTH_IT:
            return
        workers = self._run.share(Workers, lambda: Workers(count))
        largest_first = sorted(files, key=lambda file: sizes[file[1].name], reverse=True)
        shares = share_threads([sizes[landed.name] for _, landed in largest_first], count)
        for (place, landed), threads in zip(largest_first, shares):
            folder = self._scratch / f"converting-{len(self._begun)}"
            self._begun[landed.name, landed.sha256] = workers.submit(
                convert_landed,
                *(self._run.storage.uri, self._run.settings.region),
                *(self._subject, place, landed, self.target_of(place), folder),
                threads,
            )

    def convert(self, place: Planned, landed: Landed) -> Converted | None:
        """Makes a file's table at its target, now if nobody has begun; None for a document.

        Raises:
            LakeError: it cannot be made.
        """
        begun = self._begun.pop((landed.name, landed.sha256), None)
        if begun is not None:
            return begun.result()
        use_little_memory()
        target = self.target_of(place)
        target.parent.mkdir(parents=True, exist_ok=True)
        contents = contents_of(self._run.storage, landed)
        return tables_of(self._subject).convert(place, contents, target, self._scratch)

    def target_of(self, place: Planned) -> Path:
        """Where in scratch a file's table is made."""
        return self._scratch / place.path


def use_little_memory() -> None:
    """Has Arrow give back at once what its threads have freed: 140 MB instead of 220, no slower."""
    import pyarrow as pa  # noqa: PLC0415 - a quiet run does without it

    with contextlib.suppress(NotImplementedError):  # not on every system
        pa.set_memory_pool(pa.jemalloc_memory_pool())


def share_threads(sizes: Sequence[int], cores: int) -> list[int]:
    """How many threads parse each of some files, which are begun in this order.

    Several parse a file that will be at work when the others have left a core with nothing to do.
    """
    left, shares = sum(sizes), []
    for size in sizes:
        shares.append(PARSING_THREADS if size > max(left / cores, _WORTH_IT) else 0)
        left -= size
    return shares


def convert_landed(
    uri: str,
    region: str,
    subject: str,
    place: Planned,
    landed: Landed,
    target: Path,
    folder: Path,
    threads: int,
) -> Converted | None:
    """Converts a file in a process that knows nothing but this; ``folder`` is its own."""
    use_little_memory()
    target.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir()
    contents = contents_of(open_storage(uri, region), landed)
    return tables_of(subject).convert(place, contents, target, folder, threads)
