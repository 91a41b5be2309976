"""BLS answers wrongly: nothing is changed, it is said in a sentence, and the next run heals."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from glue_jobs.errors import UpstreamInvalid, UpstreamRefused, UpstreamUnavailable, UsageError
from glue_jobs.sample.faults import (
    Body,
    Drip,
    Gzip,
    HangUp,
    Redirect,
    Reset,
    Stall,
    Status,
    Step,
    Truncate,
    WrongLength,
)
from glue_jobs.sample.pages import BLOCK_PAGE
from glue_jobs.sample.upstream import Upstream
from glue_jobs.sources.bls import ListingOutdated
from tests.faults.lake import (
    DATA_FILE,
    NEXT_RELEASE,
    QUICK,
    SURVEY_PATH,
    body_of,
    change_file,
)

if TYPE_CHECKING:
    from glue_jobs.errors import LakeError
    from glue_jobs.settings import RetryPolicy

FILE = SURVEY_PATH + DATA_FILE
SMALL_FILE = SURVEY_PATH + "pr.class"
IMPATIENT = replace(QUICK, read_timeout=0.03, grace=0.02, least_rate=1e6)


@dataclass(frozen=True)
class Fault:
    """A fault that does not pass.

    Attributes:
        id: the fault's number, and which case of it.
        path: what is asked for when it happens.
        step: what happens, every time.
        error: how the landing fails.
        says: a pattern in what the user is told.
        asked: how often that path is asked for.
        retry: how long the lake tries.
    """

    id: str
    path: str
    step: Step
    error: type[LakeError]
    says: str
    asked: int = 4
    retry: RetryPolicy = QUICK


GIVEN_UP = "gave no complete answer in 4 tries: "
FAULTS = [
    Fault("U1-403-listing", SURVEY_PATH, Status(403, body=BLOCK_PAGE), UpstreamRefused,
          r"refuses .* \(403\).* e-mail address in the User-Agent: check --contact", 1),
    Fault("U1-401-listing", SURVEY_PATH, Status(401), UpstreamRefused, "check --contact", 1),
    Fault("U1-403-file", FILE, Status(403, body=BLOCK_PAGE), UpstreamRefused,
          "e-mail address in the User-Agent: check --contact", 1),
    Fault("U2-404-file", FILE, Status(404), ListingOutdated,
          "lists pr.data.0.Current but answers 404", 2),
    Fault("U2-410-file", FILE, Status(410), ListingOutdated, "answers 410 for it", 2),
    Fault("U2-404-listing", SURVEY_PATH, Status(404), UpstreamInvalid,
          "answers 404 for the survey pr.* lists the surveys", 1),
    Fault("U4-500-listing", SURVEY_PATH, Status(500), UpstreamUnavailable,
          GIVEN_UP + "it answered 500"),
    Fault("U4-503-file", FILE, Status(503), UpstreamUnavailable, GIVEN_UP + "it answered 503"),
    Fault("U4-hang-up-listing", SURVEY_PATH, HangUp(), UpstreamUnavailable, GIVEN_UP),
    Fault("U4-hang-up-file", FILE, HangUp(), UpstreamUnavailable, GIVEN_UP),
    Fault("U4-read-timeout-listing", SURVEY_PATH, Stall(0.1), UpstreamUnavailable,
          GIVEN_UP + "it took too long", retry=IMPATIENT),
    Fault("U4-read-timeout-file", FILE, Stall(0.1), UpstreamUnavailable,
          GIVEN_UP + "it took too long", retry=IMPATIENT),
    Fault("U4-reset-in-listing", SURVEY_PATH, Reset(300), UpstreamUnavailable, GIVEN_UP),
    Fault("U4-reset-in-body", FILE, Reset(1000), UpstreamUnavailable, GIVEN_UP),
    Fault("U4-slow-drip-file", FILE, Drip(50_000), UpstreamUnavailable,
          GIVEN_UP + r"only [\d,]+ bytes came in", retry=IMPATIENT),
    Fault("U4-slow-drip-listing", SURVEY_PATH, Drip(10_000), UpstreamUnavailable,
          GIVEN_UP + r"only [\d,]+ bytes came in", retry=IMPATIENT),
    Fault("U5-shorter-than-announced", FILE, Truncate(1000), UpstreamUnavailable,
          GIVEN_UP + "the body ended early after 1,000 bytes"),
    Fault("U5-no-byte-of-the-announced", FILE, Truncate(0), UpstreamUnavailable, GIVEN_UP),
    Fault("U5-listing-shorter-than-announced", SURVEY_PATH, Truncate(300), UpstreamUnavailable,
          GIVEN_UP),
    Fault("U5-shorter-than-listed", FILE, WrongLength(1000), ListingOutdated,
          r"has 1,000 bytes where BLS lists [\d,]+\.", 2),
    Fault("U5-empty-where-listed", FILE, WrongLength(0), ListingOutdated, "has 0 bytes", 2),
    Fault("U5-longer-than-listed", SMALL_FILE, WrongLength(500), ListingOutdated,
          "pr.class has 500 bytes where BLS lists", 2),
    Fault("U7-block-page-in-place-of-a-file", FILE, Body(BLOCK_PAGE), UpstreamInvalid,
          "sent a web page in place of pr.data.0.Current", 1),
    Fault("U7-page-after-blanks", SMALL_FILE, Body(b"\r\n  <HTML><body>Sorry</body></HTML>"),
          UpstreamInvalid, "sent a web page in place of pr.class", 1),
    Fault("U7-page-called-text", SMALL_FILE, Body(BLOCK_PAGE, "text/plain"),
          UpstreamInvalid, "sent a web page in place of pr.class", 1),
    Fault("U7-block-page-in-place-of-the-listing", SURVEY_PATH, Body(BLOCK_PAGE),
          UpstreamInvalid, "cannot be trusted: .* not in the form that BLS uses", 1),
    Fault("U11-redirect-of-the-listing", SURVEY_PATH, Redirect("https://www.bls.gov/"),
          UpstreamRefused, "redirects to 'https://www.bls.gov/', which is not followed", 1),
    Fault("U11-redirect-of-a-file", FILE, Redirect("ftp://elsewhere.example/x", 308),
          UpstreamRefused, "redirects to 'ftp://elsewhere.example/x'", 1),
    Fault("U11-redirect-loop", FILE, Redirect(FILE, 301), UpstreamRefused, "not followed", 1),
    Fault("U12-far-more-than-listed", FILE, WrongLength(20_000_000), UpstreamInvalid,
          r"sends more than the [\d,]+ bytes it may have", 1),
    Fault("U12-far-more-than-a-listing-has", SURVEY_PATH, WrongLength(5_000_000),
          UpstreamInvalid, "sends more than the 4,194,304 bytes", 1),
    Fault("U12-compressed-unasked", FILE, Gzip(), UpstreamInvalid, "compressed body", 1),
    Fault("U12-bomb", FILE, Gzip(30_000_000), UpstreamInvalid, "compressed body", 1),
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.id)
def test_nothing_is_changed_until_a_run_without_the_fault(fault, behind):
    lake, healed = behind
    before = lake.everything()
    lake.upstream.script(fault.path, fault.step, forever=True)
    done = lake.land_bls(fault.retry)
    assert type(done.error) is fault.error
    assert re.search(fault.says, done.told), done.told
    assert done.exit_code == (5 if issubclass(fault.error, UpstreamUnavailable) else 7)
    assert done.summary["changed"] is False
    assert done.summary["errors"] == [{"error": fault.error.__name__, "message": str(done.error)}]
    assert len(lake.asked(fault.path)) == fault.asked
    assert lake.everything() == before
    lake.check()
    lake.upstream.clear_script()
    assert lake.run_all() == []
    assert lake.tree() == healed
    lake.check()


PASSING = {
    "U3-429": Status(429),
    "U4-500": Status(500),
    "U4-502": Status(502),
    "U4-hang-up": HangUp(),
    "U4-reset-in-body": Reset(250),
    "U4-read-timeout": Stall(0.1),
    "U4-slow-drip": Drip(10_000),
    "U5-shorter-than-announced": Truncate(250),
}


@pytest.mark.parametrize("path", [FILE, SURVEY_PATH], ids=["file", "listing"])
@pytest.mark.parametrize("step", PASSING.values(), ids=PASSING)
def test_the_second_try_heals(step, path, behind):
    lake, healed = behind
    lake.upstream.script(path, step)
    impatient = isinstance(step, (Stall, Drip))
    done = lake.land_bls(IMPATIENT if impatient else QUICK)
    assert done.failures == ()
    # The listing is asked for before and after the downloads.
    assert len(lake.asked(path)) == (2 if path == FILE else 3)
    assert lake.run_all() == []
    assert lake.tree() == healed


@pytest.mark.parametrize("tries", [1, 2, 3])
def test_u4_as_many_tries_as_the_policy_has(tries, lake):
    lake.upstream.script(SURVEY_PATH, Status(500), forever=True)
    done = lake.land_bls(replace(QUICK, tries=tries))
    assert f"in {tries} tries" in done.told or tries == 1
    assert len(lake.asked(SURVEY_PATH)) == tries


def test_u4_nobody_listens(behind):
    lake, healed = behind
    before = lake.everything()
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        done = lake.land_bls(bls_url=f"http://127.0.0.1:{bound.getsockname()[1]}/pub/time.series/")
    assert done.exit_code == 5
    assert re.search("127.0.0.1/pub/time.series/pr/ .*4 tries: connection refused", done.told)
    assert lake.everything() == before
    assert lake.run_all() == []
    assert lake.tree() == healed


@pytest.mark.parametrize(
    "contact",
    ["", "   ", "me", "me at example.org", "me@example.org\r\nX-Evil: 1", "名@example.org"],
    ids=lambda contact: f"U1-{contact!a}",
)
def test_without_a_contact_nothing_is_asked(contact, lake):
    before = lake.everything()
    done = lake.land_bls(contact=contact)
    assert type(done.error) is UsageError
    assert done.exit_code == 2
    assert "e-mail address" in done.told
    assert "--contact" in done.told
    assert lake.upstream.requests == []
    assert lake.everything() == before


def test_u1_a_refusal_of_one_file_asks_for_few_of_the_others(lake, tmp_path):
    lake.folder = tmp_path / "empty"
    lake.upstream.script(SURVEY_PATH + "pr.*", Status(403), forever=True)
    assert lake.land_bls().exit_code == 7
    # Four at a time; what has begun when the first refusal comes is finished, the rest left out.
    assert len(lake.asked()) < 1 + 12


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
    assert lake.tree("raw").keys() & {"raw/bls/cu/cu.class", "raw/bls/cu/_manifest.json"} == set()


def test_u11_no_other_host_hears_of_the_contact(lake):
    before = lake.everything()
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
    assert lake.everything() == before
