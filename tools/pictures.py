"""Render the pictures of the documents: `python tools/pictures.py` writes docs/weekly.<lang>.png, docs/desk.<lang>.png and the sheets
of the tour, docs/pictures/<name>.<lang>.png.

They are the demo's: what `make demo` shows a newcomer. Needs LibreOffice; for the desk a screen (DISPLAY, else Xvfb is
started) and `import` of ImageMagick; without that the desk's pictures stay as they are.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image, ImageChops, ImageOps

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from collab_xl.book.read import read_book  # noqa: E402
from collab_xl.catalogue import LANGS, text  # noqa: E402
from collab_xl.excel.libreoffice import pages_as_png, sheet_as_pdf  # noqa: E402
from collab_xl.verbs.demo import demo  # noqa: E402
from collab_xl.verbs.report import no_progress  # noqa: E402

LISTS = ("Conflicts", "Overdue")
"""Tables of the master whose sheets the tour shows, besides the home sheet; of a pack it shows the first sheet."""
WIDEST = 1600
"""Pixels of a picture's width; more is no more readable on a page."""
SCREEN = "1280x900x24"
SECONDS = 60


def weekly(folder: Path, lang: str, out: Path) -> None:
    """Keep the demo's picture of the weekly sheet."""
    made = folder / f"{text('build.sheet.weekly', lang)}.png"
    if not made.exists():
        sys.exit("LibreOffice is missing: no picture of the weekly sheet")
    shutil.copyfile(made, out)


def sheets(folder: Path, lang: str, out: Path) -> Iterator[Path]:
    """The first page of each sheet of the tour, without the empty paper below."""
    master = folder / text("demo.master", lang)
    pack = min((folder / "outbox").glob("*.xlsx"))
    first = next(name for name, state in read_book(pack).sheets.items() if state == "visible")
    tables = read_book(master).tables
    shown = [("home", master, text("build.sheet.home", lang)), ("pack", pack, first)]
    for name, workbook, sheet in [*shown, *((table.lower(), master, tables[table].sheet) for table in LISTS)]:
        pdf, png = folder / f"{name}.pdf", out / f"{name}.{lang}.png"
        if not sheet_as_pdf(workbook, sheet, pdf):
            sys.exit(f"LibreOffice is missing: no picture of {sheet}")
        png.write_bytes(small(next(pages_as_png(pdf, 120))))
        yield png


def small(png: bytes) -> bytes:
    """The picture without the white around it, in 128 colours."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    drawn = ImageChops.difference(picture, Image.new("RGB", picture.size, "white")).getbbox() or (0, 0, *picture.size)
    picture = ImageOps.expand(picture.crop(drawn), 12, "white")
    picture.thumbnail((WIDEST, picture.height))
    out = io.BytesIO()
    picture.quantize(128, kmeans=3, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


@contextlib.contextmanager
def screen() -> Iterator[None]:
    """The screen of the person, else one of our own."""
    if os.environ.get("DISPLAY"):
        yield
        return
    reads, writes = os.pipe()
    number = f":{1000 + os.getpid() % 50_000}"
    server = subprocess.Popen(
        ["Xvfb", number, "-displayfd", str(writes), "-screen", "0", SCREEN, "-dpi", "96", "-nolisten", "tcp"], pass_fds=(writes,)
    )
    os.close(writes)
    with os.fdopen(reads) as said:
        said.readline()
    os.environ["DISPLAY"] = number
    try:
        yield
    finally:
        del os.environ["DISPLAY"]
        server.terminate()
        server.wait()


def desk(folder: Path, lang: str, out: Path) -> None:
    """The desk after `check` was looked at."""
    from collab_xl.desk.memory import Memory
    from collab_xl.desk.window import DeskWindow

    window = DeskWindow(Memory(), lang, str(folder / text("demo.master", lang)))

    def until(holds: Callable[[], bool]) -> None:
        end = time.monotonic() + SECONDS
        while not holds() and time.monotonic() < end:
            window.root.update()
            time.sleep(0.01)

    until(lambda: window.desk.ready and not window.desk.busy)
    window.choose_verb("check")
    assert window.panel is not None
    window.panel.main.invoke()
    until(lambda: not window.desk.busy)
    for _ in range(20):
        window.root.update()
        time.sleep(0.02)
    # 64 colours: the window has few, and the file is a third as large.
    subprocess.run(["import", "-window", hex(window.root.winfo_id()), "+dither", "-colors", "64", f"PNG8:{out}"], check=True)
    window.close()


def main() -> None:
    """Every picture in both languages."""
    with tempfile.TemporaryDirectory() as state, screen(), contextlib.chdir(state):
        os.environ["XDG_STATE_HOME"] = state  # not what the person who draws them has opened
        os.environ["HOME"] = state  # where the desk's worker runs; so a path without its beginning is the same for both
        for lang in LANGS:
            folder = Path(text("desk.title", lang))
            demo(folder, lang=lang, progress=no_progress)
            for name, draw in (("weekly", weekly), ("desk", desk)) if shutil.which("import") else (("weekly", weekly),):
                target = ROOT / "docs" / f"{name}.{lang}.png"
                draw(folder, lang, target)
                print(f"docs/{target.name} {target.stat().st_size // 1024} KB")
            pictures = ROOT / "docs" / "pictures"
            pictures.mkdir(exist_ok=True)
            for target in sheets(folder.resolve(), lang, pictures):
                print(f"docs/pictures/{target.name} {target.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
