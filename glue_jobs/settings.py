"""Settings: a flag wins over an environment variable, that over `lake.toml`, that over a default.

Everything here is a pure function of what it is given; the job's edge hands in the environment.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable
from urllib.parse import urlsplit

from glue_jobs.errors import UsageError
from glue_jobs.subjects import asked_surveys, dataset_of
from glue_jobs.timestamps import seconds_of

if TYPE_CHECKING:
    from collections.abc import Mapping

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""How this machine calls itself: plain http goes to no other host."""


@dataclass(frozen=True)
class Settings:
    """What a run may be told.

    Attributes:
        lake: the lake's address: a directory, or ``s3://bucket/prefix``.
        contact: the e-mail address that BLS demands; sent to BLS only, never stored.
        surveys: two-letter codes of the surveys to land and build; or ``all``, and then codes with
            a dash before them, which are left out.
        datasets: population datasets to land; none are possible.
        bls_url: the folder that lists the surveys.
        population_url: the addresses of the population API: the first that answers counts.
        requests_per_second: how fast one upstream is asked, at most.
        allow_removals: how many files may vanish from a survey in one run.
        allow_shrink: whether a data file may lose more than a tenth of its rows, a table a column,
            or a population dataset some of its years.
        time_limit: seconds after which a run begins nothing new; None: it takes its time.
        workers: processes that convert files at a time; 0: one for each core.
        database: the Glue database that shows a lake in S3.
        workgroup: the Athena workgroup that answers queries on it.
        region: the AWS region of both; empty for the SDK's own choice.
        engine: what answers SQL: ``duckdb``, ``athena``, ``trino``; ``auto``: what goes with the
            lake.
        catalog: what shows a lake in S3 to its engine: ``glue``; ``none``: nothing outside of the
            engine; ``auto``: Glue.
        trino_url: the address of the Trino server; its password is in the environment alone.
        trino_catalog: the server's catalog that shows the lake.
        trino_user: who asks.
        log_format: what stderr is written in: ``text`` for people, ``json`` for programs.
        page: whether `lake run` writes the site anew when something was published.
        series: the series that have a page of their own on it; none: those people ask for most.
        on_release: a command that `lake run` starts when something was published; empty: none.
    """

    lake: str = "./lake"
    contact: str = field(default="", repr=False)  # no traceback and no log shows it
    surveys: tuple[str, ...] = ("pr",)
    datasets: tuple[str, ...] = ("acs1",)
    bls_url: str = "https://download.bls.gov/pub/time.series/"
    population_url: tuple[str, ...] = (
        "https://honolulu-api.datausa.io/tesseract/data.jsonrecords",
        "https://api.datausa.io/tesseract/data.jsonrecords",
    )
    requests_per_second: float = 4.0
    allow_removals: int = 0
    allow_shrink: bool = False
    time_limit: float | None = None
    workers: int = 0
    database: str = "labor_lake"
    workgroup: str = "labor_lake"
    region: str = ""
    engine: str = "auto"
    catalog: str = "auto"
    trino_url: str = ""
    trino_catalog: str = "awsdatacatalog"
    trino_user: str = "labor_lake"
    log_format: str = "text"
    page: bool = False
    series: tuple[str, ...] = ()
    on_release: str = ""


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how long to try.

    Attributes:
        tries: requests in all for one body.
        first_pause: seconds before the second try; each further pause is twice as long.
        longest_pause: seconds; a server that asks for more is given up.
        connect_timeout: seconds, for each address of the server, and for the TLS handshake.
        head_timeout: seconds from asking until status line and headers are there whole.
        read_timeout: seconds without a byte.
        grace: seconds before the least rate is asked for.
        least_rate: bytes per second below which a body counts as stuck.
        again: whether a subject that failed and may heal is tried once more, when a job has done
            all others.
    """

    tries: int = 4
    first_pause: float = 1.0
    longest_pause: float = 60.0
    connect_timeout: float = 10.0
    head_timeout: float = 60.0
    read_timeout: float = 60.0
    grace: float = 30.0
    least_rate: float = 1000.0
    again: bool = True


@dataclass(frozen=True)
class Setting:
    """How one setting is given.

    Attributes:
        name: its flag without dashes, its name in `lake.toml`, its field in ``Settings``.
        variable: its environment variable.
        parse: from text to value; raises ``UsageError`` or ``ValueError``.
        help: one line for ``--help``.
        metavar: what its value is, for ``--help``; empty for a switch.
    """

    name: str
    variable: str
    parse: Callable[[str], Any]
    help: str
    metavar: str


@dataclass(frozen=True)
class Resolved:
    """The settings, and where each came from."""

    settings: Settings
    origins: Mapping[str, str]


def _list_of(read: Callable[[str], str]) -> Callable[[str], tuple[str, ...]]:
    def parse(text: str) -> tuple[str, ...]:
        items = [item.strip() for item in text.split(",") if item.strip()]
        if not items:
            raise ValueError
        return tuple(dict.fromkeys(read(item) for item in items))

    return parse


def _list_or_none(read: Callable[[str], str]) -> Callable[[str], tuple[str, ...]]:
    items = _list_of(read)
    return lambda text: () if text.strip() == "none" else items(text)


def _web_address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise ValueError
    if "@" in parts.netloc:
        raise UsageError(
            "A web address cannot carry a user name or a password.",
            hint="No upstream wants one, and here it would be shown; a Trino server's user is a"
            " setting, its password in LAKE_TRINO_PASSWORD.",
        )
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise UsageError(
            f"{text[:60]!r} is plain http, and that is for this machine alone.",
            hint="Write https://: on the way, anybody could read your e-mail address or password"
            " and change the figures.",
        )
    return text


def _some_text(text: str) -> str:
    if not text.strip():
        raise ValueError
    return text


def _identifier(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,127}", text):
        raise ValueError
    return text


def _one_of(*known: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in known:
            raise ValueError
        return text

    return parse


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise ValueError
    return value


def _rate(text: str) -> float:
    value = float(text)
    if not 0.001 <= value <= 100:  # slower, a clock could not wait
        raise ValueError
    return value


def _switch(text: str) -> bool:
    return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[
        text.lower()
    ]


SETTINGS = (
    Setting("lake", "LAKE_URI", _some_text, "a directory or s3://… (default: ./lake)", "LAKE"),
    Setting("contact", "LAKE_CONTACT", str, "your e-mail address, which BLS requires", "EMAIL"),
    Setting(
        "surveys",
        "LAKE_SURVEYS",
        lambda text: asked_surveys(_list_of(str)(text)),
        "BLS surveys; or all; or all,-cs for all but cs (default: pr)",
        "CODE,…",
    ),
    Setting(
        "datasets",
        "LAKE_DATASETS",
        _list_or_none(lambda key: dataset_of(key).key),
        "population: acs1, acs5, or none (default: acs1)",
        "KEY,…",
    ),
    Setting("bls_url", "LAKE_BLS_URL", _web_address, "the folder that lists the surveys", "URL"),
    Setting(
        "population_url",
        "LAKE_POPULATION_URL",
        _list_of(_web_address),
        "the population API's addresses, in the order to ask them",
        "URL,…",
    ),
    Setting(
        "requests_per_second",
        "LAKE_REQUESTS_PER_SECOND",
        _rate,
        "requests to one upstream, at most (default: 4)",
        "N",
    ),
    Setting(
        "allow_removals",
        "LAKE_ALLOW_REMOVALS",
        _count,
        "let up to N files vanish from a survey",
        "N",
    ),
    Setting(
        "allow_shrink",
        "LAKE_ALLOW_SHRINK",
        _switch,
        "let a file lose over a tenth of its rows, a dataset its years",
        "",
    ),
    Setting(
        "time_limit",
        "LAKE_TIME_LIMIT",
        seconds_of,
        "begin nothing new after 90s, 45m or 2h; the next run goes on",
        "TIME",
    ),
    Setting(
        "workers",
        "LAKE_WORKERS",
        _count,
        "convert N files at a time, each with up to 256 MB (default: one per core)",
        "N",
    ),
    Setting(
        "database",
        "LAKE_DATABASE",
        _identifier,
        "Glue database of a lake in S3 (default: labor_lake)",
        "NAME",
    ),
    Setting(
        "workgroup",
        "LAKE_WORKGROUP",
        _some_text,
        "Athena workgroup (default: labor_lake)",
        "NAME",
    ),
    Setting("region", "AWS_REGION", _some_text, "AWS region (default: the SDK's)", "REGION"),
    Setting(
        "engine",
        "LAKE_ENGINE",
        _one_of("auto", "duckdb", "athena", "trino"),
        "what answers SQL: duckdb, athena, trino (default: auto)",
        "NAME",
    ),
    Setting(
        "catalog",
        "LAKE_CATALOG",
        _one_of("auto", "glue", "none"),
        "of a lake in S3: glue; none without AWS (default: auto)",
        "NAME",
    ),
    Setting("trino_url", "LAKE_TRINO_URL", _web_address, "the Trino server's address", "URL"),
    Setting(
        "trino_catalog",
        "LAKE_TRINO_CATALOG",
        _identifier,
        "its catalog with the lake (default: awsdatacatalog)",
        "NAME",
    ),
    Setting(
        "trino_user",
        "LAKE_TRINO_USER",
        _some_text,
        "who asks it; LAKE_TRINO_PASSWORD is the password (default: labor_lake)",
        "NAME",
    ),
    Setting(
        "log_format",
        "LAKE_LOG_FORMAT",
        _one_of("text", "json"),
        "stderr as text or json (default: text)",
        "FORMAT",
    ),
    Setting("page", "LAKE_PAGE", _switch, "write the page when something was published", ""),
    Setting(
        "series",
        "LAKE_SERIES",
        _list_of(str.upper),
        "the series that get a page (default: those people ask for most)",
        "ID,…",
    ),
    Setting(
        "on_release",
        "LAKE_ON_RELEASE",
        _some_text,
        "start this when something was published, with the summary on stdin",
        "COMMAND",
    ),
)


def resolve(
    flags: Mapping[str, str], environ: Mapping[str, str], file: Mapping[str, Any]
) -> Resolved:
    """Settles every setting.

    Args:
        flags: the given flags by name, as text.
        environ: the environment.
        file: what `lake.toml` says, by name.

    Raises:
        UsageError: a value is not what its setting takes, or `lake.toml` names no setting.
    """
    unknown = sorted(set(file) - {setting.name for setting in SETTINGS})
    if unknown:
        raise UsageError(f"lake.toml has {unknown[0]!r}, which is no setting.")
    if "on_release" in file:  # else a folder that somebody has sent would start programs
        raise UsageError(
            "lake.toml cannot name a command to start.", hint="--on-release, or LAKE_ON_RELEASE"
        )
    values: dict[str, Any] = {}
    origins = {setting.name: "default" for setting in SETTINGS}
    for setting in SETTINGS:
        given = (
            (flags.get(setting.name), f"--{setting.name.replace('_', '-')}"),
            (environ.get(setting.variable) or None, setting.variable),
            (_text(file.get(setting.name)), "lake.toml"),
        )
        for text, origin in given:
            if text is not None:
                values[setting.name] = _parsed(setting, text, origin)
                origins[setting.name] = origin
                break
    return Resolved(Settings(**values), origins)


def _text(value: object) -> str | None:
    if isinstance(value, list):
        return ",".join(str(item) for item in value)
    return None if value is None else str(value)


def _parsed(setting: Setting, text: str, origin: str) -> Any:
    try:
        return setting.parse(text)
    except (ValueError, KeyError):
        raise UsageError(f"{origin} cannot be {text[:60]!r}: {setting.help}.") from None
