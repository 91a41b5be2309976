"""Where a lake under test lies: in a directory, or in a bucket of an S3 in this process (moto).

Both can be copied and compared byte for byte. S3 names versions at random, and manifests hold
these names; so what is compared has the hash of a version's bytes in the place of its name.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import pickle
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union

import boto3
from moto import mock_aws
from moto.glue.models import glue_backends
from moto.s3.models import FakeDeleteMarker, s3_backends

from glue_jobs.sources.bls.manifest import load_survey
from glue_jobs.sources.population.manifest import load_population
from glue_jobs.storage import names
from glue_jobs.storage.open import open_storage
from tests.aws import REGION
from tests.pointers import load_pointers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glue_jobs.catalog.pointers import TableFile
    from glue_jobs.sources.bls.manifest import LandedFile
    from glue_jobs.sources.population.manifest import LandedPage
    from glue_jobs.storage.protocol import Storage

Tree = dict[str, str]
"""Files by their path inside the lake, as hashes of their bytes."""

Begin = Union[Path, bytes]
"""What a lake begins with: a directory to copy, or the objects of a bucket."""

BACKENDS = ("local", "s3")

UNREADABLE = Path("/proc/self/mem")
"""A file whose first byte no program can read: EIO, as on a disk with a bad sector."""

_ACCOUNT = "123456789012"
_VERSIONS = ".lake/versions/"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Place:
    """One lake's place.

    Attributes:
        uri: the lake's address.
        database: of its Glue catalog; empty for a directory.
    """

    uri: str
    database: str = ""

    @cached_property
    def storage(self) -> Storage:
        return open_storage(self.uri, REGION if self.database else "")

    @property
    def folder(self) -> Path:
        """The directory; a lake in S3 has none."""
        assert not self.database
        return Path(self.uri)

    def body(self, key: str, version: str = "") -> bytes:
        """An object's bytes, or those of one of its versions."""
        if not self.database:
            return (self.folder / (f"{_VERSIONS}{key}/{version}" if version else key)).read_bytes()
        versions = _keys(self.uri)[key]
        named = [one for one in versions if one.version_id == version] if version else versions
        return _body(named[-1]) or b""

    def visible(self) -> Tree:
        """All objects as they are now."""
        if self.database:
            bodies = {
                key: _body(versions[-1])
                for key, versions in _keys(self.uri).items()
                if not key.startswith(names.LEASES)
            }
            return _hashed(
                self.uri, {key: body for key, body in bodies.items() if body is not None}
            )
        return {path: hashed for path, hashed in _files(self.folder).items() if path[0] != "."}

    def kept(self) -> Tree:
        """All versions, the current ones too, by key and number."""
        if self.database:
            bodies = {
                f"{key}@{number:06d}": _body(version) or b"deleted"
                for key, versions in _keys(self.uri).items()
                if not key.startswith(names.LEASES)
                for number, version in enumerate(versions, 1)
            }
            return _hashed(self.uri, bodies)
        return {
            path[len(_VERSIONS) :]: hashed
            for path, hashed in _files(self.folder).items()
            if path.startswith(_VERSIONS)
        }

    def damage(self, key: str, how: str) -> None:
        """Does harm to an object, past everything that guards it.

        Args:
            key: of the object.
            how: ``flip`` a byte where it lies, ``truncate`` it, ``delete`` it, ``replace`` it by
                another object, or make it ``unreadable``, which only a disk does.
        """
        body = self.body(key)
        if how == "delete":
            self.storage.delete(key)
            return
        changed = body[: len(body) // 2]
        if how != "truncate":
            changed += bytes([body[len(body) // 2] ^ 1]) + body[len(body) // 2 + 1 :]
        self.falsify(key, changed, how)

    def falsify(self, key: str, changed: bytes, how: str = "flip") -> None:
        """Lays other bytes where an object lies, past everything that guards it.

        Args:
            key: of the object.
            changed: the bytes.
            how: ``replace`` it by an object of its own, or make it ``unreadable``; else the bytes
                change where they lie, under all of their names.
        """
        if self.database:
            if how == "replace":
                client = boto3.client("s3", region_name=REGION)
                client.put_object(Bucket=self.uri[5:], Key=key, Body=changed)
            else:
                _keys(self.uri)[key][-1].value = changed
            return
        path = self.folder / key
        files = [file for file in self.folder.rglob("*") if file.is_file()]
        hurt = [path] if how == "replace" else [file for file in files if file.samefile(path)]
        # Lakes are copied by links: a file of its own, under all the names that it has here.
        changed_file = self.folder / ".lake" / "hurt"
        if how == "unreadable":
            changed_file.symlink_to(UNREADABLE)
        else:
            changed_file.write_bytes(changed)
        for file in hurt:
            file.unlink()
            os.link(changed_file, file, follow_symlinks=False)
        changed_file.unlink()

    def falsify_version(self, key: str, version: str, changed: bytes) -> None:
        """Lays other bytes where a version lies, under all of its names here."""
        if self.database:
            (hurt,) = [one for one in _keys(self.uri)[key] if one.version_id == version]
            hurt.value = changed
            return
        self.falsify(f"{_VERSIONS}{key}/{version}", changed)

    def check_entries(self, *, raced: bool = False) -> None:
        """Reads back every object that a manifest or a pointer names.

        What a manifest names is in sight, too, though perhaps with the bytes of the next release.
        A run that was overtaken may hide a file until the next run; its version is there.
        """
        storage = self.storage
        noted: list[tuple[str, str, LandedFile | LandedPage | TableFile]] = [
            *(
                (names.raw_file("bls/pr", file.name), file.version, file)
                for file in load_survey(storage, "pr").files.values()
            ),
            *(
                (names.raw_file("population", page.name), page.version, page)
                for dataset in load_population(storage).files.values()
                for page in dataset.pages
            ),
            *(
                (pointer.key_of(table, file), "", file)
                for pointer in load_pointers(storage)
                for table, file in pointer.files()
            ),
        ]
        shown = self.visible()
        for key, version, entry in noted:
            assert raced or key in shown
            body = self.body(key, version)
            assert hashlib.sha256(body).hexdigest() == entry.sha256, key
            assert len(body) == entry.bytes, key

    def expire_leases(self) -> None:
        """Has five minutes go by since anybody renewed a lease; a directory's end by themselves."""
        if self.database:
            for key, versions in _keys(self.uri).items():
                if key.startswith(names.LEASES):
                    versions[-1].last_modified -= timedelta(minutes=5)

    def litter(self) -> list[str]:
        """What a run leaves only if it is killed: scratch folders, uploads without an end."""
        if self.database:
            uploads = boto3.client("s3", region_name=REGION).list_multipart_uploads(
                Bucket=self.uri[5:]
            )
            return [upload["Key"] for upload in uploads.get("Uploads", [])]
        scratch = self.folder / ".lake" / "scratch"
        return [path.name for path in scratch.iterdir()] if scratch.exists() else []


@dataclass(frozen=True)
class Kept:
    """A place as it was once.

    Attributes:
        place: it.
        content: a copy of its directory, or the objects of its bucket.
        tables: what the catalog had of it; of a directory nothing.
    """

    place: Place
    content: Begin
    tables: bytes = b""

    @property
    def is_there(self) -> bool:
        """Whether the cloud of today has it already, so that it cannot be made again there."""
        return bool(self.place.database) and self.place.database in _databases()


class Places:
    """Makes places of one kind."""

    def __init__(self, backend: str, folder: Path) -> None:
        """Prepares.

        Args:
            backend: one of ``BACKENDS``.
            folder: for lakes in directories.
        """
        self.backend = backend
        self._folder = folder

    def new(self, begin: Begin | None = None) -> Place:
        """A place with nothing in it, or with what another one held."""
        number = next(_numbers)
        if self.backend == "local":
            folder = self._folder / f"lake-{number}"
            if begin is not None:
                assert isinstance(begin, Path)
                copy_directory(begin, folder)
            return Place(str(folder))
        return self._in_s3(f"lake-{number}", begin)

    def keep(self, place: Place) -> Kept:
        """Keeps a place as it is now."""
        if not place.database:
            return Kept(place, copy_files(place.folder, Path(self.new().uri)))
        return Kept(place, begin_of(place), pickle.dumps(_databases()[place.database]))

    def again(self, kept: Kept) -> Place:
        """A place as it was: in another directory, or in a cloud of its own under its own name."""
        if self.backend == "local":
            assert isinstance(kept.content, Path)
            return Place(str(copy_files(kept.content, Path(self.new().uri))))
        place = self._in_s3(kept.place.uri[5:], kept.content)
        _databases()[place.database] = pickle.loads(kept.tables)
        return place

    def _in_s3(self, name: str, begin: Begin | None) -> Place:
        client = boto3.client("s3", region_name=REGION)
        client.create_bucket(Bucket=name)
        client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        database = name.replace("-", "_")
        boto3.client("glue", region_name=REGION).create_database(DatabaseInput={"Name": database})
        if begin is not None:
            assert isinstance(begin, bytes)
            for key, versions in pickle.loads(begin).items():
                _store(f"s3://{name}").setlist(key, versions)
        return Place(f"s3://{name}", database)


def begin_of(place: Place) -> Begin:
    """What a place holds now, for others to begin with."""
    if not place.database:
        return place.folder
    return pickle.dumps(_keys(place.uri))


@contextmanager
def cloud(backend: str) -> Iterator[None]:
    """Puts a cloud into this process for a lake that needs one."""
    if backend == "local":
        yield
        return
    with mock_aws():
        yield


def copy_directory(lake: Path, target: Path) -> Path:
    """Copies a lake by links, so that what was one file under two names stays so."""
    ignored = shutil.ignore_patterns("lock", "runs")
    return shutil.copytree(lake, target, copy_function=os.link, ignore=ignored)


def copy_files(lake: Path, target: Path) -> Path:
    """Copies a lake's bytes, too; what was one file under two names stays so."""
    copies: dict[int, str] = {}

    def copy(source: str, name: str) -> None:
        first = copies.setdefault(Path(source).stat().st_ino, name)
        if first == name:
            shutil.copy2(source, name)
        else:
            os.link(first, name)

    return shutil.copytree(lake, target, copy_function=copy)


def _files(folder: Path) -> Tree:
    return {
        path.relative_to(folder).as_posix(): _file_hash(path)
        for path in folder.rglob("*")
        if path.is_file()
    }


def _file_hash(path: Path) -> str:
    """Of its bytes; of none for a version that was made unreadable, and stays so."""
    if path.is_symlink():
        return ""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _databases() -> dict[str, Any]:
    databases: dict[str, Any] = glue_backends[_ACCOUNT][REGION].databases
    return databases


def _store(uri: str) -> Any:
    return s3_backends[_ACCOUNT]["aws"].buckets[uri[5:]].keys


def _keys(uri: str) -> dict[str, list[Any]]:
    """A bucket's objects by key, each the list of its versions."""
    store = _store(uri)
    return {key: store.getlist(key) for key in list(store)}


def _body(version: Any) -> bytes | None:
    return None if isinstance(version, FakeDeleteMarker) else bytes(version.value)


def _hashed(uri: str, bodies: dict[str, bytes]) -> Tree:
    named = {
        version.version_id.encode(): hashlib.sha256(_body(version) or b"").hexdigest().encode()
        for key, versions in _keys(uri).items()
        if key.startswith("raw/")
        for version in versions
    }
    tree = {}
    for key, body in bodies.items():
        text = body
        for name, hashed in named.items() if "_manifest.json" in key else ():
            text = text.replace(name, hashed)
        tree[key] = hashlib.sha256(text).hexdigest()
    return tree
