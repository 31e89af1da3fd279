"""One question for a whole file: a copy that differs from another copy of its pack in several cells, or a column that was sorted or shifted
alone, is answered at once, or cell by cell.

In: the open items.  Out: the questions of each file, and the answers they stand for.  Pure.
Source: docs/facts/merge.md, Second copies and A column moved alone. The items stay what they are; a file's question is only a way to show
and to answer them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from collab_xl.merge.scan import short_hash
from collab_xl.model.merge import Answer, FileQuestion, Item, Kind
from collab_xl.model.record import replace

AS_A_WHOLE: Final = (Kind.REVERTED, Kind.COPIES, Kind.SHIFTED)


def file_questions(items: Iterable[Item]) -> dict[str, FileQuestion]:
    """Id → the question, for every file that asks in two cells or more; one for each column moved alone. An item with candidates of
    several files belongs to none."""
    found: dict[str, list[Item]] = {}
    for item in items:
        if item.kind in AS_A_WHOLE and item.field is not None and len(item.candidates) == 1:
            column = (item.form, item.field) if item.kind is Kind.SHIFTED else ()
            found.setdefault(short_hash("file", item.kind, item.candidates[0].source.sha256, *column), []).append(item)
    return {
        question: FileQuestion(question, same[0].kind, same[0].candidates[0].source, tuple(same))
        for question, same in found.items()
        if len(same) > 1
    }


def spread(answers: Iterable[Answer], questions: Mapping[str, FileQuestion]) -> list[Answer]:
    """The answers with each answer about a file put in place of its cells. A cell with an answer of its own keeps that.

    A file cannot be answered by hand: that answer is for its first cell, without a value, so `resolve` refuses it.
    """
    answers = list(answers)
    alone = {a.item for a in answers}
    found: list[Answer] = []
    for answer in answers:
        question = questions.get(answer.item)
        if question is None:
            found.append(answer)
        else:
            cells = question.items[:1] if answer.choice == "manual" else question.items
            found += [replace(answer, item=cell.id, value=None) for cell in cells if cell.id not in alone]
    return found
