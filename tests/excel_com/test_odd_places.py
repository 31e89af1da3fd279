"""Masters as people leave them: hidden rows, sheets hidden or renamed, a locked structure, merged cells, a resized table, another date
system, manual calculation. The week is clicked on them over Excel's stand-ins: each button writes what its verb writes into the closed
file, or both refuse with the same words.

What the stand-ins cannot show, and why it should not matter (Microsoft's reference): `Range.Formula`, `Range.Address` and `Name.RefersTo`
are in English and in A1 style in every Excel, whatever its list separator or reference style; a write to one sheet of a selected group
stays on that sheet. They are on the release checklist.
"""

from __future__ import annotations

import itertools
import re
import secrets
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from copied import copy_project
from e2e.small_project import Project
from excel.test_both_engines import cells, differences

from collab_xl import verbs
from collab_xl.addin.message_text import refusal
from collab_xl.book.read import read_book
from collab_xl.errors import CollabError
from collab_xl.verbs.report import no_progress
from collab_xl.verbs.times import clock
from excel_com.application import MANUAL, SEMIAUTOMATIC, Workbook
from excel_com.clicks import on_the_screen

FRIDAY = datetime(2026, 11, 20, 18)
WEEK = ("collect", "check", "preview", "consolidate", "flag", "week", "undo", "issue")
Parts = dict[str, bytes]
TASKS = "任务跟踪表"
LONG_NAME = "O'Brien's 任务 (2026) & \"甲乙\" 第47周-1"
"""31 characters, with apostrophes, quotes and an ampersand."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with clock.at(FRIDAY):
        project = Project.start(tmp_path_factory.mktemp("odd places"))
        project.issue()
        reply = {("tasks", "RW-001"): {"progress": 0.8, "risk": "3-5"}, ("problems", "+0"): {"task_id": "RW-001", "description": "没有回"}}
        project.reply("市场部", reply, "市场部")
    return project.folder


def sheet_part(parts: Parts, name: str) -> str:
    book, rels = parts["xl/workbook.xml"].decode(), parts["xl/_rels/workbook.xml.rels"].decode()
    found = re.search(rf'<sheet [^>]*name="{name}"[^>]*r:id="(\w+)"', book)
    assert found, name
    target = re.search(rf'<Relationship [^>]*Id="{found[1]}"[^>]*Target="([^"]+)"|Target="([^"]+)"[^>]*Id="{found[1]}"', rels)
    assert target
    return "xl/" + (target[1] or target[2]).removeprefix("/xl/")


def changed(parts: Parts, part: str, pattern: str, to: str) -> None:
    text, count = re.subn(pattern, to, parts[part].decode(), count=1, flags=re.DOTALL)
    assert count == 1, (part, pattern)
    parts[part] = text.encode()


def hidden_rows(parts: Parts) -> None:
    """Somebody has hidden two rows with the mouse."""
    for row in (4, 5):
        changed(parts, sheet_part(parts, TASKS), rf'<row r="{row}"', f'<row r="{row}" hidden="1"')


def very_hidden(parts: Parts) -> None:
    """The sheets that buttons show are very hidden."""
    for name in ("检查结果", "滞后清单", "变更记录"):
        changed(parts, "xl/workbook.xml", rf'(<sheet [^>]*name="{name}")', r'\1 state="veryHidden"')


def locked_structure(parts: Parts) -> None:
    changed(parts, "xl/workbook.xml", r"(<workbookPr[^>]*/>)", r'\1<workbookProtection lockStructure="1"/>')


def merged(parts: Parts) -> None:
    """Two cells of the tasks' table are merged, as Excel allows after the table was a range; one of them gets an answer."""
    part = sheet_part(parts, TASKS)
    ref = read_book_of(parts).tables["Tasks"]
    progress = ref.area.first_col + ref.headings.index("当前进度")
    row = ref.data.first_row
    from collab_xl.model.place import a1

    area = f"{a1(row, progress - 1)}:{a1(row, progress)}"
    if b"<mergeCells" in parts[part]:
        changed(parts, part, r"<mergeCells[^>]*>", rf'\g<0><mergeCell ref="{area}"/>')
    else:
        changed(
            parts, part, r"</sheetData>(<sheetProtection[^>]*/>)?", rf'\g<0><mergeCells count="1"><mergeCell ref="{area}"/></mergeCells>'
        )


def larger(parts: Parts) -> None:
    """The tasks' table was drawn down by ten blank rows."""
    resized(parts, 10)


def smaller(parts: Parts) -> None:
    """The tasks' table was drawn up: its last tasks lie below it."""
    ref = read_book_of(parts).tables["Tasks"]
    filled = [
        row
        for row in range(ref.data.first_row, ref.data.last_row + 1)
        if read_book_of(parts).snapshot(TASKS).value(row, ref.area.first_col)
    ]
    resized(parts, filled[-1] - 1 - ref.area.last_row)


def resized(parts: Parts, by: int) -> None:
    ref = read_book_of(parts).tables["Tasks"]
    part = next(name for name, data in parts.items() if name.startswith("xl/tables/") and b'displayName="Tasks"' in data)
    last = ref.area.last_row + by
    text = re.sub(rf'(ref="\$?[A-Z]+\$?{ref.area.first_row}:[A-Z]+){ref.area.last_row}"', rf'\g<1>{last}"', parts[part].decode())
    assert text.count(f'{last}"') >= 1
    parts[part] = text.encode()


def since_1904(parts: Parts) -> None:
    """The dates are four years later, in both engines."""
    changed(parts, "xl/workbook.xml", r"<workbookPr", '<workbookPr date1904="1"')


def quoted_name(parts: Parts) -> None:
    """The sheet of the tasks was renamed; Excel has changed what refers to it."""
    name = LONG_NAME.replace("&", "&amp;").replace('"', "&quot;")
    refers = "'" + name.replace("'", "''") + "'!"
    changed(parts, "xl/workbook.xml", rf'name="{TASKS}"', f'name="{name}"')
    for part, data in parts.items():
        if part.endswith(".xml"):
            parts[part] = re.sub(rf"'{TASKS}'!|(?<![\w'#]){TASKS}!", lambda _: refers, data.decode("utf-8-sig")).encode()


def read_book_of(parts: Parts) -> Any:
    import io

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, data in parts.items():
            file.writestr(name, data)
    return read_book(out.getvalue())


class Place(NamedTuple):
    name: str
    file: Callable[[Parts], None] | None = None
    screen: Callable[[Workbook], None] | None = None
    other_way: bool = False
    """Whether Excel refuses a write that the file takes: it is saved, closed, written and opened again, with another number of the run."""


def calculating(mode: int) -> Callable[[Workbook], None]:
    def set_mode(book: Workbook) -> None:
        book._app._calculation = mode

    return set_mode


def selected_group(book: Workbook) -> None:
    """The cell pointer is inside the tasks, on a sheet that is in front of several selected ones."""
    sheet = next(sheet for sheet in book.get_Worksheets().each() if sheet.get_Name() in (TASKS, LONG_NAME))
    sheet.do_Activate()
    sheet.do_Range("B4:C6").do_Select()


def guarded(parts: Parts) -> None:
    hidden_rows(parts)
    very_hidden(parts)
    locked_structure(parts)
    quoted_name(parts)


def redrawn(parts: Parts) -> None:
    since_1904(parts)
    smaller(parts)


def thinking(book: Workbook) -> None:
    calculating(MANUAL)(book)
    selected_group(book)


PLACES = (
    Place("guarded and renamed, calculated by hand", guarded, thinking),
    Place("a smaller table of 1904", redrawn),
    Place("merged cells", merged, other_way=True),
    Place("alone: hidden rows", hidden_rows),
    Place("alone: very hidden sheets", very_hidden),
    Place("alone: locked structure", locked_structure),
    Place("alone: a larger table", larger),
    Place("alone: a smaller table", smaller),
    Place("alone: 1904", since_1904),
    Place("alone: a long name with quotes", quoted_name),
    Place("alone: manual calculation", screen=calculating(MANUAL)),
    Place("alone: calculation but for tables", screen=calculating(SEMIAUTOMATIC)),
    Place("alone: a selection", screen=selected_group),
)


@pytest.fixture
def ids(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Ids are counted instead of drawn, so that both sides have the same."""

    def again() -> None:
        counts: dict[int, itertools.count[int]] = {}
        monkeypatch.setattr(secrets, "token_hex", lambda size: f"{next(counts.setdefault(size, itertools.count(1))):0{2 * size}x}")

    return again


@pytest.fixture(autouse=True)
def friday() -> Iterator[None]:
    with clock.at(FRIDAY):
        yield


def in_this_state(master: Path, place: Place) -> None:
    if place.file is None:
        return
    with zipfile.ZipFile(master) as old:
        parts = {info.filename: old.read(info) for info in old.infolist()}
    place.file(parts)
    with zipfile.ZipFile(master, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in parts.items():
            new.writestr(name, data)


def by_verb(master: Path) -> dict[str, str]:
    """Each verb on the file: "" or the words of its refusal."""
    said = {}
    for verb in WEEK:
        try:
            if verb == "collect":
                verbs.collect(master, (), department=None, as_of=clock.today(), write=True, lang="zh", progress=no_progress)
            else:
                more = {"progress": no_progress} if verb in ("issue", "preview", "consolidate") else {}
                getattr(verbs, verb)(master, as_of=clock.today(), lang="zh", **more)
            said[verb] = ""
        except CollabError as error:
            said[verb] = refusal(error, "zh")
    return said


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_each_button_works_or_is_refused_as_its_verb(place: Place, made: Path, tmp_path: Path, ids: Callable[[], None]) -> None:
    home = tmp_path / "项目"
    master = copy_project(made, home) / "主表.xlsx"
    in_this_state(master, place)
    ids()
    closed = by_verb(master)
    wanted = read_book(master)
    home.rename(tmp_path / "closed")

    in_this_state(copy_project(made, home) / "主表.xlsx", place)
    ids()
    with on_the_screen() as excel:
        book = excel.open(master)
        if place.screen is not None:
            place.screen(book)
        excel.calculation = excel.app._calculation
        clicked = {}
        for verb in WEEK:
            seen = excel.click(verb, book)
            clicked[verb] = seen.message if seen.bad else ""
        (now,) = excel.app._books
        assert (now is not book) is place.other_way
        now.do_SaveCopyAs(str(tmp_path / "copy.xlsx"))
    assert {verb for verb, said in clicked.items() if said} == {verb for verb, said in closed.items() if said}, (closed, clicked)
    for verb, said in clicked.items():
        assert not re.search(r"[{}]|Traceback|\bNone\b", said), (verb, said)
        assert said.split("\n\n")[0] == closed[verb].split("\n\n")[0], verb
    found = read_book(tmp_path / "copy.xlsx")
    apart = differences(*(_comparable(cells(each), place) for each in (wanted, found)))
    assert not apart, (len(apart), dict(list(apart.items())[:6]))
    assert {n: t.area for n, t in found.tables.items()} == {n: t.area for n, t in wanted.tables.items()}


def _comparable(found: dict[str, object], place: Place) -> dict[str, object]:
    if not place.other_way:
        return found
    return {at: re.sub(r"R\d{4}-\w{4}", "R", value) if isinstance(value, str) else value for at, value in found.items()}
