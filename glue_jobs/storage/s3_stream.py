"""An S3 object as a seekable stream, which whoever reads Parquet or a flat file takes for a file.

It asks for the bytes from where it stands, and reads on in that answer until somebody seeks.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, BinaryIO

from botocore.exceptions import BotoCoreError, ClientError

from glue_jobs.aws_errors import told
from glue_jobs.errors import TryAgainLater

if TYPE_CHECKING:
    from collections.abc import Mapping

TRIES = 4
"""How often S3 is asked for the same thing."""

_READ_BYTES = 1 << 20


def stream_of(client: Any, named: Mapping[str, Any], size: int, shown: str) -> BinaryIO:
    """Opens one content of one object.

    Args:
        client: boto3's.
        named: what get_object takes: bucket, key, and version or tag, so that the content is one.
        size: its bytes.
        shown: its address, for errors.
    """
    return io.BufferedReader(_ObjectStream(client, named, size, shown), _READ_BYTES)


class _ObjectStream(io.RawIOBase):
    """Reads one content of one object from any place; a stream that breaks is opened again."""

    def __init__(self, client: Any, named: Mapping[str, Any], size: int, shown: str) -> None:
        self._client, self._named = client, named
        self._size, self._shown = size, shown
        self._position = 0
        self._body: Any = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if start + offset != self._position:
            self._drop()
            self._position = start + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:
        if self._position >= self._size or not len(buffer):
            return 0
        data = self._read(len(buffer))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def close(self) -> None:
        self._drop()
        super().close()

    def _read(self, count: int) -> bytes:
        for attempt in range(TRIES):
            try:
                if self._body is None:
                    answer = self._client.get_object(
                        **self._named, Range=f"bytes={self._position}-"
                    )
                    self._body = answer["Body"]
                data: bytes = self._body.read(count)
                if data:
                    return data
            except (ClientError, BotoCoreError) as error:
                if attempt == TRIES - 1 or isinstance(error, ClientError):
                    raise told(error, f"read {self._shown}") from error
            self._drop()
        raise TryAgainLater(f"Cannot read {self._shown}: its bytes end too early.")

    def _drop(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None
