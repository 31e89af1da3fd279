"""The weekly sheet as PDF: by a real LibreOffice from a closed master, by Excel's own call from an open one."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from e2e.small_project import Project

from collab_xl import verbs
from collab_xl.catalogue import LANGS, text
from collab_xl.errors import FINDINGS
from collab_xl.verbs.times import clock

Open = Callable[[Path], Any]
FRIDAY, MONDAY = datetime(2026, 11, 20, 18), datetime(2026, 11, 23, 9)
needs_office = pytest.mark.skipif(
    shutil.which("soffice") is None or shutil.which("pdftotext") is None, reason="LibreOffice or pdftotext is not installed"
)


def words(pdf: Path) -> tuple[int, str]:
    """Number of pages, and the text."""
    said = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], check=True, capture_output=True, text=True).stdout
    return said.count("\f"), said


@needs_office
@pytest.mark.parametrize("lang", LANGS)
def test_a_closed_master_by_libreoffice(lang: str, tmp_path: Path) -> None:
    project = Project.again(tmp_path / "p", lang)
    with clock.at(FRIDAY):
        report = verbs.week(project.master, as_of=FRIDAY.date(), pdf=True, lang=lang)
        again = verbs.week(project.master, as_of=FRIDAY.date(), pdf=True, out=tmp_path, lang=lang)
        third = verbs.week(project.master, as_of=FRIDAY.date(), pdf=True, out=tmp_path, lang=lang)
        looked = verbs.week(project.master, as_of=FRIDAY.date(), pdf=True, write=False, lang=lang)
    name = f"{text('build.sheet.weekly', lang)}_2026-W47"
    made = Path(report.json["file"])
    assert made == project.master.with_name(f"{name}.pdf")
    assert Path(again.json["file"]) == tmp_path / f"{name}.pdf"
    assert Path(third.json["file"]) == tmp_path / f"{name} (2).pdf", "a file that is there is kept"
    assert "file" not in looked.json
    pages, said = words(made)
    assert pages == 2, "the print area: two A4 pages"
    assert "RW-001" in said
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([f"{name}.pdf", f"{name} (2).pdf", "p"]), "nothing half made is left"


def test_without_libreoffice_the_sheet_is_made_and_a_note_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = Project.again(tmp_path / "p")
    monkeypatch.setenv("PATH", str(tmp_path))
    with clock.at(FRIDAY):
        report = verbs.week(project.master, as_of=FRIDAY.date(), pdf=True, lang="zh")
    assert report.json["week"] == "2026-W47"
    assert "file" not in report.json
    assert report.exit_code == FINDINGS
    assert text("verbs.error.pdf_nowhere.fix", "zh") in report.notes
    assert [*project.folder.glob("*.pdf")] == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    if shutil.which("soffice") is None:
        pytest.skip("LibreOffice is not installed")
    project = Project.again(tmp_path / "p")
    (tmp_path / "gone").write_text("a file, no folder")
    with clock.at(FRIDAY):
        report = verbs.week(project.master, as_of=FRIDAY.date(), pdf=True, out=tmp_path / "gone", lang="zh")
    assert str(tmp_path / "gone") in " ".join(report.notes)
