"""Findings and questions about the headings of a table. Pure.

A question is asked once: answers are in `Context.headings` and `Context.day_first`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from collab_xl.catalogue import text
from collab_xl.forms import Form
from collab_xl.model.finding import Finding
from collab_xl.model.place import Address
from collab_xl.model.record import Struct
from collab_xl.read.context import Context
from collab_xl.read.headings import ANSWERED, OTHER_LANGUAGE, Matching, added_columns, answered, fold, is_sequence, lexicon
from collab_xl.read.remarks import finding
from collab_xl.read.text import quoted


class Question(Struct, frozen=True):
    """Something only a person can decide. `code` is that of its finding; `options` are the possible answers.

    kind `heading`: options are field ids, `suggestion` one of them, the answer goes to `Context.headings[fold(found)]`.
    kind `date_order`: options `day_first`, `month_first`, the answer goes to `Context.day_first`.
    kind `word`, `scale`: options are ids of choices, the answer goes to `Context.words`; see `asked_words`.
    """

    id: str
    kind: str
    code: str
    at: Address
    found: str
    options: tuple[str, ...] = ()
    suggestion: str = ""
    form: str = ""
    field: str = ""
    """Of words: the field whose words they are."""
    words: tuple[str, ...] = ()
    hint: str = ""
    """Of the order of day and month: what speaks for the suggestion, or why there is none, as a text. Of a heading: what speaks for the
    form, where the sheet was not recognised as one."""
    doubt: float = 0.0
    """Of a heading: how little speaks for its form; what is surer is asked first."""


def about_heading(said: Finding, form: Form) -> Question | None:
    """The question for a finding about a heading of ours (`parse_table` returns findings only)."""
    if said.at is None or said.field is None:
        return None
    word = fold(said.found)
    options = tuple(f.id for f in form.fields)
    return Question(f"heading:{said.at.sheet}:{word}", "heading", said.code, said.at, said.found, options, said.field, form.id)


class Likely(Struct, frozen=True):
    """What a column probably is. `why` names the reason: dates, percents, words, departments, texts (the content of the cells), either."""

    field: str
    options: tuple[str, ...]
    why: str


def remarks(
    sheet: str,
    form: Form,
    matching: Matching,
    context: Context,
    *,
    ours: bool,
    likely: Mapping[int, Likely] | None = None,
    blank: Collection[int] = (),
) -> tuple[list[Finding], list[Question]]:
    """Findings and questions about headings that are unknown, nearly known, doubled or missing.

    Args:
        ours: a master or pack, where no heading may be missing.
        likely: column → the field its content suggests (see `content`): a question, as for a near miss.
        blank: columns without content: there is no question about them.
    """
    lang = context.lang
    findings: list[Finding] = []
    questions: list[Question] = []
    doubled = dict(matching.duplicates)
    added = added_columns(matching.extra.items())
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
        elif col in matching.told or not word or is_sequence(heading) or col in added or answered(context.headings, form.id, heading) == "":
            continue
        elif likely and (guess := likely.get(col)):
            names = tuple(form.field(f).heading[lang] for f in guess.options)
            expected = form.field(guess.field).heading[lang]
            why = text(f"read.word.likely_{guess.why}", lang, expected=expected, options=names)
            findings.append(finding("H121", at, form=form.id, field_id=guess.field, found=quoted(heading), expected=expected, why=why))
            options = tuple(f.id for f in form.fields if f.id not in matching.fields)
            questions.append(Question(f"heading:{sheet}:{word}", "heading", "H121", at, quoted(heading), options, guess.field, form.id))
        elif col not in blank and (near := lex.near(heading, matching.fields)):
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
        if m.target.quality < OTHER_LANGUAGE and m.target.quality != ANSWERED:
            at = Address(sheet, m.row, m.col)
            findings.append(finding("H115", at, form=form.id, field_id=m.field, found=quoted(m.heading), expected=own[lang]))
    return findings, questions
