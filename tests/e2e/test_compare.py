"""Verb compare: what changed between two moments, by whom; and what a person may call a moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from small_project import DAY, Project

from collab_xl import verbs
from collab_xl.catalogue import text
from collab_xl.errors import CollabError
from collab_xl.forms import load
from collab_xl.model.baseline import Difference
from collab_xl.plan.comparison import comparison_rows
from collab_xl.verbs.session import opened
from collab_xl.verbs.times import clock
from collab_xl.verbs.times.moments import moment_of

MONDAY, LATER = date(2026, 11, 23), date(2026, 11, 27)


@pytest.fixture(params=["zh", "en"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    return Project.again(tmp_path / "p", request.param)


def differences(project: Project, since: str | None, until: str | None = None) -> list[tuple[object, ...]]:
    report = verbs.compare(project.master, since=since, until=until, as_of=LATER, write=False, lang=project.lang)
    return [(d["kind"], d["row_id"], d["field"], d["after"], d["days"], d["by"]) for d in report.json["differences"]]


def test_what_a_pack_brought_and_what_the_pmo_typed(project: Project) -> None:
    verbs.flag(project.master, as_of=DAY, lang=project.lang)
    lang, done = project.lang, load().form("tasks").field("status").label("done", project.lang)
    reply = {("tasks", "RW-001"): {"status": done, "progress": 1, "actual_end": DAY, "deliverable": "问卷"}}
    level = load().form("problems").field("level").choices[0].label[lang]
    reply |= {("problems", "+0"): {"description": "样本不足", "raised_by": "*经理", "raised_at": DAY, "level": level}}
    verbs.consolidate(project.master, [project.reply("市场部", reply, "市场部")], as_of=MONDAY, lang=lang, progress=lambda *_: None)
    project.type(("tasks", "RW-002", "end", date(2026, 12, 2)), ("tasks", "RW-003", "owner", "钱*"))
    wanted = [
        ("moved", "RW-002", "end", "2026-12-02", 3, None),
        ("ended", "RW-001", "status", done, None, "市场部"),
        ("ended", "RW-001", "actual_end", "2026-11-20", None, "市场部"),
        ("added", "WT-002", None, None, None, "市场部"),
        ("other", "RW-003", "owner", "钱*", None, None),
    ]
    found = differences(project, "2026-11-20")
    assert sorted(found, key=str) == sorted(wanted, key=str)
    assert [one[0] for one in found] == ["moved", "ended", "ended", "added", "other"]
    # Until Monday: what came in the pack; the PMO's own changes show from one kept state to the next.
    assert {one[1] for one in differences(project, "2026-11-20", "2026-11-23")} == {"RW-001", "WT-002"}
    verbs.flag(project.master, as_of=LATER, lang=lang)
    assert {one[1] for one in differences(project, "2026-11-23", "2026-11-27")} == {"RW-002", "RW-003"}
    assert differences(project, "2026-11-27") == []

    report = verbs.compare(project.master, since="2026-11-20", as_of=LATER, lang=lang)
    first, *rows = project.listed("comparison")
    assert (first["old"], first["new"]) == ("2026-11-20", text("verbs.word.moment_now", lang, day="2026-11-27"))
    assert (rows[0]["row_key"], rows[0]["shift"], rows[0]["whose"]) == ("RW-002", 3, text("model.compare.typed", lang))
    assert {row["file"] for row in rows if row["whose"] == "市场部"} == {"市场部.xlsx"}
    assert report.json["counts"] == {"moved": 1, "ended": 1, "added": 1, "other": 1}
    assert "compare" not in verbs.undo(project.master, as_of=LATER, write=False, lang=lang).lines[0]


def test_before_the_first_kept_state_the_ledger_goes_backwards(project: Project) -> None:
    reply = project.reply("市场部", {("tasks", "RW-003"): {"owner": "孙*"}}, "市场部")
    verbs.consolidate(project.master, [reply], as_of=MONDAY, lang=project.lang, progress=lambda *_: None)
    report = verbs.compare(project.master, since="2026-11-20", as_of=LATER, write=False, lang=project.lang)
    (one,) = report.json["differences"]
    assert (one["row_id"], one["before"], one["after"], one["by"]) == ("RW-003", "*专员", "孙*", "市场部")
    assert report.json["since"]["complete"] is False
    assert any("2026-11-20" in note for note in report.notes)


def test_a_week_is_as_its_page_saw_it_and_the_newest_page_is_the_default(project: Project) -> None:
    verbs.week(project.master, as_of=MONDAY, week="2026-W47", lang=project.lang)
    project.type(("tasks", "RW-002", "end", date(2026, 12, 2)))
    page = verbs.compare(project.master, since="W47", as_of=LATER, write=False, lang=project.lang).json
    assert (page["since"]["day"], page["since"]["week"], len(page["differences"])) == ("2026-11-23", "2026-W47", 1)
    assert verbs.compare(project.master, as_of=LATER, write=False, lang=project.lang).json == page


@pytest.fixture
def said(tmp_path: Path) -> Iterator[object]:
    project = Project.again(tmp_path / "p", "zh", issued=False)
    verbs.baseline_set(project.master, "启动", as_of=DAY, lang="zh")
    with opened(project.master, write=False, as_of=date(2026, 11, 25), lang="zh") as session:  # a Wednesday
        yield session


def test_what_a_moment_may_be_called(said: object) -> None:
    days = {
        "上周五": date(2026, 11, 20), "last Friday": date(2026, 11, 20), "周一": MONDAY, "星期四": date(2026, 11, 19),
        "昨天": date(2026, 11, 24), "2026-11-06": date(2026, 11, 6), "11.6": date(2026, 11, 6), "11月6日": date(2026, 11, 6),
    }  # fmt: skip
    for words, day in days.items():
        found = moment_of(said, words)  # type: ignore[arg-type]
        assert (found.kind, found.day) == ("day", day), words
    for words, week in {"W45": "2026-W45", "45": "2026-W45", "上周": "2026-W47", "第46周": "2026-W46"}.items():
        assert moment_of(said, words).week == week, words  # type: ignore[arg-type]
    for words in ("基准", "baseline", "启动", "JZ-01", "基准1", "jz-01"):
        found = moment_of(said, words)  # type: ignore[arg-type]
        assert found.baseline is not None, words
        assert found.day == DAY
    with pytest.raises(CollabError) as refused:
        moment_of(said, "以前")  # type: ignore[arg-type]
    assert (refused.value.code, refused.value.exit_code) == ("usage_since", 2)


def test_swapped_moments_are_refused(project: Project) -> None:
    verbs.flag(project.master, as_of=DAY, lang=project.lang)
    with pytest.raises(CollabError) as refused:
        verbs.compare(project.master, since="2026-11-20", until="2026-11-02", as_of=LATER, write=False, lang=project.lang)
    assert refused.value.code == "usage_swapped"
    with pytest.raises(CollabError) as refused:
        verbs.compare(project.master, since="基准", as_of=LATER, write=False, lang=project.lang)
    assert refused.value.code == "no_baseline"


@pytest.mark.parametrize(("since", "until"), [("2027-01-01", None), ("W53", None), ("2026-12-20", "2026-12-10")])
def test_a_moment_ahead_is_not_the_earlier_one(project: Project, since: str, until: str | None) -> None:
    """Before: “nothing has changed”."""
    verbs.flag(project.master, as_of=DAY, lang=project.lang)
    with pytest.raises(CollabError) as refused:
        verbs.compare(project.master, since=since, until=until, as_of=LATER, write=False, lang=project.lang)
    assert (refused.value.code, refused.value.exit_code) == ("usage_swapped", 2)


def test_what_came_back_by_redo_still_has_its_department(project: Project) -> None:
    """It was said to be typed by the PMO."""
    verbs.flag(project.master, as_of=DAY, lang=project.lang)
    new = {"description": "样本不足", "raised_by": "*经理", "raised_at": DAY}
    reply = project.reply("市场部", {("tasks", "RW-003"): {"owner": "孙*"}, ("problems", "+0"): new}, "市场部")
    verbs.consolidate(project.master, [reply], as_of=MONDAY, lang=project.lang, progress=lambda *_: None)
    before = differences(project, "2026-11-20")
    assert {one[5] for one in before} == {"市场部"}
    verbs.undo(project.master, as_of=MONDAY, lang=project.lang)
    verbs.redo(project.master, as_of=MONDAY, lang=project.lang)
    assert differences(project, "2026-11-20") == before


def test_what_an_earlier_run_brought_has_its_department_too(project: Project) -> None:
    """Taken back before the moment of comparison, brought back after it."""
    reply = project.reply("市场部", {("tasks", "RW-003"): {"owner": "孙*"}}, "市场部")
    with clock.at(datetime(2026, 11, 23, 9)):
        verbs.consolidate(project.master, [reply], as_of=MONDAY, lang=project.lang, progress=lambda *_: None)
        verbs.undo(project.master, as_of=MONDAY, lang=project.lang)
    with clock.at(datetime(2026, 11, 25, 9)):
        verbs.redo(project.master, as_of=date(2026, 11, 25), lang=project.lang)
        assert [(one[1], one[2], one[5]) for one in differences(project, "2026-11-24") if one[2] == "owner"] == [
            ("RW-003", "owner", "市场部")
        ]


def test_several_departments_are_a_list_of_the_language() -> None:
    line = Difference("moved", "requirements", "XZ-1", "x", "Engineering、Marketing")
    (_, row) = comparison_rows([line], "a", "b", {}, load(), "en")
    assert row["department"] == "Engineering, Marketing"
    assert comparison_rows([line], "a", "b", {}, load(), "zh")[1]["department"] == "Engineering、Marketing"
