"""The command line: one command per verb, the same pipeline functions as the ribbon buttons.

Results on stdout, progress and notes on stderr. Exit codes: 0 nothing to report, 3 findings, 4 something waits for a person,
5 the outside refused; 1 is a crash of ours, 2 wrong usage. Everything heavy is imported inside a command: `--help` stays quick.
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import Annotated

import typer

from collab_xl import __version__, form_commands
from collab_xl.addin import commands
from collab_xl.engines import leaving, readers
from collab_xl.options import (
    AsOf,
    DepartmentName,
    DepartmentNames,
    Forms,
    Inputs,
    Json,
    Lang,
    Master,
    NoWrite,
    OutFolder,
    ProjectName,
    Quiet,
    Week,
)
from collab_xl.options import asked as _asked
from collab_xl.options import day as _day
from collab_xl.options import help_text as _help
from collab_xl.pipeline import clock
from collab_xl.terminal import carry_out, fallback_lang, print_report, run_app

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help=_help("app"),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
templates_app = typer.Typer(no_args_is_help=True, help=_help("templates"), rich_markup_mode=None)
app.add_typer(templates_app, name="templates")


def _version(value: bool) -> None:
    if value:
        typer.echo(f"collab-xl {__version__}")
        raise typer.Exit


@app.callback()
def _root(version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help=_help("opt_version"))] = False) -> None:
    """Only carries --version."""


@app.command(help=_help("init"))
def init(
    master: Master,
    project: ProjectName = "",
    department: DepartmentNames = None,
    forms: Forms = "basic",
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    from collab_xl import pipeline

    carry_out(
        lambda tell: pipeline.init(
            master, project=project, departments=department or [], forms=forms, lang=_asked(lang) or fallback_lang(), as_of=clock.today()
        ),
        as_json=as_json,
        quiet=quiet,
    )


@app.command("import", help=_help("import"))
def import_(
    master: Master,
    source: Inputs = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help=_help("opt_yes"))] = False,
    explain: Annotated[bool, typer.Option("--explain", help=_help("opt_explain"))] = False,
    answer: Annotated[list[str] | None, typer.Option("--answer", metavar="N=ANSWER", help=_help("opt_answer"), show_default=False)] = None,
    department: DepartmentName = None,
    as_of: AsOf = None,
    no_write: NoWrite = False,
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    from collab_xl import pipeline

    there = not as_json and not quiet and sys.stdin.isatty()

    def confirm(question: str) -> bool:
        return there and typer.confirm(question)

    def ask(question: str) -> str:
        return str(typer.prompt(question, default="", show_default=False))

    carry_out(
        lambda tell: pipeline.import_tracker(
            master, source or [], as_of=_day(as_of), write=not no_write, confirmed=yes, confirm=confirm,
            ask=ask if there else None, explain=explain,
            answers=answer or (), department=department, lang=_asked(lang), show=None if as_json or quiet else print_report,
        ),
        as_json=as_json,
        quiet=quiet,
    )  # fmt: skip


@app.command(help=_help("issue"))
def issue(
    master: Master,
    week: Week = None,
    department: DepartmentNames = None,
    out: OutFolder = None,
    as_of: AsOf = None,
    no_write: NoWrite = False,
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    from collab_xl import pipeline

    carry_out(
        lambda tell: pipeline.issue(
            master, as_of=_day(as_of), week=week, departments=department, out=out, write=not no_write, lang=_asked(lang), progress=tell
        ),
        as_json=as_json,
        quiet=quiet,
    )


@app.command(help=_help("collect"))
def collect(
    master: Master,
    inputs: Inputs = None,
    department: DepartmentName = None,
    as_of: AsOf = None,
    no_write: NoWrite = False,
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    from collab_xl import pipeline

    carry_out(
        lambda tell: pipeline.collect(
            master, inputs or [], department=department, as_of=_day(as_of), write=not no_write, lang=_asked(lang), progress=tell
        ),
        as_json=as_json,
        quiet=quiet,
    )


@app.command(help=_help("check"))
def check(
    master: Master,
    as_of: AsOf = None,
    no_write: NoWrite = False,
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    from collab_xl import pipeline

    carry_out(
        lambda tell: pipeline.check(master, as_of=_day(as_of), write=not no_write, lang=_asked(lang)),
        as_json=as_json,
        quiet=quiet,
    )


@app.command(help=_help("preview"))
def preview(
    master: Master,
    inputs: Inputs = None,
    department: DepartmentName = None,
    as_of: AsOf = None,
    no_write: NoWrite = False,
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    from collab_xl import pipeline

    carry_out(
        lambda tell: pipeline.preview(
            master, inputs or [], department=department, as_of=_day(as_of), write=not no_write, lang=_asked(lang), progress=tell
        ),
        as_json=as_json,
        quiet=quiet,
    )


@app.command(help=_help("consolidate"))
def consolidate(
    master: Master,
    inputs: Inputs = None,
    department: DepartmentName = None,
    as_of: AsOf = None,
    no_write: NoWrite = False,
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    readers.begin(inputs or [])
    from collab_xl import pipeline

    carry_out(
        lambda tell: pipeline.consolidate(
            master, inputs or [], department=department, as_of=_day(as_of), write=not no_write, lang=_asked(lang), progress=tell
        ),
        as_json=as_json,
        quiet=quiet,
    )


@app.command(help=_help("resolve"))
def resolve(
    master: Master,
    as_of: AsOf = None,
    no_write: NoWrite = False,
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    from collab_xl import pipeline

    carry_out(
        lambda tell: pipeline.resolve(master, as_of=_day(as_of), write=not no_write, lang=_asked(lang)),
        as_json=as_json,
        quiet=quiet,
    )


@app.command(help=_help("flag"))
def flag(
    master: Master,
    as_of: AsOf = None,
    no_write: NoWrite = False,
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    from collab_xl import pipeline

    carry_out(
        lambda tell: pipeline.flag(master, as_of=_day(as_of), write=not no_write, lang=_asked(lang)),
        as_json=as_json,
        quiet=quiet,
    )


@app.command(help=_help("week"))
def week(
    master: Master,
    week: Week = None,
    as_of: AsOf = None,
    no_write: NoWrite = False,
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    from collab_xl import pipeline

    carry_out(
        lambda tell: pipeline.week(master, as_of=_day(as_of), week=week, write=not no_write, lang=_asked(lang)),
        as_json=as_json,
        quiet=quiet,
    )


@app.command(help=_help("undo"))
def undo(
    master: Master,
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help=_help("arg_run"), show_default=False)] = None,
    as_of: AsOf = None,
    no_write: NoWrite = False,
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    from collab_xl import pipeline

    carry_out(
        lambda tell: pipeline.undo(master, run=run, as_of=_day(as_of), write=not no_write, lang=_asked(lang)),
        as_json=as_json,
        quiet=quiet,
    )


@app.command(help=_help("log"))
def log(
    master: Master,
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help=_help("arg_log_run"), show_default=False)] = None,
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    from collab_xl import pipeline

    carry_out(
        lambda tell: pipeline.log(master, run=run, lang=_asked(lang)),
        as_json=as_json,
        quiet=quiet,
    )


@app.command(help=_help("status"))
def status(master: Master, as_of: AsOf = None, lang: Lang = None, as_json: Json = False, quiet: Quiet = False) -> None:
    from collab_xl import pipeline

    carry_out(
        lambda tell: pipeline.status(master, as_of=_day(as_of), lang=_asked(lang)),
        as_json=as_json,
        quiet=quiet,
    )


@app.command(help=_help("rules"))
def rules(lang: Lang = None, as_json: Json = False, quiet: Quiet = False) -> None:
    from collab_xl import pipeline

    carry_out(
        lambda tell: pipeline.rules(lang=_asked(lang) or fallback_lang()),
        as_json=as_json,
        quiet=quiet,
    )


@app.command(help=_help("explain"))
def explain(
    code: Annotated[str, typer.Argument(metavar="CODE", help=_help("arg_code"), show_default=False)],
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    from collab_xl import pipeline

    carry_out(
        lambda tell: pipeline.explain(code, lang=_asked(lang) or fallback_lang()),
        as_json=as_json,
        quiet=quiet,
    )


@templates_app.command("build", help=_help("templates_build"))
def templates_build(out: OutFolder = None, lang: Lang = None, as_json: Json = False, quiet: Quiet = False) -> None:
    from collab_xl import pipeline

    carry_out(
        lambda tell: pipeline.templates_build(out, lang=_asked(lang) or fallback_lang()),
        as_json=as_json,
        quiet=quiet,
    )


@app.command(help=_help("demo"))
def demo(
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help=_help("opt_out"), readable=False)] = Path("demo-out"),
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    from collab_xl.pipeline.demo import demo

    carry_out(lambda tell: demo(out, lang=_asked(lang) or fallback_lang(), progress=tell), as_json=as_json, quiet=quiet)


commands.add_to(app)
form_commands.add_to(app)


def main() -> None:
    """Entry point of the `collab-xl` script. Output is UTF-8 whatever the console's code page."""
    gc.disable()  # one verb and the process ends: looking for cycles cost a fifth of a large consolidate and freed next to nothing
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.exit(run_app(app))


def run_and_leave() -> None:
    """`main`, and out at once."""
    leaving.run_and_leave(main)
