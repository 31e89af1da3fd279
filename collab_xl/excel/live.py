"""Read and write a workbook that is open in Excel, through xlwings: the functions that the verbs call, each from its own module.

`read_open_book(book)` returns the same `Book` as `read_book` does for a closed file. `write_open(book, plan)` carries out the same plan
as `commit`. `restored_state(book, sheets)` restores Excel's settings. `workbook_path(book)` returns the path of the workbook.
Only the part of xlwings under the BSD licence is used.
"""

from __future__ import annotations

from collab_xl.excel.read import read_open_book
from collab_xl.excel.run import OnScreen
from collab_xl.excel.state import restored_state, wait_until_ready, workbook_path
from collab_xl.excel.write import write_open

__all__ = ["OnScreen", "read_open_book", "restored_state", "wait_until_ready", "workbook_path", "write_open"]
