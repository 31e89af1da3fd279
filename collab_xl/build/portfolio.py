"""The overview workbook of many projects: one line a project, departments over projects, people wanted by several projects.

In: an `Overview` and where each master's link leads.  Out: bytes.  No effect.  Values, and HYPERLINK formulas with theirs; A4 landscape.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from collab_xl.build.style import (
    ACCENT,
    AMBER,
    AMBER_PALE,
    BODY_CELL,
    CARD,
    GREEN,
    GREEN_PALE,
    HEAD,
    MUTED,
    MUTED_TEXT,
    RED,
    RED_PALE,
    TITLE,
    Props,
    Styles,
    deflated,
    new_workbook,
)
from collab_xl.build.table import page, print_columns, put
from collab_xl.catalogue import text
from collab_xl.model.portfolio import DepartmentFigures, Overview, OverviewLine
from collab_xl.model.printed_width import paper_for
from collab_xl.model.summary import Rag

MAX_LINK = 255
MARK = "portfolio"
"""The value of `kind` on the hidden sheet, by which a run knows a workbook it may replace."""
COLOUR = {Rag.RED: RED, Rag.AMBER: AMBER, Rag.GREEN: GREEN}
PALE = {Rag.RED: RED_PALE, Rag.AMBER: AMBER_PALE, Rag.GREEN: GREEN_PALE}
HEAD_ROW = 5
LINE_HEIGHT, LEAST_HEIGHT, MOST_HEIGHT = 12.0, 27.0, 400.0
COLUMNS = (
    ("rag", 9.0), ("project", 20.0), ("why", 27.0), ("progress", 6.5), ("plan", 6.5), ("overdue", 6.5), ("escalated", 9.5),
    ("milestones", 23.0), ("risks", 26.0), ("next_steps", 25.0), ("week", 9.0),
)  # fmt: skip
CARD_SPANS = ((0, 1), (2, 2), (3, 4), (5, 6), (7, 7), (8, 8), (9, 10))
"""The columns over which each card of the overview stretches."""
PEOPLE = (("person", 12.0), ("department", 20.0), ("projects", 8.0), ("tasks", 8.0), ("days", 9.0), ("period", 22.0), ("where", 82.0))
HEAT_FIRST, HEAT_WIDTH = 3, 5.6
_CENTRE: Props = {"align": "center", "indent": 0}


def portfolio_book(overview: Overview, lang: str, links: Mapping[str, str]) -> bytes:
    """The workbook. `links`: file of a project → the path the link leads to, seen from the workbook's folder."""
    buffer = io.BytesIO()
    book = new_workbook(buffer, lang)
    styles = Styles(book, lang)
    sheets = [book.add_worksheet(text(f"build.portfolio.sheet.{name}", lang)) for name in ("overview", "heat", "people")]
    _overview(sheets[0], styles, overview, links)
    _heat(sheets[1], styles, overview, links)
    _people(sheets[2], styles, overview)
    for sheet, colour in zip(sheets, (ACCENT, RED, AMBER), strict=True):
        sheet.set_tab_color(colour)
    _mark(book)
    sheets[0].activate()
    book.close()
    return deflated(buffer.getvalue())


def _mark(book: Workbook) -> None:
    hidden = book.add_worksheet("_collab")
    hidden.very_hidden()
    hidden.write_row(0, 0, ("kind", MARK))


def _sheet(ws: Worksheet, styles: Styles, title: str, help_text: str) -> None:
    ws.hide_gridlines(2)
    ws.set_row(0, 28)
    ws.set_row(1, 18)
    ws.write_string(0, 0, title, styles.cell(TITLE))
    ws.write_string(1, 0, help_text, styles.cell(MUTED_TEXT))


def _overview(ws: Worksheet, styles: Styles, overview: Overview, links: Mapping[str, str]) -> None:
    lang = styles.lang
    title = text("build.portfolio.sheet.overview", lang)
    _sheet(ws, styles, f"{title} · {overview.head}", overview.note)
    for n, (_, width) in enumerate(COLUMNS):
        ws.set_column(n, n, width)
    _cards(ws, styles, overview)
    ws.set_row(4, 8)
    _heads(ws, styles, HEAD_ROW, [(f"build.portfolio.column.{name}", "align" if _number(name) else "") for name, _ in COLUMNS])
    widths = dict(COLUMNS)
    for row, line in enumerate(overview.lines, HEAD_ROW + 1):
        looks = _looks(line)
        texts = {name: getattr(line, name) for name, _ in COLUMNS if name != "rag"}
        ws.set_row(row, _height([(texts[name], widths[name]) for name in ("project", "why", "milestones", "risks", "next_steps")]))
        for col, (name, _) in enumerate(COLUMNS):
            fmt = styles.cell(BODY_CELL, looks.get(name, {}))
            if name == "rag":
                put(ws, row, col, line.light, fmt)
            elif name == "project":
                _link(ws, row, col, line.project, line.file, links, fmt)
            else:
                put(ws, row, col, texts[name], fmt)
    last = HEAD_ROW + max(1, len(overview.lines))
    ws.autofilter(HEAD_ROW, 0, last, len(COLUMNS) - 1)
    ws.freeze_panes(HEAD_ROW + 1, 2)
    page(ws, f"{title} {overview.head}", lang)
    ws.set_paper(paper_for([width for _, width in COLUMNS], 0)[0])
    ws.repeat_rows(HEAD_ROW)


def _number(name: str) -> bool:
    return name in ("rag", "progress", "plan", "overdue", "escalated", "projects", "tasks", "days", "week")


def _looks(line: OverviewLine) -> dict[str, Props]:
    """Colour only where it means something; a figure of 0 is muted."""
    percent = {**_CENTRE, "num_format": "0%"}
    looks: dict[str, Props] = {
        "rag": {**_CENTRE, "bold": True, "font_color": COLOUR.get(line.rag, MUTED) if line.rag else MUTED},
        "project": {"bold": True, "font_color": ACCENT},
        "progress": {**percent, "bold": True},
        "plan": {**percent, "font_color": MUTED},
        "week": {**_CENTRE, "font_color": MUTED, "font_size": 8},
        "milestones": {"font_size": 8, **({"font_color": RED} if line.late else {})},
        "risks": {"font_size": 8},
        "next_steps": {"font_size": 8},
        "why": {"font_size": 8, **({} if line.rag else {"font_color": MUTED})},
    }
    if line.progress is not None and line.plan is not None and line.progress < line.plan:
        looks["progress"] = {**looks["progress"], "font_color": RED}
    for name, colour in (("overdue", AMBER), ("escalated", RED)):
        looks[name] = {**_CENTRE, "num_format": "0;;", "bold": True, "font_color": colour}
    return looks


def _cards(ws: Worksheet, styles: Styles, overview: Overview) -> None:
    lang = styles.lang
    ws.set_row(2, 15)
    ws.set_row(3, 32)
    colours = {"red": RED, "amber": AMBER, "green": GREEN, "escalated": RED}
    for (first, last), (name, value, before) in zip(CARD_SPANS, overview.cards, strict=True):
        label = text(f"build.portfolio.card.{name}", lang)
        if before is not None:
            label = text("build.portfolio.before", lang, label=label, before=before)
        figure: dict[str, Any] = {"font_size": 20, "bold": True, "align": "center", "bg_color": CARD, "num_format": "0"}
        if value and name in colours:
            figure["font_color"] = colours[name]
        for row, content, look in (
            (2, label, {"font_size": 8, "font_color": MUTED, "align": "center", "bg_color": CARD}),
            (3, value, figure),
        ):
            fmt = styles.cell(look, {"left": 5, "left_color": "#FFFFFF"})
            if last > first:
                ws.merge_range(row, first, row, last, content, fmt)
            else:
                put(ws, row, first, content, fmt)


def _heads(ws: Worksheet, styles: Styles, row: int, heads: Sequence[tuple[str, str]]) -> None:
    ws.set_row(row, 30)
    for col, (key, centred) in enumerate(heads):
        ws.write_string(row, col, text(key, styles.lang), styles.cell(HEAD, _CENTRE if centred else {}))


def _link(ws: Worksheet, row: int, col: int, words: str, file: str, links: Mapping[str, str], fmt: Any) -> None:
    """A HYPERLINK formula with its text as value: LibreOffice wraps it, but not the text of a link. Excel takes 255 characters."""
    target = links.get(file, "")
    if not target or len(target) > MAX_LINK or len(words) > MAX_LINK:
        put(ws, row, col, words, fmt)
        return
    target, shown = (part.replace('"', '""') for part in (target, words))
    ws.write_formula(row, col, f'=HYPERLINK("{target}","{shown}")', fmt, words)


def _height(cells: Sequence[tuple[str, float]]) -> float:
    """The height of a row whose texts wrap: Chinese characters take two places, and a word is not cut."""
    lines = max((sum(_lines(part, (width - 1.5) * 1.3) for part in words.split("\n")) for words, width in cells if words), default=1)
    return min(MOST_HEIGHT, max(LEAST_HEIGHT, lines * LINE_HEIGHT + 8))


def _lines(words: str, width: float) -> int:
    places = sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in words)
    ragged = 1.0 if places == 2 * len(words) else 1.15  # a word of Latin letters goes to the next line as a whole
    return max(1, -(-int(places * ragged) // max(1, int(width))))


def _heat(ws: Worksheet, styles: Styles, overview: Overview, links: Mapping[str, str]) -> None:
    """Projects down, departments across, so that a list of many projects goes on downwards."""
    lang = styles.lang
    title = text("build.portfolio.sheet.heat", lang)
    _sheet(ws, styles, f"{title} · {overview.head}", text("build.portfolio.heat_help", lang))
    widths = [9.0, 26.0, 8.0, *[HEAT_WIDTH] * len(overview.heat)]
    for n, width in enumerate(widths):
        ws.set_column(n, n, width)
    heads = [text(f"build.portfolio.column.{name}", lang) for name in ("rag", "project", "overdue_all")]
    ws.set_row(2, max([60.0, *(7.0 * _places(line.department) + 12 for line in overview.heat)]))
    for col, head in enumerate(heads):
        ws.write_string(2, col, head, styles.cell(HEAD, {} if col == 1 else _CENTRE))
    turned = {"rotation": 90, "align": "center", "indent": 0, "valign": "bottom"}
    for col, line in enumerate(overview.heat, HEAT_FIRST):
        ws.write_string(2, col, line.department, styles.cell(HEAD, turned))
    ws.set_row(3, 20)
    total = {"bold": True, "bg_color": CARD, "num_format": "0;;"}
    put(ws, 3, 0, None, styles.cell(BODY_CELL, total))
    put(ws, 3, 1, text("build.portfolio.all", lang), styles.cell(BODY_CELL, total))
    put(ws, 3, 2, sum(line.overdue for line in overview.heat), styles.cell(BODY_CELL, total, _CENTRE))
    for col, line in enumerate(overview.heat, HEAT_FIRST):
        _heat_cell(ws, styles, 3, col, line.overdue, line.escalated, total)
    for n, (rag, name, file) in enumerate(overview.projects):
        row = 4 + n
        ws.set_row(row, _height([(name, 26.0)]) if _places(name) > 24 else 20)
        put(
            ws,
            row,
            0,
            f"● {text(f'model.rag.{rag}', lang)}",
            styles.cell(BODY_CELL, _CENTRE, {"bold": True, "font_color": COLOUR.get(rag, MUTED)}),
        )
        _link(ws, row, 1, name, file, links, styles.cell(BODY_CELL, {"font_color": ACCENT}))
        own = [line.cells[n] for line in overview.heat]
        put(ws, row, 2, sum(f.overdue for f in own if f), styles.cell(BODY_CELL, _CENTRE, {"num_format": "0;;", "bold": True}))
        for col, figures in enumerate(own, HEAT_FIRST):
            _department(ws, styles, row, col, figures)
    ws.freeze_panes(4, HEAT_FIRST)
    page(ws, f"{title} {overview.head}", lang)
    ws.repeat_rows(2, 3)
    print_columns(ws, widths, HEAT_FIRST)


def _places(words: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in words)


def _department(ws: Worksheet, styles: Styles, row: int, col: int, figures: DepartmentFigures | None) -> None:
    """Blank: not in the project. A word or a mark with every colour, so that a grey print says the same."""
    if figures is None:
        put(ws, row, col, None, styles.cell(BODY_CELL, _CENTRE))
        return
    if figures.rag is Rag.NONE:
        put(ws, row, col, None, styles.cell(BODY_CELL, _CENTRE))
        return
    fill = {"bg_color": PALE[figures.rag]}
    if not figures.overdue and not figures.escalated:
        word = '"✓"' if figures.rag is Rag.GREEN else '"{}"'.format(text("build.portfolio.missing", styles.lang))
        put(ws, row, col, 0, styles.cell(BODY_CELL, _CENTRE, fill, {"num_format": word, "font_color": COLOUR[figures.rag], "font_size": 8}))
    else:
        _heat_cell(ws, styles, row, col, figures.overdue, figures.escalated, fill)


def _heat_cell(ws: Worksheet, styles: Styles, row: int, col: int, overdue: int, escalated: int, look: Props) -> None:
    """The number of overdue tasks, with ↑n for what is escalated: by the number format, so that the cell stays a number."""
    number = f'0"↑{escalated}"' if escalated else "0;;"
    # Red on the pale red of a red light has too little contrast for some eyes; the arrow says it too.
    colour = {"font_color": RED} if escalated and look.get("bg_color") != RED_PALE else {}
    put(ws, row, col, overdue, styles.cell(BODY_CELL, _CENTRE, look, {"num_format": number, "bold": True, "font_size": 8.5}, colour))


def _people(ws: Worksheet, styles: Styles, overview: Overview) -> None:
    lang = styles.lang
    title = text("build.portfolio.sheet.people", lang)
    _sheet(
        ws,
        styles,
        f"{title} · {overview.head}",
        text("build.portfolio.people_help" if overview.people else "build.portfolio.people_none", lang),
    )
    for n, (_, width) in enumerate(PEOPLE):
        ws.set_column(n, n, width)
    _heads(ws, styles, 2, [(f"build.portfolio.column.{name}", "align" if _number(name) else "") for name, _ in PEOPLE])
    for row, line in enumerate(overview.people, 3):
        values = (line.person, line.departments, line.projects, line.tasks, line.days, line.period, line.where)
        ws.set_row(row, _height([(line.where, 82.0), (line.departments, 20.0)]))
        for col, ((name, _), value) in enumerate(zip(PEOPLE, values, strict=True)):
            look: Props = {**(_CENTRE if _number(name) else {}), **({"bold": True} if name in ("person", "days") else {})}
            colour = {"font_color": RED} if name == "days" else {"font_size": 8} if name == "where" else {}
            put(ws, row, col, value, styles.cell(BODY_CELL, look, colour, {"num_format": "0" if isinstance(value, int) else "@"}))
    if overview.people:
        ws.autofilter(2, 0, 2 + len(overview.people), len(PEOPLE) - 1)
    ws.freeze_panes(3, 1)
    page(ws, f"{title} {overview.head}", lang)
    ws.set_paper(paper_for([width for _, width in PEOPLE], 0)[0])
    ws.repeat_rows(2)
