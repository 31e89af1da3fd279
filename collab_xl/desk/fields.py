"""The questions of a verb as widgets: one class for each kind of answer. They know nothing of verbs.

Each has a `value()`: what a person said, "" or () or False for nothing, and `set(value)`, so that a window drawn anew keeps it.
"""

from __future__ import annotations

import tkinter as tk
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from tkinter import filedialog, ttk
from typing import Any

from collab_xl.catalogue import text
from collab_xl.desk.theme import ACCENT, CHOSEN, INK, LINE, WHITE, Look

INPUTS = "*.xlsx *.xlsm *.xls *.xlsb *.csv *.xml *.eml *.msg *.zip *.mbox *.et *.ods"


class Field(ABC):
    """One answer."""

    widget: tk.Widget
    first: tk.Widget
    """What gets the focus."""

    @abstractmethod
    def value(self) -> Any:
        """What a person said."""

    @abstractmethod
    def set(self, value: Any) -> None:
        """Show this answer."""


class Text(Field):
    """A line of text."""

    def __init__(self, parent: tk.Misc, look: Look, width: int = 32) -> None:
        self.said = tk.StringVar(parent)
        self.widget = ttk.Entry(parent, textvariable=self.said, width=width, font=look.body)
        self.first = self.widget

    def value(self) -> str:
        return self.said.get()

    def set(self, value: Any) -> None:
        self.said.set(str(value))


class Password(Text):
    """A line that shows dots."""

    def __init__(self, parent: tk.Misc, look: Look, width: int = 32) -> None:
        super().__init__(parent, look, width)
        self.widget.configure(show="•")  # type: ignore[call-arg]


class Shown(Field):
    """A value that is known already: it is only shown."""

    def __init__(self, parent: tk.Misc, look: Look, known: Any, shown: str) -> None:
        self.known = known
        self.widget = ttk.Label(parent, text=shown, style="Bold.TLabel", padding=(0, look.px(5)))
        self.first = self.widget

    def value(self) -> Any:
        return self.known

    def set(self, value: Any) -> None:
        """It stays as it is."""


class Lines(Field):
    """Several lines: one name a line."""

    def __init__(self, parent: tk.Misc, look: Look, height: int = 5) -> None:
        self.box = tk.Text(
            parent, width=36, height=height, font=look.body, relief="flat", highlightthickness=look.px(1), highlightbackground=LINE,
            highlightcolor=ACCENT, foreground=INK, background=WHITE, insertbackground=INK, padx=look.px(6), pady=look.px(5), wrap="none",
        )  # fmt: skip
        # Tab leaves the box, as everywhere else in the window.
        self.box.bind("<Tab>", lambda event: _focus(event.widget.tk_focusNext()))
        self.box.bind("<Shift-Tab>", lambda event: _focus(event.widget.tk_focusPrev()))
        self.widget = self.box
        self.first = self.widget

    def value(self) -> tuple[str, ...]:
        return tuple(line.strip() for line in self.box.get("1.0", "end").splitlines() if line.strip())

    def set(self, value: Any) -> None:
        self.box.delete("1.0", "end")
        self.box.insert("1.0", "\n".join(value))


def _focus(widget: tk.Misc | None) -> str:
    if widget is not None:
        widget.focus_set()
    return "break"


class Tick(Field):
    """Yes or no, with its own label."""

    def __init__(self, parent: tk.Misc, label: str) -> None:
        self.said = tk.BooleanVar(parent)
        self.widget = ttk.Checkbutton(parent, text=label, variable=self.said)
        self.first = self.widget

    def value(self) -> bool:
        return bool(self.said.get())

    def set(self, value: Any) -> None:
        self.said.set(bool(value))


class Choice(Field):
    """One of several; with `free` also anything typed. `options`: value → what is shown."""

    def __init__(self, parent: tk.Misc, look: Look, options: dict[str, str], *, free: bool, width: int = 34) -> None:
        self.options = options
        self.said = tk.StringVar(parent)
        state = "normal" if free else "readonly"
        self.widget = ttk.Combobox(parent, textvariable=self.said, values=[*options.values()], state=state, width=width, font=look.body)
        self.first = self.widget
        if not free:
            self.set("")

    def value(self) -> str:
        said = self.said.get()
        return next((value for value, shown in self.options.items() if shown == said), said)

    def set(self, value: Any) -> None:
        self.said.set(self.options.get(str(value), str(value)))


class Several(Field):
    """Any number of a list. Space ticks a row, as a mouse click does."""

    def __init__(self, parent: tk.Misc, look: Look, options: dict[str, str], lang: str, hint: str = "", rows: int = 4) -> None:
        self.options = options
        frame = ttk.Frame(parent)
        height = max(2, min(rows, len(options)))
        self.box = tk.Listbox(
            frame, selectmode="multiple", exportselection=False, height=height, width=30, font=look.body, relief="flat",
            activestyle="dotbox", highlightthickness=look.px(1),
            highlightbackground=LINE, highlightcolor=ACCENT, selectbackground=CHOSEN, selectforeground=INK,
            foreground=INK, background=WHITE,
        )  # fmt: skip
        self.box.insert("end", *(f" {shown}" for shown in options.values()))
        self.box.grid(row=0, column=0, sticky="nsew")
        if len(options) > height:
            bar = ttk.Scrollbar(frame, command=self.box.yview)
            bar.grid(row=0, column=1, sticky="ns")
            self.box.configure(yscrollcommand=bar.set)
        buttons = ttk.Frame(frame)
        buttons.grid(row=0, column=2, sticky="n", padx=(look.px(8), 0))
        for key, act in (
            ("choose_all", lambda: self.box.selection_set(0, "end")),
            ("choose_none", lambda: self.box.selection_clear(0, "end")),
        ):
            ttk.Button(buttons, text=text(f"desk.{key}", lang), command=act).pack(anchor="w", pady=(0, look.px(4)))
        if hint:
            ttk.Label(buttons, text=hint, style="Small.TLabel").pack(anchor="w")
        self.widget = frame
        self.first = self.box

    def value(self) -> tuple[str, ...]:
        names = [*self.options]
        return tuple(names[n] for n in self.box.curselection())  # type: ignore[no-untyped-call]

    def set(self, value: Any) -> None:
        for n, name in enumerate(self.options):
            if name in value:
                self.box.selection_set(n)


class Folder(Field):
    """A folder, typed or chosen."""

    def __init__(self, parent: tk.Misc, look: Look, lang: str) -> None:
        frame = ttk.Frame(parent)
        self.said = tk.StringVar(parent)
        entry = ttk.Entry(frame, textvariable=self.said, width=32, font=look.body)
        entry.pack(side="left", fill="x", expand=True)
        ttk.Button(frame, text=text("desk.browse", lang), command=self._browse).pack(side="left", padx=(look.px(6), 0))
        self.widget = frame
        self.first = entry

    def _browse(self) -> None:
        if folder := filedialog.askdirectory(parent=self.widget, mustexist=True):
            self.said.set(str(Path(folder)))

    def value(self) -> str:
        return self.said.get()

    def set(self, value: Any) -> None:
        self.said.set(str(value))


class Files(Field):
    """Files and folders. `Delete` takes the chosen row out of the list, nothing else."""

    def __init__(self, parent: tk.Misc, look: Look, lang: str, hint: str, folder: Callable[[], str]) -> None:
        self.lang, self.folder = lang, folder
        self.paths: list[str] = []
        frame = ttk.Frame(parent)
        self.box = tk.Listbox(
            frame, selectmode="extended", exportselection=False, height=2, width=30, font=look.body, relief="flat", activestyle="none",
            highlightthickness=look.px(1), highlightbackground=LINE, highlightcolor=ACCENT, selectbackground=CHOSEN, selectforeground=INK,
            foreground=INK, background=WHITE,
        )  # fmt: skip
        self.box.pack(side="left", fill="x", expand=True)
        self.box.bind("<Delete>", lambda event: self._remove())
        buttons = ttk.Frame(frame)
        buttons.pack(side="left", anchor="n", padx=(look.px(8), 0))
        for n, (key, act) in enumerate((("add_files", self._add_files), ("add_folder", self._add_folder), ("remove", self._remove))):
            ttk.Button(buttons, text=text(f"desk.{key}", lang), command=act).grid(row=0, column=n, padx=(0, look.px(4)))
        self.widget = ttk.Frame(parent) if hint else frame
        self.first = self.box
        if hint:
            frame.pack(in_=self.widget, fill="x")
            frame.lift()
            ttk.Label(self.widget, text=hint, style="Small.TLabel").pack(anchor="w", pady=(look.px(2), 0))
        self._show()

    def _add_files(self) -> None:
        kinds = [(text("desk.kind_inputs", self.lang), INPUTS), (text("desk.kind_all", self.lang), "*")]
        found = filedialog.askopenfilenames(parent=self.widget, initialdir=self.folder() or None, filetypes=kinds)
        self.set([*self.paths, *(str(Path(p)) for p in found or ())])

    def _add_folder(self) -> None:
        if found := filedialog.askdirectory(parent=self.widget, initialdir=self.folder() or None, mustexist=True):
            self.set([*self.paths, str(Path(found))])

    def _remove(self) -> None:
        gone = set(self.box.curselection())  # type: ignore[no-untyped-call]
        self.set([path for n, path in enumerate(self.paths) if n not in gone])

    def _show(self) -> None:
        self.box.delete(0, "end")
        self.box.insert("end", *self.paths)
        self.box.configure(height=max(1, min(4, len(self.paths))))

    def value(self) -> tuple[str, ...]:
        return tuple(self.paths)

    def set(self, value: Sequence[str]) -> None:
        self.paths = list(dict.fromkeys(value))
        self._show()
