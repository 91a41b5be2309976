"""Writes what `docs/` has of the code: tables, settings, imports, breakages; or compares it."""

from __future__ import annotations

import re
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import athena_sql
from glue_jobs.reports.files import printed_names
from glue_jobs.settings import SETTINGS, Settings
from glue_jobs.sources.population import tables as population
from glue_jobs.sql_files import header_lines, inputs, sql_files
from glue_jobs.tables import schemas
from glue_jobs.tables.columns import TableColumn
from glue_jobs.tables.header import read_header
from glue_jobs.views import views_over
from labor_lake.sample import excerpt
from tests.breakages.breakage import load_breakages
from tools import graph, labels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from glue_jobs.settings import Setting

Columns = tuple[TableColumn, ...]

_FOLDER = Path(__file__).parents[1] / "docs"
_TABLES = """\
# Tables, views and reports

Written by `make docs` from `glue_jobs/tables/schemas.py` and `sql/`; do not edit.

- [Tables](#tables): every BLS file is a table named after it, and so is the population.
- [Views](#views): the tables joined and summed up, to be queried like tables.
- [Reports](#reports): what `lake reports` prints and `reports/` holds.

## Tables

The survey `pr` stands for all: the mapping tables of another survey have the columns of its own
files, typed by the same rules. Partition keys are bold. A column without an explanation is one that
nobody has explained yet.
"""
_VIEWS = """\
## Views

Each is a file in `sql/views/`, or made of one in `sql/templates/` for every survey; its header is
shown here. `lake sql NAME` prints the statement. They read `pr` and the population. Types
are named as in a query, where a table's `string` is a `varchar`.
"""
_REPORTS = """\
## Reports

Each is a file in `sql/reports/` and becomes `reports/latest/<name>.csv` and `.parquet`.
"""
_SETTINGS = """\
# Settings

Written by `make docs` from `glue_jobs/settings.py`; do not edit.

Every setting can be given in three places: a flag wins over an environment variable, that over
`lake.toml` in the current directory, that over the default. `lake config` shows what each setting
is and where it came from.

The jobs on AWS take the same flags, with dashes or with underscores (`--bls-url`, `--bls_url`).
A `lake.toml` cannot name a command for `on_release`: a folder that somebody has sent would start
it.

`lake demo` reads no `lake.toml`, and of the environment only `AWS_REGION` and `LAKE_LOG_FORMAT`:
what it writes into, only its flags say.
"""
_BREAKAGES = """\
# What is broken on purpose, and who must notice

Written by `make docs` from `tests/breakages/`; do not edit.

A test that cannot fail proves nothing. Each line below is a piece of code that `make breakages`
replaces by a wrong one in a copy of the project, and the tests of which one must fail then. CI does
so with each 60th; a test checks that the code that an entry replaces still stands where it says.
"""
LAKE_TOML = """\
lake = "./lake"                # or "s3://bucket/prefix"
contact = "you@example.com"    # BLS requires it; better set LAKE_CONTACT if others read this file
surveys = ["pr"]
datasets = ["acs1", "acs5"]
requests_per_second = 2
allow_shrink = false
log_format = "text"
"""
"""The example of a `lake.toml` in the docs."""


def tables_page() -> str:
    """Every table of the survey `pr` and the population, every view, and every report."""
    tables = dict(_described_tables())
    sections = [_TABLES, *(_section(name, "", columns) for name, columns in tables.items())]
    known = dict(tables)
    sections.append(_VIEWS)
    names = {table: [column.name for column in columns] for table, columns in tables.items()}
    for name, sql in views_over(names).items():
        known[name] = _answered(sql, known)
        sections.append(_section(name, _prose(sql), known[name]))
    sections.append(_REPORTS)
    for name, sql in sql_files("reports").items():
        columns = _answered(sql, known)
        printed = printed_names([column.name for column in columns])
        shown = tuple(column for column in columns if column.name in printed)
        sections.append(_section(f"Report {name}", _prose(sql), shown))
    return "\n".join(sections)


def settings_page() -> str:
    """Every setting: how it is given, its default, and what it means; and a `lake.toml`."""
    header = ("in `lake.toml`", "flag", "environment variable", "default", "")
    rows = [
        (f"`{one.name}`", f"`{_flag(one)}`", f"`{one.variable}`", _default(one), _meaning(one))
        for one in SETTINGS
    ]
    example = f"A `lake.toml`:\n\n```toml\n{LAKE_TOML}```\n"
    return "\n".join([_SETTINGS, _table(header, rows), "", example])


def breakages_page() -> str:
    """Of each area what is broken; of all what no test can notice."""
    made = load_breakages()
    areas = dict.fromkeys(one.area for one in made)
    counts = [(area, str(sum(one.area == area for one in made))) for area in areas]
    survivors = [(one.broken, one.survives) for one in made if one.survives]
    parts = [
        _BREAKAGES,
        _table(("area", "breakages"), [*counts, ("all", str(len(made)))]),
        "\n## What survives\n",
        _table(("broken", "why nobody can notice"), survivors),
    ]
    for area in areas:
        rows = [(one.broken, f"`{one.nearest}`") for one in made if one.area == area]
        parts += [f"\n## {area.capitalize()}\n", _table(("broken", "tests"), rows)]
    return "\n".join(parts) + "\n"


PAGES: Mapping[str, Callable[[], str]] = {
    "tables.md": tables_page,
    "settings.md": settings_page,
    "breakages.md": breakages_page,
    **{f"imports-{one}.svg": partial(graph.draw, one) for one in graph.PACKAGES},
}


_PARTITIONS = {
    "pr_data": (schemas.DATA_FILE,),
    "pr_revisions": schemas.REVISIONS_KEYS,
    "population": (population.DATASET,),
}


def _described_tables() -> Iterable[tuple[str, Columns]]:
    yield "pr_data", (*schemas.describe_columns(schemas.DATA_COLUMNS), schemas.DATA_FILE)
    for name, (body, _) in excerpt.files().items():
        header = read_header(name, body)
        if header and not header.is_of_observations:
            yield name.replace(".", "_"), schemas.describe_columns(schemas.columns_of(header.names))
    yield "pr_labels", labels.columns_of_sample()
    yield "pr_releases", schemas.RELEASES
    yield "pr_sources", schemas.SOURCES
    yield "pr_revisions", (*schemas.REVISIONS, *schemas.REVISIONS_KEYS)
    yield "population", (*population.COLUMNS, population.DATASET)


def _answered(sql: str, known: Mapping[str, Columns]) -> Columns:
    """The columns that a statement gives: explained in its header, or as in what it reads."""
    typed = {name: {one.name: one.type for one in columns} for name, columns in known.items()}
    comments = {
        column.name: column.comment
        for read in reversed(_inputs_in_order(sql))
        for column in known[read]
    }
    comments.update(_explained(sql))
    return tuple(
        TableColumn(name, kind, comments.get(name, "").replace(", partition key", ""))
        for name, kind in athena_sql.translate(sql, athena_sql.Schema(tables=typed)).types.items()
    )


def _inputs_in_order(sql: str) -> list[str]:
    """What a statement reads, as its header lists it: a column is that of the first that has it."""
    listed = " ".join(header_lines(sql)).partition("Inputs:")[2]
    named = re.findall(r"[a-z0-9_]+", listed.partition(".")[0])
    return sorted(inputs(sql), key=named.index)


def _prose(sql: str) -> str:
    """A header without its columns: one line per sentence that begins with a label."""
    lines = header_lines(sql)
    end = lines.index("Columns:") if "Columns:" in lines else len(lines)
    text = "\n".join(lines[:end])
    for label in ("Grain:", "Inputs:", "Units:", "Picture:", "Observations:", "Population:"):
        text = text.replace(f"\n{label}", f"\n\n{label}")
    return text + "\n\n"


def _explained(sql: str) -> dict[str, str]:
    """The columns that a header explains, one a line after `Columns:`."""
    lines = header_lines(sql)
    named = lines[lines.index("Columns:") + 1 :] if "Columns:" in lines else []
    return dict(line.split(": ", 1) for line in named)


def _section(name: str, prose: str, columns: Columns) -> str:
    partitions = {key.name for key in _PARTITIONS.get(name, ())}
    rows = [
        (f"**{one.name}**" if one.name in partitions else one.name, one.type, one.comment)
        for one in columns
    ]
    return f"### {name}\n\n{prose}{_table(('column', 'type', ''), rows)}\n"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [_row(header), "|".join(["", *["---"] * len(header), ""]), *map(_row, rows)]
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return "".join(f"| {cell} " if cell else "| " for cell in cells) + "|"


def _flag(setting: Setting) -> str:
    return f"--{setting.name.replace('_', '-')} {setting.metavar}".rstrip()


def _default(setting: Setting) -> str:
    value = getattr(Settings(), setting.name)
    if isinstance(value, tuple):
        value = ",".join(value)
    if value in ("", None):
        return setting.help.partition("(default: ")[2].rstrip(")") or "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _meaning(setting: Setting) -> str:
    return setting.help.partition(" (default")[0]


def main() -> int:
    """Writes the pages, or says which is out of step."""
    behind = []
    for name, page in PAGES.items():
        path, text = _FOLDER / name, page()
        if "--check" not in sys.argv:
            path.write_text(text, "utf-8")
        elif not path.exists() or path.read_text("utf-8") != text:
            behind.append(f"docs/{name}")
    if behind:
        print(f"{', '.join(behind)}: not what the code says; make docs", file=sys.stderr)
    return 1 if behind else 0


if __name__ == "__main__":
    sys.exit(main())
