"""Bytes are believed only with their hash."""

from __future__ import annotations

import hashlib

import pytest

from glue_jobs.errors import IntegrityFailure, QualityFailure, StorageFailure
from glue_jobs.storage.local import LocalStorage
from glue_jobs.storage.verified import copy_verified, open_verified, read_verified
from tests.storage.objects import KEY, put_file

BODY = b"class_code\tclass_text\r\n" * 100_000
SHA256 = hashlib.sha256(BODY).hexdigest()
OTHER = hashlib.sha256(b"other bytes").hexdigest()


@pytest.fixture
def lake(tmp_path):
    lake = LocalStorage(tmp_path / "lake")
    put_file(lake, KEY, BODY)
    return lake


def test_the_bytes_of_the_recorded_hash_are_given(lake, tmp_path):
    version = lake.versions(KEY)[0].version
    with open_verified(lake, KEY, SHA256) as stream:
        assert stream.readline() == b"class_code\tclass_text\r\n"  # the rest is read at the end
    assert read_verified(lake, KEY, SHA256, version) == BODY
    copy_verified(lake, KEY, SHA256, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == BODY


def test_others_are_refused_however_much_of_them_was_read(lake, tmp_path):
    told = pytest.raises(IntegrityFailure, match=rf"^{KEY} does not match its recorded checksum")
    with told, open_verified(lake, KEY, OTHER) as stream:
        stream.readline()
    with pytest.raises(IntegrityFailure, match=r"^The version 000001-"):
        read_verified(lake, KEY, OTHER, lake.versions(KEY)[0].version)
    with pytest.raises(IntegrityFailure):
        copy_verified(lake, KEY, OTHER, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_what_is_wrong_with_their_content_is_not_what_is_told(lake):
    with pytest.raises(IntegrityFailure) as told, open_verified(lake, KEY, OTHER):
        raise QualityFailure("pr.class has no column class_code.")
    assert isinstance(told.value.__cause__, QualityFailure)


@pytest.mark.parametrize("failure", [QualityFailure("too many rejects"), StorageFailure("full")])
def test_a_failure_over_the_right_bytes_is_told_as_it_is(failure, lake):
    with pytest.raises(type(failure), match=str(failure)), open_verified(lake, KEY, SHA256):
        raise failure
