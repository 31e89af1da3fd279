"""Fetch from the mailbox what may be a submission, each mail once: into the project's folder, then through the same door as a mail that
somebody saved there. Effect: network, disk.

A mail counts as seen only when the run that took it in is committed (`Ledger.note_mails`). So a connection that is cut, or a process that
is killed anywhere, loses nothing: what is on disk is not fetched again, what is not is asked for again, and what was taken in twice is a
duplicate by its content (docs/facts/mail.md).
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from collab_xl.catalogue import LANGS, error_text
from collab_xl.errors import CollabError
from collab_xl.intake.opening import MAX_MAIL
from collab_xl.mail.imap import Cut, Listed, Mailbox
from collab_xl.mail.structure import is_wanted

TRIES = 3
WAIT_SECONDS = (1, 5)
"""Before the second and the third try of a cut connection. It is not tried more often: the next collect goes on from there."""
_FILE = re.compile(r"([0-9]+)-([0-9]+)( .*)?\.eml")

Mark = tuple[int, int]
"""UIDVALIDITY and UID: what a mail is called in its folder."""


@dataclass
class Fetched:
    files: list[Path] = field(default_factory=list)
    """Mails on disk, in the order received."""
    seen: list[Mark] = field(default_factory=list)
    """All that need not be looked at again once the run is committed: those on disk, and those in which nothing can matter."""
    passed_over: int = 0
    left: int = 0
    """Mails that could not be fetched, because the connection broke again and again."""
    why: str = ""


def fetch(
    open_box: Callable[[], Mailbox],
    folder: Path,
    since: date,
    done: Collection[Mark],
    known: Collection[str],
    progress: Callable[[int, int], None],
) -> Fetched:
    """Fetch what has not been seen; of `known` addresses also mails of words only. Raises CollabError if the mailbox cannot be opened."""
    out = Fetched()
    out.files, out.seen = _on_disk(folder, done)
    have, tried, reached = {*done, *out.seen}, 0, False
    while True:
        before = len(out.seen)
        try:
            box = open_box()
        except CollabError as error:
            if error.code != "mail_cut" and not reached:
                raise
            if tried + 1 >= TRIES and not reached:
                raise
            out.why = error_text(error, str(error.facts.get("lang", LANGS[0])))[0]
        else:
            reached = True
            try:
                _fetch_all(box, folder, since, have, known, out, progress)
            except Cut as error:
                out.why = str(error)
            else:
                out.why, out.left = "", 0
                break
            finally:
                box.close()
        tried = 1 if len(out.seen) > before else tried + 1
        if tried >= TRIES:
            break
        time.sleep(WAIT_SECONDS[tried - 1])
    out.files.sort(key=_number)
    return out


def _fetch_all(
    box: Mailbox,
    folder: Path,
    since: date,
    have: set[Mark],
    known: Collection[str],
    out: Fetched,
    progress: Callable[[int, int], None],
) -> None:
    wanted = [uid for uid in box.since(since) if (box.validity, uid) not in have]
    out.left = len(wanted)
    total = len(wanted)
    for listed in box.listed(wanted):
        mark = box.validity, listed.uid
        if is_wanted(listed, known):
            path = _kept(box, listed, folder)
            if path is not None:
                out.files.append(path)
        else:
            out.passed_over += 1
        have.add(mark)
        out.seen.append(mark)
        out.left -= 1
        progress(total - out.left, total)


def _kept(box: Mailbox, listed: Listed, folder: Path) -> Path | None:
    """The mail on disk; None if it is gone from the mailbox. Of one that is too big only the length is true: it is refused by that."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{box.validity}-{listed.uid} {_safe(listed.subject)}.eml"
    part = path.with_suffix(".part")
    with open(part, "wb") as stream:
        if listed.size_bytes > MAX_MAIL:
            stream.truncate(listed.size_bytes)
        else:
            for piece in box.pieces(listed.uid):
                stream.write(piece)
        stream.flush()
        os.fsync(stream.fileno())
        length = stream.tell() or listed.size_bytes * (listed.size_bytes > MAX_MAIL)
    if not length:
        part.unlink()
        return None
    os.replace(part, path)
    return path


def _on_disk(folder: Path, done: Collection[Mark]) -> tuple[list[Path], list[Mark]]:
    """Mails that a run fetched which was not committed. Those that a committed one has taken in, and unfinished ones, are removed."""
    files, marks = [], []
    with contextlib.suppress(FileNotFoundError):
        for entry in sorted(os.listdir(folder)):
            path = folder / entry
            if entry.endswith(".part"):
                path.unlink(missing_ok=True)
            elif found := _FILE.fullmatch(entry):
                mark = int(found[1]), int(found[2])
                if mark in done:
                    path.unlink(missing_ok=True)
                else:
                    files.append(path)
                    marks.append(mark)
    return files, marks


def taken_in(files: Collection[Path]) -> None:
    """The run is committed and the ledger knows these mails: they are in its archive."""
    for path in files:
        with contextlib.suppress(OSError):
            path.unlink()


def mark_of(path: Path) -> Mark:
    """Of a mail on disk, by its name."""
    return _number(path)


def _number(path: Path) -> tuple[int, int]:
    found = _FILE.fullmatch(path.name)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _safe(subject: str) -> str:
    """A subject as part of a file name on every system."""
    return re.sub(r"[^\w\u4e00-\u9fff（）【】《》、，。+@-]+", "_", subject).strip("_")[:40] or "mail"
