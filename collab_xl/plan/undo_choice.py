"""Choose the runs to undo. Pure.  Source: decision 0003."""

from __future__ import annotations

import re
from collections.abc import Sequence

from collab_xl.errors import CollabError
from collab_xl.model.chain import active
from collab_xl.model.finding import Word
from collab_xl.model.run import Run

_NUMBER = re.compile(r"[Rr]?0*([0-9]+)")


def runs_to_undo(chain: Sequence[Run], wanted: str | None = None) -> list[Run]:
    """The runs to undo, latest first: from `wanted` to the last run. Without `wanted`, from the last run that changed a data cell and
    is not undone. An undo is such a run too, so an undo after an undo is a redo.

    Args:
        chain: the runs of the workbook, oldest first.
        wanted: a run id, or its number (`R0007-3f2a`, `R0007`, `7`).

    Runs that changed neither data nor the merge state (issue, collect, week, …) are never undone.

    Raises CollabError `nothing_to_undo`, `unknown_run`, `already_undone`, `not_undoable`.
    """
    on = active(chain)
    if wanted is None:
        at = next((n for n in reversed(range(len(chain))) if chain[n].changed_data and chain[n].id in on), None)
        if at is None:
            raise CollabError("nothing_to_undo")
    else:
        at = _find(chain, wanted)
        if chain[at].id not in on:
            raise CollabError("already_undone", run=chain[at].id)
        if not is_undoable(chain[at]):
            raise CollabError("not_undoable", run=chain[at].id, verb=Word(f"model.verb.{chain[at].verb}"))
    return [run for run in reversed(chain[at:]) if is_undoable(run)]


def is_undoable(run: Run) -> bool:
    return run.changed_data or run.merged or bool(run.undoes)


def _find(chain: Sequence[Run], wanted: str) -> int:
    word = wanted.strip()
    number = _NUMBER.fullmatch(word)
    for n, run in enumerate(chain):
        if run.id.casefold() == word.casefold() or (number and run.number == int(number[1])):
            return n
    raise CollabError("unknown_run", run=wanted)
