"""The short way for plain cells decides exactly what the table decides, over the random worlds of the laws."""

from __future__ import annotations

from collections import Counter
from dataclasses import astuple
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st
from merge_world import AS_OF, DIRECTORY, SCHEMA, World
from test_merge_laws import edits, masters, pmo_edits, sent, type_all

from collab_xl.merge import merge
from collab_xl.merge.plain import Plain
from collab_xl.model.merge import Answer, MergeResult
from collab_xl.model.plan import CellChange, Provenance

rounds = st.lists(st.lists(st.tuples(st.sampled_from(("P1", "P2", "P3")), edits()), min_size=1, max_size=3), min_size=1, max_size=3)
taken: Counter[bool] = Counter()


def both_ways(world: World, submissions: list) -> MergeResult:
    """Merge with the short way and without it; the results must be equal in every part."""
    args = (world.master, submissions, world.state, SCHEMA, DIRECTORY, AS_OF)
    whole = Plain.split

    def counted(self: Plain, *given: object) -> object:
        cells, others = whole(self, *given)
        taken[True] += len(cells)
        taken[False] += len(others)
        return cells, others

    with patch.object(Plain, "split", counted):
        short = merge(*args)
    with patch.object(Plain, "_is_plain", lambda *_: False):
        long = merge(*args)
    assert list(map(astuple, short.counts)) == list(map(astuple, long.counts))
    for part in ("changes", "new_rows", "opened", "closed", "findings"):
        assert getattr(short, part) == getattr(long, part), part
    assert sorted(short.outcomes, key=repr) == sorted(long.outcomes, key=repr)
    for part in ("moved", "seen", "keys"):
        assert getattr(short, part) == getattr(long, part), part
    for change in short.changes:
        assert type(change) is CellChange
        assert change.source is None or type(change.source) is Provenance
    return short


@settings(max_examples=500, deadline=None)
@given(masters, rounds, st.lists(pmo_edits, min_size=3, max_size=3), st.lists(st.booleans(), min_size=3, max_size=3))
def check(master, told, typed, refused):
    world = World.of(master)
    packs = {"P1": world.issue("P1", "研发部"), "P2": world.issue("P2", "市场部"), "P3": world.issue("P3", "研发部")}
    for n, said in enumerate(told):
        type_all(world, typed[n])
        subs = [sent(packs[pack], wrote, 10 * n + i, f"s{n}-{i}") for i, (pack, wrote) in enumerate(said)]
        both_ways(world, subs)
        world.consolidate(*subs)
        if refused[n]:
            world.decide(*(Answer(item_id, "master") for item_id in world.state.items))


def test_the_short_way_and_the_table_agree():
    taken.clear()
    check()
    assert taken[True] > 100, "too few plain cells to prove anything"
    assert taken[False] > 100
