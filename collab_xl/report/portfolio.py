"""Many projects side by side: the worst first, departments over projects, people wanted by several projects, tables for Power BI.

In: what each master said.  Out: a `Portfolio`, data tables.  Pure; the groups and sums are counted with pandas.  The order depends on the
content alone, never on which master was read first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import pairwise

from collab_xl.model.directory import folded
from collab_xl.model.portfolio import (
    DataTable,
    DepartmentFigures,
    HeatLine,
    NotRead,
    OwnedTask,
    Portfolio,
    ProjectFacts,
    SharedPerson,
)
from collab_xl.model.summary import Rag
from collab_xl.model.values import Value

_RANK = {Rag.RED: 0, Rag.AMBER: 1, Rag.GREEN: 2, Rag.NONE: 3}
SUMMED = ("open", "due_this_week", "overdue", "escalated", "finished_this_week", "open_problems")
"""Figures of every weekly page, in its order, that are added up over the projects."""
_KINDS = {"date": "day", "moment": "moment", "whole": "whole", "percent": "number", "amount": "number", "yesno": "yesno"}
"""Kind of a field → kind of a column; every other kind is text."""


def portfolio_of(projects: Iterable[ProjectFacts], not_read: Iterable[NotRead], skipped: int = 0) -> Portfolio:
    """Sort the projects and put them side by side."""
    ordered = tuple(sorted(projects, key=_worst_first))
    return Portfolio(
        projects=ordered,
        not_read=tuple(sorted(not_read, key=lambda line: line.file)),
        heat=heat_lines(ordered),
        people=shared_people(ordered),
        skipped=skipped,
        totals=totals_of(ordered),
    )


def _worst_first(project: ProjectFacts) -> tuple[object, ...]:
    late = sum(m.days_late > 0 for m in project.milestones)
    return (_RANK[project.rag], -project.value("escalated"), -project.value("overdue"), -late, project.project, project.file)


def totals_of(projects: Sequence[ProjectFacts]) -> dict[str, tuple[int, int | None]]:
    """The sums of the figures of every page. Last week's sum is None unless every project knows its figure of last week."""
    out: dict[str, tuple[int, int | None]] = {}
    for figure in SUMMED:
        before = [project.kpis.get(figure, (0, None))[1] for project in projects]
        known = [n for n in before if n is not None]
        out[figure] = (sum(p.value(figure) for p in projects), sum(known) if known and len(known) == len(before) else None)
    return out


def heat_lines(projects: Sequence[ProjectFacts]) -> tuple[HeatLine, ...]:
    """A line for every department: the one with most escalated rows first, then with most overdue ones, then by name. The rows of no
    department are the last line. One department is known by its name, without regard to case, width and blanks."""
    import pandas as pd

    met: dict[tuple[str, int], DepartmentFigures] = {}
    names: dict[str, str] = {}
    for n, project in enumerate(projects):
        for figures in project.departments:
            key = "" if figures.outside else folded(figures.name)
            if figures.outside and not figures.total:
                continue
            met[key, n] = figures
            names.setdefault(key, figures.name)
    if not met:
        return ()
    table = pd.DataFrame(
        [(key, n, f.overdue, f.escalated) for (key, n), f in met.items()], columns=["key", "project", "overdue", "escalated"]
    )
    sums = table.groupby("key")[["overdue", "escalated"]].sum()
    lines = [
        HeatLine(names[str(key)], int(line["overdue"]), int(line["escalated"]), tuple(met.get((str(key), n)) for n in range(len(projects))))
        for key, line in sums.to_dict("index").items()
    ]
    last = names.get("", "") if "" in sums.index else None
    return tuple(sorted(lines, key=lambda line: (line.department == last, -line.escalated, -line.overdue, line.department)))


def shared_people(projects: Sequence[ProjectFacts]) -> tuple[SharedPerson, ...]:
    """People with open tasks in two or more projects: who is wanted on most days at once first, then in most projects, then by name."""
    import pandas as pd

    rows = [(folded(task.person), n, task) for n, project in enumerate(projects) for task in project.tasks]
    if not rows:
        return ()
    table = pd.DataFrame(rows, columns=["key", "project", "task"])
    wanted = table.groupby("key")["project"].nunique()
    several = table[table["key"].isin(wanted[wanted > 1].index)]
    people = [_person(list(zip(own["project"], own["task"], strict=True))) for _, own in several.groupby("key", sort=True)]
    return tuple(sorted(people, key=lambda p: (-p.days, -len(p.projects), p.person)))


def _person(tasks: Sequence[tuple[int, OwnedTask]]) -> SharedPerson:
    ordered = sorted(((int(n), task) for n, task in tasks), key=lambda own: (own[1].start or date.max, own[0], own[1].key))
    days = _shared_days([(n, t.start, t.end) for n, t in ordered if t.start is not None and t.end is not None and t.start <= t.end])
    departments = sorted({task.department for _, task in ordered if task.department})
    return SharedPerson(
        person=ordered[0][1].person,
        departments=tuple(departments),
        projects=tuple(sorted({n for n, _ in ordered})),
        tasks=tuple(ordered),
        days=sum(last - first + 1 for first, last in days),
        first=date.fromordinal(days[0][0]) if days else None,
        last=date.fromordinal(days[-1][1]) if days else None,
    )


def _shared_days(spans: Sequence[tuple[int, date, date]]) -> list[tuple[int, int]]:
    """The stretches of days (as ordinals, both ends included) on which spans of two or more projects run, in order."""
    edges = sorted({edge for _, start, end in spans for edge in (start.toordinal(), end.toordinal() + 1)})
    out: list[tuple[int, int]] = []
    for first, after in pairwise(edges):
        if len({n for n, start, end in spans if start.toordinal() <= first <= end.toordinal()}) > 1:
            joined = bool(out) and out[-1][1] == first - 1
            out[-1:] = [(out[-1][0], after - 1)] if joined else [*out[-1:], (first, after - 1)]
    return out


def data_tables(portfolio: Portfolio) -> list[DataTable]:
    """The tables for Power BI: projects, figures, departments, people, and one per form with the rows of all projects.

    Every table begins with `project_id`, `project` and `week`, so that weeks can be put below each other and tables joined.
    """
    shared = {"project_id": "text", "project": "text", "week": "text", "as_of": "day"}
    own = [(p, (p.project_id, p.project, p.week, p.as_of)) for p in portfolio.projects]
    about = {"rag": "text", "trend": "text", "done": "whole", "total": "whole", "planned": "whole", "waiting": "whole", "missing": "whole"}
    milestones = {"milestones": "whole", "milestones_done": "whole", "milestones_late": "whole"}
    projects: list[Sequence[Value]] = [
        (
            *head, str(p.rag), p.trend, p.done, p.total, p.planned, p.waiting, len(p.missing),
            len(p.milestones), sum(m.done for m in p.milestones), sum(m.days_late > 0 for m in p.milestones),
            *(p.value(figure) for figure in SUMMED), p.file,
        )
        for p, head in own
    ]  # fmt: skip
    columns = {**shared, **about, **milestones, **dict.fromkeys(SUMMED, "whole"), "file": "text"}
    figures = [(*head, name, value, before) for p, head in own for name, (value, before) in p.kpis.items()]
    counts = dict.fromkeys(("open", "overdue", "escalated", "total", "done"), "whole")
    departments: list[Sequence[Value]] = [
        (*head, d.name, str(d.rag), d.submitted, *(getattr(d, name) for name in counts)) for p, head in own for d in p.departments
    ]
    people = [
        (*own[n][1], line.person, task.department, len(line.projects), line.days, task.key, task.title, task.start, task.end)
        for line in portfolio.people
        for n, task in line.tasks
    ]
    of_people = {"person": "text", "department": "text", "projects": "whole", "days": "whole"}
    of_tasks = {"row_id": "text", "title": "text", "start": "day", "end": "day"}
    return [
        DataTable("projects", columns, projects),
        DataTable("figures", {**shared, "figure": "text", "value": "whole", "before": "whole"}, figures),
        DataTable("departments", {**shared, "department": "text", "rag": "text", "submitted": "text", **counts}, departments),
        DataTable("people", {**shared, **of_people, **of_tasks}, people),
        *_form_tables(portfolio.projects, shared),
    ]


def _form_tables(projects: Sequence[ProjectFacts], shared: Mapping[str, str]) -> list[DataTable]:
    """The rows of each form of all projects; a column that one project has is blank for the others."""
    kinds: dict[str, dict[str, str]] = {}
    for project in projects:
        for form in project.forms:
            kinds.setdefault(form.form, {}).update({name: _KINDS.get(kind, "text") for name, kind in form.kinds.items()})
    out = []
    for form_id, columns in kinds.items():
        rows: list[tuple[Value, ...]] = []
        for p in projects:
            for form in p.forms:
                if form.form == form_id:
                    head = (p.project_id, p.project, p.week, p.as_of)
                    rows += [
                        (*head, row, *(form.columns[name][i] if name in form.columns else None for name in columns))
                        for i, row in enumerate(form.rows)
                    ]
        out.append(DataTable(f"form_{form_id}", {**shared, "row": "whole", **columns}, rows))
    return out
