"""Many projects at once: what one master says of itself, and what is seen only when all are side by side. Pure data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from collab_xl.model.record import Struct, field
from collab_xl.model.summary import LookAheadLine, Rag
from collab_xl.model.values import Value


class DepartmentFigures(Struct, frozen=True):
    """A department's line on the weekly page of one project. `outside`: the line of the rows of no department in the directory."""

    name: str
    open: int
    overdue: int
    escalated: int
    total: int
    done: int
    submitted: str
    rag: Rag
    outside: bool = False


class Milestone(Struct, frozen=True):
    """A milestone, or where the project marks none, a requirement. `days_late` in counting days, 0 if it is not late."""

    key: str
    title: str
    due: date | None
    done: bool
    days_late: int = 0


class OwnedTask(Struct, frozen=True):
    """An open task and one person who owns it."""

    person: str
    department: str
    key: str
    title: str
    start: date | None
    end: date | None


class FormRows(Struct, frozen=True):
    """The rows of one form for calculating further: columns by field id, each with the kind of its field. `rows`: row of the sheet."""

    form: str
    kinds: Mapping[str, str]
    rows: tuple[int, ...]
    columns: Mapping[str, tuple[Value, ...]]


class ProjectFacts(Struct, frozen=True):
    """What one master says. The figures are those of its own weekly page: counted by the same function, or the frozen page's."""

    file: str
    """Path of the master."""
    project_id: str
    own_folder: bool
    """Whether the ledger is the one of this file's name: a copy has that of the original."""
    project: str
    week: str
    as_of: date
    """The day of the page."""
    frozen: bool
    open_by: str | None
    """Who has it open in Excel, "" if that is not known; None if it is closed. The figures are as it was saved last."""
    rag: Rag
    trend: str
    kpis: Mapping[str, tuple[int, int | None]]
    """Figure of the page or of a form → its value and last week's, if known."""
    labels: Mapping[str, str]
    """Name of each figure of a form, in the language asked for."""
    alarms: frozenset[str]
    """Figures of forms that are a bad sign when they are not 0."""
    total: int
    """Tasks without cancelled ones."""
    done: int
    planned: int
    """Tasks that should be done by the end of the week."""
    departments: tuple[DepartmentFigures, ...]
    missing: tuple[str, ...]
    waiting: int
    """Open items on 冲突处理."""
    reason: tuple[tuple[str, Mapping[str, object]], ...] = ()
    """Parts of the sentence: (id, facts) for texts `plan.reason.<id>`. Empty for a frozen page, which has `sentence`."""
    sentence: str = ""
    milestones: tuple[Milestone, ...] = ()
    marked: bool = False
    """Whether the milestones are tasks marked as such."""
    ahead: tuple[LookAheadLine, ...] = ()
    worst: tuple[str, ...] = ()
    """ID and title of the worst row of each form that has a level: open risks and problems."""
    tasks: tuple[OwnedTask, ...] = ()
    forms: tuple[FormRows, ...] = ()

    @property
    def progress(self) -> float | None:
        return self.done / self.total if self.total else None

    @property
    def plan(self) -> float | None:
        return self.planned / self.total if self.total else None

    def value(self, figure: str) -> int:
        return self.kpis.get(figure, (0, None))[0]


class NotRead(Struct, frozen=True):
    """A master without figures, and why."""

    file: str
    what: str
    why: str
    fix: str
    code: str = ""


class HeatLine(Struct, frozen=True):
    """One department over all projects: a cell for each project in the order of the overview, None where it has no part in it."""

    department: str
    overdue: int
    escalated: int
    cells: tuple[DepartmentFigures | None, ...]


class SharedPerson(Struct, frozen=True):
    """A person with open tasks in several projects."""

    person: str
    departments: tuple[str, ...]
    """In the order of their names; several may mean several people of one name."""
    projects: tuple[int, ...]
    """Numbers of the projects in the order of the overview."""
    tasks: tuple[tuple[int, OwnedTask], ...]
    """(number of the project, task), by start."""
    days: int
    """Calendar days on which tasks of two or more projects run; 0 if none, or if the days are not known."""
    first: date | None = None
    last: date | None = None
    """The first and the last of these days."""


class Portfolio(Struct, frozen=True):
    """All projects, the worst first; then what could not be read."""

    projects: tuple[ProjectFacts, ...]
    not_read: tuple[NotRead, ...]
    heat: tuple[HeatLine, ...]
    people: tuple[SharedPerson, ...]
    skipped: int = 0
    """Workbooks in the folders that are no masters."""
    totals: Mapping[str, tuple[int, int | None]] = field(default_factory=dict)
    """Figure → the sum over the projects, and last week's where every project has one."""

    def count(self, rag: Rag) -> int:
        return sum(project.rag is rag for project in self.projects)


class DataTable(Struct, frozen=True):
    """A table for Power BI: column → kind (text, whole, number, day, moment, yesno), and the rows."""

    name: str
    kinds: Mapping[str, str]
    rows: Sequence[Sequence[Value]]


class OverviewLine(Struct, frozen=True):
    """A line of the overview as texts and numbers. `rag` is None for a master that could not be read."""

    rag: Rag | None
    light: str
    """The light in words, with the trend."""
    project: str
    file: str
    why: str
    progress: float | None = None
    plan: float | None = None
    overdue: int | None = None
    escalated: int | None = None
    milestones: str = ""
    risks: str = ""
    next_steps: str = ""
    week: str = ""
    late: bool = False
    """Whether a milestone is late."""


class PersonLine(Struct, frozen=True):
    """A line of the list of people wanted by several projects."""

    person: str
    departments: str
    projects: int
    tasks: int
    days: int | None
    period: str
    where: str
    """A line of text for each task."""


class Overview(Struct, frozen=True):
    """What the workbook shows. `cards`: (id, figure, last week's) in order; `head` and `note` are sentences."""

    head: str
    note: str
    cards: tuple[tuple[str, int, int | None], ...]
    lines: tuple[OverviewLine, ...]
    projects: tuple[tuple[Rag, str, str], ...]
    """Light, name and file of each project that was read, in the order of `HeatLine.cells`."""
    heat: tuple[HeatLine, ...]
    people: tuple[PersonLine, ...]
