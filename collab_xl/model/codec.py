"""Turn model values into JSON and back, by their type hints. The ledger stores values this way and reads the same objects back.

`dump(value, hint)` returns data for `json.dumps`; `load(data, hint)` is its exact inverse. Both are compiled once per type.
A Struct, dataclass or NamedTuple becomes the list of its fields in order, so a field added at the end *with a default* can still be
read from an older ledger. A mapping becomes a list of pairs because its keys may be tuples. `Value` uses the tags of `values.to_json`.
"""

from __future__ import annotations

import collections.abc as abc
import dataclasses
import types
from collections.abc import Callable, Iterable
from datetime import date, datetime
from enum import Enum
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any, Union, get_args, get_origin, get_type_hints

from collab_xl.model.record import Struct
from collab_xl.model.values import Value, from_json, to_json

Convert = Callable[[Any], Any]
_PLAIN = (str, int, float, bool, type(None))
_KINDS = frozenset(_PLAIN)


def dump(value: Any, hint: Any) -> Any:
    """Raises TypeError for a type hint that has no JSON form."""
    return _codec(hint)[0](value)


def load(data: Any, hint: Any) -> Any:
    return _codec(hint)[1](data)


def _same(value: Any) -> Any:
    return value


def _value_out(value: Any) -> Any:
    return value if type(value) in _PLAIN else to_json(value)


def _value_in(data: Any) -> Any:
    return from_json(data) if type(data) is dict else data


@cache
def _codec(hint: Any) -> tuple[Convert, Convert]:
    if hint == Value:
        return _value_out, _value_in
    if hint in _PLAIN:
        return _same, _same
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _optional(hint, args)
    if origin in (tuple, list, frozenset, abc.Sequence):
        return _sequence(hint, origin, args)
    if origin in (dict, abc.Mapping):
        return _mapping(*args)
    if isinstance(hint, type):
        if issubclass(hint, Enum):
            return (lambda member: member.value), hint
        if issubclass(hint, date):  # datetime is a subclass of date
            kind = datetime if issubclass(hint, datetime) else date
            return kind.isoformat, lru_cache(256)(kind.fromisoformat)  # thousands of cells have the same sending time
        if issubclass(hint, Struct):
            return _record(hint, list(hint.__struct_fields__))
        if dataclasses.is_dataclass(hint):
            return _record(hint, [f.name for f in dataclasses.fields(hint)])
        if hasattr(hint, "_fields"):
            return _record(hint, list(hint._fields))
    raise TypeError(f"no JSON form for {hint!r}")


def _optional(hint: Any, args: tuple[Any, ...]) -> tuple[Convert, Convert]:
    inner = [a for a in args if a is not type(None)]
    if len(inner) != 1 or len(args) != 2:
        raise TypeError(f"no JSON form for {hint!r}")
    out, back = _codec(inner[0])
    return (lambda v: None if v is None else out(v)), (lambda d: None if d is None else back(d))


def _sequence(hint: Any, origin: Any, args: tuple[Any, ...]) -> tuple[Convert, Convert]:
    kind = tuple if origin is abc.Sequence else origin
    if origin is tuple and not (len(args) == 2 and args[1] is Ellipsis):
        pairs = [_codec(a) for a in args]
        outs, backs = [p[0] for p in pairs], [p[1] for p in pairs]
        return (
            lambda v: [out(item) for out, item in zip(outs, v, strict=True)],
            lambda d: tuple([back(item) for back, item in zip(backs, d, strict=True)]),
        )
    out, back = _codec(args[0])
    if origin is frozenset:
        return (lambda v: sorted(out(item) for item in v)), (lambda d: frozenset(back(item) for item in d))
    return _all_out(args[0]), (lambda d: kind([back(item) for item in d]))


def _mapping(key: Any, value: Any) -> tuple[Convert, Convert]:
    keys_out, values_out = _all_out(key), _all_out(value)
    key_in, value_in = _codec(key)[1], _codec(value)[1]
    return (
        lambda m: list(zip(keys_out(m), values_out(m.values()), strict=True)),
        lambda d: {key_in(k): value_in(v) for k, v in d},
    )


def _all_out(hint: Any) -> Callable[[Iterable[Any]], list[Any]]:
    """Convert many values of one type. Named tuples are converted column by column: there may be tens of thousands."""
    out = _codec(hint)[0]
    if out is _same:
        return list
    if hint == Value:
        return lambda values: _column_out([*values])
    if isinstance(hint, type) and issubclass(hint, date):
        return lambda values: _dates_out([*values], out)
    if not (isinstance(hint, type) and hasattr(hint, "_fields")):
        return lambda values: [out(value) for value in values]
    hints = get_type_hints(hint)
    columns_out = [_all_out(hints[name]) for name in hint._fields]

    def lines(values: Iterable[Any]) -> list[Any]:
        columns = zip(*values, strict=True)
        return list(zip(*(turn(column) for turn, column in zip(columns_out, columns, strict=False)), strict=True))

    return lines


def _dates_out(values: list[Any], out: Convert) -> list[Any]:
    """Many cells share one datetime object, so it is converted once. Equal objects are not shared: their time zones may differ."""
    known = {id(value): out(value) for value in {id(value): value for value in values}.values()}
    return [known[id(value)] for value in values]


def _column_out(values: list[Any]) -> list[Any]:
    return values if set(map(type, values)) <= _KINDS else [_value_out(value) for value in values]


def _record(kind: Any, names: list[str]) -> tuple[Convert, Convert]:
    hints = get_type_hints(kind)
    pairs = [_codec(hints[name]) for name in names]
    outs = [(n, out) for n, (out, _) in enumerate(pairs) if out is not _same]
    backs = [(n, back) for n, (_, back) in enumerate(pairs) if back is not _same]
    fields = (lambda v: v) if issubclass(kind, tuple) else attrgetter(*names) if len(names) > 1 else lambda v: (getattr(v, names[0]),)

    def out_of(value: Any) -> list[Any]:
        data = list(fields(value))
        for n, out in outs:
            data[n] = out(data[n])
        return data

    def back_from(data: list[Any]) -> Any:
        values = list(data)
        for n, back in backs:
            if n < len(values):
                values[n] = back(values[n])
        return kind(*values)

    return out_of, back_from
