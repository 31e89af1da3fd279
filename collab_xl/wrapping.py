"""Line breaks of texts for the terminal: rich breaks at blanks only, so that a Chinese sentence with one blank is torn there.

In: a line of rich's `Text` and the width in columns.  Out: where to break it.  Pure.
"""

from __future__ import annotations

from typing import Final

from rich.cells import cell_len
from rich.console import Console, JustifyMethod, OverflowMethod
from rich.containers import Lines
from rich.text import Text

NOT_FIRST: Final = frozenset("，。、；：！？）】》”’…,.;:!?)]}%")
"""Marks that do not begin a line."""
NOT_LAST: Final = frozenset("（【《“‘([{")
"""Marks that do not end one."""


class Sentence(Text):
    """A text that may be broken between any two Chinese characters, and elsewhere at blanks."""

    def wrap(
        self,
        console: Console,
        width: int,
        *,
        justify: JustifyMethod | None = None,
        overflow: OverflowMethod | None = None,
        tab_size: int = 8,
        no_wrap: bool | None = None,
    ) -> Lines:
        """As `Text.wrap`, with our breaks."""
        out = Lines()
        for line in self.split(allow_blank=True):
            parts = line.divide(breaks(line.plain, width))
            parts.justify(console, width, justify=justify or self.justify or "default", overflow=overflow or self.overflow or "fold")
            for part in parts:
                part.rstrip_end(width)
            out.extend(parts)
        return out


def breaks(said: str, width: int) -> list[int]:
    """Where a new line begins. A piece that is wider than a line is broken anywhere."""
    out: list[int] = []
    start = last = used = 0
    for n, char in enumerate(said):
        if (
            n > start
            and _may_break(said[n - 1], char)
            and not (said[n - 1] == " " and said[:n].rstrip().rpartition(" ")[2].startswith("--"))
        ):
            last = n  # an option stays with its value
        wide = cell_len(char)
        while used + wide > width and char != " " and n > start:
            start = last if last > start else n
            out.append(start)
            used = cell_len(said[start:n])
        used += wide
    return out


def _may_break(before: str, after: str) -> bool:
    if before == " ":
        return after != " "
    if after == " " or after in NOT_FIRST or before in NOT_LAST:
        return False
    return cell_len(before) == 2 or cell_len(after) == 2
