"""What a master says of its own about the columns of a form: fields added, renamed, hidden, required (sheet 字段, decision 0052).

In: rows `field.<form>.<id>` of the hidden sheet, each a JSON object; a form.  Out: the form as this master has it.  Pure.
Sheet 字段 is where a person types; what is in force is on the hidden sheet alone, so a sheet half typed changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from collab_xl.errors import CollabError
from collab_xl.forms.form import YES_NO, Choice, Field, Form
from collab_xl.model.record import Struct, replace
from collab_xl.model.regex import regex

ROW: Final = "field."
"""How the names of these rows of the hidden sheet begin."""
OWN_ID: Final = regex(r"own_([1-9]\d{0,5})")
OWN_KINDS: Final = (
    "text", "longtext", "amount", "whole", "percent", "date", "moment", "choice", "choices", "yesno", "person", "department", "reference",
)  # fmt: skip
"""Kinds that a field of one's own may have."""
WIDTHS: Final[Mapping[str, float]] = {"longtext": 28, "text": 18, "moment": 18, "date": 13, "choices": 18, "department": 14}
"""Column widths in characters; every other kind has 12."""


class Word(Struct, frozen=True, omit_defaults=True):
    """One word of a drop-down. `label` is "" for the form's own label; `former`: what it was called before, still understood."""

    id: str
    label: str = ""
    former: tuple[str, ...] = ()


class FieldSaid(Struct, frozen=True, omit_defaults=True):
    """One field as a master wants it. `id` is `own_N` for a field of its own; of a field of the form what is not set is the form's."""

    id: str
    heading: str = ""
    former: tuple[str, ...] = ()
    """Earlier headings, still understood: packs that are out have them."""
    kind: str = ""
    words: tuple[Word, ...] = ()
    """All words of a field of its own; of the form's field those that differ, and new ones."""
    access: str = ""
    required: bool | None = None
    in_pack: bool | None = None
    on_page: bool | None = None
    """Shown on 周报 beside the title of its row."""
    hidden: bool = False
    out: bool = False
    """A field of its own that was taken off 字段: its column belongs to the user again, its id is never given again."""
    help: str = ""
    of: str = ""
    """Of a reference: the form it points to."""
    was: tuple[str, ...] = ()
    """Kinds of before: what packs of that time were issued with is read again as the kind it has now."""

    @property
    def is_own(self) -> bool:
        return OWN_ID.fullmatch(self.id) is not None

    @property
    def is_aside(self) -> bool:
        """Whether the form goes without it."""
        return self.hidden or self.out


def said_in(hidden: Mapping[str, object]) -> dict[str, tuple[FieldSaid, ...]]:
    """Form → what the hidden sheet says about its fields, in the order of the sheet. Raises CollabError `fields_row_broken`."""
    out: dict[str, list[FieldSaid]] = {}
    for name, value in hidden.items():
        if name.startswith(ROW) and value:
            from msgspec import DecodeError
            from msgspec.json import decode

            form, _, field_id = name.removeprefix(ROW).partition(".")
            try:
                said = decode(str(value), type=FieldSaid)
            except DecodeError as error:
                raise CollabError("fields_row_broken", row=name, found=str(value)[:80]) from error
            if said.id != field_id or (said.is_own and said.kind not in OWN_KINDS):
                raise CollabError("fields_row_broken", row=name, found=str(value)[:80])
            out.setdefault(form, []).append(said)
    return {form: tuple(sorted(said, key=lambda s: (s.is_own, len(s.id), s.id))) for form, said in out.items()}


def rows_of(form: str, said: Iterable[FieldSaid]) -> dict[str, str]:
    """The rows of the hidden sheet for a form: name → value."""
    from msgspec.json import encode

    return {f"{ROW}{form}.{s.id}": encode(s).decode() for s in said}


def with_said(form: Form, said: Iterable[FieldSaid]) -> tuple[tuple[Field, ...], tuple[Field, ...], tuple[str, ...]]:
    """The fields of a form as a master has them: those in use, those set aside (hidden or taken out), and ids shown beside the title.

    A field of its own whose heading the form has got since (by an upgrade) is left out: the column has become the form's field.
    """
    by_id = {s.id: s for s in said}
    fields: list[Field] = []
    aside: list[Field] = []
    for f in form.fields:
        s = by_id.get(f.id)
        (aside if s is not None and s.is_aside else fields).append(f if s is None else _changed(f, s))
    known = {h.casefold() for f in (*fields, *aside) for h in f.heading.values()}
    for s in by_id.values():
        if s.is_own and s.heading.casefold() not in known:
            (aside if s.is_aside else fields).append(own_field(s))
    there = {f.id for f in fields}
    return tuple(fields), tuple(aside), tuple(s.id for s in by_id.values() if s.on_page and s.id in there)


def own_field(said: FieldSaid) -> Field:
    """A field of one's own. It has the same heading and words in both languages: those that were typed."""
    return Field(
        id=said.id,
        kind=said.kind,
        access=said.access or "D",
        heading=_both(said.heading),
        aliases=said.former,
        help=_both(said.help) if said.help else {},
        width=WIDTHS.get(said.kind, 12),
        required=bool(said.required),
        choices=YES_NO if said.kind == "yesno" else tuple(Choice(w.id, _both(w.label), w.former) for w in said.words),
        of=said.of,
        in_pack=said.in_pack is not False,
    )


def _changed(f: Field, said: FieldSaid) -> Field:
    """A field of the form with what the master says differently."""
    heading, aliases = f.heading, (*f.aliases, *said.former)
    if said.heading:
        heading, aliases = _both(said.heading), (*aliases, *f.heading.values())
    return replace(
        f,
        heading=heading,
        aliases=aliases,
        help=_both(said.help) if said.help else f.help,
        access=said.access or f.access,
        required=f.required if said.required is None else said.required,
        in_pack=f.in_pack if said.in_pack is None else said.in_pack,
        choices=_worded(f.choices, said.words),
    )


def _worded(choices: tuple[Choice, ...], words: tuple[Word, ...]) -> tuple[Choice, ...]:
    if not words:
        return choices
    by_id = {w.id: w for w in words}
    out = []
    for c in choices:
        w = by_id.pop(c.id, None)
        if w is not None:
            aliases = (*c.aliases, *w.former, *(c.label.values() if w.label else ()))
            c = replace(c, label=_both(w.label) if w.label else c.label, aliases=aliases)
        out.append(c)
    return (*out, *(Choice(w.id, _both(w.label), w.former) for w in by_id.values()))


def _both(words: str) -> dict[str, str]:
    return {"zh": words, "en": words}
