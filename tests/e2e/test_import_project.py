"""Plans of Microsoft Project (XML) are imported: tasks, links, people, baseline; what has no place is said; hostile files are refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from small_project import DAY, Project
from workbooks import workbook_at

from collab_xl import verbs
from collab_xl.book.project_file import read_project
from collab_xl.catalogue import LANGS
from collab_xl.errors import CollabError
from collab_xl.forms import load
from collab_xl.intake.package import MAX_BYTES
from collab_xl.verbs.report import Report

HEAD = '<?xml version="1.0" encoding="UTF-8"?><Project xmlns="http://schemas.microsoft.com/project">'


def task(
    uid: int, name: str, more: str = "", *, level: int = 1, days: tuple[str, str] = ("2026-11-02T08:00:00", "2026-11-06T17:00:00")
) -> str:
    start, end = days
    return (f"<Task><UID>{uid}</UID><ID>{uid}</ID><Name>{name}</Name><OutlineLevel>{level}</OutlineLevel>"
            f"<Start>{start}</Start><Finish>{end}</Finish>{more}</Task>")  # fmt: skip


def link(uid: int, kind: int = 1, lag: int = 0, form: int = 7) -> str:
    said = f"<PredecessorUID>{uid}</PredecessorUID><Type>{kind}</Type><LinkLag>{lag}</LinkLag><LagFormat>{form}</LagFormat>"
    return f"<PredecessorLink>{said}</PredecessorLink>"


PLAN = (
    HEAD + "<MinutesPerDay>480</MinutesPerDay><Calendars><Calendar><UID>1</UID></Calendar></Calendars><Tasks>"
    + task(0, "整个项目", "<Summary>1</Summary>", level=0)
    + task(1, "准备", "<Summary>1</Summary>")
    + task(2, "问卷", "<PercentComplete>100</PercentComplete><ActualFinish>2026-11-05T17:00:00</ActualFinish>"
           "<Baseline><Number>0</Number><Finish>2026-11-04T17:00:00</Finish></Baseline><Baseline><Number>1</Number></Baseline>", level=2)
    + task(3, "访谈", "<PercentComplete>40</PercentComplete><Notes>两天</Notes><Deadline>2026-11-30T17:00:00</Deadline>"
           + link(2, 3, 9600), level=2)
    + task(4, "评审", "<Milestone>1</Milestone>" + link(3, 1, 7200, 8) + link(2, 1, 2400, 5) + link(1), days=("2026-11-10T08:00:00",) * 2)
    + task(5, "归档", "<ConstraintType>2</ConstraintType><Cost>100</Cost>" + link(4, 0, -4800),
           days=("2026-11-11T08:00:00", "2026-11-13T00:00:00"))
    + "<Task><UID>6</UID><IsNull>1</IsNull></Task></Tasks><Resources>"
    "<Resource><UID>1</UID><Name>张三</Name><Type>1</Type><Group>市场部</Group></Resource><Resource><UID>2</UID><Name>水泥</Name><Type>0</Type></Resource>"
    "</Resources><Assignments><Assignment><TaskUID>2</TaskUID><ResourceUID>1</ResourceUID><Units>0.5</Units></Assignment>"
    "<Assignment><TaskUID>2</TaskUID><ResourceUID>2</ResourceUID></Assignment>"
    "<Assignment><TaskUID>3</TaskUID><ResourceUID>-65535</ResourceUID></Assignment></Assignments></Project>"
)  # fmt: skip


def grid(data: str, lang: str = "zh") -> tuple[list[dict[object, object]], dict[str, int]]:
    made = read_project(data.encode(), "计划.xml", load(), lang)
    (sheet,) = made.book.sheets
    first, *rows = made.book.snapshot(sheet).cells
    return [dict(zip(first, row, strict=True)) for row in rows], dict(made.left_out)


def imported(master: Path, *sources: Path) -> Report:
    return verbs.import_tracker(master, sources, as_of=DAY, confirmed=True, lang="zh")


def rows_of(master: Path) -> list[dict[object, object]]:
    sheet = workbook_at(master)[load().form("tasks").sheet["zh"]]
    lines = [[c.value for c in row] for row in sheet.iter_rows()]
    at = next(n for n, line in enumerate(lines) if "任务ID" in line)
    return [dict(zip(lines[at], line, strict=True)) for line in lines[at + 1 :] if line[0]]


def test_tasks_days_links_people_and_what_is_above_are_read() -> None:
    rows, left = grid(PLAN)
    assert [(r["任务ID"], r["任务名称"], r["层级"], r["上级"]) for r in rows] == [
        ("MP-2", "问卷", 2, "准备"), ("MP-3", "访谈", 2, "准备"), ("MP-4", "评审", 1, None), ("MP-5", "归档", 1, None),
    ]  # fmt: skip
    assert [r["前置任务"] for r in rows] == [None, "MP-2SS+2天", "MP-3、MP-2", "MP-4FF-1天"]
    assert [(r["负责人"], r["负责部门"], r["当前进度"], r["完成状态"]) for r in rows[:2]] == [
        ("张三", "市场部", "100%", "已完成"),
        (None, None, "40%", "进行中"),
    ]
    assert [str(r["计划结束时间"]) for r in rows] == ["2026-11-06", "2026-11-06", "2026-11-10", "2026-11-12"]
    assert (rows[0]["基准完成"].isoformat(), rows[0]["实际完成时间"].isoformat()) == ("2026-11-04", "2026-11-05")
    assert (rows[1]["备注"], rows[1]["Project 期限"].isoformat(), rows[2]["里程碑"]) == ("两天", "2026-11-30", "是")
    assert left == {
        "calendars": 1, "summaries": 1, "blank": 1, "baselines": 1, "constraints": 1, "costs": 1, "materials": 1, "units": 1, "links": 1,
        "lags": 2,
    }  # fmt: skip


@pytest.mark.parametrize("lang", LANGS)
def test_what_export_writes_comes_back_as_the_same_tasks(tmp_path: Path, lang: str) -> None:
    project = Project.again(tmp_path / "p", "zh", issued=False)
    project.type(("tasks", "RW-003", "predecessors", "RW-001FS+2天、RW-002SS-1周"), ("tasks", "RW-001", "status", "late"))
    project.type(("tasks", "RW-003", "status", "paused"))
    verbs.baseline_set(project.master, as_of=DAY, lang="zh")
    verbs.export(project.master, mspdi=True, as_of=DAY, out=tmp_path, lang="zh")
    (plan,) = tmp_path.glob("*.xml")
    report = imported(tmp_path / "新主表.xlsx", plan)
    same = (
        "任务ID",
        "任务名称",
        "所属需求编号",
        "负责部门",
        "负责人",
        "计划开始时间",
        "计划结束时间",
        "前置任务",
        "当前进度",
        "完成状态",
        "里程碑",
        "基准完成",
    )
    old, new = ([tuple(row[h] for h in same) for row in rows_of(path)] for path in (project.master, tmp_path / "新主表.xlsx"))
    assert new == old
    assert any("Project 基准" in line for line in report.lines)
    listed = verbs.baseline_list(tmp_path / "新主表.xlsx", as_of=DAY, lang=lang).json["baselines"]
    assert [one["name"] for one in listed] == ["Project 基准"]
    again = imported(tmp_path / "新主表.xlsx", plan)
    assert again.json["written"] == 0
    assert len(rows_of(tmp_path / "新主表.xlsx")) == len(old)


def test_it_is_one_list_what_was_left_out(tmp_path: Path) -> None:
    path = tmp_path / "计划.xml"
    path.write_text(PLAN, encoding="utf-8")
    report = verbs.import_tracker(tmp_path / "主表.xlsx", [path], as_of=DAY, write=False, lang="zh")
    (line,) = [each for each in report.lines if "没有带入" in each]
    assert all(word in line for word in ("日历 1 个", "摘要任务 1 项", "不是整天的间隔"))


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.xml", b'<?xml version="1.0"?><!DOCTYPE p [<!ENTITY a "b">]><Project>&a;</Project>', "unsafe_xml"),
        ("b.xml", b"<html/>", "project_unreadable"),
        ("c.xml", (HEAD + "<Tasks><Task>").encode(), "project_unreadable"),
        ("d.mpp", b"\xd0\xcf\x11\xe0", "import_project"),
    ],
)
def test_what_is_no_plan_or_dangerous_is_refused_with_what_to_do(tmp_path: Path, name: str, data: bytes, code: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(CollabError) as caught:
        imported(tmp_path / "主表.xlsx", tmp_path / name)
    assert caught.value.code == code


def test_a_plan_that_is_too_large_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "a.xml").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(CollabError) as caught:
        imported(tmp_path / "主表.xlsx", tmp_path / "a.xml")
    assert caught.value.code == "import_refused"


def plan(path: Path, names: dict[int, str], more: str = "", *, baseline: bool = False) -> Path:
    ended = "<Baseline><Number>0</Number><Finish>2026-11-04T17:00:00</Finish></Baseline>" if baseline else ""
    tasks = "".join(task(uid, name, ended + (link(uid - 1) if uid - 1 in names else "")) for uid, name in names.items())
    path.write_text(f"{HEAD}{more}<Tasks>{tasks}</Tasks></Project>", encoding="utf-8")
    return path


FIRST, SECOND = {1: "启动会", 2: "需求访谈", 3: "评审"}, {1: "启动会", 2: "采购", 3: "安装"}


@pytest.mark.parametrize("made", [("<GUID>A-1</GUID>", "<GUID>B-2</GUID>"),
                                  ("<CreationDate>2026-10-01T09:00:00</CreationDate>", "<CreationDate>2026-10-02T09:00:00</CreationDate>"),
                                  ("", "")])  # fmt: skip
@pytest.mark.parametrize("together", [True, False])
def test_two_plans_with_the_same_numbers_are_two_plans(tmp_path: Path, made: tuple[str, str], together: bool) -> None:
    master = tmp_path / "主表.xlsx"
    files = [plan(tmp_path / "一期.xml", FIRST, made[0]), plan(tmp_path / "采购.xml", SECOND, made[1])]
    for group in [files] if together else [[one] for one in files]:
        verbs.import_tracker(master, group, as_of=DAY, confirmed=True, lang="zh")
    found = {row["任务ID"]: (row["任务名称"], row["前置任务"]) for row in rows_of(master)}
    assert {k: v for k, v in found.items() if k.startswith("MP-")} == {
        "MP-1": ("启动会", None), "MP-2": ("需求访谈", "MP-1"), "MP-3": ("评审", "MP-2")
    }  # fmt: skip
    assert found["采购-2"][0] == "采购"
    assert found["采购-3"] == ("安装", "采购-2")
    for one in files:
        again = imported(master, one)
        assert (again.json["written"], again.json["changes"]) == (0, [])


def test_a_plan_is_known_by_what_it_says_of_itself_whatever_its_file_is_called(tmp_path: Path) -> None:
    master = tmp_path / "主表.xlsx"
    imported(master, plan(tmp_path / "项目1.xml", FIRST, "<GUID>A-1</GUID>"))
    imported(master, plan(tmp_path / "项目2.xml", SECOND, "<GUID>B-2</GUID>"))
    assert len(rows_of(master)) == 6
    renamed = plan(tmp_path / "最终稿给领导.xml", {**SECOND, 3: "安装调试"}, "<GUID>B-2</GUID>")
    report = imported(master, renamed)
    assert [(c["key"], c["field"], c["new"]) for c in report.json["changes"]] == [("项目2-3", "name", "安装调试")]


def test_one_undo_takes_back_a_plan_with_its_baseline(tmp_path: Path) -> None:
    master = tmp_path / "主表.xlsx"
    verbs.import_tracker(master, [plan(tmp_path / "一期.xml", FIRST)], as_of=DAY, confirmed=True, lang="zh")
    second = plan(tmp_path / "二期.xml", {11: "设计", 12: "施工"}, "<GUID>B</GUID>", baseline=True)
    report = imported(master, second)
    assert any("Project 基准" in line for line in report.lines)
    assert [one["name"] for one in verbs.baseline_list(master, as_of=DAY, lang="zh").json["baselines"]] == ["Project 基准"]
    assert [row["偏移天数"] for row in rows_of(master)][-2:] == [12, 12]
    verbs.undo(master, as_of=DAY, lang="zh", confirmed=True)
    assert len(rows_of(master)) == 3
    assert verbs.baseline_list(master, as_of=DAY, lang="zh").json["baselines"] == []
    verbs.redo(master, as_of=DAY, lang="zh")
    assert len(rows_of(master)) == 5
    assert [one["name"] for one in verbs.baseline_list(master, as_of=DAY, lang="zh").json["baselines"]] == ["Project 基准"]


def test_what_somebody_moves_in_project_comes_back(tmp_path: Path) -> None:
    """The planned end was read from the deadline, which stays where it was when a bar is moved: the new plan was ignored."""
    project = Project.again(tmp_path / "p", "zh", issued=False)
    verbs.export(project.master, mspdi=True, as_of=DAY, out=tmp_path, lang="zh")
    (plan,) = tmp_path.glob("*.xml")
    same = verbs.import_tracker(project.master, [plan], as_of=DAY, write=False, lang="zh").json
    assert (same["unchanged"], same["changes"], same["conflicts"]) == (3, [], [])
    text = plan.read_text(encoding="utf-8")
    moved = text.replace("<Finish>2026-11-27T17:00:00</Finish>", "<Finish>2026-12-04T17:00:00</Finish>")
    moved = moved.replace("<PercentComplete>50</PercentComplete>", "<PercentComplete>100</PercentComplete>")
    assert moved.count("2026-12-04") == text.count("2026-12-04") + 1
    plan.write_text(moved, encoding="utf-8")
    verbs.import_tracker(project.master, [plan], as_of=DAY, confirmed=True, take="theirs", lang="zh")
    rows = {row["任务ID"]: row for row in rows_of(project.master)}
    assert str(rows["RW-002"]["计划结束时间"])[:10] == "2026-12-04"
    assert [rows[key]["完成状态"] for key in ("RW-001", "RW-002", "RW-003")] == ["已完成", "进行中", "未开始"]


def test_an_export_that_nobody_has_touched_changes_no_cell(tmp_path: Path) -> None:
    """Project wants both days of every task and a whole share: a blank end became the start, a blank progress 0 %."""
    project = Project.again(tmp_path / "p", "zh", issued=False)
    project.type(("tasks", "RW-001", "start", None), ("tasks", "RW-002", "end", None), ("tasks", "RW-002", "progress", None))
    project.type(("tasks", "RW-003", "status", "done"), ("tasks", "RW-003", "progress", 0.335))
    verbs.export(project.master, mspdi=True, as_of=DAY, out=tmp_path, lang="zh")
    (plan,) = tmp_path.glob("*.xml")
    same = verbs.import_tracker(project.master, [plan], as_of=DAY, write=False, lang="zh").json
    assert (same["unchanged"], same["changes"], same["conflicts"]) == (3, [], [])
    text = plan.read_text(encoding="utf-8")
    moved = text.replace("<Finish>2026-11-02T17:00:00</Finish>", "<Finish>2026-11-05T17:00:00</Finish>")
    assert moved != text
    plan.write_text(moved, encoding="utf-8")
    found = verbs.import_tracker(project.master, [plan], as_of=DAY, write=False, lang="zh").json
    assert [(c["key"], c["field"], c["new"]) for c in found["changes"]] == [("RW-002", "end", {"date": "2026-11-05"})]


def test_days_that_project_gave_a_task_without_any_are_not_taken(tmp_path: Path) -> None:
    project = Project.again(tmp_path / "p", "zh", issued=False)
    project.type(("tasks", "RW-003", "start", None), ("tasks", "RW-003", "end", None))
    verbs.export(project.master, mspdi=True, as_of=DAY, out=tmp_path, lang="zh")
    (plan,) = tmp_path.glob("*.xml")
    text = plan.read_text(encoding="utf-8")
    days = "<Start>2026-11-20T08:00:00</Start><Finish>2026-11-20T17:00:00</Finish>"
    saved = re.sub(r"(<Duration>PT8H0M0S</Duration>\s*<DurationFormat>39<)", rf"{days}\1", text)
    assert saved != text
    plan.write_text(saved, encoding="utf-8")
    found = verbs.import_tracker(project.master, [plan], as_of=DAY, write=False, lang="zh").json
    assert (found["changes"], found["conflicts"]) == ([], [])


BARE = "<Task>{ids}<Name>{name}</Name><Start>2026-11-02T08:00:00</Start><Finish>2026-11-06T17:00:00</Finish></Task>"


@pytest.mark.parametrize(("ids", "keys"), [("<ID>{n}</ID>", ["MP-7", "MP-8"]), ("", ["MP-1", "MP-2"])])
def test_tasks_without_a_unique_number_are_tasks(ids: str, keys: list[str]) -> None:
    tasks = "".join(BARE.format(ids=ids.format(n=n), name=name) for n, name in ((7, "设计"), (8, "开发")))
    rows, left = grid(f"{HEAD}<Tasks>{tasks}</Tasks></Project>")
    assert [(row["任务ID"], row["任务名称"]) for row in rows] == list(zip(keys, ["设计", "开发"], strict=True))
    assert left == {}
    assert "层级" not in rows[0], "all on one level"


def test_summaries_are_known_by_what_stands_below_them_where_nothing_says_so() -> None:
    tasks = task(1, "一期") + task(2, "问卷", level=2) + task(3, "二期") + task(4, "访谈", level=2) + task(5, "归档")
    rows, left = grid(f"{HEAD}<Tasks>{tasks}</Tasks></Project>")
    assert [(row["任务名称"], row["上级"]) for row in rows] == [("问卷", "一期"), ("访谈", "二期"), ("归档", None)]
    assert left["summaries"] == 2


def test_what_is_no_day_or_share_is_blank_and_counted() -> None:
    """Never 0 %: that would be a task not started."""
    tasks = (
        task(1, "甲", "<PercentComplete>50%</PercentComplete>")
        + task(2, "乙", "<PercentComplete>half</PercentComplete>", days=("2026/11/02", "NA"))
        + task(3, "丙", days=("2026-11-02T08:00:00+08:00", "2026-11-06T00:00:00+08:00"))
    )
    rows, left = grid(f"\n {HEAD}<Tasks>{tasks}</Tasks></Project>")
    assert [row["当前进度"] for row in rows] == ["50%", None, "0%"]
    assert [row["完成状态"] for row in rows] == ["进行中", None, "未开始"]
    assert [str(row["计划结束时间"]) for row in rows] == ["2026-11-06", "None", "2026-11-05"]
    assert (left["dates"], left["shares"]) == (1, 1)


@pytest.mark.parametrize("said", ["NaN", "Infinity", "-inf"])
def test_what_other_programs_write_for_no_number_stops_no_import(said: str) -> None:
    tasks = (
        task(1, "甲", f"<PercentComplete>{said}</PercentComplete><Cost>{said}</Cost>")
        + task(2, "乙", link(1).replace("<LinkLag>0<", f"<LinkLag>{said}<").replace("<LagFormat>7<", f"<LagFormat>{said}<"))
        + task(3, "丙").replace("<OutlineLevel>1<", f"<OutlineLevel>{said}<")
        + task(4, "丁").replace("<OutlineLevel>1<", "<OutlineLevel>-2<")
    )
    rows, left = grid(f"{HEAD}<MinutesPerDay>{said}</MinutesPerDay><Tasks>{tasks}</Tasks></Project>")
    assert [(row["任务名称"], row["当前进度"], row["前置任务"]) for row in rows] == [
        ("甲", None, None), ("乙", "0%", "MP-1"), ("丙", "0%", None), ("丁", "0%", None),
    ]  # fmt: skip
    assert left == {"shares": 1}


def test_a_share_with_a_fraction_is_a_share() -> None:
    shares = ("33.5", "66.6666666667%", "99.9", "100.0")
    tasks = "".join(task(n, f"任务{n}", f"<PercentComplete>{share}</PercentComplete>") for n, share in enumerate(shares, 1))
    rows, left = grid(f"{HEAD}<Tasks>{tasks}</Tasks></Project>")
    assert [row["当前进度"] for row in rows] == ["33.5%", "66.66666667%", "99.9%", "100%"]
    assert [row["完成状态"] for row in rows] == ["进行中", "进行中", "进行中", "已完成"]
    assert left == {}


@pytest.mark.parametrize("says", ["<Summary>1</Summary>", ""], ids=("marked", "by what stands below"))
def test_a_blank_line_does_not_part_tasks_from_what_they_belong_to(says: str) -> None:
    blank = "<Task><UID>9</UID><IsNull>1</IsNull></Task>"
    tasks = task(1, "一期", says) + blank + task(2, "问卷", level=2) + blank + task(3, "访谈", level=2)
    rows, left = grid(f"{HEAD}<Tasks>{tasks}</Tasks></Project>")
    assert [(row["任务名称"], row["层级"], row["上级"]) for row in rows] == [("问卷", 2, "一期"), ("访谈", 2, "一期")]
    assert left == {"blank": 2, "summaries": 1}


def test_a_note_longer_than_a_cell_comes_in_cut_and_said(tmp_path: Path) -> None:
    path = tmp_path / "计划.xml"
    tasks = task(1, "甲", f"<Notes>{'长' * 40_000}</Notes>") + task(2, "乙")
    path.write_text(f"{HEAD}<Tasks>{tasks}</Tasks></Project>", encoding="utf-8")
    report = imported(tmp_path / "主表.xlsx", path)
    assert report.json["written"] == 2
    (cell,) = report.json["cut"]
    assert any(cell in line and "32767" in line for line in report.lines)
    assert [len(row["备注"] or "") for row in rows_of(tmp_path / "主表.xlsx")] == [32_767, 0]
    assert imported(tmp_path / "主表.xlsx", path).json["changes"] == []


def test_a_file_of_project_under_another_name_is_told_as_one(tmp_path: Path) -> None:
    path = tmp_path / "计划.xlsx"
    path.write_bytes(bytes.fromhex("D0CF11E0A1B11AE1") + bytes(600) + b"MSProject.MPP14" + bytes(600))
    with pytest.raises(CollabError) as refused:
        imported(tmp_path / "主表.xlsx", path)
    assert refused.value.code == "import_project"
