"""Printing of the command line: reports, errors and progress, and their language.

Results go to stdout, progress and notes to stderr; with `--json` stdout holds exactly one object.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, cast

import typer

from collab_xl import catalogue
from collab_xl.errors import REFUSED, CollabError

if TYPE_CHECKING:
    from collab_xl.verbs.report import Listing, Progress, Report


def system_lang(argv: list[str] | None = None) -> str | None:
    """The language of `--lang` or COLLAB_XL_LANG; None: use the master's."""
    words = sys.argv if argv is None else argv
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word == "--lang" and following in catalogue.LANGS:
            return following
        if word.startswith("--lang=") and word[7:] in catalogue.LANGS:
            return word[7:]
    asked = os.environ.get("COLLAB_XL_LANG", "")
    return asked if asked in catalogue.LANGS else None


def fallback_lang() -> str:
    """The language without a request and without a master: the system's, by default Chinese."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "").lower()
        if value and not value.startswith(("c.", "posix")) and value != "c":
            return "zh" if value.startswith("zh") else "en"
    return "zh"


def progress_bar(quiet: bool) -> tuple[Progress, Callable[[], None]]:
    """A progress bar on a terminal (nothing elsewhere), and the function that removes it."""
    from collab_xl.verbs.report import no_progress

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

    def show(label: str, done: int, total: int) -> None:
        if not tasks:
            bar.start()
        if label not in tasks:
            tasks[label] = bar.add_task(label, total=total)
        bar.update(tasks[label], completed=done, total=total)

    return show, bar.stop


def carry_out(work: Callable[[Progress], Report], *, as_json: bool, quiet: bool, file: str = "") -> None:
    """Run one verb and print its report and the next step; a CollabError is printed as where, what, why and what to do.

    Args:
        file: the master as it was typed.
    """
    show, done = progress_bar(quiet or as_json)
    try:
        report = work(show)
    except (CollabError, OSError, sqlite3.Error) as error:
        done()
        refused = error if isinstance(error, CollabError) else _unforeseen(error)
        print_error(refused, as_json)
        raise typer.Exit(refused.exit_code) from None
    finally:
        done()
    try:
        if as_json:
            typer.echo(json.dumps({**report.json, "notes": list(report.notes)}, ensure_ascii=False, default=str))
        elif not quiet:
            print_report(report)
            if report.next is not None:
                typer.echo(report.next.as_command(report.lang, file))
        if not quiet:
            for note in report.notes:
                typer.echo(note, err=True)
    except BrokenPipeError:  # `… | head`: the reader has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:  # the run is done; only its report could not be written, say to a full disk
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        print_error(_unforeseen(error), as_json=False)
        raise typer.Exit(REFUSED) from None
    raise typer.Exit(report.exit_code)


_UsageError = cast("type[Exception]", typer.BadParameter.__mro__[1])
"""typer's error for a command line it cannot read; it has no public name."""


def run_app(app: typer.Typer) -> int:
    """Run the command line and return its exit code; wrong usage is reported in the user's language (exit 2)."""
    try:
        code = app(standalone_mode=False, prog_name="collab-xl")
    except typer.Abort:
        return 130
    except _UsageError as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            error.show()  # type: ignore[attr-defined]
        else:
            from collab_xl.wrong_usage import wrong_usage

            print_error(wrong_usage(error, sys.argv[1:]), "--json" in sys.argv)
        return 2
    return code if isinstance(code, int) else 0


def _unforeseen(error: OSError | sqlite3.Error) -> CollabError:
    """An error of the disk or database that no other code turned into a CollabError. A defect of ours stays a traceback."""
    from collab_xl.os_errors import reason

    return CollabError("system_refused", reason=reason(error), path=getattr(error, "filename", None) or "–")


def print_error(error: CollabError, as_json: bool) -> None:
    lang = system_lang() or str(error.facts.get("lang") or fallback_lang())
    what, why, fix = catalogue.error_text(error, lang)
    if as_json:
        body = {"version": "collab-xl/error/1", "error": error.code, "what": what, "why": why, "fix": fix}
        typer.echo(json.dumps(body, ensure_ascii=False, default=str))
    labels = ("  原因：", "  处理：") if lang == "zh" else ("  Why: ", "  What to do: ")
    typer.echo(what, err=True)
    typer.echo(labels[0] + why, err=True)
    typer.echo(labels[1] + fix, err=True)


def print_report(report: Report) -> None:
    for line in report.lines:
        typer.echo(line)
    if not report.listings:
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    from collab_xl.wrapping import Sentence

    class PipeConsole(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # rich would end with exit code 1, which means a crash

    console = PipeConsole(width=None if sys.stdout.isatty() else 150, highlight=False, markup=False)
    for listing in report.listings:
        if _too_wide(listing, console.width):
            for line in _as_lines(listing):
                console.print(line, soft_wrap=True)
            continue
        if listing.title:
            console.print(listing.title, style="bold", soft_wrap=True)
        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        for column in listing.columns:
            table.add_column(column, overflow="fold")
        for row in listing.rows:
            table.add_row(*map(Sentence, row))
        console.print(table)


MANY_COLUMNS = 7
"""A table with this many columns is printed one record per block if the terminal is too narrow: cells of two characters are unreadable."""


def _too_wide(listing: Listing, width: int) -> bool:
    from rich.cells import cell_len

    widths = [max(map(cell_len, column)) for column in zip(listing.columns, *listing.rows, strict=True)]
    folded = sum(widths) - max(widths) + min(max(widths), 24)  # one long column may wrap
    return len(widths) >= MANY_COLUMNS and folded + 3 * len(widths) > width


def _as_lines(listing: Listing) -> Iterator[str]:
    """A block per row: the first two cells as its heading, the others below with their titles, without blanks and zeros."""
    yield listing.title
    yield ""
    for row in listing.rows:
        yield " " + " · ".join(cell for cell in row[:2] if cell)
        rest = (f"{title} {cell}" for title, cell in zip(listing.columns[2:], row[2:], strict=True) if cell not in ("", "0"))
        yield "   " + " · ".join(rest)
