"""What Excel refuses and LibreOffice takes: limits of texts, formulas, rows and formats, changes on a protected sheet, tables that move.

Each rule has a test that names its source: tests/excel/test_engine_strict.py. The limits are those of `excel_com`, in one place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from excel_com.application import MAX_PATH
from excel_com.typing_in import MAX_ARRAY_TEXT, MAX_FORMULA, MAX_LITERAL, MAX_TEXT
from excel_com.worksheets import MAX_FOOTER

REFUSED = -2147352567
"""DISP_E_EXCEPTION, the number of pywin32's com_error for everything that Excel itself refuses."""
MAX_HEIGHT, MAX_FORMAT = 409.5, 255
_LITERAL = re.compile(r'"((?:[^"]|"")*)"')


class RefusedError(Exception):
    """As pywin32's com_error for what Excel refuses, with its number in `hresult`."""

    def __init__(self, text: str, hresult: int = REFUSED) -> None:
        super().__init__(hresult, text, None, None)
        self.hresult = hresult


def check_texts(lines: Iterable[Iterable[Any]], *, in_array: bool) -> None:
    """The texts of one assignment to `Range.Value`."""
    most = MAX_ARRAY_TEXT if in_array else MAX_TEXT
    if any(isinstance(value, str) and len(value.encode("utf-16-le", "surrogatepass")) // 2 > most for line in lines for value in line):
        raise RefusedError(f"Application-defined or object-defined error: a text of more than {most} characters")


def check_formula(text: str) -> None:
    """A formula as it would be entered."""
    if len(text) > MAX_FORMULA:
        raise RefusedError("The formula is too long: more than 8,192 characters")
    if any(len(one.replace('""', '"')) > MAX_LITERAL for one in _LITERAL.findall(text)):
        raise RefusedError("Text values in formulas are limited to 255 characters")


def check_height(points: float) -> None:
    if not 0 <= points <= MAX_HEIGHT:
        raise RefusedError("Unable to set the RowHeight property of the Range class")


def check_format(text: str) -> None:
    if not text or len(text) > MAX_FORMAT:
        raise RefusedError("Unable to set the NumberFormat property of the Range class")


def check_footer(parts: Iterable[str]) -> None:
    if sum(map(len, parts)) > MAX_FOOTER:
        raise RefusedError("Unable to set the footer: more than 255 characters")


def check_path(path: object) -> None:
    if len(str(path)) > MAX_PATH:
        raise RefusedError(f"The path is longer than {MAX_PATH} characters")


def check_name(name: str, others: Iterable[str]) -> None:
    if any(name.casefold() == other.casefold() for other in others):
        raise RefusedError("Sorry, Excel can't open two workbooks with the same name at the same time.")


def check_protected(protected: bool, allowed: bool = False) -> None:
    if protected and not allowed:
        raise RefusedError("The cell or chart you're trying to change is on a protected sheet.")


def check_resize(old: tuple[int, int, int, int], new: tuple[int, int, int, int], others: Iterable[tuple[int, int, int, int]]) -> None:
    """`ListObject.Resize`. A box is top, left, bottom, right."""
    if new[0] != old[0] or not meet(old, new) or new[2] <= new[0]:
        raise RefusedError("Resize method of ListObject class failed: the headings must stay in their row")
    if any(meet(new, other) for other in others):
        raise RefusedError("A table cannot overlap another table.")


def meet(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]
