"""Fields that a PMO adds, renames, hides and requires on sheet 字段: from the sheet through a whole week, back by undo, and again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from field_sheet import apply, field_line, headings, own_column, renamed_in_excel, type_formula, type_raw
from forms.forms_of_tests import installed, visits, written
from judges import structural_findings
from small_project import DAY, Project
from test_forms_add import fill_row
from test_forms_upgrade import first, second
from workbooks import workbook_at

from collab_xl import frames, verbs
from collab_xl.book.hidden_sheet import hidden_values
from collab_xl.book.package import Package
from collab_xl.book.parts import Structure
from collab_xl.book.read import read_book
from collab_xl.build import master
from collab_xl.catalogue import text
from collab_xl.errors import CollabError
from collab_xl.forms import load
from collab_xl.read.number_format import shown_as
from collab_xl.verbs.session import opened

WORDS = {
    "zh": {
        "sheet": "任务跟踪表",
        "client": "客户",
        "holds": "单选",
        "words": "甲公司、乙公司",
        "yes": "是",
        "a": "甲公司",
        "b": "乙公司",
        "budget": "预算",
        "number": "数字",
    },
    "en": {
        "sheet": "Tasks",
        "client": "Client",
        "holds": "Choice",
        "words": "Acme, Bolt",
        "yes": "Yes",
        "a": "Acme",
        "b": "Bolt",
        "budget": "Budget",
        "number": "Number",
    },
}


@pytest.fixture(params=["zh", "en"])
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def project(tmp_path: Path, lang: str) -> Project:
    return Project.again(tmp_path / "p", lang, issued=False)


def tasks(project: Project) -> dict[str, dict[str, object]]:
    return project.data()["tasks"]


def shown_on_page(project: Project) -> str:
    book = read_book(project.master)
    sheet = book.names["wk_title"][0]
    return "\n".join(str(v) for line in book.snapshot(sheet).cells for v in line if isinstance(v, str))


def test_a_field_through_the_whole_week(project: Project, lang: str, tmp_path: Path) -> None:
    w = WORDS[lang]
    known = set(structural_findings(project.master))
    field_line(
        project, sheet=w["sheet"], heading=w["client"], holds=w["holds"], words=w["words"], required=w["yes"], on_page=w["yes"], help="!"
    )
    field_line(project, sheet=w["sheet"], heading=w["budget"], holds=w["number"], filled_by="PMO")
    typed = project.master.read_bytes()
    waits = text("verbs.say.fields_pending", lang, n=2, sheet=load().service("fields").sheet[lang])
    assert waits in verbs.status(project.master, as_of=DAY, lang=lang).notes
    assert [c["what"] for c in apply(project, write=False)["changes"]] == ["added", "added"]
    assert project.master.read_bytes() == typed
    had = headings(project, "Tasks")
    done = apply(project)
    assert headings(project, "Tasks") == (*had, w["client"], w["budget"])
    assert set(structural_findings(project.master)) <= known
    assert apply(project)["run"] is None, "nothing is left to do"
    assert waits not in verbs.status(project.master, as_of=DAY, lang=lang).notes
    assert [c["kind"] for c in changes(project, done["run"], lang)] == ["field", "field"]

    project.issue()
    pack = workbook_at(project.packs["市场部"])
    sheet = next(ws for ws in pack if "Tasks" in ws.tables)
    head = {c.value: c for c in sheet[3]}
    lists = {str(d.sqref).split(":")[0]: d for d in sheet.data_validations.dataValidation}
    drop_down = lists[f"{head[w['client']].column_letter}4"]
    assert (w["a"] in drop_down.formula1, drop_down.prompt) == (True, "!")
    assert sheet[f"{head[w['client']].column_letter}4"].protection.locked is False
    assert f"{head[w['budget']].column_letter}4" in " ".join(str(d.sqref) for d in sheet.data_validations.dataValidation), "the PMO's"

    mine = project.reply(
        "市场部", {("tasks", "RW-001"): {w["client"]: w["a"]}, ("tasks", "RW-003"): {w["client"]: "Nobody", w["budget"]: 5}}, "m"
    )
    type_raw(project, "tasks", "RW-001", w["client"], w["b"])
    collected = verbs.collect(project.master, [mine], as_of=DAY, lang=lang, progress=lambda *a: None)
    assert [i["state"] for i in collected.json["items"]] == ["accepted"]
    merged = project.consolidate()
    (account,) = merged.json["submissions"]
    parts = ("applied", "same", "conflicts", "rights", "not_cleared", "unreadable", "excluded")
    assert account["edits"] == sum(account[p] for p in parts) == 3
    assert (account["conflicts"], account["rights"], account["unreadable"]) == (1, 1, 1)
    (conflict,) = (c for c in merged.json["conflicts"] if c["row_id"] == "RW-001")
    assert conflict["field"] == "own_1"
    assert w["client"] in returned(project), "the annotated return names the column"
    project.decide(RW_001=(text("model.word.take_submission", lang), None))
    verbs.resolve(project.master, as_of=DAY, lang=lang)
    assert tasks(project)["RW-001"][w["client"]] == w["a"]

    found = [f for f in verbs.check(project.master, as_of=DAY, lang=lang).json["findings"] if f["field"] == "own_1"]
    assert {(f["code"], f["row_id"]) for f in found} == {("V102", "RW-002"), ("V102", "RW-003")}
    verbs.flag(project.master, as_of=DAY, lang=lang)
    verbs.week(project.master, as_of=DAY, lang=lang)
    assert f"{w['client']}{'：' if lang == 'zh' else ': '}{w['a']}" in shown_on_page(project)
    assert verbs.status(project.master, as_of=DAY, lang=lang).json
    assert frames(project.master)["tasks"]["own_1"].tolist()[0] == w["a"]
    (logged,) = [
        c
        for r in verbs.log(project.master, lang=lang).json["runs"]
        if r["verb"] == "resolve"
        for c in changes(project, r["run"], lang)
        if c["field"] == "own_1"
    ]
    assert logged["new"] == w["a"]

    tracker = openpyxl.Workbook()
    for row in ([w["sheet"]], [load().form("tasks").field(f).heading[lang] for f in ("task_id", "name", "dept", "status")] + [w["client"]],
                ["RW-009", "Import", "市场部", {"zh": "进行中", "en": "In progress"}[lang], w["b"]]):  # fmt: skip
        tracker.active.append(row)
    tracker.save(tmp_path / "tracker.xlsx")
    verbs.import_tracker(project.master, [tmp_path / "tracker.xlsx"], confirmed=True, as_of=DAY, lang=lang)
    assert tasks(project)["RW-009"][w["client"]] == w["b"]
    verbs.undo(project.master, as_of=DAY, lang=lang)
    assert "RW-009" not in tasks(project)
    left = verbs.undo(project.master, run=done["run"], confirmed=True, as_of=DAY, lang=lang).json
    assert done["run"] in left["undone"]
    assert (headings(project, "Tasks") == had) == (not left["sheets_kept"]), "typed into since: the columns stay"
    assert not any(str(name).startswith("field.") for name in hidden_values(read_book(project.master)))
    assert verbs.check(project.master, as_of=DAY, lang=lang).json


def changes(project: Project, run: str, lang: str) -> list[dict[str, Any]]:
    return list(verbs.log(project.master, run=run, lang=lang).json["changes"])


def returned(project: Project) -> str:
    file = max((project.folder / "主表.collab" / "returned").rglob("*.xlsx"), key=lambda path: path.parent.name)
    book = workbook_at(file)
    return "\n".join(str(c.value) for ws in book for row in ws.iter_rows() for c in row if c.value is not None)


def test_the_forms_own_columns_are_renamed_hidden_and_shown_again(tmp_path: Path) -> None:
    project = Project.again(tmp_path / "p")
    was = headings(project, "Tasks")
    field_line(project, "tasks.owner", heading="经办人")
    field_line(project, "tasks.risk", hidden="是")
    field_line(project, "problems.level", words="一般、跨部门、特急")
    assert {c["what"] for c in apply(project)["changes"]} == {"renamed", "hidden", "words"}
    assert headings(project, "Tasks") == tuple("经办人" if h == "负责人" else h for h in was)
    book = workbook_at(project.master)
    risk = book["任务跟踪表"].cell(3, 1 + was.index("风险描述"))
    assert book["任务跟踪表"].column_dimensions[risk.column_letter].hidden
    assert [d.formula1 for d in book["问题跟踪表"].data_validations.dataValidation if "特急" in (d.formula1 or "")] == [
        '"一般,跨部门,特急"'
    ]

    # A pack that was issued before has the old headings and the column that is hidden now.
    old = project.reply(
        "研发部", {("tasks", "RW-002"): {"负责人": "新人", "风险描述": "要延期"}, ("problems", "WT-001"): {"问题等级": "紧急"}}, "m"
    )
    merged = project.consolidate(old)
    (account,) = merged.json["submissions"]
    assert (account["applied"], account["excluded"]) == (2, 1)
    assert tasks(project)["RW-002"]["经办人"] == "新人"
    assert tasks(project)["RW-002"]["风险描述"] == "人力不足", "hidden is not deleted"
    assert not any(f["field"] == "risk" for f in verbs.check(project.master, as_of=DAY, lang="zh").json["findings"])
    project.issue()
    pack = workbook_at(project.packs["研发部"])
    issued = [c.value for ws in pack if "Tasks" in ws.tables for c in ws[3]]
    assert ("经办人" in issued, "负责人" in issued, "风险描述" in issued) == (True, False, False)

    field_line(project, "tasks.risk", hidden="否")
    assert [c["what"] for c in apply(project)["changes"]] == ["shown"]
    project.consolidate()
    assert tasks(project)["RW-002"]["风险描述"] == "要延期", "what had waited comes in at its old time"


def test_a_renamed_word_keeps_its_colour(tmp_path: Path) -> None:
    project = Project.again(tmp_path / "p", issued=False)

    def colours() -> set[str]:
        sheet = workbook_at(project.master)["任务跟踪表"]
        formulas = (f for area in sheet.conditional_formatting for rule in area.rules for f in rule.formula)
        return {word for formula in formulas for word in re.findall(r'\$L4(?:=|<>)"([^"]+)"', formula)}

    before = colours()
    assert {"滞后", "已完成", "已取消"} <= before
    field_line(project, "tasks.status", words="未开始、进行中、办结、延误、暂停、已取消")
    assert [c["what"] for c in apply(project)["changes"]] == ["words"]
    assert colours() == {{"已完成": "办结", "滞后": "延误"}.get(word, word) for word in before}
    verbs.undo(project.master, as_of=DAY, lang="zh")
    assert colours() == before
    field_line(project, "tasks.status", words="未开始、进行中、滞后、已完成、暂停、已取消")  # changed places: they are the same words
    apply(project)
    assert colours() == before


def test_undo_and_redo_of_names_and_hidden_columns(tmp_path: Path) -> None:
    project = Project.again(tmp_path / "p", issued=False)
    was = read_book(project.master)
    field_line(project, "tasks.owner", heading="经办人")
    field_line(project, "tasks.risk", hidden="是")
    line = field_line(project, sheet="问题跟踪表", heading="客户")
    apply(project)
    assert verbs.undo(project.master, as_of=DAY, lang="zh").exit_code == 0
    book = read_book(project.master)
    assert (book.tables["Tasks"].headings, book.tables["Problems"].headings) == (
        was.tables["Tasks"].headings,
        was.tables["Problems"].headings,
    )
    assert not workbook_at(project.master)["任务跟踪表"].column_dimensions["N"].hidden
    verbs.redo(project.master, as_of=DAY, lang="zh")
    assert "经办人" in headings(project, "Tasks")
    assert headings(project, "Problems")[-1] == "客户"
    assert read_book(project.master).snapshot("字段").value(line, 11) == "problems.own_1"
    assert apply(project)["changes"] == []


def test_a_column_of_the_users_own_becomes_a_field_and_is_given_back(tmp_path: Path) -> None:
    project = Project.again(tmp_path / "p", issued=False)
    own_column(project, "Tasks", "合同额", {4: 12.5, 5: "约20万", 6: "不知道"})
    row = field_line(project, sheet="任务跟踪表", heading="合同额", holds="数字", filled_by="PMO")
    (change,) = apply(project)["changes"]
    assert (change["what"], change["unreadable"]) == ("adopted", 1)
    with opened(project.master, write=False, as_of=DAY, lang="zh") as session:
        assert session.tables["tasks"].get(0, "own_1") == 12.5
    assert [f["code"] for f in verbs.check(project.master, as_of=DAY, lang="zh").json["findings"] if f["field"] == "own_1"]
    field_line(project, row=row, **dict.fromkeys(c.id for c in load().service("fields").columns))
    assert [c["what"] for c in apply(project)["changes"]] == ["taken_out"]
    assert [tasks(project)[k]["合同额"] for k in ("RW-001", "RW-003")] == [12.5, "不知道"]
    field_line(project, sheet="任务跟踪表", heading="合同额", holds="文本")
    (again,) = apply(project)["changes"]
    assert (again["field"], again["what"]) == ("own_1", "adopted"), "the same field again, not a second one"


def test_another_kind_dresses_the_column_anew(tmp_path: Path) -> None:
    project = Project.again(tmp_path / "p", issued=False)
    row = field_line(project, sheet="任务跟踪表", heading="签约")
    apply(project)
    type_raw(project, "tasks", "RW-001", "签约", "2026-12-01")
    project.issue()
    untouched = project.reply("市场部", {("tasks", "RW-003"): {"签约": "2026-12-24"}}, "before")
    field_line(project, row=row, holds="日期")
    assert [c["what"] for c in apply(project)["changes"]] == ["kind"]
    book = workbook_at(project.master)["任务跟踪表"]
    col = next(c.column_letter for c in book[3] if c.value == "签约")
    assert {book[f"{col}{r}"].number_format for r in (4, 5, 6)} == {"yyyy-mm-dd"}
    assert [d.type for d in book.data_validations.dataValidation if str(d.sqref).startswith(f"{col}4")] == ["date"]
    with opened(project.master, write=False, as_of=DAY, lang="zh") as session:
        assert session.tables["tasks"].get(0, "own_1") == date(2026, 12, 1)
    type_raw(project, "tasks", "RW-001", "签约", date(2026, 12, 2))
    (account,) = project.consolidate(untouched).json["submissions"]
    assert (account["edits"], account["applied"]) == (1, 1), "the issued text is read as a day: RW-001 was not touched"
    assert tasks(project)["RW-003"]["签约"] == date(2026, 12, 24)
    project.issue()
    back = project.reply("市场部", {("tasks", "RW-001"): {"签约": date(2026, 12, 8)}}, "m")
    assert project.consolidate(back).json["submissions"][0]["applied"] == 1
    assert tasks(project)["RW-001"]["签约"] == date(2026, 12, 8)


def test_a_heading_that_a_formula_names_is_renamed_in_excel_only(tmp_path: Path) -> None:
    project = Project.again(tmp_path / "p", issued=False)
    type_formula(project, "任务跟踪表", "AE1", "COUNTA(Tasks[负责人])")
    field_line(project, "tasks.owner", heading="经办人")
    before = project.master.read_bytes()
    with pytest.raises(CollabError, match="fields_heading_used"):
        apply(project)
    assert project.master.read_bytes() == before
    renamed_in_excel(project, "任务跟踪表", "Tasks", "负责人", "经办人")
    assert [c["what"] for c in apply(project)["changes"]] == ["renamed"]
    assert not verbs.check(project.master, as_of=DAY, lang="zh").json.get("layout")
    assert apply(project)["changes"] == []


@pytest.fixture
def visited(tmp_path: Path) -> Iterator[Project]:
    """A project with a form of the user's own, made of TOML."""
    with installed(written(tmp_path / "forms", visits())):
        (tmp_path / "p").mkdir()
        yield Project.start(tmp_path / "p", forms="visits")


def test_a_form_of_ones_own_has_fields_of_its_own_too(visited: Project) -> None:
    fill_row(visited, "客户拜访表", {"visit_no": "BF-001", "customer": "甲公司", "unit": "研发部"})
    field_line(visited, sheet="客户拜访表", heading="有样品", holds="是否", on_page="是")
    assert [c["what"] for c in apply(visited)["changes"]] == ["added"]
    visited.issue()
    back = visited.reply("研发部", {("visits", "BF-001"): {"有样品": "是"}}, "m")
    assert visited.consolidate(back).json["submissions"][0]["applied"] == 1
    assert visited.data()["visits"]["BF-001"]["有样品"] == "是"
    verbs.week(visited.master, as_of=DAY, lang="zh")
    assert "有样品：是" in shown_on_page(visited)


def test_a_master_made_before_gets_the_sheet_with_the_upgrade(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as older:
        older.setattr(master, "SERVICES", tuple(s for s in master.SERVICES if s != "fields"))
        (tmp_path / "p").mkdir()
        project = Project.start(tmp_path / "p")
    with pytest.raises(CollabError, match="fields_no_sheet"):
        apply(project)
    assert "字段" in str(verbs.forms_upgrade(project.master, [], as_of=DAY, lang="zh").json["lists"])
    field_line(project, sheet="任务跟踪表", heading="客户")
    assert apply(project)["run"]
    added = verbs.forms_add(project.master, ["resources"], as_of=DAY, lang="zh").json
    assert added["added"]
    assert apply(project)["changes"] == [], "the fields of the new form have their lines"
    snap = read_book(project.master).snapshot("字段")
    assert "resources.need" in {snap.value(r, 11) for r in range(4, snap.last_row + 1)}


def test_the_fields_of_one_master_for_all(tmp_path: Path) -> None:
    one, other = (Project.again(tmp_path / name, issued=False) for name in ("one", "other"))
    field_line(one, sheet="任务跟踪表", heading="客户", holds="单选", words="甲公司、乙公司")
    field_line(one, "tasks.owner", heading="经办人")
    apply(one)
    asked = {"fields_from": one.master, "confirmed": True, "as_of": DAY, "lang": "zh", "progress": lambda *a: None}
    assert [m["state"] for m in verbs.portfolio_apply([other.master], write=False, **asked).json["masters"]] == ["change"]
    (done,) = verbs.portfolio_apply([other.master], **asked).json["masters"]
    assert (done["state"], len(done["changes"])) == ("done", 2)
    assert headings(other, "Tasks") == headings(one, "Tasks")
    assert apply(other)["changes"] == [], "its sheet 字段 says the same"
    assert [m["state"] for m in verbs.portfolio_apply([other.master], **asked).json["masters"]] == ["same"]
    verbs.undo(other.master, as_of=DAY, lang="zh")
    assert ("客户" in headings(other, "Tasks"), "负责人" in headings(other, "Tasks")) == (False, True)
    assert apply(other)["changes"] == []


def test_the_fields_of_a_master_in_the_other_language(tmp_path: Path) -> None:
    """The headings and words of the form are those of each master's language; what was typed stays as it was typed."""
    one, other = Project.again(tmp_path / "zh", issued=False), Project.again(tmp_path / "en", "en", issued=False)
    field_line(one, sheet="任务跟踪表", heading="客户", holds="单选", words="甲公司、乙公司")
    field_line(one, "tasks.owner", heading="经办人")
    field_line(one, "tasks.deliverable", required="是")
    apply(one)
    asked = {"fields_from": one.master, "confirmed": True, "as_of": DAY, "lang": "en", "progress": lambda *a: None}
    (done,) = verbs.portfolio_apply([other.master], **asked).json["masters"]
    assert (done["state"], len(done["changes"])) == ("done", 3)
    assert {"客户", "经办人", "Deliverable", "Planned end"} <= set(headings(other, "Tasks"))
    with opened(other.master, write=False, as_of=DAY, lang="en") as session:
        form = session.schema.form("tasks")
        assert form.field("deliverable").required
        assert [c.label["en"] for c in form.field("own_1").choices] == ["甲公司", "乙公司"]
    assert [m["state"] for m in verbs.portfolio_apply([other.master], **asked).json["masters"]] == ["same"]


def test_a_field_refers_to_rows_of_another_form(tmp_path: Path, lang: str) -> None:
    project = Project.again(tmp_path / "p", lang, issued=False)
    sheet, risk, kind = {
        "zh": ("任务跟踪表", "相关问题", "引用编号"),
        "en": ("Tasks", "Related problem", "Reference"),
    }[lang]
    row = field_line(project, sheet=sheet, heading=risk, holds=kind)
    (fault,) = apply(project)["faults"]
    assert fault["fault"] == "no_target"
    field_line(project, row=row, words={"zh": "问题跟踪表", "en": "Problems"}[lang])
    assert [c["what"] for c in apply(project)["changes"]] == ["added"]
    project.issue()
    project.consolidate(project.reply("研发部", {("tasks", "RW-002"): {risk: "WT-001"}}, "one"))
    type_raw(project, "tasks", "RW-001", risk, "WT-999")
    assert [tasks(project)[key][risk] for key in ("RW-001", "RW-002")] == ["WT-999", "WT-001"]
    found = verbs.check(project.master, as_of=DAY, write=False, lang=lang).json["findings"]
    assert [(f["code"], f["row_id"]) for f in found if f["found"] == "WT-999"] == [("R302", "RW-001")]
    other = Project.again(tmp_path / "other", lang, issued=False)
    asked = {"fields_from": project.master, "confirmed": True, "as_of": DAY, "lang": lang, "progress": lambda *a: None}
    assert [m["state"] for m in verbs.portfolio_apply([other.master], **asked).json["masters"]] == ["done"]
    assert apply(other)["changes"] == []
    verbs.undo(project.master, as_of=DAY, lang=lang)


def test_a_newer_form_comes_beside_fields_of_ones_own(tmp_path: Path) -> None:
    """New columns behind the own ones; a new field with the heading of an own one takes its column over; names given here stay."""
    project = Project.again(tmp_path / "p", issued=False)
    with installed(written(tmp_path / "first", first())):
        verbs.forms_add(project.master, ["visits"], as_of=DAY, lang="zh")
        field_line(project, sheet="客户拜访表", heading="样品")
        field_line(project, sheet="客户拜访表", heading="客户等级")
        field_line(project, "visits.customer", heading="客户全称")
        assert len(apply(project)["changes"]) == 3
        had = headings(project, "Visits")
    with installed(written(tmp_path / "second", second())):
        done = verbs.forms_upgrade(project.master, [], as_of=DAY, lang="zh").json
        assert [u["columns"] for u in done["upgraded"]] == [["回访日期", "进度"]]
        assert headings(project, "Visits") == (*had, "回访日期", "进度")
        with opened(project.master, write=False, as_of=DAY, lang="zh") as session:
            form, columns = session.schema.form("visits"), session.tables["visits"].columns
            assert (form.field("customer").heading["zh"], form.known("own_1") is not None) == ("客户全称", True)
            assert columns["weight"] == 1 + had.index("客户等级")
            assert "own_2" not in columns
        verbs.check(project.master, as_of=DAY, lang="zh")
        project.issue()
        assert [f["fault"] for f in apply(project)["faults"]] == ["heading_taken"], "the own line is to be deleted now"
        verbs.undo(project.master, as_of=DAY, lang="zh")
        assert headings(project, "Visits") == had


def test_a_heading_as_long_as_excel_allows(tmp_path: Path) -> None:
    """It was accepted and then not found: no pack could be issued until it was shortened."""
    project = Project.again(tmp_path / "p", issued=False)
    long = "验收时由客户方与我方共同确认的" * 17
    assert len(long) == 255
    field_line(project, sheet="任务跟踪表", heading=long, holds="文本")
    assert not apply(project)["faults"]
    project.issue()
    project.consolidate(project.reply("市场部", {("tasks", "RW-001"): {long: "已确认"}}, "a"))
    assert tasks(project)["RW-001"][long] == "已确认"


def test_a_date_stays_a_date_where_the_kind_becomes_another(tmp_path: Path) -> None:
    """It became 46329 on the sheet, in packs and for the reader; a number that nobody had typed."""
    project = Project.again(tmp_path / "p", issued=False)
    line = field_line(project, sheet="任务跟踪表", heading="签约日", holds="日期")
    apply(project)
    type_raw(project, "tasks", "RW-001", "签约日", date(2026, 11, 3))
    type_raw(project, "tasks", "RW-002", "签约日", "待定")
    field_line(project, row=line, holds="文本")
    assert apply(project)["faults"] == []
    assert [tasks(project)[key]["签约日"] for key in ("RW-001", "RW-002")] == [date(2026, 11, 3), "待定"]
    project.issue()
    book = workbook_at(project.packs["市场部"])
    sheet = next(ws for ws in book if "Tasks" in ws.tables)
    assert "2026-11-03" in {cell.value for row in sheet.iter_rows() for cell in row}
    field_line(project, row=line, holds="数字")
    assert [change["what"] for change in apply(project)["changes"]] == ["kind"]
    wrong = [f["row_id"] for f in verbs.check(project.master, as_of=DAY, lang="zh").json["findings"] if f["field"] == "own_1"]
    assert "RW-001" in wrong, "a date is no amount"
    for _ in range(2):
        verbs.undo(project.master, as_of=DAY, lang="zh")
    assert tasks(project)["RW-001"]["签约日"] == date(2026, 11, 3)


@pytest.mark.parametrize("before", ["文本", "数字", "单选", "日期"])
def test_a_column_becomes_one_of_moments_and_back(tmp_path: Path, before: str) -> None:
    """The colour that hides an hour nobody gave was taken for something that must not change: nothing was applied, nothing undone."""
    project = Project.again(tmp_path / "p", issued=False)
    line = field_line(project, sheet="任务跟踪表", heading="时刻", holds=before, words="甲、乙" if before == "单选" else None)
    apply(project)
    field_line(project, row=line, holds="日期时间", words=None)
    assert [c["what"] for c in apply(project)["changes"]] == ["kind"]
    type_raw(project, "tasks", "RW-001", "时刻", datetime(2026, 11, 3, 14, 30))
    field_line(project, row=line, holds="文本")
    apply(project)
    colours = re.findall(r"AND\(ISNUMBER\((\$[A-Z]+4)\),\1=INT", sheet_xml(project, "Tasks"))
    assert colours == [], "a text has no hour to hide"
    for _ in range(2):
        verbs.undo(project.master, as_of=DAY, lang="zh")
    verbs.redo(project.master, as_of=DAY, lang="zh")
    colours = re.findall(r"AND\(ISNUMBER\((\$[A-Z]+4)\),\1=INT", sheet_xml(project, "Tasks"))
    assert len(colours) == 1, "and only once"
    assert tasks(project)["RW-001"]["时刻"] == datetime(2026, 11, 3, 14, 30)


def test_a_column_of_moments_that_was_taken_out_comes_back_as_it_was(tmp_path: Path) -> None:
    """Its days came back with an hour that nobody had given: 2026-11-03 00:00."""
    project = Project.again(tmp_path / "p", issued=False)
    line = field_line(project, sheet="任务跟踪表", heading="时刻", holds="日期时间")
    apply(project)
    type_raw(project, "tasks", "RW-001", "时刻", date(2026, 11, 3))
    blank = dict.fromkeys((column.id for column in load().service("fields").columns), None)
    field_line(project, row=line, **blank)
    assert [c["what"] for c in apply(project)["changes"]] == ["taken_out"]
    field_line(project, row=line, sheet="任务跟踪表", heading="时刻", holds="日期时间")
    assert [c["what"] for c in apply(project)["changes"]] == ["adopted"]
    assert len(re.findall(r"AND\(ISNUMBER\((\$[A-Z]+4)\),\1=INT", sheet_xml(project, "Tasks"))) == 1


def sheet_xml(project: Project, table: str) -> str:
    structure = Structure(Package(project.master.read_bytes()))
    return structure.package.read(structure.sheets[structure.tables[table][0].sheet].part).decode()


def test_a_number_stays_what_it_says_where_the_kind_becomes_percent_or_back(tmp_path: Path) -> None:
    """12.5 was shown as 1250 % and could not be read; 12.5 % as the number 0.13; 30 as the day 1900-01-30."""
    project = Project.again(tmp_path / "p", issued=False)
    line = field_line(project, sheet="任务跟踪表", heading="占比", holds="数字")
    apply(project)
    for key, number in (("RW-001", 12.5), ("RW-002", 80), ("RW-003", 0.3)):
        type_raw(project, "tasks", key, "占比", number)
    field_line(project, row=line, holds="百分比")
    apply(project)
    with opened(project.master, write=False, as_of=DAY, lang="zh") as session:
        assert [session.tables["tasks"].get(i, "own_1") for i in range(3)] == [0.125, 0.8, 0.3]
    assert shown_in(project, "占比") == ["12.5", "80", "30%"]
    project.issue()
    type_raw(project, "tasks", "RW-001", "占比", 0.125)
    field_line(project, row=line, help="占全部工作的比例")
    apply(project)
    assert shown_in(project, "占比")[1] == "80", "dressed anew it still shows what it says"

    field_line(project, row=line, holds="文本")
    apply(project)
    with opened(project.master, write=False, as_of=DAY, lang="zh") as session:
        assert session.tables["tasks"].get(2, "own_1") == "30%"
    field_line(project, row=line, holds="日期")
    apply(project)
    wrong = {f["row_id"] for f in verbs.check(project.master, as_of=DAY, lang="zh").json["findings"] if f["field"] == "own_1"}
    assert "RW-002" in wrong, "80 is no day"
    assert shown_in(project, "占比")[1] == "80"


def shown_in(project: Project, heading: str) -> list[str]:
    """The cells of the first three rows as their number formats show them."""
    sheet = workbook_at(project.master)["任务跟踪表"]
    col = next(c.column_letter for c in sheet[3] if c.value == heading)
    cells = [sheet[f"{col}{row}"] for row in (4, 5, 6)]
    return [str(shown_as(c.value, c.number_format, "zh", False) or c.value) for c in cells]
