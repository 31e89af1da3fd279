"""The short dialogs that make or fill a master: 新建项目 asks what `init` needs, 导入 what `import` needs.

In: `addin.blanks.Blanks`, from the desk's own buttons or from the ribbon.  Out: what was filled in, by `done`; None if it was given up.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping
from pathlib import Path
from tkinter import filedialog, ttk
from typing import Any, ClassVar

from collab_xl.addin.blanks import Blanks
from collab_xl.catalogue import LANGS, text
from collab_xl.desk.fields import Choice, Field, Files, Folder, Lines, Several, Shown, Text
from collab_xl.desk.names import label, verb_about, verb_name
from collab_xl.desk.theme import CLASS, LINE, WHITE, Look
from collab_xl.errors import CollabError
from collab_xl.forms import BASIC, load

EDGE = 60
"""Of the screen's height that is not for a dialog: a title bar and a task bar."""
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

    def value(self) -> str:
        """With the ending of a workbook, if none was typed."""
        said = super().value().strip()
        return f"{said}.xlsx" if Path(said).name and not Path(said).suffix else said


class Dialog(tk.Toplevel):
    """A dialog of labelled fields. `done` gets the values of the verb when all needed ones are there, None if it is closed before."""

    verb = ""
    ok = "desk.ok"
    """The key of the main button's words."""
    needed: tuple[str, ...] = ()
    labels: ClassVar[Mapping[str, str]] = {}
    """Parameter → the key of its label, for those that are needed."""

    def __init__(self, parent: tk.Tk, look: Look, blanks: Blanks, done: Callable[[Mapping[str, Any] | None], None]) -> None:
        super().__init__(parent, class_=CLASS, background=WHITE, highlightthickness=1, highlightbackground=LINE, highlightcolor=LINE)
        self.look, self.blanks, self.lang, self.done = look, blanks, blanks.lang, done
        self.withdraw()
        self.title(verb_name(self.verb, self.lang))
        self.resizable(False, False)
        self.fields: dict[str, Field] = {}
        self.buttons = buttons = ttk.Frame(self, padding=(look.px(20), look.px(4), look.px(20), look.px(18)))
        buttons.pack(side="bottom", fill="x")
        self.missing = ttk.Label(self, style="Needed.TLabel", padding=(look.px(20), 0))
        self.missing.pack(side="bottom", anchor="w")
        frame = self._scrolling()
        ttk.Label(frame, text=verb_name(self.verb, self.lang), style="Heading.TLabel").grid(row=0, column=0, columnspan=2, sticky="w")
        about = ttk.Label(frame, text=verb_about(self.verb, self.lang), style="Muted.TLabel", wraplength=look.px(520), justify="left")
        about.grid(row=1, column=0, columnspan=2, sticky="w", pady=(look.px(2), look.px(10)))
        self.body = frame
        self._row = 2
        self.ask()
        for name, value in blanks.given.items():
            if name in self.fields:
                self.fields[name].set(value)
        ttk.Button(buttons, text=text("desk.cancel", self.lang), command=self.give_up).pack(side="right", padx=(look.px(8), 0))
        ttk.Button(buttons, text=text(self.ok, self.lang), style="Main.TButton", command=self.accept).pack(side="right")
        self.bind("<Escape>", lambda event: self.give_up())
        self.bind("<Control-Return>", lambda event: self.accept())
        self.bind("<Return>", self._return)
        self.protocol("WM_DELETE_WINDOW", self.give_up)
        self._place(parent)

    def _scrolling(self) -> ttk.Frame:
        """What is above the buttons; on a screen that is too low for all of it, it scrolls."""
        look = self.look
        canvas = tk.Canvas(self, background=WHITE, highlightthickness=0, takefocus=False)
        bar = ttk.Scrollbar(self, command=canvas.yview)
        canvas.configure(yscrollcommand=bar.set)
        canvas.pack(side="left", fill="both", expand=True)
        frame = ttk.Frame(canvas, padding=(look.px(20), look.px(20), look.px(20), look.px(8)))
        canvas.create_window(0, 0, window=frame, anchor="nw")
        self.scrolled = canvas

        def fitted(_: object) -> None:
            wide, high = frame.winfo_reqwidth(), frame.winfo_reqheight()
            most = self.winfo_screenheight() - look.px(EDGE) - self.buttons.winfo_reqheight() - self.missing.winfo_reqheight()
            canvas.configure(width=wide, height=min(high, most), scrollregion=(0, 0, wide, high))
            bar.pack(side="right", fill="y") if high > most else bar.pack_forget()

        def seen(event: tk.Event[tk.Misc]) -> None:
            """What has the focus is shown."""
            if str(event.widget).startswith(f"{frame}."):
                top = event.widget.winfo_rooty() - frame.winfo_rooty()
                first, low = canvas.canvasy(0), canvas.winfo_height()
                if not first <= top <= first + low - event.widget.winfo_height():
                    canvas.yview_moveto(max(0.0, (top - low / 2) / max(1, frame.winfo_reqheight())))

        frame.bind("<Configure>", fitted)
        self.bind("<FocusIn>", seen)
        for turn, by in (("<Button-4>", -1), ("<Button-5>", 1)):
            self.bind(turn, lambda event, by=by: canvas.yview_scroll(by, "units"))  # type: ignore[misc]
        self.bind("<MouseWheel>", lambda event: canvas.yview_scroll(-1 if event.delta > 0 else 1, "units"))
        return frame

    def _return(self, event: tk.Event[tk.Misc]) -> None:
        """Enter is the main button, but for a box of several lines and for another button."""
        if isinstance(event.widget, ttk.Button):
            event.widget.invoke()
        elif not isinstance(event.widget, tk.Text):
            self.accept()

    def _place(self, parent: tk.Tk) -> None:
        """In front of the desk's window; without one in the middle of the screen, in front of everything."""
        self.update_idletasks()
        over = bool(parent.winfo_viewable())
        left, top = (parent.winfo_rootx(), parent.winfo_rooty()) if over else (0, 0)
        wide, high = (parent.winfo_width(), parent.winfo_height()) if over else (self.winfo_screenwidth(), self.winfo_screenheight())
        x = left + max(0, (wide - self.winfo_reqwidth()) // 2)
        y = top + max(0, (high - self.winfo_reqheight()) // 3)
        self.geometry(f"+{x}+{y}")
        if over:
            self.transient(parent)
        else:
            self.attributes("-topmost", True)
        self.deiconify()
        self.lift()
        self.wait_visibility()
        self.grab_set()
        next(field for field in self.fields.values() if not isinstance(field, Shown)).first.focus_force()

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
        """The main button."""
        typed = self.typed()
        for name in self.needed:
            if name not in typed:
                self.missing.configure(text=text("desk.need", self.lang, what=label(self.labels[name], self.lang)))
                self.fields[name].first.focus_set()
                return
        self.destroy()
        self.done(typed)

    def give_up(self) -> None:
        """Close it and do nothing."""
        self.destroy()
        self.done(None)


def _clean(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


class NewProject(Dialog):
    """新建项目."""

    verb = "init"
    needed = ("master",)
    labels: ClassVar[Mapping[str, str]] = {"master": "master"}

    def ask(self) -> None:
        look, lang = self.look, self.lang
        self.add("project", "project", Text(self.body, look, 36))
        self.add("master", "master", SaveAs(self.body, look, lang, new=True))
        spoken = Choice(self.body, look, {k: LANGUAGES[k] for k in LANGS}, free=False, width=16)
        spoken.set(lang)
        self.add("lang", "lang", spoken)
        country = Text(self.body, look, 8)
        country.set("CN")
        self.add("country", "country", country, text("desk.ask.country_hint", lang))
        self.add("departments", "departments_new", Lines(self.body, look, 4), text("desk.ask.departments_new_hint", lang))
        more, chosen = further_forms(lang)
        if more:
            forms = Several(self.body, look, more, lang, rows=6)
            forms.set(chosen)
            self.add("forms", "forms_new", forms, text("desk.ask.forms_new_hint", lang))

    def typed(self) -> dict[str, Any]:
        said = super().typed()
        if "forms" in self.fields:
            said["forms"] = ",".join((*BASIC, *self.fields["forms"].value()))
        return said


def further_forms(lang: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """The forms that a new master may have beside the three it always has (id → name), and those it has by default.

    Nothing to choose where the forms cannot be read: the verb says why.
    """
    try:
        forms = [form for form in load().forms if form.id not in BASIC]
    except CollabError:
        return {}, ()
    return {form.id: form.sheet[lang] for form in forms}, tuple(form.id for form in forms if form.basic)


class Import(Dialog):
    """导入."""

    verb = "import"
    needed: tuple[str, ...] = ("inputs", "master")
    labels: ClassVar[Mapping[str, str]] = {"inputs": "inputs_import", "master": "master_import"}

    def ask(self) -> None:
        look, lang, blanks = self.look, self.lang, self.blanks
        folder = str(Path(blanks.master or str(blanks.given.get("master", "")) or Path.home()).parent)
        waiting = text("desk.ask.inputs_waiting", lang) if blanks.master else ""
        self.add("inputs", "inputs_import", Files(self.body, look, lang, "", lambda: folder), waiting)
        if blanks.master:
            self.needed = ("master",)  # without files: what waits for answers on sheet 提问 that are there now
            self.add("master", "master_import", Shown(self.body, look, blanks.master, Path(blanks.master).name))
        else:
            self.add("master", "master_import", SaveAs(self.body, look, lang, new=False))
        names = {"": "", **{name: name for name in blanks.departments}}
        self.add("department", "department_import", Choice(self.body, look, names, free=True, width=24))


class ChooseWeek(Dialog):
    """选择周: one of the weeks, or any other as a person writes it."""

    verb = "week"
    needed = ("week",)
    labels: ClassVar[Mapping[str, str]] = {"week": "week"}

    def ask(self) -> None:
        weeks = Choice(self.body, self.look, dict(self.blanks.weeks), free=True, width=30)
        self.add("week", "week", weeks, text("desk.ask.week_hint", self.lang))


class ChooseMoments(Dialog):
    """对比: two moments, a baseline or a week of the list or any day as a person writes it."""

    verb = "compare"

    def ask(self) -> None:
        for name, hint in (("since", text("desk.ask.moment_hint", self.lang)), ("until", "")):
            offered = dict(self.blanks.weeks)
            offered[""] = text("desk.ask.last_page" if name == "since" else "desk.ask.until_now", self.lang)
            choice = Choice(self.body, self.look, offered, free=True, width=34)
            choice.set("")
            self.add(name, name, choice, hint)


class NameBaseline(Dialog):
    """设定基准: what it is called."""

    verb = "baseline set"

    def ask(self) -> None:
        self.add("baseline_new", "baseline_new", Text(self.body, self.look, 30))


class SignBaseline(Dialog):
    """登记签认: which department, of those that have not signed, and who."""

    verb = "baseline sign"
    needed = ("signing",)
    labels: ClassVar[Mapping[str, str]] = {"signing": "signing"}

    def ask(self) -> None:
        names = {"": "", **{name: name for name in self.blanks.departments}}
        self.add("signing", "signing", Choice(self.body, self.look, names, free=True, width=24))
        self.add("signed_by", "signed_by", Text(self.body, self.look, 24))


class ChooseFolder(Dialog):
    """项目总览: the folder with the masters."""

    verb = "portfolio make"
    needed = ("masters",)
    labels: ClassVar[Mapping[str, str]] = {"masters": "masters"}

    def ask(self) -> None:
        self.add("masters", "masters", Folder(self.body, self.look, self.lang))


DIALOGS: Mapping[str, type[Dialog]] = {
    dialog.verb: dialog for dialog in (NewProject, Import, ChooseWeek, ChooseMoments, NameBaseline, SignBaseline, ChooseFolder)
}


def dialog_for(parent: tk.Tk, look: Look, blanks: Blanks, done: Callable[[Mapping[str, Any] | None], None]) -> Dialog:
    """Show the dialog of a verb."""
    return DIALOGS[blanks.verb](parent, look, blanks, done)
