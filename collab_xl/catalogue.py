"""Every text a person reads, once in each language: `locale/<lang>/*.toml`, flat dotted keys.

A finding or error has the keys `<code>.what`, `.why`, `.fix` (`error.<code>.what` for a CollabError), with `{places}`
for the facts. Files of one language are joined; a key given twice is a defect and refused.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from collab_xl.errors import CollabError
from collab_xl.model.finding import Finding, Word

LANGS = ("zh", "en")


@cache
def texts(lang: str) -> Mapping[str, str]:
    """All texts of a language, `T301.what` → text."""
    out: dict[str, str] = {}
    folder = resources.files("collab_xl") / "locale" / lang
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".toml"):
            for key, text in _flat(tomllib.loads(entry.read_text(encoding="utf-8"))):
                if key in out:
                    raise ValueError(f"{lang}: text {key!r} stands twice, again in {entry.name}")
                out[key] = text
    return out


def _flat(data: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for key, value in data.items():
        pairs += _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else [(prefix + key, str(value))]
    return pairs


class _Facts(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


def text(key: str, lang: str, /, **facts: object) -> str:
    """The text with its places filled; a fact that is a `Word` is said in this language. Raises KeyError for a key the catalogue lacks."""
    said = {name: texts(lang)[fact] if isinstance(fact, Word) else fact for name, fact in facts.items()}
    return texts(lang)[key].format_map(_Facts(said))


def has(key: str, lang: str) -> bool:
    return key in texts(lang)


def finding_text(finding: Finding, part: str, lang: str) -> str:
    """`part` is what, why or fix."""
    at = finding.at
    places: dict[str, object] = {
        "found": finding.found,
        "expected": finding.expected,
        "field": finding.field or "",
        "row_id": finding.row_id or "",
        "cell": at.cell if at else "",
        "sheet": at.sheet if at else "",
        **finding.facts,
    }
    return text(f"{finding.code}.{part}", lang, **places)


def error_text(error: CollabError, lang: str) -> tuple[str, str, str]:
    """What happened, why, what to do. An error without texts is a defect and raises KeyError."""
    key = f"error.{error.code}"
    what, why, fix = (text(f"{key}.{part}", lang, **error.facts) for part in ("what", "why", "fix"))
    return what, why, fix
