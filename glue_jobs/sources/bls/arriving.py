"""Downloads a survey's files and stores each as it arrives, before the survey is landed.

Small files come first, and no more is on its way at a time than fits into a bounded scratch, or one
file where that is larger. What was stored is noted beside the manifest now and then, and when a
landing ends early. The next one takes over what the note names, if BLS lists it as it was then and
the storage has recorded those very bytes. Only the manifest says what is landed.
"""

from __future__ import annotations

import contextlib
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

from glue_jobs.documents import to_json
from glue_jobs.errors import IntegrityFailure, LakeError, OutOfTime
from glue_jobs.sources.bls.manifest import MANIFESTS, LandedFile, folder_of, is_as_known, key_of
from glue_jobs.storage import names
from glue_jobs.timestamps import to_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path
    from typing import Callable

    from glue_jobs.running import Run
    from glue_jobs.sources.bls.listing import ListedFile
    from glue_jobs.sources.bls.site import Fetched

DOWNLOADS_AT_ONCE = 4
SCRATCH_BYTES = 256 << 20
"""So much may be on its way at a time; a larger file comes alone."""

_NOTED_EVERY = 64 << 20
"""A run that is killed loses no more than so many bytes that have arrived."""


class Arrived:
    """What has arrived of a survey, is stored, and is not in its manifest yet."""

    def __init__(self, run: Run, survey: str, again: str = "") -> None:
        """Reads what a landing that was ended has noted.

        Args:
            run: the job's.
            survey: its code; the caller holds its lease.
            again: a file of which nothing is taken over.
        """
        self._run = run
        self._survey = survey
        self._key = names.arrived(folder_of(survey))
        self._unnoted = 0
        self._files: dict[str, LandedFile] = {}
        # It saves downloads, and no more: one that is not as it was written is none.
        with contextlib.suppress(IntegrityFailure):
            self._files.update(MANIFESTS.load(run.storage, self._key, survey).files)
        self._files.pop(again, None)

    def find(self, listed: ListedFile) -> LandedFile | None:
        """A listed file that is stored already, or None."""
        file = self._files.get(listed.name)
        if file is None or not is_as_known(listed, file):
            return None
        stored = self._run.storage.stat(key_of(self._survey, file.name), file.version)
        found = stored and (stored.sha256, stored.size)
        return file if found == (file.sha256, file.bytes) else None

    def store(self, file: Fetched) -> LandedFile:
        """Stores a file that has arrived whole."""
        listed = file.listed
        stored = self._run.storage.put_file(
            key_of(self._survey, listed.name), file.path, file.sha256
        )
        landed = LandedFile(
            name=listed.name,
            bytes=listed.size,
            sha256=file.sha256,
            last_modified=to_text(file.last_modified),
            listed_minute=listed.minute,
            retrieved_at=to_text(self._run.now()),
            version=stored.version,
        )
        self._files[listed.name] = landed
        self._unnoted += listed.size
        if self._unnoted >= _NOTED_EVERY:
            self.note()
        return landed

    def note(self) -> None:
        """Writes down what there is, for the next run."""
        if self._unnoted:
            document = MANIFESTS.write(self._files, self._survey)
            self._run.storage.put(self._key, to_json(document))
            self._unnoted = 0


def most_in_scratch(wanted: Sequence[ListedFile]) -> int:
    """How many bytes of these files are on their way at a time, at most."""
    sizes = [listed.size for listed in wanted]
    return max(*sizes, min(sum(sizes), SCRATCH_BYTES))


def download_each(
    run: Run,
    wanted: Sequence[ListedFile],
    fetch: Callable[[ListedFile, Path], Fetched | None],
    arrived: Callable[[ListedFile, Fetched | None], None],
) -> None:
    """Downloads files, several at a time and small ones first.

    Args:
        run: the job's.
        wanted: which.
        fetch: downloads one, in a thread of its own.
        arrived: takes one, in this thread; the file may be gone afterwards.

    Raises:
        LakeError: the first that a file failed with, else that the time limit was reached. Those
            that were on their way have arrived.
    """
    waiting = deque(sorted(wanted, key=lambda listed: (listed.size, listed.name)))
    on_way: dict[Future[Fetched | None], ListedFile] = {}
    failure: LakeError | None = None
    with run.storage.scratch() as folder, ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
        while on_way or (waiting and failure is None):
            while waiting and failure is None and _has_room(waiting[0], on_way.values()):
                failure = run.out_of_time()
                if failure is None:
                    listed = waiting.popleft()
                    on_way[pool.submit(fetch, listed, folder / listed.name)] = listed
            done, _ = wait(on_way, return_when=FIRST_COMPLETED)
            for future in sorted(done, key=lambda one: on_way[one].name):
                try:
                    arrived(on_way.pop(future), future.result())
                except LakeError as error:
                    if failure is None or isinstance(failure, OutOfTime):
                        failure = error
    if failure is not None:
        raise failure


def _has_room(listed: ListedFile, on_way: Iterable[ListedFile]) -> bool:
    sizes = [one.size for one in on_way]
    return not sizes or (
        len(sizes) < DOWNLOADS_AT_ONCE and sum(sizes) + listed.size <= SCRATCH_BYTES
    )
