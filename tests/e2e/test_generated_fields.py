"""Any fields that hypothesis types on 字段 go through the week: applied, issued, filled in, consolidated, checked, shown, undone."""

from __future__ import annotations

import shutil
import tempfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from field_sheet import apply, field_line, headings, type_raw
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from judges import structural_findings
from small_project import DAY, Project

from collab_xl import verbs
from collab_xl.book.hidden_sheet import hidden_values
from collab_xl.book.read import read_book
from collab_xl.catalogue import text
from collab_xl.forms import YES_NO, load
from collab_xl.forms.own_fields import OWN_KINDS

pytestmark = pytest.mark.slow
LETTERS = "客户合同样品审批编码金额窗口评分渠道仓库线路abcXYZ /&<>\"'[]#@%()（）·—"
WORDS = ("甲", "乙公司", "A-1", "B/2", "10%", "是否", "否决", "x<y", "O'Neil")
HIDEABLE = ("risk", "measure", "deliverable", "standard", "start", "progress", "actual_end", "owner", "updated", "remark", "req_id")


@st.composite
def lines(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Lines for new fields of tasks and problems, with headings that no form has."""
    out = []
    for n in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from(OWN_KINDS))
        out.append(
            {
                "form": draw(st.sampled_from(("tasks", "problems"))),
                "heading": f"{draw(st.text(LETTERS, min_size=1, max_size=12)).strip()}字段{n}",
                "kind": kind,
                "words": draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=5, unique=True))
                if kind in ("choice", "choices")
                else ["problems"]
                if kind == "reference"
                else [],
                "pmo": draw(st.booleans()),
                **{name: draw(st.booleans()) for name in ("required", "in_pack", "on_page")},
            }
        )
    return out


def value(line: dict[str, Any], lang: str) -> object:
    """Something a liaison may type into it."""
    yes = YES_NO[0].label[lang]
    return {
        "text": "说明", "longtext": "第一行\n第二行", "amount": 12.5, "whole": 3, "percent": 0.4, "date": date(2026, 12, 1),
        "moment": datetime(2026, 12, 1, 9, 30), "choice": (line["words"] or [""])[-1], "choices": "、".join(line["words"]), "yesno": yes,
        "person": "李四", "department": "研发部", "reference": "WT-001",
    }[line["kind"]]  # fmt: skip


@pytest.mark.parametrize("lang", ["zh", "en"])
@settings(max_examples=6, suppress_health_check=list(HealthCheck))
@given(
    asked=lines(), hidden=st.sets(st.sampled_from(HIDEABLE), max_size=4), required=st.sampled_from(("deliverable", "standard", "remark"))
)
def test_any_fields_through_the_week(lang: str, asked: list[dict[str, Any]], hidden: set[str], required: str) -> None:
    folder = Path(tempfile.mkdtemp()) / "p"
    try:
        play(Project.again(folder, lang, issued=False), asked, hidden, required)
    finally:
        shutil.rmtree(folder.parent, ignore_errors=True)


def play(project: Project, asked: list[dict[str, Any]], hidden: set[str], required: str) -> None:
    lang, words = project.lang, [c.label[project.lang] for c in YES_NO]
    known, was = set(structural_findings(project.master)), {t: headings(project, t) for t in ("Tasks", "Problems")}
    for line in asked:
        form = load().form(line["form"])
        field_line(
            project,
            sheet=form.sheet[lang],
            heading=line["heading"],
            holds=text(f"model.field_kind.{line['kind']}", lang),
            words="、".join(line["words"]) or None,
            filled_by=text(f"model.filled_by.{'P' if line['pmo'] else 'D'}", lang),
            **{name: words[0 if line[name] else 1] for name in ("required", "in_pack", "on_page")},
        )
    for name in hidden:
        field_line(project, f"tasks.{name}", hidden=words[0])
    if required not in hidden:
        field_line(project, f"tasks.{required}", required=words[0])
    report = apply(project)
    assert report["faults"] == []
    assert report["run"]
    assert set(structural_findings(project.master)) <= known
    project.issue()
    mine = [line for line in asked if line["in_pack"] and not line["pmo"]]
    cells: dict[tuple[str, str], dict[str, object]] = {("tasks", "RW-002"): {}, ("problems", "WT-001"): {}}
    for line in mine:
        cells[line["form"], "RW-002" if line["form"] == "tasks" else "WT-001"][line["heading"]] = value(line, lang)
    merged = project.consolidate(project.reply("研发部", cells, "m")).json
    (account,) = merged["submissions"]
    assert (account["edits"], account["applied"]) == (len(mine), len(mine))
    for line in asked:
        if line not in mine:
            type_raw(project, line["form"], "RW-002" if line["form"] == "tasks" else "WT-001", line["heading"], value(line, lang))
    found = verbs.check(project.master, as_of=DAY, lang=lang).json["findings"]
    for line in asked:
        rows = {f["row_id"] for f in found if f["code"] == "V102" and line["heading"] in f["message"]}
        assert ("RW-001" in rows) == (line["required"] and line["form"] == "tasks")
        assert "RW-002" not in rows
    sheet = load().form("tasks").sheet[lang]
    assert not [f for f in found if f["field"] in hidden and f["sheet"] == sheet]
    verbs.flag(project.master, as_of=DAY, lang=lang)
    verbs.week(project.master, as_of=DAY, lang=lang)
    assert apply(project)["changes"] == []
    for _ in range(4):
        verbs.undo(project.master, as_of=DAY, lang=lang)
    assert not [name for name in hidden_values(read_book(project.master)) if str(name).startswith("field.")]
    assert all(headings(project, table)[: len(had)] == had for table, had in was.items())
    verbs.check(project.master, as_of=DAY, lang=lang)
