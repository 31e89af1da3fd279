"""Columns with cells and no heading: what they are called in questions and answers. Pure.

An answer is kept under a heading. A column without one is known by its letter and by the heading beside it, so that an answer counts
again only where the layout is the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from collab_xl.catalogue import text
from collab_xl.model.place import column_letters
from collab_xl.model.regex import regex
from collab_xl.read.heading_lines import Sheet, without_brackets

_LEAST = 2
_PARTS = regex(r"[\n\r/|()（）\[\]【】]+")
"""What divides a heading into parts: none of them is a heading of the column without one."""


def blank_headings(
    sheet: Sheet, row: int, depth: int, first: int, last: int, headings: Mapping[int, str], lang: str
) -> Iterator[tuple[int, str]]:
    """The columns from `first` to `last` whose cell in every heading row is blank and that have texts below, each with its name.

    Args:
        headings: column → heading of the others; one of them says beside what such a column stands.
    """
    for col in range(first, last + 1):
        if col not in headings and not _covered(sheet, row, depth, col) and len(sheet.below(row + depth, col).texts) >= _LEAST:
            yield col, _name(col, headings, lang)


def _covered(sheet: Sheet, row: int, depth: int, col: int) -> bool:
    """Whether a heading row has content in the column, its own or that of a merged cell."""
    rows = range(row, row + depth)
    if any(sheet.snapshot.value(r, col) is not None for r in rows):
        return True
    return any(a.first_row <= row + depth - 1 and row <= a.last_row and a.first_col <= col <= a.last_col for a in sheet.merged.values())


def _name(col: int, headings: Mapping[int, str], lang: str) -> str:
    """B 列（没有列名，右边是 负责人）. What stands in brackets is no word of a heading to any reader."""
    after = next((headings[c] for c in sorted(headings) if c > col), "")
    before = next((headings[c] for c in sorted(headings, reverse=True) if c < col), "")
    side = "before" if after else "after"
    beside = " ".join(_PARTS.sub(" ", without_brackets(after or before)).split())
    return text(f"read.word.no_heading_{side}", lang, letter=column_letters(col), beside=beside)
