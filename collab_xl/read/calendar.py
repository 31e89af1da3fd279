"""Sheet 工作日历 as a Calendar. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from collab_xl.model.calendar import Calendar
from collab_xl.model.finding import Finding
from collab_xl.model.place import Address
from collab_xl.model.values import Value
from collab_xl.read.dates import of_number, one_day, tidy
from collab_xl.read.days import Found
from collab_xl.read.remarks import finding
from collab_xl.read.text import loose, quoted, shown

_OFF = (
    "休息",
    "放假",
    "休假",
    "假日",
    "假期",
    "节假",
    "法定",
    "公休",
    "holiday",
    "dayoff",
    "off",
    "non-working",
    "vacation",
    "closed",
)
_ON = ("调休上班", "调休工作", "补班", "上班", "工作日", "workday", "workingday", "working", "work", "makeup")


def calendar_of(rows: Iterable[Mapping[str, Value]], working: bool, sheet: str = "") -> tuple[Calendar, list[Finding]]:
    """Rows of the calendar table (`service.service_rows`) and whether only working days count.

    A kind means a day off (休息日, 放假, Holiday) or a working day at a weekend (调休上班, Workday); 调休 alone means neither.
    A row whose date or kind cannot be used is left out and reported (H116 at its cell if `sheet` is given).
    The years covered are those of the usable rows.
    """
    special: dict[date, bool] = {}
    findings: list[Finding] = []
    for row in rows:
        day, kind = _day(row.get("date")), _kind(row.get("kind"))
        if day is None or kind is None:
            if row.get("date") is None and row.get("kind") is None:
                continue
            where = row.get("_row")
            at = Address(sheet, where, 1) if sheet and isinstance(where, int) else None
            found = " ".join(quoted(row.get(n)) for n in ("date", "kind") if row.get(n) is not None)
            findings.append(finding("H116", at, found=found))
        else:
            special[day] = kind
    return Calendar(special, frozenset(d.year for d in special), working), findings


def _day(value: Value) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    found = None
    if isinstance(value, str):
        found = one_day(tidy(value), None, False)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        found = of_number(value)
    if not isinstance(found, Found) or found.year is None:
        return None
    day = found.value(found.year)
    return day.date() if isinstance(day, datetime) else day


def _kind(value: Value) -> bool | None:
    word = loose(shown(value)).replace("-", "") if value is not None else ""
    if any(w in word for w in ("nonworking", "非工作日", "不上班")):
        return False
    if word in ("休", "off"):
        return False
    on = any(w in word for w in _ON)
    off = any(w.replace("-", "") in word for w in _OFF) and not (on and "调休" in word)
    return None if on == off else on
