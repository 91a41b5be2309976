r"""Regular expressions and JSON paths: small languages inside strings.

Athena's patterns are Java's; DuckDB's are RE2's, which has no look-around and no back-references
and says so. What both read, they read alike, but for what is handled here: replacements (``$1``
there, ``\1`` here), a group that took no part in a match (null there, an empty string here), and
brackets inside a character class.
"""

from __future__ import annotations

import re

from sqlglot import exp

from athena_sql.errors import UnsupportedSQL
from athena_sql.nodes import (
    SpecialFunction,
    Translator,
    call,
    literal_text,
    not_in_athena,
    number,
    text,
    type_of,
    typed,
    untranslated,
)
from athena_sql.types import (
    BIGINT,
    BOOLEAN,
    COMPUTED,
    AthenaType,
)

# A group that may be passed over: one of two alternatives, or one that is optional.
_OPTIONAL_GROUP = re.compile(r"\||\)[?*]|\)\{0")
# Java cuts classes with && and nests them; RE2 takes those characters for themselves.
_OTHER_IN_RE2 = re.compile(r"&&|\[[^\]]*\[(?!:digit:\])")
_STRINGS = AthenaType("array", (COMPUTED,))
_REPLACEMENT = re.compile(r"\$(\d)(?!\d)|[^$\\]+")
_JSON_PATH = re.compile(r"\$(\.[A-Za-z_]\w*|\[\d+\])*")


def _strings(translator: Translator, node: exp.Expr) -> list[exp.Expr]:
    """The arguments; all but a third must be strings."""
    arguments = [translator.visit(argument) for argument in node.expressions]
    for argument in arguments[:2]:
        if type_of(argument).name not in ("varchar", "unknown"):
            raise untranslated(f"{type_of(argument)} in {node.name}", hint="Cast to varchar.")
    return _pattern(arguments) if node.name.lower().startswith("regexp") else arguments


def _pattern(arguments: list[exp.Expr]) -> list[exp.Expr]:
    """The arguments, if RE2 does not read the pattern as something else than Java does."""
    pattern = arguments[1]
    if isinstance(pattern, exp.Literal) and _OTHER_IN_RE2.search(pattern.name):
        raise UnsupportedSQL(
            f"The local engine reads the pattern '{pattern.name}' in another way than Athena.",
            hint="Write character classes without && and without brackets inside brackets.",
        )
    return arguments


def regexp_like(translator: Translator, node: exp.Expr) -> exp.Expr:
    """Whether the pattern matches somewhere."""
    return call("regexp_matches", BOOLEAN, *_strings(translator, node))


def _group(arguments: list[exp.Expr], function: str) -> exp.Expr:
    """The number of a group that takes part in every match."""
    if len(arguments) < 3:
        return number(0)
    pattern = literal_text(arguments[1], f"the pattern of {function} with a group")
    group = arguments[2]
    if not (isinstance(group, exp.Literal) and group.name.isdigit()):
        raise UnsupportedSQL(f"The local engine needs the group of {function} as a constant.")
    try:
        count = re.compile(pattern).groups
    except re.error as error:
        raise UnsupportedSQL(f"The local engine cannot read the pattern '{pattern}'.") from error
    if int(group.name) > count:
        raise not_in_athena(f"group {group.name} of '{pattern}', which has fewer")
    if int(group.name) and _OPTIONAL_GROUP.search(pattern):
        raise UnsupportedSQL(
            f"The local engine cannot tell in {function} whether a group of '{pattern}' matched "
            "nothing or was passed over.",
            hint="Write the pattern without | and without ? or * behind a group.",
        )
    return group


def regexp_extract(translator: Translator, node: exp.Expr) -> exp.Expr:
    """The first match; null if there is none. DuckDB gives an empty string."""
    arguments = _strings(translator, node)
    group = _group(arguments, "regexp_extract")
    subject, pattern = arguments[:2]
    found = call("regexp_matches", BOOLEAN, subject, pattern)
    match = call("regexp_extract", COMPUTED, subject.copy(), pattern.copy(), group)
    return typed(exp.Case(ifs=[exp.If(this=found, true=match)]), COMPUTED)


def regexp_extract_all(translator: Translator, node: exp.Expr) -> exp.Expr:
    """Every match, as an array."""
    arguments = _strings(translator, node)
    group = _group(arguments, "regexp_extract_all")
    return call("regexp_extract_all", _STRINGS, *arguments[:2], group)


def regexp_count(translator: Translator, node: exp.Expr) -> exp.Expr:
    """How many matches there are."""
    return call("len", BIGINT, call("regexp_extract_all", _STRINGS, *_strings(translator, node)))


def regexp_split(translator: Translator, node: exp.Expr) -> exp.Expr:
    """What lies between the matches."""
    return call("string_split_regex", _STRINGS, *_strings(translator, node))


def regexp_replace(translator: Translator, node: exp.Expr) -> exp.Expr:
    """Every match replaced. DuckDB replaces the first unless it is told to replace all."""
    if any(isinstance(argument, exp.Lambda) for argument in node.expressions):
        raise UnsupportedSQL("The local engine does not translate regexp_replace with a lambda.")
    arguments = _strings(translator, node)
    written = (
        literal_text(arguments[2], "the replacement of regexp_replace") if arguments[2:] else ""
    )
    parts = []
    position = 0
    while position < len(written):
        match = _REPLACEMENT.match(written, position)
        if match is None:
            raise UnsupportedSQL(
                f"The local engine does not translate the replacement '{written}'.",
                hint="Use $1 to $9 and plain characters.",
            )
        parts.append(f"\\{match.group(1)}" if match.group(1) else match.group())
        position = match.end()
    replacement = text("".join(parts))
    return call("regexp_replace", COMPUTED, *arguments[:2], replacement, text("g"))


def json_extract_scalar(translator: Translator, node: exp.Expr) -> exp.Expr:
    """A string, whole number or truth value out of a JSON text; null for anything else."""
    arguments = _strings(translator, node)
    path = literal_text(arguments[1], "the path of json_extract_scalar")
    if not _JSON_PATH.fullmatch(path):
        raise UnsupportedSQL(
            f"The local engine does not translate the JSON path '{path}'.",
            hint="Use $.name and $[0].",
        )
    return call("athena_json_scalar", COMPUTED, *arguments)


REGEX_FUNCTIONS: dict[str, SpecialFunction] = {
    "regexp_like": SpecialFunction(regexp_like, 2),
    "regexp_extract": SpecialFunction(regexp_extract, 2, 3),
    "regexp_extract_all": SpecialFunction(regexp_extract_all, 2, 3),
    "regexp_count": SpecialFunction(regexp_count, 2),
    "regexp_split": SpecialFunction(regexp_split, 2),
    "regexp_replace": SpecialFunction(regexp_replace, 2, 3),
    "json_extract_scalar": SpecialFunction(json_extract_scalar, 2),
}
