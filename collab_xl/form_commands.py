"""The commands `forms …`: what is installed and in use, and bringing a form into a master. Heavy imports wait for the command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from collab_xl.options import AsOf, Json, Lang, Master, NoWrite, Quiet, asked, day, help_text
from collab_xl.terminal import carry_out, fallback_lang

MasterIfAny = Annotated[
    Path | None, typer.Argument(metavar="[MASTER.xlsx]", help=help_text("arg_forms_master"), show_default=False, readable=False)
]
IdsIfAny = Annotated[list[str] | None, typer.Argument(metavar="[ID]", help=help_text("arg_forms_older"), show_default=False)]
Ids = Annotated[list[str], typer.Argument(metavar="ID", help=help_text("arg_forms"), show_default=False)]


def add_to(app: typer.Typer) -> None:
    """Give the command line these commands."""
    forms = typer.Typer(no_args_is_help=True, help=help_text("forms"), rich_markup_mode=None)
    forms.command("list", help=help_text("forms_list"))(list_)
    forms.command("check", help=help_text("forms_check"))(check)
    forms.command("add", help=help_text("forms_add"))(add)
    forms.command("upgrade", help=help_text("forms_upgrade"))(upgrade)
    app.add_typer(forms, name="forms")


def list_(master: MasterIfAny = None, lang: Lang = None, as_json: Json = False, quiet: Quiet = False) -> None:
    from collab_xl import pipeline

    carry_out(
        lambda tell: pipeline.forms_list(master, lang=asked(lang), fallback=fallback_lang()),
        as_json=as_json,
        quiet=quiet,
    )


def check(lang: Lang = None, as_json: Json = False, quiet: Quiet = False) -> None:
    from collab_xl import pipeline

    carry_out(lambda tell: pipeline.forms_check(lang=asked(lang) or fallback_lang()), as_json=as_json, quiet=quiet)


def add(
    master: Master,
    forms: Ids,
    as_of: AsOf = None,
    no_write: NoWrite = False,
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    from collab_xl import pipeline

    carry_out(
        lambda tell: pipeline.forms_add(master, forms, as_of=day(as_of), write=not no_write, lang=asked(lang)),
        as_json=as_json,
        quiet=quiet,
    )


def upgrade(
    master: Master,
    forms: IdsIfAny = None,
    as_of: AsOf = None,
    no_write: NoWrite = False,
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    from collab_xl import pipeline

    carry_out(
        lambda tell: pipeline.forms_upgrade(master, forms or [], as_of=day(as_of), write=not no_write, lang=asked(lang)),
        as_json=as_json,
        quiet=quiet,
    )
