"""The departments of the project and their contacts: sheet 部门与接口人 as a value."""

from __future__ import annotations

import pickle
import unicodedata
from collections.abc import Callable, Iterable
from functools import cached_property, lru_cache
from typing import NamedTuple

from msgspec.structs import astuple

from collab_xl.model.record import Struct, field


class Person(NamedTuple):
    name: str
    mail: str = ""


class Department(Struct, frozen=True):
    name: str
    aliases: tuple[str, ...] = ()
    liaison: str = ""
    emails: tuple[str, ...] = ()
    head: str = ""
    superior: str = ""
    sponsor: str = ""
    head_mail: str = ""
    superior_mail: str = ""
    sponsor_mail: str = ""
    """Their addresses; "" where the sheet has none."""

    @property
    def superior_or_head(self) -> Person:
        return Person(self.superior, self.superior_mail) if self.superior else Person(self.head, self.head_mail)

    @property
    def sponsor_person(self) -> Person:
        return Person(self.sponsor, self.sponsor_mail)


@lru_cache(8192)
def folded(name: str) -> str:
    """A name in the form used for comparing: width, case and white space are ignored."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


class Directory(Struct, frozen=True, dict=True):
    """Every department in sheet order. An empty directory has no departments and accepts every name as it is."""

    departments: tuple[Department, ...] = field(default=())

    def __reduce__(self) -> tuple[Callable[[bytes], Directory], tuple[bytes]]:
        """The directory is sent to a worker with every file it reads. Each worker builds it once and caches it."""
        return _unpacked, (self._packed,)

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def superiors(self) -> frozenset[str]:
        """The names of those above a department, or its heads where nobody is."""
        return frozenset(d.superior_or_head.name for d in self.departments)

    @cached_property
    def sponsors(self) -> frozenset[str]:
        return frozenset(d.sponsor_person.name for d in self.departments)

    @cached_property
    def _hash(self) -> int:
        return hash(self.departments)

    @cached_property
    def _packed(self) -> bytes:
        return pickle.dumps([astuple(d) for d in self.departments], pickle.HIGHEST_PROTOCOL)

    @classmethod
    def of(cls, departments: Iterable[Department]) -> Directory:
        return cls(tuple(departments))

    @cached_property
    def _by_name(self) -> dict[str, str]:
        names: dict[str, str] = {}
        for d in self.departments:
            for name in (d.name, *d.aliases):
                names.setdefault(folded(name), d.name)
        return names

    def find(self, name: str) -> str | None:
        """The official name of the department with this name or alias; None if unknown."""
        return self._by_name.get(folded(name))

    def department(self, name: str) -> Department | None:
        return self._by_official_name.get(self.find(name) or "")

    @cached_property
    def _by_official_name(self) -> dict[str, Department]:
        return {d.name: d for d in reversed(self.departments)}

    def of_sender(self, address: str) -> str | None:
        """The department an e-mail address belongs to (case is ignored); None if there is none."""
        wanted = address.strip().casefold()
        for d in self.departments:
            if wanted in (mail.casefold() for mail in d.emails):
                return d.name
        return None


@lru_cache(8)
def _unpacked(departments: bytes) -> Directory:
    return Directory(tuple(Department(*fields) for fields in pickle.loads(departments)))
