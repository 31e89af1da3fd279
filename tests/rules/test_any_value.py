"""For any result of reading, check, flag and summarise return, twice the same result, and no text has an unfilled place."""

from __future__ import annotations

from datetime import date, datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from tables import directory

from collab_xl.catalogue import finding_text, text
from collab_xl.forms import Field, Form, load
from collab_xl.model.calendar import Calendar
from collab_xl.model.directory import Directory
from collab_xl.model.place import Area
from collab_xl.model.sheets import Table
from collab_xl.model.values import CLEAR, Unreadable, Value, same_value
from collab_xl.report import summarise
from collab_xl.rules.check import check
from collab_xl.rules.flag import flag
from collab_xl.settings import Settings

FRIDAY = date(2026, 11, 20)
PEOPLE = directory("| 部门 | 别名 | 接口人 | 邮箱 |\n| 研发部 | 技术部 | 王* | rd@example.com |\n| 销售部 | | | |")
words = st.sampled_from(
    ["", " ", "研发部", "技术 部", "外包{x}", "RW-001", "RW001", "张明、李强", "5人", "支付接口联调", "支付接口联调测试", "=1+1"]
)
days = st.dates(date(1999, 1, 1), date(2101, 1, 1)) | st.dates(date(2026, 11, 1), date(2026, 12, 1))
odd = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 10**12),
    st.floats(-1, 2, allow_nan=False),
    words,
    days,
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),
    st.lists(words, max_size=3).map(tuple),
    words.map(Unreadable),
    st.just(CLEAR),
)


def usual(field: Field) -> st.SearchStrategy[Value]:
    if field.choices:
        return st.sampled_from([None, *(c.id for c in field.choices)])
    if field.kind in ("date", "moment"):
        return days
    return st.none() | words


@st.composite
def sheets(draw: st.DrawFn, form: Form) -> Table:
    rows = draw(st.integers(0, 5))
    fields = [f for f in form.fields if draw(st.integers(0, 5))]
    values = {f.id: draw(st.lists(odd | usual(f), min_size=rows, max_size=rows)) for f in fields}
    columns = {f.id: n for n, f in enumerate(fields, 1)}
    headings = {f.id: f.heading["zh"] for f in fields}
    area = Area(3, 1, 3 + max(1, rows), max(1, len(fields)))
    return Table(form.id, form.sheet["zh"], area, (3, 3), columns, headings, range(4, 4 + rows), values, values)


everything = st.fixed_dictionaries({}, optional={form.id: sheets(form) for form in load().forms})


@settings(max_examples=30, deadline=None)
@given(everything, st.sampled_from([PEOPLE, Directory()]), st.sampled_from(["working", "calendar"]))
def test_every_stage_answers_whatever_the_cells_hold(tables: dict[str, Table], people: Directory, count: str) -> None:
    options, calendar = Settings(day_count=count), Calendar()
    found = check(tables, load(), people, options, calendar, FRIDAY)
    assert found == check(dict(reversed(tables.items())), load(), people, options, calendar, FRIDAY)
    flags = flag(tables, options, calendar, FRIDAY, load(), people)
    summary = summarise(tables, flags, options, calendar, people, as_of=FRIDAY, week="2026-W47")
    assert summary.check["balanced"] is True
    for lang in ("zh", "en"):
        for finding in found:
            for part in ("what", "why", "fix"):
                assert finding_text(finding, part, lang)
        for line in summary.ahead:
            assert text(f"plan.ahead.{line.text_id}", lang, **line.facts)
    # check and flag report the same about time.
    assert [f for f in found if f.code.startswith("T")] == list(flags.findings)
    for change in flags.changes:
        assert not same_value(change.old, change.new)
