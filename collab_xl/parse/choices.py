"""Words of a drop-down, in both languages, by their aliases, and ticked check-box lists. Pure."""

from __future__ import annotations

import re

from collab_xl.model.values import Unreadable, Value
from collab_xl.parse.remarks import Reading, Remark
from collab_xl.parse.text import loose, nearest, plain, shown
from collab_xl.schema import Field

TICKS = frozenset("√✓✔☑☒■●◉")
_BOXES = "□☐○◯▢❏⬜" + "".join(TICKS)
_ITEM = re.compile(rf"([{_BOXES}])\s*([^{_BOXES}/、,;|\n]+)")
_BRACKETS = re.compile(r"[\[(]\s*([xX√✓✔]?)\s*[\])](?=\s*\S)")
_NOTE = re.compile(r"^(.*?)\s*[(（\[【](.*?)[)）\]】]\s*$", re.S)
_SPLIT = re.compile(r"[/、,;|，；\n]+")


class Words:
    """The words of one field. Build once per column, ask often."""

    def __init__(self, field: Field, lang: str) -> None:
        self.labels = [c.label[lang] for c in field.choices]
        self._ids: dict[str, str] = {}
        for choice in field.choices:
            for word in (choice.label[lang], *choice.label.values(), choice.id, *choice.aliases):
                self._ids.setdefault(loose(word), choice.id)
        self._words = {w: self._label(field, i, lang) for w, i in self._ids.items()}

    @classmethod
    def of(cls, field: Field, lang: str) -> Words:
        """The words of a field, made once for a field object and language: every table of every file asks for them."""
        known = _MADE.get((id(field), lang))
        if known is None or known[0] is not field:
            known = _MADE[id(field), lang] = (field, cls(field, lang))
        return known[1]

    @staticmethod
    def _label(field: Field, choice_id: str, lang: str) -> str:
        return field.label(choice_id, lang)

    @property
    def allowed(self) -> str:
        return " / ".join(self.labels)

    def exact(self, text: str) -> str | None:
        """The id a word stands for, None when it is no word of this field."""
        return self._ids.get(loose(text).strip("。.!！:："))

    def find(self, raw: Value) -> Value | Reading:
        """A choice id; None for a list with nothing ticked; else Unreadable with V201 or V215."""
        text = shown(raw)
        if (found := self.exact(text)) is not None:
            return found
        if (ticked := self._ticked(text)) is not None:
            return ticked
        if (noted := _NOTE.match(plain(text))) and (found := self.exact(noted[1])) is not None:
            return Reading(found, (Remark("V240", {"rest": noted[2]}),))
        parts = [p for p in _SPLIT.split(plain(text)) if p.strip()]
        if len(parts) > 1 and all(self.exact(p) is not None for p in parts):
            return Reading(Unreadable(text), (Remark("V215", {"count": len(parts)}),))
        near = nearest(text, self._words, least=0.6)
        suggestion = self._words.get(near, "") if near else ""
        return Reading(Unreadable(text), (Remark("V201", {"suggestion": suggestion}),))

    def _ticked(self, text: str) -> Value | Reading | None:
        """`□一般/☑紧急/□特急`; None when the text is no list of boxes."""
        line = _BRACKETS.sub(lambda m: "☑" if m[1] else "□", text.replace("（", "(").replace("）", ")"))
        items = _ITEM.findall(line)
        if not items:
            return None
        ticked = [word for box, word in items if box in TICKS]
        if not ticked:
            return None if len(items) < 2 and self.exact(items[0][1]) is None else Reading(None)
        ids = {self.exact(word) for word in ticked}
        if None in ids:
            return None
        if len(ids) > 1:
            return Reading(Unreadable(text), (Remark("V215", {"count": len(ids)}),))
        return ids.pop()


_MADE: dict[tuple[int, str], tuple[Field, Words]] = {}
"""With the field itself, which so keeps its id."""
