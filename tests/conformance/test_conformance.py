"""The local engine against a real Trino: the same answer, a refusal, but never another answer.

``differs.yaml`` lists by id what must differ, with the reason. ``refused.txt`` lists by id what
Trino answers and the local engine refuses: a statement that was once answered cannot become a
refusal unnoticed, nor the other way round.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import athena_sql
from athena_sql.statements import Query
from glue_jobs.engines.open import open_engine
from glue_jobs.errors import UnsupportedSQL, UsageError
from glue_jobs.settings import Settings
from glue_jobs.storage.local import LocalStorage
from tests.captures import needs_captures
from tests.conformance.comparison import difference
from tests.conformance.lake import built_once
from tests.conformance.statements import Statement, read_statements
from tests.pointers import load_pointers
from tests.yaml_files import read_yaml

if TYPE_CHECKING:
    from glue_jobs.engines.protocol import Engine

pytestmark = needs_captures

HERE = Path(__file__).parent
DIFFERS: dict[int, str] = read_yaml(HERE / "differs.yaml")
REFUSED = {int(line) for line in (HERE / "refused.txt").read_text("utf-8").split()}
STATEMENTS = read_statements()


@pytest.fixture(scope="session")
def engine(tmp_path_factory):
    base = tmp_path_factory.getbasetemp()
    # A worker of pytest-xdist has a folder of its own in the one that all share.
    shared = base.parent if base.name.startswith("popen-") else base
    storage = LocalStorage(built_once(shared))
    return open_engine(storage, load_pointers(storage), Settings())


@pytest.mark.parametrize("statement", STATEMENTS, ids=[str(one.id) for one in STATEMENTS])
def test_a_statement_is_answered_as_trino_does_or_refused(statement, engine, record_property):
    verdict, said = judge(statement, engine)
    differs = verdict == "wrong"
    if statement.id in DIFFERS:
        record_property("conformance", "listed" if differs else "wrong")
        assert differs, "it agrees with Trino: take it out of differs.yaml"
        return
    record_property("conformance", verdict)
    assert not differs, f"{statement.sql}\n{said}"
    was = "refused" if statement.id in REFUSED else "answered"
    assert (verdict == "refused") == (statement.id in REFUSED), f"it was {was}: refused.txt; {said}"


def test_every_listed_id_is_a_statement():
    assert DIFFERS.keys() | REFUSED <= {one.id for one in STATEMENTS}


def judge(statement: Statement, engine: Engine) -> tuple[str, str]:
    """The verdict, and what was said: ``same``, ``both fail``, ``refused`` or ``wrong``."""
    try:
        answer = engine.query(statement.sql)
    except UsageError as error:
        if statement.error:
            return "both fail", str(error)
        return ("refused" if isinstance(error, UnsupportedSQL) else "wrong"), str(error)
    if statement.error:
        return "wrong", f"answered {answer.to_pylist()[:3]}, Trino fails: {statement.error}"
    found = difference(statement, answer, ordered=is_ordered(statement))
    return ("wrong" if found else "same"), found


def is_ordered(statement: Statement) -> bool:
    """Whether it says in which order its rows come."""
    parsed = athena_sql.parse(statement.sql)
    return isinstance(parsed, Query) and parsed.tree.args.get("order") is not None
