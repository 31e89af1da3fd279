"""What undo restores, what it leaves unchanged, and the table afterwards."""

from history_of_tasks import History
from sheet_of_tasks import sheet

from collab_xl.model.place import Area
from collab_xl.model.plan import CellChange, NewRow
from collab_xl.model.values import Value

PLAIN = """
    | 任务ID | 任务名称 | 负责人 | 当前进度 | 完成状态 | 我的列 |
    | RW-001 | 渠道谈判 | *主管  | 50%      | 进行中   | a      |
    | RW-002 | 物料设计 | *经理  | 10%      | 进行中   |        |
"""


def change(key: str, field: str, old: Value, new: Value) -> CellChange:
    return CellChange("tasks", key, field, old, new, "merge")


def new(key: str, **values: Value) -> NewRow:
    return NewRow("tasks", key, {"task_id": key, **values})


def start(markdown: str = PLAIN, **how: bool) -> History:
    return History(sheet(markdown, **how))


def test_old_values_come_back() -> None:
    h = start()
    before = h.on.lines()
    h.run([change("RW-001", "progress", 0.5, 0.8), change("RW-002", "status", "in_progress", "done")])
    back = h.undo()
    assert (h.on.lines(), back.kept) == (before, ())
    assert [(c.row_key, c.field, c.old, c.new, c.why) for c in back.changes] == [
        ("RW-001", "progress", 0.8, 0.5, "undo"),
        ("RW-002", "status", "done", "in_progress", "undo"),
    ]


def test_what_stood_in_the_cell_comes_back_as_it_was_written() -> None:
    h = start()
    h.on.put("D5", "50%")
    h.on.put("E6", "正常-进行中")
    before = h.on.lines()
    h.run([change("RW-001", "progress", 0.5, 0.8), change("RW-002", "status", "in_progress", "done")])
    h.undo()
    assert h.on.lines() == before
    h.undo()
    assert (h.on.get("D5"), h.on.get("E6")) == (0.8, "已完成")
    h.undo()
    assert h.on.lines() == before


def test_a_cell_a_person_typed_in_since_stays_and_is_reported() -> None:
    h = start()
    h.run([change("RW-001", "owner", "*主管", "甲"), change("RW-001", "progress", 0.5, 0.8)])
    h.on.put("C5", "丁")
    back = h.undo()
    assert (h.on.get("C5"), h.on.get("D5")) == ("丁", 0.5)
    assert [(k.row_key, k.field, k.reason, k.found, k.wrote, str(k.at)) for k in back.kept] == [
        ("RW-001", "owner", "typed", "丁", "甲", "任务跟踪表!C5")
    ]
    h.undo()  # redo: the typed cell is not concerned
    assert (h.on.get("C5"), h.on.get("D5")) == ("丁", 0.8)


def test_a_cell_typed_in_between_two_runs_stays_typed() -> None:
    h = start()
    h.run([change("RW-001", "owner", "*主管", "甲")])
    h.on.put("C5", "丁")
    h.run([change("RW-001", "owner", "丁", "乙")])
    back = h.undo(2)
    assert h.on.get("C5") == "丁"
    assert [k.found for k in back.kept] == ["丁"]


def test_a_cell_typed_over_twice_stays_even_if_it_equals_what_an_earlier_run_wrote() -> None:
    h = start()
    h.run([change("RW-001", "owner", "*主管", "甲")])
    h.run([change("RW-001", "owner", "甲", "乙")])
    h.on.put("C5", "甲")
    h.undo(2)
    assert h.on.get("C5") == "甲"


def test_several_runs_go_back_together() -> None:
    h = start()
    before = h.on.lines()
    h.run([change("RW-001", "owner", "*主管", "甲")])
    h.run([change("RW-001", "owner", "甲", "乙"), change("RW-002", "owner", "*经理", None)])
    assert h.undo(2).kept == ()
    assert h.on.lines() == before


def test_after_the_table_was_sorted_by_hand() -> None:
    h = start()
    before = h.on.lines()
    h.run([change("RW-001", "progress", 0.5, 0.8)])
    h.on.set_lines(h.on.lines()[::-1])
    assert h.undo().kept == ()
    assert h.on.lines() == before[::-1]


def test_an_added_row_is_cleared_and_the_table_shrinks() -> None:
    h = start()
    before, cells = h.on.lines(), dict(h.on.cells)
    h.run(rows=[new("RW-003", name="甲"), new("RW-004", name="乙")])
    assert h.on.body.last_row == 8
    back = h.undo()
    assert (h.on.lines(), h.on.cells, back.ranges) == (before, cells, {"Tasks": ("A4:F8", "A4:F6")})
    assert [r.row_key for r in back.removed] == ["RW-003", "RW-004"]


def test_a_redo_adds_the_row_again_with_its_key() -> None:
    h = start()
    h.run(rows=[new("RW-003", name="甲", progress=0.2)])
    after = h.on.lines()
    h.undo()
    back = h.undo()
    assert h.on.lines() == after
    assert [r.row_key for r in back.added] == ["RW-003"]
    h.undo()
    assert h.on.body == Area(5, 1, 6, 6)


def test_a_totals_row_moves_up_again() -> None:
    h = start(totals=True)
    cells = dict(h.on.cells)
    h.run(rows=[new("RW-003", name="甲")])
    assert h.on.get("A8") == "合计"
    h.undo()
    assert h.on.cells == cells


def test_blank_rows_the_table_had_before_stay_in_it() -> None:
    h = start("""
        | 任务ID | 任务名称 |
        | RW-001 | 渠道谈判 |
        |        |          |
        |        |          |
    """)
    h.run(rows=[new("RW-002", name="甲")])
    h.undo()
    assert h.on.body == Area(5, 1, 7, 2)


def test_an_added_row_in_the_middle_after_sorting_is_cleared_and_the_table_keeps_its_size() -> None:
    h = start()
    h.run(rows=[new("RW-003", name="甲")])
    h.on.set_lines(h.on.lines()[::-1])
    assert h.undo().kept == ()
    assert [line[0] for line in h.on.lines()] == [None, "RW-002", "RW-001"]


def test_an_added_row_a_person_has_typed_in_stays_and_is_reported() -> None:
    for cell in ("C7", "F7"):  # a column of ours, a column of the user's own
        h = start()
        h.run([change("RW-003", "progress", 0.1, 0.3)], [new("RW-003", name="甲", progress=0.1), new("RW-004", name="乙")])
        h.on.put(cell, "人写的")
        back = h.undo()
        assert [line[0] for line in h.on.lines()] == ["RW-001", "RW-002", "RW-003"], cell
        assert [(k.row_key, k.field, k.reason) for k in back.kept] == [("RW-003", None, "typed")]


def test_an_added_row_that_a_person_deleted_is_reported() -> None:
    h = start()
    h.run(rows=[new("RW-003", name="甲"), new("RW-004", name="乙")])
    h.on.set_lines([*h.on.lines()[:2], [None] * 6, h.on.lines()[3]])
    assert [(k.row_key, k.reason) for k in h.undo().kept] == [("RW-003", "gone")]
    assert h.on.body.last_row == 6


def test_formulas_that_came_with_added_rows_leave_with_them() -> None:
    h = start("""
        | 任务ID | 任务名称 | 我的列 |
        | RW-001 | 渠道谈判 | =1     |
    """)
    formulas = dict(h.on.formulas)
    h.run(rows=[new("RW-002", name="甲"), new("RW-003", name="乙")])
    assert len(h.on.formulas) == 3
    assert h.undo().kept == ()
    assert (h.on.formulas, h.on.body.last_row) == (formulas, 5)


def test_a_formula_typed_over_a_written_cell_stays() -> None:
    h = start()
    h.run([change("RW-001", "progress", 0.5, 0.8)])
    h.on.formulas[5, 4] = "D6"
    assert [(k.field, k.reason) for k in h.undo().kept] == [("progress", "held")]
    assert h.on.formulas[5, 4] == "D6"


def test_a_column_taken_out_since_is_reported() -> None:
    h = start("| 任务ID | 负责人 |\n| RW-001 | 甲 |")
    h.run([change("RW-001", "owner", "甲", "乙")])
    h.on.headings[1] = "改名了"
    assert [(k.field, k.reason) for k in h.undo().kept] == [("owner", "gone")]


def test_two_rows_with_the_key_stay() -> None:
    h = start()
    h.run([change("RW-001", "owner", "*主管", "甲")])
    h.on.put("A6", "RW-001")
    assert [(k.field, k.reason) for k in h.undo().kept] == [("owner", "twice")]


def test_keys_given_are_taken_back_and_given_again() -> None:
    h = start("""
        | 任务ID | 任务名称 | 负责人 |
        |        | 甲       |        |
        | RW-007 | 乙       |        |
        |        | 丙       |        |
    """)
    before = h.on.lines()
    h.run([change("RW-009", "owner", None, "丁")], keys=True)
    after = h.on.lines()
    assert [line[0] for line in after] == ["RW-008", "RW-007", "RW-009"]
    assert h.undo().kept == ()
    assert h.on.lines() == before
    h.on.set_lines(before[::-1])
    assert h.undo().kept == ()
    assert h.on.lines() == after[::-1]


def test_a_row_changed_since_it_lost_its_key_is_reported_by_the_redo() -> None:
    h = start("| 任务ID | 任务名称 |\n|        | 甲       |")
    h.run(keys=True)
    h.undo()
    h.on.put("B5", "乙")
    assert [(k.row_key, k.field, k.reason) for k in h.undo().kept] == [("RW-001", "task_id", "gone")]


def test_a_redo_does_not_add_a_row_whose_key_is_taken_by_now() -> None:
    h = start()
    h.run(rows=[new("RW-003", name="甲")])
    h.undo()
    h.on.put("A6", "RW-003")
    back = h.undo()
    assert [(k.row_key, k.reason) for k in back.kept] == [("RW-003", "typed")]
    assert h.on.body.last_row == 6


def test_a_row_added_by_one_run_and_changed_by_the_next_goes_with_both() -> None:
    h = start()
    before = h.on.lines()
    h.run(rows=[new("RW-003", name="甲")])
    h.run([change("RW-003", "owner", None, "丁")])
    after = h.on.lines()
    assert h.undo(2).kept == ()
    assert h.on.lines() == before
    assert h.undo().kept == ()
    assert h.on.lines() == after
    assert h.undo(4).kept == ()
    assert h.on.lines() == before
