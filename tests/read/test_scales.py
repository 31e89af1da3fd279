"""Words of degree: the whole column is judged together, every other meaning is asked, nothing is lost silently (decision 0061)."""

from __future__ import annotations

import pytest
from sheets_as_typed import SCHEMA

from collab_xl.read.choices import Words
from collab_xl.read.scales import folds, judge, place_of, scale_of, suggested

COLUMNS = [
    ("problems", "level", "低 中 高", "normal normal urgent", "低 高"),
    ("problems", "level", "轻微 一般 严重 致命", "normal normal urgent urgent", "轻微 严重 致命"),
    ("problems", "level", "P0 P1 P2 P3 P4", "urgent urgent normal normal normal", "P0 P1 P2 P3 P4"),
    ("problems", "level", "S1 S2 S3 S4", "urgent urgent normal normal", "S1 S2 S3 S4"),
    ("problems", "level", "🔴高 🟢低", "urgent normal", "🔴高 🟢低"),
    ("problems", "level", "Low Medium High Critical", "normal normal urgent urgent", "Low High Critical"),
    ("problems", "level", "普通 跨部门 紧急", "normal cross urgent", ""),
    ("requirements", "urgency", "低 中 高 紧急", "normal normal urgent urgent", "低 高"),
    ("requirements", "urgency", "P0 P1 P2", "critical urgent normal", "P0 P1 P2"),
    ("requirements", "urgency", "P0-紧急 P1-高 P2-一般", "urgent urgent normal", "P1-高"),
    ("risks", "level", "极低 低 中 高 极高", "low low medium high high", "极低 极高"),
    ("risks", "impact", "1 2 3 4 5", "low low medium high high", "1 2 3 4 5"),
    ("risks", "impact", "1 2 3", "low medium high", ""),
    ("risks", "level", "★ ★★ ★★★ ★★★★ ★★★★★", "low low medium high high", "★ ★★ ★★★ ★★★★ ★★★★★"),
    ("risks", "level", "★☆☆☆☆ ★★★☆☆", "low medium", "★☆☆☆☆ ★★★☆☆"),
]  # fmt: skip


@pytest.mark.parametrize(("form", "field", "written", "choices", "assumed"), COLUMNS, ids=[c[2] for c in COLUMNS])
def test_a_column_is_mapped_by_its_order(form: str, field: str, written: str, choices: str, assumed: str) -> None:
    f, texts = SCHEMA.form(form).field(field), written.split()
    words = Words.of(f, "zh")
    judged = judge(f, words, texts)
    assert [judged.placed.get(t) or words.exact(t) for t in texts] == choices.split()
    assert (list(judged.assumed), judged.open) == (assumed.split(), set())


@pytest.mark.parametrize(
    ("form", "field", "written", "left"),
    [
        ("problems", "level", "1 2 3 4", "1 2 3 4"),  # is 1 the highest?
        ("problems", "level", "P1", "P1"),  # how many are there?
        ("problems", "level", "低 高 P0 P2", "P0 P2"),  # two scales in one column
        ("risks", "level", "A B C", "A B C"),  # A is also a word for amber
        ("risks", "level", "R A G", ""),
        ("tasks", "status", "1 2 3", ""),  # no degrees
    ],
)
def test_what_has_two_meanings_is_left_for_a_person(form: str, field: str, written: str, left: str) -> None:
    f = SCHEMA.form(form).field(field)
    assert judge(f, Words.of(f, "zh"), written.split()).open == set(left.split())


def test_a_label_and_the_pmos_own_word_keep_their_meaning() -> None:
    f = SCHEMA.form("problems").field("level")
    words = Words.of(f, "zh", {"低": "cross"})
    judged = judge(f, words, ["低", "高", "一般"])
    assert (judged.placed, words.exact("低")) == ({"高": "urgent"}, "cross")


def test_a_question_suggests_by_what_the_heading_says_of_the_order() -> None:
    f = SCHEMA.form("requirements").field("urgency")
    words = Words.of(f, "zh")
    assert suggested(f, words, ["1", "2", "3"], "优先级") == {"1": "critical", "2": "urgent", "3": "normal"}
    assert suggested(f, words, ["1", "3", "随便"], "等级") == {"1": "normal", "3": "critical", "随便": ""}


def test_degrees_that_became_one_are_seen_and_others_are_not() -> None:
    f = SCHEMA.form("problems").field("level")
    assert folds(f, ["低", "中"], ["normal", "normal"])
    assert not folds(f, ["低", "高"], ["normal", "urgent"])
    assert not folds(f, ["一般", "普通", None], ["normal", "normal", None])
    assert not folds(SCHEMA.form("tasks").field("status"), ["完成", "已完成"], ["done", "done"])


def test_scales_are_the_lists_whose_labels_are_degrees() -> None:
    found = {(form.id, f.id) for form in SCHEMA.forms for f in form.fields if scale_of(f) is not None}
    assert found == {("requirements", "urgency"), ("problems", "level"), ("risks", "likelihood"), ("risks", "impact"), ("risks", "level")}


@pytest.mark.parametrize("text", ["研发部", "已完成", "12", "2026-11-20", "高一", "P", "", "很好"])
def test_other_texts_are_no_degree(text: str) -> None:
    assert place_of(text) is None
