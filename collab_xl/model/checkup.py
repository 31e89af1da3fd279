"""One line of a diagnosis: what was checked, the result, and the keys of its texts."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from collab_xl.model.record import Struct, field


class Health(StrEnum):
    """`todo` asks a person to act; `note` is worth knowing; `skipped` does not apply here."""

    OK = "ok"
    TODO = "todo"
    NOTE = "note"
    SKIPPED = "skipped"


class Line(Struct, frozen=True):
    """`what`, `fix` and `why` are keys of the catalogue; `fix` is empty when there is nothing to do, `why` when no reason is needed.

    `topic` names what was checked. It stays the same in every release because scripts read it.
    """

    topic: str
    health: Health
    what: str
    fix: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    why: str = ""


def well(topic: str, what: str, **facts: object) -> Line:
    return Line(topic, Health.OK, f"model.doctor.{what}", "", facts)


def note(topic: str, what: str, fix: str = "", **facts: object) -> Line:
    return Line(topic, Health.NOTE, f"model.doctor.{what}", fix and f"model.doctor.{fix}", facts)


def todo(topic: str, what: str, **facts: object) -> Line:
    """Its fix is the text `<what>_fix`."""
    return Line(topic, Health.TODO, f"model.doctor.{what}", f"model.doctor.{what}_fix", facts)


def skipped(topic: str, what: str, **facts: object) -> Line:
    return Line(topic, Health.SKIPPED, f"model.doctor.{what}", "", facts)
