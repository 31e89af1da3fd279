"""One master, opened for one verb: its parsed content, and the record of the verb's run.

What a verb needs more than once from the workbook or the ledger is read on first use and kept here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime, time
from functools import cached_property
from pathlib import Path
from typing import Any

from collab_xl.book.read import Book
from collab_xl.catalogue import has, text
from collab_xl.errors import OK, CollabError
from collab_xl.forms import Form, Schema, ServiceTable, load, schema_of
from collab_xl.forms.in_use import tables_of
from collab_xl.merge.fold import fold_events
from collab_xl.model.calendar import Calendar
from collab_xl.model.directory import Directory
from collab_xl.model.finding import Finding, switched
from collab_xl.model.merge import MergeState, Pack
from collab_xl.model.outgoing import MailKind, MailTemplate
from collab_xl.model.place import Address, Area
from collab_xl.model.plan import Plan
from collab_xl.model.record import Struct, field, replace
from collab_xl.model.run import RunRecord
from collab_xl.model.sheets import Snapshot, Table, TableRef
from collab_xl.model.similar import meant
from collab_xl.model.values import Value
from collab_xl.model.week import week_of
from collab_xl.plan.lists import ListRow, fill
from collab_xl.plan.mail_text import own_templates
from collab_xl.project.run import OpenMaster, Where, open_master
from collab_xl.read.calendar import calendar_of
from collab_xl.read.context import Context, OwnWords
from collab_xl.read.directory import directory_of
from collab_xl.read.heading_cells import Different, field_of, named, out_of_place
from collab_xl.read.headings import fold
from collab_xl.read.mail_texts import mail_texts_of
from collab_xl.read.own_words import words_of
from collab_xl.read.service import service_rows
from collab_xl.read.table import parse_table
from collab_xl.read.text import quoted
from collab_xl.rules.reporting_week import reporting_week
from collab_xl.settings import Settings
from collab_xl.verbs.asking.answers import Answers, answers_of
from collab_xl.verbs.importing.layout import LayoutFault, layout_faults, with_layout
from collab_xl.verbs.next_step import NextStep
from collab_xl.verbs.report import Listing, Report
from collab_xl.verbs.times import clock
from collab_xl.verbs.times.time_zones import zones_of
from collab_xl.verbs.upgrading.bad_settings import unusable
from collab_xl.verbs.upgrading.changed_kinds import in_kinds_of_now

NEEDED = {
    "settings": ("id", "value"),
    "rules": ("id", "value"),
    "departments": ("name", "emails"),
    "calendar": ("date", "kind"),
    "words": ("word", "means"),
    "submissions": ("sha256", "decision"),
    "conflicts": ("id", "decision", "manual"),
    "questions": ("id", "answer"),
}
"""Columns of service sheets that are read. Without one of them, defaults would silently replace the PMO's entries."""
COUNTED_WITH = ("settings", "departments", "calendar", "words")
"""Service sheets that every figure depends on: their columns are checked before anything is computed."""


class Session(Struct, dict=True):
    """An open master. `lang` is the language of messages, `book_lang` that of the workbook."""

    master: OpenMaster
    as_of: date
    lang: str
    now: datetime
    imagined: str | None = None
    """The run about to be written, when sheets must already show the history after it (undo)."""
    writes: bool = True
    """False with `--no-write`: messages say then what would be done."""
    reshaped: dict[str, TableRef] = field(default_factory=dict)
    """Tables as they are after the run about to be written has changed their columns: what is planned after that is for these."""

    pages: Book | None = None
    """The workbook as it is after the run about to be written has added or removed the sheets of `page_sheets`."""
    page_sheets: frozenset[str] = frozenset()

    @cached_property
    def schema(self) -> Schema:
        """The forms this master has in use, in the master's versions.

        Raises CollabError `form_not_installed`, `form_newer`, `forms_row_broken`: a form that cannot be checked must not look checked.
        """
        return schema_of(load(), self.master.forms)

    @property
    def path(self) -> Path:
        return self.master.path

    @property
    def run_id(self) -> str | None:
        """The run whose history is used: the one in the workbook, or the one about to be written."""
        return self.imagined or self.master.run_id

    @property
    def book_lang(self) -> str:
        return self.master.lang

    @property
    def names(self) -> Mapping[str, tuple[str, Area]]:
        return (self.pages or self.master.book).names

    def turn_pages(self, after: Book, sheets: Iterable[str]) -> None:
        """Plan from now on for these sheets as they are in `after`, and for the names of that workbook."""
        self.pages, self.page_sheets = after, frozenset(sheets)

    def snapshot(self, sheet: str) -> Snapshot:
        if self.pages is not None and sheet in self.page_sheets:
            return self.pages.snapshot(sheet)
        return self.master.book.snapshot(sheet)

    @property
    def refs(self) -> Mapping[str, TableRef]:
        return {**self.master.book.tables, **self.reshaped} if self.reshaped else self.master.book.tables

    def reshape(self, ref: TableRef) -> None:
        """Plan from now on for this table, whose headings are not in the cells yet."""
        self.reshaped[ref.name] = ref
        self._in_place.add(ref.name)

    def ref(self, service: ServiceTable) -> TableRef:
        """The table of a service sheet. Raises CollabError `table_missing` when it was deleted or turned into a plain range,
        `heading_moved` when its range or column names do not match its cells."""
        ref = self._table(service.table, service.sheet)
        if ref.name not in self._in_place:
            meaning = named((c.id, c.names) for c in service.columns)
            self._refuse_moved(ref, out_of_place(self.snapshot(ref.sheet), ref, meaning, by_cells=False))
        return ref

    def form_ref(self, form: Form) -> TableRef:
        """The table of a form in use, under the name it has in this master. Raises CollabError `table_missing`."""
        return self._table(self._form_tables[form.id], form.sheet)

    @cached_property
    def _form_tables(self) -> dict[str, str]:
        return tables_of(self.master.forms, self.schema)

    def _table(self, name: str, sheet: Mapping[str, str]) -> TableRef:
        if name not in self.refs:
            raise CollabError("table_missing", table=name, sheet=sheet[self.book_lang], backups=self.master.sidecar.backups, lang=self.lang)
        return self.refs[name]

    @cached_property
    def _in_place(self) -> set[str]:
        """Tables whose headings were checked."""
        return set()

    def _refuse_moved(self, ref: TableRef, wrong: Different | None) -> None:
        """Raise `heading_moved` for columns that are not where the table part says: figures would be wrong."""
        if wrong is not None:
            col, name, cell = wrong
            found = quoted(cell) or text("read.word.blank_heading", self.lang)
            raise CollabError(
                "heading_moved", cell=str(Address(ref.sheet, ref.area.first_row, col)), sheet=ref.sheet, table=ref.name, found=found,
                expected=name, backups=self.master.sidecar.backups, lang=self.lang,
            )  # fmt: skip
        self._in_place.add(ref.name)

    def service(self, service_id: str) -> list[dict[str, Value]]:
        """The rows of a service sheet, by column id."""
        service = self.schema.service(service_id)
        ref = self.ref(service)
        self._needs(ref, service)
        return service_rows(self.snapshot(ref.sheet), ref, service, self.book_lang)

    def _needs(self, ref: TableRef, service: ServiceTable) -> None:
        have = {fold(heading) for heading in ref.headings}
        for column in service.columns:
            if column.id in NEEDED.get(service.id, ()) and not have & {fold(h) for h in column.names}:
                heading = column.heading[self.book_lang]
                raise CollabError("column_missing", sheet=ref.sheet, heading=heading, table=ref.name, lang=self.lang)

    @property
    def moment(self) -> datetime | None:
        """Now, if the run is about today."""
        return self.now if self.now.date() == self.as_of else None

    @cached_property
    def settings(self) -> Settings:
        """The settings for the stages. Their texts go into the workbook, so they are in its language."""
        return replace(self._settings[0], lang=self.book_lang)

    @cached_property
    def _settings_cells(self) -> dict[str, Value]:
        return {str(row["id"]): row.get("value") for row in self.setting_rows() if row.get("id")}

    def setting_rows(self) -> list[dict[str, Value]]:
        """The rows of 设置, then those of 检查规则, which count where both have one: a master made before has its switches on 设置."""
        return [*self.service("settings"), *(self.service("rules") if self.has("rules") else ())]

    def has(self, service_id: str) -> bool:
        """Whether the master has this service sheet."""
        return self.schema.service(service_id).table in self.refs

    @cached_property
    def _settings(self) -> tuple[Settings, list[str]]:
        return Settings.of(self._settings_cells)

    @property
    def language_setting(self) -> str | None:
        """The language on sheet 设置; None without a usable one."""
        settings, bad = self._settings
        return settings.lang if self._settings_cells.get("lang") is not None and "lang" not in bad else None

    @cached_property
    def directory(self) -> Directory:
        return directory_of(self.service("departments"))

    @cached_property
    def _calendar(self) -> tuple[Calendar, list[Finding]]:
        return calendar_of(self.service("calendar"), self.settings.day_count == "working")

    @property
    def calendar(self) -> Calendar:
        return self._calendar[0]

    @cached_property
    def _words(self) -> tuple[OwnWords, list[Finding]]:
        service = self.schema.service("words")
        if service.table not in self.refs:  # an older master without this sheet
            return {}, []
        return words_of(self.service("words"), self.schema, self.book_lang, self.refs[service.table].sheet)

    @property
    def words(self) -> OwnWords:
        """The PMO's own words for choices: sheet 状态词."""
        return self._words[0]

    @cached_property
    def _mail_texts(self) -> tuple[dict[MailKind, MailTemplate], list[Finding]]:
        own, service = own_templates(self.book_lang), self.schema.service("mail_texts")
        if service.table not in self.refs:  # a master made before this sheet
            return own, []
        return mail_texts_of(self.service("mail_texts"), own, self.refs[service.table].sheet)

    @property
    def mail_texts(self) -> dict[MailKind, MailTemplate]:
        """The text of each kind of mail: sheet 邮件模板, else the package's."""
        return self._mail_texts[0]

    @property
    def mail_text_faults(self) -> list[Finding]:
        """Places in these texts that cannot be filled or are missing."""
        return self._mail_texts[1]

    @cached_property
    def answers(self) -> Answers:
        """Questions about how departments write, and the PMO's answers: from sheet 提问 and the ledger."""
        return answers_of(self)

    @property
    def week(self) -> str:
        """The running week: that of `as_of`."""
        return week_of(self.as_of, self.settings.week_start)

    @cached_property
    def weeks_issued(self) -> frozenset[str]:
        """Weeks of packs that were issued by runs of this workbook."""
        if not self.master.has_ledger:
            return frozenset()
        outside = self.master.ledger.packs_outside(self.run_id)
        return frozenset(p.week for p in self.master.ledger.pack_heads().values() if p.id not in outside)

    def reporting_week(self, issued: Sequence[Pack] = ()) -> str:
        """The week that reports are about (`rules.reporting_week`). `issued`: packs of the run about to be written."""
        weeks = self.weeks_issued | {p.week for p in issued}
        return reporting_week(self.moment_asked, weeks, self.settings, self.calendar, None if weeks else self._begun)

    @cached_property
    def _begun(self) -> datetime | None:
        """When the first run of this workbook was made; None without one."""
        chain = self.master.ledger.chain(self.run_id) if self.master.has_ledger else ()
        return chain[0].started_at if chain else None

    @property
    def moment_asked(self) -> datetime:
        """The moment the run is about: now, or the end of another day."""
        return self.now if self.as_of == self.now.date() else datetime.combine(self.as_of, time.max)

    def context(self, period: tuple[date, date] | None = None) -> Context:
        zones = zones_of(self.settings.country)
        return Context(self.book_lang, self.directory, period, self.as_of, words=self.words, zones=zones)

    @cached_property
    def _parsed(self) -> tuple[dict[str, Table], list[Finding]]:
        tables: dict[str, Table] = {}
        findings: list[Finding] = []
        for service in map(self.schema.service, COUNTED_WITH):
            if service.table in self.refs:  # a missing one is reported by the verb that needs it
                self.ref(service)
        for form in self.schema.forms:
            ref = self.form_ref(form)
            meaning = field_of(form, self.book_lang)
            self._refuse_moved(ref, out_of_place(self.snapshot(ref.sheet), ref, meaning, by_cells=True))
            tables[form.id], found = parse_table(self.snapshot(ref.sheet), ref, form, self.context())
            findings += found
        return tables, findings

    @property
    def tables(self) -> dict[str, Table]:
        """form id → the master's table, parsed.

        Raises CollabError `key_column_missing`: without the key column every row would count as deleted. `tables_for_viewing` does not.
        """
        lost = next((f for f in self._parsed[1] if f.code == "H104"), None)
        if lost is not None:
            raise CollabError(
                "key_column_missing", cell=str(lost.at), table=lost.facts["table"], heading=lost.expected,
                backups=self.master.sidecar.backups, lang=self.lang,
            )  # fmt: skip
        return self.tables_for_viewing

    @property
    def tables_for_viewing(self) -> dict[str, Table]:
        """The same for verbs that change no rows (check, status): includes tables without their key column."""
        return self._parsed[0]

    @property
    def missing_columns(self) -> list[Finding]:
        """A finding per column of ours that a table lacks: what depends on it is not computed, so a figure must not look complete."""
        return switched([f for f in self._parsed[1] if f.code in ("H104", "H105")], self.settings.rules)

    @cached_property
    def layout(self) -> tuple[LayoutFault, ...]:
        """Columns that are gone and rows below a table. Nothing if the tables cannot be read: the verb that needs them is refused."""
        with suppress(CollabError):
            found, tables = self._parsed[1], self._form_tables
            refs = {form: self.refs[table] for form, table in tables.items() if table in self.refs}
            return layout_faults(found, refs, self.schema, self.book_lang)
        return ()

    def named_department(self, said: str) -> str:
        """The official name of a department; any name without a departments sheet. Raises CollabError `unknown_department` (exit 2)."""
        known = [d.name for d in self.directory.departments]
        if (found := self.directory.find(said)) is None and known:
            names = [*known, *(alias for d in self.directory.departments for alias in d.aliases)]
            facts = {"known": tuple(known), "meant": meant(said, names), "sheet": self.sheet_of("departments")}
            raise CollabError("unknown_department", exit_code=2, department=said, lang=self.lang, **facts)
        return found or said

    def said(self, key: str, **facts: object) -> str:
        """The sentence `verbs.say.<key>`; when nothing is written `verbs.would.<key>`, if there is one."""
        would = f"verbs.would.{key}"
        return text(f"verbs.say.{key}" if self.writes or not has(would, self.lang) else would, self.lang, **facts)

    def report(
        self,
        content: Mapping[str, Any] | Callable[[], Mapping[str, Any]],
        lines: Sequence[str] = (),
        listings: Sequence[Listing] = (),
        exit_code: int = OK,
        notes: Sequence[str] = (),
        *,
        then: NextStep | None = None,
    ) -> Report:
        """The verb's report. Faults in the layout of the master's sheets are its first lines; its warnings come before `notes`."""
        report = Report(self.lang, content, tuple(lines), tuple(listings), exit_code, (*self.master.warnings, *notes), then)
        return with_layout(report, self.layout)

    @property
    def reading(self) -> list[Finding]:
        """Findings of reading the master, and of settings that cannot be used."""
        return [*self._parsed[1], *self._calendar[1], *self._words[1], *self.mail_text_faults]

    @property
    def unusable_settings(self) -> list[str]:
        return self._settings[1]

    def set_language(self, asked: str | None) -> None:
        """Set the language of messages (`asked`, else the setting, else the workbook's) and warn of settings that cannot be used.

        A missing or broken sheet 设置 is reported by the verb that needs it.
        """
        self.lang = self.master.message_lang = asked or self.book_lang
        with suppress(CollabError):
            self.lang = self.master.message_lang = asked or self.language_setting or self.book_lang
            self.master.warned += tuple((bad.key, bad.facts) for bad in unusable(self))

    def state(self, packs: Sequence[str] | None = None) -> MergeState:
        """The merge state of this workbook: its effective runs, folded. `packs` limits it to what these packs need."""
        ledger, run_id = self.master.ledger, self.run_id
        issued = ledger.packs(packs)
        answers = {q.id: q.answer for q in self.answers.asked.values() if q.answer is not None}
        state = MergeState(packs=issued, taken_back=ledger.taken_back(run_id, issued), answers=answers)
        for event in ledger.events(run_id, packs):
            state = fold_events(state, event)
        if any(said.was for used in self.master.forms for said in used.own):
            state = in_kinds_of_now(state, self.master.forms, self.schema, self.context())
        return state

    def fill(self, service_id: str, rows: Sequence[ListRow]) -> Plan:
        """The plan after which a service sheet contains exactly these rows."""
        service = self.schema.service(service_id)
        ref = self.ref(service)
        return fill(ref, self.snapshot(ref.sheet), service, rows)

    def sheet_of(self, service_id: str) -> str:
        """The name of a service sheet in this workbook."""
        return self.ref(self.schema.service(service_id)).sheet

    def record(self, verb: str, **parts: object) -> RunRecord:
        return RunRecord(verb, self.as_of, self.now, self.book_lang, **parts)  # type: ignore[arg-type]


@contextmanager
def opened(where: Where, *, write: bool, as_of: date, lang: str | None) -> Iterator[Session]:
    """Open a master for one verb, on disk or in Excel. Refusals are in the requested language, else in the master's."""
    with open_master(where, for_writing=write) as master:
        session = Session(master, as_of, lang or master.lang, clock.now(), writes=write)
        try:
            session.set_language(lang)
            _ = session.schema  # refuse now a form that cannot be checked
            clock.checked_day(as_of)
            yield session
        except CollabError as error:
            error.facts.setdefault("lang", session.lang)
            raise
