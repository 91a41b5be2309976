"""`lake schedule`: the timer is set, fires, and is taken away again."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from glue_jobs.errors import UsageError
from glue_jobs.settings import resolve
from labor_lake import schedules
from labor_lake.cli import main
from labor_lake.schedules import USUAL_TIMES, cron_lines, plan_for, systemd_units
from tests.simulator.upstream import Upstream
from tests.test_after_publish import serve

pytestmark = pytest.mark.usefixtures("no_settings_of_this_machine")

_CRONTAB = """#!/bin/sh
if [ "$1" = -l ]; then
    if [ -f "$HOME/tab" ]; then cat "$HOME/tab"; else echo "no crontab for me" >&2; exit 1; fi
else
    cat > "$HOME/tab"
fi
"""
_SYSTEMCTL = """#!/bin/sh
echo "$*" >> "$HOME/asked"
echo running
"""


def plan(environ=(), times=USUAL_TIMES):
    return plan_for(resolve({}, {"LAKE_URI": "/my/lake", **dict(environ)}, {}), times)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home with a crontab command and a systemctl that keep what they are told there."""
    monkeypatch.setenv("HOME", str(tmp_path))
    programs = tmp_path / "programs"
    programs.mkdir()
    for name, text in {"crontab": _CRONTAB, "systemctl": _SYSTEMCTL}.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    return tmp_path


@pytest.mark.parametrize(
    ("zone", "moment"),
    [
        ("America/New_York", "45 8 * * 1-5"),
        ("America/Los_Angeles", "45 5 * * 1-5"),
        ("UTC", "45 13 * * 1-5"),  # in winter; in summer that is an hour later in Washington
        ("Europe/Berlin", "45 14 * * 1-5"),
        ("Asia/Tokyo", "45 22 * * 1-5"),
        ("Australia/Sydney", "45 0 * * 2-6"),
        ("Pacific/Auckland", "45 2 * * 2-6"),
    ],
)
def test_cron_runs_after_bls_has_published_wherever_the_machine_is(zone, moment):
    (line,) = cron_lines(plan(times=[time(8, 45)]), ZoneInfo(zone), 2026)
    assert line.startswith(f"{moment} cd {Path.cwd()} && LAKE_URI=/my/lake ")


def test_a_zone_in_which_it_is_still_the_day_before():
    (line,) = cron_lines(plan(times=[time(0, 30)]), ZoneInfo("America/Los_Angeles"), 2026)
    assert line.startswith("30 21 * * 0-4 ")


def test_a_run_is_told_in_its_environment_what_is_not_the_default():
    told = plan(
        {
            "LAKE_CONTACT": "a@example.com",
            "LAKE_SURVEYS": "pr,ap",
            "LAKE_DATASETS": "none",
            "LAKE_PAGE": "yes",
            "LAKE_TIME_LIMIT": "45m",
            "LAKE_ON_RELEASE": "mail -s '50% \"new\"' $USER",
        }
    )
    assert told.environ == {
        "LAKE_URI": "/my/lake",
        "LAKE_CONTACT": "a@example.com",
        "LAKE_SURVEYS": "pr,ap",
        "LAKE_DATASETS": "none",
        "LAKE_PAGE": "true",
        "LAKE_TIME_LIMIT": "2700s",
        "LAKE_ON_RELEASE": "mail -s '50% \"new\"' $USER",
    }
    resolved = resolve({}, told.environ, {}).settings
    assert (resolved.time_limit, resolved.datasets, resolved.page) == (2700, (), True)
    unit = systemd_units(told)[f"{told.name}.service"]
    assert 'Environment="LAKE_ON_RELEASE=mail -s \'50%% \\"new\\"\' $USER"' in unit
    line = cron_lines(told)[0]
    command = line.split(None, 5)[5].replace("\\%", "%")
    assert dict(word.split("=", 1) for word in shlex.split(command)[3:10]) == told.environ


def test_systemd_is_told_the_time_in_washington_and_makes_up_for_a_machine_that_slept():
    timer = systemd_units(plan())[f"{plan().name}.timer"]
    assert "OnCalendar=Mon..Fri *-*-* 08:45:00 America/New_York" in timer
    assert "OnCalendar=Mon..Fri *-*-* 10:15:00 America/New_York" in timer
    assert "Persistent=true" in timer


def schedule(*words: str) -> int:
    contact = ["--contact", "a@example.com"]
    return main(["schedule", "--lake", "lake", *contact, *words])


def test_a_line_for_cron_is_set_once_beside_others_fires_and_is_taken_away(
    home, monkeypatch, capsys
):
    (home / "tab").write_text("0 0 * * * other\n")
    with Upstream() as upstream:
        serve(upstream, "0.4")
        monkeypatch.setenv("LAKE_BLS_URL", upstream.bls_url)
        monkeypatch.setenv("LAKE_POPULATION_URL", upstream.population_url)
        assert schedule("--install", "--with", "cron", "--at", "09:00") == 0
        assert schedule("--install", "--with", "cron", "--at", "09:30") == 0
        assert "crontab -l" in capsys.readouterr().out
        other, line = (home / "tab").read_text().splitlines()
        assert other == "0 0 * * * other"
        assert line.split()[:2][0] == "30"
        command = line.split(None, 5)[5].replace("\\%", "%")
        # As cron starts it: hardly any environment, in the home.
        fired = subprocess.run(
            ["/bin/sh", "-c", command], env={"PATH": "/usr/bin:/bin"}, cwd=home, check=False
        )
    assert fired.returncode == 0
    assert (home / "lake" / "current" / "pr.json").is_file()
    assert schedule("--remove") == 0
    assert (home / "tab").read_text() == "0 0 * * * other\n"
    assert schedule("--remove") == 0
    assert "There was no timer." in capsys.readouterr().out


def test_what_the_docs_set_runs_where_it_was_set_and_tells_of_the_release(home, monkeypatch):
    page = (Path(__file__).parents[1] / "docs" / "operations.md").read_text("utf-8")
    (documented,) = re.findall(r"^lake (schedule .*)$", page, re.MULTILINE)
    folder = home / "50% of our work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "tell.sh").write_text("#!/bin/sh\ncat > told.json\n")
    (folder / "tell.sh").chmod(0o755)
    with Upstream() as upstream:
        serve(upstream, "0.4")
        monkeypatch.setenv("LAKE_BLS_URL", upstream.bls_url)
        monkeypatch.setenv("LAKE_POPULATION_URL", upstream.population_url)
        words = shlex.split(documented.replace("pr,ap", "pr"))
        assert main([*words, "--with", "cron", "--at", "09:00"]) == 0
        (line,) = (home / "tab").read_text().splitlines()
        command = line.split(None, 5)[5].replace("\\%", "%")
        fired = subprocess.run(
            ["/bin/sh", "-c", command], env={"PATH": "/usr/bin:/bin"}, cwd=home, check=False
        )
    assert fired.returncode == 0
    told = json.loads((folder / "told.json").read_text())
    assert told["released"].keys() == {"population", "pr"}
    assert (folder / "lake" / "page" / "index.html").is_file()


def test_a_systemd_timer_runs_where_it_was_set(monkeypatch, tmp_path):
    folder = tmp_path / "50% of our work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    unit = systemd_units(plan())[f"{plan().name}.service"]
    assert f"\nWorkingDirectory={tmp_path}/50%% of our work\n" in unit
    broken = tmp_path / "a\nb"
    broken.mkdir()
    monkeypatch.chdir(broken)
    with pytest.raises(UsageError, match="line break"):
        systemd_units(plan())


def test_a_systemd_timer_is_set_and_taken_away(home, capsys):
    assert schedule("--install", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["kind"] == "systemd"
    units = sorted((home / ".config" / "systemd" / "user").iterdir())
    assert [path.suffix for path in units] == [".service", ".timer"]
    assert units[0].stat().st_mode & 0o077 == 0  # it holds an e-mail address
    name = units[1].name
    assert (home / "asked").read_text().splitlines()[1:] == [
        "--user daemon-reload",
        f"--user enable --now {name}",
    ]
    assert schedule("--remove") == 0
    assert not any((home / ".config" / "systemd" / "user").iterdir())
    assert f"--user disable --now {name}" in (home / "asked").read_text()


def test_a_crontab_that_cannot_be_read_is_left_alone(home, capsys):
    (home / "programs" / "crontab").write_text("#!/bin/sh\necho 'cannot open' >&2; exit 1\n")
    assert schedule("--install", "--with", "cron") == 7
    assert "crontab -l failed: cannot open" in capsys.readouterr().err
    assert not (home / "tab").exists()


def test_a_machine_with_neither_is_told(home, capsys):
    for path in (home / "programs").iterdir():
        path.unlink()
    os.environ["PATH"] = str(home / "programs")
    assert schedule("--install") == 2
    assert "neither systemd for users nor cron" in capsys.readouterr().err


def test_without_install_it_is_printed_and_nothing_is_set(home, capsys):
    assert schedule() == 0
    told = capsys.readouterr()
    assert told.out.count("OnCalendar=") == 2
    assert "# crontab -e" in told.out
    assert told.err == "Nothing was set; --install does.\n"
    assert not (home / "tab").exists()
    assert schedule("--with", "cron") == 0
    assert "OnCalendar" not in capsys.readouterr().out
    assert main(["schedule", "--lake", "lake"]) == 2  # BLS wants an address


def test_a_program_that_does_not_start_is_told(home, monkeypatch):
    (home / "programs" / "systemctl").write_text("no program")
    monkeypatch.setattr(schedules, "_units_folder", lambda: Path(home))
    assert schedule("--install", "--with", "systemd") == 7
