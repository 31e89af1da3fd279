"""Everything in the package that deletes a file, with the reason why it may. No verb removes a folder it did not make in the same run."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "collab_xl"
DELETES = frozenset({"unlink", "remove", "rmtree", "rmdir", "removedirs", "TemporaryDirectory", "mkdtemp"})
MOVES = frozenset({"move", "renames"})
"""`Path.replace` and `os.replace` put our own finished file in the place of another; `shutil.move` may delete a whole folder."""
ALSO_OF_LISTS = "remove"
"""Lists and XML elements have it too, so it is counted only as `os.remove` or imported from `os`."""

MAY = {
    ("addin/installing.py", "_take", "unlink"): (1, "uninstall: a file recorded by install, with the recorded hash or our own mark in it"),
    ("addin/installing.py", "_refuse_hidden_copy", "unlink"): (1, "the file just written, which Excel would never see"),
    ("addin/installing.py", "_write_record", "unlink"): (1, "our own record, when nothing is left in it"),
    ("project/made_folder.py", "clear", "unlink"): (1, "files of an earlier demo or kit: listed in its manifest with name and hash"),
    ("kit/building.py", "fetched", "TemporaryDirectory"): (1, "a folder made for this download"),
    ("kit/install.py", "unblock", "remove"): (1, "the mark of a download (a stream of the file, not the file) on our own, verified files"),
    ("addin/desk_entry.py", "_saved", "TemporaryDirectory"): (1, "a folder made for this call"),
    ("project/commit.py", "_remove_leftovers", "unlink"): (1, "temporary files of a killed run; the lock is held"),
    ("project/commit.py", "_discard", "unlink"): (1, "the temporary file of this run, and its backup if the master could not be written"),
    ("project/commit.py", "copy_synced", "unlink"): (1, "the temporary file of this run"),
    ("project/durable.py", "_write", "unlink"): (1, "the temporary file of this run"),
    ("project/ledger.py", "create", "unlink"): (2, "the temporary file of an earlier try or of this one, under a name only we use"),
    ("mail/fetching.py", "_kept", "unlink"): (1, "the empty file of a mail that is gone from the mailbox meanwhile"),
    ("mail/fetching.py", "_on_disk", "unlink"): (
        2,
        "mails we fetched: those of a committed run, and unfinished ones; by their names",
    ),
    ("verbs/sending/posting.py", "sweep", "unlink"): (1, "bytes of mails that are settled; the lock is held"),
    ("mail/fetching.py", "taken_in", "unlink"): (1, "mails we fetched, after the run that took them in is committed"),
    ("excel/copy.py", "delete", "unlink"): (1, "a copy of the open workbook that we made, in our folder or by our name"),
    ("excel/copy.py", "beside", "unlink"): (1, "the empty file just made, to learn the time"),
    ("excel/copy.py", "_place", "unlink"): (1, "the empty file just made, to learn the time"),
    ("excel/libreoffice.py", "sheets_as_pdf", "TemporaryDirectory"): (1, "a folder made for this call"),
    ("excel/libreoffice.py", "books_as_pdf", "TemporaryDirectory"): (1, "a folder made for this call"),
    ("excel/libreoffice.py", "_converted", "TemporaryDirectory"): (1, "the settings of one start of LibreOffice"),
    ("verbs/collect.py", "_from_outlook", "TemporaryDirectory"): (1, "a folder made for this call, with copies of mails"),
    ("verbs/issue.py", "_put_back", "unlink"): (1, "packs just written by an issue that failed, where no file was before"),
    ("verbs/week_files.py", "_printed", "TemporaryDirectory"): (1, "a folder made for this call, with the PDF that pictures are made from"),
    ("verbs/closing/archive_pages.py", "pages_as_pdf", "TemporaryDirectory"): (1, "a folder made for this call, with copies of the master"),
    ("excel/left_state.py", "done", "unlink"): (1, "the note of this run, in a folder only we use"),
    ("excel/left_state.py", "left", "unlink"): (1, "the note of a run that was killed, in a folder only we use"),
    ("excel/pdf.py", "open_sheet_as_pdf", "TemporaryDirectory"): (1, "a folder made for this call"),
    ("excel/pdf.py", "closed_sheet_as_pdf", "TemporaryDirectory"): (1, "a folder made for this call"),
    ("excel/pdf.py", "_put", "unlink"): (1, "the file beside the PDF, under a name only we use"),
    ("intake/inbox.py", "__init__", "TemporaryDirectory"): (1, "only named, as a type"),
    ("intake/inbox.py", "opened", "TemporaryDirectory"): (1, "a folder made for this run"),
    ("project/sidecar.py", "rotate_backups", "unlink"): (1, "backups we made, beyond the last 20 and one a week; known by their names"),
}
"""(file, function, call) → how often, and why it may."""


def deletions(source: str, name: str) -> list[tuple[str, str, str]]:
    """Every mention of a deleting function, called or handed on, as (file, function, word)."""
    found: list[tuple[str, str, str]] = []

    def walk(node: ast.AST, inside: str) -> None:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            inside = node.name
        words: list[str] = []
        if isinstance(node, ast.Attribute):
            on = node.value.id if isinstance(node.value, ast.Name) else ""
            if on in {"os", "shutil"} or (node.attr in DELETES and node.attr != ALSO_OF_LISTS):
                words = [node.attr]
        elif isinstance(node, ast.ImportFrom) and node.module in {"os", "shutil", "tempfile"}:
            words = [alias.name for alias in node.names]
        elif isinstance(node, ast.Constant):
            words = [str(node.value)] if node.value != ALSO_OF_LISTS else []
        found.extend((name, inside, word) for word in words if word in DELETES | MOVES)
        for child in ast.iter_child_nodes(node):
            walk(child, inside)

    walk(ast.parse(source), "")
    return found


def test_every_place_that_deletes_is_known_and_has_a_reason() -> None:
    modules = sorted(p for p in PACKAGE.rglob("*.py") if "__pycache__" not in p.parts)
    seen = Counter(d for p in modules for d in deletions(p.read_text(encoding="utf-8"), p.relative_to(PACKAGE).as_posix()))
    assert len(modules) > 100
    assert dict(seen) == {place: count for place, (count, _) in MAY.items()}
    assert not {word for _, _, word in seen} & {"rmtree", "rmdir", "removedirs"}, "folders are not ours to remove"


@pytest.mark.parametrize(
    "line",
    [
        "shutil.rmtree(out)",
        "from shutil import rmtree\nrmtree(out)",
        "for take in (p.unlink, p.parent.rmdir): take()",
        "os.remove(p)",
        "getattr(p, 'unlink')()",
        "shutil.move(p, q)",
    ],
)
def test_the_guard_sees_a_deletion(line: str) -> None:
    assert deletions(f"def f(p):\n    {line.replace(chr(10), chr(10) + '    ')}", "x.py")


def test_the_guard_lets_lists_be() -> None:
    assert deletions("names.remove(x); parent.remove(row)", "x.py") == []
