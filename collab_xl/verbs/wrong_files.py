"""A file that stands in the wrong place of a command line: what to do becomes the line that was probably meant.

In: the refusal, and the words as typed.  Out: the same refusal; its fact `instead` is the line, where one can be told.
Effects: looks at the files named and at those beside them.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from collab_xl.book.hidden_sheet import hidden_values
from collab_xl.book.read import read_book
from collab_xl.catalogue import LANGS, text
from collab_xl.errors import CollabError
from collab_xl.model.finding import Saying
from collab_xl.model.similar import nearest
from collab_xl.project.sidecar import SUFFIX

ABOUT_FILES: Final = frozenset({"not_a_master", "is_a_pack", "is_a_folder", "file_missing", "input_missing", "not_a_workbook"})
MOST: Final = 20
"""Workbooks of a folder that are opened to find the master in it."""


def told_rightly(error: CollabError, words: Sequence[str]) -> CollabError:
    """The refusal with the right line, in the language of the master that was named. `words`: what was typed, without `collab-xl`."""
    if error.code in ABOUT_FILES | {"cannot_write_into"} and "lang" not in error.facts:
        error.facts["lang"] = lang_of_words(words)
    if error.code in ABOUT_FILES and "instead" not in error.facts and (said := _said_instead(error, words)) is not None:
        error.facts["instead"] = said
    return error


def _said_instead(error: CollabError, words: Sequence[str]) -> Saying | None:
    return _instead(words) or (_beside(error, words) if error.code == "input_missing" else None) or _too_late(error, words)


def _beside(error: CollabError, words: Sequence[str]) -> Saying | None:
    """For a file or folder that does not exist: the one beside it with a similar name; for a folder else the inbox beside it."""
    path = Path(str(error.facts.get("path", "")))
    at = next((n for n, word in enumerate(words) if n and path.name and not word.startswith("-") and Path(word) == path), None)
    if at is None:
        return None
    beside: list[Path] = []
    with suppress(OSError):
        beside = sorted(each for each in path.parent.iterdir() if not each.name.startswith((".", "~$")) and not _of_a_project(each))
    names = {each.stem: each.name for each in beside if not any(Path(os.path.abspath(w)) == Path(os.path.abspath(each)) for w in words)}
    near = names.get(nearest(path.stem, names, 0.6), "")
    if not near and not path.suffix:
        near = next((name for lang in LANGS if (name := text("verbs.word.inbox", lang)) in names.values()), "")
    return _line("meant_file", [*words[:at], str(path.parent / near), *words[at + 1 :]]) if near else None


def _of_a_project(path: Path) -> bool:
    """Whether it is the folder in which a project is kept."""
    return path.suffix == SUFFIX


def similar_master(path: Path) -> Path | None:
    """For a file that does not exist: the master beside it whose name differs by a slip of the hand, None if there is none."""
    beside = [each for each in _workbooks(path.parent) if _one_slip(each.stem.casefold(), path.stem.casefold())]
    return next((each for each in beside if is_master(each)), None)


def _one_slip(one: str, other: str) -> bool:
    """Whether two names differ by a slip: one character other, two swapped, one Latin letter more or less. Numbers that differ are two
    names, and so are 主表 and 新主表."""
    if one == other or [c for c in one if c.isdigit()] != [c for c in other if c.isdigit()]:
        return one == other
    if len(one) != len(other) and not (one + other).isascii():
        return False
    changed = [edit[1:] for edit in difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes() if edit[0] != "equal"]
    swapped = [one[:n] + one[n + 1] + one[n] + one[n + 2 :] for n in range(len(one) - 1)]
    return other in swapped or (len(changed) == 1 and all(end - start <= 1 for start, end in (changed[0][:2], changed[0][2:])))


def _instead(words: Sequence[str]) -> Saying | None:
    if quoted := with_quotes(words):
        return _line("quotes", quoted)
    at = next((n for n, word in enumerate(words) if n and _is_path(word)), None)
    if at is None or is_master(words[at]):
        return None
    if (other := next((n for n in range(at + 1, len(words)) if _is_path(words[n]) and is_master(words[n])), None)) is not None:
        return _line("master_first", [*words[:at], words[other], words[at], *words[at + 1 : other], *words[other + 1 :]])
    if os.path.isdir(words[at]):
        inside = [str(path) for path in _workbooks(Path(words[at])) if is_master(path)]
        if len(inside) == 1:
            return _line("master_in_folder", [*words[:at], inside[0], *words[at + 1 :]])
        return Saying("verbs.usage.masters_in_folder", {"files": tuple(inside[:5])}) if inside else None
    if not os.path.exists(words[at]):
        beside = {path.name: path for path in _workbooks(Path(words[at]).parent)}
        if near := nearest(Path(words[at]).name, beside, 0.6):
            return _line("meant_file", [*words[:at], str(beside[near]), *words[at + 1 :]])
    return None


def _too_late(error: CollabError, words: Sequence[str]) -> Saying | None:
    """For a master behind the word that was read as the file: `send chase master.xlsx`."""
    wrong = Path(str(error.facts.get("path", ""))).name
    first = next((n for n, word in enumerate(words) if n and wrong and word == wrong), len(words))
    at = next((n for n in range(first + 1, len(words)) if _is_path(words[n]) and is_master(words[n])), None)
    if at is None and first < len(words) and not _is_path(words[first]) and not any(map(is_master, words[1:first])):
        masters = [path for path in _workbooks(Path()) if is_master(path)]
        return _line("no_master", [*words[:first], str(masters[0]), *words[first:]]) if len(masters) == 1 else None
    return None if at is None else _line("master_first", [*words[:first], words[at], *words[first:at], *words[at + 1 :]])


def with_quotes(words: Sequence[str]) -> list[str]:
    """The words with those joined that are one path with blanks; empty if there is none."""
    for first in range(1, len(words)):
        for last in range(len(words), first + 1, -1):
            whole = " ".join(words[first:last])
            if not any(word.startswith("-") for word in words[first:last]) and os.path.exists(whole):
                return [*words[:first], whole, *words[last:]]
    return []


def line_of(words: Iterable[str]) -> str:
    """`collab-xl check "my master.xlsx"`."""
    return " ".join(["collab-xl", *(f'"{word}"' if " " in word else word for word in words)])


def _line(key: str, words: Iterable[str]) -> Saying:
    return Saying(f"verbs.usage.{key}", {"command": line_of(words)})


def _is_path(word: str) -> bool:
    return not word.startswith("-") and (os.path.exists(word) or Path(word).suffix.lower() in (".xlsx", ".xlsm"))


def is_master(path: str | Path) -> bool:
    with suppress(CollabError, OSError):
        return os.path.isfile(path) and hidden_values(read_book(Path(path))).get("kind") == "master"
    return False


def lang_of_master(path: str | Path) -> str:
    """The language of a master, "" for any other file."""
    with suppress(CollabError, OSError):
        if os.path.isfile(path) and (values := hidden_values(read_book(Path(path)))).get("kind") == "master":
            return str(values.get("lang", ""))
    return ""


def lang_of_words(words: Sequence[str]) -> str:
    """The language of the first master among the words, "" without one."""
    return next((lang for word in words if word.lower().endswith(".xlsx") and (lang := lang_of_master(word)) in LANGS), "")


def _workbooks(folder: Path) -> Iterator[Path]:
    with suppress(OSError):
        yield from sorted(path for path in folder.glob("*.xlsx") if not path.name.startswith("~$"))[:MOST]
