"""Choose the runs to undo or to redo. Pure.  Source: decision 0003.

Undo and redo walk the list of undoable runs, as in every program: undo takes back the newest that is not taken back yet, redo brings back
the one taken back last. An undoable run after an undo cuts redo off. An undo is never itself undone: that is what redo does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from collab_xl.errors import CollabError
from collab_xl.model.chain import active
from collab_xl.model.finding import Word
from collab_xl.model.regex import regex
from collab_xl.model.run import Run

WEEKLY = "week"
"""It changes no data, but its page and its figures for the comparison are what people have seen."""
BASELINE = "baseline"
"""It may find no column to fill in, but it says what everything is measured by from then on."""
_NUMBER = regex(r"[Rr]?0*([0-9]+)")


def runs_to_undo(chain: Sequence[Run], wanted: str | None = None) -> list[Run]:
    """The runs to undo, latest first: the newest undoable one in effect, or `wanted` and all undoable ones after it.

    Args:
        chain: the runs of the workbook, oldest first.
        wanted: a run id, or its number (`R0007-3f2a`, `R0007`, `7`).

    Runs that changed neither data nor the merge state (issue, collect, check, …) are never undone.

    Raises CollabError `nothing_to_undo`, `unknown_run`, `already_undone`, `not_undoable`, `undo_of_undo`.
    """
    on = active(chain)
    if wanted is None:
        newest = next((run for run in reversed(chain) if run.id in on and is_undoable(run)), None)
        if newest is None:
            raise CollabError("nothing_to_undo")
        return [newest]
    at = _find(chain, wanted)
    if chain[at].undoes and not chain[at].alone:
        raise CollabError("undo_of_undo", run=chain[at].id, verb=Word(f"model.verb.{chain[at].verb}"))
    if not is_undoable(chain[at]):
        raise CollabError("not_undoable", run=chain[at].id, verb=Word(f"model.verb.{chain[at].verb}"))
    if chain[at].id not in on:
        raise CollabError("already_undone", run=chain[at].id)
    return [run for run in reversed(chain[at:]) if run.id in on and is_undoable(run)]


def run_alone(chain: Sequence[Run], wanted: str) -> Run:
    """The run to undo alone, wherever it is in the chain.

    Raises CollabError as `runs_to_undo` does for a given run.
    """
    return runs_to_undo(chain, wanted)[-1]


def run_to_redo(chain: Sequence[Run]) -> Run:
    """The undo to take back: the latest in effect, if no undoable run came after it.

    Raises CollabError `nothing_to_redo`.
    """
    on, by_id = active(chain), {run.id: run for run in chain}
    for run in reversed(chain):
        if run.id in on and is_undoable(run):
            break
        if run.id in on and run.undoes and not run.alone and not is_redo(run, by_id):
            return run
    raise CollabError("nothing_to_redo")


def is_undoable(run: Run) -> bool:
    """Whether a run did something that undo takes back."""
    return (run.changed_data or run.merged or run.verb in (WEEKLY, BASELINE)) and (run.alone or not run.undoes)


def is_redo(run: Run, by_id: Mapping[str, Run]) -> bool:
    """Whether a run took back undos only. Earlier versions recorded a redo as an undo of an undo."""
    undone = [by_id.get(run_id) for run_id in run.undoes]
    return bool(undone) and all(one is not None and one.undoes and not one.alone for one in undone)


def _find(chain: Sequence[Run], wanted: str) -> int:
    word = wanted.strip()
    number = _NUMBER.fullmatch(word)
    for n, run in enumerate(chain):
        if run.id.casefold() == word.casefold() or (number and run.number == int(number[1])):
            return n
    raise CollabError("unknown_run", run=wanted)
