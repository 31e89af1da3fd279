"""The add-in's macros for the stand-ins, in Python, as macros/CollabBlocks.bas has them; test_macro.py runs both on the same calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from collab_xl.excel.macro import ADDIN, PROTOCOL, key
from excel_com.calls import ComError

if TYPE_CHECKING:
    from excel_com.application import Application


def load_addin(app: Application) -> None:
    """The add-in is loaded: `Run` finds its macros."""
    app._macros[f"'{ADDIN}'!CollabAsk"] = lambda book, asked: _ask(app, book, asked)
    app._macros[f"'{ADDIN}'!CollabWrite"] = lambda *args: _write(app, *args)


def _sheet(app: Application, book: str, sheet: str) -> Any:
    return app.get_Workbooks().item(book).get_Worksheets().item(sheet)


def _ask(app: Application, book: str, asked: list[str]) -> str:
    return "|".join([PROTOCOL, *(_answer(app, book, *asked[n : n + 3]) for n in range(0, len(asked), 3))])


def _answer(app: Application, book: str, what: str, sheet: str, table: str) -> str:
    try:
        found = _sheet(app, book, sheet)
        if what == "table":
            return str(found.get_ListObjects().item(table).get_Range().get_Address())
        yes = found.get_ProtectContents() if what == "protected" else found.get_Rows().get_Hidden()
        return "n" if yes is False else "y"
    except ComError:
        return ""


def _write(app: Application, book: str, parts: list[Any], before: list[str], after: list[Any], length: float) -> str:
    given = [*parts, *before, *after]
    if len(given) + sum(len(text.encode("utf-16-le")) // 2 for text in given if isinstance(text, str)) != length:
        return "arguments"
    number = part = 0
    try:
        blocks = []
        for n in range(0, len(parts), 4):
            rows, cols = int(parts[n + 2]), int(parts[n + 3])
            cells = _sheet(app, book, parts[n]).do_Range(parts[n + 1])
            blocks.append((cells, rows, cols))
            values, formulas = cells.get_Value(), cells.get_Formula()
            for row in range(rows):
                for col in range(cols):
                    value, formula = (values[row][col], formulas[row][col]) if rows * cols > 1 else (values, formulas)
                    if before[number] not in ("*", key(value, formula)):
                        return f"changed {number + 1}"
                    number += 1
        number = 0
        for cells, rows, cols in blocks:
            part += 1
            lines = [[after[number + row * cols + col] for col in range(cols)] for row in range(rows)]
            cells.put_Value(lines if rows * cols > 1 else lines[0][0])
            number += rows * cols
    except ComError as error:
        return f"failed {part} {error.args[2][5]}: {error.args[2][2]}"
    return "done"
