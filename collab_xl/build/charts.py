"""The native charts and sparklines of the weekly sheet, and the hidden sheet `_feed` with their data.

Excel plots data of a hidden sheet but not of hidden rows, so the rows of the feed are never hidden.
"""

from __future__ import annotations

from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from collab_xl.build.grid import PageGrid
from collab_xl.build.style import ACCENT, BAR, INK, LINE, MUTED, ORANGE, ORANGE_LIGHT, RED, RED_DARK
from collab_xl.catalogue import text
from collab_xl.model.place import Area
from collab_xl.model.report_pages import BODY, COLUMN_PIXELS, WEEKS
from collab_xl.rules.lateness import BUCKETS

FEED = "_feed"
SHADES = (ORANGE_LIGHT, ORANGE, RED, RED_DARK)
FIRST = 3
"""First row with data, counted from 1; the headings are above it."""
NO_AXIS_MARKS = {"major_tick_mark": "none", "minor_tick_mark": "none"}


FEED_LINES = 30
"""Departments for whose trends the feed has room: more than the page shows."""


def feed_sheet(feed: Worksheet, lang: str) -> dict[str, tuple[str, Area]]:
    """Columns A to C: progress by week; E and F: ageing; H to O: overdue by department and week. Returns the names of the filled ranges."""
    feed.write_string(0, 0, text("build.sheet.feed", lang))
    headings = (
        (0, "build.sheet.week"),
        (1, "build.sheet.planned"),
        (2, "build.sheet.actual"),
        (4, "build.sheet.ageing"),
        (5, "build.kpi.overdue"),
        (7, "build.sheet.trend"),
    )
    for col, key in headings:
        feed.write_string(FIRST - 2, col, text(key, lang))
    for n, (bucket, _) in enumerate(BUCKETS):
        feed.write_string(FIRST - 1 + n, 4, text(f"build.bucket.{bucket}", lang))
    feed.hide()
    names = {
        f"wk_feed_{name}": (FEED, Area(FIRST, col, FIRST + WEEKS - 1, col)) for col, name in enumerate(("week", "planned", "actual"), 1)
    }
    names["wk_feed_ageing"] = (FEED, Area(FIRST, 6, FIRST + len(BUCKETS) - 1, 6))
    names["wk_feed_trend"] = (FEED, Area(FIRST, 8, FIRST + FEED_LINES - 1, 7 + WEEKS))
    return names


def charts(book: Workbook, grid: PageGrid, row: int, rows: int, row_pixels: int) -> None:
    """Planned and actual progress on the left twelve columns, ageing on the right eleven, over `rows` rows from `row`."""
    font = {"name": grid.styles.font, "size": BODY, "color": MUTED}
    for chart, first, columns, tip in (
        (_progress(book, font), 1, 12, "build.sheet.progress"),
        (_ageing(book, font), 14, 11, "build.sheet.ageing"),
    ):
        chart.show_hidden_data()
        chart.set_title({"none": True})
        chart.set_chartarea({"border": {"none": True}, "fill": {"none": True}})
        chart.set_plotarea({"fill": {"none": True}})
        chart.set_size({"width": columns * COLUMN_PIXELS - 4, "height": rows * row_pixels - 4})
        options = {"x_offset": 2, "y_offset": 2, "object_position": 1, "description": text(tip, grid.styles.lang)}
        grid.ws.insert_chart(row, first, chart, options)


def _progress(book: Workbook, font: dict[str, Any]) -> Any:
    chart = book.add_chart({"type": "line"})
    last = FIRST + WEEKS - 1
    weeks = f"={FEED}!$A${FIRST}:$A${last}"
    chart.add_series(
        {
            "name": f"={FEED}!$B${FIRST - 1}",
            "categories": weeks,
            "values": f"={FEED}!$B${FIRST}:$B${last}",
            "line": {"color": MUTED, "width": 1.5, "dash_type": "dash"},
        }
    )
    chart.add_series(
        {
            "name": f"={FEED}!$C${FIRST - 1}",
            "categories": weeks,
            "values": f"={FEED}!$C${FIRST}:$C${last}",
            "line": {"color": ACCENT, "width": 2.5},
            "marker": {"type": "circle", "size": 5, "fill": {"color": ACCENT}, "border": {"color": ACCENT}},
            "data_labels": {
                "value": True,
                "position": "right",
                "font": {**font, "bold": True, "color": ACCENT},
                "custom": [{"delete": True}] * (WEEKS - 1),
            },
        }
    )
    chart.set_legend({"position": "right", "font": font})
    chart.set_x_axis({**NO_AXIS_MARKS, "num_font": font, "line": {"color": LINE}})
    gridlines = {"visible": True, "line": {"color": LINE, "width": 0.5}}
    chart.set_y_axis({**NO_AXIS_MARKS, "num_font": font, "min": 0, "num_format": "0", "line": {"none": True}, "major_gridlines": gridlines})
    return chart


def _ageing(book: Workbook, font: dict[str, Any]) -> Any:
    chart = book.add_chart({"type": "bar"})
    last = FIRST + len(BUCKETS) - 1
    chart.add_series(
        {
            "name": f"={FEED}!$F${FIRST - 1}",
            "categories": f"={FEED}!$E${FIRST}:$E${last}",
            "values": f"={FEED}!$F${FIRST}:$F${last}",
            "gap": 45,
            "points": [{"fill": {"color": shade}} for shade in SHADES],
            "data_labels": {"value": True, "num_format": "0", "font": {**font, "bold": True, "color": INK}},
        }
    )
    chart.set_legend({"none": True})
    chart.set_y_axis(
        {
            **NO_AXIS_MARKS,
            "reverse": True,
            "interval_unit": 1,
            "num_font": font,
            "line": {"none": True},
            "major_gridlines": {"visible": False},
        }
    )
    chart.set_x_axis({"visible": False, "min": 0, "major_gridlines": {"visible": False}})
    return chart


def sparklines(ws: Worksheet, row: int, col: int, count: int) -> None:
    """Overdue tasks of eight weeks, one sparkline below the other from (`row`, `col`), this week in red.

    They are one group with one scale: a taller bar means more overdue tasks, in every department.
    """
    ws.add_sparkline(
        row,
        col,
        {
            "location": [xl_rowcol_to_cell(row + n, col) for n in range(count)],
            "range": [f"{FEED}!$H${FIRST + n}:$O${FIRST + n}" for n in range(count)],
            "type": "column",
            "series_color": BAR,
            "last_point": True,
            "last_color": RED,
            "min": 0,
            "max": "group",
            "show_hidden": True,
        },
    )
