"""What became of what departments asked for in their last packs: what the PMO has refused, put off, or not decided yet.

In: the state of the workbook, the newest packs, what of their files was not used.  Out: lines for the next packs, in the order of the
forms.  Pure.  What was taken stands in the pack itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from collab_xl.forms import Schema
from collab_xl.merge.items import row_item_id
from collab_xl.merge.unused import Said
from collab_xl.merge.view import DepartmentNames, agree, is_blank
from collab_xl.model.directory import Directory
from collab_xl.model.finding import Word
from collab_xl.model.merge import CellKey, Kind, MergeState, Moved, Outcome
from collab_xl.model.pack_plan import BLOCKED, CONSENT, OPEN, OVERTAKEN, OVERTAKEN_BY, PUT_OFF, REFUSED, REVIEW, UNREAD, Reply, Sent
from collab_xl.model.sheets import RowId
from collab_xl.model.values import Value
from collab_xl.rules.passing import RULE_NAMES

NOT_TOLD = frozenset({Kind.NOT_ENTERED})
"""Kinds that are the PMO's own to mend."""


def replies(
    state: MergeState, schema: Schema, directory: Directory, last: Mapping[str, str], sent: Sequence[Sent] = ()
) -> dict[str, list[Reply]]:
    """Department → its lines; departments without any are left out. `last`: department → id of its newest pack so far."""
    names = DepartmentNames(directory)
    own = names.own
    called = {own(name): name for name in (*(d.name for d in directory.departments), *last)}
    found: dict[str, list[Reply]] = {}
    department_of = {pack: name for name, pack in last.items()}
    for department, reply in (*_open(state, schema), *_refused(state, schema, department_of), *_unused(state, department_of, sent, names)):
        if reply.form in schema:
            found.setdefault(called.get(own(department), department), []).append(reply)
    place = {(form.id, f): n for form in schema.forms for n, f in enumerate(("", *(f.id for f in form.fields)))}
    forms = [form.id for form in schema.forms]
    for lines in found.values():
        lines.sort(key=lambda r: (forms.index(r.form), r.row_key, place.get((r.form, r.field), 0), r.verdict))
    return found


def _open(state: MergeState, schema: Schema) -> Iterator[tuple[str, Reply]]:
    for item in state.items.values():
        if item.kind in NOT_TOLD or item.form not in schema:
            continue
        later = item.earlier is not None and item.earlier.choice == "later"
        verdict, reason, facts = OPEN, "", tuple[tuple[str, str], ...]()
        if later and item.earlier:
            verdict, reason = PUT_OFF, item.earlier.reason
        elif item.kind is Kind.REVIEW:
            verdict, facts = REVIEW, (("rule", Word(f"rules.passing.{RULE_NAMES.get(item.rule, item.rule)}")),)
        elif item.kind is Kind.RIGHTS and item.field is not None:
            verdict = CONSENT
        newest = {c.source.department: c for c in item.candidates}
        for department, c in newest.items():
            value = c.value if item.field is not None else c.row.get(schema.form(item.form).id_of("title"))
            yield department, Reply(item.form, item.row_key, item.field or "", value, verdict, reason, facts)


def _refused(state: MergeState, schema: Schema, department_of: Mapping[str, str]) -> Iterator[tuple[str, Reply]]:
    """Values and new rows that files of the newest packs sent and the PMO has refused since."""
    rows: dict[tuple[str, str, RowId], dict[str, Value]] = {}
    for (pack, (form, row_id, field)), moved in state.moved.items():
        if pack not in department_of or form not in schema:
            continue
        if pack in state.packs and not state.packs[pack].forms.get(form, {}).get(row_id):
            rows.setdefault((pack, form, row_id), {})[field] = moved.value
        key = state.keys.get((form, row_id), row_id)
        for value, decision in state.refused.get((form, key, field), ()):
            if agree(value, moved.value) and not is_blank(value):
                yield department_of[pack], Reply(form, key, field, value, REFUSED, decision.reason)
    for (pack, form, row_id), row in rows.items():
        made = (state.decisions.get(row_item_id(kind, form, row_id, pack)) for kind in (Kind.NEW_TASK, Kind.RIGHTS))
        verdict = next((d for d in made if d is not None), None)
        if verdict is not None and verdict.choice == "master":
            yield department_of[pack], Reply(form, "", "", row.get(schema.form(form).id_of("title")), REFUSED, verdict.reason)


def _unused(
    state: MergeState, department_of: Mapping[str, str], sent: Sequence[Sent], names: DepartmentNames
) -> Iterator[tuple[str, Reply]]:
    """What files of the newest packs said that is not used: replaced by something newer, unreadable, or in a row whose ID is not clear."""
    said = Said(state, names) if any(file.outcomes for file in sent) else None
    files = {file.sha256: file.file for file in sent}
    for file in sent if said is not None else ():
        assert said is not None
        later = {(e.form, e.row_key, e.field) for e in state.not_entered.get(file.sha256, ())}
        heard = {(c[0], state.keys.get((c[0], c[1]), c[1])) for pack, c in said.of_file(file.sha256) if pack == file.pack}
        heard |= {(i.form, i.row_key) for i in state.items.values() if any(c.source.sha256 == file.sha256 for c in i.candidates)}
        for o in file.outcomes:
            at = (o.form, o.row_key, o.field)
            if not o.row_key or at in later or file.pack not in department_of or _is_decided(state, o, file.sha256):
                continue
            value = Moved(o.submission, file.sent_at, file.sha256)
            newer = said.since(file.pack, CellKey(*at), value)
            verdict, facts = "", tuple[tuple[str, str], ...]()
            if newer is not None:
                if not agree(newer.value, o.submission) and o.outcome != "unreadable":
                    by = files.get(newer.sha256, "")
                    verdict = OVERTAKEN_BY if by else OVERTAKEN
                    facts = (("file", by), ("when", f"{newer.sent_at:%Y-%m-%d %H:%M}")) if by else ()
            elif o.outcome == "unreadable":
                verdict = UNREAD
            elif at[:2] not in heard:
                verdict = BLOCKED
            if verdict:
                yield department_of[file.pack], Reply(*at, o.submission, verdict, facts=facts)


def _is_decided(state: MergeState, o: Outcome, sha256: str) -> bool:
    """Whether the value waits, or the PMO has refused it: then another line tells of it."""
    items = (i for i in state.items.values() if (i.form, i.row_key, i.field) == (o.form, o.row_key, o.field))
    waits = any(c.source.sha256 == sha256 or agree(c.value, o.submission) for i in items for c in i.candidates)
    return waits or any(agree(value, o.submission) for value, _ in state.refused.get((o.form, o.row_key, o.field), ()))
