"""What kind of statement a text is: a query, a view's definition, a SHOW, or one that is refused.

sqlglot parses the queries, with one thing taken from it: its knowledge of functions. It turns a
call of a function that it knows into a node that says what it believes the function means; here
every call stays the call that was written, so that the allow list decides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Union

from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.parsers.trino import TrinoParser
from sqlglot.tokenizer_core import Token, TokenType

from glue_jobs.errors import UnsupportedSQL, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable


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
_FOREIGN_SPELLINGS = {
    (TokenType.EQ, "=="): "Write =.",
    (TokenType.NOT, "!"): "Write NOT.",
}
# What sqlglot's parser of Trino stops at, by the pattern that finds it.
_FOREIGN_WORDS = {
    r"QUALIFY": "Filter on the window function in an outer query.",
    r"//": "Write /: it divides integers to an integer.",
    r"[*][*]": "Write power(x, y).",
    r"~": "Write regexp_like(x, pattern).",
}
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
# What Athena's grammar does not have, though sqlglot's parser of Trino lets it through.
_FOREIGN_TOKENS = {
    TokenType.DCOLON: ("::", "Write CAST(x AS type)."),
    TokenType.L_BRACE: ("{", "Write map(keys, values) or CAST(ROW(...) AS ROW(...))."),
    TokenType.QDCOLON: ("?::", "Write TRY_CAST(x AS type)."),
}
# Functions with a syntax of their own.
_GRAMMAR_FUNCTIONS = (
    *("CAST", "TRY_CAST", "EXTRACT", "TRIM", "POSITION", "SUBSTRING"),
    "LISTAGG",
)


class AthenaGrammar(Trino):
    """Trino's grammar without sqlglot's ideas about functions and about where arrays begin."""

    INDEX_OFFSET = 0

    class Parser(TrinoParser):
        """The parser; a call that is not here becomes ``exp.Anonymous``."""

        FUNCTIONS: ClassVar = {}
        FUNCTION_PARSERS: ClassVar = {
            key: parser
            for key, parser in TrinoParser.FUNCTION_PARSERS.items()
            if key in _GRAMMAR_FUNCTIONS
        }


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
    tokens = _tokens(sql)
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
    _refuse_foreign_tokens(tokens)
    return Query(_parsed(sql))


def _tokens(sql: str) -> list[Token]:
    try:
        tokens: list[Token] = AthenaGrammar().tokenize(sql)
    except SqlglotError as error:
        raise UsageError(f"This is not Athena's SQL: {error}") from error
    while tokens and tokens[-1].token_type == TokenType.SEMICOLON:
        tokens.pop()
    if any(token.token_type == TokenType.SEMICOLON for token in tokens):
        raise UnsupportedSQL("The local engine runs one statement at a time, as Athena does.")
    return tokens


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
    _refuse_foreign_tokens(tokens)
    tree = _parsed(sql)
    known = {"this", "kind", "replace", "expression"}
    extra = {key for key, value in tree.args.items() if value} - known
    if not isinstance(tree, exp.Create) or not isinstance(tree.this, exp.Table) or extra:
        raise UnsupportedSQL(
            "The local engine creates views by CREATE OR REPLACE VIEW name AS query only."
        )
    replace = bool(tree.args.get("replace"))
    return CreateView(tree.this.name.lower(), tree.this, tree.expression, replace)


def _refuse_foreign_tokens(tokens: list[Token]) -> None:
    for token, following in zip(tokens, [*tokens[1:], None]):
        if token.token_type in _FOREIGN_TOKENS:
            written, hint = _FOREIGN_TOKENS[token.token_type]
            raise UnsupportedSQL(f"Athena has no {written}.", hint=hint)
        if (token.token_type, token.text) in _FOREIGN_SPELLINGS:
            raise UnsupportedSQL(
                f"Athena has no {token.text}.",
                hint=_FOREIGN_SPELLINGS[token.token_type, token.text],
            )
        if (
            token.token_type == TokenType.LIMIT
            and following is not None
            and _after(tokens, following) == TokenType.OFFSET
        ):
            raise UnsupportedSQL(
                "Athena wants OFFSET before LIMIT.", hint="Write OFFSET n LIMIT m."
            )


def _after(tokens: list[Token], token: Token) -> TokenType:
    position = tokens.index(token) + 1
    return tokens[position].token_type if position < len(tokens) else TokenType.SEMICOLON


def _parsed(sql: str) -> exp.Expr:
    try:
        trees = [tree for tree in AthenaGrammar().parse(sql) if tree is not None]
    except ParseError as error:
        for written, hint in _FOREIGN_WORDS.items():
            if re.search(written, sql, re.IGNORECASE):
                shown = re.sub(r"[\[\]]", "", written)
                raise UnsupportedSQL(f"Athena has no {shown}.", hint=hint) from error
        place = error.errors[0] if error.errors else {}
        raise UsageError(
            f"This is not Athena's SQL, from line {place.get('line')}, column {place.get('col')} "
            f"on: {place.get('highlight') or 'its end'}"
        ) from error
    except SqlglotError as error:
        raise UsageError(f"This is not Athena's SQL: {error}") from error
    tree = trees[0]
    if isinstance(tree, exp.Command):
        raise UnsupportedSQL(f"The local engine does not run {tree.name.upper()}.")
    return tree
