"""The order of 汇总预览: what needs a decision first; the cells of one new row together, called by its title."""

from __future__ import annotations

from collab_xl.forms import load
from collab_xl.model.merge import Outcome
from collab_xl.model.plan import Provenance
from collab_xl.model.values import Value
from collab_xl.plan.rows import preview_rows

SENT = {"a": Provenance("a", "研发部", "P1", "", None, "a.xlsx"), "b": Provenance("b", "财务部", "", "", None, "b.xlsx")}


def outcome(sha: str, cell: str, field: str, value: Value, key: str = "", how: str = "excluded") -> Outcome:
    return Outcome(sha, "tasks", key, field, how, None, None, value, f"任务跟踪表!{cell}")


def test_cells_of_a_new_row_stand_together_in_the_order_of_the_columns_under_its_title() -> None:
    outcomes = [
        outcome("a", "M12", "status", "not_started"),
        outcome("b", "C6", "owner", "*会计"),
        outcome("a", "B13", "name", "另一件"),
        outcome("a", "D12", "dept", "研发部"),
        outcome("a", "B12", "name", "支付降级开关"),
        outcome("b", "B6", "name", "年底关账准备"),
        outcome("b", "G5", "measure", "重报", key="RW-016"),
        outcome("a", "L5", "progress", 0.8, key="RW-035", how="conflicts"),
    ]
    rows = preview_rows(outcomes, SENT, {}, load(), "zh")
    assert [(row["department"], row["name"], row["field"], row["cell"]) for row in rows] == [
        ("研发部", None, "当前进度", "任务跟踪表!L5"),
        ("研发部", "支付降级开关", "任务名称", "任务跟踪表!B12"),
        ("研发部", "支付降级开关", "负责部门", "任务跟踪表!D12"),
        ("研发部", "支付降级开关", "完成状态", "任务跟踪表!M12"),
        ("研发部", "另一件", "任务名称", "任务跟踪表!B13"),
        ("财务部", "年底关账准备", "任务名称", "任务跟踪表!B6"),
        ("财务部", "年底关账准备", "负责人", "任务跟踪表!C6"),
        ("财务部", None, "解决措施", "任务跟踪表!G5"),
    ]
