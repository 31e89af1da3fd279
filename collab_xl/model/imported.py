"""What the imports of trackers have read so far: the base of the next import of the same tracker (decision 0059). Pure data."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

from collab_xl.model.directory import folded
from collab_xl.model.record import Struct, field
from collab_xl.model.regex import regex
from collab_xl.model.values import Value

_CHANGING = regex(
    r"第[一二三四五六七八九十\d]+(?:年度?|月份?|日|号|周|期|版)?|\d+(?:年度?|月份?|日|号|周|期|版)?|(?:最终|最新)版?|副本|"
    r"(?<![a-z])(?:week|copy|final|latest|v|w)(?![a-z])",
    re.I,
)
"""What differs in the names of the copies of one tracker: its day, week or version."""
_ENDING = regex(r"\.[a-z]{2,5}\Z", re.I)


PLAN = "plan:"
"""How the name of a tracker begins that is a plan of Microsoft Project and says itself which one it is."""


class Waiting(Struct, frozen=True):
    """An imported file that has an open question, and what was said when it was imported. It is in the archive."""

    sha256: str
    file: str
    questions: tuple[str, ...]
    """Ids of its open questions."""
    department: str = ""


class Imported(Struct, frozen=True):
    """What one run read, or all runs so far (`with_run`)."""

    rows: Mapping[tuple[str, str, str], Mapping[str, Value]] = field(default_factory=dict)
    """(tracker, form, key in the master) → field → value as the tracker said it last. `own:<heading>` for a column of its own."""
    keys: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    """(tracker, form, name of a row in the tracker) → key in the master, where that is not the tracker's ID itself."""
    waiting: tuple[Waiting, ...] = ()


def tracker_name(file: str) -> str:
    """The name under which the copies of one tracker are known: that of the file, without day, week, version and ending."""
    stem = _ENDING.sub("", unicodedata.normalize("NFKC", file))
    return folded("".join(filter(str.isalnum, _CHANGING.sub("", stem)))) or folded(stem)


def joined_imports(runs: Iterable[Imported]) -> Imported:
    """What all runs have read, oldest first. A later import of a file replaces what an earlier one left waiting."""
    rows: dict[tuple[str, str, str], dict[str, Value]] = {}
    keys: dict[tuple[str, str, str], str] = {}
    waiting: dict[str, Waiting] = {}
    for run in runs:
        for row, said in run.rows.items():
            rows.setdefault(row, {}).update(said)
        keys.update(run.keys)
        waiting.update((one.sha256, one) for one in run.waiting)
    return Imported(rows, keys, tuple(one for one in waiting.values() if one.questions))
