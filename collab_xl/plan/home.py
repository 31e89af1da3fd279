"""Fill the home sheet: values into the names `home_*`, and the next steps as links.

In: a Home, the workbook's names and sheets.  Out: a Plan.  Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from collab_xl.catalogue import has, listed, text
from collab_xl.forms import Schema, load
from collab_xl.forms.blocks import jump
from collab_xl.model.plan import Plan
from collab_xl.model.report_pages import HOME_CARDS, NEXT, SETUP, WEEK_STEPS
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
    places.put("home_day", _day(home, lang))
    places.put("collab_day", home.as_of)
    places.put("home_light", home.light or text("model.home.no_week", lang))
    places.put("home_reason", home.reason or text("model.home.no_week_yet", lang))
    places.put("home_period", home.period or None)
    for card in HOME_CARDS:
        places.put(f"home_{card.id}", getattr(home, card.id))
    for figure, value in home.figures.items():
        places.put(f"home_figure_{figure}", value)
    places.put("home_last_run", _last_run(home, lang))
    newest = f"{home.newest:%Y-%m-%d %H:%M} {home.newest_department}".strip() if home.newest else text("model.sheet.none_yet", lang)
    places.put("home_newest", newest)
    places.put("home_missing", _missing(home, lang))
    places.put("home_calendar", _calendar(home, lang))
    steps = next_steps(home, lang, schema)
    lines = [_link(target, line, names) for target, line in steps]
    room = places.rows("home_next", NEXT)
    if len(lines) > room:
        lines[room - 1 :] = [text("plan.next.more", lang, n=len(lines) - room + 1)]
    places.column("home_next", lines)
    for step, state in week_states(home, lang).items():
        places.put(f"home_step_{step}", state or None)
    places.put("home_step", _step(home, lang))
    return places.plan()


def _link(target: str, line: str, names: Names) -> Value:
    """A link to a sheet that is there; where it was deleted, the words alone."""
    return Link(f"#{target}", line) if target in names else line


def next_steps(home: Home, lang: str, schema: Schema | None = None) -> list[tuple[str, str]]:
    """The next steps, most urgent first, numbered: (defined name to link to, sentence). Never empty."""
    steps: list[tuple[str, str]] = [*home.layout]

    def step(key: str, target: str, **facts: object) -> None:
        steps.append((target, text(f"plan.next.{key}", lang, **facts)))

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
    if not home.begun:
        return _setup(home, lang, schema or load()) + _numbered(steps, len(SETUP))
    if home.bounced:
        step("bounced", "go_departments", names=listed(home.bounced, lang, "plan.week.and_more"))
    if not home.departments:
        step("departments", "go_departments")
    if home.missing and not home.ended:
        step("chase", "go_submissions", names=listed(home.missing, lang, "plan.week.and_more"))
    if home.asked and not home.page_made and (home.week_due or not (home.missing or home.ready or home.waiting)):
        step("week", "go_weekly", week=_week(home, lang))
    if home.departments and not home.ended and (not home.asked if home.to_issue is None else home.to_issue):
        step("issue", "go_submissions")
    if home.escalated:
        step("escalated", "go_escalations", n=home.escalated)
    if home.overdue:
        step("overdue", "go_overdue", n=home.overdue)
    work = jump(schema or load(), "work") or "go_home"
    if home.ended:
        step("ended", work, n=home.tasks)
    if not steps:
        step("nothing", work)
    return _numbered(steps)


def _numbered(steps: Sequence[tuple[str, str]], before: int = 0) -> list[tuple[str, str]]:
    return [(target, f"{n}. {line}") for n, (target, line) in enumerate(steps, before + 1)]


def _setup(home: Home, lang: str, schema: Schema) -> list[tuple[str, str]]:
    """The three steps of a new project, those done with a mark."""
    done = {"departments": bool(home.departments) and not home.unreachable, "work": bool(home.tasks)}
    out = []
    for n, todo in enumerate(SETUP, 1):
        line = f"{n}. {text(f'model.setup.{todo.id}', lang)}"
        if todo.id == "departments" and home.unreachable:
            line += text("plan.step.unreachable", lang, n=home.unreachable)
        out.append((jump(schema, todo.leads_to) or "go_home", f"✓ {line}" if done.get(todo.id) else line))
    return out


def week_states(home: Home, lang: str) -> dict[str, str]:
    """Step of the week → how far it is: `✓` done, `▶` the one to do now, or what there is to do."""
    if not home.begun:
        return dict.fromkeys((step.id for step in WEEK_STEPS), "")
    now, open_ = step_now(home), _open(home)
    counted = {"missing": len(home.missing), "ready": home.ready, "waiting": home.waiting}
    facts = {"asked": home.asked, "submitted": home.submitted, **counted}
    out = {}
    counts = {"chase": len(home.missing), "preview": home.ready, "consolidate": home.ready, "resolve": home.waiting}
    for step in WEEK_STEPS:
        waits = open_[step.id]
        if waits and counts.get(step.id) == 0 and step.id != now:
            out[step.id] = ""  # it has not come to that yet
            continue
        words = text(f"plan.step.{step.id}.{'open' if waits else 'done'}", lang, **facts)
        out[step.id] = f"▶ {words}" if step.id == now else words if waits else f"✓ {words}"
    return out


def _open(home: Home) -> dict[str, bool]:
    """Whether a step of the week has something to do."""
    return {
        "issue": not home.asked,
        "chase": not home.asked or bool(home.missing),
        "collect": not home.submitted,
        "preview": not home.submitted or bool(home.ready),
        "consolidate": not home.submitted or bool(home.ready),
        "resolve": not home.submitted or bool(home.waiting),
        "flag": not home.flagged,
        "week": not home.page_made,
    }


def step_now(home: Home) -> str:
    """The step of the week that is next; "" when the week is done, or nothing is left to do."""
    open_ = _open(home)
    if home.ended or not home.begun:
        return ""
    if open_["issue"]:
        return "issue"
    if home.ready:
        return "preview"
    if home.waiting:
        return "resolve"
    if open_["collect"] or (home.missing and not home.week_due):
        return "collect" if open_["collect"] else "chase"
    return next((step for step in ("flag", "week") if open_[step]), "")


def _step(home: Home, lang: str) -> str:
    """`第 47 周 · 到第 6 步：处理冲突`"""
    if not home.begun:
        return text("model.home.before_first", lang)
    now = step_now(home)
    if not now:
        return text("plan.step.ended" if home.ended else "plan.step.all_done", lang, week=_week(home, lang))
    number = 1 + [step.id for step in WEEK_STEPS].index(now)
    return text("plan.step.now", lang, week=_week(home, lang), n=number, step=text(f"model.step.{now}", lang))


def _week(home: Home, lang: str) -> str:
    """`第 47 周`"""
    number = home.week.rpartition("-W")[2]
    return text("plan.home.week", lang, n=int(number)) if number.isdigit() else home.week


def _day(home: Home, lang: str) -> str:
    return text("plan.home.day", lang, day=home.as_of) if home.as_of else text("model.home.subtitle", lang)


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
    covered = text("model.home.calendar", lang, first=home.calendar_from, last=home.calendar_until)
    if home.uncovered:
        covered += text("plan.home.uncovered", lang, years=_years(home.uncovered, lang))
    if home.provisional:
        covered += text("plan.home.provisional", lang, years=_years(home.provisional, lang))
    return covered


def _years(years: Sequence[int], lang: str) -> str:
    return listed([str(year) for year in years], lang, "plan.home.more_years")
