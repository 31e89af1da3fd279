"""The annotated return in a project: made by collect and consolidate, mended, sent again, read as if it had never been marked."""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import returned_books as rb
from judges import findings_of, missing, structural_findings
from samples import sample
from workbooks import workbook_at

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from small_project import DAY, Project, stamp

from collab_xl import verbs
from collab_xl.book.annotate import unmarked
from collab_xl.book.annotate_styles import AMBER, RED
from collab_xl.book.read import read_book
from collab_xl.verbs.receiving.returning import _safe
from collab_xl.verbs.report import Report, no_progress

WRONG = {
    ("tasks", "RW-001"): {"progress": "120%", "status": "差不多", "actual_end": "2026-13-05"},
    ("tasks", "RW-003"): {"progress": "八成", "status": "进行中", "risk": "素材未到"},
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.start(tmp_path_factory.mktemp("made"))
    project.issue()
    return project


@pytest.fixture
def project(made: Project, tmp_path: Path) -> Project:
    return made.copy(tmp_path / "p")


def returned(report: Report) -> list[dict[str, Any]]:
    return list(report.json["returned"])


def collect(project: Project, *inputs: Path, department: str | None = None) -> Report:
    return verbs.collect(project.master, list(inputs), department=department, as_of=DAY, write=True, lang="zh", progress=no_progress)


def sheet_and_cells(path: Path, colour: str = RED) -> dict[tuple[str, str], str]:
    """(sheet, cell) of every cell of a colour → its comment."""
    workbook = workbook_at(path)
    return {
        (ws.title, c.coordinate): c.comment.text if c.comment else ""
        for ws in workbook.worksheets[1:]
        for row in ws.iter_rows()
        for c in row
        if c.fill.fgColor.rgb == colour
    }


def mended(path: Path, target: Path, values: dict[tuple[str, str], object], hour: int = 15) -> Path:
    """The returned file as a liaison corrects it: cells typed, everything of ours left where it is."""
    from datetime import datetime

    workbook = workbook_at(path)
    for (sheet, cell), value in values.items():
        workbook[sheet][cell].value = value
    workbook.save(target)
    stamp(target, datetime(2026, 11, 20, hour))
    return target


def test_wrong_cells_come_back_red_and_the_pack_stays_protected_and_whole(project: Project) -> None:
    sent = project.reply("市场部", WRONG, "市场部")
    before = sent.read_bytes()
    report = project.consolidate(sent)
    (item,) = returned(report)
    path = Path(item["path"])
    assert (item["department"], item["errors"], item["cells"], item["notes_path"]) == ("市场部", 3, 3, None)
    assert path.parent.parent == Path(report.json["returned_to"]) == project.master.with_suffix(".collab") / "returned" / report.json["run"]
    assert path.name == sent.name
    assert set(sheet_and_cells(path)) == {("任务跟踪表", c) for c in ("L4", "M4", "N4")}
    assert all("【校验" in said and "处理：" in said for said in sheet_and_cells(path).values())
    assert sent.read_bytes() == before
    archived = project.master.with_suffix(".collab") / "archive" / hashlib.sha256(before).hexdigest()
    assert archived.read_bytes() == before
    was, now = rb.seen(before), rb.seen(path.read_bytes())
    for sheet, _ in was["sheets"]:
        assert now[sheet]["protected"] == was[sheet]["protected"]
        assert now[sheet]["tables"] == was[sheet]["tables"]
        assert now[sheet]["rules"] == was[sheet]["rules"]
    assert was["任务跟踪表"]["protected"][0]
    assert rb.seen(unmarked(path.read_bytes())) == was


def test_a_return_adds_nothing_a_validator_minds(project: Project, tmp_path: Path) -> None:
    """The pack as we issued it, one cell typed without another program in between."""
    pack = project.packs["市场部"].read_bytes()
    strings = rb.parts(pack)["xl/sharedStrings.xml"]
    typed = strings.replace("<t>未开始</t>".encode(), "<t>差不多了吧</t>".encode())
    assert typed != strings
    sent = tmp_path / "typed.xlsx"
    sent.write_bytes(rb.rezipped(pack, {"xl/sharedStrings.xml": typed}))
    (item,) = returned(project.consolidate(sent))
    assert item["errors"] > 0
    assert findings_of(Path(item["path"])) == []


def test_the_mended_return_is_read_without_our_marks_and_loses_its_findings(project: Project, tmp_path: Path) -> None:
    first = project.consolidate(project.reply("市场部", WRONG, "市场部"))
    path = Path(returned(first)[0]["path"])
    again = mended(path, tmp_path / path.name, {("任务跟踪表", "L4"): 0.9, ("任务跟踪表", "M4"): "进行中", ("任务跟踪表", "N4"): None})
    report = project.consolidate(again)
    assert returned(report) == []
    assert project.value("tasks", "RW-001", "progress") == 0.9
    account = report.json["submissions"][0]
    assert account["edits"] == sum(account[n] for n in ("applied", "same", "conflicts", "rights", "not_cleared", "unreadable", "excluded"))
    assert account["unreadable"] == 0
    assert [f for f in project.listed("findings") if str(f["code"]).startswith("H")] == []
    assert not any("校验" in str(f) for f in project.listed("findings"))


def test_one_cell_mended_leaves_the_others_marked(project: Project, tmp_path: Path) -> None:
    path = Path(returned(project.consolidate(project.reply("市场部", WRONG, "市场部")))[0]["path"])
    report = project.consolidate(mended(path, tmp_path / path.name, {("任务跟踪表", "L4"): "90%"}))
    (item,) = returned(report)
    assert set(sheet_and_cells(Path(item["path"]))) == {("任务跟踪表", "M4"), ("任务跟踪表", "N4")}
    sheets = workbook_at(item["path"]).sheetnames
    assert sheets.count("校验说明") == 1
    assert not [s for s in sheets if s.startswith("校验说明 (")]


def test_sent_again_as_it_is_it_gets_the_same_marks(project: Project, tmp_path: Path) -> None:
    first = Path(returned(project.consolidate(project.reply("市场部", WRONG, "市场部")))[0]["path"])
    second = tmp_path / "again.xlsx"
    shutil.copyfile(first, second)
    (item,) = returned(project.consolidate(second))
    a, b = rb.seen(first.read_bytes()), rb.seen(Path(item["path"]).read_bytes())
    for sheet, _ in a["sheets"][1:-1]:
        assert a[sheet] == b[sheet]


def test_collect_returns_what_reading_found_and_consolidate_what_merging_found(project: Project) -> None:
    sent = project.reply("市场部", WRONG, "市场部")
    assert [i["cells"] for i in returned(collect(project, sent))] == [3]
    assert [i["cells"] for i in returned(project.consolidate())] == [3]


def test_the_list_in_the_master_leads_to_the_cell_in_what_goes_back(project: Project) -> None:
    report = project.consolidate(project.reply("市场部", WRONG, "市场部"))
    workbook = workbook_at(project.master)
    sheet = next(ws for ws in workbook if "Findings" in ws.tables)
    links = [str(c.value) for row in sheet.iter_rows() for c in row if str(c.value).startswith("=HYPERLINK")]
    target = Path(returned(report)[0]["path"]).relative_to(project.master.parent).as_posix()
    assert f"""=HYPERLINK("{target}#'任务跟踪表'!L4","L4")""" in links
    (row,) = [r for r in project.listed("findings") if r["cell"] == "L4"]
    assert (row["department"], row["file"], row["count"]) == ("市场部", "市场部.xlsx", 1)


def test_many_wrong_cells_are_one_line_in_the_master_and_each_marked_in_the_return(project: Project) -> None:
    cells = {("problems", f"+{n}"): {"description": f"问题{n}", "raised_at": "昨天"} for n in range(5)}
    report = project.consolidate(project.reply("市场部", cells, "市场部"))
    (line,) = [r for r in project.listed("findings") if r["code"] == "V206"]
    assert (line["count"], line["cell"]) == (5, "F4")
    assert "第 4–8 行" in str(line["message"])
    assert report.json["findings"] == 5
    assert len(sheet_and_cells(Path(returned(report)[0]["path"]))) == 5
    home = read_book(project.master)
    sheet, area = home.names["home_errors"]
    assert home.snapshot(sheet).value(area.first_row, area.first_col) == 5


def test_a_master_from_before_the_new_columns_goes_without_them(project: Project) -> None:
    """A PMO who deleted the columns, or a master made by an older version."""
    workbook = workbook_at(project.master)
    sheet = next(ws for ws in workbook if "Findings" in ws.tables)
    table = sheet.tables["Findings"]
    row = sheet[table.ref.split(":")[0]].row
    for cell in sheet[row]:
        if cell.value in ("处数", "部门", "报送文件"):
            index = next(n for n, c in enumerate(table.tableColumns) if c.name == cell.value)
            cell.value = table.tableColumns[index].name = f"自己的{index}"
    workbook.save(project.master)
    report = project.consolidate(project.reply("市场部", WRONG, "市场部"))
    assert report.json["run"]
    assert len([r for r in project.listed("findings") if r["code"]]) == report.json["findings"]


def test_what_goes_back_says_too_where_a_row_contradicts_itself(project: Project) -> None:
    wrong = {
        ("tasks", "RW-001"): {"actual_end": "2026-13-05"},
        ("tasks", "RW-003"): {"progress": "60%", "status": "已完成", "actual_end": "2026-11-20"},
    }
    report = project.consolidate(project.reply("市场部", wrong, "市场部"))
    (item,) = returned(report)
    assert (item["errors"], item["warnings"]) == (1, 1)
    amber = sheet_and_cells(Path(item["path"]), AMBER)
    assert ["V106" in said for said in amber.values()] == [True]
    assert all(cell.endswith("5") for _, cell in amber)


def test_a_good_submission_returns_nothing_and_makes_no_folder(project: Project) -> None:
    report = project.consolidate(project.reply("市场部", {("tasks", "RW-001"): {"progress": 0.9}}, "市场部"))
    assert (returned(report), report.json["returned_to"], report.notes) == ([], None, ())
    assert not (project.master.with_suffix(".collab") / "returned").exists()


def test_without_writing_nothing_is_returned(project: Project) -> None:
    sent = project.reply("市场部", WRONG, "市场部")
    report = verbs.consolidate(project.master, [sent], as_of=DAY, write=False, lang="zh", progress=no_progress)
    assert returned(report) == []
    assert not (project.master.with_suffix(".collab") / "returned").exists()


def test_a_disk_that_refuses_is_a_remark_and_the_run_is_done(project: Project) -> None:
    (project.master.with_suffix(".collab") / "returned").write_text("in the way")
    report = project.consolidate(project.reply("市场部", WRONG, "市场部"))
    assert report.json["run"]
    assert returned(report) == []
    assert len(report.notes) == 1
    assert "市场部.xlsx" in report.notes[0]
    assert project.value("tasks", "RW-003", "risk") == "素材未到"


def test_two_files_of_one_name_do_not_cover_each_other(project: Project, tmp_path: Path) -> None:
    one = project.reply("市场部", WRONG, "市场部")
    (tmp_path / "b").mkdir()
    other = shutil.copyfile(
        project.reply("市场部", {("tasks", "RW-001"): {"status": "快了"}}, "二", hour=13), tmp_path / "b" / "市场部.xlsx"
    )
    items = returned(project.consolidate(one, Path(other)))
    assert sorted(Path(i["path"]).name for i in items) == ["市场部 (2).xlsx", "市场部.xlsx"]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("填报包_研发部.xlsx", "填报包_研发部.xlsx"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("CON.xlsx", "_CON.xlsx"),
        ("a<b>:c?.xlsx", "a_b__c_.xlsx"),
        ("..", "_"),
        ("研" * 120 + ".xlsx", "研" * 66 + ".xlsx"),
        ("第3.1版 2026.11.20 汇总说明", "第3.1版 2026.11.20 汇总说明"),
    ],
)
def test_names_every_system_takes(name: str, kept: str) -> None:
    assert _safe(name) == kept


# Files that are no packs.


def tracker(folder: Path, name: str = "手工.xlsx", when: str = "2026-13-05") -> Path:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = "跟踪"
    sheet.append(["研发任务"])
    sheet.append(["任务ID", "任务名称", "负责部门", "负责人", "计划结束时间", "当前进度", "我们的列"])
    sheet.append(["RW-002", "接口联调", "研发部", "*主管", when, "30%", "自己的"])
    sheet.append(["RW-900", "压测", "研发部", "*主管", "2026-12-01", "130%", None])
    path = folder / name
    workbook.save(path)
    return path


def test_a_foreign_tracker_comes_back_and_is_read_again_as_without_marks(project: Project, tmp_path: Path) -> None:
    first = collect(project, tracker(tmp_path))
    (item,) = returned(first)
    assert set(sheet_and_cells(Path(item["path"]))) == {("跟踪", "E3"), ("跟踪", "F4")}
    assert workbook_at(item["path"])["跟踪"]["H2"].value == "校验结果"

    def read(path: Path) -> dict[str, Any]:
        report = verbs.import_tracker(
            tmp_path / "neu.xlsx", [path], as_of=DAY, write=False, confirmed=False, confirm=lambda q: False, explain=False,
            answers=(), department=None, lang="zh", show=None,
        )  # fmt: skip
        return dict(report.json)

    assert read(Path(item["path"])) == read(tmp_path / "手工.xlsx")


def test_a_sample_with_wrong_cells(project: Project, tmp_path: Path) -> None:
    source = sample("02")
    report = collect(project, source, department="研发部")
    (item,) = returned(report)
    assert item["errors"] > 0
    assert structural_findings(Path(item["path"])) == structural_findings(source)
    assert rb.seen(unmarked(Path(item["path"]).read_bytes())) == rb.seen(source.read_bytes())


def test_a_file_without_any_table_comes_back_with_the_reason(project: Project, tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    workbook.active["A1"] = "通知"
    workbook.save(tmp_path / "通知.xlsx")
    (item,) = returned(collect(project, tmp_path / "通知.xlsx", department="研发部"))
    assert item["refused"] == "S130"
    notes = workbook_at(item["path"]).worksheets[0]
    said = " ".join(str(c.value) for row in notes.iter_rows() for c in row if c.value)
    assert "没有收下" in said
    assert "请这样处理" in said


def test_macros_are_explained_and_stay_in_quarantine(project: Project, tmp_path: Path) -> None:
    (tmp_path / "宏.xlsm").write_bytes(rb.book(suffix=".xlsm"))
    (item,) = returned(collect(project, tmp_path / "宏.xlsm", department="研发部"))
    assert item["refused"] in ("S103", "S121")
    assert (item["path"], Path(item["notes_path"]).name) == (None, "校验说明_宏.xlsx")
    assert not list((project.master.with_suffix(".collab") / "returned").rglob("*.xlsm"))
    assert findings_of(Path(item["notes_path"])) == []


def test_text_comes_back_untouched_with_separate_notes(project: Project, tmp_path: Path) -> None:
    source = tmp_path / "任务.csv"
    source.write_text("任务ID,任务名称,负责部门,计划结束时间,当前进度\nRW-002,接口联调,研发部,2026-13-05,30%\n", encoding="utf-8-sig")
    (item,) = returned(collect(project, source))
    assert Path(item["path"]).read_bytes() == source.read_bytes()
    notes = workbook_at(item["notes_path"]).worksheets[0]
    assert any("2026-13-05" in str(c.value) for row in notes.iter_rows() for c in row)


# Other programs.


def test_libreoffice_opens_it_and_saved_by_it_the_marks_still_come_off(project: Project, tmp_path: Path) -> None:
    office = shutil.which("soffice")
    if office is None:
        missing("LibreOffice")
    path = Path(returned(project.consolidate(project.reply("市场部", WRONG, "市场部")))[0]["path"])
    (tmp_path / "plain.xlsx").write_bytes(unmarked(path.read_bytes()))
    shutil.copyfile(path, tmp_path / "returned.xlsx")
    out = tmp_path / "saved"
    words = [str(office), f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless", "--convert-to"]
    files = [str(tmp_path / "plain.xlsx"), str(tmp_path / "returned.xlsx")]
    subprocess.run([*words, "xlsx:Calc MS Excel 2007 XML", "--outdir", str(out), *files], check=True, capture_output=True, timeout=120)
    saved = (out / "returned.xlsx").read_bytes()
    assert workbook_at(io.BytesIO(saved))["任务跟踪表"]["L4"].fill.fgColor.rgb == RED
    plain, back = read_book((out / "plain.xlsx").read_bytes()), read_book(unmarked(saved))
    assert list(back.sheets) == list(plain.sheets)
    for sheet in plain.sheets:
        a, b = plain.snapshot(sheet), back.snapshot(sheet)
        assert (a.cells, a.comments, a.merges) == (b.cells, b.comments, b.merges)
    assert RED not in str(rb.seen(unmarked(saved)))


def test_a_return_of_nobody_known_is_handed_over_by_hand(project: Project, tmp_path: Path) -> None:
    """A damaged file says of no department; to mail it to one is no help."""
    bad = tmp_path / "坏.xlsx"
    bad.write_bytes(b"PK\x03\x04 cut off")
    report = verbs.collect(project.master, [bad], as_of=DAY, lang=project.lang, progress=no_progress)
    assert [item["department"] for item in report.json["returned"]] == [None]
    assert (report.next.key, report.next.verb) == ("returns_by_hand", "")
    assert str(report.json["returned_to"]) in report.next.as_command(project.lang)
    sent = verbs.send(project.master, "returns", as_of=DAY, lang=project.lang, progress=no_progress)
    assert {mail["held"] for mail in sent.json["mails"]} == {"no_department"}
