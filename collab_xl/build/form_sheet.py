"""Build the sheet of one form for an existing master: find unused names, then make the sheet in a separate workbook (the donor).

In: the structure of the master, a form.  Out: a `NewSheet`.  Pure.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence

from collab_xl.book import workbook_xml
from collab_xl.book.added_sheet import quoted
from collab_xl.book.parts import Structure
from collab_xl.build.data_sheet import RUN_DAY, SOON, data_sheet
from collab_xl.build.style import Styles, new_workbook
from collab_xl.build.table import FIRST_ROW, LAST_ROW
from collab_xl.forms import Form
from collab_xl.model.excel_limits import MAX_SHEET_NAME
from collab_xl.model.place import column_letters
from collab_xl.model.record import Struct
from collab_xl.model.shape import NewSheet
from collab_xl.settings import Settings


class MasterNames(Struct):
    """The names in a master, with those of the added sheets. Excel ignores upper and lower case in names."""

    sheets: list[str]
    tables: list[str]
    defined: dict[str, str]
    """Case-folded name → what it refers to."""

    @classmethod
    def of(cls, structure: Structure) -> MasterNames:
        part = structure.workbook_part
        names = workbook_xml.defined_names(structure.package.read(part))
        return cls(list(structure.sheets), list(structure.tables), {name.casefold(): to for name, to in names.items()})

    def free_sheet(self, wanted: str) -> str:
        """`风险登记表`, else `风险登记表 (2)`."""
        taken = {name.casefold() for name in self.sheets}
        n, name = 1, wanted[:MAX_SHEET_NAME]
        while name.casefold() in taken:
            n += 1
            mark = f" ({n})"
            name = wanted[: MAX_SHEET_NAME - len(mark)] + mark
        return name

    def free_table(self, wanted: str) -> str:
        """`Risks`, else `Risks_`: a table and a defined name must not have the same name."""
        taken = {name.casefold() for name in self.tables} | set(self.defined)
        while wanted.casefold() in taken:
            wanted += "_"
        return wanted

    def for_sheet(self, wanted: str, sheet: str) -> tuple[str, bool]:
        """The defined name to use for `wanted`: one that already refers to the sheet, else an unused one; and whether it exists."""
        name = wanted
        while (refers := self.defined.get(name.casefold())) is not None:
            if refers.startswith((f"{quoted(sheet)}!", f"{sheet}!")):
                return name, True
            name += "_"
        return self.free_table(name), False


Source = tuple[str, int, int]
"""The list of a drop-down: a sheet, a column and the first row of its cells."""


def new_sheets(
    structure: Structure, forms: Sequence[Form], order: Sequence[str], sheets: Mapping[str, str], sources: Mapping[str, Source], lang: str
) -> Iterator[tuple[Form, NewSheet]]:
    """The sheets of forms to add to a master, each with its position among the tabs.

    Args:
        order: ids of all installed forms in tab order.
        sheets: form id → its sheet, for the forms in use.
        sources: `departments`, `settings` and ids of forms in use → the place of their list.
    """
    names, sheets, sources = MasterNames.of(structure), dict(sheets), dict(sources)
    for form in forms:
        sheet, table = names.free_sheet(form.sheet[lang]), names.free_table(form.table)
        before_it = _tab_before(names.sheets, sheets, order, form.id)
        sheets[form.id] = sheet
        sources[form.id] = (sheet, 1 + form.fields.index(form.key), FIRST_ROW + 1)
        added: dict[str, str] = {}
        lists: dict[str, str] = {}
        for of in dict.fromkeys(("departments", *(f.of for f in form.fields if f.of), form.id)):
            if of in sources:
                lists[of], there = names.for_sheet(f"list_{of}", sources[of][0])
                if not there:
                    added[lists[of]] = offered(*sources[of])
        go, there = names.for_sheet(f"go_{form.id}", sheet)
        if not there:
            added[go] = f"{quoted(sheet)}!$A$1"
        if SOON not in names.defined and "settings" in sources:
            added[SOON] = soon(sources["settings"][0])
        if RUN_DAY not in names.defined:  # a master made before has no cell for the day, and its other sheets compare with today
            added[RUN_DAY] = "TODAY()"
        names.sheets.insert(1 + names.sheets.index(before_it), sheet)
        names.tables.append(table)
        names.defined |= {name.casefold(): to for name, to in added.items()}
        yield form, NewSheet(sheet, before_it, table, donor(form, lang, sheet, table, lists), added)


def own_names(structure: Structure, form: str, sheet: str) -> tuple[str, ...]:
    """The workbook's defined names that were added with a form's sheet."""
    ours = re.compile(rf"(?:go|list)_{re.escape(form)}_*", re.IGNORECASE)
    names = workbook_xml.defined_names(structure.package.read(structure.workbook_part)).items()
    return tuple(name for name, refers in names if ours.fullmatch(name) and refers.startswith((f"{quoted(sheet)}!", f"{sheet}!")))


def names_there(structure: Structure, form: Form, sources: Mapping[str, Source]) -> dict[str, str]:
    """`departments` and ids of forms → the defined name that their drop-downs use, if the master has it."""
    names, out = MasterNames.of(structure), {}
    for of in dict.fromkeys(("departments", *(f.of for f in form.fields if f.of))):
        name, there = names.for_sheet(f"list_{of}", sources[of][0]) if of in sources else ("", False)
        if there:
            out[of] = name
    return out


def _tab_before(tabs: Sequence[str], sheets: Mapping[str, str], order: Sequence[str], form: str) -> str:
    """The sheet after which the form's sheet goes: that of the previous form in use, else the sheet before the first form's."""
    before = [sheets[f] for f in order[: order.index(form)] if f in sheets]
    if before:
        return before[-1]
    first = min((tabs.index(name) for name in sheets.values()), default=1)
    return tabs[max(first - 1, 0)]


def offered(sheet: str, col: int, first_row: int) -> str:
    column = f"{quoted(sheet)}!${column_letters(col)}"
    cells = f"{column}${first_row}:${column_letters(col)}${LAST_ROW + 1}"
    # Without blanks at the end: Excel accepts any value if a named list contains a blank cell.
    return f"{column}${first_row}:INDEX({cells},MAX(1,COUNTA({cells})))"


def soon(sheet: str) -> str:
    """Formula for the setting `warning_days`, found by its id, as a PMO may sort the settings. VALUE, as a number typed as text is larger
    than every date."""
    settings = quoted(sheet)
    row = f'MATCH("warning_days",{settings}!$D${FIRST_ROW + 1}:$D$500,0)'
    return f"IFERROR(VALUE(INDEX({settings}!$B${FIRST_ROW + 1}:$B$500,{row})),{Settings().warning_days})"


def donor(form: Form, lang: str, sheet: str, table: str, lists: Mapping[str, str]) -> bytes:
    """A workbook with the form's sheet only."""
    buffer = io.BytesIO()
    book = new_workbook(buffer, lang)
    data_sheet(book.add_worksheet(sheet), Styles(book, lang), form, lists, table=table)
    book.close()
    return buffer.getvalue()
