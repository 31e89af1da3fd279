"""Headings of trackers as public tools export them: every column is what it is, for a master in either language."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sheets_as_typed import SCHEMA, context, read

TRACKERS: list[dict[str, Any]] = tomllib.loads(
    (Path(__file__).resolve().parent.parent / "cases" / "public_trackers.toml").read_text(encoding="utf-8")
)["tracker"]


def body(tracker: dict[str, Any], count: int = 4) -> list[list[object]]:
    """Rows with what belongs under each heading."""
    out: list[list[object]] = []
    english = all(h.isascii() for h in tracker["columns"])
    for i in range(count):
        day = date(2026, 11, 2) + timedelta(days=7 * i)
        line: list[object] = []
        for heading, what in tracker["columns"].items():
            field_id = what.removeprefix("?")
            kind = SCHEMA.form(tracker["form"]).field(field_id).kind if field_id else ""
            word = SCHEMA.form(tracker["form"]).choices_in("open")[0].label["en" if english else "zh"] if kind else ""
            options: dict[str, object] = {
                "key": f"{i + 1}",
                "reference": f"R{i + 1}",
                "references": "" if not i else str(i),
                "text": f"{heading} {i + 1}" if english else f"{heading}第{i + 1}项",
                "longtext": f"{heading} text {i + 1}" if english else f"{heading}的说明{i + 1}",
                "date": day,
                "moment": day,
                "percent": f"{20 * i}%",
                "department": "Sales" if english else "销售部",
                "departments": "Sales, HR" if english else "销售部、人事部",
                "person": "Ann" if english else "王*",
                "choice": ("High" if english else "紧急") if field_id in ("level", "urgency", "likelihood", "impact") else word,
            }
            line.append(options.get(kind, "09:00" if heading in ("Start", "End") else f"x{i}"))
        out.append(line)
    return out


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("tracker", TRACKERS, ids=[t["name"] for t in TRACKERS])
def test_columns_of_public_trackers(tracker: dict[str, Any], lang: str) -> None:
    headings = list(tracker["columns"])
    parsed = read([headings, *body(tracker)], context(lang), sheet="Sheet1")
    if not tracker["form"]:
        assert parsed.tables == []
        return
    (table,) = parsed.tables
    assert table.form == tracker["form"]
    got = {heading: "" for heading in headings}
    for heading, fields in parsed.located[0].columns.values():
        got[heading] = "+".join(fields)
    for question in parsed.questions:
        if question.kind == "heading":
            got[headings[question.at.col - 1]] = f"?{question.suggestion}"
    assert got == tracker["columns"]


def test_the_list_is_long_enough() -> None:
    english = [t for t in TRACKERS if all(h.isascii() for h in t["columns"])]
    assert len(english) >= 30
    assert len(TRACKERS) - len(english) >= 10
    assert {t["form"] for t in TRACKERS} == {"", "tasks", "problems", "requirements", "risks", "actions"}
