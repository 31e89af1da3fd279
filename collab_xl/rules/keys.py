"""Family R: IDs that occur twice, refer to an unknown row, are spelled in two ways, or are missing.

In: a Case.  Out: findings.  Pure.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterable, Iterator, Sequence

from collab_xl.forms import ANY, Field
from collab_xl.model.baseline import PREFIX
from collab_xl.model.finding import Finding, Severity, Word
from collab_xl.model.keys import spelling
from collab_xl.model.record import replace
from collab_xl.model.regex import regex
from collab_xl.model.values import Value
from collab_xl.rules.case import Case
from collab_xl.rules.chain import KeyFinder
from collab_xl.rules.predecessors import named_keys
from collab_xl.rules.rows import Rows

_ZEROS = regex(r"(?<!\d)0+(?=\d)")


def duplicate_keys(case: Case) -> Iterator[Finding]:
    """R301 at every row whose key another row of the form also has; the facts name the other rows' cells."""
    for rows in case.forms_of("R301"):
        key_field = rows.form.key
        for indexes in places(rows.keys).values():
            for i in indexes if len(indexes) > 1 else ():
                yield case.finding("R301", rows, i, key_field, others=others(rows, indexes, i, key_field), n=len(indexes))


def two_spellings(case: Case) -> Iterator[Finding]:
    """R303 at a key that equals another row's key apart from spelling: the PMO decides whether they are the same."""
    for rows in case.forms_of("R303"):
        first: dict[str, tuple[str, int]] = {}
        for i, key in enumerate(rows.keys):
            if key is None:
                continue
            other, j = first.setdefault(spelling(key) or key, (key, i))
            if other != key:
                yield case.finding("R303", rows, i, rows.form.key, other, other=other, other_cell=rows.table.at(j, rows.form.key.id).cell)


def references(case: Case) -> Iterator[Finding]:
    """R302 at a reference to an ID that the other form does not have (with the likely one), R303 if only the spelling differs.

    References to a form that is not in the workbook are not checked. If it has no rows yet, every reference fails: no error then.
    """
    for rows in case.forms_of("R302"):
        for f in rows.form.fields:
            targets = _targets(case, f)
            if not targets or rows.field(f) is None:
                continue
            known = _known(targets)
            spelled: dict[str, str] = {}
            loose: dict[str, str] = {}
            for i, value in enumerate(_named(case, rows, f)):
                for name in value if isinstance(value, tuple) else (str(value).strip(),) if value is not None else ():
                    if name in known or (f.of == ANY and name.startswith(_elsewhere(case))):
                        continue
                    if not spelled:  # built only when a name is no key
                        spelled = {spelling(key): key for key in reversed(known)}
                        loose = {_ZEROS.sub("", alike): key for alike, key in reversed(spelled.items())}
                    if same := spelled.get(spelling(name)):
                        at, index = known[same]
                        cell = str(at.table.at(index, at.form.key.id))
                        yield case.finding("R303", rows, i, f, same, other=same, other_cell=cell)
                        continue
                    near = loose.get(_ZEROS.sub("", spelling(name)), "")
                    sheet = targets[0].table.sheet or targets[0].form.sheet[case.settings.lang] if f.of != ANY else Word("rules.any_sheet")
                    lost = case.finding("R302", rows, i, f, near, reference=name, target=sheet)
                    yield lost if known else replace(lost, severity=Severity.WARNING)


def _named(case: Case, rows: Rows, field: Field) -> Sequence[Value]:
    """The IDs that the cells of a reference name, without kinds and lags."""
    target = case.rows.get(field.of)
    if field.kind != "references" or target is None:
        return rows.values(field)
    finder = KeyFinder(target.keys)
    return [named_keys(value, finder) for value in rows.values(field)]


def _targets(case: Case, field: Field) -> list[Rows]:
    """The rows a reference may point to."""
    return list(case.rows.values()) if field.of == ANY else [rows for rows in (case.rows.get(field.of),) if rows is not None]


def _known(targets: Sequence[Rows]) -> dict[str, tuple[Rows, int]]:
    """Key → where it is: the first row that has it."""
    return {key: (rows, i) for rows in reversed(targets) for key, i in by_key(rows).items()}


def _elsewhere(case: Case) -> tuple[str, ...]:
    """Beginnings of the keys of forms that are not in the workbook, and of the ids of baselines, which have no sheet of rows."""
    forms = (*case.schema.forms, *case.schema.others)
    return (PREFIX, *(form.key_prefix for form in forms if form.id not in case.rows and form.key_prefix))


def missing_keys(case: Case) -> Iterator[Finding]:
    """R304 at a row without a key: the next run that writes data assigns one. An unreadable key is not missing."""
    for rows in case.forms_of("R304"):
        for i, key in enumerate(rows.keys):
            if key is None and rows.table.get(i, rows.form.key.id) in (None, ""):
                yield case.finding("R304", rows, i, rows.form.key)


def by_key(rows: Rows) -> dict[str, int]:
    """Key → the first row that has it."""
    found: dict[str, int] = {}
    for i, key in enumerate(rows.keys):
        if key is not None:
            found.setdefault(key, i)
    return found


def places(values: Iterable[Hashable]) -> dict[Hashable, list[int]]:
    """Value → the rows that have it, in order; None is skipped."""
    found: dict[Hashable, list[int]] = {}
    for i, value in enumerate(values):
        if value is not None:
            found.setdefault(value, []).append(i)
    return found


def others(rows: Rows, indexes: Sequence[int], index: int, of: Field) -> tuple[str, ...]:
    """The cells of the other rows: at most five, then a mark for more."""
    cells = tuple(rows.table.at(j, of.id).cell for j in itertools.islice((j for j in indexes if j != index), 5))
    return (*cells, "…") if len(indexes) > 6 else cells
