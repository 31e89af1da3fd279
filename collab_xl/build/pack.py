"""Build the workbook of one pack from the schema: instructions, one sheet per form, and the hidden claims.

In: a PackPlan.  Out: bytes, the same for the same plan.
Its content: docs/facts/merge.md, Packs; docs/architecture.md, The hidden sheet.
"""

from __future__ import annotations

import io
import math
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from collab_xl.build import pack_checks, pack_front, pack_guide
from collab_xl.build.data_sheet import column_width
from collab_xl.build.style import (
    ACCENT,
    ACCENT_PALE,
    AMBER,
    AMBER_PALE,
    BODY,
    BODY_CELL,
    CARD,
    HEAD,
    LINE,
    LONG_TEXT,
    MARGINS,
    MUTED,
    MUTED_TEXT,
    RED,
    TITLE,
    WHITE,
    Styles,
    deflated_for_mail,
    new_workbook,
)
from collab_xl.build.table import print_columns, units, wrapped_on_page
from collab_xl.catalogue import COMMA, text
from collab_xl.forms import Field, Form, Schema
from collab_xl.model.directory import Directory
from collab_xl.model.pack_plan import HINT_MARKS, PackPlan, PackSheet
from collab_xl.model.pack_texts import CLAIM, RESTING, joined_marks, visible_claim
from collab_xl.model.place import a1, column_letters
from collab_xl.model.printed_width import NAMING, pages_tall, pages_wide, repeated
from collab_xl.model.record import Struct, replace
from collab_xl.model.sheets import RowId
from collab_xl.model.values import Clear, Link, Unreadable, Value

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

HEADING_ROW = 3
"""Row of the headings, from 1: a title and a hint are above."""
ROW_ID = "row_id"
HIDDEN_SHEET = "_collab"
NUMBER_FORMATS = {"date": "yyyy-mm-dd", "moment": "yyyy-mm-dd hh:mm", "percent": "0%", "whole": "0"}
DATES = frozenset({"date", "moment"})
HINT_WIDTH = {"zh": 13, "en": 15}
FROZEN = 75
"""Characters of width that may be frozen: the rest of a small screen shows columns to fill in."""
REQUIRED = '@" *"'
PAGE_WIDTH = 134.0
"""Characters of width on a printed page, so that the body text keeps 8 points (measured from the PDF)."""
FULL_SIZE = PAGE_WIDTH * 8 / BODY
"""Characters of width on a page printed in full size."""
PAGE_HEIGHT = 520.0
"""Points of height on a page printed in full size: A4 across, without the margins."""
LEAST_SCALE = 85
"""Per cent at which the body text keeps 7.6 points, 8 with the fonts of Excel."""
TITLE_HEIGHT, HEAD_HEIGHT, ROW_POINTS, LOW_ROW = 27.0, 30.0, 30.0, 25.0
"""Points of height of the title, the headings, a row of two lines, and one of two lines without air."""
TITLE_SIZE = 14
HINT_COLOURS = {HINT_MARKS["late"]: RED, HINT_MARKS["due"]: AMBER, HINT_MARKS["to_answer"]: ACCENT, HINT_MARKS["blank"]: MUTED}
PROTECTION = {
    "format_cells": False,
    "format_columns": True,
    "format_rows": True,
    "sort": True,
    "autofilter": True,
    "select_locked_cells": True,
    "select_unlocked_cells": True,
}
"""What is allowed on a protected sheet. There is no password: protection only prevents mistakes.

Excel sorts on a protected sheet only if every cell of the range is unlocked, whatever is allowed here (docs/facts/file-format.md). So the
cells of the rows are unlocked, and a rule refuses what is typed into those that are the PMO's. What is pasted there waits for the PMO.
"""


class PackJob(Struct, frozen=True):
    """The arguments of `build_pack`, to be sent to a worker process."""

    plan: PackPlan
    schema: Schema
    lang: str
    directory: Directory
    token: str
    project: str
    project_id: str
    words: Mapping[tuple[str, str], Sequence[str]]


def build_pack_job(job: PackJob) -> bytes:
    return build_pack(job.plan, job.schema, job.lang, job.directory, job.token, job.project, job.project_id, job.words)


def build_pack(
    plan: PackPlan,
    schema: Schema,
    lang: str,
    directory: Directory,
    token: str,
    project: str,
    project_id: str,
    words: Mapping[tuple[str, str], Iterable[str]] = {},
) -> bytes:
    """The pack as an .xlsx. A form without any row to show or fill has no sheet, as a Table needs a row.

    Args:
        token: from `intake.token.make_token`, over the same project id, pack, department, week and schema version.
        project: the name that is shown; `project_id` is stored on the hidden sheet.
        words: (form, field) → the PMO's own words for its choices, which the drop-downs accept.
    """
    buffer = io.BytesIO()
    book = new_workbook(buffer, lang, plain=True)
    try:
        pack = plan.pack
        styles = Styles(book, lang)
        shown = [sheet for sheet in plan.sheets if sheet.rows or sheet.blank]
        front = book.add_worksheet(text("build.front.sheet", lang))
        pages = [book.add_worksheet(schema.form(sheet.form).sheet[lang]) for sheet in shown]
        claims = {
            "kind": "pack",
            "project": project_id,
            "schema": pack.schema_version,
            "lang": lang,
            "pack": pack.id,
            "department": pack.department,
            "week": pack.week,
            "token": token,
        }
        guide, hidden = book.add_worksheet(text("build.pack.guide", lang)), book.add_worksheet(HIDDEN_SHEET)
        lists = pack_checks.Lists(book, _keys(shown, schema, lang), words)
        texts: set[str] = set()
        pack_front.write(front, plan, shown, schema, lang, directory, project, styles, lists, _rows_of(shown, schema, lang), texts)
        for sheet, page in zip(shown, pages, strict=True):
            _Page(page, sheet, schema.form(sheet.form), plan, lang, directory, styles, lists).write()
        pack_guide.write(guide, shown, schema, lang, project, styles, visible_claim(pack.id, pack.schema_version, token), texts)
        claims |= {RESTING: " ".join(one.form for one in plan.resting), CLAIM: joined_marks(texts)}
        _hidden(hidden, claims)
        front.activate()
    finally:
        book.close()
    return deflated_for_mail(buffer.getvalue())


def _keys(shown: Sequence[PackSheet], schema: Schema, lang: str) -> dict[str, str]:
    """Form → the cells with its keys in this pack, as the reference for a list rule."""
    out = {}
    for sheet in shown:
        form = schema.form(sheet.form)
        if sheet.rows and form.key.id in sheet.fields:
            place, hint = sheet.fields.index(form.key.id), hint_column(sheet, form)
            letters = column_letters(place + 1 + (hint is not None and place >= hint))
            name = form.sheet[lang].replace("'", "''")
            out[form.id] = f"='{name}'!${letters}${HEADING_ROW + 1}:${letters}${HEADING_ROW + len(sheet.rows)}"
    return out


def _rows_of(shown: Sequence[PackSheet], schema: Schema, lang: str) -> dict[tuple[str, RowId], pack_front.RowPlace]:
    """(form, row id) → its place, for links."""
    out = {}
    for sheet in shown:
        form = schema.form(sheet.form)
        ids = column_letters(1 + len(sheet.fields) + (hint_column(sheet, form) is not None))
        for row, (row_id, _) in enumerate(sheet.rows, HEADING_ROW + 1):
            out[sheet.form, row_id] = pack_front.RowPlace(form.sheet[lang], row, row_id, ids)
    return out


def hint_column(sheet: PackSheet, form: Form) -> int | None:
    """The column of the hints, from 0; None for a sheet without any."""
    return named_columns([form.field(f) for f in sheet.fields]) if sheet.hints or sheet.blank else None


def named_columns(fields: Sequence[Field]) -> int:
    """How many of the first columns name a row: its key, and its title where that stands beside it. The hint follows them."""
    return min(len(fields), 1 + next((n for n, f in enumerate(fields[:NAMING]) if f.role == "title"), 0))


def _hidden(sheet: Worksheet, claims: Mapping[str, str]) -> None:
    for row, (name, value) in enumerate(claims.items()):
        sheet.write_string(row, 0, name)
        sheet.write_string(row, 1, value)
    sheet.protect()
    sheet.very_hidden()


class _Page:
    """One form's sheet. After the columns that name a row stands the hint (`HINT`), which no form has; it is not read back."""

    def __init__(
        self,
        page: Worksheet,
        sheet: PackSheet,
        form: Form,
        plan: PackPlan,
        lang: str,
        directory: Directory,
        styles: Styles,
        lists: pack_checks.Lists,
    ) -> None:
        self.page, self.sheet, self.form, self.plan, self.lang = page, sheet, form, plan, lang
        self.directory, self.styles, self.lists = directory, styles, lists
        self.fields = [form.field(f) for f in sheet.fields]
        self.hint = hint_column(sheet, form)
        shift = self.hint if self.hint is not None else len(self.fields)
        self.columns = [n + (n >= shift) for n in range(len(self.fields))]
        """The column of each field, from 0."""
        self.width = len(self.fields) + (self.hint is not None)
        self.widths = [0.0] * self.width
        for column, field in zip(self.columns, self.fields, strict=True):
            self.widths[column] = field_width(field, lang)
        if self.hint is not None:
            self.widths[self.hint] = HINT_WIDTH[lang]
        self.first = HEADING_ROW  # first row of the body, from 0 as in XlsxWriter
        self.filled_end = self.first + len(sheet.rows) - 1
        self.last = self.filled_end + len(sheet.blank)

    def write(self) -> None:
        self._head()
        self._rows()
        self._table()
        self._checks()
        self._colours()
        self._print()
        names = named_columns(self.fields)
        frozen = self.hint + 1 if self.hint is not None else min(2, len(self.fields))
        stays = frozen if sum(self.widths[:frozen]) <= FROZEN else names
        self.page.freeze_panes(HEADING_ROW, stays)
        self.page.set_selection(HEADING_ROW, stays, HEADING_ROW, stays)
        self.page.hide_gridlines(2)
        self.page.protect("", PROTECTION)

    def _head(self) -> None:
        pack = self.plan.pack
        self.page.set_row(0, TITLE_HEIGHT)
        # The columns that every printed page repeats cut what is longer than they are: it stands after them.
        named = repeated(self.widths, named_columns(self.fields))
        behind = named if pages_wide(self.widths, named, PAGE_WIDTH) > 1 else 0
        title = self.form.face.title if self.form.face and self.sheet.planning else self.form.title
        fits = units(title[self.lang]) * TITLE_SIZE / BODY <= sum(self.widths[:behind])
        self.page.write_string(0, 0 if fits else behind, title[self.lang], self.styles.cell(TITLE, font_size=TITLE_SIZE))
        kind = "hint_read" if self.sheet.read_only else "hint_rows" if self.sheet.blank else "hint"
        hint = text(f"model.pack.{kind}", self.lang, clear=text("model.word.clear", self.lang))
        look = self.styles.cell(MUTED_TEXT, text_wrap=True)
        hint_height = wrapped_on_page(self.page, 1, behind, f"{pack.department} · {pack.week} · {hint}", self.widths, PAGE_WIDTH, look)
        self.page.set_row(HEADING_ROW - 1, HEAD_HEIGHT)
        self.heights = [TITLE_HEIGHT, hint_height, HEAD_HEIGHT]

    def _format(self, field: Field, *, open_: bool, colour: Any = None) -> Format:
        """White if the department may write, else grey. Every cell is unlocked, so that rows can be sorted (`PROTECTION`)."""
        props: dict[str, Any] = {"left": 1, "left_color": LINE, "right": 1, "right_color": LINE, "locked": False}
        if not open_:
            props["bg_color"] = CARD
        if colour is not None:
            props |= {"font_color": colour, "bold": True}
        if field.kind in NUMBER_FORMATS:
            props |= {"num_format": NUMBER_FORMATS[field.kind], "align": "center"}
        elif field.kind in ("choice", "yesno", "key", "department", "person"):
            props["align"] = "center" if field.kind in ("choice", "yesno") else "left"
            if field.kind == "key":
                props["bold"] = True
        return self.styles.cell(BODY_CELL, props)

    def _misplaced(self, field: Field, *, open_: bool) -> Format:
        """The format of a date in a field that is not a date."""
        return self._format(replace(field, kind="date"), open_=open_)

    def _state(self, row_id: RowId) -> str:
        """Whether a row is the department's own, one to answer, or one to read."""
        return "to_read" if row_id in self.sheet.to_read else "to_answer" if row_id in self.sheet.to_answer else "own"

    def _opens(self, field: Field, state: str) -> bool:
        """Whether the department may write in the field of such a row."""
        if state == "to_answer":
            return self.form.asked is not None and field.id in self.form.asked.fields
        return state == "own" and field.access == "D"

    def _rows(self) -> None:
        page, due = self.page, self.form.role("due")
        id_column, unlocked = self.width, self.styles.cell(locked=False)
        looks = {state: [self._format(f, open_=self._opens(f, state)) for f in self.fields] for state in ("own", "to_answer", "to_read")}
        row = self.first
        for row_id, values in self.sheet.rows:
            lines, state = 2, self._state(row_id)
            formats = looks[state]
            hinted = HINT_COLOURS.get(self.sheet.hints.get(row_id, "")[:1])
            for column, field, format_ in zip(self.columns, self.fields, formats, strict=True):
                shown = self.sheet.dates.get((row_id, field.id)) or cell_value(values.get(field.id), field, self.lang)
                if shown is None:
                    page.write_blank(row, column, None, format_)
                elif isinstance(shown, str):
                    page.write_string(row, column, shown, format_)
                    if len(shown) * 2 > self.widths[column]:
                        lines = max(lines, wrapped_lines(shown, self.widths[column]))
                elif isinstance(shown, date) and field is due and hinted in (RED, AMBER):
                    page.write_datetime(row, column, shown, self._format(field, open_=self._opens(field, state), colour=hinted))
                elif isinstance(shown, date):
                    page.write_datetime(
                        row, column, shown, format_ if field.kind in DATES else self._misplaced(field, open_=self._opens(field, state))
                    )
                elif isinstance(shown, bool):
                    page.write_boolean(row, column, shown, format_)
                else:
                    page.write_number(row, column, shown, format_)
            if self.hint is not None:
                self._put_hint(row, self.sheet.hints.get(row_id, ""))
            page.write_string(row, id_column, row_id, unlocked)
            self._height(row, min(6.0 + 12.0 * lines, 300.0))
            row += 1
        empty = [self._format(f, open_=f.access != "K") for f in self.fields]
        new = f"{HINT_MARKS['blank']} {text('model.pack.hint_new', self.lang)}"
        for row_id in self.sheet.blank:
            for column, format_ in zip(self.columns, empty, strict=True):
                page.write_blank(row, column, None, format_)
            if self.hint is not None:
                self._put_hint(row, new)
            page.write_string(row, id_column, row_id, unlocked)
            self._height(row, ROW_POINTS)
            row += 1

    def _height(self, row: int, points: float) -> None:
        self.page.set_row(row, points)
        self.heights.append(points)

    def _put_hint(self, row: int, words: str) -> None:
        """A hint in its colour. Formats move with their cells when rows are sorted."""
        assert self.hint is not None
        look: dict[str, Any] = {"left": 1, "left_color": LINE, "right": 1, "right_color": LINE, "locked": False, "bg_color": CARD}
        colour = HINT_COLOURS.get(words[:1])
        if colour is not None:
            look |= {"font_color": colour, "bold": colour is not MUTED, "italic": colour is MUTED}
        format_ = self.styles.cell(BODY_CELL, look)
        if words:
            self.page.write_string(row, self.hint, words, format_)
        else:
            self.page.write_blank(row, self.hint, None, format_)

    def _table(self) -> None:
        theirs = self.styles.cell(HEAD, font_color=MUTED)
        columns: list[dict[str, Any]] = [{}] * self.width
        for column, field in zip(self.columns, self.fields, strict=True):
            columns[column] = {"header": field.heading[self.lang], "header_format": self._heading(field) or theirs}
        if self.hint is not None:
            columns[self.hint] = {"header": text("model.pack.hint_column", self.lang), "header_format": theirs}
        columns.append({"header": ROW_ID, "header_format": theirs})
        self.page.add_table(
            self.first - 1,
            0,
            self.last,
            self.width,
            {"name": self.form.table, "columns": columns, "style": None, "banded_rows": False},
        )
        for column, width in enumerate(self.widths):
            self.page.set_column(column, column, width)
        self.page.set_column(self.width, self.width, 12, None, {"hidden": True})

    def _heading(self, field: Field) -> Format | None:
        """The look of a heading above cells that the department fills in: darker, with a star after the heading, if it must. The star is
        shown by the number format, so the heading of the table stays the form's."""
        if field.required and (self._fills(field) or (self.sheet.blank and field.access == "P")):
            return self.styles.cell(
                HEAD,
                bg_color=ACCENT if self._fills(field) else CARD,
                font_color=WHITE if self._fills(field) else MUTED,
                num_format=REQUIRED,
            )
        return self.styles.cell(HEAD, bg_color=ACCENT_PALE, font_color=ACCENT) if self._fills(field) else None

    def _fills(self, field: Field) -> bool:
        """Whether the department may write in the column, in at least one row."""
        if self.sheet.blank or len(self.sheet.to_read) + len(self.sheet.to_answer) < len(self.sheet.rows):
            return field.access == "D"
        return bool(self.sheet.to_answer) and self._opens(field, "to_answer")

    def _checks(self) -> None:
        """Add help, drop-downs and checks where the department may write, and a rule that refuses typing in all other cells."""
        refused: list[str] = []
        states = [self._state(row_id) for row_id, _ in self.sheet.rows]
        for column, field in zip(self.columns, self.fields, strict=True):
            may = [self._opens(field, state) for state in states] + [field.access != "K"] * len(self.sheet.blank)
            letters, opened = column_letters(column + 1), list[str]()
            for open_, rows in groupby(range(len(may)), key=may.__getitem__):
                run = [*rows]
                area = f"{letters}{self.first + 1 + run[0]}:{letters}{self.first + 1 + run[-1]}"
                (opened if open_ else refused).append(area)
            if opened:
                cell, department = opened[0].partition(":")[0], self.plan.pack.department
                rule = pack_checks.rule(self.form.id, field, cell, self.lang, self.directory, department, self.lists)
                self.page.data_validation(opened[0], rule | ({"multi_range": " ".join(opened)} if len(opened) > 1 else {}))
        if self.hint is not None:
            refused.append(f"{a1(self.first + 1, self.hint + 1)}:{a1(self.last + 1, self.hint + 1)}")
        if refused:
            self.page.data_validation(refused[0], pack_checks.refused(self.lang) | {"multi_range": " ".join(refused)})

    def _colours(self) -> None:
        """Cells that are wanted and blank: reason and measure of a late row, required cells of a row with a title. Live, so that they are
        no longer coloured once they are filled in."""
        if self.hint is None:
            return
        first, hint = self.first + 1, f"LEFT(${column_letters(self.hint + 1)}{self.first + 1},1)"
        wanted = self.styles.change(bg_color=AMBER_PALE)
        title = self.form.role("title")
        named = (
            f"${column_letters(self.columns[self.sheet.fields.index(title.id)] + 1)}{first}"
            if title and title.id in self.sheet.fields
            else ""
        )
        for column, field in zip(self.columns, self.fields, strict=True):
            cell = f"{column_letters(column + 1)}{first}"
            if field.role in ("late_reason", "measure") and self._fills(field):
                criteria = f'=AND({hint}="{HINT_MARKS["late"]}",LEN({cell})=0)'
            elif field.required and named and field is not title and field.access != "K" and (self._fills(field) or self.sheet.blank):
                criteria = f"=AND(LEN({named})>0,LEN({cell})=0)"
            else:
                continue
            self.page.conditional_format(self.first, column, self.last, column, {"type": "formula", "criteria": criteria, "format": wanted})

    def _print(self) -> None:
        page, pack = self.page, self.plan.pack
        page.set_landscape()
        page.set_paper(9)
        page.set_margins(**MARGINS)
        print_columns(page, self.widths, named_columns(self.fields), PAGE_WIDTH)
        self._fewest_pages()
        page.repeat_rows(HEADING_ROW - 1)
        footer = text("build.pack.footer", self.lang, department=pack.department, week=pack.week, pack=pack.id).replace("&", "&&")
        page.set_footer(f"&L&9{footer}&C&9&A&R&9&P / &N", {"scale_with_doc": False})

    def _fewest_pages(self) -> None:
        """Print in letters a little smaller, or with lower blank rows, where that takes fewer pages: a few blank rows may not begin one in
        each part of the sheet. Otherwise the program chooses the scale for the width."""
        named, blank = repeated(self.widths, named_columns(self.fields)), len(self.sheet.blank)
        filled = self.heights[: len(self.heights) - blank]

        def wide(scale: int) -> int:
            return pages_wide(self.widths, named, FULL_SIZE * 100 / scale)

        def pages(way: tuple[float, int]) -> int:
            row, scale = way
            return wide(scale) * pages_tall([*filled, *[row] * blank], PAGE_HEIGHT * 100 / scale, HEAD_HEIGHT)

        least = pages_wide(self.widths, named, PAGE_WIDTH)
        chosen = next((scale for scale in range(100, LEAST_SCALE, -3) if wide(scale) <= least), LEAST_SCALE)
        scales = range(chosen, LEAST_SCALE - 1, -3)
        rows = (ROW_POINTS, LOW_ROW) if blank else (ROW_POINTS,)
        row, scale = min(((row, scale) for row in rows for scale in scales), key=pages)
        if scale != chosen:
            self.page.set_print_scale(scale)
        if row != ROW_POINTS:
            for at in range(self.filled_end + 1, self.last + 1):
                self.page.set_row(at, row)


def field_width(field: Field, lang: str) -> float:
    """Characters of width of a column. A list of IDs has the letters of the body here, which are larger than a master's."""
    width = column_width(field, lang)
    return round(width * BODY / LONG_TEXT["font_size"], 1) if field.kind == "references" else round(width)


def cell_value(value: Value, field: Field, lang: str) -> bool | int | float | str | date | datetime | None:
    """The cell value for a parsed value; reading it returns the same parsed value.

    A choice id becomes its label, several names become one text, an unreadable value its original text. A day before March 1900 is not an
    Excel date and is written as text.
    """
    value = field.worded(value, lang)
    match value:
        case Unreadable(words) | Link(_, words):
            return words
        case Clear():
            return text("model.word.clear", lang)
        case tuple():
            return COMMA[lang].join(value) or None
        case datetime():
            plain = value.replace(tzinfo=None)
            return plain if plain >= datetime(1900, 3, 1) else plain.isoformat(" ", "minutes")
        case date():
            return value if value >= date(1900, 3, 1) else value.isoformat()
        case float() if not math.isfinite(value):
            return str(value)
        case str():
            return value or None
    return value


def wrapped_lines(words: str, width: float) -> int:
    """About how many lines a text takes in a column of `width` characters; a Chinese character counts as two."""
    lines = 0
    for line in words.split("\n"):
        size = len(line) if line.isascii() else sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)
        lines += max(1, math.ceil(size * 1.05 / max(width - 1, 1)))
    return lines


PROJECT_IN_NAME: Final = 30
"""Characters of the project's name in a file name."""


def pack_file_name(plan: PackPlan, lang: str, project: str = "") -> str:
    """A file name that is valid on every system: `填报包_产品Q3上线_研发部_2026-W47.xlsx`. Packs of two projects may lie in one folder, so
    the name begins with the project's, at most `PROJECT_IN_NAME` characters of it."""
    facts = {"department": plan.pack.department, "week": plan.pack.week}
    named = f"{project[:PROJECT_IN_NAME].strip()}_" if project.strip() else ""
    return safe_name(text("build.pack.file", lang, project=named, **facts)) + ".xlsx"


def safe_name(name: str, forbidden: Sequence[str] = tuple('<>:"/\\|?*')) -> str:
    """`name` without characters that Windows forbids in file names, at most 120 characters."""
    cleaned = "".join("_" if c in forbidden or ord(c) < 32 else c for c in name).strip(". ")
    return cleaned[:120] or "_"
