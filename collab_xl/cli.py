"""The command line: one command per verb, the same pipeline functions as the ribbon buttons.

Results on stdout, progress and notes on stderr. Exit codes: 0 nothing to report, 3 findings, 4 something waits for a person,
5 the outside refused; 1 is a crash of ours, 2 wrong usage. Everything heavy is imported inside a command: `--help` stays quick.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from collab_xl import __version__, catalogue
from collab_xl.errors import CollabError

if TYPE_CHECKING:
    from collab_xl.pipeline.report import Progress, Report


def system_lang(argv: list[str] | None = None) -> str | None:
    """The language asked for by `--lang` or COLLAB_XL_LANG, else None: the master's own language decides."""
    words = sys.argv if argv is None else argv
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word == "--lang" and following in catalogue.LANGS:
            return following
        if word.startswith("--lang=") and word[7:] in catalogue.LANGS:
            return word[7:]
    asked = os.environ.get("COLLAB_XL_LANG", "")
    return asked if asked in catalogue.LANGS else None


def fallback_lang() -> str:
    """Where nothing was asked and no master is open: the system's language, Chinese first."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "").lower()
        if value and not value.startswith(("c.", "posix")) and value != "c":
            return "zh" if value.startswith("zh") else "en"
    return "zh"


_HELP_LANG = system_lang() or fallback_lang()


def _help(verb: str) -> str:
    return catalogue.text(f"help.{verb}", _HELP_LANG)


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

Master = Annotated[Path, typer.Argument(metavar="MASTER.xlsx", help=_help("arg_master"), show_default=False)]
Inputs = Annotated[list[Path] | None, typer.Argument(metavar="INPUT", help=_help("arg_inputs"), show_default=False)]
AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help=_help("opt_as_of"), show_default=False)]
Week = Annotated[str | None, typer.Option("--week", metavar="2026-W47", help=_help("opt_week"), show_default=False)]
Json = Annotated[bool, typer.Option("--json", help=_help("opt_json"))]
Lang = Annotated[str | None, typer.Option("--lang", metavar="zh|en", help=_help("opt_lang"), show_default=False)]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help=_help("opt_quiet"))]
NoWrite = Annotated[bool, typer.Option("--no-write", help=_help("opt_no_write"))]
DepartmentNames = Annotated[
    list[str] | None, typer.Option("--department", metavar="NAME", help=_help("opt_departments"), show_default=False)
]
ProjectName = Annotated[str, typer.Option("--project", metavar="NAME", help=_help("opt_project"), show_default=False)]
OutFolder = Annotated[Path | None, typer.Option("--out", metavar="FOLDER", help=_help("opt_out"), show_default=False)]
DepartmentName = Annotated[str | None, typer.Option("--department", metavar="NAME", help=_help("opt_department"), show_default=False)]


def _version(value: bool) -> None:
    if value:
        typer.echo(f"collab-xl {__version__}")
        raise typer.Exit


@app.callback()
def _root(version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help=_help("opt_version"))] = False) -> None:
    """Only carries --version."""


def _day(value: str | None) -> date:
    if value is None:
        return date.today()
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise CollabError("usage_as_of", exit_code=2, text=value) from None


def _bar(quiet: bool) -> tuple[Progress, Callable[[], None]]:
    """A progress bar on a terminal, silence elsewhere; and how to take it away."""
    from collab_xl.pipeline.report import no_progress

    if quiet or not sys.stderr.isatty():
        return no_progress, lambda: None
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    bar = Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    tasks: dict[str, Any] = {}

    def tell(label: str, done: int, total: int) -> None:
        if not tasks:
            bar.start()
        if label not in tasks:
            tasks[label] = bar.add_task(label, total=total)
        bar.update(tasks[label], completed=done, total=total)

    return tell, bar.stop


def _run(work: Callable[[Progress], Report], *, as_json: bool, quiet: bool) -> None:
    """Carry out one verb and print what it reports; a CollabError becomes where, what, why and what to do."""
    tell, done = _bar(quiet or as_json)
    try:
        report = work(tell)
    except CollabError as error:
        done()
        _print_error(error, as_json)
        raise typer.Exit(error.exit_code) from None
    finally:
        done()
    if as_json:
        typer.echo(json.dumps(report.json, ensure_ascii=False, default=str))
    elif not quiet:
        _print_report(report)
    if not quiet:
        for note in report.notes:
            typer.echo(note, err=True)
    raise typer.Exit(report.exit_code)


def _print_error(error: CollabError, as_json: bool) -> None:
    lang = system_lang() or str(error.facts.get("lang") or fallback_lang())
    what, why, fix = catalogue.error_text(error, lang)
    if as_json:
        body = {"version": "collab-xl/error/1", "error": error.code, "what": what, "why": why, "fix": fix}
        typer.echo(json.dumps(body, ensure_ascii=False, default=str))
    labels = ("  原因：", "  处理：") if lang == "zh" else ("  Why: ", "  What to do: ")
    typer.echo(what, err=True)
    typer.echo(labels[0] + why, err=True)
    typer.echo(labels[1] + fix, err=True)


def _print_report(report: Report) -> None:
    for line in report.lines:
        typer.echo(line)
    if not report.listings:
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else 150, highlight=False, markup=False)
    for listing in report.listings:
        table = Table(title=listing.title or None, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
        for column in listing.columns:
            table.add_column(column, overflow="fold")
        for row in listing.rows:
            table.add_row(*row)
        console.print(table)


def _asked(lang: str | None) -> str | None:
    if lang is not None and lang not in catalogue.LANGS:
        raise typer.BadParameter("zh | en", param_hint="--lang")
    return lang or system_lang()


@app.command(help=_help("init"))
def init(
    master: Master,
    project: ProjectName = "",
    department: DepartmentNames = None,
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    from collab_xl import pipeline

    _run(
        lambda tell: pipeline.init(
            master, project=project, departments=department or [], lang=_asked(lang) or fallback_lang(), as_of=date.today()
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
    department: DepartmentName = None,
    as_of: AsOf = None,
    no_write: NoWrite = False,
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    from collab_xl import pipeline

    def confirm(question: str) -> bool:
        return not as_json and sys.stdin.isatty() and typer.confirm(question)

    _run(
        lambda tell: pipeline.import_tracker(
            master, source or [], as_of=_day(as_of), write=not no_write, confirmed=yes, confirm=confirm, explain=explain,
            department=department, lang=_asked(lang), show=None if as_json or quiet else _print_report,
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

    _run(
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

    _run(
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

    _run(
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

    _run(
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
    from collab_xl import pipeline

    _run(
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

    _run(
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

    _run(
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

    _run(
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

    _run(
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

    _run(
        lambda tell: pipeline.log(master, run=run, lang=_asked(lang)),
        as_json=as_json,
        quiet=quiet,
    )


@app.command(help=_help("status"))
def status(master: Master, as_of: AsOf = None, lang: Lang = None, as_json: Json = False, quiet: Quiet = False) -> None:
    from collab_xl import pipeline

    _run(
        lambda tell: pipeline.status(master, as_of=_day(as_of), lang=_asked(lang)),
        as_json=as_json,
        quiet=quiet,
    )


@app.command(help=_help("rules"))
def rules(lang: Lang = None, as_json: Json = False, quiet: Quiet = False) -> None:
    from collab_xl import pipeline

    _run(
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

    _run(
        lambda tell: pipeline.explain(code, lang=_asked(lang) or fallback_lang()),
        as_json=as_json,
        quiet=quiet,
    )


@templates_app.command("build", help=_help("templates_build"))
def templates_build(
    out: OutFolder = None,
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    from collab_xl import pipeline

    _run(
        lambda tell: pipeline.templates_build(out, lang=_asked(lang) or fallback_lang()),
        as_json=as_json,
        quiet=quiet,
    )


@app.command(help=_help("demo"))
def demo(
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help=_help("opt_out"))] = Path("demo-out"),
    lang: Lang = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    from collab_xl.demo.story import tell_the_week

    _run(lambda tell: tell_the_week(out, lang=_asked(lang) or fallback_lang(), progress=tell), as_json=as_json, quiet=quiet)


def main() -> None:
    """Entry point of the `collab-xl` script. Output is UTF-8 whatever the console's code page."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    app()


if __name__ == "__main__":
    main()
