"""Render the pictures of the README: `python tools/pictures.py` writes docs/weekly.<lang>.png.

They are the demo's: what `make demo` shows a newcomer. Needs LibreOffice and pdftoppm.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from collab_xl.catalogue import LANGS, text  # noqa: E402
from collab_xl.verbs.demo import demo  # noqa: E402
from collab_xl.verbs.report import no_progress  # noqa: E402


def picture(lang: str, out: Path) -> None:
    """Play the demo's week and keep its picture of the weekly sheet."""
    with tempfile.TemporaryDirectory() as folder:
        demo(Path(folder) / "demo", lang=lang, progress=no_progress)
        made = Path(folder) / "demo" / f"{text('sheet.weekly', lang)}.png"
        if not made.exists():
            sys.exit("LibreOffice or pdftoppm is missing: no picture")
        shutil.copyfile(made, out)


if __name__ == "__main__":
    for each in LANGS:
        target = ROOT / "docs" / f"weekly.{each}.png"
        picture(each, target)
        print(f"docs/{target.name} {target.stat().st_size // 1024} KB")
