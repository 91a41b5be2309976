"""Athena's grammar, as sqlglot parses it: Trino's, without what sqlglot adds to it.

sqlglot's parser of Trino reads more than Trino does, and some of that it reads as something else:
``1_000`` as 1 with the name ``_000``, ``LIMIT 1, 2`` as an offset, ``a = b IS NULL`` with brackets
that nobody wrote. What would be lost that way before the guard sees it is refused here. It also
turns a call of a function that it knows into a node that says what it believes the function means;
here every call stays the call that was written, so that the allow list decides.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.parsers.trino import TrinoParser
from sqlglot.tokenizer_core import Token, TokenType

from athena_sql.errors import AthenaSQLError, InvalidSQL, UnsupportedSQL
from athena_sql.marks import mark
from athena_sql.parameters import named_parameter

if TYPE_CHECKING:
    from sqlglot.parser import Parser

# The words that begin a type in Trino, and those that sqlglot takes for one and needs elsewhere.
_TYPE_WORDS = frozenset(
    (
        *("ARRAY", "BIGINT", "BOOLEAN", "CHAR", "DATE", "DEC", "DECIMAL", "DOUBLE"),
        *("DOUBLE PRECISION", "HYPERLOGLOG", "INT", "INTEGER", "INTERVAL", "IPADDRESS", "JSON"),
        *("MAP", "NUMERIC", "REAL", "ROW", "SMALLINT", "TDIGEST", "TIME", "TIMESTAMP", "TINYINT"),
        *("UNKNOWN", "UUID", "VARBINARY", "VARCHAR"),
        *("NULL", "RANGE", "UNION"),
    )
)
_FOREIGN_KEYWORDS = frozenset(("ISNULL", "NOTNULL"))
# Functions with a syntax of their own.
_GRAMMAR_FUNCTIONS = (
    *("CAST", "TRY_CAST", "EXTRACT", "TRIM", "POSITION", "SUBSTRING"),
    "LISTAGG",
)
# Functions of Athena with a syntax of their own that sqlglot or its rewrites here do not have.
_UNTRANSLATED_CALLS = frozenset(
    (
        *("JSON_OBJECT", "JSON_ARRAY", "JSON_VALUE", "JSON_QUERY", "JSON_EXISTS", "JSON_TABLE"),
        *("JSON_OBJECTAGG", "JSON_ARRAYAGG", "MATCH_RECOGNIZE", "NORMALIZE"),
    )
)
_FOREIGN_SPELLINGS = {
    (TokenType.EQ, "=="): "Write =.",
    (TokenType.NOT, "!"): "Write NOT.",
}
# What sqlglot's parser of Trino stops at, by the pattern that finds it there.
_FOREIGN_WORDS = {
    r"QUALIFY": "Filter on the window function in an outer query.",
    r"//": "Write /: it divides integers to an integer.",
    r"[*][*]": "Write power(x, y).",
    r"~": "Write regexp_like(x, pattern).",
}
# What Athena's grammar does not have, though sqlglot's parser of Trino lets it through.
_FOREIGN_TOKENS = {
    TokenType.DCOLON: ("::", "Write CAST(x AS type)."),
    TokenType.L_BRACE: ("{", "Write map(keys, values) or CAST(ROW(...) AS ROW(...))."),
    TokenType.QDCOLON: ("?::", "Write TRY_CAST(x AS type)."),
    TokenType.NULLSAFE_EQ: ("<=>", "Write IS NOT DISTINCT FROM."),
    TokenType.DAMP: ("&&", "Write AND."),
}
# What may stand beside a comparison in brackets only: Athena reads no a = b = c.
BARE_PREDICATES = (
    *(exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ),
    *(exp.Is, exp.Between, exp.In, exp.Like, exp.Escape, exp.Not),
)
_AFTER_A_LIST = (*(TokenType.FROM, TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.SEMICOLON),)
# Names, texts and brackets; nothing that is refused begins with one.
_HARMLESS = frozenset(
    (
        *(TokenType.VAR, TokenType.IDENTIFIER, TokenType.STRING, TokenType.DOT, TokenType.STAR),
        *(TokenType.L_PAREN, TokenType.R_PAREN, TokenType.SELECT, TokenType.FROM, TokenType.ALIAS),
    )
)
_SIGNS = (TokenType.DASH, TokenType.PLUS)
_WORD = re.compile(r"\w")
_DECIMAL = re.compile(r"[+-]?(?=\.?\d)(\d*)(?:\.(\d*))?")


class AthenaGrammar(Trino):
    """Trino's grammar without sqlglot's ideas about functions, types and where arrays begin."""

    INDEX_OFFSET = 0

    class Tokenizer(Trino.Tokenizer):
        """The tokens; the type names of other databases are plain names."""

        KEYWORDS: ClassVar = {
            word: token
            for word, token in Trino.Tokenizer.KEYWORDS.items()
            if word not in _FOREIGN_KEYWORDS
            and (token not in TrinoParser.TYPE_TOKENS or word in _TYPE_WORDS)
        }

    class Parser(TrinoParser):
        """The parser; a call that is not here becomes ``exp.Anonymous``."""

        FUNCTIONS: ClassVar = {}
        TYPE_LITERAL_PARSERS: ClassVar = {
            **TrinoParser.TYPE_LITERAL_PARSERS,
            exp.DType.DECIMAL: lambda self, this, to: self._parse_decimal_literal(this, to),
        }
        PLACEHOLDER_PARSERS: ClassVar = {
            **TrinoParser.PLACEHOLDER_PARSERS,
            TokenType.PLACEHOLDER: lambda self: named_parameter(self._tokens[: self._index]),
        }
        FUNCTION_PARSERS: ClassVar = {
            key: parser
            for key, parser in TrinoParser.FUNCTION_PARSERS.items()
            if key in _GRAMMAR_FUNCTIONS
        }

        def _build_predicate(
            self, klass: Any, this: Any, expression: Any, *rest: Any, **named: Any
        ) -> Any:
            # sqlglot would put brackets around a comparison beside IS that nobody wrote.
            if any(isinstance(side, BARE_PREDICATES) for side in (this, expression)):
                self.raise_error("Two comparisons in a row need brackets")
            return super()._build_predicate(klass, this, expression, *rest, **named)

        def _parse_decimal_literal(self, this: exp.Expr, to: exp.Expr) -> exp.Expr:
            # Its digits are its type; of CAST(x AS decimal) that is decimal(38, 0).
            if "_" in this.name:
                raise UnsupportedSQL(f"The local engine does not translate DECIMAL '{this.name}'.")
            found = _DECIMAL.fullmatch(this.name) if this.args["is_string"] else None
            if to.expressions or found is None:
                self.raise_error("This is not a DECIMAL literal")
            fraction = (found and found[2]) or ""
            digits = len(((found and found[1]) or "").lstrip("0")) + len(fraction)
            numbers = (max(1, digits), len(fraction))
            parts = [exp.DataTypeParam(this=exp.Literal.number(part)) for part in numbers]
            to.set("expressions", parts)
            return self.expression(exp.Cast(this=this, to=to))

        def _parse_join(self, *given: Any, **named: Any) -> Any:
            comma = self._curr is not None and self._curr.token_type == TokenType.COMMA
            join = super()._parse_join(*given, **named)
            # Without a condition it would be the cross product that a comma means.
            if join and not comma and not _has_condition(join):
                self.raise_error("A JOIN needs ON or USING")
            return join


def _has_condition(join: exp.Expr) -> bool:
    stated = any(join.args.get(key) for key in ("on", "using", "method"))
    return stated or join.args.get("kind") == "CROSS"


def tokenize(sql: str) -> list[Token]:
    """The tokens of one statement, without semicolons at its end.

    Raises:
        InvalidSQL: a string or a comment does not end.
        UnsupportedSQL: there is more than one statement.
    """
    try:
        tokens: list[Token] = AthenaGrammar().tokenize(sql)
    except SqlglotError as error:
        raise InvalidSQL(f"This is not Athena's SQL: {error}") from error
    while tokens and tokens[-1].token_type == TokenType.SEMICOLON:
        tokens.pop()
    if any(token.token_type == TokenType.SEMICOLON for token in tokens):
        raise UnsupportedSQL("The local engine runs one statement at a time, as Athena does.")
    return tokens


def refuse_foreign(tokens: list[Token]) -> None:
    """Refuses what the parser would read as something that was not written.

    Raises:
        InvalidSQL: it is not in Athena's grammar either.
        UnsupportedSQL: it is, and the parser would lose it.
    """
    end = Token(TokenType.SEMICOLON, ";")
    for place, token in enumerate(tokens):
        if token.token_type in _HARMLESS and token.text.upper() not in _UNTRANSLATED_CALLS:
            continue
        following = [*tokens[place + 1 : place + 4], end, end, end]
        try:
            _refuse_foreign(token, following)
        except AthenaSQLError as error:
            error.place = token.start, token.end + 1 - token.start
            raise


def _refuse_foreign(token: Token, following: list[Token]) -> None:
    kinds = [part.token_type for part in following]
    if token.token_type in _FOREIGN_TOKENS:
        written, hint = _FOREIGN_TOKENS[token.token_type]
        raise InvalidSQL(f"Athena has no {written}.", hint=hint)
    if (token.token_type, token.text) in _FOREIGN_SPELLINGS:
        raise InvalidSQL(
            f"Athena has no {token.text}.",
            hint=_FOREIGN_SPELLINGS[token.token_type, token.text],
        )
    if token.token_type == TokenType.LIMIT and kinds[1] == TokenType.OFFSET:
        raise InvalidSQL("Athena wants OFFSET before LIMIT.", hint="Write OFFSET n LIMIT m.")
    if token.token_type == TokenType.LIMIT and kinds[1] == TokenType.COMMA:
        raise InvalidSQL("Athena has no LIMIT n, m.", hint="Write OFFSET n LIMIT m.")
    if token.token_type == TokenType.COMMA and kinds[0] in _AFTER_A_LIST:
        raise InvalidSQL("There is a comma with nothing behind it.")
    _refuse_call(token, following[0])
    _refuse_number(token, following[0])
    _refuse_interval(token, following)
    _refuse_unknown(token, following)


def _refuse_call(token: Token, following: Token) -> None:
    word = token.text.upper()
    if word in _UNTRANSLATED_CALLS and following.token_type == TokenType.L_PAREN:
        raise UnsupportedSQL(f"The local engine does not translate {word}.")


def _refuse_number(token: Token, following: Token) -> None:
    """1_000, 0b101 and 1d: sqlglot reads a number and a name for it."""
    # In x'1f' there are two quotes and a letter more than digits, in 0x1f two characters.
    written = token.end - token.start + 1 - len(token.text)
    if token.token_type == TokenType.HEX_STRING and written < 3:
        raise UnsupportedSQL("The local engine does not translate hexadecimal or binary constants.")
    glued = token.token_type == TokenType.NUMBER and following.start == token.end + 1
    if glued and following.token_type != TokenType.SEMICOLON and _WORD.match(following.text):
        raise UnsupportedSQL(
            f"The local engine does not translate the constant {token.text}{following.text}.",
            hint="Write the number with decimal digits only.",
        )


def _refuse_interval(token: Token, following: list[Token]) -> None:
    """Athena has INTERVAL '1' DAY; sqlglot reads INTERVAL 1 DAY and INTERVAL '1 day' as well."""
    if token.token_type != TokenType.INTERVAL:
        return
    if following[0].token_type in _SIGNS:
        following = following[1:]
    amount = following[0]
    if amount.token_type == TokenType.NUMBER or (
        amount.token_type == TokenType.STRING and re.search("[A-Za-z]", amount.text)
    ):
        raise UnsupportedSQL(
            f"The local engine does not translate INTERVAL {amount.text}.",
            hint="Write INTERVAL '1' DAY.",
        )


def _refuse_unknown(token: Token, following: list[Token]) -> None:
    """IS UNKNOWN, which sqlglot reads as IS NULL."""
    if token.token_type != TokenType.IS:
        return
    if following[0].token_type == TokenType.NOT:
        following = following[1:]
    if following[0].token_type == TokenType.UNKNOWN:
        raise UnsupportedSQL("The local engine does not translate IS UNKNOWN.")


def parse_tree(sql: str, tokens: list[Token]) -> exp.Expr:
    """The statement as sqlglot parses it.

    Args:
        sql: its text.
        tokens: what ``tokenize`` gave for that.

    Raises:
        InvalidSQL: sqlglot cannot read it.
        UnsupportedSQL: it is a command of another kind.
    """
    try:
        trees = [tree for tree in _parser().parse(tokens, sql) if tree is not None]
    except ParseError as error:
        raise _unreadable(error, sql) from error
    except SqlglotError as error:
        raise InvalidSQL(f"The local engine cannot read this: {error}") from error
    tree: exp.Expr = trees[0]
    if isinstance(tree, exp.Command):
        raise UnsupportedSQL(f"The local engine does not run {tree.name.upper()}.")
    return tree


def _parser() -> Parser:
    """A parser of this grammar.

    Raises:
        UnsupportedSQL: sqlglot is compiled, and lets nobody say what differs in another grammar.
    """
    try:
        return AthenaGrammar().parser()
    except TypeError as error:
        raise UnsupportedSQL(
            "The local engine cannot work with a compiled sqlglot.",
            hint="pip uninstall sqlglotc",
        ) from error


def _unreadable(error: ParseError, sql: str) -> AthenaSQLError:
    place = error.errors[0] if error.errors else {}
    highlight = place.get("highlight") or ""
    near = f"{place.get('start_context') or ''}"[-12:] + highlight
    for written, hint in _FOREIGN_WORDS.items():
        if re.search(written, near, re.IGNORECASE):
            shown = re.sub(r"[\[\]]", "", written)
            return InvalidSQL(f"Athena has no {shown}.", hint=hint)
    said = str(place.get("description") or "")
    reason = f" {said}." if said.startswith(("Two", "A JOIN", "This is not")) else ""
    invalid = InvalidSQL(
        f"The local engine cannot read this as Athena's SQL, from line {place.get('line')}, "
        f"column {place.get('col')} on: {highlight or 'its end'}.{reason}"
    )
    # sqlglot tells the place by its line and last column.
    lines, line, column = sql.splitlines(keepends=True), place.get("line"), place.get("col")
    if highlight and line and column and line <= len(lines):
        end = sum(map(len, lines[: line - 1])) + column
        mark(invalid, sql, end - len(highlight), len(highlight))
    return invalid
