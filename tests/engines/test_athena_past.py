"""Athena as of a moment: what it is asked reads the past from what the catalog shows now."""

from __future__ import annotations

import pyarrow as pa

from glue_jobs.settings import Settings
from labor_lake import asking
from labor_lake.asking import open_asked
from labor_lake.engines.athena_past import AthenaAsOf
from labor_lake.workflow import run_workflow
from tests.lakes import run_at
from tests.simulator.upstream import Upstream


class Asked:
    """Stands where Athena would, and notes what it is asked."""

    def __init__(self) -> None:
        self.statements: list[tuple[str, list[object]]] = []

    def query(self, sql, parameters=()):
        self.statements.append((sql, list(parameters)))
        return pa.table({"n": [1]})

    def stream(self, sql, parameters=()):
        return self.query(sql, parameters).to_reader()


def test_a_statement_brings_the_past_along_and_keeps_its_parameters(tmp_path, monkeypatch):
    with Upstream.sample() as upstream:
        assert run_workflow(run_at(tmp_path, upstream)).failures == ()
    athena = Asked()
    monkeypatch.setattr(asking, "open_engine", lambda *_: athena)
    monkeypatch.setattr(asking, "engine_of", lambda *_: "athena")
    settings = Settings(lake=str(tmp_path), database="bls")
    sql = "select value from pr_data where series_id = ?"

    now, *_ = open_asked(settings, None)
    assert isinstance(now, Asked)

    then, *_ = open_asked(settings, "2026-01-31")
    assert isinstance(then, AthenaAsOf)
    assert then.stream(sql, ["PRS85006092"]).read_all().num_rows == 1
    assert then.query(sql, ["PRS85006092"]).num_rows == 1
    assert then.create_views(["pr_prints"]) == {}
    for asked, parameters in athena.statements:
        assert asked.startswith("with pr_revisions as (\nselect * from bls.pr_revisions where ")
        assert asked.endswith(sql)
        assert parameters == ["PRS85006092"]
