"""Place the blocks of forms (`[report]`) on 周报: one each on the first two pages, the others on a page behind them, two side by side.

In: a schema.  Out: `PageBlock`s with the places `wk_<form>.<field>` and `wk_<form>._more`.  Pure.
The dot distinguishes them from the page's own names: no id of a form or field contains a dot.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from collab_xl.forms.form import Field, Form, Schema
from collab_xl.model.record import replace
from collab_xl.model.report_pages import (
    AHEAD,
    BANDS,
    GRID,
    LEFT_UNTIL,
    ONE_LINE,
    PARTS,
    PLACES_OF_FORMS,
    RIGHT_FROM,
    RISKS,
    PageBlock,
    PageColumn,
)

LOOKS = {"date": "day", "moment": "moment", "percent": "percent", "whole": "number", "amount": "number"}
"""Kind → look of the column; every other kind is text."""
NARROW = {"date": 2, "percent": 1, "whole": 1, "yesno": 1, "text": 3, "longtext": 3}
"""Grid columns a kind needs at least; every other kind needs two."""
TITLE = 4
"""The title includes the row's key."""


def own_blocks(schema: Schema) -> list[tuple[Form, tuple[Field, ...]]]:
    """Every form with a block of its own, and the fields it shows."""
    out = []
    for form in schema.forms:
        if form.block is not None and not form.block.part:
            shown = {f.id: f for name in form.block.columns if (f := form.named(name)) is not None}
            out.append((form, tuple(shown.values())))
    return out


def awaited(form: Form) -> dict[str, Mapping[str, str]]:
    """Field of the form's block for which one of its clocks waits → what it waits for, in words."""
    shown = {f.id for name in (form.block.columns if form.block else ()) if (f := form.named(name)) is not None}
    stops = ((form.named(name), clock) for clock in form.clocks for name in clock.stops)
    return {f.id: clock.label for f, clock in stops if f is not None and f.id in shown}


Band = tuple[PageBlock, ...]


def page_bands(schema: Schema) -> dict[str, list[Band]]:
    """Page → its bands, each with the block of the form that has its place there."""
    placed = placed_blocks(schema)
    out: dict[str, list[Band]] = {}
    for page, bands in BANDS.items():
        at, own = PLACES_OF_FORMS[page][0], placed.get(page)
        out[page] = []
        for n, band in enumerate(bands):
            blocks = [b for b in band if has_part(schema, b.part) and not (b is RISKS and own)]
            if n == at and own:
                blocks.append(own)
            out[page].append(tuple(_wide(b) if blocks == [AHEAD] else b for b in blocks))
    return out


def placed_blocks(schema: Schema) -> dict[str, PageBlock]:
    """Page → the block of the first form that names this page and fits there."""
    out: dict[str, PageBlock] = {}
    for form, shown in own_blocks(schema):
        page = form.block.page if form.block else ""
        if page not in PLACES_OF_FORMS or page in out:
            continue
        _, first, last, rows = PLACES_OF_FORMS[page]
        if sum(map(_needs, shown)) <= last - first + 1:
            block = _block(form, shown, first, last)
            one = max(b.height for b in BANDS[page][PLACES_OF_FORMS[page][0]]) == ONE_LINE
            columns = tuple(replace(c, look=_ONE_LINE.get(c.look, c.look)) if one else c for c in block.columns)
            note = f"wk_{form.id}._note" if any(b.note for b in BANDS[page][PLACES_OF_FORMS[page][0]]) else ""
            usual = max(b.usual for b in BANDS[page][PLACES_OF_FORMS[page][0]])
            out[page] = replace(block, rows=rows, columns=columns, height=ONE_LINE if one else block.height, note=note, usual=usual)
    return out


_ONE_LINE = {"text": "line"}


def _wide(block: PageBlock) -> PageBlock:
    """The same block across the page."""
    return replace(block, columns=(*block.columns[:-1], replace(block.columns[-1], last=GRID)))


def form_bands(schema: Schema) -> list[Band]:
    """The bands of the forms that have no place on the first two pages, in the order of the forms."""
    placed = {block.form for block in placed_blocks(schema).values()}
    bands: list[Band] = []
    half: PageBlock | None = None
    for form, shown in own_blocks(schema):
        if form.id in placed:
            continue
        needed = sum(map(_needs, shown))
        if needed > GRID - RIGHT_FROM + 1:
            bands.append((_block(form, shown, 1, GRID),))
        elif half is None:
            half = _block(form, shown, 1, LEFT_UNTIL)
        else:
            bands.append((half, _block(form, shown, RIGHT_FROM, GRID)))
            half = None
    return [*bands, (half,)] if half is not None else bands


def jump(schema: Schema, leads_to: str) -> str:
    """The defined name a heading or card links to; "" for a part without a form."""
    if leads_to not in PARTS:
        return f"go_{leads_to}"
    form = schema.part(leads_to)
    return f"go_{form.id}" if form else ""


def has_part(schema: Schema, part: str) -> bool:
    """Whether the page has this part; True for anything that names no part."""
    return not part or schema.part(part) is not None


def _needs(field: Field) -> int:
    if field.role == "due" and field.kind == "date":
        return 1  # its heading here is a short one
    return TITLE if field.role == "title" else NARROW.get(field.kind, 2)


def _block(form: Form, shown: Iterable[Field], first: int, last: int) -> PageBlock:
    """Every column gets the width it needs. The rest of the width goes to the text columns in turn, the title twice."""
    assert form.block is not None
    fields = list(shown)
    spans = {f.id: _needs(f) for f in fields}
    title = next((f.id for f in fields if f.role == "title"), "")
    texts = [f.id for f in fields if f.kind in ("text", "longtext") and f.id != title]
    order = [*([title] if title else []), *texts, *([title] if title and texts else [])] or [fields[0].id]
    for n in range(last - first + 1 - sum(spans.values())):
        spans[order[n % len(order)]] += 1
    columns, at = list[PageColumn](), first
    for f in fields:
        look = LOOKS.get(f.kind, "text")
        heading = "model.head.end" if spans[f.id] == 1 and f.role == "due" else f.heading
        columns.append(
            PageColumn(
                f"{form.id}.{f.id}",
                at,
                at + spans[f.id] - 1,
                heading,
                look,
                indent=look == "text" and columns[-1:] != [] and columns[-1].look == "text",
            )
        )
        at += spans[f.id]
    return PageBlock(form.id, form.block.heading, form.id, form.block.lines, tuple(columns), f"wk_{form.id}._more", form=form.id)
