"""What speaks for day or month first where no date of a file decides it: a suggestion for the question, never a reading. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import pairwise

from collab_xl.catalogue import text as words_of
from collab_xl.forms import Form, Schema
from collab_xl.model.regex import regex
from collab_xl.model.sheets import Snapshot, Table
from collab_xl.model.values import Value
from collab_xl.read.context import Context
from collab_xl.read.dates import one_day
from collab_xl.read.days import Found
from collab_xl.read.text import plain

DAY, MONTH = "day_first", "month_first"
ORDERS = (DAY, MONTH)
_DATED = ("date", "moment")
_LEAST_RISING = 4
_QUOTED = regex(r'"[^"]*"|\\.|\[[^\]]*\]')


def suggested(snapshot: Snapshot, tables: Sequence[Table], schema: Schema, context: Context) -> tuple[str, str]:
    """day_first or month_first, and the reason as a text; ("", why there is none) where nothing speaks for either, or both."""
    found = {}
    for why, judge in _JUDGES.items():
        said = {order for table in tables for order in judge(snapshot, table, schema.form(table.form), context)}
        if said:
            found[why] = said
    orders = set().union(*found.values())
    if len(orders) == 1:
        reasons = tuple(words_of(f"read.word.order_{why}", context.lang) for why in found)
        return orders.pop(), words_of("read.word.order_said", context.lang, reasons=reasons)
    return "", words_of("read.word.order_both" if orders else "read.word.order_none", context.lang)


def _day(value: Value, order: str) -> date | None:
    """The day of a cell in one order; None without a year."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if not isinstance(value, str):
        return None
    found = one_day(plain(value).strip(), order == DAY, month_first_short=False)
    return found.value(found.year) if isinstance(found, Found) and found.year else None


def _is_open(value: Value) -> bool:
    """Whether a text is another day in the other order."""
    return isinstance(value, str) and _day(value, DAY) != _day(value, MONTH)


def _dated(table: Table, form: Form) -> Iterator[tuple[str, Sequence[Value]]]:
    yield from ((f, cells) for f, cells in table.raw.items() if (known := form.known(f)) is not None and known.kind in _DATED)


def _by_weekday(snapshot: Snapshot, table: Table, form: Form, context: Context) -> Iterator[str]:
    """A weekday beside a date that fits one order only."""
    for _, cells in _dated(table, form):
        for value in filter(_is_open, cells):
            read = {order: one_day(plain(str(value)).strip(), order == DAY, month_first_short=False) for order in (DAY, MONTH)}
            named = plain(str(value)).lower()
            if any(word in named for word in _WEEKDAYS):
                fits = [o for o, f in read.items() if isinstance(f, Found) and all(r.code != "V244" for r in f.remarks)]
                yield from fits if len(fits) == 1 else ()


_WEEKDAYS = ("周", "星期", "礼拜", "mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _by_format(snapshot: Snapshot, table: Table, form: Form, context: Context) -> Iterator[str]:
    """Real days of the same columns that are shown in one order."""
    for f, cells in _dated(table, form):
        formats = snapshot.number_formats.of_column(table.columns[f])
        for row, value in zip(table.rows, cells, strict=True):
            code = _QUOTED.sub("", formats.get(row, "")).lower() if isinstance(value, date) else ""
            letters = [c for n, c in enumerate(code) if c in "dmy" and code[n - 1 : n] != c]
            if letters[:2] in (["d", "m"], ["m", "d"]):
                yield DAY if letters[0] == "d" else MONTH


def _by_pairs(snapshot: Snapshot, table: Table, form: Form, context: Context) -> Iterator[str]:
    """Rows that would end before they begin in the other order."""
    start = [table.raw[f] for role in ("start", "raised") if (f := form.id_of(role)) in table.raw]
    end = [table.raw[f] for role in ("due", "finished") if (f := form.id_of(role)) in table.raw]
    wrong = dict.fromkeys((DAY, MONTH), 0)
    for order in wrong:
        for first in start:
            for last in end:
                pairs = [(_day(a, order), _day(b, order)) for a, b in zip(first, last, strict=True) if _is_open(a) or _is_open(b)]
                wrong[order] += sum(a is not None and b is not None and a > b for a, b in pairs)
    yield from _the_other(wrong)


def _by_past(snapshot: Snapshot, table: Table, form: Form, context: Context) -> Iterator[str]:
    """Days on which something was raised or finished that would lie after the file's own time in the other order."""
    now = context.period[1] if context.period else context.as_of
    past = [v for role in ("raised", "finished") for v in table.raw.get(form.id_of(role), ()) if _is_open(v)]
    if now is not None:
        yield from _the_other({o: sum((day := _day(v, o)) is not None and day > now for v in past) for o in (DAY, MONTH)})


def _by_rising(snapshot: Snapshot, table: Table, form: Form, context: Context) -> Iterator[str]:
    """A column that goes on from row to row in one order only."""
    for _, cells in _dated(table, form):
        said = [v for v in cells if v is not None]
        if len(said) >= _LEAST_RISING and sum(map(_is_open, said)) >= _LEAST_RISING:
            days = {o: [day for v in said if (day := _day(v, o)) is not None] for o in (DAY, MONTH)}
            yield from _the_other({o: sum(a > b for a, b in pairwise(found)) for o, found in days.items()})


def _the_other(wrong: dict[str, int]) -> Iterator[str]:
    if min(wrong.values()) == 0 < max(wrong.values()):
        yield min(wrong, key=lambda order: wrong[order])


_JUDGES = {"weekday": _by_weekday, "format": _by_format, "pairs": _by_pairs, "past": _by_past, "rising": _by_rising}
"""Reason (`read.word.order_<reason>`) → the orders that it speaks for."""
