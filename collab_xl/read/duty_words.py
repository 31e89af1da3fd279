"""What a cell of a matrix of responsibilities says: letters (A/R) or words (负责) of a form's choice. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from collab_xl.forms import Form, Schema
from collab_xl.model.regex import regex
from collab_xl.model.values import Value
from collab_xl.read.choices import Words, key_of
from collab_xl.read.context import Context
from collab_xl.read.rows import says
from collab_xl.read.text import plain

LETTERS = regex(r"^[RACIS](?:\s*[/,、，&+]?\s*[RACIS]){0,3}$", re.I)
_PARTS = regex(r"\s*[/／、,，;；&+\n]\s*")
_LEGEND = regex(r"([●○◎◉▲△★☆◆◇■□√✓✔※×]|[A-Z]|[ⓐ-ⓩ])\s*(?:[=＝:：—–-]{1,2}|代表|表示|为)\s*([^\s●○◎◉▲△★☆◆◇■□√✓✔※×,，;；、/|]{1,12})")
_LEGEND_BARE = regex(r"([●○◎◉▲△★☆◆◇■□√✓✔※])\s*([^\s●○◎◉▲△★☆◆◇■□√✓✔※,，;；、/|=＝:：]{1,12})")


class DutyWords:
    """The words of one matrix: those of the form, of the PMO, and the marks that a legend on the sheet explains."""

    def __init__(self, form: Form, context: Context, legend: Mapping[str, str]) -> None:
        assert form.matrix is not None
        field = form.field(form.matrix.value)
        own = {**legend, **context.words.get((form.id, field.id), {})}
        self._words = Words.of(field, context.lang, own)
        self.legend = legend

    def entries(self, value: Value) -> tuple[str, ...]:
        """The letters or words of a cell; () for a cell that says something else."""
        if not isinstance(value, str) or not says(value):
            return ()
        said = plain(value).strip()
        if self._words.exact(said) is not None:
            return (said,)
        if LETTERS.match(said):
            return tuple(dict.fromkeys(c.upper() for c in said if c.isalpha()))
        parts = tuple(dict.fromkeys(p for p in _PARTS.split(said) if p))
        return parts if len(parts) > 1 and all(self._words.exact(p) is not None for p in parts) else ()

    def choice(self, word: str) -> str | None:
        return self._words.exact(word)


def matrix_form(schema: Schema) -> Form | None:
    """The form whose rows may stand as a matrix."""
    return next((form for form in schema.forms if form.matrix is not None), None)


def legend_of(texts: Iterable[str], form: Form, context: Context) -> dict[str, str]:
    """Mark → choice, from a line such as ●负责 ○配合 that explains the marks of the sheet."""
    assert form.matrix is not None
    words = Words.of(form.field(form.matrix.value), context.lang, context.words.get((form.id, form.matrix.value)))
    out: dict[str, str] = {}
    for said in texts:
        for mark, word in (*_LEGEND.findall(said), *_LEGEND_BARE.findall(said)):
            if not mark.isalpha() and (choice := words.exact(word)) is not None:
                out.setdefault(mark, choice)
    return out


def instead(form: Form, used: Iterable[str], context: Context) -> dict[str, str]:
    """Word → the choice that it means in a matrix with these words, where that is not its usual one; the PMO's own words go first."""
    assert form.matrix is not None
    own = {key_of(w) for w in context.words.get((form.id, form.matrix.value), {})}
    there = {key_of(w): w for w in used}
    out: dict[str, str] = {}
    for rule in form.matrix.instead:
        if any(key_of(w) in there for w in rule.beside):
            out.update({there[key_of(w)]: rule.means for w in rule.words if key_of(w) in there and key_of(w) not in own})
    return out
