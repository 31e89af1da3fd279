"""Crosses alone below a question, and single letters of a scale, are read and said."""

from __future__ import annotations

from datetime import date

import pytest
from sheets_as_typed import SCHEMA, at, context, snapshot

from collab_xl.read.sheet import Parsed, parse_sheet

DAY = date(2026, 11, 3)
WORK = ["整理接口清单", "搭建测试环境", "编写用户手册"]


def read(heading: str, cells: list[object], **more: object) -> Parsed:
    rows = [["任务名称", "负责人", "计划结束时间", heading], *([w, "张伟", DAY, v] for w, v in zip(WORK, cells, strict=True))]
    return parse_sheet(snapshot(rows), SCHEMA, context(**more))


def test_crosses_alone_below_a_question_are_said_once() -> None:
    parsed = read("是否完成", ["✗", None, "✗"])
    assert parsed.tables[0].values["status"] == [None, None, None]
    (said,) = [f for f in parsed.findings if f.code == "V252"]
    assert (said.at and said.at.cell, said.facts["mark"], said.facts["count"], said.facts["example"]) == ("D2", "✗", 2, "✗=已完成")


@pytest.mark.parametrize("cells", [["✗", "√", None], ["✗", "✗", "✗"], ["否", None, "否"], [None, None, "√"]])
def test_what_is_clear_is_not_said(cells: list[object]) -> None:
    assert not at(read("是否完成", cells).findings, "V252")


def test_the_pmos_own_word_goes_before_yes_and_no() -> None:
    parsed = read("是否完成", ["✗", None, "✗"], words={("tasks", "status"): {"✗": "done"}})
    assert parsed.tables[0].values["status"] == ["done", None, "done"]
    assert not at(parsed.findings, "V252")


RISKS = ["渠道报价高", "样品破损", "人手不足"]


def risks(letters: list[str], heading: str = "风险等级") -> Parsed:
    rows = [["风险描述", "责任人", heading], *([r, "张伟", v] for r, v in zip(RISKS, letters, strict=True))]
    return parse_sheet(snapshot(rows), SCHEMA, context())


def test_letters_for_colours_are_read_and_said() -> None:
    parsed = risks(["R", "A", "G"])
    assert parsed.tables[0].values["level"] == ["high", "medium", "low"]
    assert at(parsed.findings, "V251") == ["C2"]


@pytest.mark.parametrize("letters", [["H", "M", "L"], ["高", "中", "低"], ["红", "黄", "绿"]])
def test_letters_and_words_of_degree_need_nothing_said(letters: list[str]) -> None:
    parsed = risks(letters)
    assert parsed.tables[0].values["level"] == ["high", "medium", "low"]
    assert not at(parsed.findings, "V251")
