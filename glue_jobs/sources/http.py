"""Asks a server for a body, politely and with distrust.

Every request waits its turn (``RateLimit``). Network errors, timeouts, a head or body that
trickles or makes no sense, a body that ends early, 1xx, 5xx and 429 are tried again with growing,
jittered pauses; then ``UpstreamUnavailable``.
Redirects are refused, so that no header goes to a host that was not asked for. The proxy of the
environment is used, a password of ~/.netrc is not. The body is asked for as it is (``identity``),
streamed to a sink, counted and hashed on the way, and given up as soon as it passes its ceiling. A
try goes on where the one before it broke off (``Range``), if the server still has the same file.
"""

from __future__ import annotations

import hashlib
import http.client
import random
import re
import socket
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, BinaryIO, Callable
from urllib.parse import urlsplit

import requests
import urllib3

from glue_jobs.errors import UpstreamInvalid, UpstreamRefused, UpstreamUnavailable
from glue_jobs.settings import LOOPBACK
from glue_jobs.sources.deadline import Deadline, TimedAdapter
from glue_jobs.timestamps import from_header

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glue_jobs.settings import RetryPolicy

_CHUNK = 1 << 18
_WORTH_A_TRY = 64 << 20
"""A try that brings so many bytes counts as none: a file of gigabytes breaks off more than once."""

_NETWORK_ERRORS = (OSError, http.client.HTTPException, urllib3.exceptions.HTTPError)
_SIZE = re.compile(r"\d{1,15}", re.ASCII)  # as in a listing; more bytes than anybody has
_STRONG = re.compile(r'"[!#-~]{1,200}"')


class RateLimit:
    """Spaces requests evenly over time, also those of several threads."""

    def __init__(self, per_second: float) -> None:
        self._gap = 1 / per_second
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Returns when it is this caller's turn."""
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + self._gap
        time.sleep(turn - now)


@dataclass(frozen=True)
class Answer:
    """What came back.

    Attributes:
        status: 200, 304, or a 4xx that the caller has to judge.
        headers: as received; names in any case.
        size: bytes of body that were given to the sink.
        sha256: of those bytes, in hex.
    """

    status: int
    headers: Mapping[str, str]
    size: int
    sha256: str

    @property
    def last_modified(self) -> datetime | None:
        """The Last-Modified header, if there is a readable one."""
        return from_header(self.headers.get("Last-Modified"))


class _Again(Exception):
    """This try failed in a way that another may not.

    Attributes:
        pause: seconds that the server asks for, or None.
    """

    def __init__(self, reason: str, pause: float | None = None) -> None:
        super().__init__(reason)
        self.pause = pause


@dataclass
class _Partial:
    """What the tries for one body have brought so far.

    Attributes:
        sink: holds it, and nothing else.
        received: hears of each part's size.
        size: bytes.
        etag: the server's name for the file that they are of; empty where it has none that tells
            one content from another.
        total: bytes of the whole file, if the server has announced them.
    """

    sink: BinaryIO
    received: Callable[[int], None]
    size: int = 0
    etag: str = ""
    total: int | None = None
    digest: Any = field(default_factory=hashlib.sha256)

    @property
    def condition(self) -> Mapping[str, str]:
        """The headers that ask for the rest of the same file, or else for the whole."""
        return {"Range": f"bytes={self.size}-", "If-Range": self.etag} if self.size else {}

    def add(self, chunk: bytes) -> None:
        """Appends bytes."""
        self.digest.update(chunk)
        self.sink.write(chunk)
        self.size += len(chunk)
        self.received(len(chunk))

    def begin(self, response: requests.Response) -> None:
        """Takes what comes for the whole of a file."""
        self.drop()
        etag = response.headers.get("ETag", "")
        # A weak one, W/"…", is the same for contents that differ in their bytes.
        self.etag = etag if _STRONG.fullmatch(etag) else ""
        self.total = _announced(response)

    def go_on(self, response: requests.Response) -> None:
        """Takes what comes for the rest of the file.

        Raises:
            _Again: it is anything else.
        """
        last = (self.total or 0) - 1
        wanted = (206, f"bytes {self.size}-{last}/{self.total}", self.etag)
        found = (response.headers.get("Content-Range"), response.headers.get("ETag"))
        if (response.status_code, *found) != wanted:
            self.drop()
            raise _Again("it sent another part of the file than it was asked for")

    def drop(self) -> None:
        """Forgets all of it."""
        if self.size:
            self.received(-self.size)
        self.sink.seek(0)
        self.sink.truncate()
        self.size, self.digest = 0, hashlib.sha256()


@dataclass
class Http:
    """A client for one server.

    Attributes:
        headers: sent with every request.
        rate_limit: shared by all requests to the server.
        policy: how often and how long to try.
    """

    headers: Mapping[str, str] = field(repr=False)
    rate_limit: RateLimit
    policy: RetryPolicy
    _local: threading.local = field(default_factory=threading.local)

    def get(
        self,
        url: str,
        sink: BinaryIO,
        *,
        most_bytes: int,
        headers: Mapping[str, str] | None = None,
        received: Callable[[int], None] = lambda _: None,
    ) -> Answer:
        """Streams one body into a sink, which is emptied first.

        Args:
            url: what to ask for.
            sink: a seekable stream of the caller's.
            most_bytes: the ceiling on the body.
            headers: more of them, for this request.
            received: hears of each part's size; of a negative size when a try is given up.

        Raises:
            UpstreamUnavailable: no complete answer within the policy.
            UpstreamRefused: the server redirects.
            UpstreamInvalid: the body passes its ceiling or is compressed unasked.
        """
        partial = _Partial(sink, received)
        partial.drop()

        def attempt() -> Answer:
            try:
                return self._once(url, partial, most_bytes, headers or {})
            except _Again:
                if not (partial.etag and partial.total):
                    partial.drop()
                raise

        return self._tried(url, attempt, lambda: partial.size)

    def head(self, url: str) -> Answer:
        """Asks what there is to be had, without its body; the size is the announced one.

        Raises:
            UpstreamUnavailable: no answer within the policy.
            UpstreamRefused: the server redirects.
        """

        def attempt() -> Answer:
            with self._response("HEAD", url, {}) as response:
                size = _announced(response)
                if size is None and response.status_code == 200:
                    raise _Again("it did not say how large the file is")
                return Answer(response.status_code, response.headers, size or 0, "")

        return self._tried(url, attempt)

    def _tried(
        self, url: str, once: Callable[[], Answer], brought: Callable[[], int] = lambda: 0
    ) -> Answer:
        """Tries until an answer is complete; ``brought`` tells how many bytes are there so far."""
        waited, attempt, before = self.policy.first_pause, 1, 0
        while True:
            try:
                return once()
            except _Again as failure:
                asked = failure.pause
                if brought() - before >= _WORTH_A_TRY:
                    attempt, waited = 1, self.policy.first_pause
                before = brought()
                if attempt >= self.policy.tries or (asked or 0) > self.policy.longest_pause:
                    raise UpstreamUnavailable(
                        f"{_shown(url)} gave no complete answer in {attempt} tries: {failure}.",
                        hint="Run again later; what the lake holds stands.",
                    ) from failure
                jittered = waited * random.uniform(0.5, 1.5)  # noqa: S311 - no secret
                time.sleep(max(asked or 0, min(jittered, self.policy.longest_pause)))
                waited *= 2
                attempt += 1

    def _once(
        self, url: str, partial: _Partial, most_bytes: int, headers: Mapping[str, str]
    ) -> Answer:
        with self._response("GET", url, {**headers, **partial.condition}) as response:
            if partial.size and response.status_code in (206, 416):
                partial.go_on(response)
            elif response.status_code == 200:
                partial.begin(response)
            else:
                return Answer(response.status_code, response.headers, 0, "")
            self._receive(url, response, partial, most_bytes)
        return Answer(200, response.headers, partial.size, partial.digest.hexdigest())

    def _response(self, method: str, url: str, headers: Mapping[str, str]) -> requests.Response:
        self.rate_limit.wait()
        session = self._session(url)
        asked = requests.Request(
            method, url, headers={"Accept-Encoding": "identity", **self.headers, **headers}
        )
        self._local.deadline.set(time.monotonic() + self.policy.head_timeout)
        try:
            # Not by session.send, which reads the body of a redirect however long it is.
            response = session.get_adapter(url).send(
                session.prepare_request(asked),
                timeout=(self.policy.connect_timeout, self.policy.read_timeout),
                **session.merge_environment_settings(url, {}, True, None, None),  # type: ignore[arg-type]
            )
        except (requests.RequestException, *_NETWORK_ERRORS) as error:
            raise _Again(_reason(error)) from error
        try:
            _check_status(url, response)
        except BaseException:
            response.close()
            raise
        return response

    def _session(self, url: str) -> requests.Session:
        """This thread's session; sessions are not made for sharing between threads."""
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            deadline = self._local.deadline = Deadline()
            session.mount("https://", TimedAdapter(deadline))
            session.mount("http://", TimedAdapter(deadline))
            # A proxy of the environment cannot reach a server on this machine.
            session.trust_env = urlsplit(url).hostname not in LOOPBACK
            # With the proxy, requests would take a password out of ~/.netrc, too.
            session.auth = _without_credentials
        return session

    def _receive(
        self, url: str, response: requests.Response, partial: _Partial, most_bytes: int
    ) -> None:
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise UpstreamInvalid(f"{_shown(url)} sends a compressed body that nobody asked for.")
        # Only read1 returns what has arrived; read waits for a full chunk, however slow.
        # urllib3 1.26 (Python 3.9) has it one object further down.
        raw: Any = response.raw
        read = getattr(raw, "read1", None) or raw._fp.read1  # noqa: SLF001
        size, started = 0, time.monotonic()
        while True:
            latest = started + max(self.policy.grace, size / self.policy.least_rate)
            self._local.deadline.set(latest)
            try:
                chunk = read(_CHUNK)
            except _NETWORK_ERRORS as error:
                if (now := time.monotonic()) >= latest:
                    raise _Again(
                        f"only {size:,} bytes came in {now - started:.0f} seconds"
                    ) from error
                raise _Again(f"{_reason(error)} after {partial.size:,} bytes") from error
            if not chunk:
                break
            size += len(chunk)
            if partial.size + len(chunk) > most_bytes:
                raise UpstreamInvalid(
                    f"{_shown(url)} sends more than the {most_bytes:,} bytes it may have."
                )
            partial.add(chunk)
        if partial.total not in (None, partial.size):
            raise _Again(f"the body ended early after {partial.size:,} bytes")


def _without_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _announced(response: requests.Response) -> int | None:
    """The size of the body that the head announces, if it does."""
    text = response.headers.get("Content-Length")
    if text is None:
        return None
    if not _SIZE.fullmatch(text):
        raise _Again(f"its Content-Length is {ascii(text)[:40]}")
    return int(text)


def _check_status(url: str, response: requests.Response) -> None:
    status = response.status_code
    if status < 200 or status == 429 or status >= 500:
        raise _Again(f"it answered {status}", _retry_after(response.headers.get("Retry-After")))
    if 300 <= status < 400 and status != 304:
        target = ascii(response.headers.get("Location", "elsewhere"))[:80]
        raise UpstreamRefused(
            f"{_shown(url)} redirects to {target}, which is not followed.",
            hint="If the source has moved, set its new address.",
        )


def _retry_after(text: str | None) -> float | None:
    """The seconds a server asks to wait; None for none or for what cannot be read."""
    if text and text.isascii() and text.isdigit():
        return float(text)
    moment = from_header(text)
    return (moment - datetime.now(timezone.utc)).total_seconds() if moment else None


def _reason(error: BaseException) -> str:
    """The innermost cause that is of the network, which is the one that tells something."""
    # urllib3 1.26 tries a call in two ways, so a TypeError can lie below the network's error.
    while isinstance(inner := error.__cause__ or error.__context__, _NETWORK_ERRORS):
        error = inner
    # socket.timeout is a TimeoutError from Python 3.10 on.
    if isinstance(error, (TimeoutError, socket.timeout)):
        return "it took too long"
    if isinstance(error, http.client.IncompleteRead):
        return "the body ended early"
    junk = isinstance(error, (http.client.BadStatusLine, http.client.UnknownProtocol))
    if junk and not isinstance(error, http.client.RemoteDisconnected):
        return f"its status line is {ascii(str(error.args[0]).strip())[:60]}"
    text = getattr(error, "strerror", None) or str(error).strip() or type(error).__name__
    # A message may quote what the server sent.
    return ascii(text)[1:-1][:120].lower()


def _shown(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}{parts.path}"
