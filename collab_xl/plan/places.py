"""Write values into the named places of a form sheet (首页, 周报): one cell or one column of a block per name.

In: the workbook's defined names and its sheets as read.  Out: cell edits and row visibility, only for differences.  Pure.
A name that the workbook no longer has is skipped: a PMO may delete a block. A cell with a user's formula is unchanged.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from collab_xl.model.cell_text import in_word, shortened, word_end
from collab_xl.model.place import Area
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.model.record import Struct, field
from collab_xl.model.regex import regex
from collab_xl.model.sheets import Snapshot
from collab_xl.model.values import Link, Value, same_value

Names = Mapping[str, tuple[str, Area]]


class NamedPlaces(Struct):
    """Collects the edits of one form sheet."""

    names: Names
    snapshots: Callable[[str], Snapshot]
    _edits: list[CellEdit] = field(default_factory=list)
    _rows: dict[str, dict[int, bool]] = field(default_factory=dict)
    _heights: dict[str, dict[int, float]] = field(default_factory=dict)
    values: dict[str, tuple[tuple[Value, ...], ...]] = field(default_factory=dict)
    """What was given to each name, line by line, whether it fits or not."""
    shown: dict[str, int] = field(default_factory=dict)
    """Name of a block → how many of its rows were to be shown."""

    def put(self, name: str, value: Value) -> None:
        """Write one value into the first cell of a name."""
        self.column(name, [value])

    def column(self, name: str, values: Sequence[Value]) -> None:
        """Write values into a name's first column from the top. Its other cells are emptied; values that do not fit are left out."""
        self.values[name] = tuple((value,) for value in values)
        if name in self.names:
            sheet, area = self.names[name]
            for n, row in enumerate(range(area.first_row, area.last_row + 1)):
                self._set(sheet, row, area.first_col, values[n] if n < len(values) else None)

    def grid(self, name: str, lines: Sequence[Sequence[Value]]) -> None:
        """Write lines of values into a name's area from the top left. Its other cells are emptied."""
        self.values[name] = tuple(tuple(line) for line in lines)
        if name in self.names:
            sheet, area = self.names[name]
            for n, row in enumerate(range(area.first_row, area.last_row + 1)):
                line = lines[n] if n < len(lines) else ()
                for m, col in enumerate(range(area.first_col, area.last_col + 1)):
                    self._set(sheet, row, col, line[m] if m < len(line) else None)

    def rows(self, name: str, default: int) -> int:
        """How many rows a name has; `default` if the workbook lacks the name."""
        if name not in self.names:
            return default
        area = self.names[name][1]
        return area.last_row - area.first_row + 1

    def show_rows(self, name: str, used: int, least: int = 1) -> None:
        """Show the first `used` rows of a block, at least so many. A row is hidden if no block on it uses it."""
        self.shown[name] = used
        if name in self.names:
            sheet, area = self.names[name]
            rows = self._rows.setdefault(sheet, {})
            for n, row in enumerate(range(area.first_row, area.last_row + 1)):
                needed = n < max(used, least)
                rows[row] = rows.get(row, True) and not needed

    def set_heights(self, name: str, heights: Sequence[float]) -> None:
        """Give the first rows of a block these heights in points."""
        if name in self.names:
            sheet, area = self.names[name]
            self._heights.setdefault(sheet, {}).update(zip(range(area.first_row, area.last_row + 1), heights, strict=False))

    def sheet_of(self, name: str) -> str | None:
        return self.names[name][0] if name in self.names else None

    def plan(self, footers: Mapping[str, str] | None = None) -> Plan:
        """The plan of everything collected, without rows that are already right."""
        hidden: dict[str, dict[int, bool]] = {}
        for sheet, rows in self._rows.items():
            now = self.snapshots(sheet).hidden_rows
            changed = {row: hide for row, hide in rows.items() if hide != (row in now)}
            if changed:
                hidden[sheet] = changed
        return Plan(tuple(self._edits), hidden=hidden, page_footers=dict(footers or {}), heights=self._heights)

    def _set(self, sheet: str, row: int, col: int, new: Value) -> None:
        snapshot, new = self.snapshots(sheet), fitting(new)
        old, formula = snapshot.value(row, col), snapshot.formulas.get((row, col))
        if formula is not None and not formula.lstrip("=").upper().startswith("HYPERLINK("):
            return
        if isinstance(new, Link):
            stands = formula is not None and old == new.text and new.target in formula
        else:
            stands = formula is None and type(old) is type(new) and same_value(old, new)
        if not stands:
            self._edits.append(CellEdit(sheet, row, col, old, new))


def fitting(value: Value) -> Value:
    """The same value; a text or link too long for a cell is shortened."""
    if isinstance(value, str):
        return shortened(value)
    if isinstance(value, Link) and (words := shortened(value.text)) is not value.text:
        return Link(value.target, words)
    return value


LETTER_WIDTH = 0.52
"""Of a Latin letter, with room for bold ones; a Chinese character is 1."""


def width(text: str) -> float:
    """The width of a text in Chinese characters; a Latin letter or digit counts a little over half."""
    return sum(map(_letter_width, text))


_PIECE = regex(r"[\u2e80-\uffef] *|[^\u2e80-\uffef -]*-? *")
"""What a line does not break: a word with the blanks after it, one Chinese character."""
_NUMBER = regex(r"\d+")
_ENDS = " ，。；、,;：:·—–（("
"""Marks that fall away at the end of a shortened text."""
_BREAKS = ((regex(r"[。！？；;]|[.!?](?= )"), 0.5), (regex(r"[，、：]|[,:](?= )"), 0.65), (regex(" "), 0.7))
"""Where a text is shortened: behind a sentence, a clause, a word; each from this share of the room."""
_LEFT_OVER = regex(r"(?: (?:a|an|and|as|at|by|for|from|in|into|of|on|or|than|that|the|to|with))+$")
"""Words that say nothing at the end of a text."""


def wrapped(text: str, room: float) -> int:
    """How many lines a text takes that is `room` Chinese characters wide: a line breaks between words and beside any Chinese character."""
    if len(text) <= room or (text.isascii() and len(text) * 0.52 <= room):  # no letter is wider than a Chinese one
        return 1
    lines, used = 1, 0.0
    for piece in _PIECE.findall(text):
        wide, bare = _piece_widths(piece)
        if used and used + bare > room:
            lines, used = lines + 1, 0.0
        used += wide
        while used > room + 0.52:  # a word longer than a line is broken
            lines, used = lines + 1, used - room
    return lines


@lru_cache(4096)
def _piece_widths(piece: str) -> tuple[float, float]:
    """With the blanks after it, and without."""
    return width(piece), width(piece.rstrip())


@lru_cache(None)
def _letter_width(letter: str) -> float:
    if letter == "·":  # ambiguous for Unicode, narrow in every font of ours
        return LETTER_WIDTH
    return 1.0 if unicodedata.east_asian_width(letter) in "WFA" else LETTER_WIDTH


def fit(text: str, room: float) -> str:
    """The text; if it is wider than `room` Chinese characters shortened with `…`, where it can be behind a sentence or a clause, else at a
    word.

    The list that the block links to contains the whole text.
    """
    text = " ".join(text.split())
    if width(text) <= room:
        return text
    taken = ""
    for letter in text:
        if width(taken + letter) > room - 1:
            break
        taken += letter
    for marks, share in _BREAKS:
        ends = [found.start() for found in marks.finditer(text, 0, len(taken) + 1) if share * len(taken) < found.start() <= len(taken)]
        if ends:
            return _LEFT_OVER.sub("", taken[: ends[-1]].rstrip(_ENDS)) + "…"
    return taken[: word_end(text, len(taken))].rstrip(_ENDS) + "…"


def fit_name(name: str, room: float) -> str:
    """A name, shortened in its middle: names of one organisation often begin alike, and end with what tells them apart. A number that tells
    them apart is kept where it can be."""
    name = " ".join(name.split())
    if width(name) <= room:
        return name
    numbers = _NUMBER.findall(name)
    tries = (_without_middle(name, room), fit(name, room))
    return next((short for short in tries if all(number in short for number in numbers)), tries[0])


def _without_middle(name: str, room: float) -> str:
    """The beginning and the end of a name; the beginning alone where no whole word of its end fits."""
    tail, most = "", room * 0.45
    for letter in reversed(name):
        if width(letter + tail) > most:
            break
        tail = letter + tail
    begin = len(name) - len(tail)
    while begin < len(name) and not _starts_word(name, begin):
        begin += 1
    tail = name[begin:].lstrip(_ENDS)
    head = fit(name, room - width(tail))
    return head + tail if _starts_word(name, len(head) - 1) else fit(name, room)


def _starts_word(text: str, at: int) -> bool:
    """Whether a text may be cut here without cutting a word; not at its beginning."""
    return at > 0 and not (in_word(text[at - 1]) and in_word(text[at]))
