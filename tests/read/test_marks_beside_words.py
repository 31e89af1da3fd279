"""A mark beside a word of a drop-down (🟢进行中, ✔️ 已完成, 高 ★) is decoration, unless the list itself says otherwise."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sheets_as_typed import SCHEMA, cell, codes, context, read

from collab_xl.catalogue import LANGS
from collab_xl.forms import YES_NO, Choice, Field
from collab_xl.model.values import Unreadable
from collab_xl.read.choices import Words
from collab_xl.read.marks import EMPTY_BOXES, parted, says_no

MARKS = (
    "✔️", "✅", "🟢", "🔴", "⏸️", "⚪️", "⚪", "☑", "●", "★", "▲",
    "⭐️", "⚠️", "🔥", "👍🏽", "👨‍👩‍👧", "1️⃣", "🅿️", "•", "▷", "🇨🇳", "\U0001fae8",
)  # fmt: skip
SYMBOLS = [chr(n) for n in range(0x2000, 0x1FB00) if unicodedata.category(chr(n)) == "So"]


def choice_fields() -> Iterator[tuple[str, Field]]:
    seen = [(form.id, f) for form in SCHEMA.forms for f in form.fields if f.kind in ("choice", "choices", "yesno")]
    assert len(seen) > 10
    return iter(seen)


def written(mark: str, word: str) -> tuple[str, ...]:
    return mark + word, f"{mark} {word}", word + mark, f"{word} {mark}", f"{mark}\u00a0{word}", f"{mark}{mark} {word} {mark}"


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("mark", MARKS)
def test_every_list_of_every_form_reads_its_words_with_a_mark_as_without(lang: str, mark: str) -> None:
    for form_id, field in choice_fields():
        words = Words.of(field, lang)
        for choice in field.choices:
            for word in (*choice.label.values(), choice.id):
                for text in written(mark, word):
                    value = words.find(text) if field.kind != "choices" else words.find_several(text)
                    assert value == (choice.id if field.kind != "choices" else (choice.id,)), (form_id, field.id, text)


@given(mark=st.sampled_from(SYMBOLS), lang=st.sampled_from(LANGS))
def test_any_symbol_is_read_as_its_word_or_asked_never_as_another_or_as_blank(mark: str, lang: str) -> None:
    for _, field in choice_fields():
        words = Words.of(field, lang)
        for choice in field.choices:
            value = words.find(f"{mark} {choice.label[lang]}")
            if value != choice.id:
                alone = getattr(value, "value", value)
                assert isinstance(alone, Unreadable) or (alone is None and mark in EMPTY_BOXES), (mark, choice.label[lang], value)


def listed(*words: tuple[str, str, str], state: str = "") -> Words:
    """A list of these: id, label, alias."""
    choices = tuple(Choice(i, {"zh": w, "en": w}, (a,) if a else (), state) for i, w, a in words)
    return Words(Field("x", "choice", "D", {}, choices=choices), "zh")


def test_words_that_differ_only_by_their_marks_stay_apart() -> None:
    words = listed(("well", "🟢 正常", ""), ("ill", "🔴 正常", ""))
    assert [words.exact(t) for t in ("🟢正常", "🔴 正常", "正常 🔴", "🔴\ufe0f正常")] == ["well", "ill", "ill", "ill"]
    for unclear in ("正常", "⚪正常", "🟢🔴正常"):
        assert words.exact(unclear) is None, unclear


def test_a_word_that_the_list_has_only_with_a_mark_is_known_without() -> None:
    words = listed(("well", "🟢 正常", ""), ("ill", "🔴 异常", ""))
    assert words.exact("正常") == "well"
    assert words.exact("🔴 正常") is None  # this list's red says 异常
    assert words.exact("⚪ 异常") is None  # and a mark that it lacks may be another colour of the same scale


def test_a_mark_that_is_a_word_of_the_list_keeps_its_meaning() -> None:
    words = listed(("low", "★", "低"), ("high", "★★★", "高"), ("none", "无", "○"))
    assert [words.exact(t) for t in ("★", "★★★", "★★★ 高", "🔥高", "★ 低")] == ["low", "high", "high", "high", "low"]
    for unclear in ("★ 高", "★★", "★★★ 低"):
        assert words.exact(unclear) is None, unclear
    raci = Words.of(SCHEMA.form("responsibilities").field("raci"), "zh")
    assert [raci.exact(t) for t in ("ℹ️", "ℹ️ I 知会", "ℹ️ R 执行")] == ["informed", "informed", None]
    fixed = Words(Field("x", "yesno", "D", {}, choices=YES_NO), "zh")
    assert [fixed.exact(t) for t in ("× 否", "❌否", "✔️ 是", "🟢 是", "🔴 否")] == ["no", "no", "yes", "yes", "no"]
    assert [fixed.exact(t) for t in ("× 是", "❌是", "是✘")] == [None, None, None]


def test_a_mark_that_says_no_is_no_decoration_beside_what_is_done_or_has_no_state() -> None:
    assert [m for m in ("❌", "✗", "✘", "✖️", "❎", "⛔", "🚫", "👎") if not says_no(m)] == []
    assert listed(("a", "通过", "")).exact("❌ 通过") is None
    assert listed(("a", "已完成", ""), state="done").exact("❌ 已完成") is None
    assert listed(("a", "作废", ""), state="cancelled").exact("❌ 作废") == "a"


def test_the_pmos_own_words_may_have_marks() -> None:
    own = context(words={("tasks", "status"): {"🔴 进行中": "late", "🟡推进": "in_progress"}})
    assert cell("tasks", "status", "🔴进行中", own)[0] == "late"
    assert cell("tasks", "status", "🟢进行中", own)[0] == "in_progress"
    assert cell("tasks", "status", "推进", own)[0] == "in_progress"
    value, found = cell("tasks", "status", "🔴 未开始", own)  # her red says 滞后
    assert (value, codes(found)) == (Unreadable("🔴 未开始"), ["V201"])


def test_under_a_heading_that_asks_for_yes_or_no() -> None:
    written = ("🔴 是", "✔️是", "✔️", "🟢 否", "❌ 是")
    (table,) = read([["任务ID", "任务名称", "是否滞后"], *([f"{n}", f"任务{n}", text] for n, text in enumerate(written, 1))]).tables
    assert table.values["status"] == ["late", "late", "late", None, Unreadable("❌ 是")]


def test_taking_a_text_apart() -> None:
    assert parted("🟢 进行中") == (("🟢",), "进行中")
    assert parted("1️⃣⏸️暂停 ★") == (("1\u20e3", "⏸", "★"), "暂停")
    assert parted("👨‍👩‍👧") == (("👨‍👩‍👧",), "")
    for whole in ("进行中", "A+", "□一般", "√ok", "№5", "→进行中", "进行中？", "高🟢低", "", "㊗", "① 高"):
        assert parted(whole) == ((), whole)
