"""The first sheet of a pack: department, week, deadline, how to fill it in and return it, and the meaning of every column.

It is made from the schema, so it always agrees with the other sheets.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

from collab_xl.build.style import ACCENT, BODY_CELL, CARD, HEAD, MARGINS, MUTED, SECTION, TITLE, Styles
from collab_xl.catalogue import text
from collab_xl.forms import Field, Form, Schema
from collab_xl.model.directory import Directory
from collab_xl.model.pack_plan import PackPlan, PackSheet

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

WIDTHS = (2, 22, 20, 22, 44, 34, 2)
"""A narrow margin, five columns, a narrow margin. Text is in columns B to F."""
FIRST, MEANING, LAST = 1, 4, 5
STEPS = 6


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
        self._steps()
        self._contents()
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
        """The meaning of every column; the columns that the department fills come first."""
        self._section(self.say("columns", sheet=form.sheet[self.lang]))
        head = self.styles.cell(HEAD, bottom=1)
        for column, key in enumerate(("col_name", "col_who", "col_kind"), FIRST):
            self.page.write_string(self.row, column, self.say(key), head)
        self.page.merge_range(self.row, MEANING, self.row, LAST, self.say("col_help"), head)
        self.row += 1
        fields = [form.field(f) for f in sheet.fields]
        mine = [f for f in fields if f.access == "D" and not sheet.read_only]
        for field in (*mine, *(f for f in fields if f not in mine)):
            self._column(field, field in mine, bool(sheet.blank))

    def _column(self, field: Field, mine: bool, adds_rows: bool) -> None:
        who = self.say("who_d") if mine else self.say("who_k") if field.access == "K" else self.say("who_p_new" if adds_rows else "who_p")
        meaning = field.help.get(self.lang, "")
        choices = " / ".join(c.label[self.lang] for c in field.choices)
        if not meaning.startswith(choices):  # most help texts already list them
            meaning = self.say("choices", meaning=meaning, choices=choices).strip()
        look = {} if mine else {"bg_color": CARD, "font_color": MUTED}
        star = " *" if field.required and mine else ""
        cells = (field.heading[self.lang] + star, who, self.say(f"kind_{field.kind}"))
        lines = 1
        for column, words in enumerate(cells, FIRST):
            self.page.write_string(self.row, column, words, self.styles.cell(BODY_CELL, look, bold=mine and column == FIRST))
            lines = max(lines, _lines(words, WIDTHS[column]))
        self.page.merge_range(self.row, MEANING, self.row, LAST, meaning, self.styles.cell(BODY_CELL, look))
        lines = max(lines, _lines(meaning, sum(WIDTHS[MEANING : LAST + 1])))
        self.page.set_row(self.row, 6 + 12 * lines)
        self.row += 1


def _lines(words: str, width: float) -> int:
    """About how many lines a text takes; a Chinese character of this size is slightly less than two units of column width."""
    size = sum(1.8 if unicodedata.east_asian_width(c) in "WF" else 0.95 for c in words)
    return max(1, math.ceil(size / (width - 1)))
