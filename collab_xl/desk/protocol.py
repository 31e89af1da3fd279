"""What the window and its worker say to each other: one JSON object a line, each with its `type`. Pure.

Window to worker: `Do`, `Press`, `Answer`, `Secret`, `Filled`, `Cancel`.
Worker to window: `Ready`, `Step`, `Writing`, `Shown`, `Question`, `FormShown`, `Done`. The end of the
window's stream means that the window has ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from msgspec import Struct, json

SET_BACK: Final = "set back"
"""The verb of a `Press` that the window sends itself when a worker died in a click, or when it starts and finds what another one left: only
set back what was left in Excel. Without a window's number in every Excel. Its `Done` has a refusal while Excel is busy, else a result with
exit code 0 if something was set back."""


class Do(Struct, tag="do", tag_field="type", frozen=True):
    """Run a verb. `typed`: parameter → value, as typed on the command line; a path is its text."""

    id: int
    verb: str
    typed: Mapping[str, Any] = {}
    facts: bool = False
    """Whether the result's JSON object is wanted too."""


class Press(Struct, tag="press", tag_field="type", frozen=True):
    """Carry out a click of the ribbon in Excel: `click.Taken`, whose messages are shown in Excel."""

    id: int
    verb: str
    hwnd: int
    book: str
    lang: str
    copy: str = ""


class Answer(Struct, tag="answer", tag_field="type", frozen=True):
    """The answer to the `Question` of a run: true or false, or a text."""

    id: int
    said: bool | str


class Secret(Struct, tag="secret", tag_field="type", frozen=True):
    """The answer to a `Question` whose answer nobody may see: it goes over the pipe and is written nowhere."""

    id: int
    said: str

    def __repr__(self) -> str:
        return f"Secret(id={self.id})"


class Filled(Struct, tag="filled", tag_field="type", frozen=True):
    """What was filled into the form of `FormShown`; None if it was given up."""

    id: int
    typed: Mapping[str, Any] | None


class Cancel(Struct, tag="cancel", tag_field="type", frozen=True):
    """End a run before it writes. A run that writes already is completed."""

    id: int


class Table(Struct, frozen=True):
    """A table of a result: title, column titles, rows of text."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Result(Struct, frozen=True):
    """What a verb reports. `made`: paths of files and folders it made, as they exist now."""

    lang: str
    exit_code: int
    lines: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    facts: Mapping[str, Any] | None = None


class Refusal(Struct, frozen=True):
    """Why nothing was done: what, why, what to do. `log`: the file with the details of a fault of the program."""

    code: str
    what: str
    why: str
    fix: str
    exit_code: int
    log: str = ""


class Ready(Struct, tag="ready", tag_field="type", frozen=True):
    """The worker has imported the verbs and waits."""

    pid: int


class Step(Struct, tag="step", tag_field="type", frozen=True):
    """A step of the running verb: its name, how many of how many are done."""

    id: int
    name: str
    done: int
    total: int


class Writing(Struct, tag="writing", tag_field="type", frozen=True):
    """From now on the run cannot be cancelled. `in_excel`: it writes into a workbook that is open there."""

    id: int
    in_excel: bool = False


class Shown(Struct, tag="shown", tag_field="type", frozen=True):
    """A part of the result, before a question."""

    id: int
    result: Result


class Question(Struct, tag="question", tag_field="type", frozen=True):
    """The run waits for an `Answer`; `yes_no`: true or false, else a text, blank for none.

    `secret`: waits for a `Secret`. `page` and `code`: the person signs in there with it, and answers when done.
    """

    id: int
    text: str
    yes_no: bool
    secret: bool = False
    page: str = ""
    code: str = ""


class FormShown(Struct, tag="form", tag_field="type", frozen=True):
    """A click in Excel needs a form filled in (`addin.blanks.Blanks`) and waits for `Filled`."""

    id: int
    verb: str
    lang: str
    master: str
    given: Mapping[str, Any]
    departments: tuple[str, ...]
    weeks: tuple[tuple[str, str], ...] = ()


class Done(Struct, tag="done", tag_field="type", frozen=True):
    """The end of a run: a result, a refusal, or neither when it was cancelled."""

    id: int
    result: Result | None = None
    refusal: Refusal | None = None


Order: TypeAlias = Do | Press | Answer | Secret | Filled | Cancel
Event: TypeAlias = Ready | Step | Writing | Shown | Question | FormShown | Done


def line(message: Order | Event) -> bytes:
    """The message as a line."""
    return json.encode(message) + b"\n"


def order(data: bytes) -> Order:
    """The order of a line. Raises `msgspec.DecodeError` for anything else."""
    return json.decode(data, type=Order)


def event(data: bytes) -> Event:
    """The event of a line. Raises `msgspec.DecodeError` for anything else."""
    return json.decode(data, type=Event)
