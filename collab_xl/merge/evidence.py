"""Which row a file beside a pack belongs to: by an ID in its name, in the folder of its archive, or where the text of its mail names it.

In: the files that came in, the master's tables, and what the PMO has answered.  Out: for each file its rows, or that a person must be
asked, with a suggestion where there is one.  Pure.  Source: decision 0040.

A file belongs to a row only if what is said points to exactly one row with an evidence column, and the department works on that row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import combinations
from typing import NamedTuple

from collab_xl.forms import Form, Schema
from collab_xl.model.directory import Directory
from collab_xl.model.evidence import folded, mentions
from collab_xl.model.plan import Provenance
from collab_xl.model.record import Struct
from collab_xl.model.regex import regex
from collab_xl.model.sheets import Table

_TOKEN = regex(r"[0-9a-z]+(?:[-_.]+[0-9a-z]+)*")
_PIECE = regex(r"[0-9a-z]+")
MAX_PIECES = 12
SHORTEST = 4
"""Letters and digits of an ID that may be meant by the way: 附件1 does not mean row 1."""


class RowName(NamedTuple):
    """A row of the master."""

    form: str
    key: str


class Piece(Struct, frozen=True):
    """One delivery of a file. The texts are where an ID may stand, the surest first: its name, the folders of its archive, then what the
    mail says."""

    sha256: str
    department: str
    """"" for a file that came without a mail and lies beside no department's workbook."""
    file: str
    said: tuple[str, ...]
    source: Provenance


class Placement(NamedTuple):
    """`rows` are what it belongs to; without one, `suggestion` is what may be meant."""

    rows: tuple[RowName, ...] = ()
    suggestion: RowName | None = None


class Rows:
    """The rows of the master by their IDs, and which of them have a place for evidence."""

    def __init__(self, tables: Mapping[str, Table], schema: Schema, directory: Directory) -> None:
        self._tables, self._directory = tables, directory
        self._forms = {form.id: form for form in schema.forms if form.id in tables}

    @cached_property
    def _by_key(self) -> dict[str, list[tuple[str, int]]]:
        found: dict[str, list[tuple[str, int]]] = {}
        for form_id, form in self._forms.items():
            for index, key in enumerate(self._tables[form_id].values.get(form.key.id, ())):
                if isinstance(key, str) and key.strip():
                    found.setdefault(folded(key), []).append((form_id, index))
        return found

    @cached_property
    def _unusual(self) -> list[str]:
        """IDs that are not only letters, digits and dashes: they are looked for one by one."""
        return [key for key in self._by_key if not _TOKEN.fullmatch(key)]

    def named_in(self, words: str) -> set[tuple[str, int]]:
        """The rows whose ID stands in a text, as a word of its own."""
        plain, found = folded(words), set[str]()
        for token in _TOKEN.findall(plain):
            pieces = list(_PIECE.finditer(token))[:MAX_PIECES]
            ends = [(a.start(), b.end()) for a, b in combinations(pieces, 2)] + [p.span() for p in pieces]
            found.update(key for start, end in ends if (key := token[start:end]) in self._by_key)
        found = {key for key in found if not any(key != other and key in other for other in found)}
        found |= {key for key in self._unusual if key in plain}
        return {row for key in found if _says_enough(key) for row in self._by_key[key]}

    def naming(self, file: str, department: str) -> set[tuple[str, int]]:
        """The rows of the department whose evidence cell names the file: somebody typed it there."""
        found = set()
        for form_id, form in self._forms.items():
            for index, words in enumerate(self._tables[form_id].values.get(form.id_of("evidence"), ())):
                if isinstance(words, str) and mentions(words, file) and self.is_open((form_id, index), department):
                    found.add((form_id, index))
        return found

    def has_place(self, row: tuple[str, int]) -> bool:
        return self._forms[row[0]].role("evidence") is not None

    def is_open(self, row: tuple[str, int], department: str) -> bool:
        """Whether the department works on the row; every row for a file without a department."""
        if not department:
            return True
        form, table = self._forms[row[0]], self._tables[row[0]]
        value = table.get(row[1], form.department_field) if form.department_field else None
        names: Iterable[object] = value if isinstance(value, tuple) else (value,)
        return any(isinstance(name, str) and (self._directory.find(name) or name) == department for name in names)

    def name(self, row: tuple[str, int]) -> RowName | None:
        """The row by its key; None if another row has the key too."""
        form = self._forms[row[0]]
        key = self._tables[row[0]].get(row[1], form.key.id)
        return RowName(row[0], key) if isinstance(key, str) and len(self._by_key[folded(key)]) == 1 else None

    def parents_of(self, row: tuple[str, int], department: str) -> Iterator[RowName]:
        """The rows a row refers to that have a place for evidence: a task's requirement."""
        for field in self._forms[row[0]].parents():
            value = self._tables[row[0]].get(row[1], field.id)
            for other in self._by_key.get(folded(value), ()) if isinstance(value, str) else ():
                if self.has_place(other) and self.is_open(other, department) and (name := self.name(other)):
                    yield name

    def options(self, department: str) -> list[tuple[RowName, str]]:
        """The rows that evidence of a department may belong to, with their titles, in sheet order."""
        found = []
        for form_id, form in self._forms.items():
            if form.role("evidence") is None:
                continue
            table = self._tables[form_id]
            for index in range(len(table)):
                if self.is_open((form_id, index), department) and (name := self.name((form_id, index))) is not None:
                    found.append((name, _title(table, index, form)))
        return found


def placed(piece: Piece, rows: Rows) -> Placement:
    """Where one delivery of a file belongs by what is said of it. The first text that names a row decides."""
    for words in piece.said[:2]:
        if found := rows.named_in(words):
            return _judged(found, piece.department, rows)
    if piece.department and (typed := rows.naming(piece.file, piece.department)):
        return _judged(typed, piece.department, rows)
    for words in piece.said[2:]:
        if found := rows.named_in(words):
            return _judged(found, piece.department, rows)
    return Placement()


def _judged(found: set[tuple[str, int]], department: str, rows: Rows) -> Placement:
    able = [row for row in sorted(found) if rows.has_place(row)]
    own = [name for row in able if rows.is_open(row, department) and (name := rows.name(row)) is not None]
    if len(able) == len(own) == 1:
        return Placement(tuple(own))
    meant = own if own else [name for row in sorted(found) if not rows.has_place(row) for name in rows.parents_of(row, department)]
    return Placement(suggestion=meant[0] if len(set(meant)) == 1 else None)


def _title(table: Table, index: int, form: Form) -> str:
    value = table.get(index, form.id_of("title"))
    return value if isinstance(value, str) else ""


def _says_enough(key: str) -> bool:
    signs = [c for c in key if c.isalnum()]
    return len(signs) + sum(not c.isascii() for c in signs) >= SHORTEST or (
        len(signs) >= 2 and any(c.isalpha() for c in signs) and any(c.isdigit() for c in signs)
    )
