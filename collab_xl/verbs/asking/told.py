"""What a person says of a tracker: `--sheet`, `--heading 3-4`, `--map C=任务名称`, `--word 项目关闭=已完成`, `--order DMY`, `--form`,
`--department`.

In: the options as typed.  Out: the context to read with, a line that says what was assumed, and what is remembered.  Pure.
What was said of a tracker is kept as a question with its answer (kind `layout`) under the name of the tracker, and holds for its next
copy as long as that has the same headings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from collab_xl.catalogue import text
from collab_xl.errors import CollabError
from collab_xl.forms import Schema
from collab_xl.model.finding import Saying, Word
from collab_xl.model.imported import tracker_name
from collab_xl.model.place import Address, column_letters, column_number
from collab_xl.model.record import Struct, replace
from collab_xl.model.sender_questions import SenderQuestion
from collab_xl.model.similar import meant
from collab_xl.read.asking import Question
from collab_xl.read.context import Context
from collab_xl.read.headings import fold
from collab_xl.read.own_words import words_of
from collab_xl.read.sheet import Parsed
from collab_xl.read.told import Told, fields_named

_LETTERS = re.compile(r"[A-Z]{1,2}")
_LAST_COLUMN = 104
"""CZ. Beyond it letters are a heading (ID, PIC)."""
_NONE = frozenset({"", "-", "无", "不读", "none", "no"})


class Said(Struct, frozen=True):
    """The options as typed."""

    sheets: Sequence[str] = ()
    heading: str | None = None
    maps: Sequence[str] = ()
    words: Sequence[str] = ()
    order: str | None = None
    form: str | None = None
    department: str | None = None

    def __bool__(self) -> bool:
        return any((self.sheets, self.heading, self.maps, self.words, self.order, self.form, self.department))

    def before(self, earlier: Said) -> Said:
        """What is said now, then what was said earlier."""
        maps, words = ({**_pairs(was), **_pairs(now)}.values() for was, now in ((earlier.maps, self.maps), (earlier.words, self.words)))
        place = self if self.sheets or self.heading or self.form else earlier
        return Said(
            place.sheets, place.heading, tuple(maps), tuple(words), self.order or earlier.order, place.form,
            self.department or earlier.department,
        )  # fmt: skip


def _pairs(typed: Iterable[str]) -> dict[str, str]:
    """Left side → the pair as typed."""
    return {fold(each.partition("=")[0]): each for each in typed}


LAYOUT = "layout"
"""Kind of the question that keeps what was said of a tracker. It is never asked."""


def layout_question(file: str, said: Said, headings: Iterable[str]) -> SenderQuestion:
    """What was said of a tracker, with the headings of its tables, for the ledger."""
    data = {name: value for name in said.__struct_fields__ if (value := getattr(said, name))}
    answer = json.dumps({**data, "headings": sorted({fold(h) for h in headings if h})}, ensure_ascii=False, sort_keys=True)
    return SenderQuestion("", LAYOUT, "", tracker_name(file), file, "", file, "", answer=answer)


def said_before(question: SenderQuestion) -> tuple[Said, frozenset[str]]:
    """What was said of a tracker, and the headings it had."""
    data = json.loads(question.answer or "{}")
    headings = frozenset(data.pop("headings", ()))
    known: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in data.items() if name in Said.__struct_fields__}
    return Said(**known), headings


def with_said(context: Context, said: Said, schema: Schema, lang: str) -> Context:
    """The context with what was said. Raises CollabError `usage_told` (exit 2) for what cannot be understood."""
    if not said:
        return context
    columns: dict[int, str] = {}
    names: dict[str, str] = {}
    for typed in said.maps:
        left, _, right = (part.strip() for part in typed.partition("="))
        right = "" if right.casefold() in _NONE else right
        if not left or "=" not in typed or (right and not any(fields_named(form, right) for form in schema.forms)):
            raise _refused("--map", typed, lang, meant(right, _headings(schema, lang)) if left and right else "")
        if _LETTERS.fullmatch(left) and (col := column_number(left)) <= _LAST_COLUMN:
            columns[col] = right
        else:
            names[fold(left)] = right
    told = Told(tuple(said.sheets), _form(said.form, schema, lang), _rows(said.heading, lang), columns, names)
    words = dict(context.words)
    for typed in said.words:
        left, _, right = (part.strip() for part in typed.partition("="))
        found, _ = words_of([{"word": left, "means": right}], schema, context.lang)
        if not found:
            raise _refused("--word", typed, lang)
        for key, means in found.items():
            words[key] = {**words.get(key, {}), **means}
    order = said.order.upper() if said.order else None
    if order not in (None, "DMY", "MDY"):
        raise _refused("--order", said.order or "", lang)
    return replace(context, told=told, words=words, day_first=context.day_first if order is None else order == "DMY")


def _rows(typed: str | None, lang: str) -> tuple[int, int] | None:
    if typed is None:
        return None
    first, _, last = typed.replace("–", "-").partition("-")
    if not first.strip().isdecimal() or not (last or first).strip().isdecimal():
        raise _refused("--heading", typed, lang)
    rows = int(first), int(last or first)
    if not 0 < rows[0] <= rows[1] <= rows[0] + 3:
        raise _refused("--heading", typed, lang)
    return rows


def _form(typed: str | None, schema: Schema, lang: str) -> str:
    if not typed:
        return ""
    said = typed.strip().casefold()
    names = {n.casefold(): f.id for f in schema.forms for n in (f.id, *f.sheet.values(), *f.title.values(), *f.aliases)}
    if said not in names:
        raise _refused("--form", typed, lang, meant(typed, (f.sheet[lang] for f in schema.forms)))
    return names[said]


def _headings(schema: Schema, lang: str) -> list[str]:
    return [f.heading[lang] for form in schema.forms for f in form.fields]


def _refused(option: str, typed: str, lang: str, near: Saying | str = "") -> CollabError:
    form = Word(f"verbs.told.{option[2:]}")
    return CollabError("usage_told", exit_code=2, option=option, text=typed, form=form, meant=near, lang=lang)


def line(said: Said, lang: str) -> str:
    """What was said, as it was assumed for this import."""
    return text("verbs.say.import_told", lang, parts=options(said))


def in_words(said: Said, lang: str) -> tuple[str, ...]:
    """What was said, in words."""
    parts = [
        *(("sheet", name) for name in said.sheets),
        ("heading", said.heading),
        ("form", said.form),
        *(("map", typed) for typed in said.maps),
        *(("word", typed) for typed in said.words),
        ("order", said.order),
        ("department", said.department),
    ]
    return tuple(text(f"verbs.said.{what}", lang, value=value) for what, value in parts if value)


def options(said: Said) -> tuple[str, ...]:
    """What was said, as options."""
    return (
        *(f"--sheet {name}" for name in said.sheets),
        *([f"--heading {said.heading}"] if said.heading else []),
        *([f"--form {said.form}"] if said.form else []),
        *(f"--map {typed}" for typed in said.maps),
        *(f"--word {typed}" for typed in said.words),
        *([f"--order {said.order}"] if said.order else []),
        *([f"--department {said.department}"] if said.department else []),
    )


def remembered(context: Context, sheets: Iterable[tuple[str, Parsed]], order: str | None) -> list[tuple[Question, str]]:
    """What was said of columns and of the order of days, as answers that the ledger keeps for this sender."""
    out: list[tuple[Question, str]] = []
    told = context.told
    for name, parsed in sheets:
        for located in parsed.located if told else ():
            for col, (heading, fields) in located.columns.items():
                if heading and told and told.of(col, [fold(heading)]) is not None:
                    at, answer = Address(name, located.heading_rows[1], col), fields[0] if fields else ""
                    asked = f"heading:{name}:{column_letters(col)}"
                    out.append((Question(asked, "heading", "H121", at, heading, (), answer, located.form), answer))
        if order and parsed.tables and not any(q.kind == "date_order" for q, _ in out):
            at = Address(name, parsed.tables[0].heading_rows[1], 1)
            out.append(
                (Question(f"date_order:{name}", "date_order", "V204", at, order), "day_first" if context.day_first else "month_first")
            )
    return out
