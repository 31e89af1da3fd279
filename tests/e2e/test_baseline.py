"""Baselines in a project: set and undone, signed through the pack, changes that need approval, how far everything has slipped."""

from __future__ import annotations

import csv
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest
from small_project import DAY, Project

from collab_xl import verbs
from collab_xl.catalogue import text
from collab_xl.demo import desk
from collab_xl.errors import FINDINGS, OK, CollabError
from collab_xl.forms import load
from collab_xl.verbs.report import no_progress

FORMS = "requirements,tasks,problems,goals,signatures,change_requests"
LATER = date(2026, 11, 27)
GOAL = {"goal_id": "MB-01", "goal": "用户转化率提升15%", "target_value": "15%", "depts": ("市场部", "研发部"), "due": date(2026, 12, 15)}


@cache
def made(lang: str) -> Project:
    project = Project.start(Path(mkdtemp(prefix="collab-baseline-")), lang, forms=FORMS)
    desk.fill_in(project.master, {"goals": [{**GOAL, "status": "open"}]}, lang, DAY)
    project.type(("tasks", "RW-002", "milestone", True))
    return project


@pytest.fixture(params=["zh", "en"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    return made(request.param).copy(tmp_path / "p")


def word(form: str, field: str, choice: str, lang: str) -> str:
    return load().form(form).field(field).label(choice, lang)


def ends(project: Project, form: str = "tasks") -> dict[str, object]:
    heading = load().form(form).field("baseline_end").heading[project.lang]
    return {key: row.get(heading) for key, row in project.data()[form].items()}


def findings(project: Project) -> list[dict[str, object]]:
    return [f for f in verbs.check(project.master, as_of=DAY, write=False, lang=project.lang).json["findings"] if f["code"] == "Q541"]


def test_set_shows_first_then_writes_and_undo_takes_it_back(project: Project) -> None:
    before, lang = project.master.read_bytes(), project.lang
    shown = verbs.baseline_set(project.master, "启动", as_of=DAY, write=False, lang=lang)
    assert (shown.json["run"], shown.json["ends"], project.master.read_bytes()) == (None, 4, before)
    data = project.data()
    report = verbs.baseline_set(project.master, " 启动 ", as_of=DAY, lang=lang)
    assert report.json["baseline"]["departments"] == ["市场部", "研发部"]
    assert ends(project) == {"RW-001": date(2026, 11, 12), "RW-002": date(2026, 11, 27), "RW-003": date(2026, 11, 30)}
    assert ends(project, "requirements") == {"XZ-2026-001": date(2026, 12, 31)}
    assert [project.value(form, key, "slip") for form, key in (("tasks", "RW-001"), ("requirements", "XZ-2026-001"))] == [6, -23]
    (row,) = project.listed("baselines")
    assert (row["row_key"], row["name"], row["date"], row["count"], row["run"]) == ("JZ-01", "启动", DAY, 5, report.json["run"])
    assert row["state"] == text("model.baseline.not_signed", lang)
    waiting = word("signatures", "opinion", "unsigned", lang)
    assert row["unsigned_by"] == f"市场部 {waiting}\n研发部 {waiting}"
    assert [line["verb"] for line in verbs.log(project.master, lang=lang).json["runs"][:1]] == ["baseline"]

    verbs.undo(project.master, as_of=DAY, lang=lang)
    assert (project.data(), project.listed("baselines")) == (data, [])
    assert verbs.baseline_list(project.master, as_of=DAY, lang=lang).json["baselines"] == []
    verbs.redo(project.master, as_of=DAY, lang=lang)
    assert project.listed("baselines") == [row]
    assert ends(project)["RW-002"] == date(2026, 11, 27)


def test_a_department_signs_in_its_pack_and_the_pmo_notes_the_other(project: Project) -> None:
    lang = project.lang
    verbs.baseline_set(project.master, "启动", as_of=DAY, lang=lang)
    project.issue()
    signed = {"opinion": word("signatures", "opinion", "consent", lang), "person": "王*总", "signed_on": DAY}
    project.consolidate(project.reply("研发部", {("signatures", "QR-002"): signed}, "研发部"))
    (row,) = project.listed("baselines")
    assert row["signed_by"] == "研发部 王*总 2026-11-20"
    assert str(row["unsigned_by"]).startswith("市场部")

    report = verbs.baseline_sign(project.master, department="市场", as_of=LATER, lang=lang)
    (state,) = verbs.baseline_list(project.master, as_of=LATER, lang=lang).json["baselines"]
    assert state["state"] == "fully_signed"
    assert {"department": "市场部", "person": "*总", "day": "2026-11-27"} in state["signed"]
    assert report.json["baseline"]["unsigned"] == []
    with pytest.raises(CollabError) as refused:
        verbs.baseline_sign(project.master, department="市场部", as_of=LATER, lang=lang)
    assert refused.value.code == "baseline_not_asked"
    with pytest.raises(CollabError) as refused:
        verbs.baseline_sign(project.master, "JZ-01", department="财务部", as_of=LATER, lang=lang)
    assert refused.value.code == "baseline_whose"
    closing = verbs.close(project.master, as_of=LATER, confirmed=True, lang=lang, progress=no_progress)
    assert closing.json["baselines"] == [{"id": "JZ-01", "name": "启动", "state": "fully_signed"}]
    folder = Path(closing.json["folder"])
    assert "JZ-01 启动" in next(folder.glob("*.txt")).read_text("utf-8-sig")
    with (folder / "tables" / "_baseline_rows.csv").open(encoding="utf-8-sig") as file:
        kept = {(line["row"], line["field"]): line["value"] for line in csv.DictReader(file)}
    assert kept["MB-01", "due"] == "2026-12-15"
    verbs.undo(project.master, as_of=LATER, lang=lang)
    assert str(project.listed("baselines")[0]["unsigned_by"]).startswith("市场部")


def test_a_signed_goal_changes_only_with_approval(project: Project) -> None:
    lang = project.lang
    verbs.baseline_set(project.master, "启动", as_of=DAY, lang=lang)
    changed = (("goals", "MB-01", "due", date(2026, 12, 31)), ("tasks", "RW-002", "end", date(2026, 12, 4)))
    project.type(*changed, ("tasks", "RW-003", "end", date(2026, 12, 4)))
    assert findings(project) == []  # nobody has signed
    verbs.baseline_sign(project.master, "1", department="研发部", as_of=DAY, lang=lang)
    found = {(f["row_id"], f["field"], f["expected"]) for f in findings(project)}
    assert found == {("MB-01", "due", "2026-12-15"), ("RW-002", "end", "2026-11-27")}  # RW-003 is no milestone
    with pytest.raises(CollabError) as refused:
        verbs.baseline_set(project.master, "调整", as_of=LATER, lang=lang)
    assert refused.value.code == "baseline_not_approved"
    notes = {s["row_id"]: s["note"] for s in verbs.baseline_compare(project.master, as_of=LATER, write=False, lang=lang).json["slips"]}
    assert notes == {"MB-01": "unapproved", "RW-002": "unapproved", "RW-001": None, "RW-003": None, "XZ-2026-001": None}
    verbs.flag(project.master, as_of=LATER, lang=lang)
    assert project.listed("baselines")[0]["note"] == text("plan.baseline.changed", lang, n=2)

    request = {"change_text": "推迟", "dept": "市场部", "approver": "张*总", "why_changed": "供应商延期"}
    rows = [
        {**request, "change_id": "BG-001", "changed_row": "MB-01", "approval": "approved", "decided_on": date(2026, 11, 24)},
        {**request, "change_id": "BG-002", "changed_row": "RW-002", "approval": "to_approve"},
    ]
    desk.fill_in(project.master, {"change_requests": rows}, lang, DAY)
    assert [f["row_id"] for f in findings(project)] == ["RW-002"]
    project.type(("change_requests", "BG-002", "approval", "approved"), ("change_requests", "BG-002", "decided_on", date(2026, 11, 25)))
    assert findings(project) == []
    notes = {s["row_id"]: s["note"] for s in verbs.baseline_compare(project.master, as_of=LATER, write=False, lang=lang).json["slips"]}
    assert (notes["MB-01"], notes["RW-002"]) == (None, "milestone")
    verbs.baseline_set(project.master, "调整", as_of=LATER, lang=lang)
    new, old = project.listed("baselines")
    assert (new["name"], old["state"]) == ("调整", text("model.baseline.earlier", lang))
    assert ends(project)["RW-003"] == date(2026, 12, 4)
    opinion = load().form("signatures").field("opinion").heading[lang]
    opinions = {key: row[opinion] for key, row in project.data()["signatures"].items()}
    consent, over, waits = (word("signatures", "opinion", choice, lang) for choice in ("consent", "withdrawn", "unsigned"))
    assert opinions == {"QR-001": over, "QR-002": consent, "QR-003": waits, "QR-004": waits}


def test_slips_are_listed_the_worst_first(project: Project) -> None:
    lang = project.lang
    with pytest.raises(CollabError) as refused:
        verbs.baseline_compare(project.master, as_of=DAY, lang=lang)
    assert refused.value.code == "no_baseline"
    verbs.baseline_set(project.master, as_of=DAY, lang=lang)
    assert verbs.baseline_compare(project.master, as_of=date(2026, 11, 12), write=False, lang=lang).exit_code == OK
    project.type(
        ("tasks", "RW-001", "status", "done"), ("tasks", "RW-001", "actual_end", date(2026, 11, 10)),
        ("tasks", "RW-003", "end", date(2026, 12, 4)), ("goals", "MB-01", "goal", "用户转化率提升12%"),
    )  # fmt: skip
    report = verbs.baseline_compare(project.master, "基准", as_of=date(2026, 12, 1), lang=lang)
    assert report.exit_code == FINDINGS
    slips = [(s["row_id"], s["after"], s["days"], s["note"]) for s in report.json["slips"]]
    assert slips == [
        ("RW-003", "2026-12-04", 4, None),
        ("RW-002", "2026-12-01", 2, "milestone"),
        ("MB-01", "2026-12-15", 0, None),
        ("RW-001", "2026-11-10", -2, "done"),
        ("XZ-2026-001", "2026-12-04", -19, None),
    ]
    first, *rows = project.listed("comparison")
    assert first["old"] == text("verbs.word.compared_baseline", lang, name=text("verbs.word.baseline_n", lang, n=1), day="2026-11-20")
    assert [(row["row_key"], row["shift"]) for row in rows] == [
        ("RW-003", 4), ("RW-002", 2), ("RW-001", -2), ("XZ-2026-001", -19), ("MB-01", None),
    ]  # fmt: skip
    assert (rows[-1]["old"], rows[-1]["new"]) == ("用户转化率提升15%", "用户转化率提升12%")
    due, done, wanted, forecast = (
        load().form(form).field(field).heading[lang]
        for form, field in (("tasks", "end"), ("tasks", "actual_end"), ("requirements", "due"), ("requirements", "forecast"))
    )
    assert [row["field"] for row in rows[:4]] == [due, due, f"{due} → {done}", f"{wanted} → {forecast}"], "where the day now is from"


def test_names_are_taken_once_and_nothing_planned_is_no_baseline(project: Project) -> None:
    verbs.baseline_set(project.master, "启动", as_of=DAY, lang=project.lang)
    with pytest.raises(CollabError) as refused:
        verbs.baseline_set(project.master, "启 动", as_of=DAY, lang=project.lang)
    assert refused.value.code == "baseline_taken"
    with pytest.raises(CollabError) as refused:
        verbs.baseline_compare(project.master, "收尾", as_of=DAY, lang=project.lang)
    assert refused.value.code == "unknown_baseline"
    empty = project.folder / "空.xlsx"
    verbs.init(empty, project="空", departments=["市场部"], lang=project.lang, as_of=DAY)
    with pytest.raises(CollabError) as refused:
        verbs.baseline_set(empty, "启动", as_of=DAY, lang=project.lang)
    assert refused.value.code == "baseline_empty"


def test_a_baseline_signed_in_a_pack_after_a_new_one_was_set_counts_for_the_older_one(tmp_path: Path) -> None:
    project = Project.start(tmp_path, forms="full")
    verbs.baseline_set(project.master, as_of=DAY, lang="zh")
    project.issue()
    verbs.baseline_set(project.master, as_of=DAY, lang="zh")
    signed = {"opinion": "同意", "person": "李*", "signed_on": date(2026, 11, 20)}
    project.consolidate(project.reply("市场部", {("signatures", "QR-001"): signed}, "a"))
    (waits,) = project.listed("conflicts")
    assert "不必再签" in str(waits["note"])
    project.decide(QR_001=("采用报送", None))
    verbs.resolve(project.master, as_of=DAY, lang="zh")
    found = verbs.baseline_list(project.master, as_of=DAY, lang="zh").json["baselines"]
    state = {b["id"]: [s["department"] for s in b["signed"]] for b in found}
    assert state == {"JZ-01": ["市场部"], "JZ-02": []}
