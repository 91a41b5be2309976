"""`lake run` by itself each day: as a systemd timer of the user's, or as a line for cron.

BLS publishes at 8:30 AM in Washington, some surveys at 10:00, so the run comes soon after each. A
systemd timer knows time zones. cron does not everywhere: there the time is this machine's, and the
latest that it is here in the course of a year, since clocks change on different days.

What a run is told stands in its environment, not on its command line, which other users can read.
It runs in the folder in which it was set: a relative path means what it meant to who wrote it.
"""

from __future__ import annotations

import hashlib
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from glue_jobs.errors import LakeError, UsageError
from glue_jobs.settings import SETTINGS
from glue_jobs.timestamps import EASTERN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from glue_jobs.settings import Resolved

USUAL_TIMES = (time(8, 45), time(10, 15))
"""In Washington: a quarter of an hour after BLS has published."""

SYSTEMD, CRON = "systemd", "cron"

_TIMEOUT = 60


@dataclass(frozen=True)
class Plan:
    """What is to run, and when.

    Attributes:
        name: of the timer, its own for each lake.
        lake: its address.
        folder: in which it runs.
        environ: what the run is told.
        words: the command.
        times: when, in Washington, on weekdays.
    """

    name: str
    lake: str
    folder: Path
    environ: Mapping[str, str]
    words: Sequence[str]
    times: Sequence[time]


def plan_for(resolved: Resolved, times: Sequence[time]) -> Plan:
    """The plan for a lake: a run is told what the settings say that are not the default.

    Args:
        resolved: the settings, and where each came from.
        times: when, in Washington.
    """
    settings = resolved.settings
    lake = settings.lake
    if not lake.startswith("s3://"):
        lake = str(Path(lake).expanduser().absolute())
    environ = {"LAKE_URI": lake}
    for setting in SETTINGS:
        if setting.name != "lake" and resolved.origins[setting.name] != "default":
            environ[setting.variable] = _as_given(getattr(settings, setting.name))
    digest = hashlib.sha256(lake.encode()).hexdigest()[:8]
    words = (sys.executable, "-m", "labor_lake", "run")
    return Plan(f"labor-lake-{digest}", lake, Path.cwd(), environ, words, sorted(set(times)))


def systemd_units(plan: Plan) -> dict[str, str]:
    """The two files of a systemd timer, by name."""
    told = "".join(
        f"Environment={_quoted(f'{name}={text}')}\n" for name, text in plan.environ.items()
    )
    moments = "".join(
        f"OnCalendar=Mon..Fri *-*-* {one:%H:%M}:00 {EASTERN.key}\n" for one in plan.times
    )
    command = " ".join(_quoted(word.replace("$", "$$")) for word in plan.words)
    folder = str(plan.folder).replace("%", "%%")
    if re.search(r"[\r\n]", folder):
        raise UsageError("A timer of systemd cannot run in a folder whose name has a line break.")
    description = f"Description=Labor Lake: land, build and publish into {_plain(plan.lake)}\n"
    return {
        f"{plan.name}.service": (
            f"[Unit]\n{description}\n[Service]\nType=oneshot\nWorkingDirectory={folder}\n{told}"
            f"ExecStart={command}\n"
        ),
        f"{plan.name}.timer": (
            f"[Unit]\n{description}\n[Timer]\n{moments}Persistent=true\n"
            "\n[Install]\nWantedBy=timers.target\n"
        ),
    }


def cron_lines(plan: Plan, zone: tzinfo | None = None, year: int | None = None) -> list[str]:
    """The lines for a crontab, a time each.

    Args:
        plan: what and when.
        zone: of the machine; None: this one's.
        year: of which the clock changes are looked at; this one by default.
    """
    told = " ".join(f"{name}={shlex.quote(text)}" for name, text in plan.environ.items())
    command = f"cd {shlex.quote(str(plan.folder))} && {told} {shlex.join(plan.words)}"
    command = command.replace("%", "\\%")
    if re.search(r"[\r\n]", command):
        raise UsageError("A line for cron cannot hold a line break.", hint="--with systemd")
    lines = []
    for one in plan.times:
        minutes = _latest(one, zone, year or datetime.now(EASTERN).year)
        days = "2-6" if minutes >= 24 * 60 else "0-4" if minutes < 0 else "1-5"
        hour, minute = divmod(minutes % (24 * 60), 60)
        lines.append(f"{minute} {hour} * * {days} {command} {_mark(plan)}")
    return lines


def install(plan: Plan, kind: str) -> str:
    """Sets the timer, in place of an earlier one of the same lake; returns how to look at it.

    Args:
        plan: what and when.
        kind: SYSTEMD or CRON.

    Raises:
        LakeError: the machine does not take it.
    """
    if kind == SYSTEMD:
        folder = _units_folder()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, text in systemd_units(plan).items():
                (folder / name).touch(mode=0o600)
                (folder / name).write_text(text, "utf-8")
        except OSError as error:
            raise LakeError(f"The timer cannot be written: {error}") from error
        _run("systemctl", "--user", "daemon-reload")
        _run("systemctl", "--user", "enable", "--now", f"{plan.name}.timer")
        return f"systemctl --user list-timers {plan.name}.timer"
    _write_crontab([*_others(plan), *cron_lines(plan)])
    return "crontab -l"


def remove(plan: Plan) -> bool:
    """Takes away the timers of a lake; whether there was one.

    Raises:
        LakeError: the machine does not let go of it.
    """
    found = False
    units = [_units_folder() / name for name in systemd_units(plan)]
    if any(path.exists() for path in units):
        found = True
        _run("systemctl", "--user", "disable", "--now", f"{plan.name}.timer")
        for path in units:
            path.unlink(missing_ok=True)
        _run("systemctl", "--user", "daemon-reload")
    if shutil.which("crontab"):
        others = _others(plan)
        if len(others) < len(_crontab()):
            found = True
            _write_crontab(others)
    return found


def kind_here() -> str:
    """What this machine has: SYSTEMD where it runs timers of this user, else CRON.

    Raises:
        UsageError: neither.
    """
    if shutil.which("systemctl") and _asked("systemctl", "--user", "is-system-running"):
        return SYSTEMD
    if shutil.which("crontab"):
        return CRON
    raise UsageError(
        "This machine has neither systemd for users nor cron.",
        hint="`lake schedule` prints both; another scheduler may take the command.",
    )


def _latest(one: time, zone: tzinfo | None, year: int) -> int:
    """Minutes after midnight of the same date, by a zone's clock; the latest in a year."""
    latest = -24 * 60
    for month in range(1, 13):
        there = datetime(year, month, 15, one.hour, one.minute, tzinfo=EASTERN)
        here = there.astimezone(zone)
        days = here.replace(tzinfo=None).date() - there.date()
        latest = max(latest, int(days / timedelta(minutes=1)) + here.hour * 60 + here.minute)
    return latest


def _as_given(value: object) -> str:
    """A setting's value as its variable takes it."""
    if isinstance(value, tuple):
        return ",".join(value) or "none"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}s" if isinstance(value, float) and value >= 1 else f"{value}"


def _plain(text: str) -> str:
    return "".join(char if char.isprintable() and char != "%" else "?" for char in text)


def _quoted(text: str) -> str:
    """A word as systemd reads it."""
    harmless = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return '"{}"'.format(harmless.replace("\n", "\\n"))


def _mark(plan: Plan) -> str:
    """What tells our lines in a crontab from others."""
    return f"# {plan.name}"


def _units_folder() -> Path:
    return Path("~/.config/systemd/user").expanduser()


def _crontab() -> list[str]:
    """The user's lines; none where there is no crontab yet."""
    done = _started(("crontab", "-l"))
    if done.returncode and "no crontab" not in done.stderr.lower():
        raise _failure(("crontab", "-l"), done)  # to write without them would lose them
    return done.stdout.splitlines() if done.returncode == 0 else []


def _others(plan: Plan) -> list[str]:
    return [line for line in _crontab() if not line.endswith(_mark(plan))]


def _write_crontab(lines: Sequence[str]) -> None:
    _run("crontab", "-", text="".join(f"{line}\n" for line in lines))


def _asked(*words: str) -> bool:
    """Whether systemd answers for this user; that something else of it has failed is no matter."""
    return _started(words).stdout.strip() in ("running", "degraded", "starting")


def _run(*words: str, text: str = "") -> None:
    done = _started(words, text)
    if done.returncode:
        raise _failure(words, done)


def _started(words: Sequence[str], text: str = "") -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603 - names and options of our own
            words, input=text, capture_output=True, text=True, timeout=_TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LakeError(f"{words[0]} does not run: {error}") from error


def _failure(words: Sequence[str], done: subprocess.CompletedProcess[str]) -> LakeError:
    told = (done.stderr or done.stdout).strip().splitlines()
    return LakeError(f"{' '.join(words[:3])} failed: {told[-1] if told else done.returncode}")
