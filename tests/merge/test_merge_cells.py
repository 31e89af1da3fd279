"""The cell matrix. B baseline, M master, S submission; a, b, c are values that differ, - is blank.

| case | B | M | S | field | outcome                     | master after |
|------|---|---|---|-------|-----------------------------|--------------|
| C01  | a | a | a | D     | no edit                     | a            |
| C02  | a | b | a | D     | no edit, keep M             | b            |
| C03  | a | a | b | D     | applied                     | b            |
| C04  | a | b | b | D     | same                        | b            |
| C05  | a | b | c | D     | conflict                    | b            |
| C06  | - | - | a | D     | applied                     | a            |
| C07  | - | a | - | D     | no edit                     | a            |
| C08  | - | a | b | D     | conflict                    | a            |
| C09  | a | - | - | D     | same (both emptied)         | -            |
| C10  | a | a | - | D     | not cleared                 | a            |
| C11  | a | b | - | D     | not cleared                 | b            |
| C12  | a | - | b | D     | conflict                    | -            |
| C13  | a | a | 清空 | D  | applied                     | -            |
| C14  | a | b | 清空 | D  | conflict                    | b            |
| C15  | a | - | 清空 | D  | same                        | -            |
| C16  | - | - | 清空 | D  | no edit                     | -            |
| C17  | - | a | 清空 | D  | conflict                    | a            |
| C18  | a | a | ? | D     | unreadable                  | a            |
| C19  | a | b | ? | D     | unreadable                  | b            |
| C20  | a | a | b | P     | rights                      | a            |
| C21  | a | b | b | P     | same (before rights)        | b            |
| C22  | a | a | ? | P     | rights (before unreadable)  | a            |
| C23  | a | a | - | P     | rights (before not cleared) | a            |
| C24  | a | a | b | key   | rights                      | a            |
| C25  | a | a | b | C     | not looked at               | a            |
| C26  | a | a | b | D, row now another department's | rights      | a            |
| C27  | a | a(formula) | b | D | conflict                   | a            |
| C28  | a | ? | b | D     | conflict                    | ?            |
| C29  | ? | ? | b | D     | applied                     | b            |
| C30  | 1 | 1 | 1.0 | D   | no edit                     | 1            |
| C31  | 1 | 1 | TRUE | D  | applied (1 is not TRUE)     | TRUE         |
| C32  | 0 | 0 | - | D     | not cleared (0 is no blank) | 0            |
"""

from __future__ import annotations

from datetime import date, datetime

import pytest
from merge_world import AS_OF, World, filled, table

from collab_xl.model.finding import Finding, Severity
from collab_xl.model.merge import Kind
from collab_xl.model.record import replace
from collab_xl.model.values import CLEAR, Unreadable, Value, same_value

KEY = "RW-001"
NO_TEXT = Unreadable("下周吧")


def one_cell(baseline: Value, master: Value, submitted: Value, field: str = "measure", dept: str = "研发部") -> World:
    world = World.of({"tasks": {KEY: {"name": "接口", "dept": "研发部", field: baseline}}})
    issued = world.issue("P1", "研发部")
    if not same_value(baseline, master):
        world.type("tasks", KEY, field, master)
    if dept != "研发部":
        world.type("tasks", KEY, "dept", dept)
    world.consolidate(filled(issued, {KEY: {field: submitted}}))
    return world


def outcome(world: World) -> str:
    """The only outcome, "" for no edit."""
    (count,) = world.result.counts
    assert count.balanced
    assert count.edits == len(world.result.outcomes) <= 1
    return world.result.outcomes[0].outcome if world.result.outcomes else ""


def check(world: World, expected: str, after: Value, field: str = "measure") -> None:
    assert outcome(world) == expected
    assert same_value(world.value("tasks", KEY, field), after)
    changes = [c for c in world.result.changes if c.field != "updated"]
    assert len(changes) == (expected == "applied")
    assert len(world.state.items) == (expected in ("conflicts", "rights"))


def test_c01_unchanged():
    check(one_cell("a", "a", "a"), "", "a")


def test_c02_only_the_master_changed():
    check(one_cell("a", "b", "a"), "", "b")


def test_c03_only_the_submission_changed():
    world = one_cell("a", "a", "b")
    check(world, "applied", "b")
    change = next(c for c in world.result.changes if c.field == "measure")
    assert (change.form, change.row_key, change.old, change.new, change.why) == ("tasks", KEY, "a", "b", "merge")
    assert change.source is not None
    assert (change.source.department, change.source.pack, change.source.cell) == ("研发部", "P1", "任务跟踪表!P2")


def test_c04_the_same_edit_on_both_sides():
    check(one_cell("a", "b", "b"), "same", "b")


def test_c05_all_three_differ():
    world = one_cell("a", "b", "c")
    check(world, "conflicts", "b")
    (item,) = world.state.items.values()
    assert (item.kind, item.baseline, item.master, [c.value for c in item.candidates]) == (Kind.CONFLICT, "a", "b", ["c"])
    source = item.candidates[0].source
    assert (source.sender, source.sent_at is not None, source.file, source.cell) == ("a@b.cn", True, "研发部.xlsx", "任务跟踪表!P2")


def test_c06_filled_in():
    check(one_cell(None, None, "a"), "applied", "a")


def test_c07_only_the_master_filled_in():
    check(one_cell(None, "a", None), "", "a")


def test_c08_both_filled_in():
    check(one_cell(None, "a", "b"), "conflicts", "a")


def test_c09_both_emptied():
    check(one_cell("a", None, None), "same", None)


def test_c10_a_blank_clears_nothing():
    world = one_cell("a", "a", None)
    check(world, "not_cleared", "a")
    assert [(f.code, f.row_id, f.field, f.expected) for f in world.result.findings] == [("M102", KEY, "measure", "a")]


@pytest.mark.parametrize(
    ("field", "value", "text"), [("status", "in_progress", "进行中"), ("progress", 0.2, "20%"), ("progress", 0.125, "12.5%")]
)
def test_c10_the_finding_shows_values_as_the_sheet_does(field: str, value: Value, text: str):
    assert [f.expected for f in one_cell(value, value, None, field).result.findings] == [text]


def test_c11_a_blank_clears_nothing_of_the_masters_either():
    check(one_cell("a", "b", None), "not_cleared", "b")


def test_c12_emptied_in_the_master_edited_in_the_submission():
    check(one_cell("a", None, "b"), "conflicts", None)


def test_c13_the_word_clears():
    check(one_cell("a", "a", CLEAR), "applied", None)


def test_c14_the_word_against_the_masters_edit():
    check(one_cell("a", "b", CLEAR), "conflicts", "b")


def test_c15_the_word_where_the_master_is_empty_already():
    check(one_cell("a", None, CLEAR), "same", None)


def test_c16_the_word_over_nothing():
    check(one_cell(None, None, CLEAR), "", None)


def test_c17_the_word_against_a_value_filled_in_since():
    check(one_cell(None, "a", CLEAR), "conflicts", "a")


def test_c18_unreadable():
    world = one_cell("a", "a", NO_TEXT)
    check(world, "unreadable", "a")
    assert world.result.outcomes[0].submission == NO_TEXT
    assert [(f.code, f.found) for f in world.result.findings] == [("M103", "下周吧")]


def test_c18_the_readers_own_finding_is_passed_on_instead():
    world = World.of({"tasks": {KEY: {"name": "接口", "dept": "研发部", "actual_end": None}}})
    issued = world.issue("P1", "研发部")
    sub = filled(issued, {KEY: {"actual_end": NO_TEXT}})
    read = Finding("V201", Severity.WARNING, sub.tables["tasks"].at(0, "actual_end"), KEY, "tasks", "actual_end", "下周吧")
    elsewhere = Finding("V201", Severity.WARNING, sub.tables["tasks"].at(0, "remark"))
    assert world.consolidate(replace(sub, findings=(elsewhere, read))).findings == (read,)


def test_c19_unreadable_against_the_masters_edit():
    check(one_cell("a", "b", NO_TEXT), "unreadable", "b")


@pytest.mark.parametrize(
    ("case", "master", "submitted", "expected"),
    [("C20", "a", "b", "rights"), ("C21", "b", "b", "same"), ("C22", "a", NO_TEXT, "rights"), ("C23", "a", None, "rights")],
)
def test_c20_to_c23_a_pmo_field(case: str, master: Value, submitted: Value, expected: str):
    check(one_cell("a", master, submitted, "standard"), expected, master, "standard")


def test_c24_the_key_is_not_the_departments():
    world = World.of({"tasks": {KEY: {"name": "接口", "dept": "研发部"}}})
    issued = world.issue("P1", "研发部")
    world.consolidate(filled(issued, {KEY: {"task_id": "RW-777"}}))
    assert outcome(world) == "rights"
    assert world.keys("tasks") == [KEY]
    (item,) = world.state.items.values()
    assert (item.kind, item.field, item.row_key, item.candidates[0].no_right) == (Kind.RIGHTS, "task_id", KEY, True)


def test_c25_computed_fields_are_not_looked_at():
    world = one_cell(None, None, 99, "late_days")
    assert outcome(world) == ""
    assert not world.result.changes


def test_c26_the_row_is_another_departments_now():
    check(one_cell("a", "a", "b", dept="市场部"), "rights", "a")


def test_c26_an_alias_of_the_department_is_the_department():
    check(one_cell("a", "a", "b", dept="研发"), "applied", "b")


def test_c27_a_masters_formula_is_never_written():
    world = World.of({"tasks": {KEY: {"name": "接口", "dept": "研发部", "measure": "a"}}})
    issued = world.issue("P1", "研发部")
    world.master["tasks"] = replace(world.master["tasks"], held=frozenset({(0, "measure")}))
    world.consolidate(filled(issued, {KEY: {"measure": "b"}}))
    check(world, "conflicts", "a")
    assert [f.code for f in world.result.findings] == ["M108"]


def test_c28_an_unreadable_master_value_is_compared_as_text():
    check(one_cell("a", NO_TEXT, "b"), "conflicts", NO_TEXT)
    check(one_cell("a", NO_TEXT, "下周吧"), "same", NO_TEXT)


def test_c29_the_department_repairs_what_could_not_be_read():
    check(one_cell(NO_TEXT, NO_TEXT, "b"), "applied", "b")


@pytest.mark.parametrize(
    ("case", "baseline", "submitted", "expected", "after"),
    [("C30", 1, 1.0, "", 1), ("C31", 1, True, "applied", True), ("C32", 0, None, "not_cleared", 0), ("", 0.8, 0.8 + 1e-16, "", 0.8)],
)
def test_c30_to_c32_equality_is_same_value(case: str, baseline: Value, submitted: Value, expected: str, after: Value):
    check(one_cell(baseline, baseline, submitted, "progress"), expected, after, "progress")


def test_a_date_and_its_midnight_are_the_same():
    check(one_cell(date(2026, 11, 20), date(2026, 11, 20), datetime(2026, 11, 20), "actual_end"), "", date(2026, 11, 20), "actual_end")


def test_the_day_of_the_change_is_written_once_per_row_and_only_where_a_department_field_changed():
    world = World.of({"tasks": {KEY: {"name": "接口", "dept": "研发部"}, "RW-002": {"name": "页面", "dept": "研发部"}}})
    issued = world.issue("P1", "研发部")
    world.consolidate(filled(issued, {KEY: {"risk": "x", "measure": "y"}, "RW-002": {"standard": "x"}}))
    assert [(c.row_key, c.new, c.why) for c in world.result.changes if c.field == "updated"] == [(KEY, AS_OF, "computed")]
    (count,) = world.result.counts
    assert (count.edits, count.applied, count.rights) == (3, 2, 1)
    world.consolidate(filled(issued, {KEY: {"risk": "z", "measure": "y"}}, hours=2))
    assert [c.field for c in world.result.changes] == ["risk"]  # 更新日期 holds that day already


def test_a_column_the_master_lacks_is_set_aside_with_a_finding():
    world = World.of({"tasks": {KEY: {"name": "接口", "dept": "研发部"}}})
    issued = world.issue("P1", "研发部")
    world.master["tasks"] = table("tasks", [{"task_id": KEY, "name": "接口", "dept": "研发部"}], without=["risk"])
    result = world.preview(filled(issued, {KEY: {"risk": "x"}}))
    assert [(o.field, o.outcome) for o in result.outcomes] == [("risk", "excluded")]
    assert [f.code for f in result.findings] == ["M107"]


def test_a_column_the_submission_lacks_says_nothing():
    world = World.of({"tasks": {KEY: {"name": "接口", "dept": "研发部", "risk": "x"}}})
    issued = world.issue("P1", "研发部")
    sub = filled(issued, {})
    short = table("tasks", [{"task_id": KEY, "name": "接口", "dept": "研发部"}], [KEY], without=["risk"])
    result = world.preview(replace(sub, tables={"tasks": short}))
    assert result.counts[0].edits == 0


def test_requirements_belong_to_every_department_they_name():
    world = World.of({"requirements": {"XZ-2026-001": {"name": "需求", "to_depts": ("市场部", "研发部")}}})
    issued = world.issue("P1", "研发部")
    world.consolidate(filled(issued, {"XZ-2026-001": {"outcome": "同意", "goal": "改目标"}}))
    assert {o.field: o.outcome for o in world.result.outcomes} == {"outcome": "applied", "goal": "rights"}
