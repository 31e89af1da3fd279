"""The dialog of the project's mailbox: what `mailbox set` needs, with the mail services to choose from.

In: what is set already.  Out: the values of the verb and, beside them, the password, which is never one of them.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping
from tkinter import ttk
from typing import Any, ClassVar

from collab_xl.addin.blanks import Blanks
from collab_xl.catalogue import text
from collab_xl.desk.asked import MAILBOX
from collab_xl.desk.dialogs import Dialog
from collab_xl.desk.fields import Choice, Password, Text
from collab_xl.desk.theme import Look
from collab_xl.mail.account import GOOGLE_SERVER, provider_of, providers

SETTING_OF: Mapping[str, str] = {
    "mail_address": "mail",
    "mail_server": "mail_server",
    "mail_user": "mail_user",
    "mail_folder": "mail_folder",
    "mail_smtp": "mail_smtp",
    "mail_client": "mail_client",
    "mail_tenant": "mail_tenant",
}
"""Parameter → the setting it is written into."""
MORE = ("mail_user", "mail_folder", "mail_smtp")
OF_OAUTH = ("mail_client", "mail_tenant")
PASSWORD, CLIENT_SECRET = "password", "client_secret"
WIDE = 34
SHOWN: Mapping[str, tuple[str, ...]] = {
    "oauth2": OF_OAUTH,
    "google": (PASSWORD, "mail_client"),
    "google_oauth": ("mail_client", CLIENT_SECRET),
}
"""Login → the fields it needs beside address and service; any other needs the password."""


class MailboxDialog(Dialog):
    """邮箱设置. Its second button only tests what is set already."""

    verb = MAILBOX
    ok = "desk.mailbox.save"
    needed = ("mail_address",)
    labels: ClassVar[Mapping[str, str]] = {"mail_address": "mail_address", "mail_server": "mail_server", "mail_client": "mail_client"}

    def __init__(
        self,
        parent: tk.Tk,
        look: Look,
        blanks: Blanks,
        done: Callable[[Mapping[str, Any], str], None],
        test: Callable[[], None] | None,
    ) -> None:
        """
        Args:
            done: gets the values and the password, "" if none was typed.
            test: tests what is set; None if nothing is.
        """
        self._password = ""
        super().__init__(parent, look, blanks, lambda typed: done(typed, self._password) if typed else None)
        self.test_button = ttk.Button(self.buttons, text=text("desk.mailbox.test", self.lang), command=lambda: self._test(test))
        self.test_button.pack(side="left", padx=(0, look.px(8)))
        self.test_button.lower()  # Tab comes to it before the others, as it stands
        self.test_button.state(["disabled" if test is None else "!disabled"])

    def ask(self) -> None:
        look, lang = self.look, self.lang
        self._rows: dict[str, list[Any]] = {}
        self._service("mail_address", Text(self.body, look, WIDE))
        services = {"": text("desk.mailbox.by_domain", lang), **{p.name: text(f"desk.mailbox.service.{p.name}", lang) for p in providers()}}
        service = Choice(self.body, look, services, free=True, width=WIDE)
        service.set("")  # the default is seen; typing replaces it
        service.widget.bind("<FocusIn>", _all_selected)
        self._service("mail_server", service)
        self._service(PASSWORD, Password(self.body, look, WIDE))
        for name in OF_OAUTH:
            self._service(name, Text(self.body, look, WIDE))
        self._service(CLIENT_SECRET, Password(self.body, look, WIDE))
        self.hint = ttk.Label(self.body, style="Small.TLabel", wraplength=look.px(380), justify="left")
        self.hint.grid(row=self._row, column=1, sticky="w", pady=(look.px(2), look.px(4)))
        self._row += 1
        self.more = ttk.Button(self.body, text=text("desk.more", lang), command=self.show_more)
        self.more.grid(row=self._row, column=1, sticky="w", pady=look.px(4))
        self._row += 1
        for name in MORE:
            self._service(name, Text(self.body, look, WIDE))
        self._all_shown = any(self.blanks.given.get(name) for name in MORE)
        for name in ("mail_address", "mail_server", "mail_client"):
            field = self.fields[name]
            assert isinstance(field, (Text, Choice))
            field.said.trace_add("write", lambda *_: self._told())
        self._told()

    def _service(self, name: str, field: Text | Choice) -> None:
        """A field whose row can be left out."""
        before = set(self.body.winfo_children())
        self.add(name, name, field)
        self._rows[name] = [field.widget, *(each for each in self.body.winfo_children() if each not in before)]

    def show_more(self) -> None:
        """Show the further fields, or hide them."""
        self._all_shown = not self._all_shown
        self._told()
        self.update_idletasks()
        below = self.winfo_rooty() + self.winfo_reqheight() - self.winfo_screenheight()
        if below > 0:
            self.geometry(f"+{self.winfo_x()}+{max(0, self.winfo_y() - below)}")

    def _login(self) -> str:
        address, server = str(self.fields["mail_address"].value()), str(self.fields["mail_server"].value())
        found = provider_of(address, server)
        if found is not None and found.imap == GOOGLE_SERVER:
            return "google_oauth" if str(self.fields["mail_client"].value()).strip() else "google"
        if found is not None:
            return found.login
        local, at, domain = address.strip().rpartition("@")
        return "unknown" if local and at and "." in domain and not server.strip() else "password"

    def _told(self) -> None:
        """The fields that this service needs, and what it asks of a person."""
        login = self._login()
        for name, widgets in self._rows.items():
            shown = self._all_shown if name in MORE else True
            if name in (PASSWORD, CLIENT_SECRET, *OF_OAUTH):
                shown = name in SHOWN.get(login, (PASSWORD,))
            for widget in widgets:
                widget.grid() if shown else widget.grid_remove()
        self.more.configure(text=text("desk.less" if self._all_shown else "desk.more", self.lang))
        self.hint.configure(text=text(f"desk.mailbox.hint.{login}", self.lang))

    def typed(self) -> dict[str, Any]:
        said = super().typed()
        shown = SHOWN.get(self._login(), (PASSWORD,))
        for name in (PASSWORD, CLIENT_SECRET, *(name for name in OF_OAUTH if name not in shown)):
            said.pop(name, None)
        return said

    def accept(self) -> None:
        login = self._login()
        lacking = (
            "mail_server" if login == "unknown" else "mail_client" if login == "oauth2" and not self.fields["mail_client"].value() else ""
        )
        if lacking and self.fields["mail_address"].value():
            self.missing.configure(text=text("desk.need", self.lang, what=text(f"desk.ask.{lacking}", self.lang)))
            self.fields[lacking].first.focus_set()
            return
        asked = next((name for name in (CLIENT_SECRET, PASSWORD) if name in SHOWN.get(login, (PASSWORD,))), "")
        self._password = str(self.fields[asked].value()) if asked else ""
        for name in (PASSWORD, CLIENT_SECRET):
            self.fields[name].set("")
        super().accept()

    def _test(self, test: Callable[[], None] | None) -> None:
        if test is not None:
            self.destroy()
            test()


def _all_selected(event: tk.Event[Any]) -> None:
    event.widget.selection_range(0, "end")
