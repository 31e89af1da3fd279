"""A resource is asked of another department: the row is in the giver's pack with only its answer open, the answer comes back through the
merge, the asker is told, and the working day for it runs from the time it was asked."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from e2e.small_project import DAY, Project
from workbooks import workbook_at

from collab_xl import verbs
from collab_xl.demo import desk
from collab_xl.forms import load
from collab_xl.model.directory import Department
from collab_xl.model.values import Value
from collab_xl.verbs.times import clock

ASKER, GIVER = "市场部", "研发部"
ASKED = datetime(2026, 11, 18, 16, 20)
DEPARTMENTS = (
    Department(ASKER, (), "李*", ("li@example.com",), "陈*总", "王*副总", "张*总"),
    Department(GIVER, (), "王*", ("wang@example.com",), "孙*总", "赵*副总", "张*总"),
)
OPEN = ("have", "answer", "answered_at", "status")


def tracker(folder: Path, rows: list[tuple[object, ...]], headings: tuple[str, ...]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "资源与交付计划"
    for row in (headings, *rows):
        sheet.append(row)
    path = folder / "资源.xlsx"
    book.save(path)
    return path


def row_of(project: Project, key: str) -> dict[str, Value]:
    return next(dict(row) for row in desk.values(project.master, "zh")["resources"] if row.get("resource_id") == key)


def front(pack: Path) -> list[tuple[object, ...]]:
    sheet = workbook_at(pack).worksheets[0]
    return [values for line in sheet.iter_rows(values_only=True) if any(values := tuple(v for v in line if v is not None))]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A master with one resource that 市场部 asks of 研发部, as an import brings it."""
    project = Project.start(tmp_path, forms="full", departments=DEPARTMENTS)
    path = tracker(
        tmp_path,
        [("ZY-001", "测试工程师", "人力", ASKER, GIVER, 4, "人")],
        ("资源编号", "资源名称", "资源类型", "需求部门", "资源方", "需求量", "单位"),
    )
    with clock.at(ASKED):
        verbs.import_tracker(project.master, [path], as_of=ASKED.date(), lang="zh", confirmed=True)
    return project


def test_the_giver_answers_in_its_pack_and_the_asker_is_told(project: Project) -> None:
    asked = row_of(project, "ZY-001")
    assert (asked["asked_at"], asked["status"]) == (ASKED, "waiting"), "an import starts the clock"

    verbs.flag(project.master, as_of=date(2026, 11, 19), lang="zh")
    (line,) = (row for row in project.listed("clocks") if row["row_key"] == "ZY-001")
    assert (line["department"], line["until"], line["to"]) == (GIVER, date(2026, 11, 19), "孙*总、PMO"), line
    late = verbs.check(project.master, as_of=DAY, lang="zh").json["findings"]
    assert [f["row_id"] for f in late if f["code"] == "T313"] == ["ZY-001"]
    (listed,) = (row for row in project.listed("findings") if row["code"] == "T313")
    assert listed["department"] == GIVER, "the list names who must answer"

    project.issue()
    sheet = workbook_at(project.packs[GIVER])["资源与交付计划"]
    heads = {cell.value: cell.column for cell in sheet[3]}
    values = {f.id: sheet.cell(4, heads[f.heading["zh"]]).value for f in load().form("resources").fields if f.heading["zh"] in heads}
    assert (values["resource_id"], values["need"], values["dept"], values["have"]) == ("ZY-001", 4, ASKER, None)
    assert sheet.cell(5, heads["资源编号"]).value is None
    free = {f.id for f in load().form("resources").fields if f.heading["zh"] in heads and is_white(sheet, 4, heads[f.heading["zh"]])}
    assert free == set(OPEN)
    asks = [line for line in front(project.packs[GIVER]) if "ZY-001" in str(line[0])]
    assert [(a[1], a[2]) for a in asks] == [("测试工程师", "2026-11-19 周四")]
    assert ASKER in str(asks[0][3])
    assert "需求量 4 人" in str(asks[0][3])
    assert all(load().form("resources").field(f).heading["zh"] in str(asks[0][4]) for f in OPEN), asks
    assert str(asks[0][4]).startswith("请贵部门答复，填写：")
    (own,) = (line for line in front(project.packs[ASKER]) if "ZY-001" in str(line[0]))
    assert own[-2:] == (f"等{GIVER}答复", "请填：交付时间"), "the answer is not the asker's"

    said = {"have": 3, "answer": "部分", "answered_at": datetime(2026, 11, 20, 9), "status": "部分落实", "name": "开发工程师"}
    report = project.consolidate(project.reply(GIVER, {("resources", "ZY-001"): said}, "答复"))
    (count,) = report.json["submissions"]
    assert (count["edits"], count["applied"], count["rights"]) == (5, 4, 1), count
    now = row_of(project, "ZY-001")
    assert (now["have"], now["answer"], now["status"], now["name"]) == (3, "part", "settled_part", "测试工程师")
    verbs.flag(project.master, as_of=DAY, lang="zh")
    assert row_of(project, "ZY-001")["gap"] == 0.25
    assert not [row for row in project.listed("clocks") if row["row_key"] == "ZY-001" and row["waits"] == "资源方答复"]
    (raised,) = (row for row in project.listed("escalations") if row["row_key"] == "ZY-001")
    assert {"王*副总", "赵*副总", "张*总"} <= set(str(raised["to"]).split("、")), "both superiors and the sponsor"

    project.issue()
    told = front(project.packs[ASKER])
    start = next(n for n, line in enumerate(told) if "对方部门的答复 4 项" in str(line[0]))
    lines = told[start + 2 : start + 6]
    assert {(line[0], line[2]) for line in lines} == {("ZY-001", GIVER)}
    assert "空白 → 部分 · 研发部" in {line[4] for line in lines}
    assert {line[3] for line in lines} == {load().form("resources").field(name).heading["zh"] for name in OPEN}, (
        "the column says what it is"
    )
    assert not [line for line in front(project.packs[GIVER]) if "对方部门的答复" in str(line[0])]


def is_white(sheet: object, row: int, column: int) -> bool:
    """Whether a cell of a pack is one that the department fills in: the others are grey."""
    fill = sheet.cell(row, column).fill  # type: ignore[attr-defined]
    return fill.fill_type is None or str(fill.fgColor.rgb).endswith("FFFFFF")


@pytest.mark.parametrize(
    ("said", "status", "asked_at"),
    [
        ({}, "waiting", ASKED),
        ({"资源状态": "待答复"}, "waiting", ASKED),
        ({"申请时间": datetime(2026, 11, 10, 9)}, "waiting", datetime(2026, 11, 10, 9)),
        ({"资源状态": "已落实"}, "settled", None),
        ({"答复": "可"}, None, None),
        ({"可用量": 1}, "waiting", ASKED),
        ({"资源方": "", "可用量": 1}, None, None),
        ({"资源方": ""}, "waiting", ASKED),
    ],
)
def test_what_an_import_says_of_the_answer_starts_no_clock(
    tmp_path: Path, said: dict[str, object], status: str | None, asked_at: datetime | None
) -> None:
    project = Project.start(tmp_path, forms="full")
    row = {"资源编号": "ZY-001", "资源名称": "测试工程师", "需求部门": ASKER, "资源方": GIVER, "需求量": 4, **said}
    path = tracker(tmp_path, [tuple(row.values())], tuple(row))
    with clock.at(ASKED):
        verbs.import_tracker(project.master, [path], as_of=ASKED.date(), lang="zh", confirmed=True)
    now = row_of(project, "ZY-001")
    assert (now.get("status"), now.get("asked_at")) == (status, asked_at)


def test_a_resource_added_in_a_pack_waits_since_it_was_sent_and_a_second_copy_may_correct_that(project: Project) -> None:
    project.issue()
    new = {"name": "推广预算", "giver": GIVER, "need": 5}
    project.consolidate(project.reply(ASKER, {("resources", "+0"): new}, "新增"))
    row = row_of(project, "ZY-002")
    assert (row["status"], row["asked_at"], row["dept"]) == ("waiting", datetime(2026, 11, 20, 12), ASKER)
    again = {**new, "asked_at": datetime(2026, 11, 19, 8, 30)}
    report = project.consolidate(project.reply(ASKER, {("resources", "+0"): again}, "更正", hour=13))
    assert report.json["conflicts"] == []
    assert row_of(project, "ZY-002")["asked_at"] == datetime(2026, 11, 19, 8, 30)


def test_a_department_that_is_no_longer_asked_has_no_right_to_answer(project: Project) -> None:
    project.issue()
    project.type(("resources", "ZY-001", "giver", ASKER))
    report = project.consolidate(project.reply(GIVER, {("resources", "ZY-001"): {"answer": "可"}}, "答复"))
    (count,) = report.json["submissions"]
    assert (count["applied"], count["rights"]) == (0, 1)
    assert row_of(project, "ZY-001")["answer"] is None
