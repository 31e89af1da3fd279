"""Questions about how a sender writes, and the PMO's answers: shown on sheet 提问, kept in the ledger, used for every later file.

A question is asked once per sender. Its answer belongs to the project, not to a run: undo does not remove it, and it applies from the
next file read (decision 0011); what merged files wait for comes in with the next merge (decision 0034).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from collab_xl.catalogue import LANGS, text
from collab_xl.forms import Schema
from collab_xl.merge.imported import ALL, APART, SAME
from collab_xl.model.plan import Plan
from collab_xl.model.record import Struct, field, replace
from collab_xl.model.run import Run
from collab_xl.model.sender_questions import SenderQuestion
from collab_xl.plan.lists import ListRow
from collab_xl.project.file_lock import user_and_machine
from collab_xl.read.asking import Question
from collab_xl.read.context import Context
from collab_xl.read.headings import answer_key
from collab_xl.verbs.asking import word_questions
from collab_xl.verbs.asking.questions import ABOUT_ROWS, about_order, about_rows, asked, heading_of, meaning, row_answer
from collab_xl.verbs.asking.told import LAYOUT, Said, in_words, layout_question, said_before
from collab_xl.verbs.receiving import evidence_answers
from collab_xl.verbs.report import Listing

if TYPE_CHECKING:
    from collab_xl.verbs.session import Session

TABLE = "questions"


class Answers(Struct):
    """All questions so far, with the answers the PMO has typed on sheet 提问 since the last run."""

    asked: dict[str, SenderQuestion] = field(default_factory=dict)
    changed: dict[str, str | None] = field(default_factory=dict)
    """Question id → the answer typed now, not yet in the ledger."""
    unclear: dict[str, str] = field(default_factory=dict)
    """Question id → a typed answer that cannot be understood."""

    def of(self, sender: str, context: Context) -> Context:
        """The context with the answers about one sender."""
        headings, day_first = dict(context.headings), context.day_first
        for q in self.asked.values():
            if q.sender != sender or q.answer is None or q.kind not in ("heading", "date_order"):
                continue
            if q.kind == "date_order":
                day_first = q.answer == "day_first"
            else:
                headings[answer_key(q.form, q.word)] = q.answer
        words = word_questions.words_answered(self.asked.values(), context.words)
        return replace(context, headings=headings, day_first=day_first, words=words)

    def settles(self, sender: str, questions: Iterable[Question]) -> bool:
        """Whether one of the questions has an answer already: then the file is read again."""
        return any((q := self.asked.get(asked(sender, "", each).id)) is not None and q.answer is not None for each in questions)


def answers_of(session: Session) -> Answers:
    """Answers in the ledger; those typed on the sheet override them at once."""
    if not session.master.has_ledger:
        return Answers()
    out = Answers({q.id: q for q in session.master.ledger.questions()})
    for row in session.service(TABLE) if _listed(session) else ():
        q = out.asked.get(str(row.get("id") or ""))
        said = str(row.get("answer") or "").strip()
        if q is None or not said or said in shown_answers(q, session.schema):
            continue
        means = _meant(session, q, said) if q.kind != LAYOUT else None
        again = said.casefold() in {text("model.word.ask_again", lang).casefold() for lang in LANGS} or q.kind == LAYOUT
        if means is None and not again:
            out.unclear[q.id] = said
        elif means != q.answer:
            out.changed[q.id] = means
            out.asked[q.id] = replace(q, answer=means)
    return out


def _meant(session: Session, q: SenderQuestion, said: str) -> str | None:
    """What a typed answer means; None if it cannot be understood. Of evidence: rows, or "" for a file that is none."""
    if q.kind != evidence_answers.KIND:
        return meaning(q.kind, q.form, q.suggestion, _options(session, q), said, session.schema, q.word)
    plain = meaning(q.kind, "", q.suggestion or "?", (), said, session.schema)
    return plain if plain is not None and plain != "?" else evidence_answers.meant(session, q, said)


def _options(session: Session, q: SenderQuestion) -> tuple[str, ...]:
    if q.kind in ABOUT_ROWS:
        return (*q.found.split("\n"), ALL) if q.kind == "sheets" else (SAME, APART)
    return tuple(f.id for f in session.schema.form_for_display(q.form).fields) if q.form else ()


def _listed(session: Session) -> bool:
    """Whether the master has sheet 提问. If not (an older master), questions are in the report and answers come by `import --answer`."""
    return session.schema.service(TABLE).table in session.refs


def new_questions(session: Session, answers: Answers, read: Iterable[tuple[str, str, Sequence[Question]]]) -> list[SenderQuestion]:
    """Questions of these files (sender, file, questions) that were not asked before, each once."""
    out: dict[str, SenderQuestion] = {}
    for sender, file, questions in read:
        for each in questions:
            q = replace(asked(sender, file, each), asked_at=session.now)
            if q.id not in answers.asked:
                out.setdefault(q.id, q)
    return list(out.values())


def remember(session: Session, answers: Answers, fresh: Sequence[SenderQuestion]) -> None:
    """Write new questions and new answers into the ledger, if there are any."""
    if fresh:
        session.master.ledger.ask(fresh)
    for question_id, said in answers.changed.items():
        session.master.ledger.answer(question_id, said, session.now, user_and_machine())


def said_of(answers: Answers, file: str) -> SenderQuestion | None:
    """What was said of the tracker of this name when it was imported before."""
    known = answers.asked.get(layout_question(file, Said(), ()).id)
    return known if known is not None and known.answer is not None else None


def keep_answers(session: Session, answered: Sequence[tuple[SenderQuestion, str]]) -> None:
    """Store answers given outside the sheet (`import --answer`, or at the terminal)."""
    session.master.ledger.ask(replace(q, asked_at=session.now) for q, _ in answered)
    for q, said in answered:
        session.master.ledger.answer(q.id, said, session.now, user_and_machine())


IN_IMPORT = "answers"
"""In an import's summary: id of a question → its answer before and in this import. Undo forgets what was answered in it (decision 0059)."""


def answers_in_import(session: Session, answered: Sequence[tuple[SenderQuestion, str]]) -> dict[str, list[str | None]]:
    """What an import that is about to be written was answered, for its summary."""
    before = {q.id: q.answer for q in session.master.ledger.questions()}
    return {q.id: [before.get(q.id), said] for q, said in answered if before.get(q.id) != said}


def answers_taken_back(runs: Iterable[Run], again: bool) -> dict[str, str | None]:
    """Id of a question → its answer after these runs were undone, the latest first (`again`: redone, the earliest first)."""
    return {i: pair[again] for run in runs for i, pair in run.summary.get(IN_IMPORT, {}).items()}


def with_answers(answers: Answers, said: Mapping[str, str | None]) -> Answers:
    """The answers with some of them replaced; for the sheet."""
    return replace(answers, asked={i: replace(q, answer=said[i]) if i in said else q for i, q in answers.asked.items()})


def set_answers(session: Session, said: Mapping[str, str | None]) -> None:
    for i, answer in said.items():
        session.master.ledger.answer(i, answer, session.now, user_and_machine())


def questions_plan(session: Session, answers: Answers, fresh: Sequence[SenderQuestion]) -> Plan:
    """提问 with every question: open ones first, then answered ones. Empty when the sheet shows exactly that already."""
    if not _listed(session):
        return Plan()
    every = [q for q in (*answers.asked.values(), *fresh) if q.kind != LAYOUT or q.answer is not None]
    rows = [_row(session, q, answers) for q in sorted(every, key=lambda q: q.answer is not None)]
    return session.fill(TABLE, rows)


def _row(session: Session, q: SenderQuestion, answers: Answers) -> ListRow:
    lang = session.book_lang
    return {
        "date": q.asked_at.date() if q.asked_at else None,
        "department": q.sender or None,
        "file": q.file,
        "place": q.cell,
        "question": words(q, lang, session.schema),
        "answer": answers.unclear.get(q.id) or answer_word(q, lang, session.schema) or None,
        "note": _note(session, q, answers, lang),
        "id": q.id,
    }


def _note(session: Session, q: SenderQuestion, answers: Answers, lang: str) -> str:
    if q.kind == evidence_answers.KIND and q.answer is None:
        said, rows = answers.unclear.get(q.id), evidence_answers.rows_listed(session, q.sender)
        key = "verbs.say.answer_unclear_evidence" if said else "verbs.say.answer_open_evidence"
        return text(key, lang, said=said or "", rows=rows)
    if q.id in answers.unclear:
        return text("verbs.say.answer_unclear", lang, said=answers.unclear[q.id])
    return text(f"verbs.say.answer_{'open' if q.answer is None else 'kept'}_{q.kind}", lang)


def words(q: SenderQuestion, lang: str, schema: Schema) -> str:
    if q.kind == evidence_answers.KIND:
        meant = evidence_answers.shown_answer(q.suggestion)
        key = "verbs.question.evidence_meant" if meant else "verbs.question.evidence"
        return text(key, lang, found=q.found, suggestion=meant)
    if q.kind in word_questions.KINDS:
        return word_questions.question_text(q.kind, q.form, q.word, q.found, q.suggestion, lang, schema)
    if q.kind in ABOUT_ROWS:
        return about_rows(q.kind, q.found, q.suggestion, lang)
    if q.kind == LAYOUT:
        return text("verbs.question.layout", lang, found=q.found, parts=in_words(said_before(q)[0], lang))
    if q.kind == "date_order":
        return about_order(q.found, q.suggestion, lang)
    return text(f"verbs.question.{q.kind}", lang, found=q.found, suggestion=heading_of(q.form, q.suggestion, lang, schema))


def answer_word(q: SenderQuestion, lang: str, schema: Schema) -> str:
    """The answer as the sheet shows it; "" without one."""
    if q.answer is None:
        return ""
    if q.kind == "date_order":
        return text(f"model.word.{q.answer}", lang)
    if q.kind in ABOUT_ROWS:
        return row_answer(q.kind, q.answer, lang)
    if q.kind == LAYOUT:
        return text("model.word.yes", lang)
    if q.kind == evidence_answers.KIND and q.answer:
        return evidence_answers.shown_answer(q.answer)
    if q.kind in word_questions.KINDS and q.answer:
        return word_questions.answer_text(q.kind, q.form, q.word, q.answer, lang, schema)
    return heading_of(q.form, q.answer, lang, schema) if q.answer else text("model.word.none_of_ours", lang)


def shown_answers(q: SenderQuestion, schema: Schema) -> set[str]:
    """The texts under which the sheet may show the stored answer, in both languages."""
    return {answer_word(q, lang, schema) for lang in LANGS} - {""}


def report(session: Session, answers: Answers, fresh: Sequence[SenderQuestion]) -> tuple[list[str], list[Listing], list[dict[str, object]]]:
    """Lines for a person, the list of open questions, and the JSON items."""
    lang = session.lang
    still = [q for q in answers.asked.values() if q.answer is None and q.kind != LAYOUT]
    open_ones = [*still, *fresh]
    lines = [session.said("answers_taken", count=len(answers.changed))] if answers.changed else []
    for i, said in answers.unclear.items():
        question = words(answers.asked[i], lang, session.schema)
        lines.append(text("verbs.say.answer_unclear_at", lang, said=said, question=question))
    items: list[dict[str, object]] = [
        {"id": q.id, "kind": q.kind, "department": q.sender or None, "file": q.file, "cell": q.cell, "found": q.found,
         "suggestion": q.suggestion or None, "question": words(q, lang, session.schema)} for q in open_ones
    ]  # fmt: skip
    if not open_ones:
        return lines, [], items
    where = session.sheet_of(TABLE) if _listed(session) else ""
    lines.append(text("verbs.say.questions_wait" if where else "verbs.say.questions_nowhere", lang, count=len(open_ones), sheet=where))
    columns = tuple(text(f"verbs.column.{c}", lang) for c in ("department", "cell", "question"))
    rows = tuple((q.sender, f"{q.file} {q.cell}", words(q, lang, session.schema)) for q in open_ones)
    return lines, [Listing("", columns, rows)], items
