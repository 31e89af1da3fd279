"""Read the columns of one table: value by value with a cache, then the values that depend on the row or the column. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, Final

from collab_xl.catalogue import text as words_of
from collab_xl.forms import YES_NO, Form
from collab_xl.model.finding import Finding
from collab_xl.model.place import Address
from collab_xl.model.record import Struct, field
from collab_xl.model.regex import regex
from collab_xl.model.sheets import Snapshot
from collab_xl.model.values import Clear, Unreadable, Value, same_value
from collab_xl.model.week import FIRST_YEAR
from collab_xl.read.clues import Clues, settle, years_in
from collab_xl.read.codes import lost_zeros
from collab_xl.read.context import Context
from collab_xl.read.dates import EARLIEST_SERIAL, of_serial
from collab_xl.read.days import Bad, Found, Period
from collab_xl.read.headings import Mapped, fold
from collab_xl.read.marks import says_no
from collab_xl.read.number_format import changes_text, serial_number, shown_as, shows_day, shows_length, shows_time
from collab_xl.read.percents import shows_fractions
from collab_xl.read.remarks import ABOVE, ParsedValue, Remark, finding
from collab_xl.read.scales import Judged, folds, judge
from collab_xl.read.text import quoted, shown
from collab_xl.read.values import Reader, as_written, expected, is_picture, reader, words_in

_DATED = ("date", "moment")
_WORDS = ("choice", "choices", "yesno")
_KEPT = ("key", "reference", "references", "text", "longtext")
_AS_SHOWN = (*_KEPT, "person", "department", "departments", *_WORDS)
"""Kinds of fields whose cells are read as the text that they show."""
_NUMBER = regex(r"[-+]?[\d.,]+%?")


def _yes_no(form: Form, m: Mapped) -> Mapping[str, Value] | None:
    """What yes and no mean below a heading that asks for them although the field has other words; None for any other heading."""
    heading = fold(m.heading)
    asks = next((y for y in form.yes_no if y.field == m.field and heading in map(fold, y.aliases)), None)
    if asks is None:
        return None
    return {choice.id: value or None for choice, value in zip(YES_NO, (asks.yes, asks.no), strict=True)}


def _crosses_only(cells: Sequence[Value]) -> list[str]:
    """The crosses of a column that holds nothing but them and blanks; [] for any other."""
    texts = [text for v in cells if v is not None and (text := shown(v).strip())]
    crosses = all(len(t) == 1 and (says_no(t) or t in "xX×") for t in texts)
    return texts if crosses and any(v is None for v in cells) else []


class Columns(Struct):
    """The parsed columns of a table, ready for `model.sheets.Table`."""

    columns: dict[str, int] = field(default_factory=dict)
    headings: dict[str, str] = field(default_factory=dict)
    values: dict[str, list[Value]] = field(default_factory=dict)
    raw: dict[str, Sequence[Value]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def date_columns(form: Form, mapped: Iterable[Mapped]) -> list[int]:
    """The sheet columns with dates."""
    return [m.col for m in mapped if (m.target.compound and m.target.compound.how == "date_range") or form.field(m.field).kind in _DATED]


PICTURE: Final = "V248"
"""The code of a cell that shows a picture by a formula."""


class Special:
    """Cells whose value differs from what they show, grouped by column once per sheet."""

    def __init__(self, snapshot: Snapshot, first_row: int = 1) -> None:
        """Args: first_row: the first row with records."""
        self.percents: dict[int, set[int]] = defaultdict(set)
        for row, col in snapshot.percents:
            self.percents[col].add(row)
        self.broken: dict[int, dict[int, tuple[str, str]]] = defaultdict(dict)
        for (row, col), error in snapshot.errors.items():
            picture = is_picture(snapshot.formulas.get((row, col), ""))
            self.broken[col][row] = (PICTURE if picture else "V212", error)
        for row, col in snapshot.uncached:
            formula = snapshot.formulas.get((row, col), "")
            formula = formula if formula.startswith("=") or not formula else f"={formula}"
            self.broken[col][row] = (PICTURE if is_picture(formula) else "V213", formula)
        self.formats = snapshot.number_formats
        self.texts_change = self.formats.may_occur(changes_text, first_row)
        """Whether a number format may add something to a text."""


class ColumnReader:
    """Reads one table column by column: create it and call `read`."""

    def __init__(
        self,
        snapshot: Snapshot,
        form: Form,
        context: Context,
        clues: Clues,
        special: Special,
        mapped: Sequence[Mapped],
        rows: Sequence[int],
    ) -> None:
        self._sheet, self._form, self._context, self._clues = snapshot.sheet, form, context, clues
        self._special, self._mapped, self._rows = special, mapped, rows
        self._remarks: list[tuple[int, Mapped, Remark, Value]] = []
        self._also: list[tuple[int, str, Value, Mapped]] = []
        self._raw: Mapping[int, Sequence[Value]] = {}
        self._dated = date_columns(form, mapped)

    def read(self, raw: Mapping[int, Sequence[Value]]) -> Columns:
        """Args: raw: the mapped columns' cells, one per record."""
        self._raw = raw
        out = Columns()
        for m in self._mapped:
            out.columns[m.field], out.headings[m.field], out.raw[m.field] = m.col, m.heading, raw[m.col]
            out.values[m.field] = self._column(m, raw[m.col])
        own = set(out.columns)
        for m in self._mapped:
            for other in m.fields[1:]:
                if other not in own:
                    self._add(out, other, m)
        self._apply_also(out, own)
        out.findings = self._findings(out)
        return out

    def _add(self, out: Columns, field_id: str, m: Mapped) -> None:
        out.columns[field_id], out.headings[field_id], out.raw[field_id] = m.col, m.heading, self._raw[m.col]
        out.values[field_id] = [None] * len(self._rows)

    def _column(self, m: Mapped, cells: Sequence[Value]) -> list[Value]:
        if not cells:
            return []
        f = self._form.field(m.field)
        certain: dict[int, ParsedValue] = {}
        if m.col in self._dated:
            cells, certain = self._dates_as_shown(m, cells)
        elif f.kind in _AS_SHOWN:
            cells = self._as_shown(m.col, cells, words=f.kind in _WORDS)
        percents: set[int] = self._special.percents.get(m.col, set()) if f.kind == "percent" else set()
        different = set(cells)
        options: dict[str, Any] = {
            "compound": m.target.compound,
            "fractions": f.kind == "percent" and shows_fractions(different),
            "yes_no": _yes_no(self._form, m),
        }
        all_percents = percents.issuperset(self._rows)
        read = reader(f, self._form, self._context, self._clues, percent_format=bool(percents) and all_percents, **options)
        judged = Judged()
        if f.kind == "choice" and m.target.compound is None and options["yes_no"] is None:
            judged = judge(f, words_in(f, self._form, self._context), cells)
            read = _judging(read, judged) if judged.placed or judged.open else read
        # True == 1 == 1.0 as dictionary keys, so a column with a bool is cached by type and value
        out: list[Any]
        if percents and not all_percents:
            shown_read = reader(f, self._form, self._context, self._clues, percent_format=True, **options)
            memo = {(v, p): (shown_read if p else read)(v) for v, p in {(v, r in percents) for v, r in zip(cells, self._rows, strict=True)}}
            out = [memo[v, r in percents] for v, r in zip(cells, self._rows, strict=True)]
            kinds = set(map(type, memo.values()))
        elif not different.isdisjoint((0, 1)) and bool in set(map(type, cells)):
            out = [read(v) for v in cells]
            kinds = set(map(type, out))
        elif options["yes_no"] is None and as_written(f, m.target.compound, different - {None}):
            same = {v: v for v in different}  # one object for equal values: a reading is sent to another process
            out, kinds = list(map(same.__getitem__, cells)), set()
        else:
            cache = {v: read(v) for v in different}
            out = list(map(cache.__getitem__, cells))
            kinds = set(map(type, cache.values()))
        if broken := self._special.broken.get(m.col):
            for i, row in enumerate(self._rows):
                if row in broken:
                    code, text = broken[row]
                    out[i] = ParsedValue(None if code == PICTURE else Unreadable(text), (Remark(code, {"text": text}),))
                    kinds.add(ParsedValue)
        if f.kind in _KEPT and float in set(map(type, self._raw[m.col])):
            for i, v in enumerate(self._raw[m.col]):
                if _too_long(v) and not isinstance(out[i], ParsedValue):
                    certain[i] = ParsedValue(out[i], (Remark("V249"),))
        if f.kind == "key":
            certain |= lost_zeros(self._raw[m.col], out)
        for i, value in certain.items():
            out[i] = value
            kinds.add(ParsedValue)
        if ParsedValue in kinds:
            self._settle(m, cells, out)
        if options["yes_no"] and (crosses := _crosses_only(cells)):
            yes = f.label(str(options["yes_no"]["yes"]), self._context.lang) if options["yes_no"]["yes"] else ""
            first = next(i for i, v in enumerate(cells) if v is not None and shown(v).strip() == crosses[0])
            facts = {"mark": crosses[0], "count": len(crosses), "example": f"{crosses[0]}={yes}"}
            if yes and not isinstance(out[first], Unreadable) and out[first] is None:
                self._remarks.append((first, m, Remark("V252", facts), out[first]))
        if judged.assumed:
            i = next(i for i, v in enumerate(cells) if shown(v) in judged.assumed)
            self._remarks.append((i, m, Remark("V251", self._assumed(f.id, judged, cells, out)), out[i]))
        return out

    def _assumed(self, field_id: str, judged: Judged, cells: Sequence[Value], out: Sequence[Value]) -> dict[str, object]:
        """What was assumed of the words of a scale: 低、轻微 → 一般; 致命 → 紧急."""
        f = self._form.field(field_id)
        pairs = {c.id: [t for t, choice in judged.assumed.items() if choice == c.id] for c in f.choices}
        comma, semicolon = ("、", "；") if self._context.lang == "zh" else (", ", "; ")
        said = [f"{comma.join(texts)} → {f.label(choice, self._context.lang)}" for choice, texts in pairs.items() if texts]
        lost = "folded" if folds(f, cells, out) else "renamed"
        example = next(iter(judged.assumed))
        word = f"{example}={f.label(judged.assumed[example], self._context.lang)}"
        return {"mapping": semicolon.join(said), "how": lost, "example": word}

    def _as_shown(self, col: int, cells: Sequence[Value], *, words: bool) -> Sequence[Value]:
        """The cells, numbers and dates as the texts that their number formats show.

        Args:
            words: only texts that are more than a number (`[=1]"是"`).
        """
        kinds = set(map(type, cells)) - {type(None), bool}
        if not kinds or (kinds == {str} and not self._special.texts_change):
            return cells
        formats = self._special.formats.of_column(col)
        if not formats:
            return cells
        wanted = {(type(v), v, formats[row]) for v, row in zip(cells, self._rows, strict=True) if row in formats and v is not None}
        lang, date1904 = self._context.lang, self._context.date1904
        texts = {key: shown_as(key[1], key[2], lang, date1904) for key in wanted}
        if words:
            texts = {key: text for key, text in texts.items() if text and not _NUMBER.fullmatch(text.strip())}
        out = []
        for v, row in zip(cells, self._rows, strict=True):
            text = texts.get((type(v), v, formats[row])) if row in formats and v is not None else None
            out.append(v if text is None else text.strip() or None)
        return out

    def _dates_as_shown(self, m: Mapped, cells: Sequence[Value]) -> tuple[Sequence[Value], dict[int, ParsedValue]]:
        """The cells, numbers in a date format as dates; and index → what else the number format decides.

        A length of time (`[h]:mm`) and a time of day without a day are no dates. A time that the cell does not show may be a fault of
        the program that wrote it.
        """
        offsets = _midnights_in_utc(self._context.zones) if self._form.field(m.field).kind == "date" else frozenset()
        different = cells if bool in set(map(type, cells)) else set(cells)  # a TRUE would hide a 1 in the set
        odd = {(type(v), v) for v in different if type(v) is not str and _asks_for_format(v, offsets)}
        formats = self._special.formats.of_column(m.col) if odd else {}
        if not formats:
            return cells, {}
        out, certain = list(cells), {}
        for i, (v, row) in enumerate(zip(cells, self._rows, strict=True)):
            code = formats.get(row)
            if code is None or (type(v), v) not in odd:
                continue
            found = self._dated_by_format(v, code)
            if isinstance(found, ParsedValue):
                certain[i] = found
            else:
                out[i] = found
        return out, certain

    def _dated_by_format(self, v: Value, code: str) -> Value | ParsedValue:
        day, clock = shows_day(code), shows_time(code)
        if isinstance(v, datetime) and v.year >= FIRST_YEAR:
            if clock:
                return v
            nights = {"clock": f"{v:%H:%M}", "next": (v + timedelta(days=1)).date().isoformat()}
            return ParsedValue(v.date(), (Remark("V246", nights),))
        if isinstance(v, (int, float)) and day and not shows_length(code):
            return of_serial(v, self._context.date1904) or v
        if isinstance(v, (int, float, date)) and clock and not day:
            number = serial_number(v, self._context.date1904)
            text = shown_as(v, code, self._context.lang, self._context.date1904)
            if text is not None and number < EARLIEST_SERIAL:
                return ParsedValue(Unreadable(text), (Remark("V217" if shows_length(code) or number >= 1 else "V203", {"text": text}),))
        return v

    def _settle(self, m: Mapped, cells: Sequence[Value], out: list[Any]) -> None:
        """Replace every ParsedValue by its value; keep its remarks and its values for other fields."""
        before: tuple[Mapping[str, Value], int] = ({}, -1)
        for i, item in enumerate(out):
            if type(item) is not ParsedValue:
                continue
            value, remarks, also = item.value, item.remarks, dict(item.also)
            if item.pending is ABOVE:
                above = out[i - 1] if i else None
                if above is None or isinstance(above, (Unreadable, Clear)) or m.field == self._form.key.id:
                    value, remarks = Unreadable(shown(cells[i])), (Remark("V211"),)
                else:
                    value, remarks = above, (Remark("V232", {"read": _read(above)}),)
                    also = dict(before[0]) if before[1] == i - 1 else {}
            elif item.pending is not None:
                value, more, late = self._dates(item.pending, m, i, cells[i])
                remarks = (*(() if isinstance(value, Unreadable) else remarks), *more)
                also.update(late)
            out[i] = value
            if also:
                before = also, i
            self._also += [(i, f, v, m) for f, v in also.items()]
            self._remarks += [(i, m, r, value) for r in remarks]

    def _dates(self, pending: Any, m: Mapped, i: int, raw: Value) -> tuple[Value, tuple[Remark, ...], dict[str, Value]]:
        span = pending if isinstance(pending, Period) else Period(pending, pending)
        row_years: set[int] = set().union(*(years_in(self._raw[c][i]) for c in self._dated)) if self._dated else set()
        days = _span(span, self._clues, row_years)
        into = m.target.compound.into if m.target.compound else (m.field,)
        if isinstance(days, Bad):
            lost = Unreadable(shown(raw))
            return lost, (days.remark,), {into[1]: lost} if len(into) > 1 else {}
        first, last, source = days
        if len(into) > 1:
            first, last = _day(first), _day(last)
        remarks = (Remark("V231", {"year": first.year, "source": source}),) if source else ()
        return first, remarks, {into[1]: last} if len(into) > 1 else {}

    def _apply_also(self, out: Columns, own: set[str]) -> None:
        known, status = {f.id for f in self._form.fields}, self._form.id_of("status")
        for i, field_id, value, m in self._also:
            if field_id not in known:
                continue
            if field_id not in out.columns:
                self._add(out, field_id, m)
            now = out.values[field_id][i]
            if now is None:
                out.values[field_id][i] = value
            elif (
                field_id in own
                and not same_value(now, value)
                and not isinstance(value, Unreadable)
                and not isinstance(now, (Unreadable, Clear))
            ):
                facts = {"other": self._label(field_id, now), "said": self._label(field_id, value), "column": self._heading(field_id)}
                if field_id == status:
                    out.values[m.field][i] = Unreadable(shown(self._raw[m.col][i]))
                    self._remarks = [r for r in self._remarks if not (r[0] == i and r[1] is m and r[2].code == "V237")]
                    self._remarks.append((i, m, Remark("V209", facts), None))
                else:
                    self._remarks.append((i, m, Remark("V223", facts), value))

    def _label(self, field_id: str, value: Value) -> str:
        return _read(self._form.field(field_id).worded(value, self._context.lang))

    def _heading(self, field_id: str) -> str:
        return self._form.field(field_id).heading[self._context.lang]

    def _findings(self, out: Columns) -> list[Finding]:
        keys = out.values.get(self._form.key.id)
        lang = self._context.lang
        wanted: dict[int, str] = {}
        findings: list[Finding] = []
        for i, m, remark, value in sorted(self._remarks, key=lambda r: (r[0], r[1].col)):
            if m.col not in wanted:
                wanted[m.col] = expected(self._form.field(m.field), m.target.compound.how if m.target.compound else "", lang)
            raw = self._raw[m.col][i]
            key = keys[i] if keys else None
            facts: dict[str, Any] = {"heading": _line(m.heading), "read": self._label(m.field, value), **remark.facts}
            if "why" in facts:
                facts["kind"] = facts["why"]
            facts.update({n: (", " if lang == "en" else "、").join(v) for n, v in facts.items() if isinstance(v, tuple)})
            for name in ("how", "source", "why"):
                if name in facts:
                    facts[name] = words_of(f"read.word.{name}_{facts[name]}", lang)
            if "suggestion" in facts:
                hint = words_of("read.word.hint", lang, suggestion=facts["suggestion"]) if facts["suggestion"] else ""
                facts["hint"] = hint
            at = Address(self._sheet, self._rows[i], m.col)
            said = quoted(str(facts["text"])) if "text" in facts else quoted(raw)
            findings.append(
                finding(
                    remark.code,
                    at,
                    form=self._form.id,
                    field_id=m.field,
                    row_id=key if isinstance(key, str) else None,
                    found=said,
                    expected=wanted[m.col],
                    **facts,
                )
            )
        return findings


def _judging(read: Reader, judged: Judged) -> Reader:
    """The reader of a column whose words were judged together."""

    def one(raw: Value) -> Value | ParsedValue:
        if raw in judged.placed:
            return judged.placed[raw]
        if raw in judged.open:
            return ParsedValue(Unreadable(shown(raw)), (Remark("V201", {"suggestion": "", "word": shown(raw)}),))
        return read(raw)

    return one


def _too_long(value: Value) -> bool:
    """Whether a number has more digits than the 15 that Excel keeps."""
    return type(value) is float and abs(value) >= 1e15 and value.is_integer()


def _asks_for_format(value: Value, midnights: frozenset[time]) -> bool:
    """Whether the meaning of a value in a date column depends on its number format."""
    if isinstance(value, datetime):
        return value.year < FIRST_YEAR or value.time() in midnights
    return type(value) in (int, float) or (isinstance(value, date) and value.year < FIRST_YEAR)


def _midnights_in_utc(zones: tuple[tzinfo, ...]) -> frozenset[time]:
    """What the clock of UTC shows at midnight in countries east of it: 16:00 for China."""
    moments = (datetime(2026, month, 1, tzinfo=zone) for zone in zones for month in (1, 7))
    return frozenset(m.astimezone(UTC).time() for m in moments if (m.utcoffset() or timedelta()) > timedelta())


def _line(text: str) -> str:
    return " ".join(text.split())


def _read(value: Value) -> str:
    if isinstance(value, tuple):
        return "、".join(value)
    return "" if value is None or isinstance(value, (Unreadable, Clear)) else shown(value)


def _day(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


def _span(span: Period, clues: Clues, row_years: set[int]) -> tuple[date, date, str] | Bad:
    """Both days of a period with their years. If the month of the second day is earlier, that day is in the next year.

    7.14-7.1 is a typing error, not a year: both days are in one year, and V103 reports them.
    """
    first, last = span.first, span.last
    if first.year is None and last.year is not None:
        first = _in_year(first, last.year - (last.month < first.month))
    start = settle(first, clues, row_years)
    if isinstance(start, Bad):
        return start
    if last.year is None:
        last = _in_year(last, start[0].year + (last.month < first.month))
    end = settle(last, clues, row_years)
    return end if isinstance(end, Bad) else (start[0], end[0], start[1])


def _in_year(found: Found, year: int) -> Found:
    return Found(year, found.month, found.day, found.clock, found.remarks)
