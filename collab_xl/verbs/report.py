"""The result of a verb: exit code, JSON, and short lines for a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from collab_xl.errors import OK

Progress = Callable[[str, int, int], None]
"""Called with (label, done so far, total)."""


def no_progress(label: str, done: int, total: int) -> None:
    """Show nothing."""


@dataclass(frozen=True)
class Listing:
    """A small table to print: column titles and rows of text."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Report:
    """The result of a verb. `json` is the object `--json` prints; `lines` and `listings` are for a person."""

    lang: str
    json: Mapping[str, Any]
    lines: tuple[str, ...] = ()
    listings: tuple[Listing, ...] = ()
    exit_code: int = OK
    notes: tuple[str, ...] = field(default=())
    """Remarks, printed on stderr."""
