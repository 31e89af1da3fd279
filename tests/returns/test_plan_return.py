"""What goes back to a department, as values: which findings, in which words, where."""

from __future__ import annotations

from typing import Any

import pytest

from collab_xl.catalogue import LANGS, codes, example, text
from collab_xl.forms import load
from collab_xl.model.finding import Finding, Severity, Word
from collab_xl.model.place import Address, Area
from collab_xl.model.record import replace
from collab_xl.model.returns import LINE, Fate, Marks
from collab_xl.model.sheets import Table, joined
from collab_xl.plan.returns import MAX_MARKS, NOT_THEIRS, About, plan_return, to_mend

SCHEMA = load()
SHEET = "任务跟踪表"
ABOUT = About("zh", "研发部", "周报.xlsx", "2026-W47", "2026-11-20 18:00")
CODES = [code for code in codes() if code[0] in "HVRTPQM"]


def table(first: int, last: int, left: int = 1, right: int = 7, form: str = "tasks", sheet: str = SHEET) -> Table:
    rows = list(range(first + 1, last + 1))
    return Table(
        form,
        sheet,
        Area(first, left, last, right),
        (first, first),
        {"end": 7},
        {"end": "计划结束时间"},
        rows,
        {"end": [None] * len(rows)},
        {},
    )


def bad(
    row: int, col: int = 7, severity: Severity = Severity.ERROR, code: str = "V203", sheet: str = SHEET, found: str = "八月"
) -> Finding:
    facts = {"heading": "计划结束时间"}
    return Finding(code, severity, Address(sheet, row, col), f"RW-{row:03}", "tasks", "end", found, "2026-11-20 这样的日期", facts)


def planned(*findings: Finding, tables: dict[str, Table] | None = None, about: About = ABOUT) -> Marks:
    return plan_return(findings, {"tasks": table(4, 30)} if tables is None else tables, SCHEMA, about)


def said(marks: Marks) -> str:
    return "\n".join(str(c.value) for row in marks.notes.rows for c in row.cells)


def test_errors_are_red_warnings_amber_and_notes_only_told() -> None:
    marks = planned(bad(5), bad(6, severity=Severity.WARNING), bad(7, severity=Severity.NOTE, code="V231"))
    assert [(m.row, m.severe) for m in marks.marks] == [(5, True), (6, False)]
    assert "错误 1 处，请改正；警告 1 处，请核对" in said(marks)
    assert "以下内容已按这样的理解读取" in said(marks)
    assert set(marks.columns[0].lines) == {5, 6}


def test_what_is_the_pmos_matter_is_not_sent() -> None:
    theirs = [bad(5, code=code) for code in CODES if code not in NOT_THEIRS]
    assert to_mend([*theirs, *(bad(5, code=code) for code in NOT_THEIRS)]) == theirs
    assert planned(*(bad(5, code=code) for code in sorted(NOT_THEIRS))).marks == ()


def test_two_findings_of_a_cell_are_one_mark_and_two_lines_of_the_notes() -> None:
    marks = planned(bad(5), bad(5, code="V206", severity=Severity.WARNING))
    (mark,) = marks.marks
    assert mark.severe
    assert mark.comment.count("处理：") == 2
    assert [c.value for row in marks.notes.rows for c in row.cells if c.target] == ["G5", "G5"]
    assert marks.columns[0].lines[5].count("G5：") == 2


def test_marks_are_numbered_in_the_order_of_the_file() -> None:
    other = {"problems": table(4, 9, form="problems", sheet="问题"), "tasks": table(4, 30)}
    marks = planned(bad(9), bad(5, col=8), bad(5), bad(6, sheet="问题"), tables=other)
    assert [(m.number, m.sheet, m.row, m.col) for m in marks.marks] == [
        (1, "问题", 6, 7),
        (2, SHEET, 5, 7),
        (3, SHEET, 5, 8),
        (4, SHEET, 9, 7),
    ]


def test_one_column_serves_all_tables_of_a_sheet() -> None:
    both = joined([table(4, 8), table(12, 20), table(4, 10, left=10, right=15)])
    (column,) = planned(bad(5), bad(14), bad(5, col=12), tables={"tasks": both}).columns
    assert (column.heading_rows, column.after, column.last_row) == ((4, 12), 15, 20)
    assert "G5：" in column.lines[5]
    assert "L5：" in column.lines[5]


def test_a_finding_about_a_heading_has_no_line_in_the_column() -> None:
    marks = planned(bad(4, code="H105"), bad(5))
    assert set(marks.columns[0].lines) == {5}
    assert [m.row for m in marks.marks] == [4, 5]


def test_without_a_cell_it_stands_on_the_notes() -> None:
    gone = Finding("M101", Severity.WARNING, None, "RW-009", "tasks", None, facts={"name": "渠道", "department": "研发部"})
    marks = planned(gone)
    assert marks.marks == ()
    assert "这份文件里没有 RW-009“渠道”这一行" in said(marks)


@pytest.mark.parametrize("lang", LANGS)
def test_a_department_reads_nothing_that_is_written_for_the_pmo(lang: str) -> None:
    """What a merge found: in words for the department, without its own name, and without the master's value as what it should write."""
    conflicts, about = load().service("conflicts").sheet[lang], replace(ABOUT, lang=lang)
    for code in (c for c in CODES if c[0] == "M" and c < "M2" and c not in NOT_THEIRS):
        for severity in (Severity.WARNING, Severity.NOTE):
            facts: dict[str, Any] = {**example(code, lang), "department": "研发部", "name": "渠道"}
            found, expected = str(facts.pop("found", "x")), str(facts.pop("expected", "y"))
            f = Finding(code, severity, Address(SHEET, 5, 7), "RW-001", "tasks", "end", found, expected, facts)
            marks = planned(f, about=about)
            words = said(marks) + "".join(m.comment for m in marks.marks) + "".join(t for c in marks.columns for t in c.lines.values())
            assert words.count("研发部") == 1, "only in the heading"
            assert conflicts not in words, code
            assert text("plan.returned.expected", lang) + expected not in words, code


def test_a_note_of_the_merge_is_no_way_of_reading_and_is_said_once() -> None:
    facts = {"department": "研发部", "rule": "进度倒退"}
    note = Finding("M112", Severity.NOTE, Address(SHEET, 6, 7), "RW-006", "tasks", "end", "10%", "50%", facts)
    alone = said(planned(bad(5), note))
    assert "以下内容还没有进主表" in alone
    assert "“10%”：进度倒退" in alone
    assert "以下内容已按这样的理解读取" not in alone
    assert "进度倒退" not in said(planned(bad(6), note)), "the marked cell itself says what became of it"
    both = said(planned(bad(5), note, bad(7, severity=Severity.NOTE, code="V231")))
    assert both.index("以下内容还没有进主表") < both.index("以下内容已按这样的理解读取")


def test_what_waits_to_be_passed_is_not_said_twice_and_the_column_is_short() -> None:
    at = Address(SHEET, 5, 7)
    facts = {"department": "研发部", "rule": "报已完成，但缺“实际完成时间”"}
    waits = Finding("M112", Severity.WARNING, at, "RW-005", "tasks", "end", "已完成", "进行中", facts)
    fate = Fate("review", {"rule": Word("rules.passing.incomplete_row")})
    marks = planned(waits, about=replace(ABOUT, fates={str(at): fate}))
    (line,) = marks.columns[0].lines.values()
    assert line == "▲ G5：“已完成”：报已完成，但缺“实际完成时间”，待 PMO 放行，主表暂未改。"
    assert marks.marks[0].comment.count("放行") == 1
    other = planned(bad(5), about=replace(ABOUT, fates={str(at): Fate("unread")}))
    assert other.columns[0].lines[5].endswith("【没有汇总：无法识别】"), "what to do is in the comment and the notes"
    assert "处理：" in other.marks[0].comment


def test_too_many_are_cut_and_counted() -> None:
    marks = planned(*(bad(n) for n in range(5, 5 + MAX_MARKS + 30)), tables={"tasks": table(4, 6000)})
    assert len(marks.marks) == MAX_MARKS
    assert "还有 30 处没有列出" in said(marks)


def test_a_refused_file_says_why_first() -> None:
    marks = planned(tables={}, about=replace(ABOUT, refused=("没有找到表。", "请用填报包。")))
    assert marks.marks == ()
    assert "这份文件没有收下：没有找到表。" in said(marks)
    assert "请这样处理：请用填报包。" in said(marks)
    assert "红色" not in said(marks)


@pytest.mark.parametrize("lang", LANGS)
def test_every_finding_reads_as_a_sentence_and_is_recognised_as_ours(lang: str) -> None:
    seen = 0
    for code in CODES:
        facts: dict[str, Any] = example(code, lang)
        found, expected = str(facts.pop("found", "x")), str(facts.pop("expected", "y"))
        f = Finding(code, Severity.ERROR, Address(SHEET, 5, 7), "RW-001", "tasks", "end", found, expected, facts)
        marks = planned(f, about=replace(ABOUT, lang=lang))
        if code in NOT_THEIRS:
            continue
        seen += 1
        line = marks.columns[0].lines[5]
        assert LINE.match(line), line
        assert "{" not in line + marks.marks[0].comment + said(marks), (code, line)
    assert seen > 60


def test_the_notes_begin_with_what_was_used_waits_and_was_not_used() -> None:
    names = ("merged", "merged", "merged", "waits", "put_off_because", "refused_because", "unread")
    fates = {f"任务跟踪表!G{n}": Fate(name, {"reason": "缺附件"}) for n, name in enumerate(names)}
    marks = plan_return((bad(5),), {}, SCHEMA, replace(ABOUT, fates=fates))
    assert "✓ 已采用 3 格    ◆ 待 PMO 决定 2 格    ▲ 没有采用 2 格（原因见下）" in said(marks)
    assert "✓" not in said(planned(bad(5))), "not merged yet"
