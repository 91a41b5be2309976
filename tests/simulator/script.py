"""Which request gets which fault: steps by path, each used once, in the order of the script."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.simulator.faults import Step


@dataclass(frozen=True)
class _Scene:
    pattern: str
    method: str | None
    forever: bool
    steps: deque[Step]

    def is_for(self, method: str, target: str) -> bool:
        """Whether this request gets this scene's next step."""
        if self.method not in (None, method) or (method == "HEAD" and self.steps[0].in_body):
            return False
        return any(
            asked == self.pattern or fnmatchcase(asked, self.pattern)
            for asked in (target, urlsplit(target).path)
        )

    def next_step(self) -> Step:
        """Takes the next step; one that goes on forever goes back to the end."""
        step = self.steps.popleft()
        if self.forever:
            self.steps.append(step)
        return step


class Script:
    """The steps that are still to come."""

    def __init__(self) -> None:
        self._scenes: list[_Scene] = []

    def add(
        self, pattern: str, steps: Sequence[Step], *, times: int, forever: bool, method: str | None
    ) -> None:
        """Adds steps; those that were added before for the same path come first."""
        if not steps or times < 1:
            raise ValueError("a script needs a step, and to play it at least once")
        repeated = deque(steps) if forever else deque([*steps] * times)
        self._scenes.append(_Scene(pattern, method, forever, repeated))

    def take(self, method: str, target: str) -> Step | None:
        """Takes the step for a request, or None where normal service is due.

        Args:
            method: GET or HEAD.
            target: the path and the query.
        """
        for scene in self._scenes:
            if scene.is_for(method, target):
                step = scene.next_step()
                if not scene.steps:
                    self._scenes.remove(scene)
                return step
        return None

    def left(self) -> list[tuple[str, Step]]:
        """Path and step of all that nobody met yet, but for those that go on forever."""
        return [
            (scene.pattern, step)
            for scene in self._scenes
            if not scene.forever
            for step in scene.steps
        ]

    def clear(self) -> None:
        """Forgets all steps."""
        self._scenes.clear()
