"""Read the sources of the add-in in `macros/` and refuse what Excel would not accept, with file and line.

In: a folder.  Out: the modules as a VBA project stores them, the ribbon XML, the labels.  Reads files.
Source of the rules: [MS-OVBA] 2.3.4.2.3 (names), the VBA language reference (lines), decision 0007.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import NoReturn

from collab_xl.addin import xlwings_module
from collab_xl.addin.ovba import Module, ModuleKind
from collab_xl.errors import CollabError
from collab_xl.model.finding import Word

PROJECT = "CollabXl"
"""The name of the VBA project. No module may have this name."""
ORDER = ("ThisWorkbook", "CollabAbout", "CollabLabels", "CollabConfig", "CollabRibbon", "CollabBlocks")
"""Our modules, those of the workbook and its sheets first. The module of a sheet has the code name of the sheet."""
BASES = MappingProxyType(
    {
        "ThisWorkbook": "00020819-0000-0000-C000-000000000046",
        "CollabAbout": "00020820-0000-0000-C000-000000000046",
        "CollabLabels": "00020820-0000-0000-C000-000000000046",
        "CollabConfig": "00020820-0000-0000-C000-000000000046",
    }
)
CLASS_BASE = "FCFB3D2A-A0FA-1068-A738-08002B3371B5"
COLUMNS = ("id", "label_zh", "label_en", "tip_zh", "tip_en")
ALSO = frozenset({"README.md", "customUI14.xml", "labels.csv"})
LONGEST_NAME, LONGEST_LINE, CONTINUATIONS = 31, 1023, 24


@dataclass(frozen=True)
class Label:
    """The texts of one control, group, tab or message."""

    id: str
    label_zh: str
    label_en: str
    tip_zh: str
    tip_en: str


@dataclass(frozen=True)
class Sources:
    """All sources of the add-in. Each file has been checked; `ribbon_xml.verify` checks that they fit together."""

    modules: tuple[Module, ...]
    ribbon: bytes
    labels: tuple[Label, ...]


def macros_folder() -> Path:
    """`macros/`: inside the installed package, or next to it in a checkout."""
    package = Path(__file__).parent.parent
    inside = package / "_data" / "macros"
    return inside if inside.is_dir() else package.parent / "macros"


def read(folder: Path) -> Sources:
    """Read and check the files of `folder`.

    Raises:
        CollabError: `addin_source` (file, line, problem) for the first fault; `addin_no_xlwings`, `addin_xlwings_changed`.
    """
    known = {f"{name}.cls" if name in BASES else f"{name}.bas" for name in ORDER} | ALSO
    for path in sorted(folder.iterdir()):
        if path.name not in known:
            refuse(path.name, 1, "unknown_file")
    own = [_own(folder, name) for name in ORDER]
    foreign = [
        Module("xlwings", "module", xlwings_module.run_python()),
        Module("Dictionary", "class", in_stream_form(xlwings_module.dictionary(), CLASS_BASE, "Dictionary.cls")),
    ]
    for module in foreign:
        check_text(module.name, module.text.encode("ascii"))
    return Sources((*own, *foreign), _bytes(folder, "customUI14.xml"), _labels(folder))


def refuse(file: str, line: int, problem: str, detail: object = "") -> NoReturn:
    """Raise `addin_source`. `problem` names the text `addin.problem.<problem>`; `detail` is the name or value at fault."""
    about = ", ".join(map(str, detail)) if isinstance(detail, tuple) else str(detail)
    raise CollabError("addin_source", file=file, line=line, problem=Word(f"addin.problem.{problem}"), about=about and f" ({about})")


def _bytes(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except FileNotFoundError:
        refuse(name, 1, "missing_file")


def _own(folder: Path, name: str) -> Module:
    base = BASES.get(name)
    file = f"{name}.bas" if base is None else f"{name}.cls"
    data = _bytes(folder, file)
    check_text(file, data)
    text = data.decode("ascii")
    kind: ModuleKind = "module" if base is None else "document"
    if base is not None:
        text = in_stream_form(text, base, file)
    first = text.split("\r\n", 1)[0]
    if first != f'Attribute VB_Name = "{name}"':
        refuse(file, data.decode("ascii").split("\r\n").index(first) + 1, "wrong_name", detail=name)
    if len(name) > LONGEST_NAME or name.casefold() == PROJECT.casefold():
        refuse(file, 1, "bad_name", detail=name)
    if "\r\nOption Explicit\r\n" not in text:
        refuse(file, 1, "not_explicit")
    procedures: set[str] = set()
    for line, content in enumerate(data.decode("ascii").split("\r\n"), 1):
        if re.match(r"\s*#(If|Const|Else|End)\b", content, re.IGNORECASE):
            refuse(file, line, "conditional")
        public = re.match(r"\s*(?:Public\s+)?(?:Static\s+)?(?:Sub|Function|Property \w+|Const)\s+(\w+)", content, re.IGNORECASE)
        if public and not public[1].startswith("Collab"):
            refuse(file, line, "not_ours", detail=public[1])
        named = re.match(r"\s*(?:(?:Public|Private)\s+)?(?:Static\s+)?(?:Sub|Function)\s+(\w+)", content, re.IGNORECASE)
        if named and named[1].casefold() in procedures:
            refuse(file, line, "procedure_twice", detail=named[1])  # Excel compiles nothing of such a module
        if named:
            procedures.add(named[1].casefold())
    return Module(name, kind, text)


def check_text(file: str, data: bytes) -> None:
    """Refuse what the VBA editor cannot read: a character that is not ASCII, a line without CRLF at its end, a line that is too long."""
    lines = data.split(b"\n")
    for line, content in enumerate(lines, 1):
        if any(byte > 0x7E or (byte < 0x20 and byte not in b"\t\r") for byte in content):
            refuse(file, line, "not_ascii")
        ends_well = not content if line == len(lines) else content.endswith(b"\r")
        if not ends_well or b"\r" in content[:-1]:
            refuse(file, line, "line_end")
        if len(content) > LONGEST_LINE + 1:
            refuse(file, line, "long_line", detail=LONGEST_LINE)
    for line in _broken_runs(data.decode("ascii").split("\r\n")):
        refuse(file, line, "continuations", detail=CONTINUATIONS)


def _broken_runs(lines: Sequence[str]) -> Iterator[int]:
    run = 0
    for number, content in enumerate(lines, 1):
        run = run + 1 if content.endswith(" _") else 0
        if run > CONTINUATIONS:
            yield number


def in_stream_form(text: str, base: str, file: str) -> str:
    """An exported class in the form a VBA project stores: without the `VERSION…END` block, with `VB_Base`.

    Raises CollabError `addin_source` if the block is missing.
    """
    head = re.match(r"VERSION 1\.0 CLASS\r\nBEGIN\r\n(?:  .*\r\n)*END\r\n(Attribute VB_Name = \"\w+\"\r\n)", text)
    if head is None:
        refuse(file, 1, "no_class_block")
    named = f'{head[1]}Attribute VB_Base = "0{{{base}}}"\r\n'
    rest = text[head.end() :]
    exposed = re.search(r"^Attribute VB_Exposed = \w+\r\n", rest, re.MULTILINE)
    if exposed is None:
        refuse(file, text.count("\r\n", 0, head.end()), "no_class_block")
    is_document = base != CLASS_BASE
    more = f"Attribute VB_TemplateDerived = False\r\nAttribute VB_Customizable = {is_document}\r\n"
    return named + rest[: exposed.end()] + more + rest[exposed.end() :]


def _labels(folder: Path) -> tuple[Label, ...]:
    file = "labels.csv"
    try:
        text = _bytes(folder, file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        refuse(file, error.object.count(b"\n", 0, error.start) + 1, "not_utf8")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    out: dict[str, Label] = {}
    try:
        for row in reader:
            if reader.line_num == 1:
                if tuple(row) != COLUMNS:
                    refuse(file, 1, "label_columns", detail=COLUMNS)
                continue
            if len(row) != len(COLUMNS) or not all(cell == cell.strip() for cell in row) or not all(row[:3]):
                refuse(file, reader.line_num, "label_row")
            if bool(row[3]) != bool(row[4]):
                refuse(file, reader.line_num, "label_row")
            if row[0] in out:
                refuse(file, reader.line_num, "label_twice", detail=row[0])
            out[row[0]] = Label(*row)
    except csv.Error:
        refuse(file, reader.line_num, "label_row")
    return tuple(out.values())
