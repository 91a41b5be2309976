"""What the code never does, read from the code itself; each list here is complete."""

from __future__ import annotations

import ast
import functools
import re
from typing import TYPE_CHECKING

import pytest
import yaml

from labor_lake.deployment import template
from tests.wheels import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDERS = ("athena_sql", "glue_jobs", "labor_lake", "tools", "bench")
Node = tuple[str, ast.AST]


@functools.cache
def files() -> dict[str, list[ast.AST]]:
    """The nodes of each file of the project, tests apart."""
    return {
        path.relative_to(ROOT).as_posix(): [*ast.walk(ast.parse(path.read_text("utf-8")))]
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
    }


def nodes(folder: str = "") -> Iterator[Node]:
    """Every node of every file, with the file's name."""
    for name, found in files().items():
        if name.startswith(folder):
            yield from ((name, node) for node in found)


def packages() -> Iterator[Node]:
    """The nodes of what is installed, tools and benchmarks apart."""
    for folder in ("athena_sql/", "glue_jobs/", "labor_lake/"):
        yield from nodes(folder)


def places(found: Iterator[Node]) -> list[str]:
    """Where nodes are, and what they say."""
    return sorted(f"{name}: {ast.unparse(node)}" for name, node in found)


def calls(pattern: str, folder: str = "") -> Iterator[tuple[str, ast.Call]]:
    """Calls of what is called so, with or without a module before it."""
    for name, called, node in all_calls():
        if name.startswith(folder) and re.fullmatch(pattern, called):
            yield name, node


@functools.cache
def all_calls() -> list[tuple[str, str, ast.Call]]:
    """Every call: in which file, of what, and its node."""
    return [
        (name, ast.unparse(node.func), node) for name, node in nodes() if isinstance(node, ast.Call)
    ]


def imported() -> Iterator[tuple[str, str]]:
    """Every module that is imported, by file."""
    for name, node in nodes():
        if isinstance(node, ast.Import):
            yield from ((name, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield name, str(node.module)


def test_the_code_that_is_read_is_there():
    assert len(files()) > 80
    assert "glue_jobs/sources/http.py" in files()
    assert "labor_lake/deployment/bundles.py" in files()


def test_tls_is_never_weakened():
    named = {"verify", "cert_reqs", "check_hostname", "assert_hostname", "use_ssl"}
    weak = r"_create_unverified_context|CERT_NONE|disable_warnings|InsecureRequestWarning|OP_LEGACY"
    given = (
        (name, node)
        for name, node in nodes()
        if isinstance(node, ast.keyword) and node.arg in named
    )
    assigned = (
        (name, node)
        for name, node in nodes()
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and node.attr in named
    )
    words = (
        (name, node)
        for name, node in nodes()
        if isinstance(node, (ast.Name, ast.Attribute)) and re.search(weak, ast.unparse(node))
    )
    assert places(given) + places(assigned) + places(words) == []


def test_nothing_is_run_that_was_not_written_here():
    assert (
        places(calls(r"eval|exec|compile|__import__|(os|pty)\.(system|popen|spawn.*|exec.*)")) == []
    )
    assert places(calls(r"yaml\.\w*load\w*")) == [
        "labor_lake/deployment/template.py: yaml.load(text, _Loader)",  # the project's own template
        "tools/deployer_policy.py: yaml.safe_load(RIGHTS.read_text('utf-8'))",
        "tools/policy_lint.py: yaml.safe_load(reasons_file.read_text('utf-8'))",
    ]
    assert issubclass(template._Loader, yaml.SafeLoader)


def test_modules_are_imported_by_names_that_stand_in_the_code():
    """Of a command, one that there is; of a job, one of the graph; of a source, one of SOURCES."""
    assert [
        place.replace("importlib.import_module", "import")
        for place in places(calls(r"importlib\.(?!invalidate_caches)\w+"))
    ] == [
        "glue_jobs/enter.py: import(f'glue_jobs.{job}')",
        "glue_jobs/sources/places.py: import(f'{folder_with(subject)}.tables')",
        "glue_jobs/sources/registry.py: import(f'{SOURCES[source][0]}.upstream')",
        "labor_lake/cli.py: import(f'labor_lake.commands.{commands()[arguments.command][0]}')",
        "labor_lake/cli.py: import(f'labor_lake.commands.{module}')",
        "labor_lake/commands/deploy.py: import(f'labor_lake.deployment.{module}')",
        "labor_lake/workflow.py: import(f'glue_jobs.{name}')",
    ]


def test_nothing_is_unpacked_and_no_object_is_made_from_bytes():
    unwanted = {
        "pickle", "cPickle", "marshal", "shelve", "dill", "joblib", "zipfile", "tarfile", "rarfile",
        "xml", "lxml", "ctypes", "telnetlib", "ftplib",
    }  # fmt: skip
    assert [
        (name, module) for name, module in imported() if module.partition(".")[0] in unwanted
    ] == [
        ("glue_jobs/workers.py", "pickle"),  # between a process and those that it has started
        ("labor_lake/deployment/bundles.py", "zipfile"),  # writes one
        ("tools/wheel_check.py", "zipfile"),  # reads names
    ]
    assert (
        places(calls(r"shutil\.unpack_archive|(np|numpy|torch|pd|pandas)\.(load|read_pickle)"))
        == []
    )


def test_no_shell_is_asked_and_the_jobs_start_nothing_but_themselves():
    shells = (
        (name, node)
        for name, node in nodes()
        if isinstance(node, ast.keyword) and node.arg == "shell"
    )
    assert places(shells) == []
    starting = {name for name, module in imported() if module in ("subprocess", "pty", "commands")}
    assert {name for name in starting if not name.startswith(("tools/", "bench/"))} == {
        "glue_jobs/workers.py",  # itself, to convert files
        "labor_lake/deployment/bundles.py",  # pip or uv, for `lake deploy`
        "labor_lake/schedules.py",  # systemctl and crontab, for `lake schedule --install`
        "labor_lake/after_publish.py",  # the user's own command, where one is set
        "labor_lake/shell/pager.py",  # the user's $PAGER, or less
    }


def test_a_temporary_file_has_a_name_that_nobody_can_foresee():
    assert places(calls(r"(tempfile\.)?mktemp")) == []
    written = (
        (name, node)
        for name, node in nodes()
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.startswith(("/tmp", "/var/tmp", "/dev/shm"))
    )
    assert places(written) == []


def documentation() -> set[int]:
    """The docstrings, which may name any address."""
    return {
        id(node.value)
        for _, node in nodes()
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


def test_no_other_address_stands_in_the_code():
    texts = documentation()
    found = {
        (name, address)
        for name, node in (*nodes("glue_jobs/"), *nodes("labor_lake/"))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in texts
        for address in re.findall(r"(?:https?|ftp)://[^ :]+", node.value)
    }
    assert found == {
        ("glue_jobs/settings.py", "https://download.bls.gov/pub/time.series/"),
        ("glue_jobs/settings.py", "https://api.datausa.io/tesseract/data.jsonrecords"),
        ("glue_jobs/settings.py", "https://honolulu-api.datausa.io/tesseract/data.jsonrecords"),
        ("labor_lake/sample/upstream.py", "http://127.0.0.1"),
        ("labor_lake/sample/render.py", "http://www.census.gov/programs-surveys/acs/"),  # is data
    }


SQL = re.compile(
    r"\s*\(?((?i:select|create|insert|set|attach|install|load|pragma|explain)\s|(COPY|DELETE|DROP)\s)"
)


def literals(node: ast.AST) -> list[object]:
    """The fixed parts of a text that is put together."""
    if isinstance(node, ast.JoinedStr):
        parts: list[ast.expr] = list(node.values)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Mod)):
        parts = [node.left, node.right]
    elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "format":
        parts = [node.func.value] if isinstance(node.func, ast.Attribute) else []
    else:
        parts = []
    return [part.value for part in parts if isinstance(part, ast.Constant)]


@pytest.fixture(scope="module")
def functions():
    """The function that each node stands in."""
    return {
        id(inner): node.name
        for _, node in packages()
        if isinstance(node, ast.FunctionDef)
        for inner in ast.walk(node)
    }


def test_sql_is_put_together_in_these_places_only(functions):
    """Each from names that the code made or quotes: see SECURITY.md."""
    built = {
        (name, functions.get(id(node), ""))
        for name, node in packages()
        if any(isinstance(part, str) and SQL.match(part) for part in literals(node))
    }
    assert built == {
        ("glue_jobs/reports/changes.py", "_statement"),  # a view or table of the survey's own
        ("labor_lake/client.py", "stream_table"),  # a table that is there
        ("labor_lake/client.py", "changes"),  # a view of a survey, by its code
        ("labor_lake/scanning.py", "scan"),  # of words letters and digits alone
        *[  # labels and views of a survey that is there; what is asked for is a parameter
            ("labor_lake/series.py", name) for name in ("find_label", "read_figures", "read_prints")
        ],
        ("labor_lake/pages/series_page.py", "_changes"),  # a table of the survey's own
        *[  # tables and views of a survey that is there
            ("labor_lake/pages/survey_page.py", name) for name in ("_releases", "_gaps", "_files")
        ],
        ("athena_sql/macros.py", ""),  # from constants, at import
        ("labor_lake/engines/plain_duckdb.py", "_tables"),  # names and places, quoted
        ("labor_lake/engines/duckdb.py", "__init__"),  # settings: folders, quoted
        ("labor_lake/engines/relations.py", "_over_files"),  # names and paths, quoted
        ("labor_lake/engines/relations.py", "_table"),  # its name, quoted
        ("labor_lake/engines/vintages.py", "data_as_of"),  # names, quoted
        # Names of the lake's own, values and columns quoted:
        ("labor_lake/engines/trino/notes.py", "__init__"),
        *[
            ("labor_lake/engines/trino/own_tables.py", name)
            for name in ("show", "_create", "_view")
        ],
        *[("labor_lake/engines/past.py", name) for name in ("_other_tables", "_rows")],
    }


def test_these_calls_and_no_others_hand_a_statement_to_an_engine():
    asked = calls(r".*\.(execute|executemany|sql|query|stream|start_query_execution)")
    statements = [
        (name, f"{ast.unparse(node.func)}({ast.unparse(node.args[0])})")
        for name, node in asked
        if node.args
        and name.startswith(("glue_jobs/", "labor_lake/"))
        and ast.unparse(node.func) != "module.execute"
    ]
    assert sorted(statements) == [
        ("glue_jobs/engines/athena.py", "self.query(sql)"),
        ("glue_jobs/engines/athena.py", "wr.athena.start_query_execution(sql)"),
        ("glue_jobs/engines/own_sql.py", "engine.query(sql)"),
        ("labor_lake/client.py", "engine.query(statement)"),
        ("labor_lake/client.py", "self._engine(as_of)[0].stream(statement)"),
        ("labor_lake/client.py", "self.sql('show tables')"),
        ("labor_lake/client.py", "self.sql(statement)"),
        ("labor_lake/client.py", "self.stream(f'select * from {name}')"),
        ("labor_lake/commands/query.py", "engine.stream(_statement(arguments.sql))"),
        *[
            (
                "labor_lake/engines/athena_past.py",
                f"self._athena.{call}(self._past.rewrite(sql).text)",
            )
            for call in ("query", "stream")
        ],
        *[
            ("labor_lake/engines/duckdb.py", f"self._connection.{call}")
            for call in (
                "execute('SET enable_external_access = false')",
                "execute('SET lock_configuration = true')",
                "execute('SET threads = 1')",
                "execute(f'SET allowed_directories = [{readable}]')",
                "execute(f'SET temp_directory = {text(str(overflow.path))}')",
                "execute(macro)",  # of athena_sql
                "execute(relation.statement)",
                "execute(setting)",
                "sql(self._select(sql))",
            )
        ],
        ("labor_lake/engines/duckdb.py", "self.stream(sql)"),
        ("labor_lake/engines/trino/engine.py", "self._session.stream(self._past.rewrite(sql))"),
        ("labor_lake/engines/trino/engine.py", "self.stream(sql)"),
        ("labor_lake/engines/trino/session.py", "cursor.execute(asked.text)"),
        ("labor_lake/engines/trino/session.py", "cursor.execute(sql)"),
        # Names that the engine has given are asked for, and what a person types.
        ("labor_lake/shell/catalog.py", "self._engine.query(statement)"),
        ("labor_lake/shell/session.py", "self._engine.stream(statement)"),
        # A name that the lake has; what was seen to be a question.
        ("labor_lake/toolbox/tools.py", "lake.sql(f'describe {name.lower()}')"),
        ("labor_lake/toolbox/tools.py", "lake.stream(sql)"),
    ]
    own = [(name, ast.unparse(node.args[2])) for name, node in calls("query_own")]
    assert sorted(own) == [
        ("glue_jobs/publish_reports.py", "sql"),
        ("glue_jobs/reports/changes.py", "_statement(pointer)"),
        ("glue_jobs/reports/checks.py", "check.sql"),
        ("labor_lake/commands/reports.py", "statements[name]"),
        (
            "labor_lake/pages/population_page.py",
            "_STATEMENT",
        ),
        ("labor_lake/pages/series_page.py", "statement"),
        *[("labor_lake/pages/survey_page.py", "statement")] * 3,
        ("labor_lake/scanning.py", "statement"),
        *[("labor_lake/series.py", "statement")] * 3,
    ]
