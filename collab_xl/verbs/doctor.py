"""Verb `doctor`: checks this machine and a master, and says for each fault what to do.

It does not stop at a fault. It writes only probe files, which it removes again.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from collab_xl import __version__
from collab_xl.addin.diagnose import addin_lines, program_lines
from collab_xl.addin.machine import Machine
from collab_xl.addin.surroundings import environment_lines
from collab_xl.catalogue import text
from collab_xl.errors import FINDINGS, OK
from collab_xl.excel.libreoffice import office
from collab_xl.model.checkup import Health, Line, skipped, well
from collab_xl.verbs.doctor_master import MasterLines
from collab_xl.verbs.importing.layout import LAYOUT
from collab_xl.verbs.next_step import NextStep
from collab_xl.verbs.report import Report
from collab_xl.verbs.times import clock


def doctor(
    master: Path | None = None,
    *,
    as_of: date | None = None,
    lang: str | None = None,
    fallback: str = "zh",
    confirm: bool = False,
    from_excel: bool = False,
    excel: Sequence[Line] = (),
    machine: Machine | None = None,
) -> Report:
    """Check Python, the add-in and, if one is passed, a master.

    Args:
        confirm: a person says that this master and the inbox folder it names can be trusted.
        lang: of the report; None: the master's, else `fallback`.
        from_excel: called by the ribbon: Excel has just started this process (so the start is not tested) and has the master open.
        excel: lines on the Excel that runs, if the ribbon calls.
        machine: this one by default.
    """
    here = machine or Machine.this()
    groups: dict[str, list[Line]] = {
        "program": [*program_lines(sys.version_info[:3], here), *environment_lines(here), *_outside()],
        "addin": [*addin_lines(here, from_excel=from_excel), *excel],
    }
    if master is not None:
        lines_of_master = MasterLines(
            master, clock.checked_day(as_of or clock.today(), lang=lang), from_excel=from_excel, message_lang=lang, confirm=confirm
        )
        groups["master"] = list(lines_of_master.lines())
        lang = lang or lines_of_master.lang
    lang = lang or fallback
    found = [line for lines in groups.values() for line in lines]
    open_ones = sum(line.health is Health.TODO for line in found)
    body = {
        "version": "collab-xl/doctor/1",
        "package": __version__,
        "platform": here.platform,
        "master": str(master) if master is not None else None,
        "todo": open_ones,
        "items": [{"group": group, **_json(line, lang)} for group, lines in groups.items() for line in lines],
    }
    said = [text("verbs.doctor.head", lang, version=__version__)]
    if urgent := [line for line in found if line.topic == LAYOUT]:
        said += ["", *(row for line in urgent for row in _said(line, lang))]
    for group, lines in groups.items():
        said += ["", text(f"verbs.doctor.group.{group}", lang), *(row for line in lines if line not in urgent for row in _said(line, lang))]
    if master is None:
        said += ["", text("verbs.doctor.no_master", lang)]
    said += ["", text("verbs.doctor.todo" if open_ones else "verbs.doctor.well", lang, count=open_ones)]
    step = NextStep("as_said", "doctor") if open_ones else NextStep("nothing", "status") if master else NextStep("doctor_master", "doctor")
    return Report(lang, body, tuple(said), (), FINDINGS if open_ones else OK, next=step)


def _outside() -> Iterator[Line]:
    """Optional programs: LibreOffice makes the picture of the weekly sheet in the demo."""
    program = office()
    yield well("office", "office", path=program) if program else skipped("office", "no_office")


def _texts(line: Line, lang: str) -> tuple[str, str, str]:
    """What, why, what to do; empty where the line has none."""
    what, why, fix = (text(key, lang, **line.facts) if key else "" for key in (line.what, line.why, line.fix))
    return what, why, fix


def _json(line: Line, lang: str) -> dict[str, str]:
    what, why, fix = _texts(line, lang)
    return {"topic": line.topic, "state": str(line.health), "what": what, "why": why, "fix": fix}


def _said(line: Line, lang: str) -> Iterator[str]:
    what, why, fix = _texts(line, lang)
    yield f"  {text(f'verbs.doctor.state.{line.health}', lang)}  {what}"
    blank = text("verbs.doctor.state.blank", lang)
    if why:
        yield f"  {blank}  {text('verbs.doctor.why', lang, why=why)}"
    if fix:
        yield f"  {blank}  {text('verbs.doctor.fix', lang, fix=fix)}"
