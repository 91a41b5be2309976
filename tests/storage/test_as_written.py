"""A manifest or pointer is believed as it was written, and not as something else left it."""

from __future__ import annotations

import pytest

from glue_jobs.errors import IntegrityFailure
from glue_jobs.storage.local import LocalStorage
from glue_jobs.storage.recorded import check_as_written, intact_body

KEY = "current/pr.json"


@pytest.fixture
def lake(tmp_path):
    """Two contents, the second of which is current."""
    lake = LocalStorage(tmp_path / "lake")
    for body in (b"first", b"second"):
        lake.put(KEY, body)
    return lake


def test_what_was_written_is_believed(lake):
    check_as_written(lake, KEY)
    (lake.root / KEY).unlink()
    (lake.root / KEY).write_bytes(b"first")  # a disk without links, that went back
    check_as_written(lake, KEY)


def test_bytes_that_rot_in_their_place_are_damage(lake):
    path = lake.root / KEY
    path.chmod(0o644)
    with path.open("r+b") as stream:
        stream.write(b"S")
    with pytest.raises(IntegrityFailure, match="does not match its recorded checksum"):
        check_as_written(lake, KEY)
    first, second = lake.versions(KEY)
    assert intact_body(lake, first) == b"first"
    with pytest.raises(IntegrityFailure, match="has other bytes now"):
        intact_body(lake, second)


def test_an_object_that_something_else_has_put_there_is_damage(lake):
    path = lake.root / KEY
    path.unlink()
    path.write_bytes(b"neither")
    with pytest.raises(IntegrityFailure, match="does not match its recorded checksum"):
        check_as_written(lake, KEY)


def test_an_object_that_is_gone_is_damage(lake):
    lake.delete(KEY)
    with pytest.raises(IntegrityFailure, match="is not there"):
        check_as_written(lake, KEY)
