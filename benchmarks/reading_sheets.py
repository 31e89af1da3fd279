"""Make sheets of trackers as people keep them, each with the truth beside: the measure of reading.

In: a seed, and whether the headings of the held-out half are used.  Out: `Sheet`s, the bytes of a workbook of one sheet and what is in
it. Every oddity is drawn by itself, about as often as it was seen in 157 register-like sheets of real project workbooks, so they meet in
any combination. Pure apart from the bytes that openpyxl makes.
"""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import openpyxl
from openpyxl.utils import get_column_letter

from benchmarks import reading_words as w

SHEETS = 60
DATES = frozenset({"start", "end", "due", "actual_end", "raised_at", "closed_at", "held_at"})
PERSONS = frozenset({"owner", "raised_by", "host"})
NAMES = {"tasks": "name", "problems": "description", "risks": "description", "actions": "action", "requirements": "name",
         "responsibilities": "duty", "communication": "scene"}  # fmt: skip
SHARE = {"tasks": 20, "problems": 10, "risks": 5, "actions": 4, "requirements": 4, "responsibilities": 2, "communication": 2, "": 13}
"""Form → how many of the sheets; "" is no tracker."""


@dataclass
class Truth:
    """One table: form, first and last heading row, column letter → field (only columns that are a field of the form)."""

    form: str
    headings: tuple[int, int]
    columns: dict[str, str] = field(default_factory=dict)
    rows: int = 0
    plain: frozenset[str] = frozenset()


@dataclass
class Sheet:
    name: str
    lang: str
    data: bytes
    tables: list[Truth]
    oddities: list[str]


def sheets(seed: int, held_out: bool = False) -> list[Sheet]:
    """Sixty sheets, half in each language."""
    rng = random.Random(seed)
    forms = [form for form, count in SHARE.items() for _ in range(count)]
    rng.shuffle(forms)
    return [Maker(random.Random(f"{seed}/{n}"), ("zh", "en")[n % 2], form, held_out).make(n) for n, form in enumerate(forms)]


class Maker:
    """Lays out one sheet."""

    def __init__(self, rng: random.Random, lang: str, form: str, held_out: bool) -> None:
        self.rng, self.lang, self.form, self.held_out = rng, lang, form, held_out
        self.book = openpyxl.Workbook()
        self.ws = self.book.active
        self.oddities: list[str] = []
        self.start = date(2026, 1, 5) + timedelta(days=rng.randrange(200))
        self.day_style = rng.choice(("real", "real", "real", "iso", "dot", "zh" if lang == "zh" else "slash"))

    def odd(self, name: str, share: float) -> bool:
        hit = self.rng.random() < share
        if hit:
            self.oddities.append(name)
        return hit

    def make(self, n: int) -> Sheet:
        tables = [self.table()] if self.form else self.no_tracker()
        out = io.BytesIO()
        self.book.save(out)
        return Sheet(f"{n:02d}-{self.lang}-{self.form or 'none'}", self.lang, out.getvalue(), tables, self.oddities)

    def no_tracker(self) -> list[Truth]:
        chosen = self.rng.choice(w.NO_TRACKER[self.lang])
        name, headings, rows = chosen["name"], chosen["headings"], chosen["rows"]
        self.ws.title = name
        top = self.above(name)
        for i, line in enumerate((headings, *rows, *rows)):
            for j, value in enumerate(line):
                self.ws.cell(top + i, 1 + j, value)
        return []

    # -- one table ------------------------------------------------------------------------------------------------------------------

    def table(self) -> Truth:
        rng, lang, form = self.rng, self.lang, self.form
        title = rng.choice(w.TITLES[lang][form])
        self.ws.title = title if rng.random() < 0.6 else rng.choice(("Sheet1", "Sheet2", "汇总" if lang == "zh" else "Overview"))
        row = self.above(title)
        col = 2 if self.odd("not in column A", 0.2) else 1
        columns = self.columns()
        style = self.style(columns)
        self.oddities.append(f"headings {style}")
        first, last, places = self.headings(row, col, columns, style)
        body_last, count = self.body(last + 1, columns, places, style == "wide")
        self.below(body_last, col)
        truth = {get_column_letter(places[i]): fid for i, (_, fid) in enumerate(columns) if fid}
        if self.odd("hidden column", 0.05):
            self.ws.column_dimensions[get_column_letter(places[-1])].hidden = True
        return Truth(form, (first, last), truth, count)

    def above(self, title: str) -> int:
        """Title and key-value rows; the row of the headings."""
        row = 1
        if self.odd("title above", 0.75):
            self.ws.cell(row, 1, title)
            if self.odd("title merged", 0.6):
                self.ws.merge_cells(start_row=1, end_row=1, start_column=1, end_column=8)
            row += 1 + (self.rng.random() < 0.3)
            if self.odd("key-value rows", 0.3):
                for label, value in (
                    (("项目名称：", "新品上市"), ("填表日期", "2026-03-01"))
                    if self.lang == "zh"
                    else (("Project:", "Launch"), ("Date", "2026-03-01"))
                ):
                    self.ws.cell(row, 1, label)
                    self.ws.cell(row, 2, value)
                    row += 1
            if self.odd("note above", 0.15):
                self.ws.cell(
                    row, 1, "注：每周五更新，标*为必填" if self.lang == "zh" else "Please update every Friday, columns with * are required"
                )
                row += 1
        return row

    def columns(self) -> list[tuple[str, str]]:
        """Heading and field ("" for nobody's) of each column."""
        rng, form, lang = self.rng, self.form, self.lang
        needed = w.NEEDED[form]
        fields = [f for f in w.HEADINGS[lang][form] if f in needed or rng.random() < 0.6]
        if form == "tasks" and "status" not in fields and "progress" not in fields:
            fields.append("status")
        out: list[tuple[str, str]] = []
        seen: set[str] = set()
        for f in fields:
            heading = rng.choice([h for h in w.words(lang, form, f, self.held_out) if h not in seen] or ["?"])
            if heading != "?":
                seen.add(heading)
                out.append((heading, f))
        own = w.OWN[lang]
        for _ in range(rng.choice((0, 0, 1, 1, 2))):
            heading = rng.choice([h for h in own if h not in seen])
            seen.add(heading)
            out.insert(rng.randrange(1, len(out) + 1), (heading, ""))
        if self.odd("running number", 0.5):
            out.insert(0, ("序号" if lang == "zh" else "No.", ""))
        return out

    def style(self, columns: Sequence[tuple[str, str]]) -> str:
        grouped = sum(1 for _, f in columns if any(f in fields for fields in w.GROUPS[self.lang].values()))
        options = (
            ["plain"] * 9 + ["two languages", "wide", "three rows"] + (["merged groups"] * 3 + ["bare groups"] * 2 if grouped >= 3 else [])
        )
        return self.rng.choice(options)

    def headings(self, row: int, col: int, columns: Sequence[tuple[str, str]], style: str) -> tuple[int, int, list[int]]:
        """First and last heading row, and the column of each."""
        ws, rng = self.ws, self.rng
        gap = rng.randrange(2, len(columns)) if style == "plain" and self.odd("column without heading", 0.2) else -1
        places, at = [], col
        for i in range(len(columns)):
            at += i == gap
            places.append(at)
            at += 2 if style == "wide" and i % 2 == 0 else 1
        texts = [self.written(heading) for heading, _ in columns]
        if style == "plain":
            for place, text in zip(places, texts, strict=True):
                ws.cell(row, place, text)
            return row, row, places
        if style == "wide":
            for place, following, text in zip(places, [*places[1:], at], texts, strict=True):
                ws.cell(row, place, text)
                if following > place + 1:
                    ws.merge_cells(start_row=row, end_row=row, start_column=place, end_column=following - 1)
            return row, row, places
        if style == "two languages":
            lines = w.HEADINGS["en" if self.lang == "zh" else "zh"][self.form]
            for place, text, (_, f) in zip(places, texts, columns, strict=True):
                ws.cell(row, place, text)
                if other := lines.get(f):
                    ws.cell(row + 1, place, other[0])
            return row, row + 1, places
        depth = 3 if style == "three rows" else 2
        groups = self.grouped(columns)
        for i, (place, text) in enumerate(zip(places, texts, strict=True)):
            if groups[i]:
                ws.cell(row + depth - 1, place, text)
            else:
                ws.cell(row, place, text)
                if style != "bare groups" or rng.random() < 0.5:
                    ws.merge_cells(start_row=row, end_row=row + depth - 1, start_column=place, end_column=place)
        start = 0
        for i in range(1, len(columns) + 1):
            if i == len(columns) or groups[i] != groups[start]:
                if groups[start]:
                    ws.cell(row + depth - 2, places[start], groups[start])
                    if style != "bare groups" and i - start > 1:
                        ws.merge_cells(
                            start_row=row + depth - 2, end_row=row + depth - 2, start_column=places[start], end_column=places[i - 1]
                        )
                start = i
        if depth == 3 and any(groups):
            start = next((i for i, g in enumerate(groups) if g), 0)
            ws.cell(row, places[start], "执行跟踪" if self.lang == "zh" else "Tracking")
        return row, row + depth - 1, places

    def grouped(self, columns: Sequence[tuple[str, str]]) -> list[str]:
        """The group title above each column; "" for a column without one. A group has two columns at least, side by side."""
        of = {f: title for title, fields in w.GROUPS[self.lang].items() for f in fields}
        groups = [of.get(f, "") for _, f in columns]
        for i, g in enumerate(groups):
            if g and g not in groups[max(0, i - 1) : i] + groups[i + 1 : i + 2]:
                groups[i] = ""
        return groups

    def written(self, heading: str) -> str:
        rng = self.rng
        if rng.random() < 0.05 and len(heading) > 3:
            middle = len(heading) // 2 if self.lang == "zh" else heading.find(" ")
            if middle > 0:
                return heading[:middle] + "\n" + heading[middle:].strip()
        return heading + " " if rng.random() < 0.04 else f"*{heading}" if rng.random() < 0.03 else heading

    # -- the rows -------------------------------------------------------------------------------------------------------------------

    def body(self, row: int, columns: Sequence[tuple[str, str]], places: Sequence[int], wide: bool) -> tuple[int, int]:
        rng, ws = self.rng, self.ws
        records = rng.choice((3, 5, 8, 12, 20))
        groups, blanks = self.odd("group titles", 0.3), self.odd("blank rows", 0.28)
        merged = self.odd("cells merged downwards", 0.2)
        level = rng.choice(w.LEVELS[self.lang])
        people = rng.sample(w.PEOPLE[self.lang], 4)
        departments = rng.sample(w.DEPARTMENTS[self.lang], 3)
        done = 0
        statuses = w.STATUSES[self.lang].get(self.form, ())
        statuses = rng.sample(statuses, min(4, len(statuses)))
        about = next(i for i, (_, f) in enumerate(columns) if f == NAMES[self.form])
        while done < records:
            if groups and done % 4 == 0:
                ws.cell(
                    row,
                    places[about],
                    ("一、准备阶段", "二、实施阶段", "三、收尾")[done // 4 % 3]
                    if self.lang == "zh"
                    else ("PHASE 1", "PHASE 2", "CLOSING")[done // 4 % 3],
                )
                row += 1
            if blanks and done == records // 2:
                row += 1
            day = self.start + timedelta(days=7 * done)
            status = rng.choice(statuses) if statuses else ""
            for i, (heading, f) in enumerate(columns):
                value = self.cell(f, heading, done, day, status, people, departments, level)
                if value is not None:
                    cell = ws.cell(row, places[i], value)
                    if isinstance(value, (date, datetime)):
                        cell.number_format = "yyyy/m/d"
                    if f == "progress" and isinstance(value, float):
                        cell.number_format = "0%"
            if wide:
                for i, place in enumerate(places[:-1]):
                    if places[i + 1] > place + 1:
                        ws.merge_cells(start_row=row, end_row=row, start_column=place, end_column=place + 1)
            row += 1
            done += 1
        if merged and not groups and not blanks and records > 3:
            for i, (_, f) in enumerate(columns):
                if f in ("dept", "owner", "meeting_name"):
                    value = ws.cell(row - 3, places[i]).value
                    ws.merge_cells(start_row=row - 3, end_row=row - 1, start_column=places[i], end_column=places[i])
                    ws.cell(row - 3, places[i]).value = value
                    break
        return row - 1, records

    def cell(
        self, f: str, heading: str, n: int, day: date, status: str, people: Sequence[str], departments: Sequence[str], level: Sequence[str]
    ) -> object:
        rng, lang = self.rng, self.lang
        if heading in ("序号", "No."):
            return n + 1
        if f.endswith("_id"):
            return f"{'RW' if self.form == 'tasks' else 'X'}-{n + 1:03d}" if len(heading) % 2 else n + 1
        if f in PERSONS:
            return rng.choice(people)
        if f in ("dept", "from_dept"):
            return rng.choice(departments)
        if f == "to_depts":
            return ("、" if lang == "zh" else ", ").join(rng.sample(list(departments), 2))
        if f in DATES:
            later = {"end": 10, "due": 10, "actual_end": 11, "closed_at": 11}.get(f, 0)
            closed = status in ("已完成", "完成", "项目关闭", "已解决", "已关闭", "关闭", "Done", "Complete", "Closed", "Resolved")
            if f in ("actual_end", "closed_at") and not closed:
                return None
            return self.day(day + timedelta(days=later + rng.randrange(3)))
        if f == "status":
            return status
        if f == "progress":
            return rng.choice((0.0, 0.3, 0.5, 0.8, 1.0))
        if f in ("level", "urgency", "likelihood", "impact"):
            return rng.choice(level)
        if f == NAMES[self.form]:
            pool = w.TROUBLES[lang] if self.form in ("problems", "risks") else ()
            verbs, objects = w.VERBS[lang]
            return (
                rng.choice(pool) + (f"（{n + 1}）" if lang == "zh" else f" ({n + 1})")
                if pool
                else f"{rng.choice(verbs)}{'' if lang == 'zh' else ' '}{rng.choice(objects)}"
            )
        if f == "predecessors":
            return None
        if f in ("way", "frequency", "post", "meeting_name", "people"):
            return rng.choice(w.PHRASES[lang][f])
        if f in ("deliverable", "output"):
            return rng.choice(w.VERBS[lang][1])
        if f:
            return rng.choice((None, rng.choice(w.REMARKS[lang]), rng.choice(w.TROUBLES[lang])))
        if heading in ("费用", "工时", "工期(天)", "Budget", "Effort (h)", "Duration", "测试用例数"):
            return rng.randrange(1, 90)
        return rng.choice(("A", "B", "甲", "V1.0") if lang == "zh" else ("A", "B", "West", "V1.0"))

    def day(self, value: date) -> object:
        style = self.day_style
        if style == "real":
            return datetime(value.year, value.month, value.day)
        if style == "iso":
            return value.isoformat()
        if style == "dot":
            return f"{value.year}.{value.month}.{value.day}"
        if style == "slash":
            return f"{value.day} {value:%b} {value.year}"
        return f"{value.month}月{value.day}日"

    def below(self, row: int, col: int) -> None:
        if self.odd("notes below", 0.25):
            self.ws.cell(row + 2, col, "填表说明：状态请从下拉选择" if self.lang == "zh" else "Note: choose the status from the list")
        if self.odd("signature", 0.15):
            self.ws.cell(row + 3, col, "审核人：" if self.lang == "zh" else "Approved by:")
        if self.odd("second table", 0.09):
            for i, line in enumerate(
                (("状态", "数量"), ("进行中", 3), ("已完成", 4)) if self.lang == "zh" else (("Status", "Count"), ("Open", 3), ("Done", 4))
            ):
                for j, value in enumerate(line):
                    self.ws.cell(row + 5 + i, col + j, value)
