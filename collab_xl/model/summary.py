"""The week in figures, before it is laid out on a sheet. Pure data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum

from collab_xl.model.directory import Person
from collab_xl.model.finding import Finding
from collab_xl.model.plan import CellChange
from collab_xl.model.record import Struct, field
from collab_xl.model.values import Value


class Rag(StrEnum):
    RED = "red"
    AMBER = "amber"
    GREEN = "green"
    NONE = "none"
    """No data to judge yet."""


class Trend(StrEnum):
    BETTER = "better"
    SAME = "same"
    WORSE = "worse"
    UNKNOWN = "unknown"
    """No earlier week in the ledger."""


class Kpi(Struct, frozen=True):
    """`id`: one of `report_pages.KPIS`, or a figure of a form. `before` is last week's, if known."""

    id: str
    value: int
    before: int | None = None


class DepartmentLine(Struct, frozen=True):
    name: str
    liaison: str
    submitted: str
    """on_time, late, missing, or not_asked (no pack issued for the week)."""
    days_late: int
    open: int
    overdue: int
    escalated: int
    total: int
    done: int
    overdue_trend: tuple[int, ...]
    """Overdue at the end of up to eight weeks, oldest first, this week last."""
    rag: Rag
    outside: bool = False
    """The line for rows of no department in the directory; it comes last."""
    cancelled: int = 0
    """Of `total`; they count in no rate."""
    fresh: date | None = None
    """The newest day its figures are of: its submission, or a row it changed. None: none is known."""
    promised: int = 0
    """Tasks it had on its list for this week when the last page was made, without those cancelled since."""
    kept: int = 0
    """Those of them that are done."""

    @property
    def rate(self) -> float | None:
        """The share that is done of what is not cancelled; None without rows."""
        going = self.total - self.cancelled
        return self.done / going if going else None


class OverdueLine(Struct, frozen=True):
    """One late task or problem; lists of these have the latest first."""

    form: str
    key: str
    name: str
    dept: str
    owner: str
    end: date
    days: int
    reason: str
    measure: str
    progress: float | None = None
    """0.8 is 80 %; None for a problem."""
    holds_up: tuple[tuple[str, int], ...] = ()
    """The rows that slip because of it, with their working days, most first."""


class EscalationLine(Struct, frozen=True):
    """`number` counts from 1 in sheet order; `to` names the people to inform; `answer_by` is the day their answer is due."""

    number: int
    form: str
    key: str
    name: str
    dept: str
    days: int
    cause: str
    """overdue, urgent_problem, escalated (by its status), resource_gap."""
    to: tuple[str, ...]
    answer_by: date | None = None
    measure: str = ""
    people: tuple[Person, ...] = ()
    """Those of `to` with their addresses."""
    since: date | None = None
    """The first day it had to be escalated; None if it is not in the register yet."""
    level: int = 1
    answered: bool = False
    time: int = 1
    """How often it has been escalated for this cause, now included."""


class ClockLine(Struct, frozen=True):
    """A running clock."""

    form: str
    key: str
    name: str
    dept: str
    waits: str
    """What it waits for, in words; "" for the answer to an escalation."""
    since: date | datetime
    until: date | datetime
    """A date means the end of that day."""
    left: int
    """Working days until then; 0 on the day itself and afterwards."""
    late: int
    """Working days since then."""
    people: tuple[str, ...] = ()
    """Who is asked."""


class Cause(Struct, frozen=True):
    """Why the light is not green. Texts: `plan.reason.<id>` with `facts`, and `plan.cure.<id>` for what would end it."""

    id: str
    rag: Rag
    facts: Mapping[str, object] = field(default_factory=dict)


class MilestoneLine(Struct, frozen=True):
    """`forecast`: expected day of one that is not done. `late`: counting days behind the plan, done or expected."""

    key: str
    name: str
    plan: date | None
    forecast: date | None
    actual: date | None
    late: int
    rag: Rag


class AtFault(Struct, frozen=True):
    """The task that makes a requirement late or red: its key, or its name where it has none."""

    key: str
    days: int = 0
    """Counting days it is late; 0: it is not late, but planned or expected too late."""
    ends: date | None = None
    """When it is expected to end, where it is not late."""
    others: int = 0
    """How many more tasks of the requirement are late."""


class DemandLine(Struct, frozen=True):
    """A requirement. `likely` and `safe`: the days by which it is done with a probability of 50 and 80 %, where the history is long
    enough; else `forecast` alone, from the plan."""

    key: str
    name: str
    rag: Rag
    progress: float | None
    due: date | None
    forecast: date | None
    likely: date | None = None
    safe: date | None = None
    late_parts: int = 0
    """Its tasks that are late now: why its light is not green although it is expected in time."""
    late: int = 0
    """Counting days after its day: until now or, where that is later, until it is expected. 0: it is in time, or done."""
    latest_part: int = 0
    """The most days that one of `late_parts` is late."""
    fault: AtFault | None = None


class Outlook(Struct, frozen=True):
    """When the project ends: the last of its milestones and requirements. `late`: counting days from the planned to the expected one."""

    planned: date
    forecast: date
    late: int = 0
    last: str = ""
    """Name of the one that is expected to end last."""
    urgent: int = 0
    """Open requirements of the highest urgency."""
    urgent_late: int = 0
    """Those of them that will miss their day."""


class WantedLine(Struct, frozen=True):
    """A decision that is wanted: what, asked by whom, of whom, by when. `form` and `key` are the row it is about."""

    kind: str
    """escalation, support, or a form that asks by `[decision]`."""
    form: str
    key: str
    what: str
    by: str
    to: tuple[str, ...]
    when: date | None
    late: bool = False
    """The day has passed."""
    decides: str = ""
    """Who of `to` decides; the others are informed. "" where each of them must answer."""
    sponsor: bool = False
    """Who decides is a sponsor: for whom the page is."""


class DoneLine(Struct, frozen=True):
    """A task finished in the week; `late` in counting days after its planned end, `milestone` if it is one."""

    key: str
    name: str
    dept: str
    day: date
    late: int = 0
    milestone: bool = False


class RiskLine(Struct, frozen=True):
    key: str
    name: str
    text: str
    dept: str


class Promise(Struct, frozen=True):
    """A task that a department had for this week and that is not done."""

    key: str
    name: str
    dept: str
    reason: str


class DecisionLine(Struct, frozen=True):
    """Something that waits for the PMO or asks for support: open conflicts, change requests, problems that ask for support."""

    kind: str
    """A kind of open item (`kind.<kind>`), `items` (how many more are open) or `support` (a problem asks for help)."""
    key: str
    text: str
    """Finished text in the project's language."""


class PlanLine(Struct, frozen=True):
    """Plan against actual of one task due or done in the week."""

    key: str
    planned: str
    dept: str
    actual: str
    """What the department wrote, else status and progress in the project's language."""
    reason: str
    measure: str
    status: str = ""
    progress: float | None = None
    end: date | None = None
    done: date | None = None


MEETINGS = frozenset({"meeting", "meeting_of"})
"""`LookAheadLine.text_id` of the review meeting, and of one of the communication plan."""


class LookAheadLine(Struct, frozen=True):
    day: date
    text_id: str
    """meeting, meeting_of, due, due_one, requirement: the text `summary.ahead.<text_id>` with these facts."""
    facts: Mapping[str, object] = field(default_factory=dict)


class ProblemLine(Struct, frozen=True):
    key: str
    dept: str
    text: str
    level: str
    status: str
    age_days: int
    owner: str = ""
    due: date | None = None
    overdue_days: int = 0
    measure: str = ""


class FormLine(Struct, frozen=True):
    """One row in a form's own block."""

    key: str
    values: Mapping[str, Value]
    """Field id → readable value, for the columns of the block."""
    who: str = ""
    """Department and owner, whether the block shows them or not."""
    due: date | None = None
    days_late: int = 0
    lacks: tuple[str, ...] = ()
    """Blank fields for which a clock of the form waits."""
    unit: str = ""
    """What the row's amounts are counted in."""
    waits: str = ""
    """The word of its status, if it waits for somebody: `待答复`."""


class FormBlock(Struct, frozen=True):
    """A form's own block on the weekly sheet: every row that meets the condition in `[report]`, sorted."""

    form: str
    lines: Sequence[FormLine]
    """Rows that lack what somebody is waited for first."""


class WeekPoint(Struct, frozen=True):
    """How many tasks were planned to be finished, and were finished, by the end of a week (`2026-W47`), cumulated."""

    week: str
    planned: int
    actual: int


class Summary(Struct, frozen=True):
    project: str
    week: str
    first_day: date
    last_day: date
    as_of: date
    data_until: datetime | None
    """Sending time of the newest submission consolidated."""
    rag: Rag
    trend: Trend
    reason: Mapping[str, object]
    """Facts of the one-sentence reason; `parts` is a tuple of (id, facts): texts `plan.reason.<id>`, joined in order."""
    missing: tuple[tuple[str, int], ...]
    """Departments that have not submitted, with days late."""
    submitted: int
    asked: int
    kpis: tuple[Kpi, ...]
    progress: tuple[WeekPoint, ...]
    ageing: tuple[tuple[str, int], ...]
    """Buckets 1-3, 4-7, 8-14, 15+ with counts; their sum is the overdue figure."""
    departments: tuple[DepartmentLine, ...]
    overdue: tuple[OverdueLine, ...]
    escalations: tuple[EscalationLine, ...]
    decisions: tuple[DecisionLine, ...]
    plan: tuple[PlanLine, ...]
    ahead: tuple[LookAheadLine, ...]
    problems: tuple[ProblemLine, ...]
    check: Mapping[str, object]
    """Facts of the footer that checks the sums: totals and the parts that must add up to them."""
    working_days: bool = True
    provisional: tuple[int, ...] = ()
    """Years the project needs of which the calendar sheet has only the holidays of the law."""
    figures: tuple[Kpi, ...] = ()
    """Figures of the forms in use, in the order of the forms."""
    blocks: tuple[FormBlock, ...] = ()
    late_others: tuple[OverdueLine, ...] = ()
    """Late rows of all other forms than the tasks, the latest first."""
    came_late: int = 0
    """Cells that submissions of the week before changed after its page was frozen."""
    beside: Mapping[str, Mapping[str, tuple[tuple[str, Value], ...]]] = field(default_factory=dict)
    """Form → row key → (field, value) of what the master shows beside the titles of its rows (sheet 字段)."""
    causes: tuple[Cause, ...] = ()
    """Why the light is not green, the worst first."""
    cures: tuple[Cause, ...] = ()
    """What would change it: what ends the causes of its colour; of a green one, what would make it amber."""
    rag_before: Rag | None = None
    """Last week's light, if known."""
    milestones: tuple[MilestoneLine, ...] = ()
    demands: tuple[DemandLine, ...] = ()
    wanted: tuple[WantedLine, ...] = ()
    done: tuple[DoneLine, ...] = ()
    risks: tuple[RiskLine, ...] = ()
    promises: tuple[Promise, ...] = ()
    """What was promised for this week and is not done."""
    promised: tuple[int, int] | None = None
    """How many were promised, and how many of them are done; None if the last page kept no promises."""
    planned: int = 0
    """Per cent of the work that is planned to be done by now; the figure `rate` is what is done."""
    outlook: Outlook | None = None
    """None: neither milestone nor requirement says a day."""
    limits: Mapping[str, int] = field(default_factory=dict)
    """Thresholds of the lights, by the names of the settings."""
    ahead_keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Department → the open tasks it has for next week: next week's promises."""


class WeekPage(Struct, frozen=True):
    """A weekly sheet as it was made, by its named places: it can be shown again when the data has gone on."""

    values: Mapping[str, tuple[tuple[Value, ...], ...]]
    """Name → its cells, line by line from the top left; cells beyond are blank."""
    shown: Mapping[str, int]
    """Name of a block → how many of its rows are shown."""
    footer: str = ""
    made_at: str = ""
    """`2026-11-20 17:42`."""
    facts: str = ""
    """The JSON object that `week --json` printed."""


class WeekRecord(Struct, frozen=True):
    """What the ledger stores about a finished weekly sheet: for next week's comparison, and to show it again."""

    week: str
    as_of: date
    kpis: Mapping[str, int]
    rag: Rag
    overdue_by_department: Mapping[str, int]
    planned: int
    actual: int
    page: WeekPage | None = None
    promised: Mapping[str, tuple[str, ...]] | None = None
    """Department → keys of the tasks it had for the week after; None: made before this was kept."""


class SubmissionStatus(Struct, frozen=True):
    """Whether and when a department submitted its pack of the week. `submitted_at` None: nothing usable was received."""

    asked: bool = True
    submitted_at: datetime | None = None
    deadline: datetime | date | None = None
    """A date means the end of that day."""
    latest_at: datetime | None = None
    """When it last sent something usable, also in an earlier week."""


class Flags(Struct, frozen=True):
    """What flagging found on one day."""

    as_of: date
    changes: tuple[CellChange, ...] = ()
    """Changes of computed cells whose content is out of date."""
    overdue: tuple[OverdueLine, ...] = ()
    """Tasks and problems, the latest first."""
    escalations: tuple[EscalationLine, ...] = ()
    findings: tuple[Finding, ...] = ()
    """Family T, in sheet order."""
    clocks: tuple[ClockLine, ...] = ()
    """Running clocks of the forms, the one that ran out first at the top."""
    working_days: bool = True
    """Whether days were counted in working days."""


class Home(Struct, frozen=True):
    """What the home sheet shows. Counts are as of the last run; None means not known yet, and the card stays blank."""

    open_tasks: int | None = None
    due_this_week: int | None = None
    overdue: int | None = None
    escalated: int | None = None
    waiting: int | None = None
    """Rows on the conflicts sheet without a decision."""
    errors: int | None = None
    warnings: int | None = None
    open_problems: int | None = None
    project: str = ""
    run: str = ""
    """Id of the last run; empty when there was none."""
    run_verb: str = ""
    run_at: datetime | None = None
    newest: datetime | None = None
    """Time of the newest submission received."""
    newest_department: str = ""
    missing: tuple[str, ...] = ()
    """Departments asked this week that have not submitted."""
    submitted: int = 0
    asked: int = 0
    """0: no pack of that week was issued."""
    week: str = ""
    """The reporting week, which `missing`, `submitted` and `asked` are about."""
    to_issue: bool | None = None
    """Whether no pack of the running week was issued yet; None: as `asked` says."""
    ready: int = 0
    """Number of submissions received and not consolidated yet."""
    held: tuple[str, ...] = ()
    """Department and file of each submission that left the workbook and is not consolidated again by itself."""
    departments: int = 0
    """Number of rows on the departments sheet."""
    unreachable: int = 0
    """Those of them without a liaison or an address."""
    calendar_from: int | None = None
    calendar_until: int | None = None
    """First and last year the calendar sheet covers."""
    uncovered: tuple[int, ...] = ()
    """Years the project needs that the calendar sheet does not cover."""
    provisional: tuple[int, ...] = ()
    """Years the project needs of which the calendar sheet has only the holidays of the law."""
    announced: tuple[int, ...] = ()
    """Those of `provisional` whose moved workdays must be announced by now."""
    figures: Mapping[str, int] = field(default_factory=dict)
    """Figures of the forms in use."""
    bounced: tuple[str, ...] = ()
    """Departments that the pack did not reach."""
    states: str = ""
    """How many departments are how far, in words."""
    layout: tuple[tuple[str, str], ...] = ()
    """Faults in the layout of the data sheets: (defined name to link to, sentence)."""
    as_of: date | None = None
    """The day all of this is about."""
    tasks: int | None = None
    """Rows of the work, finished ones too; None: not known."""
    begun: bool = True
    """Whether a pack was ever issued: before that a project is being set up."""
    light: str = ""
    """The light of 周报 as that sheet shows it, `● 黄 ▼`; "" before its first week."""
    reason: str = ""
    period: str = ""
    """The week and the day 周报 is about, as it shows them."""
    week_due: bool = False
    """Whether the deadline of the reporting week has come."""
    page_made: bool = False
    """Whether 周报 of the reporting week was made."""
    flagged: bool = False
    """Whether what is late was worked out in or after the reporting week."""

    @property
    def ended(self) -> bool:
        """Whether every task is finished."""
        return bool(self.tasks) and self.open_tasks == 0
