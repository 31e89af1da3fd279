"""`collab-xl doctor` on a real project: every line well on a good one; each fault named on its own line, with what to do."""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from copied import copy_project
from e2e.command_line import command_line
from e2e.small_project import Project, type_into
from workbooks import workbook_at

from collab_xl.book.read import read_book
from collab_xl.catalogue import LANGS
from collab_xl.project.file_lock import FileLock
from collab_xl.project.sidecar import own_sidecar
from collab_xl.verbs.doctor import doctor
from collab_xl.verbs.times import clock


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = Project.start(tmp_path_factory.mktemp("doctor"))
    project.issue()
    return project.folder


@pytest.fixture
def master(good: Path, tmp_path: Path) -> Path:
    copy_project(good, tmp_path / "p")
    return tmp_path / "p" / "主表.xlsx"


def states(master: Path | None, as_of: str = "2026-10-20", lang: str = "zh") -> tuple[int, dict[str, tuple[str, str, str]]]:
    """Exit code, and topic → (state, what, what to do)."""
    done = command_line("doctor", *([master] if master else []), "--json", "--as-of", as_of, env={"COLLAB_XL_LANG": lang})
    items = done.json["items"]
    assert done.json["todo"] == sum(i["state"] == "todo" for i in items)
    assert (done.code == 3) == (done.json["todo"] > 0)
    assert all(i["fix"] for i in items if i["state"] == "todo")
    return done.code, {i["topic"]: (i["state"], i["what"], i["fix"]) for i in items}


def todo(master: Path, as_of: str = "2026-10-20") -> dict[str, tuple[str, str]]:
    """What is to be done: topic → what and how, after checking that it is said in both languages."""
    found: dict[str, tuple[str, str]] = {}
    said: list[tuple[str, str]] = []
    for lang in ("en", "zh"):
        code, items = states(master, as_of, lang)
        found = {topic: (what, fix) for topic, (state, what, fix) in items.items() if state == "todo"}
        assert code == (3 if found else 0)
        for what, fix in found.values():
            assert not any("{" in part or "None" in part for part in (what, fix))
        said += found.values()
    assert len({fix for _, fix in said}) == len(said), "each language in its own words"
    return found


@pytest.mark.parametrize("lang", LANGS)
def test_a_good_project_has_nothing_to_do(master: Path, lang: str) -> None:
    code, items = states(master, lang=lang)
    assert code == 0
    assert {s for s, _, _ in items.values()} <= {"ok", "skipped", "note"}
    assert {"python", "package", "master", "ledger", "backups", "others", "settings", "calendar", "folder", "lock", "disk"} <= set(items)


def test_a_person_reads_groups_lines_and_an_end(master: Path) -> None:
    done = command_line("doctor", master, "--as-of", "2026-10-20", env={"COLLAB_XL_LANG": "zh"})
    lines = done.out.splitlines()
    assert lines[0].startswith("诊断")
    assert [line for line in lines if line and not line.startswith(" ")][1:5] == ["程序", "加载项", "主表", "没有需要处理的事。"]
    assert "下一步：" in done.out.partition("没有需要处理的事。")[2]
    assert done.err == ""


def test_without_a_master_it_says_so() -> None:
    done = command_line("doctor", env={"COLLAB_XL_LANG": "en"})
    assert done.code == 0
    assert "collab-xl doctor master.xlsx" in done.out


def test_nothing_is_written(master: Path) -> None:
    before = {p: (p.stat().st_size, p.stat().st_mtime_ns) for p in master.parent.rglob("*") if p.is_file() and p.name != "lock"}
    states(master)
    after = {p: (p.stat().st_size, p.stat().st_mtime_ns) for p in master.parent.rglob("*") if p.is_file() and p.name != "lock"}
    assert after == before


def test_no_file_and_no_master(tmp_path: Path) -> None:
    assert set(todo(tmp_path / "没有.xlsx")) == {"master"}
    other = tmp_path / "别的.xlsx"
    openpyxl.Workbook().save(other)
    assert set(todo(other)) == {"master"}
    broken = tmp_path / "坏.xlsx"
    broken.write_bytes(b"PK\3\4 not a zip")
    assert set(todo(broken)) == {"master"}


def test_a_pack_is_no_master(master: Path) -> None:
    pack = next((master.parent / "outbox").glob("*.xlsx"))
    assert set(todo(pack)) == {"master"}


def test_the_ledger_is_gone(master: Path) -> None:
    shutil.rmtree(own_sidecar(master).path)
    assert set(todo(master)) == {"ledger"}


def test_the_ledger_is_damaged_and_the_rest_is_still_looked_at(master: Path) -> None:
    ledger = own_sidecar(master).ledger_path
    data = bytearray(ledger.read_bytes())
    data[100 : len(data) // 2] = bytes(len(data) // 2 - 100)
    ledger.write_bytes(bytes(data))
    found = todo(master)
    assert set(found) == {"ledger"}
    assert "ledger.db" in found["ledger"][1]
    assert states(master)[1]["calendar"][0] == "ok"


def test_the_ledger_is_older_than_the_workbook(master: Path, good: Path) -> None:
    own_sidecar(master).ledger_path.unlink()
    fresh = Project.start(master.parent.parent)  # another project's, just begun
    shutil.copyfile(own_sidecar(fresh.master).ledger_path, own_sidecar(master).ledger_path)
    assert set(todo(master)) == {"ledger"}


def test_what_was_issued_is_lost(master: Path) -> None:
    for file in own_sidecar(master).issued.iterdir():
        file.unlink()
    assert set(todo(master)) == {"ledger"}


def test_copies_are_gone(master: Path) -> None:
    sidecar = own_sidecar(master)
    (sidecar.backups / "ledger.db").unlink()
    assert set(todo(master)) == {"backups"}


def test_backups_are_gone(master: Path) -> None:
    for file in own_sidecar(master).backup_files():
        file.unlink()
    assert set(todo(master)) == {"backups"}


def test_a_second_master_in_the_folder(master: Path) -> None:
    shutil.copyfile(master, master.with_name("主表 - 副本.xlsx"))
    found = todo(master)
    assert set(found) == {"others"}
    assert "主表 - 副本.xlsx" in found["others"][0]


@pytest.mark.parametrize(("as_of", "missing"), [("2026-10-31", ""), ("2028-10-31", ""), ("2028-11-01", "2029"), ("2031-02-01", "2031")])
def test_the_calendar_covers_the_year_and_near_its_end_the_next(master: Path, as_of: str, missing: str) -> None:
    found = todo(master, as_of)
    assert set(found) == ({"calendar"} if missing else set())
    if missing:
        assert missing in found["calendar"][0]


def test_the_calendar_covers_the_years_in_which_open_tasks_end(tmp_path: Path) -> None:
    project = Project.start(tmp_path)
    project.type(("tasks", "RW-001", "end", date(2031, 3, 1)))
    found = {i["topic"]: i for i in doctor(project.master, as_of=date(2026, 10, 20)).json["items"]}
    assert found["calendar"]["state"] == "todo"
    assert "2031" in found["calendar"]["what"]


def set_to(master: Path, name: str, value: str) -> None:
    ref = read_book(master).tables["Settings"]
    snap, col = read_book(master).snapshot(ref.sheet), ref.area.first_col + ref.headings.index("值")
    rows = range(ref.data.first_row, ref.data.last_row + 1)
    row = next(r for r in rows if name in [snap.value(r, c) for c in range(ref.area.first_col, ref.area.last_col + 1)])
    type_into(master, ref.sheet, {(row, col): value})


def test_a_setting_that_cannot_be_used(master: Path) -> None:
    set_to(master, "week_start", "星期九")
    found = todo(master)
    assert set(found) == {"settings"}
    assert "一周从周几开始 B12" in found["settings"][0]


def test_an_inbox_that_is_not_there(master: Path) -> None:
    state, what, _ = states(master)[1]["inbox"]
    assert (state, str(master.parent) in what) == ("ok", True)
    set_to(master, "inbox", "没有这个文件夹")
    found = todo(master)
    assert set(found) == {"inbox"}
    assert "没有这个文件夹" in found["inbox"][0]


def test_a_table_of_ours_is_gone(master: Path) -> None:
    book = workbook_at(master)
    sheet = next(ws for ws in book if "WorkCalendar" in ws.tables)
    del sheet.tables["WorkCalendar"]
    book.save(master)
    assert set(todo(master)) == {"settings"}


def test_open_in_excel_is_worth_knowing(master: Path) -> None:
    master.with_name("~$主表.xlsx").write_bytes(b"\x04Wang" + bytes(160))
    state, what, fix = states(master)[1]["open"]
    assert state == "note"
    assert "~$主表.xlsx" in what
    assert "~$主表.xlsx" in fix


def test_another_operation_holds_the_lock(master: Path) -> None:
    lock = FileLock(own_sidecar(master).lock_path)
    lock.acquire(master.name)
    try:
        state, what, _ = states(master)[1]["lock"]
    finally:
        lock.release()
    assert state == "note"
    assert str(os.getpid()) in what


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="rights as POSIX has them")
def test_a_folder_that_cannot_be_written(good: Path) -> None:
    me = os.geteuid()
    with tempfile.TemporaryDirectory() as folder:  # pytest's own folders are closed to everybody but their owner
        copy_project(good, Path(folder) / "p")
        for path in (Path(folder), *Path(folder).rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        if me == 0:  # root may write everything: be nobody for a moment
            os.seteuid(65534)
        try:
            report = doctor(Path(folder) / "p" / "主表.xlsx", as_of=date(2026, 10, 20))
        finally:
            os.seteuid(me)
            for path in (Path(folder), *Path(folder).rglob("*")):
                path.chmod(0o755)
    assert [i["topic"] for i in report.json["items"] if i["state"] == "todo"] == ["folder"]


def test_a_renamed_master_finds_its_ledger(master: Path) -> None:
    renamed = master.rename(master.with_name("第三季度.xlsx"))
    assert todo(renamed) == {}


def test_a_newer_file_format_is_said(master: Path) -> None:
    book = workbook_at(master)
    for row in book["_collab"].iter_rows():
        if row[0].value == "schema":
            row[1].value = "999"
    book.save(master)
    assert set(todo(master)) == {"master"}


@pytest.mark.parametrize(("today", "state"), [(datetime(2028, 10, 31, 23, 59), "ok"), (datetime(2028, 11, 1), "todo")])
def test_a_year_is_asked_about_today_by_default(master: Path, today: datetime, state: str) -> None:
    with clock.at(today):
        report = doctor(master)
    assert [i["state"] for i in report.json["items"] if i["topic"] == "calendar"] == [state]


def test_a_zip_of_nonsense_beside_it_does_no_harm(master: Path) -> None:
    with zipfile.ZipFile(master.with_name("x.xlsx"), "w") as archive:
        archive.writestr("xl/workbook.xml", "collab_run")
    assert todo(master) == {}
