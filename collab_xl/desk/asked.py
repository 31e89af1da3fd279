"""What the desk asks before it runs a verb, from the one table of verbs. Pure.

In: a verb of `verbs/table.py`.  Out: its group, the questions in the order of the table, and the values typed for `protocol.Do`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from collab_xl.verbs.table import VERBS, Verb

GROUPS: Final = ("start", "week", "history", "upkeep")
"""`start` makes a master; the others work on one."""
ON_DESK: Final[Mapping[str, Verb]] = {verb.name: verb for verb in VERBS if verb.desk_group}
"""Verbs that the desk may run, in the order of the week."""


MAILBOX: Final = "mailbox set"
"""The verb whose questions a dialog asks, as one of them is the password."""
ROBOT: Final = "robot set"
"""Likewise: the robot's address is a secret."""
DIALOGS: Final = (MAILBOX, ROBOT)


@dataclass(frozen=True)
class Question:
    """One question. `kind`: files, department, departments, week, moment, baseline, run, day, folder, tick, text, mails, marks, forms_new,
    forms_free, forms_older."""

    name: str
    """The parameter. Its label is `desk.ask.<name>`."""
    kind: str
    more: bool = False
    """Whether it is among the further options, which are shown when asked for."""
    needed: bool = False
    one_of_several: bool = False
    """Whether the verb takes several, of which the desk asks for one."""


QUESTIONS: Final[Mapping[str, Question]] = {
    q.name: q
    for q in (
        Question("project", "text"),
        Question("inputs", "files"),
        Question("week", "week"),
        Question("department", "department"),
        Question("due_department", "department"),
        Question("since", "moment"),
        Question("until", "moment"),
        Question("baseline_new", "text"),
        Question("baseline", "baseline"),
        Question("signing", "department", needed=True),
        Question("signed_by", "text"),
        Question("lesson_words", "text"),
        Question("request_keys", "text"),
        Question("library", "folder", one_of_several=True),
        Question("meeting", "text"),
        Question("meeting_on", "text"),
        Question("masters", "folder", needed=True, one_of_several=True),
        Question("take", "text"),
        Question("departments", "departments"),
        Question("kinds", "text", more=True, one_of_several=True),
        Question("from_files", "text", more=True, one_of_several=True),
        Question("forms", "forms_new"),
        Question("country", "text", more=True),
        Question("run", "run"),
        Question("listed_run", "run"),
        Question("form_ids", "forms_free", needed=True),
        Question("older_forms", "forms_older"),
        Question("trusted", "tick"),
        Question("pdf", "tick"),
        Question("deck", "tick"),
        Question("png", "tick", more=True),
        Question("html", "tick", more=True),
        Question("deck_template", "file", more=True),
        Question("mail_what", "mails"),
        Question("mail_now", "tick"),
        Question("mail_again", "tick", more=True),
        Question("mail_sent", "marks", more=True),
        Question("mail_not_sent", "marks", more=True),
        Question("no_mail", "tick", more=True),
        Question("outlook", "tick", more=True),
        Question("again", "tick", more=True),
        Question("only", "run", more=True),
        Question("submission", "text", more=True),
        Question("explain", "tick", more=True),
        Question("anyway", "tick"),
        Question("verify", "folder", more=True),
        Question("carry", "text", more=True),
        Question("out", "folder", more=True),
        Question("portfolio_out", "folder", more=True),
        Question("data_out", "folder", more=True),
        Question("as_of", "day", more=True),
    )
}
MASTER: Final = frozenset({"master", "master_to_diagnose", "master_if_any"})
"""Parameters that get the master in front."""
IN_DIALOG: Final = frozenset({"mail_address", "mail_server", "mail_user", "mail_folder", "mail_smtp", "mail_client", "mail_tenant"})
"""Asked by the dialog of the mailbox."""
IN_ROBOT_DIALOG: Final = frozenset({"robot_name"})
SAID: Final = frozenset({"sheets", "heading", "maps", "said_words", "order", "one_form", "take_clashes"})
"""What is said of a tracker whose questions the desk asks."""
NOT_ASKED: Final = MASTER | IN_DIALOG | IN_ROBOT_DIALOG | {"watch", "lang", "own_lang", "no_write", "yes", "answers"} | SAID
"""Said by the window itself, or asked by the verb while it runs."""


def questions(verb: Verb) -> list[Question]:
    """What to ask, first what is usually said, then the further options."""
    asked = [QUESTIONS[name] for name in verb.takes if name in QUESTIONS]
    return [q for q in asked if not q.more] + [q for q in asked if q.more]


def writes(verb: Verb | None) -> bool:
    """Whether the verb can write into a master; False for what is no verb (a button of the ribbon alone)."""
    return verb is not None and ("no_write" in verb.takes or verb.name in ("init", *DIALOGS))


def previewed(verb: Verb) -> bool:
    """Whether the verb can first show what it would do. One that takes `yes` shows it and asks while it runs."""
    return "no_write" in verb.takes and "yes" not in verb.takes


def needs_master(verb: Verb) -> bool:
    """Whether there must be a master in front."""
    return "master" in verb.takes and verb.desk_group != "start"


def typed(verb: Verb, given: Mapping[str, Any], *, master: str, lang: str, write: bool) -> dict[str, Any]:
    """The values for the verb. A blank answer is left out, so that the verb's own default applies.

    Raises ValueError for an answer to a question the verb does not ask.
    """
    if unknown := set(given) - {q.name for q in questions(verb)}:
        raise ValueError(f"{verb.name} does not ask {', '.join(sorted(unknown))}")
    out: dict[str, Any] = {}
    for name in verb.takes:
        if name in MASTER:
            if master:
                out[name] = master
        elif name in ("lang", "own_lang"):
            out[name] = lang
        elif name == "no_write":
            out[name] = not write
        elif (value := _said(given.get(name))) is not None:
            out[name] = [value] if QUESTIONS[name].one_of_several else value
    return out


def _said(value: Any) -> Any:
    """The answer without white space around it; None for a blank one."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, Sequence):
        return [each.strip() for each in value if each.strip()] or None
    return value or None
