"""What a hostile program could say to the desk's COM object, and that only a click of the ribbon is taken."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from collab_xl.addin.buttons import BUTTONS
from collab_xl.catalogue import text
from collab_xl.desk.click import Facts, Taken, WindowFacts, judged
from collab_xl.desk.com import CLSID, Clicks, Registered, registered
from collab_xl.desk.protocol import Done, Filled, FormShown, Press, Ready, Writing, event, line
from collab_xl.desk.worker import Worker
from collab_xl.excel.copy import folder
from collab_xl.model.record import replace

OURS = r"C:\Users\li\AppData\Local\Temp\collab-xl"
COPY = OURS + r"\collab-0123abcd.xlsx"
OFFICE = r"C:\Program Files\Microsoft Office\root\Office16\EXCEL.EXE"
BOOK = "u16:4E3B8868002E0078006C00730078"
"""主表.xlsx"""
WINDOWS = {
    7: WindowFacts(OFFICE, 1),
    8: WindowFacts(OFFICE, 2),
    9: WindowFacts(r"C:\Windows\explorer.exe", 1),
    10: WindowFacts(r"C:\evil\excel.exe\run.exe", 1),
    11: WindowFacts("", 1),
    12: WindowFacts(r"C:\evil\EXCEL.EXE.exe", 1),
}
FACTS = Facts(session=1, temporary=OURS, window=WINDOWS.get, real_path=lambda path: path)


def test_a_click_of_the_ribbon_is_taken() -> None:
    assert judged("consolidate", 7, BOOK, COPY, FACTS) == Taken("consolidate", 7, BOOK, COPY)
    assert judged("check", 7, BOOK, "", FACTS) == Taken("check", 7, BOOK, "")
    assert judged("help", 7, "", "", FACTS) == Taken("help", 7, "", "")
    assert all(isinstance(judged(verb, 7, BOOK, "", FACTS), Taken) for verb in BUTTONS)


HOSTILE: list[tuple[Any, Any, Any, Any, str]] = [
    *(
        (verb, 7, BOOK, COPY, "unknown_verb")
        for verb in ("", "rm", "demo", "addin install", "CHECK", "check ", "__class__", None, 1, b"check", ["check"])
    ),
    *(("check", hwnd, BOOK, COPY, "bad_window") for hwnd in (0, -1, 1 << 32, True, 7.0, "7", None)),
    ("check", 99, BOOK, COPY, "no_window"),
    *(("check", hwnd, BOOK, COPY, "not_excel") for hwnd in (9, 10, 11, 12)),
    ("check", 8, BOOK, COPY, "other_session"),
    *(
        ("check", 7, book, COPY, "bad_book")
        for book in (
            "",
            "主表.xlsx",
            "u16:",
            "u16:4E3",
            "u16:zzzz",
            "u16:D800",
            "u16:000A",
            "u16:005C",
            "u16:002F",
            "u16:" + "0041" * 256,
            None,
            5,
        )
    ),
    *(
        ("check", 7, BOOK, copy, "bad_copy")
        for copy in (
            None,
            7,
            "collab-0123abcd.xlsx",
            OURS + r"\主表.xlsx",
            OURS + r"\collab-0123abcd.exe",
            OURS + r"\collab-0123abcd.xlsx:stream",
            OURS + r"\collab-0123abcd.xlsx.lnk",
            OURS + r"\collab-XYZ.xlsx",
            OURS + r"\..\collab-0123abcd.xlsx",
            OURS + r"\deeper\collab-0123abcd.xlsx",
            r"C:\collab-0123abcd.xlsx",
            r"D:" + COPY[2:],
            r"\\server\share\collab-0123abcd.xlsx",
            "\\\\?\\" + COPY,
            r"\\.\C:\collab-0123abcd.xlsx",
            "//server/share/collab-0123abcd.xlsx",
            COPY + "\0",
            COPY + "\n",
            "C:" + COPY[3:],
            OURS + "\\" + "a" * 300 + ".xlsx",
        )
    ),
]


@pytest.mark.parametrize(("verb", "hwnd", "book", "copy", "why"), HOSTILE)
def test_anything_else_is_refused(verb: Any, hwnd: Any, book: Any, copy: Any, why: str) -> None:
    assert judged(verb, hwnd, book, copy, FACTS) == why


def test_a_copy_that_is_a_link_to_elsewhere_or_is_gone_is_refused() -> None:
    for real in (None, r"C:\Users\li\Documents\salaries.xlsx", OURS + r"\collab-ffffffff.xlsx", OURS + r"\deeper\collab-0123abcd.xlsx"):
        assert judged("check", 7, BOOK, COPY, replace(FACTS, real_path=lambda path, real=real: real)) == "bad_copy"
    assert isinstance(judged("check", 7, BOOK, COPY, replace(FACTS, real_path=str.upper)), Taken), "Windows does not tell case apart"


def test_only_so_many_wait() -> None:
    assert judged("check", 7, BOOK, COPY, replace(FACTS, waiting=3)) == "too_many"
    assert isinstance(judged("check", 7, BOOK, COPY, replace(FACTS, waiting=2)), Taken)


class Registry:
    """In place of winreg: keys with their default value."""

    HKEY_CURRENT_USER, REG_SZ = "HKCU", 1

    def __init__(self) -> None:
        self.keys: dict[str, str] = {}

    def CreateKey(self, hive: str, key: str) -> Any:
        for end in (*(n for n, c in enumerate(key) if c == "\\"), len(key)):
            if key[:end].startswith("Software\\Classes\\"):
                self.keys.setdefault(f"{hive}\\{key[:end]}", "")
        return contextlib.nullcontext(f"{hive}\\{key}")

    def SetValueEx(self, key: str, name: str, _: int, kind: int, value: str) -> None:
        assert (name, kind) == ("", 1)
        self.keys[key] = value

    def DeleteKey(self, hive: str, key: str) -> None:
        whole = f"{hive}\\{key}"
        if whole not in self.keys or any(other.startswith(whole + "\\") for other in self.keys):
            raise OSError("missing, or not empty")
        del self.keys[whole]


class Table:
    """In place of pythoncom: the Running Object Table."""

    def __init__(self) -> None:
        self.objects: dict[str, Any] = {}

    def RegisterActiveObject(self, thing: Any, clsid: str, flags: int) -> int:
        self.objects[clsid] = thing
        return 1

    def RevokeActiveObject(self, number: int) -> None:
        self.objects.clear()


def test_the_object_is_found_by_its_name_while_the_desk_runs_and_leaves_nothing() -> None:
    registry, table = Registry(), Table()
    clicks = Clicks(FACTS)
    offered = Registered(clicks, table, lambda thing: thing, registry)
    assert registry.keys == {r"HKCU\Software\Classes\CollabXl.Desk": "", r"HKCU\Software\Classes\CollabXl.Desk\CLSID": CLSID}
    there = table.objects[registry.keys[r"HKCU\Software\Classes\CollabXl.Desk\CLSID"]]
    assert there.Click("check", 7, BOOK, "") is True
    assert there.Click("check", 9, BOOK, "") is False
    assert [*clicks.waiting] == [Taken("check", 7, BOOK, "")]
    assert [there.Click("week", 7, BOOK, "") for _ in range(3)] == [True, True, False], "three wait, no more"
    offered.close()
    assert (registry.keys, table.objects) == ({}, {})
    offered.close()


def test_on_other_systems_nothing_is_offered() -> None:
    assert sys.platform == "win32" or registered() is None
    assert Clicks._public_methods_ == ("Click",)


def test_a_click_is_carried_out_on_the_workbook_in_front(
    master: Path, open_book: Callable[[Path], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker does what a start of Python would do: the run is in the workbook on the screen, and the person has seen the message."""
    book = open_book(master)
    before = book.sheets["_collab"].range("B5").value
    impl = book.app.impl
    impl.alerts.clear()
    reads, writes = os.pipe()
    coded = "u16:" + book.name.encode("utf-16-be").hex().upper()
    folder().mkdir(mode=0o700, exist_ok=True)
    copy = folder() / "collab-0123abcd.xlsx"
    copy.write_bytes(master.read_bytes())
    monkeypatch.setattr("collab_xl.excel.run.copied", lambda *_: pytest.fail("the copy of the click is there"))
    os.write(writes, line(Press(1, "flag", 7, coded, "zh", str(copy))) + line(Press(2, "check", 7, "u16:0041", "zh")))
    os.close(writes)
    said = io.BytesIO()
    said.close = lambda: None  # type: ignore[method-assign]
    Worker(os.fdopen(reads, "rb"), said).serve()
    events = [event(each) for each in said.getvalue().splitlines()]
    assert [type(each) for each in events] == [Ready, Writing, Done, Writing, Done]
    assert [each.result.exit_code for each in events if isinstance(each, Done)] == [0, 5]
    assert len(impl.alerts) == 2
    assert book.sheets["_collab"].range("B5").value != before
    assert not copy.exists()


def served(*orders: Any) -> list[Any]:
    """What a worker says to these orders."""
    reads, writes = os.pipe()
    os.write(writes, b"".join(map(line, orders)))
    os.close(writes)
    said = io.BytesIO()
    said.close = lambda: None  # type: ignore[method-assign]
    Worker(os.fdopen(reads, "rb"), said).serve()
    return [event(each) for each in said.getvalue().splitlines()]


def test_a_click_that_asks_first_waits_for_the_window(master: Path, open_book: Callable[[Path], Any], tmp_path: Path) -> None:
    """The form is the window's; what was filled in goes into the open workbook. Given up, or without a window: nothing happens."""
    book = open_book(master)
    book.app.impl.answer = "yes"
    coded = "u16:" + book.name.encode("utf-16-be").hex().upper()
    tracker = tmp_path / "旧表.csv"
    tracker.write_text("任务编号,任务名称,负责人,计划结束时间\nRW-901,写方案,*经理,2026-11-30\n", encoding="utf-8")
    before = book.sheets["_collab"].range("B5").value
    given_up = served(Press(1, "import", 7, coded, "zh"), Filled(1, None))
    assert [type(each) for each in given_up[:3]] == [Ready, Writing, FormShown]
    assert given_up[-1].result.lines == (text("desk.in_excel.given_up", "zh"),)
    gone = served(Press(1, "import", 7, coded, "zh"))
    assert gone[-1].result.lines == (text("desk.in_excel.given_up", "zh"),)
    assert book.sheets["_collab"].range("B5").value == before
    events = served(Press(2, "import", 7, coded, "zh"), Filled(2, {"inputs": [str(tracker)], "department": "研发部"}))
    (form,) = (each for each in events if isinstance(each, FormShown))
    assert (form.verb, form.master, form.departments) == ("import", str(master), ("市场部", "研发部"))
    assert events[-1].result.exit_code == 0
    assert book.sheets["_collab"].range("B5").value != before, book.app.impl.alerts[-1:] + book.app.impl.questions[-1:]
