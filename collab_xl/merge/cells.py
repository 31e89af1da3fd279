"""Decide one cell: what the submissions of each pack do to it, and what several packs do to it together.

In: baseline, master and the submitted values in the order sent.  Out: a `Verdict` per pack.  Pure.
The order of the rules is in docs/facts/merge.md, Cells: the first rule that applies decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from typing import NamedTuple

from collab_xl.merge.items import ItemBook
from collab_xl.merge.sayings import Saying, Sayings
from collab_xl.merge.scan import Side, Stamp, SubmissionScan, same_as_baseline, stamp, stamp_of
from collab_xl.merge.shifted import shifted_cells
from collab_xl.merge.view import FormView, MasterView, agree, is_blank
from collab_xl.model.merge import Candidate, CellKey, Kind, Moved, Pack
from collab_xl.model.plan import Provenance
from collab_xl.model.record import Struct, field
from collab_xl.model.sheets import RowId
from collab_xl.model.values import Clear, Unreadable, Value


class SubmittedEdit(NamedTuple):
    """One edit of one submission and its outcome (a field of `model.merge.Count`)."""

    scan: SubmissionScan
    form: str
    row_key: str
    row_id: RowId
    field: str
    outcome: str
    baseline: Value
    master: Value
    submission: Value
    record: int
    why: str = ""
    """late: a newer submission of its pack replaces it; no_column: the master has no such column; not_in_use: the
    master has no such form; held: the cell has a user's formula; shifted: its column was sorted or shifted alone; blocked: its row's ID is
    not clear in the file; or the rule of passing that holds it back."""
    names: tuple[Value, Value] | None = None
    """The names of a waiting row in the older and the newer copy, if they differ: perhaps two things were typed into one blank row."""


class Claim(NamedTuple):
    """A pack wants the master to contain `value`."""

    value: Value
    source: Provenance
    at: Stamp


class Verdict(Struct):
    """What one pack does to one cell."""

    side: Side
    row_id: RowId
    edits: list[SubmittedEdit] = field(default_factory=list)
    claim: Claim | None = None
    moved: Moved | None = None
    seen: list[Moved] = field(default_factory=list)
    waits: tuple[Kind, Candidate] | None = None
    """The newest value that opened an item, unless a newer value answered it."""
    baseline: Value = None
    settles: tuple[Kind, ...] = ()
    """Kinds of open items in which this pack's older candidate is now answered."""
    other: Candidate | None = None
    """Another copy's value that nobody who knew it has replaced, where one of the pack's own values counts."""
    others_judged: bool = False
    """Whether `other` was looked for, so that an open question about it closes if there is none."""
    stays: list[SubmissionScan] = field(default_factory=list)
    """Copies that contain the issued value and were filled in without knowing the file whose value stands."""
    shifted: Candidate | None = None
    """A value of a column that was sorted or shifted alone: asked beside whatever else happens to the cell."""
    outdated: tuple[str, ...] = ()
    """Older packs of the same department whose waiting value is replaced by what this one says."""
    passed: tuple[str, RowId, Moved] | None = None
    """(pack, row id, value) of a newer pack of the department that waited: in the order sent it would not have."""
    rule: str = ""
    """The rule of passing because of which `waits` waits."""
    let_in: tuple[str, ...] = ()
    """Rules of passing that would stop the claim, but are not set to."""

    @property
    def said_at(self) -> Stamp | None:
        """When this run's newest value of the pack was said, whatever became of it."""
        said = (*([self.moved] if self.moved else ()), *self.seen)
        return max((stamp_of(m) for m in said if not _says_nothing(m.value)), default=None)

    def ask_nothing_before(self, at: Stamp) -> None:
        """Take back what is asked about values sent before `at`: the department has said something since."""
        if self.waits is not None and _sent(self.waits[1]) < at:
            self.waits, self.settles = None, CELL_KINDS
        if self.other is not None and _sent(self.other) < at:
            self.other = None
        if self.shifted is not None and _sent(self.shifted) < at:
            self.shifted = None


class Cell(NamedTuple):
    """A cell of the master."""

    view: FormView
    key: str
    field: str
    form: str
    """The form's id."""


CELL_KINDS = (Kind.CONFLICT, Kind.RIGHTS, Kind.REVERTED, Kind.COPIES, Kind.SHIFTED, Kind.REVIEW)
_SAID = tuple(kind for kind in CELL_KINDS if kind is not Kind.REVIEW)
_NEVER = (None, None, None)
Stops = Callable[[Cell, Value, Saying], tuple[str, bool]]
"""(cell, value issued, what a file says) → the rule of passing that the edit meets, "" for none, and whether it waits."""


def passes(cell: Cell, issued: Value, said: Saying) -> tuple[str, bool]:
    """The `Stops` of a merge without rules of passing."""
    return "", False


def judge(
    cell: Cell,
    side: Side,
    row_id: RowId,
    views: MasterView,
    book: ItemBook,
    *,
    frozen: bool = False,
    added: bool = False,
    before: Sequence[Verdict] = (),
    stops: Stops = passes,
) -> Verdict:
    """Process the submissions of one pack for one cell, in the order sent.

    Args:
        frozen: other packs want other values, so a value that would be applied becomes a conflict.
        added: this pack adds the row in this run, so the department may write every field.
        before: the verdicts about older packs of the department in this run.
        stops: the rules of passing for values that would be applied.
    """
    judging = _Judging(cell, side, row_id, views, book, frozen, stops)
    judging.open = True if added else None
    judging.after_older_packs(before)
    if judging.sayings is None:
        for scan in side.scans:
            i = scan.rows.get(cell.form, {}).get(row_id)
            table = scan.sub.tables.get(cell.form)
            if i is not None and table is not None and cell.field in table.values:
                judging.take(scan, i, table.values[cell.field][i])
    else:
        judging.take_copies(judging.sayings)
    judging.leave_to_newer_packs()
    return judging.verdict


class _Judging:
    """Baseline and master of one cell while the submissions of one pack are processed."""

    def __init__(self, cell: Cell, side: Side, row_id: RowId, views: MasterView, book: ItemBook, frozen: bool, stops: Stops) -> None:
        self.cell, self.side, self.row_id, self.views, self.book, self.frozen = cell, side, row_id, views, book, frozen
        self.stops = stops
        form, field_id = cell.form, cell.field
        self.master = cell.view.value(cell.key, field_id)
        self.issued = side.issued(form, row_id, field_id, cell.view.key_field)
        before = side.moved.get((form, row_id), {}).get(field_id)
        self.baseline = self.issued if before is None else before.value
        self.moved_at = None if before is None else stamp_of(before)
        self.moved_by = "" if before is None else before.sha256
        self.seen_at = side.seen.get((form, row_id), {}).get(field_id)
        self.open: bool | None = None
        self.said_at: Stamp | None = None
        """When a file that an earlier run merged said the newest value of its own."""
        self.heard: Set[str] = frozenset()
        """Files whose value for this cell waited or waits."""
        self.again = False
        """Whether the value taken now is one that an earlier run has counted."""
        self.verdict = Verdict(side, row_id, baseline=self.baseline)
        self.older: list[Moved] = []
        """What the department said for this cell in older packs: values that were taken."""
        self.newer: list[tuple[Pack, RowId, Moved, bool]] = []
        """What it said in newer packs that earlier runs merged."""
        for other, other_row, said, settled in views.said.get((form, cell.key, field_id), ()) if views.said else ():
            if _says_nothing(said.value):
                continue
            if issued_before(side.pack, other, views):
                self.newer.append((other, other_row, said, settled))
            elif settled and issued_before(other, side.pack, views):
                self.older.append(said)
        self.sayings: Sayings | None = None
        """Only where the pack has several files."""
        if side.copies is not None and len(side.copies.files) > 1:
            self.sayings = Sayings(side.copies, form, row_id, field_id, self.issued)
            self.sayings.own = [said for said in self.sayings.own if not self._is_held_back(said)]

    def after_older_packs(self, before: Sequence[Verdict]) -> None:
        """Start from what older packs of the department do to the cell in this run."""
        for verdict in before:
            if verdict.claim is not None:
                self.master = written(verdict.claim.value)
            if verdict.moved is not None and not _says_nothing(verdict.moved.value):
                self.older.append(verdict.moved)

    def leave_to_newer_packs(self) -> None:
        """Ask nothing that the department has answered since in a newer pack."""
        if not self.newer:
            return
        self.verdict.ask_nothing_before(max(stamp_of(said) for _, _, said, _ in self.newer))

    def take(self, scan: SubmissionScan, i: int, s: Value) -> None:
        """Process one submission's value by the rules, from the first."""
        if scan.only is not None and not scan.only.allows(self.cell.form, self.row_id, self.cell.field):
            return
        if self.side.repeats_blank_department(self.cell.view, self.row_id, self.cell.field, s):
            return
        if self._says_what_was_taken_back(s):
            self._edit("conflicts", scan, i, s)
            self._wait(Kind.CONFLICT, scan, i, s)
        elif same_as_baseline(s, self.baseline, self._is_master_blank()):
            self._unchanged(scan, s)
        elif self._is_late(scan):
            self._late(scan, i, s)
        elif self._says_nothing(scan, s):
            self.verdict.stays.append(scan)
        elif not self.cell.view.has_column(self.cell.field):
            self._edit("excluded", scan, i, s, "no_column")
        elif agree(s, self.master):
            self._edit("same", scan, i, s)
            self._move(s, scan)
        elif self._is_shifted(scan):
            self._shifted(scan, i, s)
        elif self._goes_back(s):
            if not was_refused(self.views, self.cell, self.baseline):  # else it withdraws a refused value: settled
                self._edit("conflicts", scan, i, s)
                self._wait(Kind.REVERTED, scan, i, s)
        elif not self._may_edit():
            self._edit("rights", scan, i, s)
            self._wait(Kind.RIGHTS, scan, i, s)
        elif isinstance(s, Unreadable):
            self._edit("unreadable", scan, i, s)
        elif is_blank(s) and not isinstance(s, Clear):
            self._edit("not_cleared", scan, i, s)
        elif self._is_free(s, scan) and not (scan.only is not None and self._other_title()):
            rule, waits = self.stops(self.cell, self.issued, Saying(scan, i, s))
            if waits:
                self._review(rule, scan, i, s)
                return
            self._edit("applied", scan, i, s)
            self.verdict.claim = Claim(s, scan.source(self.cell.form, i, self.cell.field), scan.at)
            self.verdict.let_in = (rule,) if rule else ()
            self._move(s, scan)
            self.master = written(s)
            if self.cell.field == self.cell.view.department_field:
                self.verdict.seen.append(Moved(s, scan.sub.sent_at, scan.sub.sha256))  # the row was handed over: see MasterView.may_edit
        else:
            held = self.cell.view.held(self.cell.key, self.cell.field)
            self._edit("conflicts", scan, i, s, "held" if held else "")
            self._wait(Kind.CONFLICT, scan, i, s)

    def take_copies(self, sayings: Sayings) -> None:
        """Process the submissions of a pack with several files. Those that earlier runs merged are judged again where a new one changes
        what they say, so that the end does not depend on who came first. What the PMO has decided about stays decided."""
        decided = bool(self.views.state.refused.get((self.cell.form, self.cell.key, self.cell.field)))
        if not decided:
            self._as_sent(sayings)
        new = {scan.sub.sha256: scan for scan in self.side.scans}
        for scan, i, s in sayings.files:
            mine = new.get(scan.sub.sha256)
            if mine is not None and (mine.only is None or mine.only.allows(self.cell.form, self.row_id, self.cell.field)):
                if not sayings.repeats(scan, s):
                    self.take(mine, i, s)
                elif same_as_baseline(s, self.baseline, self._is_master_blank()):
                    self._unchanged(mine, s)
            elif not decided and self._is_unheard(scan, sayings) and not sayings.repeats(scan, s):
                self.again = True
                self.take(scan, i, s)
                self.again = False
        if not decided:
            if self.verdict.waits is None and any(self._only_repeats(c.source.sha256) for c in self._held_back()):
                self.verdict.settles = tuple({*self.verdict.settles, Kind.REVIEW})
            self._ask_copies(sayings)
            self._ask_shifted(sayings)

    def _is_shifted(self, scan: SubmissionScan) -> bool:
        form = self.cell.form
        return (self.row_id, self.cell.field) in shifted_cells(self.side, scan, form, self.cell.view)

    def _shifted(self, scan: SubmissionScan, i: int, s: Value) -> None:
        """A value that was only moved here replaces nothing and is not what the file says. Only the PMO can let it in."""
        moved = self.sayings.moved_there() if self.sayings is not None else (scan, i, s)
        if moved is None or moved[0].at > scan.at:
            self._edit("excluded", scan, i, s, "late")
            return
        self._edit("conflicts" if self._may_edit() else "rights", scan, i, s, "shifted")
        self.verdict.shifted = self._moved_here(scan, i, s)

    def _ask_shifted(self, sayings: Sayings) -> None:
        """Whether a value that was only moved here is still to be asked, told by all files."""
        moved = sayings.moved_there()
        asked = moved is not None and not agree(moved[2], self.baseline)
        self.verdict.shifted = self._moved_here(*moved) if moved is not None and asked else None
        if self.verdict.shifted is None:
            self.verdict.settles = tuple({*self.verdict.settles, Kind.SHIFTED})

    def _moved_here(self, scan: SubmissionScan, i: int, s: Value) -> Candidate:
        source = scan.source(self.cell.form, i, self.cell.field)
        return Candidate(s, source, row_id=self.row_id, no_right=not self._may_edit())

    def _as_sent(self, sayings: Sayings) -> None:
        """Since when the pack has said the value that counts, and whose it is, told by all its files and not by who came first."""
        if self.moved_at is not None and (first := sayings.first(self.baseline, self.moved_at)):
            self.moved_at, self.moved_by = first.scan.at, first.scan.sub.sha256
        cell = CellKey(self.cell.form, self.row_id, self.cell.field)
        waiting = self.views.state.seen.get((self.side.pack.id, cell), ())
        stamps = [first.scan.at if (first := sayings.first(m.value, stamp_of(m))) else stamp_of(m) for m in waiting]
        self.seen_at = max(stamps, default=None)
        self.heard = {m.sha256 for m in waiting}
        judged = {scan.sub.sha256 for scan in self.side.scans} | {c.source.sha256 for c in self._held_back()}
        newer = [said.scan.at for said in sayings.own if said.scan.sub.sha256 not in judged]
        self.said_at = max(newer, default=None) if self.cell.view.has_column(self.cell.field) else None

    def _held_back(self) -> tuple[Candidate, ...]:
        return self.book.candidates(self.cell.form, self.cell.key, self.cell.field, Kind.REVIEW)

    def _is_held_back(self, said: Saying) -> bool:
        """Whether a rule of passing holds the value back: then it is as if the file did not say it, until the PMO passes it."""
        return self.stops(self.cell, self.issued, said)[1]

    def _is_unheard(self, scan: SubmissionScan, sayings: Sayings) -> bool:
        """Whether a file merged before says something newer than what counts, that was not judged yet: it was late, or seemed to repeat
        another file's value. Where a value waits to be passed, all are judged again: perhaps it, or one it replaced, may pass now."""
        waiting = {c.source.sha256 for c in self._held_back() if c.source.pack == self.side.pack.id}
        says = any(said.scan is scan for said in sayings.own)
        if scan.sub.sha256 in waiting or (waiting and says and (self.moved_at is None or scan.at > self.moved_at)):
            return True
        if self.moved_at is None or scan.at <= self.moved_at or not says:
            return False
        candidates = (c for kind in _SAID for c in self.book.candidates(self.cell.form, self.cell.key, self.cell.field, kind))
        carried = any(c.source.pack == self.side.pack.id and not sayings.by(c.source.sha256) for c in candidates)
        return carried or scan.sub.sha256 not in self.heard

    def _ask_copies(self, sayings: Sayings) -> None:
        """Who goes back from the value that counts, and whose different value it replaced without knowing it."""
        counts = None if self.moved_at is None else sayings.first(self.baseline, max(self.moved_at, self.said_at or self.moved_at))
        asks: tuple[SubmissionScan, int, Value] | None = None
        for scan, i, s in sayings.files if self.moved_at is not None else ():
            if self.moved_at is None or scan.at <= self.moved_at:
                continue
            if same_as_baseline(s, self.baseline, self._is_master_blank()):
                asks = None
            elif self._goes_back(s) and not self._says_nothing(scan, s) and not was_refused(self.views, self.cell, self.baseline):
                asks = scan, i, s
        waits = self.verdict.waits
        if asks is not None and waits is not None and waits[0] is Kind.REVIEW and _sent(waits[1]) < asks[0].at:
            waits = None  # a newer file has gone back to what was issued
        if asks is not None and (waits is None or waits[0] is Kind.REVERTED):
            self._wait(Kind.REVERTED, *asks)
        elif asks is None and (waits is None or waits[0] is Kind.REVERTED):
            self.verdict.waits = None
            self.verdict.settles = tuple({*self.verdict.settles, Kind.REVERTED})
        self.verdict.others_judged = True
        waits = self.verdict.waits
        asked = waits is None or waits[0] is Kind.REVERTED  # two questions, about two values
        if counts is not None and asked and agree(self.master, self.baseline) and self._may_edit():
            for said in sayings.others(counts):
                self.verdict.other = Candidate(
                    said.value, said.scan.source(self.cell.form, said.record, self.cell.field), row_id=self.row_id
                )

    def _is_master_blank(self) -> bool:
        """Whether 清空 would change nothing. Without the column nobody knows: it waits until the column is there."""
        return is_blank(self.master) and self.cell.view.has_column(self.cell.field)

    def _says_what_was_taken_back(self, s: Value) -> bool:
        """The value issued, which was taken back from the master since: the department saw it and left it, so it has said it."""
        if not self.views.state.taken_back or self.moved_at is not None or self.seen_at is not None:
            return False
        if (self.side.pack.id, CellKey(self.cell.form, self.row_id, self.cell.field)) not in self.views.state.taken_back:
            return False
        return not is_blank(s) and agree(s, self.issued) and not agree(s, self.master) and self._may_edit()

    def _unchanged(self, scan: SubmissionScan, s: Value) -> None:
        """S = B: no edit. A newer copy with the applied value answers an open item of kind REVERTED or REVIEW."""
        if isinstance(s, Clear) and not isinstance(self.baseline, Clear) and not self._is_late(scan):
            self._move(s, scan)  # no effect, but it replaces an older value and answers what was asked about it
        if self.moved_at is None or scan.at < self.moved_at or not agree(s, self.master):
            return
        answered = {kind for kind in (Kind.REVERTED, Kind.REVIEW) if not self._asked_since(scan, kind)}
        self.verdict.settles = tuple({*self.verdict.settles, *answered})
        if self.verdict.waits and self.verdict.waits[0] in answered:
            self.verdict.waits = None

    def _says_nothing(self, scan: SubmissionScan, s: Value) -> bool:
        """The issued value in a copy that was filled in without knowing the file whose value counts now: nobody went back."""
        if self.moved_at is None or isinstance(s, Clear) or not agree(s, self.issued) or self.side.copies is None:
            return False
        return self.side.copies.apart(scan, self.moved_by)

    def _asked_since(self, scan: SubmissionScan, kind: Kind) -> bool:
        """Whether a copy sent later than this one opened a question of this kind, in an earlier run."""
        cell, pack = self.cell, self.side.pack.id
        asked = self.book.candidates(cell.form, cell.key, cell.field, kind)
        return bool(asked) and any(c.source.pack == pack and _sent(c) > scan.at and not self._only_repeats(c.source.sha256) for c in asked)

    def _only_repeats(self, sha256: str) -> bool:
        """Whether a file's value here is only that of the file it was made from, which may have come after it."""
        sayings = self.sayings
        return sayings is not None and any(scan.sub.sha256 == sha256 and sayings.repeats(scan, s) for scan, _, s in sayings.files)

    def _goes_back(self, s: Value) -> bool:
        """The value is again the one issued, after another value was settled. A blank counts only if the PMO refused that other value:
        otherwise the cell may have been emptied, which later rules decide."""
        if self.moved_at is None or isinstance(s, Clear) or not agree(s, self.issued):
            return False
        return not is_blank(s) or was_refused(self.views, self.cell, self.baseline)

    def _is_late(self, scan: SubmissionScan) -> bool:
        return self._is_late_in_pack(scan) or bool(self.newer and any(stamp_of(said) > scan.at for _, _, said, _ in self.newer))

    def _is_late_in_pack(self, scan: SubmissionScan) -> bool:
        heard = (self.moved_at, self.seen_at, self.said_at)
        return heard != _NEVER and any(newer is not None and newer > scan.at for newer in heard)

    def _late(self, scan: SubmissionScan, i: int, s: Value) -> None:
        """The department has changed the cell since, in a newer submission of the pack or in a newer pack, so this value is too late. The
        issued value is no edit."""
        if agree(s, self.issued):
            return
        if not self._is_late_in_pack(scan):
            self._late_pack(scan, i, s)
            return
        newer = None if self.frozen or (self.moved_at is not None and self.moved_at > scan.at) else self._waiting_newer(s)
        if newer is None:
            self._edit("excluded", scan, i, s, "late")
            return
        # The master contains a value this department sent earlier, so the newer value does not conflict with an edit of the PMO. In the
        # order sent, the older value would have been the same as the master and the newer one applied.
        self._edit("same", scan, i, s)
        source = newer.source
        self.verdict.claim = Claim(newer.value, source, stamp(source.sent_at, source.sha256))
        self.verdict.moved = Moved(newer.value, source.sent_at or scan.sub.sent_at, source.sha256)
        self.verdict.settles = CELL_KINDS
        self.master, self.baseline, self.moved_at, self.seen_at = written(newer.value), newer.value, self.verdict.claim.at, None
        self.moved_by = source.sha256

    def _late_pack(self, scan: SubmissionScan, i: int, s: Value) -> None:
        """A newer pack has changed the cell. If its value waits only because this one had not come, it is taken now."""
        is_said = not _says_nothing(s) and not self._is_shifted(scan)
        has_column = self.cell.view.has_column(self.cell.field)
        same = is_said and has_column and agree(s, self.master)
        self._edit("same" if same else "excluded", scan, i, s, "" if same else "late")
        if not same and not (is_said and has_column and self._may_edit() and self._is_free(s, scan)):
            return
        self._move(s, scan)
        cell = self.cell
        waiting = self.book.candidates(cell.form, cell.key, cell.field, Kind.CONFLICT)
        newer = [(pack.id, row_id) for pack, row_id, said, settled in self.newer if not settled and stamp_of(said) > scan.at]
        if len(waiting) != 1 or waiting[0].source.pack not in dict(newer) or cell.view.held(cell.key, cell.field):
            return
        value, source = waiting[0].value, waiting[0].source
        if source.sent_at is None or was_refused(self.views, cell, value) or self.frozen:
            return
        self.verdict.claim = Claim(value, source, stamp(source.sent_at, source.sha256))
        self.verdict.passed = source.pack, dict(newer)[source.pack], Moved(value, source.sent_at, source.sha256)
        self.master = written(value)

    def _waiting_newer(self, s: Value) -> Candidate | None:
        """This pack's newer value, if it is the only candidate in a conflict and the master contains `s`."""
        cell = self.cell
        if not agree(s, self.master) or cell.view.held(cell.key, cell.field):
            return None
        waiting = self.book.candidates(cell.form, cell.key, cell.field, Kind.CONFLICT)
        if len(waiting) != 1 or waiting[0].source.pack != self.side.pack.id or was_refused(self.views, cell, waiting[0].value):
            return None
        return waiting[0] if waiting[0].source.sent_at else None

    def _may_edit(self) -> bool:
        if self.open is None:
            self.open = self.views.may_edit(self.cell.form, self.cell.key, self.cell.field, self.side.pack, (self.row_id,))
        return self.open

    def _is_free(self, s: Value, scan: SubmissionScan) -> bool:
        """M = B, or M is what the department itself said before in an older pack, and nothing prevents applying S."""
        view, key, field_id, _ = self.cell
        own = self.older and any(stamp_of(said) < scan.at and agree(written(said.value), self.master) for said in self.older)
        free = (own or agree(self.master, self.baseline)) and not self.frozen
        return free and not view.held(key, field_id) and not was_refused(self.views, self.cell, s)

    def _other_title(self) -> bool:
        """Whether the row is no longer called what it was when it was issued: perhaps the ID was given to another row."""
        view, form_id = self.cell.view, self.cell.form
        issued = self.side.issued(form_id, self.row_id, view.name_field, view.key_field)
        return not is_blank(issued) and not agree(issued, view.value(self.cell.key, view.name_field))

    def _edit(self, outcome: str, scan: SubmissionScan, i: int, s: Value, why: str = "") -> None:
        if self.again:
            return
        cell = self.cell
        self.verdict.edits.append(
            SubmittedEdit(scan, cell.form, cell.key, self.row_id, cell.field, outcome, self.baseline, self.master, s, i, why)
        )

    def _move(self, s: Value, scan: SubmissionScan) -> None:
        self.baseline, self.moved_at, self.moved_by = s, scan.at, scan.sub.sha256
        self.verdict.moved = Moved(s, scan.sub.sent_at, scan.sub.sha256)
        self.verdict.settles = tuple(set(CELL_KINDS) - {Kind.REVIEW}) if self._asked_since(scan, Kind.REVIEW) else CELL_KINDS
        self.verdict.waits, self.verdict.shifted = None, None

    def _review(self, rule: str, scan: SubmissionScan, i: int, s: Value) -> None:
        """A rule of passing holds the value back. It replaces nothing: an older file that comes in later is judged as if alone."""
        if self._asked_since(scan, Kind.REVERTED) or (self.moved_at is not None and self._is_confirmed_since(scan)):
            self._edit("excluded", scan, i, s, "late")
            return
        self._edit("excluded", scan, i, s, rule)
        if not self._asked_since(scan, Kind.REVIEW):
            self._wait(Kind.REVIEW, scan, i, s)
            self.verdict.rule = rule

    def _is_confirmed_since(self, scan: SubmissionScan) -> bool:
        """Whether a newer file of the pack holds the value that counts."""
        files = self.sayings.files if self.sayings else ()
        return any(newer.at > scan.at and agree(value, self.master) for newer, _, value in files)

    def _wait(self, kind: Kind, scan: SubmissionScan, i: int, s: Value) -> None:
        source = scan.source(self.cell.form, i, self.cell.field)
        candidate = Candidate(s, source, row_id=self.row_id, no_right=kind is Kind.RIGHTS)
        self.verdict.waits, self.verdict.settles, self.verdict.baseline = (kind, candidate), (), self.baseline
        if kind not in (Kind.REVERTED, Kind.REVIEW):  # a return to the issued value replaces nothing: it may be a colleague's copy
            self.verdict.seen.append(Moved(s, scan.sub.sent_at, scan.sub.sha256))


def was_refused(views: MasterView, cell: Cell, value: Value) -> bool:
    """Whether the PMO has refused this value for this cell before."""
    refused = views.state.refused.get((cell.form, cell.key, cell.field))
    return refused is not None and any(agree(value, old) for old, _ in refused)


def written(value: Value) -> Value:
    """The value of the master after a submitted value was applied."""
    return None if isinstance(value, Clear) else value


def settle_cell(
    cell: Cell,
    wanted: Mapping[str, RowId],
    packs: Mapping[str, Side],
    views: MasterView,
    book: ItemBook,
    *,
    added: bool = False,
    stops: Stops = passes,
) -> list[Verdict]:
    """What all packs of the run do to one cell. `wanted`: pack id → the row's id in it. At most one verdict keeps a claim.

    If packs want different values, or values of other departments still wait from earlier runs, all become candidates of one item and
    the master is unchanged. If packs want the same value, it is applied for the first and counted as the same for the others.
    A department's value from an older pack is replaced by its value from a newer pack, whether that is applied or waits.
    """
    verdicts = _settled(cell, wanted, packs, views, book, added, stops)
    for v in verdicts if (cell.form, cell.key, cell.field) in book.by_cell else ():  # else nothing waits
        if (at := v.said_at) is not None:
            newer = {w.side.pack.id for w in verdicts if w.waits is not None and _sent(w.waits[1]) > at}
            v.outdated = tuple({*v.outdated, *_outdated(cell, v.side.pack, at, views, book)} - newer)
    return verdicts


def issued_before(one: Pack, other: Pack, views: MasterView) -> bool:
    """Whether `one` is an older pack of the same department."""
    if one is other or views.names.own(one.department) != views.names.own(other.department):
        return False
    return stamp(one.issued_at, "") < stamp(other.issued_at, "")


def _says_nothing(value: Value) -> bool:
    """A blank, or a text that could not be read: the department may have wanted anything."""
    return isinstance(value, Unreadable) or (is_blank(value) and not isinstance(value, Clear))


def _sent(candidate: Candidate) -> Stamp:
    return stamp(candidate.source.sent_at, candidate.source.sha256)


def _judged(
    cell: Cell,
    wanted: Mapping[str, RowId],
    packs: Mapping[str, Side],
    views: MasterView,
    book: ItemBook,
    added: bool,
    stops: Stops,
    *,
    frozen: bool = False,
) -> list[Verdict]:
    """The verdict about each pack; packs of one department one after the other, so that a newer one starts from what the older one did."""
    verdicts: list[Verdict] = []
    for pack_id in sorted(wanted, key=lambda p: stamp(packs[p].pack.issued_at, "")) if len(wanted) > 1 else wanted:
        side = packs[pack_id]
        before = [v for v in verdicts if issued_before(v.side.pack, side.pack, views)] if verdicts else []
        verdict = judge(cell, side, wanted[pack_id], views, book, frozen=frozen, added=added, before=before, stops=stops)
        if before and (at := verdict.said_at) is not None:
            for older in before:
                _replaced(older, verdict, at)
        verdicts.append(verdict)
    return verdicts


def _replaced(older: Verdict, newer: Verdict, at: Stamp) -> None:
    """A newer pack of the department has said something in this run: what the older one asked is replaced, and what it wanted if the newer
    one wants something else."""
    if newer.claim is not None and older.said_at is not None and older.said_at < at:
        older.claim = None
    older.ask_nothing_before(at)


def _settled(
    cell: Cell, wanted: Mapping[str, RowId], packs: Mapping[str, Side], views: MasterView, book: ItemBook, added: bool, stops: Stops
) -> list[Verdict]:
    verdicts = _judged(cell, wanted, packs, views, book, added, stops)
    if len(verdicts) == 1 and not book.candidates(cell.form, cell.key, cell.field, Kind.CONFLICT):
        return verdicts
    claims = [(v.claim, v) for v in verdicts if v.claim]
    if not claims:
        return verdicts
    (first, winner) = min(claims, key=lambda pair: pair[0].at)
    waiting = [(v.waits[1], v) for v in verdicts if v.waits and v.waits[0] is Kind.CONFLICT]
    rivals, outdated = _rivals(cell, verdicts, views, book)
    others = [claim.value for claim, _ in claims] + [c.value for c, _ in waiting] + [c.value for c in rivals]
    if not all(agree(first.value, other) for other in others):
        frozen = _judged(cell, wanted, packs, views, book, added, stops, frozen=True)
        return [again if v.claim else v for v, again in zip(verdicts, frozen, strict=True)]
    for v in [v for _, v in (*claims, *waiting) if v is not winner]:
        _make_same(v, first.value)
    winner.outdated = outdated
    return verdicts


def _make_same(verdict: Verdict, value: Value) -> None:
    """Another pack's equal value is the one applied."""
    edits = []
    for edit in verdict.edits:
        outcome = edit.outcome
        if outcome in ("applied", "conflicts") and edit.why != "shifted":
            outcome = "same" if agree(edit.submission, value) else "excluded"  # replaced by a newer one of its own pack
        edits.append(edit._replace(outcome=outcome))
        if outcome == "same":
            verdict.moved = Moved(edit.submission, edit.scan.sub.sent_at, edit.scan.sub.sha256)
    verdict.edits, verdict.claim, verdict.waits, verdict.settles, verdict.seen = edits, None, None, CELL_KINDS, []


def _rivals(cell: Cell, verdicts: Sequence[Verdict], views: MasterView, book: ItemBook) -> tuple[list[Candidate], tuple[str, ...]]:
    """Values still waiting in the cell's conflict from packs that send nothing for it in this run, and the outdated packs.

    A pack is outdated if all claims come from newer packs of the same department.
    """
    sending = {v.side.pack.id for v in verdicts if v.claim or (v.waits and v.waits[0] is Kind.CONFLICT)}
    claiming = [v for v in verdicts if v.claim]
    rivals: list[Candidate] = []
    outdated: list[str] = []
    for candidate in book.candidates(cell.form, cell.key, cell.field, Kind.CONFLICT):
        source = candidate.source
        if source.pack in sending:
            continue
        if all(v.claim and _newer(v.side.pack, v.claim.at, source, views) for v in claiming):
            outdated.append(source.pack)
        else:
            rivals.append(candidate)
    return rivals, tuple(outdated)


def _outdated(cell: Cell, pack: Pack, at: Stamp, views: MasterView, book: ItemBook) -> Iterator[str]:
    """Older packs of the department whose waiting value was sent before `at`."""
    for kind in CELL_KINDS:
        for waiting in book.candidates(cell.form, cell.key, cell.field, kind):
            if _newer(pack, at, waiting.source, views):
                yield waiting.source.pack


def _newer(pack: Pack, at: Stamp, waits: Provenance, views: MasterView) -> bool:
    """Whether a pack is newer than the pack of a waiting value, of the same department, and was sent later."""
    old = views.state.packs.get(waits.pack)
    return (
        old is not None
        and at > stamp(waits.sent_at, waits.sha256)
        and stamp(pack.issued_at, "") > stamp(old.issued_at, "")
        and views.names.own(pack.department) == views.names.own(old.department)
    )
