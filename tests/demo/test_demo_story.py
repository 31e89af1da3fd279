"""The demo's story holds together: its rows fit the schema, and its mails carry every oddity they promise."""

from __future__ import annotations

import email
import email.policy
import hashlib
import io
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook

from collab_xl.book.read import read_book
from collab_xl.build.master import build_master
from collab_xl.build.pack import build_pack, pack_file_name
from collab_xl.demo import answers, desk, scenario
from collab_xl.demo.filling import in_language
from collab_xl.demo.replies import write_replies
from collab_xl.forms import ANY, load
from collab_xl.model.calendar import Calendar
from collab_xl.model.place import Area
from collab_xl.model.sheets import Table
from collab_xl.model.values import CLEAR, Unreadable, Value, same_value
from collab_xl.plan.issue import packs_for
from collab_xl.read.context import Context
from collab_xl.read.sheet import parse_sheet
from collab_xl.read.table import parse_table
from collab_xl.rules.lateness import as_day, days_late
from collab_xl.settings import Settings

COUNTS = {
    "requirements": 15, "goals": 5, "responsibilities": 9, "signatures": 12, "change_requests": 2, "communication": 7, "tasks": 120,
    "problems": 20, "risks": 10,
    "actions": 8, "resources": 7, "acceptance": 5, "retrospective": 3,
}  # fmt: skip


def tables(lang: str) -> dict[str, Table]:
    made = {}
    for form_id, rows in scenario.rows(lang).items():
        fields = [f.id for f in load().form(form_id).fields]
        values = {f: [row.get(f) for row in rows] for f in fields}
        made[form_id] = Table(
            form=form_id,
            sheet=form_id,
            area=Area(1, 1, len(rows) + 1, len(fields)),
            heading_rows=(1, 1),
            columns={f: c for c, f in enumerate(fields, start=1)},
            headings={},
            rows=range(2, len(rows) + 2),
            values=values,
            raw=values,
        )
    return made


@pytest.fixture(scope="module", params=["zh", "en"])
def week(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Path], list[Path]]:
    """(language, packs by department, mails in order)."""
    lang: str = request.param
    folder = tmp_path_factory.mktemp(f"week-{lang}")
    directory = scenario.directory(lang)
    plans = packs_for(
        tables(lang), load(), directory, Settings(lang=lang), week=scenario.WEEK, issued_at=scenario.ISSUED_AT, make_id=lambda d: f"P-{d}"
    )
    packs = {}
    for plan in plans:
        path = folder / pack_file_name(plan, lang)
        path.write_bytes(build_pack(plan, load(), lang, directory, "0" * 64, scenario.project(lang), "project-id"))
        packs[plan.pack.department] = path
    return lang, packs, write_replies(packs, folder / "inbox", lang)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("form_id", COUNTS)
def test_rows_fit_the_schema(form_id: str, lang: str) -> None:
    form = load().form(form_id)
    directory = scenario.directory(lang)
    rows = scenario.rows(lang)[form_id]
    keys = [row[form.key.id] for row in rows]
    assert len(keys) == len(set(keys)) == COUNTS[form_id]
    for row in rows:
        for name, value in row.items():
            field = form.field(name)
            if field.kind == "yesno":
                assert isinstance(value, bool)
            elif field.choices:
                assert value in {c.id for c in field.choices}
            elif field.kind == "department":
                assert directory.find(str(value)) == value
            elif field.kind in ("date", "moment"):
                assert isinstance(value, (date, datetime))
        assert all(row.get(f.id) is not None for f in form.fields if f.required)


def test_references_lead_somewhere() -> None:
    rows = scenario.rows("zh")
    assert list(rows) == [form.id for form in load().forms], "every form has rows"
    requirements = {r["req_id"]: r for r in rows["requirements"]}
    tasks = {t["task_id"]: t for t in rows["tasks"]}
    for task in tasks.values():
        to_depts = requirements[task["req_id"]]["to_depts"]
        assert isinstance(to_depts, tuple)
        assert task["dept"] in to_depts
        predecessors = task.get("predecessors") or ()
        assert isinstance(predecessors, tuple)
        for before in predecessors:
            end, start = as_day(tasks[before]["end"]), as_day(task["start"])
            assert end is not None
            assert start is not None
            assert end <= start, f"{before} ends after {task['task_id']} starts"
    for form in load().forms:
        keys = {str(row[form.key.id]) for row in rows[form.id]}
        assert len(keys) == COUNTS[form.id]
        for field in form.parents():
            parents = {str(row[f.key.id]) for f in load().forms if field.of in (f.id, ANY) for row in rows[f.id]}
            assert {str(row[field.id]) for row in rows[form.id] if row.get(field.id)} <= parents, field.id


def test_both_languages_tell_the_same_story() -> None:
    chinese, english = scenario.rows("zh"), scenario.rows("en")
    for form in COUNTS:
        for zh, en in zip(chinese[form], english[form], strict=True):
            assert zh.keys() == en.keys()
            assert not any("一" <= c <= "鿿" for value in en.values() for c in str(value)), en


def test_the_week_is_worth_showing() -> None:
    tasks, is_closed = scenario.rows_of("tasks", "zh"), load().form("tasks").is_closed
    done = [t for t in tasks if t["status"] == "done"]
    late = [days_late(t["end"], is_closed(t["status"]), scenario.AS_OF, Calendar()) for t in tasks]
    assert 0.5 < len(done) / len(tasks) < 0.65
    assert {1, 2, 3} & set(late)
    assert any(4 <= n <= 7 for n in late)
    assert any(8 <= n <= 14 for n in late)
    assert any(n > 14 for n in late)
    assert sum(0 <= (d - scenario.AS_OF).days <= 2 for t in tasks if not is_closed(t["status"]) and (d := as_day(t["end"]))) >= 4
    ended = {day.isocalendar().week for t in done if (day := as_day(t["actual_end"]))}
    assert ended >= set(range(38, 47)), "every week of the chart has something to show"


def test_pmo_edits_name_cells_of_the_story() -> None:
    clashes = 0
    for edit in scenario.pmo_edits("zh"):
        form = load().form(edit.form)
        row = next(r for r in scenario.rows_of(edit.form, "zh") if r[form.key.id] == edit.key)
        form.field(edit.field)
        assert row.get(edit.field) != edit.value
        for written in answers.R_AND_D:
            if (written.form, written.key) == (edit.form, edit.key) and edit.field in written.cells:
                label = form.field(edit.field).label(str(edit.value), "zh")
                clashes += in_language(written.cells[edit.field], "zh") not in (edit.value, label)
    assert clashes == 2


def attachments(path: Path) -> Iterator[tuple[str, bytes]]:
    for part in email.message_from_bytes(path.read_bytes(), policy=email.policy.default).iter_attachments():
        yield part.get_filename() or "", part.get_content()


def test_nine_mails_as_people_send_them(week: tuple[str, dict[str, Path], list[Path]]) -> None:
    _, packs, mails = week
    assert len(packs) == 6
    assert len(mails) == 9
    parsed = [email.message_from_bytes(p.read_bytes(), policy=email.policy.default) for p in mails]
    assert len({m["Message-ID"] for m in parsed}) == 9
    known = {address for d in scenario.departments("zh") for address in d.emails}
    senders = [m["From"].addresses[0].addr_spec for m in parsed]
    assert [i for i, s in enumerate(senders) if s not in known] == [6], "only 客服部 writes from outside"
    late = [i for i, m in enumerate(parsed) if m["Date"].datetime.date() > scenario.AS_OF]
    assert late == [5], "only 销售部 is late"
    assert list(attachments(mails[8])) == []
    assert len(list(attachments(mails[2]))) == 2


def test_the_resent_pack_is_the_same_bytes_and_the_corrected_one_is_not(week: tuple[str, dict[str, Path], list[Path]]) -> None:
    _, _, mails = week
    first, again, _, wrong, corrected = (hashlib.sha256(next(attachments(m))[1]).digest() for m in mails[:5])
    assert first == again
    assert wrong != corrected


def test_file_names_survive_the_old_charsets(week: tuple[str, dict[str, Path], list[Path]]) -> None:
    lang, packs, mails = week
    names = [next(attachments(m))[0] for m in mails[:4]]
    departments = [d.name for d in scenario.departments(lang)]
    assert names == [packs[departments[i]].name for i in (0, 0, 1, 3)]
    if lang == "zh":
        assert b'filename="=?GBK?B?' in mails[0].read_bytes()
        assert b"filename*=gb18030''" in mails[2].read_bytes()
        assert b"gb18030" in mails[0].read_bytes()


def test_filled_packs_keep_what_makes_them_packs(week: tuple[str, dict[str, Path], list[Path]]) -> None:
    lang, packs, mails = week
    sent = {next(attachments(m))[0]: next(attachments(m))[1] for m in (*mails[:4], *mails[5:7])}
    seen = 0
    for path in packs.values():
        if path.name not in sent:
            continue
        before, after = load_workbook(path), load_workbook(io.BytesIO(sent[path.name]))
        assert after["_collab"].sheet_state == "veryHidden"
        for form in load().forms:
            sheets = [book[form.sheet[lang]] for book in (before, after) if form.sheet[lang] in book.sheetnames]
            if len(sheets) == 2:
                seen += 1
                old, new = (s.tables[form.table].ref for s in sheets)
                assert old == new
                ids = [[r[-1].value for r in s[old]] for s in sheets]
                assert ids[0] == ids[1]
    assert seen == 52


def read_tables(book: bytes | Path, lang: str) -> dict[str, Table]:
    opened = read_book(book)
    monday = scenario.ISSUED_AT.date()
    context = Context(lang, scenario.directory(lang), period=(monday, monday + timedelta(6)), as_of=scenario.AS_OF)
    refs = [(form, opened.tables[form.table]) for form in load().forms if form.table in opened.tables]
    return {form.id: parse_table(opened.snapshot(ref.sheet), ref, form, context)[0] for form, ref in refs}


def test_an_issued_pack_reads_without_a_remark(week: tuple[str, dict[str, Path], list[Path]]) -> None:
    lang, packs, _ = week
    for path in packs.values():
        book = read_book(path)
        refs = [(form, book.tables[form.table]) for form in load().forms if form.table in book.tables]
        assert len(refs) >= 5
        for form, ref in refs:
            found = parse_table(book.snapshot(ref.sheet), ref, form, Context(lang, scenario.directory(lang)))[1]
            assert [(f.code, str(f.at), f.field) for f in found] == []


def edits(pack: Path, reply: bytes, lang: str) -> dict[tuple[str, str, str], Value]:
    """(form, row id, field) → value, for every cell that reads differently from what was issued."""
    issued, sent = read_tables(pack, lang), read_tables(reply, lang)
    found: dict[tuple[str, str, str], Value] = {}
    for form, table in sent.items():
        before = {row_id: i for i, row_id in enumerate(issued[form].row_ids)} if form in issued else {}
        for i, row_id in enumerate(table.row_ids):
            for field in table.values:
                old = issued[form].get(before[row_id], field) if row_id in before else None
                if not same_value(table.get(i, field), old):
                    found[form, row_id or "", field] = table.get(i, field)
    return found


def test_reading_the_replies_gives_back_what_was_meant(week: tuple[str, dict[str, Path], list[Path]]) -> None:
    lang, packs, mails = week
    departments = [d.name for d in scenario.departments(lang)]
    read = {
        n: edits(packs[departments[d]], next(attachments(mails[n]))[1], lang) for n, d in ((0, 0), (2, 1), (3, 3), (4, 3), (5, 2), (6, 4))
    }
    written = [answers.MARKETING, answers.R_AND_D, answers.PROCUREMENT, answers.PROCUREMENT_CORRECTED, answers.SALES, answers.SERVICE]
    for (n, found), lines in zip(read.items(), written, strict=True):
        assert len(found) == sum(len(w.cells) for w in lines), f"mail {n + 1}"
    assert read[0]["tasks", "RW-038", "risk"] == CLEAR
    assert read[2]["tasks", "RW-061", "measure"] in ("+2人夜班", "+2 people at night")
    text = read[3]
    assert text["tasks", "RW-043", "progress"] == 1
    assert text["tasks", "RW-043", "status"] == "done"
    assert text["tasks", "RW-043", "actual_end"] == date(2026, 11, 6)
    assert text["tasks", "RW-090", "actual_end"] == date(2026, 11, 9)
    assert text["tasks", "RW-053", "progress"] == 0.8
    assert read[4]["tasks", "RW-053", "progress"] == 0.85
    assert text["tasks", "RW-031", "progress"] == 0.9
    unreadable = [key for found in read.values() for key, value in found.items() if isinstance(value, Unreadable)]
    assert unreadable == [("tasks", "RW-092", "actual_end")]
    assert read[5]["tasks", "RW-045", "risk"] is None
    assert read[5]["tasks", "RW-046", "end"] == date(2026, 12, 4)


def test_the_hand_made_sheet_is_found_by_its_headings(week: tuple[str, dict[str, Path], list[Path]]) -> None:
    lang, _, mails = week
    book = read_book(next(attachments(mails[7]))[1])
    (sheet,) = book.sheets
    (table,) = parse_sheet(book.snapshot(sheet), load(), Context(lang, scenario.directory(lang), as_of=scenario.AS_OF)).tables
    assert (table.form, len(table)) == ("tasks", 3)
    assert set(table.columns) == {"name", "owner", "end", "progress", "status", "done_this_week"}
    names = {t["name"] for t in scenario.rows_of("tasks", lang)}
    assert [table.get(i, "name") in names for i in range(3)] == [True, True, False]


def test_typing_into_a_master_gives_the_rows_back(tmp_path: Path) -> None:
    master = tmp_path / "master.xlsx"
    master.write_bytes(build_master("zh", project="演示", project_id="demo", departments=scenario.departments("zh"), schema=load()))
    desk.fill_in(master, scenario.rows("zh"), "zh", scenario.AS_OF)
    desk.change(master, scenario.pmo_edits("zh"), "zh", scenario.AS_OF)
    read = read_tables(master, "zh")
    assert {form: len(read[form]) for form in read} == COUNTS
    for form, rows in scenario.rows("zh").items():
        edited = {(e.key, e.field): e.value for e in scenario.pmo_edits("zh") if e.form == form}
        key = load().form(form).key.id
        for i, row in enumerate(rows):
            for field, value in row.items():
                meant = edited.get((str(row[key]), field), value)
                assert same_value(read[form].get(i, field), meant), (row[key], field)
