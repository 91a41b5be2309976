"""Functions whose types or arguments need more than a signature says.

The rest of the allow list: see ``functions`` for what one line describes.
"""

from __future__ import annotations

from sqlglot import exp

from athena_sql.casts import convert
from athena_sql.comparisons import boolean, chosen, comparable
from athena_sql.errors import UnsupportedSQL
from athena_sql.folds import fold
from athena_sql.formats import FORMAT_FUNCTIONS
from athena_sql.nodes import (
    ANY_NUMBER,
    Rewrite,
    SpecialFunction,
    Translator,
    call,
    not_in_athena,
    number,
    operand,
    paren,
    plain_cast,
    text,
    together,
    type_of,
    typed,
    unnamed_row,
    untranslated,
    widened,
)
from athena_sql.operators import combine, joined
from athena_sql.regex import REGEX_FUNCTIONS
from athena_sql.times import TIME_FUNCTIONS, date_sequence
from athena_sql.types import (
    BIGINT,
    COMPUTED,
    DOUBLE,
    FLOATS,
    INTEGER,
    INTEGERS,
    NESTED,
    NUMBERS,
    UNKNOWN,
    VARCHAR,
    AthenaType,
    decimal,
    has_unknown_length,
)

_STRINGS = ("varchar", "unknown")
# Calls that end with an error where Athena may have an answer, and what they are called in Athena.
_FAILING_HERE = {
    "athena_double_as_text": "a cast of a double to varchar",
    "athena_plain_number_text": "%s of a double in format",
    "athena_finite_text": "flags for a double in format",
    "athena_iso_timestamp": "from_iso8601_timestamp",
    "athena_utc_text": "a cast of text to timestamp with time zone",
    "athena_json_scalar": "json_extract_scalar",
    "decode": "from_utf8",
    "from_base64": "from_base64",
}


def _visited(translator: Translator, node: exp.Expr) -> list[exp.Expr]:
    return [translator.visit(argument) for argument in node.expressions]


def _rounding(callee: str, *, whole_numbers: bool) -> Rewrite:
    """ceil, floor, round, truncate, sign: the answer is of the argument's type in Athena.

    DuckDB makes a double of floor(5), and a decimal of another precision.
    """

    def rewrite(translator: Translator, node: exp.Expr) -> exp.Expr:
        arguments = _visited(translator, node)
        kind = type_of(arguments[0])
        if kind.name not in NUMBERS or (kind.name in INTEGERS and not whole_numbers):
            raise untranslated(f"{node.name}({kind})")
        if len(arguments) == 2 and type_of(arguments[1]).name not in INTEGERS:
            raise untranslated(f"{node.name} to {type_of(arguments[1])} places")
        result = call(callee, kind, *arguments)
        if kind.name in ("double", "real"):
            return plain_cast(result, kind)
        if kind.name in INTEGERS:
            return paren(arguments[0]) if callee in ("ceil", "floor") else plain_cast(result, kind)
        return plain_cast(result, _rounded_type(callee, kind, len(arguments)))

    return rewrite


def _rounded_type(callee: str, kind: AthenaType, arguments: int) -> AthenaType:
    """The decimal type of a rounded decimal.

    Source: https://github.com/trinodb/trino MathFunctions.java (2026-11).
    """
    precision, scale = kind.arguments
    if callee == "sign":
        return decimal(1, 0)
    if arguments == 2:
        return decimal(precision + 1, scale)
    if callee == "trunc":
        return decimal(max(1, precision - scale), 0)
    return decimal(precision - scale + min(scale, 1), 0)


def mod(translator: Translator, node: exp.Expr) -> exp.Expr:
    """The operator %."""
    left, right = _visited(translator, node)
    return paren(combine(exp.Mod, operand(left), operand(right)))


def _extreme(callee: str) -> Rewrite:
    """greatest, least: null if any argument is. DuckDB passes over nulls."""

    def rewrite(translator: Translator, node: exp.Expr) -> exp.Expr:
        arguments = _visited(translator, node)
        comparable(arguments)
        arguments, kind = together(arguments, callee)
        if kind.name in FLOATS:
            # Among numbers NaN does not count; in DuckDB it is above them.
            return call(f"athena_{callee}", kind, exp.Array(expressions=arguments))
        nulls = exp.or_(
            *(exp.Is(this=operand(part.copy()), expression=exp.Null()) for part in arguments)
        )
        chosen = exp.If(
            this=exp.Not(this=exp.Paren(this=nulls)), true=call(callee, kind, *arguments)
        )
        return typed(exp.Case(ifs=[chosen]), kind)

    return rewrite


def coalesce(translator: Translator, node: exp.Expr) -> exp.Expr:
    """The first that is not null; all of one type."""
    arguments, kind = together(_visited(translator, node), "coalesce")
    return call("coalesce", kind, *arguments)


def nullif(translator: Translator, node: exp.Expr) -> exp.Expr:
    """Null if both are equal; of the first one's type."""
    left, right = _visited(translator, node)
    if comparable([left, right]).name in FLOATS and not isinstance(right, exp.Literal):
        raise UnsupportedSQL("The local engine translates nullif of doubles with a constant only.")
    return call("nullif", type_of(left), left, right)


def if_function(translator: Translator, node: exp.Expr) -> exp.Expr:
    """The CASE it stands for, where the name was quoted."""
    condition, true, *false = node.expressions
    branch = boolean(translator, condition), translator.visit(true)
    return chosen([branch], translator.visit(false[0]) if false else None, None)


def try_function(translator: Translator, node: exp.Expr) -> exp.Expr:
    """Null where the expression fails in Athena; so it must not hold what fails here alone."""
    (argument,) = _visited(translator, node)
    for called in argument.find_all(exp.Anonymous):
        if called.name in _FAILING_HERE:
            raise untranslated(
                f"try around {_FAILING_HERE[called.name]}",
                hint="Where the local engine cannot tell Athena's answer, it would be null.",
            )
    return call("try", type_of(argument), argument)


def typeof(translator: Translator, node: exp.Expr) -> exp.Expr:
    """The name of a type, known before the query runs.

    The argument stays in the answer: an aggregate in it makes one row of many, and one that fails
    has to fail.
    """
    (argument,) = _visited(translator, node)
    kind = type_of(argument)
    if has_unknown_length(kind):
        raise UnsupportedSQL(
            "The local engine does not know the length in typeof of a computed string."
        )
    if isinstance(argument, exp.Placeholder):
        raise UnsupportedSQL("The local engine does not know the type of a parameter.")
    named = text(str(kind))
    missing = exp.Is(this=operand(argument), expression=exp.Null())
    return typed(exp.Case(ifs=[exp.If(this=missing, true=named)], default=named.copy()), VARCHAR)


def concat(translator: Translator, node: exp.Expr) -> exp.Expr:
    """Strings or arrays joined; null if one is null. DuckDB's concat passes over nulls."""
    return joined(_visited(translator, node), "concat")


def reduce(translator: Translator, node: exp.Expr) -> exp.Expr:
    """A fold: an array, a start, (state, x) -> state, and state -> result."""
    array_node, start_node, step_node, finish_node = node.expressions
    array, start = translator.visit(array_node), translator.visit(start_node)
    if type_of(array).name != "array":
        raise untranslated(f"reduce of {type_of(array)}")
    total = fold(translator, array, start, step_node)
    finish = translator.visit_lambda(finish_node, [type_of(total)])
    if finish.this == finish.expressions[0] or isinstance(finish.this, exp.Column):
        return total
    # A list of one lets the last function see the state once, however often it names it.
    one = exp.Array(expressions=[total])
    finished = call("list_transform", AthenaType("array", (type_of(finish),)), one, finish)
    return call("list_extract", type_of(finish), finished, number(1))


def sequence(translator: Translator, node: exp.Expr) -> exp.Expr:
    """From first to last, in steps: whole numbers or dates."""
    arguments = _visited(translator, node)
    if type_of(arguments[0]).name in INTEGERS:
        integers = [widened(argument, BIGINT) for argument in arguments]
        if any(type_of(argument) != BIGINT for argument in integers):
            raise untranslated("a sequence of anything but whole numbers or dates")
        return call("athena_sequence", AthenaType("array", (BIGINT,)), *integers)
    return date_sequence(arguments)


def width_bucket(translator: Translator, node: exp.Expr) -> exp.Expr:
    """Which of n equal parts, or how many of an array's bounds are not above it."""
    arguments = _visited(translator, node)
    if len(arguments) == 3:
        raise untranslated("width_bucket with 3 arguments")
    if len(arguments) == 4:
        *bounds, count = arguments
        doubles = [_double(part, "width_bucket") for part in bounds]
        return call("athena_width_bucket", BIGINT, *doubles, widened(count, BIGINT))
    value, bounds_array = arguments
    kind = type_of(bounds_array)
    if kind.name != "array" or kind.arguments[0].name not in NUMBERS:
        raise untranslated(f"width_bucket in {kind}")
    return call("athena_bucket", BIGINT, _double(value, "width_bucket"), bounds_array)


def _double(node: exp.Expr, what: str) -> exp.Expr:
    if type_of(node).name not in NUMBERS:
        raise untranslated(f"{type_of(node)} in {what}")
    return widened(node, DOUBLE) if type_of(node) == DOUBLE else plain_cast(node, DOUBLE)


def repeat(translator: Translator, node: exp.Expr) -> exp.Expr:
    """An array of one value n times. DuckDB's repeat lengthens a string or a list."""
    value, count = _visited(translator, node)
    index = exp.Identifier(this="athena_repeat", quoted=True)
    positions = call("generate_series", BIGINT, number(1), count)
    kind = AthenaType("array", (type_of(value),))
    return call("list_transform", kind, positions, exp.Lambda(this=value, expressions=[index]))


def grouping(translator: Translator, node: exp.Expr) -> exp.Expr:
    """Which columns a grouping set left out, as bits: an integer up to 31 columns."""
    kind = INTEGER if len(node.expressions) < 32 else BIGINT
    return plain_cast(call("grouping", BIGINT, *_visited(translator, node)), kind)


def map_of(translator: Translator, node: exp.Expr) -> exp.Expr:
    """map(keys, values)."""
    arguments = _visited(translator, node)
    if not arguments:
        empty = typed(exp.Array(expressions=[]), AthenaType("array", (UNKNOWN,)))
        none = [plain_cast(empty.copy(), type_of(empty)) for _ in range(2)]
        return call("map", AthenaType("map", (UNKNOWN, UNKNOWN)), *none)
    kinds = [type_of(argument) for argument in arguments]
    if [kind.name for kind in kinds] != ["array", "array"]:
        raise untranslated("map of anything but two arrays")
    kind = AthenaType("map", tuple(part.arguments[0] for part in kinds))
    return call("map", kind, *arguments)


def row(translator: Translator, node: exp.Expr) -> exp.Expr:
    """ROW(a, b): the same as (a, b)."""
    return unnamed_row(_visited(translator, node))


def array_join(translator: Translator, node: exp.Expr) -> exp.Expr:
    """The elements as CAST writes them, with a mark between them; nulls left out or replaced."""
    array, *others = _visited(translator, node)
    kind = type_of(array)
    if kind.name != "array" or any(type_of(one).name not in _STRINGS for one in others):
        raise untranslated(f"array_join of {kind}")
    if kind.arguments[0].name in NESTED:
        raise not_in_athena(f"{kind} in array_join")
    if kind.arguments[0].name not in _STRINGS:
        array = convert(array, AthenaType("array", (VARCHAR,)))
    return call("athena_array_join", COMPUTED, array, *others)


def truncate(translator: Translator, node: exp.Expr) -> exp.Expr:
    """Towards zero; a decimal also to n places, and its type stays."""
    if len(node.expressions) == 1:
        return _rounding("trunc", whole_numbers=False)(translator, node)
    value, places = _visited(translator, node)
    kind, scale = type_of(value), places.unnest()
    digits = scale.this if isinstance(scale, exp.Neg) else scale
    if kind.name != "decimal" or not (isinstance(digits, exp.Literal) and digits.name.isdigit()):
        raise untranslated(f"truncate of {kind} to {places.sql(dialect='trino')} places")
    if scale is digits and int(digits.name) >= kind.arguments[1]:
        return paren(value)
    return plain_cast(call("trunc", kind, value, places), kind)


def random(translator: Translator, node: exp.Expr) -> exp.Expr:
    """Between 0 and 1; or a whole number below a bound, from another one or from 0 on."""
    if not node.expressions:
        return call("random", DOUBLE)
    bounds, kind = together(_visited(translator, node), "random")
    if kind.name not in INTEGERS:
        raise not_in_athena(f"random({kind})")
    first, last = bounds if len(bounds) == 2 else (number(0), bounds[0])
    return plain_cast(call("athena_random", BIGINT, first, last), kind)


def codepoint(translator: Translator, node: exp.Expr) -> exp.Expr:
    """The number of a character; Athena takes a varchar(1) only."""
    (character,) = _visited(translator, node)
    if type_of(character) != AthenaType("varchar", (1,)):
        raise untranslated(f"codepoint({type_of(character)})")
    return call("unicode", INTEGER, character)


SPECIAL_FUNCTIONS: dict[str, SpecialFunction] = {
    **TIME_FUNCTIONS,
    **REGEX_FUNCTIONS,
    **FORMAT_FUNCTIONS,
    "ceil": SpecialFunction(_rounding("ceil", whole_numbers=True), 1),
    "ceiling": SpecialFunction(_rounding("ceil", whole_numbers=True), 1),
    "floor": SpecialFunction(_rounding("floor", whole_numbers=True), 1),
    "round": SpecialFunction(_rounding("round", whole_numbers=True), 1, 2),
    "truncate": SpecialFunction(truncate, 1, 2),
    "sign": SpecialFunction(_rounding("sign", whole_numbers=True), 1),
    "mod": SpecialFunction(mod, 2),
    "greatest": SpecialFunction(_extreme("greatest"), 1, ANY_NUMBER),
    "least": SpecialFunction(_extreme("least"), 1, ANY_NUMBER),
    "coalesce": SpecialFunction(coalesce, 2, ANY_NUMBER),
    "nullif": SpecialFunction(nullif, 2),
    "if": SpecialFunction(if_function, 2, 3),
    "try": SpecialFunction(try_function, 1),
    "typeof": SpecialFunction(typeof, 1),
    "concat": SpecialFunction(concat, 2, ANY_NUMBER),
    "reduce": SpecialFunction(reduce, 4),
    "sequence": SpecialFunction(sequence, 2, 3),
    "width_bucket": SpecialFunction(width_bucket, 2, 4),
    "repeat": SpecialFunction(repeat, 2),
    "grouping": SpecialFunction(grouping, 1, ANY_NUMBER),
    "map": SpecialFunction(map_of, 0, 2),
    "row": SpecialFunction(row, 1, ANY_NUMBER),
    "array_join": SpecialFunction(array_join, 2, 3),
    "random": SpecialFunction(random, 0, 2),
    "rand": SpecialFunction(random, 0, 2),
    "codepoint": SpecialFunction(codepoint, 1),
}
