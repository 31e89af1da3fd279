"""A heading or date that is not certain is asked about on 提问, answered once, and every later file of that department is read so."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from samples import sample
from small_project import DAY, Project, stamp, type_into
from workbooks import workbook_at

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.catalogue import text
from collab_xl.forms import load
from collab_xl.verbs.report import Report, no_progress

HEADINGS = {"zh": ["任务ID", "任务名称", "负责部门", "截至日期", "风险描述"], "en": ["Task ID", "Task", "Department", "Dedline", "Risk"]}


@pytest.fixture(params=["zh", "en"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    return Project.again(tmp_path / "p", request.param, issued=False)


def tracker(project: Project, name: str, *rows: list[object], headings: list[str] | None = None) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(headings or HEADINGS[project.lang])
    for row in rows:
        sheet.append(row)
    path = project.folder / f"{name}.xlsx"
    made = len(list(project.folder.glob("*.xlsx")))
    book.save(path)
    stamp(path, datetime(2026, 11, 20, 8, made))  # a minute after the one before: two of one second have no order
    return path


def collect(project: Project, *paths: Path, write: bool = True) -> Report:
    return verbs.collect(project.master, paths, department="市场部", as_of=DAY, write=write, lang=project.lang, progress=no_progress)


def answer(project: Project, said: str | None, row: int = 0) -> None:
    """What the PMO types on the sheet."""
    ref = read_book(project.master).tables["Questions"]
    wanted = next(c for c in load().service("questions").columns if c.id == "answer").heading[project.lang]
    col = ref.area.first_col + ref.headings.index(wanted)
    type_into(project.master, ref.sheet, {(ref.data.first_row + row, col): said})


def proposed(project: Project, report: Report) -> dict[tuple[str, str], object]:
    """(key, field) → value a file proposes for the master."""
    assert report.json["conflicts"] is not None
    return {(c["row_id"], c["field"]): c["candidates"][0]["value"] for c in report.json["conflicts"]}


def test_asked_once_answered_once_and_read_from_then_on(project: Project) -> None:
    first = tracker(project, "first", ["RW-001", "问卷设计", "市场部", date(2026, 11, 25), "a"])
    said = collect(project, first)
    (asked,) = said.json["questions"]
    assert (asked["kind"], asked["department"], asked["found"], asked["suggestion"]) == (
        "heading",
        "市场部",
        HEADINGS[project.lang][3],
        "end",
    )
    assert any("提问" in line or "Questions" in line for line in said.lines)
    (row,) = project.listed("questions")
    assert (row["department"], row["answer"], row["file"], row["id"]) == ("市场部", None, "first.xlsx", asked["id"])
    assert ("RW-001", "end") not in proposed(project, project.consolidate())
    again = tracker(project, "second", ["RW-003", "预热素材", "市场部", date(2026, 12, 4), "b"])
    collect(project, again)
    assert len(project.listed("questions")) == 1  # the same question of the same department is not asked again
    answer(project, "是" if project.lang == "zh" else "yes")
    merged = project.consolidate()  # collected before the answer, read after it
    assert proposed(project, merged)["RW-003", "end"] == "2026-12-04"
    assert merged.json["questions"] == []
    third = tracker(project, "third", ["RW-003", "预热素材", "市场部", date(2026, 12, 7), "c"])
    report = project.consolidate(third)
    assert report.json["questions"] == []
    assert proposed(project, report)["RW-003", "end"] == "2026-12-07"
    (row,) = project.listed("questions")
    heading = load().form("tasks").field("end").heading[project.lang]
    assert row["answer"] == heading


def test_an_answer_is_of_its_department_only(project: Project) -> None:
    first = tracker(project, "first", ["RW-001", "问卷设计", "市场部", date(2026, 11, 25), "a"])
    collect(project, first)
    answer(project, "yes")
    other = tracker(project, "other", ["RW-002", "接口联调", "研发部", date(2026, 12, 4), "b"])
    said = verbs.collect(project.master, [other], department="研发部", as_of=DAY, write=True, lang=project.lang, progress=no_progress)
    assert [(q["department"], q["kind"]) for q in said.json["questions"]] == [("研发部", "heading")]
    assert [r["department"] for r in project.listed("questions")] == ["研发部", "市场部"]  # what waits stands first


def test_left_alone_changed_and_asked_again(project: Project) -> None:
    first = tracker(project, "first", ["RW-001", "问卷设计", "市场部", date(2026, 11, 25), "a"])
    collect(project, first)
    answer(project, "no")
    second = tracker(project, "second", ["RW-003", "预热素材", "市场部", date(2026, 12, 4), "b"])
    merged = project.consolidate(second)
    assert ("RW-003", "end") not in proposed(project, merged)
    assert not {f["code"] for f in project.listed("findings")} & {"H102", "H121"}  # settled: no more to say
    answer(project, load().form("tasks").field("end").heading[project.lang])
    third = tracker(project, "third", ["RW-003", "预热素材", "市场部", date(2026, 12, 8), "b"])
    assert proposed(project, project.consolidate(third))["RW-003", "end"] == "2026-12-08"
    answer(project, "再问" if project.lang == "zh" else "ask again")
    fourth = tracker(project, "fourth", ["RW-003", "预热素材", "市场部", date(2026, 12, 9), "b"])
    assert [q["suggestion"] for q in project.consolidate(fourth).json["questions"]] == ["end"]
    (row,) = project.listed("questions")
    assert row["answer"] is None


def test_an_answer_nobody_understands_is_kept_on_the_sheet_and_said(project: Project) -> None:
    collect(project, tracker(project, "first", ["RW-001", "问卷设计", "市场部", date(2026, 11, 25), "a"]))
    answer(project, "大概吧")
    said = collect(project, tracker(project, "second", ["RW-001", "问卷设计", "市场部", date(2026, 11, 26), "a"]))
    assert any("大概吧" in line for line in said.lines)
    assert len(said.json["questions"]) == 1
    (row,) = project.listed("questions")
    assert row["answer"] == "大概吧"
    assert "大概吧" in str(row["note"])


def test_the_order_of_day_and_month_is_asked_once_a_department(project: Project) -> None:
    headings = [*HEADINGS[project.lang][:3], load().form("tasks").field("end").heading[project.lang], HEADINGS[project.lang][4]]
    first = tracker(project, "first", ["RW-001", "问卷设计", "市场部", "05/12/2026", "a"], headings=headings)
    said = collect(project, first)
    assert [(q["kind"], q["found"]) for q in said.json["questions"]] == [("date_order", "05/12/2026")]
    answer(project, "日" if project.lang == "zh" else "day")
    merged = project.consolidate()
    assert proposed(project, merged)["RW-001", "end"] == "2026-12-05"
    second = tracker(project, "second", ["RW-003", "预热素材", "市场部", "06/12/2026", "a"], headings=headings)
    merged = project.consolidate(second)
    assert merged.json["questions"] == []
    assert proposed(project, merged)["RW-003", "end"] == "2026-12-06"


def test_looking_only_leaves_no_trace_and_undo_takes_no_answer_back(project: Project) -> None:
    first = tracker(project, "first", ["RW-001", "问卷设计", "市场部", date(2026, 11, 25), "a"])
    before = project.master.read_bytes()
    assert len(collect(project, first, write=False).json["questions"]) == 1
    assert project.master.read_bytes() == before
    assert project.listed("questions") == []
    collect(project, first)
    answer(project, "yes")
    project.consolidate()
    verbs.undo(project.master, as_of=DAY, lang=project.lang)
    second = tracker(project, "second", ["RW-003", "预热素材", "市场部", date(2026, 12, 4), "b"])
    assert proposed(project, project.consolidate(second))["RW-003", "end"] == "2026-12-04"


def test_a_master_without_the_list_goes_on(project: Project) -> None:
    """Made by an earlier version: the question stands in the report."""
    workbook = workbook_at(project.master)
    sheet = next(ws for ws in workbook if "Questions" in ws.tables)
    workbook.remove(sheet)
    workbook.save(project.master)
    said = collect(project, tracker(project, "first", ["RW-001", "问卷设计", "市场部", date(2026, 11, 25), "a"]))
    assert len(said.json["questions"]) == 1
    assert said.json["run"]


def test_a_ledger_of_the_version_before_is_brought_up(project: Project) -> None:
    import sqlite3

    ledger = next(project.folder.rglob("ledger.db"))
    conn = sqlite3.connect(ledger)
    conn.executescript("DROP TABLE questions; DROP TABLE mails; DROP TABLE outgoing; DROP TABLE mail_reports; PRAGMA user_version = 1;")
    conn.close()
    collect(project, tracker(project, "first", ["RW-001", "问卷设计", "市场部", datetime(2026, 11, 25), "a"]))
    assert len(project.listed("questions")) == 1


WRONG = {"zh": "风验描述", "en": "Rsik"}


def misspelt(project: Project, name: str, hour: int, rows: dict[tuple[str, str], dict[str, object]]) -> Path:
    """A pack of 市场部, sent at that hour, in which the heading 风险描述 is misspelt."""
    heading = load().form("tasks").field("risk").heading[project.lang]
    path = project.reply("市场部", rows, name)
    book = workbook_at(path)
    sheet = next(ws for ws in book if "Tasks" in ws.tables)
    table = sheet.tables["Tasks"]
    column = next(c for c in table.tableColumns if c.name == heading)
    column.name = WRONG[project.lang]
    next(c for row in sheet[table.ref] for c in row if c.value == heading).value = column.name
    book.save(path)
    stamp(path, datetime(2026, 11, 20, hour))
    return path


def risks(project: Project, name: str, hour: int, said: str, **more: object) -> Path:
    return misspelt(project, name, hour, {("tasks", "RW-001"): {"risk": said, **more}})


def test_a_heading_misspelt_in_a_pack_is_asked_and_then_read(project: Project) -> None:
    project.issue()
    first = project.consolidate(risks(project, "first", 12, "缺人"))
    assert [(q["found"], q["suggestion"]) for q in first.json["questions"]] == [(WRONG[project.lang], "risk")]
    assert project.value("tasks", "RW-001", "risk") is None
    answer(project, "yes")
    again = project.consolidate(risks(project, "second", 13, "缺两人"))
    assert again.json["questions"] == []
    assert project.value("tasks", "RW-001", "risk") == "缺两人"


def account_of(project: Project, name: str) -> list[object]:
    (row,) = (r for r in project.listed("submissions") if r["file"] == name)
    return [row[c] for c in ("edits", "applied", "unreadable", "excluded")]


def test_what_was_not_read_of_a_merged_file_comes_in_when_the_question_is_answered(project: Project) -> None:
    """Without it the department's column was in no cell of the master and in no list, and sending the file again was 重复."""
    project.issue()
    project.consolidate(risks(project, "first", 12, "缺人", progress=0.6))
    assert account_of(project, "first.xlsx") == [1, 1, 0, 0]
    answer(project, "yes")
    seen = verbs.preview(project.master, [], as_of=DAY, lang=project.lang, progress=no_progress)
    assert [(s["edits"], s["applied"]) for s in seen.json["submissions"]] == [(1, 1)]
    project.consolidate()
    assert (project.value("tasks", "RW-001", "risk"), project.value("tasks", "RW-001", "progress")) == ("缺人", 0.6)
    assert account_of(project, "first.xlsx") == [2, 2, 0, 0]
    before = project.master.read_bytes()
    project.consolidate()
    assert project.master.read_bytes() == before
    verbs.undo(project.master, as_of=DAY, lang=project.lang)
    assert project.value("tasks", "RW-001", "risk") is None
    assert account_of(project, "first.xlsx") == [1, 1, 0, 0]
    project.consolidate()  # the answer is a fact and stays
    assert project.value("tasks", "RW-001", "risk") == "缺人"


def test_it_comes_in_at_its_old_time(project: Project) -> None:
    """An older copy that arrives after the answer is judged as if the first had been read at once."""
    project.issue()
    project.consolidate(risks(project, "first", 12, "缺人"))
    answer(project, "yes")
    project.consolidate(risks(project, "second", 11, "缺两人"))
    assert project.value("tasks", "RW-001", "risk") == "缺人"


def test_what_the_pmo_typed_meanwhile_is_a_question(project: Project) -> None:
    project.issue()
    project.consolidate(risks(project, "first", 12, "缺人"))
    answer(project, "yes")
    project.type(("tasks", "RW-001", "risk", "已补人"))
    report = project.consolidate()
    assert proposed(project, report) == {("RW-001", "risk"): "缺人"}
    assert project.value("tasks", "RW-001", "risk") == "已补人"


@pytest.mark.parametrize("said", ["no", None])
def test_no_column_of_ours_or_no_answer_brings_nothing_in(project: Project, said: str | None) -> None:
    project.issue()
    project.consolidate(risks(project, "first", 12, "缺人"))
    if said:
        answer(project, said)
    project.consolidate()
    assert project.value("tasks", "RW-001", "risk") is None
    assert account_of(project, "first.xlsx") == [0, 0, 0, 0]


def test_a_new_row_gets_the_column_too_but_a_refused_one_does_not_come_back(project: Project) -> None:
    project.issue()
    new = {"name": "新任务", "owner": "*经理", "start": date(2026, 12, 1), "end": date(2026, 12, 8), "risk": "缺人"}
    project.consolidate(misspelt(project, "first", 12, {("tasks", "+0"): new}))
    refused = project.copy(project.folder.with_name("refused"))
    answer(project, "yes")
    report = project.consolidate()
    (asked,) = report.json["conflicts"]
    assert asked["candidates"][0]["value"]["risk"] == "缺人"
    refused.decide(**{"": (text("model.word.keep_master", project.lang), None)})
    verbs.resolve(refused.master, as_of=DAY, lang=refused.lang)
    answer(refused, "yes")
    assert refused.consolidate().json["conflicts"] == []
    assert not refused.listed("conflicts")


def test_the_order_of_day_and_month_of_a_merged_tracker_is_answered_later(project: Project) -> None:
    headings = [*HEADINGS[project.lang][:3], load().form("tasks").field("end").heading[project.lang], HEADINGS[project.lang][4]]
    path = tracker(project, "first", ["RW-001", "问卷设计", "市场部", "05/12/2026", "缺人"], headings=headings)
    asked = verbs.consolidate(project.master, [path], department="市场部", as_of=DAY, lang=project.lang, progress=no_progress)
    assert [q["kind"] for q in asked.json["questions"]] == ["date_order"]
    assert proposed(project, asked) == {("RW-001", "risk"): "缺人"}
    assert account_of(project, "first.xlsx") == [2, 0, 1, 1]
    answer(project, "日" if project.lang == "zh" else "day")
    assert proposed(project, project.consolidate())["RW-001", "end"] == "2026-12-05"
    assert account_of(project, "first.xlsx") == [2, 0, 0, 2]


def test_a_request_form_sent_in_is_proposals_that_wait(tmp_path: Path) -> None:
    project = Project.start(tmp_path)
    report = verbs.consolidate(project.master, [sample("05_")], department="市场部", as_of=DAY, lang="zh", progress=no_progress)
    asked = report.json["conflicts"]
    waiting = [item for item in asked if item["kind"] == "not_entered"]
    names = [item["candidates"][0]["value"]["name"] for item in asked if item["kind"] == "hand_made"]
    assert len(names) + len(waiting) == len(asked)
    assert waiting, "resources, outcome and opinions wait for their forms"
    assert names == ["2024年Q3用户增长活动", "需求确认", "功能开发", "活动上线", "数据复盘"], (
        "the request and its milestones; other forms are not in use"
    )
    (counts,) = report.json["submissions"]
    assert (counts["edits"], counts["excluded"], counts["rows_new"]) == (counts["edits"], counts["edits"], 5)
