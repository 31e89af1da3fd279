"""The verbs, one function each: what the command line and the ribbon buttons call. This package alone joins the stages.

Functions are found here by name and their modules loaded when first used, so that `--help` and small verbs stay quick.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

_WHERE = {
    "init": "init",
    "templates_build": "init",
    "rules": "init",
    "explain": "init",
    "import_tracker": "import_tracker",
    "forms_list": "forms",
    "forms_check": "forms",
    "forms_add": "forms",
    "forms_upgrade": "forms",
    "issue": "issue",
    "collect": "receiving",
    "preview": "merging",
    "consolidate": "merging",
    "resolve": "resolve",
    "check": "week",
    "flag": "week",
    "week": "week",
    "undo": "undo",
    "log": "undo",
    "status": "undo",
}
__all__ = sorted(_WHERE)


class _Verbs(ModuleType):
    """This package. Loading `issue.py` sets its module as `issue` here; the name is the verb's function all the same."""

    def __setattr__(self, name: str, value: object) -> None:
        own = isinstance(value, ModuleType) and name in _WHERE
        super().__setattr__(name, getattr(value, name) if own else value)


sys.modules[__name__].__class__ = _Verbs


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
