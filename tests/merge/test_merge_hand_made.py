"""Hand-made files: two-way, every difference of a filled cell is a proposal, nothing is missing."""

from __future__ import annotations

import pytest
from merge_world import World, filled, hand_made

from collab_xl.model.merge import Answer, Kind
from collab_xl.model.values import CLEAR, Unreadable

TASKS = {
    "RW-001": {"name": "接口", "dept": "研发部", "req_id": "XZ-1", "risk": "a", "progress": 0.2},
    "RW-002": {"name": "页面", "dept": "研发部", "req_id": "XZ-1"},
    "RW-003": {"name": "页面", "dept": "市场部", "req_id": "XZ-2"},
}


@pytest.fixture
def world() -> World:
    return World.of({"tasks": TASKS, "problems": {"WT-001": {"description": "太 慢", "dept": "研发部"}}})


def test_every_difference_is_a_proposal_and_blanks_say_nothing(world: World):
    result = world.consolidate(hand_made("研发部", "tasks", [{"task_id": "RW-001", "risk": "b", "progress": 0.2, "measure": None}]))
    (count,) = result.counts
    assert (count.edits, count.excluded, count.rows_missing, count.rows_new) == (1, 1, 0, 0)
    (item,) = world.state.items.values()
    assert (item.kind, item.row_key, item.field, item.master, item.candidates[0].value) == (Kind.HAND_MADE, "RW-001", "risk", "a", "b")
    assert not item.candidates[0].no_right
    assert not result.changes
    world.decide(Answer(item.id, "submission"))
    assert world.value("tasks", "RW-001", "risk") == "b"
    assert not world.state.items


def test_a_proposal_shows_that_the_department_has_no_right(world: World):
    world.consolidate(
        hand_made("市场部", "tasks", [{"task_id": "RW-001", "risk": "b"}, {"task_id": "RW-003", "standard": "x", "risk": "c"}])
    )
    assert {(i.row_key, i.field): i.candidates[0].no_right for i in world.state.items.values()} == {
        ("RW-001", "risk"): True,
        ("RW-003", "standard"): True,
        ("RW-003", "risk"): False,
    }


def test_a_row_without_a_key_is_matched_by_name_and_requirement(world: World):
    world.consolidate(hand_made("研发部", "tasks", [{"name": "页面", "req_id": "XZ-2", "risk": "x"}]))
    assert [(i.row_key, i.field) for i in world.state.items.values()] == [("RW-003", "risk")]


def test_a_name_that_two_rows_have_is_a_proposal_of_a_new_row(world: World):
    world.consolidate(hand_made("客服部", "tasks", [{"name": "页面", "risk": "x"}]))
    assert [(i.row_key, i.field, i.candidates[0].row) for i in world.state.items.values()] == [("", None, {"name": "页面", "risk": "x"})]


def test_of_two_rows_with_a_name_the_sender_s_own_is_meant(world: World):
    world.consolidate(hand_made("研发部", "tasks", [{"name": "页面", "risk": "x"}]))
    assert [(i.kind, i.row_key, i.field) for i in world.state.items.values()] == [(Kind.HAND_MADE, "RW-002", "risk")]


def test_a_problem_is_matched_by_its_description(world: World):
    world.consolidate(hand_made("研发部", "problems", [{"description": "太慢", "tried": "重启"}]))
    assert sorted((i.row_key, str(i.field)) for i in world.state.items.values()) == [("WT-001", "description"), ("WT-001", "tried")]


def test_a_new_row_keeps_its_own_key_and_is_updated_by_a_later_file(world: World):
    world.consolidate(hand_made("研发部", "tasks", [{"task_id": "X-9", "name": "新", "owner": "王"}]))
    assert world.result.counts[0].rows_new == 1
    world.consolidate(hand_made("研发部", "tasks", [{"task_id": "X-9", "name": "新", "owner": "李"}], hours=2))
    (item,) = world.state.items.values()
    assert [c.row["owner"] for c in item.candidates] == ["李"]
    world.decide(Answer(item.id, "submission"))
    assert world.keys("tasks")[-1] == "X-9"
    assert world.value("tasks", "X-9", "dept") == "研发部"


def test_unreadable_and_clear(world: World):
    result = world.consolidate(
        hand_made("研发部", "tasks", [{"task_id": "RW-001", "progress": Unreadable("快了"), "risk": CLEAR, "measure": CLEAR}])
    )
    assert {o.field: o.outcome for o in result.outcomes} == {"progress": "unreadable", "risk": "excluded"}
    (item,) = world.state.items.values()
    world.decide(Answer(item.id, "submission"))
    assert world.value("tasks", "RW-001", "risk") is None


def test_a_key_twice_in_the_file_is_blocked(world: World):
    result = world.consolidate(hand_made("研发部", "tasks", [{"task_id": "RW-001", "risk": "b"}, {"task_id": "RW-001", "risk": "c"}]))
    assert [f.code for f in result.findings] == ["R901", "R901"]
    assert result.counts[0].excluded == 2
    assert not world.state.items


def test_compared_with_what_the_packs_of_the_same_run_brought(world: World):
    issued = world.issue("P1", "研发部")
    world.consolidate(
        filled(issued, {"RW-001": {"risk": "b"}}), hand_made("研发部", "tasks", [{"task_id": "RW-001", "risk": "b"}], hours=0.5)
    )
    assert not world.state.items
    assert world.result.counts[0].edits == 0


def test_a_refused_proposal_shows_the_decision_when_it_comes_again(world: World):
    world.consolidate(hand_made("研发部", "tasks", [{"task_id": "RW-001", "risk": "b"}]))
    world.decide(Answer(next(iter(world.state.items)), "master"))
    world.consolidate(hand_made("研发部", "tasks", [{"task_id": "RW-001", "risk": "b"}], hours=2))
    (item,) = world.state.items.values()
    assert item.earlier is not None
    assert item.earlier.choice == "master"


def test_an_id_spelled_otherwise_is_a_question_of_its_own(world: World) -> None:
    """`RW001` is RW-001 only if the PMO says so: the row waits as a new row, and R303 names RW-001."""
    world.consolidate(hand_made("市场部", "tasks", [{"task_id": "rw 001", "name": "别的名字", "dept": "市场部"}]))
    (found,) = [f for f in world.result.findings if f.code == "R303"]
    assert (found.found, found.expected, found.facts["other_cell"]) == ("rw 001", "RW-001", "A2")
    (item,) = world.state.items.values()
    assert item.field is None
