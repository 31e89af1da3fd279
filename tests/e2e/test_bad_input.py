"""What bad input gets, through the real command line; of each table every case in one language, the next case in the other.

Every refusal: its exit code, one JSON object on stdout, what / why / what to do from the catalogue of the right language
on stderr, no traceback, the master byte for byte as it was, and a ledger that still opens.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from command_line import NOT_ROOT, ROOT, Done, command_line, environment
from copied import copy_project
from judges import missing, structural_findings
from make_books import edit_parts
from openpyxl.workbook.protection import WorkbookProtection
from small_project import Project
from workbooks import workbook_at

from collab_xl import catalogue
from collab_xl.errors import CONFLICTS, FINDINGS, OK, REFUSED
from collab_xl.forms import load

OLE = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(504)


@dataclass
class World:
    """One project with packs out and one reply in, to be spoilt."""

    project: Project
    reply: Path

    @property
    def master(self) -> Path:
        return self.project.master

    @property
    def lang(self) -> str:
        return self.project.lang

    @property
    def sidecar(self) -> Path:
        return self.master.with_suffix(".collab")

    @property
    def ledger(self) -> Path:
        return self.sidecar / "ledger.db"

    def heading(self, form: str, field: str) -> str:
        return load().form(form).field(field).heading[self.lang]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """language → folder of a project with packs issued and a reply of 研发部; tests work on copies."""
    out = {}
    for lang in catalogue.LANGS:
        folder = tmp_path_factory.mktemp(f"built-{lang}")
        project = Project.start(folder, lang)
        project.issue()
        project.reply("研发部", {("tasks", "RW-002"): {"progress": "60%", "risk": "=1+1"}}, "reply")
        out[lang] = folder
    return out


@pytest.fixture(params=catalogue.LANGS)
def world(request: pytest.FixtureRequest, built: dict[str, Path], tmp_path: Path) -> World:
    return copied(built[request.param], tmp_path / "p", request.param)


def in_turn(cases: Iterable[str]) -> list[tuple[str, str]]:
    """The cases of a table, one in Chinese, the next in English. That every text is in both languages: tests/test_messages.py."""
    return list(zip(cases, itertools.cycle(catalogue.LANGS)))


IN_CHINESE, IN_ENGLISH = (pytest.mark.parametrize("world", [lang], indirect=True) for lang in catalogue.LANGS)


def copied(source: Path, target: Path, lang: str) -> World:
    copy_project(source, target)
    project = Project(target, lang)
    project.packs = {path.stem.split("_")[-2]: path for path in (target / "outbox").glob("*.xlsx")}
    return World(project, target / "inbox" / "reply.xlsx")


def no_traceback(done: Done) -> None:
    assert "Traceback" not in done.out + done.err, done.err
    assert done.code != 1, done.err


def said(done: Done, lang: str) -> str:
    """The error code, after asserting that stdout is one JSON object and both outputs are the catalogue's words in this language."""
    no_traceback(done)
    body = done.json
    assert body["version"] == "collab-xl/error/1"
    code = body["error"]
    for part in ("what", "why", "fix"):
        text = body[part]
        assert text in done.err
        assert "{" not in text, text
        assert not re.search(r"\bNone\b|\[Errno|Error\b.*\(|<class", text), text
        pattern = re.sub(r"\\\{\w+\\\}", "(?s:.*)", re.escape(catalogue.texts(lang)[catalogue.code_key(f"error.{code}", part)]))
        assert re.fullmatch(pattern, text), f"not in {lang}: {text}"
    return str(code)


def whole(world: World) -> None:
    """The ledger is a ledger."""
    with sqlite3.connect(world.ledger) as conn:
        assert conn.execute("PRAGMA quick_check").fetchone()[0] == "ok"


def refused(world: World, code: str, *words: str | Path, exit_code: int = REFUSED, asked: bool = False, **how: object) -> Done:
    """Run a verb that must be refused with this code and change nothing. `asked`: the language comes from --lang, not from the master."""
    master = world.master
    before = master.read_bytes() if master.is_file() else None
    there = sorted(p.name for p in world.project.folder.iterdir())
    more = ["--lang", world.lang] if asked else []
    done = command_line(*(words or ("consolidate", master, world.reply)), "--json", *more, cwd=world.project.folder, **how)  # type: ignore[arg-type]
    assert (said(done, world.lang), done.code) == (code, exit_code)
    if master.is_file():
        assert master.read_bytes() == before
        assert sorted(p.name for p in world.project.folder.iterdir()) == there
    return done


def part(name: str, change: Callable[[bytes], bytes]) -> Callable[[World], object]:
    return lambda world: edit_parts(world.master, lambda parts: parts.update({name: change(parts[name])}))


def put(data: bytes) -> Callable[[World], object]:
    return lambda world: world.master.write_bytes(data)


def a_folder(world: World) -> None:
    world.master.unlink()
    world.master.mkdir()


def a_document(world: World) -> None:
    with zipfile.ZipFile(world.master, "w") as made:
        made.writestr("word/document.xml", "<a/>")
        made.writestr("[Content_Types].xml", "<Types/>")


def a_workbook(world: World) -> None:
    openpyxl.Workbook().save(world.master)


DOCTYPE = b'<!DOCTYPE a [<!ENTITY x "y">]><worksheet'
FILES: dict[str, tuple[Callable[[World], object], str]] = {
    "text": (put("不是工作簿".encode()), "not_a_workbook"),
    "empty": (put(b""), "empty_file"),
    "old xls renamed": (put(OLE), "old_xls"),
    "password": (put(OLE + "EncryptedPackage".encode("utf-16-le")), "encrypted_workbook"),
    "a folder": (a_folder, "is_a_folder"),
    "cut off": (lambda w: w.master.write_bytes(w.master.read_bytes()[:9000]), "damaged_workbook"),
    "a Word file": (a_document, "not_a_workbook"),
    "some workbook": (a_workbook, "not_a_master"),
    "a pack": (lambda w: shutil.copy(w.reply, w.master), "is_a_pack"),
    "nothing there": (lambda w: w.master.unlink(), "file_missing"),
    "an entity bomb": (part("xl/worksheets/sheet3.xml", lambda b: b.replace(b"<worksheet", DOCTYPE, 1)), "unsafe_xml"),
    "half a sheet": (part("xl/worksheets/sheet3.xml", lambda b: b[:3000]), "damaged_workbook"),
    "half a workbook part": (part("xl/workbook.xml", lambda b: b[:300]), "damaged_workbook"),
}


@pytest.mark.parametrize(("name", "world"), in_turn(FILES), indirect=["world"])
def test_a_master_that_is_none(world: World, name: str) -> None:
    spoil, code = FILES[name]
    spoil(world)
    refused(world, code, "flag" if world.lang == "zh" else "status", world.master, asked=True)
    whole(world)


def mode(bits: int, *names: str) -> Callable[[World], object]:
    def change(world: World) -> None:
        for name in names:
            path = world.project.folder if name == "." else world.project.folder / name
            if name.endswith("/"):
                path.mkdir(exist_ok=True)
            os.chmod(path, bits)

    return change


RIGHTS: dict[str, tuple[Callable[[World], object], str, tuple[str, ...]]] = {
    "master read-only": (mode(0o444, "主表.xlsx"), "master_read_only", ("consolidate", "M", "R")),
    "master unreadable": (mode(0o000, "主表.xlsx"), "file_unreadable", ("flag", "M", "--lang", "L")),
    "folder read-only": (mode(0o555, "."), "folder_not_writable", ("consolidate", "M", "R")),
    "folder read-only, flag": (mode(0o555, "."), "folder_not_writable", ("flag", "M")),
    "folder and sidecar read-only": (mode(0o555, "主表.collab", "."), "sidecar_not_writable", ("consolidate", "M", "R")),
    "archive read-only": (mode(0o555, "主表.collab/archive/"), "sidecar_not_writable", ("consolidate", "M", "R")),
    "backups read-only": (mode(0o555, "主表.collab/backups/"), "folder_not_writable", ("consolidate", "M", "R")),
    "lock read-only": (mode(0o444, "主表.collab/lock"), "sidecar_not_writable", ("consolidate", "M", "R")),
    "ledger read-only": (mode(0o444, "主表.collab/ledger.db"), "ledger_unusable", ("consolidate", "M", "R")),
    "ledger unreadable": (mode(0o000, "主表.collab/ledger.db"), "ledger_unusable", ("status", "M")),
    "no new master there": (mode(0o555, "."), "cannot_write_into", ("init", "新.xlsx", "--lang", "L")),
    "no templates there": (mode(0o555, "."), "cannot_write_into", ("templates", "build", "--out", "t", "--lang", "L")),
    "no demo there": (mode(0o555, "."), "cannot_write_into", ("demo", "--out", "t", "--lang", "L")),
    "no packs there": (mode(0o555, "t/"), "cannot_write_into", ("issue", "M", "--out", "t")),
}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="rights as Linux has them")
@pytest.mark.parametrize(("name", "world"), in_turn(RIGHTS), indirect=["world"])
def test_no_right_to_read_or_write(world: World, name: str) -> None:
    spoil, code, words = RIGHTS[name]
    spoil(world)
    known = {"M": str(world.master), "R": str(world.reply), "L": world.lang}
    before = world.master.read_bytes()
    try:
        done = command_line(*(known.get(w, w) for w in words), "--json", cwd=world.project.folder, before=NOT_ROOT)
    finally:
        for path in (world.project.folder, *world.project.folder.rglob("*")):
            path.chmod(0o755)
    assert (said(done, world.lang), done.code) == (code, REFUSED)
    assert world.master.read_bytes() == before
    assert not list(world.project.folder.glob(".collab-*"))
    whole(world)
    done = command_line("consolidate", world.master, world.reply, "--json")  # and with the rights given back it works
    assert done.json["submissions"][0]["applied"] == 1


def excel_has_it(world: World) -> None:
    world.master.with_name(f"~${world.master.name}").write_bytes(b"\x05Wang1" + b" " * 48)


def libreoffice_has_it(world: World) -> None:
    world.master.with_name(f".~lock.{world.master.name}#").write_text(",Wang1,desk,20.07.2024 09:00,file:///x;", encoding="utf-8")


@pytest.mark.parametrize(("opened", "world"), [(excel_has_it, "zh"), (libreoffice_has_it, "en")], indirect=["world"])
def test_open_in_another_program(world: World, opened: Callable[[World], None]) -> None:
    opened(world)
    for verb in ("consolidate", "issue", "collect", "check", "preview", "resolve", "flag", "week", "undo"):
        done = refused(world, "master_open", verb, world.master)
        assert "Wang1" in done.err
    assert command_line("status", world.master, "--json").json["tasks"] == 3


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX locks")
@IN_CHINESE
def test_locked_by_another_program(world: World) -> None:
    with world.master.open("r+b") as held:
        import fcntl

        fcntl.flock(held, fcntl.LOCK_EX)
        refused(world, "master_locked", "flag", world.master)
    assert command_line("flag", world.master, "--json").code == FINDINGS


AT = "from collab_xl.project import checkpoint\nimport os, shutil\ncheckpoint.armed[{0!r}] = lambda: {1}"
MEANWHILE = {
    "saved before the writing": ("run:prepared", "os.utime('主表.xlsx')", "master_changed"),
    "saved after the checks": ("commit:verified", "os.utime('主表.xlsx')", "master_changed"),
    "another file put in its place": ("commit:verified", "(shutil.copy('主表.xlsx', 'x'), os.replace('x', '主表.xlsx'))", "master_changed"),
    "taken away": ("run:prepared", "os.rename('主表.xlsx', 'b.xlsx')", "master_missing"),
    "taken away at the end": ("commit:verified", "os.rename('主表.xlsx', 'b.xlsx')", "master_missing"),
    "opened in Excel": ("commit:verified", "open('~$主表.xlsx', 'wb').write(bytes([5]) + b'Wang1')", "master_open"),
}


@pytest.mark.parametrize(("name", "world"), in_turn(MEANWHILE), indirect=["world"])
def test_changed_while_the_run_was_at_work(world: World, name: str) -> None:
    point, action, code = MEANWHILE[name]
    before = world.master.read_bytes()
    done = command_line("consolidate", world.master, world.reply, "--json", cwd=world.project.folder, before=AT.format(point, action))
    assert (said(done, world.lang), done.code) == (code, REFUSED)
    (world.project.folder / "~$主表.xlsx").unlink(missing_ok=True)
    if code == "master_missing":
        os.rename(world.project.folder / "b.xlsx", world.master)
    assert world.master.read_bytes() == before
    whole(world)
    done = command_line("consolidate", world.master, world.reply, "--json")
    assert done.json["submissions"][0]["applied"] == 1


@pytest.mark.skipif(sys.platform == "win32", reason="resource limits")
@pytest.mark.parametrize(("share", "lang"), [(0.0, "zh"), (0.1, "en"), (0.3, "zh"), (0.5, "en"), (0.7, "zh"), (0.99, "en")])
def test_a_disk_that_fills_up(built: dict[str, Path], tmp_path: Path, share: float, lang: str) -> None:
    """No file may grow beyond a share of the master: the disk is full, at the archive, the ledger, the backup or the new master."""
    world = copied(built[lang], tmp_path / "p", lang)
    before = world.master.read_bytes()
    limit = int(share * len(before)) + 100
    full = (
        "import resource, signal, sys\nsys.dont_write_bytecode = True  # a .pyc that came out too short is not noticed\n"
        f"signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nresource.setrlimit(resource.RLIMIT_FSIZE, ({limit},) * 2)"
    )
    done = command_line("consolidate", world.master, world.reply, "--json", before=full, real=True)
    assert said(done, lang) in {"disk_full", "sidecar_not_writable", "ledger_unusable"}
    assert done.code == REFUSED
    assert world.master.read_bytes() == before
    whole(world)
    assert command_line("consolidate", world.master, world.reply, "--json").json["submissions"][0]["applied"] == 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="mounts a small disk")
@pytest.mark.parametrize("lang", catalogue.LANGS)
def test_a_disk_that_is_really_full(built: dict[str, Path], tmp_path: Path, lang: str) -> None:
    """A tmpfs just large enough for the project, not for a second master beside it."""
    size = sum(-(-p.stat().st_size // 4096) * 4 for p in built[lang].rglob("*"))  # in KB, whole pages
    disk = tmp_path / "disk"
    disk.mkdir()
    words = [sys.executable, str(ROOT / "tests" / "e2e" / "command_line.py")]
    jobs = []
    for verb in ("consolidate", "status"):
        argv = [verb, str(disk / "p/主表.xlsx"), *([str(disk / "p/inbox/reply.xlsx")] if verb == "consolidate" else []), "--json"]
        jobs.append(shlex.join([*words, json.dumps({"argv": argv, "cwd": str(disk), "env": {}, "before": ""})]))
    mount = f"mount -t tmpfs -o size={size + 40}k tmpfs {shlex.quote(str(disk))}"
    copy = f"cp -r {shlex.quote(str(built[lang]))} {shlex.quote(str(disk / 'p'))}"
    steps = f"{mount} && {copy} && ({jobs[0]}; echo exit $?; {jobs[1]})"
    done = subprocess.run(
        ["unshare", "--mount", "--map-root-user", "sh", "-c", steps], capture_output=True, env=environment(), timeout=120, text=True
    )
    if "unshare" in done.stderr or "mount:" in done.stderr:
        missing(f"a mount namespace ({done.stderr.strip()})")
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stdout.split("\n") if line]
    assert len(lines) == 3, (done.stdout, done.stderr, done.returncode)
    first, code, second = lines
    assert json.loads(first)["error"] in {"disk_full", "sidecar_not_writable", "ledger_unusable"}
    assert json.loads(first)["what"] in done.stderr
    assert code == f"exit {REFUSED}"
    assert json.loads(second)["run"].startswith("R0001")


@pytest.mark.skipif(sys.platform == "win32", reason="resource limits")
def test_a_new_master_on_a_full_disk_leaves_no_file_and_can_be_made_afterwards(tmp_path: Path) -> None:
    full = (
        "import resource, signal, sys\nsys.dont_write_bytecode = True\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (12_000,) * 2)"
    )
    done = command_line("init", tmp_path / "new.xlsx", "--json", before=full, real=True)
    assert done.code == REFUSED
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == []
    assert command_line("init", tmp_path / "new.xlsx", "--json").code == OK


@pytest.mark.skipif(sys.platform == "win32", reason="rights of folders")
@pytest.mark.parametrize("verb", ["collect", "import"])
def test_a_file_in_a_folder_that_may_not_be_entered_is_not_said_to_be_missing(built: dict[str, Path], tmp_path: Path, verb: str) -> None:
    world = copied(built["en"], tmp_path / "p", "en")
    locked = tmp_path / "locked"
    locked.mkdir()
    shutil.copyfile(world.reply, locked / "a.xlsx")
    locked.chmod(0)
    try:
        done = command_line(verb, world.master, locked / "a.xlsx", "--json", before=NOT_ROOT, real=True)
    finally:
        locked.chmod(0o700)
    assert "no permission" in done.err + done.out
    assert "not found" not in done.err + done.out


def garbage(world: World) -> None:
    world.ledger.write_bytes(b"x" * 9000)


def holes(world: World) -> None:
    data = bytearray(world.ledger.read_bytes())
    data[4096:40_000] = b"\xff" * (40_000 - 4096)
    world.ledger.write_bytes(bytes(data))


def without_copies(world: World) -> None:
    shutil.rmtree(world.sidecar / "backups")
    garbage(world)


def newer(world: World) -> None:
    with sqlite3.connect(world.ledger) as conn:
        conn.execute("PRAGMA user_version = 99")


def other_project(world: World) -> Project:
    folder = world.project.folder / "other"
    folder.mkdir()
    project = Project.start(folder, world.lang)
    project.issue()
    return project


def foreign_ledger(world: World) -> None:
    shutil.copy(other_project(world).master.with_suffix(".collab") / "ledger.db", world.ledger)


def foreign_sidecar(world: World) -> None:
    other = other_project(world)
    shutil.rmtree(world.sidecar)
    shutil.copytree(other.master.with_suffix(".collab"), world.sidecar)


def older(world: World) -> None:
    old = world.ledger.read_bytes()
    world.project.consolidate(world.reply)
    world.ledger.write_bytes(old)


LEDGERS: dict[str, tuple[Callable[[World], object], str]] = {
    "sidecar gone": (lambda w: shutil.rmtree(w.sidecar), "ledger_missing"),
    "ledger gone": (lambda w: w.ledger.unlink(), "ledger_missing_copy"),
    "garbage": (garbage, "ledger_damaged"),
    "garbage and no copy": (without_copies, "ledger_damaged_no_copy"),
    "empty": (lambda w: w.ledger.write_bytes(b""), "ledger_damaged"),
    "cut off": (lambda w: w.ledger.write_bytes(w.ledger.read_bytes()[:20_000]), "ledger_damaged"),
    "holes": (holes, "ledger_damaged"),
    "of another project": (foreign_ledger, "ledger_of_another_project"),
    "sidecar of another project": (foreign_sidecar, "ledger_of_another_project"),
    "older than the workbook": (older, "run_not_in_ledger"),
    "of a newer program": (newer, "ledger_newer"),
    "issued values gone": (lambda w: shutil.rmtree(w.sidecar / "issued"), "pack_values_lost"),
}


@pytest.mark.parametrize(("name", "world"), in_turn(LEDGERS), indirect=["world"])
def test_a_ledger_that_is_gone_or_wrong(world: World, name: str) -> None:
    spoil, code = LEDGERS[name]
    spoil(world)
    refused(world, code)
    looked = command_line("status", world.master, "--json")
    no_traceback(looked)
    if code in ("ledger_missing", "ledger_missing_copy"):  # looking goes on, with a word about it
        assert looked.json["tasks"] == 3
        assert str(world.ledger) in looked.err
    elif code != "pack_values_lost":
        assert looked.code == REFUSED


@IN_CHINESE
def test_what_the_message_about_a_damaged_ledger_advises_works(world: World) -> None:
    garbage(world)
    done = refused(world, "ledger_damaged")
    copy = next(p for p in (world.sidecar / "backups").glob("ledger*.db") if str(p) in done.json["fix"])
    shutil.copy(copy, world.ledger)
    assert command_line("consolidate", world.master, world.reply, "--json").json["submissions"][0]["applied"] == 1


@IN_ENGLISH
def test_what_the_message_about_a_lost_ledger_advises_works(world: World) -> None:
    shutil.rmtree(world.sidecar)
    done = refused(world, "ledger_missing")
    assert "collab-xl import" in done.json["fix"]
    new = world.project.folder / "new.xlsx"
    done = command_line("import", new, world.master, "--yes", "--lang", world.lang, "--json")
    assert done.json["written"] == 5
    again = Project(world.project.folder, world.lang)
    again.master = new
    assert again.data() == world.project.data()
    assert command_line("flag", new, "--json").code == FINDINGS


# The workbook changed by hand


def hand(world: World, change: Callable[[openpyxl.Workbook], object], path: Path | None = None) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl drops sparklines, and says so
        workbook = workbook_at(path or world.master)
        change(workbook)
        workbook.save(path or world.master)


def sheet_of(workbook: openpyxl.Workbook, table: str) -> Any:
    return next(ws for ws in workbook if table in ws.tables)


def rename_heading(workbook: openpyxl.Workbook, table: str, old: str, new: str) -> None:
    sheet = sheet_of(workbook, table)
    cell = next(c for row in sheet.iter_rows(max_row=5) for c in row if c.value == old)
    cell.value = new
    next(c for c in sheet.tables[table].tableColumns if c.name == old).name = new


def column(workbook: openpyxl.Workbook, table: str, heading: str) -> tuple[Any, int, int]:
    """(sheet, row of the headings, column)"""
    sheet = sheet_of(workbook, table)
    cell = next(c for row in sheet.iter_rows(max_row=5) for c in row if c.value == heading)
    return sheet, cell.row, cell.column


@pytest.mark.parametrize(("table", "world"), in_turn(["Tasks", "Settings", "Findings", "Submissions"]), indirect=["world"])
def test_a_table_turned_into_a_range(world: World, table: str) -> None:
    hand(world, lambda w: sheet_of(w, table).tables.pop(table))
    done = refused(world, "table_missing")
    assert table in done.json["what"]


@pytest.mark.parametrize(
    ("table", "verb", "world"),
    [("Tasks", "flag", "zh"), ("Overdue", "flag", "en"), ("Conflicts", "consolidate", "zh"), ("Tasks", "status", "en")],
    indirect=["world"],
)
def test_a_sheet_deleted(world: World, table: str, verb: str) -> None:
    hand(world, lambda w: w.remove(sheet_of(w, table)))
    refused(world, "table_missing", verb, world.master, *([world.reply] if verb == "consolidate" else []))


@IN_ENGLISH
def test_the_key_column_lost(world: World) -> None:
    """Every row would count as deleted: nothing is computed, nothing issued."""
    hand(world, lambda w: rename_heading(w, "Tasks", world.heading("tasks", "task_id"), "甲乙丙"))
    for verb in ("consolidate", "preview", "issue", "flag", "week", "resolve"):
        more = (world.reply,) if verb in ("consolidate", "preview") else ()
        done = refused(world, "key_column_missing", verb, world.master, *more)
        assert world.heading("tasks", "task_id") in done.json["fix"]
    found = command_line("check", world.master, "--json", "--no-write").json["findings"]
    assert [f["code"] for f in found if f["severity"] == "error"][:1] == ["H104"]


@IN_CHINESE
def test_a_column_the_figures_need_lost(world: World) -> None:
    hand(world, lambda w: rename_heading(w, "Tasks", world.heading("tasks", "end"), "甲乙丙"))
    for verb in ("flag", "week"):
        done = command_line(verb, world.master)
        no_traceback(done)
        assert done.code == FINDINGS
        assert world.heading("tasks", "end") in done.out


@pytest.mark.parametrize(
    ("service", "field", "verb", "world"),
    [("settings", "value", "flag", "zh"), ("departments", "name", "issue", "en"), ("conflicts", "decision", "resolve", "zh")],
    indirect=["world"],
)
def test_a_heading_of_our_lists_renamed(world: World, service: str, field: str, verb: str) -> None:
    about = load().service(service)
    heading = next(c for c in about.columns if c.id == field).heading[world.lang]
    hand(world, lambda w: rename_heading(w, about.table, heading, "改名了"))
    refused(world, "column_missing", verb, world.master)


@IN_CHINESE
def test_sheets_renamed_and_a_heading_by_its_alias(world: World) -> None:
    def change(workbook: openpyxl.Workbook) -> None:
        sheet_of(workbook, "Tasks").title = "我的 任务's"
        sheet_of(workbook, "Conflicts").title = "C"
        rename_heading(workbook, "Tasks", world.heading("tasks", "owner"), "责任人")

    hand(world, change)
    known = structural_findings(world.master)  # openpyxl leaves the defined names of a renamed sheet behind
    for words in (("consolidate", world.master, world.reply), ("flag", world.master), ("week", world.master), ("undo", world.master)):
        done = command_line(*words, "--json")
        no_traceback(done)
        assert done.code in (OK, FINDINGS), done.err
        assert done.json
    assert structural_findings(world.master) == known


@IN_ENGLISH
def test_something_below_the_table(world: World) -> None:
    def change(workbook: openpyxl.Workbook) -> None:
        sheet = sheet_of(workbook, "Problems")
        sheet.cell(sheet[sheet.tables["Problems"].ref.split(":")[1]].row + 1, 3).value = "合计：三项"

    hand(world, change)
    problems = {("problems", f"+{n}"): {"description": f"新问题{n}", "dept": "研发部"} for n in range(2)}
    world.reply = world.project.reply("研发部", problems, "reply")
    done = refused(world, "below_table")
    assert "!C5" in done.json["what"]


@IN_CHINESE
def test_a_formula_of_the_users_in_a_data_cell_becomes_a_conflict(world: World) -> None:
    def change(workbook: openpyxl.Workbook) -> None:
        sheet, head, col = column(workbook, "Tasks", world.heading("tasks", "progress"))
        row = next(r for r in range(head + 1, sheet.max_row + 1) if sheet.cell(r, 1).value == "RW-002")
        sheet.cell(row, col).value = "=0.1+0.1"

    hand(world, change)
    done = command_line("consolidate", world.master, world.reply, "--json")
    assert done.code == CONFLICTS
    assert [(c["row_id"], c["field"], c["master"]) for c in done.json["conflicts"]] == [("RW-002", "progress", "=0.1+0.1")]
    book = workbook_at(world.master)
    assert "=0.1+0.1" in [c.value for row in sheet_of(book, "Tasks").iter_rows() for c in row]


@IN_ENGLISH
def test_sheets_and_workbook_protected(world: World) -> None:
    """Protection keeps people off the cells; a closed file is written, and stays protected."""

    def change(workbook: openpyxl.Workbook) -> None:
        for sheet in workbook:
            sheet.protection.sheet = True
            sheet.protection.password = "x"
        workbook.security = WorkbookProtection(workbookPassword="x", lockStructure=True)

    hand(world, change)
    done = command_line("consolidate", world.master, world.reply, "--json")
    assert (done.code, done.json["submissions"][0]["applied"]) == (FINDINGS, 1)
    again = workbook_at(world.master)
    assert all(sheet.protection.sheet for sheet in again)
    assert again.security.lockStructure


@IN_CHINESE
def test_a_master_with_macros_keeps_them(world: World) -> None:
    macros = b"\xd0\xcf\x11\xe0 a project of macros" * 50
    book = world.master.with_suffix(".xlsm")
    world.master.rename(book)

    def change(parts: dict[str, bytes]) -> None:
        types = parts["[Content_Types].xml"].replace(
            b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
            b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
        )
        kind = b'<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>'
        parts["[Content_Types].xml"] = types.replace(b"</Types>", kind)
        parts["xl/vbaProject.bin"] = macros

    edit_parts(book, change)
    done = command_line("consolidate", book, world.reply, "--json")
    assert done.json["submissions"][0]["applied"] == 1
    assert command_line("undo", book, "--json").code == OK
    with zipfile.ZipFile(book) as file:
        assert file.read("xl/vbaProject.bin") == macros
        assert b"macroEnabled" in file.read("[Content_Types].xml")


@IN_ENGLISH
def test_one_id_twice_in_the_master(world: World) -> None:
    def change(workbook: openpyxl.Workbook) -> None:
        cell = next(c for row in sheet_of(workbook, "Tasks").iter_rows() for c in row if c.value == "RW-003")
        cell.value = "RW-002"

    hand(world, change)
    done = command_line("consolidate", world.master, world.reply, "--json")
    no_traceback(done)
    assert done.code == CONFLICTS  # the two cells wait on 冲突处理 until the ID is mended
    assert [item["kind"] for item in done.json["conflicts"]] == ["not_entered"]
    (account,) = done.json["submissions"]
    assert (account["edits"], account["applied"], account["excluded"]) == (2, 0, 2)
    found = [f for f in command_line("check", world.master, "--json").json["findings"] if f["code"] == "R301"]
    assert len(found) == 2
    assert all("RW-002" in f["message"] for f in found)


@IN_CHINESE
def test_one_id_twice_in_a_submission(world: World) -> None:
    def change(workbook: openpyxl.Workbook) -> None:
        sheet, head, col = column(workbook, "Tasks", world.heading("tasks", "task_id"))
        row = next(r for r in range(head + 1, sheet.max_row + 1) if sheet.cell(r, col).value is None)
        sheet.cell(row, col).value = "RW-002"

    hand(world, change, world.reply)
    done = command_line("consolidate", world.master, world.reply, "--json")
    no_traceback(done)
    (account,) = done.json["submissions"]
    assert (account["applied"], account["excluded"]) == (0, account["edits"])
    assert done.code == FINDINGS


@IN_ENGLISH
def test_an_unreadable_date(world: World) -> None:
    def change(workbook: openpyxl.Workbook) -> None:
        sheet, head, col = column(workbook, "Tasks", world.heading("tasks", "end"))
        sheet.cell(head + 2, col).value = "2026-13-05"

    hand(world, change)
    found = [f for f in command_line("check", world.master, "--json").json["findings"] if f["code"] == "V203"]
    assert [(f["row_id"], f["found"]) for f in found] == [("RW-002", "2026-13-05")]
    assert "2026-13-05" in found[0]["message"]
    world.reply = world.project.reply("研发部", {("tasks", "RW-002"): {"actual_end": "2026-13-06", "progress": "30%"}}, "reply")
    done = command_line("consolidate", world.master, world.reply, "--json")
    (account,) = done.json["submissions"]
    assert (done.code, account["edits"], account["applied"], account["unreadable"]) == (FINDINGS, 2, 1, 1)
    assert world.project.value("tasks", "RW-002", "end") == "2026-13-05"


# What comes in


def reply(data: bytes, name: str = "reply.xlsx") -> Callable[[World], Path]:
    def change(world: World) -> Path:
        path = world.reply.with_name(name)
        path.write_bytes(data)
        return path

    return change


def foreign_pack(world: World) -> Path:
    shutil.copy(other_project(world).packs["研发部"], world.reply)
    return world.reply


def forged(world: World) -> Path:
    def change(workbook: openpyxl.Workbook) -> None:
        next(row for row in workbook["_collab"].iter_rows() if row[0].value == "token")[1].value = "0" * 64

    hand(world, change, world.reply)
    return world.reply


def with_macros(world: World) -> Path:
    return edit_parts(world.reply, lambda parts: parts.update({"xl/vbaProject.bin": b"x"}))


def unreadable(world: World) -> Path:
    world.reply.chmod(0)
    return world.reply


INPUTS: dict[str, tuple[Callable[[World], Path], str]] = {
    "text": (reply(b"hello"), "S105"),
    "empty": (reply(b""), "S106"),
    "old xls renamed": (reply(OLE), "S102"),
    "password": (reply(OLE + "EncryptedPackage".encode("utf-16-le")), "S104"),
    "cut off": (lambda w: reply(w.reply.read_bytes()[:5000])(w), "S105"),
    "a document": (reply(b"PK\3\4", "a.docx"), "S101"),
    "a picture of a table": (reply(b"%PDF", "a.pdf"), "S101"),
    "broken csv": (reply(b"a,b\0c", "a.csv"), "S105"),
    "the master itself": (lambda w: w.master, "S405"),
    "a pack of another project": (foreign_pack, "S402"),
    "a forged pack": (forged, "S401"),
    "macros": (with_macros, "S121"),
    "unreadable": (unreadable, "S108"),
}


@pytest.mark.parametrize(("name", "world"), in_turn(INPUTS), indirect=["world"])
def test_an_input_that_is_refused(world: World, name: str) -> None:
    spoil, code = INPUTS[name]
    before = world.project.data()
    done = command_line("consolidate", world.master, spoil(world), "--json", before=NOT_ROOT if name == "unreadable" else "")
    no_traceback(done)
    assert done.code == FINDINGS
    (item,) = done.json["items"]
    assert (item["state"], item["code"]) == ("refused", code)
    pattern = re.sub(r"\\\{\w+\\\}", "(?s:.*)", re.escape(catalogue.texts(world.lang)[catalogue.code_key(code, "what")]))
    assert re.match(pattern, item["reason"]), item["reason"]
    assert "{" not in item["reason"]
    assert "reason." not in item["reason"]
    assert world.project.data() == before
    assert command_line("log", world.master, "--json").json["runs"][0]["verb"] == "consolidate"


WORDS: dict[str, tuple[str, int, tuple[str, ...]]] = {
    "no such day": ("usage_as_of", 2, ("flag", "M", "--as-of", "2026-13-05", "--lang", "L")),
    "a day in words": ("usage_as_of", 2, ("flag", "M", "--as-of", "改天", "--lang", "L")),
    "no such week": ("usage_week", 2, ("week", "M", "--week", "2026-W60")),
    "a week in words": ("usage_week", 2, ("issue", "M", "--week", "下个月")),
    "no such run": ("unknown_run", REFUSED, ("undo", "M", "R9999")),
    "no such run in the log": ("unknown_run", REFUSED, ("log", "M", "R9999")),
    "no such rule": ("unknown_code", 2, ("explain", "X999", "--lang", "L")),
    "a department nobody registered": ("collect_unknown_department", REFUSED, ("collect", "M", "R", "--department", "火星部")),
    "a department to issue to": ("issue_unknown_department", REFUSED, ("issue", "M", "--department", "火星部")),
    "no such input": ("input_missing", REFUSED, ("consolidate", "M", "没有.xlsx")),
    "an input with too long a name": ("input_missing", REFUSED, ("consolidate", "M", "x" * 300 + ".xlsx")),
    "nothing to import": ("input_missing", REFUSED, ("import", "M", "没有.xlsx")),
    "a folder to import": ("is_a_folder", REFUSED, ("import", "M", "inbox")),
    "a master that exists": ("master_exists", REFUSED, ("init", "M", "--lang", "L")),
    "another ending": ("master_not_xlsx", 2, ("init", "a.txt", "--lang", "L")),
    "a department without a name": ("department_blank", 2, ("init", "a.xlsx", "--department", "甲", "--department", " ", "--lang", "L")),
    "a department twice": ("department_twice", 2, ("init", "a.xlsx", "--department", "甲乙", "--department", "甲 乙", "--lang", "L")),
    "a folder that is not there": ("folder_missing", REFUSED, ("init", "无/a.xlsx", "--lang", "L")),
    "a name too long": ("cannot_write_into", REFUSED, ("init", "表" * 90 + ".xlsx", "--lang", "L")),
    "a file where a folder should be": ("cannot_write_into", REFUSED, ("issue", "M", "--out", "主表.xlsx")),
    "a demo over a file": ("demo_folder", REFUSED, ("demo", "--out", "主表.xlsx", "--lang", "L")),
    "a demo over the current folder": ("demo_here", REFUSED, ("demo", "--out", ".", "--lang", "L")),
    "a demo over a folder above": ("demo_here", REFUSED, ("demo", "--out", "..", "--lang", "L")),
    "a demo over other files": ("demo_folder", REFUSED, ("demo", "--out", "inbox", "--lang", "L")),
}


@pytest.mark.parametrize(("name", "world"), in_turn(WORDS), indirect=["world"])
def test_words_that_mean_nothing(world: World, name: str) -> None:
    code, exit_code, words = WORDS[name]
    known = {"M": str(world.master), "R": str(world.reply), "L": world.lang}
    refused(world, code, *(known.get(w, w) for w in words), exit_code=exit_code)
    whole(world)


def test_a_language_that_is_none(world: World) -> None:
    done = command_line(
        "flag", world.master, "--json", "--lang", "fr", env={"LANG": {"zh": "zh_CN.UTF-8", "en": "en_US.UTF-8"}[world.lang]}
    )
    assert (said(done, world.lang), done.code) == ("usage_lang", 2)


@pytest.mark.parametrize("words", [("frobnicate",), ("flag",), ("flag", "x", "--frob"), ("log", "a", "b", "c")])
def test_wrong_usage_is_exit_2(words: tuple[str, ...]) -> None:
    done = command_line(*words)
    no_traceback(done)
    assert done.code == 2
    assert done.out == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("words", [("rules",), ("rules", "--json")])
def test_nowhere_to_print_to(words: tuple[str, ...]) -> None:
    """A full disk behind `> file`, and `| head`, which closes early."""
    job = json.dumps({"argv": [*words, "--lang", "en"], "cwd": str(ROOT), "env": {}, "before": ""})
    real = [sys.executable, str(ROOT / "tests" / "e2e" / "command_line.py"), job]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(real, stdout=full, stderr=subprocess.PIPE, env=environment(), text=True, timeout=60)
    assert (done.returncode, "Traceback" in done.stderr) == (REFUSED, False)
    assert "the disk is full" in done.stderr
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(real, stdout=writer, stderr=subprocess.PIPE, env=environment(), text=True, timeout=60)
    os.close(writer)
    assert (done.returncode, done.stderr) == (OK, "")


PLACES = ["我的 文件夹 📊/主 表 (最终版) 🚀 'x' & #1 %20.xlsx", "a/" * 60 + "主表.xlsx", "表" * 83 + ".xlsx", "-主表.xlsx"]


@pytest.mark.skipif(sys.platform == "win32", reason="names of POSIX")
@pytest.mark.parametrize(("place", "world"), in_turn(PLACES), indirect=["world"], ids=["emoji", "deep", "long", "dash"])
def test_names_of_every_kind(world: World, place: str) -> None:
    target = world.project.folder / place
    target.parent.mkdir(parents=True, exist_ok=True)
    world.master.rename(target)
    if len(place.encode()) < 250:
        world.sidecar.rename(target.with_suffix(".collab"))
    elsewhere = world.project.folder / "收件 箱 📥" / "研发部 & 'x' #2.xlsx"
    elsewhere.parent.mkdir()
    world.reply.rename(elsewhere)
    for words in (
        ("consolidate", target, elsewhere),
        ("issue", target),
        ("flag", target),
        ("week", target),
        ("undo", target),
        ("log", target),
    ):
        done = command_line(*words, "--json")
        no_traceback(done)
        assert "error" not in done.json, done.err
        assert done.code in (OK, FINDINGS)
    assert structural_findings(target) == []
    assert not list(target.parent.glob(".collab-*"))


def test_every_case_was_seen() -> None:
    assert len(FILES) + len(RIGHTS) + len(MEANWHILE) + len(LEDGERS) + len(INPUTS) + len(WORDS) > 70
