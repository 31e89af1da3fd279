"""Which runs of a workbook are in effect: its chain of parents without the runs that later runs undid. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from collab_xl.model.run import Run


def active(chain: Sequence[Run]) -> frozenset[str]:
    """Ids of the runs of a chain (oldest first) that are not undone. An undo of an undo puts the runs back in effect.

    An undo undoes its runs latest first; a redo puts them back oldest first.
    """
    by_id = {run.id: run for run in chain}
    on: dict[str, bool] = {}

    def switch(run_id: str, to: bool) -> None:
        on[run_id] = to
        undone = by_id[run_id].undoes if run_id in by_id else ()
        for other in undone if to else reversed(undone):
            switch(other, not to)

    for run in chain:
        switch(run.id, True)
    return frozenset(run_id for run_id, is_on in on.items() if is_on)
