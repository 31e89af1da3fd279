"""A field of a form as a line of sheet 字段: as a new master and an upgrade write it, and as what was typed is compared with it.

In: a form, a field, a language.  Out: values by column id.  Pure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from collab_xl.catalogue import COMMA, text
from collab_xl.forms import YES_NO, Field, Form, Schema, load
from collab_xl.forms.own_fields import OWN_ID
from collab_xl.model.values import Value

COLUMNS = ("sheet", "heading", "holds", "words", "filled_by", "required", "in_pack", "on_page", "hidden", "help")
"""What a person types; code and mark come after them."""
HASH = 6
"""Characters of the hash of a cell."""


def code_of(form_id: str, field_id: str) -> str:
    """What stands in the last column of the sheet."""
    return f"{form_id}.{field_id}"


def yes_no(value: bool, lang: str) -> str:
    """The word of a switch."""
    return YES_NO[0 if value else 1].label[lang]


def mark_of(line: Mapping[str, Value]) -> str:
    """What the form says in a line, one hash a column: a cell that still has it was not changed by anybody, whatever a later version of the
    program would write there. A field about which the master says something has none."""
    return "".join(hash_of(line.get(column)) for column in COLUMNS)


def hash_of(value: Value) -> str:
    """The hash of one cell."""
    return hashlib.sha256(("" if value is None else str(value).strip()).encode()).hexdigest()[:HASH]


def line_of(form: Form, f: Field, lang: str, *, hidden: bool = False) -> dict[str, Value]:
    """A field as a line of the sheet, by column id."""
    comma = COMMA[lang]
    words = comma.join(c.label[lang] for c in f.choices) if f.kind in ("choice", "choices") else None
    if OWN_ID.fullmatch(f.id) and f.of:  # a reference says the sheet it points to where others say their words
        words = next((other.sheet[lang] for other in load().forms if other.id == f.of), f.of)
    line: dict[str, Value] = {
        "sheet": form.sheet[lang],
        "heading": f.heading[lang],
        "holds": text(f"model.field_kind.{f.kind}", lang),
        "words": words,
        "filled_by": text(f"model.filled_by.{f.access}", lang),
        "required": yes_no(f.required, lang),
        "in_pack": yes_no(f.in_pack and f.access != "C", lang),
        "on_page": yes_no(is_on_page(form, f), lang),
        "hidden": yes_no(hidden, lang),
        "help": f.help.get(lang) or None,
        "id": code_of(form.id, f.id),
    }
    return {**line, "mark": None if f.id in form.said else mark_of(line)}


def is_on_page(form: Form, f: Field) -> bool:
    """Whether 周报 shows the field: in a column of the form's block, or beside the title."""
    columns = form.block.columns if form.block else ()
    return f.id in form.beside or any(form.named(name) is f for name in columns)


def all_lines(schema: Schema, lang: str) -> Iterator[dict[str, Value]]:
    """The lines of a master: every field of its forms, in their order."""
    return (line_of(form, f, lang) for form in schema.forms for f in form.fields)
