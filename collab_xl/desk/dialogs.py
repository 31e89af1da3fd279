"""The two short dialogs that make or fill a master: 新建项目 asks what `init` needs, 导入 what `import` needs."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from pathlib import Path
from tkinter import filedialog, ttk
from typing import Any

from collab_xl.catalogue import LANGS, text
from collab_xl.desk.fields import Choice, Field, Files, Lines, Text
from collab_xl.desk.names import label, verb_about, verb_name
from collab_xl.desk.state import Desk
from collab_xl.desk.theme import CLASS, LINE, WHITE, Look

LANGUAGES = {"zh": "中文", "en": "English"}


class SaveAs(Text):
    """The path of a master: typed, or chosen in the system's own dialog."""

    def __init__(self, parent: tk.Misc, look: Look, lang: str, *, new: bool) -> None:
        frame = ttk.Frame(parent)
        super().__init__(frame, look, 44)
        self.lang, self.new = lang, new
        self.first.pack(side="left", fill="x", expand=True)
        ttk.Button(frame, text=text("desk.browse", lang), command=self._browse).pack(side="left", padx=(look.px(6), 0))
        self.entry, self.widget = self.first, frame

    def _browse(self) -> None:
        kinds = [(text("desk.kind_xlsx", self.lang), "*.xlsx")]
        before = Path(self.value()) if self.value() else Path.home()
        found = filedialog.asksaveasfilename(
            parent=self.widget,
            filetypes=kinds,
            defaultextension=".xlsx",
            initialdir=before.parent,
            initialfile=before.name,
            confirmoverwrite=False,
        )
        if found:
            self.set(str(Path(found)))


class Dialog(tk.Toplevel):
    """A dialog of labelled fields over the window. `done(typed)` gets the values of the verb when all needed ones are there."""

    verb = ""
    needed: tuple[str, ...] = ()

    def __init__(self, parent: tk.Tk, look: Look, desk: Desk, done: Callable[[str, dict[str, Any]], None]) -> None:
        super().__init__(parent, class_=CLASS, background=WHITE, highlightthickness=1, highlightbackground=LINE, highlightcolor=LINE)
        self.look, self.desk, self.lang, self.done = look, desk, desk.lang, done
        self.withdraw()
        self.title(verb_name(self.verb, self.lang))
        self.transient(parent)
        self.resizable(False, False)
        self.fields: dict[str, Field] = {}
        frame = ttk.Frame(self, padding=look.px(20))
        frame.pack(fill="both", expand=True)
        ttk.Label(frame, text=verb_name(self.verb, self.lang), style="Heading.TLabel").grid(row=0, column=0, columnspan=2, sticky="w")
        about = ttk.Label(frame, text=verb_about(self.verb, self.lang), style="Muted.TLabel", wraplength=look.px(520), justify="left")
        about.grid(row=1, column=0, columnspan=2, sticky="w", pady=(look.px(2), look.px(10)))
        self.body = frame
        self._row = 2
        self.ask()
        self.missing = ttk.Label(frame, style="Needed.TLabel")
        self.missing.grid(row=self._row, column=0, columnspan=2, sticky="w")
        buttons = ttk.Frame(frame)
        buttons.grid(row=self._row + 1, column=0, columnspan=2, sticky="e", pady=(look.px(10), 0))
        ttk.Button(buttons, text=text("desk.cancel", self.lang), command=self.destroy).pack(side="right", padx=(look.px(8), 0))
        ttk.Button(buttons, text=text("desk.ok", self.lang), style="Main.TButton", command=self.accept).pack(side="right")
        self.bind("<Escape>", lambda event: self.destroy())
        self.bind("<Control-Return>", lambda event: self.accept())
        self.bind("<Return>", self._return)
        self._place(parent)

    def _return(self, event: tk.Event[tk.Misc]) -> None:
        """Enter is the main button, but for a box of several lines and for another button."""
        if isinstance(event.widget, ttk.Button):
            event.widget.invoke()
        elif not isinstance(event.widget, tk.Text):
            self.accept()

    def _place(self, parent: tk.Tk) -> None:
        self.update_idletasks()
        x = parent.winfo_rootx() + max(0, (parent.winfo_width() - self.winfo_reqwidth()) // 2)
        y = parent.winfo_rooty() + max(0, (parent.winfo_height() - self.winfo_reqheight()) // 3)
        self.geometry(f"+{x}+{y}")
        self.deiconify()
        self.wait_visibility()
        self.grab_set()
        next(iter(self.fields.values())).first.focus_force()  # without a window manager nobody else gives it the keyboard

    def ask(self) -> None:
        """Make the fields."""
        raise NotImplementedError

    def add(self, name: str, key: str, field: Field, hint: str = "") -> None:
        """One field with its label."""
        px = self.look.px
        said = ttk.Label(self.body, text=label(key, self.lang))
        said.grid(row=self._row, column=0, sticky="nw", padx=(0, px(14)), pady=(px(9), 0))
        field.widget.grid(row=self._row, column=1, sticky="ew", pady=px(4))
        self.fields[name] = field
        self._row += 1
        if hint:
            ttk.Label(self.body, text=hint, style="Small.TLabel").grid(row=self._row, column=1, sticky="w")
            self._row += 1

    def typed(self) -> dict[str, Any]:
        """The values for the verb; a blank one is left out."""
        return {name: value for name, field in self.fields.items() if (value := _clean(field.value()))}

    def accept(self) -> None:
        typed = self.typed()
        for name in self.needed:
            if name not in typed:
                self.missing.configure(text=text("desk.need", self.lang, what=label(self.labels[name], self.lang)))
                self.fields[name].first.focus_set()
                return
        self.destroy()
        self.done(self.verb, typed)

    labels: dict[str, str] = {}  # noqa: RUF012


def _clean(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def beside(desk: Desk) -> Path:
    """The folder for a new master: that of the master in front, else the user's documents or home."""
    if desk.master:
        return Path(desk.master).parent
    documents = Path.home() / "Documents"
    return documents if documents.is_dir() else Path.home()


class NewProject(Dialog):
    """新建项目."""

    verb = "init"
    needed = ("master",)
    labels = {"master": "master"}  # noqa: RUF012

    def ask(self) -> None:
        look, lang = self.look, self.lang
        self.add("project", "project", Text(self.body, look, 36))
        path = SaveAs(self.body, look, lang, new=True)
        path.set(str(beside(self.desk) / text("desk.ask.new_file", lang)))
        self.add("master", "master", path)
        spoken = Choice(self.body, look, {k: LANGUAGES[k] for k in LANGS}, free=False, width=16)
        spoken.set(lang)
        self.add("own_lang", "lang", spoken)
        self.add("departments", "departments_new", Lines(self.body, look), text("desk.ask.departments_new_hint", lang))
        forms = Choice(
            self.body, look, {"basic": text("desk.ask.forms_basic", lang), "full": text("desk.ask.forms_full", lang)}, free=False, width=36
        )
        forms.set("basic")
        self.add("forms", "forms", forms)


class Import(Dialog):
    """导入."""

    verb = "import"
    needed = ("inputs", "master")
    labels = {"inputs": "inputs_import", "master": "master_import"}  # noqa: RUF012

    def ask(self) -> None:
        look, lang = self.look, self.lang
        self.add("inputs", "inputs_import", Files(self.body, look, lang, "", lambda: str(beside(self.desk))))
        path = SaveAs(self.body, look, lang, new=False)
        path.set(self.desk.master or str(beside(self.desk) / text("desk.ask.new_file", lang)))
        self.add("master", "master_import", path)
        names = {"": "", **{name: name for name in self.desk.about.departments}}
        self.add("department", "department_import", Choice(self.body, look, names, free=True, width=24))

    def typed(self) -> dict[str, Any]:
        return {**super().typed(), "lang": self.lang, "no_write": False}
