"""A new master is compressed and stays so; the templates are stored, to be the same bytes everywhere."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.book.write_plan import write_plan
from collab_xl.build.master import template
from collab_xl.model.plan import CellEdit, Plan


def methods(path: Path) -> set[int]:
    with zipfile.ZipFile(path) as book:
        assert len(book.infolist()) > 20
        return {entry.compress_type for entry in book.infolist()}


def test_init_writes_a_compressed_master_and_a_run_keeps_it_so(tmp_path: Path):
    master = tmp_path / "master.xlsx"
    verbs.init(master, project="打包", departments=["研发部"], lang="zh", as_of=date(2026, 11, 20))
    assert methods(master) == {zipfile.ZIP_DEFLATED}
    assert master.stat().st_size * 4 < len(template("zh"))
    ref = read_book(master).tables["Tasks"]
    row, col = ref.data.first_row, ref.data.first_col
    written = tmp_path / "written.xlsx"
    write_plan(master, written, Plan((CellEdit(ref.sheet, row, col, None, "RW-001"),)))
    assert methods(written) == {zipfile.ZIP_DEFLATED}


def test_templates_stay_stored(tmp_path: Path):
    path = tmp_path / "template.xlsx"
    path.write_bytes(template("en"))
    assert methods(path) == {zipfile.ZIP_STORED}
