"""Write the tables for Power BI: one folder a table, one file a week, CSV always, Parquet where pyarrow is installed."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from collab_xl.model.portfolio import DataTable
from collab_xl.model.values import Value
from collab_xl.plan.csv_text import as_text, csv_bytes
from collab_xl.project.durable import write_all_durably

PARQUET = importlib.util.find_spec("pyarrow") is not None


_WHOLE = 2**63
"""Parquet has no whole number beyond it; CSV keeps the digits."""


def write_tables(tables: Sequence[DataTable], folder: Path, week: str) -> list[Path]:
    """Write `<folder>/<table>/<week>.csv` (and `.parquet`) for each table; the files of that week are replaced. Returns the paths.

    Raises CollabError `cannot_write_into`.
    """
    files: dict[Path, bytes] = {}
    for table in tables:
        files |= files_of(table, folder / table.name, week)
    write_all_durably(files, code="cannot_write_into")
    return list(files)


def files_of(table: DataTable, folder: Path, name: str) -> dict[Path, bytes]:
    """The files of one table: CSV, and Parquet where pyarrow is installed."""
    files = {folder / f"{name}.csv": csv_bytes(table)}
    if PARQUET:
        files[folder / f"{name}.parquet"] = _parquet(table)
    return files


def _parquet(table: DataTable) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {"whole": pa.int64(), "number": pa.float64(), "day": pa.date32(), "moment": pa.timestamp("s"), "yesno": pa.bool_()}
    columns = list(zip(*table.rows, strict=True)) or [()] * len(table.kinds)
    arrays = [
        pa.array([_AS[kind](v) for v in column], types.get(kind, pa.string()))
        for column, kind in zip(columns, table.kinds.values(), strict=True)
    ]
    out = io.BytesIO()
    pq.write_table(pa.table(arrays, names=list(table.kinds)), out)
    return out.getvalue()


def _whole(value: Value) -> Any:
    return value if isinstance(value, int) and not isinstance(value, bool) and -_WHOLE <= value < _WHOLE else None


def _number(value: Value) -> Any:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _day(value: Value) -> Any:
    return value.date() if isinstance(value, datetime) else value if isinstance(value, date) else None


def _moment(value: Value) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return datetime(value.year, value.month, value.day) if isinstance(value, date) else None


_AS: dict[str, Callable[[Value], Any]] = {
    "whole": _whole,
    "number": _number,
    "day": _day,
    "moment": _moment,
    "yesno": lambda value: value if isinstance(value, bool) else None,
    "text": as_text,
}
