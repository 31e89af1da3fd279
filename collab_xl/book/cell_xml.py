"""One cell: write a raw value as XML, and test whether XML contains a value.

In: values in normal form and the pieces of a `<c>` element.  Out: bytes, or True and False.  Pure.
Texts are written inline, so the shared strings stay unchanged; dates are serial numbers of the workbook's date system.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from html import unescape
from itertools import pairwise
from typing import Final

from collab_xl.book.parts import unescape_x
from collab_xl.errors import CollabError
from collab_xl.model.cell_text import MAX_TEXT, text_length
from collab_xl.model.place import a1
from collab_xl.model.regex import regex
from collab_xl.model.sheets import Cell
from collab_xl.model.values import Link, Value, same_value

MAX_LITERAL: Final = 255
"""Characters that Excel accepts in a string literal of a formula, and in a link address."""
MAX_FORMULA: Final = 8_192
MAX_KNOWN: Final = 4096
"""Most values whose XML a `CellWriter` keeps."""
SHORT_TEXT: Final = 64
"""Characters of the longest text it keeps."""

# Characters that XML 1.0 cannot contain, CR (a parser would make it a line feed), and text that looks like an escape itself.
_TO_ESCAPE: Final = regex("_(?=x[0-9A-Fa-f]{4}_)|[\x00-\x08\x0b-\x1f]")
_NO_CHARACTER: Final = regex("[\ud800-\udfff\ufffe\uffff]")
_LINE_END: Final = regex("\r+\n?")
EPOCH_1900: Final = datetime(1899, 12, 30)
EPOCH_1904: Final = datetime(1904, 1, 1)
_FIRST_1900: Final = datetime(1900, 3, 1)
_DAY: Final = timedelta(days=1)


def writable(text: str) -> str:
    """Text with U+FFFD for code points that are not characters (half a surrogate pair, U+FFFE): no reader returns them."""
    return text if text.isprintable() else _NO_CHARACTER.sub("\ufffd", text)


def same_text(a: str, b: str) -> bool:
    """Whether texts are equal except for line ends: a parser turns CR LF into one line feed."""
    return a == b or _LINE_END.sub("\n", a) == _LINE_END.sub("\n", b)


def escape_text(text: str) -> str:
    """Text for an element: markup, control characters and text like `_xHHHH_` are escaped."""
    if "_x" in text or not text.isprintable():
        text = _TO_ESCAPE.sub(lambda m: f"_x{ord(m[0]):04X}_", writable(text))
    if "&" in text or "<" in text or ">" in text:
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text


def serial(value: date, date1904: bool, cell: str) -> float | int:
    """Excel's serial number for a day or time. Raises CollabError `date_too_early` if Excel has no correct one."""
    moment = value.replace(tzinfo=None) if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
    # Excel's day 60 is 29 Feb 1900, which did not exist: earlier days would be shown as another day.
    if moment < (EPOCH_1904 if date1904 else _FIRST_1900):
        raise CollabError("date_too_early", cell=cell, found=value.isoformat())
    days = (moment - (EPOCH_1904 if date1904 else EPOCH_1900)) / _DAY
    return int(days) if days.is_integer() else days


def literal(text: str) -> str:
    """A text in a formula: quotes are doubled, and pieces of at most 255 characters (doubled quotes count twice) are joined by `&`."""
    if 2 * len(text) <= MAX_LITERAL:  # short enough whatever its characters are
        return '"' + text.replace('"', '""') + '"'
    pieces, piece, room = [], "", MAX_LITERAL
    for char in text.replace('"', "\0"):
        width = 2 if char == "\0" else text_length(char)
        if width > room:
            pieces.append(piece)
            piece, room = "", MAX_LITERAL
        piece += char
        room -= width
    return "&".join('"' + p.replace("\0", '""') + '"' for p in [*pieces, piece])


def link_formula(link: Link) -> str | None:
    """The HYPERLINK formula without `=`; None if it is too long for Excel, so that the caller writes the text instead."""
    if text_length(link.target) > MAX_LITERAL or _TO_ESCAPE.search(link.target + link.text):
        return None
    formula = f"HYPERLINK({literal(link.target)},{literal(link.text)})"
    return formula if text_length(formula) <= MAX_FORMULA and link.text else None


class CellWriter:
    """Writes `<c>` elements for one sheet, with its prefix and date system."""

    def __init__(self, prefix: bytes, date1904: bool, sheet: str) -> None:
        self._sheet, self._date1904 = sheet, date1904
        self._known: dict[tuple[bytes, type, Value], bytes] = {}
        p = prefix.decode()
        self._open = b"<" + prefix + b"c r="
        self._text, self._text_end = f' t="inlineStr"><{p}is><{p}t xml:space="preserve">', f"</{p}t></{p}is></{p}c>"
        self._number = f"%s><{p}v>%s</{p}v></{p}c>"
        self._bool = f'%s t="b"><{p}v>%d</{p}v></{p}c>'
        self._link = f'%s t="str"><{p}f>%s</{p}f><{p}v>%s</{p}v></{p}c>'
        self._formula = f"%s><{p}f>%s</{p}f></{p}c>"

    def after_ref(self, style: bytes, value: Value, cell: Cell) -> bytes:
        """The XML after `<c r="A1"` for a value. `style` is b"" or b' s="3"'; `cell` (row, column) for messages.

        Raises:
            CollabError: `text_too_long`, `date_too_early`.
            TypeError, ValueError: for a value that no cell can contain (a parsed value, NaN); this is a fault in the plan.
        """
        kind = type(value)
        if (kind is str and len(value) > SHORT_TEXT) or kind is datetime:  # type: ignore[arg-type]
            return self._after_ref(style, value, cell)
        key = style, kind, value  # a sheet repeats its short values: days, names, files
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            known = self._known[key] = self._after_ref(style, value, cell)
        return known

    def _after_ref(self, style: bytes, value: Value, cell: Cell) -> bytes:
        s = style.decode()
        if value is None or value == "":
            return f"{s}/>".encode()
        if isinstance(value, str):
            return f"{s}{self._text}{self._checked(value, cell)}{self._text_end}".encode()
        if isinstance(value, bool):
            return (self._bool % (s, value)).encode()
        if isinstance(value, (int, float)):
            return (self._number % (s, self._digits(value, cell))).encode()
        if isinstance(value, date):
            return (self._number % (s, serial(value, self._date1904, self._named(cell)))).encode()
        if isinstance(value, Link):
            formula = link_formula(value)
            if formula is None:
                return self.after_ref(style, value.text, cell)
            return (self._link % (s, escape_text(formula), self._checked(value.text, cell))).encode()
        raise TypeError(f"{self._named(cell)}: a cell cannot hold {value!r}")

    def _named(self, cell: Cell) -> str:
        return f"{self._sheet}!{a1(*cell)}"

    def formula_after_ref(self, style: bytes, formula: str) -> bytes:
        """The same for a formula, given without `=` and written without a cached value."""
        return (self._formula % (style.decode(), escape_text(formula))).encode()

    def _checked(self, text: str, cell: Cell) -> str:
        if len(text) > MAX_TEXT // 2 and text_length(text) > MAX_TEXT:
            raise CollabError("text_too_long", cell=self._named(cell), length=text_length(text), limit=MAX_TEXT)
        return escape_text(text)

    def _digits(self, value: float, cell: Cell) -> str:
        if value != value or value in (float("inf"), float("-inf")):
            raise ValueError(f"{self._named(cell)}: a cell cannot hold {value!r}")
        if isinstance(value, int) and abs(value) < 10**15:
            return str(value)
        return repr(float(value)).upper()


class SharedStrings:
    """The texts of the sharedStrings part; each is decoded when it is needed."""

    def __init__(self, data: bytes | None) -> None:
        self._items: list[bytes] = []
        if data:
            found = re.search(rb"<((?:[A-Za-z_][\w.-]*:)?)sst\b", data)
            p = found[1] if found else b""
            self._items = re.findall(rb"<" + p + rb"si(?:\s*/>|\s*>(.*?)</" + p + rb"si\s*>)", data, re.DOTALL)

    def __getitem__(self, index: int) -> str:
        return inline_text(self._items[index]) if 0 <= index < len(self._items) else ""


_PHONETIC: Final = regex(rb"<(?:[\w.-]+:)?rPh\b.*?</(?:[\w.-]+:)?rPh\s*>", re.DOTALL)
_RUN: Final = regex(rb"<(?:[\w.-]+:)?t(\s[^>]*)?>([^<]*)</")
_V: Final = regex(rb"<(?:[\w.-]+:)?v(?:\s[^>]*)?>([^<]*)</")
_TYPE: Final = regex(rb'\st="(\w+)"')
_STYLE: Final = regex(rb'\ss="[0-9]+"')


def inline_text(body: bytes) -> str:
    """The text of a string item: its runs joined, without phonetic guides."""
    if b"rPh" in body:
        body = _PHONETIC.sub(b"", body)
    # Without xml:space="preserve" the white space around a text does not belong to it.
    return decoded(b"".join(text if b"preserve" in how else text.strip(b" \t\r\n") for how, text in _RUN.findall(body)))


def decoded(raw: bytes) -> str:
    text = raw.decode("utf-8", "replace")
    return unescape_x(unescape(text) if "&" in text else text)


@lru_cache(4096)  # a sheet has few different attributes
def style_of_cell(attributes: bytes) -> bytes:
    """b' s="3"' from a cell's attributes; b"" if it has no style."""
    found = _STYLE.search(attributes)
    return found[0] if found else b""


@lru_cache(4096)
def _type_of_cell(attributes: bytes) -> bytes:
    found = _TYPE.search(attributes)
    return found[1] if found else b"n"


def stored(attributes: bytes, body: bytes, strings: SharedStrings) -> bool | float | str | None:
    """The value of a cell element: number, text, bool, or None for a blank, an error or a formula without a cached value."""
    t = _type_of_cell(attributes)
    if t == b"inlineStr":
        return inline_text(body) or None
    found = _V.search(body)
    raw = found[1] if found else b""
    if not raw or t == b"e":
        return None
    if t == b"s":
        return strings[int(raw)] or None
    if t in (b"str", b"d"):
        return decoded(raw) or None
    return raw.strip() in (b"1", b"true") if t == b"b" else float(raw)


def holds(found: bool | float | str | None, old: Value, date1904: bool) -> bool:
    """Whether a cell's value is the raw value from which a plan was made. A date is its serial number; a link is its text."""
    if isinstance(old, Link):
        old = old.text
    if isinstance(old, str) and isinstance(found, str):
        return same_text(old, found)
    if old is None and isinstance(found, str):  # calamine reads white space only as blank, unless it is marked as preserved
        return not found.strip()
    if isinstance(old, date):
        return _same_moment(found, old, date1904)
    return same_value(found, old)


def _same_moment(found: bool | float | str | None, old: date, date1904: bool) -> bool:
    moment = old.replace(tzinfo=None) if isinstance(old, datetime) else datetime(old.year, old.month, old.day)
    if isinstance(found, str):  # t="d": ISO 8601, only in Strict workbooks
        try:
            return datetime.fromisoformat(found.rstrip("Z")) == moment
        except ValueError:
            return False
    if found is None or isinstance(found, bool):
        return False
    epoch = EPOCH_1904 if date1904 else EPOCH_1900
    days = (moment - epoch) / _DAY
    if not date1904 and moment < _FIRST_1900:
        days -= 1
    return abs(days - found) < 2e-8  # one millisecond is 1.2e-8 days


def ordered(columns: Sequence[int]) -> bool:
    """Whether the columns ascend and each occurs once."""
    return all(a < b for a, b in pairwise(columns))
