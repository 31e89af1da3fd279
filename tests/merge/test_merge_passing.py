"""Rules of passing: what waits, what goes in and is counted, what comes in by itself, what the PMO's verdict does."""

from __future__ import annotations

import itertools
import random
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from merge_world import SCHEMA, World, filled, rows_of

from collab_xl.model.finding import Severity
from collab_xl.model.merge import Answer, Kind
from collab_xl.model.record import replace
from collab_xl.rules.passing import RULES, Passing

USUAL = Passing(frozenset({"back", "incomplete", "predecessor"}))
DAY = date(2026, 11, 27)
ROW = {"name": "搭建接口", "dept": "研发部", "progress": 0.5, "status": "in_progress", "end": DAY, "deliverable": "接口文档"}
DONE = {"status": "done", "progress": 1.0, "actual_end": date(2026, 11, 19)}


def world(passing: Passing | None = USUAL, **rows: dict[str, object]) -> World:
    made = World.of({"tasks": rows or {"RW-1": ROW}})  # type: ignore[dict-item]
    return replace(made, passing=passing)


def told(w: World) -> set[tuple[str, str, str]]:
    return {(i.row_key, i.field or "", i.rule) for i in w.state.items.values() if i.kind is Kind.REVIEW}


def codes(w: World) -> list[str]:
    return [f.code for f in w.result.findings]


@pytest.mark.parametrize(
    ("wrote", "passing", "waits"),
    [
        ({"progress": 0.4}, USUAL, {("progress", "back")}),
        ({"progress": 0.6}, USUAL, set()),
        ({"progress": 1.0}, USUAL, set()),
        ({"progress": 0.9}, Passing(frozenset({"jump"}), jump=0.3), {("progress", "jump")}),
        ({"progress": 0.8}, Passing(frozenset({"jump"}), jump=0.3), set()),
        ({"actual_end": DAY + timedelta(9)}, Passing(frozenset({"moved"}), days=3), set()),
        (DONE, USUAL, set()),
        ({"status": "done"}, USUAL, {("status", "incomplete")}),
        ({**DONE, "actual_end": None}, USUAL, {("status", "incomplete"), ("progress", "incomplete")}),
        ({"status": "paused"}, USUAL, set()),
        ({"risk": "缺人"}, Passing(frozenset({"new_sender"})), {("risk", "new_sender")}),
        ({"risk": "缺人"}, Passing(frozenset({"new_sender"}), senders=frozenset({"a@b.cn"})), set()),
        ({"risk": "缺人"}, None, set()),
        ({"progress": 0.1, "status": "done"}, None, set()),
    ],
)
def test_what_waits_and_what_goes_in(wrote, passing, waits):
    w = world(passing)
    issued = w.issue("P1", "研发部")
    w.consolidate(filled(issued, {"RW-1": wrote}))
    assert {(field, rule) for _, field, rule in told(w)} == waits
    held = {field for field, _ in waits}
    for field, value in wrote.items():
        assert w.value("tasks", "RW-1", field) == (ROW.get(field) if field in held else value)
    (count,) = w.result.counts
    assert (count.excluded, count.balanced) == (len(waits), True)
    assert codes(w).count("M112") == len(waits)


def test_a_date_that_moves_far_waits():
    w = world(Passing(frozenset({"moved"}), days=3), **{"RW-1": {**ROW, "actual_end": DAY}})
    issued = w.issue("P1", "研发部")
    w.consolidate(filled(issued, {"RW-1": {"actual_end": DAY + timedelta(4)}}))
    assert told(w) == {("RW-1", "actual_end", "moved")}
    w.consolidate(filled(issued, {"RW-1": {"actual_end": DAY - timedelta(3)}}, hours=2))
    assert not told(w)
    assert w.value("tasks", "RW-1", "actual_end") == DAY - timedelta(3)


def test_a_rule_that_is_not_set_to_wait_counts_what_it_lets_in():
    w = world(Passing())
    issued = w.issue("P1", "研发部")
    w.consolidate(filled(issued, {"RW-1": {"progress": 0.4, "status": "done"}}))
    assert not w.state.items
    assert {(str(f.facts["rule"]), f.facts["cells"]) for f in w.result.findings if f.code == "M113"} == {
        ("rules.passing.back", 1),
        ("rules.passing.incomplete_row", 1),
    }


def test_the_department_is_told_what_a_finished_row_lacks():
    w = world(**{"RW-1": {**ROW, "deliverable": None}, "RW-2": ROW})
    w.consolidate(filled(w.issue("P1", "研发部"), {"RW-1": {"status": "done", "progress": 0.4}}))
    found = {f.field: f for f in w.result.findings if f.code == "M112"}
    assert found["status"].severity is Severity.WARNING
    assert found["status"].facts["rule"].facts["fields"] == ("实际完成时间", "计划交付物")
    assert found["progress"].severity is Severity.NOTE


@pytest.mark.parametrize("how", ["a second file", "the PMO types it"])
def test_what_waited_comes_in_once_nothing_is_lacking(how):
    w = world()
    issued = w.issue("P1", "研发部")
    w.consolidate(filled(issued, {"RW-1": {**DONE, "actual_end": None}}))
    assert len(told(w)) == 2
    if how == "a second file":
        w.consolidate(filled(issued, {"RW-1": DONE}, hours=2))
    else:
        w.type("tasks", "RW-1", "actual_end", DAY)
        w.consolidate()
        assert [f.facts["cells"] for f in w.result.findings if f.code == "M114"] == [2]
    assert not w.state.items
    assert (w.value("tasks", "RW-1", "status"), w.value("tasks", "RW-1", "progress")) == ("done", 1.0)
    w.consolidate(filled(issued, {"RW-1": DONE}, hours=3, sha="again"))
    assert not w.result.changes


def test_done_waits_for_its_predecessors_and_comes_in_after_them():
    rows = {"RW-1": ROW, "RW-2": {**ROW, "predecessors": ("RW-1",)}, "RW-3": {**ROW, "predecessors": ("RW-2", "RW-9")}}
    w = world(**rows)
    issued = w.issue("P1", "研发部")
    w.consolidate(filled(issued, {"RW-2": DONE, "RW-3": DONE}))
    assert told(w) == {(key, field, "predecessor") for key in ("RW-2", "RW-3") for field in ("status", "progress")}
    w.consolidate(filled(issued, {"RW-1": DONE, "RW-2": DONE, "RW-3": DONE}, hours=2))
    assert not told(w)
    assert {w.value("tasks", key, "status") for key in rows} == {"done"}


def test_a_chain_that_is_done_in_one_file_passes_whole():
    rows = {"RW-1": ROW, "RW-2": {**ROW, "predecessors": ("RW-1",)}, "RW-3": {**ROW, "predecessors": ("RW-2",)}}
    w = world(**rows)
    issued = w.issue("P1", "研发部")
    again = w.copy()
    w.consolidate(filled(issued, dict.fromkeys(rows, DONE)))
    assert not w.state.items
    again.consolidate(filled(issued, {**dict.fromkeys(rows, DONE), "RW-1": {"status": "done"}}))
    assert {key for key, field, _ in told(again) if field == "status"} == set(rows)  # one gap holds the chain behind it


def test_a_column_that_is_blank_in_most_rows_is_not_asked_for():
    w = world(**{"RW-1": {**ROW, "deliverable": None}, "RW-2": {**ROW, "deliverable": None}, "RW-3": ROW})
    w.consolidate(filled(w.issue("P1", "研发部"), {"RW-1": DONE, "RW-3": DONE}))
    assert not w.state.items


STRICT = Passing(frozenset({"same_row"}))


def test_two_people_in_one_row_are_a_question_if_it_is_set_so():
    w = world(STRICT)
    issued = w.issue("P1", "研发部")
    w.type("tasks", "RW-1", "measure", "加人")
    w.consolidate(filled(issued, {"RW-1": {"risk": "缺人"}}))
    assert told(w) == {("RW-1", "risk", "same_row")}
    assert w.value("tasks", "RW-1", "risk") is None
    w.consolidate()
    assert told(w)  # only a person decides it
    off = replace(w.copy(), passing=Passing())
    off.consolidate()
    assert (off.value("tasks", "RW-1", "risk"), off.state.items) == ("缺人", {})
    w.decide(Answer(item_of(w, "risk").id, "submission"))
    assert w.value("tasks", "RW-1", "risk") == "缺人"


def test_a_second_file_of_the_same_pack_is_no_second_person_in_the_row():
    w = world(STRICT)
    issued = w.issue("P1", "研发部")
    w.consolidate(filled(issued, {"RW-1": {"risk": "缺人"}}))
    w.consolidate(filled(issued, {"RW-1": {"risk": "缺人", "measure": "加人"}}, hours=2))
    assert not w.state.items
    assert w.value("tasks", "RW-1", "measure") == "加人"


@pytest.mark.parametrize("together", [True, False])
def test_of_two_departments_in_one_row_the_second_waits(together):
    row = {"name": "上线", "to_depts": ("研发部", "市场部"), "goal": "提升"}
    w = replace(World.of({"requirements": {"XZ-1": row}}), passing=STRICT)
    one, two = w.issue("P1", "研发部"), w.issue("P2", "市场部")
    files = (filled(one, {"XZ-1": {"outcome": "可行"}}, hours=1), filled(two, {"XZ-1": {"resources": "两人"}}, hours=2))
    for run in [files] if together else [[f] for f in files]:
        w.consolidate(*run)
    assert told(w) == {("XZ-1", "resources", "same_row")}
    assert w.value("requirements", "XZ-1", "outcome") == "可行"


def item_of(w: World, field: str):
    return next(i for i in w.state.items.values() if i.field == field)


def test_the_verdicts():
    w = world()
    issued = w.issue("P1", "研发部")
    w.consolidate(filled(issued, {"RW-1": {"progress": 0.4}}))
    waiting = item_of(w, "progress")
    w.decide(Answer(waiting.id, "later", reason="等评审会"))
    (kept,) = w.state.items.values()
    assert (kept.earlier.choice, kept.earlier.reason, kept.earlier.run) == ("later", "等评审会", "R1")
    assert not w.resolved.closed
    w.consolidate()
    assert w.state.items == {kept.id: kept}  # it stays as it is until something changes
    refused = w.copy()
    w.decide(Answer(waiting.id, "submission"))
    assert (w.value("tasks", "RW-1", "progress"), w.state.items) == (0.4, {})
    w.consolidate(filled(issued, {"RW-1": {"progress": 0.4}}, hours=2, sha="repeats"))
    assert not w.state.items
    refused.decide(Answer(waiting.id, "master", reason="上周已验收"))
    assert (refused.value("tasks", "RW-1", "progress"), refused.state.items) == (0.5, {})
    refused.consolidate(filled(refused.issue("P2", "研发部", hours=100), {"RW-1": {"progress": 0.4}}, hours=101))
    (asked,) = refused.state.items.values()
    assert (asked.kind, asked.earlier.choice, asked.earlier.reason) == (Kind.CONFLICT, "master", "上周已验收")


def test_a_postponed_question_is_asked_again_with_another_value():
    w = world()
    issued = w.issue("P1", "研发部")
    w.consolidate(filled(issued, {"RW-1": {"progress": 0.4}}))
    w.decide(Answer(item_of(w, "progress").id, "later"))
    w.consolidate(filled(issued, {"RW-1": {"progress": 0.3}}, hours=2))
    assert item_of(w, "progress").earlier is None


def test_progress_of_a_refused_finish_still_waits():
    w = world()
    w.consolidate(filled(w.issue("P1", "研发部"), {"RW-1": {**DONE, "actual_end": None}}))
    w.decide(Answer(item_of(w, "status").id, "master"))
    w.type("tasks", "RW-1", "actual_end", DAY)
    w.consolidate()
    assert told(w) == {("RW-1", "progress", "incomplete")}


def test_what_the_pmo_has_changed_meanwhile_is_not_written_over():
    w = world()
    w.consolidate(filled(w.issue("P1", "研发部"), {"RW-1": {"status": "done"}}))
    w.type("tasks", "RW-1", "status", "paused")
    w.type("tasks", "RW-1", "actual_end", DAY)
    w.consolidate()
    assert w.value("tasks", "RW-1", "status") == "paused"
    assert item_of(w, "status").master == "paused"


some_edits = st.fixed_dictionaries(
    {},
    optional={
        key: st.fixed_dictionaries(
            {},
            optional={
                "progress": st.sampled_from((0.2, 0.4, 0.7, 1.0)),
                "status": st.sampled_from(("done", "paused", "in_progress")),
                "actual_end": st.sampled_from((DAY, None)),
                "risk": st.sampled_from(("a", "b", "c")),
                "measure": st.sampled_from(("a", "b", "c")),
            },
        )
        for key in ("RW-1", "RW-2")
    },
)


def same_in_any_order(first, second, third) -> None:
    start = world(**{"RW-1": ROW, "RW-2": {**ROW, "predecessors": ("RW-1",)}})
    issued = start.issue("P1", "研发部")
    files = [filled(issued, wrote, hours=hours, sha=f"f{hours}") for hours, wrote in enumerate((first, second, third), 1)]
    ends = []
    for one, two, three in itertools.permutations(files):
        for runs in ([[one], [two], [three]], [[one, two], [three]], [[one], [two, three]], [[one, two, three]]):
            w = start.copy()
            for run in runs:
                w.consolidate(*run)
            asked = {(i.kind, i.row_key, i.field, i.rule, *(c.value for c in i.candidates)) for i in w.state.items.values()}
            ends.append((rows_of(w.master), asked))
    assert all(end == ends[0] for end in ends)


def let_in_at_its_time(*files) -> bool:
    """Whether RW-2 is reported as done after RW-1 was, and a colleague's copy says something else of RW-1: what passed then has passed."""
    said = [wrote.get("RW-1", {}).get("status") for wrote in files]
    after = any(wrote.get("RW-2", {}).get("status") == "done" for wrote in files)
    return after and "done" in said and any(status not in (None, "done") for status in said)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(some_edits, some_edits, some_edits)
def test_three_copies_in_any_order_and_grouping_give_the_same_master_and_the_same_questions(first, second, third):
    same_in_any_order(first, second, third)


@pytest.mark.slow
def test_three_copies_under_the_rules_in_many_worlds():
    """Decision 0027 says which worlds depend on the order, because a row that has passed is not taken back."""
    tried, differ = 0, []

    @seed(20261129)
    @settings(max_examples=2000, deadline=None, database=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
    @given(some_edits, some_edits, some_edits)
    def try_one(first, second, third):
        nonlocal tried
        if let_in_at_its_time(first, second, third):
            return
        tried += 1
        try:
            same_in_any_order(first, second, third)
        except AssertionError:
            differ.append((first, second, third))

    try_one()
    assert tried > 1500
    assert len(differ) <= 6, differ


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_waiting_value_that_only_repeats_an_older_copy_is_no_question(order):
    """The third copy was made from the first and repeats its 20 %; the second one's 100 % is newer than both words."""
    start = world(**{"RW-1": ROW, "RW-2": ROW})
    issued = start.issue("P1", "研发部")
    low = {key: {"progress": 0.2} for key in ("RW-1", "RW-2")}
    wrote = low, {"RW-1": {"progress": 1.0, "status": "done", "actual_end": DAY}}, low
    files = [filled(issued, of, hours=hours, sha=f"f{hours}") for hours, of in enumerate(wrote, 1)]
    for n in order:
        start.consolidate(files[n])
    assert start.value("tasks", "RW-1", "progress") == 1.0
    assert told(start) == {("RW-2", "progress", "back")}


def ordinary_week(seed: int) -> tuple[World, list]:
    """Thirty departments with twenty tasks each, and what an ordinary week brings: progress, texts, some rows finished as they should be,
    and now and then a slip."""
    draw = random.Random(seed)
    names = [f"部门{n}" for n in range(30)]
    rows, number = {}, 0
    for name in names:
        for _ in range(20):
            number += 1
            before = (f"RW-{number - 1}",) if number % 5 > 1 and draw.random() < 0.3 else None
            progress = draw.choice((0.0, 0.2, 0.4, 0.6, 0.8))
            rows[f"RW-{number}"] = {**ROW, "dept": name, "progress": progress, "predecessors": before}
    w = replace(World.of({"tasks": rows}), passing=USUAL)
    files = []
    for n, name in enumerate(names):
        issued, wrote = w.issue(f"P{n}", name), {}
        for key, row in issued.forms["tasks"].items():
            kind = draw.random()
            if not row or kind < 0.2:
                continue
            if kind < 0.32:
                wrote[key] = {"status": "done", "progress": 1.0, "actual_end": DAY, "done_this_week": "已交付"}
            elif kind < 0.335:
                wrote[key] = {"status": "done", "progress": 1.0}
            elif kind < 0.345:
                wrote[key] = {"progress": max(0.0, row["progress"] - 0.1)}
            else:
                wrote[key] = {"progress": min(0.95, row["progress"] + 0.15), "done_this_week": f"做了 {draw.random():.3f}"}
        files.append(filled(issued, wrote, hours=n + 1, sha=f"f{n}"))
    return w, files


def test_of_a_thousand_edits_of_an_ordinary_week_few_need_a_person_and_none_goes_in_that_a_rule_stops():
    edits = asked = 0
    for week in range(3):
        w, files = ordinary_week(week)
        before = rows_of(w.master)["tasks"]
        result = w.consolidate(*files)
        edits += sum(c.edits for c in result.counts)
        asked += len(w.state.items)
        after = rows_of(w.master)["tasks"]
        for key, row in after.items():
            old = before[key]
            assert row.get("progress", 0.0) >= old.get("progress", 0.0), key
            if row["status"] == "done" and old["status"] != "done":
                assert row.get("actual_end"), key
                assert row.get("deliverable"), key
                assert all(after[p]["status"] in ("done", "cancelled") for p in row.get("predecessors", ())), key
    assert edits > 2500
    assert 0 < asked <= 0.05 * edits, (asked, edits)


def test_every_rule_has_its_words():
    from collab_xl.catalogue import LANGS, has

    assert all(has(f"rules.passing.{rule}", lang) for rule in RULES for lang in LANGS)
    assert SCHEMA.form("tasks").rules.complete == ("deliverable",)
