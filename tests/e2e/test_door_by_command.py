"""What came through the door, by the real command line: one state each, the message in both languages, the memory of both sides.

The inputs are made here, byte by byte, after cases that failed.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import struct
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pytest
from command_line import ROOT, environment
from small_project import Project

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "intake"))
from intake_books import hand_made, parts, sheet_of, zipped
from outside_mails import LONG_HEADERS, ODD_TEXTS, K, mail

from collab_xl.intake.package import scan

AS_OF = "2026-11-20"
MAIN_MB, CHILD_MB = 200, 600
TRACKER = [
    ["任务ID", "任务名称", "负责部门", "负责人", "计划结束时间", "完成状态"],
    ["RW-901", "任务", "研发部", "王五", "2026-12-01", "进行中"],
]


@dataclass(frozen=True)
class Ran:
    """One command: its exit code, its items, what it wrote to stderr, and the most memory (MB) of it and of one of its children."""

    code: int
    items: list[dict[str, str]]
    err: str
    main_mb: int
    child_mb: int
    seconds: float


def peak_mb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) >> 10 for line in lines if line.startswith("VmHWM")), 0)


def children(pid: int) -> Iterator[int]:
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                yield child
                yield from children(child)
    except OSError:
        return


def collect(project: Project, *inputs: Path, lang: str = "zh", department: str = "") -> Ran:
    words = ["collect", str(project.master), *map(str, inputs), "--json", "--as-of", AS_OF, "--lang", lang]
    words += ["--department", department] if department else []
    begun = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "collab_xl", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(), cwd=ROOT
    )
    most = {"main": 0, "child": 0}

    def watch() -> None:
        while process.poll() is None:
            most["main"] = max(most["main"], peak_mb(process.pid))
            most["child"] = max(most["child"], *(peak_mb(child) for child in children(process.pid)), 0)
            time.sleep(0.01)

    watcher = threading.Thread(target=watch)
    watcher.start()
    out, err = process.communicate(timeout=180)
    watcher.join()
    text = err.decode()
    assert "Traceback" not in text, text
    return Ran(process.returncode, json.loads(out)["items"], text, most["main"], most["child"], time.monotonic() - begun)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = Project.start(tmp_path_factory.mktemp("door"))
    made.issue()
    return made


def huge_listing() -> bytes:
    """A zip of 5 MB inside a zip: its listing has 1.9 million entries."""
    record = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0) + b"aaaa"
    n, central = 1_900_000, record * 1_900_000
    end64 = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, n, n, len(central), 0)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, len(central), 1)
    return zipped(
        {"inner.zip": central + end64 + locator + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, *[0xFFFFFFFF] * 2, 0)}
    )


def zeros(first: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:
        for n in range(5):
            with z.open(f"{n}.xlsx", "w", force_zip64=True) as f:
                for _ in range(95):
                    f.write((b"%d" % (n + first)).ljust(1 << 20, b"0"))
    return out.getvalue()


def stray(row: int) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for line in TRACKER:
        sheet.append(line)
    sheet[f"Q{row}"] = "x"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def workbook(changed: Mapping[str, str | bytes]) -> bytes:
    """A tracker with parts changed or added; "" leaves the part out."""
    made = {**parts({"任务": sheet_of(TRACKER)}), **changed}
    return zipped({name: data for name, data in made.items() if data})


RELS = parts({"任务": ""})["xl/_rels/workbook.xml.rels"]
TYPES = parts({"任务": ""})["[Content_Types].xml"]
MACRO_TYPE = "application/vnd.ms-excel.sheet.binary.macroEnabled.main"
SHEETJS = str(TYPES).replace("<Override", f'<Default Extension="bin" ContentType="{MACRO_TYPE}"/><Override')
MACRO_RELATION = "http://schemas.microsoft.com/office/2006/relationships/vbaProject"
IMAGE_AS_MACRO = str(RELS).replace(
    "</Relationships>", f'<Relationship Id="r9" Type="{MACRO_RELATION}" Target="media/i.png"/></Relationships>'
)
WIDE_SHEET = b"\xff\xfe" + ('<?xml version="1.0" encoding="UTF-16"?>' + sheet_of(TRACKER)).encode("utf-16-le")
ENCRYPTED = b"\x62\x14\x23\x65\x3e\x00\x00\x01E-SafeNet\x00\x00\x00LOCK\x00" + bytes(9000)
KINDS: dict[str, tuple[Callable[[], dict[str, bytes]], dict[str, tuple[str, str]], str]] = {
    "odd texts": (
        lambda: {f"{n}.eml": data for n, (data, _) in ODD_TEXTS.items()},
        {f"{n}.eml": ("refused", "S105") if n.startswith("name_") else ("ignored", "S421") for n in ODD_TEXTS},
        "",
    ),
    "long headers": (
        lambda: {**{f"{n}.eml": data for n, (data, _) in LONG_HEADERS.items()}, "z.zip": zipped({"a.eml": mail(b"a" * K * K)})},
        {**{f"{n}.eml": ("refused", "S433") for n in LONG_HEADERS}, "z.zip": ("refused", "S433")},
        "",
    ),
    "stray cells": (
        lambda: {"a.xlsx": stray(1000), "b.xlsx": stray(4000)},
        {"a.xlsx": ("accepted", "S409"), "b.xlsx": ("accepted", "S409")},
        "研发部",
    ),
    "senders": (
        lambda: {
            "a.eml": mail(b"evil@attacker.test, wang@example.com"),
            "b.eml": mail(b"<evil@attacker.test> <wang@example.com>"),
            "c.eml": mail(b"evil@attacker.test\r\nFrom: wang@example.com"),
            "d.eml": b"Authentication-Results: mx.example.com; dmarc=fail\r\n"
            + mail(disposition=b"attachment; filename=a.csv", data=b"a,b"),
        },
        {"a.eml": ("refused", "S434"), "b.eml": ("refused", "S434"), "c.eml": ("refused", "S434"), "d.eml": ("refused", "S435")},
        "",
    ),
    "memory": (
        lambda: {"listing.zip": huge_listing(), **{f"zeros{n}.zip": zeros(n * 10) for n in range(3)}},
        {"listing.zip": ("refused", "S432"), **{f"zeros{n}.zip": ("refused", "S432") for n in range(3)}},
        "",
    ),
    "encryption": (lambda: {"a.xlsx": ENCRYPTED, "b.csv": ENCRYPTED}, {"a.xlsx": ("refused", "S109"), "b.csv": ("refused", "S109")}, ""),
    "what a workbook holds": (
        lambda: {
            "image as macro.xlsx": workbook({"xl/_rels/workbook.xml.rels": IMAGE_AS_MACRO, "xl/media/i.png": b"\x89PNG"}),
            "sheet without part.xlsx": workbook({"xl/worksheets/sheet1.xml": ""}),
            "sheetjs.xlsx": workbook({"[Content_Types].xml": SHEETJS}),
            "utf-16.xlsx": workbook({"xl/worksheets/sheet1.xml": WIDE_SHEET}),
        },
        {
            "image as macro.xlsx": ("refused", "S121"),
            "sheet without part.xlsx": ("refused", "S115"),
            "sheetjs.xlsx": ("accepted", "S409"),
            "utf-16.xlsx": ("accepted", "S409"),
        },
        "研发部",
    ),
    "one content as two kinds": (
        lambda: {"a.csv": hand_made(TRACKER), "b.xlsx": hand_made(TRACKER)},
        {"a.csv": ("refused", "S105"), "b.xlsx": ("accepted", "S409")},
        "研发部",
    ),
    "other kinds": (
        lambda: {"a.docx": b"PK", "b": b"x", "~$c.xlsx": b"x", "d.xlsx.part": b"x", "e.tmp": b"x", "f.rar": b"Rar!", "g.msg": b"\xd0\xcf"},
        {
            "a.docx": ("ignored", "S436"),
            "b": ("ignored", "S436"),
            "~$c.xlsx": ("ignored", "S440"),
            "d.xlsx.part": ("ignored", "S437"),
            "e.tmp": ("ignored", "S437"),
            "f.rar": ("refused", "S426"),
            "g.msg": ("refused", "S423"),
        },
        "",
    ),
}
"""Kind → the files, the state and code of each, and the department the PMO names."""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is read from /proc")
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_by_its_command(project: Project, tmp_path: Path, kind: str) -> None:
    make, wanted, department = KINDS[kind]
    for name, data in make().items():
        (tmp_path / name).write_bytes(data)
    told: dict[str, list[str]] = {}
    for lang in ("zh", "en"):
        ran = collect(project, tmp_path, lang=lang, department=department)
        for name, (state, code) in wanted.items():
            items = [i for i in ran.items if i["source"].split(" » ")[0] == name]
            assert items, name
            again = ("duplicate", "S410") if lang == "en" and state == "accepted" else (state, code)
            assert {(i["state"], i["code"]) for i in items} == {again}, name
            told.setdefault(code, []).append(items[0]["reason"])
        assert ran.code in (0, 3)
        assert len({i["source"].split(" » ")[0] for i in ran.items}) == len(list(tmp_path.iterdir()))
        assert ran.main_mb < MAIN_MB, ran
        assert ran.child_mb < CHILD_MB, ran
    assert all(len(set(reasons)) > 1 and all(reasons) for reasons in told.values())


def test_a_link_in_an_inbox_is_not_followed(project: Project, tmp_path: Path) -> None:
    """The file it names may be collected by name."""
    there = tmp_path / "there"
    there.mkdir()
    (there / "a.xlsx").write_bytes(hand_made([*TRACKER, ["RW-902", "另一个", "研发部", "王五", "2026-12-02", "进行中"]]))
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    try:
        (inbox / "link.xlsx").symlink_to(there / "a.xlsx")
        (inbox / "folder").symlink_to(there)
    except OSError:
        pytest.skip("this user may not make links")
    ran = collect(project, inbox, department="研发部")
    assert [(i["source"], i["state"], i["code"]) for i in ran.items] == [("folder", "ignored", "S438"), ("link.xlsx", "ignored", "S438")]
    assert collect(project, inbox / "link.xlsx", department="研发部").items[0]["state"] == "accepted"


def test_import_goes_on_with_the_other_files(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(hand_made(TRACKER))
    (tmp_path / "b.xlsx").write_bytes(ENCRYPTED)
    (tmp_path / "c.docx").write_bytes(b"PK")
    (tmp_path / "d.xlsx").write_bytes(b"PK\3\4 cut off")
    words = [
        "import",
        tmp_path / "新.xlsx",
        *(tmp_path / n for n in ("b.xlsx", "a.xlsx", "c.docx", "d.xlsx", "none.xlsx")),
        "--yes",
        "--json",
    ]
    for lang in ("zh", "en"):
        done = subprocess.run(
            [sys.executable, "-m", "collab_xl", *map(str, words), "--lang", lang, "--as-of", AS_OF],
            capture_output=True, env=environment(), cwd=ROOT,
        )  # fmt: skip
        found = json.loads(done.stdout)
        assert (done.returncode, b"Traceback" in done.stderr) == (3, False)
        assert {f["source"]: f["error"] for f in found["not_read"]} == {
            "b.xlsx": "import_refused", "c.docx": "import_kind", "d.xlsx": "import_refused", "none.xlsx": "input_missing"
        }  # fmt: skip
        assert all(f["what"] and f["fix"] for f in found["not_read"])
    assert found["skipped"] == ["RW-901"]


def test_many_packs_fit_into_the_memory(tmp_path: Path) -> None:
    """Sixty packs of 4 MB: together more than the process may have."""
    project = Project.start(tmp_path)
    project.issue()
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    pack = project.packs["研发部"].read_bytes()
    for n in range(60):
        out = io.BytesIO(pack)
        with zipfile.ZipFile(out, "a", zipfile.ZIP_STORED) as z:
            z.writestr("xl/media/picture.png", os.urandom(4 << 20) + str(n).encode())
        (inbox / f"{n}.xlsx").write_bytes(out.getvalue())
    ran = collect(project, inbox)
    assert [i["state"] for i in ran.items] == ["accepted"] * 60
    assert ran.main_mb < MAIN_MB, ran
    assert ran.child_mb < CHILD_MB, ran
    kept = {path.name for path in (tmp_path / "主表.collab" / "archive").iterdir()}
    assert kept == {hashlib.sha256(path.read_bytes()).hexdigest() for path in inbox.iterdir()}


def test_a_refused_macro_names_its_part() -> None:
    files = KINDS["what a workbook holds"][0]()
    assert dict(scan(files["image as macro.xlsx"]).facts) == {"part": "xl/media/i.png"}
