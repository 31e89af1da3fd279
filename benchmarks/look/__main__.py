"""See `benchmarks.look`."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.look.blocks import REFERENCE, moved, places, written
from benchmarks.look.books import crowded_book, demo_books, empty_book, gantt_book
from benchmarks.look.faults import faults_of
from benchmarks.look.fonts import absent, pinned
from benchmarks.look.printed import Sheet, sheets_of
from collab_xl.catalogue import LANGS, text
from collab_xl.excel.libreoffice import books_as_pdf, pages_as_png

SECONDS = 1200
BODY = 8.0
"""Points of the smallest text of 周报; other sheets: `faults.SMALLEST`."""


def printed(books: Mapping[str, Path], folder: Path, seconds: float = SECONDS) -> dict[str, list[Sheet]]:
    """Every workbook printed, in one start of LibreOffice, with `fonts`; empty without it. The PDFs stay in the folder, `<name>.pdf`."""
    pdfs = {name: folder / f"{name}.pdf" for name in books}
    with pinned(folder):
        made = books_as_pdf([(path, pdfs[name]) for name, path in books.items()], seconds)
    return {name: sheets_of(pdfs[name]) for name, is_made in zip(books, made, strict=True) if is_made}


def smallest() -> dict[str, float]:
    return {text("build.sheet.weekly", lang): BODY for lang in LANGS}


def bars() -> set[str]:
    """Names of sheets of coloured bars."""
    return {text("build.gantt.sheet", lang) for lang in LANGS}


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.look", description=__doc__)
    parser.add_argument(
        "files", nargs="*", type=Path, help="workbooks; without any: demo, pack, return, Gantt chart, empty master; both languages"
    )
    parser.add_argument("--crowd", action="store_true", help="also a master of 300 departments")
    parser.add_argument("--pictures", type=Path, help="a folder for a picture of each page")
    parser.add_argument("--references", action="store_true", help="write the positions of the demo's blocks")
    args = parser.parse_args(argv)
    warnings.filterwarnings("ignore", module="openpyxl")
    if absent():
        sys.exit(f"fonts are missing: {', '.join(absent())} (Debian: fonts-dejavu-core fonts-noto-cjk)")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        books = {path.stem: path for path in args.files}
        for lang in () if args.files else LANGS:
            books |= demo_books(folder / lang, lang)
            if not args.references:
                books |= empty_book(folder, lang) | gantt_book(books[f"demo.{lang}"], folder, lang)
            if args.crowd:
                books |= crowded_book(folder, lang)
        if args.references:
            books = {name: path for name, path in books.items() if name.startswith("demo.")}
        sheets = printed(books, folder)
        if len(sheets) < len(books):
            sys.exit("LibreOffice is missing, or did not print all")
        stand = {name: places(sheets[name], path) for name, path in books.items()}
        if args.references:
            REFERENCE.write_text(written(stand), encoding="utf-8")
            print(f"{REFERENCE.name}: {sum(len(blocks) for book in stand.values() for blocks in book.values())} blocks")
            return 0
        count = 0
        for name, path in books.items():
            found = faults_of(sheets[name], path, smallest(), bars()) + (moved(name, stand[name]) if name.startswith("demo.") else [])
            count += len(found)
            print(f"{name}: {len(sheets[name])} sheets, {sum(len(s.pages) for s in sheets[name])} pages, {len(found)} faults")
            print(*(f"  {fault}" for fault in found), sep="\n" if found else "")
            if args.pictures:
                args.pictures.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(folder / f"{name}.pdf", args.pictures / f"{name}.pdf")
                for n, picture in enumerate(pages_as_png(folder / f"{name}.pdf", 80), 1):
                    (args.pictures / f"{name}.{n:03}.png").write_bytes(picture)
    return 3 if count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
