"""The request form (T12) both ways: a filled one becomes proposals, accepted rows refer to each other, and one made from the register
comes back without a change."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

import pytest
from small_project import DAY, DEPARTMENTS, Project, stamp, type_into
from workbooks import workbook_at

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.errors import CollabError
from collab_xl.forms import load
from collab_xl.model.directory import Department
from collab_xl.plan.lists import columns_of
from collab_xl.verbs.report import no_progress

SAMPLE = next((Path(__file__).parent.parent / "cases" / "samples").glob("05_*.xlsx"))
LABELS = {
    "zh": ("合作名称", "发起部门", "涉及部门", "合作背景与目标", "关键里程碑", "资源需求", "预期成果", "部门负责人意见"),
    "en": ("Request", "Requested by", "Departments involved", "Background and goal", "Key milestones", "Resources needed",
           "Expected outcome", "Opinions of the heads"),
}  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.start(tmp_path, forms="full", departments=(*DEPARTMENTS, Department("产品部", (), "陈*", ("chen@example.com",))))


def accept(project: Project, **instead: str) -> None:
    """Accept what waits on 冲突处理; `instead`: name of a row → another decision."""
    book, service = read_book(project.master), load().service("conflicts")
    ref = book.tables[service.table]
    col, snap = columns_of(ref, service), book.snapshot(ref.sheet)
    rows = range(ref.data.first_row, ref.data.last_row + 1)
    words = {row: instead.get(str(snap.value(row, col["name"])), "采用报送") for row in rows if snap.value(row, col["id"])}
    type_into(project.master, ref.sheet, {(row, col["decision"]): word or None for row, word in words.items()})
    verbs.resolve(project.master, as_of=DAY, lang="zh")


def fill_in(path: Path, target: Path, lang: str, values: Mapping[int, object], saved: datetime) -> None:
    """Fill in an empty form as a department does: number of a label → its value, or the rows of its part."""
    workbook = workbook_at(path)
    (sheet,) = workbook.worksheets
    at = {sheet.cell(row, 1).value: row for row in range(1, sheet.max_row + 1)}
    for number, value in values.items():
        row = at[LABELS[lang][number]]
        for n, line in enumerate(value, 1) if isinstance(value, list) else ():
            for heading, said in line.items():
                col = next(c for c in range(2, 9) if sheet.cell(row, c).value == heading)
                sheet.cell(row + n, col).value = said
        if not isinstance(value, list):
            sheet.cell(row, 2).value = value  # type: ignore[assignment]
    workbook.save(target)
    stamp(target, saved)


def test_a_request_becomes_proposals_and_its_rows_belong_together(project: Project) -> None:
    inbox = project.folder / "inbox"
    inbox.mkdir()
    file = inbox / "申请.xlsx"
    shutil.copyfile(SAMPLE, file)
    stamp(file, datetime(2026, 11, 20, 12))
    before = project.data()
    first = verbs.collect(project.master, [file], department=None, as_of=DAY, lang="zh", progress=no_progress)
    assert [(i["state"], i["department"]) for i in first.json["items"]] == [("accepted", "产品部")]
    report = project.consolidate()
    assert project.data() == before, "a request is a proposal"
    (count,) = report.json["submissions"]
    assert (count["applied"], count["excluded"], count["rows_new"]) == (0, count["edits"], 11)
    # 功能开发 before its requirement, the rest later: the order of the PMO's decisions does not matter
    accept(project, **{"2024年Q3用户增长活动": "暂缓", "需求确认": "暂缓"})
    made = {str(row["任务名称"]): row for row in project.data()["tasks"].values()}
    assert made["功能开发"]["所属需求编号"] == "2024年Q3用户增长活动"
    accept(project)
    data = project.data()
    assert data["requirements"]["XZ-2026-002"]["发起人及联系方式"] == "*产品经理，138****0000"
    names = {row["任务名称"]: row for row in data["tasks"].values() if row.get("所属需求编号") == "XZ-2026-002"}
    assert set(names) == {"需求确认", "功能开发", "活动上线", "数据复盘"}
    assert {row["里程碑"] for row in names.values()} == {"是"}
    assert {(r["资源名称"], r["需求量"], r["所属需求编号"]) for r in data["resources"].values()} == {
        ("开发工程师", 3, "XZ-2026-002"),
        ("推广预算", 50000, "XZ-2026-002"),
        ("活动执行专员", 2, "XZ-2026-002"),
    }
    assert {(r["签认部门"], r["签认意见"], r["签认对象"]) for r in data["signatures"].values()} == {
        ("市场部", "同意", "XZ-2026-002"),
        ("技术部", "同意", "XZ-2026-002"),
    }
    assert [r["所属需求编号"] for r in data["acceptance"].values()] == ["XZ-2026-002"]
    waiting = {(r["资源状态"], r["申请时间"]) for r in data["resources"].values()}
    assert waiting == {("待答复", datetime(2026, 11, 20, 12))}, "the giver's working day has begun"
    found = verbs.flag(project.master, as_of=date(2026, 11, 24), lang="zh").json["findings"]
    assert {f["row_id"] for f in found if f["code"] == "T313"} == set(data["resources"])

    # the register as a request form, sent back as it is: nothing to decide
    made_again = Path(verbs.request(project.master, ["XZ-2026-002"], as_of=DAY, out=inbox, lang="zh").json["files"][0]["file"])
    stamp(made_again, datetime(2026, 11, 20, 13))
    report = project.consolidate(made_again)
    assert [(c["edits"], c["rows_new"]) for c in report.json["submissions"]] == [(0, 0)]
    assert not report.json["conflicts"]
    # the same request corrected: the changed cell and the new milestone are asked, the rest is known
    workbook = workbook_at(file)
    workbook.active["B8"] = "需求确认(7月5日)→功能开发(7月29日)→活动上线(8月1日)→数据复盘(9月2日)→归档(9月9日)"
    workbook.save(inbox / "更正.xlsx")
    stamp(inbox / "更正.xlsx", datetime(2026, 11, 20, 14))
    asked = project.consolidate(inbox / "更正.xlsx").json["conflicts"]
    assert {(c["field"] or "", c["row_id"] if c["field"] else "") for c in asked} == {("", ""), ("end", names["功能开发"]["任务ID"])}
    assert len(asked) == 2


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_empty_form_filled_in(tmp_path: Path, lang: str) -> None:
    project = Project.start(tmp_path, lang=lang, forms="full")
    (made,) = verbs.request(project.master, (), as_of=DAY, lang=lang).json["files"]
    zh = lang == "zh"
    m, r, _, o = load().form("requirements").request.parts  # type: ignore[union-attr]
    word = {c.field: c.heading[lang] for p in (m, r, o) for c in reversed(p.columns)}
    end, giver, signed = (next(c.heading[lang] for c in p.columns if c.field == f) for p, f in ((m, "end"), (r, "giver"), (o, "person")))
    name = m.columns[1].heading[lang]
    resource = r.columns[1].heading[lang]
    filled = project.folder / "filled.xlsx"
    values = {
        0: "直播带货", 1: "市场部", 2: "研发部、市场部", 3: "拉新1万",
        4: [{name: "上线", end: datetime(2026, 12, 20)}, {name: "复盘", end: "2026.12.25"}],
        5: [{resource: "主播", word["need"]: 2, giver: "研发部"}],
        6: "成交100单",
        7: [{o.columns[1].heading[lang]: "研发部", word["opinion"]: "同意" if zh else "Agreed", signed: "王*"}],
    }  # fmt: skip
    fill_in(Path(str(made["file"])), filled, lang, values, datetime(2026, 11, 20, 15))
    report = project.consolidate(filled)
    (count,) = report.json["submissions"]
    assert (count["department"], count["rows_new"], count["unreadable"]) == ("市场部", 6, 0)
    forms = {row["sheet"] for row in project.listed("conflicts")}
    assert forms == {load().form(f).sheet[lang] for f in ("requirements", "tasks", "resources", "acceptance", "signatures")}
    (wanted,) = (c["candidates"][0]["value"] for c in report.json["conflicts"] if not c["field"] and "goal" in c["candidates"][0]["value"])
    assert "resources" not in wanted, "a heading of the grid is no value of its label"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_room_of_a_part_is_where_its_long_texts_are(tmp_path: Path, lang: str) -> None:
    """What is left of the width goes to the widest columns, not to the first ones (a date, a department)."""
    project = Project.start(tmp_path, lang=lang, forms="full")
    (made,) = verbs.request(project.master, (), as_of=DAY, lang=lang).json["files"]
    sheet = workbook_at(Path(str(made["file"]))).worksheets[0]
    wide = {str(sheet.cell(a.min_row, a.min_col).value): a.size["columns"] for a in sheet.merged_cells.ranges if a.size["rows"] == 1}
    milestones, _, _, opinions = load().form("requirements").request.parts  # type: ignore[union-attr]
    head = {(part.of, c.field): c.heading[lang] for part in (milestones, opinions) for c in part.columns}
    got = [wide.get(head[at], 1) for at in (("tasks", "name"), ("tasks", "end"), ("tasks", "standard"), ("signatures", "reason_given"))]
    assert got == [2, 1, 2, 2]


def test_import_and_what_is_there_already(project: Project) -> None:
    report = verbs.import_tracker(project.master, [SAMPLE], as_of=DAY, confirmed=True, lang="zh")
    assert report.json["written"] == 11
    tasks = [row for row in project.data()["tasks"].values() if row.get("所属需求编号") == "XZ-2026-002"]
    assert [row["计划结束时间"] for row in tasks] == [date(2024, 7, 5), date(2024, 7, 26), date(2024, 8, 1), date(2024, 9, 2)]
    again = verbs.import_tracker(project.master, [SAMPLE], as_of=DAY, confirmed=True, lang="zh")
    assert again.json["written"] == 0


def test_forms_not_in_use_are_said_not_dropped(tmp_path: Path) -> None:
    project = Project.start(tmp_path, departments=DEPARTMENTS)
    file = tmp_path / "申请.xlsx"
    shutil.copyfile(SAMPLE, file)
    report = verbs.consolidate(project.master, [file], department="市场部", as_of=DAY, lang="zh", progress=no_progress)
    kinds = {(row["kind"], row["sheet"]) for row in project.listed("conflicts")}
    assert ("未入账", "资源与交付计划") in kinds
    assert report.json["submissions"][0]["rows_new"] == 5, "the requirement and its milestones"


def test_unknown_id(project: Project) -> None:
    with pytest.raises(CollabError) as error:
        verbs.request(project.master, ["XZ-9"], as_of=DAY, lang="zh")
    assert (error.value.code, error.value.exit_code) == ("request_unknown", 2)
