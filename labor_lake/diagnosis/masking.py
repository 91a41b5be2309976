"""Takes out of a text what nobody should send to others: who somebody is, and what opens doors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECRETS = (
    "LAKE_TRINO_PASSWORD",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
)
_SHORTEST = 4
"""Characters. A shorter secret would be found in half of all words."""

_PATTERNS = (
    (re.compile(r"[\w.+%-]+@[\w-]+(\.[\w-]+)*\.[A-Za-z]{2,}"), "<e-mail>"),
    (re.compile(r"(?<!\d)\d{12}(?!\d)"), "<account>"),
    (re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{12,}\b"), "<key>"),
)


class Mask:
    """What is masked on this machine, for this user."""

    def __init__(self, environ: Mapping[str, str], contact: str) -> None:
        """Takes what is secret from the environment.

        Args:
            environ: the environment, which may hold keys, a password, and the home folder.
            contact: the e-mail address of the settings, whatever it looks like.
        """
        secrets = [environ.get(name, "") for name in _SECRETS]
        self._hidden = {secret: "<secret>" for secret in secrets if len(secret) >= _SHORTEST}
        if len(contact) >= _SHORTEST:
            self._hidden[contact] = "<e-mail>"
        self._home = environ.get("HOME", "").rstrip("/")

    def text(self, text: str) -> str:
        """A text without them."""
        for secret in sorted(self._hidden, key=len, reverse=True):
            text = text.replace(secret, self._hidden[secret])
        for pattern, shown in _PATTERNS:
            text = pattern.sub(shown, text)
        if self._home:
            text = re.sub(rf"{re.escape(self._home)}(?=/|\W|$)", "~", text)
        return text

    def everything(self, document: Any) -> Any:
        """A JSON document whose texts are without them; names of fields stay."""
        if isinstance(document, str):
            return self.text(document)
        if isinstance(document, dict):
            return {name: self.everything(value) for name, value in document.items()}
        if isinstance(document, (list, tuple)):
            return [self.everything(one) for one in document]
        return document
