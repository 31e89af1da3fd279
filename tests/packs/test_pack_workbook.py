"""The pack as a workbook: unchanged cells are read as unchanged, allowed values can be typed, and all validators pass."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import zipfile
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

import judges
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from tables import directory, problems, requirements, table, tasks
from workbooks import workbook_at

from collab_xl.book.read import read_book
from collab_xl.build.pack import build_pack, pack_file_name, safe_name
from collab_xl.build.pack_checks import CLEAR_WORDS
from collab_xl.catalogue import LANGS, text
from collab_xl.forms import load
from collab_xl.intake.package import scan
from collab_xl.intake.token import make_token, token_ok
from collab_xl.model.pack_plan import PackPlan
from collab_xl.model.place import Area
from collab_xl.model.record import replace
from collab_xl.model.sheets import Table
from collab_xl.model.values import Value, same_value
from collab_xl.plan.issue import packs_for
from collab_xl.read.context import Context
from collab_xl.read.table import parse_table
from collab_xl.settings import Settings

SCHEMA = load()
SECRET, PROJECT = b"s" * 32, "p-1"
PEOPLE = directory("""
    | 部门   | 别名 | 接口人 | 邮箱    |
    | 市场部 |      | 李经理 | mk@x.cn |
    | 研发部 | R&D  | 王主管 | rd@x.cn |
""")
WEEK = {
    "requirements": requirements("""
        | 需求编号    | 需求名称   | 涉及部门       | 期望完成时间 | 紧急程度 | 状态   |
        | XZ-2026-001 | 产品Q3上线 | 研发部、市场部 | 2026-12-15   | 紧急     | 进行中 |
    """),
    "tasks": tasks("""
        | 任务ID | 任务名称    | 负责部门 | 负责人 | 计划结束时间 | 前置任务       | 当前进度 | 完成状态 | 实际完成时间 | 风险描述 |
        | 001    | =1+1        | 研发部   | 王*    | 2026-11-20   | RW-002、RW-003 | 80%      | 进行中   | !下周        | 环境未好 |
        | RW-002 | @压测 +1 -2 | 研发部   |        |              |                | 0%       | 未开始   |              |          |
    """),
    "problems": problems("""
        | 问题编号 | 责任部门 | 问题描述 | 反馈时间         | 处理状态 |
        | WT-001   | 研发部   | 账号不足 | 2026-11-18 16:30 | 待处理   |
    """),
    "risks": table("risks", """
        | 风险编号 | 风险描述     | 可能性 | 影响程度 | 风险等级 | 责任部门 | 提出时间         | 解决时限   | 风险状态 |
        | FX-001   | 环境只有一套 | 高     | 高       | 高       | 研发部   | 2026-11-10 09:00 | 2026-11-24 | 应对中   |
    """),
    "actions": table("actions", """
        | 待办编号 | 会议   | 会议时间         | 待办事项     | 责任部门 | 完成时限   | 待办状态 |
        | HY-001   | 周例会 | 2026-11-09 10:00 | 协调备用环境 | 研发部   | 2026-11-18 | 待办     |
    """),
    "resources": table("resources", """
        | 资源编号 | 资源名称   | 资源类型 | 需求部门 | 需求量 | 可用量 | 单位 | 使用开始   | 资源状态 |
        | ZY-001   | 测试工程师 | 人力     | 研发部   | 5      | 3.5    | 人   | 2026-11-09 | 部分落实 |
    """),
    "responsibilities": table("responsibilities", """
        | 职责编号 | 职责描述   | 工作事项 | 部门   | RACI   | 交付成果 | 时间节点   | 负责人 |
        | ZZ-001   | 联调与压测 | 支付升级 | 研发部 | A 负责 | 压测报告 | 2026-12-03 | 王*    |
    """),
}  # fmt: skip
"""Every form has a row, so that what holds of packs holds of each; a form that is not listed here gets one below."""
for _form in SCHEMA.forms:
    if _form.id not in WEEK:
        _row = {_form.key.id: f"{_form.key_prefix}001", _form.id_of("title"): "x", _form.department_field: "研发部"}
        _heads = [_form.field(f).heading["zh"] for f in _row if f]
        WEEK[_form.id] = table(_form.id, "\n".join("| " + " | ".join(line) + " |" for line in (_heads, [v for f, v in _row.items() if f])))


def planned(tables: Mapping[str, Table] = WEEK, blank: int = 3) -> PackPlan:
    plans = packs_for(
        tables,
        SCHEMA,
        PEOPLE,
        Settings(blank_rows=blank),
        week="2026-W47",
        issued_at=datetime(2026, 11, 16, 9),
        make_id=lambda department: "P-47",
        departments=["研发部"],
    )
    return plans[0]


def built(plan: PackPlan, lang: str = "zh", people: object = PEOPLE) -> bytes:
    p = plan.pack
    token = make_token(SECRET, PROJECT, p.id, p.department, p.week, p.schema_version)
    return build_pack(plan, SCHEMA, lang, people, token, "产品 <Q3> & 上线", PROJECT)  # type: ignore[arg-type]


def back(data: bytes, lang: str = "zh") -> dict[str, Table]:
    """The pack, read as a submission."""
    book = read_book(data)
    context = Context(lang, PEOPLE, period=(date(2026, 11, 16), date(2026, 11, 22)))
    found = {}
    for form in SCHEMA.forms:
        if form.table in book.tables:
            ref = book.tables[form.table]
            found[form.id], _ = parse_table(book.snapshot(ref.sheet), ref, form, context)
    return found


def records(table: Table) -> dict[str, dict[str, Value]]:
    return {str(table.row_ids[i]): {f: table.get(i, f) for f in table.values} for i in range(len(table))}


def xml(data: bytes, name: str) -> etree._Element:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return etree.fromstring(archive.read(name))


def sheet_part(data: bytes, table: str) -> str:
    """The part of the sheet that contains a Table."""
    book = workbook_at(io.BytesIO(data))
    return next(f"xl/worksheets/sheet{n}.xml" for n, s in enumerate(book.worksheets, 1) if table in s.tables)


# ---- what comes back --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGS)
def test_an_unchanged_pack_reads_back_exactly_as_issued(lang: str) -> None:
    plan = planned()
    read = back(built(plan, lang), lang)
    assert set(read) == set(plan.pack.forms)
    cells = 0
    for form, issued in plan.pack.forms.items():
        rows = records(read[form])
        assert list(rows) == [row_id for row_id, values in issued.items() if values], "blank rows are no records"
        for row_id, values in rows.items():
            for field, value in values.items():
                assert same_value(value, issued[row_id][field]), (form, row_id, field, value, issued[row_id][field])
                cells += 1
    assert cells > 50


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=12) | st.sampled_from(
    [
        "-",
        "无",
        "同上",
        "待定",
        "清空",
        "=1+1",
        "'x",
        "_x0041_",
        "1",
        "1.0",
        "80%",
        "0.8",
        "001",
        "2026.11.20",
        "3月20日前",
        "第2-4周",
        " a\n b ",
        "TRUE",
        "½",
    ]
)
RAW = (
    WORDS
    | st.integers(-5, 50_000)
    | st.floats(-1, 200, width=32)
    | st.dates(date(2020, 1, 1), date(2030, 1, 1))
    | st.none()
    | st.booleans()
)


@given(
    form=st.sampled_from(SCHEMA.forms),
    rows=st.lists(st.lists(RAW, min_size=25, max_size=25), min_size=1, max_size=3),
    lang=st.sampled_from(LANGS),
)
@settings(max_examples=60, deadline=None)
def test_whatever_a_master_holds_an_unchanged_pack_changes_nothing(form: object, rows: list[list[object]], lang: str) -> None:
    """Parse any cells, issue what was understood, read the pack: each value is the one issued."""
    from collab_xl.forms import Form
    from collab_xl.model.sheets import NumberFormats, Snapshot, TableRef
    from collab_xl.model.values import normal

    assert isinstance(form, Form)
    fields = form.fields
    headings = tuple(f.heading[lang] for f in fields)
    grid = [list(headings)]
    for n, row in enumerate(rows):
        line = [normal(v) for v in row[: len(fields)]]
        for i, f in enumerate(fields):
            if f.kind == "key":
                line[i] = f"K-{n}"
            elif f.id == form.department_field:
                line[i] = "研发部"
            elif f.id == "status":
                line[i] = None
        grid.append(line)  # type: ignore[arg-type]
    area = Area(1, 1, len(grid), len(fields))
    ref = TableRef(form.table, "s", area, headings)
    context = Context(lang, PEOPLE, period=(date(2026, 11, 16), date(2026, 11, 22)))
    dates = {(r, c): "yyyy-mm-dd" for r, line in enumerate(grid, 1) for c, v in enumerate(line, 1) if isinstance(v, date)}
    formats = NumberFormats(lambda col: {r: code for (r, c), code in dates.items() if c == col}, frozenset(dates.values()))
    sheet = Snapshot("s", 1, 1, grid, number_formats=formats, tables=(ref,))  # type: ignore[arg-type]
    master, _ = parse_table(sheet, ref, form, context)
    plan = planned({form.id: master}, blank=1)
    read = records(back(built(plan, lang), lang)[form.id])
    for row_id, issued in plan.pack.forms[form.id].items():
        for field, value in (issued or {}).items():
            came = read.get(row_id, {}).get(field)
            assert same_value(came, value), (row_id, field, value, came)


def test_the_hidden_sheet_says_what_the_gates_ask() -> None:
    plan = planned()
    data = built(plan)
    claims = scan(data).claims
    assert claims["kind"] == "pack"
    assert token_ok(claims["token"], SECRET, claims["project"], claims["pack"], claims["department"], claims["week"], claims["schema"])
    assert (claims["pack"], claims["department"], claims["week"], claims["lang"]) == ("P-47", "研发部", "2026-W47", "zh")
    book = workbook_at(io.BytesIO(data))
    assert book["_collab"].sheet_state == "veryHidden"
    assert [s.title for s in book.worksheets if s.sheet_state == "visible"] == [
        "本周请处理",
        *(f.sheet["zh"] for f in SCHEMA.forms),
        "填写说明",
    ]
    assert book.active.title == "本周请处理"


def test_the_same_plan_gives_the_same_bytes() -> None:
    assert built(planned()) == built(planned())
    other = replace(planned().pack, id="2026W47-000000")
    assert built(replace(planned(), pack=other)) != built(planned())


def test_formula_looking_text_is_text() -> None:
    book = openpyxl.load_workbook(io.BytesIO(built(planned())))
    cells = [c for s in book.worksheets for row in s.iter_rows() for c in row]
    assert "=1+1" in [c.value for c in cells]
    assert [c.coordinate for s in book.worksheets for row in s.iter_rows() for c in row if c.data_type == "f"] == []


# ---- what may be typed ------------------------------------------------------------------------------------------------------


def columns_of(sheet: object) -> dict[str, int]:
    return {c.value: c.column for c in sheet[3] if c.value}  # type: ignore[index]


def test_the_department_may_write_where_it_may_and_nowhere_else() -> None:
    """All cells of the rows are unlocked, as Excel sorts only unlocked cells of a protected sheet; a rule refuses typing in the PMO's."""
    book = openpyxl.load_workbook(io.BytesIO(built(planned())))
    seen = 0
    for form in SCHEMA.forms:
        sheet = book[form.sheet["zh"]]
        assert sheet.protection.sheet
        assert not sheet.protection.autoFilter, "False means: filtering stays allowed"
        assert not sheet.protection.sort
        refused = [r.sqref for r in sheet.data_validations.dataValidation if r.formula1 == "FALSE" and r.showErrorMessage]
        columns = columns_of(sheet)
        filled = 3 + len([v for v in planned().pack.forms[form.id].values() if v])
        for field in form.fields:
            if field.access == "C" or not field.in_pack:
                assert field.heading["zh"] not in columns
                continue
            for row in range(4, sheet.max_row + 1):
                cell = sheet.cell(row, columns[field.heading["zh"]])
                open_ = field.access == "D" or (row > filled and field.access == "P")
                assert not cell.protection.locked
                assert any(cell.coordinate in area for area in refused) is not open_, (form.id, field.id, row)
                grey = cell.fill.fill_type == "solid"
                assert grey is not open_, "grey is what is the PMO's, white what is open"
                seen += 1
        assert sheet.column_dimensions[openpyxl.utils.get_column_letter(columns["row_id"])].hidden
    assert seen > 100


def validations(data: bytes, table: str) -> list[etree._Element]:
    return list(xml(data, sheet_part(data, table)).iter("{*}dataValidation"))


@pytest.mark.parametrize("lang", LANGS)
def test_every_check_admits_the_word_that_clears(lang: str) -> None:
    data = built(planned(), lang)
    lists = checks = 0
    for form in SCHEMA.forms:
        for rule in validations(data, form.table):
            formula = rule.findtext("{*}formula1") or ""
            assert len(rule.get("prompt") or "") <= 255
            assert len(rule.get("promptTitle") or "") <= 32
            if rule.get("type") == "list":
                assert len(formula) <= 257
                if rule.get("showErrorMessage") == "1":  # otherwise the list is only offered, and anything may be typed
                    assert text("model.word.clear", lang) in formula.strip('"').split(",")
                lists += 1
            elif rule.get("type") == "custom" and formula != "FALSE":
                assert all(word in formula for word in CLEAR_WORDS)
                checks += 1
    assert lists >= 4
    assert checks >= 5


def test_a_key_that_is_left_blank_on_purpose_is_never_coloured_as_wanted() -> None:
    book = openpyxl.load_workbook(io.BytesIO(built(planned())))
    coloured = 0
    for form in SCHEMA.forms:
        sheet = book[form.sheet["zh"]]
        for area in sheet.conditional_formatting:
            if any("LEN(" in formula for rule in area.rules for formula in rule.formula):
                coloured += 1
                assert min(part.min_col for part in area.sqref.ranges) > 1, (form.id, str(area.sqref))
    assert coloured > 5


def test_a_long_list_moves_to_a_hidden_sheet() -> None:
    many = directory("| 部门 |\n" + "\n".join(f"| 第{n}事业部综合管理办公室 |" for n in range(60)) + "\n| 研发部 |")
    data = built(planned(), people=many)
    book = workbook_at(io.BytesIO(data))
    assert book["_lists"].sheet_state == "veryHidden"
    refs = [r.findtext("{*}formula1") for r in validations(data, "Problems") if r.get("type") == "list"]
    assert [r for r in refs if r and r.startswith("_lists!")] == ["_lists!$A$1:$A$62"]
    words = [row[0].value for row in book["_lists"].iter_rows()]
    assert (words[0], words[-1]) == ("研发部", "清空"), "its own name comes first"


def test_no_check_reaches_far_below_its_table() -> None:
    """exceljs makes an object of each cell of a check: down to the last row of the sheet it cannot open the pack."""
    data = built(planned())
    seen = 0
    for name in ("Requirements", "Tasks", "Problems", "Risks"):
        for rule in validations(data, name):
            for area in str(rule.get("sqref")).split():
                seen += 1
                assert Area.parse(area).last_row < 200, (name, area)
    assert seen > 20


def test_a_reference_is_offered_from_the_rows_of_the_pack() -> None:
    rules = validations(built(planned()), "Problems")
    (offer,) = [r for r in rules if (r.findtext("{*}formula1") or "").startswith("'任务跟踪表'!")]
    assert offer.findtext("{*}formula1") == "'任务跟踪表'!$A$4:$A$5"
    assert offer.get("showErrorMessage") != "1", "another department's task may be typed"


def test_a_form_without_rows_to_show_or_fill_gets_no_sheet() -> None:
    data = built(planned({}, blank=0))
    assert workbook_at(io.BytesIO(data)).sheetnames == ["本周请处理", "风险登记表", "填写说明", "_collab"], (
        "risks have blank rows of their own"
    )
    assert scan(data).claims["pack"] == "P-47"


def test_file_names_every_system_takes() -> None:
    assert pack_file_name(planned(), "zh") == "填报包_研发部_2026-W47.xlsx"
    assert pack_file_name(planned(), "zh", "产品Q3上线") == "填报包_产品Q3上线_研发部_2026-W47.xlsx"
    assert pack_file_name(planned(), "en", "A/B " + "x" * 200) == f"Pack_A_B {'x' * 26}_研发部_2026-W47.xlsx"
    assert safe_name('a/b\\c:d*e?f"g<h>i|j\n.') == "a_b_c_d_e_f_g_h_i_j_"
    assert safe_name("...") == "_"


# ---- the judges -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("plan", [planned(), planned({}), planned({}, blank=0)], ids=["filled", "only blank rows", "nothing"])
def test_the_judges_find_nothing(tmp_path: Path, lang: str, plan: PackPlan) -> None:
    path = tmp_path / "pack.xlsx"
    path.write_bytes(built(plan, lang))
    assert judges.structural_findings(path) == []
    assert judges.microsoft_findings(path) == []


@pytest.mark.parametrize("lang", LANGS)
def test_libreoffice_opens_it_and_shows_the_values(tmp_path: Path, lang: str) -> None:
    """Printed as PDF: the titles, a key, a date and the deadline are readable, and every sheet fits its pages."""
    if not shutil.which("soffice") or not shutil.which("pdftotext"):
        judges.missing("LibreOffice and pdftotext")
    path = tmp_path / "pack.xlsx"
    path.write_bytes(built(planned(), lang))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    subprocess.run(
        ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), str(path)],
        check=True,
        capture_output=True,
        timeout=120,
        env={**os.environ, "FONTCONFIG_FILE": str(known_fonts(tmp_path))},
    )
    words = subprocess.run(["pdftotext", "-layout", str(tmp_path / "pack.pdf"), "-"], check=True, capture_output=True, text=True).stdout
    assert "产品 <Q3> & 上线" in words
    for shown in ("RW-002", "2026-11-20", "80%", "=1+1", "WT-001", "王主管"):
        assert shown in words
    for form in SCHEMA.forms:
        assert form.title[lang] in words
    assert "###" not in words
    assert "P-47" in words
    assert "row_id" not in words
    pages = re.search(r"/\s*(\d+)\s*$", words, re.M)
    assert pages is not None
    assert int(pages[1]) <= 3 * len(SCHEMA.forms) + 1, "three pages a form or less, four for tasks, one of instructions"
    sizes = printed_sizes(tmp_path / "pack.pdf")
    assert len(sizes) == int(pages[1])
    # 8 points with the fonts of Excel, which are narrower than those of LibreOffice here
    assert all(size >= 7.6 for size in sizes[:-1]), sizes
    assert sizes[-1] >= 7, "the instructions of twelve forms on one page"


def known_fonts(folder: Path) -> Path:
    """A font configuration with the fonts that `tools/setup.py` and LibreOffice bring: with others rows wrap elsewhere, and there are
    more pages or fewer."""
    fonts, path = folder / "fonts", folder / "fonts.conf"
    fonts.mkdir()
    listed = subprocess.run(["fc-list", "--format", "%{file}\n"], check=True, capture_output=True, text=True).stdout
    for file in map(Path, set(listed.split("\n")) - {""}):
        if file.name.startswith(("NotoSansCJK", "NotoSerifCJK", "DejaVu", "opens___")):
            (fonts / file.name).symlink_to(file)
    assert any(fonts.iterdir())
    rules = '<include ignore_missing="yes">/etc/fonts/conf.d</include><cachedir prefix="xdg">fontconfig</cachedir>'
    path.write_text(f"<fontconfig><dir>{fonts}</dir>{rules}</fontconfig>", encoding="utf-8")
    return path


def printed_sizes(pdf: Path) -> list[float]:
    """The size in points of most of the text of each page."""
    told = subprocess.run(["pdftohtml", "-xml", "-stdout", "-i", "-zoom", "3", str(pdf)], check=True, capture_output=True, text=True).stdout
    fonts: dict[str, float] = {}
    out = []
    for page in told.split("<page ")[1:]:
        fonts |= {font: int(size) / 3 for font, size in re.findall(r'<fontspec id="(\d+)" size="(\d+)"', page)}
        used: Counter[float] = Counter()
        for font, words in re.findall(r'<text [^>]*font="(\d+)">(.*?)</text>', page):
            used[fonts[font]] += len(re.sub("<[^>]*>", "", words))
        out.append(used.most_common(1)[0][0])
    return out


def test_a_pack_saved_by_libreoffice_is_the_same_pack(tmp_path: Path) -> None:
    """Another program rewrites every part: the claims, the hidden row ids and every value must still exist."""
    if not shutil.which("soffice"):
        judges.missing("LibreOffice")
    plan, path, out = planned(), tmp_path / "pack.xlsx", tmp_path / "out"
    path.write_bytes(built(plan))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(out), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    data = (out / "pack.xlsx").read_bytes()
    found = scan(data)
    assert (found.code, found.claims) == ("", scan(path.read_bytes()).claims)
    read = back(data)
    for form, issued in plan.pack.forms.items():
        rows = records(read[form])
        assert {k: rows[k] for k in rows} == {k: v for k, v in issued.items() if v}


def test_a_pack_of_two_hundred_rows_has_them_all() -> None:
    lines = "\n".join(f"| RW-{i:03} | 任务{i} | 研发部 | 50% | 进行中 |" for i in range(200))
    plan = planned({"tasks": tasks("| 任务ID | 任务名称 | 负责部门 | 当前进度 | 完成状态 |\n" + lines)}, blank=30)
    assert [*records(back(built(plan))["tasks"])] == [f"RW-{i:03}" for i in range(200)]
