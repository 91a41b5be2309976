"""The hostile strings of `strings.json`, by family, and which of them a flat file can hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_DOCUMENT: dict[str, Any] = json.loads(Path(__file__).with_name("strings.json").read_text("ascii"))

FAMILIES: dict[str, list[str]] = {
    **_DOCUMENT["families"],
    "long": [text * times for text, times in _DOCUMENT["long"]],
}

STRINGS = [(family, text) for family, texts in FAMILIES.items() for text in texts]
"""All of them, each with its family."""

IDS = [f"{family}-{text[:24]!a}" for family, text in STRINGS]


def is_field(text: str) -> bool:
    """Whether a field can hold it: nothing that ends a field or a line, or is no character."""
    if any(char in "\t\r\n\0" or "\ud800" <= char <= "\udfff" for char in text):
        return False
    return text == text.strip(" ") and text != ""


FIELDS = [text for _, text in STRINGS if is_field(text)]
"""Those that arrive when they are served as a code, a text, or a title."""
