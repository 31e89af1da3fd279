from datetime import date

import pytest
from sheet_of_tasks import NAME, Sheet, sheet

from collab_xl.errors import CollabError
from collab_xl.forms import load
from collab_xl.model.place import MAX_ROW, Area
from collab_xl.model.plan import CellChange, CellEdit, NewRow
from collab_xl.model.record import replace
from collab_xl.model.values import Value
from collab_xl.plan.data import DataPlan, plan_changes
from collab_xl.plan.key_changes import give_keys

PLAIN = """
    | 任务ID | 任务名称 | 负责人 | 当前进度 | 完成状态 |
    | RW-001 | 渠道谈判 | *主管  | 50%      | 进行中   |
    | RW-002 | 物料设计 | *经理  | 10%      | 进行中   |
"""
GAP = """
    | 任务ID | 任务名称 | 负责人 | 我的列 |
    | RW-001 | 渠道谈判 | *主管  | a      |
    |        |          |        |        |
    |        |          |        | 记一笔 |
    | RW-002 | 物料设计 | *经理  | b      |
"""


def change(key: str, field: str, old: Value, new: Value, why: str = "merge") -> CellChange:
    return CellChange("tasks", key, field, old, new, why)


def new(key: str, **values: Value) -> NewRow:
    return NewRow("tasks", key, {"task_id": key, **values})


def planned(on: Sheet, changes: list[CellChange] | None = None, rows: list[NewRow] | None = None, lang: str = "zh") -> DataPlan:
    return plan_changes(on.tables(), on.refs(), on.snapshot, changes or [], rows or [], load(), lang)


def test_a_change_is_one_edit_at_the_row_of_its_key() -> None:
    plan = planned(sheet(PLAIN), [change("RW-002", "progress", 0.1, 0.8)])
    assert plan.edits == (CellEdit(NAME, 6, 4, 0.1, 0.8),)
    assert plan.tables == {}
    assert plan.changes == (change("RW-002", "progress", 0.1, 0.8),)


def test_a_choice_is_written_as_its_label_in_the_workbook_s_language() -> None:
    on = sheet(PLAIN)
    assert planned(on, [change("RW-001", "status", "in_progress", "done")]).edits[0].new == "已完成"
    assert planned(on, [change("RW-001", "status", "in_progress", "done")], lang="en").edits[0].new == "Done"


def test_several_changes_of_one_cell_are_one_edit_and_all_of_them_are_recorded() -> None:
    changes = [change("RW-001", "owner", "*主管", "甲"), change("RW-001", "owner", "甲", "乙")]
    plan = planned(sheet(PLAIN), changes)
    assert plan.edits == (CellEdit(NAME, 5, 3, "*主管", "乙"),)
    assert list(plan.changes) == changes


def test_a_cell_changed_there_and_back_is_no_edit() -> None:
    assert planned(sheet(PLAIN), [change("RW-001", "owner", "*主管", "甲"), change("RW-001", "owner", "甲", "*主管")]).edits == ()


def test_the_raw_value_a_change_replaces_is_kept_where_rendering_would_not_give_it_back() -> None:
    on = sheet(PLAIN)
    on.put("D5", "50%")  # text
    plan = planned(on, [change("RW-001", "progress", 0.5, 0.8), change("RW-002", "progress", 0.1, 0.8)])
    assert [c.old_raw for c in plan.changes] == ["50%", None]
    assert plan.edits[0] == CellEdit(NAME, 5, 4, "50%", 0.8)


def test_clearing_empties_the_cell() -> None:
    assert planned(sheet(PLAIN), [change("RW-001", "owner", "*主管", None)]).edits == (CellEdit(NAME, 5, 3, "*主管", None),)


def test_text_that_looks_like_a_formula_stays_text() -> None:
    assert planned(sheet(PLAIN), [change("RW-001", "owner", "*主管", "=HYPERLINK(1)")]).edits[0].new == "=HYPERLINK(1)"


def test_rows_are_found_by_key_after_the_sheet_was_sorted_and_columns_were_inserted() -> None:
    on = sheet(PLAIN, first_col=3)
    on.set_lines(on.lines()[::-1])
    assert planned(on, [change("RW-001", "progress", 0.5, 0.8)]).edits == (CellEdit(NAME, 6, 6, 0.5, 0.8),)


def test_new_rows_go_under_the_last_one_and_the_table_grows() -> None:
    plan = planned(sheet(PLAIN), rows=[new("RW-003", name="甲"), new("RW-004", name="乙", progress=0)])
    assert plan.tables == {"Tasks": Area(4, 1, 8, 5)}
    assert plan.ranges == {"Tasks": ("A4:E6", "A4:E8")}
    assert [(e.row, e.col, e.old, e.new) for e in plan.edits] == [
        (7, 1, None, "RW-003"),
        (7, 2, None, "甲"),
        (8, 1, None, "RW-004"),
        (8, 2, None, "乙"),
        (8, 4, None, 0),
    ]


def test_blank_rows_inside_the_table_are_filled_first_but_not_one_with_a_value_of_the_users() -> None:
    plan = planned(sheet(GAP), rows=[new("RW-003"), new("RW-004")])
    assert [e.row for e in plan.edits] == [6, 9]
    assert plan.tables == {"Tasks": Area(4, 1, 9, 4)}


def test_a_calculated_column_does_not_make_a_row_filled() -> None:
    on = sheet("""
        | 任务ID | 任务名称 | 我的列 |
        | RW-001 | 渠道谈判 | =1     |
        |        |          | =1     |
    """)
    plan = planned(on, rows=[new("RW-002", name="甲")])
    assert [(e.row, e.col) for e in plan.edits] == [(6, 1), (6, 2)]
    assert plan.tables == {}


def test_the_one_blank_row_of_a_new_master_is_used() -> None:
    plan = planned(sheet("| 任务ID | 任务名称 |\n|  |  |"), rows=[new("RW-001", name="甲"), new("RW-002", name="乙")])
    assert plan.tables == {"Tasks": Area(4, 1, 6, 2)}
    assert [e.row for e in plan.edits] == [5, 5, 6, 6]


def test_a_totals_row_moves_down() -> None:
    on = sheet(PLAIN, totals=True)
    plan = planned(on, rows=[new("RW-003", name="甲")])
    assert plan.tables == {"Tasks": Area(4, 1, 8, 5)}
    on.apply(plan)
    assert (on.get("A7"), on.get("A8")) == ("RW-003", "合计")


@pytest.mark.parametrize(("below", "totals", "rows"), [("B7", False, 1), ("E8", False, 2), ("B8", True, 1), ("A9", True, 2)])
def test_anything_under_the_table_where_it_would_grow_stops_the_run_with_its_address(below: str, totals: bool, rows: int) -> None:
    on = sheet(PLAIN, totals=totals)
    on.put(below, "说明")
    with pytest.raises(CollabError) as stopped:
        planned(on, rows=[new(f"RW-{n}") for n in range(rows)])
    assert (stopped.value.code, stopped.value.facts["cell"]) == ("below_table", f"{NAME}!{below}")


def test_a_formula_under_the_table_stops_the_run_too() -> None:
    on = sheet(PLAIN)
    on.formulas[7, 3] = "SUM(D5:D6)"
    with pytest.raises(CollabError, match="below_table"):
        planned(on, rows=[new("RW-003")])


@pytest.mark.parametrize("elsewhere", ["G7", "A9", "A3"])
def test_what_is_beside_the_table_or_far_below_is_no_obstacle(elsewhere: str) -> None:
    on = sheet(PLAIN)
    on.put(elsewhere, "说明")
    assert planned(on, rows=[new("RW-003")]).tables


def test_the_last_row_of_excel_is_the_end() -> None:
    on = sheet(PLAIN)
    on.body = Area(5, 1, MAX_ROW, 5)
    table, ref = on.table(), on.ref()
    rows = [new(f"RW-{n}") for n in range(3)]
    on_disk = on.snapshot()
    full = {"tasks": replace(table, rows=range(5, MAX_ROW + 1))}
    with pytest.raises(CollabError, match="sheet_full"):
        plan_changes(full, {"Tasks": ref}, lambda _: on_disk, [], rows, load(), "zh")


def test_a_cell_with_a_users_formula_is_never_written() -> None:
    on = sheet("""
        | 任务ID | 负责人 |
        | RW-001 | =X1    |
    """)
    plan = planned(on, [change("RW-001", "owner", None, "甲")])
    assert (plan.edits, plan.changes) == ((), ())
    assert [(s.reason, str(s.at)) for s in plan.skipped] == [("held", f"{NAME}!B5")]


def test_a_key_that_stands_twice_is_not_written() -> None:
    on = sheet("""
        | 任务ID | 负责人 |
        | RW-001 | 甲     |
        | RW-001 | 乙     |
    """)
    plan = planned(on, [change("RW-001", "owner", "甲", "丙")])
    assert plan.edits == ()
    assert [s.reason for s in plan.skipped] == ["twice"]


def test_a_column_the_sheet_lost_is_reported() -> None:
    assert [s.reason for s in planned(sheet(PLAIN), [change("RW-001", "remark", None, "x")]).skipped] == ["no_column"]


def test_a_change_of_a_row_that_is_not_there_stops_the_run() -> None:
    with pytest.raises(CollabError, match="row_gone"):
        planned(sheet(PLAIN), [change("RW-009", "owner", None, "x")])


def test_a_change_may_speak_of_a_row_added_in_the_same_run() -> None:
    plan = planned(sheet(PLAIN), [change("RW-003", "owner", "甲", "乙")], [new("RW-003", owner="甲")])
    assert [(e.row, e.col, e.new) for e in plan.edits] == [(7, 1, "RW-003"), (7, 3, "乙")]


def test_a_table_turned_into_a_plain_range_stops_the_run() -> None:
    on = sheet(PLAIN)
    with pytest.raises(CollabError, match="table_missing"):
        plan_changes(on.tables(), {}, on.snapshot, [change("RW-001", "owner", None, "x")], [], load(), "zh")


def test_rows_without_a_key_get_the_next_one_in_sheet_order() -> None:
    on = sheet("""
        | 任务ID | 任务名称 | 计划结束时间 |
        |        | 甲       | 2026-11-20   |
        | RW-009 | 乙       |              |
        |        | 丙       |              |
    """)
    tables, changes = give_keys(on.tables(), load(), {"tasks": ["RW-010"]})
    assert tables["tasks"].values["task_id"] == ["RW-011", "RW-009", "RW-012"]
    plan = plan_changes(tables, on.refs(), on.snapshot, [*changes, change("RW-011", "end", date(2026, 11, 20), None)], [], load(), "zh")
    assert [(e.row, e.col, e.old, e.new) for e in plan.edits] == [
        (5, 1, None, "RW-011"),
        (5, 3, date(2026, 11, 20), None),
        (7, 1, None, "RW-012"),
    ]
    assert [c.why for c in changes] == ["key", "key"]
