"""Bring the records of trackers into a master: what an import would do (`Incoming`), and the run that does it (`write_rows`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from difflib import get_close_matches

from collab_xl.catalogue import text
from collab_xl.forms import Form, Schema, load
from collab_xl.intake.gates import extension
from collab_xl.merge.fold import items_after
from collab_xl.merge.imported import Answers as RowAnswers
from collab_xl.merge.imported import Brought, Record, RowQuestion, bring_in
from collab_xl.merge.items import ItemBook
from collab_xl.merge.view import MasterView
from collab_xl.model.baseline import Baseline
from collab_xl.model.cell_text import MAX_TEXT, shortened, text_length
from collab_xl.model.directory import Directory, folded
from collab_xl.model.imported import Imported, Waiting, tracker_name
from collab_xl.model.merge import Item, MergeResult, MergeState
from collab_xl.model.place import Address, Area
from collab_xl.model.plan import OWN, Provenance
from collab_xl.model.record import Struct
from collab_xl.model.run import SHAPE
from collab_xl.model.sender_questions import SenderQuestion
from collab_xl.model.sheets import Cell, Table
from collab_xl.model.values import Clear, Unreadable, Value
from collab_xl.plan.applied import applied
from collab_xl.plan.own_values import with_own
from collab_xl.read.asking import Question
from collab_xl.rules.rows import rows_of
from collab_xl.rules.standing import standing_of
from collab_xl.verbs.asking import questions as questions_of
from collab_xl.verbs.asking.answers import IN_IMPORT, Answers, questions_plan
from collab_xl.verbs.baseline import baseline_imported
from collab_xl.verbs.baselines import baselines_plan
from collab_xl.verbs.importing.survey import SurveyedFile
from collab_xl.verbs.receiving.reading import PROJECT
from collab_xl.verbs.session import Session
from collab_xl.verbs.sheets.data import data_plan, keyed
from collab_xl.verbs.sheets.service_edits import ROWS, RowChange, plan_rows
from collab_xl.verbs.sheets.service_sheets import changes_plan, conflicts_plan, home

Own = Mapping[str, Sequence[Value]]
OwnPlaces = Mapping[str, int | Cell]
NO_RESULT = "V213"
"""The code of a formula whose result is not in the file."""
RARE, OFTEN = 2, 4
"""Rows that may name a department by a slip of the hand, and how many times as often the one is named that was meant."""
ALIKE = 0.65
EVERYBODY = frozenset(map(folded, ("各部门", "所有部门", "全体部门", "全部门", "全体", "相关部门", "all", "all departments", "everyone")))


class Ground(Struct, frozen=True):
    """What an import needs to know of the master that it comes into; of one that is not made yet: nothing but its forms."""

    tables: Mapping[str, Table]
    schema: Schema
    directory: Directory
    state: MergeState
    past: Imported
    used: Mapping[str, frozenset[str]]
    exists: bool = True

    @classmethod
    def of_session(cls, session: Session, tables: Mapping[str, Table]) -> Ground:
        state, past, used = MergeState(), Imported(), dict[str, frozenset[str]]()
        if session.master.has_ledger:
            ledger, run_id = session.master.ledger, session.run_id
            state, past, used = session.state(packs=()), ledger.imported(run_id), dict(ledger.keys_given(run_id))
        whole = {form: with_own(table, session.snapshot(table.sheet)) if table.extra else table for form, table in tables.items()}
        return cls(whole, session.schema, session.directory, state, past, used)

    @classmethod
    def of_new(cls, schema: Schema, lang: str) -> Ground:
        """A master that is not made yet: no rows, and every column of its forms."""
        tables = {}
        for form in schema.forms:
            columns = {f.id: n for n, f in enumerate(form.fields, 1)}
            none: dict[str, Sequence[Value]] = {f: () for f in columns}
            headings = {f.id: f.heading[lang] for f in form.fields}
            tables[form.id] = Table(form.id, form.sheet[lang], Area(1, 1, 1, len(columns)), (1, 1), columns, headings, (), none, none)
        return cls(tables, schema, Directory(), MergeState(), Imported(), {}, exists=False)


class Incoming(Struct, frozen=True):
    """What an import does to a master."""

    brought: Brought
    result: MergeResult
    not_in_use: Mapping[str, int]
    """Form id → number of records not imported, because the master does not use the form."""
    without: Mapping[str, tuple[str, ...]]
    """Sheet of the master → headings of the trackers' own columns that the master does not have."""
    strangers: Mapping[str, int]
    """Department that the master does not list → records that name it."""
    nobody: Mapping[str, int]
    """Form id → new rows without the department that the form wants."""
    cut: tuple[str, ...] = ()
    """Cells with more text than a cell of Excel holds; its beginning is taken."""

    @property
    def questions(self) -> list[tuple[int, Question]]:
        """(number of the file, question) about rows."""
        return [(q.source, asked_about(q)) for q in self.brought.questions]


class ImportResult(Struct):
    """The result of an import."""

    incoming: Incoming
    run: str | None = None
    baseline: Baseline | None = None
    """The first baseline of the master, which came with a plan of Project."""


def asked_about(q: RowQuestion) -> Question:
    return Question(f"{q.kind}:{q.form}:{q.word}", q.kind, "", q.at, "\n".join(q.found), q.options, q.suggestion, q.form)


def incoming(
    ground: Ground,
    surveyed: Sequence[SurveyedFile],
    department: str | None,
    answered: Mapping[str, str],
    as_of: date,
    now: datetime,
    take: str = "",
) -> Incoming:
    """What the records would do. `answered`: id of a question in the ledger → its answer. `take`: see `bring_in`."""
    sender = department or ""
    tables, schema = ground.tables, ground.schema
    lost: Counter[str] = Counter()
    for source in surveyed:
        lost.update({table.form: len(table) for table in source.tables if table.form not in tables and len(table)})
    cut: list[str] = []
    records = [
        r for n, source in enumerate(surveyed) for r in _records(n, source, schema, tables, department or "", now, ground.exists, cut)
    ]

    def answer(q: RowQuestion) -> str | None:
        return answered.get(questions_of.asked(sender, "", asked_about(q)).id)

    asks: RowAnswers = answer
    book = ItemBook(ground.state)
    views = MasterView(tables, schema, ground.directory, ground.state)
    partly = {_tracker(source) for source in surveyed if not source.is_whole}
    brought = bring_in(records, views, book, ground.past, ground.used, asks, as_of, take, partly)
    book.settle(views)
    result = MergeResult(opened=book.opened(), closed=book.closed())
    without = {}
    for form in schema.forms if ground.exists else ():
        columns = _own_columns(tables[form.id])
        if missing := dict.fromkeys(h for _, _, _, own, _ in _tables(surveyed, form) for h in own if h not in columns):
            without[tables[form.id].sheet] = tuple(missing)
    strangers: Counter[str] = Counter()
    if ground.exists and ground.directory.departments:
        for r in records:
            strangers.update(_strangers(schema.form(r.form), r, ground.directory))
    wanting = {f.id: d.id for f in schema.forms if (d := f.departments) is not None and d.required}
    nobody = Counter(row.form for row in brought.new if row.form in wanting and row.values.get(wanting[row.form]) is None)
    return Incoming(brought, result, dict(lost), without, dict(strangers), dict(nobody), tuple(cut))


def write_rows(
    session: Session,
    surveyed: Sequence[SurveyedFile],
    department: str | None,
    answers: Answers,
    open_questions: Mapping[int, Sequence[SenderQuestion]],
    words: Sequence[RowChange] = (),
    in_import: Mapping[str, Sequence[str | None]] | None = None,
    take: str = "",
) -> ImportResult:
    """Bring the records into the master in one run; no run when nothing is new and nothing waits.

    Args:
        open_questions: number of a file → its questions without an answer, which go to sheet 提问.
        words: rows for 状态词 of words that a person has said.
        in_import: what was answered in this import, for its summary (`answers_in_import`).
    """
    tables, keys = keyed(session)
    ground = Ground.of_session(session, tables)
    tables = dict(ground.tables)
    answered = {q.id: q.answer for q in answers.asked.values() if q.answer is not None}
    found = incoming(ground, surveyed, department, answered, session.as_of, session.now, take)
    brought, out = found.brought, ImportResult(found)
    waiting = tuple(
        Waiting(source.sha256, source.name, tuple(q.id for q in open_questions.get(n, ())), department or "")
        for n, source in enumerate(surveyed)
        if open_questions.get(n) or any(w.sha256 == source.sha256 for w in ground.past.waiting)
    )
    asking = questions_plan(session, answers, ())
    waits_anew = found.result != MergeResult() or waiting != ground.past.waiting
    if not (brought.new or brought.changes or brought.kept or waits_anew or asking or words):
        return out
    run = session.master.new_run_id
    data = data_plan(session, tables, [*keys, *brought.changes], brought.new)
    after = applied(tables, data, session.schema)
    planned = {(r.form, r.row_key) for r in brought.new if r.source and extension(r.source.file) in PROJECT}
    name = text("verbs.word.baseline_of_project", session.book_lang)
    out.baseline, slips = baseline_imported(session, tables, after, name, planned)
    if slips:
        data = data_plan(session, tables, [*keys, *brought.changes, *slips], brought.new)
        after = applied(tables, data, session.schema)
    plan = data + changes_plan(session, "import", run, data.changes, data.added, ()) + asking + plan_rows(session, words)[0]
    waits: Mapping[str, Item] = items_after(ground.state, found.result)
    if found.result != MergeResult():
        plan += conflicts_plan(session, waits.values(), after, ground.state.items)
    plan += baselines_plan(session, after, out.baseline, run) + home(
        session, after, verb="import", run=run, waiting=len(waits), items=waits.values()
    )
    session.master.sidecar.keep([(source.content, source.sha256) for source in surveyed], [])
    shape = {SHAPE: {ROWS: [change.stored for change in words]}} if words else {}
    said_in = {IN_IMPORT: dict(in_import)} if in_import else {}
    updated = sum(c.why == "import" for c in brought.changes)
    record = session.record(
        "import",
        summary={"rows": len(brought.new), "updated": updated, "asking": sum(bool(w.questions) for w in waiting), **shape, **said_in},
        changes=data.changes,
        added=data.added,
        ranges=data.ranges,
        merged=found.result if found.result != MergeResult() else None,
        imported=Imported(brought.said, brought.keys, waiting),
        **({"baseline": out.baseline, "standing": standing_of(rows_of(session.schema, after))} if out.baseline else {}),
    )
    out.run = session.master.commit(record, plan)
    return out


def _tables(surveyed: Sequence[SurveyedFile], form: Form) -> Iterator[tuple[SurveyedFile, int, Table, Own, OwnPlaces]]:
    """File, number of the table among those of the form on its sheet, table, own columns and where they stand."""
    for source in surveyed:
        for _, parsed in source.survey.sheets:
            found = [one for one in zip(parsed.tables, parsed.own, parsed.own_at, strict=True) if one[0].form == form.id]
            yield from ((source, part, *one) for part, one in enumerate(found))


def _tracker(source: SurveyedFile) -> str:
    return source.survey.plan or tracker_name(source.name)


def _records(
    number: int,
    source: SurveyedFile,
    schema: Schema,
    tables: Mapping[str, Table],
    department: str,
    now: datetime,
    exists: bool,
    cut: list[str],
) -> Iterator[Record]:
    """`cut` gets the cells of which only the beginning is taken."""
    tracker = _tracker(source)
    unknown = without_result(source)
    for form in schema.forms:
        if form.id not in tables:
            continue
        known, named = _own_columns(tables[form.id]), form.key.id
        for _, part, table, own, own_at in _tables([source], form):
            for i in range(len(table)):
                values = {f: v for f, v in _values(table, i).items() if not unknown or table.at(i, f) not in unknown}
                key = values.pop(named, None)
                values.update((OWN + h, cells[i]) for h, cells in own.items() if cells[i] is not None and (h in known or not exists))
                address = table.at(i, named)
                origin = Provenance(source.sha256, department, sent_at=now, file=source.name, cell=str(address))
                cells = {f: table.place(i, f) for f in (*values, named) if not f.startswith(OWN)}
                cells.update((OWN + h, _own_place(table, i, at)) for h, at in own_at.items() if OWN + h in values)
                for f, short in _shortened(values):
                    values[f] = short
                    cut.append(cells[f] if "!" in cells[f] else f"{table.sheet}!{cells[f]}")
                said = key.strip() if isinstance(key, str) else ""
                yield Record(number, tracker, table.sheet, part, form.id, said, values, cells, origin, address, department)


def _shortened(values: Mapping[str, Value]) -> list[tuple[str, Value]]:
    """Field → the beginning of its text, where a cell of Excel does not hold the whole."""
    out: list[tuple[str, Value]] = []
    for f, value in values.items():
        said = value.text if isinstance(value, Unreadable) else value
        if isinstance(said, str) and text_length(said) > MAX_TEXT:
            out.append((f, Unreadable(shortened(said)) if isinstance(value, Unreadable) else shortened(said)))
    return out


def _own_place(table: Table, index: int, at: int | Cell) -> str:
    return str(Address(table.sheet, table.rows[index], at) if isinstance(at, int) else Address(table.sheet, *at))


def _own_columns(table: Table) -> frozenset[str]:
    return frozenset(" ".join(h.split()) for h in table.extra.values() if h)


def _strangers(form: Form, r: Record, directory: Directory) -> set[str]:
    names: set[str] = set()
    for f in form.fields:
        if f.kind in ("department", "departments") and (value := r.values.get(f.id)) is not None:
            said = value if isinstance(value, tuple) else (value.text if isinstance(value, Unreadable) else value,)
            names.update(n for n in said if isinstance(n, str) and folded(n) not in EVERYBODY and not directory.find(n))
    return names


def without_result(source: SurveyedFile) -> frozenset[Address]:
    """The cells with a formula whose result is not in the file. They are left blank: the formula's text would be an error."""
    found = (f for _, parsed in source.survey.sheets for f in parsed.findings)
    return frozenset(f.at for f in found if f.code == NO_RESULT and f.at is not None)


def department_names(surveyed: Sequence[SurveyedFile], given: str | None) -> Counter[str]:
    """The departments named in trackers, in the order found, each with the number of rows that name it: the departments of a new master."""
    names: Counter[str] = Counter([given] if given else ())
    for form in load().forms:  # includes every form that was looked for
        fields = [f.id for f in form.fields if f.kind in ("department", "departments")]
        for _, _, table, _, _ in _tables(surveyed, form):
            for value in (v for f in fields for v in table.values.get(f, ())):
                said = value if isinstance(value, tuple) else (value,)
                names.update(name for name in said if isinstance(name, str) and folded(name) not in EVERYBODY)
    return names


def rare_names(names: Mapping[str, int]) -> list[tuple[str, str]]:
    """(a department that few rows name, one like it that many name): a slip of the hand, or two departments; only a person knows."""
    out = []
    for name, rows in names.items():
        often = [other for other, n in names.items() if n >= OFTEN * rows]
        near = [o for o in get_close_matches(folded(name), {folded(other): other for other in often}, cutoff=ALIKE)] if rows <= RARE else []
        if near:
            out.append((name, next(other for other in often if folded(other) == near[0])))
    return out


def _values(table: Table, index: int) -> dict[str, Value]:
    """The filled fields of a record."""
    filled = {f: table.get(index, f) for f in table.values}
    return {f: _kept(v, table.raw[f][index]) for f, v in filled.items() if v is not None and not isinstance(v, Clear)}


def _kept(value: Value, raw: Value) -> Value:
    """The value for the master. An unreadable number gets a question mark: without it (`7.1`) it would look like a known value."""
    if isinstance(value, Unreadable) and isinstance(raw, (int, float)):
        return Unreadable(f"{value.text}？")
    return value
