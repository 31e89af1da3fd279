"""What the files of one pack say about one cell, each for itself.

In: the files of a pack in the order sent, and which of them are built on which.  Out: `Sayings`.  Pure.
Source: docs/facts/merge.md, Second copies.

A file that is built on an earlier one repeats what that one said; only what differs from it is its own. All this is a function of the set
of files: one that comes late changes what newer ones say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from collab_xl.merge.copies import Copies
from collab_xl.merge.scan import Stamp, SubmissionScan
from collab_xl.merge.view import agree, is_blank
from collab_xl.model.sheets import RowId
from collab_xl.model.values import Clear, Unreadable, Value


class Saying(NamedTuple):
    """A file's own value in the cell: neither blank nor unreadable, not the value issued, not what the file it is built on says, and not
    in a column that was sorted or shifted alone."""

    scan: SubmissionScan
    record: int
    value: Value


class Sayings:
    """One cell in all files of a pack."""

    def __init__(self, copies: Copies, form: str, row_id: RowId, field: str, issued: Value) -> None:
        self._copies, self._issued = copies, issued
        self._cell = form, row_id, field
        self.files: Sequence[tuple[SubmissionScan, int, Value]] = [
            (scan, i, table.values[field][i])
            for scan in copies.files
            if (table := scan.sub.tables.get(form)) is not None
            and field in table.values
            and (i := scan.rows.get(form, {}).get(row_id)) is not None
        ]
        """(file, record, value) of every file with this cell, in the order sent."""
        self._values = {scan.sub.sha256: value for scan, _, value in self.files}
        self.own = [
            Saying(*file)
            for file in self.files
            if self._is_value(file[2]) and not self.repeats(file[0], file[2]) and not self.shifted(file[0])
        ]

    def _is_value(self, value: Value) -> bool:
        nothing = isinstance(value, Unreadable) or (is_blank(value) and not isinstance(value, Clear))
        return not nothing and not _same(value, self._issued)

    def repeats(self, scan: SubmissionScan, value: Value) -> bool:
        """Whether the file only repeats a value of the file it is built on. What could not be read there is told again, and so is what
        was only moved there, if this file's column was not moved alone."""
        base = self._copies.base(scan)
        if base is None or base.sub.sha256 not in self._values or not self._is_value(value):
            return False
        if self.shifted(base) and not self.shifted(scan):
            return False
        return _same(self._values[base.sub.sha256], value)

    def shifted(self, scan: SubmissionScan) -> bool:
        """Whether the file's value was only moved there."""
        return self._copies.shifted(scan, *self._cell)

    def moved_there(self) -> tuple[SubmissionScan, int, Value] | None:
        """The newest file with a value that was only moved there, of those that no newer file has answered: with a value of its own, or
        with the value issued in a copy that was made from it."""
        found: tuple[SubmissionScan, int, Value] | None = None
        own = {said.scan.sub.sha256 for said in self.own}
        for scan, i, value in self.files:
            if self.shifted(scan):
                found = found if self.repeats(scan, value) and found else (scan, i, value)
            elif found is not None:
                answered = scan.sub.sha256 in own or (_same(value, self._issued) and self._copies.is_built_on(scan, found[0]))
                found = None if answered else found
        return found

    def by(self, sha256: str) -> bool:
        """Whether the file says something of its own, or is not at hand, so that nobody can tell."""
        return sha256 not in self._values or any(said.scan.sub.sha256 == sha256 for said in self.own)

    def first(self, value: Value, until: Stamp) -> Saying | None:
        """Who said a value first, of those who have said it since another value was said. `until`: the newest file asked."""
        found: Saying | None = None
        for said in reversed([s for s in self.own if s.scan.at <= until]):
            if _same(said.value, value):
                found = said
            elif found is not None:
                break
        return found

    def others(self, counts: Saying) -> Iterator[Saying]:
        """Different values of earlier files that nobody who knew them has replaced: neither the file that counts nor another."""
        for said in self.own:
            if said.scan.at < counts.scan.at and not _same(said.value, counts.value):
                later = (s.scan for s in self.own if s.scan.at > said.scan.at)
                if not any(self._copies.is_built_on(scan, said.scan) for scan in later):
                    yield said


def _same(one: Value, other: Value) -> bool:
    """Whether two files say the same. 清空 is said, a blank is not."""
    return isinstance(one, Clear) == isinstance(other, Clear) and agree(one, other)
