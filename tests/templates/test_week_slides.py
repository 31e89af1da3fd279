"""The slides of a week whose every text is long: nothing is longer than its place, and what is left out is counted."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from invented_week import week
from pptx import Presentation
from pptx.util import Inches, Pt

from collab_xl.book.read import read_book
from collab_xl.build.master import template_path
from collab_xl.build.week_deck import week_deck
from collab_xl.build.week_view import week_view
from collab_xl.catalogue import LANGS
from collab_xl.forms import load
from collab_xl.model.record import replace
from collab_xl.plan.weekly import week_page

WEEK = "2026-W47"


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("size", [(13.333, 7.5), (10, 7.5)])
def test_nothing_on_a_slide_is_longer_than_its_place_however_long_the_texts_are(lang: str, size: tuple[float, float]) -> None:
    """Counted with the letters' widths. A table that shows fewer rows than the page says so: 前 4 / 共 9."""
    book = read_book(template_path(lang))
    _, page = week_page(week(lang), book.names, book.snapshot, lang, "R-1", "")
    template, theirs = io.BytesIO(), Presentation()
    theirs.slide_width, theirs.slide_height = (Inches(side) for side in size)
    theirs.save(template)
    deck = Presentation(io.BytesIO(week_deck(week_view(page, WEEK, load(), lang), template.getvalue())))
    seen = 0
    for slide in deck.slides:
        for shape in slide.shapes:
            if shape.has_text_frame and shape.fill.type is not None:
                high = sum(
                    lines(p.text, shape.width - 182_880, p.runs[0].font.size) * p.runs[0].font.size * 1.2
                    for p in shape.text_frame.paragraphs
                    if p.runs
                )
                assert high <= shape.height, shape.text_frame.text
                seen += 1
            if shape.has_table:
                high = sum(
                    max(
                        row.height,
                        *(
                            lines(cell.text, shape.table.columns[n].width - 91_440, Pt(12)) * Pt(12) * 1.2
                            for n, cell in enumerate(row.cells)
                            if cell.text_frame.word_wrap
                        ),
                        0,
                    )
                    for row in shape.table.rows
                )
                assert shape.top + high <= Inches(7.5), [cell.text for cell in shape.table.rows[1].cells]
                title = next(
                    other.text_frame.text
                    for other in slide.shapes
                    if other.has_text_frame and (other.left, other.top) == (shape.left, shape.top - line(deck))
                )
                numbers = [int(n) for n in re.findall(r"\d+", title)]
                assert not numbers or len(numbers) == 1 or numbers[-2] == len(shape.table.rows) - 1, title
                seen += 1
    assert seen > 12


@pytest.mark.parametrize("size", [(13.333, 7.5), (10, 7.5)])
def test_rows_of_many_lines_leave_out_those_below_the_slide(size: tuple[float, float]) -> None:
    book = read_book(template_path("zh"))
    _, page = week_page(week("zh"), book.names, book.snapshot, "zh", "R-1", "")
    view = week_view(page, WEEK, load(), "zh")
    template, theirs = io.BytesIO(), Presentation()
    theirs.slide_width, theirs.slide_height = (Inches(side) for side in size)
    theirs.save(template)
    bands = tuple(tuple(replace(b, rows=(tuple("很长的一段文字" * 9 for _ in b.columns),) * 6) for b in band) for band in view.sponsor)
    deck = Presentation(io.BytesIO(week_deck(replace(view, sponsor=bands), template.getvalue())))
    tables = [shape for slide in deck.slides for shape in slide.shapes if shape.has_table]
    long = [shape for shape in tables if "很长" in shape.table.cell(1, 0).text]
    assert len(long) > 2
    for shape in long:
        row, shown = shape.table.rows[1], len(shape.table.rows) - 1
        widths = [column.width - 91_440 for column in shape.table.columns]
        high = max(lines(c.text, wide, Pt(12)) for c, wide in zip(row.cells, widths, strict=True) if c.text_frame.word_wrap)
        assert shown == 1 or shape.top + line(deck) + shown * high * Pt(12) * 1.2 <= deck.slide_height


def line(deck: Any) -> int:
    return int(deck.slide_height * 0.055)


def lines(said: str, wide: float, size: float) -> int:
    """Lines of a text that breaks at blanks and beside Chinese characters; a Latin letter is half as wide as high."""
    room, count, used = wide / size, 1, 0.0
    for piece in re.findall(r"[\u2e80-\uffef]|[^\u2e80-\uffef ]+ *| +", said):
        long = sum(1.0 if letter >= "\u2e80" else 0.47 for letter in piece.rstrip())
        if used and used + long > room:
            count, used = count + 1, 0.0
        used += long + 0.28 * (len(piece) - len(piece.rstrip()))
    return count
