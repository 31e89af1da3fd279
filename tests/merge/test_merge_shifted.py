"""A column that was sorted or shifted alone is one question; the same values in an ordinary week are not."""

from __future__ import annotations

import random
from datetime import date
from itertools import permutations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from merge_world import World, filled, third_file_tells

from collab_xl.merge.file_questions import file_questions, spread
from collab_xl.model.merge import Answer, Kind, Submission
from collab_xl.model.values import Value

KEYS = [f"RW-{n:03}" for n in range(1, 13)]


def world_of(field: str, column: list[Value], **more: Value) -> World:
    return World.of(
        {"tasks": {key: {"name": f"任务{key}", "dept": "研发部", field: v, **more} for key, v in zip(KEYS, column, strict=False)}}
    )


def asked(world: World) -> list[tuple[str, str, Value]]:
    return [(i.kind, i.row_key, i.candidates[0].value) for i in world.state.items.values()]


def risks(n: int = 12) -> list[Value]:
    return [f"风险{i}" for i in range(1, n + 1)]


def sorted_alone() -> tuple[World, dict[str, dict[str, Value]]]:
    """Twelve risks turned upside down; the progress of two rows is an edit of its own, and so is a new risk."""
    edits: dict[str, dict[str, Value]] = {key: {"risk": v} for key, v in zip(KEYS, reversed(risks()), strict=True)}
    edits["RW-001"]["risk"] = "新的风险"
    edits["RW-002"]["progress"] = 0.8
    return world_of("risk", risks(), progress=0.2), edits


def test_a_column_turned_upside_down_is_one_question() -> None:
    world, edits = sorted_alone()
    result = world.consolidate(filled(world.issue("P1", "研发部"), edits))
    assert world.value("tasks", "RW-001", "risk") == "新的风险"
    assert world.value("tasks", "RW-002", "progress") == 0.8
    assert [world.value("tasks", key, "risk") for key in KEYS[1:]] == risks()[1:]
    (question,) = file_questions(world.state.items.values()).values()
    assert (question.kind, [i.row_key for i in question.items]) == (Kind.SHIFTED, KEYS[1:])
    (count,) = result.counts
    assert (count.edits, count.applied, count.conflicts) == (13, 2, 11)
    assert [(f.code, f.at.row if f.at else 0, f.facts["cells"]) for f in result.findings] == [("M111", 3, 11)]


@pytest.mark.parametrize(("choice", "risk"), [("submission", risks()[::-1]), ("master", risks())])
def test_the_answer_is_for_the_column_and_is_not_asked_again(choice: str, risk: list[Value]) -> None:
    world, edits = sorted_alone()
    pack = world.issue("P1", "研发部")
    world.consolidate(filled(pack, edits))
    questions = file_questions(world.state.items.values())
    (question,) = questions
    world.decide(*spread([Answer(question, choice)], questions))
    assert [world.value("tasks", key, "risk") for key in KEYS[1:]] == risk[1:]
    assert not world.state.items
    world.consolidate(filled(pack, {**edits, "RW-003": {**edits["RW-003"], "measure": "加人"}}, hours=2))
    assert not world.state.items
    assert [world.value("tasks", key, "risk") for key in KEYS[1:]] == risk[1:]


def test_two_columns_sorted_are_two_questions() -> None:
    rows = {key: {"name": f"任务{key}", "dept": "研发部", "risk": f"风险{key}", "measure": f"措施{key}"} for key in KEYS}
    world = World.of({"tasks": rows})
    turned = {
        key: {"risk": rows[other]["risk"], "measure": rows[other]["measure"]} for key, other in zip(KEYS, reversed(KEYS), strict=True)
    }
    world.consolidate(filled(world.issue("P1", "研发部"), turned))
    columns = [{i.field for i in q.items} for q in file_questions(world.state.items.values()).values()]
    assert columns in ([{"measure"}, {"risk"}], [{"risk"}, {"measure"}])


def test_a_column_shifted_by_one_row() -> None:
    world = world_of("risk", risks())
    moved: list[Value] = [None, *risks()[:-1]]
    world.consolidate(filled(world.issue("P1", "研发部"), {key: {"risk": v} for key, v in zip(KEYS, moved, strict=True)}))
    assert {kind for kind, _, _ in asked(world)} == {Kind.SHIFTED}
    assert len(world.state.items) == 11


def test_a_few_texts_sorted_to_the_top() -> None:
    column: list[Value] = [None, "a", None, "b", None, "c", None, "d", None, "e", None, "f"]
    world = world_of("risk", column)
    top: list[Value] = [*"abcdef", *[None] * 6]
    world.consolidate(filled(world.issue("P1", "研发部"), {key: {"risk": v} for key, v in zip(KEYS, top, strict=True)}))
    assert {kind for kind, _, _ in asked(world)} == {Kind.SHIFTED}
    assert [world.value("tasks", key, "risk") for key in KEYS] == column


def test_a_progress_column_sorted_alone() -> None:
    column: list[Value] = [0.35, 0.1, 0.9, 0.5, 0, 0.75, 0.2, 0.6, 0.45, 0.15, 0.8, 0.3]
    world = world_of("progress", column)
    world.consolidate(
        filled(world.issue("P1", "研发部"), {key: {"progress": v} for key, v in zip(KEYS, sorted(map(float, column)), strict=True)})
    )  # type: ignore[arg-type]
    assert len(world.state.items) >= 10
    assert [world.value("tasks", key, "progress") for key in KEYS] == column


ORDINARY: list[tuple[str, str, list[Value], list[Value]]] = [
    ("everybody ten points on", "progress", [n / 10 for n in range(10)], [(n + 1) / 10 for n in range(10)]),
    ("one reason copied down", "late_reason", [f"原因{n}" for n in range(8)], ["原因0"] * 8),
    ("all put off by a week", "actual_end", [date(2026, 11, n) for n in (2, 9, 16, 23, 30)], [date(2026, 11, n) for n in (9, 16, 23, 30)]),
    ("a status word", "status", ["not_started", "in_progress"] * 5, ["in_progress", "done"] * 5),
    ("status words exchanged", "status", ["not_started", "in_progress", "paused"] * 3, ["in_progress", "paused", "not_started"] * 3),
    ("two people swap", "owner", ["甲", "乙"] * 5, ["乙", "甲"] * 5),
    ("the next stage", "done_this_week", ["设计", "开发", "测试"] * 3, ["开发", "测试", "上线"] * 3),
    ("four texts only", "risk", [f"风险{n}" for n in range(4)], [f"风险{n}" for n in (3, 2, 1, 0)]),
    ("three of five new", "risk", [f"风险{n}" for n in range(5)], ["风险1", "风险0", "新1", "新2", "新3"]),
]


@pytest.mark.parametrize(("field", "before", "after"), [case[1:] for case in ORDINARY], ids=[case[0] for case in ORDINARY])
def test_an_ordinary_week_is_no_question(field: str, before: list[Value], after: list[Value]) -> None:
    world = world_of(field, before)
    world.consolidate(filled(world.issue("P1", "研发部"), {key: {field: v} for key, v in zip(KEYS, after, strict=False)}))
    assert not world.state.items
    assert [world.value("tasks", key, field) for key, _ in zip(KEYS, after, strict=False)] == after


def test_a_corrected_file_answers_the_question() -> None:
    world, edits = sorted_alone()
    pack = world.issue("P1", "研发部")
    world.consolidate(filled(pack, edits))
    world.consolidate(filled(pack, {"RW-001": {"risk": "新的风险"}, "RW-002": {"progress": 0.8}}, hours=2))
    assert not world.state.items


FEW = KEYS[:8]
Edits = dict[str, dict[str, Value]]


def any_file(rng: random.Random, made_from: Edits | None = None) -> Edits:
    """Risks sorted, shifted or pasted in another order, or left alone, and edits of single cells."""
    edits: Edits = {key: dict((made_from or {}).get(key, {})) for key in FEW}
    if made_from is None and rng.random() < 0.6:
        values = risks(8)
        how = rng.choice(("turned", "shifted", "pasted"))
        values = values[::-1] if how == "turned" else values[1:] + values[:1] if how == "shifted" else rng.sample(values, 8)
        for key, value in zip(FEW, values, strict=True):
            edits[key]["risk"] = value
    for key in FEW:
        rare = 1 if made_from is None else 0.2
        if rng.random() < 0.12 * rare:
            edits[key]["risk"] = rng.choice(("新", "改", rng.choice(risks(8))))
        if rng.random() < 0.25 * rare:
            edits[key]["progress"] = rng.choice((0.2, 0.5, 0.8))
        if rng.random() < 0.2 * rare:
            edits[key]["measure"] = rng.choice(("加人", "换人"))
    return edits


def three_files(seed: int) -> list[Edits]:
    rng = random.Random(seed)
    first = any_file(rng)
    second = any_file(rng, rng.choice((None, first)))
    return [first, second, any_file(rng, rng.choice((None, first, second)))]


def sent(files: list[Edits]) -> tuple[World, list[Submission]]:
    world = World.of({"tasks": {key: {"name": f"任务{key}", "dept": "研发部", "risk": f"风险{n}"} for n, key in enumerate(FEW, 1)}})
    pack = world.issue("P1", "研发部")
    return world, [filled(pack, edits, hours=n, sha=f"f{n}") for n, edits in enumerate(files, 1)]


def ends(files: list[Edits], *, one_by_one: bool = True) -> set[str]:
    """Master and questions after the files were consolidated one by one in every order, and all at once."""
    found = set()
    for order in [*(permutations(range(len(files))) if one_by_one else ()), None]:
        world, subs = sent(files)
        for run in [subs] if order is None else [[subs[n]] for n in order]:
            world.consolidate(*run)
        master = [[world.value("tasks", key, f) for f in ("risk", "progress", "measure")] for key in FEW]
        asked = [
            (i.kind, i.row_key, i.field, i.master, i.baseline, [(c.value, c.source.sha256) for c in i.candidates])
            for i in world.state.items.values()
        ]
        found.add(repr((master, sorted(map(repr, asked)))))
    return found


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_copies_with_sorted_columns_end_the_same_in_any_order(seed: int) -> None:
    assume(not third_file_tells(*sent(three_files(seed))))
    assert len(ends(three_files(seed))) == 1


@pytest.mark.slow
@settings(max_examples=1000, deadline=None)
@given(st.integers(0, 10**6))
def test_copies_with_sorted_columns_in_any_order_in_many_worlds(seed: int) -> None:
    assume(not third_file_tells(*sent(three_files(seed))))
    assert len(ends(three_files(seed))) == 1


def test_the_law_about_sorted_columns_saw_something() -> None:
    said = [next(iter(ends(three_files(seed), one_by_one=False))) for seed in range(20)]
    assert sum(Kind.SHIFTED.value in end for end in said) > 6


def test_a_newer_value_or_a_copy_that_knew_it_answers_a_moved_cell() -> None:
    """A cell typed anew in a file made from the sorted one; the rest of the column stays a question."""
    world, edits = sorted_alone()
    pack = world.issue("P1", "研发部")
    world.consolidate(filled(pack, edits))
    world.consolidate(filled(pack, {**edits, "RW-007": {"risk": "想好了"}}, hours=2))
    assert world.value("tasks", "RW-007", "risk") == "想好了"
    assert {i.row_key for i in world.state.items.values()} == {*KEYS[1:]} - {"RW-007"}


def test_a_column_the_department_may_not_edit() -> None:
    world = world_of("standard", [f"标准{n}" for n in range(12)])
    turned = {key: {"standard": f"标准{11 - n}"} for n, key in enumerate(KEYS)}
    result = world.consolidate(filled(world.issue("P1", "研发部"), turned))
    (question,) = file_questions(world.state.items.values()).values()
    assert question.kind is Kind.SHIFTED
    assert all(c.no_right for i in question.items for c in i.candidates)
    assert result.counts[0].rights == 12
