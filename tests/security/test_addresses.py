"""Whom the lake asks, and who hears what: fixed hosts, TLS, no redirect, proxy without password."""

from __future__ import annotations

import io
import ssl
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from glue_jobs.errors import UpstreamUnavailable, UsageError
from glue_jobs.land_bls import land_bls
from glue_jobs.land_population import land_population
from glue_jobs.running import perform
from glue_jobs.settings import RetryPolicy, Settings, resolve
from glue_jobs.sources.bls.site import BlsSite
from glue_jobs.sources.http import Http, RateLimit
from tests.lakes import run_at
from tests.security.conftest import CONTACT, SECRET, listener
from tests.simulator.faults import Step
from tests.simulator.upstream import Upstream

if TYPE_CHECKING:
    from pathlib import Path

    from labor_lake.sample.answer import Answer
    from tests.simulator.faults import Stage

ONCE = RetryPolicy(tries=1, connect_timeout=2.0, read_timeout=2.0)


def test_without_a_word_three_hosts_are_asked_over_https():
    assert Settings().bls_url == "https://download.bls.gov/pub/time.series/"
    assert Settings().population_url == (
        "https://honolulu-api.datausa.io/tesseract/data.jsonrecords",
        "https://api.datausa.io/tesseract/data.jsonrecords",
    )


@pytest.mark.parametrize("setting", ["bls_url", "population_url"])
@pytest.mark.parametrize(
    "address",
    [
        "http://download.bls.gov/pub/time.series/",
        "HTTP://download.bls.gov/",
        "http://127.0.0.1.example.com/",
        "http://localhost.example.com/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://0.0.0.0/",
        "http://127.0.0.1@example.com/",
        "https://user:password@example.com/",
        "https://user@127.0.0.1/",
        "https:///path",
        "https://",
        "https://two words.example.com/",
        "https://example.com/\r\nX-Header: 1",
        "https://ex\u0430mple.com/",
        "ftp://download.bls.gov/",
        "file:///etc/passwd",
        "//download.bls.gov/",
    ],
)
def test_an_address_that_could_be_read_or_changed_on_the_way_is_refused(setting, address):
    with pytest.raises(UsageError):
        resolve({setting: address}, {}, {})


@pytest.mark.parametrize(
    "address",
    [
        "https://mirror.example.com/bls/",
        "http://127.0.0.1:8080/pub/",
        "http://localhost:8080/",
        "http://[::1]:8080/",
    ],
)
@pytest.mark.parametrize("place", ["flag", "environment", "file"])
def test_another_address_is_asked_only_where_a_setting_names_it(place, address):
    given = {
        "flag": ({"bls_url": address}, {}, {}),
        "environment": ({}, {"LAKE_BLS_URL": address}, {}),
        "file": ({}, {}, {"bls_url": address}),
    }[place]
    assert resolve(*given).settings.bls_url == address
    # What proxies and tools put into an environment names no upstream.
    others = {"HTTP_HOST": "x", "FORWARDED": "host=x", "BLS_URL": address, "BASE_URL": address}
    assert resolve({}, others, {}).settings == Settings()


class PointingElsewhere(Step):
    """An answer whose headers name another host in every way that headers know."""

    def __init__(self, other: str) -> None:
        self._other = other

    def change(self, answer: Answer, stage: Stage) -> Answer:
        named = dict.fromkeys(
            ("Location", "Content-Location", "X-Forwarded-Host", "Forwarded", "Host"), self._other
        )
        named["Refresh"] = f"0; url={self._other}"
        named["Link"] = f'<{self._other}>; rel="next"'
        named["Alt-Svc"] = f'h2="{self._other}"'
        return replace(answer, headers={**answer.headers, **named})


def test_no_header_of_an_answer_leads_to_another_host(tmp_path):
    with Upstream.sample() as upstream, Upstream.sample() as other:
        upstream.script("*", PointingElsewhere(other.bls_url), forever=True)
        run = run_at(tmp_path / "lake", upstream)
        for name, job in (("land_bls", land_bls), ("land_population", land_population)):
            assert perform(name, job, run)[1] == []
        assert len(upstream.requests) > 12
        assert other.requests == []


def certificate_of_nobody(folder: Path) -> ssl.SSLContext:
    """TLS for this machine, vouched for by nobody."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(timezone.utc)
    names = x509.SubjectAlternativeName(
        [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    )
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def test_a_server_whose_certificate_nobody_vouches_for_hears_nothing(tmp_path):
    with listener(certificate_of_nobody(tmp_path)) as (port, heard):
        site = BlsSite(f"https://127.0.0.1:{port}/", CONTACT, RateLimit(100), ONCE)
        with pytest.raises(UpstreamUnavailable, match="certificate verify failed"):
            site.listing("pr")
    assert heard == []


@pytest.fixture
def netrc(monkeypatch, tmp_path):
    """A user who keeps a password for every host."""
    (tmp_path / "netrc").write_text(f"default login me password {SECRET}\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


def test_the_proxy_of_the_environment_is_asked_and_no_password_of_the_user_goes_out(
    netrc, monkeypatch
):
    with listener() as (port, heard):
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
        client = Http({"User-Agent": "labor-lake"}, RateLimit(100), ONCE)
        client.get("http://upstream.example/file", io.BytesIO(), most_bytes=10)
    assert [one.target for one in heard] == ["http://upstream.example/file"]
    assert "Authorization" not in heard[0].headers
    assert SECRET not in str(heard)


def test_a_server_on_this_machine_is_asked_without_the_proxy(netrc, monkeypatch):
    with listener() as (port, heard), listener() as (proxy, heard_by_proxy):
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy}")
        client = Http({"User-Agent": "labor-lake"}, RateLimit(100), ONCE)
        client.get(f"http://127.0.0.1:{port}/file", io.BytesIO(), most_bytes=10)
    assert [one.target for one in heard] == ["/file"]
    assert heard_by_proxy == []
