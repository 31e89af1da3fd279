"""The sides of a merge and what it decides. Always in the order baseline, master, submission (docs/facts/merge.md, Cells)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum
from typing import NamedTuple

from collab_xl.model.finding import Finding
from collab_xl.model.plan import CellChange, NewRow, Provenance
from collab_xl.model.sheets import RowId, Table
from collab_xl.model.values import Value


class CellKey(NamedTuple):
    """A cell of a pack, stable however the sheet is sorted."""

    form: str
    row_id: RowId
    field: str


@dataclass(frozen=True)
class Pack:
    """One workbook issued to one department, exactly as issued."""

    id: str
    department: str
    week: str
    issued_at: datetime
    schema_version: str
    forms: Mapping[str, Mapping[RowId, Mapping[str, Value]]]
    """form → row id → field → parsed value issued. Blank rows are there with an empty mapping."""


class Moved(NamedTuple):
    """The baseline of one pack cell after a submission was applied, found the same, or decided about."""

    value: Value
    sent_at: datetime
    sha256: str


@dataclass(frozen=True)
class Decision:
    """What the PMO decided about one waiting item. `choice`: master, submission, manual."""

    item: str
    choice: str
    value: Value
    refused: tuple[Value, ...]
    """Candidate values that were not taken."""
    run: str = ""


class Kind(StrEnum):
    """Why something waits on the conflicts sheet."""

    CONFLICT = "conflict"
    RIGHTS = "rights"
    NEW_TASK = "new_task"
    HAND_MADE = "hand_made"
    REVERTED = "reverted"
    ADD_ADD = "add_add"
    DELETE_EDIT = "delete_edit"


@dataclass(frozen=True)
class Candidate:
    value: Value
    source: Provenance
    row: Mapping[str, Value] = field(default_factory=dict)
    """For a whole row (new_task, add_add, delete_edit, a hand-made new row): its filled fields."""
    row_id: RowId = ""
    """The row's id in the pack it came from (two packs may name one row differently); empty for a hand-made file."""
    no_right: bool = False
    """The field or row is not open to this department (always so in a rights item; shown beside a hand-made proposal)."""


@dataclass(frozen=True)
class Item:
    """One thing that waits for a person: one row of the conflicts sheet."""

    id: str
    """Stable: the same clash gets the same id in preview and apply, and a later submission updates its candidates."""
    kind: Kind
    form: str
    row_key: str
    field: str | None
    """None when the item is a whole row."""
    baseline: Value
    master: Value
    candidates: tuple[Candidate, ...]
    row_id: RowId = ""
    pack: str = ""
    earlier: Decision | None = None
    """A decision the PMO took about the same value before."""


@dataclass(frozen=True)
class Submission:
    """One workbook received, read and parsed: the third side."""

    sha256: str
    department: str
    sent_at: datetime
    tables: Mapping[str, Table]
    """form → Table (at most one each; several tables of one form are joined by the pipeline before)."""
    pack: str | None = None
    """Pack id; None for a hand-made file."""
    sender: str = ""
    message_id: str = ""
    file: str = ""
    findings: Sequence[Finding] = ()
    """From reading it."""
    set_aside: bool = False
    """Marked 不采用 on the submission log: its edits are counted as excluded and nothing of it is used or asked."""


@dataclass(frozen=True)
class MergeState:
    """What the ledger knows along the chain of the workbook at hand; the fold of all its effective runs."""

    packs: Mapping[str, Pack] = field(default_factory=dict)
    moved: Mapping[tuple[str, CellKey], Moved] = field(default_factory=dict)
    """(pack, cell) → its baseline now, where it is no longer the value issued."""
    seen: Mapping[tuple[str, CellKey], tuple[Moved, ...]] = field(default_factory=dict)
    """(pack, cell) → differing values that wait or were set aside without moving the baseline (conflict, rights, proposal), in the
    order consolidated: an older submission that arrives later does not overtake them. Blank and unreadable ones are not here."""
    keys: Mapping[tuple[str, RowId], str] = field(default_factory=dict)
    """(form, row id of a blank pack row or of a proposal) → the key its row was given."""
    items: Mapping[str, Item] = field(default_factory=dict)
    """Open items by id."""
    decisions: Mapping[str, Decision] = field(default_factory=dict)
    """Item id → the newest decision."""
    refused: Mapping[tuple[str, str, str], tuple[tuple[Value, Decision], ...]] = field(default_factory=dict)
    """(form, row key, field) → values the PMO has refused, with the decision."""
    consumed: frozenset[str] = frozenset()
    """sha256 of every submission already consolidated."""


@dataclass
class Count:
    """The accounting of one submission: edits = applied + same + conflicts + rights + not_cleared + unreadable + excluded."""

    sha256: str
    department: str
    edits: int = 0
    applied: int = 0
    same: int = 0
    conflicts: int = 0
    rights: int = 0
    not_cleared: int = 0
    unreadable: int = 0
    excluded: int = 0
    rows_new: int = 0
    rows_missing: int = 0

    @property
    def balanced(self) -> bool:
        parts = self.applied + self.same + self.conflicts + self.rights + self.not_cleared + self.unreadable + self.excluded
        return self.edits == parts


class Outcome(NamedTuple):
    """What became of one edit, for the ledger's proof: `outcome` is a name of the law (applied, same, conflicts, …)."""

    sha256: str
    form: str
    row_key: str
    field: str
    outcome: str
    baseline: Value
    master: Value
    submission: Value
    cell: str


@dataclass(frozen=True)
class MergeResult:
    """What consolidating would do. Preview shows it, apply plans it; both call the same function."""

    changes: tuple[CellChange, ...] = ()
    new_rows: tuple[NewRow, ...] = ()
    opened: tuple[Item, ...] = ()
    """Items new or with other candidates than before."""
    closed: tuple[str, ...] = ()
    """Ids of items that closed by themselves: master and candidate agree now."""
    counts: tuple[Count, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    """One for each edit."""
    moved: Mapping[tuple[str, CellKey], Moved] = field(default_factory=dict)
    """(pack, cell) → its baseline from now on; additions of this run only."""
    seen: Mapping[tuple[str, CellKey], tuple[Moved, ...]] = field(default_factory=dict)
    """Additions of this run only."""
    keys: Mapping[tuple[str, RowId], str] = field(default_factory=dict)
    """Additions of this run only."""
    findings: tuple[Finding, ...] = ()


class Shown(Enum):
    """Stands for “the master's value on the conflicts sheet is the one listed in the item”."""

    AS_LISTED = "as_listed"


@dataclass(frozen=True)
class Answer:
    """What the PMO chose for one item of the conflicts sheet.

    `choice`: master (保留主表), submission (采用报送), manual (手填). `department` says whose value where the item has candidates of
    several departments (`采用 研发部`). For a whole row `value` of a manual answer is the key the row shall get.
    """

    item: str
    choice: str
    value: Value = None
    shown: Value | Shown = Shown.AS_LISTED
    department: str = ""


@dataclass(frozen=True)
class Resolved:
    """What the answers do. Answers that cannot be carried out change nothing: `refused` and `asked_again` stay open."""

    changes: tuple[CellChange, ...] = ()
    new_rows: tuple[NewRow, ...] = ()
    decisions: tuple[Decision, ...] = ()
    closed: tuple[str, ...] = ()
    """Ids of items decided, and of those that agree with the master after it."""
    moved: Mapping[tuple[str, CellKey], Moved] = field(default_factory=dict)
    keys: Mapping[tuple[str, RowId], str] = field(default_factory=dict)
    asked_again: tuple[Item, ...] = ()
    """Items whose master value is no longer what was shown, with the value it has now."""
    refused: tuple[str, ...] = ()
    """Ids of answers that cannot be carried out; `findings` say why."""
    findings: tuple[Finding, ...] = ()
