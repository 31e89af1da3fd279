"""`portfolio apply`: one change to all masters, shown first, undone in each; what cannot be changed stops no other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from e2e.small_project import DAY, Project

from collab_xl import verbs
from collab_xl.catalogue import text
from collab_xl.errors import FINDINGS, REFUSED, CollabError
from collab_xl.verbs.report import Report, no_progress
from collab_xl.verbs.times import clock

CHANGE = {
    "settings": ["escalate_days=5", "day_count=calendar", "rule.T301=off"],
    "holidays": ["2026-12-31=年终盘点"],
    "workdays": ["2026-12-26"],
    "words": ["搞定=已完成"],
}


@pytest.fixture(autouse=True)
def _friday() -> Iterator[None]:
    with clock.at(datetime(2026, 11, 20, 18)):
        yield


def apply(*masters: Path, **more: object) -> Report:
    return verbs.portfolio_apply(list(masters), as_of=DAY, lang="zh", progress=no_progress, **more)  # type: ignore[arg-type]


def state(project: Project) -> dict[str, object]:
    settings = {row["id"]: row["value"] for sheet in ("settings", "rules") for row in project.listed(sheet) if row.get("id")}
    days = {str(row["date"])[:10]: row["kind"] for row in project.listed("calendar")}
    return {"settings": settings, "days": days, "words": project.listed("words")}


def test_all_masters_get_the_change_and_each_undoes_it_by_itself(tmp_path: Path) -> None:
    zh, en = Project.again(tmp_path / "zh", issued=False), Project.again(tmp_path / "en", "en", issued=False)
    before = [state(zh), state(en)]
    bytes_before = zh.master.read_bytes()

    shown = apply(zh.master, en.master, **CHANGE)
    assert [m["state"] for m in shown.json["masters"]] == ["change", "change"]
    assert zh.master.read_bytes() == bytes_before, "nothing is written without --yes"

    asked = []
    apply(zh.master, confirm=lambda question: bool(asked.append(question)), **CHANGE)
    assert len(asked) == 1
    assert zh.master.read_bytes() == bytes_before

    done = apply(zh.master, en.master, confirmed=True, **CHANGE)
    assert [m["state"] for m in done.json["masters"]] == ["done", "done"]
    for project, means in ((zh, "已完成"), (en, "Done")):
        now = state(project)
        settings, days = now["settings"], now["days"]
        assert isinstance(settings, dict)
        assert isinstance(days, dict)
        assert settings["escalate_days"] == 5
        shown_words = [settings["day_count"], settings["rule.T301"], days["2026-12-31"], days["2026-12-26"]]
        keys = ("build.set.word.calendar", "build.set.word.off", "build.day.off", "build.day.work")
        assert shown_words == [text(key, project.lang) for key in keys], "in the words of its own language"
        assert project.listed("words")[0]["means"] == means
        assert verbs.check(project.master, as_of=DAY, write=False, lang="zh").json["findings"] is not None

    assert [m["state"] for m in apply(zh.master, en.master, confirmed=True, **CHANGE).json["masters"]] == ["same", "same"]

    undone = verbs.undo(zh.master, confirmed=True, as_of=DAY, lang="zh").json
    assert (undone["cells"], undone["rows"]) == (3, 3)
    assert state(zh) == before[0]
    assert state(en) != before[1]
    verbs.redo(zh.master, as_of=DAY, lang="zh")
    assert state(zh)["days"] == state(zh)["days"] | {"2026-12-31": "休息", "2026-12-26": "上班"}


def test_what_a_person_changed_since_stays_and_is_said(tmp_path: Path) -> None:
    project = Project.again(tmp_path / "p", issued=False)
    apply(project.master, settings=["escalate_days=5", "stale_days=9"], confirmed=True)
    project.set("escalate_days", 4)
    report = verbs.undo(project.master, confirmed=True, as_of=DAY, lang="zh")
    settings = {row["id"]: row["value"] for row in project.listed("settings")}
    assert (settings["escalate_days"], settings["stale_days"]) == (4, 7)
    assert any("escalate_days" in line for line in report.lines)


def test_one_such_run_in_the_middle_is_taken_out_alone(tmp_path: Path) -> None:
    project = Project.again(tmp_path / "p", issued=False)
    run = apply(project.master, settings=["escalate_days=5", "escalate_days=4"], confirmed=True).json["masters"][0]["run"]
    apply(project.master, settings=["stale_days=9"], confirmed=True)
    verbs.undo(project.master, only=run, confirmed=True, as_of=DAY, lang="zh")
    settings = {row["id"]: row["value"] for row in project.listed("settings")}
    assert (settings["escalate_days"], settings["stale_days"]) == (3, 9)


def test_an_open_master_is_refused_and_the_others_are_changed(tmp_path: Path) -> None:
    one, other = Project.again(tmp_path / "a", issued=False), Project.again(tmp_path / "b", issued=False)
    one.master.with_name(f"~${one.master.name}").write_bytes(b"\x03abc")
    shown = apply(one.master, other.master, settings=["escalate_days=6"])
    assert [m["state"] for m in shown.json["masters"]] == ["refused", "change"]
    done = apply(one.master, other.master, settings=["escalate_days=6"], confirmed=True)
    assert [m["state"] for m in done.json["masters"]] == ["refused", "done"]
    assert done.exit_code == FINDINGS
    unknown = apply(other.master, settings=["clock.none.none=3"], confirmed=True)
    assert [m["state"] for m in unknown.json["masters"]] == ["refused"]
    assert unknown.exit_code == REFUSED, "nothing was done at all"


@pytest.mark.parametrize("wrong", [{}, {"settings": ["escalate_days"]}, {"settings": ["escalate_days=soon"]}, {"settings": ["project=X"]},
                                   {"settings": ["mail=a@b.c"]}, {"holidays": ["31.12."]}])  # fmt: skip
def test_what_is_no_change_for_all_is_wrong_usage(wrong: dict[str, list[str]]) -> None:
    with pytest.raises(CollabError) as refusal:
        apply(Path(), **wrong)
    assert (refusal.value.code, refusal.value.exit_code) == ("usage_change", 2)


def test_where_nothing_could_be_written_nobody_is_told_of_an_undo(tmp_path: Path) -> None:
    project = Project.again(tmp_path / "p", issued=False)
    undo = text("verbs.say.portfolio_undo", "zh")
    project.master.chmod(0o444)
    report = apply(project.master, settings=["escalate_days=5"], confirmed=True)
    assert [m["state"] for m in report.json["masters"]] == ["refused"]
    assert undo not in report.lines
    project.master.chmod(0o644)
    assert undo in apply(project.master, settings=["escalate_days=5"], confirmed=True).lines


def test_archives_of_closed_projects_are_neither_counted_nor_changed(tmp_path: Path) -> None:
    """The change went into the archived master too, and the archive could no longer be proven; `doctor` left a file in it."""
    project = Project.again(tmp_path / "all" / "p", issued=False)

    def closed(**more: object) -> Report:
        return verbs.close(project.master, as_of=DAY, lang="zh", progress=no_progress, **more)  # type: ignore[arg-type]

    archive = Path(str(closed(confirmed=True).json["folder"]))
    archived = archive / project.master.name
    report = apply(tmp_path / "all", settings=["escalate_days=5"], confirmed=True)
    assert [(m["file"], m["state"]) for m in report.json["masters"]] == [(str(project.master), "done")]
    assert text("verbs.say.portfolio_archives", "zh", n=1) in report.lines
    named = apply(archived, settings=["escalate_days=5"], confirmed=True)
    assert [m["state"] for m in named.json["masters"]] == ["refused"]
    overview = verbs.portfolio_make([tmp_path / "all"], as_of=DAY, lang="zh", progress=no_progress)
    assert [p["file"] for p in overview.json["projects"]] == [str(project.master)]
    assert not overview.json["not_read"]
    verbs.doctor(archived, as_of=DAY, lang="zh")
    checked = closed(verify=archive).json
    assert (checked["changed"], checked["missing"], checked["added"]) == ([], [], [])
