"""The state of the desk as a value, and what each event makes of it. Pure: no window, no process.

In: the state and what happened.  Out: the next state. The window draws it and sends orders.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from collab_xl.desk.asked import ON_DESK, needs_master
from collab_xl.desk.protocol import Done, Event, FormShown, Question, Refusal, Result, Shown, Step, Writing
from collab_xl.errors import CONFLICTS, FAULT, FINDINGS, OK
from collab_xl.errors import REFUSED as REFUSED_BY_OUTSIDE
from collab_xl.model.record import replace

MOST_MASTERS: Final = 10
READING, STEP, WRITING, ASKING, ENDING = "reading", "step", "writing", "asking", "ending"
"""Phases of a run: it has just begun; a step; it writes and cannot be cancelled; it waits for an answer; it was asked to end."""
DONE, REMARKS, WAITS, PARTLY, REFUSED, FAILED, CANCELLED, DIED, SO_FAR = (
    "done", "remarks", "waits", "partly", "refused", "failed", "cancelled", "died", "so_far",
)  # fmt: skip
"""Kinds of an outcome, as a person reads them; `desk.outcome.<kind>`."""


@dataclass(frozen=True)
class Run:
    """The verb that works now. `write`: False while it only shows what it would do."""

    id: int
    verb: str
    write: bool
    phase: str = READING
    name: str = ""
    done: int = 0
    total: int = 0
    question: Question | None = None
    shown: Result | None = None
    in_excel: bool = False
    """Whether it works on a workbook that is open in Excel: a click of the ribbon, or a verb on a master that is open there."""

    @property
    def can_cancel(self) -> bool:
        return self.phase not in (WRITING, ENDING)


@dataclass(frozen=True)
class Outcome:
    """How the last run ended. `write`: False if it only showed what it would do."""

    verb: str
    kind: str
    write: bool
    result: Result | None = None
    refusal: Refusal | None = None
    while_writing: bool = False
    """Whether the worker died after it began to write."""
    in_excel: bool = False

    @property
    def can_write(self) -> bool:
        """Whether what was shown can now be written."""
        return not self.write and self.result is not None


@dataclass(frozen=True)
class About:
    """What the desk knows of the master in front, from `status`, `log` and `forms list`; only to offer choices."""

    project: str = ""
    week: str = ""
    departments: tuple[str, ...] = ()
    weeks: tuple[str, ...] = ()
    """Weeks of issued packs, newest first."""
    reporting: str = ""
    """The reporting week, which `week` and `status` are about by default; `week` is the running one."""
    pages: tuple[tuple[str, bool], ...] = ()
    """Weeks whose page was made, newest first, and whether it is frozen."""
    baselines: tuple[tuple[str, str], ...] = ()
    """Baselines, newest first: id, name."""
    runs: tuple[tuple[str, str, str], ...] = ()
    """Runs in the workbook that are not undone, newest first: id, time, verb."""
    forms: tuple[tuple[str, str, str], ...] = ()
    """Forms: id, name, state (free, in_use, older, …)."""
    lists: tuple[str, ...] = ()
    """What upgrading adds beside forms: sheets and columns that an older version had not, in words."""
    mailbox: tuple[tuple[str, str], ...] = ()
    """What the settings say of the mailbox: setting, value; without blank ones."""
    robots: tuple[str, ...] = ()
    """The group robots that the settings name."""


@dataclass(frozen=True)
class Desk:
    """Everything the window shows."""

    lang: str = "zh"
    masters: tuple[str, ...] = ()
    """Masters used before, newest first."""
    master: str = ""
    verb: str = ""
    preview: bool = True
    """Whether a verb first shows what it would do."""
    about: About = field(default_factory=About)
    run: Run | None = None
    outcome: Outcome | None = None
    ready: bool = False
    """Whether the worker waits for orders; it takes them in any case."""

    @property
    def busy(self) -> bool:
        return self.run is not None

    def can_run(self, verb: str) -> bool:
        return not self.busy and (bool(self.master) or not needs_master(ON_DESK[verb]))


def with_master(desk: Desk, master: str) -> Desk:
    """The desk with this master in front, which becomes the newest of those used; "" for none."""
    masters = (master, *(m for m in desk.masters if m != master))[:MOST_MASTERS] if master else desk.masters
    return replace(desk, master=master, masters=masters, about=About(), outcome=None)


def without_master(desk: Desk, master: str) -> Desk:
    """Forget a master that is gone."""
    left = replace(desk, masters=tuple(m for m in desk.masters if m != master))
    return with_master(left, "") if desk.master == master else left


def begun(desk: Desk, number: int, verb: str, *, write: bool, in_excel: bool = False) -> Desk:
    """A run was sent to the worker. Raises ValueError while another works."""
    if desk.busy:
        raise ValueError("a verb is running")
    return replace(desk, run=Run(number, verb, write, in_excel=in_excel), outcome=None)


def cancelling(desk: Desk) -> Desk:
    """A person has asked to end the run."""
    if desk.run is None or not desk.run.can_cancel:
        return desk
    return replace(desk, run=replace(desk.run, phase=ENDING, question=None))


def answered(desk: Desk) -> Desk:
    """The question was answered; the run goes on."""
    return desk if desk.run is None else replace(desk, run=replace(desk.run, phase=READING, question=None, name="", total=0))


def after(desk: Desk, event: Event) -> Desk:
    """The state after an event of the worker. An event of another run changes nothing."""
    run = desk.run
    if run is None or getattr(event, "id", None) != run.id:
        return desk
    match event:
        case Step(name=name, done=done, total=total):
            phase = run.phase if run.phase in (WRITING, ENDING) else STEP
            return replace(desk, run=replace(run, phase=phase, name=name, done=done, total=total))
        case Writing(in_excel=in_excel):
            return replace(desk, run=replace(run, phase=WRITING, name="", done=0, total=0, in_excel=run.in_excel or in_excel))
        case Shown(result=result):
            return replace(desk, run=replace(run, shown=result))
        case FormShown():
            return replace(desk, run=replace(run, phase=ASKING, name="", done=0, total=0))
        case Question() if run.phase != ENDING:
            return replace(desk, run=replace(run, phase=ASKING, question=event))
        case Done(result=result, refusal=refusal):
            return replace(desk, run=None, outcome=_ended(run, result, refusal))
    return desk


def _ended(run: Run, result: Result | None, refusal: Refusal | None) -> Outcome:
    if result is not None:
        kinds = {OK: DONE, FINDINGS: REMARKS, CONFLICTS: WAITS, REFUSED_BY_OUTSIDE: REFUSED, FAULT: PARTLY}
        return Outcome(run.verb, kinds.get(result.exit_code, REMARKS), run.write, _joined(run.shown, result))
    if refusal is not None:
        return Outcome(run.verb, FAILED if refusal.code == "fault" else REFUSED, run.write, refusal=refusal)
    return Outcome(run.verb, CANCELLED, run.write)


def _joined(shown: Result | None, result: Result) -> Result:
    """The result with the tables that were shown before a question, unless it has them itself."""
    if shown is None or result.tables:
        return result
    return Result(result.lang, result.exit_code, result.lines, shown.tables, result.notes, result.made, result.facts)


def died(desk: Desk) -> Desk:
    """The worker has ended by itself; its run, if there was one, is lost."""
    run = desk.run
    if run is None:
        return replace(desk, ready=False)
    outcome = Outcome(run.verb, DIED, run.write, while_writing=run.phase == WRITING, in_excel=run.in_excel)
    return replace(desk, run=None, ready=False, outcome=outcome)


def learned(desk: Desk, facts: Mapping[str, Any]) -> Desk:
    """What a result's JSON object says about the master, for the choices. Objects of other verbs change nothing."""
    about = desk.about
    match facts.get("version"):
        case "collab-xl/status/1":
            about = replace(
                about,
                project=str(facts.get("project") or ""),
                week=str(facts.get("week") or ""),
                departments=tuple(map(str, facts.get("departments") or ())),
                weeks=tuple(sorted(map(str, facts.get("weeks") or ()), reverse=True)),
                reporting=str(facts.get("reporting_week") or ""),
                pages=tuple(sorted(((str(p["week"]), bool(p["frozen"])) for p in facts.get("pages") or ()), reverse=True)),
                baselines=tuple((str(b["id"]), str(b["name"])) for b in facts.get("baselines") or ()),
                mailbox=tuple((str(k), str(v)) for k, v in (facts.get("mailbox") or {}).items() if v),
                robots=tuple(map(str, facts.get("robots") or ())),
            )
        case "collab-xl/log/1" if "runs" in facts:
            listed = [r for r in facts["runs"] if r["contained"] and not r["undone"]]
            runs = tuple((str(r["run"]), str(r["time"])[:16].replace("T", " "), str(r["verb"])) for r in listed)
            about = replace(about, runs=runs)
        case "collab-xl/forms/1" if "forms" in facts:
            forms = tuple((str(f["form"]), str(f["sheet"] or f["form"]), str(f["state"] or "")) for f in facts["forms"])
            about = replace(about, forms=forms, lists=tuple(map(str, facts.get("lists") or ())))
    return replace(desk, about=about)
