"""One change for many masters: what it is in each of them, and writing it there as a run of that master."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import zip_longest
from pathlib import Path

from collab_xl.book.added_sheet import reshaped
from collab_xl.build.calendar_rows import calendar_rows, is_country
from collab_xl.catalogue import LANGS, error_text, text
from collab_xl.errors import CollabError
from collab_xl.model.plan import Plan
from collab_xl.model.record import Struct
from collab_xl.model.run import SHAPE
from collab_xl.model.similar import meant
from collab_xl.model.values import Value
from collab_xl.project.archive_folder import is_archive
from collab_xl.project.commit import refuse_open
from collab_xl.read.calendar import calendar_of
from collab_xl.settings import WHOLE_NUMBERS, Settings
from collab_xl.verbs.portfolios.fields import FieldSource, bring_fields, fields_plan
from collab_xl.verbs.session import Session, opened
from collab_xl.verbs.sheets.form_sheets import structure_of
from collab_xl.verbs.sheets.service_edits import ROWS, RowChange, plan_rows
from collab_xl.verbs.times import clock
from collab_xl.verbs.times.moved_days import is_china_by_mistake
from collab_xl.verbs.times.spoken_day import said_day

OWN = ("project", "lang", "inbox")
"""Settings that each project has for itself; those of its mailbox too."""
COUNTRY = "country"
"""The setting with which the days of 工作日历 change."""


class Asked(Struct, frozen=True):
    """What a person wants changed: settings (id or name, value), days (day, `off` or `work`, name), words (word, what it means)."""

    settings: tuple[tuple[str, str], ...] = ()
    days: tuple[tuple[date, str, str], ...] = ()
    words: tuple[tuple[str, str], ...] = ()
    fields: FieldSource | None = None
    """What another master has of its own on 字段."""


class Outcome(Struct, frozen=True):
    """What happened, or would happen, in one master. `state`: change, done, same (nothing to change) or refused (`why`, `fix`)."""

    file: str
    state: str
    changes: tuple[tuple[str, str, str], ...] = ()
    """(sheet and row, before, after) in the language of messages."""
    run: str = ""
    why: str = ""
    fix: str = ""


def asked_of(
    settings: Sequence[str],
    holidays: Sequence[str],
    workdays: Sequence[str],
    words: Sequence[str],
    lang: str,
    fields: FieldSource | None = None,
) -> Asked:
    """What was typed: `escalate_days=5`, `2026-12-31=Year end`, `搞定=已完成`. Raises CollabError `usage_change` (exit 2)."""
    if not (settings or holidays or workdays or words or fields):
        raise CollabError("usage_change", exit_code=2, text="", lang=lang)
    pairs = [_pair(said, lang) for said in settings]
    for name, value in pairs:
        if name in OWN or name.startswith(("mail", "robot")) or Settings.of({name: value})[1]:
            raise CollabError("usage_change", exit_code=2, text=f"{name}={value}", lang=lang)
    days = [(*_day(said, lang), kind) for kind, many in (("off", holidays), ("work", workdays)) for said in many]
    return Asked(tuple(pairs), tuple((day, kind, name) for day, name, kind in days), tuple(_pair(said, lang) for said in words), fields)


def _pair(said: str, lang: str) -> tuple[str, str]:
    name, mark, value = said.replace("＝", "=").partition("=")
    if not mark or not name.strip() or not value.strip():
        raise CollabError("usage_change", exit_code=2, text=said, lang=lang)
    return name.strip(), value.strip()


def _day(said: str, lang: str) -> tuple[date, str]:
    day, _, name = said.replace("＝", "=").partition("=")
    if (found := said_day(day, clock.today())) is None:
        raise CollabError("usage_change", exit_code=2, text=said, lang=lang)
    return found, name.strip()


def look_or_write(path: Path, asked: Asked, *, as_of: date, write: bool, lang: str) -> Outcome:
    """What the change is in one master; with `write` it is made there, as a run. A refusal is an outcome: the other masters go on."""
    try:
        if is_archive(path.parent):
            raise CollabError("change_archived", file=path.name, folder=path.parent.name, lang=lang)
        with opened(path, write=write, as_of=as_of, lang=lang) as session:
            changes = [*_settings(session, asked), *(_country(session, asked) or _days(session, asked)), *_words(session, asked)]
            shown = tuple(_shown(session, change) for change in changes)
            plan, shape = plan_rows(session, changes)[0], dict[str, object]()
            if asked.fields is not None:
                found, rows = bring_fields(session, asked.fields)
                if found.forms != session.master.forms:
                    more, shape = fields_plan(session, found, rows)
                    plan, changes = plan + more, [*changes, *rows]
                    reshaped(structure_of(session), more.shape)  # what stands in the way refuses it now
                    shown = (*shown, *((change.line(session.lang), "", "") for change in found.changes))
            if not shown:
                return Outcome(str(path), "same")
            if not write:
                refuse_open(path)  # writing would be refused, also without the ledger
                _ = session.master.ledger
                return Outcome(str(path), "change", shown)
            return Outcome(str(path), "done", shown, _commit(session, plan, changes, shape))
    except CollabError as error:
        if error.exit_code == 2:
            raise
        what, why, fix = error_text(error, lang)
        return Outcome(str(path), "refused", why=f"{what} {why}".strip(), fix=fix)


def _commit(session: Session, plan: Plan, changes: Sequence[RowChange], shape: Mapping[str, object]) -> str:
    summary = {"rows": len(changes), SHAPE: {**shape, ROWS: [change.stored for change in changes]}}
    return session.master.commit(session.record("portfolio_apply", summary=summary), plan)


def _settings(session: Session, asked: Asked) -> list[RowChange]:
    """Rows of 设置 that are not as asked; of one that is said twice, the last."""
    found = {str(row["id"]): (sheet, row, value) for sheet, row, value in _named(session, asked)}
    return [
        RowChange(sheet, {"id": key, "value": row.get("value")}, {"id": key, "value": value})
        for key, (sheet, row, value) in found.items()
        if row.get("value") != value
    ]


def _named(session: Session, asked: Asked) -> Iterator[tuple[str, Mapping[str, Value], Value]]:
    """Sheet and row of each setting, by its code or its name in the master, and the value as the sheet has it."""
    sheets = ("rules", "settings") if session.has("rules") else ("settings",)
    rows = [(sheet, row) for sheet in sheets for row in session.service(sheet)] if asked.settings else []
    for name, typed in asked.settings:
        sheet, row = next(((s, r) for s, r in rows if name in (r.get("id"), r.get("name"), r.get("code"))), ("", {}))
        if not row or row.get("id") in OWN:
            known = [str(r.get(part)) for part in ("id", "name") for _, r in rows if r.get(part)]
            raise CollabError(
                "change_no_setting",
                name=name,
                meant=meant(name, known),
                sheet=session.sheet_of("settings"),
                file=session.path.name,
                lang=session.lang,
            )
        key, value = str(row["id"]), _as_shown(session, str(row["id"]), typed)
        if Settings.of({key: value})[1]:
            raise CollabError("usage_change", exit_code=2, text=f"{name}={typed}", lang=session.lang)
        if key == COUNTRY and not is_country(typed):
            raise CollabError("unknown_country", exit_code=2, country=typed, lang=session.lang)
        yield sheet, row, value


def _as_shown(session: Session, key: str, typed: str) -> Value:
    """The value as the sheet has it: a number as a number, a choice and a switch as the word of the master's language."""
    read = Settings.of({key: typed})[0]
    if key in WHOLE_NUMBERS:
        return int(getattr(read, key))
    from collab_xl.build.lists import setting_rows  # few runs need XlsxWriter

    if key.startswith("rule."):
        said = read.rules.get(key[5:], "on")
        return text(f"build.set.word.{said}" if said in ("on", "off") else f"model.severity.{said}", session.book_lang)
    known = getattr(read, key, typed)
    row = next((r for r in setting_rows({key: known}, session.book_lang) if r[3] == key), None)
    return typed if row is None or "." in key else row[1]


def _days(session: Session, asked: Asked) -> list[RowChange]:
    """Rows of 工作日历. A day that counts so already stays; one that is there as the other kind is changed."""
    rows = session.service("calendar") if asked.days else []
    out = []
    for day, kind, name in asked.days:
        word = text(f"build.day.{kind}", session.book_lang)
        held = next((r for r in rows if _iso(r.get("date")) == day.isoformat()), None)
        if held is None:
            out.append(RowChange("calendar", None, {"date": day, "kind": word, **({"name": name} if name else {})}))
        elif calendar_of([held], True)[0].special.get(day) is not (kind == "work"):
            out.append(RowChange("calendar", {"date": day, "kind": held.get("kind")}, {"date": day, "kind": word}))
    return out


def _country(session: Session, asked: Asked) -> list[RowChange]:
    """Another country: the days of 工作日历 with it, as long as they are those the program has filled in, and the days that are asked for
    besides. Changed days are somebody's."""
    wanted = next((str(value).upper() for _, row, value in _named(session, asked) if row["id"] == COUNTRY), "")
    rows = session.service("calendar") if wanted else []
    years = {day.year for day in session.calendar.special}
    ours = session.calendar.special == _special(session.settings.country, years) or is_china_by_mistake(session)
    if not ours or session.calendar.special == _special(wanted, years):
        return []
    before = [{name: row.get(name) for name in ("date", "kind", "name")} for row in rows if row.get("date") is not None]
    after = {day: (kind, name) for day, kind, name in calendar_rows(wanted, years, session.book_lang)}
    for day, kind, name in asked.days:
        was = after.get(day, ("", ""))
        after[day] = kind, name or (was[1] if was[0] == kind else "")
    new: list[dict[str, Value]] = [
        {"date": day, "kind": text(f"build.day.{kind}", session.book_lang), "name": name or None}
        for day, (kind, name) in sorted(after.items())
    ]
    return [RowChange("calendar", *pair) for pair in zip_longest(before, new)]


def _special(country: str, years: Iterable[int]) -> dict[date, bool]:
    return {day: kind == "work" for day, kind, _ in calendar_rows(country, years)}


def _iso(value: Value) -> str:
    return value.isoformat()[:10] if isinstance(value, date) else str(value or "")


def _words(session: Session, asked: Asked) -> list[RowChange]:
    """Rows of 状态词: a word of the departments, and the choice that it means, in the language of the master."""
    rows = session.service("words") if asked.words else []
    out = []
    for word, means in asked.words:
        choices = [c for _, field in session.schema.choice_fields() for c in field.choices]
        found = next((c for c in choices if means in (c.label[each] for each in LANGS)), None)
        if found is None:
            raise CollabError("change_no_choice", word=word, means=means, file=session.path.name, lang=session.lang)
        label = found.label[session.book_lang]
        held = next((r for r in rows if r.get("word") == word and not r.get("field")), None)
        if held is None:
            out.append(RowChange("words", None, {"word": word, "means": label}))
        elif held.get("means") != label:
            out.append(RowChange("words", {"word": word, "means": held.get("means")}, {"word": word, "means": label}))
    return out


def _shown(session: Session, change: RowChange) -> tuple[str, str, str]:
    row = change.after or change.before or {}
    first, *others = row
    sheet = session.sheet_of(change.service)
    before = "" if change.before is None else " · ".join(_iso(change.before.get(name)) for name in others)
    return f"{sheet} {_iso(row[first])}", before, " · ".join(_iso(row[name]) for name in others)
