"""A text too long for an Excel cell, as our lists show it: its beginning and `…`, never half a character."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.book.verify import verify
from collab_xl.book.write_plan import write_plan
from collab_xl.catalogue import QUOTED, finding_text, listed
from collab_xl.forms import load
from collab_xl.model.cell_text import MAX_TEXT, shortened, shortened_at_word, text_length
from collab_xl.model.finding import Finding, Severity
from collab_xl.model.merge import Candidate, Item, Kind
from collab_xl.model.place import Address
from collab_xl.model.plan import Provenance
from collab_xl.model.summary import Home
from collab_xl.model.values import Link
from collab_xl.plan.home import plan_home
from collab_xl.plan.lists import TYPED, ListRow, columns_of, fill
from collab_xl.plan.places import fit, fit_name, width
from collab_xl.plan.rows import candidate_text
from collab_xl.plan.weekly_lines import leads

LONG = "长" * (MAX_TEXT + 1)
PAIRS = "😀" * 16_384  # two UTF-16 units each: one unit too many


@given(st.text(max_size=40), st.integers(1, 60))
def test_a_shortened_text_fits_begins_the_same_and_cuts_no_character(text: str, most: int) -> None:
    short = shortened(text, most)
    assert text_length(short) <= most
    if text_length(text) <= most:
        assert short == text
    else:
        assert short.endswith("…")
        assert text.startswith(short[:-1])
        assert text_length(short) >= most - 1


@given(st.text("abc äß 部门，、", max_size=60), st.floats(4, 30))
def test_a_text_of_the_page_is_cut_between_words(text: str, room: float) -> None:
    text = " ".join(text.split())
    short = fit(text, room)
    assert short == text or width(short) <= room
    kept = short.removesuffix("…")
    if short != text and kept and text.startswith(kept):
        before, after = kept[-1], text[len(kept) : len(kept) + 1]
        whole_words = not (before.isalpha() and after.isalpha() and before < "⺀" and after < "⺀")
        assert whole_words or width(text.split(" ")[0]) > room / 4, "only a word that takes most of the room is cut"


def test_a_text_for_people_is_cut_between_words() -> None:
    risk = "The supplier of the first materials lacks capacity; delivery may slip another week"
    assert shortened_at_word(risk, 80) == "The supplier of the first materials lacks capacity; delivery may slip another…"
    assert shortened_at_word(risk, 200) == risk
    assert fit("Borrow test accounts from sales", 10) == "Borrow test…"
    assert shortened_at_word("a" * 50, 20) == "a" * 19 + "…"


def test_a_text_ends_behind_a_sentence_where_enough_of_it_is_left() -> None:
    assert fit("The supplier is late. Samples follow on Wednesday", 20) == "The supplier is late…"
    assert fit("供应商产能不足，到货可能再晚一周；已安排第二家打样", 18) == "供应商产能不足，到货可能再晚一周…"
    assert fit("Version 2.5 of the interface", 9) == "Version 2.5…", "no sentence ends in a number, and none with “of the”"


def test_departments_that_begin_alike_are_told_apart() -> None:
    names = [f"Marketing services and customer support, region {n}" for n in range(1, 300, 50)]
    names += [f"华东区域营销服务与客户支持第{n}分部" for n in range(1, 300, 50)]
    names += [f"华东区域第{n}营销服务与客户支持部" for n in range(1, 300, 50)]
    for room in (9, 13, 20):
        short = [fit_name(name, room) for name in names]
        assert len(set(short)) == len(names)
        assert all(width(name) <= room for name in short)
    assert fit_name("Marketing services and customer support, region 51", 13) == "Marketing…region 51"
    assert fit_name("Customer Service", 8) == "Customer…", "no part of a word"
    assert fit_name("研发部", 8) == "研发部"


def test_what_a_reason_does_not_need_its_measure_has() -> None:
    assert leads("Late", "Borrow test accounts from sales", " → ", 24) == "Late → Borrow test accounts from sales"
    assert leads("Test accounts are missing", "Borrow", " → ", 24) == "Test accounts are missing → Borrow"
    assert width(leads("Test accounts are missing", "Borrow test accounts from sales", " → ", 20) or "") <= 20


def test_exactly_the_limit_stays_whole_and_a_pair_is_not_cut_in_two() -> None:
    assert shortened("a" * MAX_TEXT) == "a" * MAX_TEXT
    assert shortened("😀" * 16_383 + "a") == "😀" * 16_383 + "a"
    assert shortened(PAIRS) == "😀" * 16_383 + "…"
    assert shortened("a" + PAIRS) == "a" + "😀" * 16_382 + "…"


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("long") / "主表.xlsx"
    verbs.init(path, lang="zh", as_of=date(2026, 11, 20))
    return path


@pytest.mark.parametrize("service", ["findings", "changes", "conflicts", "preview", "overdue", "escalations", "submissions", "questions"])
def test_every_list_shows_texts_that_are_too_long_and_stays_the_same_when_filled_again(empty: Path, tmp_path: Path, service: str) -> None:
    listed, target = load().service(service), tmp_path / "filled.xlsx"
    columns = [c.id for c in listed.columns if c.id not in TYPED]
    linked = columns[1]
    rows: list[ListRow] = [{c: LONG for c in columns}, {linked: Link("#'任务跟踪表'!A4", PAIRS)}]
    book = read_book(empty)
    ref = book.tables[listed.table]
    plan = fill(ref, book.snapshot(ref.sheet), listed, rows)
    write_plan(empty, target, plan)
    verify(empty, target, plan)
    written = read_book(target)
    snapshot, first = written.snapshot(ref.sheet), written.tables[listed.table].data.first_row
    places = columns_of(ref, listed)
    for column in columns:
        assert snapshot.value(first, places[column]) == "长" * (MAX_TEXT - 1) + "…", column
    assert snapshot.value(first + 1, places[linked]) == "😀" * 16_383 + "…"
    assert {edit.row for edit in fill(written.tables[listed.table], snapshot, listed, [rows[0]]).edits} == {first + 1}


def test_what_a_person_typed_is_never_shortened(empty: Path) -> None:
    listed, book = load().service("conflicts"), read_book(empty)
    ref = book.tables[listed.table]
    plan = fill(ref, book.snapshot(ref.sheet), listed, [{"id": "x", "manual": LONG}])
    assert LONG in {edit.new for edit in plan.edits}


def test_every_candidate_still_says_who_sent_it(empty: Path) -> None:
    schema = load()
    sent = datetime(2026, 11, 20, 16, 40)
    candidates = tuple(
        Candidate(value, Provenance(department=who, sender=f"{n}@example.com", sent_at=sent))
        for n, (who, value) in enumerate((("市场部", "长" * 32_760), ("研发部", PAIRS[:-1]), ("销售部", "短")))
    )
    item = Item("C-1", Kind.CONFLICT, "tasks", "RW-001", "risk", None, "PMO", candidates)
    said = candidate_text(item, schema.form("tasks"), "zh")
    assert text_length(said) <= MAX_TEXT
    assert [line.partition("（")[2] for line in said.split("\n")] == [
        f"{who} · {n}@example.com · 11-20 16:40）" for n, who in enumerate(("市场部", "研发部", "销售部"))
    ]
    assert said.split("\n")[2].startswith("短（")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_finding_keeps_the_sentence_around_what_it_quotes(lang: str) -> None:
    short = Finding("P401", Severity.WARNING, Address("任务跟踪表", 4, 5), "RW-001", "tasks", "dept", facts={"name": "没有的部"})
    long = Finding("P401", Severity.WARNING, Address("任务跟踪表", 4, 5), "RW-001", "tasks", "dept", facts={"name": LONG})
    around = finding_text(short, "what", lang).split("没有的部")
    said = finding_text(long, "what", lang)
    assert len(around) == 2
    assert said.startswith(around[0])
    assert said.endswith("…" + around[1])
    assert text_length(said) <= QUOTED + sum(map(len, around))


def test_home_shows_a_project_name_that_fills_a_cell(empty: Path, tmp_path: Path) -> None:
    book, target = read_book(empty), tmp_path / "home.xlsx"
    plan = plan_home(Home(project=LONG, missing=("部" * 20_000, "门" * 20_000), asked=2), book.names, book.snapshot, "zh")
    write_plan(empty, target, plan)
    verify(empty, target, plan)
    sheet, area = book.names["home_title"]
    assert read_book(target).snapshot(sheet).value(area.first_row, area.first_col) == "长" * (MAX_TEXT - 1) + "…"


@pytest.mark.parametrize(
    ("lang", "eight", "four"),
    [("zh", "A1、A2、A3、A4等 8 个部门", "A1、A2、A3、A4"), ("en", "A1, A2, A3, A4 and 4 more", "A1, A2, A3, A4")],
)
def test_a_list_cut_short_says_the_total_in_chinese_and_the_rest_in_english(lang: str, eight: str, four: str) -> None:
    names = [f"A{n}" for n in range(1, 9)]
    assert listed(names, lang, "plan.week.and_more") == eight
    assert listed(names[:4], lang, "plan.week.and_more") == four


@pytest.mark.parametrize(
    ("lang", "said"), [("zh", "缺年份 2027、2028、2029、2030 等 6 年"), ("en", "2027, 2028, 2029, 2030 and 2 more missing")]
)
def test_home_and_week_name_who_is_missing_and_how_many(empty: Path, lang: str, said: str) -> None:
    book = read_book(empty)
    missing = tuple(f"A{n}" for n in range(1, 9))
    home = Home(missing=missing, asked=9, submitted=1, calendar_from=2026, calendar_until=2026, uncovered=(*range(2027, 2033),))
    shown = " | ".join(str(edit.new) for edit in plan_home(home, book.names, book.snapshot, lang).edits)
    assert listed(missing, lang, "plan.week.and_more") in shown
    assert said in shown
