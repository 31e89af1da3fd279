"""Days off and working weekends of a country for the calendar sheet, from the `holidays` package (with China's 调休).

Rows are (day, kind, name) with kind `off` or `work`; the sheet shows the texts `day.off` and `day.work` of the catalogue.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache

CalendarRow = tuple[date, str, str]


def calendar_rows(country: str, years: Iterable[int], lang: str = "zh") -> list[CalendarRow]:
    """Weekdays that are holidays (`off`) and weekend days that are working days (`work`), in date order.

    A holiday on a weekend is left out, as it has no effect. An unknown country has no rows.
    """
    import holidays

    wanted = sorted(set(years))
    try:
        known = holidays.country_holidays(country, years=wanted)
        languages = known.supported_languages
        language = next((name for name in (("zh_CN",) if lang == "zh" else ("en_US", "en_GB")) if name in languages), None)
        if language:
            known = holidays.country_holidays(country, years=wanted, language=language)
    except NotImplementedError:
        return []
    moved = {day for day in getattr(known, "weekend_workdays", ()) if day.year in wanted}
    rows = [(day, "off", str(name)) for day, name in known.items() if day.year in wanted and day.weekday() < 5]
    label = "调休上班" if lang == "zh" else "Working day in exchange for a day off"
    return sorted([*rows, *((day, "work", label) for day in moved)])


@lru_cache(maxsize=64)
def off_by_law(country: str, year: int) -> frozenset[date]:
    """Weekdays of a year that are days off by the law alone, before a notice moves any; empty for a country without such notices.

    In China the State Council moves days by a notice, in the November before. Until then `calendar_rows` has just these days.
    """
    import holidays

    try:
        known = holidays.country_holidays(country)
    except NotImplementedError:
        return frozenset()
    if not getattr(known, "has_substituted_holidays", False):
        return frozenset()
    known.has_special_holidays = False  # read when a year is asked for the first time, by `in`
    days = (date(year, 1, 1) + timedelta(n) for n in range(366))
    return frozenset(day for day in days if day.year == year and day.weekday() < 5 and day in known)
