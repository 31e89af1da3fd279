"""`<cols>` of a worksheet: width, style and hiding of its columns, in runs of equal ones. Works on the XML before the rows. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from collab_xl.book.workbook_xml import attribute


def with_col(before: bytes, p: bytes, col: int, attributes: Mapping[bytes, bytes], base: bytes | None = None) -> bytes:
    """The XML with these attributes for one column (b"" takes one away); a run that covers others too is split.

    Args:
        p: the prefix of the sheet's elements, b"" or b"x:".
        col: the column, 1 is A.
        base: the attributes to begin with, as they stand in a tag; None: those that the column has.
    """
    block = re.search(b"<" + p + rb"cols(?:\s[^>]*)?>(.*?)</" + p + b"cols>", before, re.S)
    runs: list[tuple[int, int, bytes]] = []
    mine = b' width="9.140625"' if base is None else base
    for tag in re.findall(b"<" + p + rb"col\s[^>]*?/>", block[1] if block else b""):
        rest = re.sub(rb'\s(?:min|max)="[0-9]+"', b"", tag[len(p) + 4 : -2])
        first, last = int(attribute(tag, "min")), int(attribute(tag, "max"))
        if first <= col <= last and base is None:
            mine = rest
        runs += [(a, b, rest) for a, b in ((first, min(last, col - 1)), (max(first, col + 1), last)) if a <= b]
    for name, value in attributes.items():
        mine = re.sub(rb"\s" + name + rb'="[^"]*"', b"", mine) + (b' %s="%s"' % (name, value) if value else b"")
    runs.append((col, col, mine))
    inside = b"".join(b'<%scol min="%d" max="%d"%s/>' % (p, a, b, rest) for a, b, rest in sorted(runs))
    whole = b"<" + p + b"cols>" + inside + b"</" + p + b"cols>"
    if block:
        return before[: block.start()] + whole + before[block.end() :]
    place = before.rindex(b"<" + p + b"sheetData")
    return before[:place] + whole + before[place:]


def around_cols(before: bytes, p: bytes) -> bytes:
    """The XML before the rows, without `<cols>` and the dimension."""
    before = re.sub(b"<" + p + rb"cols(?:\s[^>]*)?>.*?</" + p + b"cols>", b"", before, flags=re.S)
    return re.sub(b"<" + p + rb"dimension\s[^>]*/>", b"", before)


def attributes_of(before: bytes, p: bytes) -> dict[int, bytes]:
    """Column → its attributes, for the columns up to the last one that a table may have."""
    out: dict[int, bytes] = {}
    for tag in re.findall(b"<" + p + rb"col\s[^>]*?/>", before):
        rest = re.sub(rb'\s(?:min|max)="[0-9]+"', b"", tag)
        out |= dict.fromkeys(range(int(attribute(tag, "min")), int(attribute(tag, "max")) + 1), rest)
    return out
