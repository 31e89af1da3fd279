"""What a meeting must talk about. Pure data."""

from __future__ import annotations

from datetime import date

from collab_xl.model.record import Struct


class Point(Struct, frozen=True):
    """One point: a row of the master, or a line without one."""

    key: str
    what: str
    who: str = ""
    due: date | None = None
    note: str = ""


class Section(Struct, frozen=True):
    title: str
    points: tuple[Point, ...]
    """The most important ones."""
    more: int = 0
    """How many there are besides."""
