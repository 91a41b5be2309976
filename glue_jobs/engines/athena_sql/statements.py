"""What kind of statement a text is: a query, a view's definition, a SHOW, or one that is refused.

How the queries themselves are parsed is in ``grammar``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Union

from sqlglot import exp

from glue_jobs.engines.athena_sql.deep import refuse_deep, with_room
from glue_jobs.engines.athena_sql.grammar import parse_tree, refuse_foreign, tokenize
from glue_jobs.errors import UnsupportedSQL, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlglot.tokenizer_core import Token


@dataclass(frozen=True)
class Query:
    """SELECT, WITH, VALUES: something with rows.

    Attributes:
        tree: as it was parsed.
    """

    tree: exp.Expr


@dataclass(frozen=True)
class CreateView:
    """CREATE OR REPLACE VIEW name AS query.

    Attributes:
        name: lower case, without the database.
        table: the name as it was written, database included.
        tree: the query.
        replace: whether OR REPLACE was said.
    """

    name: str
    table: exp.Table
    tree: exp.Expr
    replace: bool


@dataclass(frozen=True)
class ShowTables:
    """SHOW TABLES [IN database] ['pattern'].

    Attributes:
        database: empty for the lake's own.
        pattern: a regular expression with * for .*, or empty.
    """

    database: str = ""
    pattern: str = ""


@dataclass(frozen=True)
class ShowViews:
    """SHOW VIEWS [IN database] [LIKE 'pattern']; the attributes are those of SHOW TABLES."""

    database: str = ""
    pattern: str = ""


@dataclass(frozen=True)
class ShowDatabases:
    """SHOW DATABASES or SHOW SCHEMAS."""


@dataclass(frozen=True)
class ShowColumns:
    """SHOW COLUMNS IN table: the names only.

    Attributes:
        table: lower case.
        database: empty for the lake's own.
    """

    table: str
    database: str = ""


@dataclass(frozen=True)
class Describe:
    """DESCRIBE table: names and types; the attributes are those of SHOW COLUMNS."""

    table: str
    database: str = ""


@dataclass(frozen=True)
class ShowPartitions:
    """SHOW PARTITIONS table; the attributes are those of SHOW COLUMNS."""

    table: str
    database: str = ""


@dataclass(frozen=True)
class ShowCreateView:
    """SHOW CREATE VIEW view; the attributes are those of SHOW COLUMNS."""

    table: str
    database: str = ""


@dataclass(frozen=True)
class ShowCreateTable:
    """SHOW CREATE TABLE table; the attributes are those of SHOW COLUMNS."""

    table: str
    database: str = ""


Statement = Union[
    Query,
    CreateView,
    ShowTables,
    ShowViews,
    ShowDatabases,
    ShowColumns,
    Describe,
    ShowPartitions,
    ShowCreateView,
    ShowCreateTable,
]

_NAME = r"""[`"]?(?P<{0}>[A-Za-z_][\w$]*)[`"]?"""
_TABLE = (
    rf"(?:(?:[`\"]?awsdatacatalog[`\"]?\.)?{_NAME.format('database')}\.)?{_NAME.format('table')}"
)
_IN_DATABASE = rf"(?:\s+(?:IN|FROM)\s+{_NAME.format('database')})?"
_LIKE = r"(?:\s+(?:LIKE\s+)?'(?P<pattern>[^']*)')?"
_OF_TABLE = rf"\s+(?:IN|FROM)\s+{_TABLE}(?:\s+(?:IN|FROM)\s+{_NAME.format('other')})?"

_SHOWS: tuple[tuple[str, Callable[..., Statement]], ...] = (
    (rf"SHOW\s+TABLES{_IN_DATABASE}{_LIKE}", ShowTables),
    (rf"SHOW\s+VIEWS{_IN_DATABASE}{_LIKE}", ShowViews),
    (r"SHOW\s+(?:DATABASES|SCHEMAS)", ShowDatabases),
    (rf"SHOW\s+COLUMNS{_OF_TABLE}", ShowColumns),
    (rf"SHOW\s+PARTITIONS\s+{_TABLE}", ShowPartitions),
    (rf"SHOW\s+CREATE\s+VIEW\s+{_TABLE}", ShowCreateView),
    (rf"SHOW\s+CREATE\s+TABLE\s+{_TABLE}", ShowCreateTable),
    (rf"(?:DESCRIBE|DESC)\s+(?:FORMATTED\s+|EXTENDED\s+)?{_TABLE}", Describe),
)
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_QUERY_STARTS = ("SELECT", "WITH", "VALUES", "TABLE", "(")
_REFUSED_STARTS = {
    "INSERT": "The lake's tables are written by its jobs.",
    "DELETE": "The lake's tables are written by its jobs.",
    "UPDATE": "The lake's tables are written by its jobs.",
    "MERGE": "The lake's tables are written by its jobs.",
    "ALTER": "Partitions appear by themselves when a release is published.",
    "MSCK": "Partitions appear by themselves when a release is published.",
    "UNLOAD": "Write the query alone, and save what it gives.",
    "EXPLAIN": "Run it in Athena: the plan here would be another.",
    "FROM": "Athena's queries begin with SELECT.",
}


@with_room
def parse(sql: str) -> Statement:
    """Reads one statement of Athena.

    Args:
        sql: the text; a semicolon at its end and comments do not matter.

    Returns:
        What it is. A SHOW or DESCRIBE says what is asked for, and the catalog answers it; a query
        or view still has to be translated.

    Raises:
        UnsupportedSQL: the local engine does not run such a statement.
        UsageError: it is no statement of Athena.
    """
    bare = _COMMENT.sub(" ", sql).strip().rstrip(";").rstrip()
    if bare[:4].upper() in ("SHOW", "DESC"):
        return _show(bare)
    tokens = tokenize(sql)
    refuse_deep(tokens)
    if not tokens:
        raise UsageError("There is no statement to run.")
    if _is_view(tokens):
        return _view(sql, tokens)
    start = tokens[0].text.upper()
    if start not in _QUERY_STARTS:
        count = 2 if start in ("CREATE", "ALTER", "DROP", "MSCK", "INSERT") else 1
        words = " ".join(bare.upper().split()[:count])
        raise UnsupportedSQL(
            f"The local engine does not run {words}.",
            hint=_REFUSED_STARTS.get(start, "It runs queries, CREATE OR REPLACE VIEW and SHOW."),
        )
    refuse_foreign(tokens)
    return Query(parse_tree(sql))


def _show(text: str) -> Statement:
    normal = re.sub(r"\s*\.\s*", ".", text)
    for pattern, kind in _SHOWS:
        match = re.fullmatch(pattern, normal, re.IGNORECASE)
        if match is not None:
            found = {key: (value or "").lower() for key, value in match.groupdict().items()}
            if found.get("other"):
                found["database"] = found["other"]
            found.pop("other", None)
            return kind(**found)
    raise UnsupportedSQL(
        f"The local engine does not answer {text}.",
        hint="It answers SHOW TABLES, VIEWS, DATABASES, COLUMNS IN t, PARTITIONS t, CREATE VIEW v "
        "and DESCRIBE t.",
    )


def _is_view(tokens: list[Token]) -> bool:
    words = [token.text.upper() for token in tokens[:4]]
    return words[:2] == ["CREATE", "VIEW"] or words == ["CREATE", "OR", "REPLACE", "VIEW"]


def _view(sql: str, tokens: list[Token]) -> CreateView:
    refuse_foreign(tokens)
    tree = parse_tree(sql)
    known = {"this", "kind", "replace", "expression"}
    extra = {key for key, value in tree.args.items() if value} - known
    if not isinstance(tree, exp.Create) or not isinstance(tree.this, exp.Table) or extra:
        raise UnsupportedSQL(
            "The local engine creates views by CREATE OR REPLACE VIEW name AS query only."
        )
    replace = bool(tree.args.get("replace"))
    return CreateView(tree.this.name.lower(), tree.this, tree.expression, replace)
