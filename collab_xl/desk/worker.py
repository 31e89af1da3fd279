"""The worker of the desk: runs verbs one after the other, by the same way as the command line (`options.passed`, `Verb.load`).

In: `protocol.Do` and answers on stdin.  Out: steps, questions and results on stdout.  Effects: those of the verbs.

It is started once and has the verbs imported, so a click starts at once. A run is cancelled by raising `Cancelled` from its progress or
before it writes (`project.interruption`); when the window ends, a run that writes is completed and any other is cancelled.
"""

from __future__ import annotations

import contextlib
import gc
import os
import queue
import signal
import sqlite3
import sys
import threading
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, Union, get_args, get_origin

import msgspec

from collab_xl import catalogue
from collab_xl.addin.blanks import Blanks
from collab_xl.desk import in_excel, log
from collab_xl.desk.asked import MASTER, ON_DESK
from collab_xl.desk.clicks import as_clicks
from collab_xl.desk.protocol import (
    SET_BACK,
    Answer,
    Cancel,
    Do,
    Done,
    Event,
    Filled,
    FormShown,
    Press,
    Question,
    Ready,
    Refusal,
    Result,
    Secret,
    Shown,
    Step,
    Table,
    Writing,
    line,
    order,
)
from collab_xl.errors import OK, REFUSED, CollabError
from collab_xl.faults import trace_of
from collab_xl.intake.pool import workers_kept
from collab_xl.options import PARAMETERS, Call, passed
from collab_xl.project.interruption import Cancelled, asked_before_writing
from collab_xl.terminal import fallback_lang
from collab_xl.verbs.report import Report
from collab_xl.verbs.table import Verb

IDLE_SECONDS: Final = 300.0
"""After this time without a click the processes that read files end; the worker stays."""
MOST_ROWS: Final = 500
"""Rows of a table that are sent to the window; the sheet has all."""
MADE: Final = frozenset({"file", "path", "folder"})
"""Names in a result's JSON object whose value is a file or folder the verb made."""
FAULT_EXIT: Final = 1


@dataclass(frozen=True)
class DeskCall(Call):
    """A call whose questions the window answers. While a verb only shows what it would do, nothing is asked."""

    ask_window: Callable[[Question], bool | str]
    show_window: Callable[[Report], None]
    writes: bool

    @property
    def answers(self) -> bool:
        return self.writes

    def confirm(self, question: str) -> bool:
        return self.writes and self.ask_window(Question(0, question, True)) is True

    def ask(self, question: str) -> str:
        return str(self.ask_window(Question(0, question, False)))

    def secret(self, question: str) -> str:
        return str(self.ask_window(Question(0, question, False, secret=True)))

    def sign_in(self, question: str, page: str, code: str) -> None:
        self.ask_window(Question(0, question, False, page=page, code=code))

    def show(self, report: Report) -> None:
        self.show_window(report)


class Worker:
    """Reads orders in a thread, so that cancelling and answers arrive while a verb works."""

    def __init__(self, orders: BinaryIO, events: BinaryIO) -> None:
        self._orders, self._events = orders, events
        self._todo: queue.Queue[Do | Press | None] = queue.Queue()
        self._answers: queue.Queue[Answer | Secret | Filled | None] = queue.Queue()
        self._lock = threading.Lock()
        self._unwanted: set[int] = set()
        self._window_gone = threading.Event()
        self._running = 0
        self._writing = False
        self._in_excel = False
        """Whether the running verb works on a workbook that is open in Excel."""

    def serve(self) -> None:
        """Run verbs until the window ends."""
        threading.Thread(target=self._read, daemon=True).start()
        self._send(Ready(os.getpid()))
        wanted: Do | Press | None = None
        more = True
        while more:
            with workers_kept():
                while more:
                    if wanted is not None:
                        self._press(wanted) if isinstance(wanted, Press) else self._carry_out(wanted)
                        gc.collect()
                    try:
                        wanted = self._todo.get(timeout=IDLE_SECONDS)
                        more = wanted is not None
                    except queue.Empty:
                        wanted = None
                        break
            if more and wanted is None:
                wanted = self._todo.get()
                more = wanted is not None

    def _read(self) -> None:
        for data in self._orders:
            with contextlib.suppress(msgspec.DecodeError):
                match order(data):
                    case Do() | Press() as wanted:
                        self._todo.put(wanted)
                    case Answer() | Secret() | Filled() as answer:
                        self._answers.put(answer)
                    case Cancel(id=number):
                        self._unwanted.add(number)
                        self._answers.put(None)
        self._window_gone.set()
        self._answers.put(None)
        self._todo.put(None)

    def _send(self, event: Event) -> None:
        with self._lock, contextlib.suppress(OSError, ValueError):  # the window has ended: the run goes on to its end
            self._events.write(line(event))
            self._events.flush()

    def _refuse_unwanted(self) -> None:
        if not self._writing and (self._window_gone.is_set() or self._running in self._unwanted):
            raise Cancelled

    def _before_writing(self) -> None:
        self._refuse_unwanted()
        if not self._writing:
            self._writing = True
            self._send(Writing(self._running, self._in_excel))

    def _goes_to_excel(self) -> None:
        self._in_excel = True

    def _ask(self, question: Question) -> bool | str:
        self._refuse_unwanted()
        self._send(msgspec.structs.replace(question, id=self._running))
        while True:
            answer = self._answers.get()
            self._refuse_unwanted()
            if isinstance(answer, (Secret if question.secret else Answer)) and answer.id == self._running:
                return answer.said
            if answer is None and self._window_gone.is_set():
                return False if question.yes_no else ""

    def _carry_out(self, wanted: Do) -> None:
        self._running, self._writing, self._in_excel = wanted.id, False, False

        def progress(name: str, done: int, total: int) -> None:
            self._refuse_unwanted()
            self._send(Step(wanted.id, name, done, total))

        lang = str(wanted.typed.get("lang") or fallback_lang())
        master = next((Path(str(wanted.typed[name])).name for name in MASTER if wanted.typed.get(name)), "")
        verb = ON_DESK.get(wanted.verb)
        try:
            self._refuse_unwanted()
            if verb is None:
                raise ValueError(f"no such verb: {wanted.verb}")
            typed = typed_as(verb, wanted.typed)
            call = DeskCall(False, False, progress, self._ask, self._show, not typed.get("no_write"))
            by_place, by_keyword = passed(verb, typed, call)
            with asked_before_writing(self._before_writing), catalogue.fixes_of(done_here):
                report = in_excel.carried_out(verb, by_place, by_keyword, lang, call.confirm, self._goes_to_excel)
            done = Done(wanted.id, result_of(report, wanted.facts, master))
        except Cancelled:
            done = Done(wanted.id)
        except (CollabError, OSError, sqlite3.Error) as error:
            done = Done(wanted.id, refusal=refusal_of(error, lang, master))
        except Exception as error:
            done = Done(wanted.id, refusal=fault_of(error, wanted, lang, written=self._writing))
        self._unwanted.discard(wanted.id)
        self._send(done)

    def _press(self, wanted: Press) -> None:
        """A click in Excel. It is not cancelled: Excel is the one who is asked, and shows what became of it."""
        from collab_xl.addin import ribbon

        self._running, self._writing = wanted.id, True
        self._send(Writing(wanted.id))
        where = ["desk", f"--wb={wanted.book}", "--from_xl=1", f"--hwnd={wanted.hwnd}", f"{ribbon.COPY}{wanted.copy}"]
        if wanted.verb == SET_BACK:
            self._send(self._set_back(wanted, where if wanted.hwnd else None))
            return
        ended = ribbon.run(wanted.verb, where, fill_in=self._fill_in)
        code = REFUSED if ended in ("refused", "fault", "failed twice") else OK
        said = {"done": "done", "given up": "given_up"}.get(ended, "refused")
        self._send(Done(wanted.id, Result(wanted.lang, code, (catalogue.text(f"desk.in_excel.{said}", wanted.lang),))))

    def _set_back(self, wanted: Press, where: Sequence[str] | None) -> Done:
        from collab_xl.addin import ribbon

        try:
            if ribbon.set_back(where):
                return Done(wanted.id, Result(wanted.lang, OK))
        except CollabError as error:  # Excel is busy
            return Done(wanted.id, refusal=refusal_of(error, wanted.lang))
        except Exception as error:  # the next click in Excel tries again
            log.write(f"set back: {type(error).__name__}: {error}")
        return Done(wanted.id)

    def _fill_in(self, blanks: Blanks) -> Mapping[str, Any] | None:
        """The window shows the form; None also if the window ends meanwhile."""
        self._send(FormShown(self._running, blanks.verb, blanks.lang, blanks.master, blanks.given, blanks.departments, blanks.weeks))
        while True:
            answer = self._answers.get()
            if isinstance(answer, Filled) and answer.id == self._running:
                self._send(Writing(self._running))
                return answer.typed
            if answer is None and self._window_gone.is_set():
                return None

    def _show(self, report: Report) -> None:
        self._send(Shown(self._running, result_of(report)))


def typed_as(verb: Verb, typed: Mapping[str, Any]) -> dict[str, Any]:
    """The values as the command line would have them: of the parameter's kind, its default where nothing was typed.

    Raises ValueError for a parameter the verb has not, for a value of another kind, or if one that is needed is missing.
    """
    shown = {name: PARAMETERS[name] for name in verb.takes if PARAMETERS[name].shown is not None}
    if unknown := set(typed) - set(shown):
        raise ValueError(f"{verb.name} has no {', '.join(sorted(unknown))}")
    values: dict[str, Any] = {}
    for name, word in shown.items():
        if name in typed and typed[name] is not None:
            values[name] = _of_kind(word.kind, typed[name], name)
        elif word.shown.default is ...:
            raise ValueError(f"{verb.name} needs {name}")
        else:
            values[name] = word.shown.default
    return values


def _of_kind(kind: Any, value: Any, name: str) -> Any:
    if get_origin(kind) in (Union, types.UnionType):
        kind = next(each for each in get_args(kind) if each is not type(None))
    if get_origin(kind) is list and isinstance(value, (list, tuple)):
        return [_of_kind(get_args(kind)[0], each, name) for each in value]
    if kind is Path and isinstance(value, str) and value and "\0" not in value:
        return Path(value)
    if kind in (str, bool) and type(value) is kind:
        return value
    raise ValueError(f"{name} cannot be {value!r}")


def result_of(report: Report, facts: bool = False, master: str = "") -> Result:
    """The report for the window. `master`: the name of the master's file."""
    shown = [said for said in report.lines if said != catalogue.text("verbs.say.no_write", report.lang)]  # the window says so itself
    if report.next is not None and report.next.key != "write":
        shown.append(report.next.as_command(report.lang))
    lines, notes = (tuple(as_clicks(said, report.lang, master) for said in some) for some in (shown, report.notes))
    tables = tuple(Table(one.title, one.columns, one.rows[:MOST_ROWS]) for one in report.listings)
    body = msgspec.to_builtins(dict(report.json), enc_hook=str) if facts else None
    return Result(report.lang, report.exit_code, lines, tables, notes, made_in(report.json), body)


def made_in(body: Any) -> tuple[str, ...]:
    """Files and folders that a result names under `MADE` and that exist; a folder is left out if a file in it is named."""
    found: dict[str, None] = {}

    def walk(value: Any, name: str = "") -> None:
        if isinstance(value, Mapping):
            for key, each in value.items():
                walk(each, str(key))
        elif isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
            for each in value:
                walk(each, name)
        elif isinstance(value, (str, Path)) and name in MADE and os.path.isabs(value) and os.path.exists(value):
            found[str(value)] = None

    walk(body)
    return tuple(path for path in found if not any(os.path.dirname(other) == path for other in found))


def done_here(code: str) -> str:
    """The key of what to do on the desk, where it is other than on the command line."""
    return f"desk.error_here.{code}"


def refusal_of(error: CollabError | OSError | sqlite3.Error, lang: str, master: str = "") -> Refusal:
    """What, why and what to do, in the window's language."""
    if not isinstance(error, CollabError):
        from collab_xl.os_errors import reason

        error = CollabError("system_refused", reason=reason(error), path=getattr(error, "filename", None) or "–")
    with catalogue.fixes_of(done_here):
        what, why, fix = catalogue.error_text(error, lang)
    if barred := error.facts.get("other_way"):
        fix += " " + catalogue.text("addin.other_way.not_here", lang, reason=catalogue.text(f"addin.other_way.reason.{barred}", lang))
    return Refusal(error.code, what, why, as_clicks(fix, lang, master), error.exit_code)


def fault_of(error: Exception, wanted: Do, lang: str, *, written: bool) -> Refusal:
    """A fault of the program: the details go into the log; what it means for the master."""
    path = log.write(f"{wanted.verb}: fault\n{trace_of(error)}")
    facts = {"error": type(error).__name__, "log": path or "–"}
    state = "desk.fault.written" if written else "desk.fault.clean"
    return Refusal(
        "fault",
        catalogue.text("desk.fault.what", lang, **facts),
        catalogue.text(state, lang),
        catalogue.text("desk.fault.fix", lang, **facts),
        FAULT_EXIT,
        str(path or ""),
    )


def main() -> None:
    """The entry of the worker process. What a library prints must not get between the events, so stdout goes to stderr."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in the terminal of the window must not end a run that writes
    events = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    for verb in ON_DESK.values():
        verb.load()
    Worker(sys.stdin.buffer, events).serve()
    os._exit(0)
