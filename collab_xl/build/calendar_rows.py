"""Days off and working weekends of a country for the calendar sheet, from the `holidays` package (with China's 调休).

Rows are (day, kind, name) with kind `off` or `work`; the sheet shows the texts `day.off` and `day.work` of the catalogue.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

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
