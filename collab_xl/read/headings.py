"""Match columns with fields: by exact heading, alias, a variant of these, or near miss (a question). Pure.

A variant may differ in width, case, blanks, line breaks, invisible characters, a note or unit in brackets, a star or a number before,
日期 for 时间, a plural s, one line of a two-language heading.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache

from collab_xl.catalogue import LANGS, text
from collab_xl.forms import Compound, Form
from collab_xl.model.record import Struct, field, replace
from collab_xl.model.regex import regex
from collab_xl.read.context import Context
from collab_xl.read.heading_words import has_unknown_rest
from collab_xl.read.text import loose
from collab_xl.read.told import fields_named

EXACT, OTHER_LANGUAGE, VARIANT_OWN, ANSWERED, ALIAS, VARIANT, COMPOSED = 4.0, 3.5, 3.25, 3.1, 3.0, 2.0, 1.0
"""How well a heading matches. A field's own heading with a note, 完成状态(进行中/已完成/滞后), is better than an alias, 是否滞后.
A field's own heading is better than an earlier answer: 截至日期 was the planned end in a sheet without 计划结束时间. Composed: no form has
the heading, its words and its cells say the same (`words_and_cells`)."""
_HALF_KNOWN = 1.5
_LONG_LATIN = 5
_LEAST_LATIN = 4
_LONGEST = 120
"""A longer text is no heading of a tracker."""
_ALIKE = 0.7
"""Of two Chinese headings this share of the characters must be the same."""
SEQUENCE = frozenset({"序号", "序", "行号", "no", "no.", "#", "seq", "s/n", "sn", "№", "item"})
ROW_ID = "row_id"
_BRACKETS = regex(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】|〔[^〔〕]*〕|<[^<>]*>|\([^()]*$")
_TAIL = regex(r"[?？*＊※★☆●•·▼▽▾▲△▴↓↑⇅⏷\ue000-\uf8ff]+$")
_LEAD = regex(r"^(?:[*＊※★☆●•·▼▽▾▲△▴]+|\d{1,2}[.、)]|[(]\d{1,2}[)])+")
_PLANNED = regex("计划|预计|期望|要求|目标|时限|planned|target|expected")
_ACTUAL = regex("实际|actual")
_PLAN = regex("计划|预计|plan")
_HAPPENED = regex("实际|关闭|更新|反馈|actual")
_BOTH = regex(r"([\u4e00-\u9fff（）()]+)\s*([A-Za-z][A-Za-z .%#]*)$")
_NUMBER_OF = regex(r"([\u4e00-\u9fff]+)(?:no\.?|id|#)$")
_FROM_TO = regex(
    r"(?:开始|起始|开工|启动|起)(?:时间|日期)?\W{0,2}(?:截止|截至|结束|完成|终止|完工|止)(?:时间|日期)?$|"
    r"^(?:planned|plan)?(?:start|begin|from)(?:date)?(?:/|-|–|~|&|to|and)(?:end|finish|due|to|complete)(?:date)?s?$"
)
_FIRST = regex(r"(?<=[\u4e00-\u9fff])[1①](?=\W*$)")  # 负责人1, next to a 负责人2 that is kept as a column of its own
_LATIN = regex(r"[a-z]+")
_SMALL = frozenset({"a", "and", "at", "by", "for", "in", "of", "on", "or", "s", "the", "this", "to"})
_RUNNING = regex(r"s(?:r|l|er|erial)?\.?(?:no\.?|#|num|number)$")  # S No., Sr#
_UNIT = regex(r"(?:/(?:天|日|%|人|个|元|万元|h|d)|%|:)+$")


@lru_cache(4096)
def is_sequence(heading: str) -> bool:
    """A running number, not an ID: 序号, No., also with a note (序号（选填）) and in two languages (No. above 序号)."""
    if fold(heading) in SEQUENCE or ("\n" in heading and all(fold(line) in SEQUENCE for line in heading.split("\n") if line.strip())):
        return True
    bare, parts = unnoted(heading), halves(heading)
    return bare in SEQUENCE or bool(_RUNNING.match(bare)) or bool(parts and all(fold(part) in SEQUENCE for part in parts))


_CHINESE = regex(r"[\u4e00-\u9fff（）()、/·]*[\u4e00-\u9fff][\u4e00-\u9fff（）()、/·]*")
_WORDS = regex(r"[A-Za-z][A-Za-z0-9 .,'’%#/&()-]*")


@lru_cache(4096)
def halves(heading: str) -> tuple[str, ...]:
    """The Chinese and the Latin words of a heading in two languages (责任人姓名(Owner)), without numbers and brackets; () for others."""
    text = _LEAD.sub("", loose(heading)) if heading[:1].isdigit() else heading
    chinese, latin = _CHINESE.findall(text), _WORDS.findall(text)
    if len(chinese) != 1 or len(latin) != 1:
        return ()
    parts = tuple(part.strip(" ()（）/、·,-") for part in (chinese[0], latin[0]))
    return parts if len(parts[0]) >= _LEAST_CHINESE and sum(c.isalpha() for c in parts[1]) >= _LEAST_LETTERS else ()


_LEAST_CHINESE, _LEAST_LETTERS = 2, 3


@lru_cache(4096)  # the packs of a week have the same headings
def fold(text: str) -> str:
    """The form of a heading for comparing and for storing answers."""
    return loose(text).strip("*:：").replace("’", "'")


def unnoted(text: str) -> str:
    """`fold` without numbers and notes: Source meeting of 2. Source meeting (select)."""
    return _TAIL.sub("", _LEAD.sub("", _BRACKETS.sub("", fold(text)))).strip("*:")


@cache
def _hints() -> frozenset[str]:
    return frozenset(fold(text("model.pack.hint_column", lang)) for lang in LANGS)


def added_columns(headings: Iterable[tuple[int, str]]) -> frozenset[int]:
    """The columns of a pack's table that no form has: the row ids and, beside them, the hints. None in a table without row ids."""
    known = dict(headings)
    ids = {col for col, heading in known.items() if fold(heading) == ROW_ID}
    return frozenset(ids | {col for col, heading in known.items() if fold(heading) in _hints()} if ids else ())


class Target(Struct, frozen=True):
    """What a heading means: one field, or several by a compound. `either`: one of these fields, the heading does not decide which."""

    field: str
    compound: Compound | None
    quality: float
    either: tuple[str, ...] = ()


class Mapped(Struct, frozen=True):
    """A column of the sheet with its meaning."""

    col: int
    row: int
    heading: str
    target: Target

    @property
    def field(self) -> str:
        return self.target.field

    @property
    def fields(self) -> tuple[str, ...]:
        return self.target.compound.into if self.target.compound else (self.target.field,)


class Matching(Struct):
    """The columns of one heading row."""

    mapped: list[Mapped] = field(default_factory=list)
    extra: dict[int, str] = field(default_factory=dict)
    rows: dict[int, int] = field(default_factory=dict)
    """Column → row of its heading cell, for `extra`."""
    duplicates: list[tuple[int, Mapped]] = field(default_factory=list)
    either: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """Column, also in `extra` → its possible fields: a question."""
    told: frozenset[int] = frozenset()
    """Columns, also in `extra`, of which a person said that they are none of ours."""
    unlike: dict[int, str] = field(default_factory=dict)
    """Column, also in `extra` → the field that its heading names, and that its cells are not."""

    @property
    def score(self) -> float:
        return sum(max(m.target.quality, VARIANT) for m in self.mapped) + _HALF_KNOWN * (len(self.either) + len(self.unlike))

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(f for m in self.mapped for f in m.fields)


Narrow = Callable[[int, tuple[str, ...]], tuple[str, ...]]
Also = Callable[["Matching", Mapping[int, Sequence[str]]], None]


class Lexicon:
    """The headings of one form in every known spelling. Built once per form and language."""

    def __init__(self, form: Form, lang: str) -> None:
        self.form = form
        self.lang = lang
        self._words: dict[str, Target] = {}
        for f in form.fields:
            self._add(f.heading[lang], Target(f.id, None, EXACT))
        for f in form.fields:
            for heading in f.heading.values():
                self._add(heading, Target(f.id, None, OTHER_LANGUAGE))
        for c in form.compounds:
            for alias in c.aliases:
                self._add(alias, Target(c.into[0], c, ALIAS))
        for a in form.ambiguous:
            for alias in a.aliases:
                self._add(alias, Target(a.fields[0], None, ALIAS, a.fields))
        for f in form.fields:
            for alias in f.aliases:
                self._add(alias, Target(f.id, None, ALIAS))
        self._bare: dict[str, Target] = {}
        for word, target in self._words.items():
            for variant in _variants(word):
                quality = VARIANT_OWN if target.quality >= OTHER_LANGUAGE else VARIANT
                known = self._bare.get(variant)
                if known is None or known.quality < quality:
                    self._bare[variant] = Target(target.field, target.compound, quality, target.either)
        self._memo: dict[str, Target | None] = {}
        self._near: dict[tuple[str, frozenset[str]], str] = {}
        self._vocabulary: set[str] = set()

    def _add(self, heading: str, target: Target) -> None:
        self._words.setdefault(fold(heading), target)

    def find(self, heading: str) -> Target | None:
        """What a heading text means; None if the form has no similar heading."""
        if heading not in self._memo:
            self._memo[heading] = self._find(heading)
        return self._memo[heading]

    def _find(self, heading: str) -> Target | None:
        word = fold(heading)
        if not word or is_sequence(heading):
            return None
        if found := self._words.get(word):  # a heading on sheet 字段 may be as long as Excel allows
            return found
        if len(heading) > _LONGEST:
            return None
        for variant in _variants(word):
            if found := self._bare.get(variant):
                return found
        if (numbered := _NUMBER_OF.match(word)) and self._known(numbered[1]):  # 问题No. is no 问题 in two languages
            return next((found for end in ("编号", "id", "号") if (found := self._words.get(numbered[1] + end))), None)
        lines = [line for line in re.split(r"[\n\r/|]+", heading) if line.strip()]
        if len(lines) == 1 and (both := _BOTH.match(heading.strip())):
            lines = [both[1], both[2]]
        return self._in_parts(lines) or self._in_parts(halves(heading)) or self._span(word)

    def _span(self, word: str) -> Target | None:
        """A heading that names a beginning and an end (开始/截至时间, Start – Finish): both days stand in one cell."""
        both = next((c for c in self.form.compounds if c.how == "date_range"), None) if _FROM_TO.search(word) else None
        return Target(both.into[0], both, VARIANT) if both else None

    def _in_parts(self, parts: Sequence[str]) -> Target | None:
        """What a heading of several parts means: what those say that are known, if it is one thing; in one language all must be."""
        if len(parts) < 2:
            return None
        hits = [t for t in (self._known(part) for part in parts) if t]
        if hits and len({t.field for t in hits}) == 1 and (len(hits) == len(parts) or _two_scripts(parts)):
            return Target(hits[0].field, hits[0].compound, VARIANT, hits[0].either)
        return None

    def _known(self, part: str) -> Target | None:
        word = fold(part)
        return self._words.get(word) or next((found for v in _variants(word) if (found := self._bare.get(v))), None)

    def near(self, heading: str, taken: Iterable[str]) -> str:
        """The field with the most similar heading; "" if none is similar enough.

        Latin words are compared by typing errors (letters left out, doubled, swapped), Chinese ones by the number of common characters.
        """
        key = heading, frozenset(taken)
        if key not in self._near:
            best = self.near(heading, ()) if key[1] else ""
            self._near[key] = best if key[1] and best not in key[1] else self._nearest(*key)
        return self._near[key]

    def _nearest(self, heading: str, taken: frozenset[str]) -> str:
        words = [w for w in _variants(fold(heading)) if len(w) >= (_LEAST_LATIN if w.isascii() else 2)]
        best, best_ratio = "", 0.0
        for word in words:
            for known, target in self._bare.items():
                if target.field in taken or target.either or abs(len(known) - len(word)) > 3 or self._opposite(word, target.field):
                    continue
                if word.isascii() != known.isascii():
                    continue
                if word.isascii():
                    most = max(min(2, (len(word) - 1) // 4), int(word.isalpha() and known.isalpha()))
                    if len(known) < _LONG_LATIN and known[0] != word[0]:
                        continue  # Epic is no slip for PIC
                    if abs(len(known) - len(word)) > most or len(set(word).difference(known)) > most:
                        continue  # each of these is a slip of its own
                    slips = _slips(word, known)
                    near, ratio = slips <= most, 1 - slips / len(word)
                elif 2 * sum(c in known for c in word) < _ALIKE * (len(word) + len(known)):
                    continue
                else:
                    ratio = difflib.SequenceMatcher(None, word, known).ratio()
                    near = ratio >= _ALIKE
                if near and ratio > best_ratio:
                    best, best_ratio = target.field, ratio
        return best

    def is_slip(self, heading: str) -> bool:
        """Whether a heading is probably one of ours with a slip of the hand: a Latin word that no heading of the form has (Due dtae, but
        not Current state), one wrong character (负贵部门, but not 主办部门)."""
        if not heading.isascii():
            word = fold(heading)
            same = (known for known in self._bare if len(known) == len(word))
            return has_unknown_rest(heading) and any(sum(a != b for a, b in zip(word, known, strict=True)) == 1 for known in same)
        if not self._vocabulary:
            every = (h for f in self.form.fields for h in (*f.heading.values(), *f.aliases))
            self._vocabulary.update(w for h in every for w in _LATIN.findall(h.casefold()))
        words = _LATIN.findall(_BRACKETS.sub("", heading.casefold()))
        return not all(w in _SMALL or w.removesuffix("s") in self._vocabulary or self._begins(w) for w in words)

    def _begins(self, word: str) -> bool:
        return any(known.startswith(word) for known in self._vocabulary)

    def belies(self, whole: str, target: Target) -> bool:
        """Whether a heading of two lines says 实际 although its last line alone would be read as planned, or the other way round."""
        own = self.form.field(target.field).heading["zh"]
        word = fold(whole)
        return bool((_ACTUAL.search(word) and _PLANNED.search(own)) or (_PLAN.search(word) and not _ACTUAL.search(word) and "实际" in own))

    def _opposite(self, word: str, field_id: str) -> bool:
        """Whether one of the two headings is about planned and the other about actual values."""
        own = self.form.field(field_id).heading["zh"]
        return bool((_PLANNED.search(word) and _HAPPENED.search(own)) or (_HAPPENED.search(word) and _PLANNED.search(own)))


def _slips(one: str, other: str) -> int:
    """The number of letters left out, added, replaced or swapped with their neighbour (optimal string alignment)."""
    before: list[int] = []
    line = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, line, last = line, [i], before
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, line[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, last[j - 2] + 1)
            line.append(cost)
    return line[-1]


def _two_scripts(lines: Sequence[str]) -> bool:
    return any(line.isascii() for line in lines) and any(not line.isascii() for line in lines)


def _variants(word: str) -> Iterator[str]:
    """Simpler variants of a folded heading, the simplest last but one; each at most once."""
    word = _FIRST.sub("", word)
    bare = _UNIT.sub("", _TAIL.sub("", _LEAD.sub("", _BRACKETS.sub("", word)))).strip("*:")
    seen: list[str] = []
    joined = bare.replace("_", "").replace("-", "").rstrip(".") if bare.isascii() else bare  # Finish_Date, Dept.
    for variant in (bare, bare.replace("日期", "时间"), joined, joined.removesuffix("s") if bare.isascii() else bare):
        if variant and variant not in seen:
            seen.append(variant)
            yield variant


_LEXICONS: dict[tuple[int, str], Lexicon] = {}


def lexicon(form: Form, lang: str) -> Lexicon:
    """The form's lexicon, cached per form and language."""
    known = _LEXICONS.get((id(form), lang))
    if known is None or known.form is not form:
        known = _LEXICONS[(id(form), lang)] = Lexicon(form, lang)
    return known


def match(
    form: Form,
    cells: Sequence[tuple[int, int, Sequence[str]]],
    context: Context,
    narrow: Narrow | None = None,
    also: Also = lambda matching, texts: None,
    blank: Collection[int] = (),
) -> Matching:
    """Assign a field to each column. If two columns match one field, the better match gets it, then one with cells, then the left one.

    Args:
        cells: (column, row, texts) of each heading; several texts are tried in order (two-line headings).
        narrow: column → those of its possible fields that its content allows.
        also: adds what is known of the other columns, which have these texts.
        blank: columns without cells.
    """
    lex = lexicon(form, context.lang)
    allowed: Narrow = narrow or (lambda col, fields: fields)
    out = Matching()
    wanted: list[Mapped] = []
    either: list[Mapped] = []
    for col, row, texts in cells:
        heading, target = _meant(form, lex, texts, context, col)
        if narrow and target and (fields := _or_status(form, target)) and len(narrow(col, fields)) > 1:
            target = Target(target.field, None, target.quality, fields)
        if target and target.either:
            either.append(Mapped(col, row, heading, target))
        elif target and (not _yes_or_no(form, target) or allowed(col, (target.field,))):
            wanted.append(Mapped(col, row, heading, target))
        else:
            out.extra[col], out.rows[col] = heading, row
    taken: dict[str, Mapped] = {}
    for m in sorted(wanted, key=lambda m: (m.target.compound is not None, -m.target.quality, m.col in blank, m.col)):
        _take(out, taken, m)
    for m in either:
        free = allowed(m.col, tuple(f for f in m.target.either if f not in taken))
        if len(free) > 1:
            out.either[m.col], out.extra[m.col], out.rows[m.col] = free, m.heading, m.row
        else:
            field_id = free[0] if free else m.target.either[-1]
            _take(out, taken, Mapped(m.col, m.row, m.heading, Target(field_id, None, m.target.quality)))
    title, told = form.id_of("title"), taken.get(form.title_from)
    if told is not None and title not in taken and told.target.compound is None:
        both = Compound((), (told.field, title), "title")
        out.mapped[out.mapped.index(told)] = replace(told, target=replace(told.target, compound=both))
    kept = {c for c, _, texts in cells if context.told and context.told.of(c, [fold(t) for t in texts]) == ""}
    out.told = frozenset(kept)
    also(out, {col: texts for col, _, texts in cells})
    out.mapped.sort(key=lambda m: m.col)
    return out


def _or_status(form: Form, target: Target) -> tuple[str, ...]:
    """The fields that a heading of a result (进展) may mean: below it there may be words of the status."""
    status = form.id_of("status")
    told = target.compound is None and not target.either and target.quality <= ALIAS and form.field(target.field).role == "result"
    return (target.field, status) if told and status else ()


def _yes_or_no(form: Form, target: Target) -> bool:
    """Whether a heading was found to mean a yes-or-no field; a person's answer is not doubted."""
    return target.compound is None and target.quality != ANSWERED and form.field(target.field).kind == "yesno"


def _meant(form: Form, lex: Lexicon, texts: Sequence[str], context: Context, col: int) -> tuple[str, Target | None]:
    """The best matching text and its meaning. A person's answer comes before all others."""
    if context.told and (said := context.told.of(col, [fold(t) for t in texts])) is not None:
        named = fields_named(form, said)
        if named or not said:
            return texts[0], Target(named, None, ANSWERED) if named else None
    for one in texts if context.headings else ():
        answer = answered(context.headings, form.id, one)
        if answer is not None and (answer == "" or any(f.id == answer for f in form.fields)):
            return texts[0], Target(answer, None, ANSWERED) if answer else None
    hits = [(t, lex.find(t)) for t in texts]
    if len(texts) > 1:  # 实际 above 开始时间 is no planned start
        hits = [(t, target if target and not lex.belies(texts[0], target) else None) for t, target in hits]
    return max(hits, key=lambda h: h[1].quality if h[1] else 0.0)


def _take(out: Matching, taken: dict[str, Mapped], m: Mapped) -> None:
    if m.field in taken:
        out.duplicates.append((m.col, taken[m.field]))
        out.extra[m.col], out.rows[m.col] = m.heading, m.row
        return
    for f in m.fields:
        taken.setdefault(f, m)
    out.mapped.append(m)


def answered(answers: Mapping[str, str], form: str, heading: str) -> str | None:
    """A person's answer about this heading of a form: a field id, or "" for none of ours. None if there is no answer."""
    word = fold(heading)
    return answers.get(answer_key(form, word), answers.get(word))


def answer_key(form: str, word: str) -> str:
    """The key of a stored answer. It contains the form, because a heading may have another meaning in another form."""
    return f"{form}:{word}"
