"""The content of an input in a file, read when it is needed. Used in this process and in workers."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator

from collab_xl.model.record import Struct

CHUNK = 1 << 20


class Changed(OSError):
    """The file is no longer what it was when its hash was computed: somebody is still writing it."""


class OnDisk(Struct, frozen=True):
    """A file and the hash of its bytes."""

    path: str
    size_bytes: int
    sha256: str

    def read(self) -> bytes:
        """Raises Changed, and OSError if the file cannot be read."""
        with open(self.path, "rb") as stream:
            data = stream.read(self.size_bytes + 1)
        if len(data) != self.size_bytes or hashlib.sha256(data).hexdigest() != self.sha256:
            raise Changed(self.path)
        return data

    def pieces(self) -> Iterator[bytes]:
        """Raises as `read` does."""
        digest = hashlib.sha256()
        with open(self.path, "rb") as stream:
            while piece := stream.read(CHUNK):
                digest.update(piece)
                yield piece
        if digest.hexdigest() != self.sha256:
            raise Changed(self.path)


def on_disk(path: str) -> OnDisk:
    """The content of a file, hashed piece by piece. Raises Changed if it grows meanwhile, and OSError."""
    with open(path, "rb") as stream:
        before = os.fstat(stream.fileno())
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        after = os.fstat(stream.fileno())
        read = stream.tell()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or read != after.st_size:
        raise Changed(path)
    return OnDisk(path, after.st_size, digest)
