"""Files that prove something (证明材料): their names, where their reading copies lie, and the links to them. Pure.

A file comes from outside, so its name is never used as it is: `clean_name` is what a cell shows, `kept_name` what a file is called.
Source: decision 0040.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from typing import NamedTuple

from collab_xl.model.cell_text import shortened
from collab_xl.model.regex import regex
from collab_xl.model.values import Link, Value

EVIDENCE = "evidence"
"""`CellChange.why` of a file named in a cell."""
FOLDER = "evidence"
"""Below the project's folder: one folder a row."""
MAX_NAME, MAX_STEM, MAX_ENDING = 120, 60, 10
"""Characters of a name as shown; of a file's name before and after the dot (Windows counts the whole path)."""
_UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
"""Categories of characters that are not shown, or turn a text around: `报告‮fdp.exe` looks like a PDF."""
_BETWEEN = regex(r"[；;、，,\n]")
_BEFORE_A_NAME = "见附为是及和与"
_REFUSED = regex(r'[<>:"/\\|?*#%\[\]]+')
"""Not allowed in names on Windows; `#` and `%` mean something in a link, brackets name a workbook."""
_RESERVED = regex(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$)", re.IGNORECASE)
_LINK = regex(r'=HYPERLINK\("((?:[^"]|"")*)",(.*)\)\s*', re.IGNORECASE | re.DOTALL)
_TARGET = regex(r"[^/\\:]+\.collab/" + FOLDER + r"/[^/\\]+(?:/[^/\\]+)?", re.IGNORECASE)


class Named(NamedTuple):
    """One file named in the evidence column of one row."""

    sha256: str
    form: str
    row_key: str


def clean_name(name: str) -> str:
    """A file's name as a cell shows it: without folders and characters that are not seen, and never the beginning of a formula."""
    last = re.split(r"[/\\]", name)[-1]
    seen = "".join(c for c in unicodedata.normalize("NFC", last) if unicodedata.category(c) not in _UNSEEN)
    plain = " ".join(seen.split()).lstrip("=+-@' ") or "_"
    plain = f"_{plain}" if plain.startswith(".") else plain
    if len(plain) <= MAX_NAME:
        return plain
    stem, ending = _split(plain)
    return f"{stem[: MAX_NAME - len(ending) - 1]}…{ending}"


def kept_name(name: str, sha256: str, sent: datetime | None) -> str:
    """What the reading copy is called: stem, day, the beginning of its hash, ending. The same file has the same name everywhere."""
    stem, ending = _split(clean_name(name))
    day = f" {sent:%Y-%m-%d}" if sent else ""
    return f"{_in_file(stem)[:MAX_STEM].rstrip(' .')}{day} {sha256[:6]}{_in_file(ending)}"


def row_folder(row_key: str) -> str:
    """The folder of a row below `FOLDER`, by its key."""
    return _in_file(clean_name(re.sub(r"[/\\]", "_", row_key)))[:MAX_STEM].rstrip(" .") or "_"


def _split(name: str) -> tuple[str, str]:
    stem, dot, ending = name.rpartition(".")
    return (stem, f".{ending}") if dot and stem and len(ending) <= MAX_ENDING else (name, "")


def _in_file(part: str) -> str:
    safe = _REFUSED.sub("_", part)
    return _RESERVED.sub(r"_\1", safe, count=1) if _RESERVED.match(safe) else safe


def target_of(project_folder: str, row_key: str, file: str = "") -> str:
    """Where a link leads, from the folder of the master: to a file, or to the folder of the row."""
    parts = [_in_link(project_folder), FOLDER, row_folder(row_key), *([file] if file else [])]
    return "/".join(parts)


def _in_link(name: str) -> str:
    """Excel reads `%23` in a link as `#`, and `#` as the beginning of a place in the file."""
    return name.replace("%", "%25").replace("#", "%23")


def link_in(formula: str | None, text: object) -> Link | None:
    """The link of a cell that we wrote (`target_of`), from its formula and its value; None for anything else, as a user's own link."""
    found = _LINK.fullmatch(formula) if formula and isinstance(text, str) else None
    target = found[1].replace('""', '"') if found else ""
    return Link(target, str(text)) if _TARGET.fullmatch(target) and ".." not in target.split("/") else None


def with_name(words: str | None, name: str, lang: str) -> str:
    """The text of the cell with one more file; unchanged where one of its parts is the file's name already."""
    if not words:
        return name
    there = folded(name) in map(folded, _BETWEEN.split(words))
    return words if there else shortened(f"{words}{'；' if lang == 'zh' else '; '}{name}")


def still_linked(stands: Value, new: Value) -> Value:
    """What is written over a cell with our link: a text that names one of its files is still the link; any other value replaces it."""
    if (
        isinstance(stands, Link)
        and isinstance(new, str)
        and any(mentions(new, part) for part in _BETWEEN.split(stands.text) if part.strip())
    ):
        return Link(stands.target, new)
    return new


def mentions(words: str, name: str) -> bool:
    """Whether a text names a file: `见报告.pdf` names 报告.pdf, and 测试报告.pdf does not."""
    text, wanted = f" {folded(words)}", folded(name)
    at = text.find(wanted)
    while at > 0 and text[at - 1] not in _BEFORE_A_NAME and (text[at - 1].isalnum() or text[at - 1] in "._-"):
        at = text.find(wanted, at + 1)
    return at > 0


def folded(words: str) -> str:
    """A text in the form used for comparing: width, case, dashes and white space do not count."""
    plain = unicodedata.normalize("NFKC", words).casefold()
    return " ".join(re.sub("[\u2010-\u2015\u2212]", "-", plain).split())
