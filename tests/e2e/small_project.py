"""A small project on disk for end-to-end tests: a master by `init`, rows typed in, packs by `issue`, replies typed into the packs."""

from __future__ import annotations

import atexit
import re
import shutil
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import openpyxl
from copied import copy_project

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.demo import desk
from collab_xl.forms import load
from collab_xl.model.directory import Department
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.model.values import Value, normal
from collab_xl.plan.lists import columns_of
from collab_xl.verbs.report import Report, no_progress
from collab_xl.verbs.times import clock

DAY = date(2026, 11, 20)
WEEK = "2026-W47"
MONDAY = datetime(2026, 11, 16, 9)
DEPARTMENTS = (
    Department("市场部", ("市场",), "李*", ("li@example.com",), "*总", "王*副总", "张*总"),
    Department("研发部", (), "王*", ("wang@example.com",), "*总", "赵*副总", "张*总"),
)
TASKS: list[dict[str, Value]] = [
    {"task_id": "RW-001", "name": "问卷设计", "req_id": "XZ-2026-001", "dept": "市场部", "owner": "*经理", "start": date(2026, 11, 2),
     "end": date(2026, 11, 12), "progress": 0.5, "status": "in_progress"},
    {"task_id": "RW-002", "name": "接口联调", "req_id": "XZ-2026-001", "dept": "研发部", "owner": "*主管", "start": date(2026, 11, 2),
     "end": date(2026, 11, 27), "progress": 0.2, "status": "in_progress", "risk": "人力不足"},
    {"task_id": "RW-003", "name": "预热素材", "req_id": "XZ-2026-001", "dept": "市场部", "owner": "*专员", "start": date(2026, 11, 9),
     "end": date(2026, 11, 30), "progress": 0, "status": "not_started"},
]  # fmt: skip
REQUIREMENTS: list[dict[str, Value]] = [
    {"req_id": "XZ-2026-001", "name": "产品Q3上线", "from_dept": "市场部", "to_depts": ("市场部", "研发部"), "goal": "转化率提升15%",
     "due": date(2026, 12, 31), "urgency": "urgent", "status": "in_progress"},
]  # fmt: skip
PROBLEMS: list[dict[str, Value]] = [
    {"problem_id": "WT-001", "task_id": "RW-002", "raised_by": "*主管", "raised_at": date(2026, 11, 18), "dept": "研发部",
     "description": "测试环境不可用", "level": "cross", "status": "open"},
]  # fmt: skip


class Project:
    """Everything a test does to one master in one folder."""

    def __init__(self, folder: Path, lang: str = "zh") -> None:
        self.folder, self.lang = folder, lang
        self.master = folder / "主表.xlsx"
        self.packs: dict[str, Path] = {}

    @classmethod
    def start(cls, folder: Path, lang: str = "zh", forms: str = "basic", departments: Sequence[Department] = DEPARTMENTS) -> Project:
        project = cls(folder, lang)
        with clock.at(MONDAY):
            verbs.init(project.master, project="产品Q3上线", departments=departments, lang=lang, as_of=DAY, forms=forms)
        desk.fill_in(project.master, {"requirements": REQUIREMENTS, "tasks": TASKS, "problems": PROBLEMS}, lang, DAY)
        return project

    @classmethod
    def again(cls, folder: Path, lang: str = "zh", *, issued: bool = True) -> Project:
        """As `start`, with packs as `issue` makes them, in a folder that does not exist yet: a copy of what this process makes once."""
        return _made_once(lang, issued).copy(folder)

    def copy(self, folder: Path) -> Project:
        """A copy with its packs in a folder that does not exist yet: ten times as quick as making the project again."""
        project = Project(copy_project(self.folder, folder), self.lang)
        project.packs = {department: folder / path.relative_to(self.folder) for department, path in self.packs.items()}
        return project

    def issue(self, carry: str = "") -> Report:
        with clock.at(MONDAY + timedelta(hours=len(self.packs))):
            out = self.folder / "outbox"
            report = verbs.issue(self.master, as_of=DAY, week=WEEK, lang=self.lang, out=out, carry=carry, progress=no_progress)
        self.packs = {str(p["department"]): Path(str(p["file"])) for p in report.json["packs"]}
        return report

    def reply(self, department: str, cells: Mapping[tuple[str, str], Mapping[str, object]], name: str, hour: int = 12) -> Path:
        """A filled copy of a department's pack, sent on Friday at `hour`.

        Args:
            cells: (form, key or `+n` for the n-th blank row) → field → typed value.
        """
        inbox = self.folder / "inbox"
        inbox.mkdir(exist_ok=True)
        target = inbox / f"{name}.xlsx"
        shutil.copyfile(self.packs[department], target)
        fill_pack(target, cells, self.lang, datetime(2026, 11, 20, hour))
        return target

    def consolidate(self, *inputs: Path) -> Report:
        return verbs.consolidate(self.master, inputs, as_of=DAY, lang=self.lang, progress=no_progress)

    def type(self, *cells: tuple[str, str, str, Value]) -> None:
        """What the PMO types into the master: (form, key, field, parsed value)."""
        desk.change(self.master, cells, self.lang, DAY)

    def set(self, name: str, value: object) -> None:
        """Type a value on sheet 设置, by the id of its row."""
        book, service = read_book(self.master), load().service("settings")
        ref = book.tables[service.table]
        col, snap = columns_of(ref, service), book.snapshot(ref.sheet)
        (row,) = (r for r in range(ref.data.first_row, ref.data.last_row + 1) if snap.value(r, col["id"]) == name)
        type_into(self.master, ref.sheet, {(row, col["value"]): value})

    def data(self) -> dict[str, dict[str, dict[str, object]]]:
        """form → key (or row number) → heading → raw value of every filled cell, computed columns too."""
        book = read_book(self.master)
        out: dict[str, dict[str, dict[str, object]]] = {}
        for form in (f for f in load().forms if f.table in book.tables):
            ref = book.tables[form.table]
            snap = book.snapshot(ref.sheet)
            rows: dict[str, dict[str, object]] = {}
            for row in range(ref.data.first_row, ref.data.last_row + 1):
                line = {h: snap.value(row, ref.area.first_col + n) for n, h in enumerate(ref.headings)}
                line = {h: v for h, v in line.items() if v is not None}
                if line:
                    rows[str(line.get(form.key.heading[self.lang], f"row {row}"))] = line
            out[form.id] = rows
        return out

    def value(self, form_id: str, key: str, field_id: str) -> object:
        heading = load().form(form_id).field(field_id).heading[self.lang]
        return self.data()[form_id][key].get(heading)

    def listed(self, service_id: str) -> list[dict[str, object]]:
        """The rows of one of the master's lists, by column id."""
        book = read_book(self.master)
        service = load().service(service_id)
        ref = book.tables[service.table]
        snap = book.snapshot(ref.sheet)
        ids = {c.heading[self.lang]: c.id for c in service.columns}
        rows = []
        for row in range(ref.data.first_row, ref.data.last_row + 1):
            line = {ids[h]: snap.value(row, ref.area.first_col + n) for n, h in enumerate(ref.headings) if h in ids}
            if any(v is not None for v in line.values()):
                rows.append(line)
        return rows

    def decide(self, **decisions: tuple[str, object]) -> None:
        """Fill in the decision and the value by hand of conflicts, given by `key__field` (or `key`)."""
        book, service = read_book(self.master), load().service("conflicts")
        ref = book.tables[service.table]
        snap, col = book.snapshot(ref.sheet), columns_of(ref, service)
        cells: dict[tuple[int, int], object] = {}
        for row in range(ref.data.first_row, ref.data.last_row + 1):
            key, item_field = snap.value(row, col["row_key"]), snap.value(row, col["field"])
            for name, (decision, manual) in decisions.items():
                wanted_key, _, wanted_field = name.partition("__")
                if str(key or "").replace("-", "_") == wanted_key and (not wanted_field or wanted_field == item_field):
                    cells |= {(row, col["decision"]): decision, (row, col["manual"]): manual}
        type_into(self.master, ref.sheet, cells)


@cache
def _made_once(lang: str, issued: bool) -> Project:
    folder = Path(tempfile.mkdtemp(prefix="collab-made-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    project = Project.start(folder, lang)
    if issued:
        project.issue()
    return project


def type_into(master: Path, sheet: str, cells: Mapping[tuple[int, int], object]) -> None:
    """Type into cells of a closed master, (row, column) → value; None clears. Ten times as quick as openpyxl, which writes all anew."""
    snap = read_book(master).snapshot(sheet)
    edits = (CellEdit(sheet, row, col, snap.value(row, col), normal(value)) for (row, col), value in cells.items())
    desk.save(master, Plan(tuple(e for e in edits if e.old != e.new)))


def fill_pack(path: Path, cells: Mapping[tuple[str, str], Mapping[str, object]], lang: str, saved: datetime) -> None:
    """Type into a pack as a liaison does in Excel: all else stays. Raises KeyError for a row or column the pack lacks.

    What other programs make of a pack is in `saved_by_others.py`, the demo's packs (openpyxl) and `test_packs_rebuilt.py`.
    """
    book = read_book(path)
    for (form_id, row_name), typed in cells.items():
        form = load().form(form_id)
        ref = book.tables[form.table]
        snap, first = book.snapshot(ref.sheet), ref.data.first_row
        columns = {str(snap.value(first - 1, c)): c for c in range(ref.data.first_col, ref.data.last_col + 1)}
        key = columns[form.key.heading[lang]]
        rows = range(first, ref.data.last_row + 1)
        blank = [r for r in rows if snap.value(r, key) is None]
        row = blank[int(row_name[1:])] if row_name.startswith("+") else {snap.value(r, key): r for r in rows}[row_name]
        at = {(row, columns.get(f) or columns[form.field(f).heading[lang]]): value for f, value in typed.items()}
        formulas = {cell: value for cell, value in at.items() if str(value).startswith("=")}
        type_into(path, ref.sheet, {cell: value for cell, value in at.items() if cell not in formulas})
        if formulas:
            workbook = openpyxl.load_workbook(path)
            for (row, col), formula in formulas.items():
                workbook[ref.sheet].cell(row, col).value = formula
            workbook.save(path)
    stamp(path, saved)


CORE = (
    b'<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
    b'xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    b'<dcterms:modified xsi:type="dcterms:W3CDTF"></dcterms:modified></cp:coreProperties>'
)
CORE_TYPE = b'<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>'
CORE_RELATION = (
    b'<Relationship Id="rIdCore" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" '
    b'Target="docProps/core.xml"/></Relationships>'
)


def stamp(path: Path, saved: datetime) -> None:
    """Make a workbook say when it was last saved, as Excel does on saving: an issued pack does not say, openpyxl says when it ran."""
    when = f"{saved.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}".encode()
    with zipfile.ZipFile(path) as old:
        parts = {info.filename: old.read(info) for info in old.infolist()}
    if "docProps/core.xml" not in parts:
        parts["docProps/core.xml"] = CORE
        for name, end, more in (("[Content_Types].xml", b"</Types>", CORE_TYPE), ("_rels/.rels", b"</Relationships>", CORE_RELATION)):
            assert parts[name].count(end) == 1, parts[name]
            parts[name] = parts[name].replace(end, more)
    core = parts["docProps/core.xml"]
    parts["docProps/core.xml"], n = re.subn(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + when, core)
    assert n == 1, core
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in parts.items():
            new.writestr(name, data)
