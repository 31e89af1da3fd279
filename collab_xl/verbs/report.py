"""The result of a verb: exit code, JSON, and short lines for a person."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from collab_xl.errors import OK
from collab_xl.model.record import Struct
from collab_xl.verbs.next_step import NextStep

Progress = Callable[[str, int, int], None]
"""Called with (label, done so far, total)."""


def no_progress(label: str, done: int, total: int) -> None:
    """Show nothing."""


class Listing(Struct, frozen=True):
    """A small table to print: column titles and rows of text."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclasses.dataclass(frozen=True)
class Report:
    """The result of a verb. `lines` and `listings` are for a person."""

    lang: str
    content: Mapping[str, Any] | Callable[[], Mapping[str, Any]] = dataclasses.field(repr=False)
    """`json`, or a function that makes it, where thousands of texts would be made for nobody."""
    lines: tuple[str, ...] = ()
    listings: tuple[Listing, ...] = ()
    exit_code: int = OK
    notes: tuple[str, ...] = dataclasses.field(default=())
    """Remarks, printed on stderr."""
    next: NextStep | None = None
    """What to do now; None where nothing follows."""

    @cached_property
    def json(self) -> Mapping[str, Any]:
        """The object `--json` prints."""
        return self.content() if callable(self.content) else self.content
