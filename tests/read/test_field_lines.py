"""Lines of sheet 字段: what they ask for, and every fault with its cell. Codes of faults, no texts."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from collab_xl.catalogue import LANGS, has
from collab_xl.forms import BASIC, InUse, Schema, load, schema_of
from collab_xl.forms.own_fields import OWN_KINDS, FieldSaid, Word, rows_of, said_in
from collab_xl.read.field_lines import FieldLine, Wanted, read_lines
from collab_xl.rules.field_lines import all_lines, line_of, mark_of

FORMS = tuple(InUse(form, load().form(form).version) for form in BASIC)


def schema_with(**known: tuple[FieldSaid, ...]) -> Schema:
    return schema_of(load(), [InUse(f.id, f.version, own=known.get(f.id, ())) for f in FORMS])


def read(*lines: Mapping[str, object], lang: str = "zh", **known: tuple[FieldSaid, ...]) -> Wanted:
    """Read the sheet as a new master has it, with these lines in place of those of their code, or below."""
    schema = schema_with(**known)
    sheet = {str(line["id"]): line for line in all_lines(schema, lang)}
    sheet |= {str(line.get("id") or f"new {n}"): {**sheet.get(str(line.get("id")), {}), **line} for n, line in enumerate(lines)}
    installed = {f.id: load().form(f.id) for f in FORMS}
    names = {form.id: form.sheet[lang] for form in schema.forms}
    rows = [FieldLine(n, cells) for n, cells in enumerate(sheet.values(), 4)]  # type: ignore[arg-type]
    return read_lines(rows, schema, installed, known, names, lang, 1 + sum(s.is_own for said in known.values() for s in said))


def faults(*lines: Mapping[str, object], **known: tuple[FieldSaid, ...]) -> list[tuple[str, str]]:
    return [(f.column, f.name) for f in read(*lines, **known).faults]


OWN = {"sheet": "任务跟踪表", "heading": "客户"}
CLIENT = FieldSaid("own_1", "客户", kind="choice", words=(Word("甲", "甲"), Word("乙", "乙")), access="D")


@pytest.mark.parametrize("lang", LANGS)
def test_a_new_masters_sheet_asks_for_nothing(lang: str) -> None:
    wanted = read(lang=lang)
    assert (wanted.said, wanted.faults) == ({}, ())


def test_a_field_gets_a_code_and_its_defaults() -> None:
    wanted = read({**OWN, "holds": "下拉", "words": "甲，乙；丙\n丁", "required": "是"})
    (said,) = wanted.said["tasks"]
    assert (said.id, said.heading, said.kind, said.access, said.required, said.in_pack, said.on_page) == (
        "own_1", "客户", "choice", "D", True, True, False,
    )  # fmt: skip
    assert [w.label for w in said.words] == ["甲", "乙", "丙", "丁"]
    assert list(wanted.codes.values())[-1] == "tasks.own_1"


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ({"sheet": "没有这张表", "heading": "客户"}, ("sheet", "no_form")),
        ({"sheet": "任务跟踪表", "holds": "文本"}, ("heading", "no_heading")),
        ({**OWN, "holds": "图片"}, ("holds", "no_kind")),
        ({**OWN, "holds": "单选"}, ("words", "no_words")),
        ({**OWN, "holds": "单选", "words": "、，"}, ("words", "no_words")),
        ({**OWN, "holds": "单选", "words": "A-1、A1"}, ("words", "word_twice")),
        ({**OWN, "holds": "单选", "words": "、".join("很长的选项" + str(n) for n in range(60))}, ("words", "words_long")),
        ({**OWN, "holds": "数字", "words": "甲"}, ("words", "words_needless")),
        ({**OWN, "filled_by": "谁都行"}, ("filled_by", "no_word")),
        ({**OWN, "hidden": "也许"}, ("hidden", "no_word")),
        ({**OWN, "id": "tasks.nothing"}, ("id", "no_code")),
        ({**OWN, "id": "problems.status"}, ("id", "other_form")),
        ({"sheet": "任务跟踪表", "heading": "进度"}, ("heading", "heading_taken")),  # an alias of the progress
        ({"sheet": "任务跟踪表", "heading": "备 注"}, ("heading", "heading_taken")),
        ({"sheet": "任务跟踪表", "heading": "序号"}, ("heading", "heading_reserved")),
        ({"sheet": "任务跟踪表", "heading": "_x000D_"}, ("heading", "heading_reserved")),
        ({"sheet": "任务跟踪表", "heading": "长" * 256}, ("heading", "heading_long")),
        ({"id": "tasks.task_id", "heading": "编码"}, ("heading", "key_heading")),
        ({"id": "tasks.task_id", "hidden": "是"}, ("hidden", "not_hidden")),
        ({"id": "tasks.name", "hidden": "是"}, ("hidden", "not_hidden")),
        ({"id": "tasks.status", "hidden": "是"}, ("hidden", "not_hidden")),
        ({"id": "tasks.dept", "hidden": "是"}, ("hidden", "not_hidden")),
        ({"id": "tasks.risk", "hidden": "是", "words": "x"}, ("words", "words_fixed")),
        ({"id": "tasks.end", "holds": "文本"}, ("holds", "kind_fixed")),
        ({"id": "tasks.late_days", "filled_by": "部门"}, ("filled_by", "access_fixed")),
        ({"id": "tasks.late_days", "required": "是"}, ("required", "switch_fixed")),
        ({"id": "tasks.name", "in_pack": "否"}, ("in_pack", "switch_fixed")),
        ({"id": "tasks.owner", "words": "甲、乙"}, ("words", "words_fixed")),
        ({"id": "tasks.owner", "heading": "备注"}, ("heading", "heading_taken")),
        ({"id": "problems.level", "words": "一般、跨部门"}, ("words", "words_gone")),
        ({"id": "tasks.status", "words": "未开始、进行中、已完成、滞后、暂停、已取消、待定"}, ("words", "status_words")),
    ],
)  # fmt: skip
def test_a_fault_names_its_cell(line: dict[str, object], fault: tuple[str, str]) -> None:
    assert faults(line) == [fault]
    assert all(has(f"read.fields.{fault[1]}.{part}", lang) for part in ("what", "fix") for lang in LANGS)


def test_what_a_computed_column_is_made_of_is_hidden_only_with_it() -> None:
    found = faults({"id": "tasks.end", "hidden": "是"})
    assert found
    assert set(found) == {("hidden", "needed_by")}
    form = load().form("tasks")
    computed = [{"id": f"tasks.{f.id}", "hidden": "是"} for f in form.fields if f.access == "C"]
    assert faults({"id": "tasks.end", "hidden": "是"}, *computed) == []


def test_what_the_program_wrote_in_an_earlier_version_is_nobodys_wish() -> None:
    form = load().form("tasks")
    line = line_of(form, form.field("owner"), "zh") | {"help": "以前的说明", "heading": "责任人员", "in_pack": "否"}
    assert read({**line, "mark": mark_of(line)}).said == {}
    typed = {**line, "mark": mark_of(line), "required": "是"}
    assert read(typed).said["tasks"] == (FieldSaid("owner", required=True),)


def test_two_lines_of_one_heading_or_code() -> None:
    assert faults(OWN, OWN) == [("heading", "heading_taken")]
    assert faults({**OWN, "id": "tasks.own_1"}, {**OWN, "heading": "另一个", "id": "tasks.own_1 "}, tasks=(CLIENT,)) == [("id", "twice")]


def test_a_heading_of_before_is_still_understood_and_cannot_be_given_again() -> None:
    (said,) = read({"id": "tasks.own_1", "heading": "大客户"}, tasks=(CLIENT,)).said["tasks"]
    assert (said.heading, said.former) == ("大客户", ("客户",))
    assert faults({"id": "tasks.own_1", "heading": "大客户"}, {**OWN, "holds": "文本"}, tasks=(said,)) == [("heading", "heading_taken")]
    (back,) = read({"id": "tasks.own_1", "heading": "客户"}, tasks=(said,)).said["tasks"]
    assert (back.heading, back.former) == ("客户", ("大客户",))


def test_a_line_that_is_gone_takes_the_field_out_and_the_same_heading_brings_it_back() -> None:
    out = read({"id": "tasks.own_1", **dict.fromkeys(("sheet", "heading", "holds", "words", "filled_by"))}, tasks=(CLIENT,))
    assert [f.name for f in out.faults] == ["no_form"], "a line with a code alone is no blank line"
    gone = read_lines([], schema_with(tasks=(CLIENT,)), {f.id: load().form(f.id) for f in FORMS}, {"tasks": (CLIENT,)}, {}, "zh", 2)
    (said,) = gone.said["tasks"]
    assert said.out
    (again,) = read({**OWN, "holds": "文本"}, tasks=(said,)).said["tasks"]
    assert (again.id, again.out, again.kind, again.was) == ("own_1", False, "text", ("choice",))


def test_words_in_their_places_are_renamed_and_others_are_new_or_gone() -> None:
    (said,) = read({"id": "tasks.own_1", "words": "甲、丙、丁"}, tasks=(CLIENT,)).said["tasks"]
    assert [(w.id, w.label, w.former) for w in said.words] == [("甲", "甲", ()), ("乙", "丙", ("乙",)), ("丁", "丁", ())]
    (fewer,) = read({"id": "tasks.own_1", "words": "乙"}, tasks=(CLIENT,)).said["tasks"]
    assert [w.id for w in fewer.words] == ["乙"]
    (level,) = read({"id": "problems.level", "words": "一般、跨部门、特急、火急"}).said["problems"]
    assert [(w.label, w.id in {c.id for c in load().form("problems").field("level").choices}) for w in level.words] == [
        ("特急", True), ("火急", False),
    ]  # fmt: skip


def test_what_is_said_of_a_field_is_stored_and_read_back() -> None:
    assert said_in(rows_of("tasks", [CLIENT])) == {"tasks": (CLIENT,)}
    form = schema_with(tasks=(CLIENT,)).form("tasks")
    line = line_of(form, form.field("own_1"), "zh")
    assert read({**line}, tasks=(CLIENT,)).said["tasks"] == (CLIENT.__replace__(required=False, in_pack=True, on_page=False, former=()),)


def test_every_kind_has_its_word_in_both_languages() -> None:
    for lang in LANGS:
        words = [line["holds"] for line in all_lines(load(), lang)]
        assert all(words)
        assert all(has(f"model.field_kind.{kind}", lang) for kind in OWN_KINDS)
