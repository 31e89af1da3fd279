"""Evidence on the open workbook: the link is a formula of the cell, it leads where the file lies, and undo takes it out."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from copied import copy_project
from e2e.small_project import DAY, Project

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.excel.run import OnScreen
from collab_xl.model.evidence import link_in
from collab_xl.verbs.report import no_progress

PDF = b"%PDF-1.7\n"


def test_a_click_writes_the_link_and_libreoffice_keeps_it(tmp_path: Path, open_book: Callable[[Path], Any]) -> None:
    folder = copy_project(Project.again(tmp_path / "made").folder, tmp_path / "项目")
    mail = EmailMessage()
    mail["From"], mail["Date"], mail["Message-ID"] = "wang@example.com", "Fri, 20 Nov 2026 12:00:00 +0800", "<1@example.com>"
    mail.set_content("请查收")
    mail.add_attachment(PDF, "application", "pdf", filename="XZ-2026-001 报告.pdf")
    (folder / "a.eml").write_bytes(bytes(mail))
    book = open_book(folder / "主表.xlsx")
    verbs.consolidate(OnScreen(book), [folder / "a.eml"], as_of=DAY, lang="zh", progress=no_progress)
    saved = tmp_path / "saved.xlsx"
    book.save(saved)
    link = _link(saved)
    assert link is not None
    assert link.text == "XZ-2026-001 报告.pdf"
    assert (folder / link.target).read_bytes() == PDF
    verbs.undo(OnScreen(book), as_of=DAY, lang="zh")
    book.save(saved)
    assert _link(saved) is None


def _link(path: Path) -> Any:
    snap = read_book(path).snapshot("需求登记表")
    return next((link for (row, col), f in snap.formulas.items() if (link := link_in(f, snap.value(row, col))) is not None), None)
