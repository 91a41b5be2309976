"""Comparison, logic and choice: only like with like, and NaN equal to nothing.

Each function takes the translation and a node as it was parsed, and gives the DuckDB expression.
"""

from __future__ import annotations

from sqlglot import exp

from glue_jobs.engines.athena_sql.nodes import (
    Rewrite,
    Translator,
    call,
    common,
    condition,
    not_in_athena,
    together,
    type_of,
    typed,
    widened,
)
from glue_jobs.engines.athena_sql.types import BOOLEAN, FLOATS, NESTED, UNKNOWN, AthenaType
from glue_jobs.errors import UnsupportedSQL

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


def comparison(translator: Translator, node: exp.Expr) -> exp.Expr:
    """Athena: only like with like, and NaN is equal to nothing. DuckDB casts a string to fit."""
    assert isinstance(node, exp.Binary)  # noqa: S101 (the registry says so)
    if isinstance(node.right, (exp.Any, exp.All)):
        return _quantified(translator, node)
    sides = [translator.visit(node.left), translator.visit(node.right)]
    return compare(type(node), sides[0], sides[1])


def compare(operator: type[exp.Binary], left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """The comparison of two translated operands."""
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


def comparable(nodes: list[exp.Expr]) -> AthenaType:
    """The type in which the nodes are compared.

    Raises:
        UnsupportedSQL: Athena would not compare them, or compares them another way than DuckDB.
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
    query, kinds = translator.visit_query(quantifier.this)
    stand_in = typed(exp.Null(), kinds[0])
    if comparable([left, stand_in]).name in FLOATS:
        raise UnsupportedSQL("The local engine does not translate ANY and ALL over doubles.")
    nested = exp.Subquery(this=query)
    return condition(type(node)(this=left, expression=type(quantifier)(this=nested)))


def is_null(translator: Translator, node: exp.Expr) -> exp.Expr:
    """IS NULL. Athena knows no IS TRUE."""
    if not isinstance(node.expression, exp.Null):
        raise not_in_athena("IS with anything but NULL", hint="Compare with = or with a CASE.")
    return condition(exp.Is(this=translator.visit(node.this), expression=exp.Null()))


def between(translator: Translator, node: exp.Expr) -> exp.Expr:
    """BETWEEN, as the two comparisons it stands for where NaN could be among them."""
    if node.args.get("symmetric"):
        raise not_in_athena("BETWEEN SYMMETRIC")
    parts = [translator.visit(node.args[key]) for key in ("this", "low", "high")]
    value, low, high = parts
    if comparable(parts).name not in FLOATS:
        return condition(exp.Between(this=value, low=low, high=high))
    lower, upper = compare(exp.GTE, value, low), compare(exp.LTE, value.copy(), high)
    return condition(exp.Paren(this=exp.And(this=lower, expression=upper)))


def membership(translator: Translator, node: exp.Expr) -> exp.Expr:
    """IN, with a list or a query: like among like."""
    if any(node.args.get(key) for key in ("unnest", "field", "is_global")):
        raise not_in_athena("IN without a list or a query")
    value = translator.visit(node.this)
    query = node.args.get("query")
    if query is not None:
        query, kinds = translator.visit_query(query)
        stand_ins = [typed(exp.Null(), kind) for kind in kinds]
        if comparable([value, *stand_ins]).name in FLOATS:
            raise UnsupportedSQL("The local engine does not translate IN (query) over doubles.")
        return condition(exp.In(this=value, query=exp.Subquery(this=query)))
    choices = [translator.visit(choice) for choice in node.expressions]
    if not choices:
        raise not_in_athena("IN with an empty list")
    kind = comparable([value, *choices])
    if kind.name in FLOATS and any(type_of(choice).name in FLOATS for choice in choices):
        constant = all(isinstance(choice.unnest(), exp.Literal) for choice in choices)
        if not constant:
            raise UnsupportedSQL("The local engine translates IN over doubles for constants only.")
        value, *choices = (widened(part, kind) for part in (value, *choices))
    return condition(exp.In(this=value, expressions=choices))


def like(translator: Translator, node: exp.Expr) -> exp.Expr:
    """LIKE on strings: DuckDB would take a number too."""
    parts = [translator.visit(node.this), translator.visit(node.expression)]
    if any(type_of(part).name not in ("varchar", "unknown") for part in parts):
        raise not_in_athena("LIKE on anything but strings", hint="Cast to varchar.")
    return condition(exp.Like(this=parts[0], expression=parts[1]))


def escape(translator: Translator, node: exp.Expr) -> exp.Expr:
    """LIKE ... ESCAPE: the same."""
    pattern, character = translator.visit(node.this), translator.visit(node.expression)
    return condition(exp.Escape(this=pattern, expression=character))


def logic(translator: Translator, node: exp.Expr) -> exp.Expr:
    """AND, OR: the same, on conditions only."""
    sides = {key: boolean(translator, node.args[key]) for key in ("this", "expression")}
    return condition(type(node)(**sides))


def negated(translator: Translator, node: exp.Expr) -> exp.Expr:
    """NOT: the same, on a condition only."""
    return condition(exp.Not(this=boolean(translator, node.this)))


def choice(translator: Translator, node: exp.Expr) -> exp.Expr:
    """CASE: the same, once the answers are of one type and the comparisons of like with like."""
    subject = node.this and translator.visit(node.this)
    tests, answers = [], []
    for branch in node.args["ifs"]:
        if subject is None:
            tests.append(boolean(translator, branch.this))
        else:
            tests.append(_case_value(subject, translator.visit(branch.this)))
        answers.append(translator.visit(branch.args["true"]))
    default = node.args.get("default")
    if default is not None:
        answers.append(translator.visit(default))
    answers, kind = together(answers, "CASE")
    branches = [exp.If(this=test, true=answer) for test, answer in zip(tests, answers)]
    rest = answers[-1] if default is not None else None
    return typed(exp.Case(this=subject, ifs=branches, default=rest), kind)


def _case_value(subject: exp.Expr, value: exp.Expr) -> exp.Expr:
    if comparable([subject, value]).name in FLOATS and not isinstance(value, exp.Literal):
        raise UnsupportedSQL("The local engine compares doubles in CASE x WHEN to constants only.")
    return value


def either(translator: Translator, node: exp.Expr) -> exp.Expr:
    """if(condition, a, b): a CASE."""
    branch = exp.If(this=node.this, true=node.args["true"])
    return choice(translator, exp.Case(ifs=[branch], default=node.args.get("false")))


COMPARISONS: dict[type[exp.Expr], Rewrite] = {
    **dict.fromkeys(_COMPARISONS, comparison),
    exp.NullSafeEQ: comparison,
    exp.NullSafeNEQ: comparison,
    exp.Is: is_null,
    exp.Between: between,
    exp.In: membership,
    exp.Like: like,
    exp.Escape: escape,
    exp.And: logic,
    exp.Or: logic,
    exp.Not: negated,
    exp.Case: choice,
    exp.If: either,
}
