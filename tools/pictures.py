"""Render the pictures of the README: `python tools/pictures.py` writes docs/weekly.<lang>.png.

An invented week goes through the real template, plan and engine; LibreOffice prints it, pdftoppm makes the picture.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "templates")]

from invented_week import week  # noqa: E402

from collab_xl.catalogue import LANGS  # noqa: E402
from collab_xl.engines.book import read_book  # noqa: E402
from collab_xl.engines.workbook_file import write_plan  # noqa: E402
from collab_xl.engines.xlsx_master import template_path  # noqa: E402
from collab_xl.plan.weekly import plan_week  # noqa: E402


def picture(lang: str, out: Path) -> None:
    """The weekly sheet is the second page of the printed workbook."""
    with tempfile.TemporaryDirectory() as folder:
        book = read_book(template_path(lang))
        filled = Path(folder) / "week.xlsx"
        write_plan(template_path(lang), filled, plan_week(week(lang), book.names, book.snapshot, lang, "R0128-4f2a", "2026-11-20 17:42"))
        office = ["soffice", f"-env:UserInstallation=file://{folder}/office", "--headless", "--convert-to", "pdf", "--outdir", folder]
        subprocess.run([*office, str(filled)], check=True, capture_output=True)
        ppm = ["pdftoppm", "-r", "96", "-f", "2", "-l", "2", "-png", "-singlefile", f"{folder}/week.pdf", str(out.with_suffix(""))]
        subprocess.run(ppm, check=True)


if __name__ == "__main__":
    for each in LANGS:
        target = ROOT / "docs" / f"weekly.{each}.png"
        picture(each, target)
        print(target.relative_to(ROOT), f"{target.stat().st_size / 1024:.0f} KB")
