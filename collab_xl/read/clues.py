"""What the rest of a sheet says about an incomplete date: its year, and the order of day and month. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import cached_property
from itertools import pairwise

from collab_xl.model.regex import regex
from collab_xl.model.sheets import Snapshot
from collab_xl.model.values import Value
from collab_xl.model.week import FIRST_YEAR, LAST_YEAR
from collab_xl.read.context import Context
from collab_xl.read.dates import of_number, one_day
from collab_xl.read.days import Bad, Found, bad
from collab_xl.read.text import plain

_YEAR = regex(r"(?<!\d)((?:19|20)\d\d)(?!\d)(?=\s*[-./年]\s*\d)|(?<!\d)\d{1,2}[-./]\d{1,2}[-./]((?:19|20)\d\d)(?!\d)")
_TITLE_YEAR = regex(r"(?<!\d)(20\d\d)(?!\d)")
_ORDER = regex(r"(?:(?<![\d./-])|(?<=\d{4}-))(\d{1,2})\s*[-./]\s*(\d{1,2})\s*[-./]\s*((?:19|20)?\d\d)(?!\d)")


def years_in(value: Value, date1904: bool = False) -> set[int]:
    """The years that are written in a raw value of a date column."""
    if isinstance(value, date):
        return {value.year} if FIRST_YEAR <= value.year <= LAST_YEAR else set()
    if isinstance(value, str):
        return {int(a or b) for a, b in _YEAR.findall(plain(value))}
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        found = of_number(value, date1904)
        return {found.year} if isinstance(found, Found) and found.year else set()
    return set()


FAR, NEAR = 180, 92
"""Days without a year on both sides of so long a gap inside one year, but so near each other over its turn, are of two years."""
_LEAST_DAYS = 4
"""With fewer days, none of them with a year, a gap says nothing."""


class Clues:
    """What one sheet says about its dates; computed at the first use.

    Args:
        context: its period and its order of day and month are used before those of the sheet.
        dated: returns every raw value of the sheet's date columns.
        titles: returns the sheet's name and the texts above its headings.
    """

    def __init__(
        self, context: Context, dated: Callable[[], Iterable[Value]] = tuple, titles: Callable[[], Iterable[Value]] = tuple
    ) -> None:
        self._context = context
        self._dated = dated
        self._titles = titles

    @cached_property
    def _raw(self) -> frozenset[Value]:
        return frozenset(self._dated())

    @cached_property
    def years(self) -> frozenset[int]:
        return frozenset().union(*(years_in(v, self._context.date1904) for v in self._raw))

    @cached_property
    def titled(self) -> frozenset[int]:
        """The years in a title: 2024年跨部门协作需求登记表, 日期：2024.6.28."""
        found: set[int] = set()
        for value in self._titles():
            found |= years_in(value) if not isinstance(value, (int, float)) else set()
            found |= {int(y) for y in _TITLE_YEAR.findall(plain(value))} if isinstance(value, str) else set()
        return frozenset(found)

    @cached_property
    def day_first(self) -> bool | None:
        """True for `13/7/2024` on the sheet, False for `7/13/2024`, None if both or neither occur."""
        if self._context.day_first is not None:
            return self._context.day_first
        return _order(v for v in self._raw if isinstance(v, str))

    @cached_property
    def _days(self) -> tuple[frozenset[date], frozenset[tuple[int, int]]]:
        """The days of the date columns that have a year, and month and day of those that have none."""
        with_year: set[date] = set()
        without: set[tuple[int, int]] = set()
        for value in self._raw:
            if isinstance(value, date):
                with_year.add(date(value.year, value.month, value.day))
                continue
            found = _found(value, self._context.date1904)
            if found and found.year is None:
                without.add((found.month, found.day or 28))
            elif found and found.year and (day := found.value(found.year)):
                with_year.add(date(day.year, day.month, day.day))
        return frozenset(with_year), frozenset(without)

    @cached_property
    def _year(self) -> tuple[int, str] | None:
        """The year of the sheet's days and its source (sheet, title)."""
        if len(self.years) == 1:
            return next(iter(self.years)), "sheet"
        return (next(iter(self.titled)), "title") if not self.years and len(self.titled) == 1 else None

    @cached_property
    def _turned(self) -> Mapping[tuple[int, int], int]:
        """Yearless days that would lie alone behind a gap, on the other side of a year's turn → the year beside it that brings them near.

        10.8, 11.20, 12.12 and 2027-01-15 are no days of 2027; nor are 10.8, 11.20, 12.12 and 1.15 all of one year.
        """
        year = self._year[0] if self._year else 0
        with_year, without = self._days
        written = {_place(day.month, day.day) for day in with_year if day.year == year}
        places = sorted(written | {_place(*day) for day in without})
        gap = next((b for a, b in pairwise(places) if b - a > FAR), None)
        if gap is None or 365 - places[-1] + places[0] > NEAR or (not written and len(places) < _LEAST_DAYS):
            return {}
        sides = {year + 1: {p for p in places if p < gap}, year - 1: {p for p in places if p >= gap}}
        fewest = min(map(len, sides.values()))
        alone = [y for y, side in sides.items() if (not written & side if written else len(side) == fewest)]
        return {day: y for y in alone for day in without if _place(*day) in sides[y]}

    def year_of(self, found: Found, row_years: set[int]) -> tuple[int, str] | str:
        """The year of a yearless day and its source (period, row, sheet, title); or why it is not known (none, turn)."""
        if self._context.period:
            year = _near(found, *self._context.period)
            return (year, "period") if year else "none"
        if len(row_years) == 1:
            return next(iter(row_years)), "row"
        if self._year is None:
            return "none"
        other = self._turned.get((found.month, found.day or 28))
        if other is None:
            return self._year
        return (other, "title") if self._year[1] == "sheet" and other in self.titled else "turn"


def _found(value: Value, date1904: bool) -> Found | None:
    """A day as written in a cell, with or without a year."""
    if isinstance(value, str):
        found = one_day(plain(value).strip(), None, month_first_short=True)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        found = of_number(value, date1904)
    else:
        return None
    return found if isinstance(found, Found) else None


def _place(month: int, day: int) -> int:
    """The day of a year, 1 to 365; 29 February counts as 1 March."""
    return date(2025, month, min(day, 28) if month == 2 else day).timetuple().tm_yday


def _order(texts: Iterable[str]) -> bool | None:
    parts = [(int(a), int(b), year) for text in texts for a, b, year in _ORDER.findall(plain(text))]
    day = any(a > 12 >= b and len(year) == 4 for a, b, year in parts)  # 24.7.12 may start with its year
    month = any(b > 12 >= a for a, b, _ in parts)
    return day if day != month else None


def day_order(snapshots: Iterable[Snapshot]) -> bool | None:
    """How a whole file writes `7/11/2024` (see `Clues.day_first`), for `Context.day_first`."""
    return _order({v for s in snapshots for line in s.cells for v in line if type(v) is str and 8 <= len(v) <= 30})


def _near(found: Found, start: date, end: date) -> int | None:
    """The year of the period. If the period crosses a turn of the year (January in a December pack), the only
    year in which the day is near the period."""
    days = {y: _distance(found, y, start, end) for y in range(start.year - 1, end.year + 2)}
    inside = [y for y, d in days.items() if d == 0]
    if len(inside) == 1:
        return inside[0]
    if inside:
        return None
    if start.year == end.year:
        far = days[start.year]
        near = [y for y, d in days.items() if d is not None and d <= 90]
        return near[0] if far is not None and far > 270 and len(near) == 1 else start.year
    best = sorted((d, y) for y, d in days.items() if d is not None)
    return best[0][1] if best and (len(best) == 1 or best[1][0] > best[0][0]) else None


def _distance(found: Found, year: int, start: date, end: date) -> int | None:
    day = Found(found.year, found.month, found.day).value(year)
    if day is None:
        return None
    return max((start - day).days, (day - end).days, 0)


def settle(found: Found, clues: Clues, row_years: set[int]) -> tuple[date, str] | Bad:
    """A yearless day with its year, and the source of the year ("" if it was written)."""
    if found.year is not None:
        value = found.value(found.year)
        return (value, "") if value else bad("V203")
    known = clues.year_of(found, row_years)
    if isinstance(known, str):
        return bad("V205", why=f"year_{known}")
    value = found.value(known[0])
    return (value, known[1]) if value else bad("V203")
