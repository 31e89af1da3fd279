"""Marks in a department's own workbook: what they show, that nothing else changes, and that they come off again."""

from __future__ import annotations

import io
import re
from pathlib import Path
from xml.sax.saxutils import escape

import openpyxl
import pytest
import returned_books as rb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from judges import findings_of, structural_findings
from lxml import etree
from samples import samples

from collab_xl.book.annotate import NotKept, marked, unmarked, without_marks
from collab_xl.book.annotate_check import must_be_equal
from collab_xl.book.annotate_styles import AMBER, RED
from collab_xl.book.read import read_book
from collab_xl.model.record import replace
from collab_xl.model.returns import AUTHOR, BLOCK, MEMORY_SHEET, block

OURS = {"xl/workbook.xml", "xl/_rels/workbook.xml.rels", "[Content_Types].xml", "xl/styles.xml"}
"""What every marked workbook changes: the list of sheets, what leads to them, and formats added at the end."""


def fill(data: bytes, cell: str, sheet: str = rb.SHEET) -> str:
    return str(openpyxl.load_workbook(io.BytesIO(data))[sheet][cell].fill.fgColor.rgb)


def comment(data: bytes, cell: str, sheet: str = rb.SHEET) -> str:
    found = openpyxl.load_workbook(io.BytesIO(data))[sheet][cell].comment
    return found.text if found else ""


def judged(data: bytes, tmp_path: Path, suffix: str = ".xlsx") -> list[str]:
    path = tmp_path / f"returned{suffix}"
    path.write_bytes(data)
    return findings_of(path)


# What a liaison sees.


def test_the_bad_cells_are_red_and_amber_and_say_how_to_mend_them() -> None:
    out = marked(rb.book(), rb.marks())
    assert (fill(out, "D4"), fill(out, "E5"), fill(out, "D5")) == (RED, AMBER, "00000000")
    assert "【校验 1】“2026-13-05”不是日期。" in comment(out, "D4")
    assert "处理：改成" in comment(out, "D4")
    workbook = openpyxl.load_workbook(io.BytesIO(out))
    assert workbook[rb.SHEET]["D4"].comment.author == AUTHOR
    assert [workbook[rb.SHEET][c].value for c in ("F3", "F6")] == ["校验结果", None]
    assert str(workbook[rb.SHEET]["F4"].value).startswith("✗ D4：")


def test_the_notes_are_the_first_sheet_in_front_and_every_place_is_a_link() -> None:
    workbook = openpyxl.load_workbook(io.BytesIO(marked(rb.book(), rb.marks())))
    assert workbook.sheetnames == ["校验说明", rb.SHEET, MEMORY_SHEET]
    assert workbook.active.title == "校验说明"
    assert workbook[MEMORY_SHEET].sheet_state == "veryHidden"
    links = [c.hyperlink.location for row in workbook["校验说明"].iter_rows() for c in row if c.hyperlink]
    assert links == [f"'{rb.SHEET}'!D4", f"'{rb.SHEET}'!E5"]


def test_one_sheet_only_is_in_front() -> None:
    """Two selected sheets are a group: what is typed into one goes into both."""
    out = marked(rb.book(lambda w, s: w.add_worksheet("二").activate()), rb.marks())
    selected = [n for n, body in rb.parts(out).items() if b'tabSelected="1"' in body]
    assert len(selected) == 1
    assert b"hyperlink" in rb.parts(out)[selected[0]]


def test_a_sheet_that_has_our_name_keeps_it() -> None:
    workbook = openpyxl.load_workbook(io.BytesIO(marked(rb.book(lambda w, s: w.add_worksheet("校验说明")), rb.marks())))
    assert workbook.sheetnames[0] == "校验说明 (2)"
    assert "校验说明" in workbook.sheetnames


# Nothing else changes.


def rich(workbook, sheet) -> None:  # type: ignore[no-untyped-def]
    """A workbook as rich as departments make them."""
    bold = workbook.add_format({"bold": True, "bg_color": "#FFFF00", "num_format": "0.0%", "border": 1})
    sheet.write("D4", "2026-13-05", bold)
    sheet.write_rich_string("B5", "接口", bold, "联调")
    sheet.write_comment("A4", "张三：请注意", {"author": "张三"})
    sheet.data_validation("E4:E6", {"validate": "list", "source": ["0%", "50%", "100%"]})
    sheet.conditional_format("E4:E6", {"type": "data_bar", "data_bar_2010": True})
    sheet.add_sparkline("H4", {"range": f"'{rb.SHEET}'!A4:E4"})
    sheet.insert_image("J2", "logo.png", {"image_data": io.BytesIO(rb.PIXEL)})
    sheet.write_url("C4", "https://example.com/")
    sheet.print_area("A1:E6")
    sheet.repeat_rows(2)
    sheet.autofilter("A3:E6")
    sheet.set_row(5, None, None, {"hidden": True})
    sheet.set_column("A:E", 14)
    sheet.freeze_panes(3, 1)
    sheet.protect("", {"sort": True})
    other = workbook.add_worksheet("图")
    other.write_column("A1", [1, 2, 3])
    chart = workbook.add_chart({"type": "line"})
    chart.add_series({"values": "='图'!$A$1:$A$3"})
    other.insert_chart("C2", chart)
    other.add_table("A5:B8", {"name": "Own", "columns": [{"header": "甲"}, {"header": "乙"}]})
    workbook.define_name("合计", "='图'!$A$1:$A$3")
    workbook.define_name("'图'!局部", "='图'!$A$2")
    workbook.add_worksheet("藏").hide()


def test_of_a_rich_workbook_only_what_carries_a_mark_changes(tmp_path: Path) -> None:
    before = rb.book(rich)
    after = marked(before, rb.marks())
    new = {n for n in rb.parts(after) if n not in rb.parts(before)}
    assert rb.changed(before, after) - new == OURS | {"xl/worksheets/sheet1.xml", "xl/comments1.xml", "xl/drawings/vmlDrawing1.vml"}
    assert new == {"xl/worksheets/sheet5.xml", "xl/worksheets/sheet4.xml"} or len(new) == 2
    kept = [n for n in rb.parts(before) if re.search("chart|media|drawing[0-9]|table|theme|sharedStrings", n)]
    assert len(kept) >= 8
    assert judged(after, tmp_path) == []


def test_what_independent_readers_see_is_the_same_but_for_the_marks() -> None:
    before, after = rb.seen(rb.book(rich)), rb.seen(marked(rb.book(rich), rb.marks()))
    assert after["sheets"] == [("校验说明", "visible"), *before["sheets"], (MEMORY_SHEET, "veryHidden")]
    assert {k: v for k, v in after["names"].items() if k != "collab_notes"} == before["names"]
    for sheet in (name for name, _ in before["sheets"]):
        for what in before[sheet]:
            was, now = before[sheet][what], after[sheet][what]
            if what == "cells":
                differ = {c for c in was.keys() | now.keys() if was.get(c) != now.get(c)}
                assert differ == ({"D4", "E5", "F3", "F4", "F5"} if sheet == rb.SHEET else set())
                assert all((was[c][0], was[c][2][2:]) == (now[c][0], now[c][2][2:]) for c in differ & was.keys())
            elif what == "comments":
                assert {c: t for c, t in now.items() if c in was} == was
            elif what == "widths":
                assert {k: v for k, v in now.items() if k < "F"} == {k: v for k, v in was.items() if k < "F"}
            else:
                assert now == was, (sheet, what)


def test_taken_off_again_it_is_the_workbook_it_was() -> None:
    before = rb.book(rich)
    back = unmarked(marked(before, rb.marks()))
    assert rb.seen(back) == rb.seen(before)
    assert rb.parts(back).keys() == rb.parts(before).keys()
    assert unmarked(before) == before


def test_marking_twice_gives_the_same_marks_as_once() -> None:
    once = marked(rb.book(rich), rb.marks())
    assert rb.parts(marked(once, rb.marks())) == rb.parts(once)


def test_macros_and_buttons_stay_byte_for_byte(tmp_path: Path) -> None:
    before = rb.book(lambda w, s: s.insert_button("J4", {"macro": "Go", "caption": "汇总"}), suffix=".xlsm")
    after = marked(before, rb.marks())
    assert "xl/vbaProject.bin" not in rb.changed(before, after)
    assert "xl/vbaProject.bin" in rb.parts(after)
    assert b'ObjectType="Button"' in rb.parts(after)["xl/drawings/vmlDrawing1.vml"]
    assert comment(after, "D4")
    assert unmarked(after) is not None
    assert rb.parts(unmarked(after))["xl/drawings/vmlDrawing1.vml"] == rb.parts(before)["xl/drawings/vmlDrawing1.vml"]
    path = tmp_path / "m.xlsm"
    path.write_bytes(after)
    assert structural_findings(path) == []


# Comments that are there already.


def test_a_comment_on_a_bad_cell_is_kept_and_ours_follows(tmp_path: Path) -> None:
    before = rb.book(lambda w, s: s.write_comment("D4", "李四：待确认", {"author": "李四"}))
    after = marked(before, rb.marks())
    assert comment(after, "D4").startswith("李四：待确认\n【校验 1】")
    assert openpyxl.load_workbook(io.BytesIO(after))[rb.SHEET]["D4"].comment.author == "李四"
    assert fill(after, "D4") == RED
    assert comment(unmarked(after), "D4") == "李四：待确认"
    assert judged(after, tmp_path) == []


def test_what_a_person_adds_to_our_comment_stays() -> None:
    after = marked(rb.book(), rb.marks())
    name = next(n for n in rb.parts(after) if n.startswith("xl/comments"))
    body = rb.parts(after)[name].replace("【校验完】".encode(), "【校验完】\n王五：已改".encode())
    assert comment(unmarked(rb.rezipped(after, {name: body})), "D4").strip() == "王五：已改"


def test_a_cell_with_a_thread_gets_no_comment_of_ours() -> None:
    before = rb.book(lambda w, s: s.write_comment("D4", "[Threaded comment]", {"author": "tc={1}"}))
    rels = rb.parts(before)["xl/worksheets/_rels/sheet1.xml.rels"].replace(
        b"</Relationships>",
        b'<Relationship Id="rId99" Type="http://schemas.microsoft.com/office/2017/10/relationships/threadedComment" '
        b'Target="../threadedComments/threadedComment1.xml"/></Relationships>',
    )
    thread = (
        b'<ThreadedComments xmlns="http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments">'
        b'<threadedComment ref="D4" id="{1}"><text>?</text></threadedComment></ThreadedComments>'
    )
    before = rb.rezipped(before, {"xl/worksheets/_rels/sheet1.xml.rels": rels, "xl/threadedComments/threadedComment1.xml": thread})
    alone = marked(before, rb.marks((4, 4), column=False))
    assert (comment(alone, "D4"), fill(alone, "D4")) == ("[Threaded comment]", RED)
    after = marked(before, rb.marks())
    assert comment(after, "D4") == "[Threaded comment]"
    assert fill(after, "D4") == RED
    assert "【校验 2】" in comment(after, "E5")
    assert rb.seen(unmarked(after)) == rb.seen(before)


# Where the marks go.


def test_a_merged_cell_is_marked_as_a_whole() -> None:
    before = rb.book(lambda w, s: s.merge_range("D4:D6", "2026-13-05"))
    after = marked(before, rb.marks((5, 4), (6, 4)))
    assert fill(after, "D4") == RED
    assert comment(after, "D4").count("【校验") == 4
    assert rb.seen(unmarked(after)) == rb.seen(before)


def test_an_empty_cell_is_marked_and_gone_again() -> None:
    before = rb.book()
    after = marked(before, rb.marks((6, 3), (9, 4)))
    assert fill(after, "D9") == AMBER
    assert rb.seen(unmarked(after)) == rb.seen(before)
    assert b'r="D9"' not in rb.parts(unmarked(after))["xl/worksheets/sheet1.xml"]


def test_a_table_keeps_its_range_and_the_column_stands_beside_it(tmp_path: Path) -> None:
    before = rb.book(lambda w, s: s.add_table("A3:E6", {"name": "任务", "columns": [{"header": h} for h in rb.HEADS]}))
    after = marked(before, rb.marks())
    assert "xl/tables/table1.xml" not in rb.changed(before, after)
    assert openpyxl.load_workbook(io.BytesIO(after))[rb.SHEET]["F3"].value == "校验结果"
    assert judged(after, tmp_path) == []


def test_the_column_never_covers_what_stands_there() -> None:
    before = rb.book(lambda w, s: (s.write("F5", "附注"), s.write("H2", "说明")))
    sheet = openpyxl.load_workbook(io.BytesIO(marked(before, rb.marks())))[rb.SHEET]
    assert sheet["F5"].value == "附注"
    assert sheet["I3"].value == "校验结果"


def test_the_width_of_one_column_is_set_and_given_back() -> None:
    before = rb.book(lambda w, s: s.set_column("C:XFD", 11))
    after = marked(before, rb.marks())
    cols = [(e.get("min"), e.get("max"), e.get("width")) for e in rb.root(after, "xl/worksheets/sheet1.xml").iter() if rb.local(e) == "col"]
    assert [(a, b) for a, b, _ in cols] == [("3", "5"), ("6", "6"), ("7", "16384")]
    assert rb.seen(unmarked(after)) == rb.seen(before)


# Sent again.


def test_a_corrected_cell_keeps_its_correction_and_its_own_look() -> None:
    yellow = rb.book(lambda w, s: s.write("D4", "2026-13-05", w.add_format({"bg_color": "#FFFF00"})))
    name = "xl/worksheets/sheet1.xml"
    after = marked(yellow, rb.marks())
    tree = rb.root(after, name)
    cell = next(e for e in tree.iter() if rb.local(e) == "c" and e.get("r") == "D4")
    for child in list(cell):
        cell.remove(child)
    cell.set("t", "n")
    etree.SubElement(cell, f"{{{etree.QName(cell).namespace}}}v").text = "46346"
    back = unmarked(rb.rezipped(after, {name: etree.tostring(tree)}))
    assert (openpyxl.load_workbook(io.BytesIO(back))[rb.SHEET]["D4"].value, fill(back, "D4")) == (46346, "FFFFFF00")
    assert not [n for n in rb.parts(back) if "comments" in n]


def test_rows_that_were_sorted_take_their_marks_along() -> None:
    before = rb.book(lambda w, s: s.write("D4", "2026-13-05", w.add_format({"bg_color": "#FFFF00"})))
    sorted_after = rb.swapped_rows(marked(before, rb.marks((4, 4))), 4, 6)
    back = unmarked(sorted_after)
    assert rb.seen(back)[rb.SHEET] == rb.seen(rb.swapped_rows(before, 4, 6))[rb.SHEET]
    assert fill(back, "D6") == "FFFFFF00"
    assert fill(back, "D4") == "00000000"


def test_a_colour_the_department_chose_since_stays() -> None:
    after = marked(rb.book(), rb.marks())
    styles = rb.parts(after)["xl/styles.xml"].replace(RED.encode(), b"FF00FF00")
    assert fill(unmarked(rb.rezipped(after, {"xl/styles.xml": styles})), "D4") == "FF00FF00"


def test_notes_renamed_by_the_department_are_found_and_taken_off() -> None:
    after = marked(rb.book(), rb.marks())
    renamed = rb.parts(after)["xl/workbook.xml"].replace("校验说明".encode(), "要改的".encode())
    assert [name for name, _ in rb.seen(unmarked(rb.rezipped(after, {"xl/workbook.xml": renamed})))["sheets"]] == [rb.SHEET]


# What is not marked.


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("_rels/.rels", b"</Rel", b'<Relationship Id="s" Type="http://x/digital-signature/origin" Target="_xmlsignatures/o.sigs"/></Rel'),
        ("xl/_rels/workbook.xml.rels", b"</Rel", b'<Relationship Id="h" Type="http://x/revisionHeaders" Target="revisions/h.xml"/></Rel'),
        ("xl/styles.xml", b"<fills", b"<fils"),
    ],
)  # fmt: skip
def test_a_signed_shared_or_odd_workbook_is_left_alone(part: str, old: bytes, new: bytes) -> None:
    data = rb.book()
    body = rb.parts(data)[part].replace(old, new)
    if part == "xl/styles.xml":
        body = body.replace(b"</fills", b"</fils")
    with pytest.raises(NotKept):
        marked(rb.rezipped(data, {part: body}), rb.marks())


def test_the_proof_sees_a_lost_rule_a_lost_part_and_a_changed_cell() -> None:
    data = rb.book(rich)
    sheet = rb.parts(data)["xl/worksheets/sheet1.xml"]
    must_be_equal(data, data)
    without = [
        {"xl/worksheets/sheet1.xml": re.sub(rb"<dataValidations.*?</dataValidations>", b"", sheet)},
        {"xl/worksheets/sheet1.xml": re.sub(rb"<extLst>.*?</extLst>", b"", sheet)},
        {"xl/worksheets/sheet1.xml": re.sub(rb'<c r="A5"[^>]*><v>[0-9]+</v>', b'<c r="A5"><v>7</v>', sheet)},
        {"xl/media/image1.png": None},
        {"xl/styles.xml": rb.parts(data)["xl/styles.xml"].replace(b"FFFFFF00", b"FFFFFF01")},
        {"xl/workbook.xml": re.sub(rb"<definedNames>.*?</definedNames>", b"", rb.parts(data)["xl/workbook.xml"])},
    ]
    for change in without:
        assert rb.rezipped(data, change) != data
        with pytest.raises(NotKept):
            must_be_equal(data, rb.rezipped(data, change))


# Files as they come.


@pytest.mark.parametrize("path", samples(), ids=lambda p: p.stem[:2])
def test_samples_are_marked_and_given_back_whole(path: Path, tmp_path: Path) -> None:
    data = path.read_bytes()
    book = read_book(data, path.name)
    sheet = next(name for name, state in book.sheets.items() if state == "visible")
    wanted = rb.marks((4, 2), (5, 3), sheet=sheet)
    after = marked(data, wanted, path.name)
    red = [c for row in openpyxl.load_workbook(io.BytesIO(after))[sheet].iter_rows() for c in row if c.fill.fgColor.rgb == RED]
    assert red, "B4, or the merged cell it belongs to"
    assert rb.seen(unmarked(after)) == rb.seen(data)
    (tmp_path / "a.xlsx").write_bytes(after)
    assert structural_findings(tmp_path / "a.xlsx") == structural_findings(path)


def test_cells_and_rows_without_addresses() -> None:
    data = rb.book()
    bare = re.sub(rb'<(row|c) r="[A-Z0-9]+"', rb"<\1", rb.parts(data)["xl/worksheets/sheet1.xml"])
    data = rb.rezipped(data, {"xl/worksheets/sheet1.xml": re.sub(rb' spans="[0-9:]+"', b"", bare)})
    after = marked(data, rb.marks((2, 4), (2, 1), column=False))
    assert rb.seen(unmarked(after)) == rb.seen(data)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    said=st.text(min_size=1, max_size=60),
    cells=st.lists(st.tuples(st.integers(1, 12), st.integers(1, 9)), min_size=1, max_size=6, unique=True),
)
def test_any_words_in_any_cells_are_set_and_come_off(said: str, cells: list[tuple[int, int]]) -> None:
    data = rb.book()
    wanted = rb.marks(*cells, said=said.replace("【校验完】", ""))
    after = marked(data, wanted)
    assert rb.seen(unmarked(after)) == rb.seen(data)
    assert rb.parts(marked(after, wanted)).keys() == rb.parts(after).keys()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.sampled_from(["cell", "column", "views", "notes", "1", "A1", "ZZZ0", "was", "new", "-3", "<fill/>", "{", "", rb.SHEET]),
        max_size=9,
    )
)
def test_whatever_stands_on_our_hidden_sheet_the_workbook_is_read(line: list[str]) -> None:
    after = marked(rb.book(), rb.marks())
    name = next(n for n, body in rb.parts(after).items() if b">collab_xl<" in body and n.startswith("xl/worksheets"))
    texts = iter(line * 9)
    body = re.sub(rb"(<t [^>]*>)(?!collab_xl)[^<]*", lambda m: m[1] + escape(next(texts, "cell")).encode(), rb.parts(after)[name])
    data = rb.rezipped(after, {name: body})
    book = without_marks(read_book(data), data)
    assert book.snapshot(rb.SHEET).value(4, 1) == "RW-001"
    assert MEMORY_SHEET not in book.sheets


def test_the_words_around_our_part_of_a_comment_are_recognised_in_both_languages() -> None:
    for lang in ("zh", "en"):
        whole = "before\n" + block(12, "what\nfix", lang) + "after"
        found = BLOCK.search(whole)
        assert found
        assert (found[1] or found[2]) == "12"
        assert BLOCK.sub("", whole) == "beforeafter"


def test_the_headings_of_the_notes_are_printed_on_every_page_and_go_with_them() -> None:
    marks = rb.marks()
    book = rb.book()
    out = marked(book, replace(marks, notes=replace(marks.notes, heading=5)))
    assert openpyxl.load_workbook(io.BytesIO(out))["校验说明"].print_title_rows == "$5:$5"
    before, after = (openpyxl.load_workbook(io.BytesIO(data)) for data in (book, unmarked(out, "a.xlsx")))
    assert [ws.print_title_rows for ws in after.worksheets] == [ws.print_title_rows for ws in before.worksheets]
