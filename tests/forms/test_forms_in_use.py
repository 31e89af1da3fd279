"""A master is judged by the forms its hidden sheet lists, in the versions it lists; one without a list has the basic three."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from e2e.small_project import type_into
from forms.forms_of_tests import installed, visits, written
from judges import findings_of
from workbooks import workbook_at

from collab_xl import verbs
from collab_xl.errors import CollabError
from collab_xl.forms import BASIC, InUse, load, row_of, schema_of
from collab_xl.forms.in_use import added_since, as_of_version, listed
from collab_xl.model.record import replace
from collab_xl.verbs.session import opened

DAY = date(2026, 11, 20)
ROW = "requirements:1 tasks:1 problems:1"


@pytest.fixture
def with_visits(tmp_path: Path) -> Iterator[None]:
    with installed(written(tmp_path / "forms", visits())):
        yield


@pytest.fixture
def master(tmp_path: Path) -> Path:
    """A master made before there were other forms."""
    path = tmp_path / "主表.xlsx"
    verbs.init(path, project="演示", departments=["研发部"], lang="zh", as_of=DAY, forms=",".join(BASIC))
    return path


def write_row(master: Path, value: str) -> None:
    type_into(master, "_collab", {(6, 1): "forms", (6, 2): value})


def refused(master: Path) -> str:
    with pytest.raises(CollabError) as found, opened(master, write=False, as_of=DAY, lang=None) as session:
        assert session.tables
    return found.value.code


def test_the_row_is_read_as_it_is_written() -> None:
    forms = (InUse("requirements"), InUse("tasks", 2), InUse("visits", 1, "Visits_"))
    assert row_of(forms) == "requirements:1 tasks:2 visits:1:Visits_"
    assert listed(row_of(forms)) == forms
    assert listed(None) == tuple(InUse(form) for form in BASIC)
    assert row_of(listed(None)) == ""


@pytest.mark.parametrize("value", ["tasks", "tasks:x", ":1", "tasks:1 tasks:1"])
def test_a_row_that_says_something_else_is_refused(value: str) -> None:
    with pytest.raises(CollabError) as found:
        listed(value)
    assert found.value.code == "forms_row_broken"


def test_a_form_that_is_not_listed_is_not_asked_for(with_visits: None, master: Path) -> None:
    assert "visits" in load()
    with opened(master, write=False, as_of=DAY, lang=None) as session:
        assert sorted(session.tables) == sorted(BASIC)
    found = verbs.check(master, as_of=DAY, lang=None).json["findings"]
    assert {f["code"][0] for f in found} == {"P"}  # of the department alone
    assert verbs.flag(master, as_of=DAY, lang=None).exit_code == 0
    assert verbs.week(master, as_of=DAY, lang=None).json["week"] == "2026-W47"
    assert verbs.status(master, as_of=DAY, lang=None).exit_code == 0
    packs = verbs.issue(master, as_of=DAY, lang=None, progress=lambda *a: None).json["packs"]
    assert [load().form("visits").sheet["zh"] in workbook_at(p["file"]).sheetnames for p in packs] == [False]


def test_a_form_that_is_listed_must_have_its_table(with_visits: None, master: Path) -> None:
    write_row(master, f"{ROW} visits:1")
    assert refused(master) == "table_missing"


def test_a_form_that_is_listed_and_not_installed_is_refused(master: Path) -> None:
    write_row(master, f"{ROW} visits:1")
    assert refused(master) == "form_not_installed"


def test_a_newer_version_of_a_form_is_refused(master: Path) -> None:
    write_row(master, "requirements:1 tasks:99 problems:1")
    assert refused(master) == "form_newer"


def test_a_listed_form_is_found_by_the_table_the_list_names(master: Path) -> None:
    book = workbook_at(master)
    sheet = book[load().form("problems").sheet["zh"]]
    table = sheet.tables.pop("Problems")
    table.name = table.displayName = "Problems_"
    sheet.tables.add(table)
    book.save(master)
    assert refused(master) == "table_missing"
    write_row(master, f"{ROW}:Problems_")
    with opened(master, write=False, as_of=DAY, lang=None) as session:
        assert session.tables["problems"].name == "Problems_"
    verbs.check(master, as_of=DAY, lang=None)


def test_an_older_version_goes_without_what_came_later(tmp_path: Path) -> None:
    data = visits()
    data["version"] = 2
    for field in data["field"]:
        if field["id"] in ("weight", "asked", "closed_on"):
            field["since"] = 2
    data["choices"]["state"][3]["since"] = 2
    with installed(written(tmp_path / "forms", data)):
        form = load().form("visits")
        old = as_of_version(form, 1)
        assert schema_of(load(), (InUse("visits", 1),)).form("visits") == old
    assert [f.id for f in form.fields if f not in old.fields and f.id != "went"] == ["asked", "closed_on", "weight"]
    assert [c.id for c in old.role("status").choices] == ["planned", "going", "over"]  # type: ignore[union-attr]
    assert (len(form.clocks), len(old.clocks)) == (1, 0)  # it starts at a moment that the old version lacks
    assert (len(form.escalations), len(old.escalations)) == (1, 0)
    assert old.rules.order == ()
    assert old.rules.required_when == {"open": ("due",), "done": ()}
    assert old.block == replace(form.block, sort=("due",), columns=("title", "owner", "due"))  # type: ignore[type-var]
    assert old.figures == ()
    assert old.due == form.due
    fields, choices = added_since(form, 1)
    assert [f.id for f in fields] == ["asked", "closed_on", "weight"]
    assert choices == {"went": ("dropped",)}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_new_master_has_the_forms_asked_for(with_visits: None, tmp_path: Path, lang: str) -> None:
    path = tmp_path / "m.xlsx"
    verbs.init(path, departments=["研发部"], lang=lang, as_of=DAY, forms="visits")
    assert findings_of(path) == []
    with opened(path, write=True, as_of=DAY, lang=None) as session:
        form = session.schema.form("visits")
        ids = [f.id for f in session.schema.forms]
        assert ids == [f.id for f in load().forms if f.id in (*BASIC, "visits")]
        assert session.master.schema_version == "2"
        assert session.form_ref(form).sheet == form.sheet[lang]
        limits = [row for row in session.service("settings") if row["id"] == "clock.visits.reply"]
        assert [row["value"] for row in limits] == [{"zh": "24 小时", "en": "24 hours"}[lang]]
    book = workbook_at(path)
    assert book.sheetnames.index(form.sheet[lang]) == 2 + ids.index("visits")
    assert book.defined_names["go_visits"].value == f"'{form.sheet[lang]}'!$A$1"
    assert any(form.sheet[lang] == cell.value for row in book.worksheets[0].iter_rows() for cell in row)  # a line on the home sheet
    rules = book[form.sheet[lang]].data_validations.dataValidation
    assert {"=list_tasks", "list_tasks"} & {str(rule.formula1) for rule in rules}


def test_full_is_every_form_and_basic_those_that_say_so(with_visits: None, tmp_path: Path) -> None:
    made = {}
    for forms in ("basic", "full", "tasks"):
        report = verbs.init(tmp_path / f"{forms}.xlsx", lang="zh", as_of=DAY, forms=forms)
        made[forms] = report.json["forms"]
    assert made["basic"] == [f.id for f in load().forms if f.basic]
    assert made["full"] == [f.id for f in load().forms]
    assert made["tasks"] == list(BASIC)
    with pytest.raises(CollabError) as found:
        verbs.init(tmp_path / "x.xlsx", lang="zh", as_of=DAY, forms="vists")
    assert (found.value.code, found.value.exit_code) == ("unknown_form", 2)
    assert not (tmp_path / "x.xlsx").exists()


def test_drop_downs_with_more_words_than_a_rule_takes_offer_a_hidden_sheet(tmp_path: Path) -> None:
    data = visits()
    data["field"][8].pop("choices")
    data["field"][8] |= {"kind": "text"}
    data["field"][8].pop("role")
    data["choices"]["state"] += [
        {"id": f"s{n}", "zh": f"状态之{n}的长长的说明", "en": f"State {n}, explained", "state": "open"} for n in range(18)
    ]
    data["choices"].pop("weight")
    data["escalation"], data["figure"] = [], []
    data["report"] |= {"sort": ["due"], "columns": ["title", "owner"]}
    path = tmp_path / "m.xlsx"
    with installed(written(tmp_path / "forms", data)):
        verbs.init(path, lang="zh", as_of=DAY, forms="visits")
    assert findings_of(path) == []
    book = workbook_at(path)
    assert book["_lists"].sheet_state == "hidden"
    words = [cell.value for cell in book["_lists"]["A"]]
    assert {"结束", "状态之7的长长的说明", "进行中"} <= set(words)
    rules = book[load().service("words").sheet["zh"]].data_validations.dataValidation
    assert "list_means" in {str(rule.formula1).lstrip("=") for rule in rules}
