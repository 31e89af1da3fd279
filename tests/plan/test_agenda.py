"""The agenda of the review meeting."""

from __future__ import annotations

import io
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from e2e.small_project import DAY, Project
from hypothesis import given
from hypothesis import strategies as st
from tables import directory, requirements, table, tasks
from templates.invented_week import week
from workbooks import workbook_at

from collab_xl import verbs
from collab_xl.build.agenda import agenda_book
from collab_xl.catalogue import text
from collab_xl.demo import desk
from collab_xl.errors import CollabError
from collab_xl.forms import load
from collab_xl.model.agenda import Point, Section
from collab_xl.model.calendar import Calendar
from collab_xl.model.directory import Directory
from collab_xl.model.record import replace
from collab_xl.model.summary import EscalationLine, FormBlock, FormLine, LookAheadLine, OverdueLine
from collab_xl.plan.agenda import MOST, agenda
from collab_xl.report.blocks import form_blocks
from collab_xl.report.facts import Lines, facts_of
from collab_xl.report.lists import look_ahead
from collab_xl.rules.case import Case
from collab_xl.rules.communication import meetings
from collab_xl.rules.meetings import held_in_week, next_meeting
from collab_xl.settings import Settings

MONDAY, SUNDAY = date(2026, 11, 23), date(2026, 11, 29)
WORK = Calendar().counting(True)


def test_the_meeting_is_on_its_day_or_on_the_next_working_day() -> None:
    assert next_meeting(date(2026, 11, 20), date(2026, 11, 16), 1, WORK) == MONDAY
    assert next_meeting(MONDAY, MONDAY, 1, WORK) == MONDAY
    assert next_meeting(date(2026, 11, 24), MONDAY, 1, WORK) == date(2026, 11, 30)
    assert held_in_week(MONDAY, 6, WORK) is None  # a Saturday: the next working day is in another week
    assert next_meeting(MONDAY, MONDAY, 6, WORK) == MONDAY  # no week has one


@given(st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.integers(1, 5))
def test_no_meeting_is_in_the_past_or_more_than_a_week_away(day: date, weekday: int) -> None:
    held = next_meeting(day, day - timedelta(day.weekday()), weekday, WORK)
    assert day <= held <= day + timedelta(7)


def test_the_agenda_is_of_the_next_meeting_of_the_plan() -> None:
    plan = table("communication", """
        | 沟通编号 | 沟通场景 | 沟通方式   | 沟通频率                 | 下次时间 | 议程发出时间 |
        | GT-01    | 月度复盘 | 线下会议   | 每月最后一个工作日 14:00 |          |              |
        | GT-02    | 碰头     | 企业微信群 | 每周二                   |          |              |
        | GT-03    | 周例会   | 电话       | 每周三 9:30              |          | 2026-11-23   |
    """)  # fmt: skip
    found = meetings(Case({"communication": plan}, load(), Directory(), Settings(), Calendar(), MONDAY))
    assert [(m.name, m.moment, m.since, m.sent) for m in found] == [
        ("周例会", datetime(2026, 11, 25, 9, 30), date(2026, 11, 18), True),
        ("月度复盘", datetime(2026, 11, 30, 14), date(2026, 10, 30), False),
    ]
    (review,) = meetings(Case({}, load(), Directory(), Settings(meeting_weekday=2, meeting_time="9：05"), Calendar(), MONDAY))
    assert (review.moment, review.at) == (datetime(2026, 11, 24, 9, 5), None)


def test_the_weekly_page_names_the_meetings_of_the_plan_and_without_one_the_review() -> None:
    plan = table("communication", """
        | 沟通编号 | 沟通场景 | 沟通方式   | 沟通频率        | 下次时间 |
        | GT-01    | 项目例会 | 线下会议   | 每周一 10:00    |          |
        | GT-02    | 碰头     | 企业微信群 | 每周二          |          |
        | GT-03    | 月度例会 | 线下会议   | 每月最后一个工作日 |          |
    """)  # fmt: skip
    case = Case({"communication": plan}, load(), Directory(), Settings(), Calendar(), date(2026, 11, 22))
    ahead = [
        (line.day, text(f"plan.ahead.{line.text_id}", "zh", **line.facts)) for line in look_ahead(case, None, [], 2, MONDAY, SUNDAY, "zh")
    ]
    assert ahead == [(MONDAY, "项目例会 10:00（滞后 2 项）")]
    (last,) = (
        line for line in look_ahead(case, None, [], 0, date(2026, 11, 30), date(2026, 12, 6), "zh") if line.facts["name"] == "月度例会"
    )
    assert (last.day, text("plan.ahead.meeting_of", "zh", **last.facts)) == (date(2026, 11, 30), "月度例会（滞后 0 项）")
    (review,) = look_ahead(replace(case, tables={}), None, [], 2, MONDAY, SUNDAY, "zh")
    assert (review.day, review.text_id) == (MONDAY, "meeting")


def test_what_is_due_next_has_its_number_in_the_column_of_numbers() -> None:
    due = LookAheadLine(MONDAY, "due_one", {"key": "RW-002", "name": "页面开发", "dept": "研发部"})
    wanted = LookAheadLine(MONDAY, "requirement", {"key": "XZ-2026-001", "name": "门户"})
    several = LookAheadLine(MONDAY, "due", {"n": 3, "dept": "研发部", "most": 2, "names": ("a", "b", "c")})
    meeting = LookAheadLine(MONDAY, "meeting_of", {"name": "例会", "at": "", "n": 0})
    shown = replace(week("zh", quiet=True), ahead=(meeting, due, wanted, several))
    section = agenda(shown, load(), "zh")[-1]
    assert [(p.key, p.what, p.who, p.note) for p in section.points] == [
        ("RW-002", "页面开发", "研发部", ""),
        ("XZ-2026-001", "门户", "", "需求期望完成"),
        ("", "3 项到期（研发部 2 项）：a、b、c", "", ""),
    ]


def test_who_does_what_is_due_and_what_was_due_before_days_off() -> None:
    """Made on the Monday of a holiday week: a task of the Wednesday before is not late yet, and no meeting may forget it."""
    monday = date(2026, 10, 5)
    off = Calendar({date(2026, 10, day): False for day in range(1, 8)})
    work = tasks("""
        | 任务ID | 任务名称 | 负责部门 | 负责人 | 计划结束时间 | 完成状态 |
        | RW-001 | 联调 | 研发部 | 王* | 2026-09-30 | 进行中 |
        | RW-002 | 压测 | 研发部 | | 2026-10-09 | 未开始 |
        | RW-003 | 上线 | 研发部 | 王* | 2026-09-29 | 进行中 |
        | RW-004 | 旧的 | 研发部 | 王* | 2026-09-30 | 已完成 |
    """)
    needs = requirements("| 需求编号 | 需求名称 | 涉及部门 | 期望完成时间 | 状态 |\n| XZ-1 | 门户 | 研发部、市场部 | 2026-10-09 | 进行中 |")
    people = directory("| 部门 | 接口人 | 邮箱 |\n| 研发部 | 王* | a@x.cn |\n| 市场部 | 李* | b@x.cn |")
    case = Case({"tasks": work, "requirements": needs}, load(), people, Settings(), off, monday)
    facts = facts_of(case.rows["tasks"], Lines(people), case.terms, monday)
    lines = look_ahead(case, case.rows["requirements"], facts, 1, monday, date(2026, 10, 14), "zh")
    shown = replace(week("zh", quiet=True), as_of=monday, ahead=tuple(lines))
    assert [(p.key, p.who, p.due, p.note) for p in agenda(shown, load(), "zh")[-1].points] == [
        ("RW-001", "研发部 / 王*", date(2026, 9, 30), "已到期，还没有完成"),
        ("XZ-1", "研发部、市场部", date(2026, 10, 9), "需求期望完成"),
        ("RW-002", "研发部", date(2026, 10, 9), ""),
    ]
    page = look_ahead(case, None, facts, 1, monday + timedelta(1), date(2026, 10, 12), "zh")
    assert "RW-001" not in {line.facts.get("key") for line in page}, "on the page of a week it stands in that week's plan"


def test_amounts_have_their_unit_and_what_is_waited_for_is_named() -> None:
    def note(form: str, markdown: str) -> str:
        case = Case({form: table(form, markdown)}, load(), Directory(), Settings(), Calendar(), MONDAY)
        shown = replace(week("zh", quiet=True), blocks=form_blocks(case))
        return agenda(shown, load(), "zh")[0].points[0].note

    asked = note("resources", """
        | 资源编号 | 资源名称 | 需求部门 | 资源方 | 需求量 | 可用量 | 单位 | 申请时间 | 资源状态 |
        | ZY-001 | 推广预算 | 产品部 | 市场部 | 50000 | 20000 | 元 | 2026-11-16 09:00 | 待答复 |
    """)  # fmt: skip
    assert asked == "待答复；需求量：50000 元；可用量：20000 元；资源方：市场部"
    risk = note("risks", "| 风险编号 | 风险描述 | 责任部门 | 可能性 | 影响程度 | 风险等级 |\n| FX-001 | 接口延期 | 技术部 | 高 | 高 | 高 |")
    assert risk == "未填：应对措施"


def test_a_meeting_talks_about_its_own_week_until_the_next_meeting(tmp_path: Path) -> None:
    """A review meeting on Monday: the days until Friday, not those of the week after."""
    project = Project.again(tmp_path / "p", "zh", issued=False)
    report = verbs.agenda(project.master, as_of=MONDAY, write=False, lang="zh")
    coming = {p["row_id"]: p["due"] for p in report.json["sections"][-1]["points"]}
    assert coming == {"RW-002": "2026-11-27"}, "RW-003 is due on the Monday of the next meeting"
    early = verbs.agenda(project.master, as_of=DAY, write=False, lang="zh").json
    assert [p["row_id"] for p in early["sections"][-1]["points"]] == ["RW-002"], "made on Friday: until the Sunday after the meeting"


def test_the_agenda_of_a_meeting_long_past_has_the_days_after_it(tmp_path: Path) -> None:
    project = Project.again(tmp_path / "p", "zh", issued=False)
    report = verbs.agenda(project.master, as_of=DAY, on="2026-11-09", write=False, lang="zh").json
    assert report["meeting"] == "2026-11-09"
    assert [(p["row_id"], p["due"]) for p in report["sections"][-1]["points"]] == [("RW-001", "2026-11-12")]


def test_every_line_says_whose_it_is_and_how_late_it_is() -> None:
    line = FormLine("FX-001", {"description": "接口方延期"}, "研发部 / 王*", MONDAY, 4)
    said = EscalationLine(1, "risks", "FX-001", "接口方延期", "研发部", 4, "overdue", ("赵总",), MONDAY + timedelta(1))
    late = replace(said, key="FX-002", answer_by=MONDAY - timedelta(3))
    shown = replace(week("zh", quiet=True), as_of=MONDAY, blocks=(FormBlock("risks", [line]),), escalations=(said, late))
    wanted, risks = (s.points for s in agenda(shown, load(), "zh") if s.points[0].key == "FX-001")
    assert [(p.who, p.due, p.note) for p in risks] == [("研发部 / 王*", MONDAY, "滞后 4 天")]
    assert [(p.due, p.note) for p in wanted] == [
        (MONDAY, "滞后超限，请 赵总 决定；2026-11-24 前答复"),
        (None, "滞后超限，请 赵总 决定；应在 2026-11-20 前答复，还没有答复"),
    ]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_agenda_without_points_says_so(lang: str) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(agenda_book("t", "s", (), lang))).active
    assert text("build.agenda.nothing", lang) in {c.value for row in sheet.iter_rows() for c in row}


def test_headings_and_names_of_two_lines_have_room_for_both() -> None:
    made = agenda_book("t", "s", (Section("x", (Point("RW-001", "w", "Engineering and operations / Miller"),)),), "en")
    sheet = workbook_at(io.BytesIO(made)).active
    heights = {str(c.value): sheet.row_dimensions[c.row].height for row in sheet.iter_rows() for c in row if c.value}
    assert heights["Department / owner"] >= 28
    assert heights["Engineering and operations / Miller"] >= 41


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_the_meeting_must_talk_about(tmp_path: Path, lang: str) -> None:
    project = Project.again(tmp_path / "p", lang, issued=False)
    before = project.master.read_bytes()
    report = verbs.agenda(project.master, as_of=DAY, lang=lang)
    first = Path(str(report.json["file"]))
    assert (report.json["meeting"], project.master.read_bytes()) == ("2026-11-23", before)
    status = verbs.week(project.master, as_of=DAY, write=False, lang=lang).json
    points = {point["row_id"] for section in report.json["sections"] for point in section["points"]}
    assert {row["row_id"] for row in (*status["overdue"], *status["escalations"])} <= points
    sheet = workbook_at(first).active
    shown = {cell.value for row in sheet.iter_rows() for cell in row}
    assert points - {""} <= shown
    first.write_bytes(first.read_bytes() + b"conclusions")
    again = verbs.agenda(project.master, as_of=DAY, lang=lang)
    assert again.json["file"] != str(first)  # what somebody wrote into the first one stays
    assert first.read_bytes().endswith(b"conclusions")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_another_meeting_than_the_next_is_named_by_its_name_its_key_or_its_day(tmp_path: Path, lang: str) -> None:
    project = Project.again(tmp_path / "p", lang, issued=False)
    verbs.forms_add(project.master, ["communication"], as_of=DAY, lang=lang)
    plans = {
        "zh": (("GT-01", "周例会", "会议", "每周一"), ("GT-02", "月度复盘", "会议", "每月最后一个工作日")),
        "en": (("C-01", "Weekly meeting", "Meeting", "every Monday"), ("C-02", "Review", "Meeting", "last working day of the month")),
    }
    (key, weekly, *_), (_, monthly, *_) = plan = plans[lang]
    rows = [dict(zip(("occasion_id", "scene", "way", "frequency"), row, strict=True)) for row in plan]
    desk.fill_in(project.master, {"communication": rows}, lang, DAY)

    def made(**which: Any) -> tuple[str, str]:
        report = verbs.agenda(project.master, as_of=DAY, write=False, lang=lang, **which).json
        return str(report["name"]), str(report["meeting"])

    assert made() == made(meeting=weekly) == made(meeting=key) == (weekly, "2026-11-23")
    assert made(meeting=monthly.upper()) == made(on="2026-11-30", meeting=monthly) == (monthly, "2026-11-30")
    assert made(on="2026-12-07") == made(on={"zh": "12月7日", "en": "7 Dec"}[lang]) == (weekly, "2026-12-07")
    assert made(meeting=monthly, on="2026-12-31") == (monthly, "2026-12-31")
    for which in ({"meeting": monthly[:-1]}, {"on": "2026-12-08"}, {"meeting": monthly, "on": "2026-12-07"}):
        with pytest.raises(CollabError) as refused:
            made(**which)
        assert (refused.value.code, refused.value.exit_code) == ("no_such_meeting", 2)
        assert any(weekly in known for known in refused.value.facts["known"])
        why = text("verbs.error.no_such_meeting.why", lang, **{k: v for k, v in refused.value.facts.items() if k != "lang"})
        assert f"{weekly} 20" in why
        assert not set("[]'") & set(why)
    with pytest.raises(CollabError) as refused:
        made(on="?")
    assert refused.value.code == "usage_meeting_day"


def test_a_section_shows_the_first_and_counts_the_rest(tmp_path: Path) -> None:
    """With 300 departments hundreds of tasks are late: nobody talks about all of them in half an hour."""
    late = tuple(OverdueLine("tasks", f"RW-{n:03}", "联调", "研发部", "", MONDAY, 30 - n, "", "") for n in range(MOST + 7))
    (section,) = (s for s in agenda(replace(week("zh", quiet=True), overdue=late), load(), "zh") if s.points[0].key.startswith("RW"))
    assert ([p.key for p in section.points], section.more) == ([f"RW-{n:03}" for n in range(MOST)], 7)
    shown = [cell.value for row in workbook_at(io.BytesIO(agenda_book("标题", "", [section], "zh"))).active.iter_rows() for cell in row]
    assert f"1. {section.title}（{MOST + 7}）" in shown
    assert "另有 7 项，见主表的各张清单。" in shown


def test_a_text_like_a_formula_stays_a_text_and_a_long_one_gets_its_height() -> None:
    points = (Point("RW-001", "=1+1", "研发部", MONDAY, "长" * 200), Point("", "@x"))
    sheet = openpyxl.load_workbook(io.BytesIO(agenda_book("标题", "副标题", [Section("滞后", points)], "zh"))).active
    assert (sheet["C6"].value, sheet["C6"].data_type, sheet["C7"].value) == ("=1+1", "s", "@x")
    assert sheet["E6"].value.date() == MONDAY
    assert sheet.row_dimensions[6].height > 100 > sheet.row_dimensions[7].height


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    project = Project.again(tmp_path / "p", "zh", issued=False)
    (tmp_path / "file").write_text("x")
    with pytest.raises(CollabError) as refused:
        verbs.agenda(project.master, as_of=DAY, out=tmp_path / "file" / "folder", lang="zh")
    assert refused.value.code == "cannot_write_into"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_late_rows_of_a_form_without_a_block_are_on_it_with_their_days(lang: str) -> None:
    """What other sections name is not named again; a problem that is late says so in its own section."""
    schema = load()
    named, left_out = (OverdueLine("risks", f"FX-{n}", f"r{n}", "销售部", "李*", DAY, 2, "", "") for n in (1, 2))
    own = OverdueLine("communication", "GT-1", "g", "研发部", "王*", DAY, 5, "w", "m")
    lines = FormBlock("risks", (FormLine("FX-1", {"description": "r1"}, days_late=2),))
    late_problem = replace(week(lang).problems[0], overdue_days=3)
    sections = agenda(replace(week(lang), blocks=(lines,), late_others=(own, named, left_out), problems=(late_problem,)), schema, lang)
    found = {section.title: section.points for section in sections}
    others = found[text("plan.agenda.late_others", lang)]
    assert [(p.key, p.due) for p in others] == [("GT-1", DAY), ("FX-2", DAY)]
    assert schema.form("communication").sheet[lang] in others[0].note
    assert text("plan.agenda.late", lang, n=5) in others[0].note
    (problem,) = found[text("plan.agenda.trouble", lang)]
    assert text("plan.agenda.late", lang, n=3) in problem.note


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_section_is_not_parted_from_its_heading_in_print(lang: str) -> None:
    def breaks(*points: int) -> list[int]:
        sections = [Section("x", tuple(Point(f"RW-{n:03}", "w") for n in range(count))) for count in points]
        sheet = openpyxl.load_workbook(io.BytesIO(agenda_book("t", "s", sections, lang))).active
        assert not sheet.sheet_properties.pageSetUpPr or not sheet.sheet_properties.pageSetUpPr.fitToPage, "a fitted page ignores breaks"
        return [each.id for each in sheet.row_breaks.brk]

    assert breaks(3, 3) == []
    assert breaks(8, 4, 6) == [3 + 11 + 7], "the third begins a page: the rows that are before it"
    assert breaks(17, 4) == [3 + 20]
    assert breaks(20, 30) == [3 + 23], "longer than a page: it begins one where the page has no room for its first point"
    assert breaks(3, 40) == []
