"""A returned workbook with marks on the sheets of every form: whole for Microsoft's validator and our own checks, in both languages."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from judges import findings_of, new_microsoft_findings, structural_findings

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from small_project import DAY, Project
from test_returned_in_project import returned, sheet_and_cells

from collab_xl.catalogue import LANGS
from collab_xl.demo import desk
from collab_xl.forms import BASIC, Form, load
from collab_xl.model.values import Value

CHECKED = {"date", "moment", "percent", "whole", "amount", "choice"}
"""Kinds that do not take every text."""


def a_row(form: Form) -> dict[str, Value]:
    row: dict[str, Value] = {form.key.id: f"{form.key_prefix}001", form.department_field or "": "研发部"}
    title = form.role("title")
    assert title is not None
    return {name: value for name, value in (row | {title.id: "x"}).items() if name}


def wrong(form: Form) -> dict[str, object]:
    return {f.id: "?!" for f in form.fields if f.access == "D" and f.in_pack and f.kind in CHECKED}


@pytest.mark.parametrize("lang", LANGS)
def test_the_judges_find_nothing_in_it(tmp_path: Path, lang: str) -> None:
    project = Project.start(tmp_path, lang, forms="full")
    more = [form for form in load().forms if form.id not in BASIC]
    desk.fill_in(project.master, {form.id: [a_row(form)] for form in more}, lang, DAY)
    project.issue(carry="full")
    keys = {"tasks": "RW-002", "problems": "WT-001", **{form.id: str(a_row(form)[form.key.id]) for form in more}}
    typed = {(form, key): wrong(load().form(form)) for form, key in keys.items()}
    marked = [form for (form, _), cells in typed.items() if cells]
    assert len(marked) >= 5
    sent = project.reply("研发部", {at: cells for at, cells in typed.items() if cells}, "reply")
    (item,) = returned(project.consolidate(sent))
    path = Path(item["path"])
    assert {sheet for sheet, _ in sheet_and_cells(path)} == {load().form(form).sheet[lang] for form in marked}
    assert structural_findings(path) == []
    assert new_microsoft_findings(sent.read_bytes(), path) == set(), "openpyxl, which filled the reply, writes fonts in another order"
    assert findings_of(project.master) == []
