"""Column letters as they stand in the bytes of a sheet, and their numbers; every answer is kept. Pure."""

from __future__ import annotations

from typing import Final

from collab_xl.engines.cell_xml import ordered
from collab_xl.model.place import column_letters, column_number


class _Letters(dict[bytes, int]):
    def __missing__(self, letters: bytes) -> int:
        if not (1 <= len(letters) <= 3 and letters.isalpha() and letters.isupper()):
            raise ValueError(letters)
        self[letters] = column_number(letters.decode())
        return self[letters]


COLUMNS: Final = _Letters()


class _Ascending(dict[tuple[bytes, ...], tuple[int, ...]]):
    """The columns of a row's cells as numbers; () where they do not ascend. Most rows of a sheet have the same cells."""

    def __missing__(self, letters: tuple[bytes, ...]) -> tuple[int, ...]:
        columns = tuple(COLUMNS[x] for x in letters)
        if len(self) >= 1024:
            self.clear()
        self[letters] = found = columns if ordered(columns) else ()
        return found


ASCENDING: Final = _Ascending()
_LETTERS: Final[dict[int, bytes]] = {}


def letters_of(col: int) -> bytes:
    found = _LETTERS.get(col)
    if found is None:
        found = _LETTERS[col] = column_letters(col).encode()
    return found
