"""The exact values of each pack, in a file next to the ledger: `issued/<pack>.json.zz`.

Rows in sequence with the same fields are stored column by column: 200 packs of 200 rows are read in a fraction of a second.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from sys import intern
from typing import Any, Final

from collab_xl.errors import CollabError
from collab_xl.model.merge import Pack
from collab_xl.model.sheets import RowId
from collab_xl.model.values import Value, from_json, to_json
from collab_xl.project.decompress import decompressed
from collab_xl.project.durable import write_all_durably

_TEXTS: Final = {str, type(None)}
Forms = Mapping[str, Mapping[RowId, Mapping[str, Value]]]


def write_packs(folder: Path, packs: Iterable[Pack]) -> dict[str, str]:
    """Write a file for each pack, sync them, and return the sha256 of their contents by pack id."""
    files = {pack.id: zlib.compress(json.dumps(_out(pack.forms), ensure_ascii=False, separators=(",", ":")).encode(), 6) for pack in packs}
    write_all_durably({pack_file(folder, pack_id): data for pack_id, data in files.items()})
    return {pack_id: hashlib.sha256(data).hexdigest() for pack_id, data in files.items()}


def read_pack(folder: Path, pack_id: str, sha256: str) -> Forms:
    """Read the file. Raises CollabError `pack_values_lost` if it is missing or was changed."""
    path = pack_file(folder, pack_id)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CollabError("pack_values_lost", pack=pack_id, path=path) from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise CollabError("pack_values_lost", pack=pack_id, path=path)
    from msgspec.json import decode

    return _back(decode(decompressed(data)))


def pack_file(folder: Path, pack_id: str) -> Path:
    """The path of the file. Characters that are not allowed in file names are replaced, although our pack ids contain none."""
    return folder / f"{re.sub(r'[^0-9A-Za-z._-]', '_', pack_id)}.json.zz"


def _out(forms: Forms) -> dict[str, list[Any]]:
    """Form → groups of rows with the same fields: the fields, the row ids, and a column of values for each field."""
    return {
        form_id: [_run(fields, dict(run)) for fields, run in groupby(rows.items(), lambda row: [*row[1]])]
        for form_id, rows in forms.items()
    }


def _run(fields: list[str], rows: Mapping[RowId, Mapping[str, Value]]) -> list[Any]:
    return [fields, [*rows], [[to_json(values[f]) for values in rows.values()] for f in fields]]


def _back(data: dict[str, list[Any]]) -> Forms:
    def column(values: list[Any]) -> list[Value]:
        kinds = set(map(type, values))
        if kinds <= _TEXTS:  # they repeat from row to row and from pack to pack, and most are in the master: each is kept once
            return [v if v is None else intern(v) for v in values]
        return [from_json(v) for v in values] if dict in kinds else values

    def rows(runs: list[Any]) -> Iterator[tuple[RowId, Mapping[str, Value]]]:
        for fields, ids, columns in runs:
            lines = zip(*map(column, columns), strict=True) if fields else ((),) * len(ids)
            yield from zip(ids, (dict(zip(fields, line, strict=True)) for line in lines), strict=True)

    return {form_id: dict(rows(runs)) for form_id, runs in data.items()}
