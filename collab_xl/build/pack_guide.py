"""The first sheet of a pack: department, week, deadline, how to fill it in and return it, and what goes into the columns
that the department fills.

It is made from the schema, so it always agrees with the other sheets.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from collab_xl.build.style import ACCENT, BODY_CELL, CARD, MARGINS, MUTED, MUTED_TEXT, SECTION, TITLE, Props, Styles
from collab_xl.catalogue import text
from collab_xl.forms import Field, Form, Schema
from collab_xl.model.directory import Directory
from collab_xl.model.pack_plan import PackPlan, PackSheet

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

WIDTHS = (2, 22, 20, 38, 36, 26, 2)
"""A narrow margin, five columns, a narrow margin. Text is in columns B to F."""
FIRST, LAST = 1, 5
NAME, LEFT, RIGHT = (1, 1), (2, 3), (4, 5)
"""First and last column of a form's name and of the two halves of its explanation."""
LINE_HEIGHT = 13
"""Points."""
ROW_LINES = 12
"""Columns of a form that one row of the guide explains in each half."""
STEPS = 6
_PIECE = re.compile(r"[\u2e80-\uffef] *|[^\u2e80-\uffef ]+ *| +")
"""What a line does not break: a word with the blanks after it, one Chinese character."""
REPLIES = 30
"""The most lines about the last submission."""


def write(
    page: Worksheet,
    plan: PackPlan,
    sheets: Sequence[PackSheet],
    schema: Schema,
    lang: str,
    directory: Directory,
    project: str,
    styles: Styles,
) -> None:
    """Fill the sheet. `sheets` are the sheets of the pack."""
    _Guide(page, plan, sheets, schema, lang, directory, project, styles).write()


class _Guide:
    def __init__(
        self,
        page: Worksheet,
        plan: PackPlan,
        sheets: Sequence[PackSheet],
        schema: Schema,
        lang: str,
        directory: Directory,
        project: str,
        styles: Styles,
    ) -> None:
        self.page, self.plan, self.sheets, self.schema, self.lang = page, plan, sheets, schema, lang
        self.directory, self.project, self.styles = directory, project, styles
        self.row = 1

    def say(self, key: str, **facts: object) -> str:
        return text(f"build.pack.{key}", self.lang, **facts)

    def write(self) -> None:
        for column, width in enumerate(WIDTHS):
            self.page.set_column(column, column, width)
        self._title()
        self._cards()
        self._replies()
        self._steps()
        self._contents()
        self._section(self.say("columns"))
        for sheet in self.sheets:
            self._columns(self.schema.form(sheet.form), sheet)
        self.page.hide_gridlines(2)
        self.page.set_landscape()
        self.page.set_paper(9)
        self.page.set_margins(**MARGINS)
        self.page.fit_to_pages(1, 0)
        self.page.set_footer("&R&8&P / &N")
        self.page.protect("", {"format_columns": True, "format_rows": True})

    def _title(self) -> None:
        self.page.set_row_pixels(0, 12)
        self.page.set_row_pixels(1, 40)
        name = self.say("title", project=self.project or self.say("project"))
        self.page.write_string(1, FIRST, name, self.styles.cell(TITLE, font_size=18))
        self.page.write_string(2, FIRST, self.say("subtitle"), self.styles.cell(font_color=MUTED, font_size=10))
        self.row = 4

    def _cards(self) -> None:
        """Cards with a label above a large value: department, liaison, week, deadline, rows."""
        pack, department = self.plan.pack, self.directory.department(self.plan.pack.department)
        due = self.say("due", date=self.plan.deadline, day=self.say(f"day{self.plan.deadline.isoweekday()}")) if self.plan.deadline else "—"
        cards = [
            (self.say("department"), pack.department),
            (self.say("liaison"), department.liaison if department and department.liaison else "—"),
            (self.say("week"), pack.week),
            (self.say("deadline"), due),
            (self.say("rows"), self.say("rows_count", n=self.plan.row_count)),
        ]
        self.page.set_row_pixels(self.row + 1, 34)
        for column, (label, value) in enumerate(cards, FIRST):
            edge = {"bg_color": CARD, "left": 5, "left_color": ACCENT, "indent": 1}
            self.page.write_string(self.row, column, label, self.styles.cell(edge, font_color=MUTED))
            big = {"font_size": 14, "bold": True, "shrink": True}
            self.page.write_string(self.row + 1, column, value, self.styles.cell(edge, big, font_color=ACCENT))
        self.row += 3

    def _section(self, words: str) -> None:
        self.page.set_row_pixels(self.row, 28)
        for column in range(FIRST, LAST + 1):
            self.page.write_blank(self.row, column, None, self.styles.cell(SECTION))
        self.page.write_string(self.row, FIRST, words, self.styles.cell(SECTION))
        self.row += 1

    def _replies(self) -> None:
        """What became of the last submission, one line for each cell or row that was not taken."""
        if not self.plan.replies:
            return
        self._section(self.say("replies"))
        wide = sum(WIDTHS[LAST - 1 : LAST + 1])
        plain, bold = self.styles.cell(BODY_CELL, text_wrap=True), self.styles.cell(BODY_CELL, bold=True, text_wrap=True)
        for line in self.plan.replies[:REPLIES]:
            for column, (words, look) in enumerate(((line.row, bold), (line.field, plain), (line.value, plain)), FIRST):
                self.page.write_string(self.row, column, words, look)
            self.page.merge_range(self.row, LAST - 1, self.row, LAST, line.verdict, plain)
            widths = (*WIDTHS[FIRST : LAST - 1], wide)
            lines = max(_wrapped(words, width, bold=n == 0) for n, (words, width) in enumerate(zip(line, widths, strict=True)))
            self.page.set_row(self.row, 6 + 12 * lines)
            self.row += 1
        if len(self.plan.replies) > REPLIES:
            more = self.say("more_replies", n=len(self.plan.replies) - REPLIES)
            self.page.write_string(self.row, FIRST, more, self.styles.cell(MUTED_TEXT))
            self.row += 1
        self.row += 1

    def _steps(self) -> None:
        self._section(self.say("how"))
        clear = text("model.word.clear", self.lang)
        width = sum(WIDTHS[FIRST : LAST + 1])
        for number in range(1, STEPS + 1):
            words = f"{number}.  " + self.say(f"step{number}", clear=clear, guide=self.say("guide"))
            self.page.merge_range(self.row, FIRST, self.row, LAST, words, self.styles.cell(font_size=10, text_wrap=True))
            self.page.set_row(self.row, 5 + 14 * _lines(words, width * 0.95))
            self.row += 1
        self.row += 1

    def _contents(self) -> None:
        """One line per form with a link to its sheet."""
        self._section(self.say("contents"))
        link = self.styles.cell(BODY_CELL, font_color=ACCENT, underline=1, bold=True)
        plain = self.styles.cell(BODY_CELL)
        for sheet in self.sheets:
            form = self.schema.form(sheet.form)
            name = form.sheet[self.lang]
            self.page.write_url(self.row, FIRST, "internal:'{}'!A1".format(name.replace("'", "''")), link, name)
            self.page.write_string(self.row, FIRST + 1, self.say("prefilled", n=len(sheet.rows)), plain)
            self.page.write_string(self.row, FIRST + 2, self._new_rows(sheet), plain)
            self.page.merge_range(self.row, FIRST + 3, self.row, LAST, form.help[self.lang], plain)
            self.page.set_row(self.row, 6 + 12 * _lines(form.help[self.lang], sum(WIDTHS[FIRST + 3 : LAST + 1])))
            self.row += 1
        self.row += 1

    def _new_rows(self, sheet: PackSheet) -> str:
        if sheet.blank:
            return self.say("blank", n=len(sheet.blank))
        return self.say("read_only" if sheet.read_only else "no_new")

    def _columns(self, form: Form, sheet: PackSheet) -> None:
        """The name of a form and what goes into each column that the department fills; below, the columns it fills in new rows only.

        The columns are lines of text in two merged cells: a cell for each would make every pack longer. Each has its help as an input
        message at its cells too.
        """
        fields = [form.field(f) for f in sheet.fields]
        mine = [] if sheet.read_only else [f for f in fields if f.access == "D"]
        new = [f for f in fields if f.access == "P"] if sheet.blank else []
        name = form.sheet[self.lang]
        for left, right in _halves([self._meaning(f) for f in mine]):
            height = max(self._block(name, NAME, {}), self._block("\n".join(left), LEFT, {}), self._block("\n".join(right), RIGHT, {}))
            self.page.set_row(self.row, 6 + LINE_HEIGHT * height)
            self.row, name = self.row + 1, ""
        if new:
            names = self.say("names_joined").join(f.heading[self.lang] + (" *" if f.required else "") for f in new)
            height = max(self._block(name, NAME, {}), self._block(self.say("in_new_rows", columns=names), (LEFT[0], LAST), MUTED_TEXT))
            self.page.set_row(self.row, 6 + LINE_HEIGHT * height)
            self.row += 1

    def _block(self, words: str, columns: tuple[int, int], look: Props) -> int:
        """Write a text over `columns`, first and last. Returns about how many lines it takes."""
        first, last = columns
        if first == last:
            self.page.write_string(self.row, first, words, self.styles.cell(BODY_CELL, bold=True, valign="top"))
        else:
            self.page.merge_range(self.row, first, self.row, last, words, self.styles.cell(BODY_CELL, look, valign="top"))
        return sum(_lines(line, sum(WIDTHS[first : last + 1])) for line in words.split("\n"))

    def _meaning(self, field: Field) -> str:
        """`heading *: help`, with the choices unless the help lists them."""
        meaning = field.help.get(self.lang, "")
        choices = " / ".join(c.label[self.lang] for c in field.choices)
        if not meaning.startswith(choices):
            meaning = self.say("choices", meaning=meaning, choices=choices).strip()
        name = field.heading[self.lang] + (" *" if field.required else "")
        return self.say("meaning", name=name, meaning=meaning or self.say(f"kind_{field.kind}"))


def _halves(lines: Sequence[str]) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    """The lines in two columns, read downwards; `ROW_LINES` at most in one row of the sheet, as Excel limits its height."""
    for start in range(0, len(lines), 2 * ROW_LINES):
        block = lines[start : start + 2 * ROW_LINES]
        half = math.ceil(len(block) / 2)
        yield block[:half], block[half:]


def _lines(words: str, width: float) -> int:
    """About how many lines a text takes; a Chinese character of this size is slightly less than two units of column width."""
    size = sum(1.8 if unicodedata.east_asian_width(c) in "WF" else 0.85 for c in words)
    return max(1, math.ceil(size / (width - 1)))


def _wrapped(words: str, width: float, *, bold: bool = False) -> int:
    """The same for a narrow column: a line breaks between words and beside any Chinese character; a word longer than a line is broken."""
    room, lines, used = (width - 1) / (1.1 if bold else 1.0), 1, 0.0
    for piece in _PIECE.findall(words):
        size = sum(1.8 if unicodedata.east_asian_width(c) in "WF" else 0.85 for c in piece)
        if used and used + size > room + 0.85 * (len(piece) - len(piece.rstrip())):
            lines, used = lines + 1, 0.0
        used += size
        if used > room:
            lines, used = lines + math.ceil(used / room) - 1, used % room
    return lines
