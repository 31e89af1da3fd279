"""The rows of our lists: conflicts, preview, change log, submissions, overdue, escalations → column id → raw value.

In: the result of a stage.  Out: rows for `plan.lists.fill`, in reading order.  Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import NamedTuple

from collab_xl.catalogue import COMMA, has, text
from collab_xl.forms import Field, Form, Schema
from collab_xl.model.cell_text import MAX_TEXT, shortened, text_length
from collab_xl.model.escalation import Escalated
from collab_xl.model.finding import Word
from collab_xl.model.merge import Count, FileQuestion, Item, Kind, Outcome
from collab_xl.model.place import Address
from collab_xl.model.plan import OWN, Provenance
from collab_xl.model.record import Struct
from collab_xl.model.sheets import Table
from collab_xl.model.submission_log import Received
from collab_xl.model.summary import ClockLine, EscalationLine, OverdueLine
from collab_xl.model.values import Link, Value
from collab_xl.plan.lists import ListRow
from collab_xl.plan.show import show, show_row
from collab_xl.rules.escalation_register import state_of
from collab_xl.rules.lateness import bucket_of
from collab_xl.rules.passing import RULE_NAMES

Tables = Mapping[str, Table]
_KINDS = (
    "conflict",
    "add_add",
    "renumbered",
    "delete_edit",
    "shifted",
    "copies",
    "reverted",
    "rights",
    "review",
    "new_task",
    "hand_made",
    "not_entered",
)
"""Order of the kinds on 冲突处理: real conflicts first."""
OUTCOMES = ("applied", "same", "conflicts", "rights", "not_cleared", "unreadable", "excluded")


class Entry(NamedTuple):
    """What the PMO has entered in a row of 冲突处理."""

    decision: Value = None
    manual: Value = None
    why: Value = None


class Logged(Struct, frozen=True):
    """One line of the change log: a change, and the run that made it."""

    run: str
    verb: str
    time: datetime
    form: str
    row_key: str
    field: str
    old: Value
    new: Value
    source: Provenance | None


def _field(form: Form, field_id: str | None) -> Field | None:
    return form.known(field_id)


def _heading(form: Form, field_id: str | None, lang: str) -> str:
    field = _field(form, field_id)
    return field.heading[lang] if field else (field_id or "").removeprefix(OWN)


class _Names:
    """Row key → name of the row, per form; built once per list."""

    def __init__(self, tables: Tables, schema: Schema) -> None:
        self._names: dict[tuple[str, str], str] = {}
        for form_id, table in tables.items():
            form = schema.form(form_id)
            for key, name in zip(table.values.get(form.key.id, ()), table.values.get(form.id_of("title"), ()), strict=False):
                if isinstance(key, str) and isinstance(name, str):
                    self._names.setdefault((form_id, key), name)

    def of(self, form_id: str, key: str) -> str:
        return self._names.get((form_id, key), "")


def candidate_text(item: Item, form: Form, lang: str) -> str:
    """Every candidate on its own line: value, sender, time. The values are shortened if they do not all fit in a cell."""
    field = _field(form, item.field)
    said = []
    for c in item.candidates:
        value = show_row(dict(c.row), form.fields, lang) if item.field is None else show(c.value, field, lang)
        if item.kind is Kind.NOT_ENTERED:
            value = " ".join(filter(None, (c.source.file, text("plan.word.cells", lang, n=str(c.value)))))
        sent = f"{c.source.sent_at:%m-%d %H:%M}" if c.source.sent_at else ""
        # a 超出权限 item shows this by its kind; a hand-made proposal needs the note
        right = text("plan.word.no_right", lang) if c.no_right and item.kind is Kind.HAND_MADE else ""
        who = " · ".join(filter(None, (c.source.department, c.source.sender, sent, right)))
        said.append((value or text("model.word.blank", lang), f"（{who}）" if lang == "zh" else f" ({who})"))
    whole = "\n".join(value + who for value, who in said)
    if shortened(whole) is whole:
        return whole
    room = MAX_TEXT // len(said) - 1
    return "\n".join(shortened(value, max(1, room - text_length(who))) + who for value, who in said)


def conflict_rows(
    items: Iterable[Item],
    tables: Tables,
    schema: Schema,
    lang: str,
    typed: Mapping[str, Entry],
    renewed: Collection[str] = (),
    files: Iterable[FileQuestion] = (),
) -> list[ListRow]:
    """One row per open item, and one before the cells of each file that is answered as a whole.

    Args:
        typed: id of an item or of a file's question → what the PMO has already entered.
        renewed: ids of those whose decision was removed because it was about other values.
    """
    names, rows = _Names(tables, schema), list[ListRow]()
    order = {form.id: n for n, form in enumerate(schema.forms)}

    def place(i: Item) -> tuple[object, ...]:
        last = "" if i.kind is Kind.HAND_MADE and i.field is None else i.id  # new rows stand as they do in their file
        return _KINDS.index(i.kind) if i.kind in _KINDS else 99, order.get(i.form, 99), i.row_key, i.field or "", last

    listed = sorted(items, key=place)
    file_of = {item.id: question for question in files for item in question.items}
    told: set[str] = set()
    listed.sort(key=lambda i: (_KINDS.index(i.kind), file_of[i.id].id if i.id in file_of else ""))
    for item in listed:
        question = file_of.get(item.id)
        if question is not None and question.id not in told:
            told.add(question.id)
            rows.append(_file_row(question, schema, lang, len(rows) + 1, typed.get(question.id, Entry()), question.id in renewed))
        form = schema.form_for_display(item.form)
        field = _field(form, item.field)
        entry = typed.get(item.id, Entry())
        rows.append(
            ListRow(
                no=len(rows) + 1,
                kind=text(f"model.kind.{item.kind}", lang),
                department=_joined((c.source.department for c in item.candidates), lang),
                file=_joined((c.source.file for c in item.candidates), lang),
                sheet=form.sheet[lang],
                row_key=item.row_key or None,
                name=names.of(item.form, item.row_key) or _candidate_name(item, form),
                field=_heading(form, item.field, lang) if item.field else text("model.word.whole_row", lang),
                baseline=show(item.baseline, field, lang) or None,
                master=show(item.master, field, lang) or None,
                candidates=candidate_text(item, form, lang),
                decision=entry.decision,
                manual=entry.manual,
                why=entry.why,
                note=_note(item, form, field, lang, item.id in renewed),
                id=item.id,
            )
        )
    return rows


def _joined(words: Iterable[str], lang: str) -> str | None:
    """The different words, for a column to filter by; None for none."""
    return COMMA[lang].join(dict.fromkeys(filter(None, words))) or None


def _file_row(question: FileQuestion, schema: Schema, lang: str, number: int, entry: Entry, renewed: bool) -> ListRow:
    """The row that answers all cells of a file. Its cells follow, to be answered one by one."""
    source = question.source
    sent = f"{source.sent_at:%m-%d %H:%M}" if source.sent_at else ""
    note = [text("plan.kind_note.renewed", lang)] if renewed else []
    n, first = len(question.items), question.items[0]
    form = schema.form_for_display(first.form)
    alone = question.kind is Kind.SHIFTED and first.field is not None
    if alone:
        note.append(text("plan.kind_note.shifted", lang))
    return ListRow(
        no=number,
        kind=text(f"model.kind.{question.kind}", lang),
        department=source.department or None,
        file=source.file or None,
        sheet=form.sheet[lang] if alone else None,
        name=source.file or None,
        field=text("plan.word.whole_column", lang, n=n, field=_heading(form, first.field, lang))
        if alone
        else text("plan.word.whole_file", lang, n=n),
        candidates=" · ".join(filter(None, (source.department, source.sender, sent))),
        decision=entry.decision,
        manual=entry.manual,
        why=entry.why,
        note=" ".join([*note, text("plan.kind_note.whole_column" if alone else "plan.kind_note.whole_file", lang)]),
        id=question.id,
    )


def _candidate_name(item: Item, form: Form) -> str | None:
    return next((said for c in item.candidates if isinstance(said := c.row.get(form.id_of("title")), str)), None)


def _note(item: Item, form: Form, field: Field | None, lang: str, renewed: bool) -> str:
    parts = [text("plan.kind_note.renewed", lang)] if renewed else []
    rule = Word(f"rules.passing.{RULE_NAMES.get(item.rule, item.rule)}") if item.rule else ""
    parts.append(text(f"plan.kind_note.{item.kind}", lang, rule=rule))
    if item.kind is Kind.CONFLICT and field is not None and field.role == "status" and form.state(item.master) == "cancelled":
        parts.append(text("plan.kind_note.ended", lang, master=show(item.master, field, lang)))
    if len(item.candidates) > 1 and has("plan.kind_note.several", lang):
        parts.append(text("plan.kind_note.several", lang))
    made = item.earlier
    if made is not None and made.choice == "later":
        parts.append(text("plan.kind_note.postponed", lang, run=made.run))
    elif made is not None:
        value = show(made.value, field, lang) or text("model.word.blank", lang)
        parts.append(text("plan.kind_note.earlier", lang, run=made.run, value=value))
    if made is not None and made.reason:
        parts.append(text("plan.kind_note.reason", lang, reason=made.reason))
    return " ".join(parts)


def preview_rows(
    outcomes: Iterable[Outcome], submissions: Mapping[str, Provenance], tables: Tables, schema: Schema, lang: str
) -> list[ListRow]:
    """Every edit of every submission and its outcome: first the edits that need a decision, then by row, in the order of its columns.

    A new row has no key yet: its edits stand together, and it is called by its title.
    """
    names, outcomes = _Names(tables, schema), list(outcomes)
    rank = {o: n for n, o in enumerate(("conflicts", "rights", "unreadable", "not_cleared", "excluded", "applied", "same"))}
    at = {(form.id, f.id): n for form in schema.forms for n, f in enumerate(form.fields)}
    titles: dict[tuple[str, str, tuple[str, int]], str] = {}
    for o in outcomes:
        form = schema.form_for_display(o.form)
        if not o.row_key and o.field == form.id_of("title"):
            titles[o.sha256, o.form, _line(o.cell)] = show(o.submission, _field(form, o.field), lang)

    def order(o: Outcome) -> tuple[object, ...]:
        new = () if o.row_key else (submissions.get(o.sha256, Provenance()).department, o.sha256, _line(o.cell))
        return rank.get(o.outcome, 9), o.form, o.row_key, *new, at.get((o.form, o.field), 0), o.field

    rows = []
    for o in sorted(outcomes, key=order):
        form = schema.form_for_display(o.form)
        field = _field(form, o.field)
        source = submissions.get(o.sha256, Provenance())
        rows.append(
            ListRow(
                outcome=text(f"model.outcome.{o.outcome}", lang),
                department=source.department or None,
                sheet=form.sheet[lang],
                row_key=o.row_key or None,
                name=(names.of(o.form, o.row_key) if o.row_key else titles.get((o.sha256, o.form, _line(o.cell)))) or None,
                field=_heading(form, o.field, lang),
                baseline=show(o.baseline, field, lang) or None,
                master=show(o.master, field, lang) or None,
                submission=show(o.submission, field, lang) or None,
                sender=source.sender or None,
                file=source.file or None,
                cell=o.cell or None,
            )
        )
    return rows


def _line(cell: str) -> tuple[str, int]:
    """The sheet and row of an address (`任务跟踪表!B12`)."""
    letters = cell.rstrip("0123456789")
    return letters.rpartition("!")[0], int(cell[len(letters) :] or 0)


def change_rows(changes: Sequence[Logged], schema: Schema, lang: str) -> list[ListRow]:
    """The rows of the change log, newest first."""

    @cache
    def place(form_id: str, field_id: str) -> tuple[str, str, Field | None]:
        """The sheet, the heading and the field."""
        form = schema.form_for_display(form_id)
        return form.sheet[lang], _heading(form, field_id, lang), _field(form, field_id)

    verbs = {verb: text(f"model.verb.{verb}", lang) for verb in {c.verb for c in changes}}
    rows = []
    for c in changes:
        sheet, heading, field = place(c.form, c.field)
        source = c.source or Provenance()
        rows.append(
            ListRow(
                time=c.time.replace(microsecond=0, tzinfo=None),
                run=c.run,
                verb=verbs[c.verb],
                sheet=sheet,
                row_key=c.row_key,
                field=heading,
                old=show(c.old, field, lang) or None,
                new=show(c.new, field, lang) or None,
                department=source.department or None,
                sender=source.sender or None,
                file=source.file or None,
                cell=source.cell or None,
            )
        )
    return rows


def submission_row(
    r: Received, lang: str, *, state: str = "", run: str = "", count: Count | None = None, use: Value = None, reason: str = ""
) -> ListRow:
    """The row of one received input. `state` replaces its own state (consolidated, ready)."""
    row = ListRow(
        received_at=_plain(r.received_at),
        department=r.department or None,
        week=r.week or None,
        pack=r.pack or None,
        state=text(f"model.state.{state or r.state}", lang),
        decision=use,
        reason=reason or None,
        sender=r.sender or None,
        sent_at=_plain(r.sent_at),
        file=r.file or r.source,
        run=run or None,
        sha256=r.sha256[:16] or None,
    )
    if count is not None:
        for name in ("edits", *OUTCOMES, "rows_new", "rows_missing"):
            row[name] = getattr(count, name)
    return row


def _plain(moment: datetime | None) -> Value:
    return None if moment is None else moment.replace(microsecond=0, tzinfo=None)


def overdue_rows(lines: Sequence[OverdueLine], tables: Tables, schema: Schema, lang: str) -> list[ListRow]:
    places = row_places(tables, schema)
    return [
        ListRow(
            no=number,
            sheet=schema.form(o.form).sheet[lang],
            row_key=_linked(o.key, places.get((o.form, o.key))),
            name=o.name or None,
            department=departments_said(o.dept, lang) or None,
            owner=o.owner or None,
            end=o.end,
            days=o.days,
            bucket=bucket_of(o.days).replace("-", "–"),  # an en dash: Excel would read a retyped 1-3 as a date
            progress=o.progress,
            reason=o.reason or None,
            measure=o.measure or None,
            holds_up=_held_up(o, lang),
        )
        for number, o in enumerate(lines, 1)
    ]


def departments_said(names: str, lang: str) -> str:
    """Departments, which are joined as in Chinese wherever they are compared, in the language of the sheet."""
    return COMMA[lang].join(names.split(COMMA["zh"]))


def _held_up(line: OverdueLine, lang: str) -> str | None:
    """The rows that slip because of a late one: `RW-005 +3 天、RW-007 +2 天 等 5 项`."""
    if not line.holds_up:
        return None
    shown = [text("plan.overdue.held_up", lang, key=key, days=days) for key, days in line.holds_up[:3]]
    said = COMMA[lang].join(shown)
    return text("plan.overdue.held_up_more", lang, shown=said, n=len(line.holds_up)) if len(line.holds_up) > 3 else said


def escalation_rows(
    register: Sequence[Escalated],
    lines: Sequence[EscalationLine],
    mailed: Mapping[str, date],
    as_of: date,
    tables: Tables,
    schema: Schema,
    lang: str,
) -> list[ListRow]:
    """The register as rows: open entries, then closed ones. `mailed`: mark of an entry → the day its first mail was sent."""
    places = row_places(tables, schema)
    known = {(e.form, e.key, e.cause): e for e in lines}
    rows = []
    for number, entry in enumerate(register, 1):
        line = known.get(entry.place) if entry.closed is None else None
        day = mailed.get(entry.mark)
        rows.append(
            ListRow(
                no=number,
                state=text(f"model.escalation.{state_of(entry, day, as_of)}", lang),
                level=entry.level,
                sheet=schema.form_for_display(entry.form).sheet[lang],
                row_key=_linked(entry.key, places.get((entry.form, entry.key))),
                name=entry.name or None,
                department=departments_said(entry.department, lang) or None,
                cause=cause_text(entry.cause, lang),
                days=line.days if line else None,
                since=entry.since,
                to=COMMA[lang].join(entry.to) or None,
                told_at=entry.told if entry.told not in (None, "") else day,
                answer_by=entry.answer_by,
                reply_at=entry.answered,
                ruling=entry.ruling,
                measure=(line.measure or None) if line else None,
                closed_at=entry.closed,
            )
        )
    return rows


def clock_rows(
    lines: Sequence[ClockLine], tables: Tables, schema: Schema, lang: str, as_of: date, now: datetime | None = None
) -> list[ListRow]:
    """The running clocks, as in `rules.clock_list`. `now`: the moment, if it is on `as_of`."""
    places = row_places(tables, schema)
    return [
        ListRow(
            no=number,
            left=_left(line, lang, as_of, now),
            waits=line.waits or text("plan.clock.answer", lang),
            sheet=(schema.form_for_display(line.form) if line.form else schema.service("settings")).sheet[lang],
            row_key=_linked(line.key, places.get((line.form, line.key))) or None,
            name=line.name or None,
            department=departments_said(line.dept, lang) or None,
            began=line.since,
            until=line.until,
            to=COMMA[lang].join(line.people) or None,
        )
        for number, line in enumerate(lines, 1)
    ]


def _left(line: ClockLine, lang: str, as_of: date, now: datetime | None) -> str:
    """How many working days are left or late; a clock that ends on another day with none between is not called due today."""
    if line.late or line.left:
        return text("plan.clock.late", lang, n=line.late) if line.late else text("plan.clock.left", lang, n=line.left)
    if now is not None and isinstance(line.until, datetime) and line.until < now and line.until.date() == as_of:
        return text("plan.clock.past_hour", lang, hour=f"{line.until:%H:%M}")
    day = line.until.date() if isinstance(line.until, datetime) else line.until
    return text(f"plan.clock.{'past' if day < as_of else 'ahead' if day > as_of else 'today'}", lang)


def cause_text(cause: str, lang: str) -> str:
    """A cause in words; the word of the form if the catalogue has none."""
    return text(f"rules.cause.{cause}", lang) if has(f"rules.cause.{cause}", lang) else cause


def linked_keys(tables: Tables, schema: Schema) -> Callable[[str, str], Value]:
    """Form and key → the key as a link to its row, or as it is if there is no such row."""
    places = row_places(tables, schema)
    return lambda form, key: _linked(key, places.get((form, key)))


def _linked(key: str, at: Address | None) -> Value:
    return Link(at.target, key) if at else key


def row_places(tables: Tables, schema: Schema) -> dict[tuple[str, str], Address]:
    places: dict[tuple[str, str], Address] = {}
    for form_id, table in tables.items():
        key = schema.form(form_id).key.id
        for index, value in enumerate(table.values.get(key, ())):
            if isinstance(value, str):
                places.setdefault((form_id, value), table.at(index, key))
    return places
