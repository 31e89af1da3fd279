"""Words of a drop-down, in both languages, by their aliases and by the PMO's own words, and ticked check-box lists. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from collab_xl.forms import Field
from collab_xl.model.regex import regex
from collab_xl.model.values import Unreadable, Value
from collab_xl.read.dates import one_day, tidy
from collab_xl.read.days import Found
from collab_xl.read.marks import EMPTY_BOXES, SELECTORS, TICKS, parted, says_no
from collab_xl.read.remarks import ParsedValue, Remark
from collab_xl.read.text import NAME_SEPARATORS, loose, nearest, plain, shown
from collab_xl.read.vague import LENGTH

_BOXES = "".join(sorted(EMPTY_BOXES | TICKS))
_WORD = rf"[^{_BOXES}/、,;|\n\s]+(?:[ ][A-Za-z]+)*"
_EITHER = frozenset("○◯⬜◻◽▫")
"""Empty boxes that people also use as bullets and status marks."""
_BEFORE = regex(rf"([{_BOXES}])\s*({_WORD})")
_AFTER = regex(rf"({_WORD})\s*([{_BOXES}])")
_BRACKETS = regex(r"[\[(]\s*([xX√✓✔]?)\s*[\])]")
_NOTE = regex(r"^(.*?)\s*[(（\[【](.*?)[)）\]】]\s*$", re.S)
_SPLIT = regex(r"[/、,;|，；\n]+")
_LISTED = NAME_SEPARATORS
"""Separators between several choices, as between departments; a slash only if the whole word is no choice (R/A)."""
_RUN_ON = regex(r"^([^\d,，:：;；。%]+?)[\s,，:：;；。]*(\d.*)$", re.S)
_SHARE = regex(r"(\d+(?:\.\d+)?)\s*[%％]")
_SOFT = str.maketrans("", "", "-_—–.。!！:：·'’“”\"")


def key_of(word: str) -> str:
    """The form in which words are compared: no width, case, blanks, dashes, points, variation selectors. A single mark is unchanged."""
    folded = loose(word).translate(SELECTORS)
    return folded.translate(_SOFT) or folded


def _boxes_in(text: str) -> str:
    """A list of boxes with one character for each: [x] and (√) as ☑."""
    line = text.translate(SELECTORS).replace("（", "(").replace("）", ")")
    return _BRACKETS.sub(lambda m: "☑" if m[1] else "□", line).strip()


class Words:
    """The words of one field. Built once per column."""

    def __init__(self, field: Field, lang: str, own: Mapping[str, str] | None = None) -> None:
        self.labels = [c.label[lang] for c in field.choices]
        self._order = [c.id for c in field.choices]
        self._late = {c.id for c in field.choices if c.late}
        self._done = {c.id for c in field.choices if c.state == "done"}
        self._ids: dict[str, str] = {key_of(word): choice_id for word, choice_id in (own or {}).items() if choice_id}
        self._fixed = {*self._ids, *(key_of(word) for c in field.choices for word in c.label.values())}
        for choice in field.choices:
            for word in (choice.label[lang], *choice.label.values(), choice.id, *choice.aliases):
                self._ids.setdefault(key_of(word), choice.id)
        self._words = {w: field.label(i, lang) for w, i in self._ids.items()}
        self._states = {c.id: c.state for c in field.choices}
        self._marks: dict[str, set[str]] = {}
        self._marked: dict[str, list[tuple[frozenset[str], str]]] = {}
        self._also = "".join(w for w in self._ids if len(w) == 1 and not w.isalnum() and w not in EMPTY_BOXES)
        for word, choice_id in self._ids.items():
            marks, bare = parted(word, self._also)
            for mark in marks:
                self._marks.setdefault(mark, set()).add(choice_id)
            if marks and bare:
                self._marked.setdefault(key_of(bare), []).append((frozenset(marks), choice_id))

    @classmethod
    def of(cls, field: Field, lang: str, own: Mapping[str, str] | None = None) -> Words:
        """The words of a field, cached per field object, language and the PMO's words."""
        known = _MADE.get((id(field), lang))
        if known is None or known[0] is not field or known[1] != (own or {}):
            known = _MADE[id(field), lang] = (field, dict(own or {}), cls(field, lang, own))
        return known[2]

    @property
    def allowed(self) -> str:
        return " / ".join(self.labels)

    def is_fixed(self, text: str) -> bool:
        """Whether a text is a label of the drop-down or a word of the PMO's: nothing else that a column shows changes its meaning."""
        return key_of(text) in self._fixed or key_of(parted(text, self._also).word) in self._fixed

    def exact(self, text: str) -> str | None:
        """The id of the choice a word means, with or without marks beside it (🟢进行中); None if it is no word of this field."""
        found = self._ids.get(key_of(text))
        return found if found is not None else self._beside_marks(text)

    def _beside_marks(self, text: str) -> str | None:
        """The choice of the word between marks. None where a mark says something else than the word.

        A mark that is, or is part of, a word of this list belongs to the choices that have it. Where only words with marks have the word
        (🟢正常, 🔴正常), the marks decide; without any the word must have one meaning.
        """
        marks, word = parted(text, self._also)
        if (choice := self._ids.get(key_of(word))) is not None:
            return choice if marks and not self._denied(choice, marks) else None
        meant = {c for have, c in self._marked.get(key_of(word), ()) if not marks or have == set(marks)}
        return meant.pop() if len(meant) == 1 else None

    def _denied(self, choice: str, marks: tuple[str, ...]) -> bool:
        """Whether marks contradict a choice: they are another word of the list, or ❌ stands at what is done (or has no state)."""
        told = [mark for mark in marks if mark not in TICKS]  # a tick only says that this word is the one
        if told and self._ids.get(key_of("".join(told)), choice) != choice:
            return True
        ends = self._states[choice] in ("", "done")
        return any(choice not in self._marks[mark] if mark in self._marks else ends and says_no(mark) for mark in told)

    def find(self, raw: Value) -> Value | ParsedValue:
        """A choice id; None for a list in which nothing is ticked; else Unreadable with V201 or V215."""
        text = shown(raw)
        if (found := self.exact(text)) is not None:
            return found
        if (ticked := self._ticked(text)) is not None:
            if len(ticked) > 1:
                return ParsedValue(Unreadable(text), (Remark("V215", {"count": len(ticked)}),))
            return ticked.pop() if ticked else self._none_ticked(text)
        if (noted := _NOTE.match(plain(text))) and (found := self.exact(noted[1])) is not None:
            return self._noted(text, found, noted[2])
        if (run_on := _RUN_ON.match(plain(text))) and (found := self.exact(run_on[1])) is not None:
            rest = run_on[2]
            if _SHARE.fullmatch(rest) or (found in self._late and LENGTH.match(rest)) or isinstance(one_day(tidy(rest), None, True), Found):
                return self._noted(text, found, rest)
        parts = [p for p in _SPLIT.split(plain(text)) if p.strip()]
        if len(parts) > 1 and all(self.exact(p) is not None for p in parts):
            if len({self.exact(p) for p in parts}) == 1:
                return self.exact(parts[0])
            return ParsedValue(Unreadable(text), (Remark("V215", {"count": len(parts)}),))
        return self._unknown(text, text)

    def find_several(self, raw: Value) -> Value | ParsedValue:
        """The choices a text lists or ticks, as a tuple in the order of the drop-down; None if nothing is ticked.

        Unreadable with V201 if one of the words is no choice of the field: a part of a list is another list.
        """
        text = shown(raw)
        if (one := self.exact(text)) is not None:
            return (one,)
        if (ticked := self._ticked(text)) is not None:
            return self._in_order(ticked) if ticked else self._none_ticked(text)
        for parts in (_LISTED.split(text), _SPLIT.split(text)):
            words = [p for p in parts if p.strip()]
            found = [self.exact(p) for p in words]
            if words and None not in found:
                return self._in_order(found)
        return self._unknown(text, next(word for word, choice in zip(words, found, strict=True) if choice is None) if words else text)

    def _in_order(self, choices: Iterable[str | None]) -> tuple[str, ...]:
        wanted = set(choices)
        return tuple(choice for choice in self._order if choice in wanted)

    def _none_ticked(self, text: str) -> ParsedValue:
        """Blank for boxes of which none is ticked. A circle beside a single word may be its mark (○ 进行中) as well: unreadable."""
        line = _boxes_in(text)
        words = [word for word in re.split(rf"[{_BOXES}]", line) if word.strip()]
        return self._unknown(text, words[0]) if len(words) == 1 and set(line) & _EITHER else ParsedValue(None)

    def _unknown(self, text: str, word: str) -> ParsedValue:
        """V201 with the most similar choice."""
        near = nearest(key_of(word), self._words, least=0.6)
        suggestion = self._words.get(near, "") if near else ""
        return ParsedValue(Unreadable(text), (Remark("V201", {"suggestion": suggestion, "word": word}),))

    def _noted(self, text: str, choice: str, rest: str) -> ParsedValue:
        """A word followed by a remark. If the remark contradicts the word (进行中（已完成）, 已完成80%), the cell is unreadable."""
        other, share = self.exact(rest), _SHARE.search(plain(rest))
        if other is not None and other != choice:
            return ParsedValue(Unreadable(text), (Remark("V215", {"count": 2}),))
        if share and choice in self._done and float(share[1]) != 100:
            return ParsedValue(Unreadable(text), (Remark("V201", {"suggestion": ""}),))
        return ParsedValue(choice, (Remark("V240", {"rest": rest}),))

    def _ticked(self, text: str) -> set[str] | None:
        """The choices ticked in `□一般/☑紧急/□特急` or 一般□ 紧急☑ 特急□; None if the text is no list of boxes.

        A box belongs to the word after it if the line begins with a box, to the word before it if the line ends with one.
        """
        line = _boxes_in(text)
        if not set(line) & set(_BOXES):
            return None
        items = list(self._items(line))
        if not items or any(self.exact(word) is None for _, word in items):
            return None
        return {choice for box, word in items if box in TICKS and (choice := self.exact(word)) is not None}

    @staticmethod
    def _items(line: str) -> Iterator[tuple[str, str]]:
        starts, ends = line[0] in _BOXES, line[-1] in _BOXES
        if starts and not ends:
            yield from _BEFORE.findall(line)
        elif ends and not starts:
            yield from ((box, word) for word, box in _AFTER.findall(line))


_MADE: dict[tuple[int, str], tuple[Field, Mapping[str, str], Words]] = {}
"""The value contains the field, so that the `id()` in the key is not used again for another object."""
