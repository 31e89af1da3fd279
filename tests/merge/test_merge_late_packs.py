"""Packs of two weeks: last week's pack that comes late ends in the same master and the same open questions as one that came in time."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from merge_world import World, filled
from test_merge_laws import GIVEN_KEYS, edits, masters, pmo_edits, sent, type_all, unnumbered

from collab_xl.model.merge import Kind, Submission
from collab_xl.model.values import CLEAR, Value

TASK = {"name": "接口", "dept": "研发部", "risk": "旧", "measure": "旧"}


def questions(world: World) -> list[str]:
    """Every open item without the keys that depend on who came first."""
    found = []
    for i in world.state.items.values():
        candidates = sorted((repr(c.value), c.source.sha256, repr(sorted(c.row.items(), key=repr))) for c in i.candidates)
        found.append(repr((i.kind, i.row_key if i.row_key in GIVEN_KEYS else "", i.field, i.baseline, i.master, candidates)))
    return sorted(found)


def ends(start: World, files: Sequence[Submission]) -> list[tuple[object, list[str]]]:
    """Master and questions after the files came one by one in every order, and all at once."""
    found = []
    for runs in [*([[file] for file in order] for order in itertools.permutations(files)), [list(files)], [list(reversed(files))]]:
        world = start.copy()
        for run in runs:
            world.consolidate(*run)
        found.append((unnumbered(world, GIVEN_KEYS), questions(world)))
    return found


def same_in_any_order(master, between, after, late, newer, sent_at) -> None:
    start = World.of(master)
    for wrote in (late, newer):
        wrote.pop("*5", None)  # a key that is typed: which row has it first depends on who came first
    old = start.issue("P1", "研发部")
    type_all(start, between)
    new = start.issue("P2", "研发部", hours=10)
    type_all(start, after)
    found = ends(start, [sent(old, late, sent_at, "late"), sent(new, newer, 20, "newer")])
    assert all(end == found[0] for end in found)


@settings(max_examples=120, deadline=None)
@given(masters, pmo_edits, pmo_edits, edits(), edits(), st.sampled_from((5, 12)))
def test_a_late_pack_ends_the_same_in_any_order(master, between, after, late, newer, sent_at):
    same_in_any_order(master, between, after, late, newer, sent_at)


@pytest.mark.slow
@settings(max_examples=3000, deadline=None)
@given(masters, pmo_edits, pmo_edits, edits(), edits(), st.sampled_from((5, 12)))
def test_a_late_pack_ends_the_same_in_many_worlds(master, between, after, late, newer, sent_at):
    same_in_any_order(master, between, after, late, newer, sent_at)


def two_weeks() -> tuple[World, Submission, Submission]:
    """Last week's pack and this week's, both say something about the risk; only last week's about the measure."""
    world = World.of({"tasks": {"RW-001": TASK}})
    old, new = world.issue("P1", "研发部"), world.issue("P2", "研发部", hours=10)
    return (
        world,
        filled(old, {"RW-001": {"risk": "上周说", "measure": "上周写"}}, hours=5),
        filled(new, {"RW-001": {"risk": "本周说"}}, hours=20),
    )


@pytest.mark.parametrize("order", [(0, 1), (1, 0), ((0, 1),)])
def test_this_weeks_value_stands_and_last_weeks_others_come_in(order) -> None:
    world, *files = two_weeks()
    for step in order:
        world.consolidate(*(files[n] for n in (step if isinstance(step, tuple) else (step,))))
    assert [world.value("tasks", "RW-001", f) for f in ("risk", "measure")] == ["本周说", "上周写"]
    assert not world.state.items


def test_the_overtaken_value_is_counted_and_named() -> None:
    world, late, newer = two_weeks()
    world.consolidate(newer)
    result = world.consolidate(late)
    (count,) = result.counts
    assert (count.edits, count.applied, count.excluded) == (2, 1, 1)
    assert [(f.code, f.facts["cells"]) for f in result.findings] == [("M104", 1)]


@pytest.mark.parametrize("typed", ["PMO", "上周说"])
def test_what_the_pmo_typed_since_is_asked_in_any_order(typed: str) -> None:
    """“上周说” typed by the PMO is what the department said then, so this week's value only follows it."""
    start, late, newer = two_weeks()
    start.type("tasks", "RW-001", "risk", typed)
    found = ends(start, [late, newer])
    assert all(end == found[0] for end in found)
    world = start.copy()
    world.consolidate(newer)
    world.consolidate(late)
    assert world.value("tasks", "RW-001", "risk") == ("PMO" if typed == "PMO" else "本周说")
    assert [[c.value for c in i.candidates] for i in world.state.items.values()] == ([["本周说"]] if typed == "PMO" else [])


@pytest.mark.parametrize("nothing", [None, "旧"])
def test_a_cell_this_weeks_pack_does_not_fill_in_takes_last_weeks(nothing: Value) -> None:
    world = World.of({"tasks": {"RW-001": TASK}})
    old, new = world.issue("P1", "研发部"), world.issue("P2", "研发部", hours=10)
    world.consolidate(filled(new, {"RW-001": {"risk": nothing, "progress": 0.5}}, hours=20))
    world.consolidate(filled(old, {"RW-001": {"risk": "上周说"}}, hours=12))
    assert world.value("tasks", "RW-001", "risk") == "上周说"


def test_a_cell_cleared_this_week_stays_cleared() -> None:
    world = World.of({"tasks": {"RW-001": TASK}})
    old, new = world.issue("P1", "研发部"), world.issue("P2", "研发部", hours=10)
    found = ends(world, [filled(old, {"RW-001": {"risk": "上周说"}}, hours=5), filled(new, {"RW-001": {"risk": CLEAR}}, hours=20)])
    assert all(end == found[0] for end in found)
    assert "risk" not in found[0][0]["tasks"][0].get("RW-001", {})  # type: ignore[index]


def test_last_weeks_question_closes_when_this_weeks_value_waits_too() -> None:
    """The PMO may let in what the department says now, not what it said before."""
    world = World.of({"tasks": {"RW-001": {**TASK, "standard": "旧"}}})
    old, new = world.issue("P1", "研发部"), world.issue("P2", "研发部", hours=10)
    files = [filled(old, {"RW-001": {"standard": "上周要"}}, hours=5), filled(new, {"RW-001": {"standard": "本周要"}}, hours=20)]
    for runs in ([[files[0]], [files[1]]], [[files[1]], [files[0]]], [files]):
        here = world.copy()
        for run in runs:
            here.consolidate(*run)
        (item,) = here.state.items.values()
        assert (item.kind, [c.value for c in item.candidates]) == (Kind.RIGHTS, ["本周要"])


def test_another_departments_pack_is_not_overtaken() -> None:
    """A requirement both departments fill in: each keeps its word."""
    world = World.of({"requirements": {"XZ-1": {"name": "需求", "to_depts": ("研发部", "市场部"), "outcome": "旧"}}})
    lab, market = world.issue("P1", "研发部"), world.issue("P2", "市场部", hours=10)
    world.consolidate(filled(market, {"XZ-1": {"outcome": "市场说"}}, hours=20))
    world.consolidate(filled(lab, {"XZ-1": {"outcome": "研发说"}}, hours=5))
    assert world.value("requirements", "XZ-1", "outcome") == "市场说"
    (item,) = world.state.items.values()
    assert (item.kind, [c.value for c in item.candidates]) == (Kind.CONFLICT, ["研发说"])
