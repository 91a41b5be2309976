"""How far a run is, told by several threads at once."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from glue_jobs.logs import JsonLog
from labor_lake.terminal import PlainProgress


class Pipe:
    """Stands for stderr; notes each write, and whether another one was under way."""

    def __init__(self) -> None:
        self.writes: list[str] = []
        self.met = False
        self._busy = threading.Lock()

    def write(self, text: str) -> None:
        if not self._busy.acquire(blocking=False):
            self.met = True
            return
        self.writes.append(text)
        self._busy.release()

    def flush(self) -> None:
        pass


@pytest.mark.parametrize("progress", [PlainProgress(), JsonLog("run")], ids=["plain", "json"])
def test_each_line_is_one_write_and_no_two_are_written_at_once(progress, monkeypatch):
    pipe = Pipe()
    monkeypatch.setattr(sys, "stderr", pipe)
    with ThreadPoolExecutor(4) as pool:
        for number in range(400):
            pool.submit(progress.step, f"step {number}")
    assert len(pipe.writes) == 400
    assert [text for text in pipe.writes if text.count("\n") != 1 or text[-1] != "\n"] == []
    assert not pipe.met


def test_a_name_from_outside_cannot_move_the_cursor(monkeypatch):
    pipe = Pipe()
    monkeypatch.setattr(sys, "stderr", pipe)
    PlainProgress().finished("pr.data\x1b[2J\n")
    assert pipe.writes == ["downloaded pr.data\\x1b[2J\\n\n"]
