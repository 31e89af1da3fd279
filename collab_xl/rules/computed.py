"""The columns we compute: 滞后天数 and 预警 of tasks, 已历天数 of problems.

In: parsed tables, terms, the day.  Out: changes of the cells that differ, in sheet order.  Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date

from collab_xl.forms import Schema
from collab_xl.model.plan import CellChange
from collab_xl.model.sheets import Table
from collab_xl.model.terms import Terms
from collab_xl.model.values import Value, same_value
from collab_xl.rules.deadlines import key_of
from collab_xl.rules.lateness import age_days, as_day, days_late, is_closed, warning


def computed_changes(tables: Mapping[str, Table], terms: Terms, as_of: date, schema: Schema) -> Iterator[CellChange]:
    """`why` is "computed". A change is addressed by key, so a row without one, or whose key occurs twice, gets none."""
    for form_id, table in tables.items():
        if form_id not in ("tasks", "problems"):
            continue
        key_field = schema.form(form_id).key.id
        keys = [key_of(table, i, key_field) for i in range(len(table))]
        times = Counter(keys)
        for i, key in enumerate(keys):
            if key is None or times[key] > 1:
                continue
            for field, new in _computed(table, i, terms, as_of).items():
                old = table.get(i, field)
                if field in table.columns and (i, field) not in table.held and not same_value(old, new):
                    yield CellChange(form_id, key, field, old, new, "computed")


def _computed(table: Table, i: int, terms: Terms, as_of: date) -> dict[str, Value]:
    status = table.readable(i, "status")
    if table.form == "problems":
        age = age_days(table.readable(i, "raised_at"), table.readable(i, "closed_at"), is_closed(status), as_of)
        # Closed on a day nobody wrote down: the age it had when it was last open is the best that is known.
        return {} if age is None and is_closed(status) else {"age_days": age}
    end = table.readable(i, "end")
    open_and_dated = not is_closed(status) and as_day(end) is not None
    return {
        "late_days": days_late(end, is_closed(status), as_of, terms.late) if open_and_dated else None,
        "warning": warning(end, is_closed(status), as_of, terms),
    }
