"""What the PMO's answers do: docs/facts/merge.md, Decisions."""

from __future__ import annotations

import pytest
from merge_world import AS_OF, World, filled

from collab_xl.merge.answers import choice_words, read_choice, reason_in, words_for
from collab_xl.model.merge import Answer, CellKey, Item, Kind
from collab_xl.model.record import replace
from collab_xl.model.values import CLEAR, Unreadable, Value

KEY = "XZ-1"


def conflict() -> tuple[World, Item]:
    """Three sides differ: baseline 旧, master 新, submitted 甲."""
    world = World.of({"requirements": {KEY: {"name": "需求", "to_depts": ("研发部", "市场部"), "outcome": "旧"}}})
    one = world.issue("P1", "研发部")
    world.type("requirements", KEY, "outcome", "新")
    world.consolidate(filled(one, {KEY: {"outcome": "甲"}}))
    return world, next(iter(world.state.items.values()))


def two_candidates() -> tuple[World, Item]:
    world, _ = conflict()
    world.state = replace(world.state, packs={**world.state.packs})
    two = replace(world.state.packs["P1"], id="P2", department="市场部")
    world.state = replace(world.state, packs={**world.state.packs, "P2": two})
    world.consolidate(filled(two, {KEY: {"outcome": "乙"}}, hours=2))
    return world, next(iter(world.state.items.values()))


def outcome(world: World) -> Value:
    return world.value("requirements", KEY, "outcome")


@pytest.mark.parametrize(
    ("answer", "after", "refused"),
    [
        (("master", None), "新", ("甲",)),
        (("submission", None), "甲", ()),
        (("manual", "丙"), "丙", ("甲",)),
        (("manual", CLEAR), None, ("甲",)),
    ],
)
def test_the_three_choices(answer: tuple[str, Value], after: Value, refused: tuple[str, ...]):
    world, item = conflict()
    resolved = world.decide(Answer(item.id, answer[0], answer[1]))
    assert outcome(world) == after
    assert [(d.item, d.choice, d.refused) for d in resolved.decisions] == [(item.id, answer[0], refused)]
    assert resolved.closed == (item.id,)
    assert resolved.moved["P1", CellKey("requirements", KEY, "outcome")].value == "甲"
    assert all(c.why == "decision" for c in resolved.changes)
    issued = world.state.packs["P1"]
    world.consolidate(filled(issued, {KEY: {"outcome": "甲"}}, hours=5, sha="again"))
    assert world.result.counts[0].edits == 0
    assert outcome(world) == after


def test_a_department_field_decided_about_dates_the_row():
    world = World.of({"tasks": {"RW-001": {"name": "a", "dept": "研发部", "risk": "旧"}}})
    issued = world.issue("P1", "研发部")
    world.type("tasks", "RW-001", "risk", "新")
    world.consolidate(filled(issued, {"RW-001": {"risk": "甲"}}))
    world.decide(Answer(next(iter(world.state.items)), "submission"))
    assert world.value("tasks", "RW-001", "updated") == AS_OF


def test_asked_again_when_the_master_is_no_longer_what_was_shown():
    world, item = conflict()
    world.type("requirements", KEY, "outcome", "更新")
    resolved = world.decide(Answer(item.id, "submission"))
    assert [(i.id, i.master) for i in resolved.asked_again] == [(item.id, "更新")]
    assert [f.code for f in resolved.findings] == ["M204"]
    assert not any((resolved.changes, resolved.decisions, resolved.closed))
    assert outcome(world) == "更新"
    world.decide(Answer(item.id, "submission"))
    assert outcome(world) == "甲"


def test_what_the_sheet_showed_can_be_given():
    world, item = conflict()
    assert world.decide(Answer(item.id, "submission", shown="别的")).asked_again
    assert world.decide(Answer(item.id, "submission", shown="新")).changes


def test_two_answers_for_one_item():
    world, item = conflict()
    resolved = world.decide(Answer(item.id, "manual", "丙"), Answer(item.id, "submission"))
    assert outcome(world) == "丙"
    assert (resolved.refused, [f.code for f in resolved.findings]) == ((item.id,), ["M201"])


def test_several_departments_need_a_name():
    world, item = two_candidates()
    assert [c.source.department for c in item.candidates] == ["研发部", "市场部"]
    resolved = world.decide(Answer(item.id, "submission"))
    assert (resolved.refused, [(f.code, f.expected) for f in resolved.findings]) == ((item.id,), [("M202", "研发部 / 市场部")])
    assert [f.code for f in world.decide(Answer(item.id, "submission", department="客服部")).findings] == ["M202"]
    resolved = world.decide(Answer(item.id, "submission", department="研发"))  # an alias
    assert outcome(world) == "甲"
    assert resolved.decisions[0].refused == ("乙",)
    assert {pack for pack, _ in resolved.moved} == {"P1", "P2"}


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer("nothing", "master"), "M201"),
        (Answer("*", "manual", None), "M203"),
        (Answer("*", "manual", Unreadable("?")), "M203"),
        (Answer("*", "perhaps"), "M208"),
    ],
)
def test_answers_that_cannot_be_carried_out_change_nothing(answer: Answer, code: str):
    world, item = conflict()
    if answer.item == "*":
        answer = replace(answer, item=item.id)
    before = world.state.items
    resolved = world.decide(answer)
    assert (resolved.refused, [f.code for f in resolved.findings]) == ((answer.item,), [code])
    assert not any((resolved.changes, resolved.decisions, resolved.moved))
    assert world.state.items == before


def test_a_masters_formula_is_not_written_by_a_decision_either():
    world, item = conflict()
    world.master["requirements"] = replace(world.master["requirements"], held=frozenset({(0, "outcome")}))
    assert [f.code for f in world.decide(Answer(item.id, "submission")).findings] == ["M206"]
    assert world.decide(Answer(item.id, "master")).closed == (item.id,)


def test_a_row_that_is_gone():
    world, item = conflict()
    world.delete("requirements", KEY)
    assert [f.code for f in world.decide(Answer(item.id, "submission")).findings] == ["M207"]
    assert world.decide(Answer(item.id, "master")).closed == (item.id,)


def test_rights_can_be_granted_and_refused():
    world = World.of({"tasks": {"RW-001": {"name": "a", "dept": "研发部", "standard": "旧"}}})
    issued = world.issue("P1", "研发部")
    for choice, after in (("master", "旧"), ("submission", "新")):
        fork = world.copy()
        fork.consolidate(filled(issued, {"RW-001": {"standard": "新"}}))
        fork.decide(Answer(next(iter(fork.state.items)), choice))
        assert fork.value("tasks", "RW-001", "standard") == after
        fork.consolidate(filled(issued, {"RW-001": {"standard": "新"}}, hours=2, sha="again"))
        assert fork.result.counts[0].edits == 0


def test_a_changed_key_is_followed_by_the_pack():
    world = World.of({"tasks": {"RW-001": {"name": "a", "dept": "研发部"}, "RW-002": {"name": "b", "dept": "研发部"}}})
    issued = world.issue("P1", "研发部")
    world.consolidate(filled(issued, {"RW-001": {"task_id": "RW-002x"}}))
    world.decide(Answer(next(iter(world.state.items)), "submission"))
    assert world.keys("tasks") == ["RW-002x", "RW-002"]
    world.consolidate(filled(issued, {"RW-001": {"task_id": "RW-002x", "risk": "x"}}, hours=2))
    assert world.value("tasks", "RW-002x", "risk") == "x"
    assert (world.result.counts[0].edits, world.result.counts[0].applied) == (1, 1)


def test_a_changed_key_must_be_free():
    world = World.of({"tasks": {"RW-001": {"name": "a", "dept": "研发部"}, "RW-003": {"name": "b", "dept": "市场部"}}})
    issued = world.issue("P1", "研发部")
    world.consolidate(filled(issued, {"RW-001": {"task_id": "RW-003"}}))
    assert [f.code for f in world.decide(Answer(next(iter(world.state.items)), "submission")).findings] == ["M205"]
    assert world.keys("tasks") == ["RW-001", "RW-003"]


def test_a_new_row_under_a_key_given_by_hand():
    world = World.of({"tasks": {"RW-001": {"name": "a", "dept": "研发部"}}})
    issued = world.issue("P1", "研发部")
    world.consolidate(filled(issued, {"P1#1": {"name": "新"}}))
    (item,) = world.state.items.values()
    assert [f.code for f in world.decide(Answer(item.id, "manual", "RW-001")).findings] == ["M205"]
    assert [r.row_key for r in world.decide(Answer(item.id, "manual", "RW-100")).new_rows] == ["RW-100"]
    assert world.state.keys == {("tasks", "P1#1"): "RW-100"}


def test_several_new_rows_get_different_keys():
    world = World.of({"tasks": {"RW-001": {"name": "a", "dept": "研发部"}}})
    issued = world.issue("P1", "研发部")
    world.consolidate(filled(issued, {"P1#1": {"name": "甲"}, "P1#2": {"name": "乙"}, "P1#3": {"name": "丙"}}))
    world.decide(*(Answer(i, "submission") for i in world.state.items))
    assert world.keys("tasks") == ["RW-001", "RW-002", "RW-003", "RW-004"]


def test_the_words_of_the_drop_down():
    assert choice_words("zh") == ["保留主表", "采用报送", "手填", "暂缓"]
    _, item = two_candidates()
    assert words_for(item, "zh")[4:] == ["采用 研发部", "采用 市场部"]
    for lang in ("zh", "en"):
        assert [read_choice(w) for w in words_for(item, lang)] == [
            ("master", ""), ("submission", ""), ("manual", ""), ("later", ""), ("submission", "研发部"), ("submission", "市场部"),
        ]  # fmt: skip
    assert read_choice("采用：研发部") == read_choice("采用研发部") == ("submission", "研发部")
    assert read_choice(" keep MASTER ") == ("master", "")
    assert read_choice(None) == read_choice(" ") == ("", "")
    assert read_choice("采用") == ("submission", "")
    assert read_choice("不采用") == read_choice("不采用：数据不对") == read_choice("do not use: wrong figures") == ("master", "")
    assert read_choice("暂缓:等评审会") == ("later", "")
    assert [reason_in(w) for w in ("不采用：数据不对", "Later: after the review", "采用：研发部", "暂缓", None)] == [
        "数据不对", "after the review", "", "", "",
    ]  # fmt: skip
    assert read_choice("看情况") is None
    assert read_choice("Used before") is None


def test_a_single_department_has_the_plain_words():
    _, item = conflict()
    assert words_for(item, "en") == choice_words("en")
    assert item.kind is Kind.CONFLICT


@pytest.mark.parametrize("hours", [1, 3])
def test_two_packs_of_one_department_of_which_none_is_newer(hours: int):
    """Two late packs handed in together: neither is known to be newer, so naming the department says nothing."""
    world, item = conflict()
    two = replace(world.state.packs["P1"], id="P2")
    world.state = replace(world.state, packs={**world.state.packs, "P2": two})
    world.consolidate(replace(filled(two, {KEY: {"outcome": "乙"}}, hours=hours), file="W41.xlsx"))
    item = next(iter(world.state.items.values()))
    if hours > 1:
        world.decide(Answer(item.id, "submission", department="研发部"))
        assert outcome(world) == "乙"
        return
    assert {c.value for c in item.candidates} == {"甲", "乙"}
    for department in ("", "研发部"):
        resolved = world.decide(Answer(item.id, "submission", department=department))
        (said,) = resolved.findings
        assert (said.code, set(str(said.expected).split(" / "))) == ("M202", {"研发部 研发部.xlsx", "研发部 W41.xlsx"})
        assert outcome(world) == "新"
    world.decide(Answer(item.id, "manual", "乙"))
    assert outcome(world) == "乙"
