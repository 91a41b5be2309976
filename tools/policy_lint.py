"""Lints IAM policies with parliament; what it finds fails, unless a reason for it is written down.

    python -m tools.policy_lint FOLDER FINDINGS

FOLDER has one policy in each file, FINDINGS the reasons. A reason that explains nothing any more
fails, too. It runs in parliament's own environment.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import parliament
import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def find(folder: Path) -> Iterator[tuple[str, str, str]]:
    """What parliament finds: the policy, the issue, and what it says of it."""
    for path in sorted(folder.glob("*.json")):
        policy = parliament.analyze_policy_string(
            path.read_text("utf-8"), path.stem, include_community_auditors=True
        )
        for finding in policy.findings:
            told = parliament.enhance_finding(finding)
            yield path.stem, told.issue, str(told.detail)


def explains(reason: dict[str, Any], found: tuple[str, str, str]) -> bool:
    """Whether a reason speaks of a finding."""
    policy, issue, detail = found
    return reason["policy"] == policy and reason["issue"] == issue and reason["about"] in detail


def main(words: Sequence[str]) -> int:
    """Prints what is not explained, and the reasons that explain nothing."""
    folder, reasons_file = map(Path, words)
    reasons = yaml.safe_load(reasons_file.read_text("utf-8"))
    findings = list(find(folder))
    wrong = [
        " ".join(found)
        for found in findings
        if not any(explains(reason, found) for reason in reasons)
    ]
    wrong += [
        f"{reason['policy']} {reason['issue']} {reason['about']}: not found any more"
        for reason in reasons
        if not any(explains(reason, found) for found in findings)
    ]
    for line in wrong:
        print(line)
    count = len(list(folder.glob("*.json")))
    print(f"{count} policies, {len(findings)} findings, {len(wrong)} without a reason.")
    return 1 if wrong or not count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
