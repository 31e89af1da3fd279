"""The register of escalations: opened once, answered or gone up, closed, and nothing forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st
from tables import directory

from collab_xl.model.calendar import Calendar
from collab_xl.model.directory import Directory, Person
from collab_xl.model.escalation import Escalated
from collab_xl.model.record import replace
from collab_xl.model.summary import EscalationLine
from collab_xl.rules.escalation_register import Ladder, brought_up_to, state_of, with_entries

FRIDAY, MONDAY = date(2026, 11, 20), date(2026, 11, 23)
PEOPLE = directory("""
    | 部门   | 上级 | 分管领导 |
    | 研发部 | 李总 | 赵总     |
""")
WORK = Calendar().counting(True)
LADDER = Ladder(WORK, PEOPLE)
TOP = Person("董事会", "top@example.com")


def line(key: str, cause: str = "overdue", answer_by: date | None = MONDAY, days: int = 4) -> EscalationLine:
    people = (Person("李总", "li@example.com"), Person("赵总", "zhao@example.com"))
    return EscalationLine(1, "tasks", key, f"任务 {key}", "研发部", days, cause, ("李总", "赵总"), answer_by, "", people)


def days(*lines_of_days: tuple[date, Sequence[EscalationLine]], ladder: Ladder = LADDER) -> list[Escalated]:
    register: list[Escalated] = []
    for day, lines in lines_of_days:
        register = brought_up_to(day, register, lines, ladder)
    return register


def test_the_day_of_the_answer_is_fixed_on_the_first_day() -> None:
    (entry,) = days((FRIDAY, [line("RW-001")]), (MONDAY, [line("RW-001", answer_by=date(2026, 11, 24))]))
    assert (entry.since, entry.answer_by, entry.level, entry.to) == (FRIDAY, MONDAY, 1, ("李总", "赵总"))
    (shown,) = with_entries([line("RW-001", answer_by=date(2026, 11, 24))], [entry], LADDER)
    assert (shown.since, shown.answer_by, shown.level) == (FRIDAY, MONDAY, 1)


def test_without_an_answer_it_goes_up_once() -> None:
    lines, ladder = [line("RW-001")], replace(LADDER, people=(TOP,))
    tuesday, wednesday = date(2026, 11, 24), date(2026, 11, 25)
    (entry,) = days((FRIDAY, lines), (tuesday, lines), ladder=ladder)
    assert entry.level == 1  # due on Monday; one working day more is left
    (entry,) = days((FRIDAY, lines), (wednesday, lines), (date(2026, 11, 30), lines), ladder=ladder)
    assert (entry.level, entry.level_since, entry.to, entry.mark) == (2, wednesday, ("董事会",), "tasks:RW-001:overdue@2")
    (shown,) = with_entries(lines, [entry], ladder)
    assert shown.people == (TOP,)


def test_the_sponsors_are_the_top_if_nobody_is_named_and_0_ends_the_ladder() -> None:
    lines, late = [line("RW-001")], date(2026, 12, 1)
    assert days((FRIDAY, lines), (late, lines))[0].to == ("赵总",)
    assert days((FRIDAY, lines), (late, lines), ladder=replace(LADDER, days=0))[0].level == 1
    nobody = replace(LADDER, directory=Directory())
    assert days((FRIDAY, lines), (late, lines), ladder=nobody)[0].to == ("李总", "赵总")


def test_an_answer_ends_the_ladder() -> None:
    (entry,) = days((FRIDAY, [line("RW-001")]))
    for said in ({"answered": MONDAY}, {"ruling": "延期一周"}):
        (later,) = brought_up_to(date(2026, 12, 4), [replace(entry, **said)], [line("RW-001")], LADDER)  # type: ignore[arg-type]
        assert later.level == 1
        (shown,) = with_entries([line("RW-001")], [later], LADDER)
        assert shown.answered


def test_closed_and_escalated_again_is_another_entry() -> None:
    tuesday = date(2026, 11, 24)
    again, closed = days((FRIDAY, [line("RW-001")]), (MONDAY, []), (tuesday, [line("RW-001", answer_by=date(2026, 11, 25))]))
    assert (closed.since, closed.closed, closed.answer_by) == (FRIDAY, MONDAY, MONDAY)
    assert (again.since, again.closed, again.answer_by) == (tuesday, None, date(2026, 11, 25))


def test_a_day_of_the_past_changes_no_entry() -> None:
    now = days((MONDAY, [line("RW-001")]))
    assert brought_up_to(FRIDAY, now, [], LADDER) == now
    (entry,) = brought_up_to(FRIDAY, now, [line("RW-001", answer_by=FRIDAY)], LADDER)
    assert (entry.since, entry.answer_by, entry.closed) == (MONDAY, MONDAY, None)


def test_the_word_for_each_state() -> None:
    (entry,) = days((FRIDAY, [line("RW-001")]))
    tuesday = date(2026, 11, 24)
    assert state_of(entry, None, FRIDAY) == "to_tell"
    assert state_of(entry, FRIDAY, MONDAY) == "told"
    assert state_of(entry, FRIDAY, tuesday) == "unanswered"
    assert state_of(entry, None, tuesday) == "to_tell"
    assert state_of(replace(entry, told="电话"), None, MONDAY) == "told"
    assert state_of(replace(entry, told=FRIDAY, level=2, level_since=tuesday), None, tuesday) == "to_tell"  # that was the level below
    assert state_of(replace(entry, answered=MONDAY), None, tuesday) == "answered"
    assert state_of(replace(entry, answered=MONDAY, ruling="延期"), None, tuesday) == "ruled"
    assert state_of(replace(entry, closed=MONDAY), None, tuesday) == "ended"


KEYS = st.sets(st.sampled_from(["RW-001", "RW-002", "RW-003"]))


@given(st.lists(st.tuples(st.integers(0, 3), KEYS), max_size=8))
def test_every_entry_is_kept_and_open_ones_are_those_of_the_day(steps: list[tuple[int, set[str]]]) -> None:
    register: list[Escalated] = []
    day = FRIDAY
    for wait, keys in steps:
        day += timedelta(wait)
        before = register
        register = brought_up_to(day, before, [line(key, answer_by=WORK.forward(day, 1)) for key in sorted(keys)], LADDER)
        assert [e.key for e in register if e.closed is None] == sorted(keys)
        known = {(e.place, e.since): e for e in register}
        assert len(known) == len(register)
        for entry in before:
            now = known[entry.place, entry.since]
            assert (now.answer_by, now.since) == (entry.answer_by, entry.since)
            assert now.level >= entry.level
            assert entry.closed in (None, day) or now == entry
