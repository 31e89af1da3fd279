"""What the demo removes in its folder: files it made itself and nobody has changed since, nothing else, and never a folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from collab_xl.catalogue import text
from collab_xl.demo.folder import MANIFEST, prepare, remember
from collab_xl.errors import REFUSED, CollabError

MADE = {"master.xlsx": b"m", "master.collab/ledger.db": b"l", "inbox/01.eml": b"e"}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder as a demo leaves it."""
    out = tmp_path / "out"
    prepare(out, "zh")
    for name, data in MADE.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(data)
    remember(out, {"master.xlsx", "master.collab", "inbox"})
    return out


def files(out: Path) -> dict[str, bytes]:
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in out.rglob("*") if p.is_file()}


def refused(out: Path, lang: str = "zh") -> CollabError:
    before = files(out)
    with pytest.raises(CollabError) as refusal:
        prepare(out, lang)
    assert files(out) == before, "nothing may be removed"
    assert refusal.value.exit_code == REFUSED
    return refusal.value


def test_an_earlier_demo_is_cleared_and_its_folders_stay(out: Path) -> None:
    prepare(out, "zh")
    assert files(out) == {}
    assert sorted(p.name for p in out.iterdir()) == ["inbox", "master.collab"]


def test_an_empty_mark_allows_nothing(tmp_path: Path) -> None:
    """This one deleted a real master."""
    (tmp_path / MANIFEST).touch()
    (tmp_path / "主表.xlsx").write_bytes(b"real")
    error = refused(tmp_path)
    assert (error.code, error.facts["names"]) == ("demo_folder", (MANIFEST, "主表.xlsx"))


@pytest.mark.parametrize("mark", [b"", b"[]", b"{}", b'{"files": 3}', b"\xff"])
def test_a_mark_that_cannot_be_read_is_a_file_of_somebody(tmp_path: Path, mark: bytes) -> None:
    (tmp_path / MANIFEST).write_bytes(mark)
    assert refused(tmp_path).facts["names"] == (MANIFEST,)


def test_a_file_changed_since_stays(out: Path) -> None:
    (out / "master.xlsx").write_bytes(b"typed into")
    assert refused(out).facts["names"] == ("master.xlsx",)


@pytest.mark.parametrize("name", ["计划.xlsx", "inbox/reply.eml", "deep/er/x"])
def test_a_file_put_in_since_stays(out: Path, name: str) -> None:
    (out / name).parent.mkdir(parents=True, exist_ok=True)
    (out / name).write_bytes(b"e")
    assert refused(out).facts["names"] == (name,)


@pytest.mark.skipif(not hasattr(os, "symlink") or os.name == "nt", reason="no links here")
def test_a_link_is_not_followed(out: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "kept.xlsx").write_bytes(b"kept")
    (out / "link").symlink_to(tmp_path / "elsewhere")
    assert refused(out).facts["names"] == ("link",)


def test_a_file_that_is_not_the_demos_is_not_remembered(tmp_path: Path) -> None:
    (tmp_path / "master.xlsx").write_bytes(b"m")
    (tmp_path / "notes.txt").write_bytes(b"put in while the demo ran")
    remember(tmp_path, {"master.xlsx"})
    assert refused(tmp_path).facts["names"] == ("notes.txt",)


def test_many_files_are_counted(tmp_path: Path) -> None:
    for n in range(9):
        (tmp_path / f"{n}.txt").touch()
    for lang in ("zh", "en"):
        error = refused(tmp_path, lang)
        assert (error.facts["names"], error.facts["more"]) == (("0.txt", "1.txt", "2.txt"), text("demo.more_files", lang, count=6))


@pytest.mark.parametrize("typed", [".", "..", "../..", "{here}"])
def test_the_current_folder_and_those_above_are_refused(out: Path, monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    monkeypatch.chdir(out / "inbox")
    before = files(out)
    with pytest.raises(CollabError) as refusal:
        prepare(Path(typed.format(here=out / "inbox")), "zh")
    assert refusal.value.code == "demo_here"
    assert files(out) == before
