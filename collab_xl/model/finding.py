"""One thing a person should look at. Its texts are in the catalogue under `code`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec

from collab_xl.model.place import Address
from collab_xl.model.record import Struct, replace


class Severity(StrEnum):
    """Only an error blocks anything, and only its own row or cell."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Word(str):
    """A fact that is itself a text of the catalogue, named by its key and shown in the reader's language."""


class Saying(Struct, frozen=True):
    """A fact that is a text of the catalogue and has facts of its own."""

    key: str
    facts: Mapping[str, object]


class Finding(Struct, frozen=True):
    """What was found, and where. `code` is a family letter (H V R T P Q M S) and three digits.

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
    facts: Mapping[str, object] = msgspec.field(default_factory=dict)


def switched(findings: Iterable[Finding], rules: Mapping[str, str]) -> list[Finding]:
    """Findings after the PMO's settings (`Settings.rules`): rules switched off are left out, others get the severity that is set."""
    out = []
    for finding in findings:
        word = rules.get(finding.code)
        if word != "off":
            out.append(finding if word is None else replace(finding, severity=Severity(word)))
    return out


def in_order(findings: Iterable[Finding], sheets: Iterable[str] = ()) -> list[Finding]:
    """Sorted by sheet (in the order of `sheets`, others after them), row, column and code. Findings without a cell come last, equal ones
    appear once."""
    rank = {sheet: n for n, sheet in enumerate(sheets)}

    def place(finding: Finding) -> tuple[int, str, int, int, str, str, str]:
        at, tail = finding.at, (finding.code, finding.row_id or "", finding.found)
        return (len(rank) + 1, "", 0, 0, *tail) if at is None else (rank.get(at.sheet, len(rank)), at.sheet, at.row, at.col, *tail)

    out: list[Finding] = []
    last, since = None, 0
    for where, finding in sorted(((place(f), f) for f in findings), key=lambda pair: pair[0]):
        if where != last:
            last, since = where, len(out)
        if finding not in out[since:]:
            out.append(finding)
    return out
