"""Which column is which field: exact heading, alias, the same in another dress, near miss (asked). Pure.

Another dress: width, case, blanks, line breaks, invisible characters, a note or unit in brackets, a star or a number before,
日期 for 时间, a plural s, one line of a two-language heading.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from collab_xl.model.finding import Finding
from collab_xl.model.place import Address
from collab_xl.parse.context import Context
from collab_xl.parse.remarks import finding
from collab_xl.parse.text import loose, quoted
from collab_xl.schema import Compound, Form

EXACT, OTHER_LANGUAGE, ALIAS, DRESSED, ANSWERED = 4.0, 3.5, 3.0, 2.0, 5.0
SEQUENCE = frozenset({"序号", "序", "行号", "no", "no.", "#", "seq", "s/n", "sn", "№", "item"})
ROW_ID = "row_id"
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】|〔[^〔〕]*〕|<[^<>]*>|\([^()]*$")
_LEAD = re.compile(r"^(?:[*＊※★☆●•·]+|\d{1,2}[.、)]|[(]\d{1,2}[)])+")
_PLANNED = re.compile("计划|预计|期望|要求|目标|时限|planned|target|expected")
_HAPPENED = re.compile("实际|关闭|更新|反馈|actual")
_BOTH = re.compile(r"([\u4e00-\u9fff（）()]+)\s*([A-Za-z][A-Za-z .%#]*)$")
_UNIT = re.compile(r"(?:/(?:天|日|%|人|个|元|万元|h|d)|%|:)+$")


def fold(text: str) -> str:
    """A heading for comparing and for remembering answers."""
    return loose(text).strip("*:：")


@dataclass(frozen=True, slots=True)
class Target:
    """What a heading means: one field, or several through a compound."""

    field: str
    compound: Compound | None
    quality: float


@dataclass(frozen=True, slots=True)
class Mapped:
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


@dataclass(frozen=True)
class Question:
    """Something only a person can decide. `code` names its text; `options` are what may be answered.

    kind `heading`: options are field ids, `suggestion` one of them, the answer goes to `Context.headings[fold(found)]`.
    kind `date_order`: options `day_first`, `month_first`, the answer goes to `Context.day_first`.
    """

    id: str
    kind: str
    code: str
    at: Address
    found: str
    options: tuple[str, ...] = ()
    suggestion: str = ""
    form: str = ""


@dataclass
class Matching:
    """The columns of one heading row."""

    mapped: list[Mapped] = field(default_factory=list)
    extra: dict[int, str] = field(default_factory=dict)
    rows: dict[int, int] = field(default_factory=dict)
    """Column → row of its heading cell, for `extra`."""
    duplicates: list[tuple[int, Mapped]] = field(default_factory=list)

    @property
    def score(self) -> float:
        return sum(m.target.quality for m in self.mapped)

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(f for m in self.mapped for f in m.fields)


class Lexicon:
    """The headings of one form in every spelling we know. Built once per form and language."""

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
        for f in form.fields:
            for alias in f.aliases:
                self._add(alias, Target(f.id, None, ALIAS))
        self._bare: dict[str, Target] = {}
        for word, target in self._words.items():
            for variant in _variants(word):
                self._bare.setdefault(variant, Target(target.field, target.compound, DRESSED))
        self._memo: dict[str, Target | None] = {}

    def _add(self, heading: str, target: Target) -> None:
        self._words.setdefault(fold(heading), target)

    def find(self, heading: str) -> Target | None:
        """What a heading text means, None when the form has nothing like it."""
        if heading not in self._memo:
            self._memo[heading] = self._find(heading)
        return self._memo[heading]

    def _find(self, heading: str) -> Target | None:
        word = fold(heading)
        if not word or len(heading) > 120:
            return None
        if found := self._words.get(word):
            return found
        if word in SEQUENCE:
            return None
        for variant in _variants(word):
            if found := self._bare.get(variant):
                return found
        lines = [line for line in re.split(r"[\n\r/|]+", heading) if line.strip()]
        if len(lines) == 1 and (both := _BOTH.match(heading.strip())):
            lines = [both[1], both[2]]
        if len(lines) > 1:
            hits = [t for t in (self._words.get(fold(line)) for line in lines) if t]
            if hits and len({t.field for t in hits}) == 1 and (len(hits) == len(lines) or _two_scripts(lines)):
                return Target(hits[0].field, hits[0].compound, DRESSED)
        return None

    def near(self, heading: str, taken: Iterable[str]) -> str:
        """The field whose heading looks most like this one, "" when none comes close."""
        words = [w for w in _variants(fold(heading)) if len(w) >= 2]
        taken = frozenset(taken)
        best, best_ratio = "", 0.0
        for word in words:
            for known, target in self._bare.items():
                if target.field in taken or abs(len(known) - len(word)) > 3 or self._opposite(word, target.field):
                    continue
                ratio = difflib.SequenceMatcher(None, word, known).ratio()
                least = 0.8 if word.isascii() or known.isascii() else 0.7
                if ratio >= least and ratio > best_ratio:
                    best, best_ratio = target.field, ratio
        return best

    def _opposite(self, word: str, field_id: str) -> bool:
        """Whether one of the two is about what is planned and the other about what happened."""
        own = self.form.field(field_id).heading["zh"]
        return bool((_PLANNED.search(word) and _HAPPENED.search(own)) or (_HAPPENED.search(word) and _PLANNED.search(own)))


def _two_scripts(lines: Sequence[str]) -> bool:
    return any(line.isascii() for line in lines) and any(not line.isascii() for line in lines)


def _variants(word: str) -> Iterator[str]:
    """Folded headings in plainer dress, the plainest last but one; each at most once."""
    bare = _UNIT.sub("", _LEAD.sub("", _BRACKETS.sub("", word))).strip("*:")
    seen: list[str] = []
    for variant in (bare, bare.replace("日期", "时间"), bare.removesuffix("s") if bare.isascii() else bare):
        if variant and variant not in seen:
            seen.append(variant)
            yield variant


_LEXICONS: dict[tuple[int, str], Lexicon] = {}


def lexicon(form: Form, lang: str) -> Lexicon:
    """The form's lexicon, built once (forms live as long as the schema)."""
    known = _LEXICONS.get((id(form), lang))
    if known is None or known.form is not form:
        known = _LEXICONS[(id(form), lang)] = Lexicon(form, lang)
    return known


def match(form: Form, cells: Sequence[tuple[int, int, Sequence[str]]], context: Context) -> Matching:
    """Give each column its field; the better match wins a field, then the column further left.

    Args:
        cells: (column, row, texts) of each heading; several texts are tried in order (two-line headings).
    """
    lex = lexicon(form, context.lang)
    ids = {f.id for f in form.fields}
    out = Matching()
    wanted: list[Mapped] = []
    for col, row, texts in cells:
        answer = next((context.headings[fold(t)] for t in texts if fold(t) in context.headings), None)
        if answer is not None and (answer in ids or answer == ""):
            target = Target(answer, None, ANSWERED) if answer else None
            found = (texts[0], target)
        else:
            hits = [(t, lex.find(t)) for t in texts]
            found = max(hits, key=lambda h: h[1].quality if h[1] else 0.0)
        if found[1]:
            wanted.append(Mapped(col, row, found[0], found[1]))
        else:
            out.extra[col], out.rows[col] = texts[0], row
    taken: dict[str, Mapped] = {}
    for m in sorted(wanted, key=lambda m: (m.target.compound is not None, -m.target.quality, m.col)):
        if m.field in taken:
            out.duplicates.append((m.col, taken[m.field]))
            out.extra[m.col], out.rows[m.col] = m.heading, m.row
            continue
        for f in m.fields:
            taken.setdefault(f, m)
        out.mapped.append(m)
    out.mapped.sort(key=lambda m: m.col)
    return out


def remarks(sheet: str, form: Form, matching: Matching, context: Context, *, ours: bool) -> tuple[list[Finding], list[Question]]:
    """What to say about the headings: unknown, nearly known, doubled, missing. `ours`: a master or pack, where all must be there."""
    lang = context.lang
    findings: list[Finding] = []
    questions: list[Question] = []
    doubled = dict(matching.duplicates)
    lex = lexicon(form, lang)
    for col, heading in sorted(matching.extra.items()):
        at = Address(sheet, matching.rows.get(col, 0), col)
        word = fold(heading)
        if first := doubled.get(col):
            findings.append(
                finding(
                    "H103",
                    at,
                    form=form.id,
                    field_id=first.field,
                    found=quoted(heading),
                    heading=form.field(first.field).heading[lang],
                    other=Address(sheet, first.row, first.col).cell,
                )
            )
        elif not word or word in SEQUENCE or word == ROW_ID or context.headings.get(word) == "":
            continue
        elif near := lex.near(heading, matching.fields):
            expected = form.field(near).heading[lang]
            findings.append(finding("H102", at, form=form.id, field_id=near, found=quoted(heading), expected=expected))
            options = tuple(f.id for f in form.fields if f.id not in matching.fields)
            questions.append(Question(f"heading:{sheet}:{word}", "heading", "H102", at, quoted(heading), options, near, form.id))
        else:
            findings.append(finding("H101", at, form=form.id, found=quoted(heading)))
    if not ours:
        return findings, questions
    for m in matching.mapped:
        own = form.field(m.field).heading
        if m.target.quality < OTHER_LANGUAGE:
            at = Address(sheet, m.row, m.col)
            findings.append(finding("H115", at, form=form.id, field_id=m.field, found=quoted(m.heading), expected=own[lang]))
    return findings, questions
