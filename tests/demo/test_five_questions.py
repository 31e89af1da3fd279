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
    assert str(at(book, "wk_rag_before")).endswith("now worse")
    assert all(text("model.rag.red", "en") in str(at(book, name)) for name in ("wk_rag", "wk_rag_before"))
    assert "the worst (RW-066) by 16 working days" in str(at(book, "wk_reason"))
    assert "the worst (RW-066) by 16 working days" in said
    assert "RW-066 first" in str(at(book, "wk_change"))
    assert at(book, "wk_wanted_what") == "WT-007 Approve the change of supplier; Procurement; late"
    assert at(book, "wk_wanted_from") == "CEO Zhang (VP Lin, VP Wang)"
    assert str(at(book, "wk_wanted_when")) == "2026-11-20"
    assert str(at(book, "wk_decisions_note")).startswith("CEO Zhang 7 · VP Lin 6 · VP Wang 4 · ")
    assert at(book, "wk_outlook") == "Finish expected 2027-01-08 (plan 2027-01-08); 3 most urgent in time"
    assert str(at(book, "wk_legend")).startswith("RW task, WT problem, FX risk, ZY resource · Red: >30% of work late")
    assert at(book, "wk_decisions_more") == text("plan.week.more", "en", shown=4, count=21)
    assert [str(at(book, f"wk_overdue_{name}")) for name in ("task", "who", "end", "days")] == [
        "RW-066 10 teaser assets",
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
    assert [str(at(book, "wk_milestone_state", n)).split()[-1] for n in range(4)] == ["Amber", "Amber", "Amber", "Green"]
    assert [at(book, "wk_milestone_late", n) for n in range(4)] == [1, 2, 4, None]
    assert (at(book, "wk_kpi_finished_this_week"), at(book, "wk_kpi_rate")) == (6, 0.69)
    assert at(book, "wk_kpi_finished_this_week_of") == "fewer than 13 due"
    assert at(book, "wk_kpi_rate_of") == "below plan 75%"
    assert str(at(book, "wk_done_task")).startswith("RW-086")
    assert [at(book, "wk_wanted_what", n) for n in (1, 2)] == [
        "ZY-004 Grant 1 of 1 room: Training room; Customer Service",
        "ZY-006 Grant 1 of 2 people: Legal support; Sales",
    ]
    risk = [at(book, f"wk_risks.{name}") for name in ("description", "owner", "response")]
    assert (str(risk[0])[:6], *risk[1:]) == ("FX-004", "Chen", "none yet")
    assert at(book, "wk_risks._note") == "1 without a response · 2 late"
    assert all(f"({key})" in str(at(book, "wk_reason")) for key in ("WT-007", "FX-004"))
    assert "more reason" not in str(at(book, "wk_reason"))
    asked = [
        (
            at(book, "wk_demand_name", n),
            str(at(book, "wk_demand_due", n)),
            *(at(book, f"wk_demand_{c}", n) for c in ("forecast", "late", "why")),
        )
        for n in range(4)
    ]
    assert asked == [
        ("First materials purchase", "2026-12-11", "12-23", 8, "RW-053 8 d +1"),
        ("Payment interface upgrade", "2026-12-16", "12-22", 4, "RW-061 4 d"),
        ("Serious complaints", "2026-12-16", "12-17", 1, "RW-022 1 d"),
        ("Year-end product launch", "2026-12-15", "12-09", None, "RW-006 6 d"),
    ]
    assert text("plan.week.count", "en", submitted=5, asked=6) in str(at(book, "wk_missing"))
    assert "(counted with its figures of 11-16)" in str(at(book, "wk_missing"))
