"""What a button must know before it starts, as a form with blanks to fill in: 新建 and 导入. Pure.

The form is shown by the desk; without one by this process, in the desk's own dialog, or with the dialogs of Excel (`fill_in.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias


@dataclass(frozen=True)
class Blanks:
    """A form to fill in. The answer has the names of the verb's parameters, without those left blank."""

    verb: str
    lang: str
    master: str = ""
    """The path of the open master, into which an import goes; "" where the person says it."""
    given: Mapping[str, Any] = field(default_factory=dict)
    """Parameter → the value it begins with."""
    departments: tuple[str, ...] = ()
    """Departments to choose from."""
    weeks: tuple[tuple[str, str], ...] = ()
    """Weeks to choose from, each with what is shown."""


FillIn: TypeAlias = Callable[[Blanks], Mapping[str, Any] | None]
"""Shows the form; None if the person gave it up."""
