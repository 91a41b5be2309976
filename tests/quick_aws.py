"""Makes moto and the SDK quicker, and changes none of their answers.

Both work out again and again what never changes while tests run: each session of the SDK reads the
models of its services, each client gets a class of its own, and moto evaluates its table of
addresses with each request and copies a bucket with each listing of versions. A test of a lake in
S3 makes a thousand requests.
"""

from __future__ import annotations

import functools
from typing import Any

import botocore.session
import botocore.utils
import moto.s3.urls
from botocore.client import ClientCreator
from moto.backend_index import backend_url_patterns
from moto.core.base_backend import BaseBackend
from moto.s3.models import FakeKey, S3Backend

from glue_jobs.engines import athena

_OFTEN = ("s3", "glue")


@functools.cache
def make_quick() -> None:
    """Has them keep what they have worked out, from now on."""
    # What sessions share here, no two threads may use at a time.
    athena._VIEWS_AT_ONCE = 1
    # A session of its own is what moto gives each test.
    botocore.session.create_loader = functools.cache(botocore.session.create_loader)
    creator: Any = ClientCreator
    creator._create_client_class = _kept_by(
        creator._create_client_class, lambda _, name, model: (name, model.api_version)
    )
    # Most answers hold the same few times.
    botocore.utils._parse_timestamp_with_tzinfo = functools.lru_cache(10_000)(
        botocore.utils._parse_timestamp_with_tzinfo
    )
    # moto reads them anew, since an environment may change them; that of the tests does not.
    backend: Any = BaseBackend
    s3_backend: Any = S3Backend
    s3_backend._url_module = property(lambda _: moto.s3.urls)
    backend.urls = property(_kept_by(backend.urls.fget, type))
    backend_url_patterns.sort(key=lambda entry: entry[0] not in _OFTEN)
    # A listing of versions marks the newest ones in copies, and needs no copies of their bytes.
    version: Any = FakeKey
    version.__deepcopy__ = _copy_for_listing


def _kept_by(make: Any, key_of: Any) -> Any:
    made: dict[Any, Any] = {}

    @functools.wraps(make)
    def kept(*arguments: Any) -> Any:
        key = key_of(*arguments)
        if key not in made:
            made[key] = make(*arguments)
        return made[key]

    return kept


def _copy_for_listing(version: Any, memo: Any) -> Any:
    copied: Any = object.__new__(FakeKey)
    copied.__dict__.update(version.__dict__, multipart=None, disposed=True)
    copied._value_buffer = _LentBuffer(version._value_buffer)
    return copied


class _LentBuffer:
    """The bytes of another version, which stay when the copy goes."""

    def __init__(self, buffer: Any) -> None:
        self.seek, self.read = buffer.seek, buffer.read

    def close(self) -> None:
        pass
