"""What each button does: the verb of the same name on the workbook on the screen, and the sheet that shows the result.

In: the workbook, the day, the person's language.  Out: a `Done`.  Effects: those of the verb.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from collab_xl.errors import CONFLICTS
from collab_xl.pipeline import clock
from collab_xl.pipeline.report import Progress, Report

if TYPE_CHECKING:
    from pathlib import Path

    from collab_xl.engines.live_run import OnScreen


@dataclass(frozen=True)
class Asked:
    """One click. `where` is None without a workbook in front (only for buttons that need none)."""

    verb: str
    where: OnScreen | None
    lang: str | None
    progress: Progress

    @property
    def as_of(self) -> date:
        return clock.today()

    @property
    def screen(self) -> OnScreen:
        assert self.where is not None
        return self.where


@dataclass(frozen=True)
class Done:
    """What came of a click. `service` is the list to bring up (its id in `service.toml`, or `week` for 周报), `cell` a cell there."""

    report: Report
    service: str = ""
    cell: tuple[int, int] | None = None
    page: Path | None = None
    """A page to open in the browser."""


def press(asked: Asked) -> Done:
    """Carry out one click. Raises CollabError as the verbs do."""
    return BUTTONS[asked.verb](asked)


def _issue(asked: Asked) -> Done:
    from collab_xl import pipeline

    return Done(pipeline.issue(asked.screen, as_of=asked.as_of, lang=asked.lang, progress=asked.progress), "submissions")


def _collect(asked: Asked) -> Done:
    from collab_xl import pipeline

    report = pipeline.collect(asked.screen, (), department=None, as_of=asked.as_of, write=True, lang=asked.lang, progress=asked.progress)
    return Done(report, "questions" if report.json.get("questions") else "submissions")


def _check(asked: Asked) -> Done:
    from collab_xl import pipeline

    return Done(pipeline.check(asked.screen, as_of=asked.as_of, lang=asked.lang), "findings")


def _flag(asked: Asked) -> Done:
    from collab_xl import pipeline

    return Done(pipeline.flag(asked.screen, as_of=asked.as_of, lang=asked.lang), "overdue")


def _preview(asked: Asked) -> Done:
    from collab_xl import pipeline

    return Done(pipeline.preview(asked.screen, as_of=asked.as_of, lang=asked.lang, progress=asked.progress), "preview")


def _consolidate(asked: Asked) -> Done:
    from collab_xl import pipeline

    report = pipeline.consolidate(asked.screen, as_of=asked.as_of, lang=asked.lang, progress=asked.progress)
    return Done(report, "conflicts" if report.exit_code == CONFLICTS else "changes" if report.json["run"] else "submissions")


def _resolve(asked: Asked) -> Done:
    from collab_xl import pipeline

    return Done(pipeline.resolve(asked.screen, as_of=asked.as_of, lang=asked.lang), "conflicts")


def _week(asked: Asked) -> Done:
    from collab_xl import pipeline

    return Done(pipeline.week(asked.screen, as_of=asked.as_of, lang=asked.lang), "week")


def _undo(asked: Asked) -> Done:
    from collab_xl import pipeline

    return Done(pipeline.undo(asked.screen, as_of=asked.as_of, lang=asked.lang), "changes")


def _log(asked: Asked) -> Done:
    from collab_xl import pipeline

    return Done(pipeline.log(asked.screen, lang=asked.lang), "changes")


def _settings(asked: Asked) -> Done:
    """The sheet is brought up, at the first value that cannot be used."""
    from collab_xl.catalogue import text
    from collab_xl.pipeline.bad_settings import unusable
    from collab_xl.pipeline.session import opened

    with opened(asked.screen, write=False, as_of=asked.as_of, lang=asked.lang) as session:
        sheet = session.sheet_of("settings")
        bad = unusable(session)  # which the notes name
        lines = [text("ribbon.settings", session.lang, sheet=sheet)]
        if not bad:
            lines.append(text("ribbon.settings_good", session.lang))
        body = {"version": "collab-xl/settings/1", "unusable": list(session.unusable_settings)}
        report = Report(session.lang, body, tuple(lines), notes=session.master.warnings)
        return Done(report, "settings", bad[0].cell if bad else None)


def _doctor(asked: Asked) -> Done:
    from collab_xl.engines.live_state import workbook_path
    from collab_xl.errors import CollabError
    from collab_xl.pipeline.doctor import doctor

    master = None
    if asked.where is not None:
        try:
            master = workbook_path(asked.where.book)
        except CollabError as error:  # the machine can be looked at all the same
            if error.code == "excel_busy":
                raise
    return Done(doctor(master, as_of=asked.as_of, lang=asked.lang, from_excel=True))


def _help(asked: Asked) -> Done:
    """The guide in the browser: it is a file of ours, so that it is there without a network."""
    from pathlib import Path

    lang = asked.lang or "zh"
    return Done(Report(lang, {"version": "collab-xl/help/1"}), page=Path(__file__).resolve().with_name("pages") / f"guide.{lang}.html")


BUTTONS: dict[str, Callable[[Asked], Done]] = {
    "issue": _issue,
    "collect": _collect,
    "check": _check,
    "flag": _flag,
    "preview": _preview,
    "consolidate": _consolidate,
    "resolve": _resolve,
    "week": _week,
    "undo": _undo,
    "log": _log,
    "doctor": _doctor,
    "settings": _settings,
    "help": _help,
}
NEEDS_NO_WORKBOOK = frozenset({"doctor", "help"})
