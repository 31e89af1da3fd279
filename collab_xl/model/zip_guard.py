"""Open a zip whose listing has a limit: Python's zipfile makes an object for every entry, so 5 MB of listing take 1 GB of memory. Pure."""

from __future__ import annotations

import zipfile
from typing import IO


class HugeListing(Exception):
    """The listing of the zip is larger than allowed."""


class _Guard:
    """A stream that refuses large reads until `limit` is set to 0."""

    def __init__(self, stream: IO[bytes], limit: int) -> None:
        self._stream, self.limit = stream, limit
        self.seek, self.tell, self.seekable, self.close = stream.seek, stream.tell, stream.seekable, stream.close

    def read(self, size: int = -1) -> bytes:
        if self.limit and size > self.limit:
            raise HugeListing
        if self.limit and size < 0:  # the end of the file, behind the listing
            size = self.limit
        return self._stream.read(size)


def guarded_zip(stream: IO[bytes], limit: int) -> zipfile.ZipFile:
    """The zip. zipfile reads the listing in one piece, so its size is known before an entry is made of it.

    Args:
        limit: bytes of the listing; at least 65,557, which is what zipfile reads to find its end.

    Raises HugeListing, and what zipfile raises for damaged files.
    """
    guard = _Guard(stream, limit)
    archive = zipfile.ZipFile(guard)
    guard.limit = 0
    return archive
