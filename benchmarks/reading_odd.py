"""The third set: sheets with other headings and other oddities than those the reader was written with (`reading_sheets`).

Headings in two languages in one cell, with remarks or numbers, hints below them, two tables side by side, filler columns, filter rows,
subtotals, days as text in every form, pictures in cells, titles indented by level, tables of Excel.
"""

from __future__ import annotations

import io
import random
import tomllib
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.table import Table

from benchmarks import reading_words as w
from benchmarks.reading_sheets import DATES, NAMES, SHARE, Maker, Sheet, Truth

_ALL: dict[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
Headings = dict[str, dict[str, dict[str, list[str]]]]
HEADINGS: Headings = _ALL["headings"]
UNSEEN: Headings = tomllib.loads(Path(__file__).with_name("reading_unseen.toml").read_text(encoding="utf-8"))["headings"]
"""The headings of the fourth set."""
NO_TRACKER: dict[str, list[dict[str, Any]]] = _ALL["no_tracker"]
REMARKS = {
    "zh": {"date": ("（年/月/日）", "(yyyy-mm-dd)", "（必填）"), "": ("（必填）", "(选填)", "（下拉选择）", "*")},
    "en": {"date": (" (dd/mm/yyyy)", " (required)"), "": (" (required)", " (optional)", " (select)", " *")},
}
HINTS = {
    "zh": {"date": "填写日期，如2026/3/1", "name": "一句话写清楚", "status": "请选择", "": "必填"},
    "en": {"date": "enter a date", "name": "short description", "status": "select", "": "required"},
}


def odd_sheets(seed: int, unseen: bool = False) -> list[Sheet]:
    """Sixty sheets, half in each language; `unseen`: with the headings of the fourth set."""
    rng = random.Random(seed)
    forms = [form for form, count in SHARE.items() for _ in range(count)]
    rng.shuffle(forms)
    return [OddMaker(random.Random(f"odd/{seed}/{n}"), ("zh", "en")[n % 2], form, unseen).make(n) for n, form in enumerate(forms)]


class OddMaker(Maker):
    """Lays out one sheet with the oddities of this set; those of the first set go on where nothing here replaces them."""

    def make(self, n: int) -> Sheet:
        self.mixed_days = self.odd("days in every form", 0.4)
        self.decorated = self.rng.choice(("", "", "two languages in a cell", "remarks", "numbers", "remarks"))
        self.oddities.append(f"headings with {self.decorated or 'nothing'}")
        self.filler = self.odd("filler columns", 0.12)
        self.hints = self.odd("hints below the headings", 0.2)
        tables = [self.table()] if self.form else self.no_tracker()
        if self.form and self.odd("a table beside", 0.12):
            self.beside(tables)
        out = io.BytesIO()
        self.book.save(out)
        return Sheet(f"{n:02d}-{self.lang}-{self.form or 'none'}", self.lang, out.getvalue(), tables, self.oddities)

    def no_tracker(self) -> list[Truth]:
        chosen = self.rng.choice([*NO_TRACKER[self.lang], *NO_TRACKER[self.lang], *w.NO_TRACKER[self.lang]])
        self.ws.title = chosen["name"]
        top = self.above(chosen["name"])
        for i, line in enumerate((chosen["headings"], *chosen["rows"])):
            for j, value in enumerate(line):
                self.ws.cell(top + i, 1 + j, value if value != "" else None)
        return []

    def above(self, title: str) -> int:
        row = super().above(title)
        if self.odd("a filter row", 0.1):
            said = ("筛选：", "全部", "本月") if self.lang == "zh" else ("Filter:", "all", "this month")
            for i, text in enumerate(said):
                self.ws.cell(row, 1 + i, text)
            row += 1
        return row + self.rng.choice((0, 0, 1, 3))

    def columns(self) -> list[tuple[str, str]]:
        rng, form, lang = self.rng, self.form, self.lang
        needed = w.NEEDED[form]
        third = (UNSEEN if self.held_out else HEADINGS)[lang][form]
        fields = [f for f in third if f in needed or rng.random() < 0.55]
        if form == "tasks" and "status" not in fields and "progress" not in fields:
            fields.append("status")
        out: list[tuple[str, str]] = []
        for f in fields:
            seen = {h for h, _ in out}
            known = [] if self.held_out else w.HEADINGS[lang][form].get(f, [])
            free = [h for h in (*third[f], *third[f], *known[:3]) if h not in seen]
            if free:
                out.append((rng.choice(free), f))
        for _ in range(rng.choice((0, 1, 1, 2))):
            heading = rng.choice([h for h in w.OWN[lang] if h not in {h for h, _ in out}])
            out.insert(rng.randrange(1, len(out) + 1), (heading, ""))
        if self.odd("pictures in cells", 0.1):
            out.append(("截图" if lang == "zh" else "Screenshot", ""))
        if self.odd("running number", 0.5):
            out.insert(0, ("序号" if lang == "zh" else "No.", ""))
        return out

    def style(self, columns: Sequence[tuple[str, str]]) -> str:
        style = super().style(columns)
        return "plain" if style == "wide" and self.filler else style

    def headings(self, row: int, col: int, columns: Sequence[tuple[str, str]], style: str) -> tuple[int, int, list[int]]:
        columns = [(self.decorate(heading, f, n), f) for n, (heading, f) in enumerate(columns)]
        first, last, places = super().headings(row, col, columns, style)
        if self.filler and style == "plain":
            moved = [places[0] + 2 * n for n in range(len(places))]
            texts = [self.ws.cell(row, place).value for place in places]
            for place in places:
                self.ws.cell(row, place).value = None
            for place, text in zip(moved, texts, strict=True):
                self.ws.cell(row, place, text)
                self.ws.column_dimensions[get_column_letter(place + 1)].width = 1
            places = moved
        if self.hints:
            said = HINTS[self.lang]
            for place, (_, f) in zip(places, columns, strict=True):
                kind = "date" if f in DATES else "name" if f == NAMES[self.form] else "status" if f == "status" else ""
                self.ws.cell(last + 1, place, said[kind])
        if style == "plain" and not self.hints and not self.filler and self.odd("a filter", 0.3):
            self.ws.auto_filter.ref = f"{get_column_letter(places[0])}{row}:{get_column_letter(places[-1])}{row + 3}"
        self.top, self.kept = last + 1 + self.hints, places
        return first, last, places

    def decorate(self, heading: str, f: str, n: int) -> str:
        rng, lang = self.rng, self.lang
        if self.decorated == "numbers":
            return f"{n + 1}.{heading}" if n % 2 or lang == "en" else f"{n + 1}、{heading}"
        if self.decorated == "remarks" and rng.random() < 0.5 and "(" not in heading:
            return heading + rng.choice(REMARKS[lang]["date" if f in DATES else ""])
        if self.decorated == "two languages in a cell" and f:
            other = w.HEADINGS["en" if lang == "zh" else "zh"][self.form].get(f)
            if other:
                return rng.choice((f"{heading} {other[0]}", f"{heading}\n{other[0]}", f"{heading}({other[0]})"))
        return heading

    def written(self, heading: str) -> str:
        return heading if "\n" in heading else super().written(heading)

    def body(self, row: int, columns: Sequence[tuple[str, str]], places: Sequence[int], wide: bool) -> tuple[int, int]:
        row += self.hints
        last, count = super().body(row, columns, places, wide)
        about = next(i for i, (_, f) in enumerate(columns) if f == NAMES[self.form])
        if self.odd("titles indented", 0.15):
            for r in range(row, last + 1):
                if isinstance(value := self.ws.cell(r, places[about]).value, str) and (r - row) % 3:
                    self.ws.cell(r, places[about]).value = "    " + value
        if self.odd("a total", 0.25):
            last += 1
            self.ws.cell(last, places[0], self.rng.choice(("合计", "总计：", "小计")) if self.lang == "zh" else "Total")
            for i, (_, f) in enumerate(columns):
                if not f and i:
                    self.ws.cell(last, places[i], 99)
        elif not wide and self.top == row and self.odd("a table of Excel", 0.15):
            texts = [self.ws.cell(row - 1, c).value for c in range(places[0], places[-1] + 1)]
            if all(isinstance(t, str) and "\n" not in t for t in texts) and len(set(texts)) == len(texts):
                ref = f"{get_column_letter(places[0])}{row - 1}:{get_column_letter(places[-1])}{last}"
                if not self.ws.auto_filter.ref and not self.ws.merged_cells.ranges:
                    self.ws.add_table(Table(displayName="T1", ref=ref))
        return last, count

    def cell(
        self, f: str, heading: str, n: int, day: date, status: str, people: Sequence[str], departments: Sequence[str], level: Sequence[str]
    ) -> object:
        if heading in ("截图", "Screenshot"):
            return f'=DISPIMG("ID_{n:08X}",1)'
        if f == "progress" and self.rng.random() < 0.3:
            return self.rng.choice(("80%", "30%", "100%"))
        return super().cell(f, heading, n, day, status, people, departments, level)

    def day(self, value: date) -> object:
        if not self.mixed_days:
            return super().day(value)
        y, m, d = value.year, value.month, value.day
        forms = [value.isoformat(), f"{y}/{m}/{d}", f"{y}.{m:02d}.{d:02d}", f"{y}{m:02d}{d:02d}"]
        forms += (
            [f"{y}年{m}月{d}日", f"{m}月{d}日前", f"{m}.{d:02d}", f"{y}-{m}-{d}（暂定）"]
            if self.lang == "zh"
            else [f"{d} {value:%B} {y}", f"{value:%b} {d}, {y}", f"{d}-{value:%b}-{y % 100:02d}", f"{value:%a} {d} {value:%b} {y}"]
        )
        return self.rng.choice(forms)

    def beside(self, tables: list[Truth]) -> None:
        """A second tracker to the right of the first one, with a blank column between."""
        form = "problems" if self.form != "problems" else "tasks"
        row, col = tables[0].headings[1], max(self.kept) + 3
        names = [("description" if form == "problems" else "name"), "owner", ("raised_at" if form == "problems" else "end"), "status"]
        fields = [(w.HEADINGS[self.lang][form][f][0], f) for f in names]
        verbs, objects = w.VERBS[self.lang]
        for i, (heading, f) in enumerate(fields):
            self.ws.cell(row, col + i, heading)
            for r in range(4):
                value: object = f"{verbs[r]} {objects[r]}"
                if f == "owner":
                    value = w.PEOPLE[self.lang][r % 3]
                elif f == "status":
                    value = w.STATUSES[self.lang][form][r % 3]
                elif f in DATES:
                    value = self.start
                self.ws.cell(row + 1 + r, col + i, value)
        letters = {get_column_letter(col + i): f for i, (_, f) in enumerate(fields)}
        tables.append(Truth(form, (row, row), letters, 4))
