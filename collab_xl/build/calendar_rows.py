"""Days off and working weekends of a country for the calendar sheet, from the `holidays` package (with China's 调休).

Rows are (day, kind, name) with kind `off` or `work`; the sheet shows the texts `day.off` and `day.work` of the catalogue.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import lru_cache

from collab_xl.model.regex import regex

CalendarRow = tuple[date, str, str]
_US_DAY = regex(r"\b(\d\d)/(\d\d)/(\d{4})\b")
"""A day within a name of the package, month first: `Day off (substituted from 01/26/2025)`."""


def calendar_rows(country: str, years: Iterable[int], lang: str = "zh") -> list[CalendarRow]:
    """Weekdays that are holidays (`off`) and weekend days that are working days (`work`), in date order.

    A holiday on a weekend is left out, as it has no effect. `DE-BY` is a part of a country. An unknown country has no rows.
    """
    import holidays

    wanted = sorted(set(years))
    country, _, part = country.strip().upper().partition("-")
    try:
        known = holidays.country_holidays(country, part or None, years=wanted)
        languages = known.supported_languages
        language = next((name for name in (("zh_CN",) if lang == "zh" else ("en_US", "en_GB")) if name in languages), None)
        if language:
            known = holidays.country_holidays(country, part or None, years=wanted, language=language)
    except NotImplementedError:
        return []
    moved = {day for day in getattr(known, "weekend_workdays", ()) if day.year in wanted}
    two = "、" if lang == "zh" else "; "  # the package joins the names of two holidays on one day by "; "
    rows = [
        (day, "off", _US_DAY.sub(r"\3-\1-\2", str(name)).replace("; ", two))
        for day, name in known.items()
        if day.year in wanted and day.weekday() < 5
    ]
    label = "调休上班" if lang == "zh" else "Working day in exchange for a day off"
    return sorted([*rows, *((day, "work", label) for day in moved)])


def is_country(country: str) -> bool:
    """Whether the holidays of this country, or part of a country, are known."""
    return bool(calendar_rows(country, (2026,)))


CHINA_BY_LAW: Mapping[int, str] = {
    2024: "0101 0212 0213 0214 0404 0501 0610 0917 1001 1002 1003",
    2025: "0101 0128 0129 0130 0131 0404 0501 0502 0602 1001 1002 1003 1006",
    2026: "0101 0216 0217 0218 0219 0406 0501 0504 0619 0925 1001 1002 1005",
    2027: "0101 0205 0208 0209 0210 0405 0503 0504 0609 0915 1001 1004 1005",
    2028: "0103 0125 0126 0127 0128 0404 0501 0502 0529 1002 1003 1004",
    2029: "0101 0212 0213 0214 0215 0404 0501 0502 0618 0924 1001 1002 1003",
    2030: "0101 0204 0205 0206 0207 0405 0501 0502 0605 0912 1001 1002 1003",
    2031: "0101 0122 0123 0124 0127 0407 0501 0502 0624 1001 1002 1003",
    2032: "0101 0210 0211 0212 0213 0405 0503 0504 0614 0920 1001 1004 1005",
    2033: "0103 0131 0201 0202 0203 0404 0502 0503 0601 0908 1003 1004 1005",
    2034: "0102 0220 0221 0222 0223 0405 0501 0502 0620 0927 1002 1003 1004",
    2035: "0101 0207 0208 0209 0212 0405 0501 0502 0611 0917 1001 1002 1003",
}
"""Year → the days of `package_by_law("CN", year)` as month and day. To load the package takes a tenth of a verb on 5,000 rows;
tests/e2e/test_year_without_its_notice.py compares both."""


@lru_cache(maxsize=64)
def off_by_law(country: str, year: int) -> frozenset[date]:
    """Weekdays of a year that are days off by the law alone, before a notice moves any; empty for a country without such notices.

    In China the State Council moves days by a notice, in the November before. Until then `calendar_rows` has just these days.
    """
    if country == "CN" and year in CHINA_BY_LAW:
        return frozenset(date(year, int(day[:2]), int(day[2:])) for day in CHINA_BY_LAW[year].split())
    return package_by_law(country, year)


def package_by_law(country: str, year: int) -> frozenset[date]:
    """The same from the package."""
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
