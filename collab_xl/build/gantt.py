"""The Gantt chart as a workbook: cells and conditional formats, no picture. Pure: bytes out, and the same bytes for the same arguments.

A column of the chart is a day, a week or a month, whichever makes it readable on A3. Bars are conditional formats over the dates of their
row, so a date typed into the sheet moves its bar; today, days off, the baseline and milestones are as on the day it was made.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby

from xlsxwriter.worksheet import Worksheet

from collab_xl.build.style import (
    ACCENT,
    ACCENT_PALE,
    AMBER,
    BODY_CELL,
    CARD,
    GREEN,
    HEAD,
    INK,
    LINE,
    MARGINS,
    MUTED,
    ORANGE_LIGHT,
    RED,
    TITLE,
    Styles,
    deflated,
    new_workbook,
)  # fmt: skip
from collab_xl.build.table import footer
from collab_xl.catalogue import text
from collab_xl.model.calendar import Calendar
from collab_xl.model.gantt import Bar, BarGroup
from collab_xl.model.place import column_letters
from collab_xl.model.record import Struct

DAYS, WEEKS = 56, 54
"""Most columns of one day, and of one week; beyond that, months."""
COLUMNS = (
    ("key", 9), ("name", 26), ("department", 11.5), ("owner", 9), ("before", 13), ("start", 10.5), ("end", 10.5), ("expected", 10.5),
    ("baseline", 10.5), ("progress", 6.5), ("slack", 6.5), ("state", 14),
)  # fmt: skip
AT = {name: n for n, (name, _) in enumerate(COLUMNS)}
CODE = len(COLUMNS)
"""The hidden column with the state's id, by which bars are coloured."""
DRAWN = CODE + 1
"""The hidden column with the day until which the bar is drawn: of a finished task the day it was finished, early or late."""
FIRST = DRAWN + 1
TOP = 6
"""The first row of tasks, from 0. Above it: title, legend, two hidden rows with the first and last day of each column, two heading rows."""
BARS = {"done": GREEN, "late": RED, "slips": AMBER, "no_room": ACCENT, "open": ACCENT_PALE, "cancelled": LINE}
LEGEND = ("done", "late", "slips", "no_room", "open", "expected")


class Slot(Struct, frozen=True):
    """One column of the chart, first and last day."""

    first: date
    last: date


def slots(first: date, last: date) -> list[Slot]:
    """Days, weeks from Monday, or months, from `first` to `last` at least."""
    first, last = first - timedelta(first.weekday()), last + timedelta(6 - last.weekday())
    days = (last - first).days + 1
    if days <= DAYS:
        return [Slot(day, day) for day in (first + timedelta(n) for n in range(days))]
    if days <= WEEKS * 7:
        return [Slot(day, day + timedelta(6)) for day in (first + timedelta(7 * n) for n in range(days // 7))]
    months = []
    day = first.replace(day=1)
    while day <= last:
        following = (day + timedelta(31)).replace(day=1)
        months.append(Slot(day, following - timedelta(1)))
        day = following
    return months


def gantt_workbook(groups: Sequence[BarGroup], project: str, calendar: Calendar, as_of: date, lang: str) -> bytes:
    """The workbook. Without tasks it has the headings, the coming weeks and a line that says so."""
    buffer = io.BytesIO()
    book = new_workbook(buffer, lang)
    styles = Styles(book, lang)
    ws = book.add_worksheet(text("build.gantt.sheet", lang))
    columns = slots(*_span(groups, as_of))
    _headings(ws, styles, columns, project, calendar, as_of, lang)
    row = TOP
    for group in groups:
        _group(ws, styles, row, group, columns, as_of, lang)
        for bar in group.bars:
            row += 1
            _bar(ws, styles, row, bar, columns, calendar, as_of, lang)
        row += 1
    if row == TOP:
        ws.merge_range(row, 0, row, CODE - 1, text("build.gantt.empty", lang), styles.cell(BODY_CELL, font_color=MUTED))
        row += 1
    _colours(ws, styles, row - 1, len(columns))
    title = text("build.gantt.sheet", lang)
    ws.freeze_panes(TOP, AT["department"])
    ws.hide_gridlines(2)
    ws.set_landscape()
    ws.set_paper(8)  # A3
    ws.set_margins(**MARGINS)
    ws.fit_to_pages(1, 0)
    ws.repeat_rows(0, TOP - 1)
    ws.print_area(0, 0, row - 1, FIRST + len(columns) - 1)
    ws.set_footer(footer(f"{project} {title}".strip(), str(as_of), lang))
    ws.outline_settings(True, False, True, False)
    book.close()
    return deflated(buffer.getvalue())


def _span(groups: Sequence[BarGroup], as_of: date) -> tuple[date, date]:
    days = [as_of, as_of + timedelta(13)]
    for bar in (bar for group in groups for bar in group.bars):
        days += [day for day in (bar.start, bar.last, bar.end, bar.expected, bar.baseline) if day is not None]
    days += [group.expected.p80 for group in groups if group.expected is not None]
    return min(days), max(days)


def _headings(ws: Worksheet, styles: Styles, columns: Sequence[Slot], project: str, calendar: Calendar, as_of: date, lang: str) -> None:
    scale = "day" if columns[0].first == columns[0].last else "week" if (columns[0].last - columns[0].first).days == 6 else "month"
    ws.set_row(0, 27)
    ws.write_string(0, 0, " · ".join(filter(None, (text("build.gantt.sheet", lang), project))), styles.cell(TITLE))
    about = text("build.gantt.about", lang, day=as_of, scale=text(f"build.gantt.scale.{scale}", lang))
    ws.write_string(1, 0, about, styles.cell(font_color=MUTED))
    for n, word in enumerate(LEGEND):
        at = AT["start"] + n
        fill = ORANGE_LIGHT if word == "expected" else BARS[word]
        light = word in ("open", "expected")
        look = styles.cell(bg_color=fill, font_color=INK if light else CARD, align="center", font_size=8, shrink=True)
        ws.write_string(1, at, text(f"build.gantt.legend.{word}", lang), look)
    ws.write_string(0, AT["start"], text("build.gantt.marks", lang), styles.cell(font_color=MUTED, valign="bottom"))
    ws.set_row(2, None, None, {"hidden": True})
    ws.set_row(3, None, None, {"hidden": True})
    head, small = styles.cell(HEAD, bottom=2), {"align": "center", "font_size": 8}
    ws.set_row(5, 24)
    for n, (name, width) in enumerate(COLUMNS):
        ws.set_column(n, n, width)
        ws.write_blank(4, n, None, styles.cell(bg_color=CARD))
        ws.write_string(5, n, text(f"build.gantt.column.{name}", lang), head)
    ws.set_column(CODE, DRAWN, 4, None, {"hidden": True})
    ws.set_column(FIRST, FIRST + len(columns) - 1, {"day": 1.5, "week": 2.6, "month": 4}[scale])
    day_format = styles.cell(num_format="yyyy-mm-dd")
    for n, slot in enumerate(columns):
        ws.write_datetime(2, FIRST + n, slot.first, day_format)
        ws.write_datetime(3, FIRST + n, slot.last, day_format)
        today = slot.first <= as_of <= slot.last
        shown = styles.cell(
            HEAD, small, {"indent": 0, "text_wrap": False}, **({"bg_color": RED, "font_color": CARD} if today else _shade(slot, calendar))
        )
        ws.write_number(5, FIRST + n, slot.first.month if scale == "month" else slot.first.day, shown)
    over = styles.cell(bold=True, bg_color=CARD, left=1, left_color=LINE)
    over_slots = "%Y" if scale == "month" else "%Y-%m"
    for label, same in groupby(enumerate(columns), key=lambda pair: format(pair[1].first, over_slots)):
        places = [FIRST + n for n, _ in same]
        if len(places) > 1:
            ws.merge_range(4, places[0], 4, places[-1], label if len(places) > 2 or scale != "day" else "", over)
        else:
            ws.write_string(4, places[0], "", over)


def _shade(slot: Slot, calendar: Calendar) -> dict[str, object]:
    """The grey of a column in which no day is worked."""
    days = (slot.first + timedelta(n) for n in range((slot.last - slot.first).days + 1))
    return {} if any(map(calendar.counting(True).counts, days)) else {"bg_color": LINE}


def _group(ws: Worksheet, styles: Styles, row: int, group: BarGroup, columns: Sequence[Slot], as_of: date, lang: str) -> None:
    look = styles.cell(bold=True, bg_color=CARD, bottom=1, bottom_color=LINE)
    days = styles.cell(bold=True, bg_color=CARD, bottom=1, bottom_color=LINE, num_format="yyyy-mm-dd", align="left")
    ws.set_row(row, 18)
    for n in range(DRAWN + 1):
        ws.write_blank(row, n, None, look)
    ws.write_string(row, 0, group.name, look)
    ws.write_string(row, CODE, "group", look)
    if span := group.span:
        ws.write_datetime(row, AT["start"], span[0], days)
        ws.write_datetime(row, AT["end"], span[1], days)
        ws.write_datetime(row, DRAWN, span[1], days)
    if group.expected is not None:
        ws.write_datetime(row, AT["expected"], group.expected.p80, days)
        ws.write_string(row, AT["state"], text("model.gantt.range", lang, p50=f"{group.expected.p50:%m-%d}"), look)
    for n, slot in enumerate(columns):
        line = {"left": 2, "left_color": RED} if slot.first <= as_of <= slot.last else {}
        ws.write_blank(row, FIRST + n, None, styles.cell(bg_color=CARD, bottom=1, bottom_color=LINE, **line))


def _bar(ws: Worksheet, styles: Styles, row: int, bar: Bar, columns: Sequence[Slot], calendar: Calendar, as_of: date, lang: str) -> None:
    closed = bar.state in ("done", "cancelled")
    own = {"font_color": MUTED} if closed else {}
    words = styles.cell(BODY_CELL, indent=0, text_wrap=False, **own)
    name = styles.cell(BODY_CELL, indent=1, text_wrap=False, shrink=True, **own)
    days = styles.cell(BODY_CELL, indent=0, num_format="yyyy-mm-dd", **own)
    share, number = styles.cell(BODY_CELL, indent=0, num_format="0%", **own), styles.cell(BODY_CELL, indent=0, num_format="0", **own)
    ws.set_row(row, 15, None, {"level": 1})
    state = text(f"model.gantt.{bar.state}", lang, n=bar.days)
    if bar.state == "done" and bar.finished is not None and bar.finished != bar.end:
        state = text("model.gantt.done_on", lang, day=f"{bar.finished:%m-%d}")
    if bar.state in ("late", "slips") and bar.slack == 0:
        state += " · " + text("model.gantt.no_room", lang)
    fits = styles.cell(BODY_CELL, indent=0, text_wrap=False, shrink=True, **own)
    texts = {"key": bar.key, "name": bar.name, "department": bar.department, "owner": bar.owner, "before": bar.before}
    for column, value in texts.items():
        look = name if column == "name" else words if column == "key" else fits
        ws.write_string(row, AT[column], value, look) if value else ws.write_blank(row, AT[column], None, look)
    for column, day in (("start", bar.start), ("end", bar.end), ("expected", bar.expected), ("baseline", bar.baseline)):
        ws.write_datetime(row, AT[column], day, days) if day else ws.write_blank(row, AT[column], None, days)
    for column, amount, look in (("progress", bar.progress, share), ("slack", bar.slack, number)):
        ws.write_blank(row, AT[column], None, look) if amount is None else ws.write_number(row, AT[column], amount, look)
    ws.write_string(row, AT["state"], state, fits)
    ws.write_string(row, CODE, bar.state, words)
    if bar.last is not None:
        ws.write_datetime(row, DRAWN, bar.last, days)
    for n, slot in enumerate(columns):
        props = {"bottom": 1, "bottom_color": LINE, "align": "center", "font_size": 8, **_shade(slot, calendar)}
        if slot.first <= as_of <= slot.last:
            props |= {"left": 2, "left_color": RED}
        mark = "".join(_marks(bar, slot))
        look = styles.cell(props)
        ws.write_string(row, FIRST + n, mark, look) if mark else ws.write_blank(row, FIRST + n, None, look)


def _marks(bar: Bar, slot: Slot) -> Iterator[str]:
    """◆ the milestone, ▽ where the baseline says the end is, if that is elsewhere."""
    day = bar.last or bar.start
    if bar.milestone and day is not None and slot.first <= day <= slot.last:
        yield "◆"
    elif bar.baseline is not None and slot.first <= bar.baseline <= slot.last and bar.baseline != bar.end:
        yield "▽"


def _colours(ws: Worksheet, styles: Styles, last: int, n: int) -> None:
    """Bars: over the dates of the row. The done share of a bar is dark, what comes after the planned end is striped with its own colour."""
    area = (TOP, FIRST, last, FIRST + n - 1)
    own = (AT["start"], DRAWN, AT["expected"], AT["progress"], CODE)
    from_, to, expected, progress, kind = (f"${column_letters(n + 1)}{TOP + 1}" for n in own)
    first, after = f"{column_letters(FIRST + 1)}$3", f"{column_letters(FIRST + 1)}$4"
    begin, end = f'IF({from_}="",{to},IF({to}="",{from_},MIN({from_},{to})))', f'IF({to}="",{from_},{to})'
    inside = f'{end}<>"",{first}<={end},{after}>={begin}'

    def rule(criteria: str, **look: object) -> None:
        how = {"type": "formula", "criteria": f"=AND({criteria})", "format": styles.change(**look), "stop_if_true": True}
        ws.conditional_format(*area, how)

    rule(f'{kind}="group",{inside}', bg_color=MUTED)
    rule(f'{kind}="done",{inside}', bg_color=GREEN, font_color=CARD)
    rule(f'{kind}="cancelled",{inside}', bg_color=LINE, font_color=MUTED)
    done = f"N({progress})>0,{after}<={begin}+({end}-{begin}+1)*{progress}-1"
    rule(f'{kind}<>"",{inside},{done}', bg_color=GREEN, font_color=CARD)
    for state in ("late", "slips", "no_room", "open"):
        light = state == "open"
        rule(f'{kind}="{state}",{inside}', bg_color=BARS[state], font_color=INK if light else CARD)
    rule(f'{expected}<>"",{first}<={expected},{after}>{end}', bg_color=ORANGE_LIGHT)
