"""Verb `import`: existing trackers into a master. Shows what was found; writes only when confirmed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path

from collab_xl.catalogue import error_text, text
from collab_xl.errors import FAULT, FINDINGS, OK, CollabError
from collab_xl.faults import Fault
from collab_xl.forms import InUse, Schema, load, schema_of
from collab_xl.merge.many_at_once import CHOICES
from collab_xl.model.directory import Directory
from collab_xl.model.record import Struct, field, replace
from collab_xl.model.sender_questions import SenderQuestion
from collab_xl.model.values import Value
from collab_xl.project.run import Where
from collab_xl.project.sidecar import own_sidecar
from collab_xl.read.asked_words import KINDS
from collab_xl.read.asking import Question
from collab_xl.read.context import Context
from collab_xl.read.headings import fold
from collab_xl.read.own_columns import kind_of
from collab_xl.settings import Settings
from collab_xl.verbs.asking import questions as questions_of
from collab_xl.verbs.asking.answers import Answers, answers_in_import, answers_of, keep_answers, said_of
from collab_xl.verbs.asking.answers import report as answers_report
from collab_xl.verbs.asking.answers import words as words_of_question
from collab_xl.verbs.asking.told import Said, in_words, layout_question, remembered, said_before, with_said
from collab_xl.verbs.asking.told import line as told_line
from collab_xl.verbs.asking.word_rows import new_rows, words_said
from collab_xl.verbs.faults import Faults, fault_lines
from collab_xl.verbs.importing.layout import LayoutFault, with_layout
from collab_xl.verbs.importing.preview import preview_of
from collab_xl.verbs.importing.report import survey_report
from collab_xl.verbs.importing.rows import Ground, Incoming, department_names, incoming, rare_names, write_rows
from collab_xl.verbs.importing.survey import NotRead, SurveyedFile, survey
from collab_xl.verbs.init import init
from collab_xl.verbs.next_step import NextStep, to_decide
from collab_xl.verbs.report import Report
from collab_xl.verbs.resolve import TAKE
from collab_xl.verbs.session import opened
from collab_xl.verbs.sheets.data import keyed
from collab_xl.verbs.times import clock
from collab_xl.verbs.times.time_zones import zones_of
from collab_xl.verbs.wrong_files import similar_master

GivenAnswers = dict[str, tuple[Question, str, str]]


class Trackers(Struct):
    """The files of one import, with the stored and the new answers about how each is written."""

    paths: Sequence[Path]
    contexts: list[Context]
    lang: str
    found: list[SurveyedFile]
    not_read: list[NotRead]
    faults: Faults
    ground: Ground
    sender: str
    as_of: date
    answered: dict[str, str]
    """Question id in the ledger → its answer, also from before."""
    forms: tuple[InUse, ...] = ()
    """The forms that are looked for: those the master has in use, all for a new one."""
    given: GivenAnswers = field(default_factory=dict)
    """Question id in the ledger → the question, the name of the file and the new answer."""
    names: Mapping[Path, str] = field(default_factory=dict)
    """Names of the files that are read from the archive."""
    incoming: Incoming | None = None
    take: str = ""
    """What was said of every cell that differs: `submission`, `master` or ""."""

    @classmethod
    def look(
        cls,
        paths: Sequence[Path],
        contexts: Sequence[Context],
        lang: str,
        faults: Faults,
        forms: tuple[InUse, ...],
        ground: Ground,
        sender: str,
        as_of: date,
        answered: Mapping[str, str],
        names: Mapping[Path, str],
        take: str,
    ) -> Trackers:
        """Survey the files. A file that cannot be read is skipped and reported; CollabError, the reason of the first one, when none can."""
        surveyed = survey(list(zip(paths, contexts, strict=True)), lang, faults, forms, names)
        read = [n for n, source in enumerate(surveyed) if isinstance(source, SurveyedFile)]
        not_read = [source for source in surveyed if isinstance(source, NotRead)]
        if not read:
            raise not_read[0].error or _fault(faults.found[0], lang)
        found = [source for source in surveyed if isinstance(source, SurveyedFile)]
        kept = [paths[n] for n in read], [contexts[n] for n in read]
        out = cls(*kept, lang, found, not_read, faults, ground, sender, as_of, dict(answered), forms, names=names, take=take)
        out.compute()
        return out

    def compute(self) -> None:
        """What the import would do, with the answers so far."""
        now = self.faults.when
        self.incoming = incoming(self.ground, self.found, self.sender or None, self.answered, self.as_of, now, self.take)

    @property
    def schema(self) -> Schema:
        """The forms that are looked for."""
        return schema_of(load(), self.forms) if self.forms else load()

    def all_decisions(self, number: int) -> list[questions_of.Decision]:
        """Every question about one file, the worst first; columns of a table together."""
        rows = self.incoming.questions if self.incoming else []
        every = [*self.found[number].questions, *(q for n, q in rows if n == number)]
        once = {questions_of.asked(self.sender, "", q).id: q for q in reversed(every)}
        return questions_of.decisions(list(reversed(once.values())), self.schema)

    @property
    def numbered(self) -> list[tuple[int, questions_of.Decision]]:
        """(number of the file, questions) as they are asked: at most `MOST` a file. A word means the same in all files: asked once."""
        out: list[tuple[int, questions_of.Decision]] = []
        words: set[str] = set()
        for n in range(len(self.found)):
            for each in self.all_decisions(n)[: questions_of.MOST]:
                known = questions_of.asked(self.sender, "", each[0]).id
                if each[0].kind not in KINDS or known not in words:
                    out.append((n, each))
                    words.add(known)
        return out

    @property
    def decisions(self) -> list[questions_of.Decision]:
        return [each for _, each in self.numbered]

    @property
    def not_asked(self) -> list[Question]:
        """The questions beyond `MOST` of a file."""
        return [q for n in range(len(self.found)) for each in self.all_decisions(n)[questions_of.MOST :] for q in each]

    @property
    def open_questions(self) -> dict[int, list[SenderQuestion]]:
        """Number of a file → its questions without an answer, as the ledger stores them."""
        out: dict[int, list[SenderQuestion]] = {}
        for n, source in enumerate(self.found):
            for q in (q for each in self.all_decisions(n)[: questions_of.MOST] for q in each):
                out.setdefault(n, []).append(questions_of.asked(self.sender, source.name, q))
        return out

    @property
    def records(self) -> int:
        return sum(len(t) for source in self.found for _, parsed in source.survey.sheets for t in parsed.tables)

    def answer(self, answers: Sequence[str]) -> None:
        """Read the files again with these answers, by the questions' current numbers; an answer applies to the file of its question."""
        asked, contexts = self.numbered, list(self.contexts)
        for given in sorted(answers, key=lambda each: not each.partition("=")[0].strip().isdecimal()):  # one column after its table
            for q, said in questions_of.chosen([each for _, each in asked], given, self.lang, self.schema):
                owner = next(n for n, each in asked if any(q is one for one in each))
                for n in range(len(contexts)) if q.kind in KINDS else (owner,):
                    contexts[n] = questions_of.with_answer(contexts[n], q, said)
                stored = questions_of.asked(self.sender, self.found[owner].name, q)
                self.given[stored.id] = (q, stored.file, said)
                self.answered[stored.id] = said
        if contexts != self.contexts:
            self.contexts = contexts
            read = survey(list(zip(self.paths, contexts, strict=True)), self.lang, self.faults, self.forms, self.names)
            self.found = [source for source in read if isinstance(source, SurveyedFile)]
            for source in read:
                if isinstance(source, NotRead):
                    raise source.error or _fault(self.faults.found[-1], self.lang)
        self.compute()


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
    names: Mapping[Path, str] | None = None,
    take: str | None = None,
) -> Report:
    """Verb `import`: find the tables of trackers, show the mapping, and add their rows to a master (a new one if it does not exist).

    Args:
        master: also a workbook that is open in Excel.
        sources: workbooks or CSV files; with none, what waits for answers that are there now is brought into the master. A `master`
            that is no master of ours is surveyed then, and nothing is written.
        confirmed: write without asking (`--yes`); else `confirm` asks, after `show` has printed the survey.
        ask: asks a person at the terminal one question and returns the answer, blank for none; None without a terminal.
        answers: to the questions by number, `1=yes`; see `verbs/asking/questions.py`.
        sheets, heading, maps, said_words, order, form: what a person says of the trackers; see `verbs/asking/told.py`.
        department: written into 负责部门 / 涉及部门 of rows without one.
        names: the names of sources that are read from the archive.
        take: what becomes of every cell that differs and would be asked about: theirs (as the tracker says) or master.
    """
    clashes = all_clashes(take, lang)
    clock.checked_day(as_of, lang=lang)
    if not sources:
        if not isinstance(master, Path) or is_master(master):
            return bring_waiting(master, as_of=as_of, write=write, confirmed=confirmed, confirm=confirm, show=show, lang=lang)
        sources, write = [master], False
    exists = not isinstance(master, Path) or (os.path.exists(master) and master not in sources)
    if isinstance(master, Path) and not exists and (near := similar_master(master)) is not None:
        raise CollabError("import_other_master", path=master, near=near, file=near.name, lang=lang)
    path: object = master
    answered, zones = Answers(), zones_of(Settings().country)
    logs: Path | None = None
    layout: tuple[LayoutFault, ...] = ()
    ground: Ground | None = None
    if exists:
        with opened(master, write=False, as_of=as_of, lang=lang) as session:
            book_lang, directory, out_lang, words = session.book_lang, session.directory, session.lang, session.words
            answered, forms, logs = session.answers, session.master.forms, session.master.sidecar.logs
            layout, path, zones = session.layout, session.path, zones_of(session.settings.country)
            if master not in sources:
                ground = Ground.of_session(session, keyed(session)[0])
    else:
        book_lang = out_lang = lang or fallback
        directory, words, forms = Directory(), {}, ()
    looked = forms or tuple(InUse(f.id, f.version) for f in load().forms)  # a new master gets the forms that are found
    schema = schema_of(load(), forms) if forms else load()
    ground = ground or Ground.of_new(schema_of(load(), looked), out_lang)
    spoken = Said(sheets or (), heading, maps or (), said_words or (), order, form, department)
    named = {path: (names or {}).get(path, path.name) for path in sources}
    memory = {path: said_before(kept) for path, name in named.items() if (kept := said_of(answered, name)) is not None}
    memory = _still_right(memory, named, spoken, Context(book_lang, directory, None, as_of, words=words, zones=zones), looked, out_lang)
    saids = {path: spoken.before(memory[path][0]) if path in memory else spoken for path in sources}
    departments = {said.department for said in saids.values()}
    department = department or (departments.pop() if len(departments) == 1 else None)
    sender = department or ""
    context = answered.of(sender, Context(book_lang, directory, None, as_of, words=words, zones=zones))
    contexts = [with_said(context, saids[path], schema, out_lang) for path in sources]
    known = {q.id: q.answer for q in answered.asked.values() if q.answer is not None}
    faults = Faults(clock.now(), logs)
    trackers = Trackers.look(sources, contexts, out_lang, faults, looked, ground, sender, as_of, known, names or {}, clashes)
    if answers:
        trackers.answer(answers)
    for source, read_with in zip(trackers.found, trackers.contexts, strict=True) if spoken else ():
        for q, answer in remembered(read_with, source.survey.sheets, order):
            trackers.given.setdefault(questions_of.asked(sender, source.name, q).id, (q, source.name, answer))

    def reported() -> Report:
        """The report with the files that were not read, and those on which the program failed."""
        report = survey_report(trackers.found, out_lang, explain, trackers.schema, trackers.decisions, trackers.not_asked)
        preview = preview_of(trackers, out_lang)
        found = trackers.faults.found
        refused = [(source.name, source.error) for source in trackers.not_read if source.error is not None]
        body = {
            **report.json,
            **preview.json,
            "not_read": [_not_read(*each, out_lang) for each in refused],
            "faults": [fault.json for fault in found],
        }
        code = FAULT if found else FINDINGS if refused else report.exit_code
        lines = (
            *([told_line(spoken, out_lang)] if spoken else []),
            *([text("verbs.say.import_new_master", out_lang, path=path)] if not exists and write and trackers.records else []),
            *_assumed_lines(trackers, memory, set(known), out_lang),
            *report.lines,
            *preview.lines,
            *(_slip_lines(trackers, department, out_lang) if not exists else ()),
            *_not_read_lines(trackers, out_lang),
            *fault_lines(found, out_lang),
        )
        listings = (*report.listings, *preview.listings)
        return with_layout(replace(report, content=body, lines=lines, listings=listings, exit_code=code), layout)

    report = reported()
    if ask is not None and write and not confirmed and trackers.decisions:
        if show is not None:
            show(report)
        _ask(trackers, ask)
        report = reported()
    new = trackers.incoming.brought.new if trackers.incoming is not None else []
    asking_only = ground.exists and write and bool(trackers.decisions)  # they go to sheet 提问 of the master
    if not (trackers.records or asking_only if ground.exists else new):
        tables = any(parsed.tables for source in trackers.found for _, parsed in source.survey.sheets)
        nothing = "verbs.say.import_no_rows" if tables else "verbs.say.import_nothing"
        said = "verbs.say.import_answer_first" if trackers.decisions else nothing
        exit_code = FAULT if trackers.faults.found else FINDINGS
        step = NextStep("import_answers" if trackers.decisions else "import_nothing")
        return Report(out_lang, report.json, (*report.lines, text(said, out_lang)), report.listings, exit_code, next=step)
    if not write:
        return Report(out_lang, report.json, report.lines, report.listings, report.exit_code, next=NextStep("import_yes"))
    if not confirmed:
        if show is not None:
            show(report)
        if not confirm(text("verbs.say.import_ask", out_lang, path=path)):
            body = {**report.json, "run": None, "written": 0}
            return Report(out_lang, body, (text("verbs.say.import_not_written", out_lang),), (), report.exit_code, next=NextStep("yes"))
    seen: tuple[str, ...] = ()
    if isinstance(master, Path) and not exists:
        seen = tuple(department_names(trackers.found, department))
        held = {table.form for source in trackers.found for table in source.tables}
        wanted = ",".join(f.id for f in load().forms if f.basic or f.id in held)
        init(master, project=sources[0].stem, departments=seen, lang=book_lang, as_of=as_of, own=_own(trackers.found), forms=wanted)
    with opened(master, write=True, as_of=as_of, lang=lang) as session:
        given = [(questions_of.asked(sender, file, q), said) for q, file, said in trackers.given.values()]
        layouts = [layout_question(s.name, saids[s.path], _headings(s)) for s in trackers.found] if spoken else []
        in_import = answers_in_import(session, [*given, *((q, q.answer or "") for q in layouts)])
        keep_answers(session, [*given, *((q, q.answer or "") for q in layouts)])
        open_questions = trackers.open_questions
        asking = list({q.id: replace(q, asked_at=session.now) for of_file in open_questions.values() for q in of_file}.values())
        session.master.ledger.ask(asking)
        said_anew = [w for read_with in trackers.contexts for w in words_said(given, session.words, read_with.words)]
        words_in = new_rows(session, said_anew)
        written = write_rows(session, trackers.found, department, answers_of(session), open_questions, words_in, in_import, clashes)
        notes = session.master.warnings
        conflicts = session.sheet_of("conflicts")
    brought = written.incoming.brought
    first = "verbs.say.import_written" if written.run else "verbs.say.import_unchanged"
    lines = [text(first, out_lang, path=path, rows=len(brought.new), run=written.run or "–")]
    if rows := len({(c.form, c.row_key) for c in brought.changes if c.why == "import"}):
        lines.append(text("verbs.say.import_updated", out_lang, rows=rows, cells=sum(c.why == "import" for c in brought.changes)))
    if brought.asked:
        lines.append(text("verbs.say.import_conflicts", out_lang, count=len(brought.asked), sheet=conflicts))
        lines.append(text("verbs.say.import_take", out_lang, path=os.path.basename(str(path)), file=trackers.found[0].name))
    if asking:
        lines.append(text("verbs.say.import_asked", out_lang, count=len(asking), path=os.path.basename(str(path))))
    if baseline := written.baseline:
        lines.append(text("verbs.say.import_baseline", out_lang, name=baseline.name, rows=baseline.rows()))
    if seen:
        lines.append(text("verbs.say.import_departments", out_lang, names=seen))
    body = {
        **report.json,
        "run": written.run,
        "written": len(brought.new),
        "updated": rows,
        "skipped": brought.unchanged,
        "own_left": written.incoming.without,
    }
    others = (*_not_read_lines(trackers, out_lang), *fault_lines(trackers.faults.found, out_lang))
    lines = [*(report.lines if confirmed else (*(fault.line(out_lang) for fault in layout), *others)), *lines]
    step = NextStep("imported", "check", facts={"sheet": load().service("departments").sheet[book_lang]})
    if brought.asked:
        step = to_decide(len(brought.asked), conflicts)
    elif asking:
        step = NextStep("import_again", "import")
    return Report(out_lang, body, tuple(lines), report.listings if confirmed else (), report.exit_code, notes, step)


def _slip_lines(trackers: Trackers, department: str | None, lang: str) -> Iterator[str]:
    """Departments of a new master that may be another one with a slip of the hand."""
    names, sheet = department_names(trackers.found, department), load().service("departments").sheet[lang]
    for name, other in rare_names(names):
        facts = {"name": name, "rows": names[name], "other": other, "often": names[other], "sheet": sheet}
        yield text("verbs.say.import_rare_department", lang, **facts)


def _headings(source: SurveyedFile) -> list[str]:
    """The headings of a file's tables."""
    return [heading for _, parsed in source.survey.sheets for found in parsed.located for heading, _ in found.columns.values()]


def all_clashes(take: str | None, lang: str | None) -> str:
    """The choice for all cells that differ: `submission`, `master`, or "". Raises CollabError `usage_take_import`."""
    choice = TAKE.get((take or "").strip().casefold(), "") if take else ""
    if take and choice not in CHOICES:
        raise CollabError("usage_take_import", exit_code=2, text=take, lang=lang)
    return choice


Memory = dict[Path, tuple[Said, frozenset[str]]]


def _still_right(memory: Memory, named: Mapping[Path, str], spoken: Said, context: Context, forms: tuple[InUse, ...], lang: str) -> Memory:
    """What was said of trackers before, for the files that still have the headings they had then."""
    if not memory:
        return memory
    contexts = {}
    for path, (said, _) in memory.items():
        with suppress(CollabError):  # a field that the master no longer has
            contexts[path] = with_said(context, spoken.before(said), schema_of(load(), forms), lang)
    read = survey(list(contexts.items()), lang, Faults(clock.now(), None), forms, named)
    there = {source.path: {fold(h) for h in _headings(source)} for source in read if isinstance(source, SurveyedFile)}
    return {path: (said, had) for path, (said, had) in memory.items() if had <= there.get(path, set())}


def _assumed_lines(trackers: Trackers, memory: Memory, known: set[str], lang: str) -> list[str]:
    """What is read as it was said or answered before, a line per file, and how to change it."""
    lines = []
    for source in trackers.found:
        parts = list(in_words(memory[source.path][0], lang)) if source.path in memory else []
        for _, parsed in source.survey.sheets:
            for located in parsed.located:
                form = trackers.schema.form(located.form)
                for col, (heading, fields) in located.columns.items():
                    asked = SenderQuestion(trackers.sender, "heading", form.id, fold(heading), heading)
                    if located.how.get(col) == "answered" and fields and asked.id in known:
                        parts.append(f"{' '.join(heading.split())} = {form.field(fields[0]).heading[lang]}")
        if parts:
            lines.append(text("verbs.say.import_as_before", lang, file=source.name, parts=tuple(dict.fromkeys(parts))))
    return lines


def is_master(path: Path) -> bool:
    """Whether a file is a master of ours: its project folder is beside it."""
    return own_sidecar(path).path.is_dir()


def bring_waiting(
    master: Where,
    *,
    as_of: date,
    write: bool,
    confirmed: bool,
    confirm: Callable[[str], bool],
    show: Callable[[Report], None] | None,
    lang: str | None,
) -> Report:
    """Import again, from the archive, the files with questions that were answered since."""
    with opened(master, write=False, as_of=as_of, lang=lang) as session:
        waiting = session.master.ledger.imported(session.run_id).waiting if session.master.has_ledger else ()
        asked, archive, out_lang = session.answers.asked, session.master.sidecar.archive, session.lang
        still = [asked[i] for w in waiting for i in w.questions if i in asked and asked[i].answer is None]
        _, listings, _ = answers_report(session, replace(session.answers, asked={q.id: q for q in still}), ())
        schema = session.schema
    ready = [w for w in waiting if any(i in asked and asked[i].answer is not None for i in w.questions)]
    if not ready:
        said = "verbs.say.import_still_waits" if still else "verbs.say.import_nothing_waits"
        questions = [{"id": q.id, "question": words_of_question(q, out_lang, schema)} for q in still]
        body = {"version": "collab-xl/import/1", "sheets": [], "run": None, "written": 0, "brought": [], "questions": questions}
        step = NextStep("import_again", "import") if still else NextStep("nothing", "status")
        return Report(out_lang, body, (text(said, out_lang, count=len(still)),), tuple(listings), FINDINGS if still else OK, next=step)
    report: Report | None = None
    for department in dict.fromkeys(w.department for w in ready):
        mine = {archive / w.sha256: w.file for w in ready if w.department == department}
        done = import_tracker(
            master,
            list(mine),
            as_of=as_of,
            write=write,
            confirmed=confirmed,
            confirm=confirm,
            show=show,
            department=department or None,
            lang=lang,
            names=mine,
        )
        first = text("verbs.say.import_brought", out_lang, files=tuple(mine.values()))
        before = report.lines if report is not None else ()
        report = replace(done, lines=(*before, first, *done.lines))
    assert report is not None
    return replace(report, content={**report.json, "brought": [w.file for w in ready]})


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


def _ask(trackers: Trackers, ask: Callable[[str], str]) -> None:
    """Ask every question at the terminal. A blank leaves it open; after an answer that cannot be understood it is asked again."""
    given = []
    for number, each in enumerate(trackers.decisions, 1):
        while said := ask(questions_of.prompt(each, trackers.lang, trackers.schema)).strip():
            if questions_of.all_understood(each, said, trackers.schema) is not None:
                given.append(f"{number}={said}")
                break
    if given:
        trackers.answer(given)


def _own(found: Sequence[SurveyedFile]) -> dict[str, list[tuple[str, str]]]:
    """Form id → the trackers' own columns, with the kind of their values."""
    cells: dict[str, dict[str, list[Value]]] = {}
    for source in found:
        for _, parsed in source.survey.sheets:
            for table, own in zip(parsed.tables, parsed.own, strict=True):
                for heading, values in own.items():
                    cells.setdefault(table.form, {}).setdefault(heading, []).extend(values)
    return {form: [(heading, kind_of(values)) for heading, values in own.items()] for form, own in cells.items()}
