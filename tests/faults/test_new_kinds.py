"""U24: a file of a kind that nobody has seen delays none of its survey, and is no secret."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.daily import data_of, land, pointer_of, source_of, values
from tests.faults.commands import verify
from tests.faults.places import BACKENDS, Places, cloud
from tests.faults.small_survey import lake_with
from tests.faults.table import cases
from tests.simulator.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.lake import Lake


@pytest.fixture
def lake(backend, tmp_path) -> Iterator[Lake]:
    with cloud(backend), Upstream() as upstream:
        yield lake_with(Places(backend, tmp_path), upstream, 1)


@pytest.mark.parametrize("backend", BACKENDS)
@cases("new")
def test_what_can_be_a_table_is_one_and_all_else_is_told(case, lake):
    name, table = case.inject["new"], case.expect.get("table")
    land(lake, 2, case.inject["text"].encode(), name)
    land(lake, 2, data_of(2))
    done = lake.build()
    assert done.exit_code == case.exit_code
    assert re.search(case.expect.get("says", ""), " ".join(map(str, done.failures)))
    warnings = done.summary["releases"]["pr"]["warnings"]
    assert len(warnings) == bool(case.expect.get("warning"))
    assert re.search(case.expect.get("warning", ""), " ".join(warnings))
    assert values(lake) >= {2.1, 2.2, 2.3}
    told = source_of(lake, name)
    if case.expect["state"] == "held back":
        assert told["status"] == "held back"
    else:
        assert (told["status"], told["rows_read"]) == (
            ("table", case.expect["rows"]) if table else ("document", None)
        )
    tables = pointer_of(lake).tables
    assert table is None or name in [file.source for file in tables[table].files]
    assert verify(lake, rebuild=True)[0] == 0
