"""What frames the desk: the masters and languages above, the last word below, and how far the run in the middle is."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from pathlib import Path
from tkinter import ttk

from collab_xl import __version__
from collab_xl.catalogue import text
from collab_xl.desk import state
from collab_xl.desk.names import verb_name
from collab_xl.desk.state import Desk, Run
from collab_xl.desk.theme import Look


class Header(ttk.Frame):
    """The masters to choose from, and the buttons `acts`: label and what it does."""

    def __init__(
        self,
        parent: tk.Misc,
        look: Look,
        lang: str,
        image: tk.PhotoImage,
        chosen: Callable[[], object],
        acts: Sequence[tuple[str, Callable[[], object]]],
        switch_language: Callable[[], object],
    ) -> None:
        px = look.px
        super().__init__(parent, style="Card.TFrame", padding=(px(18), px(12)))
        ttk.Label(self, image=image, style="Card.TLabel").pack(side="left")
        ttk.Label(self, text=text("desk.title", lang), style="Title.TLabel").pack(side="left", padx=(px(8), px(20)))
        # What stands at the right is packed first: in a narrow window the list of masters gives way, not the buttons.
        switch = ttk.Button(self, text=text("desk.language", lang), style="Card.TButton", command=switch_language)
        self.buttons = [ttk.Button(self, text=said, style="Card.TButton", command=act) for said, act in acts]
        ttk.Label(self, text=text("desk.master", lang), style="CardMuted.TLabel").pack(side="left", padx=(0, px(8)))
        self.masters = ttk.Combobox(self, state="readonly", font=look.body, width=12)
        self.masters.bind("<<ComboboxSelected>>", lambda event: chosen())
        switch.pack(side="right", padx=(px(16), 0))
        for button in reversed(self.buttons):
            button.pack(side="right", padx=(px(8), 0))
        self.masters.pack(side="left", fill="x", expand=True)
        for widget in (self.masters, *self.buttons, switch):
            widget.lift()  # Tab goes in this order

    def draw(self, desk: Desk) -> None:
        """The masters of the state; nothing can be chosen while a verb runs."""
        shown = {path: f"{Path(path).name}  —  {Path(path).parent}" for path in desk.masters}
        self.masters.configure(values=[*shown.values()])
        self.masters.set(shown.get(desk.master) or text("desk.no_master", desk.lang))
        for widget in (self.masters, *self.buttons):
            widget.state(["disabled" if desk.busy else "!disabled"])


class Footer(ttk.Frame):
    """The last word said, the keys, the version."""

    def __init__(self, parent: tk.Misc, look: Look, lang: str) -> None:
        px = look.px
        super().__init__(parent, style="Card.TFrame", padding=(px(18), px(5)))
        self.said = ttk.Label(self, text="", style="CardMuted.TLabel")
        self.said.pack(side="left")
        ttk.Label(self, text=f"collab_xl {__version__}", style="CardMuted.TLabel").pack(side="right")
        keys = ttk.Label(self, text=text("desk.shortcuts", lang), style="CardMuted.TLabel")

        def fitted(event: tk.Event[tk.Misc]) -> None:
            """The keys are left out where they would be cut."""
            wide = keys.winfo_reqwidth() + px(420)
            if event.width >= wide and not keys.winfo_manager():
                keys.pack(side="right", padx=(0, px(18)))
            elif event.width < wide and keys.winfo_manager():
                keys.pack_forget()

        self.bind("<Configure>", fitted)


class Progress(ttk.Frame):
    """The step a run is in, a bar, and the button that cancels."""

    def __init__(self, parent: tk.Misc, look: Look, lang: str, cancel: Callable[[], object]) -> None:
        super().__init__(parent)
        self.look, self.lang = look, lang
        self.columnconfigure(0, weight=1)
        self.step = ttk.Label(self, text="")
        self.step.grid(row=0, column=0, sticky="w")
        self.bar = ttk.Progressbar(self, mode="indeterminate", maximum=100)
        self.bar.grid(row=1, column=0, sticky="ew", pady=(look.px(6), 0))
        self.button = ttk.Button(self, text=f"{text('desk.cancel', lang)} (Esc)", command=cancel)
        self.button.grid(row=0, column=1, rowspan=2, padx=(look.px(14), 0))

    def show(self, run: Run, row: int) -> None:
        """Show how far a run is, in a row of the parent."""
        self.step.configure(text=step_words(run, self.lang))
        self.button.state(["!disabled" if run.can_cancel else "disabled"])
        if run.phase == state.STEP and run.total:
            self.bar.stop()
            self.bar.configure(mode="determinate", value=100 * run.done / run.total)
        elif str(self.bar.cget("mode")) != "indeterminate" or not self.winfo_ismapped():
            self.bar.configure(mode="indeterminate")
            self.bar.start(12)
        self.grid(row=row, column=0, sticky="ew", pady=(self.look.px(14), 0))

    def end(self) -> None:
        """No run is under way."""
        self.bar.stop()
        self.grid_remove()


def step_words(run: Run, lang: str) -> str:
    """The verb and the step it is in."""
    return f"{verb_name(run.verb, lang)} · {text(f'desk.phase.{run.phase}', lang, name=run.name, done=run.done, total=run.total)}"
