"""The empty weekly sheet 周报: two A4 pages of verdict, cards, charts, sparklines, and fixed blocks of formatted rows.

Every cell that code fills has a workbook-level name `wk_*` (one cell, or one column of a block); `plan/weekly.py` writes there and hides
the rows that a block does not need. The layout is data: `model/report_pages.py`, and `forms/blocks.py` for the forms' own blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from collab_xl.build.charts import charts, feed_sheet, sparklines
from collab_xl.build.data_sheet import DATA_BAR
from collab_xl.build.grid import PAGE_SECTION, PageGrid, heading_text, write_block
from collab_xl.build.style import (
    ACCENT,
    AMBER,
    AMBER_PALE,
    BAR,
    CARD,
    GREEN,
    GREEN_PALE,
    MUTED,
    RED,
    RED_PALE,
    WHITE,
    Styles,
)
from collab_xl.build.table import footer, page
from collab_xl.catalogue import text
from collab_xl.forms import Schema
from collab_xl.forms.blocks import form_bands, jump, page_bands
from collab_xl.model.place import Area, column_letters
from collab_xl.model.report_pages import (
    BODY,
    COLUMN_PIXELS,
    DEPARTMENTS,
    FOOTER,
    GRID,
    KPIS,
    ONE_LINE,
    PERCENT,
    PMO,
    PRINT_SCALE,
    SPONSOR,
    TITLE_PMO_SIZE,
    TITLE_SIZE,
    TWO_LINES,
    PageBlock,
)

DEPARTMENTS_AT_FIRST = 6
"""Rows shown before the first report; `week` shows one row per department."""
SECTION_ROW, GAP = 21, 5
SIDE, TOP, BOTTOM = 0.25, 0.25, 0.42
"""Inches around the page: as much as printers allow, above the footer."""
VERDICT, CURE = (17, 17, 17), (17, 17)
"""Rows of the reason and of what would change the light: a printed line each."""
CHART_ROWS, CHART_ROW = 6, 15
LIGHTS = (("red", RED), ("amber", AMBER), ("green", GREEN))


def weekly_sheet(
    book: Workbook, ws: Worksheet, feed: Worksheet, styles: Styles, sheet: str, project: str, schema: Schema
) -> dict[str, tuple[str, Area]]:
    """Write the sheet. Returns the names `wk_*` with their areas."""
    lang = styles.lang
    grid = PageGrid(ws, styles, feed_sheet(feed, lang), sheet, BODY)
    ws.hide_gridlines(2)
    ws.set_column_pixels(0, 0, 10)
    ws.set_column_pixels(1, GRID, COLUMN_PIXELS)
    ws.set_column_pixels(GRID + 1, GRID + 1, 10)
    pages = page_bands(schema)
    row = _head(grid, lang, project)
    row = _cards(grid, schema, row)
    for band in pages[SPONSOR]:
        row = _band(grid, schema, row, band)
    ws.set_row(row, ONE_LINE)
    grid.cell(row, 1, GRID, "", name="wk_legend", font_color=MUTED)
    row += 1
    first = row
    printed = row = _follow_up(book, grid, schema, row, project, pages[PMO])
    for band in form_bands(schema):
        row = _band(grid, schema, row, band)
    _print(ws, lang, printed, first)
    return grid.names


def _print(ws: Worksheet, lang: str, rows: int, first: int) -> None:
    """Two pages: the first ends where the sponsor's blocks end. Blocks of other forms stand below and are not printed. A fixed scale, as
    a page that is fitted ignores its breaks."""
    page(ws, text("build.sheet.weekly", lang), lang)
    ws.fit_page = 0
    ws.set_margins(left=SIDE, right=SIDE, top=TOP, bottom=BOTTOM)
    ws.set_print_scale(PRINT_SCALE)
    ws.set_footer(footer(text("build.sheet.weekly", lang), "", lang, FOOTER), {"margin": 0.25})
    ws.set_start_page(1)
    ws.set_h_pagebreaks([first])
    ws.print_area(0, 0, rows - 1, GRID + 1)


def _head(grid: PageGrid, lang: str, project: str) -> int:
    ws, change = grid.ws, grid.styles.change
    for row, height in enumerate((3, 28, 19, 4, *VERDICT, *CURE, GAP)):
        ws.set_row(row, height)
    why, cure = 4, 4 + len(VERDICT)
    end = cure + len(CURE) - 1
    title = text("model.sheet.weekly_title", lang)
    grid.cell(1, 1, 14, f"{project} · {title}" if project else title, name="wk_title", font_size=TITLE_SIZE, bold=True)
    grid.cell(1, 15, GRID, "", name="wk_period", align="right", font_color=MUTED)
    grid.cell(2, 1, 12, "", name="wk_outlook", bold=True)
    grid.cell(2, 13, GRID, "", name="wk_missing", align="right", font_color=AMBER)
    badge = {"align": "center", "bold": True, "font_color": WHITE, "bg_color": MUTED}
    grid.cell(why, 1, 4, text("build.sheet.weekly_empty", lang), badge, name="wk_rag", font_size=20, rows=len(VERDICT))
    grid.cell(cure, 1, 4, "", badge, name="wk_rag_before", valign="top", text_wrap=True, rows=len(CURE))
    box = {"bg_color": CARD, "text_wrap": True, "align": "left", "indent": 1}
    grid.cell(why, 5, GRID, text("build.sheet.weekly_hint", lang), box, name="wk_reason", bold=True, rows=len(VERDICT))
    grid.cell(cure, 5, GRID, "", box, name="wk_change", valign="top", rows=len(CURE))
    for rag, fill, pale in (("red", RED, RED_PALE), ("amber", AMBER, AMBER_PALE), ("green", GREEN, GREEN_PALE)):
        found = f'=ISNUMBER(SEARCH("{text(f"model.rag.{rag}", lang)}",{grid.anchor("wk_rag")}))'
        ws.conditional_format(why, 1, end, 4, {"type": "formula", "criteria": found, "format": change(bg_color=fill)})
        ws.conditional_format(why, 5, end, GRID, {"type": "formula", "criteria": found, "format": change(bg_color=pale)})
    all_in = {"type": "text", "criteria": "begins with", "value": text("model.week.all_in", lang), "format": change(font_color=GREEN)}
    ws.conditional_format(2, 13, 2, GRID, all_in)
    return end + 2


def _cards(grid: PageGrid, schema: Schema, row: int) -> int:
    """Six cards of four columns, each with a coloured line on its left: the figure, beside it its change, below what it is measured by.

    Colours follow the plan, never the sign of a change: amber below plan, green where the plan is reached or nothing is late, red for what
    got worse."""
    ws, change, lang = grid.ws, grid.styles.change, grid.styles.lang
    for n, height in enumerate((ONE_LINE, 33, ONE_LINE, GAP)):
        ws.set_row(row + n, height)
    card = {"bg_color": CARD, "indent": 1, "align": "left", "left": 5, "left_color": ACCENT}
    for n, kpi in enumerate(KPIS):
        first, last = 1 + 4 * n, 4 + 4 * n
        name, tip, link = f"wk_kpi_{kpi.id}", text("build.sheet.go", lang), jump(schema, kpi.leads_to)
        number = "0%" if kpi.id in PERCENT else "0"
        grid.cell(row, first, last, text(f"build.kpi.{kpi.id}", lang), card, font_color=MUTED)
        split = first + 1
        beside = {"bg_color": CARD, "font_color": MUTED, "text_wrap": True, "align": "left"}
        grid.cell(row + 1, first, split, "", card, name=name, link=link, tip=tip, font_size=26, bold=True, num_format=number)
        grid.cell(row + 1, split + 1, last, "", beside, name=f"{name}_change")
        grid.cell(row + 2, first, last, "", card, name=f"{name}_of", font_color=MUTED, valign="top")
        figure, against, of = (grid.anchor(f"{name}{part}") for part in ("", "_change", "_of"))
        counted = f"ISNUMBER({figure})"
        rules = []
        if kpi.alarm:
            rules += [(row + 1, first, f"=AND({counted},{figure}>0)", RED), (row + 1, first, f"=AND({counted},{figure}=0)", GREEN)]
        if kpi.good == "down":
            rules.append((row + 1, split + 1, f'=ISNUMBER(SEARCH("▲",{against}))', RED))
        if kpi.behind:
            behind = f'ISNUMBER(SEARCH("{text(f"model.week.{kpi.behind}", lang)}",{of}))'
            rules.append((row + 2, first, f"={behind}", AMBER))
            if kpi.id in PERCENT:
                rules.append((row + 2, first, f'=AND({counted},{of}<>"",NOT({behind}))', GREEN))
        for at, col, formula, colour in rules:
            ws.conditional_format(
                at,
                col,
                at,
                split if (at, col) == (row + 1, first) else last,
                {"type": "formula", "criteria": formula, "format": change(font_color=colour)},
            )
    return row + 4


def _follow_up(book: Workbook, grid: PageGrid, schema: Schema, row: int, project: str, bands: Sequence[Sequence[PageBlock]]) -> int:
    """The second page, for who follows up."""
    lang = grid.styles.lang
    grid.ws.set_row(row, 22)
    grid.ws.set_row(row + 1, 4)
    title = text("model.week.title_pmo", lang, project=project or text("model.sheet.weekly_title", lang))
    grid.cell(row, 1, 12, title, name="wk_title_pmo", font_size=TITLE_PMO_SIZE, bold=True)
    grid.cell(row, 13, GRID, "", name="wk_period_pmo", align="right", font_color=MUTED)
    row = _departments(grid, schema, lang, row + 2)
    row = _charts(book, grid, lang, row)
    for band in bands:
        row = _band(grid, schema, row, band)
    for name in ("wk_promises", "wk_check"):
        grid.ws.set_row(row, TWO_LINES)
        label = "build.sheet.promises" if name == "wk_promises" else "build.sheet.check"
        grid.cell(row, 1, 4, text(label, lang), bold=True, font_color=ACCENT, valign="top")
        grid.cell(row, 5, GRID, "", name=name, font_color=MUTED, text_wrap=True, valign="top")
        row += 1
    return row


def _charts(book: Workbook, grid: PageGrid, lang: str, row: int) -> int:
    grid.ws.set_row(row, SECTION_ROW)
    grid.cell(row, 1, 12, text("build.sheet.progress", lang), PAGE_SECTION)
    grid.cell(row, 14, GRID, text("build.sheet.ageing", lang), PAGE_SECTION)
    for n in range(CHART_ROWS):
        grid.ws.set_row(row + 1 + n, CHART_ROW)
    charts(book, grid, row + 1, CHART_ROWS, CHART_ROW * 4 // 3)
    grid.ws.set_row(row + 1 + CHART_ROWS, 4)
    return row + 2 + CHART_ROWS


def _departments(grid: PageGrid, schema: Schema, lang: str, row: int) -> int:
    ws, change = grid.ws, grid.styles.change
    at = {column.name or column.heading: column for column in DEPARTMENTS.columns}
    trend, rate, rag, submitted = at["model.head.trend"], at["dept_rate"], at["dept_rag"], at["dept_submitted"]
    ws.set_row(row, SECTION_ROW)
    grid.cell(row, 1, 18, heading_text("model.block.departments", lang), PAGE_SECTION)
    link = f"go_{DEPARTMENTS.leads_to}"
    grid.cell(row, 19, GRID, "", PAGE_SECTION, name=DEPARTMENTS.more, link=link, align="right", font_size=BODY, bold=False)
    write_block(grid, row + 1, DEPARTMENTS.columns, DEPARTMENTS.rows, partial(jump, schema))
    first, last = row + 2, row + 1 + DEPARTMENTS.rows
    ws.set_row(row + 1, ONE_LINE)
    for n in range(DEPARTMENTS.rows):
        ws.set_row(first + n, ONE_LINE, None, {"hidden": n >= DEPARTMENTS_AT_FIRST})
    sparklines(ws, first, trend.first, DEPARTMENTS.rows)
    ws.conditional_format(first, rate.first, last, rate.last, {**DATA_BAR, "bar_color": BAR})
    for column in (at["dept_overdue"], at["dept_escalated"]):
        rule = {"type": "cell", "criteria": ">", "value": 0, "format": change(font_color=RED, bold=True)}
        ws.conditional_format(first, column.first, last, column.last, rule)
    words = [(submitted, "model.submitted.missing", RED), (submitted, "model.submitted.late_word", AMBER)]
    words += [(rag, f"model.rag.{light}", colour) for light, colour in LIGHTS]
    for column, key, colour in words:
        rule = {"type": "text", "criteria": "containing", "value": text(key, lang), "format": change(font_color=colour, bold=True)}
        ws.conditional_format(first, column.first, last, column.last, rule)
    ws.set_row(last + 1, GAP)
    return last + 2


def _band(grid: PageGrid, schema: Schema, row: int, blocks: Sequence[PageBlock]) -> int:
    if not blocks:
        return row
    ws, lang, rows = grid.ws, grid.styles.lang, max(b.rows for b in blocks)
    height = max(b.height for b in blocks)
    ws.set_row(row, SECTION_ROW)
    head = row + 1 + any(b.note for b in blocks)
    for line in range(row + 1, head + 1):
        ws.set_row(line, ONE_LINE)
    usual = max(b.usual for b in blocks) or rows
    for n in range(rows):
        ws.set_row(head + 1 + n, height, None, {"hidden": n >= usual})
    for b in blocks:
        split, link = b.last - 3, jump(schema, b.leads_to)
        grid.cell(row, b.first, split, heading_text(b.heading, lang), PAGE_SECTION)
        grid.cell(row, split + 1, b.last, "", PAGE_SECTION, name=b.more, link=link, align="right", font_size=BODY, bold=False)
        if b.note:
            grid.cell(row + 1, b.first, b.last, "", name=b.note)
        write_block(grid, head, b.columns, b.rows)
        for column in b.columns:
            _colours(grid, lang, column.look, head + 1, head + b.rows, column.first)
            if column.look == "day" and b.columns[0].look == "text":
                _past(grid, lang, head + 1, head + b.rows, column.first, b.columns[0].first)
    ws.set_row(head + 1 + rows, GAP)
    return head + 2 + rows


def _past(grid: PageGrid, lang: str, first: int, last: int, col: int, title: int) -> None:
    """A day that has passed is red where the title says so in a word."""
    mark, at = text("model.week.past", lang), f"${column_letters(title + 1)}{first + 1}"
    found = f'=RIGHT({at},{len(mark)})="{mark}"'
    grid.ws.conditional_format(
        first, col, last, col, {"type": "formula", "criteria": found, "format": grid.styles.change(font_color=RED, bold=True)}
    )


def _colours(grid: PageGrid, lang: str, look: str, first: int, last: int, col: int) -> None:
    """Lights and late days in their colours; a word or sign says the same."""
    ws, change = grid.ws, grid.styles.change
    if look == "days":
        for over, colour in ((7, RED), (0, AMBER)):
            rule = {"type": "cell", "criteria": ">", "value": over, "format": change(font_color=colour)}
            ws.conditional_format(first, col, last, col, rule)
    if look == "text":
        rule = {
            "type": "cell",
            "criteria": "==",
            "value": f'"{text("model.week.none_yet", lang)}"',
            "format": change(font_color=RED, bold=True),
        }
        ws.conditional_format(first, col, last, col, rule)
    if look == "rag":
        for light, colour in LIGHTS:
            rule = {"type": "text", "criteria": "containing", "value": text(f"model.rag.{light}", lang)}
            ws.conditional_format(first, col, last, col, {**rule, "format": change(font_color=colour)})
