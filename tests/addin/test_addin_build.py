"""The add-in as a file: the same bytes each time, exactly the text of `macros/`, no findings of any judge."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import judges
import olefile
import openpyxl
import pytest
from lxml import etree
from pyopenvba import ExcelFile
from vba_readers import olevba

from collab_xl import __version__
from collab_xl.addin.build import ADDIN_TYPE, build
from collab_xl.addin.sources import macros_folder
from collab_xl.catalogue import error_text
from collab_xl.errors import CollabError

MACROS = macros_folder()
OURS = ("ThisWorkbook.cls", "CollabAbout.cls", "CollabLabels.cls", "CollabConfig.cls", "CollabRibbon.bas", "CollabBlocks.bas")
ADDED = re.compile(r"Attribute VB_(?:Base|TemplateDerived|Customizable) = [^\r]*\r\n")
"""What a class has more in a project than as exported."""


@pytest.fixture(scope="module")
def addin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("addin") / "collab_xl.xlam"
    path.write_bytes(build())
    return path


def xlwings_folder() -> Path:
    import xlwings

    return Path(xlwings.__file__).parent


def as_exported(text: str) -> str:
    """A module of a project as Excel would export it, without the block above a class, which no project holds."""
    return ADDED.sub("", text)


def without_block(text: str) -> str:
    return text[text.index("Attribute VB_Name") :]


def expected() -> dict[str, str]:
    texts = {name: without_block((MACROS / name).read_bytes().decode("ascii")) for name in OURS}
    texts["Dictionary.cls"] = without_block((xlwings_folder() / "addin" / "Dictionary.cls").read_bytes().decode("ascii"))
    return texts


def test_two_builds_are_the_same_bytes_in_any_process(tmp_path: Path) -> None:
    ask = "import hashlib; from collab_xl.addin.build import build; print(hashlib.sha256(build()).hexdigest())"
    seen = {hashlib.sha256(build()).hexdigest()}
    for seed, zone in (("1", "Asia/Shanghai"), ("2", "America/New_York")):
        env = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "SOURCE_DATE_EPOCH": seed, "HOME": str(tmp_path)}
        done = subprocess.run([sys.executable, "-c", ask], cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
        seen.add(done.stdout.strip())
    assert len(seen) == 1
    assert build(interpreter_win="C:\\Python\\python.exe") != build(), "the comparison can tell two files apart"


def test_no_judge_finds_anything(addin: Path) -> None:
    assert judges.structural_findings(addin) == []
    assert judges.microsoft_findings(addin) == []


def test_nor_in_an_installed_one(tmp_path: Path) -> None:
    path = tmp_path / "collab_xl.xlam"
    path.write_bytes(build(interpreter_win="C:\\Users\\王 & 'x' (y)\\python.exe", interpreter_mac="/Library/env/bin/python3"))
    assert judges.structural_findings(path) == []
    assert judges.microsoft_findings(path) == []


def test_microsofts_validator_reads_the_ribbon(addin: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.xlam"
    with zipfile.ZipFile(addin) as old, zipfile.ZipFile(broken, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'size="large"', b'size="huge"'))
    assert judges.microsoft_findings(broken)


def test_olevba_extracts_exactly_the_text_of_macros(addin: Path) -> None:
    parser = olevba().VBA_Parser(str(addin))
    found = {name: code for _, _, name, code in parser.extract_macros()}
    parser.close()
    own = {name: as_exported(text) for name, text in found.items() if name != "xlwings.bas"}
    assert own == expected()
    assert set(found) == {*expected(), "xlwings.bas"}
    assert sorted(p.name for p in MACROS.glob("*.[bc][al]s")) == sorted(OURS), "and nothing of macros/ is left out"


def test_every_callback_of_the_ribbon_is_a_public_sub_of_the_project(addin: Path) -> None:
    """Read from the finished file by other readers than the builder's own checks."""
    parser = olevba().VBA_Parser(str(addin))
    text = next(code for _, _, name, code in parser.extract_macros() if name == "CollabRibbon.bas")
    parser.close()
    subs = dict(re.findall(r"^(?:Public )?Sub (\w+)\((.*)\)", text, re.MULTILINE))
    with zipfile.ZipFile(addin) as archive:
        root = etree.fromstring(archive.read("customUI/customUI14.xml"))
    asked = [(a, str(v)) for e in root.iter(etree.Element) for a, v in e.attrib.items() if a == "onAction" or str(a).startswith("get")]
    assert len(asked) > 50
    for attribute, name in asked:
        wanted = "ByVal control As IRibbonControl" + ("" if attribute == "onAction" else ", ByRef returnedVal As Variant")
        assert subs.get(name) == wanted, (attribute, name)


def test_pyopenvba_extracts_the_same_and_finds_the_project_consistent(addin: Path) -> None:
    with ExcelFile(str(addin)) as book:
        project = book.vba_project()
        assert project.validate() == []
        found = {m.name: (m.source, m.kind.name) for m in project.modules}
    texts = {Path(name).stem: text for name, text in expected().items()}
    assert {name: as_exported(source).replace("\r\n", "\n") for name, (source, _) in found.items() if name != "xlwings"} == {
        name: text.replace("\r\n", "\n") for name, text in texts.items()
    }
    assert {name for name, (_, kind) in found.items() if kind == "standard"} == {"CollabRibbon", "CollabBlocks", "xlwings"}


def test_the_project_names_its_modules_as_excel_shows_them(addin: Path) -> None:
    with zipfile.ZipFile(addin) as archive, olefile.OleFileIO(io.BytesIO(archive.read("xl/vbaProject.bin"))) as ole:
        project = ole.openstream("PROJECT").read().decode("ascii").split("\r\n")
    kinds = [line for line in project if re.match("Document=|Module=|Class=", line)]
    documents = ["ThisWorkbook", "CollabAbout", "CollabLabels", "CollabConfig"]
    assert kinds == [
        *(f"Document={d}/&H00000000" for d in documents),
        *(f"Module={m}" for m in ("CollabRibbon", "CollabBlocks", "xlwings")),
        "Class=Dictionary",
    ]
    assert 'Name="CollabXl"' in project


def test_every_sheet_has_its_module_and_the_workbook_its_own(addin: Path) -> None:
    with zipfile.ZipFile(addin) as archive:
        names = [n for n in archive.namelist() if n.startswith("xl/worksheets/sheet") or n == "xl/workbook.xml"]
        codes = [re.search(rb'codeName="(\w+)"', archive.read(n)) for n in sorted(names)]
    assert [code and code[1].decode() for code in codes] == ["ThisWorkbook", "CollabAbout", "CollabLabels", "CollabConfig"]


def test_it_is_an_addin_with_a_ribbon_stored_with_fixed_dates(addin: Path) -> None:
    with zipfile.ZipFile(addin) as archive:
        assert {e.compress_type for e in archive.infolist()} == {zipfile.ZIP_STORED}
        assert {e.date_time for e in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.namelist()[0] == "[Content_Types].xml"
        types = etree.fromstring(archive.read("[Content_Types].xml"))
        assert [e.get("ContentType") for e in types if e.get("PartName") == "/xl/workbook.xml"] == [ADDIN_TYPE]
        links = {e.get("Type"): e.get("Target") for e in etree.fromstring(archive.read("_rels/.rels"))}
        assert links["http://schemas.microsoft.com/office/2007/relationships/ui/extensibility"] == "customUI/customUI14.xml"
        assert archive.read("customUI/customUI14.xml") == (MACROS / "customUI14.xml").read_bytes()


def test_texts_and_settings_lie_in_hidden_sheets(tmp_path: Path) -> None:
    path = tmp_path / "installed.xlam"
    path.write_bytes(build(interpreter_win="C:\\Users\\王\\py 3\\python.exe", interpreter_mac="/Library/env/bin/python"))
    readable = tmp_path / "installed.xlsm"  # openpyxl takes no add-in
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(readable, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"excel.addin.", b"excel.sheet."))
    book = openpyxl.load_workbook(readable)
    assert {s.title: s.sheet_state for s in book} == {"collab_xl": "visible", "CollabLabels": "hidden", "collab_xl.conf": "hidden"}
    with (MACROS / "labels.csv").open(encoding="utf-8-sig", newline="") as file:
        wanted = [tuple(cell or None for cell in row) for row in csv.reader(file)]
    assert len(wanted) > 20
    assert list(book["CollabLabels"].iter_rows(values_only=True)) == wanted
    settings = dict(book["collab_xl.conf"].iter_rows(values_only=True))
    assert settings["INTERPRETER_WIN"] == "C:\\Users\\王\\py 3\\python.exe"
    assert settings["INTERPRETER_MAC"] == "/Library/env/bin/python"
    assert settings["VERSION"] == __version__


@pytest.mark.parametrize(
    ("windows", "mac"),
    [
        ("python", ""),
        ("Python\\python.exe", ""),
        ('C:\\a" & calc & "\\python.exe', ""),
        ("C:\\%TEMP%\\python.exe", ""),
        ("", "python3"),
        ("", "/Library/my env/bin/python"),
        ("", "/Library/$(x)/python"),
        ("", "/Library/a|b/python"),
    ],
)
def test_an_interpreter_a_shell_would_take_apart_is_refused(windows: str, mac: str) -> None:
    with pytest.raises(CollabError) as refused:
        build(interpreter_win=windows, interpreter_mac=mac)
    assert refused.value.code == "addin_interpreter"
    for lang in ("zh", "en"):
        assert (windows or mac) in error_text(refused.value, lang)[0]
