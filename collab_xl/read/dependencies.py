"""Predecessors and other lists of IDs in a cell, in the forms people write. Pure.

`RW-001` · `RW-001FS+2天` · `2fs, 3SS - 1 week` · `1,3` · `RW-001~RW-003` · `RW-001（SS）` · full-width characters · 、，；/ and line ends.
A range is taken apart where it can only be one: `RW-001~003`, `RW-001-RW-003`; `1-3` and `RW-001-003` may be IDs and stay.
"""

from __future__ import annotations

import re

from collab_xl.model.dependency import dependency
from collab_xl.model.regex import regex
from collab_xl.model.values import Value
from collab_xl.read.codes import USUAL
from collab_xl.read.remarks import ParsedValue, Remark
from collab_xl.read.text import BLANK_WORDS, OPEN_WORDS, SAME_WORDS, plain, shown

LONGEST_RANGE = 100
"""More rows are no list of predecessors."""

_UNITS = (
    ("ew", r"自然周|ew|e-?weeks?|elapsed weeks?"),
    ("ed", r"个?自然日|自然天|日历日|日历天|ed|e-?days?|elapsed days?|calendar days?"),
    ("w", r"周|个?星期|个?礼拜|weeks?|wks?|w"),
    ("d", r"个?工作日|工作天|天|日|working days?|work ?days?|business days?|wd|days?|d"),
)
_OTHER = r"%|个?小时|分钟|个?月|hours?|hrs?|h|minutes?|mins?|months?|mo"
"""Units of a lag that a plan in days cannot hold."""
_UNIT = "|".join(words for _, words in _UNITS).replace(" ", "[ ]")
_HAN = "个天日周星礼工自"
_KIND = r"fs|ss|ff|sf|完成-开始|开始-开始|完成-完成|开始-完成"
_WORDS = {"完成-开始": "FS", "开始-开始": "SS", "完成-完成": "FF", "开始-完成": "SF"}
_END = r"(?![a-z0-9])"
_LAG = rf"[+-]\s*\d+(?:\.\d+)?\s*(?:(?:{_UNIT}|{_OTHER}){_END})"
_BARE_LAG = r"[+-]\s*(?!0)\d{1,3}(?![\d\w%-])"
_LINK = regex(
    rf"""(?<=\d)(?:
        (?P<kind>{_KIND})(?![a-z])(?:\s*(?P<lag>{_LAG}|{_BARE_LAG}))?
      | \s+(?P<apart>{_KIND})(?:\s*(?P<apart_lag>{_LAG}|\+\s*\d{{1,3}}(?![\d\w%-])))?(?=\s*(?:$|[、,;|/)]))
      | \s*\(\s*(?P<inside>{_KIND})\s*(?P<inside_lag>{_LAG}|{_BARE_LAG})?\s*\)
      | \s*(?P<only>\+\s*\d+(?:\.\d+)?\s*(?:{_UNIT}|{_OTHER}){_END}|-\s*\d+(?:\.\d+)?\s*(?=[{_HAN}])(?:{_UNIT}){_END})
    )""",
    re.I | re.X,
)
_LAG_PARTS = regex(r"([+-])\s*(\d+(?:\.\d+)?)\s*(.*)\Z", re.S)
_RANGE = regex(
    r"(?<![^\s、,;|/])(?P<stem>[^\s、,;|/~()+至到]*?)(?P<first>\d+)(?:\s*(?:~|至|到|\.{2,3}|\bto\b)\s*(?:(?P=stem))?|(?P<dash>-)(?P=stem))"
    r"(?P<last>\d+)(?P<tail>(?:FS|SS|FF|SF)(?:[+-]\d+e?[dw])?)?(?=\s*(?:$|[\s、,;|/]))",
    re.I,
)
_NOTE = regex(r"\s*\(([^()]*[\u4e00-\u9fff][^()]*)\)")
"""Words in brackets. The 2 of RW-001(2) may be a part of the ID."""
_APART = regex(r"(?<=\d)\s*(?:和|与|及|以及|and|&)\s*(?=[A-Za-z\d])|[、,;|/\s]+")
_NOTHING = BLANK_WORDS | OPEN_WORDS | SAME_WORDS
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-"))
_TIDY = regex(rf"{USUAL}\Z")


def references(raw: Value) -> Value | ParsedValue:
    """The entries (`model.dependency`), each once, in order. V242 names what was left out: remarks, lags in hours or percent."""
    if type(raw) is str and _TIDY.match(raw):
        return (raw,)
    text = raw if type(raw) is str and raw.isascii() else plain(shown(raw).replace("\n", "、")).translate(_DASHES)
    dropped: list[str] = []
    text = _LINK.sub(lambda found: _entry_end(found, dropped), text)
    text = _RANGE.sub(_spread, text)
    if "(" in text:
        dropped += [m[1].strip() for m in _NOTE.finditer(text)]
        text = _NOTE.sub(" ", text)
    parts = [p for p in _APART.split(text) if p]
    if not _NOTHING.isdisjoint(parts):  # RW-001、- and RW-001、待定 contain one task
        dropped += [p for p in parts if p in OPEN_WORDS]
        parts = [p for p in parts if p not in _NOTHING]
    found = tuple(dict.fromkeys(dependency(part).entry for part in parts)) or None
    return ParsedValue(found, (Remark("V242", {"dropped": tuple(dropped)}),)) if dropped else found


def _entry_end(found: re.Match[str], dropped: list[str]) -> str:
    """What stands after the ID in the stored form: `SS+2d`, or "" for an ordinary link."""
    said = found["kind"] or found["apart"] or found["inside"] or "FS"
    kind = _WORDS.get(said, said.upper())
    lag = found["lag"] or found["apart_lag"] or found["inside_lag"] or found["only"]
    if not lag:
        return kind
    sign, number, unit = _LAG_PARTS.fullmatch(lag.strip()).groups()  # type: ignore[union-attr]  # it matched as a lag
    known = next((own for own, words in _UNITS if re.fullmatch(words, unit, re.I)), "d" if not unit else "")
    if not known or "." in number or len(number) > 4:
        dropped.append(lag.strip())
        return kind
    return f"{kind}{sign}{int(number)}{known}" if int(number) else kind


def _spread(found: re.Match[str]) -> str:
    """The IDs of a range, or the text unchanged where it may be something else."""
    stem, first, last = found["stem"], found["first"], found["last"]
    numbers = range(int(first), int(last) + 1)
    if not 2 <= len(numbers) <= LONGEST_RANGE or (found["dash"] and not stem[:1].isalpha()):
        return found[0]
    return "、".join(f"{stem}{number:0{len(first)}d}{found['tail'] or ''}" for number in numbers)
