"""Clocks of an English master over make-up workdays, holidays of several countries, nights and the end of a year: each end counted by hand
from the days that the countries' own calendars say, not from our tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from small_project import Project

from collab_xl import verbs
from collab_xl.demo import desk
from collab_xl.model.directory import Department
from collab_xl.verbs.times import clock

D = date
OFF = {
    # General Office of the State Council, 2026: days off on weekdays, and weekend days worked instead
    "CN": [D(2026, 1, 1), D(2026, 1, 2), *(D(2026, 2, d) for d in (16, 17, 18, 19, 20, 23)), D(2026, 4, 6), D(2026, 5, 1), D(2026, 5, 4),
           D(2026, 5, 5), D(2026, 6, 19), D(2026, 9, 25), *(D(2026, 10, d) for d in (1, 2, 5, 6, 7)), D(2027, 1, 1)],
    "JP": [D(2026, 11, 3), D(2026, 11, 23), D(2027, 1, 1), D(2027, 1, 11)],
    "US": [D(2026, 11, 11), D(2026, 11, 26), D(2026, 12, 25), D(2027, 1, 1), D(2027, 1, 18)],
    "DE-BY": [D(2026, 12, 25), D(2027, 1, 1), D(2027, 1, 6)],
}  # fmt: skip
WORKED = {"CN": [D(2026, 1, 4), D(2026, 2, 14), D(2026, 2, 28), D(2026, 5, 9), D(2026, 9, 20), D(2026, 10, 10)]}
ASKED: dict[str, Sequence[datetime]] = {
    "CN": [datetime(2026, 2, 13, 16), datetime(2026, 2, 14, 9), datetime(2026, 9, 18, 23, 59), datetime(2026, 9, 30, 8),
           datetime(2026, 10, 9, 12), datetime(2026, 10, 10, 17, 30), datetime(2026, 12, 31, 20)],
    "JP": [datetime(2026, 11, 20, 18), datetime(2026, 12, 31, 9), datetime(2027, 1, 8, 12)],
    "US": [datetime(2026, 11, 25, 12), datetime(2026, 12, 24, 16), datetime(2026, 12, 31, 23, 59), datetime(2027, 1, 15, 9)],
    "DE-BY": [datetime(2026, 12, 23, 9), datetime(2026, 12, 24, 9), datetime(2027, 1, 5, 9)],
}  # fmt: skip


def works(day: date, country: str) -> bool:
    return day in WORKED.get(country, ()) or (day.weekday() < 5 and day not in OFF[country])


def after(day: date, days: int, country: str) -> date:
    while days:
        day += timedelta(1)
        days -= works(day, country)
    return day


@pytest.mark.parametrize("country", sorted(OFF))
def test_when_clocks_run_out(tmp_path: Path, country: str) -> None:
    project = Project(tmp_path, "en")
    now = datetime(2027, 1, 29, 9)
    people = [Department("Sales", (), "Li", ("li@example.com",), "Head", "Chief", "Sponsor")]
    with clock.at(datetime(2026, 1, 5, 9)):
        verbs.init(project.master, project="P", departments=people, lang="en", as_of=D(2026, 1, 5), forms="full", country=country)
    late = [datetime(2026, 12, 31, 23, 50), datetime(2026, 10, 7, 23, 15)]
    resource = {"dept": "Sales", "status": "waiting"}
    problem = {"dept": "Sales", "level": "urgent", "status": "open"}
    raised = (datetime(2026, 12, 31, 9, 30), D(2026, 12, 31))
    rows = {
        "resources": [{"resource_id": f"ZY-{n:03}", "name": f"r{n}", "asked_at": at, **resource} for n, at in enumerate(ASKED[country])],
        "problems": [{"problem_id": f"WT-{n:03}", "description": f"p{n}", "raised_at": at, **problem} for n, at in enumerate(late)],
        "risks": [
            {"risk_id": f"FX-{n:03}", "description": f"f{n}", "dept": "Sales", "status": "identified", "raised_at": at}
            for n, at in enumerate(raised)
        ],
    }
    desk.fill_in(project.master, rows, "en", now.date())  # type: ignore[arg-type]
    with clock.at(now):
        verbs.flag(project.master, as_of=now.date(), lang="en")
    until = {(str(line["row_key"]), str(line["until"])) for line in project.listed("clocks")}
    for n, at in enumerate(ASKED[country]):
        assert (f"ZY-{n:03}", str(after(at.date(), 1, country))) in until, (at, sorted(until))
    for n, at in enumerate(late):
        for limit in (timedelta(minutes=30), timedelta(hours=1), timedelta(hours=24)):
            assert (f"WT-{n:03}", str(at + limit)) in until, (at, limit, sorted(until))
    assert ("FX-000", "2027-01-01 09:30:00") in until
    assert ("FX-001", "2027-01-01") in until, "from the end of the day, 24 hours"
    counted = {str(line["row_key"]): line["left"] for line in project.listed("clocks")}
    last = after(ASKED[country][-1].date(), 1, country)
    days = sum(works(last + timedelta(n), country) for n in range(1, (now.date() - last).days + 1))
    assert str(days) == "".join(filter(str.isdigit, str(counted[f"ZY-{len(ASKED[country]) - 1:03}"]))), (days, counted)
