"""The questions of an import: their texts, how to answer them, and parsing of `--answer 1=…`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from collab_xl.catalogue import LANGS, text
from collab_xl.errors import CollabError
from collab_xl.forms import Schema
from collab_xl.merge.imported import ALL, APART, SAME
from collab_xl.model.record import replace
from collab_xl.model.regex import regex
from collab_xl.model.sender_questions import SenderQuestion
from collab_xl.read.asking import Question
from collab_xl.read.context import Context
from collab_xl.read.headings import answer_key, fold
from collab_xl.verbs.asking import word_questions
from collab_xl.verbs.report import Listing

MOST = 5
"""Decisions that are asked for about one file. What lies beyond is read by a safe rule and said in one line."""
MOST_COLUMNS = 12
"""Columns of one table that are asked about together."""
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


Decision = tuple[Question, ...]
"""What a person decides at once: one question, or the columns of one table that nobody named."""


def decisions(questions: Sequence[Question], schema: Schema) -> list[Decision]:
    """The questions as a person decides them, the worst first. The columns of a table are one decision, in their order."""
    out: dict[object, list[Question]] = {}
    for q in worst_first(questions, schema):
        together = (q.at.sheet, q.form) if _names_a_column(q, schema) else id(q)
        out.setdefault(together, []).append(q)
    kept = (each[:MOST_COLUMNS] for each in out.values())
    return [tuple(sorted(each, key=lambda q: (q.at.row, q.at.col)) if len(each) > 1 else each) for each in kept]


def _names_a_column(q: Question, schema: Schema) -> bool:
    """Whether a question is about a column of a table that is read, and not about what its rows are or who stands across."""
    if q.kind != "heading" or q.hint or not q.form:
        return False
    form = schema.form_for_display(q.form)
    return q.suggestion != form.id_of("title") and not (form.matrix and q.suggestion in form.matrix.who)


def labels(asked_for: Sequence[Decision]) -> list[str]:
    """The number of each question: 1, 2a, 2b, 3."""
    return [f"{n}{_LETTERS[i] if len(each) > 1 else ''}" for n, each in enumerate(asked_for, 1) for i in range(len(each))]


_LETTERS = "abcdefghijkl"


def listing(asked_for: Sequence[Decision], lang: str, schema: Schema) -> Listing:
    """The questions numbered from 1, in the order found; `--answer` uses these numbers."""
    columns = (text("model.column.no", lang), *(text(f"verbs.column.{c}", lang) for c in ("cell", "question", "answer")))
    rows: list[tuple[str, str, str, str]] = []
    for n, each in enumerate(asked_for, 1):
        if len(each) == 1:
            rows.append((str(n), str(each[0].at), words(each[0], lang, schema), how(each[0], str(n), lang, schema)))
            continue
        rows.append((str(n), each[0].at.sheet, _about_columns(each, lang, schema), text("verbs.question.columns_how", lang, n=n)))
        for letter, q in zip(_LETTERS, each, strict=False):
            example = text("verbs.question.column_how", lang, n=f"{n}{letter}")
            rows.append((f"{n}{letter}", q.at.cell, _column_line(q, lang, schema), example))
    return Listing(text("verbs.say.questions", lang, count=len(asked_for)), columns, tuple(rows))


def _about_columns(each: Decision, lang: str, schema: Schema) -> str:
    form = schema.form_for_display(each[0].form).title[lang]
    return text("verbs.question.columns", lang, sheet=each[0].at.sheet, form=form, count=len(each))


def _column_line(q: Question, lang: str, schema: Schema) -> str:
    return text("verbs.question.column", lang, found=q.found, suggestion=heading_of(q.form, q.suggestion, lang, schema))


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


def how(q: Question, number: str, lang: str, schema: Schema) -> str:
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


def prompt(each: Decision, lang: str, schema: Schema) -> str:
    """The question as the terminal prints it, with the possible answers."""
    q = each[0]
    if len(each) == 1:
        return f"{q.at}  {words(q, lang, schema)} {text(f'verbs.question.{q.kind}_prompt', lang)}"
    lines = [f"  {letter}  {q.at.cell}  {_column_line(q, lang, schema)}" for letter, q in zip(_LETTERS, each, strict=False)]
    return "\n".join((_about_columns(each, lang, schema), *lines, text("verbs.question.columns_prompt", lang)))


_NUMBER = regex(r"(\d+)([a-z]?)$", re.I)
_PAIRS = regex(r"[;；\n]+")


def chosen(asked_for: Sequence[Decision], given: str, lang: str, schema: Schema) -> list[tuple[Question, str]]:
    """The questions that `1=yes` answers, and the meaning of each answer.

    An answer is `1=yes`, `1=no`, `1=<heading or field>` for a heading, `1=day` or `1=month` for a date, in either language; for the columns
    of a table `2=yes`, `2=no`, `2=b=<heading>; c=no` (the others as suggested), or `2b=…` for one of them.
    Raises CollabError `usage_answer` (exit 2) for any other.
    """
    number, _, said = (part.strip() for part in given.partition("="))
    known = _NUMBER.match(number)
    n, letter = (int(known[1]), known[2].casefold()) if known else (0, "")
    each = asked_for[n - 1] if 0 < n <= len(asked_for) else ()
    if letter:
        place = _LETTERS.find(letter)
        each = each[place : place + 1] if len(each) > 1 else ()
    if not each or (means := all_understood(each, said, schema)) is None:
        raise CollabError("usage_answer", exit_code=2, text=given, count=len(asked_for), lang=lang)
    return means


def all_understood(each: Decision, said: str, schema: Schema) -> list[tuple[Question, str]] | None:
    """The questions of a decision with the meaning of the answer to each; None if it cannot be understood."""
    if len(each) == 1:
        means = understood(each[0], said, schema)
        return None if means is None else [(each[0], means)]
    if said.strip().casefold() in _said("yes") | _said("no"):
        return [(q, understood(q, said, schema) or "") for q in each]
    out = {letter: (q, q.suggestion) for letter, q in zip(_LETTERS, each, strict=False)}
    for pair in filter(None, map(str.strip, _PAIRS.split(said))):
        letter, mark, meant = (part.strip() for part in pair.replace("＝", "=").partition("="))
        q = out[letter.casefold()][0] if letter.casefold() in out else None
        means = understood(q, meant, schema) if q is not None and mark else None
        if q is None or means is None:
            return None
        out[letter.casefold()] = q, means
    return list(out.values()) if said.strip() else None


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
