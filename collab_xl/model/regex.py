"""Regular expressions of modules, compiled when first used: a verb uses few of those its modules define. Pure."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any, AnyStr, cast


class _WhenUsed:
    """Has the methods of a compiled pattern; each is looked up once and then found in the instance."""

    def __init__(self, text: str | bytes, flags: int) -> None:
        self._source = text, flags

    @cached_property
    def _compiled(self) -> re.Pattern[Any]:
        return re.compile(*self._source)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = getattr(self._compiled, name)
        setattr(self, name, found)
        return found


def regex(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """As `re.compile`; a wrong expression raises `re.error` at its first use (`tests/test_regexes.py` compiles all)."""
    return cast("re.Pattern[AnyStr]", _WhenUsed(text, flags))
