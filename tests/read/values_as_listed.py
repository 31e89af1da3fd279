"""The table tests/cases/values.tsv as cases: what stands in a cell, and what it is read as."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sheets_as_typed import COMPANY, codes, context, read, record

from collab_xl.model.values import CLEAR, Unreadable, Value

FILE = Path(__file__).resolve().parents[1] / "cases" / "values.tsv"
JULY = (date(2024, 7, 1), date(2024, 7, 7))
CONTEXTS = {
    "zh": context(),
    "zh-2024": context(period=JULY),
    "zh-2024-day-first": context(period=JULY, day_first=True),
    "zh-2024-month-first": context(period=JULY, day_first=False),
    "zh-company": context(directory=COMPANY),
    "en": context("en"),
    "en-2024": context("en", period=JULY),
}
ESCAPES = {r"\n": "\n", r"\t": "\t", r"\r": "\r", r"\u3000": "\u3000", r"\u200b": "\u200b", r"\ufeff": "\ufeff", r"\xa0": "\xa0"}
BESIDE = ("status", "owner", "dept")


@dataclass(frozen=True)
class Case:
    """One line. `place` is form.field, or form.<heading> for a sheet of somebody's with that heading."""

    line: int
    place: str
    context: str
    percent: bool
    written: str
    value: str
    codes: list[str]

    @property
    def raw(self) -> Value:
        """`#` begins a number or TRUE, `@` a real date, `'` a text that begins like one of them."""
        text = self.written
        if text[:1] == "#":
            return text == "#TRUE" if text in ("#TRUE", "#FALSE") else float(text[1:]) if set(text) & set(".e") else int(text[1:])
        if text[:1] == "@":
            return datetime.fromisoformat(text[1:]) if " " in text else date.fromisoformat(text[1:])
        text = text.removeprefix("'")
        for escape, char in ESCAPES.items():
            text = text.replace(escape, char)
        return text

    def read(self) -> tuple[str, list[str]]:
        """The value, also of the row's other fields the cell tells of, and the codes of the findings at the cell."""
        form, field = self.place.split(".", 1)
        if field.startswith("<"):
            parsed = read([["任务ID", "任务名称", field[1:-1]], ["RW-1", "a", self.raw]], CONTEXTS[self.context])
            (table,) = parsed.tables
            fields = [f for f, col in table.columns.items() if col == 3]
            return " | ".join(shown(table.values[f][0]) for f in fields), codes(f for f in parsed.findings if f.at and f.at.cell == "C2")
        table, findings = record(form, {field: self.raw}, CONTEXTS[self.context], **({"percents": ["K2"]} if self.percent else {}))
        if not len(table):
            return "no record", []
        at = table.at(0, field)
        beside = [f"{f}={shown(v)}" for f in BESIDE if f != field and (v := table.get(0, f)) is not None]
        return " | ".join([shown(table.get(0, field)), *beside]), codes(f for f in findings if f.at == at)


def shown(value: Value) -> str:
    match value:
        case None:
            return "blank"
        case Unreadable():
            return "?"
        case tuple():
            return "、".join(value)
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}".removesuffix(":00")
        case date():
            return value.isoformat()
        case str():
            return value.replace("\n", r"\n")
    return "CLEAR" if value is CLEAR else f"{value:.15g}"


def cases() -> Iterator[Case]:
    place, where, percent = "", "", False
    for number, line in enumerate(FILE.read_text("utf-8").splitlines(), 1):
        if line.startswith(("[tasks.", "[requirements.", "[problems.")):
            place, where, *rest = line[1:-1].split()
            percent = rest == ["percent"]
        elif line and not line.startswith("// "):
            written, value, found = line.split("\t")
            yield Case(number, place, where, percent, written, value, found.split())
