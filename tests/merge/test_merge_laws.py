"""The laws of the merge, as properties over random masters, packs, submissions, PMO edits, decisions and arrival orders."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from merge_world import DIRECTORY, SCHEMA, World, filled, hand_made, relations, rows_of

from collab_xl.merge.copies import Relation
from collab_xl.merge.view import agree, is_blank
from collab_xl.model.merge import Answer, Kind, MergeState, Pack, Submission
from collab_xl.model.record import replace
from collab_xl.model.values import CLEAR, Clear, Unreadable, Value, same_value

TEXTS: tuple[Value, ...] = ("a", "b", "c", None)
SENT: tuple[Value, ...] = (*TEXTS, CLEAR, Unreadable("?"))
DEPTS = ("研发部", "市场部")
TASK_KEYS, PROBLEM_KEYS, REQUIREMENT_KEYS = ("RW-001", "RW-002"), ("WT-001", "WT-002"), ("XZ-1",)
TASK_FIELDS = ("risk", "measure", "standard")
PROBLEM_FIELDS = ("tried", "support", "dept")
LAW = ("applied", "same", "conflicts", "rights", "not_cleared", "unreadable", "excluded")
quick = settings(max_examples=120, deadline=None)


def rows(keys: tuple[str, ...], fixed: Mapping[str, Value], fields: Mapping[str, st.SearchStrategy[Value]]) -> st.SearchStrategy[dict]:
    row = st.fixed_dictionaries({k: st.just(v) for k, v in fixed.items()} | dict(fields))
    return st.fixed_dictionaries({key: row for key in keys})


value = st.sampled_from(TEXTS)
masters = st.fixed_dictionaries(
    {
        "tasks": rows(TASK_KEYS, {"name": "任务"}, {"dept": st.sampled_from(DEPTS), "risk": value, "measure": value, "standard": value}),
        "problems": rows(PROBLEM_KEYS, {"description": "问题"}, {"dept": st.sampled_from(DEPTS), "tried": value, "support": value}),
        "requirements": rows(REQUIREMENT_KEYS, {"name": "需求", "to_depts": DEPTS}, {"outcome": value, "resources": value}),
    }
)


def of_row(fields: tuple[str, ...], values: tuple[Value, ...]) -> st.SearchStrategy[dict]:
    cells = {f: st.sampled_from((*DEPTS, None) if f == "dept" else values) for f in fields}
    return st.fixed_dictionaries({}, optional=cells)


def edits(values: tuple[Value, ...] = SENT, *, blank_rows: bool = True) -> st.SearchStrategy[dict]:
    """Row id → what a department writes there; `*4` is blank row 4 of the pack."""
    parts = {k: of_row(TASK_FIELDS, values) for k in TASK_KEYS}
    parts |= {k: of_row(PROBLEM_FIELDS, values) for k in PROBLEM_KEYS}
    parts |= {k: of_row(("outcome", "resources", "goal"), values) for k in REQUIREMENT_KEYS}
    if blank_rows:
        parts |= {"*1": of_row(("name", "risk"), values), "*4": of_row(("description", *PROBLEM_FIELDS), values)}
        parts |= {"*5": of_row(("description", "problem_id"), ("WT-001", "WT-050", "x", None))}
    return st.fixed_dictionaries({}, optional=parts)


def sent(pack: Pack, wrote: Mapping[str, Mapping[str, Value]], hours: float, sha: str) -> Submission:
    own = {pack.id + "#" + r[1:] if r.startswith("*") else r: v for r, v in wrote.items()}
    known = {r for rows_ in pack.forms.values() for r in rows_}
    return filled(pack, {r: v for r, v in own.items() if r in known}, hours=hours, sha=sha)


pmo_edits = st.lists(
    st.one_of(
        st.tuples(st.just("tasks"), st.sampled_from(TASK_KEYS), st.sampled_from(TASK_FIELDS), value),
        st.tuples(st.just("problems"), st.sampled_from(PROBLEM_KEYS), st.sampled_from(("tried", "support")), value),
        st.tuples(st.just("problems"), st.sampled_from(PROBLEM_KEYS), st.just("dept"), st.sampled_from(DEPTS)),
        st.tuples(st.just("requirements"), st.just("XZ-1"), st.sampled_from(("outcome", "resources")), value),
    ),
    max_size=4,
)


def type_all(world: World, typed: list[tuple[str, str, str, Value]]) -> None:
    for form_id, key, field_id, v in typed:
        if key in world.keys(form_id):
            world.type(form_id, key, field_id, v)


def unnumbered(world: World, given_keys: set[str]) -> object:
    """The master's rows; those added later without their keys, as a key depends on who came first."""
    found = rows_of(world.master)
    return {
        form_id: (
            {key: row for key, row in by_key.items() if key in given_keys},
            sorted(repr(sorted(row.items())) for key, row in by_key.items() if key not in given_keys),
        )
        for form_id, by_key in found.items()
    }


GIVEN_KEYS = {*TASK_KEYS, *PROBLEM_KEYS, *REQUIREMENT_KEYS}


@quick
@given(masters, pmo_edits)
def test_an_unchanged_submission_changes_nothing(master, typed):
    world = World.of(master)
    issued = world.issue("P1", "研发部")
    type_all(world, typed)
    before = rows_of(world.master)
    result = world.consolidate(sent(issued, {}, 1, "s"))
    assert not any((result.changes, result.new_rows, result.opened, result.outcomes))
    assert rows_of(world.master) == before


@quick
@given(masters, edits(TEXTS[:3], blank_rows=False))
def test_an_untouched_master_takes_the_submission(master, wrote):
    world = World.of(master)
    issued = world.issue("P1", "研发部")
    sub = sent(issued, wrote, 1, "s")
    world.consolidate(sub)
    for form in SCHEMA.forms:
        t = sub.tables[form.id]
        for i, row_id in enumerate(t.row_ids):
            if row_id in GIVEN_KEYS:
                for f in form.fields:
                    issued_value = issued.forms[form.id][row_id].get(f.id)
                    wanted = t.get(i, f.id) if f.access == "D" and t.get(i, f.id) is not None else issued_value
                    assert f.access == "C" or same_value(world.value(form.id, row_id, f.id), wanted)


@quick
@given(masters, pmo_edits, edits())
def test_merging_the_same_again_changes_nothing(master, typed, wrote):
    world = World.of(master)
    issued = world.issue("P1", "研发部")
    type_all(world, typed)
    sub = sent(issued, wrote, 1, "s")
    world.consolidate(sub)
    before, items = rows_of(world.master), set(world.state.items)
    result = world.consolidate(sub)
    assert not any((result.changes, result.new_rows, result.counts))
    result = world.consolidate(replace(sub, sha256="t"))
    assert not any((result.changes, result.new_rows))
    assert rows_of(world.master) == before
    assert set(world.state.items) == items


@quick
@given(masters, edits(TEXTS, blank_rows=False))
def test_the_same_edit_on_both_sides_is_no_change(master, wrote):
    world = World.of(master)
    issued = world.issue("P1", "研发部")
    sub = sent(issued, wrote, 1, "s")
    for form in SCHEMA.forms:
        t = sub.tables[form.id]
        for i, row_id in enumerate(t.row_ids):
            for f in form.fields:
                if row_id in GIVEN_KEYS and f.access != "C":
                    world.type(form.id, row_id, f.id, t.get(i, f.id))
    result = world.consolidate(sub)
    assert not any((result.changes, result.opened))
    assert {o.outcome for o in result.outcomes} <= {"same"}


@quick
@given(masters, pmo_edits, edits(), edits(), st.booleans())
def test_two_copies_of_one_pack_give_the_same_master_in_any_order(master, typed, first, second, typed_before):
    start = World.of(master)
    issued = start.issue("P1", "研发部")
    type_all(start, typed)
    one, two = sent(issued, first, 1, "one"), sent(issued, second, 2, "two")
    ends = []
    for runs in ([[one], [two]], [[two], [one]], [[one, two]], [[two, one]]):
        world = start.copy()
        for run in runs:
            world.consolidate(*run)
        reverted = {i.id for i in world.state.items.values() if i.kind is Kind.REVERTED}
        ends.append((unnumbered(world, GIVEN_KEYS), reverted))
    assert ends[0] == ends[1] == ends[2] == ends[3]


@quick
@given(masters, pmo_edits, edits(), edits(), st.data())
def test_packs_that_touch_different_cells_commute(master, typed, first, second, data):
    start = World.of(master)
    one, two = start.issue("P1", "研发部"), start.issue("P2", "市场部")
    type_all(start, typed)
    mine = {(r, f) for r, row in first.items() for f in row}
    second = {r: {f: v for f, v in row.items() if (r, f) not in mine or r.startswith("*")} for r, row in second.items()}
    for wrote in (first, second):
        wrote.pop("*5", None)
        for row in wrote.values():
            row.pop("dept", None)  # (handing a row over also changes who may edit its other cells)
    a, b = sent(one, first, 1, "a"), sent(two, second, data.draw(st.sampled_from((0.5, 2))), "b")
    ends = []
    for runs in ([[a], [b]], [[b], [a]], [[a, b]]):
        world = start.copy()
        for run in runs:
            world.consolidate(*run)
        ends.append((unnumbered(world, GIVEN_KEYS), set(world.state.items)))
    assert ends[0] == ends[1] == ends[2]


def after_any_order(master, *copies) -> list[tuple[object, set[str]]]:
    """The master and the questions between copies, after the copies of one pack were consolidated one by one, in every order."""
    start = World.of(master)
    issued = start.issue("P1", "研发部")
    files = [sent(issued, wrote, hours, f"f{hours}") for hours, wrote in enumerate(copies, 1)]
    ends = []
    for order in itertools.permutations(files):
        world = start.copy()
        for file in order:
            world.consolidate(file)
        asked = [i for i in world.state.items.values() if i.kind in (Kind.REVERTED, Kind.COPIES)]
        keys = {i.row_key for i in asked} & GIVEN_KEYS  # the key of a row added later depends on who came first
        told = {(i.kind, i.row_key if i.row_key in keys else "", i.field, *(c.value for c in i.candidates)) for i in asked}
        ends.append((unnumbered(world, GIVEN_KEYS), told))
    return ends


TITLES = {"*1": "name", "*4": "description", "*5": "description"}


def half_corrected(master, *copies) -> bool:
    """Whether three copies write into one blank row, and "is the same row" (same title, or built on the other) holds for two of the three
    pairs: then no rule gives one answer in every order (decision 0023)."""
    start = World.of(master)
    issued = start.issue("P1", "研发部")
    files = [sent(issued, wrote, hours, f"f{hours}") for hours, wrote in enumerate(copies, 1)]
    built = {pair: made is Relation.BUILT_ON for pair, made in relations(start, files).items()}
    for place, title in TITLES.items():
        rows = [{f: v for f, v in wrote.get(place, {}).items() if v is not None} for wrote in copies]
        if all(rows):
            named = {file.sha256: row.get(title, row) for file, row in zip(files, rows, strict=True)}
            if sum(built[a, b] or named[a] == named[b] for a, b in built) == 2:
                return True
    return False


def same_in_any_order(master, first, second, third) -> None:
    assume(not half_corrected(master, first, second, third))
    ends = after_any_order(master, first, second, third)
    assert all(end == ends[0] for end in ends)


@settings(max_examples=60, deadline=None)
@given(masters, edits(), edits(), edits())
def test_three_copies_of_one_pack_give_the_same_master_and_the_same_questions_in_any_order(master, first, second, third):
    same_in_any_order(master, first, second, third)


@pytest.mark.slow
@settings(max_examples=2000, deadline=None)
@given(masters, edits(), edits(), edits())
def test_three_copies_in_any_order_in_many_worlds(master, first, second, third):
    same_in_any_order(master, first, second, third)


@quick
@given(masters, pmo_edits, edits(), edits(), st.booleans())
def test_a_slip_in_the_master_that_is_mended_later_makes_no_difference(master, typed, first, second, one_run):
    """A heading is renamed when the files come in, and put right afterwards: the end is as if it had been right all the time."""
    start = World.of(master)
    issued = start.issue("P1", "研发部")
    type_all(start, typed)
    one, two = sent(issued, first, 1, "one"), sent(issued, second, 2, "two")
    right, slip = start.copy(), start.copy()
    slip.master = {**slip.master}
    column = slip.master["tasks"].values["measure"]
    for run in [[one, two]] if one_run else [[one], [two]]:
        right.consolidate(*run)
        with_column(slip, None)
        slip.consolidate(*run)
        with_column(slip, column)
    waiting = sum(len(entries) for entries in slip.state.not_entered.values())
    told = [c.value for i in slip.state.items.values() if i.kind is Kind.NOT_ENTERED for c in i.candidates]
    assert sum(told) == waiting  # what is in no cell of the master is in a list
    slip.consolidate()
    assert not slip.state.not_entered
    assert unnumbered(slip, GIVEN_KEYS) == unnumbered(right, GIVEN_KEYS)
    assert set(slip.state.items) == set(right.state.items)


def with_column(world: World, column: list[Value] | None) -> None:
    """Take a column out of the tasks, or put it back with its values."""
    t = world.master["tasks"]
    kept = {f: v for f, v in t.values.items() if f != "measure"}
    world.master["tasks"] = replace(t, values={**kept, "measure": column} if column is not None else kept)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.sampled_from(("P1", "P2", "P3")), edits(), st.integers(1, 9)),
        st.tuples(st.just("both"), edits(), edits()),
        st.tuples(st.just("hand"), st.sampled_from(DEPTS), edits()),
        st.tuples(st.just("type"), pmo_edits),
        st.tuples(st.just("delete"), st.sampled_from((("tasks", "RW-002"), ("problems", "WT-002")))),
        st.tuples(st.just("issue")),
        st.tuples(st.just("decide"), st.sampled_from(("master", "submission", "manual"))),
    ),
    min_size=1,
    max_size=8,
)


class History:
    """A random history. After every step the laws that need no comparison are checked."""

    def __init__(self, master) -> None:
        self.world = World.of(master)
        self.packs = {
            "P1": self.world.issue("P1", "研发部"),
            "P2": self.world.issue("P2", "市场部"),
            "P3": self.world.issue("P3", "研发部"),
        }
        self.number = 0

    def step(self, step) -> None:
        world = self.world
        match step:
            case ("send", pack, wrote, hours):
                self.run(self.sent(pack, wrote, hours))
            case ("both", first, second):
                self.run(self.sent("P1", first, 5), self.sent("P2", second, 5))
            case ("hand", department, wrote):
                rows_ = [{"task_id": r, **row} for r, row in wrote.items() if r in TASK_KEYS] + [
                    {k: v for k, v in row.items() if k in ("name", "risk")} for r, row in wrote.items() if r == "*1"
                ]
                self.number += 1
                self.run(hand_made(department, "tasks", rows_, sha=f"h{self.number}"))
            case ("type", typed):
                type_all(world, typed)
            case ("delete", (form_id, key)):
                if key in world.keys(form_id):
                    world.delete(form_id, key)
            case ("issue",):
                self.packs["P3"] = world.issue("P3x" if "P3x" not in world.state.packs else "P3y", "研发部", hours=10)
            case ("decide", choice):
                self.decide(choice)

    def sent(self, pack: str, wrote, hours: float) -> Submission:
        self.number += 1
        return sent(self.packs[pack], wrote, hours, f"s{self.number}")

    def run(self, *subs: Submission) -> None:
        world = self.world
        before, state = rows_of(world.master), world.state
        snapshot = repr(state)
        seen = world.preview(*subs)
        assert repr(state) == snapshot  # a preview changes nothing
        result = world.consolidate(*subs)
        assert result == seen  # preview = apply
        self.accounted(result, subs, state)
        self.nothing_invented(before, subs, state)
        assert all(item.candidates for item in world.state.items.values())
        assert not set(result.closed) & {i.id for i in result.opened}
        assert len(set(world.keys("problems"))) == len(world.keys("problems"))

    def accounted(self, result, subs, state: MergeState) -> None:
        for count in result.counts:
            mine = [o for o in result.outcomes if o.sha256 == count.sha256]
            assert count.balanced
            assert count.edits == len(mine) == len({(o.form, o.cell) for o in mine})
            assert {n: k for n in LAW if (k := getattr(count, n))} == Counter(o.outcome for o in mine)
        applied_cells = {(o.form, o.row_key, o.field) for o in result.outcomes if o.outcome == "applied"}
        changed = {(c.form, c.row_key, c.field) for c in result.changes if c.why == "merge"}
        added = {(r.form, r.row_key, f) for r in result.new_rows for f in r.values}
        assert applied_cells - changed - added <= {c for c in applied_cells if c[1] in {r.row_key for r in result.new_rows}}
        for sub in subs:
            self.no_edit_forgotten(sub, result, state)

    def no_edit_forgotten(self, sub: Submission, result, state: MergeState) -> None:
        """By the definition: a cell of a row on both sides that differs from its baseline is an edit. Counted again, cell by cell.

        Left out are cells whose baseline an earlier submission of the pack changed (their order decides) and 清空 over a blank.
        """
        if sub.pack is None:
            return
        pack, told = state.packs[sub.pack], {o.cell for o in result.outcomes if o.sha256 == sub.sha256}
        touched = {cell for p, cell in state.moved | state.seen if p == sub.pack} | {c for p, c in result.moved if p == sub.pack and len(
            [s for s in result.counts]) > 1}  # fmt: skip
        for form in SCHEMA.forms:
            t = sub.tables[form.id]
            for i, row_id in enumerate(t.row_ids):
                issued = pack.forms[form.id].get(str(row_id))
                for f in form.fields:
                    s = t.get(i, f.id)
                    if not issued or f.access == "C" or (form.id, row_id, f.id) in touched or isinstance(s, Clear):
                        continue
                    assert (str(t.at(i, f.id)) in told) == (not agree(s, issued.get(f.id))), (row_id, f.id)

    def nothing_invented(self, before, subs, state: MergeState) -> None:
        """No cell holds a value that neither side had (computed fields, new keys and a new row's department apart). A copy that comes late
        may bring back the value of one merged before."""
        world = self.world
        said = {
            v for s in (*subs, *world.merged) for t in s.tables.values() for column in t.values.values() for v in column if not is_blank(v)
        }
        said |= {c.value for item in state.items.values() for c in item.candidates}
        for form in SCHEMA.forms:
            for key, row in rows_of(world.master)[form.id].items():
                old = before[form.id].get(key, {})
                for f, v in row.items():
                    assert v == old.get(f) or v in said or (not old and f == form.department_field), (key, f, v)

    def decide(self, choice: str) -> None:
        world = self.world
        waiting = list(world.state.items.values())
        answers = [
            Answer(i.id, choice, "z" if choice == "manual" else None, department=i.candidates[0].source.department)
            for i in waiting
            if choice != "manual" or i.field is not None
        ]
        before = world.state.items
        resolved = world.decide(*answers)
        settled = set(resolved.closed) | set(resolved.refused) | {i.id for i in resolved.asked_again}
        assert {a.item for a in answers} <= settled
        assert set(world.state.items) == set(before) - set(resolved.closed)
        assert {d.item for d in resolved.decisions} <= set(resolved.closed)


new_row = st.fixed_dictionaries({}, optional={f: st.sampled_from(SENT) for f in ("tried", "support", "raised_by")})


@settings(max_examples=25, deadline=None)
@given(masters, st.lists(st.tuples(st.sampled_from(("P1", "P2")), new_row, st.integers(1, 9)), min_size=2, max_size=3))
def test_a_new_row_with_a_typed_id_in_packs_of_two_weeks_is_the_same_in_any_order(master, wrote):
    start = World.of(master)
    packs = {"P1": start.issue("P1", "研发部"), "P2": start.issue("P2", "研发部", hours=168)}
    named = {"description": "甲", "problem_id": "WT-050"}
    files = [sent(packs[p], {"*5": {**row, **named}}, h + (168 if p == "P2" else 0), f"f{n}") for n, (p, row, h) in enumerate(wrote)]
    ends = []
    for order in itertools.permutations(files):
        for cut in (0, 1, len(files)):
            world = replace(start.copy(), master=dict(start.master))
            for run in filter(None, (order[:cut], order[cut:])):
                world.consolidate(*run)
            asked = {(i.kind, i.field, repr(i.master), *(repr((c.value, c.row)) for c in i.candidates)) for i in world.state.items.values()}
            ends.append((unnumbered(world, {*GIVEN_KEYS, "WT-050"}), asked))
    assert all(end == ends[0] for end in ends)


@settings(max_examples=150, deadline=None)
@given(masters, steps)
def test_every_history_keeps_the_laws(master, history):
    story = History(master)
    for step in history:
        story.step(step)


@settings(max_examples=60, deadline=None)
@given(masters, steps)
def test_what_the_pmo_has_decided_is_not_asked_again_by_the_same_file(master, history):
    story = History(master)
    for step in history:
        story.step(step)
    world = story.world
    sub = story.sent("P1", {"RW-001": {"risk": "q", "standard": "q"}, "XZ-1": {"outcome": "q"}}, 50)
    world.consolidate(sub)
    world.decide(*(Answer(i, "master") for i in world.state.items))
    before = rows_of(world.master)
    open_before = set(world.state.items)
    result = world.consolidate(replace(sub, sha256="again"))
    assert rows_of(world.master) == before
    assert set(world.state.items) <= open_before
    assert not any(o.submission == "q" for o in result.outcomes)


def test_the_laws_saw_something():
    """The strategies produce the cases that the laws are about."""
    reached = set()

    @settings(max_examples=400, deadline=None, database=None, derandomize=True)
    @given(masters, steps)
    def look(master, history):
        story = History(master)
        for step in history:
            story.step(step)
            reached.update(o.outcome for o in story.world.result.outcomes)
            reached.update(i.kind.value for i in story.world.state.items.values())

    look()
    assert set(LAW) <= reached
    assert {"conflict", "rights", "new_task", "add_add"} <= reached
    assert DIRECTORY.find("研发") == "研发部"
