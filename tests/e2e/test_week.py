"""The whole week on real files, verb after verb: what the sheets hold, what is accounted for, what comes back."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from copied import copy_project
from samples import sample
from small_project import DAY, WEEK, Project
from workbooks import workbook_at

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.demo import desk
from collab_xl.errors import CONFLICTS, FINDINGS, OK
from collab_xl.model.directory import Department

PARTS = ("applied", "same", "conflicts", "rights", "not_cleared", "unreadable", "excluded")


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a master and its packs issued; tests work on copies."""
    folder = tmp_path_factory.mktemp("issued")
    project = Project.start(folder)
    project.issue()
    return folder


@pytest.fixture
def project(issued: Path, tmp_path: Path) -> Project:
    folder = tmp_path / "project"
    copy_project(issued, folder)
    copy = Project(folder)
    copy.packs = {path.stem.split("_")[-2]: path for path in (folder / "outbox").glob("*.xlsx")}
    return copy


def test_a_filled_pack_reaches_the_master_and_every_edit_is_accounted_for(project: Project) -> None:
    reply = project.reply(
        "市场部",
        {
            ("tasks", "RW-001"): {"progress": 1, "status": "已完成", "actual_end": "2026-11-18", "done_this_week": "问卷上线"},
            ("tasks", "RW-003"): {"progress": "完成80%", "risk": '=HYPERLINK("x")', "start": "2026-12-01"},
            ("problems", "+0"): {"description": "素材未定稿", "raised_at": "2026-11-19", "level": "一般", "dept": "市场部"},
            ("tasks", "+0"): {"name": "渠道铺货", "owner": "*经理"},
        },
        "市场部",
    )
    report = project.consolidate(reply)
    (account,) = report.json["submissions"]
    assert account["edits"] == sum(account[part] for part in PARTS)
    assert account["rights"] == 1  # 计划开始时间 belongs to the PMO
    assert project.value("tasks", "RW-001", "progress") == 1
    assert project.value("tasks", "RW-001", "status") == "已完成"
    assert str(project.value("tasks", "RW-001", "actual_end")) == "2026-11-18"
    assert project.value("tasks", "RW-003", "progress") == 0.8
    assert project.value("tasks", "RW-003", "start") != "2026-12-01"
    assert project.value("problems", "WT-002", "description") == "素材未定稿"
    assert "渠道铺货" not in str(project.data()["tasks"])  # a proposal until the PMO confirms
    assert {c["kind"] for c in report.json["conflicts"]} == {"rights", "new_task"}
    assert report.exit_code == CONFLICTS


def test_text_that_looks_like_a_formula_stays_text_and_a_negative_number_stays_one(project: Project) -> None:
    hostile = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0"]
    fields = ["risk", "late_reason", "measure", "done_this_week", "plan_next_week"]

    reply = project.reply("市场部", {("tasks", "RW-001"): {"remark": -5}}, "恶意")
    workbook = workbook_at(reply)
    sheet = next(ws for ws in workbook if "Tasks" in ws.tables)
    head = sheet[sheet.tables["Tasks"].ref.partition(":")[0]].row
    from collab_xl.forms import load

    columns = {c.value: c.column for c in sheet[head]}
    row = next(r for r in range(head + 1, sheet.max_row) if sheet.cell(r, columns["任务ID"]).value == "RW-001")
    for field, words in zip(fields, hostile, strict=True):
        cell = sheet.cell(row, columns[load().form("tasks").field(field).heading["zh"]])
        cell.value = words
        cell.data_type = "s"
    workbook.save(reply)
    project.consolidate(reply)
    book = read_book(project.master)
    snapshot = book.snapshot(book.tables["Tasks"].sheet)
    assert not snapshot.formulas
    assert [project.value("tasks", "RW-001", f) for f in fields] == hostile
    assert str(project.value("tasks", "RW-001", "remark")) == "-5"


def test_the_same_inbox_twice_changes_nothing(project: Project) -> None:
    reply = project.reply("研发部", {("tasks", "RW-002"): {"progress": "60%"}}, "研发部")
    assert project.consolidate(reply).json["submissions"][0]["applied"] == 1
    before = project.master.read_bytes()
    again = project.consolidate(reply)
    assert project.master.read_bytes() == before
    assert again.json["submissions"] == []
    assert [i["state"] for i in again.json["items"]] == ["duplicate"]


def test_packs_that_touch_different_cells_give_one_master_in_any_order(project: Project, tmp_path: Path) -> None:
    one = project.reply("市场部", {("tasks", "RW-001"): {"progress": "70%"}}, "甲", hour=10)
    two = project.reply("市场部", {("tasks", "RW-003"): {"progress": "30%", "status": "进行中"}}, "乙", hour=11)
    three = project.reply("研发部", {("tasks", "RW-002"): {"risk": "已增援"}}, "丙", hour=12)
    results = []
    for n, order in enumerate(itertools.permutations((one, two, three))):
        folder = tmp_path / f"order{n}"
        copy_project(project.folder, folder)
        copy = Project(folder)
        for reply in order:
            copy.consolidate(reply)
        results.append(copy.data())
    assert results[0]["tasks"]["RW-001"]["当前进度"] == 0.7
    assert all(result == results[0] for result in results[1:])


def test_two_clashing_edits_wait_and_the_decision_is_carried_out(project: Project) -> None:
    project.type(("tasks", "RW-002", "progress", 0.4), ("tasks", "RW-002", "risk", "已缓解"))
    reply = project.reply("研发部", {("tasks", "RW-002"): {"progress": "60%", "risk": "加剧"}}, "研发部")
    report = project.consolidate(reply)
    assert report.exit_code == CONFLICTS
    assert (project.value("tasks", "RW-002", "progress"), project.value("tasks", "RW-002", "risk")) == (0.4, "已缓解")
    (first, second) = sorted(project.listed("conflicts"), key=lambda row: str(row["field"]))
    assert (first["baseline"], first["master"]) == ("20%", "40%")
    assert str(first["candidates"]).startswith("60%")
    assert second["field"] == "风险描述"
    project.decide(RW_002__当前进度=("采用报送", None), RW_002__风险描述=("手填", "观察中"))
    resolved = verbs.resolve(project.master, as_of=DAY, lang="zh")
    assert resolved.exit_code == OK
    assert (project.value("tasks", "RW-002", "progress"), project.value("tasks", "RW-002", "risk")) == (0.6, "观察中")
    assert project.listed("conflicts") == []
    undone = verbs.undo(project.master, as_of=DAY, lang="zh")
    assert undone.json["cells"] >= 2
    assert (project.value("tasks", "RW-002", "progress"), project.value("tasks", "RW-002", "risk")) == (0.4, "已缓解")
    assert len(project.listed("conflicts")) == 2


@pytest.mark.parametrize("verb", ["consolidate", "resolve", "flag", "import"])
def test_undo_after_each_verb_gives_back_the_same_cells(project: Project, verb: str, tmp_path: Path) -> None:
    reply = project.reply(
        "市场部", {("tasks", "RW-001"): {"progress": "90%"}, ("problems", "+0"): {"description": "素材未定稿", "dept": "市场部"}}, "市场部"
    )
    if verb == "resolve":
        project.type(("tasks", "RW-001", "progress", 0.6))
        project.consolidate(reply)
        project.decide(RW_001=("采用报送", None))
    before = project.data()
    match verb:
        case "consolidate":
            project.consolidate(reply)
        case "resolve":
            verbs.resolve(project.master, as_of=DAY, lang="zh")
        case "flag":
            verbs.flag(project.master, as_of=DAY, lang="zh")
        case "import":
            for source in map(sample, ("01", "02", "03", "04", "06")):
                verbs.import_tracker(project.master, [source], as_of=DAY, confirmed=True, lang="zh")
                assert project.data() != before
                assert verbs.undo(project.master, as_of=DAY, lang="zh").json["kept"] == []
                assert project.data() == before, source.name
            return
    assert project.data() != before
    verbs.undo(project.master, as_of=DAY, lang="zh")
    assert project.data() == before
    verbs.redo(project.master, as_of=DAY, lang="zh")
    assert project.data() != before


def test_a_value_typed_after_the_run_is_not_overwritten_by_undo(project: Project) -> None:
    project.consolidate(project.reply("研发部", {("tasks", "RW-002"): {"progress": "60%", "risk": "加剧"}}, "研发部"))
    project.type(("tasks", "RW-002", "progress", 0.75))
    report = verbs.undo(project.master, as_of=DAY, lang="zh")
    assert project.value("tasks", "RW-002", "progress") == 0.75
    assert project.value("tasks", "RW-002", "risk") == "人力不足"
    assert [k["reason"] for k in report.json["kept"]] == ["typed"]
    assert report.exit_code == FINDINGS


def test_a_submission_of_an_undone_consolidate_is_held_until_it_is_named(project: Project) -> None:
    reply = project.reply("研发部", {("tasks", "RW-002"): {"progress": "60%"}}, "研发部")
    project.consolidate(reply)
    verbs.undo(project.master, as_of=DAY, lang="zh")
    assert [row["state"] for row in project.listed("submissions") if row["sha256"]] == ["待再汇总"]
    project.consolidate()
    assert project.value("tasks", "RW-002", "progress") == 0.2
    project.consolidate(reply)
    assert project.value("tasks", "RW-002", "progress") == 0.6


def test_a_submission_set_aside_is_counted_and_not_used(project: Project) -> None:

    from collab_xl.verbs.report import no_progress

    reply = project.reply("研发部", {("tasks", "RW-002"): {"progress": "60%"}}, "研发部")
    verbs.collect(project.master, [reply], department=None, as_of=DAY, write=True, lang="zh", progress=no_progress)
    workbook = workbook_at(project.master)
    sheet = next(ws for ws in workbook if "Submissions" in ws.tables)
    head = sheet[sheet.tables["Submissions"].ref.partition(":")[0]].row
    columns = {c.value: c.column for c in sheet[head]}
    for row in range(head + 1, sheet.max_row + 1):
        if sheet.cell(row, columns["内容指纹"]).value:
            sheet.cell(row, columns["处理"]).value = "不采用"
    workbook.save(project.master)
    report = project.consolidate()
    assert [(s["edits"], s["excluded"]) for s in report.json["submissions"]] == [(1, 1)]
    assert project.value("tasks", "RW-002", "progress") == 0.2


def test_a_sheet_without_problems_flags_and_reports_the_week(project: Project) -> None:
    flagged = verbs.flag(project.master, as_of=DAY, lang="zh")
    assert project.value("tasks", "RW-001", "late_days") == 6  # 12 to 20 November 2026, working days
    assert project.value("tasks", "RW-001", "warning") == "升级"
    assert [row["row_key"] for row in project.listed("overdue")] == ["RW-001"]
    assert {f["code"] for f in flagged.json["findings"]} >= {"T301", "T303"}
    week = verbs.week(project.master, as_of=DAY, lang="zh")
    assert week.json["kpis"]["overdue"]["value"] == 1
    assert sorted(week.json["missing"]) == ["市场部", "研发部"]
    assert week.json["check"]


def test_departments_are_always_named_in_the_order_of_their_sheet(tmp_path: Path) -> None:
    """Packs have ids by chance; what is read twice is in one order."""
    names = ["市场部", "研发部", "丁部", "甲部", "丙部", "乙部", "戊部"]
    departments = [Department(name, (), "*", (f"{n}@example.com",), "*", "*", "*") for n, name in enumerate(names)]
    project = Project.start(tmp_path, departments=departments)
    rows = [{"task_id": f"RW-1{n:02}", "name": f"事项{n}", "dept": name, "status": "in_progress"} for n, name in enumerate(names)]
    desk.fill_in(project.master, {"tasks": rows}, "zh", DAY)
    project.issue()
    report = verbs.status(project.master, as_of=DAY, week=WEEK, lang="zh")
    assert report.json["missing"] == names
    assert [state["department"] for state in report.json["states"]] == names
