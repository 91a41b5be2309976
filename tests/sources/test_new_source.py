"""A new source is its folder and a line in the registry: every command works on it as it is."""

from __future__ import annotations

import http.server
import json
import threading
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from glue_jobs.running import Run, perform
from glue_jobs.settings import Settings
from glue_jobs.sources import registry
from glue_jobs.storage.local import LocalStorage
from labor_lake.cli import main
from tests.sources.rainfall import upstream as rainfall

if TYPE_CHECKING:
    from pathlib import Path

RAIN = b"year,millimetres\n2023,702.5\n2024,655\n"
MORE_RAIN = RAIN + b"2025,810\n"


class _Station(http.server.BaseHTTPRequestHandler):
    body = RAIN

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_):
        pass


@pytest.fixture
def station(monkeypatch):
    """A weather station on the loopback interface, and its source in the registry."""
    monkeypatch.setitem(registry.SOURCES, "rainfall", ("tests.sources.rainfall", "the rain"))
    monkeypatch.setattr(_Station, "body", RAIN)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Station) as server:
        url = f"http://127.0.0.1:{server.server_port}/rain.csv"
        monkeypatch.setattr(rainfall.UPSTREAM, "url", url)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield _Station
        server.shutdown()


@pytest.fixture
def lake(station, tmp_path, capsys):
    """Commands of `lake`, on a lake that has the source's first release."""

    def run(*words: str, code: int = 0):
        capsys.readouterr()
        found = main([*words, "--lake", str(tmp_path / "lake"), "--json"])
        printed = capsys.readouterr()
        assert found == code, printed.err
        return json.loads(printed.out or printed.err)

    for job in ("land-rainfall", "build-tables"):
        assert run(job)[0]["changed"] is True
    return run


def rain_of(lake, *words: str) -> list[list[object]]:
    return [list(row.values()) for row in lake("query", "select * from rainfall", *words)]


def test_it_is_landed_built_and_queried(lake):
    assert rain_of(lake) == [[2023, 702.5], [2024, 655.0]]
    (landed,) = lake("land-rainfall")
    (built,) = lake("build-tables")
    assert (landed["changed"], built["changed"]) == (False, False)


def test_people_are_told_what_was_landed(station, tmp_path, capsys):
    assert main(["land-rainfall", "--lake", str(tmp_path / "lake")]) == 0
    assert capsys.readouterr().out == "rainfall: landed\n"


def test_status_says_how_fresh_it_is(lake):
    state = lake("status")["subjects"]["rainfall"]
    assert (state["files"], state["is_built"], state["rows"]) == (1, True, {"rainfall": 2})
    assert state["checked_at"] is not None


def test_what_was_known_at_a_moment_is_that_release(lake, station, tmp_path):
    first = lake("status")["subjects"]["rainfall"]["release"]
    station.body = MORE_RAIN
    settings = Settings(lake=str(tmp_path / "lake"))
    storage = LocalStorage(tmp_path / "lake")
    tomorrow = datetime.now(timezone.utc) + timedelta(days=1)
    run = Run(settings, storage, "tomorrow", now=lambda: tomorrow)
    assert perform("land_rainfall", rainfall.UPSTREAM.land, run)[1] == []
    lake("build-tables")
    lake("vacuum", "--keep-days", "0")
    assert len(rain_of(lake)) == 3
    assert len(rain_of(lake, "--as-of", first)) == 2


def test_a_file_that_makes_no_table_is_held_back(lake, station):
    station.body = b"<html>"
    lake("land-rainfall")
    told = lake("build-tables", code=7)
    assert "held" in told[0]["releases"]["rainfall"]
    assert len(rain_of(lake)) == 2


@pytest.mark.parametrize("zone", ["raw", "curated"])
def test_what_is_damaged_is_found_and_repaired(lake, tmp_path, zone):
    (path,) = [one for one in (tmp_path / "lake" / zone).rglob("rainfall/**/*.*") if is_data(one)]
    body = path.read_bytes()
    path.unlink()
    path.write_bytes(b"rotten")
    (problem,) = lake("verify", code=7)["problems"]
    assert problem["key"] == path.relative_to(tmp_path / "lake").as_posix()
    lake("verify", "--repair")
    assert path.read_bytes() == body
    lake("verify", "--rebuild")


def test_upstream_is_asked_and_what_it_has_now_is_landed(lake, station):
    lake("verify", "--upstream")
    station.body = MORE_RAIN
    (problem,) = lake("verify", "--upstream", code=7)["problems"]
    assert problem["key"] == "raw/rainfall/rain.csv"
    lake("verify", "--upstream", "--repair")
    lake("build-tables")
    assert len(rain_of(lake)) == 3


def is_data(path: Path) -> bool:
    return path.name in ("rain.csv", "part-00000.parquet")
