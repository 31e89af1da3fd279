"""One entry of a list of predecessors: the task waited for, how, and how long after. Pure.

Stored values are in one form without a language, `RW-001SS+2d`; an ordinary link without a lag is the ID alone. Sheets show the words of
their language. `collab_xl.read.dependencies` reads everything else that people write.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta

from collab_xl.model.calendar import Calendar
from collab_xl.model.record import Struct
from collab_xl.model.regex import regex
from collab_xl.model.values import Value

KINDS = ("FS", "SS", "FF", "SF")
"""Finish to start (the usual one), start to start, finish to finish, start to finish: predecessor first."""
UNITS = {"d": (1, True), "w": (5, True), "ed": (1, False), "ew": (7, False)}
"""Unit of a lag → its days, and whether they are working days of the project's calendar. A week of work is five of them."""
_SHOWN = {"d": "天", "w": "周", "ed": "自然日", "ew": "自然周"}
_ENTRY = regex(r"(.*[0-9])(FS|SS|FF|SF)(?:([+-][0-9]{1,4})(d|w|ed|ew))?\Z", re.S)


class Dependency(Struct, frozen=True):
    """`key`: the predecessor's ID. `lag` may be negative (the successor may begin earlier)."""

    key: str
    kind: str = "FS"
    lag: int = 0
    unit: str = "d"

    @property
    def entry(self) -> str:
        """The stored form."""
        lag = f"{self.lag:+d}{self.unit}" if self.lag else ""
        return f"{self.key}{self.kind}{lag}" if lag or self.kind != "FS" else self.key

    def said(self, lang: str) -> str:
        """As a sheet of that language shows it: `RW-001SS+2天`, `RW-001SS+2d`."""
        lag = f"{self.lag:+d}{_SHOWN[self.unit] if lang == 'zh' else self.unit}" if self.lag else ""
        return f"{self.key}{self.kind}{lag}" if lag or self.kind != "FS" else self.key

    def after(self, day: date, work: Calendar) -> date:
        """The day that is the lag after `day`, or before it for a negative lag."""
        days, working = UNITS[self.unit]
        days *= self.lag
        if not working:
            return day + timedelta(days)
        return work.forward(day, days) if days >= 0 else work.back(day, -days)


def dependency(entry: str) -> Dependency:
    """The dependency of a stored entry. Whatever is not in the stored form is an ID."""
    if entry[-1:].isdigit():  # nearly every entry
        return Dependency(entry)
    found = _ENTRY.match(entry)
    return Dependency(found[1], found[2], int(found[3] or 0), found[4] or "d") if found else Dependency(entry)


def dependencies(value: Value) -> tuple[Dependency, ...]:
    """The entries in a cell, one or several; () for a blank."""
    entries: Iterable[str] = value if isinstance(value, tuple) else (value,) if isinstance(value, str) and value else ()
    return tuple(map(dependency, entries))
