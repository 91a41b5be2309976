"""What was looked at, and how it is: one finding is one line of the page.

A question answers with a ``Finding``, or with several. Whatever goes wrong while it is asked is a
finding as well, so that one broken thing hides no other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Callable, Union

from glue_jobs.errors import LakeError

OK, WARNING, FAILED, SKIPPED = "ok", "warning", "failed", "skipped"


@dataclass(frozen=True)
class Finding:
    """One line of the page.

    Attributes:
        status: ``ok``, ``warning``, ``failed`` or ``skipped``.
        name: what was looked at, in a word or two.
        text: how it is, as a sentence.
        hint: what to do; empty where nothing is to be done.
        excerpt: lines that say more: errors of a run, lines of a log.
    """

    status: str
    name: str
    text: str
    hint: str = ""
    excerpt: tuple[str, ...] = ()


Question = Callable[[], Union[Finding, Iterable[Finding]]]


def answer(name: str, question: Question) -> list[Finding]:
    """Asks; an error becomes a finding of that name, after those that came before it."""
    found: list[Finding] = []
    try:
        told = question()
        for one in (told,) if isinstance(told, Finding) else told:
            found.append(one)  # noqa: PERF402 - what came before an error counts
    except LakeError as error:
        found.append(Finding(FAILED, name, str(error), error.hint))
    except Exception as error:  # noqa: BLE001 - the page is for what nobody has foreseen
        said = " ".join(str(error).split())
        found.append(
            Finding(
                FAILED,
                name,
                f"The question failed in an unforeseen way: {type(error).__name__}: {said}",
                "This is a bug of lake: report it with this page.",
            )
        )
    return found
