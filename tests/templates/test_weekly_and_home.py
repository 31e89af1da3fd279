"""plan_week and plan_home: what the sheets say, carried out by the engine on a real template and read back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from invented_week import home, week
from judges import findings_of
from workbooks import workbook_at

from collab_xl.book.read import Book, read_book
from collab_xl.book.write_plan import write_plan
from collab_xl.build.master import template_path
from collab_xl.build.week_view import ViewCard
from collab_xl.catalogue import text
from collab_xl.model.place import Area
from collab_xl.model.plan import Plan
from collab_xl.model.record import replace
from collab_xl.model.report_pages import KPIS, OVERDUE
from collab_xl.model.sheets import Snapshot
from collab_xl.model.summary import Home, Summary
from collab_xl.model.values import Link, Value
from collab_xl.plan.home import next_steps, plan_home
from collab_xl.plan.places import NamedPlaces, fit, width
from collab_xl.plan.weekly import plan_week


def planned(book: Book, summary: Summary, lang: str = "zh") -> Plan:
    return plan_week(summary, book.names, book.snapshot, lang, "R-0128", "2026-11-20 17:42")


def written(source: Path, target: Path, plan: Plan) -> Book:
    write_plan(source, target, plan)
    return read_book(target)


def at(book: Book, name: str) -> list[Value]:
    """The values of a named place, top down, first column."""
    sheet, area = book.names[name]
    return [book.snapshot(sheet).value(r, area.first_col) for r in range(area.first_row, area.last_row + 1)]


def hidden(book: Book, name: str) -> list[bool]:
    sheet, area = book.names[name]
    return [r in book.snapshot(sheet).hidden_rows for r in range(area.first_row, area.last_row + 1)]


@pytest.fixture(scope="module", params=["zh", "en"])
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def full(lang: str, tmp_path_factory: pytest.TempPathFactory) -> Book:
    target = tmp_path_factory.mktemp("week") / "full.xlsx"
    return written(template_path(lang), target, planned(read_book(template_path(lang)), week(lang), lang))


def test_head_verdict_and_figures(full: Book, lang: str) -> None:
    assert week(lang).project in str(at(full, "wk_title")[0])
    assert str(at(full, "wk_rag")[0]).endswith(text("model.rag.amber", lang)), "the trend is a word below: ▲ ▼ are for figures"
    assert str(at(full, "wk_rag_before")[0]).endswith(text("plan.week.trend_worse", lang))
    assert text("model.rag.amber", lang) in str(at(full, "wk_rag")[0])
    reason = str(at(full, "wk_reason")[0])
    assert "9" in reason
    assert "RW-017" in reason
    assert at(full, "wk_kpi_overdue") == [9]
    assert at(full, "wk_kpi_overdue_change") == [text("plan.week.change", lang, arrow="▲", n=3)]
    assert at(full, "wk_kpi_overdue_of") == [text("plan.week.of.overdue", lang, open=71)]
    assert at(full, "wk_kpi_rate") == [0.5]
    assert text("model.rag.green", lang) in str(at(full, "wk_rag_before")[0])
    assert text("plan.cure.late", lang, keep=7) in str(at(full, "wk_change")[0])
    assert week(lang).departments[4].name in str(at(full, "wk_missing")[0])


@pytest.mark.parametrize(
    ("lang", "project", "title"),
    [
        ("en", "Portal", "Portal · Cross-department weekly report"),
        ("en", "Autumn members' offer", "Autumn members' offer · Weekly report"),
        ("zh", "秋季会员活动", "秋季会员活动 · 跨部门协作周报"),
        ("zh", "华东会员复购率提升专项行动计划二期推广落地", "华东会员复购率提升专项行动计划二期推广落地 · 周报"),
    ],
)
def test_the_sheets_name_is_shortened_before_the_projects(lang: str, project: str, title: str) -> None:
    """“Autumn members'… · Cross-department weekly report”"""
    plan = planned(read_book(template_path(lang)), replace(week(lang), project=project), lang)
    assert title in {edit.new for edit in plan.edits}


def test_a_list_longer_than_its_block_says_so_and_one_that_fits_says_how_many(full: Book, lang: str) -> None:
    shown = sum(day is not None for day in at(full, "wk_overdue_days"))
    assert OVERDUE.usual <= shown < 9
    assert at(full, "wk_overdue_more") == [text("plan.week.more", lang, shown=shown, count=9)]
    assert at(full, "wk_problems_more") == [text("plan.week.more", lang, shown=4, count=6)]
    assert at(full, "wk_decisions_more") == [text("plan.week.more", lang, shown=4, count=6)]
    assert at(full, "wk_dept_more") == [text("plan.week.all", lang, count=6)]
    assert at(full, "wk_overdue_days")[:5] == [16, 14, 12, 10, 8]


def test_rows_a_block_does_not_need_are_hidden(full: Book) -> None:
    assert hidden(full, "wk_dept_name") == [False] * 6 + [True] * 2
    used = [bool(said) for said in at(full, "wk_overdue_task")]
    assert hidden(full, "wk_overdue_task") == [not one for one in used]
    assert OVERDUE.usual <= sum(used) < OVERDUE.rows


def test_the_charts_feed_ends_with_this_week(full: Book) -> None:
    assert at(full, "wk_feed_week")[-1] == "W47"
    assert at(full, "wk_feed_ageing") == [4, 3, 1, 1]
    sheet, area = full.names["wk_feed_trend"]
    second = [full.snapshot(sheet).value(area.first_row + 1, c) for c in range(area.first_col, area.last_col + 1)]
    assert second == [0, 1, 1, 1, 2, 2, 2, 2], "the second worst department"
    assert not full.snapshot(sheet).hidden_rows, "hidden rows are not plotted"


def test_the_plan_carries_the_footer_with_week_page_and_run(lang: str) -> None:
    plan = planned(read_book(template_path(lang)), week(lang), lang)
    footer = plan.page_footers[text("build.sheet.weekly", lang)]
    assert "2026-W47" in footer
    assert "&P" in footer
    assert "R-0128 · 2026-11-20 17:42" in footer


def test_writing_the_same_week_again_changes_nothing(full: Book, lang: str) -> None:
    plan = planned(full, week(lang), lang)
    assert plan.edits == ()
    assert plan.hidden == {}


def test_a_quiet_week_after_a_full_one_empties_the_blocks_and_a_full_one_shows_them_again(full: Book, lang: str, tmp_path: Path) -> None:
    source, quiet, again = tmp_path / "a.xlsx", tmp_path / "b.xlsx", tmp_path / "c.xlsx"
    write_plan(template_path(lang), source, planned(read_book(template_path(lang)), week(lang), lang))
    book = written(source, quiet, planned(read_book(source), week(lang, quiet=True, first_week=True), lang))
    assert at(book, "wk_overdue_task") == [text("plan.week.nothing", lang)] + [None] * (OVERDUE.rows - 1)
    assert at(book, "wk_overdue_days") == [None] * OVERDUE.rows
    assert hidden(book, "wk_overdue_task") == [False] + [True] * (OVERDUE.rows - 1)
    assert str(at(book, "wk_kpi_overdue_change")[0]).startswith(text("plan.week.no_before", lang))
    assert at(book, "wk_promises") == [text("plan.week.no_promises", lang)]
    assert at(book, "wk_overdue_more") == [None]
    back = written(quiet, again, planned(book, week(lang), lang))
    assert hidden(back, "wk_overdue_task") == [not said for said in at(back, "wk_overdue_task")]
    assert findings_of(again) == []


def test_eight_departments_fit_and_the_ninth_is_announced(lang: str, tmp_path: Path) -> None:
    book = read_book(template_path(lang))
    out = written(template_path(lang), tmp_path / "m.xlsx", planned(book, week(lang, departments=9), lang))
    assert not any(hidden(out, "wk_dept_name"))
    assert at(out, "wk_dept_more") == [text("plan.week.more", lang, shown=7, count=9)]
    assert at(out, "wk_dept_name")[-1] == text("plan.week.other_departments", lang, n=2)


def test_a_row_stays_while_any_block_on_it_needs_it() -> None:
    """Blocks stand side by side: two overdue tasks and four finished ones need four rows."""
    book = read_book(template_path("zh"))
    summary = week("zh")
    summary = replace(summary, overdue=summary.overdue[:2], done=summary.done[:4])
    plan = planned(book, summary)
    sheet, area = book.names["wk_overdue_task"]
    rows = plan.hidden[sheet]
    now = book.snapshot(sheet).hidden_rows
    assert [rows.get(r, r in now) for r in range(area.first_row, area.last_row + 1)] == [False] * 4 + [True] * (OVERDUE.rows - 4)


def test_a_block_the_pmo_took_out_is_passed_over() -> None:
    book = read_book(template_path("zh"))
    names = {n: place for n, place in book.names.items() if not n.startswith(("wk_wanted", "wk_kpi_open", "wk_feed"))}
    plan = plan_week(week("zh"), names, book.snapshot, "zh", "R-1", "")
    assert plan.edits
    gone = {(s, a.first_row, a.first_col) for n, (s, a) in book.names.items() if n not in names}
    assert not gone & {(e.sheet, e.row, e.col) for e in plan.edits}


def test_a_formula_the_pmo_put_into_a_place_is_left_alone() -> None:
    book = read_book(template_path("zh"))
    sheet, area = book.names["wk_title"]
    cell = (area.first_row, area.first_col)
    own = replace(book.snapshot(sheet), formulas={cell: 'A1&"周报"'})
    snapshots = {sheet: own}
    plan = plan_week(week("zh"), book.names, lambda s: snapshots.get(s) or book.snapshot(s), "zh", "R-1", "")
    assert plan.edits
    assert cell not in {(e.row, e.col) for e in plan.edits if e.sheet == sheet}


def test_sums_that_do_not_come_out_are_said() -> None:
    summary = week("zh")
    book = read_book(template_path("zh"))

    def line(balanced: bool) -> str:
        s = replace(summary, check={**summary.check, "balanced": balanced})
        sheet, area = book.names["wk_check"]
        return next(str(e.new) for e in planned(book, s).edits if (e.sheet, e.row) == (sheet, area.first_row))

    assert line(True).startswith(text("plan.week.check", "zh")[:3])
    assert "144 = 已完成 70 + 未完成 71 + 已取消 3" in line(True)
    assert line(False) == text("plan.week.unbalanced", "zh") + line(True)


@given(st.text(max_size=200), st.floats(4, 60))
def test_a_fitted_text_never_runs_over_its_room_and_a_short_one_stays_whole(words: str, room: float) -> None:
    fitted = fit(words, room)
    assert width(fitted) <= room
    if width(" ".join(words.split())) <= room:
        assert fitted == " ".join(words.split())
    else:
        assert fitted.endswith("…")


def test_home_shows_the_figures_and_links_the_next_steps(lang: str, tmp_path: Path) -> None:
    book = read_book(template_path(lang))
    out = written(template_path(lang), tmp_path / "m.xlsx", plan_home(home(lang), book.names, book.snapshot, lang))
    cards = ("open_tasks", "due_this_week", "overdue", "escalated", "waiting", "errors", "warnings", "open_problems")
    assert [at(out, f"home_{card}")[0] for card in cards] == [71, 14, 9, 4, 3, 2, 17, 8]
    assert at(out, "home_title") == [home(lang).project]
    assert "R-0128" in str(at(out, "home_last_run")[0])
    sheet, area = out.names["home_next"]
    first = out.snapshot(sheet).formulas[area.first_row, area.first_col]
    assert "go_findings" in first
    assert out.snapshot(sheet).value(area.first_row, area.first_col) == "1. " + text("plan.next.errors", lang, n=2)
    again = plan_home(home(lang), out.names, out.snapshot, lang)
    assert again.edits == ()
    assert findings_of(tmp_path / "m.xlsx") == []


def test_home_with_nothing_known_leaves_the_cards_blank_and_says_where_to_begin(lang: str) -> None:
    book = read_book(template_path(lang))
    plan = plan_home(Home(), book.names, book.snapshot, lang)
    links = [e.new for e in plan.edits if isinstance(e.new, Link)]
    assert links[0] == Link("#go_departments", "1. " + text("plan.next.departments", lang))
    figures = {(s, a.first_row, a.first_col) for n, (s, a) in book.names.items() if n in {"home_overdue", "home_errors"}}
    assert not figures & {(e.sheet, e.row, e.col) for e in plan.edits}


@pytest.mark.parametrize(
    ("state", "target"),
    [
        (Home(), "go_departments"),
        (Home(departments=3), "go_submissions"),
        (Home(departments=3, asked=3, uncovered=(2029,)), "go_calendar"),
        (Home(departments=3, asked=3, waiting=1, ready=1), "go_conflicts"),
        (Home(departments=3, asked=3, ready=1, missing=("A",)), "go_submissions"),
        (Home(departments=3, asked=3), "go_weekly"),
        (Home(departments=3, asked=3, missing=("A",), escalated=1), "go_submissions"),
    ],
)
def test_the_most_urgent_step_comes_first(state: Home, target: str) -> None:
    assert next_steps(state, "zh")[0][0] == target


def test_places_write_only_what_differs_and_empty_what_is_left() -> None:
    area = Area(2, 2, 4, 2)
    snapshot = Snapshot("S", 1, 1, ((None, None), (None, "a"), (None, 1), (None, "old")))
    names: Mapping[str, tuple[str, Area]] = {"x": ("S", area)}
    places = NamedPlaces(names, lambda _: snapshot)
    places.column("x", ["a", 1.0])
    assert [(e.row, e.old, e.new) for e in places.plan().edits] == [(3, 1, 1.0), (4, "old", None)]


def test_the_reason_is_a_sentence_of_numbers_in_the_order_given() -> None:
    book = read_book(template_path("zh"))
    summary = replace(week("zh"), reason={"parts": (("none_late", {"open": 5}), ("missing", {"n": 2, "asked": 6}))})
    sheet, area = book.names["wk_reason"]
    said = next(e.new for e in planned(book, summary).edits if (e.sheet, e.row, e.col) == (sheet, area.first_row, area.first_col))
    assert said == "没有滞后任务（未完成 5 项），6 个部门里 2 个没有提交。"


def test_dates_stay_dates(full: Book) -> None:
    assert at(full, "wk_overdue_end")[0] == date(2026, 11, 9)


def test_colours_on_the_page_follow_the_plan_and_not_the_sign_of_a_change(full: Book, lang: str) -> None:
    """Conditional formats of the template: amber where a word says “below plan”, green only where none does, ▲ red where less is better."""
    sheet = full.names["wk_title"][0]
    formats = workbook_at(template_path(lang))[sheet].conditional_formatting
    rules = {
        (area.min_row, area.min_col): [rule.formula[0] for rule in cells.rules if rule.formula] for cells in formats for area in cells.sqref
    }

    def of(name: str) -> list[str]:
        return rules.get((full.names[name][1].first_row, full.names[name][1].first_col), [])

    assert any(text("model.week.below", lang) in rule for rule in of("wk_kpi_rate_of"))
    assert any(text("model.week.fewer", lang) in rule for rule in of("wk_kpi_finished_this_week_of"))
    assert not of("wk_kpi_rate_change"), "that progress grew says nothing of the plan"
    assert not of("wk_kpi_finished_this_week_change")
    assert ["▲" in rule for rule in of("wk_kpi_overdue_change")] == [True]
    assert len(of("wk_kpi_overdue")) == 2


def test_the_line_below_a_heading_is_hidden_where_nothing_is_to_be_said(full: Book, lang: str, tmp_path: Path) -> None:
    assert hidden(full, "wk_decisions_note") == [False]
    quiet = replace(week(lang, quiet=True), wanted=(), blocks=())
    out = written(template_path(lang), tmp_path / "m.xlsx", planned(read_book(template_path(lang)), quiet, lang))
    assert at(out, "wk_decisions_note") == [None]
    assert hidden(out, "wk_decisions_note") == [True]


@pytest.mark.parametrize(
    ("figure", "change", "of", "colours"),
    [
        ("69%", "▲ 8", "", ("", "", "green")),
        ("69%", "▲ 8", "below", ("", "", "amber")),
        ("100%", "▼ 2", "", ("", "", "green")),
    ],
)
def test_progress_below_plan_is_amber_in_html_and_slides_however_it_grew(
    figure: str, change: str, of: str, colours: tuple[str, ...], lang: str
) -> None:
    below = text("plan.week.of.rate_behind" if of else "plan.week.of.rate", lang, planned=75)
    card = ViewCard(next(c for c in KPIS if c.id == "rate"), "", figure, change, below, bool(of))
    assert (card.figure_colour, card.change_colour, card.of_colour) == colours


def test_what_is_late_is_red_and_green_only_when_nothing_is(lang: str) -> None:
    overdue = next(c for c in KPIS if c.id == "overdue")
    assert [ViewCard(overdue, "", figure, change, "").figure_colour for figure, change in (("10", "▼ 4"), ("0", "▼ 4"))] == ["red", "green"]
    assert [ViewCard(overdue, "", "10", change, "").change_colour for change in ("▲ 4", "▼ 4")] == ["red", ""]
