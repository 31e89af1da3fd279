"""Fill the home sheet: values into the names `home_*`, and the next steps as links.

In: a Home, the workbook's names and sheets.  Out: a Plan.  Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from collab_xl.catalogue import has, listed, text
from collab_xl.forms import Schema, load
from collab_xl.forms.blocks import jump
from collab_xl.model.plan import Plan
from collab_xl.model.report_pages import HOME_CARDS
from collab_xl.model.sheets import Snapshot
from collab_xl.model.summary import Home
from collab_xl.model.values import Link, Value
from collab_xl.plan.places import NamedPlaces, Names


def plan_home(home: Home, names: Names, snapshots: Callable[[str], Snapshot], lang: str, schema: Schema | None = None) -> Plan:
    """The plan that writes `home` to the home sheet. The card of an unknown figure is blank."""
    schema = schema or load()
    places = NamedPlaces(names, snapshots)
    if home.project:
        places.put("home_title", home.project)
    for card in HOME_CARDS:
        places.put(f"home_{card.id}", getattr(home, card.id))
    for figure, value in home.figures.items():
        places.put(f"home_figure_{figure}", value)
    places.put("home_last_run", _last_run(home, lang))
    newest = f"{home.newest:%Y-%m-%d %H:%M} {home.newest_department}".strip() if home.newest else text("model.sheet.none_yet", lang)
    places.put("home_newest", newest)
    places.put("home_missing", _missing(home, lang))
    places.put("home_calendar", _calendar(home, lang))
    lines: list[Value] = [Link(f"#{target}", f"{n}. {line}") for n, (target, line) in enumerate(next_steps(home, lang, schema), 1)]
    places.column("home_next", lines)
    return places.plan()


def next_steps(home: Home, lang: str, schema: Schema | None = None) -> list[tuple[str, str]]:
    """The next steps, most urgent first: (defined name to link to, sentence). Never empty."""
    steps: list[tuple[str, str]] = [*home.layout]

    def step(key: str, target: str, **facts: object) -> None:
        steps.append((target, text(f"plan.next.{key}", lang, **facts)))

    if not home.departments:
        step("departments", "go_departments")
    if home.uncovered:
        step("calendar", "go_calendar", years=_years(home.uncovered, lang))
    if home.announced:
        step("moved_days", "go_calendar", years=_years(home.announced, lang))
    if home.errors:
        step("errors", "go_findings", n=home.errors)
    if home.waiting:
        step("waiting", "go_conflicts", n=home.waiting)
    if home.ready:
        step("ready", "go_submissions", n=home.ready)
    if home.held:
        step("held", "go_submissions", n=len(home.held), names=listed(home.held, lang, "plan.week.and_more"))
    if home.bounced:
        step("bounced", "go_departments", names=listed(home.bounced, lang, "plan.week.and_more"))
    if home.missing:
        step("chase", "go_departments", names=listed(home.missing, lang, "plan.week.and_more"))
    if home.escalated:
        step("escalated", "go_escalations", n=home.escalated)
    if home.overdue:
        step("overdue", "go_overdue", n=home.overdue)
    if home.departments and (not home.asked if home.to_issue is None else home.to_issue):
        step("issue", "go_departments")
    if home.asked and not (home.missing or home.ready or home.waiting):
        step("week", "go_weekly")
    return steps or [(jump(schema or load(), "work") or "go_home", text("plan.next.nothing", lang))]


def _last_run(home: Home, lang: str) -> str:
    if not home.run:
        return text("model.sheet.none_yet", lang)
    verb = text(f"model.verb.{home.run_verb}", lang) if has(f"model.verb.{home.run_verb}", lang) else home.run_verb
    when = f"{home.run_at:%Y-%m-%d %H:%M}" if home.run_at else ""
    return " · ".join(filter(None, (verb, when, home.run)))


def _missing(home: Home, lang: str) -> str:
    if not home.asked:
        return text("plan.week.nobody_asked", lang)
    count = text("plan.week.count", lang, submitted=home.submitted, asked=home.asked)
    states = f"\n{home.states}" if home.states else ""
    if home.missing:
        return text("plan.week.missing", lang, names=listed(home.missing, lang, "plan.week.and_more")) + count + states
    return text("model.week.all_in", lang) + count + states


def _calendar(home: Home, lang: str) -> str:
    if home.calendar_from is None or home.calendar_until is None:
        return text("plan.home.no_calendar", lang)
    covered = text("plan.home.calendar", lang, first=home.calendar_from, last=home.calendar_until)
    if home.uncovered:
        covered += text("plan.home.uncovered", lang, years=_years(home.uncovered, lang))
    if home.provisional:
        covered += text("plan.home.provisional", lang, years=_years(home.provisional, lang))
    return covered


def _years(years: Sequence[int], lang: str) -> str:
    return listed([str(year) for year in years], lang, "plan.home.more_years")
