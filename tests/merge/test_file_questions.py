"""A copy that asks in several cells is answered at once, or cell by cell."""

from __future__ import annotations

from merge_world import World, filled

from collab_xl.merge.file_questions import file_questions, spread
from collab_xl.model.merge import Answer, Kind

TASK = {"name": "接口", "dept": "研发部", "progress": 0.2, "risk": "人力"}
KEYS = ["RW-001", "RW-002", "RW-003", "RW-004"]


def asked() -> World:
    """The second file keeps half of what the first one changed, and goes back in three cells."""
    world = World.of({"tasks": {key: TASK for key in KEYS}})
    issued = world.issue("P1", "研发部")
    first = {key: {"progress": 0.6, "measure": "加班"} for key in KEYS}
    world.consolidate(filled(issued, first, sha="one"))
    back = {key: {"measure": "加班"} for key in KEYS[1:]} | {"RW-001": {"progress": 0.6, "measure": "加班"}}
    world.consolidate(filled(issued, back, hours=2, sha="two"))
    return world


def test_one_question_for_the_file_with_all_its_cells() -> None:
    (question,) = file_questions(asked().state.items.values()).values()
    assert (question.kind, question.source.sha256) == (Kind.REVERTED, "two")
    assert [item.row_key for item in question.items] == KEYS[1:]


def test_one_cell_alone_is_no_question_about_a_file() -> None:
    assert not file_questions(list(asked().state.items.values())[:1])


def test_the_answer_about_the_file_is_for_every_cell_without_an_answer_of_its_own() -> None:
    world = asked()
    (question,) = file_questions(world.state.items.values()).values()
    own = question.items[1].id
    answers = spread([Answer(question.id, "submission"), Answer(own, "master")], {question.id: question})
    assert {a.item: a.choice for a in answers} == {question.items[0].id: "submission", own: "master", question.items[2].id: "submission"}
    world.decide(*answers)
    assert [world.value("tasks", key, "progress") for key in KEYS] == [0.6, 0.2, 0.6, 0.2]
    assert not world.state.items


def test_a_file_cannot_be_answered_by_hand() -> None:
    world = asked()
    (question,) = file_questions(world.state.items.values()).values()
    resolved = world.decide(*spread([Answer(question.id, "manual", "0.5")], {question.id: question}))
    assert [f.code for f in resolved.findings] == ["M203"]
    assert len(world.state.items) == 3
