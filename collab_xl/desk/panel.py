"""The panel of one verb: its questions, and the buttons that start it."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping
from pathlib import Path
from tkinter import ttk
from typing import Any

from collab_xl.addin.week_names import moment_names, week_names
from collab_xl.catalogue import text
from collab_xl.desk.asked import MAILBOX, ON_DESK, Question, previewed, questions, writes
from collab_xl.desk.fields import Choice, Field, Files, Folder, Lines, Several, Text, Tick
from collab_xl.desk.names import label, verb_about, verb_name
from collab_xl.desk.state import About, Desk
from collab_xl.desk.theme import Look
from collab_xl.verbs.table import MAILS

ISSUES = "issue"
"""The verb whose week is by default the running one."""
WITH_MAILBOX = ("collect", "send", "mailbox test")
"""Verbs that open the mailbox."""
OFFERED = {"forms_free": "free", "forms_older": "older"}
"""Kind of question → the state of the forms it offers."""


class Panel(ttk.Frame):
    """Asks what a verb needs. `start(write)` is called by its buttons; `given` are the answers it begins with. `mailbox()` shows the
    dialog of the mailbox, for the verbs that use it."""

    def __init__(
        self, parent: tk.Misc, look: Look, desk: Desk, given: Mapping[str, Any], start: Callable[[bool], None], mailbox: Callable[[], None]
    ) -> None:
        super().__init__(parent)
        self.look, self.desk, self.lang, self.start = look, desk, desk.lang, start
        self.verb = ON_DESK[desk.verb]
        self.fields: dict[str, Field] = {}
        self.columnconfigure(0, weight=1)
        ttk.Label(self, text=verb_name(desk.verb, self.lang), style="Heading.TLabel").grid(row=0, column=0, sticky="w")
        self.about = ttk.Label(self, text=verb_about(desk.verb, self.lang), style="Muted.TLabel", justify="left")
        self.about.grid(row=1, column=0, sticky="ew", pady=(look.px(2), look.px(10)))
        self.bind("<Configure>", lambda event: self.about.configure(wraplength=max(200, event.width - look.px(10))))
        asked = questions(self.verb)
        self.usual = ttk.Frame(self)
        self.usual.grid(row=2, column=0, sticky="ew")
        self.further = ttk.Frame(self)
        self._ask([q for q in asked if not q.more], self.usual)
        self._ask([q for q in asked if q.more], self.further)
        self.row = ttk.Frame(self)
        self.row.grid(row=4, column=0, sticky="ew", pady=(look.px(6), 0))
        self.preview = tk.BooleanVar(self, desk.preview)
        self.mailbox = mailbox
        self._buttons(any(q.more for q in asked))
        for name, value in given.items():
            if name in self.fields:
                self.fields[name].set(value)
        if any(given.get(q.name) for q in asked if q.more):
            self.show_more()

    def _buttons(self, has_more: bool) -> None:
        look = self.look
        self.main = ttk.Button(self.row, style="Main.TButton", command=self.go)
        self.main.pack(side="left")
        self.more = ttk.Button(self.row, text=text("desk.more", self.lang), command=self.show_more)
        if has_more:
            self.more.pack(side="left", padx=(look.px(8), 0))
        if previewed(self.verb):
            tick = ttk.Checkbutton(self.row, text=text("desk.preview_first", self.lang), variable=self.preview, command=self._named)
            tick.pack(side="left", padx=(look.px(16), 0))
        self.set_mailbox: ttk.Button | None = None
        if self.verb.name in WITH_MAILBOX:
            said = f"{verb_name(MAILBOX, self.lang)}…"
            self.set_mailbox = ttk.Button(self.row, text=said, command=self.mailbox)
            self.set_mailbox.pack(side="left", padx=(look.px(16), 0))
        self._named()

    def _named(self) -> None:
        look_first = previewed(self.verb) and self.preview.get()
        key = "desk.look" if look_first else "desk.run"
        self.main.configure(text=text(key, self.lang))

    def go(self) -> None:
        """The main button: show what would change, or do it."""
        if self.further.winfo_manager():
            self.show_more()  # the result needs the room; the answers stay
        self.start(not (previewed(self.verb) and self.preview.get()) if writes(self.verb) else True)

    def show_more(self) -> None:
        """Show the further options, or hide them."""
        if self.further.winfo_manager():
            self.further.grid_remove()
            self.more.configure(text=text("desk.more", self.lang))
        else:
            self.further.grid(row=3, column=0, sticky="ew")
            self.more.configure(text=text("desk.less", self.lang))

    def _ask(self, asked: list[Question], parent: ttk.Frame) -> None:
        parent.columnconfigure(0, minsize=self.look.px(150))
        parent.columnconfigure(1, weight=1)
        for row, question in enumerate(asked):
            field = self.field(question, parent)
            if isinstance(field, str):
                ttk.Label(parent, text=field, style="Muted.TLabel").grid(row=row, column=0, columnspan=2, sticky="w", pady=self.look.px(4))
                continue
            self.fields[question.name] = field
            if not isinstance(field, Tick):
                said = ttk.Label(parent, text=label(question.name, self.lang))
                said.grid(row=row, column=0, sticky="nw", pady=(self.look.px(8), 0), padx=(0, self.look.px(14)))
            wide = isinstance(field, Files)
            field.widget.grid(row=row, column=1, sticky="ew" if wide else "w", pady=self.look.px(4))

    def field(self, question: Question, parent: tk.Misc) -> Field | str:
        """The widget for a question; a text if there is nothing to choose from."""
        look, lang, about = self.look, self.lang, self.desk.about
        match question.kind:
            case "files":
                return Files(parent, look, lang, text("desk.inbox_default", lang), lambda: str(Path(self.desk.master).parent))
            case "week":
                field = Choice(parent, look, weeks(about, lang, issues=self.verb.name == ISSUES), free=True, width=30)
                field.set("")  # the default is seen; typing replaces it
                field.widget.bind("<FocusIn>", _all_selected)
                return field
            case "moment":
                return Choice(parent, look, moments(about, lang, since=question.name == "since"), free=True, width=34)
            case "baseline":
                return Choice(parent, look, baselines(about, lang), free=False, width=34)
            case "run":
                return Choice(parent, look, runs(about, lang), free=False, width=44)
            case "department":
                return Choice(parent, look, {"": "", **{name: name for name in about.departments}}, free=True, width=24)
            case "departments" if about.departments:
                return Several(parent, look, {name: name for name in about.departments}, lang, text("desk.all_departments", lang))
            case "forms_free" | "forms_older" as kind:
                found = {form: name for form, name, state in about.forms if state == OFFERED[kind]}
                if kind == "forms_older" and about.lists:
                    lacks = text("desk.ask.lists_older", lang, what=about.lists)
                    return Several(parent, look, found, lang, lacks) if found else lacks
                return Several(parent, look, found, lang) if found else text(f"desk.ask.no_{kind}", lang)
            case "mails":
                kinds = {name: text(f"model.mail_kind.{kind}", lang) for name, kind in MAILS.items()}
                return Choice(parent, look, {"": text("desk.mails_so_far", lang), **kinds}, free=False, width=24)
            case "departments" | "marks":
                return Lines(parent, look, 3)
            case "tick":
                return Tick(parent, label(question.name, lang))
            case "folder":
                return Folder(parent, look, lang)
            case "day":
                return Text(parent, look, 14)
        return Text(parent, look)

    def values(self) -> dict[str, Any]:
        """The answers by parameter."""
        return {name: field.value() for name, field in self.fields.items()}

    def missing(self) -> str:
        """The label of a needed answer that is blank; "" if all are there."""
        return next((label(q.name, self.lang) for q in questions(self.verb) if q.needed and not self.values().get(q.name)), "")

    def enable(self, on: bool) -> None:
        """Whether its buttons can be pressed."""
        if self.set_mailbox is not None:
            self.set_mailbox.state(["!disabled" if on else "disabled"])
        self.main.state(["!disabled" if on and not self._nothing_to_do() else "disabled"])

    def _nothing_to_do(self) -> bool:
        return any(q.needed and q.name not in self.fields for q in questions(self.verb))


def _all_selected(event: tk.Event[Any]) -> None:
    event.widget.selection_range(0, "end")


def weeks(about: About, lang: str, *, issues: bool) -> dict[str, str]:
    """Weeks to offer: week → what is shown. The first is the verb's own default: for what `issues` packs the running week, else the
    reporting week."""
    default = about.week if issues else about.reporting or about.week
    out = {"": text("desk.by_default", lang, what=default) if default else ""}
    return out | week_names(about.week, about.reporting, about.weeks, dict(about.pages), lang)


def moments(about: About, lang: str, *, since: bool) -> dict[str, str]:
    """Moments to compare: what `compare` reads → what is shown. The first is the verb's own default."""
    return moment_names(about.baselines, about.week, about.reporting, about.weeks, dict(about.pages), lang, since=since)


def baselines(about: About, lang: str) -> dict[str, str]:
    """Baselines to offer: id → what is shown. The first is the current one."""
    return {"": text("desk.ask.current_baseline", lang), **{one: f"{one}  {name}" for one, name in about.baselines}}


def runs(about: About, lang: str) -> dict[str, str]:
    """Runs to offer: id → what is shown."""
    listed = {run: text("desk.run_line", lang, run=run, time=time, verb=verb_name(verb, lang)) for run, time, verb in about.runs}
    return {"": text("desk.newest_run", lang), **listed}
