"""Several copies of one pack: two colleagues in one blank row, and a copy that was filled in without knowing the other."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from merge_world import World, filled, rows_of

from collab_xl.model.merge import Answer, Kind, Pack, Submission
from collab_xl.model.values import CLEAR

TASK = {"name": "接口", "dept": "研发部", "progress": 0.2, "status": "in_progress"}
KEYS = [f"RW-{n:03}" for n in range(1, 13)]
URGENT = {"description": "支付中断", "level": "urgent", "status": "open", "tried": "已回滚"}
OTHER = {"description": "打印机坏了", "level": "urgent", "status": "open"}


@pytest.fixture
def world() -> World:
    return World.of({"tasks": {key: TASK for key in KEYS}, "problems": {}})


@pytest.fixture
def issued(world: World) -> Pack:
    return world.issue("P1", "研发部")


def in_every_order(world: World, files: Sequence[Submission]) -> list[World]:
    """Each order in runs of their own, and all in one run."""
    ends = []
    for order in itertools.permutations(files):
        ends.append(world.copy())
        for file in order:
            ends[-1].consolidate(file)
    ends.append(world.copy())
    ends[-1].consolidate(*files)
    return ends


def problems(world: World) -> list[dict[str, object]]:
    return sorted(rows_of(world.master)["problems"].values(), key=lambda row: str(row.get("description")))


def test_two_colleagues_in_the_first_blank_row_are_two_rows(world: World, issued: Pack) -> None:
    one, two = filled(issued, {"P1#4": URGENT}, sha="one"), filled(issued, {"P1#4": OTHER}, hours=2, sha="two")
    for end in in_every_order(world, [one, two]):
        assert problems(end) == [{**OTHER, "dept": "研发部"}, {**URGENT, "dept": "研发部"}]
        assert not end.state.items


def test_each_of_the_two_rows_has_the_source_of_its_own_file(world: World, issued: Pack) -> None:
    one, two = filled(issued, {"P1#4": URGENT}, sha="one"), filled(issued, {"P1#4": OTHER}, hours=2, sha="two")
    result = world.consolidate(one, two)
    assert {row.values["description"]: row.source.sha256 for row in result.new_rows if row.source} == {
        "支付中断": "one",
        "打印机坏了": "two",
    }


def test_two_colleagues_proposals_of_tasks_are_two_questions(world: World, issued: Pack) -> None:
    one, two = filled(issued, {"P1#1": {"name": "压测"}}, sha="one"), filled(issued, {"P1#1": {"name": "培训"}}, hours=2, sha="two")
    for end in in_every_order(world, [one, two]):
        waiting = [[c.row["name"] for c in item.candidates] for item in end.state.items.values() if item.kind is Kind.NEW_TASK]
        assert sorted(waiting) == [["压测"], ["培训"]] or sorted(waiting) == [["培训"], ["压测"]]


def test_a_file_built_on_the_other_corrects_the_title(world: World, issued: Pack) -> None:
    one = filled(issued, {"P1#4": URGENT, "RW-001": {"progress": 0.5}}, sha="one")
    two = filled(issued, {"P1#4": {**URGENT, "description": "支付中断（华东）"}, "RW-001": {"progress": 0.5}}, hours=2, sha="two")
    for end in in_every_order(world, [one, two]):
        assert [row["description"] for row in problems(end)] == ["支付中断（华东）"]


def test_the_same_title_in_another_blank_row_is_the_same_row(world: World, issued: Pack) -> None:
    one = filled(issued, {"P1#4": URGENT}, sha="one")
    two = filled(issued, {"P1#5": {"description": "支付中断", "support": "加人"}}, hours=2, sha="two")
    for end in in_every_order(world, [one, two]):
        assert problems(end) == [{**URGENT, "dept": "研发部", "support": "加人"}]


def test_a_row_in_a_shared_place_keeps_its_key_when_sent_again(world: World, issued: Pack) -> None:
    world.consolidate(filled(issued, {"P1#4": URGENT}, sha="one"))
    world.consolidate(filled(issued, {"P1#4": OTHER}, hours=2, sha="two"))
    (key,) = [k for k, row in rows_of(world.master)["problems"].items() if row["description"] == "打印机坏了"]
    again = {"P1#4": {**OTHER, "problem_id": key, "tried": "已报修"}}
    world.consolidate(filled(issued, again, hours=3, sha="three"))
    assert world.value("problems", key, "tried") == "已报修"
    assert len(problems(world)) == 2
    assert not world.state.items


def test_a_colleagues_copy_that_knows_nothing_of_the_first_asks_nothing(world: World, issued: Pack) -> None:
    first = filled(issued, {key: {"progress": 0.6, "measure": "加班"} for key in KEYS[:10]}, sha="one")
    second = filled(issued, {key: {"progress": 0.9} for key in KEYS[10:]}, hours=2, sha="two")
    for end in in_every_order(world, [first, second]):
        assert not end.state.items
        assert [end.value("tasks", key, "progress") for key in KEYS] == [0.6] * 10 + [0.9] * 2
        assert end.value("tasks", "RW-001", "measure") == "加班"
    world.consolidate(first)
    world.consolidate(second)
    assert [(f.code, f.facts["cells"]) for f in world.result.findings] == [("M110", 20)]
    assert world.result.counts[0].edits == 2


def test_a_copy_built_on_the_first_that_goes_back_is_a_question(world: World, issued: Pack) -> None:
    first = {key: {"progress": 0.6} for key in KEYS[:4]}
    world.consolidate(filled(issued, first, sha="one"))
    world.consolidate(filled(issued, {key: first[key] for key in KEYS[1:4]}, hours=2, sha="two"))
    assert [(i.kind, i.row_key) for i in world.state.items.values()] == [(Kind.REVERTED, "RW-001")]


def test_without_the_earlier_file_at_hand_going_back_is_a_question(world: World, issued: Pack) -> None:
    world.consolidate(filled(issued, {key: {"progress": 0.6} for key in KEYS[:4]}, sha="one"))
    world.merged = ()  # its original is lost
    world.consolidate(filled(issued, {"RW-009": {"progress": 0.9}}, hours=2, sha="two"))
    assert [i.kind for i in world.state.items.values()] == [Kind.REVERTED] * 4


def three_copies(issued: Pack) -> list[Submission]:
    """The liaison's first file, a colleague's own copy, and the liaison's second file, made from the first one only."""
    first = {"RW-001": {"progress": 0.5}, "RW-002": {"progress": 0.5}, "RW-003": {"measure": "加班"}}
    colleague = {"RW-001": {"progress": 0.9}, **{key: {"progress": 0.7} for key in KEYS[4:8]}}
    second = {**first, "RW-004": {"progress": 0.6}}
    wrote = (("one", first), ("two", colleague), ("three", second))
    return [filled(issued, cells, hours=n, sha=sha) for n, (sha, cells) in enumerate(wrote, 1)]


def test_a_value_carried_on_from_an_earlier_file_replaces_nothing(world: World, issued: Pack) -> None:
    for end in in_every_order(world, three_copies(issued)):
        assert [end.value("tasks", key, "progress") for key in (*KEYS[:2], KEYS[3])] == [0.9, 0.5, 0.6]


def test_two_files_not_built_on_each_other_that_differ_both_stand_on_the_list(world: World, issued: Pack) -> None:
    for end in in_every_order(world, three_copies(issued)):
        assert [(i.kind, i.row_key, i.baseline, i.master) for i in end.state.items.values()] == [(Kind.COPIES, "RW-001", 0.2, 0.9)]
        (candidate,) = next(iter(end.state.items.values())).candidates
        assert candidate.value == 0.5
        assert candidate.source.sha256 == "one"


@pytest.mark.parametrize(("choice", "kept"), [("master", 0.9), ("submission", 0.5), ("manual", 0.55)])
def test_what_was_decided_between_two_copies_stays_and_the_pack_goes_on_from_there(
    world: World, issued: Pack, choice: str, kept: float
) -> None:
    one, two, three = three_copies(issued)
    world.consolidate(one, two)
    (item,) = world.state.items.values()
    world.decide(Answer(item.id, choice, 0.55 if choice == "manual" else None))
    world.consolidate(three)  # repeats 0.5
    assert world.value("tasks", "RW-001", "progress") == kept
    assert not world.state.items
    fourth = {"RW-001": {"progress": 0.95}, "RW-002": {"progress": 0.5}, "RW-003": {"measure": "加班"}, "RW-004": {"progress": 0.6}}
    world.consolidate(filled(issued, fourth, hours=9, sha="four"))
    assert world.value("tasks", "RW-001", "progress") == 0.95
    assert not world.state.items


def test_a_file_that_knew_both_closes_the_question(world: World, issued: Pack) -> None:
    one, two, _ = three_copies(issued)
    joined = {
        "RW-001": {"progress": 0.8},
        "RW-002": {"progress": 0.5},
        "RW-003": {"measure": "加班"},
        **{key: {"progress": 0.7} for key in KEYS[4:8]},
    }
    for end in in_every_order(world, [one, two, filled(issued, joined, hours=4, sha="both")]):
        assert end.value("tasks", "RW-001", "progress") == 0.8
        assert not end.state.items


def test_two_rows_without_a_title_are_two_rows_unless_one_file_is_built_on_the_other(world: World, issued: Pack) -> None:
    one = filled(issued, {"P1#4": {"tried": "已回滚"}}, sha="one")
    other = filled(issued, {"P1#4": {"tried": "已报修"}}, hours=2, sha="other")
    later = filled(issued, {"P1#4": {"tried": "已报修", "support": "加人"}}, hours=3, sha="later")
    for end in in_every_order(world, [one, other, later]):
        told = sorted((row["tried"], row.get("support")) for row in problems(end))
        assert told == [("已回滚", None), ("已报修", "加人")]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["as sent", "the newer first"])
def test_clearing_what_is_blank_answers_what_an_older_copy_asked(order: tuple[int, int]):
    """清空 changes nothing there, but it is the department's newest word: an older value is asked in neither order."""
    world = World.of({"tasks": {"RW-001": {"name": "任务", "dept": "研发部"}}})
    pack = world.issue("P1", "研发部")
    files = filled(pack, {"RW-001": {"standard": "a"}}, hours=3, sha="a"), filled(pack, {"RW-001": {"standard": CLEAR}}, hours=9, sha="b")
    for n in order:
        world.consolidate(files[n])
    assert not world.state.items
    assert world.value("tasks", "RW-001", "standard") is None


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_row_that_a_late_file_shows_to_be_corrected_is_told(order) -> None:
    """The third file is the first one corrected, the second a colleague's. If the first comes last, both names are in already."""
    start = World.of({"tasks": {"RW-001": {"name": "任务", "dept": "研发部"}}, "problems": {}, "requirements": {}})
    issued = start.issue("P1", "研发部")
    blank = next(row for row in issued.forms["problems"] if not issued.forms["problems"][row])
    said = {"RW-001": {"risk": "人手不足"}}
    wrote = {**said, blank: {"description": "接口缺失"}}, {blank: {"description": "接口缺失"}}, {**said, blank: {"description": "接口未定"}}
    files = [filled(issued, cells, hours=n, sha=f"f{n}") for n, cells in enumerate(wrote, 1)]
    for n in order:
        start.consolidate(files[n])
    names = [row for row in start.keys("problems") if row]
    told = [f for f in start.result.findings if f.code == "M115"]
    if order in {(1, 2, 0), (2, 1, 0)}:
        assert (len(names), [{f.found, f.expected} for f in told]) == (2, [set(names)])
    else:
        assert (len(names), told) == (1, [])
        assert start.value("problems", names[0], "description") == "接口未定"
