"""A department's value from an older pack is replaced by its value from a newer pack, which waits too (decision 0002, point 2)."""

from __future__ import annotations

import pytest
from merge_world import World, filled

from collab_xl.model.merge import Answer

TASK = {"name": "接口", "dept": "研发部", "risk": "a"}


@pytest.fixture
def world() -> World:
    """An older pack whose value conflicts with the PMO's own edit and waits."""
    world = World.of({"tasks": {"RW-001": TASK}})
    old = world.issue("P1", "研发部")
    world.type("tasks", "RW-001", "risk", "PMO")
    world.consolidate(filled(old, {"RW-001": {"risk": "旧包说"}}, hours=1))
    assert said(world) == ["旧包说"]
    return world


def said(world: World) -> list[object]:
    return [c.value for item in world.state.items.values() for c in item.candidates]


def test_the_newer_packs_question_takes_the_place_of_the_older_ones(world: World) -> None:
    newer = world.issue("P2", "研发部", hours=2)
    world.type("tasks", "RW-001", "risk", "PMO2")
    world.consolidate(filled(newer, {"RW-001": {"risk": "新包说"}}, hours=3))
    assert said(world) == ["新包说"]
    (item,) = world.state.items.values()
    world.decide(Answer(item.id, "submission", None))
    assert world.value("tasks", "RW-001", "risk") == "新包说"


def test_another_departments_newer_word_stands_beside_it(world: World) -> None:
    newer = world.issue("P2", "市场部", keys=["RW-001"], hours=2)
    world.type("tasks", "RW-001", "dept", "市场部")
    world.type("tasks", "RW-001", "risk", "PMO2")
    world.consolidate(filled(newer, {"RW-001": {"risk": "市场说", "dept": "市场部"}}, hours=3))
    assert sorted(map(str, said(world))) == ["市场说", "旧包说"]


def test_an_older_file_of_a_newer_pack_does_not(world: World) -> None:
    newer = world.issue("P2", "研发部", hours=0.2)
    world.type("tasks", "RW-001", "risk", "PMO2")
    world.consolidate(filled(newer, {"RW-001": {"risk": "新包早说"}}, hours=0.5))
    assert sorted(map(str, said(world))) == ["新包早说", "旧包说"]
