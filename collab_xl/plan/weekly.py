"""Write a Summary to the weekly sheet: values into the names `wk_*`, unused rows hidden, footer with week, page and run.

In: the summary, the workbook's names and sheets.  Out: a Plan.  Pure; the template contains layout, charts and styles (docs/templates.md).
A block shows as many lines as it has rows. For a longer list a cell shows “前 8 / 共 12” and links to the full list. Departments that do
not fit in their block are shown together in one line. A page of one sheet, made before there were two, is filled as far as it has places.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

from collab_xl.catalogue import COMMA, has, listed, text
from collab_xl.forms import Schema, load
from collab_xl.forms.blocks import awaited, form_bands, page_bands, placed_blocks
from collab_xl.model.place import Address
from collab_xl.model.plan import Plan
from collab_xl.model.report_pages import (
    BODY,
    DEPARTMENTS,
    EARLIER_PLACES,
    FOOTER,
    GRID,
    KPIS,
    ONLY_EARLIER,
    PAGE_OF_NOW,
    PERCENT,
    SPONSOR,
    TITLE_PMO_SIZE,
    TITLE_SIZE,
    WANTED,
    WEEKS,
    PageBlock,
    PageColumn,
)
from collab_xl.model.sheets import Snapshot
from collab_xl.model.summary import Cause, DepartmentLine, FormBlock, FormLine, Kpi, Rag, Summary, Trend, WantedLine, WeekPage
from collab_xl.model.values import Link, Value
from collab_xl.model.week import week_after
from collab_xl.plan.places import NamedPlaces, Names, fit, fit_name, width
from collab_xl.plan.rooms import TWO_PAGES, Rooms
from collab_xl.plan.row_heights import height_of, rows_that_fit
from collab_xl.plan.weekly_departments import DepartmentLines, shown_departments
from collab_xl.plan.weekly_lines import BEFORE, LISTS, NARROWER, ONLY_BEFORE, LineCells, Room, form_cells

ARROW = {Trend.BETTER: "▲", Trend.SAME: "＝", Trend.WORSE: "▼", Trend.UNKNOWN: ""}
"""The trend on the page of one sheet; now a word says it, and ▲ ▼ are for figures against last week."""
FEED = "wk_feed_"
"""Prefix of the names with the charts' data, which is on a sheet of its own."""
REASON = PageColumn("reason", 5, GRID, "", "verdict")
CHANGE, PROMISES = (PageColumn(name, 5, GRID, "", "text") for name in ("change", "promises"))
"""Texts across the page."""
SUBTITLE, MISSING = PageColumn("subtitle", 1, 12, "", "line"), PageColumn("missing", 13, GRID, "", "line")
OUTLOOK, LEGEND = PageColumn("outlook", 1, 12, "", "line"), PageColumn("legend", 1, GRID, "", "line")
TITLE, TITLE_PMO = PageColumn("title", 1, 14, "", "line"), PageColumn("title_pmo", 1, 12, "", "line")
BOLD_NARROWER = 0.05
"""Of the width of a letter, for a long bold text in English: Arial has 0.48 of its height, DejaVu Sans 0.58 in columns a fifth wider."""
NAME = 14.0
"""Chinese characters of a name in a sentence."""
NOTE = "_note"
"""How the names of lines below a heading end."""
ON_CARDS = frozenset(card.id for card in KPIS)
Rows = Mapping[tuple[str, str], Address]
"""(form, key) → a cell of its row, for links."""


def plan_week(
    summary: Summary,
    names: Names,
    snapshots: Callable[[str], Snapshot],
    lang: str,
    run: str,
    made_at: str,
    schema: Schema | None = None,
    rows: Rows | None = None,
) -> Plan:
    """The plan of `week_page`."""
    return week_page(summary, names, snapshots, lang, run, made_at, schema, rows)[0]


def week_page(
    summary: Summary,
    names: Names,
    snapshots: Callable[[str], Snapshot],
    lang: str,
    run: str,
    made_at: str,
    schema: Schema | None = None,
    rows: Rows | None = None,
) -> tuple[Plan, WeekPage]:
    """The plan that writes `summary` to the weekly sheet, and the page as it will be shown again later.

    Args:
        names: workbook-level defined names that are one area.
        snapshots: sheet name → the sheet as it is now.
        run: id of the run that writes it, for the footer.
        made_at: the time of writing as shown in the footer (`2026-11-20 17:42`).
        schema: the forms in use.
        rows: where the rows are that lines link to; without it they are no links.
    """
    schema = schema or load()
    if TWO_PAGES in names:  # the page of one sheet may still be there, hidden
        names = {name: place for name, place in names.items() if name not in ONLY_BEFORE}
    if PAGE_OF_NOW in names:  # nor are the places of an earlier page, hidden beside it, filled any more
        earlier = {f"wk_{column.name}" for columns in ONLY_EARLIER.values() for column in columns} | {
            f"wk_kpi_{kpi.id}_delta" for kpi in KPIS
        }
        earlier |= EARLIER_PLACES
        names = {name: place for name, place in names.items() if name not in earlier}
    places = NamedPlaces(names, snapshots)
    at = weekly_sheet(names)
    rooms = Rooms(names, snapshots(at) if at else None)
    _head(places, summary, lang, rooms)
    for kpi in summary.kpis:
        name = f"wk_kpi_{kpi.id}"
        places.put(name, _figure(kpi, summary))
        change, of = _change_of(kpi, summary, lang), _of(kpi, summary, lang) if rooms.two_pages else ""
        places.put(f"{name}_change", change)
        places.put(f"{name}_of", of or None)
        if f"{name}_delta" in names:  # of a page made before
            places.put(f"{name}_delta", " · ".join(filter(None, (change, of))))
    departments = shown_departments(summary.departments, places.rows("wk_dept_name", DEPARTMENTS.rows), lang)
    _feed(places, summary, departments)
    _departments(places, departments, summary.as_of, lang, rooms)
    pages = page_bands(schema)
    forms = {lines.form: lines for lines in summary.blocks}
    blocks = [b for bands in pages.values() for band in bands for b in band if not b.form]
    if not rooms.two_pages:
        blocks = [b for b in blocks if b is not WANTED] + [b for b in BEFORE if f"wk_{b.columns[0].name}" in names]
    written = {block.name: _cells_of(block, summary, forms, schema, lang, rooms, rows or {}) for band in pages[SPONSOR] for block in band}
    most = _rows_that_fit(pages[SPONSOR], written, rooms) if PAGE_OF_NOW in names else {}
    for block in blocks:
        lines, cells = LISTS[block.name]
        _list(
            places,
            block,
            lines(summary),
            partial(cells, room=Room(block, schema, lang, rooms, rows or {}, summary.beside, summary.as_of)),
            lang,
            most.get(block.name),
        )
        if block.note:
            _note(places, block, _who_decides(summary.wanted, rooms.of(_note_of(block)), lang))
    own = [*placed_blocks(schema).values(), *(b for band in form_bands(schema) for b in band)]
    for block in own:
        form_lines = forms.get(block.form)
        cells = partial(form_cells, room=Room(block, schema, lang, rooms, rows or {}, summary.beside, summary.as_of))
        _list(places, block, form_lines.lines if form_lines else (), cells, lang, most.get(block.name))
        if block.note:
            _note(places, block, _unanswered(form_lines.lines if form_lines else (), block, schema, summary.as_of, lang))
    for name in (f"wk_{form.id}.{f.id}" for form in schema.forms for f in form.set_aside):
        if name in names:
            places.column(name, ())
    places.put("wk_legend", _legend(summary, _shown_texts(places, pages[SPONSOR]), schema, lang, rooms.of(LEGEND)) or None)
    places.put("wk_promises", _promises(summary, lang, rooms.of(PROMISES)))
    places.put("wk_check", _check(summary, departments, lang))
    _set_heights(places, pages[SPONSOR], rooms)
    sheet = places.sheet_of("wk_title")
    footer = _footer(summary, lang, run, made_at)
    page = WeekPage(dict(places.values), dict(places.shown), footer, made_at)
    return places.plan({sheet: footer} if sheet else {}), page


def plan_page(page: WeekPage, names: Names, snapshots: Callable[[str], Snapshot], schema: Schema | None = None) -> Plan:
    """The plan that shows a weekly sheet as it was made. A block that came into the workbook later is emptied."""
    at = weekly_sheet(names)
    places = NamedPlaces(names, snapshots)
    for name in names:
        if name.startswith("wk_") and name not in page.values:
            places.column(name, ())
    for name, lines in page.values.items():
        if all(len(line) == 1 for line in lines):
            places.column(name, [line[0] for line in lines])
        else:
            places.grid(name, lines)
    for name, used in page.shown.items():
        places.show_rows(name, used, 0 if name.endswith(NOTE) else 1)
    for name in names:
        if name.startswith("wk_") and name.endswith(NOTE) and name not in page.shown:
            places.show_rows(name, 0, 0)
    _set_heights(places, page_bands(schema or load())[SPONSOR], Rooms(names, snapshots(at) if at else None))
    sheet = places.sheet_of("wk_title")
    return places.plan({sheet: page.footer} if sheet and page.footer else {})


def weekly_sheet(names: Names) -> str:
    """The name of the weekly sheet, found by any of its places; "" if the sheet was deleted."""
    sheets = [sheet for name, (sheet, _) in names.items() if name.startswith("wk_") and not name.startswith(FEED)]
    return names["wk_title"][0] if "wk_title" in names else next(iter(sheets), "")


def _head(places: NamedPlaces, s: Summary, lang: str, rooms: Rooms) -> None:
    title = text("model.sheet.weekly_title", lang)
    wide = rooms.of(TITLE) * BODY / TITLE_SIZE
    if s.project and width(f"{s.project} · {title}") > wide:  # the project's name says more than the sheet's
        title = text("model.sheet.weekly_title_short", lang)
    name = fit(s.project, wide - width(f" · {title}"))
    places.put("wk_title", f"{name} · {title}" if name else title)
    year, week = s.week.split("-W")
    until = (
        text("plan.week.until", lang, moment=f"{s.data_until:%m-%d %H:%M}")
        if s.data_until
        else text("plan.week.as_of", lang, day=f"{s.as_of:%m-%d}")
    )
    period = text("plan.week.period", lang, year=year, week=int(week), first=f"{s.first_day:%m-%d}", last=f"{s.last_day:%m-%d}")
    period = f"{period}　{until}" if lang == "zh" else f"{period} · {until}"
    places.put("wk_period", period)
    follow_up = width(text("model.week.title_pmo", lang, project=""))
    name = fit(s.project, rooms.of(TITLE_PMO) * BODY / TITLE_PMO_SIZE - follow_up)
    places.put("wk_title_pmo", text("model.week.title_pmo", lang, project=name or title))
    places.put("wk_period_pmo", period)
    if s.working_days and s.provisional:
        years = listed([str(year) for year in s.provisional], lang, "plan.home.more_years")
        counting = text("plan.week.working_provisional", lang, years=years)
    else:
        counting = text("plan.week.working" if s.working_days else "plan.week.calendar", lang)
    subtitle = text("plan.week.subtitle", lang, departments=sum(not d.outside for d in s.departments), counting=counting)
    if "wk_subtitle" in places.names:  # of a page made before
        places.put("wk_subtitle", fit(subtitle, rooms.of(SUBTITLE) * _narrow(lang)))
    places.put("wk_outlook", _outlook(s, lang, rooms.of(OUTLOOK)) or None)
    places.put("wk_missing", _missing(s, lang, rooms.of(MISSING) * _narrow(lang)))
    places.put("wk_rag", light(s.rag, lang) if rooms.two_pages else f"{light(s.rag, lang)} {ARROW[s.trend]}".rstrip())
    places.put("wk_rag_before", _before(s, lang))
    places.put("wk_reason", _reason(s, lang, rooms.of(REASON) * (1 + BOLD_NARROWER * (lang == "en"))) or None)
    places.put("wk_change", fit(_change(s, lang), rooms.of(CHANGE)) or None)


def _outlook(s: Summary, lang: str, room: float) -> str:
    """When the project ends, and whether its most urgent requirements hold, where that fits. Nothing without a task: no light, no end."""
    if s.outlook is None or s.rag is Rag.NONE:
        return ""
    o = s.outlook
    said = "late" if o.late else "on_time"
    days = {"planned": _day(o.planned, s), "forecast": _day(o.forecast, s), "n": o.late}
    whole = text(f"plan.week.end_{said}", lang, **days)
    urgent = "end_urgent" if o.urgent_late else "end_urgent_held"
    tail = text(f"plan.week.{urgent}", lang, of=o.urgent, late=o.urgent_late) if o.urgent else ""
    if not o.urgent_late and any(cause.id == "behind" for cause in s.causes):
        tail = ""  # days alone do not hold where the work is far behind
    return whole + tail if width(whole + tail) <= room else fit(whole, room)


def _day(day: date, s: Summary) -> str:
    """With its year where that is not the week's."""
    return f"{day:%m-%d}" if day.year == s.last_day.year else f"{day:%Y-%m-%d}"


def _shown_texts(places: NamedPlaces, bands: Sequence[Sequence[PageBlock]]) -> list[object]:
    """What the first page's lists say."""
    columns = (f"wk_{column.name}" for band in bands for block in band for column in block.columns)
    return [line[0] for name in ("wk_reason", "wk_change", *columns) for line in places.values.get(name, ())]


def _legend(s: Summary, shown: Sequence[object], schema: Schema, lang: str, room: float) -> str:
    """What codes, colours and days mean on the first page: the codes that stand there, the thresholds of the settings."""
    if s.rag is Rag.NONE:
        return ""
    said = " ".join(map(_words, shown))
    suffixes = text("plan.week.key_words", lang).split("|")
    codes = []
    for form in schema.forms:
        if form.key_prefix and re.search(rf"(?<![A-Z]){re.escape(form.key_prefix)}\d", said):
            name = form.key.heading[lang]
            for suffix in suffixes:
                name = name.removesuffix(suffix)
            codes.append(text("plan.week.code", lang, code=form.key_prefix.rstrip("-"), name=name if lang == "zh" else name.lower()))
    parts = [COMMA[lang].join(codes)]
    limits = {name: n for name, n in s.limits.items() if n}
    red = [text(f"plan.week.red_{name}", lang, n=n) for name, n in limits.items()]
    colours = text("plan.week.colours", lang, red=text("plan.week.or", lang).join(red))
    parts += [colours, text("plan.week.days_working" if s.working_days else "plan.week.days_calendar", lang)]
    days = [*_days_of(shown), *((s.outlook.planned, s.outlook.forecast) if s.outlook else ())]
    years = sorted({day.year for day in days if day.year in s.provisional})
    if s.working_days and years:
        parts.append(text("plan.week.provisional", lang, years=listed([str(year) for year in years], lang, "plan.home.more_years")))
    whole = [" · ".join(filter(None, parts[: len(parts) - less])) for less in range(2)]
    return next((said for said in whole if width(said) <= room * _narrow(lang)), fit(whole[-1], room * _narrow(lang)))


def _words(value: object) -> str:
    return value.text if isinstance(value, Link) else str(value)


def _days_of(shown: Sequence[object]) -> list[date]:
    return [value for value in shown if isinstance(value, date)]


def light(rag: Rag, lang: str) -> str:
    """`● 黄`; without data the word alone, as a dot would look like a verdict."""
    word = text(f"model.rag.{rag}", lang)
    return word if rag is Rag.NONE else f"● {word}"


def _before(s: Summary, lang: str) -> str:
    """Last week's light."""
    if s.rag_before is None:
        return text("plan.week.no_light_before", lang)
    return text("plan.week.light_before", lang, light=light(s.rag_before, lang)) + text(f"plan.week.trend_{s.trend}", lang)


def _change(s: Summary, lang: str) -> str:
    """What would change the light: `转绿需要：滞后降到 7 项以内；升级 2 项得到答复。`"""
    if not s.cures or s.rag is Rag.NONE:
        return ""
    said = [text(f"plan.cure.{_cure(cure)}", lang, **_short(cure.facts)) for cure in s.cures]
    if s.rag is Rag.RED and len(s.causes) > len(s.cures):
        said.append(text("plan.week.others_amber", lang))
    return text(f"plan.week.change_{s.rag}", lang, what=("；" if lang == "zh" else "; ").join(said))


def _cure(cure: Cause) -> str:
    """Where not one may be late, “at most 0” is said in words; where a few days are allowed, how many."""
    if cure.facts.get("limit") and has(f"plan.cure.{cure.id}_within", "en"):
        return f"{cure.id}_within"
    return "late_none" if cure.id == "late" and cure.facts.get("keep") == 0 else cure.id


def _narrow(lang: str) -> float:
    """Letters that are not bold are narrower than `width` counts."""
    return 1 + NARROWER * (lang == "en")


def _missing(s: Summary, lang: str, room: float) -> str:
    """How many have sent theirs, who has not, and what counts for those meanwhile; as many names as fit."""
    if not s.asked:
        late = text("plan.week.came_late", lang, week=week_after(s.week, -1), cells=s.came_late) if s.came_late else ""
        return text("plan.week.nobody_asked", lang) + late
    count = text("plan.week.count", lang, submitted=s.submitted, asked=s.asked)
    if s.came_late:
        count += text("plan.week.came_late", lang, week=week_after(s.week, -1), cells=s.came_late)
    if not s.missing:
        return text("model.week.all_in", lang) + count
    who = [text("plan.week.who_late", lang, name=name, days=days) if days else name for name, days in s.missing]
    known = {d.name: d.fresh for d in s.departments}
    days = [known.get(name) for name, _ in s.missing]
    counted = "plan.week.counted_none"
    if first := min((day for day in days if day is not None), default=None):
        counted = "plan.week.counted_one" if len(days) == 1 else "plan.week.counted_many"
    treated = text(counted, lang, day=f"{first:%m-%d}" if first else "")
    named = [listed(who, lang, "plan.week.and_more", most) for most in range(min(len(who), 3), 0, -1)]
    named.append(text("plan.week.other_departments_missing", lang, n=len(who)))
    tries = [text("plan.week.missing", lang, names=names) + how + count for how in (treated, "") for names in named]
    return next((whole for whole in tries if width(whole) <= room), fit(tries[-1], room))


def _reason(s: Summary, lang: str, room: float) -> str:
    """As many whole causes as fit, and how many more there are."""
    parts = s.reason.get("parts", ())
    if not isinstance(parts, Sequence):
        return ""
    for said in range(len(parts), 0, -1):
        more = [("more", {"n": len(parts) - said})] if said < len(parts) else []
        sentence = reason_sentence([*parts[:said], *more], lang)
        if width(sentence) <= room:
            return sentence
    return fit(reason_sentence(parts, lang), room)


def reason_sentence(parts: Sequence[tuple[str, Mapping[str, object]]], lang: str) -> str:
    """One sentence of numbers, from the facts in order; "" without facts."""
    said = [text(f"plan.reason.{name}", lang, **_short(facts)) for name, facts in parts]
    sentence = ("，" if lang == "zh" else ", ").join(said)
    if not sentence:
        return ""
    return sentence[0].upper() + sentence[1:] + ("。" if lang == "zh" else ".")


def _short(facts: Mapping[str, object]) -> Mapping[str, object]:
    """The facts with a name that leaves room for the others."""
    return {**facts, "key": fit_name(key, NAME)} if isinstance(key := facts.get("key"), str) else facts


def _figure(kpi: Kpi, s: Summary) -> Value:
    """The figure as its cell has it; a dash where there is nothing to count."""
    if s.rag is Rag.NONE or (kpi.id == "milestones_late" and not s.milestones):
        return "–"
    return kpi.value / 100 if kpi.id in PERCENT else kpi.value


def _change_of(kpi: Kpi, s: Summary, lang: str) -> str:
    """Beside a figure: against last week."""
    if s.rag is Rag.NONE:
        return text("plan.week.no_data", lang)
    if kpi.id == "milestones_late" and not s.milestones:
        return text("plan.week.no_milestones", lang)
    return _delta(kpi, lang)


def _of(kpi: Kpi, s: Summary, lang: str) -> str:
    """Below a figure: what it is measured against or a part of; a word says where it is behind its plan."""
    if s.rag is Rag.NONE or kpi.id not in ON_CARDS or (kpi.id == "milestones_late" and not s.milestones):
        return ""
    counts = {k.id: k.value for k in s.kpis}
    facts = {
        "open": counts.get("open", 0),
        "due": counts.get("due_this_week", 0),
        "planned": s.planned,
        "milestones": len(s.milestones),
        "unanswered": sum(not line.answered for line in s.escalations),
        "levels": sum(bool(problem.overdue_days) for problem in s.problems),
    }
    behind = {"rate": kpi.value < s.planned, "finished_this_week": kpi.value < facts["due"]}.get(kpi.id, False)
    how = "_behind" if behind else "_none" if kpi.id == "escalated" and 0 < kpi.value == facts["unanswered"] else ""
    return text(f"plan.week.of.{kpi.id}{how}", lang, **facts)


def _delta(kpi: Kpi, lang: str) -> str:
    if kpi.before is None:
        return text("plan.week.no_before", lang)
    change = kpi.value - kpi.before
    if not change:
        return text("plan.week.no_change", lang)
    said = "plan.week.change_points" if kpi.id in PERCENT else "plan.week.change"
    return text(said, lang, arrow="▲" if change > 0 else "▼", n=abs(change))


def _promises(s: Summary, lang: str, room: float) -> str:
    """What was promised for this week, how much of it is done, and what hindered: as many tasks as fit, and how many more."""
    if s.promised is None:
        return text("plan.week.no_promises", lang)
    asked, done = s.promised
    if not asked:
        return text("plan.week.nothing_promised", lang)
    line = text("plan.week.promised", lang, n=asked, done=done, share=round(100 * done / asked))
    reasons = [text("plan.week.not_kept", lang, key=p.key, reason=p.reason) for p in s.promises if p.reason]
    reasons += [p.key for p in s.promises if not p.reason]
    whole = line
    for most in range(min(len(reasons), 6), 0, -1):
        whole = line + text("plan.week.hindered", lang, what=listed(reasons, lang, "plan.week.and_more_tasks", most))
        if width(whole) <= room:
            return whole
    return fit(whole, room)


def _feed(places: NamedPlaces, s: Summary, departments: DepartmentLines) -> None:
    """Write the charts' data. The newest week is in the last row, so that its point has the label."""
    known = s.rag is not Rag.NONE
    points = s.progress[-WEEKS:] if known else ()
    lead: list[Value] = [None] * (places.rows("wk_feed_week", WEEKS) - len(points))
    places.column("wk_feed_week", [*lead, *(p.week.partition("-")[2] for p in points)])
    places.column("wk_feed_planned", [*lead, *(p.planned for p in points)])
    places.column("wk_feed_actual", [*lead, *(p.actual for p in points)])
    places.column("wk_feed_ageing", [count if known else None for _, count in s.ageing])
    trends: list[Sequence[Value]] = []
    for line in departments.lines[: places.rows("wk_feed_trend", DEPARTMENTS.rows)]:
        weeks = line.overdue_trend[-WEEKS:]
        trends.append([*[None] * (WEEKS - len(weeks)), *weeks])
    places.grid("wk_feed_trend", trends)


def _departments(places: NamedPlaces, departments: DepartmentLines, as_of: date, lang: str, rooms: Rooms) -> None:
    shown, nothing = departments.lines, text("model.submitted.not_asked", lang)
    at = {column.name: column for column in (*DEPARTMENTS.columns, PageColumn("dept_liaison", 4, 5, ""))}
    columns: Mapping[str, Sequence[Value]] = {
        "name": [fit_name(d.name, rooms.of(at["dept_name"])) for d in shown],
        "liaison": [fit(d.liaison, rooms.of(at["dept_liaison"])) or None for d in shown],
        "submitted": [said if said != nothing else None for said in departments.submitted],
        "fresh": [_fresh(d, as_of, lang) for d in shown],
        "open": [d.open for d in shown],
        "overdue": [d.overdue or None if rooms.two_pages else d.overdue for d in shown],
        "escalated": [d.escalated or None if rooms.two_pages else d.escalated for d in shown],
        "rate": [None if d.rate is None else round(d.rate, 4) for d in shown],
        "kept": [f"{d.kept} / {d.promised}" if d.promised else None for d in shown],
        "rag": [light(d.rag, lang) if d.rag is not Rag.NONE else None for d in shown],
    }
    for name, values in columns.items():
        places.column(f"wk_dept_{name}", values)
    places.put(DEPARTMENTS.more, _more(departments.count, departments.own, lang))
    places.show_rows("wk_dept_name", len(shown))


def _fresh(d: DepartmentLine, as_of: date, lang: str) -> str | None:
    """How old a department's figures are."""
    if d.fresh is None:
        return text("plan.week.never", lang) if d.total else None
    days = (as_of - d.fresh).days
    return text("plan.week.today", lang) if days <= 0 else text("plan.week.days_ago", lang, n=days)


def _cells_of(
    block: PageBlock, s: Summary, forms: Mapping[str, FormBlock], schema: Schema, lang: str, rooms: Rooms, rows: Rows
) -> list[LineCells]:
    """The cells of the first rows of a block, as many as it can have."""
    at = Room(block, schema, lang, rooms, rows, s.beside, s.as_of)
    if block.form:
        own = forms.get(block.form)
        return [form_cells(line, at) for line in (own.lines if own else ())[: block.rows]]
    lines, cells = LISTS[block.name]
    return [cells(line, room=at) for line in lines(s)[: block.rows]]


def _rows_that_fit(bands: Sequence[Sequence[PageBlock]], written: Mapping[str, Sequence[LineCells]], rooms: Rooms) -> dict[str, int]:
    """Block of the first page → how many rows it may have."""
    counts = rows_that_fit([[(block, written[block.name]) for block in band] for band in bands], rooms)
    return {block.name: count for band, count in zip(bands, counts, strict=True) for block in band}


def _set_heights(places: NamedPlaces, bands: Sequence[Sequence[PageBlock]], rooms: Rooms) -> None:
    """The rows of the first page's lists get the height their texts need, where something has changed in them."""
    if PAGE_OF_NOW not in places.names:
        return
    for band in bands:
        columns = [(block, column.name, places.values.get(f"wk_{column.name}", ())) for block in band for column in block.columns]
        count = max((len(lines) for *_, lines in columns), default=0)
        heights = []
        for n in range(count):
            cells = {block.name: {name: lines[n][0] for b, name, lines in columns if b is block and n < len(lines)} for block in band}
            heights.append(height_of([(block, cells[block.name]) for block in band], rooms))
        if band:
            places.set_heights(f"wk_{band[0].columns[0].name}", heights)


def _list(
    places: NamedPlaces, block: PageBlock, lines: Sequence[Any], cells: Callable[[Any], LineCells], lang: str, most: int | None = None
) -> None:
    """Write as many lines as the block has rows, not more than `most`. An empty block gets a text that says so, because a blank one could
    look like a mistake."""
    first = f"wk_{block.columns[0].name}"
    room = places.rows(first, block.rows)
    if most is not None:
        room = min(room, max(1, most))
    shown = [cells(line) for line in lines[:room]]
    none = "plan.week.none_ahead" if block.name == "ahead" else "plan.week.nothing"
    earlier = [column for column in ONLY_EARLIER.get(block.name, ()) if f"wk_{column.name}" in places.names]
    for column in (*block.columns, *earlier):
        values = [line[column.name] for line in shown]
        places.column(f"wk_{column.name}", values if shown or column is not block.columns[0] else [text(none, lang)])
    places.put(block.more, _more(len(lines), room, lang))
    places.show_rows(first, min(len(lines), room))


def _note(places: NamedPlaces, block: PageBlock, words: str) -> None:
    """The line below a heading; where no block of the band has one, it is hidden."""
    places.put(block.note, words or None)
    places.show_rows(block.note, bool(words), 0)


def _note_of(block: PageBlock) -> PageColumn:
    return PageColumn(block.note.removeprefix("wk_"), block.first, block.last, "", "line")


def _who_decides(wanted: Sequence[WantedLine], room: float, lang: str) -> str:
    """How many decisions wait for whom: `按决定人：张总 12 项 · 林副总 9 项`, as many by name as fit; where one more fits without the other
    words: `张总 12 · 林副总 9 · 王副总 4`. Sponsors first, then who has most; without a name last."""
    asked: dict[str, list[WantedLine]] = {}
    for line in wanted:
        asked.setdefault(line.decides or COMMA[lang].join(line.to) or text("plan.week.nobody", lang), []).append(line)
    order = sorted(asked, key=lambda name: (not asked[name][0].sponsor, not asked[name][0].to, -len(asked[name])))
    whole = ""
    for most in range(len(order), 0, -1):
        rest = order[most:]
        left = sum(len(asked[name]) for name in rest)
        for how in ("_late", "", "_short"):
            said = [_waits_for(name, asked[name], how, lang) for name in order[:most]]
            short = "_short" if how == "_short" else ""
            said += [text(f"plan.week.decides_rest{short}", lang, people=len(rest), n=left)] if rest else []
            whole = " · ".join(said) if short else text("plan.week.decides_all", lang, who=" · ".join(said))
            if width(whole) <= room * _narrow(lang):
                return whole
    return fit(whole, room * _narrow(lang))


def _waits_for(name: str, lines: Sequence[WantedLine], how: str, lang: str) -> str:
    """`how`: "_late" with how many are late, "" without, "_short" without a unit."""
    late = sum(line.late for line in lines)
    said = f"plan.week.decides_n{how}" if late or how != "_late" else "plan.week.decides_n"
    return text(said, lang, name=fit_name(name, NAME), n=len(lines), late=late)


def _unanswered(lines: Sequence[FormLine], block: PageBlock, schema: Schema, as_of: date, lang: str) -> str:
    """How many of the rows lack what somebody is waited for, and how many are past their day: `未填应对措施 1 · 已过时限 2`."""
    form = schema.form(block.form)
    said = []
    for field, label in awaited(form).items():
        if n := sum(field in line.lacks for line in lines):
            said.append(text("plan.week.lacking", lang, what=label[lang], n=n))
    if n := sum(line.due is not None and line.due < as_of for line in lines):
        said.append(text("plan.week.past_day", lang, n=n))
    return " · ".join(said)


def _more(count: int, room: int, lang: str) -> Value:
    """`前 8 / 共 12 ›`; only the total if all fit; None for an empty list."""
    if not count:
        return None
    return text("plan.week.more", lang, shown=room, count=count) if count > room else text("plan.week.all", lang, count=count)


def _check(s: Summary, departments: DepartmentLines, lang: str) -> str:
    """The parts that must add up to the figures above, with a warning if they do not."""
    facts = dict(s.check)
    if not departments.whole:
        facts["by_department"] = tuple(d.overdue for d in departments.lines)
    for name in ("by_department", "by_bucket"):
        parts = facts.get(name, ())
        facts[name] = "+".join(str(p) for p in parts) if isinstance(parts, tuple) and parts else "0"
    line = text("plan.week.check", lang, **facts) + text("model.page.click", lang)
    return line if facts.get("balanced", True) else text("plan.week.unbalanced", lang) + line


def _footer(s: Summary, lang: str, run: str, made_at: str) -> str:
    left = text("plan.week.footer", lang, week=s.week).replace("&", "&&")
    page = text("plan.week.page", lang, page="&P")
    right = " · ".join(filter(None, (text("plan.week.run", lang, run=run) if run else "", made_at))).replace("&", "&&")
    return "".join(
        f"{side}&{FOOTER}{' ' if part[:1].isdigit() else ''}{part}" for side, part in (("&L", left), ("&C", page), ("&R", right))
    )
