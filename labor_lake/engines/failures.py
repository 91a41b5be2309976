"""What DuckDB's errors mean: a wrong statement, a damaged file, or a machine that is too small.

DuckDB says which by the first words of its text alone, wherever the error comes out: some of a
damaged file have no class of their own, and those that come through Arrow have none at all.
"""

from __future__ import annotations

import re

from glue_jobs.errors import (
    IntegrityFailure,
    LakeError,
    StorageFailure,
    UnsupportedSQL,
    UsageError,
)

_KIND = re.compile(r"([A-Z][A-Za-z ]*) Error: ")

# What has no kind was thrown by a reader of Parquet or Thrift; Arrow calls that "Invalid".
_OF_FILES = ("", "Invalid", "IO", "Serialization")

# The reader of Parquet names the file; so does no function that a statement calls.
_NAMES_A_FILE = re.compile(r"""[Ff]ile ['"][^'"]*\.parquet['"]""")

_REFUSAL = "The local engine does not "
"""So begin the macros' refusals, which depend on a value and come while the query runs."""

_VERIFY = "`lake verify` tells which file is damaged; `lake verify --repair` brings it back."


def failure_of(error: Exception) -> LakeError:
    """What is told of an error that DuckDB has raised while it answered a statement."""
    text = str(error)
    found = _KIND.match(text)
    kind = found[1] if found else ""
    if kind == "Out of Memory" or "std::bad_alloc" in text:
        return LakeError(
            "There is too little memory for this query.",
            hint="Ask for fewer rows or columns, or give the machine more memory.",
        )
    if "No space left on device" in text:
        return StorageFailure(
            "The query needs more room than the folder for temporary files has.",
            hint="Free some space, or set TMPDIR to a folder on a larger disk.",
        )
    if kind in _OF_FILES or (kind == "Invalid Input" and _NAMES_A_FILE.search(text)):
        told = f"The lake's files cannot be read: {reason_of(error).rstrip('.')}."
        return IntegrityFailure(told, hint=_VERIFY)
    if kind in ("INTERNAL", "FATAL"):
        return LakeError(f"The query failed inside DuckDB: {reason_of(error)}", hint=_VERIFY)
    reason = reason_of(error)
    if reason.startswith(_REFUSAL):
        return UnsupportedSQL(reason)
    return UsageError(f"The query failed: {reason}")


def reason_of(error: Exception) -> str:
    """The first line of DuckDB's text; the sentence itself where a macro failed with one."""
    first = next(iter(str(error).splitlines()), type(error).__name__)
    said = re.search(r"Could not convert string '(.+)' to INT8", first)
    return f"{said[1]}." if said else first
