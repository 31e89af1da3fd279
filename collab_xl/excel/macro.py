"""One call for hundreds: two macros of the add-in say what is in the way on some sheets, and write a list of blocks inside Excel.

In: an xlwings Book, questions or `Put`s.  Out: answers, or None where the macros cannot be reached; the caller then makes each call itself.
Effect: `write` changes cells.  VBA decides nothing: macros/CollabBlocks.bas.  Why, and what could go wrong: decision 0032.
NOT TESTED in Excel: the tests run the VBA in LibreOffice, and a stand-in of it below xlwings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from collab_xl.excel import native
from collab_xl.excel.busy import is_refusal, patiently
from collab_xl.model.place import Area
from collab_xl.model.sheets import Cell

if TYPE_CHECKING:
    import xlwings as xw

ADDIN: Final = "collab_xl.xlam"
PROTOCOL: Final = "1"
"""What the macros must name; an add-in of another version is not used."""
MOST_CELLS: Final = 4_000
"""Cells in one call. The smallest limit known for an array that is given to a macro is 4,095 elements (Microsoft, KB 177991, Excel 97)."""
ANY: Final = "*"
"""The key of a cell that need not be as it was: new rows of a table, which Excel may have filled."""


class Question(NamedTuple):
    """`what` is protected, hidden (rows) or table (its address)."""

    what: str
    sheet: str
    table: str = ""


@dataclass(frozen=True)
class Put:
    """A block of one sheet: what each cell is (`keys`), what is typed into it, and what takes it back (`undo_if_written`: those cells of
    it that contain what was typed)."""

    sheet: str
    area: Area
    keys: Sequence[str]
    typed: Sequence[Any]
    undo: Callable[[], object] | None = None
    undo_if_written: Callable[[], object] | None = None


class ChangedError(Exception):
    """A cell is not as it was; nothing of this call was written."""

    def __init__(self, sheet: str, cell: Cell) -> None:
        super().__init__(sheet, cell)
        self.sheet, self.cell = sheet, cell


def key(value: Any, formula: Any) -> str:
    """What a cell is, as text; the same as `CollabKey` in VBA. Both as COM returns them."""
    text = "" if formula is None else str(formula)
    if value is None and not text:
        return ""
    if text.startswith("=") and value != text:
        return text
    kind = "b" if isinstance(value, bool) else "t" if isinstance(value, str) else "e" if isinstance(value, int) else "n"
    return kind + text


class Macros:
    """The macros of the add-in in one Excel, for one workbook."""

    def __init__(self, book: xw.Book) -> None:
        self._app, self._book = book.app, book.name

    def ask(self, questions: Sequence[Question]) -> Mapping[Question, str] | None:
        """The answers, "" for one that Excel does not give. None: the macros cannot be reached, so `write` must not be called."""
        if native.MAC or not questions:
            return None
        try:
            answer = self._run("CollabAsk", [word for question in questions for word in question])
        except Exception as error:
            if is_refusal(error):
                raise
            return None  # no add-in, an older one, or macros are blocked
        protocol, *found = str(answer).split("|")
        return dict(zip(questions, found, strict=True)) if protocol == PROTOCOL and len(found) == len(questions) else None

    def write(self, puts: Sequence[Put], undo: list[Callable[[], object]]) -> bool:
        """Write blocks in the given order. What takes the written ones back is appended to `undo`.

        Returns False if nothing was written because not all arguments arrived.

        Raises:
            ChangedError: a cell is not as its key says. Calls before this one have been written and are in `undo`.
            RuntimeError: Excel refused a block.
        """
        for call in _calls(puts):
            steps = [put.undo for put in call if put.undo is not None]
            try:
                answer = self._run("CollabWrite", *arguments(call))
            except Exception:  # it may have run and its answer is lost, or it has not run and the person has typed
                undo += [put.undo_if_written for put in call if put.undo_if_written is not None]
                raise
            word, _, rest = str(answer).partition(" ")
            if word == "done":
                undo += steps
            elif word == "changed":
                sheet, cell = _place(call, int(rest))
                raise ChangedError(sheet, cell)
            elif word == "arguments":
                return False
            else:
                number, _, why = rest.partition(" ")
                undo += [put.undo for put in call[: int(number)] if put.undo is not None]
                raise RuntimeError(why)
        return True

    def _run(self, macro: str, *args: Any) -> Any:
        found = self._app.macro(f"'{ADDIN}'!{macro}")
        return patiently(lambda: found.run(self._book, *args))


def arguments(puts: Sequence[Put]) -> tuple[list[Any], list[str], list[Any], float]:
    """What `CollabWrite` takes after the workbook's name."""
    parts: list[Any] = []
    for put in puts:
        a = put.area
        parts += [put.sheet, str(a), float(a.last_row - a.first_row + 1), float(a.last_col - a.first_col + 1)]
    before = [one for put in puts for one in put.keys]
    after = ["" if value is None else value for put in puts for value in put.typed]
    texts = [*parts, *before, *after]
    return parts, before, after, float(len(texts) + sum(len(t.encode("utf-16-le")) // 2 for t in texts if isinstance(t, str)))


def _calls(puts: Sequence[Put]) -> Iterator[list[Put]]:
    """Parts of the list with up to `MOST_CELLS` cells and as many words about blocks."""
    call: list[Put] = []
    cells = 0
    for put in puts:
        if call and (cells + len(put.typed) > MOST_CELLS or 4 * (len(call) + 1) > MOST_CELLS):
            yield call
            call, cells = [], 0
        call.append(put)
        cells += len(put.typed)
    if call:
        yield call


def _place(call: Sequence[Put], number: int) -> tuple[str, Cell]:
    """The n-th cell of a call."""
    for put in call:
        if number <= len(put.keys):
            a = put.area
            down, right = divmod(number - 1, a.last_col - a.first_col + 1)
            return put.sheet, (a.first_row + down, a.first_col + right)
        number -= len(put.keys)
    raise ValueError(number)
