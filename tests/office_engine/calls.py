"""Count what crosses from Python into the spreadsheet program: every member of the engine and of the facade that is used."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable
from typing import Any


class Calls:
    """Crossings by name, `Range.raw_value` for one. What one member asks of another is not counted: Excel would not see it."""

    def __init__(self) -> None:
        self.by_name: Counter[str] = Counter()
        self.depth = 0

    def __len__(self) -> int:
        return sum(self.by_name.values())

    def clear(self) -> None:
        self.by_name.clear()


CALLS = Calls()
_SPECIAL = frozenset({"__call__", "__len__", "__iter__", "__contains__"})


def _counted(member: Callable[..., Any], name: str) -> Callable[..., Any]:
    @functools.wraps(member)
    def crossing(*args: Any, **kwargs: Any) -> Any:
        if CALLS.depth == 0:
            CALLS.by_name[name] += 1
        CALLS.depth += 1
        try:
            return member(*args, **kwargs)
        finally:
            CALLS.depth -= 1

    return crossing


class Counted:
    """A class whose public members are crossings."""

    def __init_subclass__(cls) -> None:
        for name, member in list(vars(cls).items()):
            if name.startswith("_") and name not in _SPECIAL:
                continue
            label = f"{cls.__name__}.{name}"
            if isinstance(member, property):
                parts = [part and _counted(part, label) for part in (member.fget, member.fset)]
                setattr(cls, name, property(*parts))
            elif callable(member) and not isinstance(member, (staticmethod, classmethod, type)):
                setattr(cls, name, _counted(member, label))
