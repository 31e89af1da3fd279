"""Undo restores the table and redo writes it again, whatever the runs did, also after the table was sorted by hand."""

from __future__ import annotations

from history_of_tasks import History
from hypothesis import given, settings
from hypothesis import strategies as st
from sheet_of_tasks import Sheet, sheet

from collab_xl.model.plan import CellChange, NewRow
from collab_xl.model.values import Value

HEADINGS = "| 任务ID | 任务名称 | 负责人 | 当前进度 | 完成状态 | 我的列 |"
FIELDS = ("name", "owner", "progress", "status")
VALUES = {
    "name": st.sampled_from([None, "甲", "乙", "=1+1"]),
    "owner": st.sampled_from([None, "*主管", "-3"]),
    "progress": st.sampled_from([None, 0, 0.5, 1]),
    "status": st.sampled_from([None, "in_progress", "done"]),
}
RAW = {
    "name": st.sampled_from(["", "甲", "乙"]),
    "owner": st.sampled_from(["", "*主管"]),
    "progress": st.sampled_from(["", "50%", "0%"]),
    "status": st.sampled_from(["", "进行中", "正常-进行中", "Done"]),
}


@st.composite
def sheets(draw: st.DrawFn) -> Sheet:
    lines = []
    for n in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from(["row", "row", "blank", "keyless"]))
        cells = [f"RW-{n:03d}" if kind == "row" else "", *(draw(RAW[f]) if kind != "blank" else "" for f in FIELDS)]
        lines.append(cells)
    formula = draw(st.booleans())
    body = "\n".join(f"| {' | '.join(line)} | {'=1' if formula else ''} |" for line in lines)
    return sheet(f"{HEADINGS}\n{body}", totals=draw(st.booleans()))


def a_run(draw: st.DrawFn, history: History) -> None:
    """Changes of rows that are there, rows added, keys given: what a merge, an import or a flag does."""
    table = history.on.table()
    now: dict[tuple[str, str], Value] = {}
    keys = [k for k in table.values["task_id"] if isinstance(k, str)]
    for index, key in enumerate(table.values["task_id"]):
        if isinstance(key, str):
            now.update({(key, f): table.values[f][index] for f in FIELDS})
    changes = []
    for key, name in draw(st.lists(st.tuples(st.sampled_from(keys), st.sampled_from(FIELDS)), max_size=5)) if keys else []:
        value = draw(VALUES[name])
        changes.append(CellChange("tasks", key, name, now[key, name], value, "merge"))
        now[key, name] = value
    first = 100 * (len(history.runs) + 1)
    count = draw(st.integers(0, 3))
    rows = [
        NewRow("tasks", f"RW-{first + n}", {"task_id": f"RW-{first + n}", **{f: draw(VALUES[f]) for f in FIELDS}}) for n in range(count)
    ]
    history.run(changes, rows, keys=draw(st.booleans()))


def looks(on: Sheet) -> tuple[object, ...]:
    return on.body, on.lines(), on.formulas, on.cells


def copied(state: tuple[object, ...]) -> tuple[object, ...]:
    return tuple(dict(part) if isinstance(part, dict) else part for part in state)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_undo_restores_the_table_and_redo_gives_it_again(data: st.DataObject) -> None:
    history = History(data.draw(sheets()))
    states = [copied(looks(history.on))]
    for _ in range(data.draw(st.integers(1, 3))):
        data.draw(st.composite(lambda draw: a_run(draw, history))())
        states.append(copied(looks(history.on)))
    count = data.draw(st.integers(1, len(history.runs)))
    assert history.undo(count).kept == ()
    assert looks(history.on) == states[-1 - count]
    assert history.undo().kept == ()
    assert looks(history.on) == states[-1]
    assert history.undo(count + 2).kept == ()  # the redo, the undo and the runs themselves
    assert looks(history.on) == states[-1 - count]


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_undo_restores_every_row_of_a_table_sorted_by_hand(data: st.DataObject) -> None:
    history = History(data.draw(sheets()))
    before = rows_by_content(history.on)
    data.draw(st.composite(lambda draw: a_run(draw, history))())
    after = rows_by_content(history.on)
    reorder(data, history.on)
    assert history.undo().kept == ()
    assert rows_by_content(history.on) == before
    reorder(data, history.on)
    assert history.undo().kept == ()
    assert rows_by_content(history.on) == after


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_what_a_person_typed_is_never_lost(data: st.DataObject) -> None:
    history = History(data.draw(sheets()))
    data.draw(st.composite(lambda draw: a_run(draw, history))())
    body = history.on.body
    row, col = data.draw(st.integers(body.first_row, body.last_row)), data.draw(st.integers(2, 3))
    history.on.cells[row, col] = "人写的"
    keys = [line[0] for line in history.on.lines() if "人写的" in line]
    for _ in range(data.draw(st.integers(1, 3))):
        history.undo()
        assert sum("人写的" in line for line in history.on.lines()) == len(keys) == 1


def rows_by_content(on: Sheet) -> list[str]:
    """Parsed values: of two equal rows without a key, either may be the one that had the key."""
    table = on.table()
    return sorted(repr([table.values[f][i] for f in ("task_id", *FIELDS)]) for i in range(len(table)))


def reorder(data: st.DataObject, on: Sheet) -> None:
    on.set_lines(data.draw(st.permutations(on.lines())))
