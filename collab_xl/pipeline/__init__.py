"""The verbs, one function each: what the command line and the ribbon buttons call. This package alone joins the stages.

Functions are found here by name and their modules loaded when first used, so that `--help` and small verbs stay quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_WHERE = {
    "init": "reference",
    "templates_build": "reference",
    "rules": "reference",
    "explain": "reference",
    "import_tracker": "importing",
    "forms_list": "forms",
    "forms_check": "forms",
    "forms_add": "forms",
    "forms_upgrade": "forms",
    "issue": "issuing",
    "collect": "receiving",
    "preview": "merging",
    "consolidate": "merging",
    "resolve": "resolving",
    "check": "reports",
    "flag": "reports",
    "week": "reports",
    "undo": "history",
    "log": "history",
    "status": "history",
}
__all__ = sorted(_WHERE)


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
