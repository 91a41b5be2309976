"""The policy of whoever deploys a lake: `infra/deployer-policy.json`, for one stack."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent


def deployer_policy(stack: str, database: str, region: str, account: str) -> str:
    """The policy document as JSON.

    Args:
        stack: its name.
        database: of the Glue database, and of the workgroup.
        region: of the stack; empty leaves the word REGION where it belongs.
        account: its number; empty leaves the word ACCOUNT.
    """
    inside = _HERE / "deployer-policy.json"
    path = inside if inside.exists() else _HERE.parents[1] / "infra" / "deployer-policy.json"
    text = path.read_text("utf-8")
    names = {"STACK": stack, "DATABASE": database, "REGION": region, "ACCOUNT": account}
    for word, name in names.items():
        text = text.replace(word, name or word)
    return text
