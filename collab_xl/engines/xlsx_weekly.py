"""The weekly sheet 周报 as a form: cards, native charts, sparklines, fixed blocks of preformatted rows, nothing filled in.

Every place that code fills is a workbook-level name `wk_*` (one cell, or one column of a block); `plan/weekly.py` writes there and
hides the rows a block does not need. Layout: LOOK.md, 24 equal columns between two thin margins, three bands of blocks.
"""

from __future__ import annotations

from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from collab_xl.catalogue import text
from collab_xl.engines.xlsx_charts import charts, feed_sheet, sparklines
from collab_xl.engines.xlsx_data import DATA_BAR
from collab_xl.engines.xlsx_grid import COLUMN_WIDTH, Block, Grid, block, write_block
from collab_xl.engines.xlsx_style import (
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
from collab_xl.engines.xlsx_table import page
from collab_xl.model.place import Area

DEPARTMENTS, OVERDUE, ESCALATIONS, AHEAD, PLAN, PROBLEMS, DECISIONS = 30, 8, 6, 6, 8, 5, 5
DEPARTMENTS_AT_FIRST = 6
"""Rows shown before the first report; `week` shows as many as there are departments."""
KPIS = (
    ("open", "go_tasks", None),
    ("due_this_week", "go_tasks", None),
    ("overdue", "go_overdue", "down"),
    ("escalated", "go_escalations", "down"),
    ("finished_this_week", "go_tasks", "up"),
    ("open_problems", "go_problems", "down"),
)
"""Figure, where its card leads, and which direction is good."""
CHART_ROWS, CHART_ROW = 6, 18


def weekly_sheet(book: Workbook, ws: Worksheet, feed: Worksheet, styles: Styles, sheet: str, project: str) -> dict[str, tuple[str, Area]]:
    """Write the form. Returns the names `wk_*` with their areas."""
    lang = styles.lang
    grid = Grid(ws, styles, feed_sheet(feed, lang, DEPARTMENTS), sheet)
    ws.hide_gridlines(2)
    ws.set_column(0, 0, 1.2)
    ws.set_column(1, 24, COLUMN_WIDTH)
    ws.set_column(25, 25, 1.2)
    row = _head(grid, lang, project)
    row = _cards(grid, lang, row)
    row = _charts(book, grid, lang, row)
    row = _departments(grid, lang, row)
    for rows, blocks in _bands(lang):
        row = _band(grid, lang, row, rows, blocks)
    days = grid.names["wk_overdue_days"][1]
    for over, colour in ((7, RED), (0, AMBER)):
        rule = {"type": "cell", "criteria": ">", "value": over, "format": styles.change(font_color=colour)}
        ws.conditional_format(days.first_row - 1, days.first_col - 1, days.last_row - 1, days.first_col - 1, rule)
    ws.set_row(row, 6)
    ws.set_row(row + 1, 24)
    grid.cell(row + 1, 1, 24, "", name="wk_check", font_color=MUTED, font_size=8, text_wrap=True, valign="top")
    page(ws, text("sheet.weekly", lang), lang, fit_height=1)
    ws.set_start_page(1)
    ws.print_area(0, 0, row + 1, 25)
    return grid.names


def _head(grid: Grid, lang: str, project: str) -> int:
    ws, change = grid.ws, grid.styles.change
    for row, height in enumerate((6, 28, 17, 5, 32, 6)):
        ws.set_row(row, height)
    title = text("sheet.weekly_title", lang)
    grid.cell(1, 1, 14, f"{project} · {title}" if project else title, name="wk_title", font_size=18, bold=True)
    grid.cell(1, 15, 24, "", name="wk_period", align="right", font_color=MUTED)
    grid.cell(2, 1, 12, "", name="wk_subtitle", font_color=MUTED)
    grid.cell(2, 13, 24, "", name="wk_missing", align="right", font_color=AMBER)
    badge = {"align": "center", "bold": True, "font_size": 15, "font_color": WHITE, "bg_color": MUTED}
    grid.cell(4, 1, 3, text("sheet.weekly_empty", lang), badge, name="wk_rag")
    grid.cell(4, 4, 24, text("sheet.weekly_hint", lang), name="wk_reason", font_size=10, bg_color=CARD, text_wrap=True, indent=1)
    for rag, fill, pale in (("red", RED, RED_PALE), ("amber", ORANGE, AMBER_PALE), ("green", GREEN, GREEN_PALE)):
        found = f'=ISNUMBER(SEARCH("{text(f"rag.{rag}", lang)}",{grid.anchor("wk_rag")}))'
        ws.conditional_format(4, 1, 4, 3, {"type": "formula", "criteria": found, "format": change(bg_color=fill)})
        ws.conditional_format(4, 4, 4, 24, {"type": "formula", "criteria": found, "format": change(bg_color=pale)})
    all_in = {"type": "text", "criteria": "begins with", "value": text("week.all_in", lang), "format": change(font_color=GREEN)}
    ws.conditional_format(2, 13, 2, 24, all_in)
    return 6


def _cards(grid: Grid, lang: str, row: int) -> int:
    """Six cards of four columns, each with an accent line at its left."""
    ws, change = grid.ws, grid.styles.change
    for n, height in enumerate((18, 30, 17, 7)):
        ws.set_row(row + n, height)
    card = {"bg_color": CARD, "indent": 1, "align": "left", "left": 5, "left_color": ACCENT}
    for n, (kpi, link, good) in enumerate(KPIS):
        first, last = 1 + 4 * n, 4 + 4 * n
        name, tip = f"wk_kpi_{kpi}", text("sheet.go", lang)
        grid.cell(row, first, last, text(f"kpi.{kpi}", lang), card, font_color=MUTED)
        grid.cell(row + 1, first, last, "", card, name=name, link=link, tip=tip, font_size=24, bold=True, num_format="0")
        grid.cell(row + 2, first, last, "", card, name=f"{name}_delta", font_color=MUTED, font_size=8.5, valign="top")
        if kpi in {"overdue", "escalated"}:
            formula = f"=AND(ISNUMBER({grid.anchor(name)}),{grid.anchor(name)}>0)"
            ws.conditional_format(row + 1, first, row + 1, last, {"type": "formula", "criteria": formula, "format": change(font_color=RED)})
        if good:
            for arrow, colour in (("▲", GREEN if good == "up" else RED), ("▼", GREEN if good == "down" else RED)):
                formula = f'=ISNUMBER(SEARCH("{arrow}",{grid.anchor(f"{name}_delta")}))'
                rule = {"type": "formula", "criteria": formula, "format": change(font_color=colour)}
                ws.conditional_format(row + 2, first, row + 2, last, rule)
    return row + 4


def _charts(book: Workbook, grid: Grid, lang: str, row: int) -> int:
    grid.ws.set_row(row, 19)
    grid.cell(row, 1, 12, text("sheet.progress", lang), SECTION)
    grid.cell(row, 14, 24, text("sheet.ageing", lang), SECTION)
    for n in range(CHART_ROWS):
        grid.ws.set_row(row + 1 + n, CHART_ROW)
    charts(book, grid, row + 1, CHART_ROWS, CHART_ROW * 4 // 3)
    grid.ws.set_row(row + 1 + CHART_ROWS, 4)
    return row + 2 + CHART_ROWS


def _departments(grid: Grid, lang: str, row: int) -> int:
    ws, change = grid.ws, grid.styles.change
    count = {"align": "center", "num_format": "0"}
    columns = (
        block("dept_name", 1, 3, "department", bold=True),
        block("dept_liaison", 4, 5, "liaison", font_color=MUTED),
        block("dept_submitted", 6, 8, "submitted", align="center"),
        block("dept_open", 9, 10, "open", **count),
        block("dept_overdue", 11, 12, "overdue", **count),
        block("dept_escalated", 13, 14, "escalated", **count),
        block("dept_rate", 15, 18, "rate", align="right", num_format="0%", indent=1),
        block("", 19, 19, ""),
        block("", 20, 22, "trend"),
        block("dept_rag", 23, 24, "rag", align="center", bold=True),
    )
    ws.set_row(row, 19)
    grid.cell(row, 1, 18, text("sheet.departments", lang), SECTION)
    grid.cell(row, 19, 24, "", SECTION, name="wk_dept_more", link="go_departments", align="right", font_size=8.5, bold=False)
    write_block(grid, row + 1, columns, DEPARTMENTS)
    first, last = row + 2, row + 1 + DEPARTMENTS
    ws.set_row(row + 1, 15)
    for n in range(DEPARTMENTS):
        ws.set_row(first + n, 17, None, {"hidden": n >= DEPARTMENTS_AT_FIRST})
    sparklines(ws, first, 20, DEPARTMENTS)
    ws.conditional_format(first, 15, last, 18, {**DATA_BAR, "bar_color": BAR})
    for col in (11, 13):
        rule = {"type": "cell", "criteria": ">", "value": 0, "format": change(font_color=RED, bold=True)}
        ws.conditional_format(first, col, last, col + 1, rule)
    words = [(6, 8, "submitted.missing", RED), (6, 8, "submitted.late_word", AMBER)]
    words += [(23, 24, f"rag.{rag}", colour) for rag, colour in (("red", RED), ("amber", AMBER), ("green", GREEN))]
    for left, right, key, colour in words:
        rule = {"type": "text", "criteria": "containing", "value": text(key, lang), "format": change(font_color=colour, bold=True)}
        ws.conditional_format(first, left, last, right, rule)
    ws.set_row(last + 1, 6)
    return last + 2


Side = tuple[str, str, int, int, int, tuple[Block, ...]]
"""Block, where its heading leads, first and last grid column, rows, columns."""


def _bands(lang: str) -> tuple[tuple[int, tuple[Side, ...]], ...]:
    """Two bands of three blocks: overdue, escalations, next week; plan against actual, problems, decisions."""
    two: dict[str, Any] = {"text_wrap": True, "font_size": 8.5}
    small: dict[str, Any] = {**two, "font_size": 8}
    days = {"align": "center", "bold": True, "num_format": "0" + text("sheet.days_unit", lang)}
    overdue = (
        block("overdue_task", 1, 4, "task", bold=True, **two),
        block("overdue_who", 5, 6, "who", font_color=MUTED, **two),
        block("overdue_end", 7, 7, "end", align="center", num_format="mm-dd"),
        block("overdue_days", 8, 8, "days", **days),
        block("overdue_why", 9, 12, "why", **small),
    )
    ahead = (block("ahead_day", 20, 20, "day", bold=True, font_size=8.5), block("ahead_text", 21, 24, "ahead", **two))
    plan = (
        block("plan_task", 1, 4, "planned", bold=True, **two),
        block("plan_actual", 5, 8, "actual", **two),
        block("plan_why", 9, 12, "plan_why", **small),
    )
    problems = (block("problem_text", 14, 17, "problem", **two), block("problem_age", 18, 18, "age", **days))
    return (
        (
            OVERDUE,
            (
                ("overdue", "go_overdue", 1, 12, OVERDUE, overdue),
                ("escalations", "go_escalations", 14, 18, ESCALATIONS, (block("esc_text", 14, 18, "escalation", **two),)),
                ("ahead", "go_tasks", 20, 24, AHEAD, ahead),
            ),
        ),
        (
            PLAN,
            (
                ("plan", "go_tasks", 1, 12, PLAN, plan),
                ("problems", "go_problems", 14, 18, PROBLEMS, problems),
                ("decisions", "go_conflicts", 20, 24, DECISIONS, (block("decision_text", 20, 24, "decision", **two),)),
            ),
        ),
    )


def _band(grid: Grid, lang: str, row: int, rows: int, blocks: tuple[Side, ...]) -> int:
    ws = grid.ws
    ws.set_row(row, 19)
    ws.set_row(row + 1, 15)
    for n in range(rows):
        ws.set_row(row + 2 + n, 25)
    for name, link, first, last, count, columns in blocks:
        split = last - 2
        grid.cell(row, first, split, text(f"block.{name}", lang), SECTION)
        grid.cell(row, split + 1, last, "", SECTION, name=f"wk_{name}_more", link=link, align="right", font_size=8, bold=False)
        write_block(grid, row + 1, columns, count)
    ws.set_row(row + 2 + rows, 6)
    return row + 3 + rows
