"""A page of `lake doctor`, asked for and read; what AWS answers, as a script."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

from labor_lake.cli import main
from labor_lake.diagnosis.account import Account
from tests.deployment.test_stacks import Scripted

if TYPE_CHECKING:
    import pytest

Page = dict[str, Any]


def page_of(capsys: pytest.CaptureFixture[str], *words: str, code: int) -> Page:
    """The page as JSON, with the exit code that goes with it."""
    assert main(["doctor", "--json", *words]) == code
    page: Page = json.loads(capsys.readouterr().out)
    return page


def found(page: Page) -> dict[str, str]:
    """The status of everything that was looked at, by name."""
    return {one["name"]: one["status"] for part in page["looked_at"].values() for one in part}


def said(page: Page, name: str) -> str:
    """All that the page says of one thing."""
    (one,) = [one for part in page["looked_at"].values() for one in part if one["name"] == name]
    return "\n".join([one["text"], one["hint"], *one["excerpt"]])


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def deny(monkeypatch: pytest.MonkeyPatch, *operations: str) -> None:
    """Has AWS deny calls: ``s3.PutObject``."""
    fail(monkeypatch, 403, "AccessDenied", "User: arn is not authorized", *operations)


def fail(
    monkeypatch: pytest.MonkeyPatch, status: int, code: str, message: str, *operations: str
) -> None:
    """Has AWS answer calls with an error."""
    make = Account.client

    def answer(http_response, parsed, **_):
        parsed.clear()
        parsed["Error"] = {"Code": code, "Message": message}
        http_response.status_code = status

    def client(self: Account, service: str) -> Any:
        made = make(self, service)
        for operation in operations:
            made.meta.events.register(f"after-call.{operation}", answer)
        return made

    monkeypatch.setattr(Account, "client", client)


def answers_of(monkeypatch: pytest.MonkeyPatch, **services: dict[str, list[Any]]) -> None:
    """Has services answer as a script says, since moto knows neither failed stacks nor jobs."""
    clients = {name: Scripted(**answers) for name, answers in services.items()}
    monkeypatch.setattr(Account, "client", lambda _, service: clients[service])
