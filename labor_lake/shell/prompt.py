"""The prompt on a terminal: line editing, history, completion, colours."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession
from prompt_toolkit.history import FileHistory, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.lexers import PygmentsLexer
from pygments.lexers.sql import SqlLexer

from labor_lake.shell.completion import SqlCompleter
from labor_lake.shell.dot_commands import is_command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from prompt_toolkit.history import History
    from prompt_toolkit.key_binding import KeyPressEvent

    from labor_lake.shell.catalog import Catalog


def open_prompt(catalog: Callable[[], Catalog]) -> Callable[[str], str]:
    """What asks a person for a statement; it raises EOFError at Ctrl-D.

    Args:
        catalog: gives the names that can be completed.
    """
    session: PromptSession[str] = PromptSession(
        history=open_history(_history_file()),
        completer=SqlCompleter(catalog),
        # An engine on a server is asked for names when somebody wants them, not with each letter.
        complete_while_typing=False,
        lexer=PygmentsLexer(SqlLexer),
        multiline=True,
        key_bindings=_keys(),
        prompt_continuation="  ... ",
    )
    return session.prompt


def is_whole(text: str) -> bool:
    """Whether Enter ends what was typed; else it begins another line."""
    typed = text.strip()
    return not typed or typed.endswith(";") or ("\n" not in typed and is_command(typed))


def open_history(path: Path | None) -> History:
    """The history in a file that its user alone may read; in memory where that cannot be."""
    if path is None:
        return InMemoryHistory()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # O_NONBLOCK: a pipe in its place has nobody wait for a writer.
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK, 0o600)
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                return InMemoryHistory()
            os.fchmod(handle, 0o600)
        finally:
            os.close(handle)
    except OSError:
        return InMemoryHistory()
    return _FileHistory(path)


class _FileHistory(FileHistory):
    """A history that a full disk, or a file that is gone, does not end the shell for."""

    def load_history_strings(self) -> Iterable[str]:
        try:
            return list(super().load_history_strings())
        except OSError:
            return []

    def store_string(self, string: str) -> None:
        with contextlib.suppress(OSError):
            super().store_string(string)


def _history_file() -> Path | None:
    """Where it is; None where the user has no home."""
    try:
        state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    except RuntimeError:
        return None
    return Path(state) / "labor-lake" / "shell_history"


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("enter")
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if is_whole(buffer.text):
            buffer.validate_and_handle()
        else:
            buffer.insert_text("\n")

    return keys
