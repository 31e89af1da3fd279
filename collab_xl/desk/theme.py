"""How the desk looks: colours, font, sizes and the styles of its widgets. The colours are those of the weekly sheet.

`Look` knows how many pixels a length is on this screen at the chosen zoom; sizes in the window are given to it in pixels at 96 dpi.
"""

from __future__ import annotations

import itertools
import sys
import tkinter as tk
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from tkinter import font, ttk
from typing import Any, Final

from collab_xl.desk import icon

INK, MUTED, LINE, CARD, ACCENT, WHITE = "#1B2A3A", "#6B7785", "#D9DEE5", "#F4F6F9", "#1F5F8B", "#FFFFFF"
ACCENT_DARK, CHOSEN, DISABLED = "#174A6D", "#E3ECF3", "#A9B2BC"
RED, AMBER, GREEN = "#C0392B", "#9A5F06", "#1E8449"
CLASS: Final = "Collab-xl"
"""Of its windows, by which a desktop finds icon and menu entry."""
ZOOMS: Final = (100, 125, 150, 175)
FONTS: Final = {
    "zh": (
        "Microsoft YaHei UI",
        "Microsoft YaHei",
        "PingFang SC",
        "Noto Sans CJK SC",
        "Noto Sans SC",
        "Source Han Sans SC",
        "WenQuanYi Micro Hei",
        "DengXian",
        "SimSun",
    ),
    "en": ("Segoe UI", "Helvetica Neue", "Noto Sans", "Ubuntu", "Cantarell", "Liberation Sans", "Noto Sans CJK SC", "DejaVu Sans"),
}
"""In the order to try. The second script of a text comes from the system's own fallback."""
_NUMBERS = itertools.count()
COLOURS: Final[Mapping[str, tuple[str, str]]] = {
    "done": (GREEN, "✔"),
    "remarks": (AMBER, "▲"),
    "waits": (AMBER, "●"),
    "partly": (RED, "▲"),
    "refused": (RED, "✕"),
    "failed": (RED, "✕"),
    "cancelled": (MUTED, "■"),
    "died": (RED, "✕"),
    "so_far": (ACCENT, "●"),
}
"""Kind of an outcome → colour and sign. The words beside them say the same."""


def chosen_font(installed: Collection[str], lang: str) -> str:
    """The first font of the list that is installed; "" for the system's default."""
    return next((name for name in FONTS[lang] if name in installed), "")


def aware_of_dpi(platform: str = sys.platform) -> bool:
    """Tell Windows, before the first window, that this process draws in real pixels; else its text is blurred at 125 %. NOT TESTED there.

    Source: Microsoft, SetProcessDpiAwareness (docs/facts/desk.md, Sharp on any screen). Returns whether the system took it.
    """
    if platform != "win32":
        return False
    import ctypes

    windll = getattr(ctypes, "windll", None)
    try:
        windll.shcore.SetProcessDpiAwareness(1)  # type: ignore[union-attr]
    except (AttributeError, OSError):  # Windows 7 has no shcore; a second call is refused
        return False
    return True


@dataclass
class Look:
    """Sizes and fonts of one window."""

    root: tk.Tk
    lang: str
    zoom: int = 100

    def __post_init__(self) -> None:
        self.factor = self.root.winfo_fpixels("1i") / 96 * self.zoom / 100
        family = chosen_font(font.families(self.root), self.lang) or font.nametofont("TkDefaultFont", self.root).actual("family")
        self.family = family
        self.body = self._font(10)
        self.small = self._font(9)
        self.bold = self._font(10, "bold")
        self.heading = self._font(16, "bold")
        self.title = self._font(13, "bold")
        self._styles()

    def px(self, pixels: float) -> int:
        """Pixels of this screen for pixels at 96 dpi and 100 %."""
        return max(1, round(pixels * self.factor))

    def _font(self, points: float, weight: str = "normal") -> tuple[str, int, str]:
        return self.family, -self.px(points * 96 / 72), weight  # negative: pixels

    def _styles(self) -> None:
        for name in ("TkDefaultFont", "TkTextFont", "TkMenuFont", "TkHeadingFont"):
            font.nametofont(name, self.root).configure(family=self.family, size=self.body[1])
        self.root.configure(background=WHITE)
        self.root.option_add("*TCombobox*Listbox.font", self.body)
        self.root.option_add("*TCombobox*Listbox.background", WHITE)
        self.root.option_add("*TCombobox*Listbox.selectBackground", ACCENT)
        self.root.option_add("*TCombobox*Listbox.selectForeground", WHITE)
        style = ttk.Style(self.root)
        style.theme_use("clam")
        px = self.px
        style.configure(".", background=WHITE, foreground=INK, font=self.body, bordercolor=LINE, focuscolor=ACCENT, troughcolor=CARD)
        style.configure("TFrame", background=WHITE)
        style.configure("Card.TFrame", background=CARD)
        style.configure("Line.TFrame", background=LINE)
        style.configure("TLabel", background=WHITE)
        for name, colour in (("Card", CARD), ("Chosen", CHOSEN)):
            style.configure(f"{name}.TLabel", background=colour)
        style.configure("Muted.TLabel", foreground=MUTED)
        style.configure("CardMuted.TLabel", background=CARD, foreground=MUTED, font=self.small)
        style.configure("Small.TLabel", foreground=MUTED, font=self.small)
        style.configure("Bold.TLabel", font=self.bold)
        style.configure("CardBold.TLabel", font=self.bold, background=CARD)
        style.configure("Heading.TLabel", font=self.heading)
        style.configure("Title.TLabel", font=self.title, background=CARD)
        style.configure("Needed.TLabel", foreground=RED, font=self.small)
        flat: dict[str, Any] = {"relief": "raised", "borderwidth": 1, "padding": (px(14), px(6)), "anchor": "center", "focusthickness": 1}
        style.configure("TButton", background=WHITE, bordercolor=LINE, lightcolor=WHITE, darkcolor=WHITE, **flat)
        style.map(
            "TButton",
            background=[("disabled", CARD), ("pressed", CHOSEN), ("active", CARD)],
            foreground=[("disabled", DISABLED)],
            bordercolor=[("focus", ACCENT)],
            lightcolor=[("focus", ACCENT), ("disabled", CARD), ("pressed", CHOSEN), ("active", CARD)],
            darkcolor=[("focus", ACCENT), ("disabled", CARD), ("pressed", CHOSEN), ("active", CARD)],
            relief=[("pressed", "raised")],
        )
        style.configure(
            "Main.TButton",
            **{**flat, "background": ACCENT, "foreground": WHITE, "bordercolor": ACCENT, "lightcolor": ACCENT, "darkcolor": ACCENT},
        )
        style.configure("Main.TButton", font=self.bold)
        style.map(
            "Main.TButton",
            background=[("disabled", LINE), ("pressed", ACCENT_DARK), ("active", ACCENT_DARK)],
            foreground=[("disabled", MUTED)],
            bordercolor=[("disabled", LINE), ("focus", INK)],
            lightcolor=[("disabled", LINE), ("focus", WHITE)],
            darkcolor=[("disabled", LINE), ("focus", WHITE)],
        )
        style.configure("Card.TButton", **{**flat, "background": CARD, "lightcolor": CARD, "darkcolor": CARD, "bordercolor": LINE})
        style.map(
            "Card.TButton",
            background=[("disabled", CARD), ("pressed", CHOSEN), ("active", WHITE)],
            lightcolor=[("focus", ACCENT), ("active", WHITE)],
            darkcolor=[("focus", ACCENT), ("active", WHITE)],
        )
        verb: dict[str, Any] = {
            **flat,
            "anchor": "w",
            "padding": (px(10), px(4)),
            "bordercolor": CARD,
            "lightcolor": CARD,
            "darkcolor": CARD,
        }
        style.configure("Verb.TButton", background=CARD, **verb)
        style.map(
            "Verb.TButton",
            background=[("disabled", CARD), ("pressed", CHOSEN), ("active", CHOSEN)],
            foreground=[("disabled", DISABLED)],
            bordercolor=[("focus", ACCENT)],
            lightcolor=[("focus", ACCENT), ("active", CHOSEN)],
            darkcolor=[("focus", ACCENT), ("active", CHOSEN)],
        )
        chosen: dict[str, Any] = {**verb, "bordercolor": CHOSEN, "lightcolor": CHOSEN, "darkcolor": CHOSEN}
        style.configure("Chosen.Verb.TButton", **{**chosen, "background": CHOSEN, "foreground": ACCENT_DARK, "font": self.bold})
        style.map(
            "Chosen.Verb.TButton", background=[("disabled", CHOSEN)], bordercolor=[("focus", ACCENT)], foreground=[("disabled", MUTED)]
        )
        link: dict[str, Any] = {**flat, "padding": (px(2), px(2)), "foreground": ACCENT, "bordercolor": WHITE, "anchor": "w"}
        style.configure("Link.TButton", background=WHITE, **link)
        style.map(
            "Link.TButton",
            lightcolor=[("focus", ACCENT)],
            background=[("active", WHITE)],
            foreground=[("active", ACCENT_DARK), ("disabled", DISABLED)],
        )
        field: dict[str, Any] = {
            "fieldbackground": WHITE,
            "bordercolor": LINE,
            "lightcolor": WHITE,
            "darkcolor": WHITE,
            "padding": (px(6), px(5)),
        }
        for name in ("TEntry", "TCombobox"):
            style.configure(name, insertcolor=INK, arrowsize=px(13), **field)
            style.map(
                name,
                fieldbackground=[("disabled", CARD), ("readonly", WHITE)],
                foreground=[("disabled", DISABLED), ("readonly", INK)],
                bordercolor=[("focus", ACCENT)],
                lightcolor=[("focus", ACCENT)],
                darkcolor=[("focus", ACCENT)],
                selectbackground=[("readonly", WHITE), ("!focus", WHITE)],
                selectforeground=[("readonly", INK), ("!focus", INK)],
            )
        self.ticks = [
            tk.PhotoImage(data=icon.tick(px(16), on=on, ink=ink), master=self.root) for on in (False, True) for ink in (ACCENT, DISABLED)
        ]
        element = f"Tick{next(_NUMBERS)}.indicator"  # an id may be that of a look that is gone
        empty, empty_off, full, full_off = self.ticks
        states = (("disabled", "selected", full_off), ("disabled", empty_off), ("selected", full))
        style.element_create(element, "image", empty, *states)
        inner: Any = {"children": [("Checkbutton.label", {"side": "left", "sticky": "w"})], "side": "left", "sticky": "w"}
        parts: Any = [(element, {"side": "left", "sticky": ""}), ("Checkbutton.focus", inner)]
        style.layout("TCheckbutton", [("Checkbutton.padding", {"sticky": "nswe", "children": parts})])
        style.configure("TCheckbutton", background=WHITE, padding=(px(2), px(3)), focuscolor=ACCENT)
        style.map("TCheckbutton", background=[("active", WHITE)], foreground=[("disabled", DISABLED)])
        style.configure("TProgressbar", background=ACCENT, troughcolor=LINE, bordercolor=LINE, lightcolor=ACCENT, darkcolor=ACCENT)
        style.configure("TProgressbar", thickness=px(6))
        self.row = px(28)
        style.configure(
            "Treeview", background=WHITE, fieldbackground=WHITE, rowheight=self.row, bordercolor=LINE, lightcolor=LINE, darkcolor=LINE
        )
        style.map("Treeview", background=[("selected", CHOSEN)], foreground=[("selected", INK)])
        style.configure(
            "Treeview.Heading", background=CARD, foreground=MUTED, font=self.small, relief="flat", padding=(px(6), px(5)), borderwidth=0
        )
        style.map("Treeview.Heading", background=[("active", CARD)])
        style.configure("TNotebook", background=WHITE, bordercolor=LINE, borderwidth=0, tabmargins=(0, 0, 0, 0))
        style.configure("TNotebook.Tab", background=CARD, foreground=MUTED, padding=(px(12), px(5)), bordercolor=LINE, lightcolor=CARD)
        style.map("TNotebook.Tab", background=[("selected", WHITE)], foreground=[("selected", INK)], lightcolor=[("selected", WHITE)])
        style.configure(
            "TScrollbar", background=LINE, troughcolor=WHITE, bordercolor=WHITE, lightcolor=LINE, darkcolor=LINE, arrowcolor=MUTED
        )
        style.configure("TScrollbar", gripcount=0, arrowsize=px(11), width=px(11))
        style.map("TScrollbar", background=[("active", DISABLED), ("disabled", WHITE)])
