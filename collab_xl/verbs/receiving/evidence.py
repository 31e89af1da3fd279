"""Files that came beside a pack: whose they are, and the rows in which `consolidate` names them. Decision 0040.

What belongs where is decided by `merge/evidence.py`; here is what the project knows: ledger, answers on 提问, marks on 提交台账.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from collab_xl.catalogue import listed, text
from collab_xl.intake.origin import EVIDENCE as KEPT
from collab_xl.intake.origin import SEPARATOR
from collab_xl.merge.evidence import Piece, Placement, RowName, Rows, placed
from collab_xl.model.evidence import EVIDENCE, Named, clean_name, kept_name, link_in, row_folder, target_of, with_name
from collab_xl.model.plan import CellChange, NewRow, Provenance
from collab_xl.model.record import Struct, field, replace
from collab_xl.model.run import Run
from collab_xl.model.sender_questions import SenderQuestion
from collab_xl.model.sheets import Table
from collab_xl.model.submission_log import Incoming, Received, State
from collab_xl.model.values import Link, Value
from collab_xl.verbs.receiving.evidence_answers import KIND, row_of, word_of
from collab_xl.verbs.session import Session

UNCLEAR = "S449"
"""A file without a mail of which nothing says where it belongs."""
STRANGER = "S406"


class Unwritten(NamedTuple):
    """A file that belongs to a row in which it cannot be named. `why`: no_column, held (a formula of the user's)."""

    received: Received
    row: RowName
    why: str


class Evidence(Struct, frozen=True):
    """What a merge does with the files beside the packs."""

    changes: tuple[CellChange, ...] = ()
    """One a file and row; `new` is the cell's link."""
    named: Mapping[Named, Received] = field(default_factory=dict)
    """What this run names."""
    copies: Mapping[Path, str] = field(default_factory=dict)
    """Every reading copy that the cells lead to → sha256 of its original."""
    asking: tuple[SenderQuestion, ...] = ()
    """Questions that were not asked before."""
    open: int = 0
    """Files that wait for an answer, those of `asking` included."""
    no_row: tuple[Received, ...] = ()
    """Files of departments without any row that has a place for them."""
    unwritten: tuple[Unwritten, ...] = ()
    relinked: int = 0
    """Cells whose link led to a folder that the project no longer has."""


# Coming in


def settled(
    session: Session, beside: Sequence[tuple[Incoming, Received]], others: Iterable[Received]
) -> Iterator[tuple[Incoming, Received]]:
    """The files beside packs with their department: the sender's, else that of the packs in the same mail, zip or folder.

    A file from nobody we know is ignored (S406), and one without a mail that does not say where it belongs (S449). The same file again,
    saying nothing else, is a duplicate.
    """
    if not beside:
        return
    packs: dict[str, set[str]] = {}
    for r in others:
        if r.state in (State.ACCEPTED, State.DUPLICATE) and r.department:
            packs.setdefault(_around(r.source), set()).add(r.department)
    seen = {_said_of(r) for _, r in session.master.ledger.received(session.run_id) if r.state is State.EVIDENCE}
    rows: Rows | None = None
    for item, r in beside:
        near = packs.get(_around(r.source), set())
        if not r.department and len(near) == 1:
            r = replace(r, department=next(iter(near)))
        if item.mailed and not r.department:
            r = replace(r, state=State.IGNORED, code=STRANGER)
        elif not item.mailed:
            rows = rows or Rows(session.tables_for_viewing, session.schema, session.directory)
            if not placed(_piece(r), rows).rows:
                refused = State.REFUSED if dict(r.facts).get("by_name") else State.IGNORED
                r = replace(r, state=refused, code=UNCLEAR)
        if r.state is State.EVIDENCE:
            if _said_of(r) in seen:
                r = replace(r, state=State.DUPLICATE, code="S410")
            seen.add(_said_of(r))
        yield item, r


def is_beside(received: Received) -> bool:
    return received.code == KEPT and received.state is State.EVIDENCE


def _around(source: str) -> str:
    """The mail or zip an input was in, else its folder."""
    outer, inside, _ = source.partition(SEPARATOR)
    return outer + SEPARATOR if inside else outer.rpartition("/")[0]


def _said_of(r: Received) -> tuple[str, str, tuple[str, ...]]:
    return r.sha256, r.department, _texts(r)


def _texts(r: Received) -> tuple[str, ...]:
    """Where an ID may stand, the surest first: the name, the folders, then what its mail says."""
    facts = dict(r.facts)
    inside = r.source.split(SEPARATOR)
    folders = [*(inside[1:-1] if len(inside) > 1 and facts.get("mailed") else inside[:-1]), inside[-1].rpartition("/")[0]]
    return (clean_name(r.file), "\n".join(filter(None, folders)), *(facts.get(name, "") for name in ("near", "line", "before", "subject")))


def _piece(r: Received) -> Piece:
    name = clean_name(r.file)
    sent = r.sent_at or r.received_at
    return Piece(r.sha256, r.department, name, _texts(r), Provenance(r.sha256, r.department, "", r.sender, sent, name))


# Naming it in its row


def evidence_of(
    session: Session,
    fresh: Iterable[Received],
    again: Collection[str],
    aside: Collection[str],
    tables: Mapping[str, Table],
    changes: Iterable[CellChange],
    new_rows: Iterable[NewRow],
) -> Evidence:
    """What this run does with the files beside packs.

    Args:
        fresh: what this run has collected.
        again: sha256 of held files that a person wants again. aside: beginnings of the sha256 of those marked 不采用 on 提交台账.
        tables: the master's; `changes` and `new_rows` are what the merge does to them.
    """
    ledger, run_id = session.master.ledger, session.run_id
    fresh = [r for r in fresh if is_beside(r)]
    if not (fresh or ledger.has_evidence):
        return Evidence()
    received = [r for _, r in ledger.received(run_id)]
    known = {r.sha256 for r in received}
    held = ledger.held(run_id)
    received += fresh
    received += [held[sha].received for sha in again if sha in held and sha not in known]
    pieces = [r for r in received if r.state is State.EVIDENCE and (r.sha256 not in held or r.sha256 in again)]
    named = ledger.evidence(run_id)
    if not pieces and not named:
        return Evidence()
    groups: dict[tuple[str, str], list[Received]] = {}
    for r in sorted(pieces, key=lambda r: (str(r.sent_at or r.received_at or ""), r.file)):
        if r.sha256[:16] not in aside:
            groups.setdefault((r.sha256, r.department), []).append(r)
    return _Namer(session, tables, changes, new_rows, named).done(groups.values())


class _Namer:
    """Names files in their rows, one after the other."""

    def __init__(
        self,
        session: Session,
        tables: Mapping[str, Table],
        changes: Iterable[CellChange],
        new_rows: Iterable[NewRow],
        named: Mapping[Named, tuple[Run, Provenance]],
    ) -> None:
        self._session, self._tables = session, tables
        self._rows = Rows(tables, session.schema, session.directory)
        self._before = {one: source for one, (_, source) in named.items()}
        self._cells: dict[tuple[str, str, str], Value] = {(c.form, c.row_key, c.field): c.new for c in changes}
        for row in new_rows:
            self._cells.update(((row.form, row.row_key, f), value) for f, value in row.values.items())
        self._index: dict[str, dict[str, int]] = {}
        self._changes: list[CellChange] = []
        self._named: dict[Named, Received] = {}
        self._unwritten: list[Unwritten] = []

    def done(self, groups: Iterable[Sequence[Received]]) -> Evidence:
        asked = self._session.answers.asked
        unclear: dict[str, list[tuple[Received, Placement]]] = {}
        no_row, waits = list[Received](), 0
        for deliveries in groups:
            found = [placed(_piece(r), self._rows) for r in deliveries]
            rows = dict.fromkeys(row for one in found for row in one.rows)
            answers = [q.answer for r in deliveries if (q := asked.get(_question(r).id)) is not None and q.answer is not None]
            if not rows and answers:
                rows = dict.fromkeys(row for answer in answers for line in answer.splitlines() if (row := row_of(line)) is not None)
            elif not rows:
                newest = deliveries[-1]
                if not self._rows.options(newest.department):
                    no_row.append(newest)
                else:
                    waits += 1
                    unclear.setdefault(_question(newest).id, []).append((newest, found[-1]))
            for row in rows:
                self._name(deliveries[-1], row)
        relinked = self._relinked()
        asking = tuple(_about([r for r, _ in some], [p for _, p in some], self._session) for i, some in unclear.items() if i not in asked)
        copies = dict(copies_of(self._session.master.sidecar.evidence, self._sources()))
        return Evidence(tuple(self._changes), self._named, copies, asking, waits, tuple(no_row), tuple(self._unwritten), relinked)

    def _name(self, r: Received, row: RowName) -> None:
        one = Named(r.sha256, *row)
        if one in self._before or one in self._named or row.form not in self._tables:
            return
        form, table = self._session.schema.form(row.form), self._tables[row.form]
        field_id, index = form.id_of("evidence"), self._index_of(row)
        if index is None:  # the row was deleted since it was answered
            return
        if field_id not in table.columns or (index, field_id) in table.held:
            self._unwritten.append(Unwritten(r, row, "held" if field_id in table.columns else "no_column"))
            return
        cell = (row.form, row.key, field_id)
        stands = self._cells[cell] if cell in self._cells else table.get(index, field_id)
        if stands is not None and not isinstance(stands, str):
            self._unwritten.append(Unwritten(r, row, "held"))
            return
        piece = _piece(r)
        self._named[one] = r
        words = with_name(stands, piece.file, self._session.book_lang)
        others = {n.sha256 for n in (*self._before, *self._named) if (n.form, n.row_key) == tuple(row)}
        file = kept_name(piece.file, r.sha256, piece.source.sent_at) if len(others) == 1 else ""
        link = Link(target_of(self._session.master.sidecar.path.name, row.key, file), words)
        self._changes.append(CellChange(row.form, row.key, field_id, stands, link, EVIDENCE, piece.source))
        self._cells[cell] = words

    def _index_of(self, row: RowName) -> int | None:
        if row.form not in self._index:
            keys = self._tables[row.form].values.get(self._session.schema.form(row.form).key.id, ())
            self._index[row.form] = {key: index for index, key in enumerate(keys) if isinstance(key, str)}
        return self._index[row.form].get(row.key)

    def _sources(self) -> dict[Named, Provenance]:
        return {**self._before, **{one: _piece(r).source for one, r in self._named.items()}}

    def _relinked(self) -> int:
        """Lead the links of a project whose folder was renamed to where it is now. Texts stay as they are."""
        here, done = target_of(self._session.master.sidecar.path.name, "_").partition("/")[0], set[tuple[str, str]]()
        for one, source in self._before.items():
            index = self._index_of(RowName(one.form, one.row_key)) if one.form in self._tables else None
            field_id = self._session.schema.form_for_display(one.form).id_of("evidence")
            if index is None or (one.form, one.row_key) in done or (one.form, one.row_key, field_id) in self._cells:
                continue
            table = self._tables[one.form]
            if (col := table.columns.get(field_id)) is None:
                continue
            snapshot, row = self._session.snapshot(table.sheet), table.rows[index]
            link = link_in(snapshot.formulas.get((row, col)), snapshot.value(row, col))
            folder, _, rest = link.target.partition("/") if link else ("", "", "")
            if link and folder != here:
                done.add((one.form, one.row_key))
                new = Link(f"{here}/{rest}", link.text)
                self._changes.append(CellChange(one.form, one.row_key, field_id, table.get(index, field_id), new, EVIDENCE, source))
        return len(done)


def copies_of(folder: Path, named: Mapping[Named, Provenance]) -> Iterator[tuple[Path, str]]:
    """The reading copies of these files, with the sha256 of each."""
    for one, source in named.items():
        yield folder / row_folder(one.row_key) / kept_name(source.file, one.sha256, source.sent_at), one.sha256


# Asking


def _question(r: Received) -> SenderQuestion:
    """The question about the files of one mail; without a mail, about one file."""
    return SenderQuestion(r.department, KIND, "", word_of(r), "")


def _about(received: Sequence[Received], placements: Sequence[Placement], session: Session) -> SenderQuestion:
    names = listed(list(dict.fromkeys(clean_name(r.file) for r in received)), session.book_lang, "verbs.say.more_files")
    meant = {p.suggestion for p in placements if p.suggestion is not None}
    suggestion = f"{(row := next(iter(meant))).form} {row.key}" if len(meant) == 1 else ""
    first = received[0]
    return replace(
        _question(first), found=names, suggestion=suggestion, file=clean_name(first.file), cell=first.source.split(SEPARATOR)[0],
        asked_at=session.now,
    )  # fmt: skip


# Telling


def states_of(
    session: Session, this_run: Mapping[Named, Received], run: str, asking: Collection[str] = ()
) -> Callable[[Received], tuple[str, str, str]]:
    """For 提交台账: a file beside a pack → its state, the run that named it, and where.

    Args:
        this_run: what the run about to be written names; `asking`: ids of the questions that it asks.
    """
    named: dict[tuple[str, str], list[tuple[str, Named]]] = {}
    pairs = [(one, source.department, by.id) for one, (by, source) in session.master.ledger.evidence(session.run_id).items()]
    for one, department, by in (*pairs, *((one, r.department, run) for one, r in this_run.items())):
        for whose in {department, ""}:
            named.setdefault((one.sha256, whose), []).append((by, one))
    asked = session.answers.asked

    def state(r: Received) -> tuple[str, str, str]:
        if found := named.get((r.sha256, r.department)):
            return "evidence_named", found[0][0], "、".join(_shown(session, one) for _, one in found)
        question = _question(r).id
        if question in asking:
            return "evidence_asked", "", ""
        q = asked.get(question)
        if q is None and (found := named.get((r.sha256, ""))):  # another department sent it for the same row
            return "evidence_named", found[0][0], "、".join(_shown(session, one) for _, one in found)
        if q is None:
            return "evidence_ready", "", ""
        return ("evidence_asked" if q.answer is None else "evidence_none" if not q.answer else "evidence_ready"), "", ""

    return state


def _shown(session: Session, one: Named) -> str:
    return f"{session.schema.form_for_display(one.form).sheet[session.book_lang]} {one.row_key}"


def lines_of(session: Session, found: Evidence, lost: Sequence[str] = ()) -> list[str]:
    """What a person is told of it."""
    lang, lines = session.lang, list[str]()
    if found.named:
        files = listed([f"{clean_name(r.file)} → {one.row_key}" for one, r in found.named.items()], lang, "verbs.say.more_files")
        lines.append(session.said("evidence_named", count=len(found.named), files=files))
    if found.open:
        lines.append(session.said("evidence_asked", count=found.open))
    if found.no_row:
        names = listed([f"{r.department} {clean_name(r.file)}" for r in found.no_row], lang, "verbs.say.more_files")
        lines.append(text("verbs.say.evidence_no_row", lang, count=len(found.no_row), files=names))
    for one in found.unwritten:
        facts = {"file": clean_name(one.received.file), "row_key": one.row.key}
        lines.append(text(f"verbs.say.evidence_{one.why}", lang, **facts))
    if found.relinked:
        lines.append(text("verbs.say.evidence_relinked", lang, count=found.relinked))
    lines += [text("verbs.say.evidence_lost", lang, sha256=sha[:16], folder=session.master.sidecar.archive) for sha in lost]
    return lines


def evidence_json(found: Evidence) -> list[dict[str, object]]:
    """One object per file named by this run."""
    return [
        {"sha256": one.sha256, "file": clean_name(r.file), "department": r.department or None, "form": one.form, "row_id": one.row_key}
        for one, r in found.named.items()
    ]


def waiting_evidence(session: Session, aside: Collection[str]) -> tuple[int, int]:
    """How many files wait to be named in a row by the next `consolidate`, and how many for an answer on 提问. `aside`: as `evidence_of`."""
    if not session.master.ledger.has_evidence:
        return 0, 0
    held = session.master.ledger.held(session.run_id)
    state = states_of(session, {}, "")
    files = {(r.sha256, r.department): r for _, r in session.master.ledger.received(session.run_id) if r.state is State.EVIDENCE}
    states = [state(r)[0] for r in files.values() if r.sha256 not in held and r.sha256[:16] not in aside]
    return states.count("evidence_ready"), states.count("evidence_asked")


def changed_copies(folder: Path, named: Mapping[Named, Provenance]) -> tuple[list[Path], list[Path]]:
    """Reading copies that are missing, and those that somebody has changed."""
    from collab_xl.intake.content import on_disk

    missing, changed = [], []
    for path, sha256 in copies_of(folder, named):
        try:
            if on_disk(os.fspath(path)).sha256 != sha256:
                changed.append(path)
        except OSError:
            missing.append(path)
    return missing, changed
