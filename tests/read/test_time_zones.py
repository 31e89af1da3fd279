"""A time with its zone is read in the time of the project's country."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sheets_as_typed import cell, codes, context

from collab_xl.model.values import Unreadable
from collab_xl.verbs.times.time_zones import OFFICIAL, zones_of


@pytest.mark.parametrize(
    ("country", "written", "day", "said"),
    [
        ("CN", "2026-11-12T16:30:00Z", date(2026, 11, 13), ["V247"]),
        ("CN-BJ", "2026-11-12T15:30:00Z", date(2026, 11, 12), []),
        ("JP", "2026-11-12T15:30:00Z", date(2026, 11, 13), ["V247"]),
        ("GB", "2026-11-12T23:30:00Z", date(2026, 11, 12), []),
        ("GB", "2026-07-12T23:30:00Z", date(2026, 7, 13), ["V247"]),
        ("DE", "2026-11-12T23:30:00Z", date(2026, 11, 13), ["V247"]),
        ("US", "2026-11-12T18:00:00Z", date(2026, 11, 12), []),
        ("US", "2026-11-12T06:30:00Z", None, ["V204"]),  # the 12th in New York, the 11th in Los Angeles
        ("US", "2026-11-13T03:00:00+08:00", date(2026, 11, 12), ["V247"]),
        ("ZZ", "2026-11-12T12:00:00Z", None, ["V204"]),  # nobody knows
    ],
)
def test_the_day_in_the_country_of_the_project(country: str, written: str, day: date | None, said: list[str]) -> None:
    value, findings = cell("tasks", "end", written, context(zones=zones_of(country)))
    assert value == day if day else isinstance(value, Unreadable)
    assert codes(findings) == said


def test_a_moment_is_converted_with_its_clock() -> None:
    value, findings = cell("problems", "raised_at", "2026-11-12T16:30:00Z", context(zones=zones_of("JP")))
    assert value == datetime(2026, 11, 13, 1, 30)
    assert codes(findings) == ["V247"]


def test_every_zone_of_the_table_exists() -> None:
    assert len(OFFICIAL) > 40
    for country in OFFICIAL:
        zones = zones_of(country)
        assert len(zones) == len(OFFICIAL[country].split()), country
