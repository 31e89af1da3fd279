"""Which rows go into which department's pack, and what the pack's baseline is.

In: the master's parsed tables.  Out: one PackPlan per department, in directory order.
Pure: the time and the pack ids are arguments.  Source: docs/facts/merge.md, Packs.
A department gets the rows that name it: open ones and those closed since its last pack, also rows of others that ask it for something
(`forms.Asked`), with only its answer open. If a form is for everybody (`pack.to`) or has no
department field, every department gets all these rows, read-only.

A form without anything for the department to do rests: its rows are in the pack's baseline, but it has no sheet (`_is_carried`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime

from collab_xl.catalogue import text
from collab_xl.errors import CollabError
from collab_xl.forms import Field, Form, Schema
from collab_xl.forms.own_fields import OWN_ID
from collab_xl.model.calendar import Calendar
from collab_xl.model.directory import Directory
from collab_xl.model.finding import Finding, Saying, Severity, Word
from collab_xl.model.merge import Pack
from collab_xl.model.pack_plan import BLOCKED, PUT_OFF, UNREAD, FileReply, PackPlan, PackSheet, Reply, ReplyLine, Resting
from collab_xl.model.printed_width import NAMING
from collab_xl.model.record import replace
from collab_xl.model.sheets import RowId, Table
from collab_xl.model.similar import meant
from collab_xl.model.values import Unreadable, Value
from collab_xl.plan.show import show
from collab_xl.rules.reporting_week import deadline
from collab_xl.rules.rows import Rows
from collab_xl.settings import Settings

CLOSING_DATES = ("finished", "updated")
"""Roles of the fields with the day a row was closed. A form may lack some; the latest day counts."""


def packs_for(
    tables: Mapping[str, Table],
    schema: Schema,
    directory: Directory,
    settings: Settings,
    *,
    week: str,
    issued_at: datetime,
    make_id: Callable[[str], str],
    last_pack: Mapping[str, Pack | datetime] | None = None,
    departments: Sequence[str] | None = None,
    concerned: Mapping[str, Collection[str]] | None = None,
    wanted: Mapping[str, Collection[str]] | None = None,
    calendar: Calendar | None = None,
) -> list[PackPlan]:
    """The packs to issue, one per department, also for a department without rows (it may add some).

    Args:
        tables: form → Table; a form without a table or rows gets a sheet too.
        week: ISO week `2026-W47`.
        make_id: called once per department, returns the pack's id.
        last_pack: department → its newest earlier pack, or only the time that was issued. With the pack, a closed row counts as closed
            since then if it was issued as open; otherwise its closing dates decide (a date on or after the day of that pack).
            A department without an earlier pack gets open rows only.
        concerned: department → forms with something for it to do this week. None: every form with rows has a sheet.
        wanted: department → forms that it asked for.
        calendar: says on which days nobody works; None: on weekends only.
        departments: names or aliases; None means every department of the directory; if the directory is empty, every
            department that the rows name.

    Raises:
        CollabError issue_unknown_department: a name in `departments` that is not in the directory.
    """
    parts = [_Rows(form, tables.get(form.id), directory) for form in schema.forms if form.pack.to != "none"]
    planning = frozenset(form.id for form in schema.forms if in_planning(form, tables))
    due = deadline(week, settings, calendar or Calendar())
    return [
        _plan(
            name,
            make_id(name),
            parts,
            schema,
            settings,
            week,
            issued_at,
            (last_pack or {}).get(name),
            due,
            planning,
            None if concerned is None else {*concerned.get(name, ()), *(wanted or {}).get(name, ())},
        )
        for name in _departments(departments, directory, parts)
    ]


def file_reply_lines(replies: Sequence[FileReply], lang: str) -> tuple[ReplyLine, ...]:
    """What became of whole files, in words."""
    whole = text("plan.reply.whole_file", lang)
    return tuple(ReplyLine(reply.file, whole, reply.sent, _verdict(reply.verdict, reply.reason, lang)) for reply in replies)


def _verdict(name: str, reason: str, lang: str, facts: Mapping[str, str] = {}) -> str:
    verdict = text(f"plan.reply.{name}", lang, **facts)
    return text("plan.reply.because", lang, verdict=verdict, reason=reason) if reason else verdict


def reply_lines(replies: Sequence[Reply], tables: Mapping[str, Table], schema: Schema, lang: str) -> tuple[ReplyLine, ...]:
    """The replies in words. A row is named by its key and its title as the master has it."""
    titles: dict[str, dict[str | None, str]] = {}
    found: dict[str, dict[str | None, int]] = {}
    for form_id in {reply.form for reply in replies} & tables.keys():
        rows = Rows(schema.form(form_id), tables[form_id])
        titles[form_id] = dict(zip(rows.keys, rows.titles, strict=True))
        found[form_id] = {key: i for i, key in enumerate(rows.keys)}
    lines = []
    for reply in replies:
        form = schema.form(reply.form)
        field = form.named(reply.field) if reply.field else form.named("title")
        title = titles.get(reply.form, {}).get(reply.row_key, "")
        verdict = _verdict(reply.verdict, reply.reason, lang, dict(reply.facts))
        named = " ".join(filter(None, (form.sheet[lang], reply.row_key, title)))
        heading = field.heading[lang] if field and reply.field else text("plan.reply.new_row", lang)
        row = found[reply.form].get(reply.row_key) if reply.field and reply.form in found else None
        master = (
            show(tables[reply.form].get(row, reply.field), field, lang)
            if row is not None and reply.field in tables[reply.form].columns
            else ""
        )
        key = reply.row_key if row is not None else ""
        mend = reply.verdict in (UNREAD, BLOCKED) or (reply.verdict == PUT_OFF and bool(reply.reason))
        lines.append(ReplyLine(named, heading, show(reply.value, field, lang), verdict, reply.form, key, title, master, mend))
    return tuple(sorted(lines, key=lambda line: not line.mend))


def not_issued(tables: Mapping[str, Table], schema: Schema, directory: Directory) -> list[Finding]:
    """A finding for every row that should be in a pack but is in none, in sheet order.

    S451 without a key, S452 a key that occurs twice (each of its rows), S453 an open row that names no department, or only unknown ones.
    """
    found: list[Finding] = []
    for form in schema.forms:
        if form.id in tables and form.pack.to != "none":
            part = _Rows(form, tables[form.id], directory)
            found += (f for i in range(len(part.keys)) if (f := part.trouble(i) or part.orphan(i)))
    return found


class _Rows:
    """The rows of one form, for issuing; no rows if the master has no such table."""

    def __init__(self, form: Form, table: Table | None, directory: Directory) -> None:
        self.table, self.form, self.directory = table, form, directory
        rows = Rows(form, table) if table is not None else None
        self.keys = [key or "" for key in rows.keys] if rows else []
        self.closed = rows.closed if rows else []
        self._closing = [rows.days(role) for role in CLOSING_DATES] if rows else []
        self.twice = {key for key, n in Counter(self.keys).items() if key and n > 1}
        self.of: dict[str, list[int]] = {}
        self.named = [self._known(names) for names in rows.departments] if rows else []
        self.asked = [self._known(names) for names in rows.asked] if rows else []
        for i, (names, asked) in enumerate(zip(self.named, self.asked, strict=True)):
            for name in dict.fromkeys((*names, *asked)):
                self.of.setdefault(name, []).append(i)

    @property
    def to_all(self) -> bool:
        """Whether every row is for every department."""
        return self.form.pack.to == "all" or self.form.departments is None

    def rows_for(self, department: str, last: Pack | datetime | None) -> list[int]:
        """The rows for a department, with or without a key: open ones and those closed since its last pack."""
        mine = range(len(self.keys)) if self.to_all else self.of.get(department, ())
        return [i for i in mine if not self.closed[i] or self.closed_since(i, last)]

    def _known(self, words: Sequence[str]) -> tuple[str, ...]:
        """The official names of the departments in a row, each once; unknown ones are left out."""
        if self.directory.departments:
            return tuple(dict.fromkeys(name for word in words if (name := self.directory.find(word))))
        return tuple(dict.fromkeys(words))

    def trouble(self, i: int) -> Finding | None:
        """The finding for a row that cannot be issued; None if it can."""
        key = self.keys[i]
        if not key:
            code = "S451"
        elif key in self.twice:
            code = "S452"
        else:
            return None
        return self._finding(code, i, self.form.key.id)

    def orphan(self, i: int) -> Finding | None:
        """S453 for an open row that is in no pack."""
        if self.to_all or self.named[i] or self.closed[i]:
            return None
        found = self._finding("S453", i, self.form.department_field)
        said: object = Saying("plan.issue.unknown", {"found": found.found}) if found.found.strip() else Word("plan.issue.no_department")
        return replace(found, facts={**found.facts, "said": said})

    def _finding(self, code: str, i: int, field_id: str) -> Finding:
        assert self.table is not None
        found = self.table.raw.get(field_id)
        return Finding(
            code,
            Severity.WARNING,
            self.table.at(i, field_id),
            row_id=self.keys[i] or None,
            form=self.form.id,
            field=field_id,
            found="" if found is None or found[i] is None else str(found[i]),
            facts={"row": self.table.rows[i]},
        )

    def closed_since(self, i: int, last: Pack | datetime | None) -> bool:
        """Whether a closed row was closed since the department's last pack."""
        if last is None:
            return False
        if isinstance(last, Pack):
            issued = last.forms.get(self.form.id, {}).get(self.keys[i])
            was_open = self._was_open(issued) if issued else None
            if was_open is not None:
                return was_open
        days = [day for column in self._closing if (day := column[i])]
        since = last.issued_at if isinstance(last, Pack) else last
        return bool(days) and max(days) >= since.date()

    def _was_open(self, issued: Mapping[str, Value]) -> bool | None:
        """Whether a row was open when issued; None if the pack did not contain the needed field."""
        status, finished = self.form.id_of("status"), self.form.id_of("finished")
        if status:
            return not self.form.is_closed(issued[status]) if status in issued else None
        return issued[finished] is None if finished in issued else None


def _departments(wanted: Sequence[str] | None, directory: Directory, parts: Sequence[_Rows]) -> Iterator[str]:
    """Each department once, by its official name."""
    known = [d.name for d in directory.departments]
    if wanted is None:
        yield from known or dict.fromkeys(name for rows in parts for name in rows.of)
        return
    aliases = [alias for d in directory.departments for alias in d.aliases]
    names: dict[str, None] = {}
    for word in wanted:
        name = directory.find(word) if known else word
        if name is None:
            raise CollabError("issue_unknown_department", department=word, known=tuple(known), meant=meant(word, (*known, *aliases)))
        names[name] = None
    yield from names


def pack_fields(form: Form) -> tuple[Field, ...]:
    """The columns of a form's sheet in a pack, without computed fields, which would be out of date the next day. What a row is about
    stands beside its key, so that it stays in sight and is on every printed page."""
    shown = [f for f in form.fields if f.in_pack and f.access != "C"]
    title = next((n for n, f in enumerate(shown) if f.role == "title"), 0)
    if title >= NAMING:
        shown.insert(1, shown.pop(title))
    return tuple(shown)


def in_planning(form: Form, tables: Mapping[str, Table]) -> bool:
    """Whether packs show the form's face: there is something to agree on (rows of `before`), no row has a baseline, and none has begun.

    A row has begun if its status says so or if it has progress. So nobody is without a column to report in.
    """
    table = tables.get(form.id)
    agreed = tables.get(form.face.before) if form.face else None
    if table is None or agreed is None or not len(agreed):
        return False
    rows = Rows(form, table)
    if not rows.has("baseline") or any(day is not None for day in rows.days("baseline")):
        return False
    columns = zip(rows.values("status"), rows.states, rows.numbers("progress"), strict=True)
    return not any((status is not None and state not in ("waiting", "cancelled")) or progress for status, state, progress in columns)


def _plan(
    department: str,
    pack_id: str,
    parts: Sequence[_Rows],
    schema: Schema,
    settings: Settings,
    week: str,
    issued_at: datetime,
    last: Pack | datetime | None,
    due: date | datetime | None,
    planning: frozenset[str],
    needed: Collection[str] | None,
) -> PackPlan:
    sheets: list[PackSheet] = []
    resting: list[PackSheet] = []
    findings: list[Finding] = []
    numbered = 0
    for part in parts:
        form, table = part.form, part.table
        face = form.face if form.id in planning else None
        fields = tuple(f.id for f in pack_fields(form) if face is None or f.kind == "key" or f.id in face.columns or OWN_ID.fullmatch(f.id))
        rows: list[tuple[RowId, Mapping[str, Value]]] = []
        dates: dict[tuple[RowId, str], date] = {}
        to_read: set[RowId] = set()
        to_answer: set[RowId] = set()
        for i in part.rows_for(department, last) if table is not None else ():
            assert table is not None
            if trouble := part.trouble(i):
                findings.append(trouble)
                continue
            row_id, values = part.keys[i], {f: table.get(i, f) for f in fields}
            rows.append((row_id, values))
            if department not in part.named[i]:
                (to_answer if department in part.asked[i] else to_read).add(row_id)
            for f, value in values.items():
                raw = table.raw[f][i] if isinstance(value, Unreadable) and f in table.raw else None
                if isinstance(raw, date):
                    dates[row_id, f] = raw
        count = _blank_rows(form, settings) if len(rows) > len(to_answer) or form.pack.when == "always" else 0
        blank = tuple(f"{pack_id}#{numbered + n}" for n in range(1, count + 1))
        numbered += count
        sheet = PackSheet(form.id, fields, tuple(rows), blank, dates, frozenset(to_read), frozenset(to_answer), face is not None)
        (sheets if _is_carried(sheet, form, needed, last) else resting).append(sheet)
    issued = {s.form: {**dict(s.rows), **{row_id: {} for row_id in s.blank}} for s in (*sheets, *resting)}
    forms = {part.form.id: issued[part.form.id] for part in parts}
    pack = Pack(pack_id, department, week, issued_at, schema.version, forms)
    rest = tuple(Resting(s.form, len(s.rows)) for s in resting)
    return PackPlan(pack, tuple(sheets), due, tuple(findings), resting=rest)


def _is_carried(sheet: PackSheet, form: Form, needed: Collection[str] | None, last: Pack | datetime | None) -> bool:
    """Whether the form has a sheet in the pack: the department may add rows, has something to do in it, or a row is not what it was in its
    last pack. In its first pack a form that is always issued has one too."""
    if needed is None or sheet.blank or not sheet.rows or form.id in needed:
        return True
    before = last.forms.get(form.id) if isinstance(last, Pack) else None
    if before is None:
        return form.pack.when == "always"
    return any(dict(values) != dict(before.get(row_id, {})) for row_id, values in sheet.rows)


def _blank_rows(form: Form, settings: Settings) -> int:
    """How many blank rows the form's sheet has for new ones; 0 if departments may add none."""
    if not form.add_rows:
        return 0
    return settings.blank_rows if form.pack.blank_rows is None else form.pack.blank_rows
