"""One line of a diagnosis: what was looked at, whether it is well, and the texts that say so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Health(StrEnum):
    """`todo` asks a person to act; `note` is worth knowing; `skipped` does not apply here."""

    OK = "ok"
    TODO = "todo"
    NOTE = "note"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Line:
    """`what`, `fix` and `why` are keys of the catalogue; `fix` is empty where nothing is to be done, `why` where it goes without saying.

    `topic` names what was looked at and stays the same in every release: scripts read it.
    """

    topic: str
    health: Health
    what: str
    fix: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    why: str = ""


def well(topic: str, what: str, **facts: object) -> Line:
    return Line(topic, Health.OK, f"doctor.{what}", "", facts)


def note(topic: str, what: str, fix: str = "", **facts: object) -> Line:
    return Line(topic, Health.NOTE, f"doctor.{what}", fix and f"doctor.{fix}", facts)


def todo(topic: str, what: str, **facts: object) -> Line:
    """Its fix is the text `<what>_fix`."""
    return Line(topic, Health.TODO, f"doctor.{what}", f"doctor.{what}_fix", facts)


def skipped(topic: str, what: str, **facts: object) -> Line:
    return Line(topic, Health.SKIPPED, f"doctor.{what}", "", facts)
