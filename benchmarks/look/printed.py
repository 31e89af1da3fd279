"""Read a printed workbook: the sheets of a PDF that LibreOffice made, with every line of text and every filled area.

Lengths are points; x grows to the right and y downwards, from the upper left corner of the page.
"""

from __future__ import annotations

import contextlib
import ctypes
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

Colour = tuple[int, int, int]
WHITE: Colour = (255, 255, 255)


class Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    @property
    def wide(self) -> float:
        return self.right - self.left

    @property
    def high(self) -> float:
        return self.bottom - self.top

    def joined(self, other: Box) -> Box:
        return Box(min(self.left, other.left), min(self.top, other.top), max(self.right, other.right), max(self.bottom, other.bottom))

    def common(self, other: Box) -> Box:
        """What both cover; its width or height is negative if that is nothing."""
        return Box(max(self.left, other.left), max(self.top, other.top), min(self.right, other.right), min(self.bottom, other.bottom))

    def holds(self, x: float, y: float) -> bool:
        return self.left <= x <= self.right and self.top <= y <= self.bottom


class Line(NamedTuple):
    """A line of text of one cell, as printed: `size` is the font's, `box` what is inked, `clip` what is shown of it (None: everything)."""

    words: str
    size: float
    bold: bool
    colour: Colour
    ground: Colour
    box: Box
    clip: Box | None


class Fill(NamedTuple):
    """A filled area. `over_text`: it was drawn after the first text, as charts and shapes are; cells are filled before."""

    box: Box
    colour: Colour
    over_text: bool


class Page(NamedTuple):
    number: int
    """Page of the sheet, from 1."""
    wide: float
    high: float
    lines: tuple[Line, ...]
    fills: tuple[Fill, ...]


class Sheet(NamedTuple):
    name: str
    pages: tuple[Page, ...]

    def stream(self) -> str:
        """All texts without blanks, in the order in which they were drawn: the lines of a cell follow each other."""
        return "".join(bare(line.words) for page in self.pages for line in page.lines)


def bare(words: str) -> str:
    """A text as it is compared: no blanks, one form of each letter."""
    return "".join(c for c in unicodedata.normalize("NFKC", words) if not c.isspace() and unicodedata.category(c) not in ("Cf", "Cc"))


def sheets_of(pdf: Path) -> list[Sheet]:
    """The sheets of a printed workbook in their order; LibreOffice makes a bookmark for each."""
    with contextlib.closing(pypdfium2.PdfDocument(pdf)) as document:
        starts: list[tuple[str, int]] = []
        for mark in document.get_toc():
            to = mark.get_dest()
            starts.append((mark.get_title(), to.get_index() if to else 0))
        ends = [start for _, start in starts[1:]] + [len(document)]
        return [
            Sheet(name, tuple(_page(document[at], n) for n, at in enumerate(range(start, end), 1)))
            for (name, start), end in zip(starts, ends, strict=True)
        ]


def _page(page: Any, number: int) -> Page:
    wide, high = page.get_size()
    texts = page.get_textpage()
    fills: list[Fill] = []
    pieces: list[Line] = []

    def down(left: float, bottom: float, right: float, top: float) -> Box:
        return Box(left, high - top, right, high - bottom)

    for thing in page.get_objects(max_depth=4):
        if thing.type == pdfium.FPDF_PAGEOBJ_TEXT:
            words = _words(thing.raw, texts.raw)
            if not words.strip():
                continue
            box = down(*thing.get_bounds())
            clip, colour = _clip(thing.raw, down), _colour(thing.raw)
            if clip is not None and min(box.common(clip).wide, box.common(clip).high) <= 0:
                continue  # nothing of it is seen: a hidden column, a line below its cell
            pieces.append(Line(words, _size(thing.raw), _is_bold(thing.raw), colour, _ground(fills, box), box, clip))
        elif thing.type == pdfium.FPDF_PAGEOBJ_PATH and _is_filled(thing.raw):
            fills.append(Fill(down(*thing.get_bounds()), _colour(thing.raw), any(p.box.bottom < high - 40 for p in pieces)))
    return Page(number, wide, high, tuple(_joined(pieces)), tuple(fills))


def _joined(pieces: Sequence[Line]) -> Iterator[Line]:
    """LibreOffice draws a line in several pieces, wherever its font is kerned or changes: put them together."""
    held: Line | None = None
    for piece in pieces:
        if held is not None and _goes_on(held, piece):
            held = held._replace(words=held.words + piece.words, box=held.box.joined(piece.box))
            continue
        if held is not None:
            yield held
        held = piece
    if held is not None:
        yield held


def _goes_on(held: Line, piece: Line) -> bool:
    gap, size = piece.box.left - held.box.right, held.size
    same_look = (held.colour, held.clip) == (piece.colour, piece.clip) and abs(size - piece.size) < 0.3
    middle = (piece.box.top + piece.box.bottom) / 2
    same_line = held.box.top - 0.4 * size < middle < held.box.bottom + 0.4 * size
    return same_look and same_line and -0.3 * size < gap < 0.9 * size


def _words(text: Any, page: Any) -> str:
    length = pdfium.FPDFTextObj_GetText(text, page, None, 0)
    buffer = ctypes.create_string_buffer(length)
    pdfium.FPDFTextObj_GetText(text, page, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), length)
    # A hyphen that ends a line comes back as one of these.
    return buffer.raw[:length].decode("utf-16-le", "replace").rstrip("\0").replace("\x02", "-").replace("\ufffe", "-")


def _size(text: Any) -> float:
    """Points of the font as printed: what the file says, scaled by the text's matrix."""
    size, matrix = ctypes.c_float(), pdfium.FS_MATRIX()
    pdfium.FPDFTextObj_GetFontSize(text, size)
    pdfium.FPDFPageObj_GetMatrix(text, matrix)
    return float(size.value * max(abs(matrix.d), abs(matrix.b)))


def _is_bold(text: Any) -> bool:
    font = pdfium.FPDFTextObj_GetFont(text)
    length = pdfium.FPDFFont_GetBaseFontName(font, None, 0)
    buffer = ctypes.create_string_buffer(length)
    pdfium.FPDFFont_GetBaseFontName(font, buffer, length)
    return b"Bold" in buffer.raw


def _colour(thing: Any) -> Colour:
    parts = [ctypes.c_uint() for _ in range(4)]
    pdfium.FPDFPageObj_GetFillColor(thing, *parts)
    red, green, blue, _ = (part.value for part in parts)
    return red, green, blue


def _is_filled(path: Any) -> bool:
    mode, stroke = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDFPath_GetDrawMode(path, mode, stroke)
    return mode.value != pdfium.FPDF_FILLMODE_NONE


def _clip(thing: Any, down: Any) -> Box | None:
    path = pdfium.FPDFPageObj_GetClipPath(thing)
    count = pdfium.FPDFClipPath_CountPaths(path) if path else 0
    shown: Box | None = None
    for n in range(max(count, 0)):
        points = []
        for m in range(pdfium.FPDFClipPath_CountPathSegments(path, n)):
            x, y = ctypes.c_float(), ctypes.c_float()
            pdfium.FPDFPathSegment_GetPoint(pdfium.FPDFClipPath_GetPathSegment(path, n, m), x, y)
            points.append((x.value, y.value))
        if points:
            xs, ys = zip(*points, strict=True)
            box = down(min(xs), min(ys), max(xs), max(ys))
            shown = box if shown is None else shown.common(box)
    return shown


def _ground(fills: Sequence[Fill], box: Box) -> Colour:
    """The colour behind a text: of the last area drawn under its middle."""
    x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    return next((fill.colour for fill in reversed(fills) if fill.box.holds(x, y)), WHITE)
