"""The questions of an import: asked in words with how to answer them, and the answers read from `--answer 1=…`."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from collab_xl.catalogue import LANGS, text
from collab_xl.errors import CollabError
from collab_xl.parse.asking import Question
from collab_xl.parse.context import Context
from collab_xl.parse.headings import answer_key, fold
from collab_xl.pipeline.report import Listing
from collab_xl.schema import load


def listing(questions: Sequence[Question], lang: str) -> Listing:
    """Numbered from 1, in the order found: the number is what `--answer` names."""
    columns = tuple(text(f"column.{c}", lang) for c in ("no", "cell", "question", "answer"))
    rows = tuple((str(n), str(q.at), words(q, lang), how(q, n, lang)) for n, q in enumerate(questions, 1))
    return Listing(text("say.questions", lang, count=len(questions)), columns, rows)


def words(q: Question, lang: str) -> str:
    return text(f"question.{q.kind}", lang, found=q.found, suggestion=_heading(q, q.suggestion, lang))


def how(q: Question, number: int, lang: str) -> str:
    return text(f"question.{q.kind}_how", lang, n=number)


def answered(context: Context, questions: Sequence[Question], answers: Sequence[str], lang: str) -> Context:
    """The context with the answers in it.

    An answer is `1=yes`, `1=no`, `1=<heading or field>` for a heading, `1=day` or `1=month` for a date, in either language.
    Raises CollabError `usage_answer` (exit 2) for any other.
    """
    headings, day_first = dict(context.headings), context.day_first
    for given in answers:
        number, _, said = (part.strip() for part in given.partition("="))
        q = questions[int(number) - 1] if number.isdecimal() and 0 < int(number) <= len(questions) else None
        said = said.casefold()
        if q is not None and q.kind == "date_order" and (said in _said("day") or said in _said("month")):
            day_first = said in _said("day")
        elif q is not None and q.kind == "heading" and (field := _field(q, said)) is not None:
            headings[answer_key(q.form, fold(q.found))] = field
        else:
            raise CollabError("usage_answer", exit_code=2, text=given, count=len(questions), lang=lang)
    return dataclasses.replace(context, headings=headings, day_first=day_first)


def _said(key: str) -> set[str]:
    return {word.casefold() for lang in LANGS for word in text(f"answer.{key}", lang).split()}


def _field(q: Question, said: str) -> str | None:
    """The field meant, "" for none of ours, None when the answer cannot be understood."""
    if said in _said("yes"):
        return q.suggestion
    if said in _said("no"):
        return ""
    named = {name.casefold(): f for f in q.options for name in (f, *(_heading(q, f, lang) for lang in LANGS))}
    return named.get(said)


def _heading(q: Question, field: str, lang: str) -> str:
    return load().form(q.form).field(field).heading[lang] if q.form and field else field
