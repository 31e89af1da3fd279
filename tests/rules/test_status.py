"""What late, due soon and overdue mean on every kind of day (decision 0006)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab_xl.forms import load
from collab_xl.model.calendar import Calendar
from collab_xl.model.week import week_after, week_days, week_of
from collab_xl.rules.lateness import (
    BUCKETS,
    Terms,
    age_days,
    bucket_of,
    days_late,
    is_due_soon,
    warning,
)
from collab_xl.settings import Settings

MON_TO_FRI = Calendar()


def is_closed(status: str | None) -> bool:
    """Judged by the form that has this status."""
    return any(form.is_closed(status) for form in load().forms)


EVERY_DAY = Calendar(working=False)


def china(year: int) -> Calendar:
    """The country's own days off and the weekend days it moves to work, as the calendar sheet would hold them."""
    official = holidays.country_holidays("CN", years=year)
    first = date(year, 1, 1)
    days = [first + timedelta(n) for n in range((date(year + 1, 1, 1) - first).days)]
    return Calendar({day: official.is_working_day(day) for day in days}, frozenset({year}))


CHINA = china(2026)
days = st.dates(date(2025, 1, 1), date(2027, 12, 31))
calendars = st.builds(
    Calendar, special=st.dictionaries(st.dates(date(2025, 12, 1), date(2026, 12, 31)), st.booleans(), max_size=30), working=st.booleans()
)


@given(calendars, days, days)
def test_days_between_counts_each_day_as_counts_says(calendar: Calendar, start: date, end: date) -> None:
    one_by_one = sum(calendar.counts(start + timedelta(n)) for n in range(1, (end - start).days + 1))
    assert calendar.days_between(start, end) == one_by_one


@given(calendars, days, days, days)
def test_days_add_up(calendar: Calendar, a: date, b: date, c: date) -> None:
    a, b, c = sorted((a, b, c))
    assert calendar.days_between(a, b) + calendar.days_between(b, c) == calendar.days_between(a, c)


@given(calendars, days, st.integers(1, 40) | st.integers(41, 300))
def test_forward_is_the_first_day_with_so_many_days_between(calendar: Calendar, day: date, n: int) -> None:
    there = calendar.forward(day, n)
    assert calendar.days_between(day, there) == n
    assert calendar.days_between(day, there - timedelta(1)) == n - 1


def test_china_really_has_moved_days_in_2026() -> None:
    moved = [day for day, counts in CHINA.special.items() if counts and day.weekday() >= 5]
    off = [day for day, counts in CHINA.special.items() if not counts and day.weekday() < 5]
    assert len(moved) >= 4
    assert len(off) >= 10
    assert date(2026, 10, 1) in off


def test_a_holiday_week_makes_nobody_late() -> None:
    last_day_before = CHINA.back(date(2026, 10, 1), 1)
    first_day_after = CHINA.forward(date(2026, 10, 1), 1)
    assert first_day_after > date(2026, 10, 5)
    assert days_late(last_day_before, False, first_day_after - timedelta(1), CHINA) == 0
    assert days_late(last_day_before, False, first_day_after, CHINA) == 1
    assert days_late(last_day_before, False, date(2026, 10, 2), EVERY_DAY) > 0


def test_a_weekend_day_moved_to_work_makes_a_row_late() -> None:
    moved = next(day for day, counts in CHINA.special.items() if counts and day.weekday() == 5)
    friday = moved - timedelta(1)
    assert days_late(friday, False, moved, CHINA) == 1
    assert days_late(friday, False, moved, MON_TO_FRI) == 0


@pytest.mark.parametrize(
    ("end", "as_of", "working", "calendar"),
    [
        (date(2026, 11, 20), date(2026, 11, 20), 0, 0),  # due today
        (date(2026, 11, 19), date(2026, 11, 20), 1, 1),
        (date(2026, 11, 20), date(2026, 11, 21), 0, 1),  # Saturday
        (date(2026, 11, 20), date(2026, 11, 22), 0, 2),  # Sunday
        (date(2026, 11, 20), date(2026, 11, 23), 1, 3),  # Monday
        (date(2026, 11, 21), date(2026, 11, 23), 1, 2),  # due on a Saturday
        (date(2026, 11, 16), date(2026, 11, 19), 3, 3),
        (date(2026, 11, 16), date(2026, 11, 20), 4, 4),
    ],
)
def test_late_days(end: date, as_of: date, working: int, calendar: int) -> None:
    assert days_late(end, False, as_of, MON_TO_FRI) == working
    assert days_late(end, False, as_of, EVERY_DAY) == calendar
    assert days_late(datetime(end.year, end.month, end.day, 17, 30), False, as_of, MON_TO_FRI) == working


@pytest.mark.parametrize("status", ["done", "cancelled", "solved", "closed"])
def test_a_closed_row_is_never_late(status: str) -> None:
    assert is_closed(status)
    assert days_late(date(2020, 1, 1), is_closed(status), date(2026, 11, 20), MON_TO_FRI) == 0
    assert warning(date(2020, 1, 1), is_closed(status), date(2026, 11, 20), Settings().terms(MON_TO_FRI)) is None


@pytest.mark.parametrize("status", [None, "not_started", "in_progress", "late", "paused", "open", "handling", "escalated", "to_review"])
def test_any_other_row_is_open(status: str | None) -> None:
    assert not is_closed(status)
    assert days_late(date(2020, 1, 1), is_closed(status), date(2026, 11, 20), MON_TO_FRI) > 0


def test_a_row_without_an_end_is_neither_late_nor_warned() -> None:
    assert days_late(None, False, date(2026, 11, 20), MON_TO_FRI) == 0
    assert warning(None, False, date(2026, 11, 20), Settings().terms(MON_TO_FRI)) is None


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        (date(2026, 11, 22), "ok"),  # three days before
        (date(2026, 11, 23), "due_soon"),  # exactly 48 hours before
        (date(2026, 11, 25), "due_soon"),  # the day itself
        (date(2026, 11, 26), "overdue"),  # 1 working day
        (date(2026, 11, 30), "overdue"),  # 3 working days, over a weekend
        (date(2026, 12, 1), "escalate"),  # 4
    ],
)
def test_the_warning_of_a_task_due_on_wednesday(as_of: date, expected: str) -> None:
    assert warning(date(2026, 11, 25), False, as_of, Settings().terms(MON_TO_FRI)) == expected


def test_calendar_days_escalate_sooner() -> None:
    terms = Settings(day_count="calendar").terms(MON_TO_FRI)
    assert warning(date(2026, 11, 25), False, date(2026, 11, 28), terms) == "overdue"  # 3
    assert warning(date(2026, 11, 25), False, date(2026, 11, 29), terms) == "escalate"  # 4


def test_past_its_end_by_a_weekend_only_stays_a_warning() -> None:
    terms = Settings().terms(MON_TO_FRI)
    assert warning(date(2026, 11, 20), False, date(2026, 11, 22), terms) == "due_soon"
    assert warning(date(2026, 11, 20), False, date(2026, 11, 23), terms) == "overdue"


def test_a_warning_counted_in_working_days_starts_before_the_weekend() -> None:
    monday = date(2026, 11, 23)
    assert not is_due_soon(monday, False, date(2026, 11, 19), Settings().terms(MON_TO_FRI))
    assert is_due_soon(monday, False, date(2026, 11, 19), Settings(warning_count="working").terms(MON_TO_FRI))
    assert not is_due_soon(monday, False, date(2026, 11, 18), Settings(warning_count="working").terms(MON_TO_FRI))
    # Late days in calendar days do not make the warning's working days calendar days.
    both = Settings(warning_count="working", day_count="calendar").terms(EVERY_DAY)
    assert is_due_soon(monday, False, date(2026, 11, 19), both)


@given(calendars, days, days, st.sampled_from([None, "in_progress", "done"]), st.integers(0, 5), st.integers(0, 5), st.booleans())
def test_the_warning_says_what_the_other_functions_say(
    calendar: Calendar, end: date, as_of: date, status: str | None, soon: int, escalate: int, by_work: bool
) -> None:
    terms = Terms(calendar, calendar.counting(True), soon, by_work, escalate)
    late = days_late(end, is_closed(status), as_of, calendar)
    word = warning(end, is_closed(status), as_of, terms)
    assert (word in ("overdue", "escalate")) is (late > 0)
    assert (word == "escalate") is (late > escalate)
    assert (word == "due_soon") is is_due_soon(end, is_closed(status), as_of, terms)
    assert (word is None) is is_closed(status)


@given(st.integers(1, 5000))
def test_every_overdue_row_is_in_one_bucket(late: int) -> None:
    name = bucket_of(late)
    low = int(name.split("-")[0].rstrip("+"))
    high = dict(BUCKETS)[name]
    assert low <= late <= high


@pytest.mark.parametrize(
    ("late", "name"),
    [(1, "1-3"), (3, "1-3"), (4, "4-7"), (7, "4-7"), (8, "8-14"), (14, "8-14"), (15, "15+"), (5000, "15+")],
)
def test_the_edges_of_the_buckets(late: int, name: str) -> None:
    assert bucket_of(late) == name


def test_the_age_of_a_problem() -> None:
    friday = date(2026, 11, 20)
    assert age_days(datetime(2026, 11, 13, 16, 30), None, False, friday) == 7
    assert age_days(date(2026, 11, 13), date(2026, 11, 16), True, friday) == 3
    assert age_days(date(2026, 11, 13), date(2026, 11, 16), False, friday) == 7
    assert age_days(date(2026, 11, 13), None, True, friday) is None
    assert age_days(None, None, False, friday) is None
    assert age_days(date(2026, 11, 25), None, False, friday) == 0


@given(days, st.integers(1, 7))
def test_each_day_is_in_the_week_that_holds_it(day: date, start: int) -> None:
    first, last = week_days(week_of(day, start), start)
    assert first <= day <= last
    assert first.isoweekday() == start
    assert (last - first).days == 6


@given(days)
def test_weeks_are_iso_weeks(day: date) -> None:
    year, week, _ = day.isocalendar()
    assert week_of(day) == f"{year}-W{week:02}"
    assert week_after(week_of(day)) == week_of(day + timedelta(7))
    assert week_after(week_of(day), -1) == week_of(day - timedelta(7))


def test_the_turn_of_the_year() -> None:
    assert week_of(date(2026, 12, 31)) == "2026-W53"
    assert week_of(date(2027, 1, 3)) == "2026-W53"
    assert week_after("2026-W53") == "2027-W01"
    assert week_days("2026-W47") == (date(2026, 11, 16), date(2026, 11, 22))
    assert week_days("2026-W47", 7) == (date(2026, 11, 15), date(2026, 11, 21))


@pytest.mark.parametrize("text", ["47", "2026-47", "2026-W54", "2026-W00", "W47", "", "2025-W53"])
def test_what_is_no_week_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a week"):
        week_days(text)
