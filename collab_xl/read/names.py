"""Departments and people in a cell. Pure.

`市场部/*经理` is a department and a person; `产品部/售后部/法务部` are three departments: a part is a department by its ending or if
the directory contains it. Words next to a name that are not read are reported (V238, V243).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from collab_xl.model.directory import Directory, folded
from collab_xl.model.regex import regex
from collab_xl.model.values import Unreadable, Value
from collab_xl.read.remarks import ParsedValue, Remark
from collab_xl.read.text import BLANK_WORDS, CLEAR_WORDS, NAME_SEPARATORS, OPEN_WORDS, SAME_WORDS, clean, loose, nearest, shown

_ENDING = regex(r".(?:部门?|组|中心|科|处|室|团队|小组|公司|局|院|委|办|事业部|department|dept\.?|team|division|office|group)$", re.I)
_ALL = frozenset(
    {"各部门", "所有部门", "全部门", "全体部门", "全部部门", "各相关部门", "公司各部门", "全公司", "全部", "全体"}
    | {"all", "alldepartments", "everyone"}
)
_SLASH = regex(r"\s*[/／]\s*")
_TOGETHER = (
    regex(r"\s*[+＋]\s*"),
    regex(r"\s*(?:以及|和|与|及|\band\b)\s*", re.I),
    regex(r"\s+[&＆]\s+"),
    regex(r"\s*[&＆]\s*"),
    regex(r"\s+"),
)
_NOTHING = BLANK_WORDS | OPEN_WORDS | SAME_WORDS | CLEAR_WORDS
_DASH = regex(r"\s*[-—–－~]+\s*")
_ROLE = r"(?:牵头|主责|主办|主要|责任|负责|配合|协办|协助|协同|参与|支持|会签|主|辅|lead|support)"
_ROLE_FIRST = regex(rf"^({_ROLE}(?:部门|方)?)\s*[:：]\s*", re.I)
_ROLE_LAST = regex(rf"(?<=[部组心科处室队司])\s*({_ROLE})$")
_NUMBER = regex(
    r"(?:^|(?<=[\s\w)）;；,，、]))\s*(?:[一二三四五六七八九十]、(?=\S)|\d{1,2}\s*[.．、)）]|[(（]\d{1,2}[)）]|[①-⑳]|[-•·*](?=\s))\s*(?=[^\W\d_])"
)
_BARE = regex(r"[^\W_]+[*＊]*\Z")
_NOTE = regex(r"^(.+?)\s*[(（【\[]([^()（）【】\[\]]*)[)）】\]]$")
_NOTE_FIRST = regex(r"^[(（【\[]([^()（）【】\[\]]*)[)）】\]]\s*(.+)$")
_PAIRS = (
    regex(r"^([^/／:：]+?)\s*[/／:：]\s*([^/／:：]+)$"),
    regex(r"^([^-—–－_]+?)\s*[-—–－_]+\s*(.+)$"),
    regex(r"^(\S+)\s+(\S.*)$"),
)
_SURNAMES = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊陆郝孔白崔康毛邱秦史顾侯邵孟"
)
_DOUBLE = frozenset({"欧阳", "司马", "上官", "诸葛", "司徒", "慕容", "皇甫", "尉迟", "令狐", "夏侯", "东方", "公孙"})
_TITLED = regex(r"[*＊某×]|(?:经理|主管|总监|组长|专员|工程师|主任|部长|处长|科长|老师|负责人|接口人)$")


def looks_like_department(name: str, directory: Directory) -> bool:
    return directory.find(name) is not None or bool(_ENDING.search(name))


def looks_like_person(name: str) -> bool:
    """A masked name or title, or a common surname with one or two characters. This excludes regions and products."""
    if _TITLED.search(name):
        return True
    family = 2 if name[:2] in _DOUBLE else 1
    return family < len(name) <= family + 2 and (family == 2 or name[0] in _SURNAMES) and all("\u4e00" <= c <= "\u9fff" for c in name)


def split_names(text: str) -> list[str]:
    return [part for part in (clean(p) for p in NAME_SEPARATORS.split(text)) if part]


def _one(name: str, directory: Directory) -> tuple[str, tuple[Remark, ...]]:
    """The department's own name with its remarks: it is unknown, or words next to it were not read."""
    own, rest = directory.find(name), ""
    if own is None and (noted := _NOTE.match(name)):
        own, rest = directory.find(noted[1]), noted[2].strip()
    if own is not None:
        person = Remark("V238", {"department": own, "person": rest}) if rest and _TITLED.search(rest) else None
        return own, ((person or Remark("V243", {"rest": rest})),) if rest else ()
    if not directory.departments:
        return name, ()
    known = [d.name for d in directory.departments]
    return name, (Remark("V220", {"name": name, "suggestion": nearest(name, known), "known": tuple(known[:12])}),)


def departments(raw: Value, directory: Directory) -> Value | ParsedValue:
    """A tuple of department names, in the order written, each once."""
    text = clean(shown(raw)).strip("。.；; ")
    if loose(text) in _ALL:
        if directory.departments:
            return ParsedValue(tuple(d.name for d in directory.departments), (Remark("V241", {"count": len(directory.departments)}),))
        return ParsedValue((text,), (Remark("V221"),))
    names: list[str] = []
    remarks: list[Remark] = []
    for part in _parts(text, directory, remarks):
        if (word := loose(part)) in BLANK_WORDS or word in OPEN_WORDS:
            remarks += [Remark("V243", {"rest": part})] if word in OPEN_WORDS else []
            continue
        for name in _departments_in(part, directory, remarks):
            own, said = _one(name, directory)
            if own not in names:
                names.append(own)
            remarks += said
    if not names:
        return None
    return ParsedValue(tuple(names), tuple(remarks)) if remarks else tuple(names)


def _parts(text: str, directory: Directory, remarks: list[Remark]) -> list[str]:
    """The names between separators, without numbers and roles (牵头：, 配合)."""
    if directory.find(text) is not None:
        return [text]
    if (number := _NUMBER.match(text)) and ("、" not in number[0] or len(_NUMBER.findall(text)) > 1):  # 一、二部 is no list of one
        text = _NUMBER.sub("、", text)
    out = []
    for part in split_names(text):
        while directory.find(part) is None and (role := _ROLE_FIRST.match(part) or _ROLE_LAST.search(part)):
            remarks.append(Remark("V243", {"rest": role[1]}))
            part = part[role.end() :] if role.start() == 0 else part[: role.start()]
        out.append(part)
    return out


def _departments_in(part: str, directory: Directory, remarks: list[Remark]) -> list[str]:
    if directory.find(part) is not None:
        return [part]
    pieces = [p for p in _SLASH.split(part) if p]
    like = [looks_like_department(p, directory) for p in pieces]
    if len(pieces) > 1 and like[0] and not any(like[1:]) and not any(_short_of(p, directory) for p in pieces[1:]):
        remarks.append(Remark("V238", {"department": pieces[0], "person": "/".join(pieces[1:])}))
        return pieces[:1]
    if len(pieces) == 1 and (apart := together(part, directory)):
        department, person = apart
        remarks.append(Remark("V238", {"department": department, "person": person}))
        return [department]
    return [name for piece in pieces for name in _joined(piece, directory)]


def _short_of(name: str, directory: Directory) -> bool:
    """Whether the name is the beginning of a department's name (技术 of 技术部) and so no person."""
    short = folded(name)
    return len(short) > 1 and any(folded(n).startswith(short) for d in directory.departments for n in (d.name, *d.aliases))


def _joined(piece: str, directory: Directory) -> Sequence[str]:
    """研发部和财务部, 研发部+财务部, 研发部 财务部: split if every part looks like a department, or the directory contains one."""
    if directory.find(piece) is not None:
        return [piece]
    for sign in _TOGETHER:
        parts = [p for p in sign.split(piece) if p]
        if len(parts) < 2:
            continue
        found = [[p] if looks_like_department(p, directory) else _joined(p, directory) for p in parts]
        flat = [name for names in found for name in names]
        if all(looks_like_department(name, directory) for name in flat):
            return flat
        if (
            sign is not _TOGETHER[-1]
            and any(directory.find(n) for n in flat)
            and all(directory.find(n) or _short_of(n, directory) for n in flat)
        ):
            return flat
    dashed = [p for p in _DASH.split(piece) if p]  # 研发中心-测试组 is a team of a centre, not two departments
    return dashed if len(dashed) > 1 and all(directory.find(p) is not None for p in dashed) else [piece]


def together(text: str, directory: Directory) -> tuple[str, str] | None:
    """Department and person of 财务部-张三, 张三（财务部）, 财务部：张三, （财务部）张三; None if the cell is not clearly both."""
    if NAME_SEPARATORS.search(text):
        return None

    def both(department: str, person: str, sure: bool) -> tuple[str, str] | None:
        fits = looks_like_department(department, directory) and not looks_like_department(person, directory)
        if not (fits and person and not _short_of(person, directory)) or together(person, directory):
            return None  # the rest must be a person and nothing else
        return (department, person) if sure or looks_like_person(person) else None

    if note := _NOTE.match(text):
        inner, outer = note[2].strip(), note[1].strip()
        return both(inner, outer, directory.find(inner) is not None) or both(outer, inner, False)
    if note := _NOTE_FIRST.match(text):
        return both(note[1].strip(), note[2].strip(), directory.find(note[1].strip()) is not None)
    for sign in _PAIRS:
        if pair := sign.match(text):
            # in 研发部/前端 the parts are of different kinds; 研发部-北京 may be an office of the department, 前端/后端组 are two teams
            first, last, slash = pair[1].strip(), pair[2].strip(), sign is _PAIRS[0]
            return both(first, last, slash) or both(last, first, slash and first.isascii() and directory.find(last) is not None)
    return _run_together(text, directory)


def _run_together(text: str, directory: Directory) -> tuple[str, str] | None:
    """Department and person of 财务部张三, if the directory contains the department."""
    for cut in (len(text) - 3, len(text) - 2):
        if cut > 1 and looks_like_person(text[cut:]) and directory.find(text[:cut]) is not None:
            return text[:cut], text[cut:]
    return None


def department(raw: Value, directory: Directory, person_field: str = "") -> Value | ParsedValue:
    """One department's name. Several are unreadable (V215), because only a person can choose the responsible one.

    A person next to it (`市场部/*经理`, 财务部-张三) is written to the row's `person_field`.
    """
    read = departments(raw, directory)
    names, remarks = (read.value, read.remarks) if isinstance(read, ParsedValue) else (read, ())
    if not isinstance(names, tuple):
        return read
    if len(names) > 1:
        return ParsedValue(Unreadable(shown(raw)), (Remark("V215", {"count": len(names)}),))
    person = next((str(r.facts["person"]) for r in remarks if r.code == "V238"), "")
    also: dict[str, Value] = {person_field: person} if person and person_field else {}
    return ParsedValue(names[0], remarks, also) if remarks else names[0]


def person(raw: Value, directory: Directory, department_field: str) -> Value | ParsedValue:
    """A name as written; from `市场部/*经理` or 张三（财务部） the person, and the department for the row's `department_field`."""
    if type(raw) is str and len(raw) < 32:
        return _short_person(raw, directory, department_field)
    return _person(raw, directory, department_field)


def _person(raw: Value, directory: Directory, department_field: str) -> Value | ParsedValue:
    written = clean(shown(raw))
    if _BARE.match(written):  # nearly every cell: it contains no separator
        text, find_apart = written, _run_together
    else:
        bare = clean(written.strip("、,，;； \n\t\u3000"))
        text, find_apart = bare if bare and loose(bare) not in _NOTHING else written, together
    if department_field and (apart := find_apart(text, directory)) and directory.find(text) is None:
        own, remarks = _one(apart[0], directory)
        return ParsedValue(apart[1], (Remark("V238", {"department": own, "person": apart[1]}), *remarks), {department_field: own})
    return text


_short_person = lru_cache(16384)(_person)
"""Cached: all files of a project contain the same few hundred people. A long text is no name and is not cached."""


def department_person(raw: Value, directory: Directory, into: tuple[str, ...], several: bool) -> Value | ParsedValue:
    """A cell of 部门/人. With two fields: department and person. With one field: its departments, and the person in a remark."""
    if len(into) == 1:
        return departments(raw, directory) if several else department(raw, directory)
    text = clean(shown(raw))
    if apart := together(text, directory):
        own, remarks = _one(apart[0], directory)
        return ParsedValue(own, remarks, {into[1]: apart[1]})
    pieces = [p for p in _SLASH.split(text, maxsplit=1) if p]
    if len(pieces) == 2 and not NAME_SEPARATORS.search(text) and not looks_like_department(pieces[1], directory):
        own, remarks = _one(pieces[0], directory)
        return ParsedValue(own, remarks, {into[1]: pieces[1]})
    if len(pieces) == 1 and not NAME_SEPARATORS.search(text) and not looks_like_department(text, directory):
        return ParsedValue(None, (), {into[1]: text})
    return department(raw, directory)
