"""What kind of statement a text is: a query, a view's definition, a SHOW, or one that is refused.

How the queries themselves are parsed is in ``grammar``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Union

from sqlglot import exp

from athena_sql.deep import refuse_deep, with_room
from athena_sql.errors import AthenaSQLError, InvalidSQL, UnsupportedSQL
from athena_sql.grammar import parse_tree, refuse_foreign, tokenize
from athena_sql.marks import mark_place
from athena_sql.parameters import parameter_names

if TYPE_CHECKING:
    from sqlglot.tokenizer_core import Token


@dataclass(frozen=True)
class Query:
    """SELECT, WITH, VALUES: something with rows.

    Attributes:
        sql: as it was written.
        tree: as it was parsed.
        parameters: the names of its ``?``, in their order.
    """

    sql: str
    tree: exp.Expr
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True)
class CreateView:
    """CREATE OR REPLACE VIEW name AS query.

    Attributes:
        sql: as it was written.
        tree: the query.
        table: the view's name as it was written, database included.
        replace: whether OR REPLACE was said.
        parameters: the names of its ``?``, in their order.
    """

    sql: str
    tree: exp.Expr
    table: exp.Table
    replace: bool
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True)
class Show:
    """SHOW or DESCRIBE: a question that a catalog answers, not a query.

    Attributes:
        what: what is asked for: ``tables``, ``views``, ``databases``, ``columns``, ``partitions``,
            ``create view``, ``create table``, or ``describe``.
        table: which, in lower case; empty where it is about a database.
        database: empty where none is named.
        pattern: of names, a regular expression with * for .*; empty for all.
    """

    what: str
    table: str = ""
    database: str = ""
    pattern: str = ""


Statement = Union[Query, CreateView, Show]

_NAME = r"""[`"]?(?P<{0}>[A-Za-z_][\w$]*)[`"]?"""
_TABLE = (
    rf"(?:(?:[`\"]?awsdatacatalog[`\"]?\.)?{_NAME.format('database')}\.)?{_NAME.format('table')}"
)
_IN_DATABASE = rf"(?:\s+(?:IN|FROM)\s+{_NAME.format('database')})?"
_LIKE = r"(?:\s+(?:LIKE\s+)?'(?P<pattern>[^']*)')?"
_OF_TABLE = rf"\s+(?:IN|FROM)\s+{_TABLE}(?:\s+(?:IN|FROM)\s+{_NAME.format('other')})?"

_SHOWS = {
    rf"SHOW\s+TABLES{_IN_DATABASE}{_LIKE}": "tables",
    rf"SHOW\s+VIEWS{_IN_DATABASE}{_LIKE}": "views",
    r"SHOW\s+(?:DATABASES|SCHEMAS)": "databases",
    rf"SHOW\s+COLUMNS{_OF_TABLE}": "columns",
    rf"SHOW\s+PARTITIONS\s+{_TABLE}": "partitions",
    rf"SHOW\s+CREATE\s+VIEW\s+{_TABLE}": "create view",
    rf"SHOW\s+CREATE\s+TABLE\s+{_TABLE}": "create table",
    rf"(?:DESCRIBE|DESC)\s+(?:FORMATTED\s+|EXTENDED\s+)?{_TABLE}": "describe",
}
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_QUERY_STARTS = ("SELECT", "WITH", "VALUES", "TABLE", "(")
_REFUSED_STARTS = {
    "INSERT": "The local engine changes nothing.",
    "DELETE": "The local engine changes nothing.",
    "UPDATE": "The local engine changes nothing.",
    "MERGE": "The local engine changes nothing.",
    "ALTER": "The local engine changes nothing.",
    "MSCK": "The local engine changes nothing.",
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
        InvalidSQL: it is no statement of Athena.
    """
    try:
        return _parsed(sql)
    except AthenaSQLError as error:
        mark_place(error, sql)
        raise


def _parsed(sql: str) -> Statement:
    bare = _COMMENT.sub(" ", sql).strip().rstrip(";").rstrip()
    if bare[:4].upper() in ("SHOW", "DESC"):
        return _show(bare)
    tokens = tokenize(sql)
    refuse_deep(tokens)
    if not tokens:
        raise InvalidSQL("There is no statement to run.")
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
    return Query(sql, parse_tree(sql, tokens), parameter_names(tokens))


def _show(text: str) -> Statement:
    normal = re.sub(r"\s*\.\s*", ".", text)
    for pattern, what in _SHOWS.items():
        match = re.fullmatch(pattern, normal, re.IGNORECASE)
        if match is not None:
            found = {key: value.lower() for key, value in match.groupdict().items() if value}
            # SHOW COLUMNS IN table IN database says the database last.
            database = found.pop("database", "")
            return Show(what, database=found.pop("other", database), **found)
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
    tree = parse_tree(sql, tokens)
    known = {"this", "kind", "replace", "expression"}
    extra = {key for key, value in tree.args.items() if value} - known
    if not isinstance(tree, exp.Create) or not isinstance(tree.this, exp.Table) or extra:
        raise UnsupportedSQL(
            "The local engine creates views by CREATE OR REPLACE VIEW name AS query only."
        )
    replace = bool(tree.args.get("replace"))
    return CreateView(sql, tree.expression, tree.this, replace, parameter_names(tokens))
