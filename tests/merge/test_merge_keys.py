"""The next key: the highest number at the end plus one, same prefix and width."""

from __future__ import annotations

import pytest
from merge_world import table

from collab_xl.model.keys import KeyMaker, key_text, missing_keys, with_keys
from collab_xl.model.values import CLEAR, Unreadable


@pytest.mark.parametrize(
    ("used", "expected"),
    [
        ([], "RW-001"),
        (["RW-007"], "RW-008"),
        (["RW-009", "RW-003"], "RW-010"),
        (["RW-999"], "RW-1000"),
        (["RW-0001", "RW-2"], "RW-0003"),
        (["XZ2024001"], "XZ2024002"),
        (["XZ-2024-001", "XZ-2024-009", "别的"], "XZ-2024-010"),
        (["T1", "T2", "RW-005"], "RW-006"),  # the form's own prefix is in use
        (["T1", "T2", "U9"], "T3"),  # else the one most keys have
        (["甲", "乙"], "RW-001"),
        (["0007"], "0008"),
        (["RW-"], "RW-001"),
    ],
)
def test_next(used: list[str], expected: str):
    assert KeyMaker("RW-", 3, used).next() == expected


def test_no_key_is_given_twice():
    maker = KeyMaker("RW-", 3, ["RW-001"])
    maker.take("RW-003")
    assert [maker.next(), maker.next()] == ["RW-004", "RW-005"]
    assert "RW-004" in maker
    assert "RW-002" not in maker


def test_rows_without_a_key_in_sheet_order():
    t = table(
        "tasks", [{"task_id": "RW-004"}, {"name": "a"}, {"task_id": Unreadable("#")}, {"name": "b"}, {"name": "c"}], held=[(4, "task_id")]
    )
    keys = missing_keys(t, "task_id", KeyMaker("RW-", 3, ["RW-004"]))
    assert keys == {1: "RW-005", 3: "RW-006"}
    assert with_keys(t, "task_id", keys).values["task_id"] == ["RW-004", "RW-005", Unreadable("#"), "RW-006", None]


def test_key_text():
    assert [key_text(v) for v in ("  a ", 7, 7.0, None, "", CLEAR, Unreadable("x"), True)] == ["a", "7", "7", "", "", "", "", ""]
