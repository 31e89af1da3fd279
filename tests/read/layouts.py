"""Make workbooks the way people lay out trackers, each with what must be read of it.

A `Layout` is built of features; every feature may be combined with every other. `build` gives the bytes of a workbook made with
openpyxl, and for each table its form, heading rows, columns and records by sheet row.
"""

from __future__ import annotations

import io
import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import openpyxl
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter

FORMS: dict[str, list[tuple[str, str, str]]] = {  # field, zh heading, en heading
    "tasks": [
        ("task_id", "任务ID", "Task ID"),
        ("name", "任务名称", "Task name"),
        ("dept", "负责部门", "Department"),
        ("owner", "负责人", "Owner"),
        ("start", "计划开始时间", "Start date"),
        ("end", "计划结束时间", "Due date"),
        ("progress", "当前进度", "% complete"),
        ("status", "完成状态", "Status"),
        ("remark", "备注", "Notes"),
    ],
    "problems": [
        ("problem_id", "问题编号", "Issue ID"),
        ("description", "问题描述", "Issue description"),
        ("dept", "责任部门", "Team"),
        ("raised_by", "问题反馈人", "Raised by"),
        ("due", "完成时限", "Due date"),
        ("status", "处理状态", "Status"),
    ],
    "requirements": [
        ("req_id", "需求编号", "Req ID"),
        ("name", "需求名称", "Requirement name"),
        ("from_dept", "发起部门", "Requested by"),
        ("to_depts", "涉及部门", "Departments involved"),
        ("due", "期望完成时间", "Due date"),
    ],
}
STATUS = {"tasks": ("进行中", "In progress", "in_progress"), "problems": ("处理中", "In progress", "handling")}
DEPTS = {"zh": ("市场部", "研发部", "销售部"), "en": ("Marketing", "Engineering", "Sales")}
FEATURES = (
    "title", "key_values", "offset", "deep", "two_lines", "two_lines_unmerged", "merged_title", "blank_rows", "groups", "merged_groups",
    "numbers", "totals", "total_formulas", "signature", "notes", "hidden_rows", "hidden_cols", "filtered", "gap_column", "unknown_column",
    "unnamed_column", "dressed", "trailing", "invisible", "wide_headings", "line_breaks", "starred", "duplicate_heading", "listobject",
    "formatted_rows", "sequence", "merged_body", "comments", "hints", "heading_again", "long_title", "units", "bilingual",
)  # fmt: skip
EXCLUDE = {
    frozenset((one, other))
    for one, others in {
        "two_lines": "two_lines_unmerged listobject dressed heading_again line_breaks",
        "two_lines_unmerged": "listobject dressed heading_again line_breaks",
        "listobject": "merged_body merged_groups heading_again duplicate_heading unnamed_column gap_column line_breaks",
        "bilingual": "two_lines two_lines_unmerged dressed line_breaks units starred wide_headings",
        "hints": "heading_again",
    }.items()
    for other in others.split()
}
"""Features that cannot stand together, or that Excel would not have in one table."""


@dataclass
class Expected:
    """One table as it must be read."""

    form: str
    sheet: str
    heading_rows: tuple[int, int]
    columns: dict[str, int]
    records: dict[int, dict[str, Any]]


@dataclass
class Layout:
    """What a workbook looks like. `beside` and `below` put more tables on the sheet."""

    features: frozenset[str] = frozenset()
    form: str = "tasks"
    lang: str = "zh"
    records: int = 4
    seed: int = 0
    beside: str = ""
    below: str = ""
    expected: list[Expected] = field(default_factory=list)

    def __str__(self) -> str:
        more = "".join(f" {how} {what}" for how, what in (("beside", self.beside), ("below", self.below)) if what)
        return f"{self.form}/{self.lang}{more}: {', '.join(sorted(self.features)) or 'plain'} (seed {self.seed})"


def build(layout: Layout) -> bytes:
    """The workbook; fills `layout.expected`, top down and left to right."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Sheet1"
    layout.expected = []
    rng = random.Random(layout.seed)
    has = layout.features.__contains__
    row, col = 1, (3 if has("offset") else 1)
    if has("deep"):
        row += 12
    row = _above(sheet, layout, row, col)
    last, width = _table(sheet, layout, layout.form, row, col, rng, "Main")
    if layout.beside:
        _table(sheet, _plain(layout), layout.beside, row, col + width + 1, rng, "Beside")
    if layout.below:
        last = max(last, sheet.max_row)
        _table(sheet, _plain(layout), layout.below, last + 3, col, rng, "Below")
    if has("formatted_rows"):
        for r in range(sheet.max_row + 1, sheet.max_row + 300):
            for c in range(col, col + width):
                sheet.cell(r, c).fill = PatternFill("solid", fgColor="FFF4F6F9")
    rules = book.create_sheet("规则" if layout.lang == "zh" else "Rules")
    for line in (
        (("状态", "含义"), ("滞后", "超过计划结束时间")) if layout.lang == "zh" else (("Status", "Meaning"), ("Late", "past its end"))
    ):
        rules.append(line)
    out = io.BytesIO()
    book.save(out)
    layout.expected.sort(key=lambda e: (e.heading_rows[0], min(e.columns.values())))
    return out.getvalue()


def _plain(layout: Layout) -> Layout:
    """The second table has no features of its own, but is noted in the same place."""
    other = Layout(frozenset(), layout.form, layout.lang, 2, layout.seed + 1)
    other.expected = layout.expected
    return other


def _above(sheet: Any, layout: Layout, row: int, col: int) -> int:
    has, zh = layout.features.__contains__, layout.lang == "zh"
    if has("title") or has("merged_title") or has("long_title"):
        text = "新品上市项目跟进" if zh else "Product launch follow-up"
        if has("long_title"):
            text += (
                "（每周五下班前由各部门更新任务名称、负责人、完成状态等内容）"
                if zh
                else " (departments update task, owner and status on Fridays)"
            )
        sheet.cell(row, col, text).font = Font(bold=True, size=16)
        if has("merged_title"):
            sheet.merge_cells(start_row=row, start_column=col, end_row=row, end_column=col + 6)
        row += 2
    if has("key_values"):
        pairs = [("项目名称：", "新品上市", "项目经理：", "*经理"), ("编制日期：", "2026-11-06", "版本", "1.2")] if zh else [
            ("Project:", "Launch", "Manager:", "A. Lee"), ("Date:", "2026-11-06", "Version", "1.2")]  # fmt: skip
        for line in pairs:
            for i, text in enumerate(line):
                sheet.cell(row, col + i, text)
            row += 1
        row += 1
    return row


def _table(sheet: Any, layout: Layout, form: str, row: int, col: int, rng: random.Random, name: str) -> tuple[int, int]:
    """Write one table with its headings at `row`; returns its last row and its width."""
    has, zh = layout.features.__contains__, layout.lang == "zh"
    head_first = row
    fields = FORMS[form]
    columns: dict[str, int] = {}
    heads: list[tuple[int, str]] = []
    at = col
    if has("sequence"):
        heads.append((at, "序号" if zh else "No."))
        at += 1
    for n, (field_id, zh_head, en_head) in enumerate(fields):
        columns[field_id] = at
        heads.append((at, _dress(layout, zh_head if zh else en_head, en_head, n)))
        at += 1
        if n == 2 and has("gap_column"):
            at += 1
        if n == 2 and has("unnamed_column"):
            heads.append((at, ""))
            at += 1
        if n == 3 and has("unknown_column"):
            heads.append((at, "预算科目" if zh else "Cost centre"))
            at += 1
    if has("duplicate_heading"):
        heads.append((at, heads[-1][1]))
        at += 1
    width = at - col
    lines = 1
    if has("two_lines") or has("two_lines_unmerged"):
        lines = 2
        _two_lines(sheet, layout, row, heads, columns)
    else:
        for c, text in heads:
            if text:
                sheet.cell(row, c, text).font = Font(bold=True)
    head_last = row + lines - 1
    row = head_last + 1
    if has("hints"):
        for c in columns.values():
            sheet.cell(row, c, "必填" if zh else "required")
        row += 1
    expected = Expected(form, sheet.title, (head_first, head_last), dict(columns), {})
    layout.expected.append(expected)
    first_body = row
    count = layout.records
    for i in range(count):
        if has("groups") and i in (0, 2):
            sheet.cell(row, col, ("一、启动阶段", "二、执行阶段")[i > 0] if zh else ("Phase 1: start", "Phase 2: doing")[i > 0])
            row += 1
        if has("merged_groups") and i == 1:
            sheet.cell(row, col, "线下渠道" if zh else "Shops")
            sheet.merge_cells(start_row=row, start_column=col, end_row=row, end_column=at - 1)
            row += 1
        if has("blank_rows") and i == 2:
            row += 2
        if has("heading_again") and i == 2 and count > 2:
            row += 1
            for c, text in heads:
                if text:
                    sheet.cell(row, c, text)
            expected = Expected(form, sheet.title, (row, row), dict(columns), {})
            layout.expected.append(expected)
            row += 1
        expected.records[row] = _record(sheet, layout, form, row, i, columns, rng)
        if has("sequence"):
            sheet.cell(row, col, i + 1)
        if has("unknown_column") and form == layout.form:
            c = next((c for c, text in heads if text in ("预算科目", "Cost centre")), None)
            if c:
                sheet.cell(row, c, f"66{i:02d}")
        if has("unnamed_column"):
            c = next((c for c, text in heads if not text), None)
            if c:
                sheet.cell(row, c, "?!")
        if has("hidden_rows") and i == 1:
            sheet.row_dimensions[row].hidden = True
        if has("comments") and i == 0:
            sheet.cell(row, columns[fields[1][0]]).comment = Comment("see mail", "pmo")
        row += 1
    if has("merged_body") and count >= 2:
        _merge_body(sheet, expected, columns)
    last_body = row - 1
    if has("listobject"):
        _listobject(sheet, heads, head_first, last_body, name)
    if has("hidden_cols"):
        sheet.column_dimensions[get_column_letter(columns[fields[3][0]])].hidden = True
    if has("filtered"):
        if not has("listobject"):
            sheet.auto_filter.ref = f"{get_column_letter(col)}{head_last}:{get_column_letter(at - 1)}{last_body}"
        sheet.row_dimensions[last_body].hidden = True
    if has("numbers"):
        for n in (count + 1, count + 2):
            sheet.cell(row, col, n)
            row += 1
    if has("totals"):
        sheet.cell(row, col, "合计" if zh else "Total")
        sheet.cell(row, columns[fields[-1][0]], f"=COUNTA({get_column_letter(col)}{first_body}:{get_column_letter(col)}{last_body})")
        row += 1
    if has("total_formulas"):
        for r in range(row, row + 20):
            sheet.cell(r, columns[fields[-1][0]], f'=IF({get_column_letter(col)}{r}="","",1)')
        row += 20
    if has("notes"):
        row += 1
        sheet.cell(row, col, "说明：1. 每周五更新；2. 完成状态按实际填写。" if zh else "Note: update every Friday.")
        row += 1
    if has("signature"):
        row += 1
        sheet.cell(row, col, "审核：" if zh else "Approved:")
        sheet.cell(row, col + 3, "批准：" if zh else "Signature:")
        row += 1
    return row - 1, width


def _record(sheet: Any, layout: Layout, form: str, row: int, i: int, columns: dict[str, int], rng: random.Random) -> dict[str, Any]:
    zh = layout.lang == "zh"
    day = date(2026, 11, 2) + timedelta(days=rng.randrange(60))
    out: dict[str, Any] = {}
    for field_id, *_ in FORMS[form]:
        raw: Any
        value: Any
        match field_id:
            case "task_id" | "problem_id" | "req_id":
                raw = value = f"{ {'tasks': 'RW', 'problems': 'WT', 'requirements': 'XZ'}[form] }-{layout.seed % 9}{i + 1:02d}"
            case "name" | "description":
                raw = value = f"整理第{i + 1}批资料" if zh else f"Prepare batch {i + 1}"
            case "dept" | "from_dept":
                raw = value = DEPTS[layout.lang][i % 3]
            case "to_depts":
                raw, value = "、".join(DEPTS["zh"][:2]) if zh else ", ".join(DEPTS["en"][:2]), DEPTS[layout.lang][:2]
            case "owner" | "raised_by":
                raw = value = ("*经理", "*专员")[i % 2] if zh else ("Ann", "Bo")[i % 2]
            case "start":
                raw = value = day
            case "end" | "due":
                value = day + timedelta(days=7)
                raw = value.isoformat() if i % 2 else value
            case "progress":
                raw, value = f"{20 + 10 * i}%", (20 + 10 * i) / 100
            case "status":
                zh_word, en_word, value = STATUS[form]
                raw = zh_word if zh else en_word
            case _:
                raw = value = None if i % 2 else ("等物料" if zh else "waiting")
        if raw is not None:
            sheet.cell(row, columns[field_id], raw)
        out[field_id] = value
    return out


def _dress(layout: Layout, text: str, en: str, n: int) -> str:
    has = layout.features.__contains__
    if has("dressed") and n % 2:
        text = f"{text}（必填）" if layout.lang == "zh" else f"{text} (required)"
    if has("units") and text in ("当前进度", "% complete", "计划开始时间"):
        text = {"当前进度": "当前进度（%）", "% complete": "% complete", "计划开始时间": "计划开始时间(年月日)"}[text]
    if has("bilingual") and layout.lang == "zh":
        text = f"{text}\n{en}"
    if has("line_breaks") and layout.lang == "zh" and len(text) >= 4:
        text = f"{text[:2]}\n{text[2:]}"
    elif has("line_breaks") and " " in text:
        text = text.replace(" ", "\n", 1)
    if has("trailing"):
        text = f" {text}  "
    if has("invisible"):
        text = f"\ufeff{text[:1]}\u200b{text[1:]}\u00a0"
    if has("wide_headings"):
        text = text.replace("ID", "ＩＤ").replace("(", "（").replace("%", "％")
    if has("starred") and n < 2:
        text = f"*{text}"
    return text


def _two_lines(sheet: Any, layout: Layout, row: int, heads: list[tuple[int, str]], columns: dict[str, int]) -> None:
    """The last two fields stand under a heading of their own (计划 over 开始时间, 结束时间 where the form has both)."""
    merged = "two_lines" in layout.features
    pair = [c for f, c in columns.items() if f in ("start", "end")]
    if len(pair) < 2 or pair[1] != pair[0] + 1:
        pair = list(columns.values())[-2:]
    for c, text in heads:
        if not text:
            continue
        if c in pair:
            sheet.cell(row + 1, c, text)
        else:
            sheet.cell(row, c, text)
            if merged:
                sheet.merge_cells(start_row=row, start_column=c, end_row=row + 1, end_column=c)
    if pair[1] == pair[0] + 1:
        sheet.cell(row, pair[0], "安排" if layout.lang == "zh" else "Plan")
        if merged:
            sheet.merge_cells(start_row=row, start_column=pair[0], end_row=row, end_column=pair[1])


def _merge_body(sheet: Any, expected: Expected, columns: dict[str, int]) -> None:
    """The department of the first two records in one merged cell."""
    rows = sorted(expected.records)[:2]
    field_id = next(f for f in ("dept", "from_dept") if f in columns)
    if len(rows) == 2 and rows[1] == rows[0] + 1:
        sheet.cell(rows[1], columns[field_id]).value = None
        sheet.merge_cells(start_row=rows[0], start_column=columns[field_id], end_row=rows[1], end_column=columns[field_id])
        expected.records[rows[1]][field_id] = expected.records[rows[0]][field_id]


def _listobject(sheet: Any, heads: list[tuple[int, str]], first: int, last: int, name: str) -> None:
    from openpyxl.worksheet.table import Table

    cols = [c for c, _ in heads]
    ref = f"{get_column_letter(min(cols))}{first}:{get_column_letter(max(cols))}{last}"
    sheet.add_table(Table(displayName=f"T{name}", ref=ref))


def allowed(features: frozenset[str]) -> bool:
    return not any(pair <= features for pair in EXCLUDE)
