"""What an import asks is asked in words, says how to answer it, and the answer is taken."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from collab_xl.errors import CollabError
from collab_xl.verbs.import_tracker import import_tracker
from collab_xl.verbs.report import Report

TRACKER = """任务ID,任务名称,负贵部门,负责人,计划开始时间,计划结束时间
RW-001,渠道谈判,市场部,王*,2026-11-02,2026-11-20
RW-002,预热素材,市场部,李*,7/11/2026,2026-11-27
"""


def looked_at(folder: Path, *answers: str, lang: str = "zh") -> Report:
    tracker = folder / "tracker.csv"
    tracker.write_text(TRACKER, encoding="utf-8")
    return import_tracker(folder / "主表.xlsx", [tracker], as_of=date(2026, 11, 20), write=False, answers=answers, lang=lang)


def read_as(report: Report, column: str) -> str | None:
    field: str | None = report.json["sheets"][0]["tables"][0]["columns"][column]["field"]
    return field


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_question_is_asked_in_words_and_says_how_to_answer_it(tmp_path: Path, lang: str) -> None:
    report = looked_at(tmp_path, lang=lang)
    kinds = [q["kind"] for q in report.json["questions"]]
    assert kinds == ["heading", "date_order"]
    table = report.listings[-1]
    assert [row[0] for row in table.rows] == ["1", "2"]
    for row, question in zip(table.rows, report.json["questions"], strict=True):
        assert question["found"] in row[2]
        assert f"--answer {row[0]}=" in row[3]
        assert "{" not in "".join(row)


@pytest.mark.parametrize("said", ["是", "yes", "负责部门", "Department", "dept"])
def test_an_answered_heading_is_read(tmp_path: Path, said: str) -> None:
    assert read_as(looked_at(tmp_path), "C") is None
    assert read_as(looked_at(tmp_path, f"1={said}"), "C") == "dept"


def test_a_column_may_be_left_alone(tmp_path: Path) -> None:
    report = looked_at(tmp_path, "1=否")
    assert read_as(report, "C") is None
    assert [q["kind"] for q in report.json["questions"]] == ["date_order"]


@pytest.mark.parametrize("said", ["日", "day", "月", "month"])
def test_an_answered_date_is_read(tmp_path: Path, said: str) -> None:
    report = looked_at(tmp_path, f"2={said}")
    assert [q["kind"] for q in report.json["questions"]] == ["heading"]
    assert "V204" not in {f["code"] for f in report.json["findings"]}


@pytest.mark.parametrize("answer", ["3=是", "1=谁知道", "2=是", "是", "0=是", "1="])
def test_an_answer_that_cannot_be_understood_is_refused(tmp_path: Path, answer: str) -> None:
    with pytest.raises(CollabError) as refused:
        looked_at(tmp_path, answer)
    assert (refused.value.code, refused.value.exit_code) == ("usage_answer", 2)
