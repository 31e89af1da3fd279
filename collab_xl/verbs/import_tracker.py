"""Verb `import`: existing trackers into a master. Shows what was found; writes only when confirmed."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from collab_xl.catalogue import error_text, text
from collab_xl.errors import FAULT, FINDINGS, CollabError
from collab_xl.faults import Fault
from collab_xl.forms import InUse, Schema, load, schema_of
from collab_xl.model.directory import Directory
from collab_xl.model.record import Struct, field, replace
from collab_xl.model.sender_questions import SenderQuestion
from collab_xl.model.values import Value
from collab_xl.project.run import Where
from collab_xl.read.asking import Question
from collab_xl.read.context import Context
from collab_xl.read.own_columns import kind_of
from collab_xl.settings import Settings
from collab_xl.verbs import clock
from collab_xl.verbs import questions as questions_of
from collab_xl.verbs.answers import Answers, keep_answers
from collab_xl.verbs.baseline import baseline_imported
from collab_xl.verbs.faults import Faults, fault_lines
from collab_xl.verbs.import_report import survey_report
from collab_xl.verbs.import_rows import department_names, write_rows
from collab_xl.verbs.init import init
from collab_xl.verbs.layout import LayoutFault, with_layout
from collab_xl.verbs.reading import PROJECT
from collab_xl.verbs.report import Report
from collab_xl.verbs.session import opened
from collab_xl.verbs.survey import NotRead, SurveyedFile, survey
from collab_xl.verbs.time_zones import zones_of
from collab_xl.verbs.told import Said, remembered, with_said
from collab_xl.verbs.told import line as told_line
from collab_xl.verbs.word_rows import new_rows, words_said

GivenAnswers = dict[str, tuple[Question, str]]


class Trackers(Struct):
    """The files of one import, with the stored and the new answers about how each is written."""

    paths: Sequence[Path]
    contexts: list[Context]
    lang: str
    found: list[SurveyedFile]
    not_read: list[NotRead]
    faults: Faults
    forms: tuple[InUse, ...] = ()
    """The forms that are looked for: those the master has in use, all for a new one."""
    given: GivenAnswers = field(default_factory=dict)
    """Question id in the ledger → the question and its new answer."""

    @classmethod
    def look(cls, paths: Sequence[Path], context: Context, lang: str, faults: Faults, forms: tuple[InUse, ...] = ()) -> Trackers:
        """Survey the files. A file that cannot be read is skipped and reported; CollabError, the reason of the first one, when none can."""
        surveyed = survey([(path, context) for path in paths], lang, faults, forms)
        read = [source for source in surveyed if isinstance(source, SurveyedFile)]
        not_read = [source for source in surveyed if isinstance(source, NotRead)]
        if not read:
            raise not_read[0].error or _fault(faults.found[0], lang)
        return cls([source.path for source in read], [context] * len(read), lang, read, not_read, faults, forms)

    @property
    def schema(self) -> Schema:
        """The forms that are looked for."""
        return schema_of(load(), self.forms) if self.forms else load()

    @property
    def questions(self) -> list[Question]:
        return [q for source in self.found for q in source.questions]

    @property
    def records(self) -> int:
        return sum(len(t) for source in self.found for _, parsed in source.survey.sheets for t in parsed.tables)

    def answer(self, answers: Sequence[str], sender: str) -> None:
        """Read the files again with these answers, by the questions' current numbers; an answer applies to the file of its question."""
        asked, contexts = self.questions, list(self.contexts)
        owners = [n for n, source in enumerate(self.found) for _ in source.questions]
        for given in answers:
            q, said = questions_of.chosen(asked, given, self.lang, self.schema)
            owner = owners[next(n for n, each in enumerate(asked) if each is q)]
            contexts[owner] = questions_of.with_answer(contexts[owner], q, said)
            self.given[questions_of.asked(sender, self.found[owner].name, q).id] = (q, said)
        self.contexts = contexts
        read = survey(list(zip(self.paths, contexts, strict=True)), self.lang, self.faults, self.forms)
        self.found = [source for source in read if isinstance(source, SurveyedFile)]
        for source in read:
            if isinstance(source, NotRead):
                raise source.error or _fault(self.faults.found[-1], self.lang)


def import_tracker(
    master: Where,
    sources: Sequence[Path] = (),
    *,
    as_of: date,
    write: bool = True,
    confirmed: bool = False,
    confirm: Callable[[str], bool] = lambda question: False,
    ask: Callable[[str], str] | None = None,
    explain: bool = False,
    department: str | None = None,
    lang: str | None = None,
    show: Callable[[Report], None] | None = None,
    answers: Sequence[str] = (),
    sheets: Sequence[str] | None = None,
    heading: str | None = None,
    maps: Sequence[str] | None = None,
    said_words: Sequence[str] | None = None,
    order: str | None = None,
    form: str | None = None,
    fallback: str = "zh",
) -> Report:
    """Verb `import`: find the tables of trackers, show the mapping, and add their rows to a master (a new one if it does not exist).

    Args:
        master: also a workbook that is open in Excel.
        sources: workbooks or CSV files; with none, the file `master` itself is surveyed and nothing is written.
        confirmed: write without asking (`--yes`); else `confirm` asks, after `show` has printed the survey.
        ask: asks a person at the terminal one question and returns the answer, blank for none; None without a terminal.
        answers: to the questions by number, `1=yes`; see `verbs/questions.py`.
        sheets, heading, maps, said_words, order, form: what a person says of the trackers; see `verbs/told.py`.
        department: written into 负责部门 / 涉及部门 of rows without one.
    """
    clock.checked_day(as_of, lang=lang)
    if not sources and isinstance(master, Path):
        sources, write = [master], False
    exists = not isinstance(master, Path) or (os.path.exists(master) and master not in sources)
    path: object = master
    answered, sender, zones = Answers(), department or "", zones_of(Settings().country)
    logs: Path | None = None
    layout: tuple[LayoutFault, ...] = ()
    if exists:
        with opened(master, write=False, as_of=as_of, lang=lang) as session:
            book_lang, directory, out_lang, words = session.book_lang, session.directory, session.lang, session.words
            answered, forms, logs = session.answers, session.master.forms, session.master.sidecar.logs
            layout, path, zones = session.layout, session.path, zones_of(session.settings.country)
    else:
        book_lang = out_lang = lang or fallback
        directory, words, forms = Directory(), {}, ()
    context = answered.of(sender, Context(book_lang, directory, None, as_of, words=words, zones=zones))
    spoken = Said(sheets or (), heading, maps or (), said_words or (), order, form)
    context = with_said(context, spoken, schema_of(load(), forms) if forms else load(), out_lang)
    looked = forms or tuple(InUse(f.id, f.version) for f in load().forms)  # a new master gets the forms that are found
    trackers = Trackers.look(sources, context, out_lang, Faults(clock.now(), logs), looked)
    if answers:
        trackers.answer(answers, sender)
    for source in trackers.found if spoken else ():
        for q, answer in remembered(context, source.survey.sheets, order):
            trackers.given.setdefault(questions_of.asked(sender, source.name, q).id, (q, answer))

    def with_faults(report: Report) -> Report:
        """The report with the files that were not read, and those on which the program failed."""
        found = trackers.faults.found
        refused = [(source.name, source.error) for source in trackers.not_read if source.error is not None]
        body = {**report.json, "not_read": [_not_read(*each, out_lang) for each in refused], "faults": [fault.json for fault in found]}
        code = FAULT if found else FINDINGS if refused else report.exit_code
        lines = (
            *([told_line(spoken, out_lang)] if spoken else []),
            *report.lines,
            *_not_read_lines(trackers, out_lang),
            *fault_lines(found, out_lang),
        )
        return with_layout(replace(report, content=body, lines=lines, exit_code=code), layout)

    report = with_faults(survey_report(trackers.found, out_lang, explain, trackers.schema))
    if ask is not None and write and not confirmed and trackers.questions:
        if show is not None:
            show(report)
        _ask(trackers, ask, sender)
        report = with_faults(survey_report(trackers.found, out_lang, explain, trackers.schema))
    if not trackers.records:
        said = "verbs.say.import_answer_first" if trackers.questions else "verbs.say.import_nothing"
        exit_code = FAULT if trackers.faults.found else FINDINGS
        return Report(out_lang, report.json, (*report.lines, text(said, out_lang)), report.listings, exit_code)
    if not write:
        return Report(out_lang, report.json, report.lines, report.listings, report.exit_code)
    if not confirmed:
        if show is not None:
            show(report)
        if not confirm(text("verbs.say.import_ask", out_lang, path=path)):
            body = {**report.json, "run": None, "written": 0}
            return Report(out_lang, body, (text("verbs.say.import_not_written", out_lang),), (), report.exit_code)
    seen: tuple[str, ...] = ()
    if isinstance(master, Path) and not exists:
        seen = department_names(trackers.found, department)
        held = {table.form for source in trackers.found for table in source.tables}
        wanted = ",".join(f.id for f in load().forms if f.basic or f.id in held)
        init(master, project=sources[0].stem, departments=seen, lang=book_lang, as_of=as_of, own=_own(trackers.found), forms=wanted)
    with opened(master, write=True, as_of=as_of, lang=lang) as session:
        asked: list[tuple[SenderQuestion, str]] = [(questions_of.asked(sender, "", q), said) for q, said in trackers.given.values()]
        keep_answers(session, asked)
        rows = new_rows(session, words_said(asked, session.words, context.words))
        written = write_rows(session, trackers.found, department, rows)
        notes = session.master.warnings
    lines = [text("verbs.say.import_written", out_lang, path=path, rows=written.added, run=written.run or "–")]
    if written.added and (planned := _planned(trackers.found)):
        name = text("verbs.word.baseline_of_project", book_lang)
        if kept := baseline_imported(master, name, planned, as_of=as_of, lang=lang):
            lines.append(text("verbs.say.import_baseline", out_lang, name=kept.name, rows=kept.rows()))
    if seen:
        lines.append(text("verbs.say.import_departments", out_lang, names=seen))
    if written.skipped:
        keys = tuple(written.skipped[:10])
        lines.append(text("verbs.say.import_skipped", out_lang, count=len(written.skipped), keys=keys))
    lines += [text("verbs.say.import_no_own", out_lang, sheet=sheet, headings=headings) for sheet, headings in written.without.items()]
    for form_id, records in written.not_in_use.items():
        sheet = load().form_for_display(form_id).sheet[out_lang]
        lines.append(text("verbs.say.import_not_in_use", out_lang, sheet=sheet, records=records))
    body = {**report.json, "run": written.run, "written": written.added, "skipped": written.skipped, "own_left": written.without}
    others = (*_not_read_lines(trackers, out_lang), *fault_lines(trackers.faults.found, out_lang))
    lines = [*(report.lines if confirmed else (*(fault.line(out_lang) for fault in layout), *others)), *lines]
    return Report(out_lang, body, tuple(lines), report.listings if confirmed else (), report.exit_code, notes)


def _not_read_lines(trackers: Trackers, lang: str) -> list[str]:
    """A line per file that was not read: what, and what to do."""
    out = []
    for source in trackers.not_read:
        if source.error is not None:
            what, _, fix = error_text(source.error, lang)
            out.append(text("verbs.say.import_not_read", lang, what=what, fix=fix))
    return out


def _not_read(file: str, error: CollabError, lang: str) -> dict[str, str]:
    what, why, fix = error_text(error, lang)
    return {"source": file, "error": error.code, "what": what, "why": why, "fix": fix}


def _fault(fault: Fault, lang: str) -> CollabError:
    return CollabError("program_fault", exit_code=FAULT, file=fault.file, error=fault.error, log=fault.log or "–", lang=lang)


def _ask(trackers: Trackers, ask: Callable[[str], str], sender: str) -> None:
    """Ask every question at the terminal. A blank leaves it open; after an answer that cannot be understood it is asked again."""
    given = []
    for number, q in enumerate(trackers.questions, 1):
        while said := ask(questions_of.prompt(q, trackers.lang, trackers.schema)).strip():
            if questions_of.understood(q, said, trackers.schema) is not None:
                given.append(f"{number}={said}")
                break
    if given:
        trackers.answer(given, sender)


def _planned(found: Sequence[SurveyedFile]) -> set[tuple[str, str]]:
    """(form, key) of the rows that come from files of Microsoft Project."""
    schema = load()
    tables = [table for source in found if source.path.suffix.lower() in PROJECT for table in source.tables]
    return {(t.form, key) for t in tables for key in t.values.get(schema.form(t.form).key.id, ()) if isinstance(key, str)}


def _own(found: Sequence[SurveyedFile]) -> dict[str, list[tuple[str, str]]]:
    """Form id → the trackers' own columns, with the kind of their values."""
    cells: dict[str, dict[str, list[Value]]] = {}
    for source in found:
        for _, parsed in source.survey.sheets:
            for table, own in zip(parsed.tables, parsed.own, strict=True):
                for heading, values in own.items():
                    cells.setdefault(table.form, {}).setdefault(heading, []).extend(values)
    return {form: [(heading, kind_of(values)) for heading, values in own.items()] for form, own in cells.items()}
