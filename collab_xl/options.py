"""The arguments and options that verbs of the command line share, and how their texts are read.

Their help is in the user's language; what cannot be read is refused as wrong usage (exit 2).
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from collab_xl import catalogue
from collab_xl.errors import CollabError
from collab_xl.pipeline import clock
from collab_xl.terminal import fallback_lang, system_lang

HELP_LANG = system_lang() or fallback_lang()


def help_text(verb: str) -> str:
    """What `--help` says of a verb, an argument or an option."""
    return catalogue.text(f"help.{verb}", HELP_LANG)


# readable=False: typer would refuse an unreadable file itself, in English and as wrong usage; ours say why and what to do.
Master = Annotated[Path, typer.Argument(metavar="MASTER.xlsx", help=help_text("arg_master"), show_default=False, readable=False)]
Inputs = Annotated[list[Path] | None, typer.Argument(metavar="INPUT", help=help_text("arg_inputs"), show_default=False, readable=False)]
AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help=help_text("opt_as_of"), show_default=False)]
Week = Annotated[str | None, typer.Option("--week", metavar="2026-W47", help=help_text("opt_week"), show_default=False)]
Json = Annotated[bool, typer.Option("--json", help=help_text("opt_json"))]
Lang = Annotated[str | None, typer.Option("--lang", metavar="zh|en", help=help_text("opt_lang"), show_default=False)]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help=help_text("opt_quiet"))]
NoWrite = Annotated[bool, typer.Option("--no-write", help=help_text("opt_no_write"))]
DepartmentNames = Annotated[
    list[str] | None, typer.Option("--department", metavar="NAME", help=help_text("opt_departments"), show_default=False)
]
Forms = Annotated[str, typer.Option("--forms", metavar="basic|full|ID,ID", help=help_text("opt_forms"))]
ProjectName = Annotated[str, typer.Option("--project", metavar="NAME", help=help_text("opt_project"), show_default=False)]
OutFolder = Annotated[Path | None, typer.Option("--out", metavar="FOLDER", help=help_text("opt_out"), show_default=False, readable=False)]
DepartmentName = Annotated[str | None, typer.Option("--department", metavar="NAME", help=help_text("opt_department"), show_default=False)]


def day(value: str | None) -> date:
    """A day as typed, today where none was. Raises CollabError `usage_as_of` (exit 2)."""
    if value is None:
        return clock.today()
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise CollabError("usage_as_of", exit_code=2, text=value) from None


def asked(lang: str | None) -> str | None:
    """The language asked for, None where the master's own decides. Raises CollabError `usage_lang` (exit 2)."""
    if lang is not None and lang not in catalogue.LANGS:
        raise CollabError("usage_lang", exit_code=2, text=lang)
    return lang or system_lang()
