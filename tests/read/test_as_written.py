"""A column of ordinary texts or IDs is tested at once: its reader leaves all that `as_written` accepts as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab_xl.forms import Field, Form, load
from collab_xl.model.directory import Directory
from collab_xl.read.clues import Clues
from collab_xl.read.context import Context
from collab_xl.read.values import as_written, reader

CONTEXT = Context("zh", Directory())
ODD = (
    *(
        "",
        " ",
        "待定",
        "同上",
        "无",
        "/",
        "-",
        "n/a",
        "N/A",
        "清空",
        "清空。",
        "a ",
        " a",
        "a\n",
        "a\nb",
        "a\tb",
        "=1",
        "'1",
        "〃",
        "as above",
    ),
    *(
        "TBD",
        "未定",
        "，",
        "1.5E+17",
        "2.02611E+17",
        "ＲＷ－００１",
        "RW-001 ",
        "RW‐001",
        "RW-1\n",
        "\ufeffa",
        "b\u200b",
        "任务，一；二：（三）％",
    ),
)
USUAL = ("任务 1 的名称", "RW-001", "RW-000017", "Requirement-12", "人员7*", "50%", "2026-03-01", "0")


def field(kind: str) -> tuple[Form, Field]:
    return next((form, f) for form in load().forms for f in form.fields if f.kind == kind)


@given(
    st.lists(st.sampled_from([*ODD, *USUAL]) | st.text(max_size=6), min_size=1, max_size=4), st.sampled_from(["text", "longtext", "key"])
)
def test_what_is_accepted_is_read_as_it_is(values: list[str], kind: str) -> None:
    form, of = field(kind)
    read = reader(of, form, CONTEXT, Clues(CONTEXT, lambda: ()))
    if as_written(of, None, values):
        assert [read(v) for v in values] == values


@pytest.mark.parametrize(("kind", "values"), [("text", USUAL), ("key", ("RW-001", "RW000017", "Req-12"))])
def test_the_usual_is_accepted(kind: str, values: tuple[str, ...]) -> None:
    assert as_written(field(kind)[1], None, values)
    for odd in ODD[:12]:
        assert not as_written(field(kind)[1], None, (*values, odd)), odd
    assert not as_written(field(kind)[1], None, (*values, 1))
    assert not as_written(field("person")[1], None, values)
