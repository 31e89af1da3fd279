"""The sheets kept by hand are read as their truth says: tables, heading rows, records; nothing but what is listed is read wrongly."""

from __future__ import annotations

import pytest

from benchmarks.reading import _verdict, of_sheets, read
from benchmarks.reading_kept import kept_sheets
from benchmarks.reading_sheets import Sheet
from collab_xl.model.place import Address
from collab_xl.read.asking import Question

SHEETS = kept_sheets()


@pytest.mark.parametrize("sheet", SHEETS, ids=[s.name for s in SHEETS])
def test_every_table_is_found_with_its_headings_and_records(sheet: Sheet) -> None:
    first, _ = read(f"{sheet.name}.xlsx", sheet.data, sheet.lang)
    found = [(t.form, t.heading_rows, len(t)) for _, parsed in first for t in parsed.tables]
    assert found == [(t.form, t.headings, t.rows) for t in sheet.tables]


def test_columns_and_questions_stay_within_their_limits() -> None:
    figures = of_sheets("kept by hand", SHEETS)
    assert figures.columns["true"] == 88
    assert figures.columns["right"] + figures.columns["asked"] >= 79
    assert figures.columns["wrong"] <= 2
    assert figures.questions["most"] <= 5


@pytest.mark.parametrize(
    ("kind", "found", "suggestion", "verdict"),
    [
        ("heading", "进展", "status", "right"), ("heading", "进展", "progress", "wrong"), ("word", "搞定", "done", "right"),
        ("word", "Parked", "in_progress", "wrong"), ("word", "打开", "", "no suggestion"), ("word", "躺平", "paused", "not judged"),
    ],
)  # fmt: skip
def test_every_question_gets_a_verdict(kind: str, found: str, suggestion: str, verdict: str) -> None:
    q = Question("1", kind, "", Address("任务", 1, 1), found, (), suggestion, "tasks", "status", (found,))
    assert _verdict(q, {"A": "status"}) == verdict
