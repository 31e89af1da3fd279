"""Turn text from outside (mail headers, file names) into text that can be encoded, stored and shown. Pure.

Python represents bytes outside the expected charset as single surrogates; a mail can also contain single surrogates. No file, database
or terminal accepts them.
"""

from __future__ import annotations

import re
from typing import Any

from collab_xl.model.regex import regex

_RAW = regex("[\udc80-\udcff]")
"""A byte kept by `surrogateescape` (names from `os`, headers from `email`)."""
_NO_BYTE = regex("[\ud800-\udc7f\udd00-\udfff]")
_NO_CHARACTER = regex("[\ud800-\udfff\ufffe\uffff]")
_CHARSETS = {
    **dict.fromkeys(("utf8", "unicode11utf8", "usascii", "ascii", "ansix341968", "646"), "utf-8"),
    **dict.fromkeys(("gb2312", "gbk", "gb231280", "gb18030", "cp936", "ms936", "windows936", "xgbk", "euccn", "hzgb2312"), "gb18030"),
    **dict.fromkeys(("big5", "csbig5", "cp950", "windows950", "xxbig5"), "cp950"),
    "big5hkscs": "big5hkscs",
    **dict.fromkeys(("shiftjis", "sjis", "xsjis", "cp932", "windows31j", "windows932", "ms932"), "cp932"),
    "iso2022jp": "iso2022_jp",
    "eucjp": "euc_jp",
    **dict.fromkeys(("euckr", "ksc56011987", "cp949", "windows949", "uhc"), "cp949"),
    "iso2022kr": "iso2022_kr",
    "koi8r": "koi8-r",
    "koi8u": "koi8-u",
    "tis620": "tis-620",
    **dict.fromkeys(("iso88591", "latin1", "l1", "cp819"), "cp1252"),
    **{f"iso8859{n}": f"iso8859-{n}" for n in (*range(2, 12), *range(13, 17))},
    **{f"{name}{n}": f"cp{n}" for name in ("windows", "cp") for n in range(1250, 1259)},
}
"""Charsets a text may name, without marks and in lower case → Python's codec. Python knows others that decode no text of people
(utf-7, unicode_escape, punycode, idna, rot13): what names one of them is read as UTF-8 or GB18030."""


def decoded(raw: bytes, charset: str = "") -> str:
    """Decode bytes with the named charset if it is allowed, else as UTF-8, else as GB18030, with U+FFFD for undecodable bytes."""
    named = _CHARSETS.get(re.sub(r"[^a-z0-9]", "", charset.split("*")[0].lower()))
    for choice in dict.fromkeys((named or "utf-8", "utf-8", "gb18030")):
        try:
            return encodable(raw.decode(choice))
        except UnicodeError:
            continue
    return raw.decode("utf-8", "replace")


def encodable(text: str) -> str:
    """Make the text encodable: decode escaped bytes (UTF-8, else GB18030), join surrogate pairs, replace single surrogates by U+FFFD."""
    if text.isprintable():
        return text
    if _RAW.search(text) and not _NO_BYTE.search(text):
        # each path part by itself: its encoding may differ; with its letters: two GBK bytes may look like one UTF-8 character
        text = "/".join(decoded(name.encode("utf-8", "surrogateescape")) if _RAW.search(name) else name for name in text.split("/"))
    if not _NO_CHARACTER.search(text):
        return text
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _NO_CHARACTER.sub("\ufffd", joined)


def encodable_data(data: Any) -> Any:
    """Apply `encodable` to every text in JSON data."""
    if isinstance(data, str):
        return encodable(data)
    if isinstance(data, list):
        return [encodable_data(item) for item in data]
    return {encodable(key): encodable_data(value) for key, value in data.items()} if isinstance(data, dict) else data
