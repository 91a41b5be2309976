"""Folds: ``reduce`` over an array, ``reduce_agg`` over rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from athena_sql.nodes import Translator, call, plain_cast, type_of, untranslated
from athena_sql.types import common_type

if TYPE_CHECKING:
    from sqlglot import exp


def fold(translator: Translator, array: exp.Expr, start: exp.Expr, step_node: exp.Expr) -> exp.Expr:
    """The state after all elements of an array, each taken in by (state, x) -> state."""
    element = type_of(array).arguments[0]
    state = type_of(start)
    step = translator.visit_lambda(step_node, [state, element])
    wider = common_type(state, type_of(step))
    if wider is not None and wider != state:
        state = wider
        step = translator.visit_lambda(step_node, [state, element])
    if common_type(state, type_of(step)) != state:
        raise untranslated(f"reduce from {state} to {type_of(step)}", hint="Cast the start.")
    step.set("this", plain_cast(step.this, state))
    return call("list_reduce", state, array, step, plain_cast(start, state))
