"""Split what a request form says in one cell into rows: milestones, resources, opinions. Pure.

In: a text and the names of the departments.  Out: entries (field → the piece of text), and the pieces that could not be split.
Only what is certain is split: a milestone needs a name, a resource a number and a name, an opinion a department and a known word.
The pieces are read like any other cells afterwards, so a date without a year or an unknown department is reported as ever.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from collab_xl.forms import Form, RequestPart
from collab_xl.model.directory import Directory
from collab_xl.model.regex import regex
from collab_xl.read.names import looks_like_department
from collab_xl.read.text import clean, plain

Entry = dict[str, str]
Split = tuple[list[Entry], list[str]]

_STEP = regex(r"\s*(?:→|⇒|➔|➜|->|=>|—>|>>|[;；\n])\s*")
_COMMAS = regex(r"\s*[、,，]\s*(?![^(（]*[)）])")
_NUMBER = regex(r"^\s*(?:[一二三四五六七八九十]+、|[（(][一二三四五六七八九十\d]+[)）]|\d{1,2}[.、)）](?!\d)|[①-⑳]|[-•·*](?=\s))\s*")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*\.?"
_DAY = (
    r"(?:\d{4}\s*[-./年]\s*\d{1,2}\s*[-./月]\s*\d{1,2}\s*日?|\d{1,2}月(?:\d{1,2}[日号]?|底|末)|\d{1,2}[./]\d{1,2}(?!\d)"
    rf"|{_MONTH}\s+\d{{1,2}}(?:,?\s+\d{{4}})?|\d{{1,2}}\s+{_MONTH}(?:\s+\d{{4}})?)(?:\s*(?:前|之前|以前))?"
)
_ANY_DAY = regex(_DAY, re.I)
_IN_BRACKETS = regex(rf"^(.+?)\s*[(（\[【]\s*(?:by\s+)?({_DAY})\s*[)）\]】]$", re.I)
_LAST = regex(rf"^(.+?)\s*[:：,，\s—–-]*\s*(?:by\s+|on\s+)?({_DAY})(?:完成)?$", re.I)
_FIRST = regex(rf"^({_DAY})\s*[:：,，\s—–-]*\s*(.+)$", re.I)

_WHO = regex(r"^([^:：]{2,30}?)\s*[:：]\s*(.+)$", re.S)
_QUANTITY = r"((?:约)?\d[\d,]*(?:\.\d+)?\s*[百千万亿]?)"
_PEOPLE = r"名|人月|人天|人日|人次|人|位|people|persons?|heads?|fte"
_MONEY = r"元|万元|人民币|rmb|cny|usd|yuan|dollars?"
_THINGS = r"台|套|个|件|份|场|次|间|辆|天|周|条|批|块|pcs|pieces?|days?|weeks?|units?|sets?|licen[cs]es?"
_UNIT = rf"({_PEOPLE}|{_MONEY}|{_THINGS})"
_COUNT_FIRST = regex(rf"^{_QUANTITY}\s*{_UNIT}?\s*(?:的|of\s+)?([^\d\s].*)$", re.I)
_COUNT_LAST = regex(rf"^(.*?[^\d\s,，约:：×x*])\s*[:：×x*]?\s*{_QUANTITY}\s*{_UNIT}?$", re.I)
_IS_MONEY = regex(rf"(?:{_MONEY})$|预算|经费|费用|资金|budget|funding", re.I)
_IS_PEOPLE = regex(rf"(?:{_PEOPLE})$", re.I)
_ARE_PEOPLE = regex(r"(?:人力|人员|工程师|专员|developers?|engineers?|testers?|analysts?|designers?)$", re.I)

_OPINION_END = regex(r"^\s*([^(（,，。.;；\s]+)\s*(?:[(（]([^()（）]*)[)）]|[,，。.;；\s]\s*(.*))?\s*$", re.S)


def split(part: RequestPart, form: Form, text: str, directory: Directory, is_word: Callable[[str], bool]) -> Split:
    """The entries of a part's text. `is_word`: whether a text is one of the opinions."""
    text = clean(text)
    if part.how == "whole":
        return [{part.columns[0].field: text}], []
    if part.how == "dates":
        return _each(_steps(text), lambda one: _milestone(one, form))
    if part.how == "amounts":
        return _resources(text, part, form, directory)
    return _each(_lines(text), lambda one: _opinion(one, part, form, directory, is_word))


def _each(pieces: Sequence[str], read: Callable[[str], Entry | None]) -> Split:
    found = [(piece, read(piece)) for piece in pieces]
    return [entry for _, entry in found if entry], [piece for piece, entry in found if not entry]


def _lines(text: str) -> list[str]:
    return [piece for each in re.split(r"[;；\n]+", text) if (piece := _NUMBER.sub("", each).strip(" 。"))]


def _steps(text: str) -> list[str]:
    """Milestones: separated by arrows, semicolons or lines; by commas only where every piece then has its day."""
    pieces = [p for each in _STEP.split(text) if (p := _NUMBER.sub("", each).strip(" 。"))]
    out: list[str] = []
    for piece in pieces:
        smaller = [p for p in _COMMAS.split(piece) if p]
        out += smaller if len(smaller) > 1 and all(_ANY_DAY.search(p) for p in smaller) else [piece]
    return out


def _milestone(text: str, form: Form) -> Entry | None:
    title, due = form.id_of("title"), form.id_of("due")
    for pattern, name, day in ((_IN_BRACKETS, 1, 2), (_LAST, 1, 2), (_FIRST, 2, 1)):
        found = pattern.match(text)
        if found and len(_ANY_DAY.findall(text)) == 1:
            return {title: found[name].strip(" ：:，,"), due: found[day]}
    return {title: text} if len(text) <= 30 and not _ANY_DAY.search(text) else None


def _resources(text: str, part: RequestPart, form: Form, directory: Directory) -> Split:
    entries: list[Entry] = []
    left: list[str] = []
    for line in _lines(text):
        giver, rest = "", line
        who = _WHO.match(line)
        if who and looks_like_department(who[1].strip(), directory):
            giver, rest = who[1].strip(), who[2]
        for piece in filter(None, (p.strip() for p in re.split(r"\s*[、,，+＋]\s*(?!\d{3}(?!\d))", rest))):
            entry = _resource(piece, part, form)
            if entry is None:
                left.append(piece)
                continue
            if giver and "from" in part.pieces:
                entry[part.pieces["from"]] = giver
            entries.append(entry)
    return entries, left


def _resource(text: str, part: RequestPart, form: Form) -> Entry | None:
    first, last = _COUNT_FIRST.match(plain(text)), _COUNT_LAST.match(plain(text))
    if first:
        need, unit, name = first[1], first[2] or "", first[3]
    elif last:
        name, need, unit = last[1], last[2], last[3] or ""
    else:
        return None
    entry = {form.id_of("title"): name.strip(), form.id_of("need"): need.strip()}
    money = _IS_MONEY.search(unit) or _IS_MONEY.search(name)
    people = not money and (_IS_PEOPLE.search(unit) or _ARE_PEOPLE.search(name))
    kind = part.pieces.get("funds" if money else "staff" if people else "", "")
    said = {"unit": unit, "kind": kind}
    return entry | {part.pieces[piece]: value for piece, value in said.items() if piece in part.pieces and value}


def _opinion(text: str, part: RequestPart, form: Form, directory: Directory, is_word: Callable[[str], bool]) -> Entry | None:
    who = _WHO.match(text)
    if who is None:
        return None
    department, person = _department_in(who[1].strip(), directory)
    said = _OPINION_END.match(who[2])
    if not department or said is None or not is_word(said[1]):
        return None
    rest = (said[2] or said[3] or "").strip(" 。")
    day = _ANY_DAY.search(rest)
    if day:
        rest = (rest[: day.start()] + rest[day.end() :]).strip(" ，,、；;。()（）")
    entry = {form.department_field: department, form.id_of("status"): said[1]}
    more = {"by": person, "on": day[0] if day else "", "why": rest}
    return entry | {part.pieces[piece]: value for piece, value in more.items() if piece in part.pieces and value}


def _department_in(who: str, directory: Directory) -> tuple[str, str]:
    """The department and the person or post in 市场部经理, 市场部/张三, 张三（市场部）."""
    if looks_like_department(who, directory):
        return who, ""
    for end in range(len(who) - 1, 1, -1):
        name, rest = who[:end].strip(" /／-—:："), who[end:].strip(" /／-—:：()（）")
        if rest and looks_like_department(name, directory):
            return name, rest
    note = re.match(r"^(.+?)\s*[(（](.+?)[)）]$", who)
    if note and looks_like_department(note[2], directory):
        return note[2], note[1]
    return "", ""


def with_kinds(entry: Mapping[str, str], form: Form, lang: str) -> Entry:
    """The entry with the ids of choices as the words that the reader knows."""
    out = dict(entry)
    for name, value in entry.items():
        field = form.named(name)
        if field is not None and field.kind in ("choice", "yesno") and value in {c.id for c in field.choices}:
            out[name] = field.label(value, lang)
    return out
