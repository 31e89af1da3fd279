"""未入账: edits set aside because of the master wait in sight, and come in at their old time when the master is mended."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from merge_world import World, filled

from collab_xl.model.merge import Answer, Count, Kind, Pack, Submission
from collab_xl.model.record import replace

TASK = {"name": "接口", "dept": "研发部", "progress": 0.2, "measure": "旧"}
KEY, OTHER = "RW-001", "RW-002"


@pytest.fixture
def world() -> World:
    return World.of({"tasks": {KEY: TASK, OTHER: {**TASK, "name": "页面"}}, "problems": {}})


@pytest.fixture
def issued(world: World) -> Pack:
    return world.issue("P1", "研发部")


def rename_heading(world: World) -> None:
    t = world.master["tasks"]
    world.master["tasks"] = replace(t, values={f: v for f, v in t.values.items() if f != "measure"})


def restore_heading(world: World) -> None:
    t = world.master["tasks"]
    world.master["tasks"] = replace(t, values={**t.values, "measure": ["旧", "旧"]})


def double(world: World, key: str = KEY) -> None:
    """RW-002 gets the ID RW-001 too."""
    world.type("tasks", OTHER, "task_id", key)


def number_again(world: World) -> None:
    t = world.master["tasks"]
    world.master["tasks"] = replace(t, values={**t.values, "task_id": [KEY, OTHER]})


def reply(issued: Pack, measure: str = "加班", hours: float = 1) -> Submission:
    return filled(issued, {KEY: {"progress": 0.5, "measure": measure}}, hours=hours, sha=f"{measure}{hours}")


SLIPS: list[tuple[Callable[[World], None], Callable[[World], None], int]] = [
    (rename_heading, restore_heading, 1),
    (double, number_again, 2),
]


def waiting(world: World) -> list[tuple[Kind, str, object, list[object]]]:
    return [(i.kind, i.row_key, i.field, [c.value for c in i.candidates]) for i in world.state.items.values()]


@pytest.mark.parametrize(("slip", "mend", "cells"), SLIPS, ids=["heading renamed", "ID twice"])
def test_what_the_masters_slip_set_aside_comes_in_when_it_is_mended(world: World, issued: Pack, slip, mend, cells: int) -> None:
    slip(world)
    world.consolidate(reply(issued))
    key, field = ("", "measure") if cells == 1 else (KEY, None)
    assert waiting(world) == [(Kind.NOT_ENTERED, key, field, [cells])]
    assert world.result.counts[0].excluded == cells
    if slip is rename_heading:
        slip(world)  # (the test's master gets all columns again when a plan is carried out)
    world.consolidate()
    assert waiting(world) == [(Kind.NOT_ENTERED, key, field, [cells])]  # nothing was mended
    assert not world.result.counts
    mend(world)
    world.consolidate()
    assert (world.value("tasks", KEY, "progress"), world.value("tasks", KEY, "measure")) == (0.5, "加班")
    assert waiting(world) == []
    (count,) = world.result.counts
    assert (count.edits, count.applied) == (cells, cells)
    assert not world.state.not_entered
    assert not world.consolidate().counts


def test_one_line_for_a_cause_with_the_cells_of_each_file(world: World, issued: Pack) -> None:
    rename_heading(world)
    world.consolidate(reply(issued, "甲", 1))
    rename_heading(world)
    world.consolidate(filled(issued, {KEY: {"measure": "乙", "progress": 0.5}, OTHER: {"measure": "丙"}}, hours=2, sha="two"))
    assert waiting(world) == [(Kind.NOT_ENTERED, "", "measure", [2, 1])]


def test_it_comes_in_at_its_old_time_so_what_was_said_since_counts(world: World, issued: Pack) -> None:
    rename_heading(world)
    world.consolidate(reply(issued, "先说", 1))
    restore_heading(world)
    world.merged, kept = (), world.merged  # its original is not at hand in this run
    world.consolidate(filled(issued, {KEY: {"progress": 0.5, "measure": "后说"}}, hours=3, sha="later"))
    world.merged = (*kept, *world.merged)
    assert world.value("tasks", KEY, "measure") == "后说"
    world.consolidate()
    assert [(o.outcome, o.submission) for o in world.result.outcomes] == [("excluded", "先说")]
    assert world.value("tasks", KEY, "measure") == "后说"
    assert not world.state.not_entered
    assert [(i.kind, i.master, i.candidates[0].value) for i in world.state.items.values()] == [(Kind.COPIES, "后说", "先说")]


def test_a_row_that_is_called_otherwise_now_is_a_question(world: World, issued: Pack) -> None:
    double(world)
    world.consolidate(reply(issued))
    t = world.master["tasks"]  # the second row keeps RW-001, the first one gets another ID
    world.master["tasks"] = replace(t, values={**t.values, "task_id": ["RW-100", KEY]})
    world.consolidate()
    assert {(i.kind, i.row_key, i.field) for i in world.state.items.values()} == {
        (Kind.CONFLICT, KEY, "progress"),
        (Kind.CONFLICT, KEY, "measure"),
    }
    assert world.value("tasks", KEY, "progress") == 0.2


def test_refused_it_does_not_come_in_by_itself(world: World, issued: Pack) -> None:
    rename_heading(world)
    world.consolidate(reply(issued))
    (item,) = world.state.items
    assert world.decide(Answer(item, "submission")).refused == (item,)
    assert list(world.state.items) == [item]
    world.decide(Answer(item, "master"))
    restore_heading(world)
    assert not world.consolidate().counts
    assert world.value("tasks", KEY, "measure") == "旧"
    assert not world.state.items


def test_a_file_marked_not_to_be_used_leaves_nothing_waiting(world: World, issued: Pack) -> None:
    rename_heading(world)
    world.consolidate(replace(reply(issued), set_aside=True))
    assert not world.state.not_entered
    assert not world.state.items


def test_the_accounts_of_a_files_runs_add_up_to_its_life() -> None:
    first = Count("s", "研发部", edits=5, applied=2, conflicts=1, excluded=2, rows_missing=1)
    total = Count("s", "研发部", edits=2, applied=1, excluded=1).after(first)
    assert total == Count("s", "研发部", edits=5, applied=3, conflicts=1, excluded=1, rows_missing=1)
    assert total.balanced
