"""What is stored in the ledger is read back, along the chain of the workbook."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab_xl import catalogue
from collab_xl.errors import CollabError
from collab_xl.merge.fold import fold_resolved, fold_run
from collab_xl.model.chain import active
from collab_xl.model.codec import dump, load
from collab_xl.model.merge import (
    Candidate,
    CellKey,
    Count,
    Decision,
    Item,
    Kind,
    MergeResult,
    MergeState,
    Moved,
    Outcome,
    Pack,
    Resolved,
)
from collab_xl.model.plan import CellChange, NewRow, Provenance
from collab_xl.model.run import Run, RunRecord
from collab_xl.model.submission_log import Received, State
from collab_xl.model.summary import Rag, WeekRecord
from collab_xl.model.values import CLEAR, Link, Unreadable, Value
from collab_xl.project.ledger import Ledger
from collab_xl.project.ledger_packs import pack_file
from collab_xl.project.ledger_schema import VERSION, newest_copy

NOW = datetime(2026, 11, 20, 9, 30)
DAY = date(2026, 11, 20)
SENT = Provenance("a" * 64, "市场部", "2026-W47-01", "li@example.com", NOW, "报送.xlsx", "任务跟踪表!G17")
ODD_VALUES: list[Value] = [
    None,
    "",
    "甲\n乙",
    "null",
    0,
    0.1,
    True,
    DAY,
    NOW,
    ("a", "b"),
    (),
    Unreadable("下个月"),
    CLEAR,
    Link("#'a'!A1", "a"),
]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.create(tmp_path / "p.collab" / "ledger.db", "project-1", NOW) as made:
        yield made


def run(ledger: Ledger, parent: str | None, verb: str = "consolidate", started_at: datetime = NOW, **parts: object) -> str:
    record = RunRecord(verb, DAY, started_at, "zh", **parts)  # type: ignore[arg-type]
    return ledger.prepare(record, parent=parent, run_id=ledger.next_id()).id


def change(new: Value, old: Value = None, field: str = "owner", source: Provenance | None = SENT) -> CellChange:
    return CellChange("tasks", "RW-001", field, old, new, "merge", source)


def received(sha: str, state: State = State.ACCEPTED, sent: datetime | None = NOW) -> Received:
    return Received(f"{sha}.eml", sha, state, "x.xlsx", "", (("a", "b"),), "市场部", "p1", "2026-W47", "li@example.com", "<1@x>", sent, NOW)


def test_run_ids_count_up_and_name_their_parent(ledger: Ledger) -> None:
    first = run(ledger, None, "init")
    second = run(ledger, first)
    assert (first[:6], second[:6]) == ("R0001-", "R0002-")
    assert [(r.id, r.parent, r.verb) for r in ledger.chain(second)] == [(first, None, "init"), (second, first, "consolidate")]
    assert ledger.chain(None) == ledger.chain("") == []


def test_a_run_that_never_reached_the_workbook_is_not_on_its_chain(ledger: Ledger) -> None:
    first = run(ledger, None)
    lost = run(ledger, first, changes=[change("甲")], received=[received("s1")], consumed=frozenset({"s0"}))
    third = run(ledger, first, changes=[change("乙")])
    assert [r.id for r in ledger.chain(third)] == [first, third]
    assert [c.change.new for c in ledger.changes(third)] == ["乙"]
    assert (ledger.received(third), ledger.consumed(third)) == ([], {})
    assert [(line.run.id, line.contained) for line in ledger.log(third)] == [(third, True), (lost, False), (first, True)]


def test_a_restored_backup_sees_the_past_of_its_own(ledger: Ledger) -> None:
    first = run(ledger, None, changes=[change("甲")], consumed=frozenset({"s1"}))
    run(ledger, first, changes=[change("乙")], consumed=frozenset({"s2"}))
    assert list(ledger.consumed(first)) == ["s1"]


def test_what_a_run_outside_the_workbook_took_is_held_if_that_run_was_ever_in_a_workbook(ledger: Ledger) -> None:
    first = run(ledger, None)
    lost = run(ledger, first, consumed=frozenset({"s1"}), received=[received("s1"), received("s2")])
    assert ledger.held(first) == {}  # it was killed before it reached the workbook
    ledger.reached(lost)
    assert {sha: (one.run.id, one.undone) for sha, one in ledger.held(first).items()} == {"s1": (lost, False), "s2": (lost, False)}
    again = run(ledger, first, "collect", received=[received("s2"), received("s1")])
    assert list(ledger.held(again)) == ["s1"]  # s2 was never consolidated, and this workbook has received it now
    assert [r.sha256 for r in ledger.ready(again)] == ["s2"]
    child = run(ledger, lost)
    assert (ledger.held(child), [r.sha256 for r in ledger.ready(child)]) == ({}, ["s2"])


def test_a_run_that_another_follows_was_in_a_workbook(ledger: Ledger) -> None:
    first = run(ledger, None)
    lost = run(ledger, first, consumed=frozenset({"s1"}), received=[received("s1")])
    run(ledger, lost, "check")
    assert list(ledger.held(first)) == ["s1"]


def test_a_run_the_ledger_does_not_know_is_refused(ledger: Ledger) -> None:
    for ask in (ledger.chain, ledger.effective, ledger.events, ledger.run_changes, ledger.outcomes):
        with pytest.raises(CollabError) as refused:
            ask("R0009-ffff")
        assert refused.value.code == "run_not_in_ledger"
    with pytest.raises(CollabError, match="run_not_in_ledger"):
        run(ledger, "R0009-ffff")
    assert ledger.log() == []


def test_an_undone_run_does_not_count_and_a_redo_brings_it_back(ledger: Ledger) -> None:
    a = run(ledger, None, changes=[change("甲")], consumed=frozenset({"s1"}), received=[received("s1")])
    b = run(ledger, a, changes=[change("乙", "甲")], consumed=frozenset({"s2"}), received=[received("s2")])
    undo = run(ledger, b, "undo", undoes=(b,), changes=[change("甲", "乙")])
    redo = run(ledger, undo, "undo", undoes=(undo,), changes=[change("乙", "甲")])
    assert [r.id for r in ledger.effective(undo)] == [a, undo]
    assert [r.id for r in ledger.effective(redo)] == [a, b, redo]
    assert (list(ledger.consumed(undo)), list(ledger.consumed(redo))) == (["s1"], ["s1", "s2"])
    assert ledger.ready(undo) == ledger.ready(redo) == []
    assert [(sha, one.run.id, one.undone) for sha, one in ledger.held(undo).items()] == [("s2", b, True)]
    assert ledger.held(redo) == {}
    assert [(c.run.id, c.undone) for c in ledger.changes(redo)] == [(redo, False), (undo, True), (b, False), (a, False)]
    assert [line.undone for line in ledger.log(undo)] == [False, False, True, False]


def chain_of(*undoes: tuple[int, ...]) -> list[Run]:
    """Run n undoes the runs whose numbers are given."""
    return [Run(f"R{n}", n, f"R{n - 1}", "x", DAY, NOW, "zh", undoes=tuple(f"R{u}" for u in of)) for n, of in enumerate(undoes)]


@pytest.mark.parametrize(
    ("undoes", "left"),
    [
        ([(), (), (1,)], {0, 2}),
        ([(), (), (1,), (2,)], {0, 1, 3}),
        ([(), (), (1, 0)], {2}),
        ([(), (), (1,), (2, 1, 0)], {3}),
        ([(), (), (1,), (2, 1, 0), (3,)], {0, 2, 4}),
        ([(), (0,), (1,), (2,)], {1, 3}),
    ],
)
def test_undo_of_undo_of_undo(undoes: list[tuple[int, ...]], left: set[int]) -> None:
    assert active(chain_of(*undoes)) == {f"R{n}" for n in left}


@given(st.data())
def test_undoing_from_a_run_on_leaves_what_counted_before_it(data: st.DataObject) -> None:
    undoes: list[tuple[int, ...]] = [(), ()]
    for _ in range(data.draw(st.integers(0, 6))):
        on = [int(r[1:]) for r in active(chain_of(*undoes))]
        start = data.draw(st.none() | st.sampled_from(sorted(on)))
        undoes.append(() if start is None else tuple(range(len(undoes) - 1, start - 1, -1)))
    last = undoes[-1]
    if last:
        assert active(chain_of(*undoes)) == active(chain_of(*undoes[: last[-1]])) | {f"R{len(undoes) - 1}"}


def test_what_a_run_did_to_the_tables_comes_back_exactly(ledger: Ledger) -> None:
    changes = [change(v, field=f"f{n}") for n, v in enumerate(ODD_VALUES)] + [change("x", v, source=None) for v in ODD_VALUES]
    changes.append(CellChange("tasks", "RW-002", "progress", 0.8, 0.9, "merge", SENT, "完成80%"))
    added = [NewRow("tasks", "RW-003", {"task_id": "RW-003", "end": DAY, "remark": "=1"}, "P#3", SENT), NewRow("problems", "WT-1", {})]
    removed, unkeyed = [NewRow("tasks", "RW-004", {"name": "甲"})], [NewRow("tasks", "RW-005", {"name": "乙"})]
    ranges = {"Tasks": ("A4:V9", "A4:V10")}
    done = run(ledger, None, changes=changes, added=added, removed=removed, unkeyed=unkeyed, ranges=ranges)
    with Ledger.open(ledger.path) as again:
        found = again.run_changes(done)
        assert list(found.changes) == changes
        assert [list(part) for part in (found.added, found.removed, found.unkeyed)] == [added, removed, unkeyed]
        assert found.ranges == ranges
        assert again.chain(done) == ledger.chain(done)
        assert again.chain(done)[0].changed_data
        assert again.secret == ledger.secret
        assert len(again.secret) == 32
        assert again.project_id == "project-1"


def test_the_change_log_is_newest_first_and_no_longer_than_asked(ledger: Ledger) -> None:
    a = run(ledger, None, changes=[change(str(n)) for n in range(5)])
    b = run(ledger, a, added=[NewRow("tasks", "RW-9", {"task_id": "RW-9", "name": None, "owner": "甲"})], changes=[change("last")])
    lines = [(c.run.id, c.change.field, c.change.new) for c in ledger.changes(b, 5)]
    assert lines == [(b, "owner", "last"), (b, "owner", "甲"), (b, "task_id", "RW-9"), (a, "owner", "4"), (a, "owner", "3")]
    assert len(ledger.changes(b)) == 8
    assert ledger.changes(b, 0) == []


def test_the_state_of_the_merge_folds_out_of_the_events(ledger: Ledger) -> None:
    cell, other = CellKey("tasks", "RW-001", "owner"), CellKey("tasks", "p2#1", "name")
    moved = Moved(("甲", "乙"), NOW, "s1")
    taken = [Outcome("s1", "tasks", f"RW-{n}", "remark", "applied", None, v, v, f"表!A{n}") for n, v in enumerate(ODD_VALUES)]
    taken_moved = {("p1", CellKey("tasks", f"p1#{n}", "remark")): Moved(v, NOW, "s1") for n, v in enumerate(ODD_VALUES)}
    decided = Decision("i1", "manual", DAY, (Unreadable("x"), None), "R")
    item = Item(
        "i1",
        Kind.CONFLICT,
        "tasks",
        "RW-001",
        "owner",
        None,
        "丙",
        (Candidate("丁", SENT, {"end": DAY}, "p#1", True),),
        "p#1",
        "p1",
        decided,
    )
    merged = MergeResult(
        changes=(change("甲"),),
        opened=(item,),
        closed=("i0",),
        counts=(Count("s1", "市场部", 3, 1, 1, 1),),
        outcomes=(Outcome("s1", "tasks", "RW-001", "owner", "conflicts", None, "丙", CLEAR, "表!A1"), *taken),
        moved={("p1", cell): moved, ("p2", other): moved, **taken_moved},
        seen={("p1", cell): (moved, Moved(None, NOW, "s0"))},
        keys={("tasks", "p1#2"): "RW-010"},
    )
    resolved = Resolved(changes=(change("x"),), decisions=(decided,), closed=("i1",), moved={("p1", cell): moved}, asked_again=(item,))
    a = run(ledger, None, merged=merged, consumed=frozenset({"s1", "s2"}))
    b = run(ledger, a, "resolve", resolved=resolved)
    with Ledger.open(ledger.path) as again:
        first, second = again.events(b)
        state = fold_run(MergeState(), first.merged or MergeResult(), first.consumed)
        assert state == fold_run(MergeState(), merged, {"s1", "s2"})
        assert second.resolved is not None
        assert fold_resolved(state, second.resolved, b) == fold_resolved(state, resolved, b)
        assert first.merged is not None
        assert first.merged.counts == merged.counts
        assert sorted(again.outcomes(a), key=repr) == sorted(merged.outcomes, key=repr)
        assert len(again.outcomes(a)) == 1 + len(ODD_VALUES)
        only = again.events(b, ["p2"])[0].merged
        assert only is not None
        assert list(only.moved) == [("p2", other)]
        assert only.opened == (item,)


def test_packs_come_back_as_issued_in_the_order_issued(ledger: Ledger) -> None:
    forms = {
        "tasks": {"RW-001": dict(zip("abcdefghijklmn", ODD_VALUES, strict=True)), "p#1": {}, "p#2": {}, "RW-002": {"a": 1}},
        "problems": {},
    }
    packs = [Pack("2026-W47-b", "市场部", "2026-W47", NOW, "1", forms), Pack("2026-W47-a", "研发部", "2026-W47", NOW, "1", {})]
    a = run(ledger, None, "issue", packs=packs[:1])
    b = run(ledger, a, "issue", packs=packs[1:])
    with Ledger.open(ledger.path) as again:
        assert list(again.packs().values()) == packs
        assert list(again.packs()["2026-W47-b"].forms["tasks"]) == ["RW-001", "p#1", "p#2", "RW-002"]
        assert list(again.packs(["2026-W47-a"])) == ["2026-W47-a"]
        assert [h.forms for h in again.pack_heads().values()] == [{}, {}]
        assert (again.packs_outside(a), again.packs_outside(b)) == ({"2026-W47-a"}, set())  # sent out all the same


@pytest.mark.parametrize("harm", ["gone", "changed"])
def test_lost_values_of_a_pack_are_named(ledger: Ledger, harm: str) -> None:
    run(ledger, None, "issue", packs=[Pack("p1", "市场部", "2026-W47", NOW, "1", {"tasks": {"RW-001": {"owner": "甲"}}})])
    path = pack_file(ledger.path.parent / "issued", "p1")
    path.unlink() if harm == "gone" else path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(CollabError, match="pack_values_lost"):
        ledger.packs()
    assert list(ledger.pack_heads()) == ["p1"]


def test_ready_are_the_accepted_ones_nobody_consolidated_in_the_order_sent(ledger: Ledger) -> None:
    got = [received("s3", sent=datetime(2026, 11, 20, 12)), received("s2", State.DUPLICATE), received("s1", sent=None), received("s0")]
    a = run(ledger, None, "collect", received=got)
    assert [r for _, r in ledger.received(a)] == got
    assert [r.sha256 for r in ledger.ready(a)] == ["s1", "s0", "s3"]
    b = run(ledger, a, consumed=frozenset({"s0", "s1"}))
    assert [r.sha256 for r in ledger.ready(b)] == ["s3"]


def test_the_newest_record_of_each_week_counts(ledger: Ledger) -> None:
    def week(name: str, planned: int) -> WeekRecord:
        return WeekRecord(name, DAY, {"open": 3}, Rag.RED, {"市场部": 2}, planned, 1)

    a = run(ledger, None, "week", weeks=[week("2026-W47", 1)])
    b = run(ledger, a, "week", weeks=[week("2026-W46", 2)])
    c = run(ledger, b, "week", weeks=[week("2026-W47", 3)])
    assert ledger.weeks(c) == [week("2026-W46", 2), week("2026-W47", 3)]
    assert ledger.weeks(a) == [week("2026-W47", 1)]


def test_a_key_once_given_is_known_even_in_a_run_no_workbook_contains(ledger: Ledger) -> None:
    run(ledger, None, added=[NewRow("tasks", "RW-003", {})])
    run(ledger, None, changes=[CellChange("tasks", "RW-004", "task_id", None, "RW-004", "key"), change("x")])
    assert ledger.keys_given() == {"tasks": {"RW-003", "RW-004"}}


def test_the_keys_of_an_undone_run_are_free_again_unless_packs_may_carry_them(ledger: Ledger) -> None:
    a = run(ledger, None, added=[NewRow("tasks", "RW-003", {})])
    b = run(ledger, a, added=[NewRow("tasks", "RW-004", {})])
    undone = run(ledger, b, "undo", undoes=(b,))
    assert ledger.keys_given(b) == {"tasks": {"RW-003", "RW-004"}}
    assert ledger.keys_given(undone) == {"tasks": {"RW-003"}}
    issued = run(ledger, undone, "issue", packs=[Pack("p1", "市场部", "2026-W47", NOW, "1", {})])
    assert ledger.keys_given(issued) == {"tasks": {"RW-003", "RW-004"}}


def test_a_simulated_run_answers_like_a_stored_one_and_leaves_no_trace(ledger: Ledger) -> None:
    a = run(ledger, None, changes=[change("甲")], consumed=frozenset({"s1"}), received=[received("s1")])
    undo = RunRecord("undo", DAY, NOW, "zh", undoes=(a,), changes=[change(None, "甲")])
    simulated = ledger.simulate(undo, parent=a)
    assert (ledger.consumed(simulated), list(ledger.held(simulated))) == ({}, ["s1"])
    stored = ledger.prepare(undo, parent=a, run_id=ledger.next_id())
    assert stored.number == 2
    assert ledger.held(stored.id) == ledger.held(simulated)
    with Ledger.open(ledger.path) as again:
        assert [line.run.id for line in again.log(stored.id)] == [stored.id, a]


def test_nothing_of_a_run_is_stored_when_storing_fails(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    from collab_xl.project import checkpoint

    def full_disk() -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setitem(checkpoint.armed, "ledger:before_commit", full_disk)
    with pytest.raises(CollabError, match="ledger_unusable"):
        run(ledger, None, changes=[change("甲")])
    monkeypatch.undo()
    with Ledger.open(ledger.path) as again:
        assert again.log() == []
    assert run(ledger, None)[:6] == "R0001-"


@pytest.mark.parametrize("harm", ["text", "empty", "torn", "page", "other_database"])
def test_a_damaged_ledger_is_named_with_the_copy_to_use_and_left_as_it_is(ledger: Ledger, harm: str) -> None:
    a = run(ledger, None, changes=[change(f"值{n}" * 50) for n in range(400)])
    copy = ledger.path.parent / "backups" / "ledger.db"
    ledger.copy_to(copy)
    ledger.close()
    path, data = ledger.path, bytearray(ledger.path.read_bytes())
    assert len(data) > 40 * 4096
    if harm == "page":
        for page in range(5, len(data) // 4096):
            data[page * 4096 : page * 4096 + 200] = b"\xff" * 200
    content = {"text": b"this is no ledger" * 100, "empty": b"", "torn": bytes(data[: len(data) // 2]), "page": bytes(data)}
    path.unlink()
    if harm == "other_database":
        conn = sqlite3.connect(path)
        conn.execute("CREATE TABLE t (a)")
        conn.close()
    else:
        path.write_bytes(content[harm])
    as_found = path.read_bytes()
    with pytest.raises(CollabError) as refused:
        Ledger.open(path)
    assert (refused.value.code, refused.value.facts["copy"]) == ("ledger_damaged", copy)
    assert path.read_bytes() == as_found
    path.write_bytes(copy.read_bytes())  # as the message tells the user to do
    with Ledger.open(path) as again:
        assert [r.id for r in again.chain(a)] == [a]


OLDEST_FIRST = ("ledger-2026-W47.db", "ledger-before.db", "ledger.db")


@pytest.mark.parametrize("order", list(permutations(OLDEST_FIRST)), ids=" ".join)
@pytest.mark.parametrize("clock", [1, 0, -1], ids=["forwards", "stands", "backwards"])
def test_the_newest_copy_is_the_one_with_the_newest_run_whatever_the_file_times(ledger: Ledger, order: tuple[str, ...], clock: int) -> None:
    parent, backups = None, ledger.path.parent / "backups"
    for n, name in enumerate(OLDEST_FIRST):
        parent = run(ledger, parent, started_at=NOW + timedelta(days=n * clock))
        ledger.copy_to(backups / name)
    for day, name in enumerate(order):
        os.utime(backups / name, (1_800_000_000 + 86_400 * day,) * 2)
    assert newest_copy(ledger.path) == backups / "ledger.db"
    (backups / "ledger.db").write_bytes(b"bad")
    assert newest_copy(ledger.path) == backups / "ledger-before.db"


@pytest.mark.parametrize("younger", OLDEST_FIRST)
def test_of_equal_copies_the_one_made_after_each_run_is_named(ledger: Ledger, younger: str) -> None:
    for runs in (0, 1):
        if runs:
            run(ledger, None)
        for name in OLDEST_FIRST:
            ledger.copy_to(ledger.path.parent / "backups" / name)
            os.utime(ledger.path.parent / "backups" / name, (1_800_000_000 + (name == younger),) * 2)
        assert newest_copy(ledger.path) == ledger.path.parent / "backups" / "ledger.db"


def test_after_an_old_copy_was_put_back_the_runs_since_then_count(ledger: Ledger) -> None:
    """Their numbers are lower: R0002 of today, R0003 in the lost ledger."""
    backups = ledger.path.parent / "backups"
    first = run(ledger, None)
    ledger.copy_to(backups / "ledger-2026-W47.db")
    run(ledger, run(ledger, first, started_at=NOW + timedelta(days=1)), started_at=NOW + timedelta(days=2))
    ledger.copy_to(backups / "ledger-before.db")
    ledger.close()
    ledger.path.write_bytes((backups / "ledger-2026-W47.db").read_bytes())
    with Ledger.open(ledger.path) as again:
        run(again, first, started_at=NOW + timedelta(days=3))
        again.copy_to(backups / "ledger.db")
    assert newest_copy(ledger.path) == backups / "ledger.db"


def test_without_a_sound_copy_the_message_does_not_promise_one(ledger: Ledger) -> None:
    ledger.close()
    bad = ledger.path.parent / "backups" / "ledger.db"
    bad.parent.mkdir()
    bad.write_bytes(b"bad")
    ledger.path.write_bytes(b"no ledger")
    with pytest.raises(CollabError, match="ledger_damaged_no_copy"):
        Ledger.open(ledger.path)


def test_missing_newer_and_existing_ledgers_are_refused(ledger: Ledger, tmp_path: Path) -> None:
    with pytest.raises(CollabError, match="ledger_missing"):
        Ledger.open(tmp_path / "none.db")
    assert not (tmp_path / "none.db").exists()
    with pytest.raises(CollabError, match="ledger_exists"):
        Ledger.create(ledger.path, "x", NOW)
    ledger._conn.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(CollabError, match="ledger_newer"):
        Ledger.open(ledger.path)


def test_a_busy_ledger_says_so(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collab_xl.project.ledger_schema.BUSY_SECONDS", 0.05)
    other = sqlite3.connect(ledger.path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(CollabError, match="ledger_unusable"):
        Ledger.open(ledger.path)
    other.execute("ROLLBACK")
    other.close()


def test_eighty_thousand_changes_are_stored_in_bulk(ledger: Ledger) -> None:
    """The number of SQL statements is counted: it must be far below the number of changes."""
    statements: list[str] = []
    ledger._conn.set_trace_callback(statements.append)
    sources = [Provenance(f"{n:064d}", "市场部", "p", "a@b", NOW, "x.xlsx") for n in range(20)]
    run(ledger, None, changes=[change(n, source=sources[n % 20]) for n in range(2000)])
    assert sum(s.startswith("INSERT INTO changes") for s in statements) <= 2000 // 50
    assert sum("sources" in s for s in statements) == 40
    assert sum(s.startswith(("BEGIN", "COMMIT")) for s in statements) == 2


def test_what_was_taken_back_of_many_packs_is_read_once(ledger: Ledger) -> None:
    """300 packs and an undone run: its changes are read once, not 300 times. What a run outside the workbook wrote counts for its packs."""
    packs = [
        Pack(f"p{n}", "市场部", "2026-W47", NOW, "1", {"tasks": {"RW-001": {"owner": "甲"}, f"RW-1{n}": {"owner": "丙"}}}) for n in range(9)
    ]
    a = run(ledger, None, "issue", packs=packs)
    b = run(ledger, a, changes=[change("乙", "甲"), change("x", "y", "name")])
    undo = run(ledger, b, "undo", undoes=(b,), changes=[change("丁", "甲")])
    lost = run(ledger, a, changes=[change("甲")])
    late = run(ledger, lost, "issue", packs=[Pack("late", "市场部", "2026-W47", NOW, "1", {"tasks": {"RW-001": {"owner": "甲"}}})])
    cell, statements = CellKey("tasks", "RW-001", "owner"), list[str]()
    issued = ledger.packs()
    ledger._conn.set_trace_callback(statements.append)
    assert ledger.taken_back(undo, issued) == {(pack, cell) for pack in issued}
    assert sum("FROM changes" in s for s in statements) == 2
    assert ledger.taken_back(late, issued) == set()


def values() -> st.SearchStrategy[Value]:
    plain = (
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text()
        | st.dates()
        | st.datetimes()
    )
    return plain | st.lists(st.text()).map(tuple) | st.text().map(Unreadable) | st.just(CLEAR) | st.builds(Link, st.text(), st.text())


@given(
    st.dictionaries(
        st.tuples(st.text(), st.builds(CellKey, st.text(), st.text(), st.text())), st.builds(Moved, values(), st.datetimes(), st.text())
    )
)
def test_the_codec_gives_back_what_it_was_given(moved: dict[tuple[str, CellKey], Moved]) -> None:
    import json

    hint = dict[tuple[str, CellKey], Moved]
    back = load(json.loads(json.dumps(dump(moved, hint))), hint)
    assert back == moved
    assert all(type(a.value) is type(b.value) for a, b in zip(back.values(), moved.values(), strict=True))


def test_every_refusal_has_its_words_in_both_languages() -> None:
    codes = [key.split(".")[2] for key in catalogue.texts("zh") if key.startswith("project.error.ledger_") and key.endswith(".what")]
    assert len(codes) >= 6
    for code in codes:
        for lang in catalogue.LANGS:
            facts = {"path": "P", "reason": "R", "copy": "C", "found": 2, "known": 1, "file": "F", "backups": "B"}
            assert all("{" not in part for part in catalogue.error_text(CollabError(code, **facts), lang))


def test_equal_moments_of_different_zones_keep_their_own_text() -> None:
    moments = [datetime(2026, 11, 20, 9, 0, tzinfo=timezone(timedelta(hours=8))), datetime(2026, 11, 20, 1, 0, tzinfo=UTC)]
    assert moments[0] == moments[1]
    kept = tuple(Moved(1, moment, "s") for moment in (*moments, moments[0]))
    again = load(dump(kept, tuple[Moved, ...]), tuple[Moved, ...])
    assert [m.sent_at.isoformat() for m in again] == [m.sent_at.isoformat() for m in kept]
