"""A program in a real pseudo-terminal, and a person who reads before typing on."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import sys
import termios
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

_ESCAPES = re.compile(rb"\x1b(\[[0-9;?]*[ -/]*[@-~]|\][^\x07]*\x07|[=>()][0-9A-Z]?)|\r")
_SECONDS = 20


class Terminal:
    """Runs `lake` in a terminal of 24 lines and 100 columns.

    Attributes:
        code: the program's exit code, once it has ended.
    """

    def __init__(self, words: list[str], env: Mapping[str, str]) -> None:
        given = {"PROMPT_TOOLKIT_NO_CPR": "1", "TERM": "xterm", "LINES": "24", "COLUMNS": "100"}
        self._pid, self._master = pty.fork()
        if self._pid == 0:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            command = [sys.executable, "-m", "labor_lake", *words]
            os.execve(sys.executable, command, {**os.environ, **given, **env})
        self._seen = b""
        self.code: int | None = None

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if self.code is None:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        os.close(self._master)

    def type(self, text: str) -> None:
        """Types something; a new line is Enter."""
        os.write(self._master, text.replace("\n", "\r").encode())

    def wait_for(self, text: str) -> str:
        """Reads until a text is there; gives what stood before it, and forgets both."""
        while (found := self._shown().find(text)) < 0:
            assert self._read(), f"{text!r} never came: {self._shown()!r}"
        shown = self._shown()
        self._seen = shown[found + len(text) :].encode()
        return shown[:found]

    def wait_until_it_runs(self) -> None:
        """Reads until the prompt has handed the terminal back, and forgets how that looked."""
        deadline = time.monotonic() + _SECONDS
        while not termios.tcgetattr(self._master)[3] & termios.ICANON:
            assert time.monotonic() < deadline, "no statement ever ran"
            self._read(0.01)
        while self._read(0.2):  # the prompt draws what was typed once more
            pass
        self._seen = b""

    def interrupt_until(self, text: str) -> None:
        """Presses Ctrl-C, and again after two seconds, until a text is there.

        One that comes while the prompt hands over to the statement is the prompt's, which is over.
        """
        deadline = time.monotonic() + _SECONDS
        while text not in self._shown():
            assert time.monotonic() < deadline, f"{text!r} never came: {self._shown()!r}"
            self.type("\x03")
            while text not in self._shown() and self._read(2):
                pass
        self.wait_for(text)

    def wait_for_the_end(self) -> int:
        """Reads until the program has ended; gives its exit code."""
        while self._read():
            pass
        self.code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        return self.code

    def _shown(self) -> str:
        return _ESCAPES.sub(b"", self._seen).decode("utf-8", "replace")

    def _read(self, seconds: float = _SECONDS) -> bool:
        """Takes what the program writes next; False where that is nothing more."""
        if not select.select([self._master], [], [], seconds)[0]:
            return False
        try:
            part = os.read(self._master, 65536)
        except OSError:  # Linux says so when the program has ended
            return False
        self._seen += part
        return bool(part)
