"""Years for which sheet 工作日历 has only the holidays of the law: the days that a notice moves (调休) are not in it yet.

`init` fills years ahead of their notice. A year in which somebody changed, added or removed a day is theirs and is not told about.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from collab_xl.build.calendar_rows import calendar_rows, off_by_law
from collab_xl.catalogue import text
from collab_xl.rules.rows import Rows
from collab_xl.verbs.session import Session

NOTICE_BY = (12, 1)
"""Month and day by which the notice of the following year is out: since 2001 it came in October or November."""


def by_law_only(session: Session, years: Iterable[int]) -> tuple[int, ...]:
    """Those of these years whose rows on the calendar sheet are the days off of the law and no others, in order."""
    special, country = session.calendar.special, session.settings.country
    found = []
    for year in sorted(session.calendar.years.intersection(years)):
        days = {day: works for day, works in special.items() if day.year == year}
        if not any(days.values()) and days.keys() == off_by_law(country, year):
            found.append(year)
    return tuple(found)


SAYING = frozenset({"flag", "week"})
"""Verbs whose runs say it."""
CHINA = "CN"


def is_china_by_mistake(session: Session) -> bool:
    """Whether the calendar sheet still has exactly the days of China, with which a master is made, though sheet 设置 says another country.
    Once somebody has changed a day of it, it is theirs."""
    country, special = session.settings.country.strip().upper(), session.calendar.special
    if country.partition("-")[0] == CHINA or not special:
        return False
    years = {day.year for day in special}
    return special == {day: kind == "work" for day, kind, _ in calendar_rows(CHINA, years)}


def country_note(session: Session) -> tuple[str, ...]:
    """What to say then; () otherwise."""
    if not is_china_by_mistake(session):
        return ()
    facts = {"sheet": session.sheet_of("calendar"), "country": session.settings.country, "file": session.path.name}
    return (text("model.doctor.calendar_country", session.lang, **facts), text("model.doctor.calendar_country_fix", session.lang, **facts))


def reached(rows: Mapping[str, Rows], as_of: date) -> set[int]:
    """The years that open rows begin or end in; and this one, if a row is past its end: its days are counted until today."""
    out: set[int] = set()
    for form_rows in rows.values():
        for name in ("start", "due"):
            days = {day for day, closed in zip(form_rows.days(name), form_rows.closed, strict=True) if day is not None and not closed}
            out |= {day.year for day in days}
            if name == "due" and any(day < as_of for day in days):
                out.add(as_of.year)
    return out


def provisional(session: Session, rows: Mapping[str, Rows], as_of: date | None = None) -> tuple[int, ...]:
    """The years of the project with nothing but the holidays of the law."""
    return by_law_only(session, reached(rows, as_of or session.as_of))


def announced(years: Iterable[int], as_of: date) -> tuple[int, ...]:
    """Those of the years whose notice must be out by now, so that there is something to do."""
    return tuple(year for year in years if as_of >= date(year - 1, *NOTICE_BY))


def calendar_notes(session: Session, rows: Mapping[str, Rows], as_of: date | None = None) -> tuple[str, ...]:
    """What a verb that counts working days says of the years of the project that the calendar sheet lacks, in whole or in part."""
    years, sheet = reached(rows, as_of or session.as_of), session.sheet_of("calendar")
    lacking = (
        ("model.doctor.calendar_missing", sorted(years - session.calendar.years)),
        ("verbs.say.moved_days_again" if _said_today(session) else "verbs.say.moved_days", by_law_only(session, years)),
    )
    said = (text(key, session.lang, sheet=sheet, years=tuple(map(str, found))) for key, found in lacking if found)
    return (*filter(None, (" ".join(country_note(session)),)), *said)


def _said_today(session: Session) -> bool:
    """Whether a run of today has said it at length."""
    if not session.master.has_ledger:
        return False
    now = _naive(session.now)
    times = [_naive(run.started_at) for run in session.master.ledger.chain(session.run_id) if run.verb in SAYING]
    return any(time.date() == now.date() and time < now for time in times)


def _naive(moment: datetime) -> datetime:
    return moment.astimezone().replace(tzinfo=None) if moment.tzinfo else moment
