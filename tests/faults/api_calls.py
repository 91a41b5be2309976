"""Every call of AWS's interface as an operation with a number: it can fail, or end the process.

botocore's own tries are inside a call; so one that fails has failed as often as botocore tries.
"""

from __future__ import annotations

import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.client import BaseClient
from botocore.exceptions import ConnectTimeoutError, IncompleteReadError, ReadTimeoutError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Callable


class ApiCalls:
    """Counts calls, and does nothing else.

    Attributes:
        names: what was called, ``PutObject raw/bls/pr/pr.class``.
    """

    def __init__(self, service: str = "") -> None:
        """Prepares.

        Args:
            service: the only one whose calls count, ``glue``; empty for all.
        """
        self.names: list[str] = []
        self._service = service

    def make(self, call: Callable[[], Any], number: int, name: str) -> Any:
        """Makes the call; for those who inherit."""
        return call()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Makes all calls of this process."""
        original = BaseClient._make_api_call

        def watched(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
            def call() -> Any:
                return original(client, operation, parameters)

            if self._service not in ("", client.meta.service_model.service_name):
                return call()
            named = parameters.get("Key") or parameters.get("Prefix") or parameters.get("Name", "")
            self.names.append(f"{operation} {named}")
            return self.make(call, len(self.names), operation)

        BaseClient._make_api_call = watched
        try:
            yield
        finally:
            BaseClient._make_api_call = original


class FailingCalls(ApiCalls):
    """Fails call N: ``before`` it acts, ``after`` it did, or ``torn`` in the body of its answer.

    A torn answer breaks off whenever it is read again; a torn request leaves nothing in S3.
    """

    def __init__(self, fails_at: int, when: str, service: str = "") -> None:
        super().__init__(service)
        self._fails_at = fails_at
        self._when = when

    def make(self, call: Callable[[], Any], number: int, name: str) -> Any:
        if number != self._fails_at:
            return call()
        if self._when == "torn":
            answer = call()
            if "Body" in answer:
                answer["Body"] = _Torn(answer["Body"].read())
            return answer
        if self._when == "after":
            call()
            raise ReadTimeoutError(endpoint_url="https://aws.example")
        raise ConnectTimeoutError(endpoint_url="https://aws.example")


class _Torn(io.BytesIO):
    """The first half of a body, then an error."""

    def read(self, size: int | None = -1) -> bytes:
        whole = len(self.getbuffer())
        left = whole // 2 - self.tell()
        if size is None or size < 0 or left <= 0:
            raise IncompleteReadError(actual_bytes=whole // 2, expected_bytes=whole)
        return super().read(min(size, left))
