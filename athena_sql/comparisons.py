"""Comparison, logic and choice: only like with like, and NaN equal to nothing.

Each function takes the translation and a node as it was parsed, and gives the DuckDB expression.
"""

from __future__ import annotations

import functools

from sqlglot import exp

from athena_sql.errors import UnsupportedSQL
from athena_sql.grammar import BARE_PREDICATES
from athena_sql.guard import reads
from athena_sql.nodes import (
    Rewrite,
    Translator,
    call,
    common,
    condition,
    fields_of,
    not_in_athena,
    plain_cast,
    together,
    type_of,
    typed,
    untranslated,
    widened,
)
from athena_sql.types import BOOLEAN, FLOATS, NESTED, UNKNOWN, AthenaType

_COMPARISONS = {
    exp.EQ: "athena_eq",
    exp.NEQ: "athena_neq",
    exp.LT: "athena_lt",
    exp.LTE: "athena_lte",
    exp.GT: "athena_gt",
    exp.GTE: "athena_gte",
}
# Where DuckDB's place for NaN, above every number, gives Athena's answer: `x < 5` and `x = 5` are
# false for NaN in both, so a constant on that side needs no macro.
_SAFE_WITH_CONSTANT_RIGHT = (exp.EQ, exp.NEQ, exp.LT, exp.LTE)
_SAFE_WITH_CONSTANT_LEFT = (exp.EQ, exp.NEQ, exp.GT, exp.GTE)


def boolean(translator: Translator, node: exp.Expr) -> exp.Expr:
    """A condition: DuckDB would take a number or a string for one, Athena does not."""
    translated = translator.visit(node)
    if type_of(translated) not in (BOOLEAN, UNKNOWN):
        raise not_in_athena(f"{type_of(translated)} as a condition")
    return translated


def refuse_chain(*operands: exp.Expr) -> None:
    """Athena's grammar has no comparison of comparisons without brackets, such as a = b = c."""
    if any(isinstance(operand, BARE_PREDICATES) for operand in operands):
        raise untranslated("two comparisons in a row", hint="Put brackets around one of them.")


@reads((*_COMPARISONS, exp.NullSafeEQ, exp.NullSafeNEQ), "this", "expression")
def comparison(translator: Translator, node: exp.Expr) -> exp.Expr:
    """Athena: only like with like, and NaN is equal to nothing. DuckDB casts a string to fit."""
    assert isinstance(node, exp.Binary)  # noqa: S101 (the declaration says so)
    refuse_chain(node.left, node.right)
    if isinstance(node.right, (exp.Any, exp.All)):
        return _quantified(translator, node)
    sides = [translator.visit(node.left), translator.visit(node.right)]
    return compare(type(node), sides[0], sides[1])


def compare(operator: type[exp.Binary], left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """The comparison of two translated operands."""
    kind = common([left, right], "a comparison")
    if kind.name == "row" and operator in (exp.EQ, exp.NEQ):
        return _compare_rows(operator, left, right)
    kind = comparable([left, right])
    constants = [isinstance(side.unnest(), exp.Literal) for side in (left, right)]
    safe = (
        kind.name not in FLOATS
        or all(constants)
        or (constants[1] and operator in _SAFE_WITH_CONSTANT_RIGHT)
        or (constants[0] and operator in _SAFE_WITH_CONSTANT_LEFT)
        or operator not in _COMPARISONS
    )
    if not safe:
        return call(_COMPARISONS[operator], BOOLEAN, widened(left, kind), widened(right, kind))
    if kind.name in FLOATS:
        left, right = widened(left, kind), widened(right, kind)
    return condition(operator(this=left, expression=right))


def _compare_rows(operator: type[exp.Binary], left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """Field by field: unlike if one is unlike, else null if one is null.

    DuckDB takes nulls inside for equal.
    """
    if isinstance(left.unnest(), exp.Null) or isinstance(right.unnest(), exp.Null):
        return plain_cast(exp.Null(), BOOLEAN)
    if UNKNOWN in (type_of(left), type_of(right)):
        raise untranslated("a row compared with a parameter", hint="Cast the parameter.")
    pairs = zip(fields_of(left), fields_of(right))
    same: exp.Expr = functools.reduce(
        lambda one, other: exp.And(this=one, expression=other),
        (compare(exp.EQ, *pair) for pair in pairs),
    )
    same = condition(exp.Paren(this=same))
    return same if operator is exp.EQ else condition(exp.Paren(this=exp.Not(this=same)))


def comparable(nodes: list[exp.Expr]) -> AthenaType:
    """The type in which the nodes are compared.

    Raises:
        InvalidSQL: Athena would not compare them.
        UnsupportedSQL: it compares them another way than DuckDB.
    """
    kind = common(nodes, "a comparison")
    if kind.name in NESTED:
        raise UnsupportedSQL(
            f"The local engine does not compare values of type {kind.name}: "
            "nulls inside them count otherwise in Athena.",
            hint="Compare their elements.",
        )
    return kind


def _quantified(translator: Translator, node: exp.Binary) -> exp.Expr:
    """= ANY, > ALL: the same, once both sides are like."""
    left = translator.visit(node.left)
    quantifier = node.right
    query, kinds = translator.visit_query(_quantified_query(quantifier))
    stand_in = typed(exp.Null(), kinds[0])
    if comparable([left, stand_in]).name in FLOATS:
        raise UnsupportedSQL("The local engine does not translate ANY and ALL over doubles.")
    nested = exp.Subquery(this=query)
    return condition(type(node)(this=left, expression=type(quantifier)(this=nested)))


@reads((exp.Any, exp.All), "this")
def _quantified_query(node: exp.Expr) -> exp.Expr:
    """The query behind ANY, SOME or ALL."""
    query: exp.Expr = node.this
    if not isinstance(query, exp.Query):
        raise untranslated("ANY and ALL over anything but a query")
    return query


@reads(exp.Is, "this", "expression", negate=False)
def is_null(translator: Translator, node: exp.Expr) -> exp.Expr:
    """IS NULL. Athena knows no IS TRUE."""
    refuse_chain(node.this)
    if not isinstance(node.expression, exp.Null):
        raise untranslated("IS with anything but NULL", hint="Compare with = or with a CASE.")
    null = translator.visit(node.expression)
    return condition(exp.Is(this=translator.visit(node.this), expression=null))


@reads(exp.Between, "this", "low", "high")
def between(translator: Translator, node: exp.Expr) -> exp.Expr:
    """BETWEEN, as the two comparisons it stands for where NaN could be among them."""
    refuse_chain(*(node.args[key] for key in ("this", "low", "high")))
    parts = [translator.visit(node.args[key]) for key in ("this", "low", "high")]
    value, low, high = parts
    if comparable(parts).name not in FLOATS:
        return condition(exp.Between(this=value, low=low, high=high))
    lower, upper = compare(exp.GTE, value, low), compare(exp.LTE, value.copy(), high)
    return condition(exp.Paren(this=exp.And(this=lower, expression=upper)))


@reads(exp.In, "this", "expressions", "query")
def membership(translator: Translator, node: exp.Expr) -> exp.Expr:
    """IN, with a list or a query: like among like."""
    refuse_chain(node.this)
    value = translator.visit(node.this)
    query = node.args.get("query")
    if query is None and [type(part) for part in node.expressions] == [exp.Values]:
        (query,) = node.expressions
    if query is not None:
        query, kinds = translator.visit_query(query)
        if type_of(value).name == "row":
            # Trino 476 takes nulls in such rows for equal.
            raise untranslated("a row IN (query)", hint="Write EXISTS (SELECT ... WHERE ...).")
        stand_ins = [typed(exp.Null(), kind) for kind in kinds]
        if comparable([value, *stand_ins]).name in FLOATS:
            raise UnsupportedSQL("The local engine does not translate IN (query) over doubles.")
        return condition(exp.In(this=value, query=exp.Subquery(this=query)))
    choices = [translator.visit(choice) for choice in node.expressions]
    if not choices:
        raise untranslated("IN with an empty list")
    if common([value, *choices], "a comparison").name == "row":
        return _is_among_rows(value, choices)
    kind = comparable([value, *choices])
    if kind.name in FLOATS and any(type_of(choice).name in FLOATS for choice in choices):
        constant = all(isinstance(choice.unnest(), exp.Literal) for choice in choices)
        if not constant:
            raise UnsupportedSQL("The local engine translates IN over doubles for constants only.")
        value, *choices = (widened(part, kind) for part in (value, *choices))
    return condition(exp.In(this=value, expressions=choices))


def _is_among_rows(value: exp.Expr, choices: list[exp.Expr]) -> exp.Expr:
    tests = (compare(exp.EQ, value.copy(), choice) for choice in choices)
    found: exp.Expr = functools.reduce(lambda one, other: exp.Or(this=one, expression=other), tests)
    return condition(exp.Paren(this=found))


@reads((exp.And, exp.Or), "this", "expression")
def logic(translator: Translator, node: exp.Expr) -> exp.Expr:
    """AND, OR: the same, on conditions only."""
    sides = {key: boolean(translator, node.args[key]) for key in ("this", "expression")}
    return condition(type(node)(**sides))


@reads(exp.Not, "this")
def negated(translator: Translator, node: exp.Expr) -> exp.Expr:
    """NOT: the same, on a condition only."""
    return condition(exp.Not(this=boolean(translator, node.this)))


@reads(exp.Case, "this", "ifs", "default")
def choice(translator: Translator, node: exp.Expr) -> exp.Expr:
    """CASE: the same, once the answers are of one type and the comparisons of like with like."""
    subject = node.this and translator.visit(node.this)
    branches = [_branch(translator, part, subject) for part in node.args["ifs"]]
    default = node.args.get("default")
    rest = None if default is None else translator.visit(default)
    return chosen(branches, rest, subject)


@reads(exp.If, "this", "true")
def _branch(
    translator: Translator, node: exp.Expr, subject: exp.Expr | None
) -> tuple[exp.Expr, exp.Expr]:
    """WHEN test THEN answer."""
    if subject is None:
        test = boolean(translator, node.this)
    else:
        test = _case_value(subject, translator.visit(node.this))
    return test, translator.visit(node.args["true"])


def chosen(
    branches: list[tuple[exp.Expr, exp.Expr]], rest: exp.Expr | None, subject: exp.Expr | None
) -> exp.Expr:
    """A CASE of translated parts."""
    answers = [answer for _, answer in branches]
    answers, kind = together(answers if rest is None else [*answers, rest], "CASE")
    ifs = [exp.If(this=test, true=answer) for (test, _), answer in zip(branches, answers)]
    default = None if rest is None else answers[-1]
    return typed(exp.Case(this=subject, ifs=ifs, default=default), kind)


def _case_value(subject: exp.Expr, value: exp.Expr) -> exp.Expr:
    if comparable([subject, value]).name in FLOATS and not isinstance(value, exp.Literal):
        raise UnsupportedSQL("The local engine compares doubles in CASE x WHEN to constants only.")
    return value


@reads(exp.If, "this", "true", "false")
def either(translator: Translator, node: exp.Expr) -> exp.Expr:
    """if(condition, a, b): a CASE."""
    branch = boolean(translator, node.this), translator.visit(node.args["true"])
    rest = node.args.get("false")
    return chosen([branch], None if rest is None else translator.visit(rest), None)


COMPARISONS: dict[type[exp.Expr], Rewrite] = {
    **dict.fromkeys(_COMPARISONS, comparison),
    exp.NullSafeEQ: comparison,
    exp.NullSafeNEQ: comparison,
    exp.Is: is_null,
    exp.Between: between,
    exp.In: membership,
    exp.And: logic,
    exp.Or: logic,
    exp.Not: negated,
    exp.Case: choice,
    exp.If: either,
}
