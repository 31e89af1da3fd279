"""Turn a parsed value into the raw value to write: the inverse of parsing, in the workbook's language.

In: a parsed value and its field.  Out: the raw value of the cell.  Pure.  Text that looks like a formula stays text: the
engine writes text as inline strings, so `=1+1` from a submission is never calculated.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from collab_xl.forms import Field
from collab_xl.model.dependency import dependencies
from collab_xl.model.values import Clear, Unreadable, Value

_AS_THEY_ARE = frozenset((float, int, date, type(None)))
SEPARATOR = {"zh": "、", "en": ", "}


def render(value: Value, field: Field, lang: str) -> Value:
    """The raw value: choices by their labels, True as 是, several names joined by 、 (en: comma and space), unreadable text as it is.

    Numbers, dates and links are unchanged; a percent stays a number (0.8 with a percent format); CLEAR and "" return None.
    """
    return renderer(field, lang)(value)


def renderer(field: Field, lang: str) -> Callable[[Value], Value]:
    """A function that renders many values of one field."""
    labels = {choice.id: choice.label[lang] for choice in field.choices}
    between = SEPARATOR[lang]

    def of(value: Value) -> Value:
        kind = type(value)
        if kind is bool and field.kind == "yesno":
            return labels["yes" if value else "no"]
        if kind is str:
            return (labels.get(value, value) if labels else value) or None  # type: ignore[arg-type]
        if kind in _AS_THEY_ARE:
            return value
        if type(value) is tuple:
            if field.kind == "references":
                return between.join(one.said(lang) for one in dependencies(value)) or None
            return between.join(labels.get(name, name) for name in value) or None
        if isinstance(value, Unreadable):
            return value.text or None
        return None if isinstance(value, Clear) else value

    return of
