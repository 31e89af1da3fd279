"""The verbs at the left of the desk: a button each, in groups; the verbs of the week have numbers."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping
from tkinter import ttk
from typing import Final

from collab_xl.catalogue import text
from collab_xl.desk.asked import DIALOGS, GROUPS, ON_DESK
from collab_xl.desk.names import verb_name
from collab_xl.desk.state import Desk
from collab_xl.desk.theme import CARD, Look

SIDE: Final = 196
"""Pixels at 96 dpi."""


class VerbList(ttk.Frame):
    """`choose` takes the verb whose button was pressed."""

    def __init__(self, parent: tk.Misc, look: Look, lang: str, choose: Callable[[str], object]) -> None:
        super().__init__(parent, style="Card.TFrame")
        px = look.px
        canvas = tk.Canvas(self, width=px(SIDE), background=CARD, highlightthickness=0, takefocus=False)
        canvas.pack(side="left", fill="y", expand=True)
        side = ttk.Frame(canvas, style="Card.TFrame", padding=(px(10), px(6)))
        canvas.create_window(0, 0, window=side, anchor="nw", width=px(SIDE))
        side.bind("<Configure>", lambda event: canvas.configure(scrollregion=(0, 0, event.width, event.height)))

        def seen(event: tk.Event[tk.Misc]) -> None:
            """A low window scrolls to the button that has the focus."""
            top, high = event.widget.winfo_y(), side.winfo_height()
            if high > canvas.winfo_height():
                canvas.yview_moveto(max(0.0, (top - canvas.winfo_height() / 2) / high))

        for turn, by in (("<Button-4>", -1), ("<Button-5>", 1)):
            canvas.bind_all(turn, lambda event, by=by: _wheel(canvas, event, by))  # type: ignore[misc]
        canvas.bind_all("<MouseWheel>", lambda event: _wheel(canvas, event, -1 if event.delta > 0 else 1))
        buttons: dict[str, ttk.Button] = {}
        number = 0
        for group in GROUPS[1:]:
            heading = ttk.Label(side, text=text(f"desk.group.{group}", lang), style="CardMuted.TLabel")
            heading.pack(anchor="w", padx=px(10), pady=(px(8), px(1)))
            for name, verb in ON_DESK.items():
                if verb.desk_group != group:
                    continue
                number += group == "week"
                mark = str(number) if group == "week" and number < 10 else "  "
                said = f"{mark}  {verb_name(name, lang)}" + ("…" if name in DIALOGS else "")
                button = ttk.Button(side, text=said, style="Verb.TButton", command=lambda name=name: choose(name))  # type: ignore[misc]
                button.pack(fill="x")
                button.bind("<Down>", lambda event: _step(event, 1))
                button.bind("<Up>", lambda event: _step(event, -1))
                button.bind("<FocusIn>", seen)
                buttons[name] = button
        self.buttons: Mapping[str, ttk.Button] = buttons
        """Verb → its button."""

    def draw(self, desk: Desk) -> None:
        """Mark the chosen verb; those that cannot be run now are grey."""
        for name, button in self.buttons.items():
            button.configure(style="Chosen.Verb.TButton" if name == desk.verb else "Verb.TButton")
            button.state(["!disabled" if desk.can_run(name) else "disabled"])


def _wheel(canvas: tk.Canvas, event: tk.Event[tk.Misc], by: int) -> None:
    """Scroll the list of verbs, if the pointer is over it and it is longer than the window."""
    inside = str(event.widget).startswith(str(canvas))
    if inside and canvas.yview() != (0.0, 1.0):
        canvas.yview_scroll(by, "units")


def _step(event: tk.Event[tk.Misc], by: int) -> str:
    """The next button of the list that can be pressed."""
    siblings = event.widget.master.winfo_children() if event.widget.master is not None else []
    buttons = [each for each in siblings if isinstance(each, ttk.Button) and not each.instate(["disabled"])]
    if event.widget in buttons:
        buttons[(buttons.index(event.widget) + by) % len(buttons)].focus_set()
    return "break"
