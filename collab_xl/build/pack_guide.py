"""The last sheet of a pack: how to fill it in, on one page.

What a column wants is said at its cells (`pack_checks`); here are the steps, the marks and colours, and what each form is for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from collab_xl.build.line_counts import line_count, wrapped_count
from collab_xl.build.pack_front import Page
from collab_xl.build.style import (
    ACCENT,
    ACCENT_PALE,
    AMBER,
    AMBER_PALE,
    BODY_CELL,
    CARD,
    MARGINS,
    MUTED,
    RED,
    SECTION,
    TITLE,
    WHITE,
    Props,
    Styles,
)
from collab_xl.catalogue import text
from collab_xl.forms import Form, Schema
from collab_xl.model.pack_plan import HINT_MARKS, PackSheet

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

WIDTHS = (2, 20, 46, 20, 46, 2)
"""A narrow margin, twice a name and what it means, a narrow margin."""
FIRST, LAST = 1, 4
WIDE = {"zh": 0.95, "en": 1.1}
"""How much of a wide cell's width a text uses before it breaks: small Latin letters are narrower than `line_count` assumes."""
STEPS = 6


def write(
    page: Worksheet, sheets: Sequence[PackSheet], schema: Schema, lang: str, project: str, styles: Styles, claim: str, texts: set[str]
) -> None:
    """Fill the sheet and add its texts to `texts`. `sheets` are the sheets of the pack, `claim` is the word by which it is known."""
    _Guide(Page(page, texts), sheets, schema, lang, project, styles).write(claim)


class _Guide:
    def __init__(self, page: Page, sheets: Sequence[PackSheet], schema: Schema, lang: str, project: str, styles: Styles) -> None:
        self.out, self.page, self.sheets, self.schema, self.lang, self.project = page, page.page, sheets, schema, lang, project
        self.styles = styles
        self.row = 1

    def say(self, key: str, **facts: object) -> str:
        return text(f"build.pack.{key}", self.lang, **facts)

    def write(self, claim: str) -> None:
        for column, width in enumerate(WIDTHS):
            self.page.set_column(column, column, width)
        self.page.set_row_pixels(0, 12)
        self.page.set_row_pixels(1, 36)
        self.out.put(1, FIRST, self.say("title", project=self.project or self.say("project")), self.styles.cell(TITLE, font_size=18))
        self.out.put(2, FIRST, self.say("subtitle"), self.styles.cell(font_color=MUTED, font_size=10))
        # what the pack is known by when another program has dropped the hidden sheet; in the blank row, as the page has no other left
        self.out.put(3, FIRST, self.say("identity", claim=claim), self.styles.cell(font_color=MUTED, font_size=8))
        self.row = 4
        self._steps()
        self._marks()
        self._section(self.say("forms"))
        for sheet in self.sheets:
            self._form(self.schema.form(sheet.form), sheet)
        self.page.hide_gridlines(2)
        self.page.set_landscape()
        self.page.set_paper(9)
        self.page.set_margins(**MARGINS)
        self.page.fit_to_pages(1, 1)
        self.page.protect("", {"format_columns": True, "format_rows": True})

    def _section(self, words: str) -> None:
        self.page.set_row_pixels(self.row, 26)
        for column in range(FIRST, LAST + 1):
            self.page.write_blank(self.row, column, None, self.styles.cell(SECTION))
        self.out.put(self.row, FIRST, words, self.styles.cell(SECTION))
        self.row += 1

    def _steps(self) -> None:
        self._section(self.say("how"))
        clear, front = text("model.word.clear", self.lang), text("build.front.sheet", self.lang)
        width = sum(WIDTHS[FIRST : LAST + 1])
        for number in range(1, STEPS + 1):
            words = f"{number}.  " + self.say(f"step{number}", clear=clear, front=front)
            self.out.merge(self.row, FIRST, LAST, words, self.styles.cell(text_wrap=True))
            self.page.set_row(self.row, 3 + 12 * line_count(words, width * WIDE[self.lang]))
            self.row += 1
        self.row += 1

    def _marks(self) -> None:
        """The marks of the column 本周提示 and the colours of headings and cells, each shown as it looks."""
        self._section(self.say("marks"))
        colours = {"late": RED, "due": AMBER, "to_answer": ACCENT, "blank": MUTED}
        shown: list[tuple[str, Props, str]] = [
            (f"{HINT_MARKS[kind]} {self.say(f'mark_{kind}')}", {"font_color": colour, "bold": True}, f"mark_{kind}_means")
            for kind, colour in colours.items()
        ]
        shown += [
            (self.say("mark_required"), {"bg_color": ACCENT, "font_color": WHITE, "bold": True}, "mark_required_means"),
            (self.say("mark_open"), {"bg_color": ACCENT_PALE, "font_color": ACCENT, "bold": True}, "mark_open_means"),
            (self.say("mark_grey"), {"bg_color": CARD, "font_color": MUTED}, "mark_grey_means"),
            (self.say("mark_wanted"), {"bg_color": AMBER_PALE}, "mark_wanted_means"),
        ]
        half = len(shown) // 2
        for left, right in zip(shown[:half], shown[half:], strict=True):
            for column, (words, look, means) in ((FIRST, left), (FIRST + 2, right)):
                said = self.say(means, clear=text("model.word.clear", self.lang))
                self.out.put(self.row, column, words, self.styles.cell(BODY_CELL, look))
                self.out.put(self.row, column + 1, said, self.styles.cell(BODY_CELL))
            longest = max(wrapped_count(self.say(means), WIDTHS[FIRST + 1] * WIDE[self.lang]) for _, _, means in (left, right))
            self.page.set_row(self.row, 5 + 12 * longest)
            self.row += 1
        self.row += 1

    def _form(self, form: Form, sheet: PackSheet) -> None:
        """What a form is for, and the columns that must be filled in: those of every row, and those of a new one."""
        fields = [form.field(f) for f in sheet.fields]
        mine = [f.heading[self.lang] for f in fields if f.access == "D" and f.required and not sheet.read_only]
        new = [f.heading[self.lang] for f in fields if f.access == "P" and f.required and sheet.blank]
        joined = self.say("names_joined")
        parts = [
            self.say("must", columns=joined.join(mine)) if mine else "",
            self.say("in_new_rows", columns=joined.join(new)) if new else "",
            self.say("read_only") if sheet.read_only else "",
        ]
        words = " ".join(filter(None, (form.help[self.lang], *parts)))
        self.out.put(self.row, FIRST, form.sheet[self.lang], self.styles.cell(BODY_CELL, bold=True))
        self.out.merge(self.row, FIRST + 1, LAST, words, self.styles.cell(BODY_CELL))
        name = wrapped_count(form.sheet[self.lang], WIDTHS[FIRST] * 0.95, bold=True)
        self.page.set_row(self.row, 5 + 12 * max(name, line_count(words, sum(WIDTHS[FIRST + 1 : LAST + 1]) * WIDE[self.lang])))
        self.row += 1
