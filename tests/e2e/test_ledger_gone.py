"""The record of runs is gone: the newest copy is named with how to put it back, figures that rest on it are unknown; runs have names."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from small_project import DAY, MONDAY, Project

from collab_xl import catalogue, verbs
from collab_xl.catalogue import text
from collab_xl.errors import CollabError
from collab_xl.verbs.report import no_progress
from collab_xl.verbs.times import clock


@pytest.fixture(params=[0, 7], ids=["the same week", "a week later"])
def project(tmp_path: Path, request: pytest.FixtureRequest) -> Project:
    made = Project.again(tmp_path / "p")
    with clock.at(MONDAY + timedelta(days=request.param, hours=1)):
        verbs.check(made.master, as_of=DAY, lang="zh")
    return made


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_copy_is_named_and_putting_it_back_helps(project: Project, lang: str) -> None:
    ledger = project.master.with_suffix(".collab") / "ledger.db"
    ledger.unlink()
    copy = ledger.parent / "backups" / "ledger.db"
    report = verbs.status(project.master, as_of=DAY, lang=lang)
    assert report.notes == (text("project.warning.no_ledger_but_copy", lang, path=ledger, copy=copy),)
    assert (report.json["packs"], report.json["ready"], report.json["waiting"]) == (None, None, None)
    assert [line.count("–") for line in report.lines].count(3) == 1, "packs, ready and waiting are not known"
    assert report.lines[1].count("–") == 1
    with pytest.raises(CollabError, match="ledger_missing_copy") as stopped:
        verbs.consolidate(project.master, [], as_of=DAY, lang=lang, progress=no_progress)
    assert str(copy) in catalogue.error_text(stopped.value, lang)[2]
    shutil.copyfile(copy, ledger)
    report = verbs.status(project.master, as_of=DAY, lang=lang)
    assert (report.json["packs"], report.notes) == (2, ())


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_without_a_copy_the_warning_is_in_the_language_asked_for(project: Project, lang: str) -> None:
    folder = project.master.with_suffix(".collab")
    shutil.rmtree(folder)
    report = verbs.status(project.master, as_of=DAY, lang=lang)
    assert report.notes == (text("project.warning.no_ledger", lang, path=folder / "ledger.db"),)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_run_that_cannot_be_undone_is_called_by_its_name(project: Project, lang: str) -> None:
    with pytest.raises(CollabError, match="not_undoable") as stopped:
        verbs.undo(project.master, run="1", as_of=DAY, lang=lang)
    what = catalogue.error_text(stopped.value, lang)[0]
    assert text("model.verb.issue", lang) in what
    assert lang == "en" or "issue" not in what
