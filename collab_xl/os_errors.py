"""Why the system or the ledger's database refused, in words of the catalogue: a person is never shown `[Errno 28]`.

In: an OSError or a sqlite3.Error.  Out: a fact for a CollabError.  Pure.
"""

from __future__ import annotations

import errno
import sqlite3

from collab_xl import catalogue
from collab_xl.model.finding import Word


def reason(error: BaseException) -> str:
    """A `Word`, said in the reader's language; the system's own words for a refusal nobody has met yet."""
    name = _name(error)
    if catalogue.has(f"reason.{name}", "zh"):
        return Word(f"reason.{name}")
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return Word("reason.content")


def _name(error: BaseException) -> str:
    if isinstance(error, OSError):
        return errno.errorcode.get(error.errno or 0, "")
    if isinstance(error, sqlite3.Error):
        return "_".join(getattr(error, "sqlite_errorname", "").split("_")[:2])  # SQLITE_IOERR_WRITE → SQLITE_IOERR
    return ""
