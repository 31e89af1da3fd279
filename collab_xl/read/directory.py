"""Sheet 部门与接口人 as a Directory. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from collab_xl.model.directory import Department, Directory, Person, folded
from collab_xl.model.regex import regex
from collab_xl.model.values import Value
from collab_xl.read.names import split_names
from collab_xl.read.text import clean, shown

_MAILS = regex(r"[\s、,，;；|<>]+")


def directory_of(rows: Iterable[Mapping[str, Value]]) -> Directory:
    """Rows of the departments table (`service.service_rows`) in sheet order.

    Several aliases or addresses in a cell are separated by 、 , ; or a line break; of `张三 <a@b.cn>` the address is kept. Head, superior
    and sponsor may have their address behind the name.
    A row without a name is left out; a name that occurs twice is one department with the addresses and aliases of both.
    """
    found: dict[str, Department] = {}
    for row in rows:
        name = _text(row, "name")
        if not name:
            continue
        people = {each: _person(_text(row, each)) for each in ("head", "superior", "sponsor")}
        one = Department(
            name=name,
            aliases=tuple(split_names(_text(row, "aliases"))),
            liaison=_text(row, "liaison"),
            emails=addresses_in(_text(row, "emails")),
            **{each: person.name for each, person in people.items()},
            **{f"{each}_mail": person.mail for each, person in people.items()},
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
        first.head_mail or second.head_mail,
        first.superior_mail or second.superior_mail,
        first.sponsor_mail or second.sponsor_mail,
    )


def addresses_in(cell: str) -> tuple[str, ...]:
    """The addresses in a cell, each once."""
    found = (m.strip(".") for m in _MAILS.split(cell.replace("mailto:", "")) if "@" in m)
    return tuple(dict.fromkeys(found))


def people_in(cell: str) -> tuple[Person, ...]:
    """The people in a cell: names, with or without addresses, separated by `;`, `、` or a comma."""
    return tuple(_person(part.strip()) for part in re.split(r"[;；、,，\n]", cell) if part.strip())


def _person(cell: str) -> Person:
    """`王* <wang@x.cn>` → name and address; a cell without an address is a name."""
    name = cell.replace("mailto:", "").replace("（", "(").replace("）", ")")
    mails = addresses_in(name.replace("(", " ").replace(")", " "))
    if not mails:
        return Person(cell)
    for mail in mails:
        name = name.replace(mail, " ")
    return Person(" ".join(re.sub(r"[<>\s]+|\(\s*\)", " ", name).strip(" ;；,，").split()) or mails[0], mails[0])


def _text(row: Mapping[str, Value], name: str) -> str:
    return clean(shown(row.get(name)))
