"""The hidden sheets of our masters and packs: `_collab`, one name and value per row, and `_lists`, the words of long drop-downs."""

from __future__ import annotations

from typing import Final

from collab_xl.book.read import Book
from collab_xl.model.values import Value

HIDDEN_SHEET: Final = "_collab"
LISTS_SHEET: Final = "_lists"


def hidden_values(book: Book) -> dict[str, Value]:
    """Name → value of the very hidden sheet `_collab`, empty for a workbook without it."""
    if HIDDEN_SHEET not in book.sheets:
        return {}
    snapshot = book.snapshot(HIDDEN_SHEET)
    pairs = ((snapshot.value(row, 1), snapshot.value(row, 2)) for row in range(1, snapshot.last_row + 1))
    return {str(name): value for name, value in pairs if name is not None}
