"""The series that people mean when they name none: data for the ranking of `lake find`.

``HEADLINES`` are the single series that BLS itself puts first. ``USUAL`` says, by the form of the
series id, which of a survey's many variants people mean when they do not say: all employees before
women employees, the change from the previous quarter before the index.

Source: BLS, "Popular series" of its public API (api.bls.gov/publicAPI/v2/timeseries/popular) and
the "Top Picks" of each survey (data.bls.gov/cgi-bin/surveymost), as programs in public repositories
quote them, read on 2026-11-27; the formats of series ids: bls.gov/help/hlpforma.htm, and the
surveys' own `<survey>.txt`.
"""

from __future__ import annotations

_FIRST, _SECOND, _THIRD = 60, 45, 30

HEADLINES: dict[str, int] = {
    # Labor force (ln).
    "LNS14000000": _FIRST,  # unemployment rate
    "LNS11300000": _FIRST,  # participation rate
    "LNS12300000": _FIRST,  # employment-population ratio
    "LNS11000000": _SECOND,  # civilian labor force
    "LNS12000000": _SECOND,  # employment level
    "LNS13000000": _SECOND,  # unemployment level
    "LNS13327709": _FIRST,  # U-6
    "LNS13008636": _THIRD,  # unemployed 27 weeks and longer
    "LNS13008275": _THIRD,  # average weeks unemployed
    "LNS12032194": _THIRD,  # part time for economic reasons
    # Payrolls (ce).
    "CES0000000001": _FIRST,  # all employees, total nonfarm
    "CES0500000003": _FIRST,  # average hourly earnings, total private
    "CES0500000002": _FIRST,  # average weekly hours, total private
    "CES0500000011": _SECOND,  # average weekly earnings, total private
    "CES0500000001": _THIRD,  # all employees, total private
    "CES0500000008": _THIRD,  # hourly earnings, production and nonsupervisory
    "CES0500000007": _THIRD,  # weekly hours, production and nonsupervisory
    "CES3000000001": _THIRD,  # manufacturing
    "CES0500000013": _THIRD,  # real average hourly earnings
    # Consumer prices (cu, cw, su).
    "CUSR0000SA0": _FIRST,
    "CUUR0000SA0": _SECOND,
    "CUSR0000SA0L1E": _SECOND,  # core: less food and energy
    "CUUR0000SA0L1E": _THIRD,
    "CWUR0000SA0": _SECOND,  # what Social Security is adjusted by
    "CWSR0000SA0": _THIRD,
    "SUUR0000SA0": _SECOND,
    # Average prices (ap).
    "APU000074714": _FIRST,  # gasoline, unleaded regular
    "APU0000708111": _SECOND,  # eggs
    "APU0000709112": _SECOND,  # milk
    "APU0000702111": _SECOND,  # bread
    "APU0000703112": _SECOND,  # ground beef
    "APU000072610": _SECOND,  # electricity, per kWh
    "APU000072620": _THIRD,  # utility gas, per therm
    "APU000072511": _THIRD,  # fuel oil
    "APU0000717311": _THIRD,  # coffee
    "APU0000711211": _THIRD,  # bananas
    "APU0000706111": _THIRD,  # chicken
    # Producer prices (wp).
    "WPSFD4": _FIRST,  # final demand
    "WPUFD4": _SECOND,
    "WPSFD49104": _SECOND,  # less foods and energy
    "WPSFD49116": _THIRD,  # less foods, energy and trade services
    "WPUFD49207": _THIRD,  # finished goods
    "WPU00000000": _THIRD,  # all commodities
    # Import and export prices (ei).
    "EIUIR": _FIRST,
    "EIUIQ": _FIRST,
    # Job openings (jt).
    "JTS000000000000000JOL": _FIRST,
    "JTS000000000000000HIL": _SECOND,
    "JTS000000000000000QUL": _SECOND,
    "JTS000000000000000QUR": _THIRD,
    "JTS000000000000000JOR": _THIRD,
    "JTS000000000000000LDL": _SECOND,
    "JTS000000000000000TSL": _SECOND,
    # Productivity and costs (pr, mp).
    "PRS85006092": _FIRST,  # output per hour
    "PRS85006112": _FIRST,  # unit labor costs
    "PRS85006152": _SECOND,  # real hourly compensation
    "PRS85006102": _SECOND,  # hourly compensation
    "MPU4910012": _SECOND,  # total factor productivity
    # Employment costs (ci, cm).
    "CIU1010000000000A": _FIRST,  # total compensation, civilian
    "CIU2010000000000A": _SECOND,  # total compensation, private industry
    "CIU2020000000000A": _SECOND,  # wages and salaries, private industry
    "CMU1010000000000D": _SECOND,
    # Weekly earnings and unions (le, lu).
    "LES1252881500": _SECOND,
    "LUU0204899600": _SECOND,
    # Business dynamics (bd): gross job gains and losses, total private.
    "BDS0000000000000000110001LQ5": _SECOND,
    "BDS0000000000000000110004LQ5": _SECOND,
}

USUAL: dict[str, tuple[tuple[str, int], ...]] = {
    "ap": (("AP.....74714", 20),),
    "bd": (("BD.0{16}.*L", 20), ("BD.*LQ5$", 10)),
    "ce": (("CE.[0-9]{8}01", 25), ("CE.[0-9]{8}03", 20), ("CE.[0-9]{8}(02|11)", 15)),
    "ci": (("CI.[0-9]{13}A", 20), ("CI.[0-9]{13}I", 10), ("CI.[12]0", 5)),
    "cm": (("CM.[12]0.*D", 15),),
    # All items; then monthly, base of 1982-84; CPI-U before CPI-W.
    "cu": (("CU.R....SA0$", 45), ("CU.R", 25), ("CU", 10)),
    "cw": (("CW.R....SA0$", 40), ("CW.R", 20)),
    "cx": (("CX.*LB0101M", 30),),  # all consumer units
    "ei": (("EIUI[RQ]", 20),),
    "ip": (("IP.*L00", 15),),  # labor productivity
    "is": (("IS.0{3}", 5),),
    "jt": (("JT.0{15}..L", 28), ("JT.0{15}", 20), ("JT.*L$", 8)),  # whole country; levels
    "la": (("LA.ST.*03", 30), ("LA.*03", 20), ("LA.ST", 10)),  # states; unemployment rate
    "le": (("LE.02528815", 20),),
    "ln": (("LN.14", 20), ("LN.1[123]", 15), ("LN.0[1234]", 10)),
    "pc": (("PCU([^-]*)-*[0-9]*$", 5),),
    "pr": (("PR.....6..2", 20), ("PR.....6..1", 10), ("PR.8500", 10)),
    # Total nonfarm; whole states; all employees before their hours and earnings.
    "sm": (
        ("SM...0{13}01", 45),
        ("SM.[0-9]{7}0{8}01", 40),
        ("SM...0{5}.*01", 30),
        ("SM.*01", 20),
        ("SM.*(02|03)", 10),
    ),
    "su": (("SU.R....SA0$", 35), ("SU.R", 15)),
    "wp": (("WP.FD", 15),),
}
"""By survey: patterns that a series id begins with, and their points; the first that fits counts.

Points are small beside those of a word that is met: they decide among equals.
"""
