"""Merging forms that lack roles, and rows of a form that is no longer in use: nothing is lost, nothing crashes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

import pytest
from forms.small_forms import PEOPLE, parsed, schema

from collab_xl.forms import InUse, Schema, schema_of
from collab_xl.merge.fold import fold_run
from collab_xl.merge.resolve import resolve
from collab_xl.merge.run import merge
from collab_xl.model.merge import Answer, Kind, MergeResult, MergeState, Pack, Submission
from collab_xl.model.plan import CellChange, NewRow
from collab_xl.model.run import RunChanges
from collab_xl.model.sheets import Table
from collab_xl.plan.issue import packs_for
from collab_xl.plan.rows import conflict_rows, preview_rows
from collab_xl.plan.undo import plan_undo
from collab_xl.settings import Settings

MONDAY, TODAY = datetime(2026, 11, 16, 9), date(2026, 11, 20)
NEWS = [{"no": "GG-01", "topic": "例会改到周二", "said": "同意"}]
NEEDS = [
    {"no": "ZJ-001", "what": "测试人力", "unit": "研发部", "wanted": 5, "fixed": "是", "areas": "华东、华北"},
    {"no": "ZJ-002", "what": "展位", "unit": "市场部", "wanted": 2},
]
Rows = Sequence[Mapping[str, object]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Schema:
    return schema(tmp_path_factory.mktemp("forms"))


def tables(world: Schema, news: Rows = NEWS, needs: Rows = NEEDS) -> dict[str, Table]:
    return {"news": parsed(world.form("news"), news)[0], "needs": parsed(world.form("needs"), needs)[0]}


def pack(world: Schema, department: str = "研发部") -> Pack:
    plans = packs_for(
        tables(world), world, PEOPLE, Settings(), week="2026-W47", issued_at=MONDAY, make_id=lambda name: "P-1", departments=[department]
    )
    return plans[0].pack


def sent(world: Schema, forms: Mapping[str, Mapping[str, Mapping[str, object]]], pack: str | None = "P-1", hours: int = 1) -> Submission:
    """A submission with these rows: form → row id → cells as written."""
    read = {f: parsed(world.form(f), [*rows.values()], row_ids=[*rows] if pack else ())[0] for f, rows in forms.items()}
    moment = MONDAY + timedelta(hours=hours)
    return Submission(sha256=f"{hours:064x}", department="研发部", sent_at=moment, tables=read, pack=pack, file="回.xlsx")


def merged(world: Schema, sub: Submission, in_use: Schema | None = None, state: MergeState | None = None) -> MergeResult:
    used = in_use or world
    master = {f: t for f, t in tables(world).items() if f in used}
    return merge(master, [sub], state or MergeState(packs={"P-1": pack(world)}), used, PEOPLE, TODAY)


def test_the_unchanged_pack_changes_nothing(world: Schema) -> None:
    sub = sent(world, {"news": {"GG-01": NEWS[0]}, "needs": {"ZJ-001": NEEDS[0]}})
    result = merged(world, sub)
    (count,) = result.counts
    assert (count.edits, count.rows_missing, result.changes, result.opened) == (0, 0, (), ())


def test_the_newer_kinds_are_merged_like_any_other(world: Schema) -> None:
    row = {**NEEDS[0], "wanted": "8人", "fixed": "否", "areas": "华北"}
    result = merged(world, sent(world, {"needs": {"ZJ-001": row}}))
    assert {c.field: c.new for c in result.changes} == {"wanted": 8, "fixed": False, "areas": ("north",)}
    same = merged(world, sent(world, {"needs": {"ZJ-001": {**NEEDS[0], "areas": "华北，华东", "wanted": "5", "fixed": "√"}}}))
    assert same.counts[0].edits == 0, "another order and other words say the same"


def test_an_amount_that_cannot_be_read_stays_as_it_was(world: Schema) -> None:
    result = merged(world, sent(world, {"needs": {"ZJ-001": {**NEEDS[0], "wanted": "好几个"}}}))
    assert (result.changes, result.counts[0].unreadable) == ((), 1)


def test_what_is_nobodys_is_a_question_of_rights(world: Schema) -> None:
    changed = {**NEWS[0], "said": "不同意"}
    result = merged(world, sent(world, {"news": {"GG-01": changed, "P-1~new": {"topic": "自己加的公告"}}}))
    assert result.changes == ()
    assert result.counts[0].rights == 2
    assert {(i.kind, i.field) for i in result.opened} == {(Kind.RIGHTS, "said"), (Kind.RIGHTS, None)}
    state = fold_run(MergeState(packs={"P-1": pack(world)}), result, ())
    answers = [Answer(item.id, "submission", shown=item.master) for item in result.opened]
    done = resolve(tables(world), answers, state, world, PEOPLE, TODAY)
    assert [(c.row_key, c.field, c.new) for c in done.changes] == [("GG-01", "said", "不同意")]
    assert [(r.form, dict(r.values)) for r in done.new_rows] == [("news", {"topic": "自己加的公告", "no": "GG-02"})]


def test_a_row_added_by_a_department_is_its_own(world: Schema) -> None:
    blank = next(row_id for row_id, issued in pack(world).forms["needs"].items() if not issued)
    result = merged(world, sent(world, {"needs": {"ZJ-001": NEEDS[0], blank: {"what": "测试机", "wanted": 3}}}))
    assert [dict(r.values) for r in result.new_rows] == [{"no": "ZJ-003", "what": "测试机", "unit": "研发部", "wanted": 3}]


def test_a_file_without_a_pack_is_matched_by_the_title(world: Schema) -> None:
    rows = {"1": {"what": "测试人力", "wanted": 9}, "2": {"what": "没有的"}}
    result = merged(world, sent(world, {"needs": rows, "news": {"1": {"topic": "例会改到周二", "said": "无意见"}}}, pack=None))
    asked = {(i.form, i.row_key, i.field) for i in result.opened}
    assert asked == {("needs", "ZJ-001", "wanted"), ("needs", "", None), ("news", "GG-01", "said")}
    assert [c.no_right for i in result.opened for c in i.candidates if i.form == "news"] == [True]


@pytest.mark.parametrize("by_hand", [False, True])
def test_rows_of_a_form_not_in_use_come_in_once_it_is(world: Schema, by_hand: bool) -> None:
    rows = {"ZJ-001": {**NEEDS[0], "wanted": 8}}
    sub = sent(world, {"news": {"GG-01": NEWS[0]}, "needs": rows}, pack=None if by_hand else "P-1")
    small = without_needs(world)
    without = {"news": tables(world)["news"]}
    state = MergeState(packs={"P-1": pack(world)})
    first = merge(without, [sub], state, small, PEOPLE, TODAY)
    state = fold_run(state, first, [sub.sha256])
    (item,) = state.items.values()
    waits = sum(len(entries) for entries in state.not_entered.values())
    assert (item.kind, item.form, item.field, [c.value for c in item.candidates]) == (Kind.NOT_ENTERED, "needs", None, [waits])
    assert conflict_rows([item], without, small, "zh", {})[0]["kind"] == "未入账"
    assert not merge(without, [sub], state, small, PEOPLE, TODAY).counts, "the form is still not in use"
    again = merge(tables(world), [sub], state, world, PEOPLE, TODAY)
    after = fold_run(state, again, [])
    assert not after.not_entered
    assert not [i for i in after.items.values() if i.kind is Kind.NOT_ENTERED]
    if by_hand:
        assert [(i.kind, i.row_key, i.field) for i in again.opened] == [(Kind.HAND_MADE, "ZJ-001", "wanted")]
    else:
        assert [(c.row_key, c.field, c.new) for c in again.changes] == [("ZJ-001", "wanted", 8)]


def without_needs(world: Schema) -> Schema:
    return schema_of(world, [InUse(f) for f in ("requirements", "tasks", "problems", "news")])


@pytest.mark.parametrize("by_hand", [False, True])
def test_rows_of_a_form_not_in_use_are_set_aside_and_counted(world: Schema, by_hand: bool) -> None:
    rows = {"ZJ-001": {**NEEDS[0], "wanted": 8}, "ZJ-009": {"what": "新的"}}
    sub = sent(world, {"news": {"GG-01": NEWS[0]}, "needs": rows}, pack=None if by_hand else "P-1")
    result = merged(world, sub, without_needs(world))
    (count,) = result.counts
    assert (count.edits, count.excluded) == ((7, 7) if by_hand else (2, 2)), "each filled cell; of a pack those that differ from it"
    (found,) = [f for f in result.findings if f.code == "M109"]
    assert found.facts["rows"] == 2
    assert found.facts["cells"] == count.excluded
    shown = preview_rows(result.outcomes, {}, {}, without_needs(world), "zh")
    assert {row["sheet"] for row in shown} == {"资源清单"}
    assert "申请数量" in {row["field"] for row in shown}


def test_a_question_about_a_form_taken_out_of_use_is_shown_and_can_be_closed(world: Schema) -> None:
    clash = sent(world, {"needs": {"ZJ-001": {**NEEDS[0], "unit": "市场部"}}})
    result = merged(world, clash)
    (item,) = result.opened
    state, used = fold_run(MergeState(packs={"P-1": pack(world)}), result, (clash.sha256,)), without_needs(world)
    master = {"news": tables(world)["news"]}
    assert conflict_rows([item], master, used, "zh", {})[0]["sheet"] == "资源清单"
    assert conflict_rows([item], master, Schema(used.version, used.forms, used.services), "zh", {})[0]["sheet"] == "needs", (
        "not even installed"
    )
    assert resolve(master, [Answer(item.id, "submission")], state, used, PEOPLE, TODAY).refused == (item.id,)
    assert resolve(master, [Answer(item.id, "master")], state, used, PEOPLE, TODAY).closed == (item.id,)
    assert merge(master, [], state, used, PEOPLE, TODAY).changes == ()


def test_undo_keeps_and_says_what_it_cannot_take_back_of_a_form_not_in_use(world: Schema) -> None:
    run = RunChanges("R1", (CellChange("needs", "ZJ-001", "wanted", 5, 8, "merge"),), (NewRow("needs", "ZJ-009", {}),))
    undone = plan_undo({}, {}, lambda sheet: pytest.fail(sheet), [run], without_needs(world), "zh")
    assert not undone.plan
    assert [(k.form, k.row_key, k.field, k.reason) for k in undone.kept] == [
        ("needs", "ZJ-001", "wanted", "gone"),
        ("needs", "ZJ-009", None, "gone"),
    ]
