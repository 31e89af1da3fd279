"""Single cells: every kind of value into filled and blank cells of a master as Excel saves it."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from judges import findings_of, structural_findings
from make_books import edit_parts, master, prefixed, simple, strict
from written import LOG, NOTES, TASKS, changed_parts, edit, edits, part, read, sheet_xml, values, write

from collab_xl.book import write_plan as writing
from collab_xl.errors import CollabError, StaleCell
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.model.values import Link

SHEET1, BOOK = "xl/worksheets/sheet1.xml", "xl/workbook.xml"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return master(tmp_path / "主表.xlsx")


def test_only_the_sheet_and_the_calculation_switch_change(book: Path):
    new = write(book, edits(TASKS, ("B5", "任务 1", "新名称"), ("G5", None, "原来没有单元格")))
    assert changed_parts(book, new) == {SHEET1, BOOK}
    assert findings_of(new) == []
    assert values(new, TASKS, ["B5", "G5", "B6"]) == ["新名称", "原来没有单元格", "任务 2"]


def test_every_byte_of_the_sheet_but_the_cell_stays(book: Path):
    old, new = sheet_xml(book), sheet_xml(write(book, edits(TASKS, ("E6", 0.1, 0.5))))
    cell = re.search(r'<c r="E6"[^>]*>.*?</c>', old)
    assert cell
    assert new == old.replace(cell[0], cell[0].replace("<v>0.1</v>", "<v>0.5</v>"))


def test_every_kind_of_value_is_read_back(book: Path):
    wanted = {
        "B5": "文字 <&> “x”",
        "C6": "原来是空的",
        "D5": date(2025, 3, 7),
        "D6": datetime(2025, 3, 7, 13, 45, 30),
        "E5": 0.85,
        "E6": -5,
        "F5": True,
        "F6": False,
        "G5": 12345678901,
        "G6": "001",
        "G7": "=1+1",
        "I5": None,
        "B6": "-5",
        "B7": 1e-7,
    }
    snapshot = read(book).snapshot(TASKS)
    plan = Plan(tuple(edit(TASKS, at, snapshot.value(int(at[1:]), ord(at[0]) - 64), v) for at, v in wanted.items()))
    new = write(book, plan)
    assert dict(zip(wanted, values(new, TASKS, wanted), strict=True)) == wanted
    assert findings_of(new) == []


def test_a_new_cell_takes_the_style_of_the_tables_last_row_else_of_the_column(book: Path):
    xml = sheet_xml(write(book, edits(TASKS, ("C6", None, "研发部"), ("C3", None, "表外"), ("M9", None, "没有样式"))))
    last = re.search(r'<c r="C12"( s="\d+")', xml)
    column = re.search(r'<col min="1" max="3"[^>]* style="(\d+)"', xml)
    assert last
    assert column
    assert f'<c r="C6"{last[1]} t="inlineStr">' in xml
    assert f'<c r="C3" s="{column[1]}" t="inlineStr">' in xml
    assert '<c r="M9" t="inlineStr">' in xml


def test_emptying_keeps_the_style_and_leaves_no_unstyled_cell(book: Path):
    xml = sheet_xml(write(book, edits(TASKS, ("B5", "任务 1", None), ("I5", "用户自己的列", None))))
    assert re.search(r'<c r="B5" s="\d+"/>', xml)
    assert 'r="I5"' not in xml


def test_a_cell_changed_meanwhile_stops_everything(book: Path):
    target = book.with_name("主表-new.xlsx")
    with pytest.raises(StaleCell) as refused:
        write(book, edits(TASKS, ("B5", "任务 1", "x"), ("B6", "别的", "y")))
    facts = refused.value.facts
    assert (facts["cell"], facts["expected"], facts["found"]) == ("任务跟踪表!B6", "别的", "任务 2")
    assert not target.exists()


@pytest.mark.parametrize(
    ("at", "old"),
    [("B5", None), ("G5", "x"), ("E5", False), ("E6", 1), ("D5", date(2024, 7, 2)), ("D5", "2024-07-01"), ("C6", 0)],
)
def test_what_does_not_count_as_the_old_value(book: Path, at: str, old: object):
    with pytest.raises(StaleCell):
        write(book, edits(TASKS, (at, old, "x")))  # type: ignore[arg-type]


@pytest.mark.parametrize(("at", "old"), [("D5", date(2024, 7, 1)), ("D5", 45474), ("E5", 0.0), ("C6", ""), ("H6", 0.2)])
def test_what_counts_as_the_old_value(book: Path, at: str, old: object):
    assert values(write(book, edits(TASKS, (at, old, "x"))), TASKS, [at]) == ["x"]  # type: ignore[arg-type]


def test_an_error_and_a_rich_text_can_be_overwritten(book: Path):
    new = write(book, Plan((edit(NOTES, "F3", None, 3), edit(TASKS, "A2", "请周五前更新", "新"))))
    assert values(new, NOTES, ["F3"]) == [3]
    assert "xl/sharedStrings.xml" not in changed_parts(book, new)


def test_the_first_cell_of_a_shared_formula_hands_it_on(book: Path):
    new = write(book, edits(TASKS, ("H5", 0, 7), ("H6", 0.2, 8)))
    old_formulas, formulas = read(book).snapshot(TASKS).formulas, read(new).snapshot(TASKS).formulas
    assert dict(formulas) == {k: v for k, v in old_formulas.items() if k not in {(5, 8), (6, 8)}}
    assert formulas[7, 8] == "=E7*2"
    assert '<f t="shared" ref="H7:H12" si="0">E7*2</f>' in sheet_xml(new)
    assert findings_of(new) == []


def test_the_calculation_chain_goes_with_a_formula_and_only_then(book: Path):
    chain = "xl/calcChain.xml"
    kept = write(book, edits(TASKS, ("E5", 0, 1)))
    assert chain not in changed_parts(book, kept)
    gone = write(book, edits(TASKS, ("H12", 1.4, 1)))
    assert changed_parts(book, gone) == {chain, SHEET1, BOOK, "xl/_rels/workbook.xml.rels", "[Content_Types].xml"}
    assert "calcChain" not in part(gone, "[Content_Types].xml") + part(gone, "xl/_rels/workbook.xml.rels")
    assert findings_of(gone) == []


def test_a_cell_of_an_array_formula_is_refused(book: Path):
    with pytest.raises(CollabError) as refused:
        write(book, edits(NOTES, ("D3", 0, 1)))
    assert (refused.value.code, refused.value.facts["cell"]) == ("array_cell", "说明!D3")


def test_a_heading_is_refused(book: Path):
    with pytest.raises(CollabError) as refused:
        write(book, edits(TASKS, ("B4", "任务名称", "名称")))
    assert refused.value.code == "heading_edit"


def test_excel_is_asked_to_calculate_where_a_formula_may_be_old(book: Path, tmp_path: Path):
    """Excel asks to save a workbook that it has calculated on opening, also if nobody touched it (docs/facts/file-format.md)."""
    new = write(book, edits(TASKS, ("E5", 0, 1)))
    assert re.search(r'<calcPr calcId="\d+" fullCalcOnLoad="1"/>', part(new, BOOK))
    none = re.compile(rb"<calcPr[^>]*>")
    plain = edit_parts(simple(tmp_path / "a.xlsx", {"A1": 1}), lambda p: p.update({BOOK: none.sub(b"", p[BOOK])}))
    linked = write(plain, Plan((CellEdit("表", 1, 1, 1, Link("#'表'!A1", "去看")),)))
    linked_again = write(linked, Plan((CellEdit("表", 2, 1, None, 2),)))
    assert "calcPr" not in part(linked, BOOK) + part(linked_again, BOOK), "our links have their values"
    bare = edit_parts(simple(tmp_path / "b.xlsx", {"A1": 1, "B1": "=A1"}), lambda p: p.update({BOOK: none.sub(b"", p[BOOK])}))
    again = write(bare, edits("表", ("A1", 1, 2)))
    assert '</sheets><calcPr fullCalcOnLoad="1"/>' in part(again, BOOK)
    assert findings_of(again) == []


RULES = b'<dataValidations count="1"><dataValidation type="list" sqref="A1"><formula1>"a,b"</formula1></dataValidation></dataValidations>'
HEAD = '<worksheet xmlns="m"><sheetData><row r="1"><c r="A1"'


@pytest.mark.parametrize(
    ("cell", "calculates"),
    [
        ("><f>B1+1</f><v>2</v></c>", True),
        ('><f t="shared" si="0"/><v>2</v></c>', True),
        ("><x:f>B1</x:f><v>2</v></c>", True),
        (' t="str"><f>HYPERLINK("#A2","去")</f><v>去</v></c>', False),
        (' t="str"><f>HYPERLINK("#A2","去")</f><v>去</v></c><c r="B1"><f>A1</f><v>1</v></c>', True),
        (' t="inlineStr"><is><t>sheetData &lt;f</t></is></c><c r="B1"><f>A1</f><v>1</v></c>', True),
        ("><v>1</v></c>", False),
    ],
)
def test_a_formula_other_than_our_links_is_found(cell: str, calculates: bool):
    """Also one of a prefix or behind a text about sheetData; the formulas of drop-downs and formats are none."""
    data = (HEAD + cell + "</row></sheetData>").encode() + RULES + b"</worksheet>"
    assert writing._calculated(data) is calculates
    assert writing._calculated(b"\xff\xfe" + "<worksheet/>".encode("utf-16-le")), "not searched, so it may have one"


@pytest.mark.parametrize("written", ["表", "乙"])
def test_excel_calculates_whether_the_formula_is_in_the_written_sheet_or_in_another(tmp_path: Path, written: str):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as made:
        made.add_worksheet("表").write_formula("B1", "=A1", None, 0)
        made.add_worksheet("乙").write("C1", 1)
    bare = edit_parts(path, lambda p: p.update({BOOK: re.sub(rb"<calcPr[^>]*>", b"", p[BOOK])}))
    assert "fullCalcOnLoad" not in part(bare, BOOK)
    assert "fullCalcOnLoad" in part(write(bare, edits(written, ("A1", None, 2))), BOOK)


@pytest.mark.parametrize("text", ["a\nb", " 前后空格 ", "_x0041_", "\x01\x1f\t", "a\r\nb", "😀" * 3, "_x", "'001", "]]>", "&amp;"])
def test_odd_texts_come_back_as_they_were(book: Path, text: str):
    new = write(book, edits(TASKS, ("G5", None, text)))
    assert values(new, TASKS, ["G5"]) == [text]
    assert structural_findings(new) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(min_size=1, max_size=40))
def test_any_text_comes_back_as_it_was(tmp_path: Path, text: str):
    book = simple(tmp_path / "t.xlsx", {"A1": "x"})
    assert values(write(book, edits("表", ("A1", "x", text))), "表", ["A1"]) == [text]


def test_text_longer_than_a_cell_holds_is_refused(book: Path):
    assert values(write(book, edits(TASKS, ("G5", None, "长" * 32767))), TASKS, ["G5"]) == ["长" * 32767]
    for text in ("长" * 32768, "😀" * 16384):
        with pytest.raises(CollabError) as refused:
            write(book, edits(TASKS, ("G5", None, text)))
        assert (refused.value.code, refused.value.facts["length"]) == ("text_too_long", 32768)


def test_dates_in_both_date_systems(tmp_path: Path):
    days = {"D5": date(2025, 3, 7), "D6": datetime(1999, 12, 31, 23, 59, 59), "D7": date(9999, 12, 31), "D8": date(1904, 1, 2)}
    for date_1904, serial in ((False, 45723), (True, 44261)):
        book = master(tmp_path / f"{date_1904}.xlsx", date_1904=date_1904)
        new = write(book, edits(TASKS, *((at, date(2024, 7, int(at[1:]) - 4), day) for at, day in days.items())))
        assert values(new, TASKS, days) == list(days.values())
        assert f"<v>{serial}</v>" in sheet_xml(new)
        with pytest.raises(CollabError) as refused:
            write(book, edits(TASKS, ("D5", date(2024, 7, 1), date(1900, 2, 28))))
        assert refused.value.code == "date_too_early"
        with pytest.raises(StaleCell):
            write(book, edits(TASKS, ("D5", date(2020, 6, 30), date(2025, 1, 1))))


def test_a_link_is_a_formula_with_its_text_as_value(book: Path):
    link = Link("#'任务 “跟踪”''s'!A5", '看"这里" <&>')
    new = write(book, edits(TASKS, ("G5", None, link), ("H6", 0.2, link)))
    snapshot = read(new).snapshot(TASKS)
    assert snapshot.value(5, 7) == link.text
    assert snapshot.formulas[5, 7] == '=HYPERLINK("#\'任务 “跟踪”\'\'s\'!A5","看""这里"" <&>")'
    assert snapshot.uncached == frozenset()
    assert "xl/calcChain.xml" not in changed_parts(book, new)
    assert findings_of(new) == []


def test_a_long_link_text_is_cut_for_excel_and_a_long_address_is_left_out(book: Path):
    long = Link("#'x'!A1", '"' * 300)
    far = Link("https://example.org/" + "a" * 300, "远")
    new = write(book, edits(TASKS, ("G5", None, long), ("G6", None, far)))
    snapshot = read(new).snapshot(TASKS)
    assert snapshot.formulas[5, 7] == "=HYPERLINK(\"#'x'!A1\"," + "&".join('"' + '""' * n + '"' for n in (127, 127, 46)) + ")"
    assert [snapshot.value(5, 7), snapshot.value(6, 7)] == [long.text, far.text]
    assert (6, 7) not in snapshot.formulas
    assert findings_of(new) == []


def test_prefixed_xml_keeps_its_prefix(tmp_path: Path):
    book = prefixed(master(tmp_path / "x.xlsx"))
    new = write(
        book,
        Plan(
            (edit(TASKS, "G5", None, "新"), edit(TASKS, "H5", 0, 1), edit(TASKS, "A20", None, Link("#a!A1", "b"))),
            hidden={TASKS: {6: True}},
        ),
    )
    assert values(new, TASKS, ["G5", "H5", "A20"]) == ["新", 1, "b"]
    assert '<x:c r="G5" t="inlineStr"><x:is>' in sheet_xml(new)
    assert "<x:calcPr" in part(new, BOOK)
    assert findings_of(new) == []


def test_strict_workbooks_are_edited_too(tmp_path: Path):
    book = strict(master(tmp_path / "s.xlsx"))
    new = write(book, edits(TASKS, ("G5", None, "新"), ("D5", date(2024, 7, 1), date(2025, 3, 7))))
    assert values(new, TASKS, ["G5", "D5"]) == ["新", date(2025, 3, 7)]
    assert findings_of(new) == []


ODD = {
    "cells without places": lambda x: re.sub(rb'(<c) r="[A-I]7"', rb"\1", x),
    "rows without places": lambda x: re.sub(rb'(<row) r="\d+"', rb"\1", re.sub(rb'(<c) r="[A-Z]+\d+"', rb"\1", x)),
    "another attribute order": lambda x: re.sub(rb'<c (r="[A-Z]+\d+") (s="\d+")', rb"<c \2 \1", x),
    "single quotes": lambda x: re.sub(rb'<c r="(\w+)" s="(\d+)"', rb"<c r='\1' s='\2'", x),
    "a comment and CDATA": lambda x: re.sub(rb'(<row r="7")', rb'<!-- <row r="9"> -->\1', x),
    "line breaks between": lambda x: x.replace(b"<c ", b"\n    <c ").replace(b"</row>", b"\n  </row>\n"),
    "cells out of order": lambda x: re.sub(rb'(<c r="A7".*?</c>)(<c r="B7".*?</c>)', rb"\2\1", x),
}


@pytest.mark.parametrize("how", ODD)
def test_rows_not_in_the_usual_form_are_edited_all_the_same(tmp_path: Path, how: str):
    book = master(tmp_path / "o.xlsx", shared=False)
    if how == "rows without places":  # only a dense sheet can be written like that
        book = simple(tmp_path / "o2.xlsx", {f"{c}{r}": f"{c}{r}" for r in range(1, 9) for c in "ABC"}, TASKS)
    before = read(book).snapshot(TASKS)
    part_name = SHEET1
    edit_parts(book, lambda p: p.update({part_name: ODD[how](p[part_name])}))
    snapshot = read(book).snapshot(TASKS)
    assert snapshot == before
    new = write(book, edits(TASKS, ("B7", before.value(7, 2), "改过"), ("K7", None, "加上")))
    assert values(new, TASKS, ["A7", "B7", "C7", "K7", "B8"]) == [
        before.value(7, 1),
        "改过",
        before.value(7, 3),
        "加上",
        before.value(8, 2),
    ]
    assert structural_findings(new) == []


def test_rows_are_hidden_and_shown_and_made_where_there_is_none(book: Path):
    hidden = write(book, Plan(hidden={TASKS: {5: True, 40: True, 41: False}}))
    assert read(hidden).snapshot(TASKS).hidden_rows == frozenset({5, 40})
    assert 'r="41"' not in sheet_xml(hidden)
    shown = write(hidden, Plan(hidden={TASKS: {5: False}}, edits=(edit(TASKS, "B5", "任务 1", "x"),)))
    assert read(shown).snapshot(TASKS).hidden_rows == frozenset({40})
    assert findings_of(hidden) == findings_of(shown) == []


def test_a_footer_is_added_and_replaced(book: Path):
    new = write(book, Plan(page_footers={TASKS: "&L数据截至 7月5日&R&P / &N", LOG: "&C<机密> & 内部"}))
    assert "<headerFooter><oddFooter>&amp;L数据截至 7月5日&amp;R&amp;P / &amp;N</oddFooter></headerFooter>" in sheet_xml(new)
    assert "<oddFooter>&amp;C&lt;机密&gt; &amp; 内部</oddFooter></headerFooter><tableParts" in sheet_xml(new, 2)
    assert findings_of(new) == []
    assert changed_parts(book, new) == {SHEET1, "xl/worksheets/sheet2.xml", BOOK}
    with pytest.raises(CollabError) as refused:
        write(book, Plan(page_footers={TASKS: "x" * 256}))
    assert refused.value.code == "footer_too_long"


def test_a_saved_view_and_a_header_keep_theirs(book: Path):
    view = (
        b'<customSheetViews><customSheetView guid="{00000000-0000-0000-0000-000000000001}"><headerFooter><oddFooter>old</oddFooter>'
        b"</headerFooter></customSheetView></customSheetViews>"
    )

    def change(parts: dict[str, bytes]) -> None:
        xml = parts[SHEET1]
        xml = re.sub(
            rb"<headerFooter>.*?</headerFooter>",
            b'<headerFooter differentFirst="1"><oddHeader>&amp;Ch</oddHeader><firstFooter>f</firstFooter></headerFooter>',
            xml,
        )
        parts[SHEET1] = xml.replace(b"</sheetData>", b"</sheetData>" + view)

    xml = sheet_xml(write(edit_parts(book, change), Plan(page_footers={TASKS: "neu"})))
    assert "<oddFooter>old</oddFooter>" in xml
    assert '<headerFooter differentFirst="1"><oddHeader>&amp;Ch</oddHeader><oddFooter>neu</oddFooter><firstFooter>' in xml


def test_the_dimension_grows_with_the_sheet(book: Path):
    assert '<dimension ref="A1:L12"/>' in sheet_xml(book)
    assert '<dimension ref="A1:N30"/>' in sheet_xml(write(book, edits(TASKS, ("N30", None, 1))))
    assert '<dimension ref="A1:L12"/>' in sheet_xml(write(book, edits(TASKS, ("G5", None, 1))))


def test_spans_are_corrected(book: Path):
    assert '<row r="5" spans="1:9"' in sheet_xml(book)
    assert '<row r="5" spans="1:14"' in sheet_xml(write(book, edits(TASKS, ("N5", None, 1))))


def test_an_empty_plan_changes_nothing(book: Path):
    assert changed_parts(book, write(book, Plan())) == set()


def test_a_row_with_rich_inline_text_can_be_edited(book: Path):
    runs = '<r><rPr><color rgb="FFFF0000"/><charset val="134"/></rPr><t>红</t></r><r><t xml:space="preserve"> 字</t></r>'
    rich = f'<c r="A7" t="inlineStr"><is>{runs}</is></c>'
    edit_parts(book, lambda p: p.update({SHEET1: re.sub(rb'<c r="A7".*?</c>', rich.encode(), p[SHEET1])}))
    new = write(book, edits(TASKS, ("B7", "任务 3", "x")))
    assert rich in sheet_xml(new)
    assert values(write(new, edits(TASKS, ("A7", "红 字", "y"))), TASKS, ["A7", "B7"]) == ["y", "x"]
