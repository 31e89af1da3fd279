"""Request forms (T12) as departments write them: labels in one column, values beside, parts as texts or as small tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from collab_xl.forms import load
from collab_xl.model.directory import Department, Directory
from collab_xl.model.place import Area
from collab_xl.model.sheets import Snapshot
from collab_xl.model.values import Value
from collab_xl.read.context import Context
from collab_xl.read.sheet import Parsed, parse_sheet

NAMES = ("市场部", "技术部", "运营部", "产品部", "Marketing", "IT")
DIRECTORY = Directory(tuple(Department(n, (), "", (), "", "", "") for n in NAMES))


def read(rows: Sequence[Sequence[Value]], merges: Sequence[Area] = (), lang: str = "zh", sheet: str = "申请表") -> Parsed:
    snapshot = Snapshot(sheet, 1, 1, [list(row) for row in rows], merges=tuple(merges))
    return parse_sheet(snapshot, load(), Context(lang, DIRECTORY, (date(2026, 11, 20), date(2026, 11, 20))))


def rows_of(parsed: Parsed, form: str) -> list[dict[str, Value]]:
    return [
        {f: t.get(i, f) for f in t.values if t.get(i, f) is not None} for t in parsed.tables if t.form == form for i in range(len(t))
    ]  # fmt: skip


HEAD: list[list[Value]] = [["合作名称", "直播活动"], ["发起部门", "产品部"], ["涉及部门", "市场部、技术部"], ["合作背景与目标", "拉新1万"]]


@pytest.mark.parametrize(
    ("said", "milestones"),
    [
        ("需求确认(7月5日)→功能开发（7月26日）→上线(8.1)", [("需求确认", (7, 5)), ("功能开发", (7, 26)), ("上线", (8, 1))]),
        ("1、需求确认：7月5日\n2、上线：8月1日前", [("需求确认", (7, 5)), ("上线", (8, 1))]),
        ("2026-07-05 需求确认；2026-08-01 上线", [("需求确认", (7, 5)), ("上线", (8, 1))]),
        ("需求确认7月5日，上线8月1日", [("需求确认", (7, 5)), ("上线", (8, 1))]),
        ("需求确认；开发、测试；上线", [("需求确认", None), ("开发、测试", None), ("上线", None)]),
    ],
)
def test_milestones_in_one_cell(said: str, milestones: list[tuple[str, tuple[int, int] | None]]) -> None:
    parsed = read([*HEAD, ["关键里程碑", said]])
    found = rows_of(parsed, "tasks")
    assert [(r["name"], (r["end"].month, r["end"].day) if isinstance(r.get("end"), date) else None) for r in found] == milestones
    assert all(r["milestone"] is True and r["req_id"] == "直播活动" for r in found)
    (table,) = (t for t in parsed.tables if t.form == "tasks")
    assert {table.place(i, "name") for i in range(len(table))} == {"申请表!B5"}


def test_resources_and_opinions_in_one_cell() -> None:
    parsed = read(
        [
            *HEAD,
            ["资源需求", "技术部：3名开发工程师、测试人员2人；市场部：5万元推广预算；若干场地支持"],
            ["预期成果", "活动页1个"],
            ["部门负责人意见", "市场部经理：同意；技术部/王*：有保留（人手不足，2026-11-18）；运营部：再议"],
        ]
    )
    assert [
        (r["name"], r["need"], r["unit_name"], r["giver"], r.get("resource_kind"), r["dept"]) for r in rows_of(parsed, "resources")
    ] == [
        ("开发工程师", 3, "名", "技术部", "people", "产品部"),
        ("测试人员", 2, "人", "技术部", "people", "产品部"),
        ("推广预算", 50000, "元", "市场部", "budget", "产品部"),
    ]
    assert rows_of(parsed, "acceptance") == [{"result_name": "直播活动", "expected_result": "活动页1个", "req_id": "直播活动"}]
    agreed, reserved = rows_of(parsed, "signatures")
    assert (agreed["dept"], agreed["opinion"], agreed["person"], agreed["matter"]) == ("市场部", "consent", "经理", "直播活动 · 市场部")
    assert (reserved["opinion"], reserved["reason_given"], reserved["signed_on"]) == ("reserved", "人手不足", date(2026, 11, 18))
    assert [(f.code, str(f.at), f.found) for f in parsed.findings if f.code == "H126"] == [
        ("H126", "申请表!B5", "若干场地支持"),
        ("H126", "申请表!B7", "运营部：再议"),
    ]
    assert not [f for f in parsed.findings if f.code == "H101"], "the labels of parts are no columns of the user's own"


def test_parts_as_small_tables_beside_a_merged_label() -> None:
    rows: list[list[Value]] = [
        ["一、合作名称", "直播活动", None, "紧急程度", "紧急"],
        ["二、发起部门", "产品部", None, "期望完成时间", date(2026, 12, 31)],
        ["三、涉及部门", "市场部"],
        ["四、关键里程碑", "节点", "时间", "责任部门"],
        [None, "需求确认", date(2026, 12, 5), "技术部"],
        [None, "上线", "12月20日", "市场部"],
        [None],
        ["五、部门负责人意见", "部门", "意见", "签字", "日期"],
        [None, "市场部", "同意", "李*", date(2026, 11, 19)],
        ["备注", "尽快"],
    ]
    parsed = read(rows, [Area(4, 1, 7, 1), Area(8, 1, 9, 1)])
    (wanted,) = rows_of(parsed, "requirements")
    assert (wanted["name"], wanted["urgency"], wanted["due"], wanted["remark"]) == ("直播活动", "urgent", date(2026, 12, 31), "尽快")
    assert [(r["name"], r["end"], r["dept"]) for r in rows_of(parsed, "tasks")] == [
        ("需求确认", date(2026, 12, 5), "技术部"),
        ("上线", date(2026, 12, 20), "市场部"),
    ]
    (table,) = (t for t in parsed.tables if t.form == "tasks")
    assert [table.place(i, "end") for i in range(2)] == ["申请表!C5", "申请表!C6"]
    (signed,) = rows_of(parsed, "signatures")
    assert (signed["dept"], signed["opinion"], signed["person"], signed["signed_on"]) == ("市场部", "consent", "李*", date(2026, 11, 19))


def test_parts_below_a_label_of_their_own() -> None:
    rows: list[list[Value]] = [
        *HEAD,
        ["资源需求"],
        ["资源名称", "数量", "单位", "提供部门"],
        ["服务器", 2, "台", "技术部"],
        ["预期成果", "活动页"],
        ["客户名称", "甲公司"],
    ]
    parsed = read(rows, [Area(5, 1, 5, 4)])
    assert [(r["name"], r["need"], r["unit_name"], r["giver"]) for r in rows_of(parsed, "resources")] == [("服务器", 2, "台", "技术部")]
    assert "resources" not in rows_of(parsed, "requirements")[0]
    assert [(f.found, str(f.at)) for f in parsed.findings if f.code == "H101"] == [("客户名称", "申请表!A9")]


def test_a_grid_beside_a_label_of_a_field_is_no_value_of_it() -> None:
    """关键资源需求 is a field of the row; what stands beside it here are headings."""
    rows: list[list[Value]] = [
        *HEAD,
        ["关键资源需求", "资源名称", "数量", "提供部门"],
        [None, "服务器", 2, "技术部"],
        ["期望完成时间", date(2026, 12, 31)],
        ["客户名称", "甲公司"],
    ]
    parsed = read(rows, [Area(5, 1, 6, 1)])
    (wanted,) = rows_of(parsed, "requirements")
    assert (wanted.get("resources"), wanted["due"]) == (None, date(2026, 12, 31))
    assert [(r["name"], r["need"], r["giver"]) for r in rows_of(parsed, "resources")] == [("服务器", 2, "技术部")]
    assert [f.found for f in parsed.findings if f.code == "H101"] == ["客户名称"]


def test_english() -> None:
    rows = [
        ["Request", "Live sale"], ["Requested by", "Marketing"], ["Departments involved", "IT"],
        ["Background and goal", "10,000 new users"],
        ["Key milestones", "Kick-off (5 Dec) -> Go-live (20 December 2026)"], ["Resources", "IT: 3 developers"],
        ["Opinions of the heads", "IT head: agreed"],
    ]  # fmt: skip
    parsed = read(rows, lang="en", sheet="Request form")
    assert [(r["name"], r["end"]) for r in rows_of(parsed, "tasks")] == [("Kick-off", date(2026, 12, 5)), ("Go-live", date(2026, 12, 20))]
    assert [(r["name"], r["need"], r["giver"]) for r in rows_of(parsed, "resources")] == [("developers", 3, "IT")]
    assert [(r["dept"], r["opinion"], r["person"]) for r in rows_of(parsed, "signatures")] == [("IT", "consent", "head")]


def test_other_sheets_have_no_parts() -> None:
    register = read([["需求名称", "发起部门", "涉及部门", "资源需求"], ["直播活动", "产品部", "市场部", "3名开发"]], sheet="需求登记表")
    assert [t.form for t in register.tables] == ["requirements"]
    several = read(
        [
            ["合作名称", "甲", "乙"],
            ["发起部门", "产品部", "市场部"],
            ["涉及部门", "市场部", "产品部"],
            ["核心目标", "一", "二"],
            ["资源需求", "3名开发", "2名测试"],
        ]
    )
    assert [t.form for t in several.tables] == ["requirements", "requirements"]
