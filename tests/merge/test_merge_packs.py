"""Baselines, the order sent, two copies of one pack, several packs, submissions set aside: docs/facts/merge.md, Packs."""

from __future__ import annotations

from datetime import timedelta, timezone

import pytest
from merge_world import World, at, filled
from msgspec.structs import asdict

from collab_xl.model.merge import Answer, CellKey, Kind, Pack
from collab_xl.model.record import replace
from collab_xl.model.values import CLEAR, Unreadable

KEY = "RW-001"


def start(**fields: object) -> tuple[World, Pack]:
    world = World.of({"tasks": {KEY: {"name": "接口", "dept": "研发部", "progress": 0.2, **fields}}})  # type: ignore[dict-item]
    return world, world.issue("P1", "研发部")


def progress(world: World) -> object:
    return world.value("tasks", KEY, "progress")


def send(world: World, issued: Pack, value: object, hours: float, field: str = "progress", sha: str = "") -> dict[str, int]:
    world.consolidate(filled(issued, {KEY: {field: value}}, hours=hours, sha=sha or f"{issued.id}@{hours}"))  # type: ignore[dict-item]
    (count,) = world.result.counts
    return {n: v for n, v in asdict(count).items() if v and n not in ("sha256", "department", "edits")}


def test_the_baseline_moves_when_applied():
    world, issued = start()
    assert send(world, issued, 0.5, 1) == {"applied": 1}
    assert world.state.moved["P1", CellKey("tasks", KEY, "progress")].value == 0.5
    assert send(world, issued, 0.7, 2) == {"applied": 1}
    assert progress(world) == 0.7


def test_the_baseline_moves_when_found_the_same():
    world, issued = start()
    world.type("tasks", KEY, "progress", 0.5)
    assert send(world, issued, 0.5, 1) == {"same": 1}
    assert send(world, issued, 0.7, 2) == {"applied": 1}


@pytest.mark.parametrize(("value", "outcome"), [(None, "not_cleared"), (Unreadable("?"), "unreadable")])
def test_the_baseline_stays_when_nothing_was_taken(value: object, outcome: str):
    world, issued = start()
    assert send(world, issued, value, 1) == {outcome: 1}
    assert send(world, issued, value, 2) == {outcome: 1}
    assert not world.state.moved
    assert send(world, issued, 0.7, 3) == {"applied": 1}


def test_an_open_conflict_moves_nothing_and_takes_the_newer_candidate():
    world, issued = start()
    world.type("tasks", KEY, "progress", 0.9)
    assert send(world, issued, 0.5, 1) == {"conflicts": 1}
    before = set(world.state.items)
    assert send(world, issued, 0.6, 2) == {"conflicts": 1}
    (item,) = world.state.items.values()
    assert {item.id} == before
    assert [c.value for c in item.candidates] == [0.6]
    assert item.baseline == 0.2


def questions(world: World) -> list[tuple[Kind, list[object]]]:
    return [(item.kind, [c.value for c in item.candidates]) for item in world.state.items.values()]


def test_rights_move_nothing():
    world, issued = start()
    assert send(world, issued, "x", 1, "standard") == {"rights": 1}
    assert send(world, issued, "x", 2, "standard") == {}  # built on the first, which has said it
    assert send(world, issued, "y", 3, "standard") == {"rights": 1}
    (item,) = world.state.items.values()
    assert [c.value for c in item.candidates] == ["y"]


def test_the_same_content_is_consolidated_once():
    world, issued = start()
    sub = filled(issued, {KEY: {"progress": 0.5}})
    world.consolidate(sub)
    world.type("tasks", KEY, "progress", 0.9)
    result = world.consolidate(sub)
    assert not any((result.counts, result.changes, result.opened))
    assert len(world.preview(replace(sub, sha256="x"), replace(sub, sha256="x")).counts) == 1


def test_going_back_to_the_issued_value_is_a_question():
    world, issued = start()
    send(world, issued, 0.5, 1)
    assert send(world, issued, 0.2, 2) == {"conflicts": 1}
    (item,) = world.state.items.values()
    assert (item.kind, item.baseline, item.master, item.candidates[0].value) == (Kind.REVERTED, 0.5, 0.5, 0.2)
    assert progress(world) == 0.5
    world.decide(Answer(item.id, "submission"))
    assert progress(world) == 0.2


@pytest.mark.parametrize("mine", [True, False], ids=["open row", "row given away"])
def test_a_blank_again_after_the_pmo_refused_what_stood_there_asks_nothing(mine: bool):
    """The department withdrew its 清空 before the PMO decided. Sent again after the decision, its copy opens no item."""
    world, issued = start(measure=None)
    world.type("tasks", KEY, "measure", "PMO 的")
    if not mine:
        world.type("tasks", KEY, "dept", "市场部")
    send(world, issued, "我们的", 1, "measure")
    back = filled(issued, {}, hours=2, sha="back")
    world.consolidate(back)
    world.decide(*(Answer(i, "master") for i in world.state.items))
    result = world.consolidate(replace(back, sha256="again"))
    assert not any((result.outcomes, result.opened, result.changes, result.findings))
    assert world.value("tasks", KEY, "measure") == "PMO 的"
    world.consolidate(filled(issued, {KEY: {"measure": CLEAR}}, hours=3))
    assert [o.outcome for o in world.result.outcomes] == ["conflicts" if mine else "rights"]  # 清空 still asks to clear the cell


def test_going_back_is_asked_in_one_run_too():
    world, issued = start()
    result = world.consolidate(filled(issued, {KEY: {"progress": 0.5}}), filled(issued, {}, hours=2))
    assert [o.outcome for o in result.outcomes] == ["applied", "conflicts"]
    assert progress(world) == 0.5
    assert [i.kind for i in world.state.items.values()] == [Kind.REVERTED]


def test_going_back_from_a_refused_value_is_settled_already():
    world, issued = start()
    world.type("tasks", KEY, "progress", 0.9)
    send(world, issued, 0.5, 1)
    world.decide(Answer(next(iter(world.state.items)), "master"))
    assert send(world, issued, 0.2, 2) == {}
    assert progress(world) == 0.9
    assert not world.state.items


def test_a_newer_copy_with_the_applied_value_answers_the_question_about_going_back():
    world, issued = start()
    send(world, issued, 0.5, 1)
    send(world, issued, 0.2, 2)
    assert send(world, issued, 0.5, 3) == {}
    assert not world.state.items


def test_a_newer_value_takes_the_place_of_the_question_about_going_back():
    world, issued = start()
    send(world, issued, 0.5, 1)
    send(world, issued, 0.2, 2)
    assert send(world, issued, 0.8, 3) == {"applied": 1}
    assert progress(world) == 0.8
    assert questions(world) == [(Kind.COPIES, [0.5])]  # one cell does not show whether the third knew the first


def test_a_blank_in_a_colleagues_copy_is_a_note_not_a_question():
    world, issued = start(measure=None)
    send(world, issued, "加人", 1, "measure")
    assert send(world, issued, None, 2, "measure") == {"not_cleared": 1}
    assert not world.state.items


def test_clearing_is_not_repeated_by_the_same_pack():
    world, issued = start()
    assert send(world, issued, CLEAR, 1) == {"applied": 1}
    world.type("tasks", KEY, "progress", 0.3)
    assert send(world, issued, CLEAR, 2) == {}
    assert progress(world) == 0.3


def test_in_one_run_the_submissions_of_a_pack_are_taken_in_the_order_sent():
    world, issued = start()
    late = filled(issued, {KEY: {"progress": 0.7, "risk": "新"}}, hours=2)
    early = filled(issued, {KEY: {"progress": 0.5, "measure": "旧"}}, hours=1)
    result = world.consolidate(late, early)
    assert [c.sha256 for c in result.counts] == [early.sha256, late.sha256]
    assert (progress(world), world.value("tasks", KEY, "risk"), world.value("tasks", KEY, "measure")) == (0.7, "新", "旧")


def test_one_that_arrives_late_brings_only_what_no_newer_one_has_changed():
    world, issued = start()
    send(world, issued, 0.7, 2)
    world.consolidate(filled(issued, {KEY: {"progress": 0.5, "measure": "旧"}}, hours=1))
    (count,) = world.result.counts
    assert (count.edits, count.applied, count.excluded) == (2, 1, 1)
    assert (progress(world), world.value("tasks", KEY, "measure")) == (0.7, "旧")
    assert [(f.code, f.facts["cells"]) for f in world.result.findings] == [("M104", 1)]


def test_a_late_copy_that_holds_the_issued_value_says_nothing():
    world, issued = start()
    send(world, issued, 0.7, 2)
    assert send(world, issued, 0.2, 1) == {}


def test_a_late_one_behind_an_open_conflict_is_overtaken():
    world, issued = start()
    world.type("tasks", KEY, "progress", 0.9)
    send(world, issued, 0.7, 2)
    assert send(world, issued, 0.5, 1) == {"excluded": 1}
    assert [c.value for c in next(iter(world.state.items.values())).candidates] == [0.7]


def test_a_late_one_shows_that_the_master_held_the_departments_own_value():
    """In the order sent: 0.9 is the same as the master, then 0.7 is applied."""
    world, issued = start()
    world.type("tasks", KEY, "progress", 0.9)
    assert send(world, issued, 0.7, 2) == {"conflicts": 1}
    assert send(world, issued, 0.9, 1) == {"same": 1}
    assert progress(world) == 0.7
    assert questions(world) == [(Kind.COPIES, [0.9])]


def test_what_did_not_count_does_not_overtake():
    world, issued = start()
    send(world, issued, None, 3)
    send(world, issued, Unreadable("?"), 4)
    assert send(world, issued, 0.5, 1) == {"applied": 1}


def test_times_with_and_without_zone_can_be_compared():
    world, issued = start()
    mail = replace(filled(issued, {KEY: {"progress": 0.5}}), sent_at=at(1).replace(tzinfo=timezone(timedelta(hours=8))))
    world.consolidate(mail, filled(issued, {KEY: {"progress": 0.7}}, hours=2))
    assert progress(world) == 0.7


def test_a_refused_value_in_a_later_pack_is_a_conflict_again_with_the_decision():
    world, issued = start()
    world.type("tasks", KEY, "progress", 0.9)
    send(world, issued, 0.5, 1)
    world.decide(Answer(next(iter(world.state.items)), "master"))
    assert send(world, issued, 0.5, 2) == {}
    later = world.issue("P2", "研发部", hours=10)
    assert send(world, later, 0.5, 11) == {"conflicts": 1}
    (item,) = world.state.items.values()
    assert item.earlier is not None
    assert (item.earlier.choice, item.earlier.run) == ("master", "R1")
    world.decide(Answer(item.id, "submission"))
    third = world.issue("P3", "研发部", hours=20)
    world.type("tasks", KEY, "progress", 0.6)
    third = world.issue("P3", "研发部", hours=20)
    assert send(world, third, 0.5, 21) == {"applied": 1}  # accepted since: no longer refused


def two_departments(first: object, second: object, **fields: object) -> tuple[World, Pack, Pack]:
    rows = {"XZ-1": {"name": "需求", "to_depts": ("研发部", "市场部"), "outcome": "旧", **fields}}
    world = World.of({"requirements": rows})  # type: ignore[dict-item]
    return world, world.issue("P1", "研发部"), world.issue("P2", "市场部")


def outcome_edit(issued: Pack, value: object, hours: float = 1) -> object:
    return filled(issued, {"XZ-1": {"outcome": value}}, hours=hours, sha=f"{issued.id}@{hours}")  # type: ignore[dict-item]


def test_two_departments_one_cell_in_one_run():
    world, one, two = two_departments("甲", "乙")
    result = world.consolidate(outcome_edit(one, "甲", 2), outcome_edit(two, "乙", 1))  # type: ignore[arg-type]
    assert [c.conflicts for c in result.counts] == [1, 1]
    (item,) = world.state.items.values()
    assert [(c.value, c.source.department) for c in item.candidates] == [("乙", "市场部"), ("甲", "研发部")]
    assert world.value("requirements", "XZ-1", "outcome") == "旧"
    assert not result.changes


def test_two_departments_with_the_same_value():
    world, one, two = two_departments("甲", "甲")
    result = world.consolidate(outcome_edit(one, "甲", 1), outcome_edit(two, "甲", 2))  # type: ignore[arg-type]
    assert [(c.applied, c.same) for c in result.counts] == [(1, 0), (0, 1)]
    assert world.value("requirements", "XZ-1", "outcome") == "甲"
    assert send_outcome(world, two, "乙", 3) == {"applied": 1}


def send_outcome(world: World, issued: Pack, value: object, hours: float) -> dict[str, int]:
    world.consolidate(outcome_edit(issued, value, hours))  # type: ignore[arg-type]
    (count,) = world.result.counts
    return {n: v for n, v in asdict(count).items() if v and n not in ("sha256", "department", "edits")}


def test_across_runs_the_second_department_conflicts_with_what_was_applied():
    world, one, two = two_departments("甲", "乙")
    assert send_outcome(world, one, "甲", 1) == {"applied": 1}
    assert send_outcome(world, two, "乙", 2) == {"conflicts": 1}
    (item,) = world.state.items.values()
    assert (item.baseline, item.master, [c.value for c in item.candidates]) == ("旧", "甲", ["乙"])


def test_a_later_submission_does_not_slip_past_the_open_conflict_of_two_departments():
    world, one, two = two_departments("甲", "乙")
    world.consolidate(outcome_edit(one, "甲", 1), outcome_edit(two, "乙", 2))  # type: ignore[arg-type]
    assert send_outcome(world, one, "丙", 3) == {"conflicts": 1}
    (item,) = world.state.items.values()
    assert [c.value for c in item.candidates] == ["乙", "丙"]
    assert world.value("requirements", "XZ-1", "outcome") == "旧"
    assert send_outcome(world, two, "丙", 4) == {"applied": 1}  # master and candidate agree now
    assert questions(world) == [(Kind.COPIES, ["乙"])]
    assert world.value("requirements", "XZ-1", "outcome") == "丙"


def test_the_departments_newer_pack_replaces_its_own_older_question():
    world, issued = start()
    world.type("tasks", KEY, "progress", 0.9)
    send(world, issued, 0.5, 1)
    newer = world.issue("P2", "研发部", hours=5)
    assert send(world, newer, 0.95, 6) == {"applied": 1}
    assert not world.state.items


def test_a_conflict_closes_when_the_pmo_types_the_value_and_the_pack_goes_on_from_there():
    world, issued = start()
    world.type("tasks", KEY, "progress", 0.9)
    send(world, issued, 0.5, 1)
    world.type("tasks", KEY, "progress", 0.5)
    (waiting,) = world.state.items
    assert world.consolidate().closed == (waiting,)
    assert send(world, issued, 0.6, 2) == {"applied": 1}


def test_an_item_shows_the_masters_value_of_now():
    world, issued = start()
    world.type("tasks", KEY, "progress", 0.9)
    send(world, issued, 0.5, 1)
    world.type("tasks", KEY, "progress", 0.95)
    assert [i.master for i in world.consolidate().opened] == [0.95]


def test_set_aside_counts_and_does_nothing():
    world, issued = start()
    sub = replace(
        filled(issued, {KEY: {"progress": 0.5, "standard": "x"}, "P1#1": {"name": "新"}, "P1#4": {"description": "坏"}}), set_aside=True
    )
    result = world.consolidate(sub)
    (count,) = result.counts
    assert (count.edits, count.excluded) == (4, 4)
    assert not any((result.changes, result.new_rows, result.opened, result.moved, result.seen, world.state.consumed))


def test_a_row_the_department_hands_over_stays_open_to_its_other_copy():
    world = World.of({"problems": {"WT-001": {"description": "慢", "dept": "研发部"}}})
    issued = world.issue("P1", "研发部")
    world.consolidate(filled(issued, {"WT-001": {"dept": "市场部"}}))
    world.consolidate(filled(issued, {"WT-001": {"tried": "重启", "dept": "市场部"}}, hours=2))
    assert world.value("problems", "WT-001", "tried") == "重启"
    world.type("problems", "WT-001", "dept", "客服部")
    world.consolidate(filled(issued, {"WT-001": {"tried": "再试", "dept": "市场部"}}, hours=3))
    assert [o.outcome for o in world.result.outcomes] == ["rights"]


def test_a_row_the_pmo_gave_away_is_closed_also_when_the_department_agrees():
    world = World.of({"problems": {"WT-001": {"description": "慢", "dept": "研发部"}}})
    issued = world.issue("P1", "研发部")
    world.type("problems", "WT-001", "dept", "市场部")
    world.consolidate(filled(issued, {"WT-001": {"dept": "市场部"}}))
    world.consolidate(filled(issued, {"WT-001": {"tried": "重启", "dept": "市场部"}}, hours=2))
    assert [o.outcome for o in world.result.outcomes] == ["rights"]


def test_the_word_that_clears_overtakes_an_older_value_even_where_nothing_stood():
    world, issued = start(measure=None)
    assert send(world, issued, CLEAR, 2, "measure") == {}
    assert send(world, issued, "旧", 1, "measure") == {"excluded": 1}


def test_a_pack_this_master_never_issued_is_a_hand_made_file():
    world, issued = start()
    world.state = replace(world.state, packs={})
    world.consolidate(filled(issued, {KEY: {"progress": 0.5}}))
    assert [f.code for f in world.result.findings] == ["M106"]
    assert [i.kind for i in world.state.items.values()] == [Kind.HAND_MADE]
