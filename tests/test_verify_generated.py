"""`lake verify` checks what manifests and pointers name, to the version; `--repair` keeps it true.

Each test changes one fact in a small lake with two releases, and says what is found and mended.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import boto3
import pytest

from glue_jobs.catalog.pointers import load_pointer, missing_files, publish
from glue_jobs.errors import QualityFailure, TryAgainLater, UpstreamRefused
from glue_jobs.sources.bls.manifest import load_survey
from glue_jobs.sources.population.manifest import load_population
from glue_jobs.storage.local import LocalStorage
from glue_jobs.storage.recorded import recorded_sha256
from labor_lake.commands.vacuum import vacuum
from labor_lake.commands.verify import verify_lake
from labor_lake.rebuild import rebuild_differences
from labor_lake.repair import repair
from labor_lake.verification import POINTER, RAW, Noted, verify
from tests.aws import REGION
from tests.faults.commands import LATER
from tests.faults.lake import DATA_FILE, NEXT_RELEASE, SURVEY_PATH, Lake, change_file
from tests.faults.places import BACKENDS, Places, cloud
from tests.faults.small_survey import CUBE, lake_with, serve_release
from tests.simulator.faults import Status
from tests.simulator.upstream import Upstream
from tests.storage.objects import put_file

if TYPE_CHECKING:
    from typing import Any

CLASS = "raw/bls/pr/pr.class"
PAGE = f"raw/population/{CUBE}.json"


@pytest.fixture(params=BACKENDS)
def lake(request, tmp_path):
    with cloud(request.param), Upstream() as upstream:
        yield lake_with(Places(request.param, tmp_path), upstream, 1, 2)


def found(lake: Lake) -> list[tuple[str, str]]:
    """Which key has a problem, and which."""
    return [(problem.noted.key, problem.what) for problem in verify(lake.run()).problems]


def mended(lake: Lake) -> list[tuple[str, Any]]:
    """Repairs all; returns which key was restored, and from where, if it was."""
    details = verify_lake(lake.run(), mend=True, upstream=False).details
    return [(entry["key"], entry["repaired"]) for entry in details["problems"]]


def version_named(lake: Lake, key: str) -> str:
    """The version that a manifest names."""
    if key == CLASS:
        return load_survey(lake.storage, "pr").files["pr.class"].version
    (page,) = load_population(lake.storage).files["acs1"].pages
    return page.version


def lose_version(lake: Lake, key: str) -> None:
    """Takes away the version that the manifest names; the object that is seen has its bytes."""
    version, body = version_named(lake, key), lake.place.body(key)
    if lake.place.database:
        client = boto3.client("s3", region_name=REGION)
        named = {"Bucket": lake.place.uri[5:], "Key": key}
        hashed = hashlib.sha256(body).hexdigest()
        client.put_object(**named, Body=body, Metadata={"sha256": hashed})
        client.delete_object(**named, VersionId=version)
        return
    (lake.folder / key).unlink()
    (lake.folder / key).write_bytes(body)
    (lake.folder / ".lake/versions" / key / version).unlink()


def test_a_lake_as_it_should_be_has_no_problem(lake):
    assert found(lake) == []


@pytest.mark.parametrize("key", [CLASS, PAGE])
def test_a_version_that_the_manifest_names_and_that_is_gone_is_named(key, lake):
    version = version_named(lake, key)
    lose_version(lake, key)
    assert found(lake) == [(key, f"in its version {version} is not there or cannot be read")]


@pytest.mark.parametrize("key", [CLASS, PAGE])
def test_after_a_repair_the_manifest_names_a_version_with_the_noted_bytes(key, lake):
    body = lake.place.body(key)
    lose_version(lake, key)
    ((repaired, origin),) = mended(lake)
    assert repaired == key
    assert origin
    version = version_named(lake, key)
    assert version in [stored.version for stored in lake.storage.versions(key)]
    assert lake.place.body(key, version) == body == lake.place.body(key)
    assert found(lake) == []
    lake.check()
    assert lake.run_all() == []
    lake.check()


@pytest.mark.parametrize("lake", ["local"], indirect=True)
def test_each_object_of_the_raw_zone_is_read_to_its_last_byte(lake):
    for key in [path for path in lake.tree("raw") if "_manifest" not in path]:
        path = lake.folder / key
        whole = path.read_bytes()
        path.unlink()
        path.write_bytes(whole[:-1] + b"?")
        assert (key, "has other bytes than were stored") in found(lake)
        path.unlink()
        path.write_bytes(whole)


@pytest.mark.parametrize("lake", ["local"], indirect=True)
def test_the_bytes_of_each_old_vintage_are_read(lake):
    key = f"raw/bls/pr/{DATA_FILE}"
    old, _ = lake.storage.versions(key)
    path = lake.folder / ".lake/versions" / key / old.version
    whole = path.read_bytes()
    path.unlink()
    path.write_bytes(whole[:-1] + b"?")
    assert found(lake) == [(key, f"in its version {old.version} has other bytes than were stored")]


def test_each_file_that_a_pointer_names_is_missed(lake):
    for key in lake.tree("curated", "history"):
        pointers = [load_pointer(lake.storage, subject) for subject in ("pr", "population")]
        named = [one.key_of(*file) for one in pointers if one for file in one.files()]
        if key in named:
            content = lake.storage.get(key)
            lake.storage.delete(key)
            assert found(lake) == [(key, "is not there or cannot be read")]
            lake.storage.put(key, content.body)
    assert found(lake) == []


def test_a_file_that_this_program_makes_otherwise_has_its_release_made_anew(lake):
    """Another version of the Parquet library writes other bytes; the pointer notes the old ones."""
    pointer = load_pointer(lake.storage, "pr")
    assert pointer is not None
    (file,) = pointer.tables["pr_class"].files
    key = pointer.key_of("pr_class", file)
    document = json.loads(lake.place.body("current/pr.json"))
    document["tables"]["pr_class"]["files"][0]["sha256"] = "ab" * 32
    lake.storage.put("current/pr.json", json.dumps(document).encode())
    lake.storage.delete(key)
    ((repaired, how),) = mended(lake)
    assert repaired == key
    assert how == "by making the release anew, since this program makes other bytes of it"
    pointer = load_pointer(lake.storage, "pr")
    assert pointer is not None
    assert pointer.tables["pr_class"].files == (file,)
    assert found(lake) == []


@pytest.mark.parametrize("lake", ["local"], indirect=True)
def test_an_upstream_that_refuses_is_told_and_no_file_is_called_gone(lake):
    lake.upstream.script(f"{SURVEY_PATH}*", Status(403), forever=True)
    with pytest.raises(UpstreamRefused, match="refuses to serve"):
        verify(lake.run(), upstream=True)


@pytest.mark.parametrize("key", [f"raw/bls/pr/{DATA_FILE}", PAGE])
def test_a_repair_that_comes_late_leaves_an_entry_of_other_bytes_as_it_is(key, lake):
    """A run has renewed the entry since the damage was seen: a version goes with its hash."""
    manifest = f"{key.rpartition('/')[0]}/_manifest.json"
    before = lake.place.body(manifest)
    old = lake.storage.versions(key)[0]
    noted = Noted(RAW, key.split("/")[-2], key, manifest, recorded_sha256(lake.storage, old))
    repair(lake.run(), noted)
    assert lake.place.body(manifest) == before


def test_what_the_history_counts_is_compared_with_its_vintages(lake):
    pointer = load_pointer(lake.storage, "pr")
    assert pointer is not None
    *older, last = pointer.history
    wrong = (*older, replace(last, revised=last.revised + 1))
    assert list(rebuild_differences(lake.run(), "pr")) == []
    publish(lake.storage, replace(pointer, history=wrong))
    (problem,) = rebuild_differences(lake.run(), "pr")
    assert problem.noted.key == "current/pr.json"
    assert problem.what == f"counts the changes of {DATA_FILE} in {last.release} wrongly"


def test_what_is_wrong_with_a_subject_that_is_being_written_is_for_later(lake):
    lake.place.damage(CLASS, "delete")
    with lake.storage.lease("pr"):
        told = verify(lake.run())
    assert (told.problems, [type(failure) for failure in told.failures]) == ([], [TryAgainLater])
    assert [key for key, _ in found(lake)] == [CLASS]


@pytest.mark.parametrize("lake", ["local"], indirect=True)
def test_what_a_run_renews_while_it_is_compared_is_looked_at_again(lake):
    serve_release(lake.upstream, 3)
    assert lake.run_all() == []
    lake.upstream.remove_file("pr", "pr.txt")
    left = [lake.run_all]

    class Renewed(LocalStorage):
        """A run takes the document away before the data file is read, which comes first."""

        def open(self, key, version=""):
            if key.endswith(DATA_FILE) and left:
                assert left.pop()() == []
            return super().open(key, version)

    told = verify(replace(lake.run(), storage=Renewed(lake.storage.root)))
    assert left == []
    assert lake.storage.stat("raw/bls/pr/pr.txt") is None
    assert (told.problems, told.failures) == ([], [])


def test_a_file_that_a_run_has_landed_and_not_yet_noted_is_no_damage(lake):
    put_file(lake.storage, CLASS, b"class_code\tclass_text\r\n7\tNobody\r\n")
    assert found(lake) == []


@pytest.mark.parametrize("lake", ["local"], indirect=True)
def test_no_pointer_comes_back_whose_files_were_vacuumed(lake, monkeypatch):
    key = "current/pr.json"
    # The data stay as they are, so no missing vintage has the release built again.
    change_file(lake.upstream, "pr.class", b"class_code\tclass_text\r\n7\tAll\r\n", NEXT_RELEASE)
    assert lake.run_all() == []
    assert vacuum(lake.storage, LATER).failures == []
    lake.place.falsify(key, b"rotten")
    with monkeypatch.context() as patched:
        # Nothing that was landed can be built: what came back now would stay as it is.
        patched.setattr("labor_lake.repair.build_subject", refuse_to_build)
        with pytest.raises(QualityFailure):
            repair(lake.run(), Noted(POINTER, "pr", key, ""))
    assert lake.place.body(key) == b"rotten"
    repair(lake.run(), Noted(POINTER, "pr", key, ""))
    pointer = load_pointer(lake.storage, "pr")
    assert pointer is not None
    assert missing_files(lake.storage, pointer) == []
    assert found(lake) == []


def refuse_to_build(*_: object, **__: object) -> None:
    raise QualityFailure("What was landed is no release.")
