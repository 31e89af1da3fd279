"""One thing a person should look at. Its words live in the catalogue, keyed by `code`."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from collab_xl.model.place import Address


class Severity(StrEnum):
    """Only an error blocks, and only the row or cell it concerns."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Word(str):
    """A fact that is itself a text of the catalogue, given by its key: each language says it in its own words."""


@dataclass(frozen=True)
class Saying:
    """A fact that is a text of the catalogue with facts of its own."""

    key: str
    facts: Mapping[str, object]


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


def switched(findings: Iterable[Finding], rules: Mapping[str, str]) -> list[Finding]:
    """Findings as the PMO wants them: rules switched off are left out, others take the severity set (`Settings.rules`)."""
    out = []
    for finding in findings:
        word = rules.get(finding.code)
        if word != "off":
            out.append(finding if word is None else dataclasses.replace(finding, severity=Severity(word)))
    return out


def in_order(findings: Iterable[Finding], sheets: Iterable[str] = ()) -> list[Finding]:
    """By sheet (in the order given, others after), row, column and code; what has no cell comes last. Equal findings appear once."""
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
