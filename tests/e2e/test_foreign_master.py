"""A master from anybody is tried in a worker with limits, and the folder it names is not touched before a person confirmed it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import zipfile
import zlib
from pathlib import Path

import pytest
from command_line import CAN_FORK, command_line
from kept_master import sheet_parts
from small_project import DAY, Project
from workbooks import workbook_at

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.errors import CollabError
from collab_xl.project import trust
from collab_xl.verbs.receiving.inbox_folder import _is_below
from collab_xl.verbs.report import no_progress

LANGS = ("zh", "en")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.start(tmp_path_factory.mktemp("own"))
    project.issue()
    return project


def sent(own: Project, folder: Path) -> tuple[Path, Path]:
    """The master and the ledger as somebody else sends them: copied into another folder."""
    shutil.copytree(own.folder, folder / "sent")
    return folder / "sent" / own.master.name, folder / "sent" / "主表.collab" / "ledger.db"


def huge_sheet(master: Path) -> None:
    with zipfile.ZipFile(master) as z:
        parts = {i.filename: z.read(i) for i in z.infolist()}
    big = sheet_parts(parts)[read_book(master).tables["Tasks"].sheet]
    head, tail = parts[big].split(b"</sheetData>")
    with zipfile.ZipFile(master, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in parts.items():
            if name != big:
                z.writestr(name, data)
                continue
            with z.open(name, "w", force_zip64=True) as f:
                f.write(head)
                for _ in range(2000):
                    f.write((b"<row>" + b"<c><v>1</v></c>" * 60 + b"</row>") * 100)
                f.write(b"</sheetData>" + tail)


def execute(ledger: Path, script: str, *values: object) -> None:
    conn = sqlite3.connect(ledger)
    if values:
        conn.execute(script, values)
    else:
        conn.executescript(script)
    conn.commit()
    conn.close()


def compressed_text(mb: int) -> bytes:
    """A JSON text of so many MB as zlib packs it. One MB is packed and repeated: all of it would take ten seconds."""
    block, packer = b"a" * (1 << 20), zlib.compressobj(9, zlib.DEFLATED, -15)
    first = packer.compress(b'"') + packer.flush(zlib.Z_FULL_FLUSH)
    middle = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    last = packer.compress(b'"') + packer.flush()
    check = zlib.adler32(b'"')
    for _ in range(mb):
        check = zlib.adler32(block, check)
    return b"\x78\xda" + first + middle * mb + last + zlib.adler32(b'"', check).to_bytes(4)


ENDLESS = "(WITH RECURSIVE k(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM k) SELECT count(*) FROM k)"


@pytest.mark.skipif(not CAN_FORK, reason="the memory of a worker is limited on POSIX only")
@pytest.mark.parametrize(("kind", "lang"), [("view", "zh"), ("trigger", "en"), ("bomb", "zh"), ("sheet", "en")])
def test_a_harmful_master_is_refused_quickly_and_small(own: Project, tmp_path: Path, kind: str, lang: str) -> None:
    master, ledger = sent(own, tmp_path)
    match kind:
        case "view":
            execute(ledger, f"ALTER TABLE runs RENAME TO r; CREATE VIEW runs AS SELECT * FROM r WHERE {ENDLESS} > 0;")
        case "trigger":
            execute(ledger, "CREATE TRIGGER t AFTER INSERT ON runs BEGIN DELETE FROM changes; END;")
        case "bomb":
            bomb = compressed_text(1500)
            execute(ledger, "UPDATE runs SET merged = 1; DELETE FROM events;")
            execute(ledger, "INSERT INTO events SELECT n, 'opened', ? FROM runs", bomb)
        case "sheet":
            huge_sheet(master)
    code = {"view": "ledger_altered", "trigger": "ledger_altered", "bomb": "ledger_damaged", "sheet": "foreign_master"}[kind]
    # The memory of this process itself: the limit of 400 MB is its address space, of which Python with its libraries takes half.
    small = "import resource; resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20))"
    status = command_line("status", master, "--json", "--lang", lang, before=small, real=True)
    assert (status.code, status.json["error"], "Traceback" in status.err) == (5, code, False)
    doctor = command_line("doctor", master, "--json", "--lang", lang, before=small, real=True)
    assert (doctor.code, "Traceback" in doctor.err) == (3, False)
    assert any(item["state"] == "todo" and item["what"] == status.json["what"] for item in doctor.json["items"])


def test_a_master_is_tried_until_it_is_known(own: Project, tmp_path: Path) -> None:
    master, _ = sent(own, tmp_path)
    project = (tmp_path / "sent" / "主表.collab" / "project").read_text("utf-8")
    assert trust.known(project, own.master)
    assert not trust.known(project, master)
    verbs.flag(master, as_of=DAY, lang="zh")
    assert trust.known(project, master)
    assert not trust.confirmed(project, master)


@pytest.mark.parametrize("lang", LANGS)
def test_a_folder_that_a_foreign_master_names_waits_for_a_person(own: Project, tmp_path: Path, lang: str) -> None:
    there = tmp_path / "there"
    there.mkdir()
    (there / "a.bin").write_text("x")
    master, _ = sent(own, tmp_path)
    set_inbox(master, str(there))
    done = command_line("collect", master, "--json", "--lang", lang)
    assert (done.code, done.json["error"]) == (5, "inbox_unconfirmed")
    assert str(there) in done.json["what"]
    assert command_line("collect", master, there, "--json", "--as-of", DAY.isoformat()).json["items"][0]["code"] == "S436"
    assert command_line("doctor", master, "--confirm", "--lang", lang).code in (0, 3)
    assert command_line("collect", master, "--json", "--as-of", DAY.isoformat()).json["items"][0]["code"] == "S436"


def test_a_folder_on_the_network_waits_for_a_person_in_an_own_master_too(tmp_path: Path) -> None:
    project = Project.start(tmp_path)
    for path in ("\\\\server\\inbox", "//server/inbox", "\\/server/inbox"):
        set_inbox(project.master, path)
        with pytest.raises(CollabError) as refused:
            verbs.collect(project.master, [], as_of=DAY, lang="zh", progress=no_progress)
        assert (refused.value.code, refused.value.facts["path"]) == ("inbox_unconfirmed", path)


@pytest.mark.parametrize(
    ("path", "below"),
    [
        *((path, True) for path in ("收件", "a/b", "a\\b")),
        *((path, False) for path in ("../x", "a/../../x", "a\\..\\..\\x", "~/x", "C:x", "C:\\x", "/x", "\\x", "a/ .. /x")),
    ],
)
def test_paths_below_the_masters_folder(path: str, below: bool) -> None:
    assert _is_below(path) == below


def set_inbox(master: Path, path: str) -> None:

    book = workbook_at(master)
    sheet = next(ws for ws in book if "Settings" in ws.tables)
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value == "inbox"]
    head = next(cell for row in sheet.iter_rows() for cell in row if cell.value in ("值", "Value"))
    sheet.cell(cells[0].row, head.column).value = path
    book.save(master)


def test_nothing_of_a_test_is_noted_at_home() -> None:
    assert "collab-state-" in os.environ["XDG_STATE_HOME"]
