"""Find a matrix of responsibilities: work down, departments, posts or people across, R A C I or 负责 批准 咨询 知会 in the cells. Pure.

It may also lie on its side (departments down, work across). `matrix_table` reads what is found here (decision 0071).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from collab_xl.forms import Form, Schema
from collab_xl.model.place import Address, Area
from collab_xl.model.record import Struct
from collab_xl.model.regex import regex
from collab_xl.model.sheets import Cell, Snapshot
from collab_xl.model.values import Value
from collab_xl.read.asking import Question
from collab_xl.read.cells_judged import Cells
from collab_xl.read.context import Context
from collab_xl.read.cross_table import time_in
from collab_xl.read.duty_words import DutyWords, instead, legend_of, matrix_form
from collab_xl.read.headings import answered, fold, lexicon
from collab_xl.read.locate import titles
from collab_xl.read.names import looks_like_department, looks_like_person
from collab_xl.read.rows import TOTALS, says
from collab_xl.read.text import loose, plain, shown

_LEAST_ACROSS, _LEAST_DOWN, _LEAST_CELLS = 2, 2, 4
_MOST_ROWS, _MOST_COLS = 2000, 120
_KNOWN = 0.8
_LONGEST_UNKNOWN, _LONGEST_CELL, _LONGEST_HEADING = 8, 24, 40
_LEAST_LETTERS, _LAST_HEADING, _MOST_BESIDE = 3, 12, 3
"""Letters that a matrix of names needs across, the last row for them, and the most columns beside."""
_LONGEST_NAME = 30
_NO_NAME = regex(r"\d{2}|[。.!！?？:：]")
_BETWEEN_NAMES = regex(r"\s*[、,，;；/／\n+&]\s*")
_FULL_NAME = regex(r"^[A-Z][a-z'’-]+ [A-Z][A-Za-z'’-]+$")
_FIRST_NAME = regex(r"^[A-Z][a-z]{2,9}(?: [A-Z]\.?)?$")


class Duty(Struct, frozen=True):
    """One letter of a cell: the cell, that of its work, that of its department, post or person."""

    cell: Cell
    work: Cell
    who: Cell
    word: str
    first: bool
    """The first letter of its cell."""
    name: str = ""
    """One of several names in the cell `who`; "" for all of its text."""


class FoundMatrix(Struct, frozen=True):
    """`kinds`: cell of a department, post or person → its field, "" while only a person can say. `others`: columns beside, with their
    headings. `on_side`: departments stand down and work across."""

    form: Form
    area: Area
    heading_row: int
    work_col: int
    work_heading: str
    across: tuple[int, ...]
    duties: tuple[Duty, ...]
    kinds: Mapping[Cell, str]
    others: Mapping[int, str]
    legend: Mapping[str, str]
    on_side: bool = False
    named: bool = False
    """The letters stand across and the names in the cells."""

    @property
    def unknown(self) -> tuple[Cell, ...]:
        return tuple(cell for cell, field in self.kinds.items() if not field)


def find_matrix(snapshot: Snapshot, schema: Schema, context: Context) -> FoundMatrix | None:
    """The matrix of a sheet; None if there is none, or a person said that the sheet is another form."""
    form = matrix_form(schema)
    if form is None or (context.told and context.told.form not in (None, "", form.id)):
        return None
    sheet = _Sheet(snapshot, form, context)
    rows = [row for row in range(snapshot.first_row, _last(snapshot) + 1) if sheet.duties_in(row)]
    for first in rows[:3]:
        if found := sheet.at(first):
            return found
    return None


def find_named_matrix(snapshot: Snapshot, schema: Schema, context: Context) -> FoundMatrix | None:
    """A list of work with a column for each letter, which holds names (Activity | Responsible | Accountable | Consulted); None if there is
    none. A plan that has days or other columns of its own beside them is no matrix."""
    form = matrix_form(schema)
    if form is None or (context.told and context.told.form not in (None, "", form.id)):
        return None
    sheet = _Sheet(snapshot, form, context)
    for row in range(snapshot.first_row, min(_last(snapshot), snapshot.first_row + _LAST_HEADING) + 1):
        if found := sheet.named_at(row):
            return found
    return None


def question_of(found: FoundMatrix, snapshot: Snapshot) -> Question | None:
    """What stands across, where its names do not say it."""
    if not found.unknown or found.form.matrix is None:
        return None
    at = found.unknown[0]
    named = _asked_as(snapshot, found.unknown)
    known = Counter(field for field in found.kinds.values() if field)
    names = [shown(snapshot.value(*cell)) for cell in found.unknown]
    people = all(_FIRST_NAME.match(name) for name in names) and len(names) > 1
    by_kind = next((f for f in found.form.matrix.who if found.form.field(f).kind == ("person" if people else "department")), "")
    suggestion = known.most_common(1)[0][0] if known else by_kind
    options = found.form.matrix.who
    word = f"heading:{snapshot.sheet}:{fold(named)}"
    return Question(word, "heading", "H121", Address(snapshot.sheet, *at), named, options, suggestion, found.form.id)


def _asked_as(snapshot: Snapshot, cells: Sequence[Cell]) -> str:
    return "、".join(dict.fromkeys(plain(shown(snapshot.value(*cell))).strip() for cell in cells))


def _last(snapshot: Snapshot) -> int:
    return min(snapshot.last_row, snapshot.first_row + _MOST_ROWS)


class _Sheet:
    """A sheet while its matrix is looked for."""

    def __init__(self, snapshot: Snapshot, form: Form, context: Context) -> None:
        self.snapshot, self.form, self.context = snapshot, form, context
        self._is_told = bool(context.told and context.told.form == form.id)
        assert form.matrix is not None
        self.matrix = form.matrix
        texts = {v for line in snapshot.cells[: _MOST_ROWS + 1] for v in line if isinstance(v, str)}
        self.words = DutyWords(form, context, legend_of(texts, form, context))
        self._entries: dict[str, tuple[str, ...]] = {t: self.words.entries(t) for t in texts if len(t) <= _LONGEST_CELL}
        self._cols = range(snapshot.first_col, min(snapshot.last_col, snapshot.first_col + _MOST_COLS) + 1)
        self._merges = snapshot.merges if len(snapshot.merges) < _MOST_ROWS else ()
        bottom = _last(snapshot)
        self._tops: dict[Cell, int] = {
            (r, a.first_col): a.first_row
            for a in self._merges
            if a.first_col in self._cols
            for r in range(max(a.first_row, snapshot.first_row), min(a.last_row, bottom) + 1)
        }

    def entries(self, row: int, col: int) -> tuple[str, ...]:
        value = self.snapshot.value(row, col)
        return self._entries.get(value, ()) if isinstance(value, str) else ()

    def duties_in(self, row: int) -> list[int]:
        """The columns of a row with letters or words, if they are most of its short cells."""
        cols = [c for c in self._cols if self.entries(row, c)]
        return cols if len(cols) >= _LEAST_ACROSS else []

    def origin(self, row: int, col: int) -> Cell:
        """The cell that a cell is merged into downwards, else itself."""
        return self._tops.get((row, col), row), col

    def text(self, cell: Cell) -> str:
        value = self.snapshot.value(*self.origin(*cell))
        return plain(value).strip() if isinstance(value, str) else shown(value)

    def at(self, first: int) -> FoundMatrix | None:
        """The matrix whose first row of letters this is."""
        heading = first - 1
        cols = self.duties_in(first)
        while heading >= max(self.snapshot.first_row, first - 4) and sum(bool(self._names(heading, c)) for c in cols) < len(cols):
            heading -= 1
        if heading < max(self.snapshot.first_row, first - 4):
            return None
        rows = list(self._rows(first, cols))
        across = self._beside(tuple(c for c in self._cols if self._is_across(heading, c, rows)), heading, rows)
        filled = [(r, c) for r in rows for c in across if says(self.snapshot.value(r, c))]
        known = [cell for cell in filled if self.entries(*cell)]
        if not self._is_told and (self._is_calendar(heading, across) or self._are_other_letters(heading, known)):
            return None
        if len(across) < _LEAST_ACROSS or len(rows) < _LEAST_DOWN or len(known) < max(_LEAST_CELLS, _KNOWN * len(filled)):
            return None
        if len({self.words.choice(w) or w for cell in known for w in self.entries(*cell)}) < 2:
            return None  # one word alone in all cells is no division of work
        across = tuple(c for c in self._cols if c in across or self._is_among(heading, c, across, rows))
        work = self._work_col(heading, across, rows)
        if work is None or len(across) * 2 < sum(bool(self.text((heading, c))) for c in self._cols):
            return None
        return self._found(heading, work, across, rows)

    def named_at(self, heading: int) -> FoundMatrix | None:
        """The matrix of names whose letters stand in this row."""
        words = {c: said[0] for c in self._cols if len(said := self.entries(heading, c)) == 1}
        changed = instead(self.form, words.values(), self.context)
        choices = [changed.get(w) or self.words.choice(w) for w in words.values()]
        across = tuple(words)
        if len(across) < _LEAST_LETTERS or len(set(choices)) < len(choices) or self.matrix.needs not in choices:
            return None
        rows = list(self._named_rows(heading, across))
        names = [v for r in rows for c in across if says(v := self.snapshot.value(r, c))]
        if len(rows) < _LEAST_DOWN or len(names) < _LEAST_CELLS or not all(map(self._is_name, names)):
            return None
        if any(self.entries(r, c) for r in rows for c in across):
            return None  # letters below letters: a row of a usual matrix
        work = self._work_col(heading, across, rows)
        others = [c for c in self._cols if c != work and c not in across and self._names(heading, c)]
        if work is None or len(others) > _MOST_BESIDE or any(Cells([self.snapshot.value(r, c) for r in rows]).days for c in others):
            return None
        return self._with_names(heading, work, across, rows)

    def _named_rows(self, heading: int, across: Sequence[int]) -> Iterator[int]:
        for row in range(heading + 1, _last(self.snapshot) + 1):
            if any(says(self.snapshot.value(row, c)) for c in across):
                yield row
            elif not any(says(self.snapshot.value(row, c)) for c in self._cols):
                return

    @staticmethod
    def _is_name(value: Value) -> bool:
        return isinstance(value, str) and all(0 < len(n) <= _LONGEST_NAME and not _NO_NAME.search(n) for n in _names_in(value))

    def _with_names(self, heading: int, work: int, across: tuple[int, ...], rows: Sequence[int]) -> FoundMatrix | None:
        side = {r: self.origin(r, work) for r in rows}
        held = {
            (r, c): _names_in(v) for r in rows for c in across if isinstance(v := self.snapshot.value(*self.origin(r, c)), str) and says(v)
        }
        known = Counter(kind for names in held.values() for n in names if (kind := self._kind(n, "")))
        most = known.most_common(1)[0][0] if known else ""
        kinds = {cell: next((k for n in names if (k := self._kind(n, ""))), most) for cell, names in held.items()}
        answered_kinds = self._with_answer(kinds)
        if answered_kinds is None:
            return None
        seen: set[tuple[Cell, str]] = set()
        duties: list[Duty] = []
        for cell, names in held.items():
            task = side[cell[0]]
            for name in names if self.text(task) else ():
                duties.append(Duty(cell, task, cell, self.entries(heading, cell[1])[0], (task, name) not in seen, name))
                seen.add((task, name))
        others = self._others(heading, work, across, rows)
        cols = [work, *across, *others]
        area = Area(heading, min(cols), rows[-1], max(cols))
        named_work, legend = self._names(heading, work), self.words.legend
        return FoundMatrix(self.form, area, heading, work, named_work, across, tuple(duties), answered_kinds, others, legend, named=True)

    def _others(self, heading: int, work: int, across: Sequence[int], rows: Sequence[int]) -> dict[int, str]:
        """The columns beside with content, and their headings."""
        return {
            c: text
            for c in self._cols
            if c != work and c not in across and (text := self._names(heading, c))
            if any(says(self.snapshot.value(r, c)) for r in rows)
        }

    def _beside(self, across: tuple[int, ...], heading: int, rows: Sequence[int]) -> tuple[int, ...]:
        """Those that stand together: what a blank column separates from most of them is a legend."""
        runs: list[list[int]] = []
        for col in across:
            between = range(runs[-1][-1] + 1, col) if runs else ()
            apart = any(not self._names(heading, c) and not any(says(self.snapshot.value(r, c)) for r in rows) for c in between)
            if runs and not apart:
                runs[-1].append(col)
            else:
                runs.append([col])
        longest: list[int] = max(runs, key=len, default=[])
        return tuple(longest)

    def _rows(self, first: int, cols: Sequence[int]) -> Iterator[int]:
        """The rows of the body: titles of groups and blank rows between them are left out; other content in the columns ends it."""
        blank = 0
        for row in range(first, _last(self.snapshot) + 1):
            filled = [c for c in cols if says(self.snapshot.value(row, c))]
            duties = [c for c in self._cols if self.entries(row, c)]
            if duties and len(duties) >= len(filled):
                blank = 0
                yield row
            elif filled:
                values = [self.snapshot.value(row, c) for c in filled if not self.entries(row, c)]
                if 2 * len(values) > len(filled) and not all(isinstance(v, str) and len(v) <= _LONGEST_UNKNOWN for v in values):
                    return
                blank = 0
                yield row
            else:
                blank += not any(says(self.snapshot.value(row, c)) for c in self._cols)
                if blank > 1:
                    return

    def _names(self, row: int, col: int) -> str:
        """The heading of a column across: a short text that is no letter itself."""
        value = self.snapshot.value(*self.origin(row, col))
        ok = isinstance(value, str) and says(value) and len(value) <= _LONGEST_HEADING and loose(value) not in TOTALS
        return plain(value).strip() if ok and isinstance(value, str) and not self.entries(row, col) else ""

    def _is_across(self, heading: int, col: int, rows: Sequence[int]) -> bool:
        if not self._names(heading, col):
            return False
        filled = [r for r in rows if says(self.snapshot.value(r, col))]
        known = sum(bool(self.entries(r, col)) for r in filled)
        short = all(len(shown(self.snapshot.value(r, col))) <= _LONGEST_UNKNOWN for r in filled)
        return known > 0 and short and 2 * known > len(filled)

    def _is_among(self, heading: int, col: int, across: Sequence[int], rows: Sequence[int]) -> bool:
        """Whether a column with few letters and unknown words belongs to these: by what its heading names, or as it stands between them."""
        name = self._names(heading, col)
        if not name or lexicon(self.form, self.context.lang).find(name) is not None:
            return False
        filled = [r for r in rows if says(self.snapshot.value(r, col))]
        known = any(self.entries(r, col) for r in filled)
        most = _LONGEST_CELL if known else _LONGEST_UNKNOWN
        if not filled or any(len(shown(self.snapshot.value(r, col))) > most for r in filled):
            return False
        between = across[0] < col < across[-1]
        kind = self._kind(name, self._above(heading, col))
        return (bool(kind) or between) if known else bool(kind) and (between or self.context.directory.find(name) is not None)

    def _is_calendar(self, heading: int, across: Sequence[int]) -> bool:
        """Whether days, weeks or months stand across: letters below them are shifts."""
        return 2 * sum(bool(time_in(self._names(heading, c))) for c in across) > len(across)

    def _are_other_letters(self, heading: int, known: Sequence[Cell]) -> bool:
        """Whether single letters without the one that a matrix needs (A and C, no R) stand on a sheet that is not called one: grades."""
        words = {w for cell in known for w in self.entries(*cell)}
        if not self.matrix.needs or any(len(w) > 1 or not w.isascii() or self.words.choice(w) == self.matrix.needs for w in words):
            return False
        called = [loose(word) for word in (*self.form.aliases, *self.form.sheet.values(), *self.form.title.values())]
        above = [loose(title) for title in titles(self.snapshot, heading, self.context)]
        return not any(word in title for word in called for title in above)

    def _work_col(self, heading: int, across: Sequence[int], rows: Sequence[int]) -> int | None:
        lex = lexicon(self.form, self.context.lang)
        wanted = {self.matrix.work, self.form.id_of("title")}
        best: tuple[tuple[bool, bool, int, int], int] | None = None
        for col in self._cols:
            if col in across:
                continue
            cells = Cells([self.snapshot.value(*self.origin(r, col)) for r in rows])
            target = lex.find(self._names(heading, col))
            field = target.field if target else ""
            other = field and field not in {*wanted, *self.matrix.who} and self.form.field(field).kind not in ("reference", "key")
            codes = cells.codes > 0.5 and cells.n > 1  # the numbers of a plan, where nothing else names the work
            if len(cells.texts) < 0.6 * len(rows) or other or (codes and cells.different < cells.n):
                continue
            rank = (not codes, field in wanted, cells.different, -abs(col - across[0]))
            best = max(best, (rank, col)) if best else (rank, col)
        return best[1] if best else None

    def _found(self, heading: int, work: int, across: tuple[int, ...], rows: Sequence[int]) -> FoundMatrix | None:
        top = {c: self.origin(heading, c) for c in across}
        side = {r: self.origin(r, work) for r in rows}
        named = self._above(heading, across[0])
        up = {cell: self._kind(self.text(cell), named) for cell in top.values()}
        down = {cell: self._kind(self.text(cell), "") for cell in side.values()}
        on_side = all(down.values()) and not named and 2 * sum(map(bool, up.values())) < len(up)
        kinds = self._with_answer(down if on_side else up)
        if kinds is None:
            return None
        duties = tuple(
            Duty((r, c), top[c] if on_side else side[r], side[r] if on_side else top[c], word, n == 0)
            for r in rows
            for c in across
            if self.text(side[r])
            for n, word in enumerate(self.entries(r, c) or ((shown(self.snapshot.value(r, c)),) if says(self.snapshot.value(r, c)) else ()))
        )
        others = {} if on_side else self._others(heading, work, across, rows)
        cols = [work, *across, *others]
        area = Area(heading, min(cols), rows[-1], max(cols))
        named_work, legend = self._names(heading, work), self.words.legend
        return FoundMatrix(self.form, area, heading, work, named_work, across, duties, kinds, others, legend, on_side)

    def _above(self, heading: int, col: int) -> str:
        """The field that a line above the headings across names for them (部门, Roles); "" if none does."""
        for row in (heading - 1, heading - 2):
            area = next((a for a in self._merges if (row, col) in a), None)
            text = fold(shown(self.snapshot.value(*((area.first_row, area.first_col) if area else (row, col)))))
            for field, words in self.matrix.called.items():
                if text and text in map(fold, words):
                    return field
        return ""

    def _kind(self, name: str, called: str) -> str:
        """The field of a department, post or person; "" if only a person can say."""
        folded, who = fold(name), self.matrix.who
        kinds = {f: self.form.field(f).kind for f in who}
        if any(k == "department" for k in kinds.values()) and self.context.directory.find(name) is not None:
            return next(f for f, k in kinds.items() if k == "department")
        for field in who:
            if folded in map(fold, self.matrix.named.get(field, ())):
                return field
        lowered = name.casefold()
        for field in who:
            if any(_ends(lowered, end.casefold()) for end in self.matrix.endings.get(field, ())):
                return field
        for field, kind in kinds.items():
            if kind == "department" and looks_like_department(name, self.context.directory):
                return field
            if kind == "person" and (looks_like_person(name) or _FULL_NAME.match(name)):
                return field
        return called

    def _with_answer(self, kinds: dict[Cell, str]) -> dict[Cell, str] | None:
        """The kinds with what a person has answered; None where it is not to be read."""
        unknown = [cell for cell, field in kinds.items() if not field]
        said = answered(self.context.headings, self.form.id, _asked_as(self.snapshot, unknown)) if unknown else None
        if said == "":
            return None
        return {**kinds, **dict.fromkeys(unknown, said)} if said in self.matrix.who else kinds


def _names_in(value: Value) -> tuple[str, ...]:
    """The names in a cell: 张伟、李娜."""
    return tuple(dict.fromkeys(n for n in _BETWEEN_NAMES.split(plain(shown(value)).strip()) if n)) if says(value) else ()


def _ends(name: str, end: str) -> bool:
    return name.endswith(end) and (not end.isascii() or name == end or not name[-len(end) - 1].isalnum())
