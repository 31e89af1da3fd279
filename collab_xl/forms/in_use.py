"""Which forms a master has in use, in which version and under which table name: row `forms` of its hidden sheet.

`requirements:1 tasks:1 problems:1 risks:1:Risks_`: id, version, and the table's name if the form's own name was already in use.  A
master without the row has the three basic forms in version 1. What it says of its own about their fields: `own_fields`.  Pure.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from collab_xl.errors import CollabError
from collab_xl.forms.form import BASIC, Asked, Clock, Condition, Escalation, Field, Form, ReportBlock, Rules, Schema
from collab_xl.forms.own_fields import FieldSaid, said_in, with_said
from collab_xl.model.record import Struct, replace
from collab_xl.model.similar import meant

ROW = "forms"
"""Name of the row of the hidden sheet."""
UNLISTED = "1"
"""Mark `schema` of a master without a list of forms."""
LISTED = "2"
"""Mark `schema` of a master that lists its forms. A program that reads only "1" refuses it, because it would use the wrong forms."""
WITH_FIELDS = "3"
"""Mark `schema` of a master with fields of its own: a program that reads only "2" would issue packs without them."""


class InUse(Struct, frozen=True):
    """One form of a master. `table` is "" if the table has the form's own name."""

    id: str
    version: int = 1
    table: str = ""
    own: tuple[FieldSaid, ...] = ()
    """What the master says of its own about the form's fields."""

    def __str__(self) -> str:
        return ":".join((self.id, str(self.version), *([self.table] if self.table else [])))


def listed(value: object) -> tuple[InUse, ...]:
    """The forms listed in the row; the basic three for a master without it.

    Raises CollabError `forms_row_broken` for a row that is no such list (edited by hand).
    """
    words = str(value or "").split()
    if not words:
        return tuple(InUse(form) for form in BASIC)
    out: list[InUse] = []
    for word in words:
        form, _, rest = word.partition(":")
        version, _, table = rest.partition(":")
        if not form or not version.isdecimal() or form in {f.id for f in out}:
            raise CollabError("forms_row_broken", found=str(value))
        out.append(InUse(form, int(version), table))
    return tuple(out)


def in_use(hidden: Mapping[str, object]) -> tuple[InUse, ...]:
    """The forms of a master by the values of its hidden sheet. Raises CollabError `forms_row_broken`, `fields_row_broken`."""
    said = said_in(hidden)
    return tuple(replace(f, own=said.get(f.id, ())) for f in listed(hidden.get(ROW)))


def mark_of(forms: Iterable[InUse]) -> str:
    """The mark `schema` of a master with these forms."""
    made = tuple(forms)
    return WITH_FIELDS if any(f.own for f in made) else LISTED if row_of(made) else UNLISTED


def basic(installed: Schema) -> tuple[InUse, ...]:
    """The default forms of a new master."""
    return tuple(InUse(f.id, f.version) for f in installed.forms if f.basic)


def chosen(installed: Schema, said: str) -> tuple[InUse, ...]:
    """Read `basic`, `full`, or ids separated by commas; the three basic forms are always included.

    Raises CollabError `unknown_form` (exit 2).
    """
    if said.strip() == "full":
        return tuple(InUse(f.id, f.version) for f in installed.forms)
    if said.strip() in ("", "basic"):
        return basic(installed)
    wanted = [word.strip() for word in re.split("[,，、]", said) if word.strip()]
    known_forms(installed, wanted)
    return tuple(InUse(f.id, f.version) for f in installed.forms if f.id in {*BASIC, *wanted})


def known_forms(installed: Schema, wanted: Iterable[str]) -> None:
    """Raises CollabError `unknown_form` (exit 2) for the first form that is not installed."""
    ids = tuple(f.id for f in installed.forms)
    for word in wanted:
        if word not in installed:
            raise CollabError("unknown_form", exit_code=2, form=word, forms=ids, meant=meant(word, ids))


def row_of(forms: Iterable[InUse]) -> str:
    """The row's value; "" for the basic three, which need no row."""
    made = tuple(replace(f, own=()) for f in forms)
    return "" if made == listed("") else " ".join(map(str, made))


def schema_of(installed: Schema, forms: Iterable[InUse]) -> Schema:
    """The installed forms a master has in use, each as it was in the master's version.

    Raises CollabError `form_not_installed`, `form_newer`.
    """
    known = {form.id: form for form in installed.forms}
    used = {f.id: f for f in forms}
    lost = tuple(f for f in used if f not in known)
    if lost:
        raise CollabError("form_not_installed", forms=lost)
    for f in used.values():
        if f.version > known[f.id].version:
            raise CollabError("form_newer", form=f.id, found=f.version, known=known[f.id].version)
    return replace(
        installed,
        forms=tuple(of_master(f, used[f.id]) for f in installed.forms if f.id in used),
        others=tuple(f for f in installed.forms if f.id not in used),
    )


_MADE: dict[tuple[int, InUse], tuple[Form, Form]] = {}
"""Forms as masters have them: what is made of a form (its lexicon) is kept by its identity."""


def of_master(form: Form, used: InUse) -> Form:
    """The form in the master's version, with what the master says of its own about its fields."""
    if not used.own:
        return as_of_version(form, used.version)
    known = _MADE.get((id(form), used))
    if known is None or known[0] is not form:
        known = _MADE[id(form), used] = (form, with_own_fields(as_of_version(form, used.version), used.own))
    return known[1]


def with_own_fields(form: Form, said: Iterable[FieldSaid]) -> Form:
    """The form with fields of a master's own, and without the hidden ones and everything that refers to them."""
    said = tuple(said)
    fields, aside, beside = with_said(form, said)
    return replace(_with_fields(form, fields), set_aside=aside, beside=beside, said=tuple(s.id for s in said))


def as_of_version(form: Form, version: int) -> Form:
    """The form without the fields and choices of later versions, and without everything that refers to these fields."""
    if version >= form.version:
        return form
    fields = tuple(
        replace(f, choices=tuple(c for c in f.choices if c.since <= version)) for f in form.fields if f.since <= version
    )  # fmt: skip
    return replace(form if fields == form.fields else _with_fields(form, fields), version=version)


def _with_fields(form: Form, fields: tuple[Field, ...]) -> Form:
    """The form with these fields in place of its own, and without everything that refers to others."""
    names = {f.id for f in fields} | {f.role for f in fields if f.role} | {"state", "late"}
    kept = _Kept(names)
    return replace(
        form,
        fields=fields,
        compounds=tuple(c for c in form.compounds if kept.all(c.into)),
        title_from=form.title_from if form.title_from in names else "",
        yes_no=tuple(y for y in form.yes_no if kept.all([y.field])),
        ambiguous=tuple(replace(a, fields=kept.some(a.fields)) for a in form.ambiguous if kept.some(a.fields)),
        face=replace(form.face, columns=kept.some(form.face.columns)) if form.face else None,
        request=replace(form.request, fields=tuple(f for f in form.request.fields if f.field in names)) if form.request else None,
        weekly=replace(form.weekly, columns=tuple(c for c in form.weekly.columns if c.field in names)) if form.weekly else None,
        matrix=form.matrix if form.matrix and kept.all([form.matrix.value, form.matrix.work]) else None,
        asked=kept.asked(form.asked) if form.asked else None,
        due=form.due if "due" in names else None,
        clocks=tuple(clock for c in form.clocks if (clock := kept.clock(c))),
        escalations=tuple(kept.escalation(e) for e in form.escalations if kept.all(e.when)),
        rules=kept.rules(form.rules),
        block=kept.block(form.block) if form.block else None,
        figures=tuple(f for f in form.figures if kept.all(f.count)),
    )


class _Kept(Struct, frozen=True):
    """Keeps only what refers to existing fields: `names` are their ids and roles."""

    names: Collection[str]

    def all(self, names: Iterable[str]) -> bool:
        return all(name.lstrip("-") in self.names for name in names)

    def some(self, names: Iterable[str]) -> tuple[str, ...]:
        return tuple(name for name in names if name.lstrip("-") in self.names)

    def _when(self, condition: Condition) -> Condition:
        return {name: value for name, value in condition.items() if name in self.names}

    def asked(self, asked: Asked) -> Asked | None:
        """None if nobody is asked any more, or there is nothing to fill in."""
        fields = self.some(asked.fields)
        starts = {name: value for name, value in asked.starts.items() if name in self.names}
        return replace(asked, fields=fields, starts=starts) if asked.by in self.names and fields else None

    def clock(self, clock: Clock) -> Clock | None:
        """None for a clock that cannot start or stop, or whose condition has changed."""
        stops, per = self.some(clock.stops), self.some(clock.per)
        if not self.all((*([clock.starts] if clock.starts else []), *clock.when)) or (clock.stops and not stops) or (clock.per and not per):
            return None
        return replace(clock, stops=stops, per=per)

    def escalation(self, escalation: Escalation) -> Escalation:
        return escalation if self.all([escalation.at] if escalation.at else []) else replace(escalation, at="")

    def rules(self, rules: Rules) -> Rules:
        return replace(
            rules,
            required_when={state: self.some(fields) for state, fields in rules.required_when.items()},
            complete=self.some(rules.complete),
            order=tuple(pair for pair in rules.order if self.all(pair)),
            match=tuple(pair for pair in rules.match if self.all(pair)),
            unique=self.some(rules.unique),
            exactly_one=tuple(replace(e, per=self.some(e.per)) for e in rules.exactly_one if self.all([e.field]) and self.some(e.per)),
            over=tuple(o for o in rules.over if self.all([o.field])),
        )

    def block(self, block: ReportBlock) -> ReportBlock | None:
        """None for a block that has lost all its columns."""
        if not block.part and not self.some(block.columns):
            return None
        return replace(block, where=self._when(block.where), sort=self.some(block.sort), columns=self.some(block.columns))


def added_since(form: Form, version: int) -> tuple[tuple[Field, ...], Mapping[str, tuple[str, ...]]]:
    """What was added since a version: the new fields, and field id → ids of new choices of older fields."""
    fields = tuple(f for f in form.fields if f.since > version)
    choices = {f.id: new for f in form.fields if f.since <= version and (new := tuple(c.id for c in f.choices if c.since > version))}
    return fields, choices


def tables_of(forms: Iterable[InUse], schema: Schema) -> dict[str, str]:
    """Form id → the name of its table in the master."""
    own = {form.id: form.table for form in schema.forms}
    return {f.id: f.table or own[f.id] for f in forms if f.id in own}
