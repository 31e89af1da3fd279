"""Commands in a message as what to click on the desk: `运行 collab-xl collect 主表.xlsx` → `点“收件”`. Pure.

Messages are written for the command line, where a command can be copied. On the desk the same thing is a button and its questions, so a
command whose verb is there is said that way; any other stays a command.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from collab_xl.catalogue import text
from collab_xl.desk.asked import DIALOGS, ON_DESK, QUESTIONS
from collab_xl.desk.names import label, verb_name
from collab_xl.verbs.table import MAILS

_OPTIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "send": {"--confirm": "mail_sent", "--not-sent": "mail_not_sent", "--send": "mail_now", "--again": "mail_again", "--out": "out"},
    "doctor": {"--confirm": "trusted"},
    "undo": {"--submission": "submission", "--only": "only"},
    "week": {"--week": "week", "--pdf": "pdf", "--png": "png", "--html": "html", "--deck": "deck"},
}
"""Verb → its options that messages name, each with the parameter whose question the desk asks."""
_MARKS: Final = r"[A-Z0-9]{6}|all|全部"
_VALUES: Final = {"mail_sent": _MARKS, "mail_not_sent": _MARKS, "week": r"\d{4}-W\d\d"}
"""How the value of an option looks; one without is only named."""


@cache
def _command() -> re.Pattern[str]:
    verbs = "|".join(sorted(map(re.escape, ON_DESK), key=len, reverse=True))
    options = {option for some in _OPTIONS.values() for option in some}
    option = rf"(?:{'|'.join(options)})(?: (?:{'|'.join(_VALUES.values())}))?(?![\w-])"
    rest = rf"(?: (?:{option}|{'|'.join(MAILS)}|wecom|dingtalk|feishu|\S+@\S+|…))*"
    return re.compile(rf"(运行 ?|[Rr]un )?collab-xl ({verbs})(?![a-z]| --help)(?: [^\s，。；、（）“”]+\.xls[xm])?({rest})")


def as_clicks(said: str, lang: str, master: str = "") -> str:
    """The message with what to click. `master`: the name of the master's file, which a command contains and which may have blanks."""
    if "collab-xl" not in said:
        return said
    plain = re.sub(rf"(collab-xl [a-z]+(?: [a-z]+)?) {re.escape(master)}", r"\1", said) if master else said
    clicked = _command().sub(lambda found: _clicked(found, lang), plain)
    if clicked == plain:
        return said
    options = _OPTIONS["send"]  # `…, if not, use --not-sent AB12CD`
    alone = re.compile(rf"(?<![\w-])({'|'.join(options)}) ({_MARKS})(?![\w-])")
    shown = alone.sub(lambda found: _answer(options[found[1]], found[2], lang), clicked)
    return re.sub(r"(?<=[\u4e00-\u9fff]) (?=“)|(?<=[”）]) (?=[\u4e00-\u9fff])", "", shown)  # Chinese beside quotes has no blanks


def _clicked(found: re.Match[str], lang: str) -> str:
    verb, rest = found[2], found[3].split()
    name = verb_name(verb, lang) + ("…" if verb in DIALOGS else "")
    answers = [_answer("mail_what", text(f"model.mail_kind.{MAILS[word]}", lang), lang) for word in rest if word in MAILS]
    for at, word in enumerate(rest):
        if (parameter := _OPTIONS.get(verb, {}).get(word)) is not None:
            value = rest[at + 1] if at + 1 < len(rest) else ""
            answers.append(_answer(parameter, value if re.fullmatch(_VALUES.get(parameter, "(?!)"), value) else "", lang))
    key = "named" if not found[1] else "Run" if found[1][0] == "R" else "run"
    said = text(f"desk.click.{key}", lang, button=name)
    return said + (text("desk.click.with", lang, answers=tuple(answers)) if answers else "")


def _answer(parameter: str, value: str, lang: str) -> str:
    """`勾“直接发出”`, `“已经发了的”：AB12CD`."""
    question = label(parameter, lang)
    key = "fill" if value else "tick" if QUESTIONS[parameter].kind == "tick" else "named"
    return text(f"desk.click.{key}", lang, question=question, value=value, button=question)
