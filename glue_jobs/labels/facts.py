"""What must be known of BLS's words and cannot be read off a file: rows of data, not branches.

Sources: headers of BLS's mapping files and catalogues of series that were published with them,
November 2025 and September 2026; docs/labels.md names them where a row is not obvious.
"""

from __future__ import annotations

STEMS = {
    ("ep", "occupation"): "occ",
    ("ep", "industry"): "ind",
    ("ep", "display"): "disp",
    ("la", "state_region_division"): "srd",
}
"""What a mapping file's own code is called, where its name says otherwise: by survey and file."""

SAME_NAMES = {"seasonal": "seasonalcode"}
"""A series file's column that a mapping file calls otherwise, both without blanks and signs."""

TEXT_ENDINGS = ("text", "name", "title", "desc", "description")
"""How the name of a mapping file's column with the words ends, the likeliest first."""

SEASONAL_WORDS = {"S": "Seasonally Adjusted", "U": "Not Seasonally Adjusted"}
"""Of surveys without a file that says it, or with one that calls its code otherwise (ce, 2013)."""

UNIT_COLUMNS = ("unit_text", "unit_name", "base_period", "tdata_text", "tdat_text")
"""Columns that say the unit in whichever survey, the one that says most first."""

OWN_UNIT_COLUMNS = dict.fromkeys(("ip", "mp", "pr"), "duration_text")
"""By survey, columns that say the unit there alone: `duration` is one of unemployment in ln."""

GIANTS = ("ch", "cs", "fw", "oe")
"""Surveys with millions of series, most of them alike: an index of `cs` alone would take as long as
its tables. They are searched only when they are named, in the table of labels."""

NO_WORDS = frozenset({"", "N/A", "n/a", "NA", "Not applicable", "Not Applicable"})
"""What BLS writes in place of words."""

MEASURE, SUBJECT, PARENT = "measure", "subject", "parent"
WHO, PLACE, FORM, TECHNICAL = "who", "place", "form", "technical"

ALWAYS = frozenset({MEASURE, SUBJECT})
"""What a title never leaves out, also where the code has zeros alone: that is no default in cc."""

_RANKS = {
    PARENT: "economicgroup 9, group 19, subcategory 19, supersector 23, division 23, occugroup 25,"
    " demographics 29, area_type 71, srd 71",
    MEASURE: "measure 10, data_element 10, data_type 10, economic_series 10, lfst 10, stat_type 10,"
    " statistic 10, characteristic 10, data_class 10, estimate 11, earn 12, index 10",
    SUBJECT: "category 18, category2 19, series 20, benefit 20, requirement 20, provision 20,"
    " item 20, act_code 20, case_type 21, case 21, product 22, nature 22, pob 23, industry 24,"
    " industry_occ 24, indy 24, ind 24, sector 24, source 24, event 25, occupation 26, occ 26",
    WHO: "class 30, owner 30, ownership 30, own 30, characteristics 30, subcell 31, level 32,"
    " size 33, size_class 33, sexs 40, sex 40, gender 40, ages 41, age 41, race 42, orig 43,"
    " born 44, education 45, educ 45, mari 46, maritlstat 46, chld 47, vets 48, disa 49",
    FORM: "tdat 60, tdata 60, fdat 60, costfactor 60, pcts 61, rate_level 62, duration 63,"
    " seasonal 80, periodicity 81, base 82",
    PLACE: "country 70, region 71, state 72, fips 72, msa 73, area 74, county 75",
    TECHNICAL: "datays 95, unit_analysis 95, process 96, type 97, industry_base 98, display 98,"
    " disp 98, rank 98, footnote 99",
}

OTHER_RANK = 50
"""Of a code whose role nobody has written down, which counts as who."""


def has_words(column: str) -> bool:
    """Whether a column holds words, as far as its name tells."""
    return column.rpartition("_")[2] in TEXT_ENDINGS


def seasonal_code(text: str | None) -> str:
    """S or U, by BLS's words, which differ from survey to survey; empty for none."""
    if not text:
        return ""
    return "U" if text[:3].lower() in ("not", "una") else "S"


def squeeze(name: str) -> str:
    """A name without what BLS writes now so and now so: case, blanks and underscores."""
    return name.lower().replace("_", "").replace(" ", "")


ROLES = {
    squeeze(entry.rpartition(" ")[0]): (role, int(entry.rpartition(" ")[2]))
    for role, entries in _RANKS.items()
    for entry in entries.split(", ")
}
"""What a code is in a title, and where it stands there: by its name, squeezed."""
