"""The verbs, one file and one function each. The command line and the ribbon call them. Only this package joins the stages.

`table.py` lists them. A verb's module is imported when the verb is first used, so `--help` and small verbs start quickly.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from collab_xl.verbs.table import VERBS

_VERBS = {verb.function: verb for verb in VERBS}
__all__ = sorted(_VERBS)


class _Verbs(ModuleType):
    """This package. Importing `issue.py` would set the module as `issue` here; the name stays the verb's function."""

    def __setattr__(self, name: str, value: object) -> None:
        own = isinstance(value, ModuleType) and name in _VERBS
        super().__setattr__(name, getattr(value, name) if own else value)


sys.modules[__name__].__class__ = _Verbs


def __getattr__(name: str) -> Any:
    if name not in _VERBS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _VERBS[name].load()
