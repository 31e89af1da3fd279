"""The same finding in many rows as one: grouped by rule, column and whose rows they are.

In: findings.  Out: groups, in the order of their first finding.  Pure.  Nothing is lost: a group names every row.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

from collab_xl.model.finding import Finding

AT_LEAST = 4
"""So many are shown as one; fewer stand each in a line of their own."""
RANGES_SHOWN = 40
"""Row ranges a line names before it says how many more there are."""


@dataclass(frozen=True)
class Group:
    """Findings that say the same of many places; one finding is a group of its own."""

    members: tuple[Finding, ...]

    @property
    def first(self) -> Finding:
        return self.members[0]

    @property
    def count(self) -> int:
        return len(self.members)


def grouped(
    findings: Iterable[Finding], whose: Callable[[Finding], Hashable] = lambda finding: None, at_least: int = AT_LEAST
) -> list[Group]:
    """Group what has one rule, severity, sheet, field and owner, where there are `at_least` of them; the rest stays single.

    A finding without a cell is never grouped: its line would lead nowhere.
    """
    by_key: dict[Hashable, list[Finding]] = {}
    order: list[tuple[Hashable, Finding]] = []
    for finding in findings:
        at = finding.at
        key: Hashable = (
            None if at is None else (finding.code, finding.severity, at.sheet, finding.form, finding.field or at.col, whose(finding))
        )
        if key is not None:
            by_key.setdefault(key, []).append(finding)
        order.append((key, finding))
    out: list[Group] = []
    done: set[Hashable] = set()
    for key, finding in order:
        members = by_key.get(key, [])
        if key is None or len(members) < at_least:
            out.append(Group((finding,)))
        elif key not in done:
            done.add(key)
            out.append(Group(tuple(members)))
    return out


def row_ranges(group: Group) -> tuple[list[str], int]:
    """`5–16`, `20`, … of a group's rows, ascending, and how many ranges were left out."""
    rows = sorted({f.at.row for f in group.members if f.at is not None})
    spans: list[tuple[int, int]] = []
    for row in rows:
        if spans and spans[-1][1] + 1 == row:
            spans[-1] = (spans[-1][0], row)
        else:
            spans.append((row, row))
    said = [str(a) if a == b else f"{a}–{b}" for a, b in spans]
    return said[:RANGES_SHOWN], max(0, len(said) - RANGES_SHOWN)


def distinct(values: Sequence[str], shown: int = 3) -> tuple[list[str], int]:
    """The first different values, and how many more there are."""
    different = list(dict.fromkeys(v for v in values if v))
    return different[:shown], max(0, len(different) - shown)
