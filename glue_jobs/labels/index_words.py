"""How a text becomes the words that series are found by: titles and queries alike.

A word is a run of letters or digits, in lower case, without accents and apostrophes; plural and
singular are one word. Words that say nothing of a series are left out.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

STOP_WORDS = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "by",
        "for",
        "from",
        "how",
        "if",
        "in",
        "is",
        "it",
        "its",
        "many",
        "much",
        "of",
        "on",
        "or",
        "s",
        "that",
        "the",
        "their",
        "then",
        "there",
        "this",
        "to",
        "was",
        "were",
        "what",
        "when",
        "which",
        "who",
        "with",
    ]
)
"""They are in too many titles and queries to tell one series from another."""

QUIET_WORDS = frozenset(("seas", "unadj", "seasonally", "adjusted", "not"))
"""They say how a series is made, not what it is about: a title is not longer by them."""

_WORD = re.compile(r"[a-z0-9]+")

# Only those that the rules below would fold wrongly, or not at all.
_IRREGULAR = {
    "men": "man",
    "women": "woman",
    "children": "child",
    "potatoes": "potato",
    "tomatoes": "tomato",
    "mens": "man",
    "womens": "woman",
    "childrens": "child",
    "news": "news",
    "seas": "seas",  # short for seasonally adjusted
}


def words_of(text: str) -> list[str]:
    """The words of a text, in its order, each as often as it is there."""
    text = text.lower()
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text)
        text = "".join(one for one in decomposed if not unicodedata.combining(one))
        text = text.replace("’", "")
    # "U.S." would be two letters that say nothing.
    text = text.replace("u.s.", "us ").replace("'", "")
    return [fold_plural(word) for word in _WORD.findall(text) if word not in STOP_WORDS]


@lru_cache(maxsize=1 << 16)  # a million titles are made of some ten thousand words
def fold_plural(word: str) -> str:
    """The singular of a word, or what both its forms become: `prices` and `price` are `price`."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    if word.endswith(("ches", "shes", "sses", "xes", "zes")):
        return word[:-2]
    return word[:-1]
