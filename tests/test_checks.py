"""What only SQL sees across tables keeps the old reports from being replaced."""

from __future__ import annotations

import pytest

from glue_jobs.sample import excerpt
from glue_jobs.sample.upstream import Upstream
from glue_jobs.workflow import run_workflow
from tests.lakes import RELEASED, run_at


def sample_with(name, change):
    upstream = Upstream.sample()
    body, _ = excerpt.files()[name]
    changed = change(body)
    assert changed != body
    upstream.set_file("pr", name, changed, RELEASED.replace(hour=14))
    return upstream


def without_line(start):
    def change(body):
        return b"".join(line for line in body.splitlines(True) if not line.startswith(start))

    return change


def doubled_line(start):
    def change(body):
        lines = body.splitlines(True)
        return b"".join(lines + [line for line in lines if line.startswith(start)])

    return change


def other_value(body):
    return body.replace(
        b"PRS30006011      \t1995\tQ01\t         2.6", b"PRS30006011      \t1995\tQ01\t         2.7"
    )


@pytest.mark.parametrize(
    ("check", "name", "change"),
    [
        ("series_has_codes_without_text", "pr.sector", without_line(b"3000")),
        ("observations_are_not_the_data", "pr.measure", doubled_line(b"03")),
        ("current_differs_from_all_data", "pr.data.1.AllData", other_value),
    ],
)
def test_an_offending_release_keeps_the_old_reports(check, name, change, tmp_path):
    with Upstream.sample() as upstream:
        assert run_workflow(run_at(tmp_path, upstream, "good")).failures == ()
    latest = tmp_path / "reports" / "latest"
    before = {path.name: path.read_bytes() for path in latest.iterdir()}

    with sample_with(name, change) as upstream:
        (failure,) = run_workflow(run_at(tmp_path, upstream, "bad")).failures

    assert failure.exit_code == 7
    assert check in str(failure)
    assert {path.name: path.read_bytes() for path in latest.iterdir()} == before
    assert not (tmp_path / "reports" / "bad").exists()
