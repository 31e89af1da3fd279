"""A wrong form is refused: each single fault is found at its key and reported in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from forms.forms_of_tests import VISITS, installed, visits, written

from collab_xl.catalogue import code_key, error_text, text
from collab_xl.errors import CollabError
from collab_xl.forms import load
from collab_xl.forms.folders import form_files
from collab_xl.forms.read import read_forms
from collab_xl.forms.validate import SHAPE

Change = Callable[[dict[str, Any]], object]


def put(*path: str | int, to: object) -> Change:
    """A change of the value at a path; `to` None removes it."""

    def change(form: dict[str, Any]) -> None:
        here: Any = form
        for step in path[:-1]:
            here = here[step]
        if to is None:
            del here[path[-1]]
        else:
            here[path[-1]] = to

    return change


ALL = {"id": "all", "kind": "departments", "access": "P", "role": "departments", "zh": "各部门", "en": "All"}
FAULTS: tuple[tuple[str, str, Change], ...] = (
    ("forms.fault.missing", "table", put("table", to=None)),
    ("forms.fault.missing", "sheet.en", put("sheet", "en", to=None)),
    ("forms.fault.missing", "field[2].kind", put("field", 1, "kind", to=None)),
    ("forms.fault.missing", "clock[1].starts", put("clock", 0, "starts", to=None)),
    ("forms.fault.missing", "clock[1].stops", put("clock", 0, "stops", to=[])),
    ("forms.fault.no_field", "face.columns", put("face", to={"zh": "清单", "en": "List", "columns": ["nowhere"], "before": "goals"})),
    ("forms.fault.no_field", "title_from", put("title_from", to="who")),
    ("forms.fault.unknown", "colour", put("colour", to="red")),
    ("forms.fault.unknown", "field[3].rôle", put("field", 2, "rôle", to="x")),
    ("forms.fault.unknown", "due.late", put("due", "late", to=3)),
    ("forms.fault.type", "version", put("version", to="1")),
    ("forms.fault.type", "order", put("order", to=True)),
    ("forms.fault.type", "aliases", put("aliases", to="拜访")),
    ("forms.fault.type", "aliases[1]", put("aliases", 0, to=7)),
    ("forms.fault.type", "pack", put("pack", to="department")),
    ("forms.fault.type", "rules.required_when.done", put("rules", "required_when", "done", to="finished")),
    ("forms.fault.word", "group", put("group", to="middle")),
    ("forms.fault.word", "field[2].kind", put("field", 1, "kind", to="txt")),
    ("forms.fault.word", "field[7].choices", put("field", 6, "choices", to="states")),
    ("forms.fault.word", "field[10].of", put("field", 9, "of", to="nothing")),
    ("forms.fault.word", "due", put("due", to="never")),
    ("forms.fault.word", "clock[1].unit", put("clock", 0, "unit", to="weeks")),
    ("forms.fault.word", "report.where.state", put("report", "where", to={"state": "living"})),
    ("forms.fault.word", "figure[1].count.level", put("figure", 0, "count", to={"level": "huge"})),
    ("forms.fault.word", "rules.required_when.finished", put("rules", "required_when", "finished", to=["due"])),
    ("forms.fault.word", "yes_no[1].went", put("yes_no", to=[{"aliases": ["是否回访"], "field": "went", "yes": "gone"}])),
    ("forms.fault.word", "matrix.needs.level", put("matrix", to={"value": "level", "work": "title", "who": ["who"], "needs": "doer"})),
    ("forms.fault.role_kind", "yes_no[1].field", put("yes_no", to=[{"aliases": ["是否回访"], "field": "who", "yes": "x"}])),
    ("forms.fault.id", "id", put("id", to="Visits")),
    ("forms.fault.folder", "id", put("id", to="calls")),
    ("forms.fault.table", "table", put("table", to="The Visits")),
    ("forms.fault.one_key", "field",
     put("field", 0, to={**VISITS["field"][1], "id": "no_key", "role": "measure", "zh": "无", "en": "None"})),
    ("forms.fault.no_title", "field", put("field", 1, "role", to="result")),
    ("forms.fault.two_departments", "field", put("field", 3, to=ALL)),
    ("forms.fault.twice", "field[4].id", put("field", 3, "id", to="unit")),
    ("forms.fault.heading_twice", "field[4]", put("field", 3, "zh", to="客户名称")),
    ("forms.fault.missing_heading", "field[4]", put("field", 3, "zh", to=" ")),
    ("forms.fault.heading_long", "field[4]", put("field", 3, "zh", to="长" * 256)),
    ("forms.fault.width", "field[4].width", put("field", 3, "width", to=256)),
    ("forms.fault.sheet_name", "sheet.en", put("sheet", "en", to="x" * 32)),
    ("forms.fault.sheet_name", "sheet.zh", put("sheet", "zh", to="客户/回访")),
    ("forms.fault.role_kind", "field[4].role", put("field", 3, "role", to="due")),
    ("forms.fault.role_twice", "field[8].role", put("field", 7, "role", to="due")),
    ("forms.fault.since", "field[4].since", put("field", 3, "since", to=2)),
    ("forms.fault.since", "choices.state", put("choices", "state", 1, "since", to=2)),
    ("forms.fault.word", "choices.state[2]", put("choices", "state", 1, "look", to="blue")),
    ("forms.fault.key_access", "field[1].access", put("field", 0, "access", to="P")),
    ("forms.fault.choices", "choices.state", put("choices", "state", 1, "id", to="planned")),
    ("forms.fault.stateless", "choices.state", put("choices", "state", 1, "state", to=None)),
    ("forms.fault.no_field", "clock[1]", put("clock", 0, "stops", to=["answer"])),
    ("forms.fault.no_field", "clock[1]", put("clock", 0, "per", to=["no_such"])),
    ("forms.fault.no_field", "clock[1]", put("clock", 0, "per", to="no_such")),
    ("forms.fault.type", "clock[1].per", put("clock", 0, "per", to=3)),
    ("forms.fault.no_field", "rules", put("rules", "required", to=["title", "end"])),
    ("forms.fault.no_field", "report", put("report", "sort", to=["-age"])),
    ("forms.fault.pair", "rules.order", put("rules", "order", to=[["raised"]])),
    ("forms.fault.code", "clock[1].code", put("clock", 0, "code", to="late")),
    ("forms.fault.report", "report", put("report", "heading", to=None)),
    ("forms.fault.too_many", "report.columns", put("report", "columns", to=["title"] * 8)),
    ("forms.fault.taken", "figure", put("figure", 0, "id", to="overdue")),
    ("forms.fault.taken", "figure", put("figure", to=[VISITS["figure"][0]] * 2)),
    ("forms.fault.taken", "table", put("table", to="tasks")),
    ("forms.fault.taken", "sheet.zh", put("sheet", "zh", to="任务跟踪表")),
    ("forms.fault.taken", "key.prefix", put("key", "prefix", to="RW-")),
)  # fmt: skip


def faults(folder: Path, form: dict[str, Any], name: str = "visits") -> list[tuple[str, str]]:
    own = written(folder / "forms", {**form, "id": name})
    path = own / name / "form.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(f'id = "{name}"', f'id = "{form["id"]}"', 1), encoding="utf-8")
    _, found = read_forms(form_files(str(own)))
    for fault in found:
        for lang in ("zh", "en"):
            for part in (fault.wrong, fault.allowed):
                said = text(part.key, lang, **part.facts)
                assert said
                assert not re.search(r"\{\w+\}", said), said
    assert all(fault.file == path for fault in found)
    return [(fault.text_key, fault.key) for fault in found]


@pytest.mark.parametrize(("said", "key", "change"), FAULTS, ids=[f"{s} {k}" for s, k, _ in FAULTS])
def test_each_fault_alone_is_found_at_its_key(said: str, key: str, change: Change, tmp_path: Path) -> None:
    form = visits()
    change(form)
    assert (said, key) in faults(tmp_path, form)


def test_a_right_form_has_no_fault(tmp_path: Path) -> None:
    assert faults(tmp_path, visits()) == []


def test_a_due_date_nobody_can_close_is_refused(tmp_path: Path) -> None:
    form = visits()
    form["field"] = [f for f in form["field"] if f.get("role") not in ("status", "finished")]
    form["rules"] = {"required": ["title"]}
    form["choices"] = {"weight": form["choices"]["weight"]}
    del form["due"]
    form["report"] = {"part": "trouble"}
    form["figure"], form["escalation"] = [], []
    assert faults(tmp_path, form) == [("forms.fault.due_open", "due")]
    form["due"] = "date only"
    assert faults(tmp_path / "again", form) == []


def test_a_file_that_is_no_toml_is_named_with_its_line(tmp_path: Path) -> None:
    own = written(tmp_path, visits())
    path = own / "visits" / "form.toml"
    path.write_text('id = "visits"\norder = = 3\n', encoding="utf-8")
    _, found = read_forms(form_files(str(own)))
    assert [(f.text_key, f.key) for f in found] == [("forms.fault.syntax", "line 2")]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_loading_refuses_a_broken_form_and_says_what_is_allowed(lang: str, tmp_path: Path) -> None:
    form = visits()
    form["field"][1]["kind"] = "txt"
    with installed(written(tmp_path, form)), pytest.raises(CollabError) as refused:
        load()
    what, _, fix = error_text(refused.value, lang)
    assert refused.value.code == "form_broken"
    assert "field[2].kind" in what
    assert "txt" in what
    assert "longtext" in fix


def test_forms_of_ones_own_stand_beside_ours(tmp_path: Path) -> None:
    ours = [f.id for f in load().forms]
    with installed(written(tmp_path, visits())):
        assert sorted(f.id for f in load().forms) == sorted([*ours, "visits"])
        assert text(code_key("T391", "fix"), "en") == "Fill in “Reply”."
    assert [f.id for f in load().forms] == ours


def test_every_key_of_a_form_is_described() -> None:
    page = (Path(__file__).parents[2] / "docs" / "forms.md").read_text(encoding="utf-8")
    assert len(SHAPE) > 15
    assert [key for key in SHAPE if f"`{key}`" not in page] == []
