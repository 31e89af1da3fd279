"""The committed master templates and what `build_master` makes: built from the schema, whole, and as the other stages find it."""

from __future__ import annotations

import hashlib
import io
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path

import openpyxl
import pytest
from judges import findings_of, structural_findings
from meaning import differences, meaning
from openpyxl.utils import column_index_from_string
from workbooks import workbook_at

from collab_xl.book.hidden_sheet import LISTS_SHEET
from collab_xl.book.read import read_book
from collab_xl.build import data_sheet as xlsx_data
from collab_xl.build import lists as xlsx_lists
from collab_xl.build import master as xlsx_master
from collab_xl.build import style as xlsx_style
from collab_xl.build.calendar_rows import calendar_rows
from collab_xl.build.lists import MAX_LIST, answer_list, own_word_lists, setting_rows
from collab_xl.build.master import SERVICES, build_master, template, template_path
from collab_xl.build.table import units
from collab_xl.catalogue import text
from collab_xl.forms import LISTED, load, row_of
from collab_xl.forms.blocks import placed_blocks
from collab_xl.forms.in_use import chosen
from collab_xl.model.directory import Department
from collab_xl.model.place import MAX_ROW
from collab_xl.model.record import replace
from collab_xl.model.report_pages import DEPARTMENTS as PAGE_DEPARTMENTS
from collab_xl.read.calendar import calendar_of
from collab_xl.rules.codes import RULES
from collab_xl.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
LANGS = ("zh", "en")
DEPARTMENTS = (
    Department("研发部", ("研发中心", "技术部"), "王主管", ("a@example.com", "b@example.com"), "赵总监", "钱副总", "王总"),
    Department("市场部"),
)


@pytest.fixture(scope="module", params=LANGS)
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def built(lang: str) -> bytes:
    days = calendar_rows("CN", (2026,), lang)
    return made(lang, days)


def made(lang: str, days: list[tuple[date, str, str]]) -> bytes:
    """A master with every form."""
    return build_master(
        lang,
        project="Q3 <&> 上线",
        project_id="P-1",
        departments=DEPARTMENTS,
        calendar_rows=days,
        settings={"escalate_days": 5},
        schema=load(),
    )


@pytest.fixture(scope="module")
def parts(built: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(built)) as z:
        return {n: z.read(n).decode("utf-8") for n in z.namelist() if n.endswith((".xml", ".rels"))}


@pytest.fixture(scope="module")
def sheets(parts: dict[str, str], built: bytes) -> dict[str, str]:
    """Sheet name → its XML."""
    names = openpyxl.load_workbook(io.BytesIO(built), read_only=True).sheetnames
    return {name: parts[f"xl/worksheets/sheet{n}.xml"] for n, name in enumerate(names, 1)}


def test_the_committed_template_means_what_the_build_gives(lang: str) -> None:
    """With any versions of the libraries."""
    assert len(committed(lang)) > 1000
    assert differences(committed(lang), meaning(template(lang))) == [], "run: make templates"


@cache
def committed(lang: str) -> dict[str, object]:
    return meaning(template_path(lang).read_bytes())


def one_rule_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_lists, "rule_codes", lambda: [*sorted(RULES), "V101"])


def other_schema(monkeypatch: pytest.MonkeyPatch, **changes: object) -> None:
    """Field `owner` of the tasks, changed."""
    real = load()
    tasks = real.form("tasks")
    fields = tuple(replace(f, **changes) if f.id == "owner" else f for f in tasks.fields)  # type: ignore[arg-type]
    forms = tuple(replace(tasks, fields=fields) if f.id == "tasks" else f for f in real.forms)
    monkeypatch.setattr(xlsx_master, "load", lambda: replace(real, forms=forms))


def other_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(xlsx_data.LOOK, "bad", xlsx_data.LOOK["active"])


CHANGES: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], str]] = {
    "a rule more": (one_rule_more, "!A"),
    "another heading": (lambda m: other_schema(m, heading={"zh": "经办人", "en": "In charge"}), "table Tasks"),
    "another help": (lambda m: other_schema(m, help={"zh": "谁做", "en": "Who does it"}), "validation"),
    "another kind": (lambda m: other_schema(m, kind="date"), "!E4"),
    "another width": (lambda m: other_schema(m, width=40.0), "column E"),
    "another right": (lambda m: other_schema(m, access="C"), "!E4"),
    "a status without its colour": (other_choice, "colours"),
    "another row height": (lambda m: m.setattr(xlsx_lists, "ROW_HEIGHT", 50.0), "row 4"),
    "another palette": (lambda m: m.setitem(xlsx_style.PALETTE, "accent1", "FF0000"), "theme"),
    "another name": (lambda m: m.setattr(xlsx_master, "HIDDEN", "_hidden"), "name collab_run"),
    "a sheet less": (lambda m: m.setattr(xlsx_master, "SERVICES", SERVICES[:-2] + SERVICES[-1:]), "sheets"),
    "another default": (lambda m: m.setattr(xlsx_lists, "Settings", lambda **said: Settings(warning_days=7, **said)), "!B"),
}
"""What somebody may change without building the templates again → a place that must be reported."""


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_without_new_templates_is_noticed(change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make, place = CHANGES[change]
    make(monkeypatch)
    found = differences(committed("zh"), meaning(template("zh")))
    assert [line for line in found if place in line.partition(": ")[0]], found[:5]


def test_versions_of_libraries_and_days_of_the_calendar_do_not_count(lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_style, "version", lambda name: "99.0")
    monkeypatch.setattr(xlsx_master, "calendar_rows", lambda *_: calendar_rows("CN", (2024,), lang))
    fresh = template(lang)
    assert fresh != template_path(lang).read_bytes()
    assert differences(committed(lang), meaning(fresh)) == []


def test_two_builds_are_equal_and_the_zip_is_stored_with_one_date(built: bytes, lang: str) -> None:
    days = calendar_rows("CN", (2026,), lang)
    assert made(lang, days) == built
    with zipfile.ZipFile(io.BytesIO(built)) as z:
        assert {(i.compress_type, i.date_time) for i in z.infolist()} == {(zipfile.ZIP_STORED, (2026, 1, 1, 0, 0, 0))}


def test_the_order_of_sets_in_memory_does_not_show() -> None:
    """Another process hashes text otherwise."""
    code = "import hashlib; from collab_xl.build.master import template; print(hashlib.sha256(template('en')).hexdigest())"
    prints = set()
    for seed in ("1", "2", "3"):
        env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        prints.add(subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True, timeout=60).stdout)
    assert prints == {hashlib.sha256(template("en")).hexdigest().encode() + os.linesep.encode()}


def test_excel_has_nothing_to_repair_and_microsofts_validator_nothing_to_say(built: bytes, lang: str, tmp_path: Path) -> None:
    path = tmp_path / "master.xlsx"
    path.write_bytes(built)
    assert structural_findings(template_path(lang)) == []
    assert findings_of(path) == []
    assert findings_of(template_path(lang)) == []


def test_the_sheets_stand_in_their_order_and_only_the_machine_ones_are_hidden(built: bytes, lang: str) -> None:
    schema = load()
    book = read_book(built)
    wanted = [text("build.sheet.home", lang), text("build.sheet.weekly", lang), *(f.sheet[lang] for f in schema.forms)]
    wanted += [schema.service(s).sheet[lang] for s in SERVICES]
    lists = (*own_word_lists(schema, lang).values(), answer_list(schema, lang))
    long = any(len(",".join(words)) > MAX_LIST for words in lists)
    unseen = ["_feed", *([LISTS_SHEET] if long else [])]
    assert list(book.sheets) == [*wanted, *unseen, "_collab"]
    assert {s.id for s in schema.services} == set(SERVICES)
    assert [n for n, state in book.sheets.items() if state == "hidden"] == unseen
    assert [n for n, state in book.sheets.items() if state == "veryHidden"] == ["_collab"]


def test_every_form_and_list_is_a_table_with_the_schemas_headings_and_a_data_row(built: bytes, lang: str) -> None:
    schema = load()
    book = read_book(built)
    wanted = {f.table: [x.heading[lang] for x in f.fields] for f in schema.forms}
    wanted |= {s.table: [c.heading[lang] for c in s.columns] for s in schema.services}
    assert {name: list(ref.headings) for name, ref in book.tables.items()} == wanted
    for ref in book.tables.values():
        snapshot = book.snapshot(ref.sheet)
        row = [snapshot.value(ref.area.first_row, c) for c in range(ref.area.first_col, ref.area.last_col + 1)]
        assert row == list(ref.headings)
        assert ref.data.last_row >= ref.data.first_row


def test_the_hidden_sheet_names_the_workbook(built: bytes, lang: str) -> None:
    book = read_book(built)
    hidden = book.snapshot("_collab")
    assert {hidden.value(r, 1): hidden.value(r, 2) for r in range(1, 7)} == {
        "kind": "master", "project": "P-1", "schema": LISTED, "lang": lang, "run": None, "forms": row_of(chosen(load(), "full")),
    }  # fmt: skip
    sheet, area = book.names["collab_run"]
    assert (sheet, str(area)) == ("_collab", "B5:B5") or (sheet, str(area)) == ("_collab", "B5")


def test_a_master_holds_no_formula_but_the_links_of_its_first_three_steps(sheets: dict[str, str], lang: str) -> None:
    assert len(sheets) > 15
    formulas = [(name, formula) for name, xml in sheets.items() for formula in re.findall(r"<f[ >][^<]*", xml)]
    assert [name for name, _ in formulas] == [text("build.sheet.home", lang)] * 3
    assert all(formula.startswith('<f>HYPERLINK("#go_') for _, formula in formulas), "what code writes there later, too"


def test_drop_downs_and_colours_reach_the_last_row_and_keep_excels_limits(sheets: dict[str, str], lang: str) -> None:
    schema = load()
    seen = 0
    for form in schema.forms:
        xml = sheets[form.sheet[lang]]
        validations = re.findall(r"<dataValidation [^>]*?(?:/>|>.*?</dataValidation>)", xml, re.S)
        assert len(validations) == len(form.fields)
        for v in validations:
            assert re.search(rf'sqref="[A-Z]+4:[A-Z]+{MAX_ROW}"', v), v
            for name, limit in (("promptTitle", 32), ("errorTitle", 32), ("prompt", 255), ("error", 255)):
                said = re.search(rf' {name}="([^"]*)"', v)
                assert said is None or len(said[1].replace("&quot;", '"')) <= limit
            words = re.search(r"<formula1>\"(.*?)\"</formula1>", v)
            assert words is None or len(words[1]) <= 255
            seen += 1
        ranges = re.findall(r'<conditionalFormatting sqref="([^"]+)"', xml)
        assert len(ranges) >= (0 if not form.role("status") else 3 if form.due else 2), form.id
        assert all(r.endswith(str(MAX_ROW)) for r in ranges), ranges
        assert "[" not in "".join(re.findall(r"<formula>(.*?)</formula>", xml)), "Excel refuses structured references here"
    assert seen > 40


def test_choices_departments_and_keys_have_drop_downs(sheets: dict[str, str], lang: str) -> None:
    form = load().form("tasks")
    xml = sheets[form.sheet[lang]]
    lists = re.findall(r"<formula1>(.*?)</formula1>", xml)
    assert '"' + ",".join(c.label[lang] for c in form.field("status").choices) + '"' in lists
    assert "list_departments" in lists
    assert "list_requirements" in lists


def test_data_sheets_freeze_their_heads_and_print_with_them(sheets: dict[str, str], parts: dict[str, str], lang: str) -> None:
    schema = load()
    every = [(f.sheet[lang], f.table) for f in schema.forms] + [(s.sheet[lang], s.table) for s in schema.services]
    for sheet, _ in every:
        xml = sheets[sheet]
        assert 'state="frozen"' in xml
        assert 'ySplit="3"' in xml
        assert 'fitToHeight="0"' in xml
        assert 'orientation="landscape"' in xml
        assert 'paperSize="9"' in xml or 'paperSize="8"' in xml, "A4, or A3 for what would need three pages of it"
        assert "<oddFooter>" in xml
    assert parts["xl/workbook.xml"].count("_xlnm.Print_Titles") == len(every)
    tasks = schema.form("tasks").sheet[lang]
    assert int(re.search(r'fitToWidth="(\d+)"', sheets[tasks])[1]) >= 2, "22 columns are not squeezed onto one page"  # type: ignore[index]
    assert 'paperSize="8"' in sheets[tasks]
    assert re.search(rf"Print_Titles[^>]*>'?{tasks}'?!\$A:\$B,'?{tasks}'?!\$3:\$3<", parts["xl/workbook.xml"]), "ID and name on each page"


def test_the_decision_comes_first_and_what_only_we_read_is_hidden(built: bytes, lang: str) -> None:
    book, schema = workbook_at(io.BytesIO(built)), load()
    for service, first, hidden in (("conflicts", "decision", "id"), ("submissions", "received_at", "sha256")):
        columns = {c.id: c.heading[lang] for c in schema.service(service).columns}
        ws = book[schema.service(service).sheet[lang]]
        at = {cell.value: cell.column_letter for cell in ws[3]}
        assert at[columns[first]] == "A"
        assert ws.column_dimensions[at[columns[hidden]]].hidden
    assert ws["A4"].number_format == "yyyy-mm-dd hh:mm"
    decision = book[schema.service("conflicts").sheet[lang]]["A3"]
    assert decision.fill.fill_type == "solid"
    assert decision.font.bold


def test_what_nobody_sees_makes_no_row_high(built: bytes, lang: str) -> None:
    """The rows of 字段 were 96 points high, for a mark of 60 characters in a hidden column."""
    book, service = workbook_at(io.BytesIO(built)), load().service("fields")
    ws = book[service.sheet[lang]]
    heights = [ws.row_dimensions[row].height or 0 for row in range(4, ws.max_row + 1)]
    assert len(heights) > 60
    assert max(heights) < 60
    assert sum(h <= 34 for h in heights) > 0.9 * len(heights)


def test_access_shows_as_ground_d_white_p_grey_c_grey_italic(built: bytes, lang: str) -> None:
    book = workbook_at(io.BytesIO(built))
    for form in load().forms:
        ws = book[form.sheet[lang]]
        for col, field in enumerate(form.fields, 1):
            cell = ws.cell(4, col)
            assert (cell.fill.fill_type == "solid") is (field.access != "D"), field.id
            assert cell.font.italic is (field.access == "C"), field.id
            wanted = {"date": "yyyy-mm-dd", "moment": "yyyy-mm-dd hh:mm", "percent": "0%", "whole": "0", "amount": "General"}.get(
                field.kind, "@"
            )
            if field.kind == "whole" and field.access == "C":
                wanted = "0;-0;;@"  # 0 is shown as blank
            if field.compute == "gap":
                wanted = "0%;-0%;;@"  # so is a gap of nothing
            assert cell.number_format == wanted, field.id


def test_a_cell_below_the_table_takes_the_columns_number_format(sheets: dict[str, str], parts: dict[str, str], lang: str) -> None:
    """The part writer and Excel give a new cell the style of `<col>`."""
    form = load().form("tasks")
    col = [f.id for f in form.fields].index("end") + 1
    spans = re.findall(r'<col min="(\d+)" max="(\d+)" [^>]*?style="(\d+)"', sheets[form.sheet[lang]])
    style = next(int(s) for first, last, s in spans if int(first) <= col <= int(last))
    styles = parts["xl/styles.xml"]
    xf = re.findall(r"<xf [^>]*>", styles[styles.index("<cellXfs") : styles.index("</cellXfs>")])[style]
    number = re.search(r'numFmtId="(\d+)"', xf)
    assert number is not None
    assert f'<numFmt numFmtId="{number[1]}" formatCode="yyyy-mm-dd"/>' in styles


def test_cells_use_theme_colours_so_that_a_company_can_swap_them(parts: dict[str, str]) -> None:
    styles = parts["xl/styles.xml"]
    assert styles.count("<color theme=") > 20
    assert re.findall(r'<(?:color|fgColor|bgColor) rgb="[^"]*"', styles) == []
    assert '<a:srgbClr val="1F5F8B"/>' in parts["xl/theme/theme1.xml"]


def test_cards_and_lists_jump_to_names_that_exist(sheets: dict[str, str], parts: dict[str, str]) -> None:
    defined = set(re.findall(r'<definedName name="([^"]+)"', parts["xl/workbook.xml"]))
    jumps = [loc for xml in sheets.values() for loc in re.findall(r'<hyperlink [^>]*location="([^"]+)"', xml)]
    assert len(jumps) > 30
    assert set(jumps) <= defined


def test_charts_and_sparklines_read_the_hidden_feed_sheet(parts: dict[str, str]) -> None:
    charts = [xml for name, xml in parts.items() if name.startswith("xl/charts/chart")]
    assert len(charts) == 2
    for xml in charts:
        assert set(re.findall(r"<c:f>(.*?)!", xml)) == {"_feed"}
        assert '<c:plotVisOnly val="0"/>' in xml or "<c:plotVisOnly" not in xml
    weekly = parts["xl/worksheets/sheet2.xml"]
    assert weekly.count("<x14:sparkline>") == PAGE_DEPARTMENTS.rows


def test_departments_calendar_and_settings_are_filled(built: bytes, lang: str) -> None:
    schema, book = load(), read_book(built)

    def rows(service_id: str) -> list[list[object]]:
        ref = book.tables[schema.service(service_id).table]
        snapshot, a = book.snapshot(ref.sheet), ref.data
        return [[snapshot.value(r, c) for c in range(a.first_col, a.last_col + 1)] for r in range(a.first_row, a.last_row + 1)]

    comma = "、" if lang == "zh" else ", "
    aliases = comma.join(DEPARTMENTS[0].aliases)
    assert rows("departments")[0] == ["研发部", aliases, "王主管", "a@example.com; b@example.com", "赵总监", "钱副总", "王总", None]
    settings = {str(r[3]): r[1] for r in rows("settings")}
    assert settings["project"] == "Q3 <&> 上线"
    assert settings["escalate_days"] == 5
    assert settings["warning_days"] == 2
    assert not [name for name in settings if name.startswith("rule.")]
    switches = {str(r[1]) for r in rows("rules")}
    assert switches >= set(RULES), "every rule of check has its switch"
    assert {code[0] for code in switches} == set("HVRTPQMS")
    assert {code for code in switches if code[0] == "S"} == {"S451", "S452", "S453"}, "the others say why a reply was refused"
    days = [dict(zip(("date", "kind", "name"), r, strict=True)) for r in rows("calendar")]
    calendar, findings = calendar_of(days, True)
    assert findings == []
    assert not calendar.counts(date(2026, 10, 1))
    assert calendar.counts(date(2026, 2, 14)), "a Saturday moved to work"
    assert not calendar.counts(date(2026, 2, 23)), "a Monday given for it"


def test_every_setting_is_on_the_sheet_and_its_words_are_read_back(lang: str) -> None:
    rows = {str(r[3]): r[1] for r in setting_rows({}, lang)}
    known = set(Settings.__struct_fields__) - {"rules", "clocks", "limits"}
    assert known <= set(rows)
    read, bad = Settings.of(rows)
    assert bad == []
    assert read == Settings(lang=lang)


def test_a_setting_that_is_not_ours_is_kept(lang: str) -> None:
    rows = setting_rows({"mail.server": "imap.example.com"}, lang)
    assert rows[-1] == ["mail.server", "imap.example.com", None, "mail.server"]


def test_two_holidays_on_one_day_are_joined_as_the_language_joins() -> None:
    named = {day: name for day, _, name in calendar_rows("CN", (2028,), "zh")}
    assert named[date(2028, 10, 3)] == "中秋节、国庆节"


def test_calendar_rows_have_moved_working_days_and_nothing_for_an_unknown_country() -> None:
    rows = calendar_rows("CN", (2026,))
    kinds = {day: kind for day, kind, _ in rows}
    assert kinds[date(2026, 2, 28)] == "work"
    assert kinds[date(2026, 10, 1)] == "off"
    assert date(2026, 5, 2) not in kinds, "a Saturday is off anyway"
    assert {day.year for day in kinds} == {2026}
    assert rows == sorted(rows)
    assert calendar_rows("XX", (2026,)) == []
    assert ("off", "Christmas Day") in {(k, n) for _, k, n in calendar_rows("GB", (2026,), "en")}


@pytest.mark.parametrize("name", ["=1+1", "+SUM(A1)", "@x", "https://example.com", "0012", "a & <b>"])
def test_names_that_look_like_something_else_stay_text(name: str) -> None:
    book = read_book(build_master("zh", project=name, departments=(Department(name),)))
    ref = book.tables["Departments"]
    snapshot = book.snapshot(ref.sheet)
    assert snapshot.value(ref.data.first_row, 1) == name
    assert not snapshot.formulas


def test_the_documentation_lists_every_named_place(parts: dict[str, str]) -> None:
    page = (ROOT / "docs" / "templates.md").read_text(encoding="utf-8")
    said = set(re.findall(r"`((?:wk|home)_[a-z_]+|collab_run)`", page))
    defined = set(re.findall(r'<definedName name="((?:wk|home)_[^"]+|collab_run)"', parts["xl/workbook.xml"]))
    assert len(defined) > 50
    of_forms = {name for name in defined if "." in name}
    cards = {name for name in defined if name.startswith("home_figure_")}
    assert cards == {f"home_figure_{figure.id}" for form in load().forms for figure in form.figures}
    assert said == defined - of_forms - cards
    blocks = {f.id: [x.id for x in map(f.named, f.block.columns) if x] for f in load().forms if f.block and not f.block.part}
    noted = {block.note for block in placed_blocks(load()).values() if block.note}
    assert len(noted) == 1
    assert of_forms == {f"wk_{form}.{field}" for form, fields in blocks.items() for field in (*fields, "_more")} | noted


def test_no_title_or_help_runs_over_the_edge_of_a_printed_page() -> None:
    """Columns that each page repeats cut what is longer than they are: the title stands in them where it fits, the help below it in a few
    lines, or behind them, in merged cells that end on the first page and have the height of its lines."""
    from collab_xl.build.table import HELP_WIDTH

    for lang in ("zh", "en"):
        book = workbook_at(template_path(lang))
        tasks = next(ws for ws in book.worksheets if "Tasks" in ws.tables)
        assert tasks.print_title_cols == "$A:$B"
        assert [bool(tasks[cell].value) for cell in ("A2", "B2", "C2")] == [False, False, True]
        seen = below = 0
        for ws in book.worksheets:
            helps = [area for area in ws.merged_cells.ranges if area.min_row == area.max_row == 2]
            if not ws.tables or not helps:
                continue
            (area,) = helps
            seen += 1
            repeated = column_index_from_string(ws.print_title_cols.split("$")[-1]) if ws.print_title_cols else 1
            within = area.min_col in (1, 2) and area.max_col == repeated > 1
            assert not within or ws.row_dimensions[2].height <= 4 * 13 + 5, (ws.title, "rows in sight below it")
            below += within
            assert within or area.min_col == repeated + 1, ws.title
            widths = [
                dim.width * (dim.max - dim.min + 1) for dim in ws.column_dimensions.values() if not dim.hidden and dim.max <= area.max_col
            ]
            assert sum(widths) <= HELP_WIDTH + area.max_col, (ws.title, "no wider than a page")
            said = ws.cell(2, area.min_col)
            assert said.alignment.wrap_text
            assert ws.row_dimensions[2].height >= 18
        assert seen > 20
        assert below > 8


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_each_page_of_a_form_says_what_its_rows_are_about(lang: str) -> None:
    """Also of problems and actions, whose title stands further to the right."""
    book, seen = workbook_at(io.BytesIO(build_master(lang, schema=load()))), 0
    for form in load().forms:
        ws = book[form.sheet[lang]]
        if (ws.page_setup.fitToWidth or 1) > 1:
            seen += 1
            title = 1 + next(n for n, f in enumerate(form.fields) if f.role == "title")
            assert column_index_from_string(ws.print_title_cols.split("$")[-1]) >= title, form.id
    assert seen > 9


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_columns_of_departments_are_wide_enough_for_long_names(lang: str) -> None:
    names = {"zh": "华东区域第{}营销服务与客户支持部", "en": "Marketing services and customer support, region {}"}
    people = [Department(names[lang].format(n), (), "", (), "", "", "") for n in range(98, 102)]
    widths = {}
    for key, departments in (("short", ()), ("long", people)):
        book = workbook_at(io.BytesIO(build_master(lang, departments=departments)))
        for form, column in (("tasks", "dept"), ("problems", "dept")):
            at = [f.id for f in load().form(form).fields].index(column) + 1
            ws = book[load().form(form).sheet[lang]]
            widths[key, form] = ws.column_dimensions[openpyxl.utils.get_column_letter(at)].width
        widths[key, "names"] = book[load().service("departments").sheet[lang]].column_dimensions["A"].width
    for where in ("tasks", "problems", "names"):
        assert widths["long", where] > widths["short", where], where
        assert 2 * (widths["long", where] - 2) > 0.85 * units(people[-1].name), "two lines"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_day_without_an_hour_is_shown_without_one_and_amounts_stand_in_the_middle(lang: str) -> None:
    book = workbook_at(template_path(lang))
    for form, moment in (("problems", "raised_at"), ("risks", "raised_at")):
        if form not in {f.id for f in load().forms} or load().form(form).sheet[lang] not in book.sheetnames:
            continue
        ws, fields = book[load().form(form).sheet[lang]], load().form(form).fields
        at = openpyxl.utils.get_column_letter(next(n for n, f in enumerate(fields, 1) if f.kind == "moment"))
        rules = [rule for area, found in ws.conditional_formatting._cf_rules.items() if f"{at}4" in str(area.sqref) for rule in found]
        shown = [rule.dxf.numFmt.formatCode for rule in rules if rule.dxf is not None and rule.dxf.numFmt is not None]
        assert "yyyy-mm-dd" in shown, (form, moment)
    columns = {c.id: c for c in xlsx_data.columns(load().form("resources"), lang)}
    assert columns["need"].look["align"] == columns["have"].look["align"] == "center"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_each_page_of_a_list_says_which_row_it_is(lang: str) -> None:
    """Where that needs no further page: the ID or the name is repeated on the second page."""
    book = workbook_at(template_path(lang))
    for name, heading in (("overdue", "name"), ("escalations", "row_key"), ("findings", "row_key"), ("conflicts", "row_key")):
        service = load().service(name)
        ws = book[service.sheet[lang]]
        at = openpyxl.utils.get_column_letter([c.id for c in service.columns].index(heading) + 1)
        assert (ws.print_title_cols or "A").split("$")[-1] >= at, name
