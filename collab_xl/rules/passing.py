"""Rules of passing: which edits of a department go into the master at once, and which wait until the PMO passes them.

In: a form, the values of a row before and after, what the PMO has set.  Out: the rule that an edit meets, or "".  Pure.
Source: docs/facts/merge.md, Rules of passing. A rule about the cell alone compares with the value issued in the pack, and not with the
master, so that the outcome does not depend on which of several files comes first.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

from collab_xl.forms import CLOSED, Field, Form
from collab_xl.model.dependency import dependencies
from collab_xl.model.record import Struct
from collab_xl.model.values import Clear, Unreadable, Value
from collab_xl.rules.lateness import as_day
from collab_xl.rules.rows import number
from collab_xl.settings import Settings

BACK, JUMP, MOVED, INCOMPLETE, PREDECESSOR, NEW_SENDER = "back", "jump", "moved", "incomplete", "predecessor", "new_sender"
SAME_ROW = "same_row"
RULES: Final = (BACK, JUMP, MOVED, INCOMPLETE, PREDECESSOR, NEW_SENDER, SAME_ROW)
OF_ROWS: Final = (INCOMPLETE, PREDECESSOR)
"""Rules that look at the whole row as it is after the run."""
RULE_NAMES: Final = {INCOMPLETE: "incomplete_row"}
"""Rule → the name of its text (`rules.passing`) where no single row is meant, if that is another."""
_DATES = frozenset({"date", "moment"})
_TINY = 1e-9
KEPT: Final = 0.5
"""A column of `complete` is asked for if at least this share of the rows is filled in: otherwise the project does not keep it."""


class Passing(Struct, frozen=True):
    """What the PMO has set.

    A rule that is not in `waits` lets its edits in; they are only counted.
    """

    waits: frozenset[str] = frozenset()
    jump: float = 0.0
    """Progress may grow by this much, as a fraction; 0 for any."""
    days: int = 0
    """A date may move by this many days; 0 for any."""
    senders: frozenset[str] = frozenset()
    """Addresses, in lower case, from which an earlier run took a file."""

    @classmethod
    def of(cls, settings: Settings, senders: Collection[str]) -> Passing:
        """The rules as sheet 设置 has them."""
        asked = {BACK: settings.pass_back, INCOMPLETE: settings.pass_incomplete, PREDECESSOR: settings.pass_predecessor}
        asked |= {NEW_SENDER: settings.pass_sender, SAME_ROW: settings.pass_row}
        waits = {rule for rule, word in asked.items() if word == "wait"}
        waits |= {rule for rule, limit in ((JUMP, settings.pass_jump), (MOVED, settings.pass_days)) if limit}
        return cls(frozenset(waits), settings.pass_jump / 100, settings.pass_days, frozenset(s.casefold() for s in senders if s))

    def of_cell(self, field: Field, issued: Value, said: Value, sender: str) -> str:
        """The rule that an edit meets by its own value; "" for none."""
        if field.role == "progress" and (before := number(issued)) is not None:
            after = number(said)
            if after is not None and after < before - _TINY:
                return BACK
            if after is not None and self.jump and after > before + self.jump + _TINY:
                return JUMP
        if self.days and field.kind in _DATES and (day := as_day(issued)) is not None:
            moved = as_day(None if isinstance(said, (Clear, Unreadable)) else said)
            if moved is None or abs((moved - day).days) > self.days:
                return MOVED
        new = NEW_SENDER in self.waits and bool(sender) and sender.casefold() not in self.senders
        return NEW_SENDER if new else ""


def needed(form: Form, share: Callable[[str], float]) -> list[Field]:
    """What a row reported as done must contain.

    Args:
        share: field id → the share of the rows that have something in this column, from 0 to 1; -1 if there is no such column.
    """
    must = [field for name in form.rules.required_when.get("done", ()) if (field := form.named(name)) and share(field.id) >= 0]
    should = [field for name in form.rules.complete if (field := form.named(name)) and share(field.id) >= KEPT]
    return [*must, *(field for field in should if field not in must)]


def goes_with(form: Form) -> Field | None:
    """The progress that belongs to the status: 100 % waits when `done` waits."""
    pairs = [form.named(progress) for progress, status in form.rules.match if form.named(status) is form.role("status")]
    return pairs[0] if pairs else None


def lacking(form: Form, value: Callable[[str], Value], share: Callable[[str], float]) -> list[Field]:
    """The fields of `needed` that are blank in a row."""
    return [field for field in needed(form, share) if value(field.id) in (None, "", ())]


def of_row(form: Form, value: Callable[[str], Value], share: Callable[[str], float], state_of: Callable[[str, str], str | None]) -> str:
    """The rule that a row meets whose status becomes done; "" for none.

    Args:
        value: field id → the row's value as it is after the run.
        share: as in `needed`.
        state_of: (form id, key) → the state of another row after the run; None if there is no such row.
    """
    if lacking(form, value, share):
        return INCOMPLETE
    before = form.role("predecessors")
    if before is not None and before.of:
        states = (state_of(before.of, key) for key in (link.key for link in dependencies(value(before.id))))
        if any(state is not None and state not in CLOSED for state in states):
            return PREDECESSOR
    return ""
