"""周报 says how old a department's figures are: a pack sent back unchanged confirms them, also where it was the pack of an earlier week."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from e2e.small_project import Project

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.catalogue import LANGS, text
from collab_xl.verbs.report import no_progress
from collab_xl.verbs.times import clock

THURSDAY, SUNDAY = date(2026, 11, 26), date(2026, 11, 29)


def column(project: Project, name: str) -> list[object]:
    book = read_book(project.master)
    sheet, area = book.names[name]
    return [book.snapshot(sheet).value(row, area.first_col) for row in range(area.first_row, area.last_row + 1)]


@pytest.mark.parametrize("lang", LANGS)
def test_the_pack_of_last_week_tells_how_old_the_figures_are(lang: str, tmp_path: Path) -> None:
    project = Project.again(tmp_path / "p", lang)
    project.consolidate(project.reply("市场部", {}, "没有变化"))
    verbs.issue(project.master, as_of=THURSDAY, week="2026-W48", lang=lang, out=tmp_path / "p" / "W48", progress=no_progress)
    with clock.at(datetime(2026, 11, 29, 20)):
        verbs.week(project.master, as_of=SUNDAY, week="2026-W48", lang=lang)
    fresh = dict(zip(column(project, "wk_dept_name"), column(project, "wk_dept_fresh"), strict=True))
    assert fresh["市场部"] == text("plan.week.days_ago", lang, n=9)
    assert fresh["研发部"] == text("plan.week.never", lang)
