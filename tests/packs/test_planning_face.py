"""The department task list T13 in packs: until work has begun or a baseline is set, where goals are agreed on."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path

import pytest
from tables import directory, table, tasks
from workbooks import workbook_at

from collab_xl.book.read import read_book
from collab_xl.build.pack import build_pack
from collab_xl.forms import InUse, load, schema_of
from collab_xl.forms.own_fields import FieldSaid
from collab_xl.model.pack_plan import PackPlan
from collab_xl.model.sheets import Table
from collab_xl.plan.issue import packs_for
from collab_xl.read.context import Context
from collab_xl.read.table import parse_table
from collab_xl.settings import Settings

SCHEMA = load()
PEOPLE = directory("| 部门 | 接口人 | 邮箱 |\n| 研发部 | 王主管 | rd@x.cn |")
GOALS = table("goals", "| 目标编号 | 目标 | 涉及部门 | 目标状态 |\n| MB-01 | 不丢单 | 研发部 | 进行中 |")
NONE_YET = table("goals", "| 目标编号 | 目标 | 涉及部门 | 目标状态 |")
HEAD = "| 任务ID | 任务名称 | 负责部门 | 基准完成 | 当前进度 | 完成状态 |\n"
PLANNED = tasks(
    HEAD + "| RW-001 | 联调 | 研发部 | | 0% | 未开始 |\n| RW-002 | 压测 | 研发部 | | | |\n| RW-003 | 旧的 | 研发部 | | | 已取消 |"
)
SHOWN = [
    "任务ID",
    "任务名称",
    "所属需求编号",
    "负责部门",
    "负责人",
    "计划开始时间",
    "计划结束时间",
    "计划交付物",
    "前置任务",
    "备注",
    "所需资源",
]


def planned(goals: Table, work: Table) -> PackPlan:
    monday = datetime(2026, 11, 16, 9)
    tables = {"goals": goals, "tasks": work}
    (plan,) = packs_for(tables, SCHEMA, PEOPLE, Settings(), week="2026-W47", issued_at=monday, make_id=lambda name: "P-47")
    return plan


def test_before_work_begins_a_pack_asks_for_the_plan() -> None:
    plan = planned(GOALS, PLANNED)
    book = workbook_at(io.BytesIO(build_pack(plan, SCHEMA, "zh", PEOPLE, "0" * 64, "产品", "p-1")))
    sheet = book["任务跟踪表"]
    assert sheet["A1"].value == "部门协作任务清单"
    assert [cell.value for cell in sheet[3]] == [*SHOWN[:2], "本周提示", *SHOWN[2:], "row_id"]
    assert [sheet.cell(row, 2).value for row in (4, 5, 6)] == ["联调", "压测", None], "blank rows for proposals follow"
    page = book.worksheets[0]
    wanted = next(row for row in page.iter_rows() for cell in row if str(cell.value).startswith("部门协作任务清单"))
    assert [cell.hyperlink.location for cell in wanted if cell.hyperlink] == ["'任务跟踪表'!A1"]
    assert "2 项任务，填写 负责人、计划交付物、备注、所需资源" in " ".join(str(cell.value) for cell in wanted)


def test_the_columns_it_leaves_out_are_not_missing(tmp_path: Path) -> None:
    path = tmp_path / "pack.xlsx"
    path.write_bytes(build_pack(planned(GOALS, PLANNED), SCHEMA, "zh", PEOPLE, "0" * 64, "产品", "p-1"))

    def missing() -> list[str]:
        book = read_book(path)
        ref = book.tables["Tasks"]
        return [
            str(f.expected)
            for f in parse_table(book.snapshot(ref.sheet), ref, SCHEMA.form("tasks"), Context("zh", PEOPLE))[1]
            if f.code == "H105"
        ]

    assert missing() == []
    book = workbook_at(path)
    sheet = book["任务跟踪表"]
    (cell,) = (c for c in sheet[3] if c.value == "计划交付物")
    cell.value = next(c for c in sheet.tables["Tasks"].tableColumns if c.name == "计划交付物").name = "别的"
    book.save(path)
    assert missing() == ["计划交付物"]


def test_a_field_of_ones_own_is_in_it() -> None:
    said = (FieldSaid("own_1", "预计工时", kind="amount"), FieldSaid("own_2", "内部编号", kind="text", in_pack=False))
    schema = schema_of(SCHEMA, tuple(InUse(f.id, f.version, own=said if f.id == "tasks" else ()) for f in SCHEMA.forms))
    (plan,) = packs_for(
        {"goals": GOALS, "tasks": PLANNED}, schema, PEOPLE, Settings(), week="2026-W47", issued_at=datetime(2026, 11, 16, 9),
        make_id=lambda name: "P-47",
    )  # fmt: skip
    (sheet,) = (sheet for sheet in plan.sheets if sheet.form == "tasks")
    assert (sheet.planning, sheet.fields[-1]) == (True, "own_1")


@pytest.mark.parametrize(
    ("goals", "row"),
    [
        (NONE_YET, "| RW-001 | 联调 | 研发部 | | | 未开始 |"),
        (GOALS, "| RW-001 | 联调 | 研发部 | 2026-12-04 | | 未开始 |"),
        (GOALS, "| RW-001 | 联调 | 研发部 | | | 进行中 |"),
        (GOALS, "| RW-001 | 联调 | 研发部 | | 10% | |"),
        (GOALS, "| RW-001 | 联调 | 研发部 | | | 已完成 |"),
    ],
    ids=["no goals", "a baseline", "begun", "progress", "done"],
)
def test_otherwise_it_asks_for_the_progress_too(goals: Table, row: str) -> None:
    plan = planned(goals, tasks(HEAD + row))
    (sheet,) = (sheet for sheet in plan.sheets if sheet.form == "tasks")
    assert not sheet.planning
    assert {"progress", "status", "actual_end"} <= set(sheet.fields)
