"""Sheet 状态词: the PMO's own words for the choices of our drop-downs. Pure.

A word overrides the aliases of the schema, but never a label of the drop-down: texts that our own sheets write keep their meaning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from collab_xl.catalogue import text as words_in_catalogue
from collab_xl.forms import Field, Form, Schema, column_label
from collab_xl.model.finding import Finding
from collab_xl.model.place import Address
from collab_xl.model.values import Value
from collab_xl.read.choices import Words, key_of
from collab_xl.read.context import OwnWords
from collab_xl.read.remarks import finding
from collab_xl.read.text import clean, nearest, quoted, shown

_COLUMNS = {"word": 1, "means": 2, "field": 3}


def words_of(rows: Iterable[Mapping[str, Value]], schema: Schema, lang: str, sheet: str = "") -> tuple[OwnWords, list[Finding]]:
    """Rows of the words table (`service.service_rows`): column (blank: every column with the choice), word, meaning.

    Left out and reported: a row that is not filled in (H119), a column or choice that does not exist (H117), a word that is a label of
    the drop-down or has two meanings (H118, at each of its rows).
    """
    findings: list[Finding] = []
    given: dict[tuple[str, str], dict[str, list[tuple[str, Address | None, str]]]] = {}
    for row in rows:
        texts = {c: clean(shown(row.get(c))) for c in _COLUMNS}
        where = row.get("_row")

        def at(column: str, where: Value = where) -> Address | None:
            return Address(sheet, where, _COLUMNS[column]) if sheet and isinstance(where, int) else None

        if not any(texts.values()):
            continue
        if not texts["word"] or not texts["means"]:
            findings.append(finding("H119", at("word"), found=" ".join(quoted(t) for t in texts.values() if t)))
            continue
        fields = [(form, f) for form, f in schema.choice_fields() if not texts["field"] or _names(form, f, texts["field"])]
        if not fields:
            known = [column_label(form, f, lang) for form, f in schema.choice_fields()]
            findings.append(_unknown(at("field"), texts["field"], known, known, lang))
            continue
        meant = [(form, f, choice) for form, f in fields if (choice := Words.of(f, lang).exact(texts["means"])) is not None]
        if not meant:
            known = list(dict.fromkeys(c.label[lang] for _, f in fields for c in f.choices))
            findings.append(_unknown(at("means"), texts["means"], known, known, lang))
            continue
        for form, f, choice in meant:
            label = next((c for c in f.choices if key_of(texts["word"]) in map(key_of, c.label.values())), None)
            if label is not None and label.id != choice:
                if texts["field"] or len(meant) == 1:
                    findings.append(_clash(at("word"), texts["word"], (label.label[lang], f.label(choice, lang))))
                continue
            same = given.setdefault((form.id, f.id), {}).setdefault(key_of(texts["word"]), [])
            same.append((choice, at("word"), texts["word"]))
    words: dict[tuple[str, str], dict[str, str]] = {}
    for (form_id, field_id), by_word in given.items():
        field = schema.form(form_id).field(field_id)
        for said in by_word.values():
            choices = list(dict.fromkeys(choice for choice, _, _ in said))
            if len(choices) == 1:
                words.setdefault((form_id, field_id), {})[said[0][2]] = choices[0]
            else:
                labels = tuple(field.label(choice, lang) for choice in choices)
                findings += (_clash(place, written, labels) for _, place, written in said)
    return words, findings


def _names(form: Form, field: Field, text: str) -> bool:
    """Whether the text names the column: as in the drop-down, or by its heading alone, in either language."""
    wanted = key_of(text)
    return any(wanted in (key_of(field.heading[lang]), key_of(column_label(form, field, lang))) for lang in field.heading)


def _unknown(at: Address | None, text: str, known: list[str], near: list[str], lang: str) -> Finding:
    suggestion = nearest(text, near)
    hint = words_in_catalogue("read.word.hint", lang, suggestion=suggestion) if suggestion else ""
    return finding("H117", at, found=quoted(text), expected=" / ".join(known), suggestion=suggestion, hint=hint)


def _clash(at: Address | None, word: str, labels: tuple[str, ...]) -> Finding:
    return finding("H118", at, found=quoted(word), meanings=labels)
