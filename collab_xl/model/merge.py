"""The sides of a merge and what it decides. Always in the order baseline, master, submission (docs/facts/merge.md, Cells)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum, StrEnum
from typing import NamedTuple

from collab_xl.model.finding import Finding
from collab_xl.model.plan import CellChange, NewRow, Provenance
from collab_xl.model.record import Struct, field, replace
from collab_xl.model.sheets import RowId, Table
from collab_xl.model.values import Value


class CellKey(NamedTuple):
    """A cell of a pack, named independently of how the sheet is sorted."""

    form: str
    row_id: RowId
    field: str


class Pack(Struct, frozen=True):
    """One workbook issued to one department, exactly as issued."""

    id: str
    department: str
    week: str
    issued_at: datetime
    schema_version: str
    forms: Mapping[str, Mapping[RowId, Mapping[str, Value]]]
    """form → row id → field → parsed value as issued. A blank row has an empty mapping."""


class Moved(NamedTuple):
    """The baseline of one pack cell after a submission was applied, was the same as the master, or was decided about."""

    value: Value
    sent_at: datetime
    sha256: str


class Decision(Struct, frozen=True):
    """What the PMO decided about one waiting item. `choice`: master, submission, manual; later leaves it open."""

    item: str
    choice: str
    value: Value
    refused: tuple[Value, ...]
    """Candidate values the PMO did not choose."""
    run: str = ""
    reason: str = ""
    """The PMO's words. They go to the departments that asked."""


class Kind(StrEnum):
    """Why an item is on the conflicts sheet."""

    CONFLICT = "conflict"
    RIGHTS = "rights"
    NEW_TASK = "new_task"
    HAND_MADE = "hand_made"
    REVERTED = "reverted"
    COPIES = "copies"
    SHIFTED = "shifted"
    ADD_ADD = "add_add"
    DELETE_EDIT = "delete_edit"
    RENUMBERED = "renumbered"
    REVIEW = "review"
    """An edit that fits, held back by a rule of passing (`rules.passing`)."""
    NOT_ENTERED = "not_entered"


class Candidate(Struct, frozen=True):
    value: Value
    """In an item of kind NOT_ENTERED the number of cells of this file."""
    source: Provenance
    row: Mapping[str, Value] = field(default_factory=dict)
    """For a whole row (new_task, add_add, delete_edit, a new row of a hand-made file): its filled fields; for
    renumbered only the edits."""
    row_id: RowId = ""
    """The row's id in its pack (two packs may use different ids for one row); empty for a hand-made file."""
    no_right: bool = False
    """This department may not edit the field or row. Always true in a rights item; shown as a note with a hand-made proposal."""
    sources: Mapping[str, Provenance] = field(default_factory=dict)
    """For a whole row: field → the cell its value came from."""


class Item(Struct, frozen=True):
    """One open question for the PMO: one row of the conflicts sheet."""

    id: str
    """Stable: the same conflict has the same id in preview and apply, and a later submission updates its candidates."""
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
    """An earlier decision of the PMO about the same value."""
    rule: str = ""
    """Of a REVIEW item: the rule that holds it back (`rules.passing.RULES`)."""


class Unread(NamedTuple):
    """What of a file is not read until the PMO has answered a question about it (sheet 提问)."""

    question: str
    """Its id."""
    form: str
    """The form in which a column is not read; "" if the order of day and month is not known."""
    field: str = ""
    """With `words`: only cells of this field that hold one of them are not read."""
    words: tuple[str, ...] = ()


class FileQuestion(NamedTuple):
    """What one file asks in several cells, to be answered at once (`merge.file_questions`). Of kind SHIFTED: in one column."""

    id: str
    kind: Kind
    source: Provenance
    items: tuple[Item, ...]
    """Two or more."""


class Submission(Struct, frozen=True):
    """One workbook received, read and parsed: the third side."""

    sha256: str
    department: str
    sent_at: datetime
    tables: Mapping[str, Table]
    """form → Table, one per form; several tables of one form are joined before (`sheets.joined`)."""
    pack: str | None = None
    """Pack id; None for a hand-made file."""
    sender: str = ""
    message_id: str = ""
    file: str = ""
    findings: Sequence[Finding] = ()
    """Findings from reading the workbook."""
    set_aside: bool = False
    """Marked 不采用 on the submission log: its edits are counted as excluded, none is used, and it opens no item."""
    unread: tuple[Unread, ...] = ()
    resting: frozenset[str] = frozenset()
    """Forms of the pack that were issued without a sheet: their rows need not come back."""


class NotEntered(NamedTuple):
    """An edit set aside because of the master, or what of a file could not be read without an answer. It comes in when its cause is mended,
    at its old time."""

    form: str
    row_id: RowId
    field: str
    row_key: str
    cause: str
    """no_column, twice, not_in_use, unread: see `merge.not_entered`. Of a whole column that is unread only the form is named."""
    question: str = ""
    """Of what is unread: the id of the question."""


class MergeState(Struct, frozen=True):
    """What the ledger knows about this workbook: all runs in effect, folded along its chain."""

    packs: Mapping[str, Pack] = field(default_factory=dict)
    moved: Mapping[tuple[str, CellKey], Moved] = field(default_factory=dict)
    """(pack, cell) → its current baseline, where that differs from the value issued."""
    seen: Mapping[tuple[str, CellKey], tuple[Moved, ...]] = field(default_factory=dict)
    """(pack, cell) → different values that wait or were not used and did not change the baseline (conflict, rights, proposal), in the
    order consolidated. An older submission that arrives later does not replace them. Blank and unreadable values are not included."""
    keys: Mapping[tuple[str, RowId], str] = field(default_factory=dict)
    """(form, row id of a blank pack row or of a proposal) → the key assigned to its row."""
    items: Mapping[str, Item] = field(default_factory=dict)
    """Open items by id."""
    decisions: Mapping[str, Decision] = field(default_factory=dict)
    """Item id → the newest decision."""
    refused: Mapping[tuple[str, str, str], tuple[tuple[Value, Decision], ...]] = field(default_factory=dict)
    """(form, row key, field) → values the PMO has refused, with the decision."""
    consumed: frozenset[str] = frozenset()
    """SHA-256 of every submission already consolidated."""
    not_entered: Mapping[str, tuple[NotEntered, ...]] = field(default_factory=dict)
    """SHA-256 → edits of it that wait because of the master; only files with such edits."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """Question id → what the PMO has answered on 提问: a field, "" (no column of ours), day_first or month_first."""
    taken_back: frozenset[tuple[str, CellKey]] = frozenset()
    """(pack, cell) whose value as issued has been taken back from the master since. A department that returns it unchanged has said it."""


class Count(Struct):
    """The account of one submission: edits = applied + same + conflicts + rights + not_cleared + unreadable + excluded."""

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
    unread_before: int = 0
    """Of `edits`: those of a column that no earlier run could read."""
    unreadable_before: int = 0
    """Of `edits`: those that an earlier run counted as unreadable."""

    @property
    def balanced(self) -> bool:
        parts = self.applied + self.same + self.conflicts + self.rights + self.not_cleared + self.unreadable + self.excluded
        return self.edits == parts

    def after(self, before: Count) -> Count:
        """The account of the file's life: this run took edits again that an earlier run had set aside (`excluded`) or could not read."""
        names = ("applied", "same", "conflicts", "rights", "not_cleared", "unreadable", "excluded", "rows_new")
        total = replace(before, **{name: getattr(before, name) + getattr(self, name) for name in names})
        total.edits += self.unread_before
        total.unreadable -= self.unreadable_before
        total.excluded -= self.edits - self.unread_before - self.unreadable_before
        total.unread_before = total.unreadable_before = 0
        return total


class Withdrawn(Struct, frozen=True):
    """What a run took out of the merge state (`undo --submission`, `undo --only`). It is folded before the run's own result."""

    files: tuple[str, ...] = ()
    """SHA-256 of submissions that are no longer merged."""
    refused: bool = False
    """They are marked 不采用."""
    moved: Mapping[tuple[str, CellKey], Moved] = field(default_factory=dict)
    """(pack, cell) → the baseline it has again."""
    unmoved: tuple[tuple[str, CellKey], ...] = ()
    """Cells whose baseline is again the value issued."""
    seen: Mapping[tuple[str, CellKey], tuple[Moved, ...]] = field(default_factory=dict)
    """(pack, cell) → all values that wait or were not used."""
    keys: tuple[tuple[str, RowId], ...] = ()
    """(form, row id) of rows that are no longer in the master."""
    items: tuple[Item, ...] = ()
    """Items that are open again, or have fewer candidates."""
    gone: tuple[str, ...] = ()
    """Ids of items that are removed, before `items` are added."""
    counts: tuple[Count, ...] = ()
    """The accounts that change, each as it is now."""


class Outcome(NamedTuple):
    """The result of one edit, kept in the ledger. `outcome` is a field of `Count` (applied, same, conflicts, …)."""

    sha256: str
    form: str
    row_key: str
    field: str
    outcome: str
    baseline: Value
    master: Value
    submission: Value
    cell: str


class SetAside(NamedTuple):
    """Why an edit is not used (it counts in `excluded`)."""

    why: str
    """late: the department has said something newer; blocked: its row's ID is not clear in the file; or the rule of passing that holds it
    back."""
    newer: Moved | None = None
    """Of a late one: what replaced it."""


class MergeResult(Struct, frozen=True):
    """What a merge would do. Preview shows it and apply writes it; both call the same function."""

    changes: tuple[CellChange, ...] = ()
    new_rows: tuple[NewRow, ...] = ()
    opened: tuple[Item, ...] = ()
    """Items that are new or have other candidates than before."""
    closed: tuple[str, ...] = ()
    """Ids of items closed without a decision, because master and candidate now agree."""
    counts: tuple[Count, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    """One per edit."""
    moved: Mapping[tuple[str, CellKey], Moved] = field(default_factory=dict)
    """(pack, cell) → its new baseline; only what this run adds."""
    seen: Mapping[tuple[str, CellKey], tuple[Moved, ...]] = field(default_factory=dict)
    """Additions of this run only."""
    keys: Mapping[tuple[str, RowId], str] = field(default_factory=dict)
    """Additions of this run only."""
    not_entered: Mapping[str, tuple[NotEntered, ...]] = field(default_factory=dict)
    """SHA-256 → what of it waits after this run, for the files whose list changes."""
    findings: tuple[Finding, ...] = ()
    aside: Mapping[str, Mapping[str, SetAside]] = field(default_factory=dict)
    """SHA-256 → cell of the file → why the edit there is not used. It is not stored."""


class MasterShown(Enum):
    """The master's value shown on the conflicts sheet was the one in the item."""

    AS_LISTED = "as_listed"


class Answer(Struct, frozen=True):
    """What the PMO chose for one item of the conflicts sheet.

    `choice`: master (保留主表, 不采用), submission (采用报送), manual (手填), later (暂缓). `department` says whose value is chosen if
    candidates of several departments wait (`采用 研发部`). For a whole row, `value` of a manual answer is the key for the row.
    """

    item: str
    choice: str
    value: Value = None
    shown: Value | MasterShown = MasterShown.AS_LISTED
    department: str = ""
    reason: str = ""


class Resolved(Struct, frozen=True):
    """What the answers do. An answer that cannot be carried out changes nothing: items in `refused` and `asked_again` stay open."""

    changes: tuple[CellChange, ...] = ()
    new_rows: tuple[NewRow, ...] = ()
    decisions: tuple[Decision, ...] = ()
    closed: tuple[str, ...] = ()
    """Ids of the items decided, and of the items that agree with the master afterwards."""
    moved: Mapping[tuple[str, CellKey], Moved] = field(default_factory=dict)
    keys: Mapping[tuple[str, RowId], str] = field(default_factory=dict)
    asked_again: tuple[Item, ...] = ()
    """Items whose master value is no longer the value shown; each contains the current value."""
    refused: tuple[str, ...] = ()
    """Ids of answers that cannot be carried out; `findings` say why."""
    findings: tuple[Finding, ...] = ()
    postponed: tuple[Item, ...] = ()
    """Items the PMO has put off; each contains that decision as `earlier`."""
