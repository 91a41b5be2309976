"""The `lake` command: finds the command's module, hands it the arguments, tells its errors.

Only the module of the command that was asked for is imported, so that `lake status` does not wait
for what only `lake run` needs.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from typing import TYPE_CHECKING

from glue_jobs.errors import InternalFailure, LakeError
from glue_jobs.flags import add_setting_flags, log_format_of
from glue_jobs.logs import describe_failure, print_error
from glue_jobs.progress import write_line
from glue_jobs.settings import SETTINGS
from glue_jobs.sources.registry import SOURCES
from labor_lake.interrupt import EXIT_CODE, end_soon_when_interrupted
from labor_lake.output import is_of_stdout, write_failure

if TYPE_CHECKING:
    from collections.abc import Sequence

_EXAMPLES = {
    "demo": "lake demo",
    "run": "lake run --contact you@example.com --surveys pr,ap",
    "status": "lake status --max-age 36",
    "surveys": "lake surveys --landed",
    "find": "lake find unit labor costs manufacturing",
    "reports": "lake reports best_year --format csv",
    "series": "lake series PRS85006092 --as-of 2025-06-30",
    "docs": "lake docs pr",
    "sql": "lake sql pr_observations",
    "query": "lake query 'select max(year) from pr_data where period = ?' --param Q01",
    "shell": "lake shell --lake ./lake-demo",
    "page": "lake page --series PRS85006092,CUUR0000SA0",
    "attach": "lake attach --output lake.sql",
    "mcp": "lake mcp --lake ./lake-demo",
    "changes": "lake changes pr --release 2025-09-04",
    "trace": "lake trace PRS30006032 2018 Q01",
    "backfill": "lake backfill pr pr.data.0.Current old-copy.txt --release 2024-06-06",
    "verify": "lake verify --repair",
    "vacuum": "lake vacuum --dry-run",
    "schedule": "lake schedule --contact you@example.com --install",
    "config": "lake config --lake s3://my-bucket/lake",
    "doctor": "lake doctor --stack my-lake > doctor.txt",
    "trino-config": "lake trino-config --lake s3://my-bucket/lake --catalog none",
    "deploy": "lake deploy --stack my-lake --contact you@example.com",
    "destroy": "lake destroy --stack my-lake",
    "land-bls": "lake land-bls --surveys pr --contact you@example.com",
    "land-population": "lake land-population --datasets acs1,acs5",
    "build-tables": "lake build-tables --allow-shrink",
    "publish-reports": "lake publish-reports",
}

_TOO_LITTLE = LakeError(
    "There is too little memory for this.", hint="Ask for less, or give the machine more."
)

_TEXT = """\
The BLS time series and the US population as tables that SQL can query.

exit codes: 0 done, also when nothing was new; 2 the command or a setting is
wrong; 5 try again later; 7 failed and needs a person.
"""


def commands() -> dict[str, tuple[str, str]]:
    """Every command: its module, and what it does."""
    return {
        "demo": ("demo", "run everything on a bundled excerpt: no network, no account"),
        "run": ("run", "land what is new, build its tables, publish the reports"),
        "status": ("status", "what is landed, how fresh it is, what is current"),
        "surveys": ("surveys", "every survey: its size, what is landed of it, how fresh it is"),
        "find": ("find", "find series by words: payrolls, gasoline price in Denver"),
        "reports": ("reports", "print the reports, as tables, CSV or JSON"),
        "series": ("series", "one series: what it is, its figures, how they were printed"),
        "docs": ("docs", "print BLS's own document about a survey"),
        "sql": ("sql", "print the statement of a view or a saved query"),
        "query": ("query", "answer one Athena SQL statement"),
        "shell": ("shell", "answer Athena SQL statements as you type them"),
        "page": ("page", "write the lake as a site: reports, releases, series, with charts"),
        "attach": ("attach", "write the views that plain DuckDB reads the lake by"),
        "mcp": ("mcp", "answer programs that talk, by the Model Context Protocol"),
        "changes": ("changes", "what a release added, revised and withdrew"),
        "trace": ("trace", "where each value ever held for an observation came from"),
        "backfill": ("backfill", "take in old copies of a data file that people kept"),
        "verify": ("verify", "check every file against its recorded checksum"),
        "vacuum": ("vacuum", "remove release folders that were superseded a week ago"),
        "schedule": ("schedule", "run by itself each day: a systemd timer or a line for cron"),
        "config": ("config", "show every setting and where it came from"),
        "doctor": ("doctor", "one page on what works and what does not, to ask for help with"),
        "trino-config": ("trino_config", "print the file that shows a lake in S3 to Trino"),
        "deploy": ("deploy", "make the lake's stack on AWS, or bring it up to date"),
        "destroy": ("deploy", "delete the stack; the data stays"),
        **{f"land-{name}": ("run", f"job: land {what}") for name, (_, what) in SOURCES.items()},
        "build-tables": ("run", "job: make and publish the tables"),
        "publish-reports": ("run", "job: make the reports"),
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    words = _with_dash(sys.argv[1:] if argv is None else argv)
    if argv is None:
        end_soon_when_interrupted()
        _open_what_was_closed()
    try:
        return _executed(_parser(words).parse_args(words))
    except KeyboardInterrupt:
        return EXIT_CODE
    finally:
        _drop_unwritten()


def _with_dash(words: Sequence[str]) -> list[str]:
    """The words; a job may be called as its module and in Glue, `land_bls`."""
    named = words[0].replace("_", "-") if words else ""
    return [named, *words[1:]] if named in commands() else list(words)


def _executed(arguments: argparse.Namespace) -> int:
    """Runs a command; what it fails with is told in a sentence."""
    module = importlib.import_module(f"labor_lake.commands.{commands()[arguments.command][0]}")
    try:
        code: int = module.execute(arguments)
        sys.stdout.flush()
    except LakeError as error:
        _print_failure(error, arguments)
        return error.exit_code
    except BrokenPipeError:
        return 0  # whoever reads our output has seen enough
    except Exception as error:  # noqa: BLE001 - a person reads this, not a traceback
        failure = _unforeseen(error)
        _print_failure(failure, arguments)
        return failure.exit_code
    return code


def _unforeseen(error: Exception) -> LakeError:
    """What is told of an error that no part of the program knows."""
    if isinstance(error, MemoryError):
        return _TOO_LITTLE
    if isinstance(error, OSError) and is_of_stdout(error):
        return write_failure("the output", error)
    return InternalFailure(error)


def _print_failure(failure: LakeError, arguments: argparse.Namespace) -> None:
    """Tells it on stderr, as JSON where a program reads the answer."""
    if arguments.json:
        write_line(json.dumps({"error": describe_failure(failure)}))
    else:
        print_error(failure, debug=arguments.debug, log_format=log_format_of(vars(arguments)))


def _open_what_was_closed() -> None:
    """Has a program that was started without stdout or stderr write there for nobody."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123


def _drop_unwritten() -> None:
    """Drops what nobody takes of our output; Python would complain of it at exit, with a code."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class _HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Texts as they are written, beside names up to the longest command's."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=27)
        # argparse forgets that the names of commands are indented twice.
        self._action_max_length = 4 + max(map(len, commands()))


class _PrintVersion(argparse.Action):
    """Prints the version that is installed."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib import metadata  # noqa: PLC0415 - no other command waits for it

        print(f"lake {metadata.version('labor-lake')}")
        parser.exit()


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("lake", description=_TEXT, formatter_class=_HelpFormatter)
    parser.add_argument(
        "--version", action=_PrintVersion, nargs=0, help="print the version and exit"
    )
    added = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    chosen = words[0] if words else ""
    # A parser takes time to make; all are needed only to tell what there is.
    told = {chosen: commands()[chosen]} if chosen in commands() else commands()
    for name, (module, text) in told.items():
        command = added.add_parser(
            name,
            help=text,
            description=text,
            epilog=f"example:\n  {_EXAMPLES.get(name, f'lake {name}')}",
            formatter_class=_HelpFormatter,
        )
        if name == chosen:
            chosen_module = importlib.import_module(f"labor_lake.commands.{module}")
            chosen_module.add_arguments(command)
            command.add_argument("--json", action="store_true", help="print JSON, for programs")
            command.add_argument("--debug", action="store_true", help="show tracebacks")
            taken = getattr(chosen_module, "TAKEN_SETTINGS", SETTINGS)
            shown = getattr(chosen_module, "SHOWN_SETTINGS", ("lake",))
            add_setting_flags(command, taken, shown=shown)
    return parser


if __name__ == "__main__":
    sys.exit(main())
