"""The lines of `doctor` on the Excel that is running, which only the ribbon can ask: settings that a click which was killed left behind.

In: the workbook that is open.  Out: lines.  Effects: reads settings of Excel, changes none.
A click switches events, calculation and the filling of table columns off while it writes. If its process is ended by force they stay off,
and the next click takes that for the user's own choice; the last one outlives a restart of Excel.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from collab_xl.excel import native
from collab_xl.excel.busy import excel_errors
from collab_xl.model.checkup import Line, note, todo, well

if TYPE_CHECKING:
    import xlwings as xw


def excel_lines(book: xw.Book) -> Iterator[Line]:
    """Events, calculation, filled columns, AutoSave. Raises CollabError `excel_busy`, `excel_permission`."""
    with excel_errors():
        events, by_hand, fills = book.app.enable_events, book.app.calculation == "manual", native.fills_columns(book.app)
        saves_itself = native.saves_itself(book)
    if events and fills and not by_hand:
        yield well("excel_state", "excel_state")
    if not events:
        yield todo("excel_state", "events_off")
    if by_hand:
        yield note("excel_state", "calculation_manual", "calculation_manual_fix")
    if not fills:
        yield note("excel_state", "fills_off", "fills_off_fix")
    if saves_itself:
        yield note("autosave", "autosave")
