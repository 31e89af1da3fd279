"""Family R, more than one example per rule: duplicate IDs, unknown IDs, two spellings."""

from __future__ import annotations

from datetime import date

from tables import problems, requirements, table, tasks

from collab_xl.forms import Form, load
from collab_xl.model.calendar import Calendar
from collab_xl.model.directory import Directory
from collab_xl.model.finding import Finding
from collab_xl.model.sheets import Table
from collab_xl.rules.check import check
from collab_xl.rules.keys import spelling
from collab_xl.settings import Settings


def found(*codes: str, **tables: Table) -> list[Finding]:
    everything = check(tables, load(), Directory(), Settings(), Calendar(), date(2026, 11, 20))
    return [f for f in everything if f.code in codes]


def test_all_rows_of_a_key_are_named_with_all_the_others() -> None:
    sheet = tasks("| 任务ID |\n" + "\n".join(["| RW-001 |"] * 8))
    eight = found("R301", tasks=sheet)
    assert [str(f.at) for f in eight] == [f"任务跟踪表!A{row}" for row in range(2, 10)]
    assert eight[0].facts["others"] == ("A3", "A4", "A5", "A6", "A7", "…")
    assert eight[0].facts["n"] == 8


def test_the_same_key_in_two_forms_is_no_clash() -> None:
    assert found("R301", "R303", tasks=tasks("| 任务ID |\n| A-1 |"), problems=problems("| 问题编号 |\n| A-1 |")) == []


def test_case_and_width_are_spelling_zeros_are_not() -> None:
    sheet = tasks("| 任务ID |\n| RW-001 |\n| ＲＷ－００１ |\n| rw001 |\n| RW-1 |\n| RW-0001 |")
    assert [(f.row_id, f.expected) for f in found("R303", tasks=sheet)] == [("ＲＷ－００１", "RW-001"), ("rw001", "RW-001")]
    assert spelling("XZ2024001") == spelling("XZ-2024-001") != spelling("XZ-2024-01")


def test_a_reference_that_only_is_spelled_otherwise_is_a_question() -> None:
    sheet = tasks("| 任务ID | 所属需求编号 |\n| RW-001 | XZ2024001 |")
    (question,) = found("R302", "R303", tasks=sheet, requirements=requirements("| 需求编号 |\n| XZ-2024-001 |"))
    assert (question.code, str(question.at), question.expected) == ("R303", "任务跟踪表!B2", "XZ-2024-001")
    assert question.facts["other_cell"] == "需求登记表!A2"


def test_a_reference_to_nothing_offers_the_id_it_may_mean() -> None:
    sheet = tasks("| 任务ID | 前置任务 |\n| RW-001 | RW-1、RW-2、RW-002 |\n| RW-002 | 采购 |")
    lost = found("R302", tasks=sheet)
    assert [(f.row_id, f.facts["reference"], f.expected) for f in lost] == [
        ("RW-001", "RW-1", "RW-001"),
        ("RW-001", "RW-2", "RW-002"),
        ("RW-002", "采购", ""),
    ]


def test_every_reference_of_the_schema_is_looked_at() -> None:
    def sheet(form: Form) -> Table:
        line = {form.key.heading["zh"]: f"{form.key_prefix}1", **{f.heading["zh"]: "Z" for f in form.fields if f.of}}
        return table(form.id, "\n".join("| " + " | ".join(cells) + " |" for cells in (line, line.values())))

    seen = found("R302", **{form.id: sheet(form) for form in load().forms})
    assert {(f.form, f.field) for f in seen} == {(form.id, f.id) for form in load().forms for f in form.fields if f.of}


def test_a_reference_to_any_form() -> None:
    """签认对象 may be the key of any row; a key of a form that is not in the workbook is not asked for."""
    sheet = table(
        "signatures",
        """
        | 签认编号 | 签认对象 |
        | QR-001   | RW-001   |
        | QR-002   | XZ-2026-001 |
        | QR-003   | rw001    |
        | QR-004   | MB-01    |
        | QR-005   | RW-9     |
    """,
    )
    asked = found(
        "R302", "R303", signatures=sheet, tasks=tasks("| 任务ID |\n| RW-001 |"), requirements=requirements("| 需求编号 |\n| XZ-2026-001 |")
    )
    assert [(f.code, f.row_id) for f in asked] == [("R303", "QR-003"), ("R302", "QR-005")]


def test_a_form_that_is_not_there_is_not_asked() -> None:
    assert found("R302", tasks=tasks("| 任务ID | 所属需求编号 |\n| RW-001 | XZ-2026-001 |")) == []


def test_the_same_finding_twice_is_one() -> None:
    """An unknown reference named twice in one cell is one finding."""
    assert len(found("R302", tasks=tasks("| 任务ID | 前置任务 |\n| RW-001 | RW-9、RW-9 |"))) == 1


def test_a_key_that_could_not_be_read_is_not_missing() -> None:
    assert found("R304", tasks=tasks("| 任务ID |\n| !2026-03-01 |")) == []
