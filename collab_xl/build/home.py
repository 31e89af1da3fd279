"""The empty home sheet 首页: cards with links to their sheets, next steps, the steps of a week, and a list of all sheets.

Cells that code fills have the names `home_*`; `plan/home.py` writes there. It has the same grid as the weekly sheet.
"""

from __future__ import annotations

from xlsxwriter.worksheet import Worksheet

from collab_xl.build.grid import PageGrid
from collab_xl.build.style import (
    ACCENT,
    ACCENT_PALE,
    AMBER,
    AMBER_PALE,
    CARD,
    GREEN,
    GREEN_PALE,
    LINE,
    MUTED,
    RED,
    RED_PALE,
    SECTION,
    WHITE,
    Styles,
)
from collab_xl.build.table import page
from collab_xl.catalogue import text
from collab_xl.forms import Schema
from collab_xl.forms.blocks import jump
from collab_xl.model.place import Area, column_letters
from collab_xl.model.printed_width import A3
from collab_xl.model.report_pages import HOME_CARDS, NEXT, SETUP, WEEK_STEPS

ALARMS = {"red": RED, "amber": AMBER}
STATUS = ("last_run", "newest", "missing", "calendar")


def home_sheet(
    ws: Worksheet,
    styles: Styles,
    sheet: str,
    project: str,
    links: list[tuple[str, str, str]],
    schema: Schema,
    departments: int,
    years: set[int],
    *,
    linked: bool,
) -> dict[str, tuple[str, Area]]:
    """Write the sheet. `links` are (sheet name, defined name as target, description); `departments`: how many are entered already;
    `years`: those that the calendar has days of; `linked`: whether the first steps are links, which are formulas.

    Returns the names `home_*`.
    """
    lang = styles.lang
    names: dict[str, tuple[str, Area]] = {}
    grid = PageGrid(ws, styles, names, sheet)
    ws.hide_gridlines(2)
    ws.set_column(0, 0, 1.2)
    ws.set_column(1, 24, 6.4)
    ws.set_column(25, 25, 1.2)
    for row, height in enumerate((8, 32, 18, 4, 38, 8)):
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
    grid.cell(2, 1, 16, text("model.home.subtitle", lang), MUTED_LOOK, name="home_day")
    grid.cell(2, 17, 24, "", MUTED_LOOK, name="home_period", align="right")
    _verdict(grid, lang, 4)
    row = _two_columns(grid, lang, 6, schema, departments, years, linked=linked)
    row = _steps(grid, lang, row)
    second = _cards(grid, schema, row)
    row = _directory(grid, lang, second, links)
    _print(ws, lang, second, row)
    ws.activate()
    return names


def _print(ws: Worksheet, lang: str, second: int, last: int) -> None:
    """Two pages of A3, on one of A4 the letters are 4 points high; the directory is on the second. A fixed scale, as a page that is fitted
    ignores its breaks."""
    page(ws, text("build.sheet.home", lang), lang)
    ws.fit_page = 0
    ws.set_paper(A3)
    ws.set_print_scale(PRINT_SCALE)
    ws.set_h_pagebreaks([second])
    ws.print_area(0, 0, last, 25)


PRINT_SCALE = 95
"""Per cent: so wide that also LibreOffice without our Chinese font, where columns are a fifth wider, has the sheet on one page's width."""
MUTED_LOOK = {"font_color": MUTED}


def _verdict(grid: PageGrid, lang: str, row: int) -> None:
    """The light of 周报 and its reason, as that sheet shows them."""
    ws, change = grid.ws, grid.styles.change
    badge = {"align": "center", "bold": True, "font_color": WHITE, "bg_color": MUTED, "font_size": 14}
    grid.cell(row, 1, 4, text("model.home.no_week", lang), badge, name="home_light")
    box = {"bg_color": CARD, "text_wrap": True, "align": "left", "indent": 1, "font_size": 10, "bold": True}
    grid.cell(row, 5, 24, text("model.home.no_week_yet", lang), box, name="home_reason")
    for rag, fill, pale in (("red", RED, RED_PALE), ("amber", AMBER, AMBER_PALE), ("green", GREEN, GREEN_PALE)):
        found = f'=ISNUMBER(SEARCH("{text(f"model.rag.{rag}", lang)}",{grid.anchor("home_light")}))'
        ws.conditional_format(row, 1, row, 4, {"type": "formula", "criteria": found, "format": change(bg_color=fill)})
        ws.conditional_format(row, 5, row, 24, {"type": "formula", "criteria": found, "format": change(bg_color=pale)})


def _cards(grid: PageGrid, schema: Schema, row: int) -> int:
    """Lines of six cards of four columns: our eight, then the figures of the forms."""
    lang = grid.styles.lang
    cards = [(f"home_{c.id}", text(f"build.card.{c.id}", lang), jump(schema, c.leads_to), c.alarm) for c in HOME_CARDS]
    cards += [(f"home_figure_{f.id}", f.label[lang], f"go_{form.id}", f.alarm) for form in schema.forms for f in form.figures]
    lines = [cards[n : n + 6] for n in range(0, len(cards), 6)]
    for line, six in enumerate(lines):
        at = row + 3 * line
        for n, height in enumerate((20, 36, 8)):
            grid.ws.set_row(at + n, height)
        for n, card in enumerate(six):
            _card(grid, at, 1 + 4 * n, *card)
    return row + 3 * len(lines)


def _card(grid: PageGrid, at: int, first: int, name: str, label: str, link: str, alarm: str) -> None:
    ws, last = grid.ws, first + 3
    look = {"bg_color": CARD, "indent": 1, "align": "left", "left": 5, "left_color": ACCENT}
    tip = text("build.sheet.go", grid.styles.lang)
    grid.cell(at, first, last, label, look, font_color=MUTED, valign="bottom")
    grid.cell(at + 1, first, last, "", look, name=name, link=link, tip=tip, font_size=24, bold=True, num_format="0")
    if alarm:
        cell = f"${column_letters(first + 1)}${at + 2}"
        formula = f"=AND(ISNUMBER({cell}),{cell}>0)"
        change = grid.styles.change(font_color=ALARMS[alarm])
        ws.conditional_format(at + 1, first, at + 1, last, {"type": "formula", "criteria": formula, "format": change})


def _two_columns(grid: PageGrid, lang: str, row: int, schema: Schema, departments: int, years: set[int], *, linked: bool) -> int:
    """Next steps on the left, the current state on the right."""
    ws = grid.ws
    line = {"bottom": 1, "bottom_color": LINE}
    covered = text("model.home.calendar", lang, first=min(years), last=max(years)) if years else ""
    ws.set_row(row, 20)
    grid.cell(row, 1, 13, text("build.sheet.next", lang), SECTION)
    grid.cell(row, 15, 24, text("build.sheet.standing", lang), SECTION)
    for n in range(NEXT):
        ws.set_row(row + 1 + n, 26)
        grid.cell(row + 1 + n, 1, 13, "", line, text_wrap=True, font_size=10)
        if n < len(SETUP):
            words = f"{n + 1}. {text(f'model.setup.{SETUP[n].id}', lang)}"
            words = f"✓ {words}" if departments and SETUP[n].id == "departments" else words
            look = grid.styles.cell({"font_size": 10}, line, text_wrap=True)
            if linked:  # as code writes them later: a link of the cell itself would stay when the step is another one
                link = f'=HYPERLINK("#{jump(schema, SETUP[n].leads_to) or "go_home"}","{words.replace(chr(34), chr(34) * 2)}")'
                ws.write_formula(row + 1 + n, 1, link, look, words)
            else:
                ws.write_string(row + 1 + n, 1, words, look)
        key = STATUS[n] if n < len(STATUS) else ""
        grid.cell(row + 1 + n, 15, 17, text(f"build.standing.{key}", lang) if key else "", line if key else {}, font_color=MUTED)
        grid.cell(
            row + 1 + n,
            18,
            24,
            "" if not key else covered if key == "calendar" and years else text("model.sheet.none_yet", lang),
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
    """The steps of a week from left to right, in the order of use, each with how far it is."""
    ws, change = grid.ws, grid.styles.change
    for n, height in enumerate((20, 5, 20, 26, 18, 8)):
        ws.set_row(row + n, height)
    grid.cell(row, 1, 12, text("build.sheet.steps", lang), SECTION)
    grid.cell(row, 13, 24, text("model.home.before_first", lang), SECTION, name="home_step", align="right")
    for n, step in enumerate(WEEK_STEPS):
        first, last = 1 + 3 * n, 3 + 3 * n
        edge = {"left": 2, "left_color": WHITE, "text_wrap": True, "align": "center"}
        title = f"{n + 1}  {text(f'model.step.{step.id}', lang)}"
        head = {"bg_color": ACCENT_PALE, "bold": True, "font_color": ACCENT}
        grid.cell(row + 2, first, last, title, edge, head, link=f"go_{step.leads_to}", tip=text("build.sheet.go", lang))
        about = {"bg_color": CARD, "font_size": 8, "font_color": MUTED, "valign": "top"}
        grid.cell(row + 3, first, last, text(f"build.step.{step.id}", lang), edge, about)
        grid.cell(row + 4, first, last, "", edge, name=f"home_step_{step.id}", bg_color=CARD, text_wrap=False, shrink=True)
    states = (row + 4, 1, row + 4, 24)
    for mark, look in (("▶", {"font_color": WHITE, "bg_color": AMBER, "bold": True}), ("✓", {"font_color": GREEN})):
        ws.conditional_format(*states, {"type": "text", "criteria": "begins with", "value": mark, "format": change(**look)})
    return row + 6


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
