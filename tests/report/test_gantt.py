"""The Gantt chart: groups and states of its bars, and the cells a person sees, read back with openpyxl."""

from __future__ import annotations

import io
import re
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from e2e.small_project import DAY, Project
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet
from tables import requirements, tasks
from workbooks import workbook_at

from collab_xl import verbs
from collab_xl.build.gantt import AT, CODE, DRAWN, FIRST, LEGEND, TOP, gantt_workbook, packed
from collab_xl.build.table import units
from collab_xl.catalogue import text
from collab_xl.forms import load
from collab_xl.model.calendar import Calendar
from collab_xl.model.directory import Directory
from collab_xl.model.gantt import BarGroup
from collab_xl.model.record import replace
from collab_xl.report.gantt import bar_groups
from collab_xl.rules.case import Case
from collab_xl.settings import Settings

FRIDAY = date(2026, 11, 20)
WORK = Calendar({date(2026, 12, 1): False, date(2026, 12, 5): True})
HEAD = "| 任务ID | 任务名称 | 所属需求编号 | 负责部门 | 计划开始时间 | 计划结束时间 | 前置任务 | 当前进度 | 完成状态 |\n"
ROWS = """
| RW-001 | 联调 | XZ-2 | 研发部 | 2026-11-02 | 2026-11-13 | | 40% | 进行中 |
| RW-002 | 回归 | XZ-2 | 研发部 | 2026-11-16 | 2026-11-20 | RW-001 | | 未开始 |
| RW-003 | 上线 | XZ-1 | 研发部 | 2026-12-21 | 2026-12-24 | RW-002 | | 未开始 |
| RW-004 | 方案 | XZ-1 | 市场部 | 2026-11-02 | 2026-11-06 | | 100% | 已完成 |
| RW-005 | 待排 | | 市场部 | | | | | 未开始 |
""".lstrip()
NEEDS = "| 需求编号 | 需求名称 |\n| XZ-1 | 产品上线 |\n| XZ-2 | 渠道 |"


def groups(rows: str = ROWS) -> list[BarGroup]:
    tables = {"requirements": requirements(NEEDS), "tasks": tasks(HEAD + rows)}
    case = Case(tables, load(), Directory(), Settings(), WORK, FRIDAY)
    return bar_groups(case, case.rows["tasks"], "zh")


def sheet(made: list[BarGroup], lang: str = "zh") -> Worksheet:
    book = workbook_at(io.BytesIO(gantt_workbook(made, "产品Q3上线", WORK, FRIDAY, lang)))
    return book.worksheets[0]


def many(n: int) -> str:
    days = [FRIDAY + timedelta(k // 2) for k in range(n)]
    line = "| RW-{0:03} | 任务{0} | XZ-1 | 研发部 | {1} | {2} | | | 未开始 |"
    return "\n".join(line.format(k, day, day + timedelta(4)) for k, day in enumerate(days, 1))


def test_groups_and_states() -> None:
    made = groups()
    assert [(group.name, [bar.key for bar in group.bars]) for group in made] == [
        ("XZ-1 产品上线", ["RW-004", "RW-003"]),
        ("XZ-2 渠道", ["RW-001", "RW-002"]),
        ("未归入需求", ["RW-005"]),
    ]
    states = {bar.key: (bar.state, bar.days, str(bar.expected)) for group in made for bar in group.bars}
    assert states == {
        "RW-001": ("late", 5, "2026-11-20"),
        "RW-002": ("slips", 5, "2026-11-27"),
        "RW-003": ("no_room", 0, "None"),
        "RW-004": ("done", 0, "None"),
        "RW-005": ("undated", 0, "None"),
    }
    by_department = groups(ROWS.replace("XZ-1", "").replace("XZ-2", ""))
    assert [group.name for group in by_department] == ["研发部", "市场部"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_stands_on_the_sheet(lang: str) -> None:
    ws = sheet(groups(), lang)
    page = ws.page_setup
    assert (page.paperSize, page.orientation, page.fitToWidth or 1, page.fitToHeight) == (8, "landscape", 1, 0)
    assert ws.sheet_properties.pageSetUpPr.fitToPage
    assert ws.print_title_rows == f"$1:${TOP}"
    firsts = {ws.cell(3, col).value: col for col in range(FIRST + 1, ws.max_column + 1)}
    assert min(firsts) == datetime(2026, 11, 2), "a Monday"
    today, holiday, moved, monday = (firsts[datetime(2026, 11, n)] if n > 5 else firsts[datetime(2026, 12, n)] for n in (20, 1, 5, 23))
    fill = {col: ws.cell(TOP + 2, col).fill.fgColor for col in (today, holiday, moved, monday)}
    assert fill[holiday].theme is not None
    assert (fill[moved], fill[today]) == (fill[monday], fill[monday]), "the Saturday is worked"
    assert fill[holiday] != fill[monday]
    assert ws.cell(TOP + 2, today).border.left.style == "medium"
    assert [ws.row_dimensions[row].outlineLevel for row in (TOP + 1, TOP + 2)] == [0, 1]
    codes = [ws.cell(row, CODE + 1).value for row in range(TOP + 1, ws.max_row + 1)]
    assert codes == ["group", "done", "no_room", "group", "late", "slips", "group", "undated"]
    rules = [rule for rules in ws.conditional_formatting for rule in rules.rules]
    assert len(rules) == 9
    assert all("$3" in rule.formula[0] or "$4" in rule.formula[0] for rule in rules)
    late = ws.cell(TOP + 5, AT["state"] + 1).value
    assert late == {"zh": "滞后 5 天", "en": "Late 5 d"}[lang], "a colour always has its word"


def test_milestone_and_agreed_end() -> None:
    made = groups()
    bars = [*made[0].bars]
    one = replace(bars[1], milestone=True)
    other = replace(one, milestone=False, baseline=date(2026, 12, 22))
    ws = sheet([BarGroup("x", [one, other])])
    cells = (cell for row in ws.iter_rows(min_row=TOP + 1, min_col=FIRST + 1) for cell in row)
    marks = {(cell.value, ws.cell(3, cell.column).value.day) for cell in cells if cell.value}
    assert marks == {("◆", 24), ("▽", 22)}


def test_milestone_and_agreed_end_come_from_the_columns_of_the_form() -> None:
    table = tasks("| 任务ID | 计划结束时间 | 里程碑 | 基准完成 | 完成状态 |\n| RW-001 | 2026-12-01 | 是 | 2026-11-30 | 未开始 |")
    case = Case({"tasks": table}, load(), Directory(), Settings(), WORK, FRIDAY)
    ((bar,),) = (group.bars for group in bar_groups(case, case.rows["tasks"], "zh"))
    assert (bar.milestone, bar.baseline) == (True, date(2026, 11, 30))


@pytest.mark.parametrize(("n", "columns"), [(0, range(14, 22)), (12, range(14, 57)), (300, range(20, 55))])
def test_any_number_of_tasks(n: int, columns: range) -> None:
    ws = sheet(groups(many(n)) if n else [])
    assert ws.max_row == TOP + (n + 1 if n else 1)
    assert ws.max_column - FIRST in columns


def test_the_verb_writes_a_file_and_not_the_master(tmp_path: Path) -> None:
    project = Project.start(tmp_path)
    before = project.master.read_bytes()
    shown = verbs.gantt(project.master, as_of=DAY, write=False, lang="zh")
    report = verbs.gantt(project.master, as_of=DAY, out=tmp_path / "out", lang="en")
    assert project.master.read_bytes() == before
    assert shown.json["file"] is None
    assert [row["key"] for row in report.json["rows"]] == [row["key"] for row in shown.json["rows"]] != []
    path = Path(report.json["file"])
    assert path.name == "甘特图_产品Q3上线.xlsx"
    ws = workbook_at(path).worksheets[0]
    keys = {ws.cell(row, 1).value for row in range(TOP + 1, ws.max_row + 1)}
    assert {row["key"] for row in report.json["rows"]} <= keys


def test_week_keeps_the_chart_in_the_outbox_up_to_date(tmp_path: Path) -> None:
    project = Project.start(tmp_path)
    assert not any("甘特图" in note for note in verbs.week(project.master, as_of=DAY, lang="zh").notes)
    path = Path(verbs.gantt(project.master, as_of=DAY, lang="zh").json["file"])
    first = path.read_bytes()
    notes = verbs.week(project.master, as_of=DAY + timedelta(days=1), lang="zh").notes
    assert any(str(path) in note for note in notes)
    assert path.read_bytes() != first


def test_a_finished_task_is_drawn_until_it_was_finished() -> None:
    """Early or late: the bar ends on that day, the planned end stays in its column, and the day is said."""
    rows = ROWS.replace("| 2026-11-06 | | 100% | 已完成 |", "| 2026-11-12 | | 100% | 已完成 |")
    made = groups(rows)
    early = replace(made[0].bars[0], finished=date(2026, 11, 5))
    ws = sheet([BarGroup("x", [early])])
    assert ws.cell(TOP + 2, AT["end"] + 1).value == datetime(2026, 11, 12)
    assert ws.cell(TOP + 2, DRAWN + 1).value == datetime(2026, 11, 5)
    assert ws.cell(TOP + 2, AT["state"] + 1).value == "已完成 11-05"
    colours = [rule.formula[0] for rules in ws.conditional_formatting for rule in rules.rules if '"done"' in rule.formula[0]]
    drawn = ws.cell(TOP + 1, DRAWN + 1).column_letter
    assert all(f"${drawn}{TOP + 1}" in formula for formula in colours)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_text_is_shrunk_and_the_legend_says_every_colour(lang: str) -> None:
    """In print a text that is shrunk to its column had 3 points."""
    made = groups(ROWS.replace("研发部", "华东区域第129营销服务与客户支持部"))
    ws = sheet(made, lang)
    cells = [cell for row in ws.iter_rows() for cell in row]
    assert not any(cell.alignment.shrink_to_fit for cell in cells)
    assert min(cell.font.sz for cell in cells if cell.value is not None) >= 9
    hidden = {letters for letters, column in ws.column_dimensions.items() if column.hidden}
    legend = {cell.value for cell in ws[2] if cell.value and cell.column_letter not in hidden}
    assert {text(f"build.gantt.legend.{word}", lang) for word in LEGEND} <= legend
    assert ws.cell(TOP, AT["baseline"] + 1).column_letter in hidden, "no task has a baseline"


def test_predecessors_break_between_ids_and_a_long_text_makes_its_row_higher() -> None:
    assert packed("RW-010、RW-011、RW-012", 17) == ["RW-010、RW-011、", "RW-012"]
    assert packed("RW-010, RW-011", 9.5) == ["RW-010,", "RW-011"]
    assert packed("", 17) == []
    long = replace(groups()[1].bars[1], before="RW-010、RW-011、RW-012、RW-013、RW-014")
    ws = sheet([BarGroup("x", [long, groups()[1].bars[0]])])
    heights = [ws.row_dimensions[row].height or 15 for row in (TOP + 2, TOP + 3)]  # 15 is not written
    assert heights[0] > heights[1]
    lines = ws.cell(TOP + 2, AT["before"] + 1).value.split("\n")
    assert len(lines) > 1
    assert all(re.fullmatch(r"(RW-\d+、?)+", line) for line in lines)


def test_a_year_is_printed_two_pages_wide_with_id_and_name_on_each() -> None:
    bar = groups()[1].bars[1]
    ws = sheet([BarGroup("x", [bar, replace(bar, end=bar.end + timedelta(330))])])
    assert (ws.page_setup.fitToWidth, ws.page_setup.fitToHeight) == (2, 0)
    assert ws.print_title_cols == "$A:$B"


def test_what_has_ended_is_not_expected_and_nothing_done_is_blank() -> None:
    bar = groups()[1].bars[1]
    done = replace(bar, state="done", finished=bar.end, expected=bar.end + timedelta(3), progress=1.0)
    ws = sheet([BarGroup("x", [done, replace(bar, progress=0.0)])])
    assert ws.cell(TOP + 2, AT["expected"] + 1).value is None
    assert ws.cell(TOP + 3, AT["progress"] + 1).number_format == "0%;;"


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("rows", ["", ROWS])
def test_what_is_said_of_the_chart_is_not_cut_by_its_legend(lang: str, rows: str) -> None:
    ws = sheet(groups(rows) if rows else [], lang)
    assert f"A2:{get_column_letter(AT['start'])}2" in {str(area) for area in ws.merged_cells.ranges}
    room = sum(ws.column_dimensions[get_column_letter(n + 1)].width for n in range(AT["start"]))
    lines = 1 + ((ws.row_dimensions[2].height or 15) - 15) // 11
    assert 0.85 * units(ws.cell(2, 1).value) <= lines * room
