"""The ways in which a button's verb reaches a master, each playing the same week: what they leave is compared cell by cell.

closed: the verbs on the file. xlwings, without: `ribbon.run` over Excel's stand-ins, with and without the add-in's macros. object: the
desk's COM object, its judge and its worker. process: a worker process on the closed file, as the desk's own buttons. VBA: what the
add-in's macros start, run in LibreOffice. office: LibreOffice under xlwings, as strict as Excel.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import secrets
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from copied import copy_project
from e2e.small_project import Project, type_into
from excel_com.clicks import on_the_screen, xlwings_book

from collab_xl import catalogue, verbs
from collab_xl.addin.blanks import Blanks
from collab_xl.book.read import Book, read_book
from collab_xl.desk.asked import ON_DESK, typed
from collab_xl.desk.click import Facts, Taken, WindowFacts
from collab_xl.desk.com import Clicks
from collab_xl.desk.protocol import Answer, Do, Done, Filled, FormShown, Press, Question, event, line
from collab_xl.desk.worker import Worker
from collab_xl.excel.read import read_open_book
from collab_xl.excel.write import write_open
from collab_xl.forms import load
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.project.commit import commit
from collab_xl.verbs.report import no_progress
from collab_xl.verbs.times import clock

MONDAY = datetime(2026, 11, 23, 9)
STEPS = (
    *("import", "collect", "check", "preview", "consolidate", "resolve", "flag", "week", "weekthis", "weeklast", "weekother"),
    *("baselineset", "baselinesign", "baselinecompare", "compareother", "undo", "redo", "issue"),
    *("agenda", "gantt", "calendar", "portfolio", "close", "log"),
)
LONG = "每一步都写下来，" * 1200
"""9,600 characters: more than an array written at once may have."""
ODD = ("001", "3-5", "50%", "+86 138", "@x", "-x", "两行\n文字", " 前后空格 ", "#N/A 报价", "TRUE", "1/2", "'引号")
ASKED: dict[str, dict[str, Any]] = {
    "baselineset": {"baseline_new": "启动"},
    "baselinesign": {"signing": "研发部", "signed_by": "王*"},
    "compareother": {"since": "2026-11-20"},
}
"""Button → what the person fills into its form."""
NAMES = {
    "baselineset": "baseline set",
    "baselinesign": "baseline sign",
    "baselinecompare": "baseline compare",
    "compareother": "compare",
    "portfolio": "portfolio make",
}
MAKERS = ("agenda", "gantt", "calendar", "portfolio", "close")
"""The menu 项目: these make files, and the master stays as it is."""
WEEKS = {"weekthis": "this week", "weeklast": "last week", "weekother": "2026-W47"}


@dataclass(frozen=True)
class Trip:
    """One way: after each step the workbook as it was then."""

    name: str
    after: Mapping[str, Path]


def a_normal_week(folder: Path, lang: str) -> Project:
    """Two departments have answered: odd and long texts, an error in a cell. The PMO has changed the same cell, and keeps
    formulas, errors and odd texts beside the tasks."""
    folder.mkdir()
    project = Project.start(folder, lang, forms="requirements,tasks,problems,risks,actions,signatures,communication")
    project.issue()
    done, risk, reason = ("done_this_week", "risk", "late_reason")
    project.reply("市场部", {
        ("tasks", "RW-001"): {"progress": 0.8, done: LONG, risk: "#N/A", reason: ODD[0]},
        ("tasks", "RW-003"): {"progress": 0.3, done: ODD[6], risk: ODD[8], "plan_next_week": ODD[1]},
    }, "市场部")  # fmt: skip
    project.reply("研发部", {("tasks", "RW-002"): {"progress": 0.6, done: ODD[4], risk: ODD[3], reason: ODD[9]}}, "研发部")
    project.type(("tasks", "RW-002", "progress", 0.4), ("tasks", "RW-001", "remark", ODD[11]))
    beside_the_tables(project)
    heads = {"zh": "任务编号,任务名称,负责人,计划结束时间", "en": "Task ID,Task name,Owner,Planned end"}[lang]
    (folder / "旧表.csv").write_text(f"{heads}\nRW-901,{ODD[1]},{ODD[0]},2026-12-30\n", encoding="utf-8")
    return project


MARKED = {
    "~REF~": 't="e"><v>#REF!</v>', "~DIV~": 't="e"><f>1/0</f><v>#DIV/0!</v>', "~SUM~": "><f>1+1</f><v>2</v>",
    "~LINK~": 't="str"><f>HYPERLINK("#A1","去")</f><v>去</v>',
}  # fmt: skip
"""Marked text → the cell in its place, with the value that Excel has calculated."""


def beside_the_tables(project: Project) -> None:
    """What the PMO keeps right of the tasks: odd and long texts, errors, formulas, a link."""
    book = read_book(project.master)
    ref = book.tables["Tasks"]
    col = ref.area.last_col + 3
    texts = [*ODD, LONG, *MARKED]
    type_into(project.master, ref.sheet, {(ref.data.first_row + n, col): text for n, text in enumerate(texts)})
    with zipfile.ZipFile(project.master) as old:
        parts = {info.filename: old.read(info) for info in old.infolist()}
    done = 0
    for name, data in parts.items():
        if name.startswith("xl/worksheets/sheet"):
            said = data.decode()
            for marked, cell in MARKED.items():
                said, n = re.subn(rf't="inlineStr"><is><t[^>]*>{marked}</t></is>', lambda _, cell=cell: cell, said)  # type: ignore[misc]
                done += n
            parts[name] = said.encode()
    assert done == len(MARKED)
    with zipfile.ZipFile(project.master, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in parts.items():
            new.writestr(name, data)


class Routes:
    """Every way starts from a copy of one project, at one path and with the same ids."""

    def __init__(self, source: Project, folder: Path, patch: pytest.MonkeyPatch, steps: Sequence[str] = STEPS) -> None:
        self.source, self.folder, self.patch, self.lang = source, folder, patch, source.lang
        self.master, self.steps = folder / "项目" / source.master.name, steps

    @contextlib.contextmanager
    def _trip(self, name: str) -> Iterator[Trip]:
        home = self.master.parent
        copy_project(self.source.folder, home)
        counts: dict[int, itertools.count[int]] = {}
        self.patch.setattr(secrets, "token_hex", lambda size: f"{next(counts.setdefault(size, itertools.count(1))):0{2 * size}x}")
        kept = self.folder / name
        kept.mkdir()
        with clock.at(MONDAY):
            yield Trip(name, {step: kept / f"{number:02}-{step}.xlsx" for number, step in enumerate(self.steps)})
        home.rename(kept / "项目")

    def filled(self, blanks: Blanks) -> dict[str, Any]:
        """What the person fills into a button's form."""
        asked = {NAMES[button]: said for button, said in ASKED.items()} | {"week": {"week": WEEKS["weekother"]}}
        asked |= {"portfolio make": {"masters": str(self.master.parent)}}
        return asked.get(blanks.verb) or self.tracker()

    def tracker(self) -> dict[str, Any]:
        return {"inputs": (str(self.master.parent / "旧表.csv"),), "department": "研发部"}

    def decisions(self, book: Book) -> Plan:
        """What the PMO types on 冲突处理: the first item gets a decision."""
        service = load().service("conflicts")
        ref = book.tables[service.table]
        col = ref.area.first_col + ref.headings.index(next(c.heading[self.lang] for c in service.columns if c.id == "decision"))
        return Plan((CellEdit(ref.sheet, ref.data.first_row, col, None, catalogue.text("model.word.take_submission", self.lang)),))

    def closed(self) -> Trip:
        """The verbs on the file: what all others are compared with."""
        master, lang = self.master, self.lang
        with self._trip("closed") as trip:
            for step, path in trip.after.items():
                if step == "resolve":
                    commit(master, None, self.decisions(read_book(master)))
                self._verb(step, master, lang)
                path.write_bytes(master.read_bytes())
        return trip

    def _verb(self, step: str, master: Path, lang: str) -> None:
        day = clock.today()
        if step == "import":
            said = self.tracker()
            sources = [Path(path) for path in said["inputs"]]
            given = {"department": said["department"], "fallback": lang, "confirm": lambda _: True}
            verbs.import_tracker(master, sources, as_of=day, lang=lang, **given)
        elif step in WEEKS:
            verbs.week(master, as_of=day, week=WEEKS[step], lang=lang)
        elif step == "baselineset":
            verbs.baseline_set(master, "启动", as_of=day, lang=lang)
        elif step == "baselinesign":
            verbs.baseline_sign(master, department="研发部", by="王*", as_of=day, lang=lang)
        elif step == "baselinecompare":
            verbs.baseline_compare(master, as_of=day, lang=lang)
        elif step == "portfolio":
            verbs.portfolio_make([master.parent], as_of=day, lang=lang, progress=no_progress)
        elif step == "close":
            verbs.close(master, as_of=day, confirmed=True, lang=lang, progress=no_progress)
        elif step == "compareother":
            verbs.compare(master, since="2026-11-20", as_of=day, lang=lang)
        elif step == "collect":
            verbs.collect(master, (), department=None, as_of=day, write=True, lang=lang, progress=no_progress)
        else:
            more = {"progress": no_progress} if step in ("issue", "preview", "consolidate") else {}
            getattr(verbs, step)(master, lang=lang, **({} if step == "log" else {"as_of": day}), **more)

    def xlwings(self, *, addin: bool = True) -> Trip:
        """A click over Excel's stand-ins: xlwings' own code for Windows."""
        return self._on_the_screen("xlwings" if addin else "without", addin=addin)

    def vba(self, words: Mapping[str, list[str]]) -> Trip:
        """The same with the words that the add-in's VBA starts Python with, by verb."""
        return self._on_the_screen("VBA", words=words)

    def _on_the_screen(self, name: str, *, addin: bool = True, words: Mapping[str, list[str]] | None = None) -> Trip:
        with self._trip(name) as trip, on_the_screen(self.lang, addin=addin) as excel:
            book = excel.open(self.master)
            for step, path in trip.after.items():
                self._before(step, book)
                seen = excel.click(step, book, fill_in=self.filled, words=words and words[step])
                assert not seen.bad, (step, seen.message)
                book.do_SaveCopyAs(str(path))
        return trip

    def _before(self, step: str, book: Any) -> None:
        """What the person does between the clicks."""
        if step == "resolve":
            live = xlwings_book(self.master.name)
            write_open(live, self.decisions(read_open_book(live)))
        if step == "issue":
            book.do_Save()

    def object(self) -> Trip:
        """`GetObject(, "CollabXl.Desk").Click(…)`: judged, queued, and carried out by the desk's worker."""
        clicks = Clicks(Facts(1, r"C:\T\collab-xl", lambda _: WindowFacts(r"C:\Office\EXCEL.EXE", 1), lambda path: path))
        coded = "u16:" + self.master.name.encode("utf-16-be").hex().upper()
        with self._trip("object") as trip, on_the_screen(self.lang) as excel:
            book = excel.open(self.master)
            for number, (step, path) in enumerate(trip.after.items(), 1):
                self._before(step, book)
                assert clicks.Click(step, 1, coded, "") is True
                taken = clicks.waiting.popleft()
                assert isinstance(taken, Taken)
                press = Press(number, taken.verb, taken.hwnd, taken.book, self.lang, taken.copy)
                done = self._served(press)
                assert done.result is not None
                assert done.result.exit_code == 0, (step, excel.alerts)
                book.do_SaveCopyAs(str(path))
        return trip

    def _served(self, press: Press) -> Done:
        """What the worker, in this process, says at the end."""
        blanks = Blanks("week" if press.verb in WEEKS else NAMES.get(press.verb, press.verb), self.lang)
        reads, writes = os.pipe()
        out, into = os.pipe()
        os.write(writes, line(press) + line(Filled(press.id, self.filled(blanks))))
        os.close(writes)
        with os.fdopen(reads, "rb") as orders, os.fdopen(into, "wb") as events:
            Worker(orders, events).serve()
        with os.fdopen(out, "rb") as said:
            events_of = [event(each) for each in said]
        assert any(isinstance(each, FormShown) for each in events_of) is (press.verb in ("import", "weekother", "portfolio", *ASKED))
        done = events_of[-1]
        assert isinstance(done, Done)
        return done

    def process(self) -> Trip:
        """The desk's own buttons: a worker in a process of its own, orders and events over its pipes, on the closed file."""
        with self._trip("process") as trip, _worker() as (orders, events):
            for number, (step, path) in enumerate(trip.after.items(), 1):
                if step == "resolve":
                    commit(self.master, None, self.decisions(read_book(self.master)))
                name = "week" if step in WEEKS else NAMES.get(step, step)
                given: dict[str, Any] = {"week": WEEKS[step]} if step in WEEKS else self.tracker() if step == "import" else {}
                given |= ASKED.get(step, {}) | ({"anyway": True} if step == "close" else {})
                given |= {"masters": str(self.master.parent)} if step == "portfolio" else {}
                values = typed(ON_DESK[name], given, master=str(self.master), lang=self.lang, write=True)
                orders.write(line(Do(number, name, values)))
                for said in map(event, iter(events.readline, b"")):
                    if isinstance(said, Question):
                        orders.write(line(Answer(number, True if said.yes_no else "")))
                    if isinstance(said, Done):
                        break
                else:
                    pytest.fail(f"{step}: the worker has ended")
                assert said.refusal is None, (step, said.refusal)
                assert said.result is not None
                path.write_bytes(self.master.read_bytes())
        return trip

    def office(self, open_book: Any) -> Trip:
        """LibreOffice under xlwings."""
        from clicks import Excel

        with self._trip("office") as trip:
            book = open_book(self.master)
            excel = Excel(self.patch, self.lang)
            for step, path in trip.after.items():
                if step == "resolve":
                    write_open(book, self.decisions(read_open_book(book)))
                if step == "issue":
                    book.save()
                seen = excel.click(step, book, fill_in=self.filled)
                assert not seen.bad, (step, seen.message)
                book.save(path)
            book.close()
        return trip


@contextlib.contextmanager
def _worker() -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """A forked worker: it has the test's clock and ids."""
    orders_out, orders_in = os.pipe()
    events_out, events_in = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.close(orders_in)
            os.close(events_out)
            Worker(os.fdopen(orders_out, "rb"), os.fdopen(events_in, "wb")).serve()
        finally:
            os._exit(0)
    os.close(orders_out)
    os.close(events_in)
    with os.fdopen(events_out, "rb") as events:
        with os.fdopen(orders_in, "wb", buffering=0) as orders:
            yield orders, events  # type: ignore[misc]
        os.waitpid(child, 0)


def started(command: str) -> tuple[str, list[str]]:
    """Of a command that the add-in's VBA would start on Windows: the verb, and the words Python gets."""
    from shells import through_cmd

    argv = through_cmd(command).argv
    found = re.search(r"collab_xl\.addin\.ribbon\.run\('(\w+)'\)$", argv[4])
    assert found, argv
    return found[1], ["-c", *argv[5:]]
