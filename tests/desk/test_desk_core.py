"""The desk without a window: what it asks, its state after each event, what it remembers, what it may open."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from collab_xl.catalogue import LANGS, has
from collab_xl.desk import icon, memory, names, opening, protocol, state, worker_process
from collab_xl.desk.asked import GROUPS, NOT_ASKED, ON_DESK, QUESTIONS, needs_master, previewed, questions, typed
from collab_xl.desk.memory import Memory
from collab_xl.desk.protocol import Done, Question, Refusal, Result, Shown, Step, Table, Writing
from collab_xl.desk.result_view import as_text, exit_code, to_open, words
from collab_xl.desk.state import Desk, Outcome
from collab_xl.errors import CollabError
from collab_xl.options import PARAMETERS
from collab_xl.user_logs import user_file
from collab_xl.verbs.table import VERBS


def test_the_verbs_of_the_week_are_those_of_the_table_in_its_order() -> None:
    week = [name for name, verb in ON_DESK.items() if verb.desk_group == "week"]
    assert week[:5] == ["issue", "send", "collect", "check", "preview"]
    assert [verb.name for verb in VERBS if verb.name in week] == week
    assert {verb.desk_group for verb in ON_DESK.values()} == set(GROUPS)
    assert {verb.name for verb in VERBS if "master" in verb.takes and verb.desk != "none"} <= set(ON_DESK), (
        "every verb on a master has a button"
    )


@pytest.mark.parametrize("lang", LANGS)
def test_every_verb_and_every_question_has_its_words(lang: str) -> None:
    for name, verb in ON_DESK.items():
        assert names.verb_name(name, lang) != name
        assert names.verb_about(name, lang).strip()
        for question in questions(verb):
            assert has(f"desk.ask.{question.name}", lang), question.name


def test_every_parameter_of_a_verb_on_the_desk_is_asked_or_known() -> None:
    taken = {name for verb in ON_DESK.values() for name in verb.takes if PARAMETERS[name].shown is not None}
    assert taken - set(QUESTIONS) - NOT_ASKED == set()
    assert len(taken) > 15


def test_answers_become_what_the_command_line_would_get() -> None:
    given = {"week": " W47 ", "departments": ("市场部", " "), "out": "", "as_of": ""}
    said = typed(ON_DESK["issue"], given, master="/p/主表.xlsx", lang="zh", write=False)
    assert said == {"master": "/p/主表.xlsx", "week": "W47", "departments": ["市场部"], "lang": "zh", "no_write": True}
    assert typed(ON_DESK["portfolio make"], {"masters": " /p "}, master="m.xlsx", lang="zh", write=True)["masters"] == ["/p"]
    assert typed(ON_DESK["lessons"], {"library": "/p"}, master="m.xlsx", lang="zh", write=True)["library"] == ["/p"]
    assert typed(ON_DESK["doctor"], {"trusted": True}, master="", lang="en", write=True) == {"trusted": True, "lang": "en"}
    with pytest.raises(ValueError, match="does not ask run"):
        typed(ON_DESK["check"], {"run": "R1"}, master="m.xlsx", lang="zh", write=True)


def test_what_asks_by_itself_is_not_previewed() -> None:
    assert previewed(ON_DESK["consolidate"])
    assert not previewed(ON_DESK["undo"])
    assert not previewed(ON_DESK["status"])
    assert needs_master(ON_DESK["check"])
    assert not needs_master(ON_DESK["doctor"])
    assert not needs_master(ON_DESK["init"])


def running(verb: str = "consolidate", *, write: bool = True) -> Desk:
    return state.begun(state.with_master(Desk(), "/p/主表.xlsx"), 7, verb, write=write)


def test_a_run_goes_through_its_phases() -> None:
    desk = running()
    assert (desk.busy, desk.can_run("check"), desk.run and desk.run.phase) == (True, False, state.READING)
    desk = state.after(desk, Step(7, "正在读取", 3, 9))
    assert desk.run is not None
    assert (desk.run.phase, desk.run.name, desk.run.done, desk.run.total, desk.run.can_cancel) == (state.STEP, "正在读取", 3, 9, True)
    desk = state.after(desk, Question(7, "再次汇总吗？", True))
    assert desk.run is not None
    assert desk.run.phase == state.ASKING
    desk = state.after(state.answered(desk), Writing(7))
    assert desk.run is not None
    assert (desk.run.phase, desk.run.can_cancel) == (state.WRITING, False)
    assert state.cancelling(desk) == desk, "what is written is written completely"
    desk = state.after(desk, Done(7, Result("zh", 4, ("已汇总",))))
    assert desk.outcome is not None
    assert (desk.busy, desk.outcome.kind, desk.outcome.can_write) == (False, state.WAITS, False)


@pytest.mark.parametrize(
    ("done", "kind"),
    [
        (Done(7, Result("zh", 0)), state.DONE),
        (Done(7, Result("zh", 3)), state.REMARKS),
        (Done(7, Result("zh", 4)), state.WAITS),
        (Done(7, Result("zh", 6)), state.PARTLY),
        (Done(7, refusal=Refusal("master_open", "a", "b", "c", 5)), state.REFUSED),
        (Done(7, refusal=Refusal("fault", "a", "b", "c", 1)), state.FAILED),
        (Done(7), state.CANCELLED),
    ],
)
def test_an_end_is_named_by_its_exit_code(done: Done, kind: str) -> None:
    outcome = state.after(running(), done).outcome
    assert outcome is not None
    assert outcome.kind == kind
    assert exit_code(outcome) == (done.result.exit_code if done.result else done.refusal.exit_code if done.refusal else None)
    for lang in LANGS:
        assert has(f"desk.outcome.{kind}", lang)


def test_an_event_of_another_run_changes_nothing() -> None:
    desk = running()
    for event in (Step(6, "x", 1, 2), Writing(8), Done(6, Result("zh", 0)), protocol.Ready(1)):
        assert state.after(desk, event) == desk
    assert state.after(Desk(), Done(7)) == Desk()
    with pytest.raises(ValueError, match="running"):
        state.begun(desk, 8, "check", write=True)


def test_a_question_after_cancelling_is_not_shown() -> None:
    desk = state.after(state.cancelling(running("undo")), Question(7, "继续吗？", True))
    assert desk.run is not None
    assert (desk.run.phase, desk.run.question, desk.run.can_cancel) == (state.ENDING, None, False)


def test_what_was_shown_before_a_question_stays_with_the_result() -> None:
    table = Table("", ("列",), (("值",),))
    desk = state.after(running("import"), Shown(7, Result("zh", 0, ("读到 3 行",), (table,))))
    outcome = state.after(desk, Done(7, Result("zh", 0, ("已导入",)))).outcome
    assert outcome is not None
    assert outcome.result is not None
    assert (outcome.result.lines, outcome.result.tables) == (("已导入",), (table,))


def test_a_dead_worker_is_an_outcome_of_its_run() -> None:
    clean = state.died(running()).outcome
    written = state.died(state.after(running(), Writing(7))).outcome
    assert clean is not None
    assert written is not None
    assert (clean.kind, clean.while_writing, written.while_writing) == (state.DIED, False, True)
    assert [said for _, said in words(clean, "zh")] != [said for _, said in words(written, "zh")]
    assert state.died(Desk()).outcome is None


def test_a_preview_can_be_written_and_a_result_cannot() -> None:
    shown = state.after(running(write=False), Done(7, Result("zh", 3))).outcome
    refused = state.after(running(write=False), Done(7, refusal=Refusal("x", "a", "b", "c", 5))).outcome
    assert shown is not None
    assert shown.can_write
    assert refused is not None
    assert not refused.can_write


def test_the_newest_master_comes_first_and_ten_are_kept() -> None:
    desk = Desk()
    for n in range(12):
        desk = state.with_master(desk, f"/p/{n}.xlsx")
    desk = state.with_master(desk, "/p/5.xlsx")
    assert desk.masters[:2] == ("/p/5.xlsx", "/p/11.xlsx")
    assert len(desk.masters) == len(set(desk.masters)) == state.MOST_MASTERS
    gone = state.without_master(desk, "/p/5.xlsx")
    assert (gone.master, "/p/5.xlsx" in gone.masters) == ("", False)


def test_choices_come_from_what_verbs_say() -> None:
    facts = {"version": "collab-xl/status/1", "week": "2026-W48", "departments": ["市场部"], "weeks": ["2026-W46", "2026-W47"]}
    about = state.learned(Desk(), facts).about
    assert (about.week, about.departments, about.weeks) == ("2026-W48", ("市场部",), ("2026-W47", "2026-W46"))
    run = {"run": "R0002-ab", "time": "2026-11-20T17:30:00", "verb": "week", "contained": True, "undone": False}
    log = {"version": "collab-xl/log/1", "runs": [run, {**run, "run": "R0001-cd", "undone": True}]}
    assert state.learned(Desk(), log).about.runs == (("R0002-ab", "2026-11-20 17:30", "week"),)
    assert state.learned(Desk(), {"version": "collab-xl/merge/1"}) == Desk()


def test_messages_survive_the_way_and_nothing_else_is_read() -> None:
    for order in (protocol.Do(1, "check", {"master": "主表.xlsx", "no_write": True}, True), protocol.Answer(1, "1=是"), protocol.Cancel(1)):
        data = protocol.line(order)
        assert data.count(b"\n") == 1
        assert protocol.order(data) == order
    done = Done(1, Result("zh", 3, ("a\nb",), (Table("t", ("c",), (("v",),)),), ("n",), ("/p",), {"version": "x"}))
    assert protocol.event(protocol.line(done)) == done
    for data in (b"", b"{}", b'{"type": "done"}', b'{"type": "do", "id": "1", "verb": "x"}', b"\xff"):
        with pytest.raises(msgspec.DecodeError):
            protocol.order(data)


def test_the_memory_survives_a_broken_file() -> None:
    kept = Memory(("/p/主表.xlsx",), "en", False, "1100x760")
    memory.remember(kept)
    assert memory.remembered() == kept
    path = user_file(memory.FILE)
    for data in ("", "[]", "{", json.dumps({"masters": [1, "a\0", "b"], "lang": "fr", "size": "9x9x9", "preview": None})):
        path.write_text(data, encoding="utf-8")
        assert memory.remembered() in (Memory(), Memory(("b",)))


def test_only_documents_are_opened_and_anything_else_is_shown_in_its_folder(tmp_path: Path) -> None:
    started: list[list[str]] = []
    for name, opened in (
        ("包.xlsx", True),
        ("run.exe", False),
        ("x.bat", False),
        ("x.lnk", False),
        ("y.desktop", False),
        ("周报.pdf", True),
    ):
        path = tmp_path / name
        path.write_bytes(b"x")
        assert opening.open_path(path, "linux", lambda words: started.append([*words]))
        assert started.pop() == ["xdg-open", str(path if opened else tmp_path)]
    assert opening.open_path(tmp_path, "darwin", lambda words: started.append([*words]))
    assert started == [["open", str(tmp_path)]]
    assert not opening.open_path(tmp_path / "gone.xlsx", "linux", lambda words: started.append([*words]))


def test_many_files_are_offered_as_their_folder() -> None:
    few = to_open(Result("zh", 0, made=("/o/a.xlsx", "/o/b.xlsx")))
    assert few == ([Path("/o/a.xlsx"), Path("/o/b.xlsx")], [Path("/o")], 0)
    files, folders, more = to_open(Result("zh", 0, made=tuple(f"/o/{n}.xlsx" for n in range(20))))
    assert (len(files), folders, more) == (6, [Path("/o")], 14)


def test_a_result_is_copied_with_its_tables() -> None:
    table = Table("退回", ("部门", "原因"), (("市场部", "日期\n不对"),))
    outcome = Outcome("collect", state.REMARKS, True, Result("zh", 3, ("收到 1 件",), (table,), ("注意",)))
    assert as_text(outcome, "收件", "zh").splitlines()[1:] == ["收到 1 件", "注意", "", "退回", "部门\t原因", "市场部\t日期 不对"]


def test_the_icon_is_a_picture_and_always_the_same() -> None:
    data = icon.png(32)
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at = data.index(b"IDAT")
    pixels = zlib.decompress(data[at + 4 : at + 4 + struct.unpack(">I", data[at - 4 : at])[0]])
    assert len(pixels) == 32 * (1 + 32 * 4)
    assert icon.png(32) == data
    kinds = struct.unpack("<HHH", icon.ico()[:6])
    assert kinds == (0, 1, len(icon.SIZES))


def test_the_worker_opens_no_console(monkeypatch: pytest.MonkeyPatch) -> None:
    """Microsoft, Process Creation Flags: a program without a console would get a window for each child."""
    seen: dict[str, Any] = {}
    monkeypatch.setattr(subprocess, "CREATE_NO_WINDOW", 0x08000000, raising=False)
    monkeypatch.setattr(subprocess, "Popen", lambda command, **more: seen.update(more, command=command))
    worker_process._started()
    assert seen["creationflags"] == 0x08000000
    assert seen["command"][1] == "-I", "nothing of the current folder is imported"


def test_windows_is_told_of_the_screen_before_the_first_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """Microsoft, SetProcessDpiAwareness: later is too late."""
    tkinter = pytest.importorskip("tkinter")
    from collab_xl.desk import start, theme, window

    told: list[object] = []
    windll = SimpleNamespace(shcore=SimpleNamespace(SetProcessDpiAwareness=told.append))
    monkeypatch.setattr("ctypes.windll", windll, raising=False)
    aware = theme.aware_of_dpi

    def no_window(*_: object, **__: object) -> None:
        told.append("window")
        raise tkinter.TclError("no screen")

    monkeypatch.setattr(theme, "aware_of_dpi", lambda: aware("win32"))
    monkeypatch.setattr(window, "DeskWindow", no_window)
    monkeypatch.setattr(start, "taken", lambda: SimpleNamespace(close=lambda: told.append("closed")))
    with pytest.raises(CollabError, match="desk_no_screen"):
        start.show(None, "zh")
    assert told == [1, "window", "closed"]


def test_without_a_console_a_refusal_is_a_box_and_a_line_of_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """`pythonw.exe`: sys.stdout is None (https://docs.python.org/3/library/sys.html)."""
    from collab_xl.desk import __main__, start

    def refuses(*_: object, **__: object) -> None:
        raise CollabError("desk_no_tk", why="no _tkinter", lang="zh")

    boxes, lines = list[str](), list[str]()
    monkeypatch.setattr(start, "show", refuses)
    monkeypatch.setattr(__main__, "_alert", boxes.append)
    monkeypatch.setattr("collab_xl.desk.log.write", lines.append)
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert __main__.main([]) == 5
    assert boxes == lines
    assert "tkinter" in boxes[0]


def test_the_core_needs_no_window() -> None:
    modules = ", ".join(f"collab_xl.desk.{name}" for name in ("worker", "worker_process", "state", "memory", "single", "start"))
    code = f"import sys, {modules}; print('tkinter' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "False"
