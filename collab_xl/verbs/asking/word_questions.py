"""Questions about words of a list (kind `word`) and about words of a scale (kind `scale`): texts and answers.

A word means the same in the whole project, whoever writes it: the id of the question names no sender, and the answer becomes a row of
状态词 (`word_rows`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from collab_xl.catalogue import LANGS, text
from collab_xl.forms import Field, Schema
from collab_xl.model.sender_questions import SenderQuestion
from collab_xl.read.asked_words import KINDS, SCALE, WORD, as_text, of_text
from collab_xl.read.asking import Question
from collab_xl.read.choices import Words, key_of
from collab_xl.read.context import OwnWords

__all__ = ["KINDS", "answer_text", "how", "meaning", "question_text", "stored_word", "with_words", "words_answered", "words_of_answer"]
_PAIRS = re.compile(r"[;；,，\n]+")


def stored_word(q: Question) -> str:
    """What the ledger keeps of a question: its field and its words."""
    return "\n".join((q.field, *q.words))


def _field(form: str, field: str, schema: Schema) -> Field | None:
    return schema.form_for_display(form).known(field)


def question_text(kind: str, form: str, stored: str, found: str, suggestion: str, lang: str, schema: Schema) -> str:
    field_id = stored.split("\n", 1)[0]
    f = _field(form, field_id, schema)
    heading = f.heading[lang] if f else field_id
    options = " / ".join(c.label[lang] for c in f.choices) if f else ""
    meant = answer_text(kind, form, stored, suggestion, lang, schema) if suggestion else ""
    hint = text("verbs.question.words_hint", lang, suggestion=meant) if meant else ""
    return text(f"verbs.question.{kind}", lang, heading=heading, found=found, options=options, hint=hint)


def how(q: Question, number: str, lang: str, schema: Schema) -> str:
    f = _field(q.form, q.field, schema)
    labels = [c.label[lang] for c in f.choices] if f else [""]
    example = labels[0] if q.kind == WORD else f"{q.words[0]}={labels[0]}"
    return text(f"verbs.question.{q.kind}_{'how' if q.suggestion else 'how_open'}", lang, n=number, example=example)


def meaning(kind: str, form: str, stored: str, suggestion: str, said: str, schema: Schema) -> str | None:
    """The meaning of an answer for the ledger: the id of a choice; of a scale, `as_text` of its words. None if it cannot be understood.

    Of a scale what is said changes the suggestion: `P1=一般` leaves the others as suggested; one choice alone is for all of its words.
    """
    field_id, *words = stored.split("\n")
    f = _field(form, field_id, schema)
    if f is None or not said.strip():
        return None
    known = {lang: Words.of(f, lang) for lang in LANGS}
    alone = next((c for lang in LANGS if (c := known[lang].exact(said)) is not None), None)
    if alone is not None:
        return alone if kind == WORD else as_text(dict.fromkeys(words, alone))
    if kind == WORD:
        return None
    meant = of_text(suggestion)
    for pair in filter(None, map(str.strip, _PAIRS.split(said))):
        left, mark, right = (part.strip() for part in re.sub("＝|→|->", "=", pair).partition("="))
        word = next((w for w in words if key_of(w) == key_of(left)), None)
        choice = next((c for lang in LANGS if (c := known[lang].exact(right)) is not None), None)
        if not mark or word is None or choice is None:
            return None
        meant[word] = choice
    return as_text(meant)


def answer_text(kind: str, form: str, stored: str, answer: str, lang: str, schema: Schema) -> str:
    """An answer, or a suggestion, as a person reads it: 一般; P0=紧急；P2=一般."""
    f = _field(form, stored.split("\n", 1)[0], schema)
    if f is None or kind == WORD:
        return f.label(answer, lang) if f else answer
    return ("；" if lang == "zh" else "; ").join(f"{word}={f.label(choice, lang)}" for word, choice in of_text(answer).items())


def words_of_answer(kind: str, form: str, stored: str, answer: str) -> dict[tuple[str, str], dict[str, str]]:
    """The words of one answer as `Context.words` has them; "" for a word that is not read."""
    field_id, *words = stored.split("\n")
    meant = of_text(answer) if kind == SCALE and answer else dict.fromkeys(words, answer)
    return {(form, field_id): {word: meant.get(word, "") for word in words}}


def with_words(known: OwnWords, more: OwnWords) -> dict[tuple[str, str], dict[str, str]]:
    """The words with more of them; those known already keep their meaning."""
    out = {key: dict(words) for key, words in known.items()}
    for key, words in more.items():
        held = out.setdefault(key, {})
        have = set(map(key_of, held))
        held.update((word, choice) for word, choice in words.items() if key_of(word) not in have)
    return out


def words_answered(questions: Iterable[SenderQuestion], known: OwnWords) -> OwnWords:
    """The PMO's words: those of sheet 状态词, then those of answers that it does not have."""
    out: OwnWords = known
    for q in questions:
        if q.kind in KINDS and q.answer is not None:
            out = with_words(out, words_of_answer(q.kind, q.form, q.word, q.answer))
    return out
