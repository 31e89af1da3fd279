"""The worker of the desk as a process: real verbs on a real master, cancelled, killed while it writes, left alone by its window."""

from __future__ import annotations

import io
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from desk.screen import runs_of
from e2e.small_project import WEEK, Project

from collab_xl.desk.asked import ON_DESK
from collab_xl.desk.protocol import Answer, Cancel, Do, Done, Event, Question, Ready, Shown, Step, Writing, line
from collab_xl.desk.worker import Worker, made_in, typed_as
from collab_xl.desk.worker_process import WorkerProcess

SECONDS = 60


class Client:
    """Sends orders and waits for events, as the window does."""

    def __init__(self) -> None:
        self.process = WorkerProcess()
        self.number = 0

    def next(self) -> Event | None:
        return self.process.events.get(timeout=SECONDS)

    def until(self, *kinds: type) -> Any:
        while True:
            event = self.next()
            assert event is not None, "the worker has ended"
            if isinstance(event, kinds):
                return event

    def send(self, verb: str, facts: bool = False, **typed: Any) -> int:
        self.number += 1
        assert self.process.send(Do(self.number, verb, {"lang": "zh", **typed}, facts))
        return self.number

    def run(self, verb: str, facts: bool = False, **typed: Any) -> Done:
        number = self.send(verb, facts, **typed)
        done: Done = self.until(Done)
        assert done.id == number
        return done


@pytest.fixture(scope="module")
def shared() -> Iterator[Client]:
    client = Client()
    assert client.until(Ready).pid == client.process.pid
    yield client
    client.process.close(10)
    assert not client.process.alive, "it ends with its window"


@pytest.fixture
def own() -> Iterator[Client]:
    client = Client()
    yield client
    if client.process.alive:
        client.process.close(20)


def test_a_week_of_clicks(shared: Client, master: Path) -> None:
    """Each verb as a button of the window sends it; a preview leaves the master as it is."""
    looked = shared.run("status", True, master=str(master))
    assert looked.result is not None
    assert looked.result.facts is not None
    assert (looked.result.facts["departments"], looked.result.facts["weeks"]) == (["市场部", "研发部"], [WEEK])
    before = master.read_bytes()
    for verb, more in (("consolidate", {}), ("check", {}), ("flag", {}), ("week", {"week": WEEK}), ("issue", {"week": "2026-W48"})):
        shown = shared.run(verb, master=str(master), no_write=True, **more)
        assert shown.refusal is None, shown
        assert not any("--no-write" in said for said in shown.result.lines), "the window says so in its own words"
        assert master.read_bytes() == before
    for verb, more in (("collect", {}), ("consolidate", {}), ("check", {}), ("flag", {}), ("week", {"week": WEEK})):
        done = shared.run(verb, master=str(master), no_write=False, **more)
        assert done.refusal is None, done
    issued = shared.run("issue", master=str(master), week="2026-W48", no_write=False)
    assert issued.result is not None
    assert sorted(Path(path).suffix for path in issued.result.made) == [".xlsx", ".xlsx"]
    assert all(os.path.isfile(path) for path in issued.result.made)


def test_undo_says_what_will_go_and_asks(shared: Client, master: Path) -> None:
    shared.run("flag", master=str(master), no_write=False)
    flagged = runs_of(master)
    shared.send("undo", master=str(master), no_write=False)
    question = shared.until(Question, Done)
    assert isinstance(question, Question)
    assert question.yes_no
    assert flagged in question.text
    shared.process.send(Answer(question.id, False))
    assert shared.until(Done).result.exit_code == 0
    assert runs_of(master) == flagged, "no means no"
    shared.send("undo", master=str(master), no_write=False)
    question = shared.until(Question)
    shared.process.send(Answer(question.id, True))
    assert shared.until(Done).refusal is None
    assert runs_of(master) != flagged
    assert shared.run("redo", master=str(master), no_write=False).refusal is None


def test_new_project_and_import(shared: Client, project: Path, tmp_path: Path) -> None:
    made = tmp_path / "新.xlsx"
    typed = {"master": str(made), "project": "新项目", "departments": ["市场部"], "forms": "basic", "own_lang": "zh"}
    assert shared.process.send(Do(900, "init", typed))
    done = shared.until(Done)
    assert done.result is not None
    assert done.result.made == (str(made),)
    tracker = tmp_path / "旧表.csv"
    tracker.write_text("任务编号,任务名称,负责人,计划结束时间,完成状态\nA-1,写方案,*经理,2026-11-30,进行中\n", encoding="utf-8")
    shared.send("import", master=str(made), inputs=[str(tracker)], no_write=False)
    seen = [type(event := shared.until(Shown, Question, Done))]
    while not isinstance(event, Done):
        if isinstance(event, Question):
            shared.process.send(Answer(event.id, True if event.yes_no else ""))
        event = shared.until(Shown, Question, Done)
        seen.append(type(event))
    assert seen == [Shown, Question, Done], "what was read is shown before it asks"
    assert event.result is not None
    there = Project(tmp_path)
    there.master = made
    assert [row["任务名称"] for row in there.data()["tasks"].values()] == ["写方案"]
    assert runs_of(made)


def test_a_refusal_is_words_and_the_next_click_works(shared: Client, master: Path, tmp_path: Path) -> None:
    refused = shared.run("check", master=str(tmp_path / "没有.xlsx"), no_write=False)
    assert refused.refusal is not None
    assert (refused.refusal.code, refused.refusal.exit_code) == ("file_missing", 5)
    assert all((refused.refusal.what, refused.refusal.why, refused.refusal.fix))
    (master.parent / f"~${master.name}").write_bytes(b"\x02Li")
    assert shared.run("check", master=str(master), no_write=False).refusal.code == "master_open"
    (master.parent / f"~${master.name}").unlink()
    assert shared.run("check", master=str(master), no_write=False).refusal is None


@pytest.mark.parametrize(
    ("verb", "typed"),
    [
        ("rules", {}),
        ("addin install", {}),
        ("nothing", {}),
        ("check", {}),
        ("check", {"master": 7}),
        ("check", {"master": "m.xlsx", "inputs": ["x"]}),
        ("check", {"master": "a\0b"}),
        ("check", {"master": "m.xlsx", "no_write": "yes"}),
        ("collect", {"master": "m.xlsx", "inputs": "one"}),
    ],
)
def test_an_order_that_is_none_is_a_fault_with_a_log_and_no_more(shared: Client, verb: str, typed: dict[str, Any]) -> None:
    done = shared.run(verb, **typed)
    assert done.refusal is not None
    assert done.refusal.code == "fault"
    assert Path(done.refusal.log).is_file()


def test_noise_between_orders_is_left_out(shared: Client, master: Path) -> None:
    stdin = shared.process._process.stdin
    assert stdin is not None
    stdin.write(b"\n{}\n\xff\xfe\n[1]\n")
    stdin.flush()
    assert shared.run("status", master=str(master)).refusal is None


def test_cancelled_before_it_begins(shared: Client, master: Path) -> None:
    before = master.read_bytes()
    slow = shared.send("status", master=str(master))
    stdin = shared.process._process.stdin
    assert stdin is not None
    stdin.write(line(Do(slow + 500, "check", {"master": str(master), "no_write": False})) + line(Cancel(slow + 500)))
    stdin.flush()
    assert shared.until(Done).id == slow
    assert shared.until(Done) == Done(slow + 500)
    assert master.read_bytes() == before


def test_cancelled_while_it_asks(shared: Client, master: Path) -> None:
    shared.run("flag", master=str(master), no_write=False)
    before = master.read_bytes()
    shared.send("undo", master=str(master), no_write=False)
    question = shared.until(Question)
    shared.process.send(Cancel(question.id))
    assert shared.until(Done) == Done(question.id)
    assert master.read_bytes() == before
    assert shared.run("flag", master=str(master), no_write=True).refusal is None, "the project is not locked any more"


def test_cancelled_too_late_it_is_written_completely(shared: Client, master: Path) -> None:
    before = runs_of(master)
    number = shared.send("flag", master=str(master), no_write=False)
    shared.until(Writing)
    shared.process.send(Cancel(number))
    assert shared.until(Done).result is not None
    assert runs_of(master) != before


class Answering(io.RawIOBase):
    """The end of the window: cancels at the first step, and goes on only when that has arrived."""

    def __init__(self, orders: int) -> None:
        self.orders, self.worker = orders, None
        self.said: list[Event] = []

    def write(self, data: Any) -> int:
        from collab_xl.desk.protocol import event

        said = event(bytes(data))
        self.said.append(said)
        if isinstance(said, Step) and said.done == 1:
            os.write(self.orders, line(Cancel(said.id)))
            while said.id not in self.worker._unwanted:
                time.sleep(0.001)
        if isinstance(said, Done):
            os.close(self.orders)
        return len(data)


@pytest.mark.parametrize("verb", ["consolidate", "issue"])
def test_cancelled_between_two_steps_nothing_was_written(verb: str, master: Path) -> None:
    files = {p: p.read_bytes() for p in master.parent.rglob("*") if p.is_file() and ".collab" not in str(p)}
    reads, writes = os.pipe()
    end = Answering(writes)
    worker = end.worker = Worker(os.fdopen(reads, "rb"), end)
    more = {"inputs": [str(master.parent / "inbox")]} if verb == "consolidate" else {"week": "2026-W48", "out": str(master.parent / "neu")}
    os.write(writes, line(Do(1, verb, {"master": str(master), "no_write": False, "lang": "zh", **more})))
    thread = threading.Thread(target=worker.serve)
    thread.start()
    thread.join(SECONDS)
    assert end.said[-1] == Done(1)
    assert not any(isinstance(event, Writing) for event in end.said)
    assert {p: p.read_bytes() for p in master.parent.rglob("*") if p.is_file() and ".collab" not in str(p)} == files


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL is of POSIX")
@pytest.mark.parametrize("milliseconds", [0, 20])
def test_killed_while_it_writes_the_master_is_whole(milliseconds: int, own: Client, shared: Client, master: Path) -> None:
    before = master.read_bytes()
    own.send("flag", master=str(master), no_write=False)
    own.until(Writing)
    time.sleep(milliseconds / 1000)
    os.kill(own.process.pid, signal.SIGKILL)
    while own.next() is not None:
        pass
    assert not own.process.alive
    assert not own.process.send(Cancel(1)) or not own.process.alive
    if master.read_bytes() != before:
        assert runs_of(master)
    done = shared.run("flag", master=str(master), no_write=False)
    assert done.refusal is None, "the next click works"
    shared.send("undo", master=str(master), no_write=False)
    shared.process.send(Answer(shared.until(Question).id, True))
    assert shared.until(Done).refusal is None
    assert shared.run("doctor", master_to_diagnose=str(master)).result.exit_code == 0


def test_a_window_that_ends_lets_a_write_be_completed(own: Client, master: Path) -> None:
    before = runs_of(master)
    own.send("flag", master=str(master), no_write=False)
    own.until(Writing)
    own.process.close(20)
    assert not own.process.alive
    assert runs_of(master) != before


def test_changed_forms_are_read_by_another_worker(shared: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not shared.process.outdated
    monkeypatch.setenv("COLLAB_XL_FORMS", str(tmp_path))
    assert not shared.process.outdated, "an empty folder changes nothing"
    form = tmp_path / "own" / "form.toml"
    form.parent.mkdir()
    form.write_text("", "utf-8")
    assert shared.process.outdated


def test_values_get_the_kind_the_command_line_gives_them() -> None:
    typed = typed_as(ON_DESK["collect"], {"master": "a.xlsx", "inputs": ["b", "c"]})
    assert (typed["master"], typed["inputs"], typed["no_write"], typed["department"]) == (
        Path("a.xlsx"),
        [Path("b"), Path("c")],
        False,
        None,
    )
    assert typed_as(ON_DESK["init"], {"master": "a.xlsx"})["forms"] == "basic"


def test_made_files_are_those_that_exist(tmp_path: Path) -> None:
    file = tmp_path / "包.xlsx"
    file.write_bytes(b"x")
    body = {
        "folder": str(tmp_path),
        "packs": [{"file": str(file)}, {"file": str(tmp_path / "gone.xlsx")}],
        "source": str(file),
        "path": "包.xlsx",
    }
    assert made_in(body) == (str(file),)
    assert made_in({"folder": str(tmp_path)}) == (str(tmp_path),)
