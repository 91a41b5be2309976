"""Worker processes: each does what it is sent, one thing after the other, and answers.

They are started as programs of their own, not by ``multiprocessing``, which would import the main
program once more: on Glue that is a script that runs the job. A worker ends when its standard input
ends, so none outlives the process that started it by more than what it is doing; Ctrl-C does not
reach it, since whoever started it decides.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.abc import MetaPathFinder
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Callable, TypeVar

from glue_jobs.errors import TryAgainLater

if TYPE_CHECKING:
    from subprocess import Popen

_Result = TypeVar("_Result")

_BYTES_EACH = 300 << 20
"""What a worker that converts a file takes at most, with the libraries that it has loaded."""


def count_workers(asked: int) -> int:
    """How many workers there may be.

    Args:
        asked: by the settings; 0: one for each core, as far as there is memory for them.
    """
    if asked:
        return asked
    memory = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(1, min(os.cpu_count() or 1, memory // _BYTES_EACH))


class Workers:
    """Some workers; each is started when there is something for it to do."""

    def __init__(self, count: int) -> None:
        """Starts nothing yet."""
        self._threads = ThreadPoolExecutor(count, "worker")
        self._idle: SimpleQueue[Popen[bytes] | None] = SimpleQueue()
        self._started: list[Popen[bytes]] = []
        for _ in range(count):
            self._idle.put(None)

    def submit(self, function: Callable[..., _Result], *arguments: object) -> Future[_Result]:
        """Has a function of some module called in a worker; what it raises is raised here."""
        return self._threads.submit(self._call, function, arguments)

    def stop(self) -> None:
        """Ends all workers, whatever they are doing."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for process in self._started:
            process.kill()
        for process in self._started:
            process.communicate()

    def _call(self, function: Callable[..., _Result], arguments: tuple[object, ...]) -> _Result:
        process = self._idle.get()
        if process is None:
            process = _start()
            self._started.append(process)
        assert process.stdin is not None  # noqa: S101 - both are pipes
        assert process.stdout is not None  # noqa: S101
        try:
            pickle.dump((function, arguments), process.stdin)
            process.stdin.flush()
            succeeded, given = pickle.load(process.stdout)  # noqa: S301 - our own process wrote it
        except (EOFError, OSError) as error:
            process.kill()
            self._idle.put(None)
            raise TryAgainLater(
                "A process that converts files was ended from outside, perhaps for want of memory.",
                hint="--workers 1 takes the least memory.",
            ) from error
        self._idle.put(process)
        if not succeeded:
            raise given
        result: _Result = given
        return result


def stop_workers(clients: dict[type, Any]) -> None:
    """Ends the workers among the clients of a run, if there are any."""
    workers = clients.pop(Workers, None)
    if workers is not None:
        workers.stop()


def _start() -> Popen[bytes]:
    # What this program can import, the other can, whatever put it on the path.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    )


def leave_out_pandas() -> None:
    """Makes this process do as if pandas and numpy were not installed.

    pyarrow imports them where they are, and needs them for nothing that a worker does: half a
    second of CPU time and 40 MB.
    """
    sys.meta_path.insert(0, _LeftOut())


class _LeftOut(MetaPathFinder):
    def find_spec(self, fullname: str, *_: object) -> None:
        if fullname in ("numpy", "pandas"):
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


def serve() -> None:
    """Does what standard input says, until it ends."""
    leave_out_pandas()
    calls = sys.stdin.buffer
    # Whatever prints shall not be taken for an answer.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while True:
        try:
            function, arguments = pickle.load(calls)  # noqa: S301 - whoever started this wrote it
        except EOFError:
            return
        try:
            answer: tuple[bool, Any] = (True, function(*arguments))
        except Exception as error:  # noqa: BLE001 - it is raised where the result is waited for
            answer = (False, error)
        pickle.dump(answer, answers)
        answers.flush()


if __name__ == "__main__":
    serve()
