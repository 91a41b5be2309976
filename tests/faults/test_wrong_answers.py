"""An upstream answers wrongly: nothing is changed, it is said in a sentence, the next run heals."""

from __future__ import annotations

import re
import socket
from dataclasses import replace

import pytest

from glue_jobs.errors import UpstreamRefused, UsageError
from glue_jobs.sources.bls.manifest import load_survey
from labor_lake.sample.pages import ListedRow
from tests.faults.injections import ANSWERS, API, page_of, scripted
from tests.faults.lake import (
    DATA_FILE,
    NEXT_RELEASE,
    QUICK,
    SURVEY_PATH,
    body_of,
    change_file,
)
from tests.faults.places import BACKENDS
from tests.faults.table import cases, fault
from tests.simulator.faults import Drip, DripHead, Listing, Redirect, Stall, Status
from tests.simulator.upstream import Upstream

FILE = SURVEY_PATH + DATA_FILE
IMPATIENT = replace(QUICK, read_timeout=0.03, grace=0.02, least_rate=1e6)
# Bytes come all the time, the head is never there whole.
HASTY = replace(QUICK, head_timeout=0.1)

both_backends = pytest.mark.parametrize("backend", BACKENDS)
lakes_behind = pytest.mark.parametrize(
    ("backend", "state"), [("local", "empty"), ("local", "landed"), ("s3", "landed")]
)


def patience_for(step):
    if isinstance(step, (Stall, Drip)):
        return IMPATIENT
    dripped = isinstance(step, DripHead) or getattr(step, "per_second", None)
    return HASTY if dripped else QUICK


@lakes_behind
@cases(*ANSWERS)
def test_nothing_is_changed_until_a_run_without_the_fault(case, behind):
    lake, healed = behind
    before = lake.noted()
    path, step = scripted(case)
    lake.upstream.script(path, step, forever=True)
    land = lake.land_population if path == API else lake.land_bls
    done = land(patience_for(step))
    assert done.exit_code == case.exit_code
    assert type(done.error).__name__ == case.expect["error"]
    assert re.search(case.expect["says"], done.told), done.told
    assert done.summary["changed"] is False
    (told,) = done.summary["errors"]
    assert (told["error"], told["message"]) == (case.expect["error"], str(done.error))
    assert (told["exit_code"], told["retryable"]) == (case.exit_code, case.exit_code == 5)
    asked = lake.asked() if path in (API, SURVEY_PATH) else lake.asked(path)
    assert len(asked) == case.expect.get("asked", 1)
    assert lake.noted() == before
    lake.check()
    lake.upstream.clear_script()
    assert lake.run_all() == []
    assert lake.tree() == healed
    lake.check()


@lakes_behind
@cases("to", once=True)
def test_the_second_try_heals(case, behind):
    lake, healed = behind
    path, step = scripted(case)
    lake.upstream.script(path, step)
    done = lake.land_bls(patience_for(step))
    assert done.exit_code == case.exit_code
    assert done.failures == ()
    # The listing is asked for before and after the downloads.
    assert len(lake.asked(path)) == (2 if path == FILE else 3)
    assert lake.run_all() == []
    assert lake.tree() == healed


@lakes_behind
@cases("name", "link")
def test_u10_a_row_that_will_not_be_fetched_is_left_out_and_all_else_is_landed(case, behind):
    lake, _ = behind
    served = lake.upstream.surveys["pr"]
    rows = [
        ListedRow(name, len(body_of(lake.upstream, name)), file.last_modified)
        for name, file in served.items()
    ]
    held = set(load_survey(lake.storage, "pr").files)
    lake.upstream.script(SURVEY_PATH, Listing(page_of(case, rows)), forever=True)
    done = lake.land_bls()
    assert (done.exit_code, done.failures) == (0, ())
    ((name, why),) = done.summary["surveys"]["pr"]["refused"].items()
    assert re.search(case.expect["says"], why)
    assert (name + why).isprintable()
    # What was landed under the name of a row that is left out stays as it is.
    left_out = {"pr.class"} if "link" in case.inject else set()
    assert done.summary["surveys"]["pr"]["kept"] == sorted(left_out & held)
    noted = load_survey(lake.storage, "pr").files
    assert set(noted) == set(served) - left_out | left_out & held
    asked = {SURVEY_PATH, *(f"{SURVEY_PATH}{one}" for one in set(served) - left_out)}
    assert set(lake.asked()) <= asked
    written = {path for path in lake.everything() if "raw/bls" in path}
    assert {re.split("[@/]", path.partition("raw/bls/pr/")[2])[0] for path in written} == {
        *noted,
        "_manifest.json",
    }
    lake.check()


@both_backends
@fault("U4")
@pytest.mark.parametrize("tries", [1, 2, 3])
def test_u4_as_many_tries_as_the_policy_has(tries, lake):
    lake.upstream.script(SURVEY_PATH, Status(500), forever=True)
    done = lake.land_bls(replace(QUICK, tries=tries))
    assert f"in {tries} tries" in done.told or tries == 1
    assert len(lake.asked(SURVEY_PATH)) == tries


@both_backends
@fault("U4")
def test_u4_nobody_listens(behind):
    lake, healed = behind
    before = lake.noted()
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        done = lake.land_bls(bls_url=f"http://127.0.0.1:{bound.getsockname()[1]}/pub/time.series/")
    assert done.exit_code == 5
    assert re.search("127.0.0.1/pub/time.series/pr/ .*4 tries: connection refused", done.told)
    assert lake.noted() == before
    assert lake.run_all() == []
    assert lake.tree() == healed


@both_backends
@fault("U1")
@pytest.mark.parametrize(
    "contact",
    [
        *("", "   ", "me", "me at example.org", "名@example.org"),
        *("me@example.org\r\nX-Evil: 1", "me@example\nX-Evil:1.org", "me@example.o\rX:1"),
    ],
    ids=lambda contact: f"U1-{contact!a}",
)
def test_without_a_contact_nothing_is_asked(contact, lake):
    before = lake.noted()
    done = lake.land_bls(contact=contact)
    assert type(done.error) is UsageError
    assert done.exit_code == 2
    assert "e-mail address" in done.told
    assert "--contact" in done.told
    assert lake.upstream.requests == []
    assert lake.noted() == before


@both_backends
@fault("U1")
def test_u1_a_refusal_of_one_file_asks_for_few_of_the_others(new_lake):
    lake = new_lake
    lake.upstream.script(SURVEY_PATH + "pr.*", Status(403), forever=True)
    assert lake.land_bls().exit_code == 7
    # Four at a time; what has begun when the first refusal comes is finished, the rest left out.
    assert len(lake.asked()) < 1 + 12


@both_backends
@fault("U2")
def test_u2_fails_that_survey_only(lake):
    for name in ("cu.class", "cu.txt"):
        lake.upstream.set_file("cu", name, b"text\r\n", NEXT_RELEASE)
    lake.upstream.script("*/cu/cu.txt", Status(404), forever=True)
    change_file(
        lake.upstream, "pr.class", body_of(lake.upstream, "pr.class") + b"9\tx\t0\tT\t3\r\n"
    )
    done = lake.land_bls(surveys=("cu", "pr"))
    assert done.exit_code == 5
    assert done.summary["surveys"]["pr"]["stored"] == ["pr.class"]
    assert "answers 404" in done.summary["surveys"]["cu"]["error"]
    # What has arrived of it waits for the next run; nothing of it is landed.
    assert "raw/bls/cu/_manifest.json" not in lake.tree("raw")


@both_backends
@fault("U11")
def test_u11_no_other_host_hears_of_the_contact(lake):
    before = lake.noted()
    with Upstream.sample() as other:
        for path in (SURVEY_PATH, FILE):
            lake.upstream.script(path, Redirect(f"{other.bls_url}pr/{DATA_FILE}"))
        change_file(lake.upstream, DATA_FILE, b"")
        for _ in range(2):
            done = lake.land_bls()
            assert type(done.error) is UpstreamRefused
            assert done.exit_code == 7
        assert other.requests == []
    assert lake.upstream.unplayed == []
    assert lake.noted() == before
