"""The state of a department in a week: what came in decides, then what became of our mails, then the deadline.

Issued on Monday 9:00, due on Friday at the end of the day.
"""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab_xl.catalogue import LANGS, text
from collab_xl.model.department_week import DepartmentWeek, FileThen, MailThen, WeekState
from collab_xl.model.submission_log import State
from collab_xl.rules.department_states import state_of

MON, TUE, WED, THU, FRI = (datetime(2026, 11, day, 10) for day in range(16, 21))
SAT = datetime(2026, 11, 21, 0, 1)
PACK, DRAFT = MailThen(MON, sent=True), MailThen(MON, sent=False)
CHASE, CHASE_DRAFT = MailThen(THU, sent=True, chase=True), MailThen(THU, sent=False, chase=True)
CAME_BACK = MailThen(MON, sent=True, bounced=TUE, reason="550 no")
NEW, MERGED = FileThen(FRI, State.ACCEPTED), FileThen(FRI, State.ACCEPTED, consolidated=True)
ASKS, ASIDE = FileThen(FRI, State.ACCEPTED, consolidated=True, asks=True), FileThen(FRI, State.ACCEPTED, waits=True)
BAD, FAILED = FileThen(FRI, State.REFUSED), FileThen(FRI, State.FAILED)


def week(*parts: MailThen | FileThen, bounced: datetime | None = None) -> DepartmentWeek:
    mails = tuple(p for p in parts if isinstance(p, MailThen))
    files = tuple(p for p in parts if isinstance(p, FileThen))
    return DepartmentWeek("市场部", MON, date(2026, 11, 20), mails, bounced, "552 full" if bounced else "", files)


@pytest.mark.parametrize(
    ("known", "now", "state", "since"),
    [
        pytest.param(week(), MON, WeekState.ISSUED, MON, id="01 issued"),
        pytest.param(week(DRAFT), MON, WeekState.PREPARED, MON, id="02 a draft of the pack"),
        pytest.param(week(PACK), MON, WeekState.SENT, MON, id="03 sent"),
        pytest.param(week(DRAFT, PACK), MON, WeekState.SENT, MON, id="04 drafted and sent"),
        pytest.param(week(CAME_BACK), WED, WeekState.BOUNCED, TUE, id="05 the pack came back"),
        pytest.param(week(bounced=TUE), WED, WeekState.BOUNCED, TUE, id="06 a mail sent by hand came back"),
        pytest.param(week(PACK, bounced=TUE), WED, WeekState.BOUNCED, TUE, id="07 one of which we do not know which"),
        pytest.param(week(MailThen(WED, sent=True), bounced=TUE), WED, WeekState.SENT, WED, id="08 sent again after it"),
        pytest.param(week(CAME_BACK, MailThen(WED, sent=True)), THU, WeekState.SENT, WED, id="09 the second came through"),
        pytest.param(week(PACK, CHASE_DRAFT), THU, WeekState.SENT, MON, id="10 a reminder that is a draft reminds nobody"),
        pytest.param(week(PACK, CHASE), FRI, WeekState.CHASED, THU, id="11 reminded"),
        pytest.param(week(PACK, CHASE), SAT, WeekState.OVERDUE, datetime(2026, 11, 21), id="12 the deadline has passed"),
        pytest.param(week(), datetime(2026, 11, 20, 23, 59), WeekState.ISSUED, MON, id="13 the last minute"),
        pytest.param(week(CAME_BACK), SAT, WeekState.BOUNCED, TUE, id="14 it never had the pack: no lateness of its own"),
        pytest.param(week(PACK, BAD), FRI, WeekState.RETURNED, FRI, id="15 what came was refused"),
        pytest.param(week(PACK, BAD), SAT, WeekState.RETURNED, FRI, id="16 and the deadline has passed"),
        pytest.param(week(PACK, NEW), FRI, WeekState.READY, FRI, id="17 came in"),
        pytest.param(week(CAME_BACK, NEW), SAT, WeekState.READY, FRI, id="18 came in all the same"),
        pytest.param(week(PACK, BAD, NEW), FRI, WeekState.READY, FRI, id="19 the second try"),
        pytest.param(week(PACK, FAILED), FRI, WeekState.RECEIVED, FRI, id="20 the program failed on it"),
        pytest.param(week(PACK, ASIDE), FRI, WeekState.RECEIVED, FRI, id="21 put aside by the PMO"),
        pytest.param(week(PACK, MERGED), SAT, WeekState.CONSOLIDATED, FRI, id="22 in the master"),
        pytest.param(week(PACK, MERGED, BAD), SAT, WeekState.CONSOLIDATED, FRI, id="23 a later bad copy changes nothing"),
        pytest.param(week(PACK, ASKS), SAT, WeekState.CONFLICTS, FRI, id="24 something is to be decided"),
        pytest.param(week(PACK, MERGED, ASKS), SAT, WeekState.CONFLICTS, FRI, id="25 of one of two files"),
        pytest.param(week(PACK, ASKS, NEW), SAT, WeekState.READY, FRI, id="26 a newer file waits"),
        pytest.param(week(PACK, ASIDE, MERGED), SAT, WeekState.CONSOLIDATED, FRI, id="27 parts: one is in"),
    ],
)
def test_each_case(known: DepartmentWeek, now: datetime, state: WeekState, since: datetime) -> None:
    found = state_of(known, now)
    assert (found.state, found.since) == (state, since)


def test_the_reason_of_a_bounce_and_the_number_of_reminders() -> None:
    assert state_of(week(CAME_BACK), WED).reason == "550 no"
    assert state_of(week(bounced=TUE), WED).reason == "552 full"
    assert state_of(week(PACK, CHASE, CHASE_DRAFT, MailThen(FRI, sent=True, chase=True)), FRI).chased == 2
    assert state_of(week(PACK), WED).reason == ""


def test_an_hour_as_deadline_and_none() -> None:
    due = datetime(2026, 11, 20, 17)
    assert state_of(DepartmentWeek("A", MON, due), due).state is WeekState.ISSUED
    assert state_of(DepartmentWeek("A", MON, due), datetime(2026, 11, 20, 17, 1)).state is WeekState.OVERDUE
    assert state_of(DepartmentWeek("A", MON, None), SAT).state is WeekState.ISSUED


PARTS = st.lists(st.sampled_from([DRAFT, PACK, CHASE, CHASE_DRAFT, CAME_BACK, NEW, MERGED, ASKS, ASIDE, BAD, FAILED]), max_size=6)


@given(PARTS, st.permutations(range(6)), st.sampled_from([MON, FRI, SAT]))
def test_the_order_in_which_we_learn_of_it_does_not_matter(parts: list[MailThen | FileThen], order: list[int], now: datetime) -> None:
    mixed = [parts[n] for n in order if n < len(parts)]
    assert state_of(week(*parts), now).state is state_of(week(*mixed), now).state


def test_every_state_has_a_word() -> None:
    for lang in LANGS:
        words = [text(f"model.state.{state}", lang) for state in WeekState]
        assert len(set(words)) == len(words)
