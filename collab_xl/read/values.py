"""One reader per kind of field: what a raw cell value means. Pure.

A reader returns the parsed value, or a `ParsedValue` if there is a remark, if it depends on the row or fills another field.
Readers never raise and never guess: a value without a single meaning is Unreadable with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import cast

from collab_xl.catalogue import text as words_of
from collab_xl.forms import YES_NO, Compound, Field, Form
from collab_xl.model.cell_text import unguarded
from collab_xl.model.record import replace
from collab_xl.model.regex import regex
from collab_xl.model.values import CLEAR, Unreadable, Value
from collab_xl.read import codes, names
from collab_xl.read.amounts import amount
from collab_xl.read.choices import Words, key_of
from collab_xl.read.clues import Clues
from collab_xl.read.context import Context
from collab_xl.read.dates import tidy
from collab_xl.read.dependencies import references
from collab_xl.read.marks import SELECTORS, TICKS
from collab_xl.read.percents import percent_number, percent_text
from collab_xl.read.remarks import ABOVE, ParsedValue, Remark
from collab_xl.read.text import BLANK_WORDS, CLEAR_WORDS, OPEN_WORDS, SAME_WORDS, clean, loose, plain, shown
from collab_xl.read.when import one_date, one_period

Reader = Callable[[Value], "Value | ParsedValue"]
_WORDS = BLANK_WORDS | CLEAR_WORDS | OPEN_WORDS | SAME_WORDS
_SHORT = max(map(len, _WORDS)) + 4
_STARTS = frozenset(c for w in _WORDS for c in (w[0], w[0].upper()))
_PLAIN = rf"(?![{re.escape(''.join(sorted(_STARTS)))}])[0-9A-Za-z\u4e00-\u9fff][ -~\u4e00-\u9fff、，。；：（）％]*+(?<! )"
"""A text that needs no cleaning and is no placeholder: nearly every cell."""
_ORDINARY = regex(rf"{_PLAIN}\Z")
_ALL_ORDINARY = regex(rf"(?:{_PLAIN}\n)*+\Z")
_ALL_IDS = regex(rf"(?:(?![{re.escape(''.join(sorted(_STARTS)))}]){codes.USUAL}\n)*+\Z")
_TEXTS = ("text", "longtext")
_YES_OR_NO = Field("", "yesno", "D", {}, choices=YES_NO)
_WHOLE = regex(r"([-+]?\d+)\s*(?:天|日|个|项|次|工作日|个工作日|days?)?$", re.I)


_PICTURE = regex(r"=(?:_xlfn\.)?(?:DISPIMG|IMAGE)\(", re.I)
"""A picture in a cell, as WPS and Excel write it."""
_ROUNDED = regex(r"\d(?:\.\d+)?E\+(?:1[1-9]|[2-9]\d)\Z", re.I)
"""A long number as a program exported it that took it for a number: 2.02611E+17."""


def is_picture(formula: str) -> bool:
    """Whether a formula shows a picture in its cell."""
    return _PICTURE.match(formula) is not None


def placeholder(text: str) -> ParsedValue | str | None:
    """A ParsedValue for a text that means blank or “as above”; None for a blank cell; else the cleaned text."""
    text = clean(text)
    if text[:1] in ("=", "'"):
        text = clean(unguarded(text))
        if _PICTURE.match(text):
            return ParsedValue(None, (Remark("V248"),))
    if len(text) <= _SHORT and _may_stand_for_something(text):
        word = loose(text)
        if not word or word in BLANK_WORDS:
            return None
        if word in CLEAR_WORDS:
            return ParsedValue(CLEAR)
        if word in OPEN_WORDS:
            return ParsedValue(None, (Remark("V233"),))
        if word in SAME_WORDS:
            return ParsedValue(None, pending=ABOVE)
    return text


def _may_stand_for_something(text: str) -> bool:
    """A quick test of the first character; full-width forms and unusual dashes get the full test."""
    first = text[:1]
    return first in _STARTS or not ((first.isascii() and first.isalnum()) or "\u4e00" <= first <= "\u9fff")


def expected(field: Field, how: str, lang: str) -> str:
    """What the field expects, as a text."""
    if field.choices:
        allowed = Words.of(field, lang).allowed
        return words_of("read.word.several", lang, words=allowed) if field.kind == "choices" else allowed
    kind = "period" if how == "date_range" else field.kind
    return words_of(f"read.word.{kind}", lang)


def words_in(field: Field, form: Form, context: Context) -> Words:
    """The words of a choice field of a form, the PMO's own among them."""
    return Words.of(field, context.lang, context.words.get((form.id, field.id)))


def reader(
    field: Field,
    form: Form,
    context: Context,
    clues: Clues,
    *,
    compound: Compound | None = None,
    percent_format: bool = False,
    fractions: bool = False,
    yes_no: Mapping[str, Value] | None = None,
) -> Reader:
    """The reader of one column.

    Args:
        compound: the heading feeds several fields (`field` is the first).
        percent_format: the number format has a percent sign.
        fractions: the numbers of the column clearly are fractions (see `percents.shows_fractions`).
        yes_no: what yes and no mean below this heading (是否滞后: yes → late).
    """
    read = _content_reader(field, form, context, clues, compound, percent_format, fractions)
    ordinary = _ORDINARY.match
    as_text = field.kind in _TEXTS and compound is None
    special = yes_no or {}
    own = {key_of(word) for word in context.words.get((form.id, field.id), ())} if special else ()
    yes_or_no = Words.of(_YES_OR_NO, context.lang).exact
    listed = field.kind in ("choice", "choices", "yesno") and compound is None
    meant = (lambda raw: _content_of(read(raw))) if listed else None

    def one(raw: Value) -> Value | ParsedValue:
        if raw is None:
            return None
        if type(raw) is str and not special and ordinary(raw):
            return raw if as_text else read(raw)
        if special and isinstance(raw, bool):
            return special["yes" if raw else "no"]
        if isinstance(raw, str):
            content = placeholder(raw)
            if not isinstance(content, str):
                # 待确认 means blank, unless it is one of the field's words
                return choice if meant and content is not None and (choice := meant(raw)) is not None else content
            if special and key_of(content) not in own and (said := yes_or_no(content)) is not None:
                return special[said]
            if as_text:
                return content
            raw = content
        return read(raw)

    return one


def as_written(field: Field, compound: Compound | None, values: Collection[Value]) -> bool:
    """Whether the `reader` of a column returns all these values as they are: ordinary texts, or IDs in the usual form. One test for all."""
    kind = field.kind if compound is None else ""
    if kind not in (*_TEXTS, "key") or set(map(type, values)) != {str}:
        return False
    return (_ALL_IDS if kind == "key" else _ALL_ORDINARY).match("\n".join([*cast("Collection[str]", values), ""])) is not None


def _both(read: Value | ParsedValue, title: str, raw: Value) -> ParsedValue:
    """What was read, and the same as it was written for the title."""
    said = read if isinstance(read, ParsedValue) else ParsedValue(read)
    return replace(said, also={title: _text(raw)})


def _content_of(read: Value | ParsedValue) -> Value:
    """The value if it is certain, else None."""
    return None if isinstance(read, (ParsedValue, Unreadable)) else read


def _content_reader(
    field: Field, form: Form, context: Context, clues: Clues, compound: Compound | None, percent_format: bool, fractions: bool
) -> Reader:
    directory = context.directory
    if compound and compound.how == "title":
        alone = _content_reader(field, form, context, clues, None, percent_format, fractions)
        return lambda raw: _both(alone(raw), compound.into[1], raw)
    if compound and compound.how == "date_range":
        return lambda raw: one_period(raw, compound.into, clues, context)
    if compound and compound.how == "department_person":
        return lambda raw: names.department_person(raw, directory, compound.into, field.kind == "departments")
    match field.kind:
        case "key":
            return _code
        case "reference":
            return _reference
        case "references":
            return lambda raw: _code(raw) if isinstance(raw, date) else references(raw)
        case "date" | "moment":
            begins = field.role == "start"  # 7月1日起 names the day in a start column; in others it names only the beginning
            return lambda raw: one_date(raw, field.kind == "moment", begins, clues, context)
        case "percent":
            return _percent_reader(field, form, context, percent_format, fractions)
        case "choice":
            return words_in(field, form, context).find
        case "choices":
            return words_in(field, form, context).find_several
        case "yesno":
            words = words_in(field, form, context)
            return lambda raw: _yes_no(raw, words)
        case "amount":
            return lambda raw: amount(raw, percent_format)
        case "department":
            owner = form.id_of("owner") if field.role == "department" else ""
            return lambda raw: names.department(raw, directory, owner)
        case "departments":
            return lambda raw: names.departments(raw, directory)
        case "person":
            own = form.id_of("department")
            return lambda raw: names.person(raw, directory, own)
        case "whole":
            return _whole
        case _:
            return _text


def _text(raw: Value) -> Value:
    return raw if isinstance(raw, str) else clean(shown(raw)) or None


def _code(raw: Value) -> Value | ParsedValue:
    if isinstance(raw, date):
        return ParsedValue(Unreadable(shown(raw)), (Remark("V216"),))
    code = codes.code(raw)
    if not code or code in BLANK_WORDS:
        return None
    return ParsedValue(code, (Remark("V249"),)) if _ROUNDED.match(code) else code


def _reference(raw: Value) -> Value | ParsedValue:
    written = names.split_names(raw) if isinstance(raw, str) else []
    if len(written) > 1:
        return ParsedValue(Unreadable(shown(raw)), (Remark("V215", {"count": len(written)}),))
    return _code(written[0] if written else raw)


def _whole(raw: Value) -> Value | ParsedValue:
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    if isinstance(raw, float) and raw.is_integer():
        return int(raw)
    if isinstance(raw, str) and (found := _WHOLE.match(tidy(raw))):
        return int(found[1])
    return ParsedValue(Unreadable(shown(raw)), (Remark("V210"),))


def _yes_no(raw: Value, words: Words) -> Value | ParsedValue:
    """True or False; a remark after the word (是（已评审）) is reported as after a choice."""
    if isinstance(raw, bool):
        return raw
    found = words.find(raw)
    if isinstance(found, ParsedValue):
        return replace(found, value=found.value == "yes") if isinstance(found.value, str) else found
    return found == "yes" if isinstance(found, str) else found


def _percent_reader(field: Field, form: Form, context: Context, percent_format: bool, fractions: bool) -> Reader:
    status = form.role("status") if field.role == "progress" else None
    words = words_in(status, form, context) if status else None

    def read(raw: Value) -> Value | ParsedValue:
        if isinstance(raw, (int, float)) and not isinstance(raw, bool):
            return percent_number(raw, percent_format, fractions, raw)
        if isinstance(raw, str):
            number = percent_text(raw, fractions)
            if number is not None:
                return number
            if words is not None:
                found = words.find(raw)
                value = found.value if isinstance(found, ParsedValue) else found
                if isinstance(value, str) and status is not None:
                    # a tick or 已完成 means 100 %; other status words mean no percentage
                    share = 1 if raw.translate(SELECTORS).strip() in TICKS or form.state(value) == "done" else _beside(found)
                    return ParsedValue(share, (Remark("V237", {"word": raw}),), {status.id: value})
                if value is None:
                    return None
        return ParsedValue(Unreadable(shown(raw)), (Remark("V202"),))

    return read


def _beside(found: Value | ParsedValue) -> Value:
    """The percentage after a status word: 进行中60% is 0.6."""
    rest = next((str(r.facts["rest"]) for r in found.remarks if r.code == "V240"), "") if isinstance(found, ParsedValue) else ""
    share = percent_text(rest, False) if "%" in plain(rest) else None
    value = share.value if isinstance(share, ParsedValue) else share
    return value if isinstance(value, (int, float)) else None
