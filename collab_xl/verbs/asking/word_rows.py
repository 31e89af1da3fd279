"""Rows of sheet 状态词 for words that a person has said: answers to questions, and `--word` of an import."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from collab_xl.forms import column_label
from collab_xl.model.plan import Plan
from collab_xl.model.sender_questions import SenderQuestion
from collab_xl.read.choices import key_of
from collab_xl.read.context import OwnWords
from collab_xl.verbs.asking.answers import Answers
from collab_xl.verbs.asking.word_questions import KINDS, words_of_answer
from collab_xl.verbs.session import Session
from collab_xl.verbs.sheets.service_edits import RowChange, plan_rows


def answered_words_plan(session: Session, answers: Answers) -> Plan:
    """The rows of answers that were typed on 提问 since the last run. As the answers they belong to no run: undo leaves them."""
    answered = [(answers.asked[i], said) for i, said in answers.changed.items() if said and answers.asked[i].kind in KINDS]
    return plan_rows(session, new_rows(session, [words_of_answer(q.kind, q.form, q.word, said) for q, said in answered]))[0]


def words_said(answered: Iterable[tuple[SenderQuestion, str]], before: OwnWords, after: OwnWords) -> list[OwnWords]:
    """What an import was told: the words of answers, and those of `after` that `before` does not have (`--word`)."""
    by_answer = [words_of_answer(q.kind, q.form, q.word, said) for q, said in answered if q.kind in KINDS]
    by_word = {key: {w: c for w, c in words.items() if before.get(key, {}).get(w) != c} for key, words in after.items()}
    return [*by_answer, by_word]


def new_rows(session: Session, said: Sequence[OwnWords]) -> list[RowChange]:
    """The rows for words that 状态词 does not have; none in a master without the sheet."""
    if session.schema.service("words").table not in session.refs:
        return []
    out: dict[tuple[str, str, str], RowChange] = {}
    for form in session.schema.forms:
        for field in form.fields:
            held = set(map(key_of, session.words.get((form.id, field.id), ())))
            for word, choice in ((w, c) for words in said for w, c in words.get((form.id, field.id), {}).items()):
                if choice and key_of(word) not in held:
                    row = {
                        "word": word,
                        "means": field.label(choice, session.book_lang),
                        "field": column_label(form, field, session.book_lang),
                    }
                    out.setdefault((form.id, field.id, key_of(word)), RowChange("words", None, row))
    return list(out.values())
