"""The plan of a pack: `plan/issue.py` makes it and `build/pack.py` builds the workbook from it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import NamedTuple

from collab_xl.model.finding import Finding
from collab_xl.model.merge import Outcome, Pack
from collab_xl.model.record import Struct, field
from collab_xl.model.sheets import RowId
from collab_xl.model.values import Value

HINT_MARKS: Mapping[str, str] = {"late": "▲", "due": "●", "to_answer": "◆", "blank": "＋"}
"""Kind of an `Ask`, or of a blank row → the first character of its hint."""


class PackSheet(Struct, frozen=True):
    """The part of one form that goes into a pack."""

    form: str
    fields: tuple[str, ...]
    """Field ids in column order, without the hidden `row_id` column."""
    rows: tuple[tuple[RowId, Mapping[str, Value]], ...]
    """Prefilled rows in master order, parsed values by field."""
    blank: tuple[RowId, ...] = ()
    """Row ids of the blank rows below them; empty if departments may add no rows."""
    dates: Mapping[tuple[RowId, str], date] = field(default_factory=dict)
    """(row id, field) → a date in a cell whose field takes no date, so it is unreadable: Excel turns `1-2` into a date. The pack contains
    the date itself. Issued as text it could be read, and would come back as an edit nobody made."""
    to_read: frozenset[RowId] = frozenset()
    """Rows that do not name the department: locked."""
    to_answer: frozenset[RowId] = frozenset()
    """Rows of other departments that ask this one: only the fields of its answer (`forms.Asked`) are open."""
    planning: bool = False
    """The rows are still being planned: the sheet has the name of the form's face (`forms.form.Face`)."""
    hints: Mapping[RowId, str] = field(default_factory=dict)
    """Row id → what is said of the row in the column 本周提示. Its first character is one of `HINT_MARKS`."""

    @property
    def read_only(self) -> bool:
        """The department can fill in nothing on the sheet."""
        return not self.blank and len(self.to_read) == len(self.rows)


REFUSED, PUT_OFF, OPEN, REVIEW, CONSENT = "refused", "put_off", "open", "review", "consent"
UNREAD, BLOCKED, OVERTAKEN, OVERTAKEN_BY = "unread", "blocked", "overtaken", "overtaken_by"
HELD_UNDONE, HELD_OUTSIDE = "held_undone", "held_outside"


class Reply(NamedTuple):
    """What became of something the department asked for: a value of a cell, or a new row."""

    form: str
    row_key: str
    field: str
    """"" for a whole row; then `value` is its title."""
    value: Value
    verdict: str
    """The name of a text `plan.reply.<verdict>`."""
    reason: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    """Of an overtaken value: `file` and `when`, of what replaced it; of one that waits to be passed: `rule`."""


class FileReply(NamedTuple):
    """What became of a whole file: refused, held_undone or held_outside (it was merged and is not in the master any more)."""

    file: str
    sent: str
    verdict: str
    reason: str = ""


class Sent(Struct, frozen=True):
    """A file that a department sent for its newest pack, and the newest outcome of each of its edits that was not used."""

    sha256: str
    file: str
    pack: str
    sent_at: datetime
    outcomes: tuple[Outcome, ...] = ()


class ReplyLine(NamedTuple):
    """A `Reply` or a `FileReply` in the words of the pack."""

    row: str
    field: str
    value: str
    verdict: str
    form: str = ""
    row_key: str = ""
    """Of a row that is in the master; "" for a new row or a whole file."""
    title: str = ""
    master: str = ""
    """What the master has now."""
    mend: bool = False
    """The department can do something about it."""


LATE, DUE, ANSWER = "late", "due", "to_answer"
"""The kinds of `Ask`, in the order of the first sheet."""


class Ask(NamedTuple):
    """What one row asks of its department this week (`rules.department_asks`)."""

    kind: str
    form: str
    row_id: RowId
    due: date | datetime | None
    days: int
    """LATE: counting days past the due day; else calendar days until `due`, below 0 where a clock has run out."""
    wants: tuple[str, ...] = ()
    """Ids of the fields to fill in."""
    label: Mapping[str, str] | None = None
    """What a clock waits for, by language."""
    finding: Finding | None = None
    """What is wrong in the row."""
    escalated: bool = False
    """Late for longer than the limit of sheet 设置."""
    for_another: bool = False
    """The row is another department's, and asks this one."""


class FrontLine(NamedTuple):
    """An `Ask` in words. `kind` decides its colour."""

    kind: str
    form: str
    row_id: RowId
    name: str
    when: str
    state: str
    ask: str
    wanted: bool = False
    """Late, and cells of it are still blank."""


class Told(NamedTuple):
    """A change of a row that is not the department's, but of which it is informed, in words."""

    row_id: RowId
    name: str
    department: str
    kind: str
    change: str


class Front(Struct, frozen=True):
    """The first sheet of a pack: 本周请处理."""

    lines: tuple[FrontLine, ...] = ()
    """Every line, by kind, the most urgent first; the sheet shows the first of each kind and counts the rest."""
    send_to: str = ""
    """The project's mailbox; "" if sheet 设置 has none."""
    told: tuple[Told, ...] = ()
    """What has changed since the department's last pack in rows of which the responsibility matrix says it is informed."""
    answered: tuple[Told, ...] = ()
    """What others have answered since then to rows of the department that ask them."""
    edits: int | None = None
    """Cells that the department changed in its last pack; None if nothing came for it."""
    taken: int | None = None
    """Cells of the department's last pack that went into the master; None if nothing came for it."""


class Resting(NamedTuple):
    """A form that is not in the pack because nothing in it concerns the department this week."""

    form: str
    rows: int


class PackPlan(Struct, frozen=True):
    """One department's pack. `pack` is stored in the ledger; the rest is only in the workbook."""

    pack: Pack
    sheets: tuple[PackSheet, ...]
    deadline: date | datetime | None = None
    """The last day for submitting, with an hour if sheet 设置 has one; None when the week is unreadable."""
    findings: tuple[Finding, ...] = ()
    """Rows of this department that could not be issued, and why."""
    replies: tuple[ReplyLine, ...] = ()
    """What became of the department's last submission, as far as it was not taken."""
    front: Front = field(default_factory=Front)
    resting: tuple[Resting, ...] = ()
    """Forms with rows of this department that are in `pack` but have no sheet."""

    @property
    def row_count(self) -> int:
        """Number of prefilled rows of all forms."""
        return sum(len(sheet.rows) for sheet in self.sheets)
