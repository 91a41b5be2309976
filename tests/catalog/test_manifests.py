"""Manifests: what was landed, replaced only by who has read what is there."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from glue_jobs.documents import to_json
from glue_jobs.errors import IntegrityFailure, LostRace, UsageError
from glue_jobs.manifests import Manifest
from glue_jobs.sources.bls.manifest import MANIFESTS, LandedFile, load_survey, save_survey
from glue_jobs.sources.population.manifest import (
    LandedDataset,
    LandedPage,
    load_population,
    save_population,
)
from glue_jobs.storage.local import LocalStorage

KEY = "raw/bls/pr/_manifest.json"
CLASS = LandedFile(
    name="pr.class",
    bytes=102,
    sha256="ab" * 32,
    last_modified="2025-09-04T12:30:00Z",
    listed_minute="2025-09-04T08:30",
    retrieved_at="2025-09-05T06:00:00Z",
    version="000001-abab",
)
FILES = {"pr.class": CLASS, "pr.txt": replace(CLASS, name="pr.txt", bytes=7)}
DATASETS = {
    "acs1": LandedDataset(
        dataset_name="ACS 1-year Estimate",
        content_sha256="cd" * 32,
        years=10,
        retrieved_at="2025-09-05T06:00:00Z",
        pages=(
            LandedPage("a_1.json", 10, "ef" * 32, "1-ef"),
            LandedPage("a_2.json", 20, "01" * 32, "1-01"),
        ),
    )
}


@pytest.fixture
def storage(tmp_path):
    return LocalStorage(tmp_path / "lake")


def past_files(storage):
    return [one.files for one in MANIFESTS.past(storage, "raw/bls/pr/_manifest.json", "pr")]


def test_before_anything_was_landed_manifests_are_empty(storage):
    assert load_survey(storage, "pr") == Manifest({}, None)
    assert load_population(storage) == Manifest({}, None)


def test_what_is_saved_is_loaded(storage):
    save_survey(storage, "pr", Manifest(FILES))
    save_population(storage, Manifest(DATASETS))
    survey, population = load_survey(storage, "pr"), load_population(storage)
    assert (survey.files, population.files) == (FILES, DATASETS)
    assert survey.tag != population.tag
    assert load_survey(storage, "cu").files == {}


def test_a_manifest_is_replaced_only_by_who_has_read_it(storage):
    save_survey(storage, "pr", Manifest(FILES))
    with pytest.raises(LostRace):
        save_survey(storage, "pr", Manifest({}))
    read = load_survey(storage, "pr")
    save_survey(storage, "pr", Manifest({"pr.class": CLASS}, read.tag))
    with pytest.raises(LostRace):
        save_survey(storage, "pr", Manifest({}, read.tag))
    assert load_survey(storage, "pr").files == {"pr.class": CLASS}


def test_a_population_manifest_is_replaced_only_by_who_has_read_it(storage):
    save_population(storage, Manifest({}))
    read = load_population(storage)
    save_population(storage, Manifest(DATASETS, read.tag))
    with pytest.raises(LostRace):
        save_population(storage, Manifest({}, read.tag))
    assert load_population(storage).files == DATASETS


def test_the_same_content_is_the_same_bytes(storage):
    save_survey(storage, "pr", Manifest(FILES))
    first = storage.get(KEY).body
    backwards = Manifest(dict(reversed(FILES.items())), load_survey(storage, "pr").tag)
    save_survey(storage, "pr", backwards)
    assert storage.get(KEY).body == first
    assert len(storage.versions(KEY)) == 1


def test_a_document_is_sorted_and_ends_with_a_line(storage):
    assert to_json({"b": [1], "a": "\u00e9"}) == b'{\n "a": "\\u00e9",\n "b": [\n  1\n ]\n}\n'


@pytest.mark.parametrize("survey", ["PR", "p", "prx", "../", "p/"])
def test_a_manifest_belongs_to_a_survey_code(survey, storage):
    with pytest.raises(UsageError, match="is not a survey code"):
        load_survey(storage, survey)


entry = {key: value for key, value in vars(CLASS).items() if key != "name"}
DAMAGED = {
    "cut-short": b'{"survey": "pr", "files": {"pr.class": {"byt',
    "empty": b"",
    "zeros": b"\0" * 100,
    "not-utf-8": b'{"survey": "\xff"}',
    "list": b"[]",
    "null": b"null",
    "no-files": b"{}",
    "files-a-list": b'{"survey": "pr", "files": []}',
    "entry-a-number": b'{"survey": "pr", "files": {"pr.class": 1}}',
    "entry-without-fields": b'{"survey": "pr", "files": {"pr.class": {}}}',
    "field-too-many": json.dumps(
        {"survey": "pr", "files": {"pr.class": {**entry, "more": 1}}}
    ).encode(),
}


@pytest.mark.parametrize("body", DAMAGED.values(), ids=[f"S7-{name}" for name in DAMAGED])
@pytest.mark.parametrize("which", ["pr", "population"])
def test_a_damaged_manifest_is_named(body, which, storage):
    key = KEY if which == "pr" else "raw/population/_manifest.json"
    storage.put(key, body)
    with pytest.raises(IntegrityFailure, match=f"^{key} is not the manifest that was written"):
        load_survey(storage, "pr") if which == "pr" else load_population(storage)


@pytest.mark.parametrize("field", [{"bytes": -1}, {"sha256": "ab"}, {"last_modified": "today"}])
def test_what_nobody_could_read_is_not_saved(field, storage):
    with pytest.raises(IntegrityFailure, match="would not be a manifest that can be read"):
        save_survey(storage, "pr", Manifest({"pr.class": replace(CLASS, **field)}))
    assert storage.get(KEY) is None


def test_a_manifest_of_the_past_that_has_rotten_is_left_out(storage):
    for files in (FILES, {"pr.class": CLASS}):
        save_survey(storage, "pr", Manifest(files, load_survey(storage, "pr").tag))
    assert past_files(storage) == [{"pr.class": CLASS}, FILES]
    oldest = storage.root / ".lake/versions" / KEY / storage.versions(KEY)[0].version
    body = oldest.read_bytes()
    oldest.unlink()
    oldest.write_bytes(body.replace(b"abab", b"abac"))  # a manifest still, but not the one written
    assert past_files(storage) == [{"pr.class": CLASS}]
