"""The empty weekly sheet 周报: cards, native charts, sparklines, and fixed blocks of formatted rows.

Every cell that code fills has a workbook-level name `wk_*` (one cell, or one column of a block); `plan/weekly.py` writes there and hides
the rows that a block does not need. The layout is data: `model/report_pages.py`, and `forms/blocks.py` for the forms' own blocks.
"""

from __future__ import annotations

from collections.abc import Sequence

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from collab_xl.build.charts import charts, feed_sheet, sparklines
from collab_xl.build.data_sheet import DATA_BAR
from collab_xl.build.grid import COLUMN_WIDTH, PageGrid, heading_text, write_block
from collab_xl.build.style import (
    ACCENT,
    AMBER,
    AMBER_PALE,
    BAR,
    CARD,
    GREEN,
    GREEN_PALE,
    MUTED,
    ORANGE,
    RED,
    RED_PALE,
    SECTION,
    WHITE,
    Styles,
)
from collab_xl.build.table import page
from collab_xl.catalogue import text
from collab_xl.forms import Schema
from collab_xl.forms.blocks import form_bands, has_part, jump
from collab_xl.model.place import Area
from collab_xl.model.report_pages import BANDS, DEPARTMENTS, GRID, KPIS, PageBlock

DEPARTMENTS_AT_FIRST = 6
"""Rows shown before the first report; `week` shows one row per department."""
CHART_ROWS, CHART_ROW = 6, 18


def weekly_sheet(
    book: Workbook, ws: Worksheet, feed: Worksheet, styles: Styles, sheet: str, project: str, schema: Schema
) -> dict[str, tuple[str, Area]]:
    """Write the sheet. Returns the names `wk_*` with their areas."""
    lang = styles.lang
    grid = PageGrid(ws, styles, feed_sheet(feed, lang, DEPARTMENTS.rows), sheet)
    ws.hide_gridlines(2)
    ws.set_column(0, 0, 1.2)
    ws.set_column(1, 24, COLUMN_WIDTH)
    ws.set_column(25, 25, 1.2)
    row = _head(grid, lang, project)
    row = _cards(grid, schema, row)
    row = _charts(book, grid, lang, row)
    row = _departments(grid, lang, row)
    for blocks in (*BANDS, *form_bands(schema)):
        row = _band(grid, schema, row, [b for b in blocks if has_part(schema, b.part)])
    days = grid.names["wk_overdue_days"][1]
    for over, colour in ((7, RED), (0, AMBER)):
        rule = {"type": "cell", "criteria": ">", "value": over, "format": styles.change(font_color=colour)}
        ws.conditional_format(days.first_row - 1, days.first_col - 1, days.last_row - 1, days.first_col - 1, rule)
    ws.set_row(row, 6)
    ws.set_row(row + 1, 24)
    grid.cell(row + 1, 1, 24, "", name="wk_check", font_color=MUTED, font_size=8, text_wrap=True, valign="top")
    page(ws, text("build.sheet.weekly", lang), lang, fit_height=1)
    ws.set_start_page(1)
    ws.print_area(0, 0, row + 1, 25)
    return grid.names


def _head(grid: PageGrid, lang: str, project: str) -> int:
    ws, change = grid.ws, grid.styles.change
    for row, height in enumerate((6, 28, 17, 5, 32, 6)):
        ws.set_row(row, height)
    title = text("model.sheet.weekly_title", lang)
    grid.cell(1, 1, 14, f"{project} · {title}" if project else title, name="wk_title", font_size=18, bold=True)
    grid.cell(1, 15, 24, "", name="wk_period", align="right", font_color=MUTED)
    grid.cell(2, 1, 12, "", name="wk_subtitle", font_color=MUTED)
    grid.cell(2, 13, 24, "", name="wk_missing", align="right", font_color=AMBER)
    badge = {"align": "center", "bold": True, "font_size": 15, "font_color": WHITE, "bg_color": MUTED}
    grid.cell(4, 1, 3, text("build.sheet.weekly_empty", lang), badge, name="wk_rag")
    grid.cell(4, 4, 24, text("build.sheet.weekly_hint", lang), name="wk_reason", font_size=10, bg_color=CARD, text_wrap=True, indent=1)
    for rag, fill, pale in (("red", RED, RED_PALE), ("amber", ORANGE, AMBER_PALE), ("green", GREEN, GREEN_PALE)):
        found = f'=ISNUMBER(SEARCH("{text(f"model.rag.{rag}", lang)}",{grid.anchor("wk_rag")}))'
        ws.conditional_format(4, 1, 4, 3, {"type": "formula", "criteria": found, "format": change(bg_color=fill)})
        ws.conditional_format(4, 4, 4, 24, {"type": "formula", "criteria": found, "format": change(bg_color=pale)})
    all_in = {"type": "text", "criteria": "begins with", "value": text("model.week.all_in", lang), "format": change(font_color=GREEN)}
    ws.conditional_format(2, 13, 2, 24, all_in)
    return 6


def _cards(grid: PageGrid, schema: Schema, row: int) -> int:
    """Six cards of four columns, each with a coloured line on its left."""
    ws, change, lang = grid.ws, grid.styles.change, grid.styles.lang
    for n, height in enumerate((18, 30, 17, 7)):
        ws.set_row(row + n, height)
    card = {"bg_color": CARD, "indent": 1, "align": "left", "left": 5, "left_color": ACCENT}
    for n, kpi in enumerate(KPIS):
        first, last = 1 + 4 * n, 4 + 4 * n
        name, tip, link = f"wk_kpi_{kpi.id}", text("build.sheet.go", lang), jump(schema, kpi.leads_to)
        grid.cell(row, first, last, text(f"build.kpi.{kpi.id}", lang), card, font_color=MUTED)
        grid.cell(row + 1, first, last, "", card, name=name, link=link, tip=tip, font_size=24, bold=True, num_format="0")
        grid.cell(row + 2, first, last, "", card, name=f"{name}_delta", font_color=MUTED, font_size=8.5, valign="top")
        if kpi.alarm:
            formula = f"=AND(ISNUMBER({grid.anchor(name)}),{grid.anchor(name)}>0)"
            ws.conditional_format(row + 1, first, row + 1, last, {"type": "formula", "criteria": formula, "format": change(font_color=RED)})
        if kpi.good:
            for arrow, colour in (("▲", GREEN if kpi.good == "up" else RED), ("▼", GREEN if kpi.good == "down" else RED)):
                formula = f'=ISNUMBER(SEARCH("{arrow}",{grid.anchor(f"{name}_delta")}))'
                rule = {"type": "formula", "criteria": formula, "format": change(font_color=colour)}
                ws.conditional_format(row + 2, first, row + 2, last, rule)
    return row + 4


def _charts(book: Workbook, grid: PageGrid, lang: str, row: int) -> int:
    grid.ws.set_row(row, 19)
    grid.cell(row, 1, 12, text("build.sheet.progress", lang), SECTION)
    grid.cell(row, 14, 24, text("build.sheet.ageing", lang), SECTION)
    for n in range(CHART_ROWS):
        grid.ws.set_row(row + 1 + n, CHART_ROW)
    charts(book, grid, row + 1, CHART_ROWS, CHART_ROW * 4 // 3)
    grid.ws.set_row(row + 1 + CHART_ROWS, 4)
    return row + 2 + CHART_ROWS


def _departments(grid: PageGrid, lang: str, row: int) -> int:
    ws, change = grid.ws, grid.styles.change
    at = {column.name or column.heading: column for column in DEPARTMENTS.columns}
    trend, rate, rag, submitted = at["model.head.trend"], at["dept_rate"], at["dept_rag"], at["dept_submitted"]
    ws.set_row(row, 19)
    grid.cell(row, 1, 18, heading_text(DEPARTMENTS.heading, lang), SECTION)
    link = f"go_{DEPARTMENTS.leads_to}"
    grid.cell(row, 19, GRID, "", SECTION, name=DEPARTMENTS.more, link=link, align="right", font_size=8.5, bold=False)
    write_block(grid, row + 1, DEPARTMENTS.columns, DEPARTMENTS.rows)
    first, last = row + 2, row + 1 + DEPARTMENTS.rows
    ws.set_row(row + 1, 15)
    for n in range(DEPARTMENTS.rows):
        ws.set_row(first + n, 17, None, {"hidden": n >= DEPARTMENTS_AT_FIRST})
    sparklines(ws, first, trend.first, DEPARTMENTS.rows)
    ws.conditional_format(first, rate.first, last, rate.last, {**DATA_BAR, "bar_color": BAR})
    for column in (at["dept_overdue"], at["dept_escalated"]):
        rule = {"type": "cell", "criteria": ">", "value": 0, "format": change(font_color=RED, bold=True)}
        ws.conditional_format(first, column.first, last, column.last, rule)
    words = [(submitted, "model.submitted.missing", RED), (submitted, "model.submitted.late_word", AMBER)]
    words += [(rag, f"model.rag.{light}", colour) for light, colour in (("red", RED), ("amber", AMBER), ("green", GREEN))]
    for column, key, colour in words:
        rule = {"type": "text", "criteria": "containing", "value": text(key, lang), "format": change(font_color=colour, bold=True)}
        ws.conditional_format(first, column.first, last, column.last, rule)
    ws.set_row(last + 1, 6)
    return last + 2


def _band(grid: PageGrid, schema: Schema, row: int, blocks: Sequence[PageBlock]) -> int:
    if not blocks:
        return row
    ws, lang, rows = grid.ws, grid.styles.lang, max(b.rows for b in blocks)
    ws.set_row(row, 19)
    ws.set_row(row + 1, 15)
    for n in range(rows):
        ws.set_row(row + 2 + n, 25)
    for b in blocks:
        split, link = b.last - 2, jump(schema, b.leads_to)
        grid.cell(row, b.first, split, heading_text(b.heading, lang), SECTION)
        grid.cell(row, split + 1, b.last, "", SECTION, name=b.more, link=link, align="right", font_size=8, bold=False)
        write_block(grid, row + 1, b.columns, b.rows)
    ws.set_row(row + 2 + rows, 6)
    return row + 3 + rows
