"""Assign the next key to every row without one, in every run that writes data. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from collab_xl.forms import Schema
from collab_xl.model.keys import KeyMaker, key_text, missing_keys, with_keys
from collab_xl.model.plan import CellChange
from collab_xl.model.sheets import Table


def give_keys(
    tables: Mapping[str, Table], schema: Schema, used: Mapping[str, Iterable[str]] | None = None
) -> tuple[dict[str, Table], list[CellChange]]:
    """The tables with every blank key filled in, and the changes (why `key`) that write those keys.

    Args:
        used: form id → keys assigned before, also to rows deleted since (`Ledger.keys_given`); none is assigned again.

    Pass the returned tables to the next stages, and to `plan_changes` with these changes first.
    """
    filled, changes = dict(tables), list[CellChange]()
    for form_id, table in tables.items():
        form = schema.form(form_id)
        present = table.values.get(form.key.id, ())
        if None not in present and "" not in present:
            continue
        maker = KeyMaker(form.key_prefix, form.key_width, (*map(key_text, present), *(used or {}).get(form_id, ())))
        keys = missing_keys(table, form.key.id, maker)
        if keys:
            filled[form_id] = with_keys(table, form.key.id, keys)
            changes += [CellChange(form_id, key, form.key.id, None, key, "key") for key in keys.values()]
    return filled, changes
