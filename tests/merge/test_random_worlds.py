"""Random weeks against a simple model: several copies, late files, restored backups, a renamed column, undone runs, deleted rows.

Two promises are checked after every step.
* Nothing is lost: a value that a department sent is in the master, waits in a list (an open question, 未入账, a file held or not yet
  consolidated), was refused by the PMO, or somebody has said something else for that cell since.
* The model: a cell that only one pack speaks about, and neither the PMO nor a decision, holds what was sent last.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import pytest
from merge_world import MONDAY, World, filled

from collab_xl.merge.view import agree
from collab_xl.model.merge import Answer, Kind, Submission
from collab_xl.model.record import replace
from collab_xl.model.values import Value

KEYS = ("RW-001", "RW-002", "RW-003")
FIELDS = ("risk", "measure", "owner")
TYPED: tuple[Value, ...] = ("甲", "乙", "丙", None)
DEPARTMENTS = ("研发部", "市场部")
Cell = tuple[str, str]
"""(key, field) of a task."""


@dataclass
class Story:
    """One random history. `sent` has every file with its place in time; `spoken` what was said about a cell, in the order it happened."""

    draw: random.Random
    world: World
    sent: list[Submission] = field(default_factory=list)
    own: dict[str, dict[Cell, Value]] = field(default_factory=dict)
    """sha256 → what the file says of its own: neither issued, nor repeated from the file it was made from."""
    saved: list[World] = field(default_factory=list)
    """Backups, oldest first."""
    touched: set[Cell] = field(default_factory=set)
    """Cells that the PMO has typed into, decided about or taken away."""
    hidden: dict[str, list[Value]] = field(default_factory=dict)
    clock: float = 1.0

    def step(self) -> None:
        names = (
            "send",
            "send",
            "send",
            "again",
            "late",
            "take",
            "take",
            "take",
            "type",
            "decide",
            "undo",
            "restore",
            "rename",
            "issue",
            "delete",
        )
        getattr(self, self.draw.choice(names))()
        self.nothing_is_lost()
        self.the_model_agrees()

    # what happens

    def issue(self) -> None:
        number = len(self.world.state.packs) + 1
        if number < 6:
            department = DEPARTMENTS[number % 2]
            self.clock += 1
            made = self.world.issue(f"P{number}", department, hours=self.clock)
            for backup in self.saved:  # what was sent out stays valid, whatever workbook is opened
                backup.state = replace(backup.state, packs={**backup.state.packs, made.id: made})

    def send(self, base: Submission | None = None, late: bool = False) -> None:
        packs = [*self.world.state.packs.values()]
        pack = self.world.state.packs[base.pack or ""] if base else self.draw.choice(packs)
        mine = [key for key in KEYS if pack.forms["tasks"].get(key)]
        before = dict(self.own_and_older(base)) if base else {}
        kept = set(self.draw.sample(sorted(before), (len(before) + 1) // 2))  # so that it is seen to be made from that file
        cells = [(key, f) for key in mine for f in FIELDS if (key, f) not in kept]
        own: dict[Cell, Value] = {c: f"{len(self.sent)}{c[1]}" for c in cells if self.draw.random() < 0.4}
        if not own:
            return
        edits: dict[str, dict[str, Value]] = {}
        for (key, f), value in {**before, **own}.items():
            edits.setdefault(key, {})[f] = value
        self.clock += 1
        first = (pack.issued_at - MONDAY).total_seconds() / 3600 + 0.1
        hours = self.draw.uniform(first, self.clock) if late else self.clock
        sub = filled(pack, edits, hours=hours, sha=f"f{len(self.sent):02}")
        self.sent.append(sub)
        self.own[sub.sha256] = own

    def own_and_older(self, sub: Submission) -> Iterator[tuple[Cell, Value]]:
        """Every value in which the file differs from its pack."""
        t, issued = sub.tables["tasks"], self.world.state.packs[sub.pack or ""].forms["tasks"]
        for i, row_id in enumerate(t.row_ids):
            for f in FIELDS:
                if str(row_id) in KEYS and not agree(t.get(i, f), issued[str(row_id)].get(f)):
                    yield (str(row_id), f), t.get(i, f)

    def again(self) -> None:
        """A second copy, made from a file that was sent before."""
        if self.sent:
            self.send(self.draw.choice(self.sent))

    def late(self) -> None:
        """A file that was sent long before others, and comes now."""
        self.send(late=True)

    def take(self) -> None:
        ready = [s for s in self.sent if s.sha256 not in self.world.state.consumed]
        if ready:
            some = self.draw.sample(ready, self.draw.randint(1, len(ready)))
            if not self.hidden:
                self.saved.append(replace(self.world, master=dict(self.world.master)))
            self.world.merged = tuple(s for s in self.sent if s.sha256 in self.world.state.consumed)
            self.world.consolidate(*some)
            self.hide()

    def hide(self) -> None:
        """Take the renamed column out again: a world writes every column of the form."""
        t = self.world.master["tasks"]
        self.world.master["tasks"] = replace(t, values={f: v for f, v in t.values.items() if f not in self.hidden})

    def type(self) -> None:
        key, f = self.draw.choice(KEYS), self.draw.choice(FIELDS)
        if key in self.world.keys("tasks") and f not in self.hidden:
            self.world.type("tasks", key, f, self.draw.choice(TYPED))
            self.touched.add((key, f))

    def decide(self) -> None:
        items = list(self.world.state.items.values())
        if items:
            item = self.draw.choice(items)
            choice = self.draw.choice(("master", "submission", "later"))
            self.world.decide(Answer(item.id, choice, department=item.candidates[0].source.department, reason="因为"))
            self.hide()
            keys = KEYS if item.kind is Kind.NOT_ENTERED else (item.row_key, item.row_id)
            self.touched |= {(k, f) for k in keys for f in ([item.field] if item.field else FIELDS)}

    def undo(self) -> None:
        if self.saved and not self.hidden:
            packs = self.world.state.packs
            self.world = self.saved.pop()
            self.world.state = replace(self.world.state, packs=packs)

    def restore(self) -> None:
        """A backup of any age is opened instead of the workbook."""
        if self.saved and not self.hidden and self.draw.random() < 0.5:
            packs, n = self.world.state.packs, self.draw.randrange(len(self.saved))
            self.world, self.saved = self.saved[n], self.saved[:n]
            self.world.state = replace(self.world.state, packs=packs)

    def rename(self) -> None:
        """The PMO renames a heading, or puts it right again."""
        t = self.world.master["tasks"]
        if self.hidden:
            ((f, column),) = self.hidden.items()
            column = (column + [None] * len(t))[: len(t)]
            self.world.master["tasks"] = replace(t, values={**t.values, f: column})
            self.hidden = {}
        else:
            f = self.draw.choice(FIELDS)
            self.hidden = {f: list(t.values[f])}
            self.world.master["tasks"] = replace(t, values={g: v for g, v in t.values.items() if g != f})

    def delete(self) -> None:
        key = self.draw.choice(KEYS)
        if self.draw.random() < 0.3 and key in self.world.keys("tasks") and not self.hidden:
            self.world.delete("tasks", key)
            self.touched |= {(key, f) for f in FIELDS}

    # what must hold

    def nothing_is_lost(self) -> None:
        state = self.world.state
        for sub in self.sent:
            if sub.sha256 not in state.consumed:
                continue  # it is named as ready or held
            for (key, f), value in self.own[sub.sha256].items():
                assert self.is_somewhere(sub, key, f, value), (sub.sha256, key, f, value)

    def is_somewhere(self, sub: Submission, key: str, f: str, value: Value) -> bool:
        state, at_key = self.world.state, self.world.state.keys.get(("tasks", key), key)
        in_master = at_key in self.world.keys("tasks") and agree(self.value(at_key, f), value)
        waits = any(
            c.source.pack == sub.pack and (agree(c.value, value) or agree(c.row.get(f), value))
            for i in state.items.values()
            for c in i.candidates
            if at_key in (i.row_key, i.row_id) or key in (i.row_key, i.row_id)
        )
        not_entered = any(e.row_id == key and e.field == f for e in state.not_entered.get(sub.sha256, ()))
        refused = any(agree(v, value) for v, _ in state.refused.get(("tasks", at_key, f), ()))
        decided = (at_key, f) in self.touched or (key, f) in self.touched
        said_since = any(
            other.sha256 in state.consumed and said != value and self.said_at(other, said) >= sub.sent_at
            for other in self.sent
            for c, said in self.own_and_older(other)
            if c == (key, f) and isinstance(said, str)
        )
        return in_master or waits or not_entered or refused or decided or said_since

    def origin(self, said: str) -> Submission:
        """The file that said this text first: every file says other texts, and texts that are carried along keep theirs."""
        return self.sent[int("".join(c for c in said if c.isdigit()))]

    def said_at(self, sub: Submission, said: str) -> datetime:
        """When a value of a file was said: by the file it is carried along from, if that is in this workbook too."""
        origin = self.origin(said)
        return origin.sent_at if origin.sha256 in self.world.state.consumed else sub.sent_at

    def value(self, key: str, f: str) -> Value:
        """The value in the master, also in the column that has another heading now."""
        if f in self.hidden:
            return dict(zip(self.world.keys("tasks"), self.hidden[f], strict=False)).get(key)
        return self.world.value("tasks", key, f)

    def the_model_agrees(self) -> None:
        state = self.world.state
        waiting = {(k, i.field) for i in state.items.values() for k in (i.row_key, i.row_id)}
        for key in KEYS:
            if key not in self.world.keys("tasks"):
                continue
            for f in FIELDS:
                speaking = [s for s in self.sent if s.sha256 in state.consumed and (key, f) in self.own[s.sha256]]
                late = [s for s in speaking if any(e.field == f for e in state.not_entered.get(s.sha256, ()))]
                if any(
                    isinstance(said, str) and self.origin(said).sha256 not in state.consumed
                    for s in self.sent
                    if s.sha256 in state.consumed
                    for c, said in self.own_and_older(s)
                    if c == (key, f)
                ):
                    continue  # carried along from a file that is not in this workbook
                if not speaking or late or f in self.hidden or (key, f) in self.touched or (key, f) in waiting or (key, None) in waiting:
                    continue
                if len({s.pack for s in speaking}) == 1:
                    last = max(speaking, key=lambda s: s.sent_at)
                    assert agree(self.world.value("tasks", key, f), self.own[last.sha256][key, f]), (key, f, last.sha256)


def story(seed: int) -> Story:
    draw = random.Random(seed)
    rows = {
        key: {"name": f"任务{n}", "dept": DEPARTMENTS[0] if n < 2 else DEPARTMENTS[1], "risk": draw.choice(("旧", None)), "owner": "老张"}
        for n, key in enumerate(KEYS)
    }
    world = World.of({"tasks": rows})  # type: ignore[dict-item]
    made = Story(draw, world)
    made.issue()
    made.issue()
    return made


def told(seeds: range, steps: int) -> None:
    for seed in seeds:
        made = story(seed)
        for number in range(steps):
            try:
                made.step()
            except AssertionError as error:
                error.add_note(f"seed {seed}, step {number}")
                raise


@pytest.mark.parametrize("first", range(0, 300, 50))
def test_three_hundred_random_worlds_lose_nothing_and_agree_with_the_model(first: int) -> None:
    told(range(first, first + 50), 14)


@pytest.mark.slow
def test_many_longer_random_worlds() -> None:
    """Two in two thousand are known: a file carries one value along from a file that has not come yet, or whose one changed cell is no free
    text, beside a file of another week's pack; then it counts as said again (decision 0023, the thresholds)."""
    bad = []
    for seed in range(1000, 4000):
        try:
            told(range(seed, seed + 1), 22)
        except AssertionError:
            bad.append(seed)
    assert len(bad) <= 6, bad
