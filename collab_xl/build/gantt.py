"""The Gantt chart as a workbook: cells and conditional formats, no picture. Pure: bytes out, and the same bytes for the same arguments.

A column of the chart is a day, a week or a month, whichever makes it readable on A3. Bars are conditional formats over the dates of their
row, so a date typed into the sheet moves its bar; today, days off, the baseline and milestones are as on the day it was made.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby

from xlsxwriter.worksheet import Worksheet

from collab_xl.build.line_counts import line_count, wrapped_count
from collab_xl.build.style import (
    ACCENT,
    ACCENT_PALE,
    AMBER,
    BODY,
    BODY_CELL,
    CARD,
    GREEN,
    HEAD,
    INK,
    LINE,
    LONG_TEXT,
    MARGINS,
    MUTED,
    ORANGE_LIGHT,
    RED,
    TITLE,
    Styles,
    deflated,
    new_workbook,
)  # fmt: skip
from collab_xl.build.table import footer, print_columns, units
from collab_xl.catalogue import COMMA, text
from collab_xl.model.calendar import Calendar
from collab_xl.model.gantt import Bar, BarGroup
from collab_xl.model.place import column_letters
from collab_xl.model.printed_width import A3, A3_WIDTH, EDGE
from collab_xl.model.record import Struct

DAYS, WEEKS = 56, 54
"""Most columns of one day, which fit one page of A3, and of one week; beyond that, months."""
COLUMNS = (
    ("key", 8), ("name", 18), ("department", 9.5), ("owner", 8), ("before", 9.5), ("start", 10.5), ("end", 10.5), ("expected", 10.5),
    ("baseline", 10.5), ("progress", 7.5), ("slack", 7.5), ("state", 10.5),
)  # fmt: skip
WIDEST = {"key": 14.0, "name": 24.0, "before": 17.0, "department": 34.0, "state": 18.0, "owner": 14.0}
"""How wide columns get whose texts are longer, as far as the paper has room, in this order; then the name."""
WIDEST_NAME = 44.0
BOLD = 1.1
"""How much wider bold letters of a heading are."""
RESERVE = 2.0
"""Characters of a page that stay free: LibreOffice rounds widths."""
MORE = 28.0
"""Characters for wider columns where a chart takes several pages anyway."""
SLOT = {"day": 1.0, "week": 2.0, "month": 4.0}
"""Characters of a column of the chart."""
PAGE_WIDTH = A3_WIDTH * BODY / LONG_TEXT["font_size"]
"""Characters on a page of A3 that keep 7 points in print: every text here has the size of the body."""
HIGH, LINE_HIGH = 15.0, 11.5
"""Points of a row of one line, and what each further line adds."""
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
    widths = _widths(groups, columns, lang)
    _headings(ws, styles, columns, widths, project, calendar, as_of, lang)
    row = TOP
    for group in groups:
        _group(ws, styles, row, group, columns, as_of, lang)
        for bar in group.bars:
            row += 1
            _bar(ws, styles, row, bar, columns, widths, calendar, as_of, lang)
        row += 1
    if row == TOP:
        ws.merge_range(row, 0, row, CODE - 1, text("build.gantt.empty", lang), styles.cell(BODY_CELL, font_color=MUTED))
        row += 1
    _colours(ws, styles, row - 1, len(columns))
    title = text("build.gantt.sheet", lang)
    ws.freeze_panes(TOP, AT["department"])
    ws.hide_gridlines(2)
    ws.set_landscape()
    ws.set_paper(A3)
    ws.set_margins(**MARGINS)
    print_columns(ws, [*widths.values(), *_slot_widths(columns)], AT["department"], PAGE_WIDTH)
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


def _scale(columns: Sequence[Slot]) -> str:
    """day, week or month: how long one column of the chart is."""
    days = (columns[0].last - columns[0].first).days
    return "day" if days == 0 else "week" if days == 6 else "month"


def _slot_widths(columns: Sequence[Slot]) -> list[float]:
    return [SLOT[_scale(columns)]] * len(columns)


def _widths(groups: Sequence[BarGroup], columns: Sequence[Slot], lang: str) -> dict[str, float]:
    """The columns that are shown: without the baseline where there is none, wider where texts are longer and a page has the room."""
    bars = [bar for group in groups for bar in group.bars]
    widths = {name: width for name, width in COLUMNS if name != "baseline" or not bars or any(bar.baseline for bar in bars)}
    spare = PAGE_WIDTH - RESERVE - sum(width + EDGE for width in [*widths.values(), *_slot_widths(columns)])
    texts = [_texts(bar, lang) for bar in bars]
    spare = MORE if spare < 0 else spare
    for name, widest in [*WIDEST.items(), ("name", WIDEST_NAME)]:
        word = max(text(f"build.gantt.column.{name}", lang).split(), key=units)
        wanted = max((units(said[name]) + 2.0 for said in texts), default=0.0)
        wanted = max(wanted, units(word) * BOLD + 2.0)
        more = max(0.0, min(min(wanted, widest) - widths[name], spare))
        widths[name], spare = widths[name] + more, spare - more
    return widths


def _headings(
    ws: Worksheet,
    styles: Styles,
    columns: Sequence[Slot],
    widths: Mapping[str, float],
    project: str,
    calendar: Calendar,
    as_of: date,
    lang: str,
) -> None:
    scale = _scale(columns)
    ws.set_row(0, 27)
    ws.write_string(0, 0, " · ".join(filter(None, (text("build.gantt.sheet", lang), project))), styles.cell(TITLE))
    about = text("build.gantt.about", lang, day=as_of, scale=text(f"build.gantt.scale.{scale}", lang))
    ws.merge_range(1, 0, 1, AT["start"] - 1, about, styles.cell(font_color=MUTED, text_wrap=True))  # beside it stands the legend
    ws.set_row(1, HIGH + (line_count(about, sum(widths[name] for name in widths if AT[name] < AT["start"])) - 1) * LINE_HIGH)
    places = [AT[name] for name in widths if AT[name] >= AT["start"]]
    for at, word in zip(places, LEGEND, strict=False):
        fill = ORANGE_LIGHT if word == "expected" else BARS[word]
        light = word in ("open", "expected")
        look = styles.cell(bg_color=fill, font_color=INK if light else CARD, align="center")
        ws.write_string(1, at, text(f"build.gantt.legend.{word}", lang), look)
    ws.write_string(0, AT["start"], text("build.gantt.marks", lang), styles.cell(font_color=MUTED, valign="bottom"))
    ws.set_row(2, None, None, {"hidden": True})
    ws.set_row(3, None, None, {"hidden": True})
    head, middle = styles.cell(HEAD, bottom=2, indent=0), {"align": "center"}
    ws.set_row(5, 24)
    for n, (name, width) in enumerate(COLUMNS):
        ws.set_column(n, n, widths.get(name, width), None, {} if name in widths else {"hidden": True})
        ws.write_blank(4, n, None, styles.cell(bg_color=CARD))
        ws.write_string(5, n, text(f"build.gantt.column.{name}", lang), head)
    ws.set_column(CODE, DRAWN, 4, None, {"hidden": True})
    ws.set_column(FIRST, FIRST + len(columns) - 1, SLOT[scale])
    day_format = styles.cell(num_format="yyyy-mm-dd")
    for n, slot in enumerate(columns):
        ws.write_datetime(2, FIRST + n, slot.first, day_format)
        ws.write_datetime(3, FIRST + n, slot.last, day_format)
        today = slot.first <= as_of <= slot.last
        shown = styles.cell(
            HEAD, middle, {"indent": 0, "text_wrap": False}, **({"bg_color": RED, "font_color": CARD} if today else _shade(slot, calendar))
        )
        if scale != "day" or slot.first.weekday() == 0 or today:  # two digits are wider than a day: the Mondays, and today
            ws.write_string(5, FIRST + n, str(slot.first.month if scale == "month" else slot.first.day), shown)
        else:
            ws.write_blank(5, FIRST + n, None, shown)
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


def _texts(bar: Bar, lang: str) -> dict[str, str]:
    """What stands in the columns that are texts."""
    state = text(f"model.gantt.{bar.state}", lang, n=bar.days)
    if bar.state == "done" and bar.finished is not None and bar.finished != bar.end:
        state = text("model.gantt.done_on", lang, day=f"{bar.finished:%m-%d}")
    if bar.state in ("late", "slips") and bar.slack == 0:
        state += " · " + text("model.gantt.no_room", lang)
    return {
        "key": bar.key,
        "name": bar.name,
        "department": COMMA[lang].join(bar.department.split(COMMA["zh"])),
        "owner": bar.owner,
        "before": bar.before,
        "state": state,
    }


def _bar(
    ws: Worksheet,
    styles: Styles,
    row: int,
    bar: Bar,
    columns: Sequence[Slot],
    widths: Mapping[str, float],
    calendar: Calendar,
    as_of: date,
    lang: str,
) -> None:
    closed = bar.state in ("done", "cancelled")
    own = {"font_color": MUTED} if closed else {}
    words, name = styles.cell(BODY_CELL, indent=0, **own), styles.cell(BODY_CELL, indent=1, **own)
    days = styles.cell(BODY_CELL, indent=0, num_format="yyyy-mm-dd", **own)
    share, number = styles.cell(BODY_CELL, indent=0, num_format="0%;;", **own), styles.cell(BODY_CELL, indent=0, num_format="0", **own)
    texts = _texts(bar, lang)
    texts["before"] = "\n".join(packed(bar.before, widths["before"]))
    for column, value in texts.items():
        look = name if column == "name" else words
        ws.write_string(row, AT[column], value, look) if value else ws.write_blank(row, AT[column], None, look)
    lines = max(sum(wrapped_count(line, widths[column]) for line in value.split("\n")) for column, value in texts.items())
    ws.set_row(row, HIGH + (lines - 1) * LINE_HIGH, None, {"level": 1})
    expected = bar.expected if bar.state != "done" else None  # what has ended is no longer expected: its state says the day
    for column, day in (("start", bar.start), ("end", bar.end), ("expected", expected), ("baseline", bar.baseline)):
        ws.write_datetime(row, AT[column], day, days) if day else ws.write_blank(row, AT[column], None, days)
    for column, amount, look in (("progress", bar.progress, share), ("slack", bar.slack, number)):
        ws.write_blank(row, AT[column], None, look) if amount is None else ws.write_number(row, AT[column], amount, look)
    ws.write_string(row, CODE, bar.state, words)
    if bar.last is not None:
        ws.write_datetime(row, DRAWN, bar.last, days)
    for n, slot in enumerate(columns):
        props = {"bottom": 1, "bottom_color": LINE, "align": "center", **_shade(slot, calendar)}
        if slot.first <= as_of <= slot.last:
            props |= {"left": 2, "left_color": RED}
        mark = "".join(_marks(bar, slot))
        look = styles.cell(props)
        ws.write_string(row, FIRST + n, mark, look) if mark else ws.write_blank(row, FIRST + n, None, look)


def packed(before: str, width: float) -> list[str]:
    """The predecessors in lines that break between them: a program breaks an ID at its hyphen."""
    lines: list[str] = []
    for piece in re.findall(r"[^、,]+[、,]? ?", before):
        if lines and wrapped_count(lines[-1] + piece.rstrip(), width) == 1 and units(lines[-1] + piece.rstrip()) <= width - 1:
            lines[-1] += piece
        else:
            lines.append(piece)
    return [line.rstrip() for line in lines]


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
