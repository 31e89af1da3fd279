"""The reporting week: the newest issued week whose deadline has come, never older than last week, else the running one."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from collab_xl.model.calendar import Calendar
from collab_xl.rules.reporting_week import deadline, reporting_week
from collab_xl.settings import Settings

DUE_FRIDAY = Settings()
DUE_AT_FOUR = Settings(submit_time="16:00")
BOTH = {"2026-W46", "2026-W47"}


@pytest.mark.parametrize(
    ("moment", "issued", "settings", "week"),
    [
        (datetime(2026, 11, 19, 23, 59), BOTH, DUE_FRIDAY, "2026-W46"),  # Thursday: this week is still being filled in
        (datetime(2026, 11, 20, 0, 0), BOTH, DUE_FRIDAY, "2026-W47"),
        (datetime(2026, 11, 20, 15, 59), BOTH, DUE_AT_FOUR, "2026-W46"),
        (datetime(2026, 11, 20, 16, 0), BOTH, DUE_AT_FOUR, "2026-W47"),
        (datetime(2026, 11, 23, 9), BOTH, DUE_FRIDAY, "2026-W47"),  # Monday: last week's page, not the empty new week
        (datetime(2026, 11, 23, 9), BOTH | {"2026-W48"}, DUE_FRIDAY, "2026-W47"),  # also after the packs of the new week were issued
        (datetime(2026, 11, 27, 9), BOTH | {"2026-W48", "2026-W49"}, DUE_FRIDAY, "2026-W48"),  # a week issued ahead does not count
        (datetime(2026, 11, 30, 9), BOTH, DUE_FRIDAY, "2026-W49"),  # W47 is older than last week
        (datetime(2026, 11, 20, 9), set(), DUE_FRIDAY, "2026-W47"),
        (datetime(2027, 1, 4, 9), {"2026-W53"}, DUE_FRIDAY, "2026-W53"),  # over the end of a year with 53 weeks
        (datetime(2026, 11, 22, 9), {"2026-W47"}, Settings(week_start=7), "2026-W47"),  # Sunday opens W48 there
        (datetime(2026, 11, 22, 9), {"2026-W47"}, Settings(submit_weekday=7), "2026-W47"),
    ],
)
def test_which_week_reports_are_about(moment: datetime, issued: set[str], settings: Settings, week: str) -> None:
    assert reporting_week(moment, issued, settings, Calendar()) == week


@pytest.mark.parametrize(
    ("moment", "begun", "week"),
    [
        (datetime(2026, 11, 23, 9), datetime(2026, 11, 9, 9), "2026-W47"),  # Monday: last week, as for everybody else
        (datetime(2026, 11, 23, 9), datetime(2026, 11, 19, 9), "2026-W47"),
        (datetime(2026, 11, 23, 9), datetime(2026, 11, 21, 9), "2026-W48"),  # begun on Saturday: last week was over
        (datetime(2026, 11, 23, 9), datetime(2026, 11, 23, 8), "2026-W48"),
        (datetime(2026, 11, 26, 9), datetime(2026, 11, 9, 9), "2026-W47"),
        (datetime(2026, 11, 27, 9), datetime(2026, 11, 9, 9), "2026-W48"),
        (datetime(2026, 11, 23, 9), None, "2026-W48"),
    ],
)
def test_a_project_that_issues_no_packs_reports_on_the_week_that_is_over_too(moment: datetime, begun: datetime | None, week: str) -> None:
    assert reporting_week(moment, (), DUE_FRIDAY, Calendar(), begun) == week
    assert reporting_week(moment, {"2026-W44"}, DUE_FRIDAY, Calendar(), begun) == "2026-W48", "with packs only issued weeks count"


def test_the_deadline_has_the_hour_of_the_settings() -> None:
    assert deadline("2026-W47", DUE_FRIDAY, Calendar()) == date(2026, 11, 20)
    assert deadline("2026-W47", DUE_AT_FOUR, Calendar()) == datetime(2026, 11, 20, 16)
    assert deadline("soon", DUE_AT_FOUR, Calendar()) is None


@pytest.mark.parametrize(
    ("written", "hour"),
    [("16:00", "16:00"), ("9:30", "09:30"), ("16：00", "16:00"), ("16点", "16:00"), (0.75, "18:00"), (" ", ""), (None, "")],
)
def test_the_hour_as_a_sheet_may_have_it(written: object, hour: str) -> None:
    settings, bad = Settings.of({"submit_time": written})  # type: ignore[dict-item]
    assert (settings.submit_time, bad) == (hour, [])


@pytest.mark.parametrize("written", ["25:00", "noon", "16:61", 1.5, -0.1, True])
def test_what_is_no_hour_is_named_and_left_out(written: object) -> None:
    settings, bad = Settings.of({"submit_time": written})  # type: ignore[dict-item]
    assert (settings.submit_time, bad) == ("", ["submit_time"])


def test_a_time_cell_is_read() -> None:
    assert Settings.of({"submit_time": datetime.combine(date(1900, 1, 1), time(16))})[0].submit_time == "16:00"
