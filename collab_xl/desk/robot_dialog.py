"""The dialog of the group robots: what `robot set` needs.

In: the robots that the settings name.  Out: which robot and, beside it, address and signing secret, which are none of the verb's values.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping, Sequence
from tkinter import ttk
from typing import Any, ClassVar

from collab_xl.addin.blanks import Blanks
from collab_xl.catalogue import text
from collab_xl.desk.asked import ROBOT
from collab_xl.desk.dialogs import Dialog
from collab_xl.desk.fields import Choice, Password
from collab_xl.desk.theme import Look
from collab_xl.mail.robot import SIGNED, example
from collab_xl.model.robot import Robot

ADDRESS, SIGNING = "robot_address", "robot_secret"
WIDE = 44


class RobotDialog(Dialog):
    """群机器人. Its second button only tests what is set already."""

    verb = ROBOT
    ok = "desk.robot.save"
    needed = ("robot_name",)
    labels: ClassVar[Mapping[str, str]] = {"robot_name": "robot_name"}

    def __init__(
        self,
        parent: tk.Tk,
        look: Look,
        blanks: Blanks,
        known: Sequence[str],
        done: Callable[[Mapping[str, Any], list[str]], None],
        test: Callable[[], None],
    ) -> None:
        """
        Args:
            known: the robots that the settings name.
            done: gets the values of the verb, and address and signing secret, "" where none was typed.
            test: posts a line into the groups of those that are set.
        """
        self._known = known
        self._secrets: list[str] = []
        super().__init__(parent, look, blanks, lambda typed: done(typed, self._secrets) if typed else None)
        self.test_button = ttk.Button(self.buttons, text=text("desk.robot.test", self.lang), command=lambda: self._test(test))
        self.test_button.pack(side="left", padx=(0, look.px(8)))
        self.test_button.lower()  # Tab comes to it before the others, as it stands
        self.test_button.state(["!disabled" if known else "disabled"])

    def ask(self) -> None:
        look, lang = self.look, self.lang
        robots = Choice(self.body, look, {robot: text(f"model.robot.{robot}", lang) for robot in Robot}, free=False, width=20)
        robots.set(next(iter(self._known), Robot.WECOM))
        self.add("robot_name", "robot_name", robots)
        self.add(ADDRESS, ADDRESS, Password(self.body, look, WIDE))
        self.hint = ttk.Label(self.body, style="Small.TLabel", wraplength=look.px(420), justify="left")
        self.hint.grid(row=self._row, column=1, sticky="w")
        self._row += 1
        before: set[tk.Misc] = set(self.body.winfo_children())
        self.add(SIGNING, SIGNING, Password(self.body, look, WIDE), text("desk.robot.secret_hint", lang))
        self._signing: list[Any] = [each for each in self.body.winfo_children() if each not in before]
        names = tuple(text(f"model.robot.{robot}", lang) for robot in self._known)
        said = text("desk.robot.known", lang, robots=names) if names else text("desk.robot.none", lang)
        ttk.Label(self.body, text=said, style="Small.TLabel", wraplength=look.px(520), justify="left").grid(
            row=self._row, column=0, columnspan=2, sticky="w", pady=(look.px(10), 0)
        )
        self._row += 1
        robots.said.trace_add("write", lambda *_: self._told())
        self._told()

    def _told(self) -> None:
        """How this robot's address looks, and whether it can have a secret."""
        robot = Robot(str(self.fields["robot_name"].value()))
        self.hint.configure(text=text("desk.robot.hint", self.lang, example=example(robot)))
        for widget in self._signing:
            widget.grid() if robot in SIGNED else widget.grid_remove()

    def typed(self) -> dict[str, Any]:
        return {name: value for name, value in super().typed().items() if name not in (ADDRESS, SIGNING)}

    def accept(self) -> None:
        robot = Robot(str(self.fields["robot_name"].value()))
        address, signing = (str(self.fields[name].value()).strip() for name in (ADDRESS, SIGNING))
        self._secrets = [address, signing if robot in SIGNED else ""]
        for name in (ADDRESS, SIGNING):
            self.fields[name].set("")
        super().accept()

    def _test(self, test: Callable[[], None]) -> None:
        self.destroy()
        test()
