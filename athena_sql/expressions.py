"""The translation of one expression: constants, names, functions and lambdas.

``visit`` takes a node as it was parsed and gives a new DuckDB node with its Athena type. Operators,
casts, times and aggregates come from the registries that are merged into ``REWRITES``; a node that
is in none of them is refused.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Callable

from sqlglot import exp

from athena_sql.aggregate_calls import AGGREGATE_NODES, aggregate
from athena_sql.allow_list import FUNCTIONS_BY_NAME, How
from athena_sql.casts import CASTS
from athena_sql.comparisons import COMPARISONS
from athena_sql.errors import AthenaSQLError, InvalidSQL, UnsupportedSQL
from athena_sql.functions import FUNCTIONS, make_call
from athena_sql.guard import reads
from athena_sql.likes import LIKES
from athena_sql.marks import note_place
from athena_sql.names import Scope
from athena_sql.nodes import (
    Rewrite,
    call,
    condition,
    fields_of,
    name,
    not_in_athena,
    paren,
    text,
    together,
    type_of,
    typed,
    unnamed_row,
    untranslated,
    widened,
)
from athena_sql.operators import ARITHMETIC
from athena_sql.parameters import placeholder
from athena_sql.refusals import refusal, unknown_function
from athena_sql.signatures import (
    Bindings,
    Signature,
    bind_result,
    filled,
    match_arguments,
    spread,
)
from athena_sql.special import SPECIAL_FUNCTIONS
from athena_sql.times import TIME_NODES
from athena_sql.types import (
    BIGINT,
    BOOLEAN,
    DOUBLE,
    INTEGER,
    INTEGERS,
    TEMPORALS,
    UNKNOWN,
    ZONED,
    AthenaType,
    decimal,
)
from athena_sql.zones import local_time

if TYPE_CHECKING:
    from collections.abc import Sequence

QueryVisitor = Callable[[exp.Expr, Scope], tuple[exp.Expr, list[AthenaType]]]

REWRITES: dict[type[exp.Expr], Rewrite] = {
    **ARITHMETIC,
    **COMPARISONS,
    **LIKES,
    **CASTS,
    **TIME_NODES,
    **AGGREGATE_NODES,
}


class ExpressionTranslator:
    """Translates the expressions of one SELECT.

    Attributes:
        scope: what the names in it mean.
        outputs: in ORDER BY, the SELECT's own columns, which come first there.
    """

    def __init__(self, scope: Scope, queries: QueryVisitor) -> None:
        self.scope = scope
        self.outputs: dict[str, exp.Expr] = {}
        self._queries = queries
        self._parameters: list[dict[str, exp.Expr]] = []
        self._numbers = itertools.count(1)
        self._own: dict[type[exp.Expr], Callable[[exp.Expr], exp.Expr]] = {
            exp.Literal: self._literal,
            exp.Null: self._null,
            exp.Boolean: self._truth,
            exp.Placeholder: self._parameter,
            exp.Column: self._column,
            exp.Identifier: self._lambda_parameter,
            exp.Dot: self._field,
            exp.Bracket: self._subscript,
            exp.Array: self._array,
            exp.Tuple: self._tuple,
            exp.HexString: self._binary,
            exp.Anonymous: self._function,
            exp.Subquery: self._scalar_query,
            exp.Exists: self._exists,
            exp.Substring: self._substring,
            exp.StrPosition: self._position,
            exp.Trim: self._trim,
        }

    def visit(self, node: exp.Expr) -> exp.Expr:
        """The translated expression, with its type.

        Raises:
            UnsupportedSQL: something in it has no faithful translation.
            InvalidSQL: a name in it means nothing.
        """
        try:
            if type(node) in self._own:
                return self._own[type(node)](node)
            if type(node) in REWRITES:
                return REWRITES[type(node)](self, node)
            raise refusal(node)
        except AthenaSQLError as error:
            note_place(error, node)
            raise

    def visit_query(self, query: exp.Expr) -> tuple[exp.Expr, list[AthenaType]]:
        """The translated query inside an expression, and its columns' types."""
        return self._queries(query, self.scope)

    def visit_lambda(self, node: exp.Expr, parameters: list[AthenaType]) -> exp.Expr:
        """The translated lambda. Its parameters get names that nothing else bears."""
        if not isinstance(node, exp.Lambda) or len(node.expressions) != len(parameters):
            raise untranslated(f"{node.sql(dialect='trino')} as a function here")
        return self._lambda(node, parameters)

    @reads(exp.Lambda, "this", "expressions")
    def _lambda(self, node: exp.Expr, parameters: list[AthenaType]) -> exp.Expr:
        names = [f"{part.name.lower()}_{next(self._numbers)}" for part in node.expressions]
        columns = [
            typed(exp.Column(this=name(unique)), kind) for unique, kind in zip(names, parameters)
        ]
        self._parameters.append(
            {part.name.lower(): column for part, column in zip(node.expressions, columns)}
        )
        body = self.visit(node.this)
        self._parameters.pop()
        renamed = exp.Lambda(this=body, expressions=[name(unique) for unique in names])
        return typed(renamed, type_of(body))

    @reads(exp.Null)
    def _null(self, _: exp.Expr) -> exp.Expr:
        return typed(exp.Null(), UNKNOWN)

    @reads(exp.Boolean, "this")
    def _truth(self, node: exp.Expr) -> exp.Expr:
        return condition(exp.Boolean(this=node.this))

    @reads(exp.Literal, "this", "is_string")
    def _literal(self, node: exp.Expr) -> exp.Expr:
        """Constants: 1.5 is a decimal, 1e0 a double, a string knows its length."""
        value = str(node.this)
        literal = exp.Literal(this=value, is_string=node.args["is_string"])
        if node.is_string:
            return typed(literal, AthenaType("varchar", (len(value),)))
        if "e" in value.lower():
            return typed(literal, DOUBLE)
        if "." in value:
            whole, fraction = value.split(".")
            precision = len(whole.lstrip("0")) + len(fraction)
            if precision > 38:
                raise untranslated(f"the constant {value}, of more than 38 digits")
            return typed(literal, decimal(max(1, precision), len(fraction)))
        if not value.isdigit() or int(value) >= 2**63:
            raise untranslated(f"the constant {value}")
        return typed(literal, INTEGER if int(value) < 2**31 else BIGINT)

    @reads(exp.Placeholder, "this")
    def _parameter(self, node: exp.Expr) -> exp.Expr:
        """A ? stays: its value is bound when the query runs."""
        return typed(placeholder(node), UNKNOWN)

    def _known_parameter(self, wanted: str) -> exp.Expr | None:
        for parameters in reversed(self._parameters):
            if wanted in parameters:
                return parameters[wanted].copy()
        return None

    @reads(exp.Identifier, "this", "quoted")
    def _lambda_parameter(self, node: exp.Expr) -> exp.Expr:
        column = self._known_parameter(node.name.lower())
        if column is None:
            raise refusal(node)
        return column

    @reads(exp.Column, "this", "table", "db", "catalog")
    def _column(self, node: exp.Expr) -> exp.Expr:
        assert isinstance(node, exp.Column)  # noqa: S101 (the declaration says so)
        parts = [part.name.lower() for part in node.parts]
        if isinstance(node.this, exp.Star):
            raise refusal(node.this)
        if parts[-1].startswith("$") and not self.scope.has(parts):
            raise UnsupportedSQL(
                f'The local engine has no hidden column "{parts[-1]}".',
            )
        if len(parts) == 1:
            found = self._known_parameter(parts[0])
            if found is None and parts[0] in self.outputs:
                found = self.outputs[parts[0]].copy()
            if found is not None:
                return found
        if parts == ["current_schema"] and parts[0] not in self.scope.names():
            raise untranslated("current_schema")
        return self.scope.column(parts)

    @reads(exp.Dot, "this", "expression")
    def _field(self, node: exp.Expr) -> exp.Expr:
        if not isinstance(node.expression, exp.Identifier):
            raise refusal(node)
        return field_of(self.visit(node.this), node.expression.name)

    @reads(exp.Bracket, "this", "expressions")
    def _subscript(self, node: exp.Expr) -> exp.Expr:
        """a[i], m[k]: an error if there is none. DuckDB gives null."""
        if len(node.expressions) != 1:
            raise refusal(node)
        container, index = self.visit(node.this), self.visit(node.expressions[0])
        kind = type_of(container)
        if kind.name == "array" and type_of(index).name in INTEGERS:
            return call("athena_subscript", kind.arguments[0], container, index)
        if kind.name == "map":
            key, value = kind.arguments
            return call("athena_map_subscript", value, container, widened(index, key))
        if kind.name == "row":
            return _numbered_field(container, index)
        raise untranslated(f"{kind}[{type_of(index)}]")

    @reads(exp.Array, "expressions", value_constructor=False)
    def _array(self, node: exp.Expr) -> exp.Expr:
        """ARRAY[...]: of one type."""
        elements, kind = together([self.visit(part) for part in node.expressions], "ARRAY")
        return typed(exp.Array(expressions=elements), AthenaType("array", (kind,)))

    @reads(exp.Tuple, "expressions")
    def _tuple(self, node: exp.Expr) -> exp.Expr:
        """(a, b): a row, as ROW(a, b) is one."""
        return unnamed_row([self.visit(part) for part in node.expressions])

    @reads(exp.HexString, "this")
    def _binary(self, node: exp.Expr) -> exp.Expr:
        """X'41 42': bytes."""
        digits = "".join(str(node.this).split())
        if len(digits) % 2 or not set(digits) <= set("0123456789abcdefABCDEF"):
            raise InvalidSQL(f"X'{node.this}' does not have two hexadecimal digits for each byte.")
        return call("unhex", AthenaType("varbinary"), text(digits))

    @reads(exp.Subquery, "this")
    def _scalar_query(self, node: exp.Expr) -> exp.Expr:
        query, kinds = self.visit_query(node.this)
        if len(kinds) != 1:
            raise untranslated(f"a query of {len(kinds)} columns as a value")
        return typed(exp.Subquery(this=query), kinds[0])

    @reads(exp.Exists, "this")
    def _exists(self, node: exp.Expr) -> exp.Expr:
        query, _ = self.visit_query(node.this)
        return condition(exp.Exists(this=query))

    @reads(exp.Substring, "this", "start", "length")
    def _substring(self, node: exp.Expr) -> exp.Expr:
        """substring(x FROM 1 FOR 2)."""
        return self._called("substr", [node.args.get(key) for key in ("this", "start", "length")])

    @reads(exp.StrPosition, "this", "substr")
    def _position(self, node: exp.Expr) -> exp.Expr:
        """position(x IN y)."""
        return self._called("strpos", [node.this, node.args["substr"]])

    @reads(exp.Trim, "this", "expression", "position")
    def _trim(self, node: exp.Expr) -> exp.Expr:
        """trim(LEADING 'x' FROM y): ltrim and rtrim take the same arguments."""
        side = {"LEADING": "ltrim", "TRAILING": "rtrim"}
        function = side.get(str(node.args.get("position") or "").upper(), "trim")
        return self._called(function, [node.this, node.args.get("expression")])

    @reads(exp.Anonymous, "this", "expressions")
    def _function(self, node: exp.Expr) -> exp.Expr:
        """A call: by its own rewrite, as an aggregate, or by a signature."""
        function = node.name.lower()
        how = FUNCTIONS_BY_NAME.get(function)
        if how is How.SIGNATURE:
            return self._called(function, node.expressions)
        if how is How.AGGREGATE:
            return aggregate(self, node)
        if how is None:
            raise unknown_function(function, "", known=False)
        special = SPECIAL_FUNCTIONS[function]
        if not special.takes(len(node.expressions)):
            raise untranslated(f"{function} with {len(node.expressions)} arguments")
        return special.rewrite(self, node)

    def _called(self, function: str, parts: Sequence[exp.Expr | None]) -> exp.Expr:
        """The call of a function that is described by its signatures, on what was written."""
        given_parts = [part for part in parts if part is not None]
        lambdas = [isinstance(part, exp.Lambda) for part in given_parts]
        arguments = [
            part if later else self.visit(part) for part, later in zip(given_parts, lambdas)
        ]
        kinds = [None if later else type_of(part) for part, later in zip(arguments, lambdas)]
        matches = [
            (match[0], position, match[1])
            for position, (wanted, _) in enumerate(FUNCTIONS[function])
            if (match := match_arguments(wanted, kinds)) is not None
        ]
        if not matches:
            given = ", ".join(str(kind or "function") for kind in kinds)
            raise unknown_function(function, given, known=True)
        _, position, bindings = min(matches, key=lambda match: match[:2])
        wanted, callee = FUNCTIONS[function][position]
        coerced = self._coerced(wanted, arguments, bindings)
        return make_call(callee, coerced, filled(wanted.result, bindings))

    def _coerced(
        self, wanted: Signature, arguments: list[exp.Expr], bindings: Bindings
    ) -> list[exp.Expr]:
        """The arguments as the signature wants them; its lambdas are translated here."""
        result = []
        for parameter, argument in zip(spread(wanted, len(arguments)), arguments):
            if parameter.name == "function":
                *takes, gives = parameter.arguments
                given = self.visit_lambda(argument, [filled(part, bindings) for part in takes])
                fits = bind_result(gives, type_of(given), bindings)
                if not fits or (gives == BOOLEAN and type_of(given) not in (BOOLEAN, UNKNOWN)):
                    raise untranslated(f"a function to {type_of(given)} in {wanted.name}")
                result.append(given)
            else:
                result.append(_coerced_argument(argument, filled(parameter, bindings)))
        return result


def _coerced_argument(node: exp.Expr, wanted: AthenaType) -> exp.Expr:
    own = type_of(node)
    if wanted.name == "timestamp" and own.name in TEMPORALS:
        return local_time(node) if own.name == ZONED else node
    return widened(node, wanted)


def _numbered_field(row: exp.Expr, index: exp.Expr) -> exp.Expr:
    """row[1]: the number is a constant, since the field's type depends on it."""
    fields = fields_of(row)
    constant = isinstance(index, exp.Literal) and index.name.isdigit()
    if not constant or not 1 <= int(index.name) <= len(fields):
        raise not_in_athena(f"this place in {type_of(row)}", hint="Fields count from 1.")
    return paren(fields[int(index.name) - 1])


def field_of(row: exp.Expr, field: str) -> exp.Expr:
    """A field of a row."""
    kind = type_of(row)
    for name_, part in kind.arguments if kind.name == "row" else ():
        if name_.lower() == field.lower():
            return call("struct_extract", part, row, exp.Literal.string(name_))
    raise untranslated(f".{field} of {kind}")
