"""Fold the events of runs into the state the next merge starts from.

In: a MergeState and the result of a run.  Out: the MergeState after it.  Pure.
The ledger computes the state of a workbook by folding its runs along the chain of parents, oldest first. A run that is undone or not in
the chain is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from collab_xl.merge.not_entered import item_id_of
from collab_xl.model.merge import Decision, Item, MergeResult, MergeState, Moved, NotEntered, Resolved, Withdrawn
from collab_xl.model.record import replace
from collab_xl.model.run import RunEvents
from collab_xl.model.values import Value, same_value

Refused = tuple[tuple[Value, Decision], ...]


def fold_run(state: MergeState, result: MergeResult, consumed: Iterable[str]) -> MergeState:
    """The state after a consolidate. `consumed`: sha256 of the submissions it used (not those marked 不采用)."""
    seen = dict(state.seen)
    for cell, values in result.seen.items():
        seen[cell] = _in_order((*seen.get(cell, ()), *values))
    return replace(
        state,
        moved={**state.moved, **result.moved},
        seen=seen,
        keys={**state.keys, **result.keys},
        items=items_after(state, result),
        consumed=state.consumed | frozenset(consumed),
        not_entered={sha: waiting for sha, waiting in {**state.not_entered, **result.not_entered}.items() if waiting},
    )


def fold_events(state: MergeState, events: RunEvents) -> MergeState:
    """The state after a run."""
    if events.withdrawn is not None:
        state = fold_withdrawn(state, events.withdrawn)
    if events.merged is not None or events.consumed:
        state = fold_run(state, events.merged or MergeResult(), events.consumed)
    if events.resolved is not None:
        state = fold_resolved(state, events.resolved, events.run.id)
    return state


def fold_withdrawn(state: MergeState, withdrawn: Withdrawn) -> MergeState:
    """The state without what was taken out."""
    moved = {**state.moved, **withdrawn.moved}
    for at in withdrawn.unmoved:
        moved.pop(at, None)
    files, gone = frozenset(withdrawn.files), set(withdrawn.gone)
    items = {i: item for i, item in state.items.items() if i not in gone}
    return replace(
        state,
        moved=moved,
        seen={at: values for at, values in {**state.seen, **withdrawn.seen}.items() if values},
        keys={row: key for row, key in state.keys.items() if row not in set(withdrawn.keys)},
        items={**items, **{item.id: item for item in withdrawn.items}},
        consumed=state.consumed - files,
        not_entered={sha: waiting for sha, waiting in state.not_entered.items() if sha not in files},
    )


def items_after(state: MergeState, result: MergeResult) -> dict[str, Item]:
    """The open items after a consolidate, by id."""
    closed = set(result.closed)
    left = {i: item for i, item in state.items.items() if i not in closed}
    return {**left, **{item.id: item for item in result.opened}}


def fold_resolved(state: MergeState, resolved: Resolved, run: str = "") -> MergeState:
    """The state after a resolve. Decisions without a run id get `run`."""
    decisions = dict(state.decisions)
    refused = dict(state.refused)
    for made in resolved.decisions:
        decision = made if made.run else replace(made, run=run)
        decisions[decision.item] = decision
        item = state.items.get(decision.item)
        if item is not None and item.field is not None:
            cell = (item.form, item.row_key, item.field)
            refused[cell] = _refused_after(refused.get(cell, ()), decision)
    closed = set(resolved.closed)
    items: dict[str, Item] = {i: item for i, item in state.items.items() if i not in closed}
    items.update((item.id, item) for item in resolved.asked_again)
    for item in resolved.postponed:
        items[item.id] = replace(item, earlier=replace(item.earlier, run=item.earlier.run or run)) if item.earlier else item
    return replace(
        state,
        moved={**state.moved, **resolved.moved},
        keys={**state.keys, **resolved.keys},
        items=items,
        decisions=decisions,
        refused={cell: values for cell, values in refused.items() if values},
        not_entered=_without(state.not_entered, {d.item for d in resolved.decisions}) if state.not_entered else state.not_entered,
    )


def _without(waiting: Mapping[str, tuple[NotEntered, ...]], decided: Collection[str]) -> dict[str, tuple[NotEntered, ...]]:
    """What waits because of the master, without what the PMO has refused."""
    left = {sha: tuple(e for e in entries if item_id_of(e) not in decided) for sha, entries in waiting.items()}
    return {sha: entries for sha, entries in left.items() if entries}


def _refused_after(before: Refused, decision: Decision) -> Refused:
    """A chosen value is removed from the refused ones. A value refused again keeps only the newest decision."""
    gone = (decision.value, *decision.refused)
    kept = tuple(pair for pair in before if not any(same_value(pair[0], value) for value in gone))
    return kept + tuple((value, decision) for value in decision.refused if not same_value(value, decision.value))


def _in_order(values: tuple[Moved, ...]) -> tuple[Moved, ...]:
    """In the order consolidated, without repeats."""
    return tuple(dict.fromkeys(values))
