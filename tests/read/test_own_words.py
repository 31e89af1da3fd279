"""Sheet 状态词: the PMO's own words, what they are good for, and what is said of those that cannot be used."""

from __future__ import annotations

import pytest
from sheets_as_typed import SCHEMA, cell, codes, context, read

from collab_xl.catalogue import LANGS, finding_text
from collab_xl.forms import column_label
from collab_xl.model.finding import Finding
from collab_xl.model.values import Unreadable, Value
from collab_xl.read.own_words import words_of

STATUS = ("tasks", "status")


def listed(*rows: tuple[str, str, str], lang: str = "zh") -> tuple[dict[tuple[str, str], dict[str, str]], list[Finding]]:
    """Word, meaning, column; the first row stands in row 4."""
    table: list[dict[str, Value]] = [{"word": w, "means": m, "field": f, "_row": n} for n, (w, m, f) in enumerate(rows, 4)]
    words, findings = words_of(table, SCHEMA, lang, "状态词")
    return {place: dict(own) for place, own in words.items()}, findings


def test_a_word_for_one_column() -> None:
    words, findings = listed(("搞定", "已完成", "任务跟踪表·完成状态"))
    assert (words, findings) == ({STATUS: {"搞定": "done"}}, [])
    known = context(words=words)
    assert cell("tasks", "status", "搞定", known) == ("done", [])
    assert cell("tasks", "status", " 搞 定。", known) == ("done", [])
    assert cell("tasks", "status", "搞定（7.10）", known)[0] == "done"
    assert cell("tasks", "status", "搞定")[0] == Unreadable("搞定")
    assert cell("problems", "status", "搞定", known)[0] == Unreadable("搞定")


def test_without_a_column_it_holds_wherever_the_choice_is_offered() -> None:
    words, _ = listed(("搞定", "已完成", ""))
    meant = {"requirements": "done", "problems": "solved", "actions": "done", "resources": "delivered", "risks": "closed"}
    meant |= {"goals": "reached", "retrospective": "done"}
    assert words == {STATUS: {"搞定": "done"}, **{(form, "status"): {"搞定": choice} for form, choice in meant.items()}}
    assert listed(("P0", "特急", ""))[0].keys() == {("requirements", "urgency"), ("problems", "level")}


@pytest.mark.parametrize("lang", LANGS)
def test_the_column_is_named_as_the_drop_down_has_it_or_by_its_heading_alone(lang: str) -> None:
    for form, field in SCHEMA.choice_fields():
        choice = field.choices[-1]
        for name in (column_label(form, field, lang), field.heading[lang], field.heading["en"].upper()):
            words, findings = listed(("怪词", choice.label[lang], name), lang=lang)
            assert words[form.id, field.id] == {"怪词": choice.id}
            assert findings == []


def test_her_word_goes_before_an_alias_of_the_schema() -> None:
    words, findings = listed(("处理中", "暂停", "完成状态"))
    assert findings == []
    assert cell("tasks", "status", "处理中")[0] == "in_progress"
    assert cell("tasks", "status", "处理中", context(words=words))[0] == "paused"


def test_her_word_may_be_a_number_a_letter_or_stand_for_nothing_elsewhere() -> None:
    words, _ = listed(
        ("1", "一般", "紧急程度"), ("P0", "特急", "紧急程度"), ("待定", "待评审", "需求登记表·状态"), ("R", "滞后", "完成状态")
    )
    known = context(words=words)
    assert cell("requirements", "urgency", 1, known)[0] == "normal"
    assert cell("requirements", "urgency", "p0", known)[0] == "critical"
    assert cell("requirements", "status", "待定", known) == ("to_review", [])
    assert cell("tasks", "status", "R", known)[0] == "late"
    assert cell("tasks", "end", "待定", known)[0] is None


def test_her_words_count_in_the_progress_column_and_in_check_box_lists() -> None:
    known = context(words=listed(("搞定", "已完成", "完成状态"), ("在推进", "进行中", "完成状态"))[0])
    assert cell("tasks", "progress", "搞定", known)[0] == 1
    assert cell("tasks", "status", "□搞定 ☑在推进", known)[0] == "in_progress"


def test_two_status_lists_in_one_file_mean_the_same() -> None:
    """One sheet writes 进行中/已完成/滞后, another 未开始/进行中/已完成/延期, a third sheet English: one table, no finding."""
    rows = [["任务ID", "任务名称", "完成状态"]]
    rows += [
        [f"A{n}", "a", w]
        for n, w in enumerate(("进行中", "已完成", "滞后", "未开始", "延期", "正常-已完成", "In progress", "Done", "Delayed"))
    ]
    parsed = read(rows)
    status = parsed.tables[0].values["status"]
    assert list(status) == ["in_progress", "done", "late", "not_started", "late", "done", "in_progress", "done", "late"]
    assert [f for f in parsed.findings if f.code.startswith("V")] == []


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        ([("搞定", "", "")], [("H119", "状态词!A4")]),
        ([("", "已完成", "")], [("H119", "状态词!A4")]),
        ([("搞定", "做完啦", "")], [("H117", "状态词!B4")]),
        ([("搞定", "特急", "完成状态")], [("H117", "状态词!B4")]),
        ([("搞定", "已完成", "负责人")], [("H117", "状态词!C4")]),
        ([("搞定", "已完成", "完成状态"), ("搞定", "进行中", "任务跟踪表·完成状态")], [("H118", "状态词!A4"), ("H118", "状态词!A5")]),
        ([("搞 定", "已完成", "完成状态"), ("搞定", "已取消", "完成状态")], [("H118", "状态词!A4"), ("H118", "状态词!A5")]),
        ([("已完成", "滞后", "完成状态")], [("H118", "状态词!A4")]),
        ([("Done", "滞后", "完成状态")], [("H118", "状态词!A4")]),
    ],
)
def test_what_cannot_be_used_is_said_and_not_used(rows: list[tuple[str, str, str]], wanted: list[tuple[str, str]]) -> None:
    words, findings = listed(*rows)
    assert words == {}
    assert [(f.code, str(f.at)) for f in findings] == wanted
    for f in findings:
        for lang in LANGS:
            assert all("{" not in finding_text(f, part, lang) for part in ("what", "why", "fix"))


def test_the_same_word_twice_with_one_meaning_is_no_clash() -> None:
    words, findings = listed(("搞定", "已完成", "完成状态"), ("搞定", "已完成", ""), ("已完成", "已完成", "完成状态"))
    assert words[STATUS] == {"搞定": "done", "已完成": "done"}
    assert findings == []


def test_a_near_miss_is_offered() -> None:
    (found,) = listed(("搞定", "完成啦", "完成状态"))[1]
    assert "已完成" in finding_text(found, "fix", "zh")
    assert codes([found]) == ["H117"]
