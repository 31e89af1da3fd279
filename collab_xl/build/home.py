"""The empty home sheet 首页: cards with links to their sheets, next steps, the steps of a week, and a list of all sheets.

Cells that code fills have the names `home_*`; `plan/home.py` writes there. It has the same grid as the weekly sheet.
"""

from __future__ import annotations

from xlsxwriter.worksheet import Worksheet

from collab_xl.build.grid import PageGrid
from collab_xl.build.style import ACCENT, ACCENT_PALE, AMBER, CARD, GREEN, LINE, MUTED, RED, SECTION, WHITE, Styles
from collab_xl.build.table import page
from collab_xl.catalogue import text
from collab_xl.forms import Schema
from collab_xl.forms.blocks import jump
from collab_xl.model.place import Area, column_letters
from collab_xl.model.report_pages import HOME_CARDS

ALARMS = {"red": RED, "amber": AMBER}
STATUS = ("last_run", "newest", "missing", "calendar")
STEPS = ("issue", "chase", "collect", "preview", "consolidate", "resolve", "flag", "week")
NEXT = 5


def home_sheet(
    ws: Worksheet, styles: Styles, sheet: str, project: str, links: list[tuple[str, str, str]], schema: Schema
) -> dict[str, tuple[str, Area]]:
    """Write the sheet. `links` are (sheet name, defined name as target, description). Returns the names `home_*`."""
    lang = styles.lang
    names: dict[str, tuple[str, Area]] = {}
    grid = PageGrid(ws, styles, names, sheet)
    ws.hide_gridlines(2)
    ws.set_column(0, 0, 1.2)
    ws.set_column(1, 24, 6.4)
    ws.set_column(25, 25, 1.2)
    for row, height in enumerate((8, 32, 18, 8)):
        ws.set_row(row, height)
    grid.cell(1, 1, 16, project or text("build.sheet.home_title", lang), name="home_title", font_size=18, bold=True)
    grid.cell(
        1,
        17,
        24,
        text("build.sheet.open_weekly", lang),
        link="go_weekly",
        tip=text("build.sheet.go", lang),
        align="right",
        font_color=ACCENT,
        bold=True,
    )
    grid.cell(2, 1, 24, text("build.sheet.home_subtitle", lang), MUTED_LOOK)
    row = _cards(grid, schema, 4)
    row = _two_columns(grid, lang, row)
    row = _steps(grid, lang, row)
    row = _directory(grid, lang, row, links)
    page(ws, text("build.sheet.home", lang), lang, fit_height=1)
    ws.print_area(0, 0, row, 25)
    ws.activate()
    return names


MUTED_LOOK = {"font_color": MUTED}


def _cards(grid: PageGrid, schema: Schema, row: int) -> int:
    """Lines of four cards: our eight, then the figures of the forms. A card has five columns and one blank column."""
    lang = grid.styles.lang
    cards = [(f"home_{c.id}", text(f"build.card.{c.id}", lang), jump(schema, c.leads_to), c.alarm) for c in HOME_CARDS]
    cards += [(f"home_figure_{f.id}", f.label[lang], f"go_{form.id}", f.alarm) for form in schema.forms for f in form.figures]
    lines = [cards[n : n + 4] for n in range(0, len(cards), 4)]
    for line, four in enumerate(lines):
        at = row + 4 * line
        for n, height in enumerate((20, 38, 6, 8)):
            grid.ws.set_row(at + n, height)
        for n, card in enumerate(four):
            _card(grid, at, 1 + 6 * n, *card)
    return row + 4 * len(lines)


def _card(grid: PageGrid, at: int, first: int, name: str, label: str, link: str, alarm: str) -> None:
    ws, last = grid.ws, first + 5
    look = {"bg_color": CARD, "indent": 1, "align": "left", "left": 5, "left_color": ACCENT}
    tip = text("build.sheet.go", grid.styles.lang)
    grid.cell(at, first, last, label, look, font_color=MUTED, valign="bottom")
    grid.cell(at + 1, first, last, "", look, name=name, link=link, tip=tip, font_size=24, bold=True, num_format="0")
    grid.cell(at + 2, first, last, "", look)
    if alarm:
        cell = f"${column_letters(first + 1)}${at + 2}"
        formula = f"=AND(ISNUMBER({cell}),{cell}>0)"
        change = grid.styles.change(font_color=ALARMS[alarm])
        ws.conditional_format(at + 1, first, at + 1, last, {"type": "formula", "criteria": formula, "format": change})


def _two_columns(grid: PageGrid, lang: str, row: int) -> int:
    """Next steps on the left, the current state on the right."""
    ws = grid.ws
    line = {"bottom": 1, "bottom_color": LINE}
    ws.set_row(row, 20)
    grid.cell(row, 1, 13, text("build.sheet.next", lang), SECTION)
    grid.cell(row, 15, 24, text("build.sheet.standing", lang), SECTION)
    for n in range(NEXT):
        ws.set_row(row + 1 + n, 26)
        grid.cell(row + 1 + n, 1, 13, text("build.sheet.next_first", lang) if n == 0 else "", line, text_wrap=True, font_size=10)
        key = STATUS[n] if n < len(STATUS) else ""
        grid.cell(row + 1 + n, 15, 17, text(f"build.standing.{key}", lang) if key else "", line if key else {}, font_color=MUTED)
        grid.cell(
            row + 1 + n,
            18,
            24,
            text("model.sheet.none_yet", lang) if key else "",
            line if key else {},
            name=f"home_{key}" if key else "",
            text_wrap=True,
        )
    grid.area("home_next", row + 1, 1, NEXT)
    missing = grid.names["home_missing"][1]
    rule = {
        "type": "text",
        "criteria": "begins with",
        "value": text("build.week.missing_word", lang),
        "format": grid.styles.change(font_color=AMBER, bold=True),
    }
    ws.conditional_format(missing.first_row - 1, 18, missing.first_row - 1, 24, rule)
    rule = {
        "type": "text",
        "criteria": "begins with",
        "value": text("model.week.all_in", lang),
        "format": grid.styles.change(font_color=GREEN),
    }
    ws.conditional_format(missing.first_row - 1, 18, missing.first_row - 1, 24, rule)
    ws.set_row(row + 1 + NEXT, 8)
    return row + 2 + NEXT


def _steps(grid: PageGrid, lang: str, row: int) -> int:
    """The steps of a week from left to right: the eight buttons in the order of use."""
    ws = grid.ws
    ws.set_row(row, 20)
    grid.cell(row, 1, 24, text("build.sheet.steps", lang), SECTION)
    ws.set_row(row + 1, 5)
    ws.set_row(row + 2, 20)
    ws.set_row(row + 3, 32)
    for n, step in enumerate(STEPS):
        first = 1 + 3 * n
        edge = {"left": 2, "left_color": WHITE, "text_wrap": True, "align": "center"}
        grid.cell(
            row + 2,
            first,
            first + 2,
            f"{n + 1}  {text(f'model.verb.{step}', lang) if step != 'chase' else text('build.step.chase_word', lang)}",
            edge,
            bg_color=ACCENT_PALE,
            bold=True,
            font_color=ACCENT,
        )
        grid.cell(
            row + 3, first, first + 2, text(f"build.step.{step}", lang), edge, bg_color=CARD, font_size=8, font_color=MUTED, valign="top"
        )
    ws.set_row(row + 4, 8)
    return row + 5


def _directory(grid: PageGrid, lang: str, row: int, links: list[tuple[str, str, str]]) -> int:
    """Every sheet with its purpose, in two columns; then the meaning of the fills and colours."""
    ws = grid.ws
    line = {"bottom": 1, "bottom_color": LINE}
    ws.set_row(row, 20)
    grid.cell(row, 1, 24, text("build.sheet.directory", lang), SECTION)
    half = (len(links) + 1) // 2
    for n in range(half):
        ws.set_row(row + 1 + n, 19)
        for first, last, index in ((1, 12, n), (14, 24, half + n)):
            if index < len(links):
                name, target, about = links[index]
                grid.cell(
                    row + 1 + n, first, first + 2, name, line, link=target, tip=text("build.sheet.go", lang), bold=True, font_color=ACCENT
                )
                grid.cell(row + 1 + n, first + 3, last, about, line, font_color=MUTED, font_size=8)
    at = row + 2 + half
    ws.set_row(at - 1, 8)
    ws.set_row(at, 20)
    legend = (
        ("build.legend.white", {"bg_color": WHITE, "border": 1, "border_color": LINE}),
        ("build.legend.grey", {"bg_color": CARD, "border": 1, "border_color": LINE}),
        ("build.legend.computed", {"bg_color": CARD, "italic": True, "font_color": MUTED, "border": 1, "border_color": LINE}),
        ("build.legend.colours", {"font_color": RED}),
    )
    for n, (key, look) in enumerate(legend):
        grid.cell(at, 1 + 6 * n, 6 + 6 * n, text(key, lang), look, font_size=8, align="center", text_wrap=True)
    return at
