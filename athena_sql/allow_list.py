"""Every function of Athena that is translated, and how: the table to look into first.

A function that is not here is refused by name. What Athena writes with words between its arguments
(CAST, EXTRACT, TRIM, POSITION, SUBSTRING) is no call, and is found under its node in
``expressions``.
"""

from __future__ import annotations

from enum import Enum

from athena_sql.aggregates import AGGREGATES, WINDOW_FUNCTIONS
from athena_sql.functions import FUNCTIONS
from athena_sql.special import SPECIAL_FUNCTIONS


class How(Enum):
    """What translates a function."""

    SIGNATURE = "functions: one signature, one DuckDB function or macro"
    REWRITE = "special, times, formats, regex: code of its own: types or arguments need more"
    AGGREGATE = "aggregates: with FILTER, OVER and ORDER BY"


FUNCTIONS_BY_NAME: dict[str, How] = {
    **dict.fromkeys(FUNCTIONS, How.SIGNATURE),
    **dict.fromkeys(SPECIAL_FUNCTIONS, How.REWRITE),
    **dict.fromkeys((*AGGREGATES, *WINDOW_FUNCTIONS), How.AGGREGATE),
}
