"""What a row of the conflicts sheet shows about its candidates."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from collab_xl.catalogue import text
from collab_xl.forms import load
from collab_xl.model.merge import Candidate, Item, Kind
from collab_xl.model.plan import Provenance
from collab_xl.model.summary import ClockLine
from collab_xl.plan.rows import candidate_text, clock_rows


@pytest.mark.parametrize(("lang", "words"), [("zh", "该部门无权改"), ("en", "not permitted to edit this")])
def test_a_hand_made_proposal_says_that_its_department_has_no_right(lang: str, words: str) -> None:
    source = Provenance("0" * 64, "市场部", "", "li@example.com", datetime(2026, 11, 20, 9))
    for no_right in (True, False):
        item = Item("1", Kind.HAND_MADE, "tasks", "RW-001", "risk", None, "a", (Candidate("b", source, no_right=no_right),))
        said = candidate_text(item, load().form("tasks"), lang)
        assert (words in said) is no_right
        assert said.startswith("b")
        assert "市场部" in said


@pytest.mark.parametrize(
    ("until", "left", "late", "words"),
    [
        (date(2026, 10, 5), 0, 0, "today"),
        (datetime(2026, 10, 5, 18), 0, 0, "today"),
        (date(2026, 9, 30), 0, 0, "past"),  # a holiday since then: it was called due today
        (datetime(2026, 10, 6, 9), 0, 0, "ahead"),
        (date(2026, 10, 8), 1, 0, "left"),
        (date(2026, 9, 29), 0, 1, "late"),
    ],
)
def test_a_clock_is_due_today_on_its_day_only(until: date, left: int, late: int, words: str) -> None:
    line = ClockLine("tasks", "RW-001", "上线", "市场部", "会议议程", date(2026, 9, 28), until, left, late)
    (row,) = clock_rows([line], {}, load(), "zh", date(2026, 10, 5))
    assert row["left"] == text(f"plan.clock.{words}", "zh", n=left or late)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_clock_whose_hour_is_past_is_not_due_today(lang: str) -> None:
    line = ClockLine("actions", "HY-001", "例会", "", "会议纪要", datetime(2026, 12, 4, 15), datetime(2026, 12, 5, 15), 0, 0)

    def said(hour: int) -> object:
        day = date(2026, 12, 5)
        return clock_rows([line], {}, load(), lang, day, datetime(2026, 12, 5, hour))[0]["left"]

    assert said(14) == text("plan.clock.today", lang)
    assert said(16) == text("plan.clock.past_hour", lang, hour="15:00")
