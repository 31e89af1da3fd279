"""Packs of forms that lack roles: a form without a department field is read-only, without a status every row is open."""

from __future__ import annotations

import io
from datetime import datetime

import pytest
from forms.small_forms import NEEDS, NEWS, PEOPLE, parsed, schema, schema_with
from workbooks import workbook_at

from collab_xl.book.read import read_book
from collab_xl.build.pack import build_pack
from collab_xl.catalogue import text
from collab_xl.forms import Schema
from collab_xl.model.merge import Pack
from collab_xl.model.pack_plan import PackPlan, PackSheet
from collab_xl.model.sheets import Table
from collab_xl.plan.issue import not_issued, packs_for
from collab_xl.read.context import Context
from collab_xl.read.outside import around
from collab_xl.read.table import parse_table
from collab_xl.settings import Settings

NOW = datetime(2026, 11, 16, 9)
NEWS_ROWS = [{"no": "GG-01", "topic": "例会改到周二"}, {"no": "GG-02", "topic": "新模板启用"}, {"topic": "没有编号"}]
NEEDS_ROWS = [
    {"no": "ZJ-001", "what": "测试人力", "unit": "研发部", "wanted": 5, "fixed": "是", "areas": "华东、华北"},
    {"no": "ZJ-002", "what": "展位", "unit": "市场部", "wanted": 2},
    {"no": "ZJ-003", "what": "无主"},
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Schema:
    return schema(tmp_path_factory.mktemp("forms"))


def tables(world: Schema) -> dict[str, Table]:
    return {"news": parsed(world.form("news"), NEWS_ROWS)[0], "needs": parsed(world.form("needs"), NEEDS_ROWS)[0]}


def issued(world: Schema, of: dict[str, Table], last: dict[str, Pack | datetime] | None = None) -> dict[str, PackPlan]:
    plans = packs_for(
        of, world, PEOPLE, Settings(blank_rows=7), week="2026-W47", issued_at=NOW, make_id=lambda name: f"P-{name}", last_pack=last
    )
    return {plan.pack.department: plan for plan in plans}


def sheet(plan: PackPlan, form: str) -> PackSheet:
    return next(s for s in plan.sheets if s.form == form)


def keys(plan: PackPlan, form: str) -> list[str]:
    return [row_id for row_id, _ in sheet(plan, form).rows]


def test_a_form_without_departments_goes_to_everybody_to_read(world: Schema) -> None:
    plans = issued(world, tables(world))
    for plan in plans.values():
        assert keys(plan, "news") == ["GG-01", "GG-02"]
        assert sheet(plan, "news").read_only
        assert sheet(plan, "news").blank == ()
        assert [f.code for f in plan.findings] == ["S451"], "the row without a key"


def test_a_form_without_a_status_has_open_rows_only_and_comes_where_it_has_rows(world: Schema) -> None:
    plans = issued(world, tables(world))
    assert {name: keys(plan, "needs") for name, plan in plans.items()} == {"研发部": ["ZJ-001"], "市场部": ["ZJ-002"], "行政部": []}
    assert {name: len(sheet(plan, "needs").blank) for name, plan in plans.items()} == {"研发部": 2, "市场部": 2, "行政部": 0}
    assert len(sheet(plans["行政部"], "tasks").blank) == 7, "always, as many as the setting says"
    again = issued(world, tables(world), {"研发部": plans["研发部"].pack})
    assert keys(again["研发部"], "needs") == ["ZJ-001"]


def test_a_row_that_names_nobody_is_said_only_of_forms_that_name_departments(world: Schema) -> None:
    assert [(f.code, f.form, f.row_id) for f in not_issued(tables(world), world, PEOPLE)] == [
        ("S451", "news", None),
        ("S453", "needs", "ZJ-003"),
    ]


def test_a_form_for_nobody_is_in_no_pack(tmp_path_factory: pytest.TempPathFactory) -> None:
    kept = {
        **NEWS,
        "id": "kept",
        "table": "Kept",
        "key": {"prefix": "KK-", "width": 2},
        "pack": {"to": "none"},
        "sheet": {"zh": "内部", "en": "Kept"},
    }
    own = schema_with(tmp_path_factory.mktemp("forms"), kept)
    of = {"kept": parsed(own.form("kept"), NEWS_ROWS)[0]}
    assert all(s.form != "kept" for plan in issued(own, of).values() for s in plan.sheets)
    assert not_issued(of, own, PEOPLE) == []


def test_a_form_with_departments_for_all_locks_the_rows_of_others(tmp_path_factory: pytest.TempPathFactory) -> None:
    seen = {
        **NEEDS,
        "id": "seen",
        "table": "Seen",
        "key": {"prefix": "SS-", "width": 3},
        "pack": {"to": "all"},
        "sheet": {"zh": "共览", "en": "Seen"},
    }
    own = schema_with(tmp_path_factory.mktemp("forms"), seen)
    plan = issued(own, {"seen": parsed(own.form("seen"), NEEDS_ROWS)[0]})["研发部"]
    assert keys(plan, "seen") == ["ZJ-001", "ZJ-002", "ZJ-003"]
    assert sheet(plan, "seen").to_read == {"ZJ-002", "ZJ-003"}
    assert not sheet(plan, "seen").read_only
    page = workbook_at(io.BytesIO(build_pack(plan, own, "zh", PEOPLE, "t", "", "P")))["共览"]
    refused = [r.sqref for r in page.data_validations.dataValidation if r.formula1 == "FALSE"]
    assert [any(page.cell(row, 2).coordinate in area for area in refused) for row in (4, 5, 6)] == [False, True, True]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_workbook_of_such_a_pack(world: Schema, lang: str) -> None:
    plan = issued(world, tables(world))["研发部"]
    book = workbook_at(io.BytesIO(build_pack(plan, world, lang, PEOPLE, "t", "项目", "P")))
    news, needs = (book[world.form(f).sheet[lang]] for f in ("news", "needs"))
    body = [c for row in news.iter_rows(min_row=4, max_row=5) for c in row]
    assert body
    refused = [r.sqref for r in news.data_validations.dataValidation if r.formula1 == "FALSE"]
    assert all(any(c.coordinate in area for area in refused) for c in body if c.column < news.max_column), "no typing, save the hidden ids"
    words = {"zh": ("是", "华东、华北"), "en": ("Yes", "East, North")}[lang]
    at = {c.value: c.column for c in needs[3] if c.value}
    shown = [needs.cell(4, col).value for name, col in at.items() if name not in ("row_id", text("model.pack.hint_column", lang))]
    assert [shown[n] for n in (0, 1, 3, 4, 5)] == ["ZJ-001", "测试人力", 5, *words]
    assert needs.cell(4, at["row_id"]).value == "ZJ-001"
    assert not needs.cell(4, 4).protection.locked
    rules = {str(r.sqref): r for r in needs.data_validations.dataValidation}
    yes = next(r for where, r in rules.items() if where.startswith("F4"))
    assert yes.type == "list"
    assert words[0] in yes.formula1
    guide = "\n".join(str(c.value) for row in book.worksheets[0].iter_rows() for c in row if c.value)
    assert {"zh": "仅供查看", "en": "read only"}[lang] in guide
    assert "[" not in guide, "no text of the catalogue is missing"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_we_write_above_a_table_is_not_taken_for_a_department_s_note(world: Schema, lang: str) -> None:
    """Also the hint of a sheet that is only for reading."""
    plan = issued(world, tables(world))["研发部"]
    book = read_book(build_pack(plan, world, lang, PEOPLE, "t", "项目", "P"))
    claims = {"department": plan.pack.department, "week": plan.pack.week}
    context = Context(lang, PEOPLE)
    shown = [s for s in plan.sheets if s.rows or s.blank]
    assert [s.form for s in shown if s.read_only] == ["news"]
    for form in (world.form(s.form) for s in shown):
        ref = book.tables[form.table]
        snapshot = book.snapshot(ref.sheet)
        table, _ = parse_table(snapshot, ref, form, context)
        assert around(snapshot, table, form, claims) == []
        assert [f.code for f in around(snapshot, table, form, {**claims, "week": "2026-W46"})] == ["H123"], "another week is another text"
