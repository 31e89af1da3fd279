"""Why edits are not used: replaced by something newer, in a row whose ID is not clear, or held back by a rule of passing.

In: the edits of a run that were set aside, the state after it.  Out: file → cell → `SetAside`.  Pure.
What waits because of the master (`merge.not_entered`), proposals and hand-made files are not among them: they have words of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from collab_xl.merge.cells import SubmittedEdit
from collab_xl.merge.scan import stamp_of
from collab_xl.merge.view import DepartmentNames
from collab_xl.model.merge import CellKey, MergeState, Moved, SetAside
from collab_xl.rules.passing import RULES

LATE, BLOCKED = "late", "blocked"


def unused(edits: Iterable[SubmittedEdit], after: Callable[[], MergeState], names: DepartmentNames) -> dict[str, dict[str, SetAside]]:
    """The edits that are late, blocked or held back. `after`: the state after this run, asked only if there is a late one."""
    found: dict[str, dict[str, SetAside]] = {}
    said: Said | None = None
    for e in edits:
        sub, why, newer = e.scan.sub, e.why, None
        if why not in ("", LATE, BLOCKED, *RULES) or (not why and not (sub.pack and e.row_key)):
            continue  # a proposal
        if why in ("", LATE) and sub.pack:  # without a reason: replaced by a newer one in the same run
            said = said or Said(after(), names)
            newer = said.since(sub.pack, CellKey(e.form, e.row_id, e.field), Moved(e.submission, sub.sent_at, sub.sha256))
            if newer is None and not why:
                continue
        found.setdefault(sub.sha256, {})[sub.tables[e.form].place(e.record, e.field)] = SetAside(why or LATE, newer)
    return found


class Said:
    """What departments have said for each cell, in all their packs, whatever became of it."""

    def __init__(self, state: MergeState, names: DepartmentNames) -> None:
        self._state, self._own = state, names.own
        self._cells: dict[tuple[str, str, str, str], list[Moved]] = {}
        for (pack, cell), moved in state.moved.items():
            self._cells.setdefault(self._place(pack, cell), []).append(moved)
        for (pack, cell), values in state.seen.items():
            self._cells.setdefault(self._place(pack, cell), []).extend(values)

    def _place(self, pack: str, cell: CellKey) -> tuple[str, str, str, str]:
        issued = self._state.packs.get(pack)
        key = self._state.keys.get((cell.form, cell.row_id), cell.row_id)
        return self._own(issued.department) if issued else "", cell.form, key, cell.field

    def of_file(self, sha256: str) -> Iterator[tuple[str, CellKey]]:
        """(pack, cell) of everything that a file has said and that was heard."""
        yield from (at for at, moved in self._state.moved.items() if moved.sha256 == sha256)
        yield from (at for at, values in self._state.seen.items() if any(m.sha256 == sha256 for m in values))

    def since(self, pack: str, cell: CellKey, said: Moved) -> Moved | None:
        """The newest thing that another file has said for the cell since; None if there is nothing."""
        later = (m for m in self._cells.get(self._place(pack, cell), ()) if m.sha256 not in ("", said.sha256))
        return max((m for m in later if stamp_of(m) > stamp_of(said)), key=stamp_of, default=None)
