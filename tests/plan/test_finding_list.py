"""检查结果: the same finding in many rows is one line that names them all; no finding is lost and every place has a link."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from collab_xl.forms import load
from collab_xl.model.finding import Finding, Severity
from collab_xl.model.place import Address, Area
from collab_xl.model.sheets import Table
from collab_xl.model.values import Link
from collab_xl.plan.finding_list import finding_rows
from collab_xl.plan.repeats import AT_LEAST, RANGES_SHOWN, Group, grouped, row_ranges

SCHEMA = load()
SHEET = "任务跟踪表"


def bad_date(row: int, found: str = "八月", code: str = "V203", **facts: object) -> Finding:
    return Finding(
        code, Severity.ERROR, Address(SHEET, row, 7), f"RW-{row:03}", "tasks", "end", found, "日期", {"heading": "计划结束时间", **facts}
    )


def tasks(*departments: str, first: int = 5) -> dict[str, Table]:
    rows = list(range(first, first + len(departments)))
    return {
        "tasks": Table("tasks", SHEET, Area(4, 1, rows[-1], 9), (4, 4), {"dept": 4}, {"dept": "负责部门"}, rows, {"dept": departments}, {})
    }


def test_many_rows_are_one_line_with_the_first_place_and_all_rows() -> None:
    (row,) = finding_rows([bad_date(n) for n in (5, 6, 7, 8, 20, 22)], SCHEMA, "zh")
    assert (row["count"], row["cell"]) == (6, Link(f"#'{SHEET}'!G5", "G5"))
    assert "同类共 6 处：第 5–8、20、22 行" in str(row["message"])
    assert (row["found"], row["row_key"]) == ("八月", "RW-005\nRW-006\nRW-007 等 6 个")
    (english,) = finding_rows([bad_date(n) for n in (5, 6, 7, 8)], SCHEMA, "en")
    assert "4 places: rows 5–8" in str(english["message"])


def test_a_few_stay_single() -> None:
    rows = finding_rows([bad_date(n) for n in range(5, 5 + AT_LEAST - 1)], SCHEMA, "zh")
    assert [row["count"] for row in rows] == [1] * (AT_LEAST - 1)
    assert not any("同类" in str(row["message"]) for row in rows)


def test_other_rules_columns_severities_and_files_are_not_mixed() -> None:
    same = [bad_date(n, file="甲.xlsx", department="研发部") for n in range(5, 9)]
    others = [
        *(bad_date(n, code="V206", file="甲.xlsx", department="研发部") for n in range(5, 9)),
        *(bad_date(n, file="乙.xlsx", department="研发部") for n in range(5, 9)),
        *(
            Finding("V203", Severity.ERROR, Address(SHEET, n, 6), None, "tasks", "start", "八月", facts={"file": "甲.xlsx"})
            for n in range(5, 9)
        ),
        *(
            Finding("V203", Severity.WARNING, Address(SHEET, n, 7), None, "tasks", "end", "八月", facts={"file": "甲.xlsx"})
            for n in range(5, 9)
        ),
    ]
    rows = finding_rows([*same, *others], SCHEMA, "zh", linked=False)
    assert [row["count"] for row in rows] == [4] * 5
    assert {(row["department"], row["file"]) for row in rows} >= {("研发部", "甲.xlsx"), ("研发部", "乙.xlsx")}


def test_rows_of_two_departments_are_two_lines() -> None:
    tables = tasks(*["研发部"] * 4, *["市场部"] * 5)
    rows = finding_rows([bad_date(n) for n in range(5, 14)], SCHEMA, "zh", tables=tables)
    assert [(row["department"], row["count"]) for row in rows] == [("市场部", 5), ("研发部", 4)]


def test_findings_without_a_cell_stand_alone() -> None:
    gone = [
        Finding("M101", Severity.WARNING, None, f"RW-{n}", "tasks", None, facts={"name": "x", "department": "研发部"}) for n in range(9)
    ]
    assert [row["count"] for row in finding_rows(gone, SCHEMA, "zh")] == [1] * 9


def test_each_has_a_line_of_its_own_where_asked_for() -> None:
    assert len(finding_rows([bad_date(n) for n in range(5, 30)], SCHEMA, "zh", collapsed=False)) == 25


@given(st.lists(st.integers(1, 500), max_size=80), st.integers(1, 6))
def test_no_finding_is_lost_or_counted_twice(rows: list[int], at_least: int) -> None:
    found = [bad_date(n, code="V203" if n % 3 else "V206") for n in rows]
    groups = grouped(found, at_least=at_least)
    assert sorted(id(f) for g in groups for f in g.members) == sorted(map(id, found))
    for group in groups:
        ranges, left = row_ranges(group)
        if not left:
            said = {n for r in ranges for n in range(int(r.split("–")[0]), int(r.split("–")[-1]) + 1)}
            assert said == {f.at.row for f in group.members if f.at}


def test_very_many_ranges_are_cut_and_counted() -> None:
    ranges, left = row_ranges(Group(tuple(bad_date(n) for n in range(5, 305, 2))))
    assert (len(ranges), left) == (RANGES_SHOWN, 150 - RANGES_SHOWN)


def test_what_the_overdue_list_says_row_by_row_is_one_line_a_department() -> None:
    tables = tasks("研发部", "市场部", "研发部", "研发部")

    def late(row: int, days: int, code: str = "T301") -> Finding:
        return Finding(code, Severity.WARNING, Address(SHEET, row, 7), f"RW-{row:03}", "tasks", "end", "2026-11-04", facts={"days": days})

    found = [late(5, 2), late(6, 4), late(7, 12), late(8, 1), late(7, 12, "T303"), late(8, 1, "T302")]
    rows = finding_rows(found, SCHEMA, "zh", tables=tables)
    assert [(r["department"], r["code"], r["count"]) for r in rows] == [
        ("市场部", "T301", 1), ("研发部", "T301", 3), ("研发部", "T302", 1), ("研发部", "T303", 1),
    ]  # fmt: skip
    assert rows[1]["message"] == "滞后 3 项，最久 12 天：各行见“滞后清单”。"
    assert (rows[1]["cell"], rows[1]["row_key"]) == (Link(f"#'{SHEET}'!G7", "G7"), "RW-007\nRW-005\nRW-008")
    assert len(finding_rows(found, SCHEMA, "zh", tables=tables, collapsed=False)) == len(found)


def test_a_blank_cell_is_expected_to_be_filled_in() -> None:
    blank = Finding("V107", Severity.WARNING, Address(SHEET, 5, 15), "RW-005", "tasks", "late_reason")
    (row,) = finding_rows([blank], SCHEMA, "zh")
    assert row["expected"] == "要填写"
