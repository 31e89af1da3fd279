"""IDs that Excel holds as numbers: the last zero of 1.10 is gone, and so are the digits after the fifteenth."""

from __future__ import annotations

import pytest
from sheets_as_typed import at, codes, context, read

from collab_xl.model.finding import Finding
from collab_xl.model.values import Value


def ids(*keys: Value) -> tuple[list[Value], list[Finding]]:
    found = read([["任务ID", "任务名称", "负责人"], *([key, f"任务{n}", "张三"] for n, key in enumerate(keys))], context())
    (table,) = found.tables
    return list(table.values["task_id"]), found.findings


@pytest.mark.parametrize(
    ("keys", "meant"),
    [
        ((1.8, 1.9, 1.1, 1.11), {"A4": "1.10"}),
        ((1.1, 1.2, 1.9, 1.1, 1.11), {"A5": "1.10"}),
        ((1.9, 1.1), {"A3": "1.10"}),  # nothing follows
        ((1.1, 1.11), {"A2": "1.10"}),  # nothing comes before
        ((1.19, 1.2, 1.21), {"A3": "1.20"}),
        (("1.9", "1.9.1", "1.9.2", 1.1), {"A5": "1.10"}),
        ((2.9, 3.1, 2.1), {"A4": "2.10"}),
        ((1.9, 1.1, 1.11, 1.12, 1.19, 1.2), {"A3": "1.10", "A7": "1.20"}),
        ((1.1, 1.2, 1.3), {}),
        ((1.9, "1.1", 1.11), {}),  # a text is what somebody typed
        ((1.9, 2.1), {}),
        ((9, 1, 11), {}),
        ((1.9, 1.5), {}),
    ],
)
def test_a_lost_zero_is_said_where_the_ids_around_show_it(keys: tuple[Value, ...], meant: dict[str, str]) -> None:
    read_ids, findings = ids(*keys)
    assert {f.at.cell: f.facts["meant"] for f in findings if f.code == "V250" and f.at} == meant
    assert read_ids == [str(key) for key in keys], "the ID itself is not changed"


def test_more_than_15_digits_are_said() -> None:
    read_ids, findings = ids(202611160001234567.0, 6222021234567890.0, 123456789012345, "202611160001234567", "2.02611E+17")
    assert at(findings, "V249") == ["A2", "A3", "A6"]
    assert read_ids[2:4] == ["123456789012345", "202611160001234567"]
    assert codes(findings) == ["V249"] * 3
