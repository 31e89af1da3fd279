"""The signatures: who has signed what, and family Q of them: rows that departments have to sign and that have no row for a signature.

In: rows by form, or a Case and the rows to be signed.  Out: signatures, or findings at these rows.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from collab_xl.model.baseline import Signature
from collab_xl.model.finding import Finding
from collab_xl.model.keys import spelling
from collab_xl.rules.case import Case
from collab_xl.rules.rows import Rows

SIGNATURES = "signatures"


def signed(case: Case, rows: Rows) -> Iterator[Finding]:
    """Q531 at the departments of an open row if one of them has no row on the sheet of signatures.

    A workbook without the form, or with an empty one, is not checked: its departments do not sign there.
    """
    signatures, depts = case.rows.get(SIGNATURES), rows.form.departments
    if signatures is None or not len(signatures) or depts is None or rows.field(depts) is None:
        return
    asked: dict[str, set[str]] = {}
    for of, named in zip(signatures.words("parent"), signatures.departments, strict=True):
        asked.setdefault(spelling(of), set()).update(map(case.department, named))
    for i, (key, closed) in enumerate(zip(rows.keys, rows.closed, strict=True)):
        if key is None or closed:
            continue
        lacking = [name for name in dict.fromkeys(map(case.department, rows.departments[i])) if name not in asked.get(spelling(key), ())]
        if lacking:
            yield case.finding("Q531", rows, i, depts, name=rows.name(i), lacking=tuple(lacking), row_id=key)


def no_longer_asked(forms: Mapping[str, Rows], key: str) -> tuple[str, ...]:
    """Departments whose signature of this was asked for and is no longer needed: a newer baseline came before they gave it."""
    rows = forms.get(SIGNATURES)
    if rows is None:
        return ()
    found = zip(rows.words("parent"), rows.states, rows.departments, strict=True)
    return tuple(
        name for parent, state, names in found if parent and spelling(parent) == spelling(key) and state == "cancelled" for name in names
    )


def signatures_of(forms: Mapping[str, Rows], key: str, lang: str) -> list[Signature]:
    """The signatures about a row or a baseline, in the order of their sheet, without those that are no longer needed."""
    rows = forms.get(SIGNATURES)
    if rows is None:
        return []
    asked, wanted = rows.form.id_of("status"), spelling(key)
    opinion = rows.form.field(asked)
    said, parents = rows.values(opinion), rows.words("parent")
    persons = rows.words(next((f for f in rows.form.fields if f.kind == "person"), "owner"))
    days = rows.days(next((f for f in rows.form.fields if f.kind == "date"), "finished"))
    return [
        Signature("、".join(rows.departments[i]), rows.states[i], str(opinion.worded(said[i], lang) or ""), persons[i], days[i])
        for i, parent in enumerate(parents)
        if parent and spelling(parent) == wanted and rows.states[i] != "cancelled"
    ]
