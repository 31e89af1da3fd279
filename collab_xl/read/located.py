"""Why a table and its columns were recognised: what `import --explain` shows. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from collab_xl.catalogue import COMMA
from collab_xl.catalogue import text as words_of
from collab_xl.forms import Form
from collab_xl.model.place import Area
from collab_xl.model.record import Struct, field, replace
from collab_xl.model.sheets import Cell, Snapshot
from collab_xl.read.context import Context
from collab_xl.read.headings import (
    ALIAS,
    ANSWERED,
    COMPOSED,
    EXACT,
    OTHER_LANGUAGE,
    VARIANT,
    VARIANT_OWN,
    Mapped,
    Matching,
    is_sequence,
    lexicon,
)
from collab_xl.read.label_table import places
from collab_xl.read.labels import LabelForm
from collab_xl.read.locate import FoundBlock

_HOW = {
    ANSWERED: "answered",
    EXACT: "exact",
    OTHER_LANGUAGE: "other_language",
    ALIAS: "alias",
    VARIANT_OWN: "variant",
    VARIANT: "variant",
    COMPOSED: "composed",
}


class Located(Struct, frozen=True):
    """Where a table is and why it was recognised. `columns`: column → its heading and the fields it feeds (none: kept, not read)."""

    form: str
    sheet: str
    heading_rows: tuple[int, int]
    area: Area
    columns: Mapping[int, tuple[str, tuple[str, ...]]]
    score: float
    why: str
    cells: Mapping[Cell, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    """Of a form of labels and values: the cell of a value → its label and fields; `columns` is empty then."""
    how: Mapping[int | Cell, str] = field(default_factory=dict)
    """Column (or cell) → how its heading was matched: exact, other_language, alias, variant, composed, answered; of one that is not read:
    asked, double, sequence, unnamed, own."""
    named: bool = True
    """Whether the sheet, the file or a title says that it is this form; False: it is known by its headings alone."""


def located_table(snapshot: Snapshot, block: FoundBlock, extra: Mapping[int, str], area: Area, context: Context) -> Located:
    """`extra`: the columns that are not read, also those without a heading."""
    mapped = block.matching.mapped
    columns: dict[int, tuple[str, tuple[str, ...]]] = {m.col: (m.heading, m.fields) for m in mapped}
    columns.update({c: (h, ()) for c, h in extra.items()})
    how: dict[int | Cell, str] = {m.col: _HOW[m.target.quality] for m in mapped}
    how |= {c: _not_read(block.form, block.matching, c, h, context) for c, h in extra.items()}
    rows = (block.first, block.last)
    key = "read.word.why" if block.first == block.last else "read.word.why_rows"
    why = _why(key, block.form, mapped, block.titled, block.score, rows, context)
    return Located(block.form.id, snapshot.sheet, rows, area, dict(sorted(columns.items())), block.score, why, how=how, named=block.titled)


def with_ticks(located: Located, field_id: str, words: Mapping[int, str]) -> Located:
    """All columns of ticks below the choices of a list feed its field."""
    columns = {**located.columns, **{c: (word, (field_id,)) for c, word in words.items()}}
    how: dict[int | Cell, str] = {**located.how, **dict.fromkeys(words, "ticked")}
    return replace(located, columns=dict(sorted(columns.items())), how=how)


def located_labels(snapshot: Snapshot, found: LabelForm, context: Context) -> Located:
    matching, at = found.matching, {n: p.value_at for n, p in enumerate(found.pairs, 1)}
    how: dict[int | Cell, str] = {at[m.col]: _HOW[m.target.quality] for m in matching.mapped}
    how |= {at[n]: _not_read(found.form, matching, n, h, context) for n, h in matching.extra.items()}
    why = _why("read.word.why_labels", found.form, matching.mapped, found.titled, matching.score, found.heading_rows, context)
    return Located(found.form.id, snapshot.sheet, found.heading_rows, found.area, {}, matching.score, why, places(found), how, found.titled)


def _why(key: str, form: Form, mapped: Sequence[Mapped], titled: bool, score: float, rows: tuple[int, int], context: Context) -> str:
    lang = context.lang
    named = COMMA[lang].join(" ".join(m.heading.split()) for m in mapped)
    counted = Counter(_HOW[m.target.quality] for m in mapped)
    parts = COMMA[lang].join(
        f"{words_of(f'read.word.how_heading_{how}', lang)} {counted[how]}" for how in dict.fromkeys(_HOW.values()) if counted[how]
    )
    first, last = rows
    why = words_of(key, lang, row=first, first=first, last=last, count=len(mapped), form=form.title[lang], named=named)
    if titled:
        why += words_of("read.word.why_titled", lang)
    return why + words_of("read.word.why_score", lang, score=f"{score:g}", parts=parts)


def _not_read(form: Form, matching: Matching, col: int, heading: str, context: Context) -> str:
    if any(col == doubled for doubled, _ in matching.duplicates):
        return "double"
    if not heading:
        return "unnamed"
    if is_sequence(heading):
        return "sequence"
    return "asked" if col in matching.either or lexicon(form, context.lang).near(heading, matching.fields) else "own"
