"""The communication plan: the next time of each occasion, and frequencies that say no rhythm.

In: a Case and the rows of the plan.  Out: values of a column, findings.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from collab_xl.forms import Field
from collab_xl.model.finding import Finding
from collab_xl.model.values import Value
from collab_xl.rules.case import Case
from collab_xl.rules.lateness import as_day
from collab_xl.rules.rhythms import DEMAND, days, rhythm
from collab_xl.rules.rows import Rows

AHEAD = timedelta(190)
"""How far the next time is looked for: more than the longest rhythm, every three months."""


def next_times(case: Case, rows: Rows, field: Field) -> list[Value]:
    """The next time of each row from `as_of` on, with its time of day if the frequency says one.

    None where it happens only when needed, or before milestones of which there is none. If the frequency is no rhythm, the cell keeps its
    value. The value the cell has says which week counts where it happens every second week.
    """
    source = rows.form.named(field.sources[0])
    assert source is not None
    ahead, out = milestones(case), list[Value]()
    for said, held in zip(rows.values(source), rows.table.values[field.id], strict=True):
        of = rhythm(said)
        if of is None:
            out.append(held)
            continue
        found = days(of, case.as_of, case.as_of + AHEAD, case.terms.work, as_day(held), ahead) if of.kind != DEMAND else []
        out.append((datetime.combine(found[0], of.at) if of.at else found[0]) if found else None)
    return out


def milestones(case: Case) -> tuple[date, ...]:
    """The due days of the open milestones of every form, the earliest first."""
    found = set[date]()
    for rows in case.rows.values():
        if rows.has("milestone"):
            marked = zip(rows.values("milestone"), rows.due, rows.closed, strict=True)
            found |= {day for yes, day, closed in marked if yes is True and day is not None and not closed}
    return tuple(sorted(found))


def rhythms_that_say_nothing(case: Case, rows: Rows) -> Iterator[Finding]:
    """V131 at a frequency that is no rhythm."""
    if field := rows.field("frequency"):
        for i, said in enumerate(rows.values(field)):
            if said is not None and rhythm(said) is None:
                yield case.finding("V131", rows, i, field)
