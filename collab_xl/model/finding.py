"""One thing a person should look at. Its words live in the catalogue, keyed by `code`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from collab_xl.model.place import Address


class Severity(StrEnum):
    """Only an error blocks, and only the row or cell it concerns."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """What was found where. `code` is a family letter (H V R T P Q M S) and three digits.

    `facts` fill the `{places}` of the catalogue text besides `found`, `expected`, `field`, `row_id`, `cell`, `sheet`.
    """

    code: str
    severity: Severity
    at: Address | None = None
    row_id: str | None = None
    form: str | None = None
    field: str | None = None
    found: str = ""
    expected: str = ""
    facts: Mapping[str, object] = dataclasses.field(default_factory=dict)
