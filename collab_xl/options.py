"""Parameters of verbs: how each is typed, its help, and the value the verb gets.

Help is in the user's language; an unreadable value is wrong usage (exit 2).
"""

from __future__ import annotations

import errno
import inspect
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from collab_xl import catalogue
from collab_xl.errors import CollabError
from collab_xl.model.similar import meant
from collab_xl.os_errors import reason
from collab_xl.terminal import fallback_lang, print_report, system_lang
from collab_xl.verbs.table import Verb
from collab_xl.verbs.times import clock

if TYPE_CHECKING:
    from collab_xl.verbs.report import Progress, Report

HELP_LANG = system_lang() or fallback_lang()


def help_text(verb: str) -> str:
    """The `--help` text of a verb, an argument or an option."""
    return catalogue.text(f"verbs.help.{verb}", HELP_LANG)


def day(value: str | None) -> date:
    """The typed day in any form of a sheet, 今天, 上周五, or a week (its last day); without a year the nearest one. Default: today.

    Raises CollabError `usage_as_of` (exit 2).
    """
    if value is None:
        return clock.today()
    with suppress(ValueError):
        if "W" not in value.upper():
            return date.fromisoformat(value)
    from collab_xl.verbs.times.spoken_day import said_day  # only here: it loads the reader of dates

    if (found := said_day(value, clock.today())) is None:
        raise CollabError("usage_as_of", exit_code=2, text=value)
    return found


def asked(lang: str | None) -> str | None:
    """The requested language; None: use the master's. Raises CollabError `usage_lang` (exit 2)."""
    if lang is not None and lang not in catalogue.LANGS:
        raise CollabError("usage_lang", exit_code=2, text=lang, meant=meant(lang, catalogue.LANGS))
    return lang or system_lang()


@dataclass(frozen=True)
class Call:
    """One call of a verb: how its result and progress are shown."""

    as_json: bool
    quiet: bool
    progress: Progress

    @property
    def shows(self) -> bool:
        """Whether reports are printed for a person."""
        return not self.as_json and not self.quiet

    @property
    def answers(self) -> bool:
        """Whether a person at a terminal can answer questions."""
        return self.shows and sys.stdin.isatty()

    def confirm(self, question: str) -> bool:
        return self.answers and typer.confirm(question)

    def secret(self, question: str) -> str:
        """What a person types without its being shown."""
        return str(typer.prompt(question, default="", show_default=False, hide_input=True))

    def sign_in(self, question: str, page: str, code: str) -> None:
        """Say where and with which code a person signs in; returns when that is done."""
        self.secret(question)

    def ask(self, question: str) -> str:
        return str(typer.prompt(question, default="", show_default=False))

    def show(self, report: Report) -> None:
        """Show a part of the result before a question."""
        print_report(report)


def usable_folder(typed: Path | None, call: Call | None = None) -> Path | None:
    """The folder of `--out`, which is made when something is written into it; checked first, as making what goes there can take minutes.

    Raises CollabError `cannot_write_into` if it, or the folder it would be made in, is no folder or may not be written.
    """
    if typed is None:
        return None
    there = Path(os.path.abspath(typed))
    while not os.path.lexists(there) and there.parent != there:
        there = there.parent
    wrong = errno.ENOTDIR if not os.path.isdir(there) else 0 if os.access(there, os.W_OK | os.X_OK) else errno.EACCES
    if wrong:
        raise CollabError("cannot_write_into", path=os.path.abspath(typed), reason=reason(OSError(wrong, os.strerror(wrong))))
    return typed


@dataclass(frozen=True)
class Parameter:
    """One parameter. `keyword`: its name in the verb's function, "" if it is passed by position."""

    keyword: str = ""
    kind: Any = None
    shown: Any = None
    """typer's argument or option; None if the program provides the value."""
    read: Callable[[Any, Call], Any] | None = None
    """Returns the value for the verb. Without it, the verb gets what was typed, or nothing, so that its own default applies."""


def _argument(kind: Any, metavar: str, text: str, keyword: str = "", default: Any = None) -> Parameter:
    # readable=False: typer would refuse an unreadable file itself, in English and as wrong usage; ours say why and what to do.
    shown = typer.Argument(default, metavar=metavar, help=help_text(text), show_default=False, readable=False)
    return Parameter(keyword, kind, shown)


def _option(flags: str, kind: Any, metavar: str, text: str, keyword: str, default: Any = None, read: Any = None) -> Parameter:
    says_default = default not in (None, "", ...)
    shown = typer.Option(default, *flags.split(), metavar=metavar or None, help=help_text(text), show_default=says_default, readable=False)
    return Parameter(keyword, kind, shown, read)


LANG = typer.Option(None, "--lang", metavar="zh|en", help=help_text("opt_lang"), show_default=False)
TO_ALL = {
    "as_json": _option("--json", bool, "", "opt_json", "", False),
    "quiet": _option("--quiet -q", bool, "", "opt_quiet", "", False),
}
"""Options of every verb, for how its result is printed."""
PARAMETERS: Mapping[str, Parameter] = {
    "master": _argument(Path, "MASTER.xlsx", "arg_master", default=...),
    "master_to_diagnose": _argument(Path | None, "MASTER.xlsx", "arg_doctor"),
    "master_if_any": _argument(Path | None, "[MASTER.xlsx]", "arg_forms_master"),
    "master_to_open": _argument(Path | None, "[MASTER.xlsx]", "arg_desk"),
    "inputs": _argument(list[Path] | None, "INPUT", "arg_inputs"),
    "masters": _argument(list[Path] | None, "FOLDER|MASTER.xlsx|LIST.txt", "arg_masters"),
    "portfolio_out": _option("--out", Path | None, "FILE.xlsx", "opt_portfolio_out", "out"),
    "set_values": _option("--set", list[str] | None, "CODE=VALUE", "opt_set", "settings"),
    "holidays": _option("--holiday", list[str] | None, "DAY=NAME", "opt_holiday", "holidays"),
    "workdays": _option("--workday", list[str] | None, "DAY=NAME", "opt_workday", "workdays"),
    "fields_from": _option("--fields-from", Path | None, "MASTER", "opt_fields_from", "fields_from"),
    "own_words": _option("--word", list[str] | None, "WORD=MEANING", "opt_word", "words"),
    "data_out": _option("--data", Path | None, "FOLDER", "opt_data_out", "data"),
    "form_ids": _argument(list[str], "ID", "arg_forms", default=...),
    "request_keys": _argument(list[str] | None, "[ID]", "arg_request_keys"),
    "lesson_words": _argument(list[str] | None, "[WORD]", "arg_lesson_words"),
    "library": _option("--library", list[Path] | None, "FOLDER", "opt_library", "library"),
    "mail_address": _argument(str, "ADDRESS", "arg_mail_address", default=...),
    "mail_server": _option("--server", str, "HOST", "opt_mail_server", "server", ""),
    "mail_user": _option("--user", str, "NAME", "opt_mail_user", "user", ""),
    "mail_folder": _option("--folder", str, "FOLDER", "opt_mail_folder", "folder", ""),
    "mail_what": _argument(str, "[packs|receipts|returns|chase|escalate|week]", "arg_mail_what", default=""),
    "mail_now": _option("--send", bool, "", "opt_mail_now", "now", False),
    "mail_sent": _option("--confirm", list[str] | None, "MARK", "opt_mail_sent", "sure"),
    "mail_not_sent": _option("--not-sent", list[str] | None, "MARK", "opt_mail_not_sent", "not_sent"),
    "mail_again": _option("--again", bool, "", "opt_mail_again", "again", False),
    "mail_smtp": _option("--smtp", str, "HOST", "opt_mail_smtp", "smtp", ""),
    "mail_client": _option("--client", str, "ID", "opt_mail_client", "client", ""),
    "mail_tenant": _option("--tenant", str, "ID", "opt_mail_tenant", "tenant", ""),
    "robot_name": _argument(str, "wecom|dingtalk|feishu", "arg_robot", default=...),
    "outlook": _option("--outlook", bool, "", "opt_outlook", "outlook", False),
    "no_mail": _option("--no-mail", bool, "", "opt_no_mail", "mail", False, read=lambda typed, call: not typed),
    "watch": _option("--watch", float, "MINUTES", "opt_watch", "watch", 0.0),
    "secret": Parameter("secret", read=lambda typed, call: call.secret if call.answers else None),
    "sign_in": Parameter("sign_in", read=lambda typed, call: call.sign_in if call.answers else None),
    "baseline_new": _argument(str | None, "[NAME]", "arg_baseline_new"),
    "baseline": _argument(str | None, "[NAME]", "arg_baseline"),
    "signing": _option("--department", str | None, "NAME", "opt_signs", "department"),
    "signed_by": _option("--by", str | None, "NAME", "opt_signed_by", "by"),
    "since": _option("--since", str | None, "DAY|WEEK|BASELINE", "opt_since", "since"),
    "meeting": _option("--meeting", str | None, "NAME", "opt_meeting", "meeting"),
    "meeting_on": _option("--on", str | None, "DAY", "opt_meeting_on", "on"),
    "until": _option("--until", str | None, "DAY|WEEK|BASELINE", "opt_until", "until"),
    "older_forms": _argument(list[str] | None, "[ID]", "arg_forms_older"),
    "code": _argument(str, "CODE", "arg_code", default=...),
    "run": _argument(str | None, "[RUN]", "arg_run", "run"),
    "listed_run": _argument(str | None, "[RUN]", "arg_log_run", "run"),
    "as_of": _option("--as-of", str | None, "DATE", "opt_as_of", "as_of", read=lambda typed, call: day(typed)),
    "week": _option("--week", str | None, "2026-W47", "opt_week", "week"),
    "department": _option("--department", str | None, "NAME", "opt_department", "department"),
    "due_department": _option("--department", str | None, "NAME", "opt_due_department", "department"),
    "carry": _option("--with", list[str] | None, "FORM", "opt_carry", "carry"),
    "departments": _option("--department", list[str] | None, "NAME", "opt_departments", "departments"),
    "take": _option("--take", str | None, "theirs|master|later", "opt_take", "take"),
    "take_clashes": _option("--take", str | None, "theirs|master", "opt_take_import", "take"),
    "kinds": _option("--kind", list[str] | None, "KIND", "opt_kinds", "kinds"),
    "from_files": _option("--file", list[str] | None, "FILE", "opt_from_files", "from_files"),
    "project": _option("--project", str, "NAME", "opt_project", "project", ""),
    "forms": _option("--forms", str, "basic|full|ID,ID", "opt_forms", "forms", "basic"),
    "country": _option("--country", str, "CN|JP|DE-BY", "opt_country", "country", "CN"),
    "verify": _option("--verify", Path | None, "FOLDER", "opt_verify", "verify"),
    "anyway": _option("--yes -y", bool, "", "opt_anyway", "confirmed", False),
    "yes": _option("--yes -y", bool, "", "opt_yes", "confirmed", False),
    "again": _option("--again", bool, "", "opt_again", "again", False),
    "only": _option("--only", str | None, "RUN", "opt_only", "only"),
    "submission": _option("--submission", str | None, "FILE", "opt_submission", "submission"),
    "trusted": _option("--confirm", bool, "", "opt_confirm", "confirm", False),
    "minimized": _option("--minimized", bool, "", "opt_minimized", "minimized", False),
    "explain": _option("--explain", bool, "", "opt_explain", "explain", False),
    "sheets": _option("--sheet", list[str] | None, "NAME", "opt_sheet", "sheets"),
    "heading": _option("--heading", str | None, "3-4", "opt_heading", "heading"),
    "maps": _option("--map", list[str] | None, "C=FIELD", "opt_map", "maps"),
    "said_words": _option("--word", list[str] | None, "WORD=CHOICE", "opt_said_word", "said_words"),
    "order": _option("--order", str | None, "DMY|MDY", "opt_order", "order"),
    "one_form": _option("--form", str | None, "FORM", "opt_form", "form"),
    "answers": _option("--answer", list[str] | None, "N=ANSWER", "opt_answer", "answers"),
    "pdf": _option("--pdf", bool, "", "opt_pdf", "pdf", False),
    "png": _option("--png", bool, "", "opt_png", "png", False),
    "html": _option("--html", bool, "", "opt_html", "html", False),
    "deck": _option("--deck", bool, "", "opt_deck", "deck", False),
    "deck_template": _option("--template", Path | None, "FILE.pptx", "opt_deck_template", "template"),
    "mspdi": _option("--mspdi", bool, "", "opt_mspdi", "mspdi", False),
    "out": _option("--out", Path | None, "FOLDER", "opt_out", "out", read=usable_folder),
    "demo_folder": _option("--out", Path, "FOLDER", "opt_out", "out", Path("demo-out")),
    "kit_folder": _option("--out", Path, "FOLDER", "opt_out", "out", ...),
    "platform": _option("--platform", str | None, "windows|mac|linux", "opt_platform", "platform"),
    "python_version": _option("--python", str, "3.12", "opt_python_version", "python", "3.12"),
    "installer": _option("--installer", Path | None, "FILE", "opt_installer", "installer"),
    "to": _option("--to", Path | None, "FOLDER", "opt_to", "to"),
    "python": _option("--python", str | None, "PATH", "opt_python", "python"),
    "autostart": _option("--autostart", bool, "", "opt_autostart", "autostart", False),
    "no_write": _option("--no-write", bool, "", "opt_no_write", "write", False, read=lambda typed, call: not typed),
    "lang": Parameter("lang", str | None, LANG, lambda typed, call: asked(typed)),
    "own_lang": Parameter("lang", str | None, LANG, lambda typed, call: asked(typed) or fallback_lang()),
    "fallback": Parameter("fallback", read=lambda typed, call: fallback_lang()),
    "today": Parameter("as_of", read=lambda typed, call: clock.today()),
    "progress": Parameter("progress", read=lambda typed, call: call.progress),
    "confirm": Parameter("confirm", read=lambda typed, call: call.confirm),
    "asked_first": Parameter("confirm", read=lambda typed, call: call.confirm if call.answers else None),
    "ask": Parameter("ask", read=lambda typed, call: call.ask if call.answers else None),
    "show": Parameter("show", read=lambda typed, call: call.show if call.shows else None),
}
"""`confirm` answers no where nobody can be asked, `asked_first` is None there.
`lang`: the requested language, default the master's; `own_lang`: for a verb without a master."""


def signature(verb: Verb) -> inspect.Signature:
    """The signature from which typer makes the command."""
    parameters = {name: PARAMETERS[name] for name in verb.takes} | TO_ALL
    return inspect.Signature(
        [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=word.shown, annotation=word.kind)
            for name, word in parameters.items()
            if word.shown is not None
        ]
    )


def passed(verb: Verb, typed: Mapping[str, Any], call: Call) -> tuple[list[Any], dict[str, Any]]:
    """The arguments for the verb's function. Raises CollabError `usage_as_of`, `usage_lang` (exit 2)."""
    by_place: list[Any] = []
    by_keyword: dict[str, Any] = {}
    for name in verb.takes:
        word, value = PARAMETERS[name], typed.get(name)
        if word.read is not None:
            by_keyword[word.keyword] = word.read(value, call)
        elif value is not None and word.keyword:
            by_keyword[word.keyword] = value
        elif value is not None:
            by_place.append(value)
    return by_place, by_keyword
