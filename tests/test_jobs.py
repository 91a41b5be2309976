"""What all jobs share: arguments in, a summary out, an exit code that tells the truth."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from glue_jobs import summaries
from glue_jobs.errors import (
    LakeError,
    OutOfTime,
    QualityFailure,
    StorageFailure,
    TryAgainLater,
    UsageError,
)
from glue_jobs.flags import resolve_settings
from glue_jobs.program import argument_parser, exit_with, main_of
from glue_jobs.running import Outcome, Run, act_on_each, exit_code, perform, run_id_of
from glue_jobs.settings import Settings
from glue_jobs.storage.local import LocalStorage
from labor_lake import workflow
from tests.faults.storages import FailingStorage


@pytest.fixture
def run(tmp_path):
    return Run(Settings(), LocalStorage(tmp_path / "lake"), "run")


@pytest.mark.parametrize(
    ("failures", "code"),
    [
        ([], 0),
        ([UsageError("x")], 2),
        ([TryAgainLater("x"), UsageError("x")], 5),
        ([UsageError("x"), QualityFailure("x"), TryAgainLater("x")], 7),
    ],
)
def test_the_exit_code_is_that_of_the_failure_that_most_needs_a_person(failures, code):
    assert exit_code(failures) == code


def test_an_error_of_the_program_is_in_the_summary_like_any_other(run):
    def broken(run: Run) -> Outcome:
        raise ValueError("unforeseen")

    summary, (failure,) = perform("broken", broken, run)
    assert failure.exit_code == summary["exit_code"] == 7
    written = json.loads(run.storage.get("runs/run/broken.json").body)
    assert written["errors"][0]["error"] == "InternalFailure"


def test_what_one_subject_fails_with_is_its_own_and_what_may_heal_is_tried_once_more(run):
    asked: list[str] = []
    failing: dict[str, list[Exception]] = {
        "pr": [TryAgainLater("busy")],
        "ap": [QualityFailure("broken")],
        "cu": [ValueError("unforeseen")],
        "la": [TryAgainLater("busy"), TryAgainLater("still busy")],
    }

    def act(subject: str) -> dict[str, bool]:
        asked.append(subject)
        if failing.get(subject):
            raise failing[subject].pop(0)
        return {"changed": True}

    told, failures = act_on_each(run, ("pr", "ap", "cu", "la", "mp"), act)
    assert asked == ["pr", "ap", "cu", "la", "mp", "pr", "la"]
    assert told["pr"] == told["mp"] == {"changed": True}
    assert told["ap"] == {"error": "broken"}
    assert told["la"] == {"error": "still busy"}
    assert [type(one).__name__ for one in failures] == [
        "QualityFailure",
        "InternalFailure",
        "TryAgainLater",
    ]


def test_a_subject_that_is_done_is_handed_on_when_the_next_one_begins(run):
    told: list[str] = []

    def act(subject: str) -> dict[str, bool]:
        told.append(subject)
        if subject == "ap":
            raise QualityFailure("broken")
        return {"changed": True}

    act_on_each(
        run, ("pr", "ap", "cu", "la"), act, hand_on=lambda one: told.append(f"{one} is done")
    )
    assert told == ["pr", "pr is done", "ap", "cu", "cu is done", "la"]


def test_after_the_time_limit_nothing_is_tried_again_and_what_failed_is_told(run):
    seconds = iter([0.0, 60.0])
    late = replace(run, settings=Settings(time_limit=60.0), started=0.0, clock=lambda: 60.0)

    def act(subject: str) -> dict[str, bool]:
        if next(seconds) >= 60:
            raise OutOfTime("late")
        raise TryAgainLater("busy")

    _, failures = act_on_each(late, ("pr", "ap"), act)
    assert [str(one) for one in failures] == ["busy", "late"]


@pytest.fixture
def ends(tmp_path):
    """What the last job of a workflow ends with, after other jobs, or alone."""
    lake = str(tmp_path / "lake")

    def last(run_id: str, *failures: LakeError, stopped: bool = False) -> int:
        def job(run: Run) -> Outcome:
            return Outcome(failures=list(failures), stopped=stopped)

        given = ["--lake", lake, "--WORKFLOW_RUN_ID", run_id]
        return main_of("publish_reports", job, given, summaries.failures_of_run)

    def after(*failures: LakeError) -> int:
        for name in summaries.jobs_before_the_last():
            given = ["--lake", lake, "--WORKFLOW_RUN_ID", "wr_1"]
            assert main_of(name, lambda _: Outcome(failures=list(failures)), given) == 0
        return last("wr_1")

    return last, after


@pytest.mark.parametrize(
    ("failures", "code"),
    [
        ([], 0),
        ([OutOfTime("late")], 0),
        ([TryAgainLater("busy")], 5),
        ([OutOfTime("late"), TryAgainLater("busy")], 5),
        ([QualityFailure("broken"), OutOfTime("late")], 7),
    ],
)
def test_a_workflow_run_that_only_reached_its_time_limit_has_not_failed(
    failures, code, ends, capsys
):
    _, after = ends
    assert after(*failures) == code
    told = capsys.readouterr().err
    assert all(f"error: land_bls: {failure}" in told for failure in failures)


def test_a_job_alone_ends_with_5_at_its_time_limit(ends):
    last, _ = ends
    assert last("", OutOfTime("late")) == 5


def test_the_last_job_of_a_workflow_looks_at_all_others():
    *before, last = (job for stage in workflow.stages() for job in stage.jobs)
    assert list(summaries.jobs_before_the_last()) == before
    assert last == "publish_reports"


@pytest.mark.parametrize(
    ("failures", "stopped", "told"),
    [
        ([], False, [StorageFailure]),
        ([QualityFailure("A line is wrong.")], False, [QualityFailure, StorageFailure]),
        ([StorageFailure("No space.")], True, [StorageFailure]),  # the same cause, told once
    ],
)
def test_a_summary_that_cannot_be_written_hides_nothing(failures, stopped, told, run, tmp_path):
    def job(run: Run) -> Outcome:
        return Outcome(failures=list(failures), stopped=stopped)

    failing = FailingStorage(LocalStorage(tmp_path / "lake"), 1, "before")
    summary, found = perform("job", job, Run(Settings(), failing, "run"))
    assert (summary["exit_code"], summary["stopped"]) == (7, True)
    assert [type(failure) for failure in found] == told


def test_what_hits_every_subject_and_the_summary_alike_is_told_once(run, tmp_path):
    def job(run: Run) -> Outcome:
        return Outcome(failures=[UsageError("no versions"), UsageError("no versions")])

    class Unversioned(LocalStorage):
        def put(self, *_, **__):
            raise UsageError("no versions")

    storage = Unversioned(tmp_path / "lake")
    summary, found = perform("job", job, Run(Settings(), storage, "run"))
    assert [str(failure) for failure in found] == ["no versions"]
    assert [told["message"] for told in summary["errors"]] == ["no versions"]


@pytest.mark.parametrize("given", ["../x", "a/b", "wr_1/../../x", "wr 1", "wr_1\n", "x" * 256, "é"])
def test_a_run_id_that_could_lead_out_of_its_folder_is_refused(given):
    with pytest.raises(UsageError, match="WORKFLOW_RUN_ID"):
        run_id_of(given)


def test_all_jobs_of_a_workflow_run_share_its_id_and_a_job_alone_has_its_own():
    assert run_id_of("wr_1a2b") == "wr_1a2b"
    assert run_id_of("") != run_id_of("")


def test_an_argument_of_glue_s_own_is_not_taken_for_a_setting_that_begins_alike():
    parser = argument_parser("job", "")
    given, others = parser.parse_known_args(["--survey", "cu", "--data", "x", "--surveys", "ce"])
    assert given.surveys == "ce"
    assert others == ["--survey", "cu", "--data", "x"]


@pytest.mark.parametrize("flag", ["--bls_url", "--bls-url"])
def test_a_setting_is_given_with_underscores_or_dashes(flag):
    address = "http://127.0.0.1:1/"
    given, _ = argument_parser("job", "").parse_known_args([flag, address])
    assert resolve_settings(vars(given)).settings.bls_url == address


def test_success_does_not_end_the_process():
    """Glue takes every SystemExit for a failure."""
    exit_with(0)
    with pytest.raises(SystemExit) as ended:
        exit_with(5)
    assert ended.value.code == 5
