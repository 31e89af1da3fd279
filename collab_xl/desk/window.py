"""The window of the desk. It draws the state (`state.py`), sends orders to the worker and takes its events; it never opens a workbook,
never computes and waits for nothing: the worker's events are looked for many times a second.
"""

from __future__ import annotations

import gc
import queue
import tkinter as tk
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tkinter import filedialog, ttk
from typing import Any, Final

from collab_xl.addin.blanks import Blanks
from collab_xl.addin.starting import new_place
from collab_xl.catalogue import LANGS, text
from collab_xl.desk import icon, state
from collab_xl.desk.asked import DIALOGS, MAILBOX, ON_DESK, ROBOT, needs_master, previewed, questions, typed, writes
from collab_xl.desk.bars import Footer, Header, Progress, step_words
from collab_xl.desk.click import Taken
from collab_xl.desk.dialogs import dialog_for
from collab_xl.desk.mailbox_dialog import SETTING_OF, MailboxDialog
from collab_xl.desk.memory import Memory, remember
from collab_xl.desk.names import verb_name
from collab_xl.desk.opening import open_path
from collab_xl.desk.panel import Panel
from collab_xl.desk.protocol import SET_BACK, Answer, Cancel, Do, Done, Filled, FormShown, Press, Question, Ready, Secret
from collab_xl.desk.question_view import QuestionView
from collab_xl.desk.result_view import ResultView
from collab_xl.desk.robot_dialog import RobotDialog
from collab_xl.desk.state import Desk
from collab_xl.desk.theme import CLASS, ZOOMS, Look
from collab_xl.desk.verb_list import VerbList
from collab_xl.desk.worker_process import WorkerProcess
from collab_xl.excel.left_state import anything_left
from collab_xl.model.record import replace

LOOK_EVERY_MS: Final = 30
COLLECT_EVERY: Final = 1000
"""Looks between two collections of what is no longer used."""
SIZE: Final = (1120, 780)
SMALLEST: Final = (860, 600)
"""Pixels at 96 dpi: the window, the smallest it can be made."""
SET_BACK_EVERY_MS: Final = 2000
SET_BACK_TRIES: Final = 60
"""Two minutes and more, in which a cell that is being edited can be finished; after that the next click in Excel sets it back."""
CHOICES_FROM: Final = ("status", "log", "forms list")
"""Verbs whose results say what can be chosen."""


class DeskWindow:
    """One window with one worker. Call `run` to show it until it is closed."""

    def __init__(self, memory: Memory, lang: str, master: str = "", *, hidden: bool = False) -> None:
        gc.disable()  # a widget must not be freed in the thread that reads from the worker: `_tick` collects
        self.desk = Desk(lang=lang, masters=memory.masters, preview=memory.preview, verb="status")
        self.root = tk.Tk(className=CLASS)
        self.root.withdraw()
        self.zoom = ZOOMS[0]
        self.look = Look(self.root, lang, self.zoom)
        self.worker: WorkerProcess | None = None
        self.given: dict[str, dict[str, Any]] = {}
        self.last: tuple[str, dict[str, Any]] = "", {}
        """The verb that ran last and its values, to write what was shown."""
        self._quiet: set[int] = set()
        """Numbers of orders that only learn what can be chosen."""
        self._known = False
        """Whether the choices are those of the master as it is now."""
        self._number = 0
        self._secrets: tuple[int, list[str]] | None = None
        """What a dialog was told, for the hidden questions of this run, in order; forgotten when they are answered or the run ends."""
        self._pressed: Taken | None = None
        """The click of the ribbon that is carried out."""
        self._setting_back: tuple[int, int, str, int] | None = None
        """The order that sets Excel back: its number, the window and workbook, and how often it may be tried again."""
        self._closing = False
        self._ticks = 0
        self._shown: object = None
        self.panel: Panel | None = None
        self.clicks: deque[Taken] = deque()
        """Clicks of the ribbon in Excel that wait, where the desk is offered to it."""
        self.raised: Callable[[], bool] = lambda: False
        """Asked often: whether a second start wants this window in front."""
        self._furnish(memory)
        self.build()
        self.start_worker()
        if anything_left():  # a desk that was ended together with its worker could not set it back
            self._set_back(0, "")
        self._next_look = self.root.after(LOOK_EVERY_MS, self._tick)
        if master:
            self.open_master(master)
        elif memory.masters and Path(memory.masters[0]).is_file():
            self.open_master(memory.masters[0])
        if hidden:
            self.root.iconify()
        else:
            self.root.deiconify()

    def run(self) -> None:
        """Show the window until it is closed."""
        self.root.mainloop()

    # Drawing

    def _furnish(self, memory: Memory) -> None:
        px = self.look.px
        wide, high = (int(n) for n in memory.size.split("x")) if memory.size else map(px, SIZE)
        wide, high = min(wide, self.root.winfo_screenwidth()), min(high, self.root.winfo_screenheight() - px(60))
        left, top = (self.root.winfo_screenwidth() - wide) // 2, (self.root.winfo_screenheight() - high) // 3
        self.root.geometry(f"{wide}x{high}+{max(0, left)}+{max(0, top)}")
        self.root.minsize(min(px(SMALLEST[0]), wide), min(px(SMALLEST[1]), high))
        self.icons = [tk.PhotoImage(data=icon.png(size), master=self.root) for size in icon.SIZES]
        self.root.iconphoto(True, *self.icons)
        self.root.protocol("WM_DELETE_WINDOW", self.close)
        root = self.root
        for keys, act in (
            ("<Control-o>", self.choose_master),
            ("<Control-n>", self.new_project),
            ("<Control-i>", self.import_trackers),
            ("<Control-l>", self.switch_language),
            ("<Control-Return>", self.main_button),
            ("<Control-plus>", lambda: self.zoomed(1)),
            ("<Control-equal>", lambda: self.zoomed(1)),
            ("<Control-minus>", lambda: self.zoomed(-1)),
            ("<Escape>", self.cancel),
        ):
            root.bind(keys, _only(root, act))
        for n in range(1, 10):
            root.bind(f"<Alt-Key-{n}>", _only(root, lambda n=n: self.numbered(n)))  # type: ignore[misc]
        root.bind_class("TButton", "<Return>", _pressed)
        for kind in ("TEntry", "TCombobox"):
            root.bind_class(kind, "<Control-a>", lambda event: event.widget.selection_range(0, "end"))  # Tk of Linux goes to the beginning
        root.bind_class("TButton", "<KP_Enter>", _pressed)

    def build(self) -> None:
        """Make all widgets anew, in the language and size of now."""
        self._keep_given()
        for child in self.root.winfo_children():
            child.destroy()
        self.root.title(text("desk.title", self.desk.lang))
        self.root.columnconfigure(0, weight=1)
        self.root.rowconfigure(2, weight=1)
        self.header = self._header()
        self.header.grid(row=0, column=0, sticky="ew")
        ttk.Frame(self.root, style="Line.TFrame", height=1).grid(row=1, column=0, sticky="ew")
        middle = ttk.Frame(self.root)
        middle.grid(row=2, column=0, sticky="nsew")
        middle.rowconfigure(0, weight=1)
        middle.columnconfigure(1, weight=1)
        self.verbs = VerbList(middle, self.look, self.desk.lang, self.choose_verb)
        self.verbs.grid(row=0, column=0, sticky="ns")
        px = self.look.px
        self.main = ttk.Frame(middle, padding=(px(24), px(18), px(24), px(12)))
        self.main.grid(row=0, column=1, sticky="nsew")
        self.main.columnconfigure(0, weight=1)
        self.main.rowconfigure(3, weight=1)
        self.footer = Footer(self.root, self.look, self.desk.lang)
        self.footer.grid(row=3, column=0, sticky="ew")
        self.panel = None
        self.progress = Progress(self.main, self.look, self.desk.lang, self.cancel)
        self.asking = QuestionView(self.main, self.look, self.desk.lang, self.answer, self.cancel, self.copy)
        self.result = ResultView(self.main, self.look, self.desk.lang, self.open_it, self.write_shown, self.copy)
        self._shown = None
        self.new_panel()
        self.draw()

    def _header(self) -> Header:
        lang = self.desk.lang
        acts = (
            (text("desk.open", lang), self.choose_master),
            (f"{verb_name('init', lang)}…", self.new_project),
            (f"{verb_name('import', lang)}…", self.import_trackers),
        )
        return Header(self.root, self.look, lang, self.icons[1], self.chosen_master, acts, self.switch_language)

    def new_panel(self) -> None:
        """The panel of the chosen verb, with the answers given before."""
        if self.panel is not None:
            self.panel.destroy()
            self.panel = None
        desk = self.desk
        if not desk.master and needs_master(ON_DESK[desk.verb]):
            self._welcome()
            return
        self.panel = Panel(self.main, self.look, desk, self.given.get(desk.verb, {}), self.start, self.set_mailbox)
        self.panel.grid(row=0, column=0, sticky="ew")

    def _welcome(self) -> None:
        px, lang = self.look.px, self.desk.lang
        frame = Panel.__mro__[1](self.main)  # a plain frame in the panel's place
        ttk.Label(frame, text=text("desk.welcome", lang), style="Heading.TLabel").pack(anchor="w")
        ttk.Label(frame, text=text("desk.welcome_open", lang), style="Muted.TLabel").pack(anchor="w", pady=(px(4), px(14)))
        row = ttk.Frame(frame)
        row.pack(anchor="w")
        ttk.Button(row, text=text("desk.open", lang), style="Main.TButton", command=self.choose_master).pack(side="left")
        for verb, act in (("init", self.new_project), ("import", self.import_trackers)):
            ttk.Button(row, text=f"{verb_name(verb, lang)}…", command=act).pack(side="left", padx=(px(8), 0))
        if self.desk.masters:
            ttk.Label(frame, text=text("desk.recent", lang), style="Bold.TLabel").pack(anchor="w", pady=(px(22), px(4)))
            for path in self.desk.masters:
                said = f"{Path(path).name}   {Path(path).parent}"
                ttk.Button(frame, text=said, style="Link.TButton", command=lambda path=path: self.open_master(path)).pack(anchor="w")  # type: ignore[misc]
        frame.grid(row=0, column=0, sticky="new")
        self.welcome = frame

    def draw(self) -> None:
        """Bring the widgets up to date with the state."""
        desk, lang = self.desk, self.desk.lang
        self.header.draw(desk)
        self.verbs.draw(desk)
        if self.panel is not None:
            self.panel.enable(desk.can_run(desk.verb))
        self._draw_run()
        if desk.outcome is not self._shown:
            self._shown = desk.outcome
            if desk.outcome is not None:
                self.result.show(desk.outcome, verb_name(desk.outcome.verb, lang), desk.master)
        read_so_far = desk.run is not None and desk.run.question is not None and desk.run.shown is not None
        if read_so_far or (desk.outcome is not None and not desk.busy):
            self.result.grid(row=3, column=0, sticky="nsew", pady=(self.look.px(14), 0))
        else:
            self.result.grid_remove()
        starting = not desk.ready and self.worker is not None
        self.say(step_words(desk.run, lang) if desk.run is not None else text("desk.starting" if starting else "desk.ready", lang))

    def _draw_run(self) -> None:
        run = self.desk.run
        if run is None:
            self.progress.end()
            self.asking.ask_no_more()
        elif run.question is None:
            self.asking.ask_no_more()
            self.progress.show(run, row=1)
        else:
            self.progress.grid_remove()
            if self.asking.ask(run.question, row=2) and run.shown is not None:
                so_far = state.Outcome(run.verb, state.SO_FAR, True, run.shown)
                self.result.show(so_far, verb_name(run.verb, self.desk.lang), "")
                self._shown = run.shown

    # What a person does

    def choose_verb(self, verb: str) -> None:
        """Show the panel of a verb."""
        if not self.desk.can_run(verb):
            return
        if verb in DIALOGS:
            self.set_mailbox() if verb == MAILBOX else self.set_robot()
            return
        self._keep_given()
        self.desk = replace(self.desk, verb=verb, outcome=None)
        self.new_panel()
        self.draw()
        self._learn(verb)
        if self.panel is not None:
            first = next((field.first for field in self.panel.fields.values()), self.panel.main)
            (self.panel.main if not self.panel.fields or self.panel.verb.desk_group == "week" else first).focus_set()

    def numbered(self, number: int) -> None:
        """Alt and a number: a verb of the week."""
        week = [name for name, verb in ON_DESK.items() if verb.desk_group == "week"]
        if number <= len(week):
            self.choose_verb(week[number - 1])

    def main_button(self) -> None:
        """Ctrl+Enter: write what was shown, else the main button of the panel."""
        if self.result.write_button is not None and self.result.winfo_ismapped():
            self.result.write_button.invoke()
        elif self.panel is not None:
            self.panel.main.invoke()

    def start(self, write: bool) -> None:
        """Run the chosen verb with the answers of its panel."""
        panel, desk = self.panel, self.desk
        if panel is None or not desk.can_run(desk.verb):
            return
        if missing := panel.missing():
            self.say(text("desk.need", desk.lang, what=missing))
            return
        self._keep_given()
        verb = ON_DESK[desk.verb]
        self.order(desk.verb, typed(verb, panel.values(), master=desk.master, lang=desk.lang, write=write), write=write)

    def write_shown(self) -> None:
        """Write what was only shown, with the same answers."""
        verb, values = self.last
        if not self.desk.busy and verb:
            self.order(verb, {**values, "no_write": False}, write=True)

    def order(self, verb: str, values: dict[str, Any], *, write: bool) -> None:
        """Send a verb to the worker, which is started if there is none."""
        self._number += 1
        self.last = verb, values
        self.desk = state.begun(replace(self.desk, verb=verb), self._number, verb, write=write or not previewed(ON_DESK[verb]))
        self._send(Do(self._number, verb, values, facts=verb in CHOICES_FROM))
        self.draw()

    def _press_next(self) -> None:
        """Carry out the next click of the ribbon."""
        click = self.clicks.popleft()
        self._number += 1
        self.desk = state.begun(self.desk, self._number, click.verb, write=True, in_excel=True)
        self._pressed = click
        self._send(Press(self._number, click.verb, click.hwnd, click.book, self.desk.lang, click.copy))
        self.draw()

    def _set_back(self, hwnd: int, book: str, tries: int = SET_BACK_TRIES) -> None:
        """The worker died in a click: another one only sets back what it left in Excel, again and again while Excel is busy."""
        self._pressed = None
        self._number += 1
        self._quiet.add(self._number)
        self._setting_back = self._number, hwnd, book, tries - 1
        self._send(Press(self._number, SET_BACK, hwnd, book, self.desk.lang))

    def _was_set_back(self, event: Done) -> None:
        """What came of it."""
        assert self._setting_back is not None
        _, hwnd, book, tries = self._setting_back
        self._setting_back = None
        if event.refusal is not None and tries > 0 and not self._closing:
            self.root.after(SET_BACK_EVERY_MS, lambda: self._set_back(hwnd, book, tries))
        elif event.refusal is not None:
            self.say(text("desk.in_excel.not_set_back", self.desk.lang))
        elif event.result is not None:
            self.say(text("desk.in_excel.set_back", self.desk.lang))

    def answer(self, said: bool | str) -> None:
        """Answer the question of the running verb."""
        if self.desk.run is None or self.worker is None:
            return
        question = self.desk.run.question
        secret = question is not None and question.secret
        self.worker.send(Secret(self.desk.run.id, str(said)) if secret else Answer(self.desk.run.id, said))
        self.desk = state.answered(self.desk)
        self._shown = None
        self.draw()

    def cancel(self) -> None:
        """Esc: end the run, if it does not write yet."""
        run = self.desk.run
        if run is not None and run.can_cancel and self.worker is not None:
            self.worker.send(Cancel(run.id))
            self.desk = state.cancelling(self.desk)
            self.draw()

    def choose_master(self) -> None:
        """Ctrl+O: choose a master in the system's own dialog."""
        if self.desk.busy:
            return
        kinds = [(text("desk.kind_xlsx", self.desk.lang), "*.xlsx *.xlsm")]
        folder = str(Path(self.desk.master).parent) if self.desk.master else None
        if found := filedialog.askopenfilename(
            parent=self.root, title=text("desk.open_hint", self.desk.lang), filetypes=kinds, initialdir=folder
        ):
            self.open_master(str(Path(found)))

    def chosen_master(self) -> None:
        """One of the masters used before."""
        number = self.header.masters.current()
        self.header.masters.selection_clear()
        if 0 <= number < len(self.desk.masters):
            self.open_master(self.desk.masters[number])

    def open_master(self, path: str) -> None:
        """Bring a master in front and show where it stands."""
        if self.desk.busy:
            return
        self.given.clear()
        self._known = False
        self.desk = replace(state.with_master(self.desk, path), verb="status")
        self._remember()
        self.panel_anew()
        self.order("status", typed(ON_DESK["status"], {}, master=path, lang=self.desk.lang, write=False), write=False)

    def panel_anew(self) -> None:
        """Make the panel again, without what was typed."""
        if hasattr(self, "welcome"):
            self.welcome.destroy()
        if self.panel is not None:
            self.panel.destroy()
            self.panel = None
        self.new_panel()

    def new_project(self) -> None:
        """Ctrl+N."""
        lang = self.desk.lang
        self._fill_in(Blanks("init", lang, given={"master": new_place(self.desk.master, lang)}))

    def import_trackers(self) -> None:
        """Ctrl+I."""
        desk = self.desk
        if not desk.busy:
            self._learn("import")
            target = desk.master or new_place("", desk.lang)
            self._fill_in(Blanks("import", desk.lang, given={"master": target}, departments=desk.about.departments))

    def set_mailbox(self) -> None:
        """The dialog of the mailbox, with what was typed last or what the settings say."""
        desk = self.desk
        if not desk.can_run(MAILBOX):
            return
        known = dict(desk.about.mailbox)
        given = self.given.get(MAILBOX) or {name: known[setting] for name, setting in SETTING_OF.items() if setting in known}
        blanks = Blanks(MAILBOX, desk.lang, desk.master, given)
        MailboxDialog(self.root, self.look, blanks, self._mailbox_typed, self.test_mailbox if known else None)

    def test_mailbox(self) -> None:
        """Open the mailbox that is set, and say what is in it."""
        self.choose_verb("mailbox test")
        self.start(True)

    def _mailbox_typed(self, said: Mapping[str, Any], password: str) -> None:
        if not self.desk.can_run(MAILBOX):
            return
        self.given[MAILBOX] = dict(said)
        self.choose_verb("mailbox test")
        self._secrets = self._number + 1, [password]
        self.order(MAILBOX, {**said, "master": self.desk.master, "lang": self.desk.lang}, write=True)
        self.desk = replace(self.desk, verb="mailbox test")
        self.draw()

    def set_robot(self) -> None:
        """The dialog of the group robots."""
        desk = self.desk
        if desk.can_run(ROBOT):
            blanks = Blanks(ROBOT, desk.lang, desk.master, self.given.get(ROBOT, {}))
            RobotDialog(self.root, self.look, blanks, desk.about.robots, self._robot_typed, self.test_robots)

    def test_robots(self) -> None:
        """Post a line into the groups of the robots that are set."""
        self.choose_verb("robot test")
        self.start(True)

    def _robot_typed(self, said: Mapping[str, Any], secrets: list[str]) -> None:
        if not self.desk.can_run(ROBOT):
            return
        self.given[ROBOT] = dict(said)
        self.choose_verb("robot test")
        self._secrets = self._number + 1, secrets
        self.order(ROBOT, {**said, "master": self.desk.master, "lang": self.desk.lang}, write=True)
        self.desk = replace(self.desk, verb="robot test")
        self.draw()

    def _fill_in(self, blanks: Blanks) -> None:
        if not self.desk.busy:
            dialog_for(self.root, self.look, blanks, lambda typed: self.make(blanks.verb, typed) if typed else None)

    def make(self, verb: str, said: Mapping[str, Any]) -> None:
        """Run what a dialog asked for; its master comes to the front."""
        values = _as_typed(verb, said, self.desk.lang)
        path = str(Path(values["master"]).expanduser())
        if path != self.desk.master:
            self.given.clear()
            self.desk = replace(state.with_master(self.desk, path), verb=verb)
            self._known = False
        self.desk = replace(self.desk, verb="status")
        self.panel_anew()
        self.order(verb, {**values, "master": path}, write=True)
        self.desk = replace(self.desk, verb="status")
        self.draw()

    def switch_language(self) -> None:
        """Ctrl+L: the other language, at once."""
        if self.desk.busy:
            self.say(text("desk.switch_busy", self.desk.lang))
            return
        lang = LANGS[(LANGS.index(self.desk.lang) + 1) % len(LANGS)]
        self.desk = replace(self.desk, lang=lang, outcome=None)
        self._again()
        if self.desk.master and self.desk.verb == "status":
            self.order("status", typed(ON_DESK["status"], {}, master=self.desk.master, lang=lang, write=False), write=False)

    def zoomed(self, by: int) -> None:
        """Ctrl and plus or minus."""
        if self.desk.busy:
            return
        before = self.zoom
        self.zoom = ZOOMS[min(len(ZOOMS) - 1, max(0, ZOOMS.index(self.zoom) + by))]
        if self.zoom != before:
            grown = [n * self.zoom // before for n in (self.root.winfo_width(), self.root.winfo_height())]
            most = self.root.winfo_screenwidth(), self.root.winfo_screenheight() - self.look.px(60)
            wide, high = (min(n, limit) for n, limit in zip(grown, most, strict=True))
            left, top = min(self.root.winfo_x(), most[0] - wide), min(self.root.winfo_y(), most[1] - high)
            self.root.geometry(f"{wide}x{high}+{left}+{top}")
            self._again()

    def _again(self) -> None:
        self.look = Look(self.root, self.desk.lang, self.zoom)
        self._remember()
        self.build()

    def open_it(self, path: Path) -> None:
        """Open a file or folder with the system's own program."""
        if not open_path(path):
            self.say(text("desk.file_gone", self.desk.lang, path=path))

    def say(self, said: str) -> None:
        """The last word, at the foot of the window."""
        self.footer.said.configure(text=said)

    def copy(self, said: str) -> None:
        """Put a result on the clipboard."""
        self.root.clipboard_clear()
        self.root.clipboard_append(said)
        self.say(text("desk.copied", self.desk.lang))

    def to_front(self) -> None:
        """A second start asked for this window."""
        self.root.deiconify()
        self.root.lift()
        self.root.attributes("-topmost", True)
        self.root.after(300, lambda: self.root.attributes("-topmost", False))
        self.root.focus_force()

    def close(self) -> None:
        """Close the window; a run that writes is completed first, any other is cancelled."""
        run = self.desk.run
        if self.clicks or (run is not None and run.phase == state.WRITING):
            self._closing = True
            self.say(text("desk.busy_close", self.desk.lang))
            return
        self._remember()
        if self.worker is not None:
            self.worker.close()
        self.root.after_cancel(self._next_look)
        self.root.destroy()
        self.icons.clear()
        self.look.ticks.clear()
        gc.collect()  # in this thread: what belongs to the window must not be freed in another one
        gc.enable()

    def _keep_given(self) -> None:
        if self.panel is not None and self.panel.winfo_exists():
            name = next(n for n, v in ON_DESK.items() if v is self.panel.verb)
            self.given[name] = self.panel.values()
            self.desk = replace(self.desk, preview=bool(self.panel.preview.get()))

    def _remember(self) -> None:
        size = f"{self.root.winfo_width()}x{self.root.winfo_height()}" if self.root.winfo_ismapped() else ""
        remember(Memory(self.desk.masters, self.desk.lang, self.desk.preview, size))

    # The worker

    def start_worker(self) -> WorkerProcess:
        """The worker; a new one if there is none, or if it has ended."""
        if self.worker is None or not self.worker.alive:
            self.worker = WorkerProcess()
            self.desk = replace(self.desk, ready=False)
        return self.worker

    def _send(self, do: Do | Press) -> None:
        others = self._quiet - {do.id} or (self.desk.run is not None and self.desk.run.id != do.id)
        if self.worker is not None and not others and self.worker.outdated:
            self.worker.close()
            self.worker = None
        if not self.start_worker().send(do):
            self.worker = None
            self.start_worker().send(do)

    def _learn(self, verb: str) -> None:
        """Ask what can be chosen, if the verb's questions offer choices and the master may have changed since."""
        offers = {"week", "moment", "baseline", "run", "department", "departments", "forms_free", "forms_older"}
        if self._known or not self.desk.master or not offers & {q.kind for q in questions(ON_DESK[verb])}:
            return
        self._known = True
        for name in CHOICES_FROM:
            self._number += 1
            self._quiet.add(self._number)
            self._send(
                Do(self._number, name, typed(ON_DESK[name], {}, master=self.desk.master, lang=self.desk.lang, write=False), facts=True)
            )

    def _tick(self) -> None:
        """Take what the worker has said since."""
        worker = self.worker
        if worker is not None:
            for event in _waiting(worker):
                self._happened(event, worker)
        if self.clicks and not self.desk.busy:
            self._press_next()
        if self.raised():
            self.to_front()
        if self._closing and self.desk.run is None and not self.clicks:
            self.close()
            return
        self._ticks += 1
        if self._ticks % COLLECT_EVERY == 0 and self.desk.run is None:
            gc.collect()
        self._next_look = self.root.after(LOOK_EVERY_MS, self._tick)

    def _happened(self, event: Any, worker: WorkerProcess) -> None:
        if event is None:
            if worker is self.worker:
                self.worker = None
                self._secrets = None
                self._quiet.clear()
                self._known = False
                in_excel = self._pressed if self.desk.run is not None else None
                self.desk = state.died(self.desk)
                if in_excel is not None:
                    self._set_back(in_excel.hwnd, in_excel.book)
                elif anything_left():  # of a verb on a master that is open in Excel
                    self._set_back(0, "")
                self.draw()
                if self.desk.outcome is None or self.desk.outcome.kind != state.DIED:
                    self.say(text("desk.died.idle", self.desk.lang))
            return
        if isinstance(event, Ready):
            self.desk = replace(self.desk, ready=True)
        elif isinstance(event, FormShown):
            self.desk = state.after(self.desk, event)
            self._show_form(event, worker)
        elif isinstance(event, Done) and event.id in self._quiet:
            self._quiet.discard(event.id)
            if self._setting_back is not None and event.id == self._setting_back[0]:
                self._was_set_back(event)
                return
            self._learned(event, redraw=not self._quiet)
            return
        else:
            before = self.desk.run
            if isinstance(event, Done):
                self._pressed = None
                self._secrets = None
            self.desk = state.after(self.desk, event)
            if self._secrets is not None and isinstance(event, Question) and event.secret and event.id == self._secrets[0]:
                said = self._secrets[1].pop(0)
                self._secrets = self._secrets if self._secrets[1] else None
                self.answer(said)
            if isinstance(event, Done) and before is not None and self.desk.run is None:
                self._ended(event, wrote=before.write and writes(ON_DESK.get(before.verb)))
        self.draw()

    def _show_form(self, event: FormShown, worker: WorkerProcess) -> None:
        """A click in Excel asks something first. Excel has the person's eyes: the dialog comes in front of it."""
        blanks = Blanks(event.verb, event.lang, event.master, event.given, event.departments, event.weeks)
        dialog = dialog_for(self.root, self.look, blanks, lambda typed: self._filled(event.id, worker, typed))
        dialog.attributes("-topmost", True)
        dialog.focus_force()

    def _filled(self, number: int, worker: WorkerProcess, typed: Mapping[str, Any] | None) -> None:
        worker.send(Filled(number, typed))

    def _learned(self, event: Done, *, redraw: bool) -> None:
        if event.result is not None and event.result.facts is not None:
            self.desk = state.learned(self.desk, event.result.facts)
        if redraw and self.panel is not None and not self.desk.busy:
            focus = self.root.focus_get()
            inside = focus is not None and str(focus).startswith(str(self.panel))
            self._keep_given()
            self.new_panel()
            self.draw()
            if inside and self.panel is not None:
                self.panel.main.focus_set()

    def _ended(self, event: Done, *, wrote: bool) -> None:
        """A run has ended: what it says about the master is known, and what it wrote makes the choices old."""
        outcome = self.desk.outcome
        if outcome is not None and outcome.verb == MAILBOX and outcome.result is not None:
            self.desk = replace(self.desk, about=replace(self.desk.about, mailbox=self._mailbox_set()))
        if outcome is not None and outcome.verb == ROBOT and outcome.result is not None:
            named = str(self.given.pop(ROBOT, {}).get("robot_name", ""))
            known = tuple(dict.fromkeys((*self.desk.about.robots, *([named] if named else []))))
            self.desk = replace(self.desk, about=replace(self.desk.about, robots=known))
        if wrote:
            self._known = False
            self._remember()
        if event.result is not None and event.result.facts is not None:
            self.desk = state.learned(self.desk, event.result.facts)
        if outcome is not None and outcome.refusal is not None and outcome.refusal.code == "file_missing" and outcome.verb == "status":
            self.desk = replace(state.without_master(self.desk, self.desk.master), outcome=outcome)
            self._remember()
            self.panel_anew()
        if outcome is not None and outcome.can_write:
            self.root.after_idle(self._focus_on_write)

    def _mailbox_set(self) -> tuple[tuple[str, str], ...]:
        """What the settings say of the mailbox after it was set; a blank sending server stays what it was."""
        known = {setting: value for setting, value in self.desk.about.mailbox if setting == "mail_smtp"}
        said = {SETTING_OF[name]: str(value) for name, value in self.given.pop(MAILBOX, {}).items() if value}
        return tuple((known | said).items())

    def _focus_on_write(self) -> None:
        if self.result.write_button is not None and self.result.write_button.winfo_exists():
            self.result.write_button.focus_set()


def _as_typed(verb: str, said: Mapping[str, Any], lang: str) -> dict[str, Any]:
    """What a dialog asked for as the parameters of the command line."""
    if verb == "init":
        return {("own_lang" if name == "lang" else name): value for name, value in said.items()}
    return {**said, "lang": lang, "no_write": False}


def _waiting(worker: WorkerProcess) -> Iterator[Any]:
    while True:
        try:
            yield worker.events.get_nowait()
        except queue.Empty:
            return


def _only(root: tk.Tk, act: Callable[[], None]) -> Callable[[tk.Event[tk.Misc]], str]:
    """A key of the window, not of a dialog over it."""

    def pressed(event: tk.Event[tk.Misc]) -> str:
        if event.widget.winfo_toplevel() is not root:
            return ""
        act()
        return "break"

    return pressed


def _pressed(event: tk.Event[tk.Misc]) -> None:
    """Enter presses the button that has the focus, as space does."""
    if isinstance(event.widget, ttk.Button):
        event.widget.invoke()
