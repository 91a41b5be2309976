"""Makes moto and the SDK quicker, and changes none of their answers.

Both work out again and again what never changes while tests run: each session of the SDK reads the
models of its services, each client gets a class and rules of addresses of its own, each request
names the machine anew and is signed for nobody who looks, and moto evaluates its table of addresses
with each request and copies a bucket with each listing of versions. A test of a lake in S3 makes a
thousand requests.
"""

from __future__ import annotations

import functools
import string
from typing import Any

import botocore.endpoint
import botocore.hooks
import botocore.regions
import botocore.session
import botocore.utils
import moto.core.responses
import moto.s3.urls
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.client import ClientCreator
from botocore.exceptions import NoCredentialsError
from botocore.useragent import UserAgentString
from moto.backend_index import backend_url_patterns
from moto.core.base_backend import BaseBackend
from moto.moto_api._internal import mock_random
from moto.s3.models import FakeKey, S3Backend
from moto.s3.responses import S3Response

from glue_jobs.engines import athena

_OFTEN = ("s3", "glue")


@functools.cache
def make_quick() -> None:
    """Has them keep what they have worked out, from now on."""
    # What sessions share here, no two threads may use at a time.
    athena._VIEWS_AT_ONCE = 1
    _make_sdk_quick()
    _make_moto_quick()


def _make_sdk_quick() -> None:
    # A session of its own is what moto gives each test.
    botocore.session.create_loader = functools.cache(botocore.session.create_loader)
    creator: Any = ClientCreator
    creator._create_client_class = _kept_by(
        creator._create_client_class, lambda _, name, model: (name, model.api_version)
    )
    # The loader gives the same rules to each client of a service.
    botocore.regions.EndpointProvider = _kept_by(
        botocore.regions.EndpointProvider, lambda ruleset_data, **_: id(ruleset_data)
    )
    botocore.hooks.accepts_kwargs = _kept_by(
        botocore.hooks.accepts_kwargs, lambda handler: getattr(handler, "__func__", handler)
    )
    aliaser: Any = botocore.hooks.EventAliaser
    aliaser._alias_event_name = _kept_by(aliaser._alias_event_name, lambda _, name: name)
    # Most answers hold the same few times.
    botocore.utils._parse_timestamp_with_tzinfo = functools.lru_cache(10_000)(
        botocore.utils._parse_timestamp_with_tzinfo
    )
    # Nobody reads which features of the SDK a request has used, or checks how it is signed.
    agent: Any = UserAgentString
    agent.to_string = _kept_by(agent.to_string, lambda _: "")
    signer: Any = SigV4Auth
    signer.canonical_request = lambda *_: ""
    signer.signature = lambda *_: "0" * 64
    s3_signer: Any = S3SigV4Auth
    s3_signer.add_auth = _name_caller
    # Each request has an id; the system's chance is slow.
    endpoint: Any = botocore.endpoint
    endpoint.uuid = mock_random


def _make_moto_quick() -> None:
    # moto reads them anew, since an environment may change them; that of the tests does not.
    backend: Any = BaseBackend
    s3_backend: Any = S3Backend
    s3_backend._url_module = property(lambda _: moto.s3.urls)
    backend.urls = property(_kept_by(backend.urls.fget, type))
    backend_url_patterns.sort(key=lambda entry: entry[0] not in _OFTEN)
    response: Any = S3Response
    # In moto 5.1, for Python 3.9, it is another kind of method, and a request may name no host.
    if isinstance(vars(response)["subdomain_based_buckets"], staticmethod):
        response.subdomain_based_buckets = staticmethod(
            _kept_by(response.subdomain_based_buckets, lambda request: request.headers.get("host"))
        )
    dispatcher: Any = moto.core.responses
    dispatcher.method_names_from_class = functools.cache(dispatcher.method_names_from_class)
    # Each answer has an id of 52 letters; all are chosen at once.
    chance: Any = mock_random
    chance.get_random_string = _random_string
    # A listing of versions marks the newest ones in copies, and needs no copies of their bytes.
    version: Any = FakeKey
    version.__deepcopy__ = _copy_for_listing


def _name_caller(signer: Any, request: Any) -> None:
    """Says who calls S3, and where, as a signature does."""
    if signer.credentials is None:
        raise NoCredentialsError
    headers = {
        "X-Amz-Content-SHA256": signer.payload(request),
        "Authorization": f"AWS4-HMAC-SHA256 Credential={signer.credentials.access_key}/20260101/"
        f"{signer._region_name}/{signer._service_name}/aws4_request, Signature=0",
    }
    if signer.credentials.token:
        headers["X-Amz-Security-Token"] = signer.credentials.token
    for name, value in headers.items():
        del request.headers[name]  # of the try before
        request.headers[name] = value


def _random_string(length: int = 20, include_digits: bool = True, lower_case: bool = False) -> str:
    letters = string.ascii_letters + (string.digits if include_digits else "")
    chosen = "".join(mock_random.choices(letters, k=length))
    return chosen.lower() if lower_case else chosen


def _kept_by(make: Any, key_of: Any) -> Any:
    made: dict[Any, Any] = {}

    @functools.wraps(make, updated=())
    def kept(*arguments: Any, **named: Any) -> Any:
        key = key_of(*arguments, **named)
        if key not in made:
            made[key] = make(*arguments, **named)
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
