"""The questions of an import: their texts, how to answer them, and parsing of `--answer 1=…`."""

from __future__ import annotations

from collections.abc import Sequence

from collab_xl.catalogue import LANGS, text
from collab_xl.errors import CollabError
from collab_xl.forms import Schema
from collab_xl.merge.imported import ALL, APART, SAME
from collab_xl.model.record import replace
from collab_xl.model.sender_questions import SenderQuestion
from collab_xl.read.asking import Question
from collab_xl.read.context import Context
from collab_xl.read.headings import answer_key, fold
from collab_xl.verbs.asking import word_questions
from collab_xl.verbs.report import Listing

MOST = 5
"""Questions that are asked about one file. What lies beyond is read by a safe rule and said in one line."""
_WORST = ("title", "status", "finished", "due", "start", "department", "departments", "owner")
_ROWS = {"sheets": 0, "same_row": 9, "date_order": 20}
"""Kind of a question that is not about a heading → its place among the others."""


def worst_first(questions: Sequence[Question], schema: Schema) -> list[Question]:
    """The questions by what a wrong reading would do: rows that are there twice, then what reports rest on."""

    def place(q: Question) -> int:
        if q.kind in _ROWS:
            return _ROWS[q.kind]
        about = q.field or q.suggestion
        known = schema.form_for_display(q.form).known(about) if q.form and about else None
        role = known.role if known is not None else ""
        return 1 + _WORST.index(role) if role in _WORST else 10

    return sorted(questions, key=lambda q: (place(q), q.doubt))


def listing(questions: Sequence[Question], lang: str, schema: Schema) -> Listing:
    """The questions numbered from 1, in the order found; `--answer` uses these numbers."""
    columns = (text("model.column.no", lang), *(text(f"verbs.column.{c}", lang) for c in ("cell", "question", "answer")))
    rows = tuple((str(n), str(q.at), words(q, lang, schema), how(q, n, lang, schema)) for n, q in enumerate(questions, 1))
    return Listing(text("verbs.say.questions", lang, count=len(questions)), columns, rows)


def words(q: Question, lang: str, schema: Schema) -> str:
    if q.kind in word_questions.KINDS:
        return word_questions.question_text(q.kind, q.form, word_questions.stored_word(q), q.found, q.suggestion, lang, schema)
    if q.kind in ABOUT_ROWS:
        return about_rows(q.kind, q.found, q.suggestion, lang)
    if q.kind == "date_order":
        return about_order(q.found, q.suggestion, lang) + q.hint
    suggestion = heading_of(q.form, q.suggestion, lang, schema)
    if q.kind == "heading" and q.hint:
        form = schema.form_for_display(q.form).title[lang]
        return text("verbs.question.list", lang, form=form, signs=q.hint, row=q.at.row, found=q.found, suggestion=suggestion)
    return text(f"verbs.question.{q.kind}", lang, found=q.found, suggestion=suggestion)


def about_order(found: str, suggestion: str, lang: str) -> str:
    """The question about the order of day and month, with the suggestion if there is one."""
    said = text("verbs.question.date_order", lang, found=found)
    return said + text(f"verbs.question.suggested_{suggestion}", lang) if suggestion else said


ABOUT_ROWS = frozenset({"sheets", "same_row"})
_TITLES_SHOWN = 3
_ROW_WORDS = {ALL: "import_all", SAME: "same_row", APART: "new_row"}


def about_rows(kind: str, found: str, suggestion: str, lang: str) -> str:
    """A question about rows. `found`: names of sheets or titles, one a line."""
    names = found.split("\n")
    shown = (*names[:_TITLES_SHOWN], "…") if kind == "same_row" and len(names) > _TITLES_SHOWN else tuple(names)
    return text(f"verbs.question.{kind}", lang, found=shown, count=len(names), suggestion=row_answer(kind, suggestion, lang))


def row_answer(kind: str, answer: str, lang: str) -> str:
    """An answer to a question about rows, in words."""
    return answer if kind == "sheets" and answer != ALL else text(f"model.word.{_ROW_WORDS[answer]}", lang)


def how(q: Question, number: int, lang: str, schema: Schema) -> str:
    if q.kind in word_questions.KINDS:
        return word_questions.how(q, number, lang, schema)
    return text(f"verbs.question.{q.kind}_how", lang, n=number)


def with_answer(context: Context, q: Question, said: str) -> Context:
    """The context with one more answer."""
    if q.kind == "date_order":
        return replace(context, day_first=said == "day_first")
    if q.kind in word_questions.KINDS:
        answered = word_questions.words_of_answer(q.kind, q.form, word_questions.stored_word(q), said)
        return replace(context, words=word_questions.with_words(context.words, answered))
    if q.kind in ABOUT_ROWS:
        return context
    return replace(context, headings={**context.headings, answer_key(q.form, fold(q.found)): said})


def asked(sender: str, file: str, q: Question) -> SenderQuestion:
    """The question in the form the ledger stores."""
    if q.kind in word_questions.KINDS:
        return SenderQuestion(sender, q.kind, q.form, word_questions.stored_word(q), q.found, q.suggestion, file, str(q.at))
    heading, rows = q.kind == "heading", q.kind in ABOUT_ROWS
    word = fold(q.found) if heading else q.id if rows else ""
    return SenderQuestion(sender, q.kind, q.form if heading or rows else "", word, q.found, q.suggestion, file, str(q.at))


def prompt(q: Question, lang: str, schema: Schema) -> str:
    """The question as the terminal prints it, with the possible answers."""
    return f"{q.at}  {words(q, lang, schema)} {text(f'verbs.question.{q.kind}_prompt', lang)}"


def chosen(questions: Sequence[Question], given: str, lang: str, schema: Schema) -> tuple[Question, str]:
    """The question that `1=yes` answers, and the meaning of the answer.

    An answer is `1=yes`, `1=no`, `1=<heading or field>` for a heading, `1=day` or `1=month` for a date, in either language.
    Raises CollabError `usage_answer` (exit 2) for any other.
    """
    number, _, said = (part.strip() for part in given.partition("="))
    q = questions[int(number) - 1] if number.isdecimal() and 0 < int(number) <= len(questions) else None
    means = understood(q, said, schema) if q is not None else None
    if q is None or means is None:
        raise CollabError("usage_answer", exit_code=2, text=given, count=len(questions), lang=lang)
    return q, means


def understood(q: Question, said: str, schema: Schema) -> str | None:
    """The meaning of an answer to a question; None if it cannot be understood."""
    word = word_questions.stored_word(q) if q.kind in word_questions.KINDS else ""
    return meaning(q.kind, q.form, q.suggestion, q.options, said, schema, word)


def meaning(kind: str, form: str, suggestion: str, options: Sequence[str], said: str, schema: Schema, word: str = "") -> str | None:
    """The meaning of an answer: a field id or "" for a heading, day_first or month_first for a date; None if it cannot be understood."""
    said = said.strip().casefold()
    if kind in ABOUT_ROWS:
        named = {o.casefold(): o for o in options}
        named.update({row_answer(kind, o, lang).casefold(): o for o in options for lang in LANGS})
        if kind == "same_row":
            return SAME if said in _said("yes") else APART if said in _said("no") else named.get(said)
        return suggestion if said in _said("yes") else ALL if said in _said("no") else named.get(said)
    if kind == "date_order":
        if said in _said("yes"):
            return suggestion or None
        return "day_first" if said in _said("day") else "month_first" if said in _said("month") else None
    if said in _said("yes"):
        return suggestion if suggestion or kind not in word_questions.KINDS else None
    if said in _said("no"):
        return ""
    if kind in word_questions.KINDS:
        return word_questions.meaning(kind, form, word, suggestion, said, schema)
    named = {name.casefold(): f for f in options for name in (f, *(heading_of(form, f, lang, schema) for lang in LANGS))}
    return named.get(said)


def _said(key: str) -> set[str]:
    return {word.casefold() for lang in LANGS for word in text(f"verbs.answer.{key}", lang).split()}


def heading_of(form: str, field: str, lang: str, schema: Schema) -> str:
    """A field's heading on the sheet; the id itself if there is no such field."""
    known = schema.form_for_display(form).known(field) if form and field else None
    return known.heading[lang] if known is not None else field
