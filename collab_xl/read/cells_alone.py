"""What the cells of a column say alone, where its heading says nothing: suggestions for a question, never a reading. Pure.

In: the columns nobody named, the fields that are free, what is named already.  Out: (column, field) → how likely it is, and why.
Days are told by their order, between columns and with the columns that are named; a column of predecessors by IDs or titles of rows above;
degrees and states by their words; people by recurring; the ID by standing first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache

from collab_xl.forms import Field, Form, load
from collab_xl.model.record import Struct
from collab_xl.model.regex import regex
from collab_xl.model.values import Value
from collab_xl.read.cells_judged import Cells, fits
from collab_xl.read.choices import Words
from collab_xl.read.clues import Clues
from collab_xl.read.context import Context
from collab_xl.read.heading_words import meaning_of, meanings, says_day, speaks_of_others
from collab_xl.read.headings import Matching, lexicon
from collab_xl.read.remarks import ParsedValue
from collab_xl.read.rows import says
from collab_xl.read.scales import place_of, scale_of
from collab_xl.read.text import loose, plain, shown
from collab_xl.read.values import reader

Sample = Callable[[int], Sequence[Value]]
Worth = dict[tuple[int, str], tuple[float, str]]
"""(column, field) → how likely, and the reason."""

_LOOKED_AT = 60
_FEW, _MOST = 3, 0.7
_DATED = ("date", "moment")
_ORDER = ("raised", "start", "due", "finished")
"""Roles of days in the order in which they come, in time and on most sheets."""


class Unnamed(Struct):
    """The columns nobody named, and what stands beside them."""

    form: Form
    matching: Matching
    columns: Mapping[int, str]
    sample: Sample
    context: Context

    def cells(self, col: int) -> Cells:
        return Cells([v for v in self.sample(col)[:_LOOKED_AT] if says(v)])

    def silent(self) -> dict[int, str]:
        """The columns whose heading says nothing at all."""
        return {c: h for c, h in self.columns.items() if not speaks_of_others(h) and not is_known(h, self.context.lang)}

    def column_of(self, role: str) -> int:
        """The column of a role that is named, 0 if none is."""
        field = self.form.id_of(role)
        return min((m.col for m in self.matching.mapped if field and field in m.fields), default=0)


@lru_cache(4096)
def is_known(heading: str, lang: str) -> bool:
    """Whether a heading says what it is, although the form at hand has nothing of that kind: a column of another form, a length of time."""
    known = [(form, target) for form in load().forms if (target := lexicon(form, lang).find(heading))]
    return bool(_LENGTHS.search(heading)) or any(form.field(target.field).kind not in _WHO for form, target in known)


_WHO = ("person", "department", "departments")


_LENGTHS = regex(
    r"工期|工时|人天|人日|人月|时长|周期|天数|数量|个数|人数|次数|季度|月份|星期|周次|\b(?:duration|effort|hours?|days|weeks?|months?|quarters?|"
    r"points?|quantity|qty|count|amount|cost|budget|estimat\w*|epics?|rank(?:ing)?|themes?|sprints?|groups?|sections?|float|slack)\b",
    2,
)


def told_by_cells(unnamed: Unnamed, free: Mapping[str, Field]) -> Worth:
    """What the cells of each unnamed column say alone."""
    out: Worth = {}
    for judge in (_days, _predecessors, _states, _degrees, _people, _units, _keys, _shares, _how_often):
        for pair, said in judge(unnamed, free).items():
            if said[0] > out.get(pair, (0.0, ""))[0]:
                out[pair] = said
    return out


_OTHER_DAYS = regex(
    "实际|创建|录入|登记|更新|修改|反馈|提出|发现|关闭|生日|入职|签订|分配|creat|updat|modif|report|raise|open|actual|clos|birth|assign|sign|log|"
    "决策|决定|decision|decide|detect",
    2,
)


def _day_of(field: Field, form: Form, context: Context) -> Callable[[Value], date | None]:
    read = reader(field, form, context, Clues(context))

    def day(v: Value) -> date | None:
        if not says(v):
            return None
        said = read(v)
        value = said.value if isinstance(said, ParsedValue) else said
        return value.date() if isinstance(value, datetime) else value if isinstance(value, date) else None

    return day


def _days(unnamed: Unnamed, free: Mapping[str, Field]) -> Worth:
    """Columns of days: which of the free days each is, by the days and the places of the others."""
    form, title = unnamed.form, unnamed.column_of("title")
    roles = [r for r in _ORDER if (f := form.role(r)) is not None and f.id in free and f.kind in _DATED]
    cols = [c for c, h in sorted(unnamed.silent().items()) if not _OTHER_DAYS.search(h) and not (c < title and says_day(h))]
    cols = [c for c in cols if (cells := unnamed.cells(c)).days >= _MOST and cells.n >= 2]
    if not roles or not cols:
        return {}
    day = _day_of(free[form.id_of(roles[0])], form, unnamed.context)
    named = {r: c for r in _ORDER if (c := unnamed.column_of(r))}
    days = {c: [day(v) for v in unnamed.sample(c)[:_LOOKED_AT]] for c in (*cols, *named.values())}
    said = unnamed.columns
    allowed = {
        c: {
            r: _placed(r, c, named, roles, len(cols), says_day(said[c]))
            for r in roles
            if (r == "raised") >= (c < title) and _hinted(r, said[c]) and _may_be(r, c, named, days)
        }
        for c in cols
    }
    return {(c, form.id_of(r)): (_SURE, "dates") for c, r in _in_order(allowed).items()}


_SURE, _LIKELY, _MAYBE = 1.0, 0.8, 0.6


def _in_order(allowed: Mapping[int, Mapping[str, float]]) -> dict[int, str]:
    """The columns from the left with a role each, the roles in their order, that are worth the most together.

    Args:
        allowed: column, from the left → role → its worth.
    """
    best: dict[int, tuple[float, dict[int, str]]] = {-1: (0.0, {})}  # the last role that was given → worth and way
    for col, roles in allowed.items():
        for last, (worth, way) in list(best.items()):
            for role, more in roles.items():
                place = _ORDER.index(role)
                if place > last and worth + more > best.get(place, (0.0, {}))[0]:
                    best[place] = worth + more, {**way, col: role}
    return max(best.values(), key=lambda one: one[0])[1]


def _may_be(role: str, col: int, named: Mapping[str, int], days: Mapping[int, Sequence[date | None]]) -> bool:
    """Whether the days of a column come before those of later roles and after those of earlier ones."""
    place = _ORDER.index(role)
    for other, at in named.items():
        if {role, other} == {"due", "finished"}:
            continue  # what is finished may be early or late
        first, then = (col, at) if place < _ORDER.index(other) else (at, col)
        both = [a <= b for a, b in zip(days[first], days[then], strict=False) if a and b]
        if both and sum(both) < _MOST * len(both):
            return False
    return True


_BEGINS, _ENDS = regex("start|begin|开始|启动|开工", 2), regex("end(?!or)|finish|complet|结束|完成|截止|竣工", 2)


def _hinted(role: str, heading: str) -> bool:
    """Whether a word for the beginning or the end in the heading allows the role."""
    return not (_BEGINS.search(heading) and role != "start") and not (_ENDS.search(heading) and role in ("raised", "start"))


def _placed(role: str, col: int, named: Mapping[str, int], roles: Sequence[str], columns: int, day: bool) -> float:
    """How well the place of a column fits a role. `day`: its heading says that it holds days, and no more."""
    place = _ORDER.index(role)
    right = sum((at < col) == (_ORDER.index(other) < place) for other, at in named.items())
    first = "due" if columns == 1 and "due" in roles and not day else roles[0]  # one day alone is the end
    return 1.0 + 0.2 * right - 0.2 * (len(named) - right) + 0.1 * (role == first) - 0.05 * (role == "finished")


def _predecessors(unnamed: Unnamed, free: Mapping[str, Field]) -> Worth:
    """Cells that name rows above by their ID or their title."""
    field = next((f for f in free.values() if f.role == "predecessors"), None)
    names = [c for c in (unnamed.column_of("key"), unnamed.column_of("title")) if c]
    if field is None:
        return {}
    known = [{loose(shown(v)): n for n, v in reversed(list(enumerate(unnamed.sample(c)))) if says(v)} for c in names]
    out: Worth = {}
    for col in unnamed.silent():
        cells = [(n, shown(v)) for n, v in enumerate(unnamed.sample(col)[: _LOOKED_AT * 3]) if says(v)]
        if len(cells) < _FEW or cells[0][0] == 0 or len({text for _, text in cells}) < 2:
            continue  # nothing comes before the first row
        for rows in known or [{str(n + 1): n for n in range(len(unnamed.sample(col)))}]:
            named = [all(rows.get(loose(part), row) < row for part in _parts(text)) for row, text in cells]
            if sum(named) >= 0.9 * len(named):
                out[col, field.id] = _SURE, "references"
    return out


_LINK = regex(r"\s*(?:(?:fs|ss|ff|sf)(?:\s*[-+]\s*\d+\s*(?:d|w|天|周)?)?|\+\s*\d+\s*(?:d|w|天|周)?)\s*$", 2)
_BETWEEN = regex(r"[,;，；、\n]")


def _parts(text: str) -> list[str]:
    return [_LINK.sub("", part) for part in _BETWEEN.split(plain(text)) if part.strip()] or [text]


@lru_cache(4)
def _state_words(lang: str) -> tuple[Words, ...]:
    return tuple(Words.of(f, lang) for form in load().forms if (f := form.role("status")) is not None)


_FEW_STATES, _HALF = 8, 0.5


def _state_share(cells: Cells, context: Context) -> float:
    """The share of the cells that are a word of a status in one of the forms."""
    return sum(any(w.exact(t) is not None for w in _state_words(context.lang)) for t in cells.texts) / cells.n if cells.n else 0.0


def _states(unnamed: Unnamed, free: Mapping[str, Field]) -> Worth:
    """Few words, at least half of them words of a status."""
    field = next((f for f in free.values() if f.role == "status"), None)
    if field is None:
        return {}
    out: Worth = {}
    for col in unnamed.silent():
        cells = unnamed.cells(col)
        if cells.n < 2 or cells.different > _FEW_STATES or (cells.n > 2 and cells.different == cells.n) or cells.crosses:
            continue
        if _state_share(cells, unnamed.context) >= _HALF and not _degree_share(cells) >= _MOST:
            out[col, field.id] = _LIKELY + 0.2 * _state_share(cells, unnamed.context), "words"
    return out


def _degree_share(cells: Cells) -> float:
    """The share of the cells that are words of a degree, or codes of a scale."""
    return sum(place_of(t) is not None for t in cells.texts) / cells.n if cells.n else 0.0


_HIGHEST = 10


def _degrees(unnamed: Unnamed, free: Mapping[str, Field]) -> Worth:
    """Words of a degree or scores, in the order of the form's fields."""
    fields = [f for f in free.values() if scale_of(f) is not None and (f.access != "C" or f.role == "level") and f.role != "status"]
    cols = []
    for col in sorted(unnamed.silent()):
        cells = unnamed.cells(col)
        scores = [v for v in cells.values if isinstance(v, (int, float)) and not isinstance(v, bool)]
        words = cells.n >= 2 and _degree_share(cells) >= _MOST and (cells.different < cells.n or cells.n <= _FEW)
        numbers = len(scores) >= max(_FEW, _MOST * cells.n) and all(0 < v <= _HIGHEST for v in scores) and len(fields) > 1
        if words or (numbers and cells.different < cells.n):
            cols.append(col)
    out: Worth = {}
    for n, col in enumerate(cols):
        for at, field in enumerate(fields):
            out[col, field.id] = _SURE - 0.1 * abs(at - n), "words"
    return out


def _people(unnamed: Unnamed, free: Mapping[str, Field]) -> Worth:
    """Names, posts, or short words that recur right of what the rows are about: people. Of two such columns the first raised it, where
    the form has that."""
    owner = next((f for f in free.values() if f.role == "owner"), None)
    raiser = next((f for f in free.values() if meaning_of(f) == "raiser"), None)
    title = unnamed.column_of("title")
    found: dict[int, tuple[float, str]] = {}
    silent = unnamed.silent()
    for col in sorted(silent):
        cells = unnamed.cells(col)
        digits = sum(any(c.isdigit() for c in t) for t in cells.texts)
        if (
            cells.n < 2
            or digits > _SOME * cells.n
            or max(_state_share(cells, unnamed.context), _degree_share(cells)) >= _SOME
            or cells.crosses
            or cells.numbers
        ):
            continue
        posts = cells.n >= _FEW and cells.sentences < _HALF and sum(bool(_POST.search(t)) for t in cells.texts) >= _MOST * cells.n
        names = cells.names >= _MOST and (cells.different < cells.n or cells.n <= _FEW) and cells.sentences <= _SOME
        if posts or names:
            found[col] = _SURE, "persons"
        elif cells.n >= _FEW and 0 < title < col and _recur(cells) and not _A_THING.search(silent[col]):
            found[col] = _MAYBE, "recur"
    sure = [c for c in found if found[c][1] == "persons"]
    first = min(sure) if raiser is not None and (owner is None or len(sure) > 1) and sure else 0
    out: Worth = {}
    for col, said in found.items():
        field = raiser if col == first else owner
        if field is not None:
            out[col, field.id] = said
    return out


def _recur(cells: Cells) -> bool:
    """Whether the cells are short words that recur, as names do, and no codes, units, yes or no."""
    short = cells.short and cells.different < cells.n and cells.codes <= _SOME and cells.units <= _HALF
    return short and not all(loose(t) in _YES_NO for t in cells.texts)


_SOME = 0.3
_A_THING = regex(
    r"(?:名称|模块|功能|产品|系统|页面|版本|类型|类别|来源|地点|阶段)$"
    r"|\b(?:module|feature|page|screen|system|product|type|category|version|source|site|phase|component|area|environment)s?$",
    2,
)
"""Headings of what recurs in a list and is nobody."""
_POST = regex(
    r"(?:经理|主管|总监|组长|专员|工程师|主任|负责人)$|"
    r"\b(?:manager|lead(?:er)?|engineer|developer|analyst|director|officer|coordinator|architect|tester|designer|sponsor)s?$",
    2,
)


def _units(unnamed: Unnamed, free: Mapping[str, Field]) -> Worth:
    """Departments, by their names or by the directory."""
    field = next((f for f in free.values() if f.role in ("department", "departments")), None)
    out: Worth = {}
    for col in unnamed.silent() if field is not None else ():
        cells = unnamed.cells(col)
        if (
            field is not None
            and cells.n >= 2
            and cells.numbers == 0
            and cells.sentences <= _SOME
            and fits(field, cells, unnamed.context) >= 1
        ):
            out[col, field.id] = _SURE, "departments"
    return out


_YES_NO = frozenset(("是", "否", "有", "无", "y", "n", "yes", "no", "true", "false"))


def _keys(unnamed: Unnamed, free: Mapping[str, Field]) -> Worth:
    """Codes with letters that all differ, before what the rows are about, where no ID is named. Running numbers are no ID."""
    key, title = unnamed.form.key, unnamed.column_of("title")
    out: Worth = {}
    for col, heading in unnamed.silent().items() if key.id in free else ():
        cells = unnamed.cells(col)
        if col < title and cells.n >= _FEW and not meanings(heading) and cells.different == cells.n == sum(map(_is_code, cells.texts)):
            out[col, key.id] = _LIKELY, "codes"
    return out


_CODE = regex(r"^(?:[A-Z]{1,8}[-_. ]?|[\u4e00-\u9fff]{1,6}[-_])\d[\dA-Za-z._-]*$")


def _is_code(text: str) -> bool:
    return bool(_CODE.match(text))


def _shares(unnamed: Unnamed, free: Mapping[str, Field]) -> Worth:
    """Numbers from 0 to 1, not all of them 0 or 1."""
    field = next((f for f in free.values() if f.role == "progress"), None)
    out: Worth = {}
    for col in unnamed.silent() if field is not None else ():
        cells = unnamed.cells(col)
        signs = sum(t.endswith(("%", "％")) for t in cells.texts) >= _MOST * cells.n
        if (cells.n >= 2 and signs) or (
            cells.n >= _FEW and cells.shares == 1 and any(type(v) is float and 0 < v < 1 for v in cells.values)
        ):
            out[col, field.id if field else ""] = _LIKELY, "percents"
    return out


_OFTEN = regex(
    r"\b(?:bi-?|semi-?)?(?:dai|week|month|quarter|year|annual|fortnight)(?:ly)?\b|\bevery\b|\bonce\b|\btwice\b|"
    r"as needed|on demand|ad[- ]?hoc|"
    r"每(?:天|日|周|月|季|年|双周|个)|按需|随时|不定期|定期|次$",
    2,
)
_ENOUGH, _SURER = 0.4, 1.1  # E-mail is written as a name is
_BY_WAY = regex(
    r"e-?mail|meeting|\bcall\b|phone|video|conference|teams\b|zoom|slack|chat|report|邮件|会议|例会|电话|微信|钉钉|飞书|报告|面谈", 2
)


def _how_often(unnamed: Unnamed, free: Mapping[str, Field]) -> Worth:
    """How often and by what way people are told."""
    out: Worth = {}
    for meaning, pattern in (("frequency", _OFTEN), ("way", _BY_WAY)):
        field = next((f for f in free.values() if meaning_of(f) == meaning), None)
        for col in unnamed.silent() if field is not None else ():
            cells = unnamed.cells(col)
            if field and cells.n >= _FEW and sum(bool(pattern.search(t)) for t in cells.texts) >= _ENOUGH * cells.n:
                out[col, field.id] = _SURER, "words"
    return out
