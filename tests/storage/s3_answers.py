"""Answers that S3 gives in tests without being asked: refusals, and bodies of a test's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.awsrequest import AWSResponse

if TYPE_CHECKING:
    from glue_jobs.storage.s3 import S3Storage


class Answers:
    """Answers the next requests for an operation itself, in place of the server, or after it."""

    def __init__(self, lake: S3Storage, operation: str, *answers: tuple[int, str] | None) -> None:
        """None lets the server answer; an answer to HEAD has no code."""
        self.asked = 0
        self._answers = list(answers)
        lake._client.meta.events.register(f"before-send.s3.{operation}", self._answer)

    def _answer(self, request, **_):
        self.asked += 1
        given = self._answers.pop(0) if self._answers else None
        if given is None:
            return None
        status, code = given
        text = f"<Error><Code>{code}</Code><Message>said by AWS</Message></Error>" if code else ""
        return AWSResponse(
            request.url, status, {"Content-Type": "application/xml"}, Raw(text.encode())
        )


class Raw:
    """A body as urllib3 gives it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_, **__):
        yield self._body

    def read(self, *_):
        body, self._body = self._body, b""
        return body

    def close(self):
        pass
