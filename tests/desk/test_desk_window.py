"""The window on a real screen (Xvfb), with real verbs on a real master: every state, in both languages."""

from __future__ import annotations

import os
import queue
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from desk.screen import Person, runs_of

from collab_xl.addin.blanks import Blanks
from collab_xl.book.hidden_sheet import hidden_values
from collab_xl.book.read import read_book
from collab_xl.catalogue import LANGS, text
from collab_xl.desk import memory, state
from collab_xl.desk.asked import DIALOGS, ON_DESK
from collab_xl.desk.click import Taken
from collab_xl.desk.memory import Memory
from collab_xl.desk.names import verb_name
from collab_xl.desk.protocol import SET_BACK, Done, Filled, FormShown, Press, Refusal, Result, Writing
from collab_xl.forms import BASIC, load

Open = Callable[[Path], Person]


@pytest.fixture(scope="module")
def window(display: str) -> Iterator[Person]:
    """One window for the tests of this file: to start a worker takes longer than most of them."""
    from collab_xl.desk.window import DeskWindow

    person = Person(DeskWindow(Memory(), "zh"))
    person.wait(lambda: person.desk.ready)
    yield person
    person.idle()
    worker = person.window.worker
    person.window.close()
    if worker is not None:
        worker.close(20)


@pytest.fixture
def opened(window: Person) -> Iterator[Callable[[Path], Person]]:
    """Opens a master in the window, in Chinese."""

    def open_it(master: Path) -> Person:
        window.window.open_master(str(master))
        window.window.panel.preview.set(True)
        window.idle()
        return window

    yield open_it
    if window.desk.busy:
        window.window.cancel()
    window.idle()
    if window.desk.lang != "zh":
        window.window.switch_language()
        window.idle()


def test_without_a_master_it_says_where_to_begin(window: Person) -> None:
    for lang in LANGS:
        shown = window.texts()
        assert {text("desk.welcome", lang), text("desk.open", lang), f"{verb_name('init', lang)}…", text("desk.no_master", lang)} <= set(
            shown
        )
        assert window.window.verbs.buttons["check"].instate(["disabled"])
        assert not window.window.verbs.buttons["doctor"].instate(["disabled"]), "the machine can be diagnosed without a master"
        window.window.switch_language()
    assert window.window.look.family, "a font was found"


def test_a_click_shows_first_and_then_writes(opened: Open, master: Path) -> None:
    person = opened(master)
    assert person.desk.outcome.verb == "status", "a master that was opened says where it stands"
    before = runs_of(master)
    person.choose("flag")
    person.press()
    assert person.desk.outcome.can_write
    assert text("desk.not_written", "zh") in person.texts()
    assert runs_of(master) == before
    person.window.result.write_button.invoke()
    person.idle()
    assert (person.desk.outcome.verb, person.desk.outcome.write, person.window.result.write_button) == ("flag", True, None)
    assert runs_of(master) != before


REFUSED = {"mailbox test": "mail_not_set", "robot test": "robot_not_set", "baseline compare": "no_baseline"}
"""What a master without mailbox, robot and baseline refuses."""


def test_every_verb_of_the_week_has_its_panel_and_its_result(opened: Open, master: Path) -> None:
    """Each once, in the language that is switched to in between; every text on the screen is a finished one."""
    person = opened(master)
    person.window.switch_language()
    person.idle()
    for verb in (name for name, each in ON_DESK.items() if each.desk_group in ("week", "upkeep") and name not in DIALOGS):
        person.choose(verb)
        assert verb_name(verb, "en") in person.texts()
        if verb == "portfolio make":
            person.window.panel.fields["masters"].set(str(master.parent))
        if missing := person.window.panel.missing():
            if not person.window.panel.main.instate(["disabled"]):
                person.press()
                assert text("desk.need", "en", what=missing) in person.texts(), "it asks for it first"
        elif not person.window.panel.main.instate(["disabled"]):
            person.press()
            refused = person.desk.outcome.refusal.code if person.desk.outcome.refusal else ""
            assert refused == REFUSED.get(verb, ""), person.desk.outcome
            assert refused or person.desk.outcome.kind in (state.DONE, state.REMARKS, state.WAITS), (verb, person.desk.outcome)
        assert [said for said in person.texts() if "{" in said or "desk." in said] == []
    person.choose("forms add")
    person.press()
    assert not person.desk.busy, "it asks for a form first"
    assert text("desk.need", "en", what=text("desk.ask.form_ids", "en")) in person.texts()


def test_choices_are_those_of_the_master(opened: Open, master: Path) -> None:
    person = opened(master)
    person.choose("issue")
    fields = person.window.panel.fields
    assert fields["departments"].options == {"市场部": "市场部", "研发部": "研发部"}
    assert "2026-W47" in fields["week"].options
    fields["departments"].set(("研发部",))
    fields["week"].set("2026-W48")
    person.press()
    person.window.result.write_button.invoke()
    person.idle()
    made = person.desk.outcome.result.made
    assert [Path(path).name for path in made] == ["填报包_产品Q3上线_研发部_2026-W48.xlsx"]
    assert Path(made[0]).name in person.texts(), "a button opens what was made"
    person.choose("check")
    person.choose("issue")
    assert person.window.panel.fields["week"].value() == "2026-W48", "what was typed is still there"


def test_undo_asks_in_the_window_and_no_is_the_answer_that_has_the_focus(opened: Open, master: Path) -> None:
    person = opened(master)
    person.window.panel.preview.set(False)
    person.choose("flag")
    person.window.panel.preview.set(False)
    person.press()
    person.idle()
    flagged = runs_of(master)
    person.choose("undo")
    assert flagged in person.window.panel.fields["run"].options
    person.press()
    question = person.desk.run.question
    assert flagged in question.text
    assert question.text in person.texts()
    assert str(person.window.root.focus_lastfor().cget("text")) == text("desk.no", "zh")
    person.window.answer(False)
    person.idle()
    assert runs_of(master) == flagged
    person.press()
    person.window.answer(True)
    person.idle()
    assert person.desk.outcome.kind == state.DONE
    assert runs_of(master) != flagged
    person.choose("redo")
    person.press()
    assert (person.desk.outcome.verb, person.desk.outcome.kind) == ("redo", state.DONE)


def test_cancel_ends_what_asks(opened: Open, master: Path) -> None:
    person = opened(master)
    person.choose("flag")
    person.press()
    person.window.result.write_button.invoke()
    person.idle()
    before = master.read_bytes()
    person.choose("undo")
    person.press()
    person.window.cancel()
    person.idle()
    assert person.desk.outcome.kind == state.CANCELLED
    assert master.read_bytes() == before


def test_while_a_verb_works_the_window_answers_and_its_buttons_wait(opened: Open, master: Path) -> None:
    person = opened(master)
    person.choose("consolidate")
    person.window.panel.fields["inputs"].set([str(master.parent / "inbox")])
    person.press(ended=False)
    assert person.window.verbs.buttons["check"].instate(["disabled"])
    longest, last = 0.0, time.monotonic()
    while person.desk.busy:
        person.window.root.update()
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
        time.sleep(0.002)
    assert longest < 1.0, "nothing blocks the window"
    assert person.desk.outcome.kind in (state.DONE, state.REMARKS, state.WAITS)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL is of POSIX")
def test_a_worker_that_is_killed_is_told_and_the_next_click_starts_another(opened: Open, master: Path) -> None:
    person = opened(master)
    person.choose("flag")
    person.press()
    first = person.window.worker.pid
    person.window.result.write_button.invoke()
    person.wait(lambda: not person.desk.busy or person.desk.run.phase == state.WRITING)
    os.kill(first, signal.SIGKILL)
    person.wait(lambda: not person.desk.busy and person.window.worker is None)
    if person.desk.outcome.kind == state.DIED:
        assert any(said in person.texts() for said in (text("desk.died.written", "zh"), text("desk.died.clean", "zh")))
    person.press()
    assert person.window.worker.pid != first
    assert person.desk.outcome.kind in (state.DONE, state.REMARKS)
    os.kill(person.window.worker.pid, signal.SIGKILL)
    person.wait(lambda: person.window.worker is None)
    assert text("desk.died.idle", "zh") in person.texts()


def test_a_new_project_and_an_import_by_their_dialogs(window: Person, tmp_path: Path) -> None:
    person = window
    person.window.new_project()
    (dialog,) = (each for each in person.window.root.winfo_children() if each.winfo_class() == "Collab-xl")
    made = tmp_path / "新项目.xlsx"
    dialog.fields["master"].set("")
    dialog.accept()
    assert text("desk.need", "zh", what=text("desk.ask.master", "zh")) in person.texts()
    assert set(dialog.fields["forms"].value()) == {form.id for form in load().forms if form.basic} - set(BASIC), "those a new master has"
    dialog.fields["forms"].box.selection_clear(0, "end")
    for name, value in (
        ("project", "试点"),
        ("master", str(made.with_suffix(""))),
        ("departments", ("市场部", "研发部")),
        ("forms", ("resources",)),
    ):
        dialog.fields[name].set(value)
    dialog.accept()
    person.idle()
    assert (person.desk.outcome.verb, person.desk.outcome.kind, person.desk.master) == ("init", state.DONE, str(made))
    assert made.is_file(), "the ending of a workbook need not be typed"
    assert [word.partition(":")[0] for word in str(hidden_values(read_book(made))["forms"]).split()] == [*BASIC, "resources"]
    tracker = tmp_path / "旧表.csv"
    tracker.write_text("任务编号,任务名称,负责人,计划结束时间,完成状态\nA-1,写方案,*经理,2026-11-30,进行中\n", encoding="utf-8")
    person.window.import_trackers()
    (dialog,) = (each for each in person.window.root.winfo_children() if each.winfo_class() == "Collab-xl")
    assert dialog.fields["master"].value() == str(made)
    dialog.fields["inputs"].set([str(tracker)])
    before = runs_of(made)
    dialog.accept()
    person.wait(lambda: not person.desk.busy or person.desk.run.question is not None)
    person.window.root.update()
    assert person.desk.run.shown.tables
    assert person.window.result.winfo_ismapped(), "what was read is shown before it asks"
    person.window.answer(True)
    person.idle()
    assert person.desk.outcome.kind in (state.DONE, state.REMARKS)
    assert runs_of(made) != before
    assert memory.remembered().masters[0] == str(made)


def test_language_and_size_change_without_a_restart(opened: Open, master: Path) -> None:
    person = opened(master)
    person.choose("issue")
    person.window.panel.fields["week"].set("W49")
    worker = person.window.worker.pid
    person.window.switch_language()
    assert text("desk.group.week", "en") in person.texts()
    assert person.window.panel.fields["week"].value() == "W49"
    before = person.window.look.px(100)
    person.window.zoomed(1)
    assert person.window.look.px(100) == round(before * 1.25)
    assert person.window.worker.pid == worker
    person.window.root.update()
    buttons = [*person.window.header.buttons, person.window.panel.main]
    assert all(each.winfo_width() >= each.winfo_reqwidth() for each in buttons), "nothing is cut at 125 %"
    assert memory.remembered().lang == "en"
    person.window.zoomed(-1)


def test_a_worker_that_is_outdated_makes_way_for_another(
    opened: Open, master: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = opened(master)
    first = person.window.worker
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "form.toml").write_text("broken", "utf-8")
    monkeypatch.setenv("COLLAB_XL_FORMS", str(tmp_path))
    person.choose("check")
    person.press()
    assert person.window.worker is not first
    assert person.desk.outcome.kind == state.REFUSED, "the form that is broken is told at once"
    monkeypatch.undo()
    person.press()
    assert person.desk.outcome.kind in (state.DONE, state.REMARKS)
    first.close(20)
    assert not first.alive


def test_a_master_that_is_gone_is_told_and_forgotten(opened: Open, tmp_path: Path) -> None:
    person = opened(tmp_path / "没有.xlsx")
    assert (person.desk.outcome.kind, person.desk.master) == (state.REFUSED, "")
    assert str(tmp_path / "没有.xlsx") not in person.desk.masters


class Recorded:
    """In place of the worker process: keeps what the window sends."""

    alive, outdated = True, False

    def __init__(self) -> None:
        self.events: queue.Queue[object] = queue.Queue()
        self.sent: list[object] = []

    def send(self, order: object) -> bool:
        self.sent.append(order)
        return True

    def close(self) -> None:
        """It ends by itself."""


@pytest.mark.parametrize("filled", [True, False])
def test_a_click_in_excel_that_asks_shows_its_form_in_front(window: Person, tmp_path: Path, filled: bool) -> None:
    person = window
    person.idle()
    real, recorded = person.window.worker, Recorded()
    person.window.worker = recorded
    person.window.clicks.append(Taken("import", 7, "u16:0041", ""))
    try:
        person.wait(lambda: recorded.sent)
        (press,) = recorded.sent
        assert isinstance(press, Press)
        recorded.events.put(FormShown(press.id, "import", "zh", "/p/主表.xlsx", {"inputs": ["/p/旧.csv"]}, ("市场部",)))
        person.wait(lambda: person.desk.run.phase == state.ASKING)
        (dialog,) = (each for each in person.window.root.winfo_children() if each.winfo_class() == "Collab-xl")
        assert dialog.blanks == Blanks("import", "zh", "/p/主表.xlsx", {"inputs": ["/p/旧.csv"]}, ("市场部",))
        assert dialog.grab_status() == "local"
        dialog.accept() if filled else dialog.give_up()
        expected = {"inputs": ("/p/旧.csv",), "master": "/p/主表.xlsx"} if filled else None
        assert recorded.sent[1:] == [Filled(press.id, expected)]
        recorded.events.put(Done(press.id))
        person.wait(lambda: not person.desk.busy)
    finally:
        person.window.worker = real


def test_a_worker_that_dies_in_a_click_is_followed_by_one_that_sets_excel_back(window: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    person = window
    person.idle()
    real, first, second = person.window.worker, Recorded(), Recorded()
    person.window.worker = first
    person.window.clicks.append(Taken("flag", 7, "u16:0041", ""))
    try:
        person.wait(lambda: first.sent)
        monkeypatch.setattr("collab_xl.desk.window.WorkerProcess", lambda: second)
        first.events.put(None)
        person.wait(lambda: second.sent)
        (asked,) = second.sent
        assert (asked.verb, asked.hwnd, asked.book) == (SET_BACK, 7, "u16:0041")
        assert person.desk.outcome.kind == state.DIED
        assert text("desk.died.in_excel", "zh") in "\n".join(person.texts())
        monkeypatch.setattr("collab_xl.desk.window.SET_BACK_EVERY_MS", 20)
        busy = Refusal("excel_busy", "", "", "", 5)
        for again in range(1, 4):
            second.events.put(Done(asked.id, refusal=busy))
            person.wait(lambda again=again: len(second.sent) == 1 + again)
            assert (second.sent[-1].verb, second.sent[-1].hwnd, second.sent[-1].book) == (SET_BACK, 7, "u16:0041")
            asked = second.sent[-1]
        second.events.put(Done(asked.id, Result("zh", 0)))
        person.wait(lambda: not person.window._quiet)
        assert person.desk.outcome.kind == state.DIED, "what happened is still shown"
        assert text("desk.in_excel.set_back", "zh") in person.texts()
        monkeypatch.setattr("collab_xl.desk.window.SET_BACK_TRIES", 1)
        person.window._set_back(7, "u16:0041", 1)
        second.events.put(Done(second.sent[-1].id, refusal=busy))
        person.wait(lambda: not person.window._quiet)
        assert text("desk.in_excel.not_set_back", "zh") in person.texts(), "after that it is the next click's"
        assert person.window._setting_back is None
    finally:
        person.window.worker = real


def test_a_worker_that_dies_on_a_master_open_in_excel_is_followed_by_one_that_sets_excel_back(
    window: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A button of the desk itself: no window of Excel is known, so every Excel is looked at."""
    person = window
    person.idle()
    real, first, second = person.window.worker, Recorded(), Recorded()
    person.window.worker = first
    try:
        person.window.order("flag", {"master": "/p/主表.xlsx", "no_write": False}, write=True)
        (do,) = first.sent
        first.events.put(Writing(do.id, in_excel=True))
        person.wait(lambda: person.desk.run.phase == state.WRITING)
        monkeypatch.setattr("collab_xl.desk.window.WorkerProcess", lambda: second)
        monkeypatch.setattr("collab_xl.desk.window.anything_left", lambda: True)
        first.events.put(None)
        person.wait(lambda: second.sent)
        (asked,) = second.sent
        assert (asked.verb, asked.hwnd, asked.book) == (SET_BACK, 0, "")
        assert text("desk.died.in_excel", "zh") in "\n".join(person.texts()), "not that the master is whole"
        second.events.put(Done(asked.id, Result("zh", 0)))
        person.wait(lambda: not person.window._quiet)
        assert text("desk.in_excel.set_back", "zh") in person.texts()
    finally:
        person.window.worker = real


def test_a_desk_that_starts_sets_back_what_another_one_left(window: Person, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The whole desk was ended while Excel was written: the next one looks at every Excel."""
    from collab_xl.desk.window import DeskWindow
    from collab_xl.excel import left_state

    monkeypatch.setattr(left_state, "folder", lambda: tmp_path)
    recorded = Recorded()
    monkeypatch.setattr("collab_xl.desk.window.WorkerProcess", lambda: recorded)
    monkeypatch.setattr("collab_xl.desk.window.anything_left", left_state.anything_left)
    (tmp_path / "4242.json").write_text('{"events": true}')
    second = Person(DeskWindow(Memory(), "en"))
    try:
        (asked,) = recorded.sent
        assert (asked.verb, asked.hwnd, asked.book) == (SET_BACK, 0, "")
        recorded.events.put(Done(asked.id))
        second.wait(lambda: not second.window._quiet)
    finally:
        second.window.close()
