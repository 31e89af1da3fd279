"""Place the blocks of forms (`[report]`) on 周报: in bands below the page's own blocks, two side by side if both fit.

In: a schema.  Out: `PageBlock`s with the places `wk_<form>.<field>` and `wk_<form>._more`.  Pure.
The dot distinguishes them from the page's own names: no id of a form or field contains a dot.
"""

from __future__ import annotations

from collections.abc import Iterable

from collab_xl.forms.form import Field, Form, Schema
from collab_xl.model.report_pages import GRID, LEFT_UNTIL, PARTS, RIGHT_FROM, PageBlock, PageColumn

LOOKS = {"date": "day", "moment": "moment", "percent": "percent", "whole": "number", "amount": "number"}
"""Kind → look of the column; every other kind is text."""
NARROW = {"date": 1, "percent": 1, "whole": 1, "yesno": 1, "text": 3, "longtext": 3}
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


def form_bands(schema: Schema) -> list[tuple[PageBlock, ...]]:
    """The bands in the order of the forms."""
    bands: list[tuple[PageBlock, ...]] = []
    half: PageBlock | None = None
    for form, shown in own_blocks(schema):
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
    return TITLE if field.role == "title" else NARROW.get(field.kind, 2)


def _block(form: Form, shown: Iterable[Field], first: int, last: int) -> PageBlock:
    """Every column gets the width it needs. The rest of the width goes to the text columns in turn, the title first."""
    assert form.block is not None
    fields = list(shown)
    spans = {f.id: _needs(f) for f in fields}
    texts = sorted((f.id for f in fields if f.kind in ("text", "longtext")), key=lambda i: form.field(i).role != "title")
    for n in range(last - first + 1 - sum(spans.values())):
        spans[(texts or [fields[0].id])[n % len(texts or fields[:1])]] += 1
    columns, at = [], first
    for f in fields:
        look = "bold" if f.role == "title" else LOOKS.get(f.kind, "text")
        columns.append(PageColumn(f"{form.id}.{f.id}", at, at + spans[f.id] - 1, f.heading, look))
        at += spans[f.id]
    return PageBlock(form.id, form.block.heading, form.id, form.block.lines, tuple(columns), f"wk_{form.id}._more", form=form.id)
