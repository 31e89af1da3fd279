"""The reason of an operating system or database error, as a text of the catalogue. A person never sees `[Errno 28]`.

In: an OSError or a sqlite3.Error.  Out: a fact for a CollabError.  Pure, but for `may_be_there`.
"""

from __future__ import annotations

import errno
import os
import sqlite3

from collab_xl import catalogue
from collab_xl.model.finding import Word


def reason(error: BaseException) -> str:
    """A `Word`, shown in the reader's language; for an error the catalogue does not know, the system's own text."""
    name = _name(error)
    if catalogue.has(f"model.reason.{name}", "zh"):
        return Word(f"model.reason.{name}")
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return Word("model.reason.content")


def may_be_there(path: str | os.PathLike[str]) -> bool:
    """Whether there is such a file or folder, or the system does not say: one in a folder that may not be entered is not missing."""
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False
    except OSError as error:
        return error.errno in (errno.EACCES, errno.EPERM)
    return True


def _name(error: BaseException) -> str:
    if isinstance(error, OSError):
        return errno.errorcode.get(error.errno or 0, "")
    if isinstance(error, sqlite3.Error):
        return "_".join(getattr(error, "sqlite_errorname", "").split("_")[:2])  # SQLITE_IOERR_WRITE → SQLITE_IOERR
    return ""
