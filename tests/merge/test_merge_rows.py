"""The row matrix. B baseline (the pack), M master, S submission: + there, - not there, e edited, n a row only the submission has.

| case | B | M | S | outcome                                                            |
|------|---|---|---|--------------------------------------------------------------------|
| R01  | + | + | + | nothing                                                            |
| R02  | + | + | - | 未返回: listed, never deleted                                       |
| R03  | + | - | + | nothing, the row stays deleted                                     |
| R04  | + | - | e | conflict delete/edit, every edit of the row counts                 |
| R04b | + | o | e | the row has another ID now: 疑似改号, the edits offered there       |
| R05  | + | - | - | nothing                                                            |
| R06  | - | + | - | nothing (a row the PMO added)                                      |
| R07  | - | - | n | problem: new row with the next key                                 |
| R08  | - | - | n | task: a proposal, keyed when confirmed                             |
| R09  | - | - | n | requirement: a rights item                                         |
| R10  | - | - | n | own key, free: used                                                |
| R11  | - | + | n | own key, in use: conflict add/add                                  |
| R12  | - | - | n | the same new key from two sides: conflict add/add, none added      |
| R13  | - | n | n | the row id was given a key before: an edit of that row             |
| R14  | + | + | ++| row id or key twice in the submission: blocked                     |
| R15  | + |++ | e | key twice in the master: blocked                                   |
| R16  | + | + | all blank | not a row: listed as 未返回                                 |
| R17  | + | + | moved | the ID seen and the name say which row it is, not the hidden id |
| R18  | + | + | moved | cells moved up over a row: that row is 未返回                    |
| R19  | + | + | moved | the ID seen contradicts the row, the name does not tell: blocked |
| R20  | + | + | e | another row's ID over an unchanged name: 越权 for the ID          |
"""

from __future__ import annotations

from datetime import date

import pytest
from merge_world import AS_OF, SCHEMA, World, filled, table

from collab_xl.model.merge import Answer, Kind
from collab_xl.model.record import replace
from collab_xl.model.values import CLEAR, Unreadable

TASKS = {"RW-001": {"name": "接口", "dept": "研发部", "risk": "a"}, "RW-002": {"name": "页面", "dept": "研发部", "risk": "a"}}
PROBLEMS = {"WT-007": {"description": "慢", "dept": "研发部", "level": "normal"}}
NEW_PROBLEM = {"description": "打不开", "level": "urgent", "raised_by": "李工"}


@pytest.fixture
def world() -> World:
    return World.of({"tasks": TASKS, "problems": PROBLEMS})


def counted(world: World) -> dict[str, int]:
    (count,) = world.result.counts
    names = ("edits", "applied", "same", "conflicts", "rights", "not_cleared", "unreadable", "excluded", "rows_new", "rows_missing")
    return {name: value for name in names if (value := getattr(count, name))}


def test_r01_nothing(world: World):
    result = world.consolidate(filled(world.issue("P1", "研发部"), {}))
    assert counted(world) == {}
    assert not any((result.changes, result.new_rows, result.opened, result.findings, result.moved))


def test_r02_a_row_that_did_not_come_back_stays(world: World):
    result = world.consolidate(filled(world.issue("P1", "研发部"), {}, drop=["RW-002"]))
    assert counted(world) == {"rows_missing": 1}
    assert [(f.code, f.row_id, f.facts["name"]) for f in result.findings] == [("M101", "RW-002", "页面")]
    assert world.keys("tasks") == ["RW-001", "RW-002"]


def test_r02_a_sheet_that_did_not_come_back(world: World):
    sub = filled(world.issue("P1", "研发部"), {})
    result = world.consolidate(replace(sub, tables={"problems": sub.tables["problems"]}))
    assert [f.row_id for f in result.findings] == ["RW-001", "RW-002"]


def test_r03_deleted_and_not_edited(world: World):
    issued = world.issue("P1", "研发部")
    world.delete("tasks", "RW-002")
    world.consolidate(filled(issued, {}))
    assert counted(world) == {}
    assert world.keys("tasks") == ["RW-001"]


def test_r04_deleted_and_edited(world: World):
    issued = world.issue("P1", "研发部")
    world.delete("tasks", "RW-002")
    world.consolidate(filled(issued, {"RW-002": {"risk": "b", "measure": "c", "standard": "d"}}))
    assert counted(world) == {"edits": 3, "conflicts": 3}
    (item,) = world.state.items.values()
    assert (item.kind, item.field, item.row_key, item.row_id, item.pack) == (Kind.DELETE_EDIT, None, "RW-002", "RW-002", "P1")
    assert item.candidates[0].row == {
        "task_id": "RW-002", "name": "页面", "dept": "研发部", "risk": "b", "measure": "c", "standard": "d",
    }  # fmt: skip
    assert world.keys("tasks") == ["RW-001"]
    world.decide(Answer(item.id, "submission"))
    assert world.keys("tasks") == ["RW-001", "RW-002"]
    assert (world.value("tasks", "RW-002", "measure"), world.value("tasks", "RW-002", "updated")) == ("c", AS_OF)
    assert not world.state.items


def test_r04_decided_against_it_is_not_asked_again(world: World):
    issued = world.issue("P1", "研发部")
    world.delete("tasks", "RW-002")
    world.consolidate(filled(issued, {"RW-002": {"risk": "b"}}))
    world.decide(Answer(next(iter(world.state.items)), "master"))
    world.consolidate(filled(issued, {"RW-002": {"risk": "b"}}, hours=2, sha="again"))
    assert counted(world) == {}
    world.consolidate(filled(issued, {"RW-002": {"risk": "c"}}, hours=3))
    assert counted(world) == {"edits": 1, "conflicts": 1}
    (item,) = world.state.items.values()
    assert item.earlier is not None
    assert item.earlier.choice == "master"


def test_r04_a_blank_alone_is_no_edit_of_a_deleted_row(world: World):
    issued = world.issue("P1", "研发部")
    world.delete("tasks", "RW-002")
    world.consolidate(filled(issued, {"RW-002": {"risk": None}}))
    assert counted(world) == {"edits": 1, "not_cleared": 1}
    assert not world.state.items


def renumber(world: World) -> World:
    """RW-002 was edited and sent back, and is RW-900 in the master now, where the PMO has also changed the measure."""
    issued = world.issue("P1", "研发部")
    world.type("tasks", "RW-002", "task_id", "RW-900")
    world.type("tasks", "RW-900", "measure", "加人")
    world.consolidate(filled(issued, {"RW-002": {"risk": "b", "measure": "加班"}}))
    return world


def test_r04b_another_id_for_a_row_of_the_same_name_is_one_question(world: World):
    (item,) = renumber(world).state.items.values()
    assert counted(world) == {"edits": 2, "conflicts": 2}
    assert (item.kind, item.row_key, item.baseline, item.row_id) == (Kind.RENUMBERED, "RW-900", "RW-002", "RW-002")
    assert item.candidates[0].row == {"risk": "b", "measure": "加班"}
    assert world.value("tasks", "RW-900", "risk") == "a"


def test_r04b_accepted_it_goes_into_that_row_and_what_the_pmo_changed_is_asked(world: World):
    renumber(world).decide(Answer(next(iter(world.state.items)), "submission"))
    assert (world.value("tasks", "RW-900", "risk"), world.value("tasks", "RW-900", "measure")) == ("b", "加人")
    (item,) = world.state.items.values()
    assert (item.kind, item.row_key, item.field, item.candidates[0].value) == (Kind.CONFLICT, "RW-900", "measure", "加班")
    world.decide(Answer(item.id, "submission"))
    assert world.value("tasks", "RW-900", "measure") == "加班"
    world.consolidate(filled(world.state.packs["P1"], {"RW-002": {"risk": "c", "measure": "加班"}}, hours=2, sha="later"))
    assert world.value("tasks", "RW-900", "risk") == "c"
    assert not world.state.items


def test_r04b_the_pmo_may_name_another_row_or_refuse(world: World):
    renumber(world)
    refused, named = world.copy(), world.copy()
    (item,) = world.state.items
    assert [f.code for f in world.decide(Answer(item, "manual", "RW-555")).findings] == ["M207"]
    named.decide(Answer(item, "manual", "RW-001"))
    assert (named.value("tasks", "RW-001", "risk"), named.value("tasks", "RW-900", "risk")) == ("b", "a")
    refused.decide(Answer(item, "master"))
    assert not refused.state.items
    refused.consolidate(filled(refused.state.packs["P1"], {"RW-002": {"risk": "b", "measure": "加班"}}, hours=2, sha="again"))
    assert not refused.state.items


@pytest.mark.parametrize(
    "why", ["two rows of that name", "two issued rows of that name", "a row that was issued too", "another department's", "another name"]
)
def test_r04b_without_one_clear_row_it_counts_as_deleted(world: World, why: str):
    if why == "a row that was issued too":
        world.type("tasks", "RW-001", "name", "页面")
    if why == "two issued rows of that name":
        world.type("tasks", "RW-001", "name", "页面")
    issued = world.issue("P1", "研发部")
    if why == "two issued rows of that name":
        world.delete("tasks", "RW-001")
    if why == "a row that was issued too":
        world.delete("tasks", "RW-002")
    else:
        world.type("tasks", "RW-002", "task_id", "RW-900")
    if why == "two rows of that name":
        rows = {"RW-900": TASKS["RW-002"], "RW-901": TASKS["RW-002"]}
        world.master["tasks"] = table("tasks", [{"task_id": k, **v} for k, v in rows.items()])
    if why == "another department's":
        world.type("tasks", "RW-900", "dept", "市场部")
    if why == "another name":
        world.type("tasks", "RW-900", "name", "登录页")
    world.consolidate(filled(issued, {"RW-002": {"risk": "b"}}))
    assert [item.kind for item in world.state.items.values()] == [Kind.DELETE_EDIT]


def test_r04b_the_ledger_knows_the_new_id(world: World):
    issued = world.issue("P1", "研发部")
    world.type("tasks", "RW-002", "task_id", "RW-900")
    world.state = replace(world.state, keys={("tasks", "RW-002"): "RW-900"})
    world.consolidate(filled(issued, {"RW-002": {"risk": "b"}}))
    assert world.value("tasks", "RW-900", "risk") == "b"


def test_r05_gone_on_both_sides(world: World):
    issued = world.issue("P1", "研发部")
    world.delete("tasks", "RW-002")
    world.consolidate(filled(issued, {}, drop=["RW-002"]))
    assert counted(world) == {}


def test_r06_a_row_the_pmo_added(world: World):
    issued = world.issue("P1", "研发部", keys=["RW-001"])
    world.consolidate(filled(issued, {}))
    assert counted(world) == {}
    assert world.keys("tasks") == ["RW-001", "RW-002"]


def test_r07_a_new_problem_gets_the_next_key(world: World):
    issued = world.issue("P1", "研发部")
    world.consolidate(filled(issued, {"P1#4": NEW_PROBLEM, "P1#6": {"description": "又一个", "dept": "市场部"}}))
    assert counted(world) == {"edits": 5, "applied": 5, "rows_new": 2}
    first, second = world.result.new_rows
    assert (first.row_key, first.row_id) == ("WT-008", "P1#4")
    assert first.values == {**NEW_PROBLEM, "problem_id": "WT-008", "dept": "研发部"}
    assert (second.row_key, second.values["dept"]) == ("WT-009", "市场部")
    assert world.state.keys == {("problems", "P1#4"): "WT-008", ("problems", "P1#6"): "WT-009"}


def test_r07_what_cannot_be_read_is_left_out_of_the_row(world: World):
    issued = world.issue("P1", "研发部")
    world.consolidate(
        filled(issued, {"P1#4": {**NEW_PROBLEM, "due": Unreadable("快了")}, "P1#5": {"due": Unreadable("?"), "closed_at": CLEAR}})
    )
    assert counted(world) == {"edits": 5, "applied": 3, "unreadable": 2, "rows_new": 1}
    assert "due" not in world.result.new_rows[0].values


def test_r07_a_deleted_rows_key_is_not_given_again(world: World):
    issued = world.issue("P1", "研发部")
    world.delete("problems", "WT-007")
    world.consolidate(filled(issued, {"P1#4": NEW_PROBLEM}))
    assert world.keys("problems") == ["WT-008"]


def test_r07_a_row_typed_below_the_packs_rows(world: World):
    issued = world.issue("P1", "研发部")
    sub = filled(issued, {})
    below = table("problems", [{"description": "没有行号"}, {"description": "没有行号"}], [None, None])
    world.consolidate(replace(sub, tables={**sub.tables, "problems": below}))
    assert [r.values["description"] for r in world.result.new_rows] == ["没有行号", "没有行号"]
    again = table("problems", [{"description": "没有行号", "tried": "重启"}], [None])
    world.consolidate(replace(sub, sha256="again", tables={**sub.tables, "problems": again}))
    assert [(c.row_key, c.new) for c in world.result.changes] == [("WT-008", "重启")]
    assert not world.result.new_rows


def test_a_pack_whose_row_ids_were_deleted_is_matched_by_key(world: World):
    issued = world.issue("P1", "研发部")
    sub = filled(issued, {"RW-001": {"risk": "b"}})
    bare = replace(sub.tables["tasks"], row_ids=[])
    world.consolidate(replace(sub, tables={**sub.tables, "tasks": bare}))
    assert counted(world) == {"edits": 1, "applied": 1}


def test_r08_a_new_task_waits_for_the_pmo(world: World):
    issued = world.issue("P1", "研发部")
    world.consolidate(filled(issued, {"P1#1": {"name": "测试", "owner": "王工"}}))
    assert counted(world) == {"edits": 2, "excluded": 2, "rows_new": 1}
    assert not world.result.new_rows
    (item,) = world.state.items.values()
    assert (item.kind, item.row_key, item.row_id, item.candidates[0].row) == (Kind.NEW_TASK, "", "P1#1", {"name": "测试", "owner": "王工"})
    world.consolidate(filled(issued, {"P1#1": {"name": "测试", "owner": "赵工"}}, hours=2))
    (item,) = world.state.items.values()
    assert [c.row["owner"] for c in item.candidates] == ["赵工"]
    world.decide(Answer(item.id, "submission"))
    assert world.keys("tasks") == ["RW-001", "RW-002", "RW-003"]
    assert world.value("tasks", "RW-003", "dept") == "研发部"
    world.consolidate(filled(issued, {"P1#1": {"name": "测试", "owner": "赵工", "risk": "x"}}, hours=3))
    assert counted(world) == {"edits": 1, "applied": 1}
    assert world.value("tasks", "RW-003", "risk") == "x"


def test_r08_a_refused_task_is_not_asked_again_until_it_says_something_else(world: World):
    issued = world.issue("P1", "研发部")
    world.consolidate(filled(issued, {"P1#1": {"name": "测试"}}))
    world.decide(Answer(next(iter(world.state.items)), "master"))
    assert world.keys("tasks") == ["RW-001", "RW-002"]
    world.consolidate(filled(issued, {"P1#1": {"name": "测试"}}, hours=2, sha="again"))
    assert counted(world) == {}
    assert not world.state.items
    world.consolidate(filled(issued, {"P1#1": {"name": "测试", "owner": "王工"}}, hours=3))
    (item,) = world.state.items.values()
    assert item.candidates[0].row == {"name": "测试", "owner": "王工"}
    assert item.earlier is not None


def test_r08_a_proposal_the_pmo_typed_in_by_hand_closes_and_the_row_is_known(world: World):
    issued = world.issue("P1", "研发部")
    world.consolidate(filled(issued, {"P1#1": {"name": "测试", "owner": "王工"}}))
    world.master["tasks"] = table(
        "tasks", [{"task_id": k, **v} for k, v in {**TASKS, "RW-050": {"name": "测试", "owner": "王工", "dept": "研发部"}}.items()]
    )
    world.consolidate()
    assert not world.state.items
    world.consolidate(filled(issued, {"P1#1": {"name": "测试", "owner": "赵工"}}, hours=2))
    assert counted(world) == {"edits": 1, "applied": 1}
    assert world.value("tasks", "RW-050", "owner") == "赵工"


def test_r08_a_proposal_shows_the_text_that_could_not_be_read_and_does_not_write_it(world: World):
    issued = world.issue("P1", "研发部")
    world.consolidate(filled(issued, {"P1#1": {"name": "压测", "end": Unreadable("月底吧"), "owner": "李工"}}))
    (item,) = world.state.items.values()
    assert item.candidates[0].row == {"name": "压测", "end": Unreadable("月底吧"), "owner": "李工"}
    assert counted(world) == {"edits": 3, "unreadable": 1, "excluded": 2, "rows_new": 1}
    world.consolidate(filled(issued, {"P1#1": {"name": "压测", "end": date(2026, 11, 30), "owner": "李工"}}, hours=2, sha="two"))
    (item,) = world.state.items.values()
    assert item.candidates[0].row["end"] == date(2026, 11, 30)


PROPOSING = [
    (form.id, f.id, f.kind)
    for form in SCHEMA.forms
    if form.add_rows == "proposal"
    for f in form.fields
    if f.access != "C" and f.kind not in ("key", "text", "longtext", "department", "departments") and f.id != form.id_of("title")
]


@pytest.mark.parametrize(("form_id", "field", "kind"), PROPOSING, ids=lambda v: v)
def test_r08_a_text_that_is_no_value_of_its_kind_is_kept_in_the_proposal(form_id: str, field: str, kind: str):
    """Dates, numbers, percents, choices, people and references alike; adopted, the row has a blank there."""
    title = SCHEMA.form(form_id).id_of("title")
    world = World.of({})
    pack = world.issue("P1", "研发部")
    place = next(r for r, row in pack.forms[form_id].items() if not row)
    world.consolidate(filled(pack, {place: {title: "新的一行", field: Unreadable("说不清")}}))
    (item,) = world.state.items.values()
    assert (item.kind, item.candidates[0].row[field]) == (Kind.NEW_TASK, Unreadable("说不清"))
    world.decide(Answer(item.id, "submission"))
    (key,) = world.keys(form_id)
    assert (world.value(form_id, key, title), world.value(form_id, key, field)) == ("新的一行", None)


def test_the_kinds_of_proposals_were_seen():
    assert {"date", "percent", "choice", "person"} <= {kind for _, _, kind in PROPOSING}


def test_r08_an_accepted_proposal_leaves_the_unread_cell_blank(world: World):
    world.consolidate(filled(world.issue("P1", "研发部"), {"P1#1": {"name": "压测", "end": Unreadable("月底吧")}}))
    world.decide(Answer(next(iter(world.state.items)), "submission"))
    (key,) = [k for k in world.keys("tasks") if k not in TASKS]
    assert (world.value("tasks", key, "name"), world.value("tasks", key, "end")) == ("压测", None)


def test_r09_a_department_adds_no_requirements(world: World):
    issued = world.issue("P1", "研发部")
    sub = filled(issued, {})
    extra = table("requirements", [{"name": "新需求", "goal": "x"}], [None])
    world.consolidate(replace(sub, tables={**sub.tables, "requirements": extra}))
    assert counted(world) == {"edits": 2, "rights": 2, "rows_new": 1}
    (item,) = world.state.items.values()
    assert (item.kind, item.field, item.candidates[0].no_right) == (Kind.RIGHTS, None, True)
    world.decide(Answer(item.id, "submission"))
    assert world.keys("requirements") == ["XZ-2026-001"]
    assert world.value("requirements", "XZ-2026-001", "to_depts") == ("研发部",)


def test_r10_a_key_of_its_own_is_used_when_free(world: World):
    issued = world.issue("P1", "研发部")
    world.consolidate(filled(issued, {"P1#4": {**NEW_PROBLEM, "problem_id": "BUG-1"}}))
    assert counted(world) == {"edits": 4, "applied": 4, "rows_new": 1}
    assert world.keys("problems") == ["WT-007", "BUG-1"]
    world.consolidate(filled(issued, {"P1#4": {**NEW_PROBLEM, "problem_id": "BUG-1", "tried": "x"}}, hours=2))
    assert counted(world) == {"edits": 1, "applied": 1}


def test_r11_a_key_in_use(world: World):
    issued = world.issue("P1", "研发部", keys=[])
    world.consolidate(filled(issued, {"P1#4": {**NEW_PROBLEM, "problem_id": "WT-007"}}))
    assert counted(world) == {"edits": 4, "conflicts": 4, "rows_new": 1}
    (item,) = world.state.items.values()
    assert (item.kind, item.row_key) == (Kind.ADD_ADD, "WT-007")
    assert world.value("problems", "WT-007", "description") == "慢"
    world.decide(Answer(item.id, "submission"))
    assert world.keys("problems") == ["WT-007", "WT-008"]
    assert world.value("problems", "WT-008", "description") == "打不开"


def test_r12_the_same_new_key_from_two_sides(world: World):
    one, two = world.issue("P1", "研发部"), world.issue("P2", "市场部")
    ours, theirs = {**NEW_PROBLEM, "problem_id": "WT-020"}, {"description": "别的", "problem_id": "WT-020"}
    result = world.consolidate(filled(two, {"P2#4": theirs}, hours=2), filled(one, {"P1#4": ours}))
    assert [(c.department, c.conflicts) for c in result.counts] == [("研发部", 4), ("市场部", 2)]
    (item,) = world.state.items.values()
    assert [c.source.department for c in item.candidates] == ["研发部", "市场部"]
    assert world.keys("problems") == ["WT-007"]
    world.decide(Answer(item.id, "submission"))
    assert world.keys("problems") == ["WT-007", "WT-020", "WT-021"]
    assert world.value("problems", "WT-021", "description") == "别的"
    assert world.state.keys == {("problems", "P1#4=WT-020"): "WT-020", ("problems", "P2#4=WT-020"): "WT-021"}


def test_r12_one_of_the_two_sent_again_does_not_slip_past_the_question(world: World):
    one, two = world.issue("P1", "研发部"), world.issue("P2", "市场部")
    mine = {"P1#4": {**NEW_PROBLEM, "problem_id": "WT-020"}}
    world.consolidate(filled(one, mine), filled(two, {"P2#4": {"description": "别的", "problem_id": "WT-020"}}))
    world.consolidate(filled(one, mine, hours=3, sha="again"))
    assert counted(world) == {"edits": 4, "conflicts": 4, "rows_new": 1}
    assert world.keys("problems") == ["WT-007"]


MINE = {**NEW_PROBLEM, "problem_id": "WT-020"}


def two_weeks(later: dict[str, object], *order: tuple[int, ...]) -> World:
    """One department's packs of two weeks, each with a new row under one typed ID, in runs of these files (0, 1)."""
    world = World.of({"problems": {"WT-007": {"description": "慢", "dept": "研发部", "level": "normal"}}})
    packs = world.issue("P1", "研发部"), world.issue("P2", "研发部", hours=168)
    files = filled(packs[0], {"P1#4": MINE}, hours=100), filled(packs[1], {"P2#5": later}, hours=200)
    for run in order:
        world.consolidate(*(files[n] for n in run))
    return world


IN_ONE_OR_TWO_RUNS = (((0, 1),), ((0,), (1,)), ((1,), (0,)))


@pytest.mark.parametrize("order", IN_ONE_OR_TWO_RUNS, ids=["one run", "as sent", "the newer first"])
def test_r14_one_new_row_in_packs_of_two_weeks_is_one_row(order: tuple[tuple[int, ...], ...]):
    """The ID and the title are the same: what the newer pack says counts, in any order."""
    world = two_weeks({**MINE, "level": "cross", "tried": "重启"}, *order)
    assert not world.state.items
    assert world.keys("problems") == ["WT-007", "WT-020"]
    row = {f: world.value("problems", "WT-020", f) for f in ("description", "level", "tried", "raised_by", "dept")}
    assert row == {**row, "description": NEW_PROBLEM["description"], "level": "cross", "tried": "重启", "dept": "研发部"}
    assert world.state.keys == {("problems", "P1#4=WT-020"): "WT-020", ("problems", "P2#5=WT-020"): "WT-020"}


@pytest.mark.parametrize("order", IN_ONE_OR_TWO_RUNS, ids=["one run", "as sent", "the newer first"])
def test_r15_one_id_and_two_titles_in_packs_of_two_weeks(order: tuple[tuple[int, ...], ...]):
    """Two things perhaps. The one sent first has the ID, in one run or in two; if the newer one is in already, the older one is asked. The
    PMO's 采用 gives the same two rows."""
    world = two_weeks({"description": "别的", "problem_id": "WT-020"}, *order)
    stands = "别的" if order[0] == (1,) else NEW_PROBLEM["description"]
    assert world.value("problems", "WT-020", "description") == stands
    (item,) = world.state.items.values()
    assert (item.kind, item.row_key, len(item.candidates)) == (Kind.ADD_ADD, "WT-020", 1)
    assert {stands, item.candidates[0].row["description"]} == {"别的", NEW_PROBLEM["description"]}
    world.decide(Answer(item.id, "submission"))
    assert {world.value("problems", key, "description") for key in ("WT-020", "WT-021")} == {"别的", NEW_PROBLEM["description"]}


def test_r13_a_row_id_that_has_a_key_is_an_edit_of_that_row(world: World):
    issued = world.issue("P1", "研发部")
    world.consolidate(filled(issued, {"P1#4": NEW_PROBLEM}))
    world.consolidate(filled(issued, {"P1#4": {**NEW_PROBLEM, "level": "cross"}}, hours=2))
    assert counted(world) == {"edits": 1, "applied": 1}
    assert world.keys("problems") == ["WT-007", "WT-008"]
    world.consolidate(filled(issued, {"P1#4": {**NEW_PROBLEM, "level": "cross", "problem_id": "WT-008"}}, hours=3))
    assert counted(world) == {"edits": 1, "same": 1}
    world.consolidate(filled(issued, {}, hours=4))  # a colleague's copy, its blank row still blank
    assert counted(world) == {}


def test_r07_the_department_named_in_an_older_copy_counts_also_when_it_comes_later(world: World):
    issued = world.issue("P1", "研发部")
    world.consolidate(filled(issued, {"P1#4": {"description": "打不开"}}, hours=2))
    assert world.value("problems", "WT-008", "dept") == "研发部"
    world.consolidate(filled(issued, {"P1#4": {"description": "打不开", "dept": "市场部"}}, hours=1))
    assert world.value("problems", "WT-008", "dept") == "市场部"


TRIED = {"tried": "重启", "support": "加人"}
"""What a second copy has from the first one, so that it is built on it."""


def test_r13_a_corrected_title_in_the_same_blank_row_is_pointed_out(world: World):
    issued = world.issue("P1", "研发部")
    world.consolidate(filled(issued, {"P1#4": {**NEW_PROBLEM, **TRIED}}))
    world.consolidate(filled(issued, {"P1#4": {"description": "完全另一件事", **TRIED}}, hours=2))
    assert "M105" in [f.code for f in world.result.findings]


@pytest.mark.parametrize("ids", [["RW-001", "RW-001"], ["RW-001", "P1#1"]])
def test_r14_twice_in_the_submission(world: World, ids: list[str]):
    issued = world.issue("P1", "研发部")
    sub = filled(issued, {})
    twice = table(
        "tasks", [{"task_id": "RW-001", **TASKS["RW-001"], "risk": "b"}, {"task_id": "RW-001", **TASKS["RW-001"], "risk": "c"}], ids
    )
    world.consolidate(replace(sub, tables={**sub.tables, "tasks": twice}))
    (count,) = world.result.counts
    assert count.edits == count.excluded > 0
    assert [f.code for f in world.result.findings] == ["R901", "R901", "M101"]
    assert world.value("tasks", "RW-001", "risk") == "a"


def test_r14_a_pack_row_copied_with_its_hidden_id(world: World):
    """The copy's key was overtyped or blanked; the hidden row id was copied too."""
    issued = world.issue("P1", "研发部")
    sub = filled(issued, {})
    copied = table(
        "tasks", [{"task_id": "RW-001", **TASKS["RW-001"], "risk": "b"}, {"name": "另一件", "dept": "研发部"}], ["RW-001", "RW-001"]
    )
    world.consolidate(replace(sub, tables={**sub.tables, "tasks": copied}))
    assert {o.outcome for o in world.result.outcomes} == {"excluded"}
    assert [(f.code, f.row_id) for f in world.result.findings if f.code == "R901"] == [("R901", "RW-001")] * 2
    world.consolidate(filled(issued, {"RW-001": {"risk": "b"}}, hours=2))  # repaired and sent again
    assert counted(world) == {"edits": 1, "applied": 1}


def test_r15_twice_in_the_master(world: World):
    issued = world.issue("P1", "研发部")
    world.master["tasks"] = table(
        "tasks", [{"task_id": "RW-001", **TASKS["RW-001"]}, {"task_id": "RW-001"}, {"task_id": "RW-002", **TASKS["RW-002"]}]
    )
    result = world.preview(filled(issued, {"RW-001": {"risk": "b"}, "RW-002": {"risk": "b"}}))
    assert {(o.row_key, o.outcome) for o in result.outcomes} == {("RW-001", "excluded"), ("RW-002", "applied")}
    assert [(f.code, f.row_id) for f in result.findings] == [("R902", "RW-001")]


def test_r16_a_row_made_wholly_blank_is_one_that_did_not_come_back(world: World):
    issued = world.issue("P1", "研发部")
    sub = filled(issued, {})
    blank = table("tasks", [{}, {"task_id": "RW-002", **TASKS["RW-002"]}], ["RW-001", "RW-002"])
    world.consolidate(replace(sub, tables={**sub.tables, "tasks": blank}))
    assert counted(world) == {"rows_missing": 1}


def moved_cells(world: World, rows: list[dict[str, object]]) -> None:
    """The visible cells were rearranged; the hidden row ids RW-001, RW-002 … are unchanged."""
    sub = filled(world.issue("P1", "研发部"), {})
    ids = list(sub.tables["tasks"].row_ids)[: len(rows)]
    world.consolidate(replace(sub, tables={**sub.tables, "tasks": table("tasks", rows, ids)}))


def as_sent(key: str, **cells: object) -> dict[str, object]:
    return {"task_id": key, **TASKS[key], **cells}


def test_r17_moved_cells_are_the_rows_their_id_and_name_say(world: World):
    moved_cells(world, [as_sent("RW-002", progress=0.9), as_sent("RW-001", risk="新")])
    assert [world.value("tasks", key, "progress") for key in TASKS] == [None, 0.9]
    assert [world.value("tasks", key, "risk") for key in TASKS] == ["新", "a"]
    assert counted(world) == {"edits": 2, "applied": 2}
    assert [f.code for f in world.result.findings] == []


def test_r18_cells_moved_up_over_a_row_miss_that_row(world: World):
    moved_cells(world, [as_sent("RW-002", progress=0.9), {}])
    assert world.value("tasks", "RW-002", "progress") == 0.9
    assert [(f.code, f.row_id) for f in world.result.findings] == [("M101", "RW-001")]


@pytest.mark.parametrize("name", ["另一件事", None])
def test_r19_an_id_that_contradicts_the_row_without_a_name_to_tell_is_blocked(world: World, name: str | None):
    moved_cells(world, [{**as_sent("RW-001"), "task_id": "RW-002", "name": name, "progress": 0.9}])
    assert {o.outcome for o in world.result.outcomes} == {"excluded"}
    found = [(f.code, f.row_id, f.facts["issued"]) for f in world.result.findings if f.code != "M101"]
    assert found == [("R903", "RW-002", "RW-001")]
    assert world.value("tasks", "RW-001", "progress") is None


def test_r20_an_id_typed_over_where_the_name_stayed_is_a_wish_for_the_id(world: World):
    moved_cells(world, [{**as_sent("RW-001"), "task_id": "RW-002", "progress": 0.9}])
    assert world.value("tasks", "RW-001", "progress") == 0.9
    assert counted(world) == {"edits": 2, "applied": 1, "rights": 1, "rows_missing": 1}


def test_r13_an_older_copy_that_comes_later_is_pointed_out_too(world: World):
    issued = world.issue("P1", "研发部")
    world.consolidate(filled(issued, {"P1#4": {"description": "完全另一件事", **TRIED}}, hours=2))
    world.consolidate(filled(issued, {"P1#4": {**NEW_PROBLEM, **TRIED}}, hours=1))
    told = [(f.expected, f.found) for f in world.result.findings if f.code == "M105"]
    assert told == [(NEW_PROBLEM["description"], "完全另一件事")]
