"""A decorated master as other programs save it, and with sheets of the user's before ours."""

from __future__ import annotations

import re
import shutil
import subprocess
import warnings
import zipfile
from pathlib import Path

import make_books
import openpyxl
from judges import missing
from lxml import etree


def parts_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as file:
        return {n: file.read(n) for n in file.namelist()}


def prefixed(path: Path) -> None:
    """As ClosedXML and the Open XML SDK write it: `<x:row>`, `<x:c>`."""

    def change(parts: dict[str, bytes]) -> None:
        names = [n for n in parts if re.fullmatch(r"xl/(workbook|sharedStrings|styles|tables/table\d+|worksheets/sheet\d+)\.xml", n)]
        for name in names:
            root = etree.fromstring(parts[name])
            spaces = {("x" if k is None else k): v for k, v in root.nsmap.items()}
            again = etree.Element(root.tag, nsmap=spaces, attrib=dict(root.attrib))
            again.text = root.text
            again.extend(list(root))
            text = etree.tostring(again, xml_declaration=True, encoding="UTF-8", standalone=True)
            assert b"<x:" in text
            parts[name] = text

    make_books.edit_parts(path, change)


def by_openpyxl(path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        openpyxl.load_workbook(path).save(path)


def by_libreoffice(path: Path) -> None:
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        missing("LibreOffice")
    folder = path.parent / "lo"
    words = [str(office), f"-env:UserInstallation={(path.parent / 'profile').as_uri()}", "--headless", "--convert-to"]
    words += ["xlsx:Calc MS Excel 2007 XML", "--outdir", str(folder), str(path)]
    subprocess.run(words, capture_output=True, timeout=180, check=True, stdin=subprocess.DEVNULL)
    shutil.move(folder / path.name, path)
    shutil.rmtree(path.parent / "profile")
    shutil.rmtree(folder)


def sheets_before(path: Path) -> None:
    """Two sheets of the user's stand before ours; names of single sheets count tabs."""

    def change(parts: dict[str, bytes]) -> None:
        text = parts["xl/workbook.xml"].decode()
        mine = re.findall(r'<sheet [^>]*name="我的[^"]*"[^>]*/>', text)
        assert len(mine) == 2
        for tag in mine:
            text = text.replace(tag, "")
        text = text.replace("<sheets>", "<sheets>" + "".join(mine))
        parts["xl/workbook.xml"] = re.sub(r'localSheetId="(\d+)"', lambda m: f'localSheetId="{int(m[1]) + 2}"', text).encode()

    make_books.edit_parts(path, change)
