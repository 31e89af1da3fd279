"""Settings whose value cannot be used: the cell, the value used instead, and what to write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from collab_xl.catalogue import has, text
from collab_xl.model.place import a1
from collab_xl.model.record import Struct
from collab_xl.model.robot import TELLS, Robot
from collab_xl.model.values import Value
from collab_xl.read.headings import fold
from collab_xl.settings import CHOICE_WORDS, WHOLE_NUMBERS, Settings, limits

if TYPE_CHECKING:
    from collab_xl.verbs.session import Session


class BadSetting(Struct, frozen=True):
    """One such setting. `cell` is its row and column on the sheet; `key` and `facts` make the sentence about it."""

    id: str
    name: str
    cell: tuple[int, int]
    key: str
    facts: Mapping[str, object]
    service: str = "settings"
    """The sheet it is on: settings or rules."""


def unusable(session: Session) -> list[BadSetting]:
    """In sheet order; empty when every value can be used. Names and words are in the language of messages."""
    bad = set(session.unusable_settings)  # which needs the columns `id` and `value`
    if not bad:
        return []
    found = []
    for service_id in ("rules", "settings") if session.has("rules") else ("settings",):
        found += list(_on_sheet(session, service_id, bad))
        bad -= {one.id for one in found}  # a switch that is on both sheets counts on 检查规则
    return sorted(found, key=lambda one: one.service, reverse=True)


def _on_sheet(session: Session, service_id: str, bad: set[str]) -> Iterator[BadSetting]:
    service = session.schema.service(service_id)
    ref = session.ref(service)
    snapshot = session.snapshot(ref.sheet)
    headings = {fold(heading): col for col, heading in enumerate(ref.headings, ref.area.first_col)}
    at = {c.id: headings[fold(said)] for c in service.columns for said in c.names if fold(said) in headings}
    for row in range(ref.data.first_row, ref.data.last_row + 1):
        setting = str(snapshot.value(row, at["id"]) or "").strip()
        if setting in bad:
            cell = row, at["value"]
            name = _name(setting, session)
            facts = {"sheet": ref.sheet, "cell": a1(*cell), "name": name, "value": snapshot.value(*cell)}
            key, more = _remedy(setting, session)
            yield BadSetting(setting, name, cell, key, {**facts, **more}, service_id)


def _limit(setting: str, session: Session) -> list[Value] | None:
    """The row of a limit that a form in use defines: name, default, help, id."""
    from collab_xl.build.lists import limit_rows  # every verb imports this module, and few need XlsxWriter

    return next((row for row in limit_rows(session.schema.forms, session.lang) if row[3] == setting), None)


def _name(setting: str, session: Session) -> str:
    lang = session.lang
    if row := _limit(setting, session):
        return str(row[0])
    if setting.startswith("rule."):
        return text("build.set.rule.name", lang, code=setting[5:])
    return text(f"build.set.{setting}.name", lang) if has(f"build.set.{setting}.name", lang) else setting


def _remedy(setting: str, session: Session) -> tuple[str, dict[str, object]]:
    """The sentence's key, and its facts: the value used instead and the values allowed."""
    lang = session.lang
    if setting.startswith("rule."):
        return "verbs.warning.setting_rule", {}
    if setting.startswith(("clock.", "over.")):
        row = _limit(setting, session)
        return ("verbs.warning.setting_limit", {"used": row[1]}) if row else ("verbs.warning.setting_unused", {})
    used: object = getattr(Settings(lang=session.book_lang), setting)
    if setting in WHOLE_NUMBERS:
        low, high = limits(setting)
        return "verbs.warning.setting_number", {"used": used, "low": low, "high": high}
    if setting in TELLS.values():
        return "verbs.warning.setting_robots", {"words": tuple(text(f"model.robot.{robot}", lang) for robot in Robot)}
    if setting not in CHOICE_WORDS:
        return "verbs.warning.setting_hours", {"used": used or "–", "example": "16:00" if setting == "submit_time" else "20:00-08:00"}
    prefix = "lang_" if setting == "lang" else ""
    words = tuple(text(f"build.set.word.{word}", lang) for word in CHOICE_WORDS[setting])
    return "verbs.warning.setting_choice", {"used": text(f"build.set.word.{prefix}{used}", lang), "first": words[0], "second": words[1]}
