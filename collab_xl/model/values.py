"""The values a cell can contain, and when two of them are the same.

A *raw* value is what a file or Excel contains, in one normal form: None, bool, int, float, str, date or datetime.
A *parsed* value is a raw value converted for its field: one of the above, a tuple of names, `Unreadable` or `CLEAR`.
"""

from __future__ import annotations

import math
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final

from collab_xl.model.record import Struct


class Unreadable(Struct, frozen=True):
    """A cell whose content is unreadable; `text` is the content, kept for reporting."""

    text: str


class Clear(Struct, frozen=True):
    """The word 清空 / CLEAR: the department asks to empty the cell (a blank cell clears nothing)."""


class Link(Struct, frozen=True):
    """A link: written as a HYPERLINK formula with `text` as its cached value. `target` is in Excel's form, `#'表'!A1`."""

    target: str
    text: str


CLEAR: Final = Clear()

Value = None | bool | int | float | str | date | datetime | tuple[str, ...] | Unreadable | Clear | Link


def normal(value: Any) -> Value:
    """Put a value from a reader in normal form: whole floats become int, midnight datetimes date, empty text None."""
    if value is None or value == "":
        return None
    if isinstance(value, float):
        if value.is_integer():
            return int(value) if abs(value) < 1e15 else value
        return value if math.isfinite(value) else str(value)  # infinite: no program shows it as a number
    if isinstance(value, datetime):
        return value.date() if value.hour == value.minute == value.second == value.microsecond == 0 else value
    return value  # type: ignore[no-any-return]


def same_value(a: Value, b: Value) -> bool:
    """True when two parsed values mean the same: 1 and 1.0 do, 1 and TRUE do not, a blank is not 0, "" is a blank."""
    if a is b:
        return True
    kind = type(a)
    if kind is type(b):
        if a == b:
            return True
        if kind is str or kind is int or kind is bool:
            return False
        if kind is float:
            return math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-12)  # type: ignore[arg-type]  # as below
    if a is None or b is None:
        return (a is None or a == "") and (b is None or b == "")
    if isinstance(a, bool) or isinstance(b, bool):
        return isinstance(a, bool) and isinstance(b, bool) and a == b
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-12)  # Excel keeps 15 digits
    if isinstance(a, date) and isinstance(b, date):
        return _moment(a) == _moment(b)
    return type(a) is type(b) and a == b


def _moment(value: date) -> datetime:
    return value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)


def to_json(value: Value) -> Any:
    """A JSON value: plain ones as they are, the others as an object with one tagged key."""
    match value:
        case datetime():
            return {"datetime": value.isoformat()}
        case date():
            return {"date": value.isoformat()}
        case tuple():
            return {"names": list(value)}
        case Unreadable(text):
            return {"unreadable": text}
        case Clear():
            return {"clear": True}
        case Link(target, text):
            return {"link": [target, text]}
        case _:
            return value


_day = lru_cache(4096)(date.fromisoformat)
"""Cached: rows share their days."""


def from_json(value: Any) -> Value:
    if type(value) is not dict:
        return value  # type: ignore[no-any-return]
    ((tag, inner),) = value.items()
    if tag == "date":  # the most frequent tag
        return _day(inner)
    match tag:
        case "datetime":
            return datetime.fromisoformat(inner)
        case "names":
            return tuple(inner)
        case "unreadable":
            return Unreadable(inner)
        case "clear":
            return CLEAR
        case "link":
            return Link(*inner)
    raise ValueError(f"unknown value tag {tag!r}")
