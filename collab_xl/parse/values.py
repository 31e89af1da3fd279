"""One reader per kind of field: what a raw cell value means. Pure.

A reader returns the parsed value bare, or a `Reading` when there is something to say, a row to ask or another field to fill.
Readers never raise and never guess: what has no single meaning is Unreadable with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime

from collab_xl.catalogue import text as words_of
from collab_xl.model.values import CLEAR, Unreadable, Value
from collab_xl.parse import names
from collab_xl.parse.choices import TICKS, Words
from collab_xl.parse.clues import Clues
from collab_xl.parse.context import Context
from collab_xl.parse.dates import of_number, one_day, period, tidy
from collab_xl.parse.days import FIRST_YEAR, LAST_YEAR, Bad, Found, Period
from collab_xl.parse.percents import percent_number, percent_text
from collab_xl.parse.remarks import ABOVE, Reading, Remark
from collab_xl.parse.text import BLANK_WORDS, CLEAR_WORDS, OPEN_WORDS, SAME_WORDS, clean, loose, shown
from collab_xl.schema import Compound, Field, Form

Reader = Callable[[Value], "Value | Reading"]
_WORDS = BLANK_WORDS | CLEAR_WORDS | OPEN_WORDS | SAME_WORDS
_SHORT = max(map(len, _WORDS)) + 4
_STARTS = frozenset(c for w in _WORDS for c in (w[0], w[0].upper()))
# What needs no cleaning and can be no placeholder, seen in one look: nearly every cell of a tidy sheet.
_ORDINARY = re.compile(rf"(?![{re.escape(''.join(sorted(_STARTS)))}])[0-9A-Za-z\u4e00-\u9fff][ -~\u4e00-\u9fff、，。；：（）％]*(?<! )\Z")
_WHOLE = re.compile(r"([-+]?\d+)\s*(?:天|日|个|项|次|工作日|个工作日|days?)?$", re.I)


def placeholder(text: str) -> Reading | str | None:
    """What stands for nothing or for the cell above: a Reading; None when blank; the cleaned text when it is content."""
    text = clean(text)
    if len(text) <= _SHORT and _may_stand_for_something(text):
        word = loose(text)
        if not word or word in BLANK_WORDS:
            return None
        if word in CLEAR_WORDS:
            return Reading(CLEAR)
        if word in OPEN_WORDS:
            return Reading(None, (Remark("V233"),))
        if word in SAME_WORDS:
            return Reading(None, pending=ABOVE)
    return text


def _may_stand_for_something(text: str) -> bool:
    """A quick look at the first character; full-width forms and odd dashes take the long way."""
    first = text[:1]
    return first in _STARTS or not ((first.isascii() and first.isalnum()) or "\u4e00" <= first <= "\u9fff")


def expected(field: Field, how: str, lang: str) -> str:
    """What the field wants, in words."""
    if field.choices:
        return Words.of(field, lang).allowed
    kind = "period" if how == "date_range" else field.kind
    return words_of(f"word.parse.{kind}", lang)


def reader(
    field: Field,
    form: Form,
    context: Context,
    clues: Clues,
    *,
    compound: Compound | None = None,
    percent_format: bool = False,
    fractions: bool = False,
    words: Mapping[str, Value] | None = None,
) -> Reader:
    """The reader of one column.

    Args:
        compound: the heading feeds several fields (`field` is the first).
        percent_format: the cells show a percent sign.
        fractions: the column's numbers evidently are fractions (see `percents.shows_fractions`).
        words: words with a meaning of their own under this heading (是否滞后: 是 → late).
    """
    read = _content_reader(field, form, context, clues, compound, percent_format, fractions)
    ordinary = _ORDINARY.match
    as_text = field.kind in ("text", "longtext") and compound is None
    special = {loose(w): v for w, v in (words or {}).items()}

    def one(raw: Value) -> Value | Reading:
        if raw is None:
            return None
        if type(raw) is str and not special and ordinary(raw):
            return raw if as_text else read(raw)
        if special and isinstance(raw, bool):
            return special[loose("是" if raw else "否")]
        if isinstance(raw, str):
            content = placeholder(raw)
            if not isinstance(content, str):
                return content
            if special and (word := loose(content)) in special:
                return special[word]
            if as_text:
                return content
            raw = content
        return read(raw)

    return one


def _content_reader(
    field: Field, form: Form, context: Context, clues: Clues, compound: Compound | None, percent_format: bool, fractions: bool
) -> Reader:
    directory = context.directory
    if compound and compound.how == "date_range":
        return lambda raw: _period(raw, compound.into, clues, context)
    if compound and compound.how == "department_person":
        return lambda raw: names.department_person(raw, directory, compound.into, field.kind == "departments")
    match field.kind:
        case "key" | "reference":
            return _code
        case "references":
            return lambda raw: _code(raw) if isinstance(raw, date) else names.references(raw)
        case "date" | "moment":
            return lambda raw: _date(raw, field.kind == "moment", clues, context)
        case "percent":
            return _percent_reader(form, context, percent_format, fractions)
        case "choice" | "warning":
            return Words.of(field, context.lang).find
        case "department":
            tells = field.id == form.department_field and any(f.id == "owner" and f.kind == "person" for f in form.fields)
            return lambda raw: names.department(raw, directory, "owner" if tells else "")
        case "departments":
            return lambda raw: names.departments(raw, directory)
        case "person":
            own = form.department_field if any(f.id == form.department_field and f.kind == "department" for f in form.fields) else ""
            return lambda raw: names.person(raw, directory, own)
        case "whole":
            return _whole
        case _:
            return lambda raw: _text(raw, percent_format)


def _text(raw: Value, percent_format: bool) -> Value:
    if isinstance(raw, str):
        return raw
    if percent_format and isinstance(raw, (int, float)):
        return f"{raw * 100:.12g}%"
    return clean(shown(raw)) or None


def _code(raw: Value) -> Value | Reading:
    if isinstance(raw, date):
        return Reading(Unreadable(shown(raw)), (Remark("V216"),))
    return names.code(raw) or None


def _whole(raw: Value) -> Value | Reading:
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    if isinstance(raw, float) and raw.is_integer():
        return int(raw)
    if isinstance(raw, str) and (found := _WHOLE.match(tidy(raw))):
        return int(found[1])
    return Reading(Unreadable(shown(raw)), (Remark("V210"),))


def _percent_reader(form: Form, context: Context, percent_format: bool, fractions: bool) -> Reader:
    status = next((f for f in form.fields if f.id == "status" and f.choices), None)
    words = Words.of(status, context.lang) if status else None

    def read(raw: Value) -> Value | Reading:
        if isinstance(raw, (int, float)) and not isinstance(raw, bool):
            return percent_number(raw, percent_format, fractions, raw)
        if isinstance(raw, str):
            number = percent_text(raw, fractions)
            if number is not None:
                return number
            if words is not None:
                found = words.find(raw)
                value = found.value if isinstance(found, Reading) else found
                if isinstance(value, str):
                    # a tick or 已完成 says the work is complete; another status word says nothing about how much
                    share = 1 if raw.strip() in TICKS or value == "done" else None
                    return Reading(share, (Remark("V237", {"word": raw}),), {"status": value})
                if value is None:
                    return None
        return Reading(Unreadable(shown(raw)), (Remark("V202"),))

    return read


def _found(raw: Value, clues: Clues, context: Context) -> Found | Bad | None:
    if isinstance(raw, (int, float)) and not isinstance(raw, bool):
        return of_number(raw)
    if not isinstance(raw, str):
        return None
    text = tidy(raw)
    if text.isdigit() and len(text) == 5:
        return of_number(int(text))
    return one_day(text, _order(text, clues), context.lang == "zh" or _chinese(raw))


def _order(text: str, clues: Clues) -> bool | None:
    """Only what is short and made of numbers can need the order; asking gathers the whole sheet."""
    return clues.day_first if re.search(r"\d[-./]\s*\d", text) and not re.match(r"\d{4}", text) else None


def _chinese(text: str) -> bool:
    return any("\u4e00" <= c <= "\u9fff" for c in text)


def _date(raw: Value, with_time: bool, clues: Clues, context: Context) -> Value | Reading:
    if isinstance(raw, date):
        if not FIRST_YEAR <= raw.year <= LAST_YEAR:
            return _not(raw, Remark("V203"))  # 2024 typed into a date cell shows 1905-07-16
        return raw if with_time or not isinstance(raw, datetime) else raw.date()
    found = _found(raw, clues, context)
    if isinstance(found, Found):
        if not with_time and found.clock:
            found = Found(found.year, found.month, found.day, None, found.remarks)
        if found.year is None:
            return Reading(Unreadable(shown(raw)), found.remarks, pending=found)
        value = found.value(found.year)
        if value is None:
            return _not(raw, Remark("V203"))
        return Reading(value, found.remarks) if found.remarks else value
    if found is None and isinstance(raw, str):
        span = period(tidy(raw), None, True)
        if isinstance(span, Period):
            return _not(raw, Remark("V214"))
    return _not(raw, found.remark if isinstance(found, Bad) else Remark("V203"))


def _period(raw: Value, into: tuple[str, ...], clues: Clues, context: Context) -> Value | Reading:
    """A Reading with the start as value and the end in `also`; one day alone is both, and said so (V222)."""
    last = into[-1]
    if isinstance(raw, date) and FIRST_YEAR <= raw.year <= LAST_YEAR:
        day = raw.date() if isinstance(raw, datetime) else raw
        return Reading(day, (Remark("V222"),), {last: day})
    found: Found | Period | Bad | None
    if isinstance(raw, str):
        text = tidy(raw)
        found = period(text, _order(text, clues), context.lang == "zh" or _chinese(raw))
    else:
        found = _found(raw, clues, context)
    if isinstance(found, Found):
        found = Period(found, found, (Remark("V222"),))
    if not isinstance(found, Period):
        remark = found.remark if isinstance(found, Bad) else Remark("V203")
        return Reading(Unreadable(shown(raw)), (remark,), {last: Unreadable(shown(raw))})
    remarks = _unique(found)
    return Reading(Unreadable(shown(raw)), remarks, {last: Unreadable(shown(raw))}, pending=found)


def _unique(span: Period) -> tuple[Remark, ...]:
    out: list[Remark] = []
    for remark in (*span.remarks, *span.first.remarks, *span.last.remarks):
        if all(remark.code != r.code for r in out):
            out.append(remark)
    return tuple(out)


def _not(raw: Value, remark: Remark) -> Reading:
    return Reading(Unreadable(shown(raw)), (remark,))
