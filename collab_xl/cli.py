"""The command line: one command per verb of `verbs/table.py`, the same functions as the ribbon buttons.

Results on stdout, progress and notes on stderr. Exit codes: 0 nothing to report, 3 findings, 4 something waits for a person,
5 refused by something outside the program; 1 a crash, 2 wrong usage. Heavy imports are inside the commands, so `--help` starts quickly.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from collab_xl import __version__
from collab_xl.command_help import HelpedCommand, HelpedGroup
from collab_xl.errors import CollabError
from collab_xl.intake import readers
from collab_xl.options import Call, asked, help_text, passed, signature
from collab_xl.project import process_end
from collab_xl.terminal import carry_out, print_error, run_app
from collab_xl.verbs.table import VERBS, Verb

if TYPE_CHECKING:
    from collab_xl.verbs.report import Progress, Report

DEFAULT = "make"
"""The verb of a group that runs when none of its verbs is named."""


def _version(value: bool) -> None:
    if value:
        typer.echo(f"collab-xl {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help=help_text("opt_version"))] = False,
    lang: Annotated[str | None, typer.Option("--lang", metavar="zh|en", help=help_text("opt_lang"), show_default=False)] = None,
) -> None:
    """Holds the options that belong to no verb. (`system_lang` reads --lang wherever it is typed.)"""
    try:
        asked(lang)
    except CollabError as error:
        print_error(error, as_json=False)
        raise typer.Exit(error.exit_code) from None


class _WithDefault(HelpedGroup):
    """A group with a verb that runs when none is named: `portfolio FOLDER` is `portfolio make FOLDER`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)


def _command(verb: Verb) -> Callable[..., None]:
    """The body of every command: parse its parameters, run the verb, print its report."""

    def command(**typed: Any) -> None:
        as_json, quiet = typed["as_json"], typed["quiet"]
        if verb.early:
            readers.begin(typed["inputs"] or ())

        def work(progress: Progress) -> Report:
            try:
                by_place, by_keyword = passed(verb, typed, Call(as_json, quiet, progress))
                return verb.load()(*by_place, **by_keyword)
            except CollabError as error:
                from collab_xl.verbs.wrong_files import told_rightly  # opens workbooks, which only a refusal needs

                raise told_rightly(error, sys.argv[1:]) from error

        master = typed.get(verb.takes[0]) if verb.takes and verb.takes[0].startswith("master") else None
        carry_out(work, as_json=as_json, quiet=quiet, file=str(master) if isinstance(master, Path) else "")

    command.__signature__ = signature(verb)  # type: ignore[attr-defined]
    return command


def app_of(verbs: Iterable[Verb]) -> typer.Typer:
    """The command line with these verbs."""
    made = typer.Typer(
        cls=HelpedGroup,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        help=help_text("app"),
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    )
    made.callback()(_root)
    groups: dict[str, typer.Typer] = {}
    for verb in verbs:
        group, _, name = verb.name.rpartition(" ")
        if group and group not in groups:
            kind = _WithDefault if any(each.name == f"{group} {DEFAULT}" for each in VERBS) else HelpedGroup
            groups[group] = typer.Typer(cls=kind, no_args_is_help=True, help=help_text(group), rich_markup_mode=None)
            made.add_typer(groups[group], name=group)
        (groups[group] if group else made).command(name, cls=HelpedCommand, help=help_text(verb.id))(_command(verb))
    return made


app = app_of(VERBS)


def asked_for(words: Sequence[str]) -> typer.Typer:
    """The command line for what was typed: with the verb or group of its first word alone, as all together take 10 ms; else with all."""
    wanted = [verb for verb in VERBS if words and verb.name.split()[0] == words[0]]
    return app_of(wanted) if wanted else app


def main() -> None:
    """Entry point of the `collab-xl` script. Output is UTF-8 whatever the console's code page."""
    gc.disable()  # the process ends after one verb; garbage collection took a fifth of a large consolidate and freed almost nothing
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.exit(run_app(asked_for(sys.argv[1:])))


def run_and_leave() -> None:
    """Run `main`, then end the process without cleaning up its memory."""
    process_end.run_and_exit(main)
