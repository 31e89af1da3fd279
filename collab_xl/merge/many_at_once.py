"""One decision for many open items: those of a department, of a kind or of a file, that have none of their own.

In: the open items and what was said of many.  Out: answers.  Pure.
It is said in the decision of one row of 冲突处理 (`本部门都采用报送`: for that row's department, file or kind), or to `resolve` itself. An
answer is the same as one typed for each row: each is carried out, shown before, and undone like any other.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from collab_xl.catalogue import LANGS, text
from collab_xl.model.directory import folded
from collab_xl.model.merge import Answer, Item, Kind
from collab_xl.model.record import Struct
from collab_xl.model.values import Value

SCOPES: Final = ("department", "file", "kind")
CHOICES: Final = ("submission", "master")


class Wish(Struct, frozen=True):
    """A choice for all open items of these departments, kinds and files; an empty set is any."""

    choice: str
    departments: frozenset[str] = frozenset()
    kinds: frozenset[Kind] = frozenset()
    files: frozenset[str] = frozenset()
    reason: str = ""

    def concerns(self, item: Item) -> bool:
        """Every candidate must be of these departments and files: a choice for one department decides nothing between two."""
        sources = [candidate.source for candidate in item.candidates]
        if not sources or (self.kinds and item.kind not in self.kinds):
            return False
        if self.departments and not all(folded(source.department) in self.departments for source in sources):
            return False
        return not self.files or all(folded(source.file) in self.files for source in sources)


def many_words(lang: str) -> list[str]:
    """The entries of the drop-down: 本部门都采用报送, 本部门都保留主表, 本文件都采用报送, …"""
    return [text(f"model.word.all_{scope}_{choice}", lang) for scope in SCOPES for choice in CHOICES]


def wish_in(value: Value, item: Item, reason: str) -> Wish | None:
    """What a decision says of many, for the item in whose row it stands; None if it is another decision, or the item has no one source."""
    said = folded(unicodedata.normalize("NFKC", str(value or "")))
    for scope in SCOPES:
        for choice in CHOICES:
            if not any(said == folded(text(f"model.word.all_{scope}_{choice}", lang)) for lang in LANGS):
                continue
            departments = frozenset(folded(candidate.source.department) for candidate in item.candidates)
            files = frozenset(folded(candidate.source.file) for candidate in item.candidates)
            if scope == "kind":
                return Wish(choice, kinds=frozenset({item.kind}), reason=reason)
            if len(departments) != 1 or (scope == "file" and len(files) != 1):
                return None
            return Wish(choice, departments, files=files if scope == "file" else frozenset(), reason=reason)
    return None


def answers_for_many(wishes: Iterable[Wish], items: Mapping[str, Item], alone: Collection[str]) -> Iterator[Answer]:
    """An answer for each open item that a wish concerns and that has none of its own (`alone`); the first wish counts.

    What waits for the master to be mended is not taken in by a decision, so a wish for the submission passes it by.
    """
    wishes = list(wishes)
    for item in items.values():
        wish = next((wish for wish in wishes if wish.concerns(item)), None)
        if item.id in alone or wish is None or (wish.choice == "submission" and item.kind is Kind.NOT_ENTERED):
            continue
        yield Answer(item.id, wish.choice, reason=wish.reason)
