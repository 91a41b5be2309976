"""S7: bytes rot: `lake verify` finds them, names them, and brings them back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from labor_lake.cli import main
from tests.aws import REGION
from tests.faults.lake import CONTACT, DATA_FILE
from tests.faults.places import BACKENDS, UNREADABLE
from tests.faults.table import Case, cases
from tests.pointers import load_pointers

if TYPE_CHECKING:
    from typing import Any

    from tests.faults.lake import Lake

RAW = {
    "raw": f"raw/bls/pr/{DATA_FILE}",
    "page": "raw/population/acs_yg_total_population_1.json",
    "manifest": "raw/bls/pr/_manifest.json",
    "pointer": "current/pr.json",
}


def key_of(what: str, lake: Lake) -> str:
    """The key of what rots."""
    if what in RAW:
        return RAW[what]
    (key,) = [
        pointer.key_of(table, file)
        for pointer in load_pointers(lake.storage)
        for table, file in pointer.files()
        if table == what and file.source in ("", DATA_FILE, "pr.class", "acs1")
    ]
    return key


@pytest.fixture
def verify(capsys):
    def run(lake: Lake, *flags: str) -> tuple[int, dict[str, Any]]:
        settings = {
            "--lake": lake.place.uri,
            "--database": lake.place.database or "labor_lake",
            "--region": REGION,
            "--bls-url": lake.upstream.bls_url,
            "--population-url": lake.upstream.population_url,
            "--contact": CONTACT,
        }
        words = [word for setting in settings.items() for word in setting]
        code = main(["verify", *words, "--json", "--bytes", *flags])
        out, err = capsys.readouterr()
        assert out, err
        told: dict[str, Any] = json.loads(out)
        return code, told

    return run


@pytest.mark.parametrize("backend", BACKENDS)
@cases("rot")
def test_rot_is_found_and_named_and_made_good(case, lake, verify):
    check_made_good(case, lake, verify, case.inject["rot"], case.inject["how"])


@pytest.mark.skipif(not UNREADABLE.exists(), reason="this system has no file that cannot be read")
@cases("unreadable")
def test_a_bad_sector_is_found_and_named_and_made_good(case, lake, verify):
    check_made_good(case, lake, verify, case.inject["unreadable"], "unreadable")


@pytest.mark.skipif(not UNREADABLE.exists(), reason="this system has no file that cannot be read")
@pytest.mark.parametrize("what", ["manifest", "pointer"])
def test_a_run_that_meets_a_bad_sector_says_so(what, lake):
    lake.place.damage(RAW[what], "unreadable")
    (failure, *_) = lake.run_all()
    assert failure.exit_code == 7
    assert str(failure).endswith(f"{RAW[what]}: input/output error; the disk may be failing.")
    assert failure.hint


def check_made_good(case: Case, lake: Lake, verify: Any, what: str, how: str) -> None:
    assert lake.run_all() == []  # the catalog of a lake that was copied is empty
    before = lake.tree()
    assert verify(lake)[0] == 0
    key = key_of(what, lake)
    lake.place.damage(key, how)
    code, told = verify(lake)
    assert code == case.exit_code
    assert key in [problem["key"] for problem in told["problems"]]
    assert {problem["repaired"] for problem in told["problems"]} == {None}
    code, told = verify(lake, "--repair")
    assert [problem for problem in told["problems"] if not problem["repaired"]] == []
    assert code == 0
    assert verify(lake)[0] == 0
    if case.expect["state"] == "as before":
        assert lake.tree() == before
    lake.check()
    assert lake.run_all() == []
    lake.check()
