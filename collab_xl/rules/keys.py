"""Family R: IDs that occur twice, refer to nothing, are spelled in two ways, or are missing.

In: a Case.  Out: findings.  Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from collab_xl.model.finding import Finding, Severity
from collab_xl.model.keys import spelling
from collab_xl.model.sheets import Table
from collab_xl.rules.case import Case, Row

_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")


def duplicate_keys(case: Case) -> Iterator[Finding]:
    """R301 at every row whose key another row of the form has too; the facts name the other rows' cells."""
    for form, table in case.forms():
        places: dict[str, list[int]] = {}
        for i, key in enumerate(case.keys[form.id]):
            if key is not None:
                places.setdefault(key, []).append(i)
        for indexes in places.values():
            for i in indexes if len(indexes) > 1 else ():
                others = [table.at(j, form.key.id).cell for j in indexes if j != i]
                yield case.finding(
                    "R301", table, i, form.key.id, others=(*others[:5], "…") if len(others) > 5 else tuple(others), n=len(indexes)
                )


def two_spellings(case: Case) -> Iterator[Finding]:
    """R303 at a key that, dashes and width aside, is another row's key: one thing or two is a question for the PMO."""
    for form, table in case.forms():
        first: dict[str, tuple[str, int]] = {}
        for i, key in enumerate(case.keys[form.id]):
            if key is None:
                continue
            other, j = first.setdefault(spelling(key) or key, (key, i))
            if other != key:
                yield case.finding("R303", table, i, form.key.id, other, other=other, other_cell=table.at(j, form.key.id).cell)


def references(case: Case) -> Iterator[Finding]:
    """R302 at a reference to an ID the other form does not have (with the likely one), R303 where it only is spelled otherwise.

    A form that is not in the workbook at all is not asked. In one where nothing is registered yet every reference fails: no error then.
    """
    for form, table in case.forms():
        for f in form.fields:
            if not f.of or f.of not in case.tables or f.id not in table.columns:
                continue
            known = {key: i for i, key in reversed(list(enumerate(case.keys[f.of]))) if key is not None}
            spelled: dict[str, str] = {}
            loose: dict[str, str] = {}
            target = case.tables[f.of]
            for i in range(len(table)):
                value = table.readable(i, f.id)
                for name in value if isinstance(value, tuple) else (str(value).strip(),) if value is not None else ():
                    if name in known:
                        continue
                    if not spelled:  # looked at only for a name that is no key
                        spelled = {spelling(key): key for key in reversed(known)}
                        loose = {_ZEROS.sub("", alike): key for alike, key in reversed(spelled.items())}
                    if same := spelled.get(spelling(name)):
                        cell = _key_cell(case, target, known[same])
                        yield case.finding("R303", table, i, f.id, same, other=same, other_cell=cell)
                        continue
                    near = loose.get(_ZEROS.sub("", spelling(name)), "")
                    sheet = case.schema.form(f.of).sheet[case.settings.lang]
                    lost = case.finding("R302", table, i, f.id, near, reference=name, target=target.sheet or sheet)
                    yield lost if known else replace(lost, severity=Severity.WARNING)


def _key_cell(case: Case, table: Table, index: int) -> str:
    return str(table.at(index, case.schema.form(table.form).key.id))


def missing_keys(case: Case) -> Iterator[Finding]:
    """R304 at a row without a key: the next run that writes data numbers it. A key that cannot be read is not missing."""
    for form, table in case.forms():
        for i, key in enumerate(case.keys[form.id]):
            if key is None and table.get(i, form.key.id) in (None, ""):
                yield case.finding("R304", table, i, form.key.id)


def by_key(case: Case, form_id: str) -> dict[str, Row]:
    """Key → the first row that has it."""
    table = case.tables[form_id]
    rows: dict[str, Row] = {}
    for i, key in enumerate(case.keys[form_id]):
        if key is not None:
            rows.setdefault(key, Row(table, i))
    return rows
