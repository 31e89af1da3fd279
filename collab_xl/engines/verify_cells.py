"""Prove the usual case of a written sheet in one pass: cells that were there hold something else, and nothing else differs.

In: the old and the new sheet as bytes, and the edits.  Out: the new sheet cut down to the edited cells, for another reader to
read; None where it is not that simple, and the long way of `verify` has to look.  Pure.

What is compared are the stretches between the edited cells: they must be the same bytes. An edited cell is one whole `<c>` element, before
and after, without a formula. So whatever the new sheet holds outside of the edited cells is what the old one held there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from operator import itemgetter

from collab_xl.engines.cell_columns import letters_of
from collab_xl.engines.usual_form import SheetXml
from collab_xl.model.plan import CellEdit


def edited_cells(before: SheetXml, after: bytes, edits: Sequence[CellEdit], whole_rows: Iterable[int] = ()) -> bytes | None:
    """The new part with the edited cells and `whole_rows` (table headings) as its only rows.

    Args:
        before: the old sheet; its rows are in the usual form, they and their cells ascend (`SheetRows.plain_rows`).
        after: the new part.
        edits: of this sheet.
    """
    if not (after.startswith(before.before) and after.endswith(before.after)):
        return None
    old, prefix, end = memoryview(before.rows), before.prefix, len(after) - len(before.after)
    at_old, at_new = 0, len(before.before)
    if any(after.find(sign, at_new, end) >= 0 and after.find(b"<" + sign, at_new, end) >= 0 for sign in (b"!", b"?")):
        return None
    opened, whole = b"<" + prefix + b'c r="', _whole_cell(prefix).match
    rows: dict[int, list[bytes]] = {}
    cells, number, quote = [b""], 0, b""
    for _, row, col, _, _ in sorted(edits, key=itemgetter(1, 2)):
        if row != number:
            number, quote, cells = row, b'%d"' % row, rows.setdefault(row, [])
        start = after.find(opened + letters_of(col) + quote, at_new, end)
        start_old = at_old + start - at_new
        had, has = whole(before.rows, max(start_old, 0)), whole(after, start, end)
        if start < 0 or had is None or has is None or had[1] != has[1] or not after.startswith(old[at_old:start_old], at_new):
            return None
        at_old, at_new = had.end(), has.end()
        cells.append(has[0])
    if end - at_new != len(old) - at_old or not after.startswith(old[at_old:], at_new):
        return None
    row_open, row_close = b"<" + prefix + b'row r="%d"', b"</" + prefix + b"row>"
    found = {number: b"".join((row_open % number, b">", *cells, row_close)) for number, cells in rows.items()}
    for number in whole_rows:
        start = after.find(row_open % number)
        end = after.find(row_close, start)
        if start < 0 or end < 0:
            return None
        found[number] = after[start : end + len(row_close)]
    return before.joined(b"".join(found[number] for number in sorted(found)))


def _whole_cell(prefix: bytes) -> re.Pattern[bytes]:
    """A cell from its beginning to its end; group 1 is its place and style. No formula, no rich text."""
    text = rb'<%(p)sis><%(p)st(?: xml:space="preserve")?>[^<]*</%(p)st></%(p)sis>'
    body = rb"(?:<%(p)sv>[^<]*</%(p)sv>|" + text + rb")</%(p)sc>"
    cell = rb'<%(p)sc( r="[A-Z]+[0-9]+"(?: s="[0-9]+")?)(?: t="\w+")?(?:/>|>' + body + rb")"
    return re.compile(cell.replace(b"%(p)s", re.escape(prefix)))
