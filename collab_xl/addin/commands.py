"""The commands about this machine rather than a week's work: `doctor`, and the add-in's own. Heavy imports wait for the command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from collab_xl.options import AsOf, Json, Lang, OutFolder, Quiet, asked, day, help_text
from collab_xl.terminal import carry_out, fallback_lang

Python = Annotated[str | None, typer.Option("--python", metavar="PATH", help=help_text("opt_python"), show_default=False)]
Folder = Annotated[Path | None, typer.Option("--to", metavar="FOLDER", help=help_text("opt_to"), show_default=False, readable=False)]


def add_to(app: typer.Typer) -> None:
    """Give the command line these commands."""
    app.command(help=help_text("doctor"))(doctor)
    addin = typer.Typer(no_args_is_help=True, help=help_text("addin"), rich_markup_mode=None)
    addin.command("build", help=help_text("addin_build"))(build)
    addin.command("install", help=help_text("addin_install"))(install)
    addin.command("uninstall", help=help_text("addin_uninstall"))(uninstall)
    app.add_typer(addin, name="addin")


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


def build(out: OutFolder = None, python: Python = None, lang: Lang = None, as_json: Json = False, quiet: Quiet = False) -> None:
    from collab_xl.pipeline.addin import addin_build

    carry_out(lambda tell: addin_build(out, python=python or "", lang=_lang(lang)), as_json=as_json, quiet=quiet)


def install(to: Folder = None, python: Python = None, lang: Lang = None, as_json: Json = False, quiet: Quiet = False) -> None:
    from collab_xl.pipeline.addin import addin_install

    carry_out(lambda tell: addin_install(to=to, python=python, lang=_lang(lang)), as_json=as_json, quiet=quiet)


def uninstall(lang: Lang = None, as_json: Json = False, quiet: Quiet = False) -> None:
    from collab_xl.pipeline.addin import addin_uninstall

    carry_out(lambda tell: addin_uninstall(lang=_lang(lang)), as_json=as_json, quiet=quiet)


def _lang(lang: str | None) -> str:
    return asked(lang) or fallback_lang()
