"""Read sheet 字段: one line a field of a form, as the PMO wants it.

In: the lines as typed, the forms as installed and as the master has them.  Out: what the master says of its fields, and every fault. Pure.
A line is known by its code (last column): without one it is a new field, or a field that was taken off the sheet earlier (same heading).
A field of the master's own without a line is taken out; a field of the form without a line stays as it is. A blank cell is the default.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from collab_xl.catalogue import LANGS, text
from collab_xl.forms import YES_NO, Field, Form, Schema
from collab_xl.forms.own_fields import OWN_ID, OWN_KINDS, FieldSaid, Word
from collab_xl.model.excel_limits import MAX_HEADING
from collab_xl.model.record import Struct, field, replace
from collab_xl.model.regex import regex
from collab_xl.model.values import Value
from collab_xl.read.choices import key_of
from collab_xl.read.headings import ROW_ID, fold, is_sequence
from collab_xl.rules.computed import COMPUTED
from collab_xl.rules.field_lines import COLUMNS, HASH, code_of, hash_of, line_of

SWITCHES = ("required", "in_pack", "on_page", "hidden")
MAX_WORDS = 255
"""Characters of all words of a drop-down together, with their commas: Excel allows no more in a rule."""
NOT_HIDDEN = ("title", "status", "department", "departments")
"""Roles without which rows could not be named, closed or given to a department."""
_CODE_OF_EXCEL = regex(r"_x[0-9A-Fa-f]{4}_")
"""Excel reads this as one character, in cells and names of columns in two ways."""
_BETWEEN = regex(r"[、,，;；\n|]+")
_ALSO: Mapping[str, tuple[str, ...]] = {
    "choice": ("下拉", "下拉选项", "选项", "drop-down", "dropdown"),
    "amount": ("数值",),
    "yesno": ("是否", "yesno", "yes/no"),
    "person": ("人",),
    "reference": ("引用", "关联", "reference", "link"),
}


class FieldLine(Struct, frozen=True):
    """One line of the sheet. `row` as Excel shows it; `cells` by column id."""

    row: int
    cells: Mapping[str, Value]

    def said(self, column: str) -> str:
        value = self.cells.get(column)
        return "" if value is None else str(value).strip()


class FieldFault(Struct, frozen=True):
    """What is wrong with a cell of 字段. Texts: `read.fields.<name>.what` and `.fix`."""

    row: int
    column: str
    name: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def text(self, part: str, lang: str) -> str:
        return text(f"read.fields.{self.name}.{part}", lang, **self.facts)


class Wanted(Struct, frozen=True):
    """What 字段 asks for: form → what the master says of its fields; row → the code that its line has from now on."""

    said: Mapping[str, tuple[FieldSaid, ...]]
    codes: Mapping[int, str]
    faults: tuple[FieldFault, ...]


def read_lines(
    lines: Sequence[FieldLine],
    schema: Schema,
    installed: Mapping[str, Form],
    known: Mapping[str, Sequence[FieldSaid]],
    sheets: Mapping[str, str],
    lang: str,
    number: int,
) -> Wanted:
    """What the sheet asks for.

    Args:
        schema: the forms as the master has them now.
        installed: form → the form in the master's version, without anything of its own.
        known: form → what the master says now.
        sheets: form → the name of its sheet in this master.
        number: the first free number of a field's code.
    """
    reader = _Reader(schema, installed, known, sheets, lang, number)
    for line in lines:
        if any(line.said(c) for c in (*COLUMNS, "id")):
            reader.line(line)
    return reader.end()


class _Reader:
    def __init__(
        self,
        schema: Schema,
        installed: Mapping[str, Form],
        known: Mapping[str, Sequence[FieldSaid]],
        sheets: Mapping[str, str],
        lang: str,
        number: int,
    ) -> None:
        self.installed, self.lang, self.number = installed, lang, number
        self.forms = {form.id: form for form in schema.forms}
        self.known = {form: {s.id: s for s in said} for form, said in known.items()}
        self.names = {fold(name): form for form, name in sheets.items()}
        for form in schema.forms:
            for name in (form.id, *form.sheet.values(), *form.title.values()):
                self.names.setdefault(fold(name), form.id)
        self.said: dict[str, dict[str, FieldSaid]] = {form: {} for form in self.forms}
        self.rows: dict[tuple[str, str], int] = {}
        self.codes: dict[int, str] = {}
        self.faults: list[FieldFault] = []

    def fault(self, row: int, column: str, name: str, /, **facts: object) -> None:
        self.faults.append(FieldFault(row, column, name, facts))

    def line(self, line: FieldLine) -> None:
        form_id = self.names.get(fold(line.said("sheet")), "")
        if not form_id:
            return self.fault(
                line.row, "sheet", "no_form", found=line.said("sheet"), words=tuple(f.sheet[self.lang] for f in self.forms.values())
            )
        heading = " ".join(line.said("heading").split())
        if not heading:
            return self.fault(line.row, "heading", "no_heading")
        field_id = self._id(line, form_id, heading)
        if not field_id:
            return None
        if (form_id, field_id) in self.rows:
            return self.fault(line.row, "id", "twice", code=code_of(form_id, field_id), other=self.rows[form_id, field_id])
        self.rows[form_id, field_id] = line.row
        self.codes[line.row] = code_of(form_id, field_id)
        if OWN_ID.fullmatch(field_id):
            self.said[form_id][field_id] = self._own(line, form_id, field_id, heading)
        else:
            said = self._changed(line, self.installed[form_id], field_id, heading)
            if said != FieldSaid(field_id):
                self.said[form_id][field_id] = said
        return None

    def _id(self, line: FieldLine, form_id: str, heading: str) -> str:
        """The field a line is about; "" with a fault."""
        form, code = self.installed[form_id], line.said("id")
        if not code:
            taken = [s for s in self.known.get(form_id, {}).values() if s.out and fold(s.heading) == fold(heading)]
            if taken:
                return taken[0].id
            self.number += 1
            return f"own_{self.number - 1}"
        of, _, field_id = code.partition(".")
        if of != form_id:
            self.fault(line.row, "id", "other_form", code=code, sheet=line.said("sheet"))
            return ""
        if OWN_ID.fullmatch(field_id) or any(f.id == field_id for f in form.fields):
            return field_id
        self.fault(line.row, "id", "no_code", code=code)
        return ""

    def _own(self, line: FieldLine, form_id: str, field_id: str, heading: str) -> FieldSaid:
        """A field of the master's own."""
        now = self.known.get(form_id, {}).get(field_id, FieldSaid(field_id))
        kind = self._kind(line)
        access = self._access(line, "D")
        switches = {name: self._switch(line, name, name == "in_pack") for name in SWITCHES}
        former = tuple(h for h in dict.fromkeys((*now.former, *([now.heading] if now.heading else []))) if fold(h) != fold(heading))
        if switches["on_page"] and self.forms[form_id].block is None:
            self.fault(line.row, "on_page", "no_page", sheet=line.said("sheet"))
        words: tuple[Word, ...] = ()
        of = ""
        if kind in ("choice", "choices"):
            words = self._words(line, {w.id: w for w in now.words}, own=True)
        elif kind == "reference":
            of = self.names.get(fold(line.said("words")), "")
            if not of:
                names = tuple(f.sheet[self.lang] for f in self.forms.values())
                self.fault(line.row, "words", "no_target", found=line.said("words") or "–", words=names)
        elif line.said("words"):
            self.fault(line.row, "words", "words_needless", kind=text(f"model.field_kind.{kind}", self.lang))
        return FieldSaid(
            field_id,
            heading,
            former,
            kind,
            words,
            access,
            switches["required"],
            switches["in_pack"],
            switches["on_page"],
            switches["hidden"],
            help=line.said("help"),
            of=of,
            was=tuple(dict.fromkeys((*now.was, *([now.kind] if now.kind and now.kind != kind else [])))),
        )

    def _changed(self, line: FieldLine, form: Form, field_id: str, heading: str) -> FieldSaid:
        """A field of the form: only what differs from the form."""
        f, lang = form.field(field_id), self.lang
        now = self.known.get(form.id, {}).get(field_id, FieldSaid(field_id))
        own = line_of(form, f, lang)
        line = _untouched(line, own)
        heading = line.said("heading")
        said = FieldSaid(field_id)
        if fold(heading) != fold(f.heading[lang]):
            if f.kind == "key":
                self.fault(line.row, "heading", "key_heading", heading=f.heading[lang])
            former = [h for h in (*now.former, now.heading) if h and fold(h) != fold(heading)]
            said = replace(said, heading=heading, former=tuple(dict.fromkeys(former)))
        elif now.heading or now.former:
            former = [h for h in (*now.former, now.heading) if h and fold(h) != fold(heading)]
            said = replace(said, former=tuple(dict.fromkeys(former)))
        if line.said("holds") and fold(line.said("holds")) != fold(str(own["holds"])):
            self.fault(line.row, "holds", "kind_fixed", heading=f.heading[lang], kind=own["holds"])
        access = self._access(line, f.access) if f.access in "DP" else f.access
        if f.access in "KC" and line.said("filled_by") not in ("", own["filled_by"]):
            self.fault(line.row, "filled_by", "access_fixed", heading=f.heading[lang], who=own["filled_by"])
        if access != f.access:
            said = replace(said, access=access)
        for name in SWITCHES:
            default = own[name] == YES_NO[0].label[lang]
            value = self._switch(line, name, default)
            if value != default:
                said = self._switched(line, form, f, said, name, value)
        if f.kind in ("choice", "choices") and line.said("words") and f.access in "DP":
            said = replace(said, words=self._words(line, {w.id: w for w in now.words}, own=False, choices=f))
        elif line.said("words") not in ("", str(own["words"] or "")):
            self.fault(line.row, "words", "words_fixed", heading=f.heading[lang])
        if line.said("help") and line.said("help") != (own["help"] or ""):
            said = replace(said, help=line.said("help"))
        return said

    def _switched(self, line: FieldLine, form: Form, f: Field, said: FieldSaid, name: str, value: bool) -> FieldSaid:
        heading, sheet = f.heading[self.lang], line.said("sheet")
        if name == "hidden":
            if f.kind == "key" or f.role in NOT_HIDDEN:
                self.fault(line.row, name, "not_hidden", heading=heading)
            return replace(said, hidden=True)
        if f.access in "KC" or (name == "in_pack" and f.role == "title"):
            self.fault(line.row, name, "switch_fixed", heading=heading)
        if name == "on_page" and form.block is None:
            self.fault(line.row, name, "no_page", sheet=sheet)
        if name == "on_page" and not value:
            self.fault(line.row, name, "page_fixed", heading=heading)
        return replace(said, **{name: value})

    def _kind(self, line: FieldLine) -> str:
        found = fold(line.said("holds"))
        for kind in OWN_KINDS if found else ("text",):
            if not found or found in {fold(text(f"model.field_kind.{kind}", lang)) for lang in LANGS} | {
                fold(w) for w in _ALSO.get(kind, ())
            }:
                return kind
        words = tuple(text(f"model.field_kind.{kind}", self.lang) for kind in OWN_KINDS)
        self.fault(line.row, "holds", "no_kind", found=line.said("holds"), words=words)
        return "text"

    def _access(self, line: FieldLine, default: str) -> str:
        found = fold(line.said("filled_by"))
        for access in "DP":
            if found in {fold(text(f"model.filled_by.{access}", lang)) for lang in LANGS}:
                return access
        if found:
            words = tuple(text(f"model.filled_by.{access}", self.lang) for access in "DP")
            self.fault(line.row, "filled_by", "no_word", found=line.said("filled_by"), words=words)
        return default

    def _switch(self, line: FieldLine, name: str, default: bool) -> bool:
        value, found = line.cells.get(name), fold(line.said(name))
        if isinstance(value, bool):
            return value
        for choice in YES_NO:
            if found in {fold(w) for w in (*choice.label.values(), *choice.aliases)}:
                return choice.id == "yes"
        if found:
            self.fault(line.row, name, "no_word", found=line.said(name), words=tuple(c.label[self.lang] for c in YES_NO))
        return default

    def _words(self, line: FieldLine, now: Mapping[str, Word], *, own: bool, choices: Field | None = None) -> tuple[Word, ...]:
        """The words of a drop-down. A word in the place of one that is gone is that word renamed; others are new, or taken out."""
        typed = [w for part in _BETWEEN.split(line.said("words")) if (w := " ".join(part.split()))]
        twice = [w for w, n in Counter(map(key_of, typed)).items() if n > 1]
        if not typed:
            self.fault(line.row, "words", "no_words")
        elif twice:
            self.fault(line.row, "words", "word_twice", word=next(w for w in typed if key_of(w) == twice[0]))
        elif len(",".join(typed)) > MAX_WORDS:
            self.fault(line.row, "words", "words_long", n=len(",".join(typed)), most=MAX_WORDS)
        else:
            before = self._before(now, own, choices)
            return self._named(line, typed, before, now, own, choices)
        return ()

    def _before(self, now: Mapping[str, Word], own: bool, choices: Field | None) -> dict[str, str]:
        """Choice id → its word at present, in order."""
        if own or choices is None:
            return {w.id: w.label for w in now.values()}
        labels = {c.id: c.label[self.lang] for c in choices.choices}
        return {**labels, **{w.id: w.label for w in now.values() if w.label}}

    def _named(
        self, line: FieldLine, typed: Sequence[str], before: Mapping[str, str], now: Mapping[str, Word], own: bool, choices: Field | None
    ) -> tuple[Word, ...]:
        ids = {fold(label): choice for choice, label in before.items()}
        for w in now.values():
            for label in w.former:
                ids.setdefault(fold(label), w.id)
        kept = {n: ids[fold(w)] for n, w in enumerate(typed) if fold(w) in ids}
        gone = [choice for choice in before if choice not in kept.values()]
        order = list(before)
        if gone and len(typed) >= len(order):
            for n in range(len(order)):
                if n not in kept and order[n] in gone:
                    kept[n] = order[n]
                    gone.remove(order[n])
        form_ids = {c.id: c for c in choices.choices} if choices is not None else {}
        lost = [before[g] for g in gone if not own]
        if lost:
            self.fault(line.row, "words", "words_gone", heading=choices.heading[self.lang] if choices else "", words=tuple(lost))
        added = [w for n, w in enumerate(typed) if n not in kept]
        if added and choices is not None and choices.role == "status":
            self.fault(line.row, "words", "status_words", words=tuple(added))
        out: list[Word] = []
        for n, word in enumerate(typed):
            choice = kept.get(n) or _free(word, {*before, *kept.values(), *(o.id for o in out), *form_ids})
            was, known, label = before.get(choice, ""), now.get(choice, Word(choice)), word
            former = tuple(f for f in dict.fromkeys((*known.former, *([was] if was else []))) if fold(f) != fold(word))
            if choice in form_ids:
                if fold(form_ids[choice].label[self.lang]) == fold(word):
                    label = ""
                former = tuple(f for f in former if fold(f) not in {fold(v) for v in form_ids[choice].label.values()})
                if not label and not former:
                    continue
            out.append(Word(choice, label, former))
        return tuple(out)

    def end(self) -> Wanted:
        """Also what is no longer on the sheet, and headings that two fields would have."""
        for form_id, said in self.known.items():
            for s in said.values():
                if form_id in self.forms and s.id not in self.said[form_id] and (form_id, s.id) not in self.rows:
                    self.said[form_id][s.id] = replace(s, out=True) if s.is_own else s
        for form_id in self.forms:
            self._headings(form_id)
            self._needed(form_id)
        result = {form: tuple(_ordered(said.values())) for form, said in self.said.items() if said}
        return Wanted(result, self.codes, tuple(sorted(self.faults, key=lambda f: f.row)))

    def _needed(self, form_id: str) -> None:
        """A field that a computed one is made of cannot be hidden alone."""
        form, said = self.installed[form_id], self.said[form_id]
        hidden = {s.id for s in said.values() if s.hidden}
        for f in form.fields if hidden else ():
            computed = COMPUTED.get(f.compute)
            needs = [n for name in (*(computed.roles if computed else ()), *f.sources) if (n := form.named(name)) is not None]
            for needed in needs if f.id not in hidden else ():
                if needed.id in hidden and (row := self.rows.get((form_id, needed.id))) is not None:
                    facts = {"heading": needed.heading[self.lang], "other": f.heading[self.lang]}
                    self.fault(row, "hidden", "needed_by", **facts)

    def _headings(self, form_id: str) -> None:
        form, said = self.installed[form_id], self.said[form_id]
        names: dict[str, str] = {}
        for f in form.fields:
            own = said.get(f.id, FieldSaid(f.id))
            for name in (*f.heading.values(), *f.aliases, *own.former):
                names.setdefault(fold(name), f.id)
        for group in (form.compounds, form.ambiguous):
            for each in group:
                for name in each.aliases:
                    names.setdefault(fold(name), "")
        for s in said.values():
            for name in s.former if s.is_own else ():
                names.setdefault(fold(name), s.id)
        for s in _ordered(said.values()):
            if not s.heading or (row := self.rows.get((form_id, s.id))) is None:
                continue
            other = names.setdefault(fold(s.heading), s.id)
            if other != s.id:
                by = form.field(other).heading[self.lang] if any(f.id == other for f in form.fields) else ""
                self.fault(
                    row, "heading", "heading_taken", heading=s.heading, other=by or s.heading, row=self.rows.get((form_id, other), "–")
                )
            elif len(s.heading) > MAX_HEADING:
                self.fault(row, "heading", "heading_long", most=MAX_HEADING)
            elif is_sequence(s.heading) or fold(s.heading) in (ROW_ID, "") or _CODE_OF_EXCEL.search(s.heading):
                self.fault(row, "heading", "heading_reserved", heading=s.heading)


def _untouched(line: FieldLine, own: Mapping[str, Value]) -> FieldLine:
    """The line with what the form says now in the cells that still are as the program wrote them, perhaps in an earlier version."""
    mark = line.said("mark")
    pieces = {column: mark[n * HASH : (n + 1) * HASH] for n, column in enumerate(COLUMNS)}
    same = {column: own.get(column) for column, piece in pieces.items() if piece and piece == hash_of(line.cells.get(column))}
    return FieldLine(line.row, {**line.cells, **same})


def _ordered(said: Iterable[FieldSaid]) -> list[FieldSaid]:
    return sorted(said, key=lambda s: (s.is_own, len(s.id), s.id))


def _free(word: str, taken: set[str]) -> str:
    """The id of a new word: the word itself, with a number if it is taken."""
    n, name = 1, word
    while name in taken:
        n += 1
        name = f"{word} {n}"
    return name
