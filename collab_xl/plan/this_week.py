"""The words of a pack's first sheet, 本周请处理, and the hints of its rows.

In: what the rows of a department ask for (`rules.department_asks`), the master's tables.  Out: lines, and a hint for each row.  Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from collab_xl.catalogue import COMMA, finding_text, text
from collab_xl.forms import Form, Schema
from collab_xl.model.baseline import Difference
from collab_xl.model.cell_text import shortened_at_word
from collab_xl.model.pack_plan import ANSWER, DUE, HINT_MARKS, LATE, Ask, FrontLine, Told
from collab_xl.model.sheets import RowId
from collab_xl.model.week import week_days
from collab_xl.plan.comparison import departments_of, field_of, said_by
from collab_xl.plan.show import show
from collab_xl.rules.department_asks import is_theirs
from collab_xl.rules.lateness import as_day
from collab_xl.rules.rows import Rows

MOST_NAME = 80
"""Characters of a row's title on the first sheet."""
MOST_TEXT = 160
OTHER = "other"
"""The kind of a difference of which only the column says what it is."""


def end_of_week(week: str, as_of: date, week_start: int) -> date:
    """The last day of the pack's week; of the seven days from `as_of` where that week is over, or the text is no week."""
    try:
        last = week_days(week, week_start)[1]
    except ValueError:
        last = date.min
    return last if last >= as_of else as_of + timedelta(days=6)


def front_lines(asks: Sequence[Ask], rows: Mapping[str, Rows], week_end: date, lang: str) -> tuple[FrontLine, ...]:
    """The lines in words, in the order given. A line whose row is not in the master any more is left out."""
    places = {form: {key: i for i, key in enumerate(rows[form].keys) if key} for form in {ask.form for ask in asks} & rows.keys()}
    words = _Words(week_end, lang)
    return tuple(words.line(ask, rows[ask.form], i) for ask in asks if (i := places.get(ask.form, {}).get(ask.row_id)) is not None)


def told_lines(found: Sequence[Difference], schema: Schema, lang: str) -> tuple[Told, ...]:
    """Changes the department is informed of, in words: what kind, of which column, from what to what, and who said so."""
    out = []
    for one in found:
        field = field_of(one, schema)
        heading = field.heading[lang] if field else one.field
        said = "" if one.kind == OTHER and heading else text(f"model.compare.kind.{one.kind}", lang)  # the column says it
        kind = " · ".join(filter(None, (said, heading)))
        old, new = (shortened_at_word(show(value, field, lang), 60) or text("plan.front.blank", lang) for value in (one.before, one.after))
        by = text("plan.front.said_by", lang, who=said_by(one, lang))
        change = " ".join((text("plan.front.changed", lang, old=old, new=new), by)) if one.field else by
        out.append(Told(one.key, shortened_at_word(one.name, MOST_NAME), departments_of(one, lang), kind, change))
    return tuple(out)


def row_hints(asks: Sequence[Ask], week_end: date, lang: str) -> dict[str, dict[RowId, str]]:
    """Form → row id → its hint: the days it is late, when it is due, or that an answer is wanted."""
    out: dict[str, dict[RowId, str]] = {}
    words = _Words(week_end, lang)
    for ask in asks:
        out.setdefault(ask.form, {}).setdefault(ask.row_id, f"{HINT_MARKS[ask.kind]} {words.hint(ask)}")
    return out


class _Words:
    def __init__(self, week_end: date, lang: str) -> None:
        self.week_end, self.lang = week_end, lang

    def say(self, key: str, **facts: object) -> str:
        return text(f"plan.front.{key}", self.lang, **facts)

    def hint(self, ask: Ask) -> str:
        """`滞后 5 天` · `刚过期限` · `今天到期` · `本周到期` · `下周到期` · `请答复`"""
        if ask.kind == LATE:
            return self.say("late", n=ask.days)
        if ask.kind == ANSWER:
            return self.say("mend" if ask.finding else "please_answer")
        if ask.days <= 0:
            return self.say("today" if ask.days == 0 else "just_past")
        return self.say("this_week" if (as_day(ask.due) or date.max) <= self.week_end else "next_week")

    def line(self, ask: Ask, rows: Rows, i: int) -> FrontLine:
        name = shortened_at_word(rows.titles[i], MOST_NAME)
        wanted = bool(ask.wants) and ask.kind == LATE
        return FrontLine(
            ask.kind, ask.form, ask.row_id, name, self._when(ask), self._state(ask, rows, i), self._ask(ask, rows.form, rows), wanted
        )

    def _when(self, ask: Ask) -> str:
        day = as_day(ask.due)
        if day is None:
            return ""
        hour = f" {ask.due:%H:%M}" if isinstance(ask.due, datetime) else ""
        return self.say("day", date=day.isoformat(), weekday=self.say(f"weekday{day.isoweekday()}")) + hour

    def _state(self, ask: Ask, rows: Rows, i: int) -> str:
        if ask.finding is not None:
            field = rows.form.field(ask.finding.field or "")
            return self.say("found", field=field.heading[self.lang], found=shortened_at_word(ask.finding.found, 40) or self.say("blank"))
        parts = [self.hint(ask) if ask.kind == LATE else ""]
        if ask.for_another:
            need = rows.field("need")
            wanted = show(rows.values("need")[i], need, self.lang)
            parts.append(self.say("asked_by", who=COMMA[self.lang].join(rows.departments[i])))
            parts.append(" ".join(filter(None, (need.heading[self.lang], wanted, rows.words("unit")[i]))) if need and wanted else "")
        if ask.kind == DUE:
            parts.append(self.say("left", n=ask.days) if ask.days > 0 else self.hint(ask))
        if ask.label is not None and ask.days < 0:
            parts.append(self.say("past"))
        status, progress = (show(rows.values(name)[i], rows.field(name), self.lang) for name in ("status", "progress"))
        others = [name for name in rows.asked[i] if name not in rows.departments[i]]
        if others and rows.states[i] == "waiting" and not ask.for_another:
            status = self.say("waits_for", who=COMMA[self.lang].join(others))
        parts += ["" if rows.form.is_late_status(rows.values("status")[i]) else status, progress]
        if ask.escalated:
            parts.append(self.say("over_limit"))
        return " · ".join(filter(None, parts))

    def _ask(self, ask: Ask, form: Form, rows: Rows) -> str:
        if ask.finding is not None:
            said = (
                finding_text(ask.finding, part, self.lang, form.field(ask.finding.field or "").heading[self.lang])
                for part in ("what", "fix")
            )
            return shortened_at_word(" ".join(said), MOST_TEXT)
        wants = self._fields(form, ask.wants)
        if ask.kind == LATE:
            told = "late_told" if rows.has("late_reason") else "late_update"
            return self.say("fill_late", fields=wants) if wants else self.say(told, fields=self._progress(form, rows))
        if ask.kind == DUE:
            return self.say("update", fields=self._progress(form, rows))
        if ask.for_another:
            return self.say("fill_answer", fields=wants)
        if ask.label is not None:
            return self.say("fill_label", label=ask.label[self.lang], fields=wants)
        return self.say("fill", fields=wants)

    def _progress(self, form: Form, rows: Rows) -> str:
        """The columns in which a department says how far a row is."""
        told = [f for f in map(rows.field, ("progress", "status", "finished", "result")) if f is not None and is_theirs(f)]
        theirs = told or [f for f in form.fields if is_theirs(f)][:1]
        return self._fields(form, [f.id for f in theirs[:3]])

    def _fields(self, form: Form, ids: Sequence[str]) -> str:
        return COMMA[self.lang].join(form.field(f).heading[self.lang] for f in ids)
