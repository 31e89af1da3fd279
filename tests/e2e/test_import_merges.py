"""An import is a merge: rows that changed are updated, what the PMO typed stays, nothing comes in twice, IDs stay apart."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from workbooks import workbook_at

from collab_xl.errors import CollabError
from collab_xl.verbs.consolidate import consolidate
from collab_xl.verbs.import_tracker import import_tracker
from collab_xl.verbs.redo import redo
from collab_xl.verbs.report import Report, no_progress
from collab_xl.verbs.resolve import resolve
from collab_xl.verbs.undo import undo

DAY = date(2026, 11, 20)
HEAD = ["任务名称", "负责部门", "负责人", "计划开始时间", "计划结束时间", "完成状态"]
ROWS = [
    ["渠道谈判", "市场部", "王芳", "2026-11-02", "2026-11-20", "进行中"],
    ["预热素材", "市场部", "李娜", "2026-11-09", "2026-11-27", "未开始"],
    ["接口联调", "研发部", "张伟", "2026-11-03", "2026-11-18", "进行中"],
]


def tracker(folder: Path, sheets: dict[str, list[list[Any]]], name: str = "旧表.xlsx", head: list[str] | None = None) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in (head or HEAD, *rows):
            sheet.append(row)
    path = folder / name
    book.save(path)
    return path


def imported(master: Path, *paths: Path, **said: Any) -> Report:
    return import_tracker(master, list(paths), as_of=DAY, confirmed=True, lang="zh", **said)


def counts(report: Report) -> tuple[int, int, int, int]:
    """New, changed cells, asked cells, unchanged rows."""
    found = report.json
    return found["new"], len(found["changes"]), len(found["conflicts"]), found["unchanged"]


def column(master: Path, heading: str, sheet: str = "任务跟踪表") -> list[Any]:
    rows = [list(row) for row in workbook_at(master)[sheet].iter_rows(values_only=True)]
    top = next(n for n, row in enumerate(rows) if heading in row)
    col = rows[top].index(heading)
    return [row[col] for row in rows[top + 1 :] if any(row)]


def typed(master: Path, heading: str, was: Any, now: Any, sheet: str = "任务跟踪表") -> None:
    """The PMO changes a cell of the master."""
    book = workbook_at(master)
    cells = [cell for row in book[sheet].iter_rows() for cell in row]
    top = next(cell for cell in cells if cell.value == heading)
    next(cell for cell in cells if cell.column == top.column and cell.row > top.row and cell.value == was).value = now
    book.save(master)


def test_changed_rows_are_updated_and_can_be_undone(tmp_path: Path) -> None:
    master = tmp_path / "主表.xlsx"
    imported(master, tracker(tmp_path, {"任务": ROWS}))
    changed = [[*ROWS[0][:5], "已完成"], ROWS[2], [*ROWS[1][:4], "2026-12-04", "未开始"]]
    path = tracker(tmp_path, {"任务": changed})
    looked = import_tracker(master, [path], as_of=DAY, write=False, lang="zh")
    assert counts(looked) == (0, 2, 0, 1)
    assert [(c["key"], c["field"]) for c in looked.json["changes"]] == [("RW-001", "status"), ("RW-002", "end")]
    assert any("RW-001 渠道谈判" in row[0] and row[2:4] == ("进行中", "已完成") for table in looked.listings for row in table.rows)
    assert column(master, "完成状态") == ["进行中", "未开始", "进行中"]
    done = imported(master, path)
    assert (done.json["written"], done.json["updated"]) == (0, 2)
    assert column(master, "完成状态") == ["已完成", "未开始", "进行中"]
    assert "旧表.xlsx" in column(master, "来源文件", "变更记录")
    undo(master, as_of=DAY, lang="zh", confirm=lambda _: True)
    assert column(master, "完成状态") == ["进行中", "未开始", "进行中"]
    assert counts(import_tracker(master, [path], as_of=DAY, write=False, lang="zh")) == (0, 2, 0, 1)


def test_what_the_pmo_typed_stays_and_a_clash_is_asked(tmp_path: Path) -> None:
    master = tmp_path / "主表.xlsx"
    path = tracker(tmp_path, {"任务": ROWS})
    imported(master, path)
    typed(master, "负责人", "王芳", "赵强")
    assert counts(imported(master, path)) == (0, 0, 0, 3)
    assert column(master, "负责人")[0] == "赵强"
    clash = tracker(tmp_path, {"任务": [[*ROWS[0][:2], "孙丽", *ROWS[0][3:]], *ROWS[1:]]})
    assert counts(imported(master, clash)) == (0, 0, 1, 2)
    assert column(master, "负责人")[0] == "赵强"


def test_a_clash_goes_to_the_conflicts_and_is_decided_there(tmp_path: Path) -> None:
    master = tmp_path / "主表.xlsx"
    imported(master, tracker(tmp_path, {"任务": ROWS}))
    typed(master, "完成状态", "未开始", "已暂停")
    path = tracker(tmp_path, {"任务": [ROWS[0], [*ROWS[1][:5], "进行中"], ROWS[2]]})
    report = imported(master, path)
    assert counts(report) == (0, 0, 1, 2)
    assert report.json["conflicts"][0]["key"] == "RW-002"
    assert column(master, "完成状态")[1] == "已暂停"
    assert counts(imported(master, path)) == (0, 0, 0, 3), "asked once"
    typed(master, "处理意见", None, "采用报送", "冲突处理")
    resolve(master, as_of=DAY, lang="zh")
    assert column(master, "完成状态")[1] == "进行中"


@pytest.mark.parametrize("head", [HEAD, ["任务ID", *HEAD]])
def test_twice_is_nothing_new(tmp_path: Path, head: list[str]) -> None:
    master = tmp_path / "主表.xlsx"
    rows = [[*([f"A{n}"] if len(head) > len(HEAD) else []), *row] for n, row in enumerate(ROWS)]
    path = tracker(tmp_path, {"任务": rows}, head=head)
    assert counts(imported(master, path))[0] == 3
    assert counts(imported(master, path)) == (0, 0, 0, 3)
    assert counts(imported(master, path, department="市场部")) == (0, 0, 0, 3)
    moved = tracker(tmp_path, {"任务": rows[::-1]}, name="旧表 11月20日.xlsx", head=head)
    assert counts(imported(master, moved)) == (0, 0, 0, 3)
    keys = column(master, "任务ID")
    given = tracker(tmp_path, {"任务": [[key, *row[-6:]] for key, row in zip(keys, rows, strict=True)]}, head=["任务ID", *HEAD])
    assert counts(imported(master, given)) == (0, 0, 0, 3)


def test_rows_without_a_department_are_the_same_rows_with_one(tmp_path: Path) -> None:
    master = tmp_path / "主表.xlsx"
    head, rows = [HEAD[0], *HEAD[2:]], [[row[0], *row[2:]] for row in ROWS]
    path = tracker(tmp_path, {"任务": rows}, head=head)
    assert counts(imported(master, path))[0] == 3
    assert counts(imported(master, path, department="市场部")) == (0, 3, 0, 0)
    assert counts(imported(master, path)) == (0, 0, 0, 3)
    assert column(master, "负责部门") == ["市场部"] * 3


def test_a_row_gone_from_the_tracker_stays_and_one_deleted_in_the_master_stays_deleted(tmp_path: Path) -> None:
    master = tmp_path / "主表.xlsx"
    path = tracker(tmp_path, {"任务": ROWS})
    imported(master, path)
    assert counts(imported(master, tracker(tmp_path, {"任务": ROWS[:2]}))) == (0, 0, 0, 2)
    assert column(master, "任务名称") == ["渠道谈判", "预热素材", "接口联调"]
    book = workbook_at(master)
    for cell in next(row for row in book["任务跟踪表"].iter_rows() if row[0].value == "RW-002"):
        cell.value = None
    book.save(master)
    again = imported(master, tracker(tmp_path, {"任务": ROWS}))
    assert again.json["written"] == 0
    assert any("RW-002" in line for line in again.lines)


NUMBERED = ["ID", "Task", "Start Date", "End Date"]


def numbered(*titles: str) -> list[list[Any]]:
    return [[n, title, date(2026, 1, 1), date(2026, 1, n + 1)] for n, title in enumerate(titles, 1)]


def test_sheets_that_are_numbered_each_get_ids_of_their_own(tmp_path: Path) -> None:
    master = tmp_path / "主表.xlsx"
    path = tracker(tmp_path, {"一期": numbered("A", "B"), "二期": numbered("C", "D")}, head=NUMBERED)
    assert counts(imported(master, path))[0] == 4
    assert column(master, "任务ID") == ["一期-1", "一期-2", "二期-1", "二期-2"]
    assert counts(imported(master, path)) == (0, 0, 0, 4)
    other = tracker(tmp_path, {"三期": numbered("E", "F")}, name="另一份.xlsx", head=NUMBERED)
    assert counts(imported(master, other))[0] == 2
    assert counts(imported(master, other)) == (0, 0, 0, 2)


def test_sheets_with_the_same_rows_are_chosen_from(tmp_path: Path) -> None:
    master = tmp_path / "主表.xlsx"
    later = [[*row[:3], date(2026, 2, 1)] for row in numbered("A", "B")]
    path = tracker(tmp_path, {"Plan": numbered("A", "B"), "Plan v2": later}, head=NUMBERED)
    asked = imported(master, path)
    assert [q["kind"] for q in asked.json["questions"]] == ["sheets"]
    assert not master.exists()
    assert counts(imported(master, path, answers=["1=Plan v2"]))[0] == 2
    assert column(master, "任务ID") == ["1", "2"]
    again = imported(master, path)
    assert (again.json["questions"], counts(again)) == ([], (0, 0, 0, 2))


def test_an_id_that_stands_twice_is_not_written_twice(tmp_path: Path) -> None:
    master = tmp_path / "主表.xlsx"
    path = tracker(tmp_path, {"任务": [["X1", *ROWS[0]], ["X1", *ROWS[1]], ["X1", *ROWS[1]]]}, head=["任务ID", *HEAD])
    report = imported(master, path)
    assert column(master, "任务ID")[:2] == ["X1", "X1-2"]
    assert next(r["key"] for r in report.json["renamed"]) == "X1-2"
    assert imported(master, path).json["written"] == 0


def test_a_title_alone_is_asked_once(tmp_path: Path) -> None:
    master = tmp_path / "主表.xlsx"
    imported(master, tracker(tmp_path, {"任务": ROWS}))
    moved = tracker(tmp_path, {"任务": [ROWS[0], ROWS[1], [*ROWS[2][:3], "2026-11-10", "2026-11-25", "进行中"]]})
    asked = import_tracker(master, [moved], as_of=DAY, write=False, lang="zh")
    assert [(q["kind"], q["suggestion"]) for q in asked.json["questions"]] == [("same_row", "same")]
    assert asked.json["waiting"] == 1
    done = imported(master, moved, answers=["1=是"])
    assert (done.json["written"], done.json["updated"]) == (0, 1)
    assert (imported(master, moved).json["questions"], column(master, "任务ID")) == ([], ["RW-001", "RW-002", "RW-003"])


def test_an_answer_on_the_sheet_brings_the_waiting_rows_in(tmp_path: Path) -> None:
    master = tmp_path / "主表.xlsx"
    imported(master, tracker(tmp_path, {"任务": ROWS}))
    moved = tracker(tmp_path, {"任务": [*ROWS[:2], [*ROWS[2][:3], "2026-11-10", "2026-11-25", "进行中"]]})
    imported(master, moved)
    assert import_tracker(master, [], as_of=DAY, lang="zh").json["questions"], "it still waits"
    typed(master, "您的回答", None, "新的一行", "提问")
    moved.unlink()
    merged = consolidate(master, as_of=DAY, lang="zh", progress=no_progress)
    assert any("collab-xl import 主表.xlsx" in line for line in merged.lines)
    report = imported(master)
    assert report.json["brought"] == ["旧表.xlsx"]
    assert column(master, "任务ID") == ["RW-001", "RW-002", "RW-003", "RW-004"]
    assert import_tracker(master, [], as_of=DAY, lang="zh").json["brought"] == []


def test_what_was_said_of_a_tracker_holds_for_its_next_copy(tmp_path: Path) -> None:
    master = tmp_path / "主表.xlsx"
    rows = [["联调接口方案", "张伟", "2026-06-05"], ["编写用户手册", "李娜", "2026-06-06"]]
    said: dict[str, Any] = {"sheets": ["台账"], "heading": "1", "form": "任务跟踪表", "department": "研发部"}
    maps = ["乙=任务名称", "丙=负责人", "丁=计划结束时间"]
    head = ["乙", "丙", "丁"]
    first = tracker(tmp_path, {"台账": rows, "别的": []}, name="台账_W46.xlsx", head=head)
    assert counts(imported(master, first, maps=maps, **said))[0] == 2
    rows.append(["发布说明", "王强", "2026-06-07"])
    again = imported(master, tracker(tmp_path, {"台账": rows, "别的": []}, name="台账_W47.xlsx", head=head))
    assert counts(again) == (1, 0, 0, 2)
    assert any("照上次" in line and "部门 研发部" in line for line in again.lines)
    assert column(master, "负责部门") == ["研发部"] * 3
    assert any("工作表 台账" in str(said) for said in column(master, "问题", "提问"))
    other = imported(master, tracker(tmp_path, {"台账": ROWS}, name="台账_W48.xlsx"))
    assert not any("照上次" in line for line in other.lines), "another layout"
    assert counts(other)[0] == 3


def test_at_most_five_questions_are_asked_about_a_file(tmp_path: Path) -> None:
    head = ["任务ID", "任务名称", "负责部门", "负责人", "计划开始时间", "计划结束时间", "完成状态", "实际完成时间"]
    slips = {2: "负贵部门", 3: "负责入", 4: "计划开始时问", 5: "计划结束时问", 6: "完成状恣", 7: "实际完成时问"}
    book = openpyxl.Workbook()
    book.remove(book.active)
    for n, (place, slip) in enumerate(slips.items()):
        sheet = book.create_sheet(f"表{n}")
        sheet.append([slip if i == place else heading for i, heading in enumerate(head)])
        for i in range(3):
            sheet.append([f"T{n}{i}", f"任务{n}{i}", "市场部", "王芳", "2026-11-02", "2026-11-20", "进行中", "2026-11-21"])
    book.save(tmp_path / "六张表.xlsx")
    report = import_tracker(tmp_path / "主表.xlsx", [tmp_path / "六张表.xlsx"], as_of=DAY, write=False, lang="zh")
    asked = [q["suggestion"] for q in report.json["questions"]]
    assert len(asked) == 5
    assert asked[0] == "status"
    assert any("不再逐个问" in line for line in report.lines)


def test_the_columns_of_one_table_are_one_of_the_five(tmp_path: Path) -> None:
    head = ["任务ID", "任务名称", "负贵部门", "责任人员人", "计划开始时问", "计划结束时问", "完成状恣", "实际完成时问", "滞后原困", "备主"]
    rows = [[f"T{n}", f"任务{n}", "市场部", "王芳", "2026-11-02", "2026-11-20", "进行中", "2026-11-21", "缺料", "x"] for n in range(3)]
    report = import_tracker(tmp_path / "主表.xlsx", [tracker(tmp_path, {"表": rows}, head=head)], as_of=DAY, write=False, lang="zh")
    asked = [q["suggestion"] for q in report.json["questions"]]
    assert {"status", "end", "start", "dept"} <= set(asked)
    assert [row[0] for row in report.listings[-1].rows][:2] == ["1", "1a"]
    assert not any("不再逐个问" in line for line in report.lines)


def test_what_is_left_out_is_said_before(tmp_path: Path) -> None:
    master = tmp_path / "主表.xlsx"
    imported(master, tracker(tmp_path, {"任务": ROWS}))
    more = tracker(tmp_path, {"任务": [[*ROWS[0], "紧急"], ["合同", "法务部", "周敏", "2026-11-09", "2026-11-27", "未开始", "一般"]]},
                   head=[*HEAD, "项目优先级别"])  # fmt: skip
    said: list[str] = []
    report = import_tracker(master, [more], as_of=DAY, lang="zh", show=lambda shown: said.extend(shown.lines))
    assert report.json["written"] == 0
    assert report.json["unknown_departments"] == {"法务部": 1}
    assert any("法务部（1 行）" in line for line in said)
    assert any("项目优先级别" in line and "不带入" in line for line in said)


def test_own_columns_stand_where_they_are_seen(tmp_path: Path) -> None:
    master = tmp_path / "主表.xlsx"
    imported(master, tracker(tmp_path, {"任务": [[*row, "甲方"] for row in ROWS]}, head=[*HEAD, "客户来源"]))
    headings = next(row for row in workbook_at(master)["任务跟踪表"].iter_rows(values_only=True) if "任务ID" in row)
    assert headings.index("客户来源") == headings.index("计划结束时间") + 1
    assert column(master, "客户来源") == ["甲方"] * 3


def test_a_row_put_in_and_numbers_given_again(tmp_path: Path) -> None:
    master = tmp_path / "主表.xlsx"
    imported(master, tracker(tmp_path, {"任务": numbered("A", "B", "C")}, head=NUMBERED))
    titles = ("A", "新", "B", "C")
    again = [
        [n, title, date(2026, 1, 1), date(2026, 1, 9 if title == "新" else "ABC".index(title) + 2)] for n, title in enumerate(titles, 1)
    ]
    report = imported(master, tracker(tmp_path, {"任务": again}, head=NUMBERED))
    assert counts(report) == (1, 0, 0, 3)
    assert column(master, "任务名称") == ["A", "B", "C", "新"]
    assert column(master, "任务ID") == ["1", "2", "3", "2-2"]


def test_an_import_taken_out_alone_can_be_made_again(tmp_path: Path) -> None:
    master = tmp_path / "主表.xlsx"
    imported(master, tracker(tmp_path, {"任务": ROWS}))
    path = tracker(tmp_path, {"任务": [[*ROWS[0][:5], "已完成"], *ROWS[1:]]})
    run = imported(master, path).json["run"]
    imported(master, tracker(tmp_path, {"任务": [["别的", *ROWS[1][1:]]]}, name="另一份.xlsx"))
    undo(master, only=run, confirmed=True, as_of=DAY, lang="zh")
    assert column(master, "完成状态")[0] == "进行中"
    assert counts(imported(master, path))[1] == 1


def test_undo_forgets_what_was_answered_in_the_import(tmp_path: Path) -> None:
    master = tmp_path / "主表.xlsx"
    imported(master, tracker(tmp_path, {"任务": ROWS}))
    moved = tracker(tmp_path, {"任务": [*ROWS[:2], [*ROWS[2][:3], "2026-11-10", "2026-11-25", "进行中"]]})
    imported(master, moved, answers=["1=同一行"], department="研发部")
    undo(master, as_of=DAY, lang="zh", confirm=lambda _: True)
    assert not any("照上次" in line for line in import_tracker(master, [moved], as_of=DAY, write=False, lang="zh").lines)
    assert [q["kind"] for q in import_tracker(master, [moved], as_of=DAY, write=False, lang="zh").json["questions"]] == ["same_row"]
    redo(master, as_of=DAY, lang="zh")
    assert import_tracker(master, [moved], as_of=DAY, write=False, lang="zh").json["questions"] == []


def test_a_row_deleted_in_the_master_and_changed_in_the_tracker_is_asked_about(tmp_path: Path) -> None:
    master = tmp_path / "主表.xlsx"
    imported(master, tracker(tmp_path, {"任务": ROWS}))
    book = workbook_at(master)
    for cell in next(row for row in book["任务跟踪表"].iter_rows() if row[0].value == "RW-002"):
        cell.value = None
    book.save(master)
    path = tracker(tmp_path, {"任务": [ROWS[0], [*ROWS[1][:5], "进行中"], ROWS[2]]})
    report = imported(master, path)
    assert counts(report) == (0, 0, 1, 2)
    assert imported(master, path).json["conflicts"] == []
    typed(master, "处理意见", None, "采用报送", "冲突处理")
    resolve(master, as_of=DAY, lang="zh")
    assert sorted(column(master, "任务名称")) == sorted(row[0] for row in ROWS)
    assert counts(imported(master, path)) == (0, 0, 0, 3)


def test_a_word_is_asked_once_for_all_files(tmp_path: Path) -> None:
    rows = [[*row[:5], "总结回顾"] for row in ROWS]
    paths = [
        tracker(tmp_path, {"任务": [[f"{name}{row[0]}", *row[1:]] for row in (*ROWS, rows[0])]}, name=f"{name}.xlsx") for name in "甲乙"
    ]
    look: dict[str, Any] = {"as_of": DAY, "write": False, "lang": "zh"}
    asked = import_tracker(tmp_path / "主表.xlsx", paths, **look).json["questions"]
    assert [q["kind"] for q in asked] == ["word"]
    answered = import_tracker(tmp_path / "主表.xlsx", paths, answers=["1=已完成"], **look)
    assert answered.json["questions"] == []
    assert "V201" not in {f["code"] for f in answered.json["findings"]}


def clashing(tmp_path: Path) -> tuple[Path, Path]:
    """A master in which two cells were changed that the next copy of its tracker has changed, too."""
    master = tmp_path / "主表.xlsx"
    imported(master, tracker(tmp_path, {"任务": ROWS}))
    typed(master, "完成状态", "未开始", "已暂停")
    typed(master, "负责人", "王芳", "赵强")
    return master, tracker(tmp_path, {"任务": [[*ROWS[0][:2], "孙丽", *ROWS[0][3:]], [*ROWS[1][:5], "进行中"], ROWS[2]]})


@pytest.mark.parametrize(("take", "owner", "status"), [("theirs", "孙丽", "进行中"), ("master", "赵强", "已暂停")])
def test_all_clashes_of_an_import_are_decided_at_once(tmp_path: Path, take: str, owner: str, status: str) -> None:
    master, path = clashing(tmp_path)
    report = imported(master, path, take=take)
    assert report.json["conflicts"] == []
    assert (column(master, "负责人")[0], column(master, "完成状态")[1]) == (owner, status)
    assert (len(report.json["changes"]) == 2) == (take == "theirs")
    assert counts(imported(master, path)) == (0, 0, 0, 3), "not asked again"
    if take == "theirs":
        undo(master, as_of=DAY, lang="zh", confirm=lambda _: True)
        assert (column(master, "负责人")[0], column(master, "完成状态")[1]) == ("赵强", "已暂停")


@pytest.mark.parametrize(("take", "owner"), [("theirs", "孙丽"), ("master", "赵强")])
def test_the_clashes_of_one_file_are_decided_afterwards(tmp_path: Path, take: str, owner: str) -> None:
    master, path = clashing(tmp_path)
    report = imported(master, path)
    assert any("--take theirs --file 旧表.xlsx" in line for line in report.lines)
    resolve(master, take=take, from_files=["旧表.xlsx"], as_of=DAY, lang="zh")
    assert column(master, "负责人")[0] == owner
    assert imported(master, path).json["conflicts"] == []


def test_all_clashes_take_one_of_two_words(tmp_path: Path) -> None:
    master, path = clashing(tmp_path)
    with pytest.raises(CollabError) as said:
        imported(master, path, take="later")
    assert (said.value.code, said.value.exit_code) == ("usage_take_import", 2)


def test_rows_gone_from_the_tracker_are_named(tmp_path: Path) -> None:
    """But for those that are finished: a tracker is cleared of them."""
    master = tmp_path / "主表.xlsx"
    imported(master, tracker(tmp_path, {"任务": [*ROWS, ["验收", "研发部", "张伟", "2026-10-03", "2026-10-18", "已完成"]]}))
    report = imported(master, tracker(tmp_path, {"任务": ROWS[:1]}))
    assert [m["key"] for m in report.json["missing"]] == ["RW-002", "RW-003"]
    assert any("RW-002 预热素材" in line and "RW-003 接口联调" in line and "验收" not in line for line in report.lines)


def test_rows_on_sheets_that_were_not_read_are_not_gone(tmp_path: Path) -> None:
    master = tmp_path / "主表.xlsx"
    path = tracker(tmp_path, {"一组": ROWS[:2], "二组": ROWS[2:]})
    imported(master, path)
    (tmp_path / "later").mkdir()
    other = tmp_path / "later" / path.name
    unclear = workbook_at(path)
    unclear["二组"]["A1"], unclear["二组"]["F1"] = "条目甲", "条目乙"
    unclear.save(other)
    looked = import_tracker(master, [other], as_of=DAY, write=False, lang="zh").json
    assert looked["questions"]
    assert looked["missing"] == [], "what stands below headings that nobody has explained is not gone"
    assert imported(master, path, sheets=["一组"]).json["missing"] == []
    assert [m["key"] for m in imported(master, tracker(tmp_path, {"一组": ROWS[:2]})).json["missing"]] == ["RW-003"]


def test_while_a_row_is_asked_about_none_is_called_gone(tmp_path: Path) -> None:
    """The one that is asked about may be any of them."""
    master = tmp_path / "主表.xlsx"
    imported(master, tracker(tmp_path, {"任务": ROWS}))
    other = [ROWS[0][0], ROWS[0][1], "赵强", "2026-11-11", *ROWS[0][4:]]
    looked = import_tracker(master, [tracker(tmp_path, {"任务": [other, ROWS[1]]})], as_of=DAY, write=False, lang="zh").json
    assert [q["kind"] for q in looked["questions"]] == ["same_row"]
    assert looked["missing"] == []


def test_another_file_of_the_same_name_says_nothing_of_the_rows_of_the_first(tmp_path: Path) -> None:
    """任务.xlsx of one department, and 任务.xlsx of another."""
    master = tmp_path / "主表.xlsx"
    for n, rows in enumerate((ROWS[:2], ROWS[2:])):
        (tmp_path / str(n)).mkdir()
        report = imported(master, tracker(tmp_path / str(n), {"任务": rows}, "任务.xlsx"))
        assert report.json["missing"] == []
    assert len(column(master, "任务名称")) == 3


CODED = [[f"A-{n}", *row] for n, row in enumerate(ROWS, 1)]


def test_ids_that_changed_places_do_not_carry_the_rows_along(tmp_path: Path) -> None:
    master = tmp_path / "主表.xlsx"
    imported(master, tracker(tmp_path, {"任务": CODED}, head=["任务ID", *HEAD]))
    typed(master, "备注", None, "PMO 记")
    swapped = [["A-2", *CODED[0][1:6], "已完成"], ["A-1", *CODED[1][1:]], CODED[2]]
    path = tracker(tmp_path, {"任务": swapped}, head=["任务ID", *HEAD])
    report = imported(master, path)
    assert [(c["key"], c["field"]) for c in report.json["changes"]] == [("A-1", "status")]
    assert [(m["id"], m["key"]) for m in report.json["moved"]] == [("A-2", "A-1"), ("A-1", "A-2")]
    assert any("A-2 → A-1 渠道谈判" in line for line in report.lines)
    assert column(master, "任务名称") == ["渠道谈判", "预热素材", "接口联调"]
    assert counts(imported(master, path)) == (0, 0, 0, 3)


def test_a_row_with_another_id_than_before_is_asked_about(tmp_path: Path) -> None:
    master = tmp_path / "主表.xlsx"
    imported(master, tracker(tmp_path, {"任务": CODED}, head=["任务ID", *HEAD]))
    path = tracker(tmp_path, {"任务": [["B-9", *CODED[0][1:]], *CODED[1:]]}, head=["任务ID", *HEAD])
    report = imported(master, path)
    assert counts(report) == (0, 0, 0, 2)
    assert [q["kind"] for q in report.json["questions"]] == ["same_row"]
    assert "A-1 → B-9" in report.json["questions"][0]["found"]
    assert counts(imported(master, path, answers=["1=是"])) == (0, 0, 0, 3)
    assert counts(imported(master, path)) == (0, 0, 0, 3), "known from now on"
    assert column(master, "任务ID") == ["A-1", "A-2", "A-3"]


def test_a_task_that_went_to_another_department_stays_one_row(tmp_path: Path) -> None:
    master = tmp_path / "主表.xlsx"
    imported(master, tracker(tmp_path, {"任务": ROWS}))
    report = imported(master, tracker(tmp_path, {"任务": [[ROWS[0][0], "研发部", *ROWS[0][2:]], *ROWS[1:]]}))
    assert [(c["key"], c["field"], c["new"]) for c in report.json["changes"]] == [("RW-001", "dept", "研发部")]
    assert counts(report) == (0, 1, 0, 2)


def test_a_formula_of_the_master_is_kept_and_said(tmp_path: Path) -> None:
    master = tmp_path / "主表.xlsx"
    imported(master, tracker(tmp_path, {"任务": ROWS}))
    typed(master, "负责人", "王芳", '="王"&"芳"')
    report = imported(master, tracker(tmp_path, {"任务": [[*ROWS[0][:2], "孙丽", *ROWS[0][3:]], *ROWS[1:]]}))
    assert report.json["held"] == [{"form": "tasks", "field": "owner", "keys": ["RW-001"]}]
    assert any("负责人" in line and "公式" in line and "RW-001" in line for line in report.lines)
    assert column(master, "负责人")[0] == '="王"&"芳"'


def test_formulas_without_a_result_come_in_once_they_have_one(tmp_path: Path) -> None:
    """Their text in the master would be an error at every row."""
    master = tmp_path / "主表.xlsx"
    rows = [[*row[:4], f"=D{n}+9", row[5], f"=D{n}-1"] for n, row in enumerate(ROWS, 2)]
    report = imported(master, tracker(tmp_path, {"任务": rows}, head=[*HEAD, "提醒日"]))
    assert column(master, "计划结束时间") == [None] * 3
    assert any("任务!E" in line and "任务!G" in line for line in report.lines)
    told = [row for table in report.listings for row in table.rows if "V213" in row]
    assert [row[2] for row in told] == ["任务!E2", "任务!G2"], "a line for each column"
    assert {f["cell"] for f in report.json["findings"] if f["code"] == "V213"} == {f"{c}{n}" for c in "EG" for n in (2, 3, 4)}
    imported(master, tracker(tmp_path, {"任务": ROWS}))
    assert [str(day)[:10] for day in column(master, "计划结束时间")] == [row[4] for row in ROWS]


def test_a_department_with_a_slip_of_the_hand_is_said_before(tmp_path: Path) -> None:
    rows = [[f"任务{n}", "供应链部", "张伟", "2026-11-03", "2026-11-18", "进行中"] for n in range(4)]
    path = tracker(tmp_path, {"任务": [*rows, ["其他", "供应琏部", *ROWS[0][2:]], ["接待", "行政部", *ROWS[0][2:]]]})
    report = import_tracker(tmp_path / "主表.xlsx", [path], as_of=DAY, write=False, lang="zh")
    (said,) = [line for line in report.lines if "笔误" in line]
    assert "供应琏部" in said
    assert "行政部" not in said
