"""What a reader may know besides the sheet itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from collab_xl.model.directory import Directory
from collab_xl.model.sheets import Snapshot

Words = Mapping[tuple[str, str], Mapping[str, str]]


@dataclass(frozen=True)
class Context:
    """`period` gives yearless dates their year; `day_first` settles `7/11/2024` for the whole file (None: unknown).

    `headings` are answered questions: a heading folded by `headings.fold` → field id, or "" for "leave this column alone".
    `as_of` is never used to guess a year; it is here for readers that must name the day in a message.
    """

    lang: str
    directory: Directory
    period: tuple[date, date] | None = None
    as_of: date | None = None
    day_first: bool | None = None
    headings: Mapping[str, str] = field(default_factory=dict)
    words: Words = field(default_factory=dict)
    """(form, field) → the PMO's own words as she wrote them → choice id; see `own_words.words_of`."""
    date1904: bool = False
    """The workbook counts days from 1904: what a number without a date format means."""


def of_book(context: Context, snapshot: Snapshot) -> Context:
    """The context with what the sheet's workbook says of its days."""
    return context if context.date1904 == snapshot.date1904 else replace(context, date1904=snapshot.date1904)
