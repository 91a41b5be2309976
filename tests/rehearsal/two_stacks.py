"""Two stacks in one account: one works while the other one rests, or both at once.

The second one's name begins with the first one's, which is what a rule that goes by a name's
beginning would not tell apart. Its lake is of older captures.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from tests.rehearsal.account import create_resources, delete_resources, state_of
from tests.rehearsal.days import JOBS
from tests.rehearsal.permissions import grants_of, without_permission
from tests.rehearsal.upstreams import CAPTURES, DATA_FILES, moment_of, publish_release
from tests.rehearsal.users import rows_by_file

if TYPE_CHECKING:
    from pathlib import Path

    from labor_lake.deployment.bundles import Code
    from tests.rehearsal.answers import Answerer
    from tests.rehearsal.days import Rehearsal

NAME = "labor-lake-2"
FIRST_MONTH = "2025-02"
"""The capture that the second stack's upstream serves at first."""


def days_of_two_stacks(
    first: Rehearsal, second: Rehearsal, code: Code, answer: Answerer, expected: Path | None
) -> None:
    """Makes a second stack, plays days of both at once, and deletes it.

    Args:
        first: the stack that stands.
        second: the one that comes.
        code: of its jobs.
        answer: answers what Athena is asked in its database.
        expected: where the reports of captures are.
    """
    first.tell("\nA second stack in the account")
    try:
        create_resources(second.stack, code)
    except ClientError as error:
        first.holds(f"the account takes a stack of another name: {error}", held=False)
        return
    first.holds("the account takes a stack of another name", held=True)
    second.cloud.answer_queries(second.database, answer)
    for one in (first, second):
        _has_its_own_by_the_template(one)
    since = len(first.cloud.calls)

    first.tell("\nIts first day, a quiet day of the first stack")
    before = state_of(first.stack)
    with first.is_quiet():
        _run_both(second, first, "second stack, first day", "first stack, nothing new")
    _is_untouched(first, before)
    second.reports_are(expected, FIRST_MONTH)
    first.reports_are(expected, "2025-10")

    first.tell("\nBoth have a release, each another one")
    _release(first, "2026-04")
    _release(second, "2025-05")
    _run_both(second, first, "second stack, a release", "first stack, a release")
    for one, month in ((first, "2026-04"), (second, "2025-05")):
        one.reports_are(expected, month)
        one.is_whole()

    first.tell("\nWhat each of the two could reach")
    for own, other in ((first, second), (second, first)):
        _keeps_to_itself(own, other, since)

    first.tell("\nThe second stack is deleted")
    before, rows, lake = state_of(first.stack), rows_by_file(first.database), second.storage.uri
    delete_resources(second.stack)
    _is_untouched(first, before)
    first.is_whole()
    first.holds("readers have every row of the first", rows_by_file(first.database) == rows)
    kept = second.storage.get("reports/latest/best_year.csv")
    first.holds(f"{lake} is kept, with its reports", kept is not None)


def _run_both(one: Rehearsal, other: Rehearsal, day: str, others_day: str) -> None:
    """Runs both workflows at once."""
    with ThreadPoolExecutor(1) as pool:
        beside = pool.submit(one.run, day)
        other.succeeds(other.run(others_day))
        one.succeeds(beside.result())


def _release(rehearsal: Rehearsal, month: str) -> None:
    """The upstream of one stack publishes the data file of a month."""
    number = next(rehearsal.releases)
    if CAPTURES.is_dir():
        path = CAPTURES / "bls" / "pr" / month / DATA_FILES[0]
        rehearsal.upstream.set_file("pr", DATA_FILES[0], path, moment_of(number))
    else:
        publish_release(rehearsal.upstream, number)


def _is_untouched(rehearsal: Rehearsal, before: dict[str, list[str]]) -> None:
    """Nothing of a stack is another than before, but for what each of its runs leaves."""
    now = state_of(rehearsal.stack)
    count = sum(map(len, now.values()))
    differing = [place for place, held in before.items() if now.get(place) != held]
    rehearsal.holds(
        f"the {count} objects, tables, partitions and saved queries of {_name(rehearsal)} are as "
        "they were",
        count and not differing,
    )
    for place in differing:
        rehearsal.tell(f"         another than before: {place}")


def _keeps_to_itself(own: Rehearsal, other: Rehearsal, since: int) -> None:
    """What the jobs of one have asked for, its roles allow, and no role of the other one does."""
    calls = own.calls(since)
    denied = [
        call
        for job in JOBS
        for call in without_permission(
            [call for call in calls if own.glue.callers[call.caller] == job],
            grants_of(own.stack, job),
        )
    ]
    own.holds(f"{_name(own)}: {len(calls)} calls, each allowed by its job's role", not denied)
    # The catalog has no name of its own: whoever may see a database asks for it as well.
    named = [call for call in calls if not call.resource.endswith(":catalog")]
    theirs = [grant for job in JOBS for grant in grants_of(other.stack, job)]
    shut_out = without_permission(named, theirs)
    own.holds(
        f"{_name(own)}: {len(named)} of them no role of the other stack allows",
        named and len(shut_out) == len(named),
    )
    for call in dict.fromkeys([*denied, *(one for one in named if one not in shut_out)]):
        own.tell(f"         {call.caller}: {call.action} on {call.resource}")


def _has_its_own_by_the_template(one: Rehearsal) -> None:
    """What moto does not make: prepared statements, alarms and log groups."""
    for kind in ("PreparedStatement", "NamedQuery"):
        queries = one.stack.of_type(f"AWS::Athena::{kind}").values()
        own = {one.stack.outputs["WorkgroupName"]}
        where = {query["WorkGroup"] for query in queries}
        one.holds(f"{_name(one)}: each {kind} is in its own workgroup", where == own)
    patterns = [
        pattern
        for rule in one.stack.of_type("AWS::Events::Rule").values()
        for detail in [rule["EventPattern"]["detail"]]
        for pattern in detail.get("$or", [detail])
    ]
    heard = {name for pattern in patterns for name in pattern["jobName"]}
    one.holds(
        f"{_name(one)}: it mails for its own jobs, and for no other", heard == set(one.glue.callers)
    )
    groups = one.stack.of_type("AWS::Logs::LogGroup")
    one.holds(f"{_name(one)}: it owns no log group, all jobs of an account share two", not groups)


def _name(rehearsal: Rehearsal) -> str:
    return rehearsal.stack.outputs["WorkflowName"]
