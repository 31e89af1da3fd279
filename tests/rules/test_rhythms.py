"""Frequencies as people write them, and the days on which something happens, over weekends, holidays and moved workdays."""

from __future__ import annotations

from datetime import date, time

import pytest

from collab_xl.model.calendar import Calendar
from collab_xl.rules.rhythms import DAILY, DEMAND, LAST, MILESTONE, MONTHLY, WEEKLY, Rhythm, days, rhythm

OCTOBER = Calendar({**{date(2026, 10, d): False for d in range(1, 8)}, date(2026, 9, 27): True, date(2026, 10, 10): True})
"""国庆 2026 as it may be: the first week of October off, a Sunday before and a Saturday after it worked."""
TEN = time(10)
SAID = {
    "每周一10:00": Rhythm(WEEKLY, weekdays=(0,), at=TEN),
    "每周一 上午10点": Rhythm(WEEKLY, weekdays=(0,), at=TEN),
    "每周五15：30": Rhythm(WEEKLY, weekdays=(4,), at=time(15, 30)),
    "每周一、三、五": Rhythm(WEEKLY, weekdays=(0, 2, 4)),
    "每周一至周五下班前": Rhythm(WEEKLY, weekdays=(0, 1, 2, 3, 4)),
    "每星期二下午3点半": Rhythm(WEEKLY, weekdays=(1,), at=time(15, 30)),
    "每周一例会": Rhythm(WEEKLY, weekdays=(0,)),
    "隔周周三14:30": Rhythm(WEEKLY, 2, (2,), at=time(14, 30)),
    "每两周周五": Rhythm(WEEKLY, 2, (4,)),
    "每日下班前": Rhythm(DAILY),
    "每个工作日 9:00": Rhythm(DAILY, at=time(9)),
    "每月": Rhythm(MONTHLY, nth=LAST),
    "每月5日10:00": Rhythm(MONTHLY, day=5, at=TEN),
    "每月第一个周一": Rhythm(MONTHLY, weekdays=(0,), nth=1),
    "每月最后一个工作日": Rhythm(MONTHLY, nth=LAST),
    "月初": Rhythm(MONTHLY, nth=1),
    "每季度末": Rhythm(MONTHLY, 3, nth=LAST),
    "里程碑前": Rhythm(MILESTONE, before=1),
    "每个里程碑前2天": Rhythm(MILESTONE, before=2),
    "即时": Rhythm(DEMAND),
    "every Monday 10:00": Rhythm(WEEKLY, weekdays=(0,), at=TEN),
    "Mondays and Thursdays at 10 am": Rhythm(WEEKLY, weekdays=(0, 3), at=TEN),
    "every two weeks on Friday at 3:30 pm": Rhythm(WEEKLY, 2, (4,), at=time(15, 30)),
    "daily before close of business": Rhythm(DAILY),
    "monthly on the 5th": Rhythm(MONTHLY, day=5),
    "last working day of the month": Rhythm(MONTHLY, nth=LAST),
    "first Monday of each month 10:00": Rhythm(MONTHLY, weekdays=(0,), nth=1, at=TEN),
    "quarterly": Rhythm(MONTHLY, 3, nth=LAST),
    "2 days before milestones": Rhythm(MILESTONE, before=2),
    "as needed": Rhythm(DEMAND),
}


@pytest.mark.parametrize("said", SAID)
def test_a_frequency_is_read(said: str) -> None:
    assert rhythm(said) == SAID[said]


@pytest.mark.parametrize(
    "said", ["", None, 3, "每周一次", "每周", "看情况", "周一", "每周一25:00", "每月32日", "weekly", "sometimes", "每周二次"]
)
def test_anything_else_is_no_rhythm(said: object) -> None:
    """每周一次 is once a week on no day that is said; 每周一 would be Monday."""
    assert rhythm(said) is None


def happens(said: str, first: date, last: date, work: Calendar = OCTOBER, **more: object) -> list[str]:
    of = rhythm(said)
    assert of is not None
    return [f"{day:%m-%d}" for day in days(of, first, last, work, **more)]  # type: ignore[arg-type]


def test_a_day_off_moves_to_the_next_working_day() -> None:
    """Monday 5 October is a holiday: the meeting is on Thursday 8 October."""
    assert happens("每周一10:00", date(2026, 9, 28), date(2026, 10, 19)) == ["09-28", "10-08", "10-12", "10-19"]
    assert happens("每周一", date(2026, 10, 6), date(2026, 10, 9)) == ["10-08"], "it was Monday's"
    assert happens("每月5日", date(2026, 10, 1), date(2026, 12, 31)) == ["10-08", "11-05", "12-07"]


def test_every_working_day_counts_moved_workdays_too() -> None:
    assert happens("每日", date(2026, 9, 26), date(2026, 10, 12)) == [
        "09-27",
        "09-28",
        "09-29",
        "09-30",
        "10-08",
        "10-09",
        "10-10",
        "10-12",
    ]


def test_the_last_working_day_of_a_month_stays_in_it() -> None:
    off = Calendar({date(2026, 12, 31): False, date(2027, 1, 1): False})
    assert happens("每月最后一个工作日", date(2026, 10, 1), date(2027, 1, 31), off) == ["10-30", "11-30", "12-30", "01-29"]
    assert happens("月初", date(2026, 10, 1), date(2026, 11, 30)) == ["10-08", "11-02"]
    assert happens("每月31日", date(2027, 1, 1), date(2027, 4, 30)) == ["02-01", "03-01", "03-31", "04-30"], (
        "Sundays move on; February has 28"
    )
    assert happens("每季度末", date(2026, 11, 1), date(2027, 6, 30)) == ["12-31", "03-31", "06-30"]


def test_every_second_week_follows_the_day_that_is_known() -> None:
    between = date(2026, 11, 2), date(2026, 12, 4)
    assert happens("每两周周五", *between, anchor=date(2026, 11, 13)) == ["11-13", "11-27"]
    assert happens("每两周周五", *between, anchor=date(2026, 11, 6)) == ["11-06", "11-20", "12-04"]
    assert happens("每两周周一", date(2026, 10, 1), date(2026, 10, 31), anchor=date(2026, 10, 8)) == ["10-08", "10-19"], "the 8th was moved"


def test_before_milestones_and_on_purpose_on_a_saturday() -> None:
    marks = (date(2026, 10, 9), date(2026, 11, 30))
    assert happens("里程碑前2天", date(2026, 9, 1), date(2026, 12, 31), milestones=marks) == ["09-30", "11-26"]
    assert happens("每周六", date(2026, 11, 1), date(2026, 11, 15)) == ["11-07", "11-14"]
