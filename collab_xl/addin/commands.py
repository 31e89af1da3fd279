"""The commands about this machine rather than a week's work: `doctor`, and the add-in's own. Heavy imports wait for the command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from collab_xl.options import AsOf, Json, Lang, Quiet, asked, day, help_text
from collab_xl.terminal import carry_out, fallback_lang


def add_to(app: typer.Typer) -> None:
    """Give the command line these commands."""
    app.command(help=help_text("doctor"))(doctor)


def doctor(
    master: Annotated[
        Path | None, typer.Argument(metavar="MASTER.xlsx", help=help_text("arg_doctor"), show_default=False, readable=False)
    ] = None,
    as_of: AsOf = None,
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    from collab_xl.pipeline.doctor import doctor as diagnose

    carry_out(
        lambda tell: diagnose(master, as_of=day(as_of), lang=asked(lang), fallback=fallback_lang()),
        as_json=as_json,
        quiet=quiet,
    )
