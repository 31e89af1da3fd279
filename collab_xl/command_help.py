"""The `--help` of the command line in the user's language: typer's own headings are English whatever the language.

Commands are listed with the whole first sentence of their help; typer cuts it at the edge of the terminal, Chinese text nearly always.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand, TyperGroup

from collab_xl import catalogue
from collab_xl.model.regex import regex
from collab_xl.terminal import fallback_lang, system_lang

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PARTS = {
    "usage": regex(r"^Usage: ", 8),
    "arguments": regex(r"^Arguments:$", 8),
    "options": regex(r"^Options:$", 8),
    "commands": regex(r"^Commands:$", 8),
    "help_option": regex(r"Show this message and exit\."),
    "no_options": regex(r"\[OPTIONS\]"),
    "no_command": regex(r"\bCOMMAND \[ARGS\]\.\.\."),
    "required": regex(r"\[required\]"),
    "default": regex(r"\[default:\s+"),
}
"""Key in the catalogue, `usage.shown.<key>` → what typer writes. (8: re.MULTILINE.)"""
_BRACES = regex(r"\{([^{}\n]*)\}")
"""Typer puts them around an argument that must be given."""
_PLACES = regex(r"[A-Za-z.]+(?:[|=,][A-Za-z.]+)*")
_FIRST_COLUMN = regex(r"  (\S+(?: \S+)*)(  +|$)")
_SENTENCE = regex(r"[^\n]*?(?:[。！？]|[.!?](?=\s|$))")


def in_language(shown: str, lang: str) -> str:
    """Help or a usage line as typer writes it, with its English words in `lang`."""
    for key, pattern in _PARTS.items():
        said = catalogue.text(f"verbs.usage.shown.{key}", lang)
        shown = pattern.sub(lambda _, said=said: said, shown)  # type: ignore[misc]
    return "\n".join(_named(line, lang) for line in _BRACES.sub(r"\1", shown).split("\n"))


def placeholder(word: str, lang: str) -> str:
    """`MASTER.xlsx` in a usage line → 主表.xlsx."""
    return _PLACES.sub(lambda found: _placeholders(lang).get(found[0], found[0]), word)


@cache
def _placeholders(lang: str) -> Mapping[str, str]:
    pairs = (line.split(" → ") for line in catalogue.text("verbs.usage.shown.placeholders", lang).split("\n"))
    return {name: said for name, said in pairs}


def _named(line: str, lang: str) -> str:
    """A line with its placeholders in the language: a usage line, or the first column of a list, which keeps its width on the screen."""
    if "collab-xl" in line and not line.startswith("  "):
        return placeholder(line, lang)
    found = _FIRST_COLUMN.match(line)
    if not found or "collab-xl" in found[0]:
        return line
    said = placeholder(found[1], lang)
    gap = max(2, _width(found[1]) + len(found[2]) - _width(said)) if found[2] else 0
    return f"  {said}{' ' * gap}{line[found.end() :]}"


def _width(said: str) -> int:
    """Columns on a terminal."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in said)


def first_sentence(text: str) -> str:
    found = _SENTENCE.match(text)
    return found[0] if found else text.partition("\n")[0]


class HelpedCommand(TyperCommand):
    """A command whose help is in the user's language."""

    def get_help(self, ctx: Any) -> str:
        return in_language(super().get_help(ctx), system_lang() or fallback_lang())


class HelpedGroup(TyperGroup):
    """A group of commands, the same."""

    def get_help(self, ctx: Any) -> str:
        return in_language(super().get_help(ctx), system_lang() or fallback_lang())

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        rows = list(self._listed(ctx))
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)

    def _listed(self, ctx: Any) -> Iterator[tuple[str, str]]:
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None and not command.hidden:
                yield name, first_sentence(command.help or "")
