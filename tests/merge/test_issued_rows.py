"""Rows as issued, looked at by row and by column: the same values either way."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from collab_xl.model.issued import IssuedRows
from collab_xl.model.named import many
from collab_xl.model.plan import CellEdit

values = st.one_of(st.none(), st.integers(), st.text(max_size=3), st.booleans())
rows = st.dictionaries(st.text("ab#1", min_size=1, max_size=3), st.dictionaries(st.sampled_from("xyz"), values), max_size=6)


@given(rows, st.data())
def test_by_row_and_by_column(given_rows: dict[str, dict[str, object]], data: st.DataObject) -> None:
    issued = IssuedRows.of(given_rows)  # type: ignore[arg-type]
    assert issued == given_rows
    assert list(issued) == list(given_rows)
    assert dict(issued) == given_rows
    assert len(issued) == len(given_rows)
    assert issued.filled == {row_id for row_id, row in given_rows.items() if row}
    assert all(row_id in issued for row_id in given_rows)
    assert "no such row" not in issued
    ids = data.draw(st.permutations(sorted(issued.filled)))[: data.draw(st.integers(0, 6))]
    for order in (ids, [i for i in given_rows if i in issued.filled]):
        for f, column in zip("xyz", issued.columns(order, "xyz"), strict=True):
            assert list(column) == [given_rows[row_id].get(f) for row_id in order]


def test_rows_that_are_that_already_are_taken_as_they_are() -> None:
    issued = IssuedRows.of({"a": {"x": 1}})
    assert IssuedRows.of(issued) is issued


def test_named_tuples_of_columns() -> None:
    assert list(many(CellEdit, ["表", "表"], [1, 2], [3, 4], [None, 0], ["a", "b"])) == [
        CellEdit("表", 1, 3, None, "a"),
        CellEdit("表", 2, 4, 0, "b"),
    ]
    assert all(type(edit) is CellEdit for edit in many(CellEdit, *[range(3)] * 5))
