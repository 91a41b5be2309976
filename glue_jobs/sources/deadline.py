"""Ends an answer that trickles or does not end, wherever it is read.

requests and urllib3 only bound the time without a byte, and ``http.client`` reads any number of
``100 Continue`` answers, headers of a proxy and trailers. So one byte a minute, or one line after
the other, would hold a run for ever. Here every byte of an answer passes ``_Timed``, which asks
the request's ``Deadline`` before it waits: no thread watches, and nothing is left behind.
"""

from __future__ import annotations

import http.client
import io
import math
import socket
import time
from functools import partial
from typing import Any

import requests
from requests.structures import CaseInsensitiveDict

_MOST_BYTES = 1 << 20
"""One step reads no more: a head (100 lines of 64 kB are none), or a part of a body with its
framing."""


class Deadline:
    """The moment, of the monotonic clock, at which the current step of a request must be done."""

    def __init__(self) -> None:
        self._moment = math.inf
        self._bytes = 0

    def set(self, moment: float) -> None:
        """Begins a step."""
        self._moment = moment
        self._bytes = 0

    def left(self) -> float:
        """Seconds that the step has left, more than zero.

        Raises:
            socket.timeout: none is left.
        """
        seconds = self._moment - time.monotonic()
        if seconds <= 0:
            raise socket.timeout("timed out")
        return seconds

    def received(self, size: int) -> None:
        """Counts bytes of the step.

        Raises:
            http.client.HTTPException: there are too many.
        """
        self._bytes += size
        if self._bytes > _MOST_BYTES:
            raise http.client.HTTPException("it sent lines without end")


class _Timed(io.RawIOBase):
    """What a socket receives, each time until the deadline at most."""

    def __init__(self, raw: io.RawIOBase, connection: socket.socket, deadline: Deadline) -> None:
        self._raw = raw
        self._connection = connection
        self._deadline = deadline

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Waits for bytes, no longer than the socket's own timeout and the deadline."""
        left = self._deadline.left()
        usual = self._connection.gettimeout()
        self._connection.settimeout(left if usual is None else min(usual, left))
        size = self._raw.readinto(buffer)
        self._connection.settimeout(usual)
        self._deadline.received(size or 0)
        return size

    def close(self) -> None:
        """Lets the socket go."""
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    """An answer that is read through ``_Timed``, from its first byte on."""

    def __init__(self, deadline: Deadline, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_Timed(self.fp.detach(), sock, deadline))


class TimedAdapter(requests.adapters.HTTPAdapter):
    """Sends requests of one thread, whose answers obey a deadline, also those of a proxy."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Makes the pools of connections to servers."""
        super().init_poolmanager(*args, **kwargs)
        self._time(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Makes the pools of connections through a proxy, once."""
        known = proxy in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **kwargs)
        if not known:
            self._time(manager)
        return manager

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """Takes status, headers and body as they came.

        Not what requests would make of Content-Type and Set-Cookie: nobody asks for it, and
        requests 2.32 (Python 3.9) fails at a charset without a value.
        """
        response = requests.Response()
        response.status_code = resp.status
        response.headers = CaseInsensitiveDict(resp.headers)
        response.raw = resp
        return response

    def _time(self, manager: Any) -> None:
        manager.pool_classes_by_scheme = {
            scheme: _timed(pool_class, self._deadline)
            for scheme, pool_class in manager.pool_classes_by_scheme.items()
        }


def _timed(pool_class: Any, deadline: Deadline) -> type:
    """The same pool, whose connections read their answers through ``_Timed``."""
    # Static, since Python 3.14 binds a partial to its object.
    response_class = staticmethod(partial(_Response, deadline))
    connection_class = type(
        "TimedConnection", (pool_class.ConnectionCls,), {"response_class": response_class}
    )
    return type("TimedPool", (pool_class,), {"ConnectionCls": connection_class})
