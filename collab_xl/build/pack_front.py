"""The first sheet of a pack: 本周请处理. What is late, due or to answer, what became of the last pack, and the way back.

A line names its row and links to it. All cells hold texts; the cell for words to the PMO and the ones to ask for a form are open.
What a department types anywhere on the sheet is reported when the pack comes back (`read/outside.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from collab_xl.build.line_counts import LINE_HEIGHT, wrapped_count
from collab_xl.build.pack_checks import Lists
from collab_xl.build.style import (
    ACCENT,
    AMBER,
    BODY_CELL,
    CARD,
    GREEN,
    INK,
    LINE,
    MARGINS,
    MUTED,
    MUTED_TEXT,
    RED,
    RED_PALE,
    SECTION,
    TITLE,
    WHITE,
    Props,
    Styles,
)
from collab_xl.catalogue import COMMA, text
from collab_xl.forms import Schema
from collab_xl.model.directory import Directory
from collab_xl.model.pack_plan import ANSWER, DUE, HINT_MARKS, LATE, FrontLine, PackPlan, PackSheet, Told
from collab_xl.model.record import Struct
from collab_xl.model.sheets import RowId
from collab_xl.rules.department_asks import is_theirs

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

WIDTHS: Final = (1.5, 19, 36, 17, 28, 40, 1.5)
FIRST, LAST = 1, 5
MOST: Final = 12
"""Lines of one block; the rest is counted."""
REPLIES: Final = 15
BODY: Final = {"font_size": 10}
ROW_PIXELS: Final = 22
"""A row whose height nobody sets."""
PAGE_PIXELS: Final = 690
"""What fits on a page in full size: A4 across, without the margins."""
LEAST_SCALE: Final = 72
"""Per cent at which texts of 10 points have 7 on paper."""
SCALE: Final = 78
"""Per cent at which the columns are as wide as the page."""
BLOCKS: Final = ((LATE, RED), (DUE, AMBER), (ANSWER, ACCENT))


class RowPlace(Struct, frozen=True):
    """Where a row of the pack is, from 1, and how it is found when it has moved: its id in the hidden column `id_column`."""

    sheet: str
    row: int
    id: RowId
    id_column: str


RowOf = Mapping[tuple[str, RowId], RowPlace]
"""(form, row id) → its place."""


class Page:
    """A sheet of texts of ours: what is written is remembered, so that anything else found there later is the department's."""

    def __init__(self, page: Worksheet, texts: set[str]) -> None:
        self.page, self.texts = page, texts

    def put(self, row: int, column: int, words: str, look: object) -> None:
        self.texts.add(words)
        if words:
            self.page.write_string(row, column, words, look)
        else:
            self.page.write_blank(row, column, None, look)

    def merge(self, row: int, first: int, last: int, words: str, look: object) -> None:
        self.texts.add(words)
        self.page.merge_range(row, first, row, last, words, look)

    def link(self, row: int, column: int, sheet: str, cell: str, words: str, look: object) -> None:
        self.texts.add(words)
        self.page.write_url(row, column, "internal:'{}'!{}".format(sheet.replace("'", "''"), cell), look, words)

    def follow(self, row: int, column: int, place: RowPlace, words: str, look: object) -> None:
        """A link to a row that finds it by its id, so that it leads there after the liaison has sorted the sheet."""
        name, id_ = place.sheet.replace("'", "''"), re.sub(r"([*?~])", r"~\1", place.id)  # MATCH reads * ? ~ as patterns
        if max(len(words), len(id_)) > MAX_LITERAL:
            self.link(row, column, place.sheet, f"A{place.row}", words, look)
            return
        self.texts.add(words)
        found = f"IFERROR(MATCH({_literal(id_)},'{name}'!${place.id_column}:${place.id_column},0),{place.row})"
        target = _literal("#'" + name + "'!A")
        self.page.write_formula(row, column, f"=HYPERLINK({target}&{found},{_literal(words)})", look, words)


MAX_LITERAL = 255
"""Characters of a text in a formula."""


def _literal(words: str) -> str:
    return '"' + words.replace('"', '""') + '"'


def write(
    page: Worksheet,
    plan: PackPlan,
    sheets: Sequence[PackSheet],
    schema: Schema,
    lang: str,
    directory: Directory,
    project: str,
    styles: Styles,
    lists: Lists,
    rows: RowOf,
    texts: set[str],
) -> None:
    """Fill the sheet and add its texts to `texts`. `sheets`: the sheets of the pack; `rows`: where their rows are."""
    _Front(Page(page, texts), plan, sheets, schema, lang, directory, project, styles, lists, rows).write()


class _Front:
    def __init__(
        self,
        page: Page,
        plan: PackPlan,
        sheets: Sequence[PackSheet],
        schema: Schema,
        lang: str,
        directory: Directory,
        project: str,
        styles: Styles,
        lists: Lists,
        rows: RowOf,
    ) -> None:
        self.out, self.page, self.plan, self.sheets, self.schema, self.lang = page, page.page, plan, sheets, schema, lang
        self.directory, self.project, self.styles, self.lists, self.rows = directory, project, styles, lists, rows
        self.row = 1
        self.heights: dict[int, int] = {}
        """Pixels of the rows that are not of the usual height."""
        self.sections: list[int] = []
        """The row of each section's heading."""
        self.plain = styles.cell(BODY_CELL, BODY)
        self.strong = styles.cell(BODY_CELL, BODY, bold=True)
        self.muted = styles.cell(BODY_CELL, BODY, MUTED_TEXT)
        self.linked = styles.cell(BODY_CELL, BODY, font_color=ACCENT, underline=1, bold=True)

    def say(self, key: str, **facts: object) -> str:
        return text(f"build.front.{key}", self.lang, **facts)

    def write(self) -> None:
        self.page.set_default_row(ROW_PIXELS * 0.75)
        for column, width in enumerate(WIDTHS):
            self.page.set_column(column, column, width)
        self._title()
        self._cards()
        self._planning()
        for kind, colour in BLOCKS:
            self._asks(kind, colour)
        self._replies()
        self._told(self.plan.front.answered, "section_answered")
        self._told(self.plan.front.told, "section_told")
        self._words_to_pmo()
        self._contents()
        self._resting()
        self.page.hide_gridlines(2)
        self.page.set_landscape()
        self.page.set_paper(9)
        self.page.set_margins(**MARGINS)
        self._print()
        pack = self.plan.pack
        footer = text("build.pack.footer", self.lang, department=pack.department, week=pack.week, pack=pack.id).replace("&", "&&")
        self.page.set_footer(f"&L&10{footer}&R&10&P / &N", {"scale_with_doc": False})  # LibreOffice scales it all the same
        self.page.protect("", {"format_columns": True, "format_rows": True})

    def _pixels(self, row: int, height: int) -> None:
        self.heights[row] = height
        self.page.set_row_pixels(row, height)

    def _points(self, row: int, height: float) -> None:
        self._pixels(row, round(height * 4 / 3))

    def _print(self) -> None:
        """On one page if its text keeps `LEAST_SCALE`, else on several that begin with a section."""
        heights = [self.heights.get(row, ROW_PIXELS) for row in range(self.row)]
        if sum(heights) <= PAGE_PIXELS * 100 / LEAST_SCALE:
            self.page.fit_to_pages(1, 1)
            return
        breaks, top, room = [0], 0, PAGE_PIXELS * 100 / SCALE
        ends = [*self.sections[1:], self.row]
        for begin, end in zip(self.sections, ends, strict=True):
            if sum(heights[top:end]) > room and begin > breaks[-1]:
                breaks.append(begin)
                top = begin
        self.page.set_print_scale(SCALE)
        self.page.set_h_pagebreaks(breaks[1:])

    def _lines(self, kind: str) -> list[FrontLine]:
        return [line for line in self.plan.front.lines if line.kind == kind]

    def _title(self) -> None:
        pack, department = self.plan.pack, self.directory.department(self.plan.pack.department)
        self._pixels(0, 10)
        self._pixels(1, 40)
        self.out.put(1, FIRST, self.say("title", department=pack.department), self.styles.cell(TITLE, font_size=20))
        liaison = self.say("liaison", name=department.liaison) if department and department.liaison else ""
        whose = " · ".join(filter(None, (self.project or text("build.pack.project", self.lang), pack.week, liaison)))
        self.out.put(2, FIRST, whose, self.styles.cell(font_color=MUTED, font_size=10))
        self._pixels(3, 28)
        self.out.merge(3, FIRST, LAST, self._way_back(), self.styles.cell(font_size=11, bold=True, font_color=ACCENT, shrink=True))
        self.row = 5

    def _way_back(self) -> str:
        to = self.plan.front.send_to
        where = self.say("to_mail", mail=to) if to else self.say("to_pmo")
        return (
            self.say("by", when=_moment(self.plan.deadline, self.lang), where=where)
            if self.plan.deadline
            else self.say("back", where=where)
        )

    def _cards(self) -> None:
        """How much there is: late, due, to answer, not taken, and the day it is due."""
        red, amber = (RED, AMBER)
        due = self.plan.deadline
        cards = [
            (self.say("card_late"), str(len(self._lines(LATE))), red if self._lines(LATE) else GREEN),
            (self.say("card_due"), str(len(self._lines(DUE))), amber if self._lines(DUE) else INK),
            (self.say("card_answer"), str(len(self._lines(ANSWER))), ACCENT if self._lines(ANSWER) else INK),
            (self.say("card_replies"), str(len(self.plan.replies)), amber if self.plan.replies else INK),
            (self.say("card_deadline"), _moment(due, self.lang) if due else "—", ACCENT),
        ]
        self._pixels(self.row + 1, 38)
        for column, (label, value, colour) in enumerate(cards, FIRST):
            edge: Props = {"bg_color": CARD, "left": 5, "left_color": colour, "indent": 1}
            self.out.put(self.row, column, label, self.styles.cell(edge, font_color=MUTED, font_size=10))
            self.out.put(self.row + 1, column, value, self.styles.cell(edge, font_size=18, bold=True, font_color=colour, shrink=True))
        self.row += 3

    def _section(self, words: str, colour: object = ACCENT) -> None:
        self.sections.append(self.row)
        self._pixels(self.row, 30)
        look = self.styles.cell(SECTION, font_size=12, font_color=colour, bottom_color=colour)
        for column in range(FIRST, LAST + 1):
            self.page.write_blank(self.row, column, None, look)
        self.out.put(self.row, FIRST, words, look)
        self.row += 1

    def _heads(self, keys: Sequence[str]) -> None:
        head = self.styles.cell(BODY, font_color=MUTED, indent=1, bottom=1, bottom_color=LINE)
        for column, key in enumerate(keys, FIRST):
            self.out.put(self.row, column, self.say(f"head_{key}"), head)
        self.row += 1

    def _nothing(self, words: str) -> None:
        self.out.put(self.row, FIRST, words, self.styles.cell(BODY, MUTED_TEXT, indent=1))
        self.row += 2

    def _line(self, words: Sequence[str], looks: Sequence[object], link: tuple[str, RowId] | None = None) -> None:
        """One line over the five columns. `link`: the row the first cell leads to."""
        at = self.rows.get(link) if link else None
        for column, (said, look) in enumerate(zip(words, looks, strict=True), FIRST):
            if at is not None and column == FIRST:
                self.out.follow(self.row, column, at, said, self.linked)
            else:
                self.out.put(self.row, column, said, look)
        lines = max(wrapped_count(said, WIDTHS[n] * 0.92, bold=n == FIRST) for n, said in enumerate(words, FIRST) if said)
        self._points(self.row, min(9.0 + LINE_HEIGHT * lines, 200.0))
        self.row += 1

    def _planning(self) -> None:
        """What is asked for before work begins: the plan, on the sheets that have the face of the form."""
        planning = [sheet for sheet in self.sheets if sheet.planning]
        if not planning:
            return
        self._section(self.say("section_planning"))
        for sheet in planning:
            form = self.schema.form(sheet.form)
            name = form.sheet[self.lang]
            theirs = [f for f in (form.field(f) for f in sheet.fields) if f.kind != "key" and f.role != "title"]
            fields = COMMA[self.lang].join(f.heading[self.lang] for f in theirs if is_theirs(f))
            words = self.say("planning", title=form.face.title[self.lang] if form.face else name, n=len(sheet.rows), fields=fields)
            self.out.link(self.row, FIRST, name, "A1", name, self.linked)
            self.out.merge(self.row, FIRST + 1, LAST, words, self.plain)
            lines = max(
                wrapped_count(words, sum(WIDTHS[FIRST + 1 : LAST + 1]) * 0.92), wrapped_count(name, WIDTHS[FIRST] * 0.92, bold=True)
            )
            self._points(self.row, 9 + LINE_HEIGHT * lines)
            self.row += 1
        self.row += 1

    def _asks(self, kind: str, colour: object) -> None:
        lines = self._lines(kind)
        if not lines:
            self._section(f"{HINT_MARKS[kind]} " + self.say(f"none_{kind}"), MUTED)
            self.row += 1
            return
        told = kind == LATE and not any(line.wanted for line in lines)  # no reason or measure is asked for
        self._section(f"{HINT_MARKS[kind]} " + self.say(f"section_{kind}_told" if told else f"section_{kind}", n=len(lines)), colour)
        self._heads(("row", "name", f"when_{kind}", "state", "ask"))
        told = self.styles.cell(BODY_CELL, BODY, font_color=colour, bold=True)
        wanted = self.styles.cell(BODY_CELL, BODY, bg_color=RED_PALE)
        for line in lines[:MOST]:
            words = (line.row_id, line.name, line.when, line.state, line.ask)
            self._line(words, (self.strong, self.strong, self.plain, told, wanted if line.wanted else self.plain), (line.form, line.row_id))
        self._more(len(lines) - MOST)

    def _more(self, left: int) -> None:
        if left > 0:
            self.out.put(self.row, FIRST, self.say("more", n=left, column=text("model.pack.hint_column", self.lang)), self.muted)
            self.row += 1
        self.row += 1

    def _replies(self) -> None:
        """What became of the last submission: what the department can mend first."""
        taken, replies = self.plan.front.taken, self.plan.replies
        if taken is None and not replies:
            return
        self._section(self.say("section_replies"), AMBER if replies else MUTED)
        if taken:
            self.out.put(self.row, FIRST, self.say("taken", n=taken), self.styles.cell(BODY, font_color=GREEN, bold=True, indent=1))
            self.row += 1
        if not replies:
            self._nothing(self.say("all_taken" if self.plan.front.edits else "unchanged"))
            return
        self._heads(("row", "field", "sent", "master", "verdict"))
        for line in replies[:REPLIES]:
            if line.row_key:
                first, second = line.row_key, " · ".join(filter(None, (line.title, line.field)))
            elif line.form:
                first, second = self.schema.form(line.form).sheet[self.lang], line.field
            else:
                first, second = line.field, line.row
            told = self.styles.cell(BODY_CELL, BODY, font_color=RED if line.mend else AMBER, bold=True)
            self._line(
                (first, second, line.value, line.master, line.verdict),
                (self.strong, self.plain, self.plain, self.plain, told),
                (line.form, line.row_key),
            )
        if len(replies) > REPLIES:
            self.out.put(self.row, FIRST, text("build.pack.more_replies", self.lang, n=len(replies) - REPLIES), self.muted)
            self.row += 1
        self.row += 1

    def _told(self, changes: Sequence[Told], heading: str) -> None:
        """Changes of which the department is told; no section without any."""
        if not changes:
            return
        self._section(self.say(heading, n=len(changes)))
        self._heads(("row", "name", "whose", "kind", "change"))
        for line in changes[:MOST]:
            words = (line.row_id, line.name, line.department, line.kind, line.change)
            self._line(words, (self.strong, self.strong, self.plain, self.plain, self.plain))
        if len(changes) > MOST:
            self.out.put(self.row, FIRST, self.say("more_told", n=len(changes) - MOST), self.muted)
            self.row += 1
        self.row += 1

    def _words_to_pmo(self) -> None:
        self._section(text("model.pack.words_to_pmo", self.lang))
        box: Props = {
            "locked": False,
            "border": 1,
            "border_color": LINE,
            "bg_color": WHITE,
            "text_wrap": True,
            "valign": "top",
            "indent": 1,
        }
        self.out.merge(self.row, FIRST, LAST, "", self.styles.cell(BODY, box))
        self.page.data_validation(self.row, FIRST, self.row, FIRST, {"validate": "any", "input_message": self.say("words_help")[:255]})
        self._points(self.row, 48)
        self.row += 2

    def _contents(self) -> None:
        """One line for each sheet: how many rows it has, and what is to be done in it."""
        self._section(self.say("section_contents"))
        count = self._counter()
        for sheet in self.sheets:
            name = self.schema.form(sheet.form).sheet[self.lang]
            self.out.link(self.row, FIRST, name, "A1", name, self.linked)
            self.out.put(self.row, FIRST + 1, self._rows_of(sheet), self.plain)
            told = [count(sheet.form), self.say("plan_here") if sheet.planning else ""]
            self.out.merge(self.row, FIRST + 2, LAST, "    ".join(filter(None, told)) or self.say("nothing_here"), self.plain)
            self._points(self.row, 9 + LINE_HEIGHT * wrapped_count(name, WIDTHS[FIRST] * 0.92, bold=True))
            self.row += 1
        guide = text("build.pack.guide", self.lang)
        self.out.link(self.row, FIRST, guide, "A1", guide, self.linked)
        self.out.merge(self.row, FIRST + 1, LAST, self.say("guide_line"), self.plain)
        self.row += 2

    def _counter(self) -> Callable[[str], str]:
        counts: dict[tuple[str, str], int] = {}
        for line in self.plan.front.lines:
            counts[line.form, line.kind] = counts.get((line.form, line.kind), 0) + 1

        def told(form: str) -> str:
            found = ((kind, counts.get((form, kind), 0)) for kind in (LATE, DUE, ANSWER))
            return "    ".join(f"{HINT_MARKS[kind]} " + self.say(f"count_{kind}", n=n) for kind, n in found if n)

        return told

    def _rows_of(self, sheet: PackSheet) -> str:
        say = text
        parts = [say("build.pack.prefilled", self.lang, n=len(sheet.rows))]
        if sheet.blank:
            parts.append(say("build.pack.blank", self.lang, n=len(sheet.blank)))
        elif sheet.read_only:
            parts.append(say("build.pack.read_only", self.lang))
        return " · ".join(parts)

    def _resting(self) -> None:
        """The forms without a sheet, and cells to ask for them."""
        resting = self.plan.resting
        if not resting:
            return
        names = [self.schema.form(one.form).sheet[self.lang] for one in resting]
        told = COMMA[self.lang].join(self.say("rows", name=n, n=one.rows) for n, one in zip(names, resting, strict=True))
        words = self.say("resting", forms=told)
        self.out.merge(self.row, FIRST, LAST, words, self.styles.cell(BODY, MUTED_TEXT, text_wrap=True, indent=1))
        self._points(self.row, 6 + LINE_HEIGHT * wrapped_count(words, sum(WIDTHS[FIRST : LAST + 1]) * 0.95))
        self.row += 1
        self.out.put(self.row, FIRST, self.say("want"), self.styles.cell(BODY, bold=True, indent=1))
        open_cell = self.styles.cell(BODY, locked=False, border=1, border_color=LINE, indent=1)
        rule = {"validate": "list", "source": self.lists.source(names), "show_error": False, "input_message": self.say("want_help")[:255]}
        for column in (FIRST + 1, FIRST + 3):
            self.page.write_blank(self.row, column, None, open_cell)
            self.page.data_validation(self.row, column, self.row, column, rule)
        self._points(self.row, 22)
        self.row += 1


def _moment(due: date | datetime | None, lang: str) -> str:
    """`2026-11-27（周五）17:00`, or `下班前` without an hour."""
    if due is None:
        return ""
    day = text(f"build.pack.day{due.isoweekday()}", lang)
    if isinstance(due, datetime):
        return text("build.front.due_hour", lang, date=due.date().isoformat(), day=day, hour=f"{due:%H:%M}")
    return text("build.pack.due", lang, date=due.isoformat(), day=day)
