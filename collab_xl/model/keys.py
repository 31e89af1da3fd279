"""The next key of a form: the highest number at the end of a key plus one, with the same prefix and width.

`RW-007` → `RW-008`, `XZ2024001` → `XZ2024002`, `XZ-2024-009` → `XZ-2024-010`, `RW-999` → `RW-1000`.
A used key is never assigned again, even after its row was deleted: an old pack may still refer to the old row.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping

from collab_xl.model.record import replace
from collab_xl.model.regex import regex
from collab_xl.model.sheets import Table
from collab_xl.model.values import Clear, Unreadable, Value

_TAIL = regex(r"(?s)(.*?)([0-9]{1,18})$")


def key_text(value: Value) -> str:
    """A key cell as text; "" when it is blank, unreadable or to be cleared. A whole number keeps its digits."""
    if type(value) is str:  # nearly every key
        return value.strip()
    if value is None or isinstance(value, (bool, Unreadable, Clear)):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def spelling(key: str) -> str:
    """An ID in the form used for comparing spellings: width, case, white space and dashes are ignored; zeros count."""
    return "".join(filter(str.isalnum, (key if key.isascii() else unicodedata.normalize("NFKC", key)).casefold()))


class KeyMaker:
    """Makes new keys for one form.

    New keys begin with `prefix` if a used key is `prefix` followed by digits. Otherwise with the prefix most keys have (the last
    in order of equally frequent ones). With no numbered key `prefix` and `width` are used.
    """

    def __init__(self, prefix: str, width: int, used: Iterable[str]) -> None:
        self._used: set[str] = set()
        self._highest: dict[str, tuple[int, int]] = {}  # prefix → highest number, width
        self._count: Counter[str] = Counter()
        self._default = (prefix, width)
        for key in used:
            self.take(key)

    def __contains__(self, key: object) -> bool:
        return key in self._used

    def take(self, key: str) -> None:
        """Mark a key as used."""
        if not key or key in self._used:
            return
        self._used.add(key)
        if found := _TAIL.match(key):
            prefix, digits = found[1], found[2]
            number, width = self._highest.get(prefix, (0, 0))
            self._highest[prefix] = (max(number, int(digits)), max(width, len(digits)))
            self._count[prefix] += 1

    def next(self) -> str:
        """Return a new key and mark it as used."""
        prefix, width = self._default
        if self._highest and prefix not in self._highest:
            prefix = max(self._count, key=lambda p: (self._count[p], p))
        number, width = self._highest.get(prefix, (0, width))
        key = f"{prefix}{number + 1:0{width}d}"
        while key in self._used:  # happens only with keys of 19 digits or more
            number += 1
            key = f"{prefix}{number + 1:0{width}d}"
        self.take(key)
        return key


def missing_keys(table: Table, key_field: str, maker: KeyMaker) -> dict[int, str]:
    """Record index → new key, in sheet order, for every record whose key cell is blank (not unreadable, no user's formula)."""
    column = table.values.get(key_field)
    if column is None:
        return {}
    return {i: maker.next() for i, value in enumerate(column) if value in (None, "") and (i, key_field) not in table.held}


def with_keys(table: Table, key_field: str, keys: Mapping[int, str]) -> Table:
    """The table with these keys filled in."""
    column = [keys.get(i, value) for i, value in enumerate(table.values[key_field])]
    return replace(table, values={**table.values, key_field: column})
