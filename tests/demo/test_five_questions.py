"""The answers in docs/weekly-questions.md are what the first page of the demo's week says."""

from __future__ import annotations

from pathlib import Path

import pytest

from collab_xl.book.read import Book, read_book
from collab_xl.catalogue import text
from collab_xl.model.values import Value
from collab_xl.verbs.demo import demo
from collab_xl.verbs.report import no_progress

PAGE = Path(__file__).parents[2] / "docs" / "weekly-questions.md"


def at(book: Book, name: str, row: int = 0) -> Value:
    sheet, area = book.names[name]
    return book.snapshot(sheet).value(area.first_row + row, area.first_col)


@pytest.mark.slow
def test_the_answers_stand_on_the_page(tmp_path: Path) -> None:
    demo(tmp_path / "out", lang="en", progress=no_progress)
    book = read_book(tmp_path / "out" / f"{text('demo.master', 'en').removesuffix('.xlsx')}.xlsx")
    said = PAGE.read_text(encoding="utf-8")
    assert str(at(book, "wk_rag")).endswith("▼")
    assert all(text("model.rag.red", "en") in str(at(book, name)) for name in ("wk_rag", "wk_rag_before"))
    assert "RW-066 by 16 working days" in str(at(book, "wk_reason"))
    assert "RW-066 by 16 working days" in said
    assert "RW-066 first" in str(at(book, "wk_change"))
    assert (at(book, "wk_wanted_what"), at(book, "wk_wanted_by")) == ("▲ WT-006 Two more developers (past its date)", "R&D")
    assert at(book, "wk_wanted_from") == "Vice President Lin; 1 informed"
    assert str(at(book, "wk_wanted_when")) == "2026-11-18"
    assert str(at(book, "wk_wanted_from", 1)).startswith("President Zhang;")
    assert at(book, "wk_decisions_more") == text("plan.week.more", "en", shown=4, count=21)
    assert [str(at(book, f"wk_overdue_{name}")) for name in ("task", "who", "end", "days")] == [
        "RW-066 10 teaser items",
        "Marketing / *Designer",
        "2026-10-29",
        "16",
    ]
    assert [str(at(book, f"wk_milestone_{name}")) for name in ("name", "plan", "forecast")] == [
        "Review of the final budget",
        "2026-11-20",
        "2026-11-23",
    ]
    assert [str(at(book, f"wk_milestone_{name}", 1)) for name in ("plan", "forecast")] == ["2026-11-30", "2026-12-02"]
    assert [str(at(book, "wk_milestone_state", n)).split()[-1] for n in range(4)] == ["Amber", "Amber", "Green", "Amber"]
    assert (at(book, "wk_kpi_finished_this_week"), at(book, "wk_kpi_rate")) == (6, 0.69)
    assert "13 due" in str(at(book, "wk_kpi_finished_this_week_delta"))
    assert "plan 75%" in str(at(book, "wk_kpi_rate_delta"))
    assert str(at(book, "wk_done_task")).startswith("RW-086")
    assert [at(book, "wk_wanted_what", n) for n in (2, 3)] == [
        "ZY-004 1 of 1 room missing: Training room",
        "ZY-001 2 of 5 people missing: Test engineers",
    ]
    risk = [at(book, f"wk_risks.{name}", 3) for name in ("description", "owner", "response")]
    assert (str(risk[0])[:6], *risk[1:]) == ("FX-004", "Chen", None)
    assert all(f"({key})" in str(at(book, "wk_reason")) for key in ("WT-007", "FX-004"))
    assert "more reason" not in str(at(book, "wk_reason"))
    asked = [(at(book, "wk_demand_name", n), str(at(book, "wk_demand_due", n)), at(book, "wk_demand_forecast", n)) for n in (0, 1)]
    assert asked == [("First materials", "2026-12-11", "12-23"), ("Payment interface upgrade", "2026-12-16", "12-22")]
    assert text("plan.week.count", "en", submitted=5, asked=6) in str(at(book, "wk_missing"))
    assert str(at(book, "wk_wanted_what", 1)).startswith("▲ WT-007 Approval to change the supplier")
