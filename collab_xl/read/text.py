"""Functions for texts: cleaning, folding, placeholders, near misses. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache

from collab_xl.model.regex import regex
from collab_xl.model.similar import nearest as similar_name
from collab_xl.model.values import Value

# Zero-width characters, byte order marks and soft hyphens; they come from copying out of web pages and chats.
INVISIBLE = regex("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_SIMPLE = "\0-\u02ff\u2000-\u206f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef"
"""Latin, Chinese, Japanese and Korean: a joiner next to these has no effect."""
_LEFT_BEHIND = regex(
    f"[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\ufeff]|(?:^|(?<=[{_SIMPLE}]))[\u200c\u200d]|[\u200c\u200d](?=[{_SIMPLE}]|$)"
)
NAME_SEPARATORS = regex(r"[、,，;；\n|｜]+")
BLANK_WORDS = frozenset(
    {"-", "--", "---", "—", "——", "–", "−", "/", "//", "\\", "无", "暂无", "n/a", "na", "none", "nil", "_", "__", "・", "."}
)
OPEN_WORDS = frozenset({"待定", "未定", "待确认", "待商定", "待商议", "待讨论", "待明确", "待补充", "tbd", "tba", "tbc", "?", "??", "???"})
SAME_WORDS = frozenset({"同上", "同上。", "〃", '"', "″", "ditto", "same as above", "as above"})
CLEAR_WORDS = frozenset({"清空", "clear"})


def clean(text: str) -> str:
    """The text without outer white space and invisible characters, composed (NFC), with LF as line end. "" if nothing is left."""
    if text.isprintable():  # nearly every cell: no line break, no invisible character, no white space but blanks
        return (text if text.isascii() or unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)).strip()
    text = _LEFT_BEHIND.sub("", text)  # joiners within 👨‍👩‍👧 or between letters of other scripts are content
    return unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").strip()


@lru_cache(maxsize=4096)
def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", INVISIBLE.sub("", text)).split())


def plain(text: str) -> str:
    """The text for recognising: NFKC (full-width to half-width), no invisible characters, single blanks as white space, case unchanged."""
    return " ".join(text.split()) if text.isascii() else _plain(text)


@lru_cache(maxsize=4096)
def loose(text: str) -> str:
    """The text for comparing words: `plain` without blanks, case folded."""
    return plain(text).replace(" ", "").casefold()


def shown(value: Value) -> str:
    """A raw value as a person sees it: 5, 0.8, 2024-07-01, TRUE; a whole number with all its digits, because IDs may be long."""
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case str():
            return value
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e21 else f"{value:.15g}"
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M:%S" if value.second else "%Y-%m-%d %H:%M")
        case date():
            return value.isoformat()
        case _:
            return str(value)


def quoted(value: Value, limit: int = 120) -> str:
    """`shown` on one line, shortened for a message."""
    text = " ".join(shown(value).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def nearest(word: str, choices: Iterable[str], least: float = 0.5) -> str:
    """The choice most similar to the word; "" if none is similar."""
    return similar_name(word, choices, least, loose)
