"""Sheets without a table that come close to one: what a person could answer, and the closest match. Pure."""

from __future__ import annotations

from collab_xl.forms import Form, Schema
from collab_xl.model.sheets import Snapshot
from collab_xl.read.context import Context
from collab_xl.read.heading_lines import LOOKED_AT, Sheet
from collab_xl.read.headings import lexicon, match
from collab_xl.read.locate import MAX_DEPTH, FoundBlock, block_at, is_called_ours, known_headings, likely_rows
from collab_xl.read.tracker import nearly, other_form

_SHORT, _LEAST_MISSPELT, _MOST_MISSPELT, _MOST_CLOSE = 16, 3, 6, 20


def nearly_found(snapshot: Snapshot, schema: Schema, context: Context) -> list[FoundBlock]:
    """For a sheet without tables: heading rows that would be accepted if a person named the title column; best first."""
    sheet = Sheet(snapshot)
    named = is_called_ours(snapshot, context)
    out: list[FoundBlock] = []
    for row in likely_rows(snapshot, schema, context):
        for form in schema.forms:
            for depth in range(1, MAX_DEPTH + 1):
                block = block_at(sheet, row, depth, snapshot.first_col, snapshot.last_col, form, context, whole=False)
                if block and not _holds_numbers(snapshot, block) and nearly(form, block.matching, form.id in named):
                    block.body_last = snapshot.last_row
                    out.append(block)
    return sorted(out, key=lambda b: -b.score)


def _holds_numbers(snapshot: Snapshot, block: FoundBlock) -> bool:
    """Whether a number stands between two headings: the row is a record of a list whose headings stand above."""
    cols = [m.col for m in block.matching.mapped]
    between = range(min(cols), max(cols) + 1)
    rows = range(block.first, block.last + 1)
    return any(isinstance(v, (int, float)) and not isinstance(v, bool) for r in rows for v in snapshot.values(r, between))


def misspelt(snapshot: Snapshot, schema: Schema, context: Context) -> list[FoundBlock]:
    """For a sheet without tables: rows of short texts near the top of which three or more are nearly headings of one form, what it is
    about among them; the best first."""
    sheet = Sheet(snapshot)
    out: list[FoundBlock] = []
    looked = 0
    for row in range(snapshot.first_row, min(snapshot.last_row, snapshot.first_row + LOOKED_AT) + 1):
        line = sheet.spread(row, snapshot.first_col, snapshot.last_col)
        if len(line) < _LEAST_MISSPELT or any(len(t) > _SHORT or any(c.isdigit() for c in t) for t in line.values()):
            continue
        looked += 1
        if looked > _MOST_MISSPELT:
            break
        for form in schema.forms:
            matching = match(form, [(c, row, (t,)) for c, t in sorted(line.items())], context)
            fields = set(matching.fields)
            for heading in matching.extra.values():
                fields.add(lexicon(form, context.lang).near(heading, fields))
            fields.discard("")
            if form.id_of("title") in fields and len(fields) >= _LEAST_MISSPELT and not other_form(matching):
                out.append(FoundBlock(form, row, row, min(line), max(line), matching, float(len(fields)), False, snapshot.last_row))
    return sorted(out, key=lambda b: -b.score)


def closest(snapshot: Snapshot, schema: Schema, context: Context) -> tuple[int, list[str], Form] | None:
    """The row that comes closest to the headings of a form, its headings that the form knows, and the form; None if none has two."""
    sheet, hits = Sheet(snapshot), known_headings(snapshot, schema, context)
    best: tuple[int, list[str], Form] | None = None
    for row in sorted(hits, key=lambda r: (-hits[r], r))[:_MOST_CLOSE]:
        texts = list(dict.fromkeys(sheet.spread(row, snapshot.first_col, snapshot.last_col).values()))
        for form in schema.forms:
            known = [t for t in texts if lexicon(form, context.lang).find(t)]
            if len(known) > max(1, len(best[1]) if best else 1):
                best = row, known, form
    return best
