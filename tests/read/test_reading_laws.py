"""Laws of reading: never an exception, nothing lost without a word, every message complete in both languages."""

from __future__ import annotations

import re
import string
from datetime import date, datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from sheets_as_typed import COMPANY, SCHEMA, context, ours, read, record

from collab_xl.catalogue import code_key, codes, finding_text, texts
from collab_xl.model.finding import Severity
from collab_xl.model.place import Area
from collab_xl.model.values import CLEAR, Unreadable
from collab_xl.read.remarks import SEVERITY
from collab_xl.read.text import BLANK_WORDS, OPEN_WORDS, SAME_WORDS, clean, loose

DATE_LIKE = st.text(alphabet="0123456789.-/年月日号前底至~—第周Q TX:：初上中下旬AM", max_size=18)
SHARE_LIKE = st.text(alphabet="0123456789.%％成半约完成-+ √□☑百分之", max_size=10)
NAME_LIKE = st.text(alphabet="市场研发部组/、,，*经理A ()和", max_size=14)
RAW = st.one_of(
    st.text(max_size=30),
    st.text(alphabet=string.printable, max_size=12),
    DATE_LIKE,
    SHARE_LIKE,
    NAME_LIKE,
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.sampled_from(["同上", "待定", "清空", "□一般/☑紧急/□特急", "进行中", "√", "各部门", "市场部/*经理"]),
)
FIELDS = [(form.id, f.id) for form in SCHEMA.forms for f in form.fields]
KINDS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("key", "text", "longtext", "person", "department", "reference", "choice", "warning"), (str,)),
    **dict.fromkeys(("departments", "references", "choices"), (tuple,)),
    **dict.fromkeys(("date", "moment"), (date,)),
    "percent": (int, float),
    "whole": (int,),
    "amount": (int, float),
    "yesno": (bool,),
}


def stands_for_nothing(raw: object) -> bool:
    return isinstance(raw, str) and (not clean(raw) or loose(raw) in BLANK_WORDS | OPEN_WORDS)


@settings(max_examples=400, deadline=None)
@given(place=st.sampled_from(FIELDS), raw=RAW, known=st.booleans(), lang=st.sampled_from(["zh", "en"]))
def test_any_cell_is_read_or_reported_at_its_place(place: tuple[str, str], raw: object, known: bool, lang: str) -> None:
    form_id, field_id = place
    table, found = record(form_id, {field_id: raw}, context(lang, COMPANY) if known else context(lang))
    field = SCHEMA.form(form_id).field(field_id)
    if not len(table):
        assert field.kind == "key"
        return
    value = table.values[field_id][0]
    here = [f for f in found if f.at and f.at == table.at(0, field_id)]
    if isinstance(value, Unreadable):
        assert any(f.severity is Severity.ERROR for f in here)
        assert value.text
    elif value is None:
        boxes = isinstance(raw, str) and set(raw) & set("□☐○[(")
        assert stands_for_nothing(raw) or here or boxes or field.kind in ("departments", "references", "department")
    elif value is not CLEAR:
        assert isinstance(value, KINDS[field.kind])
        assert isinstance(value, bool) is (field.kind == "yesno")
    if field.kind in ("date",) and isinstance(value, date):
        assert not isinstance(value, datetime)
    if field.kind == "percent" and isinstance(value, (int, float)):
        assert 0 <= value <= 1
        if value == 0:
            assert raw == 0 or re.search(r"[0０]", str(raw))
    for f in found:
        for part in ("what", "why", "fix"):
            said = finding_text(f, part, lang)
            assert said.strip()


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(
        st.lists(
            st.one_of(st.none(), RAW, st.sampled_from([h for f in SCHEMA.forms for x in f.fields for h in x.heading.values()])), max_size=7
        ),
        max_size=9,
    ),
    head=st.booleans(),
    places=st.lists(st.tuples(st.integers(1, 9), st.integers(1, 7), st.integers(0, 2), st.integers(0, 3)), max_size=3),
)
def test_any_sheet_is_read(rows: list[list[object]], head: bool, places: list[tuple[int, int, int, int]]) -> None:
    if head:
        rows = [*rows[:2], ["任务ID", "任务名称", "负责人", "起止时间", "当前进度", "完成状态"], *rows[2:]]
    merges = [str(Area(r, c, r + down, c + right)) for r, c, down, right in places if down or right] if not head else []
    formulas = {(r, c): "=A1" for r, c, _, _ in places[:1]}
    parsed = read(rows, merges=merges, formulas=formulas, uncached=frozenset(formulas) if len(places) == 3 else frozenset())
    if head:
        assert parsed.tables
    for table, located in zip(parsed.tables, parsed.located, strict=True):
        assert located.why
        assert located.area == table.area
        for field_id, column in table.values.items():
            assert len(column) == len(table.rows) == len(table.raw[field_id])
        assert list(table.rows) == sorted(set(table.rows))
    assert all(f.at is not None for f in parsed.findings)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(st.none(), RAW), min_size=1, max_size=12))
def test_a_value_reads_the_same_wherever_it_stands(values: list[object]) -> None:
    """The cache is not to be seen: text columns give each row what it gives alone."""
    width = len(SCHEMA.form("tasks").fields)
    place = [f.id for f in SCHEMA.form("tasks").fields].index("risk")
    rows = [[f"K{i}", *[None] * (place - 1), v, *[None] * (width - place - 1)] for i, v in enumerate(values)]
    together, _ = ours("tasks", rows)
    for i, v in enumerate(values):
        if isinstance(v, str) and loose(v) in SAME_WORDS:
            continue
        alone, _ = record("tasks", {"risk": v})
        assert together.values["risk"][i] == alone.values["risk"][0]
        assert type(together.values["risk"][i]) is type(alone.values["risk"][0])


def test_no_text_becomes_zero() -> None:
    for raw in ("", "未开始", "零", "无", "-", "O", "待定", "nothing", "〇", "零%", "没有", "zero"):
        assert record("tasks", {"progress": raw})[0].get(0, "progress") != 0


def test_every_code_has_its_words_in_both_languages() -> None:
    for lang in ("zh", "en"):
        for code in SEVERITY:
            for part in ("what", "why", "fix"):
                assert texts(lang)[code_key(code, part)].strip(), (lang, code, part)
    assert set(codes()) >= set(SEVERITY)


def test_messages_fill_every_place() -> None:
    rows = [
        [
            "任务ID",
            "任务名称",
            "责任单位",
            "负责部门",
            "起止时间",
            "截至日期",
            "当前进度",
            "完成状态",
            "滞后天数",
            "前置任务",
            "负责人",
            "备注",
            "备注",
            None,
        ],
        ["一、分组"],
        [1, "a", "x", "市场部", "7.1-7.14", "?", "120%", "进行种", "三", "2fs", "同上", "待定", "x", "y"],
        [2, "b", "x", "销部", "2024-07-01", "?", 1, "进行中（等）", 3, "1", "研发部/*经理", "", "x"],
        [3, "c", "x", "市场部、研发部", "7/11/2024", "?", "一半", "☑进行中☑滞后", 3, "1", "x"],
        [4, "d", "x", "同上", "24.7.1", "?", "已完成", "进行中", 3, "1", "同上"],
        [5, "e", "x", "各部门", "昨天", "?", "abc", "", 3, "1", "x"],
        [6, "f", "x", "", "7月底", "?", "√", "", 3, "1", "x"],
        [7],
        ["合计", None, None, None, None, None, 1],
        [None, None, None, None, None, None, None, None, None, None, None, "（续）y"],
        [None, None, None, None, None, None, None, None, None, None, None, "z"],
    ]
    seen: set[str] = set()
    for lang in ("zh", "en"):
        for f in read(rows, context(lang, COMPANY)).findings:
            seen.add(f.code)
            for part in ("what", "why", "fix"):
                assert "{" not in finding_text(f, part, lang), (lang, f.code, part, finding_text(f, part, lang))
    assert len(seen) > 20
