"""The words of `reading_words.toml`: how people head the columns of their trackers, and what stands below.

Each field has the headings of one half for the seed that is worked with and those of the other for the held-out seed (`words`): what is
measured there are headings nobody looked at while the reader was written. Written before the reader's own words were.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_ALL: dict[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
HEADINGS: dict[str, dict[str, dict[str, list[str]]]] = _ALL["headings"]
NEEDED: dict[str, list[str]] = _ALL["needed"]
"""What no tracker of the form lacks; of the other fields some are left out."""
OWN: dict[str, list[str]] = _ALL["own"]
"""Columns that are nobody's: to be kept, not read."""
TITLES: dict[str, dict[str, list[str]]] = _ALL["titles"]
GROUPS: dict[str, dict[str, list[str]]] = _ALL["groups"]
"""Group title of a two-line heading → the fields below it."""
STATUSES: dict[str, dict[str, list[str]]] = _ALL["statuses"]
LEVELS: dict[str, list[list[str]]] = _ALL["levels"]
PEOPLE: dict[str, list[str]] = _ALL["people"]
DEPARTMENTS: dict[str, list[str]] = _ALL["departments"]
VERBS: dict[str, list[list[str]]] = _ALL["verbs"]
TROUBLES: dict[str, list[str]] = _ALL["troubles"]
REMARKS: dict[str, list[str]] = _ALL["remarks"]
PHRASES: dict[str, dict[str, list[str]]] = _ALL["phrases"]
NO_TRACKER: dict[str, list[dict[str, Any]]] = _ALL["no_tracker"]
"""Sheets of a project's workbook that are no tracker: name, headings, rows."""


def words(lang: str, form: str, field: str, held_out: bool) -> Sequence[str]:
    """The headings of a field for one half: every second one."""
    return HEADINGS[lang][form][field][1 if held_out else 0 :: 2]
