"""Columns whose heading no form has, by what its words say and its cells show, all in one assignment. Pure.

In: the columns that no heading of ours names.  Out: those that are sure are added to the matching; `what_words_say` and
`cells_say` are also the measure of what is asked about (`content`).  Sure: words and cells say the same, no other column and no other
field comes near.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from collab_xl.catalogue import LANGS
from collab_xl.forms import Field, Form
from collab_xl.model.regex import regex
from collab_xl.read.assignment import best
from collab_xl.read.cells_judged import Cells, fits, is_about
from collab_xl.read.choices import Words
from collab_xl.read.context import Context
from collab_xl.read.heading_words import fields_said, meanings, says_day, says_title
from collab_xl.read.headings import (
    ALIAS,
    ANSWERED,
    COMPOSED,
    Mapped,
    Matching,
    Target,
    added_columns,
    answered,
    fold,
    halves,
    is_sequence,
    lexicon,
)
from collab_xl.read.tracker import is_anywhere

_WORDS = 2.0
"""Weight of what the words say; the cells count from 0 to 1."""
_NEAR = 0.35
"""A rival that comes nearer than this leaves the column in doubt."""
_FIRST_OF_TWO = 0.8

CellsOf = Callable[[int], Cells]


def add_composed(
    form: Form, matching: Matching, texts: Mapping[int, Sequence[str]], cells_of: CellsOf, context: Context, titled: bool = False
) -> None:
    """Move the columns that are sure from `matching.extra` to `matching.mapped`. `titled`: the sheet or a title names the form."""
    _titles_by_cells(form, matching, cells_of)
    _days_are_either(form, matching, cells_of)
    _shares_are_no_texts(form, matching, cells_of)
    _sentences_are_no_choices(form, matching, cells_of, context)
    _texts_are_no_days(form, matching, cells_of)
    _words_are_choices(form, matching, cells_of, context)
    _numbers_are_keys(form, matching, cells_of)
    open_ones = {c: h for c, h in matching.extra.items() if is_open(form, matching, c, h, context)}
    if not open_ones and form.id_of("title") in matching.fields:
        return
    free = {f.id: f for f in form.fields if f.id not in matching.fields}
    title = form.id_of("title")
    if title in free:
        open_ones |= {m.col: m.heading for m in matching.mapped if _may_be_title(form, m)}
    worth: dict[tuple[int, str], float] = {}
    rows = max((cells_of(col).n for col in (*open_ones, *(m.col for m in matching.mapped))), default=0)
    mapped = {m.col: m for m in matching.mapped}
    seen: set[str] = set()
    for col, heading in sorted(open_ones.items()):
        if (word := fold(heading)) in seen:
            continue  # of two with one heading the first
        seen.add(word)
        said = what_words_say(form, texts.get(col, (heading,)))
        cells = cells_of(col) if said else Cells(())
        for field_id, words in said.items():
            if field_id in free:
                if not cells.n and field_id in matching.unlike.values():
                    continue
                shown = cells_say(form, free[field_id], cells, context)
                if field_id == title and cells.n + 1 < _FILLED * rows:
                    continue  # what the rows are about stands in every row
                if col in mapped and field_id != title:
                    continue
                a_noun = titled and words >= _A_NOUN and len(texts.get(col, ())) < _LINES
                if shown >= 0 and _WORDS * words + shown >= _least(form, free[field_id], cells, a_noun):
                    worth[col, field_id] = _WORDS * words + shown
    chosen = best(worth)
    lex = lexicon(form, context.lang)
    for col, field_id in sorted(chosen.items()):
        heading = open_ones[col]
        own = _last(texts.get(col, (heading,)))
        sound = field_id == title and says_title(form, own) >= _ITS_WORD
        slip = not sound and lex.is_slip(own) and lex.near(own, ()) in free  # is asked about
        left = field_id == title and titled  # of two that may say what the rows are about, the left one does
        if not slip and not _rivalled({k: v for k, v in worth.items() if not left or k[1] != title or k[0] <= col}, chosen, col, field_id):
            if col in mapped:
                matching.mapped.remove(mapped[col])
                row = mapped[col].row
            else:
                del matching.extra[col]
                row = matching.rows.pop(col)
            matching.mapped.append(Mapped(col, row, heading, Target(field_id, None, COMPOSED)))


_FILLED = 0.8


def _shares_are_no_texts(form: Form, matching: Matching, cells_of: CellsOf) -> None:
    """A column whose name is another word for a text (完成情况) or the status (Status), and whose cells are shares (80 %, 0.8): the form's
    percentage, where no other column is that."""
    free = [f.id for f in form.fields if f.kind == "percent" and f.id not in matching.fields]
    status = form.id_of("status")
    texts = [
        m
        for m in matching.mapped
        if len(free) == 1
        and (
            (_another_word(m) and form.field(m.field).kind in ("text", "longtext"))
            or (m.fields == (status,) and m.target.quality != ANSWERED and set(map(type, cells_of(m.col).values)) <= {int, float})
        )
    ]
    shares = [m for m in texts if (cells := cells_of(m.col)).n >= _FEWEST and cells.shares >= _FILLED]
    if len(shares) == 1:
        (m,) = shares
        quality = m.target.quality if m.fields == (status,) else COMPOSED
        matching.mapped[matching.mapped.index(m)] = Mapped(m.col, m.row, m.heading, Target(free[0], None, quality))


_FEWEST = 3
_KNOWN = 0.5
_NUMBERED = regex(r"^[A-Z\u4e00-\u9fff][A-Za-z\u4e00-\u9fff]{0,7}[-_.]?\d+$")


def _titles_by_cells(form: Form, matching: Matching, cells_of: CellsOf) -> None:
    """What the rows are about stands in the column whose cells say so: not in one of codes (Task above TA1603), not in one that repeats
    (Risk above Risk, Risk) or is hardly filled (Task above the first of each group), where another column of such a name does better.
    Without cells, Deliverable name is better than Results, which any list may have."""
    title = form.id_of("title")
    now = next((m for m in matching.mapped if m.fields == (title,) and m.target.quality != ANSWERED), None)
    if now is None:
        return
    cells = cells_of(now.col)
    doubled = [c for c, first in matching.duplicates if first is now]
    doubled += [c for c, h in matching.extra.items() if c not in doubled and says_title(form, h) >= 1 and c not in matching.either]
    doubled = [c for c in doubled if c not in matching.told and c in matching.extra]
    rivals = [c for c in doubled if is_about(cells_of(c)) > 0 or (2 * cells.n <= cells_of(c).n and cells_of(c).sentences > _SENTENCES)]
    better = max(rivals, key=lambda c: (cells_of(c).n, -c), default=None)
    if better is None or cells_of(better).n < _FEWEST or (is_about(cells) >= 0 and 2 * cells.n > cells_of(better).n):
        named = [c for c in doubled if not cells.n and not is_anywhere(matching.extra[c])]
        better = named[0] if named and is_anywhere(now.heading) else None
    if better is None:
        _title_beside_its_number(matching, now, cells_of)
        return
    heading, row = matching.extra.pop(better), matching.rows.pop(better)
    instead = Mapped(better, row, heading, now.target)
    matching.duplicates = [(c, instead if first is now else first) for c, first in matching.duplicates if c != better]
    matching.mapped.remove(now)
    matching.mapped.append(instead)
    if cells.codes >= _FILLED and cells.different == cells.n and form.key.id not in matching.fields:
        matching.mapped.append(Mapped(now.col, now.row, now.heading, Target(form.key.id, None, COMPOSED)))
    else:
        matching.extra[now.col], matching.rows[now.col] = now.heading, now.row
        matching.duplicates.append((now.col, instead))


def _title_beside_its_number(matching: Matching, now: Mapped, cells_of: CellsOf) -> None:
    """One heading over two columns that are not merged: a number and, right of it, what the row is about."""
    beside, taken = now.col + 1, {m.col for m in matching.mapped} | set(matching.extra)
    cells = cells_of(now.col)
    if beside in taken or cells.n < _FEWEST or cells.codes < _FILLED or is_about(cells_of(beside)) <= 0:
        return
    matching.mapped[matching.mapped.index(now)] = Mapped(beside, now.row, now.heading, now.target)


def _days_are_either(form: Form, matching: Matching, cells_of: CellsOf) -> None:
    """Days below a heading that says no more than that they are days (时间, Date): the beginning or the end, a person says which."""
    free = tuple(f for role in ("due", "start") if (f := form.id_of(role)) and f not in matching.fields)
    first = min((m.col for m in matching.mapped), default=0)  # a day that stands first is the day of the entry
    alone = [c for c, h in matching.extra.items() if c > first and says_day(h) and c not in matching.either and c not in matching.told]
    if len(free) == _TWO and len(alone) == 1 and cells_of(alone[0]).days >= _DAYS and cells_of(alone[0]).n >= _TWO:
        matching.either[alone[0]] = free


_DAYS = 0.5
_SENTENCES, _HARDLY = 0.5, 0.3


def _sentences_are_no_choices(form: Form, matching: Matching, cells_of: CellsOf, context: Context) -> None:
    """A column named as one of few words (影响程度, Impact) whose cells are sentences, or mere crosses, is no such column: it is kept as it
    is written."""
    for m in [m for m in matching.mapped if m.target.compound is None and m.target.quality != ANSWERED]:
        field = form.field(m.field)
        cells = cells_of(m.col) if field.kind == "choice" else Cells(())
        texts = cells.n >= _TWO and cells.sentences > _SENTENCES
        numbers = field.role == "status" and cells.n >= _FEWEST and cells.numbers == 1
        if (texts or numbers or cells.crosses) and cells.known(Words.of(field, context.lang)) < _HARDLY:
            matching.mapped.remove(m)
            matching.extra[m.col], matching.rows[m.col] = m.heading, m.row
            matching.unlike[m.col] = m.field


_TWO = 2
_A_TEXT = 8
_OF_DAYS = regex("时间|日期|期限|时限|日$|期$|何时|几号|date|time|deadline|when|due|\\bby\\b|start|begin|end\\b|finish", re.I)


def _texts_are_no_days(form: Form, matching: Matching, cells_of: CellsOf) -> None:
    """A column whose name does not speak of days (Milestone), and all of whose cells are texts without a single figure, holds none."""
    for m in [m for m in matching.mapped if m.target.quality != ANSWERED and form.field(m.field).kind in ("date", "moment")]:
        if _OF_DAYS.search(m.heading):
            continue
        cells = cells_of(m.col)
        figures = any(c.isdigit() for t in cells.texts for c in t)
        if (
            cells.n >= _TWO
            and cells.n == len(cells.texts)
            and not figures
            and not cells.days
            and sum(map(len, cells.texts)) >= _A_TEXT * cells.n
        ):
            matching.mapped.remove(m)
            matching.extra[m.col], matching.rows[m.col] = m.heading, m.row
            matching.unlike[m.col] = m.field


def _words_are_choices(form: Form, matching: Matching, cells_of: CellsOf, context: Context) -> None:
    """A column whose name is another word for a text (Role), and whose cells are words of a choice that nothing else is (R, A, C, I)."""
    free = [f for f in form.fields if f.kind == "choice" and f.id not in matching.fields and f.access != "C" and f.role != "status"]
    for m in [m for m in matching.mapped if free and _another_word(m) and form.field(m.field).kind in ("text", "longtext")]:
        cells = cells_of(m.col)
        if cells.n < _FEWEST or cells.sentences or not cells.short:
            continue
        known = [f for f in free if cells.known(Words.of(f, context.lang)) >= _KNOWN]
        if len(known) == 1 and not Words.of(known[0], context.lang).exact(m.heading):
            matching.mapped[matching.mapped.index(m)] = Mapped(m.col, m.row, m.heading, Target(known[0].id, None, COMPOSED))
            free.remove(known[0])


def _numbers_are_keys(form: Form, matching: Matching, cells_of: CellsOf) -> None:
    """No. over R1, R2 is the ID where no other column is; over 1, 2 it is a running number."""
    if form.key.id in matching.fields:
        return
    for col in sorted(c for c, h in matching.extra.items() if is_sequence(h) and c not in matching.told):
        cells = cells_of(col)
        if cells.n >= _FEWEST and cells.different == cells.n == sum(bool(_NUMBERED.match(t)) for t in cells.texts):
            heading, row = matching.extra.pop(col), matching.rows.pop(col)
            matching.mapped.append(Mapped(col, row, heading, Target(form.key.id, None, COMPOSED)))
            return


def _another_word(m: Mapped) -> bool:
    return m.target.quality <= ALIAS and m.target.quality != ANSWERED and m.target.compound is None


def _may_be_title(form: Form, m: Mapped) -> bool:
    """Whether a column read as another text (Action as a measure) may be what the rows are about, where nothing else is."""
    return _another_word(m) and form.field(m.field).kind in ("text", "longtext") and says_title(form, m.heading) >= _ITS_WORD


_ITS_WORD = 0.7


def is_open(form: Form, matching: Matching, col: int, heading: str, context: Context) -> bool:
    """Whether a column that is not read may be a field nobody named."""
    word = fold(heading)
    doubled = any(col == c for c, _ in matching.duplicates)
    return bool(
        word
        and col not in added_columns(matching.extra.items())
        and not doubled
        and col not in matching.either
        and col not in matching.unlike
        and col not in matching.told
        and not is_sequence(heading)
        and answered(context.headings, form.id, heading) is None
    )


def what_words_say(form: Form, texts: Sequence[str]) -> dict[str, float]:
    """Field → how much the words of a heading say it is that field.

    Args:
        texts: of a heading in several lines, all lines joined first; the last line is the column's own, the others say which one it is
            (计划 above 开始).
    """
    if len(texts) == 1 and (parts := halves(texts[0])):
        said: dict[str, float] = {}
        for part in parts:
            for field_id, worth in what_words_say(form, (part,)).items():
                said[field_id] = max(worth, said.get(field_id, 0.0))
        return said
    own, whole = meanings(_last(texts)), meanings(texts[0])
    use = texts[0] if not own or (set(own) | set(whole)) & _WHICH else _last(texts)
    said = dict(fields_said(form, use) or fields_said(form, _last(texts)) or fields_said(form, texts[0]))
    if about := max((says_title(form, text) for text in texts), default=0.0):
        said[form.id_of("title")] = about
    if not said and "/" in use:  # 负责人/参与人
        one = use.split("/")[0].strip()
        known = next((x for lang in LANGS if (x := lexicon(form, lang).find(one)) and not x.either and x.compound is None), None)
        said = {known.field: _FIRST_OF_TWO} if known else {f: w * _FIRST_OF_TWO for f, w in fields_said(form, one).items()}
    return said


_WHICH = frozenset({"start", "due", "finished", "raised"})
"""Meanings that the line above may decide."""


def _last(texts: Sequence[str]) -> str:
    """The shortest text that the whole heading ends with: its last line."""
    return min((t for t in texts if texts[0].endswith(t)), key=len)


def cells_say(form: Form, field: Field, cells: Cells, context: Context) -> float:
    if field.id == form.id_of("title"):
        return is_about(cells) if cells.n else 0.0
    return fits(field, cells, context)


_A_NOUN, _LINES = 0.5, 2


def _least(form: Form, field: Field, cells: Cells, titled: bool) -> float:
    """What is enough to read a column without asking. `titled`: the sheet says what its rows are about, a noun is enough."""
    if field.id == form.id_of("title"):
        return 1.0 if titled else 1.7
    return 2.0 if not cells.n else 2.1 if cells.n >= 2 else 2.5


def _rivalled(worth: Mapping[tuple[int, str], float], chosen: Mapping[int, str], col: int, field_id: str) -> bool:
    """Whether another column could be the field, or the column another field, that the assignment left free."""
    least, used = worth[col, field_id] - _NEAR, set(chosen.values())
    rivals = (pair for pair, value in worth.items() if value > least)
    if any((f == field_id and c not in chosen) or (c == col and f not in used) for c, f in rivals):
        return True
    swapped = ((worth.get((col, f), 0.0), worth.get((c, field_id), 0.0), worth[c, f]) for c, f in chosen.items() if c != col)
    return any(one and other and one + other > worth[col, field_id] + kept - _NEAR for one, other, kept in swapped)
