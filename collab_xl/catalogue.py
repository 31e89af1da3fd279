"""Every text a person reads, once per language: `messages/<lang>/<folder>.toml`, with flat dotted keys.

A file is named after a folder of the package, and each of its keys starts with that name. A text belongs to the folder that shows it;
if several show it, to the first of them that the others may import (`model` is open to all). Why: docs/decisions/0020.

A finding or error has the texts what, why and fix in the file of a folder that raises it: `read.V203.what`, `book.error.stale_cell.what`.
A code does not name the folder; `code_key` finds it. `<folder>.example.<code>.<fact>` are the values for the example sentence of a finding,
`rules.example.<fact>` those for every example sentence. The texts beside a form.toml (`T311.what`, `cause.<id>`) are texts of `rules` and
get that prefix when they are read.

Texts have `{places}` for the facts; a fact that is a tuple is listed with the language's comma. `{rows|row|rows}` chooses a word by the
number `rows`: the first for 1, the second for any other. `{days|unit}` is the word the fact `unit` names, in the singular (`<key>_one`)
for 1. The files of one language are joined; a key that occurs twice is a defect and raises an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path, PurePath
from typing import Any

import rtoml

from collab_xl.errors import CollabError
from collab_xl.forms.folders import own_forms_folder, text_files
from collab_xl.model.cell_text import shortened
from collab_xl.model.finding import Finding, Saying, Word
from collab_xl.model.outside_text import encodable
from collab_xl.model.regex import regex

LANGS = ("zh", "en")
COMMA = {"zh": "、", "en": ", "}
QUOTED = 2_000
"""The most UTF-16 units of a fact shown in a finding's text."""
_CODE = regex(r"(\w+)\.([A-Z]\d{3}|error\.\w+)\.what")
_PLAIN = (str, int)  # most facts are of these types and are used as they are


def texts(lang: str) -> Mapping[str, str]:
    """All texts of a language, `rules.T301.what` → text."""
    return _texts(lang, own_forms_folder())


@lru_cache(8)  # languages and folders of own forms: tests use thousands of folders
def _texts(lang: str, own_forms: str) -> Mapping[str, str]:
    out: dict[str, str] = {}
    ours = sorted((Path(__file__).with_name("messages") / lang).glob("*.toml"), key=lambda e: e.name)
    for entry, prefix in [*((entry, "") for entry in ours), *((entry, "rules.") for entry in text_files(own_forms, lang))]:
        for key, text in _flat(rtoml.loads(entry.read_text(encoding="utf-8")), prefix):
            if key in out:
                raise ValueError(f"{lang}: text {key!r} stands twice, again in {entry.parent.name}/{entry.name}")
            out[key] = text
    return out


@lru_cache(8)
def _folders(lang: str, own_forms: str) -> Mapping[str, str]:
    """Code of a finding (`T301`) or error (`error.stale_cell`) → the folder whose file has its texts."""
    out: dict[str, str] = {}
    for key in _texts(lang, own_forms):
        if found := _CODE.fullmatch(key):
            folder, code = found.groups()
            if out.setdefault(code, folder) != folder:
                raise ValueError(f"the texts of {code} stand in two files: {folder}, {out[code]}")
    return out


@lru_cache(8)
def _examples(lang: str, own_forms: str) -> Mapping[str, Mapping[str, str]]:
    """The start of the keys of example facts (`rules.example.`, `rules.example.T301.`) → name of the fact → its text."""
    out: dict[str, dict[str, str]] = {}
    for key, said in _texts(lang, own_forms).items():
        start, _, name = key.rpartition(".")
        if ".example." in f"{start}.":
            out.setdefault(f"{start}.", {})[name] = said
    return out


def codes() -> list[str]:
    """The codes of all findings that have texts, `T301`, sorted."""
    return sorted({code for lang in LANGS for code in _folders(lang, own_forms_folder()) if "." not in code})


def code_key(code: str, part: str) -> str:
    """`T301`, `what` → `rules.T301.what`; for an error `error.stale_cell`. For a code without texts a key that no text has."""
    # Both languages have the same codes; only where that is not so, the other one's files are read too.
    folder = next((found for lang in LANGS if (found := _folders(lang, own_forms_folder()).get(code))), "no_folder")
    return f"{folder}.{code}.{part}"


def _flat(data: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for key, value in data.items():
        pairs += _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else [(prefix + key, str(value))]
    return pairs


def _translated(fact: object, lang: str) -> object:
    if isinstance(fact, Word):
        return texts(lang)[fact]
    if isinstance(fact, Saying):
        return text(fact.key, lang, **fact.facts)
    return COMMA[lang].join(str(_translated(part, lang)) for part in fact) if isinstance(fact, tuple) else fact


class _Facts(dict[str, object]):
    """The facts of one text. A place without a fact stays in braces, so that the defect is visible."""

    def __init__(self, facts: Mapping[str, object], lang: str) -> None:
        super().__init__(facts)
        for name, fact in facts.items():
            if fact.__class__ not in _PLAIN:
                self[name] = _translated(fact, lang)
        self._facts, self._texts = facts, texts(lang)

    def __missing__(self, key: str) -> object:
        number, *words = key.split("|")
        if words and number in self._facts:
            one = str(self._facts[number]) == "1"
            if len(words) == 2:
                return words[0 if one else 1]
            unit = self._facts.get(words[0])
            if isinstance(unit, Word):
                return self._texts.get(f"{unit}_one", self._texts[unit]) if one else self._texts[unit]
            if unit is not None:
                return unit
        return "{" + key + "}"


def text(key: str, lang: str, /, **facts: object) -> str:
    """The text with its places filled; a `Word` is translated into this language. Raises KeyError for an unknown key."""
    return texts(lang)[key].format_map(_Facts(facts, lang))


def listed(names: Sequence[str], lang: str, more: str, most: int = 4) -> str:
    """The first names. If there are more, then the text `more` with a number: of all in Chinese (等), of the rest in English."""
    shown = COMMA[lang].join(names[:most])
    if len(names) <= most:
        return shown
    return shown + text(more, lang, n=len(names) if lang == "zh" else len(names) - most)


def sentences(said: Iterable[str], lang: str) -> str:
    """Sentences one behind the other: in Chinese without a blank between them."""
    return ("" if lang == "zh" else " ").join(filter(None, said))


def has(key: str, lang: str) -> bool:
    return key in texts(lang)


def example(code: str, lang: str) -> dict[str, object]:
    """Example facts for the texts of a finding."""
    examples = _examples(lang, own_forms_folder())
    own = code_key(code, "").replace(f".{code}.", f".example.{code}.")
    return {**examples.get("rules.example.", {}), **examples.get(own, {})}


def finding_text(finding: Finding, part: str, lang: str, heading: str = "", key: str = "") -> str:
    """`part` is what, why or fix; `heading` is the heading of the finding's field, used unless the facts contain it.

    `key`: the key of another text that is filled with the same facts.

    A long quoted fact is shortened, so that the sentence stays readable; the cell contains the whole text.
    """
    at = finding.at
    places: dict[str, object] = {
        "found": finding.found,
        "expected": finding.expected,
        "field": heading or finding.field or "",
        "row_id": finding.row_id or "",
        "cell": at.cell if at else "",
        "sheet": at.sheet if at else "",
        **finding.facts,
    }
    for name, fact in places.items():
        if type(fact) is str and len(fact) > QUOTED:
            places[name] = shortened(fact, QUOTED)
    return text(key or code_key(finding.code, part), lang, **places)


def error_text(error: CollabError, lang: str) -> tuple[str, str, str]:
    """What happened, why, what to do (the fact `instead` before the code's text). An error without texts is a defect: KeyError."""
    facts = {
        name: encodable(str(fact)) if isinstance(fact, str | PurePath) and not isinstance(fact, Word) else fact
        for name, fact in error.facts.items()
    }
    what, why, fix = (text(code_key(f"error.{error.code}", part), lang, **facts) for part in ("what", "why", "fix"))
    if isinstance(instead := error.facts.get("instead"), Saying):
        return what, why, text(instead.key, lang, **instead.facts)
    own = _fixes.get()(error.code)
    return what, why, text(own, lang, **facts) if own and has(own, lang) else fix


def _none(code: str) -> str:
    return ""


_fixes: ContextVar[Callable[[str], str]] = ContextVar("collab_xl_fixes", default=_none)


@contextmanager
def fixes_of(key: Callable[[str], str]) -> Iterator[None]:
    """Within the block, what to do is the text of `key(code)` if there is one: on the desk a button is clicked, no command typed."""
    token = _fixes.set(key)
    try:
        yield
    finally:
        _fixes.reset(token)
