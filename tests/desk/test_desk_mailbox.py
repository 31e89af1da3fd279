"""The mailbox on the desk: its dialog, the password that only the keyring gets, the code to sign in with, what to do without a keyring."""

from __future__ import annotations

import json
import os
import sys
import tkinter as tk
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from desk.file_keyring import kept
from desk.screen import Person, runs_of
from e2e.small_project import Project

from collab_xl.catalogue import LANGS, error_text, fixes_of, has, text
from collab_xl.desk import protocol, state
from collab_xl.desk.asked import IN_DIALOG, MAILBOX, ON_DESK, ROBOT, writes
from collab_xl.desk.mailbox_dialog import SETTING_OF, MailboxDialog
from collab_xl.desk.memory import Memory
from collab_xl.desk.names import verb_name
from collab_xl.desk.protocol import Question, Secret
from collab_xl.desk.robot_dialog import RobotDialog
from collab_xl.desk.theme import ZOOMS
from collab_xl.desk.worker import done_here
from collab_xl.errors import CollabError
from collab_xl.mail.account import provider_of, providers
from collab_xl.settings import Settings
from collab_xl.user_logs import user_file

sys.path.append(str(Path(__file__).resolve().parents[1] / "mail"))
from mail.conftest import mail_server, running_server  # noqa: F401
from mail_server import PASSWORD, USER, MailServer
from oauth_server import CLIENT, oauth_server
from robot_server import KEY, SECRET, robot_server

Start = Callable[..., Person]


# Without a window


def test_the_service_of_an_address() -> None:
    for said, name in ((("pmo@QQ.com",), "qq"), (("a@outlook.com",), "microsoft365"), (("a@firm.cn", "exmail"), "exmail")):
        found = provider_of(*said)
        assert found is not None
        assert found.name == name
    found = provider_of("a@firm.cn", "imap.163.com:993")
    assert found is not None
    assert found.name == "netease163"
    assert provider_of("a@qq.com", "mail.firm.cn") is None, "the server that is said is the one"
    assert provider_of("a@firm.cn") is None


def test_every_service_every_field_and_every_advice_has_its_words() -> None:
    for lang in LANGS:
        assert all(has(f"desk.mailbox.service.{p.name}", lang) for p in providers())
        assert all(has(f"desk.mailbox.hint.{login}", lang) for login in {"unknown", "password", *(p.login for p in providers())})
        assert all(has(f"desk.ask.{name}", lang) for name in (*SETTING_OF, "password"))
    assert set(SETTING_OF) == IN_DIALOG == {name for name in ON_DESK[MAILBOX].takes if name.startswith("mail_")}
    assert set(SETTING_OF.values()) <= set(Settings.__struct_fields__)
    assert writes(ON_DESK[MAILBOX])


def test_a_secret_is_not_shown_when_it_is_written_down_by_mistake() -> None:
    said = Secret(7, "right-secret")
    assert "right-secret" not in f"{said} {said!r} {[said]}"
    assert protocol.order(protocol.line(said)) == said
    question = Question(7, "?", False, page="https://example.com", code="AB")
    assert protocol.event(protocol.line(question)) == question


def test_on_the_desk_what_to_do_is_a_button_and_elsewhere_a_command() -> None:
    for code in ("mail_no_password", "mail_login", "mail_no_keyring", "mail_oauth_none"):
        error = CollabError(code, server="imap.qq.com", user="a", said="no", reason="NoKeyringError")
        for lang in LANGS:
            command = error_text(error, lang)
            with fixes_of(done_here):
                here = error_text(error, lang)
            assert here[:2] == command[:2]
            assert here[2] != command[2]
            assert verb_name(MAILBOX, lang) in here[2]
            assert "collab-xl" not in here[2]
            assert error_text(error, lang) == command


def test_the_settings_are_known_from_status() -> None:
    facts = {"version": "collab-xl/status/1", "mailbox": {"mail": "a@qq.com", "mail_server": ""}}
    assert state.learned(state.Desk(), facts).about.mailbox == (("mail", "a@qq.com"),)


# With a window


@pytest.fixture
def started(display: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts a desk of its own, so that its worker gets this test's environment and keyring."""
    from collab_xl.desk.window import DeskWindow

    people: list[Person] = []
    monkeypatch.setenv("KEYRING_FILE", str(tmp_path / "keyring.json"))

    def start(master: Path, lang: str = "zh", backend: str = "desk.file_keyring.FileKeyring") -> Person:
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", backend)
        person = Person(DeskWindow(Memory(), lang, str(master)))
        people.append(person)
        person.idle()
        return person

    yield start
    for person in people:
        worker = person.window.worker
        person.window.close()
        if worker is not None:
            worker.close(20)


def dialog_of(person: Person) -> MailboxDialog:
    person.window.root.update()
    (dialog,) = (each for each in person.window.root.winfo_children() if isinstance(each, MailboxDialog))
    return dialog


def fill(dialog: MailboxDialog, **values: str) -> None:
    for name, value in values.items():
        dialog.fields[name].set(value)
    dialog.update()


def nowhere(secret: str, *folders: Path) -> None:
    """The secret is in no file but the keyring's, and in no argument of a process."""
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and path.name != "keyring.json":
                assert secret.encode() not in path.read_bytes(), path
    for line in Path("/proc").glob("[0-9]*/cmdline") if os.path.isdir("/proc") else ():
        try:
            assert secret.encode() not in line.read_bytes()
        except OSError:
            continue


def values_of(thing: object) -> str:
    return json.dumps(thing, default=str)


def test_the_password_goes_to_the_keyring_and_the_mailbox_is_tested(
    started: Start,
    master: Path,
    mail_server: MailServer,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.delenv("COLLAB_XL_MAIL_PASSWORD")
    person = started(master)
    person.choose("collect")
    before = runs_of(master)
    person.window.panel.set_mailbox.invoke()
    dialog = dialog_of(person)
    assert dialog.test_button.instate(["disabled"]), "nothing is saved yet"
    assert str(dialog.fields["password"].widget.cget("show")) == "•"
    dialog.accept()
    assert dialog.missing.cget("text") == text("desk.need", "zh", what=text("desk.ask.mail_address", "zh"))
    fill(dialog, mail_address=USER, mail_server=f"localhost:{mail_server.port}", password="wrong-word")
    dialog.accept()
    person.idle()
    outcome = person.desk.outcome
    assert (outcome.verb, outcome.kind) == (MAILBOX, state.REMARKS), "written, but it does not open"
    assert verb_name(MAILBOX, "zh") in outcome.result.lines[-1]
    assert runs_of(master) != before
    person.window.set_mailbox()
    dialog = dialog_of(person)
    assert dialog.fields["mail_address"].value() == USER, "what is set is there to be changed"
    assert dialog.fields["password"].value() == ""
    fill(dialog, password=PASSWORD)
    dialog.accept()
    person.wait(lambda: not person.desk.busy)
    assert person.desk.outcome.kind == state.DONE
    assert text("mail.say.kept", "zh") in person.desk.outcome.result.lines
    assert kept() == {f"collab-xl localhost/{USER}": PASSWORD}
    settings = {r["id"]: r["value"] for r in Project(master.parent).listed("settings")}
    assert (settings["mail"], settings["mail_server"]) == (USER, f"localhost:{mail_server.port}")
    person.window.set_mailbox()
    dialog_of(person).test_button.invoke()
    person.idle()
    assert (person.desk.outcome.verb, person.desk.outcome.kind) == ("mailbox test", state.DONE)
    assert "localhost" in person.desk.outcome.result.lines[0]
    assert person.window._secrets is None
    assert PASSWORD not in values_of([person.window.last, person.window.given, person.desk])
    nowhere(PASSWORD, master.parent, user_file("desk.json").parent)


@pytest.mark.parametrize("lang", LANGS)
def test_without_a_keyring_nothing_is_written_and_it_says_what_to_do(started: Start, master: Path, lang: str) -> None:
    person = started(master, lang, "keyring.backends.fail.Keyring")
    before = master.read_bytes()
    person.window.verbs.buttons[MAILBOX].invoke()
    fill(dialog_of(person), mail_address="pmo@qq.com", password="right-secret")
    dialog_of(person).accept()
    person.idle()
    refusal = person.desk.outcome.refusal
    assert (refusal.code, refusal.fix) == ("mail_no_keyring", text("desk.error_here.mail_no_keyring", lang))
    assert master.read_bytes() == before
    person.window.verbs.buttons[MAILBOX].invoke()
    assert dialog_of(person).fields["mail_address"].value() == "pmo@qq.com", "what was typed is still there"
    dialog_of(person).give_up()


def test_the_fields_follow_the_service(started: Start, master: Path) -> None:
    person = started(master)
    person.window.set_mailbox()
    dialog = dialog_of(person)

    def shown() -> set[str]:
        dialog.update()
        return {name for name, field in dialog.fields.items() if field.widget.winfo_ismapped()}

    usual = {"mail_address", "mail_server"}
    assert shown() == {*usual, "password"}
    for address, login in (("pmo@qq.com", "code"), ("pmo@firm.cn", "unknown"), ("pmo@outlook.com", "oauth2")):
        fill(dialog, mail_address=address)
        assert dialog.hint.cget("text") == text(f"desk.mailbox.hint.{login}", "zh")
    assert shown() == {*usual, "mail_client", "mail_tenant"}
    dialog.accept()
    assert dialog.missing.cget("text") == text("desk.need", "zh", what=text("desk.ask.mail_client", "zh"))
    fill(dialog, mail_address="pmo@firm.cn")
    dialog.accept()
    assert dialog.missing.cget("text") == text("desk.need", "zh", what=text("desk.ask.mail_server", "zh"))
    assert dialog.fields["mail_server"].widget.get() == text("desk.mailbox.by_domain", "zh")
    assert dialog.typed() == {"mail_address": "pmo@firm.cn"}, "a default that is seen is not typed"
    dialog.show_more()
    assert shown() == {*usual, "password", "mail_user", "mail_folder", "mail_smtp"}
    fill(dialog, mail_address="pmo@gmail.com")
    more = {"mail_user", "mail_folder", "mail_smtp"}
    assert shown() == {*usual, *more, "password", "mail_client"}
    fill(dialog, mail_client="some-client")
    assert shown() == {*usual, *more, "mail_client", "client_secret"}
    assert dialog.hint.cget("text") == text("desk.mailbox.hint.google_oauth", "zh")
    fill(dialog, client_secret="typed", mail_client="")
    assert set(dialog.typed()) == {"mail_address"}
    fill(dialog, mail_address="pmo@firm.cn")
    order, widget = [], dialog.fields["mail_address"].first
    for _ in range(12):
        order.append(widget)
        widget = widget.tk_focusNext()
    places = [(each.winfo_rooty(), each.winfo_rootx()) for each in order[: len(set(order))]]
    rows = [y for y, _ in places]
    assert rows[:7] == sorted(rows[:7]), "Tab goes down"
    dialog.give_up()
    assert not person.desk.busy


def test_a_sign_in_shows_where_and_with_which_code(
    started: Start,
    master: Path,
    mail_server: MailServer,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    for name in ("COLLAB_XL_MAIL_PASSWORD", "COLLAB_XL_MAIL_SERVER"):
        monkeypatch.delenv(name)
    with oauth_server(USER, mail_server.certificate, mail_server.whose_port) as service:
        person = started(master)
        before = master.read_bytes()
        values: dict[str, Any] = {"mail_address": USER, "mail_server": f"localhost:{mail_server.port}", "mail_client": CLIENT}
        values["mail_tenant"] = service.authority

        def ask() -> None:
            person.window._mailbox_typed(values, "")
            person.wait(lambda: person.desk.run is None or person.desk.run.question is not None)
            person.window.root.update()

        ask()
        shown = entries(person.window.asking)
        assert shown == ["https://microsoft.com/devicelogin", "ABCD-EFGH"]
        person.window.cancel()
        person.idle()
        assert person.desk.outcome.kind == state.CANCELLED
        ask()
        person.window.answer("")  # too early: it waits, and can still be given up
        person.wait(lambda: person.desk.run.phase == state.STEP)
        person.window.cancel()
        person.idle()
        assert person.desk.outcome.kind == state.CANCELLED
        assert master.read_bytes() == before
        ask()
        service.approved.add("ABCD-EFGH")
        person.window.answer("")
        person.idle()
        assert person.desk.outcome.kind == state.DONE, person.desk.outcome
        assert text("mail.say.signed_in", "zh") in person.desk.outcome.result.lines
        assert list(kept()) != []
        nowhere("-secret-", master.parent, user_file("desk.json").parent)


def test_the_dialog_scrolls_on_a_small_screen_at_the_largest_zoom(started: Start, master: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """1280 × 800 with 175 %, every field shown, in both languages: its buttons are there, and what gets the focus is seen."""
    monkeypatch.setattr(MailboxDialog, "winfo_screenheight", lambda self: 800)
    person = started(master)
    while person.window.zoom < ZOOMS[-1]:
        person.window.zoomed(1)
    for lang in LANGS:
        if person.desk.lang != lang:
            person.window.switch_language()
        person.idle()
        person.window.set_mailbox()
        dialog = dialog_of(person)
        fill(dialog, mail_address="pmo@outlook.com", mail_client="some-client")
        dialog.show_more()
        for field in ("mail_smtp", "mail_address"):
            dialog.fields[field].first.focus_force()
            dialog.update()
            widget, canvas = dialog.fields[field].widget, dialog.scrolled
            assert dialog.winfo_reqheight() <= 800 - 60, lang
            assert dialog.winfo_reqwidth() <= 1280, lang
            top = widget.winfo_rooty() - canvas.winfo_rooty()
            assert 0 <= top <= canvas.winfo_height() - widget.winfo_height(), (lang, field)
        dialog.give_up()


def robot_dialog_of(person: Person) -> RobotDialog:
    person.window.root.update()
    (dialog,) = (each for each in person.window.root.winfo_children() if isinstance(each, RobotDialog))
    return dialog


def test_the_robot_s_address_goes_to_the_keyring_and_a_line_into_the_group(
    started: Start,
    master: Path,
    mail_server: MailServer,  # noqa: F811
    tmp_path: Path,
) -> None:
    with robot_server(mail_server.certificate, mail_server.folder / "key.pem") as group:
        group.signed = True
        person = started(master)
        person.window.verbs.buttons[ROBOT].invoke()
        dialog = robot_dialog_of(person)
        assert dialog.test_button.instate(["disabled"]), "nothing is set yet"
        signing = dialog.fields["robot_secret"].widget
        assert not signing.winfo_ismapped(), "企业微信 has no signature"
        for name in ("robot_address", "robot_secret"):
            assert str(dialog.fields[name].widget.cget("show")) == "•"
        dialog.fields["robot_name"].set("dingtalk")
        dialog.update()
        assert signing.winfo_ismapped()
        dialog.fields["robot_address"].set(group.url("dingtalk"))
        dialog.fields["robot_secret"].set(SECRET)
        dialog.accept()
        person.idle()
        assert (person.desk.outcome.verb, person.desk.outcome.kind) == (ROBOT, state.DONE), person.desk.outcome
        assert len(group.posts) == 1
        assert list(kept().values()) == [f"{group.url('dingtalk')}\n{SECRET}"]
        assert person.window._secrets is None
        assert person.desk.about.robots == ("dingtalk",)
        person.window.verbs.buttons[ROBOT].invoke()
        robot_dialog_of(person).test_button.invoke()
        person.idle()
        assert (person.desk.outcome.verb, len(group.posts)) == ("robot test", 2)
        assert KEY not in values_of([person.window.last, person.window.given, person.desk])
        nowhere(KEY, master.parent, user_file("desk.json").parent)
        nowhere(SECRET, master.parent, user_file("desk.json").parent)


def entries(widget: tk.Misc) -> list[str]:
    out = []
    for each in widget.winfo_children():
        out += [each.get()] if each.winfo_class() == "TEntry" else entries(each)  # type: ignore[attr-defined]
    return out
