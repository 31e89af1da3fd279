"""A marked cell of a returned workbook says what became of its content."""

from __future__ import annotations

import shutil
import warnings
from datetime import date, datetime
from pathlib import Path

import pytest
from small_project import DAY, Project, fill_pack, stamp, type_into
from workbooks import workbook_at

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.catalogue import LANGS, text
from collab_xl.forms import load
from collab_xl.plan.lists import columns_of

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
SOON = "大概月底"


@pytest.fixture(params=LANGS)
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    return Project.again(tmp_path / "p", request.param)


def told(project: Project, key: str, field: str) -> str:
    """Our comment on a cell of the workbook returned last."""
    back = max((project.master.with_suffix(".collab") / "returned").rglob("*.xlsx"), key=lambda p: p.stat().st_mtime_ns)
    workbook = workbook_at(back)
    form = load().form("tasks")
    sheet = next(ws for ws in workbook if form.table in ws.tables)
    head = sheet[sheet.tables[form.table].ref.split(":")[0]].row
    columns = {c.value: c.column for c in sheet[head] if c.value}
    wanted = [r for r in range(head + 1, sheet.max_row + 1) if sheet.cell(r, columns[form.key.heading[project.lang]]).value == key]
    comment = sheet.cell(wanted[0], columns[form.field(field).heading[project.lang]]).comment
    return comment.text if comment else ""


def fate(project: Project, name: str, **facts: object) -> str:
    return text(f"plan.returned.fate.{name}", project.lang, **facts)


def done_word(project: Project) -> str:
    return next(c.label[project.lang] for c in load().form("tasks").field("status").choices if c.id == "done")


def verdict(project: Project, key: str, word: str, why: str) -> None:
    """The PMO decides every question about a row, with a reason, and runs resolve."""
    book, service = read_book(project.master), load().service("conflicts")
    ref = book.tables[service.table]
    col, snap = columns_of(ref, service), book.snapshot(ref.sheet)
    rows = [r for r in range(ref.data.first_row, ref.data.last_row + 1) if snap.value(r, col["row_key"]) == key]
    assert rows
    said = text(f"model.word.{word}", project.lang)
    type_into(project.master, ref.sheet, {(r, col[c]): v for r in rows for c, v in (("decision", said), ("why", why))})
    verbs.resolve(project.master, as_of=DAY, lang=project.lang)


def test_merged_with_a_remark_and_not_merged(project: Project) -> None:
    done = next(c.label[project.lang] for c in load().form("tasks").field("status").choices if c.id == "done")
    reply = project.reply("研发部", {("tasks", "RW-002"): {"progress": "60%", "status": done, "actual_end": SOON}}, "reply")
    project.consolidate(reply)
    assert project.value("tasks", "RW-002", "progress") == 0.6
    assert fate(project, "merged") in told(project, "RW-002", "progress")
    assert fate(project, "unread") in told(project, "RW-002", "actual_end")


def test_a_column_missing_in_the_master_is_no_work_for_the_department(project: Project) -> None:
    heading = load().form("tasks").field("actual_end").heading[project.lang]
    reply = project.reply("研发部", {("tasks", "RW-002"): {"actual_end": SOON}}, "reply")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        workbook = workbook_at(project.master)
        sheet = next(ws for ws in workbook if "Tasks" in ws.tables)
        next(c for row in sheet.iter_rows(max_row=5) for c in row if c.value == heading).value = "x"
        next(c for c in sheet.tables["Tasks"].tableColumns if c.name == heading).name = "x"
        workbook.save(project.master)
    project.consolidate(reply)
    assert fate(project, "later") in told(project, "RW-002", "actual_end")


def test_a_cell_that_is_not_the_departments_waits_for_consent(project: Project) -> None:
    project.consolidate(project.reply("研发部", {("tasks", "RW-002"): {"end": SOON, "actual_end": SOON}}, "reply"))
    assert fate(project, "rights") in told(project, "RW-002", "end")
    assert fate(project, "unread") in told(project, "RW-002", "actual_end")


def test_a_conflict_waits_for_the_pmo(project: Project) -> None:
    """The PMO has changed the progress too; 完成 at 60 % is marked as well."""
    done = next(c.label[project.lang] for c in load().form("tasks").field("status").choices if c.id == "done")
    reply = project.reply("研发部", {("tasks", "RW-002"): {"progress": "60%", "status": done, "actual_end": SOON}}, "reply")
    project.type(("tasks", "RW-002", "progress", 0.9))
    project.consolidate(reply)
    assert project.value("tasks", "RW-002", "progress") == 0.9
    assert fate(project, "waits") in told(project, "RW-002", "progress")


def test_a_returned_workbook_with_fates_comes_back_clean(project: Project) -> None:
    """Sent again with the marked cell mended, only that cell is an edit: the marks and their words are taken off."""
    project.consolidate(project.reply("研发部", {("tasks", "RW-002"): {"actual_end": SOON, "progress": "60%"}}, "reply"))
    back = max((project.master.with_suffix(".collab") / "returned").rglob("*.xlsx"), key=lambda p: p.stat().st_mtime_ns)
    mended = project.folder / "inbox" / "mended.xlsx"
    shutil.copyfile(back, mended)
    fill_pack(mended, {("tasks", "RW-002"): {"actual_end": date(2026, 11, 19)}}, project.lang, datetime(2026, 11, 20, 15))
    (account,) = project.consolidate(mended).json["submissions"]
    assert (account["edits"], account["applied"]) == (1, 1)
    assert project.value("tasks", "RW-002", "actual_end") == date(2026, 11, 19)


def test_what_the_pmo_refused_or_put_off_says_so_with_the_reason(project: Project) -> None:
    """A second file of the pack repeats the value: no edit, no question, but the marked cell is not in the master."""
    wrote = {"progress": "60%", "status": done_word(project), "actual_end": SOON}
    project.type(("tasks", "RW-002", "progress", 0.9))
    project.consolidate(project.reply("研发部", {("tasks", "RW-002"): wrote}, "first"))
    verdict(project, "RW-002", "postpone", "等评审会")
    project.consolidate(project.reply("研发部", {("tasks", "RW-002"): {**wrote, "risk": "甲"}}, "second", 13))
    assert fate(project, "put_off_because", reason="等评审会") in told(project, "RW-002", "progress")
    verdict(project, "RW-002", "do_not_use", "以验收单为准")
    project.consolidate(project.reply("研发部", {("tasks", "RW-002"): {**wrote, "risk": "甲乙"}}, "third", 14))
    assert fate(project, "refused_because", reason="以验收单为准") in told(project, "RW-002", "progress")
    assert project.value("tasks", "RW-002", "progress") == 0.9


def test_a_refused_value_that_a_newer_pack_says_again_is_asked_again(project: Project) -> None:
    wrote = {"progress": "60%", "status": done_word(project), "actual_end": SOON}
    project.type(("tasks", "RW-002", "progress", 0.9))
    project.consolidate(project.reply("研发部", {("tasks", "RW-002"): wrote}, "first"))
    verdict(project, "RW-002", "do_not_use", "以验收单为准")
    project.packs = {"": project.master}  # an hour later
    project.issue()
    project.consolidate(project.reply("研发部", {("tasks", "RW-002"): wrote}, "next", 15))
    assert fate(project, "waits_again_because", reason="以验收单为准") in told(project, "RW-002", "progress")


def test_what_waits_to_be_passed_names_the_rule(project: Project) -> None:
    project.consolidate(project.reply("研发部", {("tasks", "RW-002"): {"progress": 0.1, "status": done_word(project)}}, "reply"))
    rule = text("rules.passing.back", project.lang)
    assert fate(project, "review", rule=rule) in told(project, "RW-002", "progress")
    lacking = load().form("tasks").field("actual_end").heading[project.lang]
    unfinished = text("rules.passing.incomplete", project.lang, fields=lacking)
    assert told(project, "RW-002", "status").count(unfinished) == 1


def test_what_a_newer_file_has_replaced_names_the_file_and_its_time(project: Project) -> None:
    older = project.reply("研发部", {("tasks", "RW-002"): {"progress": "60%", "status": done_word(project), "actual_end": SOON}}, "old", 10)
    project.consolidate(project.reply("研发部", {("tasks", "RW-002"): {"progress": "40%"}}, "new", 12))
    project.consolidate(older)
    by = fate(project, "overtaken_by", file="new.xlsx", when="2026-11-20 12:00")
    assert by in told(project, "RW-002", "progress")
    assert project.value("tasks", "RW-002", "progress") == 0.4


def test_a_row_whose_id_is_not_clear_says_so_in_its_cells(project: Project) -> None:
    """The row was copied over another one, its hidden ID too."""
    reply = project.reply("市场部", {("tasks", "RW-001"): {"progress": "60%", "status": done_word(project)}}, "reply")
    workbook = workbook_at(reply)
    form = load().form("tasks")
    sheet = next(ws for ws in workbook if form.table in ws.tables)
    head = sheet[sheet.tables[form.table].ref.split(":")[0]].row
    for column in range(1, sheet.max_column + 1):
        sheet.cell(head + 2, column).value = sheet.cell(head + 1, column).value
    workbook.save(reply)
    stamp(reply, datetime(2026, 11, 20, 12))
    project.consolidate(reply)
    assert fate(project, "blocked") in told(project, "RW-001", "progress")


def lines_about(project: Project, department: str) -> list[tuple[str, ...]]:
    """“Of what you sent last time” in the department's next pack."""
    project.packs = {"": project.master, "x": project.master}  # two hours later
    project.issue()
    page = workbook_at(project.packs[department]).worksheets[0]
    lines = [tuple(str(cell.value or "") for cell in row[1:6]) for row in page.iter_rows() if row[1].value]
    heads = [n for n, line in enumerate(lines) if line[0] == text("build.front.section_replies", project.lang)]
    return lines[heads[0] + 1 :] if heads else []


def reply_word(project: Project, name: str, **facts: object) -> str:
    return text(f"plan.reply.{name}", project.lang, **facts)


def test_the_next_pack_tells_what_was_overtaken_and_what_nobody_could_read(project: Project) -> None:
    older = project.reply("研发部", {("tasks", "RW-002"): {"progress": "60%", "actual_end": SOON, "risk": "旧"}}, "old", 10)
    project.consolidate(project.reply("研发部", {("tasks", "RW-002"): {"progress": "40%", "risk": "旧"}}, "new", 12))
    project.consolidate(older)
    found = {line[2]: line[4] for line in lines_about(project, "研发部")}
    assert found["60%"] == reply_word(project, "overtaken_by", file="new.xlsx", when="2026-11-20 12:00")
    assert found[SOON] == reply_word(project, "unread")
    assert "旧" not in found  # it went in


def test_the_next_pack_says_by_which_rule_a_value_waits_and_whose_consent_it_needs(project: Project) -> None:
    wrote = {"progress": 0.1, "status": done_word(project), "end": date(2026, 12, 30)}
    project.consolidate(project.reply("研发部", {("tasks", "RW-002"): wrote}, "one"))
    found = {line[2]: line[4] for line in lines_about(project, "研发部")}
    rules = {name: text(f"rules.passing.{name}", project.lang) for name in ("back", "incomplete_row")}
    assert found["10%"] == reply_word(project, "review", rule=rules["back"])
    assert found[done_word(project)] == reply_word(project, "review", rule=rules["incomplete_row"])
    assert found["2026-12-30"] == reply_word(project, "consent")


def test_a_line_of_the_next_pack_is_as_high_as_its_words_need(project: Project) -> None:
    """Seen in a print: three lines of a bold English title in a row of two."""
    project.type(("tasks", "RW-002", "name", "Payment channels and reconciliation"))
    project.consolidate(project.reply("研发部", {("tasks", "RW-002"): {"actual_end": SOON}}, "one"))
    assert lines_about(project, "研发部")
    page = workbook_at(project.packs["研发部"]).worksheets[0]
    told = reply_word(project, "unread")
    (row,) = (cells[1].row for cells in page.iter_rows() if "Payment channels" in str(cells[2].value or "") and cells[5].value == told)
    assert page.row_dimensions[row].height >= 6 + 12 * 2


@pytest.mark.parametrize("marked", [False, True], ids=["held", "marked 不采用"])
def test_the_next_pack_tells_of_whole_files_that_are_held_or_refused(project: Project, marked: bool) -> None:
    project.consolidate(project.reply("研发部", {("tasks", "RW-002"): {"progress": "60%"}}, "one"))
    verbs.undo(project.master, as_of=DAY, lang=project.lang)
    said = reply_word(project, "held_undone")
    if marked:
        book, service = read_book(project.master), load().service("submissions")
        ref = book.tables[service.table]
        col, snap = columns_of(ref, service), book.snapshot(ref.sheet)
        row = next(r for r in range(ref.data.first_row, ref.data.last_row + 1) if snap.value(r, col["file"]) == "one.xlsx")
        type_into(project.master, ref.sheet, {(row, col["decision"]): f"{text('model.word.do_not_use', project.lang)}：发错了"})
        said = text("plan.reply.because", project.lang, verdict=reply_word(project, "refused"), reason="发错了")
    whole = (reply_word(project, "whole_file"), "one.xlsx", "2026-11-20 12:00", "", said)
    assert [line for line in lines_about(project, "研发部") if line[1] == "one.xlsx"] == [whole]
    assert not [line for line in lines_about(project, "研发部") if line[1] == "one.xlsx"]  # of the pack before the last: old news
