"""Choose the runs to undo or to redo. Pure.  Source: decision 0003.

Undo and redo walk the list of undoable runs, as in every program: undo takes back the newest that is not taken back yet, redo brings back
the one taken back last. An undoable run after an undo cuts redo off. An undo is never itself undone: that is what redo does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

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

    After data was undone, a weekly sheet below it is stepped over as long as there is data to undo: who undoes twice means the data.

    Args:
        chain: the runs of the workbook, oldest first.
        wanted: a run id, or its number (`R0007-3f2a`, `R0007`, `7`).

    Runs that changed neither data nor the merge state (issue, collect, check, …) are never undone.

    Raises CollabError `nothing_to_undo`, `unknown_run`, `already_undone`, `not_undoable`, `undo_of_undo`.
    """
    on = active(chain)
    if wanted is None:
        steps = [run for run in reversed(chain) if is_undoable(run)]
        left = [run for run in steps if run.id in on]
        stepping = bool(left) and not all(_shows_only(run) for run in steps[: steps.index(left[0])])
        newest = next((run for run in left if not (stepping and _shows_only(run))), left[0] if left else None)
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


def stepped_over(chain: Sequence[Run], undone: Sequence[Run]) -> list[Run]:
    """The weekly sheets in effect that an undo of `undone` left in effect above them, latest first."""
    on, ids = active(chain), {run.id for run in undone}
    last = max((n for n, run in enumerate(chain) if run.id in ids), default=len(chain))
    return [run for run in reversed(chain[last:]) if run.id in on and run.id not in ids and is_undoable(run)]


def next_to_undo(chain: Sequence[Run], undone: Sequence[Run]) -> Run | None:
    """The run that the next undo takes back, after one of `undone`."""
    on, ids = active(chain), {run.id for run in undone}
    left = [run for run in reversed(chain) if run.id in on and run.id not in ids and is_undoable(run)]
    return next((run for run in left if not _shows_only(run)), left[0] if left else None)


def _shows_only(run: Run) -> bool:
    return run.verb == WEEKLY and not (run.changed_data or run.merged)


def run_alone(chain: Sequence[Run], wanted: str) -> Run:
    """The run to undo alone, wherever it is in the chain.

    Raises CollabError as `runs_to_undo` does for a given run.
    """
    return runs_to_undo(chain, wanted)[-1]


def run_to_redo(chain: Sequence[Run], only_computed: Callable[[Run], bool] = lambda run: False) -> Run:
    """The undo to take back: the latest in effect, if no undoable run came after it.

    Args:
        only_computed: whether a run wrote nothing but computed columns and new keys: such a one does not cut redo off.

    Raises CollabError `nothing_to_redo`; its fact `cut` is the run that came after the undo, None if there is no undo.
    """
    on, by_id = active(chain), {run.id: run for run in chain}
    cut: Run | None = None
    for run in reversed(chain):
        if run.id not in on:
            continue
        if run.undoes and not run.alone and not is_redo(run, by_id):
            if cut is None:
                return run
            raise CollabError("nothing_to_redo", cut=cut)
        if is_undoable(run) and not only_computed(run):
            cut = run
    raise CollabError("nothing_to_redo", cut=None)


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
