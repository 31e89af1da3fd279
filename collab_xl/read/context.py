"""What readers know in addition to the sheet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta, timezone, tzinfo

from collab_xl.model.directory import Directory
from collab_xl.model.record import Struct, field, replace
from collab_xl.model.sheets import Snapshot
from collab_xl.read.told import Told

CHINA = timezone(timedelta(hours=8))
OwnWords = Mapping[tuple[str, str], Mapping[str, str]]


class Context(Struct, frozen=True):
    """`period` decides the year of yearless dates; `day_first` decides `7/11/2024` for the whole file (None: unknown).

    `headings` are answered questions: a heading folded by `headings.fold` → field id, or "" for a column that is not read.
    `as_of` is never used to guess a year, only in messages that name the day.
    """

    lang: str
    directory: Directory
    period: tuple[date, date] | None = None
    as_of: date | None = None
    day_first: bool | None = None
    headings: Mapping[str, str] = field(default_factory=dict)
    words: OwnWords = field(default_factory=dict)
    """(form, field) → the PMO's own words as typed → choice id, "" for a word that is not read; see `own_words.words_of`."""
    file: str = ""
    """The name of the file without its ending: it names the list where the sheet is just Sheet1."""
    told: Told | None = None
    """What a person said of this file."""
    date1904: bool = False
    """The workbook counts days from 1904. Needed for numbers without a date format."""
    zones: tuple[tzinfo, ...] = (CHINA,)
    """The time zones of the project's country: what `2026-11-12T16:30:00Z` is there. Several: read only if all agree. None: unknown."""


def of_book(context: Context, snapshot: Snapshot) -> Context:
    """The context with the date system of the sheet's workbook."""
    return context if context.date1904 == snapshot.date1904 else replace(context, date1904=snapshot.date1904)
