"""Sheet 部门与接口人 as a Directory. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from collab_xl.model.directory import Department, Directory, folded
from collab_xl.model.values import Value
from collab_xl.read.names import split_names
from collab_xl.read.text import clean, shown

_MAILS = re.compile(r"[\s、,，;；|<>]+")


def directory_of(rows: Iterable[Mapping[str, Value]]) -> Directory:
    """Rows of the departments table (`service.service_rows`) in sheet order.

    Several aliases or addresses in a cell are separated by 、 , ; or a line break; of `张三 <a@b.cn>` the address is kept.
    A row without a name is left out; a name that occurs twice is one department with the addresses and aliases of both.
    """
    found: dict[str, Department] = {}
    for row in rows:
        name = _text(row, "name")
        if not name:
            continue
        one = Department(
            name=name,
            aliases=tuple(split_names(_text(row, "aliases"))),
            liaison=_text(row, "liaison"),
            emails=tuple(m.strip(".") for m in _MAILS.split(_text(row, "emails").replace("mailto:", "")) if "@" in m),
            head=_text(row, "head"),
            superior=_text(row, "superior"),
            sponsor=_text(row, "sponsor"),
        )
        first = found.get(folded(name))
        found[folded(name)] = _both(first, one) if first else one
    return Directory.of(found.values())


def _both(first: Department, second: Department) -> Department:
    return Department(
        first.name,
        tuple(dict.fromkeys((*first.aliases, *second.aliases))),
        first.liaison or second.liaison,
        tuple(dict.fromkeys((*first.emails, *second.emails))),
        first.head or second.head,
        first.superior or second.superior,
        first.sponsor or second.sponsor,
    )


def _text(row: Mapping[str, Value], name: str) -> str:
    return clean(shown(row.get(name)))
