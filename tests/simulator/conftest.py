"""An open upstream, and clients that see exactly what it sends."""

from __future__ import annotations

import http.client
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import requests

from tests.simulator.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTACT = {"User-Agent": "labor-lake-tests (someone@example.org)", "Accept-Encoding": "identity"}
WRITTEN = datetime(2026, 8, 7, 12, 30, tzinfo=timezone.utc)
BODY = b"".join(b"line %04d\r\n" % number for number in range(100))
POPULATION = {"drilldowns": "Year,Nation", "locale": "en", "measures": "Population"}


@pytest.fixture
def upstream():
    """Serves one file, ``pr/pr.class``."""
    with Upstream() as opened:
        opened.set_file("pr", "pr.class", BODY, WRITTEN)
        yield opened


@pytest.fixture
def url(upstream):
    """The address of the one file."""
    return upstream.bls_url + "pr/pr.class"


@pytest.fixture
def client():
    """A session that names a contact, follows no redirect and knows no proxy."""
    with requests.Session() as session:
        session.trust_env = False
        session.headers.update(CONTACT)
        session.max_redirects = 3
        yield session


def connect(url: str) -> http.client.HTTPConnection:
    """A client that does nothing unasked."""
    return http.client.HTTPConnection(urlsplit(url).netloc, timeout=5)


def port_of(url: str) -> int:
    """For clients that speak through a bare socket."""
    port = urlsplit(url).port
    assert port is not None
    return port


@contextmanager
def ask(url: str, method: str = "GET") -> Iterator[http.client.HTTPResponse]:
    """Asks once, with a contact; the body is the caller's to read."""
    connection = connect(url)
    try:
        connection.request(method, urlsplit(url).path, headers=CONTACT)
        yield connection.getresponse()
    finally:
        connection.close()
