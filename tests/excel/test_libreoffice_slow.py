"""A LibreOffice that is slow: what it does not get to in its time is done by the next start, and a half-written PDF is none."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from collab_xl.excel.libreoffice import books_as_pdf

PROGRAM = """#!{python}
import pathlib, sys, time
args = sys.argv[1:]
out = pathlib.Path(args[args.index("--outdir") + 1])
with open(r"{starts}", "a") as starts:
    starts.write("x")
books = [pathlib.Path(a) for a in args if a.endswith(".xlsx")]
for n, book in enumerate(books):
    pdf = out / (book.stem + ".pdf")
    if "never" in book.read_text():
        continue
    if n == 2:
        pdf.write_bytes(b"%PDF-1.7 the beginning")
        time.sleep(60)
    pdf.write_bytes(b"%PDF-1.7 " + book.read_bytes() + b" %%EOF")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a program of text cannot be started there")
def test_what_was_not_reached_is_done_by_the_next_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    starts, program = tmp_path / "starts", tmp_path / "bin" / "soffice"
    program.parent.mkdir()
    program.write_text(PROGRAM.format(python=sys.executable, starts=starts))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    wanted = []
    for n in range(6):
        book = tmp_path / f"{n}.xlsx"
        book.write_text("never" if n == 5 else f"page {n}")
        wanted.append((book, tmp_path / f"{n}.pdf"))
    assert books_as_pdf(wanted, 4) == [True] * 5 + [False]
    assert [pdf.read_text() for _, pdf in wanted[:5]] == [f"%PDF-1.7 page {n} %%EOF" for n in range(5)]
    assert not wanted[5][1].exists()
    assert len(starts.read_text()) == 5, "2, 2 and 1 pages, and two starts that make none"


CRASHES = """#!{python}
import pathlib, sys
args, starts = sys.argv[1:], pathlib.Path(r"{starts}")
starts.write_text(starts.read_text() + "x" if starts.exists() else "x")
out = pathlib.Path(args[args.index("--outdir") + 1])
for book in (pathlib.Path(a) for a in args if a.endswith(".xlsx")):
    if starts.read_text() == "xx" or (starts.read_text() == "x" and book.stem != "book0"):
        sys.exit(1)
    (out / (book.stem + ".pdf")).write_bytes(b"%PDF-1.7 %%EOF")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a program of text cannot be started there")
def test_a_start_that_crashes_is_followed_by_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy computer one page of an archive of nine was missing: the second start of LibreOffice had ended at once."""
    starts, program = tmp_path / "starts", tmp_path / "bin" / "soffice"
    program.parent.mkdir()
    program.write_text(CRASHES.format(python=sys.executable, starts=starts))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    wanted = []
    for n in range(3):
        (book := tmp_path / f"{n}.xlsx").write_text("page")
        wanted.append((book, tmp_path / f"{n}.pdf"))
    assert books_as_pdf(wanted, 30) == [True] * 3
    assert starts.read_text() == "xxx", "one page, a crash, the rest"


SLEEPS = """#!{python}
import os, pathlib, time
note = pathlib.Path(r"{note}")
note.with_suffix(".new").write_text(str(os.getpid()))
note.with_suffix(".new").rename(note)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a program of text cannot be started there")
def test_an_interrupt_ends_the_program_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note, program, book = tmp_path / "started", tmp_path / "bin" / "soffice", tmp_path / "a.xlsx"
    program.parent.mkdir()
    program.write_text(SLEEPS.format(python=sys.executable, note=note))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    book.write_text("page")

    def interrupt() -> None:
        while not note.exists():
            time.sleep(0.02)
        signal.raise_signal(signal.SIGINT)

    presses = threading.Thread(target=interrupt, daemon=True)
    presses.start()
    with pytest.raises(KeyboardInterrupt):
        books_as_pdf([(book, tmp_path / "a.pdf")], 30)
    presses.join()
    with pytest.raises(ProcessLookupError):
        os.kill(int(note.read_text()), 0)
