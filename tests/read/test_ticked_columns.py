"""Ticks spread over columns named by the choices of one list are one column."""

from __future__ import annotations

from datetime import date

import pytest
from sheets_as_typed import SCHEMA, at, context, snapshot

from collab_xl.model.values import Unreadable
from collab_xl.read.sheet import Parsed, parse_sheet
from collab_xl.read.told import Told

DAY = date(2026, 11, 3)
WORK = ["整理接口清单", "搭建测试环境", "编写用户手册", "召开评审会议"]
HEAD = ["任务名称", "负责人", "计划结束时间"]


def read(rows: list[list[object]], lang: str = "zh", merges: tuple[str, ...] = (), **more: object) -> Parsed:
    return parse_sheet(snapshot(rows, merges=merges), SCHEMA, context(lang, **more))


def lines(*ticks: list[object]) -> list[list[object]]:
    return [[name, "张伟", DAY, *marks] for name, marks in zip(WORK, ticks, strict=False)]


@pytest.mark.parametrize("mark", ["☑", "√", "✔️", "x", "●", 1, True])
def test_a_tick_below_a_choice_is_that_choice(mark: object) -> None:
    parsed = read(
        [[*HEAD, "未开始", "进行中", "已完成"], *lines([None, mark, None], [mark, None, None], [None, None, mark], [None, None, None])]
    )
    (table,) = parsed.tables
    assert [table.get(i, "status") for i in range(4)] == ["in_progress", "not_started", "done", None]
    assert [table.at(i, "status").cell for i in range(3)] == ["E2", "D3", "F4"]
    assert not table.extra
    assert at(parsed.findings, "H129") == ["D1"]
    assert not at(parsed.findings, "H101")


def test_boxes_that_are_not_ticked_are_blank() -> None:
    parsed = read([[*HEAD, "未开始", "进行中"], *lines(["☐", "☑"], ["☑", "☐"], ["☑", "☐"])])
    assert parsed.tables[0].values["status"] == ["in_progress", "not_started", "not_started"]


def test_the_choices_may_stand_in_a_second_line() -> None:
    parsed = read(
        [
            [*HEAD, "完成状态", None, None, "备注"],
            [None, None, None, "未开始", "进行中", "已完成"],
            *lines([None, "√", None, "a"], ["√", None, None, "b"]),
        ],
        merges=("D1:F1",),
    )
    (table,) = parsed.tables
    assert table.heading_rows == (1, 2)
    assert (table.values["status"], table.values["remark"]) == (["in_progress", "not_started"], ["a", "b"])


def test_two_ticks_in_a_row_are_reported_and_not_chosen_from() -> None:
    parsed = read([[*HEAD, "未开始", "进行中"], *lines(["√", "√"], ["√", None], [None, "√"])])
    assert isinstance(parsed.tables[0].get(0, "status"), Unreadable)
    assert at(parsed.findings, "V215") == ["D2"]


def test_levels_are_read_as_well() -> None:
    rows: list[list[object]] = [
        ["问题描述", "责任人", "一般", "跨部门", "紧急"],
        ["登录超时", "张伟", None, None, "√"],
        ["报表错位", "李娜", "√", None, None],
    ]
    assert read(rows).tables[0].values["level"] == ["urgent", "normal"]


def test_in_english() -> None:
    rows: list[list[object]] = [
        ["Task", "Owner", "Due", "Not started", "In progress", "Done"],
        ["Write the manual", "Ann Lee", DAY, None, "x", None],
        ["Set up the test bed", "Bob Ray", DAY, None, None, "X"],
    ]
    assert read(rows, "en").tables[0].values["status"] == ["in_progress", "done"]


@pytest.mark.parametrize(
    "ticks",
    [
        [["昨天", None], [None, "√"], ["√", None]],  # other content
        [[3, 5], [1, 0], [0, 1]],  # numbers
        [["√", "√"], ["√", "√"], ["√", None]],  # both ticked again and again
    ],
)
def test_other_grids_are_left_alone(ticks: list[list[object]]) -> None:
    parsed = read([[*HEAD, "未开始", "进行中"], *lines(*ticks)])
    assert "status" not in parsed.tables[0].columns
    assert not at(parsed.findings, "H129")


def test_a_status_column_goes_first() -> None:
    parsed = read([[*HEAD, "完成状态", "未开始", "进行中"], *lines(["已完成", "√", None], ["已完成", None, "√"])])
    assert parsed.tables[0].values["status"] == ["done", "done"]


def test_a_person_may_say_that_they_are_none() -> None:
    told = Told(columns={4: "", 5: ""})
    parsed = read([[*HEAD, "未开始", "进行中"], *lines([None, "√"], ["√", None])], told=told)
    assert "status" not in parsed.tables[0].columns
