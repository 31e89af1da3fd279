"""What is wrong with a command line, in the user's language, with the word that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Any

from collab_xl import catalogue
from collab_xl.command_help import in_language, placeholder
from collab_xl.errors import CollabError
from collab_xl.model.regex import regex
from collab_xl.model.similar import nearest
from collab_xl.terminal import fallback_lang, system_lang
from collab_xl.verbs.table import VERBS
from collab_xl.verbs.times import clock
from collab_xl.verbs.times.spoken_day import named_day, named_week, said_day
from collab_xl.verbs.wrong_files import is_master, lang_of_words, line_of, with_quotes

_KINDS = {
    "command": regex(r"No such command '(.+?)'"),
    "option": regex(r"No such option:? '?([^\s'.]+)'?"),
    "nothing": regex(r"Missing (command)\."),
    "argument": regex(r"Missing (?:argument|parameter|option) ?'?([^']*?)'?\.?$"),
    "extra": regex(r"Got unexpected extra argument(?:s|\(s\))? \((.+)\)"),
    "value": regex(r"Option '(.+?)' requires"),
    "flag": regex(r"Option '(.+?)' does not take a value"),
    "number": regex(r"Invalid value for '?(.+?)'?: .+ is not a valid (?:float|integer|int)"),
}
"""Kind of mistake → pattern of typer's message; its group is the word concerned. In the catalogue: `usage.<kind>`."""
BY_DEPARTMENT = frozenset({"issue", "progress", "calendar"})
"""Verbs where a word that is no file is most likely a department."""
ALIKE = 0.6
"""How alike two words must be, 0 to 1, to suggest one for the other."""


def wrong_usage(error: Exception, words: Sequence[str]) -> CollabError:
    """The error for typer's: what is wrong, the right form, and what to write instead. `words`: what was typed, without `collab-xl`."""
    lang = system_lang() or lang_of_words(words) or fallback_lang()
    said = str(getattr(error, "format_message", error.__str__)())
    kind, word = next(((k, found[1]) for k, pattern in _KINDS.items() if (found := pattern.search(said))), ("", said))
    context = getattr(error, "ctx", None)
    command = _named(context) or _first_verb(words)
    swapped = _swapped(kind, word, words) if command == "collab-xl" else ""
    about = _help_of(context, word) if kind == "argument" else ""
    what = (
        catalogue.text(f"verbs.usage.{'argument_about' if about else kind}", lang, word=placeholder(word, lang), about=about)
        if kind
        else said
    )
    if kind == "extra" and (quoted := with_quotes(words)):
        fix = catalogue.text("verbs.usage.quotes", lang, command=line_of(quoted))
    elif kind == "extra" and (better := _of_option(word, words, context) or _master_first(words)):
        fix = catalogue.text("verbs.usage.meant_file", lang, command=line_of(better))
    elif kind == "command" and (whole := _verb_of_group(word, words, context)):
        fix = catalogue.text("verbs.usage.meant_file", lang, command=line_of(whole))
    elif swapped:
        fix = catalogue.text("verbs.usage.order", lang, command=f"collab-xl {swapped}")
    elif meant := meant_by(kind, word, context):
        fix = catalogue.text("verbs.usage.meant", lang, meant=meant, command=command)
    else:
        fix = catalogue.text("verbs.usage.see", lang, command=command)
    return CollabError("usage_wrong", exit_code=2, reason=what, form=_form(context, command, lang), fix=fix, lang=lang)


def _verb_of_group(word: str, words: Sequence[str], context: Any) -> list[str]:
    """The words with the first verb of a group that takes a master, where a file was typed in its place: `baseline master.xlsx Start`."""
    group = words[0] if words else ""
    verb = next((verb.name for verb in VERBS if verb.name.startswith(f"{group} ") and "master" in verb.takes), "")
    if _named(context) != f"collab-xl {group}" or not verb or PurePath(word).suffix.lower() not in (".xlsx", ".xlsm"):
        return []
    return [*verb.split(), *words[1:]]


def _named(context: Any) -> str:
    """The command of a context as a person types it, `collab-xl templates build`; "" without a context."""
    names = []
    while context is not None:
        names.append(context.info_name if context.parent is not None else "collab-xl")
        context = context.parent
    return " ".join(reversed(names))


def _first_verb(words: Sequence[str]) -> str:
    """Without a context: with the verb that was typed, if it is one."""
    first = words[0] if words else ""
    return f"collab-xl {first}" if first in {verb.name.split()[0] for verb in VERBS} else "collab-xl"


def _form(context: Any, command: str, lang: str) -> str:
    """`collab-xl check [选项] MASTER.xlsx`."""
    if context is None:
        return f"{command} …"
    pieces = " ".join((command, *context.command.collect_usage_pieces(context)))
    return in_language(pieces, lang)


def _help_of(context: Any, word: str) -> str:
    """The help of the argument or option that is missing, without its full stop."""
    for each in context.command.get_params(context) if context is not None else ():
        if word in (each.make_metavar(context), *each.opts):
            said = str(getattr(each, "help", "") or "").rstrip("。.")
            return said if said[1:2].isupper() else said[:1].lower() + said[1:]
    return ""


def _swapped(kind: str, word: str, words: Sequence[str]) -> str:
    """The typed words in the right order, if a file or an option of a verb was typed before the verb; else ""."""
    known = {verb.name.split()[0] for verb in VERBS}
    at = next((n for n, each in enumerate(words) if each in known), 0)
    of_file = kind == "command" and (PurePath(word).suffix != "" or "/" in word or "\\" in word)
    if not at or not (of_file or kind == "option"):
        return ""
    ordered = (words[at], *words[:at], *words[at + 1 :])
    return " ".join(f'"{each}"' if " " in each else each for each in ordered)


def _of_option(word: str, words: Sequence[str], context: Any) -> list[str]:
    """The words with the option a week or a day needs before it: `week master.xlsx 2026-W47`. Empty for other words."""
    today = clock.today()
    options = [flag for each in context.command.get_params(context) for flag in each.opts] if context is not None else []
    for said in words[1:]:
        flag = "--week" if named_week(said, today, bare=False) else "--as-of" if named_day(said, today) or said_day(said, today) else ""
        if flag in options and not said.startswith("-") and words[words.index(said) - 1] not in options:
            at = words.index(said)
            rest = [*words[:at], *words[at + 1 :]]
            return [*rest, flag, said]
    return []


def _master_first(words: Sequence[str]) -> list[str]:
    """The words with the master directly behind the verb: `issue Sales master.xlsx` needs `--department`, which is said as well."""
    at = next((n for n, each in enumerate(words) if n > 1 and not words[n - 1].startswith("-") and is_master(each)), 0)
    if not at or words[1].startswith("-") or is_master(words[1]):
        return []
    department = ["--department", words[1]] if words[0] in BY_DEPARTMENT else [words[1]]
    return [words[0], words[at], *department, *words[2:at], *words[at + 1 :]]


def meant_by(kind: str, word: str, context: Any) -> str:
    """The command or option that was probably meant, "" if none is like it. A command may be named as its button is: 汇总."""
    if context is None:
        return ""
    if kind == "command":
        own = list(context.command.commands)
        return _alike(word, own) or _by_button(word, own)
    if kind == "option":
        return _alike(word, [flag for each in context.command.get_params(context) for flag in each.opts if flag.startswith("--")])
    return ""


def _alike(word: str, known: Iterable[str]) -> str:
    return nearest(word, known, ALIKE)


def _by_button(word: str, own: Iterable[str]) -> str:
    for name in own:
        for lang in catalogue.LANGS:
            for key in (f"addin.ribbon_verb.{name}", f"model.verb.{name}"):
                if catalogue.has(key, lang) and catalogue.text(key, lang).casefold() == word.casefold():
                    return name
    return ""
