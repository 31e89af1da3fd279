"""`week` on a master whose weekly sheet, or the hidden sheet of its charts, was deleted: it is said, and nothing untrue is."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_project import DAY, WEEK, Project
from workbooks import workbook_at

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.catalogue import error_text, text
from collab_xl.errors import REFUSED, CollabError

LANGS = pytest.mark.parametrize("lang", ["zh", "en"])


def without(folder: Path, lang: str, *sheets: str) -> Project:
    """A project whose master has lost sheets, with the names that led there, as Excel leaves it."""
    project = Project.start(folder, lang)
    workbook = workbook_at(project.master)
    for sheet in sheets:
        workbook.remove(workbook[sheet])
        for name in [n for n, d in workbook.defined_names.items() if f"{sheet}'!" in d.attr_text or f"{sheet}!" in d.attr_text]:
            workbook.defined_names[name].attr_text = "#REF!"
    workbook.save(project.master)
    return project


@LANGS
def test_without_the_weekly_sheet_it_is_refused_and_nothing_changes(tmp_path: Path, lang: str) -> None:
    project = without(tmp_path, lang, text("build.sheet.weekly", lang))
    before, runs = project.master.read_bytes(), verbs.log(project.master, lang=lang).json["runs"]
    with pytest.raises(CollabError) as refused:
        verbs.week(project.master, as_of=DAY, week=WEEK, lang=lang)
    assert (refused.value.code, refused.value.exit_code) == ("weekly_missing", REFUSED)
    what, _, fix = error_text(refused.value, lang)
    assert text("build.sheet.weekly", lang) in what
    assert "backups" in fix
    assert project.master.read_bytes() == before
    assert verbs.log(project.master, lang=lang).json["runs"] == runs


@LANGS
def test_the_figures_are_told_without_a_sheet_when_nothing_is_to_be_written(tmp_path: Path, lang: str) -> None:
    project = without(tmp_path, lang, text("build.sheet.weekly", lang))
    report = verbs.week(project.master, as_of=DAY, week=WEEK, write=False, lang=lang)
    assert report.json["kpis"]["overdue"]["value"] == 1
    kpis = {name: kpi["value"] for name, kpi in report.json["kpis"].items()}
    assert report.lines[0] == text("verbs.say.week_nowhere", lang, week=WEEK, rag=text(f"model.rag.{report.json['rag']}", lang), **kpis)


@LANGS
def test_charts_that_have_lost_their_figures_are_said(tmp_path: Path, lang: str) -> None:
    folder = tmp_path / "whole"
    folder.mkdir()
    whole = Project.start(folder, lang)
    said = text("verbs.say.week_no_feed", lang, sheet=text("build.sheet.weekly", lang), backups=whole.folder / "主表.collab" / "backups")
    assert said not in verbs.week(whole.master, as_of=DAY, week=WEEK, lang=lang).lines
    folder = tmp_path / "part"
    folder.mkdir()
    project = without(folder, lang, "_feed")
    report = verbs.week(project.master, as_of=DAY, week=WEEK, lang=lang)
    assert report.lines[0].endswith(text("verbs.say.week", lang, sheet=text("build.sheet.weekly", lang)).rpartition("}")[2])
    assert (
        text("verbs.say.week_no_feed", lang, sheet=text("build.sheet.weekly", lang), backups=folder / "主表.collab" / "backups")
        in report.lines
    )


@LANGS
def test_a_sheet_that_lost_only_its_title_is_still_the_weekly_sheet(tmp_path: Path, lang: str) -> None:
    project = Project.start(tmp_path, lang)
    workbook = workbook_at(project.master)
    del workbook.defined_names["wk_title"]
    workbook.save(project.master)
    assert text("build.sheet.weekly", lang) in verbs.week(project.master, as_of=DAY, week=WEEK, lang=lang).lines[0]
    book = read_book(project.master)
    sheet, area = book.names["wk_kpi_overdue"]
    assert book.snapshot(sheet).value(area.first_row, area.first_col) == 1


@LANGS
def test_without_the_home_sheet_no_verb_says_it_is_there(tmp_path: Path, lang: str) -> None:
    project = without(tmp_path, lang, text("build.sheet.home", lang))
    for verb in (verbs.check, verbs.flag, verbs.week):
        report = verb(project.master, as_of=DAY, lang=lang)
        assert report.lines
        assert not [line for line in report.lines if text("build.sheet.home", lang) in line]
