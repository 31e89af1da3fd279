"""The buttons: each runs the verb of the same name on the open workbook and names the sheet that shows the result.

In: the workbook, the day, the person's language.  Out: a `ButtonResult`.  Effects: those of the verb.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from collab_xl.errors import CONFLICTS, CollabError
from collab_xl.excel.unmoved import CHANGED
from collab_xl.verbs.report import Progress, Report
from collab_xl.verbs.table import VERBS
from collab_xl.verbs.times import clock

if TYPE_CHECKING:
    from pathlib import Path

    from collab_xl.addin.blanks import Blanks
    from collab_xl.addin.screen import Screen
    from collab_xl.excel.run import OnScreen


TRIES = 3
"""How often a click is computed at most, if somebody types meanwhile."""


@dataclass(frozen=True)
class Click:
    """One click. `where` is None without a workbook in front (only for buttons that need none)."""

    verb: str
    where: OnScreen | None
    lang: str | None
    progress: Progress
    confirm: Callable[[str], bool] | None = None
    """Asks the person a question with Yes and No."""
    fill_in: Callable[[Blanks], Mapping[str, Any]] | None = None
    """Lets the person fill in a form. Raises `GivenUpError`."""
    window: Screen | None = None
    """The Excel in which it was clicked; None where only a verb is run."""

    @property
    def as_of(self) -> date:
        return clock.today()

    @property
    def screen(self) -> OnScreen:
        assert self.where is not None
        return self.where


@dataclass(frozen=True)
class ButtonResult:
    """The result of a click. `service` is the sheet to show (its id in `service.toml`, or `week` for 周报), `cell` a cell on it."""

    report: Report
    service: str = ""
    cell: tuple[int, int] | None = None
    page: Path | None = None
    """A page to open in the browser."""
    master: Path | None = None
    """A workbook to open in Excel: a master that was made or filled, a chart, an overview."""
    run: str | None = None
    """The run that was written into another open workbook than the one in front."""


class GivenUpError(Exception):
    """The person closed the form of a button without filling it in."""


def press(click: Click) -> ButtonResult:
    """Carry out one click. If somebody has typed or sorted while it was computed, it is computed again.

    Raises CollabError as the verbs do.
    """
    for left in reversed(range(TRIES)):
        try:
            return BUTTONS[click.verb](click)
        except CollabError as error:
            if not left or error.code not in CHANGED or click.where is None or click.where.run_id is not None:
                raise
    raise AssertionError("the last try returns or raises")


def _verb(click: Click) -> ButtonResult:
    """Run the verb of the button's name with the defaults of the command line."""
    return shown(click, on(click, click.screen))


def on(click: Click, where: OnScreen | Path) -> Report:
    """Run the verb of a click on the open workbook or on a file."""
    if click.verb == "import":
        from collab_xl.addin.starting import imported

        return imported(click, where)
    verb = VERB_BUTTONS[VERB_OF.get(click.verb, click.verb)]
    given = {"as_of": ("as_of", click.as_of), "progress": ("progress", click.progress), "asked_first": ("confirm", click.confirm)}
    if click.verb in WEEK_BUTTONS:
        from collab_xl.addin.choosing_week import chosen_week

        given["week"] = ("week", chosen_week(click))
    elif click.verb in MOMENT_BUTTONS:
        from collab_xl.addin.choosing_moments import chosen

        given |= chosen(click)
    return verb.load()(where, lang=click.lang, **dict(value for name, value in given.items() if name in verb.takes))


def shown(click: Click, report: Report) -> ButtonResult:
    """The result of a verb with the sheet to show."""
    if click.verb == "import":
        return ButtonResult(report, "changes")
    verb = VERB_BUTTONS[VERB_OF.get(click.verb, click.verb)]
    other = _OTHER_SHEET.get(verb.name)
    return ButtonResult(report, (other and other(report)) or verb.sheet)


def _collected(report: Report) -> str:
    return "questions" if report.json.get("questions") else ""


def _consolidated(report: Report) -> str:
    return "conflicts" if report.exit_code == CONFLICTS else "changes" if report.json["run"] else ""


_OTHER_SHEET: dict[str, Callable[[Report], str]] = {"collect": _collected, "consolidate": _consolidated}
"""Verb → the sheet to show for this report; "" for the one in the verb's table."""


def _settings(click: Click) -> ButtonResult:
    """Show the sheet, at the first value that cannot be used."""
    from collab_xl.catalogue import text
    from collab_xl.verbs.session import opened
    from collab_xl.verbs.upgrading.bad_settings import unusable

    with opened(click.screen, write=False, as_of=click.as_of, lang=click.lang) as session:
        sheet = session.sheet_of("settings")
        bad = unusable(session)  # which the notes name
        lines = [text("addin.ribbon.settings", session.lang, sheet=sheet)]
        if not bad:
            lines.append(text("addin.ribbon.settings_good", session.lang))
        body = {"version": "collab-xl/settings/1", "unusable": list(session.unusable_settings)}
        report = session.report(body, tuple(lines))
        return ButtonResult(report, bad[0].service, bad[0].cell) if bad else ButtonResult(report, "settings", None)


def _doctor(click: Click) -> ButtonResult:
    from collab_xl.addin.excel_now import excel_lines
    from collab_xl.excel.state import workbook_path
    from collab_xl.model.checkup import Line
    from collab_xl.verbs.doctor import doctor

    master, now = None, list[Line]()
    if click.where is not None:
        now = list(excel_lines(click.where.book))
        try:
            master = workbook_path(click.where.book)
        except CollabError as error:  # the machine can still be checked
            if error.code == "excel_busy":
                raise
    return ButtonResult(doctor(master, as_of=click.as_of, lang=click.lang, from_excel=True, excel=now))


def _help(click: Click) -> ButtonResult:
    """Open the guide in the browser. It is a local file, so it needs no network."""
    from pathlib import Path

    lang = click.lang or "zh"
    return ButtonResult(
        Report(lang, {"version": "collab-xl/help/1"}), page=Path(__file__).resolve().with_name("pages") / f"guide.{lang}.html"
    )


def _init(click: Click) -> ButtonResult:
    from collab_xl.addin.starting import new_project

    return new_project(click)


def _import(click: Click) -> ButtonResult:
    from collab_xl.addin.starting import import_trackers

    return import_trackers(click)


def _pdf(click: Click) -> ButtonResult:
    from collab_xl.addin.choosing_week import pdf

    return pdf(click)


def _mail(click: Click) -> ButtonResult:
    from collab_xl.addin.mailing import mailed

    return mailed(click)


def _made(click: Click) -> ButtonResult:
    from collab_xl.addin.project_menu import made

    return made(click)


def _overview(click: Click) -> ButtonResult:
    from collab_xl.addin.project_menu import overview

    return overview(click)


def _close(click: Click) -> ButtonResult:
    from collab_xl.addin.project_menu import closed

    return closed(click)


VERB_BUTTONS = {verb.name.replace(" ", ""): verb for verb in VERBS if verb.sheet}
"""The verbs of the command line that have a button."""
WEEK_BUTTONS = ("weekthis", "weeklast", "weekother")
MOMENT_BUTTONS = ("comparebase", "compareother", "baselineset", "baselinesign")
"""Buttons that say or ask what is compared, what a baseline is called, or who has signed it."""
VERB_OF = {**dict.fromkeys(WEEK_BUTTONS, "week"), **dict.fromkeys(("comparebase", "compareother"), "compare")}
"""Buttons that run the verb of another name."""
MAIL_BUTTONS = {
    "sendpacks": "packs",
    "sendreceipts": "receipts",
    "sendreturns": "returns",
    "sendweek": "week",
    "chase": "chase",
    "escalate": "escalate",
}
"""Button → what `send` writes."""
OTHER_WAY = frozenset({"import", *VERB_BUTTONS, *VERB_OF})
"""Buttons whose verb can be run on the file instead."""
BUTTONS: dict[str, Callable[[Click], ButtonResult]] = {
    "init": _init,
    "import": _import,
    **{name: _verb for name in (*VERB_BUTTONS, *VERB_OF)},
    **dict.fromkeys(MAIL_BUTTONS, _mail),
    "pdf": _pdf,
    **dict.fromkeys(("agenda", "gantt", "calendar"), _made),
    "portfolio": _overview,
    "close": _close,
    "doctor": _doctor,
    "settings": _settings,
    "help": _help,
}
NEEDS_NO_WORKBOOK = frozenset({"init", "import", "doctor", "help"})
