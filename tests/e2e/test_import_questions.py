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


PLAN = """任务ID,任务名称,谁来,开工,收官,眼下
ZX-01,拆除旧墙面并清运,李雷,2026-09-01,2026-09-08,已完成
ZX-02,布置水电管线,韩梅,2026-09-10,2026-09-17,已完成
ZX-03,铺设防水层,李雷,2026-09-19,2026-09-26,进行中
ZX-04,厨卫瓷砖铺贴,赵敏,2026-09-28,2026-10-05,未开始
"""


def plan_looked_at(folder: Path, *answers: str, lang: str = "zh") -> Report:
    tracker = folder / "装修进度.csv"
    tracker.write_text(PLAN, encoding="utf-8")
    told = ("B=任务名称",)
    return import_tracker(folder / "主表.xlsx", [tracker], as_of=date(2026, 9, 20), write=False, answers=answers, lang=lang, maps=told)


def fields_of(report: Report) -> dict[str, str | None]:
    columns = report.json["sheets"][0]["tables"][0]["columns"]
    return {letter: columns[letter]["field"] for letter in "ABCDEF"}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_columns_of_a_table_are_one_question_with_a_line_for_each(tmp_path: Path, lang: str) -> None:
    table = plan_looked_at(tmp_path, lang=lang).listings[-1]
    assert [row[0] for row in table.rows] == ["1", "1a", "1b", "1c"]
    assert [row[1] for row in table.rows[1:]] == ["D1", "E1", "F1"]
    assert all(f"--answer {row[0]}=" in row[3] and "{" not in "".join(row) for row in table.rows)


@pytest.mark.parametrize(
    ("answers", "read"),
    [
        (("1=是",), ("start", "end", "status")),
        (("1=no",), (None, None, None)),
        (("1b=yes",), (None, "end", None)),
        (("1a=计划结束时间",), ("end", None, None)),
        (("1=b=否；c=是",), ("start", None, "status")),
        (("1=A=Planned end; b=no",), ("end", None, "status")),
        (("1b=否", "1=是"), ("start", None, "status")),  # what is said of one column holds
    ],
)
def test_the_columns_are_answered_together_or_one_by_one(tmp_path: Path, answers: tuple[str, ...], read: tuple[str | None, ...]) -> None:
    fields = fields_of(plan_looked_at(tmp_path, *answers))
    assert tuple(fields[letter] for letter in "DEF") == read


@pytest.mark.parametrize("answer", ["1d=是", "2a=是", "1=d=负责人", "1=b", "1=", "1a=谁知道"])
def test_an_answer_to_a_column_that_is_not_asked_about_is_refused(tmp_path: Path, answer: str) -> None:
    with pytest.raises(CollabError) as refused:
        plan_looked_at(tmp_path, answer)
    assert refused.value.code == "usage_answer"


def test_the_terminal_asks_for_the_columns_once(tmp_path: Path) -> None:
    tracker = tmp_path / "装修进度.csv"
    tracker.write_text(PLAN, encoding="utf-8")
    heard: list[str] = []

    def ask(question: str) -> str:
        heard.append(question)
        return ["什么", "a=否"][len(heard) - 1]

    import_tracker(
        tmp_path / "主表.xlsx", [tracker], as_of=date(2026, 9, 20), ask=ask, confirm=lambda _: False, maps=("B=任务名称",), lang="zh"
    )
    assert len(heard) == 2  # what cannot be understood is asked again
    assert all(word in heard[0] for word in ("“开工” → 计划开始时间", "“收官” → 计划结束时间", "“眼下” → 完成状态"))
