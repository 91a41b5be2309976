"""Lakes that are wrong already, as version 0.1 could make them: found, and mended.

0.1 converted raw files without comparing them with their hash, took any Last-Modified for a
release's name, and let a repair beside a run write an old version into a new manifest entry. The
same is done here by taking the checks away while such a lake is made.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from glue_jobs import raw_zone
from glue_jobs.catalog.pointers import load_pointer
from glue_jobs.documents import to_json
from glue_jobs.sources.bls.manifest import load_survey, save_survey
from tests.faults.commands import verify
from tests.faults.lake import DATA_FILE, Lake, change_file, observation
from tests.faults.places import BACKENDS, Places, cloud
from tests.faults.small_survey import lake_with, serve_release
from tests.lakes import NOW
from tests.simulator.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = f"raw/bls/pr/{DATA_FILE}"
MORE_ROWS = [observation("PRS30006011", "1999", f"Q0{at}", "1.0") for at in (1, 2, 3, 4)]


@pytest.fixture(params=BACKENDS)
def new_lake(request, tmp_path):
    """Makes lakes with the releases that are named, the first or both."""
    with cloud(request.param), Upstream() as upstream:
        places = Places(request.param, tmp_path)

        yield partial(lake_with, places, upstream)


@contextlib.contextmanager
def believed_without_hash(monkeypatch):
    @contextlib.contextmanager
    def open_believed(storage, key, sha256, version=""):
        with storage.open(key, version) as stream:
            yield stream

    with monkeypatch.context() as patched:
        patched.setattr(raw_zone, "open_verified", open_believed)
        yield


def answers(lake: Lake) -> list[tuple[object, ...]]:
    """What the lake holds, whatever its folders are called: rows and sizes by table."""
    pointer = load_pointer(lake.storage, "pr")
    assert pointer is not None
    return [(table, file.path, file.rows, file.sha256) for table, file in pointer.files()] + [
        (vintage.release, vintage.sha256, vintage.revised) for vintage in pointer.history
    ]


def check_mended(lake: Lake, healthy: Lake) -> None:
    assert verify(lake, rebuild=True) == (0, verify(lake, rebuild=True)[1])
    assert answers(lake) == answers(healthy)
    serve_release(lake.upstream, 3)
    for one in (lake, healthy):
        assert one.run_all() == []
    assert answers(lake) == answers(healthy)
    assert verify(lake, rebuild=True)[0] == 0
    lake.check()


def test_a_wrong_figure_that_was_published_as_good(new_lake: Callable[..., Lake], monkeypatch):
    """The digit rots after landing, is built, and raw is repaired: all hashes are good, then."""
    healthy, lake = new_lake(1, 2), new_lake(1)
    serve_release(lake.upstream, 2)
    assert lake.land_bls().failures == lake.land_population().failures == ()
    right = lake.place.body(KEY)
    lake.place.falsify(KEY, right.replace(b"2.2", b"7.2"))
    with believed_without_hash(monkeypatch):
        assert lake.build().failures == ()
    assert verify(lake, repair=True)[0] == 0
    assert lake.place.body(KEY) == right
    assert verify(lake)[0] == 0  # nothing but the rows can tell
    code, told = verify(lake, rebuild=True)
    assert code == 7
    wrong = {one["key"].split("/")[0] for one in told["problems"]}
    assert wrong == {"curated", "history"}
    assert all(
        "has other rows than its raw file gives" in one["problem"] for one in told["problems"]
    )
    assert verify(lake, rebuild=True, repair=True)[0] == 0
    check_mended(lake, healthy)


@pytest.mark.parametrize(
    ("name", "misread"),
    [
        (DATA_FILE, lambda body: body + b"".join(MORE_ROWS)),
        ("pr.class", lambda body: body.replace(b"class_text", b"class_text\tmore")),
    ],
    ids=["rows", "columns"],
)
def test_a_table_of_wrong_rows_is_mended_whatever_it_loses(new_lake, name, misread, monkeypatch):
    """More than a file may lose from one release to the next."""
    lake, key = new_lake(1), f"raw/bls/pr/{name}"
    serve_release(lake.upstream, 2)
    change_file(lake.upstream, "pr.class", b"class_code\tclass_text\r\n")
    assert lake.land_bls().failures == lake.land_population().failures == ()
    good = lake.place.body(key)
    lake.place.falsify(key, misread(good))
    with believed_without_hash(monkeypatch):
        assert lake.build().failures == ()
    assert verify(lake, repair=True)[0] == 0
    assert lake.place.body(key) == good
    assert verify(lake, rebuild=True)[0] == 7
    assert verify(lake, rebuild=True, repair=True)[0] == 0
    assert lake.build().failures == ()


def test_a_release_that_is_named_by_a_date_in_the_future(new_lake, monkeypatch):
    healthy, lake = new_lake(1, 2), new_lake(1)
    serve_release(lake.upstream, 2)
    assert lake.land_bls().failures == lake.land_population().failures == ()
    manifest = load_survey(lake.storage, "pr")
    file = manifest.files[DATA_FILE]
    dated = replace(file, last_modified="2100-01-01T00:00:00Z")
    save_survey(lake.storage, "pr", replace(manifest, files={**manifest.files, DATA_FILE: dated}))
    with monkeypatch.context() as trusting:
        trusting.setattr(raw_zone, "is_in_future", lambda landed, now: False)
        assert lake.build().failures == ()
    pointer = load_pointer(lake.storage, "pr")
    assert pointer is not None
    assert pointer.release == "21000101T000000Z"
    code, told = verify(lake)
    assert code == 7
    assert {one["key"] for one in told["problems"]} == {KEY, "current/pr.json"}
    assert "2100-01-01T00:00:00Z, which is in the future" in told["problems"][0]["problem"]
    assert verify(lake, repair=True)[0] == 0
    pointer, sound = (load_pointer(one.storage, "pr") for one in (lake, healthy))
    assert pointer is not None
    assert sound is not None
    assert pointer.release == sound.release
    # The vintage is named by when it was seen: nobody knows any more when BLS wrote it.
    assert max(one.release for one in pointer.history) <= f"{NOW + timedelta(days=1):%Y%m%d}"
    assert verify(lake, rebuild=True)[0] == 0
    serve_release(lake.upstream, 3)
    lake.run_all()
    assert verify(lake, rebuild=True)[0] == 0


def test_a_date_after_which_no_release_could_come(new_lake):
    """0.1 could not name a vintage after 9999, and failed at every later run."""
    healthy, lake = new_lake(1, 2), new_lake(1)
    serve_release(lake.upstream, 2)
    key = "raw/bls/pr/_manifest.json"
    document = lake.read_json(key)
    document["files"][DATA_FILE]["last_modified"] = "9999-12-31T23:59:59Z"
    lake.storage.put(key, to_json(document))
    assert {failure.exit_code for failure in lake.run_all()} == {7}
    code, told = verify(lake)
    assert (code, [one["key"] for one in told["problems"]]) == (7, [key])
    assert verify(lake, repair=True)[0] == 0
    assert lake.run_all() == []
    check_mended(lake, healthy)


def test_a_manifest_entry_of_two_moments(new_lake: Callable[..., Lake]):
    """The new hash with the old version: old bytes would be published under a new name."""
    healthy, lake = new_lake(1, 2), new_lake(1)
    serve_release(lake.upstream, 2)
    old = load_survey(lake.storage, "pr").files[DATA_FILE]
    assert lake.land_bls().failures == lake.land_population().failures == ()
    manifest = load_survey(lake.storage, "pr")
    mixed = replace(manifest.files[DATA_FILE], version=old.version)
    save_survey(lake.storage, "pr", replace(manifest, files={**manifest.files, DATA_FILE: mixed}))
    (failure,) = lake.build().failures
    assert "does not match its recorded checksum" in str(failure)
    code, told = verify(lake)
    assert (code, [one["key"] for one in told["problems"]]) == (7, [KEY])
    assert verify(lake, repair=True)[0] == 0
    assert lake.build().failures == ()
    check_mended(lake, healthy)
