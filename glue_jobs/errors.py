"""Every failure the lake knows, as one tree.

LakeError                  exit 7: failed, and a person has to look
├── UsageError             exit 2: the command, a setting or a query is wrong
│   └── UnsupportedSQL     a construct that would not mean here what it means in Athena
├── TryAgainLater          exit 5: the same command may succeed later
│   ├── UpstreamUnavailable    no complete answer from an upstream
│   └── LostRace               another run wrote first; nothing was harmed
├── UpstreamRefused        an upstream answered that it will not serve us
├── UpstreamInvalid        an upstream's answer is not what it must be
├── GuardTripped           a change too large to accept without being told to
├── QualityFailure         a file's content breaks what must hold before it is published
├── StorageFailure         the lake cannot be read or written: disk full, no permission
├── DeployFailure          the stack could not be made, or a job of it failed
├── IntegrityFailure       stored bytes are not the bytes that were stored
│   └── AlreadyWritten         an object that is written once is there with other bytes
└── InternalFailure        the program itself is wrong; its cause has the traceback

A message says what happened and to what; a hint says what to do about it.
"""

from __future__ import annotations


class LakeError(Exception):
    """A failure that is told to the user in one sentence, without a traceback.

    Attributes:
        exit_code: what the process ends with (0 is success, 2, 5 and 7 as above).
        retryable: whether the same command may succeed later.
        hint: what the reader can do about it, or empty.
    """

    exit_code = 7
    retryable = False

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(LakeError):
    """The command line, a setting or a query is wrong.

    Attributes:
        excerpt: the line of a statement that it is about, with a mark under the place, or empty.
    """

    exit_code = 2

    def __init__(self, message: str, *, hint: str = "", excerpt: str = "") -> None:
        super().__init__(message, hint=hint)
        self.excerpt = excerpt


class UnsupportedSQL(UsageError):
    """A query uses what the local engine cannot answer as Athena would."""


class TryAgainLater(LakeError):
    """Nothing is broken; the same command may succeed later."""

    exit_code = 5
    retryable = True


class UpstreamUnavailable(TryAgainLater):
    """An upstream gave no complete answer, however often it was asked."""


class LostRace(TryAgainLater):
    """Another run wrote the same thing first; this one has harmed nothing."""


class UpstreamRefused(LakeError):
    """An upstream answered that it will not serve us."""


class UpstreamInvalid(LakeError):
    """An upstream's answer is not what it must be."""


class GuardTripped(LakeError):
    """A change is too large to be accepted without being told to."""


class QualityFailure(LakeError):
    """A file's content breaks what must hold before it is published."""


class StorageFailure(LakeError):
    """The lake's storage cannot be read or written."""


class DeployFailure(LakeError):
    """CloudFormation could not make or delete the stack, or a job on AWS failed."""


class IntegrityFailure(LakeError):
    """Stored bytes are not the bytes that were stored."""


class AlreadyWritten(IntegrityFailure):
    """An object that is written once is there, with other bytes than those to be written."""


class InternalFailure(LakeError):
    """The program failed in a way that nobody foresaw."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(
            f"The program failed in a way it should not: {cause!r}.",
            hint="Run it again with --debug and report what that prints.",
        )
        self.__cause__ = cause
