"""The weekly sheet 周报 as a form: cards, native charts, sparklines, fixed blocks of preformatted rows, nothing filled in.

Every place that code fills is a workbook-level name `wk_*` (one cell, or one column of a block); `plan/weekly.py` writes there and
hides the rows a block does not need. Layout: LOOK.md, 24 equal columns between two thin margins, three bands of blocks.
The charts and sparklines read the hidden sheet `_feed`: a hidden sheet is plotted, hidden rows are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from collab_xl.catalogue import text
from collab_xl.engines.xlsx_data import DATA_BAR
from collab_xl.engines.xlsx_style import (
    ACCENT,
    AMBER,
    AMBER_PALE,
    CARD,
    GREEN,
    GREEN_PALE,
    INK,
    LINE,
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

WEEKS = 8
DEPARTMENTS, OVERDUE, ESCALATIONS, AHEAD, PLAN, PROBLEMS, DECISIONS = 30, 8, 6, 6, 8, 5, 5
KPIS = (
    ("open", "go_tasks", None),
    ("due_this_week", "go_tasks", None),
    ("overdue", "go_overdue", "down"),
    ("escalated", "go_escalations", "down"),
    ("finished_this_week", "go_tasks", "up"),
    ("open_problems", "go_problems", "down"),
)
"""Figure, where its card leads, and which direction is good."""
BUCKETS = ("1-3", "4-7", "8-14", "15+")
COLUMN = 8.3
FEED = "_feed"


@dataclass(frozen=True)
class Block:
    """One column of a block: `wk_<name>`, grid columns first to last (1 to 24), heading key, cell look."""

    name: str
    first: int
    last: int
    heading: str = ""
    look: tuple[tuple[str, Any], ...] = ()


def _b(name: str, first: int, last: int, heading: str = "", **look: Any) -> Block:
    return Block(name, first, last, heading, tuple(look.items()))


class Grid:
    """Writes merged cells on the 24-column grid and remembers the names of what code fills."""

    def __init__(self, ws: Worksheet, styles: Styles, names: dict[str, tuple[str, Area]], sheet: str) -> None:
        self.ws, self.styles, self.names, self.sheet = ws, styles, names, sheet

    def cell(
        self, row: int, first: int, last: int, value: str, *looks: Any, name: str = "", link: str = "", tip: str = "", **look: Any
    ) -> None:
        """One cell across grid columns; `link` is a defined name to jump to. Grid column 1 is sheet column B."""
        fmt = self.styles.cell(*looks, look)
        if last > first:
            self.ws.merge_range(row, first, row, last, value, fmt)
        elif value:
            self.ws.write_string(row, first, value, fmt)
        else:
            self.ws.write_blank(row, first, None, fmt)
        if link:
            self.ws.write_url(row, first, f"internal:{link}", fmt, value or " ", tip or None)
            if not value:
                self.ws.write_blank(row, first, None, fmt)
        if name:
            self.names[name] = (self.sheet, Area(row + 1, first + 1, row + 1, first + 1))

    def area(self, name: str, row: int, col: int, rows: int) -> None:
        self.names[name] = (self.sheet, Area(row + 1, col + 1, row + rows, col + 1))


def weekly_sheet(book: Workbook, ws: Worksheet, feed: Worksheet, styles: Styles, sheet: str) -> dict[str, tuple[str, Area]]:
    """Write the form. Returns the names `wk_*` with their areas."""
    lang, names = styles.lang, {}  # type: ignore[var-annotated]
    grid = Grid(ws, styles, names, sheet)
    ws.hide_gridlines(2)
    ws.set_column(0, 0, 1.2)
    ws.set_column(1, 24, COLUMN)
    ws.set_column(25, 25, 1.2)
    row = _head(grid, lang)
    row = _cards(grid, lang, row)
    row = _charts(book, grid, feed, row, names)
    row = _departments(grid, lang, row)
    row = _bands(grid, lang, row)
    ws.set_row(row, 6)
    ws.set_row(row + 1, 24)
    grid.cell(row + 1, 1, 24, "", name="wk_check", font_color=MUTED, font_size=8, text_wrap=True, valign="top")
    page(ws, text("sheet.weekly", lang), lang, fit_height=1)
    ws.print_area(0, 0, row + 1, 25)
    ws.set_first_sheet()
    return names


def _head(grid: Grid, lang: str) -> int:
    ws = grid.ws
    for row, height in enumerate((6, 28, 17, 5, 32, 6)):
        ws.set_row(row, height)
    grid.cell(1, 1, 14, text("sheet.weekly_title", lang), name="wk_title", font_size=18, bold=True)
    grid.cell(1, 15, 24, "", name="wk_period", align="right", font_color=MUTED)
    grid.cell(2, 1, 12, "", name="wk_subtitle", font_color=MUTED)
    grid.cell(2, 13, 24, "", name="wk_missing", align="right", font_color=AMBER)
    grid.cell(
        4, 1, 3, text("sheet.weekly_empty", lang), name="wk_rag", align="center", bold=True, font_size=15, font_color=WHITE, bg_color=MUTED
    )
    grid.cell(4, 4, 24, text("sheet.weekly_hint", lang), name="wk_reason", font_size=10, bg_color=CARD, text_wrap=True, indent=1)
    change = grid.styles.change
    for rag, fill, pale in (("red", RED, RED_PALE), ("amber", ORANGE, AMBER_PALE), ("green", GREEN, GREEN_PALE)):
        found = f'=ISNUMBER(SEARCH("{text(f"rag.{rag}", lang)}",$B$5))'
        ws.conditional_format(4, 1, 4, 3, {"type": "formula", "criteria": found, "format": change(bg_color=fill)})
        ws.conditional_format(4, 4, 4, 24, {"type": "formula", "criteria": found, "format": change(bg_color=pale)})
    ws.conditional_format(
        2, 13, 2, 24, {"type": "text", "criteria": "begins with", "value": text("week.all_in", lang), "format": change(font_color=GREEN)}
    )
    return 6


def _cards(grid: Grid, lang: str, row: int) -> int:
    ws, change = grid.ws, grid.styles.change
    for n, height in enumerate((17, 30, 17, 7)):
        ws.set_row(row + n, height)
    for n, (kpi, link, good) in enumerate(KPIS):
        first, last = 1 + 4 * n, 4 + 4 * n
        side = {"bg_color": CARD, "indent": 1, "align": "left"}
        bar = {"left": 5, "left_color": ACCENT}
        for offset, value, name, look in (
            (0, text(f"kpi.{kpi}", lang), "", {"font_color": MUTED, "valign": "bottom"}),
            (1, "", f"wk_kpi_{kpi}", {"font_size": 24, "bold": True, "num_format": "0"}),
            (2, "", f"wk_kpi_{kpi}_delta", {"font_color": MUTED, "font_size": 8.5, "valign": "top"}),
        ):
            # Merging gives the accent line to the first cell only; the last grid column stays free: cards stand apart.
            grid.cell(
                row + offset, first, last, value, side, bar, look, name=name, link=link if offset == 1 else "", tip=text("sheet.go", lang)
            )
        if kpi in {"overdue", "escalated"}:
            number = grid.names[f"wk_kpi_{kpi}"][1]
            formula = f"=AND(ISNUMBER(${_letters(number)}),${_letters(number)}>0)"
            ws.conditional_format(row + 1, first, row + 1, last, {"type": "formula", "criteria": formula, "format": change(font_color=RED)})
        if good:
            delta = f"${_letters(grid.names[f'wk_kpi_{kpi}_delta'][1])}"
            for arrow, colour in (("▲", GREEN if good == "up" else RED), ("▼", GREEN if good == "down" else RED)):
                formula = f'=ISNUMBER(SEARCH("{arrow}",{delta}))'
                ws.conditional_format(
                    row + 2, first, row + 2, last, {"type": "formula", "criteria": formula, "format": change(font_color=colour)}
                )
    return row + 4


def _letters(area: Area) -> str:
    from collab_xl.model.place import column_letters

    return f"{column_letters(area.first_col)}${area.first_row}"


def _charts(book: Workbook, grid: Grid, feed: Worksheet, row: int, names: dict[str, tuple[str, Area]]) -> int:
    ws, lang = grid.ws, grid.styles.lang
    ws.set_row(row, 19)
    grid.cell(row, 1, 12, text("sheet.progress", lang), SECTION)
    grid.cell(row, 14, 24, text("sheet.ageing", lang), SECTION)
    rows = 6
    for n in range(rows):
        ws.set_row(row + 1 + n, 18)
    _feed_sheet(feed, lang, names)
    muted = {"name": grid.styles.font, "size": 8, "color": MUTED}
    plain = {"line": {"none": True}, "major_tick_mark": "none", "minor_tick_mark": "none"}
    line = book.add_chart({"type": "line"})
    weeks = f"={FEED}!$A$3:$A${2 + WEEKS}"
    line.add_series({
        "name": f"={FEED}!$B$2", "categories": weeks, "values": f"={FEED}!$B$3:$B${2 + WEEKS}",
        "line": {"color": MUTED, "width": 1.5, "dash_type": "dash"},
    })  # fmt: skip
    line.add_series({
        "name": f"={FEED}!$C$2", "categories": weeks, "values": f"={FEED}!$C$3:$C${2 + WEEKS}",
        "line": {"color": ACCENT, "width": 2.5},
        "marker": {"type": "circle", "size": 5, "fill": {"color": ACCENT}, "border": {"color": ACCENT}},
        "data_labels": {"value": True, "position": "above", "font": {**muted, "bold": True, "color": ACCENT, "size": 9}, "custom": [{"delete": True}] * (WEEKS - 1)},
    })  # fmt: skip
    line.set_legend({"position": "top", "font": muted})
    line.set_x_axis({**plain, "num_font": muted, "line": {"color": LINE}})
    line.set_y_axis(
        {
            **plain,
            "num_font": muted,
            "min": 0,
            "num_format": "0",
            "major_gridlines": {"visible": True, "line": {"color": LINE, "width": 0.5}},
        }
    )
    bars = book.add_chart({"type": "bar"})
    shades = (AMBER_BAR, ORANGE, RED, DARK_RED)
    bars.add_series({
        "name": f"={FEED}!$F$2", "categories": f"={FEED}!$E$3:$E${2 + len(BUCKETS)}", "values": f"={FEED}!$F$3:$F${2 + len(BUCKETS)}",
        "gap": 45, "points": [{"fill": {"color": c}} for c in shades],
        "data_labels": {"value": True, "num_format": "0", "font": {"name": grid.styles.font, "size": 9, "bold": True, "color": INK}},
    })  # fmt: skip
    bars.set_legend({"none": True})
    bars.set_y_axis({**plain, "reverse": True, "num_font": muted, "major_gridlines": {"visible": False}})
    bars.set_x_axis({"visible": False, "min": 0, "major_gridlines": {"visible": False}})
    unit = 63
    for chart, first, width, tip in ((line, 1, 12, "sheet.progress"), (bars, 14, 11, "sheet.ageing")):
        chart.show_hidden_data()
        chart.set_title({"none": True})
        chart.set_chartarea({"border": {"none": True}, "fill": {"none": True}})
        chart.set_plotarea({"fill": {"none": True}})
        chart.set_size({"width": width * unit - 4, "height": rows * 24 - 4})
        ws.insert_chart(row + 1, first, chart, {"x_offset": 2, "y_offset": 2, "object_position": 1, "description": text(tip, lang)})
    ws.set_row(row + 1 + rows, 4)
    return row + 2 + rows


AMBER_BAR, DARK_RED = ORANGE, RED


def _feed_sheet(feed: Worksheet, lang: str, names: dict[str, tuple[str, Area]]) -> None:
    """What the charts read: A to C progress by week, E and F ageing, H to O overdue by department and week."""
    feed.write_string(0, 0, text("sheet.feed", lang))
    for col, key in (
        (0, "sheet.week"),
        (1, "sheet.planned"),
        (2, "sheet.actual"),
        (4, "sheet.ageing"),
        (5, "kpi.overdue"),
        (7, "sheet.trend"),
    ):
        feed.write_string(1, col, text(key, lang))
    for n, bucket in enumerate(BUCKETS):
        feed.write_string(2 + n, 4, text(f"bucket.{bucket}", lang))
    for col, name in enumerate(("week", "planned", "actual")):
        names[f"wk_feed_{name}"] = (FEED, Area(3, col + 1, 2 + WEEKS, col + 1))
    names["wk_feed_ageing"] = (FEED, Area(3, 6, 2 + len(BUCKETS), 6))
    names["wk_feed_trend"] = (FEED, Area(3, 8, 2 + DEPARTMENTS, 7 + WEEKS))
    feed.hide()


def _departments(grid: Grid, lang: str, row: int) -> int:
    ws, change = grid.ws, grid.styles.change
    ws.set_row(row, 19)
    grid.cell(row, 1, 18, text("sheet.departments", lang), SECTION)
    grid.cell(row, 19, 24, "", SECTION, name="wk_dept_more", link="go_departments", align="right", font_size=8.5, bold=False)
    blocks = (
        _b("dept_name", 1, 3, "department", bold=True),
        _b("dept_liaison", 4, 5, "liaison", font_color=MUTED),
        _b("dept_submitted", 6, 8, "submitted", align="center"),
        _b("dept_open", 9, 10, "open", align="center", num_format="0"),
        _b("dept_overdue", 11, 12, "overdue", align="center", num_format="0"),
        _b("dept_escalated", 13, 14, "escalated", align="center", num_format="0"),
        _b("dept_rate", 15, 18, "rate", align="right", num_format="0%", indent=1),
        _b("dept_trend", 19, 22, "trend", align="center"),
        _b("dept_rag", 23, 24, "rag", align="center", bold=True),
    )
    first = row + 2
    _block(grid, lang, row + 1, blocks, DEPARTMENTS, 17)
    last = first + DEPARTMENTS - 1
    for n in range(DEPARTMENTS):
        ws.add_sparkline(first + n, 19, {
            "range": f"{FEED}!$H${3 + n}:$O${3 + n}", "type": "column", "series_color": MUTED, "last_point": True, "last_color": RED,
            "min": 0, "show_hidden": True,
        })  # fmt: skip
    del grid.names["wk_dept_trend"]
    ws.conditional_format(first, 15, last, 18, DATA_BAR)
    for col in (11, 13):
        ws.conditional_format(
            first, col, last, col + 1, {"type": "cell", "criteria": ">", "value": 0, "format": change(font_color=RED, bold=True)}
        )
    for key, colour in (("submitted.missing", RED), ("submitted.late_word", AMBER)):
        rule = {"type": "text", "criteria": "containing", "value": text(key, lang), "format": change(font_color=colour, bold=True)}
        ws.conditional_format(first, 6, last, 8, rule)
    _rag(grid, first, 23, last, 24)
    ws.set_row(last + 1, 6)
    return last + 2


def _rag(grid: Grid, first: int, left: int, last: int, right: int) -> None:
    for rag, colour in (("red", RED), ("amber", AMBER), ("green", GREEN)):
        rule = {"type": "text", "criteria": "containing", "value": text(f"rag.{rag}", grid.styles.lang)}
        grid.ws.conditional_format(first, left, last, right, {**rule, "format": grid.styles.change(font_color=colour)})


def _block(grid: Grid, lang: str, row: int, blocks: tuple[Block, ...], rows: int, height: float, *, set_height: bool = True) -> None:
    """Column headings in `row`, then `rows` preformatted rows; each column becomes the name `wk_<name>`."""
    line = {"bottom": 1, "bottom_color": LINE}
    for b in blocks:
        look = dict(b.look)
        align = look.get("align", "left")
        grid.cell(
            row,
            b.first,
            b.last,
            text(f"head.{b.heading}", lang) if b.heading else "",
            line,
            font_color=MUTED,
            font_size=8,
            align=align,
            indent=look.get("indent", 0),
        )
        for n in range(rows):
            grid.cell(row + 1 + n, b.first, b.last, "", line, look)
        grid.area(f"wk_{b.name}", row + 1, b.first, rows)
    if set_height:
        grid.ws.set_row(row, 15)
        for n in range(rows):
            grid.ws.set_row(row + 1 + n, height)


def _bands(grid: Grid, lang: str, row: int) -> int:
    """Two bands of three blocks: overdue, escalations, next week; plan against actual, problems, decisions."""
    ws, change = grid.ws, grid.styles.change
    unit = "0" + text("sheet.days_unit", lang)
    two = {"text_wrap": True, "font_size": 8.5}
    bands = (
        (OVERDUE, (
            ("overdue", "go_overdue", 1, 12, OVERDUE, (
                _b("overdue_task", 1, 4, "task", bold=True, **two), _b("overdue_who", 5, 6, "who", font_color=MUTED, **two),
                _b("overdue_end", 7, 7, "end", align="center", num_format="mm-dd"), _b("overdue_days", 8, 8, "days", align="center", bold=True, num_format=unit),
                _b("overdue_why", 9, 12, "why", **{**two, "font_size": 8}),
            )),
            ("escalations", "go_escalations", 14, 18, ESCALATIONS, (_b("esc_text", 14, 18, "escalation", **two),)),
            ("ahead", "go_tasks", 20, 24, AHEAD, (_b("ahead_day", 20, 20, "day", bold=True, font_size=8.5), _b("ahead_text", 21, 24, "ahead", **two))),
        )),
        (PLAN, (
            ("plan", "go_tasks", 1, 11, PLAN, (
                _b("plan_task", 1, 4, "planned", bold=True, **two), _b("plan_actual", 5, 7, "actual", **two), _b("plan_why", 8, 11, "plan_why", **{**two, "font_size": 8}),
            )),
            ("problems", "go_problems", 13, 18, PROBLEMS, (
                _b("problem_text", 13, 17, "problem", **two), _b("problem_age", 18, 18, "age", align="center", bold=True, num_format=unit),
            )),
            ("decisions", "go_conflicts", 20, 24, DECISIONS, (_b("decision_text", 20, 24, "decision", **two),)),
        )),
    )  # fmt: skip
    for rows, blocks in bands:
        ws.set_row(row, 19)
        ws.set_row(row + 1, 15)
        for n in range(rows):
            ws.set_row(row + 2 + n, 25)
        for name, link, first, last, count, cols in blocks:
            split = last - 1 if last - first < 6 else last - 2
            grid.cell(row, first, split, text(f"block.{name}", lang), SECTION)
            grid.cell(row, split + 1, last, "", SECTION, name=f"wk_{name}_more", link=link, align="right", font_size=8, bold=False)
            _block(grid, lang, row + 1, cols, count, 25, set_height=False)
        ws.set_row(row + 2 + rows, 6)
        row += 3 + rows
    days = grid.names["wk_overdue_days"][1]
    for over, colour in ((7, RED), (0, AMBER)):
        rule = {"type": "cell", "criteria": ">", "value": over, "format": change(font_color=colour)}
        ws.conditional_format(days.first_row - 1, 8, days.last_row - 1, 8, rule)
    return row
