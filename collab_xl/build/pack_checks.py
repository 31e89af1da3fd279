"""Drop-downs, date and number checks and input messages of a pack's cells. All of them accept the word 清空.

They only help the user: a returned pack is read and checked as if they did not exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from xlsxwriter import Workbook

from collab_xl.book.hidden_sheet import LISTS_SHEET
from collab_xl.catalogue import text
from collab_xl.forms import Field
from collab_xl.model.directory import Directory
from collab_xl.model.place import column_letters

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

CLEAR_WORDS = ("清空", "CLEAR")
"""Accepted in every language; Excel ignores upper and lower case here."""
LIST_LIMIT = 255
"""Characters that Excel accepts in a list inside the rule (docs/facts/file-format.md, New workbooks)."""
FIRST_DAY, LAST_DAY = 36526, 73051
"""2000-01-01 and 2100-01-01 as serial numbers: a date outside is a typing error."""


class Lists:
    """Lists that are too long for a rule are on a very hidden sheet, one per column; it is created when it is first needed.

    `keys`: form → the cells with its keys in this pack (`='任务跟踪表'!$A$4:$A$9`), offered for references.
    `words`: (form, field) → the PMO's own words for choices; they are in the list too, so that Excel accepts them.
    """

    def __init__(self, book: Workbook, keys: Mapping[str, str], words: Mapping[tuple[str, str], Iterable[str]]) -> None:
        self._book, self.keys, self.words = book, keys, words
        self._sheet: Worksheet | None = None
        self._refs: dict[tuple[str, ...], str] = {}

    def source(self, items: Sequence[str]) -> list[str] | str:
        """The source of a list rule: the words themselves, or a reference to cells."""
        words = list(dict.fromkeys(items))
        if len(",".join(words)) <= LIST_LIMIT and not any("," in word or '"' in word for word in words):
            return words
        key = tuple(words)
        if key not in self._refs:
            if self._sheet is None:
                self._sheet = self._book.add_worksheet(LISTS_SHEET)
                self._sheet.very_hidden()
            column = len(self._refs)
            for row, word in enumerate(words):
                self._sheet.write_string(row, column, word)
            letters = column_letters(column + 1)
            self._refs[key] = f"={LISTS_SHEET}!${letters}$1:${letters}${len(words)}"
        return self._refs[key]


def rule(form: str, field: Field, cell: str, lang: str, directory: Directory, department: str, lists: Lists) -> dict[str, Any]:
    """The data validation for XlsxWriter of the cells of one column that the department may fill. `cell` is the first of them."""
    note = {"input_message": field.help.get(lang, "")[:255]}  # without a title: the frozen heading stands above the cell
    cleared = ",".join(f'{cell}="{word}"' for word in CLEAR_WORDS)
    match field.kind:
        case "choice" | "yesno":
            words = [*(c.label[lang] for c in field.choices), *lists.words.get((form, field.id), ())]
            return {"validate": "list", "source": lists.source([*words, text("model.word.clear", lang)]), **_alert("list", lang), **note}
        case "department" if directory.departments:
            names = [d.name for d in directory.departments]
            ordered = [department, *names] if department in names else [*names]
            ordered.append(text("model.word.clear", lang))
            return {"validate": "list", "source": lists.source(ordered), **_alert("list", lang), **note}
        case "reference" if field.of in lists.keys:
            # Only offered, not checked: the ID may belong to another department.
            return {"validate": "list", "source": lists.keys[field.of], "show_error": False, **note}
        case "choices":
            # Only offered, not checked: a list rule allows one word, but several are possible.
            return {"validate": "list", "source": lists.source([c.label[lang] for c in field.choices]), "show_error": False, **note}
        case "date" | "moment":
            middle, far = (FIRST_DAY + LAST_DAY) // 2, (LAST_DAY - FIRST_DAY + 1) // 2
            formula = f"=OR(ABS(N({cell})-{middle})<{far},{cleared})"  # the N of a text is 0, far from any of our days
            return {"validate": "custom", "value": formula, **_alert(field.kind, lang), **note}
        case "percent":
            formula = f"=OR(AND(ISNUMBER({cell}),{cell}>=0,{cell}<=1),{cleared})"
            return {"validate": "custom", "value": formula, **_alert("percent", lang), **note}
        case "whole":
            formula = f"=OR(AND(ISNUMBER({cell}),{cell}=INT({cell})),{cleared})"
            return {"validate": "custom", "value": formula, **_alert("whole", lang), **note}
        case "amount":
            formula = f"=OR(ISNUMBER({cell}),{cleared})"
            return {"validate": "custom", "value": formula, **_alert("amount", lang), "error_type": "warning", **note}
    return {"validate": "any", **note}


def refused(lang: str) -> dict[str, Any]:
    """The data validation of the cells that the department may not fill: a message that says so, and no typing."""
    words = text("build.pack.locked", lang)[:255]
    title = text("build.pack.alert_title", lang)[:32]
    return {
        "validate": "custom",
        "value": "=FALSE",
        "input_message": words,
        "error_title": title,
        "error_message": words,
        "error_type": "stop",
    }


def _alert(kind: str, lang: str) -> dict[str, str]:
    """The message that Excel shows if the check fails."""
    words = text(f"build.pack.alert_{kind}", lang, clear=text("model.word.clear", lang))
    return {"error_title": text("build.pack.alert_title", lang)[:32], "error_message": words[:255], "error_type": "stop"}
