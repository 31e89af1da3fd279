"""What became of what waited for the PMO, file by file.

In: the events of the runs in effect, oldest first.  Out: for each file what of it waited, and since when each was settled.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from collab_xl.forms import Schema
from collab_xl.merge.fold import fold_events
from collab_xl.model.merge import Candidate, Decision, Item, Kind, MergeState
from collab_xl.model.record import Struct, field, replace
from collab_xl.model.run import RunEvents
from collab_xl.model.values import same_value
from collab_xl.model.verdict import Verdict

UNREAD = "unread"
"""Cause of what waits for an answer on 提问 (`model.merge.NotEntered`)."""


class Waited(Struct, frozen=True):
    """One thing of one file. `settled_at`: None while it waits."""

    item: Item
    candidate: Candidate
    settled_at: datetime | None = None
    decision: Decision | None = None
    """None of one that was settled otherwise: the master has got the value, or the department has sent something newer."""


class FileStory(Struct):
    """What of one file waited, and whether a question about it is open."""

    waited: dict[str, Waited] = field(default_factory=dict)
    """Item id → it, in the order opened."""
    asks: bool = False

    @property
    def open(self) -> bool:
        return self.asks or any(one.settled_at is None for one in self.waited.values())


def stories(events: Iterable[RunEvents]) -> dict[str, FileStory]:
    """sha256 → its story; only files of which something waited."""
    out: dict[str, FileStory] = {}
    state = MergeState()
    for event in events:
        state = fold_events(state, event)
        now: set[tuple[str, str]] = set()
        for item in state.items.values():
            for c in item.candidates if item.kind is not Kind.NOT_ENTERED else ():
                now.add((c.source.sha256, item.id))
                out.setdefault(c.source.sha256, FileStory()).waited[item.id] = Waited(item, c)
        for sha, story in out.items():
            for name, one in story.waited.items():
                if one.settled_at is None and (sha, name) not in now:
                    story.waited[name] = replace(one, settled_at=event.run.started_at, decision=state.decisions.get(name))
    for sha, waiting in state.not_entered.items():
        if any(each.cause == UNREAD for each in waiting):
            out.setdefault(sha, FileStory()).asks = True
    return out


def verdict_of(one: Waited, schema: Schema) -> Verdict | None:
    """What the department is told; None while it waits or for a form that is not in use."""
    item, c, made = one.item, one.candidate, one.decision
    if one.settled_at is None or item.form not in schema:
        return None
    if item.field is None:
        word = "settled" if made is None else "row_refused" if made.choice == "master" else "row_taken"
        title = schema.form(item.form).id_of("title")
        return Verdict(item.form, item.row_key, "", c.row.get(title), word, reason=made.reason if made else "", cell=c.source.cell)
    taken = made is not None and made.choice != "master" and same_value(made.value, c.value)
    word = "settled" if made is None else "taken" if taken else "refused"
    now = None if taken else item.master if made is None or made.choice == "master" else made.value
    return Verdict(item.form, item.row_key, item.field, c.value, word, now, made.reason if made else "", c.source.cell)
