"""The guard in front of every rewrite: what a rewrite does not read, it must not lose.

sqlglot puts what a query says into the arguments of nodes, and a new version may put something new
there: since version 30 ``x NOT LIKE y`` is a ``Like`` with ``negate=True``. A rewrite that builds
its DuckDB node from the arguments it knows answers such a query as if the rest had not been
written. So each rewrite declares by ``reads`` which nodes it takes and which of their arguments it
reads, and two checks refuse everything else, in a sentence that names it:

- before a rewrite runs, any other argument that is set, False included;
- after a statement is translated, any node of it that no rewrite has read (``refuse_unread``).

A rewrite without a declaration fails both: its node counts as unread.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, TypeVar, cast

from sqlglot import exp

from athena_sql.marks import note_place
from athena_sql.refusals import refusal, unread_part

if TYPE_CHECKING:
    from collections.abc import Iterator

_Rewrite = TypeVar("_Rewrite", bound=Callable[..., Any])
_READ = "read_by_a_rewrite"


@dataclass(frozen=True)
class Declaration:
    """What one rewrite reads of one kind of node.

    Attributes:
        rewrite: the guarded function.
        kind: the class of the node.
        arguments: those that it reads.
        fixed: arguments that sqlglot always sets to one value for Athena's grammar; with that value
            they say nothing, with another they count as set.
    """

    rewrite: Callable[..., Any]
    kind: type[exp.Expr]
    arguments: frozenset[str]
    fixed: dict[str, bool]

    def unread(self, node: exp.Expr) -> Iterator[str]:
        """The arguments of a node that are set, and that the rewrite would lose."""
        for key, value in node.args.items():
            said = value is not None and value != []
            if said and key not in self.arguments and self.fixed.get(key) is not value:
                yield key


# Read by whoever reads the node around them; they have no meaning of their own to lose.
_LEAVES: dict[type[exp.Expr], frozenset[str]] = {
    exp.Identifier: frozenset(("this", "quoted")),
    exp.Var: frozenset(("this",)),
    exp.Literal: frozenset(("this", "is_string")),
}

DECLARATIONS: list[Declaration] = []


def reads(
    kinds: type[exp.Expr] | tuple[type[exp.Expr], ...], *arguments: str, **fixed: bool
) -> Callable[[_Rewrite], _Rewrite]:
    """Declares what a rewrite reads of the first node it is given. Declarations may be stacked.

    Args:
        kinds: the classes of nodes that it takes.
        arguments: the arguments that it reads of them.
        fixed: as in ``Declaration``.
    """

    def declare(function: _Rewrite) -> _Rewrite:
        guarded = function if hasattr(function, "declared") else _guard(function)
        for kind in kinds if isinstance(kinds, tuple) else (kinds,):
            declaration = Declaration(guarded, kind, frozenset(arguments), dict(fixed))
            cast("Any", guarded).declared[kind] = declaration
            DECLARATIONS.append(declaration)
        return guarded

    return declare


def _guard(function: _Rewrite) -> _Rewrite:
    """The function, behind the check of the first node that it is given."""
    declared: dict[type[exp.Expr], Declaration] = {}

    @functools.wraps(function)
    def guarded(*given: Any, **named: Any) -> Any:
        node = next(part for part in given if isinstance(part, exp.Expr))
        _take(node, declared)
        return function(*given, **named)

    cast("Any", guarded).declared = declared
    return cast("_Rewrite", guarded)


def _take(node: exp.Expr, declared: dict[type[exp.Expr], Declaration]) -> None:
    """Marks a node as read, unless it carries what the rewrite does not read.

    Raises:
        UnsupportedSQL: it does, or the rewrite does not take such nodes.
    """
    if type(node) not in declared:
        raise refusal(node)
    for key in declared[type(node)].unread(node):
        error, part = unread_part(node, key), node.args[key]
        note_place(error, part if isinstance(part, exp.Expr) else node)
        raise error
    node.meta[_READ] = True


def refuse_unread(tree: exp.Expr) -> None:
    """Refuses a translated statement of which some part was read by nobody.

    Args:
        tree: the statement as it was parsed.

    Raises:
        UnsupportedSQL: with the part that would be lost.
    """
    for node in tree.walk():
        if node.meta.get(_READ):
            continue
        known = _LEAVES.get(type(node))
        if known is None:
            error = refusal(node)
            note_place(error, node)
            raise error
        for key, value in node.args.items():
            if value is not None and key not in known:
                raise unread_part(node, key)
