"""Athena SQL on DuckDB: one statement in, the DuckDB statement with the same answer out.

How a statement goes through:

1. ``parse`` tells what kind it is (``statements``). SHOW and DESCRIBE are small values that
   the caller answers from its catalog; what is neither a query nor a view is refused.
2. ``translate`` walks the query from the inside out. Each SELECT gets a scope from its FROM
   (``relations``, ``names``), then every expression in it is rebuilt for DuckDB
   (``expressions``), with its Athena type on it (``types``): the type decides what
   ``/`` means, or whether two things may be compared at all.
3. A construct is rebuilt only by a rewrite that knows it: operators (``operators``, ``moments``,
   ``comparisons``), casts (``casts``), functions of one line (``functions``, with ``makers``)
   and of more (``special``, ``times``, ``zoned_times``, ``formats``, ``regex``), aggregates
   (``aggregates``). What no rewrite knows is refused with its name (``refusals``), and so is
   whatever the rewrite of a node does not read (``guard``). Nothing gets through by looking alike.
4. DuckDB runs the result on a connection that has run ``SESSION_SETTINGS``: the settings and all
   macros that a translated text may call (``macros``). Or it has run ``SETTINGS`` alone, and runs
   ``macros_in([sql])`` before each.

What Athena refuses is mostly refused too, but not all of it: DuckDB is more generous with GROUP BY.

Known to differ, because the rewrite would cost more than it gives: the last digits of sums and
logarithms of doubles, approximations, which row ``arbitrary`` takes and ``max_by`` among equals,
and the order in which AND evaluates its sides (``b <> 0 AND a / b > 1`` may fail where Athena
happens not to; write a CASE or ``try``).
"""

from athena_sql.errors import AthenaSQLError, InvalidSQL, UnsupportedSQL
from athena_sql.macros import SESSION_SETTINGS, SETTINGS, macros_in
from athena_sql.schema import Catalog, Described, Schema
from athena_sql.statements import CreateView, Query, Show, Statement, parse
from athena_sql.translation import Translation, table_references, translate
from athena_sql.types import athena_type

__all__ = [
    "SESSION_SETTINGS",
    "SETTINGS",
    "AthenaSQLError",
    "Catalog",
    "CreateView",
    "Described",
    "InvalidSQL",
    "Query",
    "Schema",
    "Show",
    "Statement",
    "Translation",
    "UnsupportedSQL",
    "athena_type",
    "macros_in",
    "parse",
    "table_references",
    "translate",
]
