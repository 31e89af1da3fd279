"""The preview of an import: what it would do to the master, said before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from collab_xl.catalogue import text
from collab_xl.forms import Form, Schema, load
from collab_xl.merge.imported import Renamed
from collab_xl.model.cell_text import MAX_TEXT
from collab_xl.model.merge import Item
from collab_xl.model.plan import OWN, CellChange
from collab_xl.model.values import Value, to_json
from collab_xl.plan.show import show
from collab_xl.verbs.report import Listing, Report

if TYPE_CHECKING:
    from collab_xl.verbs.import_tracker import Trackers
    from collab_xl.verbs.importing.rows import Ground, Incoming

SHOWN = 30
"""Most cells that the list of changes shows; the JSON has all."""
NAMED = 5
LONGEST = 40


def preview_of(trackers: Trackers, lang: str) -> Report:
    """Lines, the list of changed cells, and the JSON of what the import would do."""
    found, ground = trackers.incoming, trackers.ground
    if found is None:
        return Report(lang, {})
    brought, schema = found.brought, ground.schema
    asked = [item for item in found.result.opened if item.id in set(brought.asked)]
    changes = [c for c in brought.changes if c.why == "import"]
    lines = _counts(found, asked, changes, ground, lang)
    lines += _numbering(brought.renamed, schema, lang)
    if found.cut:
        lines.append(text("verbs.say.import_cut", lang, count=len(found.cut), most=MAX_TEXT, cells=_some(found.cut)))
    if found.strangers:
        names = tuple(text("verbs.say.import_of_rows", lang, name=name, rows=rows) for name, rows in found.strangers.items())
        sheet = load().service("departments").sheet[lang]
        lines.append(text("verbs.say.import_strangers", lang, names=names, sheet=sheet))
    for form_id, rows in found.nobody.items():
        form = schema.form(form_id)
        department = form.departments
        heading = department.heading[lang] if department is not None else ""
        lines.append(text("verbs.say.import_nobody", lang, sheet=form.sheet[lang], rows=rows, heading=heading))
    lines += [text("verbs.say.import_no_own", lang, sheet=sheet, headings=headings) for sheet, headings in found.without.items()]
    for (form_id, heading), keys in brought.own_kept.items():
        facts = {"sheet": schema.form(form_id).sheet[lang], "heading": heading, "count": len(keys), "keys": _some(tuple(keys))}
        lines.append(text("verbs.say.import_own_kept", lang, **facts))
    for (form_id, field_id), keys in brought.held.items():
        form = schema.form(form_id)
        known = form.known(field_id)
        heading = known.heading[lang] if known is not None else field_id.removeprefix(OWN)
        facts = {"sheet": form.sheet[lang], "heading": heading, "count": len(keys), "keys": _some(tuple(keys))}
        lines.append(text("verbs.say.import_held", lang, **facts))
    for form_id, records in found.not_in_use.items():
        lines.append(text("verbs.say.import_not_in_use", lang, sheet=load().form_for_display(form_id).sheet[lang], records=records))
    listings = [_changes(changes, asked, ground, lang)] if changes or asked else []
    body = {
        "new": len(brought.new),
        "unchanged": len(brought.unchanged),
        "waiting": brought.waiting,
        "changes": [_json(c.form, c.row_key, c.field, c.old, c.new, c.source.cell if c.source else "", schema) for c in changes],
        "conflicts": [
            _json(i.form, i.row_key, i.field or "", i.master, c.value, c.source.cell, schema) for i in asked for c in i.candidates[-1:]
        ],
        "missing": [{"form": form_id, "key": key} for form_id, key in brought.missing],
        "moved": [{"cell": r.at(schema.form(r.form).key.id).cell, "id": r.key, "key": key} for r, key in brought.moved],
        "held": [{"form": form_id, "field": field_id, "keys": keys} for (form_id, field_id), keys in brought.held.items()],
        "renamed": [{"cell": r.record.origin.cell, "id": r.record.key, "key": r.key} for r in brought.renamed],
        "cut": list(found.cut),
        "unknown_departments": dict(found.strangers),
    }
    return Report(lang, body, tuple(lines), tuple(listings))


def _counts(found: Incoming, asked: Sequence[Item], changes: Sequence[CellChange], ground: Ground, lang: str) -> list[str]:
    brought = found.brought
    lines = []
    if ground.exists and (brought.new or changes or asked or brought.unchanged):
        rows = len({(c.form, c.row_key) for c in changes})
        parts = [text("verbs.say.import_would_add", lang, count=len(brought.new))]
        if rows:
            parts.append(text("verbs.say.import_would_update", lang, rows=rows, cells=len(changes)))
        if brought.unchanged:
            parts.append(text("verbs.say.import_would_leave", lang, count=len(brought.unchanged)))
        lines.append(text("verbs.say.import_would", lang, parts=tuple(parts)))
    if asked:
        sheet = ground.schema.service("conflicts").sheet[lang]
        lines.append(text("verbs.say.import_would_ask", lang, count=len(asked), sheet=sheet))
    if brought.kept:
        lines.append(text("verbs.say.import_kept", lang, count=brought.kept))
    if brought.waiting:
        lines.append(text("verbs.say.import_waiting", lang, count=brought.waiting))
    if brought.repeated:
        lines.append(text("verbs.say.import_repeated", lang, count=brought.repeated))
    if brought.not_cleared:
        keys = tuple(dict.fromkeys(key for _, key, _ in brought.not_cleared))
        lines.append(text("verbs.say.import_not_cleared", lang, count=len(brought.not_cleared), keys=_some(keys)))
    if brought.unreadable:
        lines.append(text("verbs.say.import_unreadable", lang, count=brought.unreadable))
    if brought.missing:
        named = (*(_named(ground, *row) for row in brought.missing[:NAMED]), *(["…"] if len(brought.missing) > NAMED else []))
        lines.append(text("verbs.say.import_missing", lang, count=len(brought.missing), rows=named))
    if brought.moved:
        pairs = (
            *(f"{r.key} → {_named(ground, r.form, key)}" for r, key in brought.moved[:NAMED]),
            *(["…"] if len(brought.moved) > NAMED else []),
        )
        lines.append(text("verbs.say.import_moved", lang, count=len(brought.moved), pairs=pairs))
    if brought.removed:
        lines.append(text("verbs.say.import_removed", lang, count=len(brought.removed), keys=_some(tuple(brought.removed))))
    return lines


def _named(ground: Ground, form_id: str, key: str) -> str:
    return _short(f"{key} {_titles(ground, form_id).get(key, '')}".strip())


def _some(names: tuple[str, ...]) -> tuple[str, ...]:
    return names if len(names) <= NAMED else (*names[:NAMED], "…")


def _numbering(renamed: Sequence[Renamed], schema: Schema, lang: str) -> list[str]:
    """A line about the sheets with a numbering of their own, and one about IDs that stand twice."""
    lines = []
    own = [r for r in renamed if r.numbering]
    for sheet in dict.fromkeys(r.record.sheet for r in own):
        first = next(r for r in own if r.record.sheet == sheet)
        count = sum(r.record.sheet == sheet for r in own)
        lines.append(text("verbs.say.import_numbering", lang, sheet=sheet, count=count, key=first.record.key, new=first.key))
    if twice := [r for r in renamed if not r.numbering]:
        pairs = _some(tuple(f"{r.record.origin.cell} {r.record.key} → {r.key}" for r in twice))
        lines.append(text("verbs.say.import_renamed", lang, count=len(twice), pairs=pairs))
    return lines


def _changes(changes: Sequence[CellChange], asked: Sequence[Item], ground: Ground, lang: str) -> Listing:
    """Old and new value of every cell that changes, and of those that are asked about."""
    names = {form_id: _titles(ground, form_id) for form_id in {*(c.form for c in changes), *(i.form for i in asked)}}
    columns = tuple(text(f"verbs.column.{c}", lang) for c in ("row", "heading", "master_value", "imported_value", "cell", "done_with"))
    lines = [(c.form, c.row_key, c.field, c.old, c.new, c.source.cell if c.source else "", "update") for c in changes]
    for item in asked:
        said = item.candidates[-1]
        lines.append(
            (item.form, item.row_key, item.field or "", item.master, said.value, said.source.cell, "ask" if item.field else "gone")
        )
    rows = []
    for form_id, key, field_id, old, new, cell, fate in lines[:SHOWN]:
        form = ground.schema.form(form_id)
        name = names[form_id].get(key, "")
        field = form.known(field_id) if field_id else None
        heading = field.heading[lang] if field else field_id.removeprefix(OWN) or text("model.word.whole_row", lang)
        shown = (_short(_shown(form, field_id, v, lang)) for v in (old, new))
        rows.append((_short(f"{key} {name}".strip()), heading, *shown, cell, text(f"verbs.word.import_{fate}", lang)))
    title = text("verbs.say.import_changes", lang, count=len(lines))
    if len(lines) > SHOWN:
        title += text("verbs.say.import_changes_more", lang, shown=SHOWN)
    return Listing(title, columns, tuple(rows))


def _titles(ground: Ground, form_id: str) -> dict[str, str]:
    table, form = ground.tables[form_id], ground.schema.form(form_id)
    title = form.id_of("title")
    return {str(table.get(i, form.key.id)): str(table.get(i, title) or "") for i in range(len(table))}


def _shown(form: Form, field_id: str, value: Value, lang: str) -> str:
    return show(value, form.known(field_id) if field_id else None, lang) or text("model.word.blank", lang)


def _short(said: str) -> str:
    line = " ".join(said.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def _json(form: str, key: str, field: str, old: Value, new: Value, cell: str, schema: Schema) -> dict[str, object]:
    return {"form": form, "key": key, "field": field, "old": to_json(old), "new": to_json(new), "cell": cell}
