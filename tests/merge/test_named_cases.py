"""Row merges that other tools' tests know, a table: base, ours (the PMO in the master), theirs (files of departments), the master
afterwards and what is asked.

The cases are told in our own words, on our forms. They are known from Dolt (a row added, deleted, changed on one side or both, cell-wise
merge, columns added and dropped), daff (conflicting cells, rows moved, columns reordered) and ODK Central's issue 698 (updates made
offline that come late, out of order, or with one missing).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from merge_world import World, filled, table

from collab_xl.model.merge import Kind
from collab_xl.model.record import replace
from collab_xl.model.values import CLEAR, Value

GONE = None
Row = Mapping[str, Value]
BASE = {"description": "断电", "dept": "研发部", "tried": "a", "support": "b"}
NEW = {"description": "漏水", "tried": "x"}


@dataclass(frozen=True)
class Case:
    """`theirs`: files in the order sent, each row id → its edits; `N` is the pack's first blank row.
    `second`: of another department's pack. `next_week`: of the department's next pack. In `order` all are numbered in this sequence."""

    name: str
    source: str
    theirs: tuple[Mapping[str, Row], ...] = ()
    second: tuple[Mapping[str, Row], ...] = ()
    next_week: tuple[Mapping[str, Row], ...] = ()
    ours: Row | None = None
    """What the PMO types into the row; empty for nothing, `{"": None}` deletes the row."""
    added: Mapping[str, Row] | None = None
    """Rows the PMO adds: key → values."""
    row: Row | None = None
    """The row afterwards, without `BASE`'s other cells; None: it is not there."""
    new: tuple[Row, ...] = ()
    """New rows afterwards."""
    asks: frozenset[Kind] = frozenset()
    order: tuple[int, ...] = ()
    """The order in which the files come in; by default as sent."""


def asks(*kinds: Kind) -> frozenset[Kind]:
    return frozenset(kinds)


DELETED: Row = {"": None}
KEY = "WT-001"
CASES = (
    Case("nobody changes anything", "Dolt", ({KEY: {}},), row={}),
    Case("changed here only", "Dolt", ({KEY: {}},), ours={"tried": "c"}, row={"tried": "c"}),
    Case("changed there only", "Dolt", ({KEY: {"tried": "c"}},), row={"tried": "c"}),
    Case("both change the same cell to the same value", "Dolt", ({KEY: {"tried": "c"}},), ours={"tried": "c"}, row={"tried": "c"}),
    Case(
        "both change different cells: merged cell by cell",
        "Dolt",
        ({KEY: {"tried": "c"}},),
        ours={"support": "d"},
        row={"tried": "c", "support": "d"},
    ),
    Case(
        "both change one cell to different values",
        "Dolt",
        ({KEY: {"tried": "c"}},),
        ours={"tried": "d"},
        row={"tried": "d"},
        asks=asks(Kind.CONFLICT),
    ),
    Case(
        "overlap in one cell, apart in another",
        "Dolt",
        ({KEY: {"tried": "c", "support": "e"}},),
        ours={"tried": "d"},
        row={"tried": "d", "support": "e"},
        asks=asks(Kind.CONFLICT),
    ),
    Case("cleared there, untouched here", "Dolt", ({KEY: {"tried": CLEAR}},), row={"tried": None}),
    Case("left blank there is no clearing", "ours", ({KEY: {"tried": None}},), row={}),
    Case(
        "cleared there, changed here", "Dolt", ({KEY: {"tried": CLEAR}},), ours={"tried": "d"}, row={"tried": "d"}, asks=asks(Kind.CONFLICT)
    ),
    Case("cleared on both sides", "Dolt", ({KEY: {"tried": CLEAR}},), ours={"tried": None}, row={"tried": None}),
    Case("deleted here, untouched there", "Dolt", ({KEY: {}},), ours=DELETED, row=GONE),
    Case("deleted here, changed there", "Dolt", ({KEY: {"tried": "c"}},), ours=DELETED, row=GONE, asks=asks(Kind.DELETE_EDIT)),
    Case(
        "deleted here, two cells cleared there: nothing of theirs is lost, so nothing is asked",
        "Dolt, decided otherwise",
        ({KEY: {"tried": CLEAR, "support": CLEAR}},),
        ours=DELETED,
        row=GONE,
    ),
    Case("not returned there: kept, never deleted", "Dolt", ({},), row={}),
    Case("not returned there, changed here", "Dolt", ({},), ours={"tried": "c"}, row={"tried": "c"}),
    Case("a row added there", "Dolt", ({"N": NEW},), row={}, new=(NEW,)),
    Case("a row added here", "Dolt", ({KEY: {}},), added={"WT-009": NEW}, row={}, new=(NEW,)),
    Case(
        "the same new row on both sides, each without knowing: two rows, nothing lost",
        "Dolt",
        ({"N": NEW},),
        added={"WT-009": {"description": "漏水", "tried": "y"}},
        row={},
        new=({"description": "漏水", "tried": "y"}, NEW),
    ),
    Case(
        "one new key, two different rows",
        "Dolt",
        ({"N": {**NEW, "problem_id": "WT-009"}},),
        added={"WT-009": {"description": "停水"}},
        row={},
        new=({"description": "停水"},),
        asks=asks(Kind.ADD_ADD),
    ),
    Case("one new key there, free here", "Dolt", ({"N": {**NEW, "problem_id": "WT-009"}},), row={}, new=(NEW,)),
    *(
        Case(
            f"one new row under one typed ID in packs of two weeks, {name}",
            "ours",
            ({"N": {**NEW, "problem_id": "WT-009"}},),
            next_week=({"N": {**NEW, "tried": "y", "problem_id": "WT-009"}},),
            row={},
            new=({**NEW, "tried": "y"},),
            order=order,
        )
        for name, order in (("as sent", (0, 1)), ("the newer first", (1, 0)))
    ),
    *(
        Case(
            f"two new rows under one typed ID in packs of two weeks, {name}",
            "ours",
            ({"N": {**NEW, "problem_id": "WT-009"}},),
            next_week=({"N": {"description": "停水", "problem_id": "WT-009"}},),
            row={},
            new=(stands,),
            asks=asks(Kind.ADD_ADD),
            order=order,
        )
        for name, order, stands in (("as sent", (0, 1), NEW), ("the newer first", (1, 0), {"description": "停水"}))
    ),
    Case("the same file twice", "daff", ({KEY: {"tried": "c"}}, {KEY: {"tried": "c"}}), row={"tried": "c"}),
    Case(
        "a second file goes on from the first",
        "daff",
        ({KEY: {"tried": "c"}}, {KEY: {"tried": "c", "support": "e"}}),
        row={"tried": "c", "support": "e"},
    ),
    Case(
        "a second file corrects the first",
        "daff",
        ({KEY: {"tried": "c"}}, {KEY: {"tried": "d"}}),
        row={"tried": "d"},
        asks=asks(Kind.COPIES),
    ),
    Case(
        "two copies, two rows edited",
        "daff",
        ({KEY: {"tried": "c"}}, {KEY: {"support": "e"}}),
        row={"tried": "c", "support": "e"},
        asks=asks(Kind.REVERTED),
    ),
    Case("two departments, one row", "daff", ({"XZ-1": {"outcome": "可"}},), second=({"XZ-1": {"resources": "两人"}},), row={}),
    Case(
        "two departments, one cell, the same value", "daff", ({"XZ-1": {"outcome": "可"}},), second=({"XZ-1": {"outcome": "可"}},), row={}
    ),
    Case(
        "two departments, one cell, two values",
        "daff",
        ({"XZ-1": {"outcome": "可"}},),
        second=({"XZ-1": {"outcome": "不可"}},),
        row={},
        asks=asks(Kind.CONFLICT),
    ),
    Case(
        "offline: three updates, each made on the last, in order",
        "ODK",
        ({KEY: {"tried": "1", "support": "x"}}, {KEY: {"tried": "2", "support": "x"}}, {KEY: {"tried": "3", "support": "x"}}),
        row={"tried": "3", "support": "x"},
        order=(0, 1, 2),
    ),
    Case(
        "offline: the last comes first",
        "ODK",
        ({KEY: {"tried": "1", "support": "x"}}, {KEY: {"tried": "2", "support": "x"}}, {KEY: {"tried": "3", "support": "x"}}),
        row={"tried": "3", "support": "x"},
        order=(2, 0, 1),
    ),
    Case(
        "offline: the middle one never comes",
        "ODK",
        ({KEY: {"tried": "1", "support": "x"}}, {KEY: {"tried": "3", "support": "x"}}),
        row={"tried": "3", "support": "x"},
        order=(1, 0),
    ),
    Case(
        "offline: somebody changed another cell online meanwhile",
        "ODK",
        ({KEY: {"tried": "1"}},),
        ours={"support": "z"},
        row={"tried": "1", "support": "z"},
    ),
    Case(
        "offline: somebody changed the same cell online meanwhile",
        "ODK",
        ({KEY: {"tried": "1"}},),
        ours={"tried": "z"},
        row={"tried": "z"},
        asks=asks(Kind.CONFLICT),
    ),
    Case(
        "offline: the row was deleted online meanwhile",
        "ODK",
        ({KEY: {"tried": "1"}}, {KEY: {"tried": "2"}}),
        ours=DELETED,
        row=GONE,
        asks=asks(Kind.DELETE_EDIT),
    ),
)


def run(case: Case) -> World:
    w = World.of({"problems": {KEY: BASE}, "requirements": {"XZ-1": {"name": "上线", "to_depts": ("研发部", "市场部")}}})
    packs = [w.issue("P1", "研发部"), w.issue("P2", "市场部"), w.issue("P3", "研发部", hours=168)]
    files = []
    for pack, sent in zip(packs, (case.theirs, case.second, case.next_week), strict=True):
        blank = next(r for r in pack.forms["problems"] if r.startswith(f"{pack.id}#") and not pack.forms["problems"][r])
        first = (pack.issued_at - packs[0].issued_at).total_seconds() / 3600 + 1
        for n, edits in enumerate(sent):
            wrote = {blank if row == "N" else row: values for row, values in edits.items()}
            gone = [KEY] if pack.id == "P1" and not edits else []
            files.append(filled(pack, wrote, hours=first + n, sha=f"{pack.id}-{n}", drop=gone))
    if case.ours == DELETED:
        w.delete("problems", KEY)
    else:
        for field, value in (case.ours or {}).items():
            w.type("problems", KEY, field, value)
    if case.added:
        t = w.master["problems"]
        rows = [{f: t.get(i, f) for f in t.values} for i in range(len(t))]
        rows += [{"problem_id": key, **values} for key, values in case.added.items()]
        w.master["problems"] = table("problems", rows)
    for n in case.order or range(len(files)):
        w.consolidate(files[n])
    return w


@pytest.mark.parametrize("case", CASES, ids=[c.name for c in CASES])
def test_a_named_case(case: Case) -> None:
    w = run(case)
    assert {i.kind for i in w.state.items.values()} == case.asks
    keys = w.keys("problems")
    if case.row is GONE:
        assert KEY not in keys
    else:
        expected = {**BASE, **case.row}
        assert {f: w.value("problems", KEY, f) for f in BASE} == expected
    found = [{f: w.value("problems", key, f) for f in ("description", "tried")} for key in keys if key != KEY]
    assert sorted(map(str, found)) == sorted(str({"description": r["description"], "tried": r.get("tried")}) for r in case.new)


def test_a_row_moved_and_a_column_reordered_are_no_edits() -> None:
    """As daff's tables with rows and columns in another order."""
    w = World.of({"problems": {KEY: BASE, "WT-002": {**BASE, "description": "停机"}}})
    issued = w.issue("P1", "研发部")
    sub = filled(issued, {KEY: {"tried": "c"}})
    t = sub.tables["problems"]
    order = [1, 0, *range(2, len(t))]
    values = {f: [column[i] for i in order] for f, column in reversed(t.values.items())}
    turned = replace(t, values=values, row_ids=[t.row_ids[i] for i in order], columns=dict(reversed(t.columns.items())))
    w.consolidate(replace(sub, tables={**sub.tables, "problems": turned}))
    assert (w.value("problems", KEY, "tried"), w.value("problems", "WT-002", "tried"), w.state.items) == ("c", "a", {})


def test_a_column_dropped_there_asks_for_nothing_and_one_dropped_here_waits() -> None:
    """As Dolt's merges where one side drops a column the other edits."""
    w = World.of({"problems": {KEY: BASE}})
    issued = w.issue("P1", "研发部")
    without = table("problems", [{"problem_id": KEY, **BASE, "support": "e"}], [KEY], without=["tried"])
    w.consolidate(replace(filled(issued, {}, sha="without"), tables={"problems": without}))
    assert (w.value("problems", KEY, "tried"), w.value("problems", KEY, "support"), w.state.items) == ("a", "e", {})
    w.master["problems"] = table("problems", [{"problem_id": KEY, **BASE, "support": "e"}], without=["tried"])
    w.consolidate(filled(issued, {KEY: {"tried": "c", "support": "e"}}, hours=2))
    assert {i.kind for i in w.state.items.values()} == {Kind.NOT_ENTERED}
