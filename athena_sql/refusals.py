"""What is refused by name, and what to write instead.

Anything that no rewrite knows is refused anyway; these are the constructs that people do write,
each with a sentence of its own.
"""

from __future__ import annotations

from sqlglot import exp

from athena_sql.errors import AthenaSQLError, InvalidSQL, UnsupportedSQL

# What Athena's grammar does not have either.
_FOREIGN_NODES: dict[type[exp.Expr], tuple[str, str]] = {
    exp.ILike: ("Athena has no ILIKE.", "Write lower(x) LIKE lower(y)."),
    exp.RegexpLike: ("Athena has no operator ~.", "Write regexp_like(x, pattern)."),
    exp.RegexpILike: ("Athena has no operator ~*.", "Write regexp_like(x, '(?i)pattern')."),
    exp.SimilarTo: ("Athena has no SIMILAR TO.", "Write regexp_like(x, pattern)."),
    exp.JSONExtract: ("Athena has no operator ->.", "Write json_extract_scalar(x, '$.name')."),
    exp.JSONExtractScalar: ("Athena has no operator ->>.", "Write json_extract_scalar(x, path)."),
    exp.Comprehension: ("Athena has no list comprehension.", "Write transform(array, x -> ...)."),
    exp.Slice: ("Athena has no slice in [a:b].", "Write slice(array, start, length)."),
    exp.Pow: ("Athena has no operator **.", "Write power(x, y)."),
    exp.IntDiv: ("Athena has no operator //.", "Write /: it divides integers to an integer."),
    exp.Star: ("Athena does not accept * here.", ""),
    exp.BitwiseAnd: ("Athena has no operator &.", "Write bitwise_and(x, y)."),
    exp.BitwiseOr: ("Athena has no operator |.", "Write bitwise_or(x, y)."),
}
_REFUSED_NODES: dict[type[exp.Expr], tuple[str, str]] = {
    exp.UnicodeString: ("The local engine does not translate U&'...'.", "Write the letters."),
    exp.AtIndex: ("The local engine does not translate WITH ORDINALITY here.", ""),
    exp.Lambda: ("The local engine does not translate a lambda here.", ""),
    exp.CurrentCatalog: ("The local engine does not translate current_catalog.", ""),
    exp.CurrentUser: ("The local engine has no users.", ""),
    exp.JSONTable: ("The local engine does not translate JSON_TABLE.", ""),
    exp.ParseJSON: ("The local engine does not translate values of type json.", ""),
}

_CLAUSES = {
    "qualify": ("QUALIFY", "Filter on the window function in an outer query."),
    "sample": ("TABLESAMPLE", "Its rows are chosen at random; use WHERE or LIMIT."),
    "pivots": ("PIVOT", "Write sum(x) FILTER (WHERE ...), or a CASE."),
    "except_": ("* EXCEPT or EXCLUDE", "Name the columns."),
    "replace": ("* REPLACE", "Name the columns."),
    "rename": ("* RENAME", "Name the columns."),
    "version": ("FOR TIMESTAMP or VERSION AS OF", "Filter on the release the table names."),
    "on": ("DISTINCT ON", "Use max_by, or row_number() in an inner query."),
    "all": ("GROUP BY ALL", "Name the columns."),
    "match_condition": ("ASOF JOIN", ""),
    "match": ("MATCH_RECOGNIZE", ""),
    "laterals": ("LATERAL VIEW", "Write CROSS JOIN UNNEST(...)."),
    "with_ties": ("FETCH FIRST ... WITH TIES", "Use rank() in an inner query."),
    "percent": ("FETCH or LIMIT by PERCENT", "Use ntile(100) in an inner query."),
    "limit_options": ("FETCH or LIMIT by PERCENT", "Use ntile(100) in an inner query."),
    "into": ("SELECT INTO", ""),
    "symmetric": ("BETWEEN SYMMETRIC", ""),
    "recursive": ("WITH RECURSIVE", "Athena stops after ten steps."),
    "by_name": ("set operations BY NAME or CORRESPONDING", "Name the columns in one order."),
    "exclude": ("EXCLUDE", "Name the columns."),
    "hint": ("hints", "Leave them out."),
    "locks": ("FOR UPDATE", ""),
}

# DuckDB's own, and Athena's that stay out on purpose.
_FUNCTION_HINTS = {
    **dict.fromkeys(
        ("read_csv", "read_csv_auto", "read_parquet", "read_json", "read_text", "glob", "getenv"),
        "A query reads tables and views only, here as in Athena.",
    ),
    "json_extract": "Write json_extract_scalar(x, '$.name').",
    "percentile_cont": "Athena has approx_percentile(x, p).",
    "median": "Athena has approx_percentile(x, 0.5).",
    "string_agg": "Athena has listagg(x, sep) WITHIN GROUP (ORDER BY y).",
    "group_concat": "Athena has listagg(x, sep) WITHIN GROUP (ORDER BY y).",
    "ifnull": "Write coalesce(x, y).",
    "nvl": "Write coalesce(x, y).",
    "len": "Write length(x) or cardinality(x).",
    "strftime": "Write date_format(x, '%Y-%m-%d').",
    "to_date": "Write CAST(x AS date) or date_parse(x, '%Y-%m-%d').",
}


def refusal(node: exp.Expr) -> AthenaSQLError:
    """The error for a node that no rewrite knows."""
    if type(node) in _FOREIGN_NODES:
        sentence, hint = _FOREIGN_NODES[type(node)]
        return InvalidSQL(sentence, hint=hint)
    sentence, hint = _REFUSED_NODES.get(type(node), ("", ""))
    if not sentence:
        shown = node.sql(dialect="trino")
        sentence = f"The local engine does not translate {node.key.upper()}: {shown[:80]}"
    return UnsupportedSQL(sentence, hint=hint)


def unknown_function(name: str, kinds: str, *, known: bool) -> UnsupportedSQL:
    """The error for a function that is not on the allow list, or not with these arguments."""
    if known:
        return UnsupportedSQL(
            f"The local engine knows {name}, but not with the arguments ({kinds}).",
            hint="Cast the arguments to what Athena's documentation names, or run it in Athena.",
        )
    return UnsupportedSQL(
        f"The local engine does not know whether {name} means here what it means in Athena.",
        hint=_FUNCTION_HINTS.get(name, "Run the query in Athena, or write it without."),
    )


def unread_part(node: exp.Expr, key: str) -> UnsupportedSQL:
    """The error for an argument of a node that its rewrite would lose."""
    clause, hint = _CLAUSES.get(key, ("", ""))
    if not clause:
        clause = f"{key.upper().strip('_')} in {node.key.upper()}"
    return UnsupportedSQL(f"The local engine does not translate {clause}.", hint=hint)
