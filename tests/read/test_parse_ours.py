"""ListObjects of ours: masters and packs."""

from __future__ import annotations

from datetime import date

from sheets_as_typed import COMPANY, SCHEMA, codes, context, ours, snapshot

from collab_xl.model.finding import Severity
from collab_xl.model.place import Area
from collab_xl.model.sheets import Snapshot, TableRef
from collab_xl.model.values import Unreadable
from collab_xl.read.table import parse_table

TASKS = SCHEMA.form("tasks")
HEAD = ["任务ID", "任务名称", "完成状态", "计划结束时间"]


def pack(rows: list[list[object]], headings: list[str] | None = None, *, totals: int = 0, **more: object) -> tuple[Snapshot, TableRef]:
    headings = headings or [*HEAD, "row_id"]
    shot = snapshot([["标题"], headings, *rows], **more)  # type: ignore[arg-type]
    return shot, TableRef("Tasks", shot.sheet, Area(2, 1, 2 + len(rows), len(headings)), tuple(headings), totals)


def test_rows_ids_and_places() -> None:
    shot, ref = pack([["RW-1", "a", "进行中", "2026-01-05", "RW-1"], [None, "b", None, None, "p#1"], [None, None, None, None, "p#2"]])
    table, found = parse_table(shot, ref, TASKS, context())
    assert (list(table.rows), list(table.row_ids)) == ([3, 4], ["RW-1", "p#1"])
    assert str(table.at(0, "status")) == "表1!C3"
    assert (table.name, str(table.area), table.heading_rows) == ("Tasks", "A2:E5", (2, 2))
    assert table.get(0, "end") == date(2026, 1, 5)
    assert 5 not in table.extra
    assert {f.code for f in found} == {"H105"}


def test_a_row_of_blanks_alone_is_no_record() -> None:
    shot, ref = pack([[" ", "\u3000", None, None, "p#1"], ["RW-1", None, None, None, "x"]])
    assert list(parse_table(shot, ref, TASKS, context())[0].rows) == [4]


def test_a_row_of_calculated_cells_alone_is_no_record() -> None:
    shot, ref = pack([["RW-1", "a", "进行中", None, "x"], [None, None, "进行中", None, "y"]], formulas={(3, 3): "=X", (4, 3): "=X"})
    table, _ = parse_table(shot, ref, TASKS, context())
    assert list(table.rows) == [3]
    assert table.held == {(0, "status")}


def test_a_total_or_a_signature_in_a_place_for_new_rows_is_no_record() -> None:
    rows: list[list[object]] = [
        ["RW-1", "合计", "进行中", None, "RW-1"],
        [None, "汇总", None, None, "p#1"],
        [None, "合计", None, None, "p#2"],
        ["审核人：", "王总", None, None, "p#3"],
        [None, "备注：系统登录不了", None, None, "p#4"],
    ]
    shot, ref = pack(rows)
    table, found = parse_table(shot, ref, TASKS, context())
    assert list(table.row_ids) == ["RW-1", "p#1", "p#4"]
    assert [(f.code, f.at.cell) for f in found if f.code != "H105" and f.at] == [("H108", "B5"), ("H109", "A6")]


def test_a_row_that_says_how_to_fill_in_is_no_proposal() -> None:
    rows: list[list[object]] = [
        [None, "填写任务名称", "下拉选择", "格式：2026-11-20", None],
        [None, "例：完成接口联调", "进行中", "2026-11-20", None],
        ["RW-1", "填写任务名称", "进行中", None, "RW-1"],
        [None, "填写验收报告", "进行中", "2026-11-20", "p#1"],
        [None, "选择供应商", None, None, None],
    ]
    shot, ref = pack(rows)
    table, found = parse_table(shot, ref, TASKS, context())
    assert list(table.rows) == [5, 6, 7]
    assert [(f.code, f.at.cell) for f in found if f.code not in ("H105", "V101") and f.at] == [("H107", "B3"), ("H107", "B4")]


def test_a_row_with_content_only_in_the_users_own_column_is_no_record() -> None:
    shot, ref = pack([["RW-1", "a", None, None, "mine"], [None, None, None, None, "mine"]], [*HEAD, "我的列"])
    table, found = parse_table(shot, ref, TASKS, context())
    assert list(table.rows) == [3]
    assert table.extra == {5: "我的列"}
    assert [f.at.cell for f in found if f.code == "H101" and f.at] == ["E2"]


def test_the_totals_row_is_no_record() -> None:
    shot, ref = pack([["RW-1", "a", "进行中", None, "x"], ["汇总", None, None, "2026-01-05", None]], totals=1)
    table, _ = parse_table(shot, ref, TASKS, context())
    assert (list(table.rows), str(table.area), table.totals_rows) == ([3], "A2:E3", 1)


def test_cells_with_formulas_or_in_arrays_are_held() -> None:
    shot, ref = pack(
        [["RW-1", "a", "进行中", "2026-01-05", "x"], ["RW-2", "b", None, None, "y"]],
        formulas={(3, 4): "=TODAY()"},
        arrays=(Area(3, 2, 4, 2),),
    )
    table, _ = parse_table(shot, ref, TASKS, context())
    assert table.held == {(0, "end"), (0, "name"), (1, "name")}
    assert table.get(0, "end") == date(2026, 1, 5)


def test_errors_and_formulas_without_value_are_findings() -> None:
    shot, ref = pack([["RW-1", "a", None, None, "x"]], formulas={(3, 3): "IF(1,2)"}, uncached=frozenset({(3, 3)}), errors={(3, 4): "#N/A"})
    table, found = parse_table(shot, ref, TASKS, context())
    assert (table.get(0, "status"), table.get(0, "end")) == (Unreadable("=IF(1,2)"), Unreadable("#N/A"))
    assert [(f.code, f.row_id, f.severity) for f in found if f.code.startswith("V")] == [
        ("V213", "RW-1", Severity.ERROR),
        ("V212", "RW-1", Severity.ERROR),
    ]


def test_a_missing_key_column_is_an_error_of_its_own() -> None:
    shot, ref = pack([["a", "进行中", None, "x"]], ["任务名称", "完成状态", "计划结束时间", "row_id"])
    table, found = parse_table(shot, ref, TASKS, context())
    assert "task_id" not in table.columns
    (missing,) = [f for f in found if f.code == "H104"]
    assert (missing.severity, missing.expected, missing.field) == (Severity.ERROR, "任务ID", "task_id")


def test_changed_headings_of_a_pack_are_read_with_a_note() -> None:
    shot, ref = pack([["RW-1", "a", "进行中", "2026-01-05", "x"]], ["任务编号", "任务\n名称", "状态", "截至日期", "row_id"])
    table, found = parse_table(shot, ref, TASKS, context())
    assert (table.get(0, "task_id"), table.get(0, "name"), table.get(0, "status"), table.get(0, "end")) == (
        "RW-1",
        "a",
        "in_progress",
        None,
    )
    assert codes(f for f in found if f.code != "H105") == ["H102", "H115", "H115", "H115"] or codes(
        f for f in found if f.code != "H105"
    ) == ["H102", "H115", "H115"]


def test_rows_typed_under_the_table_are_reported() -> None:
    shot = snapshot([HEAD, ["RW-1", "a", None, None], ["RW-2", "b", None, None], [None, None, None, None], [None, "c", None, None]])
    ref = TableRef("Tasks", "表1", Area(1, 1, 2, 4), tuple(HEAD))
    table, found = parse_table(shot, ref, TASKS, context())
    assert list(table.rows) == [2]
    assert [(f.at.cell, f.found) for f in found if f.code == "H113" and f.at] == [("A3", "RW-2"), ("B5", "c")]


def test_a_table_longer_than_what_was_read_and_a_sheet_not_from_a1() -> None:
    shot = Snapshot("s", 5, 3, [list(HEAD), ["RW-1", "a", "进行中"]])
    ref = TableRef("Tasks", "s", Area(5, 3, 40, 6), tuple(HEAD))
    table, _ = parse_table(shot, ref, TASKS, context())
    assert (list(table.rows), table.get(0, "task_id"), table.get(0, "end")) == ([6], "RW-1", None)


def test_an_empty_table_has_no_records() -> None:
    table, found = ours("tasks", [[None] * len(TASKS.fields)])
    assert (len(table), found) == (0, [])


def test_a_clean_master_says_nothing_in_either_language() -> None:
    for lang in ("zh", "en"):
        ctx = context(lang, COMPANY)
        labels = {f.id: f.choices[0].label[lang] for f in TASKS.fields if f.choices}
        given = {"task_id": "RW-001", "name": "a", "dept": "市场部", "end": date(2026, 1, 5), "progress": 0.5, "late_days": 0, **labels}
        table, found = ours("tasks", [[given.get(f.id) for f in TASKS.fields]], ctx)
        assert found == []
        assert set(table.columns) == {f.id for f in TASKS.fields}
        assert table.get(0, "status") == "not_started"
