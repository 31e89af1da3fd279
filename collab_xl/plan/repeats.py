"""Group the same finding in many rows, by rule, column and owner of the rows.

In: findings.  Out: groups, in the order of their first finding.  Pure.  A group contains every finding.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence

from collab_xl.model.finding import Finding
from collab_xl.model.record import Struct

AT_LEAST = 4
"""So many findings are shown as one group; fewer have a line each."""
RANGES_SHOWN = 40
"""The most row ranges a line names; then it gives the number of the others."""


class Group(Struct, frozen=True):
    """The same finding at many places. A single finding is a group too."""

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
    """Group findings with equal rule, severity, sheet, field, owner and person, if there are `at_least` of them. The others stay single.

    A finding without a cell is never grouped, because its line would have no link.
    """
    by_key: dict[Hashable, list[Finding]] = {}
    order: list[tuple[Hashable, Finding]] = []
    for finding in findings:
        at = finding.at
        key: Hashable = (
            None
            if at is None
            else (
                finding.code,
                finding.severity,
                at.sheet,
                finding.form,
                finding.field or at.col,
                whose(finding),
                finding.facts.get("person"),
            )
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
    """The ranges of a group's rows (`5–16`, `20`, …), ascending, and how many ranges were left out."""
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
