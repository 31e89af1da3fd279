"""The weekly page as four slides for the meeting: verdict, milestones and requirements, curve and departments, what is late and comes next.

In: a `WeekView`, the bytes of the company's template if there is one.  Out: bytes of a .pptx.  Pure.  Charts and tables are PowerPoint's
own, so they can be edited. Of a template its masters, theme and size are used; its slides are left out.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any

from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml.ns import qn
from pptx.util import Emu, Inches, Pt

from collab_xl.build.line_counts import wrapped_count
from collab_xl.build.style import FONT, PALETTE
from collab_xl.build.week_view import ViewBlock, WeekView, colour_of
from collab_xl.catalogue import text

WIDE = (Inches(13.333), Inches(7.5))
BODY, SMALL, TITLE = Pt(14), Pt(12), Pt(26)
_RGB = {slot: RGBColor.from_string(value) for slot, value in PALETTE.items()}
_INK, _MUTED, _CARD, _LINE, _ACCENT = (_RGB[slot] for slot in ("dk1", "dk2", "lt2", "accent6", "accent1"))
_COLOURS = {"red": _RGB["accent2"], "amber": _RGB["accent3"], "green": _RGB["accent5"], "none": _MUTED}
_NARROWEST = 0.11
"""Of a table's width, for a column with a day or a number."""
_SIDE, _ABOVE, _INSET = 45_720, 18_000, 91_440
"""English metric units left free beside and above the text of a table's cell, and in a box."""
_LEADING = 1.2
_MOST = 6
"""Rows of a table on a slide; the page and the lists have the rest."""


def week_deck(view: WeekView, template: bytes = b"") -> bytes:
    """The slides. Raises ValueError for a template that is no presentation."""
    try:
        deck = Presentation(io.BytesIO(template)) if template else Presentation()
    except Exception as error:  # whatever zip and XML readers raise
        raise ValueError("no presentation") from error
    if template:
        _without_slides(deck)
    else:
        deck.slide_width, deck.slide_height = WIDE
    drawn = _Deck(deck, view)
    drawn.verdict()
    drawn.goals()
    drawn.progress()
    drawn.work()
    deck.core_properties.title = f"{view.title} {view.week}"
    deck.core_properties.author = ""
    out = io.BytesIO()
    deck.save(out)
    return out.getvalue()


def _without_slides(deck: Any) -> None:
    """Take the template's own slides out."""
    listed = deck.slides._sldIdLst
    for entry in list(listed):
        deck.part.drop_rel(entry.get(qn("r:id")))
        listed.remove(entry)


class _Deck:
    def __init__(self, deck: Any, view: WeekView) -> None:
        self.deck, self.view, self.lang = deck, view, view.lang
        self.width, self.height = int(deck.slide_width), int(deck.slide_height)
        self.edge = self.width // 26
        self.layout = min(deck.slide_layouts, key=lambda layout: sum(p.placeholder_format.type is not None for p in layout.placeholders))

    # what is on the slides

    def verdict(self) -> None:
        view, slide = self.view, self.slide(f"{self.view.title} · {self.view.week}", self.view.period)
        top, high = self.at(0.2), self.at(0.16)
        box = self.box(slide, self.edge, top, self.inner // 5, high, fill=_COLOURS[view.light])
        light = self.fitting(box, [(view.light_words, Pt(26), True), (view.before, SMALL, False)])
        self.write(box, light, RGBColor(255, 255, 255), PP_ALIGN.CENTER)
        why = self.box(slide, self.edge + self.inner // 5, top, self.inner - self.inner // 5, high, fill=_CARD)
        self.write(why, self.fitting(why, [(view.reason, Pt(16), True), (view.change, BODY, False), (view.outlook, BODY, True)]))
        gap, count = self.edge // 4, len(view.cards)
        wide = (self.inner - gap * (count - 1)) // count
        for n, card in enumerate(view.cards):
            shape = self.box(slide, self.edge + n * (wide + gap), self.at(0.39), wide, self.at(0.18), fill=_CARD)
            colour = _COLOURS.get(card.figure_colour, _INK)
            self.write(
                shape,
                self.fitting(shape, [(card.label, SMALL, False), (card.figure, Pt(30), True), (card.beside, Pt(11), False)]),
                colours=[_MUTED, colour, _COLOURS.get(card.of_colour or card.change_colour, _MUTED)],
            )
        if (wanted := view.block("decisions")) is not None:
            self.table(slide, wanted, self.edge, self.at(0.6), self.inner, self.at(0.36))

    def goals(self) -> None:
        slide = self.slide(text("build.deck.goals", self.lang), self.view.week)
        half = (self.inner - self.edge // 2) // 2
        for n, name in enumerate(("milestones", "demands")):
            if (block := self.view.block(name)) is not None:
                self.table(slide, block, self.edge + n * (half + self.edge // 2), self.at(0.2), half, self.at(0.4))
        own = next((block for band in self.view.sponsor for block in band if block.name not in _KNOWN), self.view.block("worries"))
        if own is not None:
            self.table(slide, own, self.edge, self.at(0.62), self.inner, self.at(0.34))

    def progress(self) -> None:
        view, slide = self.view, self.slide(text("build.deck.progress", self.lang), self.view.week)
        half = (self.inner - self.edge // 2) // 2
        right = self.edge + half + self.edge // 2
        if len(view.progress) > 1:
            data = CategoryChartData()
            data.categories = [week for week, _, _ in view.progress]
            data.add_series(text("build.sheet.planned", self.lang), [plan for _, plan, _ in view.progress])
            data.add_series(text("build.sheet.actual", self.lang), [done for _, _, done in view.progress])
            self.chart(slide, XL_CHART_TYPE.LINE_MARKERS, data, "progress", self.edge, half, [_MUTED, _ACCENT])
        else:
            self.note(slide, text("build.deck.too_short", self.lang), self.edge, self.at(0.26), half)
        if any(count for _, count in view.ageing):
            data = CategoryChartData()
            data.categories = [bucket for bucket, _ in view.ageing]
            data.add_series(text("build.kpi.overdue", self.lang), [count for _, count in view.ageing])
            self.chart(slide, XL_CHART_TYPE.COLUMN_CLUSTERED, data, "ageing", right, half, [_COLOURS["red"]])
        else:
            self.note(slide, text("build.deck.nothing_late", self.lang), right, self.at(0.26), half)
        self.table(slide, view.departments, self.edge, self.at(0.58), self.inner, self.at(0.38))

    def work(self) -> None:
        slide = self.slide(text("build.deck.work", self.lang), self.view.week)
        half = (self.inner - self.edge // 2) // 2
        for name, x, y, wide in (
            ("overdue", self.edge, 0.2, self.inner),
            ("done", self.edge, 0.6, half),
            ("ahead", self.edge + half + self.edge // 2, 0.6, half),
        ):
            if (block := self.view.block(name)) is not None:
                self.table(slide, block, x, self.at(y), wide, self.at(0.36))

    # how it is drawn

    @property
    def inner(self) -> int:
        return self.width - 2 * self.edge

    def at(self, share: float) -> int:
        return int(self.height * share)

    def slide(self, title: str, small: str) -> Any:
        slide = self.deck.slides.add_slide(self.layout)
        holder = slide.shapes.title
        for shape in list(slide.placeholders):
            if shape is not holder and shape.placeholder_format.idx != (holder.placeholder_format.idx if holder is not None else -1):
                shape._element.getparent().remove(shape._element)
        if holder is None:
            holder = slide.shapes.add_textbox(self.edge, self.at(0.05), self.inner * 2 // 3, self.at(0.1))
        self.write(holder, self.fitting(holder, [(title, TITLE, True)]), anchor=MSO_ANCHOR.MIDDLE)
        side = slide.shapes.add_textbox(self.edge + self.inner * 2 // 3, self.at(0.05), self.inner // 3, self.at(0.1))
        self.write(side, self.fitting(side, [(small, SMALL, False)]), _MUTED, PP_ALIGN.RIGHT, anchor=MSO_ANCHOR.MIDDLE)
        return slide

    def box(self, slide: Any, x: int, y: int, wide: int, high: int, *, fill: RGBColor) -> Any:
        shape = slide.shapes.add_shape(1, Emu(x), Emu(y), Emu(wide), Emu(high))
        shape.fill.solid()
        shape.fill.fore_color.rgb = fill
        shape.line.fill.background()
        shape.shadow.inherit = False
        return shape

    def fitting(self, shape: Any, lines: Sequence[tuple[str, Any, bool]]) -> list[tuple[str, Any, bool]]:
        """The lines with letters small enough for their box, not under 10 points."""
        for less in range(int(max(size.pt for _, size, _ in lines)) - 9):
            out = [(said, Pt(max(10, size.pt - less)), bold) for said, size, bold in lines]
            high = sum(_lines(said, shape.width - 2 * _INSET, size, bold) * size * _LEADING for said, size, bold in out if said)
            if high <= shape.height - _INSET:
                break
        return out

    def note(self, slide: Any, said: str, x: int, y: int, wide: int) -> None:
        box = slide.shapes.add_textbox(Emu(x), Emu(y), Emu(wide), Emu(self.at(0.06)))
        self.write(box, self.fitting(box, [(said, BODY, False)]), _MUTED)

    def write(
        self,
        shape: Any,
        lines: Sequence[tuple[str, Any, bool]],
        colour: RGBColor = _INK,
        align: Any = PP_ALIGN.LEFT,
        *,
        colours: Sequence[RGBColor] = (),
        anchor: Any = MSO_ANCHOR.MIDDLE,
    ) -> None:
        frame = shape.text_frame
        frame.word_wrap, frame.vertical_anchor = True, anchor
        for n, (said, size, bold) in enumerate(line for line in lines if line[0]):
            paragraph = frame.paragraphs[0] if n == 0 else frame.add_paragraph()
            paragraph.alignment = align
            self.run(paragraph, said, size, bold, colours[n] if n < len(colours) else colour)

    def run(self, paragraph: Any, said: str, size: Any, bold: bool, colour: RGBColor) -> None:
        run = paragraph.add_run()
        run.text = said
        run.font.size, run.font.bold, run.font.name = size, bold, FONT[self.lang]
        run.font.color.rgb = colour
        properties = run._r.get_or_add_rPr()  # the font of Chinese letters is set apart
        properties.append(properties.makeelement(qn("a:ea"), {"typeface": FONT["zh"]}))

    def table(self, slide: Any, block: ViewBlock, x: int, y: int, wide: int, high: int) -> None:
        """A list with its heading; as many rows as the slide has room for, with the lines their texts take, and how many there are."""
        line = self.at(0.055)
        shares = [max(column.share, 0 if column.look in _LEFT else _NARROWEST) for column in block.columns]
        widths = [int(wide * share / sum(shares)) for share in shares]
        rows, left = list[tuple[str, ...]](), high - 2 * line
        for row in block.rows[:_MOST]:
            left -= max(line, self.height_of(row, block, widths))
            if left < 0 and rows:
                break
            rows.append(row)
        more = block.more
        if len(rows) < len(block.rows):
            count = (re.findall(r"\d+", more) or [str(len(block.rows))])[-1]
            more = text("model.week.shown_of", self.lang, shown=len(rows), count=count)
        self.note(slide, "　".join(filter(None, (block.heading, block.note, more))), x, y, wide)
        empty = len(block.rows) == 1 and sum(map(bool, block.rows[0])) == 1
        if empty or not rows:
            self.note(slide, "".join(rows[0]) if rows else text("build.deck.nothing", self.lang), x, y + line, wide)
            return
        drawn = slide.shapes.add_table(len(rows) + 1, len(block.columns), Emu(x), Emu(y + line), Emu(wide), Emu(line * (len(rows) + 1)))
        table = drawn.table
        style = drawn._element.find(".//" + qn("a:tableStyleId"))
        if style is not None:
            style.text = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"  # no style, no grid: the colours here are all there are
        for n, column in enumerate(block.columns):
            table.columns[n].width = Emu(widths[n])
            self.cell(table.cell(0, n), column.heading, _MUTED, column.look, bold=False)
            for r, row in enumerate(rows, 1):
                told = column.look == "rag" or row[n] == text("model.week.none_yet", self.lang)
                colour = _COLOURS.get(colour_of(row[n], self.lang), _INK) if told else _INK
                self.cell(table.cell(r, n), row[n], colour, column.look, bold="bold" in column.look or column.look in ("rag", "department"))

    def height_of(self, row: Sequence[str], block: ViewBlock, widths: Sequence[int]) -> int:
        """Of a row of a table, with its longest text in as many lines as it takes."""
        most = 1
        for said, column, wide in zip(row, block.columns, widths, strict=True):
            if column.look in _LEFT:
                most = max(most, _lines(said, wide - 2 * _SIDE, SMALL, "bold" in column.look))
        return int(most * SMALL * _LEADING) + 2 * _ABOVE

    def cell(self, cell: Any, said: str, colour: RGBColor, look: str, *, bold: bool) -> None:
        cell.margin_left = cell.margin_right = Emu(_SIDE)
        cell.margin_top = cell.margin_bottom = Emu(_ABOVE)
        cell.vertical_anchor = MSO_ANCHOR.MIDDLE
        cell.text_frame.word_wrap = look in _LEFT
        paragraph = cell.text_frame.paragraphs[0]
        paragraph.alignment = PP_ALIGN.LEFT if look in _LEFT else PP_ALIGN.CENTER
        self.run(paragraph, said, SMALL, bold, colour)

    def chart(self, slide: Any, kind: Any, data: Any, title: str, x: int, wide: int, colours: Sequence[RGBColor]) -> None:
        self.note(slide, text(f"build.sheet.{title}", self.lang), x, self.at(0.17), wide)
        chart = slide.shapes.add_chart(kind, Emu(x), Emu(self.at(0.23)), Emu(wide), Emu(self.at(0.33)), data).chart
        chart.has_title = False
        chart.font.size, chart.font.name = SMALL, FONT[self.lang]
        chart.has_legend = len(colours) > 1
        if chart.has_legend:
            chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False
        chart.value_axis.has_major_gridlines = False
        chart.value_axis.visible = False
        for series, colour in zip(chart.plots[0].series, colours, strict=False):
            target = series.format.fill if kind == XL_CHART_TYPE.COLUMN_CLUSTERED else series.format.line
            if kind == XL_CHART_TYPE.COLUMN_CLUSTERED:
                target.solid()
                target.fore_color.rgb = colour
            else:
                target.color.rgb = colour
                series.smooth = False
            label = series.points[len(data.categories) - 1].data_label if kind == XL_CHART_TYPE.LINE_MARKERS else None
            if label is None:
                series.data_labels.show_value = True
            else:  # the newest week only: two lines close together hide each other's numbers
                frame = label.text_frame
                self.run(frame.paragraphs[0], f"{series.values[-1]:g}", SMALL, True, colour)


def _lines(said: str, wide: int, size: Any, bold: bool) -> int:
    """How many lines a text takes in a width; both lengths in English metric units."""
    return wrapped_count(said, 1.8 * wide / size + 1, bold=bold)


_LEFT = frozenset({"text", "bold", "muted", "line", "line_bold", "weekday", "department"})
_KNOWN = frozenset({"milestones", "demands", "decisions", "worries", "overdue", "done"})
