"""Submissions that left the workbook (待再汇总): which there are, and which of them a person wants to be consolidated again.

A person says so by 采用 on sheet 提交台账, by naming the file, by `--again`, or by answering the question of `consolidate`. A folder or a
mailbox that still contains the file says nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path

from collab_xl.catalogue import listed, text
from collab_xl.intake.content import on_disk
from collab_xl.intake.opening import CONTAINERS, ending_of
from collab_xl.intake.origin import SEPARATOR
from collab_xl.model.outside_text import encodable
from collab_xl.model.record import replace
from collab_xl.model.run import Held
from collab_xl.model.submission_log import Received, State
from collab_xl.verbs.session import Session
from collab_xl.verbs.sheets.service_sheets import is_use

MAILBOX = ".mbox"
HELD = "S441"
"""An input that left the workbook and is not consolidated again by itself."""


def wanted_again(
    session: Session,
    held: Mapping[str, Held],
    inputs: Sequence[Path],
    received: Iterable[Received],
    *,
    every: bool,
    confirm: Callable[[str], bool] | None,
) -> frozenset[str]:
    """sha256 of the held submissions that a person wants again.

    Args:
        every: all of them (`--again`).
        confirm: asks a person about those that nobody has named yet; None if nobody can be asked.
    """
    if every or not held:
        return frozenset(held)
    ticked = {str(row["sha256"]) for row in session.service("submissions") if row.get("sha256") and is_use(row.get("decision"))}
    wanted = {sha for sha in held if sha[:16] in ticked} | (_named(inputs, received) & held.keys())
    rest = [one for sha, one in held.items() if sha not in wanted]
    if rest and confirm is not None and confirm(text("verbs.ask.held", session.lang, count=len(rest), names=names(session, rest))):
        return frozenset(held)
    return frozenset(wanted)


def _named(inputs: Sequence[Path], received: Iterable[Received]) -> set[str]:
    """sha256 of the files that were named themselves, and of what is in a mail or zip that was named."""
    files = [path for path in inputs if path.is_file() and ending_of(path.name) != MAILBOX]
    around = tuple(encodable(path.name) + SEPARATOR for path in files if ending_of(path.name) in CONTAINERS)
    found = {on_disk(str(path)).sha256 for path in files if ending_of(path.name) not in CONTAINERS and os.access(path, os.R_OK)}
    return found | {r.sha256 for r in received if around and r.source.startswith(around)}


def said_of_held(received: Iterable[Received], held: Mapping[str, Held]) -> list[Received]:
    """The inputs of a run, those that are held with the reason S441. For the report only: the ledger has how they came."""
    return [
        replace(r, code=HELD, facts=(*r.facts, ("run", held[r.sha256].run.id)))
        if r.sha256 in held and r.state in (State.ACCEPTED, State.DUPLICATE, State.EVIDENCE)
        else r
        for r in received
    ]


def names(session: Session, held: Collection[Held]) -> str:
    """Department and file of each, and the run in which it had been."""
    words = [
        text("verbs.say.held_one", session.lang, department=one.received.department, file=one.received.file, run=one.run.id) for one in held
    ]
    return listed(words, session.lang, "verbs.say.more_files")


def held_lines(session: Session, held: Collection[Held]) -> list[str]:
    """The line that names what is held and says how to take it again."""
    if not held:
        return []
    sheet = session.sheet_of("submissions")
    return [text("verbs.say.held", session.lang, count=len(held), names=names(session, held), sheet=sheet)]


def held_json(held: Iterable[Held]) -> list[dict[str, object]]:
    return [
        {
            "sha256": h.received.sha256,
            "department": h.received.department or None,
            "file": h.received.file,
            "run": h.run.id,
            "undone": h.undone,
        }
        for h in held
    ]
