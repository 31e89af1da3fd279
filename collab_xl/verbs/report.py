"""What a verb hands back: an exit code, machine output, and the short plain words a person reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from collab_xl.errors import OK

Progress = Callable[[str, int, int], None]
"""Called with (what is being done, done so far, in all); does nothing in a pipe."""


def no_progress(label: str, done: int, total: int) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class Listing:
    """A small table to print: column titles and rows of text."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Report:
    """The result of one verb. `json` is the object `--json` prints; `lines` and `listings` are for a person."""

    lang: str
    json: Mapping[str, Any]
    lines: tuple[str, ...] = ()
    listings: tuple[Listing, ...] = ()
    exit_code: int = OK
    notes: tuple[str, ...] = field(default=())
    """Side remarks, printed on stderr."""
