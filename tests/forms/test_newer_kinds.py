"""Amounts, yes and no, several choices: what people write, how it is read, and that it is written back as it was read."""

from __future__ import annotations

import json
from datetime import date

import pytest
from forms.small_forms import parsed, schema
from hypothesis import given
from hypothesis import strategies as st

from collab_xl.build.pack import cell_value
from collab_xl.forms import Form, Schema
from collab_xl.model.codec import dump, load
from collab_xl.model.finding import Severity
from collab_xl.model.values import Clear, Unreadable, Value, same_value
from collab_xl.plan.render import render
from collab_xl.plan.show import show


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Schema:
    return schema(tmp_path_factory.mktemp("forms"))


@pytest.fixture(scope="module")
def needs(world: Schema) -> Form:
    return world.form("needs")


def read(form: Form, field_id: str, raw: object, lang: str = "zh") -> tuple[Value, list[str]]:
    table, findings = parsed(form, [{"no": "ZJ-001", "what": "人力", field_id: raw}], lang)
    col = table.columns[field_id]
    return table.values[field_id][0], [f.code for f in findings if f.at and (f.at.row, f.at.col) == (2, col)]


@pytest.mark.parametrize(
    ("written", "value", "codes"),
    [
        ("5", 5, []), (5, 5, []), (0, 0, []), ("0", 0, []), ("1,200.5", 1200.5, []), ("１，２００", 1200, []), ("20万", 200_000, []),
        ("1.5亿", 150_000_000, []), ("20k", 20_000, []), ("¥300", 300, []), ("-2", -2, []), (".5", 0.5, []),
        ("5人", 5, ["V243"]), ("５人", 5, ["V243"]), ("20万元", 200_000, ["V243"]), ("2人/天", 2, ["V243"]), ("100m", 100, ["V243"]),
        ("约3台", 3, ["V236", "V243"]), ("3人左右", 3, ["V236", "V243"]), ("约20万", 200_000, ["V236"]),
        ("待定", None, ["V233"]), ("-", None, []), ("无", None, []), (None, None, []), ("清空", Clear(), []),
    ],
)  # fmt: skip
def test_an_amount_is_read(needs: Form, written: object, value: Value, codes: list[str]) -> None:
    assert read(needs, "wanted", written) == (value, codes)


@pytest.mark.parametrize(
    "written",
    [
        "3到5人", "3-5", "3~5人", "多人", "三个", "5多人", "3万5千", "5、6", "1/2", "3.5%", "1.2.3", "1,20", "5人+3人", "9" * 400, "1e400",
        True, date(2026, 11, 2), "人5",
    ],
)  # fmt: skip
def test_what_is_no_single_number_is_no_amount_and_never_0(needs: Form, written: object) -> None:
    value, codes = read(needs, "wanted", written)
    assert isinstance(value, Unreadable)
    assert codes == ["V218"]


@pytest.mark.parametrize("written", ["是", "√", "☑", "yes", "Y", "TRUE", "true", "1", 1, True, "Yes", "☑是 □否", "是；是"])
def test_yes(needs: Form, written: object) -> None:
    assert read(needs, "fixed", written) == (True, [])


@pytest.mark.parametrize("written", ["否", "×", "□", "no", "n", "FALSE", "0", 0, False, "□是 ☑否"])
def test_no(needs: Form, written: object) -> None:
    assert read(needs, "fixed", written) == (False, [])


def test_yes_and_no_with_more_to_it(needs: Form) -> None:
    assert read(needs, "fixed", "是（已评审）") == (True, ["V240"])
    assert read(needs, "fixed", "") == (None, [])
    assert read(needs, "fixed", "□是 □否") == (None, [])
    assert read(needs, "fixed", "待定") == (None, ["V233"])
    for unclear in ("也许", "是/否", "☑是 ☑否", 2, 0.5, date(2026, 11, 2)):
        value, codes = read(needs, "fixed", unclear)
        assert isinstance(value, Unreadable), unclear
        assert codes in (["V201"], ["V215"]), unclear


def test_several_choices_in_the_order_of_the_list(needs: Form) -> None:
    for written in ("华北、华东", "华东,华北", "华北；上海", "华北\n华东", "华东/华北", "华东、华北、华东", "☑华东 ☑华北"):
        assert read(needs, "areas", written) == (("east", "north"), []), written
    assert read(needs, "areas", "研/发") == (("rd",), [])
    assert read(needs, "areas", "研/发、华东") == (("east", "rd"), [])
    assert read(needs, "areas", "East, R/D", "en") == (("east", "rd"), [])
    for written in ("华东、华西", "华西", 5, "华东、5"):
        value, codes = read(needs, "areas", written)
        assert isinstance(value, Unreadable), "half a list would be another list"
        assert codes == ["V201"]


RAW = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.dates(), st.text(max_size=12),
    st.text(alphabet="0123456789.,-+%万千亿人个约是否√☑□×yn华东北上海、/，；（） ", max_size=12),
)  # fmt: skip


@given(st.sampled_from(("wanted", "fixed", "areas")), RAW)
def test_a_cell_is_read_or_reported_with_its_place(world: Schema, field_id: str, raw: object) -> None:
    form = world.form("needs")
    field = form.field(field_id)
    table, findings = parsed(form, [{"no": "ZJ-001", "what": "人力", field_id: raw}])
    value = table.values[field_id][0]
    here = [f for f in findings if f.at and (f.at.row, f.at.col) == (2, table.columns[field_id])]
    if isinstance(value, Unreadable):
        assert any(f.severity is Severity.ERROR for f in here)
    elif value is None and raw is not None and str(raw).strip(" -/、，；（）.,") and raw != "":
        assert not isinstance(raw, (int, float, date)), "a number or a day is never a blank"
    else:
        kinds = {"wanted": (int, float), "fixed": (bool,), "areas": (tuple,)}[field_id]
        assert value is None or isinstance(value, (*kinds, Clear))
        assert field_id == "fixed" or not isinstance(value, bool)
    if not isinstance(value, Unreadable):
        for lang in ("zh", "en"):
            for shown in (render(value, field, lang), cell_value(value, field, lang)):
                again, _ = parsed(form, [{"no": "ZJ-001", "what": "人力", field_id: shown}], lang)
                back = again.values[field_id][0]
                assert same_value(back, None if isinstance(value, Clear) and shown is None else value), (value, shown, back)
    assert isinstance(show(value, field, "zh"), str)
    assert load(json.loads(json.dumps(dump(value, Value))), Value) == value


def test_what_a_person_reads_of_them(needs: Form) -> None:
    assert show(True, needs.field("fixed"), "zh") == "是"
    assert show(False, needs.field("fixed"), "en") == "No"
    assert show(("east", "rd"), needs.field("areas"), "zh") == "华东、研/发"
    assert show(1200.5, needs.field("wanted"), "zh") == "1200.5"
    assert render(("east", "rd"), needs.field("areas"), "en") == "East, R/D"
    assert render(False, needs.field("fixed"), "zh") == "否"
