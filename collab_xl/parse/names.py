"""Departments, people and references in a cell. Pure.

`市场部/*经理` is a department and a person; `产品部/售后部/法务部` are three departments: what looks like a department (its ending,
or the directory knows it) tells the two apart.
"""

from __future__ import annotations

import re

from collab_xl.model.directory import Directory
from collab_xl.model.values import Unreadable, Value
from collab_xl.parse.remarks import Reading, Remark
from collab_xl.parse.text import NAME_SEPARATORS, clean, loose, nearest, plain, shown

_ENDING = re.compile(r".(?:部门?|组|中心|科|处|室|团队|小组|公司|局|院|委|办|事业部|department|dept\.?|team|division|office|group)$", re.I)
_ALL = frozenset(
    {"各部门", "所有部门", "全部门", "全体部门", "全部部门", "各相关部门", "全部", "全体", "all", "alldepartments", "everyone"}
)
_SLASH = re.compile(r"\s*[/／]\s*")
_AND = re.compile(r"\s*(?:和|与|及|以及|&|\band\b)\s*")
_LINKED = re.compile(r"(?<=\d)(?:fs|ss|ff|sf)(?![a-z])(?:\s*[+-]\s*\d+\s*(?:[a-z]+|[天日周]))?", re.I)
_CODES = re.compile(r"[、,;|/\s]+")
_NOTE = re.compile(r"^(.+?)\s*[(（][^()（）]*[)）]$")


def looks_like_department(name: str, directory: Directory) -> bool:
    return directory.find(name) is not None or bool(_ENDING.search(name))


def split_names(text: str) -> list[str]:
    return [part for part in (clean(p) for p in NAME_SEPARATORS.split(text)) if part]


def _one(name: str, directory: Directory) -> tuple[str, Remark | None]:
    """The department's own name, and a remark when nobody knows it."""
    own = directory.find(name)
    if own is None and (noted := _NOTE.match(name)):
        own = directory.find(noted[1])
    if own is not None:
        return own, None
    if not directory.departments:
        return name, None
    known = [d.name for d in directory.departments]
    return name, Remark("V220", {"name": name, "suggestion": nearest(name, known), "known": tuple(known[:12])})


def departments(raw: Value, directory: Directory) -> Value | Reading:
    """A tuple of department names, in the order written, each once."""
    text = clean(shown(raw))
    if loose(text) in _ALL:
        if directory.departments:
            return Reading(tuple(d.name for d in directory.departments), (Remark("V241", {"count": len(directory.departments)}),))
        return Reading((text,), (Remark("V221"),))
    names: list[str] = []
    remarks: list[Remark] = []
    for part in split_names(text):
        for name in _departments_in(part, directory, remarks):
            own, remark = _one(name, directory)
            if own not in names:
                names.append(own)
            if remark:
                remarks.append(remark)
    if not names:
        return None
    return Reading(tuple(names), tuple(remarks)) if remarks else tuple(names)


def _departments_in(part: str, directory: Directory, remarks: list[Remark]) -> list[str]:
    if directory.find(part) is not None:
        return [part]
    apart = part.split()
    if len(apart) > 1 and all(looks_like_department(p, directory) for p in apart):
        return apart
    pieces = [p for p in _SLASH.split(part) if p]
    like = [looks_like_department(p, directory) for p in pieces]
    if len(pieces) > 1 and like[0] and not any(like[1:]):
        remarks.append(Remark("V238", {"department": pieces[0], "person": "/".join(pieces[1:])}))
        pieces = pieces[:1]
    out: list[str] = []
    for piece in pieces:
        joined = [p for p in _AND.split(piece) if p]
        out += joined if len(joined) > 1 and all(looks_like_department(p, directory) for p in joined) else [piece]
    return out


def department(raw: Value, directory: Directory, person_field: str = "") -> Value | Reading:
    """One department's name. Several are refused (V215): who is responsible is not ours to pick.

    A person beside it (`市场部/*经理`) is told to the row's `person_field`.
    """
    read = departments(raw, directory)
    names, remarks = (read.value, read.remarks) if isinstance(read, Reading) else (read, ())
    if not isinstance(names, tuple):
        return read
    if len(names) > 1:
        return Reading(Unreadable(shown(raw)), (Remark("V215", {"count": len(names)}),))
    person = next((str(r.facts["person"]) for r in remarks if r.code == "V238"), "")
    also: dict[str, Value] = {person_field: person} if person and person_field else {}
    return Reading(names[0], remarks, also) if remarks else names[0]


def person(raw: Value, directory: Directory, department_field: str) -> Value | Reading:
    """A name as written; `市场部/*经理` gives the person and tells the department to the row's `department_field`."""
    text = clean(shown(raw))
    pieces = [p for p in _SLASH.split(text) if p]
    if department_field and len(pieces) == 2 and not NAME_SEPARATORS.search(text):
        first, rest = pieces
        if looks_like_department(first, directory) and not looks_like_department(rest, directory):
            own, remark = _one(first, directory)
            remarks = (Remark("V238", {"department": own, "person": rest}), *([remark] if remark else []))
            return Reading(rest, remarks, {department_field: own})
    return text


def department_person(raw: Value, directory: Directory, into: tuple[str, ...], several: bool) -> Value | Reading:
    """A cell of 部门/人. Two fields: department and person; one field: its departments, the person goes into the remark."""
    if len(into) == 1:
        return departments(raw, directory) if several else department(raw, directory)
    text = clean(shown(raw))
    pieces = [p for p in _SLASH.split(text, maxsplit=1) if p]
    if len(pieces) == 2 and not NAME_SEPARATORS.search(text) and not looks_like_department(pieces[1], directory):
        own, remark = _one(pieces[0], directory)
        return Reading(own, (remark,) if remark else (), {into[1]: pieces[1]})
    if len(pieces) == 1 and not NAME_SEPARATORS.search(text):
        if looks_like_department(text, directory):
            return department(raw, directory)
        return Reading(None, (), {into[1]: text})
    return department(raw, directory)


def code(raw: Value) -> str:
    """An ID: text in half-width; numbers without a decimal tail, texts with every zero."""
    return plain(shown(raw))


def references(raw: Value) -> Value | Reading:
    """IDs, each once, in order. `2fs+1d` names task 2 and a kind of dependency that is not kept."""
    text = raw if type(raw) is str and raw.isascii() else plain(shown(raw).replace("\n", "、"))
    dropped = [m[0].strip() for m in _LINKED.finditer(text)]
    if dropped:
        text = _LINKED.sub("", text)
    found = tuple(dict.fromkeys(p for p in _CODES.split(text) if p)) or None
    return Reading(found, (Remark("V242", {"dropped": tuple(dropped)}),)) if dropped else found
