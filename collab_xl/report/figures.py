"""The figures that are counts by group: per department and state, per age, per week.

In: facts.  Out: plain ints.  Pure.  Counted with pandas, which is imported only when a week is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from collab_xl.model.record import Struct
from collab_xl.report.facts import Fact
from collab_xl.rules.lateness import BUCKETS, bucket_of


class DepartmentCount(Struct, frozen=True):
    total: int = 0
    done: int = 0
    open: int = 0
    overdue: int = 0
    cancelled: int = 0


class Figures(Struct, frozen=True):
    """`by_department`: line of the weekly sheet → its counts, only lines with rows."""

    open: int
    done: int
    cancelled: int
    overdue: int
    due_this_week: int
    """Planned to end in the week, done or not, without cancelled ones."""
    finished_this_week: int
    by_department: dict[str, DepartmentCount]
    ageing: dict[str, int]
    """Bucket → overdue rows."""
    curve: list[tuple[int, int]]
    """For each day of `until`: how many rows were planned to be done by then, and how many were done; without cancelled ones."""


def figures_of(facts: Sequence[Fact], first: date, last: date, until: Sequence[date]) -> Figures:
    """Count the week from `first` to `last`, and the progress curve at the ends of the weeks `until`."""
    import pandas as pd

    def days(name: str) -> pd.Series[int]:
        """A column of days as numbers, <NA> for no day. Numbers, so that dates of any year can be compared."""
        found = (getattr(fact, name) for fact in facts)
        return pd.Series([None if day is None else day.toordinal() for day in found], dtype="Int64")

    table = pd.DataFrame({name: [getattr(fact, name) for fact in facts] for name in ("line", "late", "open", "done", "cancelled")})
    table["overdue"] = table["late"] > 0
    counted = ["done", "open", "overdue", "cancelled"]
    table = table.astype(dict.fromkeys(counted, bool))
    groups = table.groupby("line", sort=False)
    per = groups[counted].sum().assign(total=groups.size())
    ages = table.loc[table["overdue"], "late"].map(bucket_of).value_counts()
    planned, curve = days("due")[~table["cancelled"]].dropna(), days("curve").dropna()
    finished, week = days("finished").dropna(), (first.toordinal(), last.toordinal())
    ends = pd.Series([day.toordinal() for day in until], dtype="Int64")
    return Figures(
        open=int(table["open"].sum()),
        done=int(table["done"].sum()),
        cancelled=int(table["cancelled"].sum()),
        overdue=int(table["overdue"].sum()),
        due_this_week=int(planned.between(*week).sum()),
        finished_this_week=int(finished.between(*week).sum()),
        by_department={
            str(name): DepartmentCount(**{str(k): int(n) for k, n in line.items()}) for name, line in per.to_dict("index").items()
        },
        ageing={name: int(ages.get(name, 0)) for name, _ in BUCKETS},
        curve=[(int((planned <= day).sum()), int((curve <= day).sum())) for day in ends],
    )
